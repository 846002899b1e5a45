/* Shape of a flat region: the outline through the midpoints between pixels inside and outside, as
 * marching squares draws it. Definitions: PyRadiomics' documentation of shape2D. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pyr.h"

#define PI 3.14159265358979323846

typedef struct point { double y, x; } point;

/* The slice as bytes with a border of one pixel outside. */
typedef struct slice { uint8_t *in; size_t n[2]; double mm[2]; size_t pixels; } slice;

static bool in_region(const rx_roi *roi, const size_t at[3])
{
    return rx_roi_row(roi, at[1] + 1, at[2] + 1)[(at[0] + 1) / 64] >> ((at[0] + 1) % 64) & 1;
}

/* PyRadiomics' arrays are k, j, i: of the two axes left, the first is y. */
static int cut(slice *s, const rx_roi *roi, unsigned dimension, rx_error *err)
{
    int across = 2 - (int)dimension, y = across == 2 ? 1 : 2, x = across == 0 ? 1 : 0;
    s->n[0] = roi->n[y] + 2;
    s->n[1] = roi->n[x] + 2;
    s->mm[0] = roi->spacing_mm[y];
    s->mm[1] = roi->spacing_mm[x];
    s->pixels = roi->voxels;
    s->in = calloc(s->n[0] * s->n[1], 1);
    if (!s->in) { return rx_fail(err, RX_ENOMEM, "no memory for %zu x %zu pixels", s->n[0], s->n[1]); }
    for (size_t j = 0; j < roi->n[y]; j++) {
        for (size_t i = 0; i < roi->n[x]; i++) {
            size_t at[3] = { 0, 0, 0 };
            at[y] = j;
            at[x] = i;
            s->in[(j + 1) * s->n[1] + i + 1] = in_region(roi, at);
        }
    }
    return RX_OK;
}

/* ---- the outline ---- */

/* Corners of a square, clockwise from the one above and to the left, are bits 0 to 3; edge e lies
 * between corners e and e + 1. A line goes from edge to edge with the region on one side; a square
 * with two opposite corners inside has two. */
static const signed char lines[16][4] = {
    { -1, -1, -1, -1 }, { 3, 0, -1, -1 }, { 0, 1, -1, -1 }, { 3, 1, -1, -1 },
    { 1, 2, -1, -1 }, { 1, 2, 3, 0 }, { 0, 2, -1, -1 }, { 3, 2, -1, -1 },
    { 2, 3, -1, -1 }, { 2, 0, -1, -1 }, { 0, 1, 2, 3 }, { 2, 1, -1, -1 },
    { 1, 3, -1, -1 }, { 1, 0, -1, -1 }, { 0, 3, -1, -1 }, { -1, -1, -1, -1 },
};

static point middle(const slice *s, size_t j, size_t i, int edge)
{
    static const point at[4] = { { 0, 0.5 }, { 0.5, 1 }, { 1, 0.5 }, { 0.5, 0 } };
    return (point){ ((double)j + at[edge].y) * s->mm[0], ((double)i + at[edge].x) * s->mm[1] };
}

static void outline(double *perimeter, double *surface, const slice *s)
{
    *perimeter = *surface = 0;
    for (size_t j = 0; j + 1 < s->n[0]; j++) {
        for (size_t i = 0; i + 1 < s->n[1]; i++) {
            const uint8_t *p = s->in + j * s->n[1] + i;
            const signed char *line = lines[p[0] | p[1] << 1 | p[s->n[1] + 1] << 2 | p[s->n[1]] << 3];
            for (int l = 0; l < 4 && line[l] >= 0; l += 2) {
                point a = middle(s, j, i, line[l]), b = middle(s, j, i, line[l + 1]);
                *surface += a.y * b.x - b.y * a.x;
                *perimeter += sqrt((a.y - b.y) * (a.y - b.y) + (a.x - b.x) * (a.x - b.x));
            }
        }
    }
    *surface /= 2;
}

/* ---- the diameter: only the first and last of the outline's points in a row can be its ends ---- */

/* Outermost points of half-row h: between rows (odd) or between the pixels of a row (even). */
static bool extremes(point out[2], const slice *s, size_t h)
{
    size_t j = h / 2, first = SIZE_MAX, last = 0;
    bool within = h % 2 == 0;
    for (size_t i = 0; i + within < s->n[1]; i++) {
        const uint8_t *p = s->in + j * s->n[1] + i;
        if (p[0] == p[within ? 1 : s->n[1]]) { continue; }
        if (first == SIZE_MAX) { first = i; }
        last = i;
    }
    if (first == SIZE_MAX) { return false; }
    double y = ((double)j + (within ? 0 : 0.5)) * s->mm[0], shift = within ? 0.5 : 0;
    out[0] = (point){ y, ((double)first + shift) * s->mm[1] };
    out[1] = (point){ y, ((double)last + shift) * s->mm[1] };
    return true;
}

/* The convex hull's points among those of one side, which come by rising y. */
static size_t bulging(point *p, size_t n, double side)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        while (m >= 2) {
            point a = p[m - 2], b = p[m - 1], c = p[i];
            double turn = (b.y - a.y) * (c.x - a.x) - (b.x - a.x) * (c.y - a.y);
            if (side * turn > 0) { break; }
            m--;
        }
        p[m++] = p[i];
    }
    return m;
}

static int diameter(double *out, const slice *s, rx_error *err)
{
    size_t n = 0, rows = 2 * s->n[0] - 1;
    *out = 0;
    point *left = malloc(2 * rows * sizeof *left), *right = left ? left + rows : NULL;
    if (!left) { return rx_fail(err, RX_ENOMEM, "no memory for %zu points", 2 * rows); }
    for (size_t h = 0; h < rows; h++) {
        point ends[2];
        if (!extremes(ends, s, h)) { continue; }
        left[n] = ends[0];
        right[n++] = ends[1];
    }
    size_t nl = bulging(left, n, 1), nr = bulging(right, n, -1);
    memmove(left + nl, right, nr * sizeof *left);
    double most = 0;
    for (size_t a = 0; a < nl + nr; a++) {
        for (size_t b = 0; b < a; b++) {
            double dy = left[a].y - left[b].y, dx = left[a].x - left[b].x, d = dy * dy + dx * dx;
            most = d > most ? d : most;
        }
    }
    free(left);
    *out = sqrt(most);
    return RX_OK;
}

/* ---- principal axes of the pixels' centres ---- */

static void axes(double *major, double *minor, const slice *s)
{
    double n = (double)s->pixels, mean[2] = { 0, 0 }, yy = 0, xx = 0, xy = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < s->n[0]; j++) {
            for (size_t i = 0; i < s->n[1]; i++) {
                if (!s->in[j * s->n[1] + i]) { continue; }
                double y = (double)j * s->mm[0] - mean[0], x = (double)i * s->mm[1] - mean[1];
                yy += pass ? y * y : y;
                xx += pass ? x * x : x;
                xy += pass ? x * y : 0;
            }
        }
        if (pass == 0) {
            mean[0] = yy / n;
            mean[1] = xx / n;
            yy = xx = 0;
        }
    }
    double half = (yy + xx) / (2 * n), apart = hypot((yy - xx) / (2 * n), xy / n);
    *major = half + apart;
    /* the product of both is the determinant: no difference of nearly equal numbers */
    *minor = *major > 0 ? (yy * xx - xy * xy) / (n * n * *major) : 0;
    if (*minor < 0 && *minor > -1e-10) { *minor = 0; }
}

int rx_shape2d(double out[RX_PYR_NSHAPE2D], const rx_roi *roi, unsigned dimension, rx_error *err)
{
    slice s;
    double perimeter, surface, longest, major, minor;
    int rc = cut(&s, roi, dimension, err);
    if (rc != RX_OK) { return rc; }
    outline(&perimeter, &surface, &s);
    axes(&major, &minor, &s);
    rc = diameter(&longest, &s, err);
    free(s.in);
    if (rc != RX_OK) { return rc; }
    out[RX_SHAPE2D_ELONGATION] = sqrt(minor / major);
    out[RX_SHAPE2D_MAJOR_AXIS_LENGTH] = 4 * sqrt(major);
    out[RX_SHAPE2D_MAXIMUM_DIAMETER] = longest;
    out[RX_SHAPE2D_MESH_SURFACE] = surface;
    out[RX_SHAPE2D_MINOR_AXIS_LENGTH] = 4 * sqrt(minor);
    out[RX_SHAPE2D_PERIMETER] = perimeter;
    out[RX_SHAPE2D_PERIMETER_SURFACE_RATIO] = perimeter / surface;
    out[RX_SHAPE2D_PIXEL_SURFACE] = (double)s.pixels * (s.mm[0] * s.mm[1]);
    out[RX_SHAPE2D_SPHERICITY] = 2 * sqrt(PI * surface) / perimeter;
    out[RX_SHAPE2D_SPHERICAL_DISPROPORTION] = 1 / out[RX_SHAPE2D_SPHERICITY];
    return RX_OK;
}
