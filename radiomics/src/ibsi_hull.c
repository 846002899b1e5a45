/* Convex hull by Quickhull (Barber, Dobkin and Huhdanpaa 1996) in exact integers.
 *
 * A point sees a face if it lies strictly outside of its plane. Differences of coordinates stay
 * below 2^18, so that the 3 x 3 determinants fit into 64 bits. Points in a face's plane are not
 * seen; where such a point belongs to the hull, faces in one plane are what comes out, which changes
 * neither volume nor area. */
#include "ibsi_solid.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

typedef struct facet {
    uint32_t v[3], beside[3];     /* beside[i] shares the edge v[i], v[i+1]                   */
    int64_t normal[3];
    uint32_t outside;             /* list of the points that this face is the one to see      */
    bool dead;
} facet;

typedef struct builder {
    const rx_corner *p;
    uint32_t n;
    uint32_t *next;               /* [n]: lists of points                                     */
    facet *f;
    uint32_t n_facets, room;
    uint32_t *seen;               /* the faces that the point at work sees                    */
    uint32_t *rim_from, *rim_to, *rim_beside, *starts, *ends;
    uint32_t n_seen, n_rim, rim_room, seen_room;
} builder;

static int64_t above(const builder *b, const facet *f, uint32_t q)
{
    int64_t d = 0;
    for (int a = 0; a < 3; a++) {
        d += f->normal[a] * ((int64_t)b->p[q].at[a] - b->p[f->v[0]].at[a]);
    }
    return d;
}

static void set_normal(const builder *b, facet *f)
{
    int64_t u[3], w[3];
    for (int a = 0; a < 3; a++) {
        u[a] = (int64_t)b->p[f->v[1]].at[a] - b->p[f->v[0]].at[a];
        w[a] = (int64_t)b->p[f->v[2]].at[a] - b->p[f->v[0]].at[a];
    }
    for (int a = 0; a < 3; a++) {
        int x = (a + 1) % 3, y = (a + 2) % 3;
        f->normal[a] = u[x] * w[y] - u[y] * w[x];
    }
}

/* Twice the room, or enough for `want`. */
static bool grow(void **p, uint32_t *room, uint32_t want, size_t size)
{
    if (want <= *room) { return true; }
    uint32_t more = *room > UINT32_MAX / 4 ? want : 2 * *room + 64;
    if (more < want) { more = want; }
    void *q = realloc(*p, more * size);
    if (!q) { return false; }
    *p = q;
    *room = more;
    return true;
}

static uint32_t new_facet(builder *b, uint32_t v0, uint32_t v1, uint32_t v2)
{
    void *f = b->f;
    if (!grow(&f, &b->room, b->n_facets + 1, sizeof *b->f)) { return NOBODY; }
    b->f = f;
    facet *g = &b->f[b->n_facets];
    *g = (facet){ .v = { v0, v1, v2 }, .outside = NOBODY };
    set_normal(b, g);
    return b->n_facets++;
}

/* Hand a point to a face of `from` on that it sees; a point that sees none is inside. */
static void hand_out(builder *b, uint32_t q, uint32_t from)
{
    for (uint32_t i = from; i < b->n_facets; i++) {
        if (above(b, &b->f[i], q) > 0) {
            b->next[q] = b->f[i].outside;
            b->f[i].outside = q;
            return;
        }
    }
}

/* Four points that span space; false if there are none. */
static bool first_simplex(uint32_t v[4], const builder *b)
{
    facet plane = { .v = { 0, 0, 0 } };
    double best = 0;
    v[0] = 0;
    v[1] = v[2] = v[3] = NOBODY;
    for (uint32_t q = 1; q < b->n; q++) {
        double d = 0;
        for (int a = 0; a < 3; a++) {
            double t = (double)b->p[q].at[a] - (double)b->p[0].at[a];
            d += t * t;
        }
        if (d > best) { best = d; v[1] = q; }
    }
    if (v[1] == NOBODY) { return false; }
    best = 0;
    for (uint32_t q = 1; q < b->n; q++) {
        facet t = { .v = { v[0], v[1], q } };
        set_normal(b, &t);
        double d = 0;
        for (int a = 0; a < 3; a++) { d += (double)t.normal[a] * (double)t.normal[a]; }
        if (d > best) { best = d; v[2] = q; plane = t; }
    }
    if (v[2] == NOBODY) { return false; }
    int64_t most = 0;
    for (uint32_t q = 1; q < b->n; q++) {
        int64_t d = above(b, &plane, q);
        if (llabs(d) > llabs(most)) { most = d; v[3] = q; }
    }
    if (most > 0) {                                   /* the fourth one lies below the others */
        uint32_t t = v[1];
        v[1] = v[2];
        v[2] = t;
    }
    return v[3] != NOBODY;
}

static bool start(builder *b)
{
    static const int corner[4][3] = { { 0, 1, 2 }, { 0, 3, 1 }, { 1, 3, 2 }, { 2, 3, 0 } };
    static const uint32_t beside[4][3] = { { 1, 2, 3 }, { 3, 2, 0 }, { 1, 3, 0 }, { 2, 1, 0 } };
    uint32_t v[4];
    if (!first_simplex(v, b)) { return false; }
    for (int i = 0; i < 4; i++) {
        uint32_t f = new_facet(b, v[corner[i][0]], v[corner[i][1]], v[corner[i][2]]);
        if (f == NOBODY) { return false; }
        memcpy(b->f[f].beside, beside[i], sizeof beside[i]);
    }
    for (uint32_t q = 0; q < b->n; q++) { hand_out(b, q, 0); }
    return true;
}

static bool add_rim(builder *b, uint32_t from, uint32_t to, uint32_t beside)
{
    if (b->n_rim == b->rim_room) {
        uint32_t room = b->rim_room, same = room;
        void *x = b->rim_from, *y = b->rim_to, *z = b->rim_beside;
        bool ok = grow(&x, &room, same + 1, sizeof *b->rim_from);
        b->rim_from = x;
        room = same;
        ok = ok && grow(&y, &room, same + 1, sizeof *b->rim_to);
        b->rim_to = y;
        room = same;
        ok = ok && grow(&z, &room, same + 1, sizeof *b->rim_beside);
        b->rim_beside = z;
        if (!ok) { return false; }
        b->rim_room = room;
    }
    b->rim_from[b->n_rim] = from;
    b->rim_to[b->n_rim] = to;
    b->rim_beside[b->n_rim++] = beside;
    return true;
}

/* Mark and list the faces that q sees, from one of them on, and the edges around them. */
static bool find_rim(builder *b, uint32_t q, uint32_t from)
{
    void *s = b->seen;
    if (!grow(&s, &b->seen_room, b->n_facets, sizeof *b->seen)) { return false; }
    b->seen = s;
    b->n_rim = 0;
    b->n_seen = 0;
    b->f[from].dead = true;
    b->seen[b->n_seen++] = from;
    for (uint32_t i = 0; i < b->n_seen; i++) {
        uint32_t at = b->seen[i];
        for (int e = 0; e < 3; e++) {
            uint32_t other = b->f[at].beside[e];
            facet *g = &b->f[other];
            if (g->dead) { continue; }
            if (above(b, g, q) > 0) {
                g->dead = true;
                b->seen[b->n_seen++] = other;
            } else if (!add_rim(b, b->f[at].v[e], b->f[at].v[(e + 1) % 3], other)) {
                return false;
            }
        }
    }
    return true;
}

/* A face from every edge of the rim to q. */
static bool close_rim(builder *b, uint32_t q)
{
    uint32_t first = b->n_facets;
    for (uint32_t r = 0; r < b->n_rim; r++) {
        uint32_t f = new_facet(b, b->rim_from[r], b->rim_to[r], q);
        if (f == NOBODY) { return false; }
        b->starts[b->rim_from[r]] = f;
        b->ends[b->rim_to[r]] = f;
        facet *g = &b->f[b->rim_beside[r]];
        for (int e = 0; e < 3; e++) {
            if (g->v[e] == b->rim_to[r] && g->v[(e + 1) % 3] == b->rim_from[r]) { g->beside[e] = f; }
        }
    }
    for (uint32_t r = 0; r < b->n_rim; r++) {
        facet *g = &b->f[first + r];
        g->beside[0] = b->rim_beside[r];
        g->beside[1] = b->starts[g->v[1]];
        g->beside[2] = b->ends[g->v[0]];
    }
    return true;
}

static uint32_t farthest(const builder *b, const facet *f)
{
    uint32_t best = f->outside;
    int64_t most = above(b, f, best);
    for (uint32_t q = b->next[best]; q != NOBODY; q = b->next[q]) {
        int64_t d = above(b, f, q);
        if (d > most) {
            most = d;
            best = q;
        }
    }
    return best;
}

static bool extend(builder *b, uint32_t from)
{
    uint32_t q = farthest(b, &b->f[from]), before = b->n_facets;
    if (!find_rim(b, q, from) || !close_rim(b, q)) { return false; }
    for (uint32_t i = 0; i < b->n_seen; i++) {
        uint32_t at = b->f[b->seen[i]].outside;
        while (at != NOBODY) {
            uint32_t next = b->next[at];
            if (at != q) { hand_out(b, at, before); }
            at = next;
        }
    }
    return true;
}

/* Faces are only ever added, so one pass meets them all. */
static bool build(builder *b)
{
    if (!start(b)) { return false; }
    for (uint32_t i = 0; i < b->n_facets; i++) {
        if (!b->f[i].dead && b->f[i].outside != NOBODY && !extend(b, i)) { return false; }
    }
    return true;
}

/* Living faces, and the vertices that they use, in mm. */
static bool take_over(rx_hull *h, builder *b, const double half_mm[3])
{
    uint32_t *number = b->starts;                     /* its work is done */
    uint32_t next = 0;
    for (uint32_t q = 0; q < b->n; q++) { number[q] = NOBODY; }
    for (uint32_t i = 0; i < b->n_facets; i++) {
        if (!b->f[i].dead) { b->f[i].outside = next++; }     /* now its number: no list is left */
    }
    h->face = malloc((size_t)b->n_facets * sizeof *h->face);
    h->vertex = malloc((size_t)b->n * sizeof *h->vertex);
    if (!h->face || !h->vertex) { return false; }
    for (uint32_t i = 0; i < b->n_facets; i++) {
        if (b->f[i].dead) { continue; }
        for (int e = 0; e < 3; e++) {
            uint32_t q = b->f[i].v[e];
            if (number[q] == NOBODY) {
                number[q] = (uint32_t)h->n_vertices;
                for (int a = 0; a < 3; a++) {
                    h->vertex[h->n_vertices].mm[a] = b->p[q].at[a] * half_mm[a];
                }
                h->n_vertices++;
            }
            h->face[h->n_faces].corner[e] = number[q];
            h->face[h->n_faces].beside[e] = b->f[b->f[i].beside[e]].outside;
        }
        h->n_faces++;
    }
    return true;
}

int rx_hull_make(rx_hull *h, const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    *h = (rx_hull){ 0 };
    rx_corners c;
    int rc = rx_corners_find(&c, roi, ws, err);
    if (rc != RX_OK) { return rc; }
    if (c.n >= NOBODY / 4) { return rx_fail(err, RX_ELIMIT, "a convex hull of %zu points", c.n); }
    double half_mm[3];
    for (int a = 0; a < 3; a++) { half_mm[a] = roi->spacing_mm[a] / 2; }
    builder b = { .p = c.p, .n = (uint32_t)c.n };
    b.next = malloc(c.n * sizeof *b.next);
    b.starts = malloc(c.n * sizeof *b.starts);
    b.ends = malloc(c.n * sizeof *b.ends);
    if (!b.next || !b.starts || !b.ends || !build(&b) || !take_over(h, &b, half_mm)) {
        rx_hull_free(h);
        rc = rx_fail(err, RX_ENOMEM, "no memory for the convex hull of %zu points", c.n);
    }
    free(b.next);
    free(b.f);
    free(b.seen);
    free(b.rim_from);
    free(b.rim_to);
    free(b.rim_beside);
    free(b.starts);
    free(b.ends);
    return rc;
}

void rx_hull_free(rx_hull *h)
{
    free(h->vertex);
    free(h->face);
    *h = (rx_hull){ 0 };
}

rx_size rx_hull_size(const rx_hull *h)
{
    rx_size s = { 0, 0 };
    const double *o = h->vertex[0].mm;
    for (size_t i = 0; i < h->n_faces; i++) {
        double e[3][3], n[3];
        for (int c = 0; c < 3; c++) {
            for (int a = 0; a < 3; a++) { e[c][a] = h->vertex[h->face[i].corner[c]].mm[a] - o[a]; }
        }
        for (int a = 0; a < 3; a++) {
            int x = (a + 1) % 3, y = (a + 2) % 3;
            n[a] = (e[1][x] - e[0][x]) * (e[2][y] - e[0][y]) - (e[1][y] - e[0][y]) * (e[2][x] - e[0][x]);
        }
        s.volume_mm3 += (n[0] * e[0][0] + n[1] * e[0][1] + n[2] * e[0][2]) / 6;
        s.area_mm2 += sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) / 2;
    }
    return s;
}
