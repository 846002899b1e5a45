/* cmd/deconvolve_page.h - what `prognode deconvolve` found, as a page with plots. */
#ifndef PN_CMD_DECONVOLVE_PAGE_H
#define PN_CMD_DECONVOLVE_PAGE_H
#include <survival/deconvolve.h>
#include "plot/sheet.h"

typedef struct deconvolve_content {
    const char *table;                 /* whose samples                                         */
    const sv_cam *cam;
    const sv_cam_fit *fit;             /* the one that is written                               */
    const sv_cam_opts *options;
    size_t runs;
    const double *mdl;                 /* as sv_cam_multistart gives them                       */
    const size_t *chosen;
} deconvolve_content;

/* Description length of every run over the numbers of subpopulations, and the proportions. No sample is named.
 * Appends to *out. */
PN_CHECKED int deconvolve_page(pn_buf *out, pn_sheet_form form, const deconvolve_content *c, pn_error *err);

#endif
