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
    const cJSON *list = at(json, "risk", "contributions");
    assert_int_equal(cJSON_GetArraySize(list), 2);    /* where it lies; it contributes nothing */
    assert_true(cJSON_IsNull(at(cJSON_GetArrayItem(list, 0), "contribution", NULL)));
    assert_true(cJSON_IsNull(at(at(json, "risk", "score_interval"), "low", NULL)));
    assert_int_equal(cJSON_GetArraySize(at(json, "risk", "survival")), 0);
    cJSON_Delete(json);
    pn_report_free(&r);
}

static void test_json__how_sure_and_why(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    fixture_not_applicable(&r);
    pn_report_main_mut(&r)->applicable = true;
    const pn_report_result *res = pn_report_main(&r);
    pn_report_main_mut(&r)->score_interval = (pn_interval){0.1, 1.0 / 3};
    cJSON *json = as_json(&r);
    assert_true(at(at(json, "risk", "score_interval"), "high", NULL)->valuedouble == 1.0 / 3);
    assert_true(cJSON_IsNull(at(json, "risk", "group_agreement")));
    assert_true(at(json, "risk", "mahalanobis")->valuedouble == 1.75);
    assert_true(at(json, "risk", "mahalanobis_percentile")->valuedouble == 62);
    assert_true(at(json, "model", "mahalanobis_limit")->valuedouble == 3.5);
    assert_true(at(json, "model", "bootstrap_replicates")->valuedouble == 200);
    assert_true(at(at(json, "model", "training"), "c_index", NULL)->valuedouble == 0.7123);
    assert_string_equal(at(json, "language", NULL)->valuestring, "en");
    assert_string_equal(at(json, "contours", "several")->valuestring, "refuse");
    const cJSON *gates = at(json, "risk", "gates");
    assert_int_equal(cJSON_GetArraySize(gates), res->n_gates);
    const cJSON *slices = cJSON_GetArrayItem(gates, 1), *voxels = cJSON_GetArrayItem(gates, 2);
    assert_string_equal(at(slices, "gate", NULL)->valuestring, "slice_spacing");
    assert_string_equal(at(slices, "state", NULL)->valuestring, "failed");
    assert_true(at(slices, "found", NULL)->valuedouble == 7.5);
    assert_true(cJSON_IsNull(at(voxels, "high", NULL)));      /* an open end */
    const cJSON *driver = cJSON_GetArrayItem(at(json, "risk", "contributions"), 0);
    assert_int_equal(cJSON_GetArraySize(at(driver, "training_quantiles", NULL)), CFG_NQUANTILES);
    assert_true(cJSON_GetArrayItem(at(driver, "training_quantiles", NULL), 6)->valuedouble == 20000);
    cJSON_Delete(json);
    pn_report_free(&r);
}

static void test_json__each_tumour_has_its_result(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    fixture_add_region(&r, true);
    cJSON *json = as_json(&r);
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(at(json, "regions", NULL), 0), "risk"));
    assert_true(at(json, "risk", "region")->valuedouble == 7);
    cJSON_Delete(json);
    fixture_assess_second(&r);
    json = as_json(&r);
    const cJSON *regions = at(json, "regions", NULL);
    assert_true(at(cJSON_GetArrayItem(regions, 0), "risk", "score")->valuedouble == -1.25);
    assert_true(at(cJSON_GetArrayItem(regions, 1), "risk", "score")->valuedouble == 1.3720000000000001);
    assert_string_equal(at(cJSON_GetArrayItem(regions, 0), "risk", "level")->valuestring, "Low risk");
    assert_string_equal(at(json, "contours", "several")->valuestring, "each");
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
        cmocka_unit_test(test_json__how_sure_and_why),
        cmocka_unit_test(test_json__each_tumour_has_its_result),
        cmocka_unit_test(test_json__holds_no_patient_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
