/* validation_points.c - the points of a validation's plots, one a row. */
#include <math.h>
#include "base/csv.h"
#include "pipeline/validation_page.h"
#include "pipeline/validation_parts.h"

typedef struct writer { pn_buf *b; pn_error *err; int rc; } writer;

static void put(writer *w, const char *plot, const char *series, double horizon, double x, double y, double low, double high)
{
    const double numbers[] = {horizon, x, y, low, high};
    if (w->rc == PN_OK) { w->rc = pn_csv_put(w->b, true, plot, w->err); }
    if (w->rc == PN_OK) { w->rc = pn_csv_put(w->b, false, series, w->err); }
    for (size_t i = 0; i < 5 && w->rc == PN_OK; i++) { w->rc = pn_csv_put_number(w->b, false, numbers[i], w->err); }
    if (w->rc == PN_OK) { w->rc = pn_csv_end_row(w->b, w->err); }
}

static void put_survival(writer *w, const pn_validation *v)
{
    static const char *const group[] = {"low", "high"};
    for (size_t g = 0; g < 2; g++) {
        const sv_km *km = &v->km[g];
        for (size_t i = 0; i < km->n; i++) {
            double years = km->time[i] / PN_DAYS_PER_YEAR;
            put(w, "kaplan_meier", group[g], NAN, years, km->surv[i], km->lower[i], km->upper[i]);
            put(w, "at_risk", group[g], NAN, years, km->n_risk[i], NAN, NAN);
        }
    }
}

static void put_horizon(writer *w, const pn_validation_horizon *h)
{
    for (size_t i = 0; i < h->n_roc; i++) { put(w, "roc", "score", h->years, h->roc_x[i], h->roc_y[i], NAN, NAN); }
    for (size_t g = 0; g < h->n_groups; g++) {
        const pn_calibration_group *k = &h->group[g];
        put(w, "calibration", "group", h->years, k->predicted, k->observed, k->low, k->high);
    }
    for (size_t b = 0; b < PN_RISK_BINS && isfinite(h->brier); b++) {
        put(w, "predicted_risk", "share", h->years, (double)b / PN_RISK_BINS, h->risk_share[b], NAN, NAN);
    }
    for (size_t k = 0; k < PN_DECISION_POINTS && isfinite(h->brier); k++) {
        put(w, "decision", "model", h->years, h->decision[k].threshold, h->decision[k].net_benefit, NAN, NAN);
        put(w, "decision", "all", h->years, h->decision[k].threshold, h->decision[k].treat_all, NAN, NAN);
    }
}

static void put_time_curves(writer *w, const pn_time_curves *t)
{
    for (size_t k = 0; k < t->n; k++) {
        put(w, "auc", "score", NAN, t->years[k], t->auc[k], t->auc_low[k], t->auc_high[k]);
        if (!isfinite(t->brier[k])) { continue; }
        put(w, "brier", "model", NAN, t->years[k], t->brier[k], NAN, NAN);
        put(w, "brier", "same_for_all", NAN, t->years[k], t->brier_null[k], NAN, NAN);
    }
}

int pn_validation_points(pn_buf *out, const pn_validation_content *c, pn_error *err)
{
    writer w = {out, err, pn_buf_printf(out, err, "plot,series,horizon_years,x,y,low,high\n")};
    put_survival(&w, c->v);
    for (size_t h = 0; h < c->v->n_horizons; h++) { put_horizon(&w, &c->v->horizon[h]); }
    put_time_curves(&w, c->curves);
    return w.rc;
}
