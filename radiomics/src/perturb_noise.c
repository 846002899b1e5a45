/* How much noise an image has, and more of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "perturb.h"
#include "roi.h"

enum { TAPS = 6, MOST_SAMPLES = 1 << 20 };

/* Coiflet 1, high-pass: Daubechies 1992, table 8.1, as the mirror filter of its low-pass; its
 * squares add up to 1, so that white noise keeps its standard deviation. */
static const double high_pass[TAPS] = {
    -0.0727326195128539, -0.3378976624578092, 0.8525720202122554,
    -0.38486484686420286, -0.0727326195128539, 0.01565572813546454,
};

typedef struct window {
    size_t taps[3], places[3], total;    /* along an axis that is too short: 1 tap           */
} window;

static void make_window(window *w, const rx_grid *g)
{
    w->total = 1;
    for (int a = 0; a < 3; a++) {
        w->taps[a] = g->dim[a] >= TAPS ? TAPS : 1;
        w->places[a] = g->dim[a] - w->taps[a] + 1;
        w->total *= w->places[a];
    }
}

static double tap(const window *w, int axis, size_t i) { return w->taps[axis] == 1 ? 1 : high_pass[i]; }

/* The filter's response with its first tap at voxel `at`. *padding: more than a quarter of the rows
 * that it saw were of equal voxels, as beyond a scanner's field of view. */
static double response(bool *padding, const rx_image *image, const window *w, size_t at)
{
    const size_t *dim = image->grid.dim;
    double sum = 0;
    size_t flat = 0, rows = w->taps[1] * w->taps[2];
    for (size_t k = 0; k < w->taps[2]; k++) {
        for (size_t j = 0; j < w->taps[1]; j++) {
            double row[TAPS], part = 0;
            bool equal = true;
            rx_copy_voxels(row, image, at + (k * dim[1] + j) * dim[0], w->taps[0]);
            for (size_t i = 0; i < w->taps[0]; i++) {
                part += tap(w, 0, i) * row[i];
                equal = equal && row[i] == row[0];
            }
            flat += equal && w->taps[0] > 1;
            sum += tap(w, 1, j) * tap(w, 2, k) * part;
        }
    }
    *padding = 4 * flat > rows;
    return sum;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, ascending);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* In a large image every nth place is looked at: a million of them say it to a few per mille. */
int rx_perturb_noise_level(double *sd, const rx_image *image, rx_error *err)
{
    size_t all;
    int rc = rx_grid_voxels(&all, &image->grid, err);
    if (rc != RX_OK) { return rc; }
    if (!image->voxels) { return rx_fail(err, RX_EINVAL, "the image has no voxels"); }
    window w;
    make_window(&w, &image->grid);
    *sd = 0;
    if (w.taps[0] * w.taps[1] * w.taps[2] == 1) { return RX_OK; }
    size_t every = w.total / MOST_SAMPLES + 1, n = 0;
    double *v = malloc((w.total / every + 1) * sizeof *v);
    if (!v) { return rx_fail(err, RX_ENOMEM, "no memory for the noise of %zu voxels", w.total); }
    for (size_t place = 0; place < w.total && rc == RX_OK; place += every) {
        size_t i = place % w.places[0], j = place / w.places[0] % w.places[1];
        size_t k = place / w.places[0] / w.places[1];
        bool padding;
        double r = response(&padding, image, &w, (k * image->grid.dim[1] + j) * image->grid.dim[0] + i);
        if (!isfinite(r)) {
            rc = rx_fail(err, RX_EINVAL, "a voxel near index (%zu, %zu, %zu) is not finite", i, j, k);
        } else if (!padding) {
            v[n++] = fabs(r);
        }
    }
    if (rc == RX_OK && n > 0) { *sd = median(v, n) / 0.67448975019608171; }   /* normal quartile */
    free(v);
    return rc;
}

void rx_perturb_add_noise(rx_volume *v, double sd, uint64_t seed)
{
    rx_chance c = rx_chance_new(seed, RX_CHANCE_NOISE);
    size_t n = v->grid.dim[0] * v->grid.dim[1] * v->grid.dim[2];
    for (size_t i = 0; i < n; i++) { v->voxels[i] += sd * rx_chance_normal(&c); }
}
