/* Zones by size (IBSI 3.8) and by distance to the border (IBSI 3.9). */
#include "ibsi_texture_families.h"
#include "zones.h"

enum { N_FEATURES = 16 };

static const rx_texture_feature by_size[N_FEATURES] = {
    { "szm_sze", "5QRC", SZ_SMALL },
    { "szm_lze", "48P8", SZ_LARGE },
    { "szm_lgze", "XMSY", SZ_LOW },
    { "szm_hgze", "5GN9", SZ_HIGH },
    { "szm_szlge", "5RAI", SZ_SMALL_LOW },
    { "szm_szhge", "HW1V", SZ_SMALL_HIGH },
    { "szm_lzlge", "YH51", SZ_LARGE_LOW },
    { "szm_lzhge", "J17V", SZ_LARGE_HIGH },
    { "szm_glnu", "JNSA", SZ_LEVEL_NONUNIFORMITY },
    { "szm_glnu_norm", "Y1RO", SZ_LEVEL_NONUNIFORMITY_NORM },
    { "szm_zsnu", "4JP3", SZ_SIZE_NONUNIFORMITY },
    { "szm_zsnu_norm", "VB3A", SZ_SIZE_NONUNIFORMITY_NORM },
    { "szm_z_perc", "P30P", SZ_PERCENTAGE },
    { "szm_gl_var", "BYLV", SZ_LEVEL_VARIANCE },
    { "szm_zs_var", "3NSA", SZ_SIZE_VARIANCE },
    { "szm_zs_entr", "GU8N", SZ_ENTROPY },
};

static const rx_texture_feature by_distance[N_FEATURES] = {
    { "dzm_sde", "0GBI", SZ_SMALL },
    { "dzm_lde", "MB4I", SZ_LARGE },
    { "dzm_lgze", "S1RA", SZ_LOW },
    { "dzm_hgze", "K26C", SZ_HIGH },
    { "dzm_sdlge", "RUVG", SZ_SMALL_LOW },
    { "dzm_sdhge", "DKNJ", SZ_SMALL_HIGH },
    { "dzm_ldlge", "A7WM", SZ_LARGE_LOW },
    { "dzm_ldhge", "KLTH", SZ_LARGE_HIGH },
    { "dzm_glnu", "VFT7", SZ_LEVEL_NONUNIFORMITY },
    { "dzm_glnu_norm", "7HP3", SZ_LEVEL_NONUNIFORMITY_NORM },
    { "dzm_zdnu", "V294", SZ_SIZE_NONUNIFORMITY },
    { "dzm_zdnu_norm", "IATH", SZ_SIZE_NONUNIFORMITY_NORM },
    { "dzm_z_perc", "VIWW", SZ_PERCENTAGE },
    { "dzm_gl_var", "QK93", SZ_LEVEL_VARIANCE },
    { "dzm_zd_var", "7WT1", SZ_SIZE_VARIANCE },
    { "dzm_zd_entr", "GBDU", SZ_ENTROPY },
};

/* Root by root the least distance of a zone's voxels. */
static int gather_least(uint16_t *distance, const rx_zones *z, const rx_levels *l, rx_error *err)
{
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            size_t first = (size_t)(row.voxels - l->voxels);
            for (size_t i = 0; i < row.n; i++) {
                if (row.voxels[i] == 0) { continue; }
                size_t root = first + i;
                if (distance[root] == 0) {
                    return rx_fail(err, RX_EINVAL, "voxel (%zu, %zu, %zu) of the box is in the intensity mask "
                                   "and not in the morphological one", i + l->begin[k * l->n[1] + j], j, k);
                }
                while (z->parent[root] >= 0) { root = (size_t)z->parent[root]; }
                if (distance[first + i] < distance[root]) { distance[root] = distance[first + i]; }
            }
        }
    }
    return RX_OK;
}

static size_t voxels_in(const rx_levels *l, rx_slab slab)
{
    size_t n = 0;
    for (size_t k = slab.begin; k < slab.end; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) { n += row.voxels[i] != 0; }
        }
    }
    return n;
}

static int measure(double f[SZ_N], const rx_zones *z, const uint16_t *value, const rx_levels *l,
                   rx_slab slab, rx_workspace *ws, rx_error *err)
{
    rx_sizematrix m;
    int rc = rx_zones_count(&m, z, l, slab, value, ws, err);
    if (rc == RX_OK) { rc = rx_sizematrix_features(f, &m, l, ws, err); }
    if (rc == RX_OK && f[SZ_THINGS] > 0) {
        f[SZ_PERCENTAGE] = f[SZ_THINGS] / (double)voxels_in(l, slab);   /* N_z / N_v, whatever is counted */
    }
    return rc;
}

/* 8QNN: the mean over slices that hold voxels; the zones are those of a flat search. */
static int by_slice(const rx_texture_case *c, const rx_texture_feature *feature, const rx_zones *z,
                    const uint16_t *value, rx_workspace *ws, rx_error *err)
{
    double sum[SZ_N] = { 0 }, f[SZ_N];
    size_t slices = 0;
    for (size_t k = 0; k < c->levels->n[2]; k++) {
        int rc = measure(f, z, value, c->levels, (rx_slab){ k, k + 1 }, ws, err);
        if (rc != RX_OK) { return rc; }
        if (f[SZ_THINGS] == 0) { continue; }
        for (int x = 0; x < SZ_N; x++) { sum[x] += f[x]; }
        slices++;
    }
    return rx_texture_add(c, feature, N_FEATURES, RX_IBSI_2D, sum, (double)slices, err);
}

static int whole(const rx_texture_case *c, const rx_texture_feature *feature, const rx_zones *z,
                 const uint16_t *value, unsigned aggregation, rx_workspace *ws, rx_error *err)
{
    double f[SZ_N];
    int rc = measure(f, z, value, c->levels, rx_whole(c->levels), ws, err);
    return rc == RX_OK ? rx_texture_add(c, feature, N_FEATURES, aggregation, f, 1, err) : rc;
}

static int flat_ones(const rx_texture_case *c, const rx_texture_feature *feature, const rx_zones *z,
                     const uint16_t *value, rx_workspace *ws, rx_error *err)
{
    int rc = RX_OK;
    if (rx_texture_wants(c, RX_IBSI_2D)) { rc = by_slice(c, feature, z, value, ws, err); }
    if (rc == RX_OK && rx_texture_wants(c, RX_IBSI_2_5D)) {
        rc = whole(c, feature, z, value, RX_IBSI_2_5D, ws, err);
    }
    return rc;
}

/* One search for zones serves sizes and distances. */
static int search_zones(const rx_texture_case *c, bool flat, rx_workspace *ws, rx_error *err)
{
    rx_zones z;
    uint16_t *distance;
    int rc = rx_zones_find(&z, c->levels, flat ? 2u : (unsigned)RX_NO_AXIS, ws, err);
    if (rc == RX_OK && c->settings->families & RX_IBSI_GLSZM) {
        rc = flat ? flat_ones(c, by_size, &z, NULL, ws, err)
                  : whole(c, by_size, &z, NULL, RX_IBSI_3D, ws, err);
    }
    if (rc != RX_OK || !(c->settings->families & RX_IBSI_GLDZM)) { return rc; }
    if ((rc = rx_texture_border(&distance, c->levels, c->roi, flat, ws, err)) != RX_OK
        || (rc = gather_least(distance, &z, c->levels, err)) != RX_OK) {
        return rc;
    }
    return flat ? flat_ones(c, by_distance, &z, distance, ws, err)
                : whole(c, by_distance, &z, distance, RX_IBSI_3D, ws, err);
}

int rx_texture_zones(const rx_texture_case *c, rx_workspace *ws, rx_error *err)
{
    int rc = RX_OK;
    if (rx_texture_wants(c, RX_IBSI_2D | RX_IBSI_2_5D)) { rc = search_zones(c, true, ws, err); }
    if (rc == RX_OK && rx_texture_wants(c, RX_IBSI_3D)) { rc = search_zones(c, false, ws, err); }
    return rc;
}
