#include "vector.h"

#define LANES 8

static double fold(const double s[LANES])
{
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

SV_WIDE double sv_dot(const double *restrict a, const double *restrict b, size_t n)
{
    double s[LANES] = { 0 };
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) { s[k] += a[i + k] * b[i + k]; }
    }
    double rest = 0;
    for (; i < n; i++) { rest += a[i] * b[i]; }
    return fold(s) + rest;
}

SV_WIDE double sv_dot_weighted(const double *restrict w, const double *restrict a, size_t n)
{
    double s[LANES] = { 0 };
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) { s[k] += w[i + k] * (a[i + k] * a[i + k]); }
    }
    double rest = 0;
    for (; i < n; i++) { rest += w[i] * (a[i] * a[i]); }
    return fold(s) + rest;
}

SV_WIDE void sv_add_scaled(double *restrict y, double c, const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) { y[i] += c * a[i]; }
}

SV_WIDE void sv_add_scaled_weighted(double *restrict y, double c, const double *restrict w,
                                    const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) { y[i] += c * (w[i] * a[i]); }
}
