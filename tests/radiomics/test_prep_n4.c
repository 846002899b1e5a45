/* Bias fields: the B-spline fit by its definition, the deconvolution by what it sharpens, and a
 * planted field that goes away. */
#include "prep_n4.h"
#include "prep_volume.h"

/* ---- The fit ------------------------------------------------------------------------------------ */

static n4_field field_of(const size_t dim[3])
{
    n4_field f = { .n = dim[0] * dim[1] * dim[2] };
    for (int a = 0; a < 3; a++) {
        f.full[a] = f.dim[a] = dim[a];
        f.step[a] = 1;
    }
    f.inside = malloc(f.n);
    f.change = malloc(f.n * sizeof *f.change);
    assert_true(f.inside && f.change);
    memset(f.inside, 1, f.n);
    f.points = f.n;
    return f;
}

static double basis(int m, double u)
{
    switch (m) {
    case 0: return (1 - u) * (1 - u) * (1 - u) / 6;
    case 1: return (3 * u * u * u - 6 * u * u + 4) / 6;
    case 2: return (-3 * u * u * u + 3 * u * u + 3 * u + 1) / 6;
    default: return u * u * u / 6;
    }
}

typedef struct weights { size_t first[3]; double w[3][4]; } weights;

static weights weights_at(const n4_field *f, const size_t mesh[3], const size_t at[3])
{
    weights x;
    for (int a = 0; a < 3; a++) {
        double t = (double)at[a] * (double)mesh[a] / (double)(f->full[a] - 1);
        x.first[a] = (size_t)t < mesh[a] ? (size_t)t : mesh[a] - 1;
        for (int m = 0; m < 4; m++) { x.w[a][m] = basis(m, t - (double)x.first[a]); }
    }
    return x;
}

/* Lee's algorithm point by point, all 64 control points of each. */
static void the_fit_is_lees_algorithm(void **state)
{
    (void)state;
    const size_t dim[3] = { 9, 7, 6 }, mesh[3] = { 2, 3, 1 }, c[3] = { 5, 6, 4 };
    n4_field f = field_of(dim);
    uint64_t seed = 4;
    double top[5 * 6 * 4] = { 0 }, bottom[5 * 6 * 4] = { 0 };
    for (size_t p = 0; p < f.n; p++) {
        f.inside[p] = next_uniform(&seed) < 0.7;
        f.change[p] = f.inside[p] ? next_uniform(&seed) - 0.3 : 0;
    }
    for (size_t p = 0; p < f.n; p++) {
        if (!f.inside[p]) { continue; }
        const size_t at[3] = { p % 9, p / 9 % 7, p / 63 };
        weights x = weights_at(&f, mesh, at);
        double squares = 0;
        for (int m = 0; m < 64; m++) { squares += pow(x.w[0][m % 4] * x.w[1][m / 4 % 4] * x.w[2][m / 16], 2); }
        for (int m = 0; m < 64; m++) {
            double w = x.w[0][m % 4] * x.w[1][m / 4 % 4] * x.w[2][m / 16];
            size_t k = ((x.first[2] + (size_t)m / 16) * c[1] + x.first[1] + (size_t)m / 4 % 4) * c[0]
                     + x.first[0] + (size_t)m % 4;
            top[k] += w * w * (w * f.change[p] / squares);
            bottom[k] += w * w;
        }
    }
    rx_n4_spline b = { 0 };
    CHECK_OK(rx_n4_spline_new(&b, &f, mesh, &err), err);
    rx_n4_spline_fit(&b, &f);
    double row[9];
    for (size_t i = 0; i < 5 * 6 * 4; i++) {
        if (bottom[i] > 0) { CHECK_NEAR(b.total[i], top[i] / bottom[i], 1e-10, 1e-12); }
    }
    for (size_t k = 0; k < 6; k++) {
        for (size_t j = 0; j < 7; j++) {
            memset(row, 0, sizeof row);
            rx_n4_spline_add_row(row, &b, &f, j, k);
            for (size_t i = 0; i < 9; i++) { CHECK_NEAR(row[i], f.change[(k * 7 + j) * 9 + i], 1e-11, 1e-13); }
        }
    }
    rx_n4_spline_free(&b);
    free(f.inside);
    free(f.change);
}

/* A constant is approached by fits of what the others left. */
static void fits_of_what_is_left_approach_a_constant(void **state)
{
    (void)state;
    const size_t dim[3] = { 12, 10, 1 }, mesh[3] = { 4, 4, 4 };
    n4_field f = field_of(dim);
    for (size_t p = 0; p < f.n; p++) { f.change[p] = 0.25; }
    rx_n4_spline b = { 0 };
    CHECK_OK(rx_n4_spline_new(&b, &f, mesh, &err), err);
    double largest = 0;
    for (int again = 0; again < 60; again++) {
        double left[120];
        largest = 0;
        rx_n4_spline_fit(&b, &f);
        double row[12];
        for (size_t j = 0; j < 10; j++) {
            memset(row, 0, sizeof row);
            rx_n4_spline_add_row(row, &b, &f, j, 0);
            for (size_t i = 0; i < 12; i++) {
                left[j * 12 + i] = 0.25 - row[i];
                largest = fmax(largest, fabs(left[j * 12 + i]));
            }
        }
        memcpy(f.change, left, sizeof left);
    }
    assert_true(largest < 0.25 / 20);
    rx_n4_spline_free(&b);
    free(f.inside);
    free(f.change);
}

/* ---- A planted field ------------------------------------------------------------------------------ */

/* A head of three tissues in a dark frame, with noise. */
static double tissue(size_t i, size_t j, size_t k, const size_t n[3])
{
    double x = 2 * (double)i / (double)(n[0] - 1) - 1, y = 2 * (double)j / (double)(n[1] - 1) - 1;
    double z = 2 * (double)k / (double)(n[2] - 1) - 1, r = x * x + y * y + z * z;
    if (r > 0.85) { return 0; }
    if (r < 0.08) { return 300; }                               /* fluid in the middle     */
    return fabs(sin(6 * x) + cos(5 * y) + sin(4 * z)) < 0.7 ? 700 : 1000;
}

static double planted(size_t i, size_t j, size_t k, const size_t n[3])
{
    double x = 2 * (double)i / (double)(n[0] - 1) - 1, y = 2 * (double)j / (double)(n[1] - 1) - 1;
    double z = 2 * (double)k / (double)(n[2] - 1) - 1;
    return exp(0.35 * x - 0.25 * y * y + 0.2 * x * z + 0.15 * z);
}

/* Coefficient of variation of what is left of the field over the head. */
static double left_over(const rx_volume *field, const size_t n[3])
{
    double sum = 0, squares = 0, count = 0;
    for (size_t at = 0; at < voxels(field); at++) {
        size_t i = at % n[0], j = at / n[0] % n[1], k = at / n[0] / n[1];
        if (tissue(i, j, k, n) == 0) { continue; }
        double ratio = planted(i, j, k, n) / (field->voxels ? field->voxels[at] : 1);
        sum += ratio;
        squares += ratio * ratio;
        count++;
    }
    return sqrt(squares / count - sum / count * (sum / count)) / (sum / count);
}

static void check_planted(const size_t n[3], unsigned shrink, double most)
{
    rx_volume v = new_volume(n[0], n[1], n[2]), field, truth = copy_of(&v);
    uint64_t seed = 12;
    for (size_t at = 0; at < voxels(&v); at++) {
        size_t i = at % n[0], j = at / n[0] % n[1], k = at / n[0] / n[1];
        v.voxels[at] = fabs(tissue(i, j, k, n) * planted(i, j, k, n) + 15 * next_normal(&seed));
        truth.voxels[at] = 1;
    }
    double before = left_over(&truth, n);
    rx_n4 s;
    rx_n4_default(&s);
    s.shrink = shrink;
    rx_volume uncorrected = copy_of(&v);
    CHECK_OK(rx_n4_correct(&v, &field, NULL, &s, &err), err);
    double after = left_over(&field, n);
    fprintf(stderr, "planted field: variation %.1f %% before, %.1f %% left\n", 100 * before, 100 * after);
    assert_true(before > 0.15);
    assert_true(after < most);
    for (size_t at = 0; at < voxels(&v); at++) {
        CHECK_NEAR(v.voxels[at] * field.voxels[at], uncorrected.voxels[at], 1e-12, 0);
    }
    rx_volume_free(&uncorrected);
    rx_volume_free(&v);
    rx_volume_free(&field);
    rx_volume_free(&truth);
}

static void a_planted_field_goes_away(void **state)
{
    (void)state;
    const size_t solid[3] = { 48, 44, 40 }, flat[3] = { 120, 110, 3 };
    check_planted(solid, 2, 0.015);
    check_planted(flat, 1, 0.015);
}

/* Without a field there is little to find; one intensity has none at all. */
static void what_has_no_field_stays(void **state)
{
    (void)state;
    const size_t n[3] = { 40, 40, 20 };
    rx_volume v = new_volume(n[0], n[1], n[2]), field;
    rx_n4 s;
    rx_n4_default(&s);
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = 250; }
    CHECK_OK(rx_n4_correct(&v, &field, NULL, &s, &err), err);
    for (size_t i = 0; i < voxels(&v); i++) { CHECK_NEAR(field.voxels[i], 1, 1e-12, 0); }
    rx_volume_free(&field);
    uint64_t seed = 5;
    for (size_t at = 0; at < voxels(&v); at++) {
        v.voxels[at] = fabs(tissue(at % 40, at / 40 % 40, at / 1600, n) + 15 * next_normal(&seed));
    }
    CHECK_OK(rx_n4_correct(&v, &field, NULL, &s, &err), err);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < voxels(&v); i++) {
        sum += field.voxels[i];
        squares += field.voxels[i] * field.voxels[i];
    }
    double mean = sum / (double)voxels(&v);
    assert_true(sqrt(squares / (double)voxels(&v) - mean * mean) < 0.05);
    rx_volume_free(&v);
    rx_volume_free(&field);
}

static void what_cannot_be_corrected_is_told(void **state)
{
    (void)state;
    rx_volume v = new_volume(8, 8, 8), other = new_volume(8, 8, 7);
    rx_region wrong = new_region(&other);
    rx_n4 s;
    rx_n4_default(&s);
    assert_int_equal(rx_n4_correct(&v, NULL, NULL, &s, &err), RX_EEMPTY);       /* all 0 */
    assert_int_equal(rx_n4_correct(&v, NULL, &wrong, &s, &err), RX_EGRID);
    s.levels = 9;
    assert_int_equal(rx_n4_correct(&v, NULL, NULL, &s, &err), RX_EINVAL);
    rx_n4_default(&s);
    s.fwhm = 0;
    assert_int_equal(rx_n4_correct(&v, NULL, NULL, &s, &err), RX_EINVAL);
    rx_n4_default(&s);
    s.levels = 8;
    s.mesh[0] = s.mesh[1] = s.mesh[2] = 32;
    for (unsigned l = 0; l < 8; l++) { s.iterations[l] = 1; }
    for (size_t i = 0; i < voxels(&v); i++) { v.voxels[i] = 1 + (double)i; }
    assert_int_equal(rx_n4_correct(&v, NULL, NULL, &s, &err), RX_ELIMIT);
    rx_volume_free(&v);
    rx_volume_free(&other);
    rx_region_free(&wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fit_is_lees_algorithm),
        cmocka_unit_test(fits_of_what_is_left_approach_a_constant),
        cmocka_unit_test(a_planted_field_goes_away),
        cmocka_unit_test(what_has_no_field_stays),
        cmocka_unit_test(what_cannot_be_corrected_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
