/* combat.c - fit, extend and apply the harmonisation of batches. */
#include <survival/combat.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "combat.h"
#include "linalg.h"
#include "mem.h"
#include "sort.h"

#define MAX_COVARIATES 100
/* Below this share of its variance, what batches and earlier covariates leave of one is rounding. */
#define NOTHING_LEFT 1e-10

void sv_combat_free(sv_combat *c)
{
    if (c == NULL) { return; }
    free(c->batch);
    free(c->grand);
    free(c->scale);
    free(c->beta);
    free(c->gamma);
    free(c->delta);
    free(c->untouched);
    *c = (sv_combat){ 0 };
}

/* Rows by batch. */
typedef struct batches {
    size_t n, k;
    uint32_t *code;               /* [n] 0..k-1                                                   */
    double *size;                 /* [k]                                                          */
    int *label;                   /* [k]                                                          */
} batches;

static void batches_free(batches *b)
{
    free(b->code);
    free(b->size);
    free(b->label);
}

static int batches_of(batches *b, const int *batch, size_t n, sv_error *err)
{
    *b = (batches){ .n = n, .code = SV_NEW(uint32_t, n) };
    int rc = b->code != NULL ? sv_dense_code(b->code, &b->k, batch, n, err) : sv_no_memory(err, "batches");
    if (rc == SV_OK) {
        b->size = SV_NEW(double, b->k);
        b->label = SV_NEW(int, b->k);
        if (b->size == NULL || b->label == NULL) { rc = sv_no_memory(err, "batches"); }
    }
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        b->size[b->code[i]]++;
        b->label[b->code[i]] = batch[i];
    }
    return rc;
}

/* mean[g]: the column's mean in batch g, less the column's own mean `centre`. */
static void batch_means(double *mean, double *centre, const sv_matrix *x, size_t col, const batches *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->n; i++) { sum += sv_at(x, i, col); }
    *centre = sum / (double)b->n;
    memset(mean, 0, b->k * sizeof *mean);
    for (size_t i = 0; i < b->n; i++) { mean[b->code[i]] += sv_at(x, i, col) - *centre; }
    for (size_t g = 0; g < b->k; g++) { mean[g] /= b->size[g]; }
}

/* What regression on batches leaves of the covariates, each of length 1 before: c[i * q + j], and the
 * factors of its products. */
typedef struct within {
    size_t q;
    double *c, *ldl, *length;     /* [n][q], [q][q], [q]                                          */
} within;

static void within_free(within *w)
{
    free(w->c);
    free(w->ldl);
    free(w->length);
}

static int name_covariate(size_t j, const char *const *names, const char *what, sv_error *err)
{
    return sv_fail(err, SV_EDATA, "covariate %zu%s%.80s%s %s", j, names != NULL ? " (" : "",
                   names != NULL ? names[j] : "", names != NULL ? ")" : "", what);
}

static int fill_within(within *w, double *mean, const batches *b, const sv_matrix *cov, const char *const *names,
                       sv_error *err)
{
    for (size_t j = 0; j < w->q; j++) {
        double centre, total = 0, size = 0;
        batch_means(mean, &centre, cov, j, b);
        for (size_t i = 0; i < b->n; i++) {
            double d = sv_at(cov, i, j) - centre;
            total += d * d;
            size = fmax(size, fabs(sv_at(cov, i, j)));
            w->c[i * w->q + j] = d - mean[b->code[i]];
        }
        w->length[j] = sqrt(total);
        if (!(w->length[j] > 1e-14 * size)) { return name_covariate(j, names, "is constant", err); }
        for (size_t i = 0; i < b->n; i++) { w->c[i * w->q + j] /= w->length[j]; }
    }
    return SV_OK;
}

static int within_of(within *w, const batches *b, const sv_matrix *cov, const char *const *names, sv_error *err)
{
    size_t q = cov == NULL ? 0 : cov->cols;
    *w = (within){ .q = q };
    if (q == 0) { return SV_OK; }
    if (q > MAX_COVARIATES) {
        return sv_fail(err, SV_ELIMIT, "%zu covariates, at most %d are accepted", q, MAX_COVARIATES);
    }
    int rc = sv_matrix_check(cov, b->n, names, err);
    if (rc != SV_OK) { return rc; }
    double *mean = SV_NEW(double, b->k), *one = SV_NEW(double, b->n);
    w->c = SV_NEW(double, b->n * q);
    w->ldl = SV_NEW(double, q * q);
    w->length = SV_NEW(double, q);
    rc = mean && one && w->c && w->ldl && w->length ? fill_within(w, mean, b, cov, names, err)
                                                     : sv_no_memory(err, "covariates");
    if (rc == SV_OK) {
        for (size_t i = 0; i < b->n; i++) { one[i] = 1; }
        sv_gram_add(w->ldl, q, w->c, one, b->n);
        sv_mirror_upper(w->ldl, q);
        double floor[MAX_COVARIATES];
        for (size_t j = 0; j < q; j++) { floor[j] = NOTHING_LEFT; }
        (void)sv_ldl(w->ldl, q, 0, floor);
        for (size_t j = 0; rc == SV_OK && j < q; j++) {
            if (w->ldl[j * q + j] > 0) { continue; }
            rc = name_covariate(j, names, "follows from the batches and the covariates before it: their effects cannot "
                                "be told apart", err);
        }
    }
    free(mean);
    free(one);
    return rc;
}

int sv_combat_check(const int *batch, size_t n, const sv_matrix *covariates, const char *const *names, sv_error *err)
{
    batches b;
    within w = { 0 };
    int rc = batches_of(&b, batch, n, err);
    if (rc == SV_OK) { rc = within_of(&w, &b, covariates, names, err); }
    within_free(&w);
    batches_free(&b);
    return rc;
}

static int check(const sv_combat_opts *o, sv_error *err)
{
    if (!(o->tolerance > 0) || o->max_iterations < 1) {
        return sv_fail(err, SV_EINVAL, "tolerance is %g and max_iterations %zu, expected more than 0", o->tolerance,
                       o->max_iterations);
    }
    return SV_OK;
}

/* The reference's place among the batches; k without one. */
static int find_reference(size_t *at, const batches *b, const sv_combat_opts *o, sv_error *err)
{
    *at = b->k;
    for (size_t g = 0; g < b->k; g++) {
        if (b->size[g] < 2 && !o->mean_only) {
            return sv_fail(err, SV_ETOOSMALL, "batch %d has 1 row, at least 2 are needed to see its variance",
                           b->label[g]);
        }
        if (o->reference != NULL && b->label[g] == *o->reference) { *at = g; }
    }
    if (o->reference != NULL && *at == b->k) {
        return sv_fail(err, SV_EINVAL, "reference is batch %d, which has no rows", *o->reference);
    }
    if (o->reference == NULL && b->k < 2) {
        return sv_fail(err, SV_ETOOSMALL, "%zu batch, at least 2 are needed without a reference", b->k);
    }
    return SV_OK;
}

static int reserve(sv_combat *c, size_t p, size_t q, size_t k, sv_error *err)
{
    bool fits = p <= SIZE_MAX / (k + q + 1);
    *c = (sv_combat){ .p = p, .covariates = q, .batches = k };
    c->batch = SV_NEW(int, k);
    c->grand = SV_NEW(double, p);
    c->scale = SV_NEW(double, p);
    c->untouched = SV_NEW(unsigned char, p);
    c->beta = fits ? SV_NEW(double, q * p) : NULL;
    c->gamma = fits ? SV_NEW(double, k * p) : NULL;
    c->delta = fits ? SV_NEW(double, k * p) : NULL;
    bool all = c->batch && c->grand && c->scale && c->untouched && c->beta && c->gamma && c->delta;
    return all ? SV_OK : sv_no_memory(err, "a harmonisation");
}

/* Do the rows of a batch all have one value? A batch of a single row says nothing about that. */
static bool constant_in_a_batch(const sv_matrix *x, size_t col, const batches *b, double *first, unsigned char *differs)
{
    memset(differs, 0, b->k);
    for (size_t i = b->n; i-- > 0;) { first[b->code[i]] = sv_at(x, i, col); }
    for (size_t i = 0; i < b->n; i++) {
        if (sv_at(x, i, col) != first[b->code[i]]) { differs[b->code[i]] = 1; }
    }
    for (size_t g = 0; g < b->k; g++) {
        if (!differs[g] && b->size[g] > 1) { return true; }
    }
    return false;
}

/* Least squares of a feature on batches and covariates: slopes by what the batches leave of both,
 * then the batches' own levels. */
static void fit_feature(sv_combat *c, const sv_matrix *x, size_t col, const batches *b, const within *w,
                        const sv_matrix *cov, size_t reference, double *mean, double *cov_mean, double *slope)
{
    double centre, squares = 0, rows = 0, size = 0;
    batch_means(mean, &centre, x, col, b);
    memset(slope, 0, (w->q + 1) * sizeof *slope);
    for (size_t i = 0; i < b->n; i++) {
        double d = sv_at(x, i, col) - centre - mean[b->code[i]];
        for (size_t j = 0; j < w->q; j++) { slope[j] += w->c[i * w->q + j] * d; }
    }
    if (w->q > 0) { sv_ldl_solve(w->ldl, w->q, slope); }
    for (size_t i = 0; i < b->n; i++) {
        double r = sv_at(x, i, col) - centre - mean[b->code[i]];
        size = fmax(size, fabs(sv_at(x, i, col)));
        for (size_t j = 0; j < w->q; j++) { r -= w->c[i * w->q + j] * slope[j]; }
        if (reference < b->k && b->code[i] != reference) { continue; }
        squares += r * r;
        rows++;
    }
    c->scale[col] = sqrt(squares / rows);
    if (!(c->scale[col] > 1e-14 * size)) { c->untouched[col] = 1; }
    double level = 0, at_zero = 0;
    for (size_t g = 0; g < b->k; g++) {
        double share = reference < b->k ? g == reference : b->size[g] / (double)b->n;
        level += share * mean[g];
    }
    for (size_t j = 0; j < w->q; j++) {
        double s = slope[j] / w->length[j], where = 0;
        double cov_centre;
        batch_means(cov_mean, &cov_centre, cov, j, b);
        for (size_t g = 0; g < b->k; g++) {
            double share = reference < b->k ? g == reference : b->size[g] / (double)b->n;
            where += share * (cov_centre + cov_mean[g]);
        }
        c->beta[j * c->p + col] = s;
        at_zero += s * where;
    }
    c->grand[col] = centre + level - at_zero;
}

/* z[row * p + feature], of the rows i with code[i] == g, or of all where code is NULL. */
static void standardise(double *z, const sv_combat *c, const sv_matrix *x, const sv_matrix *cov, const uint32_t *code,
                        size_t g)
{
    for (size_t i = 0; i < x->rows; i++) {
        if (code != NULL && code[i] != g) { continue; }
        for (size_t f = 0; f < c->p; f++) {
            double expected = c->grand[f];
            for (size_t j = 0; j < c->covariates; j++) { expected += sv_at(cov, i, j) * c->beta[j * c->p + f]; }
            *z++ = c->untouched[f] ? 0 : (sv_at(x, i, f) - expected) / c->scale[f];
        }
    }
}

static int fit_effects(sv_combat *c, const sv_matrix *x, const sv_matrix *cov, const batches *b, size_t reference,
                       const sv_combat_opts *o, sv_error *err)
{
    double *z = x->rows > SIZE_MAX / c->p ? NULL : SV_NEW(double, x->rows * c->p);
    unsigned char *use = SV_NEW(unsigned char, c->p);
    int rc = z && use ? SV_OK : sv_no_memory(err, "standardised features");
    for (size_t f = 0; rc == SV_OK && f < c->p; f++) { use[f] = !c->untouched[f]; }
    for (size_t g = 0; rc == SV_OK && g < b->k; g++) {
        double *gamma = c->gamma + g * c->p, *delta = c->delta + g * c->p;
        c->batch[g] = b->label[g];
        for (size_t f = 0; f < c->p; f++) { delta[f] = 1; }
        if (g == reference) { continue; }
        standardise(z, c, x, cov, b->code, g);
        rc = sv_combat_shrink(gamma, delta, z, (size_t)b->size[g], c->p, use, o, err);
    }
    free(z);
    free(use);
    return rc;
}

int sv_combat_fit(sv_combat *out, const sv_matrix *x, const int *batch, const sv_matrix *covariates,
                  const sv_combat_opts *opts, sv_error *err)
{
    int rc = check(opts, err);
    if (rc == SV_OK) { rc = sv_matrix_check(x, x->rows, NULL, err); }
    if (rc != SV_OK) { return rc; }
    batches b;
    within w = { 0 };
    sv_combat c = { 0 };
    double *mean = NULL, *cov_mean = NULL, *slope = NULL;
    unsigned char *differs = NULL;
    size_t reference = 0;
    rc = batches_of(&b, batch, x->rows, err);
    if (rc == SV_OK) { rc = find_reference(&reference, &b, opts, err); }
    if (rc == SV_OK) { rc = within_of(&w, &b, covariates, opts->names, err); }
    if (rc == SV_OK && b.n <= b.k + w.q) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu rows for %zu batches and %zu covariates, more rows are needed", b.n, b.k,
                     w.q);
    }
    if (rc == SV_OK) { rc = reserve(&c, x->cols, w.q, b.k, err); }
    if (rc == SV_OK) {
        mean = SV_NEW(double, b.k);
        cov_mean = SV_NEW(double, b.k);
        slope = SV_NEW(double, w.q + 1);
        differs = SV_NEW(unsigned char, b.k);
        if (!mean || !cov_mean || !slope || !differs) { rc = sv_no_memory(err, "a harmonisation"); }
    }
    for (size_t f = 0; rc == SV_OK && f < c.p; f++) {
        c.untouched[f] = constant_in_a_batch(x, f, &b, mean, differs);
        fit_feature(&c, x, f, &b, &w, covariates, reference, mean, cov_mean, slope);
    }
    if (rc == SV_OK) { rc = fit_effects(&c, x, covariates, &b, reference, opts, err); }
    if (rc == SV_OK) { *out = c; } else { sv_combat_free(&c); }
    free(mean);
    free(cov_mean);
    free(slope);
    free(differs);
    within_free(&w);
    batches_free(&b);
    return rc;
}

/* ---- frozen ---------------------------------------------------------------------------------- */

static int check_shape(const sv_combat *c, const sv_matrix *x, const sv_matrix *cov, sv_error *err)
{
    size_t q = cov == NULL ? 0 : cov->cols;
    if (x->cols != c->p || q != c->covariates) {
        return sv_fail(err, SV_EINVAL, "%zu features and %zu covariates, the harmonisation was fitted on %zu and %zu",
                       x->cols, q, c->p, c->covariates);
    }
    int rc = sv_matrix_check(x, x->rows, NULL, err);
    return rc == SV_OK && q > 0 ? sv_matrix_check(cov, x->rows, NULL, err) : rc;
}

static size_t find_batch(const sv_combat *c, int batch)
{
    size_t g = 0;
    while (g < c->batches && c->batch[g] != batch) { g++; }
    return g;
}

/* The same with room for one batch more behind those there are. */
static int grown(sv_combat *big, const sv_combat *c, sv_error *err)
{
    int rc = reserve(big, c->p, c->covariates, c->batches + 1, err);
    if (rc != SV_OK) { return rc; }
    size_t p = c->p, effects = c->batches * p * sizeof *c->gamma;
    memcpy(big->batch, c->batch, c->batches * sizeof *c->batch);
    memcpy(big->grand, c->grand, p * sizeof *c->grand);
    memcpy(big->scale, c->scale, p * sizeof *c->scale);
    memcpy(big->untouched, c->untouched, p * sizeof *c->untouched);
    memcpy(big->beta, c->beta, c->covariates * p * sizeof *c->beta);
    memcpy(big->gamma, c->gamma, effects);
    memcpy(big->delta, c->delta, effects);
    return SV_OK;
}

int sv_combat_add(sv_combat *c, int batch, const sv_matrix *x, const sv_matrix *covariates,
                  const sv_combat_opts *opts, sv_error *err)
{
    int rc = check(opts, err);
    if (rc == SV_OK) { rc = check_shape(c, x, covariates, err); }
    if (rc != SV_OK) { return rc; }
    if (find_batch(c, batch) < c->batches) { return sv_fail(err, SV_EINVAL, "batch %d is known already", batch); }
    if (x->rows < 2 && !opts->mean_only) {
        return sv_fail(err, SV_ETOOSMALL, "batch %d has %zu row, at least 2 are needed to see its variance", batch,
                       x->rows);
    }
    double *z = x->rows > SIZE_MAX / c->p ? NULL : SV_NEW(double, x->rows * c->p);
    unsigned char *use = SV_NEW(unsigned char, c->p);
    sv_combat big = { 0 };
    rc = z && use ? grown(&big, c, err) : sv_no_memory(err, "a further batch");
    if (rc == SV_OK) {
        standardise(z, c, x, covariates, NULL, 0);
        for (size_t f = 0; f < c->p; f++) {
            bool differs = x->rows < 2;
            for (size_t i = 1; i < x->rows; i++) { differs = differs || sv_at(x, i, f) != sv_at(x, 0, f); }
            use[f] = differs && !c->untouched[f];
        }
        size_t at = c->batches * c->p;
        big.batch[c->batches] = batch;
        rc = sv_combat_shrink(big.gamma + at, big.delta + at, z, x->rows, c->p, use, opts, err);
    }
    if (rc == SV_OK) {
        sv_combat_free(c);
        *c = big;
    } else {
        sv_combat_free(&big);
    }
    free(z);
    free(use);
    return rc;
}

int sv_combat_apply(double *out, const sv_combat *c, const sv_matrix *x, const int *batch, const sv_matrix *covariates,
                    sv_error *err)
{
    int rc = check_shape(c, x, covariates, err);
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        if (find_batch(c, batch[i]) == c->batches) {
            rc = sv_fail(err, SV_EDATA, "row %zu is of batch %d, which the harmonisation does not know", i, batch[i]);
        }
    }
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        size_t g = find_batch(c, batch[i]);
        for (size_t f = 0; f < c->p; f++) {
            double v = sv_at(x, i, f), gamma = c->gamma[g * c->p + f], delta = c->delta[g * c->p + f];
            if (!c->untouched[f] && (gamma != 0 || delta != 1)) {
                double expected = c->grand[f];
                for (size_t j = 0; j < c->covariates; j++) { expected += sv_at(covariates, i, j) * c->beta[j * c->p + f]; }
                v = ((v - expected) / c->scale[f] - gamma) / sqrt(delta) * c->scale[f] + expected;
            }
            out[i * c->p + f] = v;
        }
    }
    return rc;
}
