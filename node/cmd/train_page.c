#include "cmd/train_page.h"
#include "base/file.h"
#include "cmd/train_frame.h"
#include "cmd/hold.h"

enum { OPTIMISM_REPLICATES = 200 };

static void show_progress(void *context, size_t done, size_t all) { train_progress(context, done, all, "samples for the page"); }

static int write_path(const train_args *a, const pn_selection_path *path, const train_list *all, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_path_table(&b, path, (const char *const *)all->v, err);
    if (rc == PN_OK) { rc = hold_and_write(a->path_table, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_page(const train_args *a, const pn_training_content *c, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_training_page(&b, pn_sheet_form_of(a->page), c, err);
    if (rc == PN_OK) { rc = hold_and_write(a->page, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

int train_write_pages(train_args *a, const cfg_model *m, const pn_train_summary *s, const pn_train_data *d,
                      const pn_selection_path *path, const train_list *all, pn_error *err)
{
    const pn_optimism_opts o = {.replicates = OPTIMISM_REPLICATES, .seed = a->seed, .progress = show_progress, .context = a};
    pn_optimism optimism = {0};
    int rc = a->page != NULL ? pn_optimism_of(&optimism, m, d, &o, err) : PN_OK;
    const pn_training_content c = {.m = m, .s = s, .table = a->features, .path = path, .names = (const char *const *)all->v,
                                   .optimism = &optimism};
    if (rc == PN_OK && a->page != NULL) { rc = write_page(a, &c, err); }
    if (rc == PN_OK && a->path_table != NULL && path != NULL) { rc = write_path(a, path, all, err); }
    pn_optimism_free(&optimism);
    return rc;
}
