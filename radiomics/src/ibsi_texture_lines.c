/* Co-occurrences (IBSI 3.6) and runs (IBSI 3.7) along directions, in all six aggregations. */
#include "bounds.h"
#include "cooccurrence.h"
#include "ibsi_texture_families.h"
#include "runs.h"

/* Sum variance (OEEB) is cluster tendency (DG8W), dissimilarity (8S9J) is difference average
 * (TF7R): the same numbers under two names (IBSI 3.6.9, 3.6.13). */
static const rx_texture_feature cooccurrence[] = {
    { "cm_joint_max", "GYBY", glcm_MaximumProbability },
    { "cm_joint_avg", "60VM", glcm_JointAverage },
    { "cm_joint_var", "UR99", glcm_SumSquares },
    { "cm_joint_entr", "TU9B", glcm_JointEntropy },
    { "cm_diff_avg", "TF7R", glcm_DifferenceAverage },
    { "cm_diff_var", "D3YU", glcm_DifferenceVariance },
    { "cm_diff_entr", "NTRS", glcm_DifferenceEntropy },
    { "cm_sum_avg", "ZGXS", glcm_SumAverage },
    { "cm_sum_var", "OEEB", glcm_ClusterTendency },
    { "cm_sum_entr", "P6QZ", glcm_SumEntropy },
    { "cm_energy", "8ZQL", glcm_JointEnergy },
    { "cm_contrast", "ACUI", glcm_Contrast },
    { "cm_dissimilarity", "8S9J", glcm_DifferenceAverage },
    { "cm_inv_diff", "IB1Z", glcm_Id },
    { "cm_inv_diff_norm", "NDRX", glcm_Idn },
    { "cm_inv_diff_mom", "WF0Z", glcm_Idm },
    { "cm_inv_diff_mom_norm", "1QCO", glcm_Idmn },
    { "cm_inv_var", "E8JP", glcm_InverseVariance },
    { "cm_corr", "NI2N", glcm_Correlation },
    { "cm_auto_corr", "QWB0", glcm_Autocorrelation },
    { "cm_clust_tend", "DG8W", glcm_ClusterTendency },
    { "cm_clust_shade", "7NFM", glcm_ClusterShade },
    { "cm_clust_prom", "AE86", glcm_ClusterProminence },
    { "cm_info_corr1", "R8DG", glcm_Imc1 },
    { "cm_info_corr2", "JN9H", glcm_Imc2 },
};

static const rx_texture_feature run_length[] = {
    { "rlm_sre", "22OV", SZ_SMALL },
    { "rlm_lre", "W4KF", SZ_LARGE },
    { "rlm_lgre", "V3SW", SZ_LOW },
    { "rlm_hgre", "G3QZ", SZ_HIGH },
    { "rlm_srlge", "HTZT", SZ_SMALL_LOW },
    { "rlm_srhge", "GD3A", SZ_SMALL_HIGH },
    { "rlm_lrlge", "IVPO", SZ_LARGE_LOW },
    { "rlm_lrhge", "3KUM", SZ_LARGE_HIGH },
    { "rlm_glnu", "R5YN", SZ_LEVEL_NONUNIFORMITY },
    { "rlm_glnu_norm", "OVBL", SZ_LEVEL_NONUNIFORMITY_NORM },
    { "rlm_rlnu", "W92Y", SZ_SIZE_NONUNIFORMITY },
    { "rlm_rlnu_norm", "IC23", SZ_SIZE_NONUNIFORMITY_NORM },
    { "rlm_r_perc", "9ZK5", SZ_PERCENTAGE },
    { "rlm_gl_var", "8CE5", SZ_LEVEL_VARIANCE },
    { "rlm_rl_var", "SXLW", SZ_SIZE_VARIANCE },
    { "rlm_rl_entr", "HJ9O", SZ_ENTROPY },
};

enum { N_VALUES = (int)N_GLCM > (int)SZ_N ? (int)N_GLCM : (int)SZ_N };

/* What a family makes of a slab: sums over directions, and one matrix of all. */
typedef struct measured {
    double sum[N_VALUES], merged[N_VALUES];
    size_t directions;
    bool any;                     /* something is in the merged matrix                      */
} measured;

typedef int measure_fn(measured *m, const rx_texture_case *c, rx_slab slab, const rx_offset *offset,
                       size_t n, unsigned how, rx_workspace *ws, rx_error *err);

typedef struct family {
    measure_fn *measure;
    const rx_texture_feature *feature;
    size_t n_features;
    unsigned distance;            /* the directions are multiplied by it (IBSI 3.6.2)       */
} family;

static int measure_pairs(measured *m, const rx_texture_case *c, rx_slab slab, const rx_offset *offset,
                         size_t n, unsigned how, rx_workspace *ws, rx_error *err)
{
    static const rx_glcm_form form = { .symmetric = true, .mcc = false, .eps = 0 };
    rx_glcm_sums s;
    int rc = rx_glcm_measure(&s, c->levels, slab, offset, n, NULL, how, &form, ws, err);
    if (rc != RX_OK) { return rc; }
    for (int x = 0; x < N_GLCM; x++) {
        m->sum[x] = s.sum[x];
        m->merged[x] = s.merged[x];
    }
    m->directions = s.directions;
    m->any = s.any;
    return RX_OK;
}

static int measure_runs(measured *m, const rx_texture_case *c, rx_slab slab, const rx_offset *offset,
                        size_t n, unsigned how, rx_workspace *ws, rx_error *err)
{
    rx_run_form form = { .averaged = how & RX_AVERAGED, .merged = how & RX_MERGED };
    rx_run_sums s;
    int rc = rx_runs_measure(&s, c->levels, slab, offset, n, &form, ws, err);
    if (rc != RX_OK) { return rc; }
    for (int x = 0; x < SZ_N; x++) {
        m->sum[x] = s.sum[x];
        m->merged[x] = s.merged[x];
    }
    m->directions = s.directions;
    m->any = how & RX_MERGED && s.merged[SZ_THINGS] > 0;
    return RX_OK;
}

/* The directions of the default neighbourhood, each `distance` voxels long. */
static size_t directions_of(rx_offset *out, const rx_levels *l, bool flat, unsigned distance)
{
    static const unsigned one = 1;
    size_t n = rx_half_offsets(out, l, &one, 1, flat ? 2u : (unsigned)RX_NO_AXIS, false);
    for (size_t o = 0; o < n; o++) {
        out[o].step *= distance;
        for (int a = 0; a < 3; a++) { out[o].by[a] = (int8_t)(out[o].by[a] * (int)distance); }
    }
    return n;
}

static unsigned how(const rx_texture_case *c, unsigned averaged, unsigned merged)
{
    return (rx_texture_wants(c, averaged) ? (unsigned)RX_AVERAGED : 0)
         | (rx_texture_wants(c, merged) ? (unsigned)RX_MERGED : 0);
}

/* One slab's features under both aggregations that it serves. */
static int add(const rx_texture_case *c, const family *f, const measured *m, unsigned averaged,
               unsigned merged, rx_error *err)
{
    int rc = RX_OK;
    if (rx_texture_wants(c, averaged)) {
        rc = rx_texture_add(c, f->feature, f->n_features, averaged, m->sum, (double)m->directions, err);
    }
    if (rc == RX_OK && rx_texture_wants(c, merged)) {
        rc = rx_texture_add(c, f->feature, f->n_features, merged, m->merged, m->any ? 1 : 0, err);
    }
    return rc;
}

/* rc, unless a matrix would have been too large: that leaves these aggregations without values. */
static int or_leave_out(int rc, const rx_texture_case *c, const family *f, unsigned averaged,
                        unsigned merged, rx_error *err)
{
    if (rc != RX_ELIMIT) { return rc; }
    rc = RX_OK;
    if (rx_texture_wants(c, averaged)) { rc = rx_texture_leave_out(c, f->feature, f->n_features, averaged, err); }
    if (rc == RX_OK && rx_texture_wants(c, merged)) {
        rc = rx_texture_leave_out(c, f->feature, f->n_features, merged, err);
    }
    return rc;
}

/* BTW3 and SUJT: slice by slice. A slice without a pair or run has no value to be averaged. */
static int by_slice(const rx_texture_case *c, const family *f, const rx_offset *offset, size_t n,
                    rx_workspace *ws, rx_error *err)
{
    measured sum = { 0 }, m = { 0 };
    size_t slices = 0;
    unsigned wanted = how(c, RX_IBSI_2D_AVG, RX_IBSI_2D_COMB);
    if (wanted == 0) { return RX_OK; }
    for (size_t k = 0; k < c->levels->n[2]; k++) {
        int rc = f->measure(&m, c, (rx_slab){ k, k + 1 }, offset, n, wanted, ws, err);
        if (rc != RX_OK) { return rc; }
        sum.directions += m.directions;
        slices += m.any;
        for (int x = 0; x < N_VALUES; x++) {
            if (m.directions) { sum.sum[x] += m.sum[x]; }
            if (m.any) { sum.merged[x] += m.merged[x]; }
        }
    }
    for (int x = 0; x < N_VALUES; x++) { sum.merged[x] /= (double)slices; }
    sum.any = slices > 0;
    return add(c, f, &sum, RX_IBSI_2D_AVG, RX_IBSI_2D_COMB, err);
}

static int whole(const rx_texture_case *c, const family *f, const rx_offset *offset, size_t n,
                 unsigned averaged, unsigned merged, rx_workspace *ws, rx_error *err)
{
    measured m = { 0 };
    unsigned wanted = how(c, averaged, merged);
    if (wanted == 0) { return RX_OK; }
    int rc = f->measure(&m, c, rx_whole(c->levels), offset, n, wanted, ws, err);
    if (rc == RX_OK) { return add(c, f, &m, averaged, merged, err); }
    return or_leave_out(rc, c, f, averaged, merged, err);
}

static int all(const rx_texture_case *c, const family *f, rx_workspace *ws, rx_error *err)
{
    rx_offset flat[RX_MAX_OFFSETS], solid[RX_MAX_OFFSETS];
    size_t n_flat = directions_of(flat, c->levels, true, f->distance);
    size_t n_solid = directions_of(solid, c->levels, false, f->distance);
    int rc = by_slice(c, f, flat, n_flat, ws, err);
    rc = or_leave_out(rc, c, f, RX_IBSI_2D_AVG, RX_IBSI_2D_COMB, err);
    if (rc == RX_OK) { rc = whole(c, f, flat, n_flat, RX_IBSI_2_5D_AVG, RX_IBSI_2_5D_COMB, ws, err); }
    if (rc == RX_OK) { rc = whole(c, f, solid, n_solid, RX_IBSI_3D_AVG, RX_IBSI_3D_COMB, ws, err); }
    return rc;
}

int rx_texture_glcm(const rx_texture_case *c, rx_workspace *ws, rx_error *err)
{
    const family f = { measure_pairs, cooccurrence, sizeof cooccurrence / sizeof *cooccurrence,
                       c->settings->distance };
    return all(c, &f, ws, err);
}

int rx_texture_glrlm(const rx_texture_case *c, rx_workspace *ws, rx_error *err)
{
    const family f = { measure_runs, run_length, sizeof run_length / sizeof *run_length, 1 };
    return all(c, &f, ws, err);
}
