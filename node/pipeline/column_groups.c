#include "pipeline/column_groups.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <survival/logrank.h>

void pn_column_groups_free(pn_column_groups *g)
{
    if (g == NULL) { return; }
    for (size_t k = 0; k < g->n; k++) { sv_km_free(&g->group[k].km); }
    *g = (pn_column_groups){0};
}

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for groups"); }

typedef struct level { const char *text; double number; } level;

static int by_number(const void *a, const void *b)
{
    const level *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_text(const void *a, const void *b) { return strcmp(((const level *)a)->text, ((const level *)b)->text); }

/* Different cells of the column, in their order; cells that are missing are none. */
static int find_levels(level levels[PN_MAX_COLUMN_GROUPS], size_t *n, const pn_csv *t, size_t column, const pn_train_data *d,
                       pn_error *err)
{
    bool numbers = true;
    *n = 0;
    for (size_t i = 0; i < d->n; i++) {
        const size_t row = d->clinical_row[i];
        const char *cell = pn_csv_cell(t, row, column);
        double v = 0;
        bool number = pn_csv_number(&v, t, row, column, PN_CSV_NAN, NULL) == PN_OK;
        if (number && isnan(v)) { continue; }
        numbers = numbers && number;
        size_t k = 0;
        while (k < *n && strcmp(levels[k].text, cell) != 0) { k++; }
        if (k < *n) { continue; }
        if (*n == PN_MAX_COLUMN_GROUPS) {
            return pn_fail(err, PN_EFORMAT, "%s: row %zu, column \"%.60s\": \"%.40s\" would be group %d, expected at most %d", t->name,
                           pn_csv_row_number(t, row), pn_csv_column_name(t, column), cell, PN_MAX_COLUMN_GROUPS + 1,
                           PN_MAX_COLUMN_GROUPS);
        }
        levels[(*n)++] = (level){cell, v};
    }
    qsort(levels, *n, sizeof *levels, numbers ? by_number : by_text);
    if (*n >= 2) { return PN_OK; }
    return pn_fail(err, PN_EFORMAT, "%s: column \"%.60s\" has %zu different values among %zu patients, expected 2 or more groups",
                   t->name, pn_csv_column_name(t, column), *n, d->n);
}

/* The patients that are in a group, and in which. */
typedef struct members { double *time; int *event, *group; bool *keep; size_t n; } members;

static int assign(members *m, pn_column_groups *g, const level *levels, const pn_csv *t, size_t column,
                  const pn_train_data *d, pn_error *err)
{
    *m = (members){.time = calloc(d->n, sizeof *m->time), .event = calloc(d->n, sizeof *m->event),
                   .group = calloc(d->n, sizeof *m->group), .keep = calloc(d->n, sizeof *m->keep)};
    if (m->time == NULL || m->event == NULL || m->group == NULL || m->keep == NULL) { return no_memory(err); }
    for (size_t i = 0; i < d->n; i++) {
        const char *cell = pn_csv_cell(t, d->clinical_row[i], column);
        size_t k = 0;
        while (k < g->n && strcmp(levels[k].text, cell) != 0) { k++; }
        if (k == g->n) {
            g->missing++;
            continue;
        }
        m->time[m->n] = d->time_days[i];
        m->event[m->n] = d->event[i];
        m->group[m->n++] = (int)k;
        g->group[k].patients++;
        g->group[k].events += d->event[i] == 1;
    }
    return PN_OK;
}

static int judge(pn_column_groups *g, members *m, pn_error *err)
{
    const sv_surv s = {.n = m->n, .time = m->time, .event = m->event};
    double score[PN_MAX_COLUMN_GROUPS];
    sv_error sv = {0};
    sv_logrank t;
    for (size_t k = 0; k < g->n; k++) {
        for (size_t i = 0; i < m->n; i++) { m->keep[i] = m->group[i] == (int)k; }
        if (sv_km_fit(&g->group[k].km, &s, m->keep, NULL, &sv) != SV_OK) { return pn_fail(err, PN_EINVAL, "%s", sv.msg); }
        g->group[k].median_days = sv_km_quantile(&g->group[k].km, 0.5);
    }
    g->logrank = g->logrank_p = g->trend = g->trend_p = NAN;
    int code = sv_logrank_test(&t, &s, m->group, 0, &sv);
    if (code == SV_ENOMEM) { return no_memory(err); }
    if (code != SV_OK) { return PN_OK; }          /* nobody with the event, or one group at risk */
    for (size_t k = 0; k < t.k; k++) { score[k] = t.code[k]; }
    g->logrank = t.chisq;
    g->logrank_p = t.p;
    g->df = t.df;
    sv_logrank_trend(&g->trend, &g->trend_p, &t, score);
    sv_logrank_free(&t);
    return PN_OK;
}

int pn_column_groups_read(pn_column_groups *out, const pn_csv *clinical, const pn_train_data *d, const char *column,
                          pn_error *err)
{
    level levels[PN_MAX_COLUMN_GROUPS];
    pn_column_groups g = {0};
    members m = {0};
    size_t at, n = 0;
    int rc = pn_csv_find(&at, clinical, column, err);
    if (rc == PN_OK) { rc = find_levels(levels, &n, clinical, at, d, err); }
    (void)snprintf(g.column, sizeof g.column, "%s", column);
    for (size_t k = 0; rc == PN_OK && k < n; k++) { (void)snprintf(g.group[k].name, sizeof g.group[k].name, "%s", levels[k].text); }
    g.n = rc == PN_OK ? n : 0;
    if (rc == PN_OK) { rc = assign(&m, &g, levels, clinical, at, d, err); }
    if (rc == PN_OK) { rc = judge(&g, &m, err); }
    free(m.time);
    free(m.event);
    free(m.group);
    free(m.keep);
    if (rc == PN_OK) { *out = g; } else { pn_column_groups_free(&g); }
    return rc;
}
