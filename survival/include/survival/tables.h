/* survival/tables.h - tests of counts: contingency tables, proportions, rates.
 *
 * The conventions are those of R's stats package (chisq.test, fisher.test, mcnemar.test,
 * mantelhaen.test, prop.trend.test, binom.test, poisson.test), two-sided. Tables are counts, row
 * after row. Every function leaves *out untouched when it fails: SV_ETOOSMALL (fewer rows, columns
 * or strata than needed), SV_EDATA (a row or column without any count, where that matters; the
 * message names it), SV_ELIMIT (more than SV_TABLE_MAX counts in all), SV_EINVAL (level), SV_ENOMEM. */
#ifndef SV_TABLES_H
#define SV_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <survival/tests.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_TABLE_MAX ((size_t)10000000)

typedef struct sv_table {
    const size_t *count;          /* [rows][cols]                                                  */
    size_t rows, cols;
} sv_table;

/* Pearson's chi-square of independence. yates: the continuity correction, which is for 2 x 2 tables
 * only and never larger than the deviation. *least (or NULL): the smallest expected count; below 5
 * the approximation is poor. */
SV_CHECKED int sv_chisq_table(sv_test *out, double *least, const sv_table *t, bool yates, sv_error *err);

/* Fisher's exact test of a 2 x 2 table: p sums the tables that are no more likely than this one.
 * estimate: the conditional maximum likelihood odds ratio, with its exact interval; 0 or infinite
 * where the table is extreme. */
SV_CHECKED int sv_fisher_2x2(sv_test *out, const size_t count[4], double level, sv_error *err);

/* Fisher's (Freeman & Halton's) exact test of any table, by going through the tables with these
 * margins; SV_ELIMIT where there are too many (about 3e7 steps): simulate then. */
SV_CHECKED int sv_fisher_table(double *p, const sv_table *t, sv_error *err);
/* The same p from `draws` random tables, (1 + those as unlikely) / (1 + draws); seed as sv_rng_stream. */
SV_CHECKED int sv_fisher_simulate(double *p, const sv_table *t, size_t draws, uint64_t seed, sv_error *err);

/* McNemar's (Bowker's) test of symmetry of a square table; corrected: continuity, for 2 x 2 only. NaN
 * where all off-diagonal counts are 0. Exact for 2 x 2: sv_binomial(b, b + c, 1/2). */
SV_CHECKED int sv_mcnemar(sv_test *out, const sv_table *t, bool corrected, sv_error *err);

/* Cochran, Mantel & Haenszel over strata of 2 x 2 tables, count[stratum][4]. estimate: the common odds
 * ratio (Mantel & Haenszel), interval by Robins, Breslow & Greenland 1986. Strata with fewer than 2
 * counts say nothing and are passed over. NaN where no stratum varies. */
SV_CHECKED int sv_cmh(sv_test *out, const size_t *count, size_t strata, bool corrected, double level,
                      sv_error *err);

/* Chi-square for trend in k >= 2 proportions, events[i] of n[i] > 0 at score[i]. NaN without or with
 * only events. SV_EDATA also for events beyond n and scores that are all equal. */
SV_CHECKED int sv_trend(sv_test *out, const size_t *events, const size_t *n, const double *score, size_t k,
                        sv_error *err);

/* x of n trials against the probability p0: p sums the outcomes that are no more likely. estimate x/n,
 * interval by Clopper & Pearson. SV_EINVAL also: x > n, n = 0, p0 outside [0, 1]. */
SV_CHECKED int sv_binomial(sv_test *out, size_t x, size_t n, double p0, double level, sv_error *err);

/* x events in an exposure against the rate r0 > 0, in the same way; estimate: x / exposure, interval
 * by the chi-square distribution (Garwood 1936). At most 20000 events (SV_ELIMIT). */
SV_CHECKED int sv_poisson(sv_test *out, size_t x, double exposure, double r0, double level, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
