/* cmd/tune.c - `prognode tune`: which settings of a method do best, and how well would the whole search do?
 *
 * Nested cross-validation of survival/tune.h on a table of numbers. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/tune.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include "cmd/option.h"

static const char usage[] =
    "usage: prognode tune TABLE.csv --method NAME (--label COLUMN | --time COLUMN --event COLUMN) [options]\n"
    "       prognode tune --list\n"
    "\n"
    "Search the settings of a method by cross-validation, and judge the search by a cross-validation around\n"
    "it: within each outer fold's training rows the settings are chosen anew. One row a patient, the first\n"
    "column names it; all columns of numbers but the outcome, those of --without and those that begin with\n"
    "diagnostics_ are learnt from. No value may be missing.\n"
    "\n"
    "      --method NAME       see --list\n"
    "      --list              the methods and their settings\n"
    "      --label COLUMN      0 or 1\n"
    "      --time COLUMN       follow-up, with\n"
    "      --event COLUMN      1 where it ends with the event, else 0\n"
    "      --without NAME,...  columns to leave out: other outcomes above all\n"
    "      --grid NAME=V,...   values of a setting to try, the simplest first; once for each setting\n"
    "      --criterion NAME    auc (default of labels), accuracy or log_loss; concordance (of follow-up)\n"
    "      --folds N           outer folds (default 5)\n"
    "      --repeats N         of the outer folds, drawn anew (default 1)\n"
    "      --inner-folds N     within each (default 5)\n"
    "      --seed N            of folds, and of methods that draw (default 1)\n"
    "      --scores FILE       score of each patient by the models that did not see it, a column a repeat\n"
    "  -o, --output FILE       one row an outer fold: what was chosen and how it did (default: to stdout)\n"
    "  -q, --quiet             no progress and no summary\n"
    "  -h, --help              this text\n";

static const char verb[] = "tune";

enum { MOST_VALUES = 1000 };

typedef struct options {
    const char *method, *label, *time, *event, *criterion, *scores, *output;
    const char *grid[SV_GRID_MAX_AXES];
    size_t n_grid, folds, repeats, inner, seed;
    opt_list without;
    bool list, quiet;
} options;

typedef struct study {
    options o;
    sv_learner learner;
    sv_criterion criterion;
    sv_grid_axis axes[SV_GRID_MAX_AXES];
    char *names[SV_GRID_MAX_AXES];
    double *values[SV_GRID_MAX_AXES];
    mt_table t;
    double *x, *time;
    int *outcome;                /* labels or events */
    size_t n, p;
} study;

enum { METHOD = 256, LIST, LABEL, TIME, EVENT, GRID, CRITERION, FOLDS, REPEATS, INNER, SEED, SCORES, WITHOUT };

static const struct option long_options[] = {
    {"method", required_argument, NULL, METHOD}, {"list", no_argument, NULL, LIST},
    {"label", required_argument, NULL, LABEL}, {"time", required_argument, NULL, TIME},
    {"event", required_argument, NULL, EVENT}, {"without", required_argument, NULL, WITHOUT}, {"grid", required_argument, NULL, GRID},
    {"criterion", required_argument, NULL, CRITERION}, {"folds", required_argument, NULL, FOLDS},
    {"repeats", required_argument, NULL, REPEATS}, {"inner-folds", required_argument, NULL, INNER},
    {"seed", required_argument, NULL, SEED}, {"scores", required_argument, NULL, SCORES},
    {"output", required_argument, NULL, 'o'}, {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

static bool take(options *o, int option, const char *text)
{
    switch (option) {
    case METHOD: o->method = text; return true;
    case LIST: o->list = true; return true;
    case LABEL: o->label = text; return true;
    case TIME: o->time = text; return true;
    case EVENT: o->event = text; return true;
    case WITHOUT: return opt_list_split(&o->without, text) || opt_wrong(verb, "without", text, "names of columns");
    case GRID:
        if (o->n_grid == SV_GRID_MAX_AXES) { return opt_wrong(verb, "grid", text, "no more settings than a method has"); }
        o->grid[o->n_grid++] = text;
        return true;
    case CRITERION: o->criterion = text; return true;
    case FOLDS: return opt_whole(&o->folds, verb, "folds", text, 2, 1000);
    case REPEATS: return opt_whole(&o->repeats, verb, "repeats", text, 1, (double)SV_TUNE_MAX_REPEATS);
    case INNER: return opt_whole(&o->inner, verb, "inner-folds", text, 2, 1000);
    case SEED: return opt_whole(&o->seed, verb, "seed", text, 0, 9007199254740992.0);
    case SCORES: o->scores = text; return true;
    case 'o': o->output = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

static void list_methods(void)
{
    for (int m = 0; m < SV_METHODS; m++) {
        size_t n;
        const sv_param *p = sv_method_params((sv_method)m, &n);
        printf("%s (of %s)\n", sv_method_name((sv_method)m), sv_method_survival((sv_method)m) ? "follow-up" : "labels");
        for (size_t k = 0; k < n; k++) {
            if (p[k].choice != NULL) {
                printf("  %-12s %s", p[k].name, p[k].choice[0]);
                for (size_t c = 1; p[k].choice[c] != NULL; c++) { printf("|%s", p[k].choice[c]); }
                printf(" (%s): %s\n", p[k].choice[(size_t)p[k].usual], p[k].meaning);
            } else {
                printf("  %-12s %g to %g (%g): %s\n", p[k].name, p[k].low, p[k].high, p[k].usual, p[k].meaning);
            }
        }
    }
}

/* ---- what was asked for ---------------------------------------------------------------------- */

static const sv_param *find_param(const study *s, const char *name)
{
    size_t n;
    const sv_param *p = sv_method_params(s->learner.method, &n);
    for (size_t k = 0; k < n; k++) {
        if (strcmp(p[k].name, name) == 0) { return &p[k]; }
    }
    return NULL;
}

/* NAME=V,V,... */
static bool read_axis(study *s, size_t at, const char *text)
{
    const char *equals = strchr(text, '=');
    opt_list list = {0};
    if (equals == NULL || !opt_list_split(&list, equals + 1) || list.n > MOST_VALUES) {
        opt_list_free(&list);
        return opt_wrong(verb, "grid", text, "NAME=VALUE,... with at most 1000 values");
    }
    s->names[at] = strndup(text, (size_t)(equals - text));
    s->values[at] = calloc(list.n, sizeof *s->values[at]);
    const sv_param *p = s->names[at] != NULL ? find_param(s, s->names[at]) : NULL;
    bool good = p != NULL && s->values[at] != NULL;
    if (!good) { (void)opt_wrong(verb, "grid", text, "a setting of the method (see --list)"); }
    for (size_t k = 0; good && k < list.n; k++) {
        sv_learner l = s->learner;
        sv_error err = {0};
        double v;
        if (p->choice != NULL) {
            good = sv_learner_choose(&l, p->name, list.v[k], &err) == SV_OK;
            if (!good) { fprintf(stderr, "prognode tune: --grid: %s\n", err.msg); }
            v = 0;
            while (good && strcmp(p->choice[(size_t)v], list.v[k]) != 0) { v++; }
        } else {
            good = p->whole ? opt_number(&v, verb, "grid", list.v[k], p->low, p->high) && v == floor(v)
                            : opt_number(&v, verb, "grid", list.v[k], p->low, p->high);
            if (!good && p->whole) { (void)opt_wrong(verb, "grid", list.v[k], "a whole number"); }
        }
        if (good) { s->values[at][k] = v; }
    }
    s->axes[at] = (sv_grid_axis){s->names[at], s->values[at], list.n};
    opt_list_free(&list);
    return good;
}

/* False: told. */
static bool understand(study *s)
{
    const options *o = &s->o;
    sv_method m;
    if (o->method == NULL || !sv_method_by_name(&m, o->method)) {
        return opt_wrong(verb, "method", o->method != NULL ? o->method : "", "a method of --list");
    }
    s->learner = sv_learner_of(m);
    s->learner.seed = o->seed;
    bool survival = sv_method_survival(m);
    bool outcome = survival ? o->time != NULL && o->event != NULL && o->label == NULL
                            : o->label != NULL && o->time == NULL && o->event == NULL;
    if (!outcome) {
        fprintf(stderr, "prognode tune: %s needs %s\n", o->method, survival ? "--time and --event alone" : "--label alone");
        return false;
    }
    s->criterion = survival ? SV_CRITERION_CONCORDANCE : SV_CRITERION_AUC;
    if (o->criterion != NULL && (!sv_criterion_by_name(&s->criterion, o->criterion) ||
                                 sv_criterion_survival(s->criterion) != survival)) {
        return opt_wrong(verb, "criterion", o->criterion, survival ? "concordance" : "auc, accuracy or log_loss");
    }
    for (size_t k = 0; k < o->n_grid; k++) {
        if (!read_axis(s, k, o->grid[k])) { return false; }
    }
    return true;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int find_column(size_t *at, const mt_table *t, const char *name, pn_error *err)
{
    for (*at = 0; *at < t->n_columns; (*at)++) {
        if (strcmp(mt_column(t, *at), name) == 0) { return PN_OK; }
    }
    return pn_fail(err, PN_ENOTFOUND, "%s has no column \"%s\" of numbers", t->csv.name, name);
}

static int check_value(const mt_table *t, size_t row, size_t col, bool flag, double least, pn_error *err)
{
    double v = t->v[row * t->n_columns + col];
    if (isfinite(v) && v >= least && (!flag || v == 0 || v == 1)) { return PN_OK; }
    const char *expected = flag ? "0 or 1" : isfinite(least) ? "a number that is not negative" : "a number";
    return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%s\" is %g, expected %s", t->csv.name,
                   pn_csv_row_number(&t->csv, row), mt_column(t, col), v, expected);
}

/* All but the outcome (code, and time or SIZE_MAX) and what is to be left out. */
static int choose_columns(bool *learn, study *s, size_t code, size_t time, pn_error *err)
{
    for (size_t j = 0; j < s->t.n_columns; j++) { learn[j] = j != code && j != time; }
    for (size_t k = 0; k < s->o.without.n; k++) {
        size_t at;
        int rc = find_column(&at, &s->t, s->o.without.v[k], err);
        if (rc != PN_OK) { return rc; }
        learn[at] = false;
    }
    for (size_t j = 0; j < s->t.n_columns; j++) { s->p += learn[j]; }
    return s->p > 0 ? PN_OK : pn_fail(err, PN_EFORMAT, "%s has no column to learn from", s->t.csv.name);
}

static int read_study(study *s, const char *path, pn_error *err)
{
    mt_table *t = &s->t;
    int rc = mt_read_numbers(t, path, err);
    if (rc != PN_OK) { return rc; }
    bool survival = s->o.label == NULL;
    size_t code, time = SIZE_MAX;
    rc = find_column(&code, t, survival ? s->o.event : s->o.label, err);
    if (rc == PN_OK && survival) { rc = find_column(&time, t, s->o.time, err); }
    if (rc != PN_OK) { return rc; }
    s->n = t->n_rows;
    s->x = calloc(t->n_rows * t->n_columns, sizeof *s->x);
    s->time = calloc(t->n_rows, sizeof *s->time);
    s->outcome = calloc(t->n_rows, sizeof *s->outcome);
    bool *learn = calloc(t->n_columns, sizeof *learn);
    if (s->x == NULL || s->time == NULL || s->outcome == NULL || learn == NULL) {
        free(learn);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", t->n_rows);
    }
    rc = choose_columns(learn, s, code, time, err);
    for (size_t i = 0, at = 0; rc == PN_OK && i < s->n; i++) {
        for (size_t j = 0; rc == PN_OK && j < t->n_columns; j++) {
            double v = t->v[i * t->n_columns + j];
            if (!learn[j] && j != code && j != time) { continue; }
            rc = check_value(t, i, j, j == code, j == time ? 0 : -(double)INFINITY, err);
            if (rc != PN_OK) { break; }
            if (j == code) { s->outcome[i] = v > 0; } else if (j == time) { s->time[i] = v; } else { s->x[at++] = v; }
        }
    }
    free(learn);
    return rc;
}

/* ---- search and tables ----------------------------------------------------------------------- */

static bool tell(void *context, size_t done, size_t all)
{
    (void)context;
    mt_progress("prognode tune", done, all);
    return true;
}

static int search(sv_nested *out, const study *s, pn_error *err)
{
    const sv_surv surv = {.n = s->n, .time = s->time, .event = s->outcome};
    const sv_outcome y = {s->outcome, &surv};
    const sv_grid grid = {s->axes, s->o.n_grid};
    const sv_folds outer = {.folds = s->o.folds, .repeats = s->o.repeats, .seed = s->o.seed};
    const sv_tune_opts inner = {.criterion = s->criterion, .folds = {.folds = s->o.inner, .repeats = 1, .seed = s->o.seed},
                                .progress = s->o.quiet ? NULL : tell};
    sv_matrix m = sv_matrix_rowmajor(s->x, s->n, s->p);
    sv_error se = {0};
    int rc = sv_nested_cv(out, &s->learner, &grid, &m, &y, &outer, &inner, &se);
    return rc == SV_OK ? PN_OK : pn_fail(err, rc == SV_ENOMEM ? PN_ENOMEM : PN_EINVAL, "%s", se.msg);
}

static int put_folds(pn_buf *b, const study *s, const sv_nested *r, pn_error *err)
{
    int rc = pn_buf_printf(b, err, "repeat,fold");
    for (size_t a = 0; a < r->axes && rc == PN_OK; a++) { rc = pn_csv_put(b, false, s->names[a], err); }
    if (rc == PN_OK) { rc = pn_buf_printf(b, err, ",chosen_by,%s\n", sv_criterion_name(s->criterion)); }
    for (size_t k = 0; k < r->folds * r->repeats && rc == PN_OK; k++) {
        rc = pn_buf_printf(b, err, "%zu,%zu", k / r->folds + 1, k % r->folds + 1);
        for (size_t a = 0; a < r->axes && rc == PN_OK; a++) {
            const sv_param *p = find_param(s, s->names[a]);
            double v = r->value[k * r->axes + a];
            rc = p->choice != NULL ? pn_csv_put(b, false, p->choice[(size_t)v], err) : pn_csv_put_number(b, false, v, err);
        }
        if (rc == PN_OK) { rc = pn_csv_put_number(b, false, r->chosen_by[k], err); }
        if (rc == PN_OK) { rc = pn_csv_put_number(b, false, r->criterion[k], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(b, err); }
    }
    return rc;
}

static int put_scores(pn_buf *b, const study *s, const sv_nested *r, pn_error *err)
{
    int rc = pn_buf_printf(b, err, "patient");
    for (size_t k = 0; k < r->repeats && rc == PN_OK; k++) { rc = pn_buf_printf(b, err, ",score_%zu", k + 1); }
    if (rc == PN_OK) { rc = pn_csv_end_row(b, err); }
    for (size_t i = 0; i < r->n && rc == PN_OK; i++) {
        rc = pn_csv_put(b, true, mt_row(&s->t, i), err);
        for (size_t k = 0; k < r->repeats && rc == PN_OK; k++) { rc = pn_csv_put_number(b, false, r->score[k * r->n + i], err); }
        if (rc == PN_OK) { rc = pn_csv_end_row(b, err); }
    }
    return rc;
}

static int write_results(const study *s, const sv_nested *r, pn_error *err)
{
    pn_buf folds = {0}, scores = {0};
    int rc = put_folds(&folds, s, r, err);
    if (rc == PN_OK && s->o.scores != NULL) { rc = put_scores(&scores, s, r, err); }
    hold_signals();
    if (rc == PN_OK && s->o.scores != NULL) { rc = hold_and_write(s->o.scores, scores.p, scores.n, err); }
    if (rc == PN_OK && s->o.output != NULL) { rc = hold_and_write(s->o.output, folds.p, folds.n, err); }
    release_signals();
    if (rc == PN_OK && s->o.output == NULL && fwrite(folds.p, 1, folds.n, stdout) != folds.n) {
        rc = pn_fail(err, PN_EIO, "cannot write the folds to stdout");
    }
    pn_buf_free(&folds);
    pn_buf_free(&scores);
    if (rc != PN_OK || s->o.quiet) { return rc; }
    double by = 0;
    for (size_t k = 0; k < r->folds * r->repeats; k++) { by += r->chosen_by[k] / (double)(r->folds * r->repeats); }
    fprintf(stderr, "%zu patients, %zu columns: %s %.4f (sd %.4f over %zu folds); %.4f where the settings were chosen\n",
            s->n, s->p, sv_criterion_name(s->criterion), r->mean, r->sd, r->folds * r->repeats, by);
    return rc;
}

static void free_study(study *s)
{
    for (size_t k = 0; k < SV_GRID_MAX_AXES; k++) {
        free(s->names[k]);
        free(s->values[k]);
    }
    opt_list_free(&s->o.without);
    mt_free(&s->t);
    free(s->x);
    free(s->time);
    free(s->outcome);
}

int cmd_tune(int argc, char **argv)
{
    study s = {.o = {.folds = 5, .repeats = 1, .inner = 5, .seed = 1}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:qh", long_options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            free_study(&s);
            return PN_EXIT_OK;
        }
        if (!take(&s.o, c, optarg)) {
            free_study(&s);
            return PN_EXIT_USAGE;
        }
    }
    if (s.o.list) {
        list_methods();
        free_study(&s);
        return PN_EXIT_OK;
    }
    bool one = argc - optind == 1;
    if (!one) { fprintf(stderr, "prognode tune: %d tables, expected 1\n", argc - optind); }
    if (!one || !understand(&s)) {
        free_study(&s);
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    sv_nested r = {0};
    int rc = read_study(&s, argv[optind], &err);
    if (rc == PN_OK) { rc = search(&r, &s, &err); }
    if (rc == PN_OK) { rc = write_results(&s, &r, &err); }
    sv_nested_free(&r);
    free_study(&s);
    if (rc != PN_OK) { fprintf(stderr, "prognode tune: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}
