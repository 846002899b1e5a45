/* The pyradiomics profile against PyRadiomics' own output: five images, each with up to nine sets
 * of settings. */
#include "pyrcase.h"

typedef enum config {
    BW25, BC32, FORCE2D, MERGED, RESEGMENTED, ISO1_BSPLINE, ISO2_LINEAR, ALL_FILTERS,
    ALL_FILTERS_ISO2, N_CONFIGS
} config;

static const char *const files[N_CONFIGS] = {
    "orig_bw25", "orig_bc32", "orig_2d_bw25", "orig_merged_bw25", "orig_reseg", "iso1_bspline_bw25",
    "iso2_linear_bw25", "allfilters_bw25", "allfilters_iso2_bw25",
};

static void resample(rx_pyradiomics *s, double mm, rx_interpolator how)
{
    s->resample = true;
    s->interpolator = how;
    for (int a = 0; a < 3; a++) { s->spacing_mm[a] = mm; }
}

static void add_filters(rx_pyradiomics *s)
{
    static const rx_image_type types[] = { RX_IMAGE_LOG, RX_IMAGE_WAVELET, RX_IMAGE_SQUARE,
        RX_IMAGE_SQUAREROOT, RX_IMAGE_LOGARITHM, RX_IMAGE_EXPONENTIAL, RX_IMAGE_GRADIENT };
    rx_error err = { 0 };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        rx_pyr_image *image = rx_pyradiomics_add_image(s, types[i], &err);
        assert_non_null(image);
        if (types[i] != RX_IMAGE_LOG) { continue; }
        static const double sigma[] = { 1, 2, 3, 5 };
        for (int j = 0; j < 4; j++) { CHECK_OK(rx_pyr_add_sigma(&image->own, sigma[j], false, &err), err); }
    }
}

static void configure(rx_pyradiomics *s, config c)
{
    rx_settings *own = &s->images[0].own.features;
    rx_pyradiomics_default(s);
    switch (c) {
    case BC32: own->bin_count = 32; break;
    case FORCE2D: s->base.features.force_2d = own->force_2d = true; break;
    case MERGED: own->weighting_norm = RX_NORM_NO_WEIGHTING; break;
    case RESEGMENTED:
        s->n_resegment = 2;
        s->resegment_range[0] = -150;
        s->resegment_range[1] = 250;
        break;
    case ISO1_BSPLINE: resample(s, 1, RX_SITK_BSPLINE); break;
    case ISO2_LINEAR: resample(s, 2, RX_SITK_LINEAR); break;
    case ALL_FILTERS: add_filters(s); break;
    case ALL_FILTERS_ISO2:
        resample(s, 2, RX_SITK_BSPLINE);
        add_filters(s);
        break;
    default: break;
    }
}

/* LoG and gradient come in single precision: told apart in what is printed, held to the same. */
static bool single(const char *name)
{
    return strncmp(name, "log-sigma", 9) == 0 || strncmp(name, "gradient", 8) == 0;
}

typedef struct tally { unsigned seen, off; double worst, worst_single; char name[128], name_single[128]; } tally;

static void count(tally *t, const char *name, double got, double want)
{
    double rel = fabs(got - want) / fmax(fabs(want), 1e-2);
    if (isnan(got) != isnan(want)) { rel = INFINITY; }
    t->seen++;
    bool lone = single(name);
    double *worst = lone ? &t->worst_single : &t->worst;
    if (rel > *worst) {
        *worst = rel;
        snprintf(lone ? t->name_single : t->name, sizeof t->name, "%.127s", name);
    }
    if (!near_enough(got, want, 1e-8, 1e-10)) {
        if (t->off++ < 5) { fprintf(stderr, "%s = %.17g, expected %.17g\n", name, got, want); }
    }
}

static void check_three(const char *value, const double got[3])
{
    double v[3];
    assert_int_equal(sscanf(value, "\"(%lf, %lf, %lf)", &v[0], &v[1], &v[2]), 3);
    for (int a = 0; a < 3; a++) { CHECK_NEAR(got[a], v[a], 1e-10, 1e-10); }
}

static void check_mask(const rx_trace_mask *m, const char *what, const char *value)
{
    double v = strtod(value, NULL);
    if (strcmp(what, "VoxelNum") == 0) { CHECK_NEAR((double)m->voxels, v, 0, 0); }
    if (strcmp(what, "VolumeNum") == 0) { CHECK_NEAR((double)m->parts, v, 0, 0); }
    if (strcmp(what, "Mean") == 0) { CHECK_NEAR(m->mean, v, 1e-10, 1e-10); }
    if (strcmp(what, "Minimum") == 0) { CHECK_NEAR(m->min, v, 0, 0); }
    if (strcmp(what, "Maximum") == 0) { CHECK_NEAR(m->max, v, 0, 0); }
    if (strcmp(what, "CenterOfMassIndex") == 0) { check_three(value, m->centre_index); }
    if (strcmp(what, "CenterOfMass") == 0) { check_three(value, m->centre_mm); }
    if (strcmp(what, "Spacing") == 0) { check_three(value, m->grid.spacing_mm); }
    if (strcmp(what, "BoundingBox") != 0) { return; }
    size_t b[6];
    assert_int_equal(sscanf(value, "\"(%zu, %zu, %zu, %zu, %zu, %zu)", &b[0], &b[1], &b[2], &b[3], &b[4],
                            &b[5]), 6);
    for (int a = 0; a < 3; a++) {
        assert_int_equal(m->box_min[a], b[a]);
        assert_int_equal(m->box_max[a] - m->box_min[a] + 1, b[3 + a]);
    }
}

static void check_image(const rx_trace_image *m, const char *what, const char *value)
{
    double v = strtod(value, NULL);
    if (strcmp(what, "Mean") == 0) { CHECK_NEAR(m->mean, v, 1e-10, 1e-10); }
    if (strcmp(what, "Minimum") == 0) { CHECK_NEAR(m->min, v, 0, 0); }
    if (strcmp(what, "Maximum") == 0) { CHECK_NEAR(m->max, v, 0, 0); }
    if (strcmp(what, "Spacing") == 0) { check_three(value, m->grid.spacing_mm); }
    if (strcmp(what, "Size") != 0) { return; }
    const double size[3] = { (double)m->grid.dim[0], (double)m->grid.dim[1], (double)m->grid.dim[2] };
    check_three(value, size);
}

/* diagnostics_Mask-interpolated_VoxelNum and its like */
static void check_trace(const rx_trace *t, const char *key, const char *value)
{
    const struct { const char *prefix; const rx_trace_image *image; const rx_trace_mask *mask; } stage[] = {
        { "diagnostics_Image-original_", &t->image_original, NULL },
        { "diagnostics_Image-interpolated_", &t->image_interpolated, NULL },
        { "diagnostics_Mask-original_", NULL, &t->mask_original },
        { "diagnostics_Mask-interpolated_", NULL, &t->mask_interpolated },
        { "diagnostics_Mask-resegmented_", NULL, &t->mask_resegmented },
    };
    for (size_t i = 0; i < sizeof stage / sizeof *stage; i++) {
        size_t n = strlen(stage[i].prefix);
        if (strncmp(key, stage[i].prefix, n) != 0) { continue; }
        if (stage[i].image) { check_image(stage[i].image, key + n, value); }
        if (stage[i].mask) { check_mask(stage[i].mask, key + n, value); }
    }
}

/* Every line of the table has its value, every value its line, in the table's order
 * (that of slices was made with the classes in another). */
static void compare(tally *t, const rx_results *r, const rx_trace *trace, bool ordered, const char *path)
{
    char line[4096];
    size_t next = 0;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        if (!comma || strncmp(line, "feature,", 8) == 0) { continue; }
        *comma = '\0';
        if (strncmp(line, "diagnostics", 11) == 0) {
            check_trace(trace, line, comma + 1);
            continue;
        }
        assert_true(next < r->n);
        const rx_result *value = ordered ? &r->v[next] : rx_results_find(r, line);
        assert_non_null(value);
        assert_string_equal(value->name, line);
        count(t, line, value->value.v, strtod(comma + 1, NULL));
        next++;
    }
    fclose(f);
    assert_int_equal(next, r->n);
}

static void check_config(const pyrdata *d, const char *name, config c, rx_workspace *ws)
{
    char path[512];
    snprintf(path, sizeof path, SHARED(PYR_GOLDEN "%s__%s.csv"), name, files[c]);
    rx_pyradiomics s;
    rx_results r = { 0 };
    rx_trace trace;
    rx_error err = { 0 };
    tally t = { 0 };
    configure(&s, c);
    s.pixel = d->pixel;
    if (c == RESEGMENTED && strcmp(name, "brain1") == 0) {
        assert_int_equal(rx_pyradiomics_extract(&r, &trace, &d->image, &d->mask, &s, ws, &err), RX_EEMPTY);
        return;
    }
    CHECK_OK(rx_pyradiomics_extract(&r, &trace, &d->image, &d->mask, &s, ws, &err), err);
    compare(&t, &r, &trace, c != FORCE2D, path);
    printf("%s %s: %u values, largest relative difference %.2g (%s), single precision %.2g (%s)\n", name,
           files[c], t.seen, t.worst, t.name, t.worst_single, t.name_single);
    fflush(stdout);
    assert_int_equal(t.off, 0);
    rx_results_free(&r);
}

static void check_case(size_t at)
{
    pyrdata d;
#ifdef PN_SANITIZED          /* the large images take minutes there */
    if (pyr_cases[at].nifti) { skip(); }
#endif
    if (!pyr_read(&d, &pyr_cases[at])) { skip(); }
    rx_workspace *ws = rx_workspace_new();
    for (int c = 0; c < N_CONFIGS; c++) {
        check_config(&d, pyr_cases[at].name, (config)c, ws);
    }
    rx_workspace_free(ws);
    pyr_free(&d);
}

#define GOLDEN_TEST(name, index) \
    static void test_pyr_golden__##name(void **state) { (void)state; check_case(index); }
GOLDEN_TEST(brain1, 0)
GOLDEN_TEST(brain2, 1)
GOLDEN_TEST(breast1, 2)
GOLDEN_TEST(ibsi_ct_gtv, 3)
GOLDEN_TEST(sts001_ct, 4)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pyr_golden__brain1), cmocka_unit_test(test_pyr_golden__brain2),
        cmocka_unit_test(test_pyr_golden__breast1), cmocka_unit_test(test_pyr_golden__ibsi_ct_gtv),
        cmocka_unit_test(test_pyr_golden__sts001_ct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
