/* tables.c - approximate tests of counts, and exact ones of a proportion or a rate. */
#include <survival/tables.h>

#include <survival/dist.h>

#include "margins.h"
#include "mem.h"
#include "sample.h"

/* Outcomes no more likely than the one seen are those within this factor, as R has it. */
#define EQUAL_WITHIN 1e-7

void sv_margins_free(sv_margins *m)
{
    free(m->row);
    free(m->col);
    *m = (sv_margins){ 0 };
}

int sv_margins_of(sv_margins *m, const sv_table *t, sv_error *err)
{
    if (t->rows < 2 || t->cols < 2 || t->rows > SV_TABLE_MAX || t->cols > SV_TABLE_MAX) {
        return sv_fail(err, SV_ETOOSMALL, "the table has %zu rows and %zu columns, expected at least 2 of each",
                       t->rows, t->cols);
    }
    *m = (sv_margins){ SV_NEW(size_t, t->rows), SV_NEW(size_t, t->cols), 0 };
    int rc = m->row && m->col ? SV_OK : sv_no_memory(err, "a table's margins");
    for (size_t i = 0; rc == SV_OK && i < t->rows; i++) {
        for (size_t j = 0; rc == SV_OK && j < t->cols; j++) {
            size_t c = t->count[i * t->cols + j];
            if (c > SV_TABLE_MAX - m->total) {
                rc = sv_fail(err, SV_ELIMIT, "the table holds more than %zu counts", SV_TABLE_MAX);
                break;
            }
            m->row[i] += c;
            m->col[j] += c;
            m->total += c;
        }
    }
    for (size_t i = 0; rc == SV_OK && i < t->rows; i++) {
        if (m->row[i] == 0) { rc = sv_fail(err, SV_EDATA, "row %zu of the table has no counts", i + 1); }
    }
    for (size_t j = 0; rc == SV_OK && j < t->cols; j++) {
        if (m->col[j] == 0) { rc = sv_fail(err, SV_EDATA, "column %zu of the table has no counts", j + 1); }
    }
    if (rc != SV_OK) { sv_margins_free(m); }
    return rc;
}

int sv_chisq_table(sv_test *out, double *least, const sv_table *t, bool yates, sv_error *err)
{
    sv_margins m;
    int rc = sv_margins_of(&m, t, err);
    if (rc != SV_OK) { return rc; }
    size_t df = (t->rows - 1) * (t->cols - 1);
    if (df > 100000) {
        sv_margins_free(&m);
        return sv_fail(err, SV_ELIMIT, "the table has %zu degrees of freedom, at most 100000 are accepted", df);
    }
    bool corrected = yates && t->rows == 2 && t->cols == 2;
    double sum = 0, smallest = SV_INF;
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t j = 0; j < t->cols; j++) {
            double e = (double)m.row[i] * (double)m.col[j] / (double)m.total;
            double d = fabs((double)t->count[i * t->cols + j] - e);
            if (corrected) { d -= fmin(0.5, d); }
            sum += d * d / e;
            smallest = fmin(smallest, e);
        }
    }
    sv_margins_free(&m);
    sv_test r = SV_TEST_NONE;
    r.statistic = sum;
    r.df1 = (double)df;
    r.p = sv_chisq_upper(sum, (int)df);
    *out = r;
    if (least != NULL) { *least = smallest; }
    return SV_OK;
}

int sv_mcnemar(sv_test *out, const sv_table *t, bool corrected, sv_error *err)
{
    size_t k = t->rows;
    if (k < 2 || t->cols != k || k > 400) {
        return sv_fail(err, SV_EINVAL, "the table has %zu rows and %zu columns, expected as many of both, 2 to 400", k,
                       t->cols);
    }
    double sum = 0;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = i + 1; j < k; j++) {
            double b = (double)t->count[i * k + j], c = (double)t->count[j * k + i], d = fabs(b - c);
            if (corrected && k == 2 && d > 0) { d -= 1; }
            if (b + c > 0) { sum += d * d / (b + c); } else if (k == 2) { sum = SV_NAN; }
        }
    }
    sv_test r = SV_TEST_NONE;
    r.statistic = sum;
    r.df1 = (double)(k * (k - 1) / 2);
    r.p = sv_chisq_upper(sum, (int)(k * (k - 1) / 2));
    *out = r;
    return SV_OK;
}

int sv_cmh(sv_test *out, const size_t *count, size_t strata, bool corrected, double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc != SV_OK) { return rc; }
    double delta = 0, variance = 0, R = 0, S = 0, pr = 0, mixed = 0, qs = 0;
    for (size_t s = 0; s < strata; s++) {
        const size_t *t = count + 4 * s;
        for (size_t i = 0; i < 4; i++) {
            if (t[i] > SV_TABLE_MAX) {
                return sv_fail(err, SV_ELIMIT, "stratum %zu holds %zu counts in a cell, at most %zu are accepted", s + 1,
                               t[i], SV_TABLE_MAX);
            }
        }
        double a = (double)t[0], b = (double)t[1], c = (double)t[2], d = (double)t[3], n = a + b + c + d;
        if (n < 2) { continue; }
        delta += a - (a + b) * (a + c) / n;
        variance += (a + b) * (c + d) / n * (a + c) / n * (b + d) / (n - 1);
        double r = a * d / n, q = b * c / n, p = (a + d) / n, o = (b + c) / n;
        R += r;
        S += q;
        pr += p * r;
        mixed += p * q + o * r;
        qs += o * q;
    }
    double d = fabs(delta), shift = corrected && d >= 0.5 ? 0.5 : 0;
    sv_test r = SV_TEST_NONE;
    r.df1 = 1;
    r.statistic = variance > 0 ? (d - shift) * (d - shift) / variance : SV_NAN;
    r.p = sv_chisq_upper(r.statistic, 1);
    r.estimate = R / S;
    double se = sqrt(pr / (2 * R * R) + mixed / (2 * R * S) + qs / (2 * S * S));
    double half = sv_normal_quantile((1 + level) / 2) * se;
    r.lower = r.estimate * exp(-half);
    r.upper = r.estimate * exp(half);
    *out = r;
    return SV_OK;
}

static int check_trend(const size_t *events, const size_t *n, const double *score, size_t k, sv_error *err)
{
    int rc = sv_sample_check(score, k, 2, "the scores", err);
    for (size_t i = 0; rc == SV_OK && i < k; i++) {
        if (n[i] == 0 || events[i] > n[i] || n[i] > SV_TABLE_MAX) {
            rc = sv_fail(err, SV_EDATA, "group %zu has %zu events of %zu, expected at most as many as there are, of 1 "
                         "to %zu", i + 1, events[i], n[i], SV_TABLE_MAX);
        }
    }
    return rc;
}

int sv_trend(sv_test *out, const size_t *events, const size_t *n, const double *score, size_t k, sv_error *err)
{
    int rc = check_trend(events, n, score, k, err);
    if (rc != SV_OK) { return rc; }
    double all = 0, hits = 0, mean = 0, slope = 0, spread = 0;
    for (size_t i = 0; i < k; i++) {
        all += (double)n[i];
        hits += (double)events[i];
        mean += (double)n[i] * score[i];
    }
    mean /= all;
    double share = hits / all;
    for (size_t i = 0; i < k; i++) {
        double d = score[i] - mean;
        slope += d * ((double)events[i] - (double)n[i] * share);
        spread += (double)n[i] * d * d;
    }
    if (!(spread > 0)) { return sv_fail(err, SV_EDATA, "all scores are %g, expected some that differ", score[0]); }
    sv_test r = SV_TEST_NONE;
    r.df1 = 1;
    r.statistic = share > 0 && share < 1 ? slope * slope / (spread * share * (1 - share)) : SV_NAN;
    r.p = sv_chisq_upper(r.statistic, 1);
    *out = r;
    return SV_OK;
}

/* ---- one proportion or rate ------------------------------------------------------------------ */

/* w[i]: relative probability of i in 0..n, 1 at the mode. */
static void binomial_weights(double *w, size_t n, double p)
{
    double odds = p / (1 - p), N = (double)n;
    size_t mode = (size_t)fmin(N, floor((N + 1) * p));
    w[mode] = 1;
    for (size_t i = mode; i < n; i++) { w[i + 1] = w[i] * (N - (double)i) / ((double)i + 1) * odds; }
    for (size_t i = mode; i > 0; i--) { w[i - 1] = w[i] * (double)i / (N - (double)i + 1) / odds; }
}

/* The share of w that is no larger than w[x]. */
static double as_unlikely(const double *w, size_t n, size_t x)
{
    double some = 0, all = 0, bound = w[x] * (1 + EQUAL_WITHIN);
    for (size_t i = 0; i < n; i++) {
        all += w[i];
        if (w[i] <= bound) { some += w[i]; }
    }
    return some / all;
}

/* Clopper & Pearson's bounds are beta quantiles, which are F quantiles turned. */
static void clopper_pearson(sv_test *r, double x, double n, double level)
{
    double tail = (1 - level) / 2;
    double f = x > 0 ? sv_f_quantile(tail, 2 * x, 2 * (n - x + 1)) : 0;
    r->lower = x > 0 ? x * f / (n - x + 1 + x * f) : 0;
    f = x < n ? sv_f_quantile(1 - tail, 2 * (x + 1), 2 * (n - x)) : 0;
    r->upper = x < n ? (x + 1) * f / (n - x + (x + 1) * f) : 1;
}

int sv_binomial(sv_test *out, size_t x, size_t n, double p0, double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc != SV_OK) { return rc; }
    if (n == 0 || x > n || !(p0 >= 0 && p0 <= 1)) {
        return sv_fail(err, SV_EINVAL, "%zu of %zu against a probability of %g, expected at most n of n >= 1, and 0 "
                       "to 1", x, n, p0);
    }
    if (n > SV_TABLE_MAX) { return sv_fail(err, SV_ELIMIT, "%zu trials, at most %zu are accepted", n, SV_TABLE_MAX); }
    sv_test r = SV_TEST_NONE;
    r.statistic = (double)x;
    r.df1 = (double)n;
    r.estimate = (double)x / (double)n;
    clopper_pearson(&r, (double)x, (double)n, level);
    if (p0 == 0 || p0 == 1) {
        r.p = r.estimate == p0 ? 1 : 0;
    } else {
        double *w = SV_NEW(double, n + 1);
        if (w == NULL) { return sv_no_memory(err, "a binomial distribution"); }
        binomial_weights(w, n, p0);
        r.p = as_unlikely(w, n + 1, x);
        free(w);
    }
    *out = r;
    return SV_OK;
}

/* m with P(chi-square(df) > 2 m) = upper. */
static double half_chisq_quantile(double upper, int df)
{
    double lo = 0, hi = df + 10;
    while (sv_chisq_upper(2 * hi, df) > upper) { hi *= 2; }
    for (int i = 0; i < 200; i++) {
        double mid = lo + (hi - lo) / 2;
        if (mid <= lo || mid >= hi) { break; }
        if (sv_chisq_upper(2 * mid, df) > upper) { lo = mid; } else { hi = mid; }
    }
    return lo + (hi - lo) / 2;
}

int sv_poisson(sv_test *out, size_t x, double exposure, double r0, double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc != SV_OK) { return rc; }
    double mean = r0 * exposure, tail = (1 - level) / 2;
    if (!(exposure > 0 && r0 > 0 && isfinite(mean))) {
        return sv_fail(err, SV_EINVAL, "exposure is %g and rate %g, expected positive numbers", exposure, r0);
    }
    if (x > 20000 || mean > 1e6) {
        return sv_fail(err, SV_ELIMIT, "%zu events where %g are expected, at most 20000 and 1e6 are accepted", x, mean);
    }
    /* beyond this no probability is as large as the smallest number */
    size_t n = (size_t)(fmax((double)x, mean) + 60 * sqrt(mean) + 800);
    double *w = SV_NEW(double, n + 1);
    if (w == NULL) { return sv_no_memory(err, "a Poisson distribution"); }
    size_t mode = (size_t)mean;
    w[mode] = 1;
    for (size_t i = mode; i < n; i++) { w[i + 1] = w[i] * mean / ((double)i + 1); }
    for (size_t i = mode; i > 0; i--) { w[i - 1] = w[i] * (double)i / mean; }
    sv_test r = SV_TEST_NONE;
    r.statistic = (double)x;
    r.df1 = exposure;
    r.p = as_unlikely(w, n + 1, x);
    r.estimate = (double)x / exposure;
    r.lower = x > 0 ? half_chisq_quantile(1 - tail, (int)(2 * x)) / exposure : 0;
    r.upper = half_chisq_quantile(tail, (int)(2 * x + 2)) / exposure;
    free(w);
    *out = r;
    return SV_OK;
}
