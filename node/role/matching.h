/* role/matching.h - which images a case is made of, and when it is complete.
 *
 * Pure over the store: no clock, no file, no DICOM. The ladder, first rung that holds:
 *   1. every SOP UID that the contour names for the model's regions is there: ready at once; but
 *      where it names only those that it is drawn on (pn_named_images.drawn_only), the whole
 *      series that they are of, once it is quiet as in 2, or at the give-up time;
 *   2. none of them is there, but images of the one series that it names are: ready by series,
 *      once the fallback time has passed since the case was made and since the series' last
 *      image came (a series still arriving is not taken by its first slices). An archive that
 *      was asked (role/fetcher.h) may have said how many instances the series has: when as many
 *      are there it is taken at once, and until then only at the give-up time;
 *   3. the contour names neither images nor series: the single image series of its study and
 *      frame of reference, after the same time; two of them: failed, both named;
 *   4. else it waits, with "n of m images"; at its give-up time it fails with what is missing.
 * Two images of one UID in use hold the case. What is ready must agree with the contour in
 * patient, study and frame of reference, or fails as an identity conflict; where the contour or
 * the image came with more than one header, a correction may be under way, and the case waits
 * for the rest of it until its give-up time.
 *
 * Versions: a case that is complete takes the place of the earlier ones of its lineage. Those
 * not yet computed are dropped ("superseded by case N"); one that is being computed is waited
 * for; the newest with a report is the predecessor, and this is the next version of it. A case
 * that a later one has overtaken is dropped itself. Until the later one is complete, the
 * earlier ones go on. */
#ifndef PN_MATCHING_H
#define PN_MATCHING_H
#include "base/error.h"
#include "dicom/header.h"
#include "queue/store.h"

/* The ladder without identity. facts.series_* speak of c->series_uid. */
void pn_match_decide(pn_match_decision *out, const pn_case *c, const pn_match_facts *facts,
                     int64_t now_ms);

/* Look up the facts, decide, check identity where it is ready, record. *out: what was recorded. */
PN_CHECKED int pn_match_case(pn_match_decision *out, pn_store *s, const pn_case *c,
                             int64_t now_ms, pn_error *err);

#endif
