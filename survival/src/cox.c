/* cox.c - Newton-Raphson on the partial likelihood.
 *
 * Columns are centred and divided by their mean absolute deviation, so that one tolerance fits
 * years and micrometres alike; columns of only -1, 0 and 1 are left as they are, so that their
 * zero keeps its meaning in `mean`. */
#include <survival/cox.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <survival/dist.h>

#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "risk.h"

#define INFINITE_STEP 3.162277660168379e-5 /* relative size of a next step that is no rounding */
#define ROUNDING 1e-13 /* a pivot this small beside the terms it was made from is all rounding */

typedef struct newton {
    sv_risk risk;
    sv_sweep sweep;
    size_t n, p;
    double *x;           /* [n*p] by position, centred and scaled */
    double *eta;         /* [n] */
    double *mean, *scale;
    double *beta, *next; /* in scaled units: the best so far, the one to try */
    double *ldl, *floor, *step;
    double loglik0, loglik, score_test;
    size_t rank, rank0;  /* of the information: where last taken, at coefficients 0 */
    int iter;
    bool converged;
} newton;

static void newton_free(newton *f)
{
    sv_risk_free(&f->risk);
    sv_sweep_free(&f->sweep);
    free(f->x);
    free(f->eta);
    free(f->mean);
    free(f->scale);
    free(f->beta);
    free(f->next);
    free(f->ldl);
    free(f->floor);
    free(f->step);
}

static int newton_init(newton *f, const sv_surv *s, size_t p, sv_ties ties, sv_error *err)
{
    *f = (newton){ .n = s->n, .p = p };
    int rc = sv_risk_plan(&f->risk, s, err);
    if (rc == SV_OK) { rc = sv_sweep_init(&f->sweep, &f->risk, p, ties, err); }
    if (rc != SV_OK) { return rc; }
    f->x = s->n <= SIZE_MAX / p ? SV_NEW(double, s->n * p) : NULL;
    f->eta = SV_NEW(double, s->n);
    f->mean = SV_NEW(double, p);
    f->scale = SV_NEW(double, p);
    f->beta = SV_NEW(double, p);
    f->next = SV_NEW(double, p);
    f->ldl = SV_NEW(double, p * p);
    f->floor = SV_NEW(double, p);
    f->step = SV_NEW(double, p);
    if (f->x == NULL || f->eta == NULL || f->mean == NULL || f->scale == NULL || f->beta == NULL ||
        f->next == NULL || f->ldl == NULL || f->floor == NULL || f->step == NULL) {
        return sv_no_memory(err, "the Cox model");
    }
    return SV_OK;
}

static bool is_dummy(const double *x, size_t n, size_t p)
{
    for (size_t i = 0; i < n; i++) {
        double v = x[i * p];
        if (v != 0 && v != 1 && v != -1) { return false; }
    }
    return true;
}

static bool is_constant(const double *x, size_t n, size_t p)
{
    for (size_t i = 1; i < n; i++) {
        if (x[i * p] != x[0]) { return false; }
    }
    return true;
}

/* The second pass takes up the rounding of the first: a large offset costs nothing. */
static double weighted_mean(const double *x, const double *weight, size_t n, size_t p)
{
    double sum = 0, total = 0, rest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weight[i] * x[i * p];
        total += weight[i];
    }
    double mean = sum / total;
    for (size_t i = 0; i < n; i++) { rest += weight[i] * (x[i * p] - mean); }
    return mean + rest / total;
}

/* Centre and scale column j in place; false if its sums overflow. A constant column becomes
 * exactly zero: what rounding leaves of it must not be blown up to unit size. */
static bool standardise(newton *f, size_t j)
{
    double *x = f->x + j, deviation = 0, total = 0;
    const double *weight = f->risk.weight;
    size_t n = f->n, p = f->p;
    f->scale[j] = 1;
    bool dummy = is_dummy(x, n, p);
    f->mean[j] = dummy ? 0 : weighted_mean(x, weight, n, p);
    if (is_constant(x, n, p)) {
        for (size_t i = 0; i < n; i++) { x[i * p] = 0; }
        return isfinite(f->mean[j]);
    }
    if (dummy) { return true; }
    for (size_t i = 0; i < n; i++) {
        x[i * p] -= f->mean[j];
        deviation += weight[i] * fabs(x[i * p]);
        total += weight[i];
    }
    f->scale[j] = total / deviation;
    for (size_t i = 0; i < n; i++) { x[i * p] *= f->scale[j]; }
    return isfinite(deviation) && isfinite(f->scale[j]);
}

static int load_covariates(newton *f, const sv_matrix *x, sv_error *err)
{
    for (size_t i = 0; i < f->n; i++) {
        size_t row = f->risk.row[i];
        for (size_t j = 0; j < f->p; j++) { f->x[i * f->p + j] = sv_at(x, row, j); }
    }
    for (size_t j = 0; j < f->p; j++) {
        if (!standardise(f, j)) {
            return sv_fail(err, SV_ENUMERIC, "covariate in column %zu holds numbers too large or too "
                           "close together to work with", j);
        }
    }
    return SV_OK;
}

/* Likelihood, score and factored information at f->next; false if anything is not finite. */
static bool evaluate(newton *f, double singular_tol)
{
    size_t p = f->p;
    for (size_t i = 0; i < f->n; i++) {
        double eta = 0;
        for (size_t j = 0; j < p; j++) { eta += f->x[i * p + j] * f->next[j]; }
        f->eta[i] = eta;
    }
    sv_sweep_run(&f->sweep, &f->risk, f->x, f->eta);
    bool finite = isfinite(f->sweep.loglik);
    for (size_t j = 0; j < p; j++) {
        finite = finite && isfinite(f->sweep.score[j]) && isfinite(f->sweep.info[j * p + j]);
        f->floor[j] = ROUNDING * f->sweep.raw[j];
    }
    if (!finite) { return false; }
    memcpy(f->ldl, f->sweep.info, p * p * sizeof *f->ldl);
    f->rank = sv_ldl(f->ldl, p, singular_tol, f->floor);
    memcpy(f->step, f->sweep.score, p * sizeof *f->step);
    sv_ldl_solve(f->ldl, p, f->step);
    return true;
}

static void accept_and_step(newton *f)
{
    memcpy(f->beta, f->next, f->p * sizeof *f->beta);
    for (size_t j = 0; j < f->p; j++) { f->next[j] += f->step[j]; }
}

/* Ends with loglik, score, information and step all taken at f->next. */
static int iterate(newton *f, const sv_cox_opts *opts, sv_error *err)
{
    if (!evaluate(f, opts->singular_tol)) {
        return sv_fail(err, SV_ENUMERIC, "the partial likelihood is not finite at coefficients 0");
    }
    f->loglik0 = f->loglik = f->sweep.loglik;
    f->rank0 = f->rank;
    for (size_t j = 0; j < f->p; j++) { f->score_test += f->sweep.score[j] * f->step[j]; }
    accept_and_step(f);
    int halvings = 0;
    for (f->iter = 1;; f->iter++) {
        bool finite = evaluate(f, opts->singular_tol);
        double now = f->sweep.loglik;
        f->converged = finite && fabs(now - f->loglik) <= opts->eps * fabs(now);
        if (f->converged || f->iter == opts->max_iter) {
            f->loglik = now;
            return finite ? SV_OK : sv_fail(err, SV_ENUMERIC, "the partial likelihood is not finite "
                                            "after %d steps", f->iter);
        }
        if (!finite || now < f->loglik) {
            halvings++;
            for (size_t j = 0; j < f->p; j++) {
                f->next[j] = (f->next[j] + halvings * f->beta[j]) / (halvings + 1);
            }
        } else {
            halvings = 0;
            f->loglik = now;
            accept_and_step(f);
        }
    }
}

static void flag_column(sv_cox *out, const newton *f, size_t j)
{
    bool singular = f->ldl[j * f->p + j] == 0;
    double step = fabs(f->step[j] * f->scale[j]), coef = fabs(f->next[j] * f->scale[j]);
    if (singular && f->next[j] == 0) {
        out->flag[j] = SV_COX_DROPPED;
    } else if (singular || (step > 1e-9 && step > INFINITE_STEP * coef)) {
        out->flag[j] = SV_COX_INFINITE;
    }
}

/* Back to the caller's units. */
static void unscale(sv_cox *out, const newton *f)
{
    size_t p = f->p;
    sv_ldl_inverse(out->vcov, f->ldl, p);
    for (size_t j = 0; j < p; j++) {
        flag_column(out, f, j);
        bool dropped = (out->flag[j] & SV_COX_DROPPED) != 0;
        out->coef[j] = dropped ? SV_NAN : f->next[j] * f->scale[j];
        out->mean[j] = f->mean[j];
        for (size_t k = 0; k < p; k++) {
            bool singular = f->ldl[j * p + j] == 0 || f->ldl[k * p + k] == 0;
            double scaled = out->vcov[j * p + k] * (f->scale[j] * f->scale[k]);
            out->vcov[j * p + k] = singular ? SV_NAN : scaled;
        }
        out->se[j] = sqrt(out->vcov[j * p + j]);
    }
}

static void summarise(sv_cox *out, const newton *f, const sv_surv *s)
{
    unscale(out, f);
    out->rank = f->rank0;
    out->n_event = sv_surv_events(s);
    out->loglik0 = f->loglik0;
    out->loglik = f->loglik;
    out->lrt = 2 * (f->loglik - f->loglik0);
    out->score = f->score_test;
    out->wald = sv_quadratic(f->sweep.info, f->next, f->p);
    int df = (int)out->rank;
    out->lrt_p = sv_chisq_upper(out->lrt, df);
    out->score_p = sv_chisq_upper(out->score, df);
    out->wald_p = sv_chisq_upper(out->wald, df);
    out->iter = f->iter;
    out->converged = f->converged;
    out->overfit = out->p >= out->n_event;
}

static int check_options(const sv_cox_opts *opts, size_t p, sv_error *err)
{
    if (p > SV_COX_MAX_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, at most %zu are accepted", p,
                       SV_COX_MAX_COLS);
    }
    if (opts->ties != SV_TIES_EFRON && opts->ties != SV_TIES_BRESLOW) {
        return sv_fail(err, SV_EINVAL, "ties is %d, expected Efron (%d) or Breslow (%d)",
                       (int)opts->ties, SV_TIES_EFRON, SV_TIES_BRESLOW);
    }
    if (opts->max_iter < 1 || opts->max_iter > 1000) {
        return sv_fail(err, SV_EINVAL, "max_iter is %d, expected 1..1000", opts->max_iter);
    }
    if (!(opts->eps >= 0 && opts->eps < 1)) {
        return sv_fail(err, SV_EINVAL, "eps is %g, expected 0 <= eps < 1", opts->eps);
    }
    if (!(opts->singular_tol >= 0 && opts->singular_tol < 1)) {
        return sv_fail(err, SV_EINVAL, "singular_tol is %g, expected 0 <= singular_tol < 1",
                       opts->singular_tol);
    }
    return SV_OK;
}

static int allocate_result(sv_cox *out, size_t n, size_t p, sv_error *err)
{
    *out = (sv_cox){ .n = n, .p = p };
    out->coef = SV_NEW(double, p);
    out->se = SV_NEW(double, p);
    out->vcov = SV_NEW(double, p * p);
    out->mean = SV_NEW(double, p);
    out->flag = SV_NEW(unsigned char, p);
    if (out->coef == NULL || out->se == NULL || out->vcov == NULL || out->mean == NULL ||
        out->flag == NULL) {
        sv_cox_free(out);
        return sv_no_memory(err, "the Cox model");
    }
    return SV_OK;
}

int sv_cox_fit(sv_cox *out, const sv_matrix *x, const sv_surv *s, const sv_cox_opts *opts,
               sv_error *err)
{
    static const sv_cox_opts defaults = SV_COX_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = check_options(opts, x->cols, err); }
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, opts->names, err); }
    if (rc != SV_OK) { return rc; }
    newton f;
    sv_cox result = { 0 };
    rc = newton_init(&f, s, x->cols, opts->ties, err);
    if (rc == SV_OK) { rc = load_covariates(&f, x, err); }
    if (rc == SV_OK) { rc = iterate(&f, opts, err); }
    if (rc == SV_OK) { rc = allocate_result(&result, s->n, x->cols, err); }
    if (rc == SV_OK) {
        summarise(&result, &f, s);
        *out = result;
    }
    newton_free(&f);
    return rc;
}

void sv_cox_free(sv_cox *fit)
{
    if (fit == NULL) { return; }
    free(fit->coef);
    free(fit->se);
    free(fit->vcov);
    free(fit->mean);
    free(fit->flag);
    *fit = (sv_cox){ 0 };
}

int sv_cox_predict(double *out, const sv_cox *fit, const sv_matrix *x, sv_error *err)
{
    for (size_t i = 0; i < x->rows; i++) { out[i] = SV_NAN; }
    if (x->cols != fit->p) {
        return sv_fail(err, SV_EINVAL, "covariates have %zu columns, the model has %zu", x->cols,
                       fit->p);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc != SV_OK) { return rc; }
    for (size_t i = 0; i < x->rows; i++) {
        double lp = 0;
        for (size_t j = 0; j < fit->p; j++) {
            if ((fit->flag[j] & SV_COX_DROPPED) == 0) { lp += fit->coef[j] * sv_at(x, i, j); }
        }
        out[i] = lp;
    }
    return SV_OK;
}

double sv_cox_centre(const sv_cox *fit)
{
    double lp = 0;
    for (size_t j = 0; j < fit->p; j++) {
        if ((fit->flag[j] & SV_COX_DROPPED) == 0) { lp += fit->coef[j] * fit->mean[j]; }
    }
    return lp;
}

void sv_cox_hazard_ratio_ci(double out[2], const sv_cox *fit, size_t j, double level)
{
    double z = sv_normal_quantile(0.5 + level / 2);
    out[0] = exp(fit->coef[j] - z * fit->se[j]);
    out[1] = exp(fit->coef[j] + z * fit->se[j]);
}
