/* learner.c - one way to fit and ask any method: settings by name, scaling, dispatch. */
#include <survival/learner.h>

#include <math.h>
#include <string.h>

#include "classes.h"
#include "learner_work.h"
#include "mem.h"
#include "moments.h"
#include "num.h"

static const sv_method_ops *const OPS[SV_METHODS] = {
    [SV_METHOD_ELM] = &sv_ops_elm,
    [SV_METHOD_SVM] = &sv_ops_svm,
    [SV_METHOD_KNN] = &sv_ops_knn,
    [SV_METHOD_BAYES] = &sv_ops_bayes,
    [SV_METHOD_TREE] = &sv_ops_tree,
    [SV_METHOD_FOREST] = &sv_ops_forest,
    [SV_METHOD_LOGISTIC] = &sv_ops_logistic,
    [SV_METHOD_LASSO_LOGISTIC] = &sv_ops_lasso_logistic,
    [SV_METHOD_COX] = &sv_ops_cox,
    [SV_METHOD_RIDGE_COX] = &sv_ops_ridge_cox,
    [SV_METHOD_LASSO_COX] = &sv_ops_lasso_cox,
    [SV_METHOD_SURVIVAL_FOREST] = &sv_ops_survival_forest,
};

const char *sv_method_name(sv_method m) { return OPS[m]->name; }
bool sv_method_survival(sv_method m) { return OPS[m]->survival; }
bool sv_method_many_labels(sv_method m) { return OPS[m]->many_labels; }

bool sv_method_by_name(sv_method *out, const char *name)
{
    for (int m = 0; m < SV_METHODS; m++) {
        if (strcmp(OPS[m]->name, name) != 0) { continue; }
        *out = (sv_method)m;
        return true;
    }
    return false;
}

const sv_param *sv_method_params(sv_method m, size_t *n)
{
    *n = OPS[m]->params;
    return OPS[m]->param;
}

/* ---- settings -------------------------------------------------------------------------------- */

sv_learner sv_learner_of(sv_method m)
{
    sv_learner l = { .method = m, .seed = 1 };
    for (size_t k = 0; k < OPS[m]->params; k++) { l.value[k] = OPS[m]->param[k].usual; }
    return l;
}

bool sv_learner_gives_shares(const sv_learner *l)
{
    const sv_method_ops *o = OPS[l->method];
    return o->shares != NULL || (o->probability != NULL && (o->calibrated == NULL || o->calibrated(l)));
}

static int check_value(const sv_learner *l, const sv_param *p, double v, sv_error *err)
{
    if (v >= p->low && v <= p->high && (!p->whole || v == floor(v))) { return SV_OK; }
    return sv_fail(err, SV_EINVAL, "%s of %s is %g, expected %s%g to %g", p->name, sv_method_name(l->method), v,
                   p->whole ? "a whole number from " : "", p->low, p->high);
}

static int find(size_t *at, const sv_learner *l, const char *name, sv_error *err)
{
    const sv_method_ops *o = OPS[l->method];
    char known[160] = "";
    for (size_t k = 0, used = 0; k < o->params; k++) {
        *at = k;
        if (strcmp(o->param[k].name, name) == 0) { return SV_OK; }
        size_t more = strlen(o->param[k].name) + 2;
        if (used + more >= sizeof known) { continue; }
        memcpy(known + used, used > 0 ? ", " : "  ", 2);
        memcpy(known + used + 2, o->param[k].name, more - 1);
        used += more;
    }
    if (o->params == 0) { return sv_fail(err, SV_EINVAL, "%s has no setting, not %.60s either", o->name, name); }
    return sv_fail(err, SV_EINVAL, "%s has no setting %.60s, expected one of%s", o->name, name, known + 1);
}

int sv_learner_set(sv_learner *l, const char *name, double value, sv_error *err)
{
    size_t at;
    int rc = find(&at, l, name, err);
    if (rc == SV_OK) { rc = check_value(l, &OPS[l->method]->param[at], value, err); }
    if (rc == SV_OK) { l->value[at] = value; }
    return rc;
}

int sv_learner_choose(sv_learner *l, const char *name, const char *choice, sv_error *err)
{
    size_t at;
    int rc = find(&at, l, name, err);
    if (rc != SV_OK) { return rc; }
    const sv_param *p = &OPS[l->method]->param[at];
    if (p->choice == NULL) { return sv_fail(err, SV_EINVAL, "%s is %.60s, expected a number", name, choice); }
    for (size_t k = 0; p->choice[k] != NULL; k++) {
        if (strcmp(p->choice[k], choice) != 0) { continue; }
        l->value[at] = (double)k;
        return SV_OK;
    }
    return sv_fail(err, SV_EINVAL, "%s is %.60s, expected %s, ... or %s", name, choice, p->choice[0],
                   p->choice[sv_whole(p->high)]);
}

static int check_learner(const sv_learner *l, const sv_matrix *x, const sv_outcome *y, sv_error *err)
{
    if ((int)l->method < 0 || l->method >= SV_METHODS) {
        return sv_fail(err, SV_EINVAL, "method is %d, expected 0 to %d", (int)l->method, SV_METHODS - 1);
    }
    const sv_method_ops *o = OPS[l->method];
    for (size_t k = 0; k < o->params; k++) {
        int rc = check_value(l, &o->param[k], l->value[k], err);
        if (rc != SV_OK) { return rc; }
    }
    if (o->survival ? y->surv == NULL : y->label == NULL) {
        return sv_fail(err, SV_EINVAL, "%s needs %s", o->name, o->survival ? "follow-up" : "labels");
    }
    if (o->survival && y->surv->n != x->rows) {
        return sv_fail(err, SV_EINVAL, "follow-up of %zu rows for %zu rows of columns", y->surv->n, x->rows);
    }
    return sv_matrix_check(x, x->rows, NULL, err);
}

/* ---- fitting --------------------------------------------------------------------------------- */

void sv_fitted_free(sv_fitted *f)
{
    if (f == NULL) { return; }
    OPS[f->how.method]->free(f);
    free(f->centre);
    free(f->factor);
    free(f->label);
    free(f);
}

/* The columns as the method wants them; *own is to be freed. */
static int scaled(sv_matrix *z, double **own, const sv_fitted *f, const sv_matrix *x, sv_error *err)
{
    *own = NULL;
    *z = *x;
    if (f->centre == NULL) { return SV_OK; }
    double *v = x->cols > 0 && x->rows > SIZE_MAX / x->cols ? NULL : SV_NEW(double, x->rows * x->cols);
    if (v == NULL) { return sv_no_memory(err, "scaled columns"); }
    for (size_t i = 0; i < x->rows; i++) {
        for (size_t j = 0; j < x->cols; j++) { v[i * x->cols + j] = (sv_at(x, i, j) - f->centre[j]) * f->factor[j]; }
    }
    *own = v;
    *z = sv_matrix_rowmajor(v, x->rows, x->cols);
    return SV_OK;
}

static int learn_scale(sv_fitted *f, const sv_matrix *x, sv_error *err)
{
    f->centre = SV_NEW(double, f->p);
    f->factor = SV_NEW(double, f->p);
    if (f->centre == NULL || f->factor == NULL) { return sv_no_memory(err, "scales"); }
    for (size_t j = 0; j < f->p; j++) {
        double sd;
        sv_column_moments(&f->centre[j], &sd, x, j, NULL, 0);
        f->factor[j] = sd > 0 ? 1 / sd : 0;
    }
    return SV_OK;
}

static int learn_labels(sv_fitted *f, const sv_method_ops *o, const int *label, size_t n, sv_error *err)
{
    size_t ones;
    int rc = o->many_labels ? SV_OK : sv_binary_check(&ones, label, n, err);
    uint32_t *class_of = NULL;
    if (rc == SV_OK) { rc = sv_classes_of(&class_of, &f->label, &f->labels, label, n, err); }
    free(class_of);
    return rc;
}

int sv_learner_fit(sv_fitted **out, const sv_learner *l, const sv_matrix *x, const sv_outcome *y, sv_error *err)
{
    int rc = check_learner(l, x, y, err);
    if (rc != SV_OK) { return rc; }
    const sv_method_ops *o = OPS[l->method];
    sv_fitted *f = SV_NEW(sv_fitted, 1);
    if (f == NULL) { return sv_no_memory(err, "a model"); }
    f->how = *l;
    f->p = x->cols;
    sv_matrix z;
    double *own = NULL;
    if (!o->survival) { rc = learn_labels(f, o, y->label, x->rows, err); }
    if (rc == SV_OK && o->scaled) { rc = learn_scale(f, x, err); }
    if (rc == SV_OK) { rc = scaled(&z, &own, f, x, err); }
    if (rc == SV_OK) { rc = o->fit(f, &z, y, err); }
    free(own);
    if (rc == SV_OK) { *out = f; } else { sv_fitted_free(f); }
    return rc;
}

/* ---- asking ---------------------------------------------------------------------------------- */

double sv_fitted_cut(const sv_fitted *f) { return OPS[f->how.method]->cut; }

size_t sv_fitted_labels(const int **label, const sv_fitted *f)
{
    *label = f->label;
    return f->labels;
}

static int open_rows(sv_matrix *z, double **own, const sv_fitted *f, const sv_matrix *x, sv_error *err)
{
    if (x->cols != f->p) { return sv_fail(err, SV_EINVAL, "%zu columns, the model was fitted on %zu", x->cols, f->p); }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    return rc == SV_OK ? scaled(z, own, f, x, err) : rc;
}

int sv_fitted_score(double *score, const sv_fitted *f, const sv_matrix *x, sv_error *err)
{
    const sv_method_ops *o = OPS[f->how.method];
    sv_matrix z;
    double *own = NULL, *share = NULL;
    if (!o->survival && !(f->labels == 2 && f->label[0] == 0 && f->label[1] == 1)) {
        return sv_fail(err, SV_EINVAL, "a score needs labels 0 and 1, not %zu labels from %d on", f->labels, f->label[0]);
    }
    int rc = open_rows(&z, &own, f, x, err);
    if (rc == SV_OK && o->score != NULL) { rc = o->score(score, f, &z, err); }
    if (rc == SV_OK && o->score == NULL) {
        share = SV_NEW(double, 2 * x->rows);
        rc = share != NULL ? o->shares(share, f, &z, err) : sv_no_memory(err, "scores");
        for (size_t i = 0; rc == SV_OK && i < x->rows; i++) { score[i] = share[2 * i + 1]; }
    }
    free(share);
    free(own);
    return rc;
}

int sv_fitted_shares(double *share, const sv_fitted *f, const sv_matrix *x, sv_error *err)
{
    const sv_method_ops *o = OPS[f->how.method];
    if (!sv_learner_gives_shares(&f->how)) {
        return sv_fail(err, SV_EINVAL, "%s%s gives no probabilities", o->name, o->probability != NULL ? " so set" : "");
    }
    sv_matrix z;
    double *own = NULL, *score = NULL;
    int rc = open_rows(&z, &own, f, x, err);
    if (rc == SV_OK && o->shares != NULL) { rc = o->shares(share, f, &z, err); }
    if (rc == SV_OK && o->shares == NULL) {
        score = SV_NEW(double, x->rows);
        rc = score != NULL ? o->score(score, f, &z, err) : sv_no_memory(err, "scores");
        for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
            share[2 * i + 1] = o->probability(f, score[i]);
            share[2 * i] = 1 - share[2 * i + 1];
        }
    }
    free(score);
    free(own);
    return rc;
}

bool sv_fitted_linear(double *coef, double *intercept, const sv_fitted *f)
{
    const sv_method_ops *o = OPS[f->how.method];
    const double *z = o->linear != NULL ? o->linear(intercept, f) : NULL;
    for (size_t j = 0; z != NULL && j < f->p; j++) {
        coef[j] = z[j] * f->factor[j];
        *intercept -= coef[j] * f->centre[j];
    }
    return z != NULL;
}
