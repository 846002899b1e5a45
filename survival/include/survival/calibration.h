/* survival/calibration.h - does a predicted risk come true? For survival at a time, and for yes or no.
 *
 * Groups of patients with like predictions are compared with what was observed; the bootstrap takes off what
 * a model gains by being judged on the data it was fitted to (Efron 1983; Harrell, Lee & Mark 1996, Stat Med
 * 15:361). Same conventions, and on the same data the same numbers, as groupkm, calibrate, validate and
 * val.prob of R's rms. */
#ifndef SV_CALIBRATION_H
#define SV_CALIBRATION_H

#include <stdint.h>

#include <survival/cox.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_CALIBRATION_MAX_GROUPS ((size_t)1000)

typedef struct sv_calibration_group {
    size_t n, events;     /* events at any time                                                     */
    double predicted;     /* mean predicted survival; NaN for an empty group                        */
    double observed;      /* Kaplan-Meier at u; NaN: fewer than 2 rows, or none watched until u     */
    double std_err;       /* of log(observed)                                                       */
} sv_calibration_group;

/* out[g], ascending: the group k of the g ends with the smallest predicted value at or below which at least
 * a share k/g of the rows lies; equal predictions stay together, so that there may be fewer groups, *n_groups.
 * predicted[s->n]: probability to survive u > 0. Right-censored data without weights, start times, strata.
 * Fails: as sv_surv_check; SV_EINVAL (u, g, weights ...); SV_EDATA (predicted outside 0..1); SV_ENOMEM. */
SV_CHECKED int sv_calibration_groups(sv_calibration_group *out, size_t *n_groups, const double *predicted,
                                     const sv_surv *s, double u, size_t g, sv_error *err);

/* out[n_cuts - 1]: groups cuts[k] <= predicted < cuts[k + 1], the last one closed. cuts: ascending. */
SV_CHECKED int sv_calibration_between(sv_calibration_group *out, const double *predicted, const sv_surv *s,
                                      double u, const double *cuts, size_t n_cuts, sv_error *err);

/* Calibration slope of a linear predictor: the coefficient of a Cox model with lp as its one column. Below 1
 * the predictions are too extreme: overfitting. chisq, p: Wald test of slope 1. */
typedef struct sv_calibration_slope {
    double slope, se;
    double chisq, p;
} sv_calibration_slope;

/* Fails: as sv_cox_fit; SV_EDATA (lp does not vary); SV_ENUMERIC (it separates the events). */
SV_CHECKED int sv_calibration_slope_of(sv_calibration_slope *out, const double *lp, const sv_surv *s, sv_error *err);

typedef enum sv_validation_measure {
    SV_VALID_DXY,         /* 2 C - 1, Harrell's C                                                   */
    SV_VALID_R2,          /* Nagelkerke                                                             */
    SV_VALID_SLOPE,       /* calibration slope                                                      */
    SV_VALID_D,           /* discrimination: (likelihood ratio - 1) / -2 log L(0)                   */
    SV_VALID_U,           /* unreliability: what re-fitting the slope gains, in the same unit       */
    SV_VALID_Q,           /* D - U                                                                  */
    SV_VALID_G,           /* Gini's mean difference of the predictor                                */
    SV_VALID_COUNT
} sv_validation_measure;

/* optimism = training - test over the replicates; corrected = apparent - optimism. */
typedef struct sv_validated {
    double apparent;      /* model and data as given                                                */
    double training;      /* replicates' models on their own rows, mean                             */
    double test;          /* replicates' models on the data as given, mean                          */
    double optimism, corrected;
} sv_validated;

typedef struct sv_calibration_bin {
    sv_calibration_group group;  /* model and data as given                                         */
    double optimism;      /* of observed - predicted                                                */
    double corrected;     /* observed - optimism: the calibration curve to show                     */
    size_t n;             /* replicates in which the group was met                                  */
} sv_calibration_bin;

typedef struct sv_validation_opts {
    size_t replicates;    /* 1..SV_MAX_REPLICATES of bootstrap.h; 200 or more                       */
    uint64_t seed;        /* replicate b draws from sv_rng_stream(seed, b)                          */
    sv_ties ties;
    double horizon;       /* time of the calibration curve; 0: none                                 */
    size_t group_size;    /* rows a group, about; 150                                               */
    void (*progress)(void *context, size_t done, size_t all);
    void *context;
} sv_validation_opts;
#define SV_VALIDATION_OPTS_INIT { .replicates = 200, .seed = 1, .ties = SV_TIES_EFRON, .group_size = 150 }

typedef struct sv_validation {
    sv_validated measure[SV_VALID_COUNT];
    size_t asked, n;      /* replicates; those that could be fitted                                 */
    size_t n_bins;
    sv_calibration_bin *bin;
} sv_validation;

/* Validate the Cox model of all columns of x: what was selected with the outcome must be selected again in
 * each replicate, which this does not do, so give it the columns of a model settled beforehand.
 * out owns its array on success; free with sv_validation_free; untouched on failure. Right-censored data
 * without weights, start times, strata. Fails: as sv_cox_fit; SV_EINVAL (options); SV_ENUMERIC (the model or
 * no replicate could be fitted); SV_ENOMEM. */
SV_CHECKED int sv_cox_validate(sv_validation *out, const sv_matrix *x, const sv_surv *s,
                               const sv_validation_opts *opts, sv_error *err);
void sv_validation_free(sv_validation *v);

/* A probability against yes (1) and no (0). */
typedef struct sv_probability_check {
    double dxy, c;                  /* area under the ROC curve, and 2 c - 1                         */
    double r2, d, d_chisq;          /* of a logistic model re-fitted to logit(p)                     */
    double u, u_chisq, u_p;         /* test of intercept 0 and slope 1 together                      */
    double q;                       /* d - u                                                         */
    double brier;
    double intercept, slope;
    double e_max, e_90, e_avg;      /* |p - smoothed observed|: largest, 90 % quantile, mean         */
    double s_z, s_p;                /* Spiegelhalter 1986                                            */
} sv_probability_check;

/* p[n] between 0 and 1, not equal to them. Fails: SV_EDATA; SV_ENOEVENT (only one class); SV_ENUMERIC (p
 * separates the classes, or does not vary); SV_ELIMIT; SV_ENOMEM. */
SV_CHECKED int sv_probability_check_of(sv_probability_check *out, const double *p, const int *event, size_t n,
                                       sv_error *err);

/* Hosmer & Lemeshow (1980): groups between the type-7 quantiles of p at k/g, the upper one included; g - 2
 * degrees of freedom. rows, observed, expected: [g], or NULL. A model fitted to the same data. */
typedef struct sv_hosmer_lemeshow {
    double chisq, p;
    int df;
} sv_hosmer_lemeshow;
/* Fails: SV_EDATA; SV_EINVAL (g < 3 or > SV_CALIBRATION_MAX_GROUPS); SV_ETOOSMALL (a group is empty); SV_ENOMEM. */
SV_CHECKED int sv_hosmer_lemeshow_test(sv_hosmer_lemeshow *out, double *rows, double *observed, double *expected,
                                       const double *p, const int *event, size_t n, size_t g, sv_error *err);

/* Locally weighted straight lines without robustness steps (Cleveland 1979, JASA 74:829): out[n] at x[n],
 * ascending. Each takes the share `span` of the points that are nearest; points within delta of one that was
 * computed are interpolated (delta 0: none). Fails: SV_EINVAL (span outside 0..1, x not ascending, delta). */
SV_CHECKED int sv_lowess(double *out, const double *x, const double *y, size_t n, double span, double delta,
                         sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
