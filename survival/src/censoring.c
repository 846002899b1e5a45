/* censoring.c - the reverse Kaplan-Meier estimate. */
#include <survival/censoring.h>

#include <math.h>

#include "mem.h"
#include "num.h"
#include "times.h"

void sv_censoring_free(sv_censoring *c)
{
    if (c == NULL) { return; }
    free(c->time);
    free(c->surv);
    free(c->before);
    free(c->at);
    *c = (sv_censoring){ 0 };
}

static int check(const sv_surv *s, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc != SV_OK) { return rc; }
    if (s->start != NULL || s->weight != NULL || s->stratum != NULL) {
        return sv_fail(err, SV_EINVAL, "the censoring distribution is defined here for data without "
                       "start times, weights and strata");
    }
    return SV_OK;
}

static void fill(sv_censoring *c, const sv_surv *s, const sv_times *t)
{
    size_t left = s->n;
    double g = 1;
    for (size_t at = 0; at < s->n;) {
        size_t rank = t->stop[t->order[at]], end = at, dead = 0;
        for (; end < s->n && t->stop[t->order[end]] == rank; end++) { dead += (size_t)s->event[t->order[end]]; }
        size_t censored = end - at - dead, at_risk = left - dead;
        double before = g;
        if (censored > 0) { g *= 1 - (double)censored / (double)at_risk; }
        for (size_t k = at; k < end; k++) {
            c->before[t->order[k]] = before;
            c->at[t->order[k]] = g;
        }
        c->time[c->n] = t->value[rank];
        c->surv[c->n++] = g;
        left -= end - at;
        at = end;
    }
}

int sv_censoring_fit(sv_censoring *out, const sv_surv *s, sv_error *err)
{
    sv_times t;
    int rc = check(s, err);
    if (rc == SV_OK) { rc = sv_times_rank(&t, s, err); }
    if (rc != SV_OK) { return rc; }
    sv_censoring c = { .rows = s->n, .time = SV_NEW(double, t.n_distinct),
                       .surv = SV_NEW(double, t.n_distinct), .before = SV_NEW(double, s->n),
                       .at = SV_NEW(double, s->n) };
    if (c.time == NULL || c.surv == NULL || c.before == NULL || c.at == NULL) {
        rc = sv_no_memory(err, "the censoring distribution");
        sv_censoring_free(&c);
    } else {
        fill(&c, s, &t);
        *out = c;
    }
    sv_times_free(&t);
    return rc;
}

/* Number of times < t, or <= t. */
static size_t count(const sv_censoring *c, double t, bool including)
{
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (including ? c->time[mid] <= t : c->time[mid] < t) { lo = mid + 1; } else { hi = mid; }
    }
    return lo;
}

double sv_censoring_at(const sv_censoring *c, double t)
{
    size_t k = count(c, t, true);
    return k > 0 ? c->surv[k - 1] : 1;
}

double sv_censoring_before(const sv_censoring *c, double t)
{
    size_t k = count(c, t, false);
    return k > 0 ? c->surv[k - 1] : 1;
}

double sv_censoring_end(const sv_censoring *c)
{
    size_t k = c->n;
    while (k > 0 && !(c->surv[k - 1] > 0)) { k--; }
    return k == c->n ? SV_INF : c->time[k];
}
