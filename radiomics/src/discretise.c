/* Grey levels as PyRadiomics makes them: numpy's edges, then numpy.digitize.
 *
 * Both edge rules are arithmetic progressions, so an edge is computed when it is wanted,
 * with the same operations in the same order as numpy, and a voxel's bin is guessed by
 * multiplication and moved by single bins until the edges agree. */
#include <math.h>
#include <string.h>
#include "bounds.h"
#include "roi.h"

typedef struct bins {
    double start, step;   /* edge i is start + i * step                                   */
    double per_step;      /* 1 / step, for a guess that the edges then correct            */
    double last;          /* edge `n`, where it differs from the progression               */
    size_t n;             /* number of bins                                               */
} bins;

static double edge(const bins *b, size_t i)
{
    return i == b->n ? b->last : b->start + (double)i * b->step;
}

/* numpy's x % w for w > 0: the result has the sign of w. */
static double floor_mod(double x, double w)
{
    double m = fmod(x, w);
    return m < 0 ? m + w : m;
}

/* numpy.arange(min - min % w, max + 2w, w): its step is (start + w) - start, rounded. */
static int fixed_width(bins *b, const rx_roi *roi, double w, rx_error *err)
{
    double start = roi->lowest - floor_mod(roi->lowest, w);
    double edges = ceil((roi->highest + 2 * w - start) / w);
    if (!(edges - 1 <= RX_MAX_GREY_LEVELS)) {
        return rx_fail(err, RX_ELIMIT, "%.15g grey levels of width %g between %g and %g, at most %d",
                       edges - 1, w, roi->lowest, roi->highest, RX_MAX_GREY_LEVELS);
    }
    b->start = start;
    b->step = (start + w) - start;
    b->n = (size_t)edges - 1;
    b->last = start + (double)b->n * b->step;
    if (!(b->step > 0)) {
        return rx_fail(err, RX_EINVAL, "bin width %g vanishes beside intensity %g", w, start);
    }
    return RX_OK;
}

/* numpy.histogram's edges (linspace over [min, max], widened by half where flat), the last
 * one raised by 1 so that the maximum lies in the last bin. */
static void fixed_count(bins *b, const rx_roi *roi, unsigned count)
{
    double lo = roi->lowest, hi = roi->highest;
    if (lo == hi) {
        lo -= 0.5;
        hi += 0.5;
    }
    b->start = lo;
    b->step = (hi - lo) / count;
    b->n = count;
    b->last = hi + 1;
}

/* The number of edges <= x: numpy.digitize. */
static unsigned digitize(const bins *b, double x)
{
    double guess = (x - b->start) * b->per_step;
    size_t i = guess > 0 ? (guess < (double)b->n ? (size_t)guess : b->n - 1) : 0;
    while (i > 0 && x < edge(b, i)) { i--; }
    while (i + 1 < b->n && x >= edge(b, i + 1)) { i++; }
    return (unsigned)i + 1;
}

static unsigned largest_distance(const rx_settings *s)
{
    unsigned d = 1;
    for (unsigned i = 0; i < s->n_distances; i++) {
        if (s->distances[i] > d) { d = s->distances[i]; }
    }
    return d;
}

static int make_array(uint16_t **out, rx_levels *l, const rx_roi *roi, rx_workspace *ws,
                      rx_error *err)
{
    size_t total = 1;
    bool fits = true;
    for (int a = 0; a < 3; a++) {
        l->n[a] = roi->n[a];
        l->stride[a] = total;
        fits = fits && rx_size_mul(&total, total, roi->n[a] + 2 * l->pad);
    }
    if (!fits || total > RX_MAX_BOX_VOXELS) {
        return rx_fail(err, RX_ELIMIT, "the region's box has %zu x %zu x %zu voxels, at most %zu in all",
                       roi->n[0], roi->n[1], roi->n[2], RX_MAX_BOX_VOXELS);
    }
    l->array = total;
    *out = rx_buf_need(&ws->levels, total, sizeof **out, err);
    if (!*out) { return RX_ENOMEM; }
    memset(*out, 0, total * sizeof **out);
    return RX_OK;
}

typedef struct tables { uint32_t *histogram; uint16_t *level, *dense, *begin, *end; } tables;

/* The bins' tables and the rows' extents in one buffer, all zero. */
static int make_tables(tables *t, const rx_roi *roi, size_t n, rx_workspace *ws, rx_error *err)
{
    size_t rows = roi->n[1] * roi->n[2];       /* fits: the array with halo does */
    size_t shorts = 4 * n + 2 * rows;          /* a counter is two               */
    uint16_t *p = rx_buf_need(&ws->tables, shorts, sizeof *p, err);
    if (!p) { return RX_ENOMEM; }
    memset(p, 0, shorts * sizeof *p);
    t->histogram = (uint32_t *)(void *)p;
    t->level = p + 2 * n;
    t->dense = t->level + n;
    t->begin = t->dense + n;
    t->end = t->begin + rows;
    return RX_OK;
}

static void fill(uint16_t *out, const tables *t, const rx_levels *l, const rx_roi *roi, const bins *b)
{
    const double *v = roi->values;
    for (size_t k = 0; k < roi->n[2]; k++) {
        for (size_t j = 0; j < roi->n[1]; j++) {
            const uint64_t *row = rx_roi_row(roi, j + 1, k + 1);
            uint16_t *o = out + rx_levels_at(l, 0, j, k);
            size_t first = SIZE_MAX, last = 0;
            for (size_t w = 0; w < roi->words; w++) {
                for (uint64_t rest = row[w]; rest; rest &= rest - 1) {
                    unsigned level = digitize(b, *v++);
                    last = w * 64 + rx_lowest_bit(rest) - 1;
                    if (first == SIZE_MAX) { first = last; }
                    o[last] = (uint16_t)level;
                    t->histogram[level]++;
                }
            }
            if (first != SIZE_MAX) {
                t->begin[k * roi->n[1] + j] = (uint16_t)first;
                t->end[k * roi->n[1] + j] = (uint16_t)(last + 1);
            }
        }
    }
}

/* Tables from the histogram: which levels occur, how often, and their dense numbers. */
static void tabulate(rx_levels *l, const tables *t, size_t n)
{
    l->present = 0;
    for (size_t g = 1; g <= n; g++) {
        if (t->histogram[g] == 0) { continue; }
        t->level[l->present] = (uint16_t)g;
        t->dense[g] = (uint16_t)l->present;
        t->histogram[l->present++] = t->histogram[g];   /* in place: present < g */
    }
    l->level = t->level;
    l->dense = t->dense;
    l->count = t->histogram;
    l->begin = t->begin;
    l->end = t->end;
    l->lowest = t->level[0];
    l->highest = t->level[l->present - 1];
}

int rx_discretise(rx_levels *l, const rx_roi *roi, const rx_settings *s, rx_workspace *ws,
                  rx_error *err)
{
    bins b = { 0 };
    if (s->bin_count > 0) {
        fixed_count(&b, roi, s->bin_count);
        /* Edges that rounding puts on one another would also be searched one by one. */
        double far = fmax(fabs(roi->lowest), fabs(roi->highest));
        if (!isfinite(b.step) || !(far + b.step > far)) {
            return rx_fail(err, RX_ELIMIT, "%u bins between %g and %g cannot be told apart",
                           s->bin_count, roi->lowest, roi->highest);
        }
    } else {
        int rc = fixed_width(&b, roi, s->bin_width, err);
        if (rc != RX_OK) { return rc; }
    }
    b.per_step = 1 / b.step;
    if (!isfinite(b.per_step)) {      /* a step below the normal range */
        return rx_fail(err, RX_ELIMIT, "a bin width of %g is too small to divide by", b.step);
    }
    l->pad = largest_distance(s);
    l->total = roi->voxels;
    memcpy(l->spacing_mm, roi->spacing_mm, sizeof l->spacing_mm);
    uint16_t *voxels = NULL;
    int rc = make_array(&voxels, l, roi, ws, err);
    if (rc != RX_OK) { return rc; }

    tables t = { 0 };
    if ((rc = make_tables(&t, roi, b.n + 1, ws, err)) != RX_OK) { return rc; }
    fill(voxels, &t, l, roi, &b);
    l->voxels = voxels;
    tabulate(l, &t, b.n);
    return RX_OK;
}
