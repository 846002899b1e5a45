/* The smallest box around a convex hull (IBSI 3.1.19). */
#include "ibsi_solid.h"
#include <math.h>
#include <stdlib.h>

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

/* Looking along n: which faces are turned towards us, how high the hull is, and the area of its
 * shadow. No box is smaller than height times shadow. */
typedef struct view {
    const rx_hull *h;
    double *normal;               /* [n_faces][3], of twice the face's area                   */
    bool *front;                  /* [n_faces]                                                */
    uint32_t *last;               /* [n_vertices]: the look, from 1, that met the vertex      */
    point2 *flat, *corner;        /* [n_vertices], [2 n_vertices]                             */
} view;

static double least_box(double *height, const view *w, const double n[3])
{
    double lo = INFINITY, hi = -INFINITY, shadow = 0;
    for (size_t i = 0; i < w->h->n_vertices; i++) {
        double at = dot(w->h->vertex[i].mm, n);
        lo = at < lo ? at : lo;
        hi = at > hi ? at : hi;
    }
    for (size_t i = 0; i < w->h->n_faces; i++) {
        double towards = dot(w->normal + 3 * i, n);
        w->front[i] = towards > 0;
        shadow += fabs(towards);
    }
    *height = hi - lo;
    return *height * shadow / 4;
}

/* The outline's corners lie on edges between faces turned towards us and away from us. */
static rectangle look(const view *w, const double n[3], uint32_t number)
{
    double u[3], v[3];
    size_t points = 0;
    across(u, v, n);
    for (size_t i = 0; i < w->h->n_faces; i++) {
        const rx_face *f = &w->h->face[i];
        for (int e = 0; w->front[i] && e < 3; e++) {
            if (w->front[f->beside[e]]) { continue; }
            for (int end = 0; end < 2; end++) {
                uint32_t p = f->corner[(e + end) % 3];
                if (w->last[p] == number) { continue; }
                w->last[p] = number;
                w->flat[points++] = (point2){ dot(w->h->vertex[p].mm, u), dot(w->h->vertex[p].mm, v) };
            }
        }
    }
    if (points < 3) { return (rectangle){ INFINITY, 1 }; }
    qsort(w->flat, points, sizeof *w->flat, left_to_right);
    return smallest_rectangle(w->corner, outline(w->corner, w->flat, points));
}

static void find_box(rx_size *out, const view *w)
{
    double best = INFINITY;
    for (size_t i = 0; i < w->h->n_faces; i++) { face_normal(w->normal + 3 * i, w->h, i); }
    for (size_t i = 0; i < w->h->n_faces; i++) {
        double n[3], height, length = sqrt(dot(w->normal + 3 * i, w->normal + 3 * i));
        for (size_t a = 0; a < 3; a++) { n[a] = w->normal[3 * i + a] / length; }
        if (!(least_box(&height, w, n) < best)) { continue; }
        rectangle r = look(w, n, (uint32_t)i + 1);
        if (height * r.wide * r.high < best) {
            best = height * r.wide * r.high;
            *out = (rx_size){ best, 2 * (height * r.wide + height * r.high + r.wide * r.high) };
        }
    }
}

int rx_hull_box(rx_size *out, const rx_hull *h, rx_error *err)
{
    *out = (rx_size){ (double)NAN, (double)NAN };
    view w = {
        h, malloc(h->n_faces * 3 * sizeof(double)), malloc(h->n_faces * sizeof(bool)),
        calloc(h->n_vertices, sizeof(uint32_t)), malloc(h->n_vertices * 3 * sizeof(point2)), NULL,
    };
    int rc = RX_OK;
    if (w.normal && w.front && w.last && w.flat) {
        w.corner = w.flat + h->n_vertices;
        find_box(out, &w);
    } else {
        rc = rx_fail(err, RX_ENOMEM, "no memory for the box around %zu points", h->n_vertices);
    }
    free(w.normal);
    free(w.front);
    free(w.last);
    free(w.flat);
    return rc;
}
