/* Pages of validations and trainings: memory that ends is told and leaves nothing behind; figures agree. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "pipeline/hazard_ratios.h"
#include "pipeline/training_page.h"
#include "pipeline/validation_page.h"

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
static long calls_left = -1;            /* -1: never fail */
static bool failed;

static bool fails(void)
{
    if (calls_left > 0) { calls_left--; return false; }
    failed = failed || calls_left == 0;
    return calls_left == 0;
}

void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_realloc(void *p, size_t size) { return fails() ? NULL : __real_realloc(p, size); }

enum { N = 60, P = 4 };
static const char *const names[P] = {"one", "two", "three", "four"};

/* What every run below starts from. */
static struct {
    cfg_model m;
    pn_train_data d;
    pn_train_summary summary;
    pn_selection selected;
    pn_validation v;
    pn_time_curves curves;
    pn_forest forest;
    pn_optimism optimism;
    pn_csv clinical;
} made;

static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static void make_patients(void)
{
    pn_train_data *d = &made.d;
    uint64_t seed = 77;
    pn_buf b = {0};
    pn_error err = {0};
    *d = (pn_train_data){.n = N, .p = P, .x = calloc(N * P, sizeof *d->x), .time_days = calloc(N, sizeof *d->time_days),
                         .event = calloc(N, sizeof *d->event), .clinical_row = calloc(N, sizeof *d->clinical_row)};
    assert_true(d->x && d->time_days && d->event && d->clinical_row);
    CHECK_OK(pn_buf_printf(&b, &err, "case,age,sex\n"), err);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) { d->x[j * N + i] = 4 * uniform(&seed) - 2; }
        double died = -log(uniform(&seed)) * 900 * exp(-d->x[i] + 0.8 * d->x[N + i]), watched = 2500 * uniform(&seed) + 300;
        d->time_days[i] = fmin(died, watched) + 1;
        d->event[i] = died <= watched;
        d->events += died <= watched;
        d->clinical_row[i] = i;
        CHECK_OK(pn_buf_printf(&b, &err, "p%zu,%.1f,%s\n", i, 50 + 20 * uniform(&seed), i % 7 == 0 ? "" : i % 3 == 0 ? "m" : "f"), err);
    }
    CHECK_OK(pn_csv_parse(&made.clinical, b.p, b.n, "c.csv", &err), err);
    pn_buf_free(&b);
}

static const pn_optimism_opts few = {.replicates = 5, .seed = 1};

static int set_up(void **state)
{
    (void)state;
    static const double years[] = {1, 2};
    pn_error err = {0};
    const pn_selection_opts select = {.redundancy = 1, .folds = 4, .seed = 2, .alpha = 1, .keep_path = true};
    const pn_train_opts train = {.features = names, .cut = PN_CUT_MEDIAN, .horizon_years = years, .n_horizons = 2};
    make_patients();
    CHECK_OK(pn_select_features(&made.selected, &made.d, &select, &err), err);
    strcpy(made.m.id, "model");
    CHECK_OK(pn_train_fit(&made.m, &made.summary, &made.d, &train, &err), err);
    CHECK_OK(pn_validate(&made.v, &made.m, &made.d, &err), err);
    CHECK_OK(pn_time_curves_of(&made.curves, &made.m, &made.d, &made.v, &err), err);
    CHECK_OK(pn_forest_fit(&made.forest, &made.d, made.v.score, made.v.high, NULL, &err), err);
    CHECK_OK(pn_optimism_of(&made.optimism, &made.m, &made.d, &few, &err), err);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pn_optimism_free(&made.optimism);
    pn_forest_free(&made.forest);
    pn_validation_free(&made.v);
    pn_selection_free(&made.selected);
    pn_train_summary_free(&made.summary);
    pn_train_data_free(&made.d);
    pn_csv_free(&made.clinical);
    cfg_model_free(&made.m);
    return 0;
}

static pn_validation_content validation(void)
{
    return (pn_validation_content){.v = &made.v, .m = &made.m, .d = &made.d, .curves = &made.curves, .forest = &made.forest,
                                   .cohort = "us"};
}

static pn_training_content training(void)
{
    return (pn_training_content){.m = &made.m, .s = &made.summary, .table = "f.csv", .path = made.selected.path, .names = names,
                                 .optimism = &made.optimism};
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static int read_and_fit(pn_error *err)
{
    static const char *const wanted[] = {"age", "sex"};
    pn_clinical_columns c = {0};
    pn_forest f = {0};
    int rc = pn_clinical_columns_read(&c, &made.clinical, made.d.clinical_row, N, wanted, 2, PN_CSV_NAN, err);
    if (rc == PN_OK) { rc = pn_forest_fit(&f, &made.d, made.v.score, made.v.high, &c, err); }
    if (rc == PN_OK) { assert_int_equal(f.with_score.n_rows, 3); } else { assert_null(f.alone.row); }
    pn_forest_free(&f);
    pn_clinical_columns_free(&c);
    return rc;
}

static int trace(pn_error *err)
{
    pn_time_curves t;
    return pn_time_curves_of(&t, &made.m, &made.d, &made.v, err);
}

static int look_for_optimism(pn_error *err)
{
    pn_optimism o = {0};
    int rc = pn_optimism_of(&o, &made.m, &made.d, &few, err);
    if (rc != PN_OK) { assert_int_equal(o.n, 0); }
    pn_optimism_free(&o);
    return rc;
}

static int choose(pn_error *err)
{
    const pn_selection_opts opts = {.redundancy = 1, .folds = 3, .seed = 2, .alpha = 1, .keep_path = true};
    pn_selection s = {0};
    int rc = pn_select_features(&s, &made.d, &opts, err);
    if (rc != PN_OK) { assert_null(s.path); }
    pn_selection_free(&s);
    return rc;
}

static int put(int what, pn_error *err)
{
    const pn_validation_content v = validation();
    const pn_training_content t = training();
    pn_buf b = {0};
    int rc = what == 0   ? pn_validation_page(&b, PN_SHEET_HTML, &v, err)
             : what == 1 ? pn_validation_page(&b, PN_SHEET_PDF, &v, err)
             : what == 2 ? pn_validation_table(&b, &v, err)
             : what == 3 ? pn_validation_points(&b, &v, err)
             : what == 4 ? pn_training_page(&b, PN_SHEET_HTML, &t, err)
             : what == 5 ? pn_training_page(&b, PN_SHEET_PDF, &t, err)
                         : pn_path_table(&b, made.selected.path, names, err);
    pn_buf_free(&b);
    return rc;
}

static int write_0(pn_error *err) { return put(0, err); }
static int write_1(pn_error *err) { return put(1, err); }
static int write_2(pn_error *err) { return put(2, err); }
static int write_3(pn_error *err) { return put(3, err); }
static int write_4(pn_error *err) { return put(4, err); }
static int write_5(pn_error *err) { return put(5, err); }
static int write_6(pn_error *err) { return put(6, err); }

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    static int (*const runs[])(pn_error *) = {read_and_fit, trace, look_for_optimism, choose, write_0, write_1, write_2, write_3,
                                              write_4, write_5, write_6};
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        pn_error err = {0};
        CHECK_OK(runs[r](&err), err);                    /* fonts are loaded */
        long failures = 0, step = 1;
        for (int rc = PN_ENOMEM; rc != PN_OK; failures += step) {
            calls_left = failures;
            failed = false;
            rc = runs[r](&err);
            calls_left = -1;
            if (rc == PN_OK && failed) { fail_msg("run %zu: allocation %ld failed and nobody noticed", r, failures + 1); }
            if (rc == PN_OK) { break; }
            if (rc != PN_ENOMEM) { fail_msg("run %zu, allocation %ld: %d, %s", r, failures + 1, rc, err.msg); }
            step = failures < 60 ? 1 : 7;                /* what follows is more of the same */
        }
        assert_true(failures > 2);
    }
}

/* The same calculation told twice: the points of the plots are the numbers of the table. */
static void test_points_agree_with_the_table(void **state)
{
    (void)state;
    const pn_validation_content v = validation();
    pn_error err = {0};
    pn_buf points = {0};
    pn_csv t;
    CHECK_OK(pn_validation_points(&points, &v, &err), err);
    CHECK_OK(pn_csv_parse(&t, points.p, points.n, "points", &err), err);
    size_t plot, series, x, y, km = 0, calibration = 0;
    CHECK_OK(pn_csv_find(&plot, &t, "plot", &err), err);
    CHECK_OK(pn_csv_find(&series, &t, "series", &err), err);
    CHECK_OK(pn_csv_find(&x, &t, "x", &err), err);
    CHECK_OK(pn_csv_find(&y, &t, "y", &err), err);
    for (size_t r = 0; r < t.n_rows; r++) {
        double at, value;
        CHECK_OK(pn_csv_number(&at, &t, r, x, PN_CSV_REQUIRED, &err), err);
        CHECK_OK(pn_csv_number(&value, &t, r, y, PN_CSV_NAN, &err), err);
        if (strcmp(pn_csv_cell(&t, r, plot), "kaplan_meier") == 0 && strcmp(pn_csv_cell(&t, r, series), "low") == 0) {
            CHECK_NEAR(at, made.v.km[0].time[km] / 365.25, 1e-12, 0);
            CHECK_NEAR(value, made.v.km[0].surv[km++], 1e-12, 0);
        }
        if (strcmp(pn_csv_cell(&t, r, plot), "calibration") == 0) {
            const pn_validation_horizon *h = &made.v.horizon[calibration / made.v.horizon[0].n_groups];
            const pn_calibration_group *g = &h->group[calibration++ % h->n_groups];
            CHECK_NEAR(at, g->predicted, 1e-12, 0);
            CHECK_NEAR(value, g->observed, 1e-12, 0);
        }
    }
    assert_int_equal(km, made.v.km[0].n);
    assert_int_equal(calibration, made.v.horizon[0].n_groups + made.v.horizon[1].n_groups);
    pn_csv_free(&t);
    pn_buf_free(&points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_once), cmocka_unit_test(test_points_agree_with_the_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
