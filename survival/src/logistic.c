/* logistic.c - logistic regression. */
#include <survival/logistic.h>

#include <math.h>
#include <string.h>
#include <survival/dist.h>

#include "classes.h"
#include "linalg.h"
#include "mem.h"
#include "num.h"

#define MAX_STEPS 200
#define STILL 1e-9                /* no linear predictor moves by more: converged                 */
#define RUNNING 0.1               /* ... by more, while the deviance stands: separated            */
#define NOTHING_LEFT 1e-11        /* of a standardised column's squares beside those before it    */

void sv_logistic_free(sv_logistic *f)
{
    if (f == NULL) { return; }
    free(f->coef);
    free(f->se);
    free(f->z);
    free(f->pvalue);
    free(f->covariance);
    *f = (sv_logistic){ 0 };
}

/* The design: an intercept and the standardised columns that say something of their own. */
typedef struct design {
    size_t n, q, *column;         /* column[k]: the caller's, of design column k >= 1             */
    double *d;                    /* [n][q]                                                       */
    double *centre, *scale;       /* [p]                                                          */
} design;

static void design_free(design *d)
{
    free(d->column);
    free(d->d);
    free(d->centre);
    free(d->scale);
}

static void standardise(design *d, const sv_matrix *x, size_t p)
{
    double n = (double)d->n;
    for (size_t j = 0; j < p; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < d->n; i++) { sum += sv_at(x, i, j); }
        d->centre[j] = sum / n;
        for (size_t i = 0; i < d->n; i++) {
            double v = sv_at(x, i, j) - d->centre[j];
            squares += v * v;
        }
        double sd = sqrt(squares / n);
        d->scale[j] = sd > 1e-14 * fabs(d->centre[j]) ? sd : 0;
    }
}

/* Which columns stay: those with a pivot of their own in the products of all. */
static int design_of(design *d, const sv_matrix *x, sv_error *err)
{
    size_t n = x->rows, p = x->cols, all = p + 1;
    *d = (design){ .n = n, .column = SV_NEW(size_t, all), .centre = SV_NEW(double, p), .scale = SV_NEW(double, p) };
    double *wide = n > SIZE_MAX / all ? NULL : SV_NEW(double, n * all), *gram = SV_NEW(double, all * all);
    double *one = SV_NEW(double, n);
    int rc = d->column && d->centre && d->scale && wide && gram && one ? SV_OK : sv_no_memory(err, "a regression");
    if (rc == SV_OK) {
        standardise(d, x, p);
        for (size_t i = 0; i < n; i++) {
            one[i] = 1 / (double)n;
            wide[i * all] = 1;
            for (size_t j = 0; j < p; j++) {
                wide[i * all + j + 1] = d->scale[j] > 0 ? (sv_at(x, i, j) - d->centre[j]) / d->scale[j] : 0;
            }
        }
        sv_gram_add(gram, all, wide, one, n);
        sv_mirror_upper(gram, all);
        (void)sv_ldl(gram, all, NOTHING_LEFT, NULL);
        for (size_t k = 0; k < all; k++) {
            if (gram[k * all + k] > 0) { d->column[d->q++] = k; }
        }
        d->d = wide;
        for (size_t i = 0; i < n; i++) {            /* close the gaps, in place */
            for (size_t k = 0; k < d->q; k++) { wide[i * d->q + k] = wide[i * all + d->column[k]]; }
        }
    } else {
        free(wide);
    }
    free(gram);
    free(one);
    return rc;
}

/* -2 log likelihood of a row. */
static double row_deviance(double eta, int label)
{
    double t = label == 1 ? -eta : eta;
    return 2 * (t > 0 ? t + log1p(exp(-t)) : log1p(exp(t)));
}

typedef struct newton {
    const design *d;
    const int *label;
    double *beta, *step, *info;   /* [q], [q], [q][q]                                             */
    double *eta, *weight;         /* [n]                                                          */
    double deviance, moved;       /* at beta; the largest |change of eta| by the last step        */
} newton;

static double deviance_at(newton *w, const double *beta)
{
    double sum = 0;
    w->moved = 0;
    for (size_t i = 0; i < w->d->n; i++) {
        double eta = 0;
        for (size_t k = 0; k < w->d->q; k++) { eta += w->d->d[i * w->d->q + k] * beta[k]; }
        w->moved = fmax(w->moved, fabs(eta - w->eta[i]));
        sum += row_deviance(eta, w->label[i]);
        w->weight[i] = eta;                         /* kept till the step is taken */
    }
    return sum;
}

static void information(newton *w)
{
    size_t q = w->d->q;
    memset(w->step, 0, q * sizeof *w->step);
    for (size_t i = 0; i < w->d->n; i++) {
        double mu = 1 / (1 + exp(-w->eta[i])), e = w->label[i] == 1 ? 1 / (1 + exp(w->eta[i])) : -mu;
        w->weight[i] = mu / (1 + exp(w->eta[i]));
        for (size_t k = 0; k < q; k++) { w->step[k] += e * w->d->d[i * q + k]; }
    }
    memset(w->info, 0, q * q * sizeof *w->info);
    sv_gram_add(w->info, q, w->d->d, w->weight, w->d->n);
    sv_mirror_upper(w->info, q);
    (void)sv_ldl(w->info, q, 0, NULL);
}

/* A Newton step, halved until the deviance does not rise; returns by how much it fell. */
static double advance(newton *w, double *trial)
{
    size_t q = w->d->q;
    information(w);
    sv_ldl_solve(w->info, q, w->step);
    double part = 1, deviance = SV_INF;
    for (int halving = 0; halving < 30; halving++, part /= 2) {
        for (size_t k = 0; k < q; k++) { trial[k] = w->beta[k] + part * w->step[k]; }
        deviance = deviance_at(w, trial);
        if (deviance <= w->deviance * (1 + 1e-12)) { break; }
    }
    double fell = w->deviance - deviance;
    memcpy(w->beta, trial, q * sizeof *trial);
    memcpy(w->eta, w->weight, w->d->n * sizeof *w->eta);
    w->deviance = deviance;
    return fell;
}

static sv_logistic_end maximise(newton *w, double *trial, size_t *steps)
{
    w->deviance = deviance_at(w, w->beta);
    for (*steps = 1; *steps <= MAX_STEPS; ++*steps) {
        double fell = advance(w, trial);
        /* with many columns rounding alone moves them by more than STILL */
        bool flat = fell <= 1e-13 * w->deviance && w->moved < 1e-6;
        if (w->moved < STILL || flat) { return SV_LOGISTIC_CONVERGED; }
        if (fell < 1e-9 * (w->deviance + 1e-3) && w->moved > RUNNING) { return SV_LOGISTIC_SEPARATED; }
        if (w->deviance < 1e-8) { return SV_LOGISTIC_SEPARATED; }
    }
    return SV_LOGISTIC_ITERATIONS;
}

/* From the standardised columns' scale to the caller's. m: [q][q] covariance there. */
static void report(sv_logistic *f, const newton *w, double *m)
{
    size_t q = w->d->q, all = f->p + 1;
    const size_t *column = w->d->column;
    for (size_t j = 0; j < all; j++) { f->coef[j] = f->se[j] = f->z[j] = f->pvalue[j] = SV_NAN; }
    double intercept = w->beta[0];
    for (size_t k = 1; k < q; k++) {
        size_t j = column[k] - 1;
        f->coef[j + 1] = w->beta[k] / w->d->scale[j];
        intercept -= f->coef[j + 1] * w->d->centre[j];
    }
    f->coef[0] = intercept;
    /* rows, then columns, by the same linear map */
    for (int turn = 0; turn < 2; turn++) {
        size_t along = turn == 0 ? q : 1, across = turn == 0 ? 1 : q;
        for (size_t c = 0; c < q; c++) {
            for (size_t k = 1; k < q; k++) {
                size_t j = column[k] - 1;
                m[k * along + c * across] /= w->d->scale[j];
                m[c * across] -= m[k * along + c * across] * w->d->centre[j];
            }
        }
    }
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < q; b++) { f->covariance[column[a] * all + column[b]] = m[a * q + b]; }
        size_t j = column[a];
        f->se[j] = sqrt(m[a * q + a]);
        f->z[j] = f->coef[j] / f->se[j];
        f->pvalue[j] = sv_normal_two_sided(f->z[j]);
    }
}

static int check(const sv_matrix *x, const int *label, const char *const *names, size_t *ones, sv_error *err)
{
    int rc = sv_matrix_check(x, x->rows, names, err);
    if (rc != SV_OK) { return rc; }
    if (x->cols > SV_LOGISTIC_MAX_COLUMNS) {
        return sv_fail(err, SV_ELIMIT, "%zu columns, at most %zu are accepted", x->cols, SV_LOGISTIC_MAX_COLUMNS);
    }
    if (x->rows <= x->cols + 1) {
        return sv_fail(err, SV_ETOOSMALL, "%zu rows for %zu columns and an intercept, more rows are needed", x->rows,
                       x->cols);
    }
    return sv_binary_check(ones, label, x->rows, err);
}

static int fit(sv_logistic *f, const design *d, const int *label, sv_error *err)
{
    size_t q = d->q, all = f->p + 1;
    newton w = { .d = d, .label = label, .beta = SV_NEW(double, q), .step = SV_NEW(double, q),
                 .info = SV_NEW(double, q * q), .eta = SV_NEW(double, d->n), .weight = SV_NEW(double, d->n) };
    double *trial = SV_NEW(double, q), *m = SV_NEW(double, q * q);
    f->coef = SV_NEW(double, all);
    f->se = SV_NEW(double, all);
    f->z = SV_NEW(double, all);
    f->pvalue = SV_NEW(double, all);
    f->covariance = SV_NEW(double, all * all);
    bool room = w.beta && w.step && w.info && w.eta && w.weight && trial && m;
    room = room && f->coef && f->se && f->z && f->pvalue && f->covariance;
    int rc = room ? SV_OK : sv_no_memory(err, "a regression");
    if (rc == SV_OK) {
        f->rank = q;
        f->end = maximise(&w, trial, &f->iterations);
        f->deviance = w.deviance;
        f->aic = w.deviance + 2 * (double)q;
        information(&w);
        sv_ldl_inverse(m, w.info, q);
        report(f, &w, m);
    }
    free(w.beta);
    free(w.step);
    free(w.info);
    free(w.eta);
    free(w.weight);
    free(trial);
    free(m);
    return rc;
}

int sv_logistic_fit(sv_logistic *out, const sv_matrix *x, const int *label, const char *const *names, sv_error *err)
{
    size_t ones = 0;
    int rc = check(x, label, names, &ones, err);
    if (rc != SV_OK) { return rc; }
    sv_logistic f = { .n = x->rows, .p = x->cols };
    double n = (double)x->rows, share = (double)ones / n;
    f.null_deviance = -2 * n * (share * log(share) + (1 - share) * log1p(-share));
    design d = { 0 };
    rc = design_of(&d, x, err);
    if (rc == SV_OK) { rc = fit(&f, &d, label, err); }
    design_free(&d);
    if (rc == SV_OK) { *out = f; } else { sv_logistic_free(&f); }
    return rc;
}

int sv_logistic_predict(double *out, const sv_logistic *f, const sv_matrix *x, sv_error *err)
{
    if (x->cols != f->p) {
        return sv_fail(err, SV_EINVAL, "%zu columns, the regression was fitted on %zu", x->cols, f->p);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        double eta = f->coef[0];
        for (size_t j = 0; j < f->p; j++) { eta += isnan(f->coef[j + 1]) ? 0 : f->coef[j + 1] * sv_at(x, i, j); }
        out[i] = 1 / (1 + exp(-eta));
    }
    return rc;
}
