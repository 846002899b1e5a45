/* Runs, zones and dependences of a kernel (definitions: sizematrix.c, glrlm.c, glszm.c, gldm.c,
 * ngtdm.c), counted by level and size as a list of the cells that are not 0. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "maps_kernel.h"

typedef struct cell { uint16_t level; uint32_t size; } cell;

struct rx_map_sizes {
    size_t width;               /* sizes 1 to width                                          */
    double *count;              /* [most_levels][width]: all 0 between matrices              */
    cell *cell;                 /* those that are not 0                                      */
    size_t cells;
    double *by_level;           /* [most_levels]                                             */
    double *by_size;            /* [width + 1]: all 0 between matrices                       */
    double *s;                  /* [most_levels]: NGTDM's                                    */
    uint8_t *seen;              /* of the cube: met by the zone search                       */
    size_t *stack;
};

int rx_map_sizes_new(rx_map_sizes **out, const rx_kernel *k, rx_error *err)
{
    size_t n = k->most_levels, width = k->most, cube = 1;
    if (2 * k->pairs + 1 > width) { width = 2 * k->pairs + 1; }
    for (int a = 0; a < 3; a++) { cube *= k->side[a] + 2 * k->halo; }
    rx_map_sizes *t = calloc(1, sizeof *t);
    double *reals = calloc(n * width + 2 * n + width + 1, sizeof *reals);
    /* no more cells than things, and no direction has more runs than voxels */
    cell *cells = calloc(k->most * (k->lines + 1), sizeof *cells);
    uint8_t *seen = calloc(cube, 1);
    size_t *stack = calloc(k->most, sizeof *stack);
    if (!t || !reals || !cells || !seen || !stack) {
        free(t);
        free(reals);
        free(cells);
        free(seen);
        free(stack);
        return rx_fail(err, RX_ENOMEM, "no memory for a size matrix of %zu levels", n);
    }
    *t = (rx_map_sizes){
        .width = width, .count = reals, .cell = cells, .by_level = reals + n * width,
        .s = reals + n * width + n, .by_size = reals + n * width + 2 * n, .seen = seen, .stack = stack,
    };
    *out = t;
    return RX_OK;
}

void rx_map_sizes_free(rx_map_sizes *t)
{
    if (!t) { return; }
    free(t->count);
    free(t->cell);
    free(t->seen);
    free(t->stack);
    free(t);
}

static void add(rx_map_sizes *t, unsigned level, size_t size, double weight)
{
    double *c = t->count + level * t->width + size - 1;
    if (*c == 0 && weight > 0) { t->cell[t->cells++] = (cell){ (uint16_t)level, (uint32_t)size }; }
    *c += weight;
}

static void forget(rx_map_sizes *t)
{
    for (size_t c = 0; c < t->cells; c++) {
        t->count[t->cell[c].level * t->width + t->cell[c].size - 1] = 0;
        t->by_size[t->cell[c].size] = 0;
    }
    t->cells = 0;
}

typedef struct sums { double things, voxels, small, large, low, high, small_low, small_high, large_low, large_high; } sums;

static void sum_up(sums *t, rx_map_sizes *m, const rx_kernel *k)
{
    memset(m->by_level, 0, k->levels * sizeof *m->by_level);
    for (size_t x = 0; x < m->cells; x++) {
        const cell *at = &m->cell[x];
        double c = m->count[at->level * m->width + at->size - 1];
        double g2 = (double)k->grey[at->level] * k->grey[at->level], j = at->size, j2 = j * j;
        m->by_level[at->level] += c;
        m->by_size[at->size] += c;
        t->things += c;
        t->voxels += c * j;
        t->small += c / j2;
        t->large += c * j2;
        t->low += c / g2;
        t->high += c * g2;
        t->small_low += c / (g2 * j2);
        t->small_high += c * g2 / j2;
        t->large_low += c * j2 / g2;
        t->large_high += c * g2 * j2;
    }
}

/* Of the things counted since the last time; false if there are none. */
static bool one_matrix(double out[SZ_N], rx_map_sizes *m, const rx_kernel *k)
{
    sums t = { 0 };
    sum_up(&t, m, k);
    double n = t.things;
    if (!(n > 0)) {
        forget(m);
        return false;
    }
    double level_mean = 0, size_mean = t.voxels / n, level_squares = 0, size_squares = 0;
    double level_variance = 0, size_variance = 0, entropy = 0;
    for (unsigned g = 0; g < k->levels; g++) {
        level_squares += m->by_level[g] * m->by_level[g];
        level_mean += m->by_level[g] / n * k->grey[g];
    }
    for (unsigned g = 0; g < k->levels; g++) {
        double d = k->grey[g] - level_mean;
        level_variance += m->by_level[g] / n * (d * d);
    }
    for (size_t x = 0; x < m->cells; x++) {
        const cell *at = &m->cell[x];
        double p = m->count[at->level * m->width + at->size - 1] / n, d = at->size - size_mean;
        entropy -= p * log2(p + DBL_EPSILON);
        size_variance += p * (d * d);
        /* the first cell of a size adds the square of the whole size, the others nothing */
        size_squares += m->by_size[at->size] * m->by_size[at->size];
        m->by_size[at->size] = 0;
    }
    forget(m);
    out[SZ_SMALL] = t.small / n;
    out[SZ_LARGE] = t.large / n;
    out[SZ_LEVEL_NONUNIFORMITY] = level_squares / n;
    out[SZ_LEVEL_NONUNIFORMITY_NORM] = level_squares / (n * n);
    out[SZ_SIZE_NONUNIFORMITY] = size_squares / n;
    out[SZ_SIZE_NONUNIFORMITY_NORM] = size_squares / (n * n);
    out[SZ_PERCENTAGE] = n / t.voxels;
    out[SZ_LEVEL_VARIANCE] = level_variance;
    out[SZ_SIZE_VARIANCE] = size_variance;
    out[SZ_ENTROPY] = entropy;
    out[SZ_LOW] = t.low / n;
    out[SZ_HIGH] = t.high / n;
    out[SZ_SMALL_LOW] = t.small_low / n;
    out[SZ_SMALL_HIGH] = t.small_high / n;
    out[SZ_LARGE_LOW] = t.large_low / n;
    out[SZ_LARGE_HIGH] = t.large_high / n;
    return true;
}

/* ---- Runs ------------------------------------------------------------------------------------- */

static bool is_inside(const rx_kernel *k, size_t at, const int d[3], int n)
{
    for (int a = 2; a >= 0; a--) {
        long x = (long)(at / k->stride[a]) - (long)k->halo + (long)n * d[a];
        if (x < 0 || x >= (long)k->side[a]) { return false; }
        at %= k->stride[a];
    }
    return true;
}

/* Does a line in this direction meet two voxels, maybe with a gap between them? */
static bool meets_twice(const rx_kernel *k, const rx_step *line)
{
    for (size_t v = 0; v < k->voxels; v++) {
        for (int n = 2; is_inside(k, k->at[v], line->d, n); n++) {
            if (k->cube[k->at[v] + (size_t)n * line->step]) { return true; }
        }
    }
    return false;
}

/* Counts the runs unless the direction has to be left out. A run starts where the voxel before
 * is of another level; whether any two voxels touch is seen on the way. */
static void count_runs(rx_map_sizes *t, const rx_kernel *k, const rx_step *line, double weight)
{
    bool touch = false;
    for (size_t v = 0; v < k->voxels && !touch; v++) { touch = k->cube[k->at[v] + line->step] != 0; }
    if (!touch && !meets_twice(k, line)) { return; }
    for (size_t v = 0; v < k->voxels; v++) {
        const uint16_t *at = k->cube + k->at[v];
        if (*(at - line->step) == *at) { continue; }
        size_t length = 1;
        while (at[length * line->step] == *at) { length++; }
        add(t, *at - 1u, length, weight);
    }
}

void rx_map_glrlm_features(double out[N_GLRLM], const rx_kernel *k, rx_map_sizes *t)
{
    double sum[SZ_N] = { 0 }, f[SZ_N];
    bool merge = k->s->weighting_norm != RX_NORM_NONE;
    size_t matrices = 0;
    for (size_t d = 0; d < k->lines; d++) {
        count_runs(t, k, &k->line[d], merge ? k->line[d].run_weight : 1);
        if (merge && d + 1 < k->lines) { continue; }
        if (!one_matrix(f, t, k)) { continue; }
        for (int x = 0; x < SZ_N; x++) { sum[x] += f[x]; }
        matrices++;
    }
    for (int x = 0; x < SZ_N; x++) { f[x] = matrices ? sum[x] / (double)matrices : (double)NAN; }
    rx_glrlm_name(out, f);
}

/* ---- Zones ------------------------------------------------------------------------------------ */

static size_t zone_size(rx_map_sizes *t, const rx_kernel *k, size_t seed)
{
    size_t top = 0, size = 0;
    t->stack[top++] = seed;
    t->seen[seed] = 1;
    while (top > 0) {
        size_t at = t->stack[--top];
        size++;
        for (size_t d = 0; d < 2 * k->lines; d++) {
            size_t step = k->line[d / 2].step, next = d % 2 ? at - step : at + step;
            if (k->cube[next] != k->cube[seed] || t->seen[next]) { continue; }
            t->seen[next] = 1;
            t->stack[top++] = next;
        }
    }
    return size;
}

void rx_map_glszm_features(double out[N_GLSZM], const rx_kernel *k, rx_map_sizes *t)
{
    double f[SZ_N];
    for (size_t v = 0; v < k->voxels; v++) {
        if (t->seen[k->at[v]]) { continue; }
        add(t, k->cube[k->at[v]] - 1u, zone_size(t, k, k->at[v]), 1);
    }
    for (size_t v = 0; v < k->voxels; v++) { t->seen[k->at[v]] = 0; }
    (void)one_matrix(f, t, k);             /* there is a voxel: there is a zone */
    rx_glszm_name(out, f);
}

/* ---- Neighbours ------------------------------------------------------------------------------- */

static void gldm_features(double out[N_GLDM], const rx_kernel *k, rx_map_sizes *t)
{
    double f[SZ_N];
    (void)one_matrix(f, t, k);
    rx_gldm_name(out, f);
}

static void ngtdm_features(double out[N_NGTDM], const rx_kernel *k, const double *s)
{
    double N = (double)k->voxels, sum_s = 0, sum_ps = 0;
    double contrast = 0, busy = 0, complexity = 0, strength = 0;
    for (unsigned i = 0; i < k->levels; i++) {
        double pi = k->count[i] / N, gi = k->grey[i];
        sum_s += s[i];
        sum_ps += pi * s[i];
        for (unsigned j = 0; j < i; j++) {
            double pj = k->count[j] / N, gj = k->grey[j], d = fabs(gi - gj);
            contrast += 2 * pi * pj * d * d;
            busy += 2 * fabs(gi * pi - gj * pj);
            complexity += 2 * d * (pi * s[i] + pj * s[j]) / (pi + pj);
            strength += 2 * (pi + pj) * d * d;
        }
    }
    double pairs = (double)k->levels * ((double)k->levels - 1);
    out[ngtdm_Coarseness] = sum_ps != 0 ? 1 / sum_ps : 1e6;
    out[ngtdm_Contrast] = pairs != 0 ? contrast * sum_s / N / pairs : 0;
    out[ngtdm_Busyness] = busy != 0 ? sum_ps / busy : 0;
    out[ngtdm_Complexity] = complexity / N;
    out[ngtdm_Strength] = sum_s != 0 ? strength / sum_s : 0;
}

void rx_map_neighbour_features(double *gldm, double *ngtdm, const rx_kernel *k, rx_map_sizes *t)
{
    double alpha = k->s->gldm_alpha;
    memset(t->s, 0, k->levels * sizeof *t->s);
    for (size_t v = 0; v < k->voxels; v++) {
        const uint16_t *at = k->cube + k->at[v];
        unsigned level = *at - 1u, neighbours = 0, dependent = 0, own = k->grey[level];
        uint64_t sum = 0;
        for (size_t d = 0; d < 2 * k->pairs; d++) {
            unsigned other = d % 2 ? *(at - k->pair[d / 2].step) : at[k->pair[d / 2].step];
            if (other == 0) { continue; }
            unsigned grey = k->grey[other - 1], apart = grey > own ? grey - own : own - grey;
            neighbours++;
            sum += grey;
            dependent += apart <= alpha;
        }
        if (gldm) { add(t, level, dependent + 1u, 1); }
        if (neighbours > 0) {
            double whole = (double)neighbours * own;
            t->s[level] += fabs(whole - (double)sum) / neighbours;
        }
    }
    if (gldm) { gldm_features(gldm, k, t); }
    if (ngtdm) { ngtdm_features(ngtdm, k, t->s); }
}
