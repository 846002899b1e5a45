/* validation_page.c - a validation as one page: what it is, its numbers, then its parts. */
#include "pipeline/validation_page.h"
#include <math.h>
#include <survival/concordance.h>
#include <stdio.h>
#include "pipeline/validation_parts.h"

/* ---- Numbers --------------------------------------------------------------------------------- */

const char *pn_number_text(char out[PN_NUMBER_SIZE], double v, int digits)
{
    if (!isfinite(v)) { return "not known"; }
    (void)snprintf(out, PN_NUMBER_SIZE, "%.*f", digits, v);
    return out;
}

const char *pn_interval_text(char out[PN_NUMBER_SIZE], double v, double low, double high, int digits)
{
    if (!isfinite(v) || !isfinite(low) || !isfinite(high)) { return pn_number_text(out, v, digits); }
    (void)snprintf(out, PN_NUMBER_SIZE, "%.*f (%.*f to %.*f)", digits, v, digits, low, digits, high);
    return out;
}

const char *pn_p_text(char out[PN_NUMBER_SIZE], double p)
{
    if (!isfinite(p)) { return ""; }
    if (p < 0.0001) { return "< 0.0001"; }
    (void)snprintf(out, PN_NUMBER_SIZE, "%.4f", p);
    return out;
}

static void put_row(pn_sheet *s, const char *what, double v, double low, double high, double p)
{
    char text[PN_NUMBER_SIZE], p_text[PN_NUMBER_SIZE];
    pn_sheet_row(s, (const char *const[]){what, pn_interval_text(text, v, low, high, 3), pn_p_text(p_text, p)});
}

/* An index that lies in 0..1, and so does its interval. */
static void put_index(pn_sheet *s, const char *what, double v, double se)
{
    double low, high;
    sv_index_interval(&low, &high, v, se);
    put_row(s, what, v, low, high, NAN);
}

static void put_numbers(pn_sheet *s, const pn_validation_content *c)
{
    static const double share[] = {5, 4, 2.2};
    static const char *const head[] = {"", "estimate (95 % interval)", "p"};
    const pn_validation *v = c->v;
    char text[PN_NUMBER_SIZE], name[96];
    pn_sheet_heading(s, 2, "Overall");
    pn_sheet_table(s, 3, share, head);
    (void)snprintf(text, sizeof text, "%zu, %zu", v->patients, v->events);
    pn_sheet_row(s, (const char *const[]){"Patients, events", text, ""});
    (void)snprintf(name, sizeof name, isfinite(v->follow_up_days) ? "%.2f years" : "not known", v->follow_up_days / PN_DAYS_PER_YEAR);
    pn_sheet_row(s, (const char *const[]){"Median follow-up", name, ""});
    put_index(s, "C-index (Harrell)", v->c, v->c_se);
    (void)snprintf(name, sizeof name, "C-index (Uno), until %.3g years", v->uno_days / PN_DAYS_PER_YEAR);
    put_index(s, name, v->uno, v->uno_se);
    put_row(s, "Calibration slope; p: differs from 1", v->slope, v->slope - PN_Z95 * v->slope_se,
            v->slope + PN_Z95 * v->slope_se, v->slope_p);
    put_row(s, "Hazard ratio, high against low risk", v->hr, v->hr_low, v->hr_high, v->hr_p);
    put_row(s, "Log-rank chi-square", v->logrank, NAN, NAN, v->logrank_p);
    pn_sheet_row(s, (const char *const[]){"Proportional hazards of the score", isfinite(v->zph_p) ? "" : "not known",
                                          pn_p_text(text, v->zph_p)});
    if (isfinite(c->curves->ibs)) {
        (void)snprintf(name, sizeof name, "Brier score, integrated over %.3g to %.3g years", c->curves->years[0],
                       c->curves->ibs_years);
        (void)snprintf(text, sizeof text, "%.4f; the same risk for all: %.4f", c->curves->ibs, c->curves->ibs_null);
        pn_sheet_row(s, (const char *const[]){name, text, ""});
    }
    pn_sheet_table_end(s);
}

/* ---- The page -------------------------------------------------------------------------------- */

static void put_identity(pn_sheet *s, const pn_validation_content *c)
{
    static const double share[] = {1, 2.6};
    const cfg_model *m = c->m;
    char text[PN_NUMBER_SIZE];
    pn_sheet_heading(s, 1, "Validation of %s", m->title[0] != '\0' ? m->title : m->id);
    if (m->research_use_only) { pn_sheet_note(s, "For research only: not for decisions about patients."); }
    pn_sheet_table(s, 2, share, NULL);
    pn_sheet_fact(s, "Model", "%s %s", m->id, m->version);
    pn_sheet_fact(s, "SHA-256 of its file", "%s", m->file_sha256);
    pn_sheet_fact(s, "Predicts", "%s", m->endpoint);
    pn_sheet_fact(s, "Patients validated on", "%s", c->cohort);
    pn_sheet_fact(s, "Made from", "%u patients, %u events; C-index there %s (apparent)", m->n_patients, m->n_events,
                  pn_number_text(text, m->c_index, 3));
    for (size_t i = 0; i < m->card.n_performance; i++) {
        const cfg_figure *f = &m->card.performance[i];
        pn_sheet_fact(s, f->name, "%s, told by the model file: %s", pn_interval_text(text, f->estimate, f->low, f->high, 3), f->how);
    }
    pn_sheet_table_end(s);
    pn_sheet_text(s, "The model stands as its file says; nothing of it was fitted again.");
}

int pn_validation_page(pn_buf *out, pn_sheet_form form, const pn_validation_content *c, pn_error *err)
{
    pn_sheet *s = NULL;
    char title[128];
    (void)snprintf(title, sizeof title, "Validation of %s %s", c->m->id, c->m->version);
    int rc = pn_sheet_open(&s, form, title, err);
    if (rc != PN_OK) { return rc; }
    put_identity(s, c);
    for (size_t i = 0; i < c->v->n_warnings; i++) { pn_sheet_note(s, "%s", c->v->warnings[i]); }
    put_numbers(s, c);
    pn_put_survival(s, c);
    if (c->groups != NULL) { pn_put_column_groups(s, c->groups); }
    pn_put_forest(s, c->forest);
    for (size_t h = 0; h < c->v->n_horizons; h++) { pn_put_horizon(s, &c->v->horizon[h]); }
    pn_put_time_curves(s, c);
    pn_put_equation(s, c);
    pn_put_features(s, c);
    pn_put_items(s, c);
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}
