/* The table of triangles: what must hold for each of the 256 configurations. */
#include "region.h"
#include "mesh.h"

static rx_mesh_table table;

static int make_table(void **state)
{
    (void)state;
    rx_mesh_table_init(&table);
    return 0;
}

static double area(const rx_cube *c)
{
    double total = 0;
    for (int t = 0; t < c->triangles; t++) {
        double u[3], v[3];
        for (int x = 0; x < 3; x++) {
            u[x] = 0.5 * (c->point[t][1][x] - c->point[t][0][x]);
            v[x] = 0.5 * (c->point[t][2][x] - c->point[t][0][x]);
        }
        double a = u[1] * v[2] - u[2] * v[1], b = u[2] * v[0] - u[0] * v[2], d = u[0] * v[1] - u[1] * v[0];
        total += sqrt(a * a + b * b + d * d) / 2;
    }
    return total;
}

static int code(const int8_t p[3]) { return p[0] + 3 * p[1] + 9 * p[2]; }

/* Both points on one face of the cube: they agree in a coordinate that is 0 or 2. */
static bool on_a_face(int a, int b)
{
    for (int x = 0, unit = 1; x < 3; x++, unit *= 3) {
        int p = a / unit % 3, q = b / unit % 3;
        if (p == q && p != 1) { return true; }
    }
    return false;
}

/* Points lie between an inside and an outside corner, each such edge is used; inner edges of
 * the surface belong to two triangles with opposite directions, the others lie on faces. */
static void test_mesh__surfaces_are_closed_within_the_cube(void **state)
{
    (void)state;
    for (unsigned config = 0; config < 256; config++) {
        const rx_cube *c = &table.cube[config];
        bool used[27] = { false };
        int edge[27][27] = { { 0 } }, crossed = 0, points = 0;
        for (int t = 0; t < c->triangles; t++) {
            for (int q = 0; q < 3; q++) {
                const int8_t *p = c->point[t][q];
                int low = 0, high = 0;
                for (int x = 0; x < 3; x++) {
                    low |= (p[x] == 2) << x;
                    high |= (p[x] >= 1) << x;
                }
                assert_int_not_equal(config >> low & 1, config >> high & 1);
                used[code(p)] = true;
                edge[code(p)][code(c->point[t][(q + 1) % 3])]++;
            }
        }
        for (int a = 0; a < 8; a++) {
            for (int x = 0; x < 3; x++) {
                if (!(a >> x & 1)) { crossed += (config >> a & 1) != (config >> (a | 1 << x) & 1); }
            }
        }
        for (int a = 0; a < 27; a++) {
            points += used[a];
            for (int b = 0; b < 27; b++) {
                assert_true(edge[a][b] <= 1);
                if (edge[a][b] && !edge[b][a]) { assert_true(on_a_face(a, b)); }
            }
        }
        assert_int_equal(points, crossed);
    }
}

static void test_mesh__complement_is_turned_over(void **state)
{
    (void)state;
    for (unsigned config = 0; config < 256; config++) {
        const rx_cube *c = &table.cube[config], *o = &table.cube[~config & 0xff];
        assert_int_equal(c->triangles, o->triangles);
        for (int t = 0; t < c->triangles; t++) {
            assert_memory_equal(c->point[t][0], o->point[t][0], 3);
            assert_memory_equal(c->point[t][1], o->point[t][2], 3);
            assert_memory_equal(c->point[t][2], o->point[t][1], 3);
        }
    }
}

/* A single inside corner: one triangle, normal away from it. */
static void test_mesh__corner(void **state)
{
    (void)state;
    for (int corner = 0; corner < 8; corner++) {
        const rx_cube *c = &table.cube[1 << corner];
        assert_int_equal(c->triangles, 1);
        CHECK_NEAR(area(c), sqrt(3) / 8, 1e-15, 0);
        double u[3], v[3], out = 0;
        for (int x = 0; x < 3; x++) {
            u[x] = c->point[0][1][x] - c->point[0][0][x];
            v[x] = c->point[0][2][x] - c->point[0][0][x];
        }
        for (int x = 0; x < 3; x++) {
            int y = (x + 1) % 3, z = (x + 2) % 3;
            out += (u[y] * v[z] - u[z] * v[y]) * (corner >> x & 1 ? -1 : 1);
        }
        assert_true(out > 0);
    }
}

/* Where a loop is not plane, its triangles decide the area. Values: sums over the triangles
 * that PyRadiomics 3.1 has for these shapes of the surface. */
static void test_mesh__areas_of_bent_loops(void **state)
{
    (void)state;
    unsigned sevens = 0;
    for (unsigned config = 0; config < 256; config++) {
        const rx_cube *c = &table.cube[config];
        if (c->triangles != 5) { continue; }
        int at_centre = 0;                   /* a fan: one point is in all five triangles */
        for (int t = 0; t < 5; t++) { at_centre += memcmp(c->point[t][0], c->point[0][0], 3) == 0; }
        if (at_centre != 5) { continue; }    /* a loop of six and one of three            */
        CHECK_NEAR(area(c), 1.965624789436539, 1e-14, 0);
        sevens++;
    }
    assert_int_equal(sevens, 2 * 9);
    /* corners 0, 1, 2 and 4: a corner and all its neighbours, cut off by a hexagon */
    CHECK_NEAR(area(&table.cube[0x17]), 3 * sqrt(3) / 4, 1e-14, 0);
    /* corners 4, 0, 1, 3: a path around the cube, cut off by a bent hexagon */
    CHECK_NEAR(area(&table.cube[0x1b]), 1.573132184970986, 1e-14, 0);
    /* corners 0, 1, 3: an L, cut off by a bent pentagon */
    CHECK_NEAR(area(&table.cube[0x0b]), 1.149519052838329, 1e-14, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mesh__surfaces_are_closed_within_the_cube),
        cmocka_unit_test(test_mesh__complement_is_turned_over), cmocka_unit_test(test_mesh__corner),
        cmocka_unit_test(test_mesh__areas_of_bent_loops),
    };
    return cmocka_run_group_tests(tests, make_table, NULL);
}
