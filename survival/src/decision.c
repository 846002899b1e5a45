/* decision.c - net benefit over thresholds. */
#include <survival/decision.h>

#include <math.h>

#include <survival/km.h>

#include "mem.h"
#include "num.h"

static int check(const double *risk, size_t n, const double *thresholds, size_t n_thresholds, sv_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(risk[i] >= 0 && risk[i] <= 1)) {
            return sv_fail(err, SV_EDATA, "risk of row %zu is %g, expected 0 to 1", i, risk[i]);
        }
    }
    for (size_t k = 0; k < n_thresholds; k++) {
        if (!(thresholds[k] >= 0 && thresholds[k] < 1)) {
            return sv_fail(err, SV_EINVAL, "threshold %zu is %g, expected 0 to less than 1", k, thresholds[k]);
        }
    }
    return SV_OK;
}

static bool is_positive(double risk, double threshold)
{
    return threshold > 0 ? risk >= threshold : risk > 0;
}

/* events: share of the positives that have the event; prevalence: of all rows. */
static sv_decision judge(double threshold, double positive, double events, double prevalence)
{
    double odds = threshold / (1 - threshold);
    sv_decision d = { .threshold = threshold, .positive = positive };
    if (positive > 0) {
        d.true_positive = events * positive;
        d.false_positive = (1 - events) * positive;
    }
    d.net_benefit = d.true_positive - d.false_positive * odds;
    d.treat_all = prevalence - (1 - prevalence) * odds;
    return d;
}

int sv_decision_binary(sv_decision *out, const double *risk, const int *event, size_t n,
                       const double *thresholds, size_t n_thresholds, sv_error *err)
{
    if (n == 0) { return sv_fail(err, SV_ETOOSMALL, "no row"); }
    int rc = check(risk, n, thresholds, n_thresholds, err);
    if (rc != SV_OK) { return rc; }
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        if (event[i] != 0 && event[i] != 1) {
            return sv_fail(err, SV_EDATA, "event[%zu] is %d, expected 0 or 1", i, event[i]);
        }
        all += event[i];
    }
    for (size_t k = 0; k < n_thresholds; k++) {
        double positive = 0, events = 0;
        for (size_t i = 0; i < n; i++) {
            if (!is_positive(risk[i], thresholds[k])) { continue; }
            positive++;
            events += event[i];
        }
        out[k] = judge(thresholds[k], positive / (double)n, positive > 0 ? events / positive : 0, all / (double)n);
    }
    return SV_OK;
}

/* 1 - S(t) of the rows kept; NaN where none was watched until t. */
static int risk_of(double *events, const sv_surv *s, const bool *keep, double t, sv_error *err)
{
    sv_km km;
    const sv_km_opts o = SV_KM_OPTS_INIT;
    int rc = sv_km_fit(&km, s, keep, &o, err);
    if (rc != SV_OK) { return rc; }
    *events = 1 - sv_km_at(&km, t).value;
    sv_km_free(&km);
    return SV_OK;
}

int sv_decision_survival(sv_decision *out, const double *risk, const sv_surv *s, double t,
                         const double *thresholds, size_t n_thresholds, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc == SV_OK && !(isfinite(t) && t > 0)) { rc = sv_fail(err, SV_EINVAL, "time is %g, expected more than 0", t); }
    if (rc == SV_OK) { rc = check(risk, s->n, thresholds, n_thresholds, err); }
    if (rc != SV_OK) { return rc; }
    bool *keep = SV_NEW(bool, s->n);
    if (keep == NULL) { return sv_no_memory(err, "the positives"); }
    double all = 0, n = (double)s->n;
    rc = risk_of(&all, s, NULL, t, err);
    for (size_t k = 0; rc == SV_OK && k < n_thresholds; k++) {
        double positive = 0, events = 0;
        for (size_t i = 0; i < s->n; i++) {
            keep[i] = is_positive(risk[i], thresholds[k]);
            positive += keep[i];
        }
        if (positive > 0) { rc = risk_of(&events, s, keep, t, err); }
        if (rc == SV_OK) { out[k] = judge(thresholds[k], positive / n, events, all); }
    }
    free(keep);
    return rc;
}
