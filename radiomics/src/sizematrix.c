#include "sizematrix.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct sums {
    double things, voxels;
    double small, large, small_low, small_high, large_low, large_high;
    double size_squares;
} sums;

static double count_at(const rx_sizematrix *m, size_t cell)
{
    return m->count ? m->count[cell] : m->weighted[cell];
}

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

static double count_of(const rx_sizematrix *m, size_t at, size_t end)
{
    double n = 0;
    for (; at < end; at++) { n += m->large[at].count; }
    return n;
}

static void add_all(sums *t, double *by_level, double *by_size, const rx_sizematrix *m,
                    const rx_levels *l)
{
    for (unsigned i = 0; i < l->present; i++) {
        for (size_t j = 0; j < m->width; j++) {
            double c = count_at(m, i * m->width + j);
            if (c == 0) { continue; }
            by_level[i] += c;
            by_size[j] += c;
            add_cell(t, l->level[i], (double)(j + 1), c);
        }
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, true);
        const rx_sized *z = &m->large[at];
        by_level[z->level] += count_of(m, at, end);
        add_cell(t, l->level[z->level], z->size, count_of(m, at, end));
        at = end;
    }
    for (size_t j = 0; j < m->width; j++) {
        if (by_size[j] > 0) { add_size(t, (double)(j + 1), by_size[j]); }
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, false);
        add_size(t, m->large[at].size, count_of(m, at, end));
        at = end;
    }
}

static double size_variance(const sums *t, const double *by_size, const rx_sizematrix *m)
{
    double mean = t->voxels / t->things, v = 0;
    for (size_t j = 0; j < m->width; j++) {
        double d = (double)(j + 1) - mean;
        v += by_size[j] / t->things * (d * d);
    }
    for (size_t at = 0; at < m->n_large; at++) {
        double d = m->large[at].size - mean;
        v += m->large[at].count * (d * d) / t->things;
    }
    return v;
}

static void entropy(double out[SZ_N], const sums *t, const rx_sizematrix *m, const rx_levels *l)
{
    double h = 0, energy = 0;
    for (size_t c = 0; c < l->present * m->width; c++) {
        double count = count_at(m, c);
        if (count == 0) { continue; }
        double p = count / t->things;
        h -= p * log2(p + m->eps);
        energy += p * p;
    }
    for (size_t at = 0; at < m->n_large;) {
        size_t end = group_end(m, at, true);
        double p = count_of(m, at, end) / t->things;
        h -= p * log2(p + m->eps);
        energy += p * p;
        at = end;
    }
    out[SZ_ENTROPY] = h;
    out[SZ_ENERGY] = energy;
}

static int by_size_and_level(const void *a, const void *b)
{
    const rx_sized *x = a, *y = b;
    if (x->size != y->size) { return x->size < y->size ? -1 : 1; }
    return (x->level > y->level) - (x->level < y->level);
}

void rx_sized_sort(rx_sized *things, size_t n)
{
    if (n > 1) { qsort(things, n, sizeof *things, by_size_and_level); }
}

int rx_sizematrix_features(double out[SZ_N], const rx_sizematrix *m, const rx_levels *l,
                           rx_workspace *ws, rx_error *err)
{
    double *by_level = rx_buf_need(&ws->margins, l->present + m->width, sizeof *by_level, err);
    if (!by_level) { return RX_ENOMEM; }
    double *by_size = by_level + l->present;
    memset(by_level, 0, (l->present + m->width) * sizeof *by_level);
    sums t = { 0 };
    add_all(&t, by_level, by_size, m, l);
    double n = t.things;
    if (n == 0) {
        for (int f = 0; f < SZ_N; f++) { out[f] = f == SZ_THINGS ? 0 : (double)NAN; }
        return RX_OK;
    }

    double squares = 0, low = 0, high = 0, mean = 0, variance = 0;
    for (unsigned i = 0; i < l->present; i++) {
        double c = by_level[i], g = l->level[i];
        squares += c * c;
        low += c / (g * g);
        high += c * (g * g);
        mean += c / n * g;
    }
    for (unsigned i = 0; i < l->present; i++) {
        double d = l->level[i] - mean;
        variance += by_level[i] / n * (d * d);
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
    entropy(out, &t, m, l);
    out[SZ_THINGS] = n;
    out[SZ_LOW] = low / n;
    out[SZ_HIGH] = high / n;
    out[SZ_SMALL_LOW] = t.small_low / n;
    out[SZ_SMALL_HIGH] = t.small_high / n;
    out[SZ_LARGE_LOW] = t.large_low / n;
    out[SZ_LARGE_HIGH] = t.large_high / n;
    return RX_OK;
}
