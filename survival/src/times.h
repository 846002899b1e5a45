/* times.h - times turned into ranks, once, with R's rule of what counts as equal. */
#ifndef SV_TIMES_H
#define SV_TIMES_H

#include <stdint.h>

#include <survival/surv.h>

typedef struct sv_times {
    size_t n, n_distinct;
    double *value;     /* [n_distinct] ascending; the lowest of the times merged into each */
    uint32_t *stop;    /* [n] rank of time[i]                                              */
    uint32_t *start;   /* [n] rank of start[i], or NULL                                    */
    uint32_t *order;   /* [n] rows by ascending stop, ties in row order                    */
} sv_times;

/* Rank the times of s, which has passed sv_surv_check. Start and stop share one ranking.
 * Fails: SV_ENOMEM; SV_EDATA if start and stop of a row fall on the same time. */
SV_CHECKED int sv_times_rank(sv_times *out, const sv_surv *s, sv_error *err);
void sv_times_free(sv_times *t);

#endif
