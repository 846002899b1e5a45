/* pdf.c - a sheet as a PDF document, A4 upright. */
#include <cairo-pdf.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include "plot/raster.h"
#include "plot/sheet_kind.h"
#include "report/page_text.h"

static const double page_width = 595.276, page_height = 841.89, left = 48.138, top = 48, bottom = 792;
static const double two_pi = 6.283185307179586;
enum { MAX_LINES = 60 };

/* cairo does not pass every failure of a stream on: the sink remembers. */
typedef struct sink { pn_buf bytes; bool failed; } sink;

typedef struct pdf {
    pn_sheet sheet;                        /* first                                          */
    pn_canvas canvas;
    cairo_surface_t *surface;
    cairo_t *cr;
    pn_typesetter *type;
    sink sink;
    char title[160];
    unsigned page;
    double y;                              /* where the next thing begins                    */
    double row_top, row_bottom;            /* of figures beside each other                   */
    bool right_free;                       /* a half figure stands alone on the left         */
    double x0, y0;                         /* of the canvas                                  */
    char head[PN_SHEET_MAX_COLUMNS][80];   /* of the table, drawn again on the next page     */
    bool has_head;
    int pending;                           /* level of a heading that waits for what it heads; 0: none */
    char heading[PN_SHEET_TEXT_SIZE];
} pdf;

static pdf *of(pn_sheet *s) { return (pdf *)s; }
static pdf *of_canvas(pn_canvas *c) { return (pdf *)((char *)c - offsetof(pdf, canvas)); }

static void set_colour(cairo_t *cr, uint32_t rgb, double opacity)
{
    cairo_set_source_rgba(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, opacity);
}

/* ---- Canvas ---------------------------------------------------------------------------------- */

static void trace(cairo_t *cr, const double *xy, size_t n)
{
    cairo_new_path(cr);
    for (size_t i = 0; i < n; i++) { cairo_line_to(cr, xy[2 * i], xy[2 * i + 1]); }
}

static void path(pn_canvas *c, const double *xy, size_t n, const pn_pen *pen)
{
    static const double dashed[] = {5, 3}, dotted[] = {1.2, 2.2};
    cairo_t *cr = of_canvas(c)->cr;
    trace(cr, xy, n);
    set_colour(cr, pen->rgb, 1);
    cairo_set_line_width(cr, pen->width);
    cairo_set_dash(cr, pen->dash == PN_DASHED ? dashed : dotted, pen->dash == PN_SOLID ? 0 : 2, 0);
    cairo_stroke(cr);
}

static void area(pn_canvas *c, const double *xy, size_t n, uint32_t rgb, double opacity)
{
    cairo_t *cr = of_canvas(c)->cr;
    trace(cr, xy, n);
    cairo_close_path(cr);
    set_colour(cr, rgb, opacity);
    cairo_fill(cr);
}

static void disc(pn_canvas *c, double x, double y, double radius, uint32_t rgb)
{
    cairo_t *cr = of_canvas(c)->cr;
    cairo_new_path(cr);
    cairo_arc(cr, x, y, radius, 0, two_pi);
    set_colour(cr, rgb, 1);
    cairo_fill(cr);
}

static void canvas_text(pn_canvas *c, double x, double y, const pn_type *type, bool upward, const char *words)
{
    static const pn_align align[] = {PN_LEFT, PN_CENTRE, PN_RIGHT};
    static const double room = 2000;
    pdf *p = of_canvas(c);
    const pn_text_style style = {type->size, type->bold ? PN_BOLD : PN_REGULAR, type->rgb, align[type->anchor]};
    const double from = type->anchor == PN_START ? 0 : type->anchor == PN_MIDDLE ? -room / 2 : -room;
    cairo_save(p->cr);
    cairo_translate(p->cr, x, y);
    if (upward) { cairo_rotate(p->cr, -two_pi / 4); }
    (void)pn_text_line(p->type, &style, from, 0, room, words);
    cairo_restore(p->cr);
}

static void cells(pn_canvas *c, double x, double y, double width, double height, const uint32_t *rgb, size_t columns,
                  size_t rows)
{
    cairo_t *cr = of_canvas(c)->cr;
    cairo_surface_t *picture = pn_raster_surface(rgb, columns, rows);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, width / (double)columns, height / (double)rows);
    cairo_set_source_surface(cr, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(picture);
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static void draw_foot(pdf *p)
{
    char number[32];
    const pn_text_style style = {8, PN_REGULAR, PN_MUTED, PN_LEFT}, right = {8, PN_REGULAR, PN_MUTED, PN_RIGHT};
    (void)snprintf(number, sizeof number, "page %u", p->page);
    (void)pn_text_line(p->type, &style, left, page_height - 28, PN_WIDE_WIDTH - 60, p->title);
    (void)pn_text_line(p->type, &right, left, page_height - 28, PN_WIDE_WIDTH, number);
}

static void end_page(pdf *p)
{
    draw_foot(p);
    cairo_show_page(p->cr);
    p->page++;
    p->y = top;
}

static void end_row_of_figures(pdf *p)
{
    if (p->right_free || p->row_bottom > p->y) { p->y = p->row_bottom; }
    p->right_free = false;
}

/* How a heading of a level looks. */
static const double heading_size[] = {17, 13, 10.5}, heading_before[] = {0, 16, 9}, heading_after = 4;
static const double beneath = 50;      /* room for what comes after a heading and its first paragraph */

static double heading_height(pdf *p, bool draw)
{
    int i = p->pending - 1;
    const pn_text_style style = {heading_size[i], PN_BOLD, PN_INK, PN_LEFT};
    const double leading = 1.25 * heading_size[i], before = p->y > top ? heading_before[i] : 0;
    unsigned lines = pn_text_block(p->type, &style, left, p->y + before + heading_size[i], PN_WIDE_WIDTH, leading, MAX_LINES,
                                   draw, p->heading);
    return before + lines * leading + heading_after;
}

/* Room for so much, on this page or the next, and with it for the heading above. */
static void need(pdf *p, double height)
{
    end_row_of_figures(p);
    double all = height + (p->pending > 0 ? heading_height(p, false) : 0);
    if (p->y + all > bottom && p->y > top) { end_page(p); }
    if (p->pending > 0) { p->y += heading_height(p, true); }
    p->pending = 0;
    p->row_bottom = p->y;
}

/* A paragraph, not parted by a page's end. */
static void paragraph(pdf *p, const pn_text_style *style, double x, double width, double leading, const char *words)
{
    unsigned lines = pn_text_block(p->type, style, x, 0, width, leading, MAX_LINES, false, words);
    need(p, lines * leading + (p->pending > 0 ? beneath : 0));
    (void)pn_text_block(p->type, style, x, p->y + style->size, width, leading, MAX_LINES, true, words);
    p->y += lines * leading;
}

static void heading(pn_sheet *s, int level, const char *words)
{
    pdf *p = of(s);
    if (p->pending > 0) { need(p, 0); }
    end_row_of_figures(p);
    p->pending = level < 1 ? 1 : level > 3 ? 3 : level;
    (void)snprintf(p->heading, sizeof p->heading, "%s", words);
}

static void text(pn_sheet *s, const char *words)
{
    const pn_text_style style = {9.5, PN_REGULAR, PN_INK, PN_LEFT};
    paragraph(of(s), &style, left, PN_WIDE_WIDTH, 13, words);
    of(s)->y += 5;
}

static void note(pn_sheet *s, const char *words)
{
    const pn_text_style style = {9.5, PN_REGULAR, PN_INK, PN_LEFT};
    pdf *p = of(s);
    unsigned lines = pn_text_block(p->type, &style, 0, 0, PN_WIDE_WIDTH - 18, 13, MAX_LINES, false, words);
    double height = lines * 13 + 7;
    need(p, height + 4);
    set_colour(p->cr, PN_CARE_PAPER, 1);
    cairo_rectangle(p->cr, left, p->y, PN_WIDE_WIDTH, height);
    cairo_fill(p->cr);
    set_colour(p->cr, PN_CARE, 1);
    cairo_rectangle(p->cr, left, p->y, 3, height);
    cairo_fill(p->cr);
    (void)pn_text_block(p->type, &style, left + 11, p->y + 12.5, PN_WIDE_WIDTH - 18, 13, MAX_LINES, true, words);
    p->y += height + 4;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static const double line = 11.5, pad = 8;

/* Lines of the tallest cell; drawn or only counted. */
static unsigned cells_of_row(pdf *p, const pn_text_style *style, const char *const *words, bool draw)
{
    unsigned most = 1;
    double x = left;
    for (size_t i = 0; i < p->sheet.columns; i++) {
        double width = p->sheet.share[i] * PN_WIDE_WIDTH;
        unsigned n = pn_text_block(p->type, style, x, p->y + 9.5, width - pad, line, MAX_LINES, draw, words[i]);
        if (n > most) { most = n; }
        x += width;
    }
    return most;
}

static void draw_row(pdf *p, const pn_text_style *style, const char *const *words)
{
    double height = cells_of_row(p, style, words, false) * line + 3.5;
    (void)cells_of_row(p, style, words, true);
    p->y += height;
    const double rule[] = {left, p->y, left + PN_WIDE_WIDTH, p->y};
    const pn_pen pen = {PN_HAIRLINE, 0.6, PN_SOLID};
    path(&p->canvas, rule, 2, &pen);
    p->y += 2;
}

static void draw_head(pdf *p)
{
    const pn_text_style style = {8.5, PN_BOLD, PN_MUTED, PN_LEFT};
    const char *words[PN_SHEET_MAX_COLUMNS];
    for (size_t i = 0; i < p->sheet.columns; i++) { words[i] = p->head[i]; }
    if (p->has_head) { draw_row(p, &style, words); }
}

static void table(pn_sheet *s, const char *const *names)
{
    pdf *p = of(s);
    p->has_head = names != NULL;
    for (size_t i = 0; names != NULL && i < s->columns; i++) { (void)snprintf(p->head[i], sizeof p->head[i], "%s", names[i]); }
    need(p, 60);
    draw_head(p);
}

static void row(pn_sheet *s, const char *const *words)
{
    const pn_text_style style = {8.5, PN_REGULAR, PN_INK, PN_LEFT};
    pdf *p = of(s);
    unsigned page = p->page;
    need(p, cells_of_row(p, &style, words, false) * line + 6);
    if (p->page != page) { draw_head(p); }
    draw_row(p, &style, words);
}

static void table_end(pn_sheet *s) { of(s)->y += 7; }

/* ---- Figures --------------------------------------------------------------------------------- */

static pn_canvas *figure(pn_sheet *s, double width, double height, const char *title, const char *caption)
{
    const pn_text_style bold = {9, PN_BOLD, PN_INK, PN_LEFT}, small = {8, PN_REGULAR, PN_MUTED, PN_LEFT};
    pdf *p = of(s);
    p->canvas.width = width;
    p->canvas.height = height;
    if (s->err.code != PN_OK) { return &p->canvas; }
    unsigned lines = pn_text_block(p->type, &small, 0, 0, width, 10.5, MAX_LINES, false, caption);
    double all = 16 + height + lines * 10.5 + 10;
    bool half = width < PN_WIDE_WIDTH, beside = half && p->right_free && p->row_top + all <= bottom;
    if (!beside) {
        need(p, all);
        p->row_top = p->row_bottom = p->y;
    }
    p->right_free = half && !beside;
    p->x0 = left + (beside ? PN_WIDE_WIDTH - PN_HALF_WIDTH : 0);
    p->y0 = p->row_top + 16;
    (void)pn_text_line(p->type, &bold, p->x0, p->row_top + 9, width, title);
    (void)pn_text_block(p->type, &small, p->x0, p->y0 + height + 9.5, width, 10.5, MAX_LINES, true, caption);
    p->row_bottom = fmax(p->row_bottom, p->row_top + all);
    cairo_save(p->cr);
    cairo_translate(p->cr, p->x0, p->y0);
    return &p->canvas;
}

static void figure_end(pn_sheet *s)
{
    pdf *p = of(s);
    cairo_restore(p->cr);
    if (!p->right_free) { p->y = p->row_bottom; }
}

/* ---- The document ---------------------------------------------------------------------------- */

static cairo_status_t collect(void *closure, const unsigned char *data, unsigned n)
{
    sink *s = closure;
    s->failed = s->failed || pn_buf_add(&s->bytes, data, n, NULL) != PN_OK;
    return s->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void finish(pn_sheet *s, pn_buf *out)
{
    pdf *p = of(s);
    if (p->pending > 0) { need(p, 0); }
    end_page(p);
    bool whole = pn_typesetter_ok(p->type);
    cairo_status_t status = cairo_status(p->cr);
    cairo_surface_finish(p->surface);
    if (status == CAIRO_STATUS_SUCCESS) { status = cairo_surface_status(p->surface); }
    if (status == CAIRO_STATUS_NO_MEMORY || !whole || p->sink.failed) {
        (void)pn_fail_transient(&s->err, PN_ENOMEM, "no memory for a PDF document");
    } else if (status != CAIRO_STATUS_SUCCESS) {
        (void)pn_fail(&s->err, PN_EINTERNAL, "PDF document: %s", cairo_status_to_string(status));
    } else {
        *out = p->sink.bytes;
        p->sink.bytes = (pn_buf){0};
    }
}

static void free_pdf(pn_sheet *s)
{
    pdf *p = of(s);
    pn_typesetter_free(p->type);
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    cairo_surface_destroy(p->surface);
    pn_buf_free(&p->sink.bytes);
    free(p);
}

/* Without a date, so that the same content gives the same bytes. */
static void describe(pdf *p)
{
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, p->title);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "prognode " PN_VERSION);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
}

int pn_sheet_pdf_open(pn_sheet **out, const char *title, pn_error *err)
{
    static const pn_sheet_kind kind = {heading, text, note, table, row, table_end, figure, figure_end, finish, free_pdf};
    static const pn_canvas_kind canvas = {path, area, disc, canvas_text, cells};
    pdf *p = calloc(1, sizeof *p);
    if (p == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a PDF document"); }
    p->sheet.kind = &kind;
    p->canvas.kind = &canvas;
    (void)snprintf(p->title, sizeof p->title, "%s", title);
    p->page = 1;
    p->y = p->row_top = p->row_bottom = top;
    p->surface = cairo_pdf_surface_create_for_stream(collect, &p->sink, page_width, page_height);
    describe(p);
    p->cr = cairo_create(p->surface);
    int rc = pn_typesetter_new(&p->type, p->cr, err);
    if (rc != PN_OK) {
        free_pdf(&p->sheet);
        return rc;
    }
    *out = &p->sheet;
    return PN_OK;
}
