/* pipeline/job.h - what the worker hands to a compute process, and what comes back: two small
 * JSON files in the folder of the attempt, so that neither side shares memory with the other.
 *
 *   job.json      written by the worker before it starts the process
 *   seg.dcm, sr.dcm, sr-….dcm, page.dcm, page.pdf.dcm
 *                 the objects, as they will be sent (pipeline/objects.h)
 *   report.json   the report's content for people and tests
 *   outcome.json  written last; without it the attempt did not finish */
#ifndef PN_JOB_H
#define PN_JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"
#include "pipeline/clinical.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PN_JOB_FILE     "job.json"
#define PN_OUTCOME_FILE "outcome.json"
#define PN_SR_FILE      "sr.dcm"
#define PN_REPORT_FILE  "report.json"

typedef struct pn_job_file {
    char path[PN_PATH_SIZE];
    char digest[PN_DIGEST_HEX_SIZE];
} pn_job_file;

typedef struct pn_job {
    int64_t case_id;
    pn_job_file contour;
    pn_job_file *images; size_t n_images;   /* owned */
    int *rois; size_t n_rois;               /* owned */
    char model_path[PN_PATH_SIZE];
    char model_sha256[PN_DIGEST_HEX_SIZE];  /* that its bytes must have, "": any         */
    bool matched_by_series;                 /* none of the named images was there        */
    bool whole_series;                      /* the images are all of their series        */
    bool comprehensive_3d;
    bool seg, picture, pdf;                 /* which objects beside the report             */
    char language[9];                       /* of sentences, "": English                  */
    char messages[PN_PATH_SIZE];            /* own sentences, "": none                    */
    char several_contours[8];               /* "refuse" or "", "largest", "each"          */
    char content_datetime[15];
    unsigned version;
    char predecessor_sop_uid[PN_UID_SIZE], predecessor_series_uid[PN_UID_SIZE];
    char institution[65], station_name[17];
    pn_clinical clinical;                   /* of models that take features from a table; owned */
} pn_job;

PN_CHECKED int pn_job_save(const pn_job *job, const char *folder, pn_error *err);
PN_CHECKED int pn_job_load(pn_job *out, const char *folder, pn_error *err);
void pn_job_free(pn_job *job);

typedef enum pn_object_kind { PN_OBJECT_SEG, PN_OBJECT_SR, PN_OBJECT_SC, PN_OBJECT_PDF } pn_object_kind;
const char *pn_object_kind_word(pn_object_kind k);      /* "seg", "sr", "sc", "pdf" */

enum { PN_MAX_OBJECTS = 8, PN_OBJECT_FILE_SIZE = 32 };

/* One object that the attempt left. Objects are sent by rising kind. Of several SRs that say the
 * same the one with choice 0 is the report; the others, by rising choice, are for archives that
 * do not take it. */
typedef struct pn_object {
    pn_object_kind kind;
    char file[PN_OBJECT_FILE_SIZE];         /* in the folder of the attempt               */
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    unsigned choice;
    bool names_segment;                     /* an SR that refers to the SEG of this list  */
} pn_object;

typedef struct pn_outcome {
    bool reported;                          /* else: failure tells why                   */
    pn_object objects[PN_MAX_OBJECTS]; size_t n_objects;
    pn_error failure;
} pn_outcome;

/* The report itself; the outcome is reported. */
const pn_object *pn_outcome_report(const pn_outcome *o);

PN_CHECKED int pn_outcome_save(const pn_outcome *o, const char *folder, pn_error *err);
/* PN_ENOTFOUND: the process ended without one. Believed is only what lists exactly one report. */
PN_CHECKED int pn_outcome_load(pn_outcome *out, const char *folder, pn_error *err);

/* Do the job whose folder this is: measure, assess, write the files. What goes wrong with the
 * case is an outcome, not an error; an error means that not even that could be written. */
PN_CHECKED int pn_job_run(const char *folder, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
