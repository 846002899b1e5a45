/* correlation.c - correlation coefficients and their null distributions. */
#include <survival/correlation.h>

#include <stdbool.h>
#include <string.h>
#include <survival/dist.h>
#include <survival/quantile.h>

#include "mem.h"
#include "sample.h"
#include "sort.h"

#define MAX_EXACT_SPEARMAN 9
#define MAX_EDGEWORTH 1290
#define MAX_EXACT_KENDALL 100

static int check_pairs(const double *x, const double *y, size_t n, size_t least, sv_error *err)
{
    int rc = sv_sample_check(x, n, least, "the first variable", err);
    return rc == SV_OK ? sv_sample_check(y, n, least, "the second variable", err) : rc;
}

/* NaN if one is constant. Each is divided by its largest deviation first: squares stay in range. */
static double product_moment(const double *x, const double *y, size_t n)
{
    double mx = sv_mean(x, n), my = sv_mean(y, n), lx = 0, ly = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        lx = fmax(lx, fabs(x[i] - mx));
        ly = fmax(ly, fabs(y[i] - my));
    }
    for (size_t i = 0; i < n; i++) {
        double a = (x[i] - mx) / lx, b = (y[i] - my) / ly;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    double r = xy / sqrt(xx) / sqrt(yy);
    return isnan(r) ? SV_NAN : fmax(-1, fmin(1, r));
}

static double t_of(double r, double df) { return sqrt(df) * r / sqrt((1 - r) * (1 + r)); }

int sv_pearson(sv_test *out, const double *x, const double *y, size_t n, double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc == SV_OK) { rc = check_pairs(x, y, n, 3, err); }
    if (rc != SV_OK) { return rc; }
    sv_test t = SV_TEST_NONE;
    t.estimate = product_moment(x, y, n);
    if (!isnan(t.estimate)) {
        t.df1 = (double)(n - 2);
        t.statistic = t_of(t.estimate, t.df1);
        t.p = sv_t_two_sided(t.statistic, t.df1);
    }
    if (n > 3) {
        double z = atanh(t.estimate), half = sv_normal_quantile((1 + level) / 2) / sqrt((double)n - 3);
        t.lower = tanh(z - half);
        t.upper = tanh(z + half);
    }
    *out = t;
    return SV_OK;
}

/* ---- Spearman -------------------------------------------------------------------------------- */

/* Twice the smaller tail of S over all n! orders, s included: ways[set][sum] of giving the ranks of
 * `set` to the first items. */
static int spearman_exact(double *p, double s, size_t n, sv_error *err)
{
    size_t sums = (n * n * n - n) / 3 + 1, sets = (size_t)1 << n;
    double *ways = SV_NEW(double, sets * sums);
    if (ways == NULL) { return sv_no_memory(err, "the distribution of a rank correlation"); }
    ways[0] = 1;
    for (size_t set = 0; set < sets; set++) {
        size_t item = 0;
        for (size_t bits = set; bits > 0; bits &= bits - 1) { item++; }
        for (size_t rank = 0; rank < n; rank++) {
            if (set >> rank & 1) { continue; }
            size_t d = rank > item ? rank - item : item - rank;
            double *to = ways + (set | (size_t)1 << rank) * sums;
            for (size_t v = 0; v + d * d < sums; v++) { to[v + d * d] += ways[set * sums + v]; }
        }
    }
    double below = 0, above = 0;
    const double *all = ways + (sets - 1) * sums;
    for (size_t v = 0; v < sums; v++) {
        if ((double)v <= s + 0.5) { below += all[v]; }
        if ((double)v >= s - 0.5) { above += all[v]; }
    }
    *p = fmin(1, 2 * fmin(below, above) / (below + above - all[(size_t)(s + 0.5)]));
    free(ways);
    return SV_OK;
}

/* Edgeworth's series of AS 89; S takes every second value, so 1 is the step's half. */
static double spearman_series(double s, size_t size)
{
    double n = (double)size, b = 1 / n, mean = (n * n * n - n) / 6;
    double x = (s > mean ? (s - 1) / mean - 1 : 1 - (s + 1) / mean) * sqrt(n - 1), y = x * x;
    double inner = 0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y);
    double u = x * b * (0.2274 + b * (0.2531 + 0.1745 * b)
                        + y * (-0.0758 + b * (0.1033 + 0.3932 * b) - y * b * (0.0879 + 0.0151 * b - y * inner)));
    double tail = u / exp(y / 2) + sv_normal_upper(x);
    return fmin(1, 2 * fmax(0, tail));
}

int sv_spearman(sv_test *out, const double *x, const double *y, size_t n, sv_exactness how, sv_error *err)
{
    int rc = check_pairs(x, y, n, 3, err);
    if (rc != SV_OK) { return rc; }
    double *rx = SV_NEW(double, n), *ry = SV_NEW(double, n), N = (double)n;
    sv_ties tx, ty;
    rc = rx && ry ? sv_mean_ranks(rx, &tx, x, n, err) : sv_no_memory(err, "ranks");
    if (rc == SV_OK) { rc = sv_mean_ranks(ry, &ty, y, n, err); }
    if (rc == SV_OK) {
        sv_test t = SV_TEST_NONE;
        double r = t.estimate = product_moment(rx, ry, n);
        t.statistic = (N * N * N - N) * (1 - r) / 6;
        bool ties = tx.pairs > 0 || ty.pairs > 0;
        if (isnan(r)) {
            t.p = SV_NAN;
        } else if (how == SV_TEST_APPROXIMATE || ties || n > MAX_EDGEWORTH) {
            t.df1 = N - 2;
            t.p = sv_t_two_sided(t_of(r, N - 2), N - 2);
        } else if (n <= MAX_EXACT_SPEARMAN) {
            rc = spearman_exact(&t.p, t.statistic, n, err);
        } else {
            t.p = spearman_series(round(t.statistic), n);
        }
        if (rc == SV_OK) { *out = t; }
    }
    free(rx);
    free(ry);
    return rc;
}

/* ---- Kendall --------------------------------------------------------------------------------- */

/* Pairs i < j with v[i] > v[j], by a merge sort that leaves v ascending (Knight 1966). */
static double inversions(double *v, double *work, size_t n)
{
    double count = 0;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            size_t a = lo, b = mid;
            for (size_t k = lo; k < hi; k++) {
                if (b >= hi || (a < mid && v[a] <= v[b])) { work[k] = v[a++]; continue; }
                count += (double)(mid - a);
                work[k] = v[b++];
            }
        }
        memcpy(v, work, n * sizeof *v);
    }
    return count;
}

/* Concordant less discordant pairs. order: by x; pairs equal in both count once too often. */
static double concordance_sum(double *v, double *work, uint32_t *order, const double *rx, const double *ry, size_t n,
                              double ties_x, double ties_y)
{
    double both = 0;
    for (size_t i = 0; i < n; i++) { v[i] = ry[order[i]]; }
    /* within equal x by ascending y, so that such pairs are no inversions */
    for (size_t at = 0; at < n;) {
        size_t end = at + 1;
        while (end < n && rx[order[end]] == rx[order[at]]) { end++; }
        (void)inversions(v + at, work, end - at);
        for (size_t i = at; i < end;) {
            size_t run = i + 1;
            while (run < end && v[run] == v[i]) { run++; }
            both += (double)(run - i) * (double)(run - i - 1) / 2;
            i = run;
        }
        at = end;
    }
    double all = (double)n * (double)(n - 1) / 2, discordant = inversions(v, work, n);
    return all - ties_x / 2 - ties_y / 2 + both - 2 * discordant;
}

/* Twice the smaller tail of the concordant pairs: orders of n items by their number of inversions. */
static int kendall_exact(double *p, double concordant, size_t n, sv_error *err)
{
    size_t top = n * (n - 1) / 2;
    double *share = SV_NEW(double, top + 1), *before = SV_NEW(double, top + 1);
    int rc = share && before ? SV_OK : sv_no_memory(err, "the distribution of tau");
    if (rc == SV_OK) {
        share[0] = 1;
        for (size_t m = 2; m <= n; m++) {               /* the m-th item passes 0 .. m - 1 others */
            memcpy(before, share, (top + 1) * sizeof *share);
            size_t reach = m * (m - 1) / 2;
            for (size_t s = 0; s <= reach; s++) {
                double sum = 0;
                for (size_t k = 0; k < m && k <= s; k++) { sum += before[s - k]; }
                share[s] = sum / (double)m;
            }
        }
        double below = 0, above = 0;
        for (size_t s = 0; s <= top; s++) {
            if ((double)s <= concordant + 0.5) { below += share[s]; }
            if ((double)s >= concordant - 0.5) { above += share[s]; }
        }
        *p = fmin(1, 2 * fmin(below, above));
    }
    free(share);
    free(before);
    return rc;
}

static double kendall_variance(const sv_ties *x, const sv_ties *y, double n)
{
    double v = (n * (n - 1) * (2 * n + 5) - x->variance - y->variance) / 18 + x->pairs * y->pairs / (2 * n * (n - 1));
    return n > 2 ? v + x->triples * y->triples / (9 * n * (n - 1) * (n - 2)) : v;
}

int sv_kendall(sv_test *out, int *exact, const double *x, const double *y, size_t n, sv_exactness how, sv_error *err)
{
    int rc = check_pairs(x, y, n, 2, err);
    if (rc != SV_OK) { return rc; }
    double *rx = SV_NEW(double, n), *ry = SV_NEW(double, n), *v = SV_NEW(double, n), *work = SV_NEW(double, n);
    uint32_t *order = SV_NEW(uint32_t, n);
    sv_ties tx, ty;
    rc = rx && ry && v && work && order ? sv_mean_ranks(rx, &tx, x, n, err) : sv_no_memory(err, "ranks");
    if (rc == SV_OK) { rc = sv_mean_ranks(ry, &ty, y, n, err); }
    if (rc == SV_OK) { rc = sv_sort_rows(order, x, n, err); }
    if (rc == SV_OK) {
        sv_test t = SV_TEST_NONE;
        double N = (double)n, all = N * (N - 1), s = concordance_sum(v, work, order, rx, ry, n, tx.pairs, ty.pairs);
        bool ties = tx.pairs > 0 || ty.pairs > 0, constant = tx.pairs >= all || ty.pairs >= all;
        bool counted = !ties && n <= MAX_EXACT_KENDALL
                     && (how == SV_TEST_EXACT || (how == SV_TEST_AUTO && n < 50));
        if (!constant) { t.estimate = 2 * s / sqrt(all - tx.pairs) / sqrt(all - ty.pairs); }
        if (counted) {
            t.statistic = (all / 2 + s) / 2;
            rc = kendall_exact(&t.p, t.statistic, n, err);
        } else if (!constant) {
            t.statistic = s / sqrt(kendall_variance(&tx, &ty, N));
            t.p = sv_normal_two_sided(t.statistic);
        }
        if (rc == SV_OK) {
            *out = t;
            if (exact != NULL) { *exact = counted; }
        }
    }
    free(rx);
    free(ry);
    free(v);
    free(work);
    free(order);
    return rc;
}
