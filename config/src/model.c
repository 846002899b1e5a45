#include <config/model.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "file.h"
#include "model_check.h"
#include "pyradiomics.h"

enum {
    MAX_PATTERNS = 64, MAX_PATTERN = 65, MAX_CODES = 64,
    MAX_TIMES = 100000, MAX_GROUPS = 16, MAX_REPLICATES = 100000, MAX_NUMBERS = 1000000,
};

const double cfg_quantile_p[CFG_NQUANTILES] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

/* ---- Single values ------------------------------------------------------- */

static bool is_id(const char *text)
{
    return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool is_line(const char *text)
{
    return !strpbrk(text, "\n\t");
}

static bool is_digest(const char *text)
{
    size_t n = strspn(text, "0123456789abcdef");
    return text[n] == '\0' && (n == 0 || n == 64);
}

static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    if (text[0] == '\0') { return true; }
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) { return false; }
    }
    return text[sizeof form - 1] == '\0';
}

static bool is_contrast(const char *text)
{
    return strcmp(text, "any") == 0 || strcmp(text, "with") == 0 || strcmp(text, "without") == 0;
}

#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define AT(m) .offset = offsetof(cfg_model, m)
#define TEXT_AT(m) AT(m), .size = sizeof(((cfg_model *)0)->m)
#define COUNT(m) .count_offset = offsetof(cfg_model, m)

/* ---- The keys ------------------------------------------------------------ */

static const fd_field identity_fields[] = {
    {"id", FD_TEXT, TEXT_AT(id), .min_items = 1, .ok = is_id,
     .expected = "1 to 64 of a-z, 0-9 and -", .doc = "The same over all versions of the model."},
    {"version", FD_TEXT, TEXT_AT(version), .min_items = 1, .ok = is_line, .doc = "Version."},
    {"title", FD_TEXT, TEXT_AT(title), .min_items = 1, .ok = is_line,
     .doc = "One line for people."},
    {"description", FD_TEXT, TEXT_AT(description), .def = "\"\"", .doc = "A few sentences."},
    {"research_use_only", FD_BOOL, AT(research_use_only), .def = "true",
     .doc = "Said in every report made with the model."},
    {"endpoint", FD_TEXT, TEXT_AT(endpoint), .min_items = 1, .ok = is_line,
     .example = "overall survival", .doc = "What the survival curves are about."},
};

#define CODE(m) .offset = offsetof(cfg_concept, m), .size = sizeof(((cfg_concept *)0)->m)
static const fd_field code_fields[] = {
    {"value", FD_TEXT, CODE(value), .min_items = 1, .ok = is_line, .doc = "Code value."},
    {"scheme", FD_TEXT, CODE(scheme), .min_items = 1, .ok = is_line,
     .doc = "Coding scheme designator."},
    {"meaning", FD_TEXT, CODE(meaning), .ok = is_line, .def = "\"\"", .doc = "Code meaning."},
};
static const fd_table code_table = {FD_TABLE(code_fields)};

static const fd_field use_fields[] = {
    {"modality", FD_TEXTS_FIXED, AT(modality), .size = 17, COUNT(n_modality), .min_items = 1,
     .max_items = 8, .ok = is_line, .doc = "DICOM modalities."},
    {"body_part", FD_TEXT, TEXT_AT(body_part), .ok = is_line, .def = "\"\"",
     .doc = "Free text; empty: any."},
    {"slice_spacing_mm", FD_REALS_FIXED, AT(slice_spacing_mm), .min_items = 2, .max_items = 2,
     .infinite = true, .def = "[-.inf, .inf]", .doc = "Lowest and highest distance of slices."},
    {"pixel_spacing_mm", FD_REALS_FIXED, AT(pixel_spacing_mm), .min_items = 2, .max_items = 2,
     .infinite = true, .def = "[-.inf, .inf]", .doc = "Lowest and highest distance of pixels."},
    {"slice_thickness_mm", FD_REALS_FIXED, AT(slice_thickness_mm), .min_items = 2, .max_items = 2,
     .infinite = true, .def = "[-.inf, .inf]", .doc = "Lowest and highest thickness of slices."},
    {"contrast", FD_TEXT, TEXT_AT(contrast), .ok = is_contrast, .def = "any",
     .expected = "any, with or without", .doc = "Contrast medium in the images."},
    {"max_missing_slices", FD_REAL, AT(max_missing_slices), RANGE(0, HUGE_VAL), .infinite = true,
     .def = ".inf", .doc = "Slices that the contour names and that may lack."},
    {"max_mahalanobis", FD_REAL, AT(max_mahalanobis), .bounded = true, .above_min = true,
     .max = HUGE_VAL, .infinite = true, .def = ".inf",
     .doc = "Largest Mahalanobis distance from the training patients' mean."},
    {"min_roi_voxels", FD_SIZE, AT(min_roi_voxels), RANGE(0, 1e12), .def = "0",
     .doc = "Smallest region."},
    {"contours", FD_TEXTS, AT(contours), .size = MAX_PATTERN, COUNT(n_contours), .min_items = 0,
     .max_items = MAX_PATTERNS, .def = "[]", .doc = "Name patterns of the contours meant."},
    {"segment_codes", FD_MAPS, AT(segment_codes), .size = sizeof(cfg_concept),
     COUNT(n_segment_codes), .min_items = 0, .max_items = MAX_CODES, .sub = &code_table,
     .def = "[]", .doc = "Segmented property types meant."},
};

/* ---- Words --------------------------------------------------------------- */

static const char *const method_words[] = {"cox_cutpoint", "elm"};
static const char *const source_words[] = {"image", "patient", "table"};
static const char *const patient_names[CFG_NPATIENT_VARIABLES] = {
    [CFG_PATIENT_AGE] = "PatientAge", [CFG_PATIENT_SEX] = "PatientSex",
    [CFG_PATIENT_WEIGHT] = "PatientWeight", [CFG_PATIENT_SIZE] = "PatientSize"};

#define N_WORDS(list) (sizeof(list) / sizeof((list)[0]))

static const char *word_at(const char *const *words, size_t n, unsigned i)
{
    return i < n ? words[i] : "";
}

/* -1: none of them. */
static int find_word(const char *const *words, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], text) == 0) { return (int)i; }
    }
    return -1;
}

const char *cfg_risk_method_word(cfg_risk_method m)
{
    return word_at(method_words, N_WORDS(method_words), m);
}

const char *cfg_source_word(cfg_source s) { return word_at(source_words, N_WORDS(source_words), s); }

const char *cfg_patient_variable_name(cfg_patient_variable v)
{
    return word_at(patient_names, N_WORDS(patient_names), v);
}

int cfg_patient_variable_find(const char *name)
{
    return find_word(patient_names, N_WORDS(patient_names), name);
}

static int read_method(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_model *m = obj;
    (void)f;
    int i = n->kind == YT_SCALAR ? find_word(method_words, N_WORDS(method_words), n->text) : -1;
    if (i < 0) { return fd_expected(r, n, "cox_cutpoint or elm"); }
    m->method = (cfg_risk_method)i;
    if (m->method == CFG_RISK_ELM) { m->c_index = m->c_index_se = (double)NAN; }
    return CFG_OK;
}

static void write_method(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    const cfg_model *m = obj;
    (void)f;
    (void)indent;
    txt_add(b, " %s\n", cfg_risk_method_word(m->method));
}

static int read_source(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_model_feature *to = obj;
    (void)f;
    int i = n->kind == YT_SCALAR ? find_word(source_words, N_WORDS(source_words), n->text) : -1;
    if (i < 0) { return fd_expected(r, n, "image, patient or table"); }
    to->source = (cfg_source)i;
    return CFG_OK;
}

static void write_source(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    const cfg_model_feature *from = obj;
    (void)f;
    (void)indent;
    txt_add(b, " %s\n", cfg_source_word(from->source));
}

static bool is_of_image(const void *obj)
{
    return ((const cfg_model_feature *)obj)->source == CFG_SOURCE_IMAGE;
}

static const fd_hook method_hook = {read_method, write_method};
static const fd_hook source_hook = {read_source, write_source};

static bool is_cox(const void *obj) { return ((const cfg_model *)obj)->method == CFG_RISK_COX; }
static bool is_elm(const void *obj) { return ((const cfg_model *)obj)->method == CFG_RISK_ELM; }
#define FOR_COX .when = is_cox, .when_text = "with risk.method cox_cutpoint"
#define FOR_ELM .when = is_elm, .when_text = "with risk.method elm"

/* ---- Risk ---------------------------------------------------------------- */

#define FEATURE(m) .offset = offsetof(cfg_model_feature, m)
#define FEATURE_NAME \
    {"name", FD_TEXT, FEATURE(name), .size = 128, .min_items = 1, .ok = is_line, \
     .doc = "As the source has it; of an image PyRadiomics' full name."}, \
    {"source", FD_HOOK, .hook = &source_hook, .def = "image", .unsaid = is_of_image, \
     .doc = "Where the value comes from."}
#define FEATURE_SPREAD \
    {"mean", FD_REAL, FEATURE(mean), .doc = "Of the training patients."}, \
    {"sd", FD_REAL, FEATURE(sd), .bounded = true, .above_min = true, .max = HUGE_VAL, \
     .doc = "Of the training patients."}, \
    {"quantiles", FD_REALS_FIXED, FEATURE(quantile), .min_items = CFG_NQUANTILES, \
     .max_items = CFG_NQUANTILES, .doc = "0, 5, 25, 50, 75, 95 and 100 % of training patients."}

static const fd_field cox_feature_fields[] = {
    FEATURE_NAME,
    {"coefficient", FD_REAL, FEATURE(coefficient),
     .doc = "Log hazard ratio of one training standard deviation."},
    FEATURE_SPREAD,
};
static const fd_field elm_feature_fields[] = {FEATURE_NAME, FEATURE_SPREAD};
static const fd_table cox_feature_table = {FD_TABLE(cox_feature_fields)};
static const fd_table elm_feature_table = {FD_TABLE(elm_feature_fields)};
#define FEATURES(table) \
    "features", FD_MAPS, AT(features), .size = sizeof(cfg_model_feature), COUNT(n_features), \
    .min_items = 1, .max_items = CFG_MAX_MODEL_FEATURES, .sub = &(table), .doc = "The score."

#define NETWORK(m) .offset = offsetof(cfg_elm_network, m)
static const fd_field network_fields[] = {
    {"seed", FD_UINT, NETWORK(seed), RANGE(1, 2147483646), .doc = "Of the input weights."},
    {"beta", FD_REALS, NETWORK(beta), .count_offset = offsetof(cfg_elm_network, n_beta),
     .min_items = 1, .max_items = CFG_MAX_ELM_HIDDEN, .doc = "Output weights, node by node."},
};
static const fd_table network_table = {FD_TABLE(network_fields)};

#define ELM(m) .offset = offsetof(cfg_elm, m)
static const fd_field elm_fields[] = {
    {"hidden", FD_SIZE, ELM(hidden), RANGE(1, CFG_MAX_ELM_HIDDEN), .doc = "Nodes of each network."},
    {"cost", FD_REAL, ELM(cost), .bounded = true, .above_min = true, .max = HUGE_VAL,
     .infinite = true, .doc = "Ridge parameter of the fit; .inf: pseudo-inverse."},
    {"networks", FD_MAPS, ELM(networks), .size = sizeof(cfg_elm_network),
     .count_offset = offsetof(cfg_elm, n_networks), .min_items = 1,
     .max_items = CFG_MAX_ELM_NETWORKS, .sub = &network_table, .doc = "The committee."},
};
static const fd_table elm_table = {FD_TABLE(elm_fields)};

static const fd_field baseline_fields[] = {
    {"time_days", FD_REALS, AT(baseline_time_days), COUNT(n_baseline), .min_items = 1,
     .max_items = MAX_TIMES, RANGE(0, HUGE_VAL), .doc = "Increasing."},
    {"cumulative_hazard", FD_REALS, AT(baseline_cumhaz), COUNT(n_baseline), .min_items = 1,
     .max_items = MAX_TIMES, RANGE(0, HUGE_VAL), .doc = "Not decreasing."},
};
static const fd_table baseline_table = {FD_TABLE(baseline_fields)};

static const fd_field bootstrap_fields[] = {
    {"seed", FD_SIZE, AT(bootstrap_seed), RANGE(0, 1e12), .def = "0",
     .doc = "Of the random numbers that drew the patients."},
    {"drawn", FD_UINT, AT(bootstrap_drawn), RANGE(0, MAX_REPLICATES), .def = "0",
     .doc = "Samples drawn; those that could be fitted are listed."},
    {"coefficients", FD_REALS, AT(boot_coefficient), COUNT(n_boot_coefficient), .min_items = 0,
     .max_items = MAX_NUMBERS, .def = "[]", .doc = "Of the features, sample after sample."},
    {"cumulative_hazard", FD_REALS, AT(boot_cumhaz), COUNT(n_boot_cumhaz), .min_items = 0,
     .max_items = MAX_NUMBERS, RANGE(0, HUGE_VAL), .def = "[]",
     .doc = "At the horizons, sample after sample."},
};
static const fd_table bootstrap_table = {FD_TABLE(bootstrap_fields)};

static const fd_field risk_fields[] = {
    {"method", FD_HOOK, .hook = &method_hook, .expected = "cox_cutpoint or elm",
     .doc = "How the score is made."},
    {"cutpoint", FD_REAL, AT(cutpoint), .doc = "High risk where the score is above it."},
    {"horizon_years", FD_REALS_FIXED, AT(horizon_years), COUNT(n_horizons), .min_items = 0,
     .max_items = CFG_MAX_HORIZONS, .bounded = true, .above_min = true, .max = 100, .def = "[]",
     .doc = "Times at which reports state the expected survival."},
    {FEATURES(cox_feature_table), FOR_COX},
    {FEATURES(elm_feature_table), FOR_ELM},
    {"baseline", FD_MAP, .sub = &baseline_table, FOR_COX, .doc = "Baseline hazard."},
    {"bootstrap", FD_MAP, .sub = &bootstrap_table, FOR_COX, .doc = "Models of patients drawn again."},
    {"elm", FD_MAP, AT(elm), .sub = &elm_table, FOR_ELM, .doc = "The networks."},
};

#define CURVE(m) .offset = offsetof(cfg_km_curve, m)
#define CURVE_COUNT \
    .count_offset = offsetof(cfg_km_curve, n), .min_items = 0, .max_items = MAX_TIMES
static const fd_field curve_fields[] = {
    {"group", FD_TEXT, CURVE(group), .size = 17, .min_items = 1, .ok = is_line,
     .doc = "low or high."},
    {"patients", FD_UINT, CURVE(patients), RANGE(0, 1e9), .doc = "Patients of the group."},
    {"events", FD_UINT, CURVE(events), RANGE(0, 1e9), .doc = "Events among them."},
    {"time_days", FD_REALS, CURVE(time_days), CURVE_COUNT, RANGE(0, HUGE_VAL),
     .doc = "Event times, increasing."},
    {"survival", FD_REALS, CURVE(survival), CURVE_COUNT, RANGE(0, 1),
     .doc = "Share surviving beyond the time."},
    {"at_risk", FD_REALS, CURVE(n_risk), CURVE_COUNT, RANGE(0, 1e9),
     .doc = "Patients at risk just before the time."},
};
static const fd_table curve_table = {FD_TABLE(curve_fields)};

static const fd_field training_fields[] = {
    {"patients", FD_UINT, AT(n_patients), RANGE(1, 1e9), .doc = "Training patients."},
    {"events", FD_UINT, AT(n_events), RANGE(0, 1e9), .doc = "Events among them."},
    {"c_index", FD_REAL, AT(c_index), RANGE(0, 1), FOR_COX, .doc = "Apparent concordance."},
    {"c_index_se", FD_REAL, AT(c_index_se), RANGE(0, 1), FOR_COX, .doc = "Its standard error."},
    {"table_sha256", FD_TEXT, TEXT_AT(table_sha256), .ok = is_digest, .def = "\"\"",
     .expected = "64 hexadecimal digits", .doc = "Digest of the training tables."},
    {"kaplan_meier", FD_MAPS, AT(km), .size = sizeof(cfg_km_curve), COUNT(n_km), .min_items = 0,
     .max_items = MAX_GROUPS, .sub = &curve_table, .def = "[]",
     .doc = "Observed survival of the risk groups."},
    {"correlation", FD_REALS, AT(correlation), COUNT(n_correlation), .min_items = 0,
     .max_items = CFG_MAX_MODEL_FEATURES * CFG_MAX_MODEL_FEATURES, RANGE(-1, 1), .def = "[]",
     .doc = "Of the features, row by row."},
    {"mahalanobis_quantiles", FD_REALS, AT(distance_quantile), COUNT(n_distance_quantile),
     .min_items = 0, .max_items = CFG_NQUANTILES, RANGE(0, HUGE_VAL), .def = "[]",
     .doc = "0, 5, 25, 50, 75, 95 and 100 % of the training patients' distances."},
};

#define FIGURE(m) .offset = offsetof(cfg_figure, m)
#define FIGURE_TEXT(m) FIGURE(m), .size = sizeof(((cfg_figure *)0)->m), .ok = is_line
static const fd_field figure_fields[] = {
    {"name", FD_TEXT, FIGURE_TEXT(name), .min_items = 1, .doc = "What is measured."},
    {"estimate", FD_REAL, FIGURE(estimate), .doc = "Its value."},
    {"low", FD_REAL, FIGURE(low), .infinite = true, .def = "-.inf", .doc = "95 % interval."},
    {"high", FD_REAL, FIGURE(high), .infinite = true, .def = ".inf", .doc = "95 % interval."},
    {"how", FD_TEXT, FIGURE_TEXT(how), .min_items = 1, .doc = "How it was estimated."},
};
static const fd_table figure_table = {FD_TABLE(figure_fields)};

#define CARD(m) .offset = offsetof(cfg_card, m)
#define CARD_TEXT(m) CARD(m), .size = sizeof(((cfg_card *)0)->m), .def = "\"\""
static const fd_field card_fields[] = {
    {"authors", FD_TEXT, CARD_TEXT(authors), .ok = is_line, .doc = "Who made the model."},
    {"date", FD_TEXT, CARD_TEXT(date), .ok = is_date, .expected = "a date like 2026-11-21",
     .doc = "When."},
    {"cohort", FD_TEXT, CARD_TEXT(cohort), .ok = is_line, .doc = "Whose images, where, when."},
    {"ethics", FD_TEXT, CARD_TEXT(ethics), .ok = is_line, .doc = "Approval and consent."},
    {"limitations", FD_TEXT, CARD_TEXT(limitations), .ok = is_line, .doc = "What it cannot do."},
    {"recipe_name", FD_TEXT, CARD_TEXT(recipe_name), .ok = is_line, .doc = "Of the training recipe."},
    {"recipe_sha256", FD_TEXT, CARD_TEXT(recipe_sha256), .ok = is_digest,
     .expected = "64 hexadecimal digits", .doc = "Digest of the training recipe."},
    {"performance", FD_MAPS, CARD(performance), .size = sizeof(cfg_figure),
     .count_offset = offsetof(cfg_card, n_performance), .min_items = 0,
     .max_items = CFG_MAX_FIGURES, .sub = &figure_table, .def = "[]",
     .doc = "On patients that the model was not fitted to."},
};
static const fd_table card_table = {FD_TABLE(card_fields)};

/* A report has no code for these. */
static int check_extraction(const fd_reader *r, const rx_pyradiomics *s, const yt_node *n)
{
    bool others = false;
    for (int i = 0; i < RX_PYR_NSHAPE2D; i++) { others = others || s->shape2d[i]; }
    for (int i = 0; i < RX_NDEPRECATED; i++) { others = others || s->deprecated[i]; }
    return others ? fd_fail(r, n, "featureClass", "a model cannot have shape2D or deprecated features")
                  : CFG_OK;
}

static int read_extraction(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_model *m = obj;
    (void)f;
    cfg_pyradiomics s;
    int rc = cfg_pyradiomics_read(r, &s, n);
    if (!rc) { rc = check_extraction(r, &s.settings, n); }
    if (!rc) { m->extraction = s.settings; }
    return rc;
}

static void write_extraction(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    const cfg_model *m = obj;
    (void)f;
    txt_add(b, "\n");
    cfg_pyradiomics_write(b, &m->extraction, indent + 2);
}

static const fd_hook extraction_hook = {read_extraction, write_extraction};
static const fd_table identity_table = {FD_TABLE(identity_fields)};
static const fd_table use_table = {FD_TABLE(use_fields)};
static const fd_table risk_table = {FD_TABLE(risk_fields)};
static const fd_table training_table = {FD_TABLE(training_fields)};

/* ---- The file ------------------------------------------------------------ */

/* What schemas 2 and 3 added all has a default, so that an older file is read by the same table. */
static int read_schema(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_model *m = obj;
    (void)f;
    if (n->kind != YT_SCALAR || strlen(n->text) != 1 || n->text[0] < '1' || n->text[0] > '3') {
        return fd_expected(r, n, "1, 2 or 3; a later one needs a later prognode");
    }
    m->schema = (unsigned)(n->text[0] - '0');
    return CFG_OK;
}

static bool has_no_card(const void *obj)
{
    const cfg_card *c = &((const cfg_model *)obj)->card;
    return c->authors[0] == '\0' && c->date[0] == '\0' && c->cohort[0] == '\0' && c->ethics[0] == '\0' &&
           c->limitations[0] == '\0' && c->recipe_name[0] == '\0' && c->recipe_sha256[0] == '\0' &&
           c->n_performance == 0;
}

/* The first that has all that the model says, so that a node of before can run it if it may. */
static unsigned schema_of(const cfg_model *m)
{
    const bool third = m->method != CFG_RISK_COX || cfg_model_uses(m, CFG_SOURCE_PATIENT) ||
                       cfg_model_uses(m, CFG_SOURCE_TABLE) || !has_no_card(m);
    return third ? 3 : 2;
}

static void write_schema(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    (void)f;
    (void)indent;
    txt_add(b, " %u\n", schema_of(obj));
}

static const fd_hook schema_hook = {read_schema, write_schema};

static const fd_field root_fields[] = {
    {"schema", FD_HOOK, .hook = &schema_hook, .doc = "Version of this layout."},
    {"model", FD_MAP, .sub = &identity_table, .doc = "Identity."},
    {"intended_use", FD_MAP, .sub = &use_table, .doc = "Which cases the model is for."},
    {"extraction", FD_HOOK, .hook = &extraction_hook,
     .doc = "PyRadiomics' parameter file: setting, imageType, featureClass."},
    {"risk", FD_MAP, .sub = &risk_table, .doc = "From features to risk."},
    {"training", FD_MAP, .sub = &training_table, .doc = "What the model was made from."},
    {"card", FD_MAP, AT(card), .sub = &card_table, .unsaid = has_no_card, .doc = "The model card."},
};
static const fd_table root_table = {FD_TABLE(root_fields), .check = mc_check};

/* ---- Questions ----------------------------------------------------------- */

size_t cfg_model_replicates(const cfg_model *m)
{
    return m->n_features > 0 ? m->n_boot_coefficient / m->n_features : 0;
}

bool cfg_model_uses(const cfg_model *m, cfg_source source)
{
    for (size_t i = 0; i < m->n_features; i++) {
        if (m->features[i].source == source) { return true; }
    }
    return false;
}

const cfg_km_curve *cfg_model_curve(const cfg_model *m, const char *group)
{
    for (size_t i = 0; i < m->n_km; i++) {
        if (strcmp(m->km[i].group, group) == 0) { return &m->km[i]; }
    }
    return NULL;
}

/* ---- Entry points -------------------------------------------------------- */

/* The schema comes first: under another one, the keys mean something else. */
static int read_root(const fd_reader *r, cfg_model *m, const yt_node *root)
{
    if (!root) {
        return cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0,
                        "empty, expected a model file of schema 1 to %d", CFG_MODEL_SCHEMA);
    }
    if (root->kind != YT_MAP) { return fd_expected(r, root, "a mapping"); }
    const yt_node *schema = yt_get(root, "schema");
    if (!schema) {
        return fd_fail(r, root, "schema", "missing, expected 1 to %d: is this a model file?",
                       CFG_MODEL_SCHEMA);
    }
    int rc = fd_read_value(r, m, &root_fields[0], schema);
    return rc ? rc : fd_read(r, m, &root_table, root);
}

static int parse_in_c_locale(cfg_model *out, const char *bytes, size_t n, const char *name,
                             cfg_error *err)
{
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    int rc = yt_parse(&tree, bytes, n, CFG_MAX_MODEL_BYTES, name, err);
    if (rc) { return rc; }
    cfg_model m = {0};
    rc = read_root(&r, &m, tree.root);
    yt_free(&tree);
    if (!rc) { rc = cfg_sha256(m.file_sha256, bytes, n, name, err); }
    if (rc) { cfg_model_free(&m); }
    else { *out = m; }
    return rc;
}

int cfg_model_parse(cfg_model *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) {
        return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory");
    }
    int rc = parse_in_c_locale(out, bytes, n, name, err);
    txt_locale_leave(&locale);
    return rc;
}

int cfg_model_load(cfg_model *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, CFG_MAX_MODEL_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_model_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

static int print(txt_buf *b, const cfg_model *m, const char *path, cfg_error *err)
{
    txt_add(b, "# prognode model file, see docs/MODEL.md\n");
    fd_write(b, m, &root_table, 0);
    return b->failed ? cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory") : CFG_OK;
}

/* Nothing is written that does not read back as the very same model. */
static int check_reads_back(const txt_buf *b, const char *path, cfg_error *err)
{
    cfg_model back = {0};
    txt_buf again = {0};
    int rc = parse_in_c_locale(&back, b->text, b->n, path, err);
    if (!rc) { rc = print(&again, &back, path, err); }
    if (!rc && (again.n != b->n || memcmp(again.text, b->text, b->n) != 0)) {
        rc = cfg_fail(err, CFG_EVALUE, path, 0, 0,
                      "the model would not read back as it is (no feature class enabled?)");
    }
    cfg_model_free(&back);
    txt_buf_free(&again);
    return rc;
}

int cfg_model_save(const cfg_model *m, const char *path, cfg_error *err)
{
    txt_buf b = {0};
    txt_locale locale;
    if (!txt_locale_enter(&locale)) {
        return cfg_fail(err, CFG_ENOMEM, path, 0, 0, "not enough memory");
    }
    int rc = print(&b, m, path, err);
    if (!rc) { rc = check_reads_back(&b, path, err); }
    txt_locale_leave(&locale);
    if (!rc) { rc = cfg_file_write(path, b.text, b.n, err); }
    txt_buf_free(&b);
    return rc;
}

void cfg_model_free(cfg_model *m)
{
    if (!m) { return; }
    fd_free(m, &root_table);
    *m = (cfg_model){0};
}
