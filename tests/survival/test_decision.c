/* test_decision.c - decision curves against dcurves 0.5.1 (reference/survival/11_dca), and identities. */
#include "cohort.h"

#include <survival/decision.h>

#define DCA(file) REFERENCE("11_dca/" file)

static size_t column(const csv *t, const char *name)
{
    for (size_t j = 0; j < t->cols; j++) {
        if (strcmp(t->cell[j], name) == 0) { return j; }
    }
    fail_msg("no column %s", name);
    return 0;
}

/* The rows of the reference that are about one variable, against the points. */
static void check_curve(const sv_decision *d, const char *file, const char *variable, bool all)
{
    csv t;
    size_t k = 0;
    assert_true(csv_read(&t, file));
    for (size_t i = 0; i < t.rows; i++) {
        if (strcmp(t.cell[(i + 1) * t.cols], variable) != 0) { continue; }
        CHECK_NEAR(d[k].threshold, csv_num(&t, i, "threshold"), 1e-12, 1e-15);
        double want = csv_num(&t, i, "net_benefit");
        if (all) {
            CHECK_NEAR(d[k].treat_all, want, 1e-9, 1e-11);
        } else if (isnan(want)) {
            /* dcurves gives none where nobody is positive; treating nobody is worth 0 */
            assert_true(isnan(d[k].net_benefit) || (d[k].positive <= 0 && fabs(d[k].net_benefit) <= 0));
        } else {
            CHECK_NEAR(d[k].net_benefit, want, 1e-9, 1e-11);
            CHECK_NEAR(d[k].true_positive, csv_num(&t, i, "tp_rate"), 1e-9, 1e-12);
            CHECK_NEAR(d[k].false_positive, csv_num(&t, i, "fp_rate"), 1e-9, 1e-12);
        }
        k++;
    }
    assert_true(k > 50);
    csv_free(&t);
}

static void test_binary_curves_equal_dcurves(void **state)
{
    (void)state;
    SKIP_WITHOUT(DCA("data_df_binary.csv"));
    csv t;
    sv_decision d[100];
    sv_error err;
    double risk[750], thresholds[100];
    int event[750];
    assert_true(csv_read(&t, DCA("data_df_binary.csv")));
    for (size_t k = 0; k < 100; k++) { thresholds[k] = (double)k * 0.01; }
    static const char *const variables[] = { "cancerpredmarker", "famhistory" };
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < 750; i++) {
            event[i] = strcmp(t.cell[(i + 1) * t.cols + column(&t, "cancer")], "TRUE") == 0;
            risk[i] = csv_num(&t, i, variables[v]);
        }
        CHECK_OK(sv_decision_binary(d, risk, event, 750, thresholds, 100, &err), err);
        check_curve(d, DCA("binary_dca.csv"), variables[v], false);
        check_curve(d, DCA("binary_dca.csv"), "all", true);
    }
    csv_free(&t);
}

static void test_survival_curves_equal_dcurves(void **state)
{
    (void)state;
    SKIP_WITHOUT(DCA("data_df_surv.csv"));
    csv t;
    sv_decision d[91];
    sv_error err;
    static double risk[888], time[888], thresholds[91];
    static int event[888];
    for (size_t k = 0; k < 91; k++) { thresholds[k] = (double)k * 0.01; }
    assert_true(csv_read(&t, DCA("data_df_surv.csv")));
    for (size_t i = 0; i < t.rows; i++) {
        event[i] = strcmp(t.cell[(i + 1) * t.cols + column(&t, "cancer")], "TRUE") == 0;
        time[i] = csv_num(&t, i, "ttcancer");
        risk[i] = csv_num(&t, i, "cancerpredmarker");
    }
    sv_surv s = { .n = t.rows, .time = time, .event = event };
    CHECK_OK(sv_decision_survival(d, risk, &s, 1.5, thresholds, 51, &err), err);
    check_curve(d, DCA("surv_dca_1.5y.csv"), "cancerpredmarker", false);
    check_curve(d, DCA("surv_dca_1.5y.csv"), "all", true);
    csv_free(&t);

    assert_true(csv_read(&t, REFERENCE("10_calibration/colon_pred_3y.csv")));
    assert_int_equal(t.rows, 888);
    for (size_t i = 0; i < t.rows; i++) {
        event[i] = (int)csv_num(&t, i, "status");
        time[i] = csv_num(&t, i, "time");
        risk[i] = 1 - csv_num(&t, i, "S3y");
    }
    s.n = t.rows;
    CHECK_OK(sv_decision_survival(d, risk, &s, 1095, thresholds, 91, &err), err);
    check_curve(d, DCA("colon_dca_3y.csv"), "risk3", false);
    csv_free(&t);
}

/* Without censoring both forms are one; at pt -> 0 the benefit is the prevalence; a perfect marker
 * keeps it at every threshold. */
static void test_identities(void **state)
{
    (void)state;
    enum { N = 200 };
    double time[N], risk[N], perfect[N], thresholds[] = { 0, 0.1, 0.35, 0.8 };
    int event[N], all[N];
    uint64_t seed = 6;
    sv_decision a[4], b[4];
    sv_error err;
    double prevalence = 0;
    for (int i = 0; i < N; i++) {
        risk[i] = 0.01 + 0.98 * uniform(&seed);
        time[i] = uniform(&seed) / risk[i];
        event[i] = 1;
        all[i] = time[i] <= 1;
        perfect[i] = all[i];
        prevalence += all[i] / (double)N;
    }
    sv_surv s = { .n = N, .time = time, .event = event };
    CHECK_OK(sv_decision_survival(a, risk, &s, 1, thresholds, 4, &err), err);
    CHECK_OK(sv_decision_binary(b, risk, all, N, thresholds, 4, &err), err);
    for (int k = 0; k < 4; k++) {
        CHECK_NEAR(a[k].net_benefit, b[k].net_benefit, 1e-10, 1e-12);
        CHECK_NEAR(a[k].treat_all, b[k].treat_all, 1e-10, 1e-12);
        CHECK_NEAR(a[k].true_positive + a[k].false_positive, a[k].positive, 1e-12, 0);
    }
    CHECK_NEAR(b[0].net_benefit, prevalence, 1e-12, 0);
    CHECK_NEAR(b[0].treat_all, prevalence, 1e-12, 0);
    CHECK_OK(sv_decision_binary(b, perfect, all, N, thresholds, 4, &err), err);
    for (int k = 0; k < 4; k++) { CHECK_NEAR(b[k].net_benefit, prevalence, 1e-12, 0); }
}

static void test_refusals(void **state)
{
    (void)state;
    double risk[] = { 0.5, 1.5 }, t = 0.5, one = 1, time[] = { 1, 2 };
    int event[] = { 1, 0 };
    sv_decision d;
    sv_error err;
    sv_surv s = { .n = 2, .time = time, .event = event };
    assert_int_equal(sv_decision_binary(&d, risk, event, 2, &t, 1, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "row 1 is 1.5"));
    risk[1] = 0.2;
    assert_int_equal(sv_decision_binary(&d, risk, event, 2, &one, 1, &err), SV_EINVAL);
    assert_int_equal(sv_decision_survival(&d, risk, &s, 0, &t, 1, &err), SV_EINVAL);
    event[1] = 3;
    assert_int_equal(sv_decision_binary(&d, risk, event, 2, &t, 1, &err), SV_EDATA);
    assert_int_equal(sv_decision_binary(&d, risk, event, 0, &t, 1, &err), SV_ETOOSMALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary_curves_equal_dcurves), cmocka_unit_test(test_survival_curves_equal_dcurves),
        cmocka_unit_test(test_identities), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
