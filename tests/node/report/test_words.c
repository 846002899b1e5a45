/* What a report says in words: each sentence in each language, from results of every kind. */
#include "fixture.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "report/words.h"

static const char *const languages[] = {"en", "de", "zh"};

static pn_messages *load(const char *language)
{
    pn_error err = {0};
    pn_messages *m = NULL;
    CHECK_OK(pn_messages_load(&m, language, NULL, &err), err);
    return m;
}

#define SAYS(m, want, call)                                                                \
    do {                                                                                   \
        char buf[PN_WORDS_SIZE];                                                           \
        size_t size = sizeof buf;                                                          \
        (call);                                                                            \
        assert_string_equal(buf, (want));                                                  \
    } while (0)

static void test_words__result_of_an_applicable_case(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    const pn_report_result *res = pn_report_main(&r);
    pn_messages *m = load("en");
    SAYS(m, "The model applies to this case.", pn_words_applies(buf, size, m, &r, res));
    assert_string_equal(pn_words_risk(m, res), "High risk");
    SAYS(m, "Score 1.372 (95 % interval 0.9123 to 1.8), cut-point 0.25. "
            "97.5 % of the resampled models give the same group.",
         pn_words_certainty(buf, size, m, &r, res));
    SAYS(m, "1-year survival", pn_words_survival_name(buf, size, m, &r, &res->survival[0]));
    SAYS(m, "87.7 % (95 % interval 80.0 to 95.0 %)", pn_words_survival(buf, size, m, &res->survival[0]));
    SAYS(m, "shape_MeshVolume = 12346 raises the score by 0.9 (percentile 93 of the training patients)",
         pn_words_driver(buf, size, m, &res->drivers[0]));
    SAYS(m, "glcm_JointEntropy = 4.2 lowers the score by 0.2 (percentile 31 of the training patients)",
         pn_words_driver(buf, size, m, &res->drivers[1]));
    SAYS(m, "demo-os 1.0.0 (research use only)", pn_words_model(buf, size, m, &r));
    SAYS(m, "Trained on 150 patients with 107 events; C-index 0.712.", pn_words_training(buf, size, m, &r));
    SAYS(m, "prognode research use only: HIGH risk (1.37)", pn_words_series(buf, size, m, &r));
    r.research_use_only = false;
    (void)snprintf(r.endpoint, sizeof r.endpoint, "local recurrence");
    SAYS(m, "demo-os 1.0.0", pn_words_model(buf, size, m, &r));
    SAYS(m, "3-year event-free probability", pn_words_survival_name(buf, size, m, &r, &res->survival[1]));
    pn_messages_free(m);
    pn_report_free(&r);
}

static void test_words__what_is_not_known_is_not_told(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    pn_report_result *res = pn_report_main_mut(&r);
    pn_messages *m = load("en");
    res->score_interval = (pn_interval){0.25, 1.8};
    SAYS(m, "Score 1.372 (95 % interval 0.25 to 1.8), cut-point 0.25. 97.5 % of the resampled models give "
            "the same group. The interval contains the cut-point: the group is not sure.",
         pn_words_certainty(buf, size, m, &r, res));
    res->score_interval = (pn_interval){NAN, NAN};
    SAYS(m, "Score 1.372, cut-point 0.25. 97.5 % of the resampled models give the same group.",
         pn_words_certainty(buf, size, m, &r, res));
    res->group_agreement = NAN;
    SAYS(m, "Score 1.372, cut-point 0.25. The model file does not tell how sure this is.",
         pn_words_certainty(buf, size, m, &r, res));
    res->survival[0].interval.high = NAN;
    SAYS(m, "87.7 %", pn_words_survival(buf, size, m, &res->survival[0]));
    r.training_patients = 0;
    SAYS(m, "", pn_words_training(buf, size, m, &r));
    pn_messages_free(m);
    pn_report_free(&r);
}

static void test_words__contour_with_and_without_volume(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    pn_messages *m = load("en");
    int volume = rx_feature_index("original_shape_VoxelVolume");
    assert_true(volume >= 0);
    r.regions[0].values[volume].v = 31234.5;
    SAYS(m, "GTV-1 (RTSTRUCT \"contours\", 1234 voxels, 31.23 ml)",
         pn_words_contour(buf, size, m, &r, &r.regions[0]));
    r.regions[0].values[volume] = (rx_value){NAN, RX_NOT_ASKED};
    r.regions[0].name[0] = r.contour_label[0] = '\0';
    SAYS(m, "Region 4 (RTSTRUCT, 1234 voxels)", pn_words_contour(buf, size, m, &r, &r.regions[0]));
    pn_messages_free(m);
    pn_report_free(&r);
}

static void test_words__why_the_model_does_not_apply(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    fixture_not_applicable(&r);
    pn_report_result *res = pn_report_main_mut(&r);
    pn_messages *m = load("en");
    SAYS(m, "The model does not apply to this case; no risk group is given. Reason: slice spacing is "
            "7.5 mm; the model is for 0.5 to 5 mm (and 1 more).",
         pn_words_applies(buf, size, m, &r, res));
    assert_string_equal(pn_words_risk(m, res), "Not assessed");
    SAYS(m, "prognode research use only: risk not assessed", pn_words_series(buf, size, m, &r));
    SAYS(m, "shape_MeshVolume = 12346 (percentile 93 of the training patients)",
         pn_words_driver(buf, size, m, &res->drivers[0]));
    res->gates[1].state = PN_GATE_PASSED;
    SAYS(m, "The model does not apply to this case; no risk group is given. Reason: the contour "
            "holds 12 voxels; the model needs at least 64.",
         pn_words_applies(buf, size, m, &r, res));
    pn_messages_free(m);
    m = load("de");
    SAYS(m, "Das Modell ist auf diesen Fall nicht anwendbar; es wird keine Risikogruppe angegeben. "
            "Grund: die Kontur umfasst 12 Voxel; das Modell braucht mindestens 64.",
         pn_words_applies(buf, size, m, &r, res));
    pn_messages_free(m);
    pn_report_free(&r);
}

static void test_words__remarks(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    pn_report_result *res = pn_report_main_mut(&r);
    pn_messages *m = load("en");
    res->gates[0] = (pn_report_gate){.kind = PN_GATE_CONTRAST, .state = PN_GATE_UNKNOWN, .found = NAN,
                                     .low = NAN, .high = NAN, .wanted_text = "with"};
    SAYS(m, "The model applies to this case, but bear in mind: it is not stated whether a contrast "
            "agent was given; the model is for images with contrast agent.",
         pn_words_applies(buf, size, m, &r, res));
    res->gates[2].state = PN_GATE_WARNED;       /* weighs more than what is not known */
    SAYS(m, "The model applies to this case, but bear in mind: the contour holds 1234 voxels; the "
            "model needs at least 64.",
         pn_words_applies(buf, size, m, &r, res));
    pn_messages_free(m);
    pn_report_free(&r);
}

/* Every gate in every state and language is a whole sentence. */
static void test_words__every_gate_in_every_state(void **state)
{
    (void)state;
    for (size_t l = 0; l < 3; l++) {
        pn_messages *m = load(languages[l]);
        for (int kind = 0; kind < PN_NGATE_KINDS; kind++) {
            for (int s = PN_GATE_PASSED; s <= PN_GATE_UNKNOWN; s++) {
                char text[PN_WORDS_SIZE], key[64];
                pn_report_gate g = {.kind = (pn_gate_kind)kind, .state = (pn_gate_state)s, .found = 2,
                                    .low = 1, .high = 3, .subject = "original_shape_Sphericity",
                                    .found_text = "FOUND", .wanted_text = "WANTED"};
                pn_words_gate(text, sizeof text, m, &g);
                assert_null(strchr(text, '{'));
                assert_true(strlen(text) > 3);
                assert_true(strlen(pn_words_gate_name(m, &g)) > 3);
                (void)snprintf(key, sizeof key, "gate.%s.%s", pn_gate_kind_word(g.kind),
                               pn_gate_state_word(g.state));
                pn_msg_id id = (pn_msg_id)(PN_MSG_GATE_MODALITY_PASSED + 5 * kind + s);
                assert_string_equal(pn_msg_key(id), key);
            }
        }
        pn_messages_free(m);
    }
}

/* No sentence keeps a placeholder, whatever the case. */
static void test_words__nothing_stays_unfilled(void **state)
{
    (void)state;
    for (size_t l = 0; l < 3; l++) {
        pn_messages *m = load(languages[l]);
        for (int applicable = 0; applicable < 2; applicable++) {
            pn_report r;
            char buf[PN_WORDS_SIZE];
            fixture_report(&r);
            if (!applicable) { fixture_not_applicable(&r); }
            const pn_report_result *res = pn_report_main(&r);
#define WHOLE(call)                                                                        \
    do {                                                                                   \
        call;                                                                              \
        if (strchr(buf, '{') != NULL) { fail_msg("%s: %s", languages[l], buf); }           \
    } while (0)
            WHOLE(pn_words_applies(buf, sizeof buf, m, &r, res));
            WHOLE(pn_words_certainty(buf, sizeof buf, m, &r, res));
            WHOLE(pn_words_contour(buf, sizeof buf, m, &r, &r.regions[0]));
            WHOLE(pn_words_model(buf, sizeof buf, m, &r));
            WHOLE(pn_words_training(buf, sizeof buf, m, &r));
            WHOLE(pn_words_series(buf, sizeof buf, m, &r));
            WHOLE(pn_words_driver(buf, sizeof buf, m, &res->drivers[1]));
            pn_report_survival s = {3, 0.5, {0.4, 0.6}};
            WHOLE(pn_words_survival_name(buf, sizeof buf, m, &r, &s));
            WHOLE(pn_words_survival(buf, sizeof buf, m, &s));
            pn_report_free(&r);
        }
        pn_messages_free(m);
    }
}

static void test_words__numbers(void **state)
{
    (void)state;
    static const struct { double v; const char *text; } cases[] = {
        {1.37249, "1.372"}, {-0.5, "-0.5"}, {0, "0"}, {-0.0, "0"}, {123456.4, "123456"},
        {-10000, "-10000"}, {9999.4, "9999"}, {9999.7, "10000"}, {1e9, "1e+09"},
        {NAN, "-"}, {INFINITY, "-"}, {0.00001234567, "1.235e-05"}};
    char buf[PN_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_words_number(buf, cases[i].v);
        assert_string_equal(buf, cases[i].text);
    }
    pn_words_percent(buf, 0.87654321);
    assert_string_equal(buf, "87.7");
    pn_words_percent(buf, 1);
    assert_string_equal(buf, "100.0");
    pn_words_percentile(buf, NAN);
    assert_string_equal(buf, "-");
    pn_words_percentile(buf, 0);
    assert_string_equal(buf, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words__result_of_an_applicable_case),
        cmocka_unit_test(test_words__what_is_not_known_is_not_told),
        cmocka_unit_test(test_words__contour_with_and_without_volume),
        cmocka_unit_test(test_words__why_the_model_does_not_apply),
        cmocka_unit_test(test_words__remarks),
        cmocka_unit_test(test_words__every_gate_in_every_state),
        cmocka_unit_test(test_words__nothing_stays_unfilled),
        cmocka_unit_test(test_words__numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
