/* auc.c - AUC(t) as a ratio of weighted pair counts, and its influence function.
 *
 * With w_i the weight of case i, b_j = 1 of control j, h the credit of a pair,
 * AUC = N / D, N = sum w_i b_j h_ij, D = W B = sum w_i sum b_j, and row k's influence is
 *   n/D [ w_k (sum_j b_j h_kj - AUC B) + b_k (sum_i w_i h_ik - AUC W) + censoring_k ].
 * The last part is what k tells about G (influence.h), through the parts w_i (sum_j b_j h_ij - AUC B) of the
 * cases. */
#include <survival/auc.h>

#include <math.h>
#include <string.h>

#include "influence.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

typedef struct pairs {
    size_t n;
    double *weight;            /* [n] of a case, else 0                                      */
    bool *control;             /* [n]                                                        */
    double *credit;            /* [n] of a case: controls below it; of a control: weight of the
                                  cases above it; ties half                                  */
    double sum_w, sum_b;
    double auc;
} pairs;

static void pairs_free(pairs *q)
{
    free(q->weight);
    free(q->control);
    free(q->credit);
}

static int pairs_make(pairs *q, sv_auc *out, double t, const sv_surv *s, const sv_censoring *c, sv_error *err)
{
    *q = (pairs){ .n = s->n, .weight = SV_NEW(double, s->n), .control = SV_NEW(bool, s->n),
                  .credit = SV_NEW(double, s->n) };
    if (q->weight == NULL || q->control == NULL || q->credit == NULL) {
        pairs_free(q);
        return sv_no_memory(err, "pairs of cases and controls");
    }
    *out = (sv_auc){ .auc = SV_NAN, .se = SV_NAN };
    for (size_t i = 0; i < s->n; i++) {
        q->control[i] = s->time[i] > t;
        if (q->control[i]) {
            q->sum_b++;
            out->controls++;
        } else if (s->event[i]) {
            q->weight[i] = 1 / c->before[i];
            q->sum_w += q->weight[i];
            out->cases++;
        } else {
            out->censored++;
        }
    }
    return SV_OK;
}

/* Credits, from the lowest marker up. */
static int count(pairs *q, const double *marker, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, q->n);
    if (order == NULL) { return sv_no_memory(err, "ranks"); }
    int rc = sv_sort_rows(order, marker, q->n, err);
    double below_b = 0, below_w = 0, total = 0;
    for (size_t at = 0; rc == SV_OK && at < q->n;) {
        double b = 0, w = 0;
        size_t end = at;
        for (; end < q->n && marker[order[end]] <= marker[order[at]]; end++) {
            b += q->control[order[end]];
            w += q->weight[order[end]];
        }
        for (size_t k = at; k < end; k++) {
            size_t i = order[k];
            if (q->control[i]) { q->credit[i] = q->sum_w - below_w - w / 2; }
            if (q->weight[i] > 0) {
                q->credit[i] = below_b + b / 2;
                total += q->weight[i] * q->credit[i];
            }
        }
        below_b += b;
        below_w += w;
        at = end;
    }
    q->auc = q->sum_w > 0 && q->sum_b > 0 ? total / (q->sum_w * q->sum_b) : SV_NAN;
    free(order);
    return rc;
}

static int check(double t, const double *marker, const sv_surv *s, sv_error *err)
{
    if (!(isfinite(t) && t > 0)) { return sv_fail(err, SV_EINVAL, "time is %g, expected more than 0", t); }
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(marker[i])) {
            return sv_fail(err, SV_EDATA, "marker of row %zu is %g, expected a finite number", i, marker[i]);
        }
    }
    return SV_OK;
}

/* By pairs and by what they tell about G; influence[] is zero. */
static int fill_influence(double *influence, const pairs *q, double t, const sv_surv *s, sv_error *err)
{
    double *part = SV_NEW(double, s->n);
    if (part == NULL) { return sv_no_memory(err, "the influence function"); }
    for (size_t i = 0; i < s->n; i++) {
        if (q->weight[i] > 0) { influence[i] = part[i] = q->weight[i] * (q->credit[i] - q->auc * q->sum_b); }
        if (q->control[i]) { influence[i] = q->credit[i] - q->auc * q->sum_w; }
    }
    int rc = sv_influence_add_censoring(influence, part, t, s, err);
    for (size_t i = 0; i < s->n; i++) { influence[i] *= (double)s->n / (q->sum_w * q->sum_b); }
    free(part);
    return rc;
}

int sv_auc_influence(double *influence, sv_auc *out, double t, const double *marker, const sv_surv *s, sv_error *err)
{
    sv_censoring c;
    pairs q;
    int rc = sv_censoring_fit(&c, s, err);
    if (rc != SV_OK) { return rc; }
    rc = check(t, marker, s, err);
    if (rc == SV_OK) { rc = pairs_make(&q, out, t, s, &c, err); }
    sv_censoring_free(&c);
    if (rc != SV_OK) { return rc; }
    rc = count(&q, marker, err);
    out->auc = q.auc;
    memset(influence, 0, s->n * sizeof *influence);
    if (rc == SV_OK && isfinite(q.auc)) { rc = fill_influence(influence, &q, t, s, err); }
    pairs_free(&q);
    return rc;
}

int sv_auc_at(sv_auc *out, double t, const double *marker, const sv_surv *s, sv_error *err)
{
    *out = (sv_auc){ .auc = SV_NAN, .se = SV_NAN };
    double *v = SV_NEW(double, s->n);
    if (v == NULL) { return sv_no_memory(err, "the influence function"); }
    int rc = sv_auc_influence(v, out, t, marker, s, err);
    if (rc == SV_OK && isfinite(out->auc)) { out->se = sqrt(sv_influence_covariance(v, v, s->n)); }
    free(v);
    return rc;
}

/* From the highest marker down. */
static size_t trace_curve(double *cut, double *sensitivity, double *one_minus_specificity, const pairs *q,
                          const double *marker, const uint32_t *order)
{
    size_t last = 0;
    double w = 0, b = 0;
    cut[0] = SV_INF;
    sensitivity[0] = one_minus_specificity[0] = 0;
    for (size_t k = q->n; k-- > 0;) {
        size_t i = order[k];
        if (last == 0 || marker[i] < cut[last]) { cut[++last] = marker[i]; }
        w += q->weight[i];
        b += q->control[i];
        sensitivity[last] = w / q->sum_w;
        one_minus_specificity[last] = b / q->sum_b;
    }
    return last + 1;
}

int sv_roc_at(double *cut, double *sensitivity, double *one_minus_specificity, size_t *n, double t,
              const double *marker, const sv_surv *s, sv_error *err)
{
    sv_censoring c;
    pairs q;
    sv_auc counts;
    int rc = sv_censoring_fit(&c, s, err);
    if (rc != SV_OK) { return rc; }
    rc = check(t, marker, s, err);
    if (rc == SV_OK) { rc = pairs_make(&q, &counts, t, s, &c, err); }
    sv_censoring_free(&c);
    if (rc != SV_OK) { return rc; }
    uint32_t *order = SV_NEW(uint32_t, s->n);
    if (order == NULL) { rc = sv_no_memory(err, "ranks"); }
    if (rc == SV_OK && (counts.cases == 0 || counts.controls == 0)) {
        rc = sv_fail(err, SV_EDATA, "%zu cases and %zu controls at time %g, expected some of each",
                     counts.cases, counts.controls, t);
    }
    if (rc == SV_OK) { rc = sv_sort_rows(order, marker, s->n, err); }
    if (rc == SV_OK) { *n = trace_curve(cut, sensitivity, one_minus_specificity, &q, marker, order); }
    free(order);
    pairs_free(&q);
    return rc;
}
