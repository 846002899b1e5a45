/* survival/auc.h - time-dependent ROC curves under censoring.
 *
 * Cases had the event by t, controls were still free of it and watched after t (cumulative/dynamic);
 * cases are weighted by 1 / G(T-) of the censoring distribution (Uno et al. 2007, JASA 102:527;
 * Blanche, Dartigues & Jacqmin-Gadda 2013, Stat Med 32:5381). Two markers: survival/compare.h. */
#ifndef SV_AUC_H
#define SV_AUC_H

#include <survival/censoring.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_auc {
    double auc;               /* NaN without a case or without a control                    */
    double se;                /* by the influence function, estimation of G included        */
    size_t cases, controls, censored;
} sv_auc;

/* HIGHER marker means EARLIER event; equal markers count half. O(n log n).
 * Fails: as sv_censoring_fit; SV_EINVAL (t); SV_EDATA (a marker is not finite); SV_ENOMEM. */
SV_CHECKED int sv_auc_at(sv_auc *out, double t, const double *marker, const sv_surv *s, sv_error *err);

/* The ROC curve at t: sensitivity and 1 - specificity of "marker >= cut" for every distinct marker,
 * falling, after a first point (0, 0) with cut INFINITY. Arrays of s->n + 1; *n points are used.
 * Fails: as sv_auc_at; SV_EDATA also without a case or a control. */
SV_CHECKED int sv_roc_at(double *cut, double *sensitivity, double *one_minus_specificity, size_t *n,
                         double t, const double *marker, const sv_surv *s, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
