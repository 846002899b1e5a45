/* dist.c - normal and chi-square probabilities. */
#include <survival/dist.h>

#include <float.h>
#include <math.h>

#include "num.h"

#define SQRT_HALF 0.70710678118654752440
#define INV_SQRT_2PI 0.39894228040143267794
#define INV_SQRT_PI 0.56418958354775628695
#define MAX_DF 100000

double sv_normal_density(double x) { return INV_SQRT_2PI * exp(-0.5 * x * x); }
double sv_normal_cdf(double x) { return 0.5 * erfc(-x * SQRT_HALF); }
double sv_normal_upper(double x) { return 0.5 * erfc(x * SQRT_HALF); }
double sv_normal_two_sided(double z) { return erfc(fabs(z) * SQRT_HALF); }

/* Near the median the offset from 1/2 is exact where p itself is not: solve erf there. */
static double quantile_centre(double offset)
{
    double x = offset / INV_SQRT_2PI;
    for (int i = 0; i < 20; i++) {
        double e = (0.5 * erf(x * SQRT_HALF) - offset) / sv_normal_density(x);
        double step = e / (1 + 0.5 * x * e);
        x -= step;
        if (fabs(step) <= DBL_EPSILON * fabs(x)) { break; }
    }
    return x;
}

/* x > 0 with upper tail q < 1/4: Newton on log Q, which is nearly a parabola. */
static double quantile_tail(double q)
{
    double lq = log(q);
    double x = sqrt(-2 * lq);
    x = q < 1e-3 ? x - log(x / INV_SQRT_2PI) / x : 0.7 * x;
    for (int i = 0; i < 50; i++) {
        double tail = sv_normal_upper(x);
        double step = (log(tail) - lq) * tail / sv_normal_density(x);
        x += step;
        if (fabs(step) <= 2 * DBL_EPSILON * x) { break; }
    }
    return x;
}

double sv_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1)) { return SV_NAN; }
    if (p == 0) { return -SV_INF; }
    if (p == 1) { return SV_INF; }
    if (fabs(p - 0.5) <= 0.25) { return quantile_centre(p - 0.5); }
    return p < 0.5 ? -quantile_tail(p) : quantile_tail(1 - p);
}

/* A product kept as mantissa and exponent, so that exp(-x) may underflow on the way. */
typedef struct scaled {
    double mantissa;
    long exponent;
} scaled;

static void scaled_multiply(scaled *s, double factor)
{
    int e;
    s->mantissa = frexp(s->mantissa * factor, &e);
    s->exponent += e;
}

static double scaled_value(const scaled *s)
{
    long e = s->exponent < -3000 ? -3000 : s->exponent > 3000 ? 3000 : s->exponent;
    return ldexp(s->mantissa, (int)e);
}

static void scaled_exp_minus(scaled *s, double x)
{
    while (x > 512) {
        scaled_multiply(s, exp(-512.0));
        x -= 512;
    }
    scaled_multiply(s, exp(-x));
}

/* exp(-x) * sum of x^k / Gamma(k+1) for k = first, first + 1, .. < a, first being 0 or 1/2.
 * Every term is positive; the sum runs down from the last, the largest wherever Q is small. */
static double poisson_sum(double x, double first, int terms)
{
    scaled last = { 1, 0 };
    scaled_exp_minus(&last, x);
    if (first > 0) { scaled_multiply(&last, 2 * INV_SQRT_PI * sqrt(x)); }
    for (int k = 1; k < terms; k++) { scaled_multiply(&last, x / (first + k)); }
    double sum = 1, term = 1;
    for (int k = terms - 1; k > 0; k--) {
        term *= (first + k) / x;
        sum += term;
    }
    scaled_multiply(&last, sum);
    return scaled_value(&last);
}

/* 1 - Q by its series where x lies below the order a: there Q is no small number. */
static double lower_series(double x, double first, int terms)
{
    scaled head = { 1, 0 };
    scaled_exp_minus(&head, x);
    if (first > 0) { scaled_multiply(&head, 2 * INV_SQRT_PI * sqrt(x)); }
    for (int k = 1; k <= terms; k++) { scaled_multiply(&head, x / (first + k)); }
    double sum = 1, term = 1;
    for (int k = terms + 1; term > sum * DBL_EPSILON / 4; k++) {
        term *= x / (first + k);
        sum += term;
    }
    scaled_multiply(&head, sum);
    return scaled_value(&head);
}

double sv_chisq_upper(double x, int df)
{
    if (isnan(x) || df < 1 || df > MAX_DF) { return SV_NAN; }
    if (x <= 0) { return 1; }
    /* Far beyond the largest df the tail is below exp(-1e6), which no double holds; and the steps
     * of scaled_exp_minus would become too many, and at last too short to move x. */
    if (x > 40.0 * MAX_DF) { return 0; }
    double half = x / 2, first = df % 2 == 1 ? 0.5 : 0;
    int terms = df / 2;
    if (df == 1) { return erfc(sqrt(half)); }
    if (half < 0.5 * df) { return 1 - lower_series(half, first, terms); }
    return (first > 0 ? erfc(sqrt(half)) : 0) + poisson_sum(half, first, terms);
}
