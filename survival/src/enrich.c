/* enrich.c - scores of each patient that need no other patient, but for the means of the genes. */
#include <survival/enrich.h>

#include <math.h>

#include "enrich_work.h"
#include "mem.h"
#include "num.h"

static double column_mean(const sv_matrix *x, size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < x->rows; i++) { sum += sv_at(x, i, j); }
    return sum / (double)x->rows;
}

int sv_functional_spectrum(double *out, const sv_matrix *x, const double *centre, const sv_gene_sets *sets,
                           sv_error *err)
{
    sv_patient p;
    int rc = sv_patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double *own = SV_NEW(double, x->cols);
    if (own == NULL) { rc = sv_no_memory(err, "the genes' means"); }
    for (size_t j = 0; rc == SV_OK && j < x->cols; j++) { own[j] = centre != NULL ? centre[j] : column_mean(x, j); }
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        for (size_t j = 0; j < p.n; j++) { p.value[j] = sv_at(x, i, j) - own[j]; }
        rc = sv_patient_rank(&p, sets, err);
        for (size_t k = 0; k < p.n; k++) { p.weight[k] = fabs(p.value[p.order[k]]); }
        for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
            size_t n = sets->start[k + 1] - sets->start[k];
            sv_walk w = n > 0 && n < p.n ? sv_walk_list(p.hits + sets->start[k], n, p.weight, p.n) : (sv_walk){ 0, 0, 0, 0 };
            out[i * sets->n + k] = w.top > -w.bottom ? w.top : w.bottom;
        }
    }
    free(own);
    sv_patient_free(&p);
    return rc;
}

/* Ranks 1 for the lowest; equal values share the whole part of their mean rank. */
static void floor_ranks(sv_patient *p)
{
    for (size_t at = 0; at < p->n;) {
        size_t end = at;
        while (end < p->n && p->value[p->order[end]] >= p->value[p->order[at]]) { end++; }
        /* places at..end-1 from the top are ranks n-end+1 .. n-at */
        double rank = floor(((double)(p->n - end + 1) + (double)(p->n - at)) / 2);
        for (size_t k = at; k < end; k++) { p->weight[k] = rank; }
        at = end;
    }
}

int sv_ssgsea(double *out, const sv_matrix *x, double exponent, const sv_gene_sets *sets, sv_error *err)
{
    sv_patient p;
    if (!(exponent >= 0 && isfinite(exponent))) {
        return sv_fail(err, SV_EINVAL, "exponent is %g, expected a number >= 0", exponent);
    }
    int rc = sv_patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    double genes = (double)p.n;
    for (size_t i = 0; rc == SV_OK && i < x->rows; i++) {
        for (size_t j = 0; j < p.n; j++) { p.value[j] = sv_at(x, i, j); }
        rc = sv_patient_rank(&p, sets, err);
        floor_ranks(&p);
        for (size_t k = 0; k < p.n; k++) { p.weight[k] = pow(p.weight[k], exponent); }
        for (size_t k = 0; rc == SV_OK && k < sets->n; k++) {
            size_t n = sets->start[k + 1] - sets->start[k];
            const uint32_t *hits = p.hits + sets->start[k];
            double weighted = 0, total = 0, tail = 0;
            for (size_t j = 0; j < n; j++) {
                double left = genes - (double)hits[j], w = p.weight[hits[j]];
                weighted += w * left;
                total += w;
                tail += left;
            }
            double misses = genes - (double)n;
            out[i * sets->n + k] = n > 0 && misses > 0
                                       ? weighted / total - (genes * (genes + 1) / 2 - tail) / misses : SV_NAN;
        }
    }
    sv_patient_free(&p);
    return rc;
}

int sv_combined_z(double *out, const sv_matrix *x, const double *mean, const double *sd, const sv_gene_sets *sets,
                  sv_error *err)
{
    sv_patient p;
    if ((mean == NULL) != (sd == NULL)) { return sv_fail(err, SV_EINVAL, "mean and sd come together"); }
    int rc = sv_patient_make(&p, x, sets, err);
    if (rc != SV_OK) { return rc; }
    for (size_t j = 0; j < p.n; j++) {             /* weight: 1 / sd, 0 where a gene does not vary */
        double m = mean != NULL ? mean[j] : column_mean(x, j), squares = 0;
        for (size_t i = 0; mean == NULL && i < x->rows; i++) {
            squares += (sv_at(x, i, j) - m) * (sv_at(x, i, j) - m);
        }
        double s = sd != NULL ? sd[j] : sqrt(squares / ((double)x->rows - 1));
        p.value[j] = m;
        p.weight[j] = s > 0 && isfinite(s) ? 1 / s : 0;
    }
    for (size_t i = 0; i < x->rows; i++) {
        for (size_t k = 0; k < sets->n; k++) {
            double sum = 0, n = 0;
            for (size_t a = sets->start[k]; a < sets->start[k + 1]; a++) {
                size_t j = sets->gene[a];
                sum += (sv_at(x, i, j) - p.value[j]) * p.weight[j];
                n += p.weight[j] > 0;
            }
            out[i * sets->n + k] = n > 0 ? sum / sqrt(n) : SV_NAN;
        }
    }
    sv_patient_free(&p);
    return rc;
}
