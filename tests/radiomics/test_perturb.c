/* Perturbations: what each changes, by how much, and that a seed gives the same bits. */
#include "region.h"
#include <radiomics/perturb.h>
#include "perturb.h"

typedef struct pair { rx_volume image; rx_region region; } pair;

static int try_perturb(pair *out, const region *r, const rx_perturb *p, rx_error *err)
{
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    return rx_perturb_apply(&out->image, &out->region, &image, &mask, p, err);
}

static pair perturb(const region *r, const rx_perturb *p)
{
    pair out;
    rx_error err = { 0 };
    CHECK_OK(try_perturb(&out, r, p, &err), err);
    return out;
}

static void pair_free(pair *p)
{
    rx_volume_free(&p->image);
    rx_region_free(&p->region);
}

static size_t voxels(const rx_grid *g) { return g->dim[0] * g->dim[1] * g->dim[2]; }

static size_t inside(const rx_region *r)
{
    size_t n = 0;
    for (size_t i = 0; i < voxels(&r->grid); i++) { n += r->voxels[i]; }
    return n;
}

static size_t mask_size(const region *r)
{
    size_t n = 0;
    for (size_t i = 0; i < region_size(r); i++) { n += r->mask[i]; }
    return n;
}

static rx_perturb whole(void)
{
    rx_perturb p;
    rx_perturb_default(&p);
    p.margin_mm = (double)INFINITY;
    return p;
}

static region blob(void) { return random_blob(5, grid_of(30, 26, 22, 1, 1, 1), 50); }

static void test_perturb__nothing(void **state)
{
    (void)state;
    region r = blob();
    rx_perturb p = whole();
    pair o = perturb(&r, &p);
    assert_memory_equal(o.image.voxels, r.image, region_size(&r) * sizeof(double));
    assert_memory_equal(o.region.voxels, r.mask, region_size(&r));
    pair_free(&o);

    p.margin_mm = 0;                               /* the box alone: same voxels in the same place */
    o = perturb(&r, &p);
    assert_int_equal(inside(&o.region), mask_size(&r));
    for (size_t k = 0, at = 0; k < o.image.grid.dim[2]; k++) {
        for (size_t j = 0; j < o.image.grid.dim[1]; j++) {
            for (size_t i = 0; i < o.image.grid.dim[0]; i++, at++) {
                size_t from = region_at(&r, i + (size_t)o.image.grid.origin_mm[0], j + (size_t)o.image.grid.origin_mm[1],
                                        k + (size_t)o.image.grid.origin_mm[2]);
                assert_true(o.image.voxels[at] == r.image[from] && o.region.voxels[at] == r.mask[from]);
            }
        }
    }
    pair_free(&o);
    region_free(&r);
}

/* By whole voxels nothing is interpolated. */
static void test_perturb__whole_voxel(void **state)
{
    (void)state;
    region r = blob();
    for (int type = 0; type < 2; type++) {
        rx_perturb p = whole();
        p.interpolation = type ? RX_PERTURB_CUBIC : RX_PERTURB_LINEAR;
        p.shift[0] = 1;
        p.shift[2] = -1;
        pair o = perturb(&r, &p);
        for (size_t k = 1; k < 22; k++) {
            for (size_t i = 0; i < 29; i++) {
                size_t to = region_at(&r, i, 7, k), from = region_at(&r, i + 1, 7, k - 1);
                assert_true(o.image.voxels[to] == r.image[from] && o.region.voxels[to] == r.mask[from]);
            }
        }
        pair_free(&o);
    }
    region_free(&r);
}

/* A quarter turn moves voxels and changes none; a full circle of them gives the image back. */
static void test_perturb__quarter_turns(void **state)
{
    (void)state;
    region r = region_new(grid_of(21, 21, 5, 1, 1, 1));
    uint64_t seed = 3;
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = next_uniform(&seed); }
    for (size_t k = 1; k < 4; k++) {
        for (size_t j = 8; j < 13; j++) {
            for (size_t i = 8; i < 13; i++) { r.mask[region_at(&r, i, j, k)] = 1; }
        }
    }
    rx_perturb p = whole();
    p.angle_deg = 90;
    region turned = r;
    pair o[4];
    for (int n = 0; n < 4; n++) {
        o[n] = perturb(&turned, &p);
        turned.image = o[n].image.voxels;
        turned.mask = o[n].region.voxels;
    }
    /* index (i, j) of the turned grid lies at (20 - j, i) of the old one */
    assert_true(o[0].image.voxels[region_at(&r, 4, 6, 2)] == r.image[region_at(&r, 14, 4, 2)]);
    assert_memory_equal(o[3].image.voxels, r.image, region_size(&r) * sizeof(double));
    assert_memory_equal(o[3].region.voxels, r.mask, region_size(&r));
    for (int n = 0; n < 4; n++) { pair_free(&o[n]); }
    region_free(&r);
}

/* Keys' cubic gives back polynomials of second degree, linear interpolation those of first. */
static double plane(const double x[3]) { return 3 + 2 * x[0] - 5 * x[1] + 0.5 * x[2]; }
static double bowl(const double x[3]) { return plane(x) + 0.3 * x[0] * x[0] - 0.2 * x[0] * x[1] + 0.1 * x[2] * x[2]; }

static void test_perturb__interpolation(void **state)
{
    (void)state;
    for (int type = 0; type < 2; type++) {
        region r = region_new(grid_of(31, 31, 15, 1, 2, 3));
        double (*f)(const double *) = type ? bowl : plane;
        for (size_t k = 0; k < 15; k++) {
            for (size_t j = 0; j < 31; j++) {
                for (size_t i = 0; i < 31; i++) {
                    const double x[3] = { (double)i, 2 * (double)j, 3 * (double)k };
                    r.image[region_at(&r, i, j, k)] = f(x);
                    r.mask[region_at(&r, i, j, k)] = i > 12 && i < 18 && j > 12 && j < 18 && k > 5 && k < 9;
                }
            }
        }
        rx_perturb p = whole();
        p.interpolation = type ? RX_PERTURB_CUBIC : RX_PERTURB_LINEAR;
        p.angle_deg = -17;
        p.shift[0] = 0.25;
        p.shift[1] = -0.4;
        p.shift[2] = 0.7;
        pair o = perturb(&r, &p);
        double c = cos(-17 * 3.14159265358979323846 / 180), s = sin(-17 * 3.14159265358979323846 / 180);
        for (size_t k = 6; k < 9; k++) {
            for (size_t j = 12; j < 19; j++) {
                for (size_t i = 12; i < 19; i++) {
                    double dx = (double)i + 0.25 - 15, dy = ((double)j - 0.4 - 15) * 2;
                    const double x[3] = { 15 + c * dx - s * dy, 30 + s * dx + c * dy, ((double)k + 0.7) * 3 };
                    CHECK_NEAR(o.image.voxels[region_at(&r, i, j, k)], f(x), 1e-11, 1e-11);
                }
            }
        }
        pair_free(&o);
        region_free(&r);
    }
}

/* Turning keeps the volume; nothing of a region is cut off by too small a margin. */
static void test_perturb__turned_region(void **state)
{
    (void)state;
    region r = region_new(grid_of(60, 60, 20, 1, 1, 1));
    for (size_t k = 8; k < 12; k++) {
        for (size_t j = 27; j < 33; j++) {
            for (size_t i = 15; i < 45; i++) { region_set(&r, i, j, k, 1); }
        }
    }
    rx_perturb p;
    rx_perturb_default(&p);
    p.margin_mm = 0;
    for (p.angle_deg = -175; p.angle_deg < 180; p.angle_deg += 35) {
        pair o = perturb(&r, &p);
        CHECK_NEAR((double)inside(&o.region), (double)mask_size(&r), 0.04, 0);
        pair_free(&o);
    }
    region_free(&r);
}

static region noisy(double sd, double slope)
{
    region r = region_new(grid_of(48, 44, 40, 1, 1, 1));
    rx_chance c = rx_chance_new(11, RX_CHANCE_NOISE);
    for (size_t k = 0; k < 40; k++) {
        for (size_t j = 0; j < 44; j++) {
            for (size_t i = 0; i < 48; i++) {
                region_set(&r, i, j, k, slope * ((double)i - 2 * (double)j + (double)k) + sd * rx_chance_normal(&c));
            }
        }
    }
    return r;
}

static double level(const region *r)
{
    rx_image image = { r->grid, RX_F64, r->image };
    rx_error err = { 0 };
    double sd;
    CHECK_OK(rx_perturb_noise_level(&sd, &image, &err), err);
    return sd;
}

static void test_perturb__noise_level(void **state)
{
    (void)state;
    region r = noisy(7, 0);
    CHECK_NEAR(level(&r), 7, 0.02, 0);
    region_free(&r);
    r = noisy(7, 40);                              /* what varies slowly is no noise */
    CHECK_NEAR(level(&r), 7, 0.02, 0);
    for (size_t i = 0; i < region_size(&r) / 2; i++) { r.image[i] = -1000; }
    CHECK_NEAR(level(&r), 7, 0.05, 0);             /* nor is padding */
    region_free(&r);
    r = noisy(0, 0);
    assert_true(level(&r) == 0);
    region_free(&r);
    r = region_new(grid_of(4, 4, 2, 1, 1, 1));     /* too small to tell */
    assert_true(level(&r) == 0);
    region_free(&r);
    r = region_new(grid_of(64, 64, 1, 1, 1, 1));   /* a slice */
    rx_chance c = rx_chance_new(2, RX_CHANCE_NOISE);
    for (size_t i = 0; i < region_size(&r); i++) { r.image[i] = 3 * rx_chance_normal(&c); }
    CHECK_NEAR(level(&r), 3, 0.05, 0);
    region_free(&r);
}

static void test_perturb__noise(void **state)
{
    (void)state;
    region r = noisy(5, 3);
    rx_perturb p = whole();
    p.noise = 2;
    p.seed = 77;
    pair o = perturb(&r, &p);
    double n = (double)region_size(&r), sum = 0, squares = 0, fourth = 0, sd = 2 * level(&r);
    for (size_t i = 0; i < region_size(&r); i++) {
        double d = (o.image.voxels[i] - r.image[i]) / sd;
        sum += d;
        squares += d * d;
        fourth += d * d * d * d;
    }
    CHECK_NEAR(sum / n, 0, 0, 4 / sqrt(n));        /* four standard errors */
    CHECK_NEAR(squares / n, 1, 0, 4 * sqrt(2 / n));
    CHECK_NEAR(fourth / n, 3, 0, 4 * sqrt(96 / n));
    assert_memory_equal(o.region.voxels, r.mask, region_size(&r));

    pair same = perturb(&r, &p);
    assert_memory_equal(o.image.voxels, same.image.voxels, region_size(&r) * sizeof(double));
    pair_free(&same);
    p.seed = 78;
    pair other = perturb(&r, &p);
    size_t equal = 0;
    for (size_t i = 0; i < region_size(&r); i++) { equal += o.image.voxels[i] == other.image.voxels[i]; }
    assert_int_equal(equal, 0);
    pair_free(&o);
    pair_free(&other);
    region_free(&r);
}

/* Numbers of this generator, as they must be everywhere; and functions made by series. */
static void test_perturb__same_bits(void **state)
{
    (void)state;
    rx_chance c = rx_chance_new(1, RX_CHANCE_NOISE);
    assert_true(rx_chance_next(&c) == UINT64_C(0x7c7a5cd496854deb));
    assert_true(rx_chance_normal(&c) == 0x1.6195bcc61e165p-3);
    assert_true(rx_chance_normal(&c) == 0x1.edd1b27ed51d9p-1);
    for (double a = -180; a <= 180; a += 7.5) {
        double cosine, sine, radians = a * 3.14159265358979323846 / 180;
        rx_turn(&cosine, &sine, a);
        CHECK_NEAR(cosine, cos(radians), 0, 3e-16);
        CHECK_NEAR(sine, sin(radians), 0, 3e-16);
    }
}

static void test_perturb__volume(void **state)
{
    (void)state;
    region r = blob();
    size_t n = mask_size(&r);
    static const double changes[] = { -0.9, -0.25, -0.1, -0.001, 0.001, 0.15, 0.6, 3 };
    for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
        rx_perturb p = whole();
        p.volume_change = changes[c];
        pair o = perturb(&r, &p);
        assert_int_equal(inside(&o.region), (size_t)floor((double)n * (1 + changes[c]) + 0.5));
        for (size_t i = 0; i < region_size(&r); i++) {
            assert_true(changes[c] > 0 ? o.region.voxels[i] >= r.mask[i] : o.region.voxels[i] <= r.mask[i]);
        }
        p.seed = 9;
        pair other = perturb(&r, &p);
        assert_int_equal(inside(&other.region), inside(&o.region));
        pair_free(&o);
        pair_free(&other);
    }
    /* a region that fills its image shrinks from outside */
    memset(r.mask, 1, region_size(&r));
    rx_perturb p = whole();
    p.volume_change = -0.3;
    pair o = perturb(&r, &p);
    assert_true(o.region.voxels[region_at(&r, 15, 13, 11)]);
    pair_free(&o);
    region_free(&r);
}

/* A ball hardly brighter than what is around it: its new contours follow it, and differ from one another. */
static void test_perturb__contour(void **state)
{
    (void)state;
    region r = region_new(grid_of(56, 56, 28, 1, 1, 2));
    uint64_t seed = 8;
    for (size_t k = 0; k < 28; k++) {
        for (size_t j = 0; j < 56; j++) {
            for (size_t i = 0; i < 56; i++) {
                double x = (double)i - 27.5, y = (double)j - 27.5, z = 2 * ((double)k - 13.5);
                bool in = x * x + y * y + z * z < 16 * 16;
                r.image[region_at(&r, i, j, k)] = (in ? 12 : 0) + 20 * next_uniform(&seed);
                r.mask[region_at(&r, i, j, k)] = in;
            }
        }
    }
    double n = (double)mask_size(&r), sum = 0;
    rx_perturb p = whole();
    p.contour = true;
    pair first = perturb(&r, &p);
    unsigned different = 0;
    enum { SEEDS = 8 };
    for (p.seed = 0; p.seed < SEEDS; p.seed++) {
        pair o = perturb(&r, &p);
        size_t both = 0;
        for (size_t i = 0; i < region_size(&r); i++) { both += o.region.voxels[i] & r.mask[i]; }
        double dice = 2 * (double)both / (n + (double)inside(&o.region));
        if (!(dice > 0.8 && dice <= 1)) { fail_msg("seed %d: Dice %g", (int)p.seed, dice); }
        different += memcmp(o.region.voxels, first.region.voxels, region_size(&r)) != 0;
        sum += (double)inside(&o.region);
        assert_memory_equal(o.image.voxels, r.image, region_size(&r) * sizeof(double));
        pair_free(&o);
    }
    assert_true(different >= SEEDS / 2 && different < SEEDS);
    CHECK_NEAR(sum / SEEDS, n, 0.1, 0);
    pair_free(&first);
    region_free(&r);
}

static void refuse(const region *r, const rx_perturb *p, rx_code code, const char *word)
{
    pair o;
    rx_error err = { 0 };
    int rc = try_perturb(&o, r, p, &err);
    if (rc != (int)code || !strstr(err.msg, word)) { fail_msg("%d \"%s\", expected %d and %s", rc, err.msg, code, word); }
    assert_true(o.image.voxels == NULL && o.region.voxels == NULL);
}

static void test_perturb__refusals(void **state)
{
    (void)state;
    region r = blob();
    rx_perturb p = whole();
    p.angle_deg = 181;
    refuse(&r, &p, RX_EINVAL, "angle_deg is 181");
    p = whole();
    p.shift[2] = (double)NAN;
    refuse(&r, &p, RX_EINVAL, "shift[2]");
    p = whole();
    p.noise = -1;
    refuse(&r, &p, RX_EINVAL, "noise is -1");
    p = whole();
    p.volume_change = 9;
    p.margin_mm = 0;
    refuse(&r, &p, RX_ELIMIT, "cannot grow by 9");
    p = whole();
    r.image[3] = (double)INFINITY;
    refuse(&r, &p, RX_EINVAL, "not finite");
    r.image[3] = 0;
    memset(r.mask, 0, region_size(&r));
    refuse(&r, &p, RX_EEMPTY, "label 1");
    r.mask[0] = 1;                                 /* a voxel in a corner, turned out of the image */
    r.mask[region_at(&r, 29, 25, 0)] = 1;
    p.shift[2] = 1;
    refuse(&r, &p, RX_EEMPTY, "left after turning and moving");
    region_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perturb__nothing),
        cmocka_unit_test(test_perturb__whole_voxel),
        cmocka_unit_test(test_perturb__quarter_turns),
        cmocka_unit_test(test_perturb__interpolation),
        cmocka_unit_test(test_perturb__turned_region),
        cmocka_unit_test(test_perturb__noise_level),
        cmocka_unit_test(test_perturb__noise),
        cmocka_unit_test(test_perturb__same_bits),
        cmocka_unit_test(test_perturb__volume),
        cmocka_unit_test(test_perturb__contour),
        cmocka_unit_test(test_perturb__refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
