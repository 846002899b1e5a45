/* consensus_null.c - how ambiguous consensus clustering is on data without groups. */
#include <math.h>
#include <string.h>

#include <survival/consensus.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"
#include "vector.h"

/* mean[p], and centred[n*p]: the rows of x less their mean, over sqrt(n - 1). Sums of these with standard
 * normal weights have the covariance of the columns exactly, without factoring it. */
static void centre(double *mean, double *centred, const sv_matrix *x)
{
    size_t n = x->rows, p = x->cols;
    memset(mean, 0, p * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) { mean[j] += sv_at(x, i, j) / (double)n; }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) { centred[i * p + j] = (sv_at(x, i, j) - mean[j]) / sqrt((double)n - 1); }
    }
}

static void draw_rows(double *rows, const double *mean, const double *centred, size_t n, size_t p, sv_rng *r)
{
    for (size_t i = 0; i < n; i++) {
        double *row = rows + i * p;
        memcpy(row, mean, p * sizeof *row);
        for (size_t q = 0; q < n; q++) { sv_add_scaled(row, sv_rng_normal(r), centred + q * p, p); }
    }
}

static void judge(double *p, const double *pac, const double *observed, size_t sets, size_t ks)
{
    for (size_t q = 0; q < ks; q++) {
        size_t below = 0;
        for (size_t s = 0; s < sets; s++) { below += pac[s * ks + q] <= observed[q]; }
        p[q] = (1 + (double)below) / ((double)sets + 1);
    }
}

int sv_consensus_null(double *pac, double *p, const double *observed, size_t sets, const sv_matrix *x,
                      const sv_consensus_opts *opts, sv_error *err)
{
    static const sv_consensus_opts usual = SV_CONSENSUS_OPTS_INIT;
    sv_consensus_opts o = opts != NULL ? *opts : usual;
    size_t n = x->rows, width = x->cols, ks = o.max_k - 1;
    o.items = NULL;
    if (n < 2 || sets == 0 || o.max_k < 2) {
        return sv_fail(err, SV_EINVAL, "a null comparison needs rows, sets and groups: %zu, %zu, %zu", n, sets, o.max_k);
    }
    int rc = sv_matrix_check(x, n, NULL, err);
    if (rc != SV_OK) { return rc; }
    double *mean = SV_NEW(double, width), *centred = width > SIZE_MAX / n ? NULL : SV_NEW(double, n * width);
    double *rows = width > SIZE_MAX / n ? NULL : SV_NEW(double, n * width);
    rc = mean && centred && rows ? SV_OK : sv_no_memory(err, "a null comparison");
    if (rc == SV_OK) { centre(mean, centred, x); }
    for (size_t s = 0; rc == SV_OK && s < sets; s++) {
        o.seed = (opts != NULL ? opts->seed : usual.seed) + s + 1;
        sv_rng r = sv_rng_stream(o.seed, SV_MAX_CONSENSUS_REPEATS);
        draw_rows(rows, mean, centred, n, width, &r);
        sv_matrix m = sv_matrix_rowmajor(rows, n, width);
        sv_consensus c;
        rc = sv_consensus_fit(&c, &m, &o, err);
        if (rc == SV_OK) {
            memcpy(pac + s * ks, c.pac, ks * sizeof *pac);
            sv_consensus_free(&c);
        }
    }
    if (rc == SV_OK && p != NULL) { judge(p, pac, observed, sets, ks); }
    free(mean);
    free(centred);
    free(rows);
    return rc;
}
