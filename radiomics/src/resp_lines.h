/* radiomics/src/resp_lines.h - convolutions along one axis, and what lies beyond the border. */
#ifndef RX_RESP_LINES_H
#define RX_RESP_LINES_H
#include <stdbool.h>
#include <stddef.h>
#include <radiomics/error.h>
#include <radiomics/response.h>

enum { RX_MAX_LINE_TAPS = 4097 };

/* Tap t has weight w[t] and is applied to the voxel at distance -(t - centre)*step, so that this is
 * a convolution; flipped, at distance +(t - centre)*step. */
typedef struct rx_line {
    const double *w;
    size_t taps, centre, step;
    bool flipped;
} rx_line;

/* Voxels of the kernel's reach to the further side. */
size_t rx_line_reach(const rx_line *line);

/* Index inside 0..n-1 of position i, or -1 for a zero. */
ptrdiff_t rx_boundary_index(ptrdiff_t i, size_t n, rx_boundary boundary);

/* out = (accumulate: out +) in convolved along `axis`, with every keep-th voxel along it kept. dim:
 * of in; out has ceil(dim/keep) voxels along the axis. in and out must not overlap. */
RX_CHECKED int rx_line_convolve(double *out, const double *in, const size_t dim[3], int axis,
                                const rx_line *line, rx_boundary boundary, size_t keep,
                                bool accumulate, rx_error *err);

#endif
