#include "runs.h"
#include "blocks.h"
#include <math.h>
#include <string.h>

/* Runs longer than the table is wide are listed: a table of every length would be too large
 * where levels are many. */
enum { TABLE_CELLS = 1 << 20 };

typedef struct table {
    size_t width;
    uint32_t *count;          /* [present][width]                                                */
    rx_sized *large;          /* of this direction                                               */
    size_t n_large;
    uint32_t *of_level;       /* [present]: voxels in the slab                                   */
    size_t longest;           /* run of this direction                                           */
    uint16_t *found;          /* where a row's runs start or end                                 */
    uint8_t *flag;
    uint16_t *length;         /* two slices with halo: of each voxel's run so far                */
} table;

static void flag_starts(uint8_t *restrict flag, const uint16_t *restrict at, rx_part p)
{
    for (size_t i = p.from; i < p.to; i++) {
        flag[i] = (uint8_t)((at[i] == at[i + 1]) & (at[i] != (at - 1)[i]) & (at[i] != 0));
    }
}

/* How long each voxel's run is by now, from that of the voxel before, and where runs of two or more
 * end. */
static void flag_ends(uint8_t *restrict flag, uint16_t *restrict length, const uint16_t *restrict at,
                      const uint16_t *restrict next, const uint16_t *restrict last,
                      const uint16_t *restrict before, rx_part p)
{
    for (size_t i = p.from; i < p.to; i++) {
        uint16_t same = (uint16_t)-(at[i] == last[i]);                 /* all bits, or none */
        length[i] = (uint16_t)((before[i] & same) + 1);
        flag[i] = (uint8_t)((at[i] == last[i]) & (at[i] != next[i]) & (at[i] != 0));
    }
}

/* The indices of the flags that are 1. Without branches, so that nothing waits for jumps that
 * cannot be foreseen. */
static size_t find_flags(uint16_t *found, const uint8_t *flag, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        found[k] = (uint16_t)i;
        k += flag[i];
    }
    return k;
}

static void count_run(table *t, uint16_t level, size_t length)
{
    uint32_t *of_level = t->count + level * t->width;
    of_level[0] -= (uint32_t)length;
    if (length <= t->width) {
        of_level[length - 1]++;
    } else {
        t->large[t->n_large++] = (rx_sized){ 1, (uint32_t)length, level };
    }
    if (length > t->longest) { t->longest = length; }
}

/* Runs along a row: where they start, and from there on. */
static void count_in_row(table *t, const rx_levels *l, rx_row row)
{
    const uint16_t *at = row.voxels;
    for (int h = 0; h < 2; h++) { flag_starts(t->flag, at, rx_part_of(row.n, h)); }
    size_t starts = find_flags(t->found, t->flag, row.n);
    for (size_t s = 0; s < starts; s++) {
        const uint16_t *first = at + t->found[s];
        size_t length = 2;
        while (first[length] == *first) { length++; }
        count_run(t, l->dense[*first], length);
    }
}

/* Runs across rows. What lies in `before` beside the region has another level than any voxel here,
 * so that its length does not matter. */
static void count_across(table *t, const rx_levels *l, rx_row row, size_t step, uint16_t *length,
                         const uint16_t *before)
{
    const uint16_t *at = row.voxels;
    for (int h = 0; h < 2; h++) {
        flag_ends(t->flag, length, at, at + step, at - step, before, rx_part_of(row.n, h));
    }
    size_t ends = find_flags(t->found, t->flag, row.n);
    for (size_t e = 0; e < ends; e++) { count_run(t, l->dense[at[t->found[e]]], length[t->found[e]]); }
}

/* Count the runs along one direction. Most runs in a textured region are single voxels: those are
 * not looked for, they are the voxels that the others leave over. */
static void count_runs(table *t, const rx_levels *l, rx_slab slab, const rx_offset *o)
{
    t->longest = 1;
    t->n_large = 0;
    memset(t->count, 0, l->present * t->width * sizeof *t->count);
    for (unsigned g = 0; g < l->present; g++) { t->count[g * t->width] = t->of_level[g]; }
    for (size_t k = slab.begin; k < slab.end; k++) {
        /* lengths are kept for this slice and the one before */
        uint16_t *here = t->length + (k & 1 ? l->stride[2] : 0);
        const uint16_t *from = t->length + ((k & 1) != (o->by[2] & 1) ? l->stride[2] : 0);
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            if (o->by[1] == 0 && o->by[2] == 0) {
                count_in_row(t, l, row);
                continue;
            }
            size_t at = (size_t)(row.voxels - l->voxels) % l->stride[2];
            size_t back = (size_t)(o->by[0] + o->by[1] * (ptrdiff_t)l->stride[1]);
            count_across(t, l, row, o->step, here + at, from + (at - back));
        }
    }
}

/* Does some line in this direction meet the region twice, maybe with a gap? */
static bool meets_twice(const rx_levels *l, size_t step)
{
    size_t first = rx_levels_at(l, 0, 0, 0);
    size_t last = rx_levels_at(l, l->n[0] - 1, l->n[1] - 1, l->n[2] - 1);
    for (size_t at = first; at <= last; at++) {
        if (l->voxels[at] && l->voxels[at + step]) { return true; }
    }
    /* with a gap: follow every line until it leaves the box (rare: scattered regions only) */
    for (size_t at = first; at <= last; at++) {
        if (!l->voxels[at]) { continue; }
        for (size_t next = at + step; next <= last; next += step) {
            size_t nx = next % l->stride[1];
            size_t ny = next / l->stride[1] % (l->stride[2] / l->stride[1]);
            bool inside = nx >= l->pad && nx < l->pad + l->n[0] && ny >= l->pad
                       && ny < l->pad + l->n[1];
            if (!inside) { break; }
            if (l->voxels[next]) { return true; }
        }
    }
    return false;
}

static int make_table(table *t, const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    size_t longest = 1, widest = TABLE_CELLS / l->present;
    for (int a = 0; a < 3; a++) { longest = l->n[a] > longest ? l->n[a] : longest; }
    t->width = longest < widest ? longest : widest;
    size_t room = longest > t->width ? l->total / (t->width + 1) + 1 : 1;
    t->count = rx_buf_need(&ws->counts, (t->width + 1) * l->present, sizeof *t->count, err);
    t->large = rx_buf_need(&ws->list, room, sizeof *t->large, err);
    t->length = rx_buf_need(&ws->reals, 2 * l->stride[2] + 2 * (l->n[0] + 1), sizeof *t->length, err);
    if (!t->count || !t->large || !t->length) { return RX_ENOMEM; }
    t->of_level = t->count + t->width * l->present;
    t->found = t->length + 2 * l->stride[2];
    t->flag = (uint8_t *)(t->found + l->n[0] + 1);
    memset(t->length, 0, 2 * l->stride[2] * sizeof *t->length);
    return RX_OK;
}

/* Runs of all directions: a table like those of each, and a list that grows. */
typedef struct merger {
    double *count;
    rx_sized *large;
    size_t n_large;
    rx_buf *spare, *used;
} merger;

static int merge_start(merger *m, const table *t, const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    size_t cells = t->width * l->present;
    *m = (merger){ .used = &ws->merging, .spare = &ws->cells };
    m->count = rx_buf_need(&ws->merged, cells, sizeof *m->count, err);
    if (!m->count) { return RX_ENOMEM; }
    memset(m->count, 0, cells * sizeof *m->count);
    return RX_OK;
}

static int merge(merger *m, const table *t, const rx_levels *l, double weight, rx_error *err)
{
    for (size_t c = 0; c < t->width * l->present; c++) { m->count[c] += t->count[c] * weight; }
    if (t->n_large == 0) { return RX_OK; }
    rx_sized *to = rx_buf_need(m->spare, m->n_large + t->n_large, sizeof *to, err);
    if (!to) { return RX_ENOMEM; }
    if (m->n_large) { memcpy(to, m->large, m->n_large * sizeof *to); }
    for (size_t r = 0; r < t->n_large; r++) {
        to[m->n_large + r] = t->large[r];
        to[m->n_large + r].count = weight;
    }
    rx_buf *spare = m->used;
    m->used = m->spare;
    m->spare = spare;
    m->large = to;
    m->n_large += t->n_large;
    return RX_OK;
}

static int merge_end(double out[SZ_N], merger *m, const table *t, const rx_levels *l, double eps,
                     rx_workspace *ws, rx_error *err)
{
    rx_sized_sort(m->large, m->n_large);
    rx_sizematrix all = { .width = t->width, .weighted = m->count, .large = m->large,
                          .n_large = m->n_large, .eps = eps };
    return rx_sizematrix_features(out, &all, l, ws, err);
}

int rx_runs_measure(rx_run_sums *out, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                    size_t n_offsets, const rx_run_form *form, rx_workspace *ws, rx_error *err)
{
    table t;
    merger all = { 0 };
    *out = (rx_run_sums){ 0 };
    int rc = make_table(&t, l, ws, err);
    if (rc == RX_OK && form->merged) { rc = merge_start(&all, &t, l, ws, err); }
    if (rc != RX_OK) { return rc; }
    rx_slab_count(t.of_level, l, slab);
    for (size_t d = 0; d < n_offsets; d++) {
        count_runs(&t, l, slab, &offset[d]);
        if (form->drop_single && t.longest < 2 && !meets_twice(l, offset[d].step)) { continue; }
        if (form->merged
            && (rc = merge(&all, &t, l, form->weight ? form->weight[d] : 1, err)) != RX_OK) {
            return rc;
        }
        if (!form->averaged) { continue; }
        double f[SZ_N];
        rx_sized_sort(t.large, t.n_large);
        rx_sizematrix m = { .width = t.width, .count = t.count, .large = t.large,
                            .n_large = t.n_large, .eps = form->eps };
        if ((rc = rx_sizematrix_features(f, &m, l, ws, err)) != RX_OK) { return rc; }
        if (f[SZ_THINGS] == 0) { continue; }
        for (int x = 0; x < SZ_N; x++) { out->sum[x] += f[x]; }
        out->directions++;
    }
    return form->merged ? merge_end(out->merged, &all, &t, l, form->eps, ws, err) : RX_OK;
}
