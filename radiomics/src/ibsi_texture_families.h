/* radiomics/src/ibsi_texture_families.h - the texture families of the `ibsi` profile. */
#ifndef RX_IBSI_TEXTURE_FAMILIES_H
#define RX_IBSI_TEXTURE_FAMILIES_H
#include "ibsi_texture.h"

typedef struct rx_texture_case {
    const rx_levels *levels;
    const rx_roi *roi;
    const rx_ibsi_texture_settings *settings;
    const char *suffix;
    rx_results *out;
} rx_texture_case;

/* A feature as IBSI's tables name it, and which of a kernel's values it is. */
typedef struct rx_texture_feature { const char *tag, *code; int from; } rx_texture_feature;

/* Append n features of an aggregation (one of RX_IBSI_2D_AVG ...). value[] is a kernel's, divided
 * by `by`: sums over matrices and their number; where that is 0 there is no value. */
RX_CHECKED int rx_texture_add(const rx_texture_case *c, const rx_texture_feature *f, size_t n,
                              unsigned aggregation, const double *value, double by, rx_error *err);

/* The same without values: the matrix would be too large (RX_TOO_LARGE). */
RX_CHECKED int rx_texture_leave_out(const rx_texture_case *c, const rx_texture_feature *f, size_t n,
                                    unsigned aggregation, rx_error *err);

static inline bool rx_texture_wants(const rx_texture_case *c, unsigned aggregations)
{
    return (c->settings->aggregations & aggregations) != 0;
}

/* The families: all aggregations that are wanted. */
RX_CHECKED int rx_texture_glcm(const rx_texture_case *c, rx_workspace *ws, rx_error *err);
RX_CHECKED int rx_texture_glrlm(const rx_texture_case *c, rx_workspace *ws, rx_error *err);
/* GLSZM and GLDZM, whichever is wanted: the zones are found once. */
RX_CHECKED int rx_texture_zones(const rx_texture_case *c, rx_workspace *ws, rx_error *err);
/* NGTDM and NGLDM: the neighbourhoods are looked at once. */
RX_CHECKED int rx_texture_neighbours(const rx_texture_case *c, rx_workspace *ws, rx_error *err);

/* ibsi_texture_border.c: distance[levels->array] in ws->dense: how many voxel faces lie between a
 * voxel of the morphological mask and the outside; flat: not counting those across k. */
RX_CHECKED int rx_texture_border(uint16_t **distance, const rx_levels *l, const rx_roi *roi, bool flat,
                                 rx_workspace *ws, rx_error *err);

#endif
