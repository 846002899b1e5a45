/* Separable filters and their right-angled rotations (IBSI 2: 4 in a slice, 24 in the volume).
 *
 * A rotation gives every axis one of the filter's line kernels, as it is or flipped. Rotations that
 * are the same filter are computed once, one that is another's negative (a kernel that is odd, flipped)
 * not at all; and since the first two axes' results are shared by what differs only further on, a 3D
 * filter costs at most 54 line filters, a Laws filter 12 or so. */
#include <math.h>
#include <radiomics/filters.h>
#include <stdlib.h>
#include <string.h>
#include "resp_kinds.h"
#include "resp_lines.h"

enum { MAX_LEVELS = 8, MAX_TURNS = 24 };

/* What is done along one axis: line filters one after the other. */
typedef struct chain {
    rx_line line[MAX_LEVELS];
    int lines;
    int parity;                     /* 1: flipping changes nothing; -1: only the sign; else 0 */
    int id;                         /* the same for the same chain                            */
} chain;

typedef struct separable {
    chain axis[3];
    int axes;
    size_t keep;
    double weights[4][RX_MAX_WAVELET > 32 ? RX_MAX_WAVELET : 32];
    double *flat;                   /* the mean filter's kernel, of any length */
} separable;

typedef struct turn {
    int from[3];                    /* the axis whose chain is used     */
    bool flip[3];
    int plus, minus;                /* rotations that are this, negated */
} turn;

/* ---- kernels ------------------------------------------------------------------------ */

static int parity_of(const double *w, size_t taps)
{
    bool even = true, odd = true;
    for (size_t t = 0; t < taps; t++) {
        even = even && w[t] == w[taps - 1 - t];
        odd = odd && w[t] == -w[taps - 1 - t];
    }
    return taps % 2 == 0 ? 0 : even ? 1 : odd ? -1 : 0;
}

static void one_line(chain *c, const double *w, size_t taps, int id)
{
    *c = (chain){ .lines = 1, .parity = parity_of(w, taps), .id = id };
    c->line[0] = (rx_line){ w, taps, taps / 2, 1, false };
}

/* Every voxel of the support has the same weight. */
static int mean_chains(separable *s, unsigned support, rx_error *err)
{
    s->flat = malloc(support * sizeof *s->flat);
    if (!s->flat) { return rx_fail(err, RX_ENOMEM, "no memory for a kernel of %u voxels", support); }
    for (unsigned t = 0; t < support; t++) { s->flat[t] = 1.0 / support; }
    for (int a = 0; a < s->axes; a++) { one_line(&s->axis[a], s->flat, support, 0); }
    return RX_OK;
}

/* Laws' kernels, which are scaled to length 1 (IBSI 2). */
static const struct laws { char name[3]; int taps; double w[5]; } laws[] = {
    { "L3", 3, { 1, 2, 1 } },
    { "E3", 3, { -1, 0, 1 } },
    { "S3", 3, { -1, 2, -1 } },
    { "L5", 5, { 1, 4, 6, 4, 1 } },
    { "E5", 5, { -1, -2, 0, 2, 1 } },
    { "S5", 5, { -1, 0, 2, 0, -1 } },
    { "W5", 5, { -1, 2, 0, -2, 1 } },
    { "R5", 5, { 1, -4, 6, -4, 1 } },
};

int rx_laws_index(const char *name)
{
    for (int i = 0; i < (int)(sizeof laws / sizeof laws[0]); i++) {
        if (strncmp(name, laws[i].name, 2) == 0) { return i; }
    }
    return -1;
}

static void laws_chains(separable *s, const char *kernels)
{
    for (int a = 0; a < s->axes; a++) {
        int id = rx_laws_index(kernels + 2 * a);
        double squares = 0;
        for (int t = 0; t < laws[id].taps; t++) { squares += laws[id].w[t] * laws[id].w[t]; }
        for (int t = 0; t < laws[id].taps; t++) { s->weights[a][t] = laws[id].w[t] / sqrt(squares); }
        one_line(&s->axis[a], s->weights[a], (size_t)laws[id].taps, id);
    }
}

/* Low-pass filters for the levels before the last, then the letter's. Without decimation the taps
 * move apart by 2 a level (a trous). */
static int wavelet_chains(separable *s, const rx_response *f, rx_error *err)
{
    double *lo = s->weights[0], *hi = s->weights[1];
    unsigned taps;
    int rc = rx_wavelet_filters(lo, hi, &taps, f->wavelet, err);
    if (rc != RX_OK) { return rc; }
    s->keep = f->decimated ? 2 : 1;
    for (int a = 0; a < s->axes; a++) {
        chain *c = &s->axis[a];
        bool high = f->kernels[a] == 'H';
        *c = (chain){ .lines = (int)f->level, .parity = 0, .id = high };
        for (unsigned l = 0; l < f->level; l++) {
            const double *w = high && l + 1 == f->level ? hi : lo;
            c->line[l] = (rx_line){ w, taps, taps / 2, f->decimated ? 1 : (size_t)1 << l, false };
        }
    }
    return RX_OK;
}

/* The taps of all levels lie within half a kernel times 1 + 2 + 4 ... voxels. */
double rx_wavelet_reach(const rx_response *f)
{
    double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET];
    unsigned taps;
    if (rx_wavelet_filters(lo, hi, &taps, f->wavelet, NULL) != RX_OK) { return INFINITY; }
    return ldexp(taps / 2, (int)f->level);
}

/* ---- rotations ------------------------------------------------------------------------ */

static bool same(const separable *s, const turn *a, const turn *b)
{
    for (int axis = 0; axis < s->axes; axis++) {
        if (s->axis[a->from[axis]].id != s->axis[b->from[axis]].id || a->flip[axis] != b->flip[axis]) {
            return false;
        }
    }
    return true;
}

static void add_turn(turn turns[MAX_TURNS], int *n, const separable *s, turn t)
{
    bool negative = false;
    for (int a = 0; a < s->axes; a++) {
        int parity = s->axis[t.from[a]].parity;
        if (t.flip[a] && parity != 0) {
            t.flip[a] = false;
            negative = negative != (parity < 0);
        }
    }
    int at = 0;
    while (at < *n && !same(s, &turns[at], &t)) { at++; }
    if (at == *n) { turns[(*n)++] = t; }
    if (negative) {
        turns[at].minus++;
    } else {
        turns[at].plus++;
    }
}

/* Orders what shares its first axes' chains side by side. */
static int turn_key(const separable *s, const turn *t)
{
    int key = 0;
    for (int a = 0; a < s->axes; a++) { key = key * 64 + s->axis[t->from[a]].id * 2 + t->flip[a]; }
    return key;
}

static int make_turns(turn turns[MAX_TURNS], const separable *s, bool rotations)
{
    static const int order[6][4] = {         /* permutation of the axes, and its sign */
        { 0, 1, 2, 1 }, { 1, 0, 2, -1 }, { 1, 2, 0, 1 }, { 2, 1, 0, -1 }, { 2, 0, 1, 1 }, { 0, 2, 1, -1 },
    };
    int n = 0;
    if (!rotations) {
        turns[0] = (turn){ { 0, 1, 2 }, { false, false, false }, 1, 0 };
        return 1;
    }
    for (int p = 0; p < (s->axes == 2 ? 2 : 6); p++) {
        for (int flips = 0; flips < 1 << s->axes; flips++) {
            turn t = { { order[p][0], order[p][1], order[p][2] }, { flips & 1, flips & 2, flips & 4 }, 0, 0 };
            int sign = order[p][3];
            for (int a = 0; a < s->axes; a++) { sign = t.flip[a] ? -sign : sign; }
            if (sign > 0) { add_turn(turns, &n, s, t); }
        }
    }
    for (int i = 1; i < n; i++) {
        for (int j = i; j > 0 && turn_key(s, &turns[j - 1]) > turn_key(s, &turns[j]); j--) {
            turn t = turns[j];
            turns[j] = turns[j - 1];
            turns[j - 1] = t;
        }
    }
    return n;
}

/* ---- evaluation ------------------------------------------------------------------------ */

/* Volumes as wide as the image: after the x, y and z chain, between a chain's lines, pooled. */
typedef struct work {
    double *after[3], *between;
    size_t dim[3][3];               /* of after[] */
} work;

static int apply_chain(work *w, int axis, const double *in, const size_t dim[3], const chain *c, bool flip,
                       size_t keep, rx_boundary boundary, rx_error *err)
{
    memcpy(w->dim[axis], dim, sizeof w->dim[axis]);
    for (int l = 0; l < c->lines; l++) {
        double *out = (c->lines - 1 - l) % 2 == 0 ? w->after[axis] : w->between;
        rx_line line = c->line[l];
        line.flipped = flip;
        int rc = rx_line_convolve(out, in, w->dim[axis], axis, &line, boundary, keep, false, err);
        if (rc != RX_OK) { return rc; }
        w->dim[axis][axis] = (w->dim[axis][axis] + keep - 1) / keep;
        in = out;
    }
    return RX_OK;
}

static void pool(double *map, const double *v, size_t n, const turn *t, int rotations, bool first,
                 rx_pooling pooling)
{
    const double weight = (double)(t->plus - t->minus) / rotations;
    for (size_t i = 0; i < n; i++) {
        if (pooling == RX_POOLING_AVERAGE) {
            map[i] = (first ? 0 : map[i]) + weight * v[i];
        } else {
            double most = t->plus == 0 ? -v[i] : t->minus == 0 ? v[i] : fabs(v[i]);
            map[i] = first || most > map[i] ? most : map[i];
        }
    }
}

/* First axis whose chain differs from the last turn's. */
static int first_change(const separable *s, const turn *a, const turn *b)
{
    int axis = 0;
    while (axis < s->axes && s->axis[a->from[axis]].id == s->axis[b->from[axis]].id
           && a->flip[axis] == b->flip[axis]) {
        axis++;
    }
    return axis;
}

static int evaluate(double *map, work *w, const rx_volume *image, const separable *s, const rx_response *f,
                    bool rotations, rx_error *err)
{
    turn turns[MAX_TURNS];
    const int n = make_turns(turns, s, rotations), last = s->axes - 1;
    int all = 0;
    for (int t = 0; t < n; t++) { all += turns[t].plus + turns[t].minus; }
    for (int t = 0; t < n; t++) {
        for (int a = t == 0 ? 0 : first_change(s, &turns[t - 1], &turns[t]); a < s->axes; a++) {
            const double *in = a == 0 ? image->voxels : w->after[a - 1];
            const size_t *dim = a == 0 ? image->grid.dim : w->dim[a - 1];
            int rc = apply_chain(w, a, in, dim, &s->axis[turns[t].from[a]], turns[t].flip[a], s->keep, f->boundary,
                                 err);
            if (rc != RX_OK) { return rc; }
        }
        const size_t *dim = w->dim[last];
        pool(map, w->after[last], dim[0] * dim[1] * dim[2], &turns[t], all, t == 0, f->pooling);
    }
    return RX_OK;
}

static int evaluate_new(rx_volume *map, const rx_volume *image, const separable *s, const rx_response *f,
                        bool rotations, rx_error *err)
{
    rx_volume scratch[4] = { { .voxels = NULL } };
    work w = { .between = NULL };
    rx_grid grid = image->grid;
    for (int a = 0; a < s->axes; a++) {
        for (int l = 0; s->keep == 2 && l < s->axis[a].lines; l++) {
            grid.dim[a] = (grid.dim[a] + 1) / 2;
            grid.spacing_mm[a] *= 2;
        }
    }
    int rc = rx_volume_new(map, &grid, err);
    for (int v = 0; v < 4 && rc == RX_OK; v++) {
        bool wanted = v < s->axes || (v == 3 && s->axis[0].lines > 1);
        if (wanted) { rc = rx_volume_new(&scratch[v], &image->grid, err); }
        if (v < 3) {
            w.after[v] = scratch[v].voxels;
        } else {
            w.between = scratch[v].voxels;
        }
    }
    if (rc == RX_OK) { rc = evaluate(map->voxels, &w, image, s, f, rotations, err); }
    for (int v = 0; v < 4; v++) { rx_volume_free(&scratch[v]); }
    return rc;
}

/* Laws' energy: the mean absolute response around each voxel. */
static int energy(rx_volume *map, const rx_response *f, rx_error *err)
{
    rx_volume response = *map;
    separable s = { .axes = f->by_slice ? 2 : 3, .keep = 1 };
    *map = (rx_volume){ 0 };
    int rc = mean_chains(&s, 2 * f->energy_distance + 1, err);
    size_t n = response.grid.dim[0] * response.grid.dim[1] * response.grid.dim[2];
    for (size_t i = 0; i < n; i++) { response.voxels[i] = fabs(response.voxels[i]); }
    if (rc == RX_OK) { rc = evaluate_new(map, &response, &s, f, false, err); }
    rx_volume_free(&response);
    free(s.flat);
    return rc;
}

int rx_response_separable(rx_volume *map, const rx_volume *image, const rx_response *f, rx_error *err)
{
    separable s = { .axes = f->by_slice ? 2 : 3, .keep = 1 };
    int rc = RX_OK;
    if (f->kind == RX_RESPONSE_MEAN) {
        rc = mean_chains(&s, f->support, err);
    } else if (f->kind == RX_RESPONSE_LAWS) {
        laws_chains(&s, f->kernels);
    } else {
        rc = wavelet_chains(&s, f, err);
    }
    bool rotations = f->rotation_invariant && f->kind != RX_RESPONSE_MEAN;
    if (rc == RX_OK) { rc = evaluate_new(map, image, &s, f, rotations, err); }
    free(s.flat);
    if (rc == RX_OK && f->kind == RX_RESPONSE_LAWS && f->energy_distance > 0) { rc = energy(map, f, err); }
    return rc;
}
