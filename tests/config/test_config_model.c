/* Model files: a full round trip, and every rule that a model must keep. */
#include "check.h"
#include "random_model.h"
#include <dirent.h>
#include <unistd.h>

static char folder[] = "/tmp/cfg_model_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static size_t count_files(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) { n += e->d_name[0] != '.'; }
    closedir(d);
    return n;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("m.yaml"));
    unlink(in_folder("again.yaml"));
    return rmdir(folder);
}

static char *read_whole(const char *path, size_t *n)
{
    char *text = array(9 << 20, 1);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    *n = fread(text, 1, 9 << 20, f);
    fclose(f);
    return text;
}

static void test_model__round_trip_number_for_number(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        cfg_model m = random_model(), back, again;
        cfg_error err;
        CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
        CHECK_OK(cfg_model_load(&back, in_folder("m.yaml"), &err), err);
        same_model(&m, &back);
        CHECK_OK(cfg_model_save(&back, in_folder("again.yaml"), &err), err);
        CHECK_OK(cfg_model_load(&again, in_folder("again.yaml"), &err), err);
        assert_string_equal(back.file_sha256, again.file_sha256);   /* the same bytes */
        cfg_model_free(&m);
        cfg_model_free(&back);
        cfg_model_free(&again);
    }
    assert_int_equal(count_files(), 2);              /* no temporary file stays */
}

/* What people compare stays short: a whole class is not spelled out. */
static void test_model__whole_classes_are_written_as_such(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    size_t n;
    rx_pyradiomics_default(&m.extraction);
    m.extraction.base.features.enabled[rx_feature_index("original_ngtdm_Busyness")] = false;
    for (size_t i = 0; i < m.n_features; i++) {
        if (strcmp(m.features[i].name, "original_ngtdm_Busyness") == 0) { m.n_features = i; }
    }
    m.n_boot_coefficient = m.n_boot_cumhaz = 0;      /* they speak of all features */
    m.n_correlation = m.n_distance_quantile = 0;
    assert_true(m.n_features > 0);
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    char *text = read_whole(in_folder("m.yaml"), &n);
    assert_non_null(strstr(text, "    shape: []\n    firstorder: []\n    glcm: []\n"));
    assert_non_null(strstr(text, "    ngtdm: [Coarseness, Complexity, Contrast, Strength]\n"));
    free(text);
    cfg_model_free(&m);
}

/* ---- Files --------------------------------------------------------------- */

static void test_model__digest_is_sha256_of_the_bytes(void **state)
{
    (void)state;
    cfg_model m = random_model(), back;
    cfg_error err;
    char command[400], want[65] = "";
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    CHECK_OK(cfg_model_load(&back, in_folder("m.yaml"), &err), err);
    snprintf(command, sizeof command, "sha256sum %s", in_folder("m.yaml"));
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fread(want, 1, 64, p), 64);
    pclose(p);
    assert_string_equal(back.file_sha256, want);
    cfg_model_free(&m);
    cfg_model_free(&back);
}

static void test_model__save_refuses_what_load_would_and_keeps_the_old_file(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    size_t n_before, n_after;
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    char *before = read_whole(in_folder("m.yaml"), &n_before);
    m.features[0].sd = NAN;
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "risk.features[0].sd: got \""));
    m.features[0].sd = 1;
    m.cutpoint = INFINITY;
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "risk.cutpoint: got \".inf\", expected a number"));
    m.cutpoint = 0;
    memset(m.extraction.base.features.enabled, 0, sizeof m.extraction.base.features.enabled);
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "would not read back"));
    char *after = read_whole(in_folder("m.yaml"), &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(before);
    free(after);
    cfg_model_free(&m);
}

static void test_model__save_into_a_folder_that_is_not_there(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    assert_int_equal(cfg_model_save(&m, "/nonexistent/m.yaml", &err), CFG_EIO);
    assert_string_equal(err.msg, "/nonexistent/m.yaml: cannot create: No such file or directory");
    cfg_model_free(&m);
}

static void test_model__free_takes_null_and_zero(void **state)
{
    (void)state;
    cfg_model m = {0};
    cfg_model_free(NULL);
    cfg_model_free(&m);
    cfg_model_free(&m);
}

/* ---- Rules --------------------------------------------------------------- */

static const char good[] =
    "schema: 1\n"                                                               /*  1 */
    "model: {id: m, version: 1.0, title: T, endpoint: overall survival}\n"      /*  2 */
    "intended_use:\n"                                                           /*  3 */
    "  modality: [CT]\n"                                                        /*  4 */
    "  slice_spacing_mm: [0.5, .inf]\n"                                         /*  5 */
    "extraction:\n"                                                             /*  6 */
    "  setting: {binWidth: 25}\n"                                               /*  7 */
    "  featureClass: {shape: [Sphericity, Elongation], glcm: [Idn]}\n"          /*  8 */
    "risk:\n"                                                                   /*  9 */
    "  method: cox_cutpoint\n"                                                  /* 10 */
    "  cutpoint: 0.25\n"                                                        /* 11 */
    "  horizon_years: [1, 2]\n"                                                 /* 12 */
    "  features:\n"                                                             /* 13 */
    "  - name: original_shape_Sphericity\n"                                     /* 14 */
    "    coefficient: -0.5\n"                                                   /* 15 */
    "    mean: 0.7\n"                                                           /* 16 */
    "    sd: 0.1\n"                                                             /* 17 */
    "    quantiles: [0, 1, 2, 2, 4, 5, 6]\n"                                    /* 18 */
    "  - name: original_glcm_Idn\n"                                             /* 19 */
    "    coefficient: 1\n"                                                      /* 20 */
    "    mean: 0\n"                                                             /* 21 */
    "    sd: 1\n"                                                               /* 22 */
    "    quantiles: [0, 0, 0, 0, 0, 0, 0]\n"                                    /* 23 */
    "  baseline:\n"                                                             /* 24 */
    "    time_days: [10, 20, 30]\n"                                             /* 25 */
    "    cumulative_hazard: [0, 0.1, 0.1]\n"                                    /* 26 */
    "training:\n"                                                               /* 27 */
    "  patients: 100\n"                                                         /* 28 */
    "  events: 40\n"                                                            /* 29 */
    "  c_index: 0.6\n"                                                          /* 30 */
    "  c_index_se: 0.05\n"                                                      /* 31 */
    "  kaplan_meier:\n"                                                         /* 32 */
    "  - {group: low, patients: 50, events: 10, time_days: [5, 9], survival: [0.9, 0.8],"
    " at_risk: [50, 40]}\n"                                                     /* 33 */
    "  - {group: high, patients: 50, events: 30, time_days: [], survival: [], at_risk: []}\n";

static int parse(cfg_model *m, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_model_parse(m, text, strlen(text), "m.yaml", err);
}

static void test_model__defaults(void **state)
{
    (void)state;
    cfg_model m;
    cfg_error err;
    CHECK_OK(parse(&m, good, &err), err);
    assert_string_equal(m.version, "1.0");
    assert_string_equal(m.description, "");
    assert_true(m.research_use_only);                /* unless the file says otherwise */
    assert_int_equal(m.n_modality, 1);
    CHECK_NEAR(m.slice_spacing_mm.low, 0.5, 0, 0);
    assert_true(m.slice_spacing_mm.high == HUGE_VAL);
    assert_true(m.pixel_spacing_mm.low == -HUGE_VAL && m.pixel_spacing_mm.high == HUGE_VAL);
    assert_int_equal(m.min_roi_voxels, 0);
    assert_int_equal(m.n_contours, 0);
    assert_int_equal(m.n_segment_codes, 0);
    assert_int_equal(m.n_features, 2);
    assert_int_equal(m.n_km, 2);
    assert_int_equal(m.km[0].n, 2);
    assert_int_equal(m.km[1].n, 0);
    assert_string_equal(m.table_sha256, "");
    /* what schema 2 added: nothing is asked, nothing is known */
    assert_int_equal(m.schema, 1);
    assert_string_equal(m.contrast, "any");
    assert_true(m.slice_thickness_mm.low == -HUGE_VAL && m.slice_thickness_mm.high == HUGE_VAL);
    assert_true(m.max_missing_slices == HUGE_VAL && m.max_mahalanobis == HUGE_VAL);
    assert_int_equal(cfg_model_replicates(&m), 0);
    assert_int_equal(m.n_correlation, 0);
    assert_int_equal(m.n_distance_quantile, 0);
    /* what schema 3 added */
    assert_int_equal(m.method, CFG_RISK_COX);
    assert_int_equal(m.features[0].source, CFG_SOURCE_IMAGE);
    assert_int_equal(m.elm.n_networks, 0);
    assert_string_equal(m.card.authors, "");
    assert_string_equal(m.card.recipe_sha256, "");
    assert_int_equal(m.card.n_performance, 0);
    assert_int_equal(strlen(m.file_sha256), 64);
    cfg_model_free(&m);
}

typedef struct rule {
    const char *line, *instead;    /* the text in `good`, and what replaces it */
    const char *message;
} rule;

static const rule rules[] = {
    {"schema: 1\n", "", "1:1: schema: missing, expected 1 to 3: is this a model file?"},
    {"schema: 1\n", "schema: 4\nnew_key: 1\n",
     "1:9: schema: got \"4\", expected 1, 2 or 3; a later one needs a later prognode"},
    {"schema: 1\n", "schema: 0\n",
     "1:9: schema: got \"0\", expected 1, 2 or 3; a later one needs a later prognode"},
    {"schema: 1\n", "schema: [1]\n",
     "1:9: schema: got a list, expected 1, 2 or 3; a later one needs a later prognode"},
    {"  modality: [CT]\n", "  modality: [CT]\n  contrast: some\n",
     "5:13: intended_use.contrast: got \"some\", expected any, with or without"},
    {"  modality: [CT]\n", "  modality: [CT]\n  slice_thickness_mm: [5, 1]\n",
     "5:23: intended_use.slice_thickness_mm: got 5 to 1, expected the lower end first"},
    {"  modality: [CT]\n", "  modality: [CT]\n  max_missing_slices: -1\n",
     "5:23: intended_use.max_missing_slices: got \"-1\", expected a number of at least 0"},
    {"  modality: [CT]\n", "  modality: [CT]\n  max_mahalanobis: 0\n",
     "5:20: intended_use.max_mahalanobis: got \"0\", expected a number above 0"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2, 3]}\n  baseline:\n",
     "24:39: risk.bootstrap.coefficients: got 3 items, expected 2 for each sample"},
    {"  baseline:\n", "  bootstrap: {drawn: 1, coefficients: [1, 2, 3, 4]}\n  baseline:\n",
     "24:22: risk.bootstrap.drawn: got 1, expected at least the 2 samples that are listed"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2], cumulative_hazard: [0.1]}\n"
     "  baseline:\n", "24:66: risk.bootstrap.cumulative_hazard: got 1 items, expected 2: 1 samples "
     "of 2 horizons"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2], cumulative_hazard: [0.2, 0.1]}\n"
     "  baseline:\n", "24:72: risk.bootstrap.cumulative_hazard[1]: got \"0.1\", expected a number not "
     "below that of the horizon before, 0.2"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0, 0]\n",
     "32:16: training.correlation: got 3 items, expected 4 for 2 features"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0, 0, 1]\n",
     "28:3: training.mahalanobis_quantiles: got 0 items, expected 7"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.4, 1]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 7]\n", "32:25: training.correlation[2]: got \"0.4\", "
     "expected 0.5 as on the other side of the diagonal"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.5, 0.9]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 7]\n", "32:30: training.correlation[3]: got \"0.9\", "
     "expected 1, on the diagonal"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 1.5, 1.5, 1]\n",
     "32:20: training.correlation[1]: got \"1.5\", expected a number -1 to 1"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.5, 1]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 5]\n", "33:45: training.mahalanobis_quantiles[6]: got "
     "\"5\", expected a number of at least 6, the one before"},
    {"id: m,", "id: My Model,",
     "2:13: model.id: got \"My Model\", expected 1 to 64 of a-z, 0-9 and -"},
    {"title: T, ", "", "2:8: model.title: missing, expected text of 1 to 128 bytes"},
    {"title: T, ", "title: \"a\\nb\", ",
     "2:37: model.title: got \"a?b\", expected text of 1 to 128 bytes"},
    {"  modality: [CT]\n", "",
     "4:3: intended_use.modality: missing, expected a list of 1 to 8 texts"},
    {"modality: [CT]", "modality: [ABCDEFGHIJKLMNOPQ]",
     "4:14: intended_use.modality[0]: got \"ABCDEFGHIJKLMNOPQ\", expected text of 1 to 16 bytes"},
    {"[0.5, .inf]", "[5, 0.5]",
     "5:21: intended_use.slice_spacing_mm: got 5 to 0.5, expected the lower end first"},
    {"[0.5, .inf]", "[.inf, .inf]",
     "5:21: intended_use.slice_spacing_mm: got inf to inf, expected the lower end first"},
    {"[0.5, .inf]", "[0.5]",
     "5:21: intended_use.slice_spacing_mm: got 1 items, expected a list of 2 numbers"},
    {"[0.5, .inf]", "[0.5, x]",
     "5:27: intended_use.slice_spacing_mm[1]: got \"x\", expected a number or .inf"},
    {"extraction:\n  setting: {binWidth: 25}\n"
     "  featureClass: {shape: [Sphericity, Elongation], glcm: [Idn]}\n", "",
     "1:1: extraction: missing, expected a mapping"},
    {"{binWidth: 25}", "{binWidht: 25}",
     "7:13: extraction.setting.binWidht: unknown key, did you mean \"binWidth\"?"},
    {"glcm: [Idn]", "glcm: [Id]",
     "19:11: risk.features[1].name: got \"original_glcm_Idn\", expected a feature that "
     "extraction.imageType and featureClass give"},
    {"method: cox_cutpoint", "method: svm",
     "10:11: risk.method: got \"svm\", expected cox_cutpoint or elm"},
    {"method: cox_cutpoint", "method: [elm]",
     "10:11: risk.method: got a list, expected cox_cutpoint or elm"},
    {"  method: cox_cutpoint\n", "", "10:3: risk.method: missing, expected cox_cutpoint or elm"},
    {"method: cox_cutpoint", "method: elm", "15:5: risk.features[0].coefficient: unknown key, expected "
     "one of name, source, mean, sd, quantiles"},
    {"method: cox_cutpoint\n", "method: cox_cutpoint\n  elm: {hidden: 1}\n",
     "11:3: risk.elm: only with risk.method elm"},
    {"name: original_shape_Sphericity\n", "name: PatientAge\n    source: header\n",
     "15:13: risk.features[0].source: got \"header\", expected image, patient or table"},
    {"name: original_shape_Sphericity\n", "name: age\n    source: patient\n",
     "14:11: risk.features[0].name: got \"age\", expected PatientAge, PatientSex, PatientWeight or "
     "PatientSize"},
    {"name: original_shape_Sphericity\n", "name: PatientAge\n    source: table\n",
     "14:11: risk.features[0].name: got \"PatientAge\", expected another name, or source: patient"},
    {"name: original_shape_Sphericity\n", "name: PatientAge\n",
     "14:11: risk.features[0].name: got \"PatientAge\", expected a feature's full name, like "
     "\"original_shape_Elongation\""},
    {"name: original_shape_Sphericity\n", "name: original_glcm_Idn\n    source: table\n",
     "20:11: risk.features[1].name: got \"original_glcm_Idn\", expected each feature once"},
    {"training:\n", "card: {authors: \"a\\nb\"}\ntraining:\n",
     "27:17: card.authors: got \"a?b\", expected text of 0 to 511 bytes"},
    {"training:\n", "card: {date: 21.11.2026}\ntraining:\n",
     "27:14: card.date: got \"21.11.2026\", expected a date like 2026-11-21"},
    {"training:\n", "card: {recipe_sha256: F00}\ntraining:\n",
     "27:23: card.recipe_sha256: got \"F00\", expected 64 hexadecimal digits"},
    {"training:\n", "card: {performance: [{name: C, estimate: .nan, how: cv}]}\ntraining:\n",
     "27:42: card.performance[0].estimate: got \".nan\", expected a number"},
    {"training:\n", "card: {performance: [{name: C, estimate: 0.6}]}\ntraining:\n",
     "27:22: card.performance[0].how: missing, expected text of 1 to 160 bytes"},
    {"training:\n", "card: {performance: [{name: C, estimate: 0.6, low: 0.61, how: cv}]}\ntraining:\n",
     "27:42: card.performance[0].estimate: got \"0.6\", expected a number from low to high, 0.61 to inf"},
    {"  cutpoint: 0.25\n", "  cutpoint: .nan\n",
     "11:13: risk.cutpoint: got \".nan\", expected a number"},
    {"horizon_years: [1, 2]", "horizon_years: [2, 2]",
     "12:22: risk.horizon_years[1]: got \"2\", expected a number above 2, the one before"},
    {"horizon_years: [1, 2]", "horizon_years: [0]",
     "12:19: risk.horizon_years[0]: got \"0\", expected a number above 0, at most 100"},
    {"horizon_years: [1, 2]", "horizon_years: [1,2,3,4,5,6,7,8,9]",
     "12:18: risk.horizon_years: got 9 items, expected a list of 0 to 8 numbers"},
    {"name: original_shape_Sphericity", "name: original_shape_Roundness",
     "14:11: risk.features[0].name: got \"original_shape_Roundness\", expected a feature's full "
     "name, like \"original_shape_Elongation\""},
    {"name: original_glcm_Idn", "name: original_shape_Sphericity",
     "19:11: risk.features[1].name: got \"original_shape_Sphericity\", expected each feature once"},
    {"coefficient: -0.5", "coefficient: .inf",
     "15:18: risk.features[0].coefficient: got \".inf\", expected a number"},
    {"sd: 0.1", "sd: 0", "17:9: risk.features[0].sd: got \"0\", expected a number above 0"},
    {"sd: 0.1", "sd: -1", "17:9: risk.features[0].sd: got \"-1\", expected a number above 0"},
    {"    sd: 0.1\n", "", "14:5: risk.features[0].sd: missing, expected a number above 0"},
    {"[0, 1, 2, 2, 4, 5, 6]", "[0, 1, 2, 1.5, 4, 5, 6]",
     "18:26: risk.features[0].quantiles[3]: got \"1.5\", expected a number of at least 2, the one "
     "before"},
    {"[0, 1, 2, 2, 4, 5, 6]", "[0, 1, 2, 2, 4, 5]",
     "18:16: risk.features[0].quantiles: got 6 items, expected a list of 7 numbers"},
    {"time_days: [10, 20, 30]", "time_days: [10, 20, 20]",
     "25:25: risk.baseline.time_days[2]: got \"20\", expected a number above 20, the one before"},
    {"time_days: [10, 20, 30]", "time_days: [-1, 20, 30]",
     "25:17: risk.baseline.time_days[0]: got \"-1\", expected a number of at least 0"},
    {"[0, 0.1, 0.1]", "[0, 0.1, 0.05]",
     "26:33: risk.baseline.cumulative_hazard[2]: got \"0.05\", expected a number of at least 0.1, "
     "the one before"},
    {"[0, 0.1, 0.1]", "[0, 0.1]",
     "26:24: risk.baseline.cumulative_hazard: got 2 items, expected 3 as in time_days"},
    {"[0, 0.1, 0.1]", "[]",
     "26:24: risk.baseline.cumulative_hazard: got 0 items, expected a list of 1 to 100000 "
     "numbers"},
    {"  events: 40\n", "  events: 101\n",
     "29:11: training.events: got 101, expected at most the 100 patients"},
    {"c_index: 0.6", "c_index: 1.1",
     "30:12: training.c_index: got \"1.1\", expected a number 0 to 1"},
    {"c_index_se: 0.05\n", "c_index_se: 0.05\n  table_sha256: abc\n",
     "32:17: training.table_sha256: got \"abc\", expected 64 hexadecimal digits"},
    {"survival: [0.9, 0.8]", "survival: [0.8, 0.9]",
     "33:79: training.kaplan_meier[0].survival[1]: got \"0.9\", expected a number of at most "
     "0.8, the one before"},
    {"survival: [0.9, 0.8]", "survival: [1.9, 0.8]",
     "33:74: training.kaplan_meier[0].survival[0]: got \"1.9\", expected a number 0 to 1"},
    {"survival: [0.9, 0.8]", "survival: [0.9]",
     "33:73: training.kaplan_meier[0].survival: got 1 items, expected 2 as in time_days"},
    {"at_risk: [50, 40]", "at_risk: [50, 40, 30]",
     "33:94: training.kaplan_meier[0].at_risk: got 3 items, expected 2 as in time_days"},
    {"time_days: [5, 9]", "time_days: [9, 5]",
     "33:59: training.kaplan_meier[0].time_days[1]: got \"5\", expected a number above 9, the one "
     "before"},
    {"at_risk: [50, 40]", "at_risk: [40, 50]",
     "33:99: training.kaplan_meier[0].at_risk[1]: got \"50\", expected a number of at most 40, "
     "the one before"},
    {"patients: 50, events: 10", "patients: 9, events: 10",
     "33:39: training.kaplan_meier[0].events: got 10, expected at most the 9 patients"},
    {"group: high", "group: low",
     "34:13: training.kaplan_meier[1].group: got \"low\", expected each group once"},
};

/* The same of a committee. */
static const char good_elm[] =
    "schema: 3\n"                                                               /*  1 */
    "model: {id: m, version: 1.0, title: T, endpoint: overall survival}\n"      /*  2 */
    "intended_use: {modality: [CT]}\n"                                          /*  3 */
    "extraction:\n"                                                             /*  4 */
    "  featureClass: {shape: [Sphericity]}\n"                                   /*  5 */
    "risk:\n"                                                                   /*  6 */
    "  method: elm\n"                                                           /*  7 */
    "  cutpoint: 0\n"                                                           /*  8 */
    "  horizon_years: [1]\n"                                                    /*  9 */
    "  features:\n"                                                             /* 10 */
    "  - {name: original_shape_Sphericity, mean: 0.7, sd: 0.1, quantiles: [0, 1, 2, 2, 4, 5, 6]}\n"
    "  - {name: PatientAge, source: patient, mean: 61, sd: 9, quantiles: [30, 1e2, 1e2, 1e2, 1e2, 1e2,"
    " 1e2]}\n"                                                                  /* 12 */
    "  elm:\n"                                                                  /* 13 */
    "    hidden: 3\n"                                                           /* 14 */
    "    cost: .inf\n"                                                          /* 15 */
    "    networks:\n"                                                           /* 16 */
    "    - {seed: 1, beta: [0.1, -2.5e-3, 3]}\n"                                /* 17 */
    "    - {seed: 2147483646, beta: [0.1, 0.2, 0.3]}\n"                         /* 18 */
    "training:\n"                                                               /* 19 */
    "  patients: 100\n"                                                         /* 20 */
    "  events: 40\n"                                                            /* 21 */
    "  kaplan_meier:\n"                                                         /* 22 */
    "  - {group: low, patients: 50, events: 10, time_days: [5, 9], survival: [0.9, 0.8],"
    " at_risk: [50, 40]}\n"                                                     /* 23 */
    "  - {group: high, patients: 50, events: 30, time_days: [7], survival: [0.5],"
    " at_risk: [50]}\n";                                                        /* 24 */

static const rule elm_rules[] = {
    {"{name: original_shape_Sphericity, ", "{name: original_shape_Sphericity, coefficient: 1, ",
     "11:39: risk.features[0].coefficient: unknown key, expected one of name, source, mean, sd, "
     "quantiles"},
    {"  elm:\n", "  baseline: {time_days: [1], cumulative_hazard: [1]}\n  elm:\n",
     "13:3: risk.baseline: only with risk.method cox_cutpoint"},
    {"  elm:\n", "  bootstrap: {}\n  elm:\n", "13:3: risk.bootstrap: only with risk.method cox_cutpoint"},
    {"  events: 40\n", "  events: 40\n  c_index: 1\n",
     "22:3: training.c_index: only with risk.method cox_cutpoint"},
    {"  elm:\n", "  emm:\n", "13:3: risk.emm: unknown key, did you mean \"elm\"?"},
    {"hidden: 3", "hidden: 0", "14:13: risk.elm.hidden: got \"0\", expected an integer 1 to 20000"},
    {"hidden: 3", "hidden: 20001", "14:13: risk.elm.hidden: got \"20001\", expected an integer 1 to 20000"},
    {"hidden: 3", "hidden: 4",
     "17:23: risk.elm.networks[0].beta: got 3 items, expected 4, one a hidden node"},
    {"cost: .inf", "cost: 0", "15:11: risk.elm.cost: got \"0\", expected a number above 0"},
    {"seed: 2147483646", "seed: 1", "18:14: risk.elm.networks[1].seed: got \"1\", expected each seed once"},
    {"seed: 2147483646", "seed: 2147483647",
     "18:14: risk.elm.networks[1].seed: got \"2147483647\", expected an integer 1 to 2147483646"},
    {"seed: 2147483646", "seed: 0",
     "18:14: risk.elm.networks[1].seed: got \"0\", expected an integer 1 to 2147483646"},
    {"-2.5e-3", ".inf", "17:29: risk.elm.networks[0].beta[1]: got \".inf\", expected a number"},
    {"group: high", "group: other", "23:3: training.kaplan_meier: no curve of the group high, which "
     "risk.horizon_years needs with risk.method elm"},
    {"time_days: [7], survival: [0.5], at_risk: [50]", "time_days: [], survival: [], at_risk: []",
     "23:3: training.kaplan_meier: no curve of the group high, which risk.horizon_years needs with "
     "risk.method elm"},
};

static void replace(char *out, size_t size, const char *text, const rule *r)
{
    const char *at = strstr(text, r->line);
    if (!at) { fail_msg("the good model has no \"%s\"", r->line); }
    int n = snprintf(out, size, "%.*s%s%s", (int)(at - text), text, r->instead,
                     at + strlen(r->line));
    assert_true(n > 0 && (size_t)n < size);
}

static void check_rule(const char *good_text, const rule *r)
{
    char text[4096];
    cfg_model m, before;
    cfg_error err;
    char want[sizeof err.msg];
    memset(&m, 0x5a, sizeof m);
    memcpy(&before, &m, sizeof m);
    replace(text, sizeof text, good_text, r);
    int rc = parse(&m, text, &err);
    if (rc == CFG_OK) { fail_msg("loads with \"%s\"", r->instead); }
    assert_int_equal(rc, CFG_EVALUE);
    snprintf(want, sizeof want, "m.yaml:%s", r->message);
    assert_string_equal(err.msg, want);
    assert_memory_equal(&m, &before, sizeof m);
}

static void test_model__each_rule_is_enforced_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) { check_rule(good, &rules[i]); }
    for (size_t i = 0; i < sizeof elm_rules / sizeof elm_rules[0]; i++) { check_rule(good_elm, &elm_rules[i]); }
}

/* A model that says nothing of schema 3 is written as schema 2: nodes of before can run it. */
static void test_model__written_is_the_first_schema_that_has_all(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        cfg_model m, back;
        cfg_error err;
        size_t n;
        CHECK_OK(parse(&m, what == 3 ? good_elm : good, &err), err);
        if (what == 1) { strcpy(m.card.cohort, "ten phantoms"); }
        if (what == 2) {
            m.features[0].source = CFG_SOURCE_PATIENT;
            strcpy(m.features[0].name, "PatientAge");
        }
        CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
        CHECK_OK(cfg_model_load(&back, in_folder("m.yaml"), &err), err);
        assert_int_equal(back.schema, what == 0 ? 2 : 3);
        char *text = read_whole(in_folder("m.yaml"), &n);
        assert_true((strstr(text, "source:") != NULL) == (what >= 2));
        assert_true((strstr(text, "card:") != NULL) == (what == 1));
        free(text);
        same_model(&m, &back);
        cfg_model_free(&m);
        cfg_model_free(&back);
    }
}

static void test_model__a_committee(void **state)
{
    (void)state;
    cfg_model m;
    cfg_error err;
    CHECK_OK(parse(&m, good_elm, &err), err);
    assert_int_equal(m.method, CFG_RISK_ELM);
    assert_string_equal(cfg_risk_method_word(m.method), "elm");
    assert_int_equal(m.elm.hidden, 3);
    assert_true(isinf(m.elm.cost));
    assert_int_equal(m.elm.n_networks, 2);
    assert_int_equal(m.elm.networks[1].seed, 2147483646);
    CHECK_NEAR(m.elm.networks[0].beta[1], -2.5e-3, 0, 0);
    assert_true(isnan(m.c_index) && isnan(m.c_index_se));
    assert_int_equal(m.n_baseline, 0);
    assert_int_equal(cfg_model_replicates(&m), 0);
    assert_true(cfg_model_uses(&m, CFG_SOURCE_IMAGE) && cfg_model_uses(&m, CFG_SOURCE_PATIENT));
    assert_false(cfg_model_uses(&m, CFG_SOURCE_TABLE));
    assert_int_equal(cfg_model_curve(&m, "high")->n, 1);
    assert_null(cfg_model_curve(&m, "middle"));
    cfg_model_free(&m);
}

/* The file's order of the rest of the checks must not let other mistakes through: every line of
 * the good model taken out must be noticed, but for the optional ones. */
static void test_model__every_line_counts(void **state)
{
    (void)state;
    static const char *const optional[] = {"  slice_spacing_mm", "  setting:", "  featureClass:",
                                           "  horizon_years", "  - {group: "};
    for (const char *line = good; *line;) {
        const char *next = strchr(line, '\n') + 1;
        char text[4096];
        cfg_model m;
        cfg_error err;
        snprintf(text, sizeof text, "%.*s%s", (int)(line - good), good, next);
        bool may_go = false;
        for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
            may_go = may_go || strncmp(line, optional[i], strlen(optional[i])) == 0;
        }
        int rc = parse(&m, text, &err);
        if ((rc == CFG_OK) != may_go) {
            fail_msg("without \"%.*s\": %s", (int)(next - line - 1), line,
                     rc ? err.msg : "loads");
        }
        if (rc == CFG_OK) { cfg_model_free(&m); }
        line = next;
    }
}

/* The example in docs/MODEL.md stays true. */
static void test_model__documented_example_loads(void **state)
{
    (void)state;
    size_t n;
    char *doc = read_whole(PN_SOURCE_DIR "/docs/MODEL.md", &n);
    char *from = strstr(doc, "```yaml\n");
    assert_non_null(from);
    from += 8;
    char *end = strstr(from, "```\n");
    assert_non_null(end);
    *end = '\0';
    cfg_model m;
    cfg_error err;
    CHECK_OK(parse(&m, from, &err), err);
    assert_string_equal(m.id, "lung-demo");
    assert_int_equal(m.n_features, 2);
    assert_int_equal(m.n_segment_codes, 1);
    assert_string_equal(m.segment_codes[0].value, "108369006");
    assert_int_equal(m.n_baseline, 4);
    assert_int_equal(m.km[1].n, 2);
    CHECK_NEAR(m.km[1].survival[1], 0.71, 0, 0);
    cfg_model_free(&m);
    free(doc);
}

static void test_model__empty_file(void **state)
{
    (void)state;
    cfg_model m;
    cfg_error err;
    assert_int_equal(parse(&m, "", &err), CFG_EVALUE);
    assert_string_equal(err.msg, "m.yaml: empty, expected a model file of schema 1 to 3");
    assert_int_equal(parse(&m, "[1]", &err), CFG_EVALUE);
    assert_string_equal(err.msg, "m.yaml:1:1: got a list, expected a mapping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model__round_trip_number_for_number),
        cmocka_unit_test(test_model__whole_classes_are_written_as_such),
        cmocka_unit_test(test_model__digest_is_sha256_of_the_bytes),
        cmocka_unit_test(test_model__save_refuses_what_load_would_and_keeps_the_old_file),
        cmocka_unit_test(test_model__save_into_a_folder_that_is_not_there),
        cmocka_unit_test(test_model__free_takes_null_and_zero),
        cmocka_unit_test(test_model__defaults),
        cmocka_unit_test(test_model__each_rule_is_enforced_with_its_place),
        cmocka_unit_test(test_model__a_committee),
        cmocka_unit_test(test_model__written_is_the_first_schema_that_has_all),
        cmocka_unit_test(test_model__every_line_counts),
        cmocka_unit_test(test_model__documented_example_loads),
        cmocka_unit_test(test_model__empty_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
