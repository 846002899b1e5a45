/* `prognode train` and `prognode predict` as programs: files, messages, exit codes. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include <config/model.h>
#include "base/buf.h"
#include "base/csv.h"
#include "base/file.h"

static char folder[64];

/* Runs `prognode ARGS` in the test's folder; returns its exit code, with both streams in text. */
static int run(char text[8192], const char *args)
{
    char command[4096];
    snprintf(command, sizeof command, "cd %s && %s %s 2>&1", folder, PN_BINARY, args);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    size_t n = fread(text, 1, 8191, p);
    text[n] = '\0';
    int status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void put_file(const char *name, const char *text, size_t n)
{
    char path[128];
    pn_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(pn_write_file(path, text, n, false, &err), err);
}

static void get_table(pn_csv *t, const char *name)
{
    char path[128];
    pn_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(pn_csv_read(t, path, &err), err);
}

/* Sixty patients whose hazard rises with the first feature. */
static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/prognode-test-train-XXXXXX");
    assert_non_null(mkdtemp(folder));
    pn_buf f = {0}, c = {0};
    pn_error err = {0};
    CHECK_OK(pn_buf_printf(&f, &err, "case,roi,original_glcm_JointEntropy,original_shape_Sphericity\n"), err);
    CHECK_OK(pn_buf_printf(&c, &err, "case,time,event\n"), err);
    for (int i = 0; i < 60; i++) {
        int scattered = (i * 37) % 60;
        CHECK_OK(pn_buf_printf(&f, &err, "P%d,GTV-1,%.3f,%.4f\nP%d,Body,1,1\n", i, 4 + 0.02 * i,
                               0.6 + 0.002 * scattered, i), err);
        CHECK_OK(pn_buf_printf(&c, &err, "P%d,%d,%d\n", i, 1500 - 14 * i - 6 * scattered + 19 * ((i * 23) % 60), i % 5 != 4), err);
    }
    put_file("f.csv", f.p, f.n);
    put_file("c.csv", c.p, c.n);
    pn_buf_free(&f);
    pn_buf_free(&c);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pn_error err = {0};
    return pn_remove_tree(folder, &err);
}

#define TRAIN "train --features f.csv --clinical c.csv --contours 'GTV*' -o m.yaml " \
              "--use original_glcm_JointEntropy,original_shape_Sphericity "

static void test_train_then_predict(void **state)
{
    (void)state;
    char text[8192];
    assert_int_equal(run(text, TRAIN), 0);
    assert_non_null(strstr(text, "60 patients, 48 events"));
    assert_non_null(strstr(text, "apparent"));
    assert_non_null(strstr(text, "low risk     30 patients"));
    /* scores that nearly order the times: many samples have no finite coefficients */
    assert_non_null(strstr(text, " of 500 bootstrap samples could not be fitted"));
    assert_non_null(strstr(text, " of 500 bootstrap samples, the features as given in each"));
    assert_int_equal(run(text, "predict --model m.yaml --features f.csv -o p.csv"), 0);
    assert_non_null(strstr(text, "60 of 120 rows lie outside"));
    pn_csv t;
    get_table(&t, "p.csv");
    assert_int_equal(t.n_rows, 120);
    size_t score, group, roi, notes;
    pn_error err = {0};
    CHECK_OK(pn_csv_find(&roi, &t, "roi", &err), err);
    CHECK_OK(pn_csv_find(&score, &t, "score", &err), err);
    CHECK_OK(pn_csv_find(&group, &t, "group", &err), err);
    CHECK_OK(pn_csv_find(&notes, &t, "notes", &err), err);
    size_t low, top, year, eligible, distance;
    assert_true(pn_csv_has(&t, "survival_3y") && pn_csv_has(&t, "survival_3y_high"));
    CHECK_OK(pn_csv_find(&year, &t, "survival_1y", &err), err);
    CHECK_OK(pn_csv_find(&low, &t, "score_low", &err), err);
    CHECK_OK(pn_csv_find(&top, &t, "score_high", &err), err);
    CHECK_OK(pn_csv_find(&eligible, &t, "eligible", &err), err);
    CHECK_OK(pn_csv_find(&distance, &t, "mahalanobis", &err), err);
    double sum = 0, squares = 0;
    size_t high = 0;
    for (size_t i = 0; i < t.n_rows; i++) {
        double lp, ends[2], far;
        if (strcmp(pn_csv_cell(&t, i, roi), "GTV-1") != 0) {           /* 1 and 1: like nobody */
            assert_string_equal(pn_csv_cell(&t, i, eligible), "no");
            assert_string_equal(pn_csv_cell(&t, i, group), "");
            assert_string_equal(pn_csv_cell(&t, i, year), "");
            assert_non_null(strstr(pn_csv_cell(&t, i, notes),
                                   "original_glcm_JointEntropy is 1, expected 4 to 5.18; "));
            assert_non_null(strstr(pn_csv_cell(&t, i, notes), "distance is "));
            continue;
        }
        assert_string_equal(pn_csv_cell(&t, i, eligible), "yes");
        CHECK_OK(pn_csv_number(&ends[0], &t, i, low, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&ends[1], &t, i, top, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&far, &t, i, distance, PN_CSV_REQUIRED, &err), err);
        squares += far * far;
        CHECK_OK(pn_csv_number(&lp, &t, i, score, PN_CSV_REQUIRED, &err), err);
        assert_true(ends[0] <= lp && lp <= ends[1] && ends[0] < ends[1]);
        sum += lp;
        high += strcmp(pn_csv_cell(&t, i, group), "high") == 0;
        assert_string_equal(pn_csv_cell(&t, i, notes), "");
    }
    CHECK_NEAR(sum, 0, 0, 1e-9);       /* the training patients' scores are centred */
    CHECK_NEAR(squares, 2.0 * 59, 1e-9, 0);      /* p (n - 1): distances of the training patients */
    assert_int_equal(high, 30);
    pn_csv_free(&t);
}

static void test_train__the_same_tables_give_the_same_file(void **state)
{
    (void)state;
    char text[8192];
    assert_int_equal(run(text, TRAIN "--cutpoint maxstat --time-unit days"), 0);
    assert_int_equal(run(text, TRAIN "--cutpoint maxstat --time-unit days -o again.yaml"), 0);
    pn_error err = {0};
    char *a, *b, path[128];
    size_t na, nb;
    snprintf(path, sizeof path, "%s/m.yaml", folder);
    CHECK_OK(pn_read_file(&a, &na, path, 1 << 20, &err), err);
    snprintf(path, sizeof path, "%s/again.yaml", folder);
    CHECK_OK(pn_read_file(&b, &nb, path, 1 << 20, &err), err);
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na);
    free(a);
    free(b);
}

static void test_predict__names_what_is_missing(void **state)
{
    (void)state;
    char text[8192];
    assert_int_equal(run(text, TRAIN), 0);
    static const char holes[] = "case,original_shape_Sphericity,original_glcm_JointEntropy\n"
                                "A,0.7,4.5\nB,,4.5\nC,0.7,x\n";
    put_file("holes.csv", holes, sizeof holes - 1);
    assert_int_equal(run(text, "predict --model m.yaml --features holes.csv"), 3);
    assert_non_null(strstr(text, "B,,,,,"));
    assert_non_null(strstr(text, "original_shape_Sphericity has no value"));
    assert_non_null(strstr(text, "row 4, column \"\"original_glcm_JointEntropy\"\": \"\"x\"\" is not a number"));
    assert_non_null(strstr(text, "2 of 3 rows could not be scored"));
    static const char short_table[] = "case,original_shape_Sphericity\nA,0.7\n";
    put_file("short.csv", short_table, sizeof short_table - 1);
    assert_int_equal(run(text, "predict --model m.yaml --features short.csv"), 3);
    assert_non_null(strstr(text, "short.csv has no column original_glcm_JointEntropy"));
    assert_non_null(strstr(text, "A,,,"));
    assert_int_equal(run(text, "predict --model m.yaml --features none.csv"), 1);
    assert_int_equal(run(text, "predict --model none.yaml --features f.csv"), 1);
    assert_int_equal(run(text, "predict --model m.yaml"), 2);
}

/* Age, sex and a blood value beside a feature of the image: in the model by their sources, and again in
 * predict and validate. */
static void test_train__with_variables_of_the_patient(void **state)
{
    (void)state;
    char text[8192];
    pn_buf f = {0}, c = {0};
    pn_error err = {0};
    CHECK_OK(pn_buf_printf(&f, &err, "case,original_shape_Sphericity,PatientAge,PatientSex,CEA\n"), err);
    CHECK_OK(pn_buf_printf(&c, &err, "case,time,event,PatientAge,PatientSex,CEA\n"), err);
    for (int i = 0; i < 60; i++) {
        int a = (i * 37) % 60, b = (i * 23) % 60, age = 40 + (i * 17) % 45;
        char variables[64];
        snprintf(variables, sizeof variables, "%d,%s,%.1f", age, i % 2 ? "M" : "F", 1 + 0.5 * b);
        CHECK_OK(pn_buf_printf(&f, &err, "P%d,%.4f,%s\n", i, 0.6 + 0.002 * a, variables), err);
        CHECK_OK(pn_buf_printf(&c, &err, "P%d,%d,%d,%s\n", i, 900 - 6 * age - 3 * b + 11 * ((i * 29) % 60), i % 5 != 4,
                               variables), err);
    }
    put_file("vf.csv", f.p, f.n);
    put_file("vc.csv", c.p, c.n);
    pn_buf_free(&f);
    pn_buf_free(&c);
#define WITH "train --features vf.csv --clinical vc.csv --use original_shape_Sphericity --contours GTV --bootstrap 20 -o v.yaml "
    assert_int_equal(run(text, WITH "--clinical-use PatientAge,PatientSex,CEA"), 0);
    assert_non_null(strstr(text, "\nPatientSex "));
    char path[128];
    cfg_model m;
    cfg_error cfg;
    snprintf(path, sizeof path, "%s/v.yaml", folder);
    CHECK_OK(cfg_model_load(&m, path, &cfg), cfg);
    static const struct { const char *name; cfg_source source; } want[] = {
        {"original_shape_Sphericity", CFG_SOURCE_IMAGE}, {"PatientAge", CFG_SOURCE_PATIENT},
        {"PatientSex", CFG_SOURCE_PATIENT}, {"CEA", CFG_SOURCE_TABLE}};
    assert_int_equal(m.schema, 3);
    assert_int_equal(m.n_features, 4);
    for (size_t j = 0; j < 4; j++) {
        assert_string_equal(m.features[j].name, want[j].name);
        assert_int_equal(m.features[j].source, want[j].source);
    }
    CHECK_NEAR(m.features[2].mean, 0.5, 1e-15, 0);
    cfg_model_free(&m);
    assert_int_equal(run(text, "predict --model v.yaml --features vf.csv -o vp.csv"), 0);
    /* on its own patients a Cox model's slope is 1 */
    assert_int_equal(run(text, "validate v.yaml --features vf.csv --clinical vc.csv"), 0);
    const char *slope = strstr(text, "calibration slope (1: right)");
    if (slope == NULL || strstr(slope, " 1.000 ") == NULL) { fail_msg("%s", text); }

    assert_int_equal(run(text, WITH "--clinical-use original_glcm_JointEntropy"), 1);
    assert_non_null(strstr(text, "original_glcm_JointEntropy is a feature of images, expected it in --use"));
    assert_int_equal(run(text, WITH "--clinical-use CEA,CEA"), 1);
    assert_non_null(strstr(text, "CEA is named twice"));
    assert_int_equal(run(text, WITH "--clinical-use cea"), 1);
    assert_non_null(strstr(text, "vc.csv: no column \"cea\""));
#undef WITH
}

static void test_train__refusals(void **state)
{
    (void)state;
    static const struct { const char *args; int code; const char *message; } bad[] = {
        {"train --features f.csv --clinical c.csv --use a", 2, "-o is missing"},
        {TRAIN "--time-unit weeks", 2, "--time-unit is \"weeks\", expected days, months or years"},
        {TRAIN "--cutpoint best", 2, "--cutpoint is \"best\""},
        {TRAIN "--horizons 3,1", 2, "--horizons is \"3,1\""},
        {TRAIN "--horizons 1,,3", 2, "--horizons is \"1,,3\""},
        {TRAIN "--model-id 'Has Blank'", 2, "--model-id is \"Has Blank\""},
        {TRAIN "--slice-spacing 5:1", 2, "--slice-spacing is \"5:1\""},
        {TRAIN "--bootstrap 10001", 2, "--bootstrap is \"10001\", expected a whole number up to 10000"},
        {TRAIN "--contrast some", 2, "--contrast is \"some\", expected any, with or without"},
        {TRAIN "--max-distance 101", 2, "--max-distance is \"101\", expected a number 0 to 100"},
        {TRAIN "--max-missing-slices -1", 2, "--max-missing-slices is \"-1\""},
        {TRAIN "--slice-thickness 3", 2, "--slice-thickness is \"3\", expected LOW:HIGH in mm"},
        {TRAIN "extra", 2, "unexpected argument \"extra\""},
        {TRAIN "--time-column days", 1, "c.csv: no column \"days\""},
        {TRAIN "--contours 'PTV*'", 1, "(0 rows used)"},
        {"train --features f.csv --clinical c.csv -o x.yaml --use original_glcm_JointEntropy", 1,
         "f.csv: rows 2 and 3 have the same \"case\""},
        {"train --features f.csv --clinical c.csv -o x.yaml --use my_feature", 1,
         "\"my_feature\" is not a feature that prognode measures"},
        {"train --features f.csv --clinical c.csv -o x.yaml --contours 'GTV*' "
         "--use original_shape_Sphericity,original_shape_Sphericity", 1,
         "original_shape_Sphericity is named twice"},
        {"train --features f.csv --clinical c.csv -o x.yaml --contours 'GTV*' --use original_glcm_Id", 1,
         "f.csv: no column \"original_glcm_Id\""},
        {TRAIN "-o /nonexistent/m.yaml", 1, "/nonexistent/"},
        {TRAIN "--extraction none.yaml", 1, "none.yaml"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[8192];
        int code = run(text, bad[i].args);
        if (code != bad[i].code || strstr(text, bad[i].message) == NULL) {
            fail_msg("case %zu: exit %d \"%s\", expected %d and \"%s\"", i, code, text, bad[i].code,
                     bad[i].message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_then_predict),
        cmocka_unit_test(test_train__the_same_tables_give_the_same_file),
        cmocka_unit_test(test_predict__names_what_is_missing),
        cmocka_unit_test(test_train__with_variables_of_the_patient),
        cmocka_unit_test(test_train__refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
