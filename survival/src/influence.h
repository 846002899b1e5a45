/* influence.h - what each row tells about an estimate, and what the uncertainty of it comes to.
 *
 * Row k's influence v_k says that the estimate is about the truth plus mean(v): estimates of the same rows have
 * the covariance of their influences, which is how two models are compared. */
#ifndef SV_INFLUENCE_H
#define SV_INFLUENCE_H

#include <survival/auc.h>
#include <survival/concordance.h>

/* As sv_auc_at, without the standard error; influence[s->n]: all 0 without a case or a control. */
SV_CHECKED int sv_auc_influence(double *influence, sv_auc *out, double t, const double *marker, const sv_surv *s,
                                sv_error *err);

/* As sv_concordance_harrell (tau NaN) or sv_concordance_uno; influence[s->n]: of mean 0, the weights of Uno's C
 * taken for known; all 0 without a comparable pair. */
SV_CHECKED int sv_concordance_influence(double *influence, sv_concordance *out, const double *risk, double tau,
                                        const sv_surv *s, sv_error *err);

/* What the rows tell about G, for an estimate that is the sum of part[s->n] over n, each part in proportion to
 * 1 / G just before the row's own time or, where that is later than t, at t. Adds to influence[s->n]:
 *   R(T_k)/Y(T_k) [k censored until t] - sum over u <= min(T_k, t) of R(u) c(u)/Y(u)^2,
 * R(u) the sum of the parts of rows that end after u, c(u) the number censored at u, Y(u) the number that was at
 * risk of it. Fails: SV_ENOMEM. */
SV_CHECKED int sv_influence_add_censoring(double *influence, const double *part, double t, const sv_surv *s,
                                          sv_error *err);

/* Covariance of two means of n terms, divisor n - 1; NaN if n < 2. */
double sv_influence_covariance(const double *v, const double *w, size_t n);

#endif
