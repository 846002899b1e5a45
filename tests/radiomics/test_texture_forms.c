/* Slices, weighted directions and many levels in the PyRadiomics profile, against plain loops and
 * against one another. */
#include "region.h"

enum { LEVELS = 8 };

static const rx_grid grid = { { 7, 9, 6 }, { 0.7, 0.4, 1.3 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };

static region noise(uint64_t seed, rx_grid g)
{
    region r = region_new(g);
    for (size_t k = 0; k < g.dim[2]; k++) {
        for (size_t j = 0; j < g.dim[1]; j++) {
            for (size_t i = 0; i < g.dim[0]; i++) {
                if (next_uniform(&seed) < 0.2) { continue; }
                region_set(&r, i, j, k, floor(LEVELS * next_uniform(&seed) * next_uniform(&seed)) * 25);
            }
        }
    }
    return r;
}

static int level_at(const region *r, long i, long j, long k)
{
    const size_t *n = r->grid.dim;
    if (i < 0 || j < 0 || k < 0 || i >= (long)n[0] || j >= (long)n[1] || k >= (long)n[2]) { return 0; }
    size_t at = region_at(r, (size_t)i, (size_t)j, (size_t)k);
    return r->mask[at] ? (int)(r->image[at] / 25) + 1 : 0;
}

static double length_of(const int *d, rx_norm norm)
{
    double mm[3];
    for (int a = 0; a < 3; a++) { mm[a] = abs(d[a]) * grid.spacing_mm[a]; }
    if (norm == RX_NORM_MANHATTAN) { return mm[0] + mm[1] + mm[2]; }
    if (norm == RX_NORM_EUCLIDEAN) { return sqrt(mm[0] * mm[0] + mm[1] * mm[1] + mm[2] * mm[2]); }
    return fmax(mm[0], fmax(mm[1], mm[2]));
}

/* One matrix of co-occurrences weighted by exp(-length^2), one of runs weighted by length. */
static void test_texture_forms__weights(void **state)
{
    (void)state;
    region r = noise(5, grid);
    for (rx_norm norm = RX_NORM_NO_WEIGHTING; norm < RX_NNORMS; norm++) {
        double pairs = 0, contrast = 0, cell[LEVELS + 1][LEVELS + 1] = { { 0 } }, energy = 0, joint = 0;
        double runs[LEVELS + 1][10] = { { 0 } }, n = 0, voxels = 0, large = 0, uneven = 0;
        for (int z = 0; z <= 1; z++) {
            for (int y = z ? -1 : 0; y <= 1; y++) {
                for (int x = z || y ? -1 : 1; x <= 1; x++) {
                    int d[3] = { x, y, z };
                    double length = length_of(d, norm);
                    double w = norm == RX_NORM_NO_WEIGHTING ? 1 : exp(-length * length);
                    double v = norm == RX_NORM_NO_WEIGHTING ? 1 : length;
                    for (long k = 0; k < 6; k++) {
                        for (long j = 0; j < 9; j++) {
                            for (long i = 0; i < 7; i++) {
                                int a = level_at(&r, i, j, k), b = level_at(&r, i + x, j + y, k + z), size = 1;
                                if (a && b) {
                                    cell[a][b] += w;
                                    cell[b][a] += w;
                                }
                                if (!a || level_at(&r, i - x, j - y, k - z) == a) { continue; }
                                while (level_at(&r, i + size * x, j + size * y, k + size * z) == a) { size++; }
                                runs[a][size] += v;
                            }
                        }
                    }
                }
            }
        }
        for (int a = 1; a <= LEVELS; a++) { for (int b = 1; b <= LEVELS; b++) { pairs += cell[a][b]; } }
        for (int a = 1; a <= LEVELS; a++) {
            double level = 0;
            for (int b = 1; b <= LEVELS; b++) {
                double p = cell[a][b] / pairs;
                contrast += p * (a - b) * (a - b);
                energy += p * p;
                joint -= p > 0 ? p * log2(p) : 0;
            }
            for (int s = 1; s < 10; s++) {
                level += runs[a][s];
                voxels += s * runs[a][s];
                large += s * s * runs[a][s];
            }
            n += level;
            uneven += level * level;
        }
        rx_settings s = any_settings();
        s.weighting_norm = norm;
        rx_value got[RX_NFEATURES];
        region_extract(got, &r, &s);
        CHECK_NEAR(val(got, "glcm_Contrast"), contrast, 1e-12, 0);
        CHECK_NEAR(val(got, "glcm_JointEnergy"), energy, 1e-12, 0);
        CHECK_NEAR(val(got, "glcm_JointEntropy"), joint, 1e-12, 0);
        CHECK_NEAR(val(got, "glrlm_LongRunEmphasis"), large / n, 1e-12, 0);
        CHECK_NEAR(val(got, "glrlm_GrayLevelNonUniformity"), uneven / n, 1e-12, 0);
        CHECK_NEAR(val(got, "glrlm_RunPercentage"), n / voxels, 1e-12, 0);
    }
    region_free(&r);
}

/* Axes a and b exchanged. */
static region turned(const region *r, int a, int b)
{
    rx_grid g = r->grid;
    g.dim[a] = r->grid.dim[b];
    g.dim[b] = r->grid.dim[a];
    g.spacing_mm[a] = r->grid.spacing_mm[b];
    g.spacing_mm[b] = r->grid.spacing_mm[a];
    region t = region_new(g);
    for (size_t v = 0; v < region_size(r); v++) {
        const size_t *n = r->grid.dim;
        size_t p[3] = { v % n[0], v / n[0] % n[1], v / n[0] / n[1] }, c = p[a];
        p[a] = p[b];
        p[b] = c;
        if (r->mask[v]) { region_set(&t, p[0], p[1], p[2], r->image[v]); }
    }
    return t;
}

/* Slices of constant k (dimension 0), j (1) or i (2) are the same thing in a turned image, whose
 * rows and columns then differ: the sums are the same to rounding. */
static void test_texture_forms__slices_along_each_axis(void **state)
{
    (void)state;
    region r = noise(9, grid);
    static const int axes[3][2] = { { 0, 0 }, { 1, 2 }, { 0, 2 } };
    for (unsigned dimension = 1; dimension <= 2; dimension++) {
        for (rx_norm norm = RX_NORM_NONE; norm < RX_NNORMS; norm++) {
            region t = turned(&r, axes[dimension][0], axes[dimension][1]);
            rx_settings s = any_settings();
            rx_value of_k[RX_NFEATURES], of_other[RX_NFEATURES];
            s.force_2d = true;
            s.weighting_norm = norm;
            region_extract(of_k, &r, &s);
            s.force_2d_dimension = dimension;
            region_extract(of_other, &t, &s);
            for (int f = 0; f < RX_NFEATURES; f++) {
                if (rx_features()[f].cls == RX_SHAPE) { continue; }
                CHECK_NEAR(of_other[f].v, of_k[f].v, 1e-9, 1e-12);
            }
            region_free(&t);
        }
    }
    region_free(&r);
}

/* Without the third dimension nothing is seen of how slices lie on one another. */
static void test_texture_forms__slices_apart(void **state)
{
    (void)state;
    region r = noise(2, grid), apart = region_new(grid_of(7, 9, 12, 0.7, 0.4, 1.3));
    for (size_t k = 0; k < 6; k++) {
        for (size_t j = 0; j < 9; j++) {
            for (size_t i = 0; i < 7; i++) {
                size_t v = region_at(&r, i, j, k);
                if (r.mask[v]) { region_set(&apart, i, j, 11 - 2 * k, r.image[v]); }
            }
        }
    }
    rx_settings s = any_settings();
    rx_value a[RX_NFEATURES], b[RX_NFEATURES];
    s.force_2d = true;
    region_extract(a, &r, &s);
    region_extract(b, &apart, &s);
    for (int f = 0; f < RX_NFEATURES; f++) {
        if (rx_features()[f].cls > RX_FIRSTORDER) { CHECK_NEAR(b[f].v, a[f].v, 0, 0); }
    }
    s.force_2d = false;                  /* apart, they have no pairs or zones across anyway */
    region_extract(b, &apart, &s);
    CHECK_NEAR(val(b, "glcm_Contrast"), val(a, "glcm_Contrast"), 0, 0);
    CHECK_NEAR(val(b, "glszm_ZonePercentage"), val(a, "glszm_ZonePercentage"), 0, 0);
    region_extract(b, &r, &s);
    assert_true(val(b, "glszm_ZonePercentage") < val(a, "glszm_ZonePercentage"));
    assert_true(val(b, "glcm_Contrast") != val(a, "glcm_Contrast"));
    region_free(&r);
    region_free(&apart);
}

/* 300 levels in 4,000 voxels: pairs are sorted. With voxels added that have no neighbours, the
 * same pairs are counted in tables. */
static void test_texture_forms__sorted_or_counted(void **state)
{
    (void)state;
    region r = region_new(grid_of(64, 64, 64, 1, 1, 1));
    uint64_t seed = 3;
    for (size_t v = 0; v < 4000; v++) { region_set(&r, v % 20, v / 20 % 20, v / 400, 25 * floor(300 * next_uniform(&seed))); }
    region_set(&r, 63, 63, 63, 0);
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        rx_settings s = any_settings();
        rx_value a[RX_NFEATURES], b[RX_NFEATURES];
        s.symmetrical_glcm = symmetric;
        s.weighting_norm = symmetric ? RX_NORM_EUCLIDEAN : RX_NORM_NONE;
        region_extract(a, &r, &s);
        for (size_t v = 0; v < 64 * 64 * 64; v++) {
            size_t i = v % 64, j = v / 64 % 64, k = v / 4096;
            if (i % 2 && j % 2 && k % 2 && (i > 21 || j > 21 || k > 11)) { region_set(&r, i, j, k, 0); }
        }
        region_extract(b, &r, &s);
        for (int f = 0; f < RX_NFEATURES; f++) {
            if (rx_features()[f].cls == RX_GLCM) { CHECK_NEAR(b[f].v, a[f].v, symmetric ? 1e-13 : 0, 0); }
        }
        for (size_t v = 0; v < 64 * 64 * 64; v++) {
            size_t i = v % 64, j = v / 64 % 64, k = v / 4096;
            if (i % 2 && j % 2 && k % 2 && (i > 21 || j > 21 || k > 11)) { r.mask[v] = 0; }
        }
        region_set(&r, 63, 63, 63, 0);
    }
    region_free(&r);
}

/* Slices so far apart that the weight of what leads out of them is next to nothing, or 0: levels that
 * meet only there change nothing, neither where pairs are sorted nor where they are counted. */
static void test_texture_forms__vanishing_weights(void **state)
{
    (void)state;
    static const double apart[] = { 10, 16, 22, 27.25, 40 };
    for (size_t t = 0; t < 10; t++) {
        size_t side = t < 5 ? 12 : 40;                      /* 1,152 voxels: sorted; 12,800: counted */
        region r = region_new(grid_of(48, 48, 8, 0.5, 0.5, apart[t % 5])), flat;
        uint64_t seed = 6;
        for (size_t v = 0; v < 8 * side * side; v++) {
            region_set(&r, v % side, v / side % side, v / side / side, 25 * floor(280 * next_uniform(&seed)));
        }
        flat = region_new(r.grid);
        memcpy(flat.image, r.image, region_size(&r) * sizeof *r.image);
        memcpy(flat.mask, r.mask, region_size(&r));
        for (size_t k = 0; k < 4; k++) { region_set(&r, 45, 45, k, 25 * (double)(290 + k)); }
        for (size_t k = 0; k < 4; k++) { region_set(&flat, 41 + 2 * k, 45, 0, 25 * (double)(290 + k)); }
        rx_settings s = any_settings();
        rx_value a[RX_NFEATURES], b[RX_NFEATURES];
        s.weighting_norm = RX_NORM_EUCLIDEAN;
        region_extract(a, &r, &s);
        s.force_2d = true;
        region_extract(b, &flat, &s);
        for (int f = 0; f < RX_NFEATURES; f++) {
            if (rx_features()[f].cls != RX_GLCM) { continue; }
            assert_int_equal(a[f].why, RX_DEFINED);
            CHECK_NEAR(a[f].v, b[f].v, 1e-12, 1e-14);
        }
        region_free(&r);
        region_free(&flat);
    }
}

/* MCC of a line of levels that follow each other loosely, by multiplying a vector by Q until it
 * turns no more. With many levels the search is another one than with few. */
static double naive_mcc(const double *level, size_t n, size_t levels)
{
    double *row = calloc(levels, sizeof *row), *x = calloc(levels, sizeof *x), *y = calloc(levels, sizeof *y);
    double value = 0, length = 0;
    assert_true(row && x && y);
    for (size_t i = 0; i + 1 < n; i++) {
        row[(size_t)level[i]]++;
        row[(size_t)level[i + 1]]++;
    }
    for (size_t g = 0; g < levels; g++) { x[g] = sin(0.3 * (double)g) + (double)g / (double)levels; }
    for (int times = 0; times < 3000; times++) {
        double along = 0, total = 2 * (double)(n - 1);
        for (size_t g = 0; g < levels; g++) { along += x[g] * sqrt(row[g] / total); }
        for (size_t g = 0; g < levels; g++) {
            x[g] -= along * sqrt(row[g] / total);
            y[g] = 0;
        }
        for (size_t i = 0; i + 1 < n; i++) {
            size_t a = (size_t)level[i], b = (size_t)level[i + 1];
            double s = 1 / sqrt(row[a] * row[b]);
            y[a] += s * x[b];
            y[b] += s * x[a];
        }
        value = length = 0;
        for (size_t g = 0; g < levels; g++) {
            value += y[g] * y[g];
            length += x[g] * x[g];
        }
        for (size_t g = 0; g < levels; g++) { x[g] = y[g] / sqrt(value); }
        value = sqrt(value / length);
    }
    free(row);
    free(x);
    free(y);
    return value;
}

static void test_texture_forms__maximal_correlation(void **state)
{
    (void)state;
    enum { N = 12000 };
    static const size_t levels[3] = { 40, 200, 600 };
    static double level[N];
    for (int t = 0; t < 3; t++) {
        uint64_t seed = 4;
        double v = 0, half = (double)levels[t] / 2;
        region r = region_new(grid_of(N, 1, 1, 1, 1, 1));
        for (size_t i = 0; i < N; i++) {
            v = 0.85 * v + 0.15 * (next_uniform(&seed) + next_uniform(&seed) - 1) * 2;
            level[i] = floor(half + half * fmax(-0.99, fmin(0.99, v)));
            region_set(&r, i, 0, 0, level[i]);
        }
        rx_settings s = any_settings();
        s.bin_width = 1;
        rx_value sym[RX_NFEATURES];
        region_extract(sym, &r, &s);
        CHECK_NEAR(val(sym, "glcm_MCC"), naive_mcc(level, N, levels[t]), 1e-9, 0);
        region_free(&r);
    }
}

/* Beyond 2,048 levels the sums over pairs of NGTDM are made without the pairs. */
static void test_texture_forms__ngtdm_of_many_levels(void **state)
{
    (void)state;
    enum { SIDE = 20, MOST = 5000 };
    region r = region_new(grid_of(SIDE, SIDE, SIDE, 1, 1, 1));
    uint64_t seed = 8;
    static double n[MOST + 1], s[MOST + 1];
    memset(n, 0, sizeof n);
    memset(s, 0, sizeof s);
    for (size_t v = 0; v < SIDE * SIDE * SIDE; v++) {
        region_set(&r, v % SIDE, v / SIDE % SIDE, v / SIDE / SIDE, floor(MOST * pow(next_uniform(&seed), 1.5)));
    }
    for (long k = 0; k < SIDE; k++) {
        for (long j = 0; j < SIDE; j++) {
            for (long i = 0; i < SIDE; i++) {
                double around = 0, sum = 0, own = r.image[region_at(&r, (size_t)i, (size_t)j, (size_t)k)];
                for (long z = k - 1; z <= k + 1; z++) {
                    for (long y = j - 1; y <= j + 1; y++) {
                        for (long x = i - 1; x <= i + 1; x++) {
                            if (x < 0 || y < 0 || z < 0 || x >= SIDE || y >= SIDE || z >= SIDE) { continue; }
                            if (x == i && y == j && z == k) { continue; }
                            sum += r.image[region_at(&r, (size_t)x, (size_t)y, (size_t)z)];
                            around++;
                        }
                    }
                }
                n[(int)own]++;
                s[(int)own] += fabs(own - sum / around);
            }
        }
    }
    /* level 1 is the lowest intensity, whatever it is */
    int lowest = 0;
    while (n[lowest] == 0) { lowest++; }
    double N = SIDE * SIDE * SIDE, present = 0, sum_s = 0, ps = 0, contrast = 0, busy = 0, complexity = 0, strength = 0;
    for (int a = 0; a < MOST; a++) {
        present += n[a] > 0;
        sum_s += s[a];
        ps += n[a] / N * s[a];
    }
    for (int a = 0; a < MOST; a++) {
        for (int b = 0; b < MOST && n[a] > 0; b++) {
            if (n[b] == 0) { continue; }
            double pa = n[a] / N, pb = n[b] / N, d = abs(a - b);
            contrast += pa * pb * d * d;
            busy += fabs((a - lowest + 1) * pa - (b - lowest + 1) * pb);
            complexity += d * (pa * s[a] + pb * s[b]) / (pa + pb);
            strength += (pa + pb) * d * d;
        }
    }
    assert_true(present > 2048);
    rx_settings set = any_settings();
    for (int f = 0; f < RX_NFEATURES; f++) { set.enabled[f] = rx_features()[f].cls == RX_NGTDM; }
    set.bin_width = 1;
    rx_value got[RX_NFEATURES];
    region_extract(got, &r, &set);
    CHECK_NEAR(val(got, "ngtdm_Coarseness"), 1 / ps, 1e-10, 0);
    CHECK_NEAR(val(got, "ngtdm_Contrast"), contrast * sum_s / N / (present * (present - 1)), 1e-10, 0);
    CHECK_NEAR(val(got, "ngtdm_Busyness"), ps / busy, 1e-10, 0);
    CHECK_NEAR(val(got, "ngtdm_Complexity"), complexity / N, 1e-10, 0);
    CHECK_NEAR(val(got, "ngtdm_Strength"), strength / sum_s, 1e-10, 0);
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texture_forms__weights),
        cmocka_unit_test(test_texture_forms__slices_along_each_axis),
        cmocka_unit_test(test_texture_forms__slices_apart),
        cmocka_unit_test(test_texture_forms__sorted_or_counted),
        cmocka_unit_test(test_texture_forms__vanishing_weights),
        cmocka_unit_test(test_texture_forms__maximal_correlation),
        cmocka_unit_test(test_texture_forms__ngtdm_of_many_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
