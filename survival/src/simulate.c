/* simulate.c - a population: profiles, gene sets, features and their effects. */
#include <survival/simulate.h>

#include <math.h>
#include <string.h>

#include <survival/rng.h>

#include "mem.h"

enum { STREAM_GENES, STREAM_SETS, STREAM_FEATURES };

#define ICC_LEAST 0.5
#define ICC_MOST 0.98
#define ICC_DRIVER 0.95
#define LOADING_OTHERS 0.6

static int wrong(sv_error *err, const char *what, double v, const char *expected)
{
    return sv_fail(err, SV_EINVAL, "%s is %g, expected %s", what, v, expected);
}

static int check_shares(const sv_sim_opts *o, sv_error *err)
{
    double sum = 0;
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
        if (!(o->share[k] > 0)) { return wrong(err, "a mean share", o->share[k], "more than 0"); }
        sum += o->share[k];
    }
    if (!(fabs(sum - 1) <= 1e-9)) { return wrong(err, "the sum of the mean shares", sum, "1"); }
    if (!(o->share_weight > 0 && o->share_weight <= 1e6)) {
        return wrong(err, "share_weight", o->share_weight, "more than 0, at most 1e6");
    }
    return SV_OK;
}

static int check_effects(const sv_sim_opts *o, sv_error *err)
{
    const char *const range = "-5 to 5";
    if (!(fabs(o->driver_log_hr) <= 5)) { return wrong(err, "driver_log_hr", o->driver_log_hr, range); }
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
        if (!(fabs(o->share_log_hr[k]) <= 5)) { return wrong(err, "a share_log_hr", o->share_log_hr[k], range); }
    }
    for (size_t k = 0; k < SV_SIM_COVARIATES; k++) {
        if (!(fabs(o->clinical_log_hr[k]) <= 5)) { return wrong(err, "a clinical_log_hr", o->clinical_log_hr[k], range); }
    }
    if (!(o->shape >= 0.1 && o->shape <= 10)) { return wrong(err, "shape", o->shape, "0.1 to 10"); }
    return SV_OK;
}

static int check(const sv_sim_opts *o, sv_error *err)
{
    if (o->genes > SV_SIM_MAX_GENES || o->features > SV_SIM_MAX_FEATURES) {
        return sv_fail(err, SV_ELIMIT, "%zu genes and %zu features, at most %zu and %zu are made", o->genes, o->features,
                       SV_SIM_MAX_GENES, SV_SIM_MAX_FEATURES);
    }
    if (o->genes > 0 && (o->markers < 5 || o->markers > o->genes / 8)) {
        return sv_fail(err, SV_EINVAL, "markers is %zu, expected 5 to an eighth of %zu genes", o->markers, o->genes);
    }
    if (o->block == 0) { return wrong(err, "block", 0, "at least 1"); }
    if (o->drivers > (o->features + o->block - 1) / o->block) {
        return sv_fail(err, SV_EINVAL, "drivers is %zu, expected no more than blocks: %zu features by %zu", o->drivers,
                       o->features, o->block);
    }
    if (!(o->leak >= 0 && o->leak <= 1)) { return wrong(err, "leak", o->leak, "0 to 1"); }
    if (!(o->gene_noise >= 0 && o->gene_noise <= 3)) { return wrong(err, "gene_noise", o->gene_noise, "0 to 3"); }
    if (!(o->copy >= 0 && o->copy <= 1)) { return wrong(err, "copy", o->copy, "0 to 1"); }
    if (!(o->link >= 0 && o->link <= 0.95)) { return wrong(err, "link", o->link, "0 to 0.95"); }
    int rc = check_shares(o, err);
    return rc == SV_OK ? check_effects(o, err) : rc;
}

/* Genes in random order: the first ones become markers. */
static void shuffle(uint32_t *v, size_t n, sv_rng *r)
{
    for (size_t i = 0; i < n; i++) { v[i] = (uint32_t)i; }
    for (size_t i = n; i > 1; i--) {
        size_t at = (size_t)sv_rng_below(r, i);
        uint32_t t = v[at];
        v[at] = v[i - 1];
        v[i - 1] = t;
    }
}

static void make_profiles(sv_sim *s, const uint32_t *order)
{
    sv_rng r = sv_rng_stream(s->opts.seed, STREAM_GENES);
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
        for (size_t i = 0; i < s->opts.markers; i++) { s->marker[order[k * s->opts.markers + i]] = (int)k + 1; }
    }
    for (size_t g = 0; g < s->opts.genes; g++) {
        double base = 200 * exp(sv_rng_normal(&r));
        for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
            double own = exp(0.4 * sv_rng_normal(&r)), leak = s->opts.leak * sv_rng_uniform(&r);
            bool others = s->marker[g] > 0 && s->marker[g] != (int)k + 1;
            s->profile[g * SV_SIM_SUBCLONES + k] = base * (others ? leak : own);
        }
    }
}

/* Set k: four fifths of the markers of k, and genes that mark nothing; decoys: any genes. order: the markers of 1 to 4,
 * then the genes that mark nothing; of the part that a set may take from, each gene is as likely. */
static void make_sets(sv_sim *s, uint32_t *order)
{
    sv_rng r = sv_rng_stream(s->opts.seed, STREAM_SETS);
    size_t size = s->opts.markers, own = size - size / 5;
    for (size_t set = 0; set < s->sets.n; set++) {
        bool decoy = set >= SV_SIM_SUBCLONES;
        uint32_t *out = s->set_gene + set * size;
        size_t taken = decoy ? 0 : own, first = decoy ? 0 : SV_SIM_SUBCLONES * size, n = s->opts.genes - first;
        if (!decoy) { memcpy(out, order + set * size, own * sizeof *out); }
        for (size_t i = 0; taken < size; i++, taken++) {
            size_t at = i + (size_t)sv_rng_below(&r, n - i);
            uint32_t t = order[first + at];
            order[first + at] = order[first + i];
            order[first + i] = out[taken] = t;
        }
        s->set_start[set + 1] = s->set_start[set] + size;
    }
}

/* Higher shares of 4 and lower ones of 3 go with the features that are bad for the patient. */
static int link_of(size_t block, const sv_sim_opts *o)
{
    if (block < o->drivers) {
        bool bad = block % 2 == 1;
        return block / 2 % 2 == 0 ? (bad ? 4 : -4) : (bad ? -3 : 3);
    }
    return block < o->drivers + 2 ? (int)(block - o->drivers) + 1 : 0;
}

static void make_features(sv_sim *s)
{
    sv_rng r = sv_rng_stream(s->opts.seed, STREAM_FEATURES);
    for (size_t b = 0; b < s->blocks; b++) { s->link[b] = link_of(b, &s->opts); }
    for (size_t j = 0; j < s->opts.features; j++) {
        size_t b = j / s->opts.block, in = j % s->opts.block;
        bool driver = in == 0 && b < s->opts.drivers;
        double icc = ICC_LEAST + (ICC_MOST - ICC_LEAST) * sv_rng_uniform(&r);
        double sd = exp(1.5 * sv_rng_normal(&r)), mean = sd * (5 + 4 * sv_rng_uniform(&r));
        s->feature[j] = (sv_sim_feature){
            .block = b, .loading = in == 0 ? 1 : in < 3 ? s->opts.copy : LOADING_OTHERS,
            .icc = driver ? ICC_DRIVER : icc, .mean = mean, .sd = sd,
            .log_hr = !driver ? 0 : b % 2 == 1 ? s->opts.driver_log_hr : -s->opts.driver_log_hr };
    }
}

static void share_moments(sv_sim *s)
{
    for (size_t k = 0; k < SV_SIM_SUBCLONES; k++) {
        double m = s->opts.share[k];
        s->share_mean[k] = m;
        s->share_sd[k] = sqrt(m * (1 - m) / (s->opts.share_weight + 1));
    }
}

void sv_sim_free(sv_sim *s)
{
    if (s == NULL) { return; }
    free(s->profile);
    free(s->marker);
    free(s->set_start);
    free(s->set_gene);
    free(s->link);
    free(s->feature);
    *s = (sv_sim){ .profile = NULL };
}

int sv_sim_make(sv_sim *out, const sv_sim_opts *opts, sv_error *err)
{
    int rc = check(opts, err);
    if (rc != SV_OK) { return rc; }
    size_t genes = opts->genes, sets = genes > 0 ? SV_SIM_SUBCLONES + SV_SIM_DECOYS : 0;
    sv_sim s = { .opts = *opts, .blocks = (opts->features + opts->block - 1) / opts->block };
    uint32_t *order = SV_NEW(uint32_t, genes);
    s.profile = SV_NEW(double, genes * SV_SIM_SUBCLONES);
    s.marker = SV_NEW(int, genes);
    s.set_start = SV_NEW(size_t, sets + 1);
    s.set_gene = SV_NEW(uint32_t, sets * opts->markers);
    s.link = SV_NEW(int, s.blocks);
    s.feature = SV_NEW(sv_sim_feature, opts->features);
    if (order == NULL || s.profile == NULL || s.marker == NULL || s.set_start == NULL || s.set_gene == NULL ||
        s.link == NULL || s.feature == NULL) {
        free(order);
        sv_sim_free(&s);
        return sv_no_memory(err, "a population");
    }
    s.sets = (sv_gene_sets){ sets, s.set_start, s.set_gene };
    if (genes > 0) {
        sv_rng r = sv_rng_stream(opts->seed, STREAM_GENES);
        shuffle(order, genes, &r);
        make_profiles(&s, order);
        make_sets(&s, order);
    }
    make_features(&s);
    share_moments(&s);
    free(order);
    *out = s;
    return SV_OK;
}
