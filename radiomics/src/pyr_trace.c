#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include "pyr.h"

/* Sums by rows: the error stays that of a row. */
static void look(double *mean, double *min, double *max, const double *row, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += row[i];
        *min = row[i] < *min ? row[i] : *min;
        *max = row[i] > *max ? row[i] : *max;
    }
    *mean += sum;
}

enum { CHUNK = 512 };

/* Whole numbers of 16 bits, as most images are: sums that the compiler can do side by side. */
static void look_i16(rx_trace_image *t, const int16_t *v, size_t n)
{
    int16_t low = v[0], high = v[0];
    for (size_t at = 0; at < n; at += CHUNK) {
        int32_t sum = 0;
        for (size_t i = at; i < n && i < at + CHUNK; i++) {
            sum += v[i];
            low = v[i] < low ? v[i] : low;
            high = v[i] > high ? v[i] : high;
        }
        t->mean += sum;
    }
    t->min = low;
    t->max = high;
}

int rx_trace_image_of(rx_trace_image *t, const rx_image *image, rx_error *err)
{
    size_t n = 0;
    int rc = rx_grid_voxels(&n, &image->grid, err);
    if (rc != RX_OK) { return rc; }
    *t = (rx_trace_image){ true, image->grid, 0, INFINITY, -INFINITY };
    double row[CHUNK];
    if (image->type == RX_I16) { look_i16(t, image->voxels, n); }
    for (size_t at = 0; image->type != RX_I16 && at < n; at += CHUNK) {
        size_t part = n - at < CHUNK ? n - at : CHUNK;
        rx_copy_voxels(row, image, at, part);
        look(&t->mean, &t->min, &t->max, row, part);
    }
    t->mean /= (double)n;
    return RX_OK;
}

/* Centre of the region, and its intensities where there is an image. */
static void measure(rx_trace_mask *t, const rx_image *image, const rx_roi *roi)
{
    double sum[3] = { 0, 0, 0 };
    for (size_t k = 0; k < roi->n[2]; k++) {
        for (size_t j = 0; j < roi->n[1]; j++) {
            const uint64_t *bits = rx_roi_row(roi, j + 1, k + 1);
            size_t base = image ? ((k + roi->min[2]) * image->grid.dim[1] + j + roi->min[1])
                                  * image->grid.dim[0] + roi->min[0] : 0;
            size_t in_row = 0;
            double along = 0, total = 0, v = 0;
            for (size_t w = 0; w < roi->words; w++) {
                for (uint64_t rest = bits[w]; rest; rest &= rest - 1) {
                    size_t i = w * 64 + rx_lowest_bit(rest) - 1;
                    along += (double)i;
                    in_row++;
                    if (!image) { continue; }
                    rx_copy_voxels(&v, image, base + i, 1);
                    look(&total, &t->min, &t->max, &v, 1);
                }
            }
            sum[0] += along;
            sum[1] += (double)(in_row * j);
            sum[2] += (double)(in_row * k);
            t->mean += total;
        }
    }
    for (int a = 0; a < 3; a++) {
        t->centre_index[a] = (double)roi->min[a] + sum[a] / (double)roi->voxels;
    }
    t->mean /= (double)roi->voxels;
}

int rx_trace_mask_of(rx_trace_mask *t, const rx_image *image, const rx_mask *mask, rx_workspace *ws,
                     rx_error *err)
{
    rx_roi roi;
    rx_affine affine;
    int rc;
    *t = (rx_trace_mask){ .present = true, .grid = mask->grid, .has_intensities = image != NULL,
                          .min = INFINITY, .max = -INFINITY };
    if ((rc = rx_crop_mask(&roi, mask, ws, err)) != RX_OK
        || (rc = rx_components(&t->parts, &roi, ws, err)) != RX_OK
        || (rc = rx_affine_of(&affine, &mask->grid, err)) != RX_OK) {
        return rc;
    }
    t->voxels = roi.voxels;
    for (int a = 0; a < 3; a++) {
        t->box_min[a] = roi.min[a];
        t->box_max[a] = roi.min[a] + roi.n[a] - 1;
    }
    measure(t, image, &roi);
    rx_affine_point(t->centre_mm, &affine, t->centre_index);
    return RX_OK;
}

void rx_trace_note(rx_trace *t, const char *fmt, ...)
{
    if (!t || t->n_notes == RX_TRACE_NOTES) { return; }
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->notes[t->n_notes++], RX_TRACE_NOTE_SIZE, fmt, args);
    va_end(args);
}
