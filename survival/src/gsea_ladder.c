/* gsea_ladder.c - rare enrichment scores (Korotkevich et al. 2021, bioRxiv 060012v3).
 *
 * A sample of random sets is cut at its median score: about half of all sets score higher. The upper half takes the
 * place of the lower one, too, and is moved about by exchanging one gene at a time, never below the cut (Metropolis), which makes
 * it a sample of the sets above. Its median is the next cut, and so on: j cuts reach a share of about 2^-j.
 *
 * Sets of equal score stand in the order of a hash of their genes, so that each cut halves also where few
 * different scores exist. The levels are those of the walk's upper side; a set whose lower side is larger has a
 * negative score and is left out in the end, when the sets beyond the score are counted. */
#include "gsea_ladder.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <survival/rng.h>

#include "mem.h"
#include "num.h"

/* The same set may differ so much from what it scores outside, by the rounding of the weights and of sums. */
#define SAME_SCORE 1e-9

typedef struct score { double top, bottom; uint64_t hash; } score;

typedef struct ladder {
    size_t n, k, z;
    double *weight;           /* [n] by place: whole numbers of sum 2^52 at most, so that sums are
                                 exact in any order                              */
    double down;              /* step of a miss                                  */
    uint64_t *hash;           /* [n] of each place                               */
    uint32_t *hits, *spare;   /* [z][k], each ascending                          */
    double *total;            /* [z] weight of the hits                          */
    score *of;                /* [z]                                             */
    size_t *order;            /* [z] by falling score                            */
    sv_rng rng;
} ladder;

static void ladder_free(ladder *l)
{
    free(l->weight);
    free(l->hash);
    free(l->hits);
    free(l->spare);
    free(l->total);
    free(l->of);
    free(l->order);
}

/* ---- Scores -------------------------------------------------------------------------------------- */

static uint64_t hash_of(const ladder *l, const uint32_t *hits)
{
    uint64_t h = 0;
    for (size_t j = 0; j < l->k; j++) { h += l->hash[hits[j]]; }
    return h;
}

static double total_of(const ladder *l, const uint32_t *hits)
{
    double total = 0;
    for (size_t j = 0; j < l->k; j++) { total += l->weight[hits[j]]; }
    return total;
}

static score score_of(const ladder *l, const uint32_t *hits, double total)
{
    score s = { 0, 0, hash_of(l, hits) };
    double up = 0, scale = total > 0 ? 1 / total : 1 / (double)l->k;
    for (size_t j = 0; j < l->k; j++) {
        double lost = (double)(hits[j] - j) * l->down;
        s.bottom = fmin(s.bottom, up * scale - lost);
        up += total > 0 ? l->weight[hits[j]] : 1;      /* even steps where all hits weigh nothing */
        s.top = fmax(s.top, up * scale - lost);
    }
    return s;
}

/* Whether the score is not below the level; the numbers are those of score_of. */
static bool reaches(const ladder *l, const uint32_t *hits, double total, uint64_t hash, const score *level)
{
    if (!(total > 0)) {
        score s = score_of(l, hits, total);
        return s.top > level->top || (s.top >= level->top && hash >= level->hash);
    }
    double up = 0, scale = 1 / total;
    bool level_with = false;
    for (size_t j = 0; j < l->k; j++) {
        up += l->weight[hits[j]];
        double here = up * scale - (double)(hits[j] - j) * l->down;
        if (here > level->top) { return true; }
        level_with = level_with || here >= level->top;
    }
    return (level_with || level->top <= 0) && hash >= level->hash;
}

static bool is_higher(const score *a, const score *b)
{
    return a->top > b->top || (a->top >= b->top && a->hash > b->hash);
}

static void sort_by_score(ladder *l)
{
    for (size_t i = 0; i < l->z; i++) {
        size_t j = i;
        for (; j > 0 && is_higher(&l->of[i], &l->of[l->order[j - 1]]); j--) { l->order[j] = l->order[j - 1]; }
        l->order[j] = i;
    }
}

/* ---- Sets ---------------------------------------------------------------------------------------- */

/* Where `place` stands, or would stand, in the ascending hits. */
static size_t find_place(const uint32_t *hits, size_t k, uint32_t place)
{
    size_t low = 0, high = k;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hits[middle] < place) { low = middle + 1; } else { high = middle; }
    }
    return low;
}

/* k different places, all sets as likely (Floyd's way: place n-k+j, or a smaller one that is not there yet). */
static void draw_set(ladder *l, uint32_t *hits)
{
    for (size_t j = 0; j < l->k; j++) {
        size_t most = l->n - l->k + j;
        uint32_t place = (uint32_t)sv_rng_below(&l->rng, most + 1);
        size_t at = find_place(hits, j, place);
        if (at < j && hits[at] == place) {
            place = (uint32_t)most;
            at = j;
        }
        memmove(hits + at + 1, hits + at, (j - at) * sizeof *hits);
        hits[at] = place;
    }
}

/* Move what stands between two places of the list, and put `place` where room was made. */
static void shift(uint32_t *hits, size_t from, size_t to, uint32_t place)
{
    if (to > from) {
        memmove(hits + from, hits + from + 1, (to - from) * sizeof *hits);
    } else {
        memmove(hits + to + 1, hits + to, (from - to) * sizeof *hits);
    }
    hits[to] = place;
}

/* One gene of set i for another, if the set stays above the level. */
static bool exchange(ladder *l, size_t i, const score *level)
{
    uint32_t *hits = l->hits + i * l->k;
    size_t out = (size_t)sv_rng_below(&l->rng, l->k);
    uint32_t place = (uint32_t)sv_rng_below(&l->rng, l->n), gone = hits[out];
    size_t at = find_place(hits, l->k, place);
    if (at < l->k && hits[at] == place) { return false; }
    if (at > out) { at--; }
    double total = l->total[i] - l->weight[gone] + l->weight[place];
    uint64_t hash = l->of[i].hash - l->hash[gone] + l->hash[place];
    shift(hits, out, at, place);
    if (!reaches(l, hits, total, hash, level)) {
        shift(hits, at, out, gone);
        return false;
    }
    l->total[i] = total;
    l->of[i].hash = hash;
    return true;
}

static void score_all(ladder *l)
{
    for (size_t i = 0; i < l->z; i++) {
        l->total[i] = total_of(l, l->hits + i * l->k);
        l->of[i] = score_of(l, l->hits + i * l->k, l->total[i]);
    }
}

/* The upper sets and copies of them, then moved about until half as many genes have been exchanged as there are, or it is tried
 * too often: far up few exchanges are possible. */
static void climb(ladder *l, size_t upper)
{
    size_t k = l->k, burst = k / 10 + 1, exchanged = 0, tried = 0;
    const score level = l->of[l->order[upper - 1]];
    for (size_t i = 0; i < l->z; i++) {
        size_t from = l->order[i < upper ? i : (size_t)sv_rng_below(&l->rng, upper)];
        memcpy(l->spare + i * k, l->hits + from * k, k * sizeof *l->hits);
    }
    memcpy(l->hits, l->spare, l->z * k * sizeof *l->hits);
    score_all(l);
    while (exchanged < l->z * k / 2 && tried < 20 * l->z * k) {
        for (size_t i = 0; i < l->z; i++) {
            for (size_t b = 0; b < burst; b++) { exchanged += exchange(l, i, &level); }
        }
        tried += l->z * burst;
    }
    score_all(l);
}

/* ---- Levels -------------------------------------------------------------------------------------- */

/* How many of the sample to keep: those not below the median, or those above it, whichever is nearer to half. They
 * differ where many are the same set, as they are where few sets are left. 0: all are the same. */
static size_t cut(const ladder *l)
{
    const score *median = &l->of[l->order[l->z / 2]];
    size_t from = 0, above = 0, half = (l->z + 1) / 2;
    while (above < l->z && is_higher(&l->of[l->order[above]], median)) { above++; }
    for (from = half; from < l->z && !is_higher(median, &l->of[l->order[from]]);) { from++; }
    if (from < l->z && (above == 0 || from - half <= half - above)) { return from; }
    return above;
}

/* Scores that the median has reached: what of the sample lies beyond, and is positive on the whole. */
static size_t answer(double *p, double *variance, bool *done, const double *es, size_t m, const ladder *l,
                     double log_p, double log_variance)
{
    size_t answered = 0;
    const score *median = &l->of[l->order[l->z / 2]];
    for (size_t i = 0; i < m; i++) {
        if (done[i] || median->top < es[i] - SAME_SCORE) { continue; }
        double beyond = 0, z = (double)l->z;
        for (size_t j = 0; j < l->z; j++) { beyond += l->of[j].top >= es[i] - SAME_SCORE && l->of[j].top > -l->of[j].bottom; }
        beyond = fmax(beyond, 1);
        p[i] = exp(log_p + log(beyond / z));
        variance[i] = log_variance + (z - beyond) / (beyond * z);
        done[i] = true;
        answered++;
    }
    return answered;
}

static void round_weights(double *out, const double *weight, size_t n)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < n; i++) { most = fmax(most, weight[i]); }
    if (!(most > 0)) { return; }
    for (size_t i = 0; i < n; i++) { sum += weight[i] / most; }
    for (size_t i = 0; i < n; i++) { out[i] = floor(weight[i] / most / sum * 4503599627370496.0); }
}

static int ladder_make(ladder *l, const double *weight, size_t n, size_t k, const sv_ladder_opts *o, sv_error *err)
{
    size_t z = o->sample;
    *l = (ladder){ .n = n, .k = k, .z = z, .down = 1 / (double)(n - k), .weight = SV_NEW(double, n), .hash = SV_NEW(uint64_t, n),
                   .hits = SV_NEW(uint32_t, z * k), .spare = SV_NEW(uint32_t, z * k), .total = SV_NEW(double, z),
                   .of = SV_NEW(score, z), .order = SV_NEW(size_t, z), .rng = sv_rng_stream(o->seed, o->stream) };
    if (l->weight == NULL || l->hash == NULL || l->hits == NULL || l->spare == NULL || l->total == NULL || l->of == NULL ||
        l->order == NULL) {
        ladder_free(l);
        return sv_no_memory(err, "a sample of gene sets");
    }
    round_weights(l->weight, weight, n);
    for (size_t i = 0; i < n; i++) { l->hash[i] = sv_rng_next(&l->rng); }
    for (size_t i = 0; i < z; i++) { draw_set(l, l->hits + i * k); }
    score_all(l);
    return SV_OK;
}

int sv_ladder_climb(double *p, double *variance, const double *es, size_t m, const double *weight, size_t n, size_t k,
                    const sv_ladder_opts *opts, sv_error *err)
{
    ladder l;
    bool *done = SV_NEW(bool, m);
    if (done == NULL) { return sv_no_memory(err, "a sample of gene sets"); }
    int rc = ladder_make(&l, weight, n, k, opts, err);
    if (rc != SV_OK) {
        free(done);
        return rc;
    }
    double log_p = 0, log_variance = 0;
    for (size_t answered = 0; answered < m;) {
        sort_by_score(&l);
        answered += answer(p, variance, done, es, m, &l, log_p, log_variance);
        size_t upper = cut(&l);
        if (upper == 0 || log_p < log(opts->smallest)) { break; }
        climb(&l, upper);
        /* The share above the u-th of z is Beta(u, z - u + 1): mean and variance of its logarithm. */
        for (size_t i = upper; i <= l.z; i++) {
            log_p -= 1 / (double)i;
            log_variance += 1 / ((double)i * (double)i);
        }
    }
    for (size_t i = 0; i < m; i++) {
        if (done[i]) { continue; }
        p[i] = exp(log_p) / (double)l.z;
        variance[i] = SV_NAN;
    }
    ladder_free(&l);
    free(done);
    return SV_OK;
}
