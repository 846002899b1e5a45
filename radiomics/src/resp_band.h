/* radiomics/src/resp_band.h - filters that are defined by their frequencies, at work on one image. */
#ifndef RX_RESP_BAND_H
#define RX_RESP_BAND_H
#include <radiomics/response.h>
#include "fft.h"
#include "resp_kinds.h"

/* One image or slice, widened, and where its frequencies lie. */
typedef struct rx_band {
    const rx_response *f;
    int axes;
    size_t dim[3], pad[3], wide[3];
    rx_fft3 *fft;
    size_t terms;
    double *space;                 /* of the widened size                                   */
    rx_complex *image, *product;   /* spectra; the same memory if only one filter follows   */
    double *frequency[3];          /* [wide]: -1 to 1, see axis_tables                        */
    double *slope[3];              /* [wide]: the same per mm: the direction of a frequency   */
    double *gauss[3], *second[3];  /* [wide]: transforms of the LoG's line filters           */
} rx_band;

/* For images of the grid's size, or slices of it; freed by rx_band_free, also after failure. */
RX_CHECKED int rx_band_new(rx_band *b, const rx_grid *grid, const rx_response *f, rx_error *err);
void rx_band_free(rx_band *b);
/* Takes the image, or slice, that is filtered from now on. */
void rx_band_load(rx_band *b, const double *image);
/* space = the image filtered, and Riesz-transformed if order is not 0. Again after rx_band_load only,
 * unless the filter is steered. */
void rx_band_filter(rx_band *b, const unsigned order[3]);
/* to[dim] = the image's own voxels in space. */
void rx_band_copy(double *to, const rx_band *b);

/* sqrt(L! / (l1! l2! l3!)), with L their sum. */
double rx_riesz_scale(const unsigned order[3]);

/* resp_steer.c: b->f->riesz in axes that follow the structure tensor; map[dim]. */
RX_CHECKED int rx_band_steer(double *map, rx_band *b, const rx_grid *grid, rx_error *err);

#endif
