/* dicom/header.h - what the node needs to know of one DICOM file without its pixels.
 *
 * Read by the header child for the indexer, and by the pipeline for folders. The file has
 * first passed the bounded scan (dicom/scan.h). */
#ifndef PN_DICOM_HEADER_H
#define PN_DICOM_HEADER_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_kind {
    PN_KIND_OTHER = 0,   /* nothing that we process                                  */
    PN_KIND_IMAGE,       /* CT, MR, PET: single-frame, Enhanced, converted           */
    PN_KIND_RTSTRUCT,
    PN_KIND_SEG,
    PN_KIND_OWN,         /* made by prognode, whatever its UIDs are now: Manufacturer, and that of
                            a Contributing Equipment item, are "prognode"                     */
    PN_KIND_COMMITMENT,  /* no object: an archive's N-EVENT-REPORT on what it keeps (PS3.4 J.3.3) */
} pn_kind;
const char *pn_kind_word(pn_kind k);

/* One region of an RTSTRUCT or one segment of a SEG. */
typedef struct pn_roi {
    int number;                        /* ROI Number / Segment Number                */
    char name[PN_LO_SIZE];             /* ROI Name / Segment Label, UTF-8            */
    char code_value[17], code_scheme[17], code_meaning[PN_LO_SIZE]; /* segmented property type */
    char **image_uids; size_t n_image_uids; /* ContourImageSequence / derivation images */
    /* SEG: frames; 0 means empty. A label map's frames are those of all its segments, since
     * which are in a frame stands in its pixels only. */
    size_t n_contours;
} pn_roi;

/* A series that a contour object names. */
typedef struct pn_ref_series {
    char series_uid[PN_UID_SIZE];
    char **image_uids; size_t n_image_uids; /* may be empty                          */
} pn_ref_series;

/* What an archive says of an object that it was asked to keep. */
typedef struct pn_kept {
    char sop_uid[PN_UID_SIZE];
    int reason;                        /* Failure Reason; PN_KEPT: it keeps it          */
} pn_kept;
enum { PN_KEPT = -1 };

typedef struct pn_header {
    pn_kind kind;
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];
    char study_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    char frame_of_reference_uid[PN_UID_SIZE];  /* RTSTRUCT: the one its contours are in      */
    char transfer_syntax_uid[PN_UID_SIZE];
    char modality[17];
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];   /* UTF-8, trimmed   */
    char accession[PN_LO_SIZE];
    char source_ae[PN_AE_SIZE];        /* from the file meta information              */
    char instance_number[17];
    unsigned n_frames;                 /* images and SEG: Number of Frames, 1 where absent    */
    /* Images only, hexadecimal, else "". pixel_digest: SHA-256 over transfer syntax, the pixel
     * data's bytes and the attributes that give them place and meaning (position, spacing,
     * rescale, layout). identity_digest: over what a correction of patient or order changes
     * (name, ID, issuer, birth date, sex, accession number, study). */
    char pixel_digest[PN_DIGEST_HEX_SIZE], identity_digest[PN_DIGEST_HEX_SIZE];
    /* contour objects only */
    char structure_label[PN_LO_SIZE];
    char structure_datetime[33];       /* StructureSetDate+Time or ContentDate+Time   */
    pn_roi *rois; size_t n_rois;
    pn_ref_series *series; size_t n_series;
    /* of a commitment only */
    char transaction_uid[PN_UID_SIZE];
    pn_kept *kept; size_t n_kept;
} pn_header;

/* Pixel data is read for its digest only. Images, RTSTRUCT and SEG without Study or Series Instance UID are
 * refused (PN_EFORMAT); what else fails is in scan.h, limits in base/limits.h. */
PN_CHECKED int pn_header_read(pn_header *out, const char *path, pn_error *err);
void pn_header_free(pn_header *h);     /* frees what it owns and zeroes it            */

/* Enhanced CT, MR or PET, or one of those converted from single frames. */
bool pn_is_multiframe_class(const char *sop_class_uid);

/* One line of JSON (no newline inside), for the pipe between header child and indexer and
 * for the catalogue. Caller frees with free(). */
PN_CHECKED int pn_header_to_json(char **out, const pn_header *h, pn_error *err);
PN_CHECKED int pn_header_from_json(pn_header *out, const char *json, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
