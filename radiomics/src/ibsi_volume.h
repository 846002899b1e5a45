/* radiomics/src/ibsi_volume.h - figures about images and regions, for the trace and the checks. */
#ifndef RX_IBSI_VOLUME_H
#define RX_IBSI_VOLUME_H
#include <radiomics/ibsi.h>

/* Radius of a sphere of 1 cm^3 (IBSI 3.2): (3 / (4 pi))^(1/3) cm. */
#define RX_SPHERE_MM 6.2035049089940001667

/* Voxels and box of where voxels[] == label. */
rx_ibsi_mask_trace rx_trace_mask(const uint8_t *voxels, const size_t dim[3], uint8_t label);

/* roi_mean, roi_min and roi_max of n voxels; the mean is taken in blocks, so that its rounding
 * error does not grow with n. */
void rx_trace_intensities(rx_ibsi_step *step, const double *v, const uint8_t *in, size_t n);

/* image_mean, image_min, image_max. A voxel that is not a number counts for neither extreme. */
void rx_trace_volume(rx_ibsi_step *step, const double *v, size_t n);

/* Everything about the image as it came; step->morphological is there already. */
void rx_trace_initial(rx_ibsi_step *step, const rx_image *image, const rx_mask *mask);

/* 1 where the mask has its label, in a window of its grid. */
void rx_copy_label(uint8_t *out, const size_t first[3], const size_t n[3], const rx_mask *mask);

/* RX_EINVAL if a voxel where in[] is not 0 is NaN or infinite; first: what to add to its index. */
RX_CHECKED int rx_check_finite(const double *v, const uint8_t *in, const size_t dim[3],
                               const size_t first[3], rx_error *err);
#endif
