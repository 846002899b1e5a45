#include "sizematrix.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct sums {
    double things, voxels;
    double small, large, small_low, small_high, large_low, large_high;
    double size_squares;
} sums;

static void add_cell(sums *t, double level, double size, double count)
{
    double i2 = level * level, j2 = size * size;
    t->small_low += count / (i2 * j2);
    t->small_high += count * i2 / j2;
    t->large_low += count * j2 / i2;
    t->large_high += count * i2 * j2;
}

static void add_size(sums *t, double size, double count)
{
    t->things += count;
    t->voxels += count * size;
    t->small += count / (size * size);
    t->large += count * (size * size);
    t->size_squares += count * count;
}

/* End of the group that starts at `at`: same size, and same level if asked. */
static size_t group_end(const rx_sizematrix *m, size_t at, bool same_level)
{
    size_t end = at + 1;
    while (end < m->n_large && m->large[end].size == m->large[at].size
           && (!same_level || m->large[end].level == m->large[at].level)) {
        end++;
    }
    return end;
}

static void add_all(sums *t, uint64_t *by_level, uint64_t *by_size, const rx_sizematrix *m,
                    const rx_levels *l)
{
    for (unsigned i = 0; i < l->present; i++) {
        const uint32_t *row = m->count + (size_t)i * m->width;
        for (size_t j = 0; j < m->width; j++) {
            if (row[j] == 0) { continue; }
            by_level[i] += row[j];
            by_size[j] += row[j];
            add_cell(t, l->level[i], (double)(j + 1), row[j]);
        }
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, true);
        const rx_sized *z = &m->large[at];
        by_level[z->level] += end - at;
        add_cell(t, l->level[z->level], z->size, (double)(end - at));
        at = end;
    }
    for (size_t j = 0; j < m->width; j++) {
        if (by_size[j]) { add_size(t, (double)(j + 1), (double)by_size[j]); }
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, false);
        add_size(t, m->large[at].size, (double)(end - at));
        at = end;
    }
}

static double size_variance(const sums *t, const uint64_t *by_size, const rx_sizematrix *m)
{
    double mean = t->voxels / t->things, v = 0;
    for (size_t j = 0; j < m->width; j++) {
        double d = (double)(j + 1) - mean;
        v += (double)by_size[j] / t->things * (d * d);
    }
    for (size_t at = 0; at < m->n_large; at++) {
        double d = m->large[at].size - mean;
        v += d * d / t->things;
    }
    return v;
}

static double entropy(const sums *t, const rx_sizematrix *m, const rx_levels *l)
{
    double h = 0;
    for (size_t c = 0; c < l->present * m->width; c++) {
        if (m->count[c] == 0) { continue; }
        double p = m->count[c] / t->things;
        h -= p * log2(p + DBL_EPSILON);
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, true);
        double p = (double)(end - at) / t->things;
        h -= p * log2(p + DBL_EPSILON);
        at = end;
    }
    return h;
}

int rx_sizematrix_features(double out[SZ_N], const rx_sizematrix *m, const rx_levels *l,
                           rx_workspace *ws, rx_error *err)
{
    uint64_t *by_level = rx_buf_need(&ws->margins, l->present + m->width, sizeof *by_level, err);
    if (!by_level) { return RX_ENOMEM; }
    uint64_t *by_size = by_level + l->present;
    memset(by_level, 0, (l->present + m->width) * sizeof *by_level);
    sums t = { 0 };
    add_all(&t, by_level, by_size, m, l);
    double n = t.things;
    if (n == 0) {
        for (int f = 0; f < SZ_N; f++) { out[f] = NAN; }
        return RX_OK;
    }

    double squares = 0, low = 0, high = 0, mean = 0, variance = 0;
    for (unsigned i = 0; i < l->present; i++) {
        double c = (double)by_level[i], g = l->level[i];
        squares += c * c;
        low += c / (g * g);
        high += c * (g * g);
        mean += c / n * g;
    }
    for (unsigned i = 0; i < l->present; i++) {
        double d = l->level[i] - mean;
        variance += (double)by_level[i] / n * (d * d);
    }
    out[SZ_SMALL] = t.small / n;
    out[SZ_LARGE] = t.large / n;
    out[SZ_LEVEL_NONUNIFORMITY] = squares / n;
    out[SZ_LEVEL_NONUNIFORMITY_NORM] = squares / (n * n);
    out[SZ_SIZE_NONUNIFORMITY] = t.size_squares / n;
    out[SZ_SIZE_NONUNIFORMITY_NORM] = t.size_squares / (n * n);
    out[SZ_PERCENTAGE] = n / t.voxels;
    out[SZ_LEVEL_VARIANCE] = variance;
    out[SZ_SIZE_VARIANCE] = size_variance(&t, by_size, m);
    out[SZ_ENTROPY] = entropy(&t, m, l);
    out[SZ_LOW] = low / n;
    out[SZ_HIGH] = high / n;
    out[SZ_SMALL_LOW] = t.small_low / n;
    out[SZ_SMALL_HIGH] = t.small_high / n;
    out[SZ_LARGE_LOW] = t.large_low / n;
    out[SZ_LARGE_HIGH] = t.large_high / n;
    return RX_OK;
}
