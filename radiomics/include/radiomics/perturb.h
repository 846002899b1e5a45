/* radiomics/perturb.h - small changes of image and region, to see which features withstand them.
 *
 * After Zwanenburg et al. 2019, "Assessing robustness of radiomic features by image perturbation"
 * (Sci Rep 9:614): noise, rotation, translation, growing or shrinking of the region, and a
 * randomised contour. Features are computed of every perturbed image; those whose values change
 * little against their spread over patients (an intraclass correlation) can be trusted.
 *
 * Random choices come from a generator of the library's own (SplitMix64), logarithm and sine from
 * series: a seed gives the same bits on every machine. */
#ifndef RX_PERTURB_H
#define RX_PERTURB_H
#include <stdbool.h>
#include <stdint.h>
#include <radiomics/error.h>
#include <radiomics/image.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rx_perturb_interpolation {
    RX_PERTURB_LINEAR,
    RX_PERTURB_CUBIC              /* Keys 1981, a = -1/2: 4 voxels along each axis               */
} rx_perturb_interpolation;

/* What is done, in this order. All zero (rx_perturb_default's margin apart): nothing. */
typedef struct rx_perturb {
    uint64_t seed;
    double noise;                 /* normal noise added to the image, in units of the noise that
                                     the image has by rx_perturb_noise_level                    */
    double noise_sd;              /* ... or in intensity units, if `noise` is 0                 */
    double angle_deg;             /* the voxel grid is turned in the plane of i and j, about the
                                     centre of the region's box; -180 to 180                    */
    double shift[3];              /* ... and moved, in voxels, -1 to 1                           */
    rx_perturb_interpolation interpolation;  /* of the image; the mask's is linear, >= 1/2       */
    double volume_change;         /* the region's voxels, as a share: 0.1 grows, -0.1 shrinks;
                                     -0.9 to 9                                                  */
    bool contour;                 /* redraw the contour along supervoxels                        */
    double margin_mm;             /* how much of the image around the region is kept; INFINITY:
                                     all of it                                                  */
} rx_perturb;

/* Nothing, cubic, with a margin of 25 mm. */
void rx_perturb_default(rx_perturb *p);
/* Succeeds if every value is in range; the message names the one that is not. */
RX_CHECKED int rx_perturb_check(const rx_perturb *p, rx_error *err);

/* The perturbed image and region, on a grid of their own: the image's, cut to the region and its
 * margin. Outside the image its border voxels repeat. The caller frees both; on failure both are
 * empty.
 *
 * Growing and shrinking take away or add whole layers of voxels that share a face, and of the last
 * layer as many at random as are needed, so that the change is met to the voxel. A contour is
 * redrawn as in the paper: the image is divided into supervoxels (SLIC; Achanta et al. 2012) of
 * 500 mm^3, at least 20 voxels; those of which nine tenths lie in the region belong to it, those
 * of which less than a fifth does do not, the others do by chance, with that share as probability;
 * then gaps of a voxel are closed.
 *
 * Fails: RX_EINVAL (settings; a voxel that is not finite), RX_EGRID, RX_EEMPTY (no voxel of the
 * label; none left), RX_ELIMIT (the region cannot grow so far in this image), RX_ENOMEM. */
RX_CHECKED int rx_perturb_apply(rx_volume *image, rx_region *region, const rx_image *from,
                                const rx_mask *mask, const rx_perturb *p, rx_error *err);

/* Standard deviation of the noise in an image: median of the absolute values that a high-pass
 * wavelet filter (coiflet 1, undecimated) leaves in every direction along which there are at least
 * 6 voxels, over 0.6745 (Donoho & Johnstone 1994; Chang, Yu & Vetterli 2000). Surroundings in which
 * every fourth row is of equal voxels are padding and do not count. 0 if nothing is left. Fails: RX_EINVAL (grid, a voxel that is not finite), RX_ENOMEM. */
RX_CHECKED int rx_perturb_noise_level(double *sd, const rx_image *image, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
