/* compare.c - differences of two models' indices, by the influence of each row. */
#include <survival/compare.h>

#include <math.h>

#include <survival/brier.h>
#include <survival/dist.h>

#include "influence.h"
#include "mem.h"
#include "mvnorm.h"
#include "num.h"

#define Z95 1.959963984540054

static const sv_difference unknown = { SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN };

/* From the two indices and the variance of their difference. */
static sv_difference judge(double a, double b, double variance)
{
    if (!isfinite(a) || !isfinite(b)) { return unknown; }
    sv_difference d = { .a = a, .b = b, .difference = a - b, .se = sqrt(variance) };
    d.low = d.difference - Z95 * d.se;
    d.high = d.difference + Z95 * d.se;
    d.z = d.se > 0 ? d.difference / d.se : fabs(d.difference) > 0 ? SV_NAN : 0;
    d.p = sv_normal_two_sided(d.z);
    return d;
}

static int check_times(const double *times, size_t n, sv_error *err)
{
    if (n > SV_COMPARE_MAX_TIMES) {
        return sv_fail(err, SV_ELIMIT, "%zu times, at most %zu are accepted", n, SV_COMPARE_MAX_TIMES);
    }
    if (n == 0) { return sv_fail(err, SV_EINVAL, "no time is given"); }
    for (size_t k = 1; k < n; k++) {
        if (!(times[k] > times[k - 1])) {
            return sv_fail(err, SV_EINVAL, "time[%zu] is %g, expected ascending numbers", k, times[k]);
        }
    }
    return SV_OK;
}

/* ---- AUC(t) ------------------------------------------------------------------------------------ */

/* By the times that have a difference with a variance; of the others p is as it was. */
static int adjust(double *p_adjusted, const sv_difference *d, const double *delta, size_t n_times, size_t n,
                  sv_error *err)
{
    size_t used[SV_COMPARE_MAX_TIMES], k = 0;
    for (size_t i = 0; i < n_times; i++) {
        p_adjusted[i] = d[i].p;
        if (d[i].se > 0) { used[k++] = i; }
    }
    double *corr = SV_NEW(double, k * k);
    if (corr == NULL) { return sv_no_memory(err, "the correlation of the times"); }
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            double c = sv_influence_covariance(delta + used[i] * n, delta + used[j] * n, n);
            corr[i * k + j] = i == j ? 1 : fmin(fmax(c / (d[used[i]].se * d[used[j]].se), -1), 1);
        }
    }
    int rc = SV_OK;
    for (size_t i = 0; rc == SV_OK && k > 1 && i < k; i++) {
        const sv_difference *one = &d[used[i]];
        double p;
        rc = sv_mvnorm_beyond(&p, fabs(one->z), corr, k, err);
        if (rc == SV_OK) { p_adjusted[used[i]] = fmin(fmin(fmax(p, one->p), (double)k * one->p), 1); }
    }
    free(corr);
    return rc;
}

/* delta[n]: what each row tells about the difference. */
static int auc_at(sv_difference *out, double *delta, double *work, double t, const double *a, const double *b,
                  const sv_surv *s, sv_error *err)
{
    sv_auc of_a, of_b;
    int rc = sv_auc_influence(delta, &of_a, t, a, s, err);
    if (rc == SV_OK) { rc = sv_auc_influence(work, &of_b, t, b, s, err); }
    if (rc != SV_OK) { return rc; }
    for (size_t i = 0; i < s->n; i++) { delta[i] -= work[i]; }
    *out = judge(of_a.auc, of_b.auc, sv_influence_covariance(delta, delta, s->n));
    return SV_OK;
}

int sv_compare_auc(sv_difference *out, double *p_adjusted, const double *times, size_t n_times, const double *a,
                   const double *b, const sv_surv *s, sv_error *err)
{
    int rc = check_times(times, n_times, err);
    if (rc == SV_OK) { rc = sv_surv_check(s, 1, err); }
    if (rc != SV_OK) { return rc; }
    double *work = SV_NEW(double, s->n), *delta = SV_NEW(double, s->n * n_times);
    if (work == NULL || delta == NULL) { rc = sv_no_memory(err, "the influence functions"); }
    for (size_t k = 0; k < n_times; k++) { out[k] = unknown; }
    for (size_t k = 0; rc == SV_OK && k < n_times; k++) {
        rc = auc_at(&out[k], delta + k * s->n, work, times[k], a, b, s, err);
    }
    if (rc == SV_OK && p_adjusted != NULL) { rc = adjust(p_adjusted, out, delta, n_times, s->n, err); }
    free(work);
    free(delta);
    return rc;
}

/* ---- C ----------------------------------------------------------------------------------------- */

/* The variance without centring and with divisor n, as that of each C. */
static int compare_c(sv_difference *out, const double *a, const double *b, double tau, const sv_surv *s, sv_error *err)
{
    *out = unknown;
    int rc = sv_surv_check(s, 1, err);
    if (rc != SV_OK) { return rc; }
    double *v = SV_NEW(double, s->n), *w = SV_NEW(double, s->n), sum = 0, n = (double)s->n;
    sv_concordance of_a, of_b;
    rc = v == NULL || w == NULL ? sv_no_memory(err, "the influence functions") : SV_OK;
    if (rc == SV_OK) { rc = sv_concordance_influence(v, &of_a, a, tau, s, err); }
    if (rc == SV_OK) { rc = sv_concordance_influence(w, &of_b, b, tau, s, err); }
    if (rc == SV_OK) {
        for (size_t i = 0; i < s->n; i++) { sum += (v[i] - w[i]) * (v[i] - w[i]); }
        *out = judge(of_a.c, of_b.c, sum / (n * n));
    }
    free(v);
    free(w);
    return rc;
}

int sv_compare_harrell(sv_difference *out, const double *a, const double *b, const sv_surv *s, sv_error *err)
{
    return compare_c(out, a, b, SV_NAN, s, err);
}

int sv_compare_uno(sv_difference *out, const double *a, const double *b, double tau, const sv_surv *s, sv_error *err)
{
    *out = unknown;
    if (!(tau > 0)) { return sv_fail(err, SV_EINVAL, "tau is %g, expected more than 0", tau); }
    return compare_c(out, a, b, tau, s, err);
}

/* ---- Brier score ------------------------------------------------------------------------------- */

/* What each row adds to the score of a less that of b. */
static void brier_parts(double *part, const double *risk_a, const double *risk_b, size_t step, double t,
                        const sv_censoring *c, const sv_surv *s)
{
    double g = sv_censoring_at(c, t);
    for (size_t i = 0; i < s->n; i++) {
        double a = risk_a[i * step], b = risk_b[i * step];
        if (s->time[i] > t) {
            part[i] = (a * a - b * b) / g;
        } else {
            part[i] = s->event[i] ? ((1 - a) * (1 - a) - (1 - b) * (1 - b)) / c->before[i] : 0;
        }
    }
}

static int brier_influence(double *delta, double *part, const double *times, size_t n_times, const double *risk_a,
                           const double *risk_b, const sv_surv *s, sv_error *err)
{
    sv_censoring c;
    int rc = sv_censoring_fit(&c, s, err);
    if (rc != SV_OK) { return rc; }
    for (size_t k = 0; rc == SV_OK && k < n_times; k++) {
        brier_parts(part, risk_a + k, risk_b + k, n_times, times[k], &c, s);
        for (size_t i = 0; i < s->n; i++) { delta[k * s->n + i] = part[i]; }
        rc = sv_influence_add_censoring(delta + k * s->n, part, times[k], s, err);
    }
    sv_censoring_free(&c);
    return rc;
}

/* The rule is linear in the scores, and so in what each row tells about them. */
static void integrate(sv_difference *out, double *sum, const double *score, const double *delta, const double *times,
                      size_t n_times, size_t n)
{
    double row[SV_COMPARE_MAX_TIMES];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n_times; k++) { row[k] = delta[k * n + i]; }
        sum[i] = sv_brier_integrated(row, times, n_times, SV_IBS_STEPS);
    }
    *out = judge(sv_brier_integrated(score, times, n_times, SV_IBS_STEPS),
                 sv_brier_integrated(score + n_times, times, n_times, SV_IBS_STEPS),
                 sv_influence_covariance(sum, sum, n));
}

int sv_compare_brier(sv_difference *out, sv_difference *integrated, const double *times, size_t n_times,
                     const double *risk_a, const double *risk_b, const sv_surv *s, sv_error *err)
{
    double score[2 * SV_COMPARE_MAX_TIMES];
    int rc = check_times(times, n_times, err);
    if (rc == SV_OK) { rc = sv_brier(score, NULL, risk_a, times, n_times, s, err); }
    if (rc == SV_OK) { rc = sv_brier(score + n_times, NULL, risk_b, times, n_times, s, err); }
    if (rc != SV_OK) { return rc; }
    double *part = SV_NEW(double, s->n), *delta = SV_NEW(double, s->n * n_times);
    rc = part == NULL || delta == NULL ? sv_no_memory(err, "the influence functions") : SV_OK;
    if (rc == SV_OK) { rc = brier_influence(delta, part, times, n_times, risk_a, risk_b, s, err); }
    for (size_t k = 0; rc == SV_OK && k < n_times; k++) {
        const double *d = delta + k * s->n;
        out[k] = judge(score[k], score[n_times + k], sv_influence_covariance(d, d, s->n));
    }
    if (rc == SV_OK && integrated != NULL) { integrate(integrated, part, score, delta, times, n_times, s->n); }
    free(part);
    free(delta);
    return rc;
}
