/* Grey tone differences (IBSI 3.10) and grey level dependences (IBSI 3.11) of neighbourhoods: all
 * voxels within a Chebyshev distance. */
#include <math.h>
#include "bounds.h"
#include "classes.h"
#include "ibsi_texture_families.h"
#include "neighbours.h"

enum { N_DEPENDENCE = 17 };

static const rx_texture_feature tone[N_NGTDM] = {
    { "ngt_coarseness", "QCDE", ngtdm_Coarseness },
    { "ngt_contrast", "65HE", ngtdm_Contrast },
    { "ngt_busyness", "NQ30", ngtdm_Busyness },
    { "ngt_complexity", "HDEZ", ngtdm_Complexity },
    { "ngt_strength", "1X9X", ngtdm_Strength },
};

static const rx_texture_feature dependence[N_DEPENDENCE] = {
    { "ngl_lde", "SODN", SZ_SMALL },
    { "ngl_hde", "IMOQ", SZ_LARGE },
    { "ngl_lgce", "TL9H", SZ_LOW },
    { "ngl_hgce", "OAE7", SZ_HIGH },
    { "ngl_ldlge", "EQ3F", SZ_SMALL_LOW },
    { "ngl_ldhge", "JA6D", SZ_SMALL_HIGH },
    { "ngl_hdlge", "NBZI", SZ_LARGE_LOW },
    { "ngl_hdhge", "9QMG", SZ_LARGE_HIGH },
    { "ngl_glnu", "FP8K", SZ_LEVEL_NONUNIFORMITY },
    { "ngl_glnu_norm", "5SPA", SZ_LEVEL_NONUNIFORMITY_NORM },
    { "ngl_dcnu", "Z87G", SZ_SIZE_NONUNIFORMITY },
    { "ngl_dcnu_norm", "OKJI", SZ_SIZE_NONUNIFORMITY_NORM },
    { "ngl_dc_perc", "6XV8", SZ_PERCENTAGE },
    { "ngl_gl_var", "1PFV", SZ_LEVEL_VARIANCE },
    { "ngl_dc_var", "DNX2", SZ_SIZE_VARIANCE },
    { "ngl_dc_entr", "FCBV", SZ_ENTROPY },
    { "ngl_dc_energy", "CAS9", SZ_ENERGY },
};

/* Sums over slabs of both families' features, and over how many. */
typedef struct sums {
    double tone[N_NGTDM], dependence[SZ_N];
    size_t tones, dependences;
} sums;

static int add_slab(sums *s, const rx_texture_case *c, rx_slab slab, const rx_offset *offset, size_t n,
                    rx_workspace *ws, rx_error *err)
{
    rx_neighbours nb;
    double f[SZ_N], t[N_NGTDM];
    int rc = rx_neighbours_in(&nb, c->levels, slab, offset, n, c->settings->ngldm_alpha, ws, err);
    if (rc == RX_OK) { rc = rx_dependence_features(f, &nb, c->levels, 0, ws, err); }
    if (rc == RX_OK) { rc = rx_difference_features(t, &nb, c->levels, false, ws, err); }
    if (rc != RX_OK) { return rc; }
    if (f[SZ_THINGS] > 0) {
        f[SZ_PERCENTAGE] = 1;                 /* N_s / N_v: every voxel has a neighbourhood */
        for (int x = 0; x < SZ_N; x++) { s->dependence[x] += f[x]; }
        s->dependences++;
    }
    if (!isnan(t[ngtdm_Coarseness])) {        /* NaN: no voxel has a neighbour               */
        for (int x = 0; x < N_NGTDM; x++) { s->tone[x] += t[x]; }
        s->tones++;
    }
    return RX_OK;
}

static int add(const rx_texture_case *c, const sums *s, unsigned aggregation, rx_error *err)
{
    int rc = RX_OK;
    if (c->settings->families & RX_IBSI_NGTDM) {
        rc = rx_texture_add(c, tone, N_NGTDM, aggregation, s->tone, (double)s->tones, err);
    }
    if (rc == RX_OK && c->settings->families & RX_IBSI_NGLDM) {
        rc = rx_texture_add(c, dependence, N_DEPENDENCE, aggregation, s->dependence,
                            (double)s->dependences, err);
    }
    return rc;
}

static int leave_out(const rx_texture_case *c, unsigned aggregation, rx_error *err)
{
    int rc = RX_OK;
    if (c->settings->families & RX_IBSI_NGTDM) { rc = rx_texture_leave_out(c, tone, N_NGTDM, aggregation, err); }
    if (rc == RX_OK && c->settings->families & RX_IBSI_NGLDM) {
        rc = rx_texture_leave_out(c, dependence, N_DEPENDENCE, aggregation, err);
    }
    return rc;
}

static size_t neighbourhood(rx_offset *out, const rx_levels *l, bool flat, unsigned distance)
{
    unsigned within[RX_MAX_DISTANCE];
    for (unsigned d = 0; d < distance; d++) { within[d] = d + 1; }
    return rx_half_offsets(out, l, within, distance, flat ? 2u : (unsigned)RX_NO_AXIS, true);
}

static int whole(const rx_texture_case *c, unsigned aggregation, bool flat, rx_workspace *ws,
                 rx_error *err)
{
    rx_offset offset[RX_MAX_OFFSETS];
    size_t n = neighbourhood(offset, c->levels, flat, c->settings->distance);
    sums s = { 0 };
    if (!rx_texture_wants(c, aggregation)) { return RX_OK; }
    int rc = add_slab(&s, c, rx_whole(c->levels), offset, n, ws, err);
    if (rc == RX_ELIMIT) { return leave_out(c, aggregation, err); }
    return rc == RX_OK ? add(c, &s, aggregation, err) : rc;
}

/* 8QNN: the mean over slices that have values. */
static int by_slice(const rx_texture_case *c, rx_workspace *ws, rx_error *err)
{
    rx_offset offset[RX_MAX_OFFSETS];
    size_t n = neighbourhood(offset, c->levels, true, c->settings->distance);
    sums s = { 0 };
    if (!rx_texture_wants(c, RX_IBSI_2D)) { return RX_OK; }
    for (size_t k = 0; k < c->levels->n[2]; k++) {
        int rc = add_slab(&s, c, (rx_slab){ k, k + 1 }, offset, n, ws, err);
        if (rc == RX_ELIMIT) { return leave_out(c, RX_IBSI_2D, err); }
        if (rc != RX_OK) { return rc; }
    }
    return add(c, &s, RX_IBSI_2D, err);
}

int rx_texture_neighbours(const rx_texture_case *c, rx_workspace *ws, rx_error *err)
{
    int rc = by_slice(c, ws, err);
    if (rc == RX_OK) { rc = whole(c, RX_IBSI_2_5D, true, ws, err); }
    if (rc == RX_OK) { rc = whole(c, RX_IBSI_3D, false, ws, err); }
    return rc;
}
