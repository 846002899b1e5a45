/* dicom/raster.h - polygons to pixels of one slice, by the even-odd rule at pixel centres.
 *
 * Points are in index space: pixel (i,j) has its centre at (i,j). The rule at edges is
 * half-open, so that two polygons that share an edge share no pixel and leave none out:
 * a centre on a left or upper edge is inside, on a right or lower edge outside. Exactly:
 * with scan line y = j, an edge crosses it where y0 <= j < y1 or y1 <= j < y0, at
 * x = x0 + (j - y0) * (x1 - x0) / (y1 - y0), and pixel i lies behind the crossing where
 * i >= x; inside is behind an odd number of crossings, over all polygons of the slice.
 *
 * Usage: zero the slice, pn_raster_edges() for every polygon, pn_raster_fill() once. */
#ifndef PN_DICOM_RASTER_H
#define PN_DICOM_RASTER_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mark the crossings of a closed polygon of n points (x,y interleaved) in slice[ny][nx].
 * Coordinates must be finite; they may lie outside the slice. O(n + rows crossed). */
void pn_raster_edges(uint8_t *slice, size_t nx, size_t ny, const double *xy, size_t n);

/* Marks to 0/1 mask; returns the number of pixels inside. */
size_t pn_raster_fill(uint8_t *slice, size_t nx, size_t ny);

#ifdef __cplusplus
}
#endif
#endif
