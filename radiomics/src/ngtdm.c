/* Neighbourhood grey tone difference matrix: IBSI 3.10. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"
#include "classes.h"
#include "neighbours.h"

typedef struct tones {
    unsigned n;               /* levels that count                                              */
    double voxels;            /* N                                                              */
    double *level, *p, *s;    /* [n], levels ascending                                          */
    double *scratch;          /* [n]                                                            */
} tones;

/* Levels with their probability and sum of differences. Every voxel is in one cell of the table of
 * dependences, so that a row's sum is its level's voxels. */
static int tabulate(tones *t, const rx_neighbours *nb, const rx_levels *l, bool isolated,
                    rx_workspace *ws, rx_error *err)
{
    *t = (tones){ .level = rx_buf_need(&ws->reals, l->present, 4 * sizeof *t->level, err) };
    if (!t->level) { return RX_ENOMEM; }
    t->p = t->level + l->present;
    t->s = t->p + l->present;
    t->scratch = t->s + l->present;
    for (unsigned i = 0; i < l->present; i++) {
        size_t row = i * (nb->most + 1);
        double voxels = 0, s = 0;
        for (size_t w = 0; w <= nb->most; w++) { voxels += nb->dependent[row + w]; }
        for (size_t w = 1; w <= nb->most; w++) { s += (double)nb->difference[row + w] / (double)w; }
        if (!isolated) { voxels -= nb->isolated[i]; }
        if (voxels == 0) { continue; }
        t->level[t->n] = l->level[i];
        t->p[t->n] = voxels;
        t->s[t->n++] = s;
        t->voxels += voxels;
    }
    for (unsigned i = 0; i < t->n; i++) { t->p[i] /= t->voxels; }
    return RX_OK;
}

/* Sums over ordered pairs of levels. */
typedef struct pair_sums { double contrast, busy, complexity, strength; } pair_sums;

/* Every pair is met once; the sums are over both orders. */
static pair_sums sum_pairs(const tones *t)
{
    const double *p = t->p, *s = t->s;
    pair_sums sum = { 0 };
    for (unsigned i = 0; i < t->n; i++) {
        for (unsigned j = 0; j < i; j++) {
            double gi = t->level[i], gj = t->level[j], d = gi - gj;
            sum.contrast += 2 * p[i] * p[j] * d * d;
            sum.busy += 2 * fabs(gi * p[i] - gj * p[j]);
            sum.complexity += 2 * d * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]);
            sum.strength += 2 * (p[i] + p[j]) * d * d;
        }
    }
    return sum;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sum over all ordered pairs of |x_i - x_j|: every gap between neighbours in order is crossed by
 * those below times those above, both ways. */
static double sum_of_gaps(double *x, unsigned n)
{
    double sum = 0;
    qsort(x, n, sizeof *x, ascending);
    for (unsigned i = 1; i < n; i++) { sum += (double)i * (n - i) * (x[i] - x[i - 1]); }
    return 2 * sum;
}

/* Sum over ordered pairs of |g_i - g_j| (p_i s_i + p_j s_j) / (p_i + p_j), which is twice that of
 * p_i s_i |g_i - g_j| / (p_i + p_j). Levels ascend and few probabilities are distinct: for each, a
 * pass upwards adds |g_i - g_j| for the levels below that have it, and one downwards for those above. */
static double sum_complexity(const tones *t, double *distinct)
{
    unsigned kinds = 0;
    double sum = 0;
    memcpy(distinct, t->p, t->n * sizeof *distinct);
    qsort(distinct, t->n, sizeof *distinct, ascending);
    for (unsigned i = 0; i < t->n; i++) {
        if (kinds == 0 || distinct[kinds - 1] != distinct[i]) { distinct[kinds++] = distinct[i]; }
    }
    for (unsigned k = 0; k < kinds; k++) {
        double p = distinct[k], n = 0, g = 0;
        for (unsigned i = 0; i < t->n; i++) {
            sum += t->p[i] * t->s[i] * (n * t->level[i] - g) / (t->p[i] + p);
            if (t->p[i] == p) { n++; g += t->level[i]; }
        }
        n = g = 0;
        for (unsigned i = t->n; i-- > 0;) {
            sum += t->p[i] * t->s[i] * (g - n * t->level[i]) / (t->p[i] + p);
            if (t->p[i] == p) { n++; g += t->level[i]; }
        }
    }
    return 2 * sum;
}

/* The same sums without the pairs, for many levels. x: [n] scratch. */
static pair_sums sum_many(const tones *t, double *x)
{
    pair_sums sum = { 0 };
    double mean = 0, weighted = 0, spread = 0, variance = 0;
    for (unsigned i = 0; i < t->n; i++) {
        mean += t->level[i] / t->n;
        weighted += t->p[i] * t->level[i];
    }
    for (unsigned i = 0; i < t->n; i++) {
        double d = t->level[i] - mean, w = t->level[i] - weighted;
        spread += d * d;
        variance += t->p[i] * w * w;
    }
    sum.contrast = 2 * variance;
    for (unsigned i = 0; i < t->n; i++) {
        double d = t->level[i] - mean;
        sum.strength += 2 * t->p[i] * (t->n * d * d + spread);
        x[i] = t->level[i] * t->p[i];
    }
    sum.busy = sum_of_gaps(x, t->n);
    sum.complexity = sum_complexity(t, x);
    return sum;
}

int rx_difference_features(double *out, const rx_neighbours *nb, const rx_levels *l, bool isolated,
                           rx_workspace *ws, rx_error *err)
{
    tones t;
    int rc = tabulate(&t, nb, l, isolated, ws, err);
    if (rc != RX_OK) { return rc; }
    if (t.n == 0) {
        for (int i = 0; i < N_NGTDM; i++) { out[i] = NAN; }
        return RX_OK;
    }
    double N = t.voxels, sum_s = 0, sum_ps = 0, pairs = (double)t.n * ((double)t.n - 1);
    for (unsigned i = 0; i < t.n; i++) {
        sum_s += t.s[i];
        sum_ps += t.p[i] * t.s[i];
    }
    pair_sums sum = t.n > RX_MAX_TABLE_LEVELS ? sum_many(&t, t.scratch) : sum_pairs(&t);
    out[ngtdm_Coarseness] = sum_ps != 0 ? 1 / sum_ps : 1e6;
    out[ngtdm_Contrast] = pairs != 0 ? sum.contrast * sum_s / N / pairs : 0;
    out[ngtdm_Busyness] = sum.busy != 0 ? sum_ps / sum.busy : 0;
    out[ngtdm_Complexity] = sum.complexity / N;
    out[ngtdm_Strength] = sum_s != 0 ? sum.strength / sum_s : 0;
    return RX_OK;
}

int rx_ngtdm(double out[N_NGTDM], const rx_levels *l, const rx_neighbours *nb, rx_workspace *ws,
             rx_error *err)
{
    return rx_difference_features(out, nb, l, true, ws, err);
}
