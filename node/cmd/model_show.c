#include "cmd/model_show.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/signature.h"

static void texts(const char *label, char *const *text, size_t n, const char *none)
{
    printf("  %-22s ", label);
    for (size_t i = 0; i < n; i++) { printf("%s\"%s\"", i > 0 ? ", " : "", text[i]); }
    printf("%s\n", n > 0 ? "" : none);
}

static void range(const char *label, cfg_range r)
{
    if (isinf(r.low) && isinf(r.high)) { return; }
    printf("  %-22s ", label);
    if (isinf(r.low)) { printf("up to %g mm\n", r.high); }
    else if (isinf(r.high)) { printf("from %g mm\n", r.low); }
    else { printf("%g to %g mm\n", r.low, r.high); }
}

static void show_use(const cfg_model *m)
{
    printf("\nintended use\n  %-22s ", "modality");
    for (size_t i = 0; i < m->n_modality; i++) { printf("%s%s", i > 0 ? ", " : "", m->modality[i]); }
    printf("\n  %-22s %s\n", "body part", m->body_part[0] != '\0' ? m->body_part : "any");
    printf("  %-22s %s\n", "contrast medium", m->contrast[0] != '\0' ? m->contrast : "any");
    range("distance of slices", m->slice_spacing_mm);
    range("distance of pixels", m->pixel_spacing_mm);
    range("slice thickness", m->slice_thickness_mm);
    if (!isinf(m->max_missing_slices)) { printf("  %-22s at most %g\n", "missing slices", m->max_missing_slices); }
    if (!isinf(m->max_mahalanobis)) { printf("  %-22s at most %g\n", "Mahalanobis distance", m->max_mahalanobis); }
    printf("  %-22s from %zu voxels\n", "region", m->min_roi_voxels);
    texts("contours", m->contours, m->n_contours, "those that the node's configuration names");
    for (size_t i = 0; i < m->n_segment_codes; i++) {
        const cfg_concept *c = &m->segment_codes[i];
        printf("  %-22s %s %s %s\n", i == 0 ? "segments" : "", c->scheme, c->value, c->meaning);
    }
}

static void show_method(const cfg_model *m)
{
    if (m->method == CFG_RISK_COX) {
        printf("\nscore: high risk where the sum of coefficient * (value - mean) / sd is above %.6g\n", m->cutpoint);
        return;
    }
    printf("\nscore: high risk where the mean score of %zu networks (extreme learning machines of %zu nodes", m->elm.n_networks,
           m->elm.hidden);
    if (!isinf(m->elm.cost)) { printf(", cost %g", m->elm.cost); }
    printf(") is above %.6g\n", m->cutpoint);
}

static void show_features(const cfg_model *m)
{
    bool cox = m->method == CFG_RISK_COX;
    size_t width = 7;
    for (size_t i = 0; i < m->n_features; i++) {
        size_t n = strlen(m->features[i].name);
        if (n > width) { width = n; }
    }
    printf("  %-*s %-7s", (int)width, "feature", "from");
    if (cox) { printf(" %12s %12s", "coefficient", "hazard ratio"); }
    printf(" %12s %12s  %s\n", "mean", "sd", "training patients");
    for (size_t i = 0; i < m->n_features; i++) {
        const cfg_model_feature *f = &m->features[i];
        printf("  %-*s %-7s", (int)width, f->name, cfg_source_word(f->source));
        if (cox) { printf(" %12.6g %12.4f", f->coefficient, exp(f->coefficient)); }
        printf(" %12.6g %12.6g  %.6g to %.6g\n", f->mean, f->sd, f->quantile[0], f->quantile[CFG_NQUANTILES - 1]);
    }
}

/* The cumulative hazard at a time, 0 before its first step. */
static double hazard_at(const cfg_model *m, double days)
{
    double h = 0;
    for (size_t i = 0; i < m->n_baseline && m->baseline_time_days[i] <= days; i++) { h = m->baseline_cumhaz[i]; }
    return h;
}

static void show_training(const cfg_model *m)
{
    const double days_a_year = 365.25;
    printf("\ntraining\n  %-22s %u, %u with the event\n", "patients", m->n_patients, m->n_events);
    if (!isnan(m->c_index)) {
        printf("  %-22s %.4f (standard error %.4f), on the training patients themselves\n", "concordance", m->c_index,
               m->c_index_se);
    }
    for (size_t i = 0; i < m->n_km; i++) {
        printf("  %-22s %s: %u patients, %u events\n", i == 0 ? "groups" : "", m->km[i].group, m->km[i].patients,
               m->km[i].events);
    }
    for (size_t i = 0; i < m->n_horizons && m->method == CFG_RISK_COX; i++) {
        printf("  %-22s %.1f %% at %g years\n", i == 0 ? "survival at the means" : "",
               100 * exp(-hazard_at(m, m->horizon_years[i] * days_a_year)), m->horizon_years[i]);
    }
    if (cfg_model_replicates(m) > 0) {
        printf("  %-22s %zu of %u samples, seed %zu\n", "bootstrap", cfg_model_replicates(m), m->bootstrap_drawn,
               m->bootstrap_seed);
    }
    printf("  %-22s %s\n", "tables' sha256", m->table_sha256[0] != '\0' ? m->table_sha256 : "not said");
}

static void line(const char *label, const char *text)
{
    if (text[0] != '\0') { printf("  %-22s %s\n", label, text); }
}

static void show_card(const cfg_card *c)
{
    printf("\nmodel card\n");
    line("authors", c->authors);
    line("date", c->date);
    line("cohort", c->cohort);
    line("ethics", c->ethics);
    line("limitations", c->limitations);
    line("recipe", c->recipe_name);
    line("recipe's sha256", c->recipe_sha256);
    for (size_t i = 0; i < c->n_performance; i++) {
        const cfg_figure *f = &c->performance[i];
        printf("  %-22s %g", f->name, f->estimate);
        if (!isinf(f->low)) { printf(" (95 %% interval %g to %g)", f->low, f->high); }
        printf("%s%s\n", f->how[0] != '\0' ? ", " : "", f->how);
    }
}

static bool has_card(const cfg_card *c)
{
    return c->authors[0] != '\0' || c->date[0] != '\0' || c->cohort[0] != '\0' || c->ethics[0] != '\0' ||
           c->limitations[0] != '\0' || c->recipe_name[0] != '\0' || c->n_performance > 0;
}

/* That there is one; who trusts whom is asked of `verify`. */
static void show_signature(const char *path)
{
    char sig_path[PN_PATH_SIZE];
    pn_signature s;
    pn_error err = {0};
    bool found = false;
    int rc = pn_path(sig_path, sizeof sig_path, &err, "%s.sig", path);
    if (rc == PN_OK) { rc = pn_signature_read(&s, &found, sig_path, &err); }
    if (rc != PN_OK) { printf("signature  %s\n", err.msg); }
    else if (found) { printf("signature  said to be of the key %s; `prognode model verify --trust` checks it\n", s.key_sha256); }
    else { printf("signature  none\n"); }
}

void model_show(const cfg_model *m, const char *path)
{
    printf("model      %s %s: %s\n", m->id, m->version, m->title);
    if (m->research_use_only) { printf("           for research only, not for clinical use\n"); }
    if (m->description[0] != '\0') { printf("           %s\n", m->description); }
    printf("endpoint   %s\nfile       %s, schema %u\nsha256     %s\n", m->endpoint, path, m->schema, m->file_sha256);
    show_signature(path);
    show_use(m);
    show_method(m);
    show_features(m);
    show_training(m);
    if (has_card(&m->card)) { show_card(&m->card); }
}

/* The names of the features from there. */
static void names_from(const cfg_model *m, cfg_source source)
{
    const char *before = "";
    for (size_t i = 0; i < m->n_features; i++) {
        if (m->features[i].source != source) { continue; }
        printf("%s%s", before, m->features[i].name);
        before = ", ";
    }
    printf("\n");
}

void model_show_needs(const cfg_model *m)
{
    const char *label = "needs";
    if (cfg_model_uses(m, CFG_SOURCE_PATIENT)) {
        printf("%-10s of the images' header: ", label);
        names_from(m, CFG_SOURCE_PATIENT);
        label = "";
    }
    if (cfg_model_uses(m, CFG_SOURCE_TABLE)) {
        printf("%-10s of a table, cases.clinical_table in the node's configuration: ", label);
        names_from(m, CFG_SOURCE_TABLE);
    } else {
        printf("%-10s nothing else: a node can run it alone\n", label);
    }
    if (m->n_contours == 0 && m->n_segment_codes == 0) {
        printf("%-10s models: contours: in the node's configuration, as the model names no contours\n", "");
    }
}
