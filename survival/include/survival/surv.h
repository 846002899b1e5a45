/* survival/surv.h - the views through which callers hand over data.
 *
 * The library owns none of the arrays behind a view and keeps no pointer to them after the
 * call. Rows are counted from 0 in messages and results. */
#ifndef SV_SURV_H
#define SV_SURV_H

#include <stdbool.h>
#include <stddef.h>

#include <survival/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_MAX_ROWS ((size_t)100000000) /* keeps row numbers and ranks in 32 bits */

/* Right-censored or start-stop follow-up of n rows. Row i is under observation over
 * (start[i], time[i]] and had the event at time[i] if event[i] is 1, else was censored there.
 * Times count as equal when they differ by no more than 1.5e-8, absolutely or relative to the
 * mean of the distinct times: the rule of R's survival package, so that times computed as
 * days / 30.44 tie as the days did. An event precedes a censoring at the same time. */
typedef struct sv_surv {
    size_t n;
    const double *time;    /* >= 0, finite; any unit                              */
    const int *event;      /* 0 or 1                                              */
    const double *start;   /* NULL: everybody is watched from the beginning       */
    const double *weight;  /* NULL: 1 each; else finite and > 0                   */
    const int *stratum;    /* NULL: one stratum; else any codes                   */
} sv_surv;

/* A matrix of covariates, row i column j at v[i * row_step + j * col_step]. */
typedef struct sv_matrix {
    const double *v;
    size_t rows, cols;
    size_t row_step, col_step;
} sv_matrix;

static inline sv_matrix sv_matrix_rowmajor(const double *v, size_t rows, size_t cols)
{
    sv_matrix m = { v, rows, cols, cols, 1 };
    return m;
}

static inline sv_matrix sv_matrix_colmajor(const double *v, size_t rows, size_t cols)
{
    sv_matrix m = { v, rows, cols, 1, rows };
    return m;
}

static inline double sv_at(const sv_matrix *m, size_t row, size_t col)
{
    return m->v[row * m->row_step + col * m->col_step];
}

/* Check every value of s against the rules above. Fails: SV_ETOOSMALL (n < min_rows),
 * SV_ELIMIT (n > SV_MAX_ROWS), SV_EINVAL (time or event missing), SV_EDATA (names the row). */
SV_CHECKED int sv_surv_check(const sv_surv *s, size_t min_rows, sv_error *err);

/* Number of rows with an event. */
size_t sv_surv_events(const sv_surv *s);

/* Check that x has `rows` rows and holds finite numbers only. names: one a column, or NULL.
 * Fails: SV_EINVAL (shape), SV_EDATA (names row, column and, if given, the column's name). */
SV_CHECKED int sv_matrix_check(const sv_matrix *x, size_t rows, const char *const *names,
                               sv_error *err);

#ifdef __cplusplus
}
#endif
#endif
