/* The Gaussian and its second derivative as recursive filters of fourth order (R. Deriche,
 * Recursively implementing the Gaussian and its derivatives, INRIA 1893, 1993; G. Farneback and
 * C.-F. Westin, Improving Deriche-style recursive Gaussian filters, J. Math. Imaging Vision 26,
 * 2006), run forwards and backwards:
 *
 *   y+[i] = n0 x[i] + n1 x[i-1] + n2 x[i-2] + n3 x[i-3] - d1 y+[i-1] - ... - d4 y+[i-4]
 *   y-[i] = m1 x[i+1] + ... + m4 x[i+4]                 - d1 y-[i+1] - ... - d4 y-[i+4]
 *
 * with the edge voxel repeated without end. The order of every operation is ITK's. */
#include "filt_recursion.h"
#include <math.h>
#include "wide.h"




/* Sums over a filter's coefficients: sum c_k, sum k c_k, sum k^2 c_k. */
typedef struct moments { double s, d, e; } moments;

/* The damped waves whose sum is the Gaussian (first row) or its second derivative, Deriche's fit:
 * a1 cos(w1 x) + b1 sin(w1 x) times exp(l1 x), and the same with a2, b2, w2, l2. */
typedef struct fit { double a1, b1, a2, b2; } fit;
static const fit gauss = { 1.3530, 1.8151, -0.3531, 0.0902 };
static const fit second = { -1.3563, 5.2318, 0.3446, -2.2355 };
static const double w1 = 0.6681, l1 = -1.3932, w2 = 2.0787, l2 = -1.3732;

static moments denominator(double d[4], double sigma)
{
    double c1 = cos(w1 / sigma), c2 = cos(w2 / sigma), e1 = exp(l1 / sigma), e2 = exp(l2 / sigma);
    d[3] = e1 * e1 * e2 * e2;
    d[2] = -2 * c1 * e1 * e2 * e2;
    d[2] += -2 * c2 * e2 * e1 * e1;
    d[1] = 4 * c2 * c1 * e1 * e2;
    d[1] += e1 * e1 + e2 * e2;
    d[0] = -2 * (e2 * c2 + e1 * c1);
    return (moments){ 1.0 + d[0] + d[1] + d[2] + d[3], d[0] + 2 * d[1] + 3 * d[2] + 4 * d[3],
                      d[0] + 4 * d[1] + 9 * d[2] + 16 * d[3] };
}

static moments numerator(double n[4], double sigma, fit f)
{
    double s1 = sin(w1 / sigma), s2 = sin(w2 / sigma), c1 = cos(w1 / sigma), c2 = cos(w2 / sigma);
    double e1 = exp(l1 / sigma), e2 = exp(l2 / sigma);
    n[0] = f.a1 + f.a2;
    n[1] = e2 * (f.b2 * s2 - (f.a2 + 2 * f.a1) * c2);
    n[1] += e1 * (f.b1 * s1 - (f.a1 + 2 * f.a2) * c1);
    n[2] = (f.a1 + f.a2) * c2 * c1;
    n[2] -= f.b1 * c2 * s1 + f.b2 * c1 * s2;
    n[2] *= 2 * e1 * e2;
    n[2] += f.a2 * e1 * e1 + f.a1 * e2 * e2;
    n[3] = e2 * e1 * e1 * (f.b2 * s2 - f.a2 * c2);
    n[3] += e1 * e2 * e2 * (f.b1 * s1 - f.a1 * c1);
    return (moments){ n[0] + n[1] + n[2] + n[3], n[1] + 2 * n[2] + 3 * n[3],
                      n[1] + 4 * n[2] + 9 * n[3] };
}

/* The backward filter mirrors the forward one without its tap at 0; the edges follow. */
static void complete(rx_recursion *r, double scale)
{
    double sn = 0, sm = 0, sd = 1;
    for (int k = 0; k < 4; k++) { r->n[k] *= scale; }
    for (int k = 0; k < 3; k++) { r->m[k] = r->n[k + 1] - r->d[k] * r->n[0]; }
    r->m[3] = -r->d[3] * r->n[0];
    for (int k = 0; k < 4; k++) {
        sn += r->n[k];
        sm += r->m[k];
        sd += r->d[k];
    }
    for (int k = 0; k < 4; k++) {
        r->end_n[k] = r->d[k] * sn / sd;
        r->end_m[k] = r->d[k] * sm / sd;
    }
}

/* Gaussian of sum 1; sigma in voxels. */
void rx_recursion_smoothing(rx_recursion *r, double sigma)
{
    moments d = denominator(r->d, sigma), n = numerator(r->n, sigma, gauss);
    complete(r, 1.0 / (2 * n.s / d.s - r->n[0]));
}

/* Second derivative: of a constant 0 (by a share of the Gaussian), of x^2/2 the scale, sigma_mm^2. */
void rx_recursion_second(rx_recursion *r, double sigma, double sigma_mm)
{
    double n0[4];
    moments d = denominator(r->d, sigma);
    moments g = numerator(n0, sigma, gauss), n = numerator(r->n, sigma, second);
    double share = -(2 * n.s - d.s * r->n[0]) / (2 * g.s - d.s * n0[0]);
    for (int k = 0; k < 4; k++) { r->n[k] += share * n0[k]; }
    n.s += share * g.s;
    n.d += share * g.d;
    n.e += share * g.e;
    double alpha = n.e * d.s * d.s - d.e * n.s * d.s - 2 * n.d * d.d * d.s + 2 * d.d * d.d * n.s;
    alpha /= d.s * d.s * d.s;
    complete(r, sigma_mm * sigma_mm / alpha);
}


static inline void step(double *restrict y, const double *x0, const double *x1, const double *x2,
                        const double *x3, const double c[4], const double *y1, const double *y2,
                        const double *y3, const double *y4, const double d[4])
{
    for (int l = 0; l < RX_LANES; l++) {
        double v = x0[l] * c[0] + x1[l] * c[1] + x2[l] * c[2] + x3[l] * c[3];
        v -= y1[l] * d[0] + y2[l] * d[1] + y3[l] * d[2] + y4[l] * d[3];
        y[l] = v;
    }
}

/* Forwards over x[0..end], into y. The first four reach over the edge: what would be an input
 * there is the edge voxel, what would be an output is it times its coefficient. */
RX_WIDE
static void forwards(rx_lanes *restrict y, const rx_lanes *restrict x, size_t end, const rx_recursion *r)
{
    for (size_t i = 0; i < RX_MIN_LINE && i <= end; i++) {
        const double *in[4], *before[4];
        double d[4];
        for (size_t k = 0; k < 4; k++) {
            in[k] = x[i >= k ? i - k : 0];
            before[k] = i > k ? y[i - k - 1] : x[0];
            d[k] = i > k ? r->d[k] : r->end_n[k];
        }
        step(y[i], in[0], in[1], in[2], in[3], r->n, before[0], before[1], before[2], before[3], d);
    }
    for (size_t i = RX_MIN_LINE; i <= end; i++) {
        step(y[i], x[i], x[i - 1], x[i - 2], x[i - 3], r->n, y[i - 1], y[i - 2], y[i - 3], y[i - 4],
             r->d);
    }
}

/* Backwards over x[last..begin], added to y where begin <= i <= end. The last eight outputs are
 * kept in a ring. */
RX_WIDE
static void backwards(rx_lanes *restrict y, const rx_lanes *restrict x, size_t begin, size_t end,
                      size_t last, const rx_recursion *r)
{
    rx_lanes ring[8];
    for (size_t i = last + 1; i-- > begin;) {
        size_t past = last - i;              /* voxels between this and the edge */
        const double *in[4], *after[4];
        double d[4];
        for (size_t k = 0; k < 4; k++) {
            in[k] = x[past > k ? i + k + 1 : last];
            after[k] = past > k ? ring[(past - k - 1) % 8] : x[last];
            d[k] = past > k ? r->d[k] : r->end_m[k];
        }
        double *to = ring[past % 8];
        step(to, in[0], in[1], in[2], in[3], r->m, after[0], after[1], after[2], after[3], d);
        if (i <= end) {
            for (int l = 0; l < RX_LANES; l++) { y[i][l] += to[l]; }
        }
    }
}

void rx_recursion_run(rx_lanes *restrict y, const rx_lanes *restrict x, size_t length, size_t begin,
                      size_t end, const rx_recursion *r)
{
    forwards(y, x, end, r);
    backwards(y, x, begin, end, length - 1, r);
}
