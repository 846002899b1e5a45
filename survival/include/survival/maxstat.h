/* survival/maxstat.h - the cut-point of a variable that separates survival best, with a p-value
 * that accounts for the search.
 *
 * Maximally selected log-rank statistic (Lausen & Schumacher 1992; Hothorn & Lausen 2003): every
 * cut is judged by the standardised sum of the log-rank scores of the rows with x <= cut. The
 * ordinary log-rank p-value of the two groups so found is far too small and must not be reported. */
#ifndef SV_MAXSTAT_H
#define SV_MAXSTAT_H

#include <stdint.h>

#include <survival/surv.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_maxstat_opts {
    double min_share, max_share;  /* 0 < min < max < 1: share of rows the low group may have */
} sv_maxstat_opts;
#define SV_MAXSTAT_OPTS_INIT { .min_share = 0.1, .max_share = 0.9 }

typedef struct sv_maxstat {
    size_t n_cuts;
    double *cut;        /* [n_cuts] ascending values of x; low group: x <= cut             */
    double *statistic;  /* [n_cuts] absolute standardised statistic                        */
    size_t *n_low;      /* [n_cuts] rows with x <= cut                                     */
    size_t best;        /* the first largest statistic: the cut-point is cut[best]         */
    bool high_is_worse; /* above cut[best] events come earlier than below                  */
    double p_lausen92;  /* Miller & Siegmund (1982), Lausen & Schumacher (1992): needs no data */
    double p_lausen94;  /* improved Bonferroni bound, Lausen, Sauerbrei & Schumacher (1994)    */
} sv_maxstat;

/* scores[0..s->n): a_i = event_i - sum over rows j with an event and t_j <= t_i of
 * 1 / (n - R_j + 1), R_j the number of rows with t <= t_j. High scores: early events. Fails: as
 * sv_surv_check; SV_EINVAL (weights, strata or start times given); SV_ENOMEM. NaN on failure. */
SV_CHECKED int sv_logrank_scores(double *scores, const sv_surv *s, sv_error *err);

/* Try every cut of x[0..s->n). out owns its arrays on success; free with sv_maxstat_free;
 * untouched on failure. Fails: as sv_logrank_scores; SV_ENOEVENT; SV_EDATA (x not finite);
 * SV_EINVAL (options); SV_ETOOSMALL (no cut leaves the asked shares on both sides, or all scores
 * are equal). */
SV_CHECKED int sv_maxstat_find(sv_maxstat *out, const double *x, const sv_surv *s,
                               const sv_maxstat_opts *opts, sv_error *err);
void sv_maxstat_free(sv_maxstat *m);

/* Upper bound on P(max statistic > b) in large samples, searching the shares given. */
double sv_maxstat_p_lausen92(double b, double min_share, double max_share);

/* The same for the cuts tried: n_low[0..n_cuts) ascending group sizes of n rows. May exceed 1
 * for small b; sv_maxstat_find caps it. */
double sv_maxstat_p_lausen94(double b, size_t n, const size_t *n_low, size_t n_cuts);

#define SV_MAXSTAT_MAX_CUTS ((size_t)5000)

/* *p = P(max |Z| > b), Z normal with the correlations of the cuts tried, sqrt(m1 (n - m2) / ((n - m1) m2)) for
 * m1 <= m2: the large-sample p-value without a bound. Those correlations make Z a Markov chain, so that the
 * integral over all cuts is a chain of integrals over one (where mvtnorm draws points); relative error below
 * 1e-7. n_low[n_cuts]: ascending, 1..n - 1. Takes time with n_cuts^2: some 0.1 s for 400 cuts.
 * Fails: SV_EINVAL (b, n_low); SV_ELIMIT (more than SV_MAXSTAT_MAX_CUTS); SV_ENOMEM. */
SV_CHECKED int sv_maxstat_p_gauss(double *p, double b, size_t n, const size_t *n_low, size_t n_cuts,
                                  sv_error *err);

/* *p = (permutations of the scores with a maximum of at least b + 1) / (permutations + 1), the p-value that
 * needs no large sample. score[n]: of sv_logrank_scores; permutation k draws from sv_rng_stream(seed, k).
 * Fails: as above, but any number of cuts; SV_EDATA (scores all equal or not finite). */
SV_CHECKED int sv_maxstat_p_permuted(double *p, double b, const double *score, size_t n, const size_t *n_low,
                                     size_t n_cuts, size_t permutations, uint64_t seed, sv_error *err);

#define SV_MAXSTAT_MAX_EXACT ((size_t)150)

/* *p: upper bound on P(max statistic >= the one found) over all orders of the scores, by their exact distribution
 * in each low group and an improved Bonferroni inequality (Hothorn & Lausen 2003): for small cohorts. The scores are
 * taken as whole numbers 0..n, and the statistic is that of those. x[n], score[n] (sv_logrank_scores), m: as
 * sv_maxstat_find made it of them. R's maxstat leaves out the orders that equal the statistic found, and takes off
 * group sizes that no cut has, so that its value is smaller.
 * Fails: SV_EINVAL (n_low); SV_ELIMIT (more than SV_MAXSTAT_MAX_EXACT rows); SV_EDATA (scores all equal); SV_ENOMEM. */
SV_CHECKED int sv_maxstat_p_exact(double *p, const double *x, const double *score, size_t n, const sv_maxstat *m,
                                  sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
