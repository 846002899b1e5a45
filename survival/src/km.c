/* km.c - Kaplan-Meier curves and their standard errors. */
#include <survival/km.h>

#include <math.h>
#include <stdint.h>

#include <survival/dist.h>

#include "mem.h"
#include "num.h"
#include "sort.h"
#include "times.h"

/* Sums over the kept rows, by rank of time. */
typedef struct tally {
    size_t m;              /* number of ranks */
    double *event, *censor, *risk;
    uint32_t *n_end, *n_dead;
    double *entry;         /* NULL without start times */
    uint32_t *n_entry;
} tally;

static void tally_free(tally *y)
{
    free(y->event);
    free(y->censor);
    free(y->risk);
    free(y->entry);
    free(y->n_end);
    free(y->n_dead);
    free(y->n_entry);
}

static int tally_init(tally *y, const sv_times *t, sv_error *err)
{
    size_t m = t->n_distinct;
    *y = (tally){ .m = m };
    y->event = SV_NEW(double, m);
    y->censor = SV_NEW(double, m);
    y->risk = SV_NEW(double, m);
    y->n_end = SV_NEW(uint32_t, m);
    y->n_dead = SV_NEW(uint32_t, m);
    y->entry = t->start != NULL ? SV_NEW(double, m) : NULL;
    y->n_entry = t->start != NULL ? SV_NEW(uint32_t, m) : NULL;
    if (y->event == NULL || y->censor == NULL || y->risk == NULL || y->n_end == NULL || y->n_dead == NULL ||
        (t->start != NULL && (y->entry == NULL || y->n_entry == NULL))) {
        return sv_no_memory(err, "the Kaplan-Meier curve");
    }
    return SV_OK;
}

static double weight_of(const sv_surv *s, size_t i) { return s->weight != NULL ? s->weight[i] : 1; }
static bool is_kept(const bool *keep, size_t i) { return keep == NULL || keep[i]; }

static void fill_tally(tally *y, const sv_surv *s, const bool *keep, const sv_times *t)
{
    for (size_t k = 0; k < s->n; k++) {
        size_t i = t->order[k], r = t->stop[i];
        if (!is_kept(keep, i)) { continue; }
        double w = weight_of(s, i);
        y->n_end[r]++;
        if (s->event[i] == 1) {
            y->n_dead[r]++;
            y->event[r] += w;
        } else {
            y->censor[r] += w;
        }
        if (t->start != NULL) {
            y->entry[t->start[i]] += w;
            y->n_entry[t->start[i]]++;
        }
    }
    double ahead = 0; /* weight of those who end at or after r, less those who enter then */
    int64_t n_ahead = 0;
    for (size_t r = y->m; r-- > 0;) {
        double entered = y->entry != NULL ? y->entry[r] : 0;
        n_ahead += (int64_t)y->n_end[r] - (y->n_entry != NULL ? (int64_t)y->n_entry[r] : 0);
        ahead = n_ahead == 0 ? 0 : ahead + (y->event[r] + y->censor[r] - entered);
        y->risk[r] = ahead;
        /* all who are there die: keep n - d from being a rounding remainder */
        if (n_ahead == (int64_t)y->n_dead[r]) { y->risk[r] = y->event[r]; }
    }
}

/* Contributions of weight^2 influence^2 of the rows now watched, as a square in the running sum. */
typedef struct watched {
    double one, a, aa;
} watched;

static void watch(watched *q, double w, double a, double sign)
{
    q->one += sign * w * w;
    q->a += sign * w * w * a;
    q->aa += sign * w * w * a * a;
}

/* A row's derivative grows by alive at every time it survives and by dead at its death. */
typedef struct jumps {
    double *alive, *dead;  /* [m] */
    double *a_start;       /* [n] the running sum at the entry of each row */
    uint32_t *by_start;    /* [n] */
} jumps;

/* var[r] = sum over rows of (weight x derivative by weight)^2. */
static void jackknife(double *var, const tally *y, const jumps *j, const sv_surv *s, const bool *keep,
                      const sv_times *t)
{
    watched q = { 0 };
    double gone = 0, a = 0;
    size_t end = 0, in = 0;
    for (size_t i = 0; t->start == NULL && i < s->n; i++) {
        j->a_start[i] = 0;
        if (is_kept(keep, i)) { watch(&q, weight_of(s, i), 0, 1); }
    }
    for (size_t r = 0; r < y->m; r++) {
        double before = a;
        a += j->alive[r];
        for (; end < s->n && t->stop[t->order[end]] == r; end++) {
            size_t i = t->order[end];
            if (!is_kept(keep, i)) { continue; }
            double w = weight_of(s, i);
            double u = (s->event[i] == 1 ? before + j->dead[r] : a) - j->a_start[i];
            watch(&q, w, j->a_start[i], -1);
            gone += w * w * u * u;
        }
        bool nobody = end == s->n;
        var[r] = gone + (nobody ? 0 : fmax(0, a * a * q.one - 2 * a * q.a + q.aa));
        for (; t->start != NULL && in < s->n && t->start[j->by_start[in]] == r; in++) {
            size_t i = j->by_start[in];
            j->a_start[i] = a;
            if (is_kept(keep, i)) { watch(&q, weight_of(s, i), a, 1); }
        }
    }
}

/* Variances of log S (product) and of the cumulative hazard, by rank, into var_log and var_chaz. */
static int jackknife_both(double *var_log, double *var_chaz, const tally *y, const sv_surv *s,
                          const bool *keep, const sv_times *t, sv_error *err)
{
    jumps j = { SV_NEW(double, y->m), SV_NEW(double, y->m), SV_NEW(double, s->n), SV_NEW(uint32_t, s->n) };
    int rc = SV_OK;
    if (j.alive == NULL || j.dead == NULL || j.a_start == NULL || j.by_start == NULL) {
        rc = sv_no_memory(err, "the jackknife");
    }
    for (size_t i = 0; rc == SV_OK && i < s->n; i++) { j.by_start[i] = (uint32_t)i; }
    if (rc == SV_OK && t->start != NULL) { rc = sv_sort_by_code(j.by_start, t->start, y->m, s->n, err); }
    for (int log_scale = 1; rc == SV_OK && log_scale >= 0; log_scale--) {
        for (size_t r = 0; r < y->m; r++) {
            double n = y->risk[r], d = y->event[r];
            bool any = y->n_dead[r] > 0;
            j.alive[r] = !any ? 0 : d / (log_scale ? n * (n - d) : n * n);
            j.dead[r] = !any ? 0 : log_scale ? -1 / n : -1 / n + d / (n * n);
        }
        jackknife(log_scale ? var_log : var_chaz, y, &j, s, keep, t);
    }
    free(j.alive);
    free(j.dead);
    free(j.a_start);
    free(j.by_start);
    return rc;
}

static void greenwood_both(double *var_log, double *var_chaz, const tally *y)
{
    double log_sum = 0, chaz_sum = 0;
    for (size_t r = 0; r < y->m; r++) {
        double n = y->risk[r], d = y->event[r];
        if (y->n_dead[r] > 0) {
            log_sum += d / (n * (n - d));
            chaz_sum += d / (n * n);
        }
        var_log[r] = log_sum;
        var_chaz[r] = chaz_sum;
    }
}

/* sigma: standard error of log S. */
static void interval(double *lower, double *upper, double s, double sigma, sv_km_ci kind, double z)
{
    double half = z * sigma;
    if (kind == SV_KM_CI_PLAIN) {
        *lower = s > 0 ? fmax(s - half * s, 0) : SV_NAN;
        *upper = s > 0 ? fmin(s + half * s, 1) : SV_NAN;
    } else if (s == 0 || (kind == SV_KM_CI_LOGLOG && s == 1)) {
        *lower = *upper = SV_NAN;
    } else if (kind == SV_KM_CI_LOG) {
        *lower = exp(log(s) - half);
        *upper = fmin(exp(log(s) + half), 1);
    } else {
        double centre = log(-log(s)), width = half / log(s);
        *lower = exp(-exp(centre - width));
        *upper = exp(-exp(centre + width));
    }
}

static void write_curve(sv_km *out, const tally *y, const sv_times *t, const double *var_log,
                        const double *var_chaz, const sv_km_opts *opts)
{
    double surv = 1, cumhaz = 0, z = sv_normal_quantile(0.5 + opts->level / 2);
    size_t k = 0;
    for (size_t r = 0; r < y->m; r++) {
        if (y->n_end[r] == 0) { continue; }
        if (y->n_dead[r] > 0) {
            surv *= 1 - y->event[r] / y->risk[r];
            cumhaz += y->event[r] / y->risk[r];
        }
        bool product = opts->estimator == SV_KM_PRODUCT;
        double sigma = sqrt(product ? var_log[r] : var_chaz[r]);
        out->time[k] = t->value[r];
        out->n_risk[k] = y->risk[r];
        out->n_event[k] = y->event[r];
        out->n_censor[k] = y->censor[r];
        out->surv[k] = product ? surv : exp(-cumhaz);
        out->std_err[k] = out->surv[k] * sigma;
        out->cumhaz[k] = cumhaz;
        out->std_chaz[k] = sqrt(var_chaz[r]);
        interval(&out->lower[k], &out->upper[k], out->surv[k], sigma, opts->ci, z);
        out->rows += y->n_end[r];
        out->events += y->n_dead[r];
        k++;
    }
}

static int allocate_curve(sv_km *out, size_t n, sv_error *err)
{
    *out = (sv_km){ .n = n };
    double **field[] = { &out->time, &out->n_risk, &out->n_event, &out->n_censor, &out->surv,
                         &out->std_err, &out->cumhaz, &out->std_chaz, &out->lower, &out->upper };
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        *field[i] = SV_NEW(double, n);
        if (*field[i] == NULL) {
            sv_km_free(out);
            return sv_no_memory(err, "the Kaplan-Meier curve");
        }
    }
    return SV_OK;
}

static bool wants_jackknife(const sv_surv *s, const sv_km_opts *opts)
{
    if (opts->variance != SV_KM_VAR_AUTO) { return opts->variance == SV_KM_VAR_JACKKNIFE; }
    for (size_t i = 0; s->weight != NULL && i < s->n; i++) {
        if (s->weight[i] != floor(s->weight[i])) { return true; }
    }
    return false;
}

static int fit_ranked(sv_km *out, const sv_surv *s, const bool *keep, const sv_times *t,
                      const sv_km_opts *opts, sv_error *err)
{
    tally y;
    double *var_log = SV_NEW(double, t->n_distinct), *var_chaz = SV_NEW(double, t->n_distinct);
    int rc = tally_init(&y, t, err);
    if (rc == SV_OK && (var_log == NULL || var_chaz == NULL)) {
        rc = sv_no_memory(err, "the Kaplan-Meier curve");
    }
    if (rc == SV_OK) {
        fill_tally(&y, s, keep, t);
        if (wants_jackknife(s, opts)) {
            rc = jackknife_both(var_log, var_chaz, &y, s, keep, t, err);
        } else {
            greenwood_both(var_log, var_chaz, &y);
        }
    }
    size_t n = 0;
    for (size_t r = 0; rc == SV_OK && r < y.m; r++) { n += y.n_end[r] > 0; }
    if (rc == SV_OK) { rc = allocate_curve(out, n, err); }
    if (rc == SV_OK) { write_curve(out, &y, t, var_log, var_chaz, opts); }
    tally_free(&y);
    free(var_log);
    free(var_chaz);
    return rc;
}

static int check_options(const sv_km_opts *opts, sv_error *err)
{
    if (!(opts->level > 0 && opts->level < 1)) {
        return sv_fail(err, SV_EINVAL, "level is %g, expected 0 < level < 1", opts->level);
    }
    if (opts->estimator > SV_KM_EXP_CUMHAZ || opts->ci > SV_KM_CI_PLAIN ||
        opts->variance > SV_KM_VAR_JACKKNIFE) {
        return sv_fail(err, SV_EINVAL, "unknown estimator (%d), interval (%d) or variance (%d)",
                       (int)opts->estimator, (int)opts->ci, (int)opts->variance);
    }
    return SV_OK;
}

static int rank_times(sv_times *t, const sv_surv *s, const sv_km_opts *opts, sv_error *err)
{
    int rc = sv_surv_check(s, 1, err);
    if (rc == SV_OK) { rc = check_options(opts, err); }
    return rc == SV_OK ? sv_times_rank(t, s, err) : rc;
}

int sv_km_fit(sv_km *out, const sv_surv *s, const bool *keep, const sv_km_opts *opts, sv_error *err)
{
    static const sv_km_opts defaults = SV_KM_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) { kept += is_kept(keep, i); }
    if (kept == 0 && s->n > 0) { return sv_fail(err, SV_ETOOSMALL, "none of the %zu rows is kept", s->n); }
    sv_times t = { 0 };
    sv_km km = { 0 };
    int rc = rank_times(&t, s, opts, err);
    if (rc == SV_OK) { rc = fit_ranked(&km, s, keep, &t, opts, err); }
    sv_times_free(&t);
    if (rc == SV_OK) { *out = km; }
    return rc;
}

static int check_groups(const int *group, size_t n, size_t k, sv_error *err)
{
    if (k < 1 || k > SV_KM_MAX_GROUPS) {
        return sv_fail(err, SV_EINVAL, "%zu groups, expected 1 to %zu", k, SV_KM_MAX_GROUPS);
    }
    size_t rows[SV_KM_MAX_GROUPS] = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (group[i] < 0 || (size_t)group[i] >= k) {
            return sv_fail(err, SV_EINVAL, "group[%zu] is %d, expected 0 to %zu", i, group[i], k - 1);
        }
        rows[group[i]]++;
    }
    for (size_t g = 0; g < k; g++) {
        if (rows[g] == 0) { return sv_fail(err, SV_ETOOSMALL, "group %zu has no row", g); }
    }
    return SV_OK;
}

int sv_km_fit_groups(sv_km *out, const sv_surv *s, const int *group, size_t k, const sv_km_opts *opts, sv_error *err)
{
    static const sv_km_opts defaults = SV_KM_OPTS_INIT;
    if (opts == NULL) { opts = &defaults; }
    sv_times t = { 0 };
    int rc = check_groups(group, s->n, k, err);
    if (rc == SV_OK) { rc = rank_times(&t, s, opts, err); }
    if (rc != SV_OK) { return rc; }
    sv_km *km = SV_NEW(sv_km, k);
    bool *keep = SV_NEW(bool, s->n);
    if (km == NULL || keep == NULL) { rc = sv_no_memory(err, "the Kaplan-Meier curves"); }
    for (size_t g = 0; rc == SV_OK && g < k; g++) {
        for (size_t i = 0; i < s->n; i++) { keep[i] = (size_t)group[i] == g; }
        rc = fit_ranked(&km[g], s, keep, &t, opts, err);
    }
    for (size_t g = 0; km != NULL && g < k; g++) {
        if (rc == SV_OK) { out[g] = km[g]; } else { sv_km_free(&km[g]); }
    }
    free(km);
    free(keep);
    sv_times_free(&t);
    return rc;
}

void sv_km_free(sv_km *km)
{
    if (km == NULL) { return; }
    free(km->time);
    free(km->n_risk);
    free(km->n_event);
    free(km->n_censor);
    free(km->surv);
    free(km->std_err);
    free(km->cumhaz);
    free(km->std_chaz);
    free(km->lower);
    free(km->upper);
    *km = (sv_km){ 0 };
}
