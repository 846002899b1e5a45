/* Random numbers, logarithm and sine that are the same bits wherever doubles are IEEE's. */
#include <math.h>
#include "perturb.h"

static uint64_t mix(uint64_t z)                   /* Steele, Lea & Flood 2014 */
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

rx_chance rx_chance_new(uint64_t seed, rx_chance_use use)
{
    /* hashed twice, so that neighbouring seeds are not one sequence, shifted */
    uint64_t first = mix(seed + UINT64_C(0x9e3779b97f4a7c15));
    return (rx_chance){ mix(first ^ mix((uint64_t)use + UINT64_C(0x632be59bd9b4e019))) };
}

uint64_t rx_chance_next(rx_chance *c)
{
    c->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(c->state);
}

double rx_chance_uniform(rx_chance *c)
{
    return ((double)(rx_chance_next(c) >> 12) + 0.5) / 4503599627370496.0;
}

/* log m = 2 atanh((m - 1) / (m + 1)) for m near 1, and a multiple of log 2. */
static double logarithm(double x)
{
    static const double ln2 = 0.69314718055994530942, root_half = 0.70710678118654752440;
    int e;
    double m = frexp(x, &e);
    if (m < root_half) {
        m *= 2;
        e--;
    }
    double s = (m - 1) / (m + 1), ss = s * s, sum = 0;
    for (int k = 25; k >= 1; k -= 2) { sum = sum * ss + 1.0 / k; }
    return 2 * s * sum + e * ln2;
}

/* Marsaglia's polar method; the second number of each pair is not kept: no state but the seed's. */
double rx_chance_normal(rx_chance *c)
{
    for (;;) {
        double x = 2 * rx_chance_uniform(c) - 1, y = 2 * rx_chance_uniform(c) - 1, s = x * x + y * y;
        if (s < 1 && s > 0) { return x * sqrt(-2 * logarithm(s) / s); }
    }
}

void rx_turn(double *cosine, double *sine, double degrees)
{
    static const double per_degree = 0.017453292519943295769;
    double quarters = rint(degrees / 90), x = (degrees - 90 * quarters) * per_degree, xx = x * x;
    double c = 1, s = 1;
    for (int k = 20; k >= 2; k -= 2) { c = 1 - c * xx / (k * (k - 1)); }
    for (int k = 21; k >= 3; k -= 2) { s = 1 - s * xx / (k * (k - 1)); }
    s *= x;
    switch ((int)quarters & 3) {
    case 0: *cosine = c; *sine = s; break;
    case 1: *cosine = -s; *sine = c; break;
    case 2: *cosine = -c; *sine = -s; break;
    default: *cosine = s; *sine = -c; break;
    }
}
