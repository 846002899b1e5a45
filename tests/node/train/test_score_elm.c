/* The score of a committee: bit for bit that of the library that fitted it, survival by the group's curve. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"
#include <survival/elm.h>
#include <survival/km.h>
#include <survival/quantile.h>
#include "pipeline/score.h"

enum { N = 60, P = 3, HIDDEN = 25, NETWORKS = 12 };
static double x[N * P], z[N * P];
static int label[N];
static cfg_model_feature features[P];
static cfg_elm_network networks[NETWORKS];
static cfg_km_curve curves[2];
static const sv_elm_opts opts = {.hidden = HIDDEN, .cost = 0.5, .seed = 11};

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*s >> 11) * 0x1p-53;
}

/* Two groups of patients that differ in the first feature, and the networks that tell them apart. */
static int make_patients(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (size_t i = 0; i < N; i++) {
        label[i] = i % 2 == 1;
        for (size_t j = 0; j < P; j++) {
            x[i * P + j] = 10 * (double)(j + 1) + 4 * (uniform(&seed) - 0.5) + (j == 0 ? 2 * label[i] : 0);
        }
    }
    for (size_t j = 0; j < P; j++) {
        snprintf(features[j].name, sizeof features[j].name, "feature_%zu", j);
        features[j].mean = 10 * (double)(j + 1);
        features[j].sd = 1.25;
        for (size_t i = 0; i < N; i++) { z[i * P + j] = (x[i * P + j] - features[j].mean) / features[j].sd; }
    }
    sv_matrix m = sv_matrix_rowmajor(z, N, P);
    for (unsigned k = 0; k < NETWORKS; k++) {
        sv_elm e;
        sv_error err;
        sv_elm_opts o = opts;
        o.seed += k;
        CHECK_OK(sv_elm_fit(&e, &m, label, &o, &err), err);
        networks[k] = (cfg_elm_network){.seed = o.seed, .beta = e.beta, .n_beta = HIDDEN};
        e.beta = NULL;
        sv_elm_free(&e);
    }
    return 0;
}

static int free_patients(void **state)
{
    (void)state;
    for (size_t k = 0; k < NETWORKS; k++) { free(networks[k].beta); }
    return 0;
}

static cfg_model committee(void)
{
    return (cfg_model){.id = "c", .method = CFG_RISK_ELM, .features = features, .n_features = P,
                       .elm = {.hidden = HIDDEN, .cost = 0.5, .networks = networks, .n_networks = NETWORKS}};
}

static void test_score_elm__is_the_librarys_bit_for_bit(void **state)
{
    (void)state;
    const cfg_model m = committee();
    const sv_matrix of = sv_matrix_rowmajor(z, N, P);
    double mean[N], sd[N], agreement[N];
    size_t right = 0;
    sv_error sv;
    CHECK_OK(sv_elm_committee(mean, sd, agreement, &of, &of, label, &opts, NETWORKS, &sv), sv);
    for (size_t i = 0; i < N; i++) {
        pn_score_result r = {0};
        pn_error err = {0};
        CHECK_OK(pn_score(&r, &m, x + i * P, &err), err);
        assert_memory_equal(&r.lp, &mean[i], sizeof r.lp);
        assert_true(r.high_risk == (mean[i] > 0));
        assert_memory_equal(&r.group_agreement, &agreement[i], sizeof agreement[i]);
        assert_true(r.interval.low < r.interval.high && r.interval.low > mean[i] - 4 * sd[i]);
        assert_int_equal(r.n_survival, 0);
        right += r.high_risk == (label[i] == 1);
        pn_score_free(&r);
    }
    assert_true(right > N * 3 / 4);
}

/* A file and back: still the same bits. */
static void test_score_elm__survives_the_file(void **state)
{
    (void)state;
    cfg_model m = committee(), back;
    char path[] = "/tmp/score_elm_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    strcpy(m.version, "1");
    strcpy(m.title, "t");
    strcpy(m.endpoint, "relapse");
    strcpy(m.contrast, "any");
    strcpy(m.modality[m.n_modality++], "CT");
    m.slice_spacing_mm = m.pixel_spacing_mm = m.slice_thickness_mm = (cfg_range){-INFINITY, INFINITY};
    m.max_missing_slices = m.max_mahalanobis = INFINITY;
    m.n_patients = N;
    rx_pyradiomics_default(&m.extraction);
    cfg_model_feature own[P];
    for (size_t j = 0; j < P; j++) {
        own[j] = features[j];
        own[j].source = CFG_SOURCE_TABLE;
    }
    m.features = own;
    cfg_error cfg;
    CHECK_OK(cfg_model_save(&m, path, &cfg), cfg);
    CHECK_OK(cfg_model_load(&back, path, &cfg), cfg);
    unlink(path);
    for (size_t i = 0; i < N; i++) {
        pn_score_result a = {0}, b = {0};
        pn_error err = {0};
        CHECK_OK(pn_score(&a, &m, x + i * P, &err), err);
        CHECK_OK(pn_score(&b, &back, x + i * P, &err), err);
        assert_memory_equal(&a.lp, &b.lp, sizeof a.lp);
        assert_memory_equal(&a.interval, &b.interval, sizeof a.interval);
        pn_score_free(&a);
        pn_score_free(&b);
    }
    cfg_model_free(&back);
}

/* A contribution is what the score loses where the feature is set to the training mean. */
static void test_score_elm__contributions_by_their_definition(void **state)
{
    (void)state;
    const cfg_model m = committee();
    const double *patient = x + 7 * P;
    pn_score_result r = {0};
    pn_error err = {0};
    CHECK_OK(pn_score(&r, &m, patient, &err), err);
    for (size_t d = 0; d < P; d++) {
        size_t j = (size_t)(r.drivers[d].name[8] - '0');
        double other[P];
        memcpy(other, patient, sizeof other);
        other[j] = features[j].mean;
        pn_score_result s = {0};
        CHECK_OK(pn_score(&s, &m, other, &err), err);
        CHECK_NEAR(r.drivers[d].contribution, r.lp - s.lp, 0, 0);
        CHECK_NEAR(r.drivers[d].value, patient[j], 0, 0);
        assert_true(d == 0 || fabs(r.drivers[d].contribution) <= fabs(r.drivers[d - 1].contribution));
        pn_score_free(&s);
    }
    pn_score_free(&r);
}

/* Of patients without ties, as a model file keeps them: event times, and how far patients were watched. */
static double days[2][10], survival[2][10], at_risk[2][10];
static sv_km fitted[2];

static void make_curves(void)
{
    static const double time[2][10] = {{90, 180, 300, 410, 520, 700, 900, 1100, 1200, 1500},
                                       {20, 40, 80, 130, 190, 260, 340, 430, 530, 640}};
    static const int event[2][10] = {{1, 0, 1, 0, 0, 1, 0, 1, 0, 0}, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1}};
    const sv_km_opts o = SV_KM_OPTS_INIT;
    for (size_t g = 0; g < 2; g++) {
        const sv_surv s = {.n = 10, .time = time[g], .event = event[g]};
        sv_error sv;
        CHECK_OK(sv_km_fit(&fitted[g], &s, NULL, &o, &sv), sv);
        cfg_km_curve *c = &curves[g];
        *c = (cfg_km_curve){.time_days = days[g], .survival = survival[g], .n_risk = at_risk[g], .patients = 10};
        strcpy(c->group, g == 1 ? "high" : "low");
        for (size_t i = 0; i < fitted[g].n; i++) {
            if (!(fitted[g].n_event[i] > 0) && i + 1 < fitted[g].n) { continue; }
            days[g][c->n] = fitted[g].time[i];
            survival[g][c->n] = fitted[g].surv[i];
            at_risk[g][c->n++] = fitted[g].n_risk[i];
        }
    }
}

static void test_score_elm__survival_is_that_of_the_group(void **state)
{
    (void)state;
    cfg_model m = committee();
    bool seen[2] = {false, false};
    make_curves();
    m.km = curves;
    m.n_km = 2;
    static const double years[] = {0.04, 0.5, 1, 1.5, 3, 4, 5};
    memcpy(m.horizon_years, years, sizeof years);
    m.n_horizons = sizeof years / sizeof years[0];
    for (size_t i = 0; i < N; i++) {
        pn_score_result r = {0};
        pn_error err = {0};
        CHECK_OK(pn_score(&r, &m, x + i * P, &err), err);
        seen[r.high_risk] = true;
        assert_int_equal(r.n_survival, m.n_horizons);
        for (size_t h = 0; h < m.n_horizons; h++) {
            sv_km_estimate e = sv_km_at(&fitted[r.high_risk], years[h] * PN_DAYS_PER_YEAR);
            CHECK_NEAR(r.survival[h].probability, e.value, 0, 0);
            CHECK_NEAR(r.survival[h].interval.low, e.lower, 1e-12, 0);
            CHECK_NEAR(r.survival[h].interval.high, e.upper, 1e-12, 0);
        }
        pn_score_free(&r);
    }
    assert_true(seen[0] && seen[1]);
    assert_true(isnan(sv_km_at(&fitted[1], 3 * PN_DAYS_PER_YEAR).value));    /* nobody was watched so long */
    sv_km_free(&fitted[0]);
    sv_km_free(&fitted[1]);
}

static void test_score_elm__one_network_has_no_spread(void **state)
{
    (void)state;
    cfg_model m = committee();
    m.elm.n_networks = 1;
    pn_score_result r = {0};
    pn_error err = {0};
    CHECK_OK(pn_score(&r, &m, x, &err), err);
    assert_true(isfinite(r.lp) && isnan(r.interval.low) && isnan(r.interval.high) && isnan(r.group_agreement));
    m.cutpoint = r.lp;
    pn_score_free(&r);
    CHECK_OK(pn_score(&r, &m, x, &err), err);
    assert_false(r.high_risk);                               /* on the cut-point */
    pn_score_free(&r);
}

static void test_score_elm__refuses_what_has_no_score(void **state)
{
    (void)state;
    cfg_model m = committee();
    pn_score_result r = {0};
    pn_error err = {0};
    const double missing[] = {1, NAN, 2};
    assert_int_equal(pn_score(&r, &m, missing, &err), PN_EINVAL);
    assert_string_equal(err.msg, "feature feature_1 has no value");
    double huge[HIDDEN];
    for (size_t i = 0; i < HIDDEN; i++) { huge[i] = 1.7e308; }
    cfg_elm_network one = {.seed = 1, .beta = huge, .n_beta = HIDDEN};
    m.elm.networks = &one;
    m.elm.n_networks = 1;
    assert_int_equal(pn_score(&r, &m, x, &err), PN_EINVAL);
    assert_string_equal(err.msg, "the score of model \"c\" is not finite");
    assert_null(r.drivers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_elm__is_the_librarys_bit_for_bit),
        cmocka_unit_test(test_score_elm__survives_the_file),
        cmocka_unit_test(test_score_elm__contributions_by_their_definition),
        cmocka_unit_test(test_score_elm__survival_is_that_of_the_group),
        cmocka_unit_test(test_score_elm__one_network_has_no_spread),
        cmocka_unit_test(test_score_elm__refuses_what_has_no_score),
    };
    return cmocka_run_group_tests(tests, make_patients, free_patients);
}
