/* sample.h - what the tests share: checks, mean ranks and Student's t. */
#ifndef SV_SAMPLE_H
#define SV_SAMPLE_H

#include <math.h>
#include <stdint.h>

#include <survival/fdist.h>
#include <survival/tests.h>

#include "num.h"

#define SV_TEST_NONE { SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN, SV_NAN }

/* Of a statistic that is symmetric about 0. */
static inline double sv_t_two_sided(double t, double df) { return sv_f_upper(t * t, 1, df); }

/* P(|T| <= t) = level */
static inline double sv_t_bound(double level, double df) { return sqrt(sv_f_quantile(level, 1, df)); }

SV_CHECKED int sv_sample_check(const double *x, size_t n, size_t least, const char *name, sv_error *err);
SV_CHECKED int sv_level_check(double level, sv_error *err);

/* Sums over the runs of t equal values: of t (t - 1), t (t - 1) (t - 2) and t (t - 1) (2 t + 5). */
typedef struct sv_ties { double pairs, triples, variance; } sv_ties;
/* t^3 - t, summed */
static inline double sv_ties_cubes(const sv_ties *t) { return t->triples + 3 * t->pairs; }

/* rank[i]: the mean rank of x[i], from 1. Fails: SV_ENOMEM. */
SV_CHECKED int sv_mean_ranks(double *rank, sv_ties *ties, const double *x, size_t n, sv_error *err);

#endif
