/* planted_curves.c - intervals of curves: Kaplan-Meier, cumulative incidence, Fine-Gray. */
#include "planted.h"

#include <survival/competing.h>
#include <survival/dist.h>
#include <survival/km.h>

enum { N = 150 };

/* Exponential deaths of hazard 1, uniform censoring: S(t) = exp(-t), median log 2, mean until 1: 1 - 1/e. */
static void kaplan_meier(report *r, size_t trials)
{
    static const struct { const char *name; sv_km_ci ci; } kinds[] = {
        { "Kaplan-Meier at 1, logarithm", SV_KM_CI_LOG }, { "... log-log", SV_KM_CI_LOGLOG }, { "... plain", SV_KM_CI_PLAIN } };
    double time[N];
    int event[N];
    size_t held[3] = { 0 }, median = 0, mean = 0;
    sv_error err = { 0 };
    for (size_t k = 0; k < trials; k++) {
        sv_rng rng = sv_rng_stream(81, k);
        for (size_t i = 0; i < N; i++) {
            double death = sv_rng_exponential(&rng), end = 3 * sv_rng_uniform(&rng);
            event[i] = death <= end;
            time[i] = fmin(death, end);
        }
        sv_surv s = { .n = N, .time = time, .event = event };
        for (size_t c = 0; c < 3; c++) {
            sv_km_opts o = SV_KM_OPTS_INIT;
            sv_km km;
            o.ci = kinds[c].ci;
            MUST(sv_km_fit(&km, &s, NULL, &o, &err));
            sv_km_estimate e = sv_km_at(&km, 1);
            held[c] += e.lower <= exp(-1.0) && exp(-1.0) <= e.upper;
            if (c == 1) {
                double m, se;
                e = sv_km_quantile(&km, 0.5);
                median += e.lower <= log(2) && !(e.upper < log(2));
                sv_km_rmean(&m, &se, &km, 1);
                mean += fabs(m - (1 - exp(-1.0))) <= sv_normal_quantile(0.975) * se;
            }
            sv_km_free(&km);
        }
    }
    for (size_t c = 0; c < 3; c++) { tell_coverage(r, kinds[c].name, held[c], trials); }
    tell_coverage(r, "median survival, log-log", median, trials);
    tell_coverage(r, "restricted mean survival", mean, trials);
}

/* Cause 1 has the subdistribution F(t | x) = 1 - (1 - q (1 - e^-t))^exp(b'x), as in Fine and Gray 1999; who has not
 * cause 1 ever has cause 2. */
static void draw_competing(double *time, int *cause, double *x, const double b[2], double q, sv_rng *rng)
{
    for (size_t i = 0; i < N; i++) {
        x[2 * i] = sv_rng_uniform(rng) < 0.5;
        x[2 * i + 1] = sv_rng_normal(rng);
        double hr = exp(b[0] * x[2 * i] + b[1] * x[2 * i + 1]), ever = 1 - pow(1 - q, hr), u = sv_rng_uniform(rng);
        bool first = u < ever;
        double t = first ? -log(1 - (1 - pow(1 - u, 1 / hr)) / q) : sv_rng_exponential(rng) * exp(-0.5 * x[2 * i]);
        double end = 0.3 + 3 * sv_rng_uniform(rng);
        cause[i] = t > end ? 0 : first ? 1 : 2;
        time[i] = fmin(t, end);
    }
}

static void competing(report *r, size_t trials)
{
    static const double b[2] = { 0.6, -0.4 }, none[2] = { 0, 0 };
    double time[N], x[2 * N];
    int cause[N];
    size_t incidence[2] = { 0 }, coefficient = 0;
    double off = 0;
    sv_error err = { 0 };
    sv_competing c = { .n = N, .time = time, .cause = cause };
    sv_matrix m = sv_matrix_rowmajor(x, N, 2);
    for (size_t k = 0; k < trials; k++) {
        sv_rng rng = sv_rng_stream(82, k);
        sv_cuminc f;
        sv_finegray g;
        draw_competing(time, cause, x, none, 0.4, &rng);
        MUST(sv_cuminc_fit(&f, &c, NULL, 1, &err));
        for (size_t q = 0; q < 2; q++) {
            double t = q == 0 ? 0.3 : 1, want = 0.4 * (1 - exp(-t));
            sv_cuminc_estimate e = sv_cuminc_at(&f, t, 0.95);
            incidence[q] += e.lower <= want && want <= e.upper;
        }
        sv_cuminc_free(&f);
        draw_competing(time, cause, x, b, 0.4, &rng);
        MUST(sv_finegray_fit(&g, &m, &c, 1, NULL, &err));
        for (size_t j = 0; j < 2; j++) {
            coefficient += fabs(g.coef[j] - b[j]) <= sv_normal_quantile(0.975) * g.se[j];
            off += (g.coef[j] - b[j]) * (b[j] > 0 ? 1 : -1) / (2 * (double)trials);
        }
        sv_finegray_free(&g);
    }
    tell_coverage(r, "cumulative incidence of 0.10", incidence[0], trials);
    tell_coverage(r, "cumulative incidence of 0.25", incidence[1], trials);
    tell_coverage(r, "Fine-Gray: log subdistribution hazard ratios", coefficient, 2 * trials);
    tell_within(r, "... mean of estimate less truth, away from 0", off, -0.05, 0.05);
}

void planted_curves(report *r)
{
    kaplan_meier(r, 20 * r->cohorts);
    competing(r, 20 * r->cohorts);
}
