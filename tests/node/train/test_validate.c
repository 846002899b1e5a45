/* A model judged on other patients: rotterdam's model on gbsg against R, and what must hold of any. */
#include "check.h"
#include "csv.h"
#include <stdlib.h>
#include <string.h>
#include <survival/auc.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include "pipeline/validation_page.h"

#define REFERENCE(path) SHARED("reference/survival/" path)

static void add_feature(cfg_model *m, const char *name, double coefficient)
{
    cfg_model_feature *f = &m->features[m->n_features++];
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    f->coefficient = coefficient;
    f->sd = 1;
    for (int q = 0; q < CFG_NQUANTILES; q++) { f->quantile[q] = 2 * cfg_quantile_p[q] - 1; }
}

/* The Cox model of reference/survival/03_cox/rotterdam_train_coef.csv on gbsg. */
static void rotterdam_on_gbsg(cfg_model *m, pn_train_data *d)
{
    static const char *const names[] = {"age", "meno", "grade", "nodes", "pgr", "er", "hormon"};
    csv coef, t;
    assert_true(csv_read(&coef, REFERENCE("03_cox/rotterdam_train_coef.csv")));
    assert_true(csv_read(&t, REFERENCE("00_data/gbsg.csv")));
    *m = (cfg_model){.features = calloc(7, sizeof *m->features), .cutpoint = 1.5};
    *d = (pn_train_data){.n = t.rows, .p = 7, .x = calloc(7 * t.rows, sizeof *d->x),
                         .time_days = calloc(t.rows, sizeof *d->time_days), .event = calloc(t.rows, sizeof *d->event)};
    assert_true(m->features && d->x && d->time_days && d->event);
    for (size_t j = 0; j < 7; j++) {
        add_feature(m, names[j], csv_num(&coef, j, "coef"));
        for (size_t i = 0; i < t.rows; i++) {
            double v = csv_num(&t, i, names[j]);
            d->x[j * t.rows + i] = j == 4 || j == 5 ? log1p(v) : v;
        }
    }
    for (size_t i = 0; i < t.rows; i++) {
        d->time_days[i] = csv_num(&t, i, "rfstime");
        d->event[i] = (int)csv_num(&t, i, "status");
        d->events += (size_t)d->event[i];
    }
    csv_free(&coef);
    csv_free(&t);
}

/* A baseline of constant hazard, so that horizons have risks. */
static void give_baseline(cfg_model *m, double per_day)
{
    m->n_baseline = 400;
    m->baseline_time_days = calloc(m->n_baseline, sizeof *m->baseline_time_days);
    m->baseline_cumhaz = calloc(m->n_baseline, sizeof *m->baseline_cumhaz);
    assert_true(m->baseline_time_days && m->baseline_cumhaz);
    for (size_t i = 0; i < m->n_baseline; i++) {
        m->baseline_time_days[i] = 10 * (double)(i + 1);
        m->baseline_cumhaz[i] = per_day * m->baseline_time_days[i];
    }
    m->horizon_years[0] = 1;
    m->horizon_years[1] = 3;
    m->horizon_years[2] = 9;
    m->n_horizons = 3;
}

static void test_external_cohort_equals_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("03_cox/rotterdam_train_coef.csv"));
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    csv offset;
    rotterdam_on_gbsg(&m, &d);
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_true(csv_read(&offset, REFERENCE("10_calibration/gbsg_cal_slope_offset.csv")));
    CHECK_NEAR(v.slope - 1, csv_num(&offset, 0, "value"), 1e-6, 0);
    CHECK_NEAR(v.slope_se, csv_num(&offset, 1, "value"), 1e-6, 0);
    CHECK_NEAR(v.slope_p, csv_num(&offset, 2, "value"), 1e-5, 0);
    CHECK_NEAR(v.c, 0.66621, 0, 5e-6);               /* R, to the figures that are published */
    csv_free(&offset);
    assert_int_equal(v.patients, 686);
    assert_int_equal(v.events, v.group_events[0] + v.group_events[1]);
    assert_int_equal(v.n_horizons, 0);
    pn_validation_free(&v);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

/* ---- Made patients --------------------------------------------------------------------------- */

enum { N = 1500 };

static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* Follow the model: hazard per_day * exp(0.8 x1 - 0.5 x2); watched for up to 8 years. */
static void made_patients(cfg_model *m, pn_train_data *d, double per_day, uint64_t seed)
{
    *m = (cfg_model){.features = calloc(2, sizeof *m->features), .cutpoint = 0};
    *d = (pn_train_data){.n = N, .p = 2, .x = calloc(2 * N, sizeof *d->x), .time_days = calloc(N, sizeof *d->time_days),
                         .event = calloc(N, sizeof *d->event)};
    assert_true(m->features && d->x && d->time_days && d->event);
    strcpy(m->id, "a<b>");
    strcpy(m->title, "T & \"t\" <script>");
    strcpy(m->endpoint, "survival");
    add_feature(m, "one", 0.8);
    add_feature(m, "two", -0.5);
    give_baseline(m, per_day);
    for (int i = 0; i < N; i++) {
        double x1 = 2 * uniform(&seed) - 1, x2 = 2 * uniform(&seed) - 1;
        double died = -log(uniform(&seed)) / (per_day * exp(0.8 * x1 - 0.5 * x2));
        double watched = 365.25 * (4 + 4 * uniform(&seed));
        d->x[i] = x1;
        d->x[N + i] = x2;
        d->time_days[i] = fmin(died, watched);
        d->event[i] = died <= watched;
        d->events += died <= watched;
    }
}

static void test_a_true_model_is_found_calibrated(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    made_patients(&m, &d, 1.0 / 2000, 4);
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_true(fabs(v.slope - 1) < 4 * v.slope_se && v.slope_p > 0.0001);
    assert_true(v.c > 0.6 && v.hr > 1.3 && v.hr_low > 1 && v.logrank_p < 1e-6);
    assert_true(v.zph_p > 0.001);
    CHECK_NEAR(v.follow_up_days, 6 * 365.25, 0.03, 0);
    for (size_t h = 0; h < 2; h++) {
        const pn_validation_horizon *z = &v.horizon[h];
        CHECK_NEAR(z->predicted, z->observed, 0, 0.03);
        assert_true(z->brier < z->brier_null);
        assert_int_equal(z->n_groups, PN_CALIBRATION_GROUPS);
        size_t patients = 0, covered = 0;
        for (size_t g = 0; g < z->n_groups; g++) {
            patients += z->group[g].patients;
            covered += z->group[g].low <= z->group[g].predicted && z->group[g].predicted <= z->group[g].high;
        }
        assert_int_equal(patients, N);
        double all = 0, mean = 0;
        for (size_t b = 0; b < PN_RISK_BINS; b++) {
            all += z->risk_share[b];
            mean += z->risk_share[b] * ((double)b + 0.5) / PN_RISK_BINS;
        }
        CHECK_NEAR(all, 1, 1e-9, 0);
        CHECK_NEAR(mean, z->predicted, 0, 0.5 / PN_RISK_BINS);
        assert_true(covered >= 4);
        assert_true(z->n_roc > 100 && z->auc > 0.6 && z->cases + z->controls <= N);
    }
    assert_true(isnan(v.horizon[2].auc) && isnan(v.horizon[2].brier));     /* 9 years: nobody */
    bool told = false;
    for (size_t i = 0; i < v.n_warnings; i++) { told = told || strstr(v.warnings[i], "nothing at 9 years") != NULL; }
    assert_true(told);
    pn_validation_free(&v);

    for (size_t i = 0; i < m.n_baseline; i++) { m.baseline_cumhaz[i] *= 2; }   /* risks twice too high */
    for (size_t j = 0; j < 2; j++) { m.features[j].coefficient *= 2; }         /* and too far apart */
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    CHECK_NEAR(v.slope, 0.5, 0, 0.1);
    assert_true(v.slope_p < 1e-6 && v.horizon[0].predicted > v.horizon[0].observed + 0.1);
    pn_validation_free(&v);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

static void show(pn_buf *page, pn_buf *table, const pn_validation *v, const cfg_model *m, const pn_train_data *d,
                 const char *cohort)
{
    pn_time_curves curves;
    pn_forest forest;
    pn_error err = {0};
    CHECK_OK(pn_time_curves_of(&curves, m, d, v, &err), err);
    CHECK_OK(pn_forest_fit(&forest, d, v->score, v->high, NULL, &err), err);
    const pn_validation_content c = {.v = v, .m = m, .d = d, .curves = &curves, .forest = &forest, .cohort = cohort};
    CHECK_OK(pn_validation_page(page, PN_SHEET_HTML, &c, &err), err);
    if (table != NULL) { CHECK_OK(pn_validation_table(table, &c, &err), err); }
    pn_forest_free(&forest);
}

static void test_page_and_table(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    pn_buf page = {0}, table = {0};
    made_patients(&m, &d, 1.0 / 2000, 6);
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    show(&page, &table, &v, &m, &d, "patients of <us>");
    assert_non_null(strstr(page.p, "T &amp; &quot;t&quot; &lt;script&gt;"));
    assert_non_null(strstr(page.p, "patients of &lt;us&gt;"));
    assert_null(strstr(page.p, "<script"));
    assert_null(strstr(page.p, "http"));             /* needs nothing from elsewhere */
    assert_null(strstr(page.p, ">nan"));
    assert_null(strstr(page.p, " nan"));
    size_t plots = 0;
    for (const char *p = page.p; (p = strstr(p, "<svg ")) != NULL; p++) { plots++; }
    assert_int_equal(plots, 1 + 1 + 2 * 4 + 2 + 1 + 2);   /* curves, ratios, horizons, time, nomogram, features */
    char line[200], number[64];
    (void)snprintf(number, sizeof number, "c_harrell,,%.15g", v.c);
    assert_non_null(strstr(table.p, "name,horizon_years,value,low,high,p\npatients,,1500,,,\n"));
    (void)snprintf(line, sizeof line, "\nevents,,%zu,,,\n", v.events);
    assert_non_null(strstr(table.p, line));
    number[14] = '\0';
    assert_non_null(strstr(table.p, number));
    assert_non_null(strstr(table.p, "\ncalibration_5_observed,3,"));
    pn_buf_free(&page);
    pn_buf_free(&table);
    pn_validation_free(&v);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

/* Each point is what the measure gives at its time; the model beats one risk for all. */
static void test_curves_over_time(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_time_curves t;
    pn_error err = {0};
    made_patients(&m, &d, 1.0 / 2000, 12);
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    CHECK_OK(pn_time_curves_of(&t, &m, &d, &v, &err), err);
    const sv_surv s = {.n = d.n, .time = d.time_days, .event = d.event};
    sv_auc a;
    sv_error sv = {0};
    assert_int_equal(t.n, PN_TIME_POINTS);
    for (size_t k = 0; k < t.n; k += 7) {
        CHECK_OK(sv_auc_at(&a, t.years[k] * 365.25, v.score, &s, &sv), sv);
        CHECK_NEAR(t.auc[k], a.auc, 1e-12, 0);
        assert_true(t.auc_low[k] < t.auc[k] && t.auc[k] < t.auc_high[k] && (k == 0 || t.years[k] > t.years[k - 7]));
        assert_true(t.brier[k] <= t.brier_null[k] + 0.002);
    }
    assert_true(t.ibs < t.ibs_null && t.ibs > 0);
    /* A horizon's Brier score lies on the curve. */
    size_t k = 0;
    while (k < t.n && t.years[k] < 3) { k++; }
    assert_true(k > 0 && k < t.n && fabs(t.brier[k] - v.horizon[1].brier) < 0.02);
    pn_validation_free(&v);

    d.n = 30;                                        /* nobody has an event early enough, or all at once */
    d.events = 0;
    for (size_t i = 0; i < d.n; i++) {
        d.time_days[i] = 500;
        d.event[i] = 1;
        d.events++;
    }
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    CHECK_OK(pn_time_curves_of(&t, &m, &d, &v, &err), err);
    assert_int_equal(t.n, 0);
    pn_buf page = {0};
    show(&page, NULL, &v, &m, &d, "all tied");
    assert_null(strstr(page.p, ">nan"));
    pn_buf_free(&page);
    pn_validation_free(&v);
    for (size_t i = 1; i < d.n; i++) { d.event[i] = 0; }
    d.events = 1;                                    /* one event */
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    show(&page, NULL, &v, &m, &d, "one event");
    assert_null(strstr(page.p, ">nan"));
    assert_non_null(strstr(page.p, "1 events"));
    pn_buf_free(&page);
    pn_validation_free(&v);
    d.n = N;
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

static bool warned(const pn_validation *v, const char *words)
{
    for (size_t i = 0; i < v->n_warnings; i++) {
        if (strstr(v->warnings[i], words) != NULL) { return true; }
    }
    return false;
}

/* What a reader must bear in mind is said where it is so, and only there. */
static void test_cautions(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    made_patients(&m, &d, 1.0 / 2000, 14);
    m.n_horizons = 2;
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_false(warned(&v, "events:") || warned(&v, "without the event") || warned(&v, "risk group") || warned(&v, "range") ||
                 warned(&v, "slope") || warned(&v, "at 1 years") || warned(&v, "no risk at"));
    pn_validation_free(&v);

    d.x[3] = 1.5;                                    /* made of -1..1 */
    d.x[N + 5] = -1.5;
    d.x[N + 7] = -1.5;
    m.n_baseline = 100;                              /* 1000 days: 3 years are beyond */
    for (size_t j = 0; j < 2; j++) { m.features[j].coefficient *= 3; }
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_true(warned(&v, "3 of 1500 patients have a value outside") && warned(&v, "in 2, it is that of two"));
    assert_true(warned(&v, "no risk at 3 years") && !warned(&v, "no risk at 1 years"));
    assert_true(warned(&v, "too far apart"));
    pn_validation_free(&v);

    m.cutpoint = -1e9;
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_true(warned(&v, "no patient is in the low risk group") && !warned(&v, "in the high risk group"));
    pn_validation_free(&v);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

/* Patients of the same predicted risk are one group, whatever their number. */
static void test_equal_risks_stay_together(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    made_patients(&m, &d, 1.0 / 2000, 16);
    for (size_t i = 0; i < N; i++) {
        d.x[i] = i % 4 == 0 ? 1 : -1;
        d.x[N + i] = 0;
    }
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    for (size_t h = 0; h < 2; h++) {
        const pn_validation_horizon *z = &v.horizon[h];
        assert_int_equal(z->n_groups, 2);
        assert_int_equal(z->group[0].patients, N - N / 4);              /* the lower risk first */
        assert_int_equal(z->group[1].patients, N / 4);
        double h0 = m.baseline_cumhaz[0] / m.baseline_time_days[0] * 10 * floor(z->years * 36.525);
        CHECK_NEAR(z->group[1].predicted, 1 - exp(-h0 * exp(0.8)), 1e-9, 0);
        assert_true(z->group[0].low < z->group[0].observed && z->group[0].observed < z->group[0].high);
    }
    pn_validation_free(&v);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

/* Everybody in one group, or a score that says nothing: numbers that cannot be are told so. */
static void test_what_cannot_be_known(void **state)
{
    (void)state;
    cfg_model m;
    pn_train_data d;
    pn_validation v;
    pn_error err = {0};
    pn_buf page = {0};
    made_patients(&m, &d, 1.0 / 2000, 8);
    m.cutpoint = 1e9;
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    assert_true(isnan(v.hr) && isnan(v.logrank_p) && isfinite(v.c));
    assert_int_equal(v.group_patients[1], 0);
    show(&page, NULL, &v, &m, &d, "us");
    assert_non_null(strstr(page.p, "not known"));
    pn_buf_free(&page);
    pn_validation_free(&v);
    m.features[0].coefficient = m.features[1].coefficient = 0;
    CHECK_OK(pn_validate(&v, &m, &d, &err), err);
    CHECK_NEAR(v.c, 0.5, 0, 0);
    assert_true(isnan(v.slope));
    pn_validation_free(&v);
    d.events = 0;
    assert_int_equal(pn_validate(&v, &m, &d, &err), PN_EINVAL);
    cfg_model_free(&m);
    pn_train_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_external_cohort_equals_rs), cmocka_unit_test(test_a_true_model_is_found_calibrated),
        cmocka_unit_test(test_page_and_table), cmocka_unit_test(test_curves_over_time), cmocka_unit_test(test_cautions),
        cmocka_unit_test(test_equal_risks_stay_together),
        cmocka_unit_test(test_what_cannot_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
