/* cox_zph.c - score test of x g(t): does a coefficient change with time?
 *
 * With V the covariance of the risk set at a death, U = sum g (x - mean), I11 = sum V, I12 = sum g V,
 * I22 = sum g^2 V, the test of all columns is U' (I22 - I12' I11^-1 I12)^-1 U, of one column its own
 * U^2 over its diagonal element of that matrix. */
#include <math.h>
#include <string.h>

#include <survival/cox_check.h>
#include <survival/dist.h>
#include <survival/km.h>

#include "cox_walk.h"
#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

void sv_cox_zph_free(sv_cox_zph *z)
{
    if (z == NULL) { return; }
    free(z->chisq);
    free(z->p_value);
    free(z->g);
    free(z->time);
    free(z->residual);
    *z = (sv_cox_zph){ 0 };
}

typedef struct zph_sums {
    const cox_walk *w;
    double *g;                 /* [groups] g at each death time                    */
    double *mean;              /* [groups][p] what the dead are compared with      */
    double *i11, *i12, *i22;   /* [p][p]                                           */
    double *u;                 /* [p]                                              */
} zph_sums;

static void zph_sums_free(zph_sums *z)
{
    free(z->g);
    free(z->mean);
    free(z->i11);
    free(z->i12);
    free(z->i22);
    free(z->u);
}

static bool zph_sums_make(zph_sums *z, const cox_walk *w)
{
    size_t k = w->risk.n_groups, p = w->p;
    *z = (zph_sums){ .w = w, .g = SV_NEW(double, k), .mean = SV_NEW(double, k * p), .i11 = SV_NEW(double, p * p),
                     .i12 = SV_NEW(double, p * p), .i22 = SV_NEW(double, p * p), .u = SV_NEW(double, p) };
    return z->g != NULL && z->mean != NULL && z->i11 != NULL && z->i12 != NULL && z->i22 != NULL &&
           z->u != NULL;
}

static void add_term(void *user, const cox_term *t)
{
    zph_sums *z = user;
    size_t p = z->w->p;
    double g = z->g[t->group];
    for (size_t a = 0; a < p; a++) { z->mean[t->group * p + a] += t->mean[a] / (double)t->terms; }
    for (size_t k = 0; k < p * p; k++) {
        double v = t->share * t->cov[k];
        z->i11[k] += v;
        z->i12[k] += g * v;
        z->i22[k] += g * g * v;
    }
}

/* ---- g(t) ------------------------------------------------------------------------------------ */

static double group_time(const cox_walk *w, size_t g) { return w->risk.time[w->risk.group_row[g]]; }

/* 1 - S(t-), of all rows whatever their stratum and weight. */
static int km_scale(double *g, const cox_walk *w, const sv_surv *s, sv_error *err)
{
    sv_km km;
    sv_surv plain = *s;
    const sv_km_opts o = SV_KM_OPTS_INIT;
    plain.weight = NULL;
    plain.stratum = NULL;
    int rc = sv_km_fit(&km, &plain, NULL, &o, err);
    if (rc != SV_OK) { return rc; }
    for (size_t k = 0; k < w->risk.n_groups; k++) {
        size_t at = 0;
        double before = 1;
        for (; at < km.n && km.time[at] < group_time(w, k); at++) { before = km.surv[at]; }
        g[k] = 1 - before;
    }
    sv_km_free(&km);
    return SV_OK;
}

/* Mean rank of a death time among the times of all rows, as cox.zph has it. */
static int rank_scale(double *g, const cox_walk *w, const sv_surv *s, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, s->n);
    double *time = SV_NEW(double, s->n);
    int rc = order == NULL || time == NULL ? sv_no_memory(err, "ranks") : SV_OK;
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) { time[i] = w->risk.time[i]; }
    if (rc == SV_OK) { rc = sv_sort_rows(order, time, s->n, err); }
    for (size_t k = 0; rc == SV_OK && k < w->risk.n_groups; k++) {
        double below = 0, equal = 0, t = group_time(w, k);
        size_t lo = 0, hi = s->n;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (time[order[mid]] < t) { lo = mid + 1; } else { hi = mid; }
        }
        below = (double)lo;
        for (; lo < s->n && time[order[lo]] <= t; lo++) { equal++; }
        g[k] = below + (equal + 1) / 2;
    }
    free(time);
    free(order);
    return rc;
}

/* Centred by the mean over the deaths: no test depends on it, and the sums lose fewer digits. */
static int scale_times(double *g, const cox_walk *w, const sv_surv *s, sv_zph_time scale, sv_error *err)
{
    int rc = SV_OK;
    size_t k = w->risk.n_groups;
    if (scale == SV_ZPH_KM) { rc = km_scale(g, w, s, err); }
    if (scale == SV_ZPH_RANK) { rc = rank_scale(g, w, s, err); }
    for (size_t i = 0; i < k && (scale == SV_ZPH_IDENTITY || scale == SV_ZPH_LOG); i++) {
        double t = group_time(w, i);
        if (scale == SV_ZPH_LOG && !(t > 0)) {
            return sv_fail(err, SV_EDATA, "a death at time %g has no logarithm", t);
        }
        g[i] = scale == SV_ZPH_LOG ? log(t) : t;
    }
    return rc;
}

static double centre(double *g, const cox_walk *w)
{
    double sum = 0, deaths = 0;
    for (size_t i = 0; i < w->risk.n_groups; i++) {
        sum += g[i] * w->risk.group_dead[i];
        deaths += w->risk.group_dead[i];
    }
    for (size_t i = 0; i < w->risk.n_groups; i++) { g[i] -= sum / deaths; }
    return sum / deaths;
}

/* ---- The test -------------------------------------------------------------------------------- */

static size_t count_deaths(const cox_walk *w)
{
    size_t n = 0;
    for (size_t g = 0; g < w->risk.n_groups; g++) { n += w->risk.group_dead[g]; }
    return n;
}

/* Each death's x less what it is compared with; U, and the scaled residuals. */
static void visit_deaths(sv_cox_zph *out, zph_sums *z, const sv_cox *fit, double g_mean)
{
    const cox_walk *w = z->w;
    size_t p = w->p, at = 0;
    for (size_t g = 0; g < w->risk.n_groups; g++) {
        size_t lo = w->risk.group_row[g];
        for (size_t i = lo; i < lo + w->risk.group_dead[g]; i++, at++) {
            out->g[at] = z->g[g] + g_mean;
            out->time[at] = w->risk.time[i];
            double *r = out->residual + at * out->p;
            for (size_t j = 0; j < out->p; j++) { r[j] = fit->coef[j]; }       /* NaN if dropped */
            for (size_t a = 0; a < p; a++) {
                double d = w->x[i * p + a] - z->mean[g * p + a];
                z->u[a] += w->risk.weight[i] * z->g[g] * d;
                for (size_t b = 0; b < p; b++) {
                    r[w->column[b]] += (double)out->n_deaths * d * w->vcov[a * p + b];
                }
            }
        }
    }
}

/* Columns in units in which I11 has 1 on its diagonal: the tests do not depend on the units, what counts as a
 * singular pivot does. */
static void unify(zph_sums *z, double *unit)
{
    size_t p = z->w->p;
    for (size_t a = 0; a < p; a++) {
        double v = z->i11[a * p + a];
        unit[a] = v > 0 ? 1 / sqrt(v) : 1;
    }
    for (size_t a = 0; a < p; a++) {
        z->u[a] *= unit[a];
        for (size_t b = 0; b < p; b++) {
            double by = unit[a] * unit[b];
            z->i11[a * p + b] *= by;
            z->i12[a * p + b] *= by;
            z->i22[a * p + b] *= by;
        }
    }
}

/* i22 := I22 - I12' I11^-1 I12. */
static int reduce(zph_sums *z, sv_error *err)
{
    size_t p = z->w->p;
    double *column = SV_NEW(double, p), *ldl = SV_NEW(double, p * p);
    if (column == NULL || ldl == NULL) {
        free(column);
        free(ldl);
        return sv_no_memory(err, "the test");
    }
    unify(z, column);
    memcpy(ldl, z->i11, p * p * sizeof *ldl);
    (void)sv_ldl(ldl, p, 1e-12, NULL);
    for (size_t b = 0; b < p; b++) {
        for (size_t a = 0; a < p; a++) { column[a] = z->i12[a * p + b]; }
        sv_ldl_solve(ldl, p, column);
        for (size_t a = 0; a < p; a++) {
            double sum = 0;
            for (size_t c = 0; c < p; c++) { sum += z->i12[c * p + a] * column[c]; }
            z->i22[a * p + b] -= sum;
        }
    }
    free(column);
    free(ldl);
    return SV_OK;
}

static void judge(sv_cox_zph *out, zph_sums *z)
{
    size_t p = z->w->p;
    for (size_t j = 0; j < out->p; j++) { out->chisq[j] = out->p_value[j] = SV_NAN; }
    for (size_t a = 0; a < p; a++) {
        double v = z->i22[a * p + a];
        size_t j = z->w->column[a];
        out->chisq[j] = v > 0 ? z->u[a] * z->u[a] / v : SV_NAN;
        out->p_value[j] = sv_chisq_upper(out->chisq[j], 1);
    }
    memcpy(z->i11, z->u, p * sizeof *z->u);        /* its place is free now */
    (void)sv_ldl(z->i22, p, 1e-12, NULL);
    sv_ldl_solve(z->i22, p, z->i11);
    out->df = p;
    out->global_chisq = 0;
    for (size_t a = 0; a < p; a++) { out->global_chisq += z->u[a] * z->i11[a]; }
    out->global_p = p > 0 ? sv_chisq_upper(out->global_chisq, (int)p) : SV_NAN;
}

static int run(sv_cox_zph *out, const cox_walk *w, const sv_cox *fit, const sv_surv *s, sv_zph_time scale,
               sv_error *err)
{
    zph_sums z;
    int rc = zph_sums_make(&z, w) ? scale_times(z.g, w, s, scale, err) : sv_no_memory(err, "the test");
    if (rc == SV_OK) {
        double g_mean = centre(z.g, w);
        rc = cox_walk_run(w, true, add_term, &z, err);
        if (rc == SV_OK) { visit_deaths(out, &z, fit, g_mean); }
    }
    if (rc == SV_OK) { rc = reduce(&z, err); }
    if (rc == SV_OK) { judge(out, &z); }
    zph_sums_free(&z);
    return rc;
}

int sv_cox_zph_test(sv_cox_zph *out, const sv_cox *fit, const sv_matrix *x, const sv_surv *s, sv_zph_time g,
                    sv_ties ties, sv_error *err)
{
    cox_walk w;
    if ((unsigned)g > SV_ZPH_LOG) { return sv_fail(err, SV_EINVAL, "there is no time scale %d", (int)g); }
    int rc = cox_walk_make(&w, fit, x, s, ties, err);
    if (rc != SV_OK) { return rc; }
    size_t deaths = count_deaths(&w);
    sv_cox_zph z = { .p = fit->p, .n_deaths = deaths, .chisq = SV_NEW(double, fit->p),
                     .p_value = SV_NEW(double, fit->p), .g = SV_NEW(double, deaths),
                     .time = SV_NEW(double, deaths), .residual = SV_NEW(double, deaths * fit->p) };
    bool there = z.chisq != NULL && z.p_value != NULL && z.g != NULL && z.time != NULL && z.residual != NULL;
    rc = there ? run(&z, &w, fit, s, g, err) : sv_no_memory(err, "the test");
    cox_walk_free(&w);
    if (rc != SV_OK) {
        sv_cox_zph_free(&z);
        return rc;
    }
    *out = z;
    return SV_OK;
}
