/* pen_path.c - penalised fits along a sequence of lambda.
 *
 * At each lambda the likelihood is replaced by a quadratic at the current predictor, coordinate
 * descent (pen_quadratic.c) solves that over a working set, and the two take turns until nothing
 * moves. The set holds what is selected and what the strong rule lets in; every other column's
 * slope is then looked at, and those that break the optimality conditions join and the turn begins
 * again: so the result is the optimum over all columns, whatever the rule left out. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "pen_state.h"
#include "vector.h"

static bool trail_make(pen_trail *t, size_t n, size_t p)
{
    t->beta = SV_NEW(double, PEN_PAST * (p + 1));
    t->rows = SV_NEW(double, PEN_PAST * n);
    return t->beta != NULL && t->rows != NULL;
}

static void trail_free(pen_trail *t)
{
    free(t->beta);
    free(t->rows);
}

static void state_free(pen_state *s)
{
    free(s->beta);
    free(s->start);
    free(s->factor);
    free(s->slope);
    free(s->curve);
    free(s->gram);
    free(s->residual);
    free(s->eta);
    free(s->trial);
    free(s->move);
    trail_free(&s->steps);
    trail_free(&s->turns);
    free(s->set);
    free(s->in_set);
}

static int state_make(pen_state *s, pen_family *f, const pen_design *d, size_t p_all,
                      const sv_path_opts *o, sv_error *err)
{
    size_t n = d->n, p = d->p;
    *s = (pen_state){ .f = f, .d = d, .o = o };
    s->beta = SV_NEW(double, p);
    s->start = SV_NEW(double, p);
    s->factor = SV_NEW(double, p);
    s->slope = SV_NEW(double, p);
    s->curve = SV_NEW(double, p);
    s->gram = SV_NEW(double, (p + 3) / 4 * 16);
    s->residual = SV_NEW(double, n);
    s->eta = SV_NEW(double, n);
    s->trial = SV_NEW(double, n);
    s->move = SV_NEW(double, n);
    bool kept = trail_make(&s->steps, n, p) && trail_make(&s->turns, n, p);
    s->set = SV_NEW(size_t, p);
    s->in_set = SV_NEW(bool, p);
    if (s->beta == NULL || s->start == NULL || s->factor == NULL || s->slope == NULL ||
        s->curve == NULL || s->gram == NULL || s->residual == NULL || s->eta == NULL || s->trial == NULL ||
        s->move == NULL || !kept ||
        s->set == NULL || s->in_set == NULL) {
        state_free(s);
        return sv_no_memory(err, "the coefficients' path");
    }
    double sum = 0;
    for (size_t j = 0; j < p_all && o->penalty_factor != NULL; j++) { sum += o->penalty_factor[j]; }
    for (size_t j = 0; j < p; j++) {
        s->factor[j] = o->penalty_factor == NULL
                           ? 1 : o->penalty_factor[d->column[j]] * (double)p_all / sum;
    }
    return SV_OK;
}

static void join(pen_state *s, size_t j)
{
    if (s->in_set[j]) { return; }
    s->in_set[j] = true;
    s->set[s->n_set++] = j;
}

/* ---- The likelihood -------------------------------------------------------------------------- */

/* Takes the step to the quadratic's optimum, or the largest half, quarter ... of it that does not
 * make the objective worse. False if none does. */
static bool take_step(pen_state *s, double objective, double from_intercept)
{
    size_t n = s->d->n;
    double slack = 1e-12 * (1 + fabs(objective));
    for (int halvings = 0; halvings < 30; halvings++) {
        for (size_t i = 0; i < n; i++) { s->trial[i] = s->eta[i] + s->move[i]; }
        pen_family_at(s->f, s->trial);
        double now = -s->f->loglik / s->f->total + pen_penalty(s);
        if (now <= objective + slack) {
            memcpy(s->eta, s->trial, n * sizeof *s->eta);
            return true;
        }
        for (size_t i = 0; i < n; i++) { s->move[i] /= 2; }
        for (size_t k = 0; k < s->n_set; k++) {
            size_t j = s->set[k];
            s->beta[j] = s->start[j] + (s->beta[j] - s->start[j]) / 2;
        }
        s->intercept = from_intercept + (s->intercept - from_intercept) / 2;
    }
    return false;
}

/* Leaps between likelihoods, where that makes the objective the lower. */
static void leap_turn(pen_state *s)
{
    double weight[PEN_PAST], before = -s->f->loglik / s->f->total + pen_penalty(s);
    pen_remember(s, &s->turns, s->eta);
    if (s->turns.n_kept < PEN_PAST) { return; }
    s->turns.n_kept = 0;
    if (!pen_extrapolation(weight, s, &s->turns)) { return; }
    pen_recall(s, s->eta, &s->turns, weight);
    pen_family_at(s->f, s->eta);
    if (-s->f->loglik / s->f->total + pen_penalty(s) < before) { return; }
    pen_recall(s, s->eta, &s->turns, pen_stay);
    pen_family_at(s->f, s->eta);
}

/* Quadratic and likelihood in turns over the working set, until nothing in it moves. */
static bool settle(pen_state *s)
{
    s->turns.n_kept = 0;
    for (;;) {
        double from_intercept = s->intercept;
        for (size_t k = 0; k < s->n_set; k++) { s->start[s->set[k]] = s->beta[s->set[k]]; }
        double objective = -s->f->loglik / s->f->total + pen_penalty(s);
        pen_solve_quadratic(s);
        if (!take_step(s, objective, from_intercept) || s->passes >= s->o->max_passes) { return false; }
        double most = 0;
        for (size_t k = 0; k < s->n_set; k++) {
            size_t j = s->set[k];
            double by = s->beta[j] - s->start[j];
            most = fmax(most, s->curve[j] > 0 ? s->curve[j] * by * by : 0);
        }
        if (most <= s->tolerance) { return true; }
        leap_turn(s);
    }
}

/* As look_around, of up to four columns. */
static void look_along(pen_state *s, const size_t *columns, size_t width)
{
    const double *x[4];
    double slope[4];
    pen_four(x, s, columns, width);
    sv_dot_four(slope, x, s->f->slope, s->d->n);
    for (size_t k = 0; k < width; k++) { s->slope[columns[k]] = slope[k]; }
}

/* The slopes of the log likelihood along all columns that are not selected. */
static void look_around(pen_state *s)
{
    size_t four[4], width = 0;
    for (size_t j = 0; j < s->d->p; j++) {
        if (fabs(s->beta[j]) > 0) { continue; }
        four[width++] = j;
        if (width == 4) {
            look_along(s, four, width);
            width = 0;
        }
    }
    if (width > 0) { look_along(s, four, width); }
}

/* The optimum at s->lambda over all columns; leaves the slopes of those not selected. */
static bool fit_lambda(pen_state *s)
{
    for (;;) {
        if (!settle(s)) { return false; }
        look_around(s);
        bool whole = true;
        for (size_t j = 0; j < s->d->p; j++) {
            bool outside = fabs(s->beta[j]) <= 0 && !s->in_set[j];
            if (outside && fabs(s->slope[j]) > s->lambda * s->o->alpha * s->factor[j]) {
                join(s, j);
                whole = false;
            }
        }
        if (whole) { return true; }
    }
}

/* ---- The sequence ---------------------------------------------------------------------------- */

/* The empty model, with what is not penalised fitted; leaves the slopes of the rest. */
static bool fit_null(pen_state *s, double *null_loglik)
{
    s->intercept = pen_family_null(s->f);
    for (size_t i = 0; i < s->d->n; i++) { s->eta[i] = s->intercept; }
    pen_family_at(s->f, s->eta);
    *null_loglik = s->f->loglik;
    s->tolerance = s->o->threshold * 2 * (s->f->saturated - *null_loglik) / s->f->total;
    for (size_t j = 0; j < s->d->p; j++) {
        if (!(s->factor[j] > 0)) { join(s, j); }
    }
    if (s->n_set > 0 && !settle(s)) { return false; }
    look_around(s);
    return true;
}

static double largest_lambda(const pen_state *s)
{
    double most = 0;
    for (size_t j = 0; j < s->d->p; j++) {
        if (s->factor[j] > 0) { most = fmax(most, fabs(s->slope[j]) / s->factor[j]); }
    }
    return most / fmax(s->o->alpha, 1e-3) * (1 + 4 * DBL_EPSILON);   /* nothing is selected at it */
}

static void make_sequence(double *lambda, const pen_state *s, size_t p_all)
{
    const sv_path_opts *o = s->o;
    double first = largest_lambda(s);
    double ratio = o->lambda_min_ratio > 0 ? o->lambda_min_ratio : s->d->n < p_all ? 1e-2 : 1e-4;
    for (size_t k = 0; k < o->n_lambda; k++) {
        lambda[k] = o->lambda != NULL ? o->lambda[k]
                    : o->n_lambda == 1 ? first
                    : first * pow(ratio, (double)k / (double)(o->n_lambda - 1));
    }
}

/* What is selected, what is not penalised, and what the strong rule does not rule out. */
static void choose_set(pen_state *s, double lambda_before)
{
    double limit = s->o->alpha * (2 * s->lambda - lambda_before);
    s->n_set = 0;
    memset(s->in_set, 0, s->d->p * sizeof *s->in_set);
    for (size_t j = 0; j < s->d->p; j++) {
        if (fabs(s->beta[j]) > 0 || fabs(s->slope[j]) >= limit * s->factor[j]) { join(s, j); }
    }
}

static void keep_fit(sv_path *out, const pen_state *s, size_t k, double null_loglik)
{
    double *coef = out->coef + k * out->p;
    out->intercept[k] = s->intercept;
    for (size_t j = 0; j < s->d->p; j++) {
        if (!(fabs(s->beta[j]) > 0)) { continue; }
        double b = s->beta[j] / s->d->scale[j];
        coef[s->d->column[j]] = b;
        out->n_selected[k]++;
        if (s->f->with_intercept) { out->intercept[k] -= b * s->d->mean[j]; }
    }
    out->deviance_ratio[k] = (s->f->loglik - null_loglik) / (s->f->saturated - null_loglik);
    out->n_lambda = k + 1;
}

/* glmnet's rules. */
static bool no_more_gain(const sv_path *out, const pen_state *s, size_t k)
{
    size_t least = s->o->n_lambda < 5 ? s->o->n_lambda : 5;
    if (!s->o->stop_early || s->o->lambda != NULL || k + 1 < least) { return false; }
    const double *r = out->deviance_ratio;
    if (s->f->y != NULL) { return r[k] > 0.999 || r[k] - r[k - 1] < 1e-5; }
    return r[k] > 0.99 || r[k] - r[k + 1 - least] < 1e-3 * r[k];
}

static void run(sv_path *out, pen_state *s, double null_loglik)
{
    double before = fmax(out->lambda[0], largest_lambda(s));
    for (size_t k = 0; k < s->o->n_lambda; k++) {
        s->lambda = out->lambda[k];
        choose_set(s, before);
        before = s->lambda;
        if (!fit_lambda(s)) {
            out->end = s->passes >= s->o->max_passes ? SV_PATH_PASSES : SV_PATH_DIVERGED;
            return;
        }
        keep_fit(out, s, k, null_loglik);
        if (no_more_gain(out, s, k)) {
            out->end = SV_PATH_NO_MORE_GAIN;
            return;
        }
    }
}

static bool path_make(sv_path *out, size_t n, size_t p, size_t n_lambda)
{
    *out = (sv_path){ .n = n, .p = p };
    out->lambda = SV_NEW(double, n_lambda);
    out->coef = SV_NEW(double, n_lambda * p);
    out->intercept = SV_NEW(double, n_lambda);
    out->n_selected = SV_NEW(size_t, n_lambda);
    out->deviance_ratio = SV_NEW(double, n_lambda);
    return out->lambda != NULL && out->coef != NULL && out->intercept != NULL &&
           out->n_selected != NULL && out->deviance_ratio != NULL;
}

int pen_path_run(sv_path *out, pen_family *f, const pen_design *d, size_t p_all,
                 const sv_path_opts *o, sv_error *err)
{
    pen_state s;
    sv_path path;
    int rc = state_make(&s, f, d, p_all, o, err);
    if (rc != SV_OK) { return rc; }
    double null_loglik = 0;
    if (!path_make(&path, d->n, p_all, o->n_lambda)) {
        rc = sv_no_memory(err, "the coefficients of all lambdas");
    } else if (!fit_null(&s, &null_loglik)) {
        rc = sv_fail(err, SV_ENUMERIC, "the model of the columns without penalty does not settle");
    } else {
        make_sequence(path.lambda, &s, p_all);
        path.null_deviance = 2 * (f->saturated - null_loglik);
        run(&path, &s, null_loglik);
        path.passes = s.passes;
        if (path.n_lambda == 0) {
            rc = sv_fail(err, SV_ENUMERIC, "no fit at the first lambda %g after %zu passes",
                         path.lambda[0], s.passes);
        }
    }
    state_free(&s);
    if (rc != SV_OK) {
        sv_path_free(&path);
        return rc;
    }
    *out = path;
    return SV_OK;
}
