/* What the report says of the result: in which order, how sure, why not, in which language, and
 * what it refers to in each form. */
#include "fixture.h"

#include "sr_items.h"

#include <stdlib.h>

#include "dicom/runtime.h"
#include "report/messages.h"

static int setup(void **state)
{
    (void)state;
    pn_error err = {0};
    return pn_dicom_init(&err);
}

static void write_and_read(pn_sr_document *d, const pn_report *r, const pn_sr_form *form)
{
    pn_error err = {0};
    const char *path = fixture_path("result.dcm");
    CHECK_OK(pn_report_write_sr(r, form, path, &err), err);
    CHECK_OK(pn_sr_read(d, path, &err), err);
}

static void expect_text(const pn_sr_document *d, size_t i, pn_code_triple name, const char *text)
{
    if (!is(&d->items[i], name)) { fail_msg("item %zu is %s, expected %s", i, d->items[i].name, name.meaning); }
    assert_string_equal(d->items[i].value, text);
}

/* What a radiologist must see without scrolling, and nothing between. */
static void test_sr_result__first_screen_in_this_order(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    write_and_read(&d, &r, NULL);
    size_t g = nth(&d, C_GROUP, 0);
    assert_true(g <= 13);                 /* lines above: document, context, algorithm */
    expect_text(&d, g + 1, C_APPLICABLE, "Yes");
    expect_text(&d, g + 2, C_APPLICABILITY, "The model applies to this case.");
    expect_text(&d, g + 3, C_RISK_LEVEL, "High risk");
    assert_true(is(&d.items[g + 4], C_SCORE) && d.items[g + 4].number == 1.3720000000000001);
    expect_text(&d, g + 5, C_CERTAINTY, "Score 1.372 (95 % interval 0.9123 to 1.8), cut-point 0.25. "
                                        "97.5 % of the resampled models give the same group.");
    assert_true(is(&d.items[g + 6], C_MEASURED_CONTOUR));
    assert_non_null(strstr(d.items[g + 6].value, "GTV-1 (RTSTRUCT \"contours\", 1234 voxels"));
    expect_text(&d, g + 7, C_MODEL, "demo-os 1.0.0 (research use only)");
    expect_text(&d, g + 8, C_SURVIVAL, "1-year survival: 87.7 % (95 % interval 80.0 to 95.0 %)");
    expect_text(&d, g + 9, C_SURVIVAL, "3-year survival: 33.3 % (95 % interval 20.0 to 50.0 %)");
    assert_true(is(&d.items[g + 10], C_CONTRIBUTION) && is(&d.items[g + 11], C_CONTRIBUTION));
    assert_true(is(&d.items[g + 12], C_TRACKING_ID));
    size_t first = g;
    while (!is_feature(&d.items[first])) { first++; }
    assert_true(first > g + 12);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void expect_number(const pn_sr_document *d, size_t root, const char *code, double want,
                          const char *unit)
{
    const pn_sr_item *item = below(d, root, PN_CODE(code, PN_SCHEME, code));
    assert_true(item->has_number);
    if (item->number != want) { fail_msg("%s: %.17g, expected %.17g", code, item->number, want); }
    assert_string_equal(item->unit, unit);
}

static void test_sr_result__uncertainty_in_numbers(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    write_and_read(&d, &r, NULL);
    const pn_report_result *res = pn_report_main(&r);
    size_t roots[] = {nth(&d, C_GROUP, 0), nth(&d, C_DERIVED, 0)};
    for (size_t i = 0; i < 2; i++) {
        expect_number(&d, roots[i], "PRG-RS", res->score, "1");
        expect_number(&d, roots[i], "PRG-RSLO", res->score_interval.low, "1");
        expect_number(&d, roots[i], "PRG-RSHI", res->score_interval.high, "1");
        expect_number(&d, roots[i], "PRG-CUT", 0.25, "1");
        expect_number(&d, roots[i], "PRG-AGR", 97.5, "%");
        expect_number(&d, roots[i], "PRG-S1Y", 100 * res->survival[0].probability, "%");
        expect_number(&d, roots[i], "PRG-S1YLO", 80, "%");
        expect_number(&d, roots[i], "PRG-S1YHI", 95, "%");
        expect_number(&d, roots[i], "PRG-S3YHI", 50, "%");
    }
    expect_number(&d, roots[0], "PRG-DIST", 1.75, "1");
    expect_number(&d, roots[0], "PRG-DISTP", 62, "%");
    pn_sr_document_free(&d);

    /* a model without resampling: no such numbers, not numbers without value */
    pn_report_result *mut = pn_report_main_mut(&r);
    mut->score_interval = (pn_interval){NAN, NAN};
    mut->group_agreement = mut->mahalanobis = mut->mahalanobis_percentile = NAN;
    mut->survival[0].interval = mut->survival[1].interval = (pn_interval){NAN, NAN};
    write_and_read(&d, &r, NULL);
    static const char *const absent[] = {"PRG-RSLO", "PRG-RSHI", "PRG-AGR", "PRG-S1YLO", "PRG-DIST"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_int_equal(count(&d, PN_CODE(absent[i], PN_SCHEME, "")), 0);
    }
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

static void test_sr_result__gates_as_codes_and_sentences(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    fixture_not_applicable(&r);
    write_and_read(&d, &r, NULL);
    size_t root = nth(&d, C_QUALITATIVE, 0);
    static const struct { const char *gate, *state, *sentence; } want[] = {
        {"PRG-G-MOD", "PRG-PASSED", "Modality: passed. modality is CT"},
        {"PRG-G-SLICE", "PRG-FAILED",
         "Slice spacing: not met. slice spacing is 7.5 mm; the model is for 0.5 to 5 mm"},
        {"PRG-G-VOXELS", "PRG-FAILED",
         "Size of the contour: not met. the contour holds 12 voxels; the model needs at least 64"},
        {"PRG-G-RANGE", "PRG-PASSED", NULL},
        {"PRG-G-DIST", "PRG-PASSED", NULL},
    };
    assert_int_equal(count(&d, C_GATE_STATEMENT), 5);
    for (size_t i = 0; i < 5; i++) {
        const pn_sr_item *gate = below(&d, root, PN_CODE(want[i].gate, PN_SCHEME, want[i].gate));
        assert_string_equal(gate->type, "CODE");
        assert_string_equal(gate->value_code, want[i].state);
        assert_string_equal(gate->value_scheme, PN_SCHEME);
        /* codes before texts, as the template has it; both in the order of the gates */
        size_t statement = nth(&d, C_GATE_STATEMENT, i);
        assert_true(gate < &d.items[statement]);
        if (want[i].sentence != NULL) { expect_text(&d, statement, C_GATE_STATEMENT, want[i].sentence); }
    }
    expect_text(&d, nth(&d, C_GROUP, 0) + 1, C_APPLICABLE, "No");
    assert_int_equal(count(&d, C_SURVIVAL) + count(&d, C_CERTAINTY) + count(&d, C_SCORE), 0);
    assert_int_equal(count(&d, C_CONTRIBUTION), 0);
    assert_int_equal(count(&d, C_MODEL_FEATURE), 4);  /* where it lies among the patients */
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* Every kind has a code of its own, whose value fits SH and whose meaning fits LO. */
static void test_sr_result__every_gate_has_its_code(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    pn_report_result *res = pn_report_main_mut(&r);
    free(res->gates);
    res->gates = calloc(PN_NGATE_KINDS, sizeof *res->gates);
    assert_non_null(res->gates);
    res->n_gates = PN_NGATE_KINDS;
    for (int k = 0; k < PN_NGATE_KINDS; k++) {
        res->gates[k] = (pn_report_gate){.kind = (pn_gate_kind)k, .state = (pn_gate_state)(k % 4)};
    }
    write_and_read(&d, &r, NULL);
    size_t found = 0;
    for (size_t i = 0; i < d.n_items; i++) {
        if (strncmp(d.items[i].name_code, "PRG-G-", 6) != 0) { continue; }
        assert_true(strlen(d.items[i].name_code) <= 16 && strlen(d.items[i].name) <= 64);
        assert_int_equal(count(&d, PN_CODE(d.items[i].name_code, PN_SCHEME, "")), 1);
        found++;
    }
    assert_int_equal(found, PN_NGATE_KINDS);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* TID 4019, whether there is a result or not. */
static void test_sr_result__model_and_measuring_are_identified(void **state)
{
    (void)state;
    for (int applicable = 0; applicable < 2; applicable++) {
        pn_report r;
        pn_sr_document d = {0};
        fixture_report(&r);
        if (!applicable) { fixture_not_applicable(&r); }
        write_and_read(&d, &r, NULL);
        size_t measuring = nth(&d, C_MEASUREMENTS, 0);
        size_t model = nth(&d, C_DERIVED, 0);
        assert_int_equal(count(&d, C_ALGORITHM_NAME), 2);
        assert_string_equal(below(&d, measuring, C_ALGORITHM_PARAMETERS)->value,
                            "settings: binWidth=25 distances=1 symmetricalGLCM=true");
        assert_string_equal(below(&d, model, C_ALGORITHM_NAME)->value, r.model_title);
        assert_string_equal(below(&d, model, C_ALGORITHM_VERSION)->value, "1.0.0");
        char all[4096] = "";
        for (size_t i = model; i < end_of(&d, model); i++) {
            if (!is(&d.items[i], C_ALGORITHM_PARAMETERS)) { continue; }
            strcat(strcat(all, d.items[i].value), "\n");
        }
        static const char *const want[] = {
            "model: demo-os\n", "sha256: aaaa", "cut-point: high risk where the score is above 0.25\n",
            "endpoint: overall survival\n", "training: 150 patients, 107 events\n",
            "C-index: 0.7123, standard error 0.02\n", "bootstrap replicates: 200\n",
            "largest Mahalanobis distance: 3.5\n"};
        for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
            if (strstr(all, want[i]) == NULL) { fail_msg("no '%s' in %s", want[i], all); }
        }
        if (applicable) { assert_non_null(strstr(all, "horizons in years: 1, 3\n")); }
        pn_sr_document_free(&d);
        pn_report_free(&r);
    }
}

/* Sentences change with the language; codes and their meanings do not. */
static void test_sr_result__languages(void **state)
{
    (void)state;
    static const struct { const char *language, *name, *risk_line, *series, *research; } want[] = {
        {"de", "German", "Das Modell ist auf diesen Fall anwendbar.",
         "prognode, nur für die Forschung: HOHES Risiko (1.37)", "Nur für Forschungszwecke."},
        {"zh", "Chinese", "该模型适用于本病例。", "prognode 仅供研究：高风险（1.37）", "仅供研究使用"},
    };
    pn_report r;
    pn_sr_document english = {0};
    fixture_report(&r);
    write_and_read(&english, &r, NULL);
    for (size_t l = 0; l < 2; l++) {
        pn_sr_document d = {0};
        (void)snprintf(r.language, sizeof r.language, "%s", want[l].language);
        write_and_read(&d, &r, NULL);
        assert_string_equal(only(&d, C_LANGUAGE)->value_code, want[l].language);
        assert_string_equal(only(&d, C_LANGUAGE)->value, want[l].name);
        assert_string_equal(only(&d, C_APPLICABILITY)->value, want[l].risk_line);
        assert_string_equal(d.series_description, want[l].series);
        bool research = false;
        assert_int_equal(d.n_items, english.n_items);
        for (size_t i = 0; i < d.n_items; i++) {
            const pn_sr_item *item = &d.items[i];
            assert_string_equal(item->name, english.items[i].name);
            assert_string_equal(item->name_code, english.items[i].name_code);
            bool code = strcmp(item->type, "CODE") == 0 && !is(item, C_LANGUAGE);
            if (code || strcmp(item->type, "NUM") == 0) {
                assert_string_equal(item->value, english.items[i].value);
            }
            research = research || strstr(item->value, want[l].research) != NULL;
        }
        assert_true(research);
        pn_sr_document_free(&d);
    }
    pn_sr_document_free(&english);
    pn_report_free(&r);
}

static void test_sr_result__own_words_of_the_administrator(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_report r;
    pn_sr_document d = {0};
    pn_messages *m = NULL;
    const char *yaml = "applies:\n  inside: \"In the intended use.\"\n";
    fixture_report(&r);
    CHECK_OK(pn_messages_parse(&m, "en", yaml, strlen(yaml), "own.yaml", &err), err);
    pn_sr_form form = {.comprehensive_3d = true, .messages = m};
    write_and_read(&d, &r, &form);
    assert_string_equal(only(&d, C_APPLICABILITY)->value, "In the intended use.");
    pn_sr_document_free(&d);
    pn_messages_free(m);
    (void)snprintf(r.language, sizeof r.language, "xx");
    assert_int_equal(pn_report_write_sr(&r, NULL, fixture_path("no.dcm"), &err), PN_EUNSUPPORTED);
    pn_report_free(&r);
}

/* Each tumour that is scored has its own headline, numbers and gates. */
static void test_sr_result__several_tumours(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    fixture_add_region(&r, false);
    fixture_assess_second(&r);
    write_and_read(&d, &r, NULL);
    assert_int_equal(count(&d, C_GROUP), 2);
    static const char *const risk[] = {"High risk", "Low risk"};
    static const double score[] = {1.3720000000000001, -1.25};
    for (size_t i = 0; i < 2; i++) {
        size_t g = nth(&d, C_GROUP, i);
        expect_text(&d, g + 3, C_RISK_LEVEL, risk[i]);
        assert_true(d.items[g + 4].number == score[i]);
        expect_number(&d, g, "PRG-S1Y", 100 * r.regions[i].result.survival[0].probability, "%");
        assert_string_equal(below(&d, g, C_TRACKING_ID)->value, r.regions[i].name);
        assert_string_equal(below(&d, g, C_TRACKING_UID)->value, r.regions[i].tracking_uid);
    }
    assert_int_equal(count(&d, C_GATE_STATEMENT), 10);
    assert_int_equal(count(&d, C_DERIVED), 1);
    assert_int_equal(count(&d, C_RISK_LEVEL), 3);
    pn_sr_document_free(&d);
    r.regions[1].result.score = NAN;
    pn_error err = {0};
    assert_int_equal(pn_report_write_sr(&r, NULL, fixture_path("no.dcm"), &err), PN_EINVAL);
    pn_report_free(&r);
}

/* The same report for an archive that takes our SEG, and for one that does not. */
static void test_sr_result__forms(void **state)
{
    (void)state;
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    fixture_add_region(&r, true);        /* the main one is the second: segment 2 */
    pn_sr_form form = {.comprehensive_3d = false, .refer_to_segment = true, .seg_sop_uid = "2.25.500",
                       .seg_series_uid = "2.25.501", .sop_uid = "2.25.102", .series_uid = "2.25.103"};
    write_and_read(&d, &r, &form);
    assert_string_equal(d.sop_uid, "2.25.102");
    assert_string_equal(d.sop_class_uid, "1.2.840.10008.5.1.4.1.1.88.33");
    assert_int_equal(count(&d, C_REGION_IN_SPACE), 0);
    static const char *const segment[] = {"2.25.500 segment 2", "2.25.500 segment 1"};
    for (size_t i = 0; i < 2; i++) {
        size_t g = nth(&d, C_GROUP, i);
        assert_non_null(strstr(below(&d, g, C_SEGMENT)->value, segment[i]));
        assert_string_equal(below(&d, g, C_SOURCE_SERIES)->value, r.study.series_uid);
    }
    pn_sr_document_free(&d);
    if (have_tool("dcmdump")) {
        static char out[1 << 20];
        (void)run_tool(out, sizeof out, "dcmdump +L +P 0040,a375 '%s'", fixture_path("result.dcm"));
        static const char *const evidence[] = {"[1.2.3.4.5.9.1]", "[1.2.3.4.5.10]", "[2.25.500]",
                                               "[2.25.501]", "[1.2.3.4.5.11]"};
        for (size_t i = 0; i < 5; i++) { assert_non_null(strstr(out, evidence[i])); }
    }
    write_and_read(&d, &r, NULL);        /* what the archive without SEG gets */
    assert_string_equal(d.sop_uid, "2.25.100");
    assert_string_equal(d.sop_class_uid, "1.2.840.10008.5.1.4.1.1.88.34");
    assert_int_equal(count(&d, C_REGION_IN_SPACE), 2);
    assert_int_equal(count(&d, C_SEGMENT), 0);
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

/* Checkers know no prognode; that a form is legal they know. */
static void test_sr_result__checkers_accept_each_form(void **state)
{
    (void)state;
    static char out[1 << 20];
    static const char *const languages[] = {"en", "de", "zh"};
    for (unsigned v = 0; v < 12; v++) {
        pn_report r;
        pn_error err = {0};
        fixture_report(&r);
        fixture_add_region(&r, (v & 1) != 0);
        if (v & 2) { fixture_assess_second(&r); }
        if (v & 4) { fixture_not_applicable(&r); }
        (void)snprintf(r.language, sizeof r.language, "%s", languages[v % 3]);
        pn_sr_form form = {.comprehensive_3d = (v & 1) == 0, .refer_to_segment = (v & 2) == 0,
                           .seg_sop_uid = "2.25.500", .seg_series_uid = "2.25.501"};
        const char *path = fixture_path("form.dcm");
        CHECK_OK(pn_report_write_sr(&r, &form, path, &err), err);
        if (have_tool("dciodvfy")) {
            (void)run_tool(out, sizeof out, "dciodvfy -new '%s'", path);
            assert_non_null(strstr(out, "Comprehensive"));
            /* it counts bytes, where LO holds 64 characters of UTF-8 */
            for (char *e = strstr(out, "Error"); e != NULL; e = strstr(e + 1, "Error")) {
                fail_msg("form %u: %.300s", v, e);
            }
        }
        if (have_tool("dsrdump")) {
            assert_int_equal(run_tool(out, sizeof out, "dsrdump '%s'", path), 0);
        }
        pn_report_free(&r);
    }
}

/* A committee's numbers have codes and words of their own: they say nothing of resampled models. */
static void test_sr_result__of_a_committee(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "de", "zh"};
    for (size_t i = 0; i < 3; i++) {
        pn_report r;
        pn_sr_document d = {0};
        fixture_report(&r);
        snprintf(r.language, sizeof r.language, "%s", languages[i]);
        r.n_networks = 20;
        r.n_replicates = 0;
        r.c_index = r.c_index_se = NAN;
        snprintf(r.limitations, sizeof r.limitations, "one hospital");
        snprintf(r.recipe_name, sizeof r.recipe_name, "zhong");
        memset(r.recipe_sha256, 'b', 64);
        r.performance = calloc(2, sizeof *r.performance);
        assert_non_null(r.performance);
        r.n_performance = 2;
        r.performance[0] = (cfg_figure){"AUC", .61, .5, .7, "10-fold cross-validation"};
        r.performance[1] = (cfg_figure){"C-index", .6, -INFINITY, INFINITY, "out of fold"};
        write_and_read(&d, &r, NULL);
        size_t group = nth(&d, C_GROUP, 0);
        assert_int_equal(count(&d, C_SCORE_LOW) + count(&d, C_SCORE_HIGH) + count(&d, C_AGREEMENT), 0);
        expect_number(&d, group, "PRG-RSNLO", 0.91234567890123456, "1");
        expect_number(&d, group, "PRG-RSNHI", 1.8, "1");
        expect_number(&d, group, "PRG-AGRN", 97.5, "%");
        const char *sure = below(&d, group, C_CERTAINTY)->value;
        assert_non_null(strstr(sure, "20"));
        if (i == 0) {
            assert_non_null(strstr(sure, "Score 1.372 (95 % of the model's 20 networks: 0.9123 to 1.8)"));
            assert_null(strstr(sure, "resampled"));
        }
        static const char *const said[][4] = {
            {"Trained on 150 patients with 107 events.", "AUC 0.61, 95 % interval 0.5 to 0.7 (10-fold cross-validation).",
             "C-index 0.6 (out of fold).", "Limitations of the model: one hospital"}};
        for (size_t k = 0; k < 4 && i == 0; k++) {
            bool found = false;
            for (size_t n = 0; n < count(&d, C_COMMENT); n++) {
                found = found || strcmp(d.items[nth(&d, C_COMMENT, n)].value, said[0][k]) == 0;
            }
            if (!found) { fail_msg("no comment \"%s\"", said[0][k]); }
        }
        size_t parameters = 0;
        for (size_t n = 0; n < count(&d, C_ALGORITHM_PARAMETERS); n++) {
            const char *text = d.items[nth(&d, C_ALGORITHM_PARAMETERS, n)].value;
            parameters += strcmp(text, "score: mean of 20 extreme learning machines") == 0;
            parameters += strncmp(text, "training recipe: zhong, sha256 bbbb", 35) == 0;
            parameters += strncmp(text, "predicted probability: Kaplan-Meier", 35) == 0;
            assert_null(strstr(text, "C-index"));
        }
        assert_int_equal(parameters, 3);
        pn_sr_document_free(&d);
        pn_report_free(&r);
    }
}

/* Variables of the patient by the codes of DICOM, those of a table as text. */
static void test_sr_result__variables_of_the_patient(void **state)
{
    (void)state;
    static const pn_report_variable variables[] = {
        {"PatientSex", CFG_SOURCE_PATIENT, 1, ""},      {"CEA", CFG_SOURCE_TABLE, 0.1 + 0.2, ""},
        {"PatientAge", CFG_SOURCE_PATIENT, 61, ""},     {"PatientWeight", CFG_SOURCE_PATIENT, 80.5, ""},
        {"PatientSize", CFG_SOURCE_PATIENT, 1.74, ""},  {"stage \xc3\xa4", CFG_SOURCE_TABLE, NAN, "no row"},
    };
    pn_report r;
    pn_sr_document d = {0};
    fixture_report(&r);
    r.n_variables = sizeof variables / sizeof variables[0];
    r.variables = malloc(sizeof variables);
    assert_non_null(r.variables);
    memcpy(r.variables, variables, sizeof variables);
    write_and_read(&d, &r, NULL);
    assert_string_equal(only(&d, C_PATIENT_SEX)->value, "Male");
    CHECK_NEAR(only(&d, C_PATIENT_AGE)->number, 61, 0, 0);
    assert_string_equal(only(&d, C_PATIENT_AGE)->unit, "a");
    CHECK_NEAR(only(&d, C_PATIENT_WEIGHT)->number, 80.5, 0, 0);
    CHECK_NEAR(only(&d, C_PATIENT_SIZE)->number, 1.74, 0, 0);
    assert_int_equal(count(&d, C_MODEL_VARIABLE), 2);
    assert_string_equal(d.items[nth(&d, C_MODEL_VARIABLE, 0)].value, "CEA = 0.3");
    assert_string_equal(d.items[nth(&d, C_MODEL_VARIABLE, 1)].value, "stage \xc3\xa4 = -");
    if (have_tool("dciodvfy")) {
        char out[65536];
        (void)run_tool(out, sizeof out, "dciodvfy -new '%s'", fixture_path("result.dcm"));
        for (char *e = strstr(out, "Error"); e != NULL; e = strstr(e + 1, "Error")) { fail_msg("%.300s", e); }
    }
    pn_sr_document_free(&d);
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sr_result__first_screen_in_this_order),
        cmocka_unit_test(test_sr_result__uncertainty_in_numbers),
        cmocka_unit_test(test_sr_result__gates_as_codes_and_sentences),
        cmocka_unit_test(test_sr_result__every_gate_has_its_code),
        cmocka_unit_test(test_sr_result__model_and_measuring_are_identified),
        cmocka_unit_test(test_sr_result__languages),
        cmocka_unit_test(test_sr_result__own_words_of_the_administrator),
        cmocka_unit_test(test_sr_result__several_tumours),
        cmocka_unit_test(test_sr_result__forms),
        cmocka_unit_test(test_sr_result__checkers_accept_each_form),
        cmocka_unit_test(test_sr_result__of_a_committee),
        cmocka_unit_test(test_sr_result__variables_of_the_patient),
    };
    return cmocka_run_group_tests(tests, setup, fixture_cleanup);
}
