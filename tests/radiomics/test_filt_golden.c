/* Every image type against PyRadiomics' own output: the filter alone, then the features of what it
 * gives, 1e-8 relative as the reference's own document asks, 1e-10 near zero. */
#include "check.h"
#include "testimage.h"
#include <radiomics/extract.h>
#include <radiomics/filters.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN "reference/radiomics/golden/"
#define NRRD "data/radiomics/pyradiomics/"
#define IBSI "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"
#define STS "data/radiomics/ibsi_validation_sts/STS_001/nifti/"

enum { MAX_ROWS = 2048 };

/* as: the type that PyRadiomics read. */
typedef struct golden_case { const char *name, *image, *mask; rx_scalar as; } golden_case;

static const golden_case cases[] = {
    { "brain1", NRRD "brain1_image.nrrd", NRRD "brain1_label.nrrd", RX_I16 },
    { "brain2", NRRD "brain2_image.nrrd", NRRD "brain2_label.nrrd", RX_I16 },
    { "breast1", NRRD "breast1_image.nrrd", NRRD "breast1_label.nrrd", RX_I16 },
    { "ibsi_ct_gtv", IBSI "image/phantom.nii.gz", IBSI "mask/mask.nii.gz", RX_F64 },
    { "sts001_ct", STS "CT_image.nii.gz", STS "CT_mask.nii.gz", RX_F64 },
};

typedef struct row { char name[96]; double value; } row;
typedef struct golden { row rows[MAX_ROWS]; size_t n; } golden;

static void read_golden(golden *g, const char *path)
{
    char line[2048];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    g->n = 0;
    while (fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        if (!comma || strncmp(line, "diagnostics", 11) == 0 || strncmp(line, "feature", 7) == 0) { continue; }
        *comma = '\0';
        assert_true(g->n < MAX_ROWS && strlen(line) < sizeof g->rows[0].name);
        strcpy(g->rows[g->n].name, line);
        g->rows[g->n++].value = strtod(comma + 1, NULL);
    }
    fclose(f);
}

static double golden_of(const golden *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++) {
        if (strcmp(g->rows[i].name, name) == 0) { return g->rows[i].value; }
    }
    fail_msg("no reference value for %s", name);
    return 0;
}

static rx_box box_of(const rx_mask *m)
{
    rx_box b = { { SIZE_MAX, SIZE_MAX, SIZE_MAX }, { 0, 0, 0 } };
    const size_t *dim = m->grid.dim;
    for (size_t at = 0; at < dim[0] * dim[1] * dim[2]; at++) {
        size_t index[3] = { at % dim[0], at / dim[0] % dim[1], at / dim[0] / dim[1] };
        for (int a = 0; m->voxels[at] == m->label && a < 3; a++) {
            if (index[a] < b.min[a]) { b.min[a] = index[a]; }
            if (index[a] > b.max[a]) { b.max[a] = index[a]; }
        }
    }
    return b;
}

static uint8_t *crop_mask(const rx_mask *m, const rx_box *b)
{
    const size_t *dim = m->grid.dim;
    size_t n[3] = { b->max[0] - b->min[0] + 1, b->max[1] - b->min[1] + 1, b->max[2] - b->min[2] + 1 };
    uint8_t *out = malloc(n[0] * n[1] * n[2]), *to = out;
    assert_non_null(out);
    for (size_t k = b->min[2]; k <= b->max[2]; k++) {
        for (size_t j = b->min[1]; j <= b->max[1]; j++, to += n[0]) {
            memcpy(to, m->voxels + (k * dim[1] + j) * dim[0] + b->min[0], n[0]);
        }
    }
    return out;
}

typedef struct tally { unsigned values, off; double worst; char name[128]; } tally;

static void compare(tally *t, const rx_filtered *out, const uint8_t *label, const golden *g, rx_workspace *ws)
{
    rx_error err = { 0 };
    rx_settings s;
    rx_settings_default(&s);
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (rx_features()[i].cls == RX_SHAPE) { s.enabled[i] = false; }
    }
    rx_value v[RX_NFEATURES];
    rx_mask m = { out->image.grid, label, 1 };
    CHECK_OK(rx_extract(v, NULL, &out->image, &m, &s, ws, &err), err);
    for (int i = 0; i < RX_NFEATURES; i++) {
        if (!s.enabled[i]) { continue; }
        char name[160];
        snprintf(name, sizeof name, "%s_%s", out->name, rx_features()[i].full_name + strlen("original_"));
        double want = golden_of(g, name), rel = fabs(v[i].v - want) / fmax(fabs(want), 1e-2);
        if (!(rel <= t->worst)) {
            t->worst = rel;
            snprintf(t->name, sizeof t->name, "%.120s", name);
        }
        t->values++;
        if (!near_enough(v[i].v, want, 1e-8, 1e-10)) {
            t->off++;
            fprintf(stderr, "%s = %.17g, expected %.17g\n", name, v[i].v, want);
        }
    }
}

static void check_case(const golden_case *c)
{
    char path[512];
    testimage image, mask;
#ifdef PN_SANITIZED          /* half a minute there; scripts/test.sh runs them without */
    if (strstr(c->image, "nifti")) { skip(); }
#endif
    snprintf(path, sizeof path, SHARED("%s"), c->image);
    SKIP_WITHOUT(path);
    assert_int_equal(volume_read(&image, path), 0);
    snprintf(path, sizeof path, SHARED("%s"), c->mask);
    assert_int_equal(volume_read(&mask, path), 0);
    uint8_t *label = volume_mask(&mask);
    static golden g;
    snprintf(path, sizeof path, SHARED(GOLDEN "%s__allfilters_bw25.csv"), c->name);
    read_golden(&g, path);
    rx_mask m = { image.grid, label, 1 };
    rx_image im = { image.grid, RX_F64, image.v };
    rx_box box = box_of(&m);
    uint8_t *cropped = crop_mask(&m, &box);
    rx_workspace *ws = rx_workspace_new();
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    static const double sigma[] = { 1, 2, 3, 5 };
    for (unsigned i = 0; i < 4; i++) { s.sigma[s.n_sigma++] = (rx_sigma){ sigma[i], false }; }
    unsigned off = 0;
    for (rx_image_type type = RX_IMAGE_ORIGINAL; type <= RX_IMAGE_GRADIENT; type++) {
        rx_error err = { 0 };
        rx_filter *f = NULL;
        rx_filtered out;
        bool more = false;
        CHECK_OK(rx_filter_open(&f, &im, c->as, &m, &box, type, &s, &err), err);
        for (;;) {
            CHECK_OK(rx_filter_next(&more, &out, f, &err), err);
            if (!more) { break; }
            tally t = { 0 };
            assert_false(out.skipped);
            compare(&t, &out, cropped, &g, ws);
            printf("%s %s: %u values, %u off, largest relative difference %.2g (%s)\n", c->name, out.name,
                   t.values, t.off, t.worst, t.name);
            off += t.off;
        }
        rx_filter_free(f);
    }
    assert_int_equal(off, 0);
    rx_workspace_free(ws);
    free(cropped);
    free(label);
    volume_free(&image);
    volume_free(&mask);
}

#define GOLDEN_TEST(name, index) \
    static void test_filt_golden__##name(void **state) { (void)state; check_case(&cases[index]); }
GOLDEN_TEST(brain1, 0)
GOLDEN_TEST(brain2, 1)
GOLDEN_TEST(breast1, 2)
GOLDEN_TEST(ibsi_ct_gtv, 3)
GOLDEN_TEST(sts001_ct, 4)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filt_golden__brain1), cmocka_unit_test(test_filt_golden__brain2),
        cmocka_unit_test(test_filt_golden__breast1),
        cmocka_unit_test(test_filt_golden__ibsi_ct_gtv),
        cmocka_unit_test(test_filt_golden__sts001_ct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
