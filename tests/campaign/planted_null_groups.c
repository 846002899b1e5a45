/* planted_null_groups.c - p-values of tests of groups, counts and correlations without any difference. */
#include "planted.h"

#include <survival/correlation.h>
#include <survival/icc.h>
#include <survival/logistic.h>
#include <survival/tables.h>
#include <survival/tests.h>

enum { N = 90 };

enum { WELCH, POOLED, PAIRED, VARIANCE, ANOVA, WILCOXON, SIGNED, KRUSKAL, KS, SHAPIRO, PEARSON, SPEARMAN, KENDALL, ICC,
       LOGISTIC, FISHER, TESTS };
static const char *const names[TESTS] = {
    "Welch's t, unequal variances", "Student's t", "paired t", "F of two variances", "analysis of variance", "Wilcoxon",
    "signed ranks", "Kruskal-Wallis", "Kolmogorov-Smirnov", "Shapiro-Wilk", "Pearson", "Spearman", "Kendall",
    "ICC of 0", "logistic regression: likelihood ratio", "Fisher" };

static double likelihood_ratio(const double *x, const int *label)
{
    sv_matrix m = sv_matrix_colmajor(x, N, 2);
    sv_logistic f;
    sv_error err = { 0 };
    MUST(sv_logistic_fit(&f, &m, label, NULL, &err));
    double p = exp(-(f.null_deviance - f.deviance) / 2);          /* chi-square of two degrees */
    sv_logistic_free(&f);
    return p;
}

static void one(double *p, size_t trials, size_t k)
{
    double x[2 * N], y[N], wide[N];
    size_t count[4] = { 0 };
    int group[N], label[N];
    sv_rng r = sv_rng_stream(78, k);
    sv_test t;
    sv_icc icc;
    sv_error err = { 0 };
    for (size_t i = 0; i < 2 * N; i++) { x[i] = sv_rng_normal(&r); }
    for (size_t i = 0; i < N; i++) {
        y[i] = sv_rng_normal(&r);
        group[i] = (int)(i % 3);
        label[i] = sv_rng_uniform(&r) < 0.4;
        wide[i] = 3 * y[i];
        count[2 * (group[i] == 0) + label[i]]++;
    }
#define P(test, call) do { MUST(call); p[(test) * trials + k] = t.p; } while (0)
    P(WELCH, sv_t_welch(&t, x, 30, wide, 50, 0.95, &err));
    P(POOLED, sv_t_pooled(&t, x, 30, y, 50, 0.95, &err));
    P(PAIRED, sv_t_paired(&t, x, y, 40, 0.95, &err));
    P(VARIANCE, sv_variance_test(&t, x, 30, y, 50, 0.95, &err));
    P(ANOVA, sv_anova(&t, x, group, N, &err));
    P(WILCOXON, sv_wilcoxon(&t, x, N, y, N, SV_TEST_AUTO, &err));
    P(SIGNED, sv_wilcoxon_signed(&t, x, y, N, SV_TEST_AUTO, &err));
    P(KRUSKAL, sv_kruskal(&t, x, group, N, &err));
    P(KS, sv_ks(&t, x, N, y, N, SV_TEST_AUTO, &err));
    P(SHAPIRO, sv_shapiro(&t, x, N, &err));
    P(PEARSON, sv_pearson(&t, x, y, N, 0.95, &err));
    P(SPEARMAN, sv_spearman(&t, x, y, N, SV_TEST_AUTO, &err));
    P(KENDALL, sv_kendall(&t, NULL, x, y, N, SV_TEST_AUTO, &err));
    P(FISHER, sv_fisher_2x2(&t, count, 0.95, &err));
#undef P
    MUST(sv_icc_compute(&icc, x, N, 2, SV_ICC_2_1, 0.95, &err));
    p[ICC * trials + k] = icc.p;
    p[LOGISTIC * trials + k] = likelihood_ratio(x, label);
}

void planted_null_groups(report *r)
{
    size_t trials = 20 * r->cohorts;
    double *p = ROOM(double, TESTS * trials);
    for (size_t k = 0; k < trials; k++) { one(p, trials, k); }
    for (size_t t = 0; t < TESTS; t++) {
        if (t == KS || t == FISHER) {            /* of few values */
            tell_not_too_small(r, names[t], p + t * trials, trials);
        } else {
            tell_even(r, names[t], p + t * trials, trials);
        }
    }
    free(p);
}
