/* model_check.c - what must hold between the keys of a model file. */
#include "model_check.h"

#include <math.h>
#include <string.h>

#include <config/model.h>

static const yt_node *item_at(const yt_node *list, size_t i)
{
    const yt_node *n = list ? list->first : NULL;
    while (n && i-- > 0) { n = n->next; }
    return n;
}

/* Every number against the one before; strictly: not even the same twice. */
static int check_order(const fd_reader *r, const yt_node *list, const double *v, size_t n,
                       double direction, bool strictly)
{
    for (size_t i = 1; i < n; i++) {
        double step = direction * (v[i] - v[i - 1]);
        if (strictly ? step > 0 : step >= 0) { continue; }
        char before[TXT_REAL_SIZE];
        txt_put_real(before, v[i - 1]);
        return fd_expected(r, item_at(list, i), "a number %s %s, the one before",
                           direction > 0 ? (strictly ? "above" : "of at least") : "of at most",
                           before);
    }
    return CFG_OK;
}

static int check_same_length(const fd_reader *r, const yt_node *map, const char *key,
                             const char *other)
{
    const yt_node *a = yt_get(map, key), *b = yt_get(map, other);
    return a->n == b->n ? CFG_OK
                        : fd_fail(r, a, NULL, "got %zu items, expected %zu as in %s", a->n, b->n,
                                  other);
}

static int check_range(const fd_reader *r, const yt_node *use, const char *key, cfg_range range)
{
    if (range.low <= range.high && range.low < HUGE_VAL && range.high > -HUGE_VAL) {
        return CFG_OK;
    }
    return fd_fail(r, use, key, "got %g to %g, expected the lower end first", range.low,
                   range.high);
}

static int check_use(const fd_reader *r, const cfg_model *m, const yt_node *use)
{
    int rc = check_range(r, use, "slice_spacing_mm", m->slice_spacing_mm);
    if (!rc) { rc = check_range(r, use, "pixel_spacing_mm", m->pixel_spacing_mm); }
    return rc ? rc : check_range(r, use, "slice_thickness_mm", m->slice_thickness_mm);
}

static int check_feature_name(const fd_reader *r, const cfg_model *m, const cfg_model_feature *f,
                              const yt_node *name)
{
    const bool of_patient = cfg_patient_variable_find(f->name) >= 0;
    if (f->source == CFG_SOURCE_TABLE) {       /* a reader of the report could not tell them apart */
        return of_patient ? fd_expected(r, name, "another name, or source: patient") : CFG_OK;
    }
    if (f->source == CFG_SOURCE_PATIENT) {
        return of_patient ? CFG_OK
               : fd_expected(r, name, "PatientAge, PatientSex, PatientWeight or PatientSize");
    }
    if (rx_pyradiomics_feature(NULL, f->name) < 0) {
        return fd_expected(r, name, "a feature's full name, like \"%s\"", rx_features()[0].full_name);
    }
    if (!rx_pyradiomics_gives(&m->extraction, f->name)) {
        return fd_expected(r, name, "a feature that extraction.imageType and featureClass give");
    }
    return CFG_OK;
}

static int check_feature(const fd_reader *r, const cfg_model *m, size_t i, const yt_node *item)
{
    const cfg_model_feature *f = &m->features[i];
    int rc = check_feature_name(r, m, f, yt_get(item, "name"));
    for (size_t j = 0; j < i && !rc; j++) {
        if (strcmp(m->features[j].name, f->name) == 0) {
            rc = fd_expected(r, yt_get(item, "name"), "each feature once");
        }
    }
    return rc ? rc : check_order(r, yt_get(item, "quantiles"), f->quantile, CFG_NQUANTILES, 1, false);
}

static int check_bootstrap(const fd_reader *r, const cfg_model *m, const yt_node *risk)
{
    const yt_node *map = yt_get(risk, "bootstrap");
    const size_t n = cfg_model_replicates(m);
    if (!map) { return CFG_OK; }
    if (n * m->n_features != m->n_boot_coefficient) {
        return fd_fail(r, map, "coefficients", "got %zu items, expected %zu for each sample",
                       m->n_boot_coefficient, m->n_features);
    }
    if (n > m->bootstrap_drawn) {
        return fd_fail(r, map, "drawn", "got %u, expected at least the %zu samples that are listed",
                       m->bootstrap_drawn, n);
    }
    if (m->n_boot_cumhaz != n * m->n_horizons) {
        return fd_fail(r, map, "cumulative_hazard", "got %zu items, expected %zu: %zu samples of %zu "
                       "horizons", m->n_boot_cumhaz, n * m->n_horizons, n, m->n_horizons);
    }
    int rc = CFG_OK;
    for (size_t i = 0; i < m->n_boot_cumhaz && !rc; i++) {
        if (i % m->n_horizons > 0 && m->boot_cumhaz[i] < m->boot_cumhaz[i - 1]) {
            rc = fd_expected(r, item_at(yt_get(map, "cumulative_hazard"), i),
                             "a number not below that of the horizon before, %g",
                             m->boot_cumhaz[i - 1]);
        }
    }
    return rc;
}

/* The distance needs both, so both are there or none. */
static int check_distances(const fd_reader *r, const cfg_model *m, const yt_node *training)
{
    const size_t p = m->n_features;
    if (m->n_correlation == 0 && m->n_distance_quantile == 0) { return CFG_OK; }
    if (m->n_correlation != p * p) {
        return fd_fail(r, training, "correlation", "got %zu items, expected %zu for %zu features",
                       m->n_correlation, p * p, p);
    }
    if (m->n_distance_quantile != CFG_NQUANTILES) {
        return fd_fail(r, training, "mahalanobis_quantiles", "got %zu items, expected %d",
                       m->n_distance_quantile, CFG_NQUANTILES);
    }
    const yt_node *list = yt_get(training, "correlation");
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = m->correlation[i * p + j];
            if (i == j && v != 1) {
                return fd_expected(r, item_at(list, i * p + j), "1, on the diagonal");
            }
            if (v != m->correlation[j * p + i]) {
                return fd_expected(r, item_at(list, i * p + j),
                                   "%.17g as on the other side of the diagonal",
                                   m->correlation[j * p + i]);
            }
        }
    }
    return check_order(r, yt_get(training, "mahalanobis_quantiles"), m->distance_quantile,
                       CFG_NQUANTILES, 1, false);
}

static int check_baseline(const fd_reader *r, const cfg_model *m, const yt_node *baseline)
{
    int rc = check_same_length(r, baseline, "cumulative_hazard", "time_days");
    if (!rc) {
        rc = check_order(r, yt_get(baseline, "time_days"), m->baseline_time_days, m->n_baseline, 1,
                         true);
    }
    return rc ? rc : check_order(r, yt_get(baseline, "cumulative_hazard"), m->baseline_cumhaz,
                                 m->n_baseline, 1, false);
}

/* Networks of one seed are one network, and a committee of them seems surer than it is. */
static int check_networks(const fd_reader *r, const cfg_elm *e, const yt_node *networks)
{
    int rc = CFG_OK;
    for (size_t i = 0; i < e->n_networks && !rc; i++) {
        const yt_node *item = item_at(networks, i);
        if (e->networks[i].n_beta != e->hidden) {
            rc = fd_fail(r, item, "beta", "got %zu items, expected %zu, one a hidden node",
                         e->networks[i].n_beta, e->hidden);
        }
        for (size_t j = 0; j < i && !rc; j++) {
            if (e->networks[j].seed == e->networks[i].seed) {
                rc = fd_expected(r, yt_get(item, "seed"), "each seed once");
            }
        }
    }
    return rc;
}

static int check_risk(const fd_reader *r, const cfg_model *m, const yt_node *risk)
{
    const yt_node *features = yt_get(risk, "features");
    int rc = CFG_OK;
    for (size_t i = 0; i < m->n_features && !rc; i++) {
        rc = check_feature(r, m, i, item_at(features, i));
    }
    if (!rc) {
        rc = check_order(r, yt_get(risk, "horizon_years"), m->horizon_years, m->n_horizons, 1,
                         true);
    }
    if (rc) { return rc; }
    return m->method == CFG_RISK_ELM
               ? check_networks(r, &m->elm, yt_get(yt_get(risk, "elm"), "networks"))
               : check_baseline(r, m, yt_get(risk, "baseline"));
}

static int check_events(const fd_reader *r, const yt_node *map, unsigned events, unsigned patients)
{
    return events <= patients ? CFG_OK
                              : fd_fail(r, map, "events",
                                        "got %u, expected at most the %u patients", events,
                                        patients);
}

static int check_curve(const fd_reader *r, const cfg_model *m, size_t i, const yt_node *item)
{
    const cfg_km_curve *c = &m->km[i];
    for (size_t j = 0; j < i; j++) {
        if (strcmp(m->km[j].group, c->group) == 0) {
            return fd_expected(r, yt_get(item, "group"), "each group once");
        }
    }
    int rc = check_events(r, item, c->events, c->patients);
    if (!rc) { rc = check_same_length(r, item, "survival", "time_days"); }
    if (!rc) { rc = check_same_length(r, item, "at_risk", "time_days"); }
    if (!rc) { rc = check_order(r, yt_get(item, "time_days"), c->time_days, c->n, 1, true); }
    if (!rc) { rc = check_order(r, yt_get(item, "survival"), c->survival, c->n, -1, false); }
    if (!rc) { rc = check_order(r, yt_get(item, "at_risk"), c->n_risk, c->n, -1, false); }
    return rc;
}

/* A patient's expected survival is that of the group where there is no baseline hazard. */
static int check_group_curves(const fd_reader *r, const cfg_model *m, const yt_node *training)
{
    static const char *const groups[] = {"low", "high"};
    if (m->method != CFG_RISK_ELM || m->n_horizons == 0) { return CFG_OK; }
    for (size_t i = 0; i < 2; i++) {
        const cfg_km_curve *c = cfg_model_curve(m, groups[i]);
        if (!c || c->n == 0) {
            return fd_fail(r, training, "kaplan_meier", "no curve of the group %s, which risk.horizon_years "
                           "needs with risk.method elm", groups[i]);
        }
    }
    return CFG_OK;
}

static int check_figures(const fd_reader *r, const cfg_card *card, const yt_node *list)
{
    for (size_t i = 0; i < card->n_performance; i++) {
        const cfg_figure *f = &card->performance[i];
        if (f->low <= f->estimate && f->estimate <= f->high) { continue; }
        return fd_expected(r, yt_get(item_at(list, i), "estimate"), "a number from low to high, %g to %g",
                           f->low, f->high);
    }
    return CFG_OK;
}

int mc_check(const fd_reader *r, const void *obj, const yt_node *root)
{
    const cfg_model *m = obj;
    const yt_node *training = yt_get(root, "training");
    int rc = check_use(r, m, yt_get(root, "intended_use"));
    if (!rc) { rc = check_risk(r, m, yt_get(root, "risk")); }
    if (!rc) { rc = check_bootstrap(r, m, yt_get(root, "risk")); }
    if (!rc) { rc = check_distances(r, m, training); }
    if (!rc) { rc = check_events(r, training, m->n_events, m->n_patients); }
    for (size_t i = 0; i < m->n_km && !rc; i++) {
        rc = check_curve(r, m, i, item_at(yt_get(training, "kaplan_meier"), i));
    }
    if (!rc) { rc = check_group_curves(r, m, training); }
    return rc ? rc : check_figures(r, &m->card, yt_get(yt_get(root, "card"), "performance"));
}
