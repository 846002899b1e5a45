/* Textures against plain loops over all voxels, written from IBSI's definitions alone: matrices
 * are filled cell by cell, zones by flooding, distances by erosion. */
#include "textured.h"

enum { LEVELS = 9, VOXELS = 1024 };

static const rx_grid grid = { { 9, 8, 6 }, { 1, 1, 1 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };

static int at(const region *r, int i, int j, int k)
{
    const size_t *n = r->grid.dim;
    if (i < 0 || j < 0 || k < 0 || i >= (int)n[0] || j >= (int)n[1] || k >= (int)n[2]) { return 0; }
    size_t v = region_at(r, (size_t)i, (size_t)j, (size_t)k);
    return r->mask[v] ? (int)r->image[v] : 0;
}

/* Sparse, with clumps and holes; an isolated voxel in the last slice. */
static region patchy(uint64_t seed)
{
    region r = region_new(grid);
    for (size_t k = 0; k + 1 < grid.dim[2]; k++) {
        for (size_t j = 0; j < grid.dim[1]; j++) {
            for (size_t i = 0; i < grid.dim[0]; i++) {
                if (next_uniform(&seed) < 0.25) { continue; }
                double clump = next_uniform(&seed) < 0.5 ? 1 + (double)((i / 3 + j / 3 + k / 2) % 3) : 1 + floor(8 * next_uniform(&seed));
                region_set(&r, i, j, k, clump);
            }
        }
    }
    region_set(&r, 4, 4, 5, 7);
    for (size_t j = 3; j < 6; j++) {                     /* nothing of the others around it */
        for (size_t i = 3; i < 6; i++) { r.mask[region_at(&r, i, j, 4)] = 0; }
    }
    return r;
}

typedef struct table { double v[LEVELS][VOXELS]; double n; } table;

static void put(table *t, int level, int size, double n)
{
    t->v[level][size] += n;
    t->n += n;
}

/* What all matrices are asked: sum of p f(level, size), entropy and energy. */
typedef struct moments { double small, large, high, large_high, levels, entropy, energy; } moments;

static moments moments_of(const table *t)
{
    moments m = { 0 };
    for (int g = 0; g < LEVELS; g++) {
        double row = 0;
        for (int s = 0; s < VOXELS; s++) {
            double p = t->v[g][s] / t->n;
            if (p == 0) { continue; }
            row += p;
            m.small += p / s / s;
            m.large += p * s * s;
            m.high += p * g * g;
            m.large_high += p * s * s * g * g;
            m.entropy -= p * log2(p);
            m.energy += p * p;
        }
        m.levels += row * row;
    }
    return m;
}

/* ---- directions ---------------------------------------------------------------------- */

static size_t directions(int out[13][3], bool flat)
{
    size_t n = 0;
    for (int z = flat ? 0 : -1; z <= (flat ? 0 : 1); z++) {
        for (int y = -1; y <= 1; y++) {
            for (int x = -1; x <= 1; x++) {
                if (z < 0 || (z == 0 && (y < 0 || (y == 0 && x <= 0)))) { continue; }
                out[n][0] = x;
                out[n][1] = y;
                out[n++][2] = z;
            }
        }
    }
    return n;
}

typedef struct pairs { double contrast, energy, entropy, covariance; } pairs;

static bool pairs_of(pairs *p, double m[LEVELS][LEVELS])
{
    double n = 0, u = 0;
    *p = (pairs){ 0 };
    for (int a = 0; a < LEVELS; a++) { for (int b = 0; b < LEVELS; b++) { n += m[a][b]; } }
    if (n == 0) { return false; }
    for (int a = 0; a < LEVELS; a++) { for (int b = 0; b < LEVELS; b++) { u += a * m[a][b] / n; } }
    for (int a = 0; a < LEVELS; a++) {
        for (int b = 0; b < LEVELS; b++) {
            double q = m[a][b] / n;
            p->contrast += q * (a - b) * (a - b);
            p->energy += q * q;
            p->entropy -= q > 0 ? q * log2(q) : 0;
            p->covariance += q * (a - u) * (b - u);
        }
    }
    return true;
}

static void count_pairs(double m[LEVELS][LEVELS], const region *r, const int *d, int far, int k0, int k1)
{
    for (int k = k0; k < k1; k++) {
        for (int j = 0; j < (int)grid.dim[1]; j++) {
            for (int i = 0; i < (int)grid.dim[0]; i++) {
                int a = at(r, i, j, k), b = at(r, i + far * d[0], j + far * d[1], k + far * d[2]);
                if (!a || !b) { continue; }
                m[a][b]++;
                m[b][a]++;
            }
        }
    }
}

static void count_runs(table *t, const region *r, const int *d, int k0, int k1)
{
    for (int k = k0; k < k1; k++) {
        for (int j = 0; j < (int)grid.dim[1]; j++) {
            for (int i = 0; i < (int)grid.dim[0]; i++) {
                int g = at(r, i, j, k), n = 1;
                if (!g || at(r, i - d[0], j - d[1], k - d[2]) == g) { continue; }
                while (at(r, i + n * d[0], j + n * d[1], k + n * d[2]) == g) { n++; }
                put(t, g, n, 1);
            }
        }
    }
}

/* Sums over matrices; kept together so that one loop makes an aggregation. */
typedef struct lines { pairs p; double pair_matrices; moments m; double run_matrices; } lines;

static void add_lines(lines *s, double m[LEVELS][LEVELS], const table *t)
{
    pairs p;
    if (pairs_of(&p, m)) {
        s->p.contrast += p.contrast;
        s->p.energy += p.energy;
        s->p.entropy += p.entropy;
        s->p.covariance += p.covariance;
        s->pair_matrices++;
    }
    if (t->n > 0) {
        moments q = moments_of(t);
        s->m.small += q.small;
        s->m.large += q.large;
        s->m.high += q.high;
        s->m.entropy += q.entropy;
        s->m.levels += q.levels;
        s->run_matrices++;
    }
}

/* One matrix per slice (if slices) and per direction (if apart). */
static void naive_lines(lines *s, const region *r, int far, bool flat, bool slices, bool apart)
{
    int d[13][3], depth = (int)grid.dim[2];
    size_t n = directions(d, flat);
    memset(s, 0, sizeof *s);
    for (int k = 0; k < (slices ? depth : 1); k++) {
        double m[LEVELS][LEVELS] = { { 0 } };
        table t;
        memset(&t, 0, sizeof t);
        for (size_t o = 0; o < n; o++) {
            if (apart) {
                memset(m, 0, sizeof m);
                memset(&t, 0, sizeof t);
            }
            count_pairs(m, r, d[o], far, slices ? k : 0, slices ? k + 1 : depth);
            count_runs(&t, r, d[o], slices ? k : 0, slices ? k + 1 : depth);
            if (apart || o == n - 1) { add_lines(s, m, &t); }
        }
    }
}

static double named_tex(const rx_results *r, const char *tag, const char *aggregation)
{
    char name[RX_NAME_SIZE];
    snprintf(name, sizeof name, "%s_%s", tag, aggregation);
    return tex(r, name);
}

static void test_ibsi_texture_naive__lines(void **state)
{
    (void)state;
    static const struct { const char *name; bool flat, slices, apart; } form[] = {
        { "2D_avg", true, true, true },     { "2D_comb", true, true, false },
        { "2_5D_avg", true, false, true },  { "2_5D_comb", true, false, false },
        { "3D_avg", false, false, true },   { "3D_comb", false, false, false },
    };
    for (unsigned seed = 0; seed < 3; seed++) {
        region r = patchy(seed);
        for (unsigned far = 1; far <= 2; far++) {
            rx_results got = { 0 };
            rx_ibsi_texture_settings s = all_textures();
            s.distance = far;
            texture_of(&got, &r, &s);
            for (size_t f = 0; f < sizeof form / sizeof *form; f++) {
                lines w;
                naive_lines(&w, &r, (int)far, form[f].flat, form[f].slices, form[f].apart);
                const char *a = form[f].name;
                CHECK_NEAR(named_tex(&got, "cm_contrast", a), w.p.contrast / w.pair_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "cm_energy", a), w.p.energy / w.pair_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "cm_joint_entr", a), w.p.entropy / w.pair_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "cm_sum_var", a),            /* 2 variance + 2 covariance */
                           2 * named_tex(&got, "cm_joint_var", a) + 2 * w.p.covariance / w.pair_matrices, 1e-11, 0);
                CHECK_NEAR(named_tex(&got, "rlm_sre", a), w.m.small / w.run_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "rlm_lre", a), w.m.large / w.run_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "rlm_hgre", a), w.m.high / w.run_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "rlm_rl_entr", a), w.m.entropy / w.run_matrices, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "rlm_glnu_norm", a), w.m.levels / w.run_matrices, 1e-12, 0);
            }
            rx_results_free(&got);
        }
        region_free(&r);
    }
}

/* ---- zones --------------------------------------------------------------------------- */

static int distance_of(const uint8_t *mask, int i, int j, int k, bool flat)
{
    int nearest = 1000, n[3] = { (int)grid.dim[0], (int)grid.dim[1], (int)grid.dim[2] };
    for (int z = flat ? k : -1; z <= (flat ? k : n[2]); z++) {
        for (int y = -1; y <= n[1]; y++) {
            for (int x = -1; x <= n[0]; x++) {
                bool in = x >= 0 && y >= 0 && z >= 0 && x < n[0] && y < n[1] && z < n[2]
                          && mask[(z * n[1] + y) * n[0] + x];
                int d = abs(x - i) + abs(y - j) + abs(z - k);
                if (!in && d < nearest) { nearest = d; }
            }
        }
    }
    return nearest;
}

typedef struct flood { const region *r; const uint8_t *border; bool flat; bool *seen; int size, nearest; } flood;

static void spread(flood *f, int i, int j, int k)
{
    int g = at(f->r, i, j, k), d = distance_of(f->border, i, j, k, f->flat);
    f->seen[region_at(f->r, (size_t)i, (size_t)j, (size_t)k)] = true;
    f->size++;
    f->nearest = d < f->nearest ? d : f->nearest;
    for (int z = f->flat ? 0 : -1; z <= (f->flat ? 0 : 1); z++) {
        for (int y = -1; y <= 1; y++) {
            for (int x = -1; x <= 1; x++) {
                if (at(f->r, i + x, j + y, k + z) != g) { continue; }
                size_t v = region_at(f->r, (size_t)(i + x), (size_t)(j + y), (size_t)(k + z));
                if (!f->seen[v]) { spread(f, i + x, j + y, k + z); }
            }
        }
    }
}

static double naive_zones(moments *size, moments *near, double *voxels, const region *r,
                          const uint8_t *border, bool flat, int k0, int k1)
{
    bool seen[VOXELS] = { false };
    static table s, d;
    memset(&s, 0, sizeof s);
    memset(&d, 0, sizeof d);
    *voxels = 0;
    for (int k = k0; k < k1; k++) {
        for (int j = 0; j < (int)grid.dim[1]; j++) {
            for (int i = 0; i < (int)grid.dim[0]; i++) {
                flood f = { r, border, flat, seen, 0, 1000 };
                int g = at(r, i, j, k);
                if (!g) { continue; }
                ++*voxels;
                if (seen[region_at(r, (size_t)i, (size_t)j, (size_t)k)]) { continue; }
                spread(&f, i, j, k);
                put(&s, g, f.size, 1);
                put(&d, g, f.nearest, 1);
            }
        }
    }
    *size = moments_of(&s);
    *near = moments_of(&d);
    return s.n;
}

static void add_moments(moments *to, const moments *m)
{
    to->small += m->small;
    to->large += m->large;
    to->high += m->high;
    to->large_high += m->large_high;
    to->levels += m->levels;
    to->entropy += m->entropy;
    to->energy += m->energy;
}

static void check_zones(const rx_results *got, const char *a, const moments *size, const moments *near,
                        double percentage, double n)
{
    CHECK_NEAR(named_tex(got, "szm_sze", a), size->small / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "szm_lze", a), size->large / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "szm_lzhge", a), size->large_high / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "szm_zs_entr", a), size->entropy / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "szm_z_perc", a), percentage / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_sde", a), near->small / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_lde", a), near->large / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_ldhge", a), near->large_high / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_zd_entr", a), near->entropy / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_z_perc", a), percentage / n, 1e-12, 0);
    CHECK_NEAR(named_tex(got, "dzm_glnu_norm", a), near->levels / n, 1e-12, 0);
}

/* The morphological mask is larger than the intensity mask, as after re-segmentation. */
static void test_ibsi_texture_naive__zones(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 3; seed++) {
        region r = patchy(seed), whole = patchy(seed);
        for (size_t v = 0; v < region_size(&whole); v++) { whole.mask[v] = v % 31 != 0; }
        for (size_t v = 0; v < region_size(&r); v++) { r.mask[v] = r.mask[v] && whole.mask[v]; }
        rx_results got = { 0 };
        rx_error err = { 0 };
        rx_ibsi_texture_settings s = all_textures();
        CHECK_OK(texture_try(&got, &whole, r.mask, &s, &err), err);

        moments size, near, size_sum = { 0 }, near_sum = { 0 };
        double voxels, slices = 0, percentage = 0;
        for (int k = 0; k < (int)grid.dim[2]; k++) {
            double zones = naive_zones(&size, &near, &voxels, &r, whole.mask, true, k, k + 1);
            if (voxels == 0) { continue; }
            add_moments(&size_sum, &size);
            add_moments(&near_sum, &near);
            percentage += zones / voxels;
            slices++;
        }
        check_zones(&got, "2D", &size_sum, &near_sum, percentage, slices);
        double zones = naive_zones(&size, &near, &voxels, &r, whole.mask, true, 0, (int)grid.dim[2]);
        check_zones(&got, "2_5D", &size, &near, zones / voxels, 1);
        zones = naive_zones(&size, &near, &voxels, &r, whole.mask, false, 0, (int)grid.dim[2]);
        check_zones(&got, "3D", &size, &near, zones / voxels, 1);
        rx_results_free(&got);
        region_free(&r);
        region_free(&whole);
    }
}

/* ---- neighbourhoods ------------------------------------------------------------------ */

typedef struct around { moments m; double voxels, contrast, coarseness, busyness, complexity, strength; bool tones; } around;

static void naive_neighbours(around *w, const region *r, int far, double alpha, bool flat, int k0, int k1)
{
    static table t;
    double n[LEVELS] = { 0 }, s[LEVELS] = { 0 }, all = 0, ps = 0, sum = 0, present = 0, busy = 0;
    memset(&t, 0, sizeof t);
    *w = (around){ 0 };
    for (int k = k0; k < k1; k++) {
        for (int j = 0; j < (int)grid.dim[1]; j++) {
            for (int i = 0; i < (int)grid.dim[0]; i++) {
                int g = at(r, i, j, k), like = 1, count = 0, total = 0;
                if (!g) { continue; }
                for (int z = flat ? 0 : -far; z <= (flat ? 0 : far); z++) {
                    for (int y = -far; y <= far; y++) {
                        for (int x = -far; x <= far; x++) {
                            int b = at(r, i + x, j + y, k + z);
                            if (!b || (!x && !y && !z)) { continue; }
                            like += abs(b - g) <= alpha;
                            total += b;
                            count++;
                        }
                    }
                }
                put(&t, g, like, 1);
                if (count == 0) { continue; }
                n[g]++;
                all++;
                s[g] += fabs(g - (double)total / count);
            }
        }
    }
    w->voxels = t.n;
    if (t.n > 0) { w->m = moments_of(&t); }
    w->tones = all > 0;
    for (int a = 0; a < LEVELS; a++) {
        present += n[a] > 0;
        ps += n[a] / all * s[a];
        sum += s[a];
    }
    for (int a = 0; a < LEVELS; a++) {
        for (int b = 0; b < LEVELS; b++) {
            if (n[a] == 0 || n[b] == 0) { continue; }
            double pa = n[a] / all, pb = n[b] / all;
            w->contrast += pa * pb * (a - b) * (a - b) / (present * (present - 1)) * sum / all;
            busy += fabs(a * pa - b * pb);
            w->complexity += abs(a - b) * (pa * s[a] + pb * s[b]) / (pa + pb) / all;
            w->strength += (pa + pb) * (a - b) * (a - b) / sum;
        }
    }
    w->coarseness = 1 / ps;
    w->busyness = ps / busy;
}

static void test_ibsi_texture_naive__neighbours(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 3; seed++) {
        region r = patchy(seed);
        for (int far = 1; far <= 2; far++) {
            rx_results got = { 0 };
            rx_ibsi_texture_settings s = all_textures();
            s.distance = (unsigned)far;
            s.ngldm_alpha = far - 1;
            texture_of(&got, &r, &s);
            around w;
            double slices = 0, entropy = 0, energy = 0, high = 0, coarse = 0, toned = 0;
            for (int k = 0; k < (int)grid.dim[2]; k++) {
                naive_neighbours(&w, &r, far, far - 1, true, k, k + 1);
                if (w.voxels == 0) { continue; }
                slices++;
                entropy += w.m.entropy;
                energy += w.m.energy;
                high += w.m.large_high;
                if (!w.tones) { continue; }
                toned++;
                coarse += w.coarseness;
            }
            assert_true(toned < slices);                  /* one slice is one voxel */
            CHECK_NEAR(tex(&got, "ngl_dc_entr_2D"), entropy / slices, 1e-12, 0);
            CHECK_NEAR(tex(&got, "ngl_dc_energy_2D"), energy / slices, 1e-12, 0);
            CHECK_NEAR(tex(&got, "ngl_hdhge_2D"), high / slices, 1e-12, 0);
            CHECK_NEAR(tex(&got, "ngt_coarseness_2D"), coarse / toned, 1e-12, 0);
            for (int flat = 0; flat < 2; flat++) {
                const char *a = flat ? "2_5D" : "3D";
                naive_neighbours(&w, &r, far, far - 1, flat, 0, (int)grid.dim[2]);
                CHECK_NEAR(named_tex(&got, "ngl_dc_entr", a), w.m.entropy, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngl_lde", a), w.m.small, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngl_hdhge", a), w.m.large_high, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngl_dc_perc", a), 1, 0, 0);
                CHECK_NEAR(named_tex(&got, "ngt_coarseness", a), w.coarseness, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngt_contrast", a), w.contrast, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngt_busyness", a), w.busyness, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngt_complexity", a), w.complexity, 1e-12, 0);
                CHECK_NEAR(named_tex(&got, "ngt_strength", a), w.strength, 1e-12, 0);
            }
            rx_results_free(&got);
        }
        region_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_texture_naive__lines),
        cmocka_unit_test(test_ibsi_texture_naive__zones),
        cmocka_unit_test(test_ibsi_texture_naive__neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
