/* report/page_slices.c - the key slices with the outline of what was measured. */
#include "report/page_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/page_words.h"

static const double HEAD = 16, GAP = 8, CAPTION = 22, LEGEND = 14, REMARK = 11;

static double width_mm(const pn_page_images *p, size_t i) { return (double)p->slices[i].width * p->pixel_mm[0]; }
static double height_mm(const pn_page_images *p, size_t i) { return (double)p->slices[i].height * p->pixel_mm[1]; }

pn_box pn_slice_box(const pn_page_images *images, size_t i, pn_box square)
{
    double w = width_mm(images, i), h = height_mm(images, i);
    double scale = fmin(square.w / w, square.h / h);
    return (pn_box){square.x + (square.w - w * scale) / 2, square.y + (square.h - h * scale) / 2,
                    w * scale, h * scale};
}

static void paint_grey(pn_page *p, const pn_page_slice *s, pn_box b)
{
    cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)s->width, (int)s->height);
    unsigned char *row = cairo_image_surface_get_data(picture);
    if (row != NULL) {
        int stride = cairo_image_surface_get_stride(picture);
        cairo_surface_flush(picture);
        for (size_t y = 0; y < s->height; y++, row += stride) {
            for (size_t x = 0; x < s->width; x++) {
                uint8_t g = s->grey[y * s->width + x];
                /* The same in each channel, whatever the byte order. */
                row[4 * x] = row[4 * x + 1] = row[4 * x + 2] = row[4 * x + 3] = g;
            }
        }
        cairo_surface_mark_dirty(picture);
    }
    cairo_save(p->cr);
    cairo_rectangle(p->cr, b.x, b.y, b.w, b.h);
    cairo_clip(p->cr);
    cairo_translate(p->cr, b.x, b.y);
    cairo_scale(p->cr, b.w / (double)s->width, b.h / (double)s->height);
    cairo_set_source_surface(p->cr, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(p->cr), CAIRO_FILTER_GOOD);
    cairo_paint(p->cr);
    cairo_restore(p->cr);
    cairo_surface_destroy(picture);
}

/* `share` of each piece is drawn: less than all of it makes a dotted line. */
static void stroke_edges(pn_page *p, const pn_page_slice *s, pn_box b, const pn_edge *e, size_t n,
                         double share, double width, uint32_t rgb)
{
    double sx = b.w / (double)s->width, sy = b.h / (double)s->height;
    for (size_t i = 0; i < n; i++) {
        double x0 = b.x + e[i].x0 * sx, y0 = b.y + e[i].y0 * sy;
        cairo_move_to(p->cr, x0, y0);
        cairo_line_to(p->cr, x0 + (e[i].x1 - e[i].x0) * sx * share, y0 + (e[i].y1 - e[i].y0) * sy * share);
    }
    pn_draw_colour(p->cr, rgb);
    cairo_set_line_width(p->cr, width);
    cairo_stroke(p->cr);
}

static void draw_outlines(pn_page *p, const pn_page_slice *s, pn_box b)
{
    cairo_save(p->cr);
    cairo_rectangle(p->cr, b.x, b.y, b.w, b.h);
    cairo_clip(p->cr);
    cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_SQUARE);
    stroke_edges(p, s, b, s->others, s->n_others, 0.5, 0.8, PN_OTHER_OUTLINE);
    /* Dark below, so that it shows on bright tissue too. */
    stroke_edges(p, s, b, s->outline, s->n_outline, 1, 1.6, 0x000000);
    stroke_edges(p, s, b, s->outline, s->n_outline, 1, 0.9, PN_OUTLINE);
    cairo_restore(p->cr);
}

/* White on black, around x; the baseline at y. */
static void label(pn_page *p, double x, double y, double size, pn_weight weight, const char *text)
{
    const pn_text_style style = {size, weight, 0xFFFFFF, PN_CENTRE};
    double w = pn_text_width(p->type, &style, text);
    pn_draw_fill(p, (pn_box){x - w / 2 - 1.5, y - size, w + 3, size * 1.32}, 1.2, 0x000000);
    (void)pn_text_line(p->type, &style, x - w / 2, y, w + 1, text);
}

static void draw_letters(pn_page *p, pn_box b)
{
    const pn_page_images *im = p->images;
    label(p, b.x + 9, b.y + b.h / 2 + 3, 8.5, PN_BOLD, im->left);
    label(p, b.x + b.w - 9, b.y + b.h / 2 + 3, 8.5, PN_BOLD, im->right);
    label(p, b.x + b.w / 2, b.y + 11, 8.5, PN_BOLD, im->top);
    label(p, b.x + b.w / 2, b.y + b.h - 5, 8.5, PN_BOLD, im->bottom);
}

/* The longest of 1, 2, 5, 10, … mm that takes no more than a third of the width. */
static void draw_scale(pn_page *p, size_t i, pn_box picture, pn_box square)
{
    double per_mm = picture.w / width_mm(p->images, i), most = square.w / 3 / per_mm;
    double power = pow(10, floor(log10(most))), digit = most / power;
    double mm = power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
    char text[32];
    if (mm >= 10) {
        (void)snprintf(text, sizeof text, "%g cm", mm / 10);
    } else {
        (void)snprintf(text, sizeof text, "%g mm", mm);
    }
    double x0 = square.x + 8, x1 = x0 + mm * per_mm, y = square.y + square.h - 8;
    for (int pass = 0; pass < 2; pass++) {
        uint32_t rgb = pass == 0 ? 0x000000 : 0xFFFFFF;
        double w = pass == 0 ? 2.6 : 1.1, more = pass == 0 ? 0.8 : 0;
        pn_draw_rule(p, x0 - more, y, x1 + more, y, w, rgb);
        pn_draw_rule(p, x0, y - 3 - more, x0, y + 3 + more, w, rgb);
        pn_draw_rule(p, x1, y - 3 - more, x1, y + 3 + more, w, rgb);
    }
    label(p, (x0 + x1) / 2, y - 5, 7, PN_REGULAR, text);
}

static void draw_caption(pn_page *p, size_t i, pn_box square)
{
    const pn_page_slice *s = &p->images->slices[i];
    char text[PN_WORDS_SIZE];
    double y = square.y + square.h + 10;
    pn_page_slice_text(text, p->words, s->index + 1, p->images->n_volume_slices, s->z_mm);
    (void)pn_draw_text(p, square.x, y, square.w, 7.5, PN_REGULAR, PN_INK, PN_LEFT, text);
    pn_page_area_text(text, p->words, s->area_mm2, i == p->images->largest);
    (void)pn_draw_text(p, square.x, y + 9.5, square.w, 7.5, i == p->images->largest ? PN_BOLD : PN_REGULAR,
                       i == p->images->largest ? PN_INK : PN_MUTED, PN_LEFT, text);
}

static void draw_slice(pn_page *p, size_t i, pn_box square)
{
    pn_draw_fill(p, square, 0, 0x000000);
    pn_box picture = pn_slice_box(p->images, i, square);
    paint_grey(p, &p->images->slices[i], picture);
    draw_outlines(p, &p->images->slices[i], picture);
    draw_letters(p, square);
    draw_scale(p, i, picture, square);
    draw_caption(p, i, square);
}

/* What the lines are, and what the grey values. */
static void draw_legend(pn_page *p, pn_box b)
{
    const pn_page_images *im = p->images;
    bool others = false;
    for (size_t i = 0; i < im->n_slices; i++) { others = others || im->slices[i].n_others > 0; }
    double x = b.x, y = b.y + b.h - 4;
    pn_draw_fill(p, (pn_box){x, y - 6, 16, 8}, 1, 0x000000);
    pn_draw_rule(p, x + 2.5, y - 2, x + 13.5, y - 2, 1.4, PN_OUTLINE);
    x += 20 + pn_draw_text(p, x + 20, y, 150, 7.5, PN_REGULAR, PN_MUTED, PN_LEFT,
                           pn_msg(p->words, PN_MSG_PAGE_OUTLINE)) + 12;
    if (others) {
        pn_draw_fill(p, (pn_box){x, y - 6, 16, 8}, 1, 0x000000);
        for (double d = 2.5; d < 13; d += 4) { pn_draw_rule(p, x + d, y - 2, x + d + 2, y - 2, 1.2, PN_OTHER_OUTLINE); }
        (void)pn_draw_text(p, x + 20, y, 150, 7.5, PN_REGULAR, PN_MUTED, PN_LEFT,
                           pn_msg(p->words, PN_MSG_PAGE_OTHER_OUTLINES));
    }
    char text[PN_WORDS_SIZE];
    pn_page_window_text(text, p->words, im->window_low, im->window_high, p->report->study.modality);
    (void)pn_draw_text(p, b.x + b.w - 200, y, 200, 7.5, PN_REGULAR, PN_MUTED, PN_RIGHT, text);
}

/* What else is to be said: how other tumours were assessed, where the images came from, what the
 * mask leaves out, remarks on the images. One line each; returns how many. */
static unsigned put_remarks(pn_page *p, pn_box b, bool draw)
{
    const pn_report *r = p->report;
    char others[PN_WORDS_SIZE] = "", one[PN_WORDS_SIZE];
    for (size_t i = 0; i < r->n_regions; i++) {
        if (i == r->main_region || !r->regions[i].result.assessed) { continue; }
        pn_page_other_text(one, p->words, &r->regions[i]);
        size_t n = strlen(others);
        (void)snprintf(others + n, sizeof others - n, "%s%s", n > 0 ? " · " : "", one);
    }
    enum { MAX_REMARKS = 4 };
    const char *lines[3 + sizeof r->reasons / sizeof r->reasons[0]] = {
        others, r->matched_by_series ? pn_msg(p->words, PN_MSG_CONTOUR_BY_SERIES) : "", p->region->note};
    for (size_t i = 0; i < r->n_reasons; i++) { lines[3 + i] = r->reasons[i]; }
    unsigned n = 0;
    for (size_t i = 0; i < 3 + r->n_reasons && n < MAX_REMARKS; i++) {
        if (lines[i][0] == '\0') { continue; }
        n++;
        if (!draw) { continue; }
        double y = b.y + REMARK * n - 3;
        if (i == 0) {
            (void)pn_draw_text(p, b.x, y, b.w, 8, PN_BOLD, PN_INK, PN_LEFT, lines[i]);
        } else {
            pn_draw_sign(p, PN_GATE_WARNED, b.x + 4, y - 2.6, 3.6);
            (void)pn_draw_text(p, b.x + 12, y, b.w - 12, 7.5, PN_REGULAR, PN_INK, PN_LEFT, lines[i]);
        }
    }
    return n;
}

pn_box pn_slice_square(pn_page *p, pn_box b, size_t i)
{
    double remarks = REMARK * put_remarks(p, b, false), below = CAPTION + LEGEND + remarks;
    double side = fmin((b.w - (PN_PAGE_SLICES - 1) * GAP) / PN_PAGE_SLICES, b.h - HEAD - below);
    return (pn_box){b.x + (double)i * (side + GAP), b.y + HEAD, side, side};
}

void pn_draw_slices(pn_page *p, pn_box b)
{
    char text[PN_WORDS_SIZE];
    pn_words_contour(text, sizeof text, p->words, p->report, p->region);
    (void)pn_draw_text(p, b.x, b.y + 9, b.w, 9.5, PN_BOLD, PN_INK, PN_LEFT, text);
    if (p->images->n_slices == 0) {
        (void)pn_draw_text(p, b.x, b.y + HEAD + 12, b.w, 9, PN_REGULAR, PN_MUTED, PN_LEFT,
                           pn_msg(p->words, PN_MSG_PAGE_UNKNOWN));
        return;
    }
    for (size_t i = 0; i < p->images->n_slices; i++) { draw_slice(p, i, pn_slice_square(p, b, i)); }
    pn_box last = pn_slice_square(p, b, 0);
    draw_legend(p, (pn_box){b.x, last.y + last.h + CAPTION, b.w, LEGEND});
    double remarks = REMARK * put_remarks(p, b, false);
    (void)put_remarks(p, (pn_box){b.x, b.y + b.h - remarks, b.w, remarks}, true);
}
