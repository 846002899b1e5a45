/* planted_validation.c - what the bootstrap says of a model, against what new patients say of it. */
#include "planted.h"

#include <survival/bootstrap.h>
#include <survival/calibration.h>
#include <survival/concordance.h>
#include <survival/cox.h>

enum { NEW_PATIENTS = 20000, REPLICATES = 200 };

typedef struct crowd {
    sv_sim_cohort c;
    double *x, *lp;
} crowd;

static crowd draw_crowd(const sv_sim *sim, const sv_sim_spec *like, const sv_sim_follow *follow)
{
    crowd w = { .x = ROOM(double, (size_t)NEW_PATIENTS * TRUE_COLUMNS), .lp = ROOM(double, NEW_PATIENTS) };
    sv_sim_spec spec = *like;
    sv_error err = { 0 };
    spec.n = NEW_PATIENTS;
    spec.number = 900002;
    MUST(sv_sim_draw(&w.c, sim, &spec, follow, &err));
    true_columns(w.x, NULL, sim, &w.c);
    return w;
}

/* Does the bias-corrected interval of C over patients drawn again hold the truth? */
static bool bootstrap_holds(const sv_sim_cohort *c, double want, uint64_t seed)
{
    double *risk = ROOM(double, c->n), *time = ROOM(double, c->n), drawn[REPLICATES], ends[2];
    int *event = ROOM(int, c->n);
    sv_concordance k;
    sv_error err = { 0 };
    sv_surv s = { .n = c->n, .time = c->time, .event = c->event }, again = { .n = c->n, .time = time, .event = event };
    for (size_t b = 0; b < REPLICATES; b++) {
        sv_rng rng = sv_rng_stream(seed, b);
        for (size_t i = 0; i < c->n; i++) {
            size_t at = (size_t)sv_rng_below(&rng, c->n);
            risk[i] = c->lp[at];
            time[i] = c->time[at];
            event[i] = c->event[at];
        }
        MUST(sv_concordance_harrell(&k, risk, &again, &err));
        drawn[b] = k.c;
    }
    MUST(sv_concordance_harrell(&k, c->lp, &s, &err));
    MUST(sv_bootstrap_interval(ends, drawn, REPLICATES, k.c, 0.95, &err));
    free(risk);
    free(time);
    free(event);
    return ends[0] <= want && want <= ends[1];
}

void planted_validation(report *r)
{
    sv_sim sim = population(r, DRIVERS, 1);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_follow follow;
    sv_error err = { 0 };
    sv_cox_opts opts = SV_COX_OPTS_INIT;
    spec.expression = false;
    MUST(sv_sim_calibrate(&follow, &sim, &spec, &err));
    crowd w = draw_crowd(&sim, &spec, &follow);
    sv_surv ws = { .n = NEW_PATIENTS, .time = w.c.time, .event = w.c.event };
    sv_matrix wm = sv_matrix_rowmajor(w.x, NEW_PATIENTS, TRUE_COLUMNS);
    sv_concordance true_c;
    MUST(sv_concordance_harrell(&true_c, w.c.lp, &ws, &err));
    size_t held = 0, slope_near = 0, n = r->cohorts;
    double *x = ROOM(double, spec.n * TRUE_COLUMNS), apparent = 0, corrected = 0, slope = 0, share = 1 / (double)n;
    for (size_t k = 0; k < n; k++) {
        sv_sim_cohort c;
        sv_cox fit;
        sv_validation v;
        sv_validation_opts vo = SV_VALIDATION_OPTS_INIT;
        sv_concordance now;
        sv_calibration_slope cal;
        spec.number = (uint32_t)(1000 + k);
        vo.replicates = 100;
        MUST(sv_sim_draw(&c, &sim, &spec, &follow, &err));
        true_columns(x, NULL, &sim, &c);
        sv_surv s = { .n = c.n, .time = c.time, .event = c.event };
        sv_matrix m = sv_matrix_rowmajor(x, c.n, TRUE_COLUMNS);
        MUST(sv_cox_fit(&fit, &m, &s, &opts, &err));
        MUST(sv_cox_validate(&v, &m, &s, &vo, &err));
        MUST(sv_cox_predict(w.lp, &fit, &wm, &err));
        MUST(sv_concordance_harrell(&now, w.lp, &ws, &err));
        MUST(sv_calibration_slope_of(&cal, w.lp, &ws, &err));
        double dxy = 2 * now.c - 1;
        apparent += share * (v.measure[SV_VALID_DXY].apparent - dxy) / 2;
        corrected += share * (v.measure[SV_VALID_DXY].corrected - dxy) / 2;
        slope += share * (v.measure[SV_VALID_SLOPE].corrected - cal.slope);
        slope_near += fabs(v.measure[SV_VALID_SLOPE].corrected - cal.slope) < 0.3;
        held += bootstrap_holds(&c, true_c.c, 5000 + k);
        sv_validation_free(&v);
        sv_cox_free(&fit);
        sv_sim_cohort_free(&c);
    }
    tell_coverage(r, "C (Harrell) by the bootstrap, 236 patients", held, n);
    tell("C of a fitted model: apparent less that of new patients", apparent);
    /* The standard error of C in one cohort is 0.025. */
    tell_within(r, "C: corrected by the bootstrap less that of new patients", corrected, -0.025 * 3 * sqrt(share),
                0.025 * 3 * sqrt(share));
    tell_within(r, "calibration slope: corrected less that of new patients", slope, -0.1, 0.1);
    tell_within(r, "... share of the cohorts within 0.3", (double)slope_near * share, 0.8, NAN);
    free(x);
    free(w.x);
    free(w.lp);
    sv_sim_cohort_free(&w.c);
    sv_sim_free(&sim);
}
