/* survival/tests.h - do groups of numbers differ? Classical two-sided tests, and p-values adjusted
 * for their number.
 *
 * The conventions are those of R's stats package (t.test, var.test, aov, wilcox.test, kruskal.test,
 * ks.test, shapiro.test, p.adjust). Samples hold finite numbers only; who has gaps leaves the rows
 * out first. One thread, no shared state. On failure *out is untouched. Every function fails with
 * SV_EDATA for a value that is not finite (the message names its place, counted from 1),
 * SV_ETOOSMALL for fewer values than its comment asks for, SV_ELIMIT beyond SV_TEST_MAX values,
 * SV_ENOMEM. */
#ifndef SV_TESTS_H
#define SV_TESTS_H

#include <stddef.h>

#include <survival/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_TEST_MAX ((size_t)100000000)

/* What a test says; NaN where the test has no such thing. */
typedef struct sv_test {
    double statistic, df1, df2, p;
    double estimate, estimate2;
    double lower, upper;          /* confidence interval                                          */
} sv_test;

/* Which null distribution. AUTO is R's choice: exact for small samples without ties. */
typedef enum sv_exactness { SV_TEST_AUTO, SV_TEST_EXACT, SV_TEST_APPROXIMATE } sv_exactness;

/* ---- means and variances: level is that of the interval, e.g. 0.95 (else SV_EINVAL) ---------- */

/* Student's t of two samples of at least 2 each: estimate and estimate2 the means, interval of their
 * difference. Welch's degrees of freedom (Satterthwaite), or one pooled variance.
 * SV_EDATA also if the samples do not vary beside their size. */
SV_CHECKED int sv_t_welch(sv_test *out, const double *x, size_t nx, const double *y, size_t ny,
                          double level, sv_error *err);
SV_CHECKED int sv_t_pooled(sv_test *out, const double *x, size_t nx, const double *y, size_t ny,
                           double level, sv_error *err);
/* Of the n >= 2 differences x - y; estimate: their mean. */
SV_CHECKED int sv_t_paired(sv_test *out, const double *x, const double *y, size_t n, double level,
                           sv_error *err);
/* F test of two variances; estimate: their ratio x to y. SV_EDATA also if y does not vary. */
SV_CHECKED int sv_variance_test(sv_test *out, const double *x, size_t nx, const double *y, size_t ny,
                                double level, sv_error *err);
/* One-way analysis of variance; group: any codes, at least 2 groups and 1 value more than groups. */
SV_CHECKED int sv_anova(sv_test *out, const double *x, const int *group, size_t n, sv_error *err);

/* ---- ranks ----------------------------------------------------------------------------------- */

/* Wilcoxon's rank sum: statistic W, the pairs in which x exceeds y, equal ones by half. Exact: the
 * permutation distribution of the mean ranks, ties included (up to 200 values together, else
 * SV_ELIMIT); AUTO takes it below 50 values a group without ties. Approximate: normal, with
 * continuity and tie correction; p is NaN if all values are equal. */
SV_CHECKED int sv_wilcoxon(sv_test *out, const double *x, size_t nx, const double *y, size_t ny,
                           sv_exactness how, sv_error *err);
/* Wilcoxon's signed ranks of x - y: statistic V, the ranks of positive differences; differences of
 * 0 are left out. Exact up to 200 pairs, ties included; AUTO takes it below 50 pairs without ties
 * or zeros. p is NaN if all differences are 0. */
SV_CHECKED int sv_wilcoxon_signed(sv_test *out, const double *x, const double *y, size_t n,
                                  sv_exactness how, sv_error *err);
/* Kruskal & Wallis: statistic H corrected for ties, chi-square with df1. At least 2 groups. NaN if
 * all values are equal. */
SV_CHECKED int sv_kruskal(sv_test *out, const double *x, const int *group, size_t n, sv_error *err);

/* ---- distributions --------------------------------------------------------------------------- */

/* Kolmogorov & Smirnov, two samples: statistic D. Exact: lattice paths (Hodges 1958), given the ties
 * (Schroeer & Trenkler 1995), up to nx ny = 1e8; AUTO takes it where nx ny < 10000. Approximate:
 * Kolmogorov's limit. */
SV_CHECKED int sv_ks(sv_test *out, const double *x, size_t nx, const double *y, size_t ny,
                     sv_exactness how, sv_error *err);
/* Shapiro & Wilk's W, of 3 to 5000 values (else SV_ELIMIT), p by Royston 1995 (Appl Stat 44:547,
 * AS R94). SV_EDATA if all are equal. */
SV_CHECKED int sv_shapiro(sv_test *out, const double *x, size_t n, sv_error *err);

/* ---- many p-values --------------------------------------------------------------------------- */

typedef enum sv_adjust {
    SV_ADJUST_BONFERRONI, SV_ADJUST_HOLM, SV_ADJUST_HOCHBERG, SV_ADJUST_HOMMEL,
    SV_ADJUST_BH,                 /* Benjamini & Hochberg 1995: false discovery rate              */
    SV_ADJUST_BY,                 /* Benjamini & Yekutieli 2001: the same under any dependence    */
    SV_ADJUSTMENTS
} sv_adjust;

/* "bonferroni", "holm", ...; "?" for another number. */
const char *sv_adjust_name(sv_adjust method);

/* out[i]: p[i] adjusted; may be p itself. NaN stays NaN and does not count as a test. Hommel's takes
 * O(n^2), and at most 20000 p-values (SV_ELIMIT). Fails, out untouched: SV_EINVAL (method),
 * SV_EDATA (a p outside [0, 1]), SV_ENOMEM. */
SV_CHECKED int sv_p_adjust(double *out, const double *p, size_t n, sv_adjust method, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
