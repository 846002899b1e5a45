/* maxstat_exact.c - bound of the p-value of a selected cut-point from exact distributions.
 *
 * Of all sets of m of the n whole-number scores, those with each sum are counted by the shift algorithm (Streitberg &
 * Roehmel 1986). P(max >= b) is at most the sum over the cuts of P(T_m >= b), less what is certain to be counted
 * twice: sums that reach b with m rows and reach it with m + 1 whichever row is the next. */
#include <math.h>
#include <string.h>

#include <survival/maxstat.h>

#include "mem.h"
#include "num.h"

#define SAME 1e-10          /* relative; statistics this close are equal but for rounding */

typedef struct table {
    size_t n, total, largest;
    size_t *score;          /* [n] whole numbers, the least of them 0 */
    double squares;
    double *sets;           /* [(n + 1) * (total + 1)] sets of m scores with sum s */
} table;

static void table_free(table *t)
{
    free(t->score);
    free(t->sets);
}

static int whole_scores(table *t, const double *score, size_t n, sv_error *err)
{
    double least = SV_INF, most = -SV_INF;
    *t = (table){ .n = n, .score = SV_NEW(size_t, n) };
    if (t->score == NULL) { return sv_no_memory(err, "the exact distribution"); }
    for (size_t i = 0; i < n; i++) {
        least = fmin(least, score[i]);
        most = fmax(most, score[i]);
    }
    if (!(isfinite(most - least) && most > least)) {
        return sv_fail(err, SV_EDATA, "the scores are all equal or not finite");
    }
    for (size_t i = 0; i < n; i++) {
        t->score[i] = (size_t)rint((score[i] - least) * (double)n / (most - least));
        t->total += t->score[i];
        t->squares += (double)t->score[i] * (double)t->score[i];
    }
    t->largest = n;
    return SV_OK;
}

static int count_sets(table *t, sv_error *err)
{
    size_t wide = t->total + 1, reach = 0;
    t->sets = SV_NEW(double, (t->n + 1) * wide);
    if (t->sets == NULL) { return sv_no_memory(err, "the exact distribution"); }
    t->sets[0] = 1;
    for (size_t i = 0; i < t->n; i++) {
        size_t a = t->score[i];
        for (size_t m = i + 1; m-- > 0;) {
            const double *from = t->sets + m * wide;
            double *to = t->sets + (m + 1) * wide;
            for (size_t s = 0; s <= reach; s++) { to[s + a] += from[s]; }
        }
        reach += a;
    }
    return SV_OK;
}

static double standard(const table *t, size_t m, double sum)
{
    double n = (double)t->n, size = (double)m, total = (double)t->total;
    double var = size * (n - size) / (n * n * (n - 1)) * (n * t->squares - total * total);
    return fabs(sum - size / n * total) / sqrt(var);
}

static double statistic(const table *t, const double *x, const sv_maxstat *m)
{
    double best = 0;
    for (size_t k = 0; k < m->n_cuts; k++) {
        double sum = 0;
        for (size_t i = 0; i < t->n; i++) { sum += x[i] <= m->cut[k] ? (double)t->score[i] : 0; }
        best = fmax(best, standard(t, m->n_low[k], sum));
    }
    return best;
}

/* Whether sum s of m rows, which reaches b, does so with any next row: its nearest way back is the largest score
 * from below the expectation and none from above. */
static bool stays_out(const table *t, size_t m, size_t s, double b)
{
    double expected = (double)m / (double)t->n * (double)t->total;
    size_t next = (double)s < expected ? s + t->largest : s;
    if (next > t->total || t->sets[(m + 1) * (t->total + 1) + next] == 0) { return false; }
    double then = (double)(m + 1) / (double)t->n * (double)t->total;
    bool same_side = ((double)s < expected) == ((double)next < then);
    return same_side && standard(t, m + 1, (double)next) >= b;
}

static double bound(const table *t, const sv_maxstat *m, double b)
{
    double p = 0;
    for (size_t k = 0; k < m->n_cuts; k++) {
        size_t size = m->n_low[k];
        bool neighbour = k + 1 < m->n_cuts && m->n_low[k + 1] == size + 1;
        double all = exp(lgamma((double)t->n + 1) - lgamma((double)size + 1) - lgamma((double)(t->n - size) + 1));
        for (size_t s = 0; s <= t->total; s++) {
            double sets = t->sets[size * (t->total + 1) + s];
            if (sets == 0 || standard(t, size, (double)s) < b) { continue; }
            p += neighbour && stays_out(t, size, s, b) ? 0 : sets / all;
        }
    }
    return fmin(1, p);
}

int sv_maxstat_p_exact(double *p, const double *x, const double *score, size_t n, const sv_maxstat *m, sv_error *err)
{
    *p = SV_NAN;
    if (n > SV_MAXSTAT_MAX_EXACT) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, at most %zu are accepted for the exact distribution", n,
                       SV_MAXSTAT_MAX_EXACT);
    }
    for (size_t k = 0; k < m->n_cuts; k++) {
        if (m->n_low[k] < 1 || m->n_low[k] >= n) {
            return sv_fail(err, SV_EINVAL, "cut %zu has %zu of %zu rows below it", k, m->n_low[k], n);
        }
    }
    table t;
    int rc = whole_scores(&t, score, n, err);
    if (rc == SV_OK) { rc = count_sets(&t, err); }
    if (rc == SV_OK) { *p = bound(&t, m, statistic(&t, x, m) * (1 - SAME)); }
    table_free(&t);
    return rc;
}
