/* report/page_words.c - see page_words.h. */
#include "report/page_words.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>


static void copy(char out[PN_WORDS_SIZE], const char *text) { (void)snprintf(out, PN_WORDS_SIZE, "%s", text); }

/* A number, or the word for what is not known. */
static const char *or_unknown(const pn_messages *m, double v, const char *number)
{
    return isfinite(v) ? number : pn_msg(m, PN_MSG_PAGE_UNKNOWN);
}

void pn_page_cutpoint_text(char out[PN_WORDS_SIZE], const pn_messages *m, double cutpoint)
{
    char number[PN_NUMBER_SIZE];
    pn_words_number(number, cutpoint);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_CUTPOINT_AT, {"cutpoint", number});
}

void pn_page_gate_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_gate *g)
{
    char statement[PN_WORDS_SIZE / 2];
    pn_words_gate(statement, sizeof statement, m, g);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_GATE, {"name", pn_words_gate_name(m, g)},
                {"statement", statement});
}

void pn_page_percentile_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_driver *d)
{
    char number[PN_NUMBER_SIZE];
    pn_words_percentile(number, d->percentile);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_PERCENTILE,
                {"percentile", or_unknown(m, d->percentile, number)});
}

void pn_page_other_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_region *region)
{
    char name[PN_LO_SIZE], score[PN_NUMBER_SIZE];
    pn_words_region(name, sizeof name, m, region);
    pn_words_number(score, region->result.score);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_OTHER_REGION, {"name", name},
                {"group", pn_words_risk(m, &region->result)},
                {"score", region->result.applicable ? score : pn_msg(m, PN_MSG_PAGE_UNKNOWN)});
}

/* ---- Key slices ------------------------------------------------------------------------------ */

void pn_page_slice_text(char out[PN_WORDS_SIZE], const pn_messages *m, size_t number, size_t count, double z_mm)
{
    char n[32], of[32], z[32];
    (void)snprintf(n, sizeof n, "%zu", number);
    (void)snprintf(of, sizeof of, "%zu", count);
    (void)snprintf(z, sizeof z, "%.1f", z_mm);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_SLICE, {"number", n}, {"count", of}, {"position", z});
}

void pn_page_area_text(char out[PN_WORDS_SIZE], const pn_messages *m, double area_mm2, bool largest)
{
    char area[32];
    (void)snprintf(area, sizeof area, "%.3g", area_mm2 / 100);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, largest ? PN_MSG_PAGE_AREA_LARGEST : PN_MSG_PAGE_AREA, {"area", area});
}

void pn_page_window_text(char out[PN_WORDS_SIZE], const pn_messages *m, double low, double high,
                         const char *modality)
{
    char from[32], to[32];
    (void)snprintf(from, sizeof from, "%.3g", low);
    (void)snprintf(to, sizeof to, "%.3g", high);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_WINDOW, {"low", from}, {"high", to},
                {"unit", strcmp(modality, "CT") == 0 ? "HU" : ""});
    for (size_t n = strlen(out); n > 0 && out[n - 1] == ' '; n--) { out[n - 1] = '\0'; }   /* no unit */
}

/* ---- Curves ---------------------------------------------------------------------------------- */

void pn_page_group_text(char out[PN_WORDS_SIZE], const pn_messages *m, bool high, bool own)
{
    const char *group = pn_msg(m, high ? PN_MSG_RISK_HIGH : PN_MSG_RISK_LOW);
    if (!own) {
        copy(out, group);
        return;
    }
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_GROUP_OWN, {"group", group});
}

/* ---- Head and foot --------------------------------------------------------------------------- */

/* Family and given name of the first group that is not empty, "=Yamada^Tarou" too; the other
 * groups write the same name in another script, and follow. */
void pn_page_person_name(char out[PN_WORDS_SIZE], const char *name)
{
    size_t used = 0;
    bool pending = false;
    const char *before = "";
    for (const char *p = name; *p != '\0' && used + 8 < PN_WORDS_SIZE; p++) {
        if (*p == '^' || *p == '=') {
            before = *p == '=' ? "  " : used > 0 && strchr(out, ',') == NULL ? ", " : " ";
            pending = true;
            continue;
        }
        if (pending && used > 0) {
            used += strlen(strcpy(out + used, before));
        }
        pending = false;
        out[used++] = *p;
        out[used] = '\0';
    }
    out[used] = '\0';
}

void pn_page_date(char out[PN_WORDS_SIZE], const char *date)
{
    bool digits = strlen(date) == 8;
    for (const char *p = date; digits && *p != '\0'; p++) { digits = isdigit((unsigned char)*p) != 0; }
    if (digits) {
        (void)snprintf(out, PN_WORDS_SIZE, "%.4s-%.2s-%.2s", date, date + 4, date + 6);
    } else {
        copy(out, date);
    }
}

void pn_page_model_line(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report *r)
{
    char model[256], training[512];
    pn_words_model(model, sizeof model, m, r);
    pn_words_training(training, sizeof training, m, r);
    (void)snprintf(out, PN_WORDS_SIZE, "%s: %s%s%s%s%s%s%s", pn_msg(m, PN_MSG_MODEL_TITLE), model,
                   r->model_title[0] != '\0' ? " · " : "", r->model_title,
                   r->endpoint[0] != '\0' ? " · " : "", r->endpoint,
                   training[0] != '\0' ? " · " : "", training);
}

void pn_page_made_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report *r)
{
    char date[64];
    (void)snprintf(date, sizeof date, "%.4s-%.2s-%.2s %.2s:%.2s", r->content_datetime, r->content_datetime + 4,
                   r->content_datetime + 6, r->content_datetime + 8, r->content_datetime + 10);
    PN_MSG_FILL(out, PN_WORDS_SIZE, m, PN_MSG_PAGE_MADE, {"date", date}, {"software", PN_VERSION});
}
