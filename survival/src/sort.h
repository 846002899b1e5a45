/* sort.h - stable ordering of rows by a key, without a comparison callback. */
#ifndef SV_SORT_H
#define SV_SORT_H

#include <stddef.h>
#include <stdint.h>

#include <survival/error.h>

typedef struct sv_keyed {
    uint64_t key;
    uint32_t row;
} sv_keyed;

/* Sorts a[0..n) by rising key with the help of spare[0..n), equal keys keeping their order; returns whichever of
 * the two holds the result. */
const sv_keyed *sv_sort_keyed(sv_keyed *a, sv_keyed *spare, size_t n);

/* order[0..n): the row numbers 0..n-1 by ascending key; equal keys keep their row order.
 * Keys hold no NaN; n fits 32 bits. Fails: SV_ENOMEM. */
SV_CHECKED int sv_sort_rows(uint32_t *order, const double *key, size_t n, sv_error *err);

/* The same; also sorted[0..n) (or NULL; may be key itself), the keys in that order: reading key[order[i]] is slow. */
SV_CHECKED int sv_sort_keys(double *sorted, uint32_t *order, const double *key, size_t n, sv_error *err);

/* rank[i] in 0..*n_distinct-1: the dense rank of key[i]; exactly equal keys share a rank. */
SV_CHECKED int sv_dense_rank(uint32_t *rank, size_t *n_distinct, const double *key, size_t n,
                             sv_error *err);

/* code[i] in 0..*n_codes-1 for each distinct label, ascending with the label. */
SV_CHECKED int sv_dense_code(uint32_t *code, size_t *n_codes, const int *label, size_t n,
                             sv_error *err);

/* Stable counting sort: reorder the n distinct rows in order[] by code[row] < n_codes. */
SV_CHECKED int sv_sort_by_code(uint32_t *order, const uint32_t *code, size_t n_codes, size_t n,
                               sv_error *err);

#endif
