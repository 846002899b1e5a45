/* report/words.c - see words.h. */
#include "report/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Gate messages stand in the order of kinds and states. */
enum { MESSAGES_A_GATE = 5 };
_Static_assert(PN_MSG_GATE_SCORE_NAME - PN_MSG_GATE_MODALITY_NAME == MESSAGES_A_GATE * PN_GATE_SCORE &&
                   PN_MSG_GATE_DISTANCE_NAME - PN_MSG_GATE_MODALITY_NAME ==
                       MESSAGES_A_GATE * PN_GATE_DISTANCE &&
                   PN_MSG_GATE_ROI_VOXELS_NAME - PN_MSG_GATE_MODALITY_NAME ==
                       MESSAGES_A_GATE * PN_GATE_ROI_VOXELS &&
                   PN_MSG_GATE_CONTOUR_COUNT_NAME - PN_MSG_GATE_MODALITY_NAME ==
                       MESSAGES_A_GATE * PN_GATE_CONTOUR_COUNT &&
                   PN_MSG_GATE_SLICE_SPACING_NAME - PN_MSG_GATE_MODALITY_NAME ==
                       MESSAGES_A_GATE * PN_GATE_SLICE_SPACING,
               "PN_MESSAGES and pn_gate_kind differ in their order");
_Static_assert(PN_MSG_GATE_MODALITY_UNKNOWN - PN_MSG_GATE_MODALITY_PASSED == PN_GATE_UNKNOWN,
               "PN_GATE_MESSAGES and pn_gate_state differ in their order");

/* ---- Numbers -------------------------------------------------------------------------------- */

void pn_words_number(char buf[PN_NUMBER_SIZE], double v)
{
    if (isfinite(v)) {
        /* Volumes and counts in full: nobody reads 1.253e+05 voxels. */
        bool whole = fabs(v) >= 9999.5 && fabs(v) < 1e9;
        (void)snprintf(buf, PN_NUMBER_SIZE, whole ? "%.0f" : "%.4g", v == 0 ? 0.0 : v);
    } else {
        strcpy(buf, "-");
    }
}

static void decimals(char buf[PN_NUMBER_SIZE], double v, int n)
{
    if (!isfinite(v)) {
        strcpy(buf, "-");
        return;
    }
    (void)snprintf(buf, PN_NUMBER_SIZE, "%.*f", n, v);
}

void pn_words_percent(char buf[PN_NUMBER_SIZE], double share) { decimals(buf, 100 * share, 1); }

void pn_words_percentile(char buf[PN_NUMBER_SIZE], double percentile)
{
    decimals(buf, percentile, 0);
}

const char *pn_words_feature(const char *full_name)
{
    static const char *const variables[CFG_NPATIENT_VARIABLES] = {
        [CFG_PATIENT_AGE] = "Age (years)", [CFG_PATIENT_SEX] = "Sex (male 1, female 0)",
        [CFG_PATIENT_WEIGHT] = "Weight (kg)", [CFG_PATIENT_SIZE] = "Height (m)"};
    const int variable = cfg_patient_variable_find(full_name);
    if (variable >= 0) { return variables[variable]; }
    const char *prefix = "original_";
    size_t n = strlen(prefix);
    return strncmp(full_name, prefix, n) == 0 ? full_name + n : full_name;
}

static bool is_known(pn_interval i) { return isfinite(i.low) && isfinite(i.high); }

static void copy(char *buf, size_t size, const pn_messages *m, pn_msg_id id)
{
    pn_msg_fill(buf, size, m, id, NULL, 0);
}

/* Adds a sentence after another; what does not fit is left out. */
static void add_sentence(char *buf, size_t size, const char *text)
{
    size_t n = strlen(buf);
    if (n + 1 + strlen(text) < size) { (void)snprintf(buf + n, size - n, " %s", text); }
}

/* ---- Gates ---------------------------------------------------------------------------------- */

const char *pn_words_gate_name(const pn_messages *m, const pn_report_gate *gate)
{
    return pn_msg(m, (pn_msg_id)(PN_MSG_GATE_MODALITY_NAME + MESSAGES_A_GATE * (int)gate->kind));
}

const char *pn_words_gate_state(const pn_messages *m, pn_gate_state state)
{
    switch (state) {
    case PN_GATE_PASSED: return pn_msg(m, PN_MSG_PAGE_GATE_PASSED);
    case PN_GATE_WARNED: return pn_msg(m, PN_MSG_PAGE_GATE_WARNED);
    case PN_GATE_FAILED: return pn_msg(m, PN_MSG_PAGE_GATE_FAILED);
    case PN_GATE_UNKNOWN: break;
    }
    return pn_msg(m, PN_MSG_PAGE_GATE_UNKNOWN);
}

static void range(char *buf, size_t size, const pn_messages *m, double low, double high)
{
    char from[PN_NUMBER_SIZE], to[PN_NUMBER_SIZE];
    pn_words_number(from, low);
    pn_words_number(to, high);
    if (isfinite(low) && low == high) {
        (void)snprintf(buf, size, "%s", from);
    } else if (isfinite(low) && isfinite(high)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_RANGE_BETWEEN, {"low", from}, {"high", to});
    } else if (isfinite(low)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_RANGE_AT_LEAST, {"low", from});
    } else if (isfinite(high)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_RANGE_AT_MOST, {"high", to});
    } else {
        copy(buf, size, m, PN_MSG_ANY);
    }
}

/* Contrast is told by words that have a translation. */
static const char *word_of(const pn_messages *m, pn_gate_kind kind, const char *text)
{
    if (kind != PN_GATE_CONTRAST) { return text; }
    if (strcmp(text, "with") == 0) { return pn_msg(m, PN_MSG_CONTRAST_WITH); }
    if (strcmp(text, "without") == 0) { return pn_msg(m, PN_MSG_CONTRAST_WITHOUT); }
    return text[0] == '\0' ? pn_msg(m, PN_MSG_CONTRAST_UNKNOWN) : text;
}

void pn_words_gate(char *buf, size_t size, const pn_messages *m, const pn_report_gate *gate)
{
    char number[PN_NUMBER_SIZE], high[PN_NUMBER_SIZE], allowed[128];
    pn_words_number(number, gate->found);
    pn_words_number(high, gate->high);
    range(allowed, sizeof allowed, m, gate->low, gate->high);
    const char *text = word_of(m, gate->kind, gate->found_text);
    PN_MSG_FILL(buf, size, m,
                (pn_msg_id)(PN_MSG_GATE_MODALITY_PASSED + MESSAGES_A_GATE * (int)gate->kind +
                            (int)gate->state),
                {"found", text[0] != '\0' ? text : number},
                {"wanted", word_of(m, gate->kind, gate->wanted_text)}, {"range", allowed},
                {"high", high}, {"subject", pn_words_feature(gate->subject)});
}

/* The first gate in that state, and how many there are. */
static const pn_report_gate *first_gate(size_t *n, const pn_report_result *result,
                                        pn_gate_state state)
{
    const pn_report_gate *first = NULL;
    *n = 0;
    for (size_t i = 0; i < result->n_gates; i++) {
        if (result->gates[i].state != state) { continue; }
        if (first == NULL) { first = &result->gates[i]; }
        ++*n;
    }
    return first;
}

/* "slice spacing is 7.5 mm; ... (and 2 more)" */
static void first_reason(char *buf, size_t size, const pn_messages *m, const pn_report_gate *gate,
                         size_t n)
{
    char one[PN_WORDS_SIZE / 2], count[24];
    pn_words_gate(one, sizeof one, m, gate);
    if (n == 1) {
        (void)snprintf(buf, size, "%s", one);
        return;
    }
    (void)snprintf(count, sizeof count, "%zu", n - 1);
    PN_MSG_FILL(buf, size, m, PN_MSG_APPLIES_MORE, {"reason", one}, {"count", count});
}

void pn_words_applies(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                      const pn_report_result *result)
{
    char reason[PN_WORDS_SIZE] = "-";
    size_t n;
    const pn_report_gate *gate = first_gate(&n, result, PN_GATE_FAILED);
    if (!result->applicable) {
        if (gate != NULL) {
            first_reason(reason, sizeof reason, m, gate, n);
        } else if (r->n_reasons > 0) {
            (void)snprintf(reason, sizeof reason, "%s", r->reasons[0]);
        }
        PN_MSG_FILL(buf, size, m, PN_MSG_APPLIES_OUTSIDE, {"reason", reason});
        return;
    }
    gate = first_gate(&n, result, PN_GATE_WARNED);
    if (gate == NULL) { gate = first_gate(&n, result, PN_GATE_UNKNOWN); }
    if (gate == NULL) {
        copy(buf, size, m, PN_MSG_APPLIES_INSIDE);
        return;
    }
    first_reason(reason, sizeof reason, m, gate, n);
    PN_MSG_FILL(buf, size, m, PN_MSG_APPLIES_REMARK, {"reason", reason});
}

/* ---- Result --------------------------------------------------------------------------------- */

const char *pn_words_risk(const pn_messages *m, const pn_report_result *result)
{
    if (!result->applicable) { return pn_msg(m, PN_MSG_RISK_NONE); }
    return pn_msg(m, result->high_risk ? PN_MSG_RISK_HIGH : PN_MSG_RISK_LOW);
}

bool pn_words_unsure(const pn_report *r, const pn_report_result *result)
{
    pn_interval i = result->score_interval;
    return is_known(i) && i.low <= r->cutpoint && r->cutpoint <= i.high;
}

void pn_words_certainty(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                        const pn_report_result *result)
{
    char score[PN_NUMBER_SIZE], low[PN_NUMBER_SIZE], high[PN_NUMBER_SIZE], cut[PN_NUMBER_SIZE];
    char agreement[PN_NUMBER_SIZE], networks[16], text[PN_WORDS_SIZE];
    const bool committee = r->n_networks > 0;
    pn_words_number(score, result->score);
    pn_words_number(low, result->score_interval.low);
    pn_words_number(high, result->score_interval.high);
    pn_words_number(cut, r->cutpoint);
    (void)snprintf(networks, sizeof networks, "%u", r->n_networks);
    if (is_known(result->score_interval) && committee) {
        PN_MSG_FILL(buf, size, m, PN_MSG_CERTAINTY_NETWORKS, {"score", score}, {"count", networks}, {"low", low},
                    {"high", high}, {"cutpoint", cut});
    } else if (is_known(result->score_interval)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_CERTAINTY_INTERVAL, {"score", score}, {"low", low},
                    {"high", high}, {"cutpoint", cut});
    } else {
        PN_MSG_FILL(buf, size, m, PN_MSG_CERTAINTY_SCORE, {"score", score}, {"cutpoint", cut});
    }
    if (isfinite(result->group_agreement)) {
        pn_words_percent(agreement, result->group_agreement);
        PN_MSG_FILL(text, sizeof text, m, committee ? PN_MSG_CERTAINTY_NETWORKS_AGREE : PN_MSG_CERTAINTY_AGREEMENT,
                    {"agreement", agreement});
        add_sentence(buf, size, text);
    } else if (!is_known(result->score_interval)) {
        add_sentence(buf, size, pn_msg(m, PN_MSG_CERTAINTY_UNKNOWN));
    }
    if (pn_words_unsure(r, result)) { add_sentence(buf, size, pn_msg(m, PN_MSG_CERTAINTY_CROSSES)); }
}

void pn_words_survival_name(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                            const pn_report_survival *s)
{
    char years[PN_NUMBER_SIZE];
    pn_words_number(years, s->years);
    PN_MSG_FILL(buf, size, m,
                pn_report_plain_survival(r) ? PN_MSG_SURVIVAL_YEARS : PN_MSG_SURVIVAL_EVENT_YEARS,
                {"years", years});
}

void pn_words_survival(char *buf, size_t size, const pn_messages *m, const pn_report_survival *s)
{
    char value[PN_NUMBER_SIZE], low[PN_NUMBER_SIZE], high[PN_NUMBER_SIZE];
    pn_words_percent(value, s->probability);
    pn_words_percent(low, s->interval.low);
    pn_words_percent(high, s->interval.high);
    if (is_known(s->interval)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_SURVIVAL_INTERVAL, {"value", value}, {"low", low},
                    {"high", high});
    } else {
        PN_MSG_FILL(buf, size, m, PN_MSG_SURVIVAL_VALUE, {"value", value});
    }
}

void pn_words_driver(char *buf, size_t size, const pn_messages *m, const pn_report_driver *d)
{
    char value[PN_NUMBER_SIZE], by[PN_NUMBER_SIZE], percentile[PN_NUMBER_SIZE];
    pn_words_number(value, d->value);
    pn_words_number(by, fabs(d->contribution));
    pn_words_percentile(percentile, d->percentile);
    pn_msg_id id = PN_MSG_DRIVERS_VALUE;
    if (isfinite(d->contribution)) {
        id = d->contribution < 0 ? PN_MSG_DRIVERS_LOWERS : PN_MSG_DRIVERS_RAISES;
    }
    PN_MSG_FILL(buf, size, m, id, {"feature", pn_words_feature(d->name)}, {"value", value},
                {"contribution", by}, {"percentile", percentile});
}

/* ---- Report --------------------------------------------------------------------------------- */

void pn_words_region(char *buf, size_t size, const pn_messages *m, const pn_report_region *region)
{
    char number[16];
    if (region->name[0] != '\0') {
        (void)snprintf(buf, size, "%s", region->name);
        return;
    }
    (void)snprintf(number, sizeof number, "%d", region->number);
    PN_MSG_FILL(buf, size, m, PN_MSG_CONTOUR_UNNAMED, {"number", number});
}

void pn_words_contour(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                      const pn_report_region *region)
{
    char name[PN_LO_SIZE], voxels[24], volume[PN_NUMBER_SIZE], kind[PN_LO_SIZE + 32];
    pn_words_region(name, sizeof name, m, region);
    (void)snprintf(voxels, sizeof voxels, "%zu", (size_t)region->diagnostics.roi_voxels);
    int index = rx_feature_index("original_shape_VoxelVolume");
    double mm3 = index >= 0 ? region->values[index].v : (double)NAN;
    pn_words_number(volume, mm3 / 1000);   /* ml */
    (void)snprintf(kind, sizeof kind, "%s%s%s%s", r->contour_kind == PN_KIND_SEG ? "SEG" : "RTSTRUCT",
                   r->contour_label[0] != '\0' ? " \"" : "", r->contour_label,
                   r->contour_label[0] != '\0' ? "\"" : "");
    if (isfinite(mm3)) {
        PN_MSG_FILL(buf, size, m, PN_MSG_CONTOUR_MEASURED, {"name", name}, {"kind", kind},
                    {"voxels", voxels}, {"volume", volume});
    } else {                       /* the model's settings leave the volume out */
        PN_MSG_FILL(buf, size, m, PN_MSG_CONTOUR_VOXELS, {"name", name}, {"kind", kind},
                    {"voxels", voxels});
    }
}

void pn_words_model(char *buf, size_t size, const pn_messages *m, const pn_report *r)
{
    PN_MSG_FILL(buf, size, m, r->research_use_only ? PN_MSG_MODEL_RESEARCH : PN_MSG_MODEL_NAME,
                {"id", r->model_id}, {"version", r->model_version});
}

void pn_words_training(char *buf, size_t size, const pn_messages *m, const pn_report *r)
{
    char patients[16], events[16], c_index[PN_NUMBER_SIZE];
    if (size > 0) { buf[0] = '\0'; }
    if (r->training_patients == 0) { return; }
    (void)snprintf(patients, sizeof patients, "%u", r->training_patients);
    (void)snprintf(events, sizeof events, "%u", r->training_events);
    decimals(c_index, r->c_index, 3);
    PN_MSG_FILL(buf, size, m, r->n_networks > 0 ? PN_MSG_MODEL_TRAINING_ONLY : PN_MSG_MODEL_TRAINING,
                {"patients", patients}, {"events", events}, {"c_index", c_index});
}

void pn_words_figure(char *buf, size_t size, const pn_messages *m, const cfg_figure *f)
{
    char estimate[PN_NUMBER_SIZE], low[PN_NUMBER_SIZE], high[PN_NUMBER_SIZE];
    pn_words_number(estimate, f->estimate);
    pn_words_number(low, f->low);
    pn_words_number(high, f->high);
    const bool known = isfinite(f->low) && isfinite(f->high);
    PN_MSG_FILL(buf, size, m, known ? PN_MSG_MODEL_PERFORMANCE_INTERVAL : PN_MSG_MODEL_PERFORMANCE,
                {"name", f->name}, {"estimate", estimate}, {"low", low}, {"high", high}, {"how", f->how});
}

void pn_words_series(char *buf, size_t size, const pn_messages *m, const pn_report *r)
{
    const pn_report_result *result = pn_report_main(r);
    char score[PN_NUMBER_SIZE], text[PN_WORDS_SIZE];
    (void)snprintf(score, sizeof score, "%.3g", result->score);
    pn_msg_id id = PN_MSG_SERIES_NONE;
    if (result->applicable) { id = result->high_risk ? PN_MSG_SERIES_HIGH : PN_MSG_SERIES_LOW; }
    PN_MSG_FILL(text, sizeof text, m, id, {"score", score});
    PN_MSG_FILL(buf, size, m, r->research_use_only ? PN_MSG_SERIES_RESEARCH : PN_MSG_SERIES_PLAIN,
                {"result", text});
}

/* ---- English -------------------------------------------------------------------------------- */

const char *pn_report_risk_word(const pn_report_result *result)
{
    if (!result->applicable) { return "Not assessed"; }
    return result->high_risk ? "High risk" : "Low risk";
}

bool pn_report_plain_survival(const pn_report *r)
{
    return r->endpoint[0] == '\0' || strcmp(r->endpoint, "overall survival") == 0;
}

void pn_report_survival_name(char *buf, size_t size, const pn_report *r, double years)
{
    (void)snprintf(buf, size,
                   pn_report_plain_survival(r) ? "Predicted %g-year survival"
                                               : "Predicted %g-year event-free probability",
                   years);
}
