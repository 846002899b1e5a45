/* planted_subclones.c - subpopulations found in expression, their gene sets, and repeated measurements. */
#include "planted.h"

#include <string.h>

#include <survival/deconvolve.h>
#include <survival/icc.h>
#include <survival/quantile.h>

enum { K = SV_SIM_SUBCLONES };

static double correlation(const double *a, size_t step_a, const double *b, size_t step_b, size_t n)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ma += a[i * step_a] / (double)n;
        mb += b[i * step_b] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double x = a[i * step_a] - ma, y = b[i * step_b] - mb;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return ab / sqrt(aa * bb);
}

/* The found share that goes with each true one. */
static void match(double best[K], const sv_sim_cohort *c, const double *a, size_t k)
{
    for (size_t s = 0; s < K; s++) {
        best[s] = -1;
        for (size_t q = 0; q < k; q++) { best[s] = fmax(best[s], correlation(c->share + s, K, a + q, k, c->n)); }
    }
}

/* Populations of their own, with the given noise: how many subpopulations are found, and how near their shares. */
static void mixtures(report *r, double noise, size_t populations, size_t genes, size_t patients, double demanded)
{
    double sum[K] = { 0 }, again[K] = { 0 }, best[K], share = 1 / (double)populations;
    size_t four = 0;
    sv_error err = { 0 };
    for (size_t p = 0; p < populations; p++) {
        sv_sim_opts o = SV_SIM_OPTS_INIT;
        sv_sim_spec spec = SV_SIM_SPEC_INIT;
        sv_sim sim;
        sv_sim_cohort c, other;
        sv_sim_follow follow = { 50, 1, 50 };
        sv_cam cam;
        sv_cam_opts cam_opts = SV_CAM_OPTS_INIT;
        double mdl[2 * 5];
        size_t chosen[2];
        o.seed = r->seed + p;
        o.genes = genes;
        o.markers = genes * 3 / 100;
        o.features = 0;
        o.drivers = 0;
        o.gene_noise = noise;
        spec.n = patients;
        spec.features = false;
        MUST(sv_sim_make(&sim, &o, &err));
        MUST(sv_sim_draw(&c, &sim, &spec, &follow, &err));
        cam_opts.starts = 10;
        cam_opts.k_max = 6;
        cam_opts.min_genes = genes < 2000 ? 10 : 20;
        cam_opts.clusters = genes < 2000 ? 30 : 50;
        sv_matrix x = sv_matrix_rowmajor(c.expression, genes, c.n);
        MUST(sv_cam_multistart(&cam, mdl, chosen, 2, &x, &cam_opts, &err));
        const sv_cam_fit *f = &cam.fit[cam.best];
        four += f->k == K;
        match(best, &c, f->a, f->k);
        for (size_t s = 0; s < K; s++) { sum[s] += share * best[s]; }
        /* Other patients, measured on another array, by the profiles that were found. */
        spec.number = 2;
        spec.gene_shift = 0.1;
        MUST(sv_sim_draw(&other, &sim, &spec, &follow, &err));
        double *a = ROOM(double, other.n * f->k);
        sv_matrix y = sv_matrix_rowmajor(other.expression, genes, other.n), s = sv_matrix_rowmajor(f->s, genes, f->k);
        MUST(sv_cam_proportions(a, &y, &s, true, &err));
        match(best, &other, a, f->k);
        for (size_t q = 0; q < K; q++) { again[q] += share * best[q]; }
        free(a);
        sv_cam_free(&cam);
        sv_sim_cohort_free(&c);
        sv_sim_cohort_free(&other);
        sv_sim_free(&sim);
    }
    char name[96];
    snprintf(name, sizeof name, "mixtures, noise %.2g: share of populations with K = 4", noise);
    if (isnan(demanded)) { tell(name, (double)four * share); } else { tell_within(r, name, (double)four * share, demanded, NAN); }
    for (size_t s = 0; s < K; s++) {
        snprintf(name, sizeof name, "... correlation of found and true share %zu", s + 1);
        if (isnan(demanded)) { tell(name, sum[s]); } else { tell_within(r, name, sum[s], s == 3 ? 0.8 : 0.95, NAN); }
        snprintf(name, sizeof name, "... of new patients on another array");
        tell(name, again[s]);
    }
}

/* Genes ranked by how much more the subpopulation expresses them than the others do. */
static void enrichment(report *r, size_t populations)
{
    double *decoy = ROOM(double, populations * K);
    size_t decoys = 0, found = 0;
    sv_error err = { 0 };
    for (size_t p = 0; p < populations; p++) {
        sv_sim_opts o = SV_SIM_OPTS_INIT;
        sv_sim sim;
        sv_gsea out[K + SV_SIM_DECOYS];
        sv_gsea_opts go = SV_GSEA_OPTS_INIT;
        o.seed = 1000 + p;
        o.genes = 600;
        o.markers = 18;
        o.features = o.drivers = 0;
        go.permutations = 1000;
        go.seed = p;
        MUST(sv_sim_make(&sim, &o, &err));
        double *stat = ROOM(double, o.genes);
        for (size_t k = 0; k < K; k++) {
            for (size_t g = 0; g < o.genes; g++) {
                double others = 0;
                for (size_t q = 0; q < K; q++) { others += q == k ? 0 : sim.profile[g * K + q] / (K - 1); }
                stat[g] = log((sim.profile[g * K + k] + 1) / (others + 1));
            }
            MUST(sv_gsea_ranked(out, stat, o.genes, &sim.sets, &go, &err));
            found += out[k].es > 0 && out[k].p < 0.01;
            decoy[decoys++] = out[K].p;          /* of one: sets of one size share their permutations */
        }
        free(stat);
        sv_sim_free(&sim);
    }
    tell_within(r, "gene sets of the markers: share found at p < 0.01", (double)found / (double)(K * populations), 0.99, NAN);
    tell_even(r, "gene sets that mean nothing", decoy, decoys);
    free(decoy);
}

/* Intervals of ICC(2,1) of features that were measured twice. */
static void repetition(report *r, size_t cohorts)
{
    enum { FEATURES = 10 };
    sv_sim sim = population(r, FEATURES, 1);
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_follow follow = { 50, 1, 50 };
    sv_error err = { 0 };
    size_t held = 0;
    double *pairs = ROOM(double, 2 * spec.n);
    spec.expression = false;
    spec.n = 60;
    for (size_t k = 0; k < cohorts; k++) {
        sv_sim_cohort c;
        spec.number = (uint32_t)(4000 + k);
        MUST(sv_sim_draw(&c, &sim, &spec, &follow, &err));
        for (size_t j = 0; j < FEATURES; j++) {
            sv_icc icc;
            for (size_t i = 0; i < c.n; i++) {
                pairs[2 * i] = c.feature[i * FEATURES + j];
                pairs[2 * i + 1] = c.again[i * FEATURES + j];
            }
            MUST(sv_icc_compute(&icc, pairs, c.n, 2, SV_ICC_2_1, 0.95, &err));
            held += icc.lower <= sim.feature[j].icc && sim.feature[j].icc <= icc.upper;
        }
        sv_sim_cohort_free(&c);
    }
    tell_coverage(r, "ICC(2,1) of features measured twice, 60 patients", held, cohorts * FEATURES);
    free(pairs);
    sv_sim_free(&sim);
}

void planted_subclones(report *r)
{
    size_t populations = r->cohorts / 10;
    if (r->cohorts < 100) {
        mixtures(r, 0.05, 1, 800, 100, 0.9);
    } else {
        mixtures(r, 0.1, populations, 2000, 200, 0.9);
        mixtures(r, 0.2, populations, 2000, 200, NAN);
    }
    enrichment(r, 4 * r->cohorts);
    repetition(r, 5 * r->cohorts);
}
