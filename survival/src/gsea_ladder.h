/* gsea_ladder.h - how rarely a random set of genes scores this high: adaptive multilevel splitting. */
#ifndef SV_GSEA_LADDER_H
#define SV_GSEA_LADDER_H

#include <stddef.h>
#include <stdint.h>

#include <survival/error.h>

enum { SV_LADDER_MAX_SAMPLE = 10001 };

typedef struct sv_ladder_opts {
    size_t sample;            /* odd, 3 .. SV_LADDER_MAX_SAMPLE: sets that climb together         */
    double smallest;          /* p-values below it are not followed further                       */
    uint64_t seed, stream;
} sv_ladder_opts;

/* weight[n], by place: the steps up at a hit. For each es[m], > 0: p[m], the share of all sets of k places whose
 * enrichment score is positive and at least es, and variance[m] of log p. NaN variance: p is only known to be at most
 * that, as it is below opts->smallest or no set was found beyond. 0 < k < n. Fails: SV_ENOMEM. */
SV_CHECKED int sv_ladder_climb(double *p, double *variance, const double *es, size_t m, const double *weight,
                               size_t n, size_t k, const sv_ladder_opts *opts, sv_error *err);

#endif
