#include <math.h>
#include <stdlib.h>
#include "pyr.h"

/* What the thresholds are made of. For images in single precision numpy computes in it, pairwise:
 * so do these, since a threshold off by its last bit can take a voxel with it. */
typedef struct values { double *v; size_t n; bool single; } values;

static double rounded(const values *x, double v) { return x->single ? (double)(float)v : v; }

/* numpy's pairwise sum: eight partial sums to 128 values, halves above. */
static double pairwise(const values *x, const double *v, size_t n)
{
    if (n < 8) {
        double sum = -0.0;
        for (size_t i = 0; i < n; i++) { sum = rounded(x, sum + v[i]); }
        return sum;
    }
    if (n <= 128) {
        double r[8];
        size_t i = 8;
        for (int l = 0; l < 8; l++) { r[l] = v[l]; }
        for (; i + 8 <= n; i += 8) {
            for (int l = 0; l < 8; l++) { r[l] = rounded(x, r[l] + v[i + (size_t)l]); }
        }
        double low = rounded(x, rounded(x, r[0] + r[1]) + rounded(x, r[2] + r[3]));
        double high = rounded(x, rounded(x, r[4] + r[5]) + rounded(x, r[6] + r[7]));
        double sum = rounded(x, low + high);
        for (; i < n; i++) { sum = rounded(x, sum + v[i]); }
        return sum;
    }
    size_t half = n / 2 - n / 2 % 8;
    return rounded(x, pairwise(x, v, half) + pairwise(x, v + half, n - half));
}

static double mean_of(const values *x) { return rounded(x, pairwise(x, x->v, x->n) / (double)x->n); }

/* numpy.std, of n; overwrites the values. */
static double deviation_of(values *x, double mean)
{
    for (size_t i = 0; i < x->n; i++) {
        double d = rounded(x, x->v[i] - mean);
        x->v[i] = rounded(x, d * d);
    }
    return rounded(x, sqrt(rounded(x, pairwise(x, x->v, x->n) / (double)x->n)));
}

static int gather(values *x, const rx_image *image, const rx_mask *mask, size_t voxels, rx_error *err)
{
    size_t room = 0;
    for (size_t i = 0; i < voxels; i++) { room += mask->voxels[i] == mask->label; }
    if (room == 0) {
        return rx_fail(err, RX_EEMPTY, "no voxel of the mask has label %u", (unsigned)mask->label);
    }
    x->v = malloc(room * sizeof *x->v);
    if (!x->v) { return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", room); }
    x->n = 0;
    for (size_t i = 0; i < voxels; i++) {
        if (mask->voxels[i] == mask->label) { rx_copy_voxels(x->v + x->n++, image, i, 1); }
    }
    return RX_OK;
}

static void thresholds(double bound[2], values *x, const rx_pyradiomics *s)
{
    double highest = x->v[0], mean, sd;
    for (size_t i = 0; i < x->n; i++) { highest = x->v[i] > highest ? x->v[i] : highest; }
    bool ordered = s->n_resegment < 2 || s->resegment_range[0] <= s->resegment_range[1];
    bound[0] = s->resegment_range[ordered ? 0 : 1];
    bound[1] = s->resegment_range[ordered ? 1 : 0];
    switch (s->resegment_mode) {
    case RX_RESEGMENT_ABSOLUTE:
        for (int i = 0; i < 2; i++) { bound[i] = rounded(x, bound[i]); }
        break;
    case RX_RESEGMENT_RELATIVE:
        for (int i = 0; i < 2; i++) { bound[i] = rounded(x, highest * rounded(x, bound[i])); }
        break;
    case RX_RESEGMENT_SIGMA:
        mean = mean_of(x);
        sd = deviation_of(x, mean);
        for (int i = 0; i < 2; i++) {
            bound[i] = rounded(x, mean + rounded(x, sd * rounded(x, bound[i])));
        }
        break;
    }
}

int rx_resegment_mask(rx_region *out, const rx_image *image, const rx_mask *mask, rx_pixel pixel,
                      const rx_pyradiomics *s, rx_error *err)
{
    values x = { NULL, 0, pixel == RX_PIXEL_F32 };
    size_t voxels = 0, kept = 0;
    double bound[2];
    int rc = rx_grid_voxels(&voxels, &mask->grid, err);
    if (rc != RX_OK || (rc = gather(&x, image, mask, voxels, err)) != RX_OK) { return rc; }
    thresholds(bound, &x, s);
    free(x.v);
    if ((rc = rx_region_new(out, &mask->grid, err)) != RX_OK) { return rc; }
    for (size_t i = 0; i < voxels; i++) {
        if (mask->voxels[i] != mask->label) { continue; }
        double v;
        rx_copy_voxels(&v, image, i, 1);
        out->voxels[i] = v >= bound[0] && (s->n_resegment < 2 || v <= bound[1]);
        kept += out->voxels[i];
    }
    if (kept <= 1) {
        rx_region_free(out);
        return rx_fail(err, kept ? RX_ETOOSMALL : RX_EEMPTY, "re-segmentation to [%g, %g] leaves %zu of "
                       "%zu voxels", bound[0], s->n_resegment < 2 ? (double)INFINITY : bound[1], kept, x.n);
    }
    return RX_OK;
}
