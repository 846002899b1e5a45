/* config/model.h - the model file, schema versions 1 and 2, as typed C. docs/MODEL.md describes it.
 *
 * One YAML file holds all that the node needs to run a model: what it is for, how to measure,
 * how to score, and the figures that let a reader judge it. */
#ifndef CFG_MODEL_H
#define CFG_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include <config/error.h>
#include <radiomics/pyradiomics.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_MODEL_SCHEMA = 2, CFG_NQUANTILES = 7, CFG_TEXT_SIZE = 512, CFG_MAX_HORIZONS = 8,
       CFG_MAX_MODEL_FEATURES = 512 };
/* The probabilities of the stored training quantiles. */
extern const double cfg_quantile_p[CFG_NQUANTILES];      /* 0 .05 .25 .5 .75 .95 1 */

typedef struct cfg_range { double low, high; } cfg_range;  /* closed; ±INFINITY: open end */

typedef struct cfg_concept {       /* a coded concept, for segments */
    char value[17], scheme[17], meaning[65];
} cfg_concept;

typedef struct cfg_model_feature {
    char name[128];                /* PyRadiomics full name                         */
    double coefficient;            /* of the standardised feature, log hazard ratio */
    double mean, sd;               /* of the training patients                      */
    double quantile[CFG_NQUANTILES];
} cfg_model_feature;

/* A Kaplan-Meier curve of a training group, at its event times. */
typedef struct cfg_km_curve {
    char group[17];
    double *time_days, *survival;
    double *n_risk;
    size_t n;
    unsigned patients, events;
} cfg_km_curve;

typedef struct cfg_model {
    unsigned schema;               /* of the file read; written is always CFG_MODEL_SCHEMA */
    /* identity */
    char id[65];                   /* stable over versions: [a-z0-9-]               */
    char version[33];
    char title[129];
    char description[CFG_TEXT_SIZE];
    bool research_use_only;        /* shown in every report where true              */
    char endpoint[65];             /* "overall survival"                            */
    /* intended_use */
    char modality[8][17]; size_t n_modality;
    char body_part[65];            /* free text; empty: any                         */
    cfg_range slice_spacing_mm, pixel_spacing_mm;
    char contrast[8];              /* contrast medium: any (or ""), with, without   */
    cfg_range slice_thickness_mm;
    double max_missing_slices;     /* named by the contour and not there; INFINITY: any number */
    double max_mahalanobis;        /* distance from the training mean; INFINITY: any */
    size_t min_roi_voxels;
    char **contours; size_t n_contours;      /* name patterns                       */
    cfg_concept *segment_codes; size_t n_segment_codes; /* segmented property type     */
    /* extraction, PyRadiomics' parameter file */
    rx_pyradiomics extraction;
    /* risk */
    cfg_model_feature *features; size_t n_features;
    double cutpoint;               /* high risk where the linear predictor is above */
    /* baseline: cumulative hazard of a patient whose linear predictor is 0,
     * that is whose features all equal the training means */
    double *baseline_time_days, *baseline_cumhaz; size_t n_baseline;
    double horizon_years[CFG_MAX_HORIZONS]; size_t n_horizons;
    /* bootstrap: cfg_model_replicates(m) models fitted to patients drawn again, each row by row */
    size_t bootstrap_seed;
    unsigned bootstrap_drawn;      /* those that could not be fitted are not listed */
    double *boot_coefficient; size_t n_boot_coefficient;  /* [replicates][n_features], as above */
    double *boot_cumhaz; size_t n_boot_cumhaz;            /* [replicates][n_horizons], at the horizons */
    /* training */
    unsigned n_patients, n_events;
    double c_index, c_index_se;    /* on the training patients, apparent             */
    char table_sha256[65];         /* digest of the feature table and clinical table */
    cfg_km_curve *km; size_t n_km; /* "low", "high"                                  */
    double *correlation; size_t n_correlation;   /* of the features, n_features^2, or none */
    /* of the training patients' Mahalanobis distances at cfg_quantile_p, or none */
    double *distance_quantile; size_t n_distance_quantile;
    /* filled on loading: SHA-256 of the file's bytes, hexadecimal */
    char file_sha256[65];
} cfg_model;

/* Bootstrap models in the file; 0: none. */
size_t cfg_model_replicates(const cfg_model *m);

CFG_CHECKED int cfg_model_load(cfg_model *out, const char *path, cfg_error *err);
/* The same from memory; `name` stands in messages. */
CFG_CHECKED int cfg_model_parse(cfg_model *out, const char *bytes, size_t n, const char *name,
                                cfg_error *err);
/* Writes a file that cfg_model_load gives back number for number (17 digits), whole or not
 * at all (temporary name, sync, rename). A model that cfg_model_load would refuse is not
 * written; the message then names the key. */
CFG_CHECKED int cfg_model_save(const cfg_model *m, const char *path, cfg_error *err);
void cfg_model_free(cfg_model *m);

#ifdef __cplusplus
}
#endif
#endif
