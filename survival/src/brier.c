/* brier.c - the Brier score under censoring. */
#include <survival/brier.h>

#include <math.h>

#include <survival/km.h>

#include "mem.h"
#include "num.h"

static int check_times(const double *times, size_t n, sv_error *err)
{
    if (n == 0) { return sv_fail(err, SV_EINVAL, "no time is given"); }
    for (size_t k = 0; k < n; k++) {
        if (!(isfinite(times[k]) && times[k] > 0 && (k == 0 || times[k] > times[k - 1]))) {
            return sv_fail(err, SV_EINVAL, "time[%zu] is %g, expected ascending numbers above 0", k, times[k]);
        }
    }
    return SV_OK;
}

static int check_risk(const double *risk, size_t n, size_t n_times, sv_error *err)
{
    for (size_t i = 0; risk != NULL && i < n * n_times; i++) {
        if (!(risk[i] >= 0 && risk[i] <= 1)) {
            return sv_fail(err, SV_EDATA, "risk of row %zu at time %zu is %g, expected 0 to 1", i / n_times,
                           i % n_times, risk[i]);
        }
    }
    return SV_OK;
}

static double term(const sv_surv *s, const sv_censoring *c, size_t i, double t, double g, double p)
{
    if (s->time[i] > t) { return p * p / g; }
    return s->event[i] ? (1 - p) * (1 - p) / c->before[i] : 0;
}

static void one_time(double *score, double *se, const double *risk, size_t step, double same, double t,
                     const sv_surv *s, const sv_censoring *c)
{
    double g = sv_censoring_at(c, t), sum = 0, squares = 0, n = (double)s->n;
    for (size_t i = 0; i < s->n; i++) { sum += term(s, c, i, t, g, risk != NULL ? risk[i * step] : same); }
    *score = sum / n;
    if (se == NULL) { return; }
    for (size_t i = 0; i < s->n; i++) {
        double d = term(s, c, i, t, g, risk != NULL ? risk[i * step] : same) - *score;
        squares += d * d;
    }
    *se = s->n > 1 ? sqrt(squares / (n - 1) / n) : SV_NAN;
}

int sv_brier(double *score, double *se, const double *risk, const double *times, size_t n_times,
             const sv_surv *s, sv_error *err)
{
    sv_censoring c;
    sv_km km = { 0 };
    const sv_km_opts o = SV_KM_OPTS_INIT;
    int rc = check_times(times, n_times, err);
    if (rc == SV_OK) { rc = sv_censoring_fit(&c, s, err); }
    if (rc != SV_OK) { return rc; }
    rc = check_risk(risk, s->n, n_times, err);
    if (rc == SV_OK && !(times[n_times - 1] < sv_censoring_end(&c))) {
        rc = sv_fail(err, SV_EDATA, "nobody was watched after %g, so there is no score at time %g",
                     sv_censoring_end(&c), times[n_times - 1]);
    }
    if (rc == SV_OK && risk == NULL) { rc = sv_km_fit(&km, s, NULL, &o, err); }
    for (size_t k = 0; rc == SV_OK && k < n_times; k++) {
        double same = risk == NULL ? 1 - sv_km_at(&km, times[k]).value : 0;
        one_time(&score[k], se != NULL ? &se[k] : NULL, risk != NULL ? risk + k : NULL, n_times, same,
                 times[k], s, &c);
    }
    sv_km_free(&km);
    sv_censoring_free(&c);
    return rc;
}

double sv_brier_integrated(const double *score, const double *times, size_t n, sv_ibs_rule rule)
{
    double area = 0;
    if (rule == SV_IBS_TRAPEZOID) {
        for (size_t k = 1; k < n; k++) {
            area += (times[k] - times[k - 1]) * (score[k] + score[k - 1]) / 2;
        }
        return n > 1 ? area / (times[n - 1] - times[0]) : SV_NAN;
    }
    for (size_t k = 1; k < n; k++) { area += (times[k] - times[k - 1]) * score[k - 1]; }
    return n > 0 ? area / times[n - 1] : SV_NAN;
}
