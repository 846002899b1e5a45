/* gray.c - Gray's test: weighted differences of the subdistribution hazards, summed over strata. */
#include <math.h>
#include <string.h>

#include <survival/dist.h>

#include "competing_work.h"
#include "linalg.h"
#include "mem.h"
#include "sort.h"

#define SINGULAR 1e-11

/* Where one stratum stands at a time. Notation of Gray (1988): h_r = n_r / S_r(t-), their sum h. */
typedef struct gray {
    size_t k;
    double rho;
    double *left, *cause, *other;        /* [k] at risk; events now                                     */
    double *surv, *surv_next;            /* [k] Kaplan-Meier of any event, just before and from now on   */
    double *inc, *inc_next;              /* [k] cumulative incidence likewise                            */
    double pooled;                       /* incidence of all groups just before, as if they had one      */
    double *a, *c;                       /* [k*k] weight now, and its integral so far                    */
    double *v2, *v3;                     /* [k*k], [k] see add_variance                                  */
    double *score, *var;                 /* [k], [k*k] of this stratum                                   */
    double *block;
} gray;

static int gray_init(gray *g, size_t k, double rho, sv_error *err)
{
    *g = (gray){ .k = k, .rho = rho, .block = SV_NEW(double, 9 * k + 4 * k * k) };
    if (g->block == NULL) { return sv_no_memory(err, "Gray's test"); }
    double **vectors[] = { &g->left, &g->cause, &g->other, &g->surv, &g->surv_next, &g->inc, &g->inc_next, &g->v3,
                           &g->score };
    double **squares[] = { &g->a, &g->c, &g->v2, &g->var }, *next = g->block;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++, next += k) { *vectors[i] = next; }
    for (size_t i = 0; i < sizeof squares / sizeof *squares; i++, next += k * k) { *squares[i] = next; }
    return SV_OK;
}

static void start_stratum(gray *g)
{
    memset(g->block, 0, (9 * g->k + 4 * g->k * g->k) * sizeof *g->block);
    g->pooled = 0;
    for (size_t i = 0; i < g->k; i++) { g->surv[i] = 1; }
}

static void weigh(gray *g, double h, double d)
{
    size_t k = g->k;
    double w = pow(1 - g->pooled, g->rho);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            if (g->left[i] <= 0 || g->left[j] <= 0) {
                g->a[i * k + j] = 0;
                continue;
            }
            double hi = g->left[i] / g->surv[i], hj = g->left[j] / g->surv[j];
            g->a[i * k + j] = w * hi * ((i == j) - hj / h);
            g->c[i * k + j] += g->a[i * k + j] * d / (h * (1 - g->pooled));
        }
    }
}

/* An event in group r with variance w of its increment moves score i by (now + later c(i, r) at the end), where
 * only c is not yet known: the square's three parts are gathered apart (var, v2, v3). */
static void add_variance(gray *g, size_t r, double w, double share, bool of_cause)
{
    size_t k = g->k;
    g->v3[r] += share * share * w;
    for (size_t i = 0; i < k; i++) {
        double ti = (of_cause ? g->a[i * k + r] : 0) - share * g->c[i * k + r];
        g->v2[i * k + r] += ti * share * w;
        for (size_t j = 0; j < k; j++) {
            double tj = (of_cause ? g->a[j * k + r] : 0) - share * g->c[j * k + r];
            g->var[i * k + j] += ti * tj * w;
        }
    }
}

/* Binomial tie correction of d events among n. */
static double ties(double d, double n)
{
    return d > 1 ? 1 - (d - 1) / (n - 1) : 1;
}

static void at_time(gray *g)
{
    double d = 0, h = 0, risk = 0;
    for (size_t r = 0; r < g->k; r++) {
        g->surv_next[r] = g->surv[r];
        g->inc_next[r] = g->inc[r];
        d += g->cause[r];
        if (g->left[r] <= 0) { continue; }
        g->surv_next[r] = g->surv[r] * (g->left[r] - g->cause[r] - g->other[r]) / g->left[r];
        g->inc_next[r] += g->surv[r] * g->cause[r] / g->left[r];
        h += g->left[r] / g->surv[r];
        risk += g->left[r] * (1 - g->inc[r]) / g->surv[r];
    }
    double pooled = g->pooled + d / h, w = pow(1 - g->pooled, g->rho);
    weigh(g, h, d);
    for (size_t r = 0; r < g->k; r++) {
        if (g->left[r] <= 0) { continue; }
        g->score[r] += w * (g->cause[r] - d * g->left[r] * (1 - g->inc[r]) / (g->surv[r] * risk));
        double after = g->surv_next[r], share = after > 0 ? 1 - (1 - pooled) / after : 1;
        if (d > 0) {
            add_variance(g, r, ties(d, h * g->surv[r]) * g->surv[r] * d / (h * g->left[r]), share, true);
        }
        if (g->other[r] > 0 && after > 0) {
            double spread = ties(g->other[r], g->left[r]) * g->surv[r] * g->surv[r] * g->other[r];
            add_variance(g, r, spread / (g->left[r] * g->left[r]), (1 - pooled) / after, false);
        }
    }
    g->pooled = pooled;
    memcpy(g->surv, g->surv_next, g->k * sizeof *g->surv);
    memcpy(g->inc, g->inc_next, g->k * sizeof *g->inc);
}

static void finish_stratum(const gray *g, sv_gray *out)
{
    size_t k = g->k, q = k - 1;
    for (size_t i = 0; i < q; i++) {
        out->score[i] += g->score[i];
        for (size_t j = 0; j < q; j++) {
            double v = g->var[i * k + j];
            for (size_t r = 0; r < k; r++) {
                double ci = g->c[i * k + r], cj = g->c[j * k + r];
                v += ci * cj * g->v3[r] + ci * g->v2[j * k + r] + cj * g->v2[i * k + r];
            }
            out->var[i * q + j] += v;
        }
    }
}

/* The rows order[0..n) of one stratum, by time. */
static void run_stratum(gray *g, sv_gray *out, const sv_competing *c, const sv_times *t, const uint32_t *group,
                        const uint32_t *order, size_t n, int cause)
{
    start_stratum(g);
    for (size_t i = 0; i < n; i++) { g->left[group[order[i]]]++; }
    for (size_t lo = 0, hi; lo < n; lo = hi) {
        double events = 0;
        memset(g->cause, 0, g->k * sizeof *g->cause);
        memset(g->other, 0, g->k * sizeof *g->other);
        for (hi = lo; hi < n && t->stop[order[hi]] == t->stop[order[lo]]; hi++) {
            int how = c->cause[order[hi]];
            g->cause[group[order[hi]]] += how == cause;
            g->other[group[order[hi]]] += how != cause && how != 0;
            events += how != 0;
        }
        if (events > 0) { at_time(g); }
        for (size_t i = lo; i < hi; i++) { g->left[group[order[i]]]--; }
    }
    finish_stratum(g, out);
}

static int chi_square(sv_gray *out, sv_error *err)
{
    size_t q = out->k - 1;
    double *ldl = SV_NEW(double, q * q), *solved = SV_NEW(double, q);
    int rc = ldl == NULL || solved == NULL ? sv_no_memory(err, "Gray's test") : SV_OK;
    if (rc == SV_OK) {
        memcpy(ldl, out->var, q * q * sizeof *ldl);
        memcpy(solved, out->score, q * sizeof *solved);
        out->df = (int)sv_ldl(ldl, q, SINGULAR, NULL);
        sv_ldl_solve(ldl, q, solved);
        for (size_t i = 0; i < q; i++) { out->chisq += out->score[i] * solved[i]; }
        if (out->df == 0) {
            rc = sv_fail(err, SV_ETOOSMALL, "the groups share no time at which the cause could be compared");
        } else {
            out->p = sv_chisq_upper(out->chisq, out->df);
        }
    }
    free(ldl);
    free(solved);
    return rc;
}

static int run(sv_gray *out, const sv_competing *c, const uint32_t *group, const int *stratum, int cause, double rho,
               sv_error *err)
{
    gray g = { 0 };
    sv_times t = { 0 };
    size_t strata = 1;
    uint32_t *code = SV_NEW(uint32_t, c->n);
    int rc = code == NULL ? sv_no_memory(err, "Gray's test") : gray_init(&g, out->k, rho, err);
    if (rc == SV_OK) { rc = sv_competing_rank(&t, c, err); }
    if (rc == SV_OK && stratum != NULL) { rc = sv_dense_code(code, &strata, stratum, c->n, err); }
    if (rc == SV_OK) { rc = sv_sort_by_code(t.order, code, strata, c->n, err); }
    for (size_t lo = 0, hi; rc == SV_OK && lo < c->n; lo = hi) {
        for (hi = lo; hi < c->n && code[t.order[hi]] == code[t.order[lo]];) { hi++; }
        run_stratum(&g, out, c, &t, group, t.order + lo, hi - lo, cause);
    }
    if (rc == SV_OK) { rc = chi_square(out, err); }
    free(code);
    free(g.block);
    sv_times_free(&t);
    return rc;
}

static int check(const sv_competing *c, int cause, double rho, sv_error *err)
{
    int rc = sv_competing_check(c, 2, err);
    if (rc == SV_OK) { rc = sv_competing_check_cause(cause, err); }
    if (rc != SV_OK) { return rc; }
    if (!isfinite(rho)) { return sv_fail(err, SV_EINVAL, "rho is %g, expected a finite number", rho); }
    for (size_t i = 0; i < c->n; i++) {
        if (c->cause[i] == cause) { return SV_OK; }
    }
    return sv_fail(err, SV_ENOEVENT, "none of the %zu rows has an event of cause %d", c->n, cause);
}

int sv_gray_test(sv_gray *out, const sv_competing *c, const int *group, const int *stratum, int cause, double rho,
                 sv_error *err)
{
    int rc = check(c, cause, rho, err);
    if (rc != SV_OK) { return rc; }
    sv_gray t = { 0 };
    uint32_t *code = SV_NEW(uint32_t, c->n);
    rc = code == NULL ? sv_no_memory(err, "Gray's test") : sv_dense_code(code, &t.k, group, c->n, err);
    if (rc == SV_OK && t.k < 2) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu group, at least 2 are needed", t.k);
    } else if (rc == SV_OK && t.k > SV_GRAY_MAX_GROUPS) {
        rc = sv_fail(err, SV_ELIMIT, "%zu groups, at most %zu are accepted", t.k, SV_GRAY_MAX_GROUPS);
    }
    if (rc == SV_OK) {
        t.score = SV_NEW(double, t.k - 1);
        t.var = SV_NEW(double, (t.k - 1) * (t.k - 1));
        rc = t.score == NULL || t.var == NULL ? sv_no_memory(err, "Gray's test")
                                              : run(&t, c, code, stratum, cause, rho, err);
    }
    free(code);
    if (rc != SV_OK) {
        sv_gray_free(&t);
        return rc;
    }
    *out = t;
    return SV_OK;
}

void sv_gray_free(sv_gray *t)
{
    if (t == NULL) { return; }
    free(t->score);
    free(t->var);
    *t = (sv_gray){ 0 };
}
