/* dicom/pdf_write.h - a PDF document of ours as an Encapsulated PDF object. */
#ifndef PN_PDF_WRITE_H
#define PN_PDF_WRITE_H
#include "dicom/sc_write.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_pdf {
    pn_made made;                      /* its SOP class and modality are set here             */
    pn_sources sources;
    const void *bytes; size_t n_bytes; /* the document; lent                                  */
    const char *title;                 /* UTF-8                                               */
} pn_pdf;

/* Burned In Annotation is YES: the document names the patient. Whole or not at all; the same
 * document gives the same bytes. Fails: PN_EINVAL (UIDs, time, no PDF), PN_ELIMIT (2 GB), and as
 * pn_write_file. */
PN_CHECKED int pn_pdf_write(const pn_pdf *pdf, const char *path, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
