/* test_consensus.c - consensus clustering against R with the same subsamples, and from first principles. */
#include "cohort.h"

#include <string.h>
#include <survival/consensus.h>

#define DIR REFERENCE("14_consensus/")
enum { GENES = 100, PATIENTS = 250, DRAWS = 100, EACH = 200, MAX_K = 4 };

/* A table of numbers, unpacked by gzip where it is packed. */
static double *numbers(const char *name, size_t rows, size_t cols, size_t skip)
{
    char path[600], command[700];
    (void)snprintf(path, sizeof path, "%s%s", DIR, name);
    (void)snprintf(command, sizeof command, "gzip -cdf '%s'", path);
    FILE *f = popen(command, "r");
    double *v = calloc(rows * cols, sizeof *v);
    static char line[100000];
    if (f == NULL || fgets(line, sizeof line, f) == NULL) { fail_msg("cannot read %s", path); }
    for (size_t i = 0; i < rows; i++) {
        if (fgets(line, sizeof line, f) == NULL) { fail_msg("%s is short", path); }
        char *at = line;
        for (size_t j = 0; j < skip + cols; j++) {
            if (j >= skip) { v[i * cols + j - skip] = strtod(at, NULL); }
            at = strchr(at, ',');
            if (at == NULL) { break; }
            at++;
        }
    }
    (void)pclose(f);
    return v;
}

static sv_consensus fixed(sv_inner inner, sv_metric metric, double *x, const uint32_t *items)
{
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    o.max_k = MAX_K;
    o.repeats = DRAWS;
    o.inner = inner;
    o.metric = metric;
    o.items = items;
    o.items_each = EACH;
    sv_matrix m = sv_matrix_colmajor(x, PATIENTS, GENES);
    sv_consensus c;
    sv_error err = { 0 };
    CHECK_OK(sv_consensus_fit(&c, &m, &o, &err), err);
    return c;
}

static void check_against(const sv_consensus *c, const char *matrix, const char *summary, const char *classes)
{
    double *want = numbers(matrix, PATIENTS, PATIENTS, 0);
    for (size_t i = 0; i < PATIENTS * PATIENTS; i++) { CHECK_NEAR(c->matrix[i], want[i], 0, 5e-13); }  /* 12 digits */
    free(want);
    double *s = numbers(summary, MAX_K - 1, 5, 0), *label = numbers(classes, PATIENTS, MAX_K - 1, 1);
    for (size_t q = 0; q < MAX_K - 1; q++) {
        CHECK_NEAR(c->area[q], s[q * 5 + 1], 1e-13, 0);
        CHECK_NEAR(c->pac[q], s[q * 5 + 2], 1e-14, 0);
        double sum = 0;
        for (size_t i = 0; i < PATIENTS * PATIENTS; i++) { sum += c->matrix[q * PATIENTS * PATIENTS + i]; }
        CHECK_NEAR(sum, s[q * 5 + 3], 1e-12, 0);
        assert_int_equal(c->smallest[q], (size_t)s[q * 5 + 4]);
        for (size_t i = 0; i < PATIENTS; i++) {
            assert_int_equal(c->label[q * PATIENTS + i], (int)label[i * (MAX_K - 1) + q]);
        }
    }
    free(s);
    free(label);
}

static void test_consensus__as_R_with_its_subsamples(void **state)
{
    (void)state;
    SKIP_WITHOUT(DIR "fixed_hc_cm_k2.csv.gz");
    double *x = numbers("input_100x250.csv", GENES, PATIENTS, 1), *draws = numbers("subsamples_100x200.csv.gz", DRAWS, EACH, 0);
    uint32_t *items = calloc(DRAWS * EACH, sizeof *items);
    for (size_t i = 0; i < DRAWS * EACH; i++) { items[i] = (uint32_t)draws[i] - 1; }
    sv_consensus c = fixed(SV_INNER_HCLUST, SV_METRIC_PEARSON, x, items);
    check_against(&c, "fixed_hc_cm_k2.csv.gz", "fixed_hc_summary.csv", "fixed_hc_class.csv");
    CHECK_NEAR(c.delta[0], c.area[0], 0, 0);
    CHECK_NEAR(c.delta[1], c.area[1] / c.area[0] - 1, 1e-13, 0);
    sv_consensus_free(&c);
    c = fixed(SV_INNER_PAM, SV_METRIC_EUCLIDEAN, x, items);
    check_against(&c, "fixed_pam_cm_k2.csv.gz", "fixed_pam_summary.csv", "fixed_pam_class.csv");
    sv_consensus_free(&c);
    free(items);
    free(draws);
    free(x);
}

/* ConsensusClusterPlus 1.62 with its own 200 draws: area .497, PAC .564 (k = 2), .713, .527 (k = 4). */
static void test_consensus__own_draws_come_near(void **state)
{
    (void)state;
    SKIP_WITHOUT(DIR "input_100x250.csv");
    double *x = numbers("input_100x250.csv", GENES, PATIENTS, 1);
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    o.max_k = MAX_K;
    o.repeats = 200;
    sv_matrix m = sv_matrix_colmajor(x, PATIENTS, GENES);
    sv_consensus c;
    sv_error err = { 0 };
    CHECK_OK(sv_consensus_fit(&c, &m, &o, &err), err);
    CHECK_NEAR(c.area[0], 0.49693686746987953, 0, 0.015);
    CHECK_NEAR(c.area[2], 0.71298763052208836, 0, 0.015);
    CHECK_NEAR(c.pac[0], 0.5636305220883534, 0, 0.05);
    sv_consensus_free(&c);
    free(x);
}

/* Three groups far apart, in shuffled order. */
enum { N = 45, P = 12 };
static void planted(double *x, int *truth, double apart, uint64_t seed)
{
    for (size_t i = 0; i < N; i++) {
        truth[i] = (int)(i * 7 % 3);
        for (size_t j = 0; j < P; j++) {
            double z = 0;
            for (size_t q = 0; q < 12; q++) { z += uniform(&seed) - 0.5; }
            x[i * P + j] = z + (j / 4 == (size_t)truth[i] ? apart : 0);
        }
    }
}

static void test_consensus__finds_planted_groups(void **state)
{
    (void)state;
    double x[N * P];
    int truth[N];
    planted(x, truth, 8, 3);
    static const struct { sv_inner inner; sv_metric metric; double features; } CASE[] = {
        { SV_INNER_HCLUST, SV_METRIC_PEARSON, 1 },   { SV_INNER_HCLUST, SV_METRIC_SPEARMAN, 1 },
        { SV_INNER_HCLUST, SV_METRIC_EUCLIDEAN, .9 }, { SV_INNER_PAM, SV_METRIC_EUCLIDEAN, 1 },
        { SV_INNER_PAM, SV_METRIC_PEARSON, .9 },     { SV_INNER_KMEANS, SV_METRIC_EUCLIDEAN, 1 },
        { SV_INNER_KMEANS, SV_METRIC_EUCLIDEAN, .9 },
    };
    for (size_t t = 0; t < sizeof CASE / sizeof *CASE; t++) {
        sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
        o.max_k = 4;
        o.repeats = 60;
        o.inner = CASE[t].inner;
        o.metric = CASE[t].metric;
        o.feature_share = CASE[t].features;
        sv_matrix m = sv_matrix_rowmajor(x, N, P);
        sv_consensus c, again;
        sv_error err = { 0 };
        CHECK_OK(sv_consensus_fit(&c, &m, &o, &err), err);
        CHECK_OK(sv_consensus_fit(&again, &m, &o, &err), err);
        assert_memory_equal(c.matrix, again.matrix, 3 * N * N * sizeof *c.matrix);
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < N; j++) {
                assert_int_equal(c.label[N + i] == c.label[N + j], truth[i] == truth[j]);
                CHECK_NEAR(c.matrix[N * N + i * N + j], truth[i] == truth[j] ? 1 : 0, 0, 0.15);
            }
            assert_true(c.item[N + i] > 0.9);
        }
        assert_true(c.pac[1] < 0.05 && c.pac[1] <= c.pac[0]);
        assert_int_equal(c.smallest[1], N / 3);
        sv_consensus_free(&c);
        sv_consensus_free(&again);
    }
}

/* With groups the ambiguity lies below that of one normal cloud, without them within it. */
static void test_consensus__null_tells_groups_from_none(void **state)
{
    (void)state;
    enum { SETS = 19 };
    double x[N * P], pac[SETS * 2], p[2];
    int truth[N];
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    o.max_k = 3;
    o.repeats = 50;
    o.inner = SV_INNER_PAM;
    o.metric = SV_METRIC_EUCLIDEAN;
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    for (int with = 0; with < 2; with++) {
        planted(x, truth, with ? 8 : 0, 11);
        sv_consensus c;
        sv_error err = { 0 };
        CHECK_OK(sv_consensus_fit(&c, &m, &o, &err), err);
        CHECK_OK(sv_consensus_null(pac, p, c.pac, SETS, &m, &o, &err), err);
        if (with) { CHECK_NEAR(p[1], 1.0 / (SETS + 1), 1e-15, 0); } else { assert_true(p[1] > 0.05); }
        sv_consensus_free(&c);
    }
}

static bool stop_at_three(void *context, size_t done, size_t all)
{
    (void)context;
    assert_int_equal(all, 50);
    return done < 3;
}

static void test_consensus__refuses(void **state)
{
    (void)state;
    double x[N * P], pac[2];
    int truth[N];
    planted(x, truth, 1, 5);
    sv_matrix m = sv_matrix_rowmajor(x, N, P), few = sv_matrix_rowmajor(x, 5, P);
    sv_consensus_opts good = SV_CONSENSUS_OPTS_INIT, o;
    good.repeats = 50;
    good.max_k = 4;
    sv_consensus c = { .n = 77 };
    sv_error err = { 0 };
    assert_int_equal(sv_consensus_fit(&c, &few, &good, &err), SV_ETOOSMALL);
    assert_string_equal(err.msg, "4 of 5 items a draw are not enough for 4 groups");
    o = good;
    o.max_k = 1;
    assert_int_equal(sv_consensus_fit(&c, &m, &o, &err), SV_EINVAL);
    o = good;
    o.item_share = NAN;
    assert_int_equal(sv_consensus_fit(&c, &m, &o, &err), SV_EINVAL);
    o = good;
    o.feature_share = 0.05;
    assert_int_equal(sv_consensus_fit(&c, &m, &o, &err), SV_ETOOSMALL);
    o = good;
    o.progress = stop_at_three;
    assert_int_equal(sv_consensus_fit(&c, &m, &o, &err), SV_EINVAL);
    assert_string_equal(err.msg, "consensus clustering stopped after 3 of 50 repeats");
    uint32_t items[50 * 10] = { 0 };
    o = good;
    o.items = items;
    o.items_each = 10;
    assert_int_equal(sv_consensus_fit(&c, &m, &o, &err), SV_EINVAL);
    for (size_t j = 0; j < P; j++) { x[3 * P + j] = 2.5; }
    assert_int_equal(sv_consensus_fit(&c, &m, &good, &err), SV_EDATA);
    assert_string_equal(err.msg, "row 4 is constant over 12 features: it has no correlation");
    x[0] = NAN;
    assert_int_equal(sv_consensus_fit(&c, &m, &good, &err), SV_EDATA);
    assert_int_equal(sv_consensus_null(pac, NULL, NULL, 1, &m, &good, &err), SV_EDATA);
    assert_int_equal(c.n, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consensus__as_R_with_its_subsamples),
        cmocka_unit_test(test_consensus__own_draws_come_near),
        cmocka_unit_test(test_consensus__finds_planted_groups),
        cmocka_unit_test(test_consensus__null_tells_groups_from_none),
        cmocka_unit_test(test_consensus__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
