/* radiomics/src/workspace.h - grow-only memory, reused over regions. */
#ifndef RX_WORKSPACE_H
#define RX_WORKSPACE_H
#include <stddef.h>
#include <radiomics/error.h>
#include <radiomics/extract.h>
#include "mesh.h"

typedef struct rx_buf { void *p; size_t bytes; } rx_buf;

/* What each buffer holds, and until when. Kernels that run one after the other share. */
struct rx_workspace {
    rx_buf bits;      /* region as bits: the whole extraction                             */
    rx_buf levels;    /* grey levels with halo: from discretisation on                    */
    rx_buf tables;    /* level tables: from discretisation on                             */
    rx_buf voxels;    /* first the region's intensities, then the zone search's parents   */
    rx_buf counts;    /* integer matrix of the class at work                              */
    rx_buf margins;   /* integer marginals of the class at work                           */
    rx_buf reals;     /* floating-point scratch of the class at work                      */
    rx_buf list;      /* zones, long runs, hull candidates                                */
    rx_buf cells;     /* co-occurring levels of one direction                             */
    rx_buf merged;    /* matrix of all directions                                         */
    rx_buf merging;   /* the same, while it grows                                         */
    rx_buf basis;     /* vectors of the eigenvalue search                                 */
    rx_buf dense;     /* numbers of rows; distances of zones                              */
    rx_mesh_table mesh;
};

/* At least count*size bytes at the returned address, contents undefined; NULL and err
 * filled on overflow or if there is no memory. */
void *rx_buf_need(rx_buf *b, size_t count, size_t size, rx_error *err);

/* *out = a * b; false on overflow. */
bool rx_size_mul(size_t *out, size_t a, size_t b);

#endif
