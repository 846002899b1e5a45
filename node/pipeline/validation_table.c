/* validation_table.c - the numbers of a validation, one a row. */
#include <math.h>
#include <survival/concordance.h>
#include <stdio.h>
#include "base/csv.h"
#include "pipeline/validation_parts.h"

static int put(pn_buf *b, const char *name, double years, double value, double low, double high, double p,
               pn_error *err)
{
    const double numbers[] = {years, value, low, high, p};
    int rc = pn_csv_put(b, true, name, err);
    for (size_t i = 0; i < 5 && rc == PN_OK; i++) { rc = pn_csv_put_number(b, false, numbers[i], err); }
    return rc == PN_OK ? pn_csv_end_row(b, err) : rc;
}

/* An index that lies in 0..1, and so does its interval. */
static int put_index(pn_buf *b, const char *name, double years, double value, double se, pn_error *err)
{
    double low, high;
    sv_index_interval(&low, &high, value, se);
    return put(b, name, years, value, low, high, NAN, err);
}

static int put_horizon(pn_buf *b, const pn_validation_horizon *h, pn_error *err)
{
    int rc = put(b, "cases", h->years, (double)h->cases, NAN, NAN, NAN, err);
    if (rc == PN_OK) { rc = put(b, "controls", h->years, (double)h->controls, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_index(b, "auc", h->years, h->auc, h->auc_se, err); }
    if (rc == PN_OK) { rc = put(b, "brier", h->years, h->brier, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(b, "brier_null", h->years, h->brier_null, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(b, "predicted_risk", h->years, h->predicted, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(b, "observed_risk", h->years, h->observed, NAN, NAN, NAN, err); }
    for (size_t g = 0; g < h->n_groups && rc == PN_OK; g++) {
        const pn_calibration_group *c = &h->group[g];
        char name[48];
        (void)snprintf(name, sizeof name, "calibration_%zu_predicted", g + 1);
        rc = put(b, name, h->years, c->predicted, NAN, NAN, NAN, err);
        (void)snprintf(name, sizeof name, "calibration_%zu_observed", g + 1);
        if (rc == PN_OK) { rc = put(b, name, h->years, c->observed, c->low, c->high, NAN, err); }
    }
    return rc;
}

/* "hazard_ratio alone: sex (m against f)" */
static int put_hazard_ratios(pn_buf *b, const char *model, const pn_adjusted *a, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; i < a->n_rows && rc == PN_OK; i++) {
        const pn_hazard_ratio *r = &a->row[i];
        char name[200];
        (void)snprintf(name, sizeof name, "hazard_ratio %s: %s (%s)", model, r->name, r->detail);
        rc = put(b, name, NAN, r->ratio, r->low, r->high, r->p, err);
    }
    return rc;
}

/* "group II: patients" */
static int put_column_groups(pn_buf *b, const pn_column_groups *g, pn_error *err)
{
    int rc = PN_OK;
    for (size_t k = 0; k < g->n && rc == PN_OK; k++) {
        const pn_column_group *one = &g->group[k];
        char name[120];
        (void)snprintf(name, sizeof name, "group %s: patients", one->name);
        rc = put(b, name, NAN, (double)one->patients, NAN, NAN, NAN, err);
        (void)snprintf(name, sizeof name, "group %s: events", one->name);
        if (rc == PN_OK) { rc = put(b, name, NAN, (double)one->events, NAN, NAN, NAN, err); }
        (void)snprintf(name, sizeof name, "group %s: median_days", one->name);
        if (rc == PN_OK) { rc = put(b, name, NAN, one->median_days.value, one->median_days.lower, one->median_days.upper, NAN, err); }
    }
    if (rc == PN_OK) { rc = put(b, "groups: logrank_chisq", NAN, g->logrank, NAN, NAN, g->logrank_p, err); }
    return rc == PN_OK ? put(b, "groups: trend_chisq", NAN, g->trend, NAN, NAN, g->trend_p, err) : rc;
}

int pn_validation_table(pn_buf *out, const pn_validation_content *c, pn_error *err)
{
    const pn_validation *v = c->v;
    int rc = pn_buf_printf(out, err, "name,horizon_years,value,low,high,p\n");
    if (rc == PN_OK) { rc = put(out, "patients", NAN, (double)v->patients, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(out, "events", NAN, (double)v->events, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(out, "median_follow_up_days", NAN, v->follow_up_days, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_index(out, "c_harrell", NAN, v->c, v->c_se, err); }
    if (rc == PN_OK) { rc = put_index(out, "c_uno", v->uno_days / PN_DAYS_PER_YEAR, v->uno, v->uno_se, err); }
    if (rc == PN_OK) { rc = put(out, "calibration_slope", NAN, v->slope, v->slope - PN_Z95 * v->slope_se, v->slope + PN_Z95 * v->slope_se,
                              v->slope_p, err); }
    if (rc == PN_OK) { rc = put(out, "hazard_ratio_high_low", NAN, v->hr, v->hr_low, v->hr_high, v->hr_p, err); }
    if (rc == PN_OK) { rc = put(out, "logrank_chisq", NAN, v->logrank, NAN, NAN, v->logrank_p, err); }
    if (rc == PN_OK) { rc = put(out, "proportional_hazards", NAN, NAN, NAN, NAN, v->zph_p, err); }
    static const char *const names[2][2] = {{"low_risk_patients", "low_risk_events"},
                                            {"high_risk_patients", "high_risk_events"}};
    for (size_t g = 0; g < 2 && rc == PN_OK; g++) {
        rc = put(out, names[g][0], NAN, (double)v->group_patients[g], NAN, NAN, NAN, err);
        if (rc == PN_OK) { rc = put(out, names[g][1], NAN, (double)v->group_events[g], NAN, NAN, NAN, err); }
    }
    for (size_t h = 0; h < v->n_horizons && rc == PN_OK; h++) { rc = put_horizon(out, &v->horizon[h], err); }
    if (rc == PN_OK) { rc = put(out, "brier_integrated", c->curves->ibs_years, c->curves->ibs, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put(out, "brier_integrated_null", c->curves->ibs_years, c->curves->ibs_null, NAN, NAN, NAN, err); }
    if (rc == PN_OK) { rc = put_hazard_ratios(out, "alone", &c->forest->alone, err); }
    if (rc == PN_OK) { rc = put_hazard_ratios(out, "with the score", &c->forest->with_score, err); }
    if (rc == PN_OK) { rc = put_hazard_ratios(out, "with the risk group", &c->forest->with_group, err); }
    if (rc == PN_OK && c->groups != NULL) { rc = put_column_groups(out, c->groups, err); }
    return rc;
}
