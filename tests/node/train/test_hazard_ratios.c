/* Clinical columns beside a score: how they are read, and the hazard ratios one by one and together. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <survival/quantile.h>
#include "pipeline/hazard_ratios.h"

enum { N = 400 };

static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

typedef struct cohort {
    pn_csv clinical;
    pn_train_data d;
    double score[N];
    bool high[N];
} cohort;

/* Hazard: exp(0.8 score + 0.7 stage III); age says nothing; sex is missing in every tenth. */
static void make(cohort *c, const char *most_common)
{
    static const char *const other[] = {"II", "III"};
    uint64_t seed = 11;
    pn_buf b = {0};
    pn_error err = {0};
    c->d = (pn_train_data){.n = N, .time_days = calloc(N, sizeof(double)), .event = calloc(N, sizeof(int)),
                           .clinical_row = calloc(N, sizeof(size_t))};
    assert_true(c->d.time_days && c->d.event && c->d.clinical_row);
    CHECK_OK(pn_buf_printf(&b, &err, "case,age,sex,stage,grade,same,notes\n"), err);
    for (int i = 0; i < N; i++) {
        double z = 4 * uniform(&seed) - 2;
        const char *stage = uniform(&seed) < 0.5 ? most_common : other[uniform(&seed) < 0.5];
        double died = -log(uniform(&seed)) * 900 / exp(0.8 * z + (strcmp(stage, "III") == 0 ? 0.7 : 0));
        double watched = 2000 * uniform(&seed) + 200;
        int row = N - 1 - i;                     /* the table lies the other way round */
        c->score[row] = z;
        c->high[row] = z > 0;
        c->d.clinical_row[row] = (size_t)i;
        c->d.time_days[row] = fmin(died, watched);
        c->d.event[row] = died <= watched;
        c->d.events += died <= watched;
        CHECK_OK(pn_buf_printf(&b, &err, "p%d,%.1f,%s,%s,%d,7,n%d\n", i, 50 + 20 * uniform(&seed),
                               i % 10 == 0 ? "NA" : uniform(&seed) < 0.4 ? "M" : "F", stage, 1 + i % 3, i), err);
    }
    CHECK_OK(pn_csv_parse(&c->clinical, b.p, b.n, "c.csv", &err), err);
    pn_buf_free(&b);
}

static void drop(cohort *c)
{
    pn_csv_free(&c->clinical);
    pn_train_data_free(&c->d);
}

static void test_columns_become_terms(void **state)
{
    (void)state;
    static const char *const names[] = {"age", "sex", "stage", "factor(grade)"};
    cohort c = {0};
    pn_clinical_columns k;
    pn_error err = {0};
    make(&c, "I");
    CHECK_OK(pn_clinical_columns_read(&k, &c.clinical, c.d.clinical_row, N, names, 4, PN_CSV_NAN, &err), err);
    assert_int_equal(k.p, 1 + 1 + 2 + 2);
    assert_string_equal(k.term[0].detail, "per unit");
    assert_string_equal(k.term[1].detail, "M against F");
    assert_true(strstr(k.term[2].detail, " against I") != NULL && strstr(k.term[3].detail, " against I") != NULL);
    assert_string_equal(k.term[4].name, "grade");
    size_t missing = 0;
    for (size_t i = 0; i < N; i++) {
        const char *sex = pn_csv_cell(&c.clinical, N - 1 - i, 2);
        missing += isnan(k.x[N + i]) ? 1 : 0;
        if (!isnan(k.x[N + i])) { assert_int_equal((int)k.x[N + i], strcmp(sex, "M") == 0); }
    }
    assert_int_equal(missing, N / 10);
    pn_clinical_columns_free(&k);
    CHECK_OK(pn_clinical_columns_read(&k, &c.clinical, c.d.clinical_row, N, (const char *const[]){"grade"}, 1, PN_CSV_NAN, &err), err);
    assert_int_equal(k.p, 1);                    /* without factor(): as numbers */
    pn_clinical_columns_free(&k);
    drop(&c);
}

static void test_hazard_ratios(void **state)
{
    (void)state;
    static const char *const names[] = {"age", "sex", "stage"};
    cohort c = {0};
    pn_clinical_columns k;
    pn_forest f;
    pn_error err = {0};
    make(&c, "I");
    CHECK_OK(pn_clinical_columns_read(&k, &c.clinical, c.d.clinical_row, N, names, 3, PN_CSV_NAN, &err), err);
    CHECK_OK(pn_forest_fit(&f, &c.d, c.score, c.high, &k, &err), err);
    assert_int_equal(f.alone.n_rows, 2 + 4);
    assert_int_equal(f.with_score.n_rows, 1 + 4);
    assert_int_equal(f.with_score.patients, N - N / 10);
    assert_int_equal(f.alone.patients, N);
    assert_non_null(strstr(f.alone.row[3].detail, ", n 360"));         /* sex: fewer patients than the others */
    assert_null(strstr(f.alone.row[2].detail, ", n "));
    const pn_hazard_ratio *score = &f.with_score.row[0], *stage = NULL;
    for (size_t i = 0; i < f.with_score.n_rows; i++) {
        if (strncmp(f.with_score.row[i].detail, "III against", 11) == 0) { stage = &f.with_score.row[i]; }
    }
    assert_non_null(stage);
    double sd = 4 / sqrt(12);                                          /* of a uniform over -2..2 */
    assert_true(score->low < exp(0.8 * sd) && exp(0.8 * sd) < score->high && score->p < 1e-10);
    assert_true(stage->low < exp(0.7) && exp(0.7) < stage->high);
    assert_true(f.with_score.row[1].p > 0.001);                        /* age */
    for (size_t i = 0; i < f.with_score.n_rows; i++) {                 /* Wald's interval is symmetric in the logarithm */
        const pn_hazard_ratio *r = &f.with_score.row[i];
        CHECK_NEAR(r->ratio * r->ratio, r->low * r->high, 1e-9, 0);
    }
    pn_forest_free(&f);

    /* The other way of telling the groups apart inverts the ratio. */
    for (size_t i = 0; i < N; i++) { c.high[i] = !c.high[i]; }
    pn_forest g;
    CHECK_OK(pn_forest_fit(&f, &c.d, c.score, c.high, NULL, &err), err);
    for (size_t i = 0; i < N; i++) { c.high[i] = !c.high[i]; }
    CHECK_OK(pn_forest_fit(&g, &c.d, c.score, c.high, NULL, &err), err);
    CHECK_NEAR(f.alone.row[1].ratio * g.alone.row[1].ratio, 1, 1e-7, 0);
    CHECK_NEAR(f.alone.row[1].p, g.alone.row[1].p, 1e-6, 1e-12);
    assert_int_equal(f.with_score.n_rows, 0);
    pn_forest_free(&f);
    pn_forest_free(&g);
    pn_clinical_columns_free(&k);
    drop(&c);
}

/* coxph of the lung data: age stands for the score, whose ratio is for one standard deviation; all others are columns. */
static void test_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED("reference/survival/03_cox/lung_efron_coef.csv"));
    static const char *const wanted[] = {"sex", "ph.ecog", "ph.karno", "wt.loss"};
    pn_csv t, want;
    pn_error err = {0};
    CHECK_OK(pn_csv_read(&t, SHARED("reference/survival/03_cox/data_lung_complete.csv"), &err), err);
    CHECK_OK(pn_csv_read(&want, SHARED("reference/survival/03_cox/lung_efron_coef.csv"), &err), err);
    size_t n = t.n_rows, time, status, age, coef, se, p;
    CHECK_OK(pn_csv_find(&time, &t, "time", &err), err);
    CHECK_OK(pn_csv_find(&status, &t, "status", &err), err);
    CHECK_OK(pn_csv_find(&age, &t, "age", &err), err);
    CHECK_OK(pn_csv_find(&coef, &want, "coef", &err), err);
    CHECK_OK(pn_csv_find(&se, &want, "se", &err), err);
    CHECK_OK(pn_csv_find(&p, &want, "p", &err), err);
    pn_train_data d = {.n = n, .time_days = calloc(n, sizeof(double)), .event = calloc(n, sizeof(int)),
                       .clinical_row = calloc(n, sizeof(size_t))};
    double *score = calloc(n, sizeof *score);
    bool *high = calloc(n, sizeof *high);
    assert_true(d.time_days && d.event && d.clinical_row && score && high);
    for (size_t i = 0; i < n; i++) {
        double code;
        CHECK_OK(pn_csv_number(&d.time_days[i], &t, i, time, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&code, &t, i, status, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&score[i], &t, i, age, PN_CSV_REQUIRED, &err), err);
        d.event[i] = code > 1;
        d.events += code > 1;
        d.clinical_row[i] = i;
        high[i] = score[i] > 62;
    }
    pn_clinical_columns k;
    pn_forest f;
    CHECK_OK(pn_clinical_columns_read(&k, &t, d.clinical_row, n, wanted, 4, PN_CSV_REQUIRED, &err), err);
    CHECK_OK(pn_forest_fit(&f, &d, score, high, &k, &err), err);
    assert_int_equal(f.with_score.n_rows, 5);
    for (size_t j = 0; j < 5; j++) {
        double b, s, wald, unit = j == 0 ? sv_sd(score, n) : 1;
        CHECK_OK(pn_csv_number(&b, &want, j, coef, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&s, &want, j, se, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&wald, &want, j, p, PN_CSV_REQUIRED, &err), err);
        CHECK_NEAR(f.with_score.row[j].ratio, exp(b * unit), 1e-7, 0);
        CHECK_NEAR(f.with_score.row[j].low, exp((b - 1.959963984540054 * s) * unit), 1e-7, 0);
        CHECK_NEAR(f.with_score.row[j].high, exp((b + 1.959963984540054 * s) * unit), 1e-7, 0);
        CHECK_NEAR(f.with_score.row[j].p, wald, 1e-6, 0);
    }
    pn_forest_free(&f);
    pn_clinical_columns_free(&k);
    pn_train_data_free(&d);
    pn_csv_free(&t);
    pn_csv_free(&want);
    free(score);
    free(high);
}

/* A group without an event: by Firth's likelihood; a score that does not vary: a dash, not a number. */
static void test_what_cannot_be_fitted(void **state)
{
    (void)state;
    cohort c = {0};
    pn_forest f;
    pn_error err = {0};
    make(&c, "I");
    for (size_t i = 0; i < N; i++) { c.high[i] = c.d.event[i] == 1; }
    CHECK_OK(pn_forest_fit(&f, &c.d, c.score, c.high, NULL, &err), err);
    assert_true(isfinite(f.alone.row[0].ratio) && strstr(f.alone.row[0].detail, "Firth") == NULL);
    assert_true(f.alone.row[1].ratio > 10 && f.alone.row[1].low > 1 && f.alone.row[1].p < 1e-6);
    assert_non_null(strstr(f.alone.row[1].detail, ", Firth"));
    pn_forest_free(&f);
    for (size_t i = 0; i < N; i++) { c.score[i] = 3; }
    CHECK_OK(pn_forest_fit(&f, &c.d, c.score, c.high, NULL, &err), err);
    assert_true(isnan(f.alone.row[0].ratio));
    pn_forest_free(&f);
    drop(&c);
}

static void test_bad_columns_are_named(void **state)
{
    (void)state;
    static const struct { const char *name, *says; int rc; } bad[] = {
        {"weight", "weight", PN_ENOTFOUND},
        {"same", "c.csv: column \"same\" is constant (\"7\" in all 400", PN_EFORMAT},
        {"factor(same)", "column \"same\" is constant", PN_EFORMAT},
        {"notes", "column \"notes\" has text and 400 different values", PN_EFORMAT},
    };
    cohort c = {0};
    make(&c, "I");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pn_clinical_columns k = {0};
        pn_error err = {0};
        assert_int_equal(pn_clinical_columns_read(&k, &c.clinical, c.d.clinical_row, N, &bad[i].name, 1, PN_CSV_NAN, &err), bad[i].rc);
        if (strstr(err.msg, bad[i].says) == NULL) { fail_msg("%s: %s", bad[i].name, err.msg); }
        assert_null(k.x);
    }
    pn_clinical_columns k = {0};
    pn_error err = {0};
    static const char *const twice[] = {"age", "sex", "age"};
    assert_int_equal(pn_clinical_columns_read(&k, &c.clinical, c.d.clinical_row, N, twice, 3, PN_CSV_NAN, &err), PN_EINVAL);
    assert_non_null(strstr(err.msg, "\"age\" is named twice"));
    drop(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_become_terms), cmocka_unit_test(test_hazard_ratios), cmocka_unit_test(test_equal_rs),
        cmocka_unit_test(test_what_cannot_be_fitted), cmocka_unit_test(test_bad_columns_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
