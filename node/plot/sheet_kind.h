/* plot/sheet_kind.h - what a form of sheet does, and its start. Private to the sheets. */
#ifndef PN_PLOT_SHEET_KIND_H
#define PN_PLOT_SHEET_KIND_H
#include "plot/sheet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_sheet_kind {
    void (*heading)(pn_sheet *s, int level, const char *text);
    void (*text)(pn_sheet *s, const char *text);
    void (*note)(pn_sheet *s, const char *text);
    void (*table)(pn_sheet *s, const char *const *head);
    void (*row)(pn_sheet *s, const char *const *cells);
    void (*table_end)(pn_sheet *s);
    pn_canvas *(*figure)(pn_sheet *s, double width, double height, const char *title, const char *caption);
    void (*figure_end)(pn_sheet *s);
    void (*finish)(pn_sheet *s, pn_buf *out);
    void (*free)(pn_sheet *s);
} pn_sheet_kind;

struct pn_sheet {
    const pn_sheet_kind *kind;
    pn_error err;                          /* the first failure; code PN_OK: none            */
    size_t columns;                        /* of the table that is open                      */
    double share[PN_SHEET_MAX_COLUMNS];    /* of the width, sum 1                            */
    pn_canvas *canvas;                     /* of the figure that is open                     */
};

PN_CHECKED int pn_sheet_html_open(pn_sheet **out, const char *title, pn_error *err);
PN_CHECKED int pn_sheet_pdf_open(pn_sheet **out, const char *title, pn_error *err);

/* Add to the text that a sheet writes, unless it has failed. */
void pn_sheet_put(pn_sheet *s, pn_buf *b, const char *fmt, ...) PN_PRINTF(3, 4);
void pn_sheet_fail(pn_sheet *s, const pn_error *err);

/* SVG on a buffer (svg.c): the canvas of HTML sheets. */
typedef struct pn_svg_canvas {
    pn_canvas canvas;                      /* first: the functions get its address           */
    pn_sheet *sheet;
    pn_buf *b;
} pn_svg_canvas;
void pn_svg_begin(pn_svg_canvas *c, pn_sheet *s, pn_buf *b, double width, double height, const char *title);
void pn_svg_end(pn_svg_canvas *c);
/* Text with the characters that HTML gives a meaning escaped. */
void pn_svg_escape(pn_sheet *s, pn_buf *b, const char *text);

/* A raster as the bytes of a PNG file (raster.c), appended. Fails: PN_ELIMIT, PN_ENOMEM. */
PN_CHECKED int pn_png_write(pn_buf *out, const uint32_t *rgb, size_t columns, size_t rows, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
