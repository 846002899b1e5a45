/* planted.h - the campaign of planted truth: does the library find, in cohort after cohort, what was put there?
 *
 * Each part draws cohorts whose truth is known and tells, a line a figure, how often intervals hold it, whether
 * p-values under the null are even, what selection finds. `cohorts` scales all parts: 12 in CI, 200 and more by hand.
 * Seeds are fixed: the same numbers each time. */
#ifndef PLANTED_H
#define PLANTED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <survival/rng.h>
#include <survival/simulate.h>

typedef struct report {
    size_t cohorts;
    uint64_t seed;
    size_t figures, wrong;
} report;

/* A call that must succeed; a failure ends the program with the message. */
#define MUST(call)                                                                    \
    do {                                                                              \
        if ((call) != SV_OK) {                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.msg);              \
            exit(2);                                                                  \
        }                                                                             \
    } while (0)

/* Memory for n values, or the end. */
void *room(size_t n, size_t size);
#define ROOM(type, n) ((type *)room((n), sizeof(type)))

/* 95 % intervals: hits of n held the truth. Demanded: 91 to 98 %; a figure outside is wrong where intervals that hold
 * in 95 % would give as few or as many in less than 1 run of 100. */
void tell_coverage(report *r, const char *name, size_t hits, size_t n);
/* p-values under the null. Demanded: even by Kolmogorov and Smirnov, p above 0.01. */
void tell_even(report *r, const char *name, const double *p, size_t n);
/* p-values that are bounds or of few values. Demanded: no more than 5 % below 0.05, beyond chance (1 in 100). */
void tell_not_too_small(report *r, const char *name, const double *p, size_t n);
/* A figure with its bounds; NAN for a bound: none. */
void tell_within(report *r, const char *name, double value, double low, double high);
/* A figure to know, nothing demanded. */
void tell(const char *name, double value);

/* ---- cohorts ------------------------------------------------------------------------------------------------ */

enum { DRIVERS = 6, TRUE_COLUMNS = DRIVERS + 3 + SV_SIM_COVARIATES };

/* Without expression; as many features as asked, six of them drivers. */
sv_sim population(const report *r, size_t features, size_t block);
/* x[n * TRUE_COLUMNS]: drivers, shares of 2, 3 and 4, clinical covariates, as the hazard takes them;
 * log_hr[TRUE_COLUMNS] or NULL. */
void true_columns(double *x, double *log_hr, const sv_sim *sim, const sv_sim_cohort *c);

/* ---- parts -------------------------------------------------------------------------------------------------- */

void planted_cox(report *r);        /* intervals of coefficients, and figures on new patients         */
void planted_validation(report *r); /* optimism, intervals of C by the bootstrap                      */
void planted_selection(report *r);
void planted_null_survival(report *r);
void planted_null_groups(report *r);
void planted_null_judging(report *r); /* tests that judge predictions                                 */
void planted_curves(report *r);     /* Kaplan-Meier, cumulative incidence, Fine-Gray, Gray             */
void planted_subclones(report *r);  /* mixtures, enrichment, repeated measurements                     */

#endif
