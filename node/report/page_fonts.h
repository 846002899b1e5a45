/* report/page_fonts.h - the fonts of the picture page, in memory for the life of the process.
 *
 * The files are named here, and no configuration of the machine's is asked: the same packages
 * give the same page, and a process that has loaded them needs no file to draw. */
#ifndef PN_REPORT_PAGE_FONTS_H
#define PN_REPORT_PAGE_FONTS_H
#include <stdbool.h>
#include <stddef.h>
#include <cairo.h>
#include <hb.h>
#include "base/error.h"

typedef enum pn_weight { PN_REGULAR, PN_BOLD, PN_NWEIGHTS } pn_weight;

/* `shape` chooses and places glyphs, in font units; `draw` paints them. */
typedef struct pn_font {
    hb_font_t *shape;
    cairo_font_face_t *draw;
    double units_per_em;
} pn_font;

enum { PN_MAX_FONTS = 12 };

/* In the order in which they are asked for a character. */
typedef struct pn_fonts {
    pn_font font[PN_NWEIGHTS][PN_MAX_FONTS];
    size_t n[PN_NWEIGHTS];
} pn_fonts;

/* Load what is installed; later calls do nothing. Fails: PN_ECONFIG where there is no font for
 * Latin letters in both weights, naming the packages; PN_ENOMEM. */
PN_CHECKED int pn_fonts_load(pn_error *err);
/* After pn_fonts_load. */
const pn_fonts *pn_fonts_loaded(void);
/* The first font of that weight with a glyph for the character, else 0: an empty box is drawn. */
size_t pn_fonts_find(const pn_fonts *f, pn_weight weight, unsigned character, bool *found);

#endif
