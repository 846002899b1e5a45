/* test_icc.c - agreement of measurements, against R's irr and psych. */
#include <check.h>
#include <csv.h>

#include <stdlib.h>
#include <string.h>
#include <survival/fdist.h>
#include <survival/icc.h>

#define REFERENCE(name) SHARED("reference/survival/18_icc/" name)

typedef struct table { double *x; size_t n, k; } table;

/* The first column (a row number) may be left out. */
static table read_table(const char *path, size_t skip)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    table t = { calloc(c.rows * c.cols, sizeof(double)), c.rows, c.cols - skip };
    for (size_t i = 0; i < t.n; i++) {
        for (size_t j = 0; j < t.k; j++) { t.x[i * t.k + j] = strtod(c.cell[(i + 1) * c.cols + j + skip], NULL); }
    }
    csv_free(&c);
    return t;
}

/* irr's table has both definitions of "single" first, psych's all singles. */
static const sv_icc_form irr_order[] = {
    SV_ICC_1_1, SV_ICC_1_K, SV_ICC_3_1, SV_ICC_3_K, SV_ICC_2_1, SV_ICC_2_K,
};
static const sv_icc_form psych_order[] = {
    SV_ICC_1_1, SV_ICC_2_1, SV_ICC_3_1, SV_ICC_1_K, SV_ICC_2_K, SV_ICC_3_K,
};

static void check_irr(const table *t, const char *path)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    assert_int_equal(c.rows, 6);
    for (size_t i = 0; i < c.rows; i++) {
        sv_icc r;
        sv_error err = { 0 };
        CHECK_OK(sv_icc_compute(&r, t->x, t->n, t->k, irr_order[i], 0.95, &err), err);
        CHECK_NEAR(r.value, csv_num(&c, i, "icc"), 1e-9, 0);
        CHECK_NEAR(r.f, csv_num(&c, i, "F"), 1e-9, 0);
        CHECK_NEAR(r.df1, csv_num(&c, i, "df1"), 0, 0);
        CHECK_NEAR(r.df2, csv_num(&c, i, "df2"), 1e-9, 0);
        CHECK_NEAR(r.p, csv_num(&c, i, "p"), 1e-9, 0);
        CHECK_NEAR(r.lower, csv_num(&c, i, "lo"), 1e-9, 0);
        CHECK_NEAR(r.upper, csv_num(&c, i, "hi"), 1e-9, 0);
    }
    csv_free(&c);
}

/* psych agrees but for ICC(2,k), whose interval it makes of that of ICC(2,1) by Spearman and
 * Brown's formula, and for the degrees of freedom with which it tests forms 2. */
static void check_psych(const table *t, const char *path)
{
    csv c;
    if (!csv_read(&c, path)) { fail_msg("cannot read %s", path); }
    assert_int_equal(c.rows, 6);
    double k = (double)t->k;
    sv_icc single = { 0 };
    for (size_t i = 0; i < c.rows; i++) {
        sv_icc r;
        sv_error err = { 0 };
        CHECK_OK(sv_icc_compute(&r, t->x, t->n, t->k, psych_order[i], 0.95, &err), err);
        if (psych_order[i] == SV_ICC_2_1) { single = r; }
        if (psych_order[i] == SV_ICC_2_K) {
            r.lower = k * single.lower / (1 + (k - 1) * single.lower);
            r.upper = k * single.upper / (1 + (k - 1) * single.upper);
        }
        double df2 = csv_num(&c, i, "df2");
        CHECK_NEAR(r.value, csv_num(&c, i, "ICC"), 1e-9, 0);
        CHECK_NEAR(r.f, csv_num(&c, i, "F"), 1e-9, 0);
        CHECK_NEAR(r.lower, csv_num(&c, i, "lower bound"), 1e-9, 0);
        CHECK_NEAR(r.upper, csv_num(&c, i, "upper bound"), 1e-9, 0);
        CHECK_NEAR(sv_f_upper(r.f, r.df1, df2), csv_num(&c, i, "p"), 1e-9, 0);
    }
    csv_free(&c);
}

static void test_icc__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("data_anxiety.csv"));
    table t = read_table(REFERENCE("data_anxiety.csv"), 1);
    assert_int_equal(t.n, 20);
    assert_int_equal(t.k, 3);
    check_irr(&t, REFERENCE("anxiety_irr_icc.csv"));
    check_psych(&t, REFERENCE("anxiety_psych_ICC.csv"));
    free(t.x);
    t = read_table(REFERENCE("data_shrout_fleiss.csv"), 0);
    assert_int_equal(t.n, 6);
    assert_int_equal(t.k, 4);
    check_irr(&t, REFERENCE("shrout_fleiss_irr_icc.csv"));
    check_psych(&t, REFERENCE("shrout_fleiss_psych_ICC.csv"));
    free(t.x);
}

/* Shrout & Fleiss 1979, table 4: the numbers as they printed them. */
static const double printed_x[] = {
    9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7,
};

static void test_icc__printed(void **state)
{
    (void)state;
    static const double want[SV_ICC_FORMS] = { 0.17, 0.29, 0.71, 0.44, 0.62, 0.91 };
    for (int f = 0; f < SV_ICC_FORMS; f++) {
        sv_icc r;
        sv_error err = { 0 };
        CHECK_OK(sv_icc_compute(&r, printed_x, 6, 4, (sv_icc_form)f, 0.95, &err), err);
        CHECK_NEAR(r.value, want[f], 0, 0.005);
        assert_true(r.lower < r.value && r.value < r.upper);
    }
    assert_string_equal(sv_icc_form_name(SV_ICC_2_K), "ICC(2,k)");
}

static void test_icc__degenerate(void **state)
{
    (void)state;
    const double perfect[] = { 1, 1, 2, 2, 7, 7 }, shifted[] = { 1, 2, 2, 3, 7, 8 }, equal[] = { 3, 3, 3, 3 };
    sv_icc r;
    sv_error err = { 0 };
    for (int f = 0; f < SV_ICC_FORMS; f++) {
        CHECK_OK(sv_icc_compute(&r, perfect, 3, 2, (sv_icc_form)f, 0.95, &err), err);
        assert_true(r.value == 1 && r.lower == 1 && r.upper == 1 && r.p == 0);
        CHECK_OK(sv_icc_compute(&r, equal, 2, 2, (sv_icc_form)f, 0.95, &err), err);
        assert_true(isnan(r.value) && isnan(r.lower));
    }
    /* consistent, but not in agreement */
    CHECK_OK(sv_icc_compute(&r, shifted, 3, 2, SV_ICC_3_1, 0.95, &err), err);
    CHECK_NEAR(r.value, 1, 1e-15, 0);
    CHECK_OK(sv_icc_compute(&r, shifted, 3, 2, SV_ICC_2_1, 0.95, &err), err);
    assert_true(r.value < 1 && r.value > 0.9 && r.lower <= r.value && r.upper >= r.value);
}

static void test_icc__refusals(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, (double)NAN };
    sv_icc r = { .value = 5 };
    sv_error err = { 0 };
    assert_int_equal(sv_icc_compute(&r, x, 1, 2, SV_ICC_1_1, 0.95, &err), SV_ETOOSMALL);
    assert_int_equal(sv_icc_compute(&r, x, 2, 1, SV_ICC_1_1, 0.95, &err), SV_ETOOSMALL);
    assert_int_equal(sv_icc_compute(&r, x, 2, 2, SV_ICC_1_1, 0.95, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "measurement 2 of subject 2"));
    assert_int_equal(sv_icc_compute(&r, x, 2, 2, SV_ICC_FORMS, 0.95, &err), SV_EINVAL);
    assert_int_equal(sv_icc_compute(&r, x, 2, 2, SV_ICC_1_1, 1, &err), SV_EINVAL);
    assert_true(r.value == 5);
}

static void test_icc__concordance_and_kappa(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("data_anxiety.csv"));
    table t = read_table(REFERENCE("data_anxiety.csv"), 1);
    double a[20], b[20];
    int ia[20], ib[20];
    for (size_t i = 0; i < t.n; i++) {
        ia[i] = (int)(a[i] = t.x[3 * i]);
        ib[i] = (int)(b[i] = t.x[3 * i + 1]);
    }
    free(t.x);
    csv c;
    double ccc;
    sv_error err = { 0 };
    double one[6], two[6];                        /* Shrout & Fleiss's first two raters */
    for (size_t i = 0; i < 6; i++) {
        one[i] = printed_x[4 * i];
        two[i] = printed_x[4 * i + 1];
    }
    assert_true(csv_read(&c, REFERENCE("lin_ccc.csv")));
    CHECK_OK(sv_concordance_correlation(&ccc, one, two, 6, &err), err);
    CHECK_NEAR(ccc, csv_num(&c, 0, "ccc_12"), 1e-9, 0);
    csv_free(&c);
    /* Fleiss & Cohen 1973: kappa with squared weights is the concordance with moments over n,
     * here of categories that are their own ranks */
    CHECK_OK(sv_concordance_correlation(&ccc, a, b, 20, &err), err);
    sv_kappa weighted;
    CHECK_OK(sv_kappa_compute(&weighted, ia, ib, 20, 1, &err), err);
    CHECK_NEAR(weighted.value, ccc, 1e-12, 0);

    assert_true(csv_read(&c, REFERENCE("kappa.csv")));
    sv_kappa k;
    CHECK_OK(sv_kappa_compute(&k, ia, ib, 20, 0, &err), err);
    CHECK_NEAR(k.value, csv_num(&c, 0, "kappa_unw"), 1e-9, 0);
    CHECK_NEAR(k.z, csv_num(&c, 0, "z"), 1e-9, 0);
    CHECK_OK(sv_kappa_compute(&k, ia, ib, 20, 1, &err), err);
    CHECK_NEAR(k.value, csv_num(&c, 0, "kappa_sq"), 1e-9, 0);
    CHECK_NEAR(k.z, csv_num(&c, 0, "z_sq"), 1e-9, 0);
    csv_free(&c);

    CHECK_OK(sv_concordance_correlation(&ccc, a, a, 20, &err), err);
    CHECK_NEAR(ccc, 1, 1e-15, 0);
    CHECK_OK(sv_kappa_compute(&k, ia, ia, 20, 1, &err), err);
    CHECK_NEAR(k.value, 1, 1e-15, 0);
    memset(ib, 0, sizeof ib);
    CHECK_OK(sv_kappa_compute(&k, ib, ib, 20, 0, &err), err);
    assert_true(isnan(k.value));
    assert_int_equal(sv_concordance_correlation(&ccc, a, b, 1, &err), SV_ETOOSMALL);
    assert_int_equal(sv_kappa_compute(&k, ia, ib, 1, 0, &err), SV_ETOOSMALL);
}

/* Two independent extractions of one public cohort: rows meet by patient. */
static void test_icc__two_pipelines(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("lung1_two_pipelines_icc.csv"));
    SKIP_WITHOUT(SHARED("data/survival/lung1/lung1_pyradiomics_original_os.csv"));
    csv one, two, want;
    assert_true(csv_read(&one, SHARED("data/survival/lung1/lung1_pyradiomics191_os.csv")));
    assert_true(csv_read(&two, SHARED("data/survival/lung1/lung1_pyradiomics_original_os.csv")));
    assert_true(csv_read(&want, REFERENCE("lung1_two_pipelines_icc.csv")));
    double *x = calloc(2 * one.rows, sizeof *x), *a = calloc(2 * one.rows, sizeof *a), *b = a + one.rows;
    for (size_t f = 0; f < want.rows; f++) {
        const char *name = want.cell[(f + 1) * want.cols];
        size_t n = 0;
        for (size_t i = 0; i < one.rows; i++) {
            for (size_t j = 0; j < two.rows; j++) {
                if (strcmp(one.cell[(i + 1) * one.cols], two.cell[(j + 1) * two.cols]) != 0) { continue; }
                x[2 * n] = a[n] = csv_num(&one, i, name);
                x[2 * n + 1] = b[n] = csv_num(&two, j, name);
                n++;
            }
        }
        sv_icc r;
        sv_error err = { 0 };
        double ccc;
        assert_int_equal((int)n, (int)csv_num(&want, f, "n"));
        CHECK_OK(sv_icc_compute(&r, x, n, 2, SV_ICC_2_1, 0.95, &err), err);
        CHECK_NEAR(r.value, csv_num(&want, f, "icc21"), 1e-9, 0);
        CHECK_NEAR(r.lower, csv_num(&want, f, "lo"), 1e-9, 1e-11);
        CHECK_NEAR(r.upper, csv_num(&want, f, "hi"), 1e-9, 0);
        CHECK_OK(sv_concordance_correlation(&ccc, a, b, n, &err), err);
        CHECK_NEAR(ccc, csv_num(&want, f, "ccc"), 1e-9, 0);
    }
    free(x);
    free(a);
    csv_free(&one);
    csv_free(&two);
    csv_free(&want);
}

/* F with 2 and 2 m degrees of freedom has a closed upper tail, (1 + x/m)^-m; reciprocals swap the
 * tails; quantiles invert. */
static void test_icc__f_distribution(void **state)
{
    (void)state;
    static const double df[] = { 0.3, 1, 2, 4.7851438622127622, 7, 40, 415.5, 20000 };
    static const double p[] = { 1e-12, 0.001, 0.025, 0.5, 0.9, 0.975, 0.999999 };
    for (double m = 1; m < 3000; m *= 3) {
        for (double x = 1e-3; x < 300; x *= 7) {
            CHECK_NEAR(sv_f_upper(x, 2, 2 * m), exp(-m * log1p(x / m)), 1e-11, 1e-300);
        }
    }
    for (size_t i = 0; i < sizeof df / sizeof *df; i++) {
        for (size_t j = 0; j < sizeof df / sizeof *df; j++) {
            CHECK_NEAR(sv_f_upper(1.7, df[i], df[j]), sv_f_lower(1 / 1.7, df[j], df[i]), 1e-11, 1e-300);
            for (size_t q = 0; q < sizeof p / sizeof *p; q++) {
                double x = sv_f_quantile(p[q], df[i], df[j]);
                if (!(x > 1e-280 && x < 1e280)) { continue; }
                double back = p[q] <= 0.5 ? sv_f_lower(x, df[i], df[j]) : 1 - sv_f_upper(x, df[i], df[j]);
                CHECK_NEAR(back, p[q], 1e-10, 0);
            }
        }
    }
    CHECK_NEAR(sv_f_quantile(0.975, 5, 15), 3.5764150, 1e-7, 0);    /* tables; R: qf(.975, 5, 15) */
    assert_true(isnan(sv_f_upper(1, 0, 2)) && isnan(sv_f_quantile(0, 1, 1)) && isnan(sv_f_lower((double)NAN, 1, 1)));
    assert_true(sv_f_upper(0, 3, 3) == 1 && sv_f_lower((double)INFINITY, 3, 3) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_icc__reference),
        cmocka_unit_test(test_icc__printed),
        cmocka_unit_test(test_icc__degenerate),
        cmocka_unit_test(test_icc__refusals),
        cmocka_unit_test(test_icc__concordance_and_kappa),
        cmocka_unit_test(test_icc__two_pipelines),
        cmocka_unit_test(test_icc__f_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
