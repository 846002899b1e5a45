/* radiomics/ibsi_response.h - the `ibsi` profile with filters: features of an image and of its
 * response maps in one go (IBSI 2, second phase). */
#ifndef RX_IBSI_RESPONSE_H
#define RX_IBSI_RESPONSE_H
#include <radiomics/ibsi.h>
#include <radiomics/response.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is measured of responses. Their intensities are in units of their own, so re-segmentation
 * ranges mean nothing to them: the region is that of the image after its re-segmentation. */
typedef struct rx_ibsi_responses {
    const rx_response *filters;   /* borrowed                                                  */
    size_t n;
    unsigned families;            /* without morphology and local intensity: the image's alone */
    rx_ibsi_bins bins, ivh_bins;
} rx_ibsi_responses;

/* No filter; the families of *s that responses can have; its number of bins, 32 if it has bins of
 * another kind; 1,000 bins for the intensity-volume histogram. */
void rx_ibsi_responses_default(rx_ibsi_responses *r, const rx_ibsi *s);

/* As rx_ibsi_extract, which is first in *out; then, filter by filter, the features of its response
 * to the interpolated image within the region, named with "_" and rx_response_name behind the
 * feature's own. As much of the image around the region is interpolated as the filters reach.
 * r may be NULL. Fails as rx_ibsi_extract and rx_response_map_region, and with RX_EINVAL for
 * families that responses do not have. On failure *out is as it was. */
RX_CHECKED int rx_ibsi_extract_filtered(rx_results *out, rx_ibsi_trace *trace, const rx_image *image,
                                        const rx_mask *mask, const rx_ibsi *settings,
                                        const rx_ibsi_responses *r, rx_workspace *ws, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
