/* pipeline/compare_page.h - a comparison of two models as a page and as a table. */
#ifndef PN_PIPELINE_COMPARE_PAGE_H
#define PN_PIPELINE_COMPARE_PAGE_H
#include "base/buf.h"
#include "pipeline/compare.h"
#include "plot/sheet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_comparison_names {
    const cfg_model *first, *other;
    const char *cohort;                /* what the patients are                          */
    const char *clinical;              /* the clinical variables, with commas; or ""      */
    const double *limits;              /* of risk categories, as in pn_compare_opts       */
} pn_comparison_names;

/* Page, appended to *out. No patient is named. */
PN_CHECKED int pn_comparison_page(pn_buf *out, pn_sheet_form form, const pn_comparison *c, const pn_comparison_names *names,
                                  pn_error *err);

/* CSV, one number a row: name, horizon_years (empty where there is none), model, other, difference, low, high, p,
 * p_adjusted. Appended to *out. */
PN_CHECKED int pn_comparison_table(pn_buf *out, const pn_comparison *c, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
