#include "resp_lines.h"
#include <stdlib.h>
#include <string.h>

size_t rx_line_reach(const rx_line *line)
{
    size_t before = line->centre, after = line->taps - 1 - line->centre;
    return (before > after ? before : after) * line->step;
}

ptrdiff_t rx_boundary_index(ptrdiff_t i, size_t n, rx_boundary boundary)
{
    const ptrdiff_t size = (ptrdiff_t)n;
    if (i >= 0 && i < size) { return i; }
    switch (boundary) {
    case RX_BOUNDARY_NEAREST: return i < 0 ? 0 : size - 1;
    case RX_BOUNDARY_PERIODIC: return (i % size + size) % size;
    case RX_BOUNDARY_MIRROR: {
        ptrdiff_t m = (i % (2 * size) + 2 * size) % (2 * size);
        return m < size ? m : 2 * size - 1 - m;
    }
    default: return -1;
    }
}

/* Distance from the output voxel to the voxel that tap t is applied to. */
static ptrdiff_t distance(const rx_line *line, size_t t)
{
    ptrdiff_t d = ((ptrdiff_t)line->centre - (ptrdiff_t)t) * (ptrdiff_t)line->step;
    return line->flipped ? -d : d;
}

/* Rows lie along the axis: each is widened once, and the taps run over it. */
static int along_rows(double *out, const double *in, const size_t dim[3], const rx_line *line,
                      rx_boundary boundary, size_t keep, bool accumulate, rx_error *err)
{
    const size_t n = dim[0], kept = (n + keep - 1) / keep, reach = rx_line_reach(line);
    double *wide = malloc((n + 2 * reach) * sizeof *wide), *sum = malloc(n * sizeof *sum);
    if (!wide || !sum) {
        free(wide);
        free(sum);
        return rx_fail(err, RX_ENOMEM, "no memory for rows of %zu voxels", n + 2 * reach);
    }
    for (size_t row = 0; row < dim[1] * dim[2]; row++) {
        const double *from = in + row * n;
        memcpy(wide + reach, from, n * sizeof *wide);
        for (size_t r = 0; r < reach; r++) {
            ptrdiff_t left = rx_boundary_index((ptrdiff_t)r - (ptrdiff_t)reach, n, boundary);
            ptrdiff_t right = rx_boundary_index((ptrdiff_t)(n + r), n, boundary);
            wide[r] = left < 0 ? 0 : from[left];
            wide[reach + n + r] = right < 0 ? 0 : from[right];
        }
        memset(sum, 0, n * sizeof *sum);
        for (size_t t = 0; t < line->taps; t++) {
            const double w = line->w[t], *at = wide + ((ptrdiff_t)reach + distance(line, t));
            for (size_t i = 0; i < n; i++) { sum[i] += w * at[i]; }
        }
        double *to = out + row * kept;
        for (size_t i = 0; i < kept; i++) { to[i] = sum[i * keep] + (accumulate ? to[i] : 0); }
    }
    free(wide);
    free(sum);
    return RX_OK;
}

/* The axis goes across rows: an output row is a weighted sum of whole rows. A row is taken in parts
 * that stay in the nearest cache. */
static void across_rows(double *out, const double *in, const size_t dim[3], int axis, const rx_line *line,
                        rx_boundary boundary, size_t keep, bool accumulate)
{
    enum { PART = 512 };
    const size_t n = dim[axis], kept = (n + keep - 1) / keep;
    const size_t run = axis == 1 ? dim[0] : dim[0] * dim[1];      /* voxels of a step of the axis */
    const size_t blocks = axis == 1 ? dim[2] : 1;
    for (size_t block = 0; block < blocks; block++) {
        for (size_t part = 0; part < run; part += PART) {
            const size_t width = run - part < PART ? run - part : PART;
            for (size_t j = 0; j < kept; j++) {
                double *to = out + (block * kept + j) * run + part, sum[PART] = { 0 };
                for (size_t t = 0; t < line->taps; t++) {
                    ptrdiff_t at = rx_boundary_index((ptrdiff_t)(j * keep) + distance(line, t), n, boundary);
                    if (at < 0) { continue; }
                    const double w = line->w[t], *from = in + (block * n + (size_t)at) * run + part;
                    for (size_t i = 0; i < width; i++) { sum[i] += w * from[i]; }
                }
                if (accumulate) {
                    for (size_t i = 0; i < width; i++) { to[i] += sum[i]; }
                } else {
                    memcpy(to, sum, width * sizeof *to);
                }
            }
        }
    }
}

int rx_line_convolve(double *out, const double *in, const size_t dim[3], int axis, const rx_line *line,
                     rx_boundary boundary, size_t keep, bool accumulate, rx_error *err)
{
    if (axis == 0) { return along_rows(out, in, dim, line, boundary, keep, accumulate, err); }
    across_rows(out, in, dim, axis, line, boundary, keep, accumulate);
    return RX_OK;
}
