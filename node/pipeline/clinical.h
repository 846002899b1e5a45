/* pipeline/clinical.h - what the administrator's table says of a patient.
 *
 * A CSV file (base/csv.h) with a column PatientID, perhaps IssuerOfPatientID, and a column of numbers
 * for each feature that models take from it. A wrong row is a report about another patient: a row
 * counts only where its Patient ID is that of the images byte for byte (blanks round it aside) and
 * the issuers, where both are known, are the same; and where two rows count, none does. */
#ifndef PN_PIPELINE_CLINICAL_H
#define PN_PIPELINE_CLINICAL_H
#include <stddef.h>
#include <config/model.h>
#include "base/csv.h"
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_clinical_value {
    char name[128];                    /* the column                                       */
    double value;                      /* NaN: there is none                               */
    char why[PN_WHY_SIZE];    /* why there is none, ASCII, without a name or ID; else "" */
} pn_clinical_value;

/* Zeroed: nothing was asked of a table. */
typedef struct pn_clinical {
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];   /* whose row was looked for */
    pn_clinical_value *values; size_t n;                          /* owned */
} pn_clinical;

/* The whole table. Fails: as pn_csv_read; PN_EIO (not a regular file), PN_ELIMIT (more than
 * PN_MAX_CLINICAL_BYTES), PN_EFORMAT (no column PatientID). */
PN_CHECKED int pn_clinical_read(pn_csv *out, const char *path, pn_error *err);
/* That it has a column for each feature that the model takes from a table: PN_EFORMAT, naming the
 * first that it lacks. */
PN_CHECKED int pn_clinical_check(const pn_csv *t, const cfg_model *m, pn_error *err);

/* The patient's values, one for each feature that the model takes from a table, in the model's order.
 * What is wrong with the patient's row is told value by value; what is wrong with the table fails as
 * pn_clinical_check. issuer "": not known. Free with pn_clinical_free; *out is untouched on failure. */
PN_CHECKED int pn_clinical_look_up(pn_clinical *out, const pn_csv *t, const cfg_model *m, const char *patient_id,
                                   const char *issuer, pn_error *err);
/* The same from a file that is read for it; nothing where the model takes nothing from a table. */
PN_CHECKED int pn_clinical_of(pn_clinical *out, const char *path, const cfg_model *m, const char *patient_id,
                              const char *issuer, pn_error *err);
void pn_clinical_free(pn_clinical *c);                /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
