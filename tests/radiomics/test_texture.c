/* Texture and intensity features of regions small enough to work out by hand. */
#include "region.h"

static region cube(size_t n, double (*value)(size_t, size_t, size_t))
{
    region r = region_new(grid_of(n + 2, n + 2, n + 2, 1, 1, 1));
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 0; j < n; j++) {
            for (size_t i = 0; i < n; i++) { region_set(&r, i + 1, j + 1, k + 1, value(i, j, k)); }
        }
    }
    return r;
}

static double checker(size_t i, size_t j, size_t k) { return (i + j + k) % 2 ? 100 : 0; }
static double constant(size_t i, size_t j, size_t k) { return 37.5 + 0 * (double)(i + j + k); }

/* Levels 1 and 5. Of the 13 directions 7 always change colour (3 axes, 4 space diagonals), the
 * 6 face diagonals never. */
static void test_texture__checkerboard(void **state)
{
    (void)state;
    region r = cube(4, checker);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);

    CHECK_NEAR(val(v, "glcm_Contrast"), 16 * 7.0 / 13, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_Correlation"), (6 - 7) / 13.0, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_JointEnergy"), 0.5, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_JointEntropy"), 1, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_JointAverage"), 3, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_Autocorrelation"), (7 * 5 + 6 * 13) / 13.0, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_Idn"), (7 / 1.8 + 6) / 13, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_InverseVariance"), 7.0 / 16 / 13, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_MCC"), 1, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_Imc1"), -1, 1e-14, 0);
    CHECK_NEAR(val(v, "glcm_Imc2"), sqrt(1 - exp(-2)), 1e-14, 0);

    /* each colour hangs together by diagonals: two zones of 32 voxels */
    CHECK_NEAR(val(v, "glszm_LargeAreaEmphasis"), 32 * 32, 1e-14, 0);
    CHECK_NEAR(val(v, "glszm_ZonePercentage"), 2.0 / 64, 1e-14, 0);
    CHECK_NEAR(val(v, "glszm_ZoneEntropy"), 1, 1e-14, 0);
    CHECK_NEAR(val(v, "glszm_GrayLevelVariance"), 4, 1e-14, 0);

    /* face diagonals of a 4x4 face are lines of 1 2 3 4 3 2 1: 7 runs of 16 voxels */
    CHECK_NEAR(val(v, "glrlm_RunPercentage"), (7 + 6 * 7.0 / 16) / 13, 1e-14, 0);
    CHECK_NEAR(val(v, "glrlm_LongRunEmphasis"), (7 + 6 * (2 * (1 + 4 + 9) + 16) / 7.0) / 13, 1e-14, 0);

    CHECK_NEAR(val(v, "firstorder_Entropy"), 1, 1e-14, 0);
    CHECK_NEAR(val(v, "firstorder_Variance"), 2500, 1e-14, 0);
    CHECK_NEAR(val(v, "firstorder_Kurtosis"), 1, 1e-14, 0);
    CHECK_NEAR(val(v, "firstorder_Skewness"), 0, 0, 1e-14);
    CHECK_NEAR(val(v, "firstorder_Median"), 50, 1e-14, 0);
    CHECK_NEAR(val(v, "firstorder_RobustMeanAbsoluteDeviation"), 50, 1e-14, 0);
    region_free(&r);
}

/* One level everywhere: the values that PyRadiomics chooses where its formulas divide by 0. */
static void test_texture__constant_region(void **state)
{
    (void)state;
    region r = cube(3, constant);
    rx_settings s = any_settings();
    for (unsigned bins = 0; bins <= 4; bins += 4) {
        s.bin_count = bins;
        rx_value v[RX_NFEATURES];
        region_extract(v, &r, &s);
        for (int i = 0; i < RX_NFEATURES; i++) { assert_int_equal(v[i].why, RX_DEFINED); }
        CHECK_NEAR(val(v, "glcm_Correlation"), 1, 0, 0);
        CHECK_NEAR(val(v, "glcm_MCC"), 1, 0, 0);
        CHECK_NEAR(val(v, "glcm_Imc1"), 0, 0, 1e-15);
        CHECK_NEAR(val(v, "glcm_Imc2"), 0, 0, 1e-15);
        CHECK_NEAR(val(v, "glcm_Contrast"), 0, 0, 0);
        CHECK_NEAR(val(v, "glcm_JointEnergy"), 1, 1e-15, 0);
        CHECK_NEAR(val(v, "glcm_JointEntropy"), 0, 0, 1e-15);
        /* numpy.histogram widens a flat range by half to both sides: the third bin of four */
        CHECK_NEAR(val(v, "glcm_JointAverage"), bins ? 3 : 1, 0, 0);
        CHECK_NEAR(val(v, "ngtdm_Coarseness"), 1e6, 0, 0);
        CHECK_NEAR(val(v, "ngtdm_Busyness"), 0, 0, 0);
        CHECK_NEAR(val(v, "ngtdm_Contrast"), 0, 0, 0);
        CHECK_NEAR(val(v, "ngtdm_Strength"), 0, 0, 0);
        CHECK_NEAR(val(v, "ngtdm_Complexity"), 0, 0, 0);
        CHECK_NEAR(val(v, "glszm_LargeAreaEmphasis"), 27 * 27, 1e-15, 0);
        CHECK_NEAR(val(v, "firstorder_Skewness"), 0, 0, 0);
        CHECK_NEAR(val(v, "firstorder_Kurtosis"), 0, 0, 0);
        CHECK_NEAR(val(v, "firstorder_Variance"), 0, 0, 0);
        CHECK_NEAR(val(v, "firstorder_Mean"), 37.5, 0, 0);
    }
    region_free(&r);
}

/* In a 3x3x3 cube: 1 voxel with 27 dependences, 6 with 18, 12 with 12, 8 with 8. */
static void test_texture__constant_dependences(void **state)
{
    (void)state;
    region r = cube(3, constant);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    const double size[4] = { 27, 18, 12, 8 }, count[4] = { 1, 6, 12, 8 };
    double large = 0, small = 0, mean = 0, uneven = 0;
    for (int i = 0; i < 4; i++) {
        large += count[i] * size[i] * size[i] / 27;
        small += count[i] / (size[i] * size[i]) / 27;
        mean += count[i] * size[i] / 27;
        uneven += count[i] * count[i] / 27;
    }
    CHECK_NEAR(val(v, "gldm_LargeDependenceEmphasis"), large, 1e-14, 0);
    CHECK_NEAR(val(v, "gldm_SmallDependenceEmphasis"), small, 1e-14, 0);
    CHECK_NEAR(val(v, "gldm_DependenceVariance"), large - mean * mean, 1e-13, 0);
    CHECK_NEAR(val(v, "gldm_DependenceNonUniformity"), uneven, 1e-14, 0);
    region_free(&r);
}

/* Nine directions lead out of a single slice; they are left out. Constant 3x3: rows and columns
 * have 3 runs of 3, diagonals 5 runs of 1 2 3 2 1. */
static void test_texture__one_slice(void **state)
{
    (void)state;
    region r = region_new(grid_of(5, 5, 3, 1, 1, 1));
    for (size_t j = 1; j < 4; j++) {
        for (size_t i = 1; i < 4; i++) { region_set(&r, i, j, 1, 4); }
    }
    rx_settings s;
    rx_settings_default(&s);
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    CHECK_NEAR(val(v, "glrlm_LongRunEmphasis"), (9 + 9 + 2 * 19 / 5.0) / 4, 1e-14, 0);
    CHECK_NEAR(val(v, "glrlm_RunPercentage"), (2 * 3 + 2 * 5) / 9.0 / 4, 1e-14, 0);
    CHECK_NEAR(val(v, "shape_LeastAxisLength"), 0, 0, 0);
    CHECK_NEAR(val(v, "shape_Flatness"), 0, 0, 0);
    assert_true(val(v, "shape_MeshVolume") > 0);
    region_free(&r);
}

/* No two voxels on a line of any of the 13 directions: no pairs, no runs; zones exist. */
static void test_texture__knights_move(void **state)
{
    (void)state;
    region r = region_new(grid_of(4, 4, 2, 1, 1, 1));
    region_set(&r, 0, 0, 0, 10);
    region_set(&r, 2, 1, 0, 60);
    rx_settings s;
    rx_settings_default(&s);
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    assert_int_equal(named(v, "glcm_Contrast").why, RX_UNDEFINED);
    assert_true(isnan(val(v, "glcm_Contrast")));
    assert_int_equal(named(v, "glrlm_RunPercentage").why, RX_UNDEFINED);
    CHECK_NEAR(val(v, "glszm_ZonePercentage"), 1, 0, 0);
    CHECK_NEAR(val(v, "gldm_SmallDependenceEmphasis"), 1, 0, 0);
    CHECK_NEAR(val(v, "ngtdm_Coarseness"), 1e6, 0, 0);      /* isolated voxels count, with 0 */
    region_free(&r);
}

/* Two voxels with a gap between: their line's direction counts for runs, not for pairs. */
static void test_texture__gap_on_a_line(void **state)
{
    (void)state;
    region r = region_new(grid_of(3, 3, 3, 1, 1, 1));
    region_set(&r, 0, 0, 0, 10);
    region_set(&r, 2, 2, 0, 10);
    rx_settings s;
    rx_settings_default(&s);
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    assert_int_equal(named(v, "glcm_Contrast").why, RX_UNDEFINED);
    CHECK_NEAR(val(v, "glrlm_RunPercentage"), 1, 0, 0);
    CHECK_NEAR(val(v, "glrlm_ShortRunEmphasis"), 1, 0, 0);
    region_free(&r);
}

/* A row of two levels has one direction; the second eigenvalue of a 2x2 Q is its trace - 1. */
static void test_texture__asymmetric_row(void **state)
{
    (void)state;
    const int level[] = { 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0 };
    const size_t n = sizeof level / sizeof *level;
    double p[2][2] = { { 0, 0 }, { 0, 0 } };
    region r = region_new(grid_of(n, 1, 1, 1, 1, 1));
    for (size_t i = 0; i < n; i++) {
        region_set(&r, i, 0, 0, 25 * level[i]);
        if (i > 0) { p[level[i - 1]][level[i]] += 1.0 / (double)(n - 1); }
    }
    rx_settings s = any_settings();
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        s.symmetrical_glcm = symmetric;
        double q[2][2];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) { q[i][j] = symmetric ? (p[i][j] + p[j][i]) / 2 : p[i][j]; }
        }
        double px[2] = { q[0][0] + q[0][1], q[1][0] + q[1][1] };
        double py[2] = { q[0][0] + q[1][0], q[0][1] + q[1][1] };
        double trace = 0, ux = px[0] + 2 * px[1], uy = py[0] + 2 * py[1], cov = 0;
        for (int i = 0; i < 2; i++) {
            for (int k = 0; k < 2; k++) {
                trace += q[i][k] * q[i][k] / (px[i] * py[k]);
                cov += q[i][k] * (i + 1 - ux) * (k + 1 - uy);
            }
        }
        rx_value v[RX_NFEATURES];
        region_extract(v, &r, &s);
        CHECK_NEAR(val(v, "glcm_MCC"), sqrt(trace - 1), 1e-12, 0);
        CHECK_NEAR(val(v, "glcm_JointAverage"), ux, 1e-14, 0);
        CHECK_NEAR(val(v, "glcm_SumAverage"), ux + uy, 1e-14, 0);
        CHECK_NEAR(val(v, "glcm_Correlation"), cov / sqrt(px[0] * px[1] * py[0] * py[1]), 1e-13, 0);
        CHECK_NEAR(val(v, "glcm_Contrast"), q[0][1] + q[1][0], 1e-14, 0);
    }
    region_free(&r);
}

/* ---- other distances and alpha, against plain loops over all pairs ------------------- */

static int level_of(const region *r, long i, long j, long k)
{
    const size_t *n = r->grid.dim;
    if (i < 0 || j < 0 || k < 0 || i >= (long)n[0] || j >= (long)n[1] || k >= (long)n[2]) { return 0; }
    size_t at = region_at(r, (size_t)i, (size_t)j, (size_t)k);
    return r->mask[at] ? (int)r->image[at] : 0;
}

static bool distance_in(const rx_settings *s, int x, int y, int z)
{
    int d = abs(x) > abs(y) ? abs(x) : abs(y);
    d = d > abs(z) ? d : abs(z);
    for (unsigned i = 0; i < s->n_distances; i++) {
        if ((int)s->distances[i] == d) { return true; }
    }
    return false;
}

static void naive_glcm(double *contrast, double *energy, const region *r, const rx_settings *s, int reach)
{
    int directions = 0;
    *contrast = *energy = 0;
    for (int z = -reach; z <= reach; z++) {
        for (int y = -reach; y <= reach; y++) {
            for (int x = -reach; x <= reach; x++) {
                double count[10][10] = { { 0 } }, total = 0, c = 0, e = 0;
                if (!distance_in(s, x, y, z)) { continue; }
                for (long k = 0; k < (long)r->grid.dim[2]; k++) {
                    for (long j = 0; j < (long)r->grid.dim[1]; j++) {
                        for (long i = 0; i < (long)r->grid.dim[0]; i++) {
                            int a = level_of(r, i, j, k), b = level_of(r, i + x, j + y, k + z);
                            if (!a || !b) { continue; }
                            count[a][b]++;
                            count[b][a]++;
                            total += 2;
                        }
                    }
                }
                if (total == 0) { continue; }
                for (int a = 1; a < 10; a++) {
                    for (int b = 1; b < 10; b++) {
                        c += count[a][b] / total * (a - b) * (a - b);
                        e += count[a][b] / total * count[a][b] / total;
                    }
                }
                *contrast += c;
                *energy += e;
                directions++;
            }
        }
    }
    *contrast /= directions;     /* every direction was met both ways: the mean is the same */
    *energy /= directions;
}

static void naive_neighbours(double *dependence, double *coarseness, const region *r,
                             const rx_settings *s, int reach)
{
    double large = 0, n = 0, si[10] = { 0 }, ni[10] = { 0 };
    for (long k = 0; k < (long)r->grid.dim[2]; k++) {
        for (long j = 0; j < (long)r->grid.dim[1]; j++) {
            for (long i = 0; i < (long)r->grid.dim[0]; i++) {
                int a = level_of(r, i, j, k), near = 1, around = 0, sum = 0;
                if (!a) { continue; }
                for (int z = -reach; z <= reach; z++) {
                    for (int y = -reach; y <= reach; y++) {
                        for (int x = -reach; x <= reach; x++) {
                            int b = level_of(r, i + x, j + y, k + z);
                            if (!b || !distance_in(s, x, y, z)) { continue; }
                            near += abs(a - b) <= s->gldm_alpha;
                            around++;
                            sum += b;
                        }
                    }
                }
                large += near * near;
                n++;
                ni[a]++;
                si[a] += around ? fabs(a - (double)sum / around) : 0;
            }
        }
    }
    double ps = 0;
    for (int a = 1; a < 10; a++) { ps += ni[a] / n * si[a]; }
    *dependence = large / n;
    *coarseness = 1 / ps;
}

/* Levels so rare that they meet only each other split the matrix: its second largest eigenvalue is 1
 * but for the small term in the divisor, PyRadiomics' 2.2e-16. Here
 * 4,000 pairs of levels 1 and 2 stand apart from one of 101 and 102. */
static void test_texture__maximal_correlation_of_parts(void **state)
{
    (void)state;
    enum { ROWS = 4000 };
    region r = region_new(grid_of(2, 2 * ROWS + 1, 1, 1, 1, 1));
    for (size_t row = 0; row < ROWS; row++) {
        region_set(&r, 0, 2 * row, 0, 1);
        region_set(&r, 1, 2 * row, 0, row % 4 ? 2 : 1);
    }
    region_set(&r, 0, 2 * ROWS, 0, 101);
    region_set(&r, 1, 2 * ROWS, 0, 102);
    rx_settings s = any_settings();
    s.bin_width = 1;
    rx_value out[RX_NFEATURES];
    region_extract(out, &r, &s);
    double rare = 1.0 / (2 * (ROWS + 1));       /* of a pair, each way; of its levels, too */
    CHECK_NEAR(val(out, "glcm_MCC"), sqrt(1 / (1 + 2.220446049250313e-16 / (rare * rare))), 1e-14, 0);
    region_free(&r);
}

static void test_texture__other_distances(void **state)
{
    (void)state;
    static const unsigned lists[][3] = { { 1, 0, 0 }, { 2, 0, 0 }, { 1, 3, 0 }, { 3, 2, 8 } };
    for (size_t t = 0; t < sizeof lists / sizeof *lists; t++) {
        region r = random_blob(50 + t, grid_of(13, 11, 9, 1, 1, 1), 0);
        uint64_t seed = t;
        for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = 1 + floor(6 * next_uniform(&seed)); }
        rx_settings s = any_settings();
        s.bin_width = 1;
        s.gldm_alpha = (double)t;
        s.n_distances = 0;
        int reach = 0;
        while (s.n_distances < 3 && lists[t][s.n_distances]) {
            s.distances[s.n_distances] = lists[t][s.n_distances];
            reach = reach > (int)lists[t][s.n_distances] ? reach : (int)lists[t][s.n_distances];
            s.n_distances++;
        }
        rx_value v[RX_NFEATURES];
        double contrast, energy, dependence, coarseness;
        region_extract(v, &r, &s);
        naive_glcm(&contrast, &energy, &r, &s, reach);
        naive_neighbours(&dependence, &coarseness, &r, &s, reach);
        CHECK_NEAR(val(v, "glcm_Contrast"), contrast, 1e-12, 0);
        CHECK_NEAR(val(v, "glcm_JointEnergy"), energy, 1e-12, 0);
        CHECK_NEAR(val(v, "gldm_LargeDependenceEmphasis"), dependence, 1e-12, 0);
        CHECK_NEAR(val(v, "ngtdm_Coarseness"), coarseness, 1e-12, 0);
        region_free(&r);
    }
}

/* ---- zones against a flood fill ----------------------------------------------------- */

static size_t flood(const region *r, uint8_t *seen, long (*stack)[3], long i, long j, long k)
{
    size_t size = 0, top = 0;
    int level = level_of(r, i, j, k);
    stack[top][0] = i;
    stack[top][1] = j;
    stack[top++][2] = k;
    seen[region_at(r, (size_t)i, (size_t)j, (size_t)k)] = 1;
    while (top > 0) {
        long p[3] = { stack[top - 1][0], stack[top - 1][1], stack[top - 1][2] };
        top--;
        size++;
        for (int o = 0; o < 27; o++) {
            long q[3] = { p[0] + o % 3 - 1, p[1] + o / 3 % 3 - 1, p[2] + o / 9 - 1 };
            if (level_of(r, q[0], q[1], q[2]) != level) { continue; }
            size_t at = region_at(r, (size_t)q[0], (size_t)q[1], (size_t)q[2]);
            if (seen[at]) { continue; }
            seen[at] = 1;
            memcpy(stack[top++], q, sizeof q);
        }
    }
    return size;
}

static void check_zones(rx_grid grid, uint64_t seed, int levels)
{
    region r = random_blob(seed, grid, 0);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = 1 + floor(levels * next_uniform(&seed)); }
    r.mask[0] = 1;                              /* and one voxel apart, in the corner */
    rx_settings s = any_settings();
    s.bin_width = 1;
    rx_value v[RX_NFEATURES];
    region_extract(v, &r, &s);
    uint8_t *seen = calloc(region_size(&r), 1);
    long (*stack)[3] = malloc(region_size(&r) * sizeof *stack);
    double zones = 0, voxels = 0, large = 0;
    assert_true(seen && stack);
    for (long k = 0; k < (long)grid.dim[2]; k++) {
        for (long j = 0; j < (long)grid.dim[1]; j++) {
            for (long i = 0; i < (long)grid.dim[0]; i++) {
                if (!level_of(&r, i, j, k) || seen[region_at(&r, (size_t)i, (size_t)j, (size_t)k)]) { continue; }
                double size = (double)flood(&r, seen, stack, i, j, k);
                zones++;
                voxels += size;
                large += size * size;
            }
        }
    }
    CHECK_NEAR(val(v, "glszm_ZonePercentage"), zones / voxels, 1e-14, 0);
    CHECK_NEAR(val(v, "glszm_LargeAreaEmphasis"), large / zones, 1e-13, 0);
    free(seen);
    free(stack);
    region_free(&r);
}

static void test_texture__zones_equal_flood_fill(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        check_zones(grid_of(16, 15, 14, 1, 1, 1), seed, 2 + (int)seed);
        check_zones(grid_of(30, 24, 1, 1, 1, 1), seed, 3);
        check_zones(grid_of(2, 24, 20, 1, 1, 1), seed, 3);
        check_zones(grid_of(20, 2, 18, 1, 1, 1), seed, 4);
    }
}

/* ---- invariance ------------------------------------------------------------------------ */

static region permuted(const region *r, const int axis[3], unsigned flips)
{
    rx_grid g = r->grid;
    for (int a = 0; a < 3; a++) {
        g.dim[a] = r->grid.dim[axis[a]];
        g.spacing_mm[a] = r->grid.spacing_mm[axis[a]];
    }
    region p = region_new(g);
    for (size_t k = 0; k < g.dim[2]; k++) {
        for (size_t j = 0; j < g.dim[1]; j++) {
            for (size_t i = 0; i < g.dim[0]; i++) {
                size_t here[3] = { i, j, k }, from[3];
                for (int a = 0; a < 3; a++) {
                    from[axis[a]] = flips >> a & 1 ? g.dim[a] - 1 - here[a] : here[a];
                }
                size_t src = region_at(r, from[0], from[1], from[2]), dst = region_at(&p, i, j, k);
                p.image[dst] = r->image[src];
                p.mask[dst] = r->mask[src];
            }
        }
    }
    return p;
}

static void test_texture__axes_do_not_matter(void **state)
{
    (void)state;
    static const int orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 2, 1, 0 }, { 1, 2, 0 }, { 2, 0, 1 }, { 0, 2, 1 } };
    static const char *by_axis[3] = { "shape_Maximum2DDiameterRow", "shape_Maximum2DDiameterColumn",
                                      "shape_Maximum2DDiameterSlice" };
    /* convex: where voxels touch along an edge only, PyRadiomics' mesh is not closed and its
     * volume does depend on the axes */
    region r = random_blob(3, grid_of(23, 19, 17, 1, 1.2, 2), 90);
    for (size_t k = 0; k < 17; k++) {
        for (size_t j = 0; j < 19; j++) {
            for (size_t i = 0; i < 23; i++) {
                double x = ((double)i - 10.2) / 10, y = ((double)j - 8.9) / 8, z = ((double)k - 7.7) / 7;
                r.mask[region_at(&r, i, j, k)] = x * x + y * y + z * z + 0.4 * x * y <= 1;
            }
        }
    }
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES], w[RX_NFEATURES];
    region_extract(v, &r, &s);
    for (size_t o = 0; o < 6; o++) {
        for (unsigned flips = 0; flips < 8; flips += 1 + (unsigned)o) {
            region p = permuted(&r, orders[o], flips);
            region_extract(w, &p, &s);
            for (int i = 0; i < RX_NFEATURES; i++) {
                if (strstr(rx_features()[i].name, "Maximum2D")) { continue; }
                if (!near_enough(w[i].v, v[i].v, 1e-10, 1e-10)) {
                    fail_msg("%s changes with the axes: %.17g, %.17g", rx_features()[i].full_name, v[i].v, w[i].v);
                }
            }
            for (int a = 0; a < 3; a++) {
                CHECK_NEAR(val(w, by_axis[a]), val(v, by_axis[orders[o][a]]), 1e-12, 0);
            }
            region_free(&p);
        }
    }
    region_free(&r);
}

static void test_texture__whole_bins_shift_only_intensities(void **state)
{
    (void)state;
    region r = random_blob(5, grid_of(20, 20, 20, 1, 1, 1), 80);
    rx_settings s = any_settings();
    rx_value v[RX_NFEATURES], w[RX_NFEATURES];
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = floor(r.image[i]); }
    region_extract(v, &r, &s);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] += 25 * 8; }
    region_extract(w, &r, &s);
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (rx_features()[i].cls != RX_FIRSTORDER) { CHECK_NEAR(w[i].v, v[i].v, 0, 0); }
    }
    CHECK_NEAR(val(w, "firstorder_Mean"), val(v, "firstorder_Mean") + 200, 1e-12, 0);
    CHECK_NEAR(val(w, "firstorder_Variance"), val(v, "firstorder_Variance"), 1e-11, 0);
    CHECK_NEAR(val(w, "firstorder_Entropy"), val(v, "firstorder_Entropy"), 0, 0);
    CHECK_NEAR(val(w, "firstorder_InterquartileRange"), val(v, "firstorder_InterquartileRange"), 1e-12, 0);
    region_free(&r);
}

/* The workspace's earlier contents must not show. */
static void test_texture__workspace_is_reusable(void **state)
{
    (void)state;
    region big = random_blob(5, grid_of(30, 28, 26, 1, 1, 1), 300), small = random_blob(6, grid_of(16, 15, 14, 1, 1, 1), 50);
    rx_settings s = any_settings();
    rx_value fresh[RX_NFEATURES], v[RX_NFEATURES];
    region_extract(fresh, &small, &s);
    rx_workspace *ws = rx_workspace_new();
    rx_error err = { 0 };
    const region *order[] = { &big, &small, &small, &big, &small };
    for (size_t i = 0; i < 5; i++) {
        rx_image image = { order[i]->grid, RX_F64, order[i]->image };
        rx_mask mask = { order[i]->grid, order[i]->mask, 1 };
        CHECK_OK(rx_extract(v, NULL, &image, &mask, &s, ws, &err), err);
        for (int f = 0; f < RX_NFEATURES && order[i] == &small; f++) { CHECK_NEAR(v[f].v, fresh[f].v, 0, 0); }
    }
    rx_workspace_free(ws);
    region_free(&big);
    region_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texture__checkerboard), cmocka_unit_test(test_texture__constant_region),
        cmocka_unit_test(test_texture__constant_dependences), cmocka_unit_test(test_texture__one_slice),
        cmocka_unit_test(test_texture__knights_move), cmocka_unit_test(test_texture__gap_on_a_line),
        cmocka_unit_test(test_texture__asymmetric_row), cmocka_unit_test(test_texture__other_distances),
        cmocka_unit_test(test_texture__maximal_correlation_of_parts),
        cmocka_unit_test(test_texture__zones_equal_flood_fill),
        cmocka_unit_test(test_texture__axes_do_not_matter),
        cmocka_unit_test(test_texture__whole_bins_shift_only_intensities),
        cmocka_unit_test(test_texture__workspace_is_reusable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
