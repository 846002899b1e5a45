/* Grey level dependence matrix: IBSI 3.11 (NGLDM). A voxel's dependence is itself and its
 * neighbours that differ from it by at most alpha. */
#include <float.h>
#include "classes.h"
#include "neighbours.h"

int rx_dependence_features(double out[SZ_N], const rx_neighbours *nb, const rx_levels *l, double eps,
                           rx_workspace *ws, rx_error *err)
{
    rx_sizematrix m = { .width = nb->most + 1, .count = nb->dependent, .eps = eps };
    return rx_sizematrix_features(out, &m, l, ws, err);
}

void rx_gldm_name(double out[N_GLDM], const double f[SZ_N])
{
    out[gldm_DependenceEntropy] = f[SZ_ENTROPY];
    out[gldm_DependenceNonUniformity] = f[SZ_SIZE_NONUNIFORMITY];
    out[gldm_DependenceNonUniformityNormalized] = f[SZ_SIZE_NONUNIFORMITY_NORM];
    out[gldm_DependenceVariance] = f[SZ_SIZE_VARIANCE];
    out[gldm_GrayLevelNonUniformity] = f[SZ_LEVEL_NONUNIFORMITY];
    out[gldm_GrayLevelVariance] = f[SZ_LEVEL_VARIANCE];
    out[gldm_HighGrayLevelEmphasis] = f[SZ_HIGH];
    out[gldm_LargeDependenceEmphasis] = f[SZ_LARGE];
    out[gldm_LargeDependenceHighGrayLevelEmphasis] = f[SZ_LARGE_HIGH];
    out[gldm_LargeDependenceLowGrayLevelEmphasis] = f[SZ_LARGE_LOW];
    out[gldm_LowGrayLevelEmphasis] = f[SZ_LOW];
    out[gldm_SmallDependenceEmphasis] = f[SZ_SMALL];
    out[gldm_SmallDependenceHighGrayLevelEmphasis] = f[SZ_SMALL_HIGH];
    out[gldm_SmallDependenceLowGrayLevelEmphasis] = f[SZ_SMALL_LOW];
}

int rx_gldm(double out[N_GLDM], const rx_levels *l, const rx_neighbours *nb, rx_workspace *ws,
            rx_error *err)
{
    double f[SZ_N];
    int rc = rx_dependence_features(f, nb, l, DBL_EPSILON, ws, err);
    if (rc != RX_OK) { return rc; }
    rx_gldm_name(out, f);
    return RX_OK;
}
