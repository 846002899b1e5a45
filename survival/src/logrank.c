/* logrank.c - observed and expected deaths over the risk sets. */
#include <survival/logrank.h>

#include <math.h>

#include <survival/dist.h>

#include "linalg.h"
#include "mem.h"
#include "risk.h"
#include "sort.h"

#define SINGULAR 1e-12

/* Where one stratum stands while its death times are walked through. */
typedef struct standing {
    double *at_risk; /* [k] */
    double *dead;    /* [k] at the present time */
    double surv;     /* just before the present time */
} standing;

/* Hypergeometric mean and variance of the deaths in each group at one time. */
static void add_death_time(sv_logrank *t, const standing *now, double n, double d, double rho)
{
    double w = rho == 0 ? 1 : pow(now->surv, rho);
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
                         size_t lo, size_t hi, double rho)
{
    size_t gone = lo;
    now->surv = 1;
    for (size_t g = 0; g < t->k; g++) { now->at_risk[g] = 0; }
    for (size_t i = lo; i < hi; i++) { now->at_risk[code[r->row[i]]]++; }
    for (size_t g = r->first[lo]; g < r->last[hi - 1]; g++) {
        size_t at = r->group_row[g], dead = r->group_dead[g];
        for (; gone < at; gone++) { now->at_risk[code[r->row[gone]]]--; }
        for (size_t k = 0; k < t->k; k++) { now->dead[k] = 0; }
        for (size_t i = at; i < at + dead; i++) { now->dead[code[r->row[i]]]++; }
        double n = (double)(hi - at), d = (double)dead;
        add_death_time(t, now, n, d, rho);
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

static int run(sv_logrank *t, const sv_surv *s, const int *group, const uint32_t *code, double rho,
               sv_error *err)
{
    sv_risk r = { 0 };
    int rc = sv_risk_plan(&r, s, err);
    standing now = { SV_NEW(double, t->k), SV_NEW(double, t->k), 1 };
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
            walk_stratum(t, &now, &r, code, lo, hi, rho);
        }
        rc = finish(t, err);
    }
    free(now.at_risk);
    free(now.dead);
    sv_risk_free(&r);
    return rc;
}

int sv_logrank_test(sv_logrank *out, const sv_surv *s, const int *group, double rho, sv_error *err)
{
    int rc = sv_surv_check(s, 2, err);
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL || s->start != NULL) {
        return sv_fail(err, SV_EINVAL, "the log-rank test takes neither weights nor start times");
    }
    if (!isfinite(rho)) { return sv_fail(err, SV_EINVAL, "rho is %g, expected a finite number", rho); }
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
    if (rc == SV_OK) { rc = run(&t, s, group, code, rho, err); }
    free(code);
    if (rc != SV_OK) {
        sv_logrank_free(&t);
        return rc;
    }
    *out = t;
    return SV_OK;
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
