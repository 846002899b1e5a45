/* pipeline/validation_page.h - a validation as a page and as a table. */
#ifndef PN_PIPELINE_VALIDATION_PAGE_H
#define PN_PIPELINE_VALIDATION_PAGE_H
#include "base/buf.h"
#include "pipeline/validate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One HTML file that needs nothing else: numbers, Kaplan-Meier curves with the numbers at risk, and for each
 * horizon ROC curve, calibration and decision curve. cohort: what the patients are, in the page's words.
 * No patient is named. Appends to *out. */
PN_CHECKED int pn_validation_page(pn_buf *out, const pn_validation *v, const cfg_model *m, const char *cohort,
                                  pn_error *err);

/* CSV, one number a row: name, horizon_years (empty where there is none), value, low, high, p. */
PN_CHECKED int pn_validation_table(pn_buf *out, const pn_validation *v, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
