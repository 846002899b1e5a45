/* test_maxstat.c - cut-points against R's maxstat, exactRankTests and survminer. */
#include "cohort.h"

#include <survival/maxstat.h>

#define RTOL 1e-9

static const char *const REFERENCES[] = { "gbsg2_pnodes", "gbsg2_progrec", "gbsg2_age", "dlbcl_MGE",
                                          "dlbcl_IPI", "lung1_MajorAxisLength", "lung1_SVR" };

static void read_table(csv *out, const char *name, const char *suffix)
{
    char path[512];
    (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s%s.csv"), name, suffix);
    if (!csv_read(out, path)) { fail_msg("cannot read %s", path); }
}

static void check_cuts(const sv_maxstat *m, const char *name)
{
    csv want;
    read_table(&want, name, "_stats");
    assert_int_equal(m->n_cuts, want.rows);
    for (size_t k = 0; k < m->n_cuts; k++) {
        CHECK_NEAR(m->cut[k], csv_num(&want, k, "cut"), 1e-14, 0);
        CHECK_NEAR(m->statistic[k], csv_num(&want, k, "stat"), RTOL, 0);
    }
    csv_free(&want);
}

static void check_summary(const sv_maxstat *m, size_t n, const char *name)
{
    csv want;
    read_table(&want, name, "");
    CHECK_NEAR(m->statistic[m->best], csv_stat(&want, "M"), RTOL, 0);
    CHECK_NEAR(m->cut[m->best], csv_stat(&want, "cutpoint"), 1e-14, 0);
    CHECK_NEAR(m->cut[m->best], csv_stat(&want, "survminer_cut"), 1e-14, 0);
    CHECK_NEAR(m->p_lausen92, csv_stat(&want, "p_Lau92"), RTOL, 1e-16);
    /* R subtracts Phi(b) from 1, which leaves 2e-16 of noise */
    CHECK_NEAR(m->p_lausen94, csv_stat(&want, "p_Lau94"), RTOL, 3e-16);
    assert_int_equal(m->n_low[m->best], (size_t)csv_stat(&want, "n_low"));
    assert_int_equal(n - m->n_low[m->best], (size_t)csv_stat(&want, "n_high"));
    assert_int_equal(m->high_is_worse, csv_stat(&want, "HR_high") > 1);
    csv_free(&want);
}

static void test_maxstat__agrees_with_r(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("06_maxstat"));
    static const char *const cols[] = { "x", NULL };
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
        char path[512];
        sv_error err;
        cohort c;
        sv_maxstat m;
        print_message("%s\n", REFERENCES[i]);
        (void)snprintf(path, sizeof path, REFERENCE("06_maxstat/%s_scores.csv"), REFERENCES[i]);
        cohort_read(&c, path, NULL, "time", "event", 1, cols);
        double *score = calloc(c.n, sizeof *score);
        CHECK_OK(sv_logrank_scores(score, &c.surv, &err), err);
        for (size_t k = 0; k < c.n; k++) {
            CHECK_NEAR(score[k], csv_num(&c.table, k, "logrank_score"), RTOL, 1e-12);
        }
        CHECK_OK(sv_maxstat_find(&m, c.x, &c.surv, NULL, &err), err);
        check_cuts(&m, REFERENCES[i]);
        check_summary(&m, c.n, REFERENCES[i]);
        free(score);
        sv_maxstat_free(&m);
        cohort_free(&c);
    }
}

static void test_maxstat__p_values_on_a_grid(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("06_maxstat"));
    csv want;
    read_table(&want, "pLausen_grid", "");
    for (size_t i = 0; i < want.rows; i++) {
        double b = csv_num(&want, i, "b");
        size_t n = (size_t)csv_num(&want, i, "N"), low[300], k = 0;
        for (size_t m = n / 10; m <= (size_t)(0.9 * (double)n); m++) { low[k++] = m; }
        CHECK_NEAR(sv_maxstat_p_lausen92(b, 0.1, 0.9), csv_num(&want, i, "p92"), RTOL, 0);
        CHECK_NEAR(sv_maxstat_p_lausen94(b, n, low, k), csv_num(&want, i, "p94"), RTOL, 0);
    }
    csv_free(&want);
    CHECK_NEAR(sv_maxstat_p_lausen92(0.5, 0.1, 0.9), 1, 0, 0);
}

static void test_maxstat__monotone_change_of_x_moves_only_the_cut(void **state)
{
    (void)state;
    enum { N = 60 };
    double time[N], x[N], y[N];
    int event[N];
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++) {
        x[i] = floor(12 * uniform(&seed));
        y[i] = exp(x[i] / 3);
        time[i] = 1 - log(uniform(&seed)) * (x[i] > 6 ? 1 : 3);
        event[i] = uniform(&seed) < 0.8;
    }
    sv_surv s = { .n = N, .time = time, .event = event };
    sv_error err;
    sv_maxstat a, b;
    CHECK_OK(sv_maxstat_find(&a, x, &s, NULL, &err), err);
    CHECK_OK(sv_maxstat_find(&b, y, &s, NULL, &err), err);
    assert_int_equal(a.n_cuts, b.n_cuts);
    assert_int_equal(a.best, b.best);
    assert_memory_equal(a.statistic, b.statistic, a.n_cuts * sizeof *a.statistic);
    CHECK_NEAR(b.cut[b.best], exp(a.cut[a.best] / 3), 1e-15, 0);
    assert_true(a.high_is_worse);
    sv_maxstat_free(&a);
    sv_maxstat_free(&b);
}

static void test_maxstat__bad_input_is_refused(void **state)
{
    (void)state;
    const double time[] = { 1, 2, 3, 4 };
    double x[] = { 5, 5, 5, 5 };
    const int event[] = { 1, 0, 1, 1 }, none[] = { 0, 0, 0, 0 };
    sv_surv s = { .n = 4, .time = time, .event = event };
    sv_error err;
    sv_maxstat m = { .n_cuts = 77 };
    assert_int_equal(sv_maxstat_find(&m, x, &s, NULL, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "no cut-point leaves between 1 and 3 of 4 rows at or below it");
    x[2] = (double)NAN;
    assert_int_equal(sv_maxstat_find(&m, x, &s, NULL, &err), SV_EDATA);
    x[2] = 6;
    sv_maxstat_opts opts = { .min_share = 0.6, .max_share = 0.5 };
    assert_int_equal(sv_maxstat_find(&m, x, &s, &opts, &err), SV_EINVAL);
    s.event = none;
    assert_int_equal(sv_maxstat_find(&m, x, &s, NULL, &err), SV_ENOEVENT);
    s.event = event;
    s.weight = time;
    assert_int_equal(sv_maxstat_find(&m, x, &s, NULL, &err), SV_EINVAL);
    assert_int_equal(m.n_cuts, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maxstat__agrees_with_r),
        cmocka_unit_test(test_maxstat__p_values_on_a_grid),
        cmocka_unit_test(test_maxstat__monotone_change_of_x_moves_only_the_cut),
        cmocka_unit_test(test_maxstat__bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
