#include "pipeline/train_spread.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/bootstrap.h>
#include <survival/mahalanobis.h>
#include <survival/quantile.h>

static const double days_per_year = 365.25;

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for training");
}

/* ---- distances --------------------------------------------------------------------------- */

/* Column `which` follows from columns before it; those that take part are named. */
static int fail_collinear(const cfg_model *m, size_t which, pn_error *err)
{
    double *weight = calloc(which > 0 ? which : 1, sizeof *weight);
    if (weight == NULL) { return no_memory(err); }
    char names[180] = "";
    size_t used = 0, unnamed = 0;
    sv_error sv = {0};
    int rc = sv_metric_explain(weight, m->correlation, m->n_features, which, &sv);
    for (size_t j = 0; j < which && rc == SV_OK; j++) {
        if (fabs(weight[j]) < 1e-4) { continue; }
        const size_t length = strlen(m->features[j].name);
        if (used + length + 20 >= sizeof names) {
            unnamed++;
            continue;
        }
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                 m->features[j].name);
    }
    if (unnamed > 0) { snprintf(names + used, sizeof names - used, " and %zu more", unnamed); }
    free(weight);
    return pn_fail(err, PN_EINVAL, "feature %s is determined by %s: leave one of them out",
                   m->features[which].name, names[0] != '\0' ? names : "the features before it");
}

static int take_distances(cfg_model *m, const double *factor, const double *z, size_t n, double percentile,
                          pn_error *err)
{
    const size_t p = m->n_features;
    double *distance = calloc(n, sizeof *distance), *row = calloc(2 * p, sizeof *row);
    sv_error sv = {0};
    int rc = distance != NULL && row != NULL ? PN_OK : no_memory(err);
    for (size_t i = 0; i < n && rc == PN_OK; i++) {
        for (size_t j = 0; j < p; j++) { row[j] = z[j * n + i]; }
        distance[i] = sv_mahalanobis(factor, row, p, row + p);
    }
    const double limit_at = percentile / 100;
    if (rc == PN_OK &&
        (sv_quantile(m->distance_quantile, distance, n, cfg_quantile_p, CFG_NQUANTILES, &sv) != SV_OK ||
         sv_quantile(&m->max_mahalanobis, distance, n, &limit_at, 1, &sv) != SV_OK)) {
        rc = sv.code == SV_ENOMEM ? no_memory(err) : pn_fail(err, PN_EINVAL, "distances: %s", sv.msg);
    }
    if (rc == PN_OK && !(percentile > 0)) { m->max_mahalanobis = INFINITY; }
    free(distance);
    free(row);
    return rc;
}

int pn_train_distances(cfg_model *m, const double *z, size_t n, const pn_train_opts *o, pn_error *err)
{
    const size_t p = m->n_features;
    const sv_matrix columns = sv_matrix_colmajor(z, n, p);
    double *factor = calloc(p * p, sizeof *factor);
    m->correlation = calloc(p * p, sizeof *m->correlation);
    m->distance_quantile = calloc(CFG_NQUANTILES, sizeof *m->distance_quantile);
    m->n_correlation = p * p;
    m->n_distance_quantile = CFG_NQUANTILES;
    int rc = PN_OK;
    size_t which = p;
    sv_error sv = {0};
    if (factor == NULL || m->correlation == NULL || m->distance_quantile == NULL) {
        rc = no_memory(err);
    } else if (sv_correlation(m->correlation, &columns, &sv) != SV_OK) {
        rc = sv.code == SV_ENOMEM ? no_memory(err) : pn_fail(err, PN_EINVAL, "correlations: %s", sv.msg);
    } else if (sv_metric_factor(factor, m->correlation, p, &which, &sv) != SV_OK) {
        rc = which < p ? fail_collinear(m, which, err)
                       : pn_fail(err, PN_EINVAL, "correlations: %s", sv.msg);
    } else {
        rc = take_distances(m, factor, z, n, o->distance_percentile, err);
    }
    free(factor);
    return rc;
}

/* ---- bootstrap --------------------------------------------------------------------------- */

int pn_train_bootstrap(cfg_model *m, pn_train_bootstrap_summary *told, const double *z, const sv_surv *s,
                       const pn_train_opts *o, pn_error *err)
{
    if (o->replicates == 0) { return PN_OK; }
    const sv_matrix columns = sv_matrix_colmajor(z, s->n, m->n_features);
    double horizon[CFG_MAX_HORIZONS];
    for (size_t h = 0; h < m->n_horizons; h++) { horizon[h] = m->horizon_years[h] * days_per_year; }
    const sv_bootstrap_opts opts = {.replicates = o->replicates, .seed = o->seed, .horizon = horizon,
                                    .n_horizons = m->n_horizons, .progress = o->progress,
                                    .context = o->progress_context};
    sv_bootstrap b;
    sv_error sv = {0};
    if (sv_cox_bootstrap(&b, &columns, s, &opts, &sv) != SV_OK) {
        return sv.code == SV_ENOMEM ? no_memory(err) : pn_fail(err, PN_EINVAL, "bootstrap: %s", sv.msg);
    }
    m->bootstrap_seed = (size_t)o->seed;
    m->bootstrap_drawn = (unsigned)b.asked;
    m->boot_coefficient = b.coef;                /* ours from here on */
    m->n_boot_coefficient = b.n * b.p;
    m->boot_cumhaz = b.hazard;
    m->n_boot_cumhaz = b.n * b.n_horizons;
    *told = (pn_train_bootstrap_summary){
        .drawn = b.asked, .fitted = b.n, .no_event = b.no_event, .dropped = b.dropped,
        .infinite = b.infinite, .not_converged = b.not_converged + b.overflow};
    return PN_OK;
}
