/* compare_table.c - the numbers of a comparison, one a row. */
#include <math.h>
#include <stdio.h>
#include "base/csv.h"
#include "pipeline/compare_page.h"
#include "pipeline/score.h"

/* horizon_years, model, other, difference, low, high, p, p_adjusted */
enum { NUMBERS = 8 };

static int put(pn_buf *b, const char *name, const double v[NUMBERS], pn_error *err)
{
    int rc = pn_csv_put(b, true, name, err);
    for (size_t i = 0; i < NUMBERS && rc == PN_OK; i++) { rc = pn_csv_put_number(b, false, v[i], err); }
    return rc == PN_OK ? pn_csv_end_row(b, err) : rc;
}

static int put_difference(pn_buf *b, const char *name, double years, const sv_difference *d, double p_adjusted,
                          pn_error *err)
{
    const double v[NUMBERS] = {years, d->a, d->b, d->difference, d->low, d->high, d->p, p_adjusted};
    return put(b, name, v, err);
}

/* A number of the comparison itself. */
static int put_value(pn_buf *b, const char *name, double years, double value, double low, double high, double p, pn_error *err)
{
    const double v[NUMBERS] = {years, NAN, NAN, value, low, high, p, NAN};
    return put(b, name, v, err);
}

static int put_moved(pn_buf *b, const pn_comparison_horizon *h, bool categories, pn_error *err)
{
    const sv_reclassification *m = &h->moved;
    const struct { const char *name; const sv_reclassify_value *v; } rows[] = {
        {"nri_categories", &m->category.total}, {"nri_categories_events", &m->category.event},
        {"nri_categories_nonevents", &m->category.nonevent}, {"nri_any", &m->any.total},
        {"nri_any_events", &m->any.event}, {"nri_any_nonevents", &m->any.nonevent}, {"idi", &m->idi}};
    int rc = PN_OK;
    for (size_t i = categories ? 0 : 3; i < sizeof rows / sizeof rows[0] && rc == PN_OK; i++) {
        rc = put_value(b, rows[i].name, h->years, rows[i].v->value, rows[i].v->low, rows[i].v->high, NAN, err);
    }
    return rc;
}

static int put_added(pn_buf *b, const pn_comparison *c, size_t which, pn_error *err)
{
    static const char *const prefix[] = {"model_added", "other_added"};
    const pn_added_value *v = &c->added[which];
    char name[64];
    (void)snprintf(name, sizeof name, "%s_likelihood_ratio", prefix[which]);
    int rc = put_value(b, name, NAN, v->chisq, NAN, NAN, v->p, err);
    (void)snprintf(name, sizeof name, "%s_hazard_ratio_per_sd", prefix[which]);
    if (rc == PN_OK) { rc = put_value(b, name, NAN, v->hr, v->hr_low, v->hr_high, NAN, err); }
    (void)snprintf(name, sizeof name, "%s_c_harrell", prefix[which]);
    if (rc == PN_OK) { rc = put_difference(b, name, NAN, &v->c, NAN, err); }
    (void)snprintf(name, sizeof name, "%s_auc", prefix[which]);
    for (size_t k = 0; k < v->n_times && rc == PN_OK; k++) {
        rc = put_difference(b, name, c->horizon[k].years, &v->auc[k], v->auc_p_adjusted[k], err);
    }
    return rc;
}

int pn_comparison_table(pn_buf *out, const pn_comparison *c, pn_error *err)
{
    int rc = pn_buf_printf(out, err, "name,horizon_years,model,other,difference,low,high,p,p_adjusted\n");
    if (rc == PN_OK) { rc = put_value(out, "patients", NAN, (double)c->patients, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_value(out, "events", NAN, (double)c->events, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_value(out, "spearman_of_scores", NAN, c->spearman, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_difference(out, "c_harrell", NAN, &c->harrell, NAN, err); }
    if (rc == PN_OK) { rc = put_difference(out, "c_uno", c->uno_days / PN_DAYS_PER_YEAR, &c->uno, NAN, err); }
    if (rc == PN_OK && isfinite(c->ibs.difference)) { rc = put_difference(out, "brier_integrated", c->ibs_years, &c->ibs, NAN, err); }
    for (size_t k = 0; k < c->n_horizons && rc == PN_OK; k++) {
        const pn_comparison_horizon *h = &c->horizon[k];
        rc = put_difference(out, "auc", h->years, &h->auc, h->auc_p_adjusted, err);
        if (rc == PN_OK && h->risks) { rc = put_difference(out, "brier", h->years, &h->brier, NAN, err); }
        if (rc == PN_OK && h->risks) { rc = put_moved(out, h, c->n_limits > 0, err); }
    }
    for (size_t which = 0; which < 2 && c->n_clinical > 0 && rc == PN_OK; which++) { rc = put_added(out, c, which, err); }
    return rc;
}
