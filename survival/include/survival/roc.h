/* survival/roc.h - ROC curves of a marker against labels 0 and 1.
 *
 * A higher marker speaks for label 1. Area by Mann & Whitney, its variance and the paired test by
 * DeLong, DeLong & Clarke-Pearson 1988 (Biometrics 44:837), through mean ranks in O(n log n) (Sun & Xu
 * 2014, IEEE Signal Process Lett 21:1389). Conventions of pROC with direction "<". Under censoring:
 * survival/auc.h. All fail, outputs untouched: SV_EDATA (a marker not finite; a label that is neither
 * 0 nor 1; no row of one label), SV_ELIMIT, SV_ENOMEM. */
#ifndef SV_ROC_H
#define SV_ROC_H

#include <stddef.h>

#include <survival/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_roc_area {
    double auc, variance, lower, upper;   /* DeLong's normal interval, cut to [0, 1]              */
    size_t cases, controls;
} sv_roc_area;

/* At least 2 rows of each label (SV_ETOOSMALL). SV_EINVAL: level outside (0, 1). */
SV_CHECKED int sv_roc_auc(sv_roc_area *out, const double *marker, const int *label, size_t n, double level,
                          sv_error *err);

/* Do two markers of the same patients differ in area? Paired; p is two-sided. z and p are NaN where the
 * difference has no variance (the markers order the patients alike). */
typedef struct sv_roc_difference { double auc1, auc2, difference, se, z, p; } sv_roc_difference;
SV_CHECKED int sv_roc_compare(sv_roc_difference *out, const double *marker1, const double *marker2, const int *label,
                              size_t n, sv_error *err);

/* All cut-points: -infinity, the midpoints between neighbouring distinct markers, infinity; rising.
 * Label 1 is predicted above the threshold. Arrays of n + 1; *k are used. */
SV_CHECKED int sv_roc_points(double *threshold, double *specificity, double *sensitivity, size_t *k,
                             const double *marker, const int *label, size_t n, sv_error *err);

typedef struct sv_roc_cut {
    double threshold, sensitivity, specificity;
    double ppv, npv, accuracy;            /* NaN where nobody is predicted so                     */
} sv_roc_cut;

/* What a threshold does: label 1 is predicted above it. For a threshold frozen elsewhere as well. */
SV_CHECKED int sv_roc_at_threshold(sv_roc_cut *out, double threshold, const double *marker, const int *label, size_t n,
                                   sv_error *err);

/* Youden 1950: the threshold with the largest sensitivity + specificity; of equal ones the lowest. */
SV_CHECKED int sv_roc_youden(sv_roc_cut *out, const double *marker, const int *label, size_t n, sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
