/* cmd/train_frame.h - what `train` does alike with and without a recipe: what a model is for, tables and
 * their digest, the file, what is told. */
#ifndef PN_CMD_TRAIN_FRAME_H
#define PN_CMD_TRAIN_FRAME_H
#include <config/model.h>
#include "base/csv.h"
#include "base/hash.h"
#include "cmd/train_args.h"
#include "pipeline/train_data.h"

/* Identity, intended use and extraction settings from the options. */
PN_CHECKED int train_describe(cfg_model *m, const train_args *a, pn_error *err);
/* A text into its place; one that does not fit is refused by the name of its option. */
PN_CHECKED int train_fit_text(char *to, size_t size, const char *option, const char *text, pn_error *err);
/* Read a table and add its bytes to the digest. */
PN_CHECKED int train_read_table(pn_csv *out, pn_sha256 *digest, const char *path, pn_error *err);
/* Write the model. A file that does not load again is told here, not when the node starts. */
PN_CHECKED int train_save(const cfg_model *m, const char *path, pn_error *err);

/* "0.0123", "<0.0001" */
const char *train_p_text(char buf[32], double p);
void train_print_unmatched(const pn_train_unmatched *u, const char *here, const char *there);
/* A bar on a terminal's stderr, unless --quiet. */
void train_progress(const train_args *a, size_t done, size_t all, const char *of);

#endif
