/* html.c - a sheet as one HTML file that needs nothing else. */
#include <stdlib.h>
#include "plot/sheet_kind.h"

typedef struct html {
    pn_sheet sheet;                        /* first */
    pn_buf b;
    pn_svg_canvas svg;
    bool in_row;                           /* of half figures */
    const char *caption;
} html;

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:16px/1.45 \"Noto Sans\",\"Helvetica Neue\",Arial,sans-serif;color:#17222c;background:#fff;max-width:60rem;"
    "margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.4rem;border-bottom:1px solid #cbd3da}h3{font-size:1rem;margin-top:1.6rem}\n"
    "table{border-collapse:collapse;width:100%;margin:.8rem 0;table-layout:fixed}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #cbd3da;overflow-wrap:break-word}\n"
    "thead th{color:#566573}tbody th{font-weight:normal}td{font-variant-numeric:tabular-nums}\n"
    ".note{border-left:4px solid #8a5a00;background:#fff1cf;padding:.3rem .8rem;margin:.5rem 0}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:1.2rem}figure{margin:1rem 0}.plots figure{flex:1 1 20rem;max-width:29rem;margin:.4rem 0}\n"
    "figure b{display:block;margin-bottom:.2rem}figcaption{font-size:.88em;color:#566573}\n"
    ".wide{overflow-x:auto}.wide svg{min-width:34rem}\n"
    "svg{width:100%;height:auto;display:block;font-family:\"Noto Sans\",\"Helvetica Neue\",Arial,sans-serif}\n"
    "@media print{body{margin:0;max-width:none;font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.wide svg{min-width:0}.plots{display:block}"
    ".plots figure{display:inline-block;vertical-align:top;width:48%;max-width:none;margin-right:1%}}\n"
    "</style>\n<title>";

static html *of(pn_sheet *s) { return (html *)s; }

static void put_element(html *h, const char *before, const char *text, const char *after)
{
    pn_sheet_put(&h->sheet, &h->b, "%s", before);
    pn_svg_escape(&h->sheet, &h->b, text);
    pn_sheet_put(&h->sheet, &h->b, "%s", after);
}

static void end_row_of_figures(html *h)
{
    if (h->in_row) { pn_sheet_put(&h->sheet, &h->b, "</div>\n"); }
    h->in_row = false;
}

static void heading(pn_sheet *s, int level, const char *text)
{
    static const char *const open[] = {"<h1>", "<h2>", "<h3>"}, *const close[] = {"</h1>\n", "</h2>\n", "</h3>\n"};
    int i = level < 1 ? 0 : level > 3 ? 2 : level - 1;
    end_row_of_figures(of(s));
    put_element(of(s), open[i], text, close[i]);
}

static void text(pn_sheet *s, const char *words)
{
    end_row_of_figures(of(s));
    put_element(of(s), "<p>", words, "</p>\n");
}

static void note(pn_sheet *s, const char *words)
{
    end_row_of_figures(of(s));
    put_element(of(s), "<p class=\"note\">", words, "</p>\n");
}

static void table(pn_sheet *s, const char *const *names)
{
    html *h = of(s);
    end_row_of_figures(h);
    pn_sheet_put(s, &h->b, "<table><colgroup>");
    for (size_t i = 0; i < s->columns; i++) { pn_sheet_put(s, &h->b, "<col style=\"width:%.1f%%\">", 100 * s->share[i]); }
    pn_sheet_put(s, &h->b, "</colgroup>");
    if (names != NULL) {
        pn_sheet_put(s, &h->b, "<thead><tr>");
        for (size_t i = 0; i < s->columns; i++) { put_element(h, "<th scope=\"col\">", names[i], "</th>"); }
        pn_sheet_put(s, &h->b, "</tr></thead>");
    }
    pn_sheet_put(s, &h->b, "<tbody>\n");
}

static void row(pn_sheet *s, const char *const *cells)
{
    html *h = of(s);
    pn_sheet_put(s, &h->b, "<tr>");
    put_element(h, "<th scope=\"row\">", cells[0], "</th>");
    for (size_t i = 1; i < s->columns; i++) { put_element(h, "<td>", cells[i], "</td>"); }
    pn_sheet_put(s, &h->b, "</tr>\n");
}

static void table_end(pn_sheet *s) { pn_sheet_put(s, &of(s)->b, "</tbody></table>\n"); }

static pn_canvas *figure(pn_sheet *s, double width, double height, const char *title, const char *caption)
{
    html *h = of(s);
    bool half = width < PN_WIDE_WIDTH;
    if (!half) { end_row_of_figures(h); }
    if (half && !h->in_row) { pn_sheet_put(s, &h->b, "<div class=\"plots\">\n"); }
    h->in_row = half;
    h->caption = caption;
    put_element(h, half ? "<figure><b>" : "<figure class=\"wide\"><b>", title, "</b>");
    pn_svg_begin(&h->svg, s, &h->b, width, height, title);
    return &h->svg.canvas;
}

static void figure_end(pn_sheet *s)
{
    html *h = of(s);
    pn_svg_end(&h->svg);
    if (h->caption[0] != '\0') { put_element(h, "<figcaption>", h->caption, "</figcaption>"); }
    pn_sheet_put(s, &h->b, "</figure>\n");
}

static void finish(pn_sheet *s, pn_buf *out)
{
    html *h = of(s);
    end_row_of_figures(h);
    pn_sheet_put(s, &h->b, "</body></html>\n");
    if (s->err.code != PN_OK) { return; }
    *out = h->b;
    h->b = (pn_buf){0};
}

static void free_html(pn_sheet *s)
{
    pn_buf_free(&of(s)->b);
    free(of(s));
}

int pn_sheet_html_open(pn_sheet **out, const char *title, pn_error *err)
{
    static const pn_sheet_kind kind = {heading, text, note, table, row, table_end, figure, figure_end, finish, free_html};
    html *h = calloc(1, sizeof *h);
    if (h == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a page"); }
    h->sheet.kind = &kind;
    pn_error e = {0};
    if (pn_buf_add(&h->b, head, sizeof head - 1, &e) != PN_OK) { pn_sheet_fail(&h->sheet, &e); }
    put_element(h, "", title, "</title></head><body>\n");
    *out = &h->sheet;
    return PN_OK;
}
