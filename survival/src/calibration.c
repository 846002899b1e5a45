/* calibration.c - observed survival of groups with like predictions. */
#include <survival/calibration.h>

#include <math.h>
#include <string.h>

#include <survival/dist.h>
#include <survival/km.h>

#include "calibration_work.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

int sv_calibration_check(const double *predicted, const sv_surv *s, double u, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL || s->start != NULL || s->stratum != NULL) {
        return sv_fail(err, SV_EINVAL, "calibration takes no weights, start times or strata");
    }
    if (!(isfinite(u) && u > 0)) { return sv_fail(err, SV_EINVAL, "time is %g, expected more than 0", u); }
    for (size_t i = 0; predicted != NULL && i < s->n; i++) {
        if (!(predicted[i] >= 0 && predicted[i] <= 1)) {
            return sv_fail(err, SV_EDATA, "predicted survival of row %zu is %g, expected 0 to 1", i, predicted[i]);
        }
    }
    return SV_OK;
}

static int observe(sv_calibration_group *out, const double *predicted, const sv_surv *s, const bool *keep, double u,
                   sv_error *err)
{
    double sum = 0;
    *out = (sv_calibration_group){ 0, 0, SV_NAN, SV_NAN, SV_NAN };
    for (size_t i = 0; i < s->n; i++) {
        if (!keep[i]) { continue; }
        out->n++;
        out->events += (size_t)s->event[i];
        sum += predicted[i];
    }
    if (out->n == 0) { return SV_OK; }
    out->predicted = sum / (double)out->n;
    if (out->n < 2) { return SV_OK; }
    sv_km km;
    const sv_km_opts o = SV_KM_OPTS_INIT;
    int rc = sv_km_fit(&km, s, keep, &o, err);
    if (rc != SV_OK) { return rc; }
    out->observed = sv_km_at(&km, u).value;
    double relative = 0;
    for (size_t i = 0; i < km.n && km.time[i] <= u; i++) { relative = km.std_err[i] / km.surv[i]; }
    out->std_err = isnan(out->observed) ? SV_NAN : relative;
    sv_km_free(&km);
    return SV_OK;
}

int sv_calibration_groups(sv_calibration_group *out, size_t *n_groups, const double *predicted, const sv_surv *s,
                          double u, size_t g, sv_error *err)
{
    int rc = sv_calibration_check(predicted, s, u, err);
    if (rc == SV_OK && (g < 1 || g > SV_CALIBRATION_MAX_GROUPS)) {
        rc = sv_fail(err, SV_EINVAL, "%zu groups asked for, expected 1 to %zu", g, SV_CALIBRATION_MAX_GROUPS);
    }
    if (rc != SV_OK) { return rc; }
    size_t n = s->n, m = 0;
    uint32_t *order = SV_NEW(uint32_t, n);
    bool *keep = SV_NEW(bool, n);
    rc = order == NULL || keep == NULL ? sv_no_memory(err, "the groups") : sv_sort_rows(order, predicted, n, err);
    for (size_t k = 1, lo = 0; rc == SV_OK && k <= g; k++) {
        size_t hi = lo;
        double least = (double)k * (double)n / (double)g;
        while (hi < n && (double)hi < least) { hi++; }
        if (hi == lo) { continue; }
        for (; hi < n && predicted[order[hi]] == predicted[order[hi - 1]];) { hi++; }
        memset(keep, 0, n * sizeof *keep);
        for (; lo < hi; lo++) { keep[order[lo]] = true; }
        rc = observe(&out[m++], predicted, s, keep, u, err);
    }
    if (rc == SV_OK) { *n_groups = m; }
    free(order);
    free(keep);
    return rc;
}

int sv_calibration_between(sv_calibration_group *out, const double *predicted, const sv_surv *s, double u,
                           const double *cuts, size_t n_cuts, sv_error *err)
{
    int rc = sv_calibration_check(predicted, s, u, err);
    if (rc != SV_OK) { return rc; }
    if (n_cuts < 2) { return sv_fail(err, SV_EINVAL, "%zu cuts, at least 2 are needed", n_cuts); }
    for (size_t k = 0; k + 1 < n_cuts; k++) {
        if (!(cuts[k] < cuts[k + 1])) { return sv_fail(err, SV_EINVAL, "cut %zu is %g, not above the one before", k + 1, cuts[k + 1]); }
    }
    bool *keep = SV_NEW(bool, s->n);
    if (keep == NULL) { return sv_no_memory(err, "the groups"); }
    for (size_t k = 0; rc == SV_OK && k + 1 < n_cuts; k++) {
        bool last = k + 2 == n_cuts;
        for (size_t i = 0; i < s->n; i++) {
            double p = predicted[i];
            keep[i] = p >= cuts[k] && (p < cuts[k + 1] || (last && p == cuts[k + 1]));
        }
        rc = observe(&out[k], predicted, s, keep, u, err);
    }
    free(keep);
    return rc;
}

int sv_calibration_slope_of(sv_calibration_slope *out, const double *lp, const sv_surv *s, sv_error *err)
{
    const sv_matrix x = sv_matrix_rowmajor(lp, s->n, 1);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.eps = 1e-13;          /* its distance from 1 is what matters */
    sv_cox fit;
    int rc = sv_cox_fit(&fit, &x, s, &o, err);
    if (rc != SV_OK) { return rc; }
    if (fit.flag[0] & SV_COX_DROPPED) {
        rc = sv_fail(err, SV_EDATA, "the linear predictor does not vary");
    } else if ((fit.flag[0] & SV_COX_INFINITE) || !fit.converged) {
        rc = sv_fail(err, SV_ENUMERIC, "the linear predictor orders the events without a fault, its slope has no end");
    } else {
        double z = (fit.coef[0] - 1) / fit.se[0];
        *out = (sv_calibration_slope){ fit.coef[0], fit.se[0], z * z, sv_normal_two_sided(z) };
    }
    sv_cox_free(&fit);
    return rc;
}
