/* simulate_cohort.c - patients of a population. */
#include "simulate_work.h"

#include <math.h>
#include <string.h>

#include <survival/dist.h>

#include "mem.h"

/* Streams of a cohort: patients take those from CENTRE_STREAMS on, two each. */
enum { STREAM_CENTRE, STREAM_ARRAY, CENTRE_STREAMS };

#define CEA_LIMIT 5.0           /* ng/ml: abnormal from here on */
#define HIGH_GRADE_OF_REST 0.25 /* of the patients whose tumour is not lowly differentiated */

static int wrong(sv_error *err, const char *what, double v, const char *expected)
{
    return sv_fail(err, SV_EINVAL, "%s is %g, expected %s", what, v, expected);
}

static int check_clinical(const sv_sim_spec *s, sv_error *err)
{
    const char *const range = "0 to 1";
    if (!(s->male >= 0 && s->male <= 1)) { return wrong(err, "male", s->male, range); }
    if (!(s->cea >= 0 && s->cea <= 1)) { return wrong(err, "cea", s->cea, range); }
    if (!(s->low_grade >= 0 && s->low_grade <= 1)) { return wrong(err, "low_grade", s->low_grade, range); }
    double sum = 0;
    for (size_t k = 0; k < 4; k++) {
        if (!(s->stage[k] >= 0)) { return wrong(err, "a stage's share", s->stage[k], range); }
        sum += s->stage[k];
    }
    return fabs(sum - 1) <= 1e-9 ? SV_OK : wrong(err, "the sum of the stages' shares", sum, "1");
}

int sv_sim_spec_check(const sv_sim *sim, const sv_sim_spec *s, sv_error *err)
{
    if (s->n < 1 || s->n > SV_SIM_MAX_PATIENTS) {
        return sv_fail(err, SV_ELIMIT, "%zu patients, expected 1 to %zu", s->n, SV_SIM_MAX_PATIENTS);
    }
    size_t widest = sim->opts.genes > sim->opts.features && s->expression ? sim->opts.genes : sim->opts.features;
    if (widest > SV_SIM_MAX_CELLS / s->n) {
        return sv_fail(err, SV_ELIMIT, "%zu patients with %zu values each, at most %zu values are made", s->n, widest,
                       SV_SIM_MAX_CELLS);
    }
    if (s->expression && sim->opts.genes == 0) { return wrong(err, "genes", 0, "some where expression is asked for"); }
    if (!(s->event_share >= 0.01 && s->event_share <= 0.99)) {
        return wrong(err, "event_share", s->event_share, "0.01 to 0.99");
    }
    if (!(s->follow_up_mean >= 1e-3 && s->follow_up_mean <= 1e6)) {
        return wrong(err, "follow_up_mean", s->follow_up_mean, "0.001 to 1e6 months");
    }
    if (!(s->follow_up_sd > 0 && s->follow_up_sd <= 1e6)) {
        return wrong(err, "follow_up_sd", s->follow_up_sd, "more than 0, at most 1e6 months");
    }
    if (!(s->feature_shift >= 0 && s->feature_shift <= 5)) { return wrong(err, "feature_shift", s->feature_shift, "0 to 5"); }
    if (!(s->gene_shift >= 0 && s->gene_shift <= 3)) { return wrong(err, "gene_shift", s->gene_shift, "0 to 3"); }
    return check_clinical(s, err);
}

static void draw_clinical(sv_sim_patient *p, const sv_sim_spec *s, sv_rng *r)
{
    p->age = 60 + 12 * sv_rng_normal(r);
    if (p->age < 20) { p->age = 20; }
    if (p->age > 95) { p->age = 95; }
    p->male = sv_rng_uniform(r) < s->male;
    double u = sv_rng_uniform(r), sum = 0;
    p->stage = 0;
    for (int k = 0; k < 4; k++) {
        if (s->stage[k] > 0 && (p->stage == 0 || u >= sum)) { p->stage = k + 1; }
        sum += s->stage[k];
    }
    /* Log-normal on both sides of the limit, which the share alone decides. */
    bool high = sv_rng_uniform(r) < s->cea;
    double beyond = fabs(sv_rng_normal(r));
    p->cea = high ? CEA_LIMIT * exp(1.2 * beyond) : CEA_LIMIT * exp(-0.8 * beyond - 1e-3);
    bool low = sv_rng_uniform(r) < s->low_grade;
    p->grade = sv_rng_uniform(r) < HIGH_GRADE_OF_REST ? 3 : 2;
    if (low) { p->grade = 1; }
}

static void draw_shares(double share[SV_SIM_SUBCLONES], const sv_sim_opts *o, sv_rng *r)
{
    double sum = 0;
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) { sum += share[k] = sv_rng_gamma(r, o->share[k] * o->share_weight); }
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) { share[k] = sum > 0 ? share[k] / sum : o->share[k]; }
}

static void clinical_covariates(double out[SV_SIM_COVARIATES], double age, int male, int stage, double cea, int grade)
{
    out[SV_SIM_AGE] = (age - 60) / 12;
    out[SV_SIM_MALE] = male;
    out[SV_SIM_LATE_STAGE] = stage >= 3;
    out[SV_SIM_HIGH_CEA] = cea >= CEA_LIMIT;
    out[SV_SIM_LOW_GRADE] = grade == 1;
}

static double share_z(const sv_sim *sim, const double *share, size_t k)
{
    return (share[k] - sim->share_mean[k]) / sim->share_sd[k];
}

/* One feature, measured twice; adds its effect to the patient's lp. */
static void draw_feature(sv_sim_patient *p, double *z, double *again, const double *core, const sv_sim *sim, size_t j,
                         sv_rng *r)
{
    const sv_sim_feature *f = &sim->feature[j];
    double own = sv_rng_normal(r), first = sv_rng_normal(r), second = sv_rng_normal(r);
    double truth = sqrt(f->icc) * (f->loading * core[f->block] + sqrt(1 - f->loading * f->loading) * own);
    double noise = sqrt(1 - f->icc), measured = truth + noise * first;
    p->lp += f->log_hr * measured;
    if (z != NULL) { z[j] = measured; }
    if (again != NULL) { again[j] = truth + noise * second; }
}

/* The drivers first, and nothing else where nobody looks at it: the patient's hazard is the same. */
static void draw_features(sv_sim_patient *p, double *z, double *again, double *core, const sv_sim *sim, sv_rng *r)
{
    const sv_sim_opts *o = &sim->opts;
    for (size_t b = 0; b < sim->blocks; b++) {
        int link = sim->link[b];
        double e = sv_rng_normal(r), rho = link == 0 ? 0 : o->link;
        double shared = link == 0 ? 0 : share_z(sim, p->share, (size_t)abs(link) - 1) * (link < 0 ? -1 : 1);
        core[b] = rho * shared + sqrt(1 - rho * rho) * e;
    }
    for (size_t b = 0; b < o->drivers; b++) { draw_feature(p, z, again, core, sim, b * o->block, r); }
    for (size_t j = 0; z != NULL && j < o->features; j++) {
        bool driver = j % o->block == 0 && j / o->block < o->drivers;
        if (!driver) { draw_feature(p, z, again, core, sim, j, r); }
    }
}

void sv_sim_patient_draw(sv_sim_patient *p, double *z, double *again, double *core, const sv_sim *sim,
                         const sv_sim_spec *spec, sv_rng *r)
{
    double clinical[SV_SIM_COVARIATES];
    draw_clinical(p, spec, r);
    draw_shares(p->share, &sim->opts, r);
    p->death = sv_rng_exponential(r);
    p->censoring = sv_rng_exponential(r);
    clinical_covariates(clinical, p->age, p->male, p->stage, p->cea, p->grade);
    p->lp = 0;
    for (size_t k = 0; k < SV_SIM_COVARIATES; k++) { p->lp += sim->opts.clinical_log_hr[k] * clinical[k]; }
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) { p->lp += sim->opts.share_log_hr[k] * share_z(sim, p->share, k); }
    draw_features(p, z, again, core, sim, r);
}

void sv_sim_clinical(double out[SV_SIM_COVARIATES], const sv_sim_cohort *c, size_t i)
{
    clinical_covariates(out, c->age[i], c->male[i], c->stage[i], c->cea[i], c->grade[i]);
}

double sv_sim_share_z(const sv_sim *sim, const sv_sim_cohort *c, size_t i, size_t k)
{
    return share_z(sim, c->share + i * SV_SIM_SUBCLONES, k);
}

void sv_sim_cohort_free(sv_sim_cohort *c)
{
    if (c == NULL) { return; }
    double *const numbers[] = { c->share, c->expression, c->feature, c->again, c->lp, c->age, c->cea, c->time };
    int *const codes[] = { c->male, c->stage, c->grade, c->event };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) { free(numbers[i]); }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) { free(codes[i]); }
    *c = (sv_sim_cohort){ .n = 0 };
}

static int allocate(sv_sim_cohort *c, const sv_sim *sim, const sv_sim_spec *s, sv_error *err)
{
    size_t n = s->n, cells = s->features ? n * sim->opts.features : 0;
    *c = (sv_sim_cohort){
        .n = n, .share = SV_NEW(double, n * SV_SIM_SUBCLONES), .lp = SV_NEW(double, n), .age = SV_NEW(double, n),
        .cea = SV_NEW(double, n), .male = SV_NEW(int, n), .stage = SV_NEW(int, n), .grade = SV_NEW(int, n),
        .time = SV_NEW(double, n), .event = SV_NEW(int, n),
        .expression = s->expression ? SV_NEW(double, n * sim->opts.genes) : NULL,
        .feature = s->features ? SV_NEW(double, cells) : NULL, .again = s->features ? SV_NEW(double, cells) : NULL };
    bool good = c->share != NULL && c->lp != NULL && c->age != NULL && c->cea != NULL && c->male != NULL &&
                c->stage != NULL && c->grade != NULL && c->time != NULL && c->event != NULL &&
                (!s->expression || c->expression != NULL) && (!s->features || (c->feature != NULL && c->again != NULL));
    if (good) { return SV_OK; }
    sv_sim_cohort_free(c);
    return sv_no_memory(err, "a cohort");
}

static void express(sv_sim_cohort *c, const sv_sim *sim, size_t i, sv_rng *r)
{
    const sv_sim_opts *o = &sim->opts;
    for (size_t g = 0; g < o->genes; g++) {
        double x = 0;
        for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
            x += sim->profile[g * SV_SIM_SUBCLONES + k] * c->share[i * SV_SIM_SUBCLONES + k];
        }
        c->expression[g * c->n + i] = x * exp(o->gene_noise * (sv_rng_normal(r) - o->gene_noise / 2));
    }
}

/* The centre's and the array's effects, the same for all patients of the cohort. */
static void shift(sv_sim_cohort *c, const sv_sim *sim, const sv_sim_spec *s, uint64_t seed)
{
    sv_rng r = sv_rng_stream(seed, STREAM_CENTRE);
    for (size_t j = 0; c->feature != NULL && j < sim->opts.features; j++) {
        const sv_sim_feature *f = &sim->feature[j];
        double stretch = exp(s->feature_shift / 2 * sv_rng_normal(&r)), move = s->feature_shift * sv_rng_normal(&r);
        for (size_t i = 0; i < c->n; i++) {
            double *v[] = { c->feature + i * sim->opts.features + j, c->again + i * sim->opts.features + j };
            for (size_t q = 0; q < 2; q++) { *v[q] = f->mean + f->sd * (stretch * *v[q] + move); }
        }
    }
    r = sv_rng_stream(seed, STREAM_ARRAY);
    for (size_t g = 0; c->expression != NULL && s->gene_shift > 0 && g < sim->opts.genes; g++) {
        double factor = exp(s->gene_shift * sv_rng_normal(&r));
        for (size_t i = 0; i < c->n; i++) { c->expression[g * c->n + i] *= factor; }
    }
}

int sv_sim_draw(sv_sim_cohort *out, const sv_sim *sim, const sv_sim_spec *spec, const sv_sim_follow *follow, sv_error *err)
{
    sv_sim_cohort c;
    int rc = sv_sim_spec_check(sim, spec, err);
    if (rc == SV_OK && !(follow->scale > 0 && follow->censoring_scale > 0 && follow->censoring_shape > 0)) {
        rc = wrong(err, "a scale or shape of the follow-up", follow->scale, "more than 0");
    }
    if (rc != SV_OK || (rc = allocate(&c, sim, spec, err)) != SV_OK) { return rc; }
    double *core = SV_NEW(double, sim->blocks);
    if (core == NULL) {
        sv_sim_cohort_free(&c);
        return sv_no_memory(err, "a cohort");
    }
    sv_rng cohort = sv_rng_stream(sim->opts.seed, (uint64_t)1 << 32 | spec->number);
    uint64_t seed = sv_rng_next(&cohort);
    size_t p = sim->opts.features;
    for (size_t i = 0; i < c.n; i++) {
        sv_sim_patient who;
        sv_rng r = sv_rng_stream(seed, CENTRE_STREAMS + 2 * i), r_genes = sv_rng_stream(seed, CENTRE_STREAMS + 2 * i + 1);
        sv_sim_patient_draw(&who, spec->features ? c.feature + i * p : NULL, spec->features ? c.again + i * p : NULL, core,
                            sim, spec, &r);
        memcpy(c.share + i * SV_SIM_SUBCLONES, who.share, sizeof who.share);
        c.age[i] = who.age;
        c.cea[i] = who.cea;
        c.male[i] = who.male;
        c.stage[i] = who.stage;
        c.grade[i] = who.grade;
        c.lp[i] = who.lp;
        double death = follow->scale * pow(who.death * exp(-who.lp), 1 / sim->opts.shape);
        double censoring = follow->censoring_scale * pow(who.censoring, 1 / follow->censoring_shape);
        c.event[i] = death <= censoring;
        c.time[i] = fmin(death, censoring);
        if (spec->expression) { express(&c, sim, i, &r_genes); }
    }
    shift(&c, sim, spec, seed);
    free(core);
    *out = c;
    return SV_OK;
}
