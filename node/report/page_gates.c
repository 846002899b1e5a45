/* report/page_gates.c - what the model is for, and whether this case is that. */
#include "report/page_draw.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/page_words.h"

static const double INDENT = 15;

/* Larger where there are few. */
typedef struct scale { double size, leading, gap; } scale;
static const scale scales[] = {{8.8, 11, 6}, {8.2, 10, 5}, {7.5, 9.2, 4}, {7.0, 8.4, 2.5}};
enum { N_SCALES = sizeof scales / sizeof scales[0] };

/* What stands in the way first. */
static int rank(const pn_report_gate *g)
{
    static const int ranks[] = {[PN_GATE_FAILED] = 0, [PN_GATE_WARNED] = 1, [PN_GATE_UNKNOWN] = 2,
                                [PN_GATE_PASSED] = 3};
    return ranks[g->state];
}

/* Draws one gate below y, or only measures it; returns where the next one begins. */
static double put_gate(pn_page *p, const pn_report_gate *g, const scale *sc, pn_box b, double y, bool draw)
{
    char text[PN_WORDS_SIZE];
    pn_page_gate_text(text, p->words, g);
    bool passed = g->state == PN_GATE_PASSED;
    const pn_text_style style = {sc->size, passed ? PN_REGULAR : PN_BOLD, passed ? PN_MUTED : PN_INK, PN_LEFT};
    unsigned lines = pn_text_block(p->type, &style, b.x + INDENT, y + 0.93 * sc->size, b.w - INDENT, sc->leading,
                                   passed ? 3 : 4, draw, text);
    if (draw) { pn_draw_sign(p, g->state, b.x + 5, y + 0.6 * sc->size, 0.56 * sc->size); }
    return y + (lines > 0 ? lines : 1) * sc->leading + sc->gap;
}

/* All gates that end above `last`, the gravest first; returns how many those are. */
static size_t put_gates(pn_page *p, const scale *sc, pn_box b, double last, bool draw)
{
    const pn_report_result *s = p->result;
    double y = b.y;
    size_t shown = 0;
    for (int r = 0; r <= 3; r++) {
        for (size_t i = 0; i < s->n_gates; i++) {
            if (rank(&s->gates[i]) != r) { continue; }
            double next = put_gate(p, &s->gates[i], sc, b, y, false);
            if (next - sc->gap > last + 0.5) { return shown; }
            if (draw) { (void)put_gate(p, &s->gates[i], sc, b, y, true); }
            y = next;
            shown++;
        }
    }
    return shown;
}

void pn_draw_gates(pn_page *p, pn_box b)
{
    const pn_report_result *s = p->result;
    b = pn_draw_title(p, b, pn_msg(p->words, PN_MSG_PAGE_APPLIES));
    if (s->n_gates == 0) {
        (void)pn_draw_text(p, b.x, b.y + 10, b.w, 8.5, PN_REGULAR, PN_MUTED, PN_LEFT,
                           pn_msg(p->words, PN_MSG_PAGE_UNKNOWN));
        return;
    }
    const double bottom = b.y + b.h;
    for (int i = 0; i < N_SCALES; i++) {
        if (put_gates(p, &scales[i], b, bottom, false) == s->n_gates) {
            (void)put_gates(p, &scales[i], b, bottom, true);
            return;
        }
    }
    (void)put_gates(p, &scales[N_SCALES - 1], b, bottom - 10, true);
    (void)pn_draw_text(p, b.x + INDENT, bottom - 2, b.w - INDENT, 7.5, PN_REGULAR, PN_MUTED, PN_LEFT,
                       pn_msg(p->words, PN_MSG_PAGE_FULL_REPORT));
}
