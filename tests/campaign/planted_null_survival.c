/* planted_null_survival.c - p-values of tests on follow-up where nothing acts on it. */
#include "planted.h"

#include <survival/competing.h>
#include <survival/cox.h>
#include <survival/cox_check.h>
#include <survival/logrank.h>
#include <survival/maxstat.h>

enum { N = 150, FEW = 60, X = 3 };

typedef struct trial {
    double time[N], x[N * X];
    int event[N], cause[N], two[N], three[N];
} trial;

/* Covariates act on the hazard by `effect`, groups never. A third is censored. */
static void draw(trial *t, size_t number, double effect)
{
    sv_rng r = sv_rng_stream(77, number);
    for (size_t i = 0; i < N; i++) {
        double lp = 0;
        for (size_t j = 0; j < X; j++) {
            t->x[i * X + j] = j == 2 ? (double)(sv_rng_uniform(&r) < 0.4) : sv_rng_normal(&r);
            lp += effect * t->x[i * X + j];
        }
        t->two[i] = sv_rng_uniform(&r) < 0.35;
        t->three[i] = (int)sv_rng_below(&r, 3);
        double death = sv_rng_exponential(&r) * exp(-lp), end = 2.2 * sv_rng_exponential(&r);
        t->event[i] = death <= end;
        t->time[i] = fmin(death, end);
        t->cause[i] = t->event[i] == 0 ? 0 : sv_rng_uniform(&r) < 0.6 ? 1 : 2;
    }
}

static void log_rank(report *r, size_t trials)
{
    static const struct { const char *name; sv_logrank_weight weight; double p, q; } weights[] = {
        { "log-rank, 2 groups", SV_LOGRANK_FLEMING_HARRINGTON, 0, 0 },
        { "Gehan", SV_LOGRANK_GEHAN, 0, 0 },
        { "Tarone-Ware", SV_LOGRANK_TARONE_WARE, 0, 0 },
        { "Peto", SV_LOGRANK_PETO, 0, 0 },
        { "modified Peto", SV_LOGRANK_MODIFIED_PETO, 0, 0 },
        { "Fleming-Harrington (0, 1)", SV_LOGRANK_FLEMING_HARRINGTON, 0, 1 } };
    enum { WEIGHTS = sizeof weights / sizeof weights[0] };
    double *p = ROOM(double, (WEIGHTS + 1) * trials);
    trial t;
    sv_logrank l;
    sv_error err = { 0 };
    for (size_t k = 0; k < trials; k++) {
        draw(&t, k, 0);
        sv_surv s = { .n = N, .time = t.time, .event = t.event };
        for (size_t w = 0; w < WEIGHTS; w++) {
            MUST(sv_logrank_weighted(&l, &s, t.two, weights[w].weight, weights[w].p, weights[w].q, &err));
            p[w * trials + k] = l.p;
            sv_logrank_free(&l);
        }
        MUST(sv_logrank_test(&l, &s, t.three, 0, &err));
        p[WEIGHTS * trials + k] = l.p;
        sv_logrank_free(&l);
    }
    for (size_t w = 0; w < WEIGHTS; w++) { tell_even(r, weights[w].name, p + w * trials, trials); }
    tell_even(r, "log-rank, 3 groups", p + WEIGHTS * trials, trials);
    free(p);
}

/* Wald, likelihood ratio and score of three columns without effect. With few events all three reject a little too
 * often: the information is an estimate, too, as the variance in Hotelling's test, which the chi-square does not know. */
static void cox_global(report *r, size_t trials, size_t n, bool demanded)
{
    static const char *const name[] = { "Cox, 3 columns: Wald", "... likelihood ratio", "... score" };
    double *p = ROOM(double, 3 * trials), *x = ROOM(double, n * X), *time = ROOM(double, n);
    int *event = ROOM(int, n);
    sv_cox fit;
    sv_error err = { 0 };
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    sv_matrix m = sv_matrix_rowmajor(x, n, X);
    sv_surv s = { .n = n, .time = time, .event = event };
    for (size_t k = 0; k < trials; k++) {
        sv_rng rng = sv_rng_stream(76 + n, k);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < X; j++) { x[i * X + j] = j == 2 ? (double)(sv_rng_uniform(&rng) < 0.4) : sv_rng_normal(&rng); }
            double death = sv_rng_exponential(&rng), end = 2.2 * sv_rng_exponential(&rng);
            event[i] = death <= end;
            time[i] = fmin(death, end);
        }
        MUST(sv_cox_fit(&fit, &m, &s, &opts, &err));
        p[k] = fit.wald_p;
        p[trials + k] = fit.lrt_p;
        p[2 * trials + k] = fit.score_p;
        sv_cox_free(&fit);
    }
    for (size_t t = 0; t < 3; t++) {
        char text[96];
        double below = 0;
        for (size_t k = 0; k < trials; k++) { below += (p[t * trials + k] < 0.05) / (double)trials; }
        snprintf(text, sizeof text, "%s, %zu patients", name[t], n);
        if (demanded) { tell_even(r, text, p + t * trials, trials); } else { tell(text, below); }
    }
    free(p);
    free(x);
    free(time);
    free(event);
}

static void proportional_hazards(report *r, size_t trials)
{
    double *p = ROOM(double, 4 * trials);
    trial t;
    sv_cox fit;
    sv_cox_zph z;
    sv_error err = { 0 };
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    sv_matrix m = sv_matrix_rowmajor(t.x, N, X);
    sv_surv s = { .n = N, .time = t.time, .event = t.event };
    for (size_t k = 0; k < trials; k++) {
        draw(&t, k, 0.5);
        MUST(sv_cox_fit(&fit, &m, &s, &opts, &err));
        static const sv_zph_time scale[] = { SV_ZPH_KM, SV_ZPH_RANK, SV_ZPH_LOG };
        for (size_t g = 0; g < 3; g++) {
            MUST(sv_cox_zph_test(&z, &fit, &m, &s, scale[g], SV_TIES_EFRON, &err));
            p[g * trials + k] = z.global_p;
            if (g == 0) { p[3 * trials + k] = z.p_value[2]; }
            sv_cox_zph_free(&z);
        }
        sv_cox_free(&fit);
    }
    static const char *const name[] = { "proportional hazards, all columns, Kaplan-Meier scale", "... ranks", "... logarithm",
                                        "... one column" };
    for (size_t k = 0; k < 4; k++) { tell_even(r, name[k], p + k * trials, trials); }
    free(p);
}

static void cut_points(report *r, size_t trials)
{
    enum { PERMUTATIONS = 499 };
    double *gauss = ROOM(double, trials), *permuted = ROOM(double, trials), *l92 = ROOM(double, trials);
    double *l94 = ROOM(double, trials), *exact = ROOM(double, trials);
    trial t;
    double x[N], score[N];
    sv_error err = { 0 };
    sv_maxstat_opts opts = SV_MAXSTAT_OPTS_INIT;
    for (size_t k = 0; k < trials; k++) {
        draw(&t, k, 0);
        for (size_t i = 0; i < N; i++) { x[i] = t.x[i * X]; }
        for (size_t few = 0; few < 2; few++) {
            sv_surv s = { .n = few ? FEW : N, .time = t.time, .event = t.event };
            sv_maxstat m;
            MUST(sv_maxstat_find(&m, x, &s, &opts, &err));
            MUST(sv_logrank_scores(score, &s, &err));
            double b = m.statistic[m.best];
            if (few) {
                MUST(sv_maxstat_p_exact(&exact[k], x, score, s.n, &m, &err));
            } else {
                l92[k] = m.p_lausen92;
                l94[k] = m.p_lausen94;
                MUST(sv_maxstat_p_gauss(&gauss[k], b, s.n, m.n_low, m.n_cuts, &err));
                MUST(sv_maxstat_p_permuted(&permuted[k], b, score, s.n, m.n_low, m.n_cuts, PERMUTATIONS, k, &err));
            }
            sv_maxstat_free(&m);
        }
    }
    tell_not_too_small(r, "cut-point: Lausen and Schumacher 1992", l92, trials);
    tell_not_too_small(r, "cut-point: Lausen and others 1994", l94, trials);
    tell_not_too_small(r, "cut-point: normal integral, 150 patients", gauss, trials);
    tell_even(r, "cut-point: permutations", permuted, trials);
    tell_not_too_small(r, "cut-point: exact bound, 60 patients", exact, trials);
    double *all[] = { gauss, permuted, l92, l94, exact };
    for (size_t k = 0; k < 5; k++) { free(all[k]); }
}

static void competing(report *r, size_t trials)
{
    double *two = ROOM(double, trials), *three = ROOM(double, trials), *wald = ROOM(double, trials);
    trial t;
    sv_error err = { 0 };
    sv_matrix m = { .v = t.x, .rows = N, .cols = 1, .row_step = X, .col_step = 1 };
    for (size_t k = 0; k < trials; k++) {
        sv_gray g;
        sv_finegray f;
        draw(&t, k, 0);
        sv_competing c = { .n = N, .time = t.time, .cause = t.cause };
        MUST(sv_gray_test(&g, &c, t.two, NULL, 1, 0, &err));
        two[k] = g.p;
        sv_gray_free(&g);
        MUST(sv_gray_test(&g, &c, t.three, NULL, 2, 0, &err));
        three[k] = g.p;
        sv_gray_free(&g);
        MUST(sv_finegray_fit(&f, &m, &c, 1, NULL, &err));
        wald[k] = erfc(fabs(f.coef[0] / f.se[0]) / sqrt(2));
        sv_finegray_free(&f);
    }
    tell_even(r, "Gray, 2 groups", two, trials);
    tell_even(r, "Gray, 3 groups, the rarer cause", three, trials);
    tell_even(r, "Fine-Gray: Wald", wald, trials);
    free(two);
    free(three);
    free(wald);
}

void planted_null_survival(report *r)
{
    log_rank(r, 20 * r->cohorts);
    cox_global(r, 20 * r->cohorts, 150, false);
    cox_global(r, 20 * r->cohorts, 600, true);
    proportional_hazards(r, 20 * r->cohorts);
    cut_points(r, 10 * r->cohorts);
    competing(r, 20 * r->cohorts);
}
