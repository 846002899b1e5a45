#include "ibsi_volume.h"
#include <math.h>
#include <string.h>
#include "roi.h"

enum { BLOCK = 256 };

rx_ibsi_mask_trace rx_trace_mask(const uint8_t *voxels, const size_t dim[3], uint8_t label)
{
    rx_ibsi_mask_trace t = { 0 };
    for (size_t k = 0; k < dim[2]; k++) {
        for (size_t j = 0; j < dim[1]; j++) {
            const uint8_t *row = voxels + (k * dim[1] + j) * dim[0];
            const uint8_t *found = memchr(row, label, dim[0]);
            if (!found) { continue; }
            size_t begin = (size_t)(found - row), end = begin, n = 0;
            for (size_t i = begin; i < dim[0]; i++) {
                n += row[i] == label;
                end = row[i] == label ? i : end;
            }
            const size_t lo[3] = { begin, j, k }, hi[3] = { end, j, k };
            for (int a = 0; a < 3; a++) {
                if (t.voxels == 0 || lo[a] < t.box_min[a]) { t.box_min[a] = lo[a]; }
                if (t.voxels == 0 || hi[a] > t.box_max[a]) { t.box_max[a] = hi[a]; }
            }
            t.voxels += n;
        }
    }
    return t;
}

typedef struct figures { double sum, lowest, highest; size_t n; } figures;

static void add(figures *f, const double *v, const uint8_t *in, size_t n)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = n - at < BLOCK ? n : at + BLOCK;
        double part = 0;
        for (size_t i = at; i < end; i++) {
            if (in && !in[i]) { continue; }
            part += v[i];
            f->lowest = v[i] < f->lowest ? v[i] : f->lowest;
            f->highest = v[i] > f->highest ? v[i] : f->highest;
            f->n++;
        }
        f->sum += part;
    }
}

static figures none(void) { return (figures){ 0, INFINITY, -INFINITY, 0 }; }

static double mean_of(const figures *f)
{
    return f->lowest == f->highest ? f->lowest : f->sum / (double)f->n;
}

void rx_trace_intensities(rx_ibsi_step *step, const double *v, const uint8_t *in, size_t n)
{
    figures f = none();
    add(&f, v, in, n);
    step->roi_mean = f.n ? mean_of(&f) : (double)NAN;
    step->roi_min = f.n ? f.lowest : (double)NAN;
    step->roi_max = f.n ? f.highest : (double)NAN;
}

void rx_trace_volume(rx_ibsi_step *step, const double *v, size_t n)
{
    figures f = none();
    add(&f, v, NULL, n);
    step->image_mean = mean_of(&f);
    step->image_min = f.lowest;
    step->image_max = f.highest;
}

void rx_trace_initial(rx_ibsi_step *step, const rx_image *image, const rx_mask *mask)
{
    figures all = none(), roi = none();
    size_t n = image->grid.dim[0] * image->grid.dim[1] * image->grid.dim[2];
    for (size_t at = 0; at < n; at += BLOCK) {
        double v[BLOCK];
        uint8_t in[BLOCK];
        size_t m = n - at < BLOCK ? n - at : BLOCK;
        rx_copy_voxels(v, image, at, m);
        add(&all, v, NULL, m);
        if (!memchr(mask->voxels + at, mask->label, m)) { continue; }
        for (size_t i = 0; i < m; i++) { in[i] = mask->voxels[at + i] == mask->label; }
        add(&roi, v, in, m);
    }
    step->intensity = step->morphological;
    step->image_mean = mean_of(&all);
    step->image_min = all.lowest;
    step->image_max = all.highest;
    step->roi_mean = roi.n ? mean_of(&roi) : (double)NAN;
    step->roi_min = roi.n ? roi.lowest : (double)NAN;
    step->roi_max = roi.n ? roi.highest : (double)NAN;
}

void rx_copy_label(uint8_t *out, const size_t first[3], const size_t n[3], const rx_mask *mask)
{
    const size_t *dim = mask->grid.dim;
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            const uint8_t *in = mask->voxels + ((k + first[2]) * dim[1] + j + first[1]) * dim[0] + first[0];
            uint8_t *o = out + (k * n[1] + j) * n[0];
            for (size_t i = 0; i < n[0]; i++) { o[i] = in[i] == mask->label; }
        }
    }
}

int rx_check_finite(const double *v, const uint8_t *in, const size_t dim[3], const size_t first[3],
                    rx_error *err)
{
    size_t n = dim[0] * dim[1] * dim[2];
    for (size_t i = 0; i < n; i++) {
        if (in[i] && !isfinite(v[i])) {
            return rx_fail(err, RX_EINVAL, "the voxel at index (%zu, %zu, %zu) in the region is not finite",
                           i % dim[0] + first[0], i / dim[0] % dim[1] + first[1],
                           i / dim[0] / dim[1] + first[2]);
        }
    }
    return RX_OK;
}
