/* nnls.c - active sets over the Gram matrix. A passive set is a bit mask: bit j, column j is free. */
#include <survival/nnls.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "nnls_gram.h"
#include "num.h"

#define CACHED 10u            /* columns up to which every passive set's inverse is kept: 2^10 of them */
#define SINGULAR 1e-12        /* a pivot below this share of its diagonal: the column depends on others */
#define DUAL_TOL 1e-11        /* a gradient this small against the sizes that it is the difference of   */

typedef uint64_t set;

static set bit(size_t j) { return (set)1 << j; }

int sv_gram_new(sv_gram_solver *s, size_t k, sv_error *err)
{
    size_t most = k < CACHED ? k : CACHED, sets = (size_t)1 << most;    /* fewer columns may be set later */
    *s = (sv_gram_solver){ .k = k, .g = SV_NEW(double, k * k), .work = SV_NEW(double, k * (k + 6)),
                           .inverse = SV_NEW(double, sets * most * most), .known = SV_NEW(unsigned char, sets) };
    if (s->g != NULL && s->work != NULL && s->inverse != NULL && s->known != NULL) { return SV_OK; }
    sv_gram_free(s);
    return sv_no_memory(err, "non-negative least squares");
}

void sv_gram_free(sv_gram_solver *s)
{
    free(s->g);
    free(s->work);
    free(s->inverse);
    free(s->known);
    *s = (sv_gram_solver){ 0 };
}

void sv_gram_set(sv_gram_solver *s, const double *g, size_t k)
{
    s->k = k;
    memcpy(s->g, g, k * k * sizeof *g);
    if (k <= CACHED) { memset(s->known, 0, (size_t)1 << k); }
}

/* Columns of the set into at[]; how many. */
static size_t members(size_t *at, set p, size_t k)
{
    size_t n = 0;
    for (size_t j = 0; j < k; j++) {
        if (p & bit(j)) { at[n++] = j; }
    }
    return n;
}

/* l: Cholesky factor of the block of the set. False where a column depends on those before it. */
static bool factor(double *l, const sv_gram_solver *s, const size_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = s->g[at[i] * s->k + at[j]];
            for (size_t q = 0; q < j; q++) { v -= l[i * n + q] * l[j * n + q]; }
            if (i > j) {
                l[i * n + j] = v / l[j * n + j];
            } else if (v > SINGULAR * s->g[at[i] * s->k + at[i]]) {
                l[i * n + i] = sqrt(v);
            } else {
                return false;
            }
        }
    }
    return true;
}

static void substitute(double *y, const double *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t q = 0; q < i; q++) { y[i] -= l[i * n + q] * y[q]; }
        y[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t q = i + 1; q < n; q++) { y[i] -= l[q * n + i] * y[q]; }
        y[i] /= l[i * n + i];
    }
}

/* The inverse of the set's block, row-major among its members; NULL where it is singular. */
static const double *inverse_of(sv_gram_solver *s, set p, const size_t *at, size_t n)
{
    double *inv = s->inverse + (size_t)p * s->k * s->k;
    if (s->known[p] == 0) {
        double *l = s->work, *y = s->work + s->k * s->k;
        s->known[p] = factor(l, s, at, n) ? 1 : 2;
        for (size_t j = 0; s->known[p] == 1 && j < n; j++) {
            memset(y, 0, n * sizeof *y);
            y[j] = 1;
            substitute(y, l, n);
            memcpy(inv + j * n, y, n * sizeof *y);
        }
    }
    return s->known[p] == 1 ? inv : NULL;
}

/* z: least squares over the set, 0 elsewhere. False where the set's columns are dependent. */
static bool solve_set(sv_gram_solver *s, double *z, const double *c, set p)
{
    size_t at[SV_NNLS_MAX_COLS], k = s->k, n = members(at, p, k);
    memset(z, 0, k * sizeof *z);
    if (k <= CACHED) {
        const double *inv = inverse_of(s, p, at, n);
        for (size_t i = 0; inv != NULL && i < n; i++) {
            double v = 0;
            for (size_t q = 0; q < n; q++) { v += inv[i * n + q] * c[at[q]]; }
            z[at[i]] = v;
        }
        return inv != NULL;
    }
    double *l = s->work, *y = s->work + k * k;
    if (!factor(l, s, at, n)) { return false; }
    for (size_t i = 0; i < n; i++) { y[i] = c[at[i]]; }
    substitute(y, l, n);
    for (size_t i = 0; i < n; i++) { z[at[i]] = y[i]; }
    return true;
}

/* c_j - G_j x, or 0 where that is no more than rounding. */
static double gradient(const sv_gram_solver *s, const double *x, const double *c, size_t j)
{
    const double *row = s->g + j * s->k;
    double v = c[j], size = fabs(c[j]);
    for (size_t i = 0; i < s->k; i++) {
        v -= row[i] * x[i];
        size += fabs(row[i] * x[i]);
    }
    return fabs(v) <= DUAL_TOL * size ? 0 : v;
}

/* The members of p that came out negative and the others that want to come in. */
static set infeasible(const sv_gram_solver *s, const double *x, const double *c, set p)
{
    set wrong = 0;
    for (size_t j = 0; j < s->k; j++) {
        bool bad = (p & bit(j)) ? x[j] < 0 : gradient(s, x, c, j) > 0;
        if (bad) { wrong |= bit(j); }
    }
    return wrong;
}

static size_t count(set p)
{
    size_t n = 0;
    for (; p != 0; p &= p - 1) { n++; }
    return n;
}

/* Exchange all wrong columns while their number falls, else the last one of them for a while.
 * Starts from all columns, where most right-hand sides of a mixture end. False: undecided. */
static bool exchange(sv_gram_solver *s, double *x, const double *c)
{
    set p = s->k < 64 ? bit(s->k) - 1 : ~(set)0;
    size_t best = s->k + 1, chances = 3;
    for (size_t step = 0; step < 8 * s->k + 8; step++) {
        if (!solve_set(s, x, c, p)) { return false; }
        set wrong = infeasible(s, x, c, p);
        if (wrong == 0) { return true; }
        size_t n = count(wrong);
        if (n < best) {
            best = n;
            chances = 3;
        } else if (chances > 0) {
            chances--;
        } else {
            size_t last = s->k;
            while (!(wrong & bit(--last))) { }
            wrong = bit(last);
        }
        p ^= wrong;
    }
    return false;
}

/* Go from x towards z as far as all stay non-negative; returns the set of those still positive. */
static set step_towards(double *x, const double *z, set p, size_t k)
{
    double share = 1;
    size_t stop = k;
    for (size_t j = 0; j < k; j++) {
        if ((p & bit(j)) && z[j] <= 0 && x[j] / (x[j] - z[j]) < share) {
            share = x[j] / (x[j] - z[j]);
            stop = j;
        }
    }
    for (size_t j = 0; j < k; j++) {
        if (!(p & bit(j))) { continue; }
        x[j] += share * (z[j] - x[j]);
        if (j == stop || x[j] <= 0) {
            x[j] = 0;
            p &= ~bit(j);
        }
    }
    return p;
}

/* Column `in` joins the set: false, and nothing changed, where it brings no descent. */
static bool admit(sv_gram_solver *s, double *x, double *z, const double *c, set *passive, size_t in)
{
    set p = *passive | bit(in);
    if (!solve_set(s, z, c, p) || !(z[in] > 0)) { return false; }
    for (;;) {
        bool inside = true;
        for (size_t j = 0; j < s->k; j++) { inside = inside && (!(p & bit(j)) || z[j] > 0); }
        if (inside) { break; }
        p = step_towards(x, z, p, s->k);
        if (!solve_set(s, z, c, p)) {
            *passive = p;                        /* x itself is feasible and lower than before */
            return true;
        }
    }
    memcpy(x, z, s->k * sizeof *x);
    *passive = p;
    return true;
}

static void lawson_hanson(sv_gram_solver *s, double *x, const double *c)
{
    double *z = s->work + s->k * (s->k + 1);
    set p = 0, refused = 0;
    memset(x, 0, s->k * sizeof *x);
    for (size_t step = 0; step < 30 * s->k + 30; step++) {
        size_t in = s->k;
        double steepest = 0;
        for (size_t j = 0; j < s->k; j++) {
            if ((p | refused) & bit(j)) { continue; }
            double v = gradient(s, x, c, j);
            if (v > steepest) {
                steepest = v;
                in = j;
            }
        }
        if (in == s->k) { return; }
        if (admit(s, x, z, c, &p, in)) { refused = 0; } else { refused |= bit(in); }
    }
}

void sv_gram_solve(sv_gram_solver *s, double *x, const double *c)
{
    if (s->k > CACHED || !exchange(s, x, c)) { lawson_hanson(s, x, c); }
}

static int check(const sv_matrix *a, const sv_matrix *b, sv_error *err)
{
    if (a->rows == 0 || a->cols == 0) {
        return sv_fail(err, SV_ETOOSMALL, "least squares need rows and columns, not %zu x %zu", a->rows, a->cols);
    }
    if (a->cols > SV_NNLS_MAX_COLS) {
        return sv_fail(err, SV_ELIMIT, "%zu columns, non-negative least squares take at most %zu", a->cols,
                       SV_NNLS_MAX_COLS);
    }
    int rc = sv_matrix_check(a, a->rows, NULL, err);
    return rc != SV_OK ? rc : sv_matrix_check(b, a->rows, NULL, err);
}

static void solve_column(double *x, double *rss, sv_gram_solver *s, double *c, const sv_matrix *a,
                         const sv_matrix *b, size_t j)
{
    for (size_t i = 0; i < a->cols; i++) {
        c[i] = 0;
        for (size_t r = 0; r < a->rows; r++) { c[i] += sv_at(a, r, i) * sv_at(b, r, j); }
    }
    sv_gram_solve(s, x, c);
    if (rss == NULL) { return; }
    double sum = 0;
    for (size_t r = 0; r < a->rows; r++) {
        double e = sv_at(b, r, j);
        for (size_t i = 0; i < a->cols; i++) { e -= sv_at(a, r, i) * x[i]; }
        sum += e * e;
    }
    *rss = sum;
}

int sv_nnls(double *x, double *rss, const sv_matrix *a, const sv_matrix *b, sv_error *err)
{
    size_t k = a->cols;
    for (size_t j = 0; j < b->cols; j++) {
        for (size_t i = 0; i < k; i++) { x[j * k + i] = SV_NAN; }
        if (rss != NULL) { rss[j] = SV_NAN; }
    }
    int rc = check(a, b, err);
    if (rc != SV_OK) { return rc; }
    sv_gram_solver s = { 0 };
    double *g = SV_NEW(double, k * k), *c = SV_NEW(double, k);
    rc = g != NULL && c != NULL ? sv_gram_new(&s, k, err) : sv_no_memory(err, "non-negative least squares");
    if (rc == SV_OK) {
        for (size_t i = 0; i < k; i++) {
            for (size_t j = 0; j <= i; j++) {
                double v = 0;
                for (size_t r = 0; r < a->rows; r++) { v += sv_at(a, r, i) * sv_at(a, r, j); }
                g[i * k + j] = g[j * k + i] = v;
            }
        }
        sv_gram_set(&s, g, k);
        for (size_t j = 0; j < b->cols; j++) {
            solve_column(x + j * k, rss != NULL ? rss + j : NULL, &s, c, a, b, j);
        }
    }
    sv_gram_free(&s);
    free(g);
    free(c);
    return rc;
}
