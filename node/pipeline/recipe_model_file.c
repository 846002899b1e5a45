#include "pipeline/recipe_model_file.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/concordance.h>
#include <survival/quantile.h>
#include "pipeline/score.h"

static int no_memory(pn_error *err)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory for the model");
}

int pn_recipe_can_write(const cfg_recipe *r, pn_error *err)
{
    if (r->has[CFG_STEP_HARMONISE]) {
        return pn_fail(err, PN_EUNSUPPORTED, "a model file cannot hold the step harmonise: leave -o out to assess the recipe "
                       "alone, or the step");
    }
    if (r->model.method == CFG_MODEL_PENALISED && r->select.method == CFG_LASSO_LOGISTIC && !r->has[CFG_STEP_COMBINE]) {
        return pn_fail(err, PN_EUNSUPPORTED, "the score of lasso_logistic is the log odds of a group, from which no survival "
                       "follows: let combine or the model cox make hazards of it, or leave -o out");
    }
    if (r->model.method == CFG_MODEL_LEARNER) {
        return pn_fail(err, PN_EUNSUPPORTED, "a model file cannot hold the learner %s: leave -o out to assess the recipe alone; "
                       "cox, penalised and elm can be written", r->model.learner);
    }
    if (r->has[CFG_STEP_COMBINE] && r->model.method == CFG_MODEL_ELM) {
        return pn_fail(err, PN_EUNSUPPORTED, "a model file cannot hold an elm with the step combine: leave -o out to assess "
                       "the recipe alone, or the step");
    }
    if (r->model.method == CFG_MODEL_ELM && r->assess.folds == 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "a model file of an elm holds curves of groups out of fold: let assess say "
                       "folds: 5 or so, or leave -o out");
    }
    return PN_OK;
}

/* ---- the columns of the score --------------------------------------------------------------------------- */

/* Chosen features, then clinical columns: what the model file calls features. */
typedef struct columns {
    pn_train_data d;
    const char **name;
    double *coef;                        /* [d.p] a standard deviation; NULL: to be fitted         */
    size_t images;                       /* of them, which come first                              */
} columns;

static void free_columns(columns *c)
{
    pn_train_data_free(&c->d);
    free(c->name);
    free(c->coef);
}

static int make_columns(columns *out, const pn_chain *c, const cfg_recipe *r, const pn_cohort *cohort, pn_error *err)
{
    const size_t n = cohort->n, clinical = c->n_combine > 0 ? c->n_combine - 1 : 0, p = c->n_chosen + clinical;
    const bool given = c->coef != NULL && (c->n_combine > 0 || r->model.method == CFG_MODEL_PENALISED);
    pn_train_data *d = &out->d;
    *d = (pn_train_data){.n = n, .p = p, .events = cohort->events, .x = calloc(n * p + 1, sizeof *d->x),
                         .time_days = calloc(n + 1, sizeof *d->time_days), .event = calloc(n + 1, sizeof *d->event)};
    out->name = calloc(p + 1, sizeof *out->name);
    out->coef = given ? calloc(p + 1, sizeof *out->coef) : NULL;
    out->images = c->n_chosen;
    if (d->x == NULL || d->time_days == NULL || d->event == NULL || out->name == NULL || (given && out->coef == NULL)) {
        return no_memory(err);
    }
    memcpy(d->time_days, cohort->time_days, n * sizeof *d->time_days);
    memcpy(d->event, cohort->event, n * sizeof *d->event);
    for (size_t k = 0; k < p; k++) {
        const bool feature = k < c->n_chosen;
        const pn_columns *from = feature ? &cohort->feature : &cohort->clinical;
        const size_t column = feature ? c->kept[c->chosen[k]] : c->clinical[k - c->n_chosen];
        out->name[k] = from->name[column];
        memcpy(d->x + k * n, from->v + column * n, n * sizeof *d->x);
        if (!given) { continue; }
        out->coef[k] = feature ? c->coef[k] * (c->n_combine > 0 ? c->combine[0] : 1)
                               : c->combine[k - c->n_chosen + 1] * sv_sd(d->x + k * n, n);
    }
    return PN_OK;
}

static void note_sources(cfg_model *m, size_t images)
{
    for (size_t j = 0; j < m->n_features; j++) {
        const char *name = m->features[j].name;
        const bool image = j < images && rx_pyradiomics_gives(&m->extraction, name);
        m->features[j].source = image ? CFG_SOURCE_IMAGE
                                : j >= images && cfg_patient_variable_find(name) >= 0 ? CFG_SOURCE_PATIENT : CFG_SOURCE_TABLE;
    }
}

/* ---- a committee ---------------------------------------------------------------------------------------- */

static int take_networks(cfg_elm *out, const pn_chain *c, const cfg_recipe_model *r, pn_error *err)
{
    out->hidden = r->hidden;
    out->cost = r->cost;
    out->networks = calloc(c->n_networks, sizeof *out->networks);
    if (out->networks == NULL) { return no_memory(err); }
    for (size_t i = 0; i < c->n_networks; i++) {
        cfg_elm_network *to = &out->networks[out->n_networks++];
        to->seed = (unsigned)(r->seed + i);
        to->beta = malloc(r->hidden * sizeof *to->beta);
        if (to->beta == NULL) { return no_memory(err); }
        to->n_beta = r->hidden;
        memcpy(to->beta, c->network[i].beta, r->hidden * sizeof *to->beta);
    }
    return PN_OK;
}

/* high[i]: the mean score out of fold lies above the cut; known[i]: there is one. */
static size_t groups_out_of_fold(bool *high, bool *known, const pn_recipe_assessment *a, double cut)
{
    size_t unknown = 0;
    for (size_t i = 0; i < a->n; i++) {
        double sum = 0, n = 0;
        for (size_t r = 0; r < a->repeats; r++) {
            const double s = a->score[r * a->n + i];
            if (isnan(s)) { continue; }
            sum += s;
            n += 1;
        }
        known[i] = n > 0;
        high[i] = n > 0 && sum / n > cut;
        unknown += n > 0 ? 0 : 1;
    }
    return unknown;
}

static int take_curves(cfg_model *m, pn_train_summary *s, const pn_recipe_assessment *a, const pn_cohort *cohort, pn_error *err)
{
    bool *high = calloc(cohort->n + 1, sizeof *high), *known = calloc(cohort->n + 1, sizeof *known),
         *keep = calloc(cohort->n + 1, sizeof *keep);
    m->km = calloc(2, sizeof *m->km);
    int rc = high != NULL && known != NULL && keep != NULL && m->km != NULL ? PN_OK : no_memory(err);
    const sv_surv surv = pn_cohort_surv(cohort);
    if (rc == PN_OK) {
        m->n_km = 2;
        (void)groups_out_of_fold(high, known, a, m->cutpoint);
    }
    for (size_t g = 0; g < 2 && rc == PN_OK; g++) {
        pn_train_group *count = g == 1 ? &s->high : &s->low;
        *count = (pn_train_group){0};
        for (size_t i = 0; i < cohort->n; i++) {
            keep[i] = known[i] && high[i] == (g == 1);
            count->patients += keep[i];
            count->events += keep[i] && cohort->event[i] == 1;
        }
        if (count->events == 0) {
            rc = pn_fail(err, PN_EINVAL, "out of fold the group of %s risk has %zu patients and no event: there is no curve for "
                         "its patients", g == 1 ? "high" : "low", count->patients);
        }
        if (rc == PN_OK) { rc = pn_train_curve(&m->km[g], &surv, keep, g == 1, count, err); }
    }
    free(high);
    free(known);
    free(keep);
    return rc;
}

/* Up to the time to which both curves were watched. */
static void take_horizons(cfg_model *m, const cfg_recipe_assess *a)
{
    double end = INFINITY;
    for (size_t g = 0; g < 2; g++) { end = fmin(end, m->km[g].time_days[m->km[g].n - 1]); }
    for (size_t h = 0; h < a->n_horizons; h++) {
        if (a->horizon_years[h] * PN_DAYS_PER_YEAR <= end) { m->horizon_years[m->n_horizons++] = a->horizon_years[h]; }
    }
}

static int fill_committee(cfg_model *m, pn_train_summary *s, const pn_chain *c, const pn_recipe_inputs *in,
                          const pn_cohort *cohort, const pn_recipe_assessment *a, const pn_train_data *d,
                          const pn_train_opts *o, pn_error *err)
{
    if (a->repeats == 0) { return pn_fail(err, PN_EINVAL, "the curves of the groups need scores out of fold"); }
    m->method = CFG_RISK_ELM;
    m->cutpoint = c->cut;
    m->c_index = m->c_index_se = NAN;
    m->n_patients = (unsigned)cohort->n;
    m->n_events = (unsigned)cohort->events;
    int rc = pn_train_describe(m, d, o, err);
    if (rc == PN_OK) { rc = take_networks(&m->elm, c, &in->recipe->model, err); }
    if (rc == PN_OK) { rc = take_curves(m, s, a, cohort, err); }
    if (rc == PN_OK) { take_horizons(m, &in->recipe->assess); }
    return rc;
}

/* ---- the card --------------------------------------------------------------------------------------------- */

static double get_c(const pn_recipe_figures *f, size_t which) { (void)which; return f->c; }
static double get_se(const pn_recipe_figures *f, size_t which) { (void)which; return f->c_se; }
static double get_uno(const pn_recipe_figures *f, size_t which) { (void)which; return f->uno; }
static double get_auc(const pn_recipe_figures *f, size_t which) { return f->auc[which]; }

static void add_figure(cfg_card *card, const char *name, const pn_recipe_assessment *a, double estimate, double se)
{
    if (isnan(estimate)) { return; }
    cfg_figure *f = &card->performance[card->n_performance++];
    *f = (cfg_figure){.estimate = estimate, .low = -INFINITY, .high = INFINITY};
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    if (!isnan(se)) { sv_index_interval(&f->low, &f->high, estimate, se); }
    (void)snprintf(f->how, sizeof f->how, "%zu-fold cross-validation of all steps, %zu time%s", a->folds, a->repeats,
                   a->repeats == 1 ? "" : "s");
}

static int fill_card(cfg_card *card, const cfg_recipe *r, const pn_recipe_assessment *a, pn_error *err)
{
    (void)snprintf(card->recipe_name, sizeof card->recipe_name, "%s", r->name);
    memcpy(card->recipe_sha256, r->file_sha256, sizeof card->recipe_sha256);
    card->performance = calloc(CFG_MAX_RECIPE_HORIZONS + 3, sizeof *card->performance);
    if (card->performance == NULL) { return no_memory(err); }
    if (a->repeats > 0) {
        add_figure(card, "C-index", a, pn_recipe_over_repeats(a, get_c, 0).mean, pn_recipe_over_repeats(a, get_se, 0).mean);
        add_figure(card, "Uno's C-index", a, pn_recipe_over_repeats(a, get_uno, 0).mean, NAN);
        for (size_t h = 0; h < r->assess.n_horizons; h++) {
            char name[65];
            (void)snprintf(name, sizeof name, "AUC at %g years", r->assess.horizon_years[h]);
            add_figure(card, name, a, pn_recipe_over_repeats(a, get_auc, h).mean, NAN);
        }
    }
    if (!isnan(a->corrected_c)) {
        add_figure(card, "C-index", a, a->corrected_c, NAN);
        cfg_figure *f = &card->performance[card->n_performance - 1];
        (void)snprintf(f->how, sizeof f->how, "bootstrap of all steps, corrected for optimism, %zu samples", a->fitted);
    }
    return PN_OK;
}

/* ---- all of it ---------------------------------------------------------------------------------------------- */

static int name_model(cfg_model *m, const cfg_recipe *r, const pn_chain *c, const pn_recipe_model_opts *o, pn_error *err)
{
    char title[sizeof m->title], description[sizeof m->description];
    const size_t p = c->n_chosen + (c->n_combine > 0 ? c->n_combine - 1 : 0);
    (void)snprintf(title, sizeof title, "%s of %zu feature%s", c->n_networks > 0 ? "Committee of networks" : "Cox model",
                   p, p == 1 ? "" : "s");
    (void)snprintf(description, sizeof description, "%s", r->description[0] != '\0' ? r->description : title);
    const char *t = o->title != NULL ? o->title : title, *d = o->description != NULL ? o->description : description;
    if (strlen(t) >= sizeof m->title || strlen(d) >= sizeof m->description) {
        return pn_fail(err, PN_EINVAL, "--title or --description is longer than %zu and %zu bytes", sizeof m->title - 1,
                       sizeof m->description - 1);
    }
    memcpy(m->title, t, strlen(t) + 1);
    memcpy(m->description, d, strlen(d) + 1);
    return PN_OK;
}

int pn_recipe_model(cfg_model *m, pn_train_summary *summary, const pn_chain *c, const pn_recipe_inputs *in,
                    const pn_cohort *cohort, const pn_recipe_assessment *a, const pn_recipe_model_opts *opts, pn_error *err)
{
    static const pn_train_cut how[] = {PN_CUT_MEDIAN, PN_CUT_MAXSTAT, PN_CUT_VALUE};
    const cfg_recipe *r = in->recipe;
    columns used = {0};
    if (c->n_chosen == 0) {
        return pn_fail(err, PN_EINVAL, "select chooses none of %zu features: by cross-validation the empty model predicts "
                       "best%s; there is no model to write", c->n_kept, r->select.one_se ? " or nearly so; try lambda: min" : "");
    }
    int rc = make_columns(&used, c, r, cohort, err);
    const pn_train_opts o = {.features = used.name, .cut = r->has[CFG_STEP_CUT] ? how[r->cut.method] : PN_CUT_MEDIAN,
                             .cut_value = r->cut.value, .horizon_years = r->assess.horizon_years,
                             .n_horizons = r->assess.n_horizons, .distance_percentile = opts->distance_percentile,
                             .coefficient = used.coef, .replicates = used.coef == NULL ? opts->replicates : 0, .seed = opts->seed,
                             .progress = opts->progress, .progress_context = opts->progress_context};
    if (rc == PN_OK) { rc = name_model(m, r, c, opts, err); }
    if (rc == PN_OK) {
        rc = c->n_networks > 0 ? fill_committee(m, summary, c, in, cohort, a, &used.d, &o, err)
                               : pn_train_fit(m, summary, &used.d, &o, err);
    }
    if (rc == PN_OK) { rc = fill_card(&m->card, r, a, err); }
    if (rc == PN_OK) { note_sources(m, used.images); }
    free_columns(&used);
    return rc;
}
