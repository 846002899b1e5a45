/* radiomics/src/blocks.h - rows of voxels in multiples of a vector.
 *
 * Rows are short, and compilers leave a rest at the end of what they vectorise, one voxel after the
 * other. So what is not a multiple of RX_BLOCK is done again, together with voxels before it. */
#ifndef RX_BLOCKS_H
#define RX_BLOCKS_H
#include <stddef.h>

enum { RX_BLOCK = 16 };

typedef struct rx_part {
    size_t from, to;          /* of a row                                                    */
    size_t fresh;             /* the first that no part before had                           */
} rx_part;

/* The first (0) or second (1) part of a row of n voxels; it may be empty. */
static inline rx_part rx_part_of(size_t n, int which)
{
    size_t whole = n < RX_BLOCK ? n : n / RX_BLOCK * RX_BLOCK;
    if (which == 0) { return (rx_part){ 0, whole, 0 }; }
    return whole == n ? (rx_part){ n, n, n } : (rx_part){ n - RX_BLOCK, n, whole };
}

/* Where a row's next block begins after the one at i; n if there is none. Every block has RX_BLOCK
 * voxels, the last one some of those before, unless the row has fewer. */
static inline size_t rx_next_block(size_t i, size_t n)
{
    return i + RX_BLOCK >= n ? n : i + 2 * RX_BLOCK > n ? n - RX_BLOCK : i + RX_BLOCK;
}

#endif
