/* cox_backward.c - backward elimination by AIC. */
#include <survival/cox_variants.h>

#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"

typedef struct search {
    const sv_matrix *x;
    const sv_surv *s;
    const sv_cox_opts *opts;
    int *term;              /* [p] */
    double *packed;         /* [n*p] the columns of the model at hand */
    const char **names;     /* [p] theirs */
} search;

/* Log likelihood and AIC of the columns kept whose term is not `without` (if leave). */
static int judge(double *loglik, double *aic, search *w, const bool *kept, bool leave, int without, sv_error *err)
{
    size_t n = w->s->n, q = 0;
    for (size_t j = 0; j < w->x->cols; j++) {
        if (!kept[j] || (leave && w->term[j] == without)) { continue; }
        for (size_t i = 0; i < n; i++) { w->packed[q * n + i] = sv_at(w->x, i, j); }
        if (w->opts->names != NULL) { w->names[q] = w->opts->names[j]; }
        q++;
    }
    if (q == 0) {
        double *zero = SV_NEW(double, n);
        int rc = zero == NULL ? sv_no_memory(err, "the elimination")
                              : sv_partial_loglik(loglik, zero, w->s, w->opts->ties, err);
        free(zero);
        *aic = -2 * *loglik;
        return rc;
    }
    const sv_matrix m = sv_matrix_colmajor(w->packed, n, q);
    sv_cox_opts o = *w->opts;
    o.names = w->opts->names != NULL ? w->names : NULL;
    sv_cox fit;
    int rc = sv_cox_fit(&fit, &m, w->s, &o, err);
    if (rc != SV_OK) { return rc; }
    *loglik = fit.loglik;
    *aic = -2 * fit.loglik + 2 * (double)fit.rank;
    sv_cox_free(&fit);
    return SV_OK;
}

/* Drops the best term of those left; *dropped: one was. */
static int step(sv_backward *b, bool *dropped, search *w, sv_error *err)
{
    size_t p = b->p, now = b->n_steps;
    double best = b->aic[now];
    *dropped = false;
    for (size_t j = 0; j < p; j++) {
        bool first = b->kept[j];
        for (size_t k = 0; k < j && first; k++) { first = !(b->kept[k] && w->term[k] == w->term[j]); }
        if (!first) { continue; }
        double loglik = 0, aic = 0;
        int rc = judge(&loglik, &aic, w, b->kept, true, w->term[j], err);
        if (rc != SV_OK) { return rc; }
        if (aic >= best) { continue; }
        best = b->aic[now + 1] = aic;
        b->loglik[now + 1] = loglik;
        b->dropped[now] = w->term[j];
        *dropped = true;
    }
    if (!*dropped) { return SV_OK; }
    for (size_t j = 0; j < p; j++) { b->kept[j] = b->kept[j] && w->term[j] != b->dropped[now]; }
    b->n_steps++;
    return SV_OK;
}

static int make(sv_backward *b, search *w, const sv_matrix *x, const sv_surv *s, sv_error *err)
{
    size_t p = x->cols;
    *b = (sv_backward){ .p = p };
    b->dropped = SV_NEW(int, p);
    b->loglik = SV_NEW(double, p + 1);
    b->aic = SV_NEW(double, p + 1);
    b->kept = SV_NEW(bool, p);
    w->term = SV_NEW(int, p);
    w->packed = s->n <= SIZE_MAX / p ? SV_NEW(double, s->n * p) : NULL;
    w->names = SV_NEW(const char *, p);
    bool room = b->dropped != NULL && b->loglik != NULL && b->aic != NULL && b->kept != NULL && w->term != NULL &&
                w->packed != NULL && w->names != NULL;
    return room ? SV_OK : sv_no_memory(err, "the elimination");
}

int sv_cox_backward(sv_backward *out, const sv_matrix *x, const sv_surv *s, const int *term, const sv_cox_opts *opts,
                    sv_error *err)
{
    static const sv_cox_opts defaults = SV_COX_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    size_t p = x->cols;
    if (p < 1 || p > SV_BACKWARD_MAX_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, expected 1 to %zu", p, SV_BACKWARD_MAX_COLS);
    }
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, opts->names, err); }
    if (rc != SV_OK) { return rc; }
    search w = { x, s, opts, NULL, NULL, NULL };
    sv_backward b;
    rc = make(&b, &w, x, s, err);
    for (size_t j = 0; rc == SV_OK && j < p; j++) {
        b.kept[j] = true;
        w.term[j] = term != NULL ? term[j] : (int)j;
    }
    if (rc == SV_OK) { rc = judge(&b.loglik[0], &b.aic[0], &w, b.kept, false, 0, err); }
    for (bool more = true; rc == SV_OK && more;) {
        more = false;
        for (size_t j = 0; j < p; j++) { more = more || b.kept[j]; }
        if (more) { rc = step(&b, &more, &w, err); }
    }
    free(w.term);
    free(w.packed);
    free(w.names);
    if (rc != SV_OK) {
        sv_backward_free(&b);
        return rc;
    }
    *out = b;
    return SV_OK;
}

void sv_backward_free(sv_backward *b)
{
    if (b == NULL) { return; }
    free(b->dropped);
    free(b->loglik);
    free(b->aic);
    free(b->kept);
    *b = (sv_backward){ 0 };
}
