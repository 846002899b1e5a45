/* report/show.c - see show.h. Finds items by code, never by their place or their words. */
#include "report/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/feature_codes.h"
#include "report/sr_codes.h"
#include "report/words.h"

/* Keeps the first failure, so that printing reads as printing. */
typedef struct printer {
    pn_buf *out;
    pn_error *err;
    int rc;
} printer;

/* Control characters of ASCII and of Latin-1 (C2 80 .. C2 9F in UTF-8) become blanks. */
static void tame(char *s)
{
    for (unsigned char *p = (unsigned char *)s; *p != '\0'; p++) {
        if (p[0] < 0x20 || p[0] == 0x7f) { p[0] = ' '; }
        if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) { p[0] = p[1] = ' '; }
    }
}

static void print(printer *p, const char *fmt, ...) PN_PRINTF(2, 3);

static void print(printer *p, const char *fmt, ...)
{
    if (p->rc != 0) { return; }
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        p->rc = pn_fail_transient(p->err, PN_ENOMEM, "out of memory");
        return;
    }
    tame(text);
    p->rc = pn_buf_add(p->out, text, strlen(text), p->err);
    free(text);
}

static void end_line(printer *p)
{
    if (p->rc == 0) { p->rc = pn_buf_add(p->out, "\n", 1, p->err); }
}

static bool is(const pn_sr_item *item, pn_code_triple code)
{
    return strcmp(item->name_code, code.value) == 0 && strcmp(item->name_scheme, code.scheme) == 0;
}

/* One past the last descendant of item i. */
static size_t end_of(const pn_sr_document *d, size_t i)
{
    size_t end = i + 1;
    while (end < d->n_items && d->items[end].depth > d->items[i].depth) { end++; }
    return end;
}

/* The first item of that name below `root`, or NULL. */
static const pn_sr_item *find(const pn_sr_document *d, size_t root, pn_code_triple code)
{
    for (size_t i = root + 1; i < end_of(d, root); i++) {
        if (is(&d->items[i], code)) { return &d->items[i]; }
    }
    return NULL;
}

static void print_date(printer *p, const pn_sr_document *d)
{
    if (strlen(d->content_date) < 8) { return; }
    print(p, "%.4s-%.2s-%.2s", d->content_date, d->content_date + 4, d->content_date + 6);
    if (strlen(d->content_time) >= 6) {
        const char *t = d->content_time;
        print(p, " %.2s:%.2s:%.2s", t, t + 2, t + 4);
    }
}

static void print_field(printer *p, const char *name, const pn_sr_item *item)
{
    if (item == NULL) { return; }
    print(p, "  %-14s %s", name, item->value);
    end_line(p);
}

/* As in the SR: the full number, and what the sentence makes of it. */
static void print_score(printer *p, const pn_sr_document *d, size_t root)
{
    const pn_sr_item *score = find(d, root, C_SCORE), *cut = find(d, root, C_CUTPOINT);
    if (score == NULL || !score->has_number) { return; }
    print(p, "  %-14s %.6g", "Score", score->number);
    if (cut != NULL && cut->has_number) {
        print(p, " (high risk above %.6g)", cut->number);
    }
    end_line(p);
}

static void print_applies(printer *p, const pn_sr_document *d, size_t root)
{
    const pn_sr_item *applies = find(d, root, C_APPLICABLE);
    const pn_sr_item *why = find(d, root, C_APPLICABILITY);
    if (applies == NULL) { return; }
    print(p, "  %-14s %s. %s", "Model applies", applies->value, why != NULL ? why->value : "");
    end_line(p);
}

/* All values of one name below root, each on a line; the first after the heading. */
static void print_all(printer *p, const pn_sr_document *d, size_t root, const char *heading,
                      pn_code_triple code)
{
    for (size_t i = root + 1; i < end_of(d, root); i++) {
        if (!is(&d->items[i], code)) { continue; }
        print(p, "  %-14s %s", heading, d->items[i].value);
        end_line(p);
        heading = "";
    }
}

/* What a tumour's group says first, in its order. */
static void print_result(printer *p, const pn_sr_document *d, size_t group)
{
    print_applies(p, d, group);
    print_field(p, "Risk group", find(d, group, C_RISK_LEVEL));
    print_score(p, d, group);
    print_field(p, "How sure", find(d, group, C_CERTAINTY));
    print_field(p, "Contour", find(d, group, C_MEASURED_CONTOUR));
    print_field(p, "Model", find(d, group, C_MODEL));
    print_all(p, d, group, "Survival", C_SURVIVAL);
    print_all(p, d, group, "Event-free", C_EVENT_FREE);
    print_all(p, d, group, "Driven by", C_CONTRIBUTION);
    print_all(p, d, group, "Features", C_MODEL_FEATURE);
}

/* Index of the first item of that name, n_items where there is none. */
static size_t index_of(const pn_sr_document *d, pn_code_triple code)
{
    size_t i = 0;
    while (i < d->n_items && !is(&d->items[i], code)) { i++; }
    return i;
}

static void print_headline(printer *p, const pn_sr_document *d)
{
    size_t group = index_of(d, C_GROUP);
    print(p, "%s, ", d->items[0].name);
    print_date(p, d);
    end_line(p);
    print_result(p, d, group < d->n_items ? group : 0);
    print(p, "  %-14s prognode %s", "Made by", d->software_version);
    end_line(p);
    if (d->predecessor_sop_uid[0] != '\0') {
        print(p, "  %-14s %s", "Replaces", d->predecessor_sop_uid);
        end_line(p);
    }
}

/* All texts of one name below the qualitative evaluations, under a heading. */
static void print_notes(printer *p, const pn_sr_document *d, const char *heading,
                        pn_code_triple code)
{
    size_t root = index_of(d, C_QUALITATIVE);
    if (root == d->n_items || find(d, root, code) == NULL) { return; }
    end_line(p);
    print(p, "%s", heading);
    end_line(p);
    for (size_t i = root + 1; i < end_of(d, root); i++) {
        if (!is(&d->items[i], code)) { continue; }
        print(p, "  - %s", d->items[i].value);
        end_line(p);
    }
}

static void print_region_head(printer *p, const pn_sr_document *d, size_t group)
{
    const pn_sr_item *id = find(d, group, C_TRACKING_ID);
    const pn_sr_item *finding = find(d, group, C_FINDING);
    const pn_sr_item *site = find(d, group, C_FINDING_SITE);
    const pn_sr_item *number = find(d, group, C_REGION_NUMBER);
    const pn_sr_item *contour = find(d, group, C_REGION_IN_SPACE);
    if (contour == NULL) { contour = find(d, group, C_SEGMENT); }
    end_line(p);
    print(p, "Region %s", id != NULL ? id->value : "");
    if (finding != NULL) { print(p, " (%s", finding->value); }
    if (site != NULL) { print(p, ", %s", site->value); }
    if (finding != NULL) { print(p, ")"); }
    end_line(p);
    if (contour == NULL) { return; }
    print(p, "  %s", contour->value);
    if (number != NULL) { print(p, " ROI %s", number->value); }
    end_line(p);
}

/* image: whose feature it is; NULL: the image as it came. */
static void print_feature(printer *p, const pn_sr_item *item, const char *image)
{
    const pn_feature_code *code = pn_feature_code_of(item->name_code, item->name_scheme);
    const char *name = code != NULL ? code->feature : item->name;
    const char *prefix = "original_";
    if (strncmp(name, prefix, strlen(prefix)) == 0) { name += strlen(prefix); }
    char value[64];
    if (item->has_number) {
        (void)snprintf(value, sizeof value, "%.9g", item->number);
    } else {
        (void)snprintf(value, sizeof value, "(%s)", item->value);
    }
    const char *unit = strcmp(item->unit, "1") == 0 ? "" : item->unit;
    char full[160];
    (void)snprintf(full, sizeof full, "%s%s%s", image != NULL ? image : "", image != NULL ? "_" : "", name);
    print(p, "  %-*s %16s %-14s %s %s", image != NULL ? 66 : 46, full, value, unit, item->name_scheme,
          item->name_code);
    end_line(p);
}

static void print_group(printer *p, const pn_sr_document *d, size_t group)
{
    const pn_sr_item *image = find(d, group, C_IMAGE_FILTER);
    for (size_t k = group + 1; k < end_of(d, group); k++) {
        const pn_sr_item *item = &d->items[k];
        bool own = strcmp(item->name_scheme, PN_SCHEME) == 0;
        if (strcmp(item->type, "NUM") == 0 && !own) { print_feature(p, item, image != NULL ? image->value : NULL); }
        if (is(item, C_COMMENT)) {
            print(p, "  Note: %s", item->value);
            end_line(p);
        }
    }
    print_all(p, d, group, "Eligibility", C_GATE_STATEMENT);
}

static void print_groups(printer *p, const pn_sr_document *d)
{
    bool first = true;
    for (size_t i = 0; i < d->n_items; i++) {
        if (!is(&d->items[i], C_GROUP)) { continue; }
        print_region_head(p, d, i);
        if (!first) { print_result(p, d, i); }   /* that of the first heads the page */
        print_group(p, d, i);
        first = false;
    }
}

static void print_tree(printer *p, const pn_sr_document *d)
{
    for (size_t i = 0; i < d->n_items; i++) {
        const pn_sr_item *item = &d->items[i];
        const char *name = item->name[0] != '\0' ? item->name : item->type;
        print(p, "%*s%s", (int)(2 * item->depth), "", name);
        if (item->value[0] != '\0') { print(p, ": %s", item->value); }
        if (item->unit[0] != '\0' && strcmp(item->unit, "1") != 0) { print(p, " %s", item->unit); }
        end_line(p);
    }
}

static bool is_own(const pn_sr_document *d)
{
    return strcmp(d->manufacturer, PN_MANUFACTURER) == 0 && is(&d->items[0], C_TITLE) &&
           find(d, 0, C_APPLICABLE) != NULL;
}

int pn_show(pn_buf *out, const pn_sr_document *d, pn_error *err)
{
    printer p = {out, err, 0};
    if (d->n_items == 0) { return pn_fail(err, PN_EFORMAT, "report has no content"); }
    if (is_own(d)) {
        print_headline(&p, d);
        print_notes(&p, d, "Eligibility", C_GATE_STATEMENT);
        print_notes(&p, d, "Notes", C_COMMENT);
        print_notes(&p, d, "Variables of the patient, from a table", C_MODEL_VARIABLE);
        print_notes(&p, d, "Contributions to the score, largest first", C_CONTRIBUTION);
        print_notes(&p, d, "Features of the model", C_MODEL_FEATURE);
        print_groups(&p, d);
    } else {
        print_tree(&p, d);
    }
    return p.rc;
}
