/* competing.c - cumulative incidence of one cause among others. */
#include <survival/competing.h>

#include <math.h>

#include <survival/dist.h>

#include "competing_work.h"
#include "mem.h"
#include "num.h"
#include "sort.h"

int sv_competing_check(const sv_competing *c, size_t min_rows, sv_error *err)
{
    if (c->time == NULL || c->cause == NULL) {
        return sv_fail(err, SV_EINVAL, "%s missing", c->time == NULL ? "time" : "cause");
    }
    if (c->n < min_rows) {
        return sv_fail(err, SV_ETOOSMALL, "%zu rows, at least %zu are needed", c->n, min_rows);
    }
    if (c->n > SV_MAX_ROWS) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, at most %zu are accepted", c->n, SV_MAX_ROWS);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (!(isfinite(c->time[i]) && c->time[i] >= 0)) {
            return sv_fail(err, SV_EDATA, "time of row %zu is %g, expected a finite number of at least 0", i,
                           c->time[i]);
        }
        if (c->cause[i] < 0 || c->cause[i] > SV_MAX_CAUSE) {
            return sv_fail(err, SV_EDATA, "cause of row %zu is %d, expected 0 (censored) to %d", i, c->cause[i],
                           SV_MAX_CAUSE);
        }
    }
    return SV_OK;
}

int sv_competing_check_cause(int cause, sv_error *err)
{
    if (cause >= 1 && cause <= SV_MAX_CAUSE) { return SV_OK; }
    return sv_fail(err, SV_EINVAL, "cause is %d, expected 1 to %d", cause, SV_MAX_CAUSE);
}

static int rank_exactly(sv_times *out, const sv_competing *c, sv_error *err)
{
    *out = (sv_times){ .n = c->n };
    out->value = SV_NEW(double, c->n);
    out->stop = SV_NEW(uint32_t, c->n);
    out->order = SV_NEW(uint32_t, c->n);
    int rc = out->value == NULL || out->stop == NULL || out->order == NULL
                 ? sv_no_memory(err, "times") : sv_dense_rank(out->stop, &out->n_distinct, c->time, c->n, err);
    if (rc == SV_OK) { rc = sv_sort_rows(out->order, c->time, c->n, err); }
    if (rc != SV_OK) {
        sv_times_free(out);
        return rc;
    }
    for (size_t i = 0; i < c->n; i++) { out->value[out->stop[i]] = c->time[i]; }
    return SV_OK;
}

int sv_competing_rank(sv_times *out, const sv_competing *c, sv_error *err)
{
    const sv_surv s = { .n = c->n, .time = c->time, .event = c->cause };
    return c->exact_times ? rank_exactly(out, c, err) : sv_times_rank(out, &s, err);
}

/* Sums from which the variance of F(t) follows for every later t: with u = F(s) / S(s) and 1 / S(s)
 * at each event time s, var F(t) = v1 + F(t)^2 v3 - 2 F(t) v2. */
typedef struct spread {
    double v1, v2, v3;
} spread;

/* d events of one kind among n at risk; before: S(s-); of_cause: they are of the cause itself. */
static void add_events(spread *v, double d, double n, double before, double after, double incidence, bool of_cause)
{
    double alone = of_cause ? 1 : 0;
    if (d <= 0 || (after <= 0 && !of_cause)) { return; }
    double ties = d > 1 ? 1 - (d - 1) / (n - 1) : 1;
    double w = before * before * ties * d / (n * n);
    double inverse = after > 0 ? 1 / after : 0, u = alone + inverse * incidence;
    v->v1 += u * u * w;
    v->v2 += inverse * u * w;
    v->v3 += inverse * inverse * w;
}

static int allocate(sv_cuminc *out, size_t n, sv_error *err)
{
    *out = (sv_cuminc){ .n = n };
    out->time = SV_NEW(double, n);
    out->n_risk = SV_NEW(double, n);
    out->n_cause = SV_NEW(double, n);
    out->n_other = SV_NEW(double, n);
    out->incidence = SV_NEW(double, n);
    out->variance = SV_NEW(double, n);
    if (out->time == NULL || out->n_risk == NULL || out->n_cause == NULL || out->n_other == NULL ||
        out->incidence == NULL || out->variance == NULL) {
        return sv_no_memory(err, "the cumulative incidence");
    }
    return SV_OK;
}

static void follow(sv_cuminc *out, double left)
{
    spread v = { 0, 0, 0 };
    double surv = 1, incidence = 0;
    for (size_t k = 0; k < out->n; k++) {
        double d = out->n_cause[k], other = out->n_other[k], gone = out->n_risk[k];
        double after = surv * (left - d - other) / left;
        incidence += surv * d / left;
        add_events(&v, other, left, surv, after, incidence, false);
        add_events(&v, d, left, surv, after, incidence, true);
        out->n_risk[k] = left;
        out->incidence[k] = incidence;
        out->variance[k] = fmax(0, v.v1 + incidence * incidence * v.v3 - 2 * incidence * v.v2);
        surv = after;
        left -= gone;
    }
}

int sv_cuminc_fit(sv_cuminc *out, const sv_competing *c, const bool *keep, int cause, sv_error *err)
{
    int rc = sv_competing_check(c, 1, err);
    if (rc == SV_OK) { rc = sv_competing_check_cause(cause, err); }
    if (rc != SV_OK) { return rc; }
    sv_times t = { 0 };
    sv_cuminc f = { 0 };
    rc = sv_competing_rank(&t, c, err);
    if (rc == SV_OK) { rc = allocate(&f, t.n_distinct, err); }
    size_t rows = 0, m = 0;
    for (size_t i = 0; rc == SV_OK && i < c->n; i++) {
        size_t row = t.order[i];
        if (keep != NULL && !keep[row]) { continue; }
        double at = t.value[t.stop[row]];
        if (rows++ == 0 || f.time[m - 1] < at) { f.time[m++] = at; }
        f.n_risk[m - 1]++;              /* for now: those whose follow-up ends here */
        f.n_cause[m - 1] += c->cause[row] == cause;
        f.n_other[m - 1] += c->cause[row] != cause && c->cause[row] != 0;
    }
    if (rc == SV_OK && rows == 0) { rc = sv_fail(err, SV_ETOOSMALL, "no row kept of %zu", c->n); }
    sv_times_free(&t);
    if (rc != SV_OK) {
        sv_cuminc_free(&f);
        return rc;
    }
    f.n = m;
    follow(&f, (double)rows);
    *out = f;
    return SV_OK;
}

void sv_cuminc_free(sv_cuminc *c)
{
    if (c == NULL) { return; }
    free(c->time);
    free(c->n_risk);
    free(c->n_cause);
    free(c->n_other);
    free(c->incidence);
    free(c->variance);
    *c = (sv_cuminc){ 0 };
}

sv_cuminc_estimate sv_cuminc_at(const sv_cuminc *c, double t, double level)
{
    sv_cuminc_estimate e = { SV_NAN, SV_NAN, SV_NAN, SV_NAN };
    if (isnan(t) || c->n == 0 || t > c->time[c->n - 1]) { return e; }
    size_t lo = 0, hi = c->n;           /* the number of times <= t */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->time[mid] <= t) { lo = mid + 1; } else { hi = mid; }
    }
    e.value = lo > 0 ? c->incidence[lo - 1] : 0;
    e.variance = lo > 0 ? c->variance[lo - 1] : 0;
    if (e.value > 0 && e.value < 1) {
        double z = sv_normal_quantile(0.5 + level / 2);
        double width = z * sqrt(e.variance) / (e.value * log(e.value));
        e.lower = pow(e.value, exp(-width));
        e.upper = pow(e.value, exp(width));
    }
    return e;
}
