/* simulate_follow.c - baseline hazard and censoring that give a cohort its events and follow-up. */
#include "simulate_work.h"

#include <math.h>

#include <survival/quantile.h>

#include "mem.h"

#define PATIENTS 8192u
#define SHAPE_LEAST 0.5
#define SHAPE_MOST 12.0

/* Deaths in units of the scale that is looked for, and exponential numbers for the censoring. */
typedef struct draws {
    double *death, *raw, *censoring, *time;
} draws;

static void free_draws(draws *d)
{
    free(d->death);
    free(d->raw);
    free(d->censoring);
    free(d->time);
}

static int draw(draws *d, const sv_sim *sim, const sv_sim_spec *spec, sv_error *err)
{
    double *core = SV_NEW(double, sim->blocks);
    *d = (draws){ SV_NEW(double, PATIENTS), SV_NEW(double, PATIENTS), SV_NEW(double, PATIENTS), SV_NEW(double, PATIENTS) };
    if (core == NULL || d->death == NULL || d->raw == NULL || d->censoring == NULL || d->time == NULL) {
        free(core);
        free_draws(d);
        return sv_no_memory(err, "calibrating the follow-up");
    }
    for (size_t i = 0; i < PATIENTS; i++) {
        sv_rng r = sv_rng_stream(sim->opts.seed, (uint64_t)2 << 32 | i);
        sv_sim_patient who;
        sv_sim_patient_draw(&who, NULL, NULL, core, sim, spec, &r);
        d->death[i] = pow(who.death * exp(-who.lp), 1 / sim->opts.shape);
        d->raw[i] = who.censoring;
    }
    free(core);
    return SV_OK;
}

static double event_share(const draws *d, double ratio)
{
    size_t events = 0;
    for (size_t i = 0; i < PATIENTS; i++) { events += d->death[i] <= ratio * d->censoring[i]; }
    return (double)events / PATIENTS;
}

/* For this shape of the censoring: the scale of the censoring over that of the deaths that gives the share of events,
 * then the unit of time that gives the mean. Returns the standard deviation of the times. */
static double fit(sv_sim_follow *out, draws *d, const sv_sim_spec *spec, double shape)
{
    for (size_t i = 0; i < PATIENTS; i++) { d->censoring[i] = pow(d->raw[i], 1 / shape); }
    double low = -60, high = 60;                  /* logarithms of the ratio */
    for (int step = 0; step < 60; step++) {
        double middle = (low + high) / 2;
        *(event_share(d, exp(middle)) < spec->event_share ? &low : &high) = middle;
    }
    double ratio = exp(high);
    for (size_t i = 0; i < PATIENTS; i++) { d->time[i] = fmin(d->death[i], ratio * d->censoring[i]); }
    double unit = spec->follow_up_mean / sv_mean(d->time, PATIENTS);
    *out = (sv_sim_follow){ unit, shape, unit * ratio };
    return unit * sv_sd(d->time, PATIENTS);
}

int sv_sim_calibrate(sv_sim_follow *out, const sv_sim *sim, const sv_sim_spec *spec, sv_error *err)
{
    draws d;
    sv_sim_follow found;
    int rc = sv_sim_spec_check(sim, spec, err);
    if (rc == SV_OK) { rc = draw(&d, sim, spec, err); }
    if (rc != SV_OK) { return rc; }
    /* The longer the shape, the narrower the times. */
    double low = SHAPE_LEAST, high = SHAPE_MOST;
    for (int step = 0; step < 30; step++) {
        double middle = sqrt(low * high);
        *(fit(&found, &d, spec, middle) > spec->follow_up_sd ? &low : &high) = middle;
    }
    free_draws(&d);
    *out = found;
    return SV_OK;
}
