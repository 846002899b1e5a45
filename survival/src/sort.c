/* sort.c - bottom-up merge sort of (key, row) pairs.
 *
 * qsort() promises neither stability nor the same order on every platform, and the order of
 * tied rows decides the order of the sums, hence the last bits of every result. */
#include "sort.h"

#include <string.h>

#include "mem.h"

typedef struct pair {
    double key;
    uint32_t row;
} pair;

#define RUN 24 /* below this insertion sort wins */

static void insertion_sort(pair *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        pair moving = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1].key > moving.key; j--) { a[j] = a[j - 1]; }
        a[j] = moving;
    }
}

static void merge(pair *out, const pair *a, size_t na, const pair *b, size_t nb)
{
    size_t i = 0, j = 0, k = 0;
    while (i < na && j < nb) { out[k++] = b[j].key < a[i].key ? b[j++] : a[i++]; }
    if (i < na) { memcpy(out + k, a + i, (na - i) * sizeof *a); }
    if (j < nb) { memcpy(out + k, b + j, (nb - j) * sizeof *b); }
}

/* Sorts a[0..n) with the help of spare[0..n); returns whichever of the two holds the result. */
static pair *merge_sort(pair *a, pair *spare, size_t n)
{
    for (size_t lo = 0; lo < n; lo += RUN) { insertion_sort(a + lo, n - lo < RUN ? n - lo : RUN); }
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = n - lo < width ? n : lo + width;
            size_t hi = n - mid < width ? n : mid + width;
            merge(spare + lo, a + lo, mid - lo, a + mid, hi - mid);
        }
        pair *t = a;
        a = spare;
        spare = t;
    }
    return a;
}

int sv_sort_rows(uint32_t *order, const double *key, size_t n, sv_error *err)
{
    pair *both = SV_NEW(pair, 2 * n);
    if (both == NULL) { return sv_no_memory(err, "sorting"); }
    for (size_t i = 0; i < n; i++) { both[i] = (pair){ key[i], (uint32_t)i }; }
    const pair *sorted = merge_sort(both, both + n, n);
    for (size_t i = 0; i < n; i++) { order[i] = sorted[i].row; }
    free(both);
    return SV_OK;
}

int sv_dense_rank(uint32_t *rank, size_t *n_distinct, const double *key, size_t n, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, n);
    if (order == NULL) { return sv_no_memory(err, "ranking"); }
    int rc = sv_sort_rows(order, key, n, err);
    if (rc == SV_OK) {
        uint32_t r = 0;
        for (size_t i = 0; i < n; i++) {
            if (i > 0 && key[order[i]] > key[order[i - 1]]) { r++; }
            rank[order[i]] = r;
        }
        *n_distinct = n == 0 ? 0 : (size_t)r + 1;
    }
    free(order);
    return rc;
}

int sv_dense_code(uint32_t *code, size_t *n_codes, const int *label, size_t n, sv_error *err)
{
    double *key = SV_NEW(double, n);
    if (key == NULL) { return sv_no_memory(err, "labels"); }
    for (size_t i = 0; i < n; i++) { key[i] = (double)label[i]; }
    int rc = sv_dense_rank(code, n_codes, key, n, err);
    free(key);
    return rc;
}

int sv_sort_by_code(uint32_t *order, const uint32_t *code, size_t n_codes, size_t n, sv_error *err)
{
    uint32_t *copy = SV_NEW(uint32_t, n);
    size_t *at = SV_NEW(size_t, n_codes + 1);
    if (copy == NULL || at == NULL) {
        free(copy);
        free(at);
        return sv_no_memory(err, "sorting");
    }
    memcpy(copy, order, n * sizeof *copy);
    for (size_t i = 0; i < n; i++) { at[code[copy[i]] + 1]++; }
    for (size_t c = 0; c < n_codes; c++) { at[c + 1] += at[c]; }
    for (size_t i = 0; i < n; i++) { order[at[code[copy[i]]]++] = copy[i]; }
    free(copy);
    free(at);
    return SV_OK;
}
