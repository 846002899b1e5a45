/* plot/sheet.h - headings, texts, tables and plots one below the other, as a web page or as a PDF document.
 *
 * What is written to a sheet is written once; the form decides what comes of it: one HTML file that needs
 * nothing else and runs no script, or a PDF with the same words as text. The same content gives the same
 * bytes. Texts are UTF-8, printf-like, and mean what they say: nothing in them is taken for markup. The first
 * failure is kept, what follows does nothing, pn_sheet_finish tells it. */
#ifndef PN_PLOT_SHEET_H
#define PN_PLOT_SHEET_H
#include "base/buf.h"
#include "plot/canvas.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_SHEET_TEXT_SIZE = 1000,      /* bytes; longer texts end in an ellipsis */
       PN_SHEET_MAX_COLUMNS = 12 };

typedef enum pn_sheet_form { PN_SHEET_HTML, PN_SHEET_PDF } pn_sheet_form;

typedef struct pn_sheet pn_sheet;

/* Fails: PN_ENOMEM; for PDF as pn_fonts_load. The title stands in the window and in the PDF's properties. */
PN_CHECKED int pn_sheet_open(pn_sheet **out, pn_sheet_form form, const char *title, pn_error *err);
/* What was written, appended to *out. Fails with the first failure; *out is then untouched. */
PN_CHECKED int pn_sheet_finish(pn_sheet *s, pn_buf *out, pn_error *err);
void pn_sheet_free(pn_sheet *s);       /* NULL is fine */
/* By the ending: .pdf (any case), else HTML. */
pn_sheet_form pn_sheet_form_of(const char *path);

/* level 1: the sheet's own, once; 2: a part; 3: within it. */
void pn_sheet_heading(pn_sheet *s, int level, const char *fmt, ...) PN_PRINTF(3, 4);
void pn_sheet_text(pn_sheet *s, const char *fmt, ...) PN_PRINTF(2, 3);
/* Something to beware of. */
void pn_sheet_note(pn_sheet *s, const char *fmt, ...) PN_PRINTF(2, 3);

/* Columns share the width as `share` says (any unit); head: their names, or NULL. Rows follow. */
void pn_sheet_table(pn_sheet *s, size_t columns, const double *share, const char *const *head);
void pn_sheet_row(pn_sheet *s, const char *const *cells);
/* A row of two columns: a name and what it is. */
void pn_sheet_fact(pn_sheet *s, const char *name, const char *fmt, ...) PN_PRINTF(3, 4);
void pn_sheet_table_end(pn_sheet *s);

/* A plot as wide as the sheet (PN_WIDE_WIDTH points), or two beside each other (PN_HALF_WIDTH). */
typedef enum pn_figure_size { PN_FIGURE_WIDE, PN_FIGURE_HALF } pn_figure_size;
#define PN_WIDE_WIDTH 499.0
#define PN_HALF_WIDTH 243.0
#define PN_MAX_FIGURE_HEIGHT 640.0
/* The canvas to draw it on, lent until pn_sheet_figure_end; never NULL. height: points, up to
 * PN_MAX_FIGURE_HEIGHT. title stands above, also for screen readers; caption below, may be "". */
pn_canvas *pn_sheet_figure(pn_sheet *s, pn_figure_size size, double height, const char *title, const char *caption);
void pn_sheet_figure_end(pn_sheet *s);

#ifdef __cplusplus
}
#endif
#endif
