/* report/page_text.c - see page_text.h.
 *
 * A paragraph is read into characters, each with its font, script and direction; a run is what
 * has all three in common, is shaped at once and keeps its text with it, so that the text of a
 * PDF can be found and copied. */
#include "report/page_text.h"

#include <fribidi.h>
#include <hb.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHARACTERS = 1024, MAX_GLYPHS = 8 * MAX_CHARACTERS, MAX_RUNS = MAX_CHARACTERS };
static const uint32_t ELLIPSIS = 0x2026;

typedef struct run { size_t from, to; } run;      /* characters [from, to), of one style */

struct pn_typesetter {
    cairo_t *cr;
    const pn_fonts *fonts;
    hb_buffer_t *buffer;
    bool failed;
    /* the paragraph */
    size_t n;
    uint32_t character[MAX_CHARACTERS + 1];       /* one more for an ellipsis             */
    uint8_t font[MAX_CHARACTERS + 1];
    FriBidiLevel level[MAX_CHARACTERS + 1];
    hb_script_t script[MAX_CHARACTERS + 1];
    double advance[MAX_CHARACTERS + 1];
    pn_weight weight;
    double size;
    run runs[MAX_RUNS + 1];
    cairo_glyph_t glyphs[MAX_GLYPHS];
    cairo_text_cluster_t clusters[MAX_CHARACTERS + 1];
    char utf8[4 * (MAX_CHARACTERS + 1)];
};

int pn_typesetter_new(pn_typesetter **out, cairo_t *cr, pn_error *err)
{
    int rc = pn_fonts_load(err);
    if (rc != PN_OK) { return rc; }
    pn_typesetter *t = calloc(1, sizeof *t);
    hb_buffer_t *buffer = hb_buffer_create();
    if (t == NULL || !hb_buffer_allocation_successful(buffer)) {
        free(t);
        hb_buffer_destroy(buffer);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for text");
    }
    t->cr = cr;
    t->fonts = pn_fonts_loaded();
    t->buffer = buffer;
    *out = t;
    return PN_OK;
}

void pn_typesetter_free(pn_typesetter *t)
{
    if (t == NULL) { return; }
    hb_buffer_destroy(t->buffer);
    free(t);
}

bool pn_typesetter_ok(const pn_typesetter *t) { return !t->failed; }

/* ---- Characters ------------------------------------------------------------------------------ */

/* The next character; 0xFFFD for a byte that begins none. */
static uint32_t next_character(const unsigned char **p)
{
    const unsigned char *s = *p;
    unsigned more = s[0] < 0x80 ? 0 : s[0] >= 0xF0 ? 3 : s[0] >= 0xE0 ? 2 : 1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3Fu >> more);
    bool good = s[0] < 0x80 || (s[0] >= 0xC2 && s[0] <= 0xF4);
    for (unsigned i = 1; good && i <= more; i++) {
        good = (s[i] & 0xC0u) == 0x80;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    good = good && c >= least[more] && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
    *p += good ? more + 1 : 1;
    return good ? c : 0xFFFD;
}

/* Marks of direction, invisible joiners and fillers, tags: they show nothing and only steer. */
static bool is_steering(uint32_t c)
{
    return c == 0x00AD || c == 0x061C || (c >= 0x200B && c <= 0x200F && c != 0x200C && c != 0x200D) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xE0000 && c <= 0xE0FFF);
}

static bool is_break(uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029; }

static void choose_fonts(pn_typesetter *t)
{
    hb_unicode_funcs_t *unicode = hb_unicode_funcs_get_default();
    for (size_t i = 0; i < t->n; i++) {
        uint32_t c = t->character[i];
        hb_unicode_general_category_t kind = hb_unicode_general_category(unicode, c);
        bool joins = i > 0 && (kind == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
                               kind == HB_UNICODE_GENERAL_CATEGORY_SPACE_SEPARATOR ||
                               c == 0x200C || c == 0x200D);
        hb_codepoint_t glyph = 0;
        bool found = false;
        /* A mark belongs to what it stands on, and a space breaks no word apart. */
        if (joins && hb_font_get_nominal_glyph(t->fonts->font[t->weight][t->font[i - 1]].shape, c, &glyph)) {
            t->font[i] = t->font[i - 1];
        } else {
            t->font[i] = (uint8_t)pn_fonts_find(t->fonts, t->weight, c, &found);
        }
        hb_script_t script = hb_unicode_script(unicode, c);
        bool own = script != HB_SCRIPT_COMMON && script != HB_SCRIPT_INHERITED && script != HB_SCRIPT_UNKNOWN;
        t->script[i] = own || i == 0 ? script : t->script[i - 1];
    }
    /* What comes before the first letter goes with it. */
    for (size_t i = t->n; i-- > 1;) {
        if (t->script[i - 1] == HB_SCRIPT_COMMON) { t->script[i - 1] = t->script[i]; }
    }
}

static void find_directions(pn_typesetter *t)
{
    FriBidiCharType types[MAX_CHARACTERS + 1];
    FriBidiBracketType brackets[MAX_CHARACTERS + 1];
    FriBidiParType base = FRIBIDI_PAR_ON;
    FriBidiStrIndex n = (FriBidiStrIndex)t->n;
    fribidi_get_bidi_types(t->character, n, types);
    fribidi_get_bracket_types(t->character, n, types, brackets);
    if (t->n > 0 && fribidi_get_par_embedding_levels_ex(types, brackets, n, &base, t->level) == 0) {
        t->failed = true;
        memset(t->level, 0, sizeof t->level);
    }
}

static bool alike(const pn_typesetter *t, size_t a, size_t b)
{
    return t->font[a] == t->font[b] && t->level[a] == t->level[b] && t->script[a] == t->script[b];
}

/* The runs of characters [from, to), in the order in which they stand in the text. */
static size_t split_runs(pn_typesetter *t, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        if (i == from || !alike(t, i - 1, i)) { t->runs[n++].from = i; }
        t->runs[n - 1].to = i + 1;
    }
    return n;
}

/* ---- Shaping --------------------------------------------------------------------------------- */

static const hb_glyph_info_t *shape(pn_typesetter *t, run r, unsigned *n, const hb_glyph_position_t **at)
{
    hb_buffer_reset(t->buffer);
    hb_buffer_add_utf32(t->buffer, t->character, (int)t->n, (unsigned)r.from, (int)(r.to - r.from));
    hb_buffer_set_direction(t->buffer, t->level[r.from] % 2 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(t->buffer, t->script[r.from]);
    hb_buffer_set_cluster_level(t->buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
    hb_shape(t->fonts->font[t->weight][t->font[r.from]].shape, t->buffer, NULL, 0);
    if (!hb_buffer_allocation_successful(t->buffer)) { t->failed = true; }
    *at = hb_buffer_get_glyph_positions(t->buffer, n);
    return hb_buffer_get_glyph_infos(t->buffer, n);
}

static double scale_of(const pn_typesetter *t, run r)
{
    return t->size / t->fonts->font[t->weight][t->font[r.from]].units_per_em;
}

/* The advance of each character; a cluster's stands at its first. */
static void measure(pn_typesetter *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) { t->advance[i] = 0; }
    size_t n_runs = split_runs(t, from, to);
    for (size_t k = 0; k < n_runs; k++) {
        unsigned n;
        const hb_glyph_position_t *at;
        const hb_glyph_info_t *info = shape(t, t->runs[k], &n, &at);
        for (unsigned i = 0; i < n; i++) {
            t->advance[info[i].cluster] += at[i].x_advance * scale_of(t, t->runs[k]);
        }
    }
}

static void set_text(pn_typesetter *t, const pn_text_style *style, const char *text)
{
    t->n = 0;
    t->size = style->size;
    t->weight = style->weight;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && t->n < MAX_CHARACTERS;) {
        uint32_t c = next_character(&p);
        if (is_steering(c)) { continue; }
        t->character[t->n++] = is_break(c) ? ' ' : c;
    }
    choose_fonts(t);
    find_directions(t);
    measure(t, 0, t->n);
}

static double width_of(const pn_typesetter *t, size_t from, size_t to)
{
    double w = 0;
    for (size_t i = from; i < to; i++) { w += t->advance[i]; }
    return w;
}

/* ---- Painting -------------------------------------------------------------------------------- */

static size_t put_utf8(char *out, uint32_t c)
{
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) { out[i] = (char)(0x80 | (c & 0x3F)); }
    out[0] = (char)(lead[n > 1 ? n : 0] | c);
    return n;
}

/* Which text each group of glyphs stands for. `backward`: the glyphs run from the text's end.
 * Returns the number of clusters, the text's length in *bytes. */
static int make_clusters(pn_typesetter *t, run r, const hb_glyph_info_t *info, unsigned n,
                         bool backward, int *bytes)
{
    size_t used = 0;
    int count = 0;
    unsigned g = 0;
    for (size_t i = r.from; i < r.to;) {
        cairo_text_cluster_t c = {0, 0};
        unsigned first = g;
        while (g < n && info[backward ? n - 1 - g : g].cluster <= i) { g++; }
        c.num_glyphs = (int)(g - first);
        size_t end = g < n ? info[backward ? n - 1 - g : g].cluster : r.to;
        size_t before = used;
        for (; i < end; i++) { used += put_utf8(t->utf8 + used, t->character[i]); }
        c.num_bytes = (int)(used - before);
        t->clusters[count++] = c;
    }
    *bytes = (int)used;
    return count;
}

/* One run with its left end at x; returns its width. */
static double paint_run(pn_typesetter *t, run r, double x, double y)
{
    unsigned n;
    const hb_glyph_position_t *at;
    const hb_glyph_info_t *info = shape(t, r, &n, &at);
    if (n > MAX_GLYPHS) { n = 0; }
    double scale = scale_of(t, r), from = x;
    for (unsigned i = 0; i < n; i++) {
        t->glyphs[i] = (cairo_glyph_t){info[i].codepoint, x + at[i].x_offset * scale,
                                       y - at[i].y_offset * scale};
        x += at[i].x_advance * scale;
    }
    bool backward = t->level[r.from] % 2 != 0;
    int bytes = 0, clusters = make_clusters(t, r, info, n, backward, &bytes);
    cairo_set_font_face(t->cr, t->fonts->font[t->weight][t->font[r.from]].draw);
    cairo_set_font_size(t->cr, t->size);
    if (n > 0) {
        cairo_show_text_glyphs(t->cr, t->utf8, bytes, t->glyphs, (int)n, t->clusters, clusters,
                               backward ? CAIRO_TEXT_CLUSTER_FLAG_BACKWARD : (cairo_text_cluster_flags_t)0);
    }
    return x - from;
}

/* From the order of the text to that on the page (UAX 9, rule L2), by runs. */
static void reorder(pn_typesetter *t, size_t n_runs)
{
    FriBidiLevel highest = 0;
    for (size_t k = 0; k < n_runs; k++) {
        if (t->level[t->runs[k].from] > highest) { highest = t->level[t->runs[k].from]; }
    }
    for (int level = highest; level > 0; level--) {
        for (size_t k = 0; k < n_runs; k++) {
            size_t end = k;
            while (end < n_runs && t->level[t->runs[end].from] >= level) { end++; }
            for (size_t a = k, b = end; a + 1 < b; a++) {
                run swap = t->runs[a];
                t->runs[a] = t->runs[--b];
                t->runs[b] = swap;
            }
            k = end;
        }
    }
}

static double paint(pn_typesetter *t, const pn_text_style *style, double x, double y, double width,
                    size_t from, size_t to)
{
    double natural = width_of(t, from, to);
    if (style->align == PN_CENTRE) { x += (width - natural) / 2; }
    if (style->align == PN_RIGHT) { x += width - natural; }
    cairo_save(t->cr);
    /* Marks piled upon marks stay within their line. */
    cairo_rectangle(t->cr, x - style->size, y - 1.3 * style->size, natural + 2 * style->size, 1.9 * style->size);
    cairo_clip(t->cr);
    cairo_set_source_rgb(t->cr, (style->rgb >> 16 & 255) / 255.0, (style->rgb >> 8 & 255) / 255.0,
                         (style->rgb & 255) / 255.0);
    size_t n_runs = split_runs(t, from, to);
    reorder(t, n_runs);
    for (size_t k = 0; k < n_runs; k++) { x += paint_run(t, t->runs[k], x, y); }
    cairo_restore(t->cr);
    return natural;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Ends the paragraph's line that begins at `from` with an ellipsis, so that it fits. */
static void cut(pn_typesetter *t, size_t from, double width)
{
    bool found;
    const pn_font *f = &t->fonts->font[t->weight][pn_fonts_find(t->fonts, t->weight, ELLIPSIS, &found)];
    hb_codepoint_t glyph = 0;
    (void)hb_font_get_nominal_glyph(f->shape, ELLIPSIS, &glyph);
    double dots = hb_font_get_glyph_h_advance(f->shape, glyph) * t->size / f->units_per_em;
    size_t to = from;
    double used = 0;
    while (to < t->n && to < MAX_CHARACTERS && used + t->advance[to] + dots <= width) { used += t->advance[to++]; }
    /* Not within a cluster, and no blank before the dots. */
    while (to > from && (t->advance[to] <= 0 || t->character[to - 1] == ' ')) { to--; }
    t->character[to] = ELLIPSIS;
    t->n = to + 1;
    choose_fonts(t);
    find_directions(t);
    measure(t, from, t->n);
}

double pn_text_width(pn_typesetter *t, const pn_text_style *style, const char *text)
{
    set_text(t, style, text);
    return width_of(t, 0, t->n);
}

double pn_text_line(pn_typesetter *t, const pn_text_style *style, double x, double y, double width,
                    const char *text)
{
    set_text(t, style, text);
    if (width_of(t, 0, t->n) > width + 1e-6) { cut(t, 0, width); }
    return paint(t, style, x, y, width, 0, t->n);
}

static bool is_ideograph(uint32_t c)
{
    return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFF00 && c <= 0xFFEF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/* Punctuation that does not begin, or does not end, a line of Chinese. */
static bool clings_back(uint32_t c)
{
    return (c >= 0x3001 && c <= 0x3002) || c == 0xFF0C || c == 0xFF1B || c == 0xFF1A || c == 0xFF09 ||
           c == 0xFF01 || c == 0xFF1F || c == 0x300B || c == 0x300D || c == 0x3011 || c == 0xFF05;
}

static bool clings_forward(uint32_t c) { return c == 0xFF08 || c == 0x300A || c == 0x300C || c == 0x3010; }

/* May a line end between characters i-1 and i? */
static bool may_break(const pn_typesetter *t, size_t i)
{
    uint32_t a = t->character[i - 1], b = t->character[i];
    if (t->advance[i] <= 0 || b == ' ' || b == '%') { return false; }
    if (a == ' ' || a == '-' || a == '/') { return true; }
    return (is_ideograph(a) || is_ideograph(b)) && !clings_back(b) && !clings_forward(a);
}

/* The end of the line that begins at `from`: behind its last word that fits. */
static size_t line_end(const pn_typesetter *t, size_t from, double width)
{
    size_t last = from;
    double used = 0;
    for (size_t i = from; i < t->n; i++) {
        if (i > from && may_break(t, i)) { last = i; }
        used += t->advance[i];
        /* A blank at the end may hang over. */
        if (used > width + 1e-6 && t->character[i] != ' ') { return last > from ? last : i > from ? i : i + 1; }
    }
    return t->n;
}

unsigned pn_text_block(pn_typesetter *t, const pn_text_style *style, double x, double y,
                       double width, double leading, unsigned max_lines, bool draw, const char *text)
{
    set_text(t, style, text);
    unsigned lines = 0;
    for (size_t from = 0; from < t->n && lines < max_lines; lines++) {
        size_t to = line_end(t, from, width);
        if (to < t->n && lines + 1 == max_lines && draw) {
            cut(t, from, width);
            to = t->n;
        }
        size_t visible = to;
        while (visible > from && t->character[visible - 1] == ' ') { visible--; }
        if (draw) { (void)paint(t, style, x, y + lines * leading, width, from, visible); }
        from = to;
    }
    return lines;
}
