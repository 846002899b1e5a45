/* plot/raster.h - a raster of colours as cairo's picture. Private to the sheets. */
#ifndef PN_PLOT_RASTER_H
#define PN_PLOT_RASTER_H
#include <cairo.h>
#include <stddef.h>
#include <stdint.h>

/* columns x rows pixels, 0xRRGGBB, row after row; its status tells failures. Destroy it. */
cairo_surface_t *pn_raster_surface(const uint32_t *rgb, size_t columns, size_t rows);

#endif
