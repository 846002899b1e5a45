/* bench_against_r - one task on a table that R wrote (tests/support/rtable.h), for survival_r.sh.
 *
 *   bench_against_r TASK TABLE ANSWER
 *
 * Prints the CPU seconds of the call, without reading and writing, and writes what it found to ANSWER as doubles, in
 * the order in which survival_r.R writes what R found. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rtable.h>
#include <survival/concordance.h>
#include <survival/consensus.h>
#include <survival/cox.h>
#include <survival/enrich.h>
#include <survival/km.h>
#include <survival/logrank.h>
#include <survival/penalised.h>

typedef struct job {
    rtable t;
    sv_surv surv;
    sv_matrix x;
    double start, seconds;
    FILE *answer;
    sv_error err;
} job;

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin(job *b) { b->start = cpu_seconds(); }
static void end(job *b) { b->seconds = cpu_seconds() - b->start; }

static void tell(job *b, const double *v, size_t n)
{
    if (fwrite(v, sizeof *v, n, b->answer) != n) { exit(1); }
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) { exit(1); }
    return p;
}

static int cox(job *b)
{
    sv_cox fit;
    begin(b);
    int rc = sv_cox_fit(&fit, &b->x, &b->surv, NULL, &b->err);
    end(b);
    if (rc != SV_OK) { return rc; }
    tell(b, fit.coef, fit.p);
    tell(b, fit.se, fit.p);
    tell(b, &fit.loglik, 1);
    sv_cox_free(&fit);
    return SV_OK;
}

/* glmnet's threshold is 1e-7 and means a little less: at this one the paths compared come nearer to the optimum than
 * its own. */
#define THRESHOLD 3e-8

static int lasso(job *b)
{
    sv_path path;
    sv_path_opts o = SV_PATH_OPTS_INIT;
    o.threshold = THRESHOLD;
    begin(b);
    int rc = sv_path_cox(&path, &b->x, &b->surv, &o, &b->err);
    end(b);
    if (rc != SV_OK) { return rc; }
    tell(b, (const double[]){ (double)path.n_lambda, path.null_deviance }, 2);
    tell(b, path.lambda, path.n_lambda);
    tell(b, path.deviance_ratio, path.n_lambda);
    tell(b, path.coef, path.n_lambda * path.p);
    sv_path_free(&path);
    return SV_OK;
}

static int lasso_cv(job *b)
{
    enum { FOLDS = 10 };
    int *fold = rtable_ints(&b->t, "fold");
    sv_path path;
    sv_cv cv = { 0 };
    sv_path_opts o = SV_PATH_OPTS_INIT;
    sv_cv_opts how = SV_CV_OPTS_INIT;
    o.threshold = THRESHOLD;
    begin(b);
    int rc = sv_path_cox(&path, &b->x, &b->surv, &o, &b->err);
    if (rc == SV_OK) {
        rc = sv_cv_cox(&cv, &path, &b->x, &b->surv, fold, FOLDS, &o, &how, &b->err);
    }
    end(b);
    free(fold);
    if (rc != SV_OK) { return rc; }
    tell(b, &cv.lambda[cv.best], 1);
    tell(b, cv.mean, cv.n_lambda);
    sv_path_free(&path);
    sv_cv_free(&cv);
    return SV_OK;
}

static int km(job *b)
{
    int *group = rtable_ints(&b->t, "group");
    sv_km curve[2];
    begin(b);
    int rc = sv_km_fit_groups(curve, &b->surv, group, 2, NULL, &b->err);
    end(b);
    for (int g = 0; rc == SV_OK && g < 2; g++) {
        tell(b, curve[g].surv, curve[g].n);
        tell(b, curve[g].lower, curve[g].n - 1);           /* the last may have none */
        sv_km_free(&curve[g]);
    }
    free(group);
    return rc;
}

static int logrank(job *b)
{
    int *group = rtable_ints(&b->t, "group");
    sv_logrank out;
    begin(b);
    int rc = sv_logrank_test(&out, &b->surv, group, 0, &b->err);
    end(b);
    free(group);
    if (rc != SV_OK) { return rc; }
    tell(b, &out.chisq, 1);
    tell(b, out.observed, 2);
    tell(b, out.expected, 2);
    sv_logrank_free(&out);
    return SV_OK;
}

static int concordance(job *b)
{
    sv_concordance out;
    begin(b);
    int rc = sv_concordance_harrell(&out, rtable_column(&b->t, "risk"), &b->surv, &b->err);
    end(b);
    tell(b, (const double[]){ out.c, out.se, out.concordant, out.discordant }, 4);
    return rc;
}

/* Columns x: features; d1, d2, ...: which items R drew, from 1. */
static int consensus(job *b, sv_inner inner)
{
    enum { SHARE = 80 };
    size_t items = b->x.rows, draws, each = items * SHARE / 100;
    const double *d = rtable_matrix(&b->t, 'd', &draws);
    sv_consensus_opts o = SV_CONSENSUS_OPTS_INIT;
    uint32_t *drawn = room(draws * each + 1, sizeof *drawn);
    for (size_t r = 0; r < draws; r++) {
        for (size_t i = 0; i < each; i++) { drawn[r * each + i] = (uint32_t)d[r * items + i] - 1; }
    }
    o.max_k = 4;
    o.repeats = 1000;
    o.inner = inner;
    if (draws > 0) {
        o.repeats = draws;
        o.items = drawn;
        o.items_each = each;
    }
    o.metric = inner == SV_INNER_HCLUST ? SV_METRIC_PEARSON : SV_METRIC_EUCLIDEAN;
    o.kmeans_starts = 1;
    sv_consensus out;
    begin(b);
    int rc = sv_consensus_fit(&out, &b->x, &o, &b->err);
    end(b);
    free(drawn);
    if (rc != SV_OK) { return rc; }
    for (size_t k = 0; k < 3; k++) { tell(b, out.matrix + k * items * items, items * items); }
    sv_consensus_free(&out);
    return SV_OK;
}

static int consensus_hc(job *b) { return consensus(b, SV_INNER_HCLUST); }
static int consensus_km(job *b) { return consensus(b, SV_INNER_KMEANS); }

/* Columns x: genes; "set" and "gene" (from 1) beside them name the members of the sets. */
static int spectra(job *b)
{
    rtable s = rtable_read(getenv("BENCH_SETS"));
    const double *set = rtable_column(&s, "set"), *gene = rtable_column(&s, "gene");
    size_t n_sets = (size_t)set[s.rows - 1], *start = room(n_sets + 1, sizeof *start);
    uint32_t *g = room(s.rows, sizeof *g);
    for (size_t i = 0; i < s.rows; i++) {
        start[(size_t)set[i]]++;
        g[i] = (uint32_t)gene[i] - 1;
    }
    for (size_t k = 0; k < n_sets; k++) { start[k + 1] += start[k]; }
    sv_gene_sets sets = { n_sets, start, g };
    double *out = room(b->x.rows * n_sets, sizeof *out);
    begin(b);
    int rc = sv_functional_spectrum(out, &b->x, NULL, &sets, &b->err);
    end(b);
    if (rc == SV_OK) { tell(b, out, b->x.rows * n_sets); }
    free(out);
    free(start);
    free(g);
    rtable_free(&s);
    return rc;
}

static const struct { const char *name; int (*run)(job *b); } TASKS[] = {
    { "cox", cox },
    { "lasso_wide", lasso },
    { "lasso_long", lasso },
    { "lasso_cv", lasso_cv },
    { "km", km },
    { "logrank", logrank },
    { "concordance", concordance },
    { "consensus_hc", consensus_hc },
    { "consensus_km", consensus_km },
    { "spectra", spectra },
};

int main(int argc, char **argv)
{
    size_t t = 0, tasks = sizeof TASKS / sizeof *TASKS, p;
    while (argc == 4 && t < tasks && strcmp(argv[1], TASKS[t].name) != 0) { t++; }
    if (argc != 4 || t == tasks) {
        fprintf(stderr, "usage: bench_against_r TASK TABLE ANSWER\n");
        return 2;
    }
    job b = { .t = rtable_read(argv[2]), .answer = fopen(argv[3], "wb") };
    if (b.answer == NULL) { return 2; }
    const double *x = rtable_matrix(&b.t, 'x', &p);
    int *event = rtable_ints(&b.t, "event");
    b.x = sv_matrix_colmajor(x, b.t.rows, p);
    b.surv = (sv_surv){ .n = b.t.rows, .time = rtable_find(&b.t, "time"), .event = event };
    int rc = TASKS[t].run(&b);
    if (rc != SV_OK) { fprintf(stderr, "bench_against_r: %s: %s\n", argv[1], b.err.msg); }
    if (fclose(b.answer) != 0) { rc = 1; }
    printf("%.6f\n", b.seconds);
    free(event);
    rtable_free(&b.t);
    return rc != SV_OK;
}
