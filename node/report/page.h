/* report/page.h - the picture page: what a report says, on one page for the eye.
 *
 * One drawing in two forms: an RGB Secondary Capture image, which every viewer shows, and an
 * Encapsulated PDF with the same page as lines and text. A4 on its side: near to the shape of a
 * viewer's window beside its list of series, and of a sheet of paper. The image has
 * PN_PAGE_COLUMNS x PN_PAGE_ROWS pixels, 144 an inch, so that its smallest text has 13 pixels and is
 * read without zooming on a screen of 1920 x 1080. */
#ifndef PN_REPORT_PAGE_H
#define PN_REPORT_PAGE_H
#include "base/error.h"
#include "report/messages.h"
#include "report/page_images.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_PAGE_COLUMNS = 1684, PN_PAGE_ROWS = 1190 };

/* Load fonts and draw once into nothing, so that a process that loses the right to open files can
 * draw afterwards. Idempotent; about 20 ms. Fails: PN_ECONFIG (no font, naming the packages),
 * PN_ENOMEM. */
PN_CHECKED int pn_page_preload(pn_error *err);

/* Whether the page can be drawn in a language ("": English): fonts are there, and have its
 * characters. Fails as pn_page_preload. */
PN_CHECKED int pn_page_check(const char *language, pn_error *err);

/* What the object is called. All lent. */
typedef struct pn_page_form {
    const char *sop_uid, *series_uid;
    /* The SR that says the same; NULL or "": there is none. */
    const char *report_sop_class_uid, *report_sop_uid;
    unsigned series_number;
} pn_page_form;

/* Draw the page of a report and write it as a Part 10 file: whole or not at all, the same report
 * the same bytes. `images`: of the main region. `words` NULL: those of the report's language. Fails: PN_ECONFIG (no font for the language),
 * PN_EINVAL (no region; as pn_sc_write), PN_ENOMEM, and as pn_write_file. */
PN_CHECKED int pn_report_write_sc(const pn_report *r, const pn_page_images *images,
                                  const pn_messages *words, const pn_page_form *form,
                                  const char *path, pn_error *err);
PN_CHECKED int pn_report_write_pdf(const pn_report *r, const pn_page_images *images,
                                   const pn_messages *words, const pn_page_form *form,
                                   const char *path, pn_error *err);

/* The PDF document itself. free(*out). */
PN_CHECKED int pn_page_pdf(char **out, size_t *n, const pn_report *r, const pn_page_images *images,
                           const pn_messages *words, pn_error *err);
/* The picture itself: PN_PAGE_ROWS rows of PN_PAGE_COLUMNS pixels of three bytes. free(*out). */
PN_CHECKED int pn_page_rgb(uint8_t **out, const pn_report *r, const pn_page_images *images,
                           const pn_messages *words, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
