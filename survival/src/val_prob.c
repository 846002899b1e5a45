/* val_prob.c - probabilities of yes against what happened. */
#include <math.h>
#include <string.h>

#include <survival/calibration.h>
#include <survival/dist.h>
#include <survival/quantile.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

#define MAX_ITER 50
#define CONVERGED 1e-13

static int check(const double *p, const int *event, size_t n, sv_error *err)
{
    size_t events = 0;
    if (n > SV_MAX_ROWS) { return sv_fail(err, SV_ELIMIT, "%zu rows, at most %zu are accepted", n, SV_MAX_ROWS); }
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] > 0 && p[i] < 1)) {
            return sv_fail(err, SV_EDATA, "probability of row %zu is %g, expected between 0 and 1", i, p[i]);
        }
        if (event[i] != 0 && event[i] != 1) {
            return sv_fail(err, SV_EDATA, "event of row %zu is %d, expected 0 or 1", i, event[i]);
        }
        events += (size_t)event[i];
    }
    if (events == 0 || events == n) {
        return sv_fail(err, SV_ENOEVENT, "%zu of %zu rows have the event, expected some with and some without", events, n);
    }
    return SV_OK;
}

static double softplus(double eta)
{
    return eta > 0 ? eta + log1p(exp(-eta)) : log1p(exp(eta));
}

/* Log likelihood of intercept a and slope b, with its derivatives. */
typedef struct logistic {
    double loglik, ga, gb, haa, hab, hbb;
} logistic;

static logistic likelihood(const double *logit, const int *event, size_t n, double a, double b)
{
    logistic l = { 0 };
    for (size_t i = 0; i < n; i++) {
        double eta = a + b * logit[i], mu = 1 / (1 + exp(-eta)), r = event[i] - mu, w = mu * (1 - mu);
        l.loglik += event[i] * eta - softplus(eta);
        l.ga += r;
        l.gb += r * logit[i];
        l.haa += w;
        l.hab += w * logit[i];
        l.hbb += w * logit[i] * logit[i];
    }
    return l;
}

static int recalibrate(sv_probability_check *out, double *loglik, const double *logit, const int *event, size_t n,
                       sv_error *err)
{
    double a = 0, b = 1;
    for (int iter = 0; iter < MAX_ITER; iter++) {
        logistic l = likelihood(logit, event, n, a, b);
        double det = l.haa * l.hbb - l.hab * l.hab;
        if (!(det > 1e-12 * l.haa * l.hbb)) { break; }
        double da = (l.hbb * l.ga - l.hab * l.gb) / det, db = (l.haa * l.gb - l.hab * l.ga) / det;
        double gain = da * l.ga + db * l.gb, share = 1;
        while (share > 1e-6 && !(likelihood(logit, event, n, a + share * da, b + share * db).loglik >= l.loglik - 1e-12 * fabs(l.loglik))) {
            share /= 2;
        }
        a += share * da;
        b += share * db;
        if (gain <= CONVERGED) {
            *loglik = likelihood(logit, event, n, a, b).loglik;
            out->intercept = a;
            out->slope = b;
            return SV_OK;
        }
    }
    return sv_fail(err, SV_ENUMERIC, "the probabilities cannot be calibrated: they do not vary or separate the classes "
                   "completely");
}

/* Area under the ROC curve by midranks (Mann-Whitney). */
static double area(const double *p, const int *event, const uint32_t *order, size_t n)
{
    double ranks = 0, yes = 0;
    for (size_t lo = 0, hi; lo < n; lo = hi) {
        double here = 0;
        for (hi = lo; hi < n && p[order[hi]] == p[order[lo]]; hi++) { here += event[order[hi]]; }
        ranks += here * ((double)lo + (double)hi + 1) / 2;
        yes += here;
    }
    return (ranks - yes * (yes + 1) / 2) / (yes * ((double)n - yes));
}

/* Distances between p and the smooth of the events over p; block: [4 n]. */
static int distances(sv_probability_check *out, const double *p, const int *event, const uint32_t *order, size_t n,
                     double *block, sv_error *err)
{
    double *x = block, *y = block + n, *smooth = block + 2 * n, *gap = block + 3 * n, share = 0.9;
    for (size_t i = 0; i < n; i++) {
        x[i] = p[order[i]];
        y[i] = event[order[i]];
    }
    int rc = sv_lowess(smooth, x, y, n, 2.0 / 3, 0.01 * (x[n - 1] - x[0]), err);
    if (rc != SV_OK) { return rc; }
    for (size_t i = 0; i < n; i++) {
        gap[i] = fabs(x[i] - smooth[i]);
        out->e_max = fmax(out->e_max, gap[i]);
    }
    out->e_avg = sv_mean(gap, n);
    return sv_quantile(&out->e_90, gap, n, &share, 1, err);
}

static void score(sv_probability_check *out, const double *p, const int *event, size_t n)
{
    double num = 0, var = 0;
    for (size_t i = 0; i < n; i++) {
        double r = event[i] - p[i], w = 1 - 2 * p[i];
        out->brier += r * r / (double)n;
        num += r * w;
        var += w * w * p[i] * (1 - p[i]);
    }
    out->s_z = num / sqrt(var);
    out->s_p = sv_normal_two_sided(out->s_z);
}

int sv_probability_check_of(sv_probability_check *out, const double *p, const int *event, size_t n, sv_error *err)
{
    int rc = check(p, event, n, err);
    if (rc != SV_OK) { return rc; }
    sv_probability_check v = { 0 };
    double *block = SV_NEW(double, 5 * n), loglik = 0, yes = 0, all = (double)n;
    uint32_t *order = SV_NEW(uint32_t, n);
    rc = block == NULL || order == NULL ? sv_no_memory(err, "the calibration") : sv_sort_rows(order, p, n, err);
    if (rc == SV_OK) {
        double *logit = block + 4 * n;
        for (size_t i = 0; i < n; i++) {
            logit[i] = log(p[i]) - log1p(-p[i]);
            yes += event[i];
        }
        rc = recalibrate(&v, &loglik, logit, event, n, err);
        double null = yes * log(yes / all) + (all - yes) * log(1 - yes / all);
        v.d_chisq = 2 * (loglik - null);
        v.u_chisq = fmax(0, 2 * (loglik - likelihood(logit, event, n, 0, 1).loglik));
        v.r2 = -expm1(-v.d_chisq / all) / -expm1(2 * null / all);
    }
    if (rc == SV_OK) { rc = distances(&v, p, event, order, n, block, err); }
    if (rc == SV_OK) {
        v.c = area(p, event, order, n);
        v.dxy = 2 * v.c - 1;
        v.d = (v.d_chisq - 1) / all;
        v.u = (v.u_chisq - 2) / all;
        v.u_p = sv_chisq_upper(v.u_chisq, 2);
        v.q = v.d - v.u;
        score(&v, p, event, n);
        *out = v;
    }
    free(block);
    free(order);
    return rc;
}

int sv_hosmer_lemeshow_test(sv_hosmer_lemeshow *out, double *rows, double *observed, double *expected,
                            const double *p, const int *event, size_t n, size_t g, sv_error *err)
{
    int rc = check(p, event, n, err);
    if (rc == SV_OK && (g < 3 || g > SV_CALIBRATION_MAX_GROUPS)) {
        rc = sv_fail(err, SV_EINVAL, "%zu groups asked for, expected 3 to %zu", g, SV_CALIBRATION_MAX_GROUPS);
    }
    if (rc != SV_OK) { return rc; }
    double *cut = SV_NEW(double, g + 1), *share = SV_NEW(double, g + 1), *sums = SV_NEW(double, 3 * g), chisq = 0;
    if (cut == NULL || share == NULL || sums == NULL) { rc = sv_no_memory(err, "the groups"); }
    for (size_t k = 0; rc == SV_OK && k <= g; k++) { share[k] = (double)k / (double)g; }
    if (rc == SV_OK) { rc = sv_quantile(cut, p, n, share, g + 1, err); }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        size_t k = 0;
        while (k + 1 < g && p[i] > cut[k + 1]) { k++; }
        sums[k]++;
        sums[g + k] += event[i];
        sums[2 * g + k] += p[i];
    }
    for (size_t k = 0; rc == SV_OK && k < g; k++) {
        double m = sums[k], o = sums[g + k], e = sums[2 * g + k];
        if (m == 0) {
            rc = sv_fail(err, SV_ETOOSMALL, "group %zu of %zu is empty: too many probabilities are equal", k, g);
            break;
        }
        chisq += (o - e) * (o - e) / (e * (1 - e / m));
    }
    if (rc == SV_OK) {
        if (rows != NULL) { memcpy(rows, sums, g * sizeof *rows); }
        if (observed != NULL) { memcpy(observed, sums + g, g * sizeof *observed); }
        if (expected != NULL) { memcpy(expected, sums + 2 * g, g * sizeof *expected); }
        *out = (sv_hosmer_lemeshow){ chisq, sv_chisq_upper(chisq, (int)g - 2), (int)g - 2 };
    }
    free(cut);
    free(share);
    free(sums);
    return rc;
}
