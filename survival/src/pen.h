/* pen.h - what the penalised fits share: the columns, the two likelihoods, the path. */
#ifndef SV_PEN_H
#define SV_PEN_H

#include <survival/penalised.h>

#include "risk.h"

/* Columns centred (weighted mean) and scaled, one after another; constant ones are left out. */
typedef struct pen_design {
    size_t n, p;               /* p: columns kept                                            */
    double *x;                 /* [p][n]                                                     */
    size_t *column;            /* [p] the caller's column                                    */
    double *mean, *scale;      /* [p]                                                        */
} pen_design;

/* row[i]: the caller's row at position i, or NULL for the caller's order; weight by position. */
SV_CHECKED int pen_design_make(pen_design *d, const sv_matrix *x, const uint32_t *row,
                               const double *weight, bool standardise, sv_error *err);
void pen_design_free(pen_design *d);

/* A log likelihood of the linear predictor, by position, up to a constant. */
typedef struct pen_family {
    size_t n;
    bool with_intercept;
    double total;              /* sum of weights                                             */
    const uint32_t *row;       /* caller's row at each position, or NULL                     */
    double *weight;            /* [n] by position                                            */
    double *slope, *curve;     /* [n] of the log likelihood and its (bounded) negative
                                  curvature at the predictor, over total                     */
    double loglik;             /* at the predictor                                           */
    double saturated;          /* the most that loglik can be                                */
    /* Cox */
    sv_risk risk;
    sv_sweep sweep;
    double *rise;              /* [groups] running sum of D/S0                                  */
    /* logistic */
    int *y;                    /* [n]                                                        */
} pen_family;

SV_CHECKED int pen_family_cox(pen_family *f, const sv_surv *s, sv_error *err);
SV_CHECKED int pen_family_logistic(pen_family *f, const int *y, const double *weight, size_t n,
                                   sv_error *err);
/* Set slope, curve and loglik for eta (by position). */
void pen_family_at(pen_family *f, const double *eta);
/* Only loglik. */
double pen_family_loglik(pen_family *f, const double *eta);
/* The intercept of the empty model; 0 without one. */
double pen_family_null(const pen_family *f);
void pen_family_free(pen_family *f);

SV_CHECKED int pen_path_check(const sv_path_opts *o, const sv_matrix *x, sv_error *err);
SV_CHECKED int pen_path_run(sv_path *out, pen_family *f, const pen_design *d, size_t p_all,
                            const sv_path_opts *o, sv_error *err);

#endif
