/* nested.c - cross-validation of a procedure that chooses its settings by cross-validation. */
#include <survival/tune.h>

#include <string.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"
#include "tune_work.h"

void sv_nested_free(sv_nested *t)
{
    if (t == NULL) { return; }
    free(t->fold);
    free(t->score);
    free(t->cell);
    free(t->value);
    free(t->chosen_by);
    free(t->criterion);
    *t = (sv_nested){ 0 };
}

typedef struct job {
    sv_nested *t;
    const sv_learner *base;
    const sv_grid *grid;
    const sv_matrix *x;
    const sv_outcome *y;
    const sv_tune_opts *inner;
    size_t before, all;           /* fits of the outer folds that are done; of all                */
} job;

static bool tell(void *context, size_t done, size_t all)
{
    const job *j = context;
    (void)all;
    return j->inner->progress(j->inner->context, j->before + done, j->all);
}

/* The choice within an outer fold's training rows, its fit to all of them, and what that says of the fold. */
static int judge(job *j, const sv_sides *s, size_t place, double *score, sv_error *err)
{
    sv_tune_opts o = *j->inner;
    sv_rng r = sv_rng_stream(o.folds.seed, place);
    o.folds.seed = sv_rng_next(&r);
    o.progress = j->inner->progress != NULL ? tell : NULL;
    o.context = j;
    sv_tune chosen;
    int rc = sv_tune_grid(&chosen, j->base, j->grid, &s->x_rest, &s->y_rest, &o, err);
    if (rc != SV_OK) { return rc; }
    sv_nested *t = j->t;
    sv_learner l;
    sv_fitted *f = NULL;
    t->cell[place] = chosen.best;
    t->chosen_by[place] = chosen.mean[chosen.best];
    memcpy(t->value + place * t->axes, chosen.value + chosen.best * t->axes, t->axes * sizeof *t->value);
    rc = sv_grid_learner(&l, j->base, j->grid, chosen.best, err);
    if (rc == SV_OK) { rc = sv_learner_fit(&f, &l, &s->x_rest, &s->y_rest, err); }
    if (rc == SV_OK) { rc = sv_fitted_score(score, f, &s->x_in, err); }
    if (rc == SV_OK) { rc = sv_criterion_value(&t->criterion[place], o.criterion, f, &s->x_in, &s->y_in, err); }
    j->before += chosen.fits + 1;
    sv_fitted_free(f);
    sv_tune_free(&chosen);
    return rc;
}

static int run_repeat(job *j, size_t repeat, const sv_folds *outer, double *scratch, sv_error *err)
{
    sv_nested *t = j->t;
    int *fold = t->fold + repeat * t->n;
    bool survival = sv_method_survival(j->base->method);
    int rc = sv_folds_of(fold, outer, repeat, survival, j->y, t->n, err);
    for (size_t k = 0; rc == SV_OK && k < t->folds; k++) {
        sv_sides s;
        sv_error why = { 0 };
        if ((rc = sv_sides_make(&s, survival, j->x, j->y, fold, k, err)) != SV_OK) { break; }
        rc = judge(j, &s, repeat * t->folds + k, scratch, &why);
        sv_sides_free(&s);
        if (rc != SV_OK) { return sv_fail(err, why.code, "outer fold %zu of repeat %zu: %.180s", k, repeat, why.msg); }
        for (size_t i = 0, at = 0; i < t->n; i++) {
            if ((size_t)fold[i] == k) { t->score[repeat * t->n + i] = scratch[at++]; }
        }
        if (j->inner->progress != NULL && !j->inner->progress(j->inner->context, j->before, j->all)) {
            rc = sv_fail(err, SV_EINVAL, "stopped after %zu of %zu fits", j->before, j->all);
        }
    }
    return rc;
}

static int run(job *j, const sv_folds *outer, sv_error *err)
{
    sv_nested *t = j->t;
    size_t places = t->folds * t->repeats;
    t->axes = j->grid->axes;
    j->all = places * (sv_grid_cells(j->grid) * j->inner->folds.folds * j->inner->folds.repeats + 1);
    t->fold = SV_NEW(int, t->repeats * t->n);
    t->score = SV_NEW(double, t->repeats * t->n);
    t->cell = SV_NEW(size_t, places);
    t->value = SV_NEW(double, places * (t->axes > 0 ? t->axes : 1));
    t->chosen_by = SV_NEW(double, places);
    t->criterion = SV_NEW(double, places);
    double *scratch = SV_NEW(double, t->n);
    bool room = t->fold && t->score && t->cell && t->value && t->chosen_by && t->criterion && scratch;
    int rc = room ? SV_OK : sv_no_memory(err, "nested cross-validation");
    for (size_t r = 0; rc == SV_OK && r < t->repeats; r++) { rc = run_repeat(j, r, outer, scratch, err); }
    free(scratch);
    if (rc == SV_OK && sv_mean_defined(&t->mean, &t->sd, t->criterion, places) == 0) {
        rc = sv_fail(err, SV_ETOOSMALL, "%s is not defined in any outer fold", sv_criterion_name(j->inner->criterion));
    }
    return rc;
}

int sv_nested_cv(sv_nested *out, const sv_learner *base, const sv_grid *grid, const sv_matrix *x, const sv_outcome *y,
                 const sv_folds *outer, const sv_tune_opts *inner, sv_error *err)
{
    int rc = sv_tune_check(base, grid, x, y, inner->criterion, outer, err);
    if (rc != SV_OK) { return rc; }
    if (inner->folds.fold != NULL) { return sv_fail(err, SV_EINVAL, "inner folds are drawn, own ones cannot be given"); }
    sv_nested t = { .n = x->rows, .folds = outer->folds, .repeats = outer->repeats };
    job j = { .t = &t, .base = base, .grid = grid, .x = x, .y = y, .inner = inner };
    rc = run(&j, outer, err);
    if (rc == SV_OK) { *out = t; } else { sv_nested_free(&t); }
    return rc;
}
