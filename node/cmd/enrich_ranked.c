/* cmd/enrich_ranked.c - see enrich.h: gene sets in ranked lists. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/tests.h>
#include "base/csv.h"
#include "base/file.h"
#include "cmd/enrich.h"
#include "cmd/enrich_page.h"
#include "cmd/matrix_table.h"

enum { MAX_LISTS = 64 };

typedef struct ranked {
    pn_csv csv;                        /* lends the genes' names                         */
    enrich_list *list; size_t n_lists;
    enrich_result *result; size_t n, room;
} ranked;

static void ranked_free(ranked *r)
{
    for (size_t l = 0; l < r->n_lists; l++) {
        free(r->list[l].label);
        free(r->list[l].gene);
        free(r->list[l].statistic);
    }
    for (size_t i = 0; i < r->n; i++) { free(r->result[i].place); }
    free(r->list);
    free(r->result);
    pn_csv_free(&r->csv);
}

/* ---- Lists --------------------------------------------------------------------------------------- */

typedef struct gene { const char *name; double statistic; size_t row; } gene;

static int by_name(const void *a, const void *b)
{
    const gene *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* Equal statistics by name: the order of the file means nothing. */
static int by_statistic(const void *a, const void *b)
{
    const gene *x = a, *y = b;
    return x->statistic > y->statistic ? -1 : x->statistic < y->statistic ? 1 : strcmp(x->name, y->name);
}

static int check_names(gene *g, const pn_csv *csv, pn_error *err)
{
    qsort(g, csv->n_rows, sizeof *g, by_name);
    for (size_t i = 1; i < csv->n_rows; i++) {
        if (strcmp(g[i].name, g[i - 1].name) != 0) { continue; }
        return pn_fail(err, PN_EFORMAT, "%s: rows %zu and %zu have the same gene \"%.40s\"", csv->name,
                       pn_csv_row_number(csv, g[i - 1].row), pn_csv_row_number(csv, g[i].row), g[i].name);
    }
    return PN_OK;
}

static int add_list(ranked *r, gene *g, const char *label, pn_error *err)
{
    size_t n = r->csv.n_rows;
    enrich_list *more = realloc(r->list, (r->n_lists + 1) * sizeof *more);
    if (more == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a list of genes"); }
    r->list = more;
    enrich_list *l = &r->list[r->n_lists++];
    *l = (enrich_list){.label = strdup(label), .n = n, .gene = calloc(n, sizeof *l->gene), .statistic = calloc(n, sizeof *l->statistic)};
    if (l->label == NULL || l->gene == NULL || l->statistic == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a list of genes");
    }
    qsort(g, n, sizeof *g, by_statistic);
    for (size_t i = 0; i < n; i++) {
        l->gene[i] = g[i].name;
        l->statistic[i] = g[i].statistic;
    }
    return PN_OK;
}

static int read_genes(gene **out, const pn_csv *csv, size_t column, pn_error *err)
{
    int code = pn_csv_need_rows(csv, err);
    if (code != PN_OK) { return code; }
    if (csv->n_rows < 2) { return pn_fail(err, PN_EFORMAT, "%s has %zu genes, expected 2 at least", csv->name, csv->n_rows); }
    gene *g = calloc(csv->n_rows, sizeof *g);
    if (g == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", csv->name); }
    int rc = PN_OK;
    for (size_t i = 0; i < csv->n_rows && rc == PN_OK; i++) {
        g[i].row = i;
        rc = pn_csv_id(&g[i].name, csv, i, column, err);
    }
    if (rc == PN_OK) { rc = check_names(g, csv, err); }
    if (rc == PN_OK) { *out = g; } else { free(g); }
    return rc;
}

static int read_ranks(ranked *r, const enrich_options *o, pn_error *err)
{
    gene *g = NULL;
    size_t column = 1;
    int rc = pn_csv_read(&r->csv, o->ranks, err);
    if (rc == PN_OK && o->statistic != NULL) { rc = pn_csv_find(&column, &r->csv, o->statistic, err); }
    if (rc == PN_OK && r->csv.n_columns < 2) {
        rc = pn_fail(err, PN_EFORMAT, "%s has one column, expected genes and a statistic", r->csv.name);
    }
    if (rc == PN_OK) { rc = read_genes(&g, &r->csv, 0, err); }
    for (size_t i = 0; rc == PN_OK && i < r->csv.n_rows; i++) {
        rc = pn_csv_number(&g[i].statistic, &r->csv, g[i].row, column, PN_CSV_REQUIRED, err);
    }
    if (rc == PN_OK) { rc = add_list(r, g, "", err); }
    free(g);
    return rc;
}

/* log2 of each row's fold change, "inf" as the largest of the others. */
static int read_folds(double *fold, const pn_csv *csv, size_t column, pn_error *err)
{
    double most = 1;
    for (size_t i = 0; i < csv->n_rows; i++) {
        fold[i] = INFINITY;
        if (strcmp(pn_csv_cell(csv, i, column), "inf") == 0) { continue; }
        int rc = pn_csv_number(&fold[i], csv, i, column, PN_CSV_REQUIRED, err);
        if (rc != PN_OK) { return rc; }
        if (!(fold[i] >= 1)) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"fold_change\": %g, expected at least 1", csv->name,
                           pn_csv_row_number(csv, i), fold[i]);
        }
        most = fmax(most, fold[i]);
    }
    for (size_t i = 0; i < csv->n_rows; i++) { fold[i] = log2(fmin(fold[i], most)); }
    return PN_OK;
}

/* The subpopulations in the order in which they come. */
static int find_labels(const char *label[MAX_LISTS], size_t *n, const pn_csv *csv, size_t column, pn_error *err)
{
    *n = 0;
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *of = NULL;
        int rc = pn_csv_id(&of, csv, i, column, err);
        if (rc != PN_OK) { return rc; }
        size_t l = 0;
        while (l < *n && strcmp(label[l], of) != 0) { l++; }
        if (l < *n) { continue; }
        if (*n == MAX_LISTS) { return pn_fail(err, PN_ELIMIT, "%s has more than %d subpopulations", csv->name, MAX_LISTS); }
        label[(*n)++] = of;
    }
    return PN_OK;
}

/* A marker of another subpopulation is lower in this one, by its fold change at least. */
static int read_markers(ranked *r, const enrich_options *o, pn_error *err)
{
    const char *label[MAX_LISTS];
    size_t at[3] = {0}, n = 0;
    static const char *const columns[] = {"gene", "subpopulation", "fold_change"};
    gene *g = NULL;
    double *fold = NULL;
    int rc = pn_csv_read(&r->csv, o->markers, err);
    for (size_t i = 0; i < 3 && rc == PN_OK; i++) { rc = pn_csv_find(&at[i], &r->csv, columns[i], err); }
    if (rc == PN_OK) { rc = read_genes(&g, &r->csv, at[0], err); }
    if (rc == PN_OK && (fold = calloc(r->csv.n_rows, sizeof *fold)) == NULL) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %s", r->csv.name);
    }
    if (rc == PN_OK) { rc = read_folds(fold, &r->csv, at[2], err); }
    if (rc == PN_OK) { rc = find_labels(label, &n, &r->csv, at[1], err); }
    for (size_t l = 0; l < n && rc == PN_OK; l++) {
        for (size_t i = 0; i < r->csv.n_rows; i++) {
            bool own = strcmp(pn_csv_cell(&r->csv, g[i].row, at[1]), label[l]) == 0;
            g[i].statistic = own ? fold[g[i].row] : -fold[g[i].row];
        }
        rc = add_list(r, g, label[l], err);
    }
    free(g);
    free(fold);
    return rc;
}

/* ---- Scores -------------------------------------------------------------------------------------- */

static bool show_progress(void *context, size_t done, size_t all)
{
    (void)context;
    mt_progress("prognode enrich", done, all);
    return true;
}

static int by_place(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int by_p(const void *a, const void *b)
{
    const enrich_result *x = a, *y = b;
    if (x->g.p < y->g.p || x->g.p > y->g.p) { return x->g.p < y->g.p ? -1 : 1; }
    return strcmp(x->set, y->set);
}

static int add_results(ranked *r, const enrich_list *l, const pn_gene_sets *sets, const pn_met_sets *m, const sv_gsea *g,
                       pn_error *err)
{
    size_t first = r->n;
    for (size_t k = 0; k < m->n; k++) {
        size_t size = m->start[k + 1] - m->start[k];
        uint32_t *place = malloc((size + 1) * sizeof *place);
        if (place == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the genes of a set"); }
        memcpy(place, m->gene + m->start[k], size * sizeof *place);     /* the list is sorted: gene = place */
        qsort(place, size, sizeof *place, by_place);
        r->result[r->n++] = (enrich_result){.list = l, .set = sets->name[m->set[k]], .place = place, .g = g[k], .adjusted = NAN};
    }
    qsort(r->result + first, m->n, sizeof *r->result, by_p);
    return PN_OK;
}

static int score_list(ranked *r, const enrich_list *l, const enrich_options *o, const pn_gene_sets *sets, pn_error *err)
{
    pn_met_sets m = {0};
    sv_error se = {0};
    sv_gsea_opts opts = o->gsea;
    if (!o->quiet) { opts.progress = show_progress; }
    if (!o->quiet && l->label[0] != '\0') { fprintf(stderr, "%s: ", l->label); }
    int rc = enrich_meet(&m, o, sets, l->gene, l->n, err);
    sv_gsea *g = calloc(m.n + 1, sizeof *g);
    enrich_result *more = realloc(r->result, (r->n + m.n + 1) * sizeof *more);
    if (more != NULL) { r->result = more; }
    const sv_gene_sets view = pn_met_sets_view(&m);
    if (rc == PN_OK && (g == NULL || more == NULL)) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu sets", m.n);
    } else if (rc == PN_OK && sv_gsea_ranked(g, l->statistic, l->n, &view, &opts, &se) != SV_OK) {
        rc = pn_fail(err, PN_EINVAL, "%s", se.msg);
    }
    if (rc == PN_OK) { rc = add_results(r, l, sets, &m, g, err); }
    free(g);
    pn_met_sets_free(&m);
    return rc;
}

static int adjust(ranked *r, pn_error *err)
{
    sv_error se = {0};
    double *p = calloc(r->n + 1, sizeof *p);
    if (p == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu p-values", r->n); }
    for (size_t i = 0; i < r->n; i++) { p[i] = r->result[i].g.p; }
    int rc = sv_p_adjust(p, p, r->n, SV_ADJUST_BH, &se) == SV_OK ? PN_OK : pn_fail(err, PN_EINVAL, "%s", se.msg);
    for (size_t i = 0; i < r->n && rc == PN_OK; i++) { r->result[i].adjusted = p[i]; }
    free(p);
    return rc;
}

/* ---- Output -------------------------------------------------------------------------------------- */

static int put_leading(pn_buf *b, const enrich_result *x, pn_error *err)
{
    pn_buf names = {0};
    size_t n = x->g.leading, from = x->g.es < 0 ? x->g.size - n : 0;
    int rc = pn_buf_add(&names, "", 0, err);
    for (size_t j = 0; j < n && rc == PN_OK; j++) {
        rc = pn_buf_printf(&names, err, "%s%s", j > 0 ? ";" : "", x->list->gene[x->place[from + j]]);
    }
    if (rc == PN_OK) { rc = pn_csv_put(b, false, names.p != NULL ? names.p : "", err); }
    pn_buf_free(&names);
    return rc;
}

static int put_result(pn_buf *b, const enrich_result *x, bool labels, pn_error *err)
{
    const double numbers[] = {x->g.es, x->g.nes, x->g.p, x->adjusted, x->g.log2err};
    int rc = labels ? pn_csv_put(b, true, x->list->label, err) : PN_OK;
    if (rc == PN_OK) { rc = pn_csv_put(b, !labels, x->set, err); }
    if (rc == PN_OK) { rc = pn_csv_put_number(b, false, (double)x->g.size, err); }
    for (size_t i = 0; i < 5 && rc == PN_OK; i++) { rc = pn_csv_put_number(b, false, numbers[i], err); }
    if (rc == PN_OK) { rc = put_leading(b, x, err); }
    return rc == PN_OK ? pn_csv_end_row(b, err) : rc;
}

static int write_table(const ranked *r, const enrich_options *o, pn_error *err)
{
    pn_buf b = {0};
    bool labels = o->markers != NULL;
    int rc = pn_buf_printf(&b, err, "%sset,size,es,nes,p,p_adjusted,log2_error,leading_edge\n", labels ? "subpopulation," : "");
    for (size_t i = 0; i < r->n && rc == PN_OK; i++) { rc = put_result(&b, &r->result[i], labels, err); }
    if (rc == PN_OK && o->output != NULL) { rc = pn_write_file(o->output, b.p, b.n, false, err); }
    if (rc == PN_OK && o->output == NULL && (fwrite(b.p, 1, b.n, stdout) != b.n || fflush(stdout) != 0)) {
        rc = pn_fail(err, PN_EIO, "cannot write to stdout");
    }
    pn_buf_free(&b);
    return rc;
}

static int write_page(const ranked *r, const enrich_options *o, pn_error *err)
{
    pn_buf b = {0};
    int rc = enrich_page(&b, pn_sheet_form_of(o->page), r->csv.name, o->sets, r->result, r->n, &o->gsea, err);
    if (rc == PN_OK) { rc = pn_write_file(o->page, b.p, b.n, false, err); }
    pn_buf_free(&b);
    return rc;
}

static void summarise(const ranked *r)
{
    size_t found = 0;
    for (size_t i = 0; i < r->n; i++) { found += r->result[i].adjusted < 0.05; }
    fprintf(stderr, "%zu of %zu have an adjusted p below 0.05\n", found, r->n);
}

int enrich_ranked(const enrich_options *o, const pn_gene_sets *sets, pn_error *err)
{
    ranked r = {0};
    int rc = o->markers != NULL ? read_markers(&r, o, err) : read_ranks(&r, o, err);
    for (size_t l = 0; l < r.n_lists && rc == PN_OK; l++) { rc = score_list(&r, &r.list[l], o, sets, err); }
    if (rc == PN_OK) { rc = adjust(&r, err); }
    if (rc == PN_OK && o->page != NULL) { rc = write_page(&r, o, err); }
    if (rc == PN_OK) { rc = write_table(&r, o, err); }
    if (rc == PN_OK && !o->quiet) { summarise(&r); }
    ranked_free(&r);
    return rc;
}
