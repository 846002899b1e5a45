/* test_classify.c - nearest neighbours and naive Bayes, against their definitions and planted truth. */
#include <check.h>

#include <stdlib.h>
#include <string.h>
#include <survival/classify.h>
#include <survival/dist.h>
#include <survival/rng.h>

enum { N = 90, P = 4, C = 3 };
static const int LABELS[C] = { -5, 2, 40 };

static double normal(sv_rng *r) { return sv_normal_quantile(sv_rng_uniform(r)); }

/* Classes with centres apart; the first column carries nothing and is large. */
static void simulate(double *x, int *label, size_t n, uint64_t seed, double apart)
{
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < n; i++) {
        size_t c = i % C;
        label[i] = LABELS[c];
        x[i * P] = 1e4 * normal(&rng);
        for (size_t j = 1; j < P; j++) { x[i * P + j] = normal(&rng) + (j == c + 1 ? apart : 0); }
    }
}

static size_t best_of(const double *share)
{
    size_t best = 0;
    for (size_t c = 1; c < C; c++) { best = share[c] > share[best] ? c : best; }
    return best;
}

/* k by sorting all distances, ties included. */
static void by_hand(double *share, const double *x, const int *label, const double *row, size_t k)
{
    double d[N], sorted[N], all = 0;
    for (size_t i = 0; i < N; i++) {
        d[i] = 0;
        for (size_t j = 0; j < P; j++) { d[i] += (x[i * P + j] - row[j]) * (x[i * P + j] - row[j]); }
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > d[i]; at--) { sorted[at] = sorted[at - 1]; }
        sorted[at] = d[i];
    }
    memset(share, 0, C * sizeof *share);
    for (size_t i = 0; i < N; i++) {
        if (d[i] > sorted[k - 1]) { continue; }
        for (size_t c = 0; c < C; c++) { share[c] += label[i] == LABELS[c]; }
        all++;
    }
    for (size_t c = 0; c < C; c++) { share[c] /= all; }
}

static void test_classify__neighbours(void **state)
{
    (void)state;
    double x[N * P], fresh[N * P], share[N * C], want[C];
    int label[N], truth[N];
    sv_rng rng = sv_rng_stream(8, 0);
    for (size_t i = 0; i < N * P; i++) {                 /* whole numbers: many equal distances, exact ones */
        x[i] = (double)sv_rng_below(&rng, 5);
        fresh[i] = (double)sv_rng_below(&rng, 5);
    }
    for (size_t i = 0; i < N; i++) { label[i] = LABELS[i % C]; }
    sv_matrix m = sv_matrix_rowmajor(x, N, P), f = sv_matrix_rowmajor(fresh, N, P);
    sv_error err = { 0 };
    static const size_t ks[] = { 1, 2, 5, 17, 89, 90 };
    for (size_t q = 0; q < 6; q++) {
        sv_knn k;
        CHECK_OK(sv_knn_fit(&k, &m, label, ks[q], false, &err), err);
        assert_int_equal(k.classes, C);
        assert_memory_equal(k.label, LABELS, sizeof LABELS);
        CHECK_OK(sv_knn_predict(share, &k, &f, &err), err);
        for (size_t i = 0; i < N; i++) {
            by_hand(want, x, label, fresh + i * P, ks[q]);
            for (size_t c = 0; c < C; c++) { CHECK_NEAR(share[i * C + c], want[c], 1e-14, 1e-14); }
        }
        sv_knn_free(&k);
    }
    /* scaling saves what one large column would drown */
    simulate(x, label, N, 1, 4);
    simulate(fresh, truth, N, 2, 4);
    size_t right[2] = { 0, 0 };
    for (int scale = 0; scale < 2; scale++) {
        sv_knn k;
        CHECK_OK(sv_knn_fit(&k, &m, label, 7, scale == 1, &err), err);
        CHECK_OK(sv_knn_predict(share, &k, &f, &err), err);
        for (size_t i = 0; i < N; i++) { right[scale] += LABELS[best_of(share + i * C)] == truth[i] ? 1 : 0; }
        sv_knn_free(&k);
    }
    assert_true(right[1] > 80 && right[0] < 55);
}

static void test_classify__bayes(void **state)
{
    (void)state;
    double x[N * P], fresh[N * P], share[N * C];
    int label[N], truth[N];
    simulate(x, label, N, 3, 2);
    simulate(fresh, truth, N, 4, 2);
    sv_matrix m = sv_matrix_rowmajor(x, N, P), f = sv_matrix_rowmajor(fresh, N, P);
    sv_bayes b;
    sv_error err = { 0 };
    CHECK_OK(sv_bayes_fit(&b, &m, label, 0, &err), err);
    CHECK_OK(sv_bayes_predict(share, &b, &f, &err), err);
    size_t right = 0;
    for (size_t i = 0; i < N; i++) {
        double density[C], all = 0;
        for (size_t c = 0; c < C; c++) {
            density[c] = 1;
            for (size_t j = 0; j < P; j++) {
                double n = 0, mean = 0, var = 0;
                for (size_t k = c; k < N; k += C) { mean += x[k * P + j] / 30; n++; }
                for (size_t k = c; k < N; k += C) { var += (x[k * P + j] - mean) * (x[k * P + j] - mean) / (n - 1); }
                density[c] *= sv_normal_density((fresh[i * P + j] - mean) / sqrt(var)) / sqrt(var);
            }
            all += density[c] / C;
        }
        for (size_t c = 0; c < C; c++) { CHECK_NEAR(share[i * C + c], density[c] / C / all, 1e-9, 1e-300); }
        right += LABELS[best_of(share + i * C)] == truth[i] ? 1 : 0;
    }
    assert_true(right > 65);
    sv_bayes_free(&b);
    /* a constant column changes nothing; one constant in a class needs a floor */
    double before[N * C];
    memcpy(before, share, sizeof share);
    double wide[N * (P + 1)];
    for (size_t i = 0; i < N; i++) {
        memcpy(wide + i * (P + 1), x + i * P, P * sizeof *x);
        wide[i * (P + 1) + P] = 7;
    }
    sv_matrix w = sv_matrix_rowmajor(wide, N, P + 1);
    CHECK_OK(sv_bayes_fit(&b, &w, label, 0, &err), err);
    double row[P + 1] = { 0, 0, 0, 0, -3 }, got[C], plain[C];
    sv_matrix one = sv_matrix_rowmajor(row, 1, P + 1);
    CHECK_OK(sv_bayes_predict(got, &b, &one, &err), err);
    sv_bayes_free(&b);
    CHECK_OK(sv_bayes_fit(&b, &m, label, 0, &err), err);
    one = sv_matrix_rowmajor(row, 1, P);
    CHECK_OK(sv_bayes_predict(plain, &b, &one, &err), err);
    for (size_t c = 0; c < C; c++) { CHECK_NEAR(got[c], plain[c], 1e-12, 0); }
    /* far from everything the shares still add to 1 */
    row[0] = 1e9;
    CHECK_OK(sv_bayes_predict(plain, &b, &one, &err), err);
    CHECK_NEAR(plain[0] + plain[1] + plain[2], 1, 1e-14, 0);
    sv_bayes_free(&b);
    for (size_t i = 0; i < N; i++) { wide[i * (P + 1) + P] = label[i] == 2 ? 7 : x[i * P]; }
    assert_int_equal(sv_bayes_fit(&b, &w, label, 0, &err), SV_EDATA);
    assert_non_null(strstr(err.msg, "column 4 is constant in the rows of label 2"));
    CHECK_OK(sv_bayes_fit(&b, &w, label, 1e-3, &err), err);
    assert_true(b.sd[(P + 1) + P] > 0);
    sv_bayes_free(&b);
}

static void test_classify__refusals(void **state)
{
    (void)state;
    double x[] = { 1, 2, 3, 4, 5, (double)NAN }, share[12];
    int two[] = { 0, 0, 1, 1, 1, 0 }, one[] = { 3, 3, 3, 3, 3, 3 }, lonely[] = { 0, 1, 1, 1, 1, 1 };
    sv_matrix m = sv_matrix_rowmajor(x, 5, 1), bad = sv_matrix_rowmajor(x, 6, 1), wide = sv_matrix_rowmajor(x, 2, 2);
    sv_knn k = { .p = 9 };
    sv_bayes b = { .p = 9 };
    sv_error err = { 0 };
    assert_int_equal(sv_knn_fit(&k, &m, two, 0, true, &err), SV_EINVAL);
    assert_int_equal(sv_knn_fit(&k, &m, two, 6, true, &err), SV_EINVAL);
    assert_int_equal(sv_knn_fit(&k, &m, one, 3, true, &err), SV_EDATA);
    assert_int_equal(sv_knn_fit(&k, &bad, two, 3, true, &err), SV_EDATA);
    assert_int_equal(sv_bayes_fit(&b, &m, one, 0, &err), SV_EDATA);
    assert_int_equal(sv_bayes_fit(&b, &m, lonely, 0, &err), SV_ETOOSMALL);
    assert_int_equal(sv_bayes_fit(&b, &m, two, -1, &err), SV_EINVAL);
    assert_true(k.p == 9 && b.p == 9);
    CHECK_OK(sv_knn_fit(&k, &m, two, 3, true, &err), err);
    assert_int_equal(sv_knn_predict(share, &k, &wide, &err), SV_EINVAL);
    assert_int_equal(sv_knn_predict(share, &k, &bad, &err), SV_EDATA);
    sv_knn_free(&k);
    CHECK_OK(sv_bayes_fit(&b, &m, two, 0, &err), err);
    assert_int_equal(sv_bayes_predict(share, &b, &wide, &err), SV_EINVAL);
    sv_bayes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classify__neighbours),
        cmocka_unit_test(test_classify__bayes),
        cmocka_unit_test(test_classify__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
