/* test_memory_tests.c - every allocation of group tests, harmonisation, components, regressions and
 * classifiers fails once: SV_ENOMEM, results untouched, nothing leaked (the sanitizer looks). calloc is wrapped. */
#include "failing_calloc.h"

#include <string.h>
#include <survival/classify.h>
#include <survival/combat.h>
#include <survival/correlation.h>
#include <survival/logistic.h>
#include <survival/pca.h>
#include <survival/roc.h>
#include <survival/tables.h>
#include <survival/tree.h>

enum { N = 12 };
static const double X[N] = { 3, 9, 1, 4, 2, 2.5, 7, 5, 8, 6, 5.5, 3.5 };
static const double Y[N] = { 4, 2, 7, 2.5, 9, 5, 5.5, 8, 3, 6, 1, 4.5 };
static const double COVARIATE[N] = { 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1 };
static const int LABEL[N] = { 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0 };
static const size_t COUNT[6] = { 3, 1, 4, 2, 5, 2 };
static const sv_table TABLE = { COUNT, 3, 2 };

static int run_t(sv_test *t, sv_error *e) { return sv_t_paired(t, X, Y, N, 0.95, e); }
static int run_anova(sv_test *t, sv_error *e) { return sv_anova(t, X, LABEL, N, e); }
static int run_wilcoxon(sv_test *t, sv_error *e) { return sv_wilcoxon(t, X, N, Y, N, SV_TEST_EXACT, e); }
static int run_signed(sv_test *t, sv_error *e) { return sv_wilcoxon_signed(t, X, Y, N, SV_TEST_EXACT, e); }
static int run_kruskal(sv_test *t, sv_error *e) { return sv_kruskal(t, X, LABEL, N, e); }
static int run_ks(sv_test *t, sv_error *e) { return sv_ks(t, X, N, Y, N, SV_TEST_EXACT, e); }
static int run_shapiro(sv_test *t, sv_error *e) { return sv_shapiro(t, X, N, e); }
static int run_spearman(sv_test *t, sv_error *e) { return sv_spearman(t, X, Y, 7, SV_TEST_AUTO, e); }
static int run_kendall(sv_test *t, sv_error *e) { return sv_kendall(t, NULL, X, Y, N, SV_TEST_AUTO, e); }
static int run_chisq(sv_test *t, sv_error *e) { return sv_chisq_table(t, NULL, &TABLE, false, e); }
static int run_fisher(sv_test *t, sv_error *e) { return sv_fisher_2x2(t, COUNT, 0.95, e); }
static int run_table(sv_test *t, sv_error *e) { return sv_fisher_table(&t->p, &TABLE, e); }
static int run_simulate(sv_test *t, sv_error *e) { return sv_fisher_simulate(&t->p, &TABLE, 9, 1, e); }
static int run_binomial(sv_test *t, sv_error *e) { return sv_binomial(t, 3, 9, 0.2, 0.95, e); }
static int run_poisson(sv_test *t, sv_error *e) { return sv_poisson(t, 3, 9, 0.2, 0.95, e); }

static int run_adjust(sv_test *t, sv_error *e)
{
    static const double p[4] = { 0.3, 0.01, 0.2, 0.02 };
    double out[4] = { 77 };
    int rc = sv_p_adjust(out, p, 4, SV_ADJUST_HOMMEL, e);
    assert_true(rc == SV_OK || out[0] == 77);
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static int run_combat(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, N / 2, 2), cov = sv_matrix_rowmajor(COVARIATE, N / 2, 1);
    static const int batch[N / 2] = { 1, 2, 1, 2, 2, 1 };
    sv_combat c = { .p = 77 };
    sv_combat_opts o = SV_COMBAT_OPTS_INIT;
    int rc = sv_combat_fit(&c, &x, batch, &cov, &o, e);
    if (rc != SV_OK) { assert_int_equal(c.p, 77); return rc; }
    o.nonparametric = true;
    rc = sv_combat_add(&c, 3, &x, &cov, &o, e);
    assert_int_equal(c.batches, rc == SV_OK ? 3 : 2);
    sv_combat_free(&c);
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static int run_pca(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, 4, 3);
    sv_pca p = { .p = 77 };
    sv_pca_opts o = SV_PCA_OPTS_INIT;
    int rc = sv_pca_fit(&p, &x, &o, e);
    if (rc != SV_OK) { assert_int_equal(p.p, 77); } else { sv_pca_free(&p); t->p = 0; }
    return rc;
}

static int run_logistic(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, N, 1);
    sv_logistic f = { .p = 77 };
    int rc = sv_logistic_fit(&f, &x, LABEL, NULL, e);
    if (rc != SV_OK) { assert_int_equal(f.p, 77); } else { sv_logistic_free(&f); t->p = 0; }
    return rc;
}

static int run_knn(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, N, 1);
    double share[2 * N] = { 77 };
    sv_knn f = { .p = 77 };
    int rc = sv_knn_fit(&f, &x, LABEL, 3, true, e);
    if (rc != SV_OK) { assert_int_equal(f.p, 77); return rc; }
    rc = sv_knn_predict(share, &f, &x, e);
    assert_true((share[0] > 76) == (rc != SV_OK));
    sv_knn_free(&f);
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static int run_bayes(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, N, 1);
    sv_bayes f = { .p = 77 };
    int rc = sv_bayes_fit(&f, &x, LABEL, 0, e);
    if (rc != SV_OK) { assert_int_equal(f.p, 77); } else { sv_bayes_free(&f); t->p = 0; }
    return rc;
}

static int run_tree(sv_test *t, sv_error *e)
{
    sv_matrix x = sv_matrix_rowmajor(X, N, 1);
    sv_tree f = { .p = 77 };
    sv_tree_opts o = { .min_split = 2, .min_leaf = 1, .max_depth = 5 };
    int rc = sv_tree_fit(&f, &x, LABEL, &o, e);
    if (rc != SV_OK) { assert_int_equal(f.p, 77); } else { sv_tree_free(&f); t->p = 0; }
    return rc;
}

static int run_auc(sv_test *t, sv_error *e)
{
    sv_roc_area a = { .auc = 77 };
    int rc = sv_roc_auc(&a, X, LABEL, N, 0.95, e);
    assert_true((a.auc == 77) == (rc != SV_OK));
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static int run_compare(sv_test *t, sv_error *e)
{
    sv_roc_difference d = { .z = 77 };
    int rc = sv_roc_compare(&d, X, Y, LABEL, N, e);
    assert_true((d.z == 77) == (rc != SV_OK));
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static int run_youden(sv_test *t, sv_error *e)
{
    sv_roc_cut c = { .ppv = 77 };
    int rc = sv_roc_youden(&c, X, LABEL, N, e);
    assert_true((c.ppv == 77) == (rc != SV_OK));
    t->p = rc == SV_OK ? 0 : t->p;
    return rc;
}

static void test_memory_tests__every_allocation_fails_once(void **state)
{
    (void)state;
    static int (*const run[])(sv_test *, sv_error *) = {
        run_t, run_anova, run_wilcoxon, run_signed, run_kruskal, run_ks, run_shapiro, run_spearman, run_kendall,
        run_chisq, run_fisher, run_table, run_simulate, run_binomial, run_poisson, run_adjust, run_combat, run_pca,
        run_logistic, run_knn, run_bayes, run_tree, run_auc, run_compare, run_youden,
    };
    for (size_t k = 0; k < sizeof run / sizeof *run; k++) {
        int rc = SV_ENOMEM;
        for (long allowed = 0; rc != SV_OK; allowed++) {
            sv_test t = { .p = 77 };
            sv_error err = { 0 };
            assert_true(allowed < 1000);
            calls_left = allowed;
            rc = run[k](&t, &err);
            calls_left = -1;
            if (rc == SV_OK) {
                assert_true(allowed > 0 && t.p >= 0 && t.p <= 1);
            } else {
                assert_int_equal(rc, SV_ENOMEM);
                assert_int_equal(err.code, SV_ENOMEM);
                assert_true(t.p > 76);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_tests__every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
