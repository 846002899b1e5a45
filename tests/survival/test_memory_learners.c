/* test_memory_learners.c - every allocation of the learners fails once: SV_ENOMEM, results untouched, nothing leaked
 * (the sanitizer looks). What libsvm itself takes is not among them. */
#include "failing_calloc.h"

#include <string.h>
#include <survival/forest.h>
#include <survival/learner.h>
#include <survival/tune.h>

enum { N = 30, P = 3 };
static double x[N * P], follow_up[N];
static int label[N], event[N];
static const sv_surv SURV = { .n = N, .time = follow_up, .event = event };
static const sv_outcome OUTCOME = { label, &SURV };

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        label[i] = i % 3 == 0;
        event[i] = i % 4 != 1;
        follow_up[i] = 1 + (i * 7) % N;
        for (int j = 0; j < P; j++) { x[i * P + j] = (i * (5 + 2 * j) % 11) + (j == 0 ? 2 * label[i] : 0); }
    }
}

static int run_learner(sv_learner l, sv_error *err)
{
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_fitted *f = NULL;
    double score[N], share[2 * N];
    int rc = sv_learner_fit(&f, &l, &m, &OUTCOME, err);
    if (rc != SV_OK) {
        assert_null(f);
        return rc;
    }
    rc = sv_fitted_score(score, f, &m, err);
    if (rc == SV_OK && sv_learner_gives_shares(&l)) { rc = sv_fitted_shares(share, f, &m, err); }
    sv_fitted_free(f);
    return rc;
}

static int with(sv_method m, const char *name, double value, sv_error *err)
{
    sv_learner l = sv_learner_of(m);
    sv_error none = { 0 };
    CHECK_OK(sv_learner_set(&l, name, value, &none), none);
    if (m == SV_METHOD_ELM) { CHECK_OK(sv_learner_set(&l, "networks", 2, &none), none); }
    if (m == SV_METHOD_LASSO_COX || m == SV_METHOD_LASSO_LOGISTIC) { CHECK_OK(sv_learner_set(&l, "folds", 3, &none), none); }
    return run_learner(l, err);
}

static int run_elm(sv_error *err) { return with(SV_METHOD_ELM, "hidden", 5, err); }
static int run_svm(sv_error *err) { return with(SV_METHOD_SVM, "probability", 1, err); }
static int run_knn(sv_error *err) { return with(SV_METHOD_KNN, "k", 3, err); }
static int run_bayes(sv_error *err) { return run_learner(sv_learner_of(SV_METHOD_BAYES), err); }
static int run_tree(sv_error *err) { return run_learner(sv_learner_of(SV_METHOD_TREE), err); }
static int run_forest(sv_error *err) { return with(SV_METHOD_FOREST, "trees", 3, err); }
static int run_survival_forest(sv_error *err) { return with(SV_METHOD_SURVIVAL_FOREST, "trees", 3, err); }

static int run_importance(sv_error *err)
{
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_forest_opts o = SV_FOREST_OPTS_INIT;
    o.trees = 3;
    o.importance = true;
    sv_forest f = { .n = 77 };
    sv_survival_forest g = { .n = 77 };
    int rc = sv_forest_fit(&f, &m, label, &o, err);
    if (rc == SV_OK) { rc = sv_survival_forest_fit(&g, &m, &SURV, &o, err); } else { assert_int_equal(f.n, 77); }
    if (rc == SV_OK) { sv_survival_forest_free(&g); } else { assert_int_equal(g.n, 77); }
    if (f.n != 77) { sv_forest_free(&f); }
    return rc;
}

static int run_logistic(sv_error *err) { return run_learner(sv_learner_of(SV_METHOD_LOGISTIC), err); }
static int run_lasso_logistic(sv_error *err) { return with(SV_METHOD_LASSO_LOGISTIC, "lambda", 0.05, err); }
static int run_net_by_folds(sv_error *err) { return with(SV_METHOD_LASSO_COX, "alpha", 0.5, err); }
static int run_cox(sv_error *err) { return run_learner(sv_learner_of(SV_METHOD_COX), err); }
static int run_ridge(sv_error *err) { return run_learner(sv_learner_of(SV_METHOD_RIDGE_COX), err); }

static int run_nested(sv_error *err)
{
    const double ks[] = { 1, 3 };
    const sv_grid_axis axis = { "k", ks, 2 };
    const sv_grid g = { &axis, 1 };
    const sv_folds outer = { .folds = 2, .repeats = 1 };
    const sv_tune_opts inner = { .criterion = SV_CRITERION_AUC, .folds = { .folds = 2, .repeats = 1 } };
    const sv_learner l = sv_learner_of(SV_METHOD_KNN);
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_nested t = { .n = 77 };
    int rc = sv_nested_cv(&t, &l, &g, &m, &OUTCOME, &outer, &inner, err);
    if (rc != SV_OK) { assert_int_equal(t.n, 77); } else { sv_nested_free(&t); }
    return rc;
}

static int run_log_loss(sv_error *err)
{
    const int fold[N] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    const sv_grid g = { NULL, 0 };
    const sv_tune_opts o = { .criterion = SV_CRITERION_LOG_LOSS, .folds = { .folds = 2, .repeats = 1, .fold = fold } };
    const sv_learner l = sv_learner_of(SV_METHOD_BAYES);
    sv_matrix m = sv_matrix_rowmajor(x, N, P);
    sv_tune t = { .cells = 77 };
    int rc = sv_tune_grid(&t, &l, &g, &m, &OUTCOME, &o, err);
    if (rc != SV_OK) { assert_int_equal(t.cells, 77); } else { sv_tune_free(&t); }
    return rc;
}

static void test_memory__each_allocation_may_fail(void **state)
{
    (void)state;
    fill();
    int (*const runs[])(sv_error *) = { run_elm, run_svm, run_knn, run_bayes, run_tree, run_forest, run_survival_forest,
                                        run_importance, run_logistic,
                                        run_lasso_logistic, run_net_by_folds, run_cox, run_ridge,
                                        run_nested, run_log_loss };
    check_each_allocation(runs, sizeof runs / sizeof *runs, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory__each_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
