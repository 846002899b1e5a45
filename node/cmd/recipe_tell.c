#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "cmd/hold.h"
#include "cmd/train_recipe.h"

enum { LISTED = 20 };            /* features on stdout; the table has all */

/* ---- the fit --------------------------------------------------------------------------------------- */

static void tell_groups(const cfg_recipe *r, const pn_chain_groups *g)
{
    char p[32];
    if (g->k == 0) { return; }
    if (g->subpopulations > 0) { printf("  deconvolve  %zu subpopulations\n", g->subpopulations); }
    printf("  cluster     %zu groups of", g->k);
    for (size_t j = 0; j < g->k; j++) { printf("%s %zu", j == 0 ? "" : ",", g->size[j]); }
    printf(" patients, ambiguous pairs %.3f of %zu repetitions\n", g->pac, r->cluster.repetitions);
    printf("  label       group %zu, with %.2f times the events to expect (log-rank p between the groups %s)\n", g->worst,
           g->ratio[g->worst - 1], train_p_text(p, g->logrank_p));
    if (g->logrank_p > 0.05) {
        fprintf(stderr, "prognode train: warning: the groups of the training patients do not differ in survival (p %s): what "
                "tells them apart need not say anything about prognosis\n", p);
    }
}

static void tell_model(const cfg_recipe *r, const pn_chain *c, const pn_cohort *cohort)
{
    if (c->fitted != NULL) {
        printf("  model       %s, %zu features", r->model.learner, c->n_chosen);
        size_t n = 0;
        const sv_param *p = sv_method_params(c->learner.method, &n);
        for (size_t i = 0; i < n; i++) {
            if (p[i].choice != NULL) { printf(", %s %s", p[i].name, p[i].choice[(size_t)c->learner.value[i]]); }
            else { printf(", %s %g", p[i].name, c->learner.value[i]); }
        }
        printf("\n");
    } else if (c->n_networks > 0) {
        printf("  model       %zu networks of %zu nodes, %zu features\n", c->n_networks, r->model.hidden, c->n_chosen);
    } else if (c->n_chosen > 0) {
        const bool odds = r->model.method == CFG_MODEL_PENALISED && r->select.method == CFG_LASSO_LOGISTIC;
        printf("\n%-56s %9s\n", "feature", odds ? "OR per SD" : "HR per SD");
    }
    for (size_t k = 0; k < c->n_chosen && k < LISTED; k++) {
        const char *name = cohort->feature.name[c->kept[c->chosen[k]]];
        if (c->coef == NULL) { printf("              %s\n", name); } else { printf("%-56s %9.3f\n", name, exp(c->coef[k])); }
    }
    for (size_t j = 1; j < c->n_combine; j++) {
        if (j == 1) { printf("combined by a Cox model with the score out of fold: log HR %.4f of the score\n", c->combine[0]); }
        printf("%-56s %9.3f a unit\n", cohort->clinical.name[c->clinical[j - 1]], exp(c->combine[j]));
    }
    if (c->n_chosen > LISTED) { printf("... and %zu more\n", c->n_chosen - LISTED); }
}

void recipe_tell_fit(const cfg_recipe *r, const pn_chain *c, const pn_cohort *cohort)
{
    char p[32];
    printf("recipe %s: %zu patients, %zu events, %zu features\n", r->name, c->n, c->events, cohort->feature.n);
    printf("  filter      %zu features stay; left out: %zu without a value in some patient, %zu constant, %zu unreliable, "
           "%zu repeat others\n", c->n_kept, c->unmeasured, c->constant, c->unreliable, c->redundant);
    if (c->combat.p > 0) { printf("  harmonise   %zu centres\n", c->combat.batches); }
    tell_groups(r, &c->groups);
    if (r->has[CFG_STEP_SELECT]) {
        printf("  select      %zu of %zu features, lambda %.4g\n", c->n_chosen, c->n_kept, c->lambda);
    }
    tell_model(r, c, cohort);
    if (c->n_chosen == 0 && c->n_combine == 0) { return; }
    printf("cut-point %.4f", c->cut);
    if (!isnan(c->cut_p)) { printf(", p %s with allowance for the search", train_p_text(p, c->cut_p)); }
    printf("\n");
}

/* ---- the assessment ---------------------------------------------------------------------------------- */

static double get_c(const pn_recipe_figures *f, size_t which) { (void)which; return f->c; }
static double get_c_se(const pn_recipe_figures *f, size_t which) { (void)which; return f->c_se; }
static double get_uno(const pn_recipe_figures *f, size_t which) { (void)which; return f->uno; }
static double get_auc(const pn_recipe_figures *f, size_t which) { return f->auc[which]; }
static double get_hr(const pn_recipe_figures *f, size_t which) { (void)which; return f->hazard_ratio; }
static double get_p(const pn_recipe_figures *f, size_t which) { (void)which; return f->logrank_p; }

typedef struct line { char name[32]; pn_recipe_figure *get; size_t which; bool p; } line;   /* p: of it the median counts */

/* What is told of every set of figures, in this order. */
static size_t make_lines(line out[CFG_MAX_RECIPE_HORIZONS + 4], const cfg_recipe *r)
{
    size_t n = 0;
    out[n++] = (line){"C-index", get_c, 0, false};
    out[n++] = (line){"Uno's C-index", get_uno, 0, false};
    for (size_t h = 0; h < r->assess.n_horizons; h++) {
        out[n] = (line){"", get_auc, h, false};
        (void)snprintf(out[n++].name, sizeof out[0].name, "AUC at %g years", r->assess.horizon_years[h]);
    }
    out[n++] = (line){"HR of the groups", get_hr, 0, false};
    out[n++] = (line){"log-rank p", get_p, 0, true};
    return n;
}

static const char *number(char buf[32], double v, bool p)
{
    if (isnan(v)) { return "-"; }
    if (p) { return train_p_text(buf, v); }
    snprintf(buf, 32, fabs(v) < 1000 ? "%.3f" : "%.3g", v);
    return buf;
}

static void tell_repeats(const pn_recipe_assessment *a, const line *lines, size_t n)
{
    printf("\n%-20s %9s   %9s %9s %9s\n", "", "apparent", "out of fold", "least", "most");
    for (size_t i = 0; i < n; i++) {
        char buf[4][32];
        const bool p = lines[i].p;
        const pn_recipe_spread s = pn_recipe_over_repeats(a, lines[i].get, lines[i].which);
        printf("%-20s %9s   %11s %9s %9s\n", lines[i].name, number(buf[0], lines[i].get(&a->apparent, lines[i].which), p),
               number(buf[1], p ? s.median : s.mean, p), number(buf[2], s.least, p), number(buf[3], s.most, p));
    }
    const pn_recipe_spread se = pn_recipe_over_repeats(a, get_c_se, 0);
    printf("out of fold: mean (of p the median) over %zu-fold cross-validation of all steps, done %zu time%s, and the least "
           "and the most of them; standard error of the C-index about %.3f\n", a->folds, a->repeats,
           a->repeats == 1 ? "" : "s", se.mean);
}

static void tell_trouble(const pn_recipe_assessment *a)
{
    if (a->empty > 0) {
        printf("in %zu of %zu fits no feature was chosen: those patients have the score 0 and low risk\n", a->empty, a->fits);
    }
    if (a->failed > 0) {
        fprintf(stderr, "prognode train: warning: %zu of %zu fits of the cross-validation failed, their patients have no "
                "score; the first: %s\n", a->failed, a->fits, a->failure);
    }
    size_t lacking = 0;
    for (size_t i = 0; i < a->repeats * a->n; i++) { lacking += isnan(a->score[i]) ? 1 : 0; }
    if (lacking > 0) {
        fprintf(stderr, "prognode train: warning: %zu of %zu scores out of fold are missing: a fit failed, a value is "
                "missing, or the centre is unknown to the other folds\n", lacking, a->repeats * a->n);
    }
}

typedef struct chosen { size_t feature, times; } chosen;

static int by_times(const void *a, const void *b)
{
    const chosen *x = a, *y = b;
    if (x->times != y->times) { return x->times > y->times ? -1 : 1; }
    return x->feature < y->feature ? -1 : x->feature > y->feature;
}

/* Features by how often they were chosen; NULL: no memory. */
static chosen *ranked(const pn_recipe_assessment *a, size_t p)
{
    chosen *c = calloc(p + 1, sizeof *c);
    for (size_t j = 0; c != NULL && j < p; j++) { c[j] = (chosen){j, a->chosen[j]}; }
    if (c != NULL) { qsort(c, p, sizeof *c, by_times); }
    return c;
}

static void tell_selection(const pn_recipe_assessment *a, const pn_cohort *cohort)
{
    const size_t fits = a->fits - a->failed;
    chosen *c = ranked(a, cohort->feature.n);
    if (c == NULL || fits == 0) {
        free(c);
        return;
    }
    printf("\nchosen how often, of %zu fits (%zu to %zu features each)\n", fits, a->fewest, a->most);
    for (size_t k = 0; k < LISTED && k < cohort->feature.n && c[k].times > 0; k++) {
        printf("  %5.1f %%  %s\n", 100.0 * (double)c[k].times / (double)fits, cohort->feature.name[c[k].feature]);
    }
    free(c);
}

void recipe_tell_assessment(const cfg_recipe *r, const pn_recipe_assessment *a, const pn_cohort *cohort)
{
    line lines[CFG_MAX_RECIPE_HORIZONS + 4];
    const size_t n = make_lines(lines, r);
    if (a->repeats > 0) { tell_repeats(a, lines, n); }
    tell_trouble(a);
    if (a->drawn > 0) {
        char buf[2][32];
        printf("bootstrap: C-index %s corrected for an optimism of %s (%zu of %zu samples, all steps in each)\n",
               number(buf[0], a->corrected_c, false), number(buf[1], a->optimism, false), a->fitted, a->drawn);
    }
    if (a->repeats > 0 && r->has[CFG_STEP_SELECT]) { tell_selection(a, cohort); }
    printf("\napparent: of the patients that the model was fitted to; it says nothing about others\n");
}

/* ---- tables -------------------------------------------------------------------------------------------- */

static int put_row(pn_buf *b, const char *kind, const char *name, const char *how, const double *v, size_t n, pn_error *err)
{
    int rc = pn_csv_put(b, true, kind, err);
    if (rc == PN_OK) { rc = pn_csv_put(b, false, name, err); }
    if (rc == PN_OK) { rc = pn_csv_put(b, false, how, err); }
    for (size_t i = 0; i < n && rc == PN_OK; i++) { rc = pn_csv_put_number(b, false, v[i], err); }
    return rc == PN_OK ? pn_csv_end_row(b, err) : rc;
}

static int put_figures(pn_buf *b, const cfg_recipe *r, const pn_recipe_assessment *a, pn_error *err)
{
    line lines[CFG_MAX_RECIPE_HORIZONS + 4];
    const size_t n = make_lines(lines, r);
    int rc = PN_OK;
    for (size_t i = 0; i < n && rc == PN_OK; i++) {
        const double apparent[] = {lines[i].get(&a->apparent, lines[i].which), NAN, NAN, NAN, NAN};
        rc = put_row(b, "figure", lines[i].name, "apparent", apparent, 5, err);
        if (rc != PN_OK || a->repeats == 0) { continue; }
        const pn_recipe_spread s = pn_recipe_over_repeats(a, lines[i].get, lines[i].which);
        const double over[] = {lines[i].p ? s.median : s.mean, s.sd, s.least, s.most, (double)s.n};
        rc = put_row(b, "figure", lines[i].name, "out of fold", over, 5, err);
    }
    for (size_t k = 0; k < a->repeats && rc == PN_OK; k++) {
        char how[40];
        (void)snprintf(how, sizeof how, "repeat %zu", k + 1);
        for (size_t i = 0; i < n && rc == PN_OK; i++) {
            const double one[] = {lines[i].get(&a->of_repeat[k], lines[i].which), NAN, NAN, NAN, NAN};
            rc = put_row(b, "figure", lines[i].name, how, one, 5, err);
        }
    }
    if (rc == PN_OK && a->drawn > 0) {
        const double corrected[] = {a->corrected_c, NAN, NAN, NAN, (double)a->fitted};
        rc = put_row(b, "figure", "C-index", "bootstrap, corrected for optimism", corrected, 5, err);
    }
    return rc;
}

static int put_chosen(pn_buf *b, const pn_recipe_assessment *a, const pn_cohort *cohort, pn_error *err)
{
    const size_t fits = a->fits - a->failed;
    chosen *c = ranked(a, cohort->feature.n);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the table"); }
    int rc = PN_OK;
    for (size_t k = 0; k < cohort->feature.n && fits > 0 && rc == PN_OK; k++) {
        const double v[] = {(double)c[k].times / (double)fits, NAN, NAN, NAN, (double)fits};
        rc = put_row(b, "feature", cohort->feature.name[c[k].feature], "share of fits that chose it", v, 5, err);
    }
    free(c);
    return rc;
}

int recipe_write_table(const char *path, const cfg_recipe *r, const pn_recipe_assessment *a, const pn_cohort *cohort,
                       pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "kind,name,how,value,sd,least,most,n\n");
    if (rc == PN_OK) { rc = put_figures(&b, r, a, err); }
    if (rc == PN_OK && r->has[CFG_STEP_SELECT]) { rc = put_chosen(&b, a, cohort, err); }
    if (rc == PN_OK) { rc = hold_and_write(path, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

int recipe_write_predictions(const char *path, const recipe_tables *t, const pn_recipe_assessment *a, pn_error *err)
{
    pn_buf b = {0};
    const pn_cohort *c = &t->cohort;
    int rc = pn_buf_printf(&b, err, "case,repeat,fold,score,group,time_days,event\n");
    for (size_t at = 0; at < a->repeats * a->n && rc == PN_OK; at++) {
        const size_t i = at % a->n;
        static const char *const word[] = {"", "low", "high"};
        rc = pn_csv_put(&b, true, t->id[i], err);
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, (double)(at / a->n + 1), err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, a->fold[at] + 1, err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, a->score[at], err); }
        if (rc == PN_OK) { rc = pn_csv_put(&b, false, word[a->group[at] + 1], err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, c->time_days[i], err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, c->event[i], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = hold_and_write(path, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}
