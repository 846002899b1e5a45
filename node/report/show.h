/* report/show.h - a Structured Report as plain text for a terminal. */
#ifndef PN_REPORT_SHOW_H
#define PN_REPORT_SHOW_H
#include "base/buf.h"
#include "dicom/sr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the document's text: headline, survival, regions and features of our own reports;
 * an indented tree of any other. Control characters are replaced, so that a text in the file
 * cannot steer the terminal. */
PN_CHECKED int pn_show(pn_buf *out, const pn_sr_document *d, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
