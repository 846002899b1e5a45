/* split_logrank.h - splits by the log-rank statistic of the two sides. */
#ifndef SV_SPLIT_LOGRANK_H
#define SV_SPLIT_LOGRANK_H

#include "grow.h"

typedef struct sv_logrank_rule {
    const uint32_t *rank;         /* [n] of each row's time among the distinct ones               */
    const int *event;             /* [n]                                                          */
    size_t times;                 /* distinct                                                     */
    double *dead, *gone;          /* [times] rows of the node that die, and that end, there       */
    double *hazard, *first, *second;      /* [times] sums up to and with the time: see the source */
    uint32_t *upto;               /* [times] death times of the node up to and with the time      */
    size_t deaths;                /* death times of the node                                      */
    double *count, *sum;          /* [times + 1] a Fenwick tree over upto                         */
} sv_logrank_rule;

/* Fails: SV_ENOMEM (free as well). */
SV_CHECKED int sv_logrank_rule_init(sv_logrank_rule *s, const uint32_t *rank, const int *event, size_t times, sv_error *err);
void sv_logrank_rule_free(sv_logrank_rule *s);

/* node->errors: events. Gain: (O - E)^2 / V. */
sv_rule sv_logrank_rule_of(sv_logrank_rule *s);

/* Deaths and endings at each time among rows; both arrays are overwritten. */
void sv_logrank_count(double *dead, double *gone, size_t times, const uint32_t *rank, const int *event,
                      const uint32_t *row, size_t n);

#endif
