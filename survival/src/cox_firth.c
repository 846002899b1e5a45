/* cox_firth.c - partial likelihood with Firth's penalty, and profile likelihood intervals. */
#include <math.h>
#include <string.h>

#include <survival/cox_variants.h>
#include <survival/dist.h>

#include "cox_newton.h"
#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "risk.h"

#define STEP 1e-3        /* of the difference quotient, in log hazard ratios a standard deviation */
#define FAR 60.0         /* no limit is looked for farther away, in the same unit                 */

typedef struct firth {
    sv_risk risk;
    sv_sweep sweep;
    size_t n, p;
    double *x, *eta;          /* by position; x centred and in standard deviations                */
    double *scale;            /* [p] those                                                        */
    double *at, *work;        /* [p] coefficients; [p*p]                                          */
    /* for a profile: coefficient `held` stays where it is */
    size_t held;
    double value;
    double *score, *info;     /* of all p                                                         */
} firth;

static void firth_free(firth *m)
{
    sv_risk_free(&m->risk);
    sv_sweep_free(&m->sweep);
    free(m->x);
    free(m->eta);
    free(m->scale);
    free(m->at);
    free(m->work);
    free(m->score);
    free(m->info);
}

static void sweep_at(firth *m, const double *beta)
{
    for (size_t i = 0; i < m->n; i++) {
        m->eta[i] = 0;
        for (size_t j = 0; j < m->p; j++) { m->eta[i] += beta[j] * m->x[i * m->p + j]; }
    }
    sv_sweep_run(&m->sweep, &m->risk, m->x, m->eta);
}

/* log det of the information; -infinity where it is singular. */
static double log_det(firth *m)
{
    double sum = 0;
    memcpy(m->work, m->sweep.info, m->p * m->p * sizeof *m->work);
    if (sv_ldl(m->work, m->p, 1e-14, NULL) < m->p) { return -SV_INF; }
    for (size_t j = 0; j < m->p; j++) { sum += log(m->work[j * m->p + j]); }
    return sum;
}

static double log_det_at(firth *m, double *beta, size_t j, double step)
{
    const double before = beta[j];
    beta[j] = before + step;
    sweep_at(m, beta);
    beta[j] = before;
    return log_det(m);
}

/* Penalised log likelihood, score and the information of the likelihood, which serves as its curvature. The
 * derivative of log det is a difference quotient of fourth order: exact to about 1e-11. */
static bool likelihood(void *model, const double *beta, double *loglik, double *score, double *info)
{
    firth *m = model;
    size_t p = m->p;
    memcpy(m->at, beta, p * sizeof *m->at);
    sweep_at(m, m->at);
    memcpy(info, m->sweep.info, p * p * sizeof *info);
    memcpy(score, m->sweep.score, p * sizeof *score);
    double plain = m->sweep.loglik;
    *loglik = plain + log_det(m) / 2;
    bool finite = isfinite(*loglik);
    for (size_t j = 0; finite && j < p; j++) {
        double near = log_det_at(m, m->at, j, STEP) - log_det_at(m, m->at, j, -STEP);
        double wide = log_det_at(m, m->at, j, 2 * STEP) - log_det_at(m, m->at, j, -2 * STEP);
        score[j] += (8 * near - wide) / (12 * STEP) / 2;
        finite = isfinite(score[j]) && isfinite(info[j * p + j]);
    }
    return finite;
}

/* The same without the coefficient that is held. */
static bool likelihood_held(void *model, const double *beta, double *loglik, double *score, double *info)
{
    firth *m = model;
    double all[SV_FIRTH_MAX_COLS] = { 0 };
    size_t p = m->p;
    for (size_t j = 0, k = 0; j < p; j++) { all[j] = j == m->held ? m->value : beta[k++]; }
    if (!likelihood(m, all, loglik, m->score, m->info)) { return false; }
    for (size_t j = 0, k = 0; j < p; j++) {
        if (j == m->held) { continue; }
        score[k] = m->score[j];
        for (size_t i = 0, l = 0; i < p; i++) {
            if (i != m->held) { info[k * (p - 1) + l++] = m->info[j * p + i]; }
        }
        k++;
    }
    return true;
}

/* ---- Profiles ---------------------------------------------------------------------------------- */

/* The highest penalised log likelihood with coefficient `held` at `value`. */
static int profile(double *out, firth *m, size_t held, double value, const sv_cox_opts *opts, sv_error *err)
{
    m->held = held;
    m->value = value;
    if (m->p == 1) {
        *out = SV_NAN;
        return likelihood(m, &value, out, m->score, m->info) ? SV_OK
                   : sv_fail(err, SV_ENUMERIC, "the penalised likelihood is not finite at %g", value);
    }
    const sv_matrix rest = { m->x, m->n, m->p - 1, m->p, 1 };    /* means of no use */
    sv_cox fit = { 0 };
    int rc = cox_newton(&fit, likelihood_held, m, &rest, opts, err);
    *out = fit.loglik;
    sv_cox_free(&fit);
    return rc;
}

/* Where the profile has fallen by `drop` from `top`, from the estimate on in steps, then by bisection; infinite
 * where it does not fall so far. */
static int limit(double *out, firth *m, size_t j, double estimate, double se, double way, double top, double drop,
                 const sv_cox_opts *opts, sv_error *err)
{
    double inside = estimate, step = 2 * se, outside = estimate + way * step, at = 0;
    int rc = profile(&at, m, j, outside, opts, err);
    while (rc == SV_OK && top - at < drop && fabs(outside - estimate) < FAR) {
        inside = outside;
        step *= 1.5;
        outside += way * step;
        rc = profile(&at, m, j, outside, opts, err);
    }
    if (rc != SV_OK) { return rc; }
    if (top - at < drop) {
        *out = way * SV_INF;
        return SV_OK;
    }
    while (fabs(outside - inside) > 1e-9 * (1 + fabs(outside))) {
        double middle = (inside + outside) / 2;
        rc = profile(&at, m, j, middle, opts, err);
        if (rc != SV_OK) { return rc; }
        if (top - at < drop) { inside = middle; } else { outside = middle; }
    }
    *out = (inside + outside) / 2;
    return SV_OK;
}

static int profiles(sv_firth *out, firth *m, double level, const sv_cox_opts *opts, sv_error *err)
{
    double z = sv_normal_quantile(0.5 + level / 2), drop = z * z / 2, top = out->fit.loglik, without = 0;
    for (size_t j = 0; j < m->p; j++) {
        double b = out->fit.coef[j], se = out->fit.se[j];
        int rc = limit(&out->lower[j], m, j, b, se, -1, top, drop, opts, err);
        if (rc == SV_OK) { rc = limit(&out->upper[j], m, j, b, se, 1, top, drop, opts, err); }
        if (rc == SV_OK) { rc = profile(&without, m, j, 0, opts, err); }
        if (rc != SV_OK) { return rc; }
        out->p_value[j] = sv_chisq_upper(fmax(2 * (top - without), 0), 1);
    }
    return SV_OK;
}

/* ---- All --------------------------------------------------------------------------------------- */

static int load(firth *m, const sv_matrix *x, const sv_surv *s, const sv_cox_opts *opts, sv_error *err)
{
    size_t n = s->n, p = x->cols;
    *m = (firth){ .n = n, .p = p };
    int rc = sv_risk_plan(&m->risk, s, err);
    if (rc == SV_OK) { rc = sv_sweep_init(&m->sweep, &m->risk, p, opts->ties, err); }
    if (rc != SV_OK) { return rc; }
    m->x = SV_NEW(double, n * p);
    m->eta = SV_NEW(double, n);
    m->scale = SV_NEW(double, p);
    m->at = SV_NEW(double, p);
    m->work = SV_NEW(double, p * p);
    m->score = SV_NEW(double, p);
    m->info = SV_NEW(double, p * p);
    if (m->x == NULL || m->eta == NULL || m->scale == NULL || m->at == NULL || m->work == NULL || m->score == NULL ||
        m->info == NULL) {
        return sv_no_memory(err, "the Cox model");
    }
    for (size_t j = 0; j < p; j++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < n; i++) { mean += sv_at(x, i, j) / (double)n; }
        for (size_t i = 0; i < n; i++) { squares += (sv_at(x, i, j) - mean) * (sv_at(x, i, j) - mean); }
        m->scale[j] = sqrt(squares / (double)n);
        if (!(m->scale[j] > 1e-12 * fabs(mean))) {
            return sv_fail(err, SV_EDATA, "covariate in column %zu%s%s is constant", j, opts->names != NULL ? ", " : "",
                           opts->names != NULL ? opts->names[j] : "");
        }
        for (size_t i = 0; i < n; i++) { m->x[i * p + j] = (sv_at(x, m->risk.row[i], j) - mean) / m->scale[j]; }
    }
    return SV_OK;
}

/* From standard deviations to the caller's units; log det I changes by 2 log of each scale. */
static void rescale(sv_firth *f, const double *scale)
{
    size_t p = f->fit.p;
    for (size_t j = 0; j < p; j++) {
        f->fit.coef[j] /= scale[j];
        f->fit.se[j] /= scale[j];
        f->lower[j] /= scale[j];
        f->upper[j] /= scale[j];
        for (size_t k = 0; k < p; k++) { f->fit.vcov[j * p + k] /= scale[j] * scale[k]; }
        f->fit.loglik += log(scale[j]);
        f->fit.loglik0 += log(scale[j]);
    }
}

void sv_firth_free(sv_firth *f)
{
    if (f == NULL) { return; }
    sv_cox_free(&f->fit);
    free(f->lower);
    free(f->upper);
    free(f->p_value);
    *f = (sv_firth){ 0 };
}

static int fit_loaded(sv_firth *f, firth *m, const sv_matrix *x, double level, const sv_cox_opts *opts, sv_error *err)
{
    int rc = cox_newton(&f->fit, likelihood, m, x, opts, err);
    if (rc != SV_OK) { return rc; }
    if (!f->fit.converged) {
        return sv_fail(err, SV_ENUMERIC, "Firth's model did not converge in %d steps", f->fit.iter);
    }
    f->lower = SV_NEW(double, m->p);
    f->upper = SV_NEW(double, m->p);
    f->p_value = SV_NEW(double, m->p);
    if (f->lower == NULL || f->upper == NULL || f->p_value == NULL) { return sv_no_memory(err, "the Cox model"); }
    rc = profiles(f, m, level, opts, err);
    if (rc == SV_OK) { rescale(f, m->scale); }
    return rc;
}

int sv_cox_fit_firth(sv_firth *out, const sv_matrix *x, const sv_surv *s, double level, const sv_cox_opts *opts,
                     sv_error *err)
{
    sv_cox_opts own = SV_COX_OPTS_INIT;
    own.max_iter = 200;
    if (opts != NULL) { own = *opts; }
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = cox_newton_check(&own, x->cols, err); }
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, own.names, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols > SV_FIRTH_MAX_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, Firth's model takes at most %zu", x->cols, SV_FIRTH_MAX_COLS);
    }
    if (!(level > 0 && level < 1)) { return sv_fail(err, SV_EINVAL, "level is %g, expected 0 < level < 1", level); }
    firth m;
    sv_firth f = { 0 };
    rc = load(&m, x, s, &own, err);
    if (rc == SV_OK) { rc = fit_loaded(&f, &m, x, level, &own, err); }
    if (rc == SV_OK) {
        f.fit.n_event = sv_surv_events(s);
        f.fit.overfit = f.fit.p >= f.fit.n_event;
        memset(f.fit.flag, 0, f.fit.p);
        *out = f;
    } else {
        sv_firth_free(&f);
    }
    firth_free(&m);
    return rc;
}
