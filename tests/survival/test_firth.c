/* test_firth.c - Firth's Cox model against its definition, the penalised likelihood written out over all pairs. */
#include "cohort.h"

#include <survival/cox_variants.h>
#include <survival/dist.h>

enum { N = 40 };
typedef struct made { double time[N], x[2 * N]; int event[N]; sv_surv surv; sv_matrix m; } made;

/* A group and a measured value; no ties among times. `empty`: the group has no event. */
static void make_data(made *d, uint64_t seed, bool empty)
{
    for (int i = 0; i < N; i++) {
        d->x[2 * i] = i % 2;
        d->x[2 * i + 1] = 50 + 20 * uniform(&seed);
        d->time[i] = -log(uniform(&seed)) * exp(-0.5 * (i % 2) - 0.05 * (d->x[2 * i + 1] - 60)) * 10 + 0.01;
        d->event[i] = uniform(&seed) < 0.5 && !(empty && i % 2 == 0);
    }
    d->surv = (sv_surv){ .n = N, .time = d->time, .event = d->event };
    d->m = sv_matrix_rowmajor(d->x, N, 2);
}

/* Log likelihood + 1/2 log det information by the definition, O(n^2). */
static double penalised(const made *d, const double *b, size_t p)
{
    double loglik = 0, info[4] = { 0 };
    for (int i = 0; i < N; i++) {
        if (!d->event[i]) { continue; }
        double s0 = 0, s1[2] = { 0 }, s2[4] = { 0 };
        for (int j = 0; j < N; j++) {
            if (d->time[j] < d->time[i]) { continue; }
            double eta = 0;
            for (size_t k = 0; k < p; k++) { eta += b[k] * d->x[2 * j + (int)k]; }
            double w = exp(eta);
            s0 += w;
            for (size_t k = 0; k < p; k++) {
                s1[k] += w * d->x[2 * j + (int)k];
                for (size_t l = 0; l < p; l++) { s2[k * 2 + l] += w * d->x[2 * j + (int)k] * d->x[2 * j + (int)l]; }
            }
        }
        for (size_t k = 0; k < p; k++) {
            loglik += b[k] * d->x[2 * i + (int)k];
            for (size_t l = 0; l < p; l++) { info[k * 2 + l] += s2[k * 2 + l] / s0 - s1[k] * s1[l] / (s0 * s0); }
        }
        loglik -= log(s0);
    }
    return loglik + log(p == 1 ? info[0] : info[0] * info[3] - info[1] * info[2]) / 2;
}

static void test_optimum_and_limits_are_those_of_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        made d;
        sv_firth f;
        sv_error err;
        make_data(&d, seed, seed % 2 == 0);
        CHECK_OK(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), err);
        const double *b = f.fit.coef;
        double top = penalised(&d, b, 2), zero[2] = { 0, 0 };
        CHECK_NEAR(f.fit.loglik, top, 1e-10, 0);
        CHECK_NEAR(f.fit.loglik0, penalised(&d, zero, 2), 1e-10, 0);
        const double h[] = { 1e-4, 1e-5 };
        for (int k = 0; k < 2; k++) {               /* flat, and lower on both sides */
            double up[2] = { b[0], b[1] }, down[2] = { b[0], b[1] };
            up[k] += h[k];
            down[k] -= h[k];
            double slope = (penalised(&d, up, 2) - penalised(&d, down, 2)) / (2 * h[k]);
            CHECK_NEAR(slope * f.fit.se[k], 0, 0, 2e-6);
            up[k] += 0.1 * f.fit.se[k];
            down[k] -= 0.1 * f.fit.se[k];
            assert_true(penalised(&d, up, 2) < top && penalised(&d, down, 2) < top);
            assert_true(f.lower[k] < b[k] && b[k] < f.upper[k]);
        }
        sv_firth_free(&f);
        const sv_matrix one = { d.x, N, 1, 2, 1 };
        CHECK_OK(sv_cox_fit_firth(&f, &one, &d.surv, 0.95, NULL, &err), err);
        double z = sv_normal_quantile(0.975), at[] = { f.lower[0], f.upper[0] };
        top = penalised(&d, f.fit.coef, 1);
        for (int k = 0; k < 2; k++) { CHECK_NEAR(2 * (top - penalised(&d, &at[k], 1)), z * z, 1e-6, 0); }
        CHECK_NEAR(f.p_value[0], sv_chisq_upper(2 * (top - penalised(&d, zero, 1)), 1), 1e-8, 0);
        CHECK_NEAR(f.fit.lrt, 2 * (top - penalised(&d, zero, 1)), 1e-9, 1e-10);
        sv_firth_free(&f);
    }
}

/* With two covariates a limit is where the best of the other coefficient falls short by as much. */
static void test_limits_of_a_profile(void **state)
{
    (void)state;
    made d;
    sv_firth f;
    sv_error err;
    make_data(&d, 4, true);
    CHECK_OK(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.9, NULL, &err), err);
    double z = sv_normal_quantile(0.95), ends[] = { f.lower[0], f.upper[0] };
    for (int k = 0; k < 2; k++) {
        double best = -1e300, centre = f.fit.coef[1], width = 5 * f.fit.se[1];
        for (int round = 0; round < 12; round++, width /= 4) {      /* ever finer grids round the best */
            double middle = centre;
            for (int i = -10; i <= 10; i++) {
                double b[] = { ends[k], middle + width * i / 10 };
                double v = penalised(&d, b, 2);
                if (v > best) {
                    best = v;
                    centre = b[1];
                }
            }
        }
        CHECK_NEAR(2 * (f.fit.loglik - best), z * z, 1e-6, 0);
    }
    sv_firth_free(&f);
}

/* Where one group has no event the plain likelihood is monotone; this one has an answer, on the right side. */
static void test_monotone_likelihood(void **state)
{
    (void)state;
    made d;
    sv_firth f;
    sv_cox plain;
    sv_error err;
    make_data(&d, 2, true);
    CHECK_OK(sv_cox_fit(&plain, &d.m, &d.surv, NULL, &err), err);
    assert_true((plain.flag[0] & SV_COX_INFINITE) != 0);
    CHECK_OK(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), err);
    assert_true(isfinite(f.fit.coef[0]) && f.fit.coef[0] > 0 && f.fit.coef[0] < 10 && f.lower[0] > 0);
    assert_true(f.p_value[0] < 0.05 && f.fit.flag[0] == 0);
    sv_firth_free(&f);
    sv_cox_free(&plain);
}

/* Another unit and another zero of a column change nothing but that; nor does the order of the rows. */
static void test_units_and_order(void **state)
{
    (void)state;
    made d, e;
    sv_firth f, g;
    sv_error err;
    make_data(&d, 7, false);
    for (int i = 0; i < N; i++) {
        int j = N - 1 - i;
        e.time[i] = 365.25 * d.time[j];
        e.event[i] = d.event[j];
        e.x[2 * i] = d.x[2 * j];
        e.x[2 * i + 1] = 1000 * d.x[2 * j + 1] - 7;
    }
    e.surv = (sv_surv){ .n = N, .time = e.time, .event = e.event };
    e.m = sv_matrix_rowmajor(e.x, N, 2);
    CHECK_OK(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), err);
    CHECK_OK(sv_cox_fit_firth(&g, &e.m, &e.surv, 0.95, NULL, &err), err);
    CHECK_NEAR(f.fit.coef[0], g.fit.coef[0], 1e-6, 0);
    CHECK_NEAR(f.fit.coef[1], 1000 * g.fit.coef[1], 1e-6, 0);
    CHECK_NEAR(f.upper[1], 1000 * g.upper[1], 1e-6, 0);
    CHECK_NEAR(f.p_value[1], g.p_value[1], 1e-6, 0);
    sv_firth_free(&f);
    sv_firth_free(&g);
}

/* With many events the penalty hardly matters. */
static void test_many_events_need_no_penalty(void **state)
{
    (void)state;
    enum { M = 3000 };
    static double time[M], x[M];
    static int event[M];
    uint64_t seed = 5;
    sv_firth f;
    sv_cox plain;
    sv_error err;
    for (int i = 0; i < M; i++) {
        x[i] = 4 * uniform(&seed);
        time[i] = -log(uniform(&seed)) * exp(-0.5 * x[i]);
        event[i] = 1;
    }
    const sv_surv s = { .n = M, .time = time, .event = event };
    const sv_matrix m = sv_matrix_colmajor(x, M, 1);
    CHECK_OK(sv_cox_fit_firth(&f, &m, &s, 0.95, NULL, &err), err);
    CHECK_OK(sv_cox_fit(&plain, &m, &s, NULL, &err), err);
    CHECK_NEAR(f.fit.coef[0], plain.coef[0], 2e-3, 0);
    CHECK_NEAR(f.lower[0], plain.coef[0] - 1.96 * plain.se[0], 5e-3, 0);
    CHECK_NEAR(f.upper[0], plain.coef[0] + 1.96 * plain.se[0], 5e-3, 0);
    sv_firth_free(&f);
    sv_cox_free(&plain);
}

static void test_refusals(void **state)
{
    (void)state;
    made d;
    sv_firth f = { .fit.n = 77 };
    sv_error err;
    make_data(&d, 1, false);
    assert_int_equal(sv_cox_fit_firth(&f, &d.m, &d.surv, 1, NULL, &err), SV_EINVAL);
    for (int i = 0; i < N; i++) { d.x[2 * i + 1] = 3; }
    assert_int_equal(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "column 1 is constant"));
    for (int i = 0; i < N; i++) { d.x[2 * i + 1] = 2 - d.x[2 * i]; }
    assert_int_not_equal(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), SV_OK);      /* collinear */
    memset(d.event, 0, sizeof d.event);
    assert_int_equal(sv_cox_fit_firth(&f, &d.m, &d.surv, 0.95, NULL, &err), SV_ENOEVENT);
    assert_int_equal(f.fit.n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimum_and_limits_are_those_of_the_definition), cmocka_unit_test(test_limits_of_a_profile),
        cmocka_unit_test(test_monotone_likelihood), cmocka_unit_test(test_units_and_order),
        cmocka_unit_test(test_many_events_need_no_penalty), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
