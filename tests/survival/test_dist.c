/* test_dist.c - tail probabilities against values computed with 900 decimal digits from the
 * Taylor series of erf and the finite sums for chi-square. */
#include <check.h>

#include <survival/dist.h>

#define RTOL 1e-12

static void test_normal__tails_to_twelve_digits(void **state)
{
    (void)state;
    const struct { double z, upper; } cases[] = {
        { -1.5, 9.33192798731141915e-01 }, { 0.5, 3.08537538725986882e-01 },
        { 1, 1.58655253931457046e-01 },    { 1.959963984540054, 2.50000000000000118e-02 },
        { 3, 1.34989803163009458e-03 },    { 6, 9.86587645037698091e-10 },
        { 10, 7.61985302416052545e-24 },   { 20, 2.75362411860623374e-89 },
        { 37, 5.72557122252457710e-300 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double z = cases[i].z, want = cases[i].upper;
        CHECK_NEAR(sv_normal_upper(z), want, RTOL, 0);
        CHECK_NEAR(sv_normal_cdf(-z), want, RTOL, 0);
        if (z > 0) { CHECK_NEAR(sv_normal_two_sided(-z), 2 * want, RTOL, 0); }
        if (z > 0) { CHECK_NEAR(sv_normal_quantile(want), -z, RTOL, 0); }
    }
    CHECK_NEAR(sv_normal_density(0), 0.39894228040143267794, 1e-15, 0);
}

static void test_normal__quantile_inverts_the_distribution(void **state)
{
    (void)state;
    for (double p = 0.001; p < 1; p += 0.00137) {
        CHECK_NEAR(sv_normal_cdf(sv_normal_quantile(p)), p, 1e-13, 0);
        CHECK_NEAR(sv_normal_quantile(1 - p), -sv_normal_quantile(p), 1e-10, 1e-15);
    }
    for (int e = 1; e <= 307; e++) {
        double p = pow(10, -e);
        CHECK_NEAR(sv_normal_cdf(sv_normal_quantile(p)), p, 1e-12, 0);
    }
    double tiny = ldexp(1, -40); /* near the median: x = sqrt(2 pi) * offset */
    CHECK_NEAR(sv_normal_quantile(0.5 + tiny), tiny * 2.50662827463100050242, 1e-14, 0);
    CHECK_NEAR(sv_normal_quantile(0.5), 0, 0, 0);
    assert_true(sv_normal_quantile(0) < 0 && isinf(sv_normal_quantile(0)));
    assert_true(sv_normal_quantile(1) > 0 && isinf(sv_normal_quantile(1)));
    assert_true(isnan(sv_normal_quantile(1.5)) && isnan(sv_normal_quantile((double)NAN)));
}

static void test_chisq__tails_to_twelve_digits(void **state)
{
    (void)state;
    const struct { double x; int df; double upper; } cases[] = {
        { 3.841458820694124, 1, 5.00000000000000583e-02 }, { 0.001, 1, 9.74772879369960377e-01 },
        { 120, 1, 6.32606826367726126e-28 },     { 5.991, 2, 5.00116150265790885e-02 },
        { 1e-5, 3, 9.99999991589583526e-01 },    { 1400, 3, 2.94561936101630875e-303 },
        { 33.53, 5, 2.95305479620408419e-06 },   { 80, 7, 1.37750182974261502e-14 },
        { 10, 20, 9.68171942693795140e-01 },     { 50, 20, 2.21476638248783569e-04 },
        { 400, 99, 8.37289378066464831e-38 },    { 80, 100, 9.29664933340605071e-01 },
        { 1500, 1000, 1.04546403859796577e-22 }, { 2500, 1000, 2.10592680484814047e-129 },
        { 990, 1001, 5.91667635286777127e-01 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_NEAR(sv_chisq_upper(cases[i].x, cases[i].df), cases[i].upper, RTOL, 0);
    }
}

static void test_chisq__edges(void **state)
{
    (void)state;
    CHECK_NEAR(sv_chisq_upper(0, 3), 1, 0, 0);
    CHECK_NEAR(sv_chisq_upper(-1, 3), 1, 0, 0);
    CHECK_NEAR(sv_chisq_upper((double)INFINITY, 3), 0, 0, 0);
    CHECK_NEAR(sv_chisq_upper(1e6, 2), 0, 0, 0);
    /* Statistics of data without sense come back at once, whatever the size. */
    CHECK_NEAR(sv_chisq_upper(1e20, 3), 0, 0, 0);
    CHECK_NEAR(sv_chisq_upper(1e300, 100000), 0, 0, 0);
    assert_true(isnan(sv_chisq_upper(1, 0)) && isnan(sv_chisq_upper((double)NAN, 2)));
    for (int df = 1; df < 400; df++) { /* continuous where series and sum meet */
        double below = sv_chisq_upper(nextafter(df, 0), df), above = sv_chisq_upper(nextafter(df, 1e9), df);
        CHECK_NEAR(above, below, 1e-12, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal__tails_to_twelve_digits),
        cmocka_unit_test(test_normal__quantile_inverts_the_distribution),
        cmocka_unit_test(test_chisq__tails_to_twelve_digits),
        cmocka_unit_test(test_chisq__edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
