/* Gabor filters (IBSI 2): in a slice, the modulus of the response to
 *
 *   exp(-(k1'^2 + gamma^2 k2'^2) / 2 sigma^2 + 2 pi i k1' / lambda)
 *
 * with k' turned by theta. The kernel is neither separable nor small, so it is applied by Fourier
 * transform of slices widened by what the boundary condition says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "fft.h"
#include "resp_kinds.h"
#include "resp_lines.h"

/* exp(-6.8^2 / 2) < 1e-10 */
static const double SIGMAS = 6.8;

double rx_gabor_radius(const rx_response *f, double spacing_mm)
{
    double widest = f->sigma_mm * (f->aspect < 1 ? 1 / f->aspect : 1);
    return ceil(SIGMAS * widest / spacing_mm);
}

/* A kernel's spectrum, which is real since the kernel at -k is the conjugate of that at k. It is a
 * Gaussian around the wave's frequency: only the columns (kx) where it is not nothing are kept. */
typedef struct spectrum {
    size_t first, columns;                 /* kx = (first + c) mod wide[0]                  */
    double *g;                             /* [wide[1] * columns]                           */
} spectrum;

static const double NOTHING = 1e-14;       /* of the spectrum's highest value               */

/* The plane of two axes of the image, and its transforms. */
typedef struct plane {
    size_t min[2], dim[2];                 /* of the part in the slice                      */
    size_t image[2], radius[2], wide[3];   /* size of the whole, the kernel, the transform  */
    size_t stride[2], part_stride[2];      /* of its axes in image and map                  */
    rx_fft3 *fft;                          /* of a slice                                    */
    rx_fft *axis[2];                       /* of its axes                                   */
    rx_complex *slice, *whole;             /* half spectrum; [wide[0] * wide[1]]            */
    rx_complex *product, *rows;            /* [wide[1] * columns]; [dim[1] * wide[0]]       */
    double *space, *pooled;                /* [wide[0] * wide[1]]; [dim[0] * dim[1]]        */
    spectrum *kernels;
    size_t orientations;
} plane;

static void plane_free(plane *p)
{
    rx_fft3_free(p->fft);
    for (int i = 0; i < 2; i++) { rx_fft_free(p->axis[i]); }
    for (size_t o = 0; p->kernels && o < p->orientations; o++) { free(p->kernels[o].g); }
    free(p->kernels);
    free(p->slice);
    free(p->whole);
    free(p->product);
    free(p->rows);
    free(p->space);
    free(p->pooled);
}

/* The kernel's real or imaginary part in p->space, its centre at index 0 and the rest wrapped around. */
static void draw_kernel(plane *p, const rx_response *f, const double spacing[2], double theta, bool imaginary)
{
    const double turn = 2 * acos(-1), c = cos(theta), s = sin(theta), across = f->aspect * f->aspect;
    memset(p->space, 0, p->wide[0] * p->wide[1] * sizeof *p->space);
    const ptrdiff_t ru = (ptrdiff_t)p->radius[0], rv = (ptrdiff_t)p->radius[1];
    for (ptrdiff_t v = -rv; v <= rv; v++) {
        for (ptrdiff_t u = -ru; u <= ru; u++) {
            double x = (double)u * spacing[0], y = (double)v * spacing[1];
            double along = x * c + y * s, aside = y * c - x * s;
            double envelope = exp(-(along * along + across * aside * aside) / (2 * f->sigma_mm * f->sigma_mm));
            double wave = turn * along / f->wavelength_mm;
            size_t at = (size_t)(v < 0 ? v + (ptrdiff_t)p->wide[1] : v) * p->wide[0]
                        + (size_t)(u < 0 ? u + (ptrdiff_t)p->wide[0] : u);
            p->space[at] = envelope * (imaginary ? sin(wave) : cos(wave));
        }
    }
}

/* Element (kx, ky) of a half spectrum, which has the conjugate at -k. */
static rx_complex whole_spectrum(const rx_complex *half, const size_t wide[2], size_t kx, size_t ky)
{
    const size_t columns = wide[0] / 2 + 1;
    if (kx < columns) { return half[ky * columns + kx]; }
    rx_complex v = half[(ky == 0 ? 0 : wide[1] - ky) * columns + wide[0] - kx];
    return (rx_complex){ v.re, -v.im };
}

/* The narrowest run of columns, around the circle, outside of which nothing is. */
static void find_columns(spectrum *s, const double *highest, size_t n, double top)
{
    size_t best = 0, best_start = 0, run = 0;
    for (size_t i = 0; i < 2 * n; i++) {           /* twice around: a gap may span index 0 */
        run = highest[i % n] > NOTHING * top ? 0 : run + 1;
        if (run > best && run < n) {
            best = run;
            best_start = i + 1 - run;
        }
    }
    s->first = (best_start + best) % n;
    s->columns = n - best;
}

/* From the whole spectrum g, in p->space, and its highest value in each column. */
static int keep_columns(spectrum *s, const plane *p, double *highest, rx_error *err)
{
    const size_t nx = p->wide[0], ny = p->wide[1];
    double top = 0;
    memset(highest, 0, nx * sizeof *highest);
    for (size_t at = 0; at < nx * ny; at++) {
        highest[at % nx] = fmax(highest[at % nx], fabs(p->space[at]));
        top = fmax(top, fabs(p->space[at]));
    }
    find_columns(s, highest, nx, top);
    s->g = malloc(ny * s->columns * sizeof *s->g);
    if (!s->g) { return rx_fail(err, RX_ENOMEM, "no memory for a kernel of %zu x %zu", nx, ny); }
    for (size_t y = 0; y < ny; y++) {
        for (size_t c = 0; c < s->columns; c++) { s->g[y * s->columns + c] = p->space[y * nx + (s->first + c) % nx]; }
    }
    return RX_OK;
}

/* The real part a is even and the imaginary part b odd, so that A is real, B imaginary and the
 * spectrum of a + ib is A.re - B.im. */
static int make_kernel(spectrum *s, plane *p, const rx_response *f, const double spacing[2], double theta,
                       double *highest, rx_error *err)
{
    const size_t nx = p->wide[0], ny = p->wide[1];
    draw_kernel(p, f, spacing, theta, false);
    rx_fft3_forward(p->fft, p->slice, p->space);
    draw_kernel(p, f, spacing, theta, true);
    rx_fft3_forward(p->fft, p->product, p->space);
    for (size_t y = 0; y < ny; y++) {
        for (size_t x = 0; x < nx; x++) {
            p->space[y * nx + x] = whole_spectrum(p->slice, p->wide, x, y).re - whole_spectrum(p->product, p->wide, x, y).im;
        }
    }
    return keep_columns(s, p, highest, err);
}

static int make_kernels(plane *p, const rx_response *f, const double spacing[2], const double *thetas,
                        rx_error *err)
{
    double *highest = malloc(p->wide[0] * sizeof *highest);
    int rc = highest ? RX_OK : rx_fail(err, RX_ENOMEM, "no memory for %zu frequencies", p->wide[0]);
    for (size_t o = 0; rc == RX_OK && o < p->orientations; o++) {
        rc = make_kernel(&p->kernels[o], p, f, spacing, thetas[o], highest, err);
    }
    free(highest);
    return rc;
}

static int plane_new(plane *p, const rx_grid *grid, const rx_part *part, const rx_response *f, int across, const double *thetas,
                     size_t orientations, rx_error *err)
{
    const size_t strides[3] = { 1, grid->dim[0], grid->dim[0] * grid->dim[1] };
    const size_t part_strides[3] = { 1, part->n[0], part->n[0] * part->n[1] };
    const int axes[2] = { across == 0 ? 1 : 0, across == 2 ? 1 : 2 };
    double spacing[2];
    *p = (plane){ .orientations = orientations };
    p->wide[2] = 1;
    int rc = RX_OK;
    for (int i = 0; i < 2 && rc == RX_OK; i++) {
        p->min[i] = part->min[axes[i]];
        p->dim[i] = part->n[axes[i]];
        p->image[i] = grid->dim[axes[i]];
        p->stride[i] = strides[axes[i]];
        p->part_stride[i] = part_strides[axes[i]];
        spacing[i] = grid->spacing_mm[axes[i]];
        p->radius[i] = (size_t)rx_gabor_radius(f, spacing[i]);
        p->wide[i] = rx_fft_good_size(p->dim[i] + 2 * p->radius[i]);
        rc = rx_fft_new(&p->axis[i], p->wide[i], err);
    }
    if (rc == RX_OK) { rc = rx_fft3_new(&p->fft, p->wide, err); }
    if (rc != RX_OK) { return rc; }
    const size_t points = p->wide[0] * p->wide[1];
    p->slice = malloc(rx_fft3_terms(p->fft) * sizeof *p->slice);
    p->whole = malloc(points * sizeof *p->whole);
    p->product = malloc(points * sizeof *p->product);
    p->rows = malloc(p->dim[1] * p->wide[0] * sizeof *p->rows);
    p->space = malloc(points * sizeof *p->space);
    p->pooled = malloc(p->dim[0] * p->dim[1] * sizeof *p->pooled);
    p->kernels = calloc(orientations, sizeof *p->kernels);
    if (!p->slice || !p->whole || !p->product || !p->rows || !p->space || !p->pooled || !p->kernels) {
        return rx_fail(err, RX_ENOMEM, "no memory for slices of %zu x %zu", p->wide[0], p->wide[1]);
    }
    return make_kernels(p, f, spacing, thetas, err);
}

static void widen_slice(plane *p, const double *slice, rx_boundary boundary)
{
    memset(p->space, 0, p->wide[0] * p->wide[1] * sizeof *p->space);
    for (size_t v = 0; v < p->dim[1] + 2 * p->radius[1]; v++) {
        ptrdiff_t y = rx_boundary_index((ptrdiff_t)(v + p->min[1]) - (ptrdiff_t)p->radius[1], p->image[1], boundary);
        if (y < 0) { continue; }
        for (size_t u = 0; u < p->dim[0] + 2 * p->radius[0]; u++) {
            ptrdiff_t x = rx_boundary_index((ptrdiff_t)(u + p->min[0]) - (ptrdiff_t)p->radius[0], p->image[0], boundary);
            if (x >= 0) {
                p->space[v * p->wide[0] + u] = slice[(size_t)x * p->stride[0] + (size_t)y * p->stride[1]];
            }
        }
    }
}

/* Columns first .. first+n-1 around the circle are two runs at most: this is the first's length. */
static size_t first_run(const spectrum *s, size_t nx)
{
    return s->columns < nx - s->first ? s->columns : nx - s->first;
}

static void multiply(rx_complex *out, const rx_complex *in, const double *g, size_t n)
{
    for (size_t c = 0; c < n; c++) { out[c] = (rx_complex){ in[c].re * g[c], in[c].im * g[c] }; }
}

/* rows = the response, of which the slice's own rows are transformed back and no others. */
static void respond(plane *p, const spectrum *s)
{
    const size_t nx = p->wide[0], ny = p->wide[1], n = s->columns, run = first_run(s, nx);
    for (size_t y = 0; y < ny; y++) {
        const double *g = s->g + y * n;
        rx_complex *to = p->product + y * n;
        multiply(to, p->whole + y * nx + s->first, g, run);
        multiply(to + run, p->whole + y * nx, g + run, n - run);
    }
    rx_fft_run(p->axis[1], p->product, n, 1, n, true);
    memset(p->rows, 0, p->dim[1] * nx * sizeof *p->rows);
    for (size_t v = 0; v < p->dim[1]; v++) {
        const rx_complex *from = p->product + (v + p->radius[1]) * n;
        rx_complex *row = p->rows + v * nx;
        memcpy(row + s->first, from, run * sizeof *row);
        memcpy(row, from + run, (n - run) * sizeof *row);
    }
    rx_fft_run(p->axis[0], p->rows, 1, nx, p->dim[1], true);
}

/* Adds to, or raises, the slice's result by one orientation's modulus. */
static void pool_modulus(plane *p, double weight, rx_pooling pooling)
{
    for (size_t v = 0; v < p->dim[1]; v++) {
        const rx_complex *from = p->rows + v * p->wide[0] + p->radius[0];
        double *to = p->pooled + v * p->dim[0];
        if (pooling == RX_POOLING_AVERAGE) {
            for (size_t u = 0; u < p->dim[0]; u++) {
                to[u] += weight * sqrt(from[u].re * from[u].re + from[u].im * from[u].im);
            }
        } else {
            for (size_t u = 0; u < p->dim[0]; u++) {
                double modulus = sqrt(from[u].re * from[u].re + from[u].im * from[u].im);
                to[u] = modulus > to[u] ? modulus : to[u];
            }
        }
    }
}

static void filter_slice(plane *p, double *map, const rx_response *f, double weight)
{
    rx_fft3_forward(p->fft, p->slice, p->space);
    for (size_t y = 0; y < p->wide[1]; y++) {
        for (size_t x = 0; x < p->wide[0]; x++) {
            p->whole[y * p->wide[0] + x] = whole_spectrum(p->slice, p->wide, x, y);
        }
    }
    memset(p->pooled, 0, p->dim[0] * p->dim[1] * sizeof *p->pooled);
    for (size_t o = 0; o < p->orientations; o++) {
        respond(p, &p->kernels[o]);
        pool_modulus(p, weight, f->pooling);
    }
    for (size_t v = 0; v < p->dim[1]; v++) {
        for (size_t u = 0; u < p->dim[0]; u++) {
            double *to = &map[u * p->part_stride[0] + v * p->part_stride[1]], value = p->pooled[v * p->dim[0] + u];
            *to = f->pooling == RX_POOLING_AVERAGE ? *to + value : value > *to ? value : *to;
        }
    }
}

/* Half a turn changes the kernel to its conjugate and the modulus not at all. */
static size_t make_thetas(double *thetas, const rx_response *f)
{
    size_t turn = f->rotation_invariant ? (size_t)floor(2 * acos(-1) / f->theta_step + 0.5) : 1;
    size_t n = turn % 2 == 0 ? turn / 2 : turn;
    for (size_t o = 0; o < n; o++) { thetas[o] = f->theta + (double)o * (2 * acos(-1) / (double)turn); }
    return n;
}

int rx_response_gabor(rx_volume *map, const rx_volume *image, const rx_part *part, const rx_response *f,
                      rx_error *err)
{
    double thetas[RX_MAX_ORIENTATIONS];
    const size_t orientations = make_thetas(thetas, f);
    const int planes = f->rotation_invariant && !f->by_slice ? 3 : 1;
    const double weight = 1.0 / (double)(orientations * (size_t)planes);
    const rx_grid grid = rx_part_grid(&image->grid, part);
    const size_t in[3] = { 1, image->grid.dim[0], image->grid.dim[0] * image->grid.dim[1] };
    const size_t out[3] = { 1, grid.dim[0], grid.dim[0] * grid.dim[1] };
    int rc = rx_volume_new(map, &grid, err);
    for (int across = 2; across > 2 - planes && rc == RX_OK; across--) {
        plane p;
        rc = plane_new(&p, &image->grid, part, f, across, thetas, orientations, err);
        for (size_t k = 0; rc == RX_OK && k < part->n[across]; k++) {
            widen_slice(&p, image->voxels + (k + part->min[across]) * in[across], f->boundary);
            filter_slice(&p, map->voxels + k * out[across], f, weight);
        }
        plane_free(&p);
    }
    return rc;
}
