#include "pipeline/cohort.h"
#include <stdlib.h>

static double *take_columns(const pn_columns *c, size_t rows, const size_t *row, size_t n)
{
    double *v = calloc(n * c->n + 1, sizeof *v);
    for (size_t j = 0; v != NULL && j < c->n; j++) {
        for (size_t i = 0; i < n; i++) { v[j * n + i] = c->v[j * rows + row[i]]; }
    }
    return v;
}

int pn_cohort_take(pn_cohort *out, const pn_cohort *all, const size_t *row, size_t n, pn_error *err)
{
    pn_cohort c = {.n = n, .feature = all->feature, .clinical = all->clinical, .expression = all->expression};
    c.feature.v = take_columns(&all->feature, all->n, row, n);
    c.clinical.v = take_columns(&all->clinical, all->n, row, n);
    c.expression.v = take_columns(&all->expression, all->n, row, n);
    c.patient = calloc(n + 1, sizeof *c.patient);
    c.time_days = calloc(n + 1, sizeof *c.time_days);
    c.event = calloc(n + 1, sizeof *c.event);
    c.centre = all->centre != NULL ? calloc(n + 1, sizeof *c.centre) : NULL;
    if (c.feature.v == NULL || c.clinical.v == NULL || c.expression.v == NULL || c.patient == NULL ||
        c.time_days == NULL || c.event == NULL || (all->centre != NULL && c.centre == NULL)) {
        pn_cohort_free(&c);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", n);
    }
    for (size_t i = 0; i < n; i++) {
        c.patient[i] = all->patient[row[i]];
        c.time_days[i] = all->time_days[row[i]];
        c.event[i] = all->event[row[i]];
        c.events += (size_t)c.event[i];
        if (c.centre != NULL) { c.centre[i] = all->centre[row[i]]; }
    }
    *out = c;
    return PN_OK;
}

void pn_cohort_free(pn_cohort *c)
{
    if (c == NULL) { return; }
    free(c->patient);
    free(c->time_days);
    free(c->event);
    free(c->centre);
    free(c->feature.v);
    free(c->clinical.v);
    free(c->expression.v);
    *c = (pn_cohort){0};
}

sv_surv pn_cohort_surv(const pn_cohort *c)
{
    return (sv_surv){.n = c->n, .time = c->time_days, .event = c->event};
}
