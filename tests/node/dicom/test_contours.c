/* Contours in all the ways that they come: areas from first principles, what is passed over with
 * a note, what is refused. */
#include "check.h"
#include "contour_fixture.h"
#include "dicom/runtime.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

/* Six slices of n x n pixels of 1 mm, 3 mm apart from z = 0. */
static void volume_of(pn_volume *v, unsigned n)
{
    const char *paths[6];
    stack_write(paths, 6, n, n);
    CHECK_OK(pn_volume_load(v, paths, 6, &err), err);
}

/* A square from (low, low) to (high, high). */
typedef struct square { char text[160]; } square;
static const char *square_at(square *s, double low, double high, double z)
{
    snprintf(s->text, sizeof s->text, "%g\\%g\\%g\\%g\\%g\\%g\\%g\\%g\\%g\\%g\\%g\\%g", low, low, z, high, low, z,
             high, high, z, low, high, z);
    return s->text;
}

/* ---- Areas --------------------------------------------------------------------------- */

/* Sides at half pixels: as many centres inside as square millimetres. An island in the hole of
 * an island, and one beside it. */
static void test_nested_squares(void **state)
{
    (void)state;
    square q[5];
    const contour_spec c[] = {
        {.data = square_at(&q[0], 1.5, 21.5, 3)}, {.data = square_at(&q[1], 4.5, 18.5, 3)},
        {.data = square_at(&q[2], 7.5, 15.5, 3)}, {.data = square_at(&q[3], 9.5, 11.5, 3)},
        {.data = square_at(&q[4], 24.5, 29.5, 3)},
    };
    pn_volume v;
    pn_mask m;
    volume_of(&v, 32);
    CHECK_OK(mask_of(&m, &v, c, 5, &err), err);
    assert_int_equal(m.n_voxels, 400 - 196 + 64 - 4 + 25);
    assert_int_equal(m.n_contours, 5);
    assert_string_equal(m.note, "");
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* The hole's outline hangs on the outer one by a cut there and back: one contour, two areas. */
static void check_keyhole(const pn_volume *v, double cut)
{
    char text[400];
    snprintf(text, sizeof text,
             "1.5\\1.5\\3\\21.5\\1.5\\3\\21.5\\21.5\\3\\1.5\\21.5\\3\\1.5\\%g\\3\\"
             "5.5\\%g\\3\\5.5\\15.5\\3\\15.5\\15.5\\3\\15.5\\5.5\\3\\5.5\\5.5\\3\\5.5\\%g\\3\\1.5\\%g\\3",
             cut, cut, cut, cut);
    const contour_spec c = {.data = text, .points = "12"};
    pn_mask m;
    CHECK_OK(mask_of(&m, v, &c, 1, &err), err);
    assert_int_equal(m.n_voxels, 400 - 100);
    assert_int_equal(m.voxels[(32 + 10) * 32 + 10], 0);
    assert_int_equal(m.voxels[(32 + 10) * 32 + 3], 1);
    pn_mask_free(&m);
}

static void test_keyhole(void **state)
{
    (void)state;
    pn_volume v;
    volume_of(&v, 32);
    check_keyhole(&v, 10.25);
    check_keyhole(&v, 10);                     /* through the centres of pixels              */
    pn_volume_free(&v);
}

/* Type CLOSEDPLANAR_XOR says what nesting says; the same outline again erases. */
static void test_exclusive_or(void **state)
{
    (void)state;
    square q[3];
    contour_spec c[] = {
        {.data = square_at(&q[0], 1.5, 21.5, 3), .type = "CLOSEDPLANAR_XOR"},
        {.data = square_at(&q[1], 4.5, 14.5, 3), .type = "CLOSEDPLANAR_XOR"},
        {.data = square_at(&q[2], 4.5, 14.5, 3), .type = "CLOSEDPLANAR_XOR"},
    };
    pn_volume v;
    pn_mask m;
    volume_of(&v, 32);
    CHECK_OK(mask_of(&m, &v, c, 2, &err), err);
    assert_int_equal(m.n_voxels, 400 - 100);
    pn_mask_free(&m);
    CHECK_OK(mask_of(&m, &v, c, 3, &err), err);
    assert_int_equal(m.n_voxels, 400);
    assert_string_equal(m.note, "");
    pn_mask_free(&m);
    /* Of the usual type it is a slip: kept once, and said. */
    for (size_t i = 0; i < 3; i++) { c[i].type = NULL; }
    CHECK_OK(mask_of(&m, &v, c, 3, &err), err);
    assert_int_equal(m.n_voxels, 400 - 100);
    assert_int_equal(m.n_contours, 2);
    assert_string_equal(m.note, "1 contours that repeat another ignored");
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* A ring between two circles: pi (R^2 - r^2), to a hundredth, wherever its centre lies. */
static void test_ring(void **state)
{
    (void)state;
    enum { POINTS = 360 };
    static char outer[POINTS * 48], inner[POINTS * 48];
    pn_volume v;
    volume_of(&v, 64);
    for (int place = 0; place < 4; place++) {
        const double x = 31 + 0.23 * place, y = 30.5 + 0.31 * place, big = 24.3, small = 11.7;
        size_t a = 0, b = 0;
        for (int i = 0; i < POINTS; i++) {
            double t = 2 * M_PI * i / POINTS;
            const char *before = i == 0 ? "" : "\\";
            a += (size_t)snprintf(outer + a, sizeof outer - a, "%s%.5f\\%.5f\\6", before, x + big * cos(t), y + big * sin(t));
            b += (size_t)snprintf(inner + b, sizeof inner - b, "%s%.5f\\%.5f\\6", before, x + small * cos(t), y - small * sin(t));
        }
        const contour_spec c[] = {{.data = inner}, {.data = outer}};
        pn_mask m;
        CHECK_OK(mask_of(&m, &v, c, 2, &err), err);
        CHECK_NEAR((double)m.n_voxels, M_PI * (big * big - small * small), 0.01, 0);
        pn_mask_free(&m);
    }
    pn_volume_free(&v);
}

/* ---- Passed over, with a note ------------------------------------------------------------ */

static void test_slices_left_out(void **state)
{
    (void)state;
    square q[3];
    const contour_spec c[] = {
        {.data = square_at(&q[0], 1.5, 3.5, 12)}, {.data = square_at(&q[1], 1.5, 3.5, 0)},
        {.data = square_at(&q[2], 1.5, 3.5, 3)},
    };
    pn_volume v;
    pn_mask m;
    volume_of(&v, 8);
    CHECK_OK(mask_of(&m, &v, c, 3, &err), err);
    assert_string_equal(m.note, "no contour on 2 slices between the first and the last");
    assert_int_equal(m.n_voxels, 12);
    assert_int_equal(count_slice(&m, 2), 0);
    pn_mask_free(&m);
    CHECK_OK(mask_of(&m, &v, c + 1, 2, &err), err);   /* neighbours: nothing is missing             */
    assert_string_equal(m.note, "");
    pn_mask_free(&m);
    pn_volume_free(&v);
}

static void test_contours_without_area(void **state)
{
    (void)state;
    square q;
    const contour_spec c[] = {
        {.data = square_at(&q, 1.5, 5.5, 3)},
        {.data = "2\\2\\3\\2\\2\\3\\2\\2\\3\\2\\2\\3", .points = "4"},             /* one point    */
        {.data = "1\\1\\3\\6\\6\\3\\1\\1\\3", .points = "3"},                      /* there and back */
        {.data = "1\\1\\3\\3\\3\\3\\2\\2\\3\\6\\6\\3", .points = "4"},             /* on one line  */
        {.data = "1\\1\\3\\6\\6\\3"},
        {.data = "4\\4\\4", .type = "POINT"},
        {.data = "1\\1\\3\\6\\1\\3\\6\\6\\3", .type = "OPEN_PLANAR"},
        {.data = "1\\1\\3\\6\\1\\4\\6\\6\\5", .type = "OPEN_NONPLANAR"},
    };
    pn_volume v;
    pn_mask m;
    volume_of(&v, 8);
    CHECK_OK(mask_of(&m, &v, c, 8, &err), err);
    assert_int_equal(m.n_voxels, 16);
    assert_int_equal(m.n_contours, 1);
    assert_string_equal(m.note, "3 open contours or points ignored; 4 contours without area ignored");
    pn_mask_free(&m);
    assert_int_equal(mask_of(&m, &v, c + 1, 7, &err), PN_EEMPTY);
    assert_non_null(strstr(err.msg, "region 1: no closed contour with an area: 3 open contours or points ignored; "
                                    "4 contours without area ignored"));
    pn_volume_free(&v);
}

/* Points that repeat the one before, and the first at the end, change nothing. */
static void test_repeated_points(void **state)
{
    (void)state;
    const contour_spec c = {.data = "1.5\\1.5\\3\\1.5\\1.5\\3\\5.5\\1.5\\3\\5.5\\5.5\\3\\5.5\\5.5\\3\\1.5\\5.5\\3\\1.5\\1.5\\3"};
    pn_volume v;
    pn_mask m;
    volume_of(&v, 8);
    CHECK_OK(mask_of(&m, &v, &c, 1, &err), err);
    assert_int_equal(m.n_voxels, 16);
    assert_string_equal(m.note, "");
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* A figure of eight has two lobes, though its signed areas cancel. */
static void test_figure_of_eight(void **state)
{
    (void)state;
    const contour_spec c = {.data = "1.5\\1.5\\3\\13.5\\1.5\\3\\1.5\\13.5\\3\\13.5\\13.5\\3"};
    pn_volume v;
    pn_mask m;
    volume_of(&v, 16);
    CHECK_OK(mask_of(&m, &v, &c, 1, &err), err);
    CHECK_NEAR((double)m.n_voxels, 72, 0.1, 0);
    pn_mask_free(&m);
    pn_volume_free(&v);
}

/* ---- Between slices ------------------------------------------------------------------------- */

/* 3 mm apart: 0.05 mm are tolerated. */
static void test_between_slices(void **state)
{
    (void)state;
    square q[2];
    pn_volume v;
    pn_mask m;
    volume_of(&v, 8);
    contour_spec c[2] = {{.data = square_at(&q[0], 1.5, 3.5, 3)}, {.data = square_at(&q[1], 1.5, 3.5, 6.04)}};
    CHECK_OK(mask_of(&m, &v, c, 2, &err), err);
    assert_int_equal(count_slice(&m, 2), 4);
    pn_mask_free(&m);
    c[1].data = square_at(&q[1], 1.5, 3.5, 6.06);
    assert_int_equal(mask_of(&m, &v, c, 2, &err), PN_EGEOMETRY);
    assert_string_equal(err.msg, "region 1: contour 2 of 2: lies 0.06 mm from the nearest plane, slice 3 of 6 (z = 6 mm)");
    c[1].data = square_at(&q[1], 1.5, 3.5, 7.5);
    assert_int_equal(mask_of(&m, &v, c, 2, &err), PN_EGEOMETRY);
    assert_non_null(strstr(err.msg, "contour 2 of 2: lies 1.5 mm from the nearest plane"));
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nested_squares, dicom_clear),
        cmocka_unit_test_teardown(test_keyhole, dicom_clear),
        cmocka_unit_test_teardown(test_exclusive_or, dicom_clear),
        cmocka_unit_test_teardown(test_ring, dicom_clear),
        cmocka_unit_test_teardown(test_slices_left_out, dicom_clear),
        cmocka_unit_test_teardown(test_contours_without_area, dicom_clear),
        cmocka_unit_test_teardown(test_repeated_points, dicom_clear),
        cmocka_unit_test_teardown(test_figure_of_eight, dicom_clear),
        cmocka_unit_test_teardown(test_between_slices, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
