/* cox_exact.c - the partial likelihood that sums over every set of as many as died. */
#include <math.h>
#include <string.h>

#include <survival/cox_variants.h>

#include "cox_newton.h"
#include "mem.h"
#include "num.h"
#include "risk.h"

typedef struct exact {
    sv_risk risk;
    size_t n, p, ties;      /* ties: most deaths at one time */
    double *x;              /* [n*p] by position, centred */
    double *eta;
    double *b, *b1, *b2;    /* [ties + 1] times 1, p, p*p: sums over sets of that size, and derivatives */
} exact;

static void exact_free(exact *m)
{
    sv_risk_free(&m->risk);
    free(m->x);
    free(m->eta);
    free(m->b);
    free(m->b1);
    free(m->b2);
}

/* One more member of hazard h: sets of k with it are those of k - 1 before, times h. */
static void add_member(exact *m, const double *x, double h, size_t d)
{
    size_t p = m->p;
    for (size_t k = d; k >= 1; k--) {
        const double *was1 = m->b1 + (k - 1) * p, *was2 = m->b2 + (k - 1) * p * p;
        double was = m->b[k - 1], *b1 = m->b1 + k * p, *b2 = m->b2 + k * p * p;
        m->b[k] += h * was;
        for (size_t i = 0; i < p; i++) {
            for (size_t j = i; j < p; j++) {
                b2[i * p + j] += h * (was2[i * p + j] + was1[i] * x[j] + x[i] * was1[j] + was * x[i] * x[j]);
            }
        }
        for (size_t i = 0; i < p; i++) { b1[i] += h * (was1[i] + was * x[i]); }
    }
}

static bool in_group(const sv_risk *r, size_t i, size_t g)
{
    return r->first[i] <= g && g < r->last[i];
}

/* A death time. Hazards are scaled to sum to the number of deaths, which keeps every sum below e^d. */
static void add_time(exact *m, size_t g, double *loglik, double *score, double *info)
{
    const sv_risk *r = &m->risk;
    size_t p = m->p, at = r->group_row[g], d = r->group_dead[g];
    double top = -SV_INF, total = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (in_group(r, i, g)) { top = fmax(top, m->eta[i]); }
    }
    for (size_t i = 0; i < m->n; i++) {
        if (in_group(r, i, g)) { total += exp(m->eta[i] - top); }
    }
    double scale = (double)d / total;
    memset(m->b, 0, (d + 1) * sizeof *m->b);
    memset(m->b1, 0, (d + 1) * p * sizeof *m->b1);
    memset(m->b2, 0, (d + 1) * p * p * sizeof *m->b2);
    m->b[0] = 1;
    for (size_t i = 0; i < m->n; i++) {
        if (in_group(r, i, g)) { add_member(m, m->x + i * p, scale * exp(m->eta[i] - top), d); }
    }
    *loglik -= log(m->b[d]) + (double)d * (top - log(scale));
    for (size_t i = at; i < at + d; i++) {
        *loglik += m->eta[i];
        for (size_t j = 0; j < p; j++) { score[j] += m->x[i * p + j]; }
    }
    const double *b1 = m->b1 + d * p, *b2 = m->b2 + d * p * p;
    for (size_t i = 0; i < p; i++) {
        double mean = b1[i] / m->b[d];
        score[i] -= mean;
        for (size_t j = i; j < p; j++) { info[i * p + j] += b2[i * p + j] / m->b[d] - mean * b1[j] / m->b[d]; }
    }
}

static bool likelihood(void *model, const double *beta, double *loglik, double *score, double *info)
{
    exact *m = model;
    size_t p = m->p;
    *loglik = 0;
    memset(score, 0, p * sizeof *score);
    memset(info, 0, p * p * sizeof *info);
    for (size_t i = 0; i < m->n; i++) {
        m->eta[i] = 0;
        for (size_t j = 0; j < p; j++) { m->eta[i] += beta[j] * m->x[i * p + j]; }
    }
    for (size_t g = 0; g < m->risk.n_groups; g++) { add_time(m, g, loglik, score, info); }
    bool finite = isfinite(*loglik);
    for (size_t i = 0; i < p; i++) {
        finite = finite && isfinite(score[i]) && isfinite(info[i * p + i]);
        for (size_t j = 0; j < i; j++) { info[i * p + j] = info[j * p + i]; }
    }
    return finite;
}

static int load(exact *m, const sv_matrix *x, const sv_surv *s, sv_error *err)
{
    size_t n = s->n, p = x->cols;
    *m = (exact){ .n = n, .p = p };
    int rc = sv_risk_plan(&m->risk, s, err);
    if (rc != SV_OK) { return rc; }
    for (size_t g = 0; g < m->risk.n_groups; g++) {
        m->ties = m->risk.group_dead[g] > m->ties ? m->risk.group_dead[g] : m->ties;
    }
    if (m->ties > SV_EXACT_MAX_TIES) {
        return sv_fail(err, SV_ELIMIT, "%zu deaths at one time, at most %zu are accepted with exact ties", m->ties,
                       SV_EXACT_MAX_TIES);
    }
    m->x = n <= SIZE_MAX / p ? SV_NEW(double, n * p) : NULL;
    m->eta = SV_NEW(double, n);
    m->b = SV_NEW(double, m->ties + 1);
    m->b1 = SV_NEW(double, (m->ties + 1) * p);
    m->b2 = SV_NEW(double, (m->ties + 1) * p * p);
    if (m->x == NULL || m->eta == NULL || m->b == NULL || m->b1 == NULL || m->b2 == NULL) {
        return sv_no_memory(err, "the Cox model");
    }
    for (size_t j = 0; j < p; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) { mean += sv_at(x, i, j) / (double)n; }
        for (size_t i = 0; i < n; i++) { m->x[i * p + j] = sv_at(x, m->risk.row[i], j) - mean; }
    }
    return SV_OK;
}

int sv_cox_fit_exact(sv_cox *out, const sv_matrix *x, const sv_surv *s, const sv_cox_opts *opts, sv_error *err)
{
    static const sv_cox_opts defaults = SV_COX_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = cox_newton_check(opts, x->cols, err); }
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, opts->names, err); }
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL) { return sv_fail(err, SV_EINVAL, "exact ties take no weights"); }
    exact m;
    rc = load(&m, x, s, err);
    if (rc == SV_OK) { rc = cox_newton(out, likelihood, &m, x, opts, err); }
    if (rc == SV_OK) {
        out->n_event = sv_surv_events(s);
        out->overfit = out->p >= out->n_event;
    }
    exact_free(&m);
    return rc;
}
