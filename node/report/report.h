/* report/report.h - everything that a report says, in plain C, whatever form it takes.
 *
 * Filled by the pipeline; written as a DICOM SR by report/sr_content.c over dicom/sr.h, and as
 * JSON by report/report_json.c. One report speaks of one contour object and one model. */
#ifndef PN_REPORT_H
#define PN_REPORT_H
#include <stdbool.h>
#include <radiomics/extract.h>
#include <config/model.h>
#include "base/error.h"
#include "dicom/header.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One measured region. */
typedef struct pn_report_region {
    int number;                          /* ROI Number or Segment Number               */
    char name[PN_LO_SIZE];
    char code_value[17], code_scheme[17], code_meaning[PN_LO_SIZE]; /* SEG: property type */
    char site_value[17], site_scheme[17], site_meaning[PN_LO_SIZE]; /* SEG: anatomic region or "" */
    char tracking_uid[PN_UID_SIZE];      /* stable over re-processing                   */
    rx_value values[RX_NFEATURES];
    rx_diagnostics diagnostics;
    char note[240];                      /* about the mask; may be ""                   */
} pn_report_region;

/* A survival probability at a horizon. */
typedef struct pn_report_survival { double years, probability; } pn_report_survival;

/* A model feature's part in the score: contribution = coefficient * (value - mean) / sd. */
typedef struct pn_report_driver {
    char name[128];
    double value, z, contribution, percentile;  /* percentile of the training patients  */
} pn_report_driver;

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
    size_t main_region;                  /* the one that the score speaks of             */
    bool matched_by_series;              /* images taken by series, not by the named UIDs */
    /* model and settings */
    char model_id[65], model_version[33], model_title[129], model_sha256[65], endpoint[65];
    bool research_use_only;
    char settings[512];                  /* cfg_extraction_text                          */
    double cutpoint;
    /* eligibility and result */
    bool applicable;                     /* false: no score, group or survival below     */
    char reasons[8][240]; size_t n_reasons;   /* why not, or what to bear in mind        */
    double score;                        /* linear predictor                             */
    bool high_risk;
    pn_report_survival survival[CFG_MAX_HORIZONS]; size_t n_survival;
    pn_report_driver *drivers; size_t n_drivers;  /* owned; largest |contribution| first */
} pn_report;

void pn_report_free(pn_report *r);       /* frees what it owns, zeroes the struct        */

/* Write the Structured Report as a Part 10 file (whole or not at all). The same report gives
 * the same bytes. */
PN_CHECKED int pn_report_write_sr(const pn_report *r, const char *path, pn_error *err);
/* The same content as JSON, for `extract`, `cases show` and tests. Caller frees *out. */
PN_CHECKED int pn_report_to_json(char **out, const pn_report *r, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
