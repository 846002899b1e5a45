/* planted_report.c - what the campaign says, and the cohorts that its parts share. */
#include "planted.h"

#include <string.h>

#include <survival/tests.h>

void *room(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return p;
}

static void say(report *r, const char *name, const char *text, bool good)
{
    r->figures++;
    r->wrong += !good;
    printf("%-58s %s%s\n", name, text, good ? "" : "   WRONG");
}

/* P(X <= k), X the number of successes in n of probability p. */
static double binomial_cdf(size_t k, size_t n, double p)
{
    double sum = 0;
    for (size_t i = 0; i <= k && i <= n; i++) {
        double x = (double)i, m = (double)n;
        sum += exp(lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1) + x * log(p) + (m - x) * log1p(-p));
    }
    return sum;
}

void tell_coverage(report *r, const char *name, size_t hits, size_t n)
{
    double share = (double)hits / (double)n;
    double few = binomial_cdf(hits, n, 0.95), many = hits == 0 ? 1 : 1 - binomial_cdf(hits - 1, n, 0.95);
    bool inside = share >= 0.91 && share <= 0.98;
    char text[80];
    snprintf(text, sizeof text, "held by %.1f %% of %zu intervals", 100 * share, n);
    say(r, name, text, inside || fmin(few, many) > 0.005);
}

void tell_even(report *r, const char *name, const double *p, size_t n)
{
    enum { FINE = 100000 };
    double *even = ROOM(double, FINE), below = 0;
    for (size_t k = 0; k < FINE; k++) { even[k] = ((double)k + 0.5) / FINE; }
    for (size_t k = 0; k < n; k++) { below += p[k] < 0.05; }
    sv_test t;
    sv_error err = { 0 };
    MUST(sv_ks(&t, p, n, even, FINE, SV_TEST_APPROXIMATE, &err));
    free(even);
    char text[80];
    snprintf(text, sizeof text, "%.1f %% below 0.05, even with p = %.3f (%zu)", 100 * below / (double)n, t.p, n);
    say(r, name, text, t.p > 0.01);
}

void tell_not_too_small(report *r, const char *name, const double *p, size_t n)
{
    size_t below = 0;
    for (size_t k = 0; k < n; k++) { below += p[k] <= 0.05; }
    char text[80];
    snprintf(text, sizeof text, "%.1f %% up to 0.05 (%zu)", 100 * (double)below / (double)n, n);
    say(r, name, text, below == 0 || 1 - binomial_cdf(below - 1, n, 0.05) > 0.01);
}

void tell_within(report *r, const char *name, double value, double low, double high)
{
    char text[80];
    if (isnan(high)) {
        snprintf(text, sizeof text, "%.4g, demanded at least %.4g", value, low);
    } else if (isnan(low)) {
        snprintf(text, sizeof text, "%.4g, demanded at most %.4g", value, high);
    } else {
        snprintf(text, sizeof text, "%.4g, demanded %.4g to %.4g", value, low, high);
    }
    say(r, name, text, !(value < low) && !(value > high) && !isnan(value));
}

void tell(const char *name, double value) { printf("%-58s %.4g\n", name, value); }

sv_sim population(const report *r, size_t features, size_t block)
{
    sv_sim_opts o = SV_SIM_OPTS_INIT;
    sv_sim sim;
    sv_error err = { 0 };
    o.seed = r->seed;
    o.genes = 0;
    o.features = features;
    o.block = block;
    o.drivers = DRIVERS;
    MUST(sv_sim_make(&sim, &o, &err));
    return sim;
}

void true_columns(double *x, double *log_hr, const sv_sim *sim, const sv_sim_cohort *c)
{
    const sv_sim_opts *o = &sim->opts;
    for (size_t i = 0; i < c->n; i++) {
        double *row = x + i * TRUE_COLUMNS;
        for (size_t d = 0; d < DRIVERS; d++) {
            const sv_sim_feature *f = &sim->feature[d * o->block];
            row[d] = (c->feature[i * o->features + d * o->block] - f->mean) / f->sd;
        }
        for (size_t k = 1; k < SV_SIM_SUBCLONES; k++) { row[DRIVERS + k - 1] = sv_sim_share_z(sim, c, i, k); }
        sv_sim_clinical(row + DRIVERS + 3, c, i);
    }
    if (log_hr == NULL) { return; }
    for (size_t d = 0; d < DRIVERS; d++) { log_hr[d] = sim->feature[d * o->block].log_hr; }
    memcpy(log_hr + DRIVERS, o->share_log_hr + 1, 3 * sizeof *log_hr);
    memcpy(log_hr + DRIVERS + 3, o->clinical_log_hr, sizeof o->clinical_log_hr);
}
