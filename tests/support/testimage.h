/* tests/support/testimage.h - images and masks for tests, from files or from code. */
#ifndef PN_TEST_IMAGE_H
#define PN_TEST_IMAGE_H
#include <radiomics/image.h>

/* Volumes own their voxels; free with volume_free. */
typedef struct testimage {
    rx_grid grid;
    double *v;
} testimage;

/* A grid with unit direction and origin 0. */
rx_grid grid_of(size_t nx, size_t ny, size_t nz, double sx, double sy, double sz);

/* Read NRRD (raw or gzip, little endian, one volume per file) or NIfTI-1 (.nii.gz); the
 * scale factors are applied. 0 on success; else a message is on stderr. */
int volume_read(testimage *out, const char *path);
void volume_free(testimage *v);

/* The voxels as another type; the caller frees. */
int16_t *volume_i16(const testimage *v);
float *volume_f32(const testimage *v);
uint8_t *volume_mask(const testimage *v);

#endif
