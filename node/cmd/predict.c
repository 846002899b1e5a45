/* cmd/predict.c - `prognode predict`: apply a model file to a feature table.
 *
 * One output row an input row: id, region, score, group, survival at the model's horizons, and a
 * note where a row could not be scored. The same function scores in the node. Exit codes: 0 done,
 * 1 failed, 2 wrong use, 3 some or all rows could not be scored. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/model.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "pipeline/score.h"

static const char usage[] =
    "usage: prognode predict --model MODEL.yaml --features F.csv [-o OUT.csv]\n"
    "\n"
    "Apply a model to a feature table (from `prognode extract`). Writes a CSV table with id,\n"
    "score, group, survival at the model's horizons, and notes; to stdout without -o.\n"
    "\n"
    "      --model FILE      model file\n"
    "      --features FILE   feature table\n"
    "      --id-column NAME  column that identifies the row (default case)\n"
    "  -o, --output FILE     where the table goes\n"
    "  -h, --help            print this\n";

typedef struct predict_args { const char *model, *features, *output, *id_column; } predict_args;

static int parse_args(predict_args *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"model", required_argument, NULL, 'm'}, {"features", required_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'}, {"id-column", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    *a = (predict_args){.id_column = "case"};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        switch (c) {
        case 'm': a->model = optarg; break;
        case 'f': a->features = optarg; break;
        case 'o': a->output = optarg; break;
        case 'i': a->id_column = optarg; break;
        case 'h': fputs(usage, stdout); return -1;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "prognode predict: unexpected argument \"%s\"\n", argv[optind]);
        return PN_EXIT_USAGE;
    }
    if (a->model == NULL || a->features == NULL) {
        fprintf(stderr, "prognode predict: %s is missing\n", a->model == NULL ? "--model" : "--features");
        return PN_EXIT_USAGE;
    }
    return 0;
}

/* A table, a model, and where the model's features stand in the table. */
typedef struct job {
    cfg_model model;
    pn_csv table;
    size_t id, roi;                /* columns; n_columns: there is none                    */
    size_t *column;                /* one a feature; n_columns: missing                    */
    double *values;
    pn_buf out;
    size_t unscored;
} job;

static int find_columns(job *j, const predict_args *a, pn_error *err)
{
    const size_t n = j->model.n_features;
    j->column = calloc(n, sizeof *j->column);
    j->values = calloc(n, sizeof *j->values);
    if (j->column == NULL || j->values == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory"); }
    int rc = pn_csv_find(&j->id, &j->table, a->id_column, err);
    if (rc != PN_OK) { return rc; }
    if (!pn_csv_has(&j->table, "roi") || pn_csv_find(&j->roi, &j->table, "roi", err) != PN_OK) {
        j->roi = j->table.n_columns;
    }
    for (size_t i = 0; i < n; i++) {
        if (pn_csv_find(&j->column[i], &j->table, j->model.features[i].name, NULL) != PN_OK) {
            j->column[i] = j->table.n_columns;
            fprintf(stderr, "prognode predict: %s has no column %s\n", a->features,
                    j->model.features[i].name);
        }
    }
    return PN_OK;
}

static int put_header(job *j, pn_error *err)
{
    int rc = pn_csv_put(&j->out, true, "id", err);
    if (rc == PN_OK && j->roi < j->table.n_columns) { rc = pn_csv_put(&j->out, false, "roi", err); }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, "score", err); }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, "group", err); }
    for (size_t i = 0; i < j->model.n_horizons && rc == PN_OK; i++) {
        rc = pn_buf_printf(&j->out, err, ",survival_%gy", j->model.horizon_years[i]);
    }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, "notes", err); }
    return rc == PN_OK ? pn_csv_end_row(&j->out, err) : rc;
}

/* The row's values, in the model's order; a failure says what is missing. */
static int read_values(job *j, size_t row, pn_error *err)
{
    for (size_t i = 0; i < j->model.n_features; i++) {
        if (j->column[i] == j->table.n_columns) {
            return pn_fail(err, PN_ENOTFOUND, "no column %s", j->model.features[i].name);
        }
        int rc = pn_csv_number(&j->values[i], &j->table, row, j->column[i], PN_CSV_NAN, err);
        if (rc != PN_OK) { return rc; }
        if (isnan(j->values[i])) {
            return pn_fail(err, PN_EINVAL, "%s has no value", j->model.features[i].name);
        }
    }
    return PN_OK;
}

static int put_result(job *j, const pn_score_result *r, const char *note, pn_error *err)
{
    int rc = pn_csv_put_number(&j->out, false, r != NULL ? r->lp : (double)NAN, err);
    if (rc == PN_OK) {
        rc = pn_csv_put(&j->out, false, r != NULL ? pn_score_group(r->high_risk) : "", err);
    }
    for (size_t i = 0; i < j->model.n_horizons && rc == PN_OK; i++) {
        rc = pn_csv_put_number(&j->out, false, r != NULL ? r->survival[i].probability : (double)NAN, err);
    }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, note, err); }
    return rc == PN_OK ? pn_csv_end_row(&j->out, err) : rc;
}

static int predict_row(job *j, size_t row, pn_error *err)
{
    int rc = pn_csv_put(&j->out, true, pn_csv_cell(&j->table, row, j->id), err);
    if (rc == PN_OK && j->roi < j->table.n_columns) {
        rc = pn_csv_put(&j->out, false, pn_csv_cell(&j->table, row, j->roi), err);
    }
    if (rc != PN_OK) { return rc; }
    pn_score_result r = {0};
    pn_error why = {0};
    if (read_values(j, row, &why) == PN_OK && pn_score(&r, &j->model, j->values, &why) == PN_OK) {
        rc = put_result(j, &r, "", err);
    } else {
        j->unscored++;
        rc = put_result(j, NULL, why.msg, err);
    }
    pn_score_free(&r);
    return rc;
}

static int predict(job *j, const predict_args *a, pn_error *err)
{
    cfg_error cfg = {0};
    if (cfg_model_load(&j->model, a->model, &cfg) != CFG_OK) {
        return pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    int rc = pn_csv_read(&j->table, a->features, err);
    if (rc == PN_OK) { rc = find_columns(j, a, err); }
    if (rc == PN_OK) { rc = put_header(j, err); }
    for (size_t row = 0; row < j->table.n_rows && rc == PN_OK; row++) { rc = predict_row(j, row, err); }
    if (rc != PN_OK) { return rc; }
    if (a->output != NULL) { return pn_write_file(a->output, j->out.p, j->out.n, false, err); }
    if (fwrite(j->out.p, 1, j->out.n, stdout) != j->out.n || fflush(stdout) != 0) {
        return pn_fail(err, PN_EIO, "cannot write to stdout");
    }
    return PN_OK;
}

int cmd_predict(int argc, char **argv)
{
    predict_args a;
    int code = parse_args(&a, argc, argv);
    if (code != 0) { return code < 0 ? PN_EXIT_OK : code; }
    job j = {0};
    pn_error err = {0};
    if (predict(&j, &a, &err) != PN_OK) {
        fprintf(stderr, "prognode predict: %s\n", err.msg);
        code = PN_EXIT_FAILED;
    } else if (j.unscored > 0) {
        fprintf(stderr, "prognode predict: %zu of %zu rows could not be scored; see the column notes\n",
                j.unscored, j.table.n_rows);
        code = PN_EXIT_PARTIAL;
    }
    cfg_model_free(&j.model);
    pn_csv_free(&j.table);
    pn_buf_free(&j.out);
    free(j.column);
    free(j.values);
    return code;
}
