/* image/parts.h - what the readers of this folder share. */
#ifndef PN_IMAGE_PARTS_H
#define PN_IMAGE_PARTS_H
#include "image/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file in memory. Mapped: freed by pn_mapped_close. */
typedef struct pn_mapped { const uint8_t *p; size_t n; } pn_mapped;
PN_CHECKED int pn_mapped_open(pn_mapped *out, const char *path, pn_error *err);
void pn_mapped_close(pn_mapped *m);
/* memcpy; of a mapped file, pages that were copied are given back on the way, so that a large file
 * is not in memory twice. */
void pn_copy_out(void *to, const uint8_t *from, size_t n, bool mapped);

/* Exactly n bytes of what gzip or zlib compressed (several members may follow each other).
 * PN_EFORMAT: fewer, or damaged. name: for messages. */
PN_CHECKED int pn_inflate(uint8_t *out, size_t n, const uint8_t *in, size_t n_in,
                          const char *name, pn_error *err);
/* No more bytes than this can come out of so many compressed ones. */
uint64_t pn_inflate_bound(size_t n_in);
bool pn_is_gzip(const uint8_t *p, size_t n);

bool pn_is_nifti(const uint8_t *head, size_t n);  /* the first 348 bytes, or fewer              */
/* bytes: the whole file as it lies there, compressed or not; mapped: by pn_mapped_open. */
PN_CHECKED int pn_nifti_parse(pn_image *out, const uint8_t *bytes, size_t n, bool mapped,
                              const char *name, pn_error *err);
bool pn_is_nrrd(const uint8_t *head, size_t n);
/* folder: where a detached header's data file is looked for; NULL: nowhere, and the bytes are not
 * of a mapped file. */
PN_CHECKED int pn_nrrd_parse(pn_image *out, const uint8_t *bytes, size_t n, const char *name,
                             const char *folder, unsigned channel, pn_error *err);

/* Fill im->n from im->grid.dim, PN_ELIMIT above PN_MAX_VOXELS voxels. */
PN_CHECKED int pn_image_count(pn_image *im, const char *name, pn_error *err);
/* Memory for im->n voxels of `size` bytes. */
PN_CHECKED int pn_image_room(void **out, const pn_image *im, size_t size, const char *name,
                             pn_error *err);
/* Turn the bytes of n voxels of `size` round. */
void pn_swap_bytes(void *voxels, size_t n, size_t size);
/* im->grid.direction and spacing_mm from the three axes' vectors from voxel to voxel (mm, LPS). */
PN_CHECKED int pn_image_axes(pn_image *im, double axes[3][3], const char *name, pn_error *err);
/* That positions and spacings are finite, the axes perpendicular. */
PN_CHECKED int pn_image_check_grid(const pn_image *im, const char *name, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
