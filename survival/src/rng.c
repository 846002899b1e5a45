/* rng.c - SplitMix64, and numbers of other distributions made of it. */
#include <math.h>

#include <survival/dist.h>
#include <survival/rng.h>

#include "num.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sv_rng_next(sv_rng *r)
{
    r->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(r->state);
}

/* Hashed twice: neighbouring seeds and streams would else be one sequence, shifted. */
sv_rng sv_rng_stream(uint64_t seed, uint64_t stream)
{
    sv_rng r = { mix(seed + UINT64_C(0x9e3779b97f4a7c15)) };
    r.state = mix(r.state ^ mix(stream + UINT64_C(0x632be59bd9b4e019)));
    return r;
}

double sv_rng_uniform(sv_rng *r)
{
    return ((double)(sv_rng_next(r) >> 12) + 0.5) / 4503599627370496.0;
}

uint64_t sv_rng_below(sv_rng *r, uint64_t n)
{
    uint64_t unfair = -n % n;                    /* 2^64 mod n values too many */
    uint64_t v = sv_rng_next(r);
    while (v < unfair) { v = sv_rng_next(r); }
    return v % n;
}

double sv_rng_normal(sv_rng *r) { return sv_normal_quantile(sv_rng_uniform(r)); }

double sv_rng_exponential(sv_rng *r) { return -log(sv_rng_uniform(r)); }

double sv_rng_gamma(sv_rng *r, double shape)
{
    if (!(shape > 0 && isfinite(shape))) { return SV_NAN; }
    /* Below 1 the density has a pole: one shape more, and a power of a uniform number. */
    double lift = shape < 1 ? pow(sv_rng_uniform(r), 1 / shape) : 1;
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = sv_rng_normal(r), v = 1 + c * x;
        if (v <= 0) { continue; }
        v = v * v * v;
        if (log(sv_rng_uniform(r)) < x * x / 2 + d - d * v + d * log(v)) { return lift * d * v; }
    }
}
