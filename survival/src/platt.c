/* platt.c - probabilities of scores by a sigmoid: Newton's method with halved steps. */
#include <survival/svm.h>

#include <math.h>

#include "classes.h"

#define STEPS 100
#define HALVINGS 40

double sv_platt_probability(const sv_platt *s, double score)
{
    double z = s->slope * score + s->offset;
    return z >= 0 ? exp(-z) / (1 + exp(-z)) : 1 / (1 + exp(z));
}

typedef struct fit { const double *score; const int *label; size_t n; double target[2]; } fit;

/* Minus the log likelihood, its gradient and Hessian (slope, offset; mixed in the middle). */
static double loss(double gradient[2], double hessian[3], const fit *f, sv_platt at)
{
    double sum = 0;
    gradient[0] = gradient[1] = hessian[0] = hessian[1] = hessian[2] = 0;
    for (size_t i = 0; i < f->n; i++) {
        double v = f->score[i], t = f->target[f->label[i]], z = at.slope * v + at.offset;
        double p = sv_platt_probability(&at, v), w = p * (1 - p);
        sum += z >= 0 ? t * z + log1p(exp(-z)) : (t - 1) * z + log1p(exp(z));
        gradient[0] += (t - p) * v;
        gradient[1] += t - p;
        hessian[0] += w * v * v;
        hessian[1] += w * v;
        hessian[2] += w;
    }
    return sum;
}

int sv_platt_fit(sv_platt *out, const double *score, const int *label, size_t n, sv_error *err)
{
    size_t ones;
    int rc = sv_binary_check(&ones, label, n, err);
    if (rc != SV_OK) { return rc; }
    double scale = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(score[i])) { return sv_fail(err, SV_EDATA, "score[%zu] is %g, expected a finite number", i, score[i]); }
        scale = fmax(scale, fabs(score[i]));
    }
    double zeros = (double)(n - ones), most = (double)ones;
    const fit f = { score, label, n, { 1 / (zeros + 2), (most + 1) / (most + 2) } };
    sv_platt at = { 0, log((zeros + 1) / (most + 1)) };
    double g[2], h[3], now = loss(g, h, &f, at);
    for (int step = 0; step < STEPS; step++) {
        if (fabs(g[0]) <= 1e-9 * (double)n * scale && fabs(g[1]) <= 1e-9 * (double)n) {
            *out = at;
            return SV_OK;
        }
        double a = h[0] + 1e-12 * (1 + h[0]), c = h[2] + 1e-12, det = a * c - h[1] * h[1];
        double d0 = -(c * g[0] - h[1] * g[1]) / det, d1 = -(a * g[1] - h[1] * g[0]) / det, share = 1;
        double slope = g[0] * d0 + g[1] * d1;
        int halvings = 0;
        for (; halvings < HALVINGS; halvings++, share /= 2) {
            sv_platt next = { at.slope + share * d0, at.offset + share * d1 };
            double g2[2], h2[3], then = loss(g2, h2, &f, next);
            if (!(then <= now + 1e-4 * share * slope + 1e-13 * now)) { continue; }
            at = next;
            now = then;
            for (int k = 0; k < 2; k++) { g[k] = g2[k]; }
            for (int k = 0; k < 3; k++) { h[k] = h2[k]; }
            break;
        }
        if (halvings == HALVINGS) { break; }
    }
    return sv_fail(err, SV_ENUMERIC, "the sigmoid of %zu scores does not converge", n);
}
