/* against_r - what the library makes of a table that R wrote, for against_r.R to compare.
 *
 *   against_r TABLE TASK [setting=value ...]
 *
 * Prints "name number number ..." lines, or "error message" where the library refuses. */
#include <math.h>

#include "against_r.h"

#include <survival/combat.h>
#include <survival/competing.h>
#include <survival/concordance.h>
#include <survival/cox_check.h>
#include <survival/cox_variants.h>
#include <survival/km.h>
#include <survival/logrank.h>
#include <survival/maxstat.h>
#include <survival/penalised.h>

void tell(const char *name, const double *v, size_t n)
{
    printf("%s", name);
    for (size_t i = 0; i < n; i++) { printf(" %.17g", v[i]); }
    putchar('\n');
}

void tell_one(const char *name, double v) { tell(name, &v, 1); }

double setting(const input *in, const char *name, double otherwise)
{
    size_t length = strlen(name);
    for (int i = 0; i < in->n_settings; i++) {
        const char *s = in->settings[i];
        if (strncmp(s, name, length) == 0 && s[length] == '=') { return strtod(s + length + 1, NULL); }
    }
    return otherwise;
}

static sv_ties ties_of(const input *in) { return setting(in, "breslow", 0) > 0 ? SV_TIES_BRESLOW : SV_TIES_EFRON; }

static int km(input *in)
{
    sv_km_opts o = SV_KM_OPTS_INIT;
    o.ci = (sv_km_ci)(int)setting(in, "ci", 0);
    o.estimator = (sv_km_estimator)(int)setting(in, "exp_cumhaz", 0);
    sv_km k;
    if (sv_km_fit(&k, &in->surv, NULL, &o, &in->err) != SV_OK) { return 1; }
    tell("time", k.time, k.n);
    tell("n.risk", k.n_risk, k.n);
    tell("n.event", k.n_event, k.n);
    tell("surv", k.surv, k.n);
    tell("std.err", k.std_err, k.n);
    tell("lower", k.lower, k.n);
    tell("upper", k.upper, k.n);
    tell("cumhaz", k.cumhaz, k.n);
    tell("std.chaz", k.std_chaz, k.n);
    for (double p = 0.25; p < 0.8; p += 0.25) {
        char name[32];
        sv_km_estimate q = sv_km_quantile(&k, p);
        (void)snprintf(name, sizeof name, "q%g", 100 * p);
        tell(name, (const double[]){ q.value, q.lower, q.upper }, 3);
    }
    double mean, se;
    sv_km_rmean(&mean, &se, &k, setting(in, "tau", 1));
    tell("rmean", (const double[]){ mean, se }, 2);
    sv_km_free(&k);
    return 0;
}

static int logrank(input *in)
{
    int *group = rtable_ints(&in->t, "group");
    sv_logrank t;
    int rc = sv_logrank_test(&t, &in->surv, group, setting(in, "rho", 0), &in->err);
    free(group);
    if (rc != SV_OK) { return 1; }
    tell_one("chisq", t.chisq);
    tell("obs", t.observed, t.k);
    tell("exp", t.expected, t.k);
    tell("var", t.var, t.k * t.k);
    tell_one("df", t.df);
    sv_logrank_free(&t);
    return 0;
}

static void tell_checks(input *in, const sv_cox *f, sv_ties ties)
{
    sv_cox_residuals r;
    size_t n = in->surv.n, p = f->p;
    double *robust = calloc(p * p, sizeof *robust);
    int *cluster = rtable_ints(&in->t, "cluster");
    if (sv_cox_residuals_of(&r, f, &in->x, &in->surv, ties, &in->err) == SV_OK) {
        tell("martingale", r.martingale, n);
        tell("deviance", r.deviance, n);
        tell("score.residuals", r.score, n * p);
        tell("dfbeta", r.dfbeta, n * p);
        sv_cox_residuals_free(&r);
    }
    if (sv_cox_robust(robust, f, &in->x, &in->surv, cluster, ties, &in->err) == SV_OK) { tell("robust", robust, p * p); }
    static const char *const g[] = { "zph.km", "zph.rank", "zph.identity", "zph.log" };
    for (int k = 0; k < 4; k++) {
        sv_cox_zph z;
        if (sv_cox_zph_test(&z, f, &in->x, &in->surv, (sv_zph_time)k, ties, &in->err) != SV_OK) { continue; }
        printf("%s", g[k]);
        for (size_t j = 0; j < p; j++) { printf(" %.17g", z.chisq[j]); }
        printf(" %.17g\n", z.global_chisq);
        sv_cox_zph_free(&z);
    }
    free(robust);
    free(cluster);
}

static int cox(input *in)
{
    sv_cox_opts o = SV_COX_OPTS_INIT;
    sv_cox f;
    o.ties = ties_of(in);
    o.eps = setting(in, "eps", 1e-13);
    o.max_iter = 60;
    int rc = setting(in, "exact", 0) > 0 ? sv_cox_fit_exact(&f, &in->x, &in->surv, &o, &in->err)
             : setting(in, "theta", -1) >= 0
                   ? sv_cox_fit_ridge(&f, NULL, &in->x, &in->surv, setting(in, "theta", 0), &o, &in->err)
                   : sv_cox_fit(&f, &in->x, &in->surv, &o, &in->err);
    if (rc != SV_OK) { return 1; }
    double flags[64] = { 0 };
    for (size_t j = 0; j < f.p && j < 64; j++) { flags[j] = f.flag[j]; }
    tell("flags", flags, f.p);
    tell("coef", f.coef, f.p);
    tell("vcov", f.vcov, f.p * f.p);
    tell("loglik", (const double[]){ f.loglik0, f.loglik }, 2);
    tell("tests", (const double[]){ f.lrt, f.score, f.wald }, 3);
    tell_one("converged", f.converged);
    if (setting(in, "exact", 0) <= 0 && setting(in, "theta", -1) < 0) {
        tell_checks(in, &f, o.ties);
        double *lp = calloc(in->surv.n, sizeof *lp);
        sv_baseline b;
        if (sv_cox_predict(lp, &f, &in->x, &in->err) == SV_OK &&
            sv_baseline_fit(&b, lp, &in->surv, o.ties, &in->err) == SV_OK) {
            tell("basehaz", b.hazard, b.n);
            sv_baseline_free(&b);
        }
        free(lp);
    }
    sv_cox_free(&f);
    return 0;
}

static int concordance(input *in)
{
    sv_concordance c;
    const double *risk = rtable_column(&in->t, "x1");
    int rc = setting(in, "uno", 0) > 0
                 ? sv_concordance_uno(&c, risk, setting(in, "tau", (double)INFINITY), &in->surv, &in->err)
                 : sv_concordance_harrell(&c, risk, &in->surv, &in->err);
    if (rc != SV_OK) { return 1; }
    tell("c", (const double[]){ c.c, c.se }, 2);
    tell("counts", (const double[]){ c.concordant, c.discordant, c.tied_risk, c.tied_time, c.tied_both }, 5);
    return 0;
}

static int maxstat(input *in)
{
    sv_maxstat m;
    sv_maxstat_opts o = SV_MAXSTAT_OPTS_INIT;
    if (sv_maxstat_find(&m, rtable_column(&in->t, "x1"), &in->surv, &o, &in->err) != SV_OK) { return 1; }
    tell("cut", &m.cut[m.best], 1);
    tell("statistic", &m.statistic[m.best], 1);
    tell("stats", m.statistic, m.n_cuts);
    tell("p", (const double[]){ m.p_lausen92, m.p_lausen94 }, 2);
    sv_maxstat_free(&m);
    return 0;
}

static int path(input *in)
{
    sv_path p;
    sv_path_opts o = SV_PATH_OPTS_INIT;
    o.alpha = setting(in, "alpha", 1);
    o.standardise = setting(in, "standardise", 1) > 0;
    o.threshold = 1e-15;
    o.lambda_min_ratio = setting(in, "ratio", 0.05);
    o.n_lambda = 30;
    o.stop_early = false;
    o.max_passes = 10000000;
    int *y = rtable_ints(&in->t, "y");
    int rc = y != NULL ? sv_path_logistic(&p, &in->x, y, in->surv.weight, &o, &in->err)
                       : sv_path_cox(&p, &in->x, &in->surv, &o, &in->err);
    free(y);
    if (rc != SV_OK) { return 1; }
    tell("lambda", p.lambda, p.n_lambda);
    tell("beta", p.coef, p.n_lambda * p.p);
    tell("intercept", p.intercept, p.n_lambda);
    tell("dev.ratio", p.deviance_ratio, p.n_lambda);
    tell_one("nulldev", p.null_deviance);
    sv_path_free(&p);
    return 0;
}

static int competing(input *in)
{
    sv_competing c = { .n = in->t.rows, .time = rtable_column(&in->t, "time"), .exact_times = true };
    int *cause = rtable_ints(&in->t, "cause"), *group = rtable_ints(&in->t, "group");
    c.cause = cause;
    for (int k = 1; k <= 2; k++) {
        char name[32];
        sv_cuminc f;
        if (sv_cuminc_fit(&f, &c, NULL, k, &in->err) == SV_OK) {
            (void)snprintf(name, sizeof name, "time%d", k);
            tell(name, f.time, f.n);
            (void)snprintf(name, sizeof name, "est%d", k);
            tell(name, f.incidence, f.n);
            (void)snprintf(name, sizeof name, "var%d", k);
            tell(name, f.variance, f.n);
            sv_cuminc_free(&f);
        }
        sv_gray g;
        if (sv_gray_test(&g, &c, group, NULL, k, 0, &in->err) == SV_OK) {
            (void)snprintf(name, sizeof name, "gray%d", k);
            tell_one(name, g.chisq);
            sv_gray_free(&g);
        }
    }
    sv_finegray f;
    if (sv_finegray_fit(&f, &in->x, &c, 1, NULL, &in->err) == SV_OK) {
        tell("crr", f.coef, f.p);
        tell("crr.var", f.vcov, f.p * f.p);
        tell("crr.loglik", (const double[]){ f.loglik0, f.loglik }, 2);
        tell("crr.cumhaz", f.cumhaz, f.n_times);
        sv_finegray_free(&f);
    }
    free(cause);
    free(group);
    return 0;
}

static int combat(input *in)
{
    int *batch = rtable_ints(&in->t, "batch");
    sv_combat c;
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    double *out = calloc(in->x.rows * in->x.cols, sizeof *out);
    o.nonparametric = setting(in, "nonparametric", 0) > 0;
    o.mean_only = setting(in, "mean_only", 0) > 0;
    int reference = (int)setting(in, "reference", 0);
    if (reference > 0) { o.reference = &reference; }
    int rc = sv_combat_fit(&c, &in->x, batch, NULL, &o, &in->err);
    if (rc == SV_OK) { rc = sv_combat_apply(out, &c, &in->x, batch, NULL, &in->err); }
    if (rc == SV_OK) {
        tell("combat", out, in->x.rows * in->x.cols);
        sv_combat_free(&c);
    }
    free(out);
    free(batch);
    return rc != SV_OK;
}

static const struct { const char *name; int (*run)(input *in); } TASKS[] = {
    { "km", km }, { "logrank", logrank }, { "cox", cox }, { "concordance", concordance }, { "maxstat", maxstat },
    { "path", path }, { "competing", competing }, { "combat", combat }, { "groups", against_groups },
    { "pairs", against_pairs }, { "labels", against_labels },
};

int main(int argc, char **argv)
{
    size_t k = 0, tasks = sizeof TASKS / sizeof *TASKS, p = 0;
    while (argc >= 3 && k < tasks && strcmp(argv[2], TASKS[k].name) != 0) { k++; }
    if (argc < 3 || k == tasks) {
        fprintf(stderr, "usage: against_r TABLE TASK [setting=value ...]\n");
        return 2;
    }
    input in = { .t = rtable_read(argv[1]), .settings = argv + 3, .n_settings = argc - 3 };
    int *event = rtable_ints(&in.t, "event"), *stratum = rtable_ints(&in.t, "stratum");
    const double *x = rtable_matrix(&in.t, 'x', &p);
    in.x = sv_matrix_colmajor(x, in.t.rows, p);
    in.surv = (sv_surv){ .n = in.t.rows, .time = rtable_find(&in.t, "time"), .event = event,
                         .start = rtable_find(&in.t, "start"), .weight = rtable_find(&in.t, "weight"),
                         .stratum = stratum };
    if (TASKS[k].run(&in) != 0) { printf("error %s\n", in.err.msg); }
    free(event);
    free(stratum);
    rtable_free(&in.t);
    return 0;
}
