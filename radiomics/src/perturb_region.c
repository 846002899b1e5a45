/* Regions that grow, shrink, or get another contour. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "perturb.h"

static size_t voxels_of(const rx_grid *g) { return g->dim[0] * g->dim[1] * g->dim[2]; }

static size_t count(const uint8_t *v, size_t n)
{
    size_t inside = 0;
    for (size_t i = 0; i < n; i++) { inside += v[i]; }
    return inside;
}

/* out: all voxels that share a face with one of `in`, and those of it. `beyond`: whether what lies
 * beyond the grid counts as in. */
static void dilate(uint8_t *out, const uint8_t *in, const rx_grid *g, uint8_t beyond)
{
    const size_t nx = g->dim[0], ny = g->dim[1], nz = g->dim[2], slice = nx * ny;
    size_t at = 0;
    for (size_t k = 0; k < nz; k++) {
        for (size_t j = 0; j < ny; j++) {
            for (size_t i = 0; i < nx; i++, at++) {
                out[at] = in[at] | (i > 0 ? in[at - 1] : beyond) | (i + 1 < nx ? in[at + 1] : beyond)
                        | (j > 0 ? in[at - nx] : beyond) | (j + 1 < ny ? in[at + nx] : beyond)
                        | (k > 0 ? in[at - slice] : beyond) | (k + 1 < nz ? in[at + slice] : beyond);
            }
        }
    }
}

static void invert(uint8_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) { v[i] = !v[i]; }
}

/* The dilation of what is outside. `beyond`: whether that which lies beyond the grid is outside. */
static void erode(uint8_t *out, uint8_t *in, const rx_grid *g, uint8_t beyond)
{
    size_t n = voxels_of(g);
    invert(in, n);
    dilate(out, in, g, beyond);
    invert(in, n);
    invert(out, n);
}

/* Change `need` of the voxels in which now and next differ, any set of that size as likely as any
 * other (Knuth, TAOCP 3.4.2, algorithm S). */
static void change_some(uint8_t *now, const uint8_t *next, size_t n, size_t need, uint64_t seed)
{
    rx_chance c = rx_chance_new(seed, RX_CHANCE_VOLUME);
    size_t left = 0;
    for (size_t i = 0; i < n; i++) { left += now[i] != next[i]; }
    for (size_t i = 0; i < n && need > 0; i++) {
        if (now[i] == next[i]) { continue; }
        if (rx_chance_uniform(&c) * (double)left < (double)need) {
            now[i] = next[i];
            need--;
        }
        left--;
    }
}

int rx_perturb_volume(rx_region *r, double change, uint64_t seed, rx_error *err)
{
    size_t n = voxels_of(&r->grid), first = count(r->voxels, n), have = first;
    double wish = floor((double)first * (1 + change) + 0.5);
    if (wish < 1) { return rx_fail(err, RX_EEMPTY, "of %zu voxels none is left after a change by %g", first, change); }
    if (wish > (double)n) {
        return rx_fail(err, RX_ELIMIT, "a region of %zu voxels cannot grow by %g in an image of %zu", first,
                       change, n);
    }
    size_t want = (size_t)wish;
    uint8_t *next = malloc(n);
    if (!next) { return rx_fail(err, RX_ENOMEM, "no memory for %zu voxels", n); }
    while (have != want) {
        bool grow = want > have;
        if (grow) { dilate(next, r->voxels, &r->grid, 0); } else { erode(next, r->voxels, &r->grid, 1); }
        size_t then = count(next, n);
        if (grow ? then >= want : then <= want) {
            change_some(r->voxels, next, n, grow ? want - have : have - want, seed);
            have = want;
        } else {
            memcpy(r->voxels, next, n);
            have = then;
        }
    }
    free(next);
    return RX_OK;
}

/* ---- supervoxels ---------------------------------------------------------------------------- */

enum { ROUNDS = 10 };
static const double compactness = 0.05;           /* of intensities scaled to 0..1               */

typedef struct centre { double mm[3], intensity; size_t n, inside; } centre;

/* Seeds stand on a lattice of cells; a voxel may join one of its own and the adjacent cells. */
typedef struct lattice {
    size_t cells[3], n;
    double cell_mm[3], side_mm;
    centre *now, *sum;
} lattice;

static void size_lattice(lattice *l, const rx_grid *g)
{
    double voxel = g->spacing_mm[0] * g->spacing_mm[1] * g->spacing_mm[2];
    l->side_mm = cbrt(fmax(20 * voxel, 500));
    l->n = 1;
    for (int a = 0; a < 3; a++) {
        double extent = (double)g->dim[a] * g->spacing_mm[a];
        l->cells[a] = (size_t)fmax(1, floor(extent / l->side_mm + 0.5));
        l->cell_mm[a] = extent / (double)l->cells[a];
        l->n *= l->cells[a];
    }
}

/* Mean of a voxel and its neighbours along each axis, weights 1 2 1: supervoxels should follow
 * edges, not noise. */
static void smooth(double *v, double *row, const rx_grid *g)
{
    size_t stride[3] = { 1, g->dim[0], g->dim[0] * g->dim[1] }, n = voxels_of(g);
    for (int a = 0; a < 3; a++) {
        for (size_t at = 0; at < n; at++) {
            if (at / stride[a] % g->dim[a] != 0) { continue; }
            for (size_t i = 0; i < g->dim[a]; i++) { row[i] = v[at + i * stride[a]]; }
            for (size_t i = 0; i < g->dim[a]; i++) {
                double before = row[i > 0 ? i - 1 : 0], after = row[i + 1 < g->dim[a] ? i + 1 : i];
                v[at + i * stride[a]] = (before + 2 * row[i] + after) / 4;
            }
        }
    }
}

/* The region's mean and three standard deviations about it become 0 to 1. */
static void scale(double *v, const rx_region *r, size_t n)
{
    double sum = 0, squares = 0, inside = 0;
    for (size_t i = 0; i < n; i++) {
        if (r->voxels[i]) {
            sum += v[i];
            inside++;
        }
    }
    double mean = sum / inside;
    for (size_t i = 0; i < n; i++) {
        if (r->voxels[i]) { squares += (v[i] - mean) * (v[i] - mean); }
    }
    double sd = sqrt(squares / inside), low = mean - 3 * sd;
    for (size_t i = 0; i < n; i++) {
        double x = sd > 0 ? (v[i] - low) / (6 * sd) : 0;
        v[i] = x < 0 ? 0 : x > 1 ? 1 : x;
    }
}

static void place_seeds(lattice *l, const double *v, const rx_grid *g)
{
    centre *c = l->now;
    for (size_t z = 0; z < l->cells[2]; z++) {
        for (size_t y = 0; y < l->cells[1]; y++) {
            for (size_t x = 0; x < l->cells[0]; x++, c++) {
                const size_t cell[3] = { x, y, z };
                size_t at = 0;
                for (int a = 2; a >= 0; a--) {
                    c->mm[a] = ((double)cell[a] + 0.5) * l->cell_mm[a];
                    size_t i = (size_t)(c->mm[a] / g->spacing_mm[a]);
                    at = at * g->dim[a] + (i < g->dim[a] ? i : g->dim[a] - 1);
                }
                c->intensity = v[at];
            }
        }
    }
}

static double apart(const centre *c, const double mm[3], double v, double side_mm)
{
    double d = (v - c->intensity) / compactness, far = 0;
    for (int a = 0; a < 3; a++) { far += (mm[a] - c->mm[a]) * (mm[a] - c->mm[a]); }
    return d * d + far / (side_mm * side_mm);
}

/* The nearest centre of the voxel's own and the adjacent cells; of equal ones the first. */
static uint32_t nearest(const lattice *l, const double mm[3], double v)
{
    size_t lo[3], hi[3];
    for (int a = 0; a < 3; a++) {
        size_t own = (size_t)(mm[a] / l->cell_mm[a]);
        own = own < l->cells[a] ? own : l->cells[a] - 1;
        lo[a] = own > 0 ? own - 1 : 0;
        hi[a] = own + 1 < l->cells[a] ? own + 1 : own;
    }
    size_t best = 0;
    double least = INFINITY;
    for (size_t z = lo[2]; z <= hi[2]; z++) {
        for (size_t y = lo[1]; y <= hi[1]; y++) {
            for (size_t x = lo[0]; x <= hi[0]; x++) {
                size_t n = (z * l->cells[1] + y) * l->cells[0] + x;
                double d = apart(&l->now[n], mm, v, l->side_mm);
                if (d < least) {
                    least = d;
                    best = n;
                }
            }
        }
    }
    return (uint32_t)best;
}

static void assign(uint32_t *label, lattice *l, const double *v, const rx_region *r)
{
    const rx_grid *g = &r->grid;
    memset(l->sum, 0, l->n * sizeof *l->sum);
    size_t at = 0;
    for (size_t k = 0; k < g->dim[2]; k++) {
        for (size_t j = 0; j < g->dim[1]; j++) {
            for (size_t i = 0; i < g->dim[0]; i++, at++) {
                const double mm[3] = { ((double)i + 0.5) * g->spacing_mm[0], ((double)j + 0.5) * g->spacing_mm[1],
                                       ((double)k + 0.5) * g->spacing_mm[2] };
                label[at] = nearest(l, mm, v[at]);
                centre *s = &l->sum[label[at]];
                for (int a = 0; a < 3; a++) { s->mm[a] += mm[a]; }
                s->intensity += v[at];
                s->n++;
                s->inside += r->voxels[at];
            }
        }
    }
}

static void move_centres(lattice *l)
{
    for (size_t c = 0; c < l->n; c++) {
        const centre *s = &l->sum[c];
        if (s->n == 0) { continue; }
        for (int a = 0; a < 3; a++) { l->now[c].mm[a] = s->mm[a] / (double)s->n; }
        l->now[c].intensity = s->intensity / (double)s->n;
    }
}

/* keep[c]: does supervoxel c belong to the new region? The one that lies in it most always does. */
static void draw(uint8_t *keep, const lattice *l, uint64_t seed)
{
    rx_chance chance = rx_chance_new(seed, RX_CHANCE_CONTOUR);
    double most = -1;
    size_t surest = 0;
    for (size_t c = 0; c < l->n; c++) {
        const centre *s = &l->sum[c];
        double share = s->n > 0 ? (double)s->inside / (double)s->n : 0, u = rx_chance_uniform(&chance);
        keep[c] = share >= 0.9 || (share >= 0.2 && u < share);
        if (share > most) {
            most = share;
            surest = c;
        }
    }
    keep[surest] = 1;
}

typedef struct contour_work { double *v, *row; uint32_t *label; uint8_t *keep, *spare; } contour_work;

static void redraw(rx_region *r, lattice *l, const contour_work *w, uint64_t seed)
{
    size_t n = voxels_of(&r->grid);
    scale(w->v, r, n);
    smooth(w->v, w->row, &r->grid);
    place_seeds(l, w->v, &r->grid);
    for (int round = 0; round < ROUNDS; round++) {
        assign(w->label, l, w->v, r);
        if (round + 1 < ROUNDS) { move_centres(l); }
    }
    draw(w->keep, l, seed);
    for (size_t i = 0; i < n; i++) { r->voxels[i] = w->keep[w->label[i]]; }
    dilate(w->spare, r->voxels, &r->grid, 0);      /* closing */
    erode(r->voxels, w->spare, &r->grid, 0);
}

int rx_perturb_contour(rx_region *r, const rx_volume *image, uint64_t seed, rx_error *err)
{
    size_t n = voxels_of(&r->grid), longest = 0;
    lattice l;
    size_lattice(&l, &r->grid);
    for (int a = 0; a < 3; a++) { longest = r->grid.dim[a] > longest ? r->grid.dim[a] : longest; }
    contour_work w = { malloc(n * sizeof *w.v), malloc(longest * sizeof *w.row), malloc(n * sizeof *w.label),
                       malloc(l.n), malloc(n) };
    l.now = calloc(l.n, 2 * sizeof *l.now);
    bool have = w.v && w.row && w.label && w.keep && w.spare && l.now;
    if (have) {
        l.sum = l.now + l.n;
        memcpy(w.v, image->voxels, n * sizeof *w.v);
        redraw(r, &l, &w, seed);
    }
    free(w.v);
    free(w.row);
    free(w.label);
    free(w.keep);
    free(w.spare);
    free(l.now);
    return have ? RX_OK : rx_fail(err, RX_ENOMEM, "no memory for the supervoxels of %zu voxels", n);
}
