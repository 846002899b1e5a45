/* Local intensity (IBSI 3.2): mean intensities in spheres of 1 cm^3 around voxels of the intensity
 * mask. A sphere takes in voxels outside the mask, but none outside the image or without a number.
 *
 * A row of a sphere is a stretch of an image row: with running sums of the image rows, a mean costs
 * two differences for each row of the sphere. */
#include <math.h>
#include <stdlib.h>
#include "ibsi_families.h"
#include "ibsi_volume.h"

/* A row of the sphere: which, and how far it reaches to both sides. */
typedef struct chord { long dj, dk; size_t half; } chord;

typedef struct sphere { chord *chord; size_t n; } sphere;

static int make_sphere(sphere *s, const double mm[3], rx_error *err)
{
    double reach[3];
    for (int a = 0; a < 3; a++) { reach[a] = floor(RX_SPHERE_MM / mm[a]); }
    double rows = (2 * reach[1] + 1) * (2 * reach[2] + 1);
    if (!(rows < 1e7) || !(reach[0] < 1e7)) {
        return rx_fail(err, RX_ELIMIT, "a sphere of 1 cm3 has %g rows of voxels of %g x %g x %g mm", rows,
                       mm[0], mm[1], mm[2]);
    }
    s->chord = malloc((size_t)rows * sizeof *s->chord);
    if (!s->chord) { return rx_fail(err, RX_ENOMEM, "no memory for a sphere of %g rows", rows); }
    for (long k = -(long)reach[2]; k <= (long)reach[2]; k++) {
        for (long j = -(long)reach[1]; j <= (long)reach[1]; j++) {
            double y = (double)j * mm[1], z = (double)k * mm[2];
            double left = RX_SPHERE_MM * RX_SPHERE_MM - y * y - z * z;
            if (left < 0) { continue; }
            s->chord[s->n++] = (chord){ j, k, (size_t)floor(sqrt(left) / mm[0]) };
        }
    }
    return RX_OK;
}

/* Running sums of a row: of[i] is what stands before voxel i. */
typedef struct running { double *sum; uint32_t *count; } running;

static void run_row(running r, const double *v, size_t n)
{
    r.sum[0] = 0;
    r.count[0] = 0;
    for (size_t i = 0; i < n; i++) {
        bool number = isfinite(v[i]);
        r.sum[i + 1] = r.sum[i] + (number ? v[i] : 0);
        r.count[i + 1] = r.count[i] + number;
    }
}

/* Rows of the image, from row `first` on, whose running sums stand in a ring of slices. */
typedef struct sums {
    const rx_volume *image;
    running *row;                 /* [slices of the ring][rows of the image]                */
    double *sum;
    uint32_t *count;
    size_t ring, ready;           /* slices in the ring; slices that were summed so far      */
} sums;

static void sums_free(sums *s)
{
    free(s->row);
    free(s->sum);
    free(s->count);
    *s = (sums){ 0 };
}

static int sums_new(sums *s, const rx_volume *image, size_t first, size_t ring, rx_error *err)
{
    const size_t *dim = image->grid.dim;
    if (ring > dim[2]) { ring = dim[2]; }
    size_t rows = ring * dim[1], width = dim[0] + 1;
    *s = (sums){ .image = image, .ring = ring, .ready = first };
    s->row = malloc(rows * sizeof *s->row);
    s->sum = malloc(rows * width * sizeof *s->sum);
    s->count = malloc(rows * width * sizeof *s->count);
    if (!s->row || !s->sum || !s->count) {
        return rx_fail(err, RX_ENOMEM, "no memory for the sums of %zu rows of %zu voxels", rows, dim[0]);
    }
    for (size_t r = 0; r < rows; r++) {
        s->row[r] = (running){ s->sum + r * width, s->count + r * width };
    }
    return RX_OK;
}

static running row_of(const sums *s, size_t j, size_t k)
{
    return s->row[k % s->ring * s->image->grid.dim[1] + j];
}

static void sum_slices(sums *s, size_t end)
{
    const size_t *dim = s->image->grid.dim;
    for (; s->ready < end; s->ready++) {
        for (size_t j = 0; j < dim[1]; j++) {
            run_row(row_of(s, j, s->ready), s->image->voxels + (s->ready * dim[1] + j) * dim[0], dim[0]);
        }
    }
}

/* The rows of the image that the spheres around voxels of row (j, k) take in. */
typedef struct reach { running row; size_t half; } reach;

static size_t rows_in_reach(reach *out, const sphere *s, const sums *u, size_t j, size_t k)
{
    const size_t *dim = u->image->grid.dim;
    size_t n = 0;
    for (size_t c = 0; c < s->n; c++) {
        long y = (long)j + s->chord[c].dj, z = (long)k + s->chord[c].dk;
        if (y < 0 || z < 0 || (size_t)y >= dim[1] || (size_t)z >= dim[2]) { continue; }
        out[n++] = (reach){ row_of(u, (size_t)y, (size_t)z), s->chord[c].half };
    }
    return n;
}

static double mean_around(const reach *r, size_t n, size_t i, size_t width)
{
    double sum = 0;
    size_t count = 0;
    for (size_t c = 0; c < n; c++) {
        size_t begin = i < r[c].half ? 0 : i - r[c].half;
        size_t end = width - 1 - i < r[c].half ? width : i + r[c].half + 1;
        sum += r[c].row.sum[end] - r[c].row.sum[begin];
        count += r[c].row.count[end] - r[c].row.count[begin];
    }
    return sum / (double)count;
}

typedef struct peaks { double at_highest, highest; } peaks;

static void look_at_row(peaks *p, reach *rows, const sphere *s, const sums *u, const rx_ibsi_case *c,
                        size_t j, size_t k)
{
    const uint8_t *in = rx_ibsi_mask_row(c, j, k);
    const double *v = rx_ibsi_value_row(c, j, k);
    double highest = c->sorted[c->n - 1];
    size_t n = 0;
    for (size_t i = 0; i < c->roi.n[0]; i++) {
        if (!in[i]) { continue; }
        if (n == 0) { n = rows_in_reach(rows, s, u, j + c->roi.min[1], k + c->roi.min[2]); }
        double mean = mean_around(rows, n, i + c->roi.min[0], u->image->grid.dim[0]);
        p->highest = fmax(p->highest, mean);
        if (v[i] == highest) { p->at_highest = fmax(p->at_highest, mean); }
    }
}

int rx_ibsi_local(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err)
{
    static const rx_ibsi_feature f[] = { { "loc_peak_loc", "VJGA" }, { "loc_peak_glob", "0F91" } };
    sphere s = { 0 };
    sums u = { 0 };
    reach *rows = NULL;
    peaks p = { -INFINITY, -INFINITY };
    int rc = make_sphere(&s, c->roi.spacing_mm, err);
    if (rc != RX_OK) { return rc; }
    size_t tall = 0, depth = c->p->image.grid.dim[2];
    for (size_t i = 0; i < s.n; i++) { tall = s.chord[i].dk > (long)tall ? (size_t)s.chord[i].dk : tall; }
    size_t first = c->roi.min[2] < tall ? 0 : c->roi.min[2] - tall;
    rows = malloc(s.n * sizeof *rows);
    rc = rows ? sums_new(&u, &c->p->image, first, 2 * tall + 1, err)
              : rx_fail(err, RX_ENOMEM, "no memory for %zu rows", s.n);
    for (size_t k = 0; rc == RX_OK && k < c->roi.n[2]; k++) {
        size_t end = k + c->roi.min[2] + tall + 1;
        sum_slices(&u, end < depth ? end : depth);
        for (size_t j = 0; j < c->roi.n[1]; j++) { look_at_row(&p, rows, &s, &u, c, j, k); }
    }
    sums_free(&u);
    free(rows);
    free(s.chord);
    const double v[] = { p.at_highest, p.highest };
    return rc == RX_OK ? rx_ibsi_add(out, f, v, 2, err) : rc;
}
