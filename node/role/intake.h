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
 * makes nothing. *n_made: how many are new.
 *
 * The lineage of a case is its study, image series (or frame of reference, where the contour
 * names no series), the names of its regions, its model, and whether it is an RTSTRUCT or a SEG
 * (one is often a copy of the other, and neither replaces it). A contour whose structure set (or
 * content) date and time is earlier than that of the lineage's newest case makes a case that is
 * `not_applicable`: it has been replaced before it came. */
PN_CHECKED int pn_intake_contour(size_t *n_made, pn_intake *in, pn_store *s, const pn_header *h,
                                 const char *digest, int64_t now_ms, pn_error *err);

/* Make another case of the contour of `old`, for a model given by its id: the operator's rerun,
 * or images that came late or corrected. It is matched like any other and becomes the next
 * version. Fails: PN_ECONFIG (no such model), PN_EINVAL (a later case of its lineage has taken
 * its place; the model wants none of the regions), PN_ENOTFOUND (the contour). */
PN_CHECKED int pn_intake_again(int64_t *id, pn_intake *in, pn_store *s, const pn_case *old,
                               const char *model_id, int64_t now_ms, pn_error *err);

/* The case of a contour and a model as intake would make it, regions and lineage included, in
 * state received. *n_rois 0: the model does not want it. */
PN_CHECKED int pn_intake_describe(pn_case *out, size_t *n_rois, const pn_intake *in, size_t model,
                                  const pn_header *h, const char *digest, int64_t now_ms,
                                  pn_error *err);

#endif
