/* Grey level run length matrix: IBSI 3.7, as PyRadiomics averages or weights the directions. A
 * direction in which no line meets two voxels of the region is left out. */
#include <float.h>
#include <math.h>
#include "bounds.h"
#include "classes.h"
#include "runs.h"

void rx_glrlm_name(double out[N_GLRLM], const double f[SZ_N])
{
    out[glrlm_GrayLevelNonUniformity] = f[SZ_LEVEL_NONUNIFORMITY];
    out[glrlm_GrayLevelNonUniformityNormalized] = f[SZ_LEVEL_NONUNIFORMITY_NORM];
    out[glrlm_GrayLevelVariance] = f[SZ_LEVEL_VARIANCE];
    out[glrlm_HighGrayLevelRunEmphasis] = f[SZ_HIGH];
    out[glrlm_LongRunEmphasis] = f[SZ_LARGE];
    out[glrlm_LongRunHighGrayLevelEmphasis] = f[SZ_LARGE_HIGH];
    out[glrlm_LongRunLowGrayLevelEmphasis] = f[SZ_LARGE_LOW];
    out[glrlm_LowGrayLevelRunEmphasis] = f[SZ_LOW];
    out[glrlm_RunEntropy] = f[SZ_ENTROPY];
    out[glrlm_RunLengthNonUniformity] = f[SZ_SIZE_NONUNIFORMITY];
    out[glrlm_RunLengthNonUniformityNormalized] = f[SZ_SIZE_NONUNIFORMITY_NORM];
    out[glrlm_RunPercentage] = f[SZ_PERCENTAGE];
    out[glrlm_RunVariance] = f[SZ_SIZE_VARIANCE];
    out[glrlm_ShortRunEmphasis] = f[SZ_SMALL];
    out[glrlm_ShortRunHighGrayLevelEmphasis] = f[SZ_SMALL_HIGH];
    out[glrlm_ShortRunLowGrayLevelEmphasis] = f[SZ_SMALL_LOW];
}

int rx_glrlm(double out[N_GLRLM], const rx_levels *l, const rx_settings *s, rx_workspace *ws,
             rx_error *err)
{
    static const unsigned one = 1;
    rx_offset offset[RX_MAX_OFFSETS];
    double weight[RX_MAX_OFFSETS], f[SZ_N];
    size_t n = rx_half_offsets(offset, l, &one, 1, rx_flat_axis(s), true);
    bool merged = s->weighting_norm != RX_NORM_NONE;
    rx_run_form form = { .averaged = !merged, .merged = merged, .weight = weight,
                         .drop_single = true, .eps = DBL_EPSILON };
    rx_run_sums sums;
    for (size_t o = 0; o < n; o++) {
        weight[o] = rx_offset_length(&offset[o], l->spacing_mm, s->weighting_norm);
    }
    int rc = rx_runs_measure(&sums, l, rx_whole(l), offset, n, &form, ws, err);
    if (rc != RX_OK) { return rc; }
    for (int x = 0; x < SZ_N; x++) {
        double mean = sums.directions ? sums.sum[x] / (double)sums.directions : (double)NAN;
        f[x] = merged ? sums.merged[x] : mean;
    }
    rx_glrlm_name(out, f);
    return RX_OK;
}
