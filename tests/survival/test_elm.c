/* test_elm.c - the extreme learning machine against R (reference/survival/16_elm), and least squares of
 * least norm by what defines it. */
#include "cohort.h"

#include <survival/elm.h>

#include "minnorm.h"

#define ELM(file) REFERENCE("16_elm/" file)

typedef struct labelled { csv t; double *x; int *y; sv_matrix m; } labelled;

/* Columns 3 to 9 of the z-scored tables; column 2 is the label. */
static void read_labelled(labelled *d, const char *path)
{
    assert_true(csv_read(&d->t, path));
    d->x = calloc(d->t.rows * 7, sizeof *d->x);
    d->y = calloc(d->t.rows, sizeof *d->y);
    assert_true(d->x && d->y);
    for (size_t i = 0; i < d->t.rows; i++) {
        char **row = d->t.cell + (i + 1) * d->t.cols;
        d->y[i] = (int)strtol(row[1], NULL, 10);
        for (size_t j = 0; j < 7; j++) { d->x[i * 7 + j] = strtod(row[2 + j], NULL); }
    }
    d->m = sv_matrix_rowmajor(d->x, d->t.rows, 7);
}

static void labelled_free(labelled *d)
{
    csv_free(&d->t);
    free(d->x);
    free(d->y);
}

static void check_scores(const sv_elm *e, const labelled *train, const labelled *test, const char *file,
                         double tolerance)
{
    csv want;
    sv_error err;
    double score[300];
    assert_true(csv_read(&want, file));
    assert_int_equal(want.rows, train->t.rows + test->t.rows);
    CHECK_OK(sv_elm_score(score, e, &train->m, &err), err);
    CHECK_OK(sv_elm_score(score + train->t.rows, e, &test->m, &err), err);
    for (size_t i = 0; i < want.rows; i++) { CHECK_NEAR(score[i], csv_num(&want, i, "score"), 0, tolerance); }
    csv_free(&want);
}

static void test_networks_equal_rs(void **state)
{
    (void)state;
    SKIP_WITHOUT(ELM("elm1000_first5_nodes.csv"));
    labelled train, test;
    sv_elm e;
    sv_error err;
    csv want;
    sv_elm_opts o = SV_ELM_OPTS_INIT;
    read_labelled(&train, REFERENCE("20_logistic_roc/train_z.csv"));
    read_labelled(&test, REFERENCE("20_logistic_roc/test_z.csv"));
    CHECK_OK(sv_elm_fit(&e, &train.m, train.y, &o, &err), err);
    assert_true(csv_read(&want, ELM("elm1000_first5_nodes.csv")));
    for (size_t k = 0; k < 5; k++) {
        for (size_t j = 0; j < 7; j++) {
            CHECK_NEAR(e.weight[k * 7 + j], strtod(want.cell[(k + 1) * want.cols + 1 + j], NULL), 1e-14, 0);
        }
        CHECK_NEAR(e.bias[k], csv_num(&want, k, "b"), 1e-14, 0);
    }
    csv_free(&want);
    check_scores(&e, &train, &test, ELM("elm1000_ridgeC1_scores.csv"), 1e-9);
    sv_elm_free(&e);

    o.hidden = 50;
    CHECK_OK(sv_elm_fit(&e, &train.m, train.y, &o, &err), err);
    assert_true(csv_read(&want, ELM("elm50_ridgeC1_beta.csv")));
    for (size_t k = 0; k < 50; k++) { CHECK_NEAR(e.beta[k], csv_num(&want, k, "beta"), 1e-9, 1e-9); }
    csv_free(&want);
    sv_elm_free(&e);

    o = (sv_elm_opts)SV_ELM_OPTS_INIT;
    o.cost = INFINITY;
    CHECK_OK(sv_elm_fit(&e, &train.m, train.y, &o, &err), err);
    check_scores(&e, &train, &test, ELM("elm1000_pinv_scores.csv"), 1e-6);
    assert_true(e.condition > 1e3);
    sv_elm_free(&e);
    labelled_free(&train);
    labelled_free(&test);
}

/* ---- Least squares of least norm ------------------------------------------------------------- */

enum { ROWS = 23, COLS = 9 };

static void random_matrix(double *a, uint64_t *seed, bool deficient)
{
    for (size_t k = 0; k < ROWS * COLS; k++) { a[k] = uniform(seed) - 0.5; }
    for (size_t i = 0; i < ROWS && deficient; i++) {     /* two columns that others make up */
        a[4 * ROWS + i] = a[i] - 2 * a[ROWS + i];
        a[8 * ROWS + i] = a[2 * ROWS + i];
    }
}

/* The normal equations hold, and x lies in the span of a's rows (columns): the four conditions that make a
 * pseudo-inverse, applied to t. */
static void check_solution(bool turned, bool deficient)
{
    uint64_t seed = 31;
    double a[ROWS * COLS], work[ROWS * COLS], t[ROWS], x[ROWS], y[ROWS], again[ROWS];
    sv_min_norm_info info;
    sv_error err;
    random_matrix(a, &seed, deficient);
    for (int i = 0; i < ROWS; i++) { t[i] = uniform(&seed); }
    memcpy(work, a, sizeof a);
    CHECK_OK(sv_min_norm(x, &info, work, ROWS, COLS, t, turned, 1e-12, &err), err);
    assert_int_equal(info.rank, deficient ? COLS - 2 : COLS);
    size_t unknowns = turned ? ROWS : COLS, equations = turned ? COLS : ROWS;
    for (size_t e = 0; e < equations; e++) {             /* residual */
        y[e] = -t[e];
        for (size_t u = 0; u < unknowns; u++) { y[e] += (turned ? a[e * ROWS + u] : a[u * ROWS + e]) * x[u]; }
    }
    for (size_t u = 0; u < unknowns; u++) {
        double normal = 0;
        for (size_t e = 0; e < equations; e++) { normal += (turned ? a[e * ROWS + u] : a[u * ROWS + e]) * y[e]; }
        CHECK_NEAR(normal, 0, 0, 1e-12);
    }
    /* of least norm: pinv(A) A x = x */
    for (size_t e = 0; e < equations; e++) { y[e] += t[e]; }
    memcpy(work, a, sizeof a);
    CHECK_OK(sv_min_norm(again, &info, work, ROWS, COLS, y, turned, 1e-12, &err), err);
    for (size_t u = 0; u < unknowns; u++) { CHECK_NEAR(again[u], x[u], 0, 1e-12); }
}

static void test_least_norm(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) { check_solution(k & 1, k & 2); }
}

/* ---- The machine ----------------------------------------------------------------------------- */

enum { N = 80 };
static void two_clouds(double *x, int *y, uint64_t seed, double apart)
{
    for (int i = 0; i < N; i++) {
        y[i] = i % 2;
        for (int j = 0; j < 3; j++) {
            double sum = 0;
            for (int k = 0; k < 6; k++) { sum += uniform(&seed) - 0.5; }
            x[i * 3 + j] = sum + (j == 0 && y[i] ? apart : 0);
        }
    }
}

/* Many nodes and the pseudo-inverse reproduce any labels; ridge with many patients tells clouds apart. */
static void test_what_it_learns(void **state)
{
    (void)state;
    double x[N * 3], score[N], mean[N], sd[N], agreement[N], fresh[N * 3];
    int y[N], other[N], right = 0;
    sv_elm e;
    sv_error err;
    sv_elm_opts o = SV_ELM_OPTS_INIT;
    sv_matrix m = sv_matrix_rowmajor(x, N, 3), of = sv_matrix_rowmajor(fresh, N, 3);
    uint64_t coin = 2;
    two_clouds(x, y, 1, 3);
    two_clouds(fresh, other, 99, 3);
    o.hidden = 400;
    o.cost = INFINITY;
    for (int i = 0; i < N; i++) { other[i] = uniform(&coin) < 0.5; }
    CHECK_OK(sv_elm_fit(&e, &m, other, &o, &err), err);
    CHECK_OK(sv_elm_score(score, &e, &m, &err), err);
    for (int i = 0; i < N; i++) { CHECK_NEAR(score[i], other[i] ? 1 : -1, 0, 1e-3); }
    sv_elm_free(&e);

    o.cost = 1;
    CHECK_OK(sv_elm_committee(mean, sd, agreement, &of, &m, y, &o, 20, &err), err);
    for (int i = 0; i < N; i++) {
        right += (mean[i] > 0) == (i % 2 == 1);
        assert_true(sd[i] > 0 && agreement[i] >= 0.5 && agreement[i] <= 1);
    }
    assert_true(right >= 75);
    CHECK_OK(sv_elm_committee(score, NULL, NULL, &of, &m, y, &o, 20, &err), err);
    assert_memory_equal(score, mean, sizeof mean);
}

/* From seed and output weights alone comes the same network. */
static void test_restored_networks_are_the_same(void **state)
{
    (void)state;
    double x[N * 3], score[N], again[N];
    int y[N];
    sv_elm e, back;
    sv_error err;
    sv_elm_opts o = SV_ELM_OPTS_INIT;
    sv_matrix m = sv_matrix_rowmajor(x, N, 3);
    two_clouds(x, y, 4, 1);
    o.hidden = 57;
    o.seed = 77;
    CHECK_OK(sv_elm_fit(&e, &m, y, &o, &err), err);
    CHECK_OK(sv_elm_restore(&back, 3, 57, 77, e.beta, &err), err);
    assert_true(isnan(back.condition) && back.beta != e.beta);
    CHECK_OK(sv_elm_score(score, &e, &m, &err), err);
    CHECK_OK(sv_elm_score(again, &back, &m, &err), err);
    assert_memory_equal(score, again, sizeof score);
    sv_elm_free(&back);
    back = (sv_elm){ .p = 99 };
    assert_int_equal(sv_elm_restore(&back, 0, 57, 77, e.beta, &err), SV_EINVAL);
    assert_int_equal(sv_elm_restore(&back, 3, 0, 77, e.beta, &err), SV_EINVAL);
    assert_int_equal(sv_elm_restore(&back, 3, 57, 0, e.beta, &err), SV_EINVAL);
    assert_int_equal(back.p, 99);
    sv_elm_free(&e);
}

static void test_refusals(void **state)
{
    (void)state;
    double x[N * 3], score[N];
    int y[N];
    sv_elm e = { 0 };
    sv_error err;
    sv_elm_opts o = SV_ELM_OPTS_INIT;
    sv_matrix m = sv_matrix_rowmajor(x, N, 3), narrow = sv_matrix_rowmajor(x, N, 2);
    two_clouds(x, y, 1, 1);
    o.hidden = 0;
    assert_int_equal(sv_elm_fit(&e, &m, y, &o, &err), SV_EINVAL);
    o = (sv_elm_opts)SV_ELM_OPTS_INIT;
    o.cost = -1;
    assert_int_equal(sv_elm_fit(&e, &m, y, &o, &err), SV_EINVAL);
    o = (sv_elm_opts)SV_ELM_OPTS_INIT;
    o.seed = 0;                                    /* stays 0 for ever */
    assert_int_equal(sv_elm_fit(&e, &m, y, &o, &err), SV_EINVAL);
    o = (sv_elm_opts)SV_ELM_OPTS_INIT;
    o.hidden = 10;
    CHECK_OK(sv_elm_fit(&e, &m, y, &o, &err), err);
    assert_int_equal(sv_elm_score(score, &e, &narrow, &err), SV_EINVAL);
    sv_elm_free(&e);
    y[3] = 2;
    assert_int_equal(sv_elm_fit(&e, &m, y, &o, &err), SV_EDATA);
    memset(y, 0, sizeof y);
    assert_int_equal(sv_elm_fit(&e, &m, y, &o, &err), SV_EDATA);
    assert_null(e.beta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_equal_rs), cmocka_unit_test(test_least_norm),
        cmocka_unit_test(test_what_it_learns), cmocka_unit_test(test_restored_networks_are_the_same),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
