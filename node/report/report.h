/* report/report.h - everything that a report says, in plain C, whatever form it takes.
 *
 * Filled by the pipeline; written as a DICOM SR by report/sr_content.c over dicom/sr.h, and as
 * JSON by report/report_json.c. One report speaks of one contour object and one model. */
#ifndef PN_REPORT_H
#define PN_REPORT_H
#include <stdbool.h>
#include <radiomics/extract.h>
#include <config/pyradiomics.h>
#include <config/model.h>
#include "base/error.h"
#include "base/limits.h"
#include "dicom/header.h"
#include "dicom/volume.h"

struct pn_messages;                      /* report/messages.h */

#ifdef __cplusplus
extern "C" {
#endif

/* An interval that holds 95 % of something; NaN: not known. */
typedef struct pn_interval { double low, high; } pn_interval;

/* What a model's intended use is checked for. */
typedef enum pn_gate_kind {
    PN_GATE_MODALITY,
    PN_GATE_CONTRAST,            /* contrast medium: found "with", "without" or "" (not said)  */
    PN_GATE_SLICE_THICKNESS,     /* mm                                                       */
    PN_GATE_SLICE_SPACING,       /* mm, distance of neighbouring slices                      */
    PN_GATE_PIXEL_SPACING,       /* mm, the larger of both                                   */
    PN_GATE_MISSING_SLICES,      /* slices that the contour lies on and that are not there   */
    PN_GATE_CONTOUR_COUNT,       /* contours that fit the model                              */
    PN_GATE_MEASURABLE,          /* regions that could not be measured; found_text: why the first */
    PN_GATE_ROI_VOXELS,          /* voxels in the region                                     */
    PN_GATE_VARIABLE,            /* subject: a variable of the patient that is not known, or "";
                                    found_text: why                                          */
    PN_GATE_FEATURE_RANGE,       /* subject: a feature beyond the training patients', or ""  */
    PN_GATE_DISTANCE,            /* Mahalanobis distance from the training patients' mean    */
    PN_GATE_SCORE,               /* the score could be computed; found_text: why not         */
    PN_NGATE_KINDS
} pn_gate_kind;

/* PASSED: inside. WARNED: to bear in mind, the model applies. FAILED: the model does not apply.
 * UNKNOWN: the model asks for it, and the images do not say; the model applies. */
typedef enum pn_gate_state { PN_GATE_PASSED, PN_GATE_WARNED, PN_GATE_FAILED, PN_GATE_UNKNOWN } pn_gate_state;

/* One gate of the model's intended use. A gate that the model does not set is not listed. */
typedef struct pn_report_gate {
    pn_gate_kind kind;
    pn_gate_state state;
    double found, low, high;     /* NaN: the gate has no such number; +-INFINITY: open end    */
    char subject[128];           /* what it speaks of, a feature's name; "": region or case  */
    char found_text[240], wanted_text[128];     /* "MR", "CT or PT"; "" where numbers tell it */
} pn_report_gate;

/* "modality", "slice_spacing" …, "passed", "failed" …: for JSON and tests. */
const char *pn_gate_kind_word(pn_gate_kind k);
const char *pn_gate_state_word(pn_gate_state s);

/* A survival probability at a horizon, 0 to 1. */
typedef struct pn_report_survival { double years, probability; pn_interval interval; } pn_report_survival;

/* A model feature's part in the score: contribution = coefficient * (value - mean) / sd, or, of
 * networks, the score less that with the feature at the training mean; NaN where there is no score. The percentile is that of the training patients, 0 to 100; the
 * quantiles are theirs at cfg_quantile_p. */
typedef struct pn_report_driver {
    char name[128];
    double value, z, contribution, percentile;
    double quantile[CFG_NQUANTILES];
} pn_report_driver;

/* A feature of the score that is not of the images. */
typedef struct pn_report_variable {
    char name[128];
    cfg_source source;                   /* CFG_SOURCE_PATIENT or CFG_SOURCE_TABLE            */
    double value;                        /* NaN: not known                                   */
    char why[PN_WHY_SIZE];               /* why it is not known, in English; else ""          */
} pn_report_variable;

/* The model's answer for one region. Zeroed: the region was measured and not assessed. */
typedef struct pn_report_result {
    bool assessed;                       /* false: by policy another region is scored        */
    bool applicable;                     /* no gate failed; false: no score, interval, group or
                                            survival below                                   */
    pn_report_gate *gates; size_t n_gates;       /* owned; in the order of pn_gate_kind       */
    double score;                        /* linear predictor or mean of networks, NaN: none  */
    pn_interval score_interval;          /* 95 %, over the model's bootstrap replicates or networks */
    bool high_risk;                      /* score above the cut-point                        */
    double group_agreement;              /* share of the replicates or networks that give the same
                                            group, 0 to 1; NaN: the model has none                    */
    pn_report_survival survival[CFG_MAX_HORIZONS]; size_t n_survival;
    /* One a feature of the model, largest |contribution| first; also where the model does not
     * apply, as far as the features have values. Owned. */
    pn_report_driver *drivers; size_t n_drivers;
    double mahalanobis;                  /* distance from the training mean, NaN: not known  */
    double mahalanobis_percentile;       /* share of training patients that lie nearer, 0 to 100 */
} pn_report_result;

/* One measured region. */
typedef struct pn_report_region {
    int number;                          /* ROI Number or Segment Number               */
    char name[PN_LO_SIZE];
    char code_value[17], code_scheme[17], code_meaning[PN_LO_SIZE]; /* SEG: property type */
    char site_value[17], site_scheme[17], site_meaning[PN_LO_SIZE]; /* SEG: anatomic region or "" */
    char tracking_uid[PN_UID_SIZE];      /* stable over re-processing                   */
    rx_value values[RX_NFEATURES];
    rx_results filtered;                 /* of filtered images, image by image; owned   */
    rx_diagnostics diagnostics;
    char note[240];                      /* about the mask; may be ""                   */
    pn_report_result result;
} pn_report_region;

/* Several contours of one case fit the model: none is scored; the largest (most voxels) is; each
 * is, as a tumour of its own. */
typedef enum pn_contour_policy { PN_CONTOURS_REFUSE, PN_CONTOURS_LARGEST, PN_CONTOURS_EACH } pn_contour_policy;

/* "refuse", "largest", "each"; read: any other word (also "") is refuse, the default. */
const char *pn_contour_policy_word(pn_contour_policy p);
pn_contour_policy pn_contour_policy_read(const char *word);

typedef struct pn_report {
    /* identity of the document; all fixed before computing, so that bytes repeat */
    char sop_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    char content_datetime[15];           /* YYYYMMDDHHMMSS, local                       */
    char predecessor_sop_uid[PN_UID_SIZE], predecessor_series_uid[PN_UID_SIZE]; /* "" : none */
    unsigned version;                    /* 1, 2, …                                     */
    bool comprehensive_3d;
    char institution[65], station_name[17];
    /* what was looked at */
    pn_study study;
    pn_slice *images; size_t n_images;   /* every image used; owned                     */
    pn_kind contour_kind;                /* PN_KIND_RTSTRUCT or PN_KIND_SEG              */
    char contour_sop_class[PN_UID_SIZE], contour_sop_uid[PN_UID_SIZE];
    char contour_series_uid[PN_UID_SIZE], contour_label[PN_LO_SIZE];
    pn_report_region *regions; size_t n_regions;  /* owned; at least one                */
    /* The one that heads the report: the one that is scored; of several the one with the highest
     * score; the largest where none is. */
    size_t main_region;
    pn_contour_policy several_contours;
    bool matched_by_series;              /* images taken by series, not by the named UIDs */
    /* model and settings */
    char model_id[65], model_version[33], model_title[129], model_sha256[65], endpoint[65];
    bool research_use_only;
    char settings[CFG_PYRADIOMICS_TEXT_SIZE];  /* cfg_pyradiomics_text                   */
    double cutpoint;
    double mahalanobis_limit;            /* beyond it the model does not apply; NaN: none */
    /* the model's training, for readers; figures are NaN or 0 where unknown               */
    unsigned training_patients, training_events;
    double c_index, c_index_se;
    unsigned n_replicates;               /* bootstrap models behind the intervals, 0: none */
    unsigned n_networks;                 /* of a committee, 0: the model is none: the interval of the
                                            score is theirs, survival is the group's curve, with its
                                            own limits                                          */
    cfg_figure *performance; size_t n_performance;   /* owned; of the model card                */
    char limitations[CFG_TEXT_SIZE];     /* of the model card, "": not said                    */
    char recipe_name[129], recipe_sha256[65];
    pn_report_variable *variables; size_t n_variables;   /* owned; in the model's order         */
    cfg_km_curve *km; size_t n_km;       /* owned copies; "low", "high"                   */
    /* how it is told */
    char language[9];                    /* of sentences and titles: "en", "de", "zh"; "": en */
    char reasons[8][240]; size_t n_reasons;   /* in English: remarks that no gate makes */
} pn_report;

void pn_report_free(pn_report *r);       /* frees what it owns, zeroes the struct        */

/* The result of the main region: what the report says first. The report has a region. */
const pn_report_result *pn_report_main(const pn_report *r);
pn_report_result *pn_report_main_mut(pn_report *r);
/* What computed this: another model or another version of the software is another device. */
PN_CHECKED int pn_report_device_uid(char uid[PN_UID_SIZE], const pn_report *r, pn_error *err);
/* Regions whose result is applicable. */
size_t pn_report_n_scored(const pn_report *r);

/* In which form a report is written as a Structured Report. A zeroed form is Comprehensive SR
 * that refers to the contours as they came, in the report's own language. */
typedef struct pn_sr_form {
    bool comprehensive_3d;               /* Comprehensive 3D SR, else Comprehensive SR     */
    /* "": the report's own; several forms of one report need several */
    char sop_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    /* true: each group refers to its region in our own SEG, where region i of the report is
     * segment i + 1; else to the segment or the region in space that came. */
    bool refer_to_segment;
    char seg_sop_uid[PN_UID_SIZE], seg_series_uid[PN_UID_SIZE];
    const struct pn_messages *messages;  /* lent; NULL: those of the report's language     */
} pn_sr_form;

/* Write the Structured Report as a Part 10 file (whole or not at all). The same report and form
 * give the same bytes. form NULL: the report's own `comprehensive_3d`, the rest zeroed. */
PN_CHECKED int pn_report_write_sr(const pn_report *r, const pn_sr_form *form, const char *path,
                                  pn_error *err);
/* The same content as JSON, for `extract`, `cases show` and tests. Caller frees *out. */
PN_CHECKED int pn_report_to_json(char **out, const pn_report *r, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
