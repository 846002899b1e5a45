/* Bias field of MR images: N4 (Tustison et al., IEEE TMI 29 (2010) 1310-1320), which is N3 (Sled et
 * al., IEEE TMI 17 (1998) 87-97) with another fit of the field and another iteration.
 *
 * log v = log u + log f. Each iteration takes the present estimate of log u, sharpens its
 * histogram by deconvolution with the field's Gaussian, takes what the sharpening changed as what
 * the field still lacks, smooths that by a B-spline, and adds it to the field. The mesh of the
 * B-spline doubles from level to level. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep_n4.h"

static const rx_n4 defaults = {
    .levels = 4, .iterations = { 50, 50, 50, 50 }, .convergence = 1e-3, .mesh = { 1, 1, 1 },
    .shrink = 4, .histogram_bins = 200, .fwhm = 0.15, .wiener_noise = 0.01, .otsu = true,
};

void rx_n4_default(rx_n4 *s) { *s = defaults; }

int rx_n4_check(const rx_n4 *s, rx_error *err)
{
    if (s->levels < 1 || s->levels > RX_N4_MAX_LEVELS) {
        return rx_fail(err, RX_EINVAL, "N4: %u levels, must be 1 to %d", s->levels, RX_N4_MAX_LEVELS);
    }
    for (unsigned l = 0; l < s->levels; l++) {
        if (s->iterations[l] > RX_N4_MAX_ITERATIONS) {
            return rx_fail(err, RX_EINVAL, "N4: %u iterations at level %u, at most %d", s->iterations[l],
                           l + 1, RX_N4_MAX_ITERATIONS);
        }
    }
    for (int a = 0; a < 3; a++) {
        if (s->mesh[a] < 1 || s->mesh[a] > 32) {
            return rx_fail(err, RX_EINVAL, "N4: mesh of %u elements along axis %d, must be 1 to 32",
                           s->mesh[a], a);
        }
    }
    if (s->shrink < 1 || s->shrink > 8) {
        return rx_fail(err, RX_EINVAL, "N4: shrink factor %u, must be 1 to 8", s->shrink);
    }
    if (s->histogram_bins < 16 || s->histogram_bins > 4096) {
        return rx_fail(err, RX_EINVAL, "N4: %u histogram bins, must be 16 to 4096", s->histogram_bins);
    }
    if (!(s->convergence >= 0) || !(s->fwhm > 0) || !(s->wiener_noise > 0) || !isfinite(s->fwhm)
        || !isfinite(s->wiener_noise)) {
        return rx_fail(err, RX_EINVAL, "N4: convergence %g, width %g and noise %g, must not be negative "
                       "and be positive", s->convergence, s->fwhm, s->wiener_noise);
    }
    return RX_OK;
}

/* ---- Where the field is fitted -------------------------------------------------------------------- */

/* Otsu, IEEE TSMC 9 (1979) 62-66: the intensity that parts the histogram of the positive voxels
 * with the largest variance between the parts. */
static double otsu(const rx_volume *v, size_t n)
{
    enum { BINS = 256 };
    double count[BINS] = { 0 }, highest = 0, total = 0, all = 0, below = 0, sum = 0, best = -1;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) { highest = fmax(highest, v->voxels[i]); }
    for (size_t i = 0; i < n; i++) {
        if (!(v->voxels[i] > 0)) { continue; }
        size_t b = (size_t)(v->voxels[i] / highest * BINS);
        count[b < BINS ? b : BINS - 1]++;
    }
    for (size_t b = 0; b < BINS; b++) {
        total += count[b];
        all += count[b] * (double)b;
    }
    for (size_t b = 0; b + 1 < BINS; b++) {
        below += count[b];
        sum += count[b] * (double)b;
        if (below == 0 || below == total) { continue; }
        double apart = sum / below - (all - sum) / (total - below);
        double variance = below * (total - below) * apart * apart;
        if (variance > best) {
            best = variance;
            at = b;
        }
    }
    return best < 0 ? 0 : highest * (double)(at + 1) / BINS;
}

/* Every shrink-th voxel of each axis, from half a step on; a short axis is not thinned out. */
static void thin_out(n4_field *f, const size_t dim[3], unsigned shrink)
{
    for (int a = 0; a < 3; a++) {
        f->full[a] = dim[a];
        f->step[a] = dim[a] / shrink >= 4 ? shrink : 1;
        f->first[a] = f->step[a] / 2;
        f->dim[a] = (dim[a] - f->first[a] + f->step[a] - 1) / f->step[a];
    }
    f->n = f->dim[0] * f->dim[1] * f->dim[2];
}

static int take_points(n4_field *f, const rx_volume *v, const rx_region *region, double lowest,
                       rx_error *err)
{
    f->points = 0;
    f->inside = calloc(f->n, sizeof *f->inside);
    f->logs = calloc(f->n, sizeof *f->logs);
    f->bias = calloc(f->n, sizeof *f->bias);
    f->change = calloc(f->n, sizeof *f->change);
    if (!f->inside || !f->logs || !f->bias || !f->change) {
        return rx_fail(err, RX_ENOMEM, "no memory for 4 x %zu points", f->n);
    }
    for (size_t p = 0; p < f->n; p++) {
        size_t i = f->first[0] + p % f->dim[0] * f->step[0];
        size_t j = f->first[1] + p / f->dim[0] % f->dim[1] * f->step[1];
        size_t k = f->first[2] + p / f->dim[0] / f->dim[1] * f->step[2];
        size_t at = (k * f->full[1] + j) * f->full[0] + i;
        double x = v->voxels[at];
        if (!(x > 0) || (region ? !region->voxels[at] : !(x >= lowest))) { continue; }
        f->inside[p] = 1;
        f->logs[p] = log(x);
        f->points++;
    }
    if (f->points < 10) {
        return rx_fail(err, RX_EEMPTY, "N4: %zu positive points to fit the field to, at least 10 are needed",
                       f->points);
    }
    return RX_OK;
}

/* ---- The iteration ---------------------------------------------------------------------------------- */

/* Coefficient of variation, over the points, of what the field is multiplied by. */
static double variation(const n4_field *f)
{
    double sum = 0, squares = 0, n = (double)f->points;
    for (size_t p = 0; p < f->n; p++) {
        if (f->inside[p]) { sum += exp(f->change[p]); }
    }
    for (size_t p = 0; p < f->n; p++) {
        double d = f->inside[p] ? exp(f->change[p]) - sum / n : 0;
        squares += d * d;
    }
    return sqrt(squares / (n - 1)) / (sum / n);
}

static int one_level(n4_field *f, const rx_n4 *s, unsigned level, rx_error *err)
{
    rx_n4_spline *spline = &f->spline[level];
    size_t mesh[3];
    for (int a = 0; a < 3; a++) { mesh[a] = (size_t)s->mesh[a] << level; }
    int rc = rx_n4_spline_new(spline, f, mesh, err);
    for (unsigned i = 0; rc == RX_OK && i < s->iterations[level]; i++) {
        if (!rx_n4_sharpen(f, s)) { break; }              /* one intensity: nothing to sharpen */
        rx_n4_spline_fit(spline, f);
        for (size_t p = 0; p < f->n; p++) { f->bias[p] += f->change[p]; }
        if (variation(f) < s->convergence) { break; }
    }
    return rc;
}

/* Mean of the fitted field at the points: it is taken off, so that intensities keep their scale. */
static double mean_bias(const n4_field *f)
{
    double sum = 0;
    for (size_t p = 0; p < f->n; p++) { sum += f->inside[p] ? f->bias[p] : 0; }
    return sum / (double)f->points;
}

static int divide(rx_volume *v, rx_volume *field, n4_field *f, const rx_n4 *s, rx_error *err)
{
    const size_t *d = f->full;
    double mean = mean_bias(f), *row = malloc(d[0] * sizeof *row);
    if (!row) { return rx_fail(err, RX_ENOMEM, "no memory for a row of %zu voxels", d[0]); }
    for (size_t k = 0; k < d[2]; k++) {
        for (size_t j = 0; j < d[1]; j++) {
            for (size_t i = 0; i < d[0]; i++) { row[i] = -mean; }
            for (unsigned l = 0; l < s->levels; l++) { rx_n4_spline_add_row(row, &f->spline[l], f, j, k); }
            for (size_t i = 0; i < d[0]; i++) {
                size_t at = (k * d[1] + j) * d[0] + i;
                double b = exp(row[i]);
                v->voxels[at] /= b;
                if (field) { field->voxels[at] = b; }
            }
        }
    }
    free(row);
    return RX_OK;
}

static void put_away(n4_field *f)
{
    for (unsigned l = 0; l < RX_N4_MAX_LEVELS; l++) { rx_n4_spline_free(&f->spline[l]); }
    free(f->inside);
    free(f->logs);
    free(f->bias);
    free(f->change);
    rx_n4_sharpen_free(f);
}

int rx_n4_correct(rx_volume *v, rx_volume *field, const rx_region *region, const rx_n4 *s, rx_error *err)
{
    n4_field f = { 0 };
    size_t n;
    if (field) { *field = (rx_volume){ 0 }; }
    int rc = rx_n4_check(s, err);
    if (rc == RX_OK) { rc = rx_prep_check(&n, v, err); }
    if (rc == RX_OK && region) { rc = rx_prep_same_size(v, region, err); }
    if (rc != RX_OK) { return rc; }
    thin_out(&f, v->grid.dim, s->shrink);
    double lowest = !region && s->otsu ? otsu(v, n) : 0;
    if ((rc = take_points(&f, v, region, lowest, err)) == RX_OK
        && (rc = rx_n4_sharpen_new(&f, s, err)) == RX_OK) {
        for (unsigned l = 0; rc == RX_OK && l < s->levels; l++) { rc = one_level(&f, s, l, err); }
    }
    if (rc == RX_OK && field) { rc = rx_volume_new(field, &v->grid, err); }
    if (rc == RX_OK) { rc = divide(v, field, &f, s, err); }
    if (rc != RX_OK && field) { rx_volume_free(field); }
    put_away(&f);
    return rc;
}
