/* sort.c - stable radix sort of (key, row) pairs.
 *
 * qsort() promises neither stability nor the same order on every platform, and the order of
 * tied rows decides the order of the sums, hence the last bits of every result. */
#include "sort.h"

#include <string.h>

#include "mem.h"

#define FEW 32          /* below this insertion sort wins */
#define DIGIT_BITS 8u
#define DIGITS 8u
#define DIGIT_VALUES 256u

/* Whole numbers in the order of the doubles: IEEE 754 orders numbers of one sign by their bits. */
static uint64_t ordered_bits(double key)
{
    uint64_t bits;
    key += 0.0;         /* -0 and 0 are equal */
    memcpy(&bits, &key, sizeof bits);
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static double of_ordered_bits(uint64_t ordered)
{
    uint64_t bits = ordered >> 63 != 0 ? ordered & ~(UINT64_C(1) << 63) : ~ordered;
    double key;
    memcpy(&key, &bits, sizeof key);
    return key;
}

static void insertion_sort(sv_keyed *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        sv_keyed moving = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1].key > moving.key; j--) { a[j] = a[j - 1]; }
        a[j] = moving;
    }
}

/* Sorts a[0..n), digit by digit from the lowest, with the help of spare[0..n); returns whichever of the two holds
 * the result. A digit that all keys share takes no pass. */
static sv_keyed *radix_sort(sv_keyed *a, sv_keyed *spare, size_t n)
{
    uint32_t place[DIGITS][DIGIT_VALUES] = { { 0 } };
    for (size_t i = 0; i < n; i++) {
        uint64_t key = a[i].key;
        for (unsigned d = 0; d < DIGITS; d++) { place[d][key >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)]++; }
    }
    for (unsigned d = 0; d < DIGITS; d++) {
        unsigned shift = d * DIGIT_BITS;
        uint32_t *at = place[d], next = 0;
        if (at[a[0].key >> shift & (DIGIT_VALUES - 1)] == n) { continue; }
        for (size_t v = 0; v < DIGIT_VALUES; v++) {
            uint32_t here = at[v];
            at[v] = next;
            next += here;
        }
        for (size_t i = 0; i < n; i++) { spare[at[a[i].key >> shift & (DIGIT_VALUES - 1)]++] = a[i]; }
        sv_keyed *t = a;
        a = spare;
        spare = t;
    }
    return a;
}

const sv_keyed *sv_sort_keyed(sv_keyed *a, sv_keyed *spare, size_t n)
{
    if (n >= FEW) { return radix_sort(a, spare, n); }
    insertion_sort(a, n);
    return a;
}

int sv_sort_keys(double *sorted, uint32_t *order, const double *key, size_t n, sv_error *err)
{
    sv_keyed *both = SV_NEW(sv_keyed, 2 * n);
    if (both == NULL) { return sv_no_memory(err, "sorting"); }
    for (size_t i = 0; i < n; i++) { both[i] = (sv_keyed){ ordered_bits(key[i]), (uint32_t)i }; }
    const sv_keyed *done = sv_sort_keyed(both, both + n, n);
    for (size_t i = 0; i < n; i++) { order[i] = done[i].row; }
    for (size_t i = 0; sorted != NULL && i < n; i++) { sorted[i] = of_ordered_bits(done[i].key); }
    free(both);
    return SV_OK;
}

int sv_sort_rows(uint32_t *order, const double *key, size_t n, sv_error *err)
{
    return sv_sort_keys(NULL, order, key, n, err);
}

int sv_dense_rank(uint32_t *rank, size_t *n_distinct, const double *key, size_t n, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, n);
    double *sorted = SV_NEW(double, n);
    int rc = SV_OK;
    if (order == NULL || sorted == NULL) {
        rc = sv_no_memory(err, "ranking");
    } else {
        rc = sv_sort_keys(sorted, order, key, n, err);
    }
    if (rc == SV_OK) {
        uint32_t r = 0;
        for (size_t i = 0; i < n; i++) {
            if (i > 0 && sorted[i] > sorted[i - 1]) { r++; }
            rank[order[i]] = r;
        }
        *n_distinct = n == 0 ? 0 : (size_t)r + 1;
    }
    free(order);
    free(sorted);
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
