/* radiomics/src/resp_kinds.h - the filters behind rx_response_map, by how they are computed. */
#ifndef RX_RESP_KINDS_H
#define RX_RESP_KINDS_H
#include <radiomics/response.h>

/* resp_turns.c: mean, Laws, separable wavelets: one line filter an axis, in all its rotations. */
RX_CHECKED int rx_response_separable(rx_volume *map, const rx_volume *image, const rx_response *f,
                                     rx_error *err);
/* resp_log.c: a sum of separable filters. */
RX_CHECKED int rx_response_log(rx_volume *map, const rx_volume *image, const rx_response *f,
                               rx_error *err);
/* A box of an image: its first voxel and its size. */
typedef struct rx_part { size_t min[3], n[3]; } rx_part;
rx_grid rx_part_grid(const rx_grid *grid, const rx_part *part);

/* resp_gabor.c: by Fourier transform of slices; only the part is computed. */
RX_CHECKED int rx_response_gabor(rx_volume *map, const rx_volume *image, const rx_part *part,
                                 const rx_response *f, rx_error *err);
/* resp_band.c: what is defined by its frequencies: Simoncelli, Shannon, Riesz transforms. */
RX_CHECKED int rx_response_band(rx_volume *map, const rx_volume *image, const rx_response *f,
                                rx_error *err);

/* resp_log.c: the line filters of a LoG along one axis: a Gaussian of unit mass and its second
 * derivative, sampled at -radius..radius. */
typedef struct rx_gaussian_lines {
    size_t radius;
    double *gauss, *second;       /* [2 radius + 1]; one allocation, freed by free(gauss) */
} rx_gaussian_lines;
RX_CHECKED int rx_gaussian_lines_new(rx_gaussian_lines *g, double sigma_voxels, double cutoff,
                                     rx_error *err);
size_t rx_log_radius(double sigma_voxels, double cutoff);
/* Factor that turns a second derivative per voxel of axis a into one per voxel as IBSI has it,
 * where voxels are cubes; else per geometric mean of the filter's spacings. */
double rx_log_unit(const rx_grid *grid, int axis, bool by_slice);

static inline bool rx_response_has_riesz(const rx_response *f)
{
    bool band = f->kind == RX_RESPONSE_LOG || f->kind == RX_RESPONSE_SIMONCELLI || f->kind == RX_RESPONSE_SHANNON;
    return band && (f->riesz[0] | f->riesz[1] | f->riesz[2]) != 0;
}

/* resp_steer.c: half the width of the structure tensor's window, in voxels. */
double rx_tensor_radius(const rx_response *f, double spacing_mm);

/* resp_band.c: voxels by which an axis is widened at either end. */
size_t rx_band_pad(const rx_response *f, const rx_grid *grid, int axis);
/* resp_turns.c: voxels; infinite if there is no such wavelet. */
double rx_wavelet_reach(const rx_response *f);
/* resp_turns.c: number of a Laws kernel from its two letters, or -1. */
int rx_laws_index(const char *name);

enum { RX_MAX_ORIENTATIONS = 128 };
/* resp_gabor.c: voxels from the kernel's centre to where its envelope has fallen below 1e-10. */
double rx_gabor_radius(const rx_response *f, double spacing_mm);

#endif
