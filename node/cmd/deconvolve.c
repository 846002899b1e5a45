/* cmd/deconvolve.c - `prognode deconvolve`: subpopulations and their proportions from bulk expression.
 *
 * A table of expression, one row a gene, becomes proportions (A), expression of each subpopulation (S) and
 * markers, from many starts; mdl.csv shows how far the starts agree on the number of subpopulations. With
 * --given, only the proportions of a new cohort for a known S. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/deconvolve.h>
#include "base/file.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/deconvolve_page.h"
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include "cmd/option.h"

#define MAX_RUNS 1000

static const char usage[] =
    "usage: prognode deconvolve EXPRESSION.csv -o FOLDER [options]\n"
    "       prognode deconvolve EXPRESSION.csv --given EXPRESSION_OF_SUBPOPULATIONS.csv -o FOLDER\n"
    "\n"
    "Find subpopulations in bulk expression by convex analysis of mixtures. EXPRESSION: one row a gene,\n"
    "the first column names it, one column a sample; linear values, not negative.\n"
    "\n"
    "      --log2            the table holds logarithms to the base 2\n"
    "      --k-min N         fewest subpopulations that are tried (default 2)\n"
    "      --k-max N         most (default 8, at most 20)\n"
    "      --k N             write N subpopulations, not the number of least description length\n"
    "      --runs N          runs from other starts; of each number the best is kept (default 20)\n"
    "      --starts N        starts of the clustering in each run (default 10)\n"
    "      --low S           leave out this share of the genes that are expressed least (default 0.05)\n"
    "      --high S          ... and those above this share (default 0.95)\n"
    "      --dims N          dimensions kept (default 10)\n"
    "      --clusters N      clusters of genes (default 50, at most 64)\n"
    "      --min-genes N     smaller clusters are no corners (default 20)\n"
    "      --outliers S      share of genes left out as local outliers (default 0.02)\n"
    "      --given FILE      expression.csv of another cohort: only the proportions of these samples\n"
    "      --held            with --given: the sum is held near 1 within the fit, as debCAM does\n"
    "      --seed N          of the random numbers (default 1)\n"
    "      --page FILE       also a page with plots: PDF where FILE ends in .pdf, else HTML\n"
    "  -o, --output FOLDER   proportions.csv, expression.csv, markers.csv, mdl.csv (made if it is not there)\n"
    "  -q, --quiet           no progress and no summary\n"
    "  -h, --help            this text\n";

static const char verb[] = "deconvolve";

typedef struct options {
    const char *output, *given, *page;
    sv_cam_opts c;
    size_t k, runs;
    bool log2, held, quiet;
} options;

enum { LOG2 = 256, K_MIN, K_MAX, K, RUNS, STARTS, LOW, HIGH, DIMS, CLUSTERS, MIN_GENES, OUTLIERS, GIVEN, HELD, SEED, PAGE };

static const struct option long_options[] = {
    {"log2", no_argument, NULL, LOG2}, {"k-min", required_argument, NULL, K_MIN},
    {"k-max", required_argument, NULL, K_MAX}, {"k", required_argument, NULL, K},
    {"runs", required_argument, NULL, RUNS}, {"starts", required_argument, NULL, STARTS},
    {"low", required_argument, NULL, LOW}, {"high", required_argument, NULL, HIGH},
    {"dims", required_argument, NULL, DIMS}, {"clusters", required_argument, NULL, CLUSTERS},
    {"min-genes", required_argument, NULL, MIN_GENES}, {"outliers", required_argument, NULL, OUTLIERS},
    {"given", required_argument, NULL, GIVEN}, {"held", no_argument, NULL, HELD},
    {"seed", required_argument, NULL, SEED}, {"page", required_argument, NULL, PAGE}, {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

static bool take(options *o, int option, const char *text)
{
    size_t n;
    switch (option) {
    case LOG2: o->log2 = true; return true;
    case K_MIN: return opt_whole(&o->c.k_min, verb, "k-min", text, 2, SV_CAM_MAX_K);
    case K_MAX: return opt_whole(&o->c.k_max, verb, "k-max", text, 2, SV_CAM_MAX_K);
    case K: return opt_whole(&o->k, verb, "k", text, 2, SV_CAM_MAX_K);
    case RUNS: return opt_whole(&o->runs, verb, "runs", text, 1, MAX_RUNS);
    case STARTS: return opt_whole(&o->c.starts, verb, "starts", text, 1, 10000);
    case LOW: return opt_number(&o->c.low, verb, "low", text, 0, 1);
    case HIGH: return opt_number(&o->c.high, verb, "high", text, 0, 1);
    case DIMS: return opt_whole(&o->c.dims, verb, "dims", text, 2, SV_CAM_MAX_DIMS);
    case CLUSTERS: return opt_whole(&o->c.clusters, verb, "clusters", text, 2, SV_CAM_MAX_CLUSTERS);
    case MIN_GENES: return opt_whole(&o->c.min_genes, verb, "min-genes", text, 1, 1e6);
    case OUTLIERS: return opt_number(&o->c.lof_share, verb, "outliers", text, 0, 0.9);
    case GIVEN: o->given = text; return true;
    case HELD: o->held = true; return true;
    case SEED:
        if (!opt_whole(&n, verb, "seed", text, 0, 9007199254740992.0)) { return false; }
        o->c.seed = n;
        return true;
    case PAGE: o->page = text; return true;
    case 'o': o->output = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

static int from_sv(pn_error *err, const sv_error *e) { return pn_fail(err, PN_EINVAL, "%s", e->msg); }

/* Expression as the mixture adds it up. */
static int make_linear(mt_table *t, bool log2, pn_error *err)
{
    for (size_t i = 0; i < t->n_rows * t->n_columns; i++) {
        double v = log2 ? exp2(t->v[i]) : t->v[i];
        if (!(v >= 0 && v <= PN_MAX_CSV_NUMBER)) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.80s\": %g, expected %s", t->csv.name,
                           pn_csv_row_number(&t->csv, i / t->n_columns), mt_column(t, i % t->n_columns), t->v[i],
                           log2 ? "a logarithm to the base 2" : "expression of at least 0, or --log2 for logarithms");
        }
        t->v[i] = v;
    }
    return PN_OK;
}

/* v[n * k] with the names of its rows and s1..sk over its columns. */
static int write_table(const options *o, const char *file, const char *corner, const double *v, size_t n, size_t k,
                       const char *(*name)(const mt_table *, size_t), const mt_table *t, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_csv_put(&b, true, corner, err);
    for (size_t c = 0; c < k && rc == PN_OK; c++) { rc = pn_buf_printf(&b, err, ",s%zu", c + 1); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t i = 0; i < n && rc == PN_OK; i++) {
        rc = pn_csv_put(&b, true, name(t, i), err);
        for (size_t c = 0; c < k && rc == PN_OK; c++) { rc = pn_csv_put_number(&b, false, v[i * k + c], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, file, &b, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_markers(const options *o, const sv_cam_fit *f, const mt_table *t, pn_error *err)
{
    int *source = calloc(f->genes, sizeof *source), rc = PN_OK;
    double *fold = calloc(f->genes, sizeof *fold);
    sv_matrix s = sv_matrix_rowmajor(f->s, f->genes, f->k);
    sv_error se = {0};
    pn_buf b = {0};
    if (source == NULL || fold == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for markers");
    } else if (sv_cam_markers(source, fold, &s, &se) != SV_OK) {
        rc = from_sv(err, &se);
    }
    if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "gene,subpopulation,fold_change,corner\n"); }
    for (size_t g = 0; g < f->genes && rc == PN_OK; g++) {
        rc = pn_csv_put(&b, true, mt_row(t, g), err);
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, ",s%d", source[g]); }
        if (rc == PN_OK) { rc = isinf(fold[g]) ? pn_csv_put(&b, false, "inf", err) : pn_csv_put_number(&b, false, fold[g], err); }
        if (rc == PN_OK && f->marker[g] > 0) { rc = pn_buf_printf(&b, err, ",s%d\n", f->marker[g]); }
        if (rc == PN_OK && f->marker[g] == 0) { rc = pn_buf_printf(&b, err, ",\n"); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "markers.csv", &b, err); }
    pn_buf_free(&b);
    free(source);
    free(fold);
    return rc;
}

static int write_mdl(const options *o, const double *mdl, const size_t *chosen, pn_error *err)
{
    size_t ks = o->c.k_max - o->c.k_min + 1;
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "run,chosen_k");
    for (size_t q = 0; q < ks && rc == PN_OK; q++) { rc = pn_buf_printf(&b, err, ",mdl_k%zu", o->c.k_min + q); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t run = 0; run < o->runs && rc == PN_OK; run++) {
        rc = pn_buf_printf(&b, err, "%zu,", run + 1);
        if (rc == PN_OK && chosen[run] > 0) { rc = pn_buf_printf(&b, err, "%zu", chosen[run]); }
        for (size_t q = 0; q < ks && rc == PN_OK; q++) { rc = pn_csv_put_number(&b, false, mdl[run * ks + q], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "mdl.csv", &b, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_page(const deconvolve_content *c, const char *path, pn_error *err)
{
    pn_buf b = {0};
    int rc = deconvolve_page(&b, pn_sheet_form_of(path), c, err);
    if (rc == PN_OK) { rc = hold_and_write(path, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

static void summarise(const options *o, const sv_cam *cam, const double *mdl, const size_t *chosen, const sv_cam_fit *f)
{
    size_t ks = o->c.k_max - o->c.k_min + 1;
    for (size_t q = 0; q < cam->n; q++) {
        double most = -INFINITY;
        size_t of = 0;
        for (size_t run = 0; run < o->runs; run++) {
            most = fmax(most, mdl[run * ks + q]);
            of += chosen[run] == cam->fit[q].k;
        }
        fprintf(stderr, "K = %zu: description length %.0f to %.0f, the least in %zu of %zu runs\n", cam->fit[q].k,
                cam->fit[q].mdl, most, of, o->runs);
    }
    fprintf(stderr, "written: %zu subpopulations of %zu samples\n", f->k, f->samples);
}

static bool show_progress(void *context, size_t done, size_t all)
{
    (void)context;
    mt_progress("prognode deconvolve", done, all);
    return true;
}

static int discover(const mt_table *t, options *o, pn_error *err)
{
    sv_matrix x = sv_matrix_rowmajor(t->v, t->n_rows, t->n_columns);
    sv_cam cam = {0};
    sv_error se = {0};
    double *mdl = calloc(o->runs * (o->c.k_max - o->c.k_min + 1), sizeof *mdl);
    size_t *chosen = calloc(o->runs, sizeof *chosen);
    if (!o->quiet) { o->c.progress = show_progress; }
    int rc = PN_OK;
    if (mdl == NULL || chosen == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu runs", o->runs);
    } else if (sv_cam_multistart(&cam, mdl, chosen, o->runs, &x, &o->c, &se) != SV_OK) {
        rc = from_sv(err, &se);
    }
    const sv_cam_fit *f = rc == PN_OK ? &cam.fit[cam.best] : NULL;
    if (rc == PN_OK && o->k > 0 && o->k - o->c.k_min >= cam.n) {
        rc = pn_fail(err, PN_EINVAL, "no run gave %zu subpopulations: there were too few corners", o->k);
    } else if (rc == PN_OK && o->k > 0) {
        f = &cam.fit[o->k - o->c.k_min];
    }
    hold_signals();
    if (rc == PN_OK) { rc = pn_mkdir_p(o->output, err); }
    if (rc == PN_OK) { rc = write_mdl(o, mdl, chosen, err); }
    if (rc == PN_OK) { rc = write_table(o, "expression.csv", "gene", f->s, f->genes, f->k, mt_row, t, err); }
    if (rc == PN_OK) { rc = write_markers(o, f, t, err); }
    if (rc == PN_OK) { rc = write_table(o, "proportions.csv", "sample", f->a, f->samples, f->k, mt_column, t, err); }
    if (rc == PN_OK && o->page != NULL) {
        const deconvolve_content c = {.table = t->csv.name, .cam = &cam, .fit = f, .options = &o->c, .runs = o->runs,
                                      .mdl = mdl, .chosen = chosen};
        rc = write_page(&c, o->page, err);
    }
    release_signals();
    if (rc == PN_OK && !o->quiet) { summarise(o, &cam, mdl, chosen, f); }
    sv_cam_free(&cam);
    free(mdl);
    free(chosen);
    return rc;
}

/* Proportions of the samples of t for the subpopulations of a file; genes meet by their names. */
static int apply(const mt_table *t, const options *o, pn_error *err)
{
    mt_table s = {0};
    int rc = mt_read(&s, o->given, err);
    if (rc != PN_OK) { return rc; }
    size_t *at = calloc(s.n_rows, sizeof *at);
    double *v = calloc(s.n_rows * t->n_columns, sizeof *v), *a = calloc(t->n_columns * s.n_columns, sizeof *a);
    if (at == NULL || v == NULL || a == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the proportions"); }
    if (rc == PN_OK) { rc = mt_match_rows(at, t, &s, err); }
    if (rc == PN_OK) {
        for (size_t g = 0; g < s.n_rows; g++) {
            memcpy(v + g * t->n_columns, t->v + at[g] * t->n_columns, t->n_columns * sizeof *v);
        }
        sv_matrix x = sv_matrix_rowmajor(v, s.n_rows, t->n_columns), sm = sv_matrix_rowmajor(s.v, s.n_rows, s.n_columns);
        sv_error se = {0};
        if (sv_cam_proportions(a, &x, &sm, !o->held, &se) != SV_OK) { rc = from_sv(err, &se); }
    }
    if (rc == PN_OK) { rc = pn_mkdir_p(o->output, err); }
    if (rc == PN_OK) { rc = write_table(o, "proportions.csv", "sample", a, t->n_columns, s.n_columns, mt_column, t, err); }
    free(at);
    free(v);
    free(a);
    mt_free(&s);
    return rc;
}

static bool check(const options *o, int left)
{
    if (left != 1 || o->output == NULL) {
        fprintf(stderr, "prognode deconvolve: %d tables and %s output folder, expected 1 and --output\n", left,
                o->output != NULL ? "an" : "no");
        return false;
    }
    if (o->c.k_min > o->c.k_max || (o->k > 0 && (o->k < o->c.k_min || o->k > o->c.k_max))) {
        fprintf(stderr, "prognode deconvolve: --k-min is %zu, --k-max %zu, --k %zu, expected --k within the others\n",
                o->c.k_min, o->c.k_max, o->k);
        return false;
    }
    if (o->page != NULL && o->given != NULL) {
        fprintf(stderr, "prognode deconvolve: --page is not for --given\n");
        return false;
    }
    return true;
}

int cmd_deconvolve(int argc, char **argv)
{
    options o = {.c = SV_CAM_OPTS_INIT, .runs = 20};
    o.c.starts = 10;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:qh", long_options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return PN_EXIT_OK;
        }
        if (!take(&o, c, optarg)) { return PN_EXIT_USAGE; }
    }
    if (!check(&o, argc - optind)) { return PN_EXIT_USAGE; }
    pn_error err = {0};
    mt_table t = {0};
    int rc = mt_read(&t, argv[optind], &err);
    if (rc == PN_OK) { rc = make_linear(&t, o.log2, &err); }
    if (rc == PN_OK) { rc = o.given != NULL ? apply(&t, &o, &err) : discover(&t, &o, &err); }
    mt_free(&t);
    if (rc != PN_OK) { fprintf(stderr, "prognode deconvolve: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}
