/* finegray.c - proportional subdistribution hazards by Newton's method, and their sandwich variance.
 *
 * One pass a likelihood: at an event time t the risk set is those with T >= t, each counting 1, and those who
 * had another cause before t, each counting G(t-)/G(T-). Of the latter the sum over 1/G(T-) is kept, so G(t-)
 * multiplies once. */
#include <math.h>
#include <string.h>

#include "competing_work.h"
#include "linalg.h"
#include "mem.h"
#include "num.h"

#define MAX_ITER 50
#define CONVERGED 1e-12     /* decrement of Newton's method, in units of the log likelihood */
#define SINGULAR 1.818989403545856e-12
#define ROUNDING 1e-13

typedef struct model {
    size_t n, p, times;
    double *x;              /* [n*p] by time, centred and scaled */
    double *mean, *scale;
    int *kind;              /* [n] by time: 0 censored, 1 the cause, 2 another */
    uint32_t *row_end;      /* [times] rows with this time or an earlier one */
    double *at;             /* [times] */
    double *dead;           /* [times] events of the cause */
    double *before;         /* [times] G just before */
    double *e;              /* [n] e^eta */
    double *s0, *bar;       /* [times], [times*p] sum and mean of the risk set, where dead > 0 */
    double *beta, *score, *info, *ldl, *step, *work;
    double loglik;
} model;

static void model_free(model *m)
{
    free(m->x);
    free(m->mean);
    free(m->scale);
    free(m->kind);
    free(m->row_end);
    free(m->at);
    free(m->dead);
    free(m->before);
    free(m->e);
    free(m->s0);
    free(m->bar);
    free(m->beta);
    free(m->score);
    free(m->info);
    free(m->ldl);
    free(m->step);
    free(m->work);
}

static int model_init(model *m, size_t n, size_t p, size_t times, sv_error *err)
{
    *m = (model){ .n = n, .p = p, .times = times };
    m->x = SV_NEW(double, n * p);
    m->mean = SV_NEW(double, p);
    m->scale = SV_NEW(double, p);
    m->kind = SV_NEW(int, n);
    m->row_end = SV_NEW(uint32_t, times);
    m->at = SV_NEW(double, times);
    m->dead = SV_NEW(double, times);
    m->before = SV_NEW(double, times);
    m->e = SV_NEW(double, n);
    m->s0 = SV_NEW(double, times);
    m->bar = SV_NEW(double, times * p);
    m->beta = SV_NEW(double, p);
    m->score = SV_NEW(double, p);
    m->info = SV_NEW(double, p * p);
    m->ldl = SV_NEW(double, p * p);
    m->step = SV_NEW(double, 2 * p);
    m->work = SV_NEW(double, 2 * p + 2 * p * p);
    if (m->x == NULL || m->mean == NULL || m->scale == NULL || m->kind == NULL || m->row_end == NULL ||
        m->at == NULL || m->dead == NULL || m->before == NULL || m->e == NULL || m->s0 == NULL || m->bar == NULL ||
        m->beta == NULL || m->score == NULL || m->info == NULL || m->ldl == NULL || m->step == NULL ||
        m->work == NULL) {
        return sv_no_memory(err, "the Fine-Gray model");
    }
    return SV_OK;
}

/* Centre and scale, so that one tolerance fits every unit. */
static int standardise(model *m, const char *const *names, sv_error *err)
{
    double n = (double)m->n;
    for (size_t j = 0; j < m->p; j++) {
        double sum = 0, deviation = 0;
        for (size_t i = 0; i < m->n; i++) { sum += m->x[i * m->p + j] / n; }
        for (size_t i = 0; i < m->n; i++) { deviation += fabs(m->x[i * m->p + j] - sum) / n; }
        if (!isfinite(sum) || !isfinite(deviation)) {
            return sv_fail(err, SV_ENUMERIC, "covariate in column %zu holds numbers too large to work with", j);
        }
        if (deviation <= ROUNDING * fabs(sum)) {
            return sv_fail(err, SV_EDATA, "covariate in column %zu%s%s is constant", j, names != NULL ? ", " : "",
                           names != NULL ? names[j] : "");
        }
        m->mean[j] = sum;
        m->scale[j] = 1 / deviation;
        for (size_t i = 0; i < m->n; i++) { m->x[i * m->p + j] = (m->x[i * m->p + j] - sum) * m->scale[j]; }
    }
    return SV_OK;
}

/* Rows in order of time, the times' counts, and G(t-): those who have an event at a time are still at risk of
 * being censored then. */
static void load(model *m, const sv_matrix *x, const sv_competing *c, const sv_times *t, int cause)
{
    for (size_t i = 0; i < m->n; i++) {
        size_t row = t->order[i], k = t->stop[row];
        m->kind[i] = c->cause[row] == 0 ? 0 : c->cause[row] == cause ? 1 : 2;
        m->row_end[k] = (uint32_t)(i + 1);
        m->dead[k] += m->kind[i] == 1;
        m->at[k] = t->value[k];
        for (size_t j = 0; j < m->p; j++) { m->x[i * m->p + j] = sv_at(x, row, j); }
    }
    double g = 1;
    for (size_t k = 0, lo = 0; k < m->times; lo = m->row_end[k++]) {
        double censored = 0;
        for (size_t i = lo; i < m->row_end[k]; i++) { censored += m->kind[i] == 0; }
        m->before[k] = g;
        g *= 1 - censored / (double)(m->n - lo);
    }
}

/* Sums over a set of rows of e^eta times 1, x and x x'. */
typedef struct sums {
    double s0, *s1, *s2;
} sums;

static void add(sums *k, const model *m, size_t i, double weight)
{
    double e = weight * m->e[i];
    const double *x = m->x + i * m->p;
    k->s0 += e;
    for (size_t a = 0; a < m->p; a++) {
        k->s1[a] += e * x[a];
        for (size_t b = a; b < m->p; b++) { k->s2[a * m->p + b] += e * x[a] * x[b]; }
    }
}

static void take_time(model *m, size_t k, size_t lo, const sums *here, const sums *had)
{
    size_t p = m->p;
    double g = m->before[k], d = m->dead[k], s0 = here->s0 + g * had->s0, *bar = m->bar + k * p;
    m->s0[k] = s0;
    m->loglik -= d * log(s0);
    for (size_t a = 0; a < p; a++) { bar[a] = (here->s1[a] + g * had->s1[a]) / s0; }
    for (size_t a = 0; a < p; a++) {
        m->score[a] -= d * bar[a];
        for (size_t b = a; b < p; b++) {
            double v = (here->s2[a * p + b] + g * had->s2[a * p + b]) / s0 - bar[a] * bar[b];
            m->info[a * p + b] += d * v;
        }
    }
    for (size_t i = lo; i < m->row_end[k]; i++) {
        if (m->kind[i] != 1) { continue; }
        m->loglik += log(m->e[i]);
        for (size_t a = 0; a < p; a++) { m->score[a] += m->x[i * p + a]; }
    }
}

/* Log likelihood, score and information at beta; false if one is not finite. Backwards in time `here` grows; the
 * competing rows before t are all of them less those met so far. */
static bool evaluate(model *m, const double *beta)
{
    size_t p = m->p;
    memset(m->work, 0, (2 * p + 2 * p * p) * sizeof *m->work);
    sums here = { 0, m->work, m->work + 2 * p }, had = { 0, m->work + p, m->work + 2 * p + p * p };
    m->loglik = 0;
    memset(m->score, 0, p * sizeof *m->score);
    memset(m->info, 0, p * p * sizeof *m->info);
    for (size_t k = 0, i = 0; k < m->times; k++) {
        for (; i < m->row_end[k]; i++) {
            double eta = 0;
            for (size_t a = 0; a < p; a++) { eta += beta[a] * m->x[i * p + a]; }
            m->e[i] = exp(eta);
            if (m->kind[i] == 2) { add(&had, m, i, 1 / m->before[k]); }
        }
    }
    for (size_t k = m->times; k-- > 0;) {
        size_t lo = k > 0 ? m->row_end[k - 1] : 0;
        for (size_t i = lo; i < m->row_end[k]; i++) {
            add(&here, m, i, 1);
            if (m->kind[i] == 2) { add(&had, m, i, -1 / m->before[k]); }
        }
        if (m->dead[k] > 0) { take_time(m, k, lo, &here, &had); }
    }
    sv_mirror_upper(m->info, p);
    bool finite = isfinite(m->loglik);
    for (size_t a = 0; a < p; a++) { finite = finite && isfinite(m->score[a]) && isfinite(m->info[a * p + a]); }
    return finite;
}

static int factor(model *m, const char *const *names, sv_error *err)
{
    memcpy(m->ldl, m->info, m->p * m->p * sizeof *m->ldl);
    if (sv_ldl(m->ldl, m->p, SINGULAR, NULL) == m->p) { return SV_OK; }
    for (size_t j = 0; j < m->p; j++) {
        if (m->ldl[j * m->p + j] > 0) { continue; }
        return sv_fail(err, SV_EDATA, "covariate in column %zu%s%s is a combination of the columns before it, or "
                       "separates the events", j, names != NULL ? ", " : "", names != NULL ? names[j] : "");
    }
    return sv_fail(err, SV_ENUMERIC, "the information of the model is singular");
}

static int newton(model *m, sv_finegray *out, const char *const *names, sv_error *err)
{
    size_t p = m->p;
    if (!evaluate(m, m->beta)) { return sv_fail(err, SV_ENUMERIC, "the likelihood is not finite at coefficients 0"); }
    out->loglik0 = m->loglik;
    double *step = m->step, *next = m->step + p;
    for (out->iter = 0; out->iter < MAX_ITER; out->iter++) {
        int rc = factor(m, names, err);
        if (rc != SV_OK) { return rc; }
        double decrement = 0, best = m->loglik, share = 1;
        memcpy(step, m->score, p * sizeof *step);
        sv_ldl_solve(m->ldl, p, step);
        for (size_t a = 0; a < p; a++) { decrement += step[a] * m->score[a]; }
        out->converged = decrement <= CONVERGED;
        for (;; share /= 2) {
            for (size_t a = 0; a < p; a++) { next[a] = m->beta[a] + share * step[a]; }
            bool finite = evaluate(m, next);
            if (finite && (out->converged || m->loglik >= best)) { break; }
            if (share < 1e-6) {
                return sv_fail(err, SV_ENUMERIC, "the likelihood of the Fine-Gray model finds no higher value after "
                               "%d steps", out->iter);
            }
        }
        memcpy(m->beta, next, p * sizeof *next);
        if (out->converged) { return factor(m, names, err); }
    }
    return sv_fail(err, SV_ENUMERIC, "the Fine-Gray model did not converge in %d steps: a column may separate the "
                   "events completely", MAX_ITER);
}

/* Integrals over the event times k = 0..: of dH, bar dH, and the same times G(t-); entry k holds the sum before
 * time k, so [times] is the whole. */
typedef struct integrals {
    double *h, *bar, *gh, *gbar;
} integrals;

static void integrate(integrals *s, const model *m)
{
    size_t p = m->p;
    for (size_t k = 0; k < m->times; k++) {
        double dh = m->dead[k] > 0 ? m->dead[k] / m->s0[k] : 0, g = m->before[k];
        s->h[k + 1] = s->h[k] + dh;
        s->gh[k + 1] = s->gh[k] + g * dh;
        for (size_t a = 0; a < p; a++) {
            s->bar[(k + 1) * p + a] = s->bar[k * p + a] + m->bar[k * p + a] * dh;
            s->gbar[(k + 1) * p + a] = s->gbar[k * p + a] + g * m->bar[k * p + a] * dh;
        }
    }
}

/* Score residual of row i, whose time is number k, into r. */
static void residual(double *r, const model *m, const integrals *s, size_t i, size_t k)
{
    size_t p = m->p;
    const double *x = m->x + i * p;
    double later = m->kind[i] == 2 ? (s->gh[m->times] - s->gh[k + 1]) / m->before[k] : 0;
    for (size_t a = 0; a < p; a++) {
        double bar = s->bar[(k + 1) * p + a];
        if (m->kind[i] == 2) { bar += (s->gbar[m->times * p + a] - s->gbar[(k + 1) * p + a]) / m->before[k]; }
        r[a] = -m->e[i] * (x[a] * (s->h[k + 1] + later) - bar);
        if (m->kind[i] == 1) { r[a] += x[a] - m->bar[k * p + a]; }
    }
}

/* meat += sum over rows of (residual + psi)^2, psi what the row adds by its part in G (Fine & Gray 1999, eq. 8):
 * q(u)/Y(u) where it is censored at u, less the integral of q dH_c / Y until its end. */
static void meat_of(double *meat, const model *m, const integrals *s, double *work)
{
    size_t p = m->p, lo = 0;
    double c0 = 0, *c1 = work, *sum = work + p, *q = work + 2 * p, *r = work + 3 * p;
    for (size_t k = 0; k < m->times; k++) {
        double left = (double)(m->n - lo), censored = 0;
        for (size_t i = lo; i < m->row_end[k]; i++) { censored += m->kind[i] == 0; }
        for (size_t a = 0; a < p; a++) {
            q[a] = c1[a] * (s->gh[m->times] - s->gh[k]) - c0 * (s->gbar[m->times * p + a] - s->gbar[k * p + a]);
            sum[a] -= q[a] * censored / (left * left);
        }
        for (size_t i = lo; i < m->row_end[k]; i++) {
            residual(r, m, s, i, k);
            for (size_t a = 0; a < p; a++) { r[a] += sum[a] + (m->kind[i] == 0 ? q[a] / left : 0); }
            for (size_t a = 0; a < p; a++) {
                for (size_t b = 0; b < p; b++) { meat[a * p + b] += r[a] * r[b]; }
            }
        }
        for (; lo < m->row_end[k]; lo++) {
            if (m->kind[lo] != 2) { continue; }
            double w = m->e[lo] / m->before[k];
            c0 += w;
            for (size_t a = 0; a < p; a++) { c1[a] += w * m->x[lo * p + a]; }
        }
    }
}

/* out = inverse meat inverse, all p x p. */
static void sandwich(double *out, const double *inverse, const double *meat, size_t p)
{
    for (size_t a = 0; a < p; a++) {
        for (size_t b = 0; b < p; b++) {
            double v = 0;
            for (size_t i = 0; i < p; i++) {
                for (size_t j = 0; j < p; j++) { v += inverse[a * p + i] * meat[i * p + j] * inverse[j * p + b]; }
            }
            out[a * p + b] = v;
        }
    }
}

static int variance(sv_finegray *out, const model *m, sv_error *err)
{
    size_t p = m->p, wide = (m->times + 1) * p;
    integrals s = { SV_NEW(double, m->times + 1), SV_NEW(double, wide), SV_NEW(double, m->times + 1),
                    SV_NEW(double, wide) };
    double *meat = SV_NEW(double, p * p), *work = SV_NEW(double, 4 * p);
    int rc = s.h == NULL || s.bar == NULL || s.gh == NULL || s.gbar == NULL || meat == NULL || work == NULL
                 ? sv_no_memory(err, "the Fine-Gray model") : SV_OK;
    if (rc == SV_OK) {
        integrate(&s, m);
        meat_of(meat, m, &s, work);
        sv_ldl_inverse(out->naive, m->ldl, p);
        sandwich(out->vcov, out->naive, meat, p);
    }
    free(s.h);
    free(s.bar);
    free(s.gh);
    free(s.gbar);
    free(meat);
    free(work);
    return rc;
}

static int allocate(sv_finegray *out, const model *m, sv_error *err)
{
    size_t p = m->p;
    out->n = m->n;
    out->p = p;
    for (size_t k = 0; k < m->times; k++) {
        out->n_times += m->dead[k] > 0;
        out->n_event += (size_t)m->dead[k];
    }
    out->coef = SV_NEW(double, p);
    out->se = SV_NEW(double, p);
    out->vcov = SV_NEW(double, p * p);
    out->naive = SV_NEW(double, p * p);
    out->time = SV_NEW(double, out->n_times);
    out->cumhaz = SV_NEW(double, out->n_times);
    if (out->coef == NULL || out->se == NULL || out->vcov == NULL || out->naive == NULL || out->time == NULL ||
        out->cumhaz == NULL) {
        return sv_no_memory(err, "the Fine-Gray model");
    }
    return SV_OK;
}

/* Back to the caller's units. */
static void unscale(sv_finegray *out, const model *m)
{
    size_t p = m->p, filled = 0;
    double centre = 0, hazard = 0;
    for (size_t a = 0; a < p; a++) {
        out->coef[a] = m->beta[a] * m->scale[a];
        centre += out->coef[a] * m->mean[a];
        for (size_t b = 0; b < p; b++) {
            out->vcov[a * p + b] *= m->scale[a] * m->scale[b];
            out->naive[a * p + b] *= m->scale[a] * m->scale[b];
        }
        out->se[a] = sqrt(out->vcov[a * p + a]);
    }
    for (size_t k = 0; k < m->times; k++) {
        if (!(m->dead[k] > 0)) { continue; }
        hazard += m->dead[k] / m->s0[k];
        out->time[filled] = m->at[k];
        out->cumhaz[filled++] = hazard * exp(-centre);
    }
    out->loglik = m->loglik;
}

static int check(const sv_matrix *x, const sv_competing *c, int cause, const char *const *names, sv_error *err)
{
    int rc = sv_competing_check(c, 2, err);
    if (rc == SV_OK) { rc = sv_competing_check_cause(cause, err); }
    if (rc == SV_OK) { rc = sv_matrix_check(x, c->n, names, err); }
    if (rc != SV_OK) { return rc; }
    if (x->cols == 0) { return sv_fail(err, SV_EINVAL, "no covariates, expected at least one"); }
    if (x->cols > SV_FINEGRAY_MAX_COLS || x->cols > SIZE_MAX / 16 / (c->n + 1)) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, at most %zu are accepted", x->cols, SV_FINEGRAY_MAX_COLS);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->cause[i] == cause) { return SV_OK; }
    }
    return sv_fail(err, SV_ENOEVENT, "none of the %zu rows has an event of cause %d", c->n, cause);
}

int sv_finegray_fit(sv_finegray *out, const sv_matrix *x, const sv_competing *c, int cause,
                    const char *const *names, sv_error *err)
{
    int rc = check(x, c, cause, names, err);
    if (rc != SV_OK) { return rc; }
    sv_times t = { 0 };
    model m = { 0 };
    sv_finegray f = { 0 };
    rc = sv_competing_rank(&t, c, err);
    if (rc == SV_OK) { rc = model_init(&m, c->n, x->cols, t.n_distinct, err); }
    if (rc == SV_OK) {
        load(&m, x, c, &t, cause);
        rc = standardise(&m, names, err);
    }
    if (rc == SV_OK) { rc = newton(&m, &f, names, err); }
    if (rc == SV_OK) { rc = allocate(&f, &m, err); }
    if (rc == SV_OK) { rc = variance(&f, &m, err); }
    if (rc == SV_OK) { unscale(&f, &m); }
    model_free(&m);
    sv_times_free(&t);
    if (rc != SV_OK) {
        sv_finegray_free(&f);
        return rc;
    }
    *out = f;
    return SV_OK;
}

void sv_finegray_free(sv_finegray *f)
{
    if (f == NULL) { return; }
    free(f->coef);
    free(f->se);
    free(f->vcov);
    free(f->naive);
    free(f->time);
    free(f->cumhaz);
    *f = (sv_finegray){ 0 };
}

double sv_finegray_incidence(const sv_finegray *f, double lp, double t)
{
    double hazard = 0;
    for (size_t k = 0; k < f->n_times && f->time[k] <= t; k++) { hazard = f->cumhaz[k]; }
    return isnan(t) ? SV_NAN : -expm1(-hazard * exp(lp));
}
