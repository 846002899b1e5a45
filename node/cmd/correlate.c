/* cmd/correlate.c - `prognode correlate`: which columns of tables go together.
 *
 * Each pair of columns, of one table or of two whose rows meet by their names, gets a coefficient, its test
 * and a p-value adjusted for the number of pairs. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/correlation.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/matrix_table.h"
#include "cmd/option.h"

#define MAX_PAIRS 4000000

static const char usage[] =
    "usage: prognode correlate TABLE.csv [OTHER.csv] [-o OUT.csv] [options]\n"
    "\n"
    "Correlate each column of TABLE with each of OTHER, or with each other column of TABLE. One row a\n"
    "patient, the first column names it; columns that hold no numbers, or begin with diagnostics_, are\n"
    "left out. A pair is of the patients who have both values.\n"
    "\n"
    "      --method NAME     spearman (default), pearson or kendall\n"
    "      --adjust NAME     p-values for the number of pairs: BH (default), BY, bonferroni, holm,\n"
    "                        hochberg, hommel or none\n"
    "      --level P         of Pearson's confidence interval (default 0.95)\n"
    "  -o, --output FILE     one row a pair (default: to stdout)\n"
    "  -q, --quiet           no progress and no summary\n"
    "  -h, --help            this text\n";

static const char verb[] = "correlate";

enum { SPEARMAN, PEARSON, KENDALL };

typedef struct options {
    const char *output;
    int method, adjust;        /* adjust: an sv_adjust, or SV_ADJUSTMENTS for none */
    double level;
    bool quiet;
} options;

typedef struct pair { size_t n; double estimate, lower, upper, statistic, p; } pair;

/* x[i * rows] are the values of column i of the patients of both tables. */
typedef struct columns { double *x; const mt_table *t; } columns;

typedef struct study {
    columns a, b;              /* b.t is a.t where there is one table */
    size_t rows, n_pairs;
    pair *pairs;               /* [n_pairs], by column of a, then of b */
    double *adjusted;
} study;

enum { METHOD = 256, ADJUST, LEVEL };

static const struct option long_options[] = {
    {"method", required_argument, NULL, METHOD}, {"adjust", required_argument, NULL, ADJUST},
    {"level", required_argument, NULL, LEVEL}, {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
};

static bool take(options *o, int option, const char *text)
{
    switch (option) {
    case METHOD: return opt_one_of(&o->method, verb, "method", text, "spearman|pearson|kendall");
    case ADJUST:
        for (o->adjust = 0; o->adjust < SV_ADJUSTMENTS; o->adjust++) {
            if (strcmp(text, sv_adjust_name((sv_adjust)o->adjust)) == 0) { return true; }
        }
        return strcmp(text, "none") == 0 ||
               opt_wrong(verb, "adjust", text, "BH, BY, bonferroni, holm, hochberg, hommel or none");
    case LEVEL: return opt_number(&o->level, verb, "level", text, 0.5, 0.9999);
    case 'o': o->output = text; return true;
    case 'q': o->quiet = true; return true;
    default: return false;                       /* getopt has said why */
    }
}

static size_t first_partner(const study *s, size_t i) { return s->a.t == s->b.t ? i + 1 : 0; }

/* The patients' values, a column after the other. */
static double *by_column(const mt_table *t, const size_t *row, size_t rows)
{
    double *x = calloc(rows * t->n_columns, sizeof *x);
    for (size_t i = 0; x != NULL && i < t->n_columns; i++) {
        for (size_t r = 0; r < rows; r++) { x[i * rows + r] = t->v[row[r] * t->n_columns + i]; }
    }
    return x;
}

static int make_study(study *s, const mt_table *a, const mt_table *b, pn_error *err)
{
    size_t *row_a = calloc(a->n_rows, sizeof *row_a), *row_b = calloc(a->n_rows, sizeof *row_b);
    int rc = PN_OK;
    *s = (study){.a.t = a, .b.t = b};
    if (row_a == NULL || row_b == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", a->n_rows);
    }
    if (rc == PN_OK) { rc = mt_join_rows(row_a, row_b, &s->rows, a, b, err); }
    double na = (double)a->n_columns, pairs = a == b ? na * (na - 1) / 2 : na * (double)b->n_columns;
    if (rc == PN_OK && s->rows < 3) {
        rc = pn_fail(err, PN_EFORMAT, "%s and %s have %zu patients in common, expected at least 3", a->csv.name,
                     b->csv.name, s->rows);
    } else if (rc == PN_OK && (pairs < 1 || pairs > MAX_PAIRS)) {
        rc = pn_fail(err, pairs < 1 ? PN_EFORMAT : PN_ELIMIT, "%.0f pairs of columns, expected 1 to %d", pairs, MAX_PAIRS);
    }
    if (rc == PN_OK) {
        s->n_pairs = (size_t)pairs;
        s->a.x = by_column(a, row_a, s->rows);
        s->b.x = a == b ? s->a.x : by_column(b, row_b, s->rows);
        s->pairs = calloc(s->n_pairs, sizeof *s->pairs);
        s->adjusted = calloc(s->n_pairs, sizeof *s->adjusted);
        if (s->a.x == NULL || s->b.x == NULL || s->pairs == NULL || s->adjusted == NULL) {
            rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu pairs", s->n_pairs);
        }
    }
    free(row_a);
    free(row_b);
    return rc;
}

static void free_study(study *s)
{
    if (s->b.x != s->a.x) { free(s->b.x); }
    free(s->a.x);
    free(s->pairs);
    free(s->adjusted);
}

/* Of the patients who have both; NaN where they are too few or one column does not vary. */
static int correlate_pair(pair *out, const double *x, const double *y, size_t rows, double *both, const options *o,
                          pn_error *err)
{
    double *bx = both, *by = both + rows;
    sv_test t = {.estimate = (double)NAN, .lower = (double)NAN, .upper = (double)NAN, .statistic = (double)NAN,
                 .p = (double)NAN};
    sv_error se = {0};
    size_t n = 0;
    for (size_t r = 0; r < rows; r++) {
        if (isnan(x[r]) || isnan(y[r])) { continue; }
        bx[n] = x[r];
        by[n++] = y[r];
    }
    int rc = n < 3 ? SV_OK
             : o->method == PEARSON ? sv_pearson(&t, bx, by, n, o->level, &se)
             : o->method == KENDALL ? sv_kendall(&t, NULL, bx, by, n, SV_TEST_AUTO, &se)
                                    : sv_spearman(&t, bx, by, n, SV_TEST_AUTO, &se);
    if (rc != SV_OK) { return pn_fail(err, rc == SV_ENOMEM ? PN_ENOMEM : PN_EINVAL, "%s", se.msg); }
    *out = (pair){n, t.estimate, o->method == PEARSON ? t.lower : (double)NAN,
                  o->method == PEARSON ? t.upper : (double)NAN, t.statistic, t.p};
    return PN_OK;
}

static int correlate(study *s, const options *o, pn_error *err)
{
    double *both = calloc(2 * s->rows, sizeof *both);
    size_t at = 0;
    int rc = both != NULL ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", s->rows);
    for (size_t i = 0; i < s->a.t->n_columns && rc == PN_OK; i++) {
        for (size_t j = first_partner(s, i); j < s->b.t->n_columns && rc == PN_OK; j++, at++) {
            rc = correlate_pair(&s->pairs[at], s->a.x + i * s->rows, s->b.x + j * s->rows, s->rows, both, o, err);
        }
        if (!o->quiet) { mt_progress("prognode correlate", i + 1, s->a.t->n_columns); }
    }
    free(both);
    for (size_t k = 0; k < s->n_pairs; k++) { s->adjusted[k] = s->pairs[k].p; }
    sv_error se = {0};
    if (rc == PN_OK && o->adjust != SV_ADJUSTMENTS &&
        sv_p_adjust(s->adjusted, s->adjusted, s->n_pairs, (sv_adjust)o->adjust, &se) != SV_OK) {
        rc = pn_fail(err, PN_EINVAL, "%s", se.msg);
    }
    return rc;
}

static int put_pairs(pn_buf *b, const study *s, pn_error *err)
{
    size_t at = 0;
    int rc = pn_buf_printf(b, err, "x,y,n,estimate,lower,upper,statistic,p,p_adjusted\n");
    for (size_t i = 0; i < s->a.t->n_columns && rc == PN_OK; i++) {
        for (size_t j = first_partner(s, i); j < s->b.t->n_columns && rc == PN_OK; j++, at++) {
            const pair *k = &s->pairs[at];
            const double v[] = {(double)k->n, k->estimate, k->lower, k->upper, k->statistic, k->p, s->adjusted[at]};
            rc = pn_csv_put(b, true, mt_column(s->a.t, i), err);
            if (rc == PN_OK) { rc = pn_csv_put(b, false, mt_column(s->b.t, j), err); }
            for (size_t c = 0; c < sizeof v / sizeof *v && rc == PN_OK; c++) { rc = pn_csv_put_number(b, false, v[c], err); }
            if (rc == PN_OK) { rc = pn_csv_end_row(b, err); }
        }
    }
    return rc;
}

static int write_study(const study *s, const options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = put_pairs(&b, s, err);
    if (rc == PN_OK && o->output != NULL) { rc = hold_and_write(o->output, b.p, b.n, err); }
    if (rc == PN_OK && o->output == NULL && fwrite(b.p, 1, b.n, stdout) != b.n) {
        rc = pn_fail(err, PN_EIO, "cannot write the pairs to stdout");
    }
    pn_buf_free(&b);
    size_t low = 0;
    for (size_t k = 0; k < s->n_pairs; k++) { low += s->adjusted[k] <= 0.05; }
    if (rc == PN_OK && !o->quiet) {
        fprintf(stderr, "%zu patients, %zu pairs, %zu with %sp <= 0.05\n", s->rows, s->n_pairs, low,
                o->adjust != SV_ADJUSTMENTS ? "adjusted " : "");
    }
    return rc;
}

int cmd_correlate(int argc, char **argv)
{
    options o = {.method = SPEARMAN, .adjust = SV_ADJUST_BH, .level = 0.95};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:qh", long_options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return PN_EXIT_OK;
        }
        if (!take(&o, c, optarg)) { return PN_EXIT_USAGE; }
    }
    int left = argc - optind;
    if (left < 1 || left > 2) {
        fprintf(stderr, "prognode correlate: %d tables, expected 1 or 2\n", left);
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    mt_table a = {0}, b = {0};
    study s = {0};
    int rc = mt_read_numbers(&a, argv[optind], &err);
    if (rc == PN_OK && left == 2) { rc = mt_read_numbers(&b, argv[optind + 1], &err); }
    if (rc == PN_OK) { rc = make_study(&s, &a, left == 2 ? &b : &a, &err); }
    if (rc == PN_OK) { rc = correlate(&s, &o, &err); }
    if (rc == PN_OK) { rc = write_study(&s, &o, &err); }
    free_study(&s);
    mt_free(&a);
    mt_free(&b);
    if (rc != PN_OK) { fprintf(stderr, "prognode correlate: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}
