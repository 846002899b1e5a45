/* cox_newton.h - Newton's method for a likelihood of coefficients, as the variants of the Cox model use it. */
#ifndef SV_COX_NEWTON_H
#define SV_COX_NEWTON_H

#include <survival/cox.h>

/* Log likelihood, score[p] and information info[p*p] (full) at beta; false if one is not finite. */
typedef bool cox_likelihood(void *model, const double *beta, double *loglik, double *score, double *info);

/* Fails: SV_EINVAL (a setting is outside its range), SV_ELIMIT (columns). */
SV_CHECKED int cox_newton_check(const sv_cox_opts *opts, size_t p, sv_error *err);

/* Maximise from 0 into out, whose arrays it makes; x: for the means and the messages. Scores and tests by
 * the information. Fails: SV_ENUMERIC; SV_EDATA (singular: names the column); SV_ENOMEM. */
SV_CHECKED int cox_newton(sv_cox *out, cox_likelihood *f, void *model, const sv_matrix *x,
                          const sv_cox_opts *opts, sv_error *err);

#endif
