/* Features of a small region whose grid, intensities and settings are all outside input, in both
 * profiles. */
#include <math.h>
#include <radiomics/extract.h>
#include <radiomics/ibsi.h>
#include <stdlib.h>
#include "fuzz.h"

enum { MAX_DIM = 8, MAX_VOXELS = MAX_DIM * MAX_DIM * MAX_DIM };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* Mostly sensible, so that the work behind the checks is reached. */
static double length_mm(fz_input *in)
{
    unsigned kind = fz_u8(in);
    return kind < 250 ? 0.1 * (1 + kind) : fz_double(in);
}

static rx_grid read_grid(fz_input *in)
{
    rx_grid g = { .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    for (int a = 0; a < 3; a++) {
        g.dim[a] = fz_u8(in) % (MAX_DIM + 1);
        g.spacing_mm[a] = length_mm(in);
    }
    return g;
}

static rx_settings read_settings(fz_input *in)
{
    rx_settings s;
    rx_settings_default(&s);
    unsigned flags = fz_u8(in);
    s.symmetrical_glcm = (flags & 1) != 0;
    if ((flags & 2) != 0) { s.bin_count = fz_u16(in); }
    if ((flags & 4) != 0) { s.bin_width = fz_double(in); }
    if ((flags & 8) != 0) { s.voxel_array_shift = fz_double(in); }
    if ((flags & 16) != 0) { s.gldm_alpha = fz_double(in); }
    if ((flags & 32) != 0) {
        s.n_distances = fz_u8(in) % 10;
        for (unsigned i = 0; i < 8; i++) { s.distances[i] = fz_u8(in) % 10; }
    }
    if ((flags & 64) != 0) {
        s.minimum_roi_dimensions = fz_u8(in) % 5;
        s.minimum_roi_size = fz_u8(in);
    }
    if ((flags & 128) != 0) {
        unsigned step = 1 + fz_u8(in) % 16;
        for (unsigned i = 0; i < RX_NFEATURES; i++) { s.enabled[i] = i % step == 0; }
    }
    return s;
}

/* From what is left behind the voxels. */
static void read_more(rx_settings *s, fz_input *in)
{
    unsigned flags = fz_u8(in);
    s->force_2d = (flags & 1) != 0;
    s->force_2d_dimension = flags >> 1 & 3;
    s->weighting_norm = (rx_norm)(flags >> 3 & 7);
}

static rx_ibsi read_ibsi(fz_input *in)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    unsigned flags = fz_u8(in);
    s.by_slice = (flags & 1) != 0;
    s.round_intensities = (flags & 2) != 0;
    s.bins.by = (rx_ibsi_binning)(flags >> 2 & 3);
    s.bins.number = 1 + fz_u8(in);
    s.bins.size = length_mm(in);
    if ((flags & 16) != 0) { s.outlier_sigma = length_mm(in); }
    if ((flags & 32) != 0) { s.lowest = fz_double(in); }
    s.texture.aggregations = fz_u16(in) & RX_IBSI_ALL_AGGREGATIONS;
    s.texture.distance = fz_u8(in) % 10;
    s.texture.ngldm_alpha = (flags & 64) != 0 ? fz_double(in) : 0;
    return s;
}

/* Heap arrays of exactly the grid's size: a voxel too far is out of bounds. */
static void *read_voxels(fz_input *in, rx_scalar type, size_t n)
{
    static const size_t size[] = { [RX_I16] = 2, [RX_F32] = 4, [RX_F64] = 8 };
    void *all = malloc(n > 0 ? n * size[type] : 1);
    fz_require(all != NULL);
    for (size_t i = 0; i < n; i++) {
        switch (type) {
        case RX_I16: ((int16_t *)all)[i] = (int16_t)(fz_u8(in) * 7 - 900); break;
        case RX_F32: {
            double v = fz_double(in);
            ((float *)all)[i] = fabs(v) < 3e38 ? (float)v : INFINITY;
            break;
        }
        case RX_F64: ((double *)all)[i] = fz_double(in); break;
        }
    }
    return all;
}

static void check(const rx_value v[RX_NFEATURES], const rx_settings *s, int rc)
{
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (!s->enabled[i]) { fz_require(v[i].why == RX_NOT_ASKED); }
        if (rc != RX_OK) { fz_require(v[i].why != RX_DEFINED); }
        fz_require(v[i].why == RX_DEFINED ? isfinite(v[i].v) : isnan(v[i].v));
    }
}

static void try_ibsi(const rx_image *image, const rx_mask *mask, const rx_ibsi *s, rx_workspace *ws)
{
    rx_results r = { 0 };
    rx_error err = { 0 };
    int rc = rx_ibsi_extract(&r, NULL, image, mask, s, ws, &err);
    fz_require(rc == (int)err.code);
    fz_require(rc == RX_OK || r.n == 0);
    for (size_t i = 0; i < r.n; i++) {
        fz_require(r.v[i].value.why == RX_DEFINED ? isfinite(r.v[i].value.v) : isnan(r.v[i].value.v));
    }
    rx_results_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fz_input in = { bytes, n };
    rx_settings s = read_settings(&in);
    rx_grid g = read_grid(&in);
    rx_scalar type = (rx_scalar)(fz_u8(&in) % 3);
    size_t voxels = g.dim[0] * g.dim[1] * g.dim[2];
    uint8_t *inside = malloc(voxels > 0 ? voxels : 1);
    fz_require(inside != NULL);
    for (size_t i = 0, bits = 0; i < voxels; i++, bits >>= 1) {
        if (i % 8 == 0) { bits = in.left > 0 ? fz_u8(&in) : 0xff; }
        inside[i] = bits & 1;
    }
    rx_image image = { g, type, read_voxels(&in, type, voxels) };
    rx_mask mask = { g, inside, 1 };

    read_more(&s, &in);
    rx_ibsi ibsi = read_ibsi(&in);

    rx_value v[RX_NFEATURES];
    rx_diagnostics diag;
    rx_error err = {0};
    rx_workspace *ws = rx_workspace_new();
    fz_require(ws != NULL);
    int rc = rx_extract(v, &diag, &image, &mask, &s, ws, &err);
    fz_require(rc == (int)err.code);
    check(v, &s, rc);
    if (rc == RX_OK) { fz_require(diag.roi_voxels > 0 && diag.roi_voxels <= voxels); }
    try_ibsi(&image, &mask, &ibsi, ws);
    rx_workspace_free(ws);
    union { const void *in; void *out; } own = { image.voxels };
    free(own.out);
    free(inside);
    return 0;
}
