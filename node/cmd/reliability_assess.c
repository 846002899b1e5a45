/* What repeated measurements say of each feature, and the table that tells it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/redundancy.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/hold.h"
#include "cmd/reliability.h"

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the verdicts"); }

static int from_sv(pn_error *err, const sv_error *e)
{
    return pn_fail(err, e->code == SV_ENOMEM ? PN_ENOMEM : PN_EINVAL, "%s", e->msg);
}

/* The subjects without a missing value, packed. */
static size_t complete(double *out, const double *v, size_t n, size_t k)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool whole = true;
        for (size_t j = 0; j < k; j++) { whole = whole && isfinite(v[i * k + j]); }
        if (whole) { memcpy(out + kept++ * k, v + i * k, k * sizeof *v); }
    }
    return kept;
}

static int assess_one(rl_verdict *out, double *work, const rl_study *s, size_t f, sv_icc_form form,
                      const rl_options *o, sv_error *err)
{
    *out = (rl_verdict){.icc = {NAN, NAN, NAN, NAN, NAN, NAN, NAN}, .ccc = NAN};
    out->n = complete(work, s->v + f * s->n * s->k, s->n, s->k);
    if (out->n < 2) { return SV_OK; }
    int rc = sv_icc_compute(&out->icc, work, out->n, s->k, form, o->level, err);
    if (rc != SV_OK) { return rc; }
    out->reliable = out->icc.lower >= o->threshold;
    if (s->k != 2) { return SV_OK; }
    double *a = work + s->n * s->k, *b = a + s->n;
    for (size_t i = 0; i < out->n; i++) {
        a[i] = work[2 * i];
        b[i] = work[2 * i + 1];
    }
    return sv_concordance_correlation(&out->ccc, a, b, out->n, err);
}

/* The reliable features that no subject lacks. */
static size_t choose(size_t *which, const rl_study *s, const rl_verdict *v)
{
    size_t p = 0;
    for (size_t f = 0; f < s->p; f++) {
        if (v[f].reliable && v[f].n == s->n) { which[p++] = f; }
    }
    return p;
}

/* Their means over the repetitions, row-major. */
static void gather(double *x, const size_t *which, size_t p, const rl_study *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t c = 0; c < p; c++) {
            const double *of = s->v + (which[c] * s->n + i) * s->k;
            double sum = 0;
            for (size_t j = 0; j < s->k; j++) { sum += of[j]; }
            x[i * p + c] = sum / (double)s->k;
        }
    }
}

static int find_redundant(rl_verdict *v, const rl_study *s, const rl_options *o, sv_error *err)
{
    size_t *which = calloc(3 * s->p, sizeof *which), n = 0;
    size_t p = which != NULL ? choose(which, s, v) : 0, room = p > 0 ? p : 1;
    double *x = calloc(s->n * room, sizeof *x), *r = calloc(room * room, sizeof *r);
    int rc = x && r && which ? SV_OK : sv_fail(err, SV_ENOMEM, "no memory for %zu correlations", p * p);
    if (rc == SV_OK) {
        size_t *dropped = which + s->p, *partner = dropped + s->p;
        const sv_matrix m = sv_matrix_rowmajor(x, s->n, p);
        gather(x, which, p, s);
        if (p >= 2) {
            rc = sv_spearman_matrix(r, &m, err);
            if (rc == SV_OK) { rc = sv_find_redundant(dropped, partner, &n, r, p, o->correlation, err); }
        }
        for (size_t i = 0; i < n && rc == SV_OK; i++) {
            v[which[dropped[i]]].redundant = true;
            v[which[dropped[i]]].with = which[partner[i]];
        }
    }
    free(x);
    free(r);
    free(which);
    return rc;
}

int rl_assess(rl_verdict **out, const rl_study *s, sv_icc_form form, const rl_options *o, pn_error *err)
{
    rl_verdict *v = calloc(s->p, sizeof *v);
    double *work = calloc(s->n * (s->k + 2), sizeof *work);
    sv_error e = {0};
    if (v == NULL || work == NULL) {
        free(v);
        free(work);
        return no_memory(err);
    }
    int rc = SV_OK;
    for (size_t f = 0; f < s->p && rc == SV_OK; f++) { rc = assess_one(&v[f], work, s, f, form, o, &e); }
    if (rc == SV_OK) { rc = find_redundant(v, s, o, &e); }
    free(work);
    if (rc != SV_OK) {
        free(v);
        return from_sv(err, &e);
    }
    *out = v;
    return PN_OK;
}

/* ---- the table ---------------------------------------------------------------------------- */

static const char *const header[] = {
    "feature", "form", "subjects", "repetitions", "icc", "icc_low", "icc_high", "f", "df1", "df2", "p", "ccc",
    "reliable", "redundant_with", "keep", "note",
};
enum { COLUMNS = sizeof header / sizeof header[0] };

static void describe(char note[96], const rl_study *s, const rl_verdict *v)
{
    note[0] = '\0';
    if (v->n < 2) {
        (void)snprintf(note, 96, "fewer than 2 subjects have every value");
    } else if (isnan(v->icc.value)) {
        (void)snprintf(note, 96, "the same value everywhere");
    } else if (v->n < s->n) {
        (void)snprintf(note, 96, "%zu subjects lack a value%s", s->n - v->n,
                       v->reliable ? "; not looked at for redundancy" : "");
    }
}

static int put_count(pn_buf *b, size_t n, pn_error *err) { return pn_buf_printf(b, err, ",%zu", n); }

static int put_row(pn_buf *b, const rl_study *s, const rl_verdict *all, size_t f, sv_icc_form form, pn_error *err)
{
    const rl_verdict *v = &all[f];
    const double numbers[] = {v->icc.value, v->icc.lower, v->icc.upper, v->icc.f, v->icc.df1, v->icc.df2,
                              v->icc.p, v->ccc};
    char note[96];
    describe(note, s, v);
    const char *texts[] = {v->reliable ? "yes" : "no", v->redundant ? s->feature[v->with] : "",
                           v->reliable && !v->redundant ? "yes" : "no", note};
    int rc = pn_csv_put(b, true, s->feature[f], err);
    if (rc == PN_OK) { rc = pn_csv_put(b, false, sv_icc_form_name(form), err); }
    if (rc == PN_OK) { rc = put_count(b, v->n, err); }
    if (rc == PN_OK) { rc = put_count(b, s->k, err); }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && rc == PN_OK; i++) {
        rc = pn_csv_put_number(b, false, isfinite(numbers[i]) ? numbers[i] : (double)NAN, err);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && rc == PN_OK; i++) {
        rc = pn_csv_put(b, false, texts[i], err);
    }
    return rc == PN_OK ? pn_csv_end_row(b, err) : rc;
}

static int write_out(const pn_buf *b, const char *path, pn_error *err)
{
    if (path != NULL) { return hold_and_write(path, b->p != NULL ? b->p : "", b->n, err); }
    bool whole = fwrite(b->p, 1, b->n, stdout) == b->n;
    return fflush(stdout) == 0 && whole ? PN_OK : pn_fail_transient(err, PN_EIO, "cannot write the table to stdout");
}

int rl_write(const rl_study *s, const rl_verdict *v, sv_icc_form form, const rl_options *o, pn_error *err)
{
    pn_buf table = {0}, keep = {0};
    int rc = PN_OK;
    for (size_t c = 0; c < COLUMNS && rc == PN_OK; c++) { rc = pn_csv_put(&table, c == 0, header[c], err); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&table, err); }
    for (size_t f = 0; f < s->p && rc == PN_OK; f++) {
        rc = put_row(&table, s, v, f, form, err);
        if (rc == PN_OK && v[f].reliable && !v[f].redundant) {
            rc = pn_buf_printf(&keep, err, "%s\n", s->feature[f]);
        }
    }
    if (rc == PN_OK) { rc = write_out(&table, o->output, err); }
    if (rc == PN_OK && o->keep != NULL) { rc = write_out(&keep, o->keep, err); }
    pn_buf_free(&table);
    pn_buf_free(&keep);
    return rc;
}
