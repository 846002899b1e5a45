/* report/page.c - the whole page, as a picture and as a PDF document. */
#include "report/page.h"

#include <cairo-pdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "dicom/pdf_write.h"
#include "report/page_draw.h"
#include "report/words.h"

/* A pixel is half a point. */
static const double PIXELS_PER_POINT = 2;

void pn_draw_page(pn_page *p)
{
    const double left = 24, width = PN_PAGE_WIDTH - 2 * left, gap = 12, inset = 10;
    double y = p->report->research_use_only ? 82 : 62, row = 326;
    pn_draw_colour(p->cr, PN_PAPER);
    cairo_paint(p->cr);
    pn_draw_header(p, (pn_box){left, 18, width, 58});

    const double verdict = 268;
    pn_box card = {left, y, verdict, row - y - gap};
    pn_draw_panel(p, card);
    pn_draw_verdict(p, (pn_box){card.x + inset, card.y + 8, card.w - 2 * inset, card.h - 14});
    pn_draw_slices(p, (pn_box){left + verdict + gap, y, width - verdict - gap, row - y - gap});

    void (*const parts[])(pn_page *, pn_box) = {pn_draw_gates, pn_draw_curves, pn_draw_features};
    const double column = (width - 2 * gap) / 3, bottom = 552;
    for (int i = 0; i < 3; i++) {
        pn_box b = {left + i * (column + gap), row, column, bottom - row};
        pn_draw_panel(p, b);
        parts[i](p, (pn_box){b.x + inset, b.y + 7, b.w - 2 * inset, b.h - 13});
    }
    pn_draw_footer(p, (pn_box){left, 558, width, 32});
}

static bool has_character(unsigned c)
{
    bool found;
    (void)pn_fonts_find(pn_fonts_loaded(), PN_REGULAR, c, &found);
    return found;
}

int pn_page_check(const char *language, pn_error *err)
{
    int rc = pn_fonts_load(err);
    if (rc == PN_OK && strcmp(language, "zh") == 0 && !has_character(0x4E2D)) {
        return pn_fail(err, PN_ECONFIG, "no font for the picture page in Chinese: install the package "
                       "fonts-wqy-microhei");
    }
    return rc;
}

static int check(const pn_report *r, const pn_messages *words, pn_error *err)
{
    if (r->n_regions == 0 || r->main_region >= r->n_regions) {
        return pn_fail(err, PN_EINVAL, "picture page: main region %zu of %zu", r->main_region, r->n_regions);
    }
    return pn_page_check(pn_messages_language(words), err);
}

/* Draws on the surface and finishes it. */
static int draw_on(cairo_surface_t *surface, double scale, const pn_report *r, const pn_page_images *images,
                   const pn_messages *words, pn_error *err)
{
    cairo_t *cr = cairo_create(surface);
    cairo_font_options_t *fonts = cairo_font_options_create();
    cairo_font_options_set_hint_style(fonts, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(fonts, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(fonts, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cr, fonts);
    cairo_font_options_destroy(fonts);
    cairo_scale(cr, scale, scale);
    pn_page p = {.cr = cr, .report = r, .region = &r->regions[r->main_region], .result = pn_report_main(r),
                 .images = images, .words = words};
    int rc = pn_typesetter_new(&p.type, cr, err);
    if (rc == PN_OK) {
        pn_draw_page(&p);
        cairo_show_page(cr);
        bool whole = pn_typesetter_ok(p.type);
        cairo_status_t status = cairo_status(cr);
        cairo_surface_finish(surface);
        if (status == CAIRO_STATUS_SUCCESS) { status = cairo_surface_status(surface); }
        if (status == CAIRO_STATUS_NO_MEMORY || !whole) {
            rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the picture page");
        } else if (status != CAIRO_STATUS_SUCCESS) {
            rc = pn_fail(err, PN_EINTERNAL, "picture page: %s", cairo_status_to_string(status));
        }
    }
    pn_typesetter_free(p.type);
    cairo_destroy(cr);
    return rc;
}

/* From cairo's pixels, a word each, to three bytes each. */
static void pack(uint8_t *to, const unsigned char *data, size_t stride)
{
    for (size_t y = 0; y < PN_PAGE_ROWS; y++) {
        for (size_t x = 0; x < PN_PAGE_COLUMNS; x++) {
            uint32_t pixel;
            memcpy(&pixel, data + y * stride + 4 * x, sizeof pixel);
            *to++ = (uint8_t)(pixel >> 16);
            *to++ = (uint8_t)(pixel >> 8);
            *to++ = (uint8_t)pixel;
        }
    }
}

int pn_page_rgb(uint8_t **out, const pn_report *r, const pn_page_images *images, const pn_messages *words,
                pn_error *err)
{
    int rc = check(r, words, err);
    if (rc != PN_OK) { return rc; }
    const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, PN_PAGE_COLUMNS);
    unsigned char *pixels = malloc((size_t)stride * PN_PAGE_ROWS);
    uint8_t *rgb = malloc((size_t)PN_PAGE_COLUMNS * PN_PAGE_ROWS * 3);
    if (pixels == NULL || rgb == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the picture page");
    } else {
        cairo_surface_t *surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, PN_PAGE_COLUMNS,
                                                                       PN_PAGE_ROWS, stride);
        rc = draw_on(surface, PIXELS_PER_POINT, r, images, words, err);
        cairo_surface_destroy(surface);
    }
    if (rc == PN_OK) {
        pack(rgb, pixels, (size_t)stride);
        *out = rgb;
        rgb = NULL;
    }
    free(pixels);
    free(rgb);
    return rc;
}

/* ---- PDF --------------------------------------------------------------------------------------- */

/* cairo does not pass every failure of a stream on: the sink remembers. */
typedef struct sink { pn_buf bytes; bool failed; } sink;

static cairo_status_t collect(void *closure, const unsigned char *data, unsigned n)
{
    sink *s = closure;
    s->failed = s->failed || pn_buf_add(&s->bytes, data, n, NULL) != PN_OK;
    return s->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void title_of(char *out, size_t size, const pn_report *r)
{
    (void)snprintf(out, size, "prognode %s %s", r->model_id, r->model_version);
}

/* The date is the report's, so that the same report gives the same document. */
static void describe(cairo_surface_t *surface, const pn_report *r)
{
    const char *d = r->content_datetime;
    char date[32], title[160];
    (void)snprintf(date, sizeof date, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", d, d + 4, d + 6, d + 8, d + 10, d + 12);
    title_of(title, sizeof title, r);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "prognode " PN_VERSION);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, date);
}

static int check_date(const pn_report *r, pn_error *err)
{
    bool good = strlen(r->content_datetime) == 14 && strspn(r->content_datetime, "0123456789") == 14;
    return good ? PN_OK : pn_fail(err, PN_EINVAL, "picture page: content time '%s', expected YYYYMMDDHHMMSS",
                                  r->content_datetime);
}

int pn_page_pdf(char **out, size_t *n, const pn_report *r, const pn_page_images *images,
                const pn_messages *words, pn_error *err)
{
    int rc = check(r, words, err);
    if (rc == PN_OK) { rc = check_date(r, err); }
    if (rc != PN_OK) { return rc; }
    sink s = {0};
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(collect, &s, PN_PAGE_WIDTH, PN_PAGE_HEIGHT);
    describe(surface, r);
    rc = draw_on(surface, 1, r, images, words, err);
    cairo_surface_destroy(surface);
    if (rc == PN_OK && s.failed) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the picture page"); }
    if (rc == PN_OK) {
        *out = s.bytes.p;
        *n = s.bytes.n;
    } else {
        pn_buf_free(&s.bytes);
    }
    return rc;
}

/* ---- Preloading -------------------------------------------------------------------------------- */

/* Each font's first characters: a glyph is read when it is first drawn. */
static const char warm_up[] = "Ag\xc3\xa4 \xd7\x90 \xd8\xa8 \xe0\xb8\x81 \xe0\xa4\x95 \xd4\xb1 \xe1\x83\x90 \xe4\xb8\xad \xe2\x88\x80";

static int draw_warm_up(cairo_surface_t *surface, pn_error *err)
{
    cairo_t *cr = cairo_create(surface);
    pn_typesetter *t = NULL;
    int rc = pn_typesetter_new(&t, cr, err);
    for (int weight = 0; rc == PN_OK && weight < PN_NWEIGHTS; weight++) {
        const pn_text_style style = {10, (pn_weight)weight, 0, PN_LEFT};
        (void)pn_text_line(t, &style, 1, 20, 300, warm_up);
    }
    cairo_show_page(cr);
    pn_typesetter_free(t);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (rc == PN_OK && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        rc = pn_fail_transient(err, PN_ENOMEM, "picture page: %s",
                               cairo_status_to_string(cairo_surface_status(surface)));
    }
    cairo_surface_destroy(surface);
    return rc;
}

int pn_page_preload(pn_error *err)
{
    sink s = {0};
    int rc = draw_warm_up(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 320, 40), err);
    if (rc == PN_OK) { rc = draw_warm_up(cairo_pdf_surface_create_for_stream(collect, &s, 320, 40), err); }
    pn_buf_free(&s.bytes);
    return rc;
}

/* ---- Objects ----------------------------------------------------------------------------------- */

typedef struct described { pn_made made; pn_sources sources; char model[128], device[PN_UID_SIZE], description[256]; } described;

static int describe_object(described *d, const pn_report *r, const pn_messages *words,
                           const pn_page_form *form, pn_error *err)
{
    int rc = pn_report_device_uid(d->device, r, err);
    if (rc != PN_OK) { return rc; }
    (void)snprintf(d->model, sizeof d->model, "%s %s", r->model_id, r->model_version);
    pn_words_series(d->description, sizeof d->description, words, r);
    d->made = (pn_made){
        .study = &r->study, .sop_class_uid = "", .sop_uid = form->sop_uid, .series_uid = form->series_uid,
        .modality = "", .datetime = r->content_datetime, .series_number = form->series_number,
        .series_description = d->description, .institution = r->institution,
        .station_name = r->station_name, .model = d->model, .device_uid = d->device};
    bool has_sr = form->report_sop_class_uid != NULL && form->report_sop_class_uid[0] != '\0';
    d->sources = (pn_sources){
        .images = r->images, .n_images = r->n_images,
        .contour_sop_class_uid = r->contour_sop_class, .contour_sop_uid = r->contour_sop_uid,
        .report_sop_class_uid = has_sr ? form->report_sop_class_uid : "",
        .report_sop_uid = has_sr ? form->report_sop_uid : ""};
    return PN_OK;
}

static int write_sc(const pn_report *r, const pn_page_images *images, const pn_messages *words,
                    const pn_page_form *form, const char *path, pn_error *err)
{
    described d;
    uint8_t *rgb = NULL;
    int rc = describe_object(&d, r, words, form, err);
    if (rc == PN_OK) { rc = pn_page_rgb(&rgb, r, images, words, err); }
    if (rc != PN_OK) { return rc; }
    const pn_sc sc = {.made = d.made, .sources = d.sources, .rgb = rgb, .rows = PN_PAGE_ROWS,
                      .columns = PN_PAGE_COLUMNS, .description = "Page with the result of a prognostic model"};
    rc = pn_sc_write(&sc, path, err);
    free(rgb);
    return rc;
}

static int write_pdf(const pn_report *r, const pn_page_images *images, const pn_messages *words,
                     const pn_page_form *form, const char *path, pn_error *err)
{
    described d;
    char *bytes = NULL, title[160];
    size_t n = 0;
    int rc = describe_object(&d, r, words, form, err);
    if (rc == PN_OK) { rc = pn_page_pdf(&bytes, &n, r, images, words, err); }
    if (rc != PN_OK) { return rc; }
    title_of(title, sizeof title, r);
    const pn_pdf pdf = {.made = d.made, .sources = d.sources, .bytes = bytes, .n_bytes = n, .title = title};
    rc = pn_pdf_write(&pdf, path, err);
    free(bytes);
    return rc;
}

typedef int write_page(const pn_report *r, const pn_page_images *images, const pn_messages *words,
                       const pn_page_form *form, const char *path, pn_error *err);

static int with_words(write_page *write, const pn_report *r, const pn_page_images *images,
                      const pn_messages *words, const pn_page_form *form, const char *path, pn_error *err)
{
    if (words != NULL) { return write(r, images, words, form, path, err); }
    pn_messages *own = NULL;
    int rc = pn_messages_load(&own, r->language, NULL, err);
    if (rc == PN_OK) { rc = write(r, images, own, form, path, err); }
    pn_messages_free(own);
    return rc;
}

int pn_report_write_sc(const pn_report *r, const pn_page_images *images, const pn_messages *words,
                       const pn_page_form *form, const char *path, pn_error *err)
{
    return with_words(write_sc, r, images, words, form, path, err);
}

int pn_report_write_pdf(const pn_report *r, const pn_page_images *images, const pn_messages *words,
                        const pn_page_form *form, const char *path, pn_error *err)
{
    return with_words(write_pdf, r, images, words, form, path, err);
}
