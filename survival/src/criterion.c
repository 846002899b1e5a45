/* criterion.c - how good a model is on given rows. */
#include <survival/tune.h>

#include <math.h>
#include <string.h>
#include <survival/concordance.h>

#include "mem.h"
#include "num.h"
#include "sample.h"

static const char *const NAMES[SV_CRITERIA] = {
    [SV_CRITERION_AUC] = "auc",
    [SV_CRITERION_ACCURACY] = "accuracy",
    [SV_CRITERION_LOG_LOSS] = "log_loss",
    [SV_CRITERION_CONCORDANCE] = "concordance",
};

const char *sv_criterion_name(sv_criterion c) { return NAMES[c]; }
bool sv_criterion_least_is_best(sv_criterion c) { return c == SV_CRITERION_LOG_LOSS; }
bool sv_criterion_survival(sv_criterion c) { return c == SV_CRITERION_CONCORDANCE; }

bool sv_criterion_by_name(sv_criterion *out, const char *name)
{
    for (int c = 0; c < SV_CRITERIA; c++) {
        if (strcmp(NAMES[c], name) != 0) { continue; }
        *out = (sv_criterion)c;
        return true;
    }
    return false;
}

static int log_loss(double *out, const sv_fitted *f, const sv_matrix *x, const int *label, sv_error *err)
{
    const int *of;
    size_t classes = sv_fitted_labels(&of, f);
    double *share = SV_NEW(double, x->rows * (classes > 0 ? classes : 1)), sum = 0;
    int rc = share != NULL ? sv_fitted_shares(share, f, x, err) : sv_no_memory(err, "probabilities");
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        double p = 0;
        for (size_t c = 0; c < classes; c++) { p = of[c] == label[i] ? share[i * classes + c] : p; }
        sum -= log(fmax(p, 1e-15));
    }
    free(share);
    if (rc == SV_OK) { *out = sum / (double)x->rows; }
    return rc;
}

static int by_score(double *out, sv_criterion c, const sv_fitted *f, const double *score, size_t n, const sv_outcome *y,
                    sv_error *err)
{
    if (c == SV_CRITERION_CONCORDANCE) {
        sv_concordance h;
        int rc = sv_concordance_harrell(&h, score, y->surv, err);
        *out = h.c;
        return rc;
    }
    size_t right = 0, ones = 0;
    for (size_t i = 0; i < n; i++) {
        right += (score[i] > sv_fitted_cut(f)) == (y->label[i] == 1);
        ones += y->label[i] == 1;
    }
    *out = (double)right / (double)n;
    if (c == SV_CRITERION_ACCURACY) { return SV_OK; }
    *out = SV_NAN;
    if (ones == 0 || ones == n) { return SV_OK; }
    double *rank = SV_NEW(double, n), sum = 0, m1 = (double)ones, m0 = (double)(n - ones);
    sv_ties ties;
    int rc = rank != NULL ? sv_mean_ranks(rank, &ties, score, n, err) : sv_no_memory(err, "ranks");
    for (size_t i = 0; rc == SV_OK && i < n; i++) { sum += y->label[i] == 1 ? rank[i] : 0; }
    if (rc == SV_OK) { *out = (sum - m1 * (m1 + 1) / 2) / (m1 * m0); }      /* Mann & Whitney */
    free(rank);
    return rc;
}

int sv_criterion_value(double *out, sv_criterion c, const sv_fitted *f, const sv_matrix *x, const sv_outcome *y,
                       sv_error *err)
{
    const int *label;
    bool survival = sv_fitted_labels(&label, f) == 0;
    *out = SV_NAN;
    if ((int)c < 0 || c >= SV_CRITERIA || sv_criterion_survival(c) != survival) {
        return sv_fail(err, SV_EINVAL, "criterion %d does not suit a model of %s", (int)c, survival ? "follow-up" : "labels");
    }
    if (survival ? y->surv == NULL || y->surv->n != x->rows : y->label == NULL) {
        return sv_fail(err, SV_EINVAL, "%s needs %s of the %zu rows", NAMES[c], survival ? "the follow-up" : "labels", x->rows);
    }
    if (x->rows == 0) { return SV_OK; }
    if (c == SV_CRITERION_LOG_LOSS) { return log_loss(out, f, x, y->label, err); }
    double *score = SV_NEW(double, x->rows);
    int rc = score != NULL ? sv_fitted_score(score, f, x, err) : sv_no_memory(err, "scores");
    if (rc == SV_OK) { rc = by_score(out, c, f, score, x->rows, y, err); }
    free(score);
    return rc;
}
