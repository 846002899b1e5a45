/* test_cox_units.c - the unit in which a column is told must not change any test: radiomic features run from 1e-7 to
 * 1e10 side by side. */
#include "cohort.h"

#include <survival/cox_check.h>
#include <survival/cox_variants.h>

enum { N = 60, P = 3 };
static const double UNIT[P] = { 1e-8, 1, 1e9 };

typedef struct made {
    double x[N * P], y[N * P], time[N]; /* y: x in other units */
    int event[N];
    sv_matrix plain, scaled;
    sv_surv surv;
} made;

static void make(made *m)
{
    uint64_t rng = 21;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) {
            m->x[i * P + j] = uniform(&rng) + (j > 0 ? 0.3 * m->x[i * P + j - 1] : 0);
            m->y[i * P + j] = m->x[i * P + j] * UNIT[j];
        }
        m->time[i] = 1 + floor(-12 * log(uniform(&rng)) * exp(-m->x[i * P] + m->x[i * P + 2]));
        m->event[i] = uniform(&rng) < 0.8;
    }
    m->plain = sv_matrix_rowmajor(m->x, N, P);
    m->scaled = sv_matrix_rowmajor(m->y, N, P);
    m->surv = (sv_surv){ .n = N, .time = m->time, .event = m->event };
}

static void test_units__proportional_hazards_test(void **state)
{
    (void)state;
    static made m;
    make(&m);
    sv_cox a, b;
    sv_error err = { 0 };
    CHECK_OK(sv_cox_fit(&a, &m.plain, &m.surv, NULL, &err), err);
    CHECK_OK(sv_cox_fit(&b, &m.scaled, &m.surv, NULL, &err), err);
    for (int g = SV_ZPH_KM; g <= SV_ZPH_LOG; g++) {
        sv_cox_zph s, t;
        CHECK_OK(sv_cox_zph_test(&s, &a, &m.plain, &m.surv, (sv_zph_time)g, SV_TIES_EFRON, &err), err);
        CHECK_OK(sv_cox_zph_test(&t, &b, &m.scaled, &m.surv, (sv_zph_time)g, SV_TIES_EFRON, &err), err);
        assert_int_equal(t.df, P);
        CHECK_NEAR(t.global_chisq, s.global_chisq, 1e-9, 0);
        for (size_t j = 0; j < P; j++) { CHECK_NEAR(t.chisq[j], s.chisq[j], 1e-9, 0); }
        sv_cox_zph_free(&s);
        sv_cox_zph_free(&t);
    }
    sv_cox_free(&a);
    sv_cox_free(&b);
}

static void check_same_fit(const sv_cox *a, const sv_cox *b)
{
    CHECK_NEAR(b->loglik, a->loglik, 1e-12, 0);
    CHECK_NEAR(b->score, a->score, 1e-9, 0);
    CHECK_NEAR(b->wald, a->wald, 1e-9, 0);
    for (size_t j = 0; j < P; j++) {
        assert_int_equal(b->flag[j], 0);
        CHECK_NEAR(b->coef[j] * UNIT[j], a->coef[j], 1e-8, 0);
        CHECK_NEAR(b->se[j] * UNIT[j], a->se[j], 1e-8, 0);
        for (size_t k = 0; k < P; k++) {
            CHECK_NEAR(b->vcov[j * P + k] * UNIT[j] * UNIT[k], a->vcov[j * P + k], 1e-7, 1e-12);
        }
    }
}

static void test_units__fits(void **state)
{
    (void)state;
    static made m;
    make(&m);
    sv_cox a, b;
    sv_error err = { 0 };
    CHECK_OK(sv_cox_fit(&a, &m.plain, &m.surv, NULL, &err), err);
    CHECK_OK(sv_cox_fit(&b, &m.scaled, &m.surv, NULL, &err), err);
    check_same_fit(&a, &b);
    sv_cox_free(&a);
    sv_cox_free(&b);
    CHECK_OK(sv_cox_fit_exact(&a, &m.plain, &m.surv, NULL, &err), err);
    CHECK_OK(sv_cox_fit_exact(&b, &m.scaled, &m.surv, NULL, &err), err);
    check_same_fit(&a, &b);
    sv_cox_free(&a);
    sv_cox_free(&b);
}

/* A constant whose mean is no double leaves rounding behind: no column to fit. */
static void test_units__constant_is_still_refused(void **state)
{
    (void)state;
    static made m;
    make(&m);
    for (size_t i = 0; i < N; i++) { m.y[i * P + 1] = 0.1; }
    sv_cox fit;
    sv_error err = { 0 };
    assert_int_equal(sv_cox_fit_exact(&fit, &m.scaled, &m.surv, NULL, &err), SV_EDATA);
    CHECK_OK(sv_cox_fit(&fit, &m.scaled, &m.surv, NULL, &err), err);
    assert_int_equal(fit.flag[1], SV_COX_DROPPED);
    sv_cox_free(&fit);
    CHECK_OK(sv_cox_fit_ridge(&fit, NULL, &m.scaled, &m.surv, 1, NULL, &err), err);
    CHECK_NEAR(fit.coef[1], 0, 0, 1e-12);
    sv_cox_free(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units__proportional_hazards_test),
        cmocka_unit_test(test_units__fits),
        cmocka_unit_test(test_units__constant_is_still_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
