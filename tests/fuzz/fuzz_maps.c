/* Preparation and feature maps of a small region whose grid, intensities and settings are all
 * outside input. */
#include <math.h>
#include <radiomics/maps.h>
#include <radiomics/prepare.h>
#include <stdlib.h>
#include "fuzz.h"

enum { MAX_DIM = 6, MAX_MAPS = 8 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* Mostly sensible, so that the work behind the checks is reached. */
static double number(fz_input *in, double unit)
{
    unsigned kind = fz_u8(in);
    return kind < 240 ? unit * kind : fz_double(in);
}

static rx_prepare read_prepare(fz_input *in)
{
    rx_prepare p;
    rx_prepare_default(&p);
    unsigned flags = fz_u8(in);
    p.bias_correct = (flags & 1) != 0;
    p.bias.levels = fz_u8(in) % 4;
    for (unsigned l = 0; l < 4; l++) { p.bias.iterations[l] = fz_u8(in) % 5; }
    p.bias.mesh[0] = 1 + fz_u8(in) % 3;
    p.bias.shrink = fz_u8(in) % 4;
    p.bias.otsu = (flags & 2) != 0;
    if ((flags & 4) != 0) { p.bias.fwhm = number(in, 0.01); }
    p.denoise = (rx_denoise)(fz_u8(in) % 5);
    p.median_radius = fz_u8(in) % 3;
    p.gaussian_sigma_mm = number(in, 0.05);
    p.nlm.search_radius = fz_u8(in) % 3;
    p.nlm.sigma = number(in, 1);
    p.normalise = (rx_normalise)(fz_u8(in) % 4);
    p.normalise_of = (rx_normalise_of)(fz_u8(in) % 4);
    p.z_scale = number(in, 1);
    p.percentile_from[0] = number(in, 0.5);
    p.percentile_to[1] = number(in, 4);
    p.landmarks.images = fz_u8(in) % 2;
    for (size_t i = 1; i < p.landmarks.n; i++) { p.landmarks.standard[i] = number(in, 1); }
    p.threshold = (flags & 8) != 0;
    p.threshold_hu[0] = -number(in, 4);
    p.threshold_hu[1] = number(in, 4);
    return p;
}

static rx_map_settings read_settings(fz_input *in)
{
    rx_map_settings s;
    rx_map_settings_default(&s);
    unsigned flags = fz_u8(in);
    s.kernel_radius = fz_u8(in) % 4;
    s.masked_kernel = (flags & 1) != 0;
    s.init_value = number(in, 1);
    s.features.symmetrical_glcm = (flags & 2) != 0;
    s.features.force_2d = (flags & 4) != 0;
    s.features.force_2d_dimension = flags >> 3 & 3;
    s.features.weighting_norm = (rx_norm)(fz_u8(in) % 6);
    s.features.bin_width = number(in, 1);
    s.features.bin_count = (flags & 32) != 0 ? fz_u16(in) : 0;
    s.features.gldm_alpha = number(in, 0.5);
    s.features.distances[1] = fz_u8(in) % 10;
    s.features.n_distances = (flags & 64) != 0 ? 2 : 1;
    s.features.minimum_roi_dimensions = 1;
    return s;
}

/* Inside the region a number or NaN, never infinite; the box lies in the image. */
static void check(const rx_map *map, const rx_volume *v, const rx_region *r)
{
    const size_t *n = map->volume.grid.dim, *lo = map->min, *d = v->grid.dim;
    for (int a = 0; a < 3; a++) { fz_require(lo[a] + n[a] <= d[a]); }
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        size_t x = i % n[0] + lo[0], y = i / n[0] % n[1] + lo[1], z = i / n[0] / n[1] + lo[2];
        fz_require(!r->voxels[(z * d[1] + y) * d[0] + x] || !isinf(map->volume.voxels[i]));
    }
}

static void make_maps(const rx_volume *v, const rx_region *r, fz_input *in)
{
    rx_map_settings s = read_settings(in);
    int features[MAX_MAPS];
    size_t n = 1 + fz_u8(in) % MAX_MAPS;
    for (size_t i = 0; i < n; i++) { features[i] = 14 + (int)(fz_u8(in) % (RX_NFEATURES - 14)); }
    rx_map maps[MAX_MAPS];
    rx_error err = { 0 };
    rx_image image = rx_volume_image(v);
    rx_mask mask = rx_region_mask(r);
    rx_workspace *ws = rx_workspace_new();
    fz_require(ws != NULL);
    int rc = rx_maps(maps, features, n, &image, &mask, &s, NULL, NULL, ws, &err);
    fz_require(rc == (int)err.code);
    for (size_t i = 0; i < n; i++) {
        fz_require((maps[i].volume.voxels != NULL) == (rc == RX_OK));
        if (rc == RX_OK) { check(&maps[i], v, r); }
        rx_map_free(&maps[i]);
    }
    rx_workspace_free(ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fz_input in = { bytes, n };
    rx_grid g = { .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    rx_volume v;
    rx_region r;
    rx_error err = { 0 };
    for (int a = 0; a < 3; a++) {
        g.dim[a] = fz_u8(&in) % (MAX_DIM + 1);
        g.spacing_mm[a] = number(&in, 0.1);
    }
    if (rx_volume_new(&v, &g, &err) != RX_OK) { return 0; }
    if (rx_region_new(&r, &g, &err) != RX_OK) {
        rx_volume_free(&v);
        return 0;
    }
    rx_prepare p = read_prepare(&in);
    size_t voxels = g.dim[0] * g.dim[1] * g.dim[2];
    for (size_t i = 0; i < voxels; i++) {
        v.voxels[i] = number(&in, 3) - 100;
        r.voxels[i] = fz_u8(&in) % 4 != 0;
    }
    int rc = rx_prepare_is_none(&p) ? RX_OK : rx_prepare_apply(&v, &r, &p, &err);
    fz_require(rc == (int)err.code);
    fz_require(rc == RX_OK || err.msg[0] != '\0');
    if (rc == RX_OK) { make_maps(&v, &r, &in); }
    rx_volume_free(&v);
    rx_region_free(&r);
    return 0;
}
