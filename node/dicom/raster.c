/* dicom/raster.c - see raster.h. */
#include "dicom/raster.h"
#include <math.h>

/* First whole number >= x, kept within [0, n]. */
static size_t first_at(double x, size_t n)
{
    double c = ceil(x);
    if (!(c > 0)) { return 0; }
    return c >= (double)n ? n : (size_t)c;
}

void pn_raster_edges(uint8_t *slice, size_t nx, size_t ny, const double *xy, size_t n)
{
    for (size_t a = 0; a < n; a++) {
        size_t b = a + 1 < n ? a + 1 : 0;
        double x0 = xy[2 * a], y0 = xy[2 * a + 1], x1 = xy[2 * b], y1 = xy[2 * b + 1];
        if (y0 == y1) { continue; }
        double low = y0 < y1 ? y0 : y1, high = y0 < y1 ? y1 : y0;
        size_t end = first_at(high, ny);
        for (size_t j = first_at(low, ny); j < end; j++) {
            double x = x0 + ((double)j - y0) * (x1 - x0) / (y1 - y0);
            size_t i = first_at(x, nx);
            if (i < nx) { slice[j * nx + i] ^= 1; }
        }
    }
}

size_t pn_raster_fill(uint8_t *slice, size_t nx, size_t ny)
{
    size_t count = 0;
    for (size_t j = 0; j < ny; j++) {
        uint8_t inside = 0;
        for (size_t i = 0; i < nx; i++) {
            inside ^= slice[j * nx + i];
            slice[j * nx + i] = inside;
            count += inside;
        }
    }
    return count;
}
