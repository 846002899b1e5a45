#include "pipeline/select_features.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/penalised.h>
#include <survival/quantile.h>
#include <survival/redundancy.h>

void pn_selection_free(pn_selection *s)
{
    if (s == NULL) { return; }
    if (s->path != NULL) {
        sv_path_free(&s->path->fits);
        sv_cv_free(&s->path->cv);
        free(s->path->column);
        free(s->path);
    }
    free(s->chosen);
    free(s->coef);
    *s = (pn_selection){0};
}

static int fail_with(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s", sv->msg);
}

int pn_drop_redundant(size_t *kept, size_t *n, const sv_matrix *x, double cutoff, pn_error *err)
{
    const size_t p = x->cols;
    sv_error sv = {0};
    double *r = cutoff < 1 ? calloc(p * p, sizeof *r) : NULL;
    size_t *dropped = calloc(p, sizeof *dropped), n_dropped = 0;
    bool *gone = calloc(p, sizeof *gone);
    int rc = (cutoff < 1 && r == NULL) || dropped == NULL || gone == NULL
                 ? pn_fail_transient(err, PN_ENOMEM, "no memory for the correlations of %zu features", p) : PN_OK;
    if (rc == PN_OK && cutoff < 1 &&
        (sv_spearman_matrix(r, x, &sv) != SV_OK ||
         sv_find_redundant(dropped, NULL, &n_dropped, r, p, cutoff, &sv) != SV_OK)) {
        rc = fail_with(err, &sv);
    }
    *n = 0;
    for (size_t k = 0; rc == PN_OK && k < n_dropped; k++) { gone[dropped[k]] = true; }
    for (size_t j = 0; rc == PN_OK && j < p; j++) {
        if (!gone[j]) { kept[(*n)++] = j; }
    }
    free(r);
    free(dropped);
    free(gone);
    return rc;
}

int pn_folds(int *fold, const int *event, const size_t *patient, size_t n, size_t folds, uint64_t seed, pn_error *err)
{
    sv_error sv = {0};
    size_t each = 0;
    int *one = calloc(2 * n + 1, sizeof *one), *fold_of = one == NULL ? NULL : one + n;
    if (one == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for folds"); }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || patient == NULL || patient[i] != patient[i - 1]) { one[each++] = event[i]; }
    }
    int rc = sv_cv_folds(fold_of, one, each, folds, seed, &sv) == SV_OK ? PN_OK : fail_with(err, &sv);
    for (size_t i = 0, at = 0; i < n && rc == PN_OK; i++) {
        if (i > 0 && (patient == NULL || patient[i] != patient[i - 1])) { at++; }
        fold[i] = fold_of[at];
    }
    free(one);
    return rc;
}

static bool forward_progress(void *context, size_t done, size_t all)
{
    const pn_selection_opts *o = context;
    if (o->progress != NULL) { o->progress(o->progress_context, done, all); }
    return true;
}

/* What cross-validation says of the path of all patients. */
static int cross_validate(sv_cv *out, const sv_path *path, const sv_matrix *x, const sv_surv *s, const int *label,
                          const sv_path_opts *path_opts, const pn_selection_opts *o, pn_error *err)
{
    /* What folds lose is compared to a few digits; near a saturated fit the ninth costs 40 times the sixth. */
    sv_path_opts in_folds = *path_opts;
    in_folds.threshold = 1e-7;
    sv_cv_opts c = SV_CV_OPTS_INIT;
    sv_cv cv;
    sv_error sv = {0};
    pn_selection_opts forwarded = *o;
    int *fold = calloc(s->n, sizeof *fold);
    if (fold == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for folds"); }
    c.progress = forward_progress;
    c.context = &forwarded;
    int rc = pn_folds(fold, label != NULL ? label : s->event, o->patient, s->n, o->folds, o->seed, err);
    if (rc == PN_OK) {
        const int failed = label != NULL
                               ? sv_cv_logistic(&cv, path, x, label, NULL, fold, o->folds, &in_folds, &c, &sv)
                               : sv_cv_cox(&cv, path, x, s, fold, o->folds, &in_folds, &c, &sv);
        rc = failed != SV_OK ? fail_with(err, &sv) : PN_OK;
    }
    if (rc == PN_OK) { *out = cv; }
    free(fold);
    return rc;
}

/* Hands path and cross-validation over to the result, the coefficients for one standard deviation. */
static int keep_path(pn_selection *out, sv_path *path, sv_cv *cv, size_t at, const sv_matrix *x, pn_error *err)
{
    pn_selection_path *kept = calloc(1, sizeof *kept);
    size_t *column = calloc(path->p + 1, sizeof *column);
    double *v = calloc(x->rows + 1, sizeof *v);
    if (kept == NULL || column == NULL || v == NULL) {
        free(kept);
        free(column);
        free(v);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for the path of %zu features", path->p);
    }
    for (size_t j = 0; j < path->p; j++) {
        column[j] = j;
        for (size_t i = 0; i < x->rows; i++) { v[i] = sv_at(x, i, j); }
        double sd = sv_sd(v, x->rows);
        for (size_t k = 0; k < path->n_lambda; k++) { path->coef[k * path->p + j] *= sd; }
    }
    free(v);
    *kept = (pn_selection_path){.fits = *path, .cv = *cv, .column = column, .at = at};
    out->path = kept;
    *path = (sv_path){0};
    *cv = (sv_cv){0};
    return PN_OK;
}

static int take_chosen(pn_selection *out, const sv_path *path, size_t at, pn_error *err)
{
    const double *coef = path->coef + at * path->p;
    pn_selection s = {.chosen = calloc(path->p + 1, sizeof *s.chosen), .coef = calloc(path->p + 1, sizeof *s.coef),
                      .lambda = path->lambda[at]};
    if (s.chosen == NULL || s.coef == NULL) {
        pn_selection_free(&s);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", path->p);
    }
    for (size_t j = 0; j < path->p; j++) {
        if (fabs(coef[j]) > 0) {
            s.coef[s.n] = coef[j];
            s.chosen[s.n++] = j;
        }
    }
    *out = s;
    return PN_OK;
}

int pn_lasso(pn_selection *out, const sv_matrix *x, const sv_surv *s, const int *label, const pn_selection_opts *o,
             pn_error *err)
{
    sv_path_opts path_opts = SV_PATH_OPTS_INIT;
    sv_path path;
    sv_error sv = {0};
    size_t at = 0;
    path_opts.alpha = o->alpha;
    path_opts.lambda_min_ratio = o->smallest;
    const int failed = label != NULL ? sv_path_logistic(&path, x, label, NULL, &path_opts, &sv)
                                     : sv_path_cox(&path, x, s, &path_opts, &sv);
    if (failed != SV_OK) { return fail_with(err, &sv); }
    sv_cv cv = {0};
    pn_selection found = {0};
    int rc = cross_validate(&cv, &path, x, s, label, &path_opts, o, err);
    if (rc == PN_OK) {
        at = o->one_se ? cv.one_se : cv.best;
        rc = take_chosen(&found, &path, at, err);
    }
    if (rc == PN_OK && o->keep_path) { rc = keep_path(&found, &path, &cv, at, x, err); }
    if (rc == PN_OK) { *out = found; } else { pn_selection_free(&found); }
    sv_path_free(&path);
    sv_cv_free(&cv);
    return rc;
}

int pn_select_features(pn_selection *out, const pn_train_data *d, const pn_selection_opts *opts, pn_error *err)
{
    if (!(opts->redundancy > 0 && opts->redundancy <= 1)) {
        return pn_fail(err, PN_EINVAL, "redundancy is %g, expected more than 0 and at most 1", opts->redundancy);
    }
    const sv_matrix all = sv_matrix_colmajor(d->x, d->n, d->p);
    const sv_surv surv = {.n = d->n, .time = d->time_days, .event = d->event};
    pn_selection s = {0};
    size_t *kept = calloc(d->p + 1, sizeof *kept), n_kept = 0;
    double *x = calloc(d->n * d->p + 1, sizeof *x);
    int rc = kept == NULL || x == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", d->p) : PN_OK;
    if (rc == PN_OK) { rc = pn_drop_redundant(kept, &n_kept, &all, opts->redundancy, err); }
    if (rc == PN_OK) {
        for (size_t k = 0; k < n_kept; k++) { memcpy(x + k * d->n, d->x + kept[k] * d->n, d->n * sizeof *x); }
        const sv_matrix m = sv_matrix_colmajor(x, d->n, n_kept);
        rc = pn_lasso(&s, &m, &surv, NULL, opts, err);
    }
    if (rc == PN_OK && s.n == 0) {
        rc = pn_fail(err, PN_EINVAL, "the LASSO chooses none of %zu features: by cross-validation the empty model predicts "
                     "%s%s", n_kept, opts->one_se ? "within one standard error as well as the best" : "best",
                     opts->one_se ? "; take the best instead of the sparsest" : "");
    }
    for (size_t k = 0; k < s.n; k++) { s.chosen[k] = kept[s.chosen[k]]; }
    for (size_t k = 0; s.path != NULL && k < s.path->fits.p; k++) { s.path->column[k] = kept[k]; }
    s.redundant = d->p - n_kept;
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
