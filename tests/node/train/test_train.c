/* Fitting: planted coefficients come back, the fitted model satisfies the identities of Cox
 * regression, and it scores the same after a trip through its file. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"
#include "pipeline/noise.h"
#include "pipeline/score.h"
#include "pipeline/train.h"

static const char *const names[] = {"original_glcm_JointEntropy", "original_shape_Sphericity",
                                    "original_shape_MeshVolume"};

/* Features of very different scale; hazard 1/800 per day times exp(beta'z). */
static void plant(pn_train_data *d, size_t n, size_t p, const double *beta, uint64_t seed)
{
    static const double mean[] = {5, 0.7, 20000}, sd[] = {0.6, 0.05, 9000};
    *d = (pn_train_data){.n = n, .p = p, .x = calloc(n * p, sizeof *d->x),
                         .time_days = calloc(n, sizeof *d->time_days), .event = calloc(n, sizeof *d->event)};
    assert_true(d->x != NULL && d->time_days != NULL && d->event != NULL);
    for (size_t i = 0; i < n; i++) {
        double lp = 0;
        for (size_t j = 0; j < p; j++) {
            double z = pn_noise_normal(pn_noise_key(seed, (int64_t)i, (int64_t)j, 0));
            d->x[j * n + i] = mean[j] + sd[j] * z;
            lp += beta[j] * z;
        }
        double u = pn_noise_uniform(pn_noise_key(seed, (int64_t)i, 100, 0));
        double v = pn_noise_uniform(pn_noise_key(seed, (int64_t)i, 101, 0));
        double event_at = -log(1.0 - u) * 800 * exp(-lp), last = 900 + 1200 * v;
        d->time_days[i] = fmin(event_at, last);
        d->event[i] = event_at <= last;
        d->events += event_at <= last;
    }
}

static pn_train_opts options(pn_train_cut cut)
{
    static const double years[] = {1, 3, 5, 20};
    return (pn_train_opts){.features = names, .cut = cut, .horizon_years = years, .n_horizons = 4,
                           .distance_percentile = 100};
}

static void patient(double *values, const pn_train_data *d, size_t i)
{
    for (size_t j = 0; j < d->p; j++) { values[j] = d->x[j * d->n + i]; }
}

static void test_train__recovers_planted_coefficients(void **state)
{
    (void)state;
    static const double beta[] = {0.9, -0.6, 0.4};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        pn_train_data d;
        plant(&d, 500, 3, beta, seed);
        cfg_model m = {0};
        pn_train_summary s = {0};
        pn_error err = {0};
        const pn_train_opts o = options(PN_CUT_MEDIAN);
        CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
        for (size_t j = 0; j < 3; j++) {
            /* z was drawn with spread 1; the fit divides by the sample's own spread. */
            static const double drawn_sd[] = {0.6, 0.05, 9000};
            double want = beta[j] * m.features[j].sd / drawn_sd[j];
            double se = log(s.terms[j].high / s.terms[j].low) / (2 * 1.959963984540054);
            CHECK_NEAR(m.features[j].coefficient, want, 0, 3.5 * se);
            CHECK_NEAR(log(s.terms[j].hazard_ratio), m.features[j].coefficient, 1e-12, 0);
            assert_true(se > 0.02 && se < 0.12);
        }
        assert_true(s.c_index > 0.65 && s.c_index < 0.85 && s.logrank_p < 1e-6);
        cfg_model_free(&m);
        pn_train_summary_free(&s);
        pn_train_data_free(&d);
    }
}

/* With times that all differ, the events equal the sum of H0(t_i) exp(lp_i) (the martingale
 * residuals of a proportional hazards fit add up to 0). */
static void test_train__baseline_accounts_for_every_event(void **state)
{
    (void)state;
    static const double beta[] = {0.7, -0.3};
    pn_train_data d;
    plant(&d, 301, 2, beta, 11);
    cfg_model m = {0};
    pn_train_summary s = {0};
    pn_error err = {0};
    const pn_train_opts o = options(PN_CUT_MEDIAN);
    CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
    double expected = 0, mean_lp = 0;
    size_t high = 0;
    for (size_t i = 0; i < d.n; i++) {
        double values[2];
        patient(values, &d, i);
        double lp = pn_score_linear(&m, values);
        expected += pn_score_baseline(&m, d.time_days[i]) * exp(lp);
        mean_lp += lp / (double)d.n;
        high += lp > m.cutpoint;
    }
    CHECK_NEAR(expected, (double)d.events, 1e-9, 0);
    CHECK_NEAR(mean_lp, 0, 0, 1e-12);                /* the score is 0 at the training means */
    assert_int_equal(high, 150);                     /* the median patient of 301 is low     */
    assert_int_equal(m.km[1].patients, 150);
    assert_int_equal(m.km[0].patients, 151);
    assert_int_equal(m.km[0].events + m.km[1].events, d.events);
    assert_int_equal(m.km[0].n, m.km[0].events);     /* one step an event                    */
    assert_int_equal(m.n_horizons, 3);               /* 20 years lie beyond the follow-up    */
    assert_int_equal(s.n_warnings, 1);
    assert_non_null(strstr(s.warnings[0], "no survival at 20 years"));
    cfg_model_free(&m);
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
}

static void test_train__scores_the_same_after_the_file(void **state)
{
    (void)state;
    static const double beta[] = {0.7, -0.3, 0.2};
    pn_train_data d;
    plant(&d, 201, 3, beta, 21);
    cfg_model m = {.id = "test", .version = "1", .title = "test", .endpoint = "test", .n_modality = 1,
                   .modality = {"CT"}, .slice_spacing_mm = {-INFINITY, INFINITY},
                   .pixel_spacing_mm = {-INFINITY, INFINITY},
                   .slice_thickness_mm = {-INFINITY, INFINITY}, .contrast = "any"};
    rx_pyradiomics_default(&m.extraction);
    pn_train_summary s = {0};
    pn_error err = {0};
    cfg_error cfg = {0};
    const pn_train_opts o = options(PN_CUT_MAXSTAT);
    CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
    char path[] = "/tmp/prognode-test-model-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    CHECK_OK(cfg_model_save(&m, path, &cfg), cfg);
    cfg_model again = {0};
    CHECK_OK(cfg_model_load(&again, path, &cfg), cfg);
    unlink(path);
    size_t high = 0;
    for (size_t i = 0; i < d.n; i++) {
        double values[3];
        patient(values, &d, i);
        pn_score_result r = {0};
        CHECK_OK(pn_score(&r, &again, values, &err), err);
        CHECK_NEAR(r.lp, pn_score_linear(&m, values), 0, 0);
        high += r.high_risk;
        pn_score_free(&r);
    }
    assert_int_equal(high, again.km[1].patients);
    assert_true(high >= d.n / 10 && high <= d.n - d.n / 10);
    assert_true(s.cut_p >= s.logrank_p);             /* the search costs something */
    cfg_model_free(&again);
    cfg_model_free(&m);
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
}

static void expect_refusal(const pn_train_data *d, const pn_train_opts *o, const char *message)
{
    cfg_model m = {.n_patients = 77};
    pn_train_summary s = {0};
    pn_error err = {0};
    assert_int_equal(pn_train_fit(&m, &s, d, o, &err), PN_EINVAL);
    if (strstr(err.msg, message) == NULL) { fail_msg("\"%s\" does not say \"%s\"", err.msg, message); }
    assert_int_equal(m.n_patients, 77);
    assert_null(m.features);
    assert_null(s.terms);
}

static void test_train__refuses_fits_that_mean_nothing(void **state)
{
    (void)state;
    static const double beta[] = {0.7, -0.3, 0};
    pn_train_data d;
    pn_train_opts o = options(PN_CUT_VALUE);
    plant(&d, 100, 3, beta, 31);
    o.cut_value = 1000;
    expect_refusal(&d, &o, "cut-point 1000 leaves no patient in the high group");
    o.cut_value = -1000;
    expect_refusal(&d, &o, "leaves no patient in the low group");
    for (size_t i = 0; i < d.n; i++) { d.x[2 * d.n + i] = 3 * d.x[i] - 2 * d.x[d.n + i]; }
    expect_refusal(&d, &o, "feature original_shape_MeshVolume is determined by original_glcm_JointEntropy, "
                          "original_shape_Sphericity: leave one of them out");
    pn_train_data_free(&d);

    plant(&d, 100, 1, beta, 41);
    for (size_t i = 0; i < d.n; i++) { d.x[i] = -d.time_days[i]; }
    expect_refusal(&d, &o, "the events perfectly");
    pn_train_data_free(&d);

    plant(&d, 40, 3, beta, 51);
    d.events = 0;
    for (size_t i = 0; i < d.n; i++) {
        d.event[i] = d.event[i] && d.events < 3;
        d.events += (size_t)d.event[i];
    }
    expect_refusal(&d, &o, "3 features and 3 events");
    pn_train_data_free(&d);
}

static void test_train__warns_at_few_events(void **state)
{
    (void)state;
    static const double beta[] = {0.3, -0.3, 0};
    pn_train_data d;
    plant(&d, 30, 3, beta, 61);
    assert_true(d.events > 3 && d.events < 30);
    cfg_model m = {0};
    pn_train_summary s = {0};
    pn_error err = {0};
    pn_train_opts o = options(PN_CUT_MEDIAN);
    o.n_horizons = 1;
    CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
    assert_int_equal(s.n_warnings, 1);
    assert_non_null(strstr(s.warnings[0], "fewer than ten events a feature"));
    cfg_model_free(&m);
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
}

/* Everybody that the model was made from is inside it: nobody lies beyond the limit, one patient
 * lies on it, and a tenth lies beyond the 90th percentile. */
static void test_train__limit_is_that_of_the_training_patients(void **state)
{
    (void)state;
    static const double beta[] = {0.7, -0.3, 0.2}, percentile[] = {100, 90, 0};
    static const size_t beyond[] = {0, 20, 0};
    pn_train_data d;
    plant(&d, 201, 3, beta, 71);
    for (int k = 0; k < 3; k++) {
        cfg_model m = {0};
        pn_train_summary s = {0};
        pn_error err = {0};
        pn_train_opts o = options(PN_CUT_MEDIAN);
        o.distance_percentile = percentile[k];
        CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
        size_t far = 0, on = 0;
        double squares = 0;
        for (size_t i = 0; i < d.n; i++) {
            double values[3];
            pn_distance distance;
            patient(values, &d, i);
            CHECK_OK(pn_score_distance(&distance, &m, values, &err), err);
            far += distance.mahalanobis > m.max_mahalanobis;
            on += distance.mahalanobis == m.max_mahalanobis;
            squares += distance.mahalanobis * distance.mahalanobis;
        }
        assert_int_equal(far, beyond[k]);
        assert_int_equal(on, k == 2 ? 0 : 1);
        assert_true(k < 2 || isinf(m.max_mahalanobis));
        CHECK_NEAR(squares, 3.0 * 200, 1e-9, 0);     /* p (n - 1) */
        assert_int_equal(cfg_model_replicates(&m), 0);
        cfg_model_free(&m);
        pn_train_summary_free(&s);
    }
    pn_train_data_free(&d);
}

static void count(void *context, size_t done, size_t all)
{
    assert_int_equal(all, 60);
    *(size_t *)context = done;
}

/* The intervals of a fitted model lie around its own answers, are narrow where there were many
 * patients, and come back from the file; the same seed gives the same file. */
static void test_train__bootstrap_gives_intervals(void **state)
{
    (void)state;
    static const double beta[] = {0.7, -0.3};
    double width[2];
    for (int k = 0; k < 2; k++) {
        pn_train_data d;
        plant(&d, k == 0 ? 80 : 500, 2, beta, 81);
        cfg_model m = {0}, again = {0};
        pn_train_summary s = {0}, t = {0};
        pn_error err = {0};
        pn_train_opts o = options(PN_CUT_MEDIAN);
        size_t done = 0;
        o.replicates = 60;
        o.seed = 5;
        o.progress = count;
        o.progress_context = &done;
        CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
        assert_int_equal(done, 60);
        assert_int_equal(s.bootstrap.drawn, 60);
        assert_int_equal(s.bootstrap.fitted, cfg_model_replicates(&m));
        assert_int_equal(s.bootstrap.fitted, 60);
        CHECK_OK(pn_train_fit(&again, &t, &d, &o, &err), err);
        assert_memory_equal(m.boot_coefficient, again.boot_coefficient, 60 * 2 * sizeof(double));
        double values[2] = {m.features[0].mean + m.features[0].sd, m.features[1].mean};
        pn_score_result r = {0};
        CHECK_OK(pn_score(&r, &m, values, &err), err);
        assert_true(r.interval.low < r.lp && r.lp < r.interval.high);
        assert_true(r.group_agreement > 0.9);        /* a standard deviation above the mean */
        for (size_t h = 0; h < r.n_survival; h++) {
            const pn_report_survival *v = &r.survival[h];
            assert_true(v->interval.low < v->probability && v->probability < v->interval.high);
            assert_true(v->interval.low > 0 && v->interval.high < 1);
        }
        /* At the means every replicate's score is 0: no interval, and survival's own remains. */
        double width_there = r.survival[0].interval.high - r.survival[0].interval.low;
        assert_true(width_there > 0);
        pn_score_free(&r);
        values[0] = m.features[0].mean;
        CHECK_OK(pn_score(&r, &m, values, &err), err);
        assert_true(r.interval.low == 0 && r.interval.high == 0);
        assert_true(r.survival[0].interval.low < r.survival[0].interval.high);
        width[k] = r.survival[0].interval.high - r.survival[0].interval.low;
        pn_score_free(&r);
        cfg_model_free(&m);
        cfg_model_free(&again);
        pn_train_summary_free(&s);
        pn_train_summary_free(&t);
        pn_train_data_free(&d);
    }
    /* sqrt(500 / 80) = 2.5 times as many patients' worth */
    assert_true(width[0] / width[1] > 1.6 && width[0] / width[1] < 4);
}

static void test_train__tells_samples_that_could_not_be_fitted(void **state)
{
    (void)state;
    static const double beta[] = {0.3, 0};
    pn_train_data d;
    plant(&d, 60, 2, beta, 91);
    /* one patient alone has another value: a third of the samples lack that patient */
    for (size_t i = 0; i < d.n; i++) { d.x[d.n + i] = i == 7; }
    cfg_model m = {0};
    pn_train_summary s = {0};
    pn_error err = {0};
    pn_train_opts o = options(PN_CUT_MEDIAN);
    o.n_horizons = 1;
    o.replicates = 100;
    CHECK_OK(pn_train_fit(&m, &s, &d, &o, &err), err);
    assert_int_equal(s.bootstrap.drawn, 100);
    assert_true(s.bootstrap.dropped > 15 && s.bootstrap.fitted < 85);
    assert_int_equal(m.bootstrap_drawn, 100);
    assert_int_equal(cfg_model_replicates(&m), s.bootstrap.fitted);
    assert_int_equal(s.n_warnings, 1);
    assert_non_null(strstr(s.warnings[0], "of 100 bootstrap samples could not be fitted"));
    cfg_model_free(&m);
    pn_train_summary_free(&s);
    pn_train_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__recovers_planted_coefficients),
        cmocka_unit_test(test_train__baseline_accounts_for_every_event),
        cmocka_unit_test(test_train__scores_the_same_after_the_file),
        cmocka_unit_test(test_train__refuses_fits_that_mean_nothing),
        cmocka_unit_test(test_train__warns_at_few_events),
        cmocka_unit_test(test_train__limit_is_that_of_the_training_patients),
        cmocka_unit_test(test_train__bootstrap_gives_intervals),
        cmocka_unit_test(test_train__tells_samples_that_could_not_be_fitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
