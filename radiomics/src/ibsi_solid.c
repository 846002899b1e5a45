/* Boxes and ellipsoids around a convex hull. */
#include "ibsi_solid.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "eigen.h"

static const double pi = 3.14159265358979323846;

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(double out[3], const double a[3], const double b[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* ---- box ------------------------------------------------------------------------------- */

/* Outward, of the length of twice the face's area. */
static void face_normal(double out[3], const rx_hull *h, size_t i)
{
    double u[3], v[3];
    for (int a = 0; a < 3; a++) {
        double from = h->vertex[h->face[i].corner[0]].mm[a];
        u[a] = h->vertex[h->face[i].corner[1]].mm[a] - from;
        v[a] = h->vertex[h->face[i].corner[2]].mm[a] - from;
    }
    cross(out, u, v);
}

typedef struct point2 { double x, y; } point2;

static int left_to_right(const void *a, const void *b)
{
    const point2 *p = a, *q = b;
    if (p->x != q->x) { return (p->x > q->x) - (p->x < q->x); }
    return (p->y > q->y) - (p->y < q->y);
}

static double turn(point2 o, point2 a, point2 b)
{
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Corners of the convex hull of n sorted points, anticlockwise; out has room for 2n. */
static size_t outline(point2 *out, const point2 *p, size_t n)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        while (m >= 2 && turn(out[m - 2], out[m - 1], p[i]) <= 0) { m--; }
        out[m++] = p[i];
    }
    size_t lower = m + 1;
    for (size_t i = n - 1; i-- > 0;) {
        while (m >= lower && turn(out[m - 2], out[m - 1], p[i]) <= 0) { m--; }
        out[m++] = p[i];
    }
    return m > 1 ? m - 1 : m;                         /* the last one is the first one again */
}

typedef struct rectangle { double wide, high; } rectangle;

/* The smallest rectangle around a convex outline has a side on one of its: three fingers walk ahead
 * of that side (Toussaint's rotating calipers). */
static rectangle smallest_rectangle(const point2 *c, size_t n)
{
    rectangle best = { INFINITY, 1 };
    size_t far = 0, right = 0, left = 0;
    for (size_t i = 0; i < n; i++) {
        point2 a = c[i], b = c[(i + 1) % n];
        double length = hypot(b.x - a.x, b.y - a.y);
        if (!(length > 0)) { continue; }
        point2 u = { (b.x - a.x) / length, (b.y - a.y) / length };
#define ALONG(k) ((c[(k) % n].x - a.x) * u.x + (c[(k) % n].y - a.y) * u.y)
#define AWAY(k) ((c[(k) % n].y - a.y) * u.x - (c[(k) % n].x - a.x) * u.y)
        if (right < i + 1) { right = i + 1; }
        while (right < i + n && ALONG(right + 1) > ALONG(right)) { right++; }
        if (far < right) { far = right; }
        while (far < i + n && AWAY(far + 1) > AWAY(far)) { far++; }
        if (left < far) { left = far; }
        while (left < i + n && ALONG(left + 1) < ALONG(left)) { left++; }
        rectangle r = { ALONG(right) - ALONG(left), AWAY(far) };
#undef ALONG
#undef AWAY
        if (r.wide * r.high < best.wide * best.high) { best = r; }
    }
    return best;
}

/* Two directions across n, of length 1, at right angles. */
static void across(double u[3], double v[3], const double n[3])
{
    int least = 0;
    for (int a = 1; a < 3; a++) {
        if (fabs(n[a]) < fabs(n[least])) { least = a; }
    }
    double e[3] = { 0, 0, 0 };
    e[least] = 1;
    cross(u, n, e);
    double length = sqrt(dot(u, u));
    for (int a = 0; a < 3; a++) { u[a] /= length; }
    cross(v, n, u);
}

/* Height of the hull across n, and the area of its shadow along n: no box is smaller than their
 * product. */
static double least_box(double *height, const rx_hull *h, const double *normals, const double n[3])
{
    double lo = INFINITY, hi = -INFINITY, shadow = 0;
    for (size_t i = 0; i < h->n_vertices; i++) {
        double at = dot(h->vertex[i].mm, n);
        lo = at < lo ? at : lo;
        hi = at > hi ? at : hi;
    }
    for (size_t i = 0; i < h->n_faces; i++) { shadow += fabs(dot(normals + 3 * i, n)); }
    *height = hi - lo;
    return *height * shadow / 4;
}

int rx_hull_box(rx_size *out, const rx_hull *h, rx_error *err)
{
    double *normals = malloc(h->n_faces * 3 * sizeof *normals);
    point2 *flat = malloc(h->n_vertices * 3 * sizeof *flat);
    double best = INFINITY;
    *out = (rx_size){ (double)NAN, (double)NAN };
    if (!normals || !flat) {
        free(normals);
        free(flat);
        return rx_fail(err, RX_ENOMEM, "no memory for the box around %zu points", h->n_vertices);
    }
    for (size_t i = 0; i < h->n_faces; i++) { face_normal(normals + 3 * i, h, i); }
    for (size_t i = 0; i < h->n_faces; i++) {
        double n[3], u[3], v[3], height, length = sqrt(dot(normals + 3 * i, normals + 3 * i));
        for (size_t a = 0; a < 3; a++) { n[a] = normals[3 * i + a] / length; }
        if (!(least_box(&height, h, normals, n) < best)) { continue; }
        across(u, v, n);
        for (size_t p = 0; p < h->n_vertices; p++) {
            flat[p] = (point2){ dot(h->vertex[p].mm, u), dot(h->vertex[p].mm, v) };
        }
        qsort(flat, h->n_vertices, sizeof *flat, left_to_right);
        point2 *corner = flat + h->n_vertices;
        rectangle r = smallest_rectangle(corner, outline(corner, flat, h->n_vertices));
        if (height * r.wide * r.high < best) {
            best = height * r.wide * r.high;
            *out = (rx_size){ best, 2 * (height * r.wide + height * r.high + r.wide * r.high) };
        }
    }
    free(normals);
    free(flat);
    return RX_OK;
}

/* ---- ellipsoid ------------------------------------------------------------------------- */

/* IBSI 3.1.22: 4 pi a b sum over v <= 20 of (alpha beta)^v / (1 - 4 v^2) P_v((alpha^2 + beta^2) /
 * (2 alpha beta)), with alpha^2 = 1 - b^2/a^2 and beta^2 = 1 - c^2/a^2, as published: the reference
 * values follow it. (The surface of an ellipsoid would come of alpha^2 = 1 - c^2/a^2 and
 * beta^2 = 1 - c^2/b^2; some percent lie between the two.) The recurrence of the polynomials is
 * taken times (alpha beta)^v, which needs no division by a product that may be 0. */
static double published_surface(double a, double b, double c)
{
    enum { LAST = 20 };
    double alpha2 = 1 - b * b / (a * a), beta2 = 1 - c * c / (a * a);
    double before = 1, here = (alpha2 + beta2) / 2, sum = 1 - here / 3;
    for (int v = 1; v < LAST; v++) {
        double next = ((2 * v + 1) * (alpha2 + beta2) / 2 * here - v * alpha2 * beta2 * before) / (v + 1);
        before = here;
        here = next;
        sum += here / (1 - 4.0 * (v + 1) * (v + 1));
    }
    return 4 * pi * a * b * sum;
}

rx_size rx_ellipsoid_size(double a, double b, double c)
{
    return (rx_size){ 4 * pi / 3 * a * b * c, published_surface(a, b, c) };
}

/* Khachiyan's weights u of the points q = (x, 1), with Todd and Yildirim's steps away from points
 * (2007): at the optimum q' (sum u q q')^-1 q is 4 where u > 0 and at most 4 elsewhere. */
typedef struct weights {
    const rx_hull *h;
    double shift[3], scale;       /* x = (mm - shift) * scale: near 1                         */
    double *u, *m;                /* weights; q' X^-1 q                                       */
} weights;

static void lifted(double q[4], const weights *w, size_t i)
{
    for (int a = 0; a < 3; a++) { q[a] = (w->h->vertex[i].mm[a] - w->shift[a]) * w->scale; }
    q[3] = 1;
}

/* Cholesky factor of sum u q q' into l (lower, row-major); false if it is singular. */
static bool factor(double l[16], const weights *w)
{
    double x[16] = { 0 }, q[4];
    for (size_t i = 0; i < w->h->n_vertices; i++) {
        if (w->u[i] == 0) { continue; }
        lifted(q, w, i);
        for (int r = 0; r < 4; r++) {
            for (int c = 0; c <= r; c++) { x[4 * r + c] += w->u[i] * q[r] * q[c]; }
        }
    }
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c <= r; c++) {
            double s = x[4 * r + c];
            for (int k = 0; k < c; k++) { s -= l[4 * r + k] * l[4 * c + k]; }
            if (r == c && !(s > 0)) { return false; }
            l[4 * r + c] = r == c ? sqrt(s) : s / l[5 * c];
        }
    }
    return true;
}

static void distances(const weights *w, const double l[16])
{
    for (size_t i = 0; i < w->h->n_vertices; i++) {
        double q[4], y[4], sum = 0;
        lifted(q, w, i);
        for (int r = 0; r < 4; r++) {
            double s = q[r];
            for (int k = 0; k < r; k++) { s -= l[4 * r + k] * y[k]; }
            y[r] = s / l[5 * r];
            sum += y[r] * y[r];
        }
        w->m[i] = sum;
    }
}

/* One step towards the point that lies farthest out, or away from the one that lies farthest in. */
static void step(const weights *w)
{
    size_t n = w->h->n_vertices, most = 0, least = n;
    for (size_t i = 0; i < n; i++) {
        if (w->m[i] > w->m[most]) { most = i; }
        if (w->u[i] > 0 && (least == n || w->m[i] < w->m[least])) { least = i; }
    }
    double above = w->m[most] / 4 - 1, below = 1 - w->m[least] / 4;
    if (above >= below) {
        double k = w->m[most], t = (k - 4) / (4 * (k - 1));
        for (size_t i = 0; i < n; i++) { w->u[i] *= 1 - t; }
        w->u[most] += t;
    } else {
        double k = w->m[least], drop = w->u[least] / (1 - w->u[least]), t = drop;
        if (k > 1 && (4 - k) / (4 * (k - 1)) < drop) { t = (4 - k) / (4 * (k - 1)); }
        for (size_t i = 0; i < n; i++) { w->u[i] *= 1 + t; }
        w->u[least] = t == drop ? 0 : w->u[least] - t;
    }
}

/* Semi-axes of {x: (x - c)' Q^-1 (x - c) <= 1}, Q = 3 (sum u x x' - c c'), grown so that it holds the
 * outermost point. */
static rx_size ellipsoid_of(const weights *w)
{
    double c[3] = { 0, 0, 0 }, s[9] = { 0 }, lambda[3], q[4], most = 0;
    for (size_t i = 0; i < w->h->n_vertices; i++) {
        lifted(q, w, i);
        most = fmax(most, w->m[i]);
        for (int a = 0; a < 3; a++) { c[a] += w->u[i] * q[a]; }
    }
    for (size_t i = 0; i < w->h->n_vertices; i++) {
        lifted(q, w, i);
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) { s[3 * a + b] += 3 * w->u[i] * (q[a] - c[a]) * (q[b] - c[b]); }
        }
    }
    rx_eigen3(lambda, s);
    double grow = sqrt(fmax(1, (most - 1) / 3)) / w->scale;
    return rx_ellipsoid_size(grow * sqrt(lambda[2]), grow * sqrt(lambda[1]), grow * sqrt(lambda[0]));
}

int rx_hull_ellipsoid(rx_size *out, const rx_hull *h, rx_error *err)
{
    enum { MOST_STEPS = 20000 };
    size_t n = h->n_vertices;
    weights w = { .h = h };
    double extent = 0, l[16];
    *out = (rx_size){ (double)NAN, (double)NAN };
    for (int a = 0; a < 3; a++) {
        double lo = INFINITY, hi = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            lo = fmin(lo, h->vertex[i].mm[a]);
            hi = fmax(hi, h->vertex[i].mm[a]);
        }
        w.shift[a] = (lo + hi) / 2;
        extent = fmax(extent, (hi - lo) / 2);
    }
    w.scale = 1 / extent;
    w.u = malloc(2 * n * sizeof *w.u);
    if (!w.u) { return rx_fail(err, RX_ENOMEM, "no memory for the ellipsoid around %zu points", n); }
    w.m = w.u + n;
    for (size_t i = 0; i < n; i++) { w.u[i] = 1 / (double)n; }
    bool good = true;
    for (int i = 0; i < MOST_STEPS; i++) {
        good = factor(l, &w);
        if (!good) { break; }
        distances(&w, l);
        /* stop before the step: m belongs to these weights */
        double above = 0;
        for (size_t p = 0; p < n; p++) { above = fmax(above, w.m[p] / 4 - 1); }
        if (above < 1e-8 || i + 1 == MOST_STEPS) { break; }
        step(&w);
    }
    if (good) { *out = ellipsoid_of(&w); }
    free(w.u);
    return RX_OK;
}
