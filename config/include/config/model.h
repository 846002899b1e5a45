/* config/model.h - the model file, schema versions 1 to 3, as typed C. docs/MODEL.md describes it.
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

enum { CFG_MODEL_SCHEMA = 3, CFG_NQUANTILES = 7, CFG_TEXT_SIZE = 512, CFG_MAX_HORIZONS = 8,
       CFG_MAX_MODEL_FEATURES = 512, CFG_MAX_ELM_HIDDEN = 20000, CFG_MAX_ELM_NETWORKS = 1000,
       CFG_MAX_FIGURES = 64, CFG_MAX_MODEL_BYTES = 8 << 20 };
/* The probabilities of the stored training quantiles. */
extern const double cfg_quantile_p[CFG_NQUANTILES];      /* 0 .05 .25 .5 .75 .95 1 */

typedef struct cfg_range { double low, high; } cfg_range;  /* closed; ±INFINITY: open end */

typedef struct cfg_concept {       /* a coded concept, for segments */
    char value[17], scheme[17], meaning[65];
} cfg_concept;

/* Where the value of a feature of the score comes from. */
typedef enum cfg_source {
    CFG_SOURCE_IMAGE,              /* measured: the name is PyRadiomics' full name            */
    CFG_SOURCE_PATIENT,            /* header of the images: the name is a cfg_patient_variable */
    CFG_SOURCE_TABLE,              /* a table beside the node: the name is its column         */
} cfg_source;
const char *cfg_source_word(cfg_source s);          /* "image", "patient", "table" */

typedef enum cfg_patient_variable {
    CFG_PATIENT_AGE,               /* "PatientAge", years                         */
    CFG_PATIENT_SEX,               /* "PatientSex", male 1, female 0              */
    CFG_PATIENT_WEIGHT,            /* "PatientWeight", kg                         */
    CFG_PATIENT_SIZE,              /* "PatientSize", m                            */
    CFG_NPATIENT_VARIABLES
} cfg_patient_variable;
const char *cfg_patient_variable_name(cfg_patient_variable v);
int cfg_patient_variable_find(const char *name);    /* -1: none of them */

typedef struct cfg_model_feature {
    char name[128];                /* as the source has it                          */
    cfg_source source;
    double coefficient;            /* of the standardised feature, log hazard ratio; Cox only */
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

typedef enum cfg_risk_method {
    CFG_RISK_COX,                  /* "cox_cutpoint": a linear predictor            */
    CFG_RISK_ELM,                  /* "elm": a committee of extreme learning machines */
} cfg_risk_method;
const char *cfg_risk_method_word(cfg_risk_method m);

/* A network's input weights follow from its seed (survival/elm.h, sv_elm_restore). */
typedef struct cfg_elm_network {
    unsigned seed;
    double *beta; size_t n_beta;   /* output weights, one a hidden node             */
} cfg_elm_network;

typedef struct cfg_elm {
    size_t hidden;                 /* nodes of each network                         */
    double cost;                   /* ridge parameter of the fit; INFINITY: none, pseudo-inverse */
    cfg_elm_network *networks; size_t n_networks;
} cfg_elm;

/* How good the model is, as found on patients that it was not fitted to. */
typedef struct cfg_figure {
    char name[65];                 /* "C-index", "AUC at 2 years"                   */
    double estimate;
    double low, high;              /* 95 % interval; -INFINITY, INFINITY: not known  */
    char how[161];                 /* "10-fold cross-validation, 20 times"          */
} cfg_figure;

/* The model card: for readers, all of it optional; texts are single lines, "": not said. */
typedef struct cfg_card {
    char authors[CFG_TEXT_SIZE];
    char date[11];                 /* YYYY-MM-DD                                     */
    char cohort[CFG_TEXT_SIZE];    /* whose images, where, when                      */
    char ethics[CFG_TEXT_SIZE];
    char limitations[CFG_TEXT_SIZE];
    char recipe_name[129];
    char recipe_sha256[65];        /* of the recipe's bytes                          */
    cfg_figure *performance; size_t n_performance;
} cfg_card;

typedef struct cfg_model {
    unsigned schema;               /* of the file read; written is 2 where that has all, else 3 */
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
    cfg_risk_method method;
    cfg_model_feature *features; size_t n_features;
    double cutpoint;               /* high risk where the score is above: the linear predictor,
                                      or the mean of the networks' scores            */
    cfg_elm elm;                   /* with CFG_RISK_ELM only; what follows with CFG_RISK_COX only */
    /* baseline: cumulative hazard of a patient whose linear predictor is 0,
     * that is whose features all equal the training means */
    double *baseline_time_days, *baseline_cumhaz; size_t n_baseline;
    double horizon_years[CFG_MAX_HORIZONS]; size_t n_horizons;    /* with any method */
    /* bootstrap: cfg_model_replicates(m) models fitted to patients drawn again, each row by row */
    size_t bootstrap_seed;
    unsigned bootstrap_drawn;      /* those that could not be fitted are not listed */
    double *boot_coefficient; size_t n_boot_coefficient;  /* [replicates][n_features], as above */
    double *boot_cumhaz; size_t n_boot_cumhaz;            /* [replicates][n_horizons], at the horizons */
    /* training */
    unsigned n_patients, n_events;
    double c_index, c_index_se;    /* on the training patients, apparent; NaN with CFG_RISK_ELM,
                                      which fits its training patients whatever they are */
    char table_sha256[65];         /* digest of the feature table and clinical table */
    cfg_km_curve *km; size_t n_km; /* "low", "high"                                  */
    double *correlation; size_t n_correlation;   /* of the features, n_features^2, or none */
    /* of the training patients' Mahalanobis distances at cfg_quantile_p, or none */
    double *distance_quantile; size_t n_distance_quantile;
    cfg_card card;
    /* filled on loading: SHA-256 of the file's bytes, hexadecimal */
    char file_sha256[65];
} cfg_model;

/* Bootstrap models in the file; 0: none. */
size_t cfg_model_replicates(const cfg_model *m);
/* Whether a feature of the score comes from there. */
bool cfg_model_uses(const cfg_model *m, cfg_source source);
/* The Kaplan-Meier curve of a training group ("low", "high"); NULL: none. */
const cfg_km_curve *cfg_model_curve(const cfg_model *m, const char *group);

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
