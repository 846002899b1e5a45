/* Neighbourhood grey tone difference matrix: IBSI 3.10. */
#include <math.h>
#include "classes.h"
#include "neighbours.h"

typedef struct tones {
    unsigned n;               /* levels that count                                              */
    double voxels;            /* N                                                              */
    double *level, *p, *s;    /* [n]                                                            */
} tones;

/* Levels with their probability and sum of differences. Every voxel is in one cell of the table of
 * dependences, so that a row's sum is its level's voxels. */
static int tabulate(tones *t, const rx_neighbours *nb, const rx_levels *l, bool isolated,
                    rx_workspace *ws, rx_error *err)
{
    *t = (tones){ .level = rx_buf_need(&ws->reals, l->present, 3 * sizeof *t->level, err) };
    if (!t->level) { return RX_ENOMEM; }
    t->p = t->level + l->present;
    t->s = t->p + l->present;
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
    const double *p = t.p, *s = t.s, N = t.voxels;
    double sum_s = 0, sum_ps = 0;
    for (unsigned i = 0; i < t.n; i++) {
        sum_s += s[i];
        sum_ps += p[i] * s[i];
    }

    /* every pair is met once; the sums are over both orders */
    double contrast = 0, busy = 0, complexity = 0, strength = 0;
    for (unsigned i = 0; i < t.n; i++) {
        for (unsigned j = 0; j < i; j++) {
            double gi = t.level[i], gj = t.level[j], d = gi - gj;
            contrast += 2 * p[i] * p[j] * d * d;
            busy += 2 * fabs(gi * p[i] - gj * p[j]);
            complexity += 2 * d * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]);
            strength += 2 * (p[i] + p[j]) * d * d;
        }
    }
    double pairs = (double)t.n * ((double)t.n - 1);
    out[ngtdm_Coarseness] = sum_ps != 0 ? 1 / sum_ps : 1e6;
    out[ngtdm_Contrast] = pairs != 0 ? contrast * sum_s / N / pairs : 0;
    out[ngtdm_Busyness] = busy != 0 ? sum_ps / busy : 0;
    out[ngtdm_Complexity] = complexity / N;
    out[ngtdm_Strength] = sum_s != 0 ? strength / sum_s : 0;
    return RX_OK;
}

int rx_ngtdm(double out[N_NGTDM], const rx_levels *l, const rx_neighbours *nb, rx_workspace *ws,
             rx_error *err)
{
    return rx_difference_features(out, nb, l, true, ws, err);
}
