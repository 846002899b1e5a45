/* Textures from first principles: a cube small enough to do by hand, symmetries, what the
 * aggregations have in common, regions at the edge of what has a texture. */
#include <radiomics/ibsi.h>
#include "textured.h"

static rx_grid box_of(size_t x, size_t y, size_t z)
{
    return (rx_grid){ { x, y, z }, { 1, 1, 1 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
}

static region blob(uint64_t seed)
{
    region r = random_blob(seed, box_of(9, 11, 8), 40);
    for (size_t v = 0; v < region_size(&r); v++) { r.image[v] = 1 + fmod(floor(fabs(r.image[v]) / 9), 7); }
    return r;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* 2x2x2: level 2 in one corner, 1 elsewhere. */
static void test_ibsi_texture_principles__cube(void **state)
{
    (void)state;
    region r = region_new(box_of(2, 2, 2));
    for (size_t v = 0; v < 8; v++) { region_set(&r, v % 2, v / 2 % 2, v / 4, v == 0 ? 2 : 1); }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&got, &r, &s);
    /* pairs: 12 edges, 12 face and 4 space diagonals, of which the corner has 3, 3 and 1 */
    CHECK_NEAR(tex(&got, "cm_contrast_3D_comb"), 7.0 / 28, 1e-15, 0);
    CHECK_NEAR(tex(&got, "cm_joint_max_3D_comb"), 21.0 / 28, 1e-15, 0);
    CHECK_NEAR(tex(&got, "cm_joint_avg_3D_comb"), 1 + 3.5 / 28, 1e-15, 0);
    /* of 3 directions along edges 1 pair in 4 differs, of 6 along faces 1 in 2 for three and none
     * for three, of 4 space diagonals' single pairs one does */
    CHECK_NEAR(tex(&got, "cm_contrast_3D_avg"), (3 * 0.25 + 3 * 0.5 + 1) / 13, 1e-15, 0);
    /* slices: the one with the corner has 2 of 4 edge pairs, 1 of 2 diagonal pairs that differ */
    CHECK_NEAR(tex(&got, "cm_contrast_2D_comb"), (3.0 / 6 + 0) / 2, 1e-15, 0);
    CHECK_NEAR(tex(&got, "cm_contrast_2D_avg"), (0.5 + 0.5 + 1 + 0 + 0) / 8, 1e-15, 0);
    CHECK_NEAR(tex(&got, "cm_contrast_2_5D_comb"), 3.0 / 12, 1e-15, 0);
    CHECK_NEAR(tex(&got, "cm_contrast_2_5D_avg"), (0.25 + 0.25 + 0.5 + 0) / 4, 1e-15, 0);
    CHECK_NEAR(tex(&got, "szm_lze_3D"), (1 + 49) / 2.0, 1e-15, 0);
    CHECK_NEAR(tex(&got, "szm_lze_2D"), ((1 + 9) / 2.0 + 16) / 2, 1e-15, 0);
    CHECK_NEAR(tex(&got, "szm_lze_2_5D"), (1 + 9 + 16) / 3.0, 1e-15, 0);
    CHECK_NEAR(tex(&got, "szm_z_perc_3D"), 2 / 8.0, 1e-15, 0);
    CHECK_NEAR(tex(&got, "dzm_lde_3D"), 1, 0, 0);           /* everything is at the border */
    CHECK_NEAR(tex(&got, "dzm_zd_entr_3D"), 1, 1e-15, 0);
    /* the corner: 7 neighbours of level 1; the others: 6 of 1 and one of 2 */
    CHECK_NEAR(tex(&got, "ngt_coarseness_3D"), 1 / (1 / 8.0 * 1 + 7 / 8.0 * (7 * (1.0 / 7))), 1e-14, 0);
    CHECK_NEAR(tex(&got, "ngl_hde_3D"), (1 + 7 * 49) / 8.0, 1e-15, 0);
    CHECK_NEAR(tex(&got, "ngl_dc_energy_3D"), (1 + 49) / 64.0, 1e-15, 0);
    /* runs: of 4 lines along an edge 3 are whole; of a face's two diagonals one is broken, or none;
     * of the single space diagonals one is broken */
    double runs = 3 * (3 + 2) + 3 * (8 - 1) + 3 * (8 - 2) + 3 * (8 - 1) + 8;
    CHECK_NEAR(tex(&got, "rlm_r_perc_3D_comb"), runs / (13 * 8), 1e-15, 0);
    rx_results_free(&got);
    region_free(&r);
}

/* The image with axes a and b exchanged, or (a == b) mirrored along a. */
static region turned(const region *r, int a, int b)
{
    rx_grid g = r->grid;
    g.dim[a] = r->grid.dim[b];
    g.dim[b] = r->grid.dim[a];
    region t = region_new(g);
    for (size_t k = 0; k < r->grid.dim[2]; k++) {
        for (size_t j = 0; j < r->grid.dim[1]; j++) {
            for (size_t i = 0; i < r->grid.dim[0]; i++) {
                size_t p[3] = { i, j, k }, v = region_at(r, i, j, k), c = p[a];
                if (a == b) { p[a] = g.dim[a] - 1 - c; }
                else { p[a] = p[b]; p[b] = c; }
                if (r->mask[v]) { region_set(&t, p[0], p[1], p[2], r->image[v]); }
            }
        }
    }
    return t;
}

static void check_same(const region *r, const region *t, bool flat_too)
{
    rx_results x = { 0 }, y = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.ngldm_alpha = 1;
    texture_of(&x, r, &s);
    texture_of(&y, t, &s);
    assert_int_equal(x.n, y.n);
    for (size_t i = 0; i < x.n; i++) {
        bool solid = ends_with(x.v[i].name, "_3D") || ends_with(x.v[i].name, "_3D_avg") || ends_with(x.v[i].name, "_3D_comb");
        if (solid || flat_too) { CHECK_NEAR(y.v[i].value.v, x.v[i].value.v, 1e-11, 1e-12); }
    }
    rx_results_free(&x);
    rx_results_free(&y);
}

static void test_ibsi_texture_principles__turns(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 4; seed++) {
        region r = blob(seed);
        for (int a = 0; a < 3; a++) {
            for (int b = a; b < 3; b++) {
                region t = turned(&r, a, b);
                check_same(&r, &t, (a == 0 && b == 1) || a == b);    /* what maps slices to slices */
                region_free(&t);
            }
        }
        region_free(&r);
    }
}

/* One slice: by slice and over all slices is the same; co-occurrences know no third dimension. */
static void test_ibsi_texture_principles__one_slice(void **state)
{
    (void)state;
    region whole = blob(7), r = region_new(box_of(9, 11, 3));
    for (size_t j = 0; j < 11; j++) {
        for (size_t i = 0; i < 9; i++) {
            size_t v = region_at(&whole, i, j, 4);
            if (whole.mask[v]) { region_set(&r, i, j, 1, whole.image[v]); }
        }
    }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&got, &r, &s);
    for (size_t i = 0; i < got.n; i++) {
        static const char *const flat[3] = { "_2D_avg", "_2D_comb", "_2D" };
        static const char *const like[3] = { "_2_5D_avg", "_2_5D_comb", "_2_5D" };
        for (int a = 0; a < 3; a++) {
            if (!ends_with(got.v[i].name, flat[a])) { continue; }
            char tag[RX_NAME_SIZE], name[2 * RX_NAME_SIZE];
            size_t n = strlen(got.v[i].name) - strlen(flat[a]);
            memcpy(tag, got.v[i].name, n);
            tag[n] = '\0';
            snprintf(name, sizeof name, "%s%s", tag, like[a]);
            CHECK_NEAR(tex(&got, name), got.v[i].value.v, 1e-14, 0);
            if (strncmp(tag, "cm_", 3) == 0 && a < 2) {      /* empty directions are left out */
                snprintf(name, sizeof name, "%s%s", tag, a ? "_3D_comb" : "_3D_avg");
                CHECK_NEAR(tex(&got, name), got.v[i].value.v, 1e-14, 0);
            }
            if (a == 2 && strncmp(tag, "dzm_", 4) != 0) {    /* in 3D every voxel is at the border */
                snprintf(name, sizeof name, "%s_3D", tag);
                CHECK_NEAR(tex(&got, name), got.v[i].value.v, 1e-14, 0);
            }
        }
    }
    CHECK_NEAR(tex(&got, "dzm_lde_3D"), 1, 0, 0);
    /* runs along the nine directions out of the slice are single voxels and count (unlike
     * PyRadiomics, which leaves such directions out) */
    CHECK_NEAR(tex(&got, "rlm_r_perc_3D_avg"), (4 * tex(&got, "rlm_r_perc_2_5D_avg") + 9) / 13, 1e-14, 0);
    rx_results_free(&got);
    region_free(&r);
    region_free(&whole);
}

/* The same slice twice, far apart: a matrix of both is twice a matrix of one. */
static void test_ibsi_texture_principles__equal_slices(void **state)
{
    (void)state;
    static const char *const same[] = { "cm_contrast", "cm_joint_entr", "cm_info_corr1", "rlm_sre", "rlm_rl_entr",
                                        "rlm_glnu_norm" };
    region whole = blob(5), r = region_new(box_of(9, 11, 5));
    for (size_t j = 0; j < 11; j++) {
        for (size_t i = 0; i < 9; i++) {
            size_t v = region_at(&whole, i, j, 4);
            if (!whole.mask[v]) { continue; }
            region_set(&r, i, j, 0, whole.image[v]);
            region_set(&r, i, j, 4, whole.image[v]);
        }
    }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&got, &r, &s);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char a[RX_NAME_SIZE], b[RX_NAME_SIZE];
        for (int comb = 0; comb < 2; comb++) {
            snprintf(a, sizeof a, "%s_2D_%s", same[i], comb ? "comb" : "avg");
            snprintf(b, sizeof b, "%s_2_5D_%s", same[i], comb ? "comb" : "avg");
            CHECK_NEAR(tex(&got, a), tex(&got, b), 1e-13, 0);
        }
    }
    CHECK_NEAR(tex(&got, "rlm_glnu_2_5D_comb"), 2 * tex(&got, "rlm_glnu_2D_comb"), 1e-13, 0);
    CHECK_NEAR(tex(&got, "szm_zsnu_2_5D"), 2 * tex(&got, "szm_zsnu_2D"), 1e-13, 0);
    CHECK_NEAR(tex(&got, "szm_zs_entr_2_5D"), tex(&got, "szm_zs_entr_2D"), 1e-13, 0);
    rx_results_free(&got);
    region_free(&r);
    region_free(&whole);
}

/* ---- many levels: pairs are sorted, long runs and far zones are listed ---------------- */

static void test_ibsi_texture_principles__many_levels(void **state)
{
    (void)state;
    region r = region_new(box_of(70, 50, 3));
    uint64_t seed = 11;
    double contrast = 0, energy = 0, entropy = 0;
    enum { N = 3000 };
    for (size_t k = 0; k < 3; k++) {
        for (size_t j = 0; j < 50; j++) {
            for (size_t i = 0; i < 70; i++) { region_set(&r, i, j, k, 1 + floor(N * next_uniform(&seed) * next_uniform(&seed))); }
        }
    }
    uint16_t (*count)[N + 1] = calloc(N + 1, sizeof *count);
    assert_non_null(count);
    for (size_t k = 0; k < 3; k++) {
        for (size_t j = 0; j < 50; j++) {
            for (size_t i = 0; i + 1 < 70; i++) {
                size_t a = (size_t)r.image[region_at(&r, i, j, k)], b = (size_t)r.image[region_at(&r, i + 1, j, k)];
                count[a][b]++;
                count[b][a]++;
            }
            for (size_t i = 0; i < 70 && j + 1 < 50; i++) {
                for (int d = -1; d <= 1; d++) {
                    if ((d < 0 && i == 0) || (d > 0 && i == 69)) { continue; }
                    size_t a = (size_t)r.image[region_at(&r, i, j, k)];
                    size_t b = (size_t)r.image[region_at(&r, (size_t)((int)i + d), j + 1, k)];
                    count[a][b]++;
                    count[b][a]++;
                }
            }
        }
    }
    double n = 2.0 * 3 * (69 * 50 + 70 * 49 + 2 * 69 * 49);
    for (int a = 0; a <= N; a++) {
        for (int b = 0; b <= N; b++) {
            if (count[a][b] == 0) { continue; }
            double p = count[a][b] / n;
            contrast += p * (a - b) * (a - b);
            energy += p * p;
            entropy -= p * log2(p);
        }
    }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.families = RX_IBSI_GLCM;
    s.aggregations = RX_IBSI_2_5D_COMB;
    texture_of(&got, &r, &s);
    CHECK_NEAR(tex(&got, "cm_contrast_2_5D_comb"), contrast, 1e-11, 0);
    CHECK_NEAR(tex(&got, "cm_energy_2_5D_comb"), energy, 1e-11, 0);
    CHECK_NEAR(tex(&got, "cm_joint_entr_2_5D_comb"), entropy, 1e-11, 0);
    free(count);
    rx_results_free(&got);
    region_free(&r);
}

/* A line so long, and levels so many, that runs do not fit the table: 5 runs of 900 voxels of
 * one level, single voxels of 2,000 others. */
static void test_ibsi_texture_principles__long_runs(void **state)
{
    (void)state;
    enum { LINE = 5 * 900 + 2000 };
    region r = region_new(box_of(LINE, 1, 1));
    for (size_t i = 0, g = 2; i < LINE; i++) {
        bool run = i < 5 * 1300 && i % 1300 < 900;
        region_set(&r, i, 0, 0, run ? 1 : (double)g++);
    }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.families = RX_IBSI_GLRLM | RX_IBSI_GLSZM;
    texture_of(&got, &r, &s);
    /* one direction of 13 has runs; the others are all single voxels */
    double runs = 2000 + 5, single = LINE, p = 5 / runs;
    CHECK_NEAR(tex(&got, "rlm_lre_3D_avg"), ((2000 + 5 * 810000.0) / runs + 12) / 13, 1e-13, 0);
    CHECK_NEAR(tex(&got, "rlm_lre_3D_comb"), (2000 + 5 * 810000.0 + 12 * single) / (runs + 12 * single), 1e-13, 0);
    CHECK_NEAR(tex(&got, "rlm_rlnu_3D_comb"), (pow(2000 + 12 * single, 2) + 25) / (runs + 12 * single), 1e-13, 0);
    CHECK_NEAR(tex(&got, "szm_zs_entr_3D"), -p * log2(p) + 2000 / runs * log2(runs), 1e-12, 0);
    rx_results_free(&got);
    region_free(&r);
}

/* ---- edges --------------------------------------------------------------------------- */

static void test_ibsi_texture_principles__constant(void **state)
{
    (void)state;
    region r = region_new(box_of(5, 5, 5));
    for (size_t v = 0; v < 125; v++) { region_set(&r, v % 5, v / 5 % 5, v / 25, 3); }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&got, &r, &s);
    for (size_t i = 0; i < got.n; i++) { assert_int_equal(got.v[i].value.why, RX_DEFINED); }
    CHECK_NEAR(tex(&got, "cm_joint_entr_3D_comb"), 0, 0, 0);         /* exactly: no eps is added */
    CHECK_NEAR(tex(&got, "cm_info_corr1_3D_comb"), 0, 0, 0);
    CHECK_NEAR(tex(&got, "cm_corr_2D_avg"), 1, 0, 0);
    CHECK_NEAR(tex(&got, "ngt_coarseness_3D"), 1e6, 0, 0);
    CHECK_NEAR(tex(&got, "dzm_lde_3D"), 1, 0, 0);        /* one zone, and it reaches the border */
    CHECK_NEAR(tex(&got, "szm_lze_3D"), 125 * 125, 0, 0);
    rx_results_free(&got);
    region_free(&r);
}

/* A shell of one level around another: the inner zone lies 2 faces from the outside, 3 its middle. */
static void test_ibsi_texture_principles__nested(void **state)
{
    (void)state;
    region r = region_new(box_of(7, 7, 7));
    for (size_t v = 0; v < 343; v++) {
        size_t p[3] = { v % 7, v / 7 % 7, v / 49 }, nearest = 3;
        for (int a = 0; a < 3; a++) {
            nearest = p[a] < nearest ? p[a] : nearest;
            nearest = 6 - p[a] < nearest ? 6 - p[a] : nearest;
        }
        region_set(&r, p[0], p[1], p[2], 1 + (double)nearest);
    }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.families = RX_IBSI_GLDZM;
    texture_of(&got, &r, &s);
    CHECK_NEAR(tex(&got, "dzm_lde_3D"), (1 + 4 + 9 + 16) / 4.0, 1e-15, 0);
    /* slices hold 1, 2, 3, 4, 3, 2, 1 zones; zone z of a slice lies z faces in */
    CHECK_NEAR(tex(&got, "dzm_lde_2D"), (2 * 1 + 2 * 5 / 2.0 + 2 * 14 / 3.0 + 30 / 4.0) / 7, 1e-15, 0);
    CHECK_NEAR(tex(&got, "dzm_lde_2_5D"), (2 * (1 + 5 + 14) + 30) / 16.0, 1e-15, 0);
    rx_results_free(&got);
    region_free(&r);
}

/* No neighbours at all: no pairs and no tone differences, but runs, zones and dependences. */
static void test_ibsi_texture_principles__scattered(void **state)
{
    (void)state;
    region r = region_new(box_of(5, 5, 5));
    region_set(&r, 0, 0, 0, 1);
    region_set(&r, 4, 2, 0, 2);
    region_set(&r, 1, 4, 4, 2);
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&got, &r, &s);
    for (size_t i = 0; i < got.n; i++) {
        const char *name = got.v[i].name;
        bool none = strncmp(name, "cm_", 3) == 0 || strncmp(name, "ngt_", 4) == 0;
        assert_int_equal(got.v[i].value.why, none ? RX_UNDEFINED : RX_DEFINED);
        assert_int_equal(isnan(got.v[i].value.v), none);
    }
    CHECK_NEAR(tex(&got, "szm_z_perc_3D"), 1, 0, 0);
    CHECK_NEAR(tex(&got, "rlm_r_perc_2D_avg"), 1, 0, 0);
    CHECK_NEAR(tex(&got, "ngl_lde_3D"), 1, 0, 0);
    rx_results_free(&got);
    region_free(&r);
}

/* 65,535 levels and neighbourhoods of 17^3 - 1 voxels: too large in 3D, not in slices. */
static void test_ibsi_texture_principles__too_large(void **state)
{
    (void)state;
    region r = region_new(box_of(41, 40, 40));
    for (size_t v = 0; v < 65600; v++) { region_set(&r, v % 41, v / 41 % 40, v / 1640, 1 + (double)(v % 65535)); }
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.families = RX_IBSI_NGTDM | RX_IBSI_NGLDM | RX_IBSI_GLSZM;
    s.aggregations = RX_IBSI_3D | RX_IBSI_2_5D;
    s.distance = 8;
    texture_of(&got, &r, &s);
    assert_int_equal(got.n, 2 * (5 + 17 + 16));
    for (size_t i = 0; i < got.n; i++) {
        bool large = strncmp(got.v[i].name, "szm_", 4) != 0 && ends_with(got.v[i].name, "_3D");
        assert_int_equal(got.v[i].value.why, large ? RX_TOO_LARGE : RX_DEFINED);
        assert_int_equal(isnan(got.v[i].value.v), large);
    }
    rx_results_free(&got);
    region_free(&r);
}

static void test_ibsi_texture_principles__only_what_is_asked(void **state)
{
    (void)state;
    region r = blob(3);
    rx_results all = { 0 }, one = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    texture_of(&all, &r, &s);
    for (unsigned family = RX_IBSI_GLCM; family <= RX_IBSI_NGLDM; family <<= 1) {
        for (unsigned a = RX_IBSI_2D_AVG; a <= RX_IBSI_3D; a <<= 1) {
            rx_results_clear(&one);
            s.families = family;
            s.aggregations = a;
            texture_of(&one, &r, &s);
            bool lines = family == RX_IBSI_GLCM || family == RX_IBSI_GLRLM;
            assert_int_equal(one.n > 0, lines == (a < RX_IBSI_2D));
            for (size_t i = 0; i < one.n; i++) { CHECK_NEAR(one.v[i].value.v, tex(&all, one.v[i].name), 0, 0); }
        }
    }
    rx_results_free(&all);
    rx_results_free(&one);
    region_free(&r);
}

static void test_ibsi_texture_principles__refusals(void **state)
{
    (void)state;
    region r = blob(3), small = blob(3);
    rx_results got = { 0 };
    rx_error err = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    s.distance = 0;
    assert_int_equal(texture_try(&got, &r, NULL, &s, &err), RX_EINVAL);
    assert_string_equal(err.msg, "texture distance is 0, must be 1 to 8");
    s.distance = 9;
    assert_int_equal(texture_try(&got, &r, NULL, &s, &err), RX_EINVAL);
    s = all_textures();
    s.ngldm_alpha = -1;
    assert_int_equal(texture_try(&got, &r, NULL, &s, &err), RX_EINVAL);
    assert_string_equal(err.msg, "NGLDM's alpha is -1, must not be negative");
    s.ngldm_alpha = NAN;
    assert_int_equal(texture_try(&got, &r, NULL, &s, &err), RX_EINVAL);
    s = all_textures();
    memset(small.mask, 0, region_size(&small));
    assert_int_equal(texture_try(&got, &r, small.mask, &s, &err), RX_EEMPTY);
    assert_int_equal(got.n, 0);
    rx_results_free(&got);
    region_free(&r);
    region_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_texture_principles__cube),
        cmocka_unit_test(test_ibsi_texture_principles__turns),
        cmocka_unit_test(test_ibsi_texture_principles__one_slice),
        cmocka_unit_test(test_ibsi_texture_principles__equal_slices),
        cmocka_unit_test(test_ibsi_texture_principles__many_levels),
        cmocka_unit_test(test_ibsi_texture_principles__long_runs),
        cmocka_unit_test(test_ibsi_texture_principles__constant),
        cmocka_unit_test(test_ibsi_texture_principles__nested),
        cmocka_unit_test(test_ibsi_texture_principles__scattered),
        cmocka_unit_test(test_ibsi_texture_principles__too_large),
        cmocka_unit_test(test_ibsi_texture_principles__only_what_is_asked),
        cmocka_unit_test(test_ibsi_texture_principles__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
