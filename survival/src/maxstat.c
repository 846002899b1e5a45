/* maxstat.c - maximally selected log-rank statistics. */
#include <survival/maxstat.h>

#include <math.h>

#include <survival/dist.h>

#include "mem.h"
#include "num.h"
#include "sort.h"
#include "times.h"

#define PI 3.14159265358979323846

static int check_plain(const sv_surv *s, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc != SV_OK) { return rc; }
    if (s->weight != NULL || s->stratum != NULL || s->start != NULL) {
        return sv_fail(err, SV_EINVAL, "log-rank scores take no weights, strata or start times");
    }
    return SV_OK;
}

int sv_logrank_scores(double *scores, const sv_surv *s, sv_error *err)
{
    for (size_t i = 0; i < s->n; i++) { scores[i] = SV_NAN; }
    sv_times t = { 0 };
    int rc = check_plain(s, err);
    if (rc == SV_OK) { rc = sv_times_rank(&t, s, err); }
    if (rc != SV_OK) { return rc; }
    double sum = 0;
    for (size_t lo = 0, hi; lo < s->n; lo = hi) {
        double dead = 0;
        for (hi = lo; hi < s->n && t.stop[t.order[hi]] == t.stop[t.order[lo]]; hi++) {
            dead += s->event[t.order[hi]];
        }
        sum += dead / (double)(s->n - hi + 1);
        for (size_t i = lo; i < hi; i++) { scores[t.order[i]] = s->event[t.order[i]] - sum; }
    }
    sv_times_free(&t);
    return SV_OK;
}

double sv_maxstat_p_lausen92(double b, double min_share, double max_share)
{
    if (isnan(b)) { return SV_NAN; }
    if (b < 1) { return 1; }
    double odds = max_share * (1 - min_share) / ((1 - max_share) * min_share);
    return sv_normal_density(b) * (4 / b + (b - 1 / b) * log(odds));
}

double sv_maxstat_p_lausen94(double b, size_t n, const size_t *n_low, size_t n_cuts)
{
    double sum = 0, all = (double)n;
    for (size_t i = 0; i + 1 < n_cuts; i++) {
        double m1 = (double)n_low[i], m2 = (double)n_low[i + 1];
        double tau = sqrt(1 - m1 * (all - m2) / ((all - m1) * m2));
        sum += tau - (b * b / 4 - 1) * tau * tau * tau / 6;
    }
    return sv_normal_two_sided(b) + exp(-b * b / 2) / PI * sum;
}

/* Positions of the sorted x behind which a cut may lie: low groups of least..most rows. */
typedef struct window {
    size_t least, most;
} window;

static bool is_cut(const double *x, const uint32_t *order, size_t n, window w, size_t m)
{
    return m >= w.least && m <= w.most && m < n && x[order[m]] > x[order[m - 1]];
}

static int allocate(sv_maxstat *out, size_t n_cuts, sv_error *err)
{
    *out = (sv_maxstat){ .n_cuts = n_cuts };
    out->cut = SV_NEW(double, n_cuts);
    out->statistic = SV_NEW(double, n_cuts);
    out->n_low = SV_NEW(size_t, n_cuts);
    if (out->cut == NULL || out->statistic == NULL || out->n_low == NULL) {
        return sv_no_memory(err, "the cut-points");
    }
    return SV_OK;
}

static void try_cuts(sv_maxstat *out, const double *x, const double *score, const uint32_t *order,
                     size_t n, window w)
{
    double total = 0, squares = 0, low = 0, all = (double)n;
    for (size_t i = 0; i < n; i++) {
        total += score[i];
        squares += score[i] * score[i];
    }
    double spread = (all * squares - total * total) / (all * all * (all - 1));
    size_t k = 0;
    for (size_t m = 1; m < n; m++) {
        low += score[order[m - 1]];
        if (!is_cut(x, order, n, w, m)) { continue; }
        double size = (double)m, excess = low - size * total / all;
        out->cut[k] = x[order[m - 1]];
        out->n_low[k] = m;
        out->statistic[k] = fabs(excess) / sqrt(size * (all - size) * spread);
        if (k == 0 || out->statistic[k] > out->statistic[out->best]) {
            out->best = k;
            out->high_is_worse = excess < 0;
        }
        k++;
    }
}

static int search(sv_maxstat *out, const double *x, const double *score, const uint32_t *order,
                  size_t n, const sv_maxstat_opts *opts, sv_error *err)
{
    window w = { (size_t)floor((double)n * opts->min_share), (size_t)floor((double)n * opts->max_share) };
    if (w.least < 1) { w.least = 1; }
    size_t n_cuts = 0;
    for (size_t m = 1; m < n; m++) { n_cuts += is_cut(x, order, n, w, m); }
    if (n_cuts == 0) {
        return sv_fail(err, SV_ETOOSMALL, "no cut-point leaves between %zu and %zu of %zu rows at or "
                       "below it", w.least, w.most, n);
    }
    int rc = allocate(out, n_cuts, err);
    if (rc != SV_OK) { return rc; }
    try_cuts(out, x, score, order, n, w);
    double b = out->statistic[out->best];
    if (!isfinite(b)) {
        return sv_fail(err, SV_ETOOSMALL, "all %zu rows have the same log-rank score", n);
    }
    out->p_lausen92 = fmin(1, sv_maxstat_p_lausen92(b, opts->min_share, opts->max_share));
    out->p_lausen94 = fmin(1, sv_maxstat_p_lausen94(b, n, out->n_low, n_cuts));
    return SV_OK;
}

static int check_find(const double *x, const sv_surv *s, const sv_maxstat_opts *opts, sv_error *err)
{
    if (!(opts->min_share > 0 && opts->min_share < opts->max_share && opts->max_share < 1)) {
        return sv_fail(err, SV_EINVAL, "shares are %g and %g, expected 0 < min < max < 1",
                       opts->min_share, opts->max_share);
    }
    int rc = check_plain(s, err);
    if (rc != SV_OK) { return rc; }
    if (sv_surv_events(s) == 0) {
        return sv_fail(err, SV_ENOEVENT, "none of the %zu rows has an event", s->n);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(x[i])) {
            return sv_fail(err, SV_EDATA, "x[%zu] is %g, expected a finite number", i, x[i]);
        }
    }
    return SV_OK;
}

int sv_maxstat_find(sv_maxstat *out, const double *x, const sv_surv *s,
                    const sv_maxstat_opts *opts, sv_error *err)
{
    static const sv_maxstat_opts defaults = SV_MAXSTAT_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    int rc = check_find(x, s, opts, err);
    if (rc != SV_OK) { return rc; }
    sv_maxstat m = { 0 };
    double *score = SV_NEW(double, s->n);
    uint32_t *order = SV_NEW(uint32_t, s->n);
    rc = score == NULL || order == NULL ? sv_no_memory(err, "the cut-points")
                                        : sv_logrank_scores(score, s, err);
    if (rc == SV_OK) { rc = sv_sort_rows(order, x, s->n, err); }
    if (rc == SV_OK) { rc = search(&m, x, score, order, s->n, opts, err); }
    free(score);
    free(order);
    if (rc != SV_OK) {
        sv_maxstat_free(&m);
        return rc;
    }
    *out = m;
    return SV_OK;
}

void sv_maxstat_free(sv_maxstat *m)
{
    if (m == NULL) { return; }
    free(m->cut);
    free(m->statistic);
    free(m->n_low);
    *m = (sv_maxstat){ 0 };
}
