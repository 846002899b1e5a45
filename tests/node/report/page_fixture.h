/* A made-up case for the picture page: a body with a tumour, and the report on it. */
#ifndef PN_TEST_PAGE_FIXTURE_H
#define PN_TEST_PAGE_FIXTURE_H
#include "report/page.h"
#include "report/report.h"

typedef struct page_case {
    pn_volume volume;
    uint8_t *inside, *second;          /* masks of two regions; the second is beside the first */
    pn_report report;
    pn_page_images images;
} page_case;

typedef struct page_shape {
    size_t dim[3];
    double spacing_mm[3];
    double radius_mm[3];               /* of the tumour, an ellipsoid in the middle           */
    double direction[9];               /* all zero: along the patient's axes                  */
} page_shape;

/* 256 x 256 x 60 voxels of 1.5 x 1.5 x 3 mm, a tumour of 60 mm across. */
extern const page_shape page_usual;

/* The case, its key slices made; with_second: two regions. Free with page_case_free. */
void page_case_make(page_case *c, const page_shape *shape, bool with_second);
/* Makes the key slices anew after the volume or a mask was changed. */
void page_case_images(page_case *c, bool with_second);
void page_case_free(page_case *c);

/* Survival curves of two groups, and six features with quantiles, in the report. */
void page_case_curves(page_case *c);
void page_case_features(page_case *c);

/* page_usual with both. */
void page_case_usual(page_case *c, bool with_second);

/* Write the picture and the PDF of a case; where they are (valid for one more call). With
 * PN_KEEP_PAGES=FOLDER in the environment they stay in that folder. */
void page_write(const page_case *c, const char *name, const char *language);
const char *page_path(const char *name, const char *kind);    /* "sc", "pdf" */
/* What pdftotext says of the PDF; valid until the next call. */
char *page_text(const char *name, const char *options);

pn_messages *page_words(const char *language);

#endif
