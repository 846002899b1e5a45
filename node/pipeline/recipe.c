#include "pipeline/recipe.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/recipe_steps.h"
#include "pipeline/risk_cut.h"

static int no_memory(pn_error *err, size_t n)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for a recipe of %zu patients", n);
}

int pn_step_failed(pn_error *err, cfg_step step, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s: %s", cfg_step_name[step], sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s: %s", cfg_step_name[step], sv->msg);
}

void pn_chain_free(pn_chain *c)
{
    if (c == NULL) { return; }
    free(c->groups.profiles);
    free(c->groups.group);
    free(c->groups.size);
    free(c->groups.ratio);
    free(c->groups.label);
    free(c->kept);
    sv_combat_free(&c->combat);
    free(c->mean);
    free(c->sd);
    free(c->chosen);
    free(c->coef);
    for (size_t i = 0; i < c->n_networks; i++) { sv_elm_free(&c->network[i]); }
    free(c->network);
    sv_fitted_free(c->fitted);
    free(c->combine);
    free(c->clinical);
    free(c->clinical_mean);
    *c = (pn_chain){0};
}

/* ---- scores -------------------------------------------------------------------------------------- */

/* The chosen columns of z, and the names that they have in messages. */
static double *narrow(const pn_chain *c, const double *z, size_t n)
{
    double *x = calloc(n * c->n_chosen + 1, sizeof *x);
    for (size_t k = 0; x != NULL && k < c->n_chosen; k++) { memcpy(x + k * n, z + c->chosen[k] * n, n * sizeof *x); }
    return x;
}

static bool is_whole(const double *x, size_t n, size_t p, size_t row)
{
    for (size_t k = 0; k < p; k++) {
        if (isnan(x[k * n + row])) { return false; }
    }
    return true;
}

/* One patient at a time: nobody's score hangs on who else is asked about. */
static int score_row(double *out, const pn_chain *c, const double *row, pn_error *err)
{
    const sv_matrix m = sv_matrix_rowmajor(row, 1, c->n_chosen);
    double sum = 0;
    if (c->fitted != NULL) {
        sv_error sv = {0};
        return sv_fitted_score(out, c->fitted, &m, &sv) == SV_OK ? PN_OK : pn_step_failed(err, CFG_STEP_MODEL, &sv);
    }
    for (size_t k = 0; c->n_networks == 0 && k < c->n_chosen; k++) { sum += c->coef[k] * row[k]; }
    for (size_t i = 0; i < c->n_networks; i++) {
        double one = 0;
        sv_error sv = {0};
        if (sv_elm_score(&one, &c->network[i], &m, &sv) != SV_OK) { return pn_step_failed(err, CFG_STEP_MODEL, &sv); }
        sum += one;
    }
    *out = c->n_networks > 0 ? sum / (double)c->n_networks : sum;
    return PN_OK;
}

int pn_chain_features_score(double *score, const pn_chain *c, const pn_cohort *of, pn_error *err)
{
    double *z = calloc(of->n * c->n_kept + 1, sizeof *z), *x = NULL, *row = calloc(c->n_chosen + 1, sizeof *row);
    int rc = z != NULL && row != NULL ? pn_chain_scaled(z, c, of, err) : no_memory(err, of->n);
    if (rc == PN_OK) {
        x = narrow(c, z, of->n);
        if (x == NULL) { rc = no_memory(err, of->n); }
    }
    for (size_t i = 0; i < of->n && rc == PN_OK; i++) {
        if (!is_whole(x, of->n, c->n_chosen, i)) {
            score[i] = NAN;
            continue;
        }
        for (size_t k = 0; k < c->n_chosen; k++) { row[k] = x[k * of->n + i]; }
        rc = score_row(&score[i], c, row, err);
    }
    free(z);
    free(x);
    free(row);
    return rc;
}

/* With the clinical columns, where the chain has them. */
static void add_clinical(double *score, const pn_chain *c, const pn_cohort *of)
{
    for (size_t i = 0; i < of->n && c->n_combine > 0; i++) {
        double sum = c->combine[0] * score[i];
        for (size_t j = 1; j < c->n_combine; j++) {
            sum += c->combine[j] * (of->clinical.v[c->clinical[j - 1] * of->n + i] - c->clinical_mean[j - 1]);
        }
        score[i] = sum;
    }
}

static int score_all(double *score, const pn_chain *c, const pn_cohort *of, pn_error *err)
{
    for (size_t j = 1; j < c->n_combine; j++) {
        if (c->clinical[j - 1] >= of->clinical.n) {
            return pn_fail(err, PN_EINVAL, "the patients have other clinical columns than the fit");
        }
    }
    int rc = pn_chain_features_score(score, c, of, err);
    if (rc == PN_OK) { add_clinical(score, c, of); }
    return rc;
}

int pn_recipe_apply(double *score, int *group, const pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *of,
                    pn_error *err)
{
    (void)in;
    int rc = score_all(score, c, of, err);
    for (size_t i = 0; i < of->n && rc == PN_OK; i++) { group[i] = isnan(score[i]) ? -1 : score[i] > c->cut; }
    return rc;
}

/* ---- the fit ------------------------------------------------------------------------------------- */

static int fit_model(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const double *z, pn_error *err)
{
    if (c->n_chosen == 0) { return PN_OK; }
    double *x = narrow(c, z, train->n);
    const char **names = calloc(c->n_chosen, sizeof *names);
    int rc = x != NULL && names != NULL ? PN_OK : no_memory(err, train->n);
    if (rc == PN_OK) {
        for (size_t k = 0; k < c->n_chosen; k++) { names[k] = train->feature.name[c->kept[c->chosen[k]]]; }
        rc = pn_step_model(c, r, train, x, names, err);
    }
    free(x);
    free(names);
    return rc;
}

int pn_steps_to_score(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err)
{
    int rc = pn_step_columns(c, in, train, err);
    if (rc != PN_OK) { return rc; }
    double *z = calloc(train->n * c->n_kept + 1, sizeof *z);
    if (z == NULL) { return no_memory(err, train->n); }
    rc = pn_chain_scaled(z, c, train, err);
    if (rc == PN_OK) { rc = pn_step_groups(c, in, train, z, err); }
    if (rc == PN_OK) { rc = pn_step_select(c, in->recipe, train, z, err); }
    if (rc == PN_OK) { rc = fit_model(c, in->recipe, train, z, err); }
    free(z);
    return rc;
}

/* Of an empty selection alone there is no cut: all scores are 0, all patients in the low group. */
static int fit_cut(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, pn_error *err)
{
    static const pn_train_cut how[] = {PN_CUT_MEDIAN, PN_CUT_MAXSTAT, PN_CUT_VALUE};
    c->cut_p = NAN;
    if (c->n_chosen == 0 && c->n_combine == 0) { return PN_OK; }
    const sv_surv s = pn_cohort_surv(train);
    double *score = calloc(train->n + 1, sizeof *score);
    int rc = score != NULL ? score_all(score, c, train, err) : no_memory(err, train->n);
    if (rc == PN_OK) {
        /* without the step: the border of the classes, where the score has one, else the median */
        const double border = c->n_combine > 0 ? (double)NAN : c->n_networks > 0 ? 0
                              : c->fitted != NULL ? sv_fitted_cut(c->fitted) : (double)NAN;
        const pn_train_cut by = r->has[CFG_STEP_CUT] ? how[r->cut.method] : isnan(border) ? PN_CUT_MEDIAN : PN_CUT_VALUE;
        rc = pn_risk_cut(&c->cut, &c->cut_p, score, &s, by, r->has[CFG_STEP_CUT] ? r->cut.value : border, err);
        if (rc != PN_OK) { rc = pn_wrap(err, "cut"); }
    }
    free(score);
    return rc;
}

int pn_recipe_fit(pn_chain *out, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err)
{
    pn_chain c = {.n = train->n, .events = train->events, .lambda = NAN};
    if (train->n < 2 || train->events == 0) {
        return pn_fail(err, PN_EINVAL, "%zu patients with %zu events, expected at least 2 and 1", train->n, train->events);
    }
    int rc = pn_steps_to_score(&c, in, train, err);
    if (rc == PN_OK && in->recipe->has[CFG_STEP_COMBINE]) { rc = pn_step_combine(&c, in, train, err); }
    if (rc == PN_OK) { rc = fit_cut(&c, in->recipe, train, err); }
    if (rc != PN_OK) {
        pn_chain_free(&c);
        return rc;
    }
    *out = c;
    return PN_OK;
}
