/* validate.c - bootstrap validation of a Cox model. */
#include <math.h>
#include <string.h>

#include <survival/bootstrap.h>
#include <survival/concordance.h>
#include <survival/quantile.h>
#include <survival/rng.h>

#include "calibration_work.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

/* The data as given, and one replicate's rows and predictions. */
typedef struct work {
    const sv_matrix *x;
    const sv_surv *s;
    const sv_validation_opts *opts;
    double *bx, *btime;
    int *bevent;
    double *lp, *surv;          /* [n] of the model at hand on the data at hand            */
    double *cuts;               /* [bins + 1]                                              */
    size_t bins;
    sv_calibration_group *group, *own;
    double *gap;                /* [bins] sums of training - test                          */
} work;

static void work_free(work *w)
{
    free(w->bx);
    free(w->btime);
    free(w->bevent);
    free(w->lp);
    free(w->surv);
    free(w->cuts);
    free(w->group);
    free(w->own);
    free(w->gap);
}

static int work_init(work *w, const sv_matrix *x, const sv_surv *s, const sv_validation_opts *opts, sv_error *err)
{
    size_t n = s->n, p = x->cols;
    *w = (work){ .x = x, .s = s, .opts = opts };
    if (opts->horizon > 0) {
        w->bins = n / opts->group_size > 1 ? n / opts->group_size : 1;
        w->bins = w->bins < SV_CALIBRATION_MAX_GROUPS ? w->bins : SV_CALIBRATION_MAX_GROUPS;
    }
    w->bx = n <= SIZE_MAX / p ? SV_NEW(double, n * p) : NULL;
    w->btime = SV_NEW(double, n);
    w->bevent = SV_NEW(int, n);
    w->lp = SV_NEW(double, n);
    w->surv = SV_NEW(double, n + 2);
    w->cuts = SV_NEW(double, w->bins + 1);
    w->group = SV_NEW(sv_calibration_group, w->bins);
    w->own = SV_NEW(sv_calibration_group, w->bins);
    w->gap = SV_NEW(double, w->bins);
    bool room = w->bx != NULL && w->btime != NULL && w->bevent != NULL && w->lp != NULL && w->surv != NULL &&
                w->cuts != NULL && w->group != NULL && w->own != NULL && w->gap != NULL;
    return room ? SV_OK : sv_no_memory(err, "the validation");
}

/* Gini's mean difference: mean |v_i - v_j| over pairs; by the sorted values. */
static int gini(double *out, const double *v, size_t n, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, n);
    int rc = order == NULL ? sv_no_memory(err, "the validation") : sv_sort_rows(order, v, n, err);
    double sum = 0, pairs = 0.5 * (double)n * ((double)n - 1);
    for (size_t i = 0; rc == SV_OK && i < n; i++) { sum += v[order[i]] * (2 * (double)i + 1 - (double)n); }
    if (rc == SV_OK) { *out = sum / pairs; }
    free(order);
    return rc;
}

/* Likelihood-based measures of n rows; lr: likelihood ratio of the model, null: -2 log L(0). */
static void from_likelihood(double *v, double lr, double null, double n)
{
    v[SV_VALID_D] = (lr - 1) / null;
    v[SV_VALID_R2] = -expm1(-lr / n) / -expm1(-null / n);
}

static int discriminate(double *v, const double *lp, const sv_surv *s, sv_error *err)
{
    sv_concordance c;
    int rc = sv_concordance_harrell(&c, lp, s, err);
    if (rc == SV_OK) { v[SV_VALID_DXY] = 2 * c.c - 1; }
    return rc;
}

/* A model on the rows it was fitted to: lp is its own. */
static int judge_own(double *v, const sv_cox *fit, const double *lp, const sv_surv *s, sv_error *err)
{
    double null = -2 * fit->loglik0;
    from_likelihood(v, fit->lrt, null, (double)s->n);
    v[SV_VALID_SLOPE] = 1;
    v[SV_VALID_U] = -2 / null;
    v[SV_VALID_Q] = v[SV_VALID_D] - v[SV_VALID_U];
    int rc = gini(&v[SV_VALID_G], lp, s->n, err);
    return rc == SV_OK ? discriminate(v, lp, s, err) : rc;
}

/* A model on other rows: one column is fitted anew to its predictor. *good: that has an end. */
static int judge_other(double *v, bool *good, const double *lp, const sv_surv *s, sv_ties ties, sv_error *err)
{
    const sv_matrix x = sv_matrix_rowmajor(lp, s->n, 1);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = ties;
    sv_cox fit;
    double frozen = 0;
    int rc = sv_cox_fit(&fit, &x, s, &o, err);
    if (rc != SV_OK) { return rc; }
    *good = fit.flag[0] == 0 && fit.converged;
    rc = sv_partial_loglik(&frozen, lp, s, ties, err);
    if (rc == SV_OK) { rc = gini(&v[SV_VALID_G], lp, s->n, err); }
    if (rc == SV_OK) { rc = discriminate(v, lp, s, err); }
    double null = -2 * fit.loglik0;
    from_likelihood(v, fit.lrt, null, (double)s->n);
    v[SV_VALID_SLOPE] = fit.coef[0];
    v[SV_VALID_U] = -2 * (frozen - fit.loglik) / null;
    v[SV_VALID_Q] = v[SV_VALID_D] - v[SV_VALID_U];
    v[SV_VALID_G] *= fabs(fit.coef[0]);
    sv_cox_free(&fit);
    return rc;
}

/* Survival at the horizon for w->lp; false if the model's data end before. */
static bool predict(work *w, double hazard)
{
    if (isnan(hazard)) { return false; }
    for (size_t i = 0; i < w->s->n; i++) { w->surv[i] = sv_survival_probability(hazard, w->lp[i]); }
    return true;
}

static int hazard_at(double *out, const double *lp, const sv_surv *s, const sv_validation_opts *opts, sv_error *err)
{
    sv_baseline b;
    int rc = sv_baseline_fit(&b, lp, s, opts->ties, err);
    if (rc != SV_OK) { return rc; }
    *out = sv_baseline_at(&b, 0, opts->horizon);
    sv_baseline_free(&b);
    return SV_OK;
}

/* Cuts at the quantiles of the predictions, 0 and 1, as calibrate of rms; the model's own curve. */
static int first_curve(work *w, sv_validation *out, sv_error *err)
{
    double hazard = 0;
    size_t n = w->s->n;
    int rc = hazard_at(&hazard, w->lp, w->s, w->opts, err);
    if (rc != SV_OK) { return rc; }
    if (!predict(w, hazard)) {
        return sv_fail(err, SV_EINVAL, "nobody was watched until the horizon %g", w->opts->horizon);
    }
    w->surv[n] = 0;
    w->surv[n + 1] = 1;
    for (size_t k = 0; rc == SV_OK && k <= w->bins; k++) {
        double share = (double)k / (double)w->bins;
        rc = sv_quantile(&w->cuts[k], w->surv, n + 2, &share, 1, err);
    }
    size_t kept = 0;                    /* equal cuts are one */
    for (size_t k = 1; rc == SV_OK && k <= w->bins; k++) {
        if (w->cuts[k] > w->cuts[kept]) { w->cuts[++kept] = w->cuts[k]; }
    }
    if (rc == SV_OK) {
        w->bins = kept;
        rc = sv_calibration_between(w->group, w->surv, w->s, w->opts->horizon, w->cuts, w->bins + 1, err);
    }
    if (rc != SV_OK) { return rc; }
    out->bin = SV_NEW(sv_calibration_bin, w->bins);
    if (out->bin == NULL) { return sv_no_memory(err, "the validation"); }
    out->n_bins = w->bins;
    for (size_t k = 0; k < w->bins; k++) { out->bin[k].group = w->group[k]; }
    return SV_OK;
}

/* The replicate's model against its own rows and against the data as given. On entry w->lp are its predictors
 * on its own rows; on return on the data as given. */
static int replicate_curve(work *w, sv_validation *out, const sv_cox *fit, const sv_surv *own, sv_error *err)
{
    double hazard = 0, u = w->opts->horizon;
    int rc = hazard_at(&hazard, w->lp, own, w->opts, err);
    bool known = rc == SV_OK && predict(w, hazard);
    if (known) { rc = sv_calibration_between(w->own, w->surv, own, u, w->cuts, w->bins + 1, err); }
    if (rc == SV_OK) { rc = sv_cox_predict(w->lp, fit, w->x, err); }
    if (rc != SV_OK || !known) { return rc; }
    (void)predict(w, hazard);
    rc = sv_calibration_between(w->group, w->surv, w->s, u, w->cuts, w->bins + 1, err);
    for (size_t k = 0; rc == SV_OK && k < w->bins; k++) {
        double gap = (w->own[k].observed - w->own[k].predicted) - (w->group[k].observed - w->group[k].predicted);
        if (isnan(gap)) { continue; }
        w->gap[k] += gap;
        out->bin[k].n++;
    }
    return rc;
}

static void draw(work *w, size_t b)
{
    size_t n = w->s->n, p = w->x->cols;
    sv_rng rng = sv_rng_stream(w->opts->seed, b);
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)sv_rng_below(&rng, n);
        for (size_t j = 0; j < p; j++) { w->bx[i * p + j] = sv_at(w->x, row, j); }
        w->btime[i] = w->s->time[row];
        w->bevent[i] = w->s->event[row];
    }
}

static bool usable(const sv_cox *fit)
{
    unsigned flags = 0;
    for (size_t j = 0; j < fit->p; j++) { flags |= fit->flag[j]; }
    return flags == 0 && fit->converged;
}

/* One replicate; one that cannot be fitted is left out, which is no failure of the whole. */
static int replicate(work *w, sv_validation *out, size_t b, sv_error *err)
{
    size_t n = w->s->n, p = w->x->cols;
    draw(w, b);
    const sv_surv own = { .n = n, .time = w->btime, .event = w->bevent };
    const sv_matrix x = sv_matrix_rowmajor(w->bx, n, p);
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = w->opts->ties;
    double train[SV_VALID_COUNT], test[SV_VALID_COUNT];
    sv_cox fit;
    sv_error why = { 0 };
    int rc = sv_cox_fit(&fit, &x, &own, &o, &why);
    if (rc == SV_ENOEVENT || rc == SV_ENUMERIC) { return SV_OK; }
    if (rc != SV_OK) { return sv_fail(err, why.code, "%s", why.msg); }
    bool good = usable(&fit);
    if (good) { rc = sv_cox_predict(w->lp, &fit, &x, err); }
    if (good && rc == SV_OK) { rc = judge_own(train, &fit, w->lp, &own, err); }
    if (good && rc == SV_OK && w->bins > 0) {
        rc = replicate_curve(w, out, &fit, &own, err);
    } else if (good && rc == SV_OK) {
        rc = sv_cox_predict(w->lp, &fit, w->x, err);
    }
    if (good && rc == SV_OK) { rc = judge_other(test, &good, w->lp, w->s, w->opts->ties, err); }
    for (size_t k = 0; good && rc == SV_OK && k < SV_VALID_COUNT; k++) {
        out->measure[k].training += train[k];
        out->measure[k].test += test[k];
    }
    out->n += good && rc == SV_OK;
    sv_cox_free(&fit);
    return rc;
}

static int apparent(work *w, sv_validation *out, sv_error *err)
{
    double v[SV_VALID_COUNT] = { 0 };
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = w->opts->ties;
    sv_cox fit;
    int rc = sv_cox_fit(&fit, w->x, w->s, &o, err);
    if (rc != SV_OK) { return rc; }
    if (!usable(&fit)) {
        rc = sv_fail(err, SV_ENUMERIC, "the model cannot be validated: a column is constant, a combination of others, "
                     "or separates the events");
    }
    if (rc == SV_OK) { rc = sv_cox_predict(w->lp, &fit, w->x, err); }
    if (rc == SV_OK) { rc = judge_own(v, &fit, w->lp, w->s, err); }
    if (rc == SV_OK && w->bins > 0) { rc = first_curve(w, out, err); }
    for (size_t k = 0; k < SV_VALID_COUNT; k++) { out->measure[k].apparent = v[k]; }
    sv_cox_free(&fit);
    return rc;
}

static void finish(const work *w, sv_validation *out)
{
    double n = (double)out->n;
    for (size_t k = 0; k < SV_VALID_COUNT; k++) {
        sv_validated *m = &out->measure[k];
        m->training /= n;
        m->test /= n;
        m->optimism = m->training - m->test;
        m->corrected = m->apparent - m->optimism;
    }
    for (size_t k = 0; k < out->n_bins; k++) {
        sv_calibration_bin *b = &out->bin[k];
        b->optimism = b->n > 0 ? w->gap[k] / (double)b->n : SV_NAN;
        b->corrected = b->group.observed - b->optimism;
    }
}

static int check(const sv_matrix *x, const sv_surv *s, const sv_validation_opts *opts, sv_error *err)
{
    int rc = sv_calibration_check(NULL, s, 1, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, NULL, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols == 0) { return sv_fail(err, SV_EINVAL, "no covariates, expected at least one"); }
    if (opts->replicates < 1 || opts->replicates > SV_MAX_REPLICATES) {
        return sv_fail(err, SV_EINVAL, "replicates is %zu, expected 1..%zu", opts->replicates, SV_MAX_REPLICATES);
    }
    if (!(isfinite(opts->horizon) && opts->horizon >= 0) || opts->group_size < 2) {
        return sv_fail(err, SV_EINVAL, "horizon is %g and group_size %zu, expected at least 0 and 2", opts->horizon,
                       opts->group_size);
    }
    return SV_OK;
}

int sv_cox_validate(sv_validation *out, const sv_matrix *x, const sv_surv *s, const sv_validation_opts *opts,
                    sv_error *err)
{
    int rc = check(x, s, opts, err);
    if (rc != SV_OK) { return rc; }
    work w;
    sv_validation v = { .asked = opts->replicates };
    rc = work_init(&w, x, s, opts, err);
    if (rc == SV_OK) { rc = apparent(&w, &v, err); }
    for (size_t b = 0; rc == SV_OK && b < opts->replicates; b++) {
        rc = replicate(&w, &v, b, err);
        if (rc == SV_OK && opts->progress != NULL) { opts->progress(opts->context, b + 1, opts->replicates); }
    }
    if (rc == SV_OK && v.n == 0) {
        rc = sv_fail(err, SV_ENUMERIC, "none of %zu bootstrap samples could be fitted", opts->replicates);
    }
    if (rc == SV_OK) { finish(&w, &v); }
    work_free(&w);
    if (rc != SV_OK) {
        sv_validation_free(&v);
        return rc;
    }
    *out = v;
    return SV_OK;
}

void sv_validation_free(sv_validation *v)
{
    if (v == NULL) { return; }
    free(v->bin);
    *v = (sv_validation){ 0 };
}
