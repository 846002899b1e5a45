/* pen_quadratic.c - coordinate descent for the quadratic that stands for the likelihood.
 *
 * With many rows its time is that of reading the columns, so four neighbours of the set take their
 * turns on one reading: the same steps, in the same order, as one column after another. */
#include <math.h>
#include <string.h>

#include "linalg.h"
#include "num.h"
#include "pen_state.h"
#include "vector.h"

static double shrink(double z, double by)
{
    return z > by ? z - by : z < -by ? z + by : 0;
}

void pen_four(const double *x[4], const pen_state *s, const size_t *columns, size_t width)
{
    for (size_t k = 0; k < 4; k++) {
        x[k] = s->d->x + columns[k < width ? k : width - 1] * s->d->n;
    }
}

/* Moves coefficient j to its optimum, where u is the slope along it; by how much. */
static double descend(pen_state *s, size_t j, double u)
{
    double limit = s->lambda * s->o->alpha * s->factor[j];
    double ridge = s->lambda * (1 - s->o->alpha) * s->factor[j];
    double old = s->beta[j], v = s->curve[j];
    if (v + ridge > 0) { s->beta[j] = shrink(u + v * old, limit) / (v + ridge); }
    return s->beta[j] - old;
}

/* Anything to do for these, whose slopes are u? */
static bool any_moves(const pen_state *s, const size_t *column, size_t width, const double u[4])
{
    for (size_t k = 0; k < width; k++) {
        size_t j = column[k];
        if (fabs(s->beta[j]) > 0 || fabs(u[k]) > s->lambda * s->o->alpha * s->factor[j]) { return true; }
    }
    return false;
}

/* Moves each of up to four neighbours of the set, from `first` on, to its optimum in turn. What one
 * does to the slopes of those after it is told by their products, so that the rows are read once
 * and written once for all four. What any of them gains is at most half of the value returned. */
static double descend_four(pen_state *s, size_t first, bool selected_only)
{
    const size_t *column = s->set + first;
    size_t width = s->n_set - first < 4 ? s->n_set - first : 4, n = s->d->n;
    const double *x[4];
    double u[4], by[4] = { 0 }, *gram = s->gram + first / 4 * 16, most = 0;
    bool skip[4], all = true, moved = false;
    for (size_t k = 0; k < width; k++) {
        skip[k] = selected_only && fabs(s->beta[column[k]]) <= 0;
        all = all && skip[k];
    }
    if (all) { return 0; }
    pen_four(x, s, column, width);
    sv_dot_four(u, x, s->residual, n);
    if (!any_moves(s, column, width, u)) { return 0; }
    if (s->curve[column[0]] < 0) {
        sv_gram_four(gram, x, s->f->curve, n);
        for (size_t k = 0; k < width; k++) { s->curve[column[k]] = gram[k * 4 + k]; }
    }
    for (size_t k = 0; k < width; k++) {
        if (skip[k]) { continue; }
        by[k] = descend(s, column[k], u[k]);
        moved = moved || fabs(by[k]) > 0;
        for (size_t l = k + 1; l < width; l++) { u[l] -= by[k] * gram[k * 4 + l]; }
        most = fmax(most, gram[k * 4 + k] * by[k] * by[k]);
    }
    if (moved) { sv_move_four(s->move, s->residual, by, x, s->f->curve, n); }
    return most;
}

static double descend_intercept(pen_state *s)
{
    double u = 0, v = 0;
    for (size_t i = 0; i < s->d->n; i++) {
        u += s->residual[i];
        v += s->f->curve[i];
    }
    if (!(v > 0)) { return 0; }
    double by = u / v;
    s->intercept += by;
    for (size_t i = 0; i < s->d->n; i++) {
        s->move[i] += by;
        s->residual[i] -= by * s->f->curve[i];
    }
    return v * by * by;
}

double pen_penalty(const pen_state *s)
{
    double sum = 0, a = s->o->alpha;
    for (size_t k = 0; k < s->n_set; k++) {
        double b = s->beta[s->set[k]];
        sum += s->factor[s->set[k]] * (a * fabs(b) + (1 - a) / 2 * b * b);
    }
    return s->lambda * sum;
}

/* Once over the working set; the largest gain. */
static double pass(pen_state *s, bool selected_only)
{
    double most = 0;
    for (size_t k = 0; k < s->n_set; k += 4) { most = fmax(most, descend_four(s, k, selected_only)); }
    if (s->f->with_intercept) { most = fmax(most, descend_intercept(s)); }
    s->passes++;
    return most;
}

/* Half the residual's squares over the curvature: the quadratic up to a constant. */
static double quadratic(const pen_state *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->d->n; i++) {
        double r = s->residual[i], h = s->f->curve[i];
        if (h > 0) { sum += r * r / h; }
    }
    return sum / 2 + pen_penalty(s);
}

static double *past_beta(const pen_state *s, const pen_trail *t, size_t k)
{
    return t->beta + k * (s->d->p + 1);
}

void pen_remember(pen_state *s, pen_trail *t, const double *rows)
{
    double *beta = past_beta(s, t, t->n_kept);
    for (size_t i = 0; i < s->n_set; i++) { beta[i] = s->beta[s->set[i]]; }
    beta[s->n_set] = s->intercept;
    memcpy(t->rows + t->n_kept * s->d->n, rows, s->d->n * sizeof *rows);
    t->n_kept++;
}

void pen_recall(pen_state *s, double *rows, const pen_trail *t, const double weight[PEN_PAST])
{
    size_t n = s->d->n;
    memset(rows, 0, n * sizeof *rows);
    for (size_t i = 0; i < s->n_set; i++) { s->beta[s->set[i]] = 0; }
    s->intercept = 0;
    for (size_t k = 0; k < PEN_PAST; k++) {
        const double *beta = past_beta(s, t, k);
        for (size_t i = 0; i < s->n_set; i++) { s->beta[s->set[i]] += weight[k] * beta[i]; }
        s->intercept += weight[k] * beta[s->n_set];
        sv_add_scaled(rows, weight[k], t->rows + k * n, n);
    }
}

bool pen_extrapolation(double weight[PEN_PAST], const pen_state *s, const pen_trail *t)
{
    enum { K = PEN_PAST - 1 };
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

const double pen_stay[PEN_PAST] = { [PEN_PAST - 1] = 1 };

/* The slope of the quadratic follows from what was moved. */
static void residual_of_move(pen_state *s)
{
    for (size_t i = 0; i < s->d->n; i++) {
        s->residual[i] = s->f->slope[i] - s->f->curve[i] * s->move[i];
    }
}

/* Leaps within the quadratic, where that makes it the lower. */
static void leap_step(pen_state *s)
{
    double weight[PEN_PAST];
    pen_remember(s, &s->steps, s->move);
    if (s->steps.n_kept < PEN_PAST) { return; }
    s->steps.n_kept = 0;
    double before = quadratic(s);
    if (!pen_extrapolation(weight, s, &s->steps)) { return; }
    pen_recall(s, s->move, &s->steps, weight);
    residual_of_move(s);
    if (quadratic(s) < before) { return; }
    pen_recall(s, s->move, &s->steps, pen_stay);
    residual_of_move(s);
}

void pen_solve_quadratic(pen_state *s)
{
    memcpy(s->residual, s->f->slope, s->d->n * sizeof *s->residual);
    memset(s->move, 0, s->d->n * sizeof *s->move);
    for (size_t k = 0; k < s->n_set; k++) { s->curve[s->set[k]] = -1; }
    s->steps.n_kept = 0;
    double gain = pass(s, false);
    while (gain > s->tolerance && s->passes < s->o->max_passes) {
        gain = pass(s, true);
        leap_step(s);
    }
}
