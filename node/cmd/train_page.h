/* cmd/train_page.h - what `prognode train --page` and `--path-table` write. */
#ifndef PN_CMD_TRAIN_PAGE_H
#define PN_CMD_TRAIN_PAGE_H
#include "cmd/train_args.h"
#include "pipeline/training_page.h"

/* The files that a asks for. path: of the LASSO, its columns named by `all`; or NULL. Fails: as pn_optimism_of
 * and pn_training_page, PN_EIO. */
PN_CHECKED int train_write_pages(train_args *a, const cfg_model *m, const pn_train_summary *s, const pn_train_data *d,
                                 const pn_selection_path *path, const train_list *all, pn_error *err);

#endif
