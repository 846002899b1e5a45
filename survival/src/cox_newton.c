#include "cox_newton.h"

#include <math.h>
#include <string.h>

#include <survival/dist.h>

#include "linalg.h"
#include "mem.h"
#include "num.h"

#define CONVERGED 1e-12 /* gain still to be had, in units of the log likelihood */
#define ROUNDING 1e-13  /* a column that varies by this share of its mean is constant */

int cox_newton_check(const sv_cox_opts *opts, size_t p, sv_error *err)
{
    if (p < 1 || p > SV_COX_MAX_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, expected 1 to %zu", p, SV_COX_MAX_COLS);
    }
    if (opts->ties != SV_TIES_EFRON && opts->ties != SV_TIES_BRESLOW) {
        return sv_fail(err, SV_EINVAL, "ties is %d, expected Efron (%d) or Breslow (%d)", (int)opts->ties,
                       SV_TIES_EFRON, SV_TIES_BRESLOW);
    }
    if (opts->max_iter < 1 || opts->max_iter > 1000 || !(opts->singular_tol >= 0 && opts->singular_tol < 1)) {
        return sv_fail(err, SV_EINVAL, "max_iter is %d and singular_tol %g, expected 1..1000 and 0 to less than 1",
                       opts->max_iter, opts->singular_tol);
    }
    return SV_OK;
}

typedef struct newton {
    size_t p;
    double *beta, *next, *score, *info, *ldl, *step;
    double *unit;           /* of each column: what counts as singular is judged in these units */
    double loglik;
} newton;

static void newton_free(newton *f)
{
    free(f->beta);
    free(f->next);
    free(f->score);
    free(f->info);
    free(f->ldl);
    free(f->step);
    free(f->unit);
}

static int make(newton *f, sv_cox *out, size_t n, size_t p, sv_error *err)
{
    *f = (newton){ .p = p };
    *out = (sv_cox){ .n = n, .p = p };
    f->beta = SV_NEW(double, p);
    f->next = SV_NEW(double, p);
    f->score = SV_NEW(double, p);
    f->info = SV_NEW(double, p * p);
    f->ldl = SV_NEW(double, p * p);
    f->step = SV_NEW(double, p);
    f->unit = SV_NEW(double, p);
    out->coef = SV_NEW(double, p);
    out->se = SV_NEW(double, p);
    out->vcov = SV_NEW(double, p * p);
    out->mean = SV_NEW(double, p);
    out->flag = SV_NEW(unsigned char, p);
    bool room = f->beta != NULL && f->next != NULL && f->score != NULL && f->info != NULL && f->ldl != NULL &&
                f->step != NULL && f->unit != NULL && out->coef != NULL && out->se != NULL && out->vcov != NULL && out->mean != NULL &&
                out->flag != NULL;
    return room ? SV_OK : sv_no_memory(err, "the Cox model");
}

static void take_means(sv_cox *out, const sv_matrix *x)
{
    for (size_t j = 0; j < x->cols; j++) {
        for (size_t i = 0; i < x->rows; i++) { out->mean[j] += sv_at(x, i, j) / (double)x->rows; }
    }
}

/* 1 / mean absolute deviation; smaller where the information at coefficients 0 would pass 1 then (a penalty's may by
 * far). So a pivot near 0 is a column that says nothing, whatever its unit. */
static void choose_units(newton *f, const double *mean, const sv_matrix *x)
{
    for (size_t j = 0; j < f->p; j++) {
        double deviation = 0, information = f->info[j * f->p + j];
        for (size_t i = 0; i < x->rows; i++) { deviation += fabs(sv_at(x, i, j) - mean[j]) / (double)x->rows; }
        double unit = deviation > ROUNDING * fabs(mean[j]) ? 1 / deviation : 1;
        f->unit[j] = unit * unit * information > 1 ? 1 / sqrt(information) : unit;
    }
}

/* The step and the gain it promises. */
static int direction(newton *f, double *gain, const sv_cox_opts *opts, sv_error *err)
{
    size_t p = f->p;
    for (size_t a = 0; a < p; a++) {
        f->step[a] = f->unit[a] * f->score[a];
        for (size_t b = 0; b < p; b++) { f->ldl[a * p + b] = f->unit[a] * f->unit[b] * f->info[a * p + b]; }
    }
    if (sv_ldl(f->ldl, p, opts->singular_tol, NULL) < p) {
        size_t j = 0;
        while (j + 1 < p && f->ldl[j * p + j] > 0) { j++; }
        return sv_fail(err, SV_EDATA, "covariate in column %zu%s%s is constant, a combination of the columns before "
                       "it, or separates the events", j, opts->names != NULL ? ", " : "",
                       opts->names != NULL ? opts->names[j] : "");
    }
    sv_ldl_solve(f->ldl, p, f->step);
    *gain = 0;
    for (size_t j = 0; j < p; j++) {
        f->step[j] *= f->unit[j];
        *gain += f->step[j] * f->score[j];
    }
    return SV_OK;
}

static int maximise(newton *f, sv_cox *out, cox_likelihood *likelihood, void *model, const sv_matrix *x,
                    const sv_cox_opts *opts, sv_error *err)
{
    if (!likelihood(model, f->beta, &f->loglik, f->score, f->info)) {
        return sv_fail(err, SV_ENUMERIC, "the partial likelihood is not finite at coefficients 0");
    }
    out->loglik0 = f->loglik;
    choose_units(f, out->mean, x);
    for (out->iter = 0; !out->converged && out->iter < opts->max_iter; out->iter++) {
        double gain = 0, share = 1, best = f->loglik;
        int rc = direction(f, &gain, opts, err);
        if (rc != SV_OK) { return rc; }
        if (out->iter == 0) { out->score = gain; }
        out->converged = gain <= CONVERGED * (1 + fabs(best));
        for (;; share /= 2) {
            for (size_t j = 0; j < f->p; j++) { f->next[j] = f->beta[j] + share * f->step[j]; }
            bool finite = likelihood(model, f->next, &f->loglik, f->score, f->info);
            if (finite && (out->converged || f->loglik >= best)) { break; }
            if (share < 1e-9) {
                return sv_fail(err, SV_ENUMERIC, "the partial likelihood finds no higher value after %d steps", out->iter);
            }
        }
        memcpy(f->beta, f->next, f->p * sizeof *f->beta);
    }
    double rest = 0;
    return direction(f, &rest, opts, err);
}

static void summarise(newton *f, sv_cox *out)
{
    size_t p = f->p;
    sv_ldl_inverse(out->vcov, f->ldl, p);
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < p; k++) { out->vcov[j * p + k] *= f->unit[j] * f->unit[k]; }
        out->coef[j] = f->beta[j];
        out->se[j] = sqrt(out->vcov[j * p + j]);
        if (fabs(f->step[j]) > 1e-9 * f->unit[j] && fabs(f->step[j]) > 3.162277660168379e-5 * fabs(f->beta[j])) {
            out->flag[j] = SV_COX_INFINITE;
        }
    }
    out->rank = p;
    out->loglik = f->loglik;
    out->lrt = 2 * (out->loglik - out->loglik0);
    out->wald = sv_quadratic(f->info, f->beta, p);
    out->lrt_p = sv_chisq_upper(out->lrt, (int)p);
    out->score_p = sv_chisq_upper(out->score, (int)p);
    out->wald_p = sv_chisq_upper(out->wald, (int)p);
}

int cox_newton(sv_cox *out, cox_likelihood *likelihood, void *model, const sv_matrix *x, const sv_cox_opts *opts,
               sv_error *err)
{
    newton f;
    sv_cox fit;
    int rc = make(&f, &fit, x->rows, x->cols, err);
    if (rc == SV_OK) {
        take_means(&fit, x);
        rc = maximise(&f, &fit, likelihood, model, x, opts, err);
    }
    if (rc == SV_OK) { summarise(&f, &fit); }
    newton_free(&f);
    if (rc != SV_OK) {
        sv_cox_free(&fit);
        return rc;
    }
    *out = fit;
    return SV_OK;
}
