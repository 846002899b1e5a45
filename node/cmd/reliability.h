/* cmd/reliability.h - the parts of `prognode reliability`: repeated measurements, from tables or
 * made by perturbation, and what they say of each feature. */
#ifndef PN_RELIABILITY_H
#define PN_RELIABILITY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <survival/icc.h>
#include "base/error.h"

enum { RL_MAX_TABLES = 64, RL_MAX_REPETITIONS = 1000, RL_MAX_IDS = 8 };

typedef struct rl_options {
    const char *const *tables; size_t n_tables;
    char *ids[RL_MAX_IDS]; size_t n_ids;      /* columns that identify a row; 0: found            */
    char *only[RL_MAX_IDS]; size_t n_only;    /* columns that begin so are features; 0: all        */
    bool perturb;                             /* `tables` are DICOM files and folders to perturb  */
    const char *cases;                        /* ... or the batch file                            */
    char *rois[RL_MAX_IDS]; size_t n_rois;    /* patterns of regions' names                       */
    bool suv;
    bool ibsi;                                /* the ibsi profile, not pyradiomics                 */
    const char *params;                       /* its settings file; NULL: defaults                  */
    size_t repetitions;
    uint64_t seed;
    double rotate, shift, noise, volume;      /* largest angle, part of a voxel, noise levels, share */
    bool contour;
    const char *output, *keep;
    int form;                                 /* 1 to 3; 0: 2 for tables, 1 for perturbations      */
    bool of_mean;                             /* of the mean of all repetitions                    */
    double level, threshold, correlation;
    bool quiet;
} rl_options;

/* n subjects measured k times; v[(f * n + i) * k + j] is feature f of subject i in repetition j,
 * NaN where it is missing. */
typedef struct rl_study {
    size_t n, k, p;
    char **feature;
    double *v;
    size_t left_out;                          /* subjects that could not be used                  */
} rl_study;
void rl_study_free(rl_study *s);

/* One subject for each row that stands in every table. */
PN_CHECKED int rl_read_tables(rl_study *out, const rl_options *o, pn_error *err);
/* One subject for each region, measured on perturbed images. */
PN_CHECKED int rl_perturb(rl_study *out, const rl_options *o, pn_error *err);

typedef struct rl_verdict {
    sv_icc icc;
    double ccc;                               /* of two repetitions; else NaN                      */
    size_t n;                                 /* subjects without a missing value                  */
    bool reliable;                            /* the interval's lower end reaches the threshold    */
    bool redundant;                           /* reliable, but says what another one says          */
    size_t with;                              /* ... which                                         */
} rl_verdict;

/* One verdict a feature; the caller frees *out. */
PN_CHECKED int rl_assess(rl_verdict **out, const rl_study *s, sv_icc_form form, const rl_options *o,
                         pn_error *err);
PN_CHECKED int rl_write(const rl_study *s, const rl_verdict *v, sv_icc_form form, const rl_options *o,
                        pn_error *err);

#endif
