#include "pipeline/score.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/baseline.h>
#include <survival/bootstrap.h>
#include <survival/mahalanobis.h>
#include "pipeline/score_elm.h"

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

double pn_score_percentile(const double q[CFG_NQUANTILES], double v)
{
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

int pn_score_describe(pn_report_driver **drivers, const cfg_model *m, const double *values,
                      pn_error *err)
{
    pn_report_driver *all = calloc(m->n_features, sizeof *all);
    if (all == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", m->n_features);
    }
    for (size_t i = 0; i < m->n_features; i++) {
        const cfg_model_feature *f = &m->features[i];
        pn_report_driver *d = &all[i];
        snprintf(d->name, sizeof d->name, "%s", f->name);
        d->value = values[i];
        d->z = standardised(f, values[i]);
        d->contribution = NAN;
        d->percentile = pn_score_percentile(f->quantile, values[i]);
        memcpy(d->quantile, f->quantile, sizeof d->quantile);
    }
    *drivers = all;
    return PN_OK;
}

/* ---- how far, how sure ------------------------------------------------------------------- */

int pn_score_distance(pn_distance *out, const cfg_model *m, const double *values, pn_error *err)
{
    const size_t p = m->n_features;
    *out = (pn_distance){NAN, NAN};
    if (m->n_correlation != p * p || m->n_distance_quantile != CFG_NQUANTILES) { return PN_OK; }
    double *factor = calloc(p * p, sizeof *factor), *z = calloc(2 * p, sizeof *z);
    int rc = PN_OK;
    sv_error sv = {0};
    if (factor == NULL || z == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", p);
    } else if (sv_metric_factor(factor, m->correlation, p, NULL, &sv) != SV_OK) {
        rc = pn_fail(err, PN_ECONFIG, "model \"%s\", training.correlation: %s", m->id, sv.msg);
    } else {
        for (size_t i = 0; i < p; i++) { z[i] = standardised(&m->features[i], values[i]); }
        out->mahalanobis = sv_mahalanobis(factor, z, p, z + p);
        out->percentile = pn_score_percentile(m->distance_quantile, out->mahalanobis);
    }
    free(factor);
    free(z);
    return rc;
}

static int take_interval(pn_interval *out, const double *v, size_t n, double estimate, pn_error *err)
{
    double ends[2];
    sv_error sv = {0};
    if (sv_bootstrap_interval(ends, v, n, estimate, 0.95, &sv) != SV_OK) {
        return sv.code == SV_ENOMEM
                   ? pn_fail_transient(err, PN_ENOMEM, "no memory for intervals")
                   : pn_fail(err, PN_EINVAL, "the score has no interval: %s", sv.msg);
    }
    *out = (pn_interval){ends[0], ends[1]};
    return PN_OK;
}

/* lp[n] of the replicates, and how many of them agree about the group. */
static void score_replicates(pn_score_result *r, double *lp, size_t n, const cfg_model *m,
                             const double *values)
{
    size_t agree = 0;
    for (size_t b = 0; b < n; b++) {
        const double *coefficient = m->boot_coefficient + b * m->n_features;
        lp[b] = 0;
        for (size_t i = 0; i < m->n_features; i++) {
            lp[b] += coefficient[i] * standardised(&m->features[i], values[i]);
        }
        agree += (lp[b] > m->cutpoint) == r->high_risk;
    }
    r->group_agreement = (double)agree / (double)n;
}

static int fill_intervals(pn_score_result *r, const cfg_model *m, const double *values, pn_error *err)
{
    const size_t n = cfg_model_replicates(m);
    if (n == 0) { return PN_OK; }
    double *lp = calloc(n, sizeof *lp), *survival = calloc(n, sizeof *survival);
    int rc = PN_OK;
    if (lp == NULL || survival == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu replicates", n);
        goto out;
    }
    score_replicates(r, lp, n, m, values);
    rc = take_interval(&r->interval, lp, n, r->lp, err);
    for (size_t h = 0; h < r->n_survival && rc == PN_OK; h++) {
        if (isnan(r->survival[h].probability)) { continue; }
        for (size_t b = 0; b < n; b++) {
            survival[b] = sv_survival_probability(m->boot_cumhaz[b * m->n_horizons + h], lp[b]);
        }
        rc = take_interval(&r->survival[h].interval, survival, n, r->survival[h].probability, err);
    }
out:
    free(lp);
    free(survival);
    return rc;
}

/* ---- the score ---------------------------------------------------------------------------- */

static int score_cox(pn_score_result *r, const cfg_model *m, const double *values, pn_error *err)
{
    r->lp = pn_score_linear(m, values);
    if (!isfinite(r->lp)) {
        return pn_fail(err, PN_EINVAL, "the score of model \"%s\" is not finite", m->id);
    }
    r->high_risk = r->lp > m->cutpoint;
    for (size_t i = 0; i < m->n_horizons; i++) {
        double h0 = pn_score_baseline(m, m->horizon_years[i] * PN_DAYS_PER_YEAR);
        r->survival[r->n_survival++] = (pn_report_survival){
            .years = m->horizon_years[i],
            .probability = isnan(h0) ? h0 : sv_survival_probability(h0, r->lp),
            .interval = {NAN, NAN}};
    }
    for (size_t i = 0; i < r->n_drivers; i++) {
        r->drivers[i].contribution = m->features[i].coefficient * r->drivers[i].z;
    }
    return fill_intervals(r, m, values, err);
}

static int score_networks(pn_score_result *r, const cfg_model *m, pn_error *err)
{
    double *z = calloc(m->n_features, sizeof *z);
    if (z == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu features", m->n_features); }
    for (size_t i = 0; i < m->n_features; i++) { z[i] = r->drivers[i].z; }
    int rc = pn_score_committee(r, m, z, err);
    free(z);
    return rc == PN_OK ? pn_score_group_survival(r, m, err) : rc;
}

int pn_score(pn_score_result *out, const cfg_model *m, const double *values, pn_error *err)
{
    if (m->n_features == 0) { return pn_fail(err, PN_EINVAL, "model \"%s\" has no features", m->id); }
    for (size_t i = 0; i < m->n_features; i++) {
        if (!isfinite(values[i])) {
            return pn_fail(err, PN_EINVAL, "feature %s has no value", m->features[i].name);
        }
    }
    pn_score_result r = {.interval = {NAN, NAN}, .group_agreement = NAN};
    int rc = pn_score_describe(&r.drivers, m, values, err);
    if (rc != PN_OK) { return rc; }
    r.n_drivers = m->n_features;
    rc = m->method == CFG_RISK_ELM ? score_networks(&r, m, err) : score_cox(&r, m, values, err);
    if (rc == PN_OK) {
        qsort(r.drivers, r.n_drivers, sizeof *r.drivers, by_contribution);
        *out = r;
    } else {
        pn_score_free(&r);
    }
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
