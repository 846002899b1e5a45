/* pen_path.c - coordinate descent along a sequence of lambda.
 *
 * At each lambda the likelihood is replaced by a quadratic at the current predictor, coordinate
 * descent solves that over a working set, and the two take turns until nothing moves. The set
 * holds what is selected and what the strong rule lets in; every other column's slope is then
 * looked at, and those that break the optimality conditions join and the turn begins again: so the
 * result is the optimum over all columns, whatever the rule left out. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg.h"
#include "mem.h"
#include "num.h"
#include "pen.h"
#include "vector.h"

enum { PAST = 6 };             /* iterates that an extrapolation looks at */

/* The last iterates of a descent, and what they make of the rows. */
typedef struct trail {
    double *beta;              /* [PAST][p + 1] of the set, then the intercept                */
    double *rows;              /* [PAST][n]                                                   */
    size_t n_kept;
} trail;

typedef struct path_state {
    pen_family *f;
    const pen_design *d;
    const sv_path_opts *o;
    double *beta, *start;      /* [p] now, and where the quadratic was taken                  */
    double *factor;            /* [p] penalty factors                                         */
    double *slope;             /* [p] of the log likelihood, at the last fit                  */
    double *curve;             /* [p] of the quadratic; < 0: not computed yet                 */
    double *residual;          /* [n] slope of the quadratic at beta                          */
    double *eta, *trial, *move;/* [n]                                                         */
    trail steps, turns;        /* of the quadratic (with its residual), of settle (with eta)  */
    size_t *set;               /* [p] working set                                             */
    bool *in_set;
    size_t n_set, passes;
    double intercept, lambda, tolerance;
    bool any_gain;             /* the last quadratic step could be taken                      */
} path_state;

static bool trail_make(trail *t, size_t n, size_t p)
{
    t->beta = SV_NEW(double, PAST * (p + 1));
    t->rows = SV_NEW(double, PAST * n);
    return t->beta != NULL && t->rows != NULL;
}

static void trail_free(trail *t)
{
    free(t->beta);
    free(t->rows);
}

static void state_free
(path_state *s)
{
    free(s->beta);
    free(s->start);
    free(s->factor);
    free(s->slope);
    free(s->curve);
    free(s->residual);
    free(s->eta);
    free(s->trial);
    free(s->move);
    trail_free(&s->steps);
    trail_free(&s->turns);
    free(s->set);
    free(s->in_set);
}

static int state_make(path_state *s, pen_family *f, const pen_design *d, size_t p_all,
                      const sv_path_opts *o, sv_error *err)
{
    size_t n = d->n, p = d->p;
    *s = (path_state){ .f = f, .d = d, .o = o };
    s->beta = SV_NEW(double, p);
    s->start = SV_NEW(double, p);
    s->factor = SV_NEW(double, p);
    s->slope = SV_NEW(double, p);
    s->curve = SV_NEW(double, p);
    s->residual = SV_NEW(double, n);
    s->eta = SV_NEW(double, n);
    s->trial = SV_NEW(double, n);
    s->move = SV_NEW(double, n);
    bool kept = trail_make(&s->steps, n, p) && trail_make(&s->turns, n, p);
    s->set = SV_NEW(size_t, p);
    s->in_set = SV_NEW(bool, p);
    if (s->beta == NULL || s->start == NULL || s->factor == NULL || s->slope == NULL ||
        s->curve == NULL || s->residual == NULL || s->eta == NULL || s->trial == NULL ||
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

static void join(path_state *s, size_t j)
{
    if (s->in_set[j]) { return; }
    s->in_set[j] = true;
    s->set[s->n_set++] = j;
}

static const double *column(const path_state *s, size_t j) { return s->d->x + j * s->d->n; }

/* ---- The quadratic --------------------------------------------------------------------------- */

static double shrink(double z, double by)
{
    return z > by ? z - by : z < -by ? z + by : 0;
}

/* Moves coefficient j to its optimum; what that gains is at most half of the value returned. */
static double descend(path_state *s, size_t j)
{
    const double *x = column(s, j);
    size_t n = s->d->n;
    double limit = s->lambda * s->o->alpha * s->factor[j];
    double u = sv_dot(x, s->residual, n), old = s->beta[j];
    if (fabs(old) <= 0 && fabs(u) <= limit) { return 0; }
    if (s->curve[j] < 0) { s->curve[j] = sv_dot_weighted(s->f->curve, x, n); }
    double v = s->curve[j], ridge = s->lambda * (1 - s->o->alpha) * s->factor[j];
    double now = v + ridge > 0 ? shrink(u + v * old, limit) / (v + ridge) : old;
    double by = now - old;
    if (fabs(by) <= 0) { return 0; }
    s->beta[j] = now;
    sv_add_scaled_weighted(s->residual, -by, s->f->curve, x, n);
    return v * by * by;
}

static double descend_intercept(path_state *s)
{
    double u = 0, v = 0;
    for (size_t i = 0; i < s->d->n; i++) {
        u += s->residual[i];
        v += s->f->curve[i];
    }
    if (!(v > 0)) { return 0; }
    double by = u / v;
    s->intercept += by;
    for (size_t i = 0; i < s->d->n; i++) { s->residual[i] -= by * s->f->curve[i]; }
    return v * by * by;
}

static double penalty(const path_state *s)
{
    double sum = 0, a = s->o->alpha;
    for (size_t k = 0; k < s->n_set; k++) {
        double b = s->beta[s->set[k]];
        sum += s->factor[s->set[k]] * (a * fabs(b) + (1 - a) / 2 * b * b);
    }
    return s->lambda * sum;
}

/* Once over the working set; the largest gain. */
static double pass(path_state *s, bool selected_only)
{
    double most = 0;
    for (size_t k = 0; k < s->n_set; k++) {
        size_t j = s->set[k];
        if (selected_only && fabs(s->beta[j]) <= 0) { continue; }
        most = fmax(most, descend(s, j));
    }
    if (s->f->with_intercept) { most = fmax(most, descend_intercept(s)); }
    s->passes++;
    return most;
}

/* Half the residual's squares over the curvature: the quadratic up to a constant. */
static double quadratic(const path_state *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->d->n; i++) {
        double r = s->residual[i], h = s->f->curve[i];
        if (h > 0) { sum += r * r / h; }
    }
    return sum / 2 + penalty(s);
}

static double *past_beta(const path_state *s, const trail *t, size_t k)
{
    return t->beta + k * (s->d->p + 1);
}

static void remember(path_state *s, trail *t, const double *rows)
{
    double *beta = past_beta(s, t, t->n_kept);
    for (size_t i = 0; i < s->n_set; i++) { beta[i] = s->beta[s->set[i]]; }
    beta[s->n_set] = s->intercept;
    memcpy(t->rows + t->n_kept * s->d->n, rows, s->d->n * sizeof *rows);
    t->n_kept++;
}

static void recall(path_state *s, double *rows, const trail *t, const double weight[PAST])
{
    size_t n = s->d->n;
    memset(rows, 0, n * sizeof *rows);
    for (size_t i = 0; i < s->n_set; i++) { s->beta[s->set[i]] = 0; }
    s->intercept = 0;
    for (size_t k = 0; k < PAST; k++) {
        const double *beta = past_beta(s, t, k);
        for (size_t i = 0; i < s->n_set; i++) { s->beta[s->set[i]] += weight[k] * beta[i]; }
        s->intercept += weight[k] * beta[s->n_set];
        sv_add_scaled(rows, weight[k], t->rows + k * n, n);
    }
}

/* Anderson's acceleration (Bertrand & Massias 2021): weights c of the last PAST iterates that sum
 * to 1 and make |sum c_k (b_k+1 - b_k)| least, the point where the iteration would stand still.
 * False if the steps do not tell. */
static bool extrapolation(double weight[PAST], const path_state *s, const trail *t)
{
    enum { K = PAST - 1 };
    double gram[K * K], c[K], trace = 0, sum = 0;
    for (size_t a = 0; a < K; a++) {
        for (size_t b = 0; b <= a; b++) {
            const double *x = past_beta(s, t, a), *y = past_beta(s, t, b);
            const double *x1 = past_beta(s, t, a + 1), *y1 = past_beta(s, t, b + 1);
            double dot = 0;
            for (size_t i = 0; i <= s->n_set; i++) { dot += (x1[i] - x[i]) * (y1[i] - y[i]); }
            gram[a * K + b] = gram[b * K + a] = dot;
        }
        trace += gram[a * K + a];
        c[a] = 1;
    }
    if (!(trace > 0)) { return false; }
    for (size_t a = 0; a < K; a++) { gram[a * K + a] += 1e-12 * trace; }
    if (sv_ldl(gram, K, 1e-14, NULL) < K) { return false; }
    sv_ldl_solve(gram, K, c);
    for (size_t a = 0; a < K; a++) { sum += c[a]; }
    if (!(fabs(sum) > 0)) { return false; }
    weight[0] = 0;
    for (size_t a = 0; a < K; a++) { weight[a + 1] = c[a] / sum; }
    return true;
}

static const double stay[PAST] = { [PAST - 1] = 1 };

/* Leaps within the quadratic, where that makes it the lower. */
static void leap_step(path_state *s)
{
    double weight[PAST], before = quadratic(s);
    remember(s, &s->steps, s->residual);
    if (s->steps.n_kept < PAST) { return; }
    s->steps.n_kept = 0;
    if (!extrapolation(weight, s, &s->steps)) { return; }
    recall(s, s->residual, &s->steps, weight);
    if (!(quadratic(s) < before)) { recall(s, s->residual, &s->steps, stay); }
}

static void solve_quadratic(path_state *s)
{
    memcpy(s->residual, s->f->slope, s->d->n * sizeof *s->residual);
    for (size_t k = 0; k < s->n_set; k++) { s->curve[s->set[k]] = -1; }
    s->steps.n_kept = 0;
    double gain = pass(s, false);
    while (gain > s->tolerance && s->passes < s->o->max_passes) {
        gain = pass(s, true);
        leap_step(s);
    }
}

/* ---- The likelihood -------------------------------------------------------------------------- */

static void add_change(path_state *s, double from_intercept)
{
    for (size_t i = 0; i < s->d->n; i++) { s->move[i] = s->intercept - from_intercept; }
    for (size_t k = 0; k < s->n_set; k++) {
        size_t j = s->set[k];
        double by = s->beta[j] - s->start[j];
        if (fabs(by) > 0) { sv_add_scaled(s->move, by, column(s, j), s->d->n); }
    }
}

/* Takes the step to the quadratic's optimum, or the largest half, quarter ... of it that does not
 * make the objective worse. False if none does. */
static bool take_step(path_state *s, double objective, double from_intercept)
{
    size_t n = s->d->n;
    add_change(s, from_intercept);
    double slack = 1e-12 * (1 + fabs(objective));
    for (int halvings = 0; halvings < 30; halvings++) {
        for (size_t i = 0; i < n; i++) { s->trial[i] = s->eta[i] + s->move[i]; }
        pen_family_at(s->f, s->trial);
        double now = -s->f->loglik / s->f->total + penalty(s);
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
static void leap_turn(path_state *s)
{
    double weight[PAST], before = -s->f->loglik / s->f->total + penalty(s);
    remember(s, &s->turns, s->eta);
    if (s->turns.n_kept < PAST) { return; }
    s->turns.n_kept = 0;
    if (!extrapolation(weight, s, &s->turns)) { return; }
    recall(s, s->eta, &s->turns, weight);
    pen_family_at(s->f, s->eta);
    if (-s->f->loglik / s->f->total + penalty(s) < before) { return; }
    recall(s, s->eta, &s->turns, stay);
    pen_family_at(s->f, s->eta);
}

/* Quadratic and likelihood in turns over the working set, until nothing in it moves. */
static bool settle(path_state *s)
{
    s->turns.n_kept = 0;
    for (;;) {
        double from_intercept = s->intercept;
        for (size_t k = 0; k < s->n_set; k++) { s->start[s->set[k]] = s->beta[s->set[k]]; }
        double objective = -s->f->loglik / s->f->total + penalty(s);
        solve_quadratic(s);
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

/* The optimum at s->lambda over all columns; leaves the slopes of those not selected. */
static bool fit_lambda(path_state *s)
{
    for (;;) {
        if (!settle(s)) { return false; }
        bool whole = true;
        for (size_t j = 0; j < s->d->p; j++) {
            if (fabs(s->beta[j]) > 0) { continue; }
            s->slope[j] = sv_dot(column(s, j), s->f->slope, s->d->n);
            if (!s->in_set[j] && fabs(s->slope[j]) > s->lambda * s->o->alpha * s->factor[j]) {
                join(s, j);
                whole = false;
            }
        }
        if (whole) { return true; }
    }
}

/* ---- The sequence ---------------------------------------------------------------------------- */

/* The empty model, with what is not penalised fitted; leaves all slopes. */
static bool fit_null(path_state *s, double *null_loglik)
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
    for (size_t j = 0; j < s->d->p; j++) { s->slope[j] = sv_dot(column(s, j), s->f->slope, s->d->n); }
    return true;
}

static double largest_lambda(const path_state *s)
{
    double most = 0;
    for (size_t j = 0; j < s->d->p; j++) {
        if (s->factor[j] > 0) { most = fmax(most, fabs(s->slope[j]) / s->factor[j]); }
    }
    return most / fmax(s->o->alpha, 1e-3) * (1 + 4 * DBL_EPSILON);   /* nothing is selected at it */
}

static void make_sequence(double *lambda, const path_state *s, size_t p_all)
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
static void choose_set(path_state *s, double lambda_before)
{
    double limit = s->o->alpha * (2 * s->lambda - lambda_before);
    s->n_set = 0;
    memset(s->in_set, 0, s->d->p * sizeof *s->in_set);
    for (size_t j = 0; j < s->d->p; j++) {
        if (fabs(s->beta[j]) > 0 || fabs(s->slope[j]) >= limit * s->factor[j]) { join(s, j); }
    }
}

static void keep_fit(sv_path *out, const path_state *s, size_t k, double null_loglik)
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
static bool no_more_gain(const sv_path *out, const path_state *s, size_t k)
{
    size_t least = s->o->n_lambda < 5 ? s->o->n_lambda : 5;
    if (!s->o->stop_early || s->o->lambda != NULL || k + 1 < least) { return false; }
    const double *r = out->deviance_ratio;
    if (s->f->y != NULL) { return r[k] > 0.999 || r[k] - r[k - 1] < 1e-5; }
    return r[k] > 0.99 || r[k] - r[k + 1 - least] < 1e-3 * r[k];
}

static void run(sv_path *out, path_state *s, double null_loglik)
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
    path_state s;
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
