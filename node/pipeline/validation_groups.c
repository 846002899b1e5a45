/* validation_groups.c - the groups that a clinical column names. */
#include <math.h>
#include <stdio.h>
#include "base/csv.h"
#include "pipeline/validation_parts.h"
#include "plot/km_plot.h"

static const pn_pen pens[PN_MAX_COLUMN_GROUPS] = {
    {PN_LOW_RISK, 1.4, PN_SOLID}, {PN_HIGH_RISK, 1.4, PN_DASHED}, {PN_GOOD, 1.4, PN_DOTTED}, {PN_CARE, 1.4, PN_SOLID},
    {PN_MUTED, 1.4, PN_DASHED}, {PN_INK, 1.4, PN_DOTTED}, {PN_BOX_LINE, 1.4, PN_SOLID}, {PN_LOW_RISK, 1.4, PN_DASHED}};

void pn_put_column_groups(pn_sheet *s, const pn_column_groups *g)
{
    static const double share[] = {3, 1.2, 1.2, 3};
    pn_km_curve curves[PN_MAX_COLUMN_GROUPS];
    char caption[400], p[PN_NUMBER_SIZE], q[PN_NUMBER_SIZE], a[PN_NUMBER_SIZE], b[PN_NUMBER_SIZE], c[PN_NUMBER_SIZE];
    if (g->n == 0) { return; }
    pn_sheet_heading(s, 2, "Groups of %s", g->column);
    for (size_t k = 0; k < g->n; k++) { curves[k] = (pn_km_curve){g->group[k].name, &g->group[k].km, pens[k]}; }
    (void)snprintf(caption, sizeof caption, "Kaplan-Meier curves with pointwise 95 %% confidence limits. Log-rank p %s (%d degrees of "
                   "freedom); for a trend in the order listed p %s.%s", pn_p_text(p, g->logrank_p), g->df, pn_p_text(q, g->trend_p),
                   g->missing > 0 ? " Patients without a value are left out." : "");
    pn_canvas *canvas = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_km_plot_height(g->n), "Survival by group", caption);
    pn_km_plot(canvas, curves, g->n, PN_DAYS_PER_YEAR, "years", "share without event");
    pn_sheet_figure_end(s);
    pn_sheet_table(s, 4, share, (const char *const[]){g->column, "patients", "events", "median, years (95 % CI)"});
    for (size_t k = 0; k < g->n; k++) {
        const pn_column_group *one = &g->group[k];
        (void)snprintf(a, sizeof a, "%zu", one->patients);
        (void)snprintf(b, sizeof b, "%zu", one->events);
        const double y = PN_DAYS_PER_YEAR;
        const char *median = isfinite(one->median_days.value)
            ? pn_interval_text(c, one->median_days.value / y, one->median_days.lower / y, one->median_days.upper / y, 2) : "not reached";
        pn_sheet_row(s, (const char *const[]){one->name, a, b, median});
    }
    pn_sheet_table_end(s);
}
