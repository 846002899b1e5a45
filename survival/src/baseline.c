/* baseline.c - baseline hazard and partial likelihood of a fixed linear predictor. */
#include <survival/baseline.h>

#include <math.h>

#include "mem.h"
#include "num.h"
#include "risk.h"

static int check_predictor(const double *lp, const sv_surv *s, sv_ties ties, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc != SV_OK) { return rc; }
    if (ties != SV_TIES_EFRON && ties != SV_TIES_BRESLOW) {
        return sv_fail(err, SV_EINVAL, "ties is %d, expected Efron (%d) or Breslow (%d)", (int)ties,
                       SV_TIES_EFRON, SV_TIES_BRESLOW);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(lp[i])) {
            return sv_fail(err, SV_EDATA, "linear predictor of row %zu is %g, expected a finite "
                           "number", i, lp[i]);
        }
    }
    return SV_OK;
}

/* Plan the risk sets and run the sweep once without covariates. */
static int sweep_predictor(sv_risk *r, sv_sweep *w, const double *lp, const sv_surv *s,
                           sv_ties ties, sv_error *err)
{
    int rc = check_predictor(lp, s, ties, err);
    if (rc == SV_OK) { rc = sv_risk_plan(r, s, err); }
    if (rc == SV_OK) { rc = sv_sweep_init(w, r, 0, ties, err); }
    if (rc != SV_OK) { return rc; }
    double *eta = SV_NEW(double, s->n);
    if (eta == NULL) { return sv_no_memory(err, "the linear predictor"); }
    for (size_t i = 0; i < s->n; i++) { eta[i] = lp[r->row[i]]; }
    sv_sweep_run(w, r, NULL, eta);
    free(eta);
    return SV_OK;
}

static size_t count_times(const sv_risk *r)
{
    size_t k = 0;
    for (size_t i = 0; i < r->n; i++) {
        k += i == 0 || r->stratum[i] != r->stratum[i - 1] || r->time[i] > r->time[i - 1];
    }
    return k;
}

/* One entry a distinct time, H0 carried forward; false if a number overflowed. */
static bool tabulate(sv_baseline *b, const sv_risk *r, const sv_sweep *w)
{
    double unshift = exp(-w->shift), h = 0;
    size_t k = 0, g = 0;
    bool finite = true;
    for (size_t i = 0; i < r->n; i++) {
        bool new_stratum = i == 0 || r->stratum[i] != r->stratum[i - 1];
        if (new_stratum) { h = 0; }
        if (!new_stratum && r->time[i] <= r->time[i - 1]) { continue; }
        if (g < r->n_groups && r->group_row[g] == i) { h += w->step[g++] * unshift; }
        b->stratum[k] = r->stratum[i];
        b->time[k] = r->time[i];
        b->hazard[k++] = h;
        finite = finite && isfinite(h);
    }
    return finite;
}

int sv_baseline_fit(sv_baseline *out, const double *lp, const sv_surv *s, sv_ties ties,
                    sv_error *err)
{
    sv_risk r = { 0 };
    sv_sweep w = { 0 };
    sv_baseline b = { 0 };
    int rc = sweep_predictor(&r, &w, lp, s, ties, err);
    if (rc == SV_OK) {
        b.n = count_times(&r);
        b.stratum = SV_NEW(int, b.n);
        b.time = SV_NEW(double, b.n);
        b.hazard = SV_NEW(double, b.n);
        if (b.stratum == NULL || b.time == NULL || b.hazard == NULL) {
            rc = sv_no_memory(err, "the baseline hazard");
        } else if (!tabulate(&b, &r, &w)) {
            rc = sv_fail(err, SV_ENUMERIC, "the baseline hazard overflows: the largest linear "
                         "predictor is %g", w.shift);
        }
    }
    sv_sweep_free(&w);
    sv_risk_free(&r);
    if (rc != SV_OK) {
        sv_baseline_free(&b);
        return rc;
    }
    *out = b;
    return SV_OK;
}

void sv_baseline_free(sv_baseline *b)
{
    if (b == NULL) { return; }
    free(b->stratum);
    free(b->time);
    free(b->hazard);
    *b = (sv_baseline){ 0 };
}

/* First entry that comes after (stratum, t). */
static size_t upper_bound(const sv_baseline *b, int stratum, double t)
{
    size_t lo = 0, hi = b->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        bool after = b->stratum[mid] > stratum || (b->stratum[mid] == stratum && b->time[mid] > t);
        if (after) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return lo;
}

double sv_baseline_at(const sv_baseline *b, int stratum, double t)
{
    if (isnan(t)) { return SV_NAN; }
    size_t next = upper_bound(b, stratum, t);
    bool later_exists = next < b->n && b->stratum[next] == stratum;
    if (next > 0 && b->stratum[next - 1] == stratum) {
        return later_exists || b->time[next - 1] == t ? b->hazard[next - 1] : SV_NAN;
    }
    return later_exists ? 0 : SV_NAN;
}

double sv_survival_probability(double h0, double lp)
{
    return h0 == 0 ? 1 : exp(-h0 * exp(lp));
}

int sv_partial_loglik(double *out, const double *lp, const sv_surv *s, sv_ties ties, sv_error *err)
{
    sv_risk r = { 0 };
    sv_sweep w = { 0 };
    *out = SV_NAN;
    int rc = sweep_predictor(&r, &w, lp, s, ties, err);
    if (rc == SV_OK) {
        if (isfinite(w.loglik)) {
            *out = w.loglik;
        } else {
            rc = sv_fail(err, SV_ENUMERIC, "the partial likelihood overflows: the largest linear "
                         "predictor is %g", w.shift);
        }
    }
    sv_sweep_free(&w);
    sv_risk_free(&r);
    return rc;
}
