/* Values between voxels as ITK's interpolators give them: their weights, the order of their sums
 * and what they do at the border. */
#include <math.h>
#include <string.h>
#include "pyr.h"

#define PI 3.14159265358979323846

/* ---- linear ---- */

static double voxel(const rx_sampler *s, const size_t i[3])
{
    return s->v[((i[2] - s->lo[2]) * s->n[1] + i[1] - s->lo[1]) * s->n[0] + i[0] - s->lo[0]];
}

/* Between the base voxel and the next along every axis where there is one and x is between. */
static double linear_at(const rx_sampler *s, const double x[3])
{
    size_t base[3], step[3];
    double d[3];
    for (int a = 0; a < 3; a++) {
        base[a] = x[a] < 0 ? 0 : (size_t)x[a];
        d[a] = x[a] - (double)base[a];
        step[a] = d[a] > 0 && base[a] + 1 < s->dim[a] ? 1 : 0;
    }
    double plane[2] = { 0, 0 };
    for (size_t k = 0; k <= step[2]; k++) {
        double row[2] = { 0, 0 };
        for (size_t j = 0; j <= step[1]; j++) {
            size_t at[3] = { base[0], base[1] + j, base[2] + k };
            row[j] = voxel(s, at);
            if (step[0]) {
                at[0]++;
                row[j] += (voxel(s, at) - row[j]) * d[0];
            }
        }
        plane[k] = step[1] ? row[0] + (row[1] - row[0]) * d[1] : row[0];
    }
    return step[2] ? plane[0] + (plane[1] - plane[0]) * d[2] : plane[0];
}

/* ---- nearest neighbour: halves go up ---- */

static size_t nearest(double x)
{
    double twice = nearbyint(2 * x + 0.5);
    return twice > 0 ? (size_t)(twice / 2) : 0;
}

static double nearest_at(const rx_sampler *s, const double x[3])
{
    size_t at[3];
    for (int a = 0; a < 3; a++) {
        at[a] = nearest(x[a]);
        if (at[a] >= s->dim[a]) { at[a] = s->dim[a] - 1; }
    }
    return voxel(s, at);
}

/* ---- Gaussians: the integral of the kernel over each voxel ---- */

/* The neighbours and weights along an axis, for a Gaussian of `sigma` voxels cut at `cut`. */
static void gauss_weights(rx_sampler *s, int a, double x, double sigma, double cut)
{
    double scale = 1.0 / (sqrt(2.0) * sigma);
    double begin = floor(x + 0.5 - cut), end = ceil(x + 0.5 + cut);
    if (begin < 0) { begin = 0; }
    if (end > (double)s->dim[a]) { end = (double)s->dim[a]; }
    double t = (-0.5 - x + begin) * scale, before = erf(t);
    s->taps[a] = 0;
    for (size_t i = (size_t)begin; i < (size_t)end && s->taps[a] < 10; i++) {
        t += scale;
        double now = erf(t);
        s->index[a][s->taps[a]] = i - s->lo[a];
        s->weight[a][s->taps[a]++] = now - before;
        before = now;
    }
    s->at[a] = x;
}

static double weight_of(const rx_sampler *s, int i, int j, int k)
{
    return s->weight[0][i] * s->weight[1][j] * s->weight[2][k];
}

static double tap(const rx_sampler *s, int i, int j, int k)
{
    return s->v[(s->index[2][k] * s->n[1] + s->index[1][j]) * s->n[0] + s->index[0][i]];
}

static double gaussian_at(const rx_sampler *s)
{
    double weighted = 0, total = 0;
    for (int k = 0; k < s->taps[2]; k++) {
        for (int j = 0; j < s->taps[1]; j++) {
            for (int i = 0; i < s->taps[0]; i++) {
                double w = weight_of(s, i, j, k);
                weighted += tap(s, i, j, k) * w;
                total += w;
            }
        }
    }
    return weighted / total;
}

/* The value with most weight; of equals, the one that reached it first. */
static double label_at(const rx_sampler *s)
{
    double label[64], weight[64], most = 0, best = 0;
    int n = 0;
    for (int k = 0; k < s->taps[2]; k++) {
        for (int j = 0; j < s->taps[1]; j++) {
            for (int i = 0; i < s->taps[0]; i++) {
                double v = tap(s, i, j, k);
                int l = 0;
                while (l < n && label[l] != v) { l++; }
                if (l == 64) { continue; }
                if (l == n) {
                    label[n] = v;
                    weight[n++] = 0;
                }
                weight[l] += weight_of(s, i, j, k);
                if (weight[l] > most) {
                    most = weight[l];
                    best = v;
                }
            }
        }
    }
    return best;
}

/* ---- windowed sinc of radius 5: the border's voxel goes on outside ---- */

enum { RADIUS = 5 };

static double window(rx_interpolator how, double x)
{
    switch (how) {
    case RX_SITK_HAMMING_WINDOWED_SINC: return 0.54 + 0.46 * cos(x * (PI / RADIUS));
    case RX_SITK_COSINE_WINDOWED_SINC: return cos(x * (PI / (2 * RADIUS)));
    case RX_SITK_WELCH_WINDOWED_SINC: return 1.0 - x * (1.0 / (RADIUS * RADIUS)) * x;
    case RX_SITK_LANCZOS_WINDOWED_SINC: {
        double z = (PI / RADIUS) * x;
        return x == 0 ? 1 : sin(z) / z;
    }
    default: return 0.42 + 0.5 * cos(x * (PI / RADIUS)) + 0.08 * cos(x * (2.0 * PI / RADIUS));
    }
}

static double sinc(double x)
{
    double px = PI * x;
    return x == 0 ? 1 : sin(px) / px;
}

static void sinc_weights(rx_sampler *s, int a, double x)
{
    double floor_x = floor(x), d = x - floor_x;
    ptrdiff_t first = (ptrdiff_t)floor_x - RADIUS + 1, last = (ptrdiff_t)s->dim[a] - 1;
    for (int i = 0; i < 2 * RADIUS; i++) {
        ptrdiff_t at = first + i;
        at = at < 0 ? 0 : at > last ? last : at;
        s->index[a][i] = (size_t)at - s->lo[a];
        double from = d + RADIUS - 1 - i;
        s->weight[a][i] = d == 0 ? (i == RADIUS - 1 ? 1 : 0) : window(s->how, from) * sinc(from);
    }
    s->taps[a] = 2 * RADIUS;
    s->at[a] = x;
}

static double sinc_at(const rx_sampler *s)
{
    double sum = 0;
    for (int k = 0; k < s->taps[2]; k++) {
        for (int j = 0; j < s->taps[1]; j++) {
            for (int i = 0; i < s->taps[0]; i++) {
                sum += tap(s, i, j, k) * s->weight[0][i] * s->weight[1][j] * s->weight[2][k];
            }
        }
    }
    return sum;
}

double rx_sample(rx_sampler *s, const double x[3])
{
    switch (s->how) {
    case RX_SITK_BSPLINE: return rx_bspline_at(s, x);
    case RX_SITK_LINEAR: return linear_at(s, x);
    case RX_SITK_NONE:
    case RX_SITK_NEAREST_NEIGHBOR: return nearest_at(s, x);
    case RX_SITK_GAUSSIAN:
    case RX_SITK_LABEL_GAUSSIAN: {
        bool label = s->how == RX_SITK_LABEL_GAUSSIAN;
        for (int a = 0; a < 3; a++) {
            /* SimpleITK: 0.8 voxels wide and cut at 4 of that; labels 1 wide, cut at 1 */
            if (s->at[a] != x[a]) { gauss_weights(s, a, x[a], label ? 1.0 : 0.8, label ? 1.0 : 3.2); }
        }
        return label ? label_at(s) : gaussian_at(s);
    }
    default:
        for (int a = 0; a < 3; a++) {
            if (s->at[a] != x[a]) { sinc_weights(s, a, x[a]); }
        }
        return sinc_at(s);
    }
}
