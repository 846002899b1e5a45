/* Neighbourhood grey tone difference matrix: IBSI 3.10. Unlike there, voxels without a
 * neighbour count, with difference 0, as PyRadiomics has it. */
#include <math.h>
#include "classes.h"

int rx_ngtdm(double out[N_NGTDM], const rx_levels *l, const rx_neighbours *nb, rx_workspace *ws,
             rx_error *err)
{
    unsigned n = l->present;
    double *s = rx_buf_need(&ws->reals, n, 2 * sizeof *s, err), *p = s + n;
    if (!s) { return RX_ENOMEM; }
    double N = (double)l->total, sum_s = 0, sum_ps = 0;
    for (unsigned i = 0; i < n; i++) {
        s[i] = 0;
        for (size_t w = 1; w <= nb->most; w++) {
            s[i] += (double)nb->difference[i * (nb->most + 1) + w] / (double)w;
        }
        p[i] = l->count[i] / N;
        sum_s += s[i];
        sum_ps += p[i] * s[i];
    }

    /* every pair is met once; the sums are over both orders */
    double contrast = 0, busy = 0, complexity = 0, strength = 0;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < i; j++) {
            double gi = l->level[i], gj = l->level[j], d = gi - gj;
            contrast += 2 * p[i] * p[j] * d * d;
            busy += 2 * fabs(gi * p[i] - gj * p[j]);
            complexity += 2 * d * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]);
            strength += 2 * (p[i] + p[j]) * d * d;
        }
    }
    double pairs = (double)n * ((double)n - 1);
    out[ngtdm_Coarseness] = sum_ps != 0 ? 1 / sum_ps : 1e6;
    out[ngtdm_Contrast] = pairs != 0 ? contrast * sum_s / N / pairs : 0;
    out[ngtdm_Busyness] = busy != 0 ? sum_ps / busy : 0;
    out[ngtdm_Complexity] = complexity / N;
    out[ngtdm_Strength] = sum_s != 0 ? strength / sum_s : 0;
    return RX_OK;
}
