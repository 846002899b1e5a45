#include "pipeline/outline.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void pn_polygons_free(pn_polygon *p, size_t n)
{
    for (size_t i = 0; i < n && p != NULL; i++) { free(p[i].xy_mm); }
    free(p);
}

static pn_polygon *append(pn_outline *out, size_t slice, size_t points)
{
    if (out->n == out->room) {
        size_t room = out->room == 0 ? 64 : 2 * out->room;
        pn_polygon *grown = realloc(out->polygons, room * sizeof *grown);
        if (grown == NULL) { return NULL; }
        out->polygons = grown;
        out->room = room;
    }
    double *xy = calloc(points, 2 * sizeof *xy);
    if (xy == NULL) { return NULL; }
    pn_polygon *p = &out->polygons[out->n++];
    *p = (pn_polygon){.slice = slice, .xy_mm = xy, .n = points};
    return p;
}

/* The slice with a rim of outside nodes, so that every outline closes. */
typedef struct lattice {
    const double *field;
    size_t w, h;               /* with the rim */
} lattice;

static double node(const lattice *l, size_t i, size_t j)
{
    if (i == 0 || j == 0 || i == l->w - 1 || j == l->h - 1) { return 1.0; }
    return l->field[(j - 1) * (l->w - 2) + (i - 1)];
}

/* Edges are numbered by their lower node: 2n along i, 2n+1 along j. The four of a cell, in the
 * order in which its boundary is walked from node (i, j): along i, j, -i, -j. */
static void cell_edges(size_t e[4], const lattice *l, size_t i, size_t j)
{
    size_t n = j * l->w + i;
    e[0] = 2 * n;
    e[1] = 2 * (n + 1) + 1;
    e[2] = 2 * (n + l->w);
    e[3] = 2 * n + 1;
}

/* Walking round a cell, an outline enters the region at one edge and leaves it at the next that
 * changes sides. Neighbours walk their common edge in opposite directions, so every crossing gets
 * exactly one successor, and corners that touch across a saddle stay apart. */
static void link_cell(size_t *next, const lattice *l, size_t i, size_t j)
{
    const bool in[5] = {node(l, i, j) < 0, node(l, i + 1, j) < 0, node(l, i + 1, j + 1) < 0,
                        node(l, i, j + 1) < 0, node(l, i, j) < 0};
    size_t e[4];
    cell_edges(e, l, i, j);
    for (size_t a = 0; a < 4; a++) {
        if (in[a] || !in[a + 1]) { continue; }
        size_t b = a;
        do { b = (b + 1) % 4; } while (!(in[b] && !in[b + 1]));
        next[e[a]] = e[b];
    }
}

static void crossing(double xy[2], const lattice *l, size_t edge, const double origin_mm[2],
                     const double spacing_mm[2])
{
    size_t n = edge / 2, i = n % l->w, j = n / l->w;
    bool along_j = edge % 2 == 1;
    double f0 = node(l, i, j), f1 = along_j ? node(l, i, j + 1) : node(l, i + 1, j);
    double t = f0 / (f0 - f1);
    t = t < 0.05 ? 0.05 : t > 0.95 ? 0.95 : t;
    xy[0] = origin_mm[0] + ((double)i - 1.0 + (along_j ? 0.0 : t)) * spacing_mm[0];
    xy[1] = origin_mm[1] + ((double)j - 1.0 + (along_j ? t : 0.0)) * spacing_mm[1];
}

static int trace(pn_outline *out, size_t *next, const lattice *l, size_t first, size_t slice,
                 const double origin_mm[2], const double spacing_mm[2], pn_error *err)
{
    size_t points = 0;
    for (size_t e = first; points == 0 || e != first; e = next[e]) { points++; }
    pn_polygon *p = append(out, slice, points);
    if (p == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for an outline"); }
    size_t e = first;
    for (size_t k = 0; k < points; k++) {
        crossing(p->xy_mm + 2 * k, l, e, origin_mm, spacing_mm);
        size_t following = next[e];
        next[e] = SIZE_MAX;
        e = following;
    }
    return PN_OK;
}

int pn_outline_add(pn_outline *out, const double *field, size_t w, size_t h, size_t slice,
                   const double origin_mm[2], const double spacing_mm[2], pn_error *err)
{
    lattice l = {field, w + 2, h + 2};
    size_t edges = 2 * l.w * l.h;
    size_t *next = malloc(edges * sizeof *next);
    if (next == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for an outline"); }
    for (size_t e = 0; e < edges; e++) { next[e] = SIZE_MAX; }
    for (size_t j = 0; j + 1 < l.h; j++) {
        for (size_t i = 0; i + 1 < l.w; i++) { link_cell(next, &l, i, j); }
    }
    int rc = PN_OK;
    for (size_t e = 0; e < edges && rc == PN_OK; e++) {
        if (next[e] != SIZE_MAX) {
            rc = trace(out, next, &l, e, slice, origin_mm, spacing_mm, err);
        }
    }
    free(next);
    return rc;
}

int pn_outline_ellipse(pn_outline *out, double a_mm, double b_mm, size_t slice, pn_error *err)
{
    /* Cosine and sine of 2 pi / 100; turned step by step, because libm's last digit differs
     * between machines and a product's does not. */
    static const double c = 0.99802672842827156, s = 0.062790519529313374;
    pn_polygon *p = append(out, slice, 100);
    if (p == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for an outline"); }
    double x = 1, y = 0;
    for (size_t k = 0; k < p->n; k++) {
        p->xy_mm[2 * k] = a_mm * x;
        p->xy_mm[2 * k + 1] = b_mm * y;
        double turned = c * x - s * y;
        y = s * x + c * y;
        x = turned;
    }
    return PN_OK;
}
