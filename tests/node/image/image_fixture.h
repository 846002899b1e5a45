/* Small NIfTI and NRRD files in memory. */
#ifndef PN_TEST_IMAGE_FIXTURE_H
#define PN_TEST_IMAGE_FIXTURE_H
#include <stdint.h>
#include "image/image.h"

/* A NIfTI-1 file of int16 voxels 0, 1, 2 ... on a grid of nx x ny x nz voxels of 2 x 3 x 4 mm,
 * without qform and sform; what a test wants otherwise it writes into the bytes. */
typedef struct nifti_file { uint8_t bytes[4096]; size_t n; } nifti_file;
nifti_file nifti_of(int nx, int ny, int nz);
void set_i16(nifti_file *f, size_t at, int v);
void set_f32(nifti_file *f, size_t at, double v);

/* Parse, and require the code and that the message has `word`. */
void require_refused(const void *bytes, size_t n, pn_code code, const char *word);
/* gzip of some bytes; the result is valid until the next call. */
const uint8_t *packed(size_t *n_out, const void *bytes, size_t n);
#endif
