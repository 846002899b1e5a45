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

/* The plane of two axes of the image, and its transforms. */
typedef struct plane {
    int a, b, across;                      /* axes                                          */
    size_t dim[2], radius[2], wide[3];     /* of the slice; of the kernel; of the transform */
    size_t stride[2], step;                /* in the image                                  */
    rx_fft3 *fft;
    size_t terms;
    rx_complex *slice, *product;           /* spectra                                       */
    double *real, *imaginary;              /* of the transform's size                       */
    double *even, *odd;                    /* [orientation*terms]: the kernels' spectra, of which
                                              the real part's is real, the other's imaginary */
} plane;

static void plane_free(plane *p)
{
    rx_fft3_free(p->fft);
    free(p->slice);
    free(p->product);
    free(p->real);
    free(p->imaginary);
    free(p->even);
    free(p->odd);
}

static void *array(size_t n, size_t size)
{
    return calloc(n, size);
}

/* The kernel, its centre at index 0 and the rest wrapped around. */
static void draw_kernel(plane *p, const rx_response *f, const double spacing[2], double theta)
{
    const double turn = 2 * acos(-1), c = cos(theta), s = sin(theta), across = f->aspect * f->aspect;
    memset(p->real, 0, p->wide[0] * p->wide[1] * sizeof *p->real);
    memset(p->imaginary, 0, p->wide[0] * p->wide[1] * sizeof *p->imaginary);
    const ptrdiff_t ru = (ptrdiff_t)p->radius[0], rv = (ptrdiff_t)p->radius[1];
    for (ptrdiff_t v = -rv; v <= rv; v++) {
        for (ptrdiff_t u = -ru; u <= ru; u++) {
            double x = (double)u * spacing[0], y = (double)v * spacing[1];
            double along = x * c + y * s, aside = y * c - x * s;
            double envelope = exp(-(along * along + across * aside * aside) / (2 * f->sigma_mm * f->sigma_mm));
            size_t at = (size_t)(v < 0 ? v + (ptrdiff_t)p->wide[1] : v) * p->wide[0]
                        + (size_t)(u < 0 ? u + (ptrdiff_t)p->wide[0] : u);
            p->real[at] = envelope * cos(turn * along / f->wavelength_mm);
            p->imaginary[at] = envelope * sin(turn * along / f->wavelength_mm);
        }
    }
}

static int plane_new(plane *p, const rx_grid *grid, const rx_response *f, int across, const double *thetas,
                     size_t orientations, rx_error *err)
{
    const size_t strides[3] = { 1, grid->dim[0], grid->dim[0] * grid->dim[1] };
    *p = (plane){ .a = across == 0 ? 1 : 0, .b = across == 2 ? 1 : 2, .across = across, .step = strides[across] };
    const int axes[2] = { p->a, p->b };
    double spacing[2];
    p->wide[2] = 1;
    for (int i = 0; i < 2; i++) {
        p->dim[i] = grid->dim[axes[i]];
        p->stride[i] = strides[axes[i]];
        spacing[i] = grid->spacing_mm[axes[i]];
        p->radius[i] = (size_t)rx_gabor_radius(f, spacing[i]);
        p->wide[i] = rx_fft_good_size(p->dim[i] + 2 * p->radius[i]);
    }
    int rc = rx_fft3_new(&p->fft, p->wide, err);
    if (rc != RX_OK) { return rc; }
    const size_t points = p->wide[0] * p->wide[1];
    p->terms = rx_fft3_terms(p->fft);
    p->slice = array(p->terms, sizeof *p->slice);
    p->product = array(p->terms, sizeof *p->product);
    p->real = array(points, sizeof *p->real);
    p->imaginary = array(points, sizeof *p->imaginary);
    p->even = array(p->terms * orientations, sizeof *p->even);
    p->odd = array(p->terms * orientations, sizeof *p->odd);
    if (!p->slice || !p->product || !p->real || !p->imaginary || !p->even || !p->odd) {
        return rx_fail(err, RX_ENOMEM, "no memory for slices of %zu x %zu", p->wide[0], p->wide[1]);
    }
    for (size_t o = 0; o < orientations; o++) {
        draw_kernel(p, f, spacing, thetas[o]);
        rx_fft3_forward(p->fft, p->slice, p->real);
        for (size_t i = 0; i < p->terms; i++) { p->even[o * p->terms + i] = p->slice[i].re; }
        rx_fft3_forward(p->fft, p->slice, p->imaginary);
        for (size_t i = 0; i < p->terms; i++) { p->odd[o * p->terms + i] = p->slice[i].im; }
    }
    return RX_OK;
}

static void widen_slice(plane *p, const double *slice, rx_boundary boundary)
{
    memset(p->real, 0, p->wide[0] * p->wide[1] * sizeof *p->real);
    for (size_t v = 0; v < p->dim[1] + 2 * p->radius[1]; v++) {
        ptrdiff_t y = rx_boundary_index((ptrdiff_t)v - (ptrdiff_t)p->radius[1], p->dim[1], boundary);
        if (y < 0) { continue; }
        for (size_t u = 0; u < p->dim[0] + 2 * p->radius[0]; u++) {
            ptrdiff_t x = rx_boundary_index((ptrdiff_t)u - (ptrdiff_t)p->radius[0], p->dim[0], boundary);
            if (x >= 0) {
                p->real[v * p->wide[0] + u] = slice[(size_t)x * p->stride[0] + (size_t)y * p->stride[1]];
            }
        }
    }
}

/* Adds to, or raises, the map's slice by one orientation's modulus. */
static void pool_modulus(plane *p, double *map, double weight, rx_pooling pooling)
{
    for (size_t v = 0; v < p->dim[1]; v++) {
        const size_t row = (v + p->radius[1]) * p->wide[0] + p->radius[0];
        for (size_t u = 0; u < p->dim[0]; u++) {
            double re = p->real[row + u], im = p->imaginary[row + u], modulus = sqrt(re * re + im * im);
            double *to = &map[u * p->stride[0] + v * p->stride[1]];
            if (pooling == RX_POOLING_AVERAGE) {
                *to += weight * modulus;
            } else if (modulus > *to) {
                *to = modulus;
            }
        }
    }
}

static void filter_slice(plane *p, double *map, size_t orientations, double weight, rx_pooling pooling)
{
    rx_fft3_forward(p->fft, p->slice, p->real);
    for (size_t o = 0; o < orientations; o++) {
        const double *even = p->even + o * p->terms, *odd = p->odd + o * p->terms;
        for (size_t i = 0; i < p->terms; i++) {
            p->product[i] = (rx_complex){ p->slice[i].re * even[i], p->slice[i].im * even[i] };
        }
        rx_fft3_inverse(p->fft, p->real, p->product);
        for (size_t i = 0; i < p->terms; i++) {
            p->product[i] = (rx_complex){ -p->slice[i].im * odd[i], p->slice[i].re * odd[i] };
        }
        rx_fft3_inverse(p->fft, p->imaginary, p->product);
        pool_modulus(p, map, weight, pooling);
    }
}

/* Half a turn changes the kernel to its conjugate and the modulus not at all. */
static size_t make_thetas(double *thetas, const rx_response *f)
{
    size_t turn = f->rotation_invariant ? (size_t)floor(2 * acos(-1) / f->theta_step + 0.5) : 1;
    size_t n = turn % 2 == 0 ? turn / 2 : turn;
    for (size_t o = 0; o < n; o++) { thetas[o] = f->theta + (double)o * f->theta_step; }
    return n;
}

int rx_response_gabor(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    double thetas[RX_MAX_ORIENTATIONS];
    const size_t orientations = make_thetas(thetas, f);
    const int planes = f->rotation_invariant && !f->by_slice ? 3 : 1;
    const double weight = 1.0 / (double)(orientations * (size_t)planes);
    int rc = rx_volume_new(map, &image->grid, err);
    for (int q = 0; q < planes && rc == RX_OK; q++) {
        plane p;
        const int across = 2 - q;
        rc = plane_new(&p, &image->grid, f, across, thetas, orientations, err);
        for (size_t k = 0; rc == RX_OK && k < image->grid.dim[across]; k++) {
            widen_slice(&p, image->voxels + k * p.step, f->boundary);
            filter_slice(&p, map->voxels + k * p.step, orientations, weight, f->pooling);
        }
        plane_free(&p);
    }
    return rc;
}
