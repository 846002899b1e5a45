/* cmd/train_recipe.c - `prognode train --recipe`: all steps of a recipe, judged by patients that none of them saw. */
#include "cmd/train_recipe.h"
#include <stdio.h>
#include <string.h>
#include <config/pyradiomics.h>
#include "pipeline/recipe_model_file.h"

static int load_recipe(cfg_recipe *r, const train_args *a, pn_error *err)
{
    cfg_error cfg = {0};
    return cfg_recipe_load(r, a->recipe, &cfg) == CFG_OK ? PN_OK : pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
}

static void show_fits(void *context, size_t done, size_t all)
{
    train_progress(context, done, all, "fits");
}

static void show_samples(void *context, size_t done, size_t all)
{
    train_progress(context, done, all, "bootstrap samples");
}

static void warn_tables(const recipe_tables *t, const train_args *a)
{
    train_print_unmatched(&t->features_only, a->features, a->clinical);
    train_print_unmatched(&t->clinical_only, a->clinical, a->features);
    if (t->without_expression > 0) {
        fprintf(stderr, "prognode train: warning: %zu patients have no column in %s and are left out\n", t->without_expression,
                a->expression);
    }
    if (t->texts > 0) {
        fprintf(stderr, "prognode train: warning: %zu columns of %s hold no number and are left out\n", t->texts, a->features);
    }
}

/* The model that the chain of all patients is, where a file can hold it. */
static int write_model(cfg_model *m, const train_args *a, const recipe_tables *t, const pn_chain *chain,
                       const pn_recipe_assessment *assessed, pn_error *err)
{
    pn_train_summary s = {0};
    train_args progress = *a;
    const pn_recipe_model_opts o = {.distance_percentile = a->distance_percentile, .replicates = a->replicates, .seed = a->seed,
                                    .title = a->title, .description = a->description, .progress = show_samples,
                                    .progress_context = &progress};
    memcpy(m->table_sha256, t->table_sha256, sizeof m->table_sha256);
    int rc = pn_recipe_model(m, &s, chain, &t->inputs, &t->cohort, assessed, &o, err);
    for (size_t i = 0; i < s.n_warnings && rc == PN_OK; i++) { fprintf(stderr, "prognode train: warning: %s\n", s.warnings[i]); }
    if (rc == PN_OK) { rc = train_save(m, a->output, err); }
    if (rc == PN_OK) { printf("wrote %s\n", a->output); }
    pn_train_summary_free(&s);
    return rc;
}

static int carry_out(const train_args *a, const cfg_recipe *r, recipe_tables *t, cfg_model *m, pn_error *err)
{
    pn_chain chain = {0};
    pn_recipe_assessment assessed = {0};
    train_args progress = *a;
    const pn_recipe_assess_opts o = {.progress = show_fits, .context = &progress};
    int rc = pn_recipe_fit(&chain, &t->inputs, &t->cohort, err);
    if (rc != PN_OK) { return rc; }
    warn_tables(t, a);
    recipe_tell_fit(r, &chain, &t->cohort);
    rc = pn_recipe_assess(&assessed, &chain, &t->inputs, &t->cohort, &o, err);
    if (rc == PN_OK) {
        recipe_tell_assessment(r, &assessed, &t->cohort);
        if (a->table != NULL) { rc = recipe_write_table(a->table, r, &assessed, &t->cohort, err); }
        if (rc == PN_OK && a->out_of_fold != NULL) { rc = recipe_write_predictions(a->out_of_fold, t, &assessed, err); }
        if (rc == PN_OK && a->output != NULL) { rc = write_model(m, a, t, &chain, &assessed, err); }
    }
    pn_recipe_assessment_free(&assessed);
    pn_chain_free(&chain);
    return rc;
}

int train_by_recipe(const train_args *a, pn_error *err)
{
    cfg_recipe r = {0};
    cfg_model m = {0};
    recipe_tables t = {0};
    char settings[CFG_PYRADIOMICS_TEXT_SIZE];
    int rc = load_recipe(&r, a, err);
    if (rc == PN_OK) { rc = pn_recipe_check(&r, err); }
    if (rc == PN_OK && a->output != NULL) { rc = pn_recipe_can_write(&r, err); }
    if (rc == PN_OK) { rc = train_describe(&m, a, err); }
    if (rc == PN_OK) {
        (void)cfg_pyradiomics_text(settings, sizeof settings, &m.extraction);
        rc = recipe_tables_read(&t, &r, a, a->output != NULL ? settings : NULL, err);
    }
    if (rc == PN_OK) { rc = carry_out(a, &r, &t, &m, err); }
    recipe_tables_free(&t);
    cfg_model_free(&m);
    cfg_recipe_free(&r);
    return rc;
}
