/* svm.c - support vector machines: libsvm's fit, own scores. The one file that sees libsvm. */
#include <survival/svm.h>

#include <libsvm/svm.h>
#include <math.h>
#include <string.h>

#include "classes.h"
#include "mem.h"
#include "vector.h"

#define CACHE_MB 100
#define WORST_VIOLATION 0.01      /* of a margin of 1                                             */

void sv_svm_free(sv_svm *m)
{
    if (m == NULL) { return; }
    free(m->coef);
    free(m->vector);
    free(m->row);
    free(m->normal);
    *m = (sv_svm){ 0 };
}

static int check(const sv_matrix *x, const int *label, const sv_svm_opts *o, sv_error *err)
{
    if (o->kernel != SV_SVM_LINEAR && o->kernel != SV_SVM_RBF) {
        return sv_fail(err, SV_EINVAL, "kernel is %d, expected SV_SVM_LINEAR or SV_SVM_RBF", (int)o->kernel);
    }
    if (!(o->cost > 0 && isfinite(o->cost))) { return sv_fail(err, SV_EINVAL, "cost is %g, expected more than 0", o->cost); }
    if (!(o->gamma >= 0 && isfinite(o->gamma))) {
        return sv_fail(err, SV_EINVAL, "gamma is %g, expected at least 0", o->gamma);
    }
    for (int c = 0; c < 2; c++) {
        if (!(o->weight[c] > 0 && isfinite(o->weight[c]))) {
            return sv_fail(err, SV_EINVAL, "weight of label %d is %g, expected more than 0", c, o->weight[c]);
        }
    }
    if (!(o->tolerance >= 1e-10 && o->tolerance <= 0.1)) {
        return sv_fail(err, SV_EINVAL, "tolerance is %g, expected 1e-10 to 0.1", o->tolerance);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc != SV_OK) { return rc; }
    if (x->rows > SV_SVM_MAX_ROWS || x->cols > SV_SVM_MAX_CELLS / (x->rows + 1)) {
        return sv_fail(err, SV_ELIMIT, "%zu rows and %zu columns, at most %zu rows and %zu cells are accepted", x->rows,
                       x->cols, SV_SVM_MAX_ROWS, SV_SVM_MAX_CELLS);
    }
    size_t ones;
    return sv_binary_check(&ones, label, x->rows, err);
}

static void quiet(const char *text) { (void)text; }

/* libsvm's form of the rows. Label 1 goes in as 1 and label 0 as -1, which libsvm orders so that f > 0 is 1. */
typedef struct problem {
    struct svm_problem p;
    struct svm_node *node;
} problem;

static void problem_free(problem *q)
{
    free(q->p.x);
    free(q->p.y);
    free(q->node);
}

static int problem_of(problem *q, const sv_matrix *x, const int *label, sv_error *err)
{
    size_t n = x->rows, wide = x->cols + 1;
    *q = (problem){ .p = { .l = (int)n, .x = SV_NEW(struct svm_node *, n), .y = SV_NEW(double, n) },
                    .node = SV_NEW(struct svm_node, n * wide) };
    if (q->p.x == NULL || q->p.y == NULL || q->node == NULL) {
        problem_free(q);
        return sv_no_memory(err, "a support vector machine");
    }
    for (size_t i = 0; i < n; i++) {
        q->p.x[i] = q->node + i * wide;
        q->p.y[i] = label[i] == 1 ? 1 : -1;
        for (size_t j = 0; j < x->cols; j++) {
            q->p.x[i][j] = (struct svm_node){ .index = (int)j + 1, .value = sv_at(x, i, j) };
        }
        q->p.x[i][x->cols].index = -1;
    }
    return SV_OK;
}

static int take(sv_svm *m, const struct svm_model *from, const sv_matrix *x, sv_error *err)
{
    size_t s = (size_t)from->l;
    m->support = s;
    m->rho = from->rho[0];
    m->coef = SV_NEW(double, s);
    m->row = SV_NEW(size_t, s);
    m->vector = SV_NEW(double, s * m->p);
    m->normal = m->kernel == SV_SVM_LINEAR ? SV_NEW(double, m->p) : NULL;
    if (m->coef == NULL || m->row == NULL || m->vector == NULL || (m->kernel == SV_SVM_LINEAR && m->normal == NULL)) {
        return sv_no_memory(err, "a support vector machine");
    }
    for (size_t k = 0; k < s; k++) {
        m->coef[k] = from->sv_coef[0][k];
        m->row[k] = (size_t)from->sv_indices[k] - 1;
        for (size_t j = 0; j < m->p; j++) { m->vector[k * m->p + j] = sv_at(x, m->row[k], j); }
        if (m->normal != NULL) { sv_add_scaled(m->normal, m->coef[k], m->vector + k * m->p, m->p); }
    }
    return SV_OK;
}

static double decide(const sv_svm *m, const sv_matrix *x, size_t i)
{
    double f = -m->rho;
    if (m->kernel == SV_SVM_LINEAR) {
        for (size_t j = 0; j < m->p; j++) { f += m->normal[j] * sv_at(x, i, j); }
        return f;
    }
    for (size_t k = 0; k < m->support; k++) {
        const double *v = m->vector + k * m->p;
        double d = 0;
        for (size_t j = 0; j < m->p; j++) { d += (sv_at(x, i, j) - v[j]) * (sv_at(x, i, j) - v[j]); }
        f += m->coef[k] * exp(-m->gamma * d);
    }
    return f;
}

/* The largest breach of the optimality conditions. */
static int look(sv_svm *m, const sv_matrix *x, const int *label, const sv_svm_opts *o, sv_error *err)
{
    double *alpha = SV_NEW(double, x->rows);
    if (alpha == NULL) { return sv_no_memory(err, "a support vector machine"); }
    for (size_t k = 0; k < m->support; k++) { alpha[m->row[k]] = fabs(m->coef[k]); }
    for (size_t i = 0; i < x->rows; i++) {
        double short_of = 1 - (label[i] == 1 ? 1 : -1) * decide(m, x, i), most = o->cost * o->weight[label[i]];
        if (alpha[i] < most * (1 - 1e-12)) { m->violation = fmax(m->violation, short_of); }
        if (alpha[i] > 0) { m->violation = fmax(m->violation, -short_of); }
    }
    free(alpha);
    if (m->violation <= fmax(WORST_VIOLATION, 10 * o->tolerance)) { return SV_OK; }
    return sv_fail(err, SV_ENUMERIC, "the machine does not converge at cost %g and tolerance %g: a smaller cost or a larger "
                   "tolerance is needed", o->cost, o->tolerance);
}

int sv_svm_fit(sv_svm *out, const sv_matrix *x, const int *label, const sv_svm_opts *opts, sv_error *err)
{
    int rc = check(x, label, opts, err);
    problem q;
    if (rc != SV_OK || (rc = problem_of(&q, x, label, err)) != SV_OK) { return rc; }
    sv_svm m = { .p = x->cols, .kernel = opts->kernel,
                 .gamma = opts->gamma > 0 ? opts->gamma : 1 / (double)x->cols };
    int code[2] = { -1, 1 };
    double weight[2] = { opts->weight[0], opts->weight[1] };
    const struct svm_parameter how = { .svm_type = C_SVC, .kernel_type = opts->kernel == SV_SVM_RBF ? RBF : LINEAR,
                                       .gamma = m.gamma, .cache_size = CACHE_MB, .eps = opts->tolerance,
                                       .C = opts->cost, .nr_weight = 2, .weight_label = code, .weight = weight,
                                       .shrinking = 1 };
    svm_set_print_string_function(quiet);
    struct svm_model *model = svm_train(&q.p, &how);
    rc = take(&m, model, x, err);
    svm_free_and_destroy_model(&model);
    problem_free(&q);
    if (rc == SV_OK) { rc = look(&m, x, label, opts, err); }
    if (rc == SV_OK) { *out = m; } else { sv_svm_free(&m); }
    return rc;
}

int sv_svm_score(double *score, const sv_svm *m, const sv_matrix *x, sv_error *err)
{
    if (x->cols != m->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the machine was fitted on %zu", x->cols, m->p); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) { score[i] = decide(m, x, i); }
    return rc;
}
