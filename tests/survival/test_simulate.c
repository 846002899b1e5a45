/* test_simulate.c - simulated cohorts: what is planted must be there. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <survival/cox.h>
#include <survival/quantile.h>
#include <survival/simulate.h>

enum { LARGE = 20000, K = SV_SIM_SUBCLONES };

static sv_sim_opts small(void)
{
    sv_sim_opts o = SV_SIM_OPTS_INIT;
    o.genes = 200;
    o.markers = 10;
    o.features = 23;
    o.drivers = 3;
    return o;
}

static void population(sv_sim *out, const sv_sim_opts *o)
{
    sv_error err = { 0 };
    CHECK_OK(sv_sim_make(out, o, &err), err);
}

static sv_sim_follow draw(sv_sim_cohort *out, const sv_sim *sim, const sv_sim_spec *spec)
{
    sv_error err = { 0 };
    sv_sim_follow follow;
    CHECK_OK(sv_sim_calibrate(&follow, sim, spec, &err), err);
    CHECK_OK(sv_sim_draw(out, sim, spec, &follow, &err), err);
    return follow;
}

static void check_same(const void *a, const void *b, size_t n, size_t size) { assert_memory_equal(a, b, n * size); }

/* The same seed the same patients, whatever their number and whatever is measured. */
static void test_simulate__patients_stay_who_they_are(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim one, two;
    population(&one, &o);
    population(&two, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort large, few, bare, other;
    spec.n = 60;
    (void)draw(&large, &one, &spec);
    spec.n = 25;
    (void)draw(&few, &two, &spec);
    for (size_t g = 0; g < o.genes; g++) { check_same(few.expression + g * 25, large.expression + g * 60, 25, sizeof(double)); }
    check_same(few.feature, large.feature, 25 * o.features, sizeof(double));
    check_same(few.again, large.again, 25 * o.features, sizeof(double));
    check_same(few.time, large.time, 25, sizeof(double));
    spec.expression = spec.features = false;
    (void)draw(&bare, &one, &spec);
    assert_null(bare.expression);
    assert_null(bare.feature);
    check_same(bare.lp, large.lp, 25, sizeof(double));
    check_same(bare.share, large.share, 25 * K, sizeof(double));
    check_same(bare.event, large.event, 25, sizeof(int));
    spec.number = 2;
    (void)draw(&other, &one, &spec);
    for (size_t i = 0; i < 25; i++) { assert_true(other.lp[i] != bare.lp[i] && other.time[i] != bare.time[i]); }
    sv_sim_cohort *all[] = { &large, &few, &bare, &other };
    for (size_t i = 0; i < 4; i++) { sv_sim_cohort_free(all[i]); }
    sv_sim_free(&two);
    o.seed = 2;
    population(&two, &o);
    for (size_t j = 0; j < o.features; j++) { assert_true(two.feature[j].mean != one.feature[j].mean); }
    sv_sim_free(&one);
    sv_sim_free(&two);
}

/* Of n yes-or-no values, within 4 standard errors. */
static void check_share(double got, double want, size_t n)
{
    CHECK_NEAR(got, want, 0, 4 * sqrt(want * (1 - want) / (double)n) + 1e-12);
}

static double correlation(const double *a, const double *b, size_t n, size_t step_a, size_t step_b)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ma += a[i * step_a] / (double)n;
        mb += b[i * step_b] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double x = a[i * step_a] - ma, y = b[i * step_b] - mb;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return ab / sqrt(aa * bb);
}

static void test_simulate__marginals(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim sim;
    o.genes = 0;
    population(&sim, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort c;
    spec.n = LARGE;
    spec.expression = false;
    spec.stage[0] = 0;
    spec.stage[1] = 0.38;
    (void)draw(&c, &sim, &spec);
    double n = LARGE, mean[K] = { 0 }, square[K] = { 0 };
    double stage[5] = { 0 }, male = 0, cea = 0, low = 0, events = 0;
    for (size_t i = 0; i < LARGE; i++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            double z = sv_sim_share_z(&sim, &c, i, k);
            sum += c.share[i * K + k];
            mean[k] += z / n;
            square[k] += z * z / n;
        }
        CHECK_NEAR(sum, 1, 1e-12, 0);
        stage[c.stage[i]] += 1 / n;
        male += c.male[i] / n;
        cea += (c.cea[i] >= 5) / n;
        low += (c.grade[i] == 1) / n;
        events += c.event[i] / n;
        assert_true(c.age[i] >= 20 && c.age[i] <= 95 && c.cea[i] > 0 && c.time[i] > 0);
    }
    for (size_t k = 0; k < K; k++) {
        CHECK_NEAR(mean[k], 0, 0, 4 / sqrt(n));
        CHECK_NEAR(square[k], 1, 0, 0.1);
    }
    assert_true(stage[1] == 0);
    for (int k = 2; k <= 4; k++) { check_share(stage[k], spec.stage[k - 1], LARGE); }
    check_share(male, spec.male, LARGE);
    check_share(cea, spec.cea, LARGE);
    check_share(low, spec.low_grade, LARGE);
    /* The calibration's own 8,192 patients have their error, too. */
    check_share(events, spec.event_share, 8192 / 2);
    CHECK_NEAR(sv_mean(c.time, LARGE), spec.follow_up_mean, 0, 4 * spec.follow_up_sd / sqrt(4096));
    CHECK_NEAR(sv_sd(c.time, LARGE), spec.follow_up_sd, 0.05, 0);
    sv_sim_cohort_free(&c);
    sv_sim_free(&sim);
}

/* Moments, repetition, copies and links of the features. */
static void test_simulate__features(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim sim;
    o.genes = 0;
    population(&sim, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort c;
    spec.n = LARGE;
    spec.expression = false;
    (void)draw(&c, &sim, &spec);
    size_t p = o.features;
    double n = LARGE, *column = calloc(LARGE, sizeof *column);
    static const int link[] = { -4, 4, 3, 1, 2 };
    assert_int_equal(sim.blocks, 5);
    for (size_t j = 0; j < p; j++) {
        const sv_sim_feature *f = &sim.feature[j], *head = &sim.feature[j - j % o.block];
        for (size_t i = 0; i < LARGE; i++) { column[i] = c.feature[i * p + j]; }
        CHECK_NEAR((sv_mean(column, LARGE) - f->mean) / f->sd, 0, 0, 4 / sqrt(n));
        CHECK_NEAR(sv_sd(column, LARGE) / f->sd, 1, 0.03, 0);
        CHECK_NEAR(correlation(c.feature + j, c.again + j, LARGE, p, p), f->icc, 0, 0.03);
        double copied = j % o.block == 0 ? 1 : f->loading * sqrt(f->icc * head->icc);
        CHECK_NEAR(correlation(c.feature + j, c.feature + j - j % o.block, LARGE, p, p), copied, 0, 0.03);
        assert_int_equal(sim.link[f->block], link[f->block]);
        double want = o.link * f->loading * sqrt(f->icc) * (link[f->block] < 0 ? -1 : 1);
        CHECK_NEAR(correlation(c.feature + j, c.share + abs(link[f->block]) - 1, LARGE, p, K), want, 0, 0.03);
        assert_true(j % 5 == 0 && j < 15 ? fabs(f->log_hr) == o.driver_log_hr : f->log_hr == 0);
    }
    free(column);
    sv_sim_cohort_free(&c);
    sv_sim_free(&sim);
}

/* A Cox model of everything that acts finds the log hazard ratios; the cumulative hazard is that of the Weibull. */
static void test_simulate__hazard(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim sim;
    o.genes = 0;
    o.shape = 1.4;
    population(&sim, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort c;
    spec.n = LARGE;
    spec.expression = false;
    sv_sim_follow follow = draw(&c, &sim, &spec);
    enum { P = 3 + (K - 1) + SV_SIM_COVARIATES };
    double *x = calloc((size_t)LARGE * P, sizeof *x), want[P];
    for (size_t i = 0; i < LARGE; i++) {
        size_t q = 0;
        for (size_t d = 0; d < 3; d++, q++) {
            const sv_sim_feature *f = &sim.feature[d * o.block];
            x[i * P + q] = (c.feature[i * o.features + d * o.block] - f->mean) / f->sd;
            want[q] = f->log_hr;
        }
        for (size_t k = 1; k < K; k++, q++) {
            x[i * P + q] = sv_sim_share_z(&sim, &c, i, k);
            want[q] = o.share_log_hr[k];
        }
        sv_sim_clinical(x + i * P + q, &c, i);
        memcpy(want + q, o.clinical_log_hr, sizeof o.clinical_log_hr);
        double lp = 0;
        for (size_t j = 0; j < P; j++) { lp += want[j] * x[i * P + j]; }
        CHECK_NEAR(c.lp[i], lp, 1e-9, 1e-9);
    }
    sv_surv s = { .n = LARGE, .time = c.time, .event = c.event };
    sv_matrix m = sv_matrix_rowmajor(x, LARGE, P);
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    sv_cox fit;
    sv_baseline h;
    sv_error err = { 0 };
    CHECK_OK(sv_cox_fit(&fit, &m, &s, &opts, &err), err);
    for (size_t j = 0; j < P; j++) {
        assert_true(fit.se[j] < 0.05);
        CHECK_NEAR(fit.coef[j], want[j], 0, 3.5 * fit.se[j]);
    }
    CHECK_OK(sv_baseline_fit(&h, c.lp, &s, SV_TIES_EFRON, &err), err);
    for (double t = 5; t < 70; t += 15) {
        CHECK_NEAR(sv_baseline_at(&h, 0, t), pow(t / follow.scale, o.shape), t < 10 ? 0.2 : 0.06, 0);
    }
    sv_baseline_free(&h);
    sv_cox_free(&fit);
    free(x);
    sv_sim_cohort_free(&c);
    sv_sim_free(&sim);
}

static void test_simulate__null(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    o.driver_log_hr = 0;
    memset(o.share_log_hr, 0, sizeof o.share_log_hr);
    memset(o.clinical_log_hr, 0, sizeof o.clinical_log_hr);
    sv_sim sim;
    population(&sim, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort c;
    (void)draw(&c, &sim, &spec);
    for (size_t i = 0; i < c.n; i++) { assert_true(c.lp[i] == 0); }
    sv_sim_cohort_free(&c);
    sv_sim_free(&sim);
}

/* Without noise X is S A' to the bit; with it the mean is; an array moves a gene alike in all patients. */
static void test_simulate__expression(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim pure, noisy;
    sv_sim_cohort a, b, shifted;
    spec.n = 400;
    o.gene_noise = 0;
    population(&pure, &o);
    (void)draw(&a, &pure, &spec);
    spec.gene_shift = 0.3;
    (void)draw(&shifted, &pure, &spec);
    spec.gene_shift = 0;
    o.gene_noise = 0.2;
    population(&noisy, &o);
    (void)draw(&b, &noisy, &spec);
    double logs = 0, squares = 0, ratios = 0, n = (double)(o.genes * spec.n), moved = 0;
    for (size_t g = 0; g < o.genes; g++) {
        double factor = shifted.expression[g * spec.n] / a.expression[g * spec.n];
        moved += log(factor) * log(factor) / (double)o.genes;
        for (size_t i = 0; i < spec.n; i++) {
            double x = 0, got = a.expression[g * spec.n + i];
            for (size_t k = 0; k < K; k++) { x += pure.profile[g * K + k] * a.share[i * K + k]; }
            assert_true(got == x);
            CHECK_NEAR(shifted.expression[g * spec.n + i] / got, factor, 1e-12, 0);
            double ratio = b.expression[g * spec.n + i] / got;
            ratios += ratio / n;
            logs += log(ratio) / n;
            squares += log(ratio) * log(ratio) / n;
        }
    }
    CHECK_NEAR(ratios, 1, 0, 4 * 0.2 / sqrt(n));
    CHECK_NEAR(sqrt(squares - logs * logs), 0.2, 0.02, 0);
    CHECK_NEAR(sqrt(moved), 0.3, 0.25, 0);
    sv_sim_cohort *all[] = { &a, &b, &shifted };
    for (size_t i = 0; i < 3; i++) { sv_sim_cohort_free(all[i]); }
    sv_sim_free(&pure);
    sv_sim_free(&noisy);
}

static void test_simulate__markers_and_sets(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim sim;
    population(&sim, &o);
    size_t count[K + 1] = { 0 };
    for (size_t g = 0; g < o.genes; g++) {
        int m = sim.marker[g];
        const double *s = sim.profile + g * K;
        count[m]++;
        for (size_t k = 0; k < K && m > 0; k++) {
            assert_true((int)k + 1 == m || s[k] < 0.2 * s[m - 1]);
        }
    }
    for (size_t k = 1; k <= K; k++) { assert_int_equal(count[k], o.markers); }
    assert_int_equal(sim.sets.n, K + SV_SIM_DECOYS);
    size_t marked = 0;
    for (size_t set = 0; set < sim.sets.n; set++) {
        size_t own = 0, others = 0;
        assert_int_equal(sim.sets.start[set + 1] - sim.sets.start[set], o.markers);
        for (size_t i = sim.sets.start[set]; i < sim.sets.start[set + 1]; i++) {
            int m = sim.marker[sim.sets.gene[i]];
            own += m == (int)set + 1;
            others += m == 0;
            for (size_t q = sim.sets.start[set]; q < i; q++) { assert_true(sim.sets.gene[q] != sim.sets.gene[i]); }
        }
        if (set < K) {
            assert_int_equal(own, 8);
            assert_int_equal(others, 2);
        }
        marked += set < K ? 0 : o.markers - others;
    }
    /* A fifth of all genes are markers, and so of the decoys' 160. */
    assert_in_range(marked, 16, 50);
    sv_sim_free(&sim);
}

/* A centre moves and stretches each feature, the same for all its patients. */
static void test_simulate__centre(void **state)
{
    (void)state;
    sv_sim_opts o = small();
    sv_sim sim;
    population(&sim, &o);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort home, away;
    spec.n = 30;
    (void)draw(&home, &sim, &spec);
    spec.feature_shift = 0.5;
    (void)draw(&away, &sim, &spec);
    size_t p = o.features;
    double moved = 0;
    for (size_t j = 0; j < p; j++) {
        double stretch = (away.feature[p + j] - away.feature[j]) / (home.feature[p + j] - home.feature[j]);
        double offset = away.feature[j] - stretch * home.feature[j];
        for (size_t i = 0; i < spec.n; i++) {
            CHECK_NEAR(away.feature[i * p + j], offset + stretch * home.feature[i * p + j], 1e-9, 0);
            CHECK_NEAR(away.again[i * p + j], offset + stretch * home.again[i * p + j], 1e-9, 0);
        }
        double shift = (offset + (stretch - 1) * sim.feature[j].mean) / sim.feature[j].sd;
        moved += shift * shift / (double)p;
    }
    CHECK_NEAR(sqrt(moved), 0.5, 0.4, 0);
    check_same(home.time, away.time, spec.n, sizeof(double));
    sv_sim_cohort_free(&home);
    sv_sim_cohort_free(&away);
    sv_sim_free(&sim);
}

static void refused(const sv_sim_opts *o, sv_code code, const char *word)
{
    sv_sim sim = { .profile = NULL };
    sv_error err = { 0 };
    assert_int_equal(sv_sim_make(&sim, o, &err), code);
    assert_non_null(strstr(err.msg, word));
    assert_null(sim.profile);
}

static void test_simulate__refusals(void **state)
{
    (void)state;
    sv_sim_opts o = small();
#define REFUSED(change, code, word) do { o = small(); change; refused(&o, code, word); } while (0)
    REFUSED(o.genes = SV_SIM_MAX_GENES + 1, SV_ELIMIT, "50001 genes");
    REFUSED(o.markers = 26, SV_EINVAL, "markers is 26");
    REFUSED(o.block = 0, SV_EINVAL, "block is 0");
    REFUSED(o.drivers = 6, SV_EINVAL, "drivers is 6");
    REFUSED(o.leak = -1, SV_EINVAL, "leak");
    REFUSED(o.gene_noise = 4, SV_EINVAL, "gene_noise is 4");
    REFUSED(o.copy = 1.5, SV_EINVAL, "copy is 1.5");
    REFUSED(o.link = (double)NAN, SV_EINVAL, "link is nan");
    REFUSED(o.share[3] = 0, SV_EINVAL, "a mean share is 0");
    REFUSED(o.share[3] = 0.1, SV_EINVAL, "the sum of the mean shares");
    REFUSED(o.share_weight = 0, SV_EINVAL, "share_weight");
    REFUSED(o.driver_log_hr = 6, SV_EINVAL, "driver_log_hr is 6");
    REFUSED(o.share_log_hr[1] = -6, SV_EINVAL, "share_log_hr is -6");
    REFUSED(o.clinical_log_hr[4] = (double)INFINITY, SV_EINVAL, "clinical_log_hr is inf");
    REFUSED(o.shape = 0, SV_EINVAL, "shape is 0");
#undef REFUSED
    o = small();
    sv_sim sim;
    population(&sim, &o);
    const sv_sim_spec good = SV_SIM_SPEC_INIT;
    sv_sim_spec s = good;
    sv_sim_follow follow = { 1, 1, 1 };
    sv_sim_cohort c = { .n = 7 };
    sv_error err = { 0 };
#define REFUSED(change, code, word)                                                         \
    do {                                                                                    \
        s = good;                                                                           \
        change;                                                                             \
        assert_int_equal(sv_sim_calibrate(&follow, &sim, &s, &err), code);                  \
        assert_int_equal(sv_sim_draw(&c, &sim, &s, &follow, &err), code);                   \
        assert_non_null(strstr(err.msg, word));                                             \
    } while (0)
    REFUSED(s.n = 0, SV_ELIMIT, "0 patients");
    REFUSED(s.n = SV_SIM_MAX_PATIENTS + 1, SV_ELIMIT, "1000001 patients");
    REFUSED(s.event_share = 0, SV_EINVAL, "event_share is 0");
    REFUSED(s.follow_up_mean = -1, SV_EINVAL, "follow_up_mean is -1");
    REFUSED(s.follow_up_sd = 0, SV_EINVAL, "follow_up_sd is 0");
    REFUSED(s.male = 2, SV_EINVAL, "male is 2");
    REFUSED(s.cea = -1, SV_EINVAL, "cea is -1");
    REFUSED(s.low_grade = (double)NAN, SV_EINVAL, "low_grade is nan");
    REFUSED(s.stage[2] = -0.1, SV_EINVAL, "a stage's share is -0.1");
    REFUSED(s.stage[2] = 0.9, SV_EINVAL, "the sum of the stages' shares");
    REFUSED(s.feature_shift = 6, SV_EINVAL, "feature_shift is 6");
    REFUSED(s.gene_shift = 4, SV_EINVAL, "gene_shift is 4");
#undef REFUSED
    follow.censoring_scale = 0;
    assert_int_equal(sv_sim_draw(&c, &sim, &good, &follow, &err), SV_EINVAL);
    assert_int_equal(c.n, 7);
    sv_sim_free(&sim);
    sv_sim_free(NULL);
    sv_sim_cohort_free(NULL);
    o.genes = 0;
    population(&sim, &o);
    assert_int_equal(sv_sim_calibrate(&follow, &sim, &good, &err), SV_EINVAL);
    assert_non_null(strstr(err.msg, "where expression is asked for"));
    sv_sim_free(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate__patients_stay_who_they_are),
        cmocka_unit_test(test_simulate__marginals),
        cmocka_unit_test(test_simulate__features),
        cmocka_unit_test(test_simulate__hazard),
        cmocka_unit_test(test_simulate__null),
        cmocka_unit_test(test_simulate__expression),
        cmocka_unit_test(test_simulate__markers_and_sets),
        cmocka_unit_test(test_simulate__centre),
        cmocka_unit_test(test_simulate__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
