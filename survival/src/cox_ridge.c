/* cox_ridge.c - partial likelihood less a ridge penalty. */
#include <math.h>
#include <string.h>

#include <survival/cox_variants.h>

#include "cox_newton.h"
#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "risk.h"

typedef struct ridge {
    sv_risk risk;
    sv_sweep sweep;
    size_t n, p;
    double *x, *eta;        /* by position; x centred */
    double theta, plain;    /* plain: log likelihood without the penalty where last taken */
} ridge;

static bool likelihood(void *model, const double *beta, double *loglik, double *score, double *info)
{
    ridge *m = model;
    size_t p = m->p;
    for (size_t i = 0; i < m->n; i++) {
        m->eta[i] = 0;
        for (size_t j = 0; j < p; j++) { m->eta[i] += beta[j] * m->x[i * p + j]; }
    }
    sv_sweep_run(&m->sweep, &m->risk, m->x, m->eta);
    memcpy(info, m->sweep.info, p * p * sizeof *info);
    m->plain = *loglik = m->sweep.loglik;
    bool finite = isfinite(*loglik);
    for (size_t j = 0; j < p; j++) {
        *loglik -= m->theta / 2 * beta[j] * beta[j];
        score[j] = m->sweep.score[j] - m->theta * beta[j];
        info[j * p + j] += m->theta;
        finite = finite && isfinite(score[j]) && isfinite(info[j * p + j]);
    }
    return finite;
}

static int load(ridge *m, const sv_matrix *x, const sv_surv *s, double theta, sv_ties ties, sv_error *err)
{
    size_t n = s->n, p = x->cols;
    *m = (ridge){ .n = n, .p = p, .theta = theta };
    int rc = sv_risk_plan(&m->risk, s, err);
    if (rc == SV_OK) { rc = sv_sweep_init(&m->sweep, &m->risk, p, ties, err); }
    if (rc != SV_OK) { return rc; }
    m->x = n <= SIZE_MAX / p ? SV_NEW(double, n * p) : NULL;
    m->eta = SV_NEW(double, n);
    if (m->x == NULL || m->eta == NULL) { return sv_no_memory(err, "the Cox model"); }
    for (size_t j = 0; j < p; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) { mean += sv_at(x, i, j) / (double)n; }
        for (size_t i = 0; i < n; i++) { m->x[i * p + j] = sv_at(x, m->risk.row[i], j) - mean; }
    }
    return SV_OK;
}

/* trace((H - theta) H^-1) = p - theta trace(H^-1) */
static double effective_df(const sv_cox *fit, double theta)
{
    double df = (double)fit->p;
    for (size_t j = 0; j < fit->p; j++) { df -= theta * fit->vcov[j * fit->p + j]; }
    return df;
}

int sv_cox_fit_ridge(sv_cox *out, double *df, const sv_matrix *x, const sv_surv *s, double theta,
                     const sv_cox_opts *opts, sv_error *err)
{
    static const sv_cox_opts defaults = SV_COX_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = cox_newton_check(opts, x->cols, err); }
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, opts->names, err); }
    if (rc != SV_OK) { return rc; }
    if (!(isfinite(theta) && theta >= 0)) {
        return sv_fail(err, SV_EINVAL, "theta is %g, expected a number of at least 0", theta);
    }
    ridge m;
    sv_cox fit = { 0 };
    rc = load(&m, x, s, theta, opts->ties, err);
    if (rc == SV_OK) { rc = cox_newton(&fit, likelihood, &m, x, opts, err); }
    if (rc == SV_OK && !fit.converged) {
        rc = sv_fail(err, SV_ENUMERIC, "the ridge model did not converge in %d steps", fit.iter);
        sv_cox_free(&fit);
    }
    if (rc == SV_OK) {
        fit.n_event = sv_surv_events(s);
        fit.overfit = fit.p >= fit.n_event;
        fit.rank = 0;
        fit.loglik = m.plain;
        fit.lrt = 2 * (fit.loglik - fit.loglik0);
        fit.score = fit.wald = fit.lrt_p = fit.score_p = fit.wald_p = SV_NAN;
        if (df != NULL) { *df = effective_df(&fit, theta); }
        *out = fit;
    }
    sv_risk_free(&m.risk);
    sv_sweep_free(&m.sweep);
    free(m.x);
    free(m.eta);
    return rc;
}
