/* test_learner.c - every method through one door: planted truth, equality with the method itself, invariances. */
#include <check.h>

#include <stdlib.h>
#include <string.h>
#include <survival/concordance.h>
#include <survival/cox.h>
#include <survival/dist.h>
#include <survival/elm.h>
#include <survival/learner.h>
#include <survival/logistic.h>
#include <survival/penalised.h>
#include <survival/rng.h>
#include <survival/roc.h>

enum { N = 120, P = 4 };

/* Columns 0 and 2 raise the risk, 1 lowers it, 3 is noise; units differ wildly. */
typedef struct sample {
    double x[N * P], time[N];
    int label[N], event[N];
    sv_surv surv;
    sv_matrix m;
    sv_outcome y;
} sample;

static void simulate(sample *s, uint64_t seed)
{
    sv_rng r = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        double *x = s->x + i * P;
        for (size_t j = 0; j < P; j++) { x[j] = sv_normal_quantile(sv_rng_uniform(&r)); }
        double eta = 1.5 * x[0] - x[1] + x[2];
        s->label[i] = sv_rng_uniform(&r) < 1 / (1 + exp(-2 * eta));
        double t = -log(sv_rng_uniform(&r)) * exp(-eta), c = 3 * sv_rng_uniform(&r);
        s->time[i] = fmin(t, c);
        s->event[i] = t <= c;
        x[0] = 1000 + 300 * x[0];
        x[2] *= 1e-4;
    }
    s->surv = (sv_surv){ .n = N, .time = s->time, .event = s->event };
    s->m = sv_matrix_rowmajor(s->x, N, P);
    s->y = (sv_outcome){ s->label, &s->surv };
}

static sv_learner quick(sv_method m)
{
    sv_learner l = sv_learner_of(m);
    sv_error err = { 0 };
    if (m == SV_METHOD_ELM) { CHECK_OK(sv_learner_set(&l, "hidden", 60, &err), err); }
    if (m == SV_METHOD_SVM) { CHECK_OK(sv_learner_choose(&l, "probability", "yes", &err), err); }
    if (m == SV_METHOD_FOREST || m == SV_METHOD_SURVIVAL_FOREST) { CHECK_OK(sv_learner_set(&l, "trees", 60, &err), err); }
    if (m == SV_METHOD_KNN) { CHECK_OK(sv_learner_set(&l, "k", 15, &err), err); }
    return l;
}

static void fit_and_score(double *score, const sv_learner *l, const sample *train, const sv_matrix *ask)
{
    sv_fitted *f;
    sv_error err = { 0 };
    CHECK_OK(sv_learner_fit(&f, l, &train->m, &train->y, &err), err);
    CHECK_OK(sv_fitted_score(score, f, ask, &err), err);
    sv_fitted_free(f);
}

/* ---- settings -------------------------------------------------------------------------------- */

static void test_learner__names_and_ranges(void **state)
{
    (void)state;
    sv_method got;
    assert_false(sv_method_by_name(&got, "oracle"));
    for (int k = 0; k < SV_METHODS; k++) {
        sv_method m = (sv_method)k;
        assert_true(sv_method_by_name(&got, sv_method_name(m)) && got == m);
        size_t n;
        const sv_param *p = sv_method_params(m, &n);
        assert_true(n <= SV_LEARNER_MAX_PARAMS);
        sv_learner l = sv_learner_of(m), before = l;
        sv_error err = { 0 };
        assert_int_equal(sv_learner_set(&l, "no such", 1, &err), SV_EINVAL);
        for (size_t j = 0; j < n; j++) {
            assert_true(p[j].low <= p[j].usual && p[j].usual <= p[j].high && p[j].meaning != NULL);
            assert_true(l.value[j] == p[j].usual);
            assert_int_equal(sv_learner_set(&l, p[j].name, p[j].high * 1.01 + 1, &err), SV_EINVAL);
            assert_non_null(strstr(err.msg, p[j].name));
            assert_int_equal(sv_learner_set(&l, p[j].name, p[j].low - 1, &err), SV_EINVAL);
            assert_int_equal(sv_learner_set(&l, p[j].name, (double)NAN, &err), SV_EINVAL);
            if (p[j].whole) { assert_int_equal(sv_learner_set(&l, p[j].name, p[j].low + 0.5, &err), SV_EINVAL); }
            assert_int_equal(sv_learner_choose(&l, p[j].name, "perhaps", &err), SV_EINVAL);
            assert_memory_equal(&l, &before, sizeof l);
            CHECK_OK(sv_learner_set(&l, p[j].name, p[j].high, &err), err);
            assert_true(l.value[j] == p[j].high);
            for (size_t c = 0; p[j].choice != NULL && p[j].choice[c] != NULL; c++) {
                CHECK_OK(sv_learner_choose(&l, p[j].name, p[j].choice[c], &err), err);
                assert_true(l.value[j] == (double)c && p[j].high >= (double)c);
            }
            l = before;
        }
    }
}

/* ---- planted truth --------------------------------------------------------------------------- */

static void test_learner__finds_what_is_planted(void **state)
{
    (void)state;
    static sample train, fresh;
    double score[N], share[N * 2];
    sv_error err = { 0 };
    simulate(&train, 1);
    simulate(&fresh, 2);
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = quick((sv_method)k);
        sv_fitted *f;
        const int *label;
        CHECK_OK(sv_learner_fit(&f, &l, &train.m, &train.y, &err), err);
        CHECK_OK(sv_fitted_score(score, f, &fresh.m, &err), err);
        if (sv_method_survival(l.method)) {
            sv_concordance c;
            CHECK_OK(sv_concordance_harrell(&c, score, &fresh.surv, &err), err);
            if (!(c.c > 0.72)) { fail_msg("%s: C = %g", sv_method_name(l.method), c.c); }
            assert_int_equal(sv_fitted_labels(&label, f), 0);
            assert_true(isnan(sv_fitted_cut(f)) && !sv_learner_gives_shares(&l));
            sv_fitted_free(f);
            continue;
        }
        sv_roc_area a;
        size_t right = 0;
        CHECK_OK(sv_roc_auc(&a, score, fresh.label, N, 0.95, &err), err);
        if (!(a.auc > 0.75)) { fail_msg("%s: AUC = %g", sv_method_name(l.method), a.auc); }
        for (size_t i = 0; i < N; i++) { right += (score[i] > sv_fitted_cut(f)) == (fresh.label[i] == 1); }
        if (right < N * 7 / 10) { fail_msg("%s: %zu of %d right", sv_method_name(l.method), right, N); }
        assert_int_equal(sv_fitted_labels(&label, f), 2);
        assert_true(label[0] == 0 && label[1] == 1);
        assert_true(sv_learner_gives_shares(&l) == (l.method != SV_METHOD_ELM));
        int rc = sv_fitted_shares(share, f, &fresh.m, &err);
        if (!sv_learner_gives_shares(&l)) {
            assert_int_equal(rc, SV_EINVAL);
            sv_fitted_free(f);
            continue;
        }
        CHECK_OK(rc, err);
        double loss = 0;
        for (size_t i = 0; i < N; i++) {
            CHECK_NEAR(share[2 * i] + share[2 * i + 1], 1, 0, 1e-12);
            loss -= log(fmax(share[2 * i + (size_t)fresh.label[i]], 1e-3)) / N;
            for (size_t h = 0; h < i; h++) {               /* scores and shares rank alike */
                assert_true((score[i] - score[h]) * (share[2 * i + 1] - share[2 * h + 1]) >= 0);
            }
        }
        if (!(loss < 0.69)) { fail_msg("%s: log loss %g", sv_method_name(l.method), loss); }
        sv_fitted_free(f);
    }
}

/* ---- the methods themselves ------------------------------------------------------------------ */

static void test_learner__is_the_method(void **state)
{
    (void)state;
    static sample s;
    double score[N], direct[N], coef[P];
    sv_error err = { 0 };
    simulate(&s, 3);
    sv_learner l = sv_learner_of(SV_METHOD_LOGISTIC);
    sv_logistic g;
    fit_and_score(score, &l, &s, &s.m);
    CHECK_OK(sv_logistic_fit(&g, &s.m, s.label, NULL, &err), err);
    CHECK_OK(sv_logistic_predict(direct, &g, &s.m, &err), err);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(1 / (1 + exp(-score[i])), direct[i], 1e-8, 0); }
    sv_logistic_free(&g);

    l = sv_learner_of(SV_METHOD_COX);
    sv_cox cox;
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    fit_and_score(score, &l, &s, &s.m);
    CHECK_OK(sv_cox_fit(&cox, &s.m, &s.surv, &opts, &err), err);
    CHECK_OK(sv_cox_predict(direct, &cox, &s.m, &err), err);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(score[i], direct[i] - sv_cox_centre(&cox), 1e-7, 1e-7); }
    sv_cox_free(&cox);

    l = sv_learner_of(SV_METHOD_LASSO_COX);
    CHECK_OK(sv_learner_set(&l, "lambda", 0.05, &err), err);
    sv_path path;
    sv_path_opts o = SV_PATH_OPTS_INIT;
    sv_fitted *f;
    double intercept, own[2] = { 0.2, 0.05 };
    CHECK_OK(sv_learner_fit(&f, &l, &s.m, &s.y, &err), err);
    assert_true(sv_fitted_linear(coef, &intercept, f));
    o.lambda = own;
    o.n_lambda = 2;
    CHECK_OK(sv_path_cox(&path, &s.m, &s.surv, &o, &err), err);
    for (size_t j = 0; j < P; j++) { CHECK_NEAR(coef[j], path.coef[P + j], 1e-4, 1e-12); }
    sv_path_free(&path);
    sv_fitted_free(f);
}

/* The committee of standardised columns, from the seed after the learner's on. */
static void test_learner__is_the_committee(void **state)
{
    (void)state;
    static sample s;
    double z[N * P], score[N], mean[N];
    sv_error err = { 0 };
    simulate(&s, 13);
    for (size_t j = 0; j < P; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < N; i++) { sum += s.x[i * P + j] / N; }
        for (size_t i = 0; i < N; i++) { squares += (s.x[i * P + j] - sum) * (s.x[i * P + j] - sum); }
        for (size_t i = 0; i < N; i++) { z[i * P + j] = (s.x[i * P + j] - sum) / sqrt(squares / (N - 1)); }
    }
    sv_learner l = sv_learner_of(SV_METHOD_ELM);
    CHECK_OK(sv_learner_set(&l, "hidden", 30, &err), err);
    CHECK_OK(sv_learner_set(&l, "cost", 0.5, &err), err);
    CHECK_OK(sv_learner_set(&l, "networks", 7, &err), err);
    l.seed = 40;
    fit_and_score(score, &l, &s, &s.m);
    sv_matrix m = sv_matrix_rowmajor(z, N, P);
    const sv_elm_opts o = { .hidden = 30, .cost = 0.5, .seed = 41 };
    CHECK_OK(sv_elm_committee(mean, NULL, NULL, &m, &m, s.label, &o, 7, &err), err);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(score[i], mean[i], 0, 1e-9); }
}

static void test_learner__linear(void **state)
{
    (void)state;
    static sample s;
    double score[N], coef[P], intercept;
    sv_error err = { 0 };
    simulate(&s, 4);
    size_t linear = 0;
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = quick((sv_method)k);
        sv_fitted *f;
        CHECK_OK(sv_learner_fit(&f, &l, &s.m, &s.y, &err), err);
        if (sv_fitted_linear(coef, &intercept, f)) {
            linear++;
            CHECK_OK(sv_fitted_score(score, f, &s.m, &err), err);
            for (size_t i = 0; i < N; i++) {
                double sum = intercept;
                for (size_t j = 0; j < P; j++) { sum += coef[j] * sv_at(&s.m, i, j); }
                CHECK_NEAR(sum, score[i], 1e-9, 1e-9);
            }
        }
        sv_fitted_free(f);
    }
    assert_int_equal(linear, 6);
    sv_learner l = sv_learner_of(SV_METHOD_SVM);
    sv_fitted *f;
    CHECK_OK(sv_learner_choose(&l, "kernel", "rbf", &err), err);
    CHECK_OK(sv_learner_fit(&f, &l, &s.m, &s.y, &err), err);
    assert_false(sv_fitted_linear(coef, &intercept, f));
    sv_fitted_free(f);
}

/* ---- invariances ----------------------------------------------------------------------------- */

/* Other units (by powers of two, which round nothing) and another layout of the same rows: the same bits. A column
 * that was constant in training says nothing, whatever it says later. */
static void test_learner__invariances(void **state)
{
    (void)state;
    static sample s, units;
    static double wide[N * (P + 1)], later[N * (P + 1)], turned[N * P];
    double score[N], other[N];
    simulate(&s, 5);
    units = s;
    units.surv.time = units.time;
    units.surv.event = units.event;
    units.y = (sv_outcome){ units.label, &units.surv };
    units.m.v = units.x;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) {
            units.x[i * P + j] = ldexp(s.x[i * P + j], (int)j * 7 - 9);
            turned[j * N + i] = s.x[i * P + j];
            wide[i * (P + 1) + j] = later[i * (P + 1) + j] = s.x[i * P + j];
        }
        wide[i * (P + 1) + P] = 5;
        later[i * (P + 1) + P] = 1e6 * (double)i;
    }
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = quick((sv_method)k);
        fit_and_score(score, &l, &s, &s.m);
        fit_and_score(other, &l, &units, &units.m);
        assert_memory_equal(other, score, sizeof score);
        sample columns = s;
        columns.m = sv_matrix_colmajor(turned, N, P);
        fit_and_score(other, &l, &columns, &columns.m);
        assert_memory_equal(other, score, sizeof score);
        columns.m = sv_matrix_rowmajor(wide, N, P + 1);
        sv_matrix ask = sv_matrix_rowmajor(later, N, P + 1);
        fit_and_score(score, &l, &columns, &columns.m);
        fit_and_score(other, &l, &columns, &ask);
        assert_memory_equal(other, score, sizeof score);
    }
}

/* The order of the rows says nothing, but where samples or folds of them are drawn. */
static void test_learner__order_of_rows(void **state)
{
    (void)state;
    static sample s, turned;
    double score[N], other[N];
    simulate(&s, 14);
    for (size_t i = 0; i < N; i++) {
        size_t from = (i * 7 + 3) % N;                         /* 7 has no divisor in common with N */
        memcpy(turned.x + i * P, s.x + from * P, P * sizeof *s.x);
        turned.time[i] = s.time[from];
        turned.label[i] = s.label[from];
        turned.event[i] = s.event[from];
    }
    turned.surv = (sv_surv){ .n = N, .time = turned.time, .event = turned.event };
    turned.m = sv_matrix_rowmajor(turned.x, N, P);
    turned.y = (sv_outcome){ turned.label, &turned.surv };
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = sv_learner_of((sv_method)k);
        sv_error err = { 0 };
        if (l.method == SV_METHOD_FOREST || l.method == SV_METHOD_SURVIVAL_FOREST) { continue; }
        if (l.method == SV_METHOD_LASSO_COX || l.method == SV_METHOD_LASSO_LOGISTIC) {
            CHECK_OK(sv_learner_set(&l, "lambda", 0.03, &err), err);
        }
        if (l.method == SV_METHOD_ELM) { CHECK_OK(sv_learner_set(&l, "hidden", 40, &err), err); }
        fit_and_score(score, &l, &s, &s.m);
        fit_and_score(other, &l, &turned, &s.m);
        double tolerance = l.method == SV_METHOD_SVM ? 5e-3 : 1e-5;      /* its fit stops at 1e-3 */
        for (size_t i = 0; i < N; i++) { CHECK_NEAR(other[i], score[i], 0, tolerance); }
    }
}

/* Nothing but the seed is drawn from, and where it matters it does. */
static void test_learner__seed(void **state)
{
    (void)state;
    static sample s;
    double score[N], again[N], other[N];
    simulate(&s, 6);
    static const sv_method drawn[] = { SV_METHOD_ELM, SV_METHOD_FOREST, SV_METHOD_SURVIVAL_FOREST };
    for (size_t k = 0; k < 3; k++) {
        sv_learner l = quick(drawn[k]);
        fit_and_score(score, &l, &s, &s.m);
        fit_and_score(again, &l, &s, &s.m);
        assert_memory_equal(again, score, sizeof score);
        l.seed = UINT64_MAX;
        fit_and_score(other, &l, &s, &s.m);
        assert_true(memcmp(other, score, sizeof score) != 0);
    }
}

/* ---- labels and failures --------------------------------------------------------------------- */

static void test_learner__many_labels(void **state)
{
    (void)state;
    static sample s;
    int three[N];
    double share[N * 3], score[N];
    sv_error err = { 0 };
    simulate(&s, 7);
    for (size_t i = 0; i < N; i++) { three[i] = s.x[i * P] > 1200 ? 9 : s.x[i * P] < 800 ? -4 : 2; }
    sv_outcome y = { three, NULL };
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = sv_learner_of((sv_method)k);
        if (sv_method_survival(l.method)) { continue; }
        sv_fitted *f = NULL;
        int rc = sv_learner_fit(&f, &l, &s.m, &y, &err);
        if (!sv_method_many_labels(l.method)) {
            assert_int_equal(rc, SV_EDATA);
            assert_null(f);
            continue;
        }
        CHECK_OK(rc, err);
        const int *label;
        assert_int_equal(sv_fitted_labels(&label, f), 3);
        assert_true(label[0] == -4 && label[1] == 2 && label[2] == 9);
        CHECK_OK(sv_fitted_shares(share, f, &s.m, &err), err);
        size_t right = 0;
        for (size_t i = 0; i < N; i++) {
            size_t best = 0;
            for (size_t c = 1; c < 3; c++) { best = share[i * 3 + c] > share[i * 3 + best] ? c : best; }
            right += label[best] == three[i];
        }
        assert_true(right > N * 7 / 10);
        assert_int_equal(sv_fitted_score(score, f, &s.m, &err), SV_EINVAL);
        sv_fitted_free(f);
    }
}

static void test_learner__failures(void **state)
{
    (void)state;
    static sample s;
    double score[N];
    sv_error err = { 0 };
    simulate(&s, 8);
    const sv_outcome nothing = { NULL, NULL };
    for (int k = 0; k < SV_METHODS; k++) {
        sv_learner l = quick((sv_method)k);
        sv_fitted *f = NULL;
        assert_int_equal(sv_learner_fit(&f, &l, &s.m, &nothing, &err), SV_EINVAL);
        double was = s.x[7];
        s.x[7] = (double)NAN;
        assert_int_equal(sv_learner_fit(&f, &l, &s.m, &s.y, &err), SV_EDATA);
        s.x[7] = was;
        sample one = s;
        memset(one.label, 0, sizeof one.label);
        memset(one.event, 0, sizeof one.event);
        one.surv.event = one.event;
        one.y = (sv_outcome){ one.label, &one.surv };
        assert_int_equal(sv_learner_fit(&f, &l, &s.m, &one.y, &err), sv_method_survival(l.method) ? SV_ENOEVENT : SV_EDATA);
        sv_surv few = { .n = N - 1, .time = s.time, .event = s.event };
        const sv_outcome short_of = { NULL, &few };
        assert_int_equal(sv_learner_fit(&f, &l, &s.m, &short_of, &err), SV_EINVAL);
        if (sv_method_params(l.method, &(size_t){ 0 }) != NULL) {
            l.value[0] = (double)NAN;
            assert_int_equal(sv_learner_fit(&f, &l, &s.m, &s.y, &err), SV_EINVAL);
            l = quick((sv_method)k);
        }
        assert_null(f);
        CHECK_OK(sv_learner_fit(&f, &l, &s.m, &s.y, &err), err);
        sv_matrix narrow = sv_matrix_rowmajor(s.x, N, P - 1);
        assert_int_equal(sv_fitted_score(score, f, &narrow, &err), SV_EINVAL);
        s.x[7] = (double)INFINITY;
        assert_int_equal(sv_fitted_score(score, f, &s.m, &err), SV_EDATA);
        s.x[7] = was;
        sv_fitted_free(f);
    }
    sv_learner l = { .method = SV_METHODS };
    sv_fitted *f = NULL;
    assert_int_equal(sv_learner_fit(&f, &l, &s.m, &s.y, &err), SV_EINVAL);
    sv_fitted_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learner__names_and_ranges), cmocka_unit_test(test_learner__finds_what_is_planted),
        cmocka_unit_test(test_learner__is_the_method),    cmocka_unit_test(test_learner__is_the_committee),
        cmocka_unit_test(test_learner__order_of_rows),    cmocka_unit_test(test_learner__linear),
        cmocka_unit_test(test_learner__invariances),      cmocka_unit_test(test_learner__seed),
        cmocka_unit_test(test_learner__many_labels),      cmocka_unit_test(test_learner__failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
