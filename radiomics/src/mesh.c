/* Marching cubes on the binary region, vertices at edge midpoints.
 *
 * The table of triangles is derived here, by these rules, which give PyRadiomics' surface:
 *  1. a configuration in which corner 6 (x=0, y=1, z=1) is inside has the triangles of its
 *     complement, turned over;
 *  2. on a cube face, every run of inside corners is cut off by one segment (so on a face
 *     with two opposite inside corners each is cut off alone); the segments of the six faces
 *     close into loops, directed so that triangle normals point outward;
 *  3. a loop is a fan of triangles about one of its vertices: the one with the greatest sum
 *     of squared lengths of diagonals. A loop of seven is mirror-symmetric with one vertex
 *     in the mirror plane; its fan is about that one.
 * Because of rule 1 the surface may have holes between cubes where two voxels touch along
 * an edge only; its volume then depends on the origin, which is the centre of the padded
 * box's first voxel, as in PyRadiomics. */
#include "mesh.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "roi.h"

enum { CORNERS = 8, EDGES = 12, COMPLEMENT_CORNER = 6 };

typedef struct edge_map {
    int number[CORNERS][CORNERS];      /* edge between two corners                      */
    int8_t mid[EDGES][3];              /* its midpoint in half voxels                   */
} edge_map;

static void make_edges(edge_map *m)
{
    int n = 0;
    for (int a = 0; a < 3; a++) {
        for (int c = 0; c < CORNERS; c++) {
            if (c >> a & 1) { continue; }
            int d = c | 1 << a;
            m->number[c][d] = m->number[d][c] = n;
            for (int x = 0; x < 3; x++) { m->mid[n][x] = (int8_t)((c >> x & 1) + (d >> x & 1)); }
            n++;
        }
    }
}

/* Corners of the face at side `s` of axis `a`, counter-clockwise seen from outside. */
static void face_corners(int out[4], int a, int s)
{
    int u = 1 << (a + 1) % 3, v = 1 << (a + 2) % 3, base = s << a;
    const int ccw[4] = { base, base | u, base | u | v, base | v };
    for (int i = 0; i < 4; i++) { out[i] = ccw[s ? i : 3 - i]; }
}

/* next[e] = the edge that follows e on its loop, -1 where the surface does not cross e. */
static void make_segments(int next[EDGES], unsigned inside, const edge_map *m)
{
    for (int e = 0; e < EDGES; e++) { next[e] = -1; }
    for (int f = 0; f < 6; f++) {
        int c[4];
        face_corners(c, f / 2, f % 2);
        for (int i = 0; i < 4; i++) {
            int before = c[(i + 3) % 4];
            if (!(inside >> c[i] & 1) || inside >> before & 1) { continue; }
            int end = i;                               /* a run of inside corners starts */
            while (inside >> c[(end + 1) % 4] & 1) { end++; }
            next[m->number[before][c[i]]] = m->number[c[end % 4]][c[(end + 1) % 4]];
        }
    }
}

static int squared_distance(const int8_t a[3], const int8_t b[3])
{
    int d = 0;
    for (int x = 0; x < 3; x++) { d += (a[x] - b[x]) * (a[x] - b[x]); }
    return d;
}

static int fan_centre(const int *loop, int n, const edge_map *m)
{
    int spread[EDGES], best = 0;
    for (int i = 0; i < n; i++) {
        spread[i] = 0;
        for (int j = 2; j < n - 1; j++) {
            spread[i] += squared_distance(m->mid[loop[i]], m->mid[loop[(i + j) % n]]);
        }
        if (spread[i] > spread[best]) { best = i; }
    }
    if (n != 7) { return best; }
    for (int i = 0; i < n; i++) {                       /* every other one has a mirror image */
        bool alone = true;
        for (int j = 0; j < n; j++) { alone = alone && (i == j || spread[i] != spread[j]); }
        if (alone) { return i; }
    }
    return best;
}

static void add_fan(rx_cube *cube, const int *loop, int n, bool turned, const edge_map *m)
{
    int centre = fan_centre(loop, n, m);
    for (int j = 1; j < n - 1; j++) {
        int b = loop[(centre + j) % n], c = loop[(centre + j + 1) % n];
        int8_t (*p)[3] = cube->point[cube->triangles++];
        memcpy(p[0], m->mid[loop[centre]], 3);
        memcpy(p[1], m->mid[turned ? c : b], 3);
        memcpy(p[2], m->mid[turned ? b : c], 3);
    }
}

void rx_mesh_table_init(rx_mesh_table *t)
{
    edge_map m = { 0 };
    make_edges(&m);
    memset(t, 0, sizeof *t);
    for (unsigned config = 0; config < 256; config++) {
        bool turned = config >> COMPLEMENT_CORNER & 1;
        int next[EDGES];
        make_segments(next, turned ? ~config & 0xffu : config, &m);
        for (int e = 0; e < EDGES; e++) {
            int loop[EDGES], n = 0;
            for (int at = e; next[at] >= 0;) {
                int following = next[at];
                loop[n++] = at;
                next[at] = -1;
                at = following;
            }
            if (n > 0) { add_fan(&t->cube[config], loop, n, turned, &m); }
        }
    }
}

/* ---- measuring ---------------------------------------------------------------------- */

/* How often each configuration occurs, and the sum of its cubes' positions. These integers
 * are all that area and volume depend on. */
typedef struct tally { uint64_t count, sum[3]; } tally;

static uint64_t shifted(const uint64_t *row, size_t w, size_t words)
{
    return row[w] >> 1 | (w + 1 < words ? row[w + 1] << 63 : 0);
}

static void count_row(tally t[256], const uint64_t *const row[4], size_t words, size_t j, size_t k)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t c[CORNERS], any = 0, all = ~(uint64_t)0;
        for (int r = 0; r < 4; r++) {
            c[2 * r] = row[r][w];
            c[2 * r + 1] = shifted(row[r], w, words);
            any |= c[2 * r] | c[2 * r + 1];
            all &= c[2 * r] & c[2 * r + 1];
        }
        for (uint64_t cut = any & ~all; cut; cut &= cut - 1) {
            unsigned i = rx_lowest_bit(cut), config = 0;
            for (unsigned b = 0; b < CORNERS; b++) { config |= (unsigned)(c[b] >> i & 1) << b; }
            t[config].count++;
            t[config].sum[0] += w * 64 + i;
            t[config].sum[1] += j;
            t[config].sum[2] += k;
        }
    }
}

static void cross(double out[3], const double a[3], const double b[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void rx_mesh_measure(double *area_mm2, double *volume_mm3, const rx_roi *roi,
                     const rx_mesh_table *table)
{
    tally t[256];
    memset(t, 0, sizeof t);
    for (size_t k = 0; k + 1 < roi->n[2] + 2; k++) {
        for (size_t j = 0; j + 1 < roi->n[1] + 2; j++) {
            const uint64_t *const row[4] = {
                rx_roi_row(roi, j, k), rx_roi_row(roi, j + 1, k),
                rx_roi_row(roi, j, k + 1), rx_roi_row(roi, j + 1, k + 1),
            };
            count_row(t, row, roi->words, j, k);
        }
    }

    double area = 0, six_volumes = 0;
    for (int config = 0; config < 256; config++) {
        const rx_cube *cube = &table->cube[config];
        if (t[config].count == 0) { continue; }
        double twice_area = 0, det = 0, normal[3] = { 0, 0, 0 };
        for (int i = 0; i < cube->triangles; i++) {
            double p[3][3], u[3], v[3], n[3], bc[3];
            for (int x = 0; x < 3; x++) {
                for (int q = 0; q < 3; q++) {
                    p[q][x] = 0.5 * cube->point[i][q][x] * roi->spacing_mm[x];
                }
                u[x] = p[1][x] - p[0][x];
                v[x] = p[2][x] - p[0][x];
            }
            cross(n, u, v);
            cross(bc, p[1], p[2]);
            twice_area += sqrt(dot(n, n));
            det += dot(p[0], bc);
            for (int x = 0; x < 3; x++) { normal[x] += n[x]; }
        }
        /* det(o+a, o+b, o+c) = det(a,b,c) + o . ((b-a) x (c-a)), summed over the cubes */
        six_volumes += (double)t[config].count * det;
        for (int x = 0; x < 3; x++) {
            six_volumes += (double)t[config].sum[x] * roi->spacing_mm[x] * normal[x];
        }
        area += (double)t[config].count * twice_area / 2;
    }
    *area_mm2 = area;
    *volume_mm3 = six_volumes / 6;
}
