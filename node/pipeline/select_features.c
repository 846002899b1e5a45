#include "pipeline/select_features.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/penalised.h>
#include <survival/redundancy.h>

void pn_selection_free(pn_selection *s)
{
    if (s == NULL) { return; }
    free(s->chosen);
    *s = (pn_selection){0};
}

static int fail_with(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s", sv->msg);
}

/* kept[0..*n): the columns that no other repeats. */
static int drop_redundant(size_t *kept, size_t *n, const pn_train_data *d, double cutoff, pn_error *err)
{
    const sv_matrix x = sv_matrix_colmajor(d->x, d->n, d->p);
    sv_error sv = {0};
    double *r = cutoff < 1 ? calloc(d->p * d->p, sizeof *r) : NULL;
    size_t *dropped = calloc(d->p, sizeof *dropped), n_dropped = 0;
    bool *gone = calloc(d->p, sizeof *gone);
    int rc = (cutoff < 1 && r == NULL) || dropped == NULL || gone == NULL
                 ? pn_fail_transient(err, PN_ENOMEM, "no memory for the correlations of %zu features", d->p) : PN_OK;
    if (rc == PN_OK && cutoff < 1 &&
        (sv_spearman_matrix(r, &x, &sv) != SV_OK ||
         sv_find_redundant(dropped, NULL, &n_dropped, r, d->p, cutoff, &sv) != SV_OK)) {
        rc = fail_with(err, &sv);
    }
    *n = 0;
    for (size_t k = 0; rc == PN_OK && k < n_dropped; k++) { gone[dropped[k]] = true; }
    for (size_t j = 0; rc == PN_OK && j < d->p; j++) {
        if (!gone[j]) { kept[(*n)++] = j; }
    }
    free(r);
    free(dropped);
    free(gone);
    return rc;
}

static bool forward_progress(void *context, size_t done, size_t all)
{
    const pn_selection_opts *o = context;
    if (o->progress != NULL) { o->progress(o->progress_context, done, all); }
    return true;
}

/* The lambda that cross-validation prefers, in the path of all patients. */
static int cross_validate(size_t *at, const sv_path *path, const sv_matrix *x, const sv_surv *s,
                          const sv_path_opts *path_opts, const pn_selection_opts *o, pn_error *err)
{
    sv_cv_opts c = SV_CV_OPTS_INIT;
    sv_cv cv;
    sv_error sv = {0};
    pn_selection_opts forwarded = *o;
    int *fold = calloc(s->n, sizeof *fold);
    if (fold == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for folds"); }
    c.progress = forward_progress;
    c.context = &forwarded;
    int rc = PN_OK;
    if (sv_cv_folds(fold, s->event, s->n, o->folds, o->seed, &sv) != SV_OK ||
        sv_cv_cox(&cv, path, x, s, fold, o->folds, path_opts, &c, &sv) != SV_OK) {
        rc = fail_with(err, &sv);
    } else {
        *at = o->one_se ? cv.one_se : cv.best;
        sv_cv_free(&cv);
    }
    free(fold);
    return rc;
}

/* Chosen among kept[]: columns of x. */
static int run_lasso(pn_selection *out, const size_t *kept, size_t n_kept, const sv_matrix *x, const sv_surv *s,
                     const pn_selection_opts *o, pn_error *err)
{
    const sv_path_opts path_opts = SV_PATH_OPTS_INIT;
    sv_path path;
    sv_error sv = {0};
    size_t at = 0;
    if (sv_path_cox(&path, x, s, &path_opts, &sv) != SV_OK) { return fail_with(err, &sv); }
    int rc = cross_validate(&at, &path, x, s, &path_opts, o, err);
    if (rc == PN_OK && path.n_selected[at] == 0) {
        rc = pn_fail(err, PN_EINVAL, "the LASSO chooses none of %zu features: by cross-validation the empty model predicts "
                     "%s%s", n_kept, o->one_se ? "within one standard error as well as the best" : "best",
                     o->one_se ? "; take the best instead of the sparsest" : "");
    }
    if (rc == PN_OK) {
        out->lambda = path.lambda[at];
        for (size_t j = 0; j < n_kept; j++) {
            if (fabs(path.coef[at * path.p + j]) > 0) { out->chosen[out->n++] = kept[j]; }
        }
    }
    sv_path_free(&path);
    return rc;
}

int pn_select_features(pn_selection *out, const pn_train_data *d, const pn_selection_opts *opts, pn_error *err)
{
    if (!(opts->redundancy > 0 && opts->redundancy <= 1)) {
        return pn_fail(err, PN_EINVAL, "redundancy is %g, expected more than 0 and at most 1", opts->redundancy);
    }
    pn_selection s = {.chosen = calloc(d->p + 1, sizeof *s.chosen)};
    size_t *kept = calloc(d->p + 1, sizeof *kept), n_kept = 0;
    double *x = calloc(d->n * d->p + 1, sizeof *x);
    int rc = s.chosen == NULL || kept == NULL || x == NULL
                 ? pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", d->p) : PN_OK;
    if (rc == PN_OK) { rc = drop_redundant(kept, &n_kept, d, opts->redundancy, err); }
    if (rc == PN_OK) {
        for (size_t k = 0; k < n_kept; k++) { memcpy(x + k * d->n, d->x + kept[k] * d->n, d->n * sizeof *x); }
        const sv_matrix m = sv_matrix_colmajor(x, d->n, n_kept);
        const sv_surv surv = {.n = d->n, .time = d->time_days, .event = d->event};
        s.redundant = d->p - n_kept;
        rc = run_lasso(&s, kept, n_kept, &m, &surv, opts, err);
    }
    free(kept);
    free(x);
    if (rc != PN_OK) {
        pn_selection_free(&s);
        return rc;
    }
    *out = s;
    return PN_OK;
}

void pn_train_data_keep(pn_train_data *d, const pn_selection *s)
{
    for (size_t k = 0; k < s->n; k++) { memmove(d->x + k * d->n, d->x + s->chosen[k] * d->n, d->n * sizeof *d->x); }
    d->p = s->n;
}
