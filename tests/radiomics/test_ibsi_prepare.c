/* Preparation of the ibsi profile: grids, interpolation, masks, rounding, re-segmentation. */
#include "region.h"
#include <radiomics/ibsi.h>

typedef struct prepared { rx_ibsi_prepared p; rx_ibsi_trace t; } prepared;

static prepared prepare(const region *r, const rx_ibsi *s)
{
    prepared out;
    rx_error err;
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    CHECK_OK(rx_ibsi_prepare(&out.p, &out.t, &image, &mask, s, &err), err);
    return out;
}

static rx_ibsi defaults(void)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.families = RX_IBSI_STATISTICS;
    s.margin_mm = INFINITY;
    return s;
}

/* Every voxel in the region, with intensity f(x, y, z) of its indices. */
static region filled(rx_grid g, double (*f)(double, double, double))
{
    region r = region_new(g);
    for (size_t k = 0; k < g.dim[2]; k++) {
        for (size_t j = 0; j < g.dim[1]; j++) {
            for (size_t i = 0; i < g.dim[0]; i++) {
                region_set(&r, i, j, k, f((double)i, (double)j, (double)k));
            }
        }
    }
    return r;
}

static double cubic(double x, double y, double z)
{
    return 2 + x - 0.5 * x * x * x + 0.02 * x * x * y * y * y + 0.3 * z * z * z - y * z * z + 0.001 * x * y * y * z * z * z;
}

static double bilinear(double x, double y, double z) { return 5 + 2 * x - 3 * y + z + 0.5 * x * y - x * z + 0.25 * x * y * z; }

static double rough(double x, double y, double z)
{
    uint64_t seed = (uint64_t)(x * 73856093 + y * 19349663 + z * 83492791);
    return floor(1000 * next_uniform(&seed));
}

/* Where new voxel i lies on the old axis: the manual's formula. */
static double position(const prepared *q, const region *r, int a, size_t i)
{
    double ratio = q->t.interpolated.grid.spacing_mm[a] / r->grid.spacing_mm[a];
    double n = (double)r->grid.dim[a], m = (double)q->t.interpolated.grid.dim[a];
    return (n - 1 - ratio * (m - 1)) / 2 + (double)i * ratio;
}

/* The largest error beside f over new voxels that lie at least `away` voxels from the border. */
static double worst_error(const prepared *q, const region *r, double (*f)(double, double, double), double away)
{
    const size_t *dim = q->p.image.grid.dim;
    double worst = 0;
    for (size_t k = 0; k < dim[2]; k++) {
        for (size_t j = 0; j < dim[1]; j++) {
            for (size_t i = 0; i < dim[0]; i++) {
                const size_t at[3] = { i, j, k };
                double x[3];
                bool far = true;
                for (int a = 0; a < 3; a++) {
                    x[a] = position(q, r, a, at[a]);
                    far = far && x[a] >= away && x[a] <= (double)r->grid.dim[a] - 1 - away;
                }
                if (!far) { continue; }
                double v = f(x[0], x[1], x[2]);
                worst = fmax(worst, fabs(q->p.image.voxels[(k * dim[1] + j) * dim[0] + i] - v) / (1 + fabs(v)));
            }
        }
    }
    return worst;
}

static void test_ibsi_prepare__grid(void **state)
{
    (void)state;
    region r = filled(grid_of(204, 3, 60, 0.9765625, 1, 3), bilinear);
    double turned[9] = { 0, -1, 0, 1, 0, 0, 0, 0, 1 };
    memcpy(r.grid.direction, turned, sizeof turned);
    r.grid.origin_mm[0] = -7;
    r.grid.origin_mm[1] = 11;
    rx_ibsi s = defaults();
    s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 2;
    prepared q = prepare(&r, &s);
    const rx_grid *g = &q.t.interpolated.grid;
    assert_true(g->dim[0] == 100 && g->dim[1] == 2 && g->dim[2] == 90);
    /* x is the image's j: both grids have one centre */
    for (int a = 0; a < 3; a++) {
        CHECK_NEAR(g->spacing_mm[a], 2, 0, 0);
        double old = r.grid.origin_mm[a], new = g->origin_mm[a];
        for (int b = 0; b < 3; b++) {
            old += r.grid.direction[3 * a + b] * r.grid.spacing_mm[b] * ((double)r.grid.dim[b] - 1) / 2;
            new += g->direction[3 * a + b] * g->spacing_mm[b] * ((double)g->dim[b] - 1) / 2;
        }
        CHECK_NEAR(new, old, 0, 1e-12);
    }
    rx_ibsi_prepared_free(&q.p);
    s.by_slice = true;
    q = prepare(&r, &s);
    assert_true(q.p.image.grid.dim[2] == 60 && q.p.image.grid.spacing_mm[2] == 3);
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
    /* 0.1 and 0.3 are no binary fractions: still 10 voxels, not 11 */
    region tenths = filled(grid_of(30, 2, 2, 0.1, 1, 1), bilinear);
    s.spacing_mm[0] = 0.3;
    q = prepare(&tenths, &s);
    assert_int_equal(q.p.image.grid.dim[0], 10);
    rx_ibsi_prepared_free(&q.p);
    region_free(&tenths);
}

static void test_ibsi_prepare__polynomials(void **state)
{
    (void)state;
    region line = filled(grid_of(14, 12, 10, 1, 1.5, 3), bilinear);
    rx_ibsi s = defaults();
    s.spacing_mm[0] = 0.7;
    s.spacing_mm[1] = 1.1;
    s.spacing_mm[2] = 2;
    prepared q = prepare(&line, &s);
    assert_true(worst_error(&q, &line, bilinear, 0) < 1e-13);
    rx_ibsi_prepared_free(&q.p);
    region_free(&line);
    /* the spline's mirrored ends are no polynomial's: the difference fades by 0.27 a voxel */
    region curve = filled(grid_of(62, 61, 60, 1, 1.5, 3), cubic);
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    q = prepare(&curve, &s);
    assert_true(worst_error(&q, &curve, cubic, 27) < 1e-11);
    rx_ibsi_prepared_free(&q.p);
    region_free(&curve);
}

/* Voxels a third as large: every third one is an old one, also beside the border. */
static void test_ibsi_prepare__passes_through_samples(void **state)
{
    (void)state;
    region r = filled(grid_of(9, 7, 5, 3, 3, 3), rough);
    rx_ibsi s = defaults();
    s.spacing_mm[0] = s.spacing_mm[1] = s.spacing_mm[2] = 1;
    for (int how = RX_IBSI_NEAREST; how <= RX_IBSI_CUBIC_SPLINE; how++) {
        s.image_interpolation = (rx_ibsi_interpolation)how;
        prepared q = prepare(&r, &s);
        assert_true(q.p.image.grid.dim[0] == 27 && q.p.image.grid.dim[2] == 15);
        for (size_t k = 0; k < 5; k++) {
            for (size_t j = 0; j < 7; j++) {
                for (size_t i = 0; i < 9; i++) {
                    double v = q.p.image.voxels[((3 * k + 1) * 21 + 3 * j + 1) * 27 + 3 * i + 1];
                    CHECK_NEAR(v, r.image[region_at(&r, i, j, k)], 1e-12, 1e-10);
                }
            }
        }
        /* beyond the outermost centres the image goes on as it ends */
        CHECK_NEAR(q.p.image.voxels[0], q.p.image.voxels[(21 + 1) * 27 + 1], 1e-12, 1e-10);
        rx_ibsi_prepared_free(&q.p);
    }
    region_free(&r);
}

/* One axis, by hand: the spline through 4 samples with mirrored ends, from its linear equations. */
static void test_ibsi_prepare__small_spline(void **state)
{
    (void)state;
    const double v[4] = { 1, -2, 7, 4 };
    region r = region_new(grid_of(4, 1, 1, 2, 1, 1));
    for (size_t i = 0; i < 4; i++) { region_set(&r, i, 0, 0, v[i]); }
    rx_ibsi s = defaults();
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    s.spacing_mm[0] = 1;
    prepared q = prepare(&r, &s);
    /* 4c0 + 2c1 = 6v0, c0 + 4c1 + c2 = 6v1, c1 + 4c2 + c3 = 6v2, 2c2 + 4c3 = 6v3 by elimination */
    double a[4][5] = { { 4, 2, 0, 0, 6 * v[0] }, { 1, 4, 1, 0, 6 * v[1] }, { 0, 1, 4, 1, 6 * v[2] }, { 0, 0, 2, 4, 6 * v[3] } };
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            double f = i == j ? 0 : a[j][i] / a[i][i];
            for (int k = 0; k < 5; k++) { a[j][k] -= f * a[i][k]; }
        }
    }
    double c[4];
    for (int i = 0; i < 4; i++) { c[i] = a[i][4] / a[i][i]; }
    /* new voxels lie at -1/4, 1/4, 3/4 ...: the first beyond the border */
    const double x[8] = { 0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3 };
    for (int i = 0; i < 8; i++) {
        double want = 0;
        for (int k = -1; k <= 4; k++) {
            double d = fabs(x[i] - k), w = d < 1 ? 2.0 / 3 - d * d + d * d * d / 2 : d < 2 ? (2 - d) * (2 - d) * (2 - d) / 6 : 0;
            want += w * c[k < 0 ? -k : k > 3 ? 6 - k : k];
        }
        CHECK_NEAR(q.p.image.voxels[i], want, 1e-13, 1e-13);
    }
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
}

/* Voxels of 2 in voxels of 3: those at 1/6, 5/6, 3/2 ... hold 1/6, 1/2 ... of what lies beside. */
static void test_ibsi_prepare__mask(void **state)
{
    (void)state;
    region r = filled(grid_of(6, 1, 1, 2, 1, 1), bilinear);
    for (size_t i = 0; i < 6; i++) { r.mask[i] = i == 2 || i == 3; }
    rx_ibsi s = defaults();
    s.spacing_mm[0] = 1;
    /* new voxel i lies at i/2 - 1/4: shares 1/4, 3/4, 1, 1, 3/4, 1/4 from voxel 3 on */
    const struct { double threshold; size_t first, n; } want[] = { { 0.5, 4, 4 }, { 0.25, 3, 6 }, { 0.76, 5, 2 }, { 0.75, 4, 4 }, { 1, 5, 2 } };
    for (size_t c = 0; c < sizeof want / sizeof *want; c++) {
        s.mask_threshold = want[c].threshold;
        prepared q = prepare(&r, &s);
        assert_int_equal(q.t.interpolated.morphological.voxels, want[c].n);
        assert_int_equal(q.t.interpolated.morphological.box_min[0], want[c].first);
        rx_ibsi_prepared_free(&q.p);
    }
    s.mask_threshold = 0.5;
    s.mask_interpolation = RX_IBSI_NEAREST;
    prepared q = prepare(&r, &s);
    assert_int_equal(q.t.interpolated.morphological.voxels, 4);
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
}

static void test_ibsi_prepare__rounding(void **state)
{
    (void)state;
    region r = region_new(grid_of(5, 1, 1, 1, 1, 1));
    const double v[] = { -1.6, -0.4, 0.4, 1.6, 7 }, want[] = { -2, 0, 0, 2, 7 };
    for (size_t i = 0; i < 5; i++) { region_set(&r, i, 0, 0, v[i]); }
    rx_ibsi s = defaults();
    s.round_intensities = true;
    prepared q = prepare(&r, &s);
    for (size_t i = 0; i < 5; i++) { CHECK_NEAR(q.p.image.voxels[i], want[i], 0, 0); }
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
}

/* Both ranges are the segmented region's: an intensity that only the range removes still counts
 * for mean and sigma. */
static void test_ibsi_prepare__resegmentation(void **state)
{
    (void)state;
    region r = region_new(grid_of(12, 1, 1, 1, 1, 1));
    const double v[12] = { 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 100, -400 };
    double mean = 0, var = 0;
    for (size_t i = 0; i < 12; i++) { region_set(&r, i, 0, 0, v[i]); mean += v[i] / 12; }
    for (size_t i = 0; i < 12; i++) { var += (v[i] - mean) * (v[i] - mean) / 12; }
    assert_true(mean + sqrt(var) > 100);        /* of 12 .. 19 and 100 it would be 52 */
    rx_ibsi s = defaults();
    s.lowest = 12;
    s.highest = 100;
    prepared q = prepare(&r, &s);
    assert_int_equal(q.t.resegmented.intensity.voxels, 9);
    assert_int_equal(q.t.resegmented.morphological.voxels, 12);
    assert_int_equal(q.t.resegmented.intensity.box_min[0], 2);
    CHECK_NEAR(q.t.resegmented.roi_min, 12, 0, 0);
    rx_ibsi_prepared_free(&q.p);
    s.outlier_sigma = 1;
    q = prepare(&r, &s);
    assert_int_equal(q.t.resegmented.intensity.voxels, 9);
    rx_ibsi_prepared_free(&q.p);
    s.lowest = -INFINITY;
    s.highest = INFINITY;
    s.outlier_sigma = 3;
    q = prepare(&r, &s);
    assert_int_equal(q.t.resegmented.intensity.voxels, 11);
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
}

/* How much of the image is interpolated changes no value but the trace's of the whole image. */
static void test_ibsi_prepare__margin(void **state)
{
    (void)state;
    region r = random_blob(5, grid_of(40, 38, 30, 1, 1.2, 2), 80);
    rx_workspace *ws = rx_workspace_new();
    rx_image image = { r.grid, RX_F64, r.image };
    rx_mask mask = { r.grid, r.mask, 1 };
    for (int how = RX_IBSI_NEAREST; how <= RX_IBSI_CUBIC_SPLINE; how++) {
        rx_ibsi s;
        rx_error err;
        rx_results near = { 0 }, all = { 0 };
        rx_ibsi_trace t;
        rx_ibsi_default(&s);
        s.image_interpolation = (rx_ibsi_interpolation)how;
        s.round_intensities = true;
        for (int a = 0; a < 3; a++) { s.spacing_mm[a] = 1.5; }
        CHECK_OK(rx_ibsi_extract(&near, &t, &image, &mask, &s, ws, &err), err);
        assert_true(isnan(t.interpolated.image_mean) && isfinite(t.initial.image_mean));
        s.margin_mm = INFINITY;
        CHECK_OK(rx_ibsi_extract(&all, &t, &image, &mask, &s, ws, &err), err);
        assert_true(isfinite(t.interpolated.image_mean));
        assert_int_equal(near.n, all.n);
        for (size_t i = 0; i < near.n; i++) { CHECK_NEAR(near.v[i].value.v, all.v[i].value.v, 0, 0); }
        rx_results_free(&near);
        rx_results_free(&all);
    }
    rx_workspace_free(ws);
    region_free(&r);
}

/* The type of the voxels changes nothing. */
static void test_ibsi_prepare__types(void **state)
{
    (void)state;
    region r = filled(grid_of(9, 8, 7, 1, 1, 2), rough);
    testimage as = { r.grid, r.image };
    int16_t *i16 = volume_i16(&as);
    float *f32 = volume_f32(&as);
    rx_image image[3] = { { r.grid, RX_F64, r.image }, { r.grid, RX_I16, i16 }, { r.grid, RX_F32, f32 } };
    rx_mask mask = { r.grid, r.mask, 1 };
    rx_ibsi s = defaults();
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    s.spacing_mm[2] = 0.9;
    rx_ibsi_prepared p[3];
    for (int t = 0; t < 3; t++) {
        rx_error err;
        CHECK_OK(rx_ibsi_prepare(&p[t], NULL, &image[t], &mask, &s, &err), err);
        size_t n;
        CHECK_OK(rx_grid_voxels(&n, &p[t].image.grid, &err), err);
        assert_memory_equal(p[t].image.voxels, p[0].image.voxels, n * sizeof(double));
    }
    for (int t = 0; t < 3; t++) { rx_ibsi_prepared_free(&p[t]); }
    free(i16);
    free(f32);
    region_free(&r);
}

/* A response on every second voxel of a part of the image has every second voxel of both masks. */
static void test_ibsi_prepare__response(void **state)
{
    (void)state;
    region r = random_blob(8, grid_of(20, 18, 16, 1, 1.5, 2), 90);
    const double turned[9] = { 0, 0, 1, 1, 0, 0, 0, 1, 0 };
    memcpy(r.grid.direction, turned, sizeof turned);
    r.grid.origin_mm[1] = -31.7;
    rx_ibsi s = defaults();
    s.outlier_sigma = 1;
    prepared q = prepare(&r, &s);
    rx_error err;
    rx_grid g = r.grid;
    const size_t first[3] = { 3, 2, 1 }, step[3] = { 2, 1, 3 };
    for (int a = 0; a < 3; a++) {
        g.dim[a] = 5;
        g.spacing_mm[a] *= (double)step[a];
        for (int x = 0; x < 3; x++) { g.origin_mm[x] += turned[3 * x + a] * (double)first[a] * r.grid.spacing_mm[a]; }
    }
    rx_volume map;
    rx_ibsi_prepared part;
    CHECK_OK(rx_volume_new(&map, &g, &err), err);
    CHECK_OK(rx_ibsi_prepared_response(&part, &q.p, &map, &err), err);
    assert_ptr_equal(part.image.voxels, map.voxels);
    size_t differ = 0;
    for (size_t i = 0; i < 125; i++) {
        size_t at = region_at(&r, 3 + 2 * (i % 5), 2 + i / 5 % 5, 1 + 3 * (i / 25));
        assert_int_equal(part.morphological.voxels[i], q.p.morphological.voxels[at]);
        assert_int_equal(part.intensity.voxels[i], q.p.intensity.voxels[at]);
        differ += part.morphological.voxels[i] != part.intensity.voxels[i];
    }
    assert_true(differ > 0);
    map.grid.origin_mm[0] += 0.5;
    rx_ibsi_prepared none;
    assert_int_equal(rx_ibsi_prepared_response(&none, &q.p, &map, &err), RX_EGRID);
    map.grid = g;
    map.grid.dim[2] = 7;
    assert_int_equal(rx_ibsi_prepared_response(&none, &q.p, &map, &err), RX_EGRID);
    rx_ibsi_prepared_free(&part);
    rx_ibsi_prepared_free(&q.p);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_prepare__grid),
        cmocka_unit_test(test_ibsi_prepare__polynomials),
        cmocka_unit_test(test_ibsi_prepare__passes_through_samples),
        cmocka_unit_test(test_ibsi_prepare__small_spline),
        cmocka_unit_test(test_ibsi_prepare__mask),
        cmocka_unit_test(test_ibsi_prepare__rounding),
        cmocka_unit_test(test_ibsi_prepare__resegmentation),
        cmocka_unit_test(test_ibsi_prepare__margin),
        cmocka_unit_test(test_ibsi_prepare__types),
        cmocka_unit_test(test_ibsi_prepare__response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
