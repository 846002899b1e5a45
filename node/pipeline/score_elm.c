#include "pipeline/score_elm.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <survival/dist.h>
#include <survival/elm.h>
#include <survival/km.h>
#include <survival/quantile.h>

_Static_assert(CFG_MAX_ELM_HIDDEN == SV_ELM_MAX_HIDDEN, "a model may have the nodes that a network may have");

static int fail_with(pn_error *err, const cfg_model *m, const sv_error *sv)
{
    return sv->code == SV_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "no memory for the networks")
                                 : pn_fail(err, PN_EINVAL, "the score of model \"%s\": %s", m->id, sv->msg);
}

/* ---- score --------------------------------------------------------------------------------- */

/* What each network says of the patient, and of the patient with one feature at the training mean. */
typedef struct answers {
    size_t rows;                     /* 1 + features                                     */
    double *asked;                   /* [rows][features]                                 */
    double *said;                    /* [networks][rows]                                 */
    double *patient;                 /* [networks]: of row 0                             */
} answers;

static int make_room(answers *a, const cfg_model *m, const double *z, pn_error *err)
{
    const size_t p = m->n_features, n = m->elm.n_networks;
    a->rows = p + 1;
    a->asked = calloc(a->rows * p, sizeof *a->asked);
    a->said = calloc(n * a->rows, sizeof *a->said);
    a->patient = calloc(n, sizeof *a->patient);
    if (a->asked == NULL || a->said == NULL || a->patient == NULL) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu networks", n);
    }
    for (size_t i = 0; i < a->rows; i++) { memcpy(a->asked + i * p, z, p * sizeof *z); }
    for (size_t j = 0; j < p; j++) { a->asked[(j + 1) * p + j] = 0; }
    return PN_OK;
}

static int ask_networks(answers *a, const cfg_model *m, pn_error *err)
{
    const sv_matrix rows = sv_matrix_rowmajor(a->asked, a->rows, m->n_features);
    for (size_t k = 0; k < m->elm.n_networks; k++) {
        const cfg_elm_network *from = &m->elm.networks[k];
        sv_elm network;
        sv_error sv = {0};
        if (sv_elm_restore(&network, m->n_features, m->elm.hidden, from->seed, from->beta, &sv) != SV_OK) {
            return fail_with(err, m, &sv);
        }
        int rc = sv_elm_score(a->said + k * a->rows, &network, &rows, &sv);
        sv_elm_free(&network);
        if (rc != SV_OK) { return fail_with(err, m, &sv); }
        a->patient[k] = a->said[k * a->rows];
    }
    return PN_OK;
}

/* As sv_elm_committee has it, in its order. */
static double mean_of(const answers *a, size_t row, size_t networks)
{
    double sum = 0;
    for (size_t k = 0; k < networks; k++) { sum += a->said[k * a->rows + row]; }
    return sum / (double)networks;
}

/* The middle 95 % of the networks: how much the answer hangs on the seed, and nothing else. */
static int take_spread(pn_score_result *r, const cfg_model *m, const answers *a, pn_error *err)
{
    static const double ends[] = {0.025, 0.975};
    const size_t n = m->elm.n_networks;
    double q[2];
    size_t agree = 0;
    sv_error sv = {0};
    if (n < 2) { return PN_OK; }
    if (sv_quantile(q, a->patient, n, ends, 2, &sv) != SV_OK) { return fail_with(err, m, &sv); }
    r->interval = (pn_interval){q[0], q[1]};
    for (size_t k = 0; k < n; k++) { agree += (a->patient[k] > m->cutpoint) == r->high_risk; }
    r->group_agreement = (double)agree / (double)n;
    return PN_OK;
}

int pn_score_committee(pn_score_result *r, const cfg_model *m, const double *z, pn_error *err)
{
    const size_t n = m->elm.n_networks;
    answers a = {0};
    int rc = make_room(&a, m, z, err);
    if (rc == PN_OK) { rc = ask_networks(&a, m, err); }
    if (rc == PN_OK) {
        r->lp = mean_of(&a, 0, n);
        if (!isfinite(r->lp)) { rc = pn_fail(err, PN_EINVAL, "the score of model \"%s\" is not finite", m->id); }
    }
    if (rc == PN_OK) {
        r->high_risk = r->lp > m->cutpoint;
        for (size_t j = 0; j < r->n_drivers; j++) { r->drivers[j].contribution = r->lp - mean_of(&a, j + 1, n); }
        rc = take_spread(r, m, &a, err);
    }
    free(a.asked);
    free(a.said);
    free(a.patient);
    return rc;
}

/* ---- survival -------------------------------------------------------------------------------- */

/* Limits of the curve as survival/km.h has them (log), by Greenwood's variance: the share d/n that
 * had the event at a time is 1 - S after it / S before it. */
static void find_limits(double *lower, double *upper, const cfg_km_curve *c)
{
    const double z = sv_normal_quantile(0.975);
    double before = 1, variance = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double s = c->survival[i], share = before > 0 ? 1 - s / before : 0;
        if (share > 0) { variance += share / (c->n_risk[i] * (1 - share)); }
        const double reach = exp(z * sqrt(variance));
        lower[i] = s > 0 && isfinite(reach) ? s / reach : (double)NAN;
        upper[i] = s > 0 && isfinite(reach) ? fmin(s * reach, 1) : (double)NAN;
        before = s;
    }
}

int pn_score_group_survival(pn_score_result *r, const cfg_model *m, pn_error *err)
{
    const cfg_km_curve *c = cfg_model_curve(m, pn_score_group(r->high_risk));
    r->n_survival = m->n_horizons;
    for (size_t h = 0; h < m->n_horizons; h++) {
        r->survival[h] = (pn_report_survival){m->horizon_years[h], NAN, {NAN, NAN}};
    }
    if (c == NULL || c->n == 0 || m->n_horizons == 0) { return PN_OK; }
    double *limits = calloc(2 * c->n, sizeof *limits);
    if (limits == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a curve"); }
    find_limits(limits, limits + c->n, c);
    const sv_km km = {.n = c->n, .time = c->time_days, .surv = c->survival, .lower = limits,
                      .upper = limits + c->n};
    for (size_t h = 0; h < m->n_horizons; h++) {
        const sv_km_estimate e = sv_km_at(&km, m->horizon_years[h] * PN_DAYS_PER_YEAR);
        r->survival[h].probability = e.value;
        r->survival[h].interval = (pn_interval){e.lower, e.upper};
    }
    free(limits);
    return PN_OK;
}
