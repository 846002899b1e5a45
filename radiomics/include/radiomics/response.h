/* radiomics/response.h - the convolutional filters of IBSI 2: from an image to its response map.
 *
 * Definitions are those of the Image Biomarker Standardisation Initiative's second part; where its
 * teams found no consensus (steered Riesz transforms, decimated wavelets) that is said below.
 * Sizes in mm are turned into voxels by each axis's spacing. */
#ifndef RX_RESPONSE_H
#define RX_RESPONSE_H
#include <stdbool.h>
#include <stddef.h>
#include <radiomics/error.h>
#include <radiomics/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rx_response_kind {
    RX_RESPONSE_MEAN,               /* S60F                                                    */
    RX_RESPONSE_LOG,                /* L6PA  Laplacian of a Gaussian, sampled                  */
    RX_RESPONSE_LAWS,               /* JTXT                                                    */
    RX_RESPONSE_GABOR,              /* Q88H  modulus                                           */
    RX_RESPONSE_WAVELET,            /* 25BO  separable                                         */
    RX_RESPONSE_SIMONCELLI,         /* LODD  non-separable                                     */
    RX_RESPONSE_SHANNON,            /* LODD  non-separable                                     */
    RX_NRESPONSES
} rx_response_kind;

/* "mean", "log", "laws", "gabor", "wavelet", "simoncelli", "shannon". */
const char *rx_response_kind_name(rx_response_kind kind);

/* What lies beyond the border: d c b a | a b c d | d c b a is "mirror". */
typedef enum rx_boundary {
    RX_BOUNDARY_ZERO, RX_BOUNDARY_NEAREST, RX_BOUNDARY_PERIODIC, RX_BOUNDARY_MIRROR,
    RX_NBOUNDARIES
} rx_boundary;

/* "zero", "nearest", "periodic", "mirror". */
const char *rx_boundary_name(rx_boundary boundary);

/* How the responses of a filter's rotations become one. */
typedef enum rx_pooling { RX_POOLING_AVERAGE, RX_POOLING_MAX, RX_NPOOLINGS } rx_pooling;

const char *rx_pooling_name(rx_pooling pooling);      /* "average", "max" */

/* A filter. What its kind does not use is ignored. */
typedef struct rx_response {
    rx_response_kind kind;
    bool by_slice;                  /* 2D: every slice (fixed k) by itself                     */
    rx_boundary boundary;
    bool rotation_invariant;        /* Laws and wavelets: the 4 (2D) or 24 (3D) right-angled
                                       rotations; Gabor: all orientations theta + n theta_step,
                                       in 3D averaged over the three orthogonal planes         */
    rx_pooling pooling;             /* of these                                                */
    unsigned support;               /* mean: voxels along each axis, odd                       */
    double sigma_mm;                /* LoG, Gabor                                              */
    double cutoff;                  /* LoG: half width of the kernel, in sigma                 */
    char kernels[8];                /* Laws: "E5L5S5", for x, y and (3D) z; of L3, L5, E3, E5,
                                       S3, S5, W5, R5. Wavelet: "LHL", one letter an axis      */
    unsigned energy_distance;       /* Laws: mean of absolute responses to this Chebyshev
                                       distance, in voxels; 0: the response itself             */
    double wavelength_mm;           /* Gabor: lambda                                           */
    double aspect;                  /* Gabor: gamma; the envelope is sigma/gamma across        */
    double theta, theta_step;       /* Gabor, radians; the step divides a full turn (to 0.1 %,
                                       then exactly)                                           */
    char wavelet[16];               /* "haar", "db1" ..., "coif1" ...: rx_wavelet_filters      */
    unsigned level;                 /* wavelets, Simoncelli, Shannon: from 1                   */
    bool decimated;                 /* separable wavelets: keep every second voxel at each
                                       level, as no reference map does                         */
    unsigned riesz[3];              /* LoG, Simoncelli, Shannon: order along x, y, z; all 0:
                                       no Riesz transform                                      */
    bool steered;                   /* Riesz: turned to the structure tensor's axes, largest
                                       eigenvalue first; no consensus                          */
    double tensor_sigma_mm;         /* steered: of the tensor's Gaussian window                */
} rx_response;

/* A filter of that kind: 3D, mirror, not rotation-invariant, average; mean support 5; sigma 1.5 mm,
 * cut-off 4; "L5E5E5", no energy; wavelength 2 mm, aspect 1, theta 0, step pi/8; db3 "LLH" level 1. */
void rx_response_default(rx_response *f, rx_response_kind kind);

/* Succeeds if every value that the kind uses is in range; the message names the one that is not. */
RX_CHECKED int rx_response_check(const rx_response *f, rx_error *err);

enum { RX_RESPONSE_NAME_SIZE = 64 };
/* What stands behind a feature's name, and differs wherever the filter does:
 * "log_3d_s1.5_c4_mirror", "laws_2d_L5E5_inv_max_energy7_mirror". Fails: RX_EINVAL (rx_response_check,
 * too long for the array). */
RX_CHECKED int rx_response_name(char name[RX_RESPONSE_NAME_SIZE], const rx_response *f, rx_error *err);

/* How many voxels away from its own a voxel's response can depend on the image, along each axis;
 * SIZE_MAX where on all of it (Fourier filters). */
void rx_response_reach(size_t reach[3], const rx_response *f, const rx_grid *grid);

/* The response map of an image, on its grid (decimated: on the grid of the voxels kept). Intensities
 * must be finite. The map is new and freed by the caller with rx_volume_free; empty on failure.
 * Needs up to about seven times the image's memory, steered transforms twenty; Fourier filters with
 * another boundary than periodic that of an image twice as long along each axis. Fails: RX_EINVAL
 * (rx_response_check; a voxel that is not finite), RX_ELIMIT (a kernel too wide for sensible work),
 * RX_ENOMEM. */
RX_CHECKED int rx_response_map(rx_volume *map, const rx_volume *image, const rx_response *f,
                               rx_error *err);

/* The same where it is wanted only in a box around a region: a map of the image's part that spans
 * the region's box, computed from what the filter can reach. *region is cut and (decimated) thinned
 * to the map's grid. Both outputs are new and freed by the caller. Also fails with RX_EEMPTY. */
RX_CHECKED int rx_response_map_region(rx_volume *map, rx_region *part, const rx_volume *image,
                                      const rx_region *region, const rx_response *f, rx_error *err);

#ifdef __cplusplus
}
#endif
#endif
