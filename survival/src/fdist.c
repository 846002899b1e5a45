/* fdist.c - tail probabilities of the F distribution and their inverse. */
#include <survival/fdist.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "num.h"

#define HALF_LN_2PI 0.91893853320467274178

/* Stirling's series for x >= 10 (A&S 6.1.41), reached by recurrence. The C library's lgamma
 * writes a global sign. */
static double log_gamma(double x)
{
    double product = 1;
    for (; x < 10; x++) { product *= x; }
    double r = 1 / (x * x);
    double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680
                  - r * (1.0 / 1188 - r * (691.0 / 360360 - r / 156)))))) / x;
    return (x - 0.5) * log(x) - x + HALF_LN_2PI + series - log(product);
}

/* The continued fraction of I_x(a, b), by Lentz's method; converges fast for x < (a+1)/(a+b+2). */
static double fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 100000; m++) {
        double k = m, even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        const double step[2] = { even, odd };
        double change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + step[i] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + step[i] / c;
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            h *= change;
        }
        if (fabs(change - 1) < DBL_EPSILON) { break; }
    }
    return h;
}

/* I_x(a, b) with y = 1 - x given apart: each is exact where it is small. */
static double incomplete_beta(double x, double y, double a, double b)
{
    if (x <= 0) { return 0; }
    if (y <= 0) { return 1; }
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2)) { return front * fraction(x, a, b) / a; }
    return 1 - front * fraction(y, b, a) / b;
}

static bool in_domain(double x, double df1, double df2)
{
    return !isnan(x) && df1 > 0 && df2 > 0 && isfinite(df1) && isfinite(df2);
}

/* P(F <= x) if lower, else P(F > x). */
static double tail(double x, double df1, double df2, bool lower)
{
    if (!in_domain(x, df1, df2)) { return SV_NAN; }
    if (x <= 0) { return lower ? 0 : 1; }
    if (isinf(x)) { return lower ? 1 : 0; }
    double all = df1 * x + df2, b1 = df1 * x / all, b2 = df2 / all;
    if (isinf(all)) {
        b1 = 1;
        b2 = df2 / df1 / x;
    }
    return lower ? incomplete_beta(b1, b2, df1 / 2, df2 / 2) : incomplete_beta(b2, b1, df2 / 2, df1 / 2);
}

double sv_f_lower(double x, double df1, double df2) { return tail(x, df1, df2, true); }
double sv_f_upper(double x, double df1, double df2) { return tail(x, df1, df2, false); }

/* Bisection over log x: slow beside Newton, and never wrong. The tail that is smaller is compared. */
double sv_f_quantile(double p, double df1, double df2)
{
    if (!(p > 0 && p < 1) || !in_domain(1, df1, df2)) { return SV_NAN; }
    bool lower = p <= 0.5;
    double want = lower ? p : 1 - p, lo = -700, hi = 700;
    for (int i = 0; i < 200; i++) {
        double mid = lo + (hi - lo) / 2;
        if (mid <= lo || mid >= hi) { break; }
        double t = tail(exp(mid), df1, df2, lower);
        bool below = lower ? t < want : t > want;
        if (below) { lo = mid; } else { hi = mid; }
    }
    return exp(lo + (hi - lo) / 2);
}
