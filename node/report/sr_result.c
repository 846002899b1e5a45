/* report/sr_result.c - the model's result as TID 1500 has it beside the groups: Derived Imaging
 * Measurements, Qualitative Evaluations. */
#include "report/sr_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/sr_codes.h"
#include "report/words.h"

/* ---- Shared --------------------------------------------------------------------------------- */

void pn_sr_put_number(pn_sr_writer *w, pn_code_triple name, double v, rx_why why,
                      pn_code_triple unit)
{
    if (isfinite(v)) {
        pn_sr_num(w->sr, PN_SR_CONTAINS, name, v, unit);
    } else if (isinf(v)) {
        pn_sr_num_absent(w->sr, PN_SR_CONTAINS, name,
                         v > 0 ? C_POSITIVE_INFINITY : C_NEGATIVE_INFINITY);
    } else {
        pn_sr_num_absent(w->sr, PN_SR_CONTAINS, name,
                         why == RX_NOT_ASKED ? C_NOT_ATTEMPTED : C_NOT_A_NUMBER);
    }
}

void pn_sr_put_known(pn_sr_writer *w, pn_code_triple name, double v, pn_code_triple unit)
{
    if (isfinite(v)) { pn_sr_num(w->sr, PN_SR_CONTAINS, name, v, unit); }
}

void pn_sr_put_risk_level(pn_sr_writer *w, const pn_report_result *result)
{
    pn_code_triple level = C_NOT_ASSESSED;
    if (result->applicable) { level = result->high_risk ? C_HIGH_RISK : C_LOW_RISK; }
    pn_sr_code(w->sr, PN_SR_CONTAINS, C_RISK_LEVEL, level);
}

void pn_sr_put_algorithm(pn_sr_writer *w, const char *name, const char *version)
{
    pn_sr_text(w->sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_NAME, name);
    pn_sr_text(w->sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_VERSION, version);
}

void pn_sr_put_parameter(pn_sr_writer *w, const char *name, const char *value)
{
    char text[CFG_PYRADIOMICS_TEXT_SIZE + 64];
    (void)snprintf(text, sizeof text, "%s: %s", name, value);
    pn_sr_text(w->sr, PN_SR_HAS_CONCEPT_MOD, C_ALGORITHM_PARAMETERS, text);
}

static const char *title_of(const pn_report *r)
{
    return r->model_title[0] != '\0' ? r->model_title : r->model_id;
}

static const char *endpoint_of(const pn_report *r)
{
    return r->endpoint[0] != '\0' ? r->endpoint : "survival";
}

/* ---- The model as an algorithm (TID 4019) --------------------------------------------------- */

static void put_horizons(pn_sr_writer *w, const pn_report_result *result)
{
    char text[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < result->n_survival && n < sizeof text; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%g", i > 0 ? ", " : "",
                              result->survival[i].years);
    }
    if (text[0] != '\0') { pn_sr_put_parameter(w, "horizons in years", text); }
}

static void put_training(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    char text[256];
    if (r->training_patients == 0) { return; }
    (void)snprintf(text, sizeof text, "%u patients, %u events", r->training_patients,
                   r->training_events);
    pn_sr_put_parameter(w, "training", text);
    if (isfinite(r->c_index)) {
        (void)snprintf(text, sizeof text, "%.9g, standard error %.9g", r->c_index, r->c_index_se);
        pn_sr_put_parameter(w, "C-index", text);
    }
    if (r->n_replicates > 0) {
        (void)snprintf(text, sizeof text, "%u", r->n_replicates);
        pn_sr_put_parameter(w, "bootstrap replicates", text);
    }
}

/* Who reads the numbers should know how they came about. */
static void put_method(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    char text[256];
    if (r->n_networks > 0) {
        (void)snprintf(text, sizeof text, "mean of %u extreme learning machines", r->n_networks);
        pn_sr_put_parameter(w, "score", text);
        pn_sr_put_parameter(w, "predicted probability", "Kaplan-Meier curve of the risk group's training patients");
    }
    if (r->recipe_sha256[0] != '\0' || r->recipe_name[0] != '\0') {
        (void)snprintf(text, sizeof text, "%s, sha256 %s", r->recipe_name[0] != '\0' ? r->recipe_name : "unnamed",
                       r->recipe_sha256[0] != '\0' ? r->recipe_sha256 : "unknown");
        pn_sr_put_parameter(w, "training recipe", text);
    }
}

static void put_model(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    char text[128];
    pn_sr_put_algorithm(w, title_of(r), r->model_version);
    pn_sr_put_parameter(w, "model", r->model_id);
    pn_sr_put_parameter(w, "sha256", r->model_sha256);
    (void)snprintf(text, sizeof text, "high risk where the score is above %.9g", r->cutpoint);
    pn_sr_put_parameter(w, "cut-point", text);
    if (isfinite(r->mahalanobis_limit)) {
        (void)snprintf(text, sizeof text, "%.9g", r->mahalanobis_limit);
        pn_sr_put_parameter(w, "largest Mahalanobis distance", text);
    }
    pn_sr_put_parameter(w, "endpoint", endpoint_of(r));
    put_horizons(w, pn_report_main(r));
    put_training(w);
    put_method(w);
}

/* ---- Variables of the patient --------------------------------------------------------------- */

/* Sex is a code, and stands among the evaluations. */
static void put_variable_number(pn_sr_writer *w, const pn_report_variable *v)
{
    switch (v->source == CFG_SOURCE_PATIENT ? cfg_patient_variable_find(v->name) : -1) {
    case CFG_PATIENT_AGE: pn_sr_put_known(w, C_PATIENT_AGE, v->value, C_YEARS); break;
    case CFG_PATIENT_WEIGHT: pn_sr_put_known(w, C_PATIENT_WEIGHT, v->value, C_KILOGRAM); break;
    case CFG_PATIENT_SIZE: pn_sr_put_known(w, C_PATIENT_SIZE, v->value, C_METRE); break;
    default: break;
    }
}

static void put_variable_code(pn_sr_writer *w, const pn_report_variable *v)
{
    const int kind = v->source == CFG_SOURCE_PATIENT ? cfg_patient_variable_find(v->name) : -1;
    if (kind == CFG_PATIENT_SEX && isfinite(v->value)) {
        pn_sr_code(w->sr, PN_SR_CONTAINS, C_PATIENT_SEX, v->value > 0 ? C_MALE : C_FEMALE);
    }
}

static void put_variable_text(pn_sr_writer *w, const pn_report_variable *v)
{
    char value[PN_NUMBER_SIZE], text[PN_WORDS_SIZE];
    if (v->source != CFG_SOURCE_TABLE) { return; }
    (void)snprintf(value, sizeof value, "%.9g", v->value);
    (void)snprintf(text, sizeof text, "%s = %s", v->name, isfinite(v->value) ? value : "-");
    pn_sr_text(w->sr, PN_SR_CONTAINS, C_MODEL_VARIABLE, text);
}

/* ---- Derived Imaging Measurements ----------------------------------------------------------- */

void pn_sr_put_derived(pn_sr_writer *w)
{
    const pn_report_result *result = pn_report_main(w->report);
    pn_sr_container(w->sr, PN_SR_CONTAINS, C_DERIVED, NULL);
    put_model(w);
    if (result->applicable) {
        pn_sr_put_number(w, C_SCORE, result->score, RX_DEFINED, C_NO_UNITS);
        pn_sr_put_score(w, result);
        pn_sr_put_survival(w, result);
    } else {                             /* the container needs a number, and this is the model's */
        pn_sr_put_known(w, C_CUTPOINT, w->report->cutpoint, C_NO_UNITS);
    }
    for (size_t i = 0; i < w->report->n_variables; i++) { put_variable_number(w, &w->report->variables[i]); }
    pn_sr_close(w->sr);
}

/* ---- Qualitative Evaluations ---------------------------------------------------------------- */

static void put_comment(pn_sr_writer *w, const char *text)
{
    if (text[0] != '\0') { pn_sr_text(w->sr, PN_SR_CONTAINS, C_COMMENT, text); }
}

static void put_model_comments(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    char text[PN_WORDS_SIZE];
    (void)snprintf(text, sizeof text, "%s: %s (%s %s), %s, sha256 %s",
                   pn_msg(w->words, PN_MSG_MODEL_TITLE), title_of(r), r->model_id,
                   r->model_version, endpoint_of(r), r->model_sha256);
    put_comment(w, text);
    pn_words_training(text, sizeof text, w->words, r);
    put_comment(w, text);
    for (size_t i = 0; i < r->n_performance; i++) {
        pn_words_figure(text, sizeof text, w->words, &r->performance[i]);
        put_comment(w, text);
    }
    if (r->limitations[0] != '\0') {
        PN_MSG_FILL(text, sizeof text, w->words, PN_MSG_MODEL_LIMITATIONS, {"text", r->limitations});
        put_comment(w, text);
    }
    if (r->n_networks > 0 && pn_report_main(r)->applicable && pn_report_main(r)->n_survival > 0) {
        put_comment(w, pn_msg(w->words, PN_MSG_SURVIVAL_OF_GROUP));
    }
}

static void put_remarks(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    char text[PN_WORDS_SIZE], version[16];
    for (size_t i = 0; i < r->n_reasons; i++) { put_comment(w, r->reasons[i]); }
    if (r->matched_by_series) { put_comment(w, pn_msg(w->words, PN_MSG_CONTOUR_BY_SERIES)); }
    if (r->predecessor_sop_uid[0] != '\0') {
        (void)snprintf(version, sizeof version, "%u", r->version);
        PN_MSG_FILL(text, sizeof text, w->words, PN_MSG_VERSION_REPLACES, {"version", version},
                    {"uid", r->predecessor_sop_uid});
        put_comment(w, text);
    }
}

void pn_sr_put_drivers(pn_sr_writer *w, const pn_report_result *result, size_t n)
{
    char text[PN_WORDS_SIZE];
    for (size_t i = 0; i < result->n_drivers && i < n; i++) {
        pn_words_driver(text, sizeof text, w->words, &result->drivers[i]);
        pn_sr_text(w->sr, PN_SR_CONTAINS, result->applicable ? C_CONTRIBUTION : C_MODEL_FEATURE,
                   text);
    }
}

void pn_sr_put_evaluations(pn_sr_writer *w)
{
    const pn_report *r = w->report;
    const pn_report_result *result = pn_report_main(r);
    pn_sr_container(w->sr, PN_SR_CONTAINS, C_QUALITATIVE, NULL);
    pn_sr_put_risk_level(w, result);
    pn_sr_put_gates(w, result);
    for (size_t i = 0; i < r->n_variables; i++) { put_variable_code(w, &r->variables[i]); }
    if (r->research_use_only) { put_comment(w, pn_msg(w->words, PN_MSG_RESEARCH_USE)); }
    put_model_comments(w);
    pn_sr_put_gate_statements(w, result);
    put_remarks(w);
    for (size_t i = 0; i < r->n_variables; i++) { put_variable_text(w, &r->variables[i]); }
    pn_sr_put_drivers(w, result, result->n_drivers);
    pn_sr_close(w->sr);
}
