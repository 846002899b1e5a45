/* test_penalised_folds.c - cross-validation where a fold has nothing to tell. */
#include "cohort.h"

#include <survival/baseline.h>
#include <survival/penalised.h>

enum { N = 120, P = 4, FOLDS = 6 };

typedef struct made {
    double x[N * P], time[N];
    int event[N], fold[N];
    sv_matrix matrix;
    sv_surv surv;
} made;

/* Nobody in the last fold has an event. */
static void make(made *m)
{
    uint64_t rng = 11;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) { m->x[i * P + j] = uniform(&rng) - 0.5; }
        m->time[i] = floor(1 - 20 * log(uniform(&rng)) * exp(-2 * m->x[i * P]));
        m->fold[i] = (int)(i % FOLDS);
        m->event[i] = m->fold[i] != FOLDS - 1 && uniform(&rng) < 0.6;
    }
    m->matrix = sv_matrix_rowmajor(m->x, N, P);
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event };
}

/* 2 (saturated - log partial likelihood) at coefficients 0 of the rows outside a fold (-1: of all). */
static double null_deviance(const made *m, int without)
{
    double time[N], lp[N] = { 0 }, loglik, saturated = 0;
    int event[N];
    size_t n = 0;
    sv_error err = { 0 };
    for (size_t i = 0; i < N; i++) {
        if (m->fold[i] == without) { continue; }
        time[n] = m->time[i];
        event[n++] = m->event[i];
    }
    for (size_t i = 0; i < n; i++) {
        double tied = 0;
        for (size_t j = 0; j < n; j++) { tied += event[j] == 1 && event[i] == 1 && time[i] == time[j]; }
        if (tied > 0) { saturated -= log(tied); }
    }
    sv_surv s = { .n = n, .time = time, .event = event };
    CHECK_OK(sv_partial_loglik(&loglik, lp, &s, SV_TIES_BRESLOW, &err), err);
    return 2 * (saturated - loglik);
}

static void test_folds__one_without_events_is_left_out(void **state)
{
    (void)state;
    static made m;
    make(&m);
    const double lambda[] = { 5, 0.05, 0.02 };   /* the first selects nothing in any fold */
    sv_path_opts o = SV_PATH_OPTS_INIT;
    o.lambda = lambda;
    o.n_lambda = 3;
    for (int grouped = 0; grouped < 2; grouped++) {
        sv_path path;
        sv_cv cv;
        sv_cv_opts how = SV_CV_OPTS_INIT;
        sv_error err = { 0 };
        how.grouped = grouped == 1;
        CHECK_OK(sv_path_cox(&path, &m.matrix, &m.surv, &o, &err), err);
        CHECK_OK(sv_cv_cox(&cv, &path, &m.matrix, &m.surv, m.fold, FOLDS, &o, &how, &err), err);
        for (size_t k = 0; k < 3; k++) { assert_true(isfinite(cv.mean[k]) && isfinite(cv.se[k])); }
        assert_true(cv.mean[1] < cv.mean[0]);    /* the first column matters */
        assert_true(cv.best > 0);
        if (how.grouped) {
            double sum = 0, events = (double)sv_surv_events(&m.surv);
            for (int f = 0; f < FOLDS - 1; f++) { sum += null_deviance(&m, -1) - null_deviance(&m, f); }
            CHECK_NEAR(cv.mean[0], sum / events, 1e-12, 0);
        }
        sv_cv_free(&cv);
        sv_path_free(&path);
    }
}

/* Each fold's follow-up ends with its only event: no pair can be compared, and no choice be made. */
static void test_folds__no_choice_where_none_can_be_judged(void **state)
{
    (void)state;
    static made m;
    make(&m);
    for (size_t i = 0; i < N; i++) {
        m.event[i] = i < FOLDS;
        m.time[i] = m.event[i] ? 100 : 1 + (double)(i % 7);
    }
    sv_path_opts o = SV_PATH_OPTS_INIT;
    sv_cv_opts how = SV_CV_OPTS_INIT;
    sv_path path;
    sv_cv cv = { 0 };
    sv_error err = { 0 };
    how.measure = SV_CV_CONCORDANCE;
    CHECK_OK(sv_path_cox(&path, &m.matrix, &m.surv, &o, &err), err);
    assert_int_equal(sv_cv_cox(&cv, &path, &m.matrix, &m.surv, m.fold, FOLDS, &o, &how, &err), SV_ENOEVENT);
    assert_null(cv.mean);
    sv_path_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds__one_without_events_is_left_out),
        cmocka_unit_test(test_folds__no_choice_where_none_can_be_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
