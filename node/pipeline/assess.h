/* pipeline/assess.h - from measured regions and a model to a report. */
#ifndef PN_ASSESS_H
#define PN_ASSESS_H
#include <config/model.h>
#include "base/error.h"
#include "pipeline/clinical.h"
#include "pipeline/measure.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the report needs beside the measurement. Digests are of the objects' stored bytes. */
typedef struct pn_assess_opts {
    char content_datetime[15];
    unsigned version;
    char predecessor_sop_uid[PN_UID_SIZE], predecessor_series_uid[PN_UID_SIZE];
    bool comprehensive_3d;
    bool matched_by_series;
    pn_contour_policy several_contours;
    char institution[65], station_name[17];
    char language[9];                    /* of the report's sentences; "": English */
    const pn_clinical *clinical;         /* the patient's row of the table; NULL: none was asked */
    const char *contour_digest;
    const char *const *image_digests;    /* any order */
    size_t n_images;
} pn_assess_opts;

/* Build the report: regions, eligibility by the model's own gates, and, where the model
 * applies, score, group and survival. Which regions are scored where several were measured:
 * none (refuse), the one with the most voxels (largest), or all, each as a tumour of its own
 * (each); report.h says which one is the main one. Fails where no region could be measured (the first
 * region's failure is told), and with PN_EIDENTITY where the table's row is another patient's. The
 * report's UIDs are digests over inputs, model, settings,
 * software version and predecessor, so that computing again gives the same document. */
PN_CHECKED int pn_assess(pn_report *out, const pn_measurement *m, const cfg_model *model,
                         const pn_assess_opts *opts, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
