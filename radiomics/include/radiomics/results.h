/* radiomics/results.h - named values: what an extraction gives beyond one image's fixed table.
 *
 * A name says profile, image, family and feature, and so is unique in a list and never used for
 * values of two profiles: `original_glcm_Contrast` and `wavelet-LLH_firstorder_Mean` are
 * PyRadiomics' names and come from its profile only; the IBSI profile's are made of the
 * feature's tag, its aggregation and the filter (`cm_contrast_3D_avg`), with the IBSI code. */
#ifndef RX_RESULTS_H
#define RX_RESULTS_H
#include <stddef.h>
#include <radiomics/error.h>
#include <radiomics/extract.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RX_NAME_SIZE = 96 };

typedef struct rx_result {
    char name[RX_NAME_SIZE];
    char ibsi_code[5];            /* "ACUI"; empty if IBSI has no such feature               */
    char ibsi_aggregation[5];     /* "ITBB"; empty where the feature has none                */
    rx_value value;
} rx_result;

/* In the order in which they were added. All zero is an empty list. */
typedef struct rx_results {
    rx_result *v;
    size_t n, room;
} rx_results;

/* Append a value. A value that is not finite is kept as NaN and RX_UNDEFINED. codes may be NULL.
 * The name is copied. Fails: RX_ENOMEM; RX_EINVAL if the name does not fit. */
RX_CHECKED int rx_results_add(rx_results *r, const char *name, const char *ibsi_code,
                              const char *ibsi_aggregation, double v, rx_error *err);
/* The result of that name, or NULL. */
const rx_result *rx_results_find(const rx_results *r, const char *name);
/* Forget the values, keep the memory. */
void rx_results_clear(rx_results *r);
void rx_results_free(rx_results *r);

#ifdef __cplusplus
}
#endif
#endif
