/* pipeline/validation_page.h - a validation as a page or document, and as tables. */
#ifndef PN_PIPELINE_VALIDATION_PAGE_H
#define PN_PIPELINE_VALIDATION_PAGE_H
#include "base/buf.h"
#include "pipeline/column_groups.h"
#include "pipeline/hazard_ratios.h"
#include "pipeline/time_curves.h"
#include "pipeline/train_data.h"
#include "pipeline/validate.h"
#include "plot/sheet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What there is to show; all borrowed. */
typedef struct pn_validation_content {
    const pn_validation *v;
    const cfg_model *m;
    const pn_train_data *d;            /* that v is of                                    */
    const pn_time_curves *curves;
    const pn_forest *forest;
    const pn_column_groups *groups;    /* of a clinical column; NULL: none                */
    const char *cohort;                /* who the patients are, in the page's words       */
} pn_validation_content;

/* One HTML file that needs nothing else, or a PDF document with the same: numbers, Kaplan-Meier curves with the
 * numbers at risk, hazard ratios, and for each horizon ROC curve, calibration and decision curve; AUC and Brier
 * score over time; the model's equation and nomogram; the patients' features; what TRIPOD and the radiomics
 * quality score ask for, as far as the files tell it. No patient is named. Appends to *out. */
PN_CHECKED int pn_validation_page(pn_buf *out, pn_sheet_form form, const pn_validation_content *c, pn_error *err);

/* CSV, one number a row: name, horizon_years (empty where there is none), value, low, high, p. */
PN_CHECKED int pn_validation_table(pn_buf *out, const pn_validation_content *c, pn_error *err);

/* CSV, one point of a plot a row: plot, series, horizon_years, x, y, low, high. */
PN_CHECKED int pn_validation_points(pn_buf *out, const pn_validation_content *c, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
