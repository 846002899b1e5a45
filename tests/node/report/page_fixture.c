#include "page_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

#define SET(field, text) (void)snprintf((field), sizeof(field), "%s", (text))

const page_shape page_usual = {{256, 256, 60}, {1.5, 1.5, 3}, {30, 26, 30}, {0}};

/* Air, fat, soft tissue with a spine; grain that is the same each time. */
static int16_t tissue(const double mm[3], bool tumour, size_t i)
{
    double r = hypot(mm[0] / 165, mm[1] / 120), spine = hypot(mm[0], mm[1] - 75);
    double v = r > 1 ? -1000 : r > 0.9 ? -95 : 45;
    if (r <= 0.9 && hypot((mm[0] + 60) / 70, (mm[1] + 10) / 60) < 1) { v = 95; }
    if (spine < 22) { v = 320; }
    if (tumour) { v = 70 + 25 * sin(mm[0] / 5) * cos(mm[1] / 7); }
    uint32_t grain = (uint32_t)i * 2654435761u;
    grain ^= grain >> 15;
    return (int16_t)(v + (r > 1 ? 0 : (double)(grain * 2246822519u >> 24) / 8 - 16));
}

static bool in_ellipsoid(const double mm[3], const double r[3], double shift)
{
    double d = 0;
    for (int a = 0; a < 3; a++) { d += pow((mm[a] - (a == 0 ? shift : 0)) / r[a], 2); }
    return d <= 1;
}

static void fill(page_case *c, const page_shape *s)
{
    int16_t *voxels = c->volume.voxels;
    for (size_t k = 0, i = 0; k < s->dim[2]; k++) {
        for (size_t y = 0; y < s->dim[1]; y++) {
            for (size_t x = 0; x < s->dim[0]; x++, i++) {
                const double index[3] = {(double)x, (double)y, (double)k};
                double mm[3];
                for (int a = 0; a < 3; a++) {
                    mm[a] = (index[a] - ((double)s->dim[a] - 1) / 2) * s->spacing_mm[a];
                }
                double small[3] = {s->radius_mm[0] / 3, s->radius_mm[1] / 3, s->radius_mm[2] / 2};
                c->inside[i] = in_ellipsoid(mm, s->radius_mm, 0);
                c->second[i] = in_ellipsoid(mm, small, 1.6 * s->radius_mm[0]);
                voxels[i] = tissue(mm, c->inside[i] || c->second[i], i);
            }
        }
    }
}

static void set_grid(rx_grid *g, const page_shape *s)
{
    static const double axial[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    bool given = s->direction[0] != 0 || s->direction[1] != 0 || s->direction[2] != 0;
    memcpy(g->dim, s->dim, sizeof g->dim);
    memcpy(g->spacing_mm, s->spacing_mm, sizeof g->spacing_mm);
    memcpy(g->direction, given ? s->direction : axial, sizeof g->direction);
}

void page_case_make(page_case *c, const page_shape *shape, bool with_second)
{
    memset(c, 0, sizeof *c);
    size_t n = shape->dim[0] * shape->dim[1] * shape->dim[2];
    c->volume.voxels = malloc(n * sizeof(int16_t));
    c->inside = malloc(n);
    c->second = malloc(n);
    c->volume.n_slices = shape->dim[2];
    c->volume.slices = calloc(shape->dim[2], sizeof *c->volume.slices);
    assert_true(c->volume.voxels != NULL && c->inside != NULL && c->second != NULL && c->volume.slices != NULL);
    set_grid(&c->volume.image.grid, shape);
    c->volume.image.type = RX_I16;
    c->volume.image.voxels = c->volume.voxels;
    for (size_t k = 0; k < shape->dim[2]; k++) {
        c->volume.slices[k].position_mm[2] = ((double)k - (double)shape->dim[2] / 2) * shape->spacing_mm[2];
    }
    fill(c, shape);
    fixture_report(&c->report);
    c->volume.study = c->report.study;
    if (with_second) { fixture_add_region(&c->report, false); }
    page_case_images(c, with_second);
}

void page_case_images(page_case *c, bool with_second)
{
    pn_mask first = {.mask = {.grid = c->volume.image.grid, .voxels = c->inside, .label = 1}, .voxels = c->inside};
    pn_mask second = first;
    second.mask.voxels = second.voxels = c->second;
    pn_packed_mask mask = {0}, other = {0};
    pn_error err = {0};
    CHECK_OK(pn_mask_pack(&mask, &first, &err), err);
    CHECK_OK(pn_mask_pack(&other, &second, &err), err);
    const pn_packed_mask *others[] = {&other};
    pn_page_images_free(&c->images);
    CHECK_OK(pn_page_images_make(&c->images, &c->volume, &mask, others, with_second ? 1 : 0, &err), err);
    pn_packed_mask_free(&mask);
    pn_packed_mask_free(&other);
}

void page_case_free(page_case *c)
{
    pn_volume_free(&c->volume);
    free(c->inside);
    free(c->second);
    pn_report_free(&c->report);
    pn_page_images_free(&c->images);
}

static void set_curve(cfg_km_curve *c, const char *group, size_t n, double rate)
{
    SET(c->group, group);
    c->n = n;
    c->patients = (unsigned)(2 * n);
    c->events = (unsigned)n;
    c->time_days = calloc(n, sizeof(double));
    c->survival = calloc(n, sizeof(double));
    c->n_risk = calloc(n, sizeof(double));
    double s = 1;
    for (size_t i = 0; i < n; i++) {
        c->time_days[i] = 40 + 2000 * pow((double)(i + 1) / (double)n, 1 / rate);
        c->n_risk[i] = (double)(2 * n) - 1.4 * (double)i;
        s *= 1 - rate * 1.3 / c->n_risk[i];
        c->survival[i] = s;
    }
}

void page_case_curves(page_case *c)
{
    pn_report *r = &c->report;
    r->n_km = 2;
    r->km = calloc(2, sizeof *r->km);
    assert_non_null(r->km);
    set_curve(&r->km[0], "low", 30, 0.8);
    set_curve(&r->km[1], "high", 45, 1.5);
}

void page_case_features(page_case *c)
{
    static const pn_report_driver drivers[] = {
        {"original_glszm_SmallAreaHighGrayLevelEmphasis", 412.7, 1.42, 0.61, 91, {12, 40, 110, 190, 300, 460, 602}},
        {"original_shape_MeshVolume", 112345.6, 1.05, 0.44, 84, {900, 4000, 21000, 47000, 92000, 160000, 240000}},
        {"original_firstorder_Kurtosis", 3.18, -0.31, 0.12, 38, {1.9, 2.3, 2.9, 3.4, 4.4, 7.7, 12.2}},
        {"original_glcm_Imc1", -0.0812, 0.52, 0.11, 71, {-0.31, -0.22, -0.15, -0.11, -0.07, -0.04, -0.01}},
        {"original_gldm_DependenceVariance", 5.02, -0.65, -0.2, 27, {2.2, 3.1, 4.9, 6.5, 9, 14, 22}},
        {"original_ngtdm_Busyness", 31.4, 3.9, 0.05, 100, {0.2, 0.5, 1.2, 3.1, 7.2, 14, 22}},
    };
    pn_report_result *s = &c->report.regions[c->report.main_region].result;
    free(s->drivers);
    s->drivers = malloc(sizeof drivers);
    assert_non_null(s->drivers);
    memcpy(s->drivers, drivers, sizeof drivers);
    s->n_drivers = sizeof drivers / sizeof drivers[0];
}

pn_messages *page_words(const char *language)
{
    pn_messages *m = NULL;
    pn_error err = {0};
    CHECK_OK(pn_messages_load(&m, language, NULL, &err), err);
    return m;
}

void page_case_usual(page_case *c, bool with_second)
{
    page_case_make(c, &page_usual, with_second);
    page_case_curves(c);
    page_case_features(c);
}

const char *page_path(const char *name, const char *kind)
{
    static char path[2][512];
    static unsigned next;
    const char *keep = getenv("PN_KEEP_PAGES");
    char file[128];
    (void)snprintf(file, sizeof file, "%s.%s.dcm", name, kind);
    if (keep == NULL) { return fixture_path(file); }
    char *p = path[next++ % 2];
    (void)snprintf(p, sizeof path[0], "%s/%s", keep, file);
    return p;
}

void page_write(const page_case *c, const char *name, const char *language)
{
    static const char sr[] = "1.2.840.10008.5.1.4.1.1.88.34";
    const pn_page_form sc_form = {"2.25.200", "2.25.201", sr, "2.25.100", 902};
    const pn_page_form pdf_form = {"2.25.300", "2.25.301", sr, "2.25.100", 903};
    pn_messages *words = page_words(language);
    pn_error err = {0};
    CHECK_OK(pn_report_write_sc(&c->report, &c->images, words, &sc_form, page_path(name, "sc"), &err), err);
    CHECK_OK(pn_report_write_pdf(&c->report, &c->images, words, &pdf_form, page_path(name, "pdf"), &err), err);
    pn_messages_free(words);
}

char *page_text(const char *name, const char *options)
{
    static char text[1 << 18];
    char pdf[600];
    (void)snprintf(pdf, sizeof pdf, "%s", fixture_path("page.pdf"));
    if (run_tool(text, sizeof text, "dcm2pdf %s %s", page_path(name, "pdf"), pdf) != 0) { fail_msg("dcm2pdf: %s", text); }
    if (run_tool(text, sizeof text, "pdftotext %s %s -", options, pdf) != 0) { fail_msg("pdftotext: %s", text); }
    return text;
}
