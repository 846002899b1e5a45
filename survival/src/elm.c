/* elm.c - random hidden nodes, output weights by least squares. */
#include <survival/elm.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "classes.h"
#include "linalg.h"
#include "mem.h"
#include "minnorm.h"
#include "num.h"
#include "vector.h"

void sv_elm_free(sv_elm *e)
{
    if (e == NULL) { return; }
    free(e->weight);
    free(e->bias);
    free(e->beta);
    *e = (sv_elm){ 0 };
}

static int check_form(size_t hidden, uint32_t seed, sv_error *err)
{
    if (hidden < 1 || hidden > SV_ELM_MAX_HIDDEN) {
        return sv_fail(err, SV_EINVAL, "hidden is %zu, expected 1 to %zu nodes", hidden, SV_ELM_MAX_HIDDEN);
    }
    if (seed < 1 || seed > SV_ELM_MAX_SEED) {
        return sv_fail(err, SV_EINVAL, "seed is %u, expected 1 to %u", (unsigned)seed, SV_ELM_MAX_SEED);
    }
    return SV_OK;
}

static int check(const sv_matrix *x, const int *label, const sv_elm_opts *o, sv_error *err)
{
    int rc = check_form(o->hidden, o->seed, err);
    if (rc == SV_OK && !(o->cost > 0)) {
        rc = sv_fail(err, SV_EINVAL, "cost is %g, expected more than 0", o->cost);
    }
    if (rc == SV_OK) { rc = sv_matrix_check(x, x->rows, NULL, err); }
    if (rc != SV_OK) { return rc; }
    if (x->rows > (size_t)1 << 14) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, at most %d are accepted", x->rows, 1 << 14);
    }
    size_t ones;
    return sv_binary_check(&ones, label, x->rows, err);
}

/* Weights node by node, then all biases. */
static void draw(sv_elm *e, uint32_t seed)
{
    const uint64_t modulus = 2147483647;
    uint64_t s = seed;
    for (size_t k = 0; k < e->hidden * e->p; k++) {
        s = 16807 * s % modulus;
        e->weight[k] = 2 * ((double)s / (double)modulus) - 1;
    }
    for (size_t k = 0; k < e->hidden; k++) {
        s = 16807 * s % modulus;
        e->bias[k] = (double)s / (double)modulus;
    }
}

/* What the nodes say of row i. */
static void hidden_row(double *h, const sv_elm *e, const sv_matrix *x, size_t i)
{
    for (size_t k = 0; k < e->hidden; k++) {
        double z = e->bias[k];
        for (size_t j = 0; j < e->p; j++) { z += e->weight[k * e->p + j] * sv_at(x, i, j); }
        h[k] = 1 / (1 + exp(-z));
    }
}

/* h: rows x hidden, row after row. */
static int by_pseudo_inverse(sv_elm *e, double *h, size_t rows, const double *t, sv_error *err)
{
    sv_min_norm_info info;
    double tolerance = (double)(rows > e->hidden ? rows : e->hidden) * DBL_EPSILON;
    int rc;
    if (e->hidden >= rows) {                       /* h' has the rows as its columns */
        rc = sv_min_norm(e->beta, &info, h, e->hidden, rows, t, true, tolerance, err);
    } else {
        double *tall = SV_NEW(double, rows * e->hidden);
        if (tall == NULL) { return sv_no_memory(err, "the hidden layer"); }
        for (size_t i = 0; i < rows; i++) {
            for (size_t k = 0; k < e->hidden; k++) { tall[k * rows + i] = h[i * e->hidden + k]; }
        }
        rc = sv_min_norm(e->beta, &info, tall, rows, e->hidden, t, false, tolerance, err);
        free(tall);
    }
    if (rc == SV_OK) { e->condition = info.largest / info.smallest; }
    return rc;
}

/* (m m' + I / C)^-1 c for the n x k matrix m of rows. */
static int ridge_solve(double *c, const double *m, size_t n, size_t k, double cost, sv_error *err)
{
    double *g = SV_NEW(double, n * n);
    if (g == NULL) { return sv_no_memory(err, "the hidden layer's products"); }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b <= a; b++) { g[a * n + b] = sv_dot(m + a * k, m + b * k, k); }
        g[a * n + a] += 1 / cost;
    }
    (void)sv_ldl(g, n, DBL_EPSILON, NULL);
    sv_ldl_solve(g, n, c);
    free(g);
    return SV_OK;
}

/* The smaller of the two systems: beta = H' (H H' + I/C)^-1 T = (H' H + I/C)^-1 H' T. */
static int by_ridge(sv_elm *e, const double *h, size_t rows, const double *t, double cost, sv_error *err)
{
    size_t hidden = e->hidden;
    memset(e->beta, 0, hidden * sizeof *e->beta);
    if (hidden >= rows) {
        double *c = SV_NEW(double, rows);
        if (c == NULL) { return sv_no_memory(err, "the targets"); }
        memcpy(c, t, rows * sizeof *c);
        int rc = ridge_solve(c, h, rows, hidden, cost, err);
        for (size_t i = 0; rc == SV_OK && i < rows; i++) { sv_add_scaled(e->beta, c[i], h + i * hidden, hidden); }
        free(c);
        return rc;
    }
    double *turned = SV_NEW(double, rows * hidden);
    if (turned == NULL) { return sv_no_memory(err, "the hidden layer"); }
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < hidden; k++) { turned[k * rows + i] = h[i * hidden + k]; }
        sv_add_scaled(e->beta, t[i], h + i * hidden, hidden);
    }
    int rc = ridge_solve(e->beta, turned, hidden, rows, cost, err);
    free(turned);
    return rc;
}

static int fit(sv_elm *e, const sv_matrix *x, const int *label, const sv_elm_opts *o, sv_error *err)
{
    size_t n = x->rows;
    double *h = SV_NEW(double, n * o->hidden), *t = SV_NEW(double, n);
    int rc = h == NULL || t == NULL ? sv_no_memory(err, "the hidden layer") : SV_OK;
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        hidden_row(h + i * o->hidden, e, x, i);
        t[i] = label[i] == 1 ? 1 : -1;
    }
    if (rc == SV_OK) {
        rc = isinf(o->cost) ? by_pseudo_inverse(e, h, n, t, err) : by_ridge(e, h, n, t, o->cost, err);
    }
    free(h);
    free(t);
    return rc;
}

/* Its input weights drawn, its output weights 0. */
static int start(sv_elm *e, size_t p, size_t hidden, uint32_t seed, sv_error *err)
{
    *e = (sv_elm){ .p = p, .hidden = hidden, .weight = SV_NEW(double, hidden * p),
                   .bias = SV_NEW(double, hidden), .beta = SV_NEW(double, hidden), .condition = SV_NAN };
    if (e->weight == NULL || e->bias == NULL || e->beta == NULL) { return sv_no_memory(err, "the network"); }
    draw(e, seed);
    return SV_OK;
}

int sv_elm_restore(sv_elm *out, size_t p, size_t hidden, uint32_t seed, const double *beta, sv_error *err)
{
    int rc = check_form(hidden, seed, err);
    if (rc == SV_OK && (p < 1 || p > (size_t)1 << 20)) {
        rc = sv_fail(err, SV_EINVAL, "%zu columns, expected 1 to %d", p, 1 << 20);
    }
    if (rc != SV_OK) { return rc; }
    sv_elm e;
    rc = start(&e, p, hidden, seed, err);
    if (rc != SV_OK) {
        sv_elm_free(&e);
        return rc;
    }
    memcpy(e.beta, beta, hidden * sizeof *beta);
    *out = e;
    return SV_OK;
}

int sv_elm_fit(sv_elm *out, const sv_matrix *x, const int *label, const sv_elm_opts *opts, sv_error *err)
{
    int rc = check(x, label, opts, err);
    if (rc != SV_OK) { return rc; }
    sv_elm e;
    rc = start(&e, x->cols, opts->hidden, opts->seed, err);
    if (rc == SV_OK) { rc = fit(&e, x, label, opts, err); }
    if (rc != SV_OK) {
        sv_elm_free(&e);
        return rc;
    }
    *out = e;
    return SV_OK;
}

int sv_elm_score(double *score, const sv_elm *e, const sv_matrix *x, sv_error *err)
{
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    if (rc == SV_OK && x->cols != e->p) {
        rc = sv_fail(err, SV_EINVAL, "%zu columns, the network was fitted to %zu", x->cols, e->p);
    }
    if (rc != SV_OK) { return rc; }
    double *h = SV_NEW(double, e->hidden);
    if (h == NULL) { return sv_no_memory(err, "the hidden layer"); }
    for (size_t i = 0; i < x->rows; i++) {
        hidden_row(h, e, x, i);
        score[i] = sv_dot(h, e->beta, e->hidden);
    }
    free(h);
    return SV_OK;
}

/* all: [seeds][rows] scores. */
static void summarise(double *mean, double *sd, double *agreement, const double *all, size_t rows, size_t seeds)
{
    double n = (double)seeds;
    for (size_t i = 0; i < rows; i++) {
        double sum = 0, squares = 0, agree = 0;
        for (size_t k = 0; k < seeds; k++) { sum += all[k * rows + i]; }
        mean[i] = sum / n;
        for (size_t k = 0; k < seeds; k++) {
            double v = all[k * rows + i];
            squares += (v - mean[i]) * (v - mean[i]);
            agree += (v > 0) == (mean[i] > 0);
        }
        if (sd != NULL) { sd[i] = seeds > 1 ? sqrt(squares / (n - 1)) : SV_NAN; }
        if (agreement != NULL) { agreement[i] = agree / n; }
    }
}

int sv_elm_committee(double *mean, double *sd, double *agreement, const sv_matrix *of, const sv_matrix *x,
                     const int *label, const sv_elm_opts *opts, size_t n_seeds, sv_error *err)
{
    if (n_seeds < 1 || n_seeds > 10000 || opts->seed > SV_ELM_MAX_SEED - n_seeds) {
        return sv_fail(err, SV_EINVAL, "%zu seeds from %u on, expected 1 to 10000 seeds of at most %u", n_seeds,
                       (unsigned)opts->seed, SV_ELM_MAX_SEED);
    }
    double *all = SV_NEW(double, n_seeds * of->rows);
    int rc = all == NULL ? sv_no_memory(err, "the committee's scores") : SV_OK;
    for (size_t k = 0; rc == SV_OK && k < n_seeds; k++) {
        sv_elm e;
        sv_elm_opts o = *opts;
        o.seed += (uint32_t)k;
        if ((rc = sv_elm_fit(&e, x, label, &o, err)) != SV_OK) { break; }
        rc = sv_elm_score(all + k * of->rows, &e, of, err);
        sv_elm_free(&e);
    }
    if (rc == SV_OK) { summarise(mean, sd, agreement, all, of->rows, n_seeds); }
    free(all);
    return rc;
}
