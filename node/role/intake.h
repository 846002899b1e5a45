/* role/intake.h - from a contour object to its cases: one for each model that wants it. */
#ifndef PN_INTAKE_H
#define PN_INTAKE_H
#include <config/model.h>
#include <config/node.h>
#include "base/error.h"
#include "dicom/header.h"
#include "queue/store.h"

typedef struct pn_intake {
    const cfg_node *cfg;       /* lent: must outlive this                                    */
    cfg_model *models;         /* as cfg->models, in order                                   */
} pn_intake;

/* Load the configured models. Fails: PN_ECONFIG. */
PN_CHECKED int pn_intake_open(pn_intake *out, const cfg_node *cfg, pn_error *err);
void pn_intake_close(pn_intake *in);

/* What the catalogue keeps of a header. header_json is lent by the caller, NULL for images. */
void pn_intake_instance(pn_instance *out, const pn_header *h, const char *digest, uint64_t size,
                        int64_t received_ms);

/* Make the cases of a contour object (PN_KIND_RTSTRUCT or PN_KIND_SEG): one for each model with
 * a matching region, or one `not_applicable` that names the regions there are. Doing it again
 * makes nothing. *n_made: how many are new. */
PN_CHECKED int pn_intake_contour(size_t *n_made, pn_intake *in, pn_store *s, const pn_header *h,
                                 const char *digest, int64_t now_ms, pn_error *err);

#endif
