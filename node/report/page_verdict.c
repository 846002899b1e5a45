/* report/page_verdict.c - what the radiologist reads first: whether the model applies, the risk
 * group, how sure that is, and the survival of such patients. */
#include "report/page_draw.h"

#include <math.h>
#include <stdio.h>

#include "report/page_words.h"

static bool known(pn_interval i) { return isfinite(i.low) && isfinite(i.high); }

/* The state of the whole: of the worst gate, as far as the model applies. */
static pn_gate_state overall(const pn_report_result *s)
{
    if (!s->applicable) { return PN_GATE_FAILED; }
    for (size_t i = 0; i < s->n_gates; i++) {
        if (s->gates[i].state != PN_GATE_PASSED) { return PN_GATE_WARNED; }
    }
    return PN_GATE_PASSED;
}

/* Returns the y below. */
static double draw_applies(pn_page *p, pn_box b)
{
    char text[PN_WORDS_SIZE];
    pn_words_applies(text, sizeof text, p->words, p->report, p->result);
    const pn_text_style style = {10, PN_BOLD, PN_INK, PN_LEFT};
    pn_draw_sign(p, overall(p->result), b.x + 8, b.y + 9, 7.5);
    unsigned lines = pn_text_block(p->type, &style, b.x + 22, b.y + 12.5, b.w - 22, 13,
                                   p->result->applicable ? 4 : 8, true, text);
    return b.y + 12.5 + 13 * (lines > 1 ? lines : 1);
}

static double draw_group(pn_page *p, pn_box b)
{
    const pn_report_result *s = p->result;
    (void)pn_draw_text(p, b.x, b.y + 8, b.w, 8, PN_REGULAR, PN_MUTED, PN_LEFT, pn_msg(p->words, PN_MSG_RISK_TITLE));
    uint32_t rgb = s->applicable ? pn_group_colour(s->high_risk) : PN_MUTED;
    double x = b.x;
    if (s->applicable) {
        pn_draw_group_mark(p, s->high_risk, b.x + 10, b.y + 26, 9);
        x += 27;
    }
    (void)pn_draw_text(p, x, b.y + 34, b.x + b.w - x, 25, PN_BOLD, rgb, PN_LEFT, pn_words_risk(p->words, s));
    return b.y + 44;
}

/* Wide enough for score, interval and cut-point, with room on both sides. */
static pn_axis gauge_axis(const pn_page *p, double from, double to)
{
    const pn_report_result *s = p->result;
    double cut = p->report->cutpoint, reach = fmax(fabs(s->score - cut), 0.25);
    if (known(s->score_interval)) {
        reach = fmax(reach, fmax(fabs(s->score_interval.low - cut), fabs(s->score_interval.high - cut)));
    }
    /* The cut-point in the middle: which side is seen at once. */
    return (pn_axis){cut - 1.25 * reach, cut + 1.25 * reach, from, to};
}

static void draw_gauge_marker(pn_page *p, double x, double y)
{
    const double r = 5.5;
    cairo_move_to(p->cr, x, y - r);
    cairo_line_to(p->cr, x + r, y);
    cairo_line_to(p->cr, x, y + r);
    cairo_line_to(p->cr, x - r, y);
    cairo_close_path(p->cr);
    pn_draw_colour(p->cr, PN_INK);
    cairo_fill_preserve(p->cr);
    pn_draw_colour(p->cr, PN_PAPER);
    cairo_set_line_width(p->cr, 1.1);
    cairo_stroke(p->cr);
}

static void draw_interval(pn_page *p, const pn_axis *a, double y)
{
    pn_interval i = p->result->score_interval;
    if (!known(i)) { return; }
    double x0 = pn_axis_at(a, i.low), x1 = pn_axis_at(a, i.high);
    pn_draw_rule(p, x0, y, x1, y, 2.2, PN_INK);
    pn_draw_rule(p, x0, y - 4, x0, y + 4, 1.4, PN_INK);
    pn_draw_rule(p, x1, y - 4, x1, y + 4, 1.4, PN_INK);
}

void pn_draw_gauge(pn_page *p, pn_box b, pn_axis *axis)
{
    char text[PN_WORDS_SIZE], score_text[PN_NUMBER_SIZE];
    const pn_axis a = gauge_axis(p, b.x, b.x + b.w);
    double cut = pn_axis_at(&a, p->report->cutpoint), y = b.y + 18;
    pn_draw_fill(p, (pn_box){a.from, y - 4, cut - a.from, 8}, 0, 0xCFE4F3);
    pn_draw_fill(p, (pn_box){cut, y - 4, a.to - cut, 8}, 0, 0xF6DCC8);
    (void)pn_draw_text(p, a.from, y + 16, cut - a.from - 36, 7.5, PN_REGULAR, PN_LOW_RISK, PN_LEFT,
                       pn_msg(p->words, PN_MSG_RISK_LOW));
    (void)pn_draw_text(p, cut + 36, y + 16, a.to - cut - 36, 7.5, PN_REGULAR, PN_HIGH_RISK, PN_RIGHT,
                       pn_msg(p->words, PN_MSG_RISK_HIGH));
    pn_draw_rule(p, cut, y - 7, cut, y + 8, 1.2, PN_INK);
    pn_page_cutpoint_text(text, p->words, p->report->cutpoint);
    (void)pn_draw_text(p, cut - 60, y + 16, 120, 7.5, PN_REGULAR, PN_INK, PN_CENTRE, text);
    draw_interval(p, &a, y);
    double score = pn_axis_at(&a, p->result->score);
    draw_gauge_marker(p, score, y);
    pn_words_number(score_text, p->result->score);
    double left = fmin(fmax(score - 40, b.x), b.x + b.w - 80);
    pn_align align = left < score - 40 ? PN_RIGHT : left > score - 40 ? PN_LEFT : PN_CENTRE;
    (void)pn_draw_text(p, left, y - 9, 80, 8.5, PN_BOLD, PN_INK, align, score_text);
    if (axis != NULL) { *axis = a; }
}

static double draw_certainty(pn_page *p, pn_box b)
{
    char text[PN_WORDS_SIZE];
    (void)pn_draw_text(p, b.x, b.y + 8, b.w, 8, PN_REGULAR, PN_MUTED, PN_LEFT, pn_msg(p->words, PN_MSG_CERTAINTY_TITLE));
    pn_draw_gauge(p, (pn_box){b.x, b.y + 12, b.w, 36}, NULL);
    pn_words_certainty(text, sizeof text, p->words, p->report, p->result);
    const pn_text_style style = {8, PN_REGULAR, PN_INK, PN_LEFT};
    double indent = 0;
    if (pn_words_unsure(p->report, p->result)) {
        pn_draw_sign(p, PN_GATE_WARNED, b.x + 5, b.y + 55.5, 4.6);
        indent = 14;
    }
    unsigned lines = pn_text_block(p->type, &style, b.x + indent, b.y + 58, b.w - indent, 10, 4, true, text);
    return b.y + 58 + 10 * (lines > 0 ? lines : 1);
}

/* A bar from 0 to 100 %, with its interval. */
static void draw_bar(pn_page *p, const pn_report_survival *s, pn_box b)
{
    const pn_axis a = {0, 1, b.x, b.x + b.w};
    double y = b.y + b.h / 2;
    pn_draw_fill(p, b, 0, PN_BOX_FILL);
    pn_draw_fill(p, (pn_box){b.x, b.y, pn_axis_at(&a, s->probability) - b.x, b.h}, 0, PN_BOX_LINE);
    if (!known(s->interval)) { return; }
    double x0 = pn_axis_at(&a, s->interval.low), x1 = pn_axis_at(&a, s->interval.high);
    pn_draw_rule(p, x0, y, x1, y, 1.2, PN_INK);
    pn_draw_rule(p, x0, y - 2.6, x0, y + 2.6, 1, PN_INK);
    pn_draw_rule(p, x1, y - 2.6, x1, y + 2.6, 1, PN_INK);
}

static void draw_horizon(pn_page *p, const pn_report_survival *s, pn_box b, bool bar)
{
    char name[PN_WORDS_SIZE], value[PN_WORDS_SIZE];
    pn_words_survival_name(name, sizeof name, p->words, p->report, s);
    pn_words_survival(value, sizeof value, p->words, s);
    pn_text_style plain = {8, PN_REGULAR, PN_INK, PN_LEFT}, strong = {8, PN_BOLD, PN_INK, PN_RIGHT};
    /* Smaller where both are long: the number is not to be cut. */
    double wide = pn_text_width(p->type, &plain, name) + pn_text_width(p->type, &strong, value) + 8;
    plain.size = strong.size = 8 * fmin(1, fmax(b.w / wide, 0.8));
    double value_w = fmin(pn_text_width(p->type, &strong, value), b.w);
    (void)pn_text_line(p->type, &plain, b.x, b.y + 9, fmax(b.w - value_w - 6, 0), name);
    (void)pn_text_line(p->type, &strong, b.x + b.w - value_w, b.y + 9, value_w, value);
    if (bar) { draw_bar(p, s, (pn_box){b.x, b.y + 13, b.w, 4}); }
}

static void draw_survival(pn_page *p, pn_box b)
{
    const pn_report_result *s = p->result;
    if (s->n_survival == 0) { return; }
    (void)pn_draw_text(p, b.x, b.y + 8, b.w, 8, PN_REGULAR, PN_MUTED, PN_LEFT,
                       pn_msg(p->words, pn_report_plain_survival(p->report) ? PN_MSG_SURVIVAL_TITLE
                                                                            : PN_MSG_SURVIVAL_EVENT_TITLE));
    b = (pn_box){b.x, b.y + 12, b.w, b.h - 12};
    double row = fmin(22, b.h / (double)s->n_survival);
    bool bars = row >= 19.5;
    if (!bars) { row = fmax(fmin(row, 13), 10.5); }
    for (size_t i = 0; i < s->n_survival && row * (double)(i + 1) <= b.h + 0.5; i++) {
        draw_horizon(p, &s->survival[i], (pn_box){b.x, b.y + row * (double)i, b.w, row}, bars);
    }
}

void pn_draw_verdict(pn_page *p, pn_box b)
{
    double bottom = b.y + b.h;
    double y = draw_applies(p, b) + 1;
    y = draw_group(p, (pn_box){b.x, y, b.w, 44}) + 2;
    if (!p->result->applicable) { return; }
    y = draw_certainty(p, (pn_box){b.x, y, b.w, 70}) - 3;
    draw_survival(p, (pn_box){b.x, y, b.w, bottom - y});
}
