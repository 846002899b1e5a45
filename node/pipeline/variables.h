/* pipeline/variables.h - the features of a score that are not measured: of the patient, from the
 * header of the images and from the administrator's table. */
#ifndef PN_PIPELINE_VARIABLES_H
#define PN_PIPELINE_VARIABLES_H
#include <config/model.h>
#include "base/csv.h"
#include "base/error.h"
#include "dicom/volume.h"
#include "pipeline/clinical.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A variable as the header of the images has it; NaN, and why (of PN_WHY_SIZE) tells.
 * Age is in years: Patient's Age (0010,1010), or else the whole years from birth to the study's date;
 * where both are there and differ by more than a year it is not known. Sex is 1 (M) or 0 (F), weight
 * in kg up to 700, size in m from 0.2 to 3. */
double pn_patient_variable(char *why, cfg_patient_variable v, const pn_study *study);

/* The same from a cell of a table whose column is a variable: a number, or for PatientSex M, F, 1 or 0.
 * Fails: as pn_csv_number; PN_EFORMAT (another sex). */
PN_CHECKED int pn_variable_cell(double *out, const pn_csv *t, size_t row, size_t column, cfg_source source,
                                const char *name, pn_csv_missing missing, pn_error *err);

/* Fill the report's variables, one for each feature of the model that is not of the images, in the
 * model's order. clinical NULL: no table was asked.
 * Fails: PN_EIDENTITY (the table was asked about another patient than that of the images), PN_ENOMEM. */
PN_CHECKED int pn_variables_gather(pn_report *r, const cfg_model *m, const pn_clinical *clinical, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
