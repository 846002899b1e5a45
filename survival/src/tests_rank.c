/* tests_rank.c - tests of ranks. */
#include <survival/tests.h>

#include <stdbool.h>
#include <string.h>
#include <survival/dist.h>

#include "mem.h"
#include "sample.h"
#include "sort.h"

#define MAX_EXACT 200

static double from_z(double deviation, double variance)
{
    double shift = deviation > 0 ? 0.5 : deviation < 0 ? -0.5 : 0;
    return variance > 0 ? sv_normal_two_sided((deviation - shift) / sqrt(variance)) : SV_NAN;
}

/* Twice the smaller tail at `at`, both tails holding it. */
static double both_tails(const double *share, size_t top, size_t at)
{
    double below = 0, above = 0, all = 0;
    for (size_t s = 0; s <= top; s++) {
        all += share[s];
        if (s <= at) { below += share[s]; }
        if (s >= at) { above += share[s]; }
    }
    return fmin(1, 2 * fmin(below, above) / all);
}

/* Twice a mean rank is a whole number. */
static size_t doubled(double rank) { return (size_t)(2 * rank + 0.5); }

/* Of all ways to take `take` of the n ranks, weighted by their number: how often does each doubled
 * sum occur? Taken one rank after the other, so every term is positive. */
static int rank_sum_p(double *p, const double *rank, size_t n, size_t take, double sum, sv_error *err)
{
    size_t top = n * (n + 1);                           /* twice the sum of all ranks */
    if (take > n - take) {                              /* the others' sum says the same */
        take = n - take;
        sum = (double)top / 2 - sum;
    }
    double *ways = SV_NEW(double, (take + 1) * (top + 1));
    if (ways == NULL) { return sv_no_memory(err, "the distribution of a rank sum"); }
    ways[0] = 1;
    size_t reach = 0;
    for (size_t i = 0; i < n; i++) {
        size_t r = doubled(rank[i]), most = i + 1 < take ? i + 1 : take;
        for (size_t m = most; m > 0; m--) {
            double *to = ways + m * (top + 1);
            const double *from = ways + (m - 1) * (top + 1);
            for (size_t s = 0; s <= reach; s++) { to[s + r] += from[s]; }
        }
        reach += r;
    }
    *p = both_tails(ways + take * (top + 1), top, doubled(sum));
    free(ways);
    return SV_OK;
}

int sv_wilcoxon(sv_test *out, const double *x, size_t nx, const double *y, size_t ny, sv_exactness how,
                sv_error *err)
{
    int rc = sv_sample_check(x, nx, 1, "the first sample", err);
    if (rc == SV_OK) { rc = sv_sample_check(y, ny, 1, "the second sample", err); }
    if (rc != SV_OK) { return rc; }
    size_t n = nx + ny;
    if (how == SV_TEST_EXACT && n > MAX_EXACT) {
        return sv_fail(err, SV_ELIMIT, "%zu values, an exact test takes at most %d", n, MAX_EXACT);
    }
    double *all = SV_NEW(double, n), *rank = SV_NEW(double, n);
    sv_ties ties;
    rc = all && rank ? SV_OK : sv_no_memory(err, "a rank sum");
    if (rc == SV_OK) {
        memcpy(all, x, nx * sizeof *x);
        memcpy(all + nx, y, ny * sizeof *y);
        rc = sv_mean_ranks(rank, &ties, all, n, err);
    }
    if (rc == SV_OK) {
        sv_test t = SV_TEST_NONE;
        double sum = 0, a = (double)nx, b = (double)ny, N = (double)n;
        for (size_t i = 0; i < nx; i++) { sum += rank[i]; }
        t.statistic = sum - a * (a + 1) / 2;
        bool exact = how == SV_TEST_EXACT || (how == SV_TEST_AUTO && nx < 50 && ny < 50 && ties.pairs == 0);
        if (exact) {
            rc = rank_sum_p(&t.p, rank, n, nx, sum, err);
        } else {
            double variance = a * b / 12 * (N + 1 - sv_ties_cubes(&ties) / (N * (N - 1)));
            t.p = from_z(t.statistic - a * b / 2, variance);
        }
        if (rc == SV_OK) { *out = t; }
    }
    free(all);
    free(rank);
    return rc;
}

/* Each rank counts or does not, at even odds. */
static int signed_p(double *p, const double *rank, size_t n, double sum, sv_error *err)
{
    size_t top = n * (n + 1), reach = 0;
    double *share = SV_NEW(double, top + 1);
    if (share == NULL) { return sv_no_memory(err, "the distribution of signed ranks"); }
    share[0] = 1;
    for (size_t i = 0; i < n; i++) {
        size_t r = doubled(rank[i]);
        reach += r;
        for (size_t s = reach + 1; s-- > 0;) { share[s] = (share[s] + (s >= r ? share[s - r] : 0)) / 2; }
    }
    *p = both_tails(share, top, doubled(sum));
    free(share);
    return SV_OK;
}

int sv_wilcoxon_signed(sv_test *out, const double *x, const double *y, size_t n, sv_exactness how,
                       sv_error *err)
{
    int rc = sv_sample_check(x, n, 1, "the first sample", err);
    if (rc == SV_OK) { rc = sv_sample_check(y, n, 1, "the second sample", err); }
    if (rc != SV_OK) { return rc; }
    double *size = SV_NEW(double, n), *rank = SV_NEW(double, n);
    bool *positive = SV_NEW(bool, n);
    size_t m = 0;
    sv_ties ties = { 0, 0, 0 };
    rc = size && rank && positive ? SV_OK : sv_no_memory(err, "signed ranks");
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        double d = x[i] - y[i];
        if (d == 0) { continue; }
        size[m] = fabs(d);
        positive[m++] = d > 0;
    }
    if (rc == SV_OK && how == SV_TEST_EXACT && m > MAX_EXACT) {
        rc = sv_fail(err, SV_ELIMIT, "%zu pairs that differ, an exact test takes at most %d", m, MAX_EXACT);
    }
    if (rc == SV_OK) { rc = sv_mean_ranks(rank, &ties, size, m, err); }
    if (rc == SV_OK) {
        sv_test t = SV_TEST_NONE;
        double N = (double)m, v = 0;
        for (size_t i = 0; i < m; i++) { v += positive[i] ? rank[i] : 0; }
        t.statistic = v;
        bool exact = how == SV_TEST_EXACT || (how == SV_TEST_AUTO && n < 50 && m == n && ties.pairs == 0);
        if (exact && m > 0) {
            rc = signed_p(&t.p, rank, m, v, err);
        } else {
            t.p = from_z(v - N * (N + 1) / 4, N * (N + 1) * (2 * N + 1) / 24 - sv_ties_cubes(&ties) / 48);
        }
        if (rc == SV_OK) { *out = t; }
    }
    free(size);
    free(rank);
    free(positive);
    return rc;
}

int sv_kruskal(sv_test *out, const double *x, const int *group, size_t n, sv_error *err)
{
    int rc = sv_sample_check(x, n, 2, "the sample", err);
    if (rc != SV_OK) { return rc; }
    double *rank = SV_NEW(double, n), *sum = NULL, *size = NULL;
    uint32_t *code = SV_NEW(uint32_t, n);
    size_t k = 0;
    sv_ties ties;
    rc = rank && code ? sv_dense_code(code, &k, group, n, err) : sv_no_memory(err, "groups");
    if (rc == SV_OK && k < 2) { rc = sv_fail(err, SV_ETOOSMALL, "%zu group, at least 2 are needed", k); }
    if (rc == SV_OK && k > 100000) { rc = sv_fail(err, SV_ELIMIT, "%zu groups, at most 100000 are accepted", k); }
    if (rc == SV_OK) {
        sum = SV_NEW(double, k);
        size = SV_NEW(double, k);
        rc = sum && size ? sv_mean_ranks(rank, &ties, x, n, err) : sv_no_memory(err, "groups");
    }
    if (rc == SV_OK) {
        double N = (double)n, between = 0;
        for (size_t i = 0; i < n; i++) {
            sum[code[i]] += rank[i] - (N + 1) / 2;
            size[code[i]]++;
        }
        for (size_t g = 0; g < k; g++) { between += sum[g] * sum[g] / size[g]; }
        double free_of_ties = 1 - sv_ties_cubes(&ties) / (N * (N * N - 1));
        sv_test t = SV_TEST_NONE;
        t.statistic = free_of_ties > 0 ? 12 * between / (N * (N + 1)) / free_of_ties : SV_NAN;
        t.df1 = (double)(k - 1);
        t.p = sv_chisq_upper(t.statistic, (int)(k - 1));
        *out = t;
    }
    free(rank);
    free(code);
    free(sum);
    free(size);
    return rc;
}
