/* test_cox_properties.c - Cox models against first principles: a quadratic-time likelihood written
 * from the definition, finite differences, invariances, and data that cannot be fitted. */
#include "cohort.h"

#include <string.h>

#include <survival/baseline.h>
#include <survival/cox.h>

enum { N = 60, P = 3 };

typedef struct sample {
    double time[2 * N], start[2 * N], weight[2 * N], x[2 * N * P];
    int event[2 * N], stratum[2 * N];
    sv_surv surv;
    sv_matrix matrix;
} sample;

/* Heavily tied times, three strata, late entries, unequal weights. */
static void make_sample(sample *s, bool start, bool weight, bool stratum)
{
    uint64_t seed = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < N; i++) {
        double risk = 0;
        for (size_t j = 0; j < P; j++) {
            s->x[i * P + j] = j == 0 ? (double)(uniform(&seed) < 0.4) : 5 * uniform(&seed) - (double)j;
            risk += 0.3 * s->x[i * P + j];
        }
        s->start[i] = floor(3 * uniform(&seed));
        s->time[i] = s->start[i] + 1 + floor(-8 * log(1 - uniform(&seed)) * exp(-risk));
        s->event[i] = uniform(&seed) < 0.7;
        s->weight[i] = 0.5 + uniform(&seed);
        s->stratum[i] = (int)(3 * uniform(&seed)) * 7 - 5;
    }
    s->surv = (sv_surv){ .n = N, .time = s->time, .event = s->event,
                         .start = start ? s->start : NULL, .weight = weight ? s->weight : NULL,
                         .stratum = stratum ? s->stratum : NULL };
    s->matrix = sv_matrix_rowmajor(s->x, N, P);
}

static double weight_at(const sv_surv *s, size_t i) { return s->weight != NULL ? s->weight[i] : 1; }

static bool at_risk(const sv_surv *s, size_t j, size_t death)
{
    double t = s->time[death];
    return s->time[j] >= t && (s->start == NULL || s->start[j] < t) &&
           (s->stratum == NULL || s->stratum[j] == s->stratum[death]);
}

/* The terms of all deaths at one time, entered at the first of them in row order. */
static double death_time_loglik(const sv_surv *s, const double *eta, sv_ties ties, size_t i)
{
    double s0 = 0, d0 = 0, w_dead = 0, ll = 0;
    size_t dead = 0;
    for (size_t j = 0; j < s->n; j++) {
        if (!at_risk(s, j, i)) { continue; }
        s0 += weight_at(s, j) * exp(eta[j]);
        if (s->event[j] == 0 || s->time[j] > s->time[i]) { continue; }
        if (j < i) { return 0; }
        d0 += weight_at(s, j) * exp(eta[j]);
        w_dead += weight_at(s, j);
        ll += weight_at(s, j) * eta[j];
        dead++;
    }
    for (size_t l = 0; l < dead; l++) {
        double fraction = ties == SV_TIES_EFRON ? (double)l / (double)dead : 0;
        ll -= w_dead / (double)dead * log(s0 - fraction * d0);
    }
    return ll;
}

static double naive_loglik(const sv_surv *s, const sv_matrix *x, const double *beta, sv_ties ties)
{
    double *eta = calloc(s->n, sizeof *eta), ll = 0;
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < x->cols; j++) { eta[i] += beta[j] * sv_at(x, i, j); }
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->event[i] == 1) { ll += death_time_loglik(s, eta, ties, i); }
    }
    free(eta);
    return ll;
}

static double naive_score(const sv_surv *s, const sv_matrix *x, const double *beta, sv_ties ties,
                          size_t j)
{
    double moved[P], h = 1e-4, f[4], at[4] = { -2, -1, 1, 2 };
    for (size_t k = 0; k < 4; k++) {
        memcpy(moved, beta, sizeof moved);
        moved[j] += at[k] * h;
        f[k] = naive_loglik(s, x, moved, ties);
    }
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
}

static void check_optimum(const sample *s, sv_ties ties)
{
    sv_error err;
    sv_cox fit;
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.ties = ties;
    opts.eps = 1e-14;
    double zero[P] = { 0 };
    CHECK_OK(sv_cox_fit(&fit, &s->matrix, &s->surv, &opts, &err), err);
    assert_true(fit.converged);
    CHECK_NEAR(fit.loglik0, naive_loglik(&s->surv, &s->matrix, zero, ties), 1e-13, 0);
    CHECK_NEAR(fit.loglik, naive_loglik(&s->surv, &s->matrix, fit.coef, ties), 1e-13, 0);
    double curvature[P * P];
    for (size_t j = 0; j < P; j++) {
        CHECK_NEAR(naive_score(&s->surv, &s->matrix, fit.coef, ties, j), 0, 0, 1e-8);
        for (size_t k = 0; k < P; k++) {
            double h = 1e-3, up[P], down[P];
            memcpy(up, fit.coef, sizeof up);
            memcpy(down, fit.coef, sizeof down);
            up[k] += h;
            down[k] -= h;
            curvature[j * P + k] = (naive_score(&s->surv, &s->matrix, down, ties, j) -
                                    naive_score(&s->surv, &s->matrix, up, ties, j)) / (2 * h);
        }
    }
    for (size_t j = 0; j < P; j++) {
        for (size_t k = 0; k < P; k++) {
            double unit = 0;
            for (size_t l = 0; l < P; l++) { unit += fit.vcov[j * P + l] * curvature[l * P + k]; }
            CHECK_NEAR(unit, j == k, 0, 1e-4);
        }
    }
    sv_cox_free(&fit);
}

static void test_cox__optimum_of_the_naive_likelihood(void **state)
{
    (void)state;
    for (unsigned mask = 0; mask < 8; mask++) {
        sample s;
        make_sample(&s, (mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0);
        check_optimum(&s, SV_TIES_EFRON);
        check_optimum(&s, SV_TIES_BRESLOW);
    }
}

static void check_same_fit(const sv_cox *a, const sv_cox *b, double rtol)
{
    CHECK_NEAR(a->loglik, b->loglik, rtol, 0);
    CHECK_NEAR(a->score, b->score, rtol, 0);
    for (size_t j = 0; j < a->p; j++) {
        CHECK_NEAR(a->coef[j], b->coef[j], rtol, 0);
        CHECK_NEAR(a->se[j], b->se[j], rtol, 0);
    }
}

static void test_cox__duplicated_rows_are_weight_two_under_breslow(void **state)
{
    (void)state;
    sample s;
    sv_error err;
    sv_cox twice, weighted;
    make_sample(&s, true, false, true);
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.ties = SV_TIES_BRESLOW;
    for (size_t i = 0; i < N; i++) {
        s.time[N + i] = s.time[i];
        s.start[N + i] = s.start[i];
        s.event[N + i] = s.event[i];
        s.stratum[N + i] = s.stratum[i];
        memcpy(&s.x[(N + i) * P], &s.x[i * P], P * sizeof *s.x);
        s.weight[i] = 2;
    }
    s.surv.weight = s.weight;
    CHECK_OK(sv_cox_fit(&weighted, &s.matrix, &s.surv, &opts, &err), err);
    s.surv.weight = NULL;
    s.surv.n = s.matrix.rows = 2 * N;
    CHECK_OK(sv_cox_fit(&twice, &s.matrix, &s.surv, &opts, &err), err);
    check_same_fit(&twice, &weighted, 1e-10);
    sv_cox_free(&twice);
    sv_cox_free(&weighted);
}

static void test_cox__row_order_time_unit_and_layout_do_not_matter(void **state)
{
    (void)state;
    sample s, t;
    sv_error err;
    sv_cox a, b;
    make_sample(&s, true, true, true);
    make_sample(&t, true, true, true);
    double by_column[N * P];
    for (size_t i = 0; i < N; i++) {
        size_t to = (i * 37 + 11) % N;
        t.time[to] = s.time[i] / 30.44;
        t.start[to] = s.start[i] / 30.44;
        t.event[to] = s.event[i];
        t.weight[to] = s.weight[i];
        t.stratum[to] = s.stratum[i];
        for (size_t j = 0; j < P; j++) { by_column[j * N + to] = s.x[i * P + j]; }
    }
    t.matrix = sv_matrix_colmajor(by_column, N, P);
    CHECK_OK(sv_cox_fit(&a, &s.matrix, &s.surv, NULL, &err), err);
    CHECK_OK(sv_cox_fit(&b, &t.matrix, &t.surv, NULL, &err), err);
    check_same_fit(&a, &b, 1e-11);
    sv_cox_free(&a);
    sv_cox_free(&b);
}

/* unit * (0.1 + 0.2) and unit * 0.3 are one time: apart, the two deaths would not be tied. */
static void check_computed_times_tie(double unit)
{
    double exact[] = { 0.3, 0.3, 0.5, 0.7, 0.9, 1 }, computed[] = { 0.1 + 0.2, 0.3, 0.5, 0.7, 0.9, 1 };
    for (size_t i = 0; i < 6; i++) {
        exact[i] *= unit;
        computed[i] *= unit;
    }
    const double x[] = { 1, 4, 2, 7, 3, 5 };
    const int event[] = { 1, 1, 0, 1, 1, 0 };
    assert_true(exact[0] < computed[0]);
    sv_matrix m = sv_matrix_rowmajor(x, 6, 1);
    sv_surv s = { .n = 6, .time = exact, .event = event };
    sv_error err;
    sv_cox a, b;
    CHECK_OK(sv_cox_fit(&a, &m, &s, NULL, &err), err);
    s.time = computed;
    CHECK_OK(sv_cox_fit(&b, &m, &s, NULL, &err), err);
    assert_memory_equal(a.coef, b.coef, sizeof *a.coef);
    assert_memory_equal(a.vcov, b.vcov, sizeof *a.vcov);
    sv_cox_free(&a);
    sv_cox_free(&b);
}

/* Small numbers tie by the absolute tolerance, large ones by the relative. */
static void test_cox__computed_times_tie(void **state)
{
    (void)state;
    check_computed_times_tie(1);
    check_computed_times_tie(1e10);
}

static void test_cox__monotone_likelihood_is_flagged(void **state)
{
    (void)state;
    double time[10], x[10];
    int event[10];
    for (size_t i = 0; i < 10; i++) {
        time[i] = (double)i + 1;
        x[i] = i < 5;
        event[i] = 1;
    }
    sv_surv s = { .n = 10, .time = time, .event = event };
    sv_matrix m = sv_matrix_rowmajor(x, 10, 1);
    sv_error err;
    sv_cox fit;
    CHECK_OK(sv_cox_fit(&fit, &m, &s, NULL, &err), err);
    assert_int_equal(fit.flag[0], SV_COX_INFINITE);
    /* 03_cox/monotone.csv: coxph(Surv(1:10, rep(1, 10)) ~ rep(1:0, each = 5)) */
    assert_int_equal(fit.iter, 20);
    CHECK_NEAR(fit.coef[0], 22.2290542571158, 1e-6, 0);
    CHECK_NEAR(fit.loglik, -9.5749834880967875, 1e-10, 0);
    sv_cox_free(&fit);
}

/* x orders the events perfectly: the likelihood climbs to 1 and no coefficient is large enough. */
static void test_cox__perfect_order_is_flagged(void **state)
{
    (void)state;
    double time[12], x[12];
    int event[12];
    for (size_t i = 0; i < 12; i++) {
        time[i] = (double)i + 1;
        x[i] = -(double)i;
        event[i] = 1;
    }
    sv_surv s = { .n = 12, .time = time, .event = event };
    sv_matrix m = sv_matrix_rowmajor(x, 12, 1);
    sv_error err;
    sv_cox fit;
    CHECK_OK(sv_cox_fit(&fit, &m, &s, NULL, &err), err);
    assert_int_equal(fit.flag[0], SV_COX_INFINITE);
    assert_false(fit.converged);
    assert_true(fit.coef[0] > 5 && fit.loglik > -1e-3);
    sv_cox_free(&fit);
}

static void test_cox__smallest_and_degenerate_data(void **state)
{
    (void)state;
    const double time[] = { 1, 1, 1 }, x[] = { 2, 5, 4 }, huge[] = { 1e308, -1e308, 1.7e308 };
    const int event[] = { 1, 1, 1 };
    sv_surv s = { .n = 3, .time = time, .event = event };
    sv_matrix m = sv_matrix_rowmajor(x, 3, 1);
    sv_error err;
    sv_cox fit;
    CHECK_OK(sv_cox_fit(&fit, &m, &s, NULL, &err), err); /* all die at once: nothing to learn */
    CHECK_NEAR(fit.coef[0], 0, 0, 1e-12);
    assert_int_equal(fit.flag[0], 0);
    sv_cox_free(&fit);
    const int first[] = { 1, 0, 0 };
    s.n = m.rows = 2;
    s.event = first;
    CHECK_OK(sv_cox_fit(&fit, &m, &s, NULL, &err), err);
    assert_true(fit.overfit);
    assert_true((fit.flag[0] & SV_COX_INFINITE) != 0);
    sv_cox_free(&fit);
    s.n = 3;
    m = sv_matrix_rowmajor(huge, 3, 1);
    assert_int_equal(sv_cox_fit(&fit, &m, &s, NULL, &err), SV_ENUMERIC);
}

static void test_cox__singular_columns_are_dropped(void **state)
{
    (void)state;
    sample s;
    sv_error err;
    sv_cox plain, fit;
    make_sample(&s, false, true, false);
    double x[N * 5];
    for (size_t i = 0; i < N; i++) {
        const double *r = &s.x[i * P];
        const double row[5] = { r[0], r[1], 1e6 / 3, 2 * r[1] - r[0] + 4, r[2] };
        memcpy(&x[i * 5], row, sizeof row);
    }
    sv_matrix m = sv_matrix_rowmajor(x, N, 5);
    CHECK_OK(sv_cox_fit(&plain, &s.matrix, &s.surv, NULL, &err), err);
    CHECK_OK(sv_cox_fit(&fit, &m, &s.surv, NULL, &err), err);
    const unsigned char want[5] = { 0, 0, SV_COX_DROPPED, SV_COX_DROPPED, 0 };
    assert_memory_equal(fit.flag, want, 5);
    assert_int_equal(fit.rank, 3);
    const size_t kept[P] = { 0, 1, 4 };
    for (size_t j = 0; j < P; j++) {
        CHECK_NEAR(fit.coef[kept[j]], plain.coef[j], 1e-9, 0);
        CHECK_NEAR(fit.se[kept[j]], plain.se[j], 1e-9, 0);
    }
    assert_true(isnan(fit.coef[2]) && isnan(fit.se[3]) && isnan(fit.vcov[3 * 5 + 0]));
    CHECK_NEAR(fit.lrt_p, plain.lrt_p, 1e-8, 0);
    double lp[N];
    CHECK_OK(sv_cox_predict(lp, &fit, &m, &err), err);
    for (size_t i = 0; i < N; i++) { assert_true(isfinite(lp[i])); }
    sv_cox_free(&plain);
    sv_cox_free(&fit);

    m = sv_matrix_colmajor(x, N, 1);
    for (size_t i = 0; i < N; i++) { x[i] = 0.1; }
    CHECK_OK(sv_cox_fit(&fit, &m, &s.surv, NULL, &err), err);
    assert_int_equal(fit.flag[0], SV_COX_DROPPED);
    assert_int_equal(fit.rank, 0);
    sv_cox_free(&fit);

    make_sample(&s, true, true, true); /* constant within every stratum: what is left is rounding */
    for (int k = 1; k <= 20; k++) {
        for (size_t i = 0; i < N; i++) { x[i] = 0.1 * k * s.stratum[i] + 0.7; }
        CHECK_OK(sv_cox_fit(&fit, &m, &s.surv, NULL, &err), err);
        assert_int_equal(fit.flag[0], SV_COX_DROPPED);
        sv_cox_free(&fit);
    }
}

static void test_cox__more_columns_than_events_is_allowed_and_flagged(void **state)
{
    (void)state;
    sample s;
    sv_error err;
    sv_cox fit;
    make_sample(&s, false, false, false);
    uint64_t seed = 4711;
    double x[N * 70];
    for (size_t i = 0; i < N * 70; i++) { x[i] = uniform(&seed); }
    sv_matrix m = sv_matrix_rowmajor(x, N, 70);
    CHECK_OK(sv_cox_fit(&fit, &m, &s.surv, NULL, &err), err);
    assert_true(fit.overfit);
    assert_true(fit.rank < 60);
    sv_cox_free(&fit);
    CHECK_OK(sv_cox_fit(&fit, &s.matrix, &s.surv, NULL, &err), err);
    assert_false(fit.overfit);
    sv_cox_free(&fit);
}

static void refuse(const sample *s, const sv_cox_opts *opts, int code, const char *part)
{
    sv_error err = { 0 };
    sv_cox fit = { .n = 99 };
    assert_int_equal(sv_cox_fit(&fit, &s->matrix, &s->surv, opts, &err), code);
    assert_int_equal(err.code, code);
    if (strstr(err.msg, part) == NULL) { fail_msg("\"%s\" lacks \"%s\"", err.msg, part); }
    assert_int_equal(fit.n, 99);
    assert_int_equal(sv_cox_fit(&fit, &s->matrix, &s->surv, opts, NULL), code);
}

static void test_cox__bad_input_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const names[] = { "sex", "age", "volume" };
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    opts.names = names;
    sample s;
#define REFUSE_WITH(change, code, part)              \
    do {                                             \
        make_sample(&s, true, true, false);          \
        change;                                      \
        refuse(&s, &opts, (code), (part));           \
    } while (0)
    REFUSE_WITH(s.x[7 * P + 2] = (double)NAN, SV_EDATA, "row 7, column 2 (volume) is nan");
    REFUSE_WITH(s.x[7 * P + 1] = (double)INFINITY, SV_EDATA, "row 7, column 1 (age) is inf");
    REFUSE_WITH(s.time[3] = -1, SV_EDATA, "time[3] is -1");
    REFUSE_WITH(s.time[3] = (double)NAN, SV_EDATA, "time[3] is nan");
    REFUSE_WITH(s.event[4] = 2, SV_EDATA, "event[4] is 2");
    REFUSE_WITH(s.start[5] = s.time[5], SV_EDATA, "start[5]");
    REFUSE_WITH(s.start[5] = s.time[5] - 1e-10, SV_EDATA, "row 5 runs from");
    REFUSE_WITH(s.weight[6] = 0, SV_EDATA, "weight[6] is 0");
    REFUSE_WITH(memset(s.event, 0, sizeof s.event), SV_ENOEVENT, "none of the 60 rows has an event");
    REFUSE_WITH(s.surv.n = s.matrix.rows = 1, SV_ETOOSMALL, "1 rows, at least 2");
    REFUSE_WITH(s.matrix.rows = 59, SV_EINVAL, "59 rows");
    REFUSE_WITH(s.matrix.cols = 0, SV_EINVAL, "0 columns");
    REFUSE_WITH(s.matrix.cols = 5000, SV_ELIMIT, "5000 covariates");
    opts.max_iter = 0;
    REFUSE_WITH((void)0, SV_EINVAL, "max_iter is 0");
#undef REFUSE_WITH
}

static void test_baseline__is_a_step_function_within_each_stratum(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3, 4, 2, 5 }, lp[] = { 0, 0, 0, 0, 0, 0 };
    const int event[] = { 1, 0, 1, 0, 1, 0 }, stratum[] = { 9, 9, 9, 9, -1, -1 };
    sv_surv s = { .n = 6, .time = time, .event = event, .stratum = stratum };
    sv_error err;
    sv_baseline b;
    CHECK_OK(sv_baseline_fit(&b, lp, &s, SV_TIES_EFRON, &err), err);
    CHECK_NEAR(sv_baseline_at(&b, 9, 0.5), 0, 0, 0);
    CHECK_NEAR(sv_baseline_at(&b, 9, 1), 0.25, 1e-15, 0);
    CHECK_NEAR(sv_baseline_at(&b, 9, 2.9), 0.25, 1e-15, 0);
    CHECK_NEAR(sv_baseline_at(&b, 9, 4), 0.75, 1e-15, 0);
    assert_true(isnan(sv_baseline_at(&b, 9, 4.1)));
    assert_true(isnan(sv_baseline_at(&b, 8, 1)));
    CHECK_NEAR(sv_baseline_at(&b, -1, 5), 0.5, 1e-15, 0);
    CHECK_NEAR(sv_survival_probability(0.75, log(2)), exp(-1.5), 1e-15, 0);
    CHECK_NEAR(sv_survival_probability(0, 1e4), 1, 0, 0);
    sv_baseline_free(&b);
}

/* A predictor far from zero must neither overflow nor move the likelihood. */
static void test_baseline__likelihood_ignores_a_shift_of_the_predictor(void **state)
{
    (void)state;
    sample s;
    sv_error err;
    make_sample(&s, true, true, true);
    double lp[N], a, b;
    for (size_t i = 0; i < N; i++) { lp[i] = s.x[i * P + 1]; }
    CHECK_OK(sv_partial_loglik(&a, lp, &s.surv, SV_TIES_EFRON, &err), err);
    for (size_t i = 0; i < N; i++) { lp[i] += 1024; }
    CHECK_OK(sv_partial_loglik(&b, lp, &s.surv, SV_TIES_EFRON, &err), err);
    CHECK_NEAR(b, a, 1e-11, 0);
    lp[5] = (double)NAN;
    assert_int_equal(sv_partial_loglik(&b, lp, &s.surv, SV_TIES_EFRON, &err), SV_EDATA);
    assert_true(isnan(b));
}

/* A risk set that has emptied leaves no rounding behind for a patient of far lower hazard. */
static void test_baseline__emptied_risk_set_is_empty(void **state)
{
    (void)state;
    const double start[] = { 5, 5, 6, 0 }, time[] = { 10, 9, 8, 3 }, lp[] = { 40, 38.5, 37.1, 0 };
    const int event[] = { 1, 1, 1, 1 };
    sv_surv s = { .n = 4, .time = time, .event = event, .start = start };
    sv_error err;
    double ll;
    CHECK_OK(sv_partial_loglik(&ll, lp, &s, SV_TIES_EFRON, &err), err);
    double want = 38.5 - log(exp(40) + exp(38.5)) + 37.1 - log(exp(40) + exp(38.5) + exp(37.1));
    CHECK_NEAR(ll, want, 1e-13, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cox__optimum_of_the_naive_likelihood),
        cmocka_unit_test(test_cox__duplicated_rows_are_weight_two_under_breslow),
        cmocka_unit_test(test_cox__row_order_time_unit_and_layout_do_not_matter),
        cmocka_unit_test(test_cox__computed_times_tie),
        cmocka_unit_test(test_cox__monotone_likelihood_is_flagged),
        cmocka_unit_test(test_cox__perfect_order_is_flagged),
        cmocka_unit_test(test_cox__smallest_and_degenerate_data),
        cmocka_unit_test(test_cox__singular_columns_are_dropped),
        cmocka_unit_test(test_cox__more_columns_than_events_is_allowed_and_flagged),
        cmocka_unit_test(test_cox__bad_input_is_refused_by_name),
        cmocka_unit_test(test_baseline__is_a_step_function_within_each_stratum),
        cmocka_unit_test(test_baseline__emptied_risk_set_is_empty),
        cmocka_unit_test(test_baseline__likelihood_ignores_a_shift_of_the_predictor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
