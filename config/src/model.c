#include <config/model.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pyradiomics.h"
#include "fields.h"
#include "file.h"

enum {
    MAX_BYTES = 8 << 20, MAX_PATTERNS = 64, MAX_PATTERN = 65, MAX_CODES = 64,
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

#define FEATURE(m) .offset = offsetof(cfg_model_feature, m)
static const fd_field feature_fields[] = {
    {"name", FD_TEXT, FEATURE(name), .size = 128, .min_items = 1, .doc = "Full PyRadiomics name."},
    {"coefficient", FD_REAL, FEATURE(coefficient),
     .doc = "Log hazard ratio of one training standard deviation."},
    {"mean", FD_REAL, FEATURE(mean), .doc = "Of the training patients."},
    {"sd", FD_REAL, FEATURE(sd), .bounded = true, .above_min = true, .max = HUGE_VAL,
     .doc = "Of the training patients."},
    {"quantiles", FD_REALS_FIXED, FEATURE(quantile), .min_items = CFG_NQUANTILES,
     .max_items = CFG_NQUANTILES, .doc = "0, 5, 25, 50, 75, 95 and 100 % of training patients."},
};
static const fd_table feature_table = {FD_TABLE(feature_fields)};

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
    {"method", FD_CONST, .def = "cox_cutpoint", .doc = "How the score is made."},
    {"cutpoint", FD_REAL, AT(cutpoint),
     .doc = "High risk where the linear predictor is above it."},
    {"horizon_years", FD_REALS_FIXED, AT(horizon_years), COUNT(n_horizons), .min_items = 0,
     .max_items = CFG_MAX_HORIZONS, .bounded = true, .above_min = true, .max = 100, .def = "[]",
     .doc = "Times at which reports state the expected survival."},
    {"features", FD_MAPS, AT(features), .size = sizeof(cfg_model_feature), COUNT(n_features),
     .min_items = 1, .max_items = CFG_MAX_MODEL_FEATURES, .sub = &feature_table, .doc = "The score."},
    {"baseline", FD_MAP, .sub = &baseline_table, .doc = "Baseline hazard."},
    {"bootstrap", FD_MAP, .sub = &bootstrap_table, .doc = "Models of patients drawn again."},
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
    {"c_index", FD_REAL, AT(c_index), RANGE(0, 1), .doc = "Apparent concordance."},
    {"c_index_se", FD_REAL, AT(c_index_se), RANGE(0, 1), .doc = "Its standard error."},
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

/* ---- Between keys -------------------------------------------------------- */

static const yt_node *item_at(const yt_node *list, size_t i)
{
    const yt_node *n = list ? list->first : NULL;
    while (n && i-- > 0) { n = n->next; }
    return n;
}

/* Every number against the one before; strictly: not even the same twice. */
static int check_order(const fd_reader *r, const yt_node *list, const double *v, size_t n,
                       double direction, bool strictly)
{
    for (size_t i = 1; i < n; i++) {
        double step = direction * (v[i] - v[i - 1]);
        if (strictly ? step > 0 : step >= 0) { continue; }
        char before[TXT_REAL_SIZE];
        txt_put_real(before, v[i - 1]);
        return fd_expected(r, item_at(list, i), "a number %s %s, the one before",
                           direction > 0 ? (strictly ? "above" : "of at least") : "of at most",
                           before);
    }
    return CFG_OK;
}

static int check_same_length(const fd_reader *r, const yt_node *map, const char *key,
                             const char *other)
{
    const yt_node *a = yt_get(map, key), *b = yt_get(map, other);
    return a->n == b->n ? CFG_OK
                        : fd_fail(r, a, NULL, "got %zu items, expected %zu as in %s", a->n, b->n,
                                  other);
}

static int check_range(const fd_reader *r, const yt_node *use, const char *key, cfg_range range)
{
    if (range.low <= range.high && range.low < HUGE_VAL && range.high > -HUGE_VAL) {
        return CFG_OK;
    }
    return fd_fail(r, use, key, "got %g to %g, expected the lower end first", range.low,
                   range.high);
}

static int check_use(const fd_reader *r, const cfg_model *m, const yt_node *use)
{
    int rc = check_range(r, use, "slice_spacing_mm", m->slice_spacing_mm);
    if (!rc) { rc = check_range(r, use, "pixel_spacing_mm", m->pixel_spacing_mm); }
    return rc ? rc : check_range(r, use, "slice_thickness_mm", m->slice_thickness_mm);
}

static int check_feature(const fd_reader *r, const cfg_model *m, size_t i, const yt_node *item)
{
    const cfg_model_feature *f = &m->features[i];
    if (rx_pyradiomics_feature(NULL, f->name) < 0) {
        return fd_expected(r, yt_get(item, "name"), "a feature's full name, like \"%s\"",
                           rx_features()[0].full_name);
    }
    if (!rx_pyradiomics_gives(&m->extraction, f->name)) {
        return fd_expected(r, yt_get(item, "name"),
                           "a feature that extraction.imageType and featureClass give");
    }
    for (size_t j = 0; j < i; j++) {
        if (strcmp(m->features[j].name, f->name) == 0) {
            return fd_expected(r, yt_get(item, "name"), "each feature once");
        }
    }
    return check_order(r, yt_get(item, "quantiles"), f->quantile, CFG_NQUANTILES, 1, false);
}

size_t cfg_model_replicates(const cfg_model *m)
{
    return m->n_features > 0 ? m->n_boot_coefficient / m->n_features : 0;
}

static int check_bootstrap(const fd_reader *r, const cfg_model *m, const yt_node *risk)
{
    const yt_node *map = yt_get(risk, "bootstrap");
    const size_t n = cfg_model_replicates(m);
    if (!map) { return CFG_OK; }
    if (n * m->n_features != m->n_boot_coefficient) {
        return fd_fail(r, map, "coefficients", "got %zu items, expected %zu for each sample",
                       m->n_boot_coefficient, m->n_features);
    }
    if (n > m->bootstrap_drawn) {
        return fd_fail(r, map, "drawn", "got %u, expected at least the %zu samples that are listed",
                       m->bootstrap_drawn, n);
    }
    if (m->n_boot_cumhaz != n * m->n_horizons) {
        return fd_fail(r, map, "cumulative_hazard", "got %zu items, expected %zu: %zu samples of %zu "
                       "horizons", m->n_boot_cumhaz, n * m->n_horizons, n, m->n_horizons);
    }
    int rc = CFG_OK;
    for (size_t i = 0; i < m->n_boot_cumhaz && !rc; i++) {
        if (i % m->n_horizons > 0 && m->boot_cumhaz[i] < m->boot_cumhaz[i - 1]) {
            rc = fd_expected(r, item_at(yt_get(map, "cumulative_hazard"), i),
                             "a number not below that of the horizon before, %g",
                             m->boot_cumhaz[i - 1]);
        }
    }
    return rc;
}

/* The distance needs both, so both are there or none. */
static int check_distances(const fd_reader *r, const cfg_model *m, const yt_node *training)
{
    const size_t p = m->n_features;
    if (m->n_correlation == 0 && m->n_distance_quantile == 0) { return CFG_OK; }
    if (m->n_correlation != p * p) {
        return fd_fail(r, training, "correlation", "got %zu items, expected %zu for %zu features",
                       m->n_correlation, p * p, p);
    }
    if (m->n_distance_quantile != CFG_NQUANTILES) {
        return fd_fail(r, training, "mahalanobis_quantiles", "got %zu items, expected %d",
                       m->n_distance_quantile, CFG_NQUANTILES);
    }
    const yt_node *list = yt_get(training, "correlation");
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = m->correlation[i * p + j];
            if (i == j && v != 1) {
                return fd_expected(r, item_at(list, i * p + j), "1, on the diagonal");
            }
            if (v != m->correlation[j * p + i]) {
                return fd_expected(r, item_at(list, i * p + j),
                                   "%.17g as on the other side of the diagonal",
                                   m->correlation[j * p + i]);
            }
        }
    }
    return check_order(r, yt_get(training, "mahalanobis_quantiles"), m->distance_quantile,
                       CFG_NQUANTILES, 1, false);
}

static int check_risk(const fd_reader *r, const cfg_model *m, const yt_node *risk)
{
    const yt_node *features = yt_get(risk, "features"), *baseline = yt_get(risk, "baseline");
    int rc = CFG_OK;
    for (size_t i = 0; i < m->n_features && !rc; i++) {
        rc = check_feature(r, m, i, item_at(features, i));
    }
    if (!rc) {
        rc = check_order(r, yt_get(risk, "horizon_years"), m->horizon_years, m->n_horizons, 1,
                         true);
    }
    if (!rc) { rc = check_same_length(r, baseline, "cumulative_hazard", "time_days"); }
    if (!rc) {
        rc = check_order(r, yt_get(baseline, "time_days"), m->baseline_time_days, m->n_baseline, 1,
                         true);
    }
    if (!rc) {
        rc = check_order(r, yt_get(baseline, "cumulative_hazard"), m->baseline_cumhaz,
                         m->n_baseline, 1, false);
    }
    return rc;
}

static int check_events(const fd_reader *r, const yt_node *map, unsigned events, unsigned patients)
{
    return events <= patients ? CFG_OK
                              : fd_fail(r, map, "events",
                                        "got %u, expected at most the %u patients", events,
                                        patients);
}

static int check_curve(const fd_reader *r, const cfg_model *m, size_t i, const yt_node *item)
{
    const cfg_km_curve *c = &m->km[i];
    for (size_t j = 0; j < i; j++) {
        if (strcmp(m->km[j].group, c->group) == 0) {
            return fd_expected(r, yt_get(item, "group"), "each group once");
        }
    }
    int rc = check_events(r, item, c->events, c->patients);
    if (!rc) { rc = check_same_length(r, item, "survival", "time_days"); }
    if (!rc) { rc = check_same_length(r, item, "at_risk", "time_days"); }
    if (!rc) { rc = check_order(r, yt_get(item, "time_days"), c->time_days, c->n, 1, true); }
    if (!rc) { rc = check_order(r, yt_get(item, "survival"), c->survival, c->n, -1, false); }
    if (!rc) { rc = check_order(r, yt_get(item, "at_risk"), c->n_risk, c->n, -1, false); }
    return rc;
}

static int check_model(const fd_reader *r, const void *obj, const yt_node *root)
{
    const cfg_model *m = obj;
    const yt_node *training = yt_get(root, "training");
    int rc = check_use(r, m, yt_get(root, "intended_use"));
    if (!rc) { rc = check_risk(r, m, yt_get(root, "risk")); }
    if (!rc) { rc = check_bootstrap(r, m, yt_get(root, "risk")); }
    if (!rc) { rc = check_distances(r, m, training); }
    if (!rc) { rc = check_events(r, training, m->n_events, m->n_patients); }
    for (size_t i = 0; i < m->n_km && !rc; i++) {
        rc = check_curve(r, m, i, item_at(yt_get(training, "kaplan_meier"), i));
    }
    return rc;
}

/* What schema 2 added all has a default, so that a file of schema 1 is read by the same table. */
static int read_schema(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    cfg_model *m = obj;
    (void)f;
    if (n->kind != YT_SCALAR || strlen(n->text) != 1 || n->text[0] < '1' || n->text[0] > '2') {
        return fd_expected(r, n, "1 or 2; a later one needs a later prognode");
    }
    m->schema = (unsigned)(n->text[0] - '0');
    return CFG_OK;
}

static void write_schema(txt_buf *b, const void *obj, const fd_field *f, unsigned indent)
{
    (void)obj;
    (void)f;
    (void)indent;
    txt_add(b, " %d\n", CFG_MODEL_SCHEMA);
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
};
static const fd_table root_table = {FD_TABLE(root_fields), .check = check_model};

/* ---- Entry points -------------------------------------------------------- */

/* The schema comes first: under another one, the keys mean something else. */
static int read_root(const fd_reader *r, cfg_model *m, const yt_node *root)
{
    if (!root) {
        return cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0,
                        "empty, expected a model file of schema 1 or %d", CFG_MODEL_SCHEMA);
    }
    if (root->kind != YT_MAP) { return fd_expected(r, root, "a mapping"); }
    const yt_node *schema = yt_get(root, "schema");
    if (!schema) {
        return fd_fail(r, root, "schema", "missing, expected 1 or %d: is this a model file?",
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
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
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
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
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
