/* test_deconvolve_whole.c - the deconvolution from expression to proportions: the rat tissues, planted mixtures,
 * brute force over small corner sets, and input that it must refuse. */
#include "cam_case.h"
#include "cohort.h"

#include <survival/nnls.h>

static double correlation(const double *a, size_t step_a, const double *b, size_t step_b, size_t n)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ma += a[i * step_a] / (double)n;
        mb += b[i * step_b] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double da = a[i * step_a] - ma, db = b[i * step_b] - mb;
        ab += da * db;
        aa += da * da;
        bb += db * db;
    }
    return ab / sqrt(aa * bb);
}

/* The best correlation of column c of truth with any column of f. */
static double recovered(const sv_cam_fit *f, const double *truth, size_t k, size_t c)
{
    double best = -1;
    for (size_t q = 0; q < f->k; q++) { best = fmax(best, correlation(f->a + q, f->k, truth + c, k, f->samples)); }
    return best;
}

static void check_proportions(const sv_cam_fit *f)
{
    for (size_t j = 0; j < f->samples; j++) {
        double sum = 0;
        for (size_t q = 0; q < f->k; q++) {
            assert_true(f->a[j * f->k + q] >= 0);
            sum += f->a[j * f->k + q];
        }
        CHECK_NEAR(sum, 1, 1e-12, 0);
    }
}

/* debCAM: K = 3 by MDL; correlations .984, .987, .986 with the true proportions of liver, brain and lung. About
 * half of the single runs prefer K = 4, whatever the seed; the least length of all runs is that of 3. */
static void test_whole__rat_tissues(void **state)
{
    (void)state;
    SKIP_WITHOUT(CAM_DIR "rat_X.csv.gz");
    PLAIN_BUILD_ONLY();
    cam_case rat = { 0 };
    cam_case_expression(&rat, CAM_DIR "rat_X.csv.gz", false);
    rat.opts.k_max = 5;
    rat.opts.starts = 5;
    enum { RUNS = 6 };
    double mdl[RUNS * 4];
    size_t chosen[RUNS];
    gztable truth = gztable_read(CAM_DIR "rat_A_true.csv", false);
    sv_cam cam;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_multistart(&cam, mdl, chosen, RUNS, &rat.m, &rat.opts, &err), err);
    assert_int_equal(cam.n, 4);
    assert_int_equal(cam.fit[cam.best].k, 3);
    for (size_t c = 0; c < 3; c++) { assert_true(recovered(&cam.fit[1], truth.v, 3, c) >= 0.97); }
    for (size_t q = 0; q < cam.n; q++) { check_proportions(&cam.fit[q]); }
    for (size_t run = 0; run < RUNS; run++) { assert_true(chosen[run] == 3 || chosen[run] == 4); }
    sv_cam_free(&cam);
    gztable_free(&truth);
    cam_case_free(&rat);
}

enum { GENES = 900, SAMPLES = 24, SOURCES = 3 };

/* Each source has 60 genes that no other expresses; the others are expressed by all. Little noise. */
static void planted(double *x, double *a, uint64_t mixing, uint64_t seed)
{
    for (size_t j = 0; j < SAMPLES; j++) {
        double sum = 0;
        for (size_t c = 0; c < SOURCES; c++) { sum += a[j * SOURCES + c] = -log(uniform(&mixing)); }
        for (size_t c = 0; c < SOURCES; c++) { a[j * SOURCES + c] /= sum; }
    }
    for (size_t g = 0; g < GENES; g++) {
        double s[SOURCES];
        for (size_t c = 0; c < SOURCES; c++) {
            bool silent = g < 60 * SOURCES && g / 60 != c;
            s[c] = silent ? 0 : 200 * (0.3 + uniform(&seed));
        }
        for (size_t j = 0; j < SAMPLES; j++) {
            double v = 0;
            for (size_t c = 0; c < SOURCES; c++) { v += a[j * SOURCES + c] * s[c]; }
            x[g * SAMPLES + j] = v * (1 + 0.02 * (uniform(&seed) - 0.5));
        }
    }
}

static sv_cam_opts small_opts(void)
{
    sv_cam_opts o = SV_CAM_OPTS_INIT;
    o.low = 0;
    o.high = 1;
    o.dims = 6;
    o.clusters = 30;
    o.starts = 5;
    o.min_genes = 5;
    o.k_max = 4;
    return o;
}

static void test_whole__planted_mixture(void **state)
{
    (void)state;
    double *x = calloc(GENES * SAMPLES, sizeof *x), a[SAMPLES * SOURCES], mdl[4 * 3];
    size_t chosen[4];
    planted(x, a, 7, 7);
    sv_matrix m = sv_matrix_rowmajor(x, GENES, SAMPLES);
    sv_cam_opts o = small_opts();
    sv_cam cam;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_multistart(&cam, mdl, chosen, 4, &m, &o, &err), err);
    assert_int_equal(cam.fit[cam.best].k, SOURCES);
    const sv_cam_fit *f = &cam.fit[cam.best];
    check_proportions(f);
    for (size_t c = 0; c < SOURCES; c++) { assert_true(recovered(f, a, SOURCES, c) > 0.995); }
    size_t marked = 0, right = 0;
    for (size_t g = 0; g < GENES; g++) {
        marked += f->marker[g] > 0;
        right += f->marker[g] > 0 && g < 60 * SOURCES;
    }
    assert_true(marked > 30 && right * 10 >= marked * 9);
    for (size_t run = 0; run < 4; run++) {
        assert_int_equal(chosen[run], SOURCES);
        for (size_t q = 0; q < 3; q++) { assert_true(cam.fit[q].mdl <= mdl[run * 3 + q]); }
    }

    /* A second cohort of the same sources, given S. */
    double *y = calloc(GENES * SAMPLES, sizeof *y), b[SAMPLES * SOURCES], got[SAMPLES * SOURCES];
    planted(y, b, 8, 7);
    sv_matrix ym = sv_matrix_rowmajor(y, GENES, SAMPLES), sm = sv_matrix_rowmajor(f->s, GENES, SOURCES);
    CHECK_OK(sv_cam_proportions(got, &ym, &sm, true, &err), err);
    sv_cam_fit second = { .k = SOURCES, .samples = SAMPLES, .a = got };
    check_proportions(&second);
    for (size_t c = 0; c < SOURCES; c++) { assert_true(recovered(&second, b, SOURCES, c) > 0.995); }
    sv_cam_free(&cam);
    free(x);
    free(y);
}

/* Shuffled samples: the same proportions, shuffled. Expression times 8: the same proportions. */
static void test_whole__order_and_unit_do_not_matter(void **state)
{
    (void)state;
    double *x = calloc(GENES * SAMPLES, sizeof *x), *y = calloc(GENES * SAMPLES, sizeof *y), a[SAMPLES * SOURCES];
    planted(x, a, 21, 21);
    for (size_t g = 0; g < GENES; g++) {
        for (size_t j = 0; j < SAMPLES; j++) { y[g * SAMPLES + j * 5 % SAMPLES] = 8 * x[g * SAMPLES + j]; }
    }
    sv_cam_opts o = small_opts();
    sv_cam one, two;
    sv_error err = { 0 };
    sv_matrix xm = sv_matrix_rowmajor(x, GENES, SAMPLES), ym = sv_matrix_rowmajor(y, GENES, SAMPLES);
    CHECK_OK(sv_cam_run(&one, &xm, &o, &err), err);
    CHECK_OK(sv_cam_run(&two, &ym, &o, &err), err);
    assert_int_equal(one.prep.n, two.prep.n);
    for (size_t q = 0; q < one.n; q++) {
        size_t k = one.fit[q].k;
        for (size_t j = 0; j < SAMPLES; j++) {
            for (size_t c = 0; c < k; c++) {
                CHECK_NEAR(two.fit[q].a[j * 5 % SAMPLES * k + c], one.fit[q].a[j * k + c], 0, 1e-7);
            }
        }
    }
    sv_cam_free(&one);
    sv_cam_free(&two);
    free(x);
    free(y);
}

/* Every set of corners by non-negative least squares with a heavy row for the sum, as debCAM poses it. */
static void test_whole__search_is_exhaustive(void **state)
{
    (void)state;
    enum { N = 11, DIMS = 4, MOST = 30 };
    uint64_t seed = 3;
    for (size_t k = 2; k <= 6; k++) {                /* beyond 4 the corners span no more: all sets are flat */
        double centre[N * DIMS], margin[MOST], want[MOST];
        int cluster[N] = { 0 };
        size_t set[MOST * 6], n, have = 0;
        for (size_t i = 0; i < N * DIMS; i++) { centre[i] = i % DIMS == 0 ? 1 : uniform(&seed); }
        sv_cam_corners c = { .n = N, .dims = DIMS, .cluster = cluster, .centre = centre };
        sv_error err = { 0 };
        CHECK_OK(sv_cam_search(set, margin, &n, MOST, &c, k, &err), err);
        for (unsigned bits = 0; bits < 1u << N; bits++) {
            size_t at[N], m = 0;
            for (size_t i = 0; i < N; i++) {
                if (bits >> i & 1) { at[m++] = i; }
            }
            if (m != k) { continue; }
            double a[(DIMS + 1) * 6], b[(DIMS + 1) * N], x[N * 6], rss[N], sum = 0;
            for (size_t d = 0; d <= DIMS; d++) {
                for (size_t i = 0; i < k; i++) { a[d * k + i] = d < DIMS ? centre[at[i] * DIMS + d] : 1e3; }
                for (size_t i = 0; i < N; i++) { b[d * N + i] = d < DIMS ? centre[i * DIMS + d] : 1e3; }
            }
            sv_matrix am = sv_matrix_rowmajor(a, DIMS + 1, k), bm = sv_matrix_rowmajor(b, DIMS + 1, N);
            CHECK_OK(sv_nnls(x, rss, &am, &bm, &err), err);
            for (size_t i = 0; i < N; i++) { sum += rss[i]; }
            size_t p = have < MOST ? have++ : MOST;
            for (; p > 0 && (p == MOST || want[p - 1] > sum); p--) {
                if (p == MOST && want[p - 1] <= sum) { break; }
                if (p < MOST) { want[p] = want[p - 1]; }
            }
            if (p < MOST) { want[p] = sum; }
        }
        assert_int_equal(n, have);
        for (size_t r = 0; r < n; r++) { CHECK_NEAR(margin[r], want[r] * 1e-10, 1e-4, 1e-18); }
    }
}

static void test_whole__spatial_median(void **state)
{
    (void)state;
    /* Fermat's point of a triangle sees its sides under 120 degrees; of an obtuse one it is the corner. */
    static const double FLAT[6] = { 0, 0, 10, 1, -10, 1 }, EVEN[6] = { 0, 0, 4, 0, 1, 3 };
    double m[2];
    sv_error err = { 0 };
    sv_matrix flat = sv_matrix_rowmajor(FLAT, 3, 2), even = sv_matrix_rowmajor(EVEN, 3, 2);
    CHECK_OK(sv_spatial_median(m, &flat, &err), err);
    CHECK_NEAR(m[0], 0, 0, 1e-6);
    CHECK_NEAR(m[1], 0, 0, 1e-6);
    CHECK_OK(sv_spatial_median(m, &even, &err), err);
    for (size_t i = 0; i < 3; i++) {
        const double *p = EVEN + 2 * i, *q = EVEN + 2 * ((i + 1) % 3);
        double ux = p[0] - m[0], uy = p[1] - m[1], vx = q[0] - m[0], vy = q[1] - m[1];
        CHECK_NEAR((ux * vx + uy * vy) / (hypot(ux, uy) * hypot(vx, vy)), -0.5, 1e-8, 0);
    }
}

static void test_whole__refuses(void **state)
{
    (void)state;
    double *x = calloc(GENES * SAMPLES, sizeof *x), a[SAMPLES * SOURCES], mdl[3];
    size_t chosen[1], bad_k[] = { 0, 1, 21 };
    planted(x, a, 9, 9);
    sv_matrix m = sv_matrix_rowmajor(x, GENES, SAMPLES), two = { x, GENES, 2, SAMPLES, 1 }, one = { x, GENES, 1, SAMPLES, 1 },
              few = { x, 20, SAMPLES, SAMPLES, 1 };
    sv_cam cam = { .n = 77 };
    sv_cam_opts o = small_opts();
    sv_error err = { 0 };
    for (size_t t = 0; t < 3; t++) {
        o.k_min = o.k_max = bad_k[t];
        assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_EINVAL);
    }
    o = small_opts();
    o.k_min = 3;
    assert_int_equal(sv_cam_run(&cam, &two, &o, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "3 subpopulations cannot be told apart in 2 dimensions of 2 samples");
    assert_int_equal(sv_cam_run(&cam, &one, &o, &err), SV_ETOOSMALL);
    assert_int_equal(sv_cam_run(&cam, &few, &o, &err), SV_ETOOSMALL);
    o.low = 0.5;
    o.high = 0.5;
    assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_EINVAL);
    o = small_opts();
    o.min_genes = GENES;
    assert_int_equal(sv_cam_multistart(&cam, mdl, chosen, 1, &m, &o, &err), SV_ETOOSMALL);
    assert_true(isnan(mdl[0]));
    o = small_opts();
    x[5 * SAMPLES + 3] = -1;
    assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_EDATA);
    assert_string_equal(err.msg, "gene 6 of sample 4 is -1: expression must be linear, finite and >= 0");
    x[5 * SAMPLES + 3] = NAN;
    assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_EDATA);
    for (size_t i = 0; i < GENES * SAMPLES; i++) { x[i] = 0; }
    assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "no gene of 900 has any expression");
    for (size_t i = 0; i < GENES * SAMPLES; i++) { x[i] = 4; }              /* constant, and all the same */
    assert_int_equal(sv_cam_run(&cam, &m, &o, &err), SV_ETOOSMALL);
    assert_int_equal(cam.n, 77);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole__rat_tissues),
        cmocka_unit_test(test_whole__planted_mixture),
        cmocka_unit_test(test_whole__order_and_unit_do_not_matter),
        cmocka_unit_test(test_whole__search_is_exhaustive),
        cmocka_unit_test(test_whole__spatial_median),
        cmocka_unit_test(test_whole__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
