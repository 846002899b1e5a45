/* survival/rng.h - random numbers that are the same on every machine.
 *
 * SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"): a
 * counter with an odd step, hashed. Any seed is good, also 0. Not for secrets.
 *
 * Normal, exponential and gamma numbers are as good as the machine's logarithm: their last digits may differ
 * between C libraries. */
#ifndef SV_RNG_H
#define SV_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sv_rng { uint64_t state; } sv_rng;

/* Stream number `stream` of a seed: streams of one seed start at unrelated places, so that work
 * that draws from a stream each can be done in any order. */
sv_rng sv_rng_stream(uint64_t seed, uint64_t stream);

uint64_t sv_rng_next(sv_rng *r);                 /* all 64 bits                            */
double sv_rng_uniform(sv_rng *r);                /* 0 < u < 1, of 2^52 values, centred in their cells */
uint64_t sv_rng_below(sv_rng *r, uint64_t n);    /* 0..n-1, each as likely; n > 0           */
double sv_rng_normal(sv_rng *r);                 /* mean 0, variance 1, by its quantile function      */
double sv_rng_exponential(sv_rng *r);            /* mean 1                                            */
/* Gamma of this shape > 0 and scale 1 (Marsaglia & Tsang 2000, ACM TOMS 26:363). NaN for another shape. */
double sv_rng_gamma(sv_rng *r, double shape);

#ifdef __cplusplus
}
#endif
#endif
