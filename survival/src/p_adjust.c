/* p_adjust.c - p-values adjusted for the number of tests. */
#include <survival/tests.h>

#include <math.h>

#include "mem.h"
#include "num.h"
#include "sort.h"

#define MAX_HOMMEL 20000

const char *sv_adjust_name(sv_adjust method)
{
    static const char *const name[SV_ADJUSTMENTS] = { "bonferroni", "holm", "hochberg", "hommel", "BH", "BY" };
    return (unsigned)method < SV_ADJUSTMENTS ? name[method] : "?";
}

/* In place, on m ascending p-values. */
static void step_down(double *p, size_t m)
{
    double worst = 0;
    for (size_t i = 0; i < m; i++) {
        worst = fmax(worst, p[i] * (double)(m - i));
        p[i] = fmin(1, worst);
    }
}

static void step_up(double *p, size_t m, sv_adjust method)
{
    double M = (double)m, least = 1, harmonic = 1;
    if (method == SV_ADJUST_BY) {
        harmonic = 0;
        for (size_t i = 1; i <= m; i++) { harmonic += 1 / (double)i; }
    }
    for (size_t i = m; i-- > 0;) {
        double factor = method == SV_ADJUST_HOCHBERG ? (double)(m - i) : harmonic * M / (double)(i + 1);
        least = fmin(least, p[i] * factor);
        p[i] = least;
    }
}

/* The closure of Simes' test (Wright 1992, Biometrics 48:1005, appendix): for each size of an
 * intersection the smallest Simes p that holds each hypothesis, and of these the largest. */
static void hommel(double *p, double *adjusted, size_t m)
{
    double M = (double)m, all = SV_INF;
    for (size_t i = 0; i < m; i++) { all = fmin(all, M * p[i] / (double)(i + 1)); }
    for (size_t i = 0; i < m; i++) { adjusted[i] = fmax(all, p[i]); }
    for (size_t size = m - 1; size >= 2; size--) {
        double top = SV_INF, s = (double)size;
        size_t first = m - size + 1;                    /* the size - 1 largest */
        for (size_t i = first; i < m; i++) { top = fmin(top, s * p[i] / (double)(i - first + 2)); }
        for (size_t i = 0; i < m; i++) {
            double simes = i < first ? fmin(s * p[i], top) : top;
            adjusted[i] = fmax(adjusted[i], simes);
        }
    }
    for (size_t i = 0; i < m; i++) { p[i] = fmin(1, fmax(adjusted[i], p[i])); }
}

static int check(const double *p, size_t n, sv_adjust method, sv_error *err)
{
    if ((unsigned)method >= SV_ADJUSTMENTS) { return sv_fail(err, SV_EINVAL, "adjustment %d is unknown", (int)method); }
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0 || p[i] > 1) {
            return sv_fail(err, SV_EDATA, "p-value %zu is %g, expected 0 to 1", i + 1, p[i]);
        }
    }
    if (n > SV_TEST_MAX) { return sv_fail(err, SV_ELIMIT, "%zu p-values, at most %zu are accepted", n, SV_TEST_MAX); }
    return SV_OK;
}

static void adjust_sorted(double *p, double *work, size_t m, sv_adjust method)
{
    switch (method) {
    case SV_ADJUST_BONFERRONI:
        for (size_t i = 0; i < m; i++) { p[i] = fmin(1, p[i] * (double)m); }
        break;
    case SV_ADJUST_HOLM: step_down(p, m); break;
    case SV_ADJUST_HOMMEL: if (m > 1) { hommel(p, work, m); } break;
    default: step_up(p, m, method); break;
    }
}

int sv_p_adjust(double *out, const double *p, size_t n, sv_adjust method, sv_error *err)
{
    int rc = check(p, n, method, err);
    if (rc != SV_OK) { return rc; }
    double *sorted = SV_NEW(double, n), *key = SV_NEW(double, n);
    uint32_t *order = SV_NEW(uint32_t, n);
    rc = sorted && key && order ? SV_OK : sv_no_memory(err, "adjusted p-values");
    size_t m = 0;
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        m += isnan(p[i]) ? 0 : 1;
        key[i] = isnan(p[i]) ? 2 : p[i];                /* behind all others */
    }
    if (rc == SV_OK && method == SV_ADJUST_HOMMEL && m > MAX_HOMMEL) {
        rc = sv_fail(err, SV_ELIMIT, "%zu p-values, Hommel's method takes at most %d", m, MAX_HOMMEL);
    }
    if (rc == SV_OK) { rc = sv_sort_rows(order, key, n, err); }
    if (rc == SV_OK) {
        for (size_t i = 0; i < m; i++) { sorted[i] = p[order[i]]; }
        adjust_sorted(sorted, key, m, method);
        for (size_t i = 0; i < n; i++) { out[order[i]] = i < m ? sorted[i] : SV_NAN; }
    }
    free(sorted);
    free(key);
    free(order);
    return rc;
}
