/* What is drawn where: outlines on the region's boundary, marks at their values. Parts are drawn
 * alone, eight pixels a point, and looked at pixel by pixel. */
#include "check.h"

#include <cairo.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "page_fixture.h"
#include "report/page_draw.h"

enum { ZOOM = 8, WIDTH = 560, HEIGHT = 260 };

typedef struct canvas {
    page_case c;
    cairo_surface_t *surface;
    pn_page page;
    pn_messages *words;
} canvas;

static void open_canvas(canvas *v)
{
    pn_error err = {0};
    v->words = page_words("en");
    v->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH * ZOOM, HEIGHT * ZOOM);
    cairo_t *cr = cairo_create(v->surface);
    cairo_scale(cr, ZOOM, ZOOM);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    pn_draw_colour(cr, PN_PAPER);
    cairo_paint(cr);
    const pn_report *r = &v->c.report;
    v->page = (pn_page){.cr = cr, .report = r, .region = &r->regions[r->main_region], .result = pn_report_main(r),
                        .images = &v->c.images, .words = v->words};
    CHECK_OK(pn_typesetter_new(&v->page.type, cr, &err), err);
}

static void close_canvas(canvas *v)
{
    pn_typesetter_free(v->page.type);
    cairo_destroy(v->page.cr);
    cairo_surface_destroy(v->surface);
    pn_messages_free(v->words);
}

/* The colour at a point of the page. */
static uint32_t colour_at(const canvas *v, double x, double y)
{
    cairo_surface_flush(v->surface);
    const unsigned char *data = cairo_image_surface_get_data(v->surface);
    uint32_t pixel;
    size_t column = (size_t)(x * ZOOM), row = (size_t)(y * ZOOM);
    assert_true(column < WIDTH * ZOOM && row < HEIGHT * ZOOM);
    memcpy(&pixel, data + row * (size_t)cairo_image_surface_get_stride(v->surface) + 4 * column, sizeof pixel);
    return pixel & 0xFFFFFF;
}

/* The middle, along x, of what has that colour in a box; NAN where nothing has. */
static double middle_of(const canvas *v, uint32_t rgb, pn_box b)
{
    double sum = 0, n = 0;
    for (double y = b.y; y < b.y + b.h; y += 1.0 / ZOOM) {
        for (double x = b.x; x < b.x + b.w; x += 1.0 / ZOOM) {
            if (colour_at(v, x + 0.5 / ZOOM, y + 0.5 / ZOOM) == rgb) {
                sum += x + 0.5 / ZOOM;
                n++;
            }
        }
    }
    return n > 0 ? sum / n : (double)NAN;
}

/* ---- Outlines -------------------------------------------------------------------------------- */

static bool inside(const page_case *c, size_t k, double x, double y)
{
    const rx_grid *g = &c->volume.image.grid;
    if (x < 0 || y < 0 || x >= (double)g->dim[0] || y >= (double)g->dim[1]) { return false; }
    return c->inside[(k * g->dim[1] + (size_t)y) * g->dim[0] + (size_t)x] != 0;
}

/* The corner of the cut-out in voxels: the outline's bounding box against the mask's. */
static void corner_of(size_t corner[2], const page_case *c, const pn_page_slice *s)
{
    const rx_grid *g = &c->volume.image.grid;
    size_t least[2] = {g->dim[0], g->dim[1]};
    for (size_t y = 0; y < g->dim[1]; y++) {
        for (size_t x = 0; x < g->dim[0]; x++) {
            if (!inside(c, s->index, (double)x, (double)y)) { continue; }
            if (x < least[0]) { least[0] = x; }
            if (y < least[1]) { least[1] = y; }
        }
    }
    double x0 = 1e9, y0 = 1e9;
    for (size_t i = 0; i < s->n_outline; i++) {
        x0 = fmin(x0, s->outline[i].x0);
        y0 = fmin(y0, s->outline[i].y0);
    }
    corner[0] = least[0] - (size_t)x0;
    corner[1] = least[1] - (size_t)y0;
}

/* Voxel faces between inside and outside in one slice. */
static double boundary_faces(const page_case *c, size_t k)
{
    const rx_grid *g = &c->volume.image.grid;
    double n = 0;
    for (int y = 0; y <= (int)g->dim[1]; y++) {
        for (int x = 0; x <= (int)g->dim[0]; x++) {
            n += inside(c, k, x, y) != inside(c, k, x - 1, y);
            n += inside(c, k, x, y) != inside(c, k, x, y - 1);
        }
    }
    return n;
}

static void check_edges(const page_case *c, const pn_page_slice *s)
{
    size_t corner[2];
    corner_of(corner, c, s);
    double length = 0;
    for (size_t i = 0; i < s->n_outline; i++) {
        const pn_edge *e = &s->outline[i];
        bool upright = e->x0 == e->x1;
        double n = upright ? e->y1 - e->y0 : e->x1 - e->x0;
        length += n;
        for (double at = 0.5; at < n; at++) {
            double x = (double)corner[0] + e->x0 + (upright ? 0 : at), y = (double)corner[1] + e->y0 + (upright ? at : 0);
            bool one = inside(c, s->index, x - (upright ? 0.5 : 0), y - (upright ? 0 : 0.5));
            bool two = inside(c, s->index, x + (upright ? 0.5 : 0), y + (upright ? 0 : 0.5));
            assert_true(one != two);
        }
    }
    CHECK_NEAR(length, boundary_faces(c, s->index), 0, 0);
}

static void test_page_drawing__outline_is_the_boundary(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    /* A hole and a stray voxel are outlined too. */
    const size_t *dim = c.volume.image.grid.dim;
    size_t k = c.images.slices[c.images.largest].index, middle = (k * dim[1] + dim[1] / 2) * dim[0] + dim[0] / 2;
    for (size_t i = 0; i < 5; i++) { c.inside[middle + i] = 0; }
    c.inside[middle + 40] = 1;
    page_case_images(&c, false);
    assert_int_equal(c.images.n_slices, 3);
    for (size_t i = 0; i < 3; i++) { check_edges(&c, &c.images.slices[i]); }
    page_case_free(&c);
}

/* Each yellow pixel lies on an edge, and each edge is yellow. */
static void test_page_drawing__outline_pixels_lie_on_the_boundary(void **state)
{
    (void)state;
    canvas v;
    page_case_make(&v.c, &page_usual, false);
    open_canvas(&v);
    const pn_box b = {10, 10, 530, 230};
    pn_draw_slices(&v.page, b);
    for (size_t i = 0; i < 3; i++) {
        const pn_page_slice *s = &v.c.images.slices[i];
        pn_box at = pn_slice_box(&v.c.images, i, pn_slice_square(&v.page, b, i));
        size_t corner[2];
        corner_of(corner, &v.c, s);
        double per_x = at.w / (double)s->width, per_y = at.h / (double)s->height, yellow = 0;
        for (double y = at.y + 20; y < at.y + at.h - 30; y += 0.25) {
            for (double x = at.x + 20; x < at.x + at.w - 20; x += 0.25) {
                if (colour_at(&v, x, y) != PN_OUTLINE) { continue; }
                yellow++;
                double vx = (x - at.x) / per_x + (double)corner[0], vy = (y - at.y) / per_y + (double)corner[1];
                double rx = 0.7 / per_x, ry = 0.7 / per_y;       /* half a line's width and a pixel */
                bool first = inside(&v.c, s->index, vx - rx, vy - ry), differs = false;
                for (int j = 1; j < 9; j++) {
                    differs = differs || inside(&v.c, s->index, vx + (j % 3 - 1) * rx, vy + (j / 3 - 1) * ry) != first;
                }
                assert_true(differs);
            }
        }
        assert_true(yellow > 500);
        for (size_t e = 0; e < s->n_outline; e++) {
            const pn_edge *edge = &s->outline[e];
            assert_int_equal(colour_at(&v, at.x + (edge->x0 + edge->x1) / 2 * per_x, at.y + (edge->y0 + edge->y1) / 2 * per_y),
                             PN_OUTLINE);
        }
    }
    close_canvas(&v);
    page_case_free(&v.c);
}

/* ---- Slices, letters, window ------------------------------------------------------------------- */

static void test_page_drawing__slices_at_quarters_and_the_largest(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    /* The ellipsoid has 30 mm along z, its slices 3 mm: 20 of them, from 20 to 39. */
    assert_int_equal(c.images.n_slices, 3);
    assert_int_equal(c.images.slices[0].index, 25);
    assert_int_equal(c.images.slices[1].index, 29);
    assert_int_equal(c.images.slices[2].index, 34);
    assert_int_equal(c.images.largest, 1);
    CHECK_NEAR(c.images.slices[1].area_mm2, 3.14159 * 30 * 26, 0.01, 0);
    assert_string_equal(c.images.right, "L");
    assert_string_equal(c.images.top, "A");
    CHECK_NEAR(c.images.window_low, -160, 0, 0);
    CHECK_NEAR(c.images.window_high, 240, 0, 0);
    c.volume.window_centre = 50;
    c.volume.window_width = 350;
    page_case_images(&c, false);
    CHECK_NEAR(c.images.window_low, -125, 0, 0);
    CHECK_NEAR(c.images.window_high, 225, 0, 0);
    page_case_free(&c);
}

static void test_page_drawing__refuses_a_mask_of_another_size(void **state)
{
    (void)state;
    page_case c;
    page_case_make(&c, &page_usual, false);
    pn_page_images images = {0};
    pn_packed_mask other = {.width = 255, .height = 256};
    pn_error err = {0};
    assert_int_equal(pn_page_images_make(&images, &c.volume, &other, NULL, 0, &err), PN_EINVAL);
    other.width = 256;                                       /* an empty one: no slices */
    CHECK_OK(pn_page_images_make(&images, &c.volume, &other, NULL, 0, &err), err);
    assert_int_equal(images.n_slices, 0);
    page_case_free(&c);
}

/* ---- Marks ----------------------------------------------------------------------------------- */

static void test_page_drawing__score_stands_at_its_value(void **state)
{
    (void)state;
    static const double scores[] = {1.372, -2.5, 0.9, -0.3, 40};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        canvas v;
        page_case_make(&v.c, &page_usual, false);
        pn_report_result *s = pn_report_main_mut(&v.c.report);
        s->score = scores[i];
        s->score_interval = (pn_interval){NAN, NAN};
        open_canvas(&v);
        const pn_box b = {20, 20, 240, 36};
        pn_axis a;
        pn_draw_gauge(&v.page, b, &a);
        double cut = pn_axis_at(&a, v.c.report.cutpoint);
        CHECK_NEAR(cut, 140, 0, 1e-9);
        bool right = scores[i] > v.c.report.cutpoint;
        /* Beside the line of the cut-point, which has the same ink. */
        const pn_box side = {right ? cut + 1 : b.x, b.y + 16, b.x + b.w - cut - 1, 4};
        double at = middle_of(&v, PN_INK, side);
        CHECK_NEAR(a.low + (at - a.from) / (a.to - a.from) * (a.high - a.low), scores[i], 0.02, 0.01);
        close_canvas(&v);
        page_case_free(&v.c);
    }
}

static void test_page_drawing__feature_stands_at_its_value(void **state)
{
    (void)state;
    static const double values[] = {0.5, 3.1, 9.7, 15};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        canvas v;
        page_case_make(&v.c, &page_usual, false);
        pn_report_driver d = {"original_x", values[i], 0, 0.1, 50, {0, 1, 2, 4, 8, 9, 10}};
        pn_report_result *s = pn_report_main_mut(&v.c.report);
        s->drivers[0] = d;
        s->n_drivers = 1;
        open_canvas(&v);
        const pn_box b = {20, 20, 240, 200};
        pn_draw_features(&v.page, b);
        bool outside = values[i] > 10;
        double at = middle_of(&v, outside ? PN_HIGH_RISK : PN_INK, (pn_box){20, 20 + 18 + 13, 118, 8});
        pn_axis a = pn_feature_axis(&d, 24, 24 + 240 - 120 - 8);
        CHECK_NEAR(at, pn_axis_at(&a, values[i]), 0, 0.3);
        assert_true(a.low < fmin(0, values[i]) && a.high > fmax(10, values[i]));
        close_canvas(&v);
        page_case_free(&v.c);
    }
}

static void test_page_drawing__axis_steps_are_round(void **state)
{
    (void)state;
    static const struct { double high, step; } cases[] = {{1, 0.2}, {5.6, 1}, {11, 2}, {27, 5}, {0.03, 0.005}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_NEAR(pn_axis_step(0, cases[i].high, 5), cases[i].step, 1e-12, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_drawing__outline_is_the_boundary),
        cmocka_unit_test(test_page_drawing__outline_pixels_lie_on_the_boundary),
        cmocka_unit_test(test_page_drawing__slices_at_quarters_and_the_largest),
        cmocka_unit_test(test_page_drawing__refuses_a_mask_of_another_size),
        cmocka_unit_test(test_page_drawing__score_stands_at_its_value),
        cmocka_unit_test(test_page_drawing__feature_stands_at_its_value),
        cmocka_unit_test(test_page_drawing__axis_steps_are_round),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_cleanup);
}
