/* Morphology of the ibsi profile from first principles: sums over all pairs, bodies whose sizes are
 * known, hulls whose every point is looked at. */
#include "region.h"
#include "ibsi_solid.h"
#include <radiomics/ibsi.h>

static const double pi = 3.14159265358979323846;

static rx_workspace *ws;

static int setup(void **state) { (void)state; return (ws = rx_workspace_new()) ? 0 : -1; }
static int teardown(void **state) { (void)state; rx_workspace_free(ws); return 0; }

static rx_results measure(const region *r, const uint8_t *intensity)
{
    rx_results v = { 0 };
    rx_error err;
    rx_ibsi s;
    rx_ibsi_prepared p;
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    rx_ibsi_default(&s);
    s.families = RX_IBSI_MORPHOLOGY;
    s.margin_mm = INFINITY;
    CHECK_OK(rx_ibsi_prepare(&p, NULL, &image, &mask, &s, &err), err);
    if (intensity) { memcpy(p.intensity.voxels, intensity, region_size(r)); }
    CHECK_OK(rx_ibsi_features(&v, NULL, &p, &s, NULL, ws, &err), err);
    rx_ibsi_prepared_free(&p);
    return v;
}

static double value(const rx_results *v, const char *tag)
{
    const rx_result *r = rx_results_find(v, tag);
    if (!r) { fail_msg("no %s", tag); return 0; }
    return r->value.v;
}

/* ---- Moran's I and Geary's C ----------------------------------------------------------- */

typedef struct spot { double mm[3], x; } spot;

static size_t spots_of(spot *out, const region *r, const uint8_t *in)
{
    size_t n = 0;
    const size_t *dim = r->grid.dim;
    for (size_t at = 0; at < region_size(r); at++) {
        if (!in[at]) { continue; }
        const size_t i[3] = { at % dim[0], at / dim[0] % dim[1], at / dim[0] / dim[1] };
        for (int a = 0; a < 3; a++) { out[n].mm[a] = (double)i[a] * r->grid.spacing_mm[a]; }
        out[n++].x = r->image[at];
    }
    return n;
}

static void all_pairs(double *moran, double *geary, const spot *p, size_t n)
{
    double mean = 0, w = 0, products = 0, squares = 0, ss = 0;
    for (size_t i = 0; i < n; i++) { mean += p[i].x / (double)n; }
    for (size_t i = 0; i < n; i++) {
        ss += (p[i].x - mean) * (p[i].x - mean);
        for (size_t j = 0; j < n; j++) {
            double d = 0;
            for (int a = 0; a < 3; a++) { d += (p[i].mm[a] - p[j].mm[a]) * (p[i].mm[a] - p[j].mm[a]); }
            if (i == j) { continue; }
            w += 1 / sqrt(d);
            products += (p[i].x - mean) * (p[j].x - mean) / sqrt(d);
            squares += (p[i].x - p[j].x) * (p[i].x - p[j].x) / sqrt(d);
        }
    }
    *moran = (double)n / w * products / ss;
    *geary = ((double)n - 1) / (2 * w) * squares / ss;
}

static void check_pairs(const region *r, const uint8_t *intensity)
{
    const uint8_t *in = intensity ? intensity : r->mask;
    spot *p = malloc(region_size(r) * sizeof *p);
    double moran, geary;
    all_pairs(&moran, &geary, p, spots_of(p, r, in));
    rx_results v = measure(r, intensity);
    CHECK_NEAR(value(&v, "morph_moran_i"), moran, 1e-10, 1e-12);
    CHECK_NEAR(value(&v, "morph_geary_c"), geary, 1e-10, 1e-12);
    rx_results_free(&v);
    free(p);
}

static void test_ibsi_morph__pairs_of_blobs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        rx_grid g = grid_of(11 + seed, 14, 9 + seed, 0.7, 1.3, 3);
        region r = random_blob(seed, g, 60);
        check_pairs(&r, NULL);
        /* an intensity mask with holes, as re-segmentation leaves it */
        uint8_t *holes = malloc(region_size(&r));
        uint64_t state_ = seed;
        for (size_t i = 0; i < region_size(&r); i++) { holes[i] = r.mask[i] && next_uniform(&state_) < 0.7; }
        check_pairs(&r, holes);
        free(holes);
        region_free(&r);
    }
}

static void test_ibsi_morph__pairs_far_from_zero(void **state)
{
    (void)state;
    region r = random_blob(3, grid_of(12, 12, 12, 1, 1, 1), 60);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = 1e7 + 1e-3 * r.image[i]; }
    spot *p = malloc(region_size(&r) * sizeof *p);
    double moran, geary;
    all_pairs(&moran, &geary, p, spots_of(p, &r, r.mask));
    rx_results v = measure(&r, NULL);
    CHECK_NEAR(value(&v, "morph_moran_i"), moran, 1e-6, 1e-8);
    CHECK_NEAR(value(&v, "morph_geary_c"), geary, 1e-6, 1e-8);
    rx_results_free(&v);
    free(p);
    region_free(&r);
}

static void test_ibsi_morph__pairs_of_thin_regions(void **state)
{
    (void)state;
    const size_t size[][3] = { { 2, 1, 1 }, { 1, 7, 1 }, { 1, 1, 5 }, { 6, 5, 1 }, { 1, 4, 6 }, { 65, 2, 1 } };
    for (int c = 0; c < 6; c++) {
        region r = region_new(grid_of(70, 9, 8, 1.1, 2, 2.5));
        uint64_t seed = 7;
        for (size_t k = 0; k < size[c][2]; k++) {
            for (size_t j = 0; j < size[c][1]; j++) {
                for (size_t i = 0; i < size[c][0]; i++) { region_set(&r, i, j, k, floor(50 * next_uniform(&seed))); }
            }
        }
        check_pairs(&r, NULL);
        region_free(&r);
    }
}

/* ---- hulls ------------------------------------------------------------------------------ */

static double above_face(const rx_hull *h, size_t f, const double p[3])
{
    const double *a = h->vertex[h->face[f].corner[0]].mm, *b = h->vertex[h->face[f].corner[1]].mm;
    const double *c = h->vertex[h->face[f].corner[2]].mm;
    double d = 0;
    for (int x = 0; x < 3; x++) {
        int y = (x + 1) % 3, z = (x + 2) % 3;
        double n = (b[y] - a[y]) * (c[z] - a[z]) - (b[z] - a[z]) * (c[y] - a[y]);
        d += n * (p[x] - a[x]);
    }
    return d;
}

/* The hull is closed and convex, and no midpoint between a voxel inside and one outside lies beyond
 * it; its corners are such midpoints. Coordinates are multiples of 1/8 mm: all sums are exact. */
static void check_hull(const region *r)
{
    rx_hull h;
    rx_roi roi;
    rx_error err;
    rx_mask mask = { r->grid, r->mask, 1 };
    CHECK_OK(rx_crop_mask(&roi, &mask, ws, &err), err);
    CHECK_OK(rx_hull_make(&h, &roi, ws, &err), err);
    assert_int_equal(h.n_faces, 2 * h.n_vertices - 4);         /* Euler, all faces triangles */
    for (size_t f = 0; f < h.n_faces; f++) {
        for (int e = 0; e < 3; e++) {
            const rx_face *g = &h.face[h.face[f].beside[e]];
            uint32_t from = h.face[f].corner[e], to = h.face[f].corner[(e + 1) % 3];
            int shared = 0;
            for (int q = 0; q < 3; q++) { shared += g->corner[q] == to && g->corner[(q + 1) % 3] == from; }
            assert_int_equal(shared, 1);
        }
    }
    const size_t *dim = r->grid.dim;
    size_t met = 0;
    for (size_t at = 0; at < region_size(r); at++) {
        const size_t i[3] = { at % dim[0], at / dim[0] % dim[1], at / dim[0] / dim[1] };
        for (int s = 0; r->mask[at] && s < 6; s++) {
            size_t to[3] = { i[0], i[1], i[2] };
            to[s / 2] += s % 2 ? 1 : (size_t)-1;
            bool inside = to[s / 2] < dim[s / 2] && r->mask[region_at(r, to[0], to[1], to[2])];
            if (inside) { continue; }
            double p[3];
            for (int a = 0; a < 3; a++) { p[a] = ((double)i[a] - (double)roi.min[a] + 1) * r->grid.spacing_mm[a]; }
            p[s / 2] += (s % 2 ? 0.5 : -0.5) * r->grid.spacing_mm[s / 2];
            for (size_t f = 0; f < h.n_faces; f++) { assert_true(above_face(&h, f, p) <= 0); }
            for (size_t c = 0; c < h.n_vertices; c++) { met += memcmp(h.vertex[c].mm, p, sizeof p) == 0; }
        }
    }
    assert_int_equal(met, h.n_vertices);
    rx_size hull = rx_hull_size(&h), box, ball;
    CHECK_OK(rx_hull_box(&box, &h, &err), err);
    CHECK_OK(rx_hull_ellipsoid(&ball, &h, &err), err);
    double aabb = 1;
    for (int a = 0; a < 3; a++) { aabb *= (double)roi.n[a] * roi.spacing_mm[a]; }
    assert_true(hull.volume_mm3 <= box.volume_mm3 * (1 + 1e-12));
    assert_true(hull.volume_mm3 <= ball.volume_mm3);
    /* John: the ellipsoid shrunk to a third lies inside the hull */
    assert_true(ball.volume_mm3 <= 27 * hull.volume_mm3);
    assert_true(box.volume_mm3 <= 1.5 * aabb);
    rx_hull_free(&h);
}

static void test_ibsi_morph__hulls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        region r = random_blob(seed, grid_of(10 + seed, 14, 12, 1, 1.25, 2.5), 0);
        check_hull(&r);
        region_free(&r);
    }
    region dust = region_new(grid_of(9, 8, 7, 1, 1.25, 2.5));
    uint64_t seed = 11;
    for (int i = 0; i < 40; i++) {
        region_set(&dust, (size_t)(9 * next_uniform(&seed)), (size_t)(8 * next_uniform(&seed)),
                   (size_t)(7 * next_uniform(&seed)), 1);
        check_hull(&dust);
    }
    region_free(&dust);
}

static region cuboid(size_t nx, size_t ny, size_t nz, double sx, double sy, double sz)
{
    region r = region_new(grid_of(nx + 2, ny + 2, nz + 2, sx, sy, sz));
    for (size_t k = 1; k <= nz; k++) {
        for (size_t j = 1; j <= ny; j++) {
            for (size_t i = 1; i <= nx; i++) { region_set(&r, i, j, k, (double)(i * j + k)); }
        }
    }
    return r;
}

/* A cube of n voxels has the mesh of a cube whose edges are cut off by half a voxel: its corners are
 * at (n/2, (n-1)/2, (n-1)/2) and its turns. The cube's symmetries make the smallest ellipsoid a
 * ball; other voxel sizes stretch both. */
static void test_ibsi_morph__cubes(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 6; n++) {
        region r = cuboid(n, n, n, 1, 2, 3.5);
        rx_results v = measure(&r, NULL);
        double h = (double)n / 2, e = (double)(n - 1) / 2, radius2 = h * h + 2 * e * e;
        double ball = 4 * pi / 3 * radius2 * sqrt(radius2);
        double cut = (double)(n * n * n) - 12 * (double)(n - 1) / 8 - 8.0 * (1.0 / 8 - 1.0 / 48);
        CHECK_NEAR(value(&v, "morph_volume"), 7 * cut, 1e-12, 0);
        CHECK_NEAR(value(&v, "morph_vol_dens_aabb"), cut / (double)(n * n * n), 1e-12, 0);
        CHECK_NEAR(value(&v, "morph_vol_dens_conv_hull"), 1, 1e-12, 0);
        CHECK_NEAR(value(&v, "morph_area_dens_conv_hull"), 1, 1e-12, 0);
        CHECK_NEAR(value(&v, "morph_vol_dens_mvee"), cut / ball, 1e-6, 0);
        rx_results_free(&v);
        region_free(&r);
    }
}

/* Flat sides are faces of the hull: the smallest box is the box. */
static void test_ibsi_morph__boxes(void **state)
{
    (void)state;
    region r = cuboid(9, 6, 4, 1, 1.5, 2);
    rx_results v = measure(&r, NULL);
    double mesh = value(&v, "morph_volume"), area = value(&v, "morph_area_mesh");
    CHECK_NEAR(value(&v, "morph_vol_dens_aabb"), mesh / (9.0 * 9 * 8), 1e-12, 0);
    CHECK_NEAR(value(&v, "morph_area_dens_aabb"), area / (2.0 * (81 + 72 + 72)), 1e-12, 0);
    CHECK_NEAR(value(&v, "morph_vol_dens_ombb"), mesh / (9.0 * 9 * 8), 1e-12, 0);
    CHECK_NEAR(value(&v, "morph_area_dens_ombb"), area / (2.0 * (81 + 72 + 72)), 1e-12, 0);
    rx_results_free(&v);
    region_free(&r);
}

/* A slab along the diagonal of x and y: its smallest box lies along the diagonal too. The mesh's
 * outline in a slice is |x - y| <= w + 1/2 and lo - 1/2 <= x + y <= hi + 1/2 between pixels. */
static void test_ibsi_morph__slanted_box(void **state)
{
    (void)state;
    region r = region_new(grid_of(42, 42, 6, 1, 1, 1));
    for (size_t k = 1; k < 5; k++) {
        for (size_t j = 1; j < 41; j++) {
            for (size_t i = 1; i < 41; i++) {
                long across = (long)i - (long)j, along = (long)(i + j);
                if (labs(across) <= 6 && along >= 20 && along <= 60) { region_set(&r, i, j, k, (double)i); }
            }
        }
    }
    rx_results v = measure(&r, NULL);
    double wide = 13 / sqrt(2), tall = 41 / sqrt(2);
    CHECK_NEAR(value(&v, "morph_vol_dens_ombb"), value(&v, "morph_volume") / (wide * tall * 4), 1e-12, 0);
    CHECK_NEAR(value(&v, "morph_area_dens_ombb"),
               value(&v, "morph_area_mesh") / (2 * (wide * tall + 4 * wide + 4 * tall)), 1e-12, 0);
    assert_true(value(&v, "morph_vol_dens_ombb") > 1.2 * value(&v, "morph_vol_dens_aabb"));
    rx_results_free(&v);
    region_free(&r);
}

/* A digital ellipsoid: its variances are a^2/5, so that the axes are 4a / sqrt 5. */
static void test_ibsi_morph__ellipsoid(void **state)
{
    (void)state;
    region r = region_new(grid_of(63, 45, 35, 1, 1, 1));
    for (size_t k = 0; k < 35; k++) {
        for (size_t j = 0; j < 45; j++) {
            for (size_t i = 0; i < 63; i++) {
                double x = ((double)i - 31) / 30, y = ((double)j - 22) / 20, z = ((double)k - 17) / 15;
                if (x * x + y * y + z * z <= 1) { region_set(&r, i, j, k, (double)(i + j)); }
            }
        }
    }
    rx_results v = measure(&r, NULL);
    CHECK_NEAR(value(&v, "morph_vol_dens_aee"), sqrt(125) / 8, 0.01, 0);
    CHECK_NEAR(value(&v, "morph_vol_dens_mvee"), 1, 0.08, 0);      /* the outermost voxels stick out */
    CHECK_NEAR(value(&v, "morph_pca_maj_axis"), 120 / sqrt(5), 0.01, 0);
    CHECK_NEAR(value(&v, "morph_pca_min_axis"), 80 / sqrt(5), 0.01, 0);
    CHECK_NEAR(value(&v, "morph_pca_least_axis"), 60 / sqrt(5), 0.01, 0);
    CHECK_NEAR(value(&v, "morph_vol_dens_conv_hull"), 1, 0.05, 0);  /* as they do from the stairs */
    rx_results_free(&v);
    region_free(&r);
}

/* IBSI's series, with Legendre polynomials from their explicit recurrence. */
static void test_ibsi_morph__series_of_the_surface(void **state)
{
    (void)state;
    const double axis[][3] = { { 5.7, 4.65, 4.27 }, { 10, 9, 2 }, { 3, 2.9, 2.8 } };
    for (int c = 0; c < 3; c++) {
        double a = axis[c][0], b = axis[c][1], d = axis[c][2];
        double alpha = sqrt(1 - b * b / (a * a)), beta = sqrt(1 - d * d / (a * a));
        double x = (alpha * alpha + beta * beta) / (2 * alpha * beta), p0 = 1, p1 = x, sum = 0;
        for (int n = 0; n <= 20; n++) {
            sum += pow(alpha * beta, n) / (1 - 4.0 * n * n) * p0;
            double next = ((2 * n + 3) * x * p1 - (n + 1) * p0) / (n + 2);
            p0 = p1;
            p1 = next;
        }
        rx_size s = rx_ellipsoid_size(a, b, d);
        CHECK_NEAR(s.area_mm2, 4 * pi * a * b * sum, 1e-12, 0);
        CHECK_NEAR(s.volume_mm3, 4 * pi / 3 * a * b * d, 1e-14, 0);
    }
    CHECK_NEAR(rx_ellipsoid_size(2, 2, 2).area_mm2, 16 * pi, 1e-14, 0);
}

/* Two masks: the shape's centre comes of one, the intensities' of the other. */
static void test_ibsi_morph__centre_shift(void **state)
{
    (void)state;
    region r = region_new(grid_of(8, 8, 8, 2, 3, 4));
    uint8_t in[512] = { 0 };
    for (size_t i = 1; i <= 5; i++) { region_set(&r, i, 2, 3, (double)i); }
    for (size_t i = 1; i <= 4; i++) { in[region_at(&r, i, 2, 3)] = 1; }
    rx_results v = measure(&r, in);
    double weighted = (1 + 4 + 9 + 16) / 10.0;
    CHECK_NEAR(value(&v, "morph_com"), 2 * (3 - weighted), 0, 1e-12);
    CHECK_NEAR(value(&v, "morph_integ_int"), value(&v, "morph_volume") * 2.5, 1e-14, 0);
    rx_results_free(&v);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_morph__pairs_of_blobs),
        cmocka_unit_test(test_ibsi_morph__pairs_far_from_zero),
        cmocka_unit_test(test_ibsi_morph__pairs_of_thin_regions),
        cmocka_unit_test(test_ibsi_morph__hulls),
        cmocka_unit_test(test_ibsi_morph__cubes),
        cmocka_unit_test(test_ibsi_morph__boxes),
        cmocka_unit_test(test_ibsi_morph__slanted_box),
        cmocka_unit_test(test_ibsi_morph__ellipsoid),
        cmocka_unit_test(test_ibsi_morph__series_of_the_surface),
        cmocka_unit_test(test_ibsi_morph__centre_shift),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
