/* fisher.c - exact tests of contingency tables. */
#include <survival/tables.h>

#include <string.h>
#include <survival/rng.h>

#include "margins.h"
#include "mem.h"
#include "sample.h"

#define EQUAL_WITHIN 1e-7
#define MAX_STEPS ((size_t)30000000)
#define MAX_CELLS 10000                        /* the walk goes as deep */

/* ---- 2 x 2: the upper left count given the margins ------------------------------------------- */

/* logw[i]: log relative probability of lo + i at odds ratio 1. */
typedef struct hyper { double *logw, lo; size_t n; } hyper;

/* P(X >= at), P(X <= at) or E(X) at a log odds ratio. */
typedef enum what { UPPER, LOWER, MEAN } what;

static double noncentral(const hyper *h, double log_odds, what ask, double at)
{
    double top = -SV_INF, all = 0, some = 0;
    for (size_t i = 0; i < h->n; i++) { top = fmax(top, h->logw[i] + (double)i * log_odds); }
    for (size_t i = 0; i < h->n; i++) {
        double x = h->lo + (double)i, w = exp(h->logw[i] + (double)i * log_odds - top);
        all += w;
        if (ask == MEAN) { some += w * x; }
        if ((ask == UPPER && x >= at) || (ask == LOWER && x <= at)) { some += w; }
    }
    return some / all;
}

/* The log odds ratio at which a rising function is `want`. */
static double solve(const hyper *h, what ask, double at, double want)
{
    double lo = -1, hi = 1, sign = ask == LOWER ? -1 : 1;
    while (lo > -1e6 && sign * noncentral(h, lo, ask, at) > sign * want) { lo *= 2; }
    while (hi < 1e6 && sign * noncentral(h, hi, ask, at) < sign * want) { hi *= 2; }
    for (int i = 0; i < 100; i++) {
        double mid = lo + (hi - lo) / 2;
        if (mid <= lo || mid >= hi) { break; }
        if (sign * noncentral(h, mid, ask, at) < sign * want) { lo = mid; } else { hi = mid; }
    }
    return lo + (hi - lo) / 2;
}

static void odds_ratio(sv_test *r, const hyper *h, double x, double level)
{
    double tail = (1 - level) / 2;
    bool least = x <= h->lo, most = x >= h->lo + (double)(h->n - 1);
    r->estimate = least && most ? SV_NAN : least ? 0 : most ? SV_INF : exp(solve(h, MEAN, x, x));
    r->lower = least ? 0 : exp(solve(h, UPPER, x, tail));
    r->upper = most ? SV_INF : exp(solve(h, LOWER, x, tail));
}

int sv_fisher_2x2(sv_test *out, const size_t count[4], double level, sv_error *err)
{
    int rc = sv_level_check(level, err);
    if (rc != SV_OK) { return rc; }
    size_t a = count[0], total = 0;
    for (size_t i = 0; i < 4; i++) {
        if (count[i] > SV_TABLE_MAX - total) {
            return sv_fail(err, SV_ELIMIT, "the table holds more than %zu counts", SV_TABLE_MAX);
        }
        total += count[i];
    }
    size_t row = a + count[1], col = a + count[2], other = total - col;
    size_t lo = row > other ? row - other : 0, hi = row < col ? row : col;
    hyper h = { SV_NEW(double, hi - lo + 1), (double)lo, hi - lo + 1 };
    rc = h.logw != NULL ? SV_OK : sv_no_memory(err, "a table's distribution");
    if (rc == SV_OK) {
        double m = (double)col, k = (double)row, n = (double)other;
        for (size_t i = 1; i < h.n; i++) {
            double x = h.lo + (double)i;
            h.logw[i] = h.logw[i - 1] + log((m - x + 1) * (k - x + 1) / (x * (n - k + x)));
        }
        double top = -SV_INF, some = 0, all = 0;
        for (size_t i = 0; i < h.n; i++) { top = fmax(top, h.logw[i]); }
        double seen = exp(h.logw[a - lo] - top) * (1 + EQUAL_WITHIN);
        for (size_t i = 0; i < h.n; i++) {
            double w = exp(h.logw[i] - top);
            all += w;
            if (w <= seen) { some += w; }
        }
        sv_test r = SV_TEST_NONE;
        r.p = fmin(1, some / all);
        odds_ratio(&r, &h, (double)a, level);
        *out = r;
    }
    free(h.logw);
    return rc;
}

/* ---- any table ------------------------------------------------------------------------------- */

/* Tables are filled row by row; the rows are the longer side. left[j]: what column j still has. */
typedef struct walk {
    const size_t *row;
    const double *log_factorial;
    double seen;                       /* log P of the table at hand, and what counts as equal */
    size_t rows, cols, steps, *left, rest;
    double p;
} walk;

/* log of (rest)! / (product of the columns' left! x the later rows' totals!): the sum over all ways
 * to finish, of 1 / product of cells!. later: log of the product of the later rows' factorials. */
static double log_all_ways(const walk *w, double later)
{
    double v = w->log_factorial[w->rest] - later;
    for (size_t j = 0; j < w->cols; j++) { v -= w->log_factorial[w->left[j]]; }
    return v;
}

static double later_rows(const walk *w, size_t row)
{
    double v = 0;
    for (size_t i = row; i < w->rows; i++) { v += w->log_factorial[w->row[i]]; }
    return v;
}

static void fill(walk *w, size_t row, size_t col, size_t need, double logp);

static void start_row(walk *w, size_t row, double logp)
{
    if (row + 1 == w->rows) {                          /* the last row takes what is left */
        for (size_t j = 0; j < w->cols; j++) { logp -= w->log_factorial[w->left[j]]; }
        if (logp <= w->seen) { w->p += exp(logp); }
        return;
    }
    double ways = logp + log_all_ways(w, later_rows(w, row));
    if (ways <= w->seen) {                             /* no single one can be more likely */
        w->p += exp(ways);
        return;
    }
    fill(w, row, 0, w->row[row], logp);
}

/* Cells col.. of a row, of which `need` counts are to be placed. */
static void fill(walk *w, size_t row, size_t col, size_t need, double logp)
{
    if (w->steps > MAX_STEPS) { return; }
    w->steps++;
    size_t room = 0;
    for (size_t j = col + 1; j < w->cols; j++) { room += w->left[j]; }
    size_t lo = need > room ? need - room : 0, hi = need < w->left[col] ? need : w->left[col];
    for (size_t x = lo; x <= hi; x++) {
        double next = logp - w->log_factorial[x];
        w->left[col] -= x;
        w->rest -= x;
        if (col + 1 == w->cols) { start_row(w, row + 1, next); }
        else { fill(w, row, col + 1, need - x, next); }
        w->left[col] += x;
        w->rest += x;
    }
}

static double *log_factorials(size_t n)
{
    double *f = SV_NEW(double, n + 1), lost = 0;
    for (size_t i = 2; f != NULL && i <= n; i++) {     /* Kahan's sum */
        double term = log((double)i) - lost, sum = f[i - 1] + term;
        lost = (sum - f[i - 1]) - term;
        f[i] = sum;
    }
    return f;
}

/* log of the factor that all tables with these margins share. */
static double log_margins(const sv_margins *m, const sv_table *t, const double *f)
{
    double v = -f[m->total];
    for (size_t i = 0; i < t->rows; i++) { v += f[m->row[i]]; }
    for (size_t j = 0; j < t->cols; j++) { v += f[m->col[j]]; }
    return v;
}

int sv_fisher_table(double *p, const sv_table *t, sv_error *err)
{
    sv_margins m;
    if (t->rows > 0 && t->cols > MAX_CELLS / t->rows) {
        return sv_fail(err, SV_ELIMIT, "a %zu x %zu table has more than %d cells, simulate its p-value", t->rows,
                       t->cols, MAX_CELLS);
    }
    int rc = sv_margins_of(&m, t, err);
    if (rc != SV_OK) { return rc; }
    double *f = log_factorials(m.total);
    bool turned = t->cols > t->rows;
    size_t cols = turned ? t->rows : t->cols;
    size_t *left = SV_NEW(size_t, cols);
    rc = f && left ? SV_OK : sv_no_memory(err, "an exact test");
    if (rc == SV_OK) {
        memcpy(left, turned ? m.row : m.col, cols * sizeof *left);
        double common = log_margins(&m, t, f), seen = common;
        for (size_t i = 0; i < t->rows * t->cols; i++) { seen -= f[t->count[i]]; }
        walk w = { .row = turned ? m.col : m.row, .log_factorial = f, .seen = seen + EQUAL_WITHIN,
                   .rows = turned ? t->cols : t->rows, .cols = cols, .left = left, .rest = m.total };
        start_row(&w, 0, common);
        if (w.steps > MAX_STEPS) {
            rc = sv_fail(err, SV_ELIMIT, "a %zu x %zu table of %zu counts has too many tables beside it, simulate "
                         "its p-value", t->rows, t->cols, m.total);
        } else {
            *p = fmin(1, w.p);
        }
    }
    free(f);
    free(left);
    sv_margins_free(&m);
    return rc;
}

/* The columns' labels in random order, dealt to the rows. */
static double random_table(size_t *cell, uint32_t *label, const sv_margins *m, const sv_table *t, const double *f,
                           sv_rng *rng)
{
    for (size_t i = m->total; i > 1; i--) {
        size_t j = (size_t)sv_rng_below(rng, i);
        uint32_t swap = label[i - 1];
        label[i - 1] = label[j];
        label[j] = swap;
    }
    double logp = 0;
    for (size_t i = 0, at = 0; i < t->rows; i++) {
        memset(cell, 0, t->cols * sizeof *cell);
        for (size_t k = 0; k < m->row[i]; k++) { cell[label[at++]]++; }
        for (size_t j = 0; j < t->cols; j++) { logp -= f[cell[j]]; }
    }
    return logp;
}

int sv_fisher_simulate(double *p, const sv_table *t, size_t draws, uint64_t seed, sv_error *err)
{
    sv_margins m;
    int rc = sv_margins_of(&m, t, err);
    if (rc != SV_OK) { return rc; }
    double *f = log_factorials(m.total);
    size_t *cell = SV_NEW(size_t, t->cols);
    uint32_t *label = SV_NEW(uint32_t, m.total);
    rc = f && cell && label ? SV_OK : sv_no_memory(err, "a simulated test");
    if (rc == SV_OK && draws < 1) { rc = sv_fail(err, SV_EINVAL, "draws is 0, expected at least 1"); }
    if (rc == SV_OK) {
        double seen = EQUAL_WITHIN;
        for (size_t i = 0; i < t->rows * t->cols; i++) { seen -= f[t->count[i]]; }
        for (size_t j = 0, at = 0; j < t->cols; j++) {
            for (size_t k = 0; k < m.col[j]; k++) { label[at++] = (uint32_t)j; }
        }
        sv_rng rng = sv_rng_stream(seed, 0);
        size_t hits = 0;
        for (size_t b = 0; b < draws; b++) { hits += random_table(cell, label, &m, t, f, &rng) <= seen ? 1 : 0; }
        *p = (double)(hits + 1) / (double)(draws + 1);
    }
    free(f);
    free(cell);
    free(label);
    sv_margins_free(&m);
    return rc;
}
