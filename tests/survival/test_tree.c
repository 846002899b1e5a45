/* test_tree.c - classification trees, against brute force and planted truth. */
#include <check.h>

#include <stdlib.h>
#include <string.h>
#include <survival/rng.h>
#include <survival/tree.h>

enum { N = 200, P = 5, C = 3 };

/* Values on a coarse grid, so that many are equal; the label follows columns 1 and 3, with noise. */
static void simulate(double *x, int *label, uint64_t seed, double noise)
{
    sv_rng rng = sv_rng_stream(seed, 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < P; j++) { x[i * P + j] = (double)sv_rng_below(&rng, 20) / 4; }
        label[i] = x[i * P + 1] > 2.6 ? 7 : x[i * P + 3] > 1.1 ? -1 : 3;
        if (sv_rng_uniform(&rng) < noise) { label[i] = sv_rng_uniform(&rng) < 0.5 ? 7 : -1; }
    }
}

/* Gini's impurity times the rows, of those on one side. */
static double impurity(double *rows, const double *x, const int *label, size_t col, double cut, bool above)
{
    static const int labels[C] = { -1, 3, 7 };
    double count[C] = { 0 }, n = 0, g = 1;
    for (size_t i = 0; i < N; i++) {
        if ((x[i * P + col] > cut) != above) { continue; }
        n++;
        for (size_t c = 0; c < C; c++) { count[c] += label[i] == labels[c]; }
    }
    for (size_t c = 0; c < C; c++) { g -= n > 0 ? count[c] / n * count[c] / n : 0; }
    *rows = n;
    return n * g;
}

static void test_tree__root_split_is_the_best(void **state)
{
    (void)state;
    double x[N * P];
    int label[N];
    sv_error err = { 0 };
    for (uint64_t seed = 1; seed <= 8; seed++) {
        simulate(x, label, seed, 0.6);
        sv_matrix m = sv_matrix_rowmajor(x, N, P);
        sv_tree t;
        sv_tree_opts o = { .min_split = 2, .min_leaf = 15, .max_depth = 1, .cp = 0 };
        CHECK_OK(sv_tree_fit(&t, &m, label, &o, &err), err);
        double least = 1e9, below, above;
        for (size_t j = 0; j < P; j++) {
            for (double cut = 0.125; cut < 5; cut += 0.25) {
                double total = impurity(&below, x, label, j, cut, false) + impurity(&above, x, label, j, cut, true);
                if (below >= 15 && above >= 15) { least = fmin(least, total); }
            }
        }
        assert_int_equal(t.classes, C);
        assert_int_equal(t.nodes, 3);
        double got = impurity(&below, x, label, t.node[0].column, t.node[0].threshold, false)
                   + impurity(&above, x, label, t.node[0].column, t.node[0].threshold, true);
        CHECK_NEAR(got, least, 1e-12, 0);
        assert_int_equal(t.node[1].rows, (size_t)below);
        assert_int_equal(t.node[2].rows, (size_t)above);
        sv_tree_free(&t);
    }
}

/* The planted rule is found whole; the shares of a leaf are those of its rows. */
static void test_tree__planted(void **state)
{
    (void)state;
    double x[N * P], fresh[N * P], share[N * C];
    int label[N], truth[N];
    static const int labels[C] = { -1, 3, 7 };
    simulate(x, label, 11, 0);
    simulate(fresh, truth, 12, 0);
    sv_matrix m = sv_matrix_rowmajor(x, N, P), f = sv_matrix_rowmajor(fresh, N, P);
    sv_tree t;
    sv_tree_opts o = SV_TREE_OPTS_INIT;
    sv_error err = { 0 };
    CHECK_OK(sv_tree_fit(&t, &m, label, &o, &err), err);
    assert_int_equal(t.nodes, 5);
    assert_int_equal(t.node[0].column, 1);
    CHECK_NEAR(t.node[0].threshold, 2.625, 0, 0);
    assert_memory_equal(t.label, labels, sizeof labels);
    CHECK_OK(sv_tree_predict(share, &t, &f, &err), err);
    for (size_t i = 0; i < N; i++) {
        for (size_t c = 0; c < C; c++) { CHECK_NEAR(share[i * C + c], labels[c] == truth[i], 0, 1e-12); }
    }
    sv_tree_free(&t);
    simulate(x, label, 13, 0.5);
    CHECK_OK(sv_tree_fit(&t, &m, label, &o, &err), err);
    CHECK_OK(sv_tree_predict(share, &t, &m, &err), err);
    double wrong = 0, errors = 0;                        /* calling a leaf's commonest label errs as it says */
    for (size_t i = 0; i < N; i++) {
        size_t best = 0;
        for (size_t c = 1; c < C; c++) { best = share[i * C + c] > share[i * C + best] + 1e-9 ? c : best; }
        wrong += label[i] != labels[best];
    }
    for (size_t k = 0; k < t.nodes; k++) { errors += t.node[k].column == SV_TREE_LEAF ? (double)t.node[k].errors : 0; }
    CHECK_NEAR(wrong, errors, 0, 0);
    assert_true(errors < (double)t.node[0].errors);
    sv_tree_free(&t);
}

static double cost(const sv_tree *t, double cp)
{
    double errors = 0, leaves = 0;
    for (size_t k = 0; k < t->nodes; k++) {
        if (t->node[k].column != SV_TREE_LEAF) { continue; }
        errors += (double)t->node[k].errors;
        leaves++;
    }
    return errors + cp * (double)t->node[0].errors * leaves;
}

/* At its own price a pruned tree costs no more than those of other prices, and dearer is smaller. */
static void test_tree__pruning(void **state)
{
    (void)state;
    static const double cp[] = { 0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 2 };
    enum { K = 9 };
    double x[N * P];
    int label[N];
    simulate(x, label, 21, 0.5);
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_tree t[K];
    sv_error err = { 0 };
    for (size_t k = 0; k < K; k++) {
        sv_tree_opts o = { .min_split = 4, .min_leaf = 2, .max_depth = 12, .cp = cp[k] };
        CHECK_OK(sv_tree_fit(&t[k], &m, label, &o, &err), err);
        assert_true(k == 0 || t[k].nodes <= t[k - 1].nodes);
    }
    assert_true(t[0].nodes > 30 && t[K - 1].nodes == 1);
    for (size_t a = 0; a < K; a++) {
        for (size_t b = 0; b < K; b++) { assert_true(cost(&t[a], cp[a]) <= cost(&t[b], cp[a]) + 1e-9); }
        for (size_t k = 0; k < t[a].nodes; k++) {
            const sv_tree_node *n = &t[a].node[k];
            if (n->column == SV_TREE_LEAF) { continue; }
            assert_true(n->below > k && n->above > k && t[a].node[n->below].rows + t[a].node[n->above].rows == n->rows);
            assert_true(t[a].node[n->below].rows >= 2 && t[a].node[n->above].rows >= 2);
        }
    }
    for (size_t k = 0; k < K; k++) { sv_tree_free(&t[k]); }
}

/* Two splits that save errors only together are kept; the order of the rows does not matter. */
static void test_tree__exclusive_or(void **state)
{
    (void)state;
    double x[80], back[80];
    int label[40], label_back[40];
    for (int i = 0; i < 40; i++) {
        int a = i < 22, b = i % 2;
        x[2 * i] = a;
        x[2 * i + 1] = b + 0.01 * (i % 3);
        label[i] = a != b;
    }
    label[0] = 1 - label[0];
    for (int i = 0; i < 40; i++) {
        memcpy(back + 2 * i, x + 2 * (39 - i), 2 * sizeof *x);
        label_back[i] = label[39 - i];
    }
    sv_matrix m = sv_matrix_rowmajor(x, 40, 2), mb = sv_matrix_rowmajor(back, 40, 2);
    sv_tree t, tb;
    sv_tree_opts o = { .min_split = 2, .min_leaf = 3, .max_depth = 2, .cp = 0.01 };
    sv_error err = { 0 };
    CHECK_OK(sv_tree_fit(&t, &m, label, &o, &err), err);
    CHECK_OK(sv_tree_fit(&tb, &mb, label_back, &o, &err), err);
    assert_int_equal(t.nodes, 7);
    assert_true(cost(&t, 0) <= 1);
    assert_int_equal(tb.nodes, t.nodes);
    for (size_t k = 0; k < t.nodes; k++) {
        assert_int_equal(t.node[k].column, tb.node[k].column);
        assert_true(t.node[k].threshold == tb.node[k].threshold && t.node[k].errors == tb.node[k].errors);
    }
    sv_tree_free(&t);
    sv_tree_free(&tb);
}

static void test_tree__refusals(void **state)
{
    (void)state;
    double x[] = { 1, 2, 3, (double)NAN }, share[8];
    const int label[] = { 1, 2, 1, 2 }, one[] = { 1, 1, 1, 1 };
    sv_matrix m = sv_matrix_rowmajor(x, 3, 1), bad = sv_matrix_rowmajor(x, 4, 1), wide = sv_matrix_rowmajor(x, 1, 2);
    sv_tree t = { .p = 9 };
    sv_tree_opts o = SV_TREE_OPTS_INIT;
    sv_error err = { 0 };
    assert_int_equal(sv_tree_fit(&t, &bad, label, &o, &err), SV_EDATA);
    assert_int_equal(sv_tree_fit(&t, &m, one, &o, &err), SV_EDATA);
    o.min_leaf = 0;
    assert_int_equal(sv_tree_fit(&t, &m, label, &o, &err), SV_EINVAL);
    o.min_leaf = 1;
    o.max_depth = 61;
    assert_int_equal(sv_tree_fit(&t, &m, label, &o, &err), SV_EINVAL);
    o.max_depth = 0;
    o.cp = -1;
    assert_int_equal(sv_tree_fit(&t, &m, label, &o, &err), SV_EINVAL);
    assert_int_equal(t.p, 9);
    o.cp = 0;
    CHECK_OK(sv_tree_fit(&t, &m, label, &o, &err), err);
    assert_int_equal(t.nodes, 1);
    CHECK_NEAR(t.share[0], 2.0 / 3, 1e-14, 0);
    assert_int_equal(sv_tree_predict(share, &t, &wide, &err), SV_EINVAL);
    assert_int_equal(sv_tree_predict(share, &t, &bad, &err), SV_EDATA);
    sv_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree__root_split_is_the_best),
        cmocka_unit_test(test_tree__planted),
        cmocka_unit_test(test_tree__pruning),
        cmocka_unit_test(test_tree__exclusive_or),
        cmocka_unit_test(test_tree__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
