/* nomogram.c - points for the terms of a linear predictor. */
#include <survival/nomogram.h>

#include <math.h>
#include <stdbool.h>

#include "mem.h"
#include "num.h"

#define SHORT 1.5           /* how much nearer a step of 2 or 10 may be than the one below */
#define SHORT_FIVE 2.75     /* the same for 5 */
#define ROUNDING 1e-7       /* of a step: a limit this close to a tick lies on it */

static int check(const double *coef, const double *shown, size_t p, double top, sv_error *err)
{
    if (p == 0 || !(isfinite(top) && top > 0)) {
        return sv_fail(err, SV_EINVAL, "%zu variables and %g points, expected at least one and more than 0", p, top);
    }
    for (size_t j = 0; j < p; j++) {
        if (!isfinite(coef[j])) {
            return sv_fail(err, SV_EDATA, "coefficient of variable %zu is %g, expected a finite number", j, coef[j]);
        }
        double low = shown[2 * j], high = shown[2 * j + 1];
        if (!(isfinite(low) && isfinite(high) && low < high)) {
            return sv_fail(err, SV_EINVAL, "variable %zu is shown from %g to %g, expected an ascending range", j, low, high);
        }
    }
    return SV_OK;
}

int sv_nomogram_make(sv_nomogram *out, const double *coef, const double *shown, size_t p, double top, sv_error *err)
{
    int rc = check(coef, shown, p, top, err);
    if (rc != SV_OK) { return rc; }
    sv_nomogram n = { .p = p, .least = SV_NEW(double, p) };
    if (n.least == NULL) { return sv_no_memory(err, "the nomogram"); }
    double longest = 0, all = 0;
    for (size_t j = 0; j < p; j++) {
        double a = coef[j] * shown[2 * j], b = coef[j] * shown[2 * j + 1];
        n.least[j] = fmin(a, b);
        n.zero += n.least[j];
        longest = fmax(longest, fabs(b - a));
        all += fabs(b - a);
    }
    if (!(longest > 0 && isfinite(all))) {
        free(n.least);
        return sv_fail(err, SV_EDATA, "no variable has an effect over its range, there is nothing to scale by");
    }
    n.per_unit = top / longest;
    n.max_points = all * n.per_unit;
    *out = n;
    return SV_OK;
}

void sv_nomogram_free(sv_nomogram *n)
{
    if (n == NULL) { return; }
    free(n->least);
    *n = (sv_nomogram){ 0 };
}

double sv_nomogram_points(const sv_nomogram *n, size_t j, double coef, double x)
{
    return (coef * x - n->least[j]) * n->per_unit;
}

double sv_nomogram_predictor(const sv_nomogram *n, double points)
{
    return n->zero + points / n->per_unit;
}

double sv_nomogram_total(const sv_nomogram *n, double predictor)
{
    return (predictor - n->zero) * n->per_unit;
}

double sv_nomogram_points_at(const sv_nomogram *n, double h0, double s)
{
    if (!(s > 0 && s < 1 && h0 > 0 && isfinite(h0))) { return SV_NAN; }
    return sv_nomogram_total(n, log(-log(s) / h0));
}

static double round_step(double cell)
{
    double base = pow(10, floor(log10(cell))), step = base;
    if (2 * base - cell < SHORT * (cell - step)) { step = 2 * base; }
    if (step > base && 5 * base - cell < SHORT_FIVE * (cell - step)) { step = 5 * base; }
    if (step > 2 * base && 10 * base - cell < SHORT * (cell - step)) { step = 10 * base; }
    return step;
}

int sv_nomogram_ticks(double *out, size_t *n, double low, double high, int intervals, sv_error *err)
{
    if (!(isfinite(low) && isfinite(high) && low < high) || intervals < 1 || intervals > 100) {
        return sv_fail(err, SV_EINVAL, "ticks from %g to %g in %d intervals, expected an ascending range and 1 to 100",
                       low, high, intervals);
    }
    double step = round_step((high - low) / intervals);
    double first = floor(low / step + ROUNDING), last = ceil(high / step - ROUNDING);
    if (!(last - first < (double)SV_NOMOGRAM_MAX_TICKS) || first + 1 == first) {
        return sv_fail(err, SV_EINVAL, "ticks from %g to %g: the limits are too close together", low, high);
    }
    size_t m = 0;
    for (double k = first; k <= last; k++) { out[m++] = k * step; }
    *n = m;
    return SV_OK;
}
