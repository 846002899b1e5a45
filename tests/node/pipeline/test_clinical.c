/* The clinical table: whose row counts, what is told of a broken one, and what the images' header says. */
#include "pipeline/clinical.h"
#include "pipeline/variables.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "check.h"

static char folder[] = "/tmp/prognode-clinical-XXXXXX";
static char path[128];

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) { return -1; }
    snprintf(path, sizeof path, "%s/t.csv", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pn_error err;
    return pn_remove_tree(folder, &err);
}

static cfg_model_feature features[] = {
    {.name = "CEA", .source = CFG_SOURCE_TABLE, .sd = 1},
    {.name = "original_shape_Sphericity", .source = CFG_SOURCE_IMAGE, .sd = 1},
    {.name = "PatientAge", .source = CFG_SOURCE_PATIENT, .sd = 1},
    {.name = "T stage", .source = CFG_SOURCE_TABLE, .sd = 1},
};
static const cfg_model model = {.id = "m", .features = features, .n_features = 4};

static void write_table(const char *text)
{
    pn_error err = {0};
    CHECK_OK(pn_write_file(path, text, strlen(text), false, &err), err);
}

static pn_clinical look_up(const char *text, const char *id, const char *issuer)
{
    pn_clinical c = {0};
    pn_error err = {0};
    write_table(text);
    CHECK_OK(pn_clinical_of(&c, path, &model, id, issuer, &err), err);
    assert_int_equal(c.n, 2);
    assert_string_equal(c.values[0].name, "CEA");
    assert_string_equal(c.values[1].name, "T stage");
    assert_string_equal(c.patient_id, id);
    return c;
}

static void expect_values(const char *text, const char *id, const char *issuer, double cea, double stage)
{
    pn_clinical c = look_up(text, id, issuer);
    CHECK_NEAR(c.values[0].value, cea, 0, 0);
    CHECK_NEAR(c.values[1].value, stage, 0, 0);
    assert_string_equal(c.values[0].why, "");
    assert_string_equal(c.values[1].why, "");
    pn_clinical_free(&c);
}

/* Every value is missing for that reason. */
static void expect_none(const char *text, const char *id, const char *issuer, const char *why)
{
    pn_clinical c = look_up(text, id, issuer);
    for (size_t i = 0; i < 2; i++) {
        assert_true(isnan(c.values[i].value));
        assert_string_equal(c.values[i].why, why);
    }
    pn_clinical_free(&c);
}

static const char plain[] = "PatientID,CEA,other,T stage\n"
                            "007,5.25,x,3\n"
                            "7,1e2,,4\n"
                            "\" A-1 \",0.1,,2\n"
                            "a-1,9,,1\n"
                            ",8,,1\n";

static void rows__count_by_the_very_patient_id(void **state)
{
    (void)state;
    const char *none = "the clinical table has no row for this patient";
    expect_values(plain, "007", "", 5.25, 3);
    expect_values(plain, "7", "", 100, 4);                 /* leading zeros are another patient */
    expect_values(plain, "A-1", "", 0.1, 2);               /* blanks round the cell do not count */
    expect_values(plain, "a-1", "", 9, 1);                 /* upper and lower case do */
    expect_none(plain, "07", "", none);
    expect_none(plain, "00", "", none);
    expect_none(plain, "0071", "", none);
    expect_none(plain, "A", "", none);
    expect_none(plain, "PatientID", "", none);
    expect_none(plain, "", "", "the images have no Patient ID to look for");   /* nor the row without one */
}

static void issuers__tell_patients_apart_where_they_are_known(void **state)
{
    (void)state;
    static const char two[] = "IssuerOfPatientID,T stage,CEA,PatientID\n"
                              "NORTH,1,10,5\n"
                              "SOUTH,2,20,5\n"
                              ",3,30,6\n"
                              "NORTH,4,40,8\n"
                              ",4,41,8\n";
    expect_values(two, "5", "NORTH", 10, 1);
    expect_values(two, "5", "SOUTH", 20, 2);
    expect_none(two, "5", "EAST", "the clinical table has no row for this patient");
    expect_none(two, "5", "", "2 rows of the clinical table are of this patient, among them 2 and 3");
    expect_values(two, "6", "NORTH", 30, 3);               /* the row does not say */
    expect_none(two, "8", "NORTH", "2 rows of the clinical table are of this patient, among them 5 and 6");
}

static void a_patient_twice__has_no_values(void **state)
{
    (void)state;
    expect_none("PatientID,CEA,T stage\nB,1,1\nA,1,1\nB,1,1\nB ,2,2\n", "B", "",
                "3 rows of the clinical table are of this patient, among them 2 and 5");
    expect_values("PatientID,CEA,T stage\nB,1,1\nA,3,4\nB,1,1\n", "A", "", 3, 4);   /* others are not concerned */
}

static void a_broken_cell__costs_its_value_only(void **state)
{
    (void)state;
    static const char text[] = "PatientID,CEA,T stage\nA,abc\xc3\xa4,3\nB,,3\nC,NA,3\nD,inf,3\nE,1e999,3\nF,0x10,3\n";
    static const struct { const char *id, *why; } cases[] = {
        {"A", "clinical table: row 2, column \"CEA\": \"abc??\" is not a number"},
        {"B", "clinical table: row 3, column \"CEA\": the value is missing"},
        {"C", "clinical table: row 4, column \"CEA\": the value is missing"},
        {"D", "clinical table: row 5, column \"CEA\": \"inf\" is not a number"},
        {"E", "clinical table: row 6, column \"CEA\": "},
        {"F", "clinical table: row 7, column \"CEA\": \"0x10\" is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_clinical c = look_up(text, cases[i].id, "");
        assert_true(isnan(c.values[0].value));
        if (strncmp(c.values[0].why, cases[i].why, strlen(cases[i].why)) != 0) {
            fail_msg("%s: %s", cases[i].id, c.values[0].why);
        }
        CHECK_NEAR(c.values[1].value, 3, 0, 0);
        pn_clinical_free(&c);
    }
}

/* Tables that cannot be used at all: the failure names what is wrong, and nothing is left behind. */
static void a_broken_table__fails_by_name(void **state)
{
    (void)state;
    static const struct { const char *text, *why; } tables[] = {
        {"", "empty; expected a header row"},
        {"patientid,CEA,T stage\n1,2,3\n", "has no column \"PatientID\""},
        {"PatientID,CEA\n1,2\n", "has no column \"T stage\", which model \"m\" needs"},
        {"PatientID,CEA,T stage\n1,2\n", "row 2"},
        {"PatientID,CEA,T stage,CEA\n1,2,3,4\n", "CEA"},
        {"PatientID,CEA,T stage\n1,2,\"3\n", "quote"},
        {"PatientID,CEA,\n1,2,3\n", "column"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        pn_clinical c = {0};
        pn_error err = {0};
        write_table(tables[i].text);
        assert_true(pn_clinical_of(&c, path, &model, "1", "", &err) != PN_OK);
        if (strstr(err.msg, tables[i].why) == NULL || strstr(err.msg, path) == NULL) { fail_msg("%s", err.msg); }
        assert_null(c.values);
    }
    pn_clinical c = {0};
    pn_error err = {0};
    unlink(path);
    assert_int_equal(pn_clinical_of(&c, path, &model, "1", "", &err), PN_ENOTFOUND);
    assert_int_equal(pn_clinical_of(&c, folder, &model, "1", "", &err), PN_EIO);
    assert_int_equal(mkfifo(path, 0600), 0);               /* would wait for a writer */
    assert_int_equal(pn_clinical_of(&c, path, &model, "1", "", &err), PN_EIO);
    unlink(path);
    assert_int_equal(pn_clinical_of(&c, "", &model, "1", "", &err), PN_ECONFIG);
    write_table("PatientID,CEA,T stage\n1,2,3\n");
    assert_int_equal(truncate(path, (off_t)PN_MAX_CLINICAL_BYTES + 1), 0);
    assert_int_equal(pn_clinical_of(&c, path, &model, "1", "", &err), PN_ELIMIT);
}

static void a_model_without_columns__reads_no_table(void **state)
{
    (void)state;
    const cfg_model none = {.id = "n", .features = features + 1, .n_features = 2};
    pn_clinical c = {.n = 7};
    pn_error err = {0};
    CHECK_OK(pn_clinical_of(&c, "/nonexistent", &none, "1", "", &err), err);
    assert_int_equal(c.n, 0);
}

/* ---- the header of the images ---------------------------------------------------------------- */

static void patient__variables_of_the_header(void **state)
{
    (void)state;
    static const struct {
        cfg_patient_variable v;
        const char *age, *born, *imaged, *sex, *weight, *size;
        double want;
        const char *why;
    } cases[] = {
        {CFG_PATIENT_AGE, "061Y", "", "", "", "", "", 61, ""},
        {CFG_PATIENT_AGE, "018M", "", "", "", "", "", 1.5, ""},
        {CFG_PATIENT_AGE, "", "19500301", "20260228", "", "", "", 75, ""},       /* the day before the birthday */
        {CFG_PATIENT_AGE, "", "19500301", "20260301", "", "", "", 76, ""},
        {CFG_PATIENT_AGE, "075Y", "19500301", "20260301", "", "", "", 75, ""},   /* a year is a matter of the day */
        {CFG_PATIENT_AGE, "061Y", "19500301", "20260301", "", "", "", NAN,
         "Patient's Age is 061Y, by birth date and study date it is 76 years"},
        {CFG_PATIENT_AGE, "61", "", "", "", "", "", NAN, "Patient's Age is not an age such as 061Y"},
        {CFG_PATIENT_AGE, "0x1Y", "", "", "", "", "", NAN, "Patient's Age is not an age such as 061Y"},
        {CFG_PATIENT_AGE, "", "19500301", "", "", "", "", NAN,
         "the images tell neither Patient's Age nor birth and study dates"},
        {CFG_PATIENT_AGE, "", "20270101", "20260301", "", "", "", NAN,
         "the images tell neither Patient's Age nor birth and study dates"},
        {CFG_PATIENT_AGE, "", "19501301", "20260301", "", "", "", NAN,
         "the images tell neither Patient's Age nor birth and study dates"},
        {CFG_PATIENT_SEX, "", "", "", "M", "", "", 1, ""},
        {CFG_PATIENT_SEX, "", "", "", "F", "", "", 0, ""},
        {CFG_PATIENT_SEX, "", "", "", "O", "", "", NAN, "Patient's Sex is neither M nor F"},
        {CFG_PATIENT_SEX, "", "", "", "", "", "", NAN, "the images do not tell Patient's Sex"},
        {CFG_PATIENT_WEIGHT, "", "", "", "", "81.5", "", 81.5, ""},
        {CFG_PATIENT_WEIGHT, "", "", "", "", "81500", "", NAN,
         "Patient's Weight is 81500 kg, expected 0.2 to 700"},
        {CFG_PATIENT_WEIGHT, "", "", "", "", "0", "", NAN, "Patient's Weight is 0 kg, expected 0.2 to 700"},
        {CFG_PATIENT_SIZE, "", "", "", "", "", "1.74", 1.74, ""},
        {CFG_PATIENT_SIZE, "", "", "", "", "", "174", NAN, "Patient's Size is 174 m, expected 0.2 to 3"},
        {CFG_PATIENT_SIZE, "", "", "", "", "", "1,74", NAN, "Patient's Size is not a number"},
        {CFG_PATIENT_SIZE, "", "", "", "", "", "nan", NAN, "Patient's Size is not a number"},
        {CFG_PATIENT_SIZE, "", "", "", "", "", "", NAN, "the images do not tell Patient's Size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_study s = {0};
        char why[PN_WHY_SIZE] = "?";
        strcpy(s.patient_age, cases[i].age);
        strcpy(s.patient_birth_date, cases[i].born);
        strcpy(s.study_date, cases[i].imaged);
        strcpy(s.patient_sex, cases[i].sex);
        strcpy(s.patient_weight_kg, cases[i].weight);
        strcpy(s.patient_size_m, cases[i].size);
        double got = pn_patient_variable(why, cases[i].v, &s);
        if (isnan(got) != isnan(cases[i].want) || got < cases[i].want || got > cases[i].want) {
            fail_msg("case %zu: %g", i, got);
        }
        assert_string_equal(why, cases[i].why);
    }
}

/* What the table said of one patient never reaches the images of another. */
static void gather__refuses_another_patients_row(void **state)
{
    (void)state;
    static const struct { const char *asked[2], *images[2]; bool same; } cases[] = {
        {{"A", ""}, {"A", ""}, true},       {{"A", "X"}, {"A", "X"}, true}, {{"A", "X"}, {"A", ""}, true},
        {{"A", ""}, {"A", "X"}, true},      {{"A", ""}, {"B", ""}, false},  {{"A", "X"}, {"A", "Y"}, false},
        {{"A", "X"}, {"AB", "X"}, false},   {{"a", ""}, {"A", ""}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_report r = {0};
        pn_error err = {0};
        pn_clinical c = look_up("PatientID,CEA,T stage\nA,1,2\na,3,4\n", cases[i].asked[0], cases[i].asked[1]);
        strcpy(r.study.patient_id, cases[i].images[0]);
        strcpy(r.study.patient_id_issuer, cases[i].images[1]);
        strcpy(r.study.patient_age, "061Y");
        int rc = pn_variables_gather(&r, &model, &c, &err);
        if (cases[i].same) {
            CHECK_OK(rc, err);
            assert_int_equal(r.n_variables, 3);
            CHECK_NEAR(r.variables[0].value, 1, 0, 0);
            assert_string_equal(r.variables[1].name, "PatientAge");
            CHECK_NEAR(r.variables[1].value, 61, 0, 0);
            CHECK_NEAR(r.variables[2].value, 2, 0, 0);
        } else {
            assert_int_equal(rc, PN_EIDENTITY);
            assert_int_equal(err.cls, PN_PERMANENT);
            assert_int_equal(r.n_variables, 0);
        }
        pn_report_free(&r);
        pn_clinical_free(&c);
    }
}

static void gather__without_a_table_says_so(void **state)
{
    (void)state;
    pn_report r = {0};
    pn_error err = {0};
    CHECK_OK(pn_variables_gather(&r, &model, NULL, &err), err);
    assert_int_equal(r.n_variables, 3);
    assert_true(isnan(r.variables[0].value));
    assert_string_equal(r.variables[0].why, "no clinical table was asked for it");
    pn_report_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows__count_by_the_very_patient_id),
        cmocka_unit_test(issuers__tell_patients_apart_where_they_are_known),
        cmocka_unit_test(a_patient_twice__has_no_values),
        cmocka_unit_test(a_broken_cell__costs_its_value_only),
        cmocka_unit_test(a_broken_table__fails_by_name),
        cmocka_unit_test(a_model_without_columns__reads_no_table),
        cmocka_unit_test(patient__variables_of_the_header),
        cmocka_unit_test(gather__refuses_another_patients_row),
        cmocka_unit_test(gather__without_a_table_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
