/* radiomics/src/ibsi_texture.h - texture of the `ibsi` profile: IBSI 3.6 to 3.11. */
#ifndef RX_IBSI_TEXTURE_H
#define RX_IBSI_TEXTURE_H
#include <radiomics/ibsi.h>
#include <radiomics/results.h>
#include "roi.h"
#include "workspace.h"

/* Append the texture families and aggregations that *s asks for, named by the tag of IBSI's
 * reference tables, aggregation and suffix (NULL: none): `cm_contrast_3D_avg`, `szm_sze_2_5D`.
 *
 * levels: of the intensity mask (re-segmented), halo of at least s->distance zeros; its highest
 * level is Ng. roi: the morphological mask, in the same box as levels: only its bits are read,
 * for the zones' distances (IBSI 3.9). What the region has not (no pair, no zone) is NaN;
 * so is, with RX_TOO_LARGE, what would need too large a matrix.
 * Memory of roi->values is taken for other things.
 * Fails: RX_EINVAL (settings, boxes that differ), RX_EEMPTY (no level), RX_ENOMEM. */
RX_CHECKED int rx_ibsi_texture(rx_results *out, const rx_levels *levels, const rx_roi *roi,
                               const rx_ibsi_texture_settings *s, const char *suffix,
                               rx_workspace *ws, rx_error *err);

#endif
