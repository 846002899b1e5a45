/* test_pca.c - principal components, against R's prcomp and their definition. */
#include "lung1.h"

#include <survival/pca.h>
#include <survival/rng.h>

#define REFERENCE(name) SHARED("reference/survival/19_pca/" name)

/* The sign that makes the largest loading of a reference component positive. */
static double sign_of(const csv *rotation, size_t k)
{
    double largest = 0;
    for (size_t j = 0; j < rotation->rows; j++) {
        double v = csv_num_at(rotation, j, k + 1);
        if (fabs(v) > fabs(largest)) { largest = v; }
    }
    return largest < 0 ? -1 : 1;
}

static void test_pca__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(REFERENCE("lung1_sdev60.csv"));
    SKIP_WITHOUT(LUNG1("lung1_clinical_v3.csv"));
    lung1 l = lung1_read();
    csv sdev, rotation, scores;
    assert_true(csv_read(&sdev, REFERENCE("lung1_sdev60.csv")));
    assert_true(csv_read(&rotation, REFERENCE("lung1_rotation10.csv")));
    assert_true(csv_read(&scores, REFERENCE("lung1_scores10.csv")));
    enum { P = 60 };
    size_t n = l.features.rows;
    double *x = calloc(n * P, sizeof *x), *got = calloc(n * P, sizeof *got);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < P; j++) { x[i * P + j] = csv_num_at(&l.features, i, j + 1); }
    }
    sv_matrix m = sv_matrix_rowmajor(x, n, P);
    sv_pca p;
    sv_pca_opts o = SV_PCA_OPTS_INIT;
    sv_error err = { 0 };
    CHECK_OK(sv_pca_fit(&p, &m, &o, &err), err);
    assert_int_equal(p.components, P - 1);               /* one column follows from others */
    assert_true(csv_num(&sdev, P - 1, "sdev") < 1e-14);
    CHECK_NEAR(p.total, P, 1e-12, 0);
    for (size_t k = 0; k < p.components; k++) {
        CHECK_NEAR(p.sdev[k], csv_num(&sdev, k, "sdev"), 1e-9, 0);
        CHECK_NEAR(p.sdev[k] * p.sdev[k] / p.total, csv_num(&sdev, k, "prop"), 1e-9, 0);
    }
    CHECK_OK(sv_pca_scores(got, &p, &m, &err), err);
    for (size_t k = 0; k < 10; k++) {
        double sign = sign_of(&rotation, k);
        for (size_t j = 0; j < P; j++) { CHECK_NEAR(p.rotation[k * P + j], sign * csv_num_at(&rotation, j, k + 1), 0, 1e-9); }
        for (size_t i = 0; i < n; i++) { CHECK_NEAR(got[i * p.components + k], sign * csv_num_at(&scores, i, k + 1), 1e-9, 1e-9); }
    }
    sv_pca_free(&p);
    free(x);
    free(got);
    lung1_free(&l);
    csv_free(&sdev);
    csv_free(&rotation);
    csv_free(&scores);
}

/* Orthonormal loadings, uncorrelated scores with the said deviations, the table itself from all of
 * them; more columns than rows, and a rank below both. */
static void check_definition(size_t n, size_t p, size_t rank, bool scale)
{
    double *x = calloc(n * p, sizeof *x), *score = calloc(n * p, sizeof *score), *low = calloc((n + p) * rank, sizeof *low);
    sv_rng rng = sv_rng_stream(9, n * 1000 + p);
    for (size_t i = 0; i < (n + p) * rank; i++) { low[i] = sv_rng_uniform(&rng) - 0.5; }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) {
            x[i * p + j] = 3;
            for (size_t k = 0; k < rank; k++) { x[i * p + j] += low[i * rank + k] * low[(n + j) * rank + k]; }
        }
    }
    sv_matrix m = sv_matrix_rowmajor(x, n, p);
    sv_pca c;
    sv_pca_opts o = { .scale = scale };
    sv_error err = { 0 };
    CHECK_OK(sv_pca_fit(&c, &m, &o, &err), err);
    assert_int_equal(c.components, rank < n - 1 ? rank : n - 1);
    CHECK_OK(sv_pca_scores(score, &c, &m, &err), err);
    double total = 0;
    for (size_t a = 0; a < c.components; a++) {
        assert_true(a == 0 || c.sdev[a] <= c.sdev[a - 1]);
        total += c.sdev[a] * c.sdev[a];
        double largest = 0;
        for (size_t j = 0; j < p; j++) {
            if (fabs(c.rotation[a * p + j]) > fabs(largest)) { largest = c.rotation[a * p + j]; }
        }
        assert_true(largest > 0);
        for (size_t b = 0; b <= a; b++) {
            double loadings = 0, products = 0;
            for (size_t j = 0; j < p; j++) { loadings += c.rotation[a * p + j] * c.rotation[b * p + j]; }
            for (size_t i = 0; i < n; i++) { products += score[i * c.components + a] * score[i * c.components + b]; }
            CHECK_NEAR(loadings, a == b, 0, 1e-12);
            CHECK_NEAR(products / ((double)n - 1), a == b ? c.sdev[a] * c.sdev[a] : 0, 1e-11, 1e-12 * c.sdev[0] * c.sdev[0]);
        }
    }
    CHECK_NEAR(total, c.total, 1e-11, 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) {
            double back = 0;
            for (size_t k = 0; k < c.components; k++) { back += score[i * c.components + k] * c.rotation[k * p + j]; }
            CHECK_NEAR(back * c.scale[j] + c.centre[j], x[i * p + j], 1e-12, 0);
        }
    }
    sv_pca first;
    o.components = 2;
    CHECK_OK(sv_pca_fit(&first, &m, &o, &err), err);
    assert_int_equal(first.components, 2);
    assert_memory_equal(first.rotation, c.rotation, 2 * p * sizeof *c.rotation);
    sv_pca_free(&first);
    sv_pca_free(&c);
    free(x);
    free(score);
    free(low);
}

static void test_pca__definition(void **state)
{
    (void)state;
    check_definition(40, 7, 7, true);
    check_definition(40, 7, 4, false);
    check_definition(12, 50, 30, true);
    check_definition(12, 12, 12, false);
    check_definition(30, 50, 5, true);
}

static void test_pca__refusals(void **state)
{
    (void)state;
    double x[] = { 1, 5, 2, 5, 4, 5 }, out[6];
    const char *const names[] = { "volume", "flat" };
    sv_matrix m = sv_matrix_rowmajor(x, 3, 2);
    sv_pca p = { .p = 9 };
    sv_pca_opts o = { .scale = true, .names = names };
    sv_error err = { 0 };
    assert_int_equal(sv_pca_fit(&p, &m, &o, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "column 1 (flat)"));
    assert_int_equal(p.p, 9);
    o.scale = false;
    CHECK_OK(sv_pca_fit(&p, &m, &o, &err), err);
    assert_int_equal(p.components, 1);
    assert_true(p.rotation[0] == 1 && p.rotation[1] == 0);
    m.cols = 1;
    assert_int_equal(sv_pca_scores(out, &p, &m, &err), SV_EINVAL);
    sv_pca_free(&p);
    m = sv_matrix_rowmajor(x, 1, 2);
    assert_int_equal(sv_pca_fit(&p, &m, &o, &err), SV_ETOOSMALL);
    x[3] = (double)NAN;
    m = sv_matrix_rowmajor(x, 3, 2);
    assert_int_equal(sv_pca_fit(&p, &m, &o, &err), SV_EDATA);
    for (size_t i = 0; i < 6; i++) { x[i] = 2; }
    assert_int_equal(sv_pca_fit(&p, &m, &o, &err), SV_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pca__reference),
        cmocka_unit_test(test_pca__definition),
        cmocka_unit_test(test_pca__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
