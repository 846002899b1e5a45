/* model_check.h - what must hold between the keys of a model file. Private to model.c. */
#ifndef CFG_MODEL_CHECK_H
#define CFG_MODEL_CHECK_H
#include "fields.h"

/* obj: a cfg_model, of which each key by itself is good. root: where its keys stood. */
CFG_CHECKED int mc_check(const fd_reader *r, const void *obj, const yt_node *root);

#endif
