/* cox_residuals.c - martingale, deviance and score residuals; what a row does to the coefficients. */
#include <math.h>

#include <survival/cox_check.h>

#include "cox_walk.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

void sv_cox_residuals_free(sv_cox_residuals *r)
{
    if (r == NULL) { return; }
    free(r->martingale);
    free(r->deviance);
    free(r->score);
    free(r->dfbeta);
    *r = (sv_cox_residuals){ 0 };
}

/* Sums over the terms of each death time: of the hazard's step and of step x mean; for the dead of the
 * time, to whom Efron gives less, the difference; and the mean of the means. */
typedef struct steps {
    const cox_walk *w;
    double *step, *less;       /* [groups]    */
    double *mean, *less_mean;  /* [groups][p] */
    double *centre;            /* [groups][p] */
} steps;

static void add_term(void *user, const cox_term *t)
{
    steps *s = user;
    size_t p = s->w->p;
    double step = t->share / t->total;
    s->step[t->group] += step;
    s->less[t->group] += step * t->without;
    for (size_t a = 0; a < p; a++) {
        s->mean[t->group * p + a] += step * t->mean[a];
        s->less_mean[t->group * p + a] += step * t->without * t->mean[a];
        s->centre[t->group * p + a] += t->mean[a] / (double)t->terms;
    }
}

static void steps_free(steps *s)
{
    free(s->step);
    free(s->less);
    free(s->mean);
    free(s->less_mean);
    free(s->centre);
}

static int steps_make(steps *s, const cox_walk *w, sv_error *err)
{
    size_t k = w->risk.n_groups, p = w->p;
    *s = (steps){ .w = w, .step = SV_NEW(double, k), .less = SV_NEW(double, k), .mean = SV_NEW(double, k * p),
                  .less_mean = SV_NEW(double, k * p), .centre = SV_NEW(double, k * p) };
    bool there = s->step != NULL && s->less != NULL && s->mean != NULL && s->less_mean != NULL &&
                 s->centre != NULL;
    int rc = there ? cox_walk_run(w, false, add_term, s, err) : sv_no_memory(err, "the hazard's steps");
    if (rc != SV_OK) {
        steps_free(s);
        return rc;
    }
    for (size_t g = 0; g < k; g++) {               /* cumulated within each stratum */
        if (g == w->risk.group_base[g]) { continue; }
        s->step[g] += s->step[g - 1];
        for (size_t a = 0; a < p; a++) { s->mean[g * p + a] += s->mean[(g - 1) * p + a]; }
    }
    return SV_OK;
}

/* Cumulative value over the groups that position i was at risk in. */
static double lived(const double *cumulated, const sv_risk *r, size_t i, size_t p, size_t a)
{
    size_t first = r->first[i], last = r->last[i];
    double v = cumulated[(last - 1) * p + a];
    return first > r->group_base[last - 1] ? v - cumulated[(first - 1) * p + a] : v;
}

static void one_row(sv_cox_residuals *out, const steps *s, size_t i)
{
    const cox_walk *w = s->w;
    const sv_risk *r = &w->risk;
    size_t p = w->p, row = r->row[i];
    if (r->first[i] >= r->last[i]) { return; }     /* never at risk: all 0 */
    size_t g = r->last[i] - 1, lo = r->group_row[g];
    bool dead = i >= lo && i < lo + r->group_dead[g];
    double e = w->hazard[i], h = lived(s->step, r, i, 1, 0) - (dead ? s->less[g] : 0);
    out->martingale[row] = dead - e * h;
    for (size_t a = 0; a < p; a++) {
        double x = w->x[i * p + a];
        double m = lived(s->mean, r, i, p, a) - (dead ? s->less_mean[g * p + a] : 0);
        double u = (dead ? x - s->centre[g * p + a] : 0) - e * (x * h - m);
        out->score[row * out->p + w->column[a]] = u;
    }
}

static double deviance(double m, int event)
{
    double inside = m + (event ? log(1 - m) : 0);
    double d = sqrt(fmax(-2 * inside, 0));
    return m < 0 ? -d : d;
}

static void finish(sv_cox_residuals *out, const cox_walk *w, const sv_surv *s)
{
    for (size_t i = 0; i < out->n; i++) {
        out->deviance[i] = deviance(out->martingale[i], s->event[i]);
        const double *u = out->score + i * out->p;
        double *d = out->dfbeta + i * out->p;
        for (size_t a = 0; a < w->p; a++) {
            double sum = 0;
            for (size_t b = 0; b < w->p; b++) { sum += u[w->column[b]] * w->vcov[b * w->p + a]; }
            d[w->column[a]] = sum;
        }
    }
}

static void blank_dropped(sv_cox_residuals *out, const sv_cox *fit)
{
    for (size_t j = 0; j < fit->p; j++) {
        for (size_t i = 0; i < out->n && (fit->flag[j] & SV_COX_DROPPED); i++) {
            out->score[i * out->p + j] = out->dfbeta[i * out->p + j] = SV_NAN;
        }
    }
}

int sv_cox_residuals_of(sv_cox_residuals *out, const sv_cox *fit, const sv_matrix *x, const sv_surv *s,
                        sv_ties ties, sv_error *err)
{
    cox_walk w;
    steps k;
    int rc = cox_walk_make(&w, fit, x, s, ties, err);
    if (rc != SV_OK) { return rc; }
    sv_cox_residuals r = { .n = s->n, .p = fit->p, .martingale = SV_NEW(double, s->n),
                           .deviance = SV_NEW(double, s->n), .score = SV_NEW(double, s->n * fit->p),
                           .dfbeta = SV_NEW(double, s->n * fit->p) };
    bool there = r.martingale != NULL && r.deviance != NULL && r.score != NULL && r.dfbeta != NULL;
    rc = there ? steps_make(&k, &w, err) : sv_no_memory(err, "residuals");
    if (rc == SV_OK) {
        for (size_t i = 0; i < s->n; i++) { one_row(&r, &k, i); }
        finish(&r, &w, s);
        blank_dropped(&r, fit);
        steps_free(&k);
        *out = r;
    } else {
        sv_cox_residuals_free(&r);
    }
    cox_walk_free(&w);
    return rc;
}

/* sums[cluster][p] of weight x dfbeta. */
static int sum_clusters(double **sums, size_t *n_sums, const sv_cox_residuals *r, const sv_surv *s,
                        const int *cluster, sv_error *err)
{
    uint32_t *code = SV_NEW(uint32_t, s->n);
    int rc = code == NULL ? sv_no_memory(err, "clusters") : SV_OK;
    *n_sums = s->n;
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) { code[i] = (uint32_t)i; }
    if (rc == SV_OK && cluster != NULL) { rc = sv_dense_code(code, n_sums, cluster, s->n, err); }
    *sums = rc == SV_OK ? SV_NEW(double, *n_sums * r->p) : NULL;
    if (rc == SV_OK && *sums == NULL) { rc = sv_no_memory(err, "clusters"); }
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) {
        double weight = s->weight != NULL ? s->weight[i] : 1;
        for (size_t j = 0; j < r->p; j++) { (*sums)[code[i] * r->p + j] += weight * r->dfbeta[i * r->p + j]; }
    }
    free(code);
    return rc;
}

int sv_cox_robust(double *vcov, const sv_cox *fit, const sv_matrix *x, const sv_surv *s, const int *cluster,
                  sv_ties ties, sv_error *err)
{
    sv_cox_residuals r;
    double *sums = NULL;
    size_t n = 0, p = fit->p;
    int rc = sv_cox_residuals_of(&r, fit, x, s, ties, err);
    if (rc != SV_OK) { return rc; }
    rc = sum_clusters(&sums, &n, &r, s, cluster, err);
    for (size_t a = 0; rc == SV_OK && a < p; a++) {
        for (size_t b = 0; b < p; b++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++) { sum += sums[k * p + a] * sums[k * p + b]; }
            vcov[a * p + b] = sum;
        }
    }
    free(sums);
    sv_cox_residuals_free(&r);
    return rc;
}
