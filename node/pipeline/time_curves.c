#include "pipeline/time_curves.h"
#include <math.h>
#include <stdlib.h>
#include <survival/auc.h>
#include <survival/brier.h>
#include <survival/concordance.h>
#include "pipeline/score.h"

static int fail_with(pn_error *err, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", sv->msg)
                                 : pn_fail(err, PN_EINVAL, "%s", sv->msg);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The first and the last time in days; false: there is no room between them. */
static bool find_span(double span[2], double *scratch, const pn_train_data *d)
{
    size_t events = 0, early = d->events / 20 > 2 ? d->events / 20 : 2, late = d->n / 10 > 2 ? d->n / 10 : 2;
    for (size_t i = 0; i < d->n; i++) {
        if (d->event[i] == 1) { scratch[events++] = d->time_days[i]; }
    }
    if (events < early || d->n < late) { return false; }
    qsort(scratch, events, sizeof *scratch, ascending);
    span[0] = scratch[early - 1];
    for (size_t i = 0; i < d->n; i++) { scratch[i] = d->time_days[i]; }
    qsort(scratch, d->n, sizeof *scratch, ascending);
    span[1] = scratch[d->n - late];
    return span[0] > 0 && span[1] > span[0];
}

static int trace_auc(pn_time_curves *c, const pn_validation *v, const sv_surv *s, pn_error *err)
{
    for (size_t k = 0; k < c->n; k++) {
        sv_auc a;
        sv_error sv = {0};
        if (sv_auc_at(&a, c->years[k] * PN_DAYS_PER_YEAR, v->score, s, &sv) != SV_OK) { return fail_with(err, &sv); }
        c->auc[k] = a.auc;
        sv_index_interval(&c->auc_low[k], &c->auc_high[k], a.auc, a.se);
    }
    return PN_OK;
}

/* The times until which the model predicts, and somebody was watched. */
static size_t predicted(double *t, const pn_time_curves *c, const cfg_model *m, double watched)
{
    size_t n = 0;
    while (n < c->n) {
        t[n] = c->years[n] * PN_DAYS_PER_YEAR;
        if (!isfinite(pn_score_baseline(m, t[n])) || !(t[n] < watched)) { break; }
        n++;
    }
    return n;
}

static int trace_brier(pn_time_curves *c, const cfg_model *m, const pn_validation *v, const sv_surv *s, double watched,
                       pn_error *err)
{
    double t[PN_TIME_POINTS];
    sv_error sv = {0};
    size_t n = predicted(t, c, m, watched);
    double *risk = calloc(s->n * n + 1, sizeof *risk);
    if (risk == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for risks"); }
    for (size_t k = 0; k < n; k++) {
        double h0 = pn_score_baseline(m, t[k]);
        for (size_t i = 0; i < s->n; i++) { risk[i * n + k] = -expm1(-h0 * exp(v->score[i])); }
    }
    int rc = PN_OK;
    if (n > 0 && (sv_brier(c->brier, NULL, risk, t, n, s, &sv) != SV_OK ||
                  sv_brier(c->brier_null, NULL, NULL, t, n, s, &sv) != SV_OK)) {
        rc = fail_with(err, &sv);
    }
    if (rc == PN_OK && n > 1) {
        c->ibs = sv_brier_integrated(c->brier, t, n, SV_IBS_TRAPEZOID);
        c->ibs_null = sv_brier_integrated(c->brier_null, t, n, SV_IBS_TRAPEZOID);
        c->ibs_years = c->years[n - 1];
    }
    free(risk);
    return rc;
}

int pn_time_curves_of(pn_time_curves *out, const cfg_model *m, const pn_train_data *d, const pn_validation *v, pn_error *err)
{
    const sv_surv s = {.n = d->n, .time = d->time_days, .event = d->event};
    pn_time_curves c = {.ibs = NAN, .ibs_null = NAN, .ibs_years = NAN};
    double span[2], watched = 0, *scratch = calloc(d->n + 1, sizeof *scratch);
    if (scratch == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu patients", d->n); }
    if (find_span(span, scratch, d)) { c.n = PN_TIME_POINTS; }
    free(scratch);
    for (size_t i = 0; i < d->n; i++) { watched = fmax(watched, d->time_days[i]); }
    for (size_t k = 0; k < c.n; k++) {
        c.years[k] = (span[0] + (span[1] - span[0]) * (double)k / (PN_TIME_POINTS - 1)) / PN_DAYS_PER_YEAR;
        c.auc[k] = c.auc_low[k] = c.auc_high[k] = c.brier[k] = c.brier_null[k] = NAN;
    }
    int rc = c.n > 0 ? trace_auc(&c, v, &s, err) : PN_OK;
    if (rc == PN_OK && c.n > 0 && m->method == CFG_RISK_COX && m->n_baseline > 0) {
        rc = trace_brier(&c, m, v, &s, watched, err);
    }
    if (rc == PN_OK) { *out = c; }
    return rc;
}
