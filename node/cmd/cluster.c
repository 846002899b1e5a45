/* cmd/cluster.c - `prognode cluster`: groups of patients, and the group of a new one.
 *
 * Consensus clustering of a table: one row a patient, the first column its name, the others features. A folder
 * receives groups.csv (the groups for every number of them), summary.csv (how clear they are), cdf.csv, and,
 * with --groups, centroids.csv, by which --assign puts new patients into the groups. Exit codes: 0 done,
 * 1 failed, 2 wrong use. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/consensus.h>
#include "base/file.h"
#include "cmd/cluster_page.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include "cmd/option.h"

static const char usage[] =
    "usage: prognode cluster TABLE.csv -o FOLDER [options]\n"
    "       prognode cluster TABLE.csv --assign CENTROIDS.csv [-o FOLDER]\n"
    "\n"
    "Group patients by consensus clustering. TABLE: one row a patient, the first column names it, the\n"
    "others are numbers, scaled already.\n"
    "\n"
    "      --columns            patients are columns, rows are features (expression tables)\n"
    "      --max-k N            2 to N groups (default 6, at most 30)\n"
    "      --repeats N          draws of patients (default 1000)\n"
    "      --items S            share of the patients a draw (default 0.8)\n"
    "      --features S         share of the features a draw (default 1)\n"
    "      --method NAME        hc (default), pam or km\n"
    "      --distance NAME      pearson (default), spearman or euclidean\n"
    "      --linkage NAME       of hc: single, complete, average (default), mcquitty, ward.D, ward.D2\n"
    "      --final NAME         linkage of the final groups (default average)\n"
    "      --null N             compare with N tables without groups (default 0)\n"
    "      --groups K           also write the centroids of K groups\n"
    "      --assign FILE        put the patients into the groups of these centroids, nothing else\n"
    "      --seed N             of the random numbers (default 1)\n"
    "      --page FILE          also a page with plots: PDF where FILE ends in .pdf, else HTML\n"
    "  -o, --output FOLDER      groups.csv, summary.csv, cdf.csv, silhouette.csv, centroids.csv (made if it is\n"
    "                           not there)\n"
    "  -q, --quiet              no summary\n"
    "  -h, --help               this text\n";

static const char verb[] = "cluster";

typedef struct options {
    const char *table, *output, *assign, *page;
    sv_consensus_opts c;
    size_t null_sets, groups;
    bool columns, quiet;
} options;

enum { COLUMNS = 256, MAX_K, REPEATS, ITEMS, FEATURES, METHOD, DISTANCE, LINKAGE, FINAL, NULLS, GROUPS, ASSIGN, SEED, PAGE };

static const struct option long_options[] = {
    {"columns", no_argument, NULL, COLUMNS}, {"max-k", required_argument, NULL, MAX_K},
    {"repeats", required_argument, NULL, REPEATS}, {"items", required_argument, NULL, ITEMS},
    {"features", required_argument, NULL, FEATURES}, {"method", required_argument, NULL, METHOD},
    {"distance", required_argument, NULL, DISTANCE}, {"linkage", required_argument, NULL, LINKAGE},
    {"final", required_argument, NULL, FINAL}, {"null", required_argument, NULL, NULLS},
    {"groups", required_argument, NULL, GROUPS}, {"assign", required_argument, NULL, ASSIGN},
    {"seed", required_argument, NULL, SEED}, {"page", required_argument, NULL, PAGE}, {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

static bool linkage(sv_linkage *out, const char *option, const char *text)
{
    static const sv_linkage order[] = {SV_LINK_SINGLE, SV_LINK_COMPLETE, SV_LINK_AVERAGE, SV_LINK_MCQUITTY,
                                       SV_LINK_WARD_D, SV_LINK_WARD_D2};
    int at;
    if (!opt_one_of(&at, verb, option, text, "single|complete|average|mcquitty|ward.D|ward.D2")) { return false; }
    *out = order[at];
    return true;
}

static bool take(options *o, int option, const char *text)
{
    int at;
    size_t n;
    switch (option) {
    case COLUMNS: o->columns = true; return true;
    case MAX_K: return opt_whole(&o->c.max_k, verb, "max-k", text, 2, (double)SV_MAX_CONSENSUS_K);
    case REPEATS: return opt_whole(&o->c.repeats, verb, "repeats", text, 1, (double)SV_MAX_CONSENSUS_REPEATS);
    case ITEMS: return opt_number(&o->c.item_share, verb, "items", text, 0.01, 1);
    case FEATURES: return opt_number(&o->c.feature_share, verb, "features", text, 0.01, 1);
    case METHOD:
        if (!opt_one_of(&at, verb, "method", text, "hc|pam|km")) { return false; }
        o->c.inner = (sv_inner)at;
        return true;
    case DISTANCE:
        if (!opt_one_of(&at, verb, "distance", text, "euclidean|pearson|spearman")) { return false; }
        o->c.metric = (sv_metric)at;
        return true;
    case LINKAGE: return linkage(&o->c.inner_linkage, "linkage", text);
    case FINAL: return linkage(&o->c.final_linkage, "final", text);
    case NULLS: return opt_whole(&o->null_sets, verb, "null", text, 0, 10000);
    case GROUPS: return opt_whole(&o->groups, verb, "groups", text, 2, (double)SV_MAX_CONSENSUS_K);
    case ASSIGN: o->assign = text; return true;
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

/* Patients and features of the table, whichever way it lies. */
static sv_matrix patients(const mt_table *t, const options *o)
{
    return o->columns ? sv_matrix_colmajor(t->v, t->n_columns, t->n_rows)
                      : sv_matrix_rowmajor(t->v, t->n_rows, t->n_columns);
}

static const char *patient(const mt_table *t, const options *o, size_t i) { return o->columns ? mt_column(t, i) : mt_row(t, i); }
static const char *feature(const mt_table *t, const options *o, size_t j) { return o->columns ? mt_row(t, j) : mt_column(t, j); }

/* k-means knows one distance only. */
static sv_metric metric_of(const options *o) { return o->c.inner == SV_INNER_KMEANS ? SV_METRIC_EUCLIDEAN : o->c.metric; }

static int from_sv(pn_error *err, const sv_error *e) { return pn_fail(err, PN_EINVAL, "%s", e->msg); }

/* A patient whose features are all alike has no correlation with another. */
static int check_varies(const sv_matrix *x, const mt_table *t, const options *o, pn_error *err)
{
    if (o->c.metric == SV_METRIC_EUCLIDEAN || o->c.inner == SV_INNER_KMEANS || x->cols < 2) { return PN_OK; }
    for (size_t i = 0; i < x->rows; i++) {
        bool varies = false;
        for (size_t j = 1; j < x->cols; j++) { varies = varies || sv_at(x, i, j) < sv_at(x, i, 0) || sv_at(x, i, j) > sv_at(x, i, 0); }
        if (!varies) {
            return pn_fail(err, PN_EFORMAT, "%s: all %zu features of patient \"%.80s\" are %g: it has no correlation; leave it "
                           "out, or take --distance euclidean", t->csv.name, x->cols, patient(t, o, i), sv_at(x, i, 0));
        }
    }
    return PN_OK;
}

static int write_groups(const sv_consensus *c, const mt_table *t, const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_csv_put(&b, true, "patient", err);
    for (size_t k = 2; k <= c->max_k && rc == PN_OK; k++) { rc = pn_buf_printf(&b, err, ",k%zu,k%zu_consensus", k, k); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t i = 0; i < c->n && rc == PN_OK; i++) {
        rc = pn_csv_put(&b, true, patient(t, o, i), err);
        for (size_t q = 0; q + 1 < c->max_k && rc == PN_OK; q++) {
            rc = pn_buf_printf(&b, err, ",%d", c->label[q * c->n + i]);
            if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, c->item[q * c->n + i], err); }
        }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "groups.csv", &b, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_summary(const sv_consensus *c, const double *p, const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "k,area,delta_area,pac,pac_null_p,smallest_group\n");
    for (size_t q = 0; q + 1 < c->max_k && rc == PN_OK; q++) {
        const double v[] = {(double)q + 2, c->area[q], c->delta[q], c->pac[q], p != NULL ? p[q] : (double)NAN,
                            (double)c->smallest[q]};
        for (size_t i = 0; i < sizeof v / sizeof *v && rc == PN_OK; i++) { rc = pn_csv_put_number(&b, i == 0, v[i], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "summary.csv", &b, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_cdf(const sv_consensus *c, const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "consensus");
    for (size_t k = 2; k <= c->max_k && rc == PN_OK; k++) { rc = pn_buf_printf(&b, err, ",k%zu", k); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t i = 0; i < SV_CONSENSUS_BINS && rc == PN_OK; i++) {
        rc = pn_csv_put_number(&b, true, (double)(i + 1) / SV_CONSENSUS_BINS, err);
        for (size_t q = 0; q + 1 < c->max_k && rc == PN_OK; q++) {
            rc = pn_csv_put_number(&b, false, c->cdf[q * SV_CONSENSUS_BINS + i], err);
        }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "cdf.csv", &b, err); }
    pn_buf_free(&b);
    return rc;
}

/* Silhouette widths of every number of groups, by the distance that was clustered. */
static int find_silhouettes(double *width, const sv_consensus *c, const sv_matrix *x, const options *o, pn_error *err)
{
    sv_error se = {0};
    double *d = calloc(c->n * c->n, sizeof *d);
    if (d == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the distances of %zu patients", c->n); }
    int failed = sv_distance(d, x, metric_of(o), &se);
    for (size_t q = 0; q + 1 < c->max_k && failed == SV_OK; q++) {
        failed = sv_silhouette(width + q * c->n, NULL, d, c->n, c->label + q * c->n, q + 2, &se);
    }
    free(d);
    return failed == SV_OK ? PN_OK : from_sv(err, &se);
}

static int write_silhouettes(const double *width, const sv_consensus *c, const mt_table *t, const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_csv_put(&b, true, "patient", err);
    for (size_t k = 2; k <= c->max_k && rc == PN_OK; k++) { rc = pn_buf_printf(&b, err, ",k%zu", k); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t i = 0; i < c->n && rc == PN_OK; i++) {
        rc = pn_csv_put(&b, true, patient(t, o, i), err);
        for (size_t q = 0; q + 1 < c->max_k && rc == PN_OK; q++) { rc = pn_csv_put_number(&b, false, width[q * c->n + i], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "silhouette.csv", &b, err); }
    pn_buf_free(&b);
    return rc;
}

static int write_page(const sv_consensus *c, const double *width, const double *p, const mt_table *t, const options *o, pn_error *err)
{
    const cluster_content content = {.table = t->csv.name, .features = patients(t, o).cols, .found = c, .options = &o->c,
                                     .silhouette = width, .null_p = p, .null_sets = o->null_sets};
    pn_buf b = {0};
    int rc = cluster_page(&b, pn_sheet_form_of(o->page), &content, err);
    if (rc == PN_OK) { rc = hold_and_write(o->page, b.p, b.n, err); }
    pn_buf_free(&b);
    return rc;
}

/* The first cell of the header tells the distance by which new patients are assigned. */
static int write_centroids(const sv_consensus *c, const mt_table *t, const options *o, pn_error *err)
{
    static const char *const names[] = {"euclidean", "pearson", "spearman"};
    sv_metric metric = metric_of(o);
    sv_matrix x = patients(t, o);
    sv_error se = {0};
    double *centre = calloc(o->groups * x.cols, sizeof *centre);
    pn_buf b = {0};
    if (centre == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for centroids"); }
    int rc = PN_OK;
    if (sv_centroids(centre, &x, c->label + (o->groups - 2) * c->n, o->groups, &se) != SV_OK) { rc = from_sv(err, &se); }
    if (rc == PN_OK) { rc = pn_csv_put(&b, true, names[metric], err); }
    for (size_t j = 0; j < x.cols && rc == PN_OK; j++) { rc = pn_csv_put(&b, false, feature(t, o, j), err); }
    if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    for (size_t g = 0; g < o->groups && rc == PN_OK; g++) {
        rc = pn_buf_printf(&b, err, "%zu", g + 1);
        for (size_t j = 0; j < x.cols && rc == PN_OK; j++) { rc = pn_csv_put_number(&b, false, centre[g * x.cols + j], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK) { rc = mt_write(o->output, "centroids.csv", &b, err); }
    pn_buf_free(&b);
    free(centre);
    return rc;
}

static bool show_progress(void *context, size_t done, size_t all)
{
    (void)context;
    if (done % 10 == 0 || done == all) { mt_progress("prognode cluster", done, all); }
    return true;
}

static int group(const mt_table *t, options *o, pn_error *err)
{
    sv_matrix x = patients(t, o);
    sv_consensus c = {0};
    sv_error se = {0};
    size_t ks = o->c.max_k - 1;
    double *pac = calloc(ks * (o->null_sets > 0 ? o->null_sets : 1), sizeof *pac), p[SV_MAX_CONSENSUS_K];
    if (pac == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the null comparison"); }
    if (!o->quiet) { o->c.progress = show_progress; }
    int rc = check_varies(&x, t, o, err);
    if (rc == PN_OK && sv_consensus_fit(&c, &x, &o->c, &se) != SV_OK) { rc = from_sv(err, &se); }
    o->c.progress = NULL;
    if (rc == PN_OK && o->null_sets > 0 && sv_consensus_null(pac, p, c.pac, o->null_sets, &x, &o->c, &se) != SV_OK) {
        rc = from_sv(err, &se);
    }
    double *width = rc == PN_OK ? calloc(c.n * ks, sizeof *width) : NULL;
    if (rc == PN_OK && width == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for silhouettes"); }
    if (rc == PN_OK) { rc = find_silhouettes(width, &c, &x, o, err); }
    hold_signals();
    if (rc == PN_OK) { rc = pn_mkdir_p(o->output, err); }
    if (rc == PN_OK) { rc = write_groups(&c, t, o, err); }
    if (rc == PN_OK) { rc = write_silhouettes(width, &c, t, o, err); }
    if (rc == PN_OK && o->page != NULL) { rc = write_page(&c, width, o->null_sets > 0 ? p : NULL, t, o, err); }
    if (rc == PN_OK) { rc = write_cdf(&c, o, err); }
    if (rc == PN_OK && o->groups > 0) { rc = write_centroids(&c, t, o, err); }
    if (rc == PN_OK) { rc = write_summary(&c, o->null_sets > 0 ? p : NULL, o, err); }
    release_signals();
    for (size_t q = 0; q < ks && rc == PN_OK && !o->quiet; q++) {
        fprintf(stderr, "%zu groups: area %.4f, PAC %.4f, smallest group %zu\n", q + 2, c.area[q], c.pac[q], c.smallest[q]);
    }
    free(pac);
    free(width);
    sv_consensus_free(&c);
    return rc;
}

/* The table's features in the order of the centroids. */
static int pick_features(double *v, const mt_table *t, const mt_table *c, const options *o, pn_error *err)
{
    sv_matrix x = patients(t, o);
    for (size_t j = 0; j < c->n_columns; j++) {
        size_t at = 0;
        while (at < x.cols && strcmp(feature(t, o, at), mt_column(c, j)) != 0) { at++; }
        if (at == x.cols) {
            return pn_fail(err, PN_ENOTFOUND, "%s has no feature \"%.40s\", which %s has", t->csv.name, mt_column(c, j),
                           c->csv.name);
        }
        for (size_t i = 0; i < x.rows; i++) { v[i * c->n_columns + j] = sv_at(&x, i, at); }
    }
    return PN_OK;
}

static int write_assigned(const int *label, const double *near, const double *second, const mt_table *t, const mt_table *c,
                          const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "patient,group,distance,next_distance\n");
    for (size_t i = 0; i < patients(t, o).rows && rc == PN_OK; i++) {
        rc = pn_csv_put(&b, true, patient(t, o, i), err);
        if (rc == PN_OK) { rc = pn_csv_put(&b, false, mt_row(c, (size_t)label[i] - 1), err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, near[i], err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(&b, false, isfinite(second[i]) ? second[i] : (double)NAN, err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(&b, err); }
    }
    if (rc == PN_OK && o->output != NULL) {
        rc = pn_mkdir_p(o->output, err);
        if (rc == PN_OK) { rc = mt_write(o->output, "assigned.csv", &b, err); }
    } else if (rc == PN_OK && fwrite(b.p, 1, b.n, stdout) != b.n) {
        rc = pn_fail(err, PN_EIO, "cannot write the groups to stdout");
    }
    pn_buf_free(&b);
    return rc;
}

static int assign(const mt_table *t, const options *o, pn_error *err)
{
    mt_table c = {0};
    int rc = mt_read(&c, o->assign, err), metric = 0;
    if (rc != PN_OK) { return rc; }
    const char *named = pn_csv_column_name(&c.csv, 0);
    while (metric < 3 && strcmp(named, (const char *const[]){"euclidean", "pearson", "spearman"}[metric]) != 0) { metric++; }
    size_t n = patients(t, o).rows;
    double *v = calloc(n * c.n_columns, sizeof *v), *near = calloc(n, sizeof *near), *second = calloc(n, sizeof *second);
    int *label = calloc(n, sizeof *label);
    if (metric == 3) {
        rc = pn_fail(err, PN_EFORMAT, "%s: its first column is \"%.40s\", expected euclidean, pearson or spearman", c.csv.name,
                     named);
    } else if (v == NULL || near == NULL || second == NULL || label == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", n);
    }
    if (rc == PN_OK) { rc = pick_features(v, t, &c, o, err); }
    if (rc == PN_OK) {
        sv_matrix x = sv_matrix_rowmajor(v, n, c.n_columns);
        sv_error se = {0};
        rc = sv_assign(label, near, second, &x, c.v, c.n_rows, (sv_metric)metric, &se) == SV_OK ? PN_OK : from_sv(err, &se);
    }
    if (rc == PN_OK) { rc = write_assigned(label, near, second, t, &c, o, err); }
    free(v);
    free(near);
    free(second);
    free(label);
    mt_free(&c);
    return rc;
}

static bool check(const options *o, int left)
{
    if (left != 1) {
        fprintf(stderr, "prognode cluster: %d tables, expected 1\n", left);
        return false;
    }
    if (o->output == NULL && o->assign == NULL) {
        fprintf(stderr, "prognode cluster: --output is missing, expected a folder\n");
        return false;
    }
    if (o->page != NULL && o->assign != NULL) {
        fprintf(stderr, "prognode cluster: --page is not for --assign\n");
        return false;
    }
    if (o->groups > o->c.max_k) {
        fprintf(stderr, "prognode cluster: --groups is %zu, expected at most --max-k, %zu\n", o->groups, o->c.max_k);
        return false;
    }
    return true;
}

int cmd_cluster(int argc, char **argv)
{
    options o = {.c = SV_CONSENSUS_OPTS_INIT};
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
    if (rc == PN_OK) { rc = o.assign != NULL ? assign(&t, &o, &err) : group(&t, &o, &err); }
    mt_free(&t);
    if (rc != PN_OK) { fprintf(stderr, "prognode cluster: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}
