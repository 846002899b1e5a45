/* Grey level size zone matrix: IBSI 3.8. */
#include <float.h>
#include "classes.h"
#include "zones.h"

void rx_glszm_name(double out[N_GLSZM], const double f[SZ_N])
{
    out[glszm_GrayLevelNonUniformity] = f[SZ_LEVEL_NONUNIFORMITY];
    out[glszm_GrayLevelNonUniformityNormalized] = f[SZ_LEVEL_NONUNIFORMITY_NORM];
    out[glszm_GrayLevelVariance] = f[SZ_LEVEL_VARIANCE];
    out[glszm_HighGrayLevelZoneEmphasis] = f[SZ_HIGH];
    out[glszm_LargeAreaEmphasis] = f[SZ_LARGE];
    out[glszm_LargeAreaHighGrayLevelEmphasis] = f[SZ_LARGE_HIGH];
    out[glszm_LargeAreaLowGrayLevelEmphasis] = f[SZ_LARGE_LOW];
    out[glszm_LowGrayLevelZoneEmphasis] = f[SZ_LOW];
    out[glszm_SizeZoneNonUniformity] = f[SZ_SIZE_NONUNIFORMITY];
    out[glszm_SizeZoneNonUniformityNormalized] = f[SZ_SIZE_NONUNIFORMITY_NORM];
    out[glszm_SmallAreaEmphasis] = f[SZ_SMALL];
    out[glszm_SmallAreaHighGrayLevelEmphasis] = f[SZ_SMALL_HIGH];
    out[glszm_SmallAreaLowGrayLevelEmphasis] = f[SZ_SMALL_LOW];
    out[glszm_ZoneEntropy] = f[SZ_ENTROPY];
    out[glszm_ZonePercentage] = f[SZ_PERCENTAGE];
    out[glszm_ZoneVariance] = f[SZ_SIZE_VARIANCE];
}

int rx_glszm(double out[N_GLSZM], const rx_levels *l, const rx_settings *s, rx_workspace *ws,
             rx_error *err)
{
    rx_zones zones;
    rx_sizematrix m;
    double f[SZ_N];
    int rc = rx_zones_find(&zones, l, rx_flat_axis(s), ws, err);
    if (rc == RX_OK) { rc = rx_zones_count(&m, &zones, l, rx_whole(l), NULL, ws, err); }
    if (rc != RX_OK) { return rc; }
    m.eps = DBL_EPSILON;
    if ((rc = rx_sizematrix_features(f, &m, l, ws, err)) != RX_OK) { return rc; }
    rx_glszm_name(out, f);
    return RX_OK;
}
