/* Feature maps: the value at every voxel is that of the extraction's own kernels, run on the
 * small region around it with the whole region's grey levels. */
#include "check.h"
#include "classes.h"
#include "neighbours.h"
#include "region.h"
#include <math.h>
#include <radiomics/maps.h>
#include <string.h>

static rx_error err;

static rx_map_settings settings_of(unsigned radius)
{
    rx_map_settings s;
    rx_map_settings_default(&s);
    s.kernel_radius = radius;
    s.features.minimum_roi_dimensions = 1;
    return s;
}

enum { N_MAPS = RX_NFEATURES - N_SHAPE };

static void make_all(rx_map maps[N_MAPS], const region *r, const rx_map_settings *s)
{
    int features[N_MAPS];
    for (int f = 0; f < N_MAPS; f++) { features[f] = N_SHAPE + f; }
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    CHECK_OK(rx_maps(maps, features, N_MAPS, &image, &mask, s, NULL, NULL, ws, &err), err);
    rx_workspace_free(ws);
}

static void free_all(rx_map maps[N_MAPS])
{
    for (int f = 0; f < N_MAPS; f++) { rx_map_free(&maps[f]); }
}

static double at(const rx_map *map, size_t i, size_t j, size_t k)
{
    const size_t *n = map->volume.grid.dim, *lo = map->min;
    return map->volume.voxels[((k - lo[2]) * n[1] + j - lo[1]) * n[0] + i - lo[0]];
}

static double value(const rx_map maps[N_MAPS], const char *name, size_t i, size_t j, size_t k)
{
    char full[96];
    snprintf(full, sizeof full, "original_%s", name);
    int f = rx_feature_index(full);
    assert_true(f >= N_SHAPE);
    return at(&maps[f - N_SHAPE], i, j, k);
}

/* ---- The slow path ----------------------------------------------------------------------------- */

/* What the levels of all kernels are counted from. */
typedef struct whole { double lowest, highest; unsigned ng, present; } whole;

static whole look_at_whole(const region *r, const rx_map_settings *s, rx_workspace *ws)
{
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    rx_roi roi;
    rx_levels l;
    CHECK_OK(rx_crop(&roi, &image, &mask, &s->features, ws, &err), err);
    CHECK_OK(rx_discretise(&l, &roi, &s->features, ws, &err), err);
    return (whole){ roi.lowest, roi.highest, l.highest, l.present };
}

/* Every voxel that lies at most `radius` from any of the region's (a box around each). */
static region grown(const region *r, unsigned radius)
{
    region g = region_new(r->grid);
    const size_t *n = r->grid.dim;
    size_t lo[3] = { n[0], n[1], n[2] }, hi[3] = { 0, 0, 0 };
    memcpy(g.image, r->image, region_size(r) * sizeof *g.image);
    for (size_t v = 0; v < region_size(r); v++) {
        if (!r->mask[v]) { continue; }
        const size_t x[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] };
        for (int a = 0; a < 3; a++) {
            lo[a] = x[a] < lo[a] ? x[a] : lo[a];
            hi[a] = x[a] > hi[a] ? x[a] : hi[a];
        }
    }
    for (size_t v = 0; v < region_size(r); v++) {
        const size_t x[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] };
        g.mask[v] = 1;
        for (int a = 0; a < 3; a++) {
            if (x[a] + radius < lo[a] || x[a] > hi[a] + radius) { g.mask[v] = 0; }
        }
    }
    return g;
}

/* The part of `seen` that the kernel around (i, j, k) covers; how many voxels. */
static size_t cut_kernel(uint8_t *mask, const region *seen, const rx_map_settings *s, const size_t c[3])
{
    const size_t *n = seen->grid.dim;
    size_t voxels = 0;
    for (size_t v = 0; v < region_size(seen); v++) {
        const size_t x[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] };
        bool in = seen->mask[v] != 0;
        for (int a = 0; a < 3; a++) {
            bool across = s->features.force_2d && a == 2 - (int)s->features.force_2d_dimension;
            size_t reach = across ? 0 : s->kernel_radius;
            in = in && x[a] + reach >= c[a] && x[a] <= c[a] + reach;
        }
        mask[v] = in;
        voxels += in;
    }
    return voxels;
}

/* The extraction's kernels on that small region. */
static void slow(double f[RX_NFEATURES], const region *seen, const uint8_t *kernel, const whole *w,
                 const rx_map_settings *s, rx_workspace *ws)
{
    rx_image image = { seen->grid, RX_F64, seen->image };
    rx_mask mask = { seen->grid, kernel, 1 };
    rx_settings flat = s->features;
    flat.force_2d = false;             /* a kernel of one slice is flat already */
    rx_roi roi;
    rx_levels l;
    rx_neighbours nb;
    CHECK_OK(rx_crop(&roi, &image, &mask, &flat, ws, &err), err);
    double lowest = roi.lowest, highest = roi.highest;
    roi.lowest = w->lowest;            /* so that the bins are those of the whole region */
    roi.highest = w->highest;
    CHECK_OK(rx_discretise(&l, &roi, &flat, ws, &err), err);
    roi.lowest = lowest;
    roi.highest = highest;
    unsigned one_level = l.present == 1;
    l.highest = w->ng;
    CHECK_OK(rx_firstorder(f + rx_class_first(RX_FIRSTORDER), &roi, &l, &flat, ws, &err), err);
    CHECK_OK(rx_glcm(f + rx_class_first(RX_GLCM), &l, &flat, ws, &err), err);
    CHECK_OK(rx_glrlm(f + rx_class_first(RX_GLRLM), &l, &flat, ws, &err), err);
    CHECK_OK(rx_glszm(f + rx_class_first(RX_GLSZM), &l, &flat, ws, &err), err);
    CHECK_OK(rx_neighbours_count(&nb, &l, &flat, ws, &err), err);
    CHECK_OK(rx_gldm(f + rx_class_first(RX_GLDM), &l, &nb, ws, &err), err);
    CHECK_OK(rx_ngtdm(f + rx_class_first(RX_NGTDM), &l, &nb, ws, &err), err);
    /* where the whole region is not flat, a flat kernel's matrix has eigenvalues 1 and 0 */
    double *mcc = f + rx_class_first(RX_GLCM) + glcm_MCC;
    if (one_level && w->present > 1 && isfinite(f[rx_class_first(RX_GLCM)])) { *mcc = 0; }
}

static void check_value(int f, double got, double want, size_t i, size_t j, size_t k)
{
    /* Square roots of what may be 0 but for rounding: compared before the root. */
    if (f == (int)rx_class_first(RX_GLCM) + glcm_Imc2 || f == (int)rx_class_first(RX_GLCM) + glcm_MCC) {
        if (fabs(got - want) < 3e-7 && fabs(got) < 3e-7 + fabs(want) * (1 + 1e-9)) { return; }
    }
    bool same = isnan(want) ? isnan(got) : fabs(got - want) <= 1e-11 + 1e-11 * fabs(want);
    if (!same) {
        fail_msg("%s at (%zu, %zu, %zu): %.17g, slowly %.17g", rx_features()[f].full_name, i, j, k, got, want);
    }
}

/* All maps of a region against the slow path, voxel by voxel; how many voxels were compared. */
static size_t compare(const region *r, const rx_map_settings *s)
{
    rx_map maps[N_MAPS];
    make_all(maps, r, s);
    rx_workspace *ws = rx_workspace_new();
    region seen = s->masked_kernel ? grown(r, 0) : grown(r, s->kernel_radius);
    if (s->masked_kernel) { memcpy(seen.mask, r->mask, region_size(r)); }
    whole w = look_at_whole(&seen, s, ws);
    uint8_t *kernel = malloc(region_size(r));
    assert_non_null(kernel);
    double f[RX_NFEATURES];
    const size_t *n = r->grid.dim;
    size_t compared = 0;
    for (size_t v = 0; v < region_size(r); v++) {
        const size_t c[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] };
        if (!r->mask[v] || cut_kernel(kernel, &seen, s, c) < 2) { continue; }
        slow(f, &seen, kernel, &w, s, ws);
        for (int x = 0; x < N_MAPS; x++) {
            check_value(N_SHAPE + x, at(&maps[x], c[0], c[1], c[2]), f[N_SHAPE + x], c[0], c[1], c[2]);
        }
        compared++;
    }
    free(kernel);
    region_free(&seen);
    rx_workspace_free(ws);
    free_all(maps);
    return compared;
}

static region blob(uint64_t seed) { return random_blob(seed, grid_of(13, 11, 10, 0.9, 1.1, 2.5), 60); }

static void every_value_is_that_of_the_small_region(void **state)
{
    (void)state;
    region r = blob(1);
    rx_map_settings s = settings_of(1);
    assert_true(compare(&r, &s) > 100);
    s.features.bin_width = 4;                      /* nearly every voxel its own level */
    compare(&r, &s);
    s.features.bin_count = 3;                      /* long runs, large zones, flat kernels */
    compare(&r, &s);
    region_free(&r);
}

static void a_wider_kernel_and_distances(void **state)
{
    (void)state;
    region r = blob(2);
    rx_map_settings s = settings_of(2);
    s.features.n_distances = 2;
    s.features.distances[1] = 3;
    s.features.gldm_alpha = 1;
    assert_true(compare(&r, &s) > 100);
    region_free(&r);
}

static void one_sided_matrices(void **state)
{
    (void)state;
    region r = blob(3);
    rx_map_settings s = settings_of(1);
    s.features.symmetrical_glcm = false;
    s.features.voxel_array_shift = 300;
    assert_true(compare(&r, &s) > 100);
    s.features.bin_width = 100;
    compare(&r, &s);
    region_free(&r);
}

static void kernels_that_see_beyond_the_region(void **state)
{
    (void)state;
    region r = blob(4);
    r.mask[region_at(&r, 0, 0, 0)] = 1;            /* the image's corner cuts its kernel */
    rx_map_settings s = settings_of(1);
    s.masked_kernel = false;
    assert_true(compare(&r, &s) > 100);
    region_free(&r);
}

static void slice_by_slice(void **state)
{
    (void)state;
    region r = blob(5);
    rx_map_settings s = settings_of(1);
    s.features.force_2d = true;
    for (s.features.force_2d_dimension = 0; s.features.force_2d_dimension < 3; s.features.force_2d_dimension++) {
        assert_true(compare(&r, &s) > 100);
    }
    region_free(&r);
}

static void scattered_voxels(void **state)
{
    (void)state;
    region r = blob(6);
    uint64_t seed = 9;
    for (size_t v = 0; v < region_size(&r); v++) { r.mask[v] = next_uniform(&seed) < 0.12; }
    rx_map_settings s = settings_of(1);
    assert_true(compare(&r, &s) > 60);
    region_free(&r);
}

static void merged_directions(void **state)
{
    (void)state;
    for (int thick = 0; thick < 2; thick++) {       /* slices of 8 mm: weights near rounding */
        region r = random_blob(7, grid_of(11, 10, 9, 0.9, 1.1, thick ? 8 : 2.5), 60);
        rx_map_settings s = settings_of(1);
        for (rx_norm norm = RX_NORM_NO_WEIGHTING; norm < RX_NNORMS; norm++) {
            s.features.weighting_norm = norm;
            s.features.symmetrical_glcm = norm != RX_NORM_INFINITY;
            assert_true(compare(&r, &s) > 100);
        }
        region_free(&r);
    }
}

/* ---- First principles -------------------------------------------------------------------------- */

/* A line of levels 1 1 2 3 (bins of 10 from 0), radius 1. */
static void a_line_by_hand(void **state)
{
    (void)state;
    static const double x[4] = { 1, 9, 15, 29 };
    region r = region_new(grid_of(6, 3, 3, 2, 1, 1));
    for (size_t i = 0; i < 4; i++) { region_set(&r, i + 1, 1, 1, x[i]); }
    rx_map_settings s = settings_of(1);
    s.features.bin_width = 10;
    s.init_value = -1;
    rx_map maps[N_MAPS];
    make_all(maps, &r, &s);
    const size_t dim[3] = { 6, 3, 3 };
    for (int a = 0; a < 3; a++) {
        assert_int_equal(maps[0].volume.grid.dim[a], dim[a]);
        assert_int_equal(maps[0].min[a], 0);
    }
    CHECK_NEAR(value(maps, "firstorder_Mean", 0, 1, 1), -1, 0, 0);          /* outside: initValue */
    CHECK_NEAR(value(maps, "firstorder_Mean", 1, 1, 1), 5, 1e-15, 0);       /* of 1, 9            */
    CHECK_NEAR(value(maps, "firstorder_Mean", 2, 1, 1), 25.0 / 3, 1e-15, 0);
    CHECK_NEAR(value(maps, "firstorder_Mean", 4, 1, 1), 22, 1e-15, 0);
    CHECK_NEAR(value(maps, "firstorder_TotalEnergy", 1, 1, 1), 2 * 82, 1e-15, 0);
    CHECK_NEAR(value(maps, "firstorder_Uniformity", 2, 1, 1), 5.0 / 9, 1e-14, 0);
    /* pairs around the third voxel: 1-2 and 2-3 */
    CHECK_NEAR(value(maps, "glcm_Contrast", 3, 1, 1), 1, 1e-14, 0);
    CHECK_NEAR(value(maps, "glcm_Idn", 3, 1, 1), 1 / (1 + 1.0 / 3), 1e-14, 0);  /* Ng is the region's */
    CHECK_NEAR(value(maps, "glcm_Autocorrelation", 3, 1, 1), 4, 1e-14, 0);
    CHECK_NEAR(value(maps, "glcm_MCC", 1, 1, 1), 0, 0, 0);                  /* 1-1 only: flat     */
    CHECK_NEAR(value(maps, "glcm_MCC", 3, 1, 1), 1, 0, 0);                  /* odd and even apart */
    CHECK_NEAR(value(maps, "glrlm_LongRunEmphasis", 2, 1, 1), (4 + 1) / 2.0, 1e-14, 0);
    CHECK_NEAR(value(maps, "glszm_ZonePercentage", 2, 1, 1), 2 / 3.0, 1e-14, 0);
    CHECK_NEAR(value(maps, "gldm_LargeDependenceEmphasis", 2, 1, 1), (4 + 4 + 1) / 3.0, 1e-14, 0);
    /* neighbours of the levels 1 2 3: |1 - 2| + |2 - 2| + |3 - 2|, over three equally frequent */
    CHECK_NEAR(value(maps, "ngtdm_Coarseness", 3, 1, 1), 1.5, 1e-14, 0);
    free_all(maps);
    region_free(&r);
}

static void a_voxel_alone(void **state)
{
    (void)state;
    region r = region_new(grid_of(9, 9, 9, 1, 1, 1));
    region_set(&r, 1, 1, 1, 5);
    region_set(&r, 7, 7, 7, 95);
    rx_map_settings s = settings_of(1);
    rx_map maps[N_MAPS];
    make_all(maps, &r, &s);
    CHECK_NEAR(value(maps, "firstorder_Mean", 7, 7, 7), 95, 0, 0);
    CHECK_NEAR(value(maps, "firstorder_Kurtosis", 7, 7, 7), 0, 0, 0);
    assert_true(isnan(value(maps, "glcm_Contrast", 7, 7, 7)));
    assert_true(isnan(value(maps, "glrlm_RunEntropy", 7, 7, 7)));
    CHECK_NEAR(value(maps, "glszm_HighGrayLevelZoneEmphasis", 7, 7, 7), 16, 1e-15, 0);
    CHECK_NEAR(value(maps, "ngtdm_Coarseness", 7, 7, 7), 1e6, 0, 0);
    free_all(maps);
    region_free(&r);
}

static void count_call(void *user, size_t done, size_t all)
{
    size_t *seen = user;
    assert_true(done > seen[0] && done <= all);
    seen[0] = done;
    seen[1] = all;
}

/* The box, the map on the image's grid, one map alone, and what is told on the way. */
static void one_map_on_the_image_grid(void **state)
{
    (void)state;
    region r = blob(8);
    rx_map_settings s = settings_of(2);
    s.init_value = NAN;
    rx_map all[N_MAPS], one;
    make_all(all, &r, &s);
    int entropy = rx_feature_index("original_glcm_JointEntropy");
    size_t told[2] = { 0, 0 }, voxels = 0;
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    CHECK_OK(rx_maps(&one, &entropy, 1, &image, &mask, &s, count_call, told, ws, &err), err);
    rx_volume placed;
    CHECK_OK(rx_map_on_grid(&placed, &one, &r.grid, NAN, &err), err);
    for (size_t v = 0; v < region_size(&r); v++) {
        const size_t *n = r.grid.dim, c[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] };
        if (!r.mask[v]) {
            assert_true(isnan(placed.voxels[v]));
            continue;
        }
        voxels++;
        CHECK_NEAR(placed.voxels[v], at(&all[entropy - N_SHAPE], c[0], c[1], c[2]), 0, 0);
    }
    assert_int_equal(told[0], voxels);
    assert_int_equal(told[1], voxels);
    for (int a = 0; a < 3; a++) {                      /* direction is the unit matrix */
        CHECK_NEAR(one.volume.grid.origin_mm[a], (double)one.min[a] * r.grid.spacing_mm[a], 1e-15, 1e-15);
    }
    rx_volume_free(&placed);
    rx_map_free(&one);
    rx_workspace_free(ws);
    free_all(all);
    region_free(&r);
}

/* Nearly every voxel its own level; one level; one slice. */
static void awkward_regions(void **state)
{
    (void)state;
    region r = blob(10);
    rx_map_settings s = settings_of(1);
    s.features.bin_width = 0.5;
    assert_true(compare(&r, &s) > 100);
    for (size_t v = 0; v < region_size(&r); v++) { r.image[v] = -7.5; }
    s.features.bin_width = 25;
    assert_true(compare(&r, &s) > 100);
    for (size_t v = 0; v < region_size(&r); v++) {
        r.image[v] = (double)(v * 7919 % 301);
        r.mask[v] = r.mask[v] && v / r.grid.dim[0] / r.grid.dim[1] == 4;
    }
    assert_true(compare(&r, &s) > 10);
    region_free(&r);
}

static void what_has_no_map_is_refused(void **state)
{
    (void)state;
    region r = blob(9);
    rx_map_settings s = settings_of(1);
    rx_map map;
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 }, nothing = { r.grid, r.mask, 7 };
    int shape = rx_feature_index("original_shape_MeshVolume"), none = RX_NFEATURES;
    int mean = rx_feature_index("original_firstorder_Mean");
    assert_int_equal(rx_maps(&map, &shape, 1, &image, &mask, &s, NULL, NULL, ws, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "original_shape_MeshVolume"));
    assert_null(map.volume.voxels);
    assert_int_equal(rx_maps(&map, &none, 1, &image, &mask, &s, NULL, NULL, ws, &err), RX_EINVAL);
    assert_int_equal(rx_maps(&map, &mean, 1, &image, &nothing, &s, NULL, NULL, ws, &err), RX_EEMPTY);
    size_t outside = 0;                            /* NaN beside the region matters to those who see it */
    while (r.mask[outside] || !r.mask[outside + 1]) { outside++; }
    r.image[outside] = NAN;
    CHECK_OK(rx_maps(&map, &mean, 1, &image, &mask, &s, NULL, NULL, ws, &err), err);
    rx_map_free(&map);
    s.masked_kernel = false;
    assert_int_equal(rx_maps(&map, &mean, 1, &image, &mask, &s, NULL, NULL, ws, &err), RX_EINVAL);
    char place[64];
    snprintf(place, sizeof place, "(%zu, %zu, %zu)", outside % 13, outside / 13 % 11, outside / 143);
    assert_non_null(strstr(err.msg, place));
    s.masked_kernel = true;
    int contrast = rx_feature_index("original_glcm_Contrast");
    s.kernel_radius = 15;
    region wide = random_blob(3, grid_of(60, 60, 60, 1, 1, 1), 6e3);
    memset(wide.mask, 1, region_size(&wide));
    s.features.bin_width = 0.2;
    image = (rx_image){ wide.grid, RX_F64, wide.image };
    mask = (rx_mask){ wide.grid, wide.mask, 1 };
    assert_int_equal(rx_maps(&map, &contrast, 1, &image, &mask, &s, NULL, NULL, ws, &err), RX_ELIMIT);
    assert_non_null(strstr(err.msg, "smaller kernelRadius"));
    region_free(&wide);
    s.kernel_radius = 16;
    assert_int_equal(rx_maps(&map, &mean, 1, &image, &mask, &s, NULL, NULL, ws, &err), RX_EINVAL);
    assert_non_null(strstr(err.msg, "kernelRadius is 16"));
    rx_workspace_free(ws);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_that_of_the_small_region),
        cmocka_unit_test(a_wider_kernel_and_distances),
        cmocka_unit_test(one_sided_matrices),
        cmocka_unit_test(kernels_that_see_beyond_the_region),
        cmocka_unit_test(slice_by_slice),
        cmocka_unit_test(scattered_voxels),
        cmocka_unit_test(merged_directions),
        cmocka_unit_test(a_line_by_hand),
        cmocka_unit_test(a_voxel_alone),
        cmocka_unit_test(one_map_on_the_image_grid),
        cmocka_unit_test(awkward_regions),
        cmocka_unit_test(what_has_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
