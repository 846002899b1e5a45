/* risk.h - risk sets of start-stop data, and one sweep of the partial likelihood over them.
 *
 * A plan is made once a data set: rows sorted by stratum, then time, deaths first within a time.
 * A death time of one stratum is a group; groups are numbered in the same order. Position i is at
 * risk in the groups first[i] <= k < last[i]; one with no such group takes part in no sum. */
#ifndef SV_RISK_H
#define SV_RISK_H

#include <stdint.h>

#include <survival/baseline.h>

typedef struct sv_risk {
    size_t n, n_groups;
    uint32_t *row;         /* [n] input row at each position                                  */
    uint32_t *first, *last;/* [n] see above                                                   */
    double *weight;        /* [n] by position                                                 */
    int *stratum;          /* [n] caller's code by position                                   */
    double *time;          /* [n] merged time by position                                     */
    uint32_t *group_row;   /* [n_groups] position of its first death                          */
    uint32_t *group_dead;  /* [n_groups] number of deaths                                     */
    uint32_t *group_base;  /* [n_groups] first group of its stratum                           */
    uint32_t *late;        /* [n_late] positions that enter after the first group, by `first` */
    size_t n_late;
} sv_risk;

/* s has passed sv_surv_check. Fails: SV_ENOEVENT, SV_EDATA (see sv_times_rank), SV_ENOMEM. */
SV_CHECKED int sv_risk_plan(sv_risk *out, const sv_surv *s, sv_error *err);
void sv_risk_free(sv_risk *r);

/* One evaluation. Inputs: x (n x p by position, row-major; NULL if p is 0), eta (by position).
 * Outputs: loglik; score[p]; info[p*p] (full); raw[p], the diagonal of the information before
 * the means are taken off, which tells how much of a pivot can be rounding. */
typedef struct sv_sweep {
    size_t p;
    sv_ties ties;
    double loglik;
    double *score, *info, *raw;
    double *step;      /* [n_groups] increments of H0, for exp(eta - shift)                   */
    double *step_dead; /* [n_groups] the same for the dead of the group (Efron: less)         */
    double shift;      /* largest eta; the sweep works with exp(eta - shift) <= 1             */
    double *hazard;    /* [n] exp(eta - shift) * weight                                       */
    double *cumulative, *lived; /* [n_groups], [n]: see sweep.c                               */
    double *work;
} sv_sweep;

SV_CHECKED int sv_sweep_init(sv_sweep *w, const sv_risk *r, size_t p, sv_ties ties, sv_error *err);
void sv_sweep_free(sv_sweep *w);
void sv_sweep_run(sv_sweep *w, const sv_risk *r, const double *x, const double *eta);

#endif
