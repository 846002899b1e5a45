#include "ibsi_resample.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "roi.h"

/* Cubic B-spline: the pole of the filter that makes coefficients of samples (Unser, Aldroubi and
 * Eden 1993). After HORIZON samples a coefficient has forgotten what was there. */
static const double POLE = -0.26794919243112270647;      /* sqrt(3) - 2 */
enum { HORIZON = 32 };

static void read_image(double *out, const rx_line_source *s, size_t i, size_t j, size_t k, size_t n)
{
    const size_t *dim = s->image->grid.dim;
    rx_copy_voxels(out, s->image, (k * dim[1] + j) * dim[0] + i, n);
}

static void read_mask(double *out, const rx_line_source *s, size_t i, size_t j, size_t k, size_t n)
{
    const size_t *dim = s->mask->grid.dim;
    const uint8_t *v = s->mask->voxels + (k * dim[1] + j) * dim[0] + i;
    for (size_t x = 0; x < n; x++) { out[x] = v[x] == s->mask->label ? 1 : 0; }
}

rx_line_source rx_image_lines(const rx_image *image)
{
    return (rx_line_source){ .read = read_image, .image = image };
}

rx_line_source rx_mask_lines(const rx_mask *mask)
{
    return (rx_line_source){ .read = read_mask, .mask = mask };
}

rx_new_axis rx_new_axis_of(size_t n, double spacing, double to)
{
    if (!(to > 0) || to == spacing) { return (rx_new_axis){ n, 0, 1 }; }
    double size = (double)n * spacing / to;
    double near = floor(size + 0.5);
    /* 30 voxels of 0.1 in voxels of 0.3 are 10, whatever the division rounds to */
    double count = fabs(size - near) <= 1e-9 * near ? near : ceil(size);
    if (!(count >= 1)) { count = 1; }
    if (!(count < 4e9)) { count = 4e9; }                 /* more than any grid may have */
    double step = to / spacing;
    return (rx_new_axis){ (size_t)count, ((double)(n - 1) - step * (count - 1)) / 2, step };
}

static bool is_identity(const rx_new_axis *g, size_t n_old)
{
    return g->n == n_old && g->step == 1 && g->first == 0;
}

/* Index of sample i of a line of n that is mirrored at its first and last sample. */
static size_t mirrored(long i, size_t n)
{
    if (n == 1) { return 0; }
    long last = (long)n - 1;
    if (i < 0) { i = -i; }
    return (size_t)(i > last ? 2 * last - i : i);
}

static void set_taps(rx_axis *a, size_t i, double x, size_t n_old, rx_ibsi_interpolation how)
{
    size_t *index = a->index + i * a->taps;
    double *w = a->weight + i * a->taps;
    double last = (double)(n_old - 1);
    x = x < 0 ? 0 : x > last ? last : x;
    /* a position that misses a sample by rounding is on it */
    double near = floor(x + 0.5);
    if (fabs(x - near) < 1e-9) { x = near; }
    double base = floor(x), t = x - base;
    switch (how) {
    case RX_IBSI_NEAREST:
        index[0] = (size_t)floor(x + 0.5);
        w[0] = 1;
        break;
    case RX_IBSI_LINEAR:
        index[0] = (size_t)base;
        index[1] = t > 0 ? index[0] + 1 : index[0];
        w[0] = 1 - t;
        w[1] = t;
        break;
    case RX_IBSI_CUBIC_SPLINE: {
        double u = 1 - t;
        w[0] = u * u * u / 6;
        w[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
        w[2] = (4 - 6 * u * u + 3 * u * u * u) / 6;
        w[3] = t * t * t / 6;
        for (int k = 0; k < 4; k++) {
            /* a tap without weight may lie two samples outside */
            long at = (long)base + k - 1;
            index[k] = w[k] == 0 ? (size_t)base : mirrored(at, n_old);
        }
        break;
    }
    }
}

int rx_axis_plan(rx_axis *a, const rx_new_axis *grid, size_t first, size_t count, size_t n_old,
                 rx_ibsi_interpolation how, rx_error *err)
{
    bool same = is_identity(grid, n_old);
    if (same) { how = RX_IBSI_NEAREST; }
    a->taps = how == RX_IBSI_NEAREST ? 1 : how == RX_IBSI_LINEAR ? 2 : 4;
    a->spline = how == RX_IBSI_CUBIC_SPLINE;
    a->n_out = count;
    size_t cells;
    if (!rx_size_mul(&cells, count, a->taps * (sizeof *a->index + sizeof *a->weight))) {
        return rx_fail(err, RX_ENOMEM, "%zu samples overflow the address space", count);
    }
    a->index = malloc(count * a->taps * sizeof *a->index);
    a->weight = malloc(count * a->taps * sizeof *a->weight);
    if (!a->index || !a->weight) {
        rx_axis_free(a);
        return rx_fail(err, RX_ENOMEM, "no memory for %zu samples", count);
    }
    size_t lowest = n_old - 1, highest = 0;
    for (size_t i = 0; i < count; i++) {
        double x = same ? (double)(first + i) : grid->first + (double)(first + i) * grid->step;
        set_taps(a, i, x, n_old, how);
        for (unsigned t = 0; t < a->taps; t++) {
            size_t at = a->index[i * a->taps + t];
            if (at < lowest) { lowest = at; }
            if (at > highest) { highest = at; }
        }
    }
    if (a->spline) {
        lowest -= lowest < HORIZON ? lowest : HORIZON;
        highest = n_old - 1 - highest < HORIZON ? n_old - 1 : highest + HORIZON;
    }
    a->in_first = lowest;
    a->n_in = highest - lowest + 1;
    for (size_t i = 0; i < count * a->taps; i++) { a->index[i] -= lowest; }
    return RX_OK;
}

void rx_axis_free(rx_axis *a)
{
    free(a->index);
    free(a->weight);
    a->index = NULL;
    a->weight = NULL;
}

/* Coefficients of the spline through n rows of `wide` samples each (row r at v + r*wide), mirrored
 * at both ends. */
static void spline_coefficients(double *v, size_t n, size_t wide)
{
    if (n == 1) { return; }
    size_t reach = 2 * n - 2 < HORIZON ? 2 * n - 2 : HORIZON;
    double gain = (1 - POLE) * (1 - 1 / POLE);
    double whole = 1 / (1 - pow(POLE, (double)(2 * n - 2)));
    for (size_t i = 0; i < n * wide; i++) { v[i] *= gain; }
    for (size_t x = 0; x < wide; x++) {
        double sum = 0, power = 1;
        for (size_t r = 0; r < reach; r++) {
            sum += power * v[mirrored((long)r, n) * wide + x];
            power *= POLE;
        }
        v[x] = 2 * n - 2 <= HORIZON ? sum * whole : sum;
    }
    for (size_t r = 1; r < n; r++) {
        for (size_t x = 0; x < wide; x++) { v[r * wide + x] += POLE * v[(r - 1) * wide + x]; }
    }
    double *end = v + (n - 1) * wide;
    for (size_t x = 0; x < wide; x++) {
        end[x] = POLE / (POLE * POLE - 1) * (end[x] + POLE * end[x - wide]);
    }
    for (size_t r = n - 1; r-- > 0;) {
        for (size_t x = 0; x < wide; x++) {
            v[r * wide + x] = POLE * (v[(r + 1) * wide + x] - v[r * wide + x]);
        }
    }
}

/* Rows of `wide` samples. A tap without weight must not make a NaN of its neighbour. */
static void combine(double *out, const double *in, const rx_axis *a, size_t wide)
{
    for (size_t i = 0; i < a->n_out; i++) {
        double *o = out + i * wide;
        memset(o, 0, wide * sizeof *o);
        for (unsigned t = 0; t < a->taps; t++) {
            double w = a->weight[i * a->taps + t];
            const double *from = in + a->index[i * a->taps + t] * wide;
            if (w == 0) { continue; }
            for (size_t x = 0; x < wide; x++) { o[x] += w * from[x]; }
        }
    }
}

static bool copies(const rx_axis *a)
{
    if (a->taps > 1 || a->n_in != a->n_out) { return false; }
    for (size_t i = 0; i < a->n_out; i++) {
        if (a->index[i] != i) { return false; }
    }
    return true;
}

/* One slice of the image, resampled along axes 0 and 1. work: n_in of axis 1 rows of n_out of
 * axis 0; line: n_in of axis 0. */
static void resample_slice(double *out, double *work, double *line, const rx_line_source *s,
                           const rx_axis axis[3], size_t k)
{
    size_t wide = axis[0].n_out;
    bool direct = copies(&axis[1]);
    double *rows = direct ? out : work;
    for (size_t j = 0; j < axis[1].n_in; j++) {
        s->read(line, s, axis[0].in_first, axis[1].in_first + j, k, axis[0].n_in);
        if (axis[0].spline) { spline_coefficients(line, axis[0].n_in, 1); }
        combine(rows + j * wide, line, &axis[0], 1);
    }
    if (direct) { return; }
    if (axis[1].spline) { spline_coefficients(rows, axis[1].n_in, wide); }
    combine(out, rows, &axis[1], wide);
}

int rx_resample(double *out, const rx_line_source *source, const rx_axis axis[3], rx_error *err)
{
    size_t plane = axis[0].n_out * axis[1].n_out, work_size, slices_size;
    bool direct = copies(&axis[2]);
    if (!rx_size_mul(&work_size, axis[1].n_in * axis[0].n_out, sizeof(double))
        || !rx_size_mul(&slices_size, plane * axis[2].n_in, sizeof(double))) {
        return rx_fail(err, RX_ENOMEM, "the image to interpolate overflows the address space");
    }
    double *line = malloc(axis[0].n_in * sizeof *line), *work = malloc(work_size);
    double *slices = direct ? out : malloc(slices_size);
    int rc = RX_OK;
    if (!line || !work || !slices) {
        rc = rx_fail(err, RX_ENOMEM, "no memory to interpolate %zu slices of %zu voxels",
                     axis[2].n_in, plane);
        goto out;
    }
    for (size_t k = 0; k < axis[2].n_in; k++) {
        resample_slice(slices + k * plane, work, line, source, axis, axis[2].in_first + k);
    }
    if (!direct) {
        if (axis[2].spline) { spline_coefficients(slices, axis[2].n_in, plane); }
        combine(out, slices, &axis[2], plane);
    }
out:
    free(line);
    free(work);
    if (!direct) { free(slices); }
    return rc;
}
