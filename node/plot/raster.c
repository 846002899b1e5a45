/* raster.c - a raster of colours as cairo's picture and as a PNG file's bytes. */
#include "plot/raster.h"
#include <limits.h>
#include <string.h>
#include "plot/sheet_kind.h"

enum { MAX_SIDE = 32767 };             /* cairo's; more is a failure of its surface */

cairo_surface_t *pn_raster_surface(const uint32_t *rgb, size_t columns, size_t rows)
{
    int wide = columns > MAX_SIDE ? INT_MAX : (int)columns, high = rows > MAX_SIDE ? INT_MAX : (int)rows;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, wide, high);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) { return surface; }
    unsigned char *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (size_t r = 0; r < rows; r++) { memcpy(data + r * stride, rgb + r * columns, columns * sizeof *rgb); }
    cairo_surface_mark_dirty(surface);
    return surface;
}

typedef struct sink { pn_buf *b; bool failed; } sink;

static cairo_status_t collect(void *closure, const unsigned char *data, unsigned n)
{
    sink *s = closure;
    s->failed = s->failed || pn_buf_add(s->b, data, n, NULL) != PN_OK;
    return s->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

int pn_png_write(pn_buf *out, const uint32_t *rgb, size_t columns, size_t rows, pn_error *err)
{
    cairo_surface_t *surface = pn_raster_surface(rgb, columns, rows);
    sink s = {.b = out};
    cairo_status_t status = cairo_surface_status(surface);
    if (status == CAIRO_STATUS_SUCCESS) { status = cairo_surface_write_to_png_stream(surface, collect, &s); }
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS && !s.failed) { return PN_OK; }
    return status == CAIRO_STATUS_INVALID_SIZE
               ? pn_fail(err, PN_ELIMIT, "a picture of %zu x %zu cells, expected at most %d each way", columns, rows, MAX_SIDE)
               : pn_fail_transient(err, PN_ENOMEM, "no memory for a picture of %zu x %zu cells", columns, rows);
}
