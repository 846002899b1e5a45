/* Joining a feature table and a clinical table: what is used, and every refusal by its words. */
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "pipeline/train_data.h"

#define FEATURES "case,roi,f,g\nA,GTV-1,1,5\nB,GTV-1,2,3\nC,GTV-1,4,4\n"
#define CLINICAL "case,time,event\nC,30,1\nA,10,1\nB,20,0\n"

static int join(pn_train_data *d, const char *features, const char *clinical, const char *pattern,
                pn_error *err)
{
    static const char *const names[] = {"f", "g"};
    const pn_train_columns columns = {
        .id = "case", .time = "time", .event = "event", .days_per_unit = 2.0, .features = names,
        .n_features = 2, .contours = &pattern, .n_contours = pattern != NULL, .settings = "binWidth=25"};
    pn_csv f = {0}, c = {0};
    CHECK_OK(pn_csv_parse(&f, features, strlen(features), "f.csv", err), *err);
    CHECK_OK(pn_csv_parse(&c, clinical, strlen(clinical), "c.csv", err), *err);
    int rc = pn_train_join(d, &f, &c, &columns, err);
    pn_csv_free(&f);
    pn_csv_free(&c);
    return rc;
}

static void test_join__keeps_the_feature_tables_order(void **state)
{
    (void)state;
    pn_train_data d = {0};
    pn_error err = {0};
    CHECK_OK(join(&d, FEATURES, CLINICAL, NULL, &err), err);
    assert_int_equal(d.n, 3);
    assert_int_equal(d.events, 2);
    static const double time[] = {20, 40, 60}, f[] = {1, 2, 4}, g[] = {5, 3, 4};
    static const int event[] = {1, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        CHECK_NEAR(d.time_days[i], time[i], 0, 0);
        CHECK_NEAR(d.x[i], f[i], 0, 0);
        CHECK_NEAR(d.x[3 + i], g[i], 0, 0);
        assert_int_equal(d.event[i], event[i]);
    }
    pn_train_data_free(&d);
}

static void test_join__reports_both_directions(void **state)
{
    (void)state;
    pn_train_data d = {0};
    pn_error err = {0};
    CHECK_OK(join(&d, FEATURES "Z,GTV-1,9,9\nY,GTV-1,NA,9\n", "case,time,event\nX,bad,9\n" "C,30,1\nA,10,1\nB,20,0\n",
                  NULL, &err), err);
    assert_int_equal(d.n, 3);
    assert_int_equal(d.features_only.n, 2);
    assert_int_equal(d.features_only.row[0], 5);
    assert_int_equal(d.features_only.row[1], 6);
    assert_int_equal(d.clinical_only.n, 1);
    assert_int_equal(d.clinical_only.row[0], 2);
    pn_train_data_free(&d);
}

static void test_join__takes_the_rows_of_the_contour(void **state)
{
    (void)state;
    pn_train_data d = {0};
    pn_error err = {0};
    static const char two_rois[] = "case,roi,f,g\nA,Body,9,9\nA,gtv-1,1,5\nB,GTV-1,2,3\nB,Body,8,8\nC,GTV-1,4,4\n";
    CHECK_OK(join(&d, two_rois, CLINICAL, "GTV*", &err), err);
    assert_int_equal(d.n, 3);
    CHECK_NEAR(d.x[0], 1, 0, 0);
    pn_train_data_free(&d);
    assert_int_equal(join(&d, two_rois, CLINICAL, NULL, &err), PN_EFORMAT);
    assert_string_equal(err.msg, "f.csv: rows 2 and 3 have the same \"case\"; choose one region a patient "
                                 "by its contour");
}

static void test_join__refuses_by_row_and_column(void **state)
{
    (void)state;
    static const struct { const char *features, *clinical, *message; } bad[] = {
        {FEATURES, "case,time,event\nA,1,1\nB,2,1\nA,3,0\n", "c.csv: rows 2 and 4 have the same \"case\""},
        {"case,f,g\nA,1,2\nB,3,4\nA,5,6\n", CLINICAL, "f.csv: rows 2 and 4 have the same \"case\""},
        {FEATURES, "case,time,event\nA,-3,1\nB,2,1\n", "c.csv: row 2, column \"time\": the time -3 is negative"},
        {FEATURES, "case,time,event\nA,3,1\nB,,1\n", "c.csv: row 3, column \"time\": the value is missing"},
        {FEATURES, "case,time,event\nA,3,1\nB,soon,1\n", "c.csv: row 3, column \"time\": \"soon\" is not a number"},
        {FEATURES, "case,time,event\nA,3,1\nB,4,2\n", "c.csv: row 3, column \"event\": the event is 2, expected 0 or 1"},
        {FEATURES, "case,time,event\nA,3,0.5\nB,4,1\n", "c.csv: row 2, column \"event\": the event is 0.5"},
        {FEATURES, "case,time,event\nA,3,\nB,4,1\n", "c.csv: row 2, column \"event\": the value is missing"},
        {FEATURES, "case,time,event\nA,3,0\nB,4,0\n", "c.csv: none of the 2 patients has an event"},
        {FEATURES, "case,time,event\n,3,0\nB,4,0\n", "c.csv: row 2, column \"case\": the value is missing"},
        {FEATURES, "case,time,event\nU,3,1\nV,4,1\n", "have no \"case\" in common"},
        {FEATURES, "case,days,event\nA,3,1\n", "c.csv: no column \"time\""},
        {FEATURES, "case,time,dead\nA,3,1\n", "c.csv: no column \"event\""},
        {FEATURES, "id,time,event\nA,3,1\n", "c.csv: no column \"case\""},
        {"case,f\nA,1\nB,2\n", CLINICAL, "f.csv: no column \"g\""},
        {"case,f,g\nA,1,\nB,2,3\n", CLINICAL, "f.csv: row 2, column \"g\": the value is missing"},
        {"case,f,g\nA,1,nan\nB,2,3\n", CLINICAL, "f.csv: row 2, column \"g\": the value is missing"},
        {"case,f,g\nA,1,7\nB,2,7\nC,3,7\n", CLINICAL, "f.csv: column \"g\" is constant (7 in all 3 patients)"},
        {"case,f,g\nA,1,0\nB,2,-0.0\nC,3,0\n", CLINICAL, "f.csv: column \"g\" is constant (0"},
        {"case,f,g\nA,1,1\nB,inf,2\nC,3,0\n", CLINICAL, "f.csv: row 3, column \"f\": \"inf\" is not a number"},
        {"case,f,g,diagnostics_Configuration_Settings\nA,1,1,binWidth=25\nB,2,2,binWidth=10\nC,3,3,binWidth=25\n",
         CLINICAL, "f.csv: row 3 was extracted with the settings \"binWidth=10\", the model has \"binWidth=25\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pn_train_data d = {0};
        pn_error err = {0};
        assert_int_not_equal(join(&d, bad[i].features, bad[i].clinical, NULL, &err), PN_OK);
        if (strstr(err.msg, bad[i].message) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.msg, bad[i].message);
        }
        assert_null(d.x);
    }
}

/* Features that are not of images come from the clinical table, row by patient; sexes as DICOM has them. */
static int join_variables(pn_train_data *d, const char *features, const char *clinical, pn_error *err)
{
    static const char *const names[] = {"f", "PatientSex", "CEA"};
    static const cfg_source sources[] = {CFG_SOURCE_IMAGE, CFG_SOURCE_PATIENT, CFG_SOURCE_TABLE};
    const pn_train_columns columns = {.id = "case", .time = "time", .event = "event", .days_per_unit = 1,
                                      .features = names, .n_features = 3, .sources = sources};
    pn_csv f = {0}, c = {0};
    CHECK_OK(pn_csv_parse(&f, features, strlen(features), "f.csv", err), *err);
    CHECK_OK(pn_csv_parse(&c, clinical, strlen(clinical), "c.csv", err), *err);
    int rc = pn_train_join(d, &f, &c, &columns, err);
    pn_csv_free(&f);
    pn_csv_free(&c);
    return rc;
}

static void test_join__takes_variables_from_the_clinical_table(void **state)
{
    (void)state;
    static const struct { const char *features, *clinical; double sex[3], cea[3]; } good[] = {
        {"case,f\nA,1\nB,2\nC,4\n", "case,time,event,CEA,PatientSex\nC,30,1,5,M\nA,10,1,6,F\nB,20,0,7,1\n",
         {0, 1, 1}, {6, 7, 5}},
        /* in both tables: the clinical one; in the feature table only: that */
        {"case,f,CEA,PatientSex\nA,1,1,M\nB,2,2,F\nC,4,3,F\n", "case,time,event,CEA\nC,30,1,5\nA,10,1,6\nB,20,0,7\n",
         {1, 0, 0}, {6, 7, 5}},
    };
    for (size_t k = 0; k < 2; k++) {
        pn_train_data d = {0};
        pn_error err = {0};
        CHECK_OK(join_variables(&d, good[k].features, good[k].clinical, &err), err);
        for (size_t i = 0; i < 3; i++) {
            CHECK_NEAR(d.x[3 + i], good[k].sex[i], 0, 0);
            CHECK_NEAR(d.x[6 + i], good[k].cea[i], 0, 0);
        }
        pn_train_data_free(&d);
    }
    static const struct { const char *clinical, *message; } bad[] = {
        {"case,time,event,CEA,PatientSex\nC,30,1,5,O\nA,10,1,6,F\nB,20,0,7,M\n",
         "c.csv: row 2, column \"PatientSex\": \"O\" is not a number"},
        {"case,time,event,CEA,PatientSex\nC,30,1,5,F\nA,10,1,6,2\nB,20,0,7,M\n",
         "c.csv: row 3, column \"PatientSex\": got \"2\", expected M, F, 1 (male) or 0 (female)"},
        {"case,time,event,CEA,PatientSex\nC,30,1,M,F\nA,10,1,6,F\nB,20,0,7,M\n",
         "c.csv: row 2, column \"CEA\": \"M\" is not a number"},
        {"case,time,event,PatientSex\nC,30,1,F\nA,10,1,F\nB,20,0,M\n", "no column \"CEA\""},
    };
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        pn_train_data d = {0};
        pn_error err = {0};
        assert_int_not_equal(join_variables(&d, "case,f\nA,1\nB,2\nC,4\n", bad[k].clinical, &err), PN_OK);
        if (strstr(err.msg, bad[k].message) == NULL) { fail_msg("\"%s\"", err.msg); }
        assert_null(d.x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join__keeps_the_feature_tables_order),
        cmocka_unit_test(test_join__reports_both_directions),
        cmocka_unit_test(test_join__takes_the_rows_of_the_contour),
        cmocka_unit_test(test_join__refuses_by_row_and_column),
        cmocka_unit_test(test_join__takes_variables_from_the_clinical_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
