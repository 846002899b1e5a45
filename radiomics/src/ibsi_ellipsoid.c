/* The smallest ellipsoid around a convex hull (IBSI 3.1.23), and the surface of ellipsoids. */
#include <math.h>
#include <stdlib.h>
#include "eigen.h"
#include "ibsi_solid.h"

static const double pi = 3.14159265358979323846;

enum { ADDED = 24, MOST_STEPS = 20000, MOST_ROUNDS = 1000 };

/* How far beyond the ellipsoid a point may lie, as a share of 4 (see below). */
static const double ACTIVE = 1e-9, ALL = 1e-8;

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
 * (2007): at the optimum M = q' (sum u q q')^-1 q is 4 where u > 0 and at most 4 elsewhere. Few
 * points matter: the problem is solved for the first `active` ones, then those that lie farthest
 * beyond the ellipsoid join them, until none does. */
typedef struct spot { double x[3], u, m; } spot;

typedef struct spots {
    spot *p;
    size_t n, active;
    double scale;                 /* x is in units of 1/scale mm                              */
} spots;

static void swap(spots *s, size_t i, size_t j)
{
    spot t = s->p[i];
    s->p[i] = s->p[j];
    s->p[j] = t;
}

/* Around the middle of their box, at most 1 away along each axis. */
static void place(spots *s, const rx_hull *h)
{
    double extent = 0;
    for (int a = 0; a < 3; a++) {
        double lo = INFINITY, hi = -INFINITY;
        for (size_t i = 0; i < h->n_vertices; i++) {
            lo = fmin(lo, h->vertex[i].mm[a]);
            hi = fmax(hi, h->vertex[i].mm[a]);
        }
        for (size_t i = 0; i < s->n; i++) { s->p[i].x[a] = h->vertex[i].mm[a] - (lo + hi) / 2; }
        extent = fmax(extent, (hi - lo) / 2);
    }
    s->scale = 1 / extent;
    for (size_t i = 0; i < s->n; i++) {
        for (int a = 0; a < 3; a++) { s->p[i].x[a] *= s->scale; }
        s->p[i].u = 0;
    }
}

static double along(const double x[3], const double n[3]) { return x[0] * n[0] + x[1] * n[1] + x[2] * n[2]; }

static void cross(double out[3], const double a[3], const double b[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* Points that span the hull (Kumar and Yildirim 2005): the extreme ones along a direction, then along
 * one at right angles to what they span, and again. */
static void pick_first(spots *s)
{
    double d[3][3], n[3] = { 1, 0, 0 };
    for (int turn = 0; turn < 3; turn++) {
        size_t lo = 0, hi = 0;
        for (size_t i = 0; i < s->n; i++) {
            if (along(s->p[i].x, n) < along(s->p[lo].x, n)) { lo = i; }
            if (along(s->p[i].x, n) > along(s->p[hi].x, n)) { hi = i; }
        }
        for (int a = 0; a < 3; a++) { d[turn][a] = s->p[hi].x[a] - s->p[lo].x[a]; }
        s->p[lo].u += 1.0 / 6;
        s->p[hi].u += 1.0 / 6;
        if (turn == 0) {
            double e[3] = { 0, 0, 0 };
            int least = fabs(d[0][1]) < fabs(d[0][2]) ? 1 : 2;     /* not along d[0], whose x is large */
            e[least] = 1;
            cross(n, d[0], e);
        } else {
            cross(n, d[0], d[1]);
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->p[i].u > 0) { swap(s, i, s->active++); }
    }
}

/* Cholesky factor of sum u q q' into l (lower, row-major); false if it is singular. */
static bool factor(double l[16], const spots *s)
{
    double x[16] = { 0 };
    for (size_t i = 0; i < s->active; i++) {
        const spot *p = &s->p[i];
        const double q[4] = { p->x[0], p->x[1], p->x[2], 1 };
        for (int r = 0; r < 4; r++) {
            for (int c = 0; c <= r; c++) { x[4 * r + c] += p->u * q[r] * q[c]; }
        }
    }
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c <= r; c++) {
            double t = x[4 * r + c];
            for (int k = 0; k < c; k++) { t -= l[4 * r + k] * l[4 * c + k]; }
            if (r == c && !(t > 0)) { return false; }
            l[4 * r + c] = r == c ? sqrt(t) : t / l[5 * c];
        }
    }
    return true;
}

/* M of the first n points; returns the largest. */
static double measure(const spots *s, const double l[16], size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        spot *p = &s->p[i];
        const double q[4] = { p->x[0], p->x[1], p->x[2], 1 };
        double y[4], sum = 0;
        for (int r = 0; r < 4; r++) {
            double t = q[r];
            for (int k = 0; k < r; k++) { t -= l[4 * r + k] * y[k]; }
            y[r] = t / l[5 * r];
            sum += y[r] * y[r];
        }
        p->m = sum;
        most = fmax(most, sum);
    }
    return most;
}

/* One step towards the point that lies farthest out, or away from the one that lies farthest in. */
static void step(const spots *s)
{
    size_t most = 0, least = s->active;
    for (size_t i = 0; i < s->active; i++) {
        if (s->p[i].m > s->p[most].m) { most = i; }
        if (s->p[i].u > 0 && (least == s->active || s->p[i].m < s->p[least].m)) { least = i; }
    }
    if (s->p[most].m - 4 >= 4 - s->p[least].m) {
        double k = s->p[most].m, t = (k - 4) / (4 * (k - 1));
        for (size_t i = 0; i < s->active; i++) { s->p[i].u *= 1 - t; }
        s->p[most].u += t;
    } else {
        double k = s->p[least].m, drop = s->p[least].u / (1 - s->p[least].u), t = drop;
        if (k > 1 && (4 - k) / (4 * (k - 1)) < drop) { t = (4 - k) / (4 * (k - 1)); }
        for (size_t i = 0; i < s->active; i++) { s->p[i].u *= 1 + t; }
        s->p[least].u = t == drop ? 0 : s->p[least].u - t;
    }
}

/* The points that lie farthest beyond the ellipsoid join the active ones. */
static void admit(spots *s)
{
    for (int k = 0; k < ADDED && s->active < s->n; k++) {
        size_t most = s->active;
        for (size_t i = s->active; i < s->n; i++) {
            if (s->p[i].m > s->p[most].m) { most = i; }
        }
        if (s->p[most].m / 4 - 1 <= ALL) { return; }
        swap(s, most, s->active++);
    }
}

/* Weights so that no point's M is above 4 by more than ALL; returns the largest M, 0 if there is no
 * such ellipsoid. */
static double optimise(spots *s)
{
    double l[16];
    for (int round = 0;; round++) {
        for (int i = 0; i < MOST_STEPS; i++) {
            if (!factor(l, s)) { return 0; }
            if (measure(s, l, s->active) / 4 - 1 < ACTIVE) { break; }
            step(s);
        }
        if (!factor(l, s)) { return 0; }
        double most = measure(s, l, s->n);
        if (most / 4 - 1 < ALL || round == MOST_ROUNDS) { return most; }
        size_t before = s->active;
        admit(s);
        if (s->active == before) { return most; }
    }
}

/* Semi-axes of {x: (x - c)' Q^-1 (x - c) <= 1}, Q = 3 (sum u x x' - c c'), grown so that it holds the
 * outermost point. */
static rx_size ellipsoid_of(const spots *s, double most)
{
    double c[3] = { 0, 0, 0 }, q[9] = { 0 }, lambda[3];
    for (size_t i = 0; i < s->active; i++) {
        for (int a = 0; a < 3; a++) { c[a] += s->p[i].u * s->p[i].x[a]; }
    }
    for (size_t i = 0; i < s->active; i++) {
        const spot *p = &s->p[i];
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) { q[3 * a + b] += 3 * p->u * (p->x[a] - c[a]) * (p->x[b] - c[b]); }
        }
    }
    rx_eigen3(lambda, q);
    double grow = sqrt(fmax(1, (most - 1) / 3)) / s->scale;
    return rx_ellipsoid_size(grow * sqrt(lambda[2]), grow * sqrt(lambda[1]), grow * sqrt(lambda[0]));
}

int rx_hull_ellipsoid(rx_size *out, const rx_hull *h, rx_error *err)
{
    spots s = { .p = malloc(h->n_vertices * sizeof *s.p), .n = h->n_vertices };
    *out = (rx_size){ (double)NAN, (double)NAN };
    if (!s.p) {
        return rx_fail(err, RX_ENOMEM, "no memory for the ellipsoid around %zu points", h->n_vertices);
    }
    place(&s, h);
    pick_first(&s);
    double most = optimise(&s);
    if (most > 0) { *out = ellipsoid_of(&s, most); }
    free(s.p);
    return RX_OK;
}
