/* A cohort with two kinds of patients, for the tests of recipes: the kind decides three features, four genes and the
 * hazard; the other features are noise. */
#ifndef RECIPE_COHORT_H
#define RECIPE_COHORT_H
#include "check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/rng.h>
#include "pipeline/cohort.h"

enum { RC_GENES = 12, RC_CLINICAL = 2, RC_MAX_FEATURES = 400 };

static char rc_text[RC_MAX_FEATURES][16];
static const char *rc_feature[RC_MAX_FEATURES];
static const char *const rc_clinical[RC_CLINICAL] = {"age", "stage"};
static const char *const rc_gene[RC_GENES] = {"g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "g10", "g11"};

/* Nearly normal, spread 1. */
static double rc_noise(sv_rng *r)
{
    double sum = 0;
    for (int k = 0; k < 12; k++) { sum += sv_rng_uniform(r); }
    return sum - 6;
}

/* effect: of the kind and of the stage on the log hazard; 0: pure noise. */
static pn_cohort rc_cohort(size_t n, size_t p, double effect, uint64_t seed)
{
    sv_rng r = sv_rng_stream(seed, 0);
    pn_cohort c = {.n = n, .patient = calloc(n, sizeof *c.patient), .time_days = calloc(n, sizeof *c.time_days),
                   .event = calloc(n, sizeof *c.event), .centre = calloc(n, sizeof *c.centre),
                   .feature = {rc_feature, p, calloc(n * p, sizeof(double))},
                   .clinical = {rc_clinical, RC_CLINICAL, calloc(n * RC_CLINICAL, sizeof(double))},
                   .expression = {rc_gene, RC_GENES, calloc(n * RC_GENES, sizeof(double))}};
    assert_true(p <= RC_MAX_FEATURES && c.patient && c.time_days && c.event && c.centre && c.feature.v && c.clinical.v &&
                c.expression.v);
    for (size_t j = 0; j < p; j++) {
        snprintf(rc_text[j], sizeof rc_text[j], "f%zu", j);
        rc_feature[j] = rc_text[j];
    }
    for (size_t i = 0; i < n; i++) {
        const double kind = sv_rng_uniform(&r) < 0.4 ? 1 : 0, stage = floor(4 * sv_rng_uniform(&r));
        c.patient[i] = i;
        c.centre[i] = (int)sv_rng_below(&r, 3);
        for (size_t j = 0; j < p; j++) {
            c.feature.v[j * n + i] = rc_noise(&r) + (j < 3 && effect > 0 ? 2.5 * kind : 0) + 0.3 * c.centre[i];
        }
        for (size_t g = 0; g < RC_GENES; g++) {
            const double share = g < 4 ? 0.15 + 0.7 * kind : g < 8 ? 0.85 - 0.7 * kind : 0.5;
            c.expression.v[g * n + i] = 100 * share * exp(0.05 * rc_noise(&r));
        }
        c.clinical.v[i] = 60 + 10 * rc_noise(&r);
        c.clinical.v[n + i] = stage;
        const double died = -log(sv_rng_uniform(&r)) * 900 * exp(-effect * (kind + 0.4 * (stage - 1.5)));
        const double watched = 300 + 2000 * sv_rng_uniform(&r);
        c.time_days[i] = fmin(died, watched);
        c.event[i] = died <= watched;
        c.events += died <= watched;
    }
    return c;
}

#endif
