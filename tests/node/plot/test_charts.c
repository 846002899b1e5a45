/* Plots: values stand where the scales say, what cannot be drawn is left out, memory that ends is told. */
#include "sheet_fixture.h"
#include "plot/axes.h"
#include "plot/forest.h"
#include "plot/heat.h"
#include "plot/km_plot.h"

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
static long calls_left = -1;            /* -1: never fail */
static bool failed;

static bool fails(void)
{
    if (calls_left > 0) { calls_left--; return false; }
    failed = failed || calls_left == 0;
    return calls_left == 0;
}

void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_realloc(void *p, size_t size) { return fails() ? NULL : __real_realloc(p, size); }

static void test_scales(void **state)
{
    (void)state;
    pn_canvas c = {.width = PN_WIDE_WIDTH, .height = 300};
    pn_axes a = pn_axes_on(&c, 13, 20);
    a.x_low = 1;
    a.x_high = 5;
    a.y_low = -1;
    CHECK_NEAR(pn_axes_x(&a, 3), a.left + a.width / 2, 1e-12, 0);
    CHECK_NEAR(pn_axes_y(&a, 0), a.top + a.height / 2, 1e-12, 0);
    CHECK_NEAR(pn_axes_x(&a, 99), a.left + a.width, 1e-12, 0);        /* the edge */
    CHECK_NEAR(pn_axes_y(&a, -7), a.top + a.height, 1e-12, 0);
    a.x_low = 0.1;
    a.x_high = 10;
    a.x_log = true;
    CHECK_NEAR(pn_axes_x(&a, 1), a.left + a.width / 2, 1e-12, 0);
    CHECK_NEAR(pn_axes_x(&a, 0), a.left, 1e-12, 0);
    double v[PN_AXES_MAX_TICKS];
    assert_int_equal(pn_axes_ticks(v, 0, 1, 5), 6);
    CHECK_NEAR(v[1], 0.2, 1e-12, 0);
    assert_int_equal(pn_axes_ticks(v, 0.05, 0.95, 5), 4);             /* only what lies within */
    assert_int_equal(pn_axes_ticks(v, 1, 1, 5), 0);
    assert_int_equal(pn_axes_log_ticks(v, 0.1, 10), 7);               /* 0.1 0.2 0.5 1 2 5 10 */
    CHECK_NEAR(v[6], 10, 1e-12, 0);
}

static void test_colours(void **state)
{
    (void)state;
    assert_int_equal(pn_heat_colour(0, true), PN_LOW_RISK);
    assert_int_equal(pn_heat_colour(0.5, true), PN_PAPER);
    assert_int_equal(pn_heat_colour(2, true), PN_HIGH_RISK);
    assert_int_equal(pn_heat_colour(-1, false), PN_PAPER);
    assert_int_equal(pn_heat_colour(NAN, true), 0xB0B0B0);
}

enum { N = 60 };

static void draw_all(pn_sheet *s, const sv_km *km, bool extreme)
{
    static const char *const names[] = {"first feature", "second feature with a rather long name", "x<y"};
    static const bool bar[] = {true, false, true, true};
    const sv_km none = {0};
    const double v[12] = {0, 1, -1, 2, extreme ? (double)NAN : 0.5, -2, 9, 0.1, 0.2, -0.3, 1, 0};
    const double x[] = {0, 1, 2, 3, 4}, y[] = {0.1, 0.4, extreme ? (double)NAN : 0.4, 0.2, 7}, low[] = {0, 0.3, 0.1, 0, 0};
    const pn_km_curve curves[] = {{"low", km, {PN_LOW_RISK, 1.6, PN_SOLID}},
                                  {"high", extreme ? &none : km, {PN_HIGH_RISK, 1.6, PN_DASHED}}};
    const pn_forest_row rows[] = {{.name = "one variable", .heading = true},
                                  {"score", "per unit", 2, 1.5, 2.7, 1e-6, false},
                                  {"sex", "m against f", extreme ? (double)INFINITY : 0.7, 0.001, extreme ? (double)INFINITY : 1.2, 0.3, false},
                                  {"stage", "III against I", NAN, NAN, NAN, NAN, false}};
    const pn_heat heat = {.v = v, .rows = 3, .columns = 4, .low = -2, .high = 2, .two_sided = true, .scale = "deviations",
                          .row_name = names, .bar = bar, .bar_name = "event"};
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_km_plot_height(2), "Survival", "");
    pn_km_plot(c, curves, 2, 365.25, "years", "share without event");
    pn_sheet_figure_end(s);
    c = pn_sheet_figure(s, PN_FIGURE_WIDE, pn_forest_height(4), "Forest", "");
    pn_forest_draw(c, rows, 4, "hazard ratio");
    pn_sheet_figure_end(s);
    c = pn_sheet_figure(s, PN_FIGURE_HALF, pn_heat_height(&heat), "Heat", "");
    pn_heat_draw(c, &heat);
    pn_sheet_figure_end(s);
    c = pn_sheet_figure(s, PN_FIGURE_HALF, 200, "Line", "");
    const pn_legend legend[] = {{"a series", {PN_LOW_RISK, 1, PN_DOTTED}, true, PN_DIAMOND}};
    pn_axes a = pn_axes_on(c, PN_LEGEND_LINE, 0);
    a.x_high = 4;
    pn_axes_draw(&a, "x", "y");
    pn_axes_legend(&a, legend, 1);
    pn_axes_band(&a, x, low, y, 5, false, PN_LOW_RISK);
    pn_axes_line(&a, x, y, 5, &legend[0].pen);
    pn_axes_point(&a, 2, 0.5, 0.2, extreme ? (double)NAN : 0.7, PN_TRIANGLE, PN_GOOD);
    pn_sheet_figure_end(s);
}

static void make_km(sv_km *km, bool extreme)
{
    double time[N];
    int event[N];
    const sv_km_opts o = SV_KM_OPTS_INIT;
    sv_error sv = {0};
    for (int i = 0; i < N; i++) {
        time[i] = extreme ? 100 : 20 * (i + 1);
        event[i] = extreme ? 1 : i % 3 == 0;
    }
    CHECK_OK(sv_km_fit(km, &(sv_surv){.n = N, .time = time, .event = event}, NULL, &o, &sv), sv);
}

static int make(pn_buf *out, pn_sheet_form form, const sv_km *km, bool extreme, pn_error *err)
{
    pn_sheet *s = NULL;
    int rc = pn_sheet_open(&s, form, "charts", err);
    if (rc != PN_OK) { return rc; }
    draw_all(s, km, extreme);
    rc = pn_sheet_finish(s, out, err);
    pn_sheet_free(s);
    return rc;
}

static void test_charts_tell_their_numbers(void **state)
{
    (void)state;
    sv_km km;
    pn_error err = {0};
    pn_buf page = {0};
    make_km(&km, false);
    CHECK_OK(make(&page, PN_SHEET_HTML, &km, false, &err), err);
    assert_non_null(strstr(page.p, "low: 60 patients, 20 events"));
    assert_non_null(strstr(page.p, ">at risk<"));
    assert_non_null(strstr(page.p, ">2 (1.5 to 2.7)<"));
    assert_non_null(strstr(page.p, ">&lt; 0.0001<"));
    assert_non_null(strstr(page.p, ">x&lt;y<"));
    assert_null(strstr(page.p, "nan"));
    assert_null(strstr(page.p, "inf"));
    pn_buf_free(&page);
    sv_km_free(&km);
}

static void test_what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    sv_km km;
    make_km(&km, true);                          /* all die at once */
    for (int form = PN_SHEET_HTML; form <= PN_SHEET_PDF; form++) {
        pn_error err = {0};
        pn_buf out = {0};
        CHECK_OK(make(&out, (pn_sheet_form)form, &km, true, &err), err);
        if (form == PN_SHEET_HTML) {
            assert_null(strstr(out.p, "nan"));
            assert_null(strstr(out.p, "inf"));
        }
        pn_buf_free(&out);
    }
    sv_km_free(&km);
}

/* Many patients make no larger page than a page can show, and lose no end of a line. */
static void test_large_data(void **state)
{
    (void)state;
    enum { MANY = 200000 };
    static double x[MANY], y[MANY];
    static bool bar[MANY];
    pn_error err = {0};
    pn_buf page = {0};
    pn_sheet *s = NULL;
    for (size_t i = 0; i < MANY; i++) {
        x[i] = (double)i / (MANY - 1);
        y[i] = i % 2 == 0 ? x[i] : (double)NAN;
        bar[i] = i % 3 == 0;
    }
    const pn_heat h = {.v = y, .rows = 1, .columns = MANY, .high = 1, .scale = "x", .bar = bar, .bar_name = "third"};
    const pn_pen pen = {PN_INK, 1, PN_SOLID};
    CHECK_OK(pn_sheet_open(&s, PN_SHEET_HTML, "many", &err), err);
    pn_heat_draw(pn_sheet_figure(s, PN_FIGURE_WIDE, 100, "Heat", ""), &h);
    pn_sheet_figure_end(s);
    pn_canvas *c = pn_sheet_figure(s, PN_FIGURE_WIDE, 200, "Line", "");
    pn_axes a = pn_axes_on(c, 0, 0);
    pn_axes_steps(&a, x, x, MANY, &pen);
    pn_axes_band(&a, x, x, x, MANY, true, PN_INK);
    pn_sheet_figure_end(s);
    CHECK_OK(pn_sheet_finish(s, &page, &err), err);
    pn_sheet_free(s);
    assert_true(page.n < 2000000);
    char last[64];
    (void)snprintf(last, sizeof last, "L%.2f %.2f\"/>", a.left + a.width, a.top);
    assert_non_null(strstr(page.p, last));
    pn_buf_free(&page);
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    sv_km km;
    make_km(&km, false);
    for (int form = PN_SHEET_HTML; form <= PN_SHEET_PDF; form++) {
        pn_buf out = {0};
        pn_error err = {0};
        CHECK_OK(make(&out, (pn_sheet_form)form, &km, false, &err), err);      /* fonts are loaded */
        pn_buf_free(&out);
        long failures = 0;
        for (int rc = PN_ENOMEM; rc != PN_OK; failures++) {
            calls_left = failures;
            failed = false;
            rc = make(&out, (pn_sheet_form)form, &km, false, &err);
            calls_left = -1;
            if (rc == PN_OK && failed) { fail_msg("allocation %ld failed and nobody noticed", failures + 1); }
            if (rc == PN_OK) { break; }
            assert_int_equal(rc, PN_ENOMEM);
            assert_null(out.p);
        }
        assert_true(failures > 6);
        pn_buf_free(&out);
    }
    sv_km_free(&km);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales), cmocka_unit_test(test_colours), cmocka_unit_test(test_charts_tell_their_numbers),
        cmocka_unit_test(test_what_is_not_finite_is_left_out), cmocka_unit_test(test_large_data), cmocka_unit_test(test_each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
