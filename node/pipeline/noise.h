/* pipeline/noise.h - repeatable random numbers and smooth random fields for the phantoms. */
#ifndef PN_PIPELINE_NOISE_H
#define PN_PIPELINE_NOISE_H
#include <stdint.h>

/* 64 random bits of a key; SplitMix64's finaliser (Steele, Lea & Flood 2014). */
uint64_t pn_noise_hash(uint64_t key);
/* One key of a seed and three integers. */
uint64_t pn_noise_key(uint64_t seed, int64_t i, int64_t j, int64_t k);
/* In [0, 1), from the upper 53 bits. */
double pn_noise_uniform(uint64_t key);
/* Mean 0, variance 1, within +-3.47: the sum of four uniform numbers (Irwin-Hall). */
double pn_noise_normal(uint64_t key);
/* Smooth field of variance 1 everywhere: normal values on the integer lattice, blended with
 * cubic weights w and divided by sqrt(sum of w^2). */
double pn_noise_field(uint64_t seed, double x, double y, double z);

#endif
