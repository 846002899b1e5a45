/* test_memory_groups.c - every allocation of clustering, deconvolution and enrichment fails once: SV_ENOMEM, results
 * untouched, nothing leaked (the sanitizer looks). */
#include "cohort.h"
#include "failing_calloc.h"

#include <survival/consensus.h>
#include <survival/deconvolve.h>
#include <survival/enrich.h>
#include <survival/nnls.h>

enum { N = 40, P = 6 };
static double x[N * P], d[N * N];

static int run_trees(sv_error *err)
{
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_hclust h = { .n = 77 };
    int label[N], rc = sv_distance(d, &m, SV_METRIC_SPEARMAN, err);
    if (rc == SV_OK) { rc = sv_hclust_fit(&h, d, N, SV_LINK_WARD_D2, err); }
    if (rc != SV_OK) {
        assert_int_equal(h.n, 77);
        return rc;
    }
    rc = sv_cutree(label, &h, 3, err);
    sv_hclust_free(&h);
    return rc;
}

static int run_medoids(sv_error *err)
{
    double width[N], centre[3 * P];
    int label[N];
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    int rc = sv_pam(label, NULL, NULL, d, N, 3, err);
    if (rc == SV_OK) { rc = sv_silhouette(width, NULL, d, N, label, 3, err); }
    if (rc == SV_OK) { rc = sv_centroids(centre, &m, label, 3, err); }
    return rc == SV_OK ? sv_assign(label, NULL, NULL, &m, centre, 3, SV_METRIC_PEARSON, err) : rc;
}

static int run_kmeans(sv_error *err)
{
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_kmeans f = { .n = 77 };
    int rc = sv_kmeans_fit(&f, &m, 3, NULL, err);
    if (rc != SV_OK) { assert_int_equal(f.n, 77); } else { sv_kmeans_free(&f); }
    return rc;
}

static int run_consensus(sv_error *err)
{
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    o.max_k = 3;
    o.repeats = 2;
    o.feature_share = 0.8;
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_consensus c = { .n = 77 };
    int rc = sv_consensus_fit(&c, &m, &o, err);
    if (rc != SV_OK) { assert_int_equal(c.n, 77); } else { sv_consensus_free(&c); }
    double pac[2];
    o.inner = SV_INNER_KMEANS;
    o.kmeans_starts = 1;
    return rc == SV_OK ? sv_consensus_null(pac, NULL, NULL, 1, &m, &o, err) : rc;
}

static int run_cam(sv_error *err)
{
    sv_cam_opts o = { .low = 0, .high = 1, .dims = 4, .lof_share = 0.05, .lof_neighbours = 3, .clusters = 8, .starts = 1,
                      .iterations = 50, .min_genes = 1, .k_min = 2, .k_max = 3, .candidates = 10, .quick = 4, .seed = 1 };
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_cam cam = { .n = 77 };
    double mdl[2], a[P * 3];
    size_t chosen;
    int rc = sv_cam_multistart(&cam, mdl, &chosen, 1, &m, &o, err);
    if (rc != SV_OK) {
        assert_int_equal(cam.n, 77);
        return rc;
    }
    sv_matrix s = sv_matrix_rowmajor(cam.fit[0].s, N, 2);
    rc = sv_cam_proportions(a, &m, &s, true, err);
    if (rc == SV_OK) { rc = sv_cam_refine(a, &m, cam.fit[0].marker, 2, 1, err); }
    sv_cam_free(&cam);
    return rc;
}

static int run_pick(sv_error *err)
{
    int cluster[12] = { 0 };
    size_t place[12];
    double centre[12 * P], all[12 * P];
    for (size_t i = 0; i < 12; i++) {
        place[i] = i;
        for (size_t j = 0; j < P; j++) { all[i * P + j] = centre[i * P + j] = j == 0 ? 1 : x[i * P + j]; }
    }
    sv_cam_corners c = { .n = 12, .dims = P, .cluster = cluster, .centre = centre, .n_all = 12, .place = place, .all = all };
    int rc = sv_cam_pick_corners(&c, 3, err);
    assert_int_equal(c.n, rc == SV_OK ? 3 : 12);
    return rc;
}

static int run_enrichment(sv_error *err)
{
    static const uint32_t gene[] = { 0, 1, 3, 4, 5 };
    static const size_t start[] = { 0, 2, 5 };
    static const sv_gene_sets sets = { 2, start, gene };
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    double out[N * 2];
    int rc = sv_functional_spectrum(out, &m, NULL, &sets, err);
    if (rc == SV_OK) { rc = sv_ssgsea(out, &m, 0.25, &sets, err); }
    if (rc == SV_OK) { rc = sv_combined_z(out, &m, NULL, NULL, &sets, err); }
    if (rc == SV_OK) { rc = sv_gsva(out, &m, &sets, err); }
    return rc == SV_OK ? sv_plage(out, &m, &sets, err) : rc;
}

/* Two sets of the uppermost genes: the permutations alone cannot judge them. */
static int run_ladder(sv_error *err)
{
    static const uint32_t gene[] = { 0, 1, 2, 3, 1, 2, 3, 4 };
    static const size_t start[] = { 0, 4, 8 };
    static const sv_gene_sets sets = { 2, start, gene };
    double falling[N];
    for (size_t i = 0; i < N; i++) { falling[i] = 20.0 - (double)i; }
    sv_gsea g[2];
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.permutations = 50;
    o.ladder = 11;
    return sv_gsea_ranked(g, falling, N, &sets, &o, err);
}

static void test_memory_groups__each_allocation_may_fail(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (size_t i = 0; i < N * P; i++) { x[i] = 0.1 + uniform(&seed); }
    int (*const runs[])(sv_error *) = { run_trees, run_medoids, run_kmeans, run_consensus, run_cam, run_pick, run_enrichment,
                                       run_ladder };
    check_each_allocation(runs, sizeof runs / sizeof *runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory_groups__each_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
