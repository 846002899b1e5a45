/* Steered Riesz transforms: at every voxel the transform's axes are turned to the eigenvectors of the
 * structure tensor, the first-order transforms' products smoothed by a Gaussian, the strongest
 * direction first. A transform of order l in turned axes u is a sum over those in the image's
 * axes, since (u1.nu)^l1 (u2.nu)^l2 (u3.nu)^l3 is a polynomial in nu. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "resp_band.h"
#include "resp_lines.h"

enum { MOST = 4 };                          /* highest order */
static const double TENSOR_CUTOFF = 4;      /* of its Gaussian, in sigma */

double rx_tensor_radius(const rx_response *f, double spacing_mm)
{
    return ceil(TENSOR_CUTOFF * f->tensor_sigma_mm / spacing_mm);
}

/* Nine numbers a voxel: first the products of the transforms (xx, xy, xz, yy, yz, zz) and the
 * transforms, then the axes, row by row. */
typedef struct frames {
    size_t n;
    double *plane[9];
} frames;

static int frames_new(frames *s, size_t n, rx_error *err)
{
    *s = (frames){ .n = n };
    for (int q = 0; q < 9; q++) {
        s->plane[q] = calloc(n, sizeof(double));
        if (!s->plane[q]) { return rx_fail(err, RX_ENOMEM, "no memory for the structure tensor of %zu voxels", n); }
    }
    return RX_OK;
}

static void frames_free(frames *s)
{
    for (int q = 0; q < 9; q++) { free(s->plane[q]); }
}

/* In place, by way of spare. */
static int smooth(double *v, double *spare, const rx_band *b, const rx_grid *grid, rx_error *err)
{
    int rc = RX_OK;
    for (int a = 0; a < b->axes && rc == RX_OK; a++) {
        rx_gaussian_lines g;
        rc = rx_gaussian_lines_new(&g, b->f->tensor_sigma_mm / grid->spacing_mm[a], TENSOR_CUTOFF, err);
        if (rc != RX_OK) { return rc; }
        rx_line line = { g.gauss, 2 * g.radius + 1, g.radius, 1, false };
        rc = rx_line_convolve(spare, v, b->dim, a, &line, b->f->boundary, 1, false, err);
        size_t n = b->dim[0] * b->dim[1] * b->dim[2];
        if (rc == RX_OK) { memcpy(v, spare, n * sizeof *v); }
        free(g.gauss);
    }
    return rc;
}

static int make_tensor(frames *s, double *spare, rx_band *b, const rx_grid *grid, rx_error *err)
{
    static const unsigned first[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    for (int a = 0; a < b->axes; a++) {
        rx_band_filter(b, first[a]);
        rx_band_copy(s->plane[6 + a], b);
    }
    int q = 0;
    for (int a = 0; a < 3; a++) {
        for (int c = a; c < 3; c++, q++) {
            for (size_t i = 0; i < s->n; i++) { s->plane[q][i] = s->plane[6 + a][i] * s->plane[6 + c][i]; }
            int rc = smooth(s->plane[q], spare, b, grid, err);
            if (rc != RX_OK) { return rc; }
        }
    }
    return RX_OK;
}

/* One Jacobi rotation that makes a[p][q] 0; v's rows are turned along. */
static void rotate(double a[3][3], double v[3][3], int p, int q)
{
    if (a[p][q] == 0) { return; }
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + hypot(theta, 1));
    double c = 1 / hypot(t, 1), s = t * c;
    for (int k = 0; k < 3; k++) {
        double x = a[k][p], y = a[k][q];
        a[k][p] = c * x - s * y;
        a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < 3; k++) {
        double x = a[p][k], y = a[q][k], vx = v[p][k], vy = v[q][k];
        a[p][k] = c * x - s * y;
        a[q][k] = s * x + c * y;
        v[p][k] = c * vx - s * vy;
        v[q][k] = s * vx + c * vy;
    }
    a[p][q] = a[q][p] = 0;
}

static void swap_rows(double v[3][3], double value[3], int p, int q)
{
    double t = value[p];
    value[p] = value[q];
    value[q] = t;
    for (int k = 0; k < 3; k++) {
        t = v[p][k];
        v[p][k] = v[q][k];
        v[q][k] = t;
    }
}

/* Rows of v: eigenvectors of a, that of the largest eigenvalue first, each on the side of r. */
static void eigenvectors(double v[3][3], double a[3][3], const double r[3])
{
    double value[3];
    memset(v, 0, 9 * sizeof(double));
    for (int k = 0; k < 3; k++) { v[k][k] = 1; }
    for (int sweep = 0; sweep < 30 && fabs(a[0][1]) + fabs(a[0][2]) + fabs(a[1][2]) > 0; sweep++) {
        rotate(a, v, 0, 1);
        rotate(a, v, 0, 2);
        rotate(a, v, 1, 2);
    }
    for (int k = 0; k < 3; k++) { value[k] = a[k][k]; }
    if (value[0] < value[1]) { swap_rows(v, value, 0, 1); }
    if (value[1] < value[2]) { swap_rows(v, value, 1, 2); }
    if (value[0] < value[1]) { swap_rows(v, value, 0, 1); }
    for (int k = 0; k < 3; k++) {
        double side = v[k][0] * r[0] + v[k][1] * r[1] + v[k][2] * r[2];
        for (int c = 0; side < 0 && c < 3; c++) { v[k][c] = -v[k][c]; }
    }
}

/* Tensor and transforms become axes. */
static void turn_frames(frames *s, int axes)
{
    for (size_t i = 0; i < s->n; i++) {
        double xx = s->plane[0][i], xy = s->plane[1][i], xz = s->plane[2][i], yy = s->plane[3][i];
        double yz = s->plane[4][i], zz = s->plane[5][i], v[3][3];
        const double r[3] = { s->plane[6][i], s->plane[7][i], s->plane[8][i] };
        /* in a slice, z stays last whatever the others are */
        double a[3][3] = { { xx, xy, xz }, { xy, yy, yz }, { xz, yz, axes == 2 ? -1 : zz } };
        eigenvectors(v, a, r);
        for (int q = 0; q < 9; q++) { s->plane[q][i] = v[q / 3][q % 3]; }
    }
}

/* Coefficient of x^m[0] y^m[1] z^m[2] in the product of (u[a] . (x, y, z))^l[a]. */
static double coefficient(const double u[9], const unsigned l[3], const unsigned m[3])
{
    double p[MOST + 1][MOST + 1] = { { 1 } }, next[MOST + 1][MOST + 1];   /* [power of x][power of y] */
    unsigned degree = 0;
    for (int a = 0; a < 3; a++) {
        for (unsigned k = 0; k < l[a]; k++, degree++) {
            memset(next, 0, sizeof next);
            for (unsigned x = 0; x <= degree; x++) {
                for (unsigned y = 0; x + y <= degree; y++) {
                    next[x + 1][y] += u[3 * a] * p[x][y];
                    next[x][y + 1] += u[3 * a + 1] * p[x][y];
                    next[x][y] += u[3 * a + 2] * p[x][y];
                }
            }
            memcpy(p, next, sizeof p);
        }
    }
    return p[m[0]][m[1]];
}

static void add_component(double *map, rx_band *b, const frames *s, double *spare, const unsigned m[3])
{
    const unsigned *l = b->f->riesz;
    const double scale = rx_riesz_scale(l) / rx_riesz_scale(m);
    rx_band_filter(b, m);
    rx_band_copy(spare, b);
    for (size_t i = 0; i < s->n; i++) {
        double u[9];
        for (int q = 0; q < 9; q++) { u[q] = s->plane[q][i]; }
        map[i] += scale * coefficient(u, l, m) * spare[i];
    }
}

int rx_band_steer(double *map, rx_band *b, const rx_grid *grid, rx_error *err)
{
    const unsigned *l = b->f->riesz, all = l[0] + l[1] + l[2];
    const size_t n = b->dim[0] * b->dim[1] * b->dim[2];
    frames s;
    double *spare = malloc(n * sizeof *spare);
    int rc = frames_new(&s, n, err);
    if (rc == RX_OK && !spare) { rc = rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", n); }
    if (rc == RX_OK) { rc = make_tensor(&s, spare, b, grid, err); }
    if (rc == RX_OK) {
        turn_frames(&s, b->axes);
        memset(map, 0, n * sizeof *map);
        for (unsigned x = 0; x <= all; x++) {
            for (unsigned y = 0; x + y <= all; y++) {
                const unsigned m[3] = { x, y, all - x - y };
                if (b->axes == 3 || m[2] == 0) { add_component(map, b, &s, spare, m); }
            }
        }
    }
    frames_free(&s);
    free(spare);
    return rc;
}
