/* dicom/sr.h - writing Structured Reports item by item, and reading any of them back as a list.
 *
 * The builder: pn_sr_new, then items top-down, then pn_sr_save. Item functions add a child to
 * the open item and return nothing: the first failure (an illegal relationship, a value that
 * its type does not take) is kept, what follows is ignored, and pn_sr_save reports it. So a
 * document is either written as asked or not at all. What to say is decided by the caller;
 * here is only how DICOM says it. Nothing is generated (UIDs, dates): the same calls give the
 * same bytes. Texts are UTF-8; borrowed during the call only. One thread a builder. */
#ifndef PN_DICOM_SR_H
#define PN_DICOM_SR_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/limits.h"
#include "dicom/volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A coded concept. A meaning of more than 64 characters is cut. */
typedef struct pn_code_triple { const char *value, *scheme, *meaning; } pn_code_triple;

/* The document's header. Patient and study attributes are copied as they are; attributes that
 * DICOM does not require are left out where the text is "". Our own texts (description,
 * equipment) are cut to 64 characters. */
typedef struct pn_sr_header {
    bool comprehensive_3d;             /* else Comprehensive SR                          */
    const pn_study *study;
    const char *sop_uid, *series_uid;
    const char *date, *time;           /* YYYYMMDD, HHMMSS: content and series           */
    unsigned series_number, instance_number;
    const char *series_description;
    const char *institution, *station_name;
    const char *manufacturer, *model_name, *serial_number, *software_version;
} pn_sr_header;

typedef enum pn_sr_relation {
    PN_SR_CONTAINS, PN_SR_HAS_OBS_CONTEXT, PN_SR_HAS_CONCEPT_MOD, PN_SR_HAS_ACQ_CONTEXT,
    PN_SR_HAS_PROPERTIES, PN_SR_INFERRED_FROM,
} pn_sr_relation;

typedef struct pn_sr pn_sr;            /* a document under construction */

/* The document with its root container, which is then the open item. template_id (of DCMR) may be NULL.
 * Caller frees. */
PN_CHECKED int pn_sr_new(pn_sr **out, const pn_sr_header *header, pn_code_triple title,
                         const char *template_id, pn_error *err);
void pn_sr_free(pn_sr *sr);            /* NULL is fine */

/* A container (continuity SEPARATE), which becomes the open item. template_id (of DCMR) may
 * be NULL. */
void pn_sr_container(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                     const char *template_id);
void pn_sr_open_last(pn_sr *sr);       /* the item just added takes children           */
void pn_sr_close(pn_sr *sr);           /* back to the parent of the open item          */

void pn_sr_code(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, pn_code_triple value);
void pn_sr_text(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, const char *text);
void pn_sr_uidref(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, const char *uid);
/* A number, as decimal string of at most 16 characters and in full as floating point. */
void pn_sr_num(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, double value,
               pn_code_triple unit);
/* A number that there is not, and why (CID 42). */
void pn_sr_num_absent(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                      pn_code_triple qualifier);
/* segment 0: the whole image. */
void pn_sr_image(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                 const char *sop_class_uid, const char *sop_uid, unsigned segment);
void pn_sr_composite(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                     const char *sop_class_uid, const char *sop_uid);

/* Current Requested Procedure Evidence; the study is the header's. */
void pn_sr_evidence(pn_sr *sr, const char *series_uid, const char *sop_class_uid,
                    const char *sop_uid);
/* The document that this one replaces: same study, same SOP class. */
void pn_sr_predecessor(pn_sr *sr, const char *series_uid, const char *sop_uid);
/* Coding Scheme Identification; uid may be NULL. */
void pn_sr_coding_scheme(pn_sr *sr, const char *designator, const char *uid, const char *name,
                         const char *organisation);
/* Contributing Equipment: what computed this, with its own UID. */
void pn_sr_equipment(pn_sr *sr, pn_code_triple purpose, const char *manufacturer,
                     const char *model_name, const char *software_version,
                     const char *device_uid, const char *description);

/* Write as Part 10, Explicit VR Little Endian, ISO_IR 192; whole or not at all, durable.
 * Fails with what an item function found, PN_EINVAL (not a valid document), or as
 * pn_write_file does. */
PN_CHECKED int pn_sr_save(pn_sr *sr, const char *path, pn_error *err);

/* The decimal string (VR DS) nearest to value: the shortest that reads back exactly, else the
 * nearest of at most 16 characters. value is finite. */
enum { PN_DS_SIZE = 17 };
void pn_sr_decimal(char out[PN_DS_SIZE], double value);

/* ---- Reading (sr_read.cc) -------------------------------------------------------------- */

/* One content item, texts in UTF-8. */
typedef struct pn_sr_item {
    unsigned depth;                    /* 0: the root                                     */
    char type[17];                     /* "NUM", "CODE", ...; "" for a by-reference item   */
    char relation[17];                 /* "CONTAINS", ...; "" for the root                 */
    char name_code[65], name_scheme[17], name[PN_LO_SIZE];  /* "": no name          */
    char *value;                       /* as text, "" where there is none; owned           */
    char value_code[65], value_scheme[17];   /* CODE; NUM without number: the qualifier      */
    char unit[17], unit_meaning[PN_LO_SIZE]; /* NUM                                          */
    bool has_number; double number;    /* NUM: in full precision where the file has it     */
} pn_sr_item;

typedef struct pn_sr_document {
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE], study_uid[PN_UID_SIZE];
    char manufacturer[PN_LO_SIZE], software_version[PN_LO_SIZE];
    char series_description[PN_LO_SIZE], content_date[17], content_time[17];
    char template_id[17];
    char predecessor_sop_uid[PN_UID_SIZE];
    pn_sr_item *items; size_t n_items; /* the tree in document order; owned                */
} pn_sr_document;

enum { PN_SR_MAX_ITEMS = 200000 };     /* content items that pn_sr_read takes             */

/* Read any SR document, also one whose relationships are not legal. Fails: PN_EIO, PN_EFORMAT
 * (not DICOM), PN_EUNSUPPORTED (no SR), PN_ELIMIT (items, nesting). */
PN_CHECKED int pn_sr_read(pn_sr_document *out, const char *path, pn_error *err);
void pn_sr_document_free(pn_sr_document *d);

#ifdef __cplusplus
}
#endif
#endif
