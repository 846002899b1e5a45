/* tests/node/dicom/dicom_fixture.h - DICOM files made byte by byte, without any toolkit, and
 * reference masks read from NIfTI and NRRD. */
#ifndef PN_TEST_DICOM_FIXTURE_H
#define PN_TEST_DICOM_FIXTURE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNTAX_IMPLICIT   "1.2.840.10008.1.2"
#define SYNTAX_EXPLICIT   "1.2.840.10008.1.2.1"
#define SYNTAX_BIG_ENDIAN "1.2.840.10008.1.2.2"
#define CLASS_CT          "1.2.840.10008.5.1.4.1.1.2"
#define CLASS_MR          "1.2.840.10008.5.1.4.1.1.4"
#define CLASS_RTSTRUCT    "1.2.840.10008.5.1.4.1.1.481.3"
#define CLASS_SEG         "1.2.840.10008.5.1.4.1.1.66.4"

/* ---- Bytes ---- */
typedef struct dcm {
    uint8_t *data;
    size_t n, room;
    bool implicit, big;
} dcm;

dcm dcm_part10(const char *syntax, const char *class_uid, const char *sop_uid);
dcm dcm_dataset(const char *syntax);
void dcm_free(dcm *d);
void dcm_raw(dcm *d, const void *bytes, size_t n);
void dcm_tag(dcm *d, uint32_t tag, const char *vr, uint32_t length);   /* header only        */
void dcm_bytes(dcm *d, uint32_t tag, const char *vr, const void *value, size_t n);
void dcm_text(dcm *d, uint32_t tag, const char *vr, const char *value); /* padded            */
void dcm_us(dcm *d, uint32_t tag, unsigned value);
void dcm_begin(dcm *d, uint32_t tag);       /* sequence of undefined length                  */
void dcm_item(dcm *d);
void dcm_end_item(dcm *d);
void dcm_end(dcm *d);
void dcm_write(const dcm *d, const char *path);

/* ---- Temporary folder ---- */
const char *tmp_path(const char *name);     /* valid for the next 8 calls                    */
void tmp_clear(void);
int dicom_start(void **state);              /* of a group of tests: DCMTK is ready          */
int dicom_clear(void **state);              /* after a test: tmp_clear                      */

/* ---- A slice ---- */
typedef struct slice_spec {
    const char *syntax, *class_uid, *sop_uid, *study, *series, *frame, *patient, *issuer, *number;
    const char *position, *orientation, *spacing, *thickness, *slope, *intercept;
    const char *frames, *photometric;
    unsigned rows, columns, allocated, stored, high, is_signed, samples;
    const void *pixels;                     /* in the syntax's byte order                    */
    size_t n_pixels;                        /* bytes                                         */
    const char *pixel_vr;
    const char *character_set, *patient_name;   /* NULL: none, Doe^Jane                     */
} slice_spec;
slice_spec slice_default(void);             /* 3 columns x 2 rows, 16 bits signed, zeros     */
void slice_write(const slice_spec *s, const char *path);

/* A stack of n slices of nx x ny pixels of 1 mm, z = 0, 3, 6, ..., zeros; paths written to
 * `paths` (owned by the fixture until tmp_clear). */
void stack_write(const char **paths, size_t n, unsigned nx, unsigned ny);

/* ---- An RTSTRUCT with one region ("GTV", number 1) ---- */
typedef struct contour_spec {
    const char *data;                       /* text of Contour Data; NULL: no such element   */
    const char *points;                     /* Number of Contour Points; NULL: none          */
    const char *type;                       /* NULL: CLOSED_PLANAR                           */
} contour_spec;
typedef struct rtstruct_spec {
    const char *study, *patient, *issuer, *frame;
    const char *image_uid;                  /* of every contour; NULL: none                  */
    const contour_spec *contours;
    size_t n_contours;
} rtstruct_spec;
rtstruct_spec rtstruct_default(void);
void rtstruct_write(const rtstruct_spec *s, const char *path);

/* ---- Reference masks ---- */
/* Voxels of a NIfTI-1 file (.nii.gz) as doubles, i fastest; NULL on failure. */
double *nifti_read(const char *path, size_t dim[3]);
/* Same for an NRRD with attached header, gzip or raw. */
double *nrrd_read(const char *path, size_t dim[3]);

/* All regular files of a folder, sorted; returns how many. Freed by paths_free. */
size_t paths_read(char ***paths, const char *folder);
void paths_free(char **paths, size_t n);

#endif
