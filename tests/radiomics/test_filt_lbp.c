/* Local binary patterns: by hand, by invariances, and against slow versions that are written from
 * the definition in another way. */
#include "filtered.h"
#include <complex.h>

static rx_filter_settings defaults(void)
{
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    return s;
}

/* ---- in planes ---- */

/* The code of the middle of 3 x 3 voxels. */
static double middle_code(const double v[9], rx_lbp_method method, unsigned samples)
{
    testimage t = image_new(3, 3, 1, 1, 1, 1);
    memcpy(t.v, v, 9 * sizeof *v);
    rx_filter_settings s = defaults();
    s.lbp2d_method = method;
    s.lbp2d_samples = samples;
    double *out = filter_image(&t, RX_IMAGE_LBP2D, &s, "lbp-2D"), code = out[4];
    free(out);
    volume_free(&t);
    return code;
}

/* Four samples are the voxels to the right, above, left, below, in that order: bits 0 to 3. */
static void test_lbp2d__four_samples_by_hand(void **state)
{
    (void)state;
    static const struct { double v[9]; double plain, ror, uniform, nri; } cases[] = {
        /*   above      left   right     below                          */
        { { 0, 1, 0,   1, 5, 1,   0, 1, 0 }, 0, 0, 0, 0 },
        { { 0, 9, 0,   9, 5, 9,   0, 9, 0 }, 15, 15, 4, 13 },
        { { 0, 1, 0,   1, 5, 9,   0, 1, 0 }, 1, 1, 1, 1 },
        { { 0, 5, 0,   1, 5, 1,   0, 1, 0 }, 2, 1, 1, 4 },       /* equal counts as 1 */
        { { 0, 1, 0,   9, 5, 1,   0, 1, 0 }, 4, 1, 1, 3 },
        { { 0, 1, 0,   1, 5, 1,   0, 9, 0 }, 8, 1, 1, 2 },
        { { 0, 9, 0,   1, 5, 9,   0, 1, 0 }, 3, 3, 2, 5 },
        { { 0, 9, 0,   9, 5, 1,   0, 1, 0 }, 6, 3, 2, 8 },
        { { 0, 1, 0,   9, 5, 9,   0, 1, 0 }, 5, 5, 2, 5 },       /* see below */
        { { 0, 9, 0,   1, 5, 1,   0, 9, 0 }, 10, 5, 5, 14 },
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const double *v = cases[c].v;
        CHECK_NEAR(middle_code(v, RX_LBP_DEFAULT, 4), cases[c].plain, 0, 0);
        CHECK_NEAR(middle_code(v, RX_LBP_ROR, 4), cases[c].ror, 0, 0);
        if (c == 8) { continue; }
        CHECK_NEAR(middle_code(v, RX_LBP_UNIFORM, 4), cases[c].uniform, 0, 0);
        CHECK_NEAR(middle_code(v, RX_LBP_NRI_UNIFORM, 4), cases[c].nri, 0, 0);
    }
    /* 1,0,1,0 changes three times from the first sample to the last; 0,1,0,1 does, too: the change
     * from the last back to the first is not counted, so both are not uniform */
    CHECK_NEAR(middle_code(cases[8].v, RX_LBP_UNIFORM, 4), 5, 0, 0);
    CHECK_NEAR(middle_code(cases[8].v, RX_LBP_NRI_UNIFORM, 4), 14, 0, 0);
}

static void test_lbp2d__variance_by_hand(void **state)
{
    (void)state;
    const double v[9] = { 0, 8, 0, 2, 5, 6, 0, 4, 0 }, flat[9] = { 0, 7, 0, 7, 5, 7, 0, 7, 0 };
    CHECK_NEAR(middle_code(v, RX_LBP_VAR, 4), 2 / 5.0, 1e-14, 0);       /* 6, 8, 2, 4 */
    assert_true(isnan(middle_code(flat, RX_LBP_VAR, 4)));
}

/* The image between voxels, one corner at a time. */
static double bilinear(const testimage *t, const unsigned axis[2], const size_t base[3], double r, double c)
{
    double sum = 0, at[2] = { r, c };
    for (int corner = 0; corner < 4; corner++) {
        double weight = 1;
        size_t index[3] = { base[0], base[1], base[2] };
        bool inside = true;
        for (int a = 0; a < 2; a++) {
            double low = floor(at[a]), where = low + (corner >> a & 1);
            weight *= 1 - fabs(at[a] - where);
            inside = inside && where >= 0 && where < (double)t->grid.dim[axis[a]];
            if (inside) { index[axis[a]] = (size_t)where; }
        }
        if (inside) { sum += weight * *voxel_of(t, index[0], index[1], index[2]); }
    }
    return sum;
}

static double slow_code(const testimage *t, const unsigned axis[2], const size_t at[3], int samples, double radius)
{
    int bits[40], n = 0, changes = 0;
    for (int p = 0; p < samples; p++) {
        double angle = 2 * acos(-1) * p / samples;
        double r = (double)at[axis[0]] - round(1e5 * radius * sin(angle)) / 1e5;
        double c = (double)at[axis[1]] + round(1e5 * radius * cos(angle)) / 1e5;
        bits[p] = bilinear(t, axis, at, r, c) >= *voxel_of(t, at[0], at[1], at[2]);
        n += bits[p];
        changes += p > 0 && bits[p] != bits[p - 1];
    }
    return changes <= 2 ? n : samples + 1;
}

static void test_lbp2d__slow_version(void **state)
{
    (void)state;
    static const unsigned axes[3][2] = { { 1, 0 }, { 2, 0 }, { 1, 2 } };   /* rows and columns */
    testimage t = image_new(8, 7, 6, 1, 1, 1);
    fill_random(&t, 77);
    for (unsigned dimension = 0; dimension < 3; dimension++) {
        for (int samples = 5; samples <= 12; samples += 3) {
            rx_filter_settings s = defaults();
            s.lbp2d_samples = (unsigned)samples;
            s.lbp2d_radius = 1.5;
            s.force_2d_dimension = dimension;
            double *v = filter_image(&t, RX_IMAGE_LBP2D, &s, "lbp-2D");
            for (size_t n = 0; n < grid_size(&t.grid); n++) {
                const size_t at[3] = { n % 8, n / 8 % 7, n / 56 };
                CHECK_NEAR(v[n], slow_code(&t, axes[dimension], at, samples, 1.5), 0, 0);
            }
            free(v);
        }
    }
    volume_free(&t);
}

/* A grey scale that only grows, and a constant added, change no pattern inside. */
static void test_lbp2d__grey_scale_does_not_matter(void **state)
{
    (void)state;
    testimage t = image_new(9, 9, 2, 1, 1, 1), scaled = image_new(9, 9, 2, 1, 1, 1);
    fill_random(&t, 5);
    for (size_t i = 0; i < grid_size(&t.grid); i++) { scaled.v[i] = 4 * t.v[i] + 64; }
    rx_filter_settings s = defaults();
    double *a = filter_image(&t, RX_IMAGE_LBP2D, &s, "lbp-2D"), *b = filter_image(&scaled, RX_IMAGE_LBP2D, &s, "lbp-2D");
    for (size_t k = 0; k < 2; k++) {
        for (size_t j = 1; j < 8; j++) {
            for (size_t i = 1; i < 8; i++) { CHECK_NEAR(a[(k * 9 + j) * 9 + i], b[(k * 9 + j) * 9 + i], 0, 0); }
        }
    }
    free(a);
    free(b);
    volume_free(&t);
    volume_free(&scaled);
}

static void test_lbp2d__boxes_and_types(void **state)
{
    (void)state;
    testimage t = image_new(9, 8, 7, 1, 1, 1);
    fill_random(&t, 6);
    rx_image image = view_of_image(&t);
    rx_filter_settings s = defaults();
    for (unsigned dimension = 0; dimension < 3; dimension++) {
        s.force_2d_dimension = dimension;
        for (rx_lbp_method m = RX_LBP_DEFAULT; m < RX_NLBP_METHODS; m++) {
            s.lbp2d_method = m;
            check_boxes(&image, RX_I16, NULL, RX_IMAGE_LBP2D, &s);
        }
    }
    /* an image of integers keeps no fraction */
    s.lbp2d_method = RX_LBP_VAR;
    double *whole = filter_named(&image, RX_I16, NULL, NULL, RX_IMAGE_LBP2D, &s, "lbp-2D", NULL);
    double *real = filter_named(&image, RX_F64, NULL, NULL, RX_IMAGE_LBP2D, &s, "lbp-2D", NULL);
    for (size_t i = 0; i < grid_size(&t.grid); i++) { CHECK_NEAR(whole[i], trunc(real[i]), 0, 0); }
    free(whole);
    free(real);
    volume_free(&t);
}

/* ---- in space ---- */

typedef struct sphere { double (*v)[3]; size_t n; } sphere;

/* An icosahedron and the midpoints of its edges, in any order: the default sphere. */
static sphere default_sphere(double radius)
{
    sphere s = { malloc(42 * sizeof(double[3])), 0 };
    double golden = (1 + sqrt(5)) / 2;
    assert_non_null(s.v);
    for (int axis = 0; axis < 3; axis++) {
        for (int sign = 0; sign < 4; sign++) {
            s.v[s.n][axis] = 0;
            s.v[s.n][(axis + 1) % 3] = sign & 1 ? 1 : -1;
            s.v[s.n++][(axis + 2) % 3] = sign & 2 ? golden : -golden;
        }
    }
    for (size_t a = 0; a < 12; a++) {
        for (size_t b = a + 1; b < 12; b++) {
            double d2 = 0;
            for (int k = 0; k < 3; k++) { d2 += pow(s.v[a][k] - s.v[b][k], 2); }
            if (d2 > 4.1) { continue; }           /* an edge is 2 long */
            for (int k = 0; k < 3; k++) { s.v[s.n][k] = (s.v[a][k] + s.v[b][k]) / 2; }
            s.n++;
        }
    }
    assert_int_equal(s.n, 42);
    for (size_t i = 0; i < 42; i++) {
        double length = sqrt(s.v[i][0] * s.v[i][0] + s.v[i][1] * s.v[i][1] + s.v[i][2] * s.v[i][2]);
        for (int k = 0; k < 3; k++) { s.v[i][k] *= radius / length; }
    }
    return s;
}

/* Cubic B-spline, and the coefficients of the spline through n values: the equations
 * c[i-1] + 4 c[i] + c[i+1] = 6 x[i], mirrored at the ends, by Gauss-Seidel. */
static double b3(double x)
{
    x = fabs(x);
    if (x >= 2) { return 0; }
    return x < 1 ? 2.0 / 3 - x * x + x * x * x / 2 : pow(2 - x, 3) / 6;
}

static void solve_line(double *x, size_t n, size_t stride)
{
    double c[16] = { 0 };
    assert_true(n >= 2 && n <= 16);
    for (int sweep = 0; sweep < 200; sweep++) {
        for (size_t i = 0; i < n; i++) {
            double before = c[i ? i - 1 : 1], after = c[i + 1 < n ? i + 1 : n - 2];
            c[i] = (6 * x[i * stride] - before - after) / 4;
        }
    }
    for (size_t i = 0; i < n; i++) { x[i * stride] = c[i]; }
}

static double *spline_of(const testimage *t)
{
    const size_t *d = t->grid.dim, total = grid_size(&t->grid);
    double *c = malloc(total * sizeof *c);
    memcpy(c, t->v, total * sizeof *c);
    for (size_t at = 0; at < total; at += d[0]) { solve_line(c + at, d[0], 1); }
    for (size_t at = 0; at < total; at++) {
        if (at / d[0] % d[1] == 0) { solve_line(c + at, d[1], d[0]); }
    }
    for (size_t at = 0; at < d[0] * d[1]; at++) { solve_line(c + at, d[2], d[0] * d[1]); }
    return c;
}

static size_t mirrored(long i, size_t n)
{
    while (i < 0 || i >= (long)n) { i = i < 0 ? -i : 2 * ((long)n - 1) - i; }
    return (size_t)i;
}

/* At (k, j, i) + (x, y, z). */
static double spline_at(const double *c, const size_t d[3], const double at[3])
{
    double sum = 0;
    for (int a = 0; a < 3; a++) {
        if (at[a] < 0 || at[a] > (double)(d[a] - 1)) { return 0; }
    }
    for (long k = (long)at[2] - 1; k <= (long)at[2] + 2; k++) {
        for (long j = (long)at[1] - 1; j <= (long)at[1] + 2; j++) {
            for (long i = (long)at[0] - 1; i <= (long)at[0] + 2; i++) {
                sum += c[(mirrored(k, d[2]) * d[1] + mirrored(j, d[1])) * d[0] + mirrored(i, d[0])]
                       * b3(at[0] - (double)i) * b3(at[1] - (double)j) * b3(at[2] - (double)k);
            }
        }
    }
    return sum;
}

/* Y_nm for n up to 2, written out. */
static double complex harmonic(int n, int m, double azimuth, double inclination)
{
    double pi = acos(-1), c = cos(inclination), s = sqrt(1 - c * c);
    double complex e = CMPLX(cos(abs(m) * azimuth), sin(abs(m) * azimuth)), y = 0;
    switch (n * 10 + abs(m)) {
    case 0: y = sqrt(1 / (4 * pi)); break;
    case 10: y = sqrt(3 / (4 * pi)) * c; break;
    case 11: y = -sqrt(3 / (8 * pi)) * s * e; break;
    case 20: y = sqrt(5 / (16 * pi)) * (3 * c * c - 1); break;
    case 21: y = -sqrt(15 / (8 * pi)) * s * c * e; break;
    case 22: y = sqrt(15 / (32 * pi)) * s * s * e; break;
    default: fail();
    }
    if (m < 0) { y = conj(y) * (m % 2 ? -1 : 1); }
    return y;
}

/* The norm of degree n of a pattern, as complex sums. */
static double slow_norm(const sphere *s, const double *pattern, int n, double radius)
{
    double complex total = 0;
    for (size_t v = 0; v < s->n; v++) {
        double complex g = 0;
        for (int m = -n; m <= n; m++) {
            double complex c = 0;
            for (size_t u = 0; u < s->n; u++) {
                c += pattern[u] * harmonic(n, m, acos(s->v[u][2] / radius * (1 - 1e-16)), atan2(s->v[u][1], s->v[u][0]));
            }
            g += c * harmonic(n, m, acos(s->v[v][2] / radius * (1 - 1e-16)), atan2(s->v[v][1], s->v[v][0]));
        }
        total += g * g;
    }
    return creal(csqrt(total));
}

static void check_lbp3d(rx_scalar as, double radius)
{
    testimage t = image_new(7, 8, 6, 1, 1, 1);
    fill_random(&t, 1234);
    if (as == RX_F64) {
        for (size_t i = 0; i < grid_size(&t.grid); i++) { t.v[i] /= 7; }
    }
    uint8_t *label = calloc(grid_size(&t.grid), 1);
    for (size_t i = 0; i < grid_size(&t.grid); i += 5) { label[i] = 3; }
    rx_mask mask = { t.grid, label, 3 };
    rx_filter_settings s = defaults();
    s.lbp3d_levels = 3;
    s.lbp3d_icosphere_radius = radius;
    rx_image image = view_of_image(&t);
    char names[100] = "";
    double *maps[4] = {
        filter_named(&image, as, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m1", names),
        filter_named(&image, as, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m2", NULL),
        filter_named(&image, as, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m3", NULL),
        filter_named(&image, as, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-k", NULL),
    };
    assert_string_equal(names, "lbp-3D-m1 lbp-3D-m2 lbp-3D-m3 lbp-3D-k ");
    sphere points = default_sphere(radius);
    double *c = spline_of(&t);
    for (size_t at = 0; at < grid_size(&t.grid); at++) {
        if (label[at] != 3) {
            for (int m = 0; m < 4; m++) { CHECK_NEAR(maps[m][at], 0, 0, 0); }
            continue;
        }
        double f[42], mean = 0, m2 = 0, m4 = 0;
        for (size_t v = 0; v < 42; v++) {
            const double where[3] = { (double)(at % 7) + points.v[v][2], (double)(at / 7 % 8) + points.v[v][1],
                                      (double)(at / 56) + points.v[v][0] };
            f[v] = spline_at(c, t.grid.dim, where);
            if (as == RX_I16) { f[v] = round(f[v]); }
            mean += f[v] / 42;
        }
        for (size_t v = 0; v < 42; v++) {
            m2 += pow(f[v] - mean, 2) / 42;
            m4 += pow(f[v] - mean, 4) / 42;
            f[v] = f[v] >= t.v[at];
        }
        CHECK_NEAR(maps[3][at], m4 / (m2 * m2) - 3, 1e-9, 1e-9);
        for (int n = 0; n < 3; n++) { CHECK_NEAR(maps[n][at], slow_norm(&points, f, n, radius), 1e-10, 1e-10); }
    }
    for (int m = 0; m < 4; m++) { free(maps[m]); }
    check_boxes(&image, as, &mask, RX_IMAGE_LBP3D, &s);
    free(points.v);
    free(c);
    free(label);
    volume_free(&t);
}

static void test_lbp3d__slow_version(void **state)
{
    (void)state;
    check_lbp3d(RX_F64, 1);
    check_lbp3d(RX_I16, 1.7);
}

/* A peak is above all around it: pattern 0 throughout, all norms 0. In a hollow the pattern is 1
 * throughout, whose part of degree 0 is 1/(4 pi) times the number of samples at each of them. */
static void test_lbp3d__peak_and_hollow(void **state)
{
    (void)state;
    testimage t = image_new(9, 9, 9, 1, 1, 1);
    uint8_t *label = calloc(grid_size(&t.grid), 1);
    rx_mask mask = { t.grid, label, 1 };
    label[(4 * 9 + 4) * 9 + 4] = 1;
    rx_image image = view_of_image(&t);
    static const size_t samples[] = { 12, 42, 162, 642, 2562 };
    for (unsigned subdivision = 0; subdivision < 5; subdivision++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            for (size_t at = 0; at < grid_size(&t.grid); at++) {
                double x = (double)(at % 9) - 4, y = (double)(at / 9 % 9) - 4, z = (double)(at / 81) - 4;
                t.v[at] = 1000 + sign * 10 * (x * x + y * y + z * z);
            }
            rx_filter_settings s = defaults();
            s.lbp3d_icosphere_subdivision = subdivision;
            double *m1 = filter_named(&image, RX_F64, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m1", NULL);
            double n = (double)samples[subdivision];
            CHECK_NEAR(m1[(4 * 9 + 4) * 9 + 4], sign < 0 ? 0 : n * sqrt(n) / (4 * acos(-1)), 1e-12, 0);
            free(m1);
        }
    }
    free(label);
    volume_free(&t);
}

/* A sphere of equal samples. */
static void test_lbp3d__constant(void **state)
{
    (void)state;
    testimage t = image_new(6, 6, 6, 1, 1, 1);
    uint8_t *label = calloc(grid_size(&t.grid), 1);
    rx_mask mask = { t.grid, label, 1 };
    for (size_t i = 0; i < grid_size(&t.grid); i++) { t.v[i] = 70; }
    label[(3 * 6 + 2) * 6 + 3] = 1;
    rx_filter_settings s = defaults();
    rx_image image = view_of_image(&t);
    double *k = filter_named(&image, RX_I16, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-k", NULL);
    double *m1 = filter_named(&image, RX_I16, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m1", NULL);
    CHECK_NEAR(k[(3 * 6 + 2) * 6 + 3], -3, 0, 0);
    CHECK_NEAR(m1[(3 * 6 + 2) * 6 + 3], 42 * sqrt(42) / (4 * acos(-1)), 1e-12, 0);
    free(k);
    free(m1);
    /* samples of integers stay in their range: here all are cut to 60, below the voxel */
    s.integer_range[1] = 60;
    m1 = filter_named(&image, RX_I16, &mask, NULL, RX_IMAGE_LBP3D, &s, "lbp-3D-m1", NULL);
    CHECK_NEAR(m1[(3 * 6 + 2) * 6 + 3], 0, 0, 0);
    free(m1);
    free(label);
    volume_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lbp2d__four_samples_by_hand),
        cmocka_unit_test(test_lbp2d__variance_by_hand),
        cmocka_unit_test(test_lbp2d__slow_version),
        cmocka_unit_test(test_lbp2d__grey_scale_does_not_matter),
        cmocka_unit_test(test_lbp2d__boxes_and_types),
        cmocka_unit_test(test_lbp3d__slow_version),
        cmocka_unit_test(test_lbp3d__peak_and_hollow),
        cmocka_unit_test(test_lbp3d__constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
