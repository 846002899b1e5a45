/* survival/competing.h - follow-up that ends by one of several causes: cumulative incidence, Gray's test
 * and the Fine-Gray model.
 *
 * 1 - Kaplan-Meier with the other causes as censored overstates the risk of a cause, since it asks what would
 * be if nobody could have the others. Same conventions, and on the same data the same numbers, as R's cmprsk. */
#ifndef SV_COMPETING_H
#define SV_COMPETING_H

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_MAX_CAUSE 1000
#define SV_GRAY_MAX_GROUPS ((size_t)100)
#define SV_FINEGRAY_MAX_COLS ((size_t)1000)

/* n rows; cause[i] is 0 where row i was censored at time[i], else 1..SV_MAX_CAUSE. Times are >= 0, finite, and
 * equal by the rule of surv.h, or, with exact_times, only where they are identical, which is how R's cmprsk takes
 * them: times computed as days / 30.44 then no longer tie as the days did. */
typedef struct sv_competing {
    size_t n;
    const double *time;
    const int *cause;
    bool exact_times;
} sv_competing;

/* Fails: as sv_surv_check; SV_EDATA (names the row). */
SV_CHECKED int sv_competing_check(const sv_competing *c, size_t min_rows, sv_error *err);

/* Probability to have had the cause by t (Aalen-Johansen); entry i holds from time[i] until time[i + 1], 0
 * before time[0]. Every time at which a row ends is listed. */
typedef struct sv_cuminc {
    size_t n;
    double *time, *n_risk, *n_cause, *n_other;
    double *incidence;
    double *variance;     /* by the delta method with binomial ties (Gray 1988, appendix)              */
} sv_cuminc;

/* Curve of `cause` among the rows with keep[i] (NULL: all). Ties are judged over all rows.
 * out owns its arrays on success; free with sv_cuminc_free; untouched on failure.
 * Fails: as sv_competing_check; SV_EINVAL (cause); SV_ETOOSMALL (no row kept); SV_ENOMEM. */
SV_CHECKED int sv_cuminc_fit(sv_cuminc *out, const sv_competing *c, const bool *keep, int cause, sv_error *err);
void sv_cuminc_free(sv_cuminc *c);

typedef struct sv_cuminc_estimate {
    double value, variance;
    double lower, upper;  /* F^exp(-+ z se / (F log F)): log-log, kept within 0..1; NaN where F is 0 or 1 */
} sv_cuminc_estimate;

/* F(t) at `level` (0.95): 0 before the first time, NaN after the last. */
sv_cuminc_estimate sv_cuminc_at(const sv_cuminc *c, double t, double level);

typedef struct sv_gray {
    size_t k;             /* groups                                                                     */
    int df;               /* k - 1, less where the variance is singular                                 */
    double *score;        /* [k - 1] weighted events less their expectation, of all groups but the last */
    double *var;          /* [(k-1)*(k-1)]                                                              */
    double chisq, p;
} sv_gray;

/* Do the groups share one cumulative incidence of `cause`? (Gray 1988, Ann Stat 16:1141). group[n]: any codes,
 * in ascending order; stratum[n] or NULL; rho: weight (1 - F(t-))^rho, 0 as a rule.
 * out owns its arrays on success; free with sv_gray_free; untouched on failure.
 * Fails: as sv_competing_check; SV_EINVAL (cause, rho); SV_ETOOSMALL (fewer than 2 groups, no variance);
 * SV_ELIMIT (groups); SV_ENOEVENT (none of the cause); SV_ENOMEM. */
SV_CHECKED int sv_gray_test(sv_gray *out, const sv_competing *c, const int *group, const int *stratum, int cause,
                            double rho, sv_error *err);
void sv_gray_free(sv_gray *t);

/* Proportional subdistribution hazards (Fine & Gray 1999, JASA 94:496). Those who had another cause stay at
 * risk with weight G(t-)/G(T-), G the Kaplan-Meier estimate of being uncensored. Ties by Breslow. */
typedef struct sv_finegray {
    size_t n, p, n_event;
    double *coef, *se;    /* [p] log subdistribution hazard ratio and its robust standard error         */
    double *vcov;         /* [p*p] sandwich variance, with what estimating G adds                       */
    double *naive;        /* [p*p] inverse information                                                  */
    double loglik0, loglik;
    int iter;
    bool converged;
    size_t n_times;
    double *time, *cumhaz;/* [n_times] cumulative baseline subdistribution hazard at x = 0              */
} sv_finegray;

/* x: a row a row of c. names: of the columns, for messages; or NULL.
 * out owns its arrays on success; free with sv_finegray_free; untouched on failure.
 * Fails: as sv_competing_check and sv_matrix_check; SV_EINVAL (cause); SV_ENOEVENT; SV_EDATA (a column constant
 * or a combination of others); SV_ENUMERIC (overflow; no convergence: a column that separates the events
 * completely); SV_ELIMIT; SV_ENOMEM. */
SV_CHECKED int sv_finegray_fit(sv_finegray *out, const sv_matrix *x, const sv_competing *c, int cause,
                               const char *const *names, sv_error *err);
void sv_finegray_free(sv_finegray *f);

/* Incidence by t of one whose x'coef is lp: 1 - exp(-H(t) e^lp); 0 before the first event, level after the last. */
double sv_finegray_incidence(const sv_finegray *f, double lp, double t);

#ifdef __cplusplus
}
#endif
#endif
