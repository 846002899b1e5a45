/* cox_walk.h - visiting the risk set of every death time of a fitted model, with its means. */
#ifndef SV_COX_WALK_H
#define SV_COX_WALK_H

#include <survival/cox.h>

#include "risk.h"

/* A model at its coefficients: columns that were kept, by position, and e^predictor. */
typedef struct cox_walk {
    sv_risk risk;
    size_t n, p;           /* p: columns kept                                            */
    size_t *column;        /* [p] the fit's column                                       */
    double *x;             /* [n][p] by position                                         */
    double *hazard;        /* [n] exp(eta - largest eta), without weight                 */
    double *vcov;          /* [p][p] of the kept columns                                 */
    sv_ties ties;
} cox_walk;

/* One term of a death time: Breslow has one, Efron one a death, without the share l/m of the dead. */
typedef struct cox_term {
    size_t group, number, terms;
    double share;          /* weight of the dead that falls to the term                  */
    double without;        /* l/m                                                        */
    double total;          /* S0 of the set                                              */
    const double *mean;    /* [p]                                                        */
    const double *cov;     /* [p][p] covariance of the set, or NULL                      */
} cox_term;
typedef void cox_visit(void *user, const cox_term *t);

SV_CHECKED int cox_walk_make(cox_walk *w, const sv_cox *fit, const sv_matrix *x, const sv_surv *s,
                             sv_ties ties, sv_error *err);
void cox_walk_free(cox_walk *w);

/* All terms, last death time first within each stratum. */
SV_CHECKED int cox_walk_run(const cox_walk *w, bool with_cov, cox_visit *visit, void *user, sv_error *err);

#endif
