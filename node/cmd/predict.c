/* cmd/predict.c - `prognode predict`: apply a model file to a feature table.
 *
 * One output row an input row: id, region, score, group, survival at the model's horizons, each
 * with its interval, how far the row lies from the training patients, whether the model is for it
 * (as far as a table tells: the values and the size of the region), and notes. A row that the model
 * is not for has no group and no survival. The same functions judge and score in the node. Exit
 * codes: 0 done, 1 failed, 2 wrong use, 3 some or all rows could not be scored. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/model.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "pipeline/gates.h"
#include "pipeline/score.h"
#include "pipeline/variables.h"

static const char usage[] =
    "usage: prognode predict --model MODEL.yaml --features F.csv [-o OUT.csv]\n"
    "\n"
    "Apply a model to a feature table (from `prognode extract`). Writes a CSV table with id,\n"
    "score, group, survival at the model's horizons, their 95 % intervals, distance from the\n"
    "training patients, eligibility and notes; to stdout without -o. Variables of the patient that the\n"
    "model needs (PatientAge in years, PatientSex M or F, ...) are columns of the same table.\n"
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
    size_t id, roi, voxels;        /* columns; n_columns: there is none                    */
    size_t *column;                /* one a feature; n_columns: missing                    */
    double *values;
    pn_buf out;
    size_t unscored, outside;
} job;

#define VOXELS_COLUMN "diagnostics_Mask-original_VoxelNum"

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
    if (!pn_csv_has(&j->table, VOXELS_COLUMN) ||
        pn_csv_find(&j->voxels, &j->table, VOXELS_COLUMN, err) != PN_OK) {
        j->voxels = j->table.n_columns;
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
    static const char *const before[] = {"score", "score_low", "score_high", "group", "group_agreement"};
    static const char *const after[] = {"mahalanobis", "mahalanobis_percentile", "eligible", "notes"};
    for (size_t i = 0; i < sizeof before / sizeof before[0] && rc == PN_OK; i++) {
        rc = pn_csv_put(&j->out, false, before[i], err);
    }
    for (size_t i = 0; i < j->model.n_horizons && rc == PN_OK; i++) {
        const double y = j->model.horizon_years[i];
        rc = pn_buf_printf(&j->out, err, ",survival_%gy,survival_%gy_low,survival_%gy_high", y, y, y);
    }
    for (size_t i = 0; i < sizeof after / sizeof after[0] && rc == PN_OK; i++) {
        rc = pn_csv_put(&j->out, false, after[i], err);
    }
    return rc == PN_OK ? pn_csv_end_row(&j->out, err) : rc;
}

/* The row's values, in the model's order; a failure says what is missing. */
static int read_values(job *j, size_t row, pn_error *err)
{
    for (size_t i = 0; i < j->model.n_features; i++) {
        if (j->column[i] == j->table.n_columns) {
            return pn_fail(err, PN_ENOTFOUND, "no column %s", j->model.features[i].name);
        }
        const cfg_model_feature *f = &j->model.features[i];
        int rc = pn_variable_cell(&j->values[i], &j->table, row, j->column[i], f->source, f->name, PN_CSV_NAN, err);
        if (rc != PN_OK) { return rc; }
        if (isnan(j->values[i])) {
            return pn_fail(err, PN_EINVAL, "%s has no value", j->model.features[i].name);
        }
    }
    return PN_OK;
}

static int put_numbers(job *j, const double *v, size_t n, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; i < n && rc == PN_OK; i++) { rc = pn_csv_put_number(&j->out, false, v[i], err); }
    return rc;
}

/* What a row got; group and survival only where the model is for it. */
typedef struct answer {
    pn_score_result score;           /* lp NaN: there is none       */
    pn_report_result judged;
    pn_error why;                    /* there is no score because   */
} answer;

/* Every gate that speaks against it, with "; " between. */
static int put_notes(job *j, const answer *a, pn_error *err)
{
    pn_buf notes = {0};
    int rc = a->why.code != PN_OK ? pn_buf_printf(&notes, err, "%s", a->why.msg) : PN_OK;
    for (size_t i = 0; i < a->judged.n_gates && rc == PN_OK && a->why.code == PN_OK; i++) {
        char text[700];
        const pn_gate_state state = a->judged.gates[i].state;
        if (state == PN_GATE_PASSED || state == PN_GATE_UNKNOWN) { continue; }   /* a table tells little */
        pn_gate_text(text, sizeof text, &a->judged.gates[i]);
        rc = pn_buf_printf(&notes, err, "%s%s", notes.n > 0 ? "; " : "", text);
    }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, notes.n > 0 ? notes.p : "", err); }
    pn_buf_free(&notes);
    return rc == PN_OK ? pn_csv_end_row(&j->out, err) : rc;
}

static int put_answer(job *j, const answer *a, pn_error *err)
{
    const bool scored = !isnan(a->score.lp), eligible = scored && a->judged.applicable;
    const double score[] = {a->score.lp, a->score.interval.low, a->score.interval.high};
    const double agreement = eligible ? a->score.group_agreement : (double)NAN;
    const double distance[] = {a->judged.mahalanobis, a->judged.mahalanobis_percentile};
    int rc = put_numbers(j, score, 3, err);
    if (rc == PN_OK) {
        rc = pn_csv_put(&j->out, false, eligible ? pn_score_group(a->score.high_risk) : "", err);
    }
    if (rc == PN_OK) { rc = put_numbers(j, &agreement, 1, err); }
    for (size_t i = 0; i < j->model.n_horizons && rc == PN_OK; i++) {
        const pn_report_survival *s = &a->score.survival[i];
        double v[] = {NAN, NAN, NAN};
        if (eligible) {
            v[0] = s->probability;
            v[1] = s->interval.low;
            v[2] = s->interval.high;
        }
        rc = put_numbers(j, v, 3, err);
    }
    if (rc == PN_OK) { rc = put_numbers(j, distance, 2, err); }
    if (rc == PN_OK) { rc = pn_csv_put(&j->out, false, scored ? (eligible ? "yes" : "no") : "", err); }
    return rc == PN_OK ? put_notes(j, a, err) : rc;
}

static int judge(answer *a, job *j, size_t row, pn_error *err)
{
    double voxels = NAN;
    if (j->voxels < j->table.n_columns) {
        int rc = pn_csv_number(&voxels, &j->table, row, j->voxels, PN_CSV_NAN, err);
        if (rc != PN_OK) { return rc; }
    }
    int rc = pn_gates_region(&a->judged, &j->model, voxels, j->values, err);
    return rc == PN_OK ? pn_gates_training(&a->judged, &j->model, j->values, err) : rc;
}

static int predict_row(job *j, size_t row, pn_error *err)
{
    int rc = pn_csv_put(&j->out, true, pn_csv_cell(&j->table, row, j->id), err);
    if (rc == PN_OK && j->roi < j->table.n_columns) {
        rc = pn_csv_put(&j->out, false, pn_csv_cell(&j->table, row, j->roi), err);
    }
    if (rc != PN_OK) { return rc; }
    answer a = {.score = {.lp = NAN, .interval = {NAN, NAN}}, .judged = pn_result_start()};
    if (read_values(j, row, &a.why) != PN_OK || judge(&a, j, row, &a.why) != PN_OK ||
        pn_score(&a.score, &j->model, j->values, &a.why) != PN_OK) {
        j->unscored++;
        a.score.lp = NAN;
    } else {
        j->outside += !a.judged.applicable;
    }
    rc = put_answer(j, &a, err);
    pn_score_free(&a.score);
    free(a.judged.gates);
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
    if (rc == PN_OK) { rc = pn_csv_need_rows(&j->table, err); }
    if (rc == PN_OK) { rc = put_header(j, err); }
    for (size_t row = 0; row < j->table.n_rows && rc == PN_OK; row++) { rc = predict_row(j, row, err); }
    if (rc != PN_OK) { return rc; }
    if (a->output != NULL) { return hold_and_write(a->output, j->out.p, j->out.n, err); }
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
    if (code != PN_EXIT_FAILED && j.outside > 0) {
        fprintf(stderr, "prognode predict: %zu of %zu rows lie outside of what the model is for and have no "
                "group; see the column notes\n", j.outside, j.table.n_rows);
    }
    cfg_model_free(&j.model);
    pn_csv_free(&j.table);
    pn_buf_free(&j.out);
    free(j.column);
    free(j.values);
    return code;
}
