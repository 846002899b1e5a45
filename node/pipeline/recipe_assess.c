#include "pipeline/recipe_assess.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/concordance.h>
#include <survival/rng.h>
#include "pipeline/select_features.h"

typedef struct work {
    pn_recipe_assessment a;
    const pn_chain *whole;
    const pn_recipe_inputs *in;
    const pn_cohort *c;
    const pn_recipe_assess_opts *opts;
    size_t *row;                         /* [n]                                                   */
    double *score; int *group;           /* [n]                                                   */
    size_t done, all;
    pn_error *err;
} work;

static int no_memory(pn_error *err, size_t n)
{
    return pn_fail_transient(err, PN_ENOMEM, "no memory to assess %zu patients", n);
}

void pn_recipe_assessment_free(pn_recipe_assessment *a)
{
    if (a == NULL) { return; }
    free(a->fold);
    free(a->score);
    free(a->group);
    free(a->of_repeat);
    free(a->chosen);
    *a = (pn_recipe_assessment){0};
}

static int allocate(work *w)
{
    const cfg_recipe_assess *r = &w->in->recipe->assess;
    const size_t n = w->c->n;
    pn_recipe_assessment *a = &w->a;
    a->n = n;
    a->folds = r->folds;
    a->repeats = r->folds > 0 ? r->repeats : 0;
    a->drawn = r->bootstrap;
    a->optimism = a->corrected_c = NAN;
    a->fold = calloc(a->repeats * n + 1, sizeof *a->fold);
    a->score = calloc(a->repeats * n + 1, sizeof *a->score);
    a->group = calloc(a->repeats * n + 1, sizeof *a->group);
    a->of_repeat = calloc(a->repeats + 1, sizeof *a->of_repeat);
    a->chosen = calloc(w->c->feature.n + 1, sizeof *a->chosen);
    w->row = calloc(n + 1, sizeof *w->row);
    w->score = calloc(n + 1, sizeof *w->score);
    w->group = calloc(n + 1, sizeof *w->group);
    w->all = a->repeats * a->folds + a->drawn;
    return a->fold != NULL && a->score != NULL && a->group != NULL && a->of_repeat != NULL && a->chosen != NULL &&
                   w->row != NULL && w->score != NULL && w->group != NULL ? PN_OK : no_memory(w->err, n);
}

static void tick(work *w)
{
    w->done++;
    if (w->opts->progress != NULL) { w->opts->progress(w->opts->context, w->done, w->all); }
}

/* ---- cross-validation ------------------------------------------------------------------------------ */

/* Rows of the fold, or all others. */
static size_t rows_of(size_t *row, const int *fold, size_t n, int which, bool inside)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if ((fold[i] == which) == inside) { row[found++] = i; }
    }
    return found;
}

int pn_recipe_fit_without(pn_chain *out, const pn_recipe_inputs *in, const pn_cohort *c, const int *fold, int which,
                          pn_error *err)
{
    size_t *row = calloc(c->n + 1, sizeof *row);
    if (row == NULL) { return no_memory(err, c->n); }
    pn_cohort train = {0};
    int rc = pn_cohort_take(&train, c, row, rows_of(row, fold, c->n, which, false), err);
    if (rc == PN_OK) { rc = pn_recipe_fit(out, in, &train, err); }
    pn_cohort_free(&train);
    free(row);
    return rc;
}

static void note_chosen(pn_recipe_assessment *a, const pn_chain *chain)
{
    const bool first = a->fits == a->failed;
    a->fewest = first || chain->n_chosen < a->fewest ? chain->n_chosen : a->fewest;
    a->most = first || chain->n_chosen > a->most ? chain->n_chosen : a->most;
    a->empty += chain->n_chosen == 0;
    for (size_t k = 0; k < chain->n_chosen; k++) { a->chosen[chain->kept[chain->chosen[k]]]++; }
}

/* Score and group of the patients of one fold, by the chain that was fitted without them. */
static int judge_fold(work *w, const pn_chain *chain, const int *fold, int which, double *score, int *group)
{
    pn_cohort of = {0};
    const size_t n = rows_of(w->row, fold, w->c->n, which, true);
    int rc = pn_cohort_take(&of, w->c, w->row, n, w->err);
    if (rc == PN_OK) { rc = pn_recipe_apply(w->score, w->group, chain, w->in, &of, w->err); }
    for (size_t k = 0; k < n && rc == PN_OK; k++) {
        score[w->row[k]] = w->score[k];
        group[w->row[k]] = w->group[k];
    }
    pn_cohort_free(&of);
    return rc;
}

static int run_fold(work *w, const int *fold, int which, double *score, int *group)
{
    pn_recipe_assessment *a = &w->a;
    pn_chain chain = {0};
    pn_error why = {0};
    int rc = pn_recipe_fit_without(&chain, w->in, w->c, fold, which, &why);
    if (rc == PN_ENOMEM) {
        *w->err = why;
        return rc;
    }
    if (rc == PN_OK) {
        note_chosen(a, &chain);
        rc = judge_fold(w, &chain, fold, which, score, group);
    } else {
        if (a->failed++ == 0) { (void)snprintf(a->failure, sizeof a->failure, "%s", why.msg); }
        rc = PN_OK;
    }
    a->fits++;
    pn_chain_free(&chain);
    tick(w);
    return rc;
}

static int run_repeat(work *w, size_t r)
{
    const cfg_recipe_assess *o = &w->in->recipe->assess;
    const size_t n = w->c->n;
    int *fold = w->a.fold + r * n, *group = w->a.group + r * n;
    double *score = w->a.score + r * n;
    for (size_t i = 0; i < n; i++) {
        score[i] = NAN;
        group[i] = -1;
    }
    int rc = pn_folds(fold, w->c->event, NULL, n, o->folds, o->seed + r, w->err);
    for (size_t f = 0; f < o->folds && rc == PN_OK; f++) { rc = run_fold(w, fold, (int)f, score, group); }
    return rc == PN_OK ? pn_recipe_judge(&w->a.of_repeat[r], score, group, fold, w->c, o, w->err) : rc;
}

static int cross_validate(work *w)
{
    int rc = PN_OK;
    for (size_t r = 0; r < w->a.repeats && rc == PN_OK; r++) { rc = run_repeat(w, r); }
    if (rc == PN_OK && w->a.fits > 0 && w->a.failed == w->a.fits) {
        rc = pn_fail(w->err, PN_EINVAL, "none of %zu fits of the cross-validation succeeded; the first: %.300s", w->a.fits,
                     w->a.failure);
    }
    return rc;
}

/* ---- bootstrap --------------------------------------------------------------------------------------- */

/* C of the chain for patients, NaN where it cannot be told. */
static int c_of(double *out, work *w, const pn_chain *chain, const pn_cohort *of)
{
    double *score = calloc(of->n + 1, sizeof *score);
    int *group = calloc(of->n + 1, sizeof *group);
    pn_recipe_figures f;
    int rc = score != NULL && group != NULL ? PN_OK : no_memory(w->err, of->n);
    if (rc == PN_OK) { rc = pn_recipe_apply(score, group, chain, w->in, of, w->err); }
    if (rc == PN_OK) { rc = pn_recipe_judge(&f, score, group, NULL, of, &w->in->recipe->assess, w->err); }
    if (rc == PN_OK) { *out = f.c; }
    free(score);
    free(group);
    return rc;
}

/* Rows drawn with replacement, ascending, so that the copies of a patient stand side by side. */
static int draw(size_t *row, size_t n, uint64_t seed, size_t sample, pn_error *err)
{
    sv_rng rng = sv_rng_stream(seed, sample);
    size_t *times = calloc(n + 1, sizeof *times), at = 0;
    if (times == NULL) { return no_memory(err, n); }
    for (size_t i = 0; i < n; i++) { times[sv_rng_below(&rng, n)]++; }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < times[i]; k++) { row[at++] = i; }
    }
    free(times);
    return PN_OK;
}

static int run_sample(work *w, size_t b, double *sum)
{
    pn_cohort drawn = {0};
    pn_chain chain = {0};
    pn_error why = {0};
    double inside = NAN, outside = NAN;
    int rc = draw(w->row, w->c->n, w->in->recipe->assess.seed, b, w->err);
    if (rc == PN_OK) { rc = pn_cohort_take(&drawn, w->c, w->row, w->c->n, w->err); }
    if (rc == PN_OK) {
        rc = pn_recipe_fit(&chain, w->in, &drawn, &why);
        if (rc == PN_ENOMEM) { *w->err = why; }
        if (rc == PN_OK) {
            rc = c_of(&inside, w, &chain, &drawn);
            if (rc == PN_OK) { rc = c_of(&outside, w, &chain, w->c); }
            pn_chain_free(&chain);
        } else if (rc != PN_ENOMEM) {
            rc = PN_OK;
        }
    }
    if (rc == PN_OK && isfinite(inside) && isfinite(outside)) {
        *sum += inside - outside;
        w->a.fitted++;
    }
    pn_cohort_free(&drawn);
    tick(w);
    return rc;
}

static int bootstrap(work *w)
{
    double sum = 0;
    int rc = PN_OK;
    for (size_t b = 0; b < w->a.drawn && rc == PN_OK; b++) { rc = run_sample(w, b, &sum); }
    if (rc == PN_OK && w->a.fitted > 0) {
        w->a.optimism = sum / (double)w->a.fitted;
        w->a.corrected_c = w->a.apparent.c - w->a.optimism;
    }
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

static int judge_apparent(work *w)
{
    int rc = pn_recipe_apply(w->score, w->group, w->whole, w->in, w->c, w->err);
    return rc == PN_OK ? pn_recipe_judge(&w->a.apparent, w->score, w->group, NULL, w->c, &w->in->recipe->assess, w->err) : rc;
}

int pn_recipe_assess(pn_recipe_assessment *out, const pn_chain *whole, const pn_recipe_inputs *in, const pn_cohort *c,
                     const pn_recipe_assess_opts *opts, pn_error *err)
{
    work w = {.whole = whole, .in = in, .c = c, .opts = opts, .err = err};
    int rc = allocate(&w);
    if (rc == PN_OK) { rc = judge_apparent(&w); }
    if (rc == PN_OK) { rc = cross_validate(&w); }
    if (rc == PN_OK) { rc = bootstrap(&w); }
    free(w.row);
    free(w.score);
    free(w.group);
    if (rc != PN_OK) {
        pn_recipe_assessment_free(&w.a);
        return rc;
    }
    *out = w.a;
    return PN_OK;
}
