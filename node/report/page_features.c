/* report/page_features.c - where this patient's features lie among the training patients'. */
#include "report/page_draw.h"

#include <math.h>
#include <stdio.h>

#include "report/page_words.h"

enum { MIN, P5, P25, P50, P75, P95, MAX };      /* of cfg_quantile_p */
static const double ROW = 25, SIZE = 7.5;

static bool has_quantiles(const pn_report_driver *d)
{
    for (int i = 0; i < CFG_NQUANTILES; i++) {
        if (!isfinite(d->quantile[i])) { return false; }
    }
    return d->quantile[MAX] >= d->quantile[MIN];
}

pn_axis pn_feature_axis(const pn_report_driver *d, double from, double to)
{
    double low = fmin(d->quantile[MIN], d->value), high = fmax(d->quantile[MAX], d->value);
    double margin = high > low ? 0.03 * (high - low) : 1;
    return (pn_axis){low - margin, high + margin, from, to};
}

/* A diamond; of another colour beyond the training range, where it also stands beside the line. */
static void draw_marker(pn_page *p, double x, double y, bool outside)
{
    const double r = 4.4;
    cairo_move_to(p->cr, x, y - r);
    cairo_line_to(p->cr, x + r, y);
    cairo_line_to(p->cr, x, y + r);
    cairo_line_to(p->cr, x - r, y);
    cairo_close_path(p->cr);
    pn_draw_colour(p->cr, outside ? PN_HIGH_RISK : PN_INK);
    cairo_fill_preserve(p->cr);
    pn_draw_colour(p->cr, PN_PAPER);
    cairo_set_line_width(p->cr, 0.9);
    cairo_stroke(p->cr);
}

static void draw_strip(pn_page *p, const pn_report_driver *d, double x, double y, double w)
{
    const pn_axis a = pn_feature_axis(d, x, x + w);
    double at[CFG_NQUANTILES];
    for (int i = 0; i < CFG_NQUANTILES; i++) { at[i] = pn_axis_at(&a, d->quantile[i]); }
    pn_draw_rule(p, at[MIN], y, at[MAX], y, 0.8, PN_BOX_LINE);
    for (int i = MIN; i <= MAX; i += MAX - MIN) { pn_draw_rule(p, at[i], y - 2.2, at[i], y + 2.2, 0.8, PN_BOX_LINE); }
    pn_draw_fill(p, (pn_box){at[P5], y - 2.2, at[P95] - at[P5], 4.4}, 0, PN_BOX_FILL);
    pn_draw_fill(p, (pn_box){at[P25], y - 3.6, at[P75] - at[P25], 7.2}, 0, PN_BOX_LINE);
    pn_draw_rule(p, at[P50], y - 3.6, at[P50], y + 3.6, 1.4, PN_PAPER);
    bool outside = d->value < d->quantile[MIN] || d->value > d->quantile[MAX];
    if (isfinite(d->value)) { draw_marker(p, pn_axis_at(&a, d->value), y, outside); }
}

/* Upward where it raises the score, downward where it lowers it, and by how much. */
static void draw_contribution(pn_page *p, const pn_report_driver *d, pn_box b)
{
    if (!isfinite(d->contribution)) { return; }
    char text[PN_NUMBER_SIZE];
    bool raises = d->contribution >= 0;
    double x = b.x + 6, y = b.y - 2.6, r = raises ? 3.2 : -3.2;
    cairo_move_to(p->cr, x, y - r);
    cairo_line_to(p->cr, x + 3.2, y + 0.8 * r);
    cairo_line_to(p->cr, x - 3.2, y + 0.8 * r);
    cairo_close_path(p->cr);
    pn_draw_colour(p->cr, pn_group_colour(raises));
    cairo_fill(p->cr);
    pn_words_number(text, fabs(d->contribution));
    (void)pn_draw_text(p, x + 6, b.y, b.w - 12, SIZE, PN_REGULAR, pn_group_colour(raises), PN_LEFT, text);
}

static void draw_feature(pn_page *p, const pn_report_driver *d, pn_box b)
{
    char text[PN_WORDS_SIZE];
    double value_w = 62;
    (void)pn_draw_text(p, b.x, b.y + 8, b.w - value_w, SIZE, PN_REGULAR, PN_INK, PN_LEFT,
                       pn_words_feature(d->name));
    char value[PN_NUMBER_SIZE];
    pn_words_number(value, d->value);
    (void)pn_draw_text(p, b.x + b.w - value_w, b.y + 8, value_w, SIZE, PN_BOLD, PN_INK, PN_RIGHT,
                       isfinite(d->value) ? value : pn_msg(p->words, PN_MSG_PAGE_UNKNOWN));
    const double by_w = 42, percentile_w = 78, strip = b.w - by_w - percentile_w, y = b.y + 17;
    if (has_quantiles(d)) { draw_strip(p, d, b.x + 4, y, strip - 8); }
    draw_contribution(p, d, (pn_box){b.x + strip, y + 2.6, by_w, SIZE});
    pn_page_percentile_text(text, p->words, d);
    (void)pn_draw_text(p, b.x + strip + by_w, y + 2.6, percentile_w, SIZE, PN_REGULAR, PN_MUTED, PN_RIGHT, text);
}

void pn_draw_features(pn_page *p, pn_box b)
{
    const pn_report_result *s = p->result;
    b = pn_draw_title(p, b, pn_msg(p->words, PN_MSG_PAGE_FEATURES));
    if (s->n_drivers == 0) {
        (void)pn_draw_text(p, b.x, b.y + 10, b.w, 8.5, PN_REGULAR, PN_MUTED, PN_LEFT,
                           pn_msg(p->words, PN_MSG_PAGE_UNKNOWN));
        return;
    }
    const pn_text_style small = {6.5, PN_REGULAR, PN_MUTED, PN_LEFT};
    char note[PN_WORDS_SIZE];
    bool scored = isfinite(s->drivers[0].contribution);
    (void)snprintf(note, sizeof note, "%s%s%s", pn_msg(p->words, PN_MSG_PAGE_QUANTILES), scored ? " · " : "",
                   scored ? pn_msg(p->words, PN_MSG_PAGE_TRIANGLES) : "");
    unsigned note_lines = pn_text_block(p->type, &small, b.x, 0, b.w, 8, 3, false, note);
    double room = b.h - 8 * note_lines - 4;
    size_t shown = (size_t)(room / ROW);
    if (shown > s->n_drivers) { shown = s->n_drivers; }
    for (size_t i = 0; i < shown; i++) {
        draw_feature(p, &s->drivers[i], (pn_box){b.x, b.y + ROW * (double)i, b.w, ROW});
    }
    (void)pn_text_block(p->type, &small, b.x, b.y + b.h - 8 * note_lines + 6, b.w, 8, note_lines, true, note);
}
