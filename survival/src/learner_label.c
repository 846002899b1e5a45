/* learner_label.c - methods of labels, but for the linear ones. */
#include "learner_work.h"

#include <survival/penalised.h>

#include <math.h>

#include "mem.h"
#include "num.h"
#include "part.h"

static const char *const NO_YES[] = { "no", "yes", NULL };

/* ---- extreme learning machines --------------------------------------------------------------- */

static const char *const ELM_SOLVERS[] = { "ridge", "pinv", NULL };
enum { ELM_HIDDEN, ELM_COST, ELM_SOLVER, ELM_NETWORKS };
static const sv_param ELM_PARAMS[] = {
    [ELM_HIDDEN] = { "hidden", 1, 20000, 1000, true, NULL, "nodes of the hidden layer" },
    [ELM_COST] = { "cost", 1e-9, 1e9, 1, false, NULL, "C of the ridge penalty |beta|^2 / C" },
    [ELM_SOLVER] = { "solver", 0, 1, 0, true, ELM_SOLVERS, "pinv: no penalty, Moore-Penrose" },
    [ELM_NETWORKS] = { "networks", 1, 1000, 20, true, NULL, "of neighbouring seeds, whose scores are averaged" },
};

static int elm_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    const double *v = f->how.value;
    size_t networks = sv_whole(v[ELM_NETWORKS]);
    uint64_t seeds = SV_ELM_MAX_SEED - networks;
    sv_elm_opts o = { .hidden = sv_whole(v[ELM_HIDDEN]), .cost = v[ELM_SOLVER] > 0 ? SV_INF : v[ELM_COST],
                      .seed = (uint32_t)(1 + f->how.seed % seeds) };
    f->model.elm.net = SV_NEW(sv_elm, networks);
    if (f->model.elm.net == NULL) { return sv_no_memory(err, "a committee"); }
    for (size_t k = 0; k < networks; k++, o.seed++) {
        int rc = sv_elm_fit(&f->model.elm.net[k], z, y->label, &o, err);
        if (rc != SV_OK) { return rc; }
        f->model.elm.n++;
    }
    return SV_OK;
}

static int elm_score(double *score, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    double *one = SV_NEW(double, z->rows), *sum = SV_NEW(double, z->rows);
    int rc = one && sum ? SV_OK : sv_no_memory(err, "a committee's scores");
    for (size_t k = 0; rc == SV_OK && k < f->model.elm.n; k++) {
        rc = sv_elm_score(one, &f->model.elm.net[k], z, err);
        for (size_t i = 0; rc == SV_OK && i < z->rows; i++) { sum[i] += one[i]; }
    }
    for (size_t i = 0; rc == SV_OK && i < z->rows; i++) { score[i] = sum[i] / (double)f->model.elm.n; }
    free(one);
    free(sum);
    return rc;
}

static void elm_free(sv_fitted *f)
{
    for (size_t k = 0; k < f->model.elm.n; k++) { sv_elm_free(&f->model.elm.net[k]); }
    free(f->model.elm.net);
}

const sv_method_ops sv_ops_elm = { .name = "elm", .scaled = true, SV_PARAMS(ELM_PARAMS), .fit = elm_fit,
                                   .score = elm_score, .free = elm_free };

/* ---- support vector machines ----------------------------------------------------------------- */

static const char *const SVM_KERNELS[] = { "linear", "rbf", NULL };
enum { SVM_KERNEL, SVM_COST, SVM_GAMMA, SVM_BALANCED, SVM_PROBABILITY };
static const sv_param SVM_PARAMS[] = {
    [SVM_KERNEL] = { "kernel", 0, 1, 0, true, SVM_KERNELS, "linear, or exp(-gamma |u - v|^2)" },
    [SVM_COST] = { "cost", 1e-6, 1e6, 1, false, NULL, "C of a row on the wrong side of its margin" },
    [SVM_GAMMA] = { "gamma", 0, 1e6, 0, false, NULL, "of the rbf kernel; 0: 1 / columns" },
    [SVM_BALANCED] = { "balanced", 0, 1, 0, true, NO_YES, "costs in proportion to the rarity of the label" },
    [SVM_PROBABILITY] = { "probability", 0, 1, 0, true, NO_YES, "calibrate probabilities on 5 folds of the training rows" },
};
#define PLATT_FOLDS 5

/* A machine of the rows outside one fold, and its scores of those within. */
static int svm_fold(double *score, const sv_matrix *z, const int *label, const int *fold, size_t k, const sv_svm_opts *o,
                    sv_error *err)
{
    sv_part in = { 0 }, rest = { 0 };
    sv_svm m = { 0 };
    int rc = sv_part_make(&in, z, NULL, label, NULL, fold, k, true, err);
    if (rc == SV_OK) { rc = sv_part_make(&rest, z, NULL, label, NULL, fold, k, false, err); }
    if (rc == SV_OK) {
        sv_matrix train = sv_part_matrix(&rest), ask = sv_part_matrix(&in);
        rc = sv_svm_fit(&m, &train, rest.event, o, err);
        if (rc == SV_OK) { rc = sv_svm_score(in.time, &m, &ask, err); }
    }
    for (size_t i = 0, at = 0; rc == SV_OK && i < z->rows; i++) {
        if ((size_t)fold[i] == k) { score[i] = in.time[at++]; }
    }
    sv_svm_free(&m);
    sv_part_free(&in);
    sv_part_free(&rest);
    return rc;
}

static int svm_calibrate(sv_fitted *f, const sv_matrix *z, const int *label, const sv_svm_opts *o, sv_error *err)
{
    size_t n = z->rows;
    double *score = SV_NEW(double, n);
    int *fold = SV_NEW(int, n);
    int rc = score && fold ? sv_cv_folds(fold, label, n, PLATT_FOLDS, f->how.seed, err) : sv_no_memory(err, "calibration");
    for (size_t k = 0; rc == SV_OK && k < PLATT_FOLDS; k++) { rc = svm_fold(score, z, label, fold, k, o, err); }
    if (rc == SV_OK) { rc = sv_platt_fit(&f->model.svm.sigmoid, score, label, n, err); }
    free(score);
    free(fold);
    return rc;
}

static int svm_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    const double *v = f->how.value;
    sv_svm_opts o = SV_SVM_OPTS_INIT;
    o.kernel = v[SVM_KERNEL] > 0 ? SV_SVM_RBF : SV_SVM_LINEAR;
    o.cost = v[SVM_COST];
    o.gamma = v[SVM_GAMMA];
    if (v[SVM_BALANCED] > 0) {
        double n = (double)z->rows, ones = 0;
        for (size_t i = 0; i < z->rows; i++) { ones += y->label[i]; }
        o.weight[0] = n / (2 * (n - ones));
        o.weight[1] = n / (2 * ones);
    }
    int rc = sv_svm_fit(&f->model.svm.machine, z, y->label, &o, err);
    return rc == SV_OK && v[SVM_PROBABILITY] > 0 ? svm_calibrate(f, z, y->label, &o, err) : rc;
}

static int svm_score(double *score, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_svm_score(score, &f->model.svm.machine, z, err);
}

static double svm_probability(const sv_fitted *f, double score)
{
    return sv_platt_probability(&f->model.svm.sigmoid, score);
}

static bool svm_calibrated(const sv_learner *l) { return l->value[SVM_PROBABILITY] > 0; }

static const double *svm_linear(double *intercept, const sv_fitted *f)
{
    *intercept = -f->model.svm.machine.rho;
    return f->model.svm.machine.normal;
}

static void svm_free(sv_fitted *f) { sv_svm_free(&f->model.svm.machine); }

const sv_method_ops sv_ops_svm = { .name = "svm", .scaled = true, SV_PARAMS(SVM_PARAMS), .fit = svm_fit,
                                   .score = svm_score, .probability = svm_probability,
                                   .calibrated = svm_calibrated, .linear = svm_linear, .free = svm_free };

/* ---- nearest neighbours ---------------------------------------------------------------------- */

static const sv_param KNN_PARAMS[] = { { "k", 1, 100000, 5, true, NULL, "neighbours" } };

static int knn_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    return sv_knn_fit(&f->model.knn, z, y->label, sv_whole(f->how.value[0]), false, err);
}

static int knn_shares(double *share, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_knn_predict(share, &f->model.knn, z, err);
}

static void knn_free(sv_fitted *f) { sv_knn_free(&f->model.knn); }

const sv_method_ops sv_ops_knn = { .name = "knn", .many_labels = true, .scaled = true, .cut = 0.5, SV_PARAMS(KNN_PARAMS),
                                   .fit = knn_fit, .shares = knn_shares, .free = knn_free };

/* ---- naive Bayes ----------------------------------------------------------------------------- */

static const sv_param BAYES_PARAMS[] = {
    { "floor", 1e-6, 10, 1e-3, false, NULL, "least standard deviation in a label, in those of the column" },
};

static int bayes_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    return sv_bayes_fit(&f->model.bayes, z, y->label, f->how.value[0], err);
}

static int bayes_shares(double *share, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_bayes_predict(share, &f->model.bayes, z, err);
}

static void bayes_free(sv_fitted *f) { sv_bayes_free(&f->model.bayes); }

const sv_method_ops sv_ops_bayes = { .name = "naive_bayes", .many_labels = true, .scaled = true, .cut = 0.5,
                                     SV_PARAMS(BAYES_PARAMS), .fit = bayes_fit, .shares = bayes_shares,
                                     .free = bayes_free };

/* ---- trees ----------------------------------------------------------------------------------- */

enum { TREE_CP, TREE_DEPTH, TREE_LEAF, TREE_SPLIT };
static const sv_param TREE_PARAMS[] = {
    [TREE_CP] = { "cp", 0, 1, 0.01, false, NULL, "cost of a leaf, in errors of the root; 0: no pruning" },
    [TREE_DEPTH] = { "max_depth", 0, 60, 30, true, NULL, "splits from the root to a leaf" },
    [TREE_LEAF] = { "min_leaf", 1, 1e6, 7, true, NULL, "rows that a leaf must hold" },
    [TREE_SPLIT] = { "min_split", 2, 1e6, 20, true, NULL, "rows that a node needs to be split" },
};

static int tree_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    const double *v = f->how.value;
    const sv_tree_opts o = { .min_split = sv_whole(v[TREE_SPLIT]), .min_leaf = sv_whole(v[TREE_LEAF]),
                             .max_depth = sv_whole(v[TREE_DEPTH]), .cp = v[TREE_CP] };
    return sv_tree_fit(&f->model.tree, z, y->label, &o, err);
}

static int tree_shares(double *share, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_tree_predict(share, &f->model.tree, z, err);
}

static void tree_free(sv_fitted *f) { sv_tree_free(&f->model.tree); }

const sv_method_ops sv_ops_tree = { .name = "tree", .many_labels = true, .cut = 0.5, SV_PARAMS(TREE_PARAMS),
                                    .fit = tree_fit, .shares = tree_shares, .free = tree_free };
