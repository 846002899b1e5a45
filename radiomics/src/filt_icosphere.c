/* Points spread over a sphere: the corners of an icosahedron, and after each subdivision the
 * midpoints of its triangles' edges, pushed out to the sphere (trimesh's icosphere). Two corners
 * of the icosahedron are neighbours if no two are closer; three neighbours are a triangle. */
#include <math.h>
#include <stdlib.h>
#include "filt.h"

enum { CORNERS = 12, TRIANGLES = 20 };

typedef struct mesh {
    double (*vertex)[3];
    size_t vertices;
    size_t (*triangle)[3];
    size_t triangles;
} mesh;

/* A subdivision's new vertices, by the edge they halve. */
typedef struct edge { size_t a, b, middle; } edge;

static void corners(double v[CORNERS][3])
{
    double golden = (1 + sqrt(5)) / 2, radius = sqrt(2 + golden);
    size_t at = 0;
    for (int axis = 0; axis < 3; axis++) {
        for (int sign = 0; sign < 4; sign++, at++) {
            v[at][axis] = (sign & 1 ? 1 : -1) / radius;
            v[at][(axis + 1) % 3] = (sign & 2 ? golden : -golden) / radius;
            v[at][(axis + 2) % 3] = 0;
        }
    }
}

static bool neighbours(const double a[3], const double b[3])
{
    double d2 = 0;
    for (int k = 0; k < 3; k++) { d2 += (a[k] - b[k]) * (a[k] - b[k]); }
    return d2 < 1.5;                        /* edges have 1.106, the next distance 2.89, squared */
}

static void triangles(mesh *m)
{
    for (size_t a = 0; a < CORNERS; a++) {
        for (size_t b = a + 1; b < CORNERS; b++) {
            for (size_t c = b + 1; c < CORNERS; c++) {
                if (neighbours(m->vertex[a], m->vertex[b]) && neighbours(m->vertex[b], m->vertex[c])
                    && neighbours(m->vertex[a], m->vertex[c])) {
                    size_t *t = m->triangle[m->triangles++];
                    t[0] = a;
                    t[1] = b;
                    t[2] = c;
                }
            }
        }
    }
}

static void push_out(mesh *m, double radius)
{
    for (size_t i = 0; i < m->vertices; i++) {
        double *v = m->vertex[i], length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        for (int k = 0; k < 3; k++) { v[k] += v[k] / length * (radius - length); }
    }
}

static size_t middle_of(mesh *m, edge *edges, size_t *n_edges, size_t a, size_t b)
{
    size_t low = a < b ? a : b, high = a < b ? b : a;
    for (size_t e = 0; e < *n_edges; e++) {
        if (edges[e].a == low && edges[e].b == high) { return edges[e].middle; }
    }
    for (int k = 0; k < 3; k++) {
        m->vertex[m->vertices][k] = (m->vertex[low][k] + m->vertex[high][k]) / 2;
    }
    edges[(*n_edges)++] = (edge){ low, high, m->vertices };
    return m->vertices++;
}

/* Every triangle becomes four: one at each corner, in place of it, and the middle one. */
static void subdivide(mesh *m, edge *edges)
{
    size_t n_edges = 0, before = m->triangles;
    for (size_t i = 0; i < before; i++) {
        size_t *t = m->triangle[i], corner[3] = { t[0], t[1], t[2] }, middle[3];
        for (size_t k = 0; k < 3; k++) {
            middle[k] = middle_of(m, edges, &n_edges, corner[k], corner[(k + 1) % 3]);
        }
        for (size_t k = 0; k < 3; k++) {
            size_t *to = m->triangle[m->triangles++];
            to[0] = corner[k];
            to[1] = middle[k];
            to[2] = middle[(k + 2) % 3];
            t[k] = middle[k];
        }
    }
}

int rx_filt_icosphere(double (**points)[3], size_t *n, unsigned subdivisions, double radius, rx_error *err)
{
    size_t most = TRIANGLES;
    for (unsigned s = 0; s < subdivisions; s++) { most *= 4; }
    mesh m = { rx_filt_alloc(most / 2 + 2, sizeof *m.vertex, err), CORNERS,
               rx_filt_alloc(most, sizeof *m.triangle, err), 0 };
    edge *edges = rx_filt_alloc(most, sizeof *edges, err);
    int rc = m.vertex && m.triangle && edges ? RX_OK : RX_ENOMEM;
    if (rc == RX_OK) {
        corners(m.vertex);
        triangles(&m);
        if (subdivisions == 0) { push_out(&m, radius); }
        for (unsigned s = 0; s < subdivisions; s++) {
            subdivide(&m, edges);
            push_out(&m, radius);
        }
    }
    free(edges);
    free(m.triangle);
    if (rc != RX_OK) {
        free(m.vertex);
        return rc;
    }
    *points = m.vertex;
    *n = m.vertices;
    return RX_OK;
}
