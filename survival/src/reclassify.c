#include <survival/reclassify.h>

#include <math.h>
#include <string.h>

#include <survival/bootstrap.h>
#include <survival/censoring.h>
#include <survival/km.h>
#include <survival/rng.h>

#include "mem.h"
#include "num.h"

/* What is looked at, in one order for estimate and replicates. */
typedef enum value_of {
    CATEGORY_EVENT, CATEGORY_NONEVENT, CATEGORY_TOTAL, ANY_EVENT, ANY_NONEVENT, ANY_TOTAL,
    IDI_EVENT, IDI_NONEVENT, IDI_TOTAL, N_VALUES
} value_of;

static size_t category_of(double risk, const sv_reclassify_opts *o)
{
    size_t k = 0;
    while (k < o->n_limits && risk >= o->limits[k]) { k++; }
    return k;
}

/* 1 - S(t) of the rows kept; 0 where there is none; NaN where none was watched until t. */
static int events_by(double *out, const sv_surv *s, const bool *keep, size_t kept, double t, sv_error *err)
{
    *out = 0;
    if (kept == 0) { return SV_OK; }
    sv_km km;
    int rc = sv_km_fit(&km, s, keep, NULL, err);
    if (rc != SV_OK) { return rc; }
    double last = km.surv[km.n - 1];
    *out = t > km.time[km.n - 1] && !(last > 0) ? 1 : 1 - sv_km_at(&km, t).value;
    sv_km_free(&km);
    return SV_OK;
}

/* move[i]: above 0 up, below 0 down. Parts into v[0..3); the numbers moved into up and down. */
static int net(double *v, size_t *up, size_t *down, const int *move, bool *keep, double all, const sv_surv *s, double t,
               sv_error *err)
{
    double event[2], share[2], n = (double)s->n;
    for (int way = 0; way < 2; way++) {
        size_t kept = 0;
        for (size_t i = 0; i < s->n; i++) {
            keep[i] = way == 0 ? move[i] > 0 : move[i] < 0;
            kept += keep[i];
        }
        int rc = events_by(&event[way], s, keep, kept, t, err);
        if (rc != SV_OK) { return rc; }
        *(way == 0 ? up : down) = kept;
        share[way] = (double)kept / n;
    }
    v[0] = all > 0 ? (event[0] * share[0] - event[1] * share[1]) / all : SV_NAN;
    v[1] = all < 1 ? ((1 - event[1]) * share[1] - (1 - event[0]) * share[0]) / (1 - all) : SV_NAN;
    v[2] = v[0] + v[1];
    return SV_OK;
}

static int idi(double *v, const double *old_risk, const double *new_risk, const sv_surv *s, double t, sv_error *err)
{
    sv_censoring c;
    int rc = sv_censoring_fit(&c, s, err);
    if (rc != SV_OK) { return rc; }
    double rise = 0, weight = 0, rise_none = 0, none = 0;
    for (size_t i = 0; i < s->n; i++) {
        double d = new_risk[i] - old_risk[i];
        if (s->time[i] > t) {
            rise_none += d;
            none++;
        } else if (s->event[i]) {
            rise += d / c.before[i];
            weight += 1 / c.before[i];
        }
    }
    sv_censoring_free(&c);
    v[0] = weight > 0 ? rise / weight : SV_NAN;
    v[1] = none > 0 ? rise_none / none : SV_NAN;
    v[2] = v[0] - v[1];
    return SV_OK;
}

/* The N_VALUES of these rows. */
static int measure(double *v, sv_reclassification *counts, const double *old_risk, const double *new_risk,
                   const sv_surv *s, const sv_reclassify_opts *o, sv_error *err)
{
    int *move = SV_NEW(int, s->n);
    bool *keep = SV_NEW(bool, s->n);
    double all = 0;
    int rc = move == NULL || keep == NULL ? sv_no_memory(err, "those who move") : SV_OK;
    for (size_t k = 0; k < N_VALUES; k++) { v[k] = SV_NAN; }
    if (rc == SV_OK) { rc = events_by(&all, s, NULL, s->n, o->t, err); }
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) {
        size_t from = category_of(old_risk[i], o), to = category_of(new_risk[i], o);
        move[i] = (to > from) - (to < from);
        counts->moved[from][to]++;
    }
    if (rc == SV_OK && o->n_limits > 0) {
        rc = net(v + CATEGORY_EVENT, &counts->category.up, &counts->category.down, move, keep, all, s, o->t, err);
    }
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) {
        move[i] = (new_risk[i] > old_risk[i]) - (new_risk[i] < old_risk[i]);
    }
    if (rc == SV_OK) { rc = net(v + ANY_EVENT, &counts->any.up, &counts->any.down, move, keep, all, s, o->t, err); }
    if (rc == SV_OK) { rc = idi(v + IDI_EVENT, old_risk, new_risk, s, o->t, err); }
    free(move);
    free(keep);
    return rc;
}

/* ---- Bootstrap --------------------------------------------------------------------------------- */

/* Rows drawn again. */
typedef struct draw {
    double *time, *old_risk, *new_risk;
    int *event;
    sv_reclassification counts;     /* of no use, but measure() wants to count */
} draw;

static void draw_free(draw *d)
{
    free(d->time);
    free(d->old_risk);
    free(d->new_risk);
    free(d->event);
}

static int draw_make(draw *d, size_t n, sv_error *err)
{
    *d = (draw){ .time = SV_NEW(double, n), .old_risk = SV_NEW(double, n), .new_risk = SV_NEW(double, n),
                 .event = SV_NEW(int, n) };
    bool room = d->time != NULL && d->old_risk != NULL && d->new_risk != NULL && d->event != NULL;
    return room ? SV_OK : sv_no_memory(err, "the replicates");
}

static int replicate(double *v, draw *d, size_t b, const double *old_risk, const double *new_risk, const sv_surv *s,
                     const sv_reclassify_opts *o, sv_error *err)
{
    sv_rng rng = sv_rng_stream(o->seed, b);
    for (size_t i = 0; i < s->n; i++) {
        size_t from = (size_t)sv_rng_below(&rng, s->n);
        d->time[i] = s->time[from];
        d->event[i] = s->event[from];
        d->old_risk[i] = old_risk[from];
        d->new_risk[i] = new_risk[from];
    }
    const sv_surv drawn = { .n = s->n, .time = d->time, .event = d->event };
    return measure(v, &d->counts, d->old_risk, d->new_risk, &drawn, o, err);
}

static int intervals(sv_reclassify_value *const *target, const double *estimate, const double *old_risk,
                     const double *new_risk, size_t *failed, const sv_surv *s, const sv_reclassify_opts *o,
                     sv_error *err)
{
    draw d = { 0 };
    double v[N_VALUES], ci[2], *all = SV_NEW(double, o->replicates * N_VALUES);
    size_t n = 0;
    int rc = all == NULL ? sv_no_memory(err, "the replicates") : draw_make(&d, s->n, err);
    for (size_t b = 0; rc == SV_OK && b < o->replicates; b++) {
        rc = replicate(v, &d, b, old_risk, new_risk, s, o, err);
        bool complete = true;                /* in what the estimate has */
        for (size_t k = 0; k < N_VALUES; k++) { complete = complete && (isfinite(v[k]) || !isfinite(estimate[k])); }
        if (!complete) { continue; }
        for (size_t k = 0; k < N_VALUES; k++) { all[k * o->replicates + n] = v[k]; }
        n++;
    }
    *failed = o->replicates - n;
    for (size_t k = 0; rc == SV_OK && n > 0 && k < N_VALUES; k++) {
        if (!isfinite(estimate[k])) { continue; }
        rc = sv_bootstrap_interval(ci, all + k * o->replicates, n, estimate[k], o->level, err);
        target[k]->low = ci[0];
        target[k]->high = ci[1];
    }
    draw_free(&d);
    free(all);
    return rc;
}

/* ---- All --------------------------------------------------------------------------------------- */

static int check_options(const sv_reclassify_opts *o, sv_error *err)
{
    if (!(isfinite(o->t) && o->t > 0)) { return sv_fail(err, SV_EINVAL, "time is %g, expected more than 0", o->t); }
    if (o->n_limits > SV_RECLASSIFY_MAX_LIMITS || o->replicates > SV_MAX_REPLICATES) {
        return sv_fail(err, SV_EINVAL, "%zu category limits and %zu replicates, expected at most %zu and %zu",
                       o->n_limits, o->replicates, SV_RECLASSIFY_MAX_LIMITS, SV_MAX_REPLICATES);
    }
    if (o->replicates > 0 && !(o->level > 0 && o->level < 1)) {
        return sv_fail(err, SV_EINVAL, "level is %g, expected 0 < level < 1", o->level);
    }
    for (size_t k = 0; k < o->n_limits; k++) {
        if (!(o->limits[k] > (k > 0 ? o->limits[k - 1] : 0) && o->limits[k] < 1)) {
            return sv_fail(err, SV_EINVAL, "category limit %zu is %g, expected ascending numbers inside 0 to 1", k,
                           o->limits[k]);
        }
    }
    return SV_OK;
}

static int check_risks(const double *risk, const char *which, size_t n, sv_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(risk[i] >= 0 && risk[i] <= 1)) {
            return sv_fail(err, SV_EDATA, "%s risk of row %zu is %g, expected 0 to 1", which, i, risk[i]);
        }
    }
    return SV_OK;
}

int sv_reclassify(sv_reclassification *out, const double *old_risk, const double *new_risk, const sv_surv *s,
                  const sv_reclassify_opts *o, sv_error *err)
{
    int rc = check_options(o, err);
    if (rc == SV_OK) { rc = sv_surv_check(s, 1, err); }
    if (rc == SV_OK && (s->start != NULL || s->weight != NULL || s->stratum != NULL)) {
        rc = sv_fail(err, SV_EINVAL, "reclassification is defined here for data without start times, weights and "
                     "strata");
    }
    if (rc == SV_OK) { rc = check_risks(old_risk, "old", s->n, err); }
    if (rc == SV_OK) { rc = check_risks(new_risk, "new", s->n, err); }
    if (rc != SV_OK) { return rc; }
    sv_reclassification r = { 0 };
    sv_reclassify_value *const target[N_VALUES] = {
        &r.category.event, &r.category.nonevent, &r.category.total, &r.any.event, &r.any.nonevent, &r.any.total,
        &r.idi_event, &r.idi_nonevent, &r.idi };
    double v[N_VALUES];
    rc = measure(v, &r, old_risk, new_risk, s, o, err);
    for (size_t k = 0; k < N_VALUES; k++) { *target[k] = (sv_reclassify_value){ v[k], SV_NAN, SV_NAN }; }
    if (rc == SV_OK && o->replicates > 0) {
        rc = intervals(target, v, old_risk, new_risk, &r.failed, s, o, err);
    }
    if (rc == SV_OK) { *out = r; }
    return rc;
}
