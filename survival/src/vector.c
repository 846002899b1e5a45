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

SV_WIDE void sv_add_scaled(double *restrict y, double c, const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) { y[i] += c * a[i]; }
}

/* Sums of four lanes each: written as vectors, since the compiler does not find them itself with
 * more than one sum a loop. */
typedef double lanes __attribute__((vector_size(32), aligned(8), may_alias));
#define AT(p, i) (*(const lanes *)((p) + (i)))

static double fold4(const lanes *s) { return ((*s)[0] + (*s)[2]) + ((*s)[1] + (*s)[3]); }

SV_WIDE void sv_dot_four(double dot[4], const double *const x[4], const double *y, size_t n)
{
    const double *a = x[0], *b = x[1], *c = x[2], *d = x[3];
    lanes s[4] = { 0 }, t[4] = { 0 };
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        lanes p = AT(y, i), q = AT(y, i + 4);
        s[0] += AT(a, i) * p;
        s[1] += AT(b, i) * p;
        s[2] += AT(c, i) * p;
        s[3] += AT(d, i) * p;
        t[0] += AT(a, i + 4) * q;
        t[1] += AT(b, i + 4) * q;
        t[2] += AT(c, i + 4) * q;
        t[3] += AT(d, i + 4) * q;
    }
    for (size_t k = 0; k < 4; k++) {
        double rest = 0;
        for (size_t l = i; l < n; l++) { rest += x[k][l] * y[l]; }
        s[k] += t[k];
        dot[k] = fold4(&s[k]) + rest;
    }
}

SV_WIDE void sv_gram_four(double gram[16], const double *const x[4], const double *w, size_t n)
{
    const double *a = x[0], *b = x[1], *c = x[2], *d = x[3];
    lanes s[10] = { 0 };
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        lanes v = AT(w, i), p = AT(a, i), q = AT(b, i), r = AT(c, i), t = AT(d, i), h = v * p;
        s[0] += h * p;
        s[1] += h * q;
        s[2] += h * r;
        s[3] += h * t;
        h = v * q;
        s[4] += h * q;
        s[5] += h * r;
        s[6] += h * t;
        h = v * r;
        s[7] += h * r;
        s[8] += h * t;
        s[9] += v * t * t;
    }
    for (size_t k = 0, m = 0; k < 4; k++) {
        for (size_t l = k; l < 4; l++, m++) {
            double rest = 0;
            for (size_t j = i; j < n; j++) { rest += w[j] * x[k][j] * x[l][j]; }
            gram[k * 4 + l] = fold4(&s[m]) + rest;
        }
    }
}

SV_WIDE void sv_move_four(double *restrict y, double *restrict r, const double c[4],
                          const double *const x[4], const double *restrict w, size_t n)
{
    const double *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    for (size_t i = 0; i < n; i++) {
        double t = (c0 * x0[i] + c1 * x1[i]) + (c2 * x2[i] + c3 * x3[i]);
        y[i] += t;
        r[i] -= w[i] * t;
    }
}
