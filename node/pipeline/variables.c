#include "pipeline/variables.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double none(char *why, const char *fmt, ...) PN_PRINTF(2, 3);
static double none(char *why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, PN_WHY_SIZE, fmt, ap);
    va_end(ap);
    return (double)NAN;
}

/* ---- age ------------------------------------------------------------------------------------- */

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') { return false; }
    }
    return true;
}

/* "061Y", "018M", "006W", "010D"; NaN: not an age. */
static double stated_age(const char *text)
{
    static const struct { char unit; double years; } units[] = {
        {'Y', 1}, {'M', 1.0 / 12}, {'W', 7 / 365.25}, {'D', 1 / 365.25}};
    if (strlen(text) != 4 || !all_digits(text, 3)) { return (double)NAN; }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text[3] == units[i].unit) { return strtod(text, NULL) * units[i].years; }
    }
    return (double)NAN;
}

/* Year, month and day as one number whose order is that of days; -1: not a date. */
static long day_number(const char *date)
{
    if (strlen(date) != 8 || !all_digits(date, 8)) { return -1; }
    long n = strtol(date, NULL, 10), month = n / 100 % 100, day = n % 100;
    return n >= 10000000 && month >= 1 && month <= 12 && day >= 1 && day <= 31 ? n : -1;
}

/* Whole years; NaN where a date is missing or they are out of order. */
static double age_by_dates(const pn_study *s)
{
    long born = day_number(s->patient_birth_date), imaged = day_number(s->study_date);
    if (born < 0 || imaged < born) { return (double)NAN; }
    return (double)((imaged - born) / 10000);
}

static double patient_age(char *why, const pn_study *s)
{
    const double stated = stated_age(s->patient_age), counted = age_by_dates(s);
    if (s->patient_age[0] != '\0' && isnan(stated)) {
        return none(why, "Patient's Age is not an age such as 061Y");
    }
    if (fabs(stated - counted) > 1) {            /* not where one is NaN */
        return none(why, "Patient's Age is %s, by birth date and study date it is %g years", s->patient_age, counted);
    }
    const double age = isnan(stated) ? counted : stated;
    return isnan(age) ? none(why, "the images tell neither Patient's Age nor birth and study dates") : age;
}

/* ---- sex, weight, size ------------------------------------------------------------------------ */

static double patient_sex(char *why, const pn_study *s)
{
    if (strcmp(s->patient_sex, "M") == 0) { return 1; }
    if (strcmp(s->patient_sex, "F") == 0) { return 0; }
    return none(why, s->patient_sex[0] == '\0' ? "the images do not tell Patient's Sex"
                                               : "Patient's Sex is neither M nor F");
}

static double decimal_within(char *why, const char *text, const char *what, const char *unit, double low, double high)
{
    char *end;
    const double v = strtod(text, &end);
    if (text[0] == '\0') { return none(why, "the images do not tell %s", what); }
    if (end == text || *end != '\0' || !isfinite(v)) { return none(why, "%s is not a number", what); }
    if (v < low || v > high) { return none(why, "%s is %g %s, expected %g to %g", what, v, unit, low, high); }
    return v;
}

double pn_patient_variable(char *why, cfg_patient_variable v, const pn_study *s)
{
    why[0] = '\0';
    switch (v) {
    case CFG_PATIENT_AGE: return patient_age(why, s);
    case CFG_PATIENT_SEX: return patient_sex(why, s);
    case CFG_PATIENT_WEIGHT:
        return decimal_within(why, s->patient_weight_kg, "Patient's Weight", "kg", 0.2, 700);
    case CFG_PATIENT_SIZE: return decimal_within(why, s->patient_size_m, "Patient's Size", "m", 0.2, 3);
    case CFG_NPATIENT_VARIABLES: break;
    }
    return none(why, "not a variable of the patient");
}

int pn_variable_cell(double *out, const pn_csv *t, size_t row, size_t column, cfg_source source, const char *name,
                     pn_csv_missing missing, pn_error *err)
{
    const bool sex = source == CFG_SOURCE_PATIENT && cfg_patient_variable_find(name) == CFG_PATIENT_SEX;
    const char *cell = pn_csv_cell(t, row, column);
    if (sex && (strcmp(cell, "M") == 0 || strcmp(cell, "F") == 0)) {
        *out = cell[0] == 'M';
        return PN_OK;
    }
    int rc = pn_csv_number(out, t, row, column, missing, err);
    if (rc == PN_OK && sex && !isnan(*out) && (*out < 0 || *out > 1 || (*out > 0 && *out < 1))) {
        rc = pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\": got \"%.40s\", expected M, F, 1 (male) or 0 (female)",
                     t->name, pn_csv_row_number(t, row), pn_csv_column_name(t, column), cell);
    }
    return rc;
}

/* ---- all ---------------------------------------------------------------------------------------- */

static void take_from_table(pn_report_variable *to, const pn_clinical *c)
{
    for (size_t i = 0; c != NULL && i < c->n; i++) {
        if (strcmp(c->values[i].name, to->name) != 0) { continue; }
        to->value = c->values[i].value;
        memcpy(to->why, c->values[i].why, sizeof to->why);
        return;
    }
    to->value = none(to->why, "no clinical table was asked for it");
}

/* The row was looked for by what the database knows of the contour object. */
static int check_identity(const pn_report *r, const pn_clinical *c, pn_error *err)
{
    const pn_study *s = &r->study;
    const bool known = c->patient_id_issuer[0] != '\0' && s->patient_id_issuer[0] != '\0';
    if (strcmp(c->patient_id, s->patient_id) != 0 ||
        (known && strcmp(c->patient_id_issuer, s->patient_id_issuer) != 0)) {
        return pn_fail(err, PN_EIDENTITY, "the clinical table was asked about patient \"%s\" (issuer \"%s\"), the "
                       "images are of \"%s\" (issuer \"%s\")", c->patient_id, c->patient_id_issuer, s->patient_id,
                       s->patient_id_issuer);
    }
    return PN_OK;
}

int pn_variables_gather(pn_report *r, const cfg_model *m, const pn_clinical *clinical, pn_error *err)
{
    if (!cfg_model_uses(m, CFG_SOURCE_PATIENT) && !cfg_model_uses(m, CFG_SOURCE_TABLE)) { return PN_OK; }
    if (clinical != NULL && clinical->n > 0) {
        int rc = check_identity(r, clinical, err);
        if (rc != PN_OK) { return rc; }
    }
    r->variables = calloc(m->n_features, sizeof *r->variables);
    if (r->variables == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for variables"); }
    for (size_t i = 0; i < m->n_features; i++) {
        const cfg_model_feature *f = &m->features[i];
        if (f->source == CFG_SOURCE_IMAGE) { continue; }
        pn_report_variable *to = &r->variables[r->n_variables++];
        memcpy(to->name, f->name, sizeof to->name);
        to->source = f->source;
        if (f->source == CFG_SOURCE_TABLE) {
            take_from_table(to, clinical);
        } else {
            to->value = pn_patient_variable(to->why, (cfg_patient_variable)cfg_patient_variable_find(f->name),
                                            &r->study);
        }
    }
    return PN_OK;
}
