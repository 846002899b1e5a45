/* pen_cv.c - cross-validation of a penalised path.
 *
 * A fold's measure is told by glmnet's conventions: the Cox deviance of a fold divided by its
 * weight of events, and folds averaged by that weight. */
#include <math.h>
#include <string.h>

#include <survival/baseline.h>
#include <survival/concordance.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"
#include "part.h"
#include "pen.h"
#include "sort.h"

void sv_cv_free(sv_cv *cv)
{
    if (cv == NULL) { return; }
    free(cv->lambda);
    free(cv->mean);
    free(cv->se);
    *cv = (sv_cv){ 0 };
}

typedef struct cv_job {
    const sv_path *path;
    const sv_matrix *x;
    const sv_surv *s;          /* Cox; or NULL                    */
    const int *y;              /* logistic; or NULL               */
    const double *weight;
    const int *fold;
    size_t folds, n;
    const sv_path_opts *opts;
    const sv_cv_opts *cv;
    double *raw;               /* [folds][n_lambda]               */
    double *share;             /* [folds]                         */
    double *coef, *eta;        /* [p], [n]                        */
} cv_job;

static int part_make(sv_part *t, const cv_job *c, size_t fold, bool inside, sv_error *err)
{
    return sv_part_make(t, c->x, c->s, c->y, c->weight, c->fold, fold, inside, err);
}

static void predict(double *eta, const double *coef, double intercept, const sv_part *t)
{
    for (size_t i = 0; i < t->n; i++) {
        double sum = intercept;
        for (size_t j = 0; j < t->p; j++) {
            if (fabs(coef[j]) > 0) { sum += coef[j] * t->x[i * t->p + j]; }
        }
        eta[i] = sum;
    }
}

/* ---- Measures of one fold -------------------------------------------------------------------- */

/* 2 (saturated - log partial likelihood) of one part, for every lambda. */
static int cox_deviances(double *out, double sign, cv_job *c, const sv_path *fit, const sv_part *t,
                         sv_error *err)
{
    pen_family f;
    const sv_surv s = sv_part_surv(t, c->s);
    int rc = pen_family_cox(&f, &s, err);
    if (rc != SV_OK) { return rc; }
    double *by_position = SV_NEW(double, t->n);
    if (by_position == NULL) { rc = sv_no_memory(err, "a fold's predictor"); }
    for (size_t k = 0; rc == SV_OK && k < c->path->n_lambda; k++) {
        rc = sv_path_at(c->coef, NULL, fit, c->path->lambda[k], err);
        if (rc != SV_OK) { break; }
        predict(c->eta, c->coef, 0, t);
        for (size_t i = 0; i < t->n; i++) { by_position[i] = c->eta[f.row[i]]; }
        out[k] += sign * 2 * (f.saturated - pen_family_loglik(&f, by_position));
    }
    free(by_position);
    pen_family_free(&f);
    return rc;
}

static int whole(sv_part *t, const cv_job *c, sv_error *err) { return part_make(t, c, SV_ALL_ROWS, false, err); }

static int fold_cox_deviance(double *out, cv_job *c, const sv_path *fit, const sv_part *in,
                             const sv_part *rest, sv_error *err)
{
    if (!c->cv->grouped) { return cox_deviances(out, 1, c, fit, in, err); }
    sv_part all;
    int rc = whole(&all, c, err);
    if (rc != SV_OK) { return rc; }
    rc = cox_deviances(out, 1, c, fit, &all, err);
    if (rc == SV_OK) { rc = cox_deviances(out, -1, c, fit, rest, err); }
    sv_part_free(&all);
    return rc;
}

static int fold_concordance(double *out, cv_job *c, const sv_path *fit, const sv_part *in, sv_error *err)
{
    const sv_surv s = sv_part_surv(in, c->s);
    for (size_t k = 0; k < c->path->n_lambda; k++) {
        int rc = sv_path_at(c->coef, NULL, fit, c->path->lambda[k], err);
        if (rc != SV_OK) { return rc; }
        predict(c->eta, c->coef, 0, in);
        sv_concordance h;
        if ((rc = sv_concordance_harrell(&h, c->eta, &s, err)) != SV_OK) { return rc; }
        out[k] = h.c;
    }
    return SV_OK;
}

/* Area under the ROC curve by rank sums; ties count half. */
static int auc(double *out, const double *score, const sv_part *t, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, t->n);
    if (order == NULL) { return sv_no_memory(err, "ranks"); }
    int rc = sv_sort_rows(order, score, t->n, err);
    double below = 0, wins = 0, ones = 0, zeros = 0;
    for (size_t at = 0; rc == SV_OK && at < t->n;) {
        double one = 0, zero = 0;
        size_t end = at;
        for (; end < t->n && score[order[end]] <= score[order[at]]; end++) {
            double w = t->weight[order[end]];
            *(t->event[order[end]] ? &one : &zero) += w;
        }
        wins += one * (below + zero / 2);
        below += zero;
        ones += one;
        zeros += zero;
        at = end;
    }
    *out = ones > 0 && zeros > 0 ? wins / (ones * zeros) : SV_NAN;
    free(order);
    return rc;
}

static double row_loss(double eta, int y, sv_cv_measure measure)
{
    double p = 1 / (1 + exp(-eta));
    if (measure == SV_CV_MISCLASSIFIED) { return (p > 0.5) != (y == 1); }
    p = fmin(fmax(p, 1e-5), 1 - 1e-5);           /* as glmnet */
    return -2 * log(y ? p : 1 - p);
}

static int fold_logistic(double *out, cv_job *c, const sv_path *fit, const sv_part *in, sv_error *err)
{
    for (size_t k = 0; k < c->path->n_lambda; k++) {
        double intercept, sum = 0, total = 0;
        int rc = sv_path_at(c->coef, &intercept, fit, c->path->lambda[k], err);
        if (rc != SV_OK) { return rc; }
        predict(c->eta, c->coef, intercept, in);
        if (c->cv->measure == SV_CV_AUC) {
            if ((rc = auc(&out[k], c->eta, in, err)) != SV_OK) { return rc; }
            continue;
        }
        for (size_t i = 0; i < in->n; i++) {
            sum += in->weight[i] * row_loss(c->eta[i], in->event[i], c->cv->measure);
            total += in->weight[i];
        }
        out[k] = sum / total;
    }
    return SV_OK;
}

/* ---- Folds ----------------------------------------------------------------------------------- */

static int fit_rest(sv_path *fit, const cv_job *c, const sv_part *rest, sv_error *err)
{
    const sv_matrix x = sv_matrix_rowmajor(rest->x, rest->n, rest->p);
    sv_path_opts o = *c->opts;
    if (c->s == NULL) { return sv_path_logistic(fit, &x, rest->event, rest->weight, &o, err); }
    const sv_surv s = sv_part_surv(rest, c->s);
    return sv_path_cox(fit, &x, &s, &o, err);
}

static double part_share(const sv_part *t, bool events_only)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) { sum += events_only && !t->event[i] ? 0 : t->weight[i]; }
    return sum;
}

static int measure_fold(cv_job *c, size_t fold, const sv_part *in, const sv_part *rest, sv_error *err)
{
    double *out = c->raw + fold * c->path->n_lambda;
    bool deviance = c->s != NULL && c->cv->measure == SV_CV_DEVIANCE;
    sv_path fit;
    int rc = fit_rest(&fit, c, rest, err);
    if (rc != SV_OK) { return rc; }
    c->share[fold] = part_share(in, deviance);
    if (!(c->share[fold] > 0)) {                 /* no event to predict: the fold says nothing */
        for (size_t k = 0; k < c->path->n_lambda; k++) { out[k] = SV_NAN; }
        sv_path_free(&fit);
        return SV_OK;
    }
    rc = deviance ? fold_cox_deviance(out, c, &fit, in, rest, err)
         : c->s != NULL ? fold_concordance(out, c, &fit, in, err)
         : fold_logistic(out, c, &fit, in, err);
    for (size_t k = 0; deviance && rc == SV_OK && k < c->path->n_lambda; k++) { out[k] /= c->share[fold]; }
    sv_path_free(&fit);
    return rc;
}

static int run_fold(cv_job *c, size_t fold, sv_error *err)
{
    sv_part in, rest;
    int rc = part_make(&in, c, fold, true, err);
    if (rc != SV_OK) { return rc; }
    rc = part_make(&rest, c, fold, false, err);
    if (rc == SV_OK) {
        rc = measure_fold(c, fold, &in, &rest, err);
        sv_part_free(&rest);
    }
    sv_part_free(&in);
    if (rc == SV_OK && c->cv->progress != NULL && !c->cv->progress(c->cv->context, fold + 1, c->folds)) {
        return sv_fail(err, SV_EINVAL, "stopped after %zu of %zu folds", fold + 1, c->folds);
    }
    return rc;
}

/* Mean over folds and its standard error; folds without a value (no event, a C without a pair) are left out. */
static int summarise(sv_cv *out, const cv_job *c, sv_error *err)
{
    bool any = false;
    for (size_t k = 0; k < out->n_lambda; k++) {
        double sum = 0, total = 0, squares = 0, folds = 0;
        for (size_t f = 0; f < c->folds; f++) {
            double v = c->raw[f * out->n_lambda + k];
            if (isnan(v)) { continue; }
            sum += c->share[f] * v;
            total += c->share[f];
            folds++;
        }
        out->mean[k] = total > 0 ? sum / total : SV_NAN;
        for (size_t f = 0; f < c->folds; f++) {
            double v = c->raw[f * out->n_lambda + k];
            if (!isnan(v)) { squares += c->share[f] * (v - out->mean[k]) * (v - out->mean[k]); }
        }
        out->se[k] = folds > 1 ? sqrt(squares / total / (folds - 1)) : SV_NAN;
        any = any || isfinite(out->mean[k]);
    }
    return any ? SV_OK : sv_fail(err, SV_ENOEVENT, "none of the %zu folds has what its measure needs: events, or pairs "
                                 "to compare", c->folds);
}

static void choose(sv_cv *out, bool higher_is_better)
{
    double sign = higher_is_better ? -1 : 1;
    out->best = 0;
    for (size_t k = 1; k < out->n_lambda; k++) {
        if (isnan(out->mean[out->best]) || sign * out->mean[k] < sign * out->mean[out->best]) { out->best = k; }
    }
    double limit = sign * out->mean[out->best] + out->se[out->best];
    out->one_se = out->best;
    for (size_t k = out->best; k-- > 0;) {
        if (sign * out->mean[k] <= limit) { out->one_se = k; }
    }
}

static int check_job(const cv_job *c, sv_error *err)
{
    if (c->path->p != c->x->cols || c->path->n != c->n || c->path->n_lambda == 0) {
        return sv_fail(err, SV_EINVAL, "the path is of %zu rows and %zu columns, the data have %zu and "
                       "%zu", c->path->n, c->path->p, c->n, c->x->cols);
    }
    bool of_cox = c->cv->measure == SV_CV_CONCORDANCE;
    bool of_logistic = c->cv->measure == SV_CV_AUC || c->cv->measure == SV_CV_MISCLASSIFIED;
    if (c->s != NULL ? of_logistic : of_cox) {
        return sv_fail(err, SV_EINVAL, "cross-validation measure %d is not one of %s regression",
                       (int)c->cv->measure, c->s != NULL ? "Cox" : "logistic");
    }
    if (c->folds < 3 || c->folds > c->n) {
        return sv_fail(err, SV_ETOOSMALL, "%zu folds of %zu rows, expected 3 or more, and a row each",
                       c->folds, c->n);
    }
    return SV_OK;
}

static int check_folds(const cv_job *c, sv_error *err)
{
    size_t *held = SV_NEW(size_t, c->folds);
    if (held == NULL) { return sv_no_memory(err, "folds"); }
    int rc = SV_OK;
    for (size_t i = 0; i < c->n && rc == SV_OK; i++) {
        if (c->fold[i] < 0 || (size_t)c->fold[i] >= c->folds) {
            rc = sv_fail(err, SV_EINVAL, "fold[%zu] is %d, expected 0 to %zu", i, c->fold[i],
                         c->folds - 1);
        } else {
            held[c->fold[i]]++;
        }
    }
    for (size_t f = 0; f < c->folds && rc == SV_OK; f++) {
        if (held[f] == 0) { rc = sv_fail(err, SV_ETOOSMALL, "fold %zu has no row", f); }
    }
    free(held);
    return rc;
}

static int cross_validate(sv_cv *out, cv_job *c, sv_error *err)
{
    size_t k = c->path->n_lambda;
    int rc = check_job(c, err);
    if (rc == SV_OK) { rc = check_folds(c, err); }
    if (rc != SV_OK) { return rc; }
    sv_cv r = { .n_lambda = k, .lambda = SV_NEW(double, k), .mean = SV_NEW(double, k),
                .se = SV_NEW(double, k) };
    c->raw = SV_NEW(double, c->folds * k);
    c->share = SV_NEW(double, c->folds);
    c->coef = SV_NEW(double, c->x->cols);
    c->eta = SV_NEW(double, c->n);
    if (r.lambda == NULL || r.mean == NULL || r.se == NULL || c->raw == NULL || c->share == NULL ||
        c->coef == NULL || c->eta == NULL) {
        rc = sv_no_memory(err, "cross-validation");
    }
    for (size_t f = 0; f < c->folds && rc == SV_OK; f++) { rc = run_fold(c, f, err); }
    if (rc == SV_OK) {
        memcpy(r.lambda, c->path->lambda, k * sizeof *r.lambda);
        rc = summarise(&r, c, err);
    }
    if (rc == SV_OK) {
        choose(&r, c->cv->measure == SV_CV_CONCORDANCE || c->cv->measure == SV_CV_AUC);
        *out = r;
    } else {
        sv_cv_free(&r);
    }
    free(c->raw);
    free(c->share);
    free(c->coef);
    free(c->eta);
    return rc;
}

int sv_cv_cox(sv_cv *out, const sv_path *path, const sv_matrix *x, const sv_surv *s, const int *fold,
              size_t folds, const sv_path_opts *opts, const sv_cv_opts *cv, sv_error *err)
{
    cv_job c = { .path = path, .x = x, .s = s, .weight = s->weight, .fold = fold, .folds = folds,
                 .n = s->n, .opts = opts, .cv = cv };
    return cross_validate(out, &c, err);
}

int sv_cv_logistic(sv_cv *out, const sv_path *path, const sv_matrix *x, const int *y,
                   const double *weight, const int *fold, size_t folds, const sv_path_opts *opts,
                   const sv_cv_opts *cv, sv_error *err)
{
    cv_job c = { .path = path, .x = x, .y = y, .weight = weight, .fold = fold, .folds = folds,
                 .n = x->rows, .opts = opts, .cv = cv };
    return cross_validate(out, &c, err);
}

int sv_cv_folds(int *fold, const int *event, size_t n, size_t folds, uint64_t seed, sv_error *err)
{
    if (folds < 2 || folds > n) {
        return sv_fail(err, SV_EINVAL, "%zu folds of %zu rows, expected 2 or more, and a row each", folds,
                       n);
    }
    size_t *row = SV_NEW(size_t, n);
    if (row == NULL) { return sv_no_memory(err, "folds"); }
    size_t k = 0;
    for (int e = 1; e >= 0; e--) {
        for (size_t i = 0; i < n; i++) {
            if (event[i] == e) { row[k++] = i; }
        }
    }
    size_t events = 0;
    while (events < k && event[row[events]] == 1) { events++; }
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i + 1 < k; i++) {         /* shuffled within events and within the others */
        size_t end = i < events ? events : k;
        size_t j = i + (size_t)sv_rng_below(&rng, end - i), r = row[i];
        row[i] = row[j];
        row[j] = r;
    }
    for (size_t i = 0; i < k; i++) { fold[row[i]] = (int)(i % folds); }
    free(row);
    return SV_OK;
}
