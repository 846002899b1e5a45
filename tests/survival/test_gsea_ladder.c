/* test_gsea_ladder.c - small p-values of enrichment: against all sets there are, against permutations, against
 * fgsea's multilevel method (reference/survival/13_gsea), and for their own error. */
#include "cohort.h"

#include <gsea_ladder.h>
#include <survival/enrich.h>
#include <survival/rng.h>

/* The walk gene by gene. */
static double score_of(const double *weight, const bool *in, size_t n, size_t k)
{
    double total = 0, at = 0, top = 0, bottom = 0;
    for (size_t i = 0; i < n; i++) { total += in[i] ? weight[i] : 0; }
    for (size_t i = 0; i < n; i++) {
        at += in[i] ? (total > 0 ? weight[i] / total : 1 / (double)k) : -1 / (double)(n - k);
        top = fmax(top, at);
        bottom = fmin(bottom, at);
    }
    return top > -bottom ? top : bottom;
}

enum { SMALL = 20, OF = 3, ALL = 1140 };

/* Scores of all 1140 sets of 3 of 20, falling. */
static void enumerate(double *all, const double *weight)
{
    size_t n = 0;
    for (size_t a = 0; a < SMALL; a++) {
        for (size_t b = a + 1; b < SMALL; b++) {
            for (size_t c = b + 1; c < SMALL; c++) {
                bool in[SMALL] = { false };
                in[a] = in[b] = in[c] = true;
                double v = score_of(weight, in, SMALL, OF);
                size_t j = n++;
                for (; j > 0 && all[j - 1] < v; j--) { all[j] = all[j - 1]; }
                all[j] = v;
            }
        }
    }
    assert_int_equal(n, ALL);
}

/* Over many seeds the mean of p is right, and log2 p spreads as the ladder says of itself. */
static void check_against_all(const double *weight)
{
    enum { RANKS = 5, SEEDS = 100 };
    const size_t rank[RANKS] = { 0, 4, 12, 50, 200 };
    double all[ALL], es[RANKS], exact[RANKS], sum[RANKS] = { 0 }, log_sum[RANKS] = { 0 }, squares[RANKS] = { 0 }, said[RANKS] = { 0 };
    enumerate(all, weight);
    for (size_t i = 0; i < RANKS; i++) {
        es[i] = all[rank[i]];
        exact[i] = 0;
        for (size_t j = 0; j < ALL; j++) { exact[i] += all[j] >= es[i] - 1e-12 ? 1.0 / ALL : 0; }
    }
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const sv_ladder_opts o = { 101, 1e-50, seed, 3 };
        double p[RANKS], variance[RANKS];
        sv_error err;
        CHECK_OK(sv_ladder_climb(p, variance, es, RANKS, weight, SMALL, OF, &o, &err), err);
        for (size_t i = 0; i < RANKS; i++) {
            sum[i] += p[i] / SEEDS;
            log_sum[i] += log2(p[i]) / SEEDS;
            squares[i] += log2(p[i]) * log2(p[i]) / SEEDS;
            said[i] += variance[i] / log(2) / log(2) / SEEDS;
        }
    }
    for (size_t i = 0; i < RANKS; i++) {
        double spread = squares[i] - log_sum[i] * log_sum[i];
        CHECK_NEAR(sum[i], exact[i], 0.1, 0);
        CHECK_NEAR(log_sum[i], log2(exact[i]), 0, 0.2);
        assert_true(spread > 0.5 * said[i] && spread < 2 * said[i]);
    }
}

static void test_ladder_meets_the_count_of_all_sets(void **state)
{
    (void)state;
    double weight[SMALL];
    sv_rng r = sv_rng_stream(1, 1);
    for (size_t i = 0; i < SMALL; i++) { weight[i] = fabs(3 - 6.0 * (double)i / (SMALL - 1)) + 0.3 * sv_rng_uniform(&r); }
    check_against_all(weight);
}

/* Steps of equal size: few different scores, and many sets with each. */
static void test_ladder_meets_the_count_where_scores_are_equal(void **state)
{
    (void)state;
    double weight[SMALL];
    for (size_t i = 0; i < SMALL; i++) { weight[i] = 1; }
    check_against_all(weight);
}

/* What lies beyond all sets is bounded, and said to be; what lies below `smallest` is not looked for. */
static void test_ladder_bounds_what_it_does_not_reach(void **state)
{
    (void)state;
    double weight[SMALL], all[ALL], p, variance;
    sv_error err;
    for (size_t i = 0; i < SMALL; i++) { weight[i] = (double)(SMALL - i); }
    enumerate(all, weight);
    double beyond = all[0] + 0.001;
    sv_ladder_opts o = { 101, 1e-50, 1, 1 };
    CHECK_OK(sv_ladder_climb(&p, &variance, &beyond, 1, weight, SMALL, OF, &o, &err), err);
    assert_true(isnan(variance) && p < 1.0 / ALL && p > 1e-6);
    o.smallest = 0.1;
    CHECK_OK(sv_ladder_climb(&p, &variance, all, 1, weight, SMALL, OF, &o, &err), err);
    assert_true(isnan(variance) && p < 0.1);
}

enum { GENES = 2000, SETS = 60 };
static double statistic[GENES];
static uint32_t gene[SETS * 40];
static size_t start[SETS + 1];

/* Sets that are drawn the more from the top the later they come. */
static sv_gene_sets planted(void)
{
    sv_rng r = sv_rng_stream(2, 2);
    for (size_t i = 0; i < GENES; i++) { statistic[i] = sv_rng_normal(&r); }
    for (size_t k = 0; k < SETS; k++) {
        bool used[GENES] = { false };
        start[k + 1] = start[k] + 15 + k % 20;
        for (size_t a = start[k]; a < start[k + 1];) {
            size_t g = (size_t)sv_rng_below(&r, GENES);
            bool poor = k % 2 == 0 ? statistic[g] < 0 : statistic[g] > 0;
            if (used[g] || (poor && sv_rng_uniform(&r) < (double)k / SETS)) { continue; }
            used[g] = true;
            gene[a++] = (uint32_t)g;
        }
    }
    return (sv_gene_sets){ SETS, start, gene };
}

/* Where permutations can tell, ladder and permutations say the same, within what both say of their errors. */
static void test_ladder_and_many_permutations_agree(void **state)
{
    (void)state;
    static sv_gsea few[SETS], many[SETS], again[SETS], other[SETS];
    sv_gene_sets s = planted();
    sv_error err;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.permutations = 1000;
    o.ladder = 101;
    CHECK_OK(sv_gsea_ranked(few, statistic, GENES, &s, &o, &err), err);
    CHECK_OK(sv_gsea_ranked(again, statistic, GENES, &s, &o, &err), err);
    o.seed = 2;
    CHECK_OK(sv_gsea_ranked(other, statistic, GENES, &s, &o, &err), err);
    o.ladder = 0;
    o.permutations = 40000;
    CHECK_OK(sv_gsea_ranked(many, statistic, GENES, &s, &o, &err), err);
    size_t compared = 0, rare = 0;
    for (size_t k = 0; k < SETS; k++) {
        assert_true(few[k].p >= again[k].p && few[k].p <= again[k].p);     /* of the seed alone */
        rare += few[k].p < 1e-4;
        if (many[k].p < 1e-3) { continue; }
        double error = hypot(few[k].log2err, many[k].log2err);
        CHECK_NEAR(log2(few[k].p), log2(many[k].p), 0, 4 * error);
        compared += few[k].p < 0.02;
    }
    assert_true(compared >= 5 && rare >= 3);
    for (size_t k = 0; k < SETS; k++) {
        CHECK_NEAR(log2(few[k].p), log2(other[k].p), 0, 4 * hypot(few[k].log2err, other[k].log2err));
    }
}

/* Random sets: the share of p-values below any level is that level. */
static void test_level_of_rare_scores(void **state)
{
    (void)state;
    enum { RANDOM = 4000, SIZE = 12, N = 300 };
    static double s[N];
    static uint32_t g[RANDOM * SIZE];
    static size_t from[RANDOM + 1];
    static sv_gsea out[RANDOM];
    sv_rng r = sv_rng_stream(7, 7);
    for (size_t i = 0; i < N; i++) { s[i] = sv_rng_normal(&r); }
    for (size_t k = 0; k < RANDOM; k++) {
        bool used[N] = { false };
        from[k + 1] = from[k] + SIZE;
        for (size_t a = from[k]; a < from[k + 1];) {
            size_t i = (size_t)sv_rng_below(&r, N);
            if (used[i]) { continue; }
            used[i] = true;
            g[a++] = (uint32_t)i;
        }
    }
    sv_gene_sets sets = { RANDOM, from, g };
    sv_error err;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.ladder = 1001;
    CHECK_OK(sv_gsea_ranked(out, s, N, &sets, &o, &err), err);
    size_t below[3] = { 0 };
    const double level[3] = { 0.5, 0.05, 0.005 };
    for (size_t k = 0; k < RANDOM; k++) {
        for (size_t i = 0; i < 3; i++) { below[i] += out[k].p <= level[i]; }
    }
    for (size_t i = 0; i < 3; i++) {
        double expected = RANDOM * level[i];
        CHECK_NEAR((double)below[i], expected, 0, 4 * sqrt(expected) + 0.06 * expected);
    }
}

#define GSEA(file) REFERENCE("13_gsea/" file)

typedef struct numbered { long id; uint32_t place; } numbered;

static int by_id(const void *a, const void *b)
{
    long x = ((const numbered *)a)->id, y = ((const numbered *)b)->id;
    return (x > y) - (x < y);
}

/* fgsea's own p-values, with its errors and ours. */
static void test_small_p_values_equal_fgseas(void **state)
{
    (void)state;
    SKIP_WITHOUT(GSEA("fgseaMultilevel.csv"));
    csv ranks, sets, want;
    assert_true(csv_read(&ranks, GSEA("ranks.csv")) && csv_read(&sets, GSEA("sets_long.csv")) && csv_read(&want, GSEA("fgseaMultilevel.csv")));
    size_t n = ranks.rows, n_sets = 0, *first = calloc(want.rows + 1, sizeof *first);
    double *v = calloc(n, sizeof *v);
    numbered *ids = calloc(n, sizeof *ids);
    uint32_t *genes = calloc(sets.rows, sizeof *genes);
    sv_gsea *g = calloc(want.rows, sizeof *g);
    assert_true(first && v && ids && genes && g);
    for (size_t i = 0; i < n; i++) {
        v[i] = csv_num(&ranks, i, "stat");
        ids[i] = (numbered){ strtol(ranks.cell[(i + 1) * ranks.cols], NULL, 10), (uint32_t)i };
    }
    qsort(ids, n, sizeof *ids, by_id);
    /* The rows of `want` in their order; the sets stand together in the list of genes. */
    for (size_t w = 0; w < want.rows; w++) {
        for (size_t i = 0; i < sets.rows; i++) {
            if (strcmp(sets.cell[(i + 1) * sets.cols], want.cell[(w + 1) * want.cols]) != 0) { continue; }
            const numbered probe = { strtol(sets.cell[(i + 1) * sets.cols + 1], NULL, 10), 0 };
            const numbered *found = bsearch(&probe, ids, n, sizeof *ids, by_id);
            if (found != NULL) { genes[first[w + 1]++] = found->place; }
        }
        if (w + 2 <= want.rows) { first[w + 2] = first[w + 1]; }
        n_sets++;
    }
    const sv_gene_sets s = { n_sets, first, genes };
    sv_error err;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.ladder = 101;
    o.smallest = 1e-20;                          /* as the reference */
    CHECK_OK(sv_gsea_ranked(g, v, n, &s, &o, &err), err);
    double squares = 0, least = 1;
    size_t compared = 0;
    for (size_t w = 0; w < want.rows; w++) {
        assert_int_equal(g[w].size, (int)csv_num(&want, w, "size"));
        double p = csv_num(&want, w, "pval"), error = hypot(g[w].log2err, csv_num(&want, w, "log2err"));
        CHECK_NEAR(g[w].es, csv_num(&want, w, "ES"), 1e-10, 1e-12);
        CHECK_NEAR(g[w].nes, csv_num(&want, w, "NES"), 0.15, 0.05);
        if (isnan(error)) {                      /* one of them, or both, at the end */
            assert_true(p < 1e-17 && g[w].p < 1e-17);
            continue;
        }
        CHECK_NEAR(log2(g[w].p), log2(p), 0, 4.5 * error);
        squares += pow((log2(g[w].p) - log2(p)) / error, 2);
        least = fmin(least, p);
        compared++;
    }
    assert_true(compared > 165 && least < 1e-10);
    CHECK_NEAR(squares / (double)compared, 1, 0, 0.6);
    free(first);
    free(v);
    free(ids);
    free(genes);
    free(g);
    csv_free(&ranks);
    csv_free(&sets);
    csv_free(&want);
}

static bool count_steps(void *context, size_t done, size_t all)
{
    size_t *steps = context;
    assert_int_equal(done, ++*steps);
    assert_int_equal(all, SETS);
    return done < 10;
}

static void test_options(void **state)
{
    (void)state;
    static sv_gsea g[SETS];
    sv_gene_sets s = planted();
    sv_error err;
    size_t steps = 0;
    sv_gsea_opts o = SV_GSEA_OPTS_INIT;
    o.permutations = 10;
    o.progress = count_steps;
    o.context = &steps;
    assert_int_equal(sv_gsea_ranked(g, statistic, GENES, &s, &o, &err), SV_EINVAL);
    assert_string_equal(err.msg, "stopped after 10 of 60 gene sets");
    assert_int_equal(steps, 10);
    o.progress = NULL;
    const size_t wrong[] = { 1, 2, 100, SV_LADDER_MAX_SAMPLE + 2 };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        o.ladder = wrong[i];
        assert_int_equal(sv_gsea_ranked(g, statistic, GENES, &s, &o, &err), SV_EINVAL);
    }
    o.ladder = 101;
    o.smallest = 0;
    assert_int_equal(sv_gsea_ranked(g, statistic, GENES, &s, &o, &err), SV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder_meets_the_count_of_all_sets),
        cmocka_unit_test(test_ladder_meets_the_count_where_scores_are_equal),
        cmocka_unit_test(test_ladder_bounds_what_it_does_not_reach),
        cmocka_unit_test(test_ladder_and_many_permutations_agree),
        cmocka_unit_test(test_level_of_rare_scores),
        cmocka_unit_test(test_small_p_values_equal_fgseas),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
