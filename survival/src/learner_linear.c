/* learner_linear.c - methods whose score is a weighted sum of the columns: logistic and Cox regression, plain and
 * penalised. */
#include "learner_work.h"

#include <survival/cox_variants.h>
#include <survival/logistic.h>
#include <survival/penalised.h>

#include <math.h>

#include "mem.h"
#include "num.h"

static int linear_new(sv_fitted *f, sv_error *err)
{
    f->model.linear.coef = SV_NEW(double, f->p);
    return f->model.linear.coef != NULL ? SV_OK : sv_no_memory(err, "coefficients");
}

/* Coefficients as they are, 0 where there is none. */
static int linear_take(sv_fitted *f, const double *coef, sv_error *err)
{
    int rc = linear_new(f, err);
    for (size_t j = 0; rc == SV_OK && j < f->p; j++) { f->model.linear.coef[j] = isnan(coef[j]) ? 0 : coef[j]; }
    return rc;
}

static int linear_score(double *score, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    (void)err;
    for (size_t i = 0; i < z->rows; i++) {
        score[i] = f->model.linear.intercept;
        for (size_t j = 0; j < f->p; j++) { score[i] += f->model.linear.coef[j] * sv_at(z, i, j); }
    }
    return SV_OK;
}

static const double *linear_coef(double *intercept, const sv_fitted *f)
{
    *intercept = f->model.linear.intercept;
    return f->model.linear.coef;
}

static double log_odds(const sv_fitted *f, double score)
{
    (void)f;
    return 1 / (1 + exp(-score));
}

static void linear_free(sv_fitted *f) { free(f->model.linear.coef); }

#define LINEAR .scaled = true, .score = linear_score, .linear = linear_coef, .free = linear_free

/* ---- logistic regression --------------------------------------------------------------------- */

static int logistic_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    sv_logistic g;
    int rc = sv_logistic_fit(&g, z, y->label, NULL, err);
    if (rc != SV_OK) { return rc; }
    f->model.linear.intercept = g.coef[0];
    rc = linear_take(f, g.coef + 1, err);
    sv_logistic_free(&g);
    return rc;
}

const sv_method_ops sv_ops_logistic = { .name = "logistic", LINEAR, .probability = log_odds, .fit = logistic_fit };

/* ---- elastic nets ---------------------------------------------------------------------------- */

static const char *const NET_RULES[] = { "min", "1se", NULL };
enum { NET_ALPHA, NET_LAMBDA, NET_FOLDS, NET_RULE };
static const sv_param NET_PARAMS[] = {
    [NET_ALPHA] = { "alpha", 0, 1, 1, false, NULL, "1: LASSO, 0: ridge, between: elastic net" },
    [NET_LAMBDA] = { "lambda", 0, 1e9, 0, false, NULL, "penalty; 0: chosen by cross-validation of the training rows" },
    [NET_FOLDS] = { "folds", 3, 1000, 10, true, NULL, "of that cross-validation" },
    [NET_RULE] = { "rule", 0, 1, 0, true, NET_RULES, "least deviance, or the largest lambda within one se of it" },
};

/* y->surv for Cox, else y->label. */
static int net_choose(double *lambda, const sv_fitted *f, const sv_path *path, const sv_matrix *z, const sv_outcome *y,
                      const sv_path_opts *o, sv_error *err)
{
    const double *v = f->how.value;
    size_t folds = sv_whole(v[NET_FOLDS]);
    sv_cv_opts how = SV_CV_OPTS_INIT;
    sv_cv cv;
    int *fold = SV_NEW(int, z->rows);
    if (fold == NULL) { return sv_no_memory(err, "folds"); }
    bool cox = f->labels == 0;
    int rc = sv_cv_folds(fold, cox ? y->surv->event : y->label, z->rows, folds, f->how.seed, err);
    if (rc == SV_OK) {
        rc = cox ? sv_cv_cox(&cv, path, z, y->surv, fold, folds, o, &how, err)
                 : sv_cv_logistic(&cv, path, z, y->label, NULL, fold, folds, o, &how, err);
    }
    free(fold);
    if (rc != SV_OK) { return rc; }
    *lambda = cv.lambda[v[NET_RULE] > 0 ? cv.one_se : cv.best];
    sv_cv_free(&cv);
    return SV_OK;
}

static int net_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    sv_path_opts o = SV_PATH_OPTS_INIT;
    double lambda = f->how.value[NET_LAMBDA];
    bool given = lambda > 0;
    o.alpha = f->how.value[NET_ALPHA];
    if (given) {
        o.lambda = &lambda;
        o.n_lambda = 1;
    }
    sv_path path;
    int rc = f->labels == 0 ? sv_path_cox(&path, z, y->surv, &o, err)
                            : sv_path_logistic(&path, z, y->label, NULL, &o, err);
    if (rc != SV_OK) { return rc; }
    if (!given) { rc = net_choose(&lambda, f, &path, z, y, &o, err); }
    if (rc == SV_OK) { rc = linear_new(f, err); }
    if (rc == SV_OK) { rc = sv_path_at(f->model.linear.coef, &f->model.linear.intercept, &path, lambda, err); }
    sv_path_free(&path);
    return rc;
}

const sv_method_ops sv_ops_lasso_logistic = { .name = "lasso_logistic", LINEAR, .probability = log_odds,
                                              SV_PARAMS(NET_PARAMS), .fit = net_fit };
const sv_method_ops sv_ops_lasso_cox = { .name = "lasso_cox", .survival = true, LINEAR, .cut = SV_NAN,
                                         SV_PARAMS(NET_PARAMS), .fit = net_fit };

/* ---- Cox regression -------------------------------------------------------------------------- */

static const char *const TIES[] = { "efron", "breslow", NULL };
static const sv_param COX_PARAMS[] = { { "ties", 0, 1, 0, true, TIES, "likelihood of deaths at one time" } };

static int cox_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    sv_cox_opts o = SV_COX_OPTS_INIT;
    o.ties = f->how.value[0] > 0 ? SV_TIES_BRESLOW : SV_TIES_EFRON;
    sv_cox g;
    int rc = sv_cox_fit(&g, z, y->surv, &o, err);
    if (rc != SV_OK) { return rc; }
    rc = linear_take(f, g.coef, err);
    sv_cox_free(&g);
    return rc;
}

const sv_method_ops sv_ops_cox = { .name = "cox", .survival = true, LINEAR, .cut = SV_NAN, SV_PARAMS(COX_PARAMS),
                                   .fit = cox_fit };

static const sv_param RIDGE_PARAMS[] = {
    { "theta", 1e-6, 1e9, 1, false, NULL, "penalty theta / 2 x sum of squared coefficients a standard deviation" },
};

static int ridge_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    sv_cox_opts o = SV_COX_OPTS_INIT;
    sv_cox g;
    int rc = sv_cox_fit_ridge(&g, NULL, z, y->surv, f->how.value[0], &o, err);
    if (rc != SV_OK) { return rc; }
    rc = linear_take(f, g.coef, err);
    sv_cox_free(&g);
    return rc;
}

const sv_method_ops sv_ops_ridge_cox = { .name = "ridge_cox", .survival = true, LINEAR, .cut = SV_NAN,
                                         SV_PARAMS(RIDGE_PARAMS), .fit = ridge_fit };
