/* tune.c - grids of settings, and the choice of one by cross-validation. */
#include <survival/tune.h>

#include <math.h>
#include <string.h>
#include <survival/penalised.h>

#include "classes.h"
#include "mem.h"
#include "num.h"
#include "tune_work.h"

void sv_tune_free(sv_tune *t)
{
    if (t == NULL) { return; }
    free(t->value);
    free(t->mean);
    free(t->sd);
    free(t->failed);
    *t = (sv_tune){ 0 };
}

/* ---- grids ----------------------------------------------------------------------------------- */

size_t sv_grid_cells(const sv_grid *g)
{
    size_t cells = 1;
    for (size_t a = 0; a < g->axes; a++) { cells *= g->axis[a].n; }
    return cells;
}

static int check_grid(const sv_grid *g, sv_error *err)
{
    if (g->axes > SV_GRID_MAX_AXES) {
        return sv_fail(err, SV_EINVAL, "%zu axes of a grid, expected at most %d", g->axes, SV_GRID_MAX_AXES);
    }
    size_t cells = 1;
    for (size_t a = 0; a < g->axes; a++) {
        if (g->axis[a].n < 1) { return sv_fail(err, SV_EINVAL, "no value of %s in the grid", g->axis[a].name); }
        for (size_t b = 0; b < a; b++) {
            if (strcmp(g->axis[a].name, g->axis[b].name) == 0) {
                return sv_fail(err, SV_EINVAL, "%s stands twice in the grid", g->axis[a].name);
            }
        }
        if (g->axis[a].n > SV_GRID_MAX_CELLS / cells) {
            return sv_fail(err, SV_ELIMIT, "a grid of more than %zu cells", SV_GRID_MAX_CELLS);
        }
        cells *= g->axis[a].n;
    }
    return SV_OK;
}

static void cell_values(double *value, const sv_grid *g, size_t cell)
{
    for (size_t a = g->axes; a-- > 0;) {
        value[a] = g->axis[a].value[cell % g->axis[a].n];
        cell /= g->axis[a].n;
    }
}

int sv_grid_learner(sv_learner *l, const sv_learner *base, const sv_grid *g, size_t cell, sv_error *err)
{
    int rc = check_grid(g, err);
    if (rc != SV_OK) { return rc; }
    if (cell >= sv_grid_cells(g)) { return sv_fail(err, SV_EINVAL, "cell %zu of %zu", cell, sv_grid_cells(g)); }
    sv_learner made = *base;
    double value[SV_GRID_MAX_AXES];
    cell_values(value, g, cell);
    for (size_t a = 0; rc == SV_OK && a < g->axes; a++) { rc = sv_learner_set(&made, g->axis[a].name, value[a], err); }
    if (rc == SV_OK) { *l = made; }
    return rc;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static int check_folds(const sv_folds *f, size_t n, sv_error *err)
{
    if (f->folds < 2 || f->folds > n) {
        return sv_fail(err, SV_EINVAL, "%zu folds of %zu rows, expected 2 or more, and a row each", f->folds, n);
    }
    if (f->repeats < 1 || f->repeats > SV_TUNE_MAX_REPEATS) {
        return sv_fail(err, SV_EINVAL, "%zu repeats, expected 1 to %zu", f->repeats, SV_TUNE_MAX_REPEATS);
    }
    return SV_OK;
}

static int check_outcome(bool survival, const sv_matrix *x, const sv_outcome *y, sv_error *err)
{
    if (survival ? y->surv == NULL : y->label == NULL) {
        return sv_fail(err, SV_EINVAL, "no %s", survival ? "follow-up" : "labels");
    }
    if (!survival) {
        size_t ones;
        return sv_binary_check(&ones, y->label, x->rows, err);
    }
    if (y->surv->n != x->rows) {
        return sv_fail(err, SV_EINVAL, "follow-up of %zu rows for %zu rows of columns", y->surv->n, x->rows);
    }
    return sv_surv_check(y->surv, 2, err);
}

int sv_tune_check(const sv_learner *base, const sv_grid *grid, const sv_matrix *x, const sv_outcome *y,
                  sv_criterion criterion, const sv_folds *folds, sv_error *err)
{
    int rc = check_grid(grid, err);
    sv_learner l;
    for (size_t c = 0; rc == SV_OK && c < sv_grid_cells(grid); c++) {
        rc = sv_grid_learner(&l, base, grid, c, err);
        if (rc == SV_OK && criterion == SV_CRITERION_LOG_LOSS && !sv_learner_gives_shares(&l)) {
            rc = sv_fail(err, SV_EINVAL, "log_loss needs probabilities, which %s so set does not give", sv_method_name(l.method));
        }
    }
    if (rc != SV_OK) { return rc; }
    bool survival = sv_method_survival(base->method);
    if ((int)criterion < 0 || criterion >= SV_CRITERIA || sv_criterion_survival(criterion) != survival) {
        return sv_fail(err, SV_EINVAL, "criterion %s does not suit %s, which learns from %s",
                       (int)criterion < 0 || criterion >= SV_CRITERIA ? "unknown" : sv_criterion_name(criterion),
                       sv_method_name(base->method), survival ? "follow-up" : "labels");
    }
    rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc == SV_OK) { rc = check_outcome(survival, x, y, err); }
    return rc == SV_OK ? check_folds(folds, x->rows, err) : rc;
}

/* ---- folds ----------------------------------------------------------------------------------- */

int sv_folds_of(int *fold, const sv_folds *f, size_t repeat, bool survival, const sv_outcome *y, size_t n, sv_error *err)
{
    if (f->fold == NULL) {
        return sv_cv_folds(fold, survival ? y->surv->event : y->label, n, f->folds, f->seed + repeat, err);
    }
    size_t *held = SV_NEW(size_t, f->folds);
    if (held == NULL) { return sv_no_memory(err, "folds"); }
    int rc = SV_OK;
    memcpy(fold, f->fold + repeat * n, n * sizeof *fold);
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        if (fold[i] < 0 || (size_t)fold[i] >= f->folds) {
            rc = sv_fail(err, SV_EINVAL, "fold[%zu] is %d, expected 0 to %zu", repeat * n + i, fold[i], f->folds - 1);
        } else {
            held[fold[i]]++;
        }
    }
    for (size_t k = 0; rc == SV_OK && k < f->folds; k++) {
        if (held[k] == 0) { rc = sv_fail(err, SV_ETOOSMALL, "fold %zu of repeat %zu has no row", k, repeat); }
    }
    free(held);
    return rc;
}

static sv_outcome view(sv_surv *surv, const sv_part *t, bool survival, const sv_outcome *like)
{
    if (!survival) { return (sv_outcome){ .label = t->event }; }
    *surv = sv_part_surv(t, like->surv);
    return (sv_outcome){ .surv = surv };
}

static int part_of(sv_part *t, bool survival, const sv_matrix *x, const sv_outcome *y, const int *fold, size_t k, bool inside,
                   sv_error *err)
{
    return sv_part_make(t, x, survival ? y->surv : NULL, survival ? NULL : y->label, survival ? y->surv->weight : NULL,
                        fold, k, inside, err);
}

int sv_sides_make(sv_sides *s, bool survival, const sv_matrix *x, const sv_outcome *y, const int *fold, size_t k,
                  sv_error *err)
{
    *s = (sv_sides){ 0 };
    int rc = part_of(&s->in, survival, x, y, fold, k, true, err);
    if (rc == SV_OK) { rc = part_of(&s->rest, survival, x, y, fold, k, false, err); }
    if (rc != SV_OK) {
        sv_sides_free(s);
        return rc;
    }
    s->x_in = sv_part_matrix(&s->in);
    s->x_rest = sv_part_matrix(&s->rest);
    s->y_in = view(&s->surv_in, &s->in, survival, y);
    s->y_rest = view(&s->surv_rest, &s->rest, survival, y);
    return SV_OK;
}

void sv_sides_free(sv_sides *s)
{
    sv_part_free(&s->in);
    sv_part_free(&s->rest);
}

int sv_fit_without_fold(sv_fitted **out, const sv_learner *l, const sv_matrix *x, const sv_outcome *y, const int *fold,
                        size_t k, sv_error *err)
{
    bool survival = sv_method_survival(l->method);
    if (survival ? y->surv == NULL || y->surv->n != x->rows : y->label == NULL) {
        return sv_fail(err, SV_EINVAL, "%s needs %s of the %zu rows", sv_method_name(l->method),
                       survival ? "the follow-up" : "labels", x->rows);
    }
    sv_part rest;
    sv_surv surv;
    int rc = part_of(&rest, survival, x, y, fold, k, false, err);
    if (rc != SV_OK) { return rc; }
    sv_matrix m = sv_part_matrix(&rest);
    sv_outcome o = view(&surv, &rest, survival, y);
    rc = sv_learner_fit(out, l, &m, &o, err);
    sv_part_free(&rest);
    return rc;
}

/* ---- the choice ------------------------------------------------------------------------------ */

size_t sv_mean_defined(double *mean, double *sd, const double *v, size_t n)
{
    double sum = 0, squares = 0, k = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(v[i])) { continue; }
        sum += v[i];
        k++;
    }
    *mean = k > 0 ? sum / k : SV_NAN;
    for (size_t i = 0; i < n; i++) { squares += isnan(v[i]) ? 0 : (v[i] - *mean) * (v[i] - *mean); }
    *sd = k > 1 ? sqrt(squares / (k - 1)) : SV_NAN;
    return (size_t)k;
}

typedef struct search {
    sv_tune *t;
    const sv_learner *base;
    const sv_grid *grid;
    const sv_matrix *x;
    const sv_outcome *y;
    const sv_tune_opts *o;
    size_t places, done;
    double *raw;                  /* [cells][places] NaN: undefined, or failed                    */
    int *fold;
    sv_error first;               /* the first failure                                            */
} search;

/* All cells on one fold. */
static int run_fold(search *s, size_t place, size_t k, sv_error *err)
{
    sv_sides sides;
    int rc = sv_sides_make(&sides, sv_method_survival(s->base->method), s->x, s->y, s->fold, k, err);
    if (rc != SV_OK) { return rc; }
    for (size_t c = 0; rc == SV_OK && c < s->t->cells; c++) {
        sv_learner l;
        sv_fitted *f = NULL;
        sv_error why;
        double *out = &s->raw[c * s->places + place];
        *out = SV_NAN;
        rc = sv_grid_learner(&l, s->base, s->grid, c, err);
        if (rc != SV_OK) { break; }
        rc = sv_learner_fit(&f, &l, &sides.x_rest, &sides.y_rest, &why);
        if (rc == SV_OK) { rc = sv_criterion_value(out, s->o->criterion, f, &sides.x_in, &sides.y_in, &why); }
        sv_fitted_free(f);
        if (rc == SV_ENOMEM) { rc = sv_fail(err, SV_ENOMEM, "%s", why.msg); }
        if (rc != SV_OK && rc != SV_ENOMEM) {
            if (s->first.code == SV_OK) { s->first = why; }
            s->t->failed[c]++;
            rc = SV_OK;
        }
        s->done++;
        if (rc == SV_OK && s->o->progress != NULL && !s->o->progress(s->o->context, s->done, s->t->fits)) {
            rc = sv_fail(err, SV_EINVAL, "stopped after %zu of %zu fits", s->done, s->t->fits);
        }
    }
    sv_sides_free(&sides);
    return rc;
}

/* Which of the cells without a failure; sign: -1 where the least is best. */
static int choose(search *s, double sign, sv_error *err)
{
    sv_tune *t = s->t;
    size_t defined = 0, best = SIZE_MAX;
    for (size_t c = 0; c < t->cells; c++) {
        size_t k = sv_mean_defined(&t->mean[c], &t->sd[c], s->raw + c * s->places, s->places);
        if (t->failed[c] > 0) {
            t->mean[c] = t->sd[c] = SV_NAN;
        } else if (k > 0 && (best == SIZE_MAX || sign * (t->mean[c] - t->mean[best]) > 1e-12)) {
            best = c;
            defined = k;
        }
    }
    if (best == SIZE_MAX && s->first.code != SV_OK) {
        return sv_fail(err, SV_ENUMERIC, "no setting could be fitted in every fold: %.150s", s->first.msg);
    }
    if (best == SIZE_MAX) {
        return sv_fail(err, SV_ETOOSMALL, "%s is not defined in any fold", sv_criterion_name(s->o->criterion));
    }
    t->best = best;
    double within = s->o->one_se && t->sd[best] > 0 ? t->sd[best] / sqrt((double)defined) : 0;
    for (size_t c = 0; within > 0 && c < best && t->best == best; c++) {
        if (sign * (t->mean[c] - t->mean[best]) + within >= 0) { t->best = c; }
    }
    return SV_OK;
}

static int run(search *s, sv_error *err)
{
    sv_tune *t = s->t;
    const sv_folds *f = &s->o->folds;
    t->cells = sv_grid_cells(s->grid);
    t->axes = s->grid->axes;
    s->places = f->folds * f->repeats;
    t->fits = t->cells * s->places;
    if (s->places > SIZE_MAX / sizeof(double) / t->cells) { return sv_fail(err, SV_ELIMIT, "%zu cells in %zu folds", t->cells, s->places); }
    t->value = SV_NEW(double, t->cells * (t->axes > 0 ? t->axes : 1));
    t->mean = SV_NEW(double, t->cells);
    t->sd = SV_NEW(double, t->cells);
    t->failed = SV_NEW(size_t, t->cells);
    s->raw = SV_NEW(double, t->fits);
    s->fold = SV_NEW(int, s->x->rows);
    if (!(t->value && t->mean && t->sd && t->failed && s->raw && s->fold)) { return sv_no_memory(err, "a search"); }
    for (size_t c = 0; c < t->cells; c++) { cell_values(t->value + c * t->axes, s->grid, c); }
    int rc = SV_OK;
    for (size_t r = 0; rc == SV_OK && r < f->repeats; r++) {
        rc = sv_folds_of(s->fold, f, r, sv_method_survival(s->base->method), s->y, s->x->rows, err);
        for (size_t k = 0; rc == SV_OK && k < f->folds; k++) { rc = run_fold(s, r * f->folds + k, k, err); }
    }
    return rc == SV_OK ? choose(s, sv_criterion_least_is_best(s->o->criterion) ? -1 : 1, err) : rc;
}

int sv_tune_grid(sv_tune *out, const sv_learner *base, const sv_grid *grid, const sv_matrix *x, const sv_outcome *y,
                 const sv_tune_opts *opts, sv_error *err)
{
    int rc = sv_tune_check(base, grid, x, y, opts->criterion, &opts->folds, err);
    if (rc != SV_OK) { return rc; }
    sv_tune t = { 0 };
    search s = { .t = &t, .base = base, .grid = grid, .x = x, .y = y, .o = opts };
    rc = run(&s, err);
    free(s.raw);
    free(s.fold);
    if (rc == SV_OK) { *out = t; } else { sv_tune_free(&t); }
    return rc;
}
