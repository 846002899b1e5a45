#include "influence.h"

#include "mem.h"
#include "num.h"
#include "times.h"

static void walk(double *influence, const double *rest, const sv_times *t, double until, const sv_surv *s)
{
    double sum = 0;
    for (size_t at = 0; at < s->n;) {
        size_t rank = t->stop[t->order[at]], end = at, dead = 0;
        for (; end < s->n && t->stop[t->order[end]] == rank; end++) { dead += (size_t)s->event[t->order[end]]; }
        double censored = (double)(end - at - dead), at_risk = (double)(s->n - at - dead);
        double before = sum, r = t->value[rank] <= until ? rest[end] : 0;
        if (censored > 0) { sum += r * censored / (at_risk * at_risk); }
        for (size_t k = at; k < end; k++) {        /* the dead leave before the censorings */
            size_t i = t->order[k];
            influence[i] += s->event[i] ? -before : r / at_risk - sum;
        }
        at = end;
    }
}

int sv_influence_add_censoring(double *influence, const double *part, double t, const sv_surv *s, sv_error *err)
{
    sv_times times;
    int rc = sv_times_rank(&times, s, err);
    if (rc != SV_OK) { return rc; }
    double *rest = SV_NEW(double, s->n + 1);       /* [k]: sum of the parts of order[k..] */
    if (rest == NULL) {
        sv_times_free(&times);
        return sv_no_memory(err, "the censoring part");
    }
    for (size_t k = s->n; k-- > 0;) { rest[k] = rest[k + 1] + part[times.order[k]]; }
    walk(influence, rest, &times, t, s);
    free(rest);
    sv_times_free(&times);
    return SV_OK;
}

double sv_influence_covariance(const double *v, const double *w, size_t n)
{
    double mean_v = 0, mean_w = 0, sum = 0, count = (double)n;
    if (n < 2) { return SV_NAN; }
    for (size_t i = 0; i < n; i++) {
        mean_v += v[i] / count;
        mean_w += w[i] / count;
    }
    for (size_t i = 0; i < n; i++) { sum += (v[i] - mean_v) * (w[i] - mean_w); }
    return sum / (count - 1) / count;
}
