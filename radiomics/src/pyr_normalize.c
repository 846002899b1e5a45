#include <math.h>
#include <string.h>
#include "pyr.h"

/* Sums with the lost low bits kept (W. Kahan, CACM 8(1), 1965), as ITK's statistics. */
typedef struct kahan { double sum, lost; } kahan;

static void add(kahan *k, double v)
{
    double in = v - k->lost, sum = k->sum + in;
    k->lost = (sum - k->sum) - in;
    k->sum = sum;
}

int rx_normalize_image(rx_volume *out, const rx_image *image, const rx_pyradiomics *s, rx_error *err)
{
    size_t n = 0;
    int rc = rx_grid_voxels(&n, &image->grid, err);
    if (rc != RX_OK || (rc = rx_volume_copy(out, image, err)) != RX_OK) { return rc; }
    kahan sum = { 0, 0 }, squares = { 0, 0 };
    for (size_t i = 0; i < n; i++) {
        add(&sum, out->voxels[i]);
        add(&squares, out->voxels[i] * out->voxels[i]);
    }
    double count = (double)n, mean = sum.sum / count;
    double variance = (squares.sum - sum.sum * sum.sum / count) / (count - 1);
    double scale = 1 / sqrt(variance);
    if (!isfinite(mean) || !isfinite(scale)) {
        rx_volume_free(out);
        return rx_fail(err, RX_EINVAL, "the image cannot be normalised: its mean is %g, its variance %g",
                       mean, variance);
    }
    for (size_t i = 0; i < n; i++) {
        double v = (out->voxels[i] - mean) * scale;
        if (s->remove_outliers > 0) { v = fmin(fmax(v, -s->remove_outliers), s->remove_outliers); }
        out->voxels[i] = v * s->normalize_scale;
    }
    return RX_OK;
}
