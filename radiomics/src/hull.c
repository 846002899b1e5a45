/* Diameters without comparing all pairs of vertices.
 *
 * The mesh's vertices are the midpoints between neighbouring voxel centres of which one is
 * inside; in half voxels all coordinates are integers. The two points of a largest distance
 * are extreme points (vertices of the convex hull) of their set. An extreme point of the
 * whole set is also extreme among the points on any line and in any plane through it. So
 *  - of every line along an axis only the two end points are kept;
 *  - in every plane the hull is a monotone chain in exact integer arithmetic (scaling by the
 *    voxel spacing keeps hulls), which gives the plane diameters;
 *  - only points that are hull vertices in their planes of both constant z and constant y can
 *    be hull vertices in space; among these few the largest distance is searched, from the
 *    outermost pair inward, until no pair can be longer. */
#include "hull.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"

typedef struct ends { int32_t end[2]; } ends;      /* lowest and highest; lowest > highest: none */

enum { CORNER_Z = 1, CORNER_Y = 4 };                /* << end number                       */

typedef struct surface {
    size_t size[3];            /* in half voxels                                            */
    ends *along_x;             /* [z][y]                                                    */
    ends *along_y;             /* [z][x]                                                    */
    uint8_t *corner;           /* [z][y]: flags of the two ends along x                     */
} surface;

typedef struct chain { int32_t *row; size_t n; } chain;

typedef struct point { double mm[3], radius; } point;

static void widen(ends *e, size_t at)
{
    int32_t v = (int32_t)at;
    if (v < e->end[0]) { e->end[0] = v; }
    if (v > e->end[1]) { e->end[1] = v; }
}

/* Vertices at the set bits of `crossed` (from word w): x = 2*bit + odd, in row (y, z). */
static void add_vertices(surface *s, uint64_t crossed, size_t w, size_t odd, size_t y, size_t z)
{
    if (!crossed) { return; }
    ends *x = &s->along_x[z * s->size[1] + y];
    widen(x, 2 * (w * 64 + rx_lowest_bit(crossed)) + odd);
    widen(x, 2 * (w * 64 + rx_highest_bit(crossed)) + odd);
    for (; crossed; crossed &= crossed - 1) {
        size_t at = 2 * (w * 64 + rx_lowest_bit(crossed)) + odd;
        widen(&s->along_y[z * s->size[0] + at], y);
    }
}

static void find_vertices(surface *s, const rx_roi *roi)
{
    size_t mj = roi->n[1] + 2, mk = roi->n[2] + 2;
    for (size_t k = 0; k < mk; k++) {
        for (size_t j = 0; j < mj; j++) {
            const uint64_t *row = rx_roi_row(roi, j, k);
            const uint64_t *next_j = j + 1 < mj ? rx_roi_row(roi, j + 1, k) : row;
            const uint64_t *next_k = k + 1 < mk ? rx_roi_row(roi, j, k + 1) : row;
            for (size_t w = 0; w < roi->words; w++) {
                uint64_t next_i = row[w] >> 1 | (w + 1 < roi->words ? row[w + 1] << 63 : 0);
                add_vertices(s, row[w] ^ next_i, w, 1, 2 * j, 2 * k);
                add_vertices(s, row[w] ^ next_j[w], w, 0, 2 * j + 1, 2 * k);
                add_vertices(s, row[w] ^ next_k[w], w, 0, 2 * j, 2 * k + 1);
            }
        }
    }
}

static int64_t turn(int64_t ax, int64_t ay, int64_t bx, int64_t by)
{
    return ax * by - ay * bx;
}

/* Rows whose end `side` is a corner of the hull of all ends e[r * stride], r < n. */
static void hull_chain(chain *c, const ends *e, size_t n, size_t stride, int side)
{
    int64_t sign = side ? -1 : 1;
    c->n = 0;
    for (size_t r = 0; r < n; r++) {
        const ends *p = &e[r * stride];
        if (p->end[0] > p->end[1]) { continue; }
        while (c->n >= 2) {
            int32_t r0 = c->row[c->n - 2], r1 = c->row[c->n - 1];
            int64_t v0 = e[(size_t)r0 * stride].end[side], v1 = e[(size_t)r1 * stride].end[side];
            int64_t t = turn(r1 - r0, v1 - v0, (int64_t)r - r0, p->end[side] - v0);
            if (sign * t > 0) { break; }
            c->n--;
        }
        c->row[c->n++] = (int32_t)r;
    }
}

typedef struct plane_work {
    chain side[2];
    double (*mm)[2];           /* corners of the hull in the plane                          */
} plane_work;

/* Largest squared distance between hull corners, at least `best`. */
static double plane_diameter(double best, const plane_work *w, const ends *e, size_t stride,
                             double row_mm, double end_mm)
{
    size_t n = 0;
    double lo[2] = { INFINITY, INFINITY }, hi[2] = { -INFINITY, -INFINITY };
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < w->side[s].n; i++, n++) {
            size_t r = (size_t)w->side[s].row[i];
            w->mm[n][0] = (double)r * row_mm;
            w->mm[n][1] = e[r * stride].end[s] * end_mm;
            for (int x = 0; x < 2; x++) {
                lo[x] = fmin(lo[x], w->mm[n][x]);
                hi[x] = fmax(hi[x], w->mm[n][x]);
            }
        }
    }
    double across[2] = { hi[0] - lo[0], hi[1] - lo[1] };
    if (n < 2 || across[0] * across[0] + across[1] * across[1] <= best) { return best; }
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double dx = w->mm[i][0] - w->mm[j][0], dy = w->mm[i][1] - w->mm[j][1];
            double d = dx * dx + dy * dy;
            if (d > best) { best = d; }
        }
    }
    return best;
}

static void mark(surface *s, const plane_work *w, size_t first, size_t stride, int flag)
{
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < w->side[side].n; i++) {
            s->corner[first + (size_t)w->side[side].row[i] * stride] |= (uint8_t)(flag << side);
        }
    }
}

/* Planes across axis a: each is `rows` entries of e, `stride` apart, starting at
 * plane * step. Marks the corners if flag is not 0. */
static double scan_planes(surface *s, plane_work *w, const ends *e, size_t planes, size_t step,
                          size_t rows, size_t stride, double row_mm, double end_mm, int flag)
{
    double best = 0;
    for (size_t p = 0; p < planes; p++) {
        for (int side = 0; side < 2; side++) {
            hull_chain(&w->side[side], e + p * step, rows, stride, side);
        }
        if (flag) { mark(s, w, p * step, stride, flag); }
        best = plane_diameter(best, w, e + p * step, stride, row_mm, end_mm);
    }
    return sqrt(best);
}

static int outermost_first(const void *a, const void *b)
{
    double ra = ((const point *)a)->radius, rb = ((const point *)b)->radius;
    return (ra < rb) - (ra > rb);
}

static size_t collect(point *out, const surface *s, const double half_mm[3])
{
    size_t n = 0;
    for (size_t z = 0; z < s->size[2]; z++) {
        for (size_t y = 0; y < s->size[1]; y++) {
            size_t at = z * s->size[1] + y;
            for (int side = 0; side < 2; side++) {
                int both = (CORNER_Z | CORNER_Y) << side;
                if ((s->corner[at] & both) != both) { continue; }
                if (out) {
                    double p[3] = { s->along_x[at].end[side], (double)y, (double)z };
                    double r = 0;
                    for (int x = 0; x < 3; x++) {
                        p[x] = (p[x] - (double)(s->size[x] - 1) / 2) * half_mm[x];
                        r += p[x] * p[x];
                    }
                    out[n] = (point){ { p[0], p[1], p[2] }, sqrt(r) };
                }
                n++;
            }
        }
    }
    return n;
}

/* |p - q| <= |p| + |q|: with the points sorted by radius, both loops can end early. */
static double farthest_pair(const point *p, size_t n)
{
    const double slack = 1 + 1e-12;
    double best = 0, reach = 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i].radius + p[0].radius) * slack < reach) { break; }
        for (size_t j = 0; j < i; j++) {
            if ((p[i].radius + p[j].radius) * slack < reach) { break; }
            double d = 0;
            for (int x = 0; x < 3; x++) {
                double t = p[i].mm[x] - p[j].mm[x];
                d += t * t;
            }
            if (d > best) {
                best = d;
                reach = sqrt(d);
            }
        }
    }
    return sqrt(best);
}

static void clear(ends *e, size_t n)
{
    for (size_t i = 0; i < n; i++) { e[i] = (ends){ { INT32_MAX, -1 } }; }
}

/* The surface with its corners marked, and the largest distances within planes. */
static int mark_corners(surface *s, rx_diameters *d, double half_mm[3], const rx_roi *roi,
                        rx_workspace *ws, rx_error *err)
{
    size_t longest = 0;
    for (int a = 0; a < 3; a++) {
        s->size[a] = 2 * (roi->n[a] + 2) - 1;
        half_mm[a] = roi->spacing_mm[a] / 2;
        if (s->size[a] > longest) { longest = s->size[a]; }
    }
    size_t zy = s->size[2] * s->size[1], zx = s->size[2] * s->size[0];   /* axes are bounded */
    if (zy + zx > RX_MAX_LINES) {
        return rx_fail(err, RX_ELIMIT, "the region's box of %zu x %zu x %zu voxels is too large for "
                       "diameters", roi->n[0], roi->n[1], roi->n[2]);
    }
    s->along_x = rx_buf_need(&ws->counts, zy + zx, sizeof(ends), err);
    s->corner = rx_buf_need(&ws->margins, zy, 1, err);
    plane_work w;
    w.mm = rx_buf_need(&ws->reals, longest, 2 * (sizeof *w.mm + sizeof(int32_t)), err);
    if (!s->along_x || !s->corner || !w.mm) { return RX_ENOMEM; }
    s->along_y = s->along_x + zy;
    w.side[0].row = (int32_t *)(w.mm + 2 * longest);
    w.side[1].row = w.side[0].row + longest;
    clear(s->along_x, zy + zx);
    memset(s->corner, 0, zy);

    find_vertices(s, roi);
    d->plane_mm[2] = scan_planes(s, &w, s->along_x, s->size[2], s->size[1], s->size[1], 1,
                                 half_mm[1], half_mm[0], CORNER_Z);
    d->plane_mm[1] = scan_planes(s, &w, s->along_x, s->size[1], 1, s->size[2], s->size[1],
                                 half_mm[2], half_mm[0], CORNER_Y);
    d->plane_mm[0] = scan_planes(s, &w, s->along_y, s->size[0], 1, s->size[2], s->size[0],
                                 half_mm[2], half_mm[1], 0);
    return RX_OK;
}

int rx_diameters_find(rx_diameters *d, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    surface s;
    double half_mm[3];
    int rc = mark_corners(&s, d, half_mm, roi, ws, err);
    if (rc != RX_OK) { return rc; }
    size_t n = collect(NULL, &s, half_mm);
    point *p = rx_buf_need(&ws->list, n, sizeof *p, err);
    if (!p) { return RX_ENOMEM; }
    collect(p, &s, half_mm);
    qsort(p, n, sizeof *p, outermost_first);
    d->overall_mm = farthest_pair(p, n);
    return RX_OK;
}

int rx_corners_find(rx_corners *c, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    surface s;
    rx_diameters d;
    double half_mm[3];
    int rc = mark_corners(&s, &d, half_mm, roi, ws, err);
    if (rc != RX_OK) { return rc; }
    rx_corner *p = rx_buf_need(&ws->list, collect(NULL, &s, half_mm), sizeof *p, err);
    if (!p) { return RX_ENOMEM; }
    c->n = 0;
    for (size_t z = 0; z < s.size[2]; z++) {
        for (size_t y = 0; y < s.size[1]; y++) {
            size_t at = z * s.size[1] + y;
            for (int side = 0; side < 2; side++) {
                int both = (CORNER_Z | CORNER_Y) << side;
                /* a line that begins where it ends is one point */
                bool twice = side == 1 && s.along_x[at].end[0] == s.along_x[at].end[1]
                             && (s.corner[at] & (CORNER_Z | CORNER_Y)) == (CORNER_Z | CORNER_Y);
                if ((s.corner[at] & both) != both || twice) { continue; }
                p[c->n++] = (rx_corner){ { s.along_x[at].end[side], (int32_t)y, (int32_t)z } };
            }
        }
    }
    c->p = p;
    return RX_OK;
}
