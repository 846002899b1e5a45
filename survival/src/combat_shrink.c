/* combat_shrink.c - empirical Bayes estimates of one batch's effects. */
#include "combat.h"

#include <math.h>
#include <survival/quantile.h>

#include "mem.h"
#include "num.h"

/* The features that take part, side by side. */
typedef struct effects {
    size_t m, n;
    double *mean, *variance;      /* [m] as they are in the batch                                 */
    double *squares;              /* [m] sum of squared distances from mean                       */
    double *gamma, *delta;        /* [m] shrunk                                                   */
} effects;

static void measure(effects *e, const double *z, size_t n, size_t p, const unsigned char *use, bool mean_only)
{
    double N = (double)n;
    e->n = n;
    for (size_t j = 0; j < p; j++) {
        if (!use[j]) { continue; }
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) { sum += z[i * p + j]; }
        for (size_t i = 0; i < n; i++) {
            double d = z[i * p + j] - sum / N;
            squares += d * d;
        }
        e->mean[e->m] = sum / N;
        e->squares[e->m] = squares;
        e->variance[e->m] = mean_only ? 1 : squares / (N - 1);
        e->gamma[e->m] = e->mean[e->m];
        e->delta[e->m] = e->variance[e->m];
        e->m++;
    }
}

/* Normal prior of the means, inverse gamma prior of the variances (by their moments). */
typedef struct priors { double mean, variance, a, b; bool fixed_delta; } priors;

static priors priors_of(const effects *e, bool mean_only)
{
    double sd = sv_sd(e->mean, e->m), m = sv_mean(e->variance, e->m), s = sv_sd(e->variance, e->m), s2 = s * s;
    priors r = { .mean = sv_mean(e->mean, e->m), .variance = sd * sd, .fixed_delta = mean_only || !(s2 > 0) };
    if (!r.fixed_delta) {
        r.a = (2 * s2 + m * m) / s2;
        r.b = (m * s2 + m * m * m) / s2;
    }
    return r;
}

static double posterior_mean(const priors *r, double mean, double n, double delta)
{
    double weight = r->variance * n;
    return weight + delta > 0 ? (weight * mean + delta * r->mean) / (weight + delta) : r->mean;
}

/* In turns, over all features at once, until none moves: sva's rule, whose change is relative to the
 * signed old value, so a falling negative mean never holds it up. */
static int iterate(effects *e, const priors *r, const sv_combat_opts *o, sv_error *err)
{
    double n = (double)e->n;
    for (size_t round = 0; round < o->max_iterations; round++) {
        double change = 0;
        for (size_t j = 0; j < e->m; j++) {
            double g = posterior_mean(r, e->mean[j], n, e->delta[j]), d = e->delta[j], off = e->mean[j] - g;
            if (!r->fixed_delta) { d = (0.5 * (e->squares[j] + n * off * off) + r->b) / (n / 2 + r->a - 1); }
            double dg = fabs(g - e->gamma[j]) / e->gamma[j], dd = fabs(d - e->delta[j]) / e->delta[j];
            if (isfinite(dg)) { change = fmax(change, dg); }
            change = fmax(change, dd);
            e->gamma[j] = g;
            e->delta[j] = d;
        }
        if (change <= o->tolerance) { return SV_OK; }
    }
    return sv_fail(err, SV_ENUMERIC, "batch effects still change by more than %g after %zu rounds", o->tolerance,
                   o->max_iterations);
}

/* The other features' effects, weighted by how well they explain this feature's values. */
static void from_others(double *gamma, double *delta, const effects *e, size_t j, double *logw)
{
    const double log_2pi = 1.83787706640934548356;
    double n = (double)e->n, top = -SV_INF, all = 0, g = 0, d = 0;
    for (size_t k = 0; k < e->m; k++) {
        double off = e->mean[j] - e->mean[k], squares = e->squares[j] + n * off * off;
        logw[k] = -n / 2 * (log_2pi + log(e->variance[k])) - squares / (2 * e->variance[k]);
        if (k != j) { top = fmax(top, logw[k]); }
    }
    for (size_t k = 0; k < e->m; k++) {
        if (k == j) { continue; }
        double w = exp(logw[k] - top);
        all += w;
        g += w * e->mean[k];
        d += w * e->variance[k];
    }
    *gamma = g / all;
    *delta = d / all;
}

static int shrink(effects *e, const sv_combat_opts *o, sv_error *err)
{
    if (e->m < 2) { return SV_OK; }
    if (o->nonparametric) {
        double *logw = SV_NEW(double, e->m);
        if (logw == NULL) { return sv_no_memory(err, "batch effects"); }
        for (size_t j = 0; j < e->m; j++) { from_others(e->gamma + j, e->delta + j, e, j, logw); }
        free(logw);
        return SV_OK;
    }
    priors r = priors_of(e, o->mean_only);
    if (o->mean_only) {                    /* as from one row of variance 1 */
        for (size_t j = 0; j < e->m; j++) { e->gamma[j] = posterior_mean(&r, e->mean[j], 1, 1); }
        return SV_OK;
    }
    return iterate(e, &r, o, err);
}

int sv_combat_shrink(double *gamma, double *delta, const double *z, size_t n, size_t p, const unsigned char *use,
                     const sv_combat_opts *o, sv_error *err)
{
    double *work = p > SIZE_MAX / 5 ? NULL : SV_NEW(double, 5 * p);
    if (work == NULL) { return sv_no_memory(err, "batch effects"); }
    effects e = { .mean = work, .variance = work + p, .squares = work + 2 * p, .gamma = work + 3 * p,
                  .delta = work + 4 * p };
    measure(&e, z, n, p, use, o->mean_only);
    int rc = shrink(&e, o, err);
    for (size_t j = 0, at = 0; rc == SV_OK && j < p; j++) {
        gamma[j] = use[j] ? e.gamma[at] : 0;
        delta[j] = use[j] ? e.delta[at] : 1;
        at += use[j];
        if (!isfinite(gamma[j]) || !(delta[j] > 0 && isfinite(delta[j]))) {
            rc = sv_fail(err, SV_ENUMERIC, "feature %zu has no finite batch effect", j);
        }
    }
    free(work);
    return rc;
}
