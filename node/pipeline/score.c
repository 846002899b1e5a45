#include "pipeline/score.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/baseline.h>

static const double days_per_year = 365.25;

static double standardised(const cfg_model_feature *f, double value)
{
    return (value - f->mean) / f->sd;
}

double pn_score_linear(const cfg_model *m, const double *values)
{
    double lp = 0;
    for (size_t i = 0; i < m->n_features; i++) {
        lp += m->features[i].coefficient * standardised(&m->features[i], values[i]);
    }
    return lp;
}

double pn_score_baseline(const cfg_model *m, double time_days)
{
    if (m->n_baseline == 0 || isnan(time_days) ||
        time_days > m->baseline_time_days[m->n_baseline - 1]) {
        return NAN;
    }
    size_t low = 0, high = m->n_baseline;      /* entries before low are <= t, from high on > t */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->baseline_time_days[middle] <= time_days) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0.0 : m->baseline_cumhaz[low - 1];
}

double pn_score_percentile(const cfg_model_feature *f, double v)
{
    const double *q = f->quantile;
    if (isnan(v)) { return NAN; }
    int below = 0, not_above = 0;              /* quantiles < v, quantiles <= v */
    for (int i = 0; i < CFG_NQUANTILES; i++) {
        below += q[i] < v;
        not_above += q[i] <= v;
    }
    double p;
    if (not_above > below) {                   /* v is a stored quantile, perhaps several */
        p = 0.5 * (cfg_quantile_p[below] + cfg_quantile_p[not_above - 1]);
    } else if (below == 0 || below == CFG_NQUANTILES) {
        p = below == 0 ? 0.0 : 1.0;
    } else {
        double t = (v - q[below - 1]) / (q[below] - q[below - 1]);
        p = cfg_quantile_p[below - 1] + t * (cfg_quantile_p[below] - cfg_quantile_p[below - 1]);
    }
    return 100.0 * p;
}

/* Descending by size of the contribution, equal ones by name: the order is the same everywhere. */
static int by_contribution(const void *a, const void *b)
{
    const pn_report_driver *x = a, *y = b;
    double cx = fabs(x->contribution), cy = fabs(y->contribution);
    if (cx > cy || cx < cy) { return cx > cy ? -1 : 1; }
    return strcmp(x->name, y->name);
}

static int fill_drivers(pn_score_result *r, const cfg_model *m, const double *values, pn_error *err)
{
    r->drivers = calloc(m->n_features, sizeof *r->drivers);
    if (r->drivers == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", m->n_features);
    }
    r->n_drivers = m->n_features;
    for (size_t i = 0; i < m->n_features; i++) {
        const cfg_model_feature *f = &m->features[i];
        pn_report_driver *d = &r->drivers[i];
        snprintf(d->name, sizeof d->name, "%s", f->name);
        d->value = values[i];
        d->z = standardised(f, values[i]);
        d->contribution = f->coefficient * d->z;
        d->percentile = pn_score_percentile(f, values[i]);
        memcpy(d->quantile, f->quantile, sizeof d->quantile);
    }
    qsort(r->drivers, r->n_drivers, sizeof *r->drivers, by_contribution);
    return PN_OK;
}

int pn_score(pn_score_result *out, const cfg_model *m, const double *values, pn_error *err)
{
    if (m->n_features == 0) { return pn_fail(err, PN_EINVAL, "model \"%s\" has no features", m->id); }
    for (size_t i = 0; i < m->n_features; i++) {
        if (!isfinite(values[i])) {
            return pn_fail(err, PN_EINVAL, "feature %s has no value", m->features[i].name);
        }
    }
    pn_score_result r = {.lp = pn_score_linear(m, values)};
    if (!isfinite(r.lp)) {
        return pn_fail(err, PN_EINVAL, "the score of model \"%s\" is not finite", m->id);
    }
    r.high_risk = r.lp > m->cutpoint;
    for (size_t i = 0; i < m->n_horizons; i++) {
        double h0 = pn_score_baseline(m, m->horizon_years[i] * days_per_year);
        r.survival[r.n_survival++] = (pn_report_survival){
            .years = m->horizon_years[i],
            .probability = isnan(h0) ? h0 : sv_survival_probability(h0, r.lp),
            .interval = {NAN, NAN}};
    }
    int rc = fill_drivers(&r, m, values, err);
    if (rc == PN_OK) { *out = r; }
    return rc;
}

void pn_score_free(pn_score_result *r)
{
    if (r == NULL) { return; }
    free(r->drivers);
    *r = (pn_score_result){0};
}

const char *pn_score_group(bool high_risk)
{
    return high_risk ? "high" : "low";
}
