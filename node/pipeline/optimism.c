/* optimism.c - bootstrap validation of a fitted model, see training_page.h. */
#include <math.h>
#include <stdlib.h>
#include "pipeline/score.h"
#include "pipeline/training_page.h"

void pn_optimism_free(pn_optimism *o)
{
    if (o == NULL) { return; }
    for (size_t h = 0; h <= CFG_MAX_HORIZONS; h++) { sv_validation_free(&o->at[h]); }
    *o = (pn_optimism){0};
}

int pn_optimism_of(pn_optimism *out, const cfg_model *m, const pn_train_data *d, const pn_optimism_opts *opts, pn_error *err)
{
    const sv_matrix x = sv_matrix_colmajor(d->x, d->n, d->p);
    const sv_surv s = {.n = d->n, .time = d->time_days, .event = d->event};
    pn_optimism o = {0};
    sv_validation_opts v = SV_VALIDATION_OPTS_INIT;
    sv_error sv = {0};
    double watched = 0;
    v.replicates = opts->replicates;
    v.seed = opts->seed;
    v.group_size = d->n / 5 > 20 ? d->n / 5 : 20;
    v.progress = opts->progress;
    v.context = opts->context;
    for (size_t i = 0; i < d->n; i++) { watched = fmax(watched, d->time_days[i]); }
    for (size_t h = 0; h < m->n_horizons; h++) {
        if (m->horizon_years[h] * PN_DAYS_PER_YEAR < watched) { o.years[o.n++] = m->horizon_years[h]; }
    }
    int failed = SV_OK;
    for (size_t h = 0; (h < o.n || h == 0) && failed == SV_OK; h++) {
        v.horizon = h < o.n ? o.years[h] * PN_DAYS_PER_YEAR : 0;
        failed = sv_cox_validate(&o.at[h], &x, &s, &v, &sv);
    }
    if (failed == SV_OK) {
        *out = o;
        return PN_OK;
    }
    pn_optimism_free(&o);
    return failed == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv.msg)
                               : pn_fail(err, PN_EINVAL, "bootstrap validation: %s", sv.msg);
}
