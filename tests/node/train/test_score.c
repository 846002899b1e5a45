/* Scoring: hand-computed cases, percentiles, refusals. */
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "pipeline/score.h"

static cfg_model_feature features[2] = {
    {.name = "original_shape_Sphericity", .coefficient = -0.5, .mean = 0.7, .sd = 0.1,
     .quantile = {0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9}},
    {.name = "original_glcm_JointEntropy", .coefficient = 0.8, .mean = 5.0, .sd = 2.0,
     .quantile = {1, 2, 3, 3, 3, 8, 9}}};
static double times[] = {100, 400, 800}, hazard[] = {0.1, 0.4, 0.9};

static cfg_model example(void)
{
    return (cfg_model){.id = "m", .features = features, .n_features = 2, .cutpoint = 0.3,
                       .baseline_time_days = times, .baseline_cumhaz = hazard, .n_baseline = 3,
                       .horizon_years = {0.25, 1, 2, 3}, .n_horizons = 4};
}

static void test_score__equals_the_formula(void **state)
{
    (void)state;
    const cfg_model m = example();
    const double values[] = {0.6, 5.5};
    pn_score_result r = {0};
    pn_error err = {0};
    CHECK_OK(pn_score(&r, &m, values, &err), err);
    CHECK_NEAR(r.lp, -0.5 * -1.0 + 0.8 * 0.25, 1e-12, 0);
    assert_true(r.high_risk);
    assert_int_equal(r.n_survival, 4);
    CHECK_NEAR(r.survival[0].probability, 1.0, 0, 0);                     /* 91 days: before 100 */
    CHECK_NEAR(r.survival[1].probability, exp(-0.1 * exp(0.7)), 1e-12, 0);   /* 365 days */
    CHECK_NEAR(r.survival[2].probability, exp(-0.4 * exp(0.7)), 1e-12, 0);   /* 730 days */
    assert_true(isnan(r.survival[3].probability));                        /* after the last, 800 */
    CHECK_NEAR(r.survival[3].years, 3, 0, 0);
    assert_int_equal(r.n_drivers, 2);
    assert_string_equal(r.drivers[0].name, "original_shape_Sphericity");  /* 0.5 outweighs 0.2 */
    CHECK_NEAR(r.drivers[0].z, -1.0, 1e-12, 0);
    CHECK_NEAR(r.drivers[0].contribution, 0.5, 1e-12, 0);
    CHECK_NEAR(r.drivers[0].percentile, 25.0, 1e-9, 0);
    CHECK_NEAR(r.drivers[1].contribution, 0.2, 1e-12, 0);
    CHECK_NEAR(r.drivers[0].contribution + r.drivers[1].contribution, r.lp, 1e-12, 0);
    pn_score_free(&r);
}

static void test_score__a_patient_on_the_cutpoint_is_low(void **state)
{
    (void)state;
    cfg_model m = example();
    const double values[] = {0.6, 5.5};
    pn_score_result r = {0};
    pn_error err = {0};
    m.cutpoint = pn_score_linear(&m, values);
    CHECK_OK(pn_score(&r, &m, values, &err), err);
    assert_false(r.high_risk);
    pn_score_free(&r);
}

static void test_score__names_what_is_missing(void **state)
{
    (void)state;
    const cfg_model m = example();
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        const double values[] = {0.6, bad[i]};
        pn_score_result r = {0};
        pn_error err = {0};
        assert_int_equal(pn_score(&r, &m, values, &err), PN_EINVAL);
        assert_string_equal(err.msg, "feature original_glcm_JointEntropy has no value");
        assert_null(r.drivers);
    }
    pn_score_result r = {0};
    pn_error err = {0};
    const double huge[] = {0.6, 1e308};
    cfg_model steep = example();
    cfg_model_feature f[2] = {features[0], features[1]};
    f[1].coefficient = 1e10;
    steep.features = f;
    assert_int_equal(pn_score(&r, &steep, huge, &err), PN_EINVAL);
}

static void test_percentile__is_monotone_and_meets_the_quantiles(void **state)
{
    (void)state;
    for (int i = 0; i < CFG_NQUANTILES; i++) {
        CHECK_NEAR(pn_score_percentile(features[0].quantile, features[0].quantile[i]), 100 * cfg_quantile_p[i],
                   1e-12, 1e-12);
    }
    for (size_t f = 0; f < 2; f++) {
        double before = -1;
        for (double v = 0; v <= 10; v += 0.001) {
            double p = pn_score_percentile(features[f].quantile, v);
            assert_true(p >= before && p >= 0 && p <= 100);
            before = p;
        }
        CHECK_NEAR(pn_score_percentile(features[f].quantile, -1), 0, 0, 0);
        CHECK_NEAR(pn_score_percentile(features[f].quantile, 11), 100, 0, 0);
    }
    CHECK_NEAR(pn_score_percentile(features[1].quantile, 3), 50, 1e-12, 0);      /* the middle of 25 and 75 */
    CHECK_NEAR(pn_score_percentile(features[0].quantile, 0.55), 15, 1e-9, 0);
    assert_true(isnan(pn_score_percentile(features[0].quantile, NAN)));
}

/* The distance is 0 at the training means, grows, and is not known where nothing is stored. */
static void test_distance__from_the_training_means(void **state)
{
    (void)state;
    static double correlation[] = {1, -.5, -.5, 1}, quantile[] = {0, .5, 1, 1.5, 2, 3, 4};
    cfg_model m = example();
    const double mean[] = {.7, 5}, off[] = {.8, 7}, missing[] = {.8, NAN};
    pn_distance d;
    pn_error err = {0};
    CHECK_OK(pn_score_distance(&d, &m, off, &err), err);
    assert_true(isnan(d.mahalanobis) && isnan(d.percentile));
    m.correlation = correlation;
    m.n_correlation = 4;
    m.distance_quantile = quantile;
    m.n_distance_quantile = CFG_NQUANTILES;
    CHECK_OK(pn_score_distance(&d, &m, mean, &err), err);
    CHECK_NEAR(d.mahalanobis, 0, 0, 1e-12);
    CHECK_OK(pn_score_distance(&d, &m, off, &err), err);
    CHECK_NEAR(d.mahalanobis, sqrt(3 / .75), 1e-12, 0);                /* z = 1, 1 */
    CHECK_NEAR(d.percentile, 75, 1e-9, 0);
    CHECK_OK(pn_score_distance(&d, &m, missing, &err), err);
    assert_true(isnan(d.mahalanobis) && isnan(d.percentile));
    correlation[1] = correlation[2] = 1;                               /* of one feature twice */
    assert_int_equal(pn_score_distance(&d, &m, off, &err), PN_ECONFIG);
    assert_non_null(strstr(err.msg, "training.correlation"));
}

static void test_describe__tells_values_and_places_without_a_score(void **state)
{
    (void)state;
    const cfg_model m = example();
    const double values[] = {.85, NAN};
    pn_report_driver *d = NULL;
    pn_error err = {0};
    CHECK_OK(pn_score_describe(&d, &m, values, &err), err);
    assert_string_equal(d[0].name, features[0].name);
    CHECK_NEAR(d[0].z, 1.5, 1e-12, 0);
    CHECK_NEAR(d[0].percentile, 95, 1e-9, 0);
    CHECK_NEAR(d[0].quantile[6], .9, 0, 0);
    assert_true(isnan(d[0].contribution) && isnan(d[1].contribution));
    assert_true(isnan(d[1].z) && isnan(d[1].percentile));
    free(d);
}

static void test_baseline__steps_and_ends(void **state)
{
    (void)state;
    const cfg_model m = example();
    CHECK_NEAR(pn_score_baseline(&m, 0), 0, 0, 0);
    CHECK_NEAR(pn_score_baseline(&m, 99.9), 0, 0, 0);
    CHECK_NEAR(pn_score_baseline(&m, 100), 0.1, 0, 0);
    CHECK_NEAR(pn_score_baseline(&m, 799), 0.4, 0, 0);
    CHECK_NEAR(pn_score_baseline(&m, 800), 0.9, 0, 0);
    assert_true(isnan(pn_score_baseline(&m, 800.1)));
    assert_true(isnan(pn_score_baseline(&m, NAN)));
    const cfg_model empty = {0};
    assert_true(isnan(pn_score_baseline(&empty, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score__equals_the_formula),
        cmocka_unit_test(test_score__a_patient_on_the_cutpoint_is_low),
        cmocka_unit_test(test_score__names_what_is_missing),
        cmocka_unit_test(test_percentile__is_monotone_and_meets_the_quantiles),
        cmocka_unit_test(test_baseline__steps_and_ends),
        cmocka_unit_test(test_distance__from_the_training_means),
        cmocka_unit_test(test_describe__tells_values_and_places_without_a_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
