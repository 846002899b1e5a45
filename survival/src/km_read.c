/* km_read.c - reading quantiles, points and areas off a Kaplan-Meier curve. */
#include <survival/km.h>

#include <math.h>

#include "num.h"

#define LEVEL_TOLERANCE 1.490116119384765625e-8

/* The first time the curve y is at or below `target`, averaged with the next drop if it meets it.
 * NaNs in y (limits that do not exist) are passed over. */
static double crossing(const double *time, const double *y, size_t n, double target)
{
    for (size_t i = 0; i < n; i++) {
        if (!(y[i] < target + LEVEL_TOLERANCE)) { continue; }
        if (fabs(y[i] - target) >= LEVEL_TOLERANCE) { return time[i]; }
        for (size_t k = i + 1; k < n; k++) {
            if (y[k] < y[i]) { return (time[i] + time[k]) / 2; }
        }
        return time[i];
    }
    return SV_NAN;
}

sv_km_estimate sv_km_quantile(const sv_km *km, double p)
{
    if (!(p > 0 && p < 1)) { return (sv_km_estimate){ SV_NAN, SV_NAN, SV_NAN }; }
    return (sv_km_estimate){ crossing(km->time, km->surv, km->n, 1 - p),
                             crossing(km->time, km->lower, km->n, 1 - p),
                             crossing(km->time, km->upper, km->n, 1 - p) };
}

/* Number of listed times that are <= t (or < t). */
static size_t times_up_to(const sv_km *km, double t, bool inclusive)
{
    size_t lo = 0, hi = km->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (km->time[mid] < t || (inclusive && km->time[mid] == t)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

sv_km_estimate sv_km_at(const sv_km *km, double t)
{
    if (!(t <= km->time[km->n - 1])) { return (sv_km_estimate){ SV_NAN, SV_NAN, SV_NAN }; }
    size_t k = times_up_to(km, t, true);
    if (k == 0) { return (sv_km_estimate){ 1, 1, 1 }; }
    return (sv_km_estimate){ km->surv[k - 1], km->lower[k - 1], km->upper[k - 1] };
}

double sv_km_at_risk(const sv_km *km, double t)
{
    size_t k = times_up_to(km, t, false);
    return k < km->n ? km->n_risk[k] : 0;
}

/* Backwards, so that the area to the right of each death, which its term of the variance needs,
 * is at hand. */
void sv_km_rmean(double *mean, double *std_err, const sv_km *km, double tau)
{
    *mean = *std_err = SV_NAN;
    if (!(tau > 0 && isfinite(tau))) { return; }
    double area = 0, variance = 0, right = tau;
    for (size_t i = times_up_to(km, tau, true); i-- > 0;) {
        area += km->surv[i] * (right - km->time[i]);
        right = km->time[i];
        double n = km->n_risk[i], d = km->n_event[i];
        if (n > d) { variance += area * area * d / (n * (n - d)); }
    }
    *mean = area + right;
    *std_err = sqrt(variance);
}
