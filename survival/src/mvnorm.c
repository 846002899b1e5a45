/* mvnorm.c - Genz's (1992, J Comput Graph Stat 1:141) sequence of conditional probabilities, averaged over the
 * points of a Richtmyer lattice (multiples of square roots of primes) instead of random ones. */
#include "mvnorm.h"

#include <math.h>
#include <stdbool.h>

#include <survival/dist.h>

#include "mem.h"
#include "num.h"

#define POINTS_A_VARIABLE 1000
#define MAX_POINTS 20000
#define DEGENERATE 1e-12  /* variance left over below which a variable is a combination of those before it */

/* Lower triangle l of corr = l l'. */
static void factor(double *l, const double *corr, size_t k)
{
    for (size_t j = 0; j < k; j++) {
        double rest = corr[j * k + j];
        for (size_t m = 0; m < j; m++) { rest -= l[j * k + m] * l[j * k + m]; }
        l[j * k + j] = rest > DEGENERATE ? sqrt(rest) : 0;
        for (size_t i = j + 1; i < k; i++) {
            double v = corr[i * k + j];
            for (size_t m = 0; m < j; m++) { v -= l[i * k + m] * l[j * k + m]; }
            l[i * k + j] = l[j * k + j] > 0 ? v / l[j * k + j] : 0;
        }
    }
}

/* Square root of the i-th prime, less its whole part. */
static void roots(double *out, size_t k)
{
    size_t found = 0;
    for (unsigned n = 2; found < k; n++) {
        bool prime = true;
        for (unsigned d = 2; d * d <= n; d++) { prime = prime && n % d != 0; }
        if (prime) {
            out[found] = sqrt((double)n) - floor(sqrt((double)n));
            found++;
        }
    }
}

/* P(all within -bound..bound) as one point of the unit cube sees it. */
static double within(const double *l, double *y, const double *root, double index, double bound, size_t k)
{
    double product = 1;
    for (size_t i = 0; i < k && product > 0; i++) {
        double mean = 0, sd = l[i * k + i];
        for (size_t m = 0; m < i; m++) { mean += l[i * k + m] * y[m]; }
        if (!(sd > 0)) {
            if (fabs(mean) > bound) { return 0; }
            y[i] = 0;
            continue;
        }
        double low = sv_normal_cdf((-bound - mean) / sd), high = sv_normal_cdf((bound - mean) / sd);
        double u = fmod(index * root[i] + 0.5, 1.0);
        u = fabs(2 * u - 1);                         /* baker's transformation: a periodic integrand */
        y[i] = sv_normal_quantile(fmin(fmax(low + u * (high - low), 1e-300), 1 - 1e-16));
        product *= high - low;
    }
    return product;
}

int sv_mvnorm_beyond(double *p, double bound, const double *corr, size_t k, sv_error *err)
{
    double *block = SV_NEW(double, k * k + 2 * k), sum = 0;
    if (block == NULL) { return sv_no_memory(err, "the normal integral"); }
    double *l = block, *y = block + k * k, *root = y + k;
    factor(l, corr, k);
    roots(root, k);
    size_t points = k < MAX_POINTS / POINTS_A_VARIABLE ? k * POINTS_A_VARIABLE : MAX_POINTS;
    for (size_t i = 1; i <= points; i++) { sum += within(l, y, root, (double)i, bound, k); }
    *p = fmin(fmax(1 - sum / (double)points, 0), 1);
    free(block);
    return SV_OK;
}
