#include "pipeline/job.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "check.h"

static char folder[] = "/tmp/prognode-job-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    pn_error err;
    return pn_remove_tree(folder, &err);
}

static void job__comes_back_as_it_was(void **state)
{
    (void)state;
    pn_job_file images[2] = {{"/spool/a", "aa"}, {"/spool/with \"quotes\" and\nnewline", "bb"}};
    int rois[] = {7, -1};
    pn_job job = {.case_id = 123456789012, .images = images, .n_images = 2, .rois = rois, .n_rois = 2,
                  .matched_by_series = true, .version = 3};
    (void)snprintf(job.contour.path, sizeof job.contour.path, "/c");
    (void)snprintf(job.contour.digest, sizeof job.contour.digest, "cc");
    (void)snprintf(job.model_path, sizeof job.model_path, "/models/ü.yaml");
    memset(job.model_sha256, 'd', sizeof job.model_sha256 - 1);
    (void)snprintf(job.content_datetime, sizeof job.content_datetime, "20260131120000");
    (void)snprintf(job.predecessor_sop_uid, PN_UID_SIZE, "2.25.9");
    (void)snprintf(job.institution, sizeof job.institution, "Klinik");
    pn_error err = {0};
    CHECK_OK(pn_job_save(&job, folder, &err), err);
    pn_job got = {0};
    CHECK_OK(pn_job_load(&got, folder, &err), err);
    assert_int_equal(got.case_id, job.case_id);
    assert_int_equal(got.n_images, 2);
    assert_string_equal(got.images[1].path, images[1].path);
    assert_int_equal(got.rois[0], 7);
    assert_int_equal(got.rois[1], -1);
    assert_string_equal(got.model_path, job.model_path);
    assert_string_equal(got.model_sha256, job.model_sha256);
    assert_true(got.matched_by_series);
    assert_false(got.comprehensive_3d);
    assert_int_equal(got.version, 3);
    assert_string_equal(got.content_datetime, "20260131120000");
    assert_string_equal(got.predecessor_sop_uid, "2.25.9");
    assert_string_equal(got.institution, "Klinik");
    pn_job_free(&got);
}

static void job__values_of_a_table_come_back_bit_for_bit(void **state)
{
    (void)state;
    pn_job_file image = {"/spool/a", "aa"};
    int roi = 1;
    pn_clinical_value values[] = {{.name = "CEA \"x\"", .value = 0.1 + 0.2},
                                  {.name = "ü", .value = NAN, .why = "row 3, column \"ü\": the value is missing"},
                                  {.name = "tiny", .value = -4.9406564584124654e-324},
                                  {.name = "huge", .value = 1.7976931348623157e308}};
    pn_job job = {.case_id = 1, .images = &image, .n_images = 1, .rois = &roi, .n_rois = 1, .version = 1,
                  .clinical = {.patient_id = "P \"1\"", .patient_id_issuer = "X", .values = values, .n = 4}};
    pn_error err = {0};
    pn_job got = {0};
    CHECK_OK(pn_job_save(&job, folder, &err), err);
    CHECK_OK(pn_job_load(&got, folder, &err), err);
    assert_string_equal(got.clinical.patient_id, "P \"1\"");
    assert_string_equal(got.clinical.patient_id_issuer, "X");
    assert_int_equal(got.clinical.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(got.clinical.values[i].name, values[i].name);
        assert_string_equal(got.clinical.values[i].why, values[i].why);
        if (i != 1) { assert_memory_equal(&got.clinical.values[i].value, &values[i].value, sizeof(double)); }
    }
    assert_true(isnan(got.clinical.values[1].value));
    pn_job_free(&got);
    job.clinical = (pn_clinical){0};                  /* of a model that asks no table: not there */
    CHECK_OK(pn_job_save(&job, folder, &err), err);
    CHECK_OK(pn_job_load(&got, folder, &err), err);
    assert_int_equal(got.clinical.n, 0);
    assert_null(got.clinical.values);
    pn_job_free(&got);
}

static void outcome__both_kinds_come_back(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_outcome good = {.reported = true}, bad = {0}, got = {0};
    good.n_objects = 3;
    good.objects[0] = (pn_object){PN_OBJECT_SEG, "seg.dcm", "1.2.66", "2.25.3", "2.25.4", 0, false};
    good.objects[1] = (pn_object){PN_OBJECT_SR, "sr.dcm", "1.2.88", "2.25.1", "2.25.2", 0, true};
    good.objects[2] = (pn_object){PN_OBJECT_SR, "sr-region.dcm", "1.2.89", "2.25.5", "2.25.6", 3, false};
    CHECK_OK(pn_outcome_save(&good, folder, &err), err);
    CHECK_OK(pn_outcome_load(&got, folder, &err), err);
    assert_true(got.reported);
    assert_int_equal(got.n_objects, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got.objects[i].kind, good.objects[i].kind);
        assert_string_equal(got.objects[i].file, good.objects[i].file);
        assert_string_equal(got.objects[i].sop_class_uid, good.objects[i].sop_class_uid);
        assert_string_equal(got.objects[i].sop_uid, good.objects[i].sop_uid);
        assert_string_equal(got.objects[i].series_uid, good.objects[i].series_uid);
        assert_int_equal(got.objects[i].choice, good.objects[i].choice);
        assert_int_equal(got.objects[i].names_segment, good.objects[i].names_segment);
    }
    assert_string_equal(pn_outcome_report(&got)->sop_uid, "2.25.1");

    (void)pn_fail_transient(&bad.failure, PN_ENOMEM, "no memory for %d", 5);
    CHECK_OK(pn_outcome_save(&bad, folder, &err), err);
    CHECK_OK(pn_outcome_load(&got, folder, &err), err);
    assert_false(got.reported);
    assert_int_equal(got.failure.code, PN_ENOMEM);
    assert_int_equal(got.failure.cls, PN_TRANSIENT);
    assert_string_equal(got.failure.msg, "no memory for 5");
}

/* Results of version 0.1.0 come back after a lost database too. */
static void outcome__of_one_report_is_still_read(void **state)
{
    (void)state;
    static const char old[] = "{\"reported\": true, \"sop_class_uid\": \"1.2.88\","
                              " \"sop_uid\": \"2.25.1\", \"series_uid\": \"2.25.2\"}";
    char path[PN_PATH_SIZE];
    pn_error err = {0};
    pn_outcome got = {0};
    (void)snprintf(path, sizeof path, "%s/%s", folder, PN_OUTCOME_FILE);
    CHECK_OK(pn_write_file(path, old, strlen(old), false, &err), err);
    CHECK_OK(pn_outcome_load(&got, folder, &err), err);
    assert_int_equal(got.n_objects, 1);
    assert_string_equal(pn_outcome_report(&got)->file, "sr.dcm");
    assert_string_equal(pn_outcome_report(&got)->series_uid, "2.25.2");
}

/* The compute process may be killed or taken over: what it leaves is outside input. */
static void broken_files__are_refused_never_believed(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "", "{", "[]", "null", "{\"reported\": 1}", "{\"reported\": true}",
        "{\"reported\": true, \"sop_uid\": 5, \"sop_class_uid\": \"1\"}",
        "{\"reported\": false, \"code\": 99, \"transient\": false, \"message\": \"x\"}",
        "{\"reported\": false, \"code\": 0, \"transient\": false, \"message\": \"x\"}",
        "{\"reported\": true, \"objects\": []}", "{\"reported\": true, \"objects\": [5]}",
#define OBJECT(kind, file, choice)                                                                  \
    "{\"reported\": true, \"objects\": [{\"kind\": \"" kind "\", \"file\": \"" file "\","                \
    " \"sop_class_uid\": \"1\", \"sop_uid\": \"2\", \"series_uid\": \"3\", \"choice\": " choice ","      \
    " \"names_segment\": false}]}"
        OBJECT("sr", "../../instances/aa/b", "0"), OBJECT("sr", "..", "0"), OBJECT("sr", "", "0"),
        OBJECT("sr", "/etc/passwd", "0"), OBJECT("sr", "sr.dcm", "1"), OBJECT("sr", "sr.dcm", "-1"),
        OBJECT("seg", "seg.dcm", "0"), OBJECT("report", "sr.dcm", "0"),
        "{\"reported\": true, \"sop_class_uid\": \"1\", \"sop_uid\": "
        "\"11111111111111111111111111111111111111111111111111111111111111111\"}",
    };
    char path[PN_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, PN_OUTCOME_FILE);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        pn_error err = {0};
        pn_outcome got = {0};
        CHECK_OK(pn_write_file(path, broken[i], strlen(broken[i]), false, &err), err);
        if (pn_outcome_load(&got, folder, &err) != PN_EFORMAT) { fail_msg("believed: %s", broken[i]); }
    }
    unlink(path);
    pn_error err = {0};
    pn_outcome got = {0};
    assert_int_equal(pn_outcome_load(&got, folder, &err), PN_ENOTFOUND);

    static const char *const jobs[] = {"{}", "{\"case_id\": 1}", "not JSON"};
    (void)snprintf(path, sizeof path, "%s/%s", folder, PN_JOB_FILE);
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        pn_job job = {0};
        CHECK_OK(pn_write_file(path, jobs[i], strlen(jobs[i]), false, &err), err);
        assert_int_equal(pn_job_load(&job, folder, &err), PN_EFORMAT);
        assert_null(job.images);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job__comes_back_as_it_was),
        cmocka_unit_test(job__values_of_a_table_come_back_bit_for_bit),
        cmocka_unit_test(outcome__both_kinds_come_back),
        cmocka_unit_test(outcome__of_one_report_is_still_read),
        cmocka_unit_test(broken_files__are_refused_never_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
