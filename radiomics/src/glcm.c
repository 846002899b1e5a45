/* Grey level co-occurrence over directions: averaged or merged (IBSI 3.6.1), and PyRadiomics'
 * choices of them. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "bounds.h"
#include "cooccurrence.h"

/* Matrices counted in one pass over the voxels: as many directions as fit here, so that
 * equal neighbours in a row do not wait for one another's counter. */
static const size_t PASS_BYTES = (size_t)1 << 20;

/* The matrix of all directions: a table where the directions' are tables, else a list. */
typedef struct merger {
    double *table;             /* [n][n], or NULL                                             */
    size_t n;
    rx_cells cells;
    rx_buf *spare, *used;      /* the list's memory is used->p                                */
} merger;

/* Both lists are sorted; so is the new one. */
static int merge_lists(merger *m, rx_cells add, double weight, rx_error *err)
{
    if (add.n > RX_MAX_CELLS - m->cells.n) {
        return rx_fail(err, RX_ELIMIT, "%zu pairs of grey levels occur, at most %zu can be merged",
                       m->cells.n + add.n, RX_MAX_CELLS);
    }
    rx_cell *to = rx_buf_need(m->spare, m->cells.n + add.n, sizeof *to, err);
    if (!to) { return RX_ENOMEM; }
    size_t a = 0, b = 0, n = 0;
    while (a < m->cells.n || b < add.n) {
        uint32_t key_a = UINT32_MAX, key_b = UINT32_MAX;
        if (a < m->cells.n) { key_a = (uint32_t)m->cells.v[a].i << 16 | m->cells.v[a].j; }
        if (b < add.n) { key_b = (uint32_t)add.v[b].i << 16 | add.v[b].j; }
        rx_cell c = key_a <= key_b ? m->cells.v[a] : add.v[b];
        c.count = (key_a <= key_b ? m->cells.v[a++].count : 0)
                + (key_b <= key_a ? add.v[b++].count * weight : 0);
        if (c.count > 0) { to[n++] = c; }            /* a weight can be 0 */
    }
    rx_buf *t = m->spare;
    m->spare = m->used;
    m->used = t;
    m->cells = (rx_cells){ to, n };
    return RX_OK;
}

static int merge(merger *m, rx_cells add, double weight, rx_error *err)
{
    if (!m->table) { return merge_lists(m, add, weight, err); }
    for (size_t c = 0; c < add.n; c++) {
        m->table[add.v[c].i * m->n + add.v[c].j] += add.v[c].count * weight;
    }
    return RX_OK;
}

static int merge_start(merger *m, const rx_levels *l, bool table, rx_workspace *ws, rx_error *err)
{
    *m = (merger){ .n = l->present, .used = &ws->merged, .spare = &ws->merging };
    if (!table) { return RX_OK; }
    m->table = rx_buf_need(&ws->merged, m->n * m->n, sizeof *m->table, err);
    if (!m->table) { return RX_ENOMEM; }
    memset(m->table, 0, m->n * m->n * sizeof *m->table);
    return RX_OK;
}

static int merge_end(merger *m, rx_error *err)
{
    if (!m->table) { return RX_OK; }
    size_t n = 0;
    for (size_t c = 0; c < m->n * m->n; c++) { n += m->table[c] > 0; }
    rx_cell *to = rx_buf_need(m->spare, n, sizeof *to, err);
    if (!to) { return RX_ENOMEM; }
    m->cells = (rx_cells){ to, 0 };
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = 0; j < m->n; j++) {
            double c = m->table[i * m->n + j];
            if (c > 0) { to[m->cells.n++] = (rx_cell){ c, (uint16_t)i, (uint16_t)j }; }
        }
    }
    return RX_OK;
}

typedef struct slab_of {
    const rx_levels *l;
    rx_slab slab;
    size_t voxels;
    const rx_offset *offset;
    size_t n_offsets;
    const rx_glcm_form *form;
} slab_of;

/* The cells of direction d; where tables are used, those of all that fit are counted when the
 * first of them is asked for. */
static int list_direction(rx_cells *cells, size_t d, bool table, const slab_of *s, rx_workspace *ws,
                          rx_error *err)
{
    if (!table) {
        return rx_pairs_sort(cells, s->l, s->slab, s->voxels, s->offset + d, s->form->symmetric, ws, err);
    }
    size_t n = s->l->present, at_once = PASS_BYTES / (n * n * sizeof(uint32_t));
    at_once = at_once < 1 ? 1 : at_once > s->n_offsets ? s->n_offsets : at_once;
    uint32_t *count = rx_buf_need(&ws->counts, at_once * n * n, sizeof *count, err);
    if (!count) { return RX_ENOMEM; }
    if (d % at_once == 0) {
        size_t some = s->n_offsets - d < at_once ? s->n_offsets - d : at_once;
        memset(count, 0, some * n * n * sizeof *count);
        rx_pairs_count(count, s->l, s->slab, s->offset + d, some);
    }
    return rx_pairs_list(cells, count + d % at_once * n * n, n, 2 * s->voxels, s->form->symmetric, ws, err);
}

static size_t voxels_in(const rx_levels *l, rx_slab slab)
{
    if (slab.begin == 0 && slab.end == l->n[2]) { return l->total; }
    size_t n = 0;
    for (size_t r = slab.begin * l->n[1]; r < slab.end * l->n[1]; r++) { n += l->end[r] - (size_t)l->begin[r]; }
    return n;
}

int rx_glcm_measure(rx_glcm_sums *out, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                    size_t n_offsets, const double *weight, unsigned how, const rx_glcm_form *form,
                    rx_workspace *ws, rx_error *err)
{
    slab_of s = { l, slab, voxels_in(l, slab), offset, n_offsets, form };
    bool table = rx_pairs_fit_table(l, s.voxels), any;
    merger m = { 0 };
    *out = (rx_glcm_sums){ 0 };
    int rc = how & RX_MERGED ? merge_start(&m, l, table, ws, err) : RX_OK;
    for (size_t d = 0; d < n_offsets && rc == RX_OK; d++) {
        rx_cells cells;
        double f[N_GLCM];
        if ((rc = list_direction(&cells, d, table, &s, ws, err)) != RX_OK) { break; }
        if (cells.n == 0) { continue; }            /* no pair in this direction: left out */
        if (how & RX_MERGED) { rc = merge(&m, cells, weight ? weight[d] : 1, err); }
        if (rc != RX_OK || !(how & RX_AVERAGED)) { continue; }
        rc = rx_cooccurrence_features(f, &any, cells, l, form, ws, err);
        for (int x = 0; x < N_GLCM && rc == RX_OK; x++) { out->sum[x] += f[x]; }
        out->directions++;
    }
    if (rc == RX_OK && how & RX_MERGED && (rc = merge_end(&m, err)) == RX_OK) {
        rc = rx_cooccurrence_features(out->merged, &out->any, m.cells, l, form, ws, err);
    }
    return rc;
}

/* Below it, shares of pairs would lose their digits or become 0. */
static const double VANISHES = 1e-280;

/* weightingNorm: exp(-d^2) with d the direction's length in mm. */
static void find_weights(double *weight, const rx_offset *offset, size_t n, const rx_levels *l, rx_norm norm)
{
    for (size_t o = 0; o < n; o++) {
        double length = rx_offset_length(&offset[o], l->spacing_mm, norm);
        weight[o] = norm == RX_NORM_NO_WEIGHTING ? 1 : exp(-length * length);
        if (weight[o] < VANISHES) { weight[o] = 0; }
    }
}

int rx_glcm(double out[N_GLCM], const rx_levels *l, const rx_settings *s, rx_workspace *ws,
            rx_error *err)
{
    rx_offset offset[RX_MAX_OFFSETS];
    double weight[RX_MAX_OFFSETS];
    size_t n = rx_half_offsets(offset, l, s->distances, s->n_distances, rx_flat_axis(s), true);
    bool merged = s->weighting_norm != RX_NORM_NONE;
    rx_glcm_form form = { s->symmetrical_glcm, s->enabled[rx_class_first(RX_GLCM) + glcm_MCC], DBL_EPSILON };
    rx_glcm_sums sums;
    find_weights(weight, offset, n, l, s->weighting_norm);
    int rc = rx_glcm_measure(&sums, l, rx_whole(l), offset, n, weight, merged ? RX_MERGED : RX_AVERAGED,
                             &form, ws, err);
    if (rc != RX_OK) { return rc; }
    for (int x = 0; x < N_GLCM; x++) {
        double mean = sums.directions ? sums.sum[x] / (double)sums.directions : (double)NAN;
        out[x] = !merged ? mean : sums.any ? sums.merged[x] : (double)NAN;
    }
    if (l->present == 1) { out[glcm_MCC] = 1; }
    return RX_OK;
}
