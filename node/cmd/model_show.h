/* cmd/model_show.h - a model file in words, on stdout. */
#ifndef PN_CMD_MODEL_SHOW_H
#define PN_CMD_MODEL_SHOW_H
#include <config/model.h>

/* All of it; path: the file, whose signature is named where there is one. */
void model_show(const cfg_model *m, const char *path);
/* What a node needs, besides images and contour, to run it. */
void model_show_needs(const cfg_model *m);

#endif
