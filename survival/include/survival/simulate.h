/* survival/simulate.h - artificial cohorts whose truth is known: to try the tools, and to test them.
 *
 * A population holds what its cohorts share: the expression of four subpopulations of tumour cells with their
 * marker genes, blocks of correlated image features, and log hazard ratios. Cohorts are drawn from it: shares of
 * the subpopulations, expression X = S A' with noise, features, clinical variables and follow-up. The defaults
 * resemble the radiogenomic cohorts of Zhong et al. 2022 (J Transl Med 20:574).
 *
 *   shares     Dirichlet; of sum 1 a patient
 *   expression x(g, i) = c_g sum_k S(g, k) a(i, k) exp(gene_noise e - gene_noise^2 / 2), e standard normal, c_g of
 *              the array
 *   features   z = sqrt(icc) (r core + sqrt(1 - r^2) e) + sqrt(1 - icc) e', core of the feature's block; variance 1
 *   hazard     proportional: H(t) = (t / scale)^shape exp(lp), lp = sum of log hazard ratios times z of the driver
 *              features, standardised shares, and clinical covariates. z is that of the first measurement, so that
 *              a Cox model of the columns as they stand is the true model
 *   censoring  Weibull, apart from everything else
 *
 * Pure arithmetic on sv_rng_stream: patient i of cohort `number` is the same whatever the size of the cohort. */
#ifndef SV_SIMULATE_H
#define SV_SIMULATE_H

#include <stdint.h>

#include <survival/enrich.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_SIM_SUBCLONES 4u
#define SV_SIM_DECOYS 16u                      /* gene sets that mean nothing: any genes                */
#define SV_SIM_MAX_GENES ((size_t)50000)
#define SV_SIM_MAX_FEATURES ((size_t)5000)
#define SV_SIM_MAX_PATIENTS ((size_t)1000000)
#define SV_SIM_MAX_CELLS ((size_t)1 << 28)     /* of a table of expression or of features               */

/* Covariates with a log hazard ratio, as sv_sim_clinical gives them. */
typedef enum sv_sim_covariate {
    SV_SIM_AGE,          /* (age - 60 years) / 12 years                                                 */
    SV_SIM_MALE,         /* 0 or 1, as those below                                                      */
    SV_SIM_LATE_STAGE,   /* TNM III or IV                                                               */
    SV_SIM_HIGH_CEA,     /* at least 5 ng/ml                                                            */
    SV_SIM_LOW_GRADE,    /* lowly differentiated                                                        */
    SV_SIM_COVARIATES
} sv_sim_covariate;

typedef struct sv_sim_opts {
    uint64_t seed;
    size_t genes;                            /* 0: no expression; else 8 times `markers` or more         */
    size_t markers;                          /* genes of each subpopulation that the others hardly have  */
    double leak;                             /* what the others have of them at most, 0..1               */
    double share[SV_SIM_SUBCLONES];          /* mean shares, > 0, of sum 1                               */
    double share_weight;                     /* sum of the Dirichlet parameters: higher, patients are more alike */
    double gene_noise;                       /* standard deviation of log expression round the mixture   */
    size_t features, block;                  /* features; how many in a row share a core                 */
    size_t drivers;                          /* the first features of the first so many blocks have an effect */
    double copy;                             /* r of the second and third feature of a block; of others 0.6 */
    double link;                             /* correlation of linked cores with a share, 0..0.95        */
    double driver_log_hr;                    /* per standard deviation; its sign changes from driver to driver */
    double share_log_hr[SV_SIM_SUBCLONES];   /* per standard deviation of the share                      */
    double clinical_log_hr[SV_SIM_COVARIATES];
    double shape;                            /* of the Weibull hazard; 1: constant                       */
} sv_sim_opts;
#define SV_SIM_OPTS_INIT \
    { .seed = 1, .genes = 2000, .markers = 60, .leak = 0.02, .share = { 0.26, 0.49, 0.2144, 0.0356 }, \
      .share_weight = 6, .gene_noise = 0.1, .features = 100, .block = 5, .drivers = 6, .copy = 0.95, .link = 0.6, \
      .driver_log_hr = 0.35, .share_log_hr = { 0, 0, -0.3, 0.3 }, .clinical_log_hr = { 0.1, 0.1, 0.7, 0.4, 0.3 }, \
      .shape = 1 }

typedef struct sv_sim_feature {
    size_t block;                /* its block                                                           */
    double loading;              /* r: correlation of the true value with the block's core              */
    double icc;                  /* share of the variance of a measurement that is the true value's     */
    double mean, sd;             /* of the column: mean + sd z                                          */
    double log_hr;               /* per standard deviation; 0 unless a driver                           */
} sv_sim_feature;

typedef struct sv_sim {
    sv_sim_opts opts;
    double share_mean[SV_SIM_SUBCLONES], share_sd[SV_SIM_SUBCLONES];
    double *profile;             /* [genes * 4] expression of each subpopulation, row-major: S          */
    int *marker;                 /* [genes] 1..4, or 0                                                  */
    sv_gene_sets sets;           /* 4: 4/5 of the markers of each and 1/5 other genes; then the decoys  */
    size_t *set_start;           /* what `sets` looks at                                                */
    uint32_t *set_gene;
    size_t blocks;
    int *link;                   /* [blocks] 1..4: to which share its core is linked, negative: against
                                    it; 0: to none. Drivers: 4 and 3 in turn, so that what is bad for
                                    the patient goes together; the two blocks after them: 1 and 2        */
    sv_sim_feature *feature;     /* [features]                                                          */
} sv_sim;

/* Make a population. out owns its arrays on success; free with sv_sim_free; untouched on failure.
 * Fails: SV_EINVAL (an option; names it), SV_ELIMIT, SV_ENOMEM. */
SV_CHECKED int sv_sim_make(sv_sim *out, const sv_sim_opts *opts, sv_error *err);
void sv_sim_free(sv_sim *sim);

/* What a cohort is like. */
typedef struct sv_sim_spec {
    size_t n;
    uint32_t number;             /* of the cohort: another number, other patients                        */
    bool expression, features;   /* what was measured                                                    */
    double male, cea, low_grade; /* shares of the patients, 0..1                                         */
    double stage[4];             /* shares of TNM I..IV, of sum 1                                        */
    double event_share;          /* expected share with an event, 0.01..0.99                             */
    double follow_up_mean, follow_up_sd;  /* of the time until event or censoring, months                */
    double feature_shift;        /* centre: features times exp(shift e / 2) plus shift e' standard deviations */
    double gene_shift;           /* array: c_g = exp(gene_shift e)                                       */
} sv_sim_spec;
#define SV_SIM_SPEC_INIT \
    { .n = 236, .number = 1, .expression = true, .features = true, .male = 0.57, .cea = 0.55, .low_grade = 0.2, \
      .stage = { 0.1, 0.28, 0.27, 0.35 }, .event_share = 0.335, .follow_up_mean = 37.5, .follow_up_sd = 26.7 }

/* Baseline hazard and censoring that give a cohort its events and follow-up. */
typedef struct sv_sim_follow {
    double scale;                           /* of H(t) at lp = 0, months                              */
    double censoring_shape, censoring_scale;  /* P(not censored by t) = exp(-(t / scale)^shape)       */
} sv_sim_follow;

/* Found on 8,192 patients that are in no cohort: share of events and mean follow-up are met in their expectation, its
 * standard deviation as nearly as censoring shapes from 0.5 to 12 allow. Fails: SV_EINVAL (spec; names what). */
SV_CHECKED int sv_sim_calibrate(sv_sim_follow *out, const sv_sim *sim, const sv_sim_spec *spec, sv_error *err);

typedef struct sv_sim_cohort {
    size_t n;
    double *share;               /* [n * 4]                                                             */
    double *expression;          /* [genes * n] a row a gene; NULL if not measured                      */
    double *feature, *again;     /* [n * features] measured, and measured again; NULL if not            */
    double *lp;                  /* [n] log hazard against one whose covariates are all 0               */
    double *age, *cea;           /* [n] years; ng/ml                                                    */
    int *male, *stage, *grade;   /* [n] 0, 1; 1..4; 1 low, 2 middle, 3 high                             */
    double *time;                /* [n] months                                                          */
    int *event;                  /* [n]                                                                 */
} sv_sim_cohort;

/* Draw the patients. out owns its arrays on success; free with sv_sim_cohort_free; untouched on failure.
 * Fails: SV_EINVAL (spec; names what), SV_ELIMIT, SV_ENOMEM. */
SV_CHECKED int sv_sim_draw(sv_sim_cohort *out, const sv_sim *sim, const sv_sim_spec *spec, const sv_sim_follow *follow,
                           sv_error *err);
void sv_sim_cohort_free(sv_sim_cohort *c);

/* The clinical covariates of patient i, coded as their log hazard ratios expect. */
void sv_sim_clinical(double out[SV_SIM_COVARIATES], const sv_sim_cohort *c, size_t i);
/* Share k (from 0) of patient i, standardised by the population's mean and standard deviation. */
double sv_sim_share_z(const sv_sim *sim, const sv_sim_cohort *c, size_t i, size_t k);

#ifdef __cplusplus
}
#endif
#endif
