/* dicom/scan.h - a bounded walk over the structure of a DICOM file, before any parser sees it.
 *
 * No recursion, no allocation, constant memory: nesting at most PN_MAX_SQ_DEPTH sequences,
 * every length inside its parent and inside the file, at most PN_MAX_ELEMENTS elements and
 * items. A general parser may follow what passed here without running out of stack, and
 * without believing a length that the file does not hold.
 *
 * Transfer syntaxes: implicit and explicit little endian, explicit big endian, and the
 * encapsulated ones for still images (their fragments are walked, not decoded). Deflated and
 * unknown ones are refused with PN_EUNSUPPORTED. All else that is refused is PN_EFORMAT or
 * PN_ELIMIT, with the offset in the file and the tag. */
#ifndef PN_DICOM_SCAN_H
#define PN_DICOM_SCAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Storage Commitment Push Model (PS3.4 J): what an archive reports on it is no object. */
#define PN_UID_STORAGE_COMMITMENT "1.2.840.10008.1.20.1"

typedef struct pn_scan {
    char transfer_syntax_uid[PN_UID_SIZE];
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];       /* of an object: never empty */
    char study_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];        /* may be empty             */
    bool implicit_vr, big_endian, encapsulated;
    uint64_t size;                     /* bytes of the whole file                            */
    uint64_t dataset_offset;           /* first byte after the file meta information         */
    bool has_pixels;                   /* top-level Pixel Data (7FE0,0010)                   */
    char pixel_vr[3];                  /* "OW", "OB"; implicit VR: "OW"                      */
    uint64_t pixel_offset, pixel_length;   /* value field; encapsulated: all fragments       */
    bool pixel_fragments;              /* of undefined length: item by item                  */
    uint64_t n_fragments;              /* of encapsulated pixel data, offset tables and icons
                                          included; at most PN_MAX_FRAGMENTS                 */
    uint64_t n_elements;               /* elements and items, all levels                     */
    unsigned max_depth;                /* deepest nesting of sequences                       */
} pn_scan;

/* A Part 10 file: preamble, "DICM", file meta information, data set. SOP Class and Instance
 * UID must be there, valid, and the same in meta information and data set. PN_ENOTFOUND or
 * PN_EIO where it cannot be read; PN_EFORMAT "not a DICOM file" without the magic word. */
PN_CHECKED int pn_scan_file(pn_scan *out, const char *path, pn_error *err);
PN_CHECKED int pn_scan_bytes(pn_scan *out, const void *data, size_t size, pn_error *err);

/* A bare data set in the named transfer syntax. */
PN_CHECKED int pn_scan_dataset(pn_scan *out, const void *data, size_t size,
                               const char *transfer_syntax_uid, pn_error *err);

/* An answer to a query in implicit little endian: as above, but any of the UIDs may be absent. */
PN_CHECKED int pn_scan_identifier(pn_scan *out, const void *data, size_t size, pn_error *err);

/* 1-64 characters, digits and dots, begins and ends with a digit, no empty component. */
bool pn_uid_is_valid(const char *uid);

#ifdef __cplusplus
}
#endif
#endif
