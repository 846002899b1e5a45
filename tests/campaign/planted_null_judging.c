/* planted_null_judging.c - p-values of tests that judge predictions, where there is nothing to find: two predictors that
 * are as good as each other, probabilities that are right. */
#include "planted.h"

#include <survival/calibration.h>
#include <survival/compare.h>
#include <survival/logistic.h>
#include <survival/roc.h>

enum { N = 200 };

/* Two markers that see the truth with as much noise. */
static void follow_up(report *r, size_t trials)
{
    enum { AUC, ADJUSTED, HARRELL, UNO, TESTS };
    static const char *const names[TESTS] = { "AUC(t) of two models", "... the largest of three times, adjusted", "C (Harrell) of two models",
                                              "C (Uno) of two models" };
    double *p = ROOM(double, TESTS * trials), time[N], a[N], b[N];
    int event[N];
    sv_error err = { 0 };
    for (size_t k = 0; k < trials; k++) {
        static const double when[3] = { 0.3, 0.6, 1 };
        sv_rng rng = sv_rng_stream(79, k);
        for (size_t i = 0; i < N; i++) {
            double lp = sv_rng_normal(&rng), death = sv_rng_exponential(&rng) * exp(-lp), end = 2 * sv_rng_exponential(&rng);
            a[i] = lp + sv_rng_normal(&rng);
            b[i] = lp + sv_rng_normal(&rng);
            event[i] = death <= end;
            time[i] = fmin(death, end);
        }
        sv_surv s = { .n = N, .time = time, .event = event };
        sv_difference d[3];
        double adjusted[3];
        MUST(sv_compare_auc(d, adjusted, when, 3, a, b, &s, &err));
        p[AUC * trials + k] = d[2].p;
        p[ADJUSTED * trials + k] = fmin(adjusted[0], fmin(adjusted[1], adjusted[2]));
        MUST(sv_compare_harrell(d, a, b, &s, &err));
        p[HARRELL * trials + k] = d[0].p;
        MUST(sv_compare_uno(d, a, b, 1, &s, &err));
        p[UNO * trials + k] = d[0].p;
    }
    for (size_t t = 0; t < TESTS; t++) { tell_even(r, names[t], p + t * trials, trials); }
    free(p);
}

static void yes_or_no(report *r, size_t trials)
{
    enum { DELONG, U, SPIEGELHALTER, HOSMER, TESTS };
    static const char *const names[TESTS] = { "DeLong: two markers", "intercept 0 and slope 1 of right probabilities",
                                              "Spiegelhalter, right probabilities", "Hosmer-Lemeshow, fitted, 400 rows" };
    enum { ROWS = 400 };
    double *p = ROOM(double, TESTS * trials), x[ROWS * 2], a[ROWS], b[ROWS], right[ROWS], fitted[ROWS];
    size_t held = 0;
    int label[ROWS];
    sv_error err = { 0 };
    for (size_t k = 0; k < trials; k++) {
        sv_rng rng = sv_rng_stream(80, k);
        for (size_t i = 0; i < ROWS; i++) {
            x[2 * i] = sv_rng_normal(&rng);
            x[2 * i + 1] = sv_rng_normal(&rng);
            double lp = 0.8 * x[2 * i] + 0.5 * x[2 * i + 1] - 0.4;
            right[i] = 1 / (1 + exp(-lp));
            label[i] = sv_rng_uniform(&rng) < right[i];
            a[i] = lp + sv_rng_normal(&rng);
            b[i] = lp + sv_rng_normal(&rng);
        }
        sv_roc_difference d;
        sv_probability_check c;
        sv_hosmer_lemeshow h;
        sv_logistic f;
        sv_matrix m = sv_matrix_rowmajor(x, ROWS, 2);
        MUST(sv_roc_compare(&d, a, b, label, ROWS, &err));
        p[DELONG * trials + k] = d.p;
        MUST(sv_probability_check_of(&c, right, label, ROWS, &err));
        p[U * trials + k] = c.u_p;
        p[SPIEGELHALTER * trials + k] = c.s_p;
        MUST(sv_logistic_fit(&f, &m, label, NULL, &err));
        MUST(sv_logistic_predict(fitted, &f, &m, &err));
        MUST(sv_hosmer_lemeshow_test(&h, NULL, NULL, NULL, fitted, label, ROWS, 10, &err));
        p[HOSMER * trials + k] = h.p;
        held += fabs(f.coef[1] - 0.8) <= 1.959964 * f.se[1];
        sv_logistic_free(&f);
    }
    for (size_t t = 0; t < TESTS; t++) { tell_even(r, names[t], p + t * trials, trials); }
    tell_coverage(r, "logistic regression: a coefficient", held, trials);
    free(p);
}

void planted_null_judging(report *r)
{
    follow_up(r, 15 * r->cohorts);
    yes_or_no(r, 15 * r->cohorts);
}
