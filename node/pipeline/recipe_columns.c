#include <config/node.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/quantile.h>
#include "pipeline/recipe_steps.h"
#include "pipeline/select_features.h"

static int no_memory(pn_error *err, size_t p)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", p);
}

bool pn_names_match(const cfg_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (cfg_pattern_match(names->v[i], name)) { return true; }
    }
    return false;
}

/* ---- filter -------------------------------------------------------------------------------------- */

static bool is_measured(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) { return false; }
    }
    return true;
}

static bool varies(const double *x, size_t n)
{
    double low = x[0], high = x[0];
    for (size_t i = 1; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    return high - low > 1e-12 * fmax(fabs(low), fabs(high));
}

static bool is_named(const cfg_recipe *r, const char *name)
{
    return !r->has[CFG_STEP_FILTER] || (pn_names_match(&r->filter.columns, name) && !pn_names_match(&r->filter.except, name));
}

/* Columns by name, and by what the training patients alone show of them. */
static int judge_columns(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err)
{
    const cfg_recipe *r = in->recipe;
    for (size_t j = 0; j < train->feature.n; j++) {
        const double *x = train->feature.v + j * train->n;
        if (!is_named(r, train->feature.name[j])) { continue; }
        if (!is_measured(x, train->n)) {
            c->unmeasured++;
        } else if (!varies(x, train->n)) {
            c->constant++;
        } else if (in->reliability != NULL && !(in->reliability[j] >= r->filter.icc)) {
            c->unreliable++;
        } else {
            c->kept[c->n_kept++] = j;
        }
    }
    if (c->n_kept > 0) { return PN_OK; }
    return pn_fail(err, PN_EINVAL, "filter: no feature is left of %zu: %zu lack a value, %zu are constant, %zu unreliable, "
                   "the others are not named", train->feature.n, c->unmeasured, c->constant, c->unreliable);
}

static double *copy_kept(const pn_chain *c, const pn_cohort *of)
{
    double *x = calloc(of->n * c->n_kept + 1, sizeof *x);
    for (size_t k = 0; x != NULL && k < c->n_kept; k++) {
        memcpy(x + k * of->n, of->feature.v + c->kept[k] * of->n, of->n * sizeof *x);
    }
    return x;
}

static int drop_redundant(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, pn_error *err)
{
    if (!r->has[CFG_STEP_FILTER] || !(r->filter.redundancy < 1)) { return PN_OK; }
    size_t *stay = calloc(c->n_kept + 1, sizeof *stay), n = 0;
    double *x = copy_kept(c, train);
    int rc = stay != NULL && x != NULL ? PN_OK : no_memory(err, c->n_kept);
    const sv_matrix m = sv_matrix_colmajor(x, train->n, c->n_kept);
    if (rc == PN_OK) { rc = pn_drop_redundant(stay, &n, &m, r->filter.redundancy, err); }
    if (rc == PN_OK) {
        for (size_t k = 0; k < n; k++) { c->kept[k] = c->kept[stay[k]]; }
        c->redundant = c->n_kept - n;
        c->n_kept = n;
    }
    free(stay);
    free(x);
    return rc;
}

/* ---- harmonise ----------------------------------------------------------------------------------- */

static int harmonise(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, const double *x, pn_error *err)
{
    if (!in->recipe->has[CFG_STEP_HARMONISE]) { return PN_OK; }
    if (train->centre == NULL) { return pn_fail(err, PN_EINVAL, "harmonise: the patients' centres are not known"); }
    const sv_matrix m = sv_matrix_colmajor(x, train->n, c->n_kept);
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    sv_error sv = {0};
    o.reference = in->reference_centre;
    return sv_combat_fit(&c->combat, &m, train->centre, NULL, &o, &sv) == SV_OK
               ? PN_OK : pn_step_failed(err, CFG_STEP_HARMONISE, &sv);
}

static bool is_known_centre(const sv_combat *c, int centre)
{
    for (size_t b = 0; b < c->batches; b++) {
        if (c->batch[b] == centre) { return true; }
    }
    return false;
}

/* x[of->n * n_kept] of patients whose values may lack and whose centre may be new: those become NaN. Each patient's
 * values follow from that patient's own. */
static int harmonised(double *x, const pn_chain *c, const pn_cohort *of, pn_error *err)
{
    const size_t n = of->n, p = c->n_kept;
    if (c->combat.p == 0) { return PN_OK; }
    if (of->centre == NULL) { return pn_fail(err, PN_EINVAL, "harmonise: the patients' centres are not known"); }
    double *filled = calloc(n * p + 1, sizeof *filled), *y = calloc(n * p + 1, sizeof *y);
    int *centre = calloc(n + 1, sizeof *centre);
    int rc = filled != NULL && y != NULL && centre != NULL ? PN_OK : no_memory(err, p);
    sv_error sv = {0};
    if (rc == PN_OK) {
        for (size_t i = 0; i < n; i++) {
            centre[i] = is_known_centre(&c->combat, of->centre[i]) ? of->centre[i] : c->combat.batch[0];
        }
        for (size_t i = 0; i < n * p; i++) { filled[i] = isfinite(x[i]) ? x[i] : 0; }
        const sv_matrix m = sv_matrix_colmajor(filled, n, p);
        if (sv_combat_apply(y, &c->combat, &m, centre, NULL, &sv) != SV_OK) {
            rc = pn_step_failed(err, CFG_STEP_HARMONISE, &sv);
        }
    }
    for (size_t i = 0; i < n && rc == PN_OK; i++) {
        for (size_t k = 0; k < p; k++) {
            double *v = &x[k * n + i];
            *v = isfinite(*v) && centre[i] == of->centre[i] ? y[i * p + k] : (double)NAN;
        }
    }
    free(filled);
    free(y);
    free(centre);
    return rc;
}

/* ---- scale --------------------------------------------------------------------------------------- */

static int scale(pn_chain *c, const pn_cohort *train, const double *x, pn_error *err)
{
    for (size_t k = 0; k < c->n_kept; k++) {
        c->mean[k] = sv_mean(x + k * train->n, train->n);
        c->sd[k] = sv_sd(x + k * train->n, train->n);
        if (c->sd[k] > 0 && isfinite(c->sd[k])) { continue; }
        return pn_fail(err, PN_EINVAL, "scale: feature %.120s has the standard deviation %g",
                       train->feature.name[c->kept[k]], c->sd[k]);
    }
    return PN_OK;
}

int pn_step_columns(pn_chain *c, const pn_recipe_inputs *in, const pn_cohort *train, pn_error *err)
{
    const size_t p = train->feature.n;
    c->kept = calloc(p + 1, sizeof *c->kept);
    c->mean = calloc(p + 1, sizeof *c->mean);
    c->sd = calloc(p + 1, sizeof *c->sd);
    if (c->kept == NULL || c->mean == NULL || c->sd == NULL) { return no_memory(err, p); }
    int rc = judge_columns(c, in, train, err);
    if (rc == PN_OK) { rc = drop_redundant(c, in->recipe, train, err); }
    double *x = rc == PN_OK ? copy_kept(c, train) : NULL;
    if (rc == PN_OK && x == NULL) { rc = no_memory(err, p); }
    if (rc == PN_OK) { rc = harmonise(c, in, train, x, err); }
    if (rc == PN_OK) { rc = harmonised(x, c, train, err); }
    if (rc == PN_OK) { rc = scale(c, train, x, err); }
    free(x);
    return rc;
}

int pn_chain_scaled(double *z, const pn_chain *c, const pn_cohort *of, pn_error *err)
{
    for (size_t k = 0; k < c->n_kept; k++) {
        if (c->kept[k] >= of->feature.n) { return pn_fail(err, PN_EINVAL, "the patients have other features than the fit"); }
        memcpy(z + k * of->n, of->feature.v + c->kept[k] * of->n, of->n * sizeof *z);
    }
    int rc = harmonised(z, c, of, err);
    for (size_t k = 0; k < c->n_kept && rc == PN_OK; k++) {
        for (size_t i = 0; i < of->n; i++) {
            double *v = &z[k * of->n + i];
            *v = isfinite(*v) ? (*v - c->mean[k]) / c->sd[k] : (double)NAN;
        }
    }
    return rc;
}

/* ---- select -------------------------------------------------------------------------------------- */

static int take_all(pn_chain *c)
{
    for (size_t k = 0; k < c->n_kept; k++) { c->chosen[k] = k; }
    c->n_chosen = c->n_kept;
    c->lambda = NAN;
    return PN_OK;
}

int pn_step_select(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const double *z, pn_error *err)
{
    c->chosen = calloc(c->n_kept + 1, sizeof *c->chosen);
    if (c->chosen == NULL) { return no_memory(err, c->n_kept); }
    if (!r->has[CFG_STEP_SELECT]) { return take_all(c); }
    const sv_matrix m = sv_matrix_colmajor(z, train->n, c->n_kept);
    const sv_surv s = pn_cohort_surv(train);
    const int *label = r->select.method == CFG_LASSO_LOGISTIC ? c->groups.label : NULL;
    const pn_selection_opts o = {.redundancy = 1, .folds = r->select.folds, .one_se = r->select.one_se, .alpha = r->select.alpha,
                                 .smallest = r->select.smallest,
                                 .seed = r->select.seed, .patient = train->patient};
    pn_selection found = {0};
    int rc = pn_lasso(&found, &m, &s, label, &o, err);
    if (rc != PN_OK) { return pn_wrap(err, "select"); }
    memcpy(c->chosen, found.chosen, found.n * sizeof *found.chosen);
    c->n_chosen = found.n;
    c->lambda = found.lambda;
    if (r->model.method == CFG_MODEL_PENALISED) {
        c->coef = found.coef;
        found.coef = NULL;
    }
    pn_selection_free(&found);
    return PN_OK;
}
