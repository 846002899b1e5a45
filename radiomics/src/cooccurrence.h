/* radiomics/src/cooccurrence.h - pairs of grey levels: counting them, apart from what is made of
 * the counts. Both profiles' co-occurrence features come from here (IBSI 3.6). */
#ifndef RX_COOCCURRENCE_H
#define RX_COOCCURRENCE_H
#include "classes.h"
#include "offsets.h"

/* How often a pair of levels occurs; i and j are dense level indices. */
typedef struct rx_cell { double count; uint16_t i, j; } rx_cell;

/* A matrix: its cells that are not 0, by row, then column. */
typedef struct rx_cells { rx_cell *v; size_t n; } rx_cells;

/* pairs.c: one matrix per offset is counted in a table while tables of n x n are worth their
 * room, and by sorting the pairs where levels are many and pairs few. */
bool rx_pairs_fit_table(const rx_levels *l, size_t voxels);

/* count[o][n][n] of n_offsets tables, which the caller has cleared. */
void rx_pairs_count(uint32_t *count, const rx_levels *l, rx_slab slab, const rx_offset *offset,
                    size_t n_offsets);
/* The table's cells into ws->cells; a symmetric matrix counts every pair in both orders. The
 * table is changed. At most `most` cells are not 0. */
RX_CHECKED int rx_pairs_list(rx_cells *out, uint32_t *count, size_t n, size_t most, bool symmetric,
                             rx_workspace *ws, rx_error *err);
/* The same without a table. */
RX_CHECKED int rx_pairs_sort(rx_cells *out, const rx_levels *l, rx_slab slab, size_t voxels,
                             const rx_offset *offset, bool symmetric, rx_workspace *ws, rx_error *err);

/* Features of a matrix. */
typedef struct rx_glcm_form {
    bool symmetric;
    bool mcc;                 /* the maximal correlation coefficient is wanted                   */
    double eps;               /* added to what logarithms are taken of: PyRadiomics; IBSI: 0     */
} rx_glcm_form;

/* A matrix and what is summed from it. */
typedef struct rx_pair_matrix {
    size_t n;                 /* levels that occur in the region                            */
    rx_cells cells;
    const uint16_t *level;    /* [n]                                                        */
    size_t highest;           /* Ng                                                         */
    const rx_glcm_form *form;
    double total;
    double *row, *column;     /* [n]: sums; the same array if symmetric                     */
    double *px, *py;          /* [n]: the same array if symmetric                           */
    double *sum;              /* [2 Ng + 1]: pairs with i + j = k                           */
    double *difference;       /* [Ng]: pairs with |i - j| = k                               */
} rx_pair_matrix;

/* mcc.c: PyRadiomics' MCC; NaN if more than RX_MAX_MCC_LEVELS levels occur. Uses ws->reals,
 * ws->dense, ws->list and ws->basis. */
RX_CHECKED int rx_maximal_correlation(double *mcc, const rx_pair_matrix *m, rx_workspace *ws,
                                      rx_error *err);

/* Which values k a sum or a difference of two levels takes, and how often: weight[k] / total. */
typedef struct rx_spread {
    const double *weight;
    double total;
    const uint32_t *which;    /* [n]: the k whose weight is not 0; NULL: looked for in 0 <= k < n */
    size_t n;
} rx_spread;

/* Features of sums, about the mean ux + uy, and of differences; ng: the highest level. */
void rx_level_sum_features(double f[N_GLCM], const rx_spread *sums, double ux, double uy, double eps);
void rx_level_difference_features(double f[N_GLCM], const rx_spread *differences, size_t ng, double eps);

/* false, and f untouched, if there is no pair. MCC is NaN if it is not wanted, or if more than
 * RX_MAX_MCC_LEVELS levels occur. Uses ws->margins and ws->reals. */
RX_CHECKED int rx_cooccurrence_features(double f[N_GLCM], bool *any, rx_cells cells,
                                        const rx_levels *l, const rx_glcm_form *form,
                                        rx_workspace *ws, rx_error *err);

/* glcm.c: what a slab's directions give. */
typedef struct rx_glcm_sums {
    double sum[N_GLCM];       /* over directions of their features                               */
    size_t directions;        /* with at least one pair                                          */
    double merged[N_GLCM];    /* of one matrix of all directions; if !any: without meaning       */
    bool any;
} rx_glcm_sums;

enum { RX_AVERAGED = 1, RX_MERGED = 2 };

/* how: which of the two are wanted. weight[n_offsets]: of each direction in the merged matrix, or
 * NULL: 1 each. */
RX_CHECKED int rx_glcm_measure(rx_glcm_sums *out, const rx_levels *l, rx_slab slab,
                               const rx_offset *offset, size_t n_offsets, const double *weight,
                               unsigned how, const rx_glcm_form *form, rx_workspace *ws,
                               rx_error *err);

#endif
