/* logrank.c - observed and expected deaths over the risk sets. */
#include <survival/logrank.h>

#include <math.h>

#include <survival/dist.h>

#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "risk.h"
#include "sort.h"

#define SINGULAR 1e-12

typedef struct weighting {
    sv_logrank_weight kind;
    double p, q;
} weighting;

/* Where one stratum stands while its death times are walked through. */
typedef struct standing {
    double *at_risk; /* [k] */
    double *dead;    /* [k] at the present time */
    double surv;     /* Kaplan-Meier just before the present time */
    double peto;     /* the same with d / (n + 1) in place of d / n, at the present time */
} standing;

/* What a death time with n at risk weighs. */
static double weigh(const standing *now, double n, const weighting *w)
{
    switch (w->kind) {
    case SV_LOGRANK_GEHAN: return n;
    case SV_LOGRANK_TARONE_WARE: return sqrt(n);
    case SV_LOGRANK_PETO: return now->peto;
    case SV_LOGRANK_MODIFIED_PETO: return now->peto * n / (n + 1);
    case SV_LOGRANK_FLEMING_HARRINGTON: break;
    }
    double early = w->p == 0 ? 1 : pow(now->surv, w->p);
    return w->q == 0 ? early : early * pow(1 - now->surv, w->q);
}

/* Hypergeometric mean and variance of the deaths in each group at one time. */
static void add_death_time(sv_logrank *t, const standing *now, double n, double d, double w)
{
    double spread = n > 1 ? w * w * d * (n - d) / (n - 1) : 0;
    for (size_t g = 0; g < t->k; g++) {
        double share = now->at_risk[g] / n;
        t->observed[g] += w * now->dead[g];
        t->expected[g] += w * d * share;
        for (size_t h = 0; h < t->k; h++) {
            t->var[g * t->k + h] += spread * share * ((g == h) - now->at_risk[h] / n);
        }
    }
}

static void walk_stratum(sv_logrank *t, standing *now, const sv_risk *r, const uint32_t *code,
                         size_t lo, size_t hi, const weighting *w)
{
    size_t gone = lo;
    now->surv = now->peto = 1;
    for (size_t g = 0; g < t->k; g++) { now->at_risk[g] = 0; }
    for (size_t i = lo; i < hi; i++) { now->at_risk[code[r->row[i]]]++; }
    for (size_t g = r->first[lo]; g < r->last[hi - 1]; g++) {
        size_t at = r->group_row[g], dead = r->group_dead[g];
        for (; gone < at; gone++) { now->at_risk[code[r->row[gone]]]--; }
        for (size_t k = 0; k < t->k; k++) { now->dead[k] = 0; }
        for (size_t i = at; i < at + dead; i++) { now->dead[code[r->row[i]]]++; }
        double n = (double)(hi - at), d = (double)dead;
        now->peto *= 1 - d / (n + 1);
        add_death_time(t, now, n, d, weigh(now, n, w));
        now->surv *= 1 - d / n;
    }
}

/* chi-square over the groups with an expectation; one of them is redundant and left out. */
static int finish(sv_logrank *t, sv_error *err)
{
    size_t k = t->k, m = 0;
    double *v = SV_NEW(double, k * k), *u = SV_NEW(double, k), *solved = SV_NEW(double, k);
    size_t *kept = SV_NEW(size_t, k);
    int rc = SV_OK;
    if (v == NULL || u == NULL || solved == NULL || kept == NULL) {
        rc = sv_no_memory(err, "the log-rank test");
    } else {
        for (size_t g = 0; g < k; g++) {
            if (t->expected[g] > 0) { kept[m++] = g; }
        }
        if (m < 2) {
            rc = sv_fail(err, SV_ETOOSMALL, "%zu of %zu groups have anybody at risk at an event, at "
                         "least 2 are needed", m, k);
        }
    }
    if (rc == SV_OK) {
        size_t q = m - 1;
        for (size_t a = 0; a < q; a++) {
            u[a] = solved[a] = t->observed[kept[a + 1]] - t->expected[kept[a + 1]];
            for (size_t b = 0; b < q; b++) { v[a * q + b] = t->var[kept[a + 1] * k + kept[b + 1]]; }
        }
        sv_ldl(v, q, SINGULAR, NULL);
        sv_ldl_solve(v, q, solved);
        for (size_t a = 0; a < q; a++) { t->chisq += u[a] * solved[a]; }
        t->df = (int)q;
        t->p = sv_chisq_upper(t->chisq, t->df);
    }
    free(v);
    free(u);
    free(solved);
    free(kept);
    return rc;
}

static int allocate(sv_logrank *t, size_t k, sv_error *err)
{
    *t = (sv_logrank){ .k = k };
    t->code = SV_NEW(int, k);
    t->n = SV_NEW(size_t, k);
    t->observed = SV_NEW(double, k);
    t->expected = SV_NEW(double, k);
    t->var = SV_NEW(double, k * k);
    if (t->code == NULL || t->n == NULL || t->observed == NULL || t->expected == NULL ||
        t->var == NULL) {
        return sv_no_memory(err, "the log-rank test");
    }
    return SV_OK;
}

static int run(sv_logrank *t, const sv_surv *s, const int *group, const uint32_t *code,
               const weighting *w, sv_error *err)
{
    sv_risk r = { 0 };
    int rc = sv_risk_plan(&r, s, err);
    standing now = { SV_NEW(double, t->k), SV_NEW(double, t->k), 1, 1 };
    if (rc == SV_OK && (now.at_risk == NULL || now.dead == NULL)) {
        rc = sv_no_memory(err, "the log-rank test");
    }
    if (rc == SV_OK) {
        for (size_t i = 0; i < s->n; i++) {
            t->code[code[i]] = group[i];
            t->n[code[i]]++;
        }
        for (size_t lo = 0, hi; lo < r.n; lo = hi) {
            for (hi = lo; hi < r.n && r.stratum[hi] == r.stratum[lo];) { hi++; }
            walk_stratum(t, &now, &r, code, lo, hi, w);
        }
        rc = finish(t, err);
    }
    free(now.at_risk);
    free(now.dead);
    sv_risk_free(&r);
    return rc;
}

int sv_logrank_weighted(sv_logrank *out, const sv_surv *s, const int *group, sv_logrank_weight weight, double p,
                        double q, sv_error *err)
{
    int rc = sv_surv_check(s, 2, err);
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL || s->start != NULL) {
        return sv_fail(err, SV_EINVAL, "the log-rank test takes neither weights nor start times");
    }
    if (weight < SV_LOGRANK_FLEMING_HARRINGTON || weight > SV_LOGRANK_MODIFIED_PETO || !isfinite(p) || !isfinite(q)) {
        return sv_fail(err, SV_EINVAL, "weight %d with exponents %g and %g, expected one of %d to %d and finite numbers",
                       (int)weight, p, q, SV_LOGRANK_FLEMING_HARRINGTON, SV_LOGRANK_MODIFIED_PETO);
    }
    const weighting w = { weight, p, q };
    size_t k = 0;
    sv_logrank t = { 0 };
    uint32_t *code = SV_NEW(uint32_t, s->n);
    rc = code == NULL ? sv_no_memory(err, "the log-rank test")
                      : sv_dense_code(code, &k, group, s->n, err);
    if (rc == SV_OK && k < 2) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu group, at least 2 are needed", k);
    } else if (rc == SV_OK && k > SV_LOGRANK_MAX_GROUPS) {
        rc = sv_fail(err, SV_ELIMIT, "%zu groups, at most %zu are accepted", k,
                     SV_LOGRANK_MAX_GROUPS);
    }
    if (rc == SV_OK) { rc = allocate(&t, k, err); }
    if (rc == SV_OK) { rc = run(&t, s, group, code, &w, err); }
    free(code);
    if (rc != SV_OK) {
        sv_logrank_free(&t);
        return rc;
    }
    *out = t;
    return SV_OK;
}

int sv_logrank_test(sv_logrank *out, const sv_surv *s, const int *group, double rho, sv_error *err)
{
    return sv_logrank_weighted(out, s, group, SV_LOGRANK_FLEMING_HARRINGTON, rho, 0, err);
}

/* The rows of two groups, for a test of their own. */
typedef struct pair_rows {
    double *time;
    int *event, *stratum, *group;
} pair_rows;

static int test_pair(double *p, pair_rows *r, const sv_surv *s, const int *group, const int which[2],
                     sv_logrank_weight weight, double a, double b, sv_error *err)
{
    size_t m = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (group[i] != which[0] && group[i] != which[1]) { continue; }
        r->time[m] = s->time[i];
        r->event[m] = s->event[i];
        r->stratum[m] = s->stratum != NULL ? s->stratum[i] : 0;
        r->group[m++] = group[i];
    }
    const sv_surv two = { .n = m, .time = r->time, .event = r->event, .stratum = r->stratum };
    sv_logrank t;
    int rc = sv_logrank_weighted(&t, &two, r->group, weight, a, b, err);
    if (rc == SV_OK) {
        *p = t.p;
        sv_logrank_free(&t);
    } else if (rc == SV_ENOEVENT || rc == SV_ETOOSMALL) {
        *p = SV_NAN;
        rc = SV_OK;
    }
    return rc;
}

int sv_logrank_pairwise(double *p, const sv_logrank *all, const sv_surv *s, const int *group,
                        sv_logrank_weight weight, double a, double b, sv_error *err)
{
    int rc = sv_surv_check(s, 2, err);
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL || s->start != NULL) {
        return sv_fail(err, SV_EINVAL, "the log-rank test takes neither weights nor start times");
    }
    pair_rows r = { SV_NEW(double, s->n), SV_NEW(int, s->n), SV_NEW(int, s->n), SV_NEW(int, s->n) };
    if (r.time == NULL || r.event == NULL || r.stratum == NULL || r.group == NULL) {
        rc = sv_no_memory(err, "the log-rank tests");
    }
    for (size_t i = 1, at = 0; rc == SV_OK && i < all->k; i++) {
        for (size_t j = 0; rc == SV_OK && j < i; j++, at++) {
            const int which[2] = { all->code[j], all->code[i] };
            rc = test_pair(&p[at], &r, s, group, which, weight, a, b, err);
        }
    }
    free(r.time);
    free(r.event);
    free(r.stratum);
    free(r.group);
    return rc;
}

void sv_logrank_trend(double *chisq, double *p, const sv_logrank *t, const double *score)
{
    double sum = 0, variance = 0, size = 0;
    for (size_t i = 0; i < t->k; i++) {
        sum += score[i] * (t->observed[i] - t->expected[i]);
        for (size_t j = 0; j < t->k; j++) {
            double v = score[i] * t->var[i * t->k + j] * score[j];
            variance += v;
            size += fabs(v);
        }
    }
    *chisq = variance > 1e-12 * size ? sum * sum / variance : SV_NAN;
    *p = isfinite(*chisq) ? sv_chisq_upper(*chisq, 1) : SV_NAN;
}

void sv_logrank_free(sv_logrank *t)
{
    if (t == NULL) { return; }
    free(t->code);
    free(t->n);
    free(t->observed);
    free(t->expected);
    free(t->var);
    *t = (sv_logrank){ 0 };
}
