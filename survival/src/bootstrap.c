/* bootstrap.c - Cox models of resampled rows. */
#include <survival/bootstrap.h>

#include <math.h>
#include <string.h>

#include <survival/dist.h>
#include <survival/quantile.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"

/* One replicate's rows, used again for the next. */
typedef struct sample {
    size_t n, p;
    double *x, *time, *start, *weight, *lp;      /* start, weight: NULL where s has none */
    int *event;
} sample;

static void sample_free(sample *b)
{
    free(b->x);
    free(b->time);
    free(b->start);
    free(b->weight);
    free(b->lp);
    free(b->event);
}

static int sample_init(sample *b, const sv_matrix *x, const sv_surv *s, sv_error *err)
{
    *b = (sample){ .n = s->n, .p = x->cols };
    b->x = s->n <= SIZE_MAX / x->cols ? SV_NEW(double, s->n * x->cols) : NULL;
    b->time = SV_NEW(double, s->n);
    b->event = SV_NEW(int, s->n);
    b->lp = SV_NEW(double, s->n);
    b->start = s->start != NULL ? SV_NEW(double, s->n) : NULL;
    b->weight = s->weight != NULL ? SV_NEW(double, s->n) : NULL;
    bool room = b->x != NULL && b->time != NULL && b->event != NULL && b->lp != NULL &&
                (s->start == NULL || b->start != NULL) && (s->weight == NULL || b->weight != NULL);
    return room ? SV_OK : sv_no_memory(err, "the bootstrap");
}

static void draw(sample *b, const sv_matrix *x, const sv_surv *s, sv_rng *rng)
{
    for (size_t i = 0; i < b->n; i++) {
        size_t row = (size_t)sv_rng_below(rng, b->n);
        for (size_t j = 0; j < b->p; j++) { b->x[i * b->p + j] = sv_at(x, row, j); }
        b->time[i] = s->time[row];
        b->event[i] = s->event[row];
        if (b->start != NULL) { b->start[i] = s->start[row]; }
        if (b->weight != NULL) { b->weight[i] = s->weight[row]; }
    }
}

/* True if the fit is one; else it is counted by its reason. */
static bool accept(sv_bootstrap *out, const sv_cox *fit)
{
    unsigned flags = 0;
    for (size_t j = 0; j < fit->p; j++) { flags |= fit->flag[j]; }
    if (flags & SV_COX_DROPPED) {
        out->dropped++;
    } else if (flags & SV_COX_INFINITE) {
        out->infinite++;
    } else if (!fit->converged) {
        out->not_converged++;
    } else {
        return true;
    }
    return false;
}

static int take_hazard(sv_bootstrap *out, const sample *b, const sv_surv *s, const sv_cox *fit,
                       const sv_bootstrap_opts *opts, sv_error *err)
{
    const sv_matrix x = sv_matrix_rowmajor(b->x, b->n, b->p);
    sv_baseline base;
    int rc = sv_cox_predict(b->lp, fit, &x, err);
    if (rc == SV_OK) { rc = sv_baseline_fit(&base, b->lp, s, SV_TIES_EFRON, err); }
    if (rc != SV_OK) { return rc; }
    double last = base.time[base.n - 1];
    for (size_t h = 0; h < opts->n_horizons; h++) {
        out->hazard[out->n * opts->n_horizons + h] =
            sv_baseline_at(&base, 0, fmin(opts->horizon[h], last));
    }
    sv_baseline_free(&base);
    return SV_OK;
}

/* What is wrong with one replicate is no failure of the whole, except for memory. */
static int fit_replicate(sv_bootstrap *out, const sample *b, const sv_bootstrap_opts *opts,
                         sv_error *err)
{
    const sv_surv s = { .n = b->n, .time = b->time, .event = b->event, .start = b->start,
                        .weight = b->weight };
    const sv_matrix x = sv_matrix_rowmajor(b->x, b->n, b->p);
    sv_cox fit;
    sv_error why = { 0 };
    int rc = sv_cox_fit(&fit, &x, &s, NULL, &why);
    if (rc == SV_OK) {
        bool good = accept(out, &fit);
        if (good) { rc = take_hazard(out, b, &s, &fit, opts, &why); }
        if (good && rc == SV_OK) {
            memcpy(out->coef + out->n * b->p, fit.coef, b->p * sizeof *fit.coef);
            out->n++;
        }
        sv_cox_free(&fit);
    }
    if (rc == SV_ENOEVENT) {
        out->no_event++;
    } else if (rc == SV_ENUMERIC) {
        out->overflow++;
    } else if (rc != SV_OK) {
        return sv_fail(err, why.code, "%s", why.msg);
    }
    return SV_OK;
}

static int check(const sv_matrix *x, const sv_surv *s, const sv_bootstrap_opts *opts, sv_error *err)
{
    int rc = sv_surv_check(s, 2, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, s->n, NULL, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols == 0) { return sv_fail(err, SV_EINVAL, "no covariates, expected at least one"); }
    if (s->stratum != NULL) { return sv_fail(err, SV_EINVAL, "strata cannot be resampled here"); }
    if (opts->replicates < 1 || opts->replicates > SV_MAX_REPLICATES) {
        return sv_fail(err, SV_EINVAL, "replicates is %zu, expected 1..%zu", opts->replicates,
                       SV_MAX_REPLICATES);
    }
    for (size_t h = 0; h < opts->n_horizons; h++) {
        if (!(opts->horizon[h] >= 0)) {
            return sv_fail(err, SV_EINVAL, "horizon %zu is %g, expected a time of at least 0", h,
                           opts->horizon[h]);
        }
    }
    return SV_OK;
}

int sv_cox_bootstrap(sv_bootstrap *out, const sv_matrix *x, const sv_surv *s,
                     const sv_bootstrap_opts *opts, sv_error *err)
{
    int rc = check(x, s, opts, err);
    if (rc != SV_OK) { return rc; }
    size_t asked = opts->replicates, p = x->cols, h = opts->n_horizons;
    sv_bootstrap b = { .asked = asked, .p = p, .n_horizons = h };
    sample rows;
    rc = sample_init(&rows, x, s, err);
    b.coef = p <= SIZE_MAX / asked ? SV_NEW(double, asked * p) : NULL;
    b.hazard = h <= SIZE_MAX / asked ? SV_NEW(double, asked * h) : NULL;
    if (rc == SV_OK && (b.coef == NULL || b.hazard == NULL)) { rc = sv_no_memory(err, "the bootstrap"); }
    for (size_t i = 0; i < asked && rc == SV_OK; i++) {
        sv_rng rng = sv_rng_stream(opts->seed, i);
        draw(&rows, x, s, &rng);
        rc = fit_replicate(&b, &rows, opts, err);
        if (rc == SV_OK && opts->progress != NULL) { opts->progress(opts->context, i + 1, asked); }
    }
    sample_free(&rows);
    b.failed = asked - b.n;
    if (rc == SV_OK && b.n == 0) {
        rc = sv_fail(err, SV_ENUMERIC, "none of %zu bootstrap samples could be fitted", asked);
    }
    if (rc != SV_OK) {
        sv_bootstrap_free(&b);
        return rc;
    }
    *out = b;
    return SV_OK;
}

void sv_bootstrap_free(sv_bootstrap *b)
{
    if (b == NULL) { return; }
    free(b->coef);
    free(b->hazard);
    *b = (sv_bootstrap){ 0 };
}

/* Share below the estimate, equal ones half, kept off 0 and 1 where all lie on one side. */
static double share_below(const double *v, size_t n, double estimate)
{
    double below = 0;
    for (size_t i = 0; i < n; i++) {
        below += v[i] < estimate ? 1.0 : v[i] > estimate ? 0.0 : 0.5;
    }
    return (below + 0.5) / ((double)n + 1);
}

int sv_bootstrap_interval(double out[2], const double *v, size_t n, double estimate, double level,
                          sv_error *err)
{
    out[0] = out[1] = SV_NAN;
    if (!(level >= 0 && level <= 1)) {
        return sv_fail(err, SV_EINVAL, "level is %g, expected 0..1", level);
    }
    if (!isfinite(estimate)) {
        return sv_fail(err, SV_EDATA, "the estimate is %g, expected a finite number", estimate);
    }
    if (n == 0) { return sv_fail(err, SV_ETOOSMALL, "no replicates to take an interval of"); }
    double z0 = sv_normal_quantile(share_below(v, n, estimate));
    double z = sv_normal_quantile(0.5 + level / 2);
    const double prob[2] = { sv_normal_cdf(2 * z0 - z), sv_normal_cdf(2 * z0 + z) };
    int rc = sv_quantile(out, v, n, prob, 2, err);
    if (rc == SV_OK) {
        out[0] = fmin(out[0], estimate);
        out[1] = fmax(out[1], estimate);
    }
    return rc;
}
