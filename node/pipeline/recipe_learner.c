#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/tune.h>
#include "pipeline/recipe_steps.h"
#include "pipeline/select_features.h"

/* "elm, svm, knn, ..." */
static void list_methods(char *to, size_t size)
{
    size_t used = 0;
    for (int m = 0; m < SV_METHODS && used < size; m++) {
        const int more = snprintf(to + used, size - used, "%s%s", m > 0 ? ", " : "", sv_method_name((sv_method)m));
        used += more > 0 ? (size_t)more : 0;
    }
}

/* The learner with every setting that has one value; of a grid its first one. */
static int base_learner(sv_learner *out, const cfg_recipe_model *r, pn_error *err)
{
    sv_method method;
    sv_error sv = {0};
    if (!sv_method_by_name(&method, r->learner)) {
        char known[200];
        list_methods(known, sizeof known);
        return pn_fail(err, PN_EINVAL, "model: there is no learner \"%s\", expected one of %s", r->learner, known);
    }
    *out = sv_learner_of(method);
    out->seed = r->seed;
    for (size_t i = 0; i < r->n_settings; i++) {
        const cfg_setting *s = &r->settings[i];
        int rc = SV_OK;
        if (s->choice[0] != '\0') { rc = sv_learner_choose(out, s->name, s->choice, &sv); }
        for (size_t k = s->n; k-- > 0 && rc == SV_OK;) { rc = sv_learner_set(out, s->name, s->values[k], &sv); }
        if (rc != SV_OK) { return pn_step_failed(err, CFG_STEP_MODEL, &sv); }
    }
    return PN_OK;
}

int pn_recipe_check(const cfg_recipe *r, pn_error *err)
{
    sv_learner l;
    if (r->model.method != CFG_MODEL_LEARNER) { return PN_OK; }
    int rc = base_learner(&l, &r->model, err);
    if (rc != PN_OK) { return rc; }
    const bool of_labels = !sv_method_survival(l.method);
    if (of_labels && !r->has[CFG_STEP_LABEL]) {
        return pn_fail(err, PN_EINVAL, "model: the learner %s needs the steps cluster and label", r->model.learner);
    }
    const bool label_used = of_labels || (r->has[CFG_STEP_SELECT] && r->select.method == CFG_LASSO_LOGISTIC);
    if (r->has[CFG_STEP_LABEL] && !label_used) {
        return pn_fail(err, PN_EINVAL, "model: nothing uses the label; the learner %s learns from follow-up", r->model.learner);
    }
    return PN_OK;
}

/* Settings with several values. */
static size_t make_axes(sv_grid_axis axes[SV_GRID_MAX_AXES], const cfg_recipe_model *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_settings && n < SV_GRID_MAX_AXES; i++) {
        const cfg_setting *s = &r->settings[i];
        if (s->n > 1) { axes[n++] = (sv_grid_axis){s->name, s->values, s->n}; }
    }
    return n;
}

/* The values that do best on the folds of the training patients, by AUC or concordance. */
static int choose_settings(sv_learner *out, const sv_learner *base, const sv_grid *grid, const cfg_recipe_model *r,
                           const pn_cohort *train, const sv_matrix *x, const sv_outcome *y, pn_error *err)
{
    const bool survival = sv_method_survival(base->method);
    int *fold = calloc(train->n + 1, sizeof *fold);
    sv_tune tuned = {0};
    sv_error sv = {0};
    if (fold == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for folds"); }
    int rc = pn_folds(fold, survival ? train->event : y->label, train->patient, train->n, r->folds, r->seed, err);
    const sv_tune_opts o = {.criterion = survival ? SV_CRITERION_CONCORDANCE : SV_CRITERION_AUC,
                            .folds = {.folds = r->folds, .repeats = 1, .seed = r->seed, .fold = fold}};
    if (rc == PN_OK && (sv_tune_grid(&tuned, base, grid, x, y, &o, &sv) != SV_OK ||
                        sv_grid_learner(out, base, grid, tuned.best, &sv) != SV_OK)) {
        rc = pn_step_failed(err, CFG_STEP_MODEL, &sv);
    }
    sv_tune_free(&tuned);
    free(fold);
    return rc;
}

int pn_step_learner(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const sv_matrix *x, pn_error *err)
{
    const sv_surv s = pn_cohort_surv(train);
    const sv_outcome y = {.label = c->groups.label, .surv = &s};
    sv_grid_axis axes[SV_GRID_MAX_AXES];
    const sv_grid grid = {axes, make_axes(axes, &r->model)};
    sv_error sv = {0};
    int rc = base_learner(&c->learner, &r->model, err);
    if (rc == PN_OK && grid.axes > 0) {
        const sv_learner base = c->learner;
        rc = choose_settings(&c->learner, &base, &grid, &r->model, train, x, &y, err);
    }
    if (rc != PN_OK) { return rc; }
    return sv_learner_fit(&c->fitted, &c->learner, x, &y, &sv) == SV_OK ? PN_OK : pn_step_failed(err, CFG_STEP_MODEL, &sv);
}
