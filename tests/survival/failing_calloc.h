/* failing_calloc.h - the library's only allocator, which fails when told. Include it in one file of a
 * test that is linked with -Wl,--wrap=calloc. */
#ifndef FAILING_CALLOC_H
#define FAILING_CALLOC_H
#include <check.h>
#include <survival/error.h>

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static long calls_left = -1;            /* -1: never fail */

void *__wrap_calloc(size_t n, size_t size)
{
    if (calls_left == 0) { return NULL; }
    if (calls_left > 0) { calls_left--; }
    return __real_calloc(n, size);
}

/* Fails each allocation of each run once; a run itself looks whether its results are untouched. */
static inline void check_each_allocation(int (*const *runs)(sv_error *err), size_t n_runs, long at_least)
{
    for (size_t r = 0; r < n_runs; r++) {
        long failures = 0;
        for (int rc = SV_ENOMEM; rc != SV_OK; failures++) {
            sv_error err = { 0 };
            calls_left = failures;
            rc = runs[r](&err);
            calls_left = -1;
            if (rc == SV_OK) { continue; }
            if (rc != SV_ENOMEM) { fail_msg("run %zu, allocation %ld: %s", r, failures + 1, err.msg); }
            assert_int_equal(err.code, SV_ENOMEM);
            if (failures >= 2000) { fail_msg("run %zu still fails after %ld allocations", r, failures); }
        }
        assert_true(failures > at_least);
    }
}

#endif
