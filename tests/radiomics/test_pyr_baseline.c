/* PyRadiomics' own baseline tables, every value: each column's settings are read from the table. */
#include "csv.h"
#include "pyrcase.h"

#define BASELINE "data/radiomics/pyradiomics/baseline/baseline_%s.csv"

/* The value of a key in Python's way of printing a dictionary, or NULL; None is NULL, too. */
static const char *setting(const char *dict, const char *key)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "'%s': ", key);
    const char *at = strstr(dict, quoted);
    if (!at) { return NULL; }
    at += strlen(quoted);
    return strncmp(at, "None", 4) == 0 ? NULL : at;
}

static bool is_true(const char *dict, const char *key)
{
    const char *at = setting(dict, key);
    return at && strncmp(at, "True", 4) == 0;
}

static unsigned numbers(double out[3], const char *list)
{
    unsigned n = 0;
    for (const char *p = list + 1; *p && *p != ']' && n < 3;) {
        char *end;
        out[n++] = strtod(p, &end);
        p = *end == ',' ? end + 1 : end;
    }
    return n;
}

static void configure(rx_pyradiomics *s, const char *dict, const char *cls)
{
    rx_error err = { 0 };
    double v[3] = { 0, 0, 0 };
    const char *at;
    rx_pyradiomics_default(s);
    rx_pyradiomics_disable_features(s);
    CHECK_OK(rx_pyradiomics_enable(s, cls, NULL, &err), err);
    rx_settings *f = &s->base.features;
    if ((at = setting(dict, "voxelArrayShift"))) { f->voxel_array_shift = strtod(at, NULL); }
    if ((at = setting(dict, "binWidth"))) { f->bin_width = strtod(at, NULL); }
    if ((at = setting(dict, "binCount"))) { f->bin_count = (unsigned)strtoul(at, NULL, 10); }
    if ((at = setting(dict, "minimumROIDimensions"))) { f->minimum_roi_dimensions = (unsigned)strtoul(at, NULL, 10); }
    if ((at = setting(dict, "weightingNorm"))) {
        assert_memory_equal(at, "'no_weighting'", 14);
        f->weighting_norm = RX_NORM_NO_WEIGHTING;
    }
    f->force_2d = is_true(dict, "force2D");
    s->normalize = is_true(dict, "normalize");
    s->correct_mask = is_true(dict, "correctMask");
    if ((at = setting(dict, "normalizeScale"))) { s->normalize_scale = strtod(at, NULL); }
    if ((at = setting(dict, "resampledPixelSpacing"))) {
        assert_int_equal(numbers(v, at), 3);
        s->resample = true;
        memcpy(s->spacing_mm, v, sizeof v);
    }
    if ((at = setting(dict, "resegmentRange"))) {
        s->n_resegment = numbers(v, at);
        memcpy(s->resegment_range, v, sizeof s->resegment_range);
    }
    if ((at = setting(dict, "resegmentMode"))) {
        assert_memory_equal(at, "'sigma'", 7);
        s->resegment_mode = RX_RESEGMENT_SIGMA;
    }
    s->images[0].own = s->base;
}

/* ---- the images; of the lungs there are only masks ---- */

typedef struct subject { const char *name; bool image; pyrdata d; int16_t *blank; } subject;

static subject subjects[] = {
    { .name = "brain1", .image = true }, { .name = "brain2", .image = true },
    { .name = "breast1", .image = true }, { .name = "lung1" }, { .name = "lung2" },
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

static bool read_lung(subject *s)
{
    char path[512];
    testimage m;
    snprintf(path, sizeof path, SHARED(PYR_NRRD "%s_label.nrrd"), s->name);
    if (!have_shared(path)) { return false; }
    assert_int_equal(volume_read(&m, path), 0);
    s->d.label = volume_mask(&m);
    s->d.mask = (rx_mask){ m.grid, s->d.label, 1 };
    s->blank = calloc(m.grid.dim[0] * m.grid.dim[1] * m.grid.dim[2], sizeof *s->blank);
    s->d.image = (rx_image){ m.grid, RX_I16, s->blank };
    s->d.pixel = RX_PIXEL_I16;
    volume_free(&m);
    return true;
}

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < N_SUBJECTS; i++) {
        subject *s = &subjects[i];
        if (!(s->image ? pyr_read(&s->d, &pyr_cases[i]) : read_lung(s))) { s->d.label = NULL; }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < N_SUBJECTS; i++) {
        pyr_free(&subjects[i].d);
        free(subjects[i].blank);
    }
    return 0;
}

static subject *subject_of(const char *column)
{
    for (int i = 0; i < N_SUBJECTS; i++) {
        if (strncmp(column, subjects[i].name, strlen(subjects[i].name)) == 0) { return &subjects[i]; }
    }
    return NULL;
}

/* The flat masks are files of one slice, which correctMask puts on the image's grid. */
static rx_mask slice_of(const rx_mask *mask, const char *box)
{
    size_t b[6];
    assert_int_equal(sscanf(box, "(%zu, %zu, %zu, %zu, %zu, %zu)", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]), 6);
    rx_mask out = *mask;
    out.grid.dim[2] = 1;
    out.voxels += b[2] * mask->grid.dim[0] * mask->grid.dim[1];
    for (int a = 0; a < 3; a++) {
        out.grid.origin_mm[a] += out.grid.direction[3 * a + 2] * out.grid.spacing_mm[2] * (double)b[2];
    }
    return out;
}

/* That column of the table was written before PyRadiomics changed its mesh. */
static bool outdated(const char *column, const char *feature)
{
    static const char *const mesh[] = { "MeshVolume", "SurfaceArea", "Sphericity", "SurfaceVolumeRatio" };
    for (int i = 0; i < 4; i++) {
        if (strcmp(column, "brain1") == 0 && strncmp(feature, "original_shape_", 15) == 0
            && strcmp(feature + 15, mesh[i]) == 0) { return true; }
    }
    return false;
}

static const char *cell(const csv *c, size_t row, size_t col) { return c->cell[row * c->cols + col]; }

static size_t row_of(const csv *c, const char *name)
{
    for (size_t r = 1; r <= c->rows; r++) {
        if (strcmp(cell(c, r, 0), name) == 0) { return r; }
    }
    return 0;
}

typedef struct tally { unsigned seen, off; double worst; char name[160]; } tally;

static void check_column(tally *t, const csv *c, size_t col, const char *cls, rx_workspace *ws)
{
    const char *column = cell(c, 0, col);
    subject *s = subject_of(column);
    bool shape = strncmp(cls, "shape", 5) == 0;
    assert_non_null(s);
    if (!s->d.label || (!s->image && !shape)) { return; }
    rx_pyradiomics p;
    rx_results r = { 0 };
    rx_trace trace;
    rx_error err = { 0 };
    configure(&p, cell(c, row_of(c, "diagnostics_Configuration_Settings"), col), cls);
    rx_mask mask = s->d.mask;
    size_t box = row_of(c, "diagnostics_Mask-corrected_BoundingBox");
    if (p.correct_mask && box) { mask = slice_of(&s->d.mask, cell(c, box, col)); }
    CHECK_OK(rx_pyradiomics_extract(&r, &trace, &s->d.image, &mask, &p, ws, &err), err);
    assert_int_equal(trace.mask_corrected.present, p.correct_mask);
    for (size_t row = 1; row <= c->rows; row++) {
        const char *name = cell(c, row, 0);
        if (strncmp(name, "original_", 9) != 0 || outdated(column, name)) { continue; }
        const rx_result *got = rx_results_find(&r, name);
        assert_non_null(got);
        double want = strtod(cell(c, row, col), NULL), v = got->value.v;
        double rel = fabs(v - want) / fmax(fabs(want), 1e-2);
        if (rel > t->worst) {
            t->worst = rel;
            snprintf(t->name, sizeof t->name, "%.40s %.100s", column, name);
        }
        t->seen++;
        if (!near_enough(v, want, 1e-8, 1e-10)) {
            fprintf(stderr, "%s: %s = %.17g, expected %.17g\n", column, name, v, want);
            t->off++;
        }
    }
    rx_results_free(&r);
}

static unsigned check_table(const char *cls)
{
    char path[512];
    csv c;
    tally t = { 0 };
    snprintf(path, sizeof path, SHARED(BASELINE), cls);
    if (!have_shared(path)) { return 0; }
    assert_true(csv_read(&c, path));
    rx_workspace *ws = rx_workspace_new();
    for (size_t col = 1; col < c.cols; col++) { check_column(&t, &c, col, cls, ws); }
    rx_workspace_free(ws);
    csv_free(&c);
    printf("baseline %s: %u values, largest relative difference %.2g (%s)\n", cls, t.seen, t.worst, t.name);
    assert_int_equal(t.off, 0);
    return t.seen;
}

#define TABLE(name, values) \
    static void test_pyr_baseline__##name(void **state) \
    { \
        (void)state; \
        unsigned seen = check_table(#name); \
        if (seen == 0) { skip(); } \
        assert_int_equal(seen, values); \
    }
TABLE(shape, 136)
TABLE(shape2D, 45)
TABLE(firstorder, 216)
TABLE(glcm, 576)
TABLE(gldm, 294)
TABLE(glrlm, 384)
TABLE(glszm, 336)
TABLE(ngtdm, 105)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pyr_baseline__shape), cmocka_unit_test(test_pyr_baseline__shape2D),
        cmocka_unit_test(test_pyr_baseline__firstorder), cmocka_unit_test(test_pyr_baseline__glcm),
        cmocka_unit_test(test_pyr_baseline__gldm), cmocka_unit_test(test_pyr_baseline__glrlm),
        cmocka_unit_test(test_pyr_baseline__glszm), cmocka_unit_test(test_pyr_baseline__ngtdm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
