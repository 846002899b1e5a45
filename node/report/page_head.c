/* report/page_head.c - whose page this is, what made it, and from which model. */
#include "report/page_draw.h"

#include <stdio.h>

#include "report/page_words.h"

/* "Label value" with space behind; returns the x where the next one begins. Each value is a line
 * of its own, so that a name from right to left moves nothing beside it. */
static double field(pn_page *p, double x, double y, double limit, const char *name, const char *value)
{
    if (value[0] == '\0' || x + 40 > limit) { return x; }
    if (name[0] != '\0') { x += pn_draw_text(p, x, y, limit - x, 8.5, PN_REGULAR, PN_MUTED, PN_LEFT, name) + 4; }
    return x + pn_draw_text(p, x, y, limit - x, 8.5, PN_REGULAR, PN_INK, PN_LEFT, value) + 12;
}

static void draw_patient(pn_page *p, pn_box b)
{
    const pn_study *s = &p->report->study;
    char text[PN_WORDS_SIZE];
    pn_page_person_name(text, s->patient_name);
    (void)pn_draw_text(p, b.x, b.y + 13, b.w, 14, PN_BOLD, PN_INK, PN_LEFT,
                       text[0] != '\0' ? text : s->patient_id[0] != '\0' ? s->patient_id
                                                                       : pn_msg(p->words, PN_MSG_PAGE_UNKNOWN));
    double x = b.x, y = b.y + 27, limit = b.x + b.w;
    (void)snprintf(text, sizeof text, "%s%s%s%s", s->patient_id, s->patient_id_issuer[0] != '\0' ? " (" : "",
                   s->patient_id_issuer, s->patient_id_issuer[0] != '\0' ? ")" : "");
    x = field(p, x, y, limit, "ID", text);
    pn_page_date(text, s->patient_birth_date);
    x = field(p, x, y, limit, pn_msg(p->words, PN_MSG_PAGE_BORN), text);
    if (s->patient_sex[0] != '\0') { x = field(p, x, y, limit, pn_msg(p->words, PN_MSG_PAGE_SEX), s->patient_sex); }
    pn_page_date(text, s->study_date);
    x = field(p, x, y, limit, pn_msg(p->words, PN_MSG_PAGE_STUDY), text);
    x = field(p, x, y, limit, pn_msg(p->words, PN_MSG_PAGE_ACCESSION), s->accession);
    (void)field(p, x, y, limit, "", s->study_description);
}

/* Words that nobody may overlook, on a ground of their own. */
static void draw_banner(pn_page *p, pn_box b)
{
    pn_draw_fill(p, b, 4, PN_CARE_PAPER);
    pn_draw_sign(p, PN_GATE_WARNED, b.x + 12, b.y + b.h / 2 + 0.5, 5);
    (void)pn_draw_text(p, b.x + 24, b.y + b.h / 2 + 3.4, b.w - 36, 9.5, PN_BOLD, 0x5C3B00, PN_LEFT,
                       pn_msg(p->words, PN_MSG_RESEARCH_USE));
}

void pn_draw_header(pn_page *p, pn_box b)
{
    const double right = 210;
    char text[PN_WORDS_SIZE];
    draw_patient(p, (pn_box){b.x, b.y, b.w - right - 16, 30});
    (void)pn_draw_text(p, b.x + b.w - right, b.y + 12, right, 12, PN_BOLD, PN_INK, PN_RIGHT,
                       pn_msg(p->words, PN_MSG_PAGE_TITLE));
    pn_words_model(text, sizeof text, p->words, p->report);
    (void)pn_draw_text(p, b.x + b.w - right, b.y + 27, right, 8.5, PN_REGULAR, PN_INK, PN_RIGHT, text);
    pn_draw_rule(p, b.x, b.y + 34, b.x + b.w, b.y + 34, 0.8, PN_HAIRLINE);
    if (p->report->research_use_only) { draw_banner(p, (pn_box){b.x, b.y + 39, b.w, 17}); }
}

void pn_draw_footer(pn_page *p, pn_box b)
{
    const pn_report *r = p->report;
    char text[PN_WORDS_SIZE];
    pn_draw_rule(p, b.x, b.y, b.x + b.w, b.y, 0.8, PN_HAIRLINE);
    pn_page_model_line(text, p->words, r);
    (void)pn_draw_text(p, b.x, b.y + 10.5, b.w, 7.2, PN_REGULAR, PN_INK, PN_LEFT, text);
    (void)snprintf(text, sizeof text, "SHA-256 %s", r->model_sha256);
    (void)pn_draw_text(p, b.x, b.y + 20, b.w * 0.55, 6.8, PN_REGULAR, PN_MUTED, PN_LEFT, text);
    (void)pn_draw_text(p, b.x + b.w * 0.55, b.y + 20, b.w * 0.45, 6.8, PN_REGULAR, PN_MUTED, PN_RIGHT,
                       pn_msg(p->words, PN_MSG_PAGE_FULL_REPORT));
    pn_page_made_text(text, p->words, r);
    (void)pn_draw_text(p, b.x, b.y + 29.5, b.w * 0.45, 6.8, PN_REGULAR, PN_MUTED, PN_LEFT, text);
    (void)snprintf(text, sizeof text, "SR %s", r->sop_uid);
    (void)pn_draw_text(p, b.x + b.w * 0.45, b.y + 29.5, b.w * 0.55, 6.8, PN_REGULAR, PN_MUTED, PN_RIGHT, text);
}
