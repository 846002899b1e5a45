/* lowess.c - a smooth curve through a cloud of points. */
#include <survival/calibration.h>

#include <math.h>

/* Tricube weight of a point at distance r of a window of half-width h; 1 at the very middle, 0 at the edge. */
static double tricube(double r, double h)
{
    if (r > 0.999 * h) { return 0; }
    if (r <= 0.001 * h) { return 1; }
    double u = r / h, v = 1 - u * u * u;
    return v * v * v;
}

/* Value at x0 of the weighted line through the points first..last; those behind that tie with the last count. */
static double line_at(double x0, const double *x, const double *y, size_t n, size_t first, size_t last)
{
    double h = fmax(x0 - x[first], x[last] - x0), total = 0, mean = 0, spread = 0, value = 0;
    for (size_t j = first; j < n && (j <= last || x[j] - x0 <= 0.999 * h); j++) {
        double w = tricube(fabs(x[j] - x0), h);
        total += w;
        mean += w * x[j];
    }
    mean /= total;
    for (size_t j = first; j < n && (j <= last || x[j] - x0 <= 0.999 * h); j++) {
        spread += tricube(fabs(x[j] - x0), h) / total * (x[j] - mean) * (x[j] - mean);
    }
    bool sloped = h > 0 && sqrt(spread) > 0.001 * (x[n - 1] - x[0]);
    double slope = sloped ? (x0 - mean) / spread : 0;
    for (size_t j = first; j < n && (j <= last || x[j] - x0 <= 0.999 * h); j++) {
        value += tricube(fabs(x[j] - x0), h) / total * (slope * (x[j] - mean) + 1) * y[j];
    }
    return value;
}

static void interpolate(double *out, const double *x, size_t from, size_t to)
{
    for (size_t j = from + 1; j < to; j++) {
        double a = (x[j] - x[from]) / (x[to] - x[from]);
        out[j] = a * out[to] + (1 - a) * out[from];
    }
}

/* The next point to compute after `last`: the farthest within delta, at least one further on; points that tie
 * with it take its value and move it. */
static size_t step(double *out, const double *x, size_t n, size_t *last, double delta)
{
    double cut = x[*last] + delta;
    size_t i = *last + 1;
    for (; i < n && x[i] <= cut; i++) {
        if (x[i] == x[*last]) {
            out[i] = out[*last];
            *last = i;
        }
    }
    return i - 1 > *last ? i - 1 : *last + 1;
}

int sv_lowess(double *out, const double *x, const double *y, size_t n, double span, double delta, sv_error *err)
{
    if (!(span > 0 && span <= 1)) { return sv_fail(err, SV_EINVAL, "span is %g, expected more than 0 to 1", span); }
    if (!(delta >= 0)) { return sv_fail(err, SV_EINVAL, "delta is %g, expected at least 0", delta); }
    for (size_t i = 0; i < n; i++) {
        if (!(isfinite(x[i]) && isfinite(y[i]) && (i == 0 || x[i] >= x[i - 1]))) {
            return sv_fail(err, SV_EINVAL, "point %zu is (%g, %g), expected finite numbers, x ascending", i, x[i], y[i]);
        }
    }
    if (n < 2) {
        if (n == 1) { out[0] = y[0]; }
        return SV_OK;
    }
    size_t width = (size_t)(span * (double)n + 1e-7);
    width = width < 2 ? 2 : width;
    size_t first = 0, last = 0, i = 0;
    for (bool begun = false; i < n; begun = true) {
        while (first + width < n && x[i] - x[first] > x[first + width] - x[i]) { first++; }
        out[i] = line_at(x[i], x, y, n, first, first + width - 1);
        if (begun) { interpolate(out, x, last, i); }
        last = i;
        i = step(out, x, n, &last, delta);
    }
    return SV_OK;
}
