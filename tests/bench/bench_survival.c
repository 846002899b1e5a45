/* bench_survival - processor time of the survival library's heavy calls, one thread.
 *
 *   bench_survival [repeats] [name]      e.g. bench_survival 5 consensus
 *
 * Each case is run `repeats` times (default 3); the least and the median time are printed. The data are made
 * here, of the sizes at which the R packages were measured. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <survival/consensus.h>
#include <survival/deconvolve.h>
#include <survival/dist.h>
#include <survival/forest.h>
#include <survival/rng.h>

typedef int (*work)(const void *data, sv_error *err);

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, size_t repeats, work run, const void *data)
{
    double *s = calloc(repeats, sizeof *s);
    for (size_t r = 0; s != NULL && r < repeats; r++) {
        sv_error err = { 0 };
        double start = cpu_seconds();
        if (run(data, &err) != SV_OK) {
            fprintf(stderr, "bench_survival: %s: %s\n", name, err.msg);
            exit(1);
        }
        s[r] = cpu_seconds() - start;
    }
    if (s == NULL) { exit(1); }
    qsort(s, repeats, sizeof *s, ascending);
    printf("%-44s least %8.3f s   median %8.3f s   of %zu\n", name, s[0], s[repeats / 2], repeats);
    (void)fflush(stdout);
    free(s);
}

static double *normals(size_t n, uint64_t seed)
{
    sv_rng r = sv_rng_stream(seed, 0);
    double *v = calloc(n, sizeof *v);
    if (v == NULL) { exit(1); }
    for (size_t i = 0; i < n; i++) { v[i] = sv_normal_quantile(sv_rng_uniform(&r)); }
    return v;
}

typedef struct consensus_case { sv_matrix x; sv_consensus_opts opts; } consensus_case;

static int run_consensus(const void *data, sv_error *err)
{
    const consensus_case *c = data;
    sv_consensus out;
    int rc = sv_consensus_fit(&out, &c->x, &c->opts, err);
    if (rc == SV_OK) { sv_consensus_free(&out); }
    return rc;
}

/* 560 items, 1000 repeats, k up to 4: ConsensusClusterPlus took 13.6 (km), 23.0 and 22.6 s (hc). */
static void bench_consensus(size_t repeats)
{
    enum { N = 560, WIDE = 1000 };
    double *v = normals((size_t)N * WIDE, 1);
    consensus_case c = { sv_matrix_rowmajor(v, N, 4), SV_CONSENSUS_OPTS_INIT };
    c.opts.max_k = 4;
    measure("consensus 560 x 1000 repeats, hc, 4 features", repeats, run_consensus, &c);
    c.x = sv_matrix_rowmajor(v, N, WIDE);
    measure("consensus 560 x 1000 repeats, hc, 1000", repeats, run_consensus, &c);
    c.opts.metric = SV_METRIC_EUCLIDEAN;
    c.x = sv_matrix_rowmajor(v, N, 4);
    c.opts.inner = SV_INNER_PAM;
    measure("consensus 560 x 1000 repeats, pam, 4", repeats, run_consensus, &c);
    c.opts.inner = SV_INNER_KMEANS;
    c.opts.kmeans_starts = 1;
    measure("consensus 560 x 1000 repeats, km 1 start, 4", repeats, run_consensus, &c);
    free(v);
}

typedef struct corner_case { sv_cam_corners c; size_t k; } corner_case;

static int run_corners(const void *data, sv_error *err)
{
    const corner_case *c = data;
    size_t set[200 * 8], n;
    double margin[200];
    return sv_cam_search(set, margin, &n, 200, &c->c, c->k, err);
}

/* All sets of 48 corners in 9 dimensions: debCAM took .45, .64, 4.6 and 38.9 s for K = 2..5. */
static void bench_corners(size_t repeats)
{
    enum { N = 48, DIMS = 10 };
    double *v = normals(N * DIMS, 2);
    int cluster[N] = { 0 };
    for (size_t i = 0; i < N; i++) { v[i * DIMS] = 1; }
    corner_case c = { { .n = N, .dims = DIMS, .cluster = cluster, .centre = v }, 0 };
    for (c.k = 2; c.k <= 5; c.k++) {
        char name[64];
        (void)snprintf(name, sizeof name, "corner search, 48 corners, K = %zu", c.k);
        measure(name, repeats, run_corners, &c);
    }
    free(v);
}

typedef struct cam_bench { sv_matrix x; sv_cam_opts opts; } cam_bench;

static int run_cam(const void *data, sv_error *err)
{
    const cam_bench *c = data;
    sv_cam out;
    int rc = sv_cam_run(&out, &c->x, &c->opts, err);
    if (rc == SV_OK) { sv_cam_free(&out); }
    return rc;
}

/* 10,000 genes in 21 samples of 3 tissues, as ratMix3: debCAM took 128 s for K = 2..5 under load. */
static void bench_cam(size_t repeats)
{
    enum { GENES = 10000, SAMPLES = 21, TISSUES = 3 };
    sv_rng r = sv_rng_stream(3, 0);
    double *x = calloc(GENES * SAMPLES, sizeof *x), *noise = normals(GENES * SAMPLES, 4), a[SAMPLES][TISSUES];
    if (x == NULL) { exit(1); }
    for (size_t j = 0; j < SAMPLES; j++) {
        for (size_t c = 0; c < TISSUES; c++) { a[j][c] = 0.05 + sv_rng_uniform(&r); }
    }
    for (size_t g = 0; g < GENES; g++) {
        double s[TISSUES];
        for (size_t c = 0; c < TISSUES; c++) {
            double u = sv_rng_uniform(&r);
            s[c] = 5000 * u * u * u;
        }
        for (size_t j = 0; j < SAMPLES; j++) {
            for (size_t c = 0; c < TISSUES; c++) { x[g * SAMPLES + j] += a[j][c] * s[c]; }
            double v = x[g * SAMPLES + j] * (1 + 0.05 * noise[g * SAMPLES + j]);
            x[g * SAMPLES + j] = v > 0 ? v : 0;
        }
    }
    cam_bench c = { sv_matrix_rowmajor(x, GENES, SAMPLES), SV_CAM_OPTS_INIT };
    c.opts.low = 0.3;
    c.opts.k_max = 5;
    measure("deconvolution 10,000 x 21, K = 2..5, 50 starts", repeats, run_cam, &c);
    c.opts.starts = 10;
    measure("deconvolution 10,000 x 21, K = 2..5, 10 starts", repeats, run_cam, &c);
    free(x);
    free(noise);
}

typedef struct forest_case {
    sv_matrix x;
    const int *label;
    sv_surv surv;                 /* n = 0: a forest of labels                                    */
    sv_forest_opts opts;
} forest_case;

static int run_forest(const void *data, sv_error *err)
{
    const forest_case *c = data;
    sv_forest f;
    sv_survival_forest g;
    if (c->surv.n == 0) {
        int rc = sv_forest_fit(&f, &c->x, c->label, &c->opts, err);
        if (rc == SV_OK) { sv_forest_free(&f); }
        return rc;
    }
    int rc = sv_survival_forest_fit(&g, &c->x, &c->surv, &c->opts, err);
    if (rc == SV_OK) { sv_survival_forest_free(&g); }
    return rc;
}

/* 500 trees of a cohort like Lung1: ranger 0.14.1 took 0.52 s for labels, 0.75 s with importances, 14.4 s for
 * follow-up with the log-rank rule, on Lung1 itself. */
static void bench_forest(size_t repeats)
{
    enum { N = 421, P = 190 };
    double *v = normals((size_t)N * P, 5), *noise = normals(N, 6), time[N];
    int label[N], event[N];
    for (size_t i = 0; i < N; i++) {
        double eta = 0.5 * v[i * P] - 0.5 * v[i * P + 1] + noise[i];
        label[i] = eta > 0;
        time[i] = 500 - 100 * eta + 0.01 * (double)i;
        if (time[i] < 1) { time[i] = 1; }
        event[i] = i % 9 != 0;
    }
    forest_case c = { .x = sv_matrix_rowmajor(v, N, P), .label = label, .opts = SV_FOREST_OPTS_INIT };
    measure("forest 421 x 190, 500 trees, labels", repeats, run_forest, &c);
    c.opts.importance = true;
    measure("forest 421 x 190, labels, importances", repeats, run_forest, &c);
    c.surv = (sv_surv){ .n = N, .time = time, .event = event };
    c.opts = (sv_forest_opts)SV_SURVIVAL_FOREST_OPTS_INIT;
    measure("forest 421 x 190, 500 trees, follow-up", repeats, run_forest, &c);
    c.opts.importance = true;
    measure("forest 421 x 190, follow-up, importances", repeats, run_forest, &c);
    free(v);
    free(noise);
}

static const struct { const char *name; void (*run)(size_t repeats); } BENCHES[] = {
    { "consensus", bench_consensus },
    { "corners", bench_corners },
    { "deconvolution", bench_cam },
    { "forest", bench_forest },
};

int main(int argc, char **argv)
{
    long repeats = argc > 1 ? strtol(argv[1], NULL, 10) : 3;
    bool any = false;
    for (size_t i = 0; repeats >= 1 && i < sizeof BENCHES / sizeof *BENCHES; i++) {
        if (argc > 2 && strcmp(argv[2], BENCHES[i].name) != 0) { continue; }
        BENCHES[i].run((size_t)repeats);
        any = true;
    }
    if (!any) { fprintf(stderr, "usage: bench_survival [repeats >= 1] [consensus|corners|deconvolution|forest]\n"); }
    return any ? 0 : 2;
}
