#include "plot/silhouette.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plot/axes.h"

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* One group's bars as one area, from item `from` of all on. */
static void draw_group(const pn_axes *a, double *xy, const double *width, size_t from, size_t n, uint32_t rgb)
{
    const double zero = pn_axes_x(a, 0), top = pn_axes_y(a, a->y_high - (double)from),
                 bottom = pn_axes_y(a, a->y_high - (double)(from + n));
    const double back[] = {zero, bottom, zero, top};
    for (size_t i = 0; i < n; i++) {
        for (size_t edge = 0; edge < 2; edge++) {
            xy[4 * i + 2 * edge] = pn_axes_x(a, width[i]);
            xy[4 * i + 2 * edge + 1] = pn_axes_y(a, a->y_high - (double)(from + i + edge));
        }
    }
    memcpy(xy + 4 * n, back, sizeof back);
    pn_canvas_area(a->canvas, xy, 2 * n + 2, rgb, 1);
}

void pn_silhouette_draw(pn_canvas *c, const double *width, const int *label, size_t n, size_t k)
{
    const pn_type name = {7.5, PN_INK, PN_END, false};
    double *own = calloc(n + 1, sizeof *own), *xy = calloc(4 * n + 8, sizeof *xy), lowest = 0;
    if (own == NULL || xy == NULL) {
        c->no_memory = true;
        free(own);
        free(xy);
        return;
    }
    for (size_t i = 0; i < n; i++) { lowest = fmin(lowest, width[i]); }
    pn_axes a = pn_axes_on(c, 0, 0);
    a.x_low = lowest < 0 ? floor(10 * lowest) / 10 : 0;
    a.y_high = (double)n;
    pn_axes_draw_x(&a, "silhouette width");
    for (size_t g = 1, from = 0; g <= k; g++) {
        char text[32];
        size_t members = 0;
        for (size_t i = 0; i < n; i++) {
            if (label[i] == (int)g) { own[members++] = width[i]; }
        }
        if (members == 0) { continue; }
        qsort(own, members, sizeof *own, falling);
        draw_group(&a, xy, own, from, members, g % 2 == 1 ? PN_LOW_RISK : PN_HIGH_RISK);
        (void)snprintf(text, sizeof text, "%zu (%zu)", g, members);
        pn_canvas_text_within(c, a.left - 4, pn_axes_y(&a, a.y_high - (double)from - (double)members / 2) + 2.6, a.left - 4, &name, text);
        from += members;
    }
    free(own);
    free(xy);
}
