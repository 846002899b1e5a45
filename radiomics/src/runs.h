/* radiomics/src/runs.h - runs of one grey level along directions (IBSI 3.7): counted once, for
 * both profiles. */
#ifndef RX_RUNS_H
#define RX_RUNS_H
#include "offsets.h"
#include "sizematrix.h"

typedef struct rx_run_sums {
    double sum[SZ_N];         /* over directions of their features                               */
    size_t directions;
    double merged[SZ_N];      /* of one matrix of all directions; NaN without any                */
} rx_run_sums;

typedef struct rx_run_form {
    bool averaged, merged;    /* which of the two are wanted                                     */
    const double *weight;     /* of each direction in the merged matrix, or NULL: 1 each         */
    bool drop_single;         /* leave out a direction in which no line meets two voxels of the
                                 region: PyRadiomics                                             */
    double eps;
} rx_run_form;

/* Runs within a slab along offsets of length 1. */
RX_CHECKED int rx_runs_measure(rx_run_sums *out, const rx_levels *l, rx_slab slab,
                               const rx_offset *offset, size_t n_offsets, const rx_run_form *form,
                               rx_workspace *ws, rx_error *err);
#endif
