#include "plot/sheet_kind.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int pn_sheet_open(pn_sheet **out, pn_sheet_form form, const char *title, pn_error *err)
{
    return form == PN_SHEET_PDF ? pn_sheet_pdf_open(out, title, err) : pn_sheet_html_open(out, title, err);
}

int pn_sheet_finish(pn_sheet *s, pn_buf *out, pn_error *err)
{
    pn_buf all = {0};
    if (s->err.code == PN_OK) { s->kind->finish(s, &all); }
    if (s->err.code == PN_OK) {
        pn_error e = {0};
        if (pn_buf_add(out, all.p, all.n, &e) != PN_OK) { pn_sheet_fail(s, &e); }
    }
    pn_buf_free(&all);
    if (s->err.code != PN_OK && err != NULL) { *err = s->err; }
    return (int)s->err.code;
}

void pn_sheet_free(pn_sheet *s)
{
    if (s != NULL) { s->kind->free(s); }
}

pn_sheet_form pn_sheet_form_of(const char *path)
{
    size_t n = strlen(path);
    return n >= 4 && strcasecmp(path + n - 4, ".pdf") == 0 ? PN_SHEET_PDF : PN_SHEET_HTML;
}

void pn_sheet_fail(pn_sheet *s, const pn_error *err)
{
    if (s->err.code == PN_OK) { s->err = *err; }
}

void pn_sheet_put(pn_sheet *s, pn_buf *b, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    if (s->err.code != PN_OK) { return; }
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    pn_error e = {0};
    int rc = n < 0 || (size_t)n >= sizeof text ? pn_fail(&e, PN_EINTERNAL, "a piece of a page is too long")
                                               : pn_buf_add(b, text, (size_t)n, &e);
    if (rc != PN_OK) { pn_sheet_fail(s, &e); }
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static void format(char out[PN_SHEET_TEXT_SIZE], const char *fmt, va_list ap)
{
    int n = vsnprintf(out, PN_SHEET_TEXT_SIZE, fmt, ap);
    if (n < PN_SHEET_TEXT_SIZE) { return; }
    size_t at = PN_SHEET_TEXT_SIZE - 4;
    while (at > 0 && ((unsigned char)out[at] & 0xC0) == 0x80) { at--; }
    memcpy(out + at, "\xe2\x80\xa6", 4);
}

void pn_sheet_heading(pn_sheet *s, int level, const char *fmt, ...)
{
    char text[PN_SHEET_TEXT_SIZE];
    va_list ap;
    va_start(ap, fmt);
    format(text, fmt, ap);
    va_end(ap);
    if (s->err.code == PN_OK) { s->kind->heading(s, level, text); }
}

void pn_sheet_text(pn_sheet *s, const char *fmt, ...)
{
    char text[PN_SHEET_TEXT_SIZE];
    va_list ap;
    va_start(ap, fmt);
    format(text, fmt, ap);
    va_end(ap);
    if (s->err.code == PN_OK) { s->kind->text(s, text); }
}

void pn_sheet_note(pn_sheet *s, const char *fmt, ...)
{
    char text[PN_SHEET_TEXT_SIZE];
    va_list ap;
    va_start(ap, fmt);
    format(text, fmt, ap);
    va_end(ap);
    if (s->err.code == PN_OK) { s->kind->note(s, text); }
}

/* ---- Tables ---------------------------------------------------------------------------------- */

void pn_sheet_table(pn_sheet *s, size_t columns, const double *share, const char *const *head)
{
    double sum = 0;
    if (s->err.code != PN_OK) { return; }
    if (columns == 0 || columns > PN_SHEET_MAX_COLUMNS) {
        (void)pn_fail(&s->err, PN_EINTERNAL, "a table of %zu columns, expected 1 to %d", columns, PN_SHEET_MAX_COLUMNS);
        return;
    }
    for (size_t i = 0; i < columns; i++) { sum += share[i]; }
    for (size_t i = 0; i < columns; i++) { s->share[i] = share[i] / sum; }
    s->columns = columns;
    s->kind->table(s, head);
}

void pn_sheet_row(pn_sheet *s, const char *const *cells)
{
    if (s->err.code == PN_OK) { s->kind->row(s, cells); }
}

void pn_sheet_fact(pn_sheet *s, const char *name, const char *fmt, ...)
{
    char text[PN_SHEET_TEXT_SIZE];
    const char *const cells[] = {name, text};
    va_list ap;
    va_start(ap, fmt);
    format(text, fmt, ap);
    va_end(ap);
    pn_sheet_row(s, cells);
}

void pn_sheet_table_end(pn_sheet *s)
{
    if (s->err.code == PN_OK) { s->kind->table_end(s); }
}

/* ---- Figures --------------------------------------------------------------------------------- */

pn_canvas *pn_sheet_figure(pn_sheet *s, pn_figure_size size, double height, const char *title, const char *caption)
{
    double width = size == PN_FIGURE_HALF ? PN_HALF_WIDTH : PN_WIDE_WIDTH;
    s->canvas = s->kind->figure(s, width, fmin(height, PN_MAX_FIGURE_HEIGHT), title, caption);
    s->canvas->no_memory = false;
    return s->canvas;
}

void pn_sheet_figure_end(pn_sheet *s)
{
    if (s->canvas->no_memory && s->err.code == PN_OK) {
        (void)pn_fail_transient(&s->err, PN_ENOMEM, "no memory for a plot");
    }
    if (s->err.code == PN_OK) { s->kind->figure_end(s); }
}
