/* planted_selection.c - the LASSO on a hundred features of which six act: what does it find? */
#include "planted.h"

#include <survival/penalised.h>

enum { FEATURES = 100, BLOCK = 5, FOLDS = 10 };

typedef struct found {
    size_t drivers, blocks;      /* drivers chosen; drivers of whose block any feature is chosen        */
    size_t copies, others;       /* chosen beside them: of the drivers' blocks; of blocks without effect */
    size_t empty;                /* cohorts in which nothing was chosen                                  */
} found;

static void count(found *f, const double *coef, const sv_sim *sim)
{
    bool block[FEATURES] = { false };
    size_t chosen = 0;
    for (size_t j = 0; j < FEATURES; j++) {
        if (coef[j] == 0) { continue; }
        size_t b = sim->feature[j].block;
        bool driver = sim->feature[j].log_hr != 0;
        chosen++;
        block[b] = true;
        f->drivers += driver;
        f->copies += !driver && b < DRIVERS;
        f->others += b >= DRIVERS;
    }
    for (size_t b = 0; b < DRIVERS; b++) { f->blocks += block[b]; }
    f->empty += chosen == 0;
}

static void choose(found *best, found *one_se, const sv_sim *sim, const sv_sim_cohort *c)
{
    int *fold = ROOM(int, c->n);
    sv_surv s = { .n = c->n, .time = c->time, .event = c->event };
    sv_matrix m = sv_matrix_rowmajor(c->feature, c->n, FEATURES);
    sv_path_opts opts = SV_PATH_OPTS_INIT;
    sv_cv_opts cvo = SV_CV_OPTS_INIT;
    sv_path path;
    sv_cv cv;
    sv_error err = { 0 };
    opts.threshold = 1e-7;
    opts.lambda_min_ratio = 0.1;
    opts.n_lambda = 30;
    MUST(sv_path_cox(&path, &m, &s, &opts, &err));
    MUST(sv_cv_folds(fold, c->event, c->n, FOLDS, 1, &err));
    MUST(sv_cv_cox(&cv, &path, &m, &s, fold, FOLDS, &opts, &cvo, &err));
    count(best, path.coef + cv.best * FEATURES, sim);
    count(one_se, path.coef + cv.one_se * FEATURES, sim);
    sv_cv_free(&cv);
    sv_path_free(&path);
    free(fold);
}

/* demanded: the share of drivers that must be found, by themselves or by a feature of their block; NAN: none. */
static void study(report *r, const char *who, const sv_sim_spec *like, double effect, double demanded)
{
    sv_sim_opts o = SV_SIM_OPTS_INIT;
    sv_sim sim;
    sv_sim_spec spec = *like;
    sv_sim_follow follow;
    sv_error err = { 0 };
    found best = { 0 }, one_se = { 0 };
    o.genes = 0;
    o.features = FEATURES;
    o.block = BLOCK;
    o.drivers = DRIVERS;
    o.driver_log_hr = effect;
    spec.expression = false;
    MUST(sv_sim_make(&sim, &o, &err));
    MUST(sv_sim_calibrate(&follow, &sim, &spec, &err));
    for (size_t k = 0; k < r->cohorts; k++) {
        sv_sim_cohort c;
        spec.number = (uint32_t)(3000 + k);
        MUST(sv_sim_draw(&c, &sim, &spec, &follow, &err));
        choose(&best, &one_se, &sim, &c);
        sv_sim_cohort_free(&c);
    }
    double planted = (double)(r->cohorts * DRIVERS), cohorts = (double)r->cohorts;
    char name[96];
#define NAMED(text) (snprintf(name, sizeof name, "%s: " text, who), name)
    if (isnan(demanded)) {
        tell(NAMED("share of drivers found, or their block"), (double)best.blocks / planted);
    } else {
        tell_within(r, NAMED("share of drivers found, or their block"), (double)best.blocks / planted, demanded, NAN);
    }
    tell("... the very feature", (double)best.drivers / planted);
    tell("... chosen beside it of the drivers' blocks, a cohort", (double)best.copies / cohorts);
    tell("... chosen of the 70 features without effect, a cohort", (double)best.others / cohorts);
    tell("... the same at the largest lambda within 1 se: drivers", (double)one_se.blocks / planted);
    tell("... features without effect, a cohort", (double)one_se.others / cohorts);
    tell("... share of cohorts with nothing chosen", (double)one_se.empty / cohorts);
#undef NAMED
    sv_sim_free(&sim);
}

void planted_selection(report *r)
{
    sv_sim_spec small = SV_SIM_SPEC_INIT, large = SV_SIM_SPEC_INIT;
    large.n = 543;
    large.event_share = 188 / 543.0;
    study(r, "236 patients, effect 0.35", &small, 0.35, 0.9);
    if (r->cohorts < 100) { return; }            /* ten folds each take their time */
    study(r, "236 patients, effect 0.5", &small, 0.5, 0.9);
    study(r, "543 patients, effect 0.35", &large, 0.35, 0.9);
    study(r, "236 patients, no effect of features", &small, 0, NAN);
}
