/* test_deconvolve.c - convex analysis of mixtures stage by stage against debCAM 1.9.1 with its clusters. */
#include "cam_case.h"

#include <math.h>
#include <survival/nnls.h>

static cam_case rat;

static int load_rat(void **state)
{
    (void)state;
    if (!have_shared(CAM_DIR "rat_X.csv.gz")) { return 0; }
    cam_case_expression(&rat, CAM_DIR "rat_X.csv.gz", false);
    cam_case_prepare(&rat, CAM_DIR "rat_cluster.csv.gz");
    return 0;
}

static int drop_rat(void **state)
{
    (void)state;
    cam_case_free(&rat);
    return 0;
}
#define NEED_RAT() do { if (rat.label == NULL) { skip(); } } while (0)

static gztable reference(const char *name, bool names)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s%s", CAM_DIR, name);
    return gztable_read(path, names);
}

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

/* Eigenvectors up to their sign. */
static void check_directions(const cam_case *c, const char *name)
{
    gztable w = reference(name, true);
    assert_int_equal(w.rows, c->prep.dims);
    for (size_t q = 0; q < w.rows; q++) {
        const double *got = c->prep.w + q * w.cols, *want = w.v + q * w.cols;
        double along = 0;
        for (size_t j = 0; j < w.cols; j++) { along += got[j] * want[j]; }
        for (size_t j = 0; j < w.cols; j++) { CHECK_NEAR(got[j] * (along < 0 ? -1 : 1), want[j], 0, 1e-9); }
    }
    gztable_free(&w);
}

static void test_deconvolve__genes_and_directions(void **state)
{
    (void)state;
    NEED_RAT();
    check_directions(&rat, "rat_W.csv");
    gztable valid = reference("rat_valid.csv.gz", true);
    size_t at = 0;
    for (size_t g = 0; g < valid.rows; g++) {
        bool in = at < rat.prep.n && rat.prep.gene[at] == g;
        assert_int_equal(in, (int)valid.v[g]);
        at += in;
    }
    gztable_free(&valid);
}

/* Names of the centres, c12 and so on, are in the header only. */
static size_t read_header_clusters(int *cluster, const char *path)
{
    char line[4000], *at = line;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    (void)fclose(f);
    size_t n = 0;
    while ((at = strchr(at, 'c')) != NULL) { cluster[n++] = (int)strtol(++at, NULL, 10); }
    return n;
}

static void test_deconvolve__corner_candidates(void **state)
{
    (void)state;
    NEED_RAT();
    int want[64];
    size_t n = read_header_clusters(want, CAM_DIR "rat_hullcenters.csv");
    gztable centre = reference("rat_hullcenters.csv", false);
    sv_cam_corners c;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_corner_candidates(&c, &rat.prep, rat.label, CLUSTERS, 20, &err), err);
    assert_int_equal(c.n, n);
    gztable w = reference("rat_W.csv", true);
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (want[j] != c.cluster[i]) { assert_true(++j < n); }
        for (size_t q = 0; q < c.dims; q++) {
            double along = 0;
            for (size_t s = 0; s < w.cols; s++) { along += rat.prep.w[q * w.cols + s] * w.v[q * w.cols + s]; }
            CHECK_NEAR(c.centre[i * c.dims + q] * (along < 0 ? -1 : 1), centre.v[q * n + j], 0, 2e-6);
        }
    }
    gztable_free(&w);
    gztable_free(&centre);
    sv_cam_corners_free(&c);
}

/* Reference centres are good to 1e-6 only, so their margins to about 1e-4. */
static void check_search(const sv_cam_corners *c, const char *prefix, size_t k)
{
    char name[64];
    enum { MOST = 200 };
    size_t set[MOST * 20], n;
    double margin[MOST];
    sv_error err = { 0 };
    CHECK_OK(sv_cam_search(set, margin, &n, MOST, c, k, &err), err);
    (void)snprintf(name, sizeof name, "%s_corners_err_K%zu.csv", prefix, k);
    gztable want = reference(name, true);
    assert_int_equal(n, want.rows);
    for (size_t r = 0; r < n; r++) { CHECK_NEAR(margin[r], want.v[r * 2], 1e-4, 0); }
    gztable_free(&want);
    (void)snprintf(name, sizeof name, "%s_corners_K%zu.csv", prefix, k);
    gztable best = reference(name, true);
    for (size_t q = 0; q < k; q++) {
        bool found = false;
        for (size_t p = 0; p < k; p++) { found = found || c->cluster[set[p]] == (int)best.v[q]; }
        assert_true(found);
    }
    gztable_free(&best);
}

/* Fits of one K are compared up to the order of the subpopulations. */
static void check_fit(const cam_case *t, const sv_cam_corners *c, const char *prefix, size_t k, const char *s_name)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s_corners_K%zu.csv", prefix, k);
    gztable corner = reference(name, true);
    (void)snprintf(name, sizeof name, "%s_A_K%zu.csv", prefix, k);
    gztable a = reference(name, true);
    (void)snprintf(name, sizeof name, "%s_mdl.csv", prefix);
    gztable mdl = reference(name, false);
    sv_cam_fit f;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_fit_k(&f, &t->m, &t->prep, c, t->label, CLUSTERS, k, &t->opts, &err), err);
    size_t at[20];
    for (size_t q = 0; q < k; q++) {
        at[q] = 0;
        while (f.cluster[at[q]] != (int)corner.v[k + q]) { assert_true(++at[q] < k); }
        for (size_t j = 0; j < a.rows; j++) { CHECK_NEAR(f.a[j * k + at[q]], a.v[j * k + q], 0, 1e-5); }
    }
    CHECK_NEAR(f.mdl, mdl.v[(k - 2) * 7 + 6], 1e-5, 0);
    CHECK_NEAR(f.data_length, mdl.v[(k - 2) * 7 + 3], 1e-5, 0);
    if (s_name != NULL) {
        gztable s = reference(s_name, true);
        double largest = 0;
        for (size_t i = 0; i < s.rows * k; i++) { largest = fmax(largest, s.v[i]); }
        for (size_t g = 0; g < s.rows; g++) {
            for (size_t q = 0; q < k; q++) { CHECK_NEAR(f.s[g * k + at[q]], s.v[g * k + q], 1e-5, 1e-5 * largest); }
        }
        gztable_free(&s);
    }
    sv_cam_fit_free(&f);
    gztable_free(&mdl);
    gztable_free(&a);
    gztable_free(&corner);
}

static void test_deconvolve__fits_of_rat_tissues(void **state)
{
    (void)state;
    NEED_RAT();
    sv_cam_corners c;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_corner_candidates(&c, &rat.prep, rat.label, CLUSTERS, 20, &err), err);
    for (size_t k = 2; k <= LARGEST_RAT_K; k++) {
        check_search(&c, "rat", k);
        check_fit(&rat, &c, "rat", k, k == 3 ? "rat_S_K3.csv.gz" : NULL);
    }
    sv_cam_corners_free(&c);
}

/* 90 tumours; 20 corners picked first, as debCAM did with quick.select = 20. */
static void test_deconvolve__fits_of_colorectal_tumours(void **state)
{
    (void)state;
    SKIP_WITHOUT(GSE24550);
    PLAIN_BUILD_ONLY();
    cam_case crc;
    cam_case_expression(&crc, GSE24550, true);
    cam_case_prepare(&crc, CAM_DIR "gse24550_cluster.csv.gz");
    check_directions(&crc, "gse24550_W.csv");
    sv_cam_corners c;
    sv_error err = { 0 };
    CHECK_OK(sv_cam_corner_candidates(&c, &crc.prep, crc.label, CLUSTERS, 20, &err), err);
    CHECK_OK(sv_cam_pick_corners(&c, 20, &err), err);
    int want[64];
    assert_int_equal(read_header_clusters(want, CAM_DIR "gse24550_hullcenters.csv"), 20);
    assert_int_equal(c.n, 20);
    for (size_t i = 0; i < 20; i++) { assert_int_equal(c.cluster[i], want[i]); }
    for (size_t k = 2; k <= 7; k++) { check_search(&c, "gse24550", k); }
    for (size_t k = 2; k <= 4; k++) { check_fit(&crc, &c, "gse24550", k, k == 4 ? "gse24550_S_K4.csv.gz" : NULL); }
    sv_cam_corners_free(&c);
    cam_case_free(&crc);
}

static void test_deconvolve__given_markers_or_expression(void **state)
{
    (void)state;
    NEED_RAT();
    size_t genes = rat.m.rows, samples = rat.m.cols;
    sv_error err = { 0 };
    double *a = calloc(samples * 3, sizeof *a), *fold = calloc(genes, sizeof *fold);
    int *marker = calloc(genes, sizeof *marker), *source = calloc(genes, sizeof *source);

    gztable s = reference("rat_S_true.csv.gz", true);
    sv_matrix sm = sv_matrix_rowmajor(s.v, genes, 3);
    for (int divide = 0; divide < 2; divide++) {
        gztable want = reference(divide ? "rat_A_given_S_true_norm.csv" : "rat_A_given_S_true.csv", true);
        CHECK_OK(sv_cam_proportions(a, &rat.m, &sm, divide, &err), err);
        for (size_t i = 0; i < samples * 3; i++) { CHECK_NEAR(a[i], want.v[i], 0, 1e-9); }
        gztable_free(&want);
    }
    gztable_free(&s);

    gztable truth = reference("rat_A_true.csv", false);
    for (size_t c = 0; c < 3; c++) { assert_true(correlation(a + c, 3, truth.v + c, 3, samples) > 0.97); }
    gztable_free(&truth);

    FILE *f = fopen(CAM_DIR "rat_markers_K3.csv", "r");
    char line[100], name[40];
    int of;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%d,%39s", &of, name) != 2) { continue; }
        for (size_t g = 0; g < genes; g++) {
            if (strcmp(rat.x.name[g], name) == 0) { marker[g] = of; }
        }
    }
    (void)fclose(f);
    gztable want = reference("rat_AfromMarkers.csv", false);
    CHECK_OK(sv_cam_a_from_markers(a, &rat.m, marker, 3, &err), err);
    for (size_t i = 0; i < samples * 3; i++) { CHECK_NEAR(a[i], want.v[i], 0, 1e-5); }
    gztable_free(&want);
    want = reference("rat_redoA.csv", true);
    CHECK_OK(sv_cam_refine(a, &rat.m, marker, 3, 2, &err), err);
    for (size_t i = 0; i < samples * 3; i++) { CHECK_NEAR(a[i], want.v[i], 0, 1e-5); }
    gztable_free(&want);

    gztable a3 = reference("rat_A_K3.csv", true), fc = reference("rat_MGstatistic.csv.gz", true);
    double *s3 = calloc(genes * 3, sizeof *s3);
    sv_matrix a3m = sv_matrix_rowmajor(a3.v, samples, 3), s3m = sv_matrix_rowmajor(s3, genes, 3);
    sv_matrix genes_as_columns = { rat.m.v, samples, genes, rat.m.col_step, rat.m.row_step };
    CHECK_OK(sv_nnls(s3, NULL, &a3m, &genes_as_columns, &err), err);
    CHECK_OK(sv_cam_markers(source, fold, &s3m, &err), err);
    for (size_t g = 0; g < genes; g++) {
        assert_int_equal(source[g], (int)fc.v[g * 2]);
        CHECK_NEAR(fold[g], fc.v[g * 2 + 1], 1e-6, 0);
    }
    gztable_free(&a3);
    free(s3);
    gztable_free(&fc);
    free(a);
    free(fold);
    free(marker);
    free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deconvolve__genes_and_directions),
        cmocka_unit_test(test_deconvolve__corner_candidates),
        cmocka_unit_test(test_deconvolve__fits_of_rat_tissues),
        cmocka_unit_test(test_deconvolve__fits_of_colorectal_tumours),
        cmocka_unit_test(test_deconvolve__given_markers_or_expression),
    };
    return cmocka_run_group_tests(tests, load_rat, drop_rat);
}
