/* 26-connected parts of the region: union-find over runs of voxels along rows. */
#include "roi.h"

typedef struct run { uint32_t first, last, parent; } run;

static uint32_t find(run *r, uint32_t i)
{
    while (r[i].parent != i) {
        r[i].parent = r[r[i].parent].parent;
        i = r[i].parent;
    }
    return i;
}

/* Runs touch if they overlap after growing by one: neighbours may be diagonal. */
static unsigned join(run *r, uint32_t a, uint32_t a_end, uint32_t b, uint32_t b_end)
{
    unsigned joined = 0;
    while (a < a_end && b < b_end) {
        if (r[a].first <= r[b].last + 1 && r[b].first <= r[a].last + 1) {
            uint32_t ra = find(r, a), rb = find(r, b);
            if (ra != rb) {
                r[ra > rb ? ra : rb].parent = ra > rb ? rb : ra;
                joined++;
            }
        }
        if (r[a].last < r[b].last) { a++; } else { b++; }
    }
    return joined;
}

static bool bit(const uint64_t *row, size_t i) { return row[i / 64] >> (i % 64) & 1; }

static size_t runs_in_row(run *out, uint32_t at, const uint64_t *row, const rx_roi *roi)
{
    size_t n = 0;
    for (size_t w = 0; w < roi->words; w++) {
        uint64_t before = row[w] << 1 | (w ? row[w - 1] >> 63 : 0);
        for (uint64_t starts = row[w] & ~before; starts; starts &= starts - 1) {
            size_t i = w * 64 + rx_lowest_bit(starts);
            if (out) {
                size_t end = i;
                while (bit(row, end + 1)) { end++; }   /* the padding ends every run */
                out[at + n] = (run){ (uint32_t)i, (uint32_t)end, (uint32_t)(at + n) };
            }
            n++;
        }
    }
    return n;
}

int rx_components(unsigned *parts, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    size_t rows_j = roi->n[1] + 2, rows = rows_j * (roi->n[2] + 2), total = 0;
    for (size_t r = 0; r < rows; r++) {
        total += runs_in_row(NULL, 0, roi->bits + r * roi->words, roi);
    }
    if (total > UINT32_MAX) {
        return rx_fail(err, RX_ELIMIT, "the region has %zu runs of voxels, too many", total);
    }
    run *r = rx_buf_need(&ws->list, total, sizeof *r, err);
    uint32_t *start = rx_buf_need(&ws->margins, rows + 1, sizeof *start, err);
    if (!r || !start) { return RX_ENOMEM; }

    uint32_t at = 0;
    unsigned joined = 0;
    for (size_t row = 0; row < rows; row++) {
        start[row] = at;
        at += (uint32_t)runs_in_row(r, at, roi->bits + row * roi->words, roi);
        start[row + 1] = at;
        if (at == start[row]) { continue; }
        /* a row with voxels is never in the padding: all four rows before it exist */
        const size_t before[4] = { row - 1, row - rows_j, row - rows_j - 1, row - rows_j + 1 };
        for (int b = 0; b < 4; b++) {
            joined += join(r, start[before[b]], start[before[b] + 1], start[row], at);
        }
    }
    *parts = (unsigned)total - joined;
    return RX_OK;
}
