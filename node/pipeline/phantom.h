/* pipeline/phantom.h - artificial CT volumes with a tumour of chosen shape and texture.
 *
 * For demonstrations, load tests and the example model: no patient stands behind them. Only
 * additions, products, quotients and square roots of doubles are used, so that the same
 * parameters give the same voxels on every machine with IEEE arithmetic. */
#ifndef PN_PIPELINE_PHANTOM_H
#define PN_PIPELINE_PHANTOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <radiomics/image.h>
#include "base/error.h"
#include "dicom/phantom_write.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_phantom_size {
    PN_PHANTOM_SMALL,      /* 128 x 128 x 40,  2.5 mm x 3 mm                                */
    PN_PHANTOM_STANDARD,   /* 256 x 256 x 80,  1.5 mm x 3 mm                                */
    PN_PHANTOM_LARGE,      /* 512 x 512 x 200, 0.75 mm x 1.5 mm; about 200,000 tumour voxels */
} pn_phantom_size;

typedef struct pn_phantom_params {
    uint64_t seed;             /* of every random part                                     */
    size_t dim[3];             /* each 16..1024                                            */
    double spacing_mm[3];      /* each 0.2..10                                             */
    double tumour_centre_mm[3];
    double tumour_semiaxis_mm[3];
    double irregularity;       /* 0..0.4, spread of the radius relative to the ellipsoid's */
    double tumour_hu;          /* mean of the vital part                                   */
    double heterogeneity_hu;   /* spread of the texture, >= 0                              */
    double correlation_mm;     /* length over which the texture stays alike, > 0           */
    double necrotic_fraction;  /* of the tumour's volume, 0..0.8; a core of necrotic_hu    */
    double necrotic_hu;
    double noise_hu;           /* of the scanner, >= 0                                     */
} pn_phantom_params;

/* Parameters of one member of the cohort: the size gives grid and range of the radius, the seed
 * draws the rest. */
void pn_phantom_draw(pn_phantom_params *out, uint64_t seed, pn_phantom_size size);

typedef struct pn_phantom {
    pn_phantom_params params;
    rx_grid grid;              /* origin such that the middle of the volume is (0, 0, 0)   */
    int16_t *hu;
    uint8_t *mask;             /* tumour; exactly the voxel centres inside its polygons    */
    size_t tumour_voxels;
    pn_polygon *tumour; size_t n_tumour;
    pn_polygon *body; size_t n_body;
} pn_phantom;

/* Fails: PN_EINVAL (a parameter outside its range, a tumour that leaves the body), PN_ENOMEM. */
PN_CHECKED int pn_phantom_make(pn_phantom *out, const pn_phantom_params *p, pn_error *err);
void pn_phantom_free(pn_phantom *p);   /* NULL and a zeroed struct are fine */

/* Write the CT series and, as asked, RTSTRUCT ("GTV-1", "Body") and SEG ("GTV-1") into dir,
 * which is made. number: the NNN of "PHANTOM-NNN". Fails: as pn_phantom_write_ct. */
PN_CHECKED int pn_phantom_save(const pn_phantom *p, const char *dir, unsigned long number,
                               bool rtstruct, bool seg, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
