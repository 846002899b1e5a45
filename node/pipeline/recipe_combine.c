#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/quantile.h>
#include "pipeline/recipe_steps.h"
#include "pipeline/select_features.h"

/* A score that was fitted to the very patients explains them too well, and would leave nothing to the clinical
 * columns: each patient's score comes from a chain that was fitted without that patient. */

static int no_memory(pn_error *err, size_t n)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory to combine the scores of %zu patients", n);
}

static int score_fold(double *score, const pn_recipe_inputs *in, const pn_cohort *all, const int *fold, int which,
                      pn_error *err)
{
    size_t *row = calloc(all->n + 1, sizeof *row), inside = 0, outside = 0;
    double *of_fold = calloc(all->n + 1, sizeof *of_fold);
    pn_cohort train = {0}, held = {0};
    pn_chain chain = {0};
    int rc = row != NULL && of_fold != NULL ? PN_OK : no_memory(err, all->n);
    for (size_t i = 0; i < all->n && rc == PN_OK; i++) {
        if (fold[i] != which) { row[outside++] = i; }
    }
    if (rc == PN_OK) { rc = pn_cohort_take(&train, all, row, outside, err); }
    for (size_t i = 0; i < all->n && rc == PN_OK; i++) {
        if (fold[i] == which) { row[inside++] = i; }
    }
    if (rc == PN_OK) { rc = pn_cohort_take(&held, all, row, inside, err); }
    if (rc == PN_OK) { rc = pn_steps_to_score(&chain, in, &train, err); }
    if (rc == PN_OK) { rc = pn_chain_features_score(of_fold, &chain, &held, err); }
    for (size_t k = 0; k < inside && rc == PN_OK; k++) {
        score[row[k]] = of_fold[k];
        if (isnan(of_fold[k])) { rc = pn_fail(err, PN_EINVAL, "a patient of an inner fold has a centre that the others lack"); }
    }
    pn_chain_free(&chain);
    pn_cohort_free(&train);
    pn_cohort_free(&held);
    free(row);
    free(of_fold);
    return rc;
}

static bool varies(const double *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (fabs(v[i] - v[0]) > 0) { return true; }
    }
    return false;
}

/* x: the score out of fold, then the clinical columns, centred. Where no fold chose a feature, the score says nothing
 * and stays out. */
static int fit(pn_chain *c, const cfg_recipe_combine *r, const pn_cohort *train, double *x, const int *fold, pn_error *err)
{
    const size_t n = train->n;
    const char **names = calloc(r->clinical.n + 1, sizeof *names);
    if (names == NULL) { return no_memory(err, n); }
    names[0] = "the score";
    for (size_t j = 0; j < r->clinical.n; j++) {
        double *to = x + (j + 1) * n;
        size_t at = 0;
        while (at < train->clinical.n && strcmp(train->clinical.name[at], r->clinical.v[j]) != 0) { at++; }
        if (at == train->clinical.n) {
            free(names);
            return pn_fail(err, PN_ENOTFOUND, "combine: there is no clinical column \"%.80s\"", r->clinical.v[j]);
        }
        c->clinical[j] = at;
        c->clinical_mean[j] = sv_mean(train->clinical.v + at * n, n);
        for (size_t i = 0; i < n; i++) { to[i] = train->clinical.v[at * n + i] - c->clinical_mean[j]; }
        names[j + 1] = train->clinical.name[at];
    }
    const size_t skip = varies(x, n) ? 0 : 1;
    const sv_matrix m = sv_matrix_colmajor(x + skip * n, n, r->clinical.n + 1 - skip);
    int rc = pn_fit_cox(c->combine + skip, train, &m, fold, names + skip, CFG_STEP_COMBINE, err);
    free(names);
    return rc;
}

int pn_step_combine(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err)
{
    const cfg_recipe_combine *r = &in->recipe->combine;
    const size_t n = train->n, p = r->clinical.n;
    int *fold = calloc(n + 1, sizeof *fold);
    double *x = calloc(n * (p + 1) + 1, sizeof *x);
    c->combine = calloc(p + 1, sizeof *c->combine);
    c->clinical = calloc(p + 1, sizeof *c->clinical);
    c->clinical_mean = calloc(p + 1, sizeof *c->clinical_mean);
    int rc = fold != NULL && x != NULL && c->combine != NULL && c->clinical != NULL && c->clinical_mean != NULL
                 ? PN_OK : no_memory(err, n);
    if (rc == PN_OK) { rc = pn_folds(fold, train->event, train->patient, n, r->folds, r->seed, err); }
    for (size_t f = 0; f < r->folds && rc == PN_OK; f++) {
        rc = score_fold(x, in, train, fold, (int)f, err);
        if (rc != PN_OK) { rc = pn_wrap(err, "combine"); }
    }
    if (rc == PN_OK) { rc = fit(c, r, train, x, fold, err); }
    if (rc == PN_OK) { c->n_combine = p + 1; }
    free(fold);
    free(x);
    return rc;
}
