#include "ibsi_families.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 6, DIGIT_VALUES = 1 << DIGIT_BITS, BLOCK = 256 };

/* A double's bits so that unsigned order is numeric order. */
static uint64_t key_of(double x)
{
    uint64_t u;
    x += 0.0;                                     /* -0 becomes 0: both are one intensity */
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | (uint64_t)1 << 63;
}

static double value_of(uint64_t u)
{
    double x;
    u = u >> 63 ? u & ~((uint64_t)1 << 63) : ~u;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Sort by digits, lowest first; digits that all values share cost no pass. Returns which of the
 * two arrays holds the result. */
static uint64_t *sort_keys(uint64_t *a, uint64_t *b, size_t n, size_t (*count)[DIGIT_VALUES])
{
    memset(count, 0, DIGITS * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        for (int d = 0; d < DIGITS; d++) { count[d][a[i] >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)]++; }
    }
    for (int d = 0; d < DIGITS; d++) {
        size_t *c = count[d], at = 0;
        if (c[a[0] >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)] == n) { continue; }
        for (int v = 0; v < DIGIT_VALUES; v++) {
            size_t m = c[v];
            c[v] = at;
            at += m;
        }
        for (size_t i = 0; i < n; i++) { b[c[a[i] >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)]++] = a[i]; }
        uint64_t *t = a;
        a = b;
        b = t;
    }
    return a;
}

static size_t count_voxels(const rx_ibsi_case *c)
{
    size_t n = 0;
    for (size_t k = 0; k < c->roi.n[2]; k++) {
        for (size_t j = 0; j < c->roi.n[1]; j++) {
            const uint8_t *in = rx_ibsi_mask_row(c, j, k);
            for (size_t i = 0; i < c->roi.n[0]; i++) { n += in[i] != 0; }
        }
    }
    return n;
}

static int gather(uint64_t *to, const rx_ibsi_case *c, rx_error *err)
{
    for (size_t k = 0; k < c->roi.n[2]; k++) {
        for (size_t j = 0; j < c->roi.n[1]; j++) {
            const uint8_t *in = rx_ibsi_mask_row(c, j, k);
            const double *v = rx_ibsi_value_row(c, j, k);
            for (size_t i = 0; i < c->roi.n[0]; i++) {
                if (!in[i]) { continue; }
                if (!isfinite(v[i])) {
                    return rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu) in the region is "
                                   "not finite", i + c->roi.min[0], j + c->roi.min[1], k + c->roi.min[2]);
                }
                *to++ = key_of(v[i]);
            }
        }
    }
    return RX_OK;
}

static double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        double part = 0;
        for (size_t i = at; i < n && i < at + BLOCK; i++) { part += v[i]; }
        sum += part;
    }
    return v[0] == v[n - 1] ? v[0] : sum / (double)n;
}

static int sort_intensities(rx_ibsi_case *c, rx_workspace *ws, rx_error *err)
{
    c->n = count_voxels(c);
    if (c->n == 0) { return rx_fail(err, RX_EEMPTY, "the intensity mask has no voxel in the region"); }
    uint64_t *keys = rx_buf_need(&ws->voxels, c->n, sizeof *keys, err);
    uint64_t *spare = rx_buf_need(&ws->reals, c->n, sizeof *spare, err);
    size_t (*count)[DIGIT_VALUES] = rx_buf_need(&ws->counts, DIGITS, sizeof *count, err);
    if (!keys || !spare || !count) { return RX_ENOMEM; }
    int rc = gather(keys, c, err);
    if (rc != RX_OK) { return rc; }
    const uint64_t *sorted = sort_keys(keys, spare, c->n, count);
    double *out = (double *)(void *)keys;         /* memory from malloc has no type of its own */
    for (size_t i = 0; i < c->n; i++) { out[i] = value_of(sorted[i]); }
    c->sorted = out;
    c->mean = mean_of(out, c->n);
    return RX_OK;
}

int rx_ibsi_case_make(rx_ibsi_case *c, const rx_ibsi_prepared *p, const rx_ibsi *s, rx_workspace *ws,
                      rx_error *err)
{
    *c = (rx_ibsi_case){ .p = p, .settings = s };
    rx_mask mask = rx_region_mask(&p->morphological);
    int rc = rx_crop_mask(&c->roi, &mask, ws, err);
    return rc == RX_OK ? sort_intensities(c, ws, err) : rc;
}

int rx_ibsi_add(const rx_ibsi_sink *sink, const rx_ibsi_feature *f, const double *v, size_t n, rx_error *err)
{
    for (size_t i = 0; i < n; i++) {
        char name[2 * RX_NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", f[i].tag, sink->suffix ? sink->suffix : "");
        int rc = rx_results_add(sink->results, name, f[i].code, NULL, v[i], err);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}
