/* test_cluster.c - hierarchical clustering, k-means, medoids and silhouettes, against R 4.2.2 and cluster
 * 2.1.4, and from their definitions. */
#include "cohort.h"

#include <string.h>
#include <survival/cluster.h>

#define INPUT REFERENCE("14_consensus/input_100x250.csv")
enum { GENES = 100, PATIENTS = 250, FEW = 60 };

/* Patients as rows. */
static sv_matrix expression(csv *c, double **v)
{
    if (!csv_read(c, INPUT)) { fail_msg("cannot read %s", INPUT); }
    assert_int_equal(c->rows, GENES);
    *v = calloc(GENES * PATIENTS, sizeof **v);
    for (size_t g = 0; g < GENES; g++) {
        for (size_t i = 0; i < PATIENTS; i++) { (*v)[g * PATIENTS + i] = csv_num_at(c, g, i + 1); }
    }
    return sv_matrix_colmajor(*v, PATIENTS, GENES);
}

static void check_tree(const double *d, sv_linkage linkage, const char *path)
{
    csv want;
    if (!csv_read(&want, path)) { fail_msg("cannot read %s", path); }
    sv_hclust h;
    sv_error err = { 0 };
    CHECK_OK(sv_hclust_fit(&h, d, FEW, linkage, &err), err);
    for (size_t s = 0; s < want.rows; s++) {
        assert_int_equal(h.merge[2 * s], (int)csv_num(&want, s, "m1"));
        assert_int_equal(h.merge[2 * s + 1], (int)csv_num(&want, s, "m2"));
        CHECK_NEAR(h.height[s], csv_num(&want, s, "height"), 1e-12, 0);
    }
    sv_hclust_free(&h);
    csv_free(&want);
}

static void test_cluster__trees_as_R(void **state)
{
    (void)state;
    SKIP_WITHOUT(INPUT);
    csv c;
    double *v;
    sv_matrix x = expression(&c, &v);
    x.rows = FEW;
    double *d = calloc(FEW * FEW, sizeof *d);
    sv_error err = { 0 };
    CHECK_OK(sv_distance(d, &x, SV_METRIC_PEARSON, &err), err);
    check_tree(d, SV_LINK_AVERAGE, REFERENCE("14_consensus/hclust_average_60.csv"));
    check_tree(d, SV_LINK_COMPLETE, REFERENCE("14_consensus/hclust_complete_60.csv"));
    check_tree(d, SV_LINK_SINGLE, REFERENCE("14_consensus/hclust_single_60.csv"));
    check_tree(d, SV_LINK_WARD_D2, REFERENCE("14_consensus/hclust_ward.D2_60.csv"));
    free(d);
    free(v);
    csv_free(&c);
}

/* Distances with many ties: d(i, j) = ((i+1) * 7 * (j+1) * 3) mod 5 + |i - j| mod 3 + 1, i < j from 0.
 * R 4.2.2: hclust(as.dist(d), method), merge row by row, and cutree(h, 4). */
static const struct tied {
    sv_linkage linkage;
    int merge[22], label[12];
    double height[11];
} TIED[] = {
    { SV_LINK_SINGLE,
      { -1, -10, -4, 1, -7, 2, -2, -5, -8, 4, -11, 5, -3, 3, 6, 7, -6, 8, -9, 9, -12, 10 },
      { 1, 1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 4 },
      { 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2 } },
    { SV_LINK_COMPLETE,
      { -1, -10, -2, -5, -8, 2, -3, -12, -7, 1, -6, 5, -11, 6, -9, 4, -4, 3, 7, 9, 8, 10 },
      { 1, 2, 3, 4, 2, 1, 1, 2, 3, 1, 1, 3 },
      { 1, 1, 2, 2, 3, 4, 4, 4, 6, 7, 7 } },
    { SV_LINK_AVERAGE,
      { -1, -10, -2, -5, -8, 2, -7, 1, -3, -12, -11, 3, -4, 4, -6, 5, 6, 7, -9, 8, 9, 10 },
      { 1, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 3 },
      { 1, 1, 1.5, 2, 2, 2.66666666666667, 3.33333333333333, 3.5, 3.75, 4, 4.375 } },
    { SV_LINK_MCQUITTY,
      { -1, -10, -2, -5, -8, 2, -7, 1, -3, -12, -11, 3, 4, 6, -6, 5, -4, -9, 7, 8, 9, 10 },
      { 1, 1, 2, 3, 1, 2, 1, 1, 4, 1, 1, 2 },
      { 1, 1, 1.5, 2, 2, 3, 3.5, 3.5, 4, 4.21875, 4.953125 } },
    { SV_LINK_MEDIAN,
      { -1, -10, -2, -5, -8, 2, -7, 1, -3, -12, -11, 3, 4, 6, -6, 7, 5, 8, -9, 9, -4, 10 },
      { 1, 1, 2, 3, 1, 1, 1, 1, 4, 1, 1, 2 },
      { 1, 1, 1.25, 1.75, 2, 2.5625, 2.078125, 2.64453125, 2.2548828125, 2.876220703125,
        3.21124267578125 } },
    { SV_LINK_CENTROID,
      { -1, -10, -2, -5, -8, 2, -7, 1, -3, -12, -11, 3, 4, 6, -6, 7, 5, 8, -4, 9, -9, 10 },
      { 1, 1, 2, 3, 1, 1, 1, 1, 4, 1, 1, 2 },
      { 1, 1, 1.25, 1.75, 2, 2.22222222222222, 2.19444444444444, 2.51020408163265, 2.359375, 2.96,
        2.8099173553719 } },
    { SV_LINK_WARD_D,
      { -1, -10, -2, -5, -8, 2, -3, -12, -7, 1, -11, 3, -6, 4, -4, -9, 5, 8, 7, 9, 6, 10 },
      { 1, 2, 3, 4, 2, 3, 1, 2, 4, 1, 2, 3 },
      { 1, 1, 1.66666666666667, 2, 2.33333333333333, 3.33333333333333, 4, 4, 6.26666666666667, 7.4,
        8.33333333333333 } },
    { SV_LINK_WARD_D2,
      { -1, -10, -2, -5, -8, 2, -3, -12, -7, 1, -11, 3, -6, 4, -4, -9, 5, 6, 7, 8, 9, 10 },
      { 1, 2, 3, 4, 2, 3, 1, 2, 4, 1, 2, 3 },
      { 1, 1, 1.73205080756888, 2, 2.51661147842358, 3.46410161513775, 3.91578004149024, 4,
        6.07884700846969, 6.56251984123985, 7.06972081350829 } },
};

static void test_cluster__ties_and_all_linkages_as_R(void **state)
{
    (void)state;
    enum { N = 12 };
    double d[N * N] = { 0 };
    for (size_t i = 0; i < N; i++) {
        for (size_t j = i + 1; j < N; j++) {
            d[i * N + j] = d[j * N + i] = (double)((i + 1) * 7 * (j + 1) * 3 % 5 + (j - i) % 3 + 1);
        }
    }
    for (size_t t = 0; t < sizeof TIED / sizeof *TIED; t++) {
        sv_hclust h;
        sv_error err = { 0 };
        int label[N];
        CHECK_OK(sv_hclust_fit(&h, d, N, TIED[t].linkage, &err), err);
        CHECK_OK(sv_cutree(label, &h, 4, &err), err);
        for (size_t s = 0; s < 2 * (N - 1); s++) { assert_int_equal(h.merge[s], TIED[t].merge[s]); }
        for (size_t s = 0; s < N - 1; s++) { CHECK_NEAR(h.height[s], TIED[t].height[s], 1e-12, 1e-14); }
        for (size_t i = 0; i < N; i++) { assert_int_equal(label[i], TIED[t].label[i]); }
        CHECK_OK(sv_cutree(label, &h, N, &err), err);
        for (size_t i = 0; i < N; i++) { assert_int_equal(label[i], (int)i + 1); }
        CHECK_OK(sv_cutree(label, &h, 1, &err), err);
        for (size_t i = 0; i < N; i++) { assert_int_equal(label[i], 1); }
        assert_int_equal(sv_cutree(label, &h, N + 1, &err), SV_EINVAL);
        sv_hclust_free(&h);
    }
}

static void test_cluster__kmeans_as_R(void **state)
{
    (void)state;
    SKIP_WITHOUT(INPUT);
    csv c, want;
    double *v, start[3 * GENES];
    sv_matrix x = expression(&c, &v);
    static const size_t AT[3] = { 0, 49, 99 };
    for (size_t q = 0; q < 3; q++) {
        for (size_t g = 0; g < GENES; g++) { start[q * GENES + g] = sv_at(&x, AT[q], g); }
    }
    assert_true(csv_read(&want, REFERENCE("14_consensus/kmeans3_fixedstart.csv")));
    static const struct { sv_kmeans_method method; const char *column; double total; size_t iterations; } CASE[] = {
        { SV_KMEANS_HARTIGAN_WONG, "hw", 20902.705999901842, 6 },
        { SV_KMEANS_LLOYD, "lloyd", 21092.204231121985, 11 },
    };
    for (size_t m = 0; m < 2; m++) {
        sv_kmeans_opts o = { CASE[m].method, 1, 100, 1, start };
        sv_kmeans f;
        sv_error err = { 0 };
        CHECK_OK(sv_kmeans_fit(&f, &x, 3, &o, &err), err);
        CHECK_NEAR(f.total, CASE[m].total, 1e-12, 0);
        assert_int_equal(f.iterations, CASE[m].iterations);
        assert_true(f.converged);
        for (size_t i = 0; i < PATIENTS; i++) { assert_int_equal(f.label[i], (int)csv_num(&want, i, CASE[m].column)); }
        sv_kmeans_free(&f);
    }
    csv_free(&want);
    csv_free(&c);
    free(v);
}

/* No single item may move to its advantage: what Hartigan & Wong's minimum means. */
static void test_cluster__kmeans_minimum_and_starts(void **state)
{
    (void)state;
    enum { N = 90, P = 3, K = 5 };
    double v[N * P], last = HUGE_VAL;
    uint64_t seed = 5;
    for (size_t i = 0; i < N * P; i++) { v[i] = uniform(&seed); }
    sv_matrix x = sv_matrix_rowmajor(v, N, P);
    for (size_t starts = 1; starts <= 64; starts *= 4) {
        sv_kmeans_opts o = { SV_KMEANS_HARTIGAN_WONG, starts, 100, 7, NULL };
        sv_kmeans f;
        sv_error err = { 0 };
        CHECK_OK(sv_kmeans_fit(&f, &x, K, &o, &err), err);
        assert_true(f.total <= last);
        last = f.total;
        int highest = 0;
        for (size_t i = 0; i < N; i++) {
            assert_true(f.label[i] <= highest + 1);
            highest = f.label[i] > highest ? f.label[i] : highest;
            double cost[K];
            for (size_t k = 0; k < K; k++) {
                double s = 0, n = (double)f.size[k];
                for (size_t j = 0; j < P; j++) { s += pow(v[i * P + j] - f.centre[k * P + j], 2); }
                cost[k] = (int)k + 1 == f.label[i] ? s * n / (n - 1) : s * n / (n + 1);
            }
            for (size_t k = 0; k < K; k++) { assert_true(cost[f.label[i] - 1] <= cost[k] * (1 + 1e-12)); }
        }
        assert_int_equal(highest, K);
        sv_kmeans_free(&f);
    }
}

static void test_cluster__medoids_as_R(void **state)
{
    (void)state;
    SKIP_WITHOUT(INPUT);
    csv c, want;
    double *v, *d = calloc(PATIENTS * PATIENTS, sizeof *d), width[PATIENTS], mean, cost, sum = 0;
    sv_matrix x = expression(&c, &v);
    int label[PATIENTS];
    size_t medoid[2];
    sv_error err = { 0 };
    assert_true(csv_read(&want, REFERENCE("14_consensus/pam2_silhouette.csv")));
    CHECK_OK(sv_distance(d, &x, SV_METRIC_EUCLIDEAN, &err), err);
    CHECK_OK(sv_pam(label, medoid, &cost, d, PATIENTS, 2, &err), err);
    CHECK_OK(sv_silhouette(width, &mean, d, PATIENTS, label, 2, &err), err);
    for (size_t i = 0; i < PATIENTS; i++) {
        assert_int_equal(label[i], (int)csv_num(&want, i, "pam2"));
        sum += width[i] / PATIENTS;
    }
    for (size_t i = 0; i < PATIENTS; i++) {    /* R lists the widths by group, the widest first */
        size_t at = 0;
        for (size_t j = 0; j < PATIENTS; j++) {
            at += label[j] < label[i] || (label[j] == label[i] && width[j] > width[i]);
        }
        CHECK_NEAR(width[i], csv_num(&want, at, "sil"), 1e-9, 1e-12);
    }
    CHECK_NEAR(mean, sum, 1e-12, 0);
    assert_int_equal(label[medoid[0]], 1);
    assert_int_equal(label[medoid[1]], 2);
    free(d);
    free(v);
    csv_free(&want);
    csv_free(&c);
}

/* Against all pairs of medoids of a small set: the swaps end in a minimum no swap improves. */
static void test_cluster__medoids_no_swap_helps(void **state)
{
    (void)state;
    enum { N = 30, K = 3 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double v[N * 2], d[N * N], cost, sum;
        uint64_t s = seed;
        for (size_t i = 0; i < N * 2; i++) { v[i] = uniform(&s); }
        sv_matrix x = sv_matrix_rowmajor(v, N, 2);
        int label[N];
        size_t medoid[K];
        sv_error err = { 0 };
        CHECK_OK(sv_distance(d, &x, SV_METRIC_EUCLIDEAN, &err), err);
        CHECK_OK(sv_pam(label, medoid, &cost, d, N, K, &err), err);
        for (size_t c = 0; c <= K; c++) {
            for (size_t h = 0; h < N; h++) {
                sum = 0;
                for (size_t i = 0; i < N; i++) {
                    double best = HUGE_VAL;
                    for (size_t m = 0; m < K; m++) { best = fmin(best, d[(m == c ? h : medoid[m]) * N + i]); }
                    sum += best;
                }
                assert_true(sum >= cost * (1 - 1e-12));
                if (c == K) { CHECK_NEAR(sum, cost, 1e-12, 0); }
            }
        }
    }
}

static void test_cluster__distances(void **state)
{
    (void)state;
    static const double V[3 * 4] = { 1, 2, 3, 10, 2, 4, 6, 20, 3, -1, 2, 2 };
    sv_matrix x = sv_matrix_rowmajor(V, 3, 4);
    double d[9];
    sv_error err = { 0 };
    CHECK_OK(sv_distance(d, &x, SV_METRIC_PEARSON, &err), err);
    CHECK_NEAR(d[1], 0, 0, 1e-15);
    CHECK_NEAR(d[2], 1 - 0.1414213562373095, 1e-14, 0);      /* R: cor(c(1,2,3,10), c(3,-1,2,2)) */
    CHECK_OK(sv_distance(d, &x, SV_METRIC_SPEARMAN, &err), err);
    CHECK_NEAR(d[2], 1 + 0.31622776601683794, 1e-14, 0);       /* ... method = "spearman"          */
    CHECK_OK(sv_distance(d, &x, SV_METRIC_EUCLIDEAN, &err), err);
    CHECK_NEAR(d[1], sqrt(1 + 4 + 9 + 100), 1e-15, 0);
    CHECK_NEAR(d[3], d[1], 0, 0);
}

static void test_cluster__assigns_new_patients(void **state)
{
    (void)state;
    static const double V[6 * 3] = { 0, 0, 1, 1, 0, 1, 0, 1, 2, 9, 8, 1, 8, 9, 2, 9, 9, 0 };
    static const int LABEL[6] = { 1, 1, 1, 2, 2, 2 };
    static const double NEW[3 * 3] = { 1, 1, 1, 7, 9, 1, 4.5, 4.5, 1 };
    sv_matrix x = sv_matrix_rowmajor(V, 6, 3), m = sv_matrix_rowmajor(NEW, 3, 3);
    double centre[6], near[3], next[3];
    int label[6];
    sv_error err = { 0 };
    CHECK_OK(sv_centroids(centre, &x, LABEL, 2, &err), err);
    CHECK_NEAR(centre[0], 1.0 / 3, 1e-15, 0);
    CHECK_NEAR(centre[5], 1, 1e-15, 0);
    CHECK_OK(sv_assign(label, NULL, NULL, &x, centre, 2, SV_METRIC_EUCLIDEAN, &err), err);
    assert_memory_equal(label, LABEL, sizeof LABEL);
    CHECK_OK(sv_assign(label, near, next, &m, centre, 2, SV_METRIC_EUCLIDEAN, &err), err);
    assert_int_equal(label[0], 1);
    assert_int_equal(label[1], 2);
    assert_true(next[0] > 5 * near[0]);
    assert_true(next[2] < 1.2 * near[2]);
    CHECK_OK(sv_assign(label, NULL, NULL, &m, centre, 2, SV_METRIC_EUCLIDEAN, NULL), err);
    double constant[3] = { 4, 4, 4 };
    sv_matrix bad = sv_matrix_rowmajor(constant, 1, 3);
    assert_int_equal(sv_assign(label, near, next, &bad, centre, 2, SV_METRIC_PEARSON, &err), SV_EDATA);
    assert_string_equal(err.msg, "row 1 is constant over 3 features: it has no correlation");
}

static void test_cluster__refuses(void **state)
{
    (void)state;
    double v[6] = { 1, 2, 3, 1, 2, 3 }, d[9] = { 0, 1, 2, 1, 0, NAN, 2, NAN, 0 }, width[3];
    sv_matrix x = sv_matrix_rowmajor(v, 2, 3), one = sv_matrix_rowmajor(v, 1, 3);
    sv_error err = { 0 };
    sv_hclust h;
    sv_kmeans f;
    int label[3] = { 1, 1, 3 };
    assert_int_equal(sv_distance(d, &one, SV_METRIC_EUCLIDEAN, &err), SV_ETOOSMALL);
    assert_int_equal(sv_hclust_fit(&h, d, 3, SV_LINK_AVERAGE, &err), SV_EDATA);
    assert_string_equal(err.msg, "distance of items 2 and 3 is nan");
    assert_int_equal(sv_pam(label, NULL, NULL, d, 3, 2, &err), SV_EDATA);
    assert_int_equal(sv_pam(label, NULL, NULL, d, 3, 4, &err), SV_EINVAL);
    assert_int_equal(sv_kmeans_fit(&f, &x, 3, NULL, &err), SV_ETOOSMALL);
    assert_int_equal(sv_kmeans_fit(&f, &x, 2, NULL, &err), SV_ETOOSMALL);    /* two equal rows */
    assert_int_equal(sv_kmeans_fit(&f, &x, 0, NULL, &err), SV_EINVAL);
    label[2] = 3;
    assert_int_equal(sv_silhouette(width, NULL, d, 3, label, 3, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "group 2 is empty");
    assert_int_equal(sv_silhouette(width, NULL, d, 3, label, 2, &err), SV_EINVAL);
    v[1] = INFINITY;
    double room[4];
    assert_int_equal(sv_distance(room, &x, SV_METRIC_EUCLIDEAN, &err), SV_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cluster__trees_as_R),
        cmocka_unit_test(test_cluster__ties_and_all_linkages_as_R),
        cmocka_unit_test(test_cluster__kmeans_as_R),
        cmocka_unit_test(test_cluster__kmeans_minimum_and_starts),
        cmocka_unit_test(test_cluster__medoids_as_R),
        cmocka_unit_test(test_cluster__medoids_no_swap_helps),
        cmocka_unit_test(test_cluster__distances),
        cmocka_unit_test(test_cluster__assigns_new_patients),
        cmocka_unit_test(test_cluster__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
