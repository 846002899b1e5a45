/* The report as JSON, read back with the JSON library. */
#include "fixture.h"

#include "check.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static cJSON *as_json(const pn_report *r)
{
    pn_error err = {0};
    char *text = NULL;
    CHECK_OK(pn_report_to_json(&text, r, &err), err);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    free(text);
    return json;
}

static const cJSON *at(const cJSON *json, const char *a, const char *b)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, a);
    if (b != NULL) { item = cJSON_GetObjectItemCaseSensitive(item, b); }
    if (item == NULL) { fail_msg("no %s.%s", a, b != NULL ? b : ""); }
    return item;
}

static void test_json__numbers_come_back_in_full(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    r.regions[0].values[1] = (rx_value){NAN, RX_UNDEFINED};
    r.regions[0].values[2] = (rx_value){NAN, RX_NOT_ASKED};
    cJSON *json = as_json(&r);
    const rx_feature_def *features = rx_features();
    const cJSON *region = cJSON_GetArrayItem(at(json, "regions", NULL), 0);
    const cJSON *values = at(region, "features", NULL);
    assert_int_equal(cJSON_GetArraySize(values), RX_NFEATURES - 1);
    for (size_t i = 3; i < RX_NFEATURES; i++) {
        const cJSON *v = at(values, features[i].full_name, NULL);
        assert_true(cJSON_IsNumber(v));
        assert_true(v->valuedouble == fixture_value(i));
    }
    assert_true(cJSON_IsNull(at(values, features[1].full_name, NULL)));
    assert_true(cJSON_IsString(at(region, "undefined", features[1].full_name)));
    assert_string_equal(at(json, "risk", "level")->valuestring, "High risk");
    assert_true(at(json, "risk", "score")->valuedouble == pn_report_main(&r)->score);
    assert_int_equal(cJSON_GetArraySize(at(json, "risk", "survival")), 2);
    cJSON_Delete(json);
    pn_report_free(&r);
}

static void test_json__not_applicable_has_no_score(void **state)
{
    (void)state;
    pn_report r;
    fixture_seg_report(&r);
    fixture_not_applicable(&r);
    cJSON *json = as_json(&r);
    assert_true(cJSON_IsFalse(at(json, "risk", "applicable")));
    assert_true(cJSON_IsNull(at(json, "risk", "score")));
    assert_int_equal(cJSON_GetArraySize(at(json, "risk", "reasons")), 2);
    assert_int_equal(cJSON_GetArraySize(at(json, "risk", "contributions")), 0);
    cJSON_Delete(json);
    pn_report_free(&r);
}

static void test_json__holds_no_patient_name(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_report r;
    char *text = NULL;
    fixture_report(&r);
    CHECK_OK(pn_report_to_json(&text, &r, &err), err);
    assert_null(strstr(text, "M\xc3\xbcller"));
    free(text);
    pn_report_free(&r);
    assert_null(r.regions);
    pn_report_free(&r);
    pn_report_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__numbers_come_back_in_full),
        cmocka_unit_test(test_json__not_applicable_has_no_score),
        cmocka_unit_test(test_json__holds_no_patient_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
