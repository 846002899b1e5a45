#include <math.h>
#include <stdlib.h>
#include <survival/auc.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include <survival/logrank.h>
#include <survival/quantile.h>
#include "pipeline/recipe_assess.h"
#include "pipeline/score.h"

/* The patients with a score, side by side. */
typedef struct judged {
    size_t n;
    double *time, *score;
    int *event, *group, *stratum;
} judged;

static int no_memory(pn_error *err, size_t n)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory to judge %zu patients", n);
}

static void free_judged(judged *j)
{
    free(j->time);
    free(j->score);
    free(j->event);
    free(j->group);
    free(j->stratum);
}

static int collect(judged *j, const double *score, const int *group, const int *stratum, const pn_cohort *c, pn_error *err)
{
    *j = (judged){.time = calloc(c->n + 1, sizeof *j->time), .score = calloc(c->n + 1, sizeof *j->score),
                  .event = calloc(c->n + 1, sizeof *j->event), .group = calloc(c->n + 1, sizeof *j->group),
                  .stratum = calloc(c->n + 1, sizeof *j->stratum)};
    if (j->time == NULL || j->score == NULL || j->event == NULL || j->group == NULL || j->stratum == NULL) {
        return no_memory(err, c->n);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (isnan(score[i])) { continue; }
        j->time[j->n] = c->time_days[i];
        j->score[j->n] = score[i];
        j->event[j->n] = c->event[i];
        j->group[j->n] = group[i];
        j->stratum[j->n++] = stratum != NULL ? stratum[i] : 0;
    }
    return PN_OK;
}

/* The rows of one stratum, copied into `to`, which has room for all. */
static void pick(judged *to, const judged *all, int stratum)
{
    to->n = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (all->stratum[i] != stratum) { continue; }
        to->time[to->n] = all->time[i];
        to->score[to->n] = all->score[i];
        to->event[to->n++] = all->event[i];
    }
}

static sv_surv surv_of(const judged *j)
{
    return (sv_surv){.n = j->n, .time = j->time, .event = j->event};
}

/* Figures of the strata weigh by the pairs that they rest on. Where one cannot be had (no event, no patient watched
 * long enough), the others say it. Only want of memory is a failure. */
static int within_strata(pn_recipe_figures *f, const judged *all, judged *one, const cfg_recipe_assess *a, pn_error *err)
{
    double sum = 0, weight = 0, auc[CFG_MAX_RECIPE_HORIZONS] = {0}, pairs[CFG_MAX_RECIPE_HORIZONS] = {0};
    int last = 0;
    for (size_t i = 0; i < all->n; i++) { last = all->stratum[i] > last ? all->stratum[i] : last; }
    for (int s = 0; s <= last; s++) {
        sv_concordance c;
        sv_error sv = {0};
        pick(one, all, s);
        const sv_surv surv = surv_of(one);
        if (one->n < 2) { continue; }
        const double tau = a->horizon_years[a->n_horizons - 1] * PN_DAYS_PER_YEAR;
        int rc = sv_concordance_uno(&c, one->score, tau, &surv, &sv);
        const double comparable = rc == SV_OK ? c.concordant + c.discordant + c.tied_risk : 0;
        if (comparable > 0 && isfinite(c.c)) {
            sum += comparable * c.c;
            weight += comparable;
        }
        for (size_t h = 0; h < a->n_horizons && rc != SV_ENOMEM; h++) {
            sv_auc at;
            rc = sv_auc_at(&at, a->horizon_years[h] * PN_DAYS_PER_YEAR, one->score, &surv, &sv);
            if (rc != SV_OK || isnan(at.auc)) { continue; }
            const double n = (double)at.cases * (double)at.controls;
            auc[h] += n * at.auc;
            pairs[h] += n;
        }
        if (rc == SV_ENOMEM) { return no_memory(err, all->n); }
    }
    f->uno = weight > 0 ? sum / weight : (double)NAN;
    for (size_t h = 0; h < a->n_horizons; h++) { f->auc[h] = pairs[h] > 0 ? auc[h] / pairs[h] : (double)NAN; }
    return PN_OK;
}

static int concordance(pn_recipe_figures *f, const judged *j, pn_error *err)
{
    sv_surv s = surv_of(j);
    sv_concordance c;
    sv_error sv = {0};
    s.stratum = j->stratum;
    if (sv_concordance_harrell(&c, j->score, &s, &sv) != SV_OK) {
        return sv.code == SV_ENOMEM ? no_memory(err, j->n) : pn_fail(err, PN_EINVAL, "concordance: %s", sv.msg);
    }
    f->c = c.c;
    f->c_se = c.se;
    return PN_OK;
}

static int compare_groups(pn_recipe_figures *f, const judged *j, double *x, pn_error *err)
{
    for (size_t i = 0; i < j->n; i++) {
        pn_recipe_group *g = j->group[i] == 1 ? &f->high : &f->low;
        g->patients++;
        g->events += (size_t)j->event[i];
        x[i] = j->group[i];
    }
    if (f->low.patients == 0 || f->high.patients == 0 || f->low.events + f->high.events == 0) { return PN_OK; }
    const sv_surv s = surv_of(j);
    const sv_matrix m = sv_matrix_colmajor(x, j->n, 1);
    sv_logrank test;
    sv_error sv = {0};
    int rc = sv_logrank_test(&test, &s, j->group, 0, &sv);
    if (rc == SV_OK) {
        f->logrank_p = test.p;
        sv_logrank_free(&test);
    }
    sv_cox fit;
    const sv_cox_opts o = SV_COX_OPTS_INIT;
    if (rc != SV_ENOMEM) { rc = sv_cox_fit(&fit, &m, &s, &o, &sv); }
    if (rc == SV_OK) {
        double ci[2];
        sv_cox_hazard_ratio_ci(ci, &fit, 0, 0.95);
        if (fit.flag[0] == 0 && fit.converged) {
            f->hazard_ratio = exp(fit.coef[0]);
            f->hr_low = ci[0];
            f->hr_high = ci[1];
        }
        sv_cox_free(&fit);
    }
    return rc == SV_ENOMEM ? no_memory(err, j->n) : PN_OK;
}

int pn_recipe_judge(pn_recipe_figures *out, const double *score, const int *group, const int *stratum, const pn_cohort *c,
                    const cfg_recipe_assess *a, pn_error *err)
{
    pn_recipe_figures f = {.c = NAN, .c_se = NAN, .uno = NAN, .hazard_ratio = NAN, .hr_low = NAN, .hr_high = NAN,
                           .logrank_p = NAN};
    for (size_t h = 0; h < CFG_MAX_RECIPE_HORIZONS; h++) { f.auc[h] = NAN; }
    judged all, one;
    int rc = collect(&all, score, group, stratum, c, err);
    if (rc == PN_OK) { rc = collect(&one, score, group, stratum, c, err); } else { one = (judged){0}; }
    f.patients = all.n;
    if (rc == PN_OK && all.n > 1) {
        rc = concordance(&f, &all, err);
        if (rc == PN_OK) { rc = within_strata(&f, &all, &one, a, err); }
        if (rc == PN_OK) { rc = compare_groups(&f, &all, one.score, err); }
    }
    free_judged(&all);
    free_judged(&one);
    if (rc == PN_OK) { *out = f; }
    return rc;
}

/* v[0..n] with v[n] put where it belongs. */
static void insert(double *v, size_t n)
{
    for (size_t i = n; i > 0 && v[i] < v[i - 1]; i--) {
        const double t = v[i];
        v[i] = v[i - 1];
        v[i - 1] = t;
    }
}

pn_recipe_spread pn_recipe_over_repeats(const pn_recipe_assessment *a, pn_recipe_figure *get, size_t which)
{
    pn_recipe_spread s = {.mean = NAN, .median = NAN, .sd = NAN, .least = NAN, .most = NAN};
    double v[CFG_MAX_RECIPE_REPEATS];
    for (size_t r = 0; r < a->repeats && r < CFG_MAX_RECIPE_REPEATS; r++) {
        v[s.n] = get(&a->of_repeat[r], which);
        if (!isnan(v[s.n])) { insert(v, s.n++); }
    }
    if (s.n == 0) { return s; }
    s.mean = sv_mean(v, s.n);
    s.sd = sv_sd(v, s.n);
    s.least = v[0];
    s.median = sv_quantile_sorted(v, s.n, 0.5);
    s.most = v[s.n - 1];
    return s;
}
