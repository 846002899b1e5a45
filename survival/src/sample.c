/* sample.c - checks of plain samples, and their mean ranks. */
#include "sample.h"

#include "mem.h"
#include "sort.h"

int sv_sample_check(const double *x, size_t n, size_t least, const char *name, sv_error *err)
{
    if (n < least) {
        return sv_fail(err, SV_ETOOSMALL, "%s has %zu values, at least %zu are needed", name, n, least);
    }
    if (n > SV_TEST_MAX) {
        return sv_fail(err, SV_ELIMIT, "%s has %zu values, at most %zu are accepted", name, n, SV_TEST_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return sv_fail(err, SV_EDATA, "value %zu of %s is %g, expected a finite number", i + 1, name, x[i]);
        }
    }
    return SV_OK;
}

int sv_level_check(double level, sv_error *err)
{
    if (level > 0 && level < 1) { return SV_OK; }
    return sv_fail(err, SV_EINVAL, "confidence level is %g, must lie between 0 and 1", level);
}

int sv_mean_ranks(double *rank, sv_ties *ties, const double *x, size_t n, sv_error *err)
{
    uint32_t *order = SV_NEW(uint32_t, n);
    if (order == NULL) { return sv_no_memory(err, "ranks"); }
    int rc = sv_sort_rows(order, x, n, err);
    *ties = (sv_ties){ 0, 0, 0 };
    for (size_t at = 0; rc == SV_OK && at < n;) {
        size_t end = at + 1;
        while (end < n && x[order[end]] == x[order[at]]) { end++; }
        double t = (double)(end - at), mean = (double)(at + end + 1) / 2;
        ties->pairs += t * (t - 1);
        ties->triples += t * (t - 1) * (t - 2);
        ties->variance += t * (t - 1) * (2 * t + 5);
        for (; at < end; at++) { rank[order[at]] = mean; }
    }
    free(order);
    return rc;
}
