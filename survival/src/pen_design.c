/* pen_design.c - the columns of a penalised fit, centred and scaled. */
#include <math.h>

#include "mem.h"
#include "pen.h"

void pen_design_free(pen_design *d)
{
    free(d->x);
    free(d->column);
    free(d->mean);
    free(d->scale);
    *d = (pen_design){ 0 };
}

/* Column j into out, centred and scaled; its standard deviation, 0 if the column is constant. */
static double take_column(double *out, double *mean, const sv_matrix *x, size_t j,
                          const uint32_t *row, const double *weight, double total, bool standardise)
{
    size_t n = x->rows;
    double sum = 0, squares = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = sv_at(x, row != NULL ? row[i] : i, j);
        sum += weight[i] * out[i];
    }
    *mean = sum / total;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(out[i]));
        out[i] -= *mean;
        squares += weight[i] * (out[i] * out[i]);
    }
    double sd = sqrt(squares / total);
    if (!(sd > 1e-12 * most)) { return 0; }      /* what rounding leaves of a constant */
    double scale = standardise ? sd : 1;
    for (size_t i = 0; i < n && standardise; i++) { out[i] /= scale; }
    return scale;
}

int pen_design_make(pen_design *d, const sv_matrix *x, const uint32_t *row, const double *weight,
                    bool standardise, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    *d = (pen_design){ .n = n };
    d->x = SV_NEW(double, n * p);
    d->column = SV_NEW(size_t, p);
    d->mean = SV_NEW(double, p);
    d->scale = SV_NEW(double, p);
    if (d->x == NULL || d->column == NULL || d->mean == NULL || d->scale == NULL) {
        pen_design_free(d);
        return sv_no_memory(err, "the standardised columns");
    }
    double total = 0;
    for (size_t i = 0; i < n; i++) { total += weight[i]; }
    for (size_t j = 0; j < p; j++) {
        size_t k = d->p;
        d->scale[k] = take_column(d->x + k * n, &d->mean[k], x, j, row, weight, total, standardise);
        if (d->scale[k] > 0 && isfinite(d->scale[k])) { d->column[d->p++] = j; }
    }
    if (d->p == 0) {
        pen_design_free(d);
        return sv_fail(err, SV_EDATA, "none of the %zu columns varies over the %zu rows", p, n);
    }
    return SV_OK;
}
