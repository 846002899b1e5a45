/* pen_fit.c - the penalised fits as callers see them. */
#include <math.h>

#include "mem.h"
#include "num.h"
#include "pen.h"

void sv_path_free(sv_path *path)
{
    if (path == NULL) { return; }
    free(path->lambda);
    free(path->coef);
    free(path->intercept);
    free(path->n_selected);
    free(path->deviance_ratio);
    *path = (sv_path){ 0 };
}

static int check_sequence(const sv_path_opts *o, sv_error *err)
{
    if (o->n_lambda < 1 || o->n_lambda > SV_PATH_MAX_LAMBDA) {
        return sv_fail(err, SV_EINVAL, "n_lambda is %zu, expected 1 to %zu", o->n_lambda,
                       SV_PATH_MAX_LAMBDA);
    }
    if (!(o->lambda_min_ratio >= 0 && o->lambda_min_ratio < 1)) {
        return sv_fail(err, SV_EINVAL, "lambda_min_ratio is %g, expected 0 (automatic) or a number "
                       "below 1", o->lambda_min_ratio);
    }
    for (size_t k = 0; k < o->n_lambda && o->lambda != NULL; k++) {
        bool falls = k == 0 || o->lambda[k] < o->lambda[k - 1];
        if (!(isfinite(o->lambda[k]) && o->lambda[k] >= 0 && falls)) {
            return sv_fail(err, SV_EINVAL, "lambda[%zu] is %g, expected falling numbers >= 0", k,
                           o->lambda[k]);
        }
    }
    return SV_OK;
}

static int check_factors(const sv_path_opts *o, size_t p, sv_error *err)
{
    double sum = 0;
    for (size_t j = 0; j < p && o->penalty_factor != NULL; j++) {
        if (!(isfinite(o->penalty_factor[j]) && o->penalty_factor[j] >= 0)) {
            return sv_fail(err, SV_EINVAL, "penalty_factor[%zu] is %g, expected a number >= 0", j,
                           o->penalty_factor[j]);
        }
        sum += o->penalty_factor[j];
    }
    if (o->penalty_factor != NULL && !(sum > 0 && isfinite(sum))) {
        return sv_fail(err, SV_EINVAL, "the penalty factors sum to %g, expected more than 0", sum);
    }
    return SV_OK;
}

int pen_path_check(const sv_path_opts *o, const sv_matrix *x, sv_error *err)
{
    if (!(o->alpha >= 0 && o->alpha <= 1)) {
        return sv_fail(err, SV_EINVAL, "alpha is %g, expected 0 (ridge) to 1 (LASSO)", o->alpha);
    }
    if (!(o->threshold > 0 && o->threshold < 1)) {
        return sv_fail(err, SV_EINVAL, "threshold is %g, expected more than 0 and less than 1",
                       o->threshold);
    }
    int rc = check_sequence(o, err);
    if (rc == SV_OK) { rc = check_factors(o, x->cols, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols > SV_PATH_MAX_CELLS / x->rows || x->cols > SV_PATH_MAX_CELLS / o->n_lambda) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, %zu columns, %zu lambdas: rows x columns and columns "
                       "x lambdas may be at most %zu", x->rows, x->cols, o->n_lambda,
                       SV_PATH_MAX_CELLS);
    }
    return SV_OK;
}

static int fit(sv_path *out, pen_family *f, const sv_matrix *x, const sv_path_opts *opts,
               sv_error *err)
{
    pen_design d;
    int rc = pen_design_make(&d, x, f->row, f->weight, opts->standardise, err);
    if (rc == SV_OK) {
        rc = pen_path_run(out, f, &d, x->cols, opts, err);
        pen_design_free(&d);
    }
    pen_family_free(f);
    return rc;
}

int sv_path_cox(sv_path *out, const sv_matrix *x, const sv_surv *s, const sv_path_opts *opts,
                sv_error *err)
{
    pen_family f;
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, opts->names, err); }
    if (rc == SV_OK) { rc = pen_path_check(opts, x, err); }
    if (rc == SV_OK) { rc = pen_family_cox(&f, s, err); }
    return rc == SV_OK ? fit(out, &f, x, opts, err) : rc;
}

static int check_classes(const int *y, const double *weight, size_t n, sv_error *err)
{
    size_t ones = 0;
    for (size_t i = 0; i < n; i++) {
        if (y[i] != 0 && y[i] != 1) {
            return sv_fail(err, SV_EDATA, "y[%zu] is %d, expected 0 or 1", i, y[i]);
        }
        if (weight != NULL && !(isfinite(weight[i]) && weight[i] > 0)) {
            return sv_fail(err, SV_EDATA, "weight[%zu] is %g, expected a finite number > 0", i,
                           weight[i]);
        }
        ones += y[i] == 1;
    }
    if (ones == 0 || ones == n) {
        return sv_fail(err, SV_EDATA, "%zu of %zu rows have y = 1, expected some of each", ones, n);
    }
    return SV_OK;
}

int sv_path_logistic(sv_path *out, const sv_matrix *x, const int *y, const double *weight,
                     const sv_path_opts *opts, sv_error *err)
{
    pen_family f;
    if (y == NULL || x->rows < 2 || x->rows > SV_MAX_ROWS) {
        return sv_fail(err, SV_EINVAL, "%zu rows%s, expected 2 to %zu with a class each", x->rows,
                       y == NULL ? " without classes" : "", SV_MAX_ROWS);
    }
    int rc = sv_matrix_check(x, x->rows, opts->names, err);
    if (rc == SV_OK) { rc = check_classes(y, weight, x->rows, err); }
    if (rc == SV_OK) { rc = pen_path_check(opts, x, err); }
    if (rc == SV_OK) { rc = pen_family_logistic(&f, y, weight, x->rows, err); }
    return rc == SV_OK ? fit(out, &f, x, opts, err) : rc;
}

int sv_path_at(double *coef, double *intercept, const sv_path *path, double lambda, sv_error *err)
{
    if (path->n_lambda == 0 || !isfinite(lambda) || lambda < 0) {
        return sv_fail(err, SV_EINVAL, "lambda is %g in a path of %zu, expected a number >= 0", lambda,
                       path->n_lambda);
    }
    size_t last = path->n_lambda - 1, right = 0;
    while (right < last && path->lambda[right] > lambda) { right++; }
    size_t left = right > 0 && path->lambda[right] <= lambda ? right - 1 : right;
    double share = 1;                            /* of the left one */
    if (left != right) {
        share = (lambda - path->lambda[right]) / (path->lambda[left] - path->lambda[right]);
        share = share > 1 ? 1 : share;
    }
    const double *a = path->coef + left * path->p, *b = path->coef + right * path->p;
    for (size_t j = 0; j < path->p; j++) { coef[j] = share * a[j] + (1 - share) * b[j]; }
    if (intercept != NULL) {
        *intercept = share * path->intercept[left] + (1 - share) * path->intercept[right];
    }
    return SV_OK;
}
