/* cohort.h - a cohort read from a reference table, ready for the survival functions. */
#ifndef TEST_COHORT_H
#define TEST_COHORT_H

#include <check.h>
#include <csv.h>
#include <survival/surv.h>

#define REFERENCE(path) SHARED("reference/survival/" path)

typedef struct cohort {
    csv table;
    size_t n, p;
    double *time, *start, *x;  /* x row-major */
    int *event, *stratum;
    double *weight;
    sv_surv surv;
    sv_matrix matrix;
} cohort;

static inline void cohort_free(cohort *c)
{
    csv_free(&c->table);
    free(c->time);
    free(c->start);
    free(c->x);
    free(c->event);
    free(c->stratum);
    free(c->weight);
}

/* status equal to event_code is an event. cols: NULL-terminated; rows with a missing value in
 * any column used are left out. */
static inline void cohort_read(cohort *c, const char *path, const char *start, const char *time,
                               const char *status, double event_code, const char *const *cols)
{
    *c = (cohort){ 0 };
    if (!csv_read(&c->table, path)) { fail_msg("cannot read %s", path); }
    size_t rows = c->table.rows;
    while (cols != NULL && cols[c->p] != NULL) { c->p++; }
    c->time = calloc(rows, sizeof *c->time);
    c->event = calloc(rows, sizeof *c->event);
    c->x = calloc(rows * (c->p > 0 ? c->p : 1), sizeof *c->x);
    c->start = start != NULL ? calloc(rows, sizeof *c->start) : NULL;
    for (size_t i = 0; i < rows; i++) {
        bool missing = isnan(csv_num(&c->table, i, time)) || isnan(csv_num(&c->table, i, status));
        for (size_t j = 0; j < c->p; j++) { missing = missing || isnan(csv_num(&c->table, i, cols[j])); }
        if (missing) { continue; }
        c->time[c->n] = csv_num(&c->table, i, time);
        c->event[c->n] = fabs(csv_num(&c->table, i, status) - event_code) < 0.5;
        if (start != NULL) { c->start[c->n] = csv_num(&c->table, i, start); }
        for (size_t j = 0; j < c->p; j++) { c->x[c->n * c->p + j] = csv_num(&c->table, i, cols[j]); }
        c->n++;
    }
    c->surv = (sv_surv){ .n = c->n, .time = c->time, .event = c->event, .start = c->start };
    c->matrix = sv_matrix_rowmajor(c->x, c->n, c->p);
}

/* Strata from a numeric column; only for tables that lose no row. */
static inline void cohort_stratify(cohort *c, const char *col)
{
    c->stratum = calloc(c->n, sizeof *c->stratum);
    for (size_t i = 0; i < c->n; i++) { c->stratum[i] = (int)csv_num(&c->table, i, col); }
    c->surv.stratum = c->stratum;
}

/* xorshift64*: the same numbers on every machine. */
static inline double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

#endif
