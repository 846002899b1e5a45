/* maxstat_p.c - p-values of the maximally selected statistic: normal theory and permutations. */
#include <math.h>
#include <string.h>

#include <survival/dist.h>
#include <survival/maxstat.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"

#define PI 3.14159265358979323846
#define REACH 9.0            /* standard deviations beyond which a normal density counts as 0 */
#define MIN_NODES ((size_t)48)
#define MAX_NODES ((size_t)4000)
#define SAME 1e-10           /* relative; statistics this close are equal but for rounding */

static int check(double b, size_t n, const size_t *n_low, size_t n_cuts, sv_error *err)
{
    if (!isfinite(b)) { return sv_fail(err, SV_EINVAL, "the statistic is %g, expected a finite number", b); }
    if (n_cuts < 1) { return sv_fail(err, SV_EINVAL, "no cuts, expected at least one"); }
    for (size_t k = 0; k < n_cuts; k++) {
        if (n_low[k] < 1 || n_low[k] >= n || (k > 0 && n_low[k] <= n_low[k - 1])) {
            return sv_fail(err, SV_EINVAL, "cut %zu has %zu of %zu rows below it, expected ascending numbers from 1", k,
                           n_low[k], n);
        }
    }
    return SV_OK;
}

/* Nodes and weights of Gauss-Legendre quadrature on (-b, b), by Newton's method on the polynomial. */
static void gauss_legendre(double *node, double *weight, size_t m, double b)
{
    double order = (double)m;
    for (size_t i = 0; i < m; i++) {
        double x = -cos(PI * ((double)i + 0.75) / (order + 0.5)), slope = 1;
        for (int iter = 0; iter < 20; iter++) {
            double p0 = 1, p1 = x;
            for (size_t k = 2; k <= m; k++) {
                double j = (double)k, p2 = ((2 * j - 1) * x * p1 - (j - 1) * p0) / j;
                p0 = p1;
                p1 = p2;
            }
            slope = order * (x * p1 - p0) / (x * x - 1);
            double step = p1 / slope;
            x -= step;
            if (fabs(step) < 1e-15) { break; }
        }
        node[i] = b * x;
        weight[i] = 2 * b / ((1 - x * x) * slope * slope);
    }
}

/* Correlation of neighbouring cuts, and what is left of the second once the first is known. */
static void neighbours(double *rho, double *rest, size_t n, size_t m1, size_t m2)
{
    double all = (double)n, a = (double)m1, c = (double)m2;
    *rho = sqrt(a * (all - c) / ((all - a) * c));
    *rest = sqrt(all * (c - a) / ((all - a) * c));
}

/* The chain stays within -b..b up to a cut with density g at the nodes; one cut further: `next`. Returns the
 * probability to leave at this step. */
static double advance(double *next, const double *g, const double *node, const double *weight, size_t m, double b,
                      double rho, double rest)
{
    double out = 0, scale = 1 / (rest * sqrt(2 * PI));
    for (size_t i = 0; i < m; i++) {
        double leave = sv_normal_upper((b - rho * node[i]) / rest) + sv_normal_upper((b + rho * node[i]) / rest);
        out += weight[i] * g[i] * leave;
    }
    size_t lo = 0;
    for (size_t j = 0; j < m; j++) {
        next[j] = 0;
        while (lo < m && rho * node[lo] < node[j] - REACH * rest) { lo++; }
        for (size_t i = lo; i < m && rho * node[i] <= node[j] + REACH * rest; i++) {
            double z = (node[j] - rho * node[i]) / rest;
            next[j] += weight[i] * g[i] * scale * exp(-z * z / 2);
        }
    }
    return out;
}

/* Enough nodes that neighbouring ones lie within the narrowest step of the chain. */
static size_t nodes_for(double b, size_t n, const size_t *n_low, size_t n_cuts)
{
    double narrow = 1;
    for (size_t k = 0; k + 1 < n_cuts; k++) {
        double rho, rest;
        neighbours(&rho, &rest, n, n_low[k], n_low[k + 1]);
        narrow = fmin(narrow, rest);
    }
    double m = 1.5 * PI * b / narrow + (double)MIN_NODES;
    return m < (double)MAX_NODES ? (size_t)m : MAX_NODES;
}

int sv_maxstat_p_gauss(double *p, double b, size_t n, const size_t *n_low, size_t n_cuts, sv_error *err)
{
    *p = SV_NAN;
    int rc = check(b, n, n_low, n_cuts, err);
    if (rc == SV_OK && n_cuts > SV_MAXSTAT_MAX_CUTS) {
        rc = sv_fail(err, SV_ELIMIT, "%zu cuts, at most %zu are accepted", n_cuts, SV_MAXSTAT_MAX_CUTS);
    }
    if (rc != SV_OK) { return rc; }
    if (b <= 0) {
        *p = 1;
        return SV_OK;
    }
    size_t m = nodes_for(b, n, n_low, n_cuts);
    double *block = SV_NEW(double, 4 * m), sum = sv_normal_two_sided(b);
    if (block == NULL) { return sv_no_memory(err, "the integral over the cuts"); }
    double *node = block, *weight = block + m, *g = block + 2 * m, *next = block + 3 * m;
    gauss_legendre(node, weight, m, b);
    for (size_t i = 0; i < m; i++) { g[i] = sv_normal_density(node[i]); }
    for (size_t k = 0; k + 1 < n_cuts; k++) {
        double rho, rest, *swap = g;
        neighbours(&rho, &rest, n, n_low[k], n_low[k + 1]);
        sum += advance(next, g, node, weight, m, b, rho, rest);
        g = next;
        next = swap;
    }
    free(block);
    *p = fmin(1, sum);
    return SV_OK;
}

/* Largest standardised sum of the first n_low[k] scores; unit[k]: 1 / its standard deviation. */
static double largest(const double *score, const size_t *n_low, const double *unit, size_t n_cuts)
{
    double sum = 0, best = 0;
    for (size_t k = 0, i = 0; k < n_cuts; k++) {
        for (; i < n_low[k]; i++) { sum += score[i]; }
        best = fmax(best, fabs(sum) * unit[k]);
    }
    return best;
}

int sv_maxstat_p_permuted(double *p, double b, const double *score, size_t n, const size_t *n_low, size_t n_cuts,
                          size_t permutations, uint64_t seed, sv_error *err)
{
    *p = SV_NAN;
    int rc = check(b, n, n_low, n_cuts, err);
    if (rc != SV_OK) { return rc; }
    double *centred = SV_NEW(double, n), *unit = SV_NEW(double, n_cuts), mean = 0, squares = 0, all = (double)n;
    if (centred == NULL || unit == NULL) { rc = sv_no_memory(err, "the permutations"); }
    for (size_t i = 0; i < n; i++) { mean += score[i] / all; }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        centred[i] = score[i] - mean;
        squares += centred[i] * centred[i];
    }
    if (rc == SV_OK && !(squares > 0 && isfinite(squares))) {
        rc = sv_fail(err, SV_EDATA, "the scores are all equal or not finite");
    }
    size_t reached = 0;
    for (size_t k = 0; rc == SV_OK && k < n_cuts; k++) {
        double m = (double)n_low[k];
        unit[k] = 1 / sqrt(m * (all - m) / (all * (all - 1)) * squares);
    }
    for (size_t k = 0; rc == SV_OK && k < permutations; k++) {
        sv_rng rng = sv_rng_stream(seed, k);
        for (size_t i = 0; i + 1 < n; i++) {
            size_t j = i + (size_t)sv_rng_below(&rng, n - i);
            double swap = centred[i];
            centred[i] = centred[j];
            centred[j] = swap;
        }
        reached += largest(centred, n_low, unit, n_cuts) >= b * (1 - SAME);
    }
    if (rc == SV_OK) { *p = ((double)reached + 1) / ((double)permutations + 1); }
    free(centred);
    free(unit);
    return rc;
}
