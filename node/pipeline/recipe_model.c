#include <math.h>
#include <stdlib.h>
#include <survival/cox.h>
#include "pipeline/recipe_steps.h"

static int check_cox(const sv_cox *fit, const char *const *names, cfg_step step, pn_error *err)
{
    for (size_t j = 0; j < fit->p; j++) {
        if (fit->flag[j] & SV_COX_DROPPED) {
            return pn_fail(err, PN_EINVAL, "%s: %.120s is determined by the columns before it",
                           cfg_step_name[step], names[j]);
        }
        if (fit->flag[j] & SV_COX_INFINITE) {
            return pn_fail(err, PN_EINVAL, "%s: %.120s separates the events perfectly; its coefficient has no finite "
                           "estimate", cfg_step_name[step], names[j]);
        }
    }
    return fit->converged ? PN_OK : pn_fail(err, PN_EINVAL, "%s: Cox regression did not converge in %d steps",
                                             cfg_step_name[step], fit->iter);
}

int pn_fit_cox(double *coef, const pn_cohort *train, const sv_matrix *x, const int *stratum, const char *const *names,
               cfg_step step, pn_error *err)
{
    sv_surv s = pn_cohort_surv(train);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    sv_cox fit;
    sv_error sv = {0};
    if (x->cols >= train->events) {
        return pn_fail(err, PN_EINVAL, "%s: %zu columns and %zu events; a fit needs fewer columns than events",
                       cfg_step_name[step], x->cols, train->events);
    }
    o.names = names;
    s.stratum = stratum;
    const int failed = sv_cox_fit(&fit, x, &s, &o, &sv);
    if (failed == SV_ENUMERIC) {
        return pn_fail(err, PN_EINVAL, "%s: %s; a column, or several together, may separate the events perfectly",
                       cfg_step_name[step], sv.msg);
    }
    if (failed != SV_OK) { return pn_step_failed(err, step, &sv); }
    int rc = check_cox(&fit, names, step, err);
    for (size_t j = 0; j < fit.p; j++) { coef[j] = fit.coef[j]; }
    sv_cox_free(&fit);
    return rc;
}

static int fit_networks(pn_chain *c, const cfg_recipe_model *m, const sv_matrix *x, pn_error *err)
{
    c->network = calloc(m->networks, sizeof *c->network);
    if (c->network == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu networks", m->networks); }
    for (size_t i = 0; i < m->networks; i++) {
        const sv_elm_opts o = {.hidden = m->hidden, .cost = m->cost, .seed = (uint32_t)(m->seed + i)};
        sv_error sv = {0};
        if (sv_elm_fit(&c->network[i], x, c->groups.label, &o, &sv) != SV_OK) {
            return pn_step_failed(err, CFG_STEP_MODEL, &sv);
        }
        c->n_networks++;
    }
    return PN_OK;
}

int pn_step_model(pn_chain *c, const cfg_recipe *r, const pn_cohort *train, const double *x, const char *const *names,
                  pn_error *err)
{
    const sv_matrix m = sv_matrix_colmajor(x, train->n, c->n_chosen);
    switch ((cfg_model_method)r->model.method) {
    case CFG_MODEL_PENALISED: break;                     /* by the selection */
    case CFG_MODEL_ELM: return fit_networks(c, &r->model, &m, err);
    case CFG_MODEL_LEARNER: return pn_step_learner(c, r, train, &m, err);
    case CFG_MODEL_COX:
        c->coef = calloc(c->n_chosen + 1, sizeof *c->coef);
        if (c->coef == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", c->n_chosen); }
        return pn_fit_cox(c->coef, train, &m, NULL, names, CFG_STEP_MODEL, err);
    }
    return PN_OK;
}
