#include "plot/heat.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double size = 7, foot = 24, bar_height = 9;
enum { MAX_CELLS = 3000 };              /* each way */
static const uint32_t unknown = 0xB0B0B0, dark = PN_INK, light = PN_HAIRLINE;

/* Between two colours in their three parts. */
static uint32_t mix(uint32_t a, uint32_t b, double share)
{
    uint32_t out = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double from = a >> shift & 255, to = b >> shift & 255;
        out |= (uint32_t)lround(from + (to - from) * share) << shift;
    }
    return out;
}

uint32_t pn_heat_colour(double share, bool two_sided)
{
    if (!isfinite(share)) { return unknown; }
    share = fmin(fmax(share, 0), 1);
    if (!two_sided) { return mix(PN_PAPER, 0x003F7D, share); }
    return share < 0.5 ? mix(PN_LOW_RISK, PN_PAPER, 2 * share) : mix(PN_PAPER, PN_HIGH_RISK, 2 * share - 1);
}

static double widest(const char *const *names, size_t n, double most)
{
    const pn_type type = {size, PN_INK, PN_END, false};
    double width = 0;
    for (size_t i = 0; names != NULL && i < n; i++) { width = fmax(width, pn_canvas_text_width(&type, names[i])); }
    return fmin(width + 6, most);
}

double pn_heat_height(const pn_heat *h)
{
    double cells = h->row_name != NULL ? fmin(fmax(9.5 * (double)h->rows, 60), 420) : 300;
    return cells + foot + (h->bar != NULL ? bar_height + 3 : 0) + (h->column_name != NULL ? widest(h->column_name, h->columns, 110) : 0);
}

static void put_names(pn_canvas *c, const pn_heat *h, double x, double y, double width, double height)
{
    const pn_type type = {size, PN_INK, PN_END, false};
    double row = height / (double)h->rows, column = width / (double)h->columns;
    for (size_t i = 0; h->row_name != NULL && row >= size * 0.95 && i < h->rows; i++) {
        pn_canvas_text_within(c, x - 4, y + row * ((double)i + 0.5) + 0.35 * size, x - 4, &type, h->row_name[i]);
    }
    for (size_t j = 0; h->column_name != NULL && column >= size * 0.95 && j < h->columns; j++) {
        pn_canvas_text_upward(c, x + column * ((double)j + 0.5) + 0.35 * size, y + height + 4, &type, h->column_name[j]);
    }
}

static void put_scale(pn_canvas *c, const pn_heat *h, double x)
{
    enum { STEPS = 64 };
    uint32_t rgb[STEPS];
    char text[32];
    const double y = c->height - 17, width = fmin(120, 0.3 * c->width);
    if (c->width < 300) { x = 12; }                    /* room for the words */
    const pn_type type = {size, PN_MUTED, PN_MIDDLE, false}, words = {size, PN_INK, PN_START, false};
    for (int i = 0; i < STEPS; i++) { rgb[i] = pn_heat_colour(i / (STEPS - 1.0), h->two_sided); }
    pn_canvas_cells(c, x, y, width, 6, rgb, STEPS, 1);
    for (int i = 0; i <= 2; i++) {
        (void)snprintf(text, sizeof text, "%.3g", h->low + (h->high - h->low) * i / 2);
        pn_canvas_text(c, x + width * i / 2, y + 14, &type, text);
    }
    pn_canvas_text_within(c, x + width + 12, y + 6, c->width - x - width - 12, &words, h->scale);
}

/* More cells than a page can show are put together. */
static size_t fewer(size_t n) { return n < MAX_CELLS ? n : MAX_CELLS; }

/* Of what stands in cell (i, j) of rows x columns that are shown; NaN: nothing finite. */
static double mean_of(const pn_heat *h, size_t i, size_t rows, size_t j, size_t columns)
{
    double sum = 0;
    size_t n = 0;
    for (size_t r = i * h->rows / rows; r < (i + 1) * h->rows / rows; r++) {
        for (size_t k = j * h->columns / columns; k < (j + 1) * h->columns / columns; k++) {
            double v = h->v[r * h->columns + k];
            if (!isfinite(v)) { continue; }
            sum += v;
            n++;
        }
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

static void put_bar(pn_canvas *c, const pn_heat *h, double x, double width)
{
    const pn_type name = {size, PN_INK, PN_END, false};
    size_t columns = fewer(h->columns);
    uint32_t *rgb = calloc(columns, sizeof *rgb);
    if (rgb == NULL) {
        c->no_memory = true;
        return;
    }
    for (size_t j = 0; j < columns; j++) {
        size_t from = j * h->columns / columns, to = (j + 1) * h->columns / columns, yes = 0;
        for (size_t k = from; k < to; k++) { yes += h->bar[k]; }
        rgb[j] = mix(light, dark, (double)yes / (double)(to - from));
    }
    pn_canvas_cells(c, x, 1, width, bar_height, rgb, columns, 1);
    pn_canvas_text_within(c, x - 4, 1 + 0.8 * bar_height, x - 4, &name, h->bar_name);
    free(rgb);
}

void pn_heat_draw(pn_canvas *c, const pn_heat *h)
{
    double x = h->row_name != NULL ? widest(h->row_name, h->rows, 0.4 * c->width) : 12;
    if (h->bar != NULL && x < 46) { x = 46; }
    double y = h->bar != NULL ? bar_height + 4 : 1, below = h->column_name != NULL ? widest(h->column_name, h->columns, 110) : 0;
    double width = c->width - x - 4, height = c->height - y - foot - below;
    const pn_pen frame = {PN_BOX_LINE, 0.6, PN_SOLID};
    size_t rows = fewer(h->rows), columns = fewer(h->columns);
    uint32_t *rgb = calloc(rows * columns + 1, sizeof *rgb);
    if (rgb == NULL || rows == 0 || columns == 0) {
        c->no_memory = c->no_memory || rgb == NULL;
        free(rgb);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            rgb[i * columns + j] = pn_heat_colour((mean_of(h, i, rows, j, columns) - h->low) / (h->high - h->low), h->two_sided);
        }
    }
    pn_canvas_cells(c, x, y, width, height, rgb, columns, rows);
    pn_canvas_frame(c, x, y, width, height, &frame);
    for (size_t k = 0; k < h->n_marks; k++) {
        const pn_pen line = {PN_INK, 1.2, PN_SOLID};
        double at = x + width * (double)h->mark[k] / (double)h->columns;
        if (h->mark[k] > 0 && h->mark[k] < h->columns) { pn_canvas_line(c, at, 0, at, y + height + 3, &line); }
    }
    if (h->bar != NULL) { put_bar(c, h, x, width); }
    put_names(c, h, x, y, width, height);
    put_scale(c, h, x);
    free(rgb);
}
