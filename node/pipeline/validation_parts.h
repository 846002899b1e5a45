/* pipeline/validation_parts.h - the parts of a validation's page. Private to the pages of pipeline/. */
#ifndef PN_PIPELINE_VALIDATION_PARTS_H
#define PN_PIPELINE_VALIDATION_PARTS_H
#include "pipeline/score.h"
#include "pipeline/validation_page.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PN_Z95 1.959963984540054
enum { PN_NUMBER_SIZE = 96 };

/* "0.731", "not known"; "0.731 (0.6 to 0.8)"; "< 0.0001". */
const char *pn_number_text(char out[PN_NUMBER_SIZE], double v, int digits);
const char *pn_interval_text(char out[PN_NUMBER_SIZE], double v, double low, double high, int digits);
const char *pn_p_text(char out[PN_NUMBER_SIZE], double p);

/* Plots (validation_plots.c). */
void pn_put_survival(pn_sheet *s, const pn_validation_content *c);
void pn_put_forest(pn_sheet *s, const pn_forest *f);
void pn_put_horizon(pn_sheet *s, const pn_validation_horizon *h);
void pn_put_time_curves(pn_sheet *s, const pn_validation_content *c);

/* Groups of a clinical column (validation_groups.c). */
void pn_put_column_groups(pn_sheet *s, const pn_column_groups *g);

/* The model and the patients' features (validation_model.c). */
void pn_put_equation(pn_sheet *s, const pn_validation_content *c);
void pn_put_features(pn_sheet *s, const pn_validation_content *c);

/* What checklists ask for (validation_items.c). */
void pn_put_items(pn_sheet *s, const pn_validation_content *c);

#ifdef __cplusplus
}
#endif
#endif
