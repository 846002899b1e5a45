/* radiomics/src/ibsi_families.h - the feature families of the `ibsi` profile that are not texture. */
#ifndef RX_IBSI_FAMILIES_H
#define RX_IBSI_FAMILIES_H
#include <radiomics/ibsi.h>
#include "roi.h"
#include "workspace.h"

/* What features are made of: both masks in the box of the morphological one. */
typedef struct rx_ibsi_case {
    const rx_ibsi_prepared *p;
    rx_roi roi;                   /* the morphological mask; roi.values is NULL               */
    const double *sorted;         /* the intensity mask's intensities, ascending (ws->voxels) */
    size_t n;                     /* how many                                                 */
    double mean;                  /* of them                                                  */
    const rx_ibsi *settings;
} rx_ibsi_case;

/* Where the features go. */
typedef struct rx_ibsi_sink {
    rx_results *results;
    const char *suffix;           /* behind every name                                        */
} rx_ibsi_sink;

typedef struct rx_ibsi_feature { const char *tag, *code; } rx_ibsi_feature;

/* Append n values under their tags. */
RX_CHECKED int rx_ibsi_add(const rx_ibsi_sink *sink, const rx_ibsi_feature *f, const double *v, size_t n,
                           rx_error *err);

/* The intensity mask within the morphological box: row (j, k) of the box. */
static inline const uint8_t *rx_ibsi_mask_row(const rx_ibsi_case *c, size_t j, size_t k)
{
    const size_t *dim = c->p->intensity.grid.dim;
    return c->p->intensity.voxels + ((k + c->roi.min[2]) * dim[1] + j + c->roi.min[1]) * dim[0] + c->roi.min[0];
}

static inline const double *rx_ibsi_value_row(const rx_ibsi_case *c, size_t j, size_t k)
{
    const size_t *dim = c->p->image.grid.dim;
    return c->p->image.voxels + ((k + c->roi.min[2]) * dim[1] + j + c->roi.min[1]) * dim[0] + c->roi.min[0];
}

/* ibsi_case.c: crop to the morphological mask, sort the intensities. */
RX_CHECKED int rx_ibsi_case_make(rx_ibsi_case *c, const rx_ibsi_prepared *p, const rx_ibsi *s,
                                 rx_workspace *ws, rx_error *err);

/* ibsi_levels.c: IBSI 2.7. origin and size of the bins; NaN without bins. */
typedef struct rx_ibsi_scale { rx_ibsi_binning by; double origin, size, range; unsigned number; } rx_ibsi_scale;
rx_ibsi_scale rx_ibsi_scale_of(const rx_ibsi_case *c, const rx_ibsi_bins *bins);
/* Level of an intensity; 0 if it has none (below the origin, beyond the limit, no whole number
 * where there are no bins). */
unsigned rx_ibsi_level(const rx_ibsi_scale *scale, double x);
RX_CHECKED int rx_ibsi_levels(rx_levels *l, const rx_ibsi_case *c, const rx_ibsi_scale *scale, size_t pad,
                              rx_workspace *ws, rx_error *err);

/* The families. */
RX_CHECKED int rx_ibsi_morphology(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_workspace *ws,
                                  rx_error *err);
RX_CHECKED int rx_ibsi_local(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err);
RX_CHECKED int rx_ibsi_statistics(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err);
RX_CHECKED int rx_ibsi_histogram(const rx_ibsi_sink *out, const rx_levels *l, rx_workspace *ws,
                                 rx_error *err);
RX_CHECKED int rx_ibsi_ivh(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err);

#endif
