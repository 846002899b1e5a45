/* Filters that are defined by their frequencies (IBSI 2): the isotropic wavelets of Simoncelli and
 * Shannon, and the Riesz transforms of these and of the LoG. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "resp_band.h"
#include "resp_lines.h"

void rx_band_free(rx_band *b)
{
    rx_fft3_free(b->fft);
    free(b->space);
    if (b->product != b->image) { free(b->product); }
    free(b->image);
    for (int a = 0; a < 3; a++) { free(b->frequency[a]); }
}

/* Transform of an even line filter, a real number at every frequency. */
static void even_spectrum(double *out, const double *w, size_t radius, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double sum = w[radius];
        for (size_t t = 1; t <= radius; t++) {
            sum += 2 * w[radius + t] * cos(2 * acos(-1) * (double)(t * k % n) / (double)n);
        }
        out[k] = sum;
    }
}

/* The frequencies of an axis are spread evenly from -1 to 1, both included, as the maps of IBSI 2 have
 * them: a whole number of steps from 0 where there is an odd number of voxels, half a step aside
 * where there is an even one. The response is the real part of what such a filter gives, to which
 * frequency k contributes as the mean of k and -k: see rx_band_filter. */
static int axis_tables(rx_band *b, const rx_grid *grid, int a, rx_error *err)
{
    const size_t n = b->wide[a];
    const rx_response *f = b->f;
    b->frequency[a] = calloc(n, 4 * sizeof *b->frequency[a]);
    if (!b->frequency[a]) { return rx_fail(err, RX_ENOMEM, "no memory for %zu frequencies", n); }
    b->slope[a] = b->frequency[a] + n;
    b->gauss[a] = b->slope[a] + n;
    b->second[a] = b->gauss[a] + n;
    for (size_t k = 0; k < n; k++) {
        double signed_k = 2 * k < n ? (double)k : (double)k - (double)n;
        b->frequency[a][k] = n == 1 ? 0 : (signed_k + (n % 2 == 0 ? 0.5 : 0)) / ((double)(n - 1) / 2);
        b->slope[a][k] = b->frequency[a][k] / grid->spacing_mm[a];
    }
    if (f->kind != RX_RESPONSE_LOG || a >= b->axes) { return RX_OK; }
    rx_gaussian_lines g;
    int rc = rx_gaussian_lines_new(&g, f->sigma_mm / grid->spacing_mm[a], f->cutoff, err);
    if (rc != RX_OK) { return rc; }
    even_spectrum(b->gauss[a], g.gauss, g.radius, n);
    even_spectrum(b->second[a], g.second, g.radius, n);
    double unit = rx_log_unit(grid, a, f->by_slice);
    for (size_t k = 0; k < n; k++) { b->second[a][k] *= unit; }
    free(g.gauss);
    return RX_OK;
}

int rx_band_new(rx_band *b, const rx_grid *grid, const rx_response *f, rx_error *err)
{
    *b = (rx_band){ .f = f, .axes = f->by_slice ? 2 : 3 };
    size_t points = 1;
    for (int a = 0; a < 3; a++) {
        b->dim[a] = a < b->axes ? grid->dim[a] : 1;
        b->pad[a] = a < b->axes ? rx_band_pad(f, grid, a) : 0;
        b->wide[a] = b->dim[a] + 2 * b->pad[a];
        if (points > (size_t)INT32_MAX / b->wide[a]) {
            return rx_fail(err, RX_ELIMIT, "a Fourier filter of %zu x %zu x %zu voxels with their surroundings",
                           b->dim[0], b->dim[1], b->dim[2]);
        }
        points *= b->wide[a];
        int rc = axis_tables(b, grid, a, err);
        if (rc != RX_OK) { return rc; }
    }
    int rc = rx_fft3_new(&b->fft, b->wide, err);
    if (rc != RX_OK) { return rc; }
    b->terms = rx_fft3_terms(b->fft);
    b->space = malloc(points * sizeof *b->space);
    b->image = malloc(b->terms * sizeof *b->image);
    b->product = f->steered ? malloc(b->terms * sizeof *b->product) : b->image;
    if (!b->space || !b->image || !b->product) {
        return rx_fail(err, RX_ENOMEM, "no memory for %zu frequencies", b->terms);
    }
    return RX_OK;
}

/* A filter's response at frequencies: radial part, and the order of a Riesz transform. */
typedef struct transfer {
    const rx_band *b;
    unsigned order[3], all;
    double scale;                  /* sqrt(L! / (l1! l2! l3!)) */
} transfer;

static double radial(const rx_band *b, const size_t k[3])
{
    if (b->f->kind == RX_RESPONSE_LOG) {
        double gx = b->gauss[0][k[0]], gy = b->gauss[1][k[1]];
        double plane = b->second[0][k[0]] * gy + gx * b->second[1][k[1]];
        return b->axes == 2 ? plane : plane * b->gauss[2][k[2]] + gx * gy * b->second[2][k[2]];
    }
    double u = b->frequency[0][k[0]], v = b->frequency[1][k[1]], w = b->frequency[2][k[2]];
    double squared = u * u + v * v + w * w, top = ldexp(1, 1 - (int)b->f->level);
    if (squared > top * top) { return 0; }
    double r = sqrt(squared);
    if (b->f->kind == RX_RESPONSE_SHANNON) { return r >= top / 2 ? 1 : 0; }
    return r > top / 4 ? cos(acos(-1) / 2 * log2(2 * r / top)) : 0;
}

/* Radial part times sqrt(L! / (l1! l2! l3!)) nu^l / |nu|^L: all but the power of -i. */
static double response_at(const transfer *t, const size_t k[3])
{
    const rx_band *b = t->b;
    double h = radial(b, k);
    if (t->all == 0 || h == 0) { return h; }
    const double nu[3] = { b->slope[0][k[0]], b->slope[1][k[1]], b->slope[2][k[2]] };
    const double norm = sqrt(nu[0] * nu[0] + nu[1] * nu[1] + nu[2] * nu[2]);
    if (norm == 0) { return 0; }
    h *= t->scale;
    for (int a = 0; a < 3; a++) {
        for (unsigned l = 0; l < t->order[a]; l++) { h *= nu[a] / norm; }
    }
    return h;
}

static double factorial(unsigned n)
{
    double product = 1;
    for (unsigned k = 2; k <= n; k++) { product *= k; }
    return product;
}

double rx_riesz_scale(const unsigned l[3])
{
    return sqrt(factorial(l[0] + l[1] + l[2]) / (factorial(l[0]) * factorial(l[1]) * factorial(l[2])));
}

static transfer transfer_of(const rx_band *b, const unsigned order[3])
{
    transfer t = { .b = b, .all = order[0] + order[1] + order[2], .scale = rx_riesz_scale(order) };
    memcpy(t.order, order, sizeof t.order);
    return t;
}

/* v times h (-i)^all */
static rx_complex turned(rx_complex v, double h, unsigned all)
{
    switch (all % 4) {
    case 0: return (rx_complex){ h * v.re, h * v.im };
    case 1: return (rx_complex){ h * v.im, -h * v.re };
    case 2: return (rx_complex){ -h * v.re, -h * v.im };
    default: return (rx_complex){ -h * v.im, h * v.re };
    }
}

void rx_band_filter(rx_band *b, const unsigned order[3])
{
    const transfer t = transfer_of(b, order);
    const double odd = t.all % 2 == 0 ? 1 : -1;
    const size_t half = b->wide[0] / 2 + 1;
    size_t at = 0;
    for (size_t z = 0; z < b->wide[2]; z++) {
        for (size_t y = 0; y < b->wide[1]; y++) {
            for (size_t x = 0; x < half; x++, at++) {
                const size_t k[3] = { x, y, z };
                size_t minus[3];
                for (int a = 0; a < 3; a++) { minus[a] = k[a] == 0 ? 0 : b->wide[a] - k[a]; }
                double h = (response_at(&t, k) + odd * response_at(&t, minus)) / 2;
                b->product[at] = turned(b->image[at], h, t.all);
            }
        }
    }
    rx_fft3_inverse(b->fft, b->space, b->product);
}

static void widen(rx_band *b, const double *image)
{
    double *to = b->space;
    for (size_t z = 0; z < b->wide[2]; z++) {
        ptrdiff_t k = rx_boundary_index((ptrdiff_t)z - (ptrdiff_t)b->pad[2], b->dim[2], b->f->boundary);
        for (size_t y = 0; y < b->wide[1]; y++) {
            ptrdiff_t j = rx_boundary_index((ptrdiff_t)y - (ptrdiff_t)b->pad[1], b->dim[1], b->f->boundary);
            for (size_t x = 0; x < b->wide[0]; x++, to++) {
                ptrdiff_t i = rx_boundary_index((ptrdiff_t)x - (ptrdiff_t)b->pad[0], b->dim[0], b->f->boundary);
                bool beyond = i < 0 || j < 0 || k < 0;
                *to = beyond ? 0 : image[((size_t)k * b->dim[1] + (size_t)j) * b->dim[0] + (size_t)i];
            }
        }
    }
}

void rx_band_load(rx_band *b, const double *image)
{
    widen(b, image);
    rx_fft3_forward(b->fft, b->image, b->space);
}

void rx_band_copy(double *to, const rx_band *b)
{
    for (size_t k = 0; k < b->dim[2]; k++) {
        for (size_t j = 0; j < b->dim[1]; j++) {
            const double *row = b->space + ((k + b->pad[2]) * b->wide[1] + j + b->pad[1]) * b->wide[0] + b->pad[0];
            memcpy(to + (k * b->dim[1] + j) * b->dim[0], row, b->dim[0] * sizeof *to);
        }
    }
}

int rx_response_band(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    rx_band b;
    const size_t slice = image->grid.dim[0] * image->grid.dim[1];
    int rc = rx_band_new(&b, &image->grid, f, err);
    if (rc == RX_OK) { rc = rx_volume_new(map, &image->grid, err); }
    for (size_t k = 0; rc == RX_OK && k < (f->by_slice ? image->grid.dim[2] : 1); k++) {
        rx_band_load(&b, image->voxels + k * slice);
        if (f->steered && rx_response_has_riesz(f)) {
            rc = rx_band_steer(map->voxels + k * slice, &b, &image->grid, err);
        } else {
            rx_band_filter(&b, f->riesz);
            rx_band_copy(map->voxels + k * slice, &b);
        }
    }
    rx_band_free(&b);
    return rc;
}

size_t rx_band_pad(const rx_response *f, const rx_grid *grid, int axis)
{
    if (f->boundary == RX_BOUNDARY_PERIODIC) { return 0; }
    if (f->kind == RX_RESPONSE_LOG) { return rx_log_radius(f->sigma_mm / grid->spacing_mm[axis], f->cutoff); }
    return (grid->dim[axis] + 1) / 2;      /* half of a filter as large as the image */
}
