/* pipeline/objects.h - the DICOM objects that tell a report: the segmentation of what was
 * measured, the Structured Report, and the page as picture and document.
 *
 * An archive may refuse some of them, so the report is written in every form that may be needed:
 * as Comprehensive 3D or Comprehensive SR, and referring to our segment or to the contours as
 * they came. Each form has UIDs of its own; all are digests over the report's. */
#ifndef PN_OBJECTS_H
#define PN_OBJECTS_H
#include "pipeline/job.h"
#include "pipeline/measure.h"
#include "report/messages.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_objects_opts {
    bool seg;                          /* only of contours that came as RTSTRUCT          */
    bool picture, pdf;
    const pn_messages *words;          /* of the report's language                        */
} pn_objects_opts;

/* Write the files into the folder and list them in `out`, in the order of sending. The report's
 * own UIDs become those of the form with choice 0. What cannot be made of this case (a SEG of
 * images without a frame of reference, a picture without fonts) is left out, and logged; the
 * report itself must be written. Fails as the writers do. */
PN_CHECKED int pn_objects_write(pn_outcome *out, pn_report *report, const pn_measurement *m,
                                const pn_objects_opts *opts, const char *folder, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
