/* test_svm.c - support vector machines, against libsvm through R's e1071, and by the conditions of their optimum. */
#include <check.h>
#include <csv.h>

#include <stdlib.h>
#include <string.h>
#include <survival/dist.h>
#include <survival/rng.h>
#include <survival/svm.h>

enum { P = 7, N = 60, D = 3 };

/* ---- reference ------------------------------------------------------------------------------- */

static size_t read_z(double **x, int **y, const char *path)
{
    csv t;
    if (!csv_read(&t, path)) { fail_msg("cannot read %s", path); }
    size_t n = t.rows;
    *x = calloc(n * P, sizeof **x);
    *y = calloc(n, sizeof **y);
    for (size_t i = 0; i < n; i++) {
        (*y)[i] = (int)csv_num(&t, i, "y");
        for (size_t j = 0; j < P; j++) { (*x)[i * P + j] = csv_num_at(&t, i, j + 2); }
    }
    csv_free(&t);
    return n;
}

static void check_reference(sv_svm_kernel kernel, const char *values, const char *facts)
{
    double *train, *test;
    int *y, *unused;
    size_t n = read_z(&train, &y, SHARED("reference/survival/20_logistic_roc/train_z.csv"));
    size_t m = read_z(&test, &unused, SHARED("reference/survival/20_logistic_roc/test_z.csv"));
    csv dv, info;
    assert_true(csv_read(&dv, values) && csv_read(&info, facts));
    sv_svm_opts o = SV_SVM_OPTS_INIT;
    o.kernel = kernel;
    o.gamma = 1.0 / 7;
    o.tolerance = 1e-6;
    sv_svm f;
    sv_error err = { 0 };
    sv_matrix a = sv_matrix_rowmajor(train, n, P), b = sv_matrix_rowmajor(test, m, P);
    CHECK_OK(sv_svm_fit(&f, &a, y, &o, &err), err);
    assert_int_equal(f.support, (size_t)csv_num(&info, 0, "nSV"));
    CHECK_NEAR(f.rho, csv_num(&info, 0, "rho"), 0, 1e-5);
    assert_int_equal(dv.rows, n + m);
    double *score = calloc(n + m, sizeof *score);
    CHECK_OK(sv_svm_score(score, &f, &a, &err), err);
    CHECK_OK(sv_svm_score(score + n, &f, &b, &err), err);
    for (size_t i = 0; i < n + m; i++) { CHECK_NEAR(score[i], csv_num(&dv, i, "dv"), 0, 1e-5); }
    free(score);
    free(train);
    free(test);
    free(y);
    free(unused);
    sv_svm_free(&f);
    csv_free(&dv);
    csv_free(&info);
}

static void test_svm__reference(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED("reference/survival/21_svm_rf/svm_linear_dv.csv"));
    check_reference(SV_SVM_LINEAR, SHARED("reference/survival/21_svm_rf/svm_linear_dv.csv"),
                    SHARED("reference/survival/21_svm_rf/svm_linear_info.csv"));
    check_reference(SV_SVM_RBF, SHARED("reference/survival/21_svm_rf/svm_radial_dv.csv"),
                    SHARED("reference/survival/21_svm_rf/svm_radial_info.csv"));
}

/* ---- first principles ------------------------------------------------------------------------ */

static void simulate(double *x, int *label, uint64_t seed, double effect)
{
    sv_rng r = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        label[i] = sv_rng_below(&r, 3) == 0;
        for (size_t j = 0; j < D; j++) { x[i * D + j] = sv_normal_quantile(sv_rng_uniform(&r)) + (j == 0 ? effect * label[i] : 0); }
    }
}

static double kernel(const sv_svm *f, const double *u, const double *v)
{
    double dot = 0, d = 0;
    for (size_t j = 0; j < D; j++) {
        dot += u[j] * v[j];
        d += (u[j] - v[j]) * (u[j] - v[j]);
    }
    return f->kernel == SV_SVM_RBF ? exp(-f->gamma * d) : dot;
}

/* Dual feasible, the score as the header says it, no gap between the primal and the dual. */
static void test_svm__optimum(void **state)
{
    (void)state;
    double x[N * D], score[N];
    int label[N];
    sv_error err = { 0 };
    sv_matrix m = sv_matrix_rowmajor(x, N, D);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        simulate(x, label, seed, 1.5);
        sv_svm_opts o = { seed % 2 ? SV_SVM_LINEAR : SV_SVM_RBF, 0.1 * (double)seed, 0.2, { 1, 2.5 }, 1e-8 };
        sv_svm f;
        CHECK_OK(sv_svm_fit(&f, &m, label, &o, &err), err);
        CHECK_OK(sv_svm_score(score, &f, &m, &err), err);
        assert_true(f.violation <= 1e-6);      /* kernel values are of single precision */
        double balance = 0, norm = 0, dual = 0, hinge = 0;
        for (size_t k = 0; k < f.support; k++) {
            double y = label[f.row[k]] == 1 ? 1 : -1, most = o.cost * o.weight[label[f.row[k]]];
            assert_true(f.coef[k] * y > 0 && f.coef[k] * y <= most * (1 + 1e-12));
            assert_memory_equal(f.vector + k * D, x + f.row[k] * D, D * sizeof *x);
            balance += f.coef[k];
            dual += fabs(f.coef[k]);
            for (size_t h = 0; h < f.support; h++) {
                norm += f.coef[k] * f.coef[h] * kernel(&f, f.vector + k * D, f.vector + h * D);
            }
        }
        CHECK_NEAR(balance, 0, 0, 1e-9);
        for (size_t i = 0; i < N; i++) {
            double s = -f.rho;
            for (size_t k = 0; k < f.support; k++) { s += f.coef[k] * kernel(&f, f.vector + k * D, x + i * D); }
            CHECK_NEAR(score[i], s, 1e-11, 1e-11);
            hinge += o.cost * o.weight[label[i]] * fmax(0, 1 - (label[i] == 1 ? s : -s));
        }
        CHECK_NEAR(norm / 2 + hinge, dual - norm / 2, 1e-6, 0);
        sv_svm_free(&f);
    }
}

/* Two groups apart along the first column: the machine is the line in the middle, of the widest margin. */
static void test_svm__separable(void **state)
{
    (void)state;
    const double x[] = { -3, 5, -1, 2, -1, -1, 3, 0, 3, 1, 7, -2 };
    const int label[] = { 0, 0, 0, 1, 1, 1 };
    const double fresh[] = { 1, 100, 2, -50 };
    double score[2];
    sv_matrix m = sv_matrix_rowmajor(x, 6, 2), q = sv_matrix_rowmajor(fresh, 2, 2);
    sv_svm_opts o = SV_SVM_OPTS_INIT;
    o.cost = 1000;
    o.tolerance = 1e-10;
    sv_svm f;
    sv_error err = { 0 };
    CHECK_OK(sv_svm_fit(&f, &m, label, &o, &err), err);
    CHECK_NEAR(f.normal[0], 0.5, 1e-8, 0);
    CHECK_NEAR(f.normal[1], 0, 0, 1e-8);
    CHECK_NEAR(f.rho, 0.5, 1e-8, 0);
    CHECK_OK(sv_svm_score(score, &f, &q, &err), err);
    CHECK_NEAR(score[0], 0, 0, 1e-6);
    CHECK_NEAR(score[1], 0.5, 0, 1e-6);
    sv_svm_free(&f);
}

/* What no line can part, the RBF kernel does. */
static void test_svm__exclusive_or(void **state)
{
    (void)state;
    const double x[] = { -1, -1, 1, 1, -1, 1, 1, -1 };
    const int label[] = { 0, 0, 1, 1 };
    double score[4];
    sv_matrix m = sv_matrix_rowmajor(x, 4, 2);
    sv_svm_opts o = { SV_SVM_RBF, 10, 1, { 1, 1 }, 1e-9 };
    sv_svm f;
    sv_error err = { 0 };
    CHECK_OK(sv_svm_fit(&f, &m, label, &o, &err), err);
    CHECK_OK(sv_svm_score(score, &f, &m, &err), err);
    for (size_t i = 0; i < 4; i++) { CHECK_NEAR(score[i], label[i] ? 1 : -1, 1e-8, 0); }
    assert_null(f.normal);
    sv_svm_free(&f);
}

/* A label that counts twice is a label whose rows stand twice; exchanged labels turn the score round. */
static void test_svm__weights_and_labels(void **state)
{
    (void)state;
    double x[2 * N * D], score[N], other[N];
    int label[2 * N], turned[N];
    simulate(x, label, 9, 1);
    size_t n = N;
    for (size_t i = 0; i < N; i++) {
        turned[i] = 1 - label[i];
        if (label[i] == 0) { continue; }
        memcpy(x + n * D, x + i * D, D * sizeof *x);
        label[n++] = 1;
    }
    sv_matrix once = sv_matrix_rowmajor(x, N, D), twice = sv_matrix_rowmajor(x, n, D);
    sv_svm_opts plain = { SV_SVM_RBF, 1, 0.3, { 1, 1 }, 1e-9 }, heavy = plain, swapped = plain;
    heavy.weight[1] = swapped.weight[0] = 2;
    sv_svm f;
    sv_error err = { 0 };
    CHECK_OK(sv_svm_fit(&f, &once, label, &heavy, &err), err);
    CHECK_OK(sv_svm_score(score, &f, &once, &err), err);
    sv_svm_free(&f);
    CHECK_OK(sv_svm_fit(&f, &twice, label, &plain, &err), err);
    CHECK_OK(sv_svm_score(other, &f, &once, &err), err);
    sv_svm_free(&f);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(other[i], score[i], 0, 1e-7); }
    CHECK_OK(sv_svm_fit(&f, &once, turned, &swapped, &err), err);
    CHECK_OK(sv_svm_score(other, &f, &once, &err), err);
    sv_svm_free(&f);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(other[i], -score[i], 0, 1e-7); }
}

static void test_svm__constant_columns(void **state)
{
    (void)state;
    double x[N * D];
    int label[N];
    simulate(x, label, 4, 1);
    for (size_t i = 0; i < N * D; i++) { x[i] = 3; }
    sv_matrix m = sv_matrix_rowmajor(x, N, D);
    sv_svm_opts o = SV_SVM_OPTS_INIT;
    sv_svm f;
    sv_error err = { 0 };
    double score[N];
    CHECK_OK(sv_svm_fit(&f, &m, label, &o, &err), err);
    CHECK_OK(sv_svm_score(score, &f, &m, &err), err);
    for (size_t i = 0; i < N; i++) { CHECK_NEAR(score[i], -1, 0, 1e-6); }      /* the commoner label */
    sv_svm_free(&f);
}

/* Labels that no line parts, at a cost beyond single precision: refused, or right, but never wrong. */
static void test_svm__no_convergence(void **state)
{
    (void)state;
    enum { ROWS = 45 };
    double x[ROWS * D];
    int label[ROWS];
    sv_error err = { 0 };
    sv_matrix m = sv_matrix_rowmajor(x, ROWS, D);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        sv_rng r = sv_rng_stream(seed, 0);
        for (size_t i = 0; i < ROWS; i++) {
            for (size_t j = 0; j < D; j++) { x[i * D + j] = sv_normal_quantile(sv_rng_uniform(&r)); }
            label[i] = x[i * D] * x[i * D + 1] > 0;
        }
        sv_svm_opts o = { SV_SVM_LINEAR, 1000, 0, { 1, 1 }, 1e-7 };
        sv_svm f = { .p = 77 };
        int rc = sv_svm_fit(&f, &m, label, &o, &err);
        assert_true(rc == SV_ENUMERIC ? f.p == 77 : rc == SV_OK && f.violation <= 0.01);
        if (rc == SV_OK) { sv_svm_free(&f); }
        o.tolerance = 1e-3;
        CHECK_OK(sv_svm_fit(&f, &m, label, &o, &err), err);
        assert_true(f.violation <= 0.01);
        sv_svm_free(&f);
    }
}

static void test_svm__failures(void **state)
{
    (void)state;
    double x[N * D], score[1];
    int label[N];
    simulate(x, label, 5, 1);
    sv_matrix m = sv_matrix_rowmajor(x, N, D), narrow = sv_matrix_rowmajor(x, 1, D - 1);
    const sv_svm_opts good = SV_SVM_OPTS_INIT;
    sv_svm f = { .p = 77 };
    sv_error err = { 0 };
    sv_svm_opts bad[7];
    for (size_t k = 0; k < 7; k++) { bad[k] = good; }
    bad[0].cost = 0;
    bad[1].cost = (double)INFINITY;
    bad[2].gamma = -1;
    bad[3].weight[1] = 0;
    bad[4].tolerance = 1;
    bad[5].kernel = (sv_svm_kernel)9;
    bad[6].weight[0] = (double)NAN;
    for (size_t k = 0; k < 7; k++) { assert_int_equal(sv_svm_fit(&f, &m, label, &bad[k], &err), SV_EINVAL); }
    label[3] = 2;
    assert_int_equal(sv_svm_fit(&f, &m, label, &good, &err), SV_EDATA);
    for (size_t i = 0; i < N; i++) { label[i] = 1; }
    assert_int_equal(sv_svm_fit(&f, &m, label, &good, &err), SV_EDATA);
    label[0] = 0;
    x[4] = (double)NAN;
    assert_int_equal(sv_svm_fit(&f, &m, label, &good, &err), SV_EDATA);
    x[4] = 0;
    sv_matrix large = { x, SV_SVM_MAX_ROWS + 1, 1, 0, 0 };
    assert_int_equal(sv_svm_fit(&f, &large, label, &good, &err), SV_ELIMIT);
    assert_int_equal(f.p, 77);
    CHECK_OK(sv_svm_fit(&f, &m, label, &good, &err), err);
    assert_int_equal(sv_svm_score(score, &f, &narrow, &err), SV_EINVAL);
    sv_svm_free(&f);
    sv_svm_free(&f);
    sv_svm_free(NULL);
}

/* ---- Platt's sigmoid ------------------------------------------------------------------------- */

/* At the maximum the probabilities sum to the targets, plain and weighted by the score; both hold whatever the
 * unit of the score. */
static void test_platt__maximum(void **state)
{
    (void)state;
    double score[200];
    int label[200];
    sv_rng r = sv_rng_stream(3, 0);
    for (double unit = 1e-3; unit < 1e4; unit *= 1e3) {
        size_t ones = 0;
        for (size_t i = 0; i < 200; i++) {
            double s = 4 * sv_rng_uniform(&r) - 2;
            label[i] = sv_rng_uniform(&r) < 1 / (1 + exp(-2 * s + 1));
            ones += (size_t)label[i];
            score[i] = s * unit;
        }
        sv_platt p;
        sv_error err = { 0 };
        CHECK_OK(sv_platt_fit(&p, score, label, 200, &err), err);
        double target[2] = { 1 / (double)(202 - ones), ((double)ones + 1) / ((double)ones + 2) }, sum = 0, moment = 0;
        for (size_t i = 0; i < 200; i++) {
            double d = sv_platt_probability(&p, score[i]) - target[label[i]];
            sum += d;
            moment += d * score[i] / unit;
        }
        CHECK_NEAR(sum, 0, 0, 1e-6);
        CHECK_NEAR(moment, 0, 0, 1e-6);
        CHECK_NEAR(p.slope * unit, -2, 0, 0.7);
        CHECK_NEAR(sv_platt_probability(&p, 1e6 * unit), 1, 0, 1e-12);
        CHECK_NEAR(sv_platt_probability(&p, -1e6 * unit), 0, 0, 1e-12);
    }
}

/* Scores that say everything, or nothing, still have a sigmoid. */
static void test_platt__extremes(void **state)
{
    (void)state;
    const double apart[6] = { -3, -2, -1, 1, 2, 3 }, same[6] = { 2, 2, 2, 2, 2, 2 }, wrong[6] = { 0, 1, (double)NAN, 2, 3, 4 };
    const int label[6] = { 0, 0, 0, 1, 1, 1 }, one[6] = { 0 };
    sv_platt p = { 7, 7 };
    sv_error err = { 0 };
    assert_int_equal(sv_platt_fit(&p, wrong, label, 6, &err), SV_EDATA);
    assert_int_equal(sv_platt_fit(&p, apart, one, 6, &err), SV_EDATA);
    assert_true(p.slope > 6 && p.offset > 6);
    CHECK_OK(sv_platt_fit(&p, apart, label, 6, &err), err);
    assert_true(p.slope < 0);
    CHECK_NEAR(sv_platt_probability(&p, 0), 0.5, 1e-9, 0);
    CHECK_OK(sv_platt_fit(&p, same, label, 6, &err), err);
    CHECK_NEAR(sv_platt_probability(&p, 2), 0.5, 1e-9, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svm__reference),     cmocka_unit_test(test_svm__optimum),
        cmocka_unit_test(test_svm__separable),     cmocka_unit_test(test_svm__exclusive_or),
        cmocka_unit_test(test_svm__weights_and_labels), cmocka_unit_test(test_svm__constant_columns),
        cmocka_unit_test(test_svm__no_convergence), cmocka_unit_test(test_svm__failures),      cmocka_unit_test(test_platt__maximum),
        cmocka_unit_test(test_platt__extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
