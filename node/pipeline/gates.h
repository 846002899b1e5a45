/* pipeline/gates.h - is this case what the model was built for? One function for each kind of
 * question; each adds its gates to a result, in the order of pn_gate_kind when they are called in
 * the order in which they stand here, and takes `applicable` away where one fails. */
#ifndef PN_PIPELINE_GATES_H
#define PN_PIPELINE_GATES_H
#include <radiomics/image.h>
#include <config/model.h>
#include "base/error.h"
#include "pipeline/score.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A result of which nothing is known yet: assessed and applicable, all numbers NaN. */
pn_report_result pn_result_start(void);

/* Modality, contrast, thickness, spacings, missing slices (NaN: not known). Contrast is "with"
 * where Contrast/Bolus Agent names one, "without" where it says none, "" where it says nothing:
 * the attribute is required where contrast was given, and often left out all the same. */
PN_CHECKED int pn_gates_images(pn_report_result *to, const cfg_model *model, const pn_study *study,
                               const rx_grid *grid, double missing_slices, pn_error *err);

/* How many contours fit the model, and what the policy makes of it: one passes; several fail,
 * are to bear in mind (the largest was taken), or pass (each is a tumour of its own).
 * unmeasured: those among them that could not be measured, failure: why the first could not.
 * Where the largest or the only one was asked for, that fails; else it is to bear in mind. */
PN_CHECKED int pn_gates_contours(pn_report_result *to, pn_contour_policy policy, size_t n,
                                 size_t unmeasured, const char *failure, pn_error *err);

/* The model's features of the images have values, the region is large enough (voxels NaN: not known).
 * values: one a feature of the model. */
PN_CHECKED int pn_gates_region(pn_report_result *to, const cfg_model *model, double voxels,
                               const double *values, pn_error *err);

/* Every variable of the patient that the model asks for is known: one gate a variable that is not,
 * or one that says that all are. None where the model asks for none. */
PN_CHECKED int pn_gates_variables(pn_report_result *to, const pn_report_variable *variables, size_t n,
                                  pn_error *err);

/* Each feature within those of the training patients (one gate a feature outside, or one that
 * says that all are inside), and the distance from them. Features without a value are passed
 * over. Sets the result's distance. */
PN_CHECKED int pn_gates_training(pn_report_result *to, const cfg_model *model, const double *values,
                                 pn_error *err);

/* The score could not be computed. */
PN_CHECKED int pn_gates_no_score(pn_report_result *to, const char *why, pn_error *err);

/* The gate in English, for tables and logs: "slice_spacing is 7.5, expected 0.5 to 5". */
void pn_gate_text(char *buf, size_t size, const pn_report_gate *gate);

#ifdef __cplusplus
}
#endif
#endif
