/* auc.c - AUC(t) as a ratio of weighted pair counts, and its influence function.
 *
 * With w_i the weight of case i, b_j = 1 of control j, h the credit of a pair,
 * AUC = N / D, N = sum w_i b_j h_ij, D = W B = sum w_i sum b_j, and row k's influence is
 *   n/D [ w_k (sum_j b_j h_kj - AUC B) + b_k (sum_i w_i h_ik - AUC W) + censoring_k ].
 * The last part is what k tells about G: with A_i = w_i (sum_j b_j h_ij - AUC B) and
 * R(s) = sum of A_i over cases that end after s,
 *   censoring_k = R(T_k)/Y(T_k) [k censored] - sum over s <= T_k of R(s) c(s)/Y(s)^2,
 * c(s) the number censored at s and Y(s) the number that was at risk of it. */
#include <survival/auc.h>

#include <math.h>
#include <string.h>

#include <survival/dist.h>

#include "mem.h"
#include "num.h"
#include "sort.h"
#include "times.h"

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

/* Adds the censoring part to influence[]. */
static int add_censoring(double *influence, const pairs *q, const sv_surv *s, sv_error *err)
{
    sv_times t;
    int rc = sv_times_rank(&t, s, err);
    if (rc != SV_OK) { return rc; }
    double *rest = SV_NEW(double, s->n + 1);       /* [k]: sum of A over order[k..] */
    if (rest == NULL) {
        sv_times_free(&t);
        return sv_no_memory(err, "the censoring part");
    }
    for (size_t k = s->n; k-- > 0;) {
        size_t i = t.order[k];
        rest[k] = rest[k + 1] + (q->weight[i] > 0 ? q->weight[i] * (q->credit[i] - q->auc * q->sum_b) : 0);
    }
    double sum = 0;
    for (size_t at = 0; at < s->n;) {
        size_t rank = t.stop[t.order[at]], end = at, dead = 0;
        for (; end < s->n && t.stop[t.order[end]] == rank; end++) { dead += (size_t)s->event[t.order[end]]; }
        double censored = (double)(end - at - dead), at_risk = (double)(s->n - at - dead);
        double before = sum, r = rest[end];
        if (censored > 0) { sum += r * censored / (at_risk * at_risk); }
        for (size_t k = at; k < end; k++) {        /* the dead leave before the censorings */
            size_t i = t.order[k];
            influence[i] += s->event[i] ? -before : r / at_risk - sum;
        }
        at = end;
    }
    free(rest);
    sv_times_free(&t);
    return SV_OK;
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

/* Rows' influence on AUC(t), of mean 0; all 0 without a case or a control. */
static int influence_of(double *influence, sv_auc *out, double t, const double *marker, const sv_surv *s,
                        sv_error *err)
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
    if (rc == SV_OK && isfinite(q.auc)) {
        for (size_t i = 0; i < s->n; i++) {
            if (q.weight[i] > 0) { influence[i] = q.weight[i] * (q.credit[i] - q.auc * q.sum_b); }
            if (q.control[i]) { influence[i] = q.credit[i] - q.auc * q.sum_w; }
        }
        rc = add_censoring(influence, &q, s, err);
        for (size_t i = 0; i < s->n; i++) { influence[i] *= (double)s->n / (q.sum_w * q.sum_b); }
    }
    pairs_free(&q);
    return rc;
}

/* Of a mean of n terms. */
static double standard_error(const double *v, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) { mean += v[i] / (double)n; }
    for (size_t i = 0; i < n; i++) { squares += (v[i] - mean) * (v[i] - mean); }
    return n > 1 ? sqrt(squares / ((double)n - 1) / (double)n) : SV_NAN;
}

int sv_auc_at(sv_auc *out, double t, const double *marker, const sv_surv *s, sv_error *err)
{
    *out = (sv_auc){ .auc = SV_NAN, .se = SV_NAN };
    double *v = SV_NEW(double, s->n);
    if (v == NULL) { return sv_no_memory(err, "the influence function"); }
    int rc = influence_of(v, out, t, marker, s, err);
    if (rc == SV_OK && isfinite(out->auc)) { out->se = standard_error(v, s->n); }
    free(v);
    return rc;
}

int sv_auc_compare(sv_auc_difference *out, double t, const double *a, const double *b, const sv_surv *s,
                   sv_error *err)
{
    *out = (sv_auc_difference){ SV_NAN, SV_NAN, SV_NAN, SV_NAN };
    double *v = SV_NEW(double, s->n), *w = SV_NEW(double, s->n);
    sv_auc of_a, of_b;
    int rc = v == NULL || w == NULL ? sv_no_memory(err, "the influence functions") : SV_OK;
    if (rc == SV_OK) { rc = influence_of(v, &of_a, t, a, s, err); }
    if (rc == SV_OK) { rc = influence_of(w, &of_b, t, b, s, err); }
    if (rc == SV_OK && isfinite(of_a.auc)) {
        for (size_t i = 0; i < s->n; i++) { v[i] -= w[i]; }
        out->difference = of_a.auc - of_b.auc;
        out->se = standard_error(v, s->n);
        out->z = out->se > 0 ? out->difference / out->se : SV_NAN;
        out->p = sv_normal_two_sided(out->z);
    }
    free(v);
    free(w);
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
