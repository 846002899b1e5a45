/* Model files: a full round trip, and every rule that a model must keep. */
#include "check.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/model.h>

/* ---- A model in memory --------------------------------------------------- */

static uint64_t random_state = 88172645463325252ULL;

static uint64_t random_bits(void)                    /* xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Any finite double: the bits themselves, so that all exponents and subnormals occur. */
static double random_double(void)
{
    double v;
    do {
        uint64_t bits = random_bits();
        memcpy(&v, &bits, sizeof v);
    } while (!isfinite(v));
    return v;
}

static double random_unit(void)
{
    return (double)(random_bits() >> 11) * 0x1p-53;
}

static size_t random_below(size_t n)
{
    return (size_t)(random_bits() % n);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void *array(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

/* n strictly increasing numbers from 0 up. */
static double *random_times(size_t n)
{
    double *t = array(n, sizeof *t), at = 0;
    for (size_t i = 0; i < n; i++) { t[i] = at += random_unit() * 100 + 1e-3; }
    return t;
}

static char *copy(const char *text)
{
    char *p = array(strlen(text) + 1, 1);
    return strcpy(p, text);
}

static void random_features(cfg_model *m)
{
    size_t first = random_below(RX_NFEATURES);
    m->n_features = 1 + random_below(RX_NFEATURES);
    m->features = array(m->n_features, sizeof *m->features);
    for (size_t i = 0; i < RX_NFEATURES; i++) { m->extraction.base.features.enabled[i] = random_below(2); }
    for (size_t i = 0; i < m->n_features; i++) {
        cfg_model_feature *f = &m->features[i];
        size_t index = (first + i) % RX_NFEATURES;
        m->extraction.base.features.enabled[index] = true;
        snprintf(f->name, sizeof f->name, "%s", rx_features()[index].full_name);
        f->coefficient = random_double();
        f->mean = random_double();
        do { f->sd = fabs(random_double()); } while (f->sd <= 0);
        for (size_t q = 0; q < CFG_NQUANTILES; q++) { f->quantile[q] = random_double(); }
        qsort(f->quantile, CFG_NQUANTILES, sizeof(double), ascending);
    }
}

static void random_curves(cfg_model *m)
{
    m->n_km = random_below(4);
    m->km = array(m->n_km, sizeof *m->km);
    for (size_t g = 0; g < m->n_km; g++) {
        cfg_km_curve *c = &m->km[g];
        snprintf(c->group, sizeof c->group, "group %zu", g);
        c->n = random_below(40);
        c->events = (unsigned)random_below(1000);
        c->patients = c->events + (unsigned)random_below(1000);
        c->time_days = random_times(c->n);
        c->survival = array(c->n, sizeof(double));
        c->n_risk = array(c->n, sizeof(double));
        double s = 1, at_risk = 5000;
        for (size_t i = 0; i < c->n; i++) {
            c->survival[i] = s *= random_unit();
            c->n_risk[i] = at_risk -= (double)random_below(50);
        }
    }
}

static void random_use(cfg_model *m)
{
    m->n_modality = 1 + random_below(8);
    for (size_t i = 0; i < m->n_modality; i++) {
        snprintf(m->modality[i], sizeof m->modality[i], "M%zu", i);
    }
    m->slice_spacing_mm = (cfg_range){random_below(2) ? -HUGE_VAL : random_unit(),
                                      random_below(2) ? HUGE_VAL : 1 + random_unit()};
    m->pixel_spacing_mm = (cfg_range){0.1, 0.1};
    m->slice_thickness_mm = (cfg_range){random_unit(), 1 + random_unit()};
    static const char *const contrast[] = {"any", "with", "without"};
    strcpy(m->contrast, contrast[random_below(3)]);
    m->max_missing_slices = random_below(2) ? HUGE_VAL : (double)random_below(10);
    m->max_mahalanobis = random_below(2) ? HUGE_VAL : random_unit() + 1e-9;
    m->min_roi_voxels = random_below(100000);
    m->n_contours = random_below(5);
    m->contours = array(m->n_contours, sizeof *m->contours);
    for (size_t i = 0; i < m->n_contours; i++) {
        m->contours[i] = copy("*tumour\"\\ #: \xc3\xa4?");
    }
    m->n_segment_codes = random_below(3);
    m->segment_codes = array(m->n_segment_codes, sizeof *m->segment_codes);
    for (size_t i = 0; i < m->n_segment_codes; i++) {
        strcpy(m->segment_codes[i].value, "108369006");
        strcpy(m->segment_codes[i].scheme, "SCT");
        strcpy(m->segment_codes[i].meaning, "Neoplasm");
    }
}

/* Needs features and horizons. */
static void random_bootstrap(cfg_model *m)
{
    size_t n = random_below(8);
    m->bootstrap_seed = random_below(1000000000);
    m->bootstrap_drawn = (unsigned)(n + random_below(5));
    m->n_boot_coefficient = n * m->n_features;
    m->boot_coefficient = array(m->n_boot_coefficient, sizeof(double));
    for (size_t i = 0; i < m->n_boot_coefficient; i++) { m->boot_coefficient[i] = random_double(); }
    m->n_boot_cumhaz = n * m->n_horizons;
    m->boot_cumhaz = array(m->n_boot_cumhaz, sizeof(double));
    for (size_t i = 0; i < m->n_boot_cumhaz; i++) {
        m->boot_cumhaz[i] = i % m->n_horizons == 0 ? random_unit() : m->boot_cumhaz[i - 1] + random_unit();
    }
}

static void random_distances(cfg_model *m)
{
    if (random_below(3) == 0 || m->n_features > 40) { return; }
    size_t p = m->n_features;
    m->n_correlation = p * p;
    m->correlation = array(p * p, sizeof(double));
    for (size_t i = 0; i < p; i++) {
        m->correlation[i * p + i] = 1;
        for (size_t j = 0; j < i; j++) {
            m->correlation[i * p + j] = m->correlation[j * p + i] = 2 * random_unit() - 1;
        }
    }
    m->n_distance_quantile = CFG_NQUANTILES;
    m->distance_quantile = random_times(CFG_NQUANTILES);
}

/* Original with the settings of all, or also filters, each with something of its own. */
static void random_images(rx_pyradiomics *s)
{
    s->resample = random_below(2);
    s->normalize = random_below(2);
    s->pre_crop = random_below(2);
    s->interpolator = random_below(2) ? RX_SITK_LINEAR : RX_SITK_BSPLINE;
    for (int a = 0; a < 3 && s->resample; a++) { s->spacing_mm[a] = random_unit() + 0.5; }
    s->n_resegment = (unsigned)random_below(3);
    for (unsigned i = 0; i < s->n_resegment; i++) { s->resegment_range[i] = (double)i + random_unit(); }
    s->base.features.weighting_norm = (rx_norm)random_below(RX_NNORMS);
    s->base.filter.level = 1 + (unsigned)random_below(3);
    s->n_images = 0;
    for (int t = 0; t < RX_NIMAGE_TYPES; t++) {
        rx_error err = {0};
        if (t > 0 && random_below(2)) { continue; }
        rx_pyr_image *image = rx_pyradiomics_add_image(s, (rx_image_type)t, &err);
        assert_non_null(image);
        if (t == RX_IMAGE_LOG) {
            CHECK_OK(rx_pyr_add_sigma(&image->own, 2, random_below(2), &err), err);
            CHECK_OK(rx_pyr_add_sigma(&image->own, 1 + random_unit(), false, &err), err);
        }
        if (t > 0 && random_below(2)) {
            image->own.features.bin_width = random_unit() + 0.1;
            image->own.features.bin_count = 1 + (unsigned)random_below(64);
            image->own.features.weighting_norm = (rx_norm)random_below(RX_NNORMS);
            image->own.features.force_2d = random_below(2);
            image->own.filter.lbp3d_levels = 1 + (unsigned)random_below(3);
            strcpy(image->own.filter.wavelet, "db3");
        }
    }
}

static cfg_model random_model(void)
{
    cfg_model m = {.research_use_only = random_below(2), .cutpoint = random_double()};
    strcpy(m.id, "a-model-7");
    strcpy(m.version, "1.10");                      /* a text, not the number 1.1 */
    strcpy(m.title, "yes: [no] & \"quotes\" '%' #1");
    strcpy(m.description, "first line\nsecond\ttab\xc2\x85\xe2\x80\xa8 end ");
    strcpy(m.endpoint, "null");
    strcpy(m.body_part, "0x10");
    random_use(&m);
    rx_pyradiomics_default(&m.extraction);
    m.extraction.base.features.bin_width = fabs(random_double()) + 1e-300;
    m.extraction.base.features.voxel_array_shift = random_double();
    m.extraction.base.features.symmetrical_glcm = random_below(2);
    m.extraction.base.features.n_distances = 3;
    for (unsigned i = 0; i < 3; i++) { m.extraction.base.features.distances[i] = i + 1; }
    m.extraction.base.features.minimum_roi_size = random_below(3);
    m.extraction.base.features.bin_count = random_below(2) ? 32 : 0;
    random_images(&m.extraction);
    random_features(&m);
    m.n_horizons = random_below(CFG_MAX_HORIZONS + 1);
    for (size_t i = 0; i < m.n_horizons; i++) {
        m.horizon_years[i] = (double)i + random_unit() / 2 + 0.1;
    }
    m.n_baseline = 1 + random_below(60);
    m.baseline_time_days = random_times(m.n_baseline);
    m.baseline_cumhaz = random_times(m.n_baseline);
    m.n_events = (unsigned)random_below(1000);
    m.n_patients = m.n_events + 1;
    m.c_index = random_unit();
    m.c_index_se = random_unit();
    if (random_below(2)) { memset(m.table_sha256, 'a', 64); }
    random_curves(&m);
    random_bootstrap(&m);
    random_distances(&m);
    return m;
}

/* ---- Round trip ---------------------------------------------------------- */

static void same_numbers(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(a[i] == b[i])) { fail_msg("number %zu: %.17g became %.17g", i, a[i], b[i]); }
    }
}

static void same_risk(const cfg_model *a, const cfg_model *b)
{
    assert_int_equal(a->n_features, b->n_features);
    for (size_t i = 0; i < a->n_features; i++) {
        const cfg_model_feature *f = &a->features[i], *g = &b->features[i];
        assert_string_equal(f->name, g->name);
        same_numbers(&f->coefficient, &g->coefficient, 1);
        same_numbers(&f->mean, &g->mean, 1);
        same_numbers(&f->sd, &g->sd, 1);
        same_numbers(f->quantile, g->quantile, CFG_NQUANTILES);
    }
    same_numbers(&a->cutpoint, &b->cutpoint, 1);
    assert_int_equal(a->n_baseline, b->n_baseline);
    same_numbers(a->baseline_time_days, b->baseline_time_days, a->n_baseline);
    same_numbers(a->baseline_cumhaz, b->baseline_cumhaz, a->n_baseline);
    assert_int_equal(a->n_horizons, b->n_horizons);
    same_numbers(a->horizon_years, b->horizon_years, a->n_horizons);
    assert_int_equal(a->bootstrap_seed, b->bootstrap_seed);
    assert_int_equal(a->bootstrap_drawn, b->bootstrap_drawn);
    assert_int_equal(a->n_boot_coefficient, b->n_boot_coefficient);
    same_numbers(a->boot_coefficient, b->boot_coefficient, a->n_boot_coefficient);
    assert_int_equal(a->n_boot_cumhaz, b->n_boot_cumhaz);
    same_numbers(a->boot_cumhaz, b->boot_cumhaz, a->n_boot_cumhaz);
}

static void same_use(const cfg_model *a, const cfg_model *b)
{
    assert_int_equal(a->n_modality, b->n_modality);
    for (size_t i = 0; i < a->n_modality; i++) {
        assert_string_equal(a->modality[i], b->modality[i]);
    }
    same_numbers(&a->slice_spacing_mm.low, &b->slice_spacing_mm.low, 1);
    same_numbers(&a->slice_spacing_mm.high, &b->slice_spacing_mm.high, 1);
    same_numbers(&a->pixel_spacing_mm.low, &b->pixel_spacing_mm.low, 1);
    same_numbers(&a->pixel_spacing_mm.high, &b->pixel_spacing_mm.high, 1);
    same_numbers(&a->slice_thickness_mm.low, &b->slice_thickness_mm.low, 1);
    same_numbers(&a->slice_thickness_mm.high, &b->slice_thickness_mm.high, 1);
    assert_string_equal(a->contrast, b->contrast);
    same_numbers(&a->max_missing_slices, &b->max_missing_slices, 1);
    same_numbers(&a->max_mahalanobis, &b->max_mahalanobis, 1);
    assert_int_equal(a->min_roi_voxels, b->min_roi_voxels);
    assert_int_equal(a->n_contours, b->n_contours);
    for (size_t i = 0; i < a->n_contours; i++) {
        assert_string_equal(a->contours[i], b->contours[i]);
    }
    assert_int_equal(a->n_segment_codes, b->n_segment_codes);
    for (size_t i = 0; i < a->n_segment_codes; i++) {
        assert_string_equal(a->segment_codes[i].value, b->segment_codes[i].value);
        assert_string_equal(a->segment_codes[i].scheme, b->segment_codes[i].scheme);
        assert_string_equal(a->segment_codes[i].meaning, b->segment_codes[i].meaning);
    }
}

static void same_extraction(const rx_settings *a, const rx_settings *b)
{
    same_numbers(&a->bin_width, &b->bin_width, 1);
    same_numbers(&a->voxel_array_shift, &b->voxel_array_shift, 1);
    same_numbers(&a->gldm_alpha, &b->gldm_alpha, 1);
    assert_int_equal(a->bin_count, b->bin_count);
    assert_int_equal(a->symmetrical_glcm, b->symmetrical_glcm);
    assert_int_equal(a->n_distances, b->n_distances);
    assert_memory_equal(a->distances, b->distances, a->n_distances * sizeof a->distances[0]);
    assert_int_equal(a->minimum_roi_dimensions, b->minimum_roi_dimensions);
    assert_int_equal(a->minimum_roi_size, b->minimum_roi_size);
    assert_memory_equal(a->enabled, b->enabled, sizeof a->enabled);
}

static void same_images(const rx_pyradiomics *a, const rx_pyradiomics *b)
{
    enum { ROOM = 65536 };
    char *ta = array(2 * ROOM, 1), *tb = ta + ROOM;
    assert_true(rx_pyradiomics_describe(ta, ROOM, a) < ROOM);
    (void)rx_pyradiomics_describe(tb, ROOM, b);
    assert_string_equal(ta, tb);
    free(ta);
}

static void same_training(const cfg_model *a, const cfg_model *b)
{
    assert_int_equal(a->n_patients, b->n_patients);
    assert_int_equal(a->n_events, b->n_events);
    same_numbers(&a->c_index, &b->c_index, 1);
    same_numbers(&a->c_index_se, &b->c_index_se, 1);
    assert_string_equal(a->table_sha256, b->table_sha256);
    assert_int_equal(a->n_correlation, b->n_correlation);
    same_numbers(a->correlation, b->correlation, a->n_correlation);
    assert_int_equal(a->n_distance_quantile, b->n_distance_quantile);
    same_numbers(a->distance_quantile, b->distance_quantile, a->n_distance_quantile);
    assert_int_equal(a->n_km, b->n_km);
    for (size_t g = 0; g < a->n_km; g++) {
        const cfg_km_curve *c = &a->km[g], *d = &b->km[g];
        assert_string_equal(c->group, d->group);
        assert_int_equal(c->patients, d->patients);
        assert_int_equal(c->events, d->events);
        assert_int_equal(c->n, d->n);
        same_numbers(c->time_days, d->time_days, c->n);
        same_numbers(c->survival, d->survival, c->n);
        same_numbers(c->n_risk, d->n_risk, c->n);
    }
}

static void same_model(const cfg_model *a, const cfg_model *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->version, b->version);
    assert_string_equal(a->title, b->title);
    assert_string_equal(a->description, b->description);
    assert_int_equal(a->research_use_only, b->research_use_only);
    assert_string_equal(a->endpoint, b->endpoint);
    assert_string_equal(a->body_part, b->body_part);
    same_use(a, b);
    same_extraction(&a->extraction.base.features, &b->extraction.base.features);
    same_images(&a->extraction, &b->extraction);
    same_risk(a, b);
    same_training(a, b);
}

static char folder[] = "/tmp/cfg_model_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static size_t count_files(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) { n += e->d_name[0] != '.'; }
    closedir(d);
    return n;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("m.yaml"));
    unlink(in_folder("again.yaml"));
    return rmdir(folder);
}

static char *read_whole(const char *path, size_t *n)
{
    char *text = array(9 << 20, 1);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    *n = fread(text, 1, 9 << 20, f);
    fclose(f);
    return text;
}

static void test_model__round_trip_number_for_number(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        cfg_model m = random_model(), back, again;
        cfg_error err;
        CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
        CHECK_OK(cfg_model_load(&back, in_folder("m.yaml"), &err), err);
        same_model(&m, &back);
        CHECK_OK(cfg_model_save(&back, in_folder("again.yaml"), &err), err);
        CHECK_OK(cfg_model_load(&again, in_folder("again.yaml"), &err), err);
        assert_string_equal(back.file_sha256, again.file_sha256);   /* the same bytes */
        cfg_model_free(&m);
        cfg_model_free(&back);
        cfg_model_free(&again);
    }
    assert_int_equal(count_files(), 2);              /* no temporary file stays */
}

/* What people compare stays short: a whole class is not spelled out. */
static void test_model__whole_classes_are_written_as_such(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    size_t n;
    rx_pyradiomics_default(&m.extraction);
    m.extraction.base.features.enabled[rx_feature_index("original_ngtdm_Busyness")] = false;
    for (size_t i = 0; i < m.n_features; i++) {
        if (strcmp(m.features[i].name, "original_ngtdm_Busyness") == 0) { m.n_features = i; }
    }
    m.n_boot_coefficient = m.n_boot_cumhaz = 0;      /* they speak of all features */
    m.n_correlation = m.n_distance_quantile = 0;
    assert_true(m.n_features > 0);
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    char *text = read_whole(in_folder("m.yaml"), &n);
    assert_non_null(strstr(text, "    shape: []\n    firstorder: []\n    glcm: []\n"));
    assert_non_null(strstr(text, "    ngtdm: [Coarseness, Complexity, Contrast, Strength]\n"));
    free(text);
    cfg_model_free(&m);
}

/* ---- Files --------------------------------------------------------------- */

static void test_model__digest_is_sha256_of_the_bytes(void **state)
{
    (void)state;
    cfg_model m = random_model(), back;
    cfg_error err;
    char command[400], want[65] = "";
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    CHECK_OK(cfg_model_load(&back, in_folder("m.yaml"), &err), err);
    snprintf(command, sizeof command, "sha256sum %s", in_folder("m.yaml"));
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fread(want, 1, 64, p), 64);
    pclose(p);
    assert_string_equal(back.file_sha256, want);
    cfg_model_free(&m);
    cfg_model_free(&back);
}

static void test_model__save_refuses_what_load_would_and_keeps_the_old_file(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    size_t n_before, n_after;
    CHECK_OK(cfg_model_save(&m, in_folder("m.yaml"), &err), err);
    char *before = read_whole(in_folder("m.yaml"), &n_before);
    m.features[0].sd = NAN;
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "risk.features[0].sd: got \""));
    m.features[0].sd = 1;
    m.cutpoint = INFINITY;
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "risk.cutpoint: got \".inf\", expected a number"));
    m.cutpoint = 0;
    memset(m.extraction.base.features.enabled, 0, sizeof m.extraction.base.features.enabled);
    assert_int_equal(cfg_model_save(&m, in_folder("m.yaml"), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "would not read back"));
    char *after = read_whole(in_folder("m.yaml"), &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(before);
    free(after);
    cfg_model_free(&m);
}

static void test_model__save_into_a_folder_that_is_not_there(void **state)
{
    (void)state;
    cfg_model m = random_model();
    cfg_error err;
    assert_int_equal(cfg_model_save(&m, "/nonexistent/m.yaml", &err), CFG_EIO);
    assert_string_equal(err.msg, "/nonexistent/m.yaml: cannot create: No such file or directory");
    cfg_model_free(&m);
}

static void test_model__free_takes_null_and_zero(void **state)
{
    (void)state;
    cfg_model m = {0};
    cfg_model_free(NULL);
    cfg_model_free(&m);
    cfg_model_free(&m);
}

/* ---- Rules --------------------------------------------------------------- */

static const char good[] =
    "schema: 1\n"                                                               /*  1 */
    "model: {id: m, version: 1.0, title: T, endpoint: overall survival}\n"      /*  2 */
    "intended_use:\n"                                                           /*  3 */
    "  modality: [CT]\n"                                                        /*  4 */
    "  slice_spacing_mm: [0.5, .inf]\n"                                         /*  5 */
    "extraction:\n"                                                             /*  6 */
    "  setting: {binWidth: 25}\n"                                               /*  7 */
    "  featureClass: {shape: [Sphericity, Elongation], glcm: [Idn]}\n"          /*  8 */
    "risk:\n"                                                                   /*  9 */
    "  method: cox_cutpoint\n"                                                  /* 10 */
    "  cutpoint: 0.25\n"                                                        /* 11 */
    "  horizon_years: [1, 2]\n"                                                 /* 12 */
    "  features:\n"                                                             /* 13 */
    "  - name: original_shape_Sphericity\n"                                     /* 14 */
    "    coefficient: -0.5\n"                                                   /* 15 */
    "    mean: 0.7\n"                                                           /* 16 */
    "    sd: 0.1\n"                                                             /* 17 */
    "    quantiles: [0, 1, 2, 2, 4, 5, 6]\n"                                    /* 18 */
    "  - name: original_glcm_Idn\n"                                             /* 19 */
    "    coefficient: 1\n"                                                      /* 20 */
    "    mean: 0\n"                                                             /* 21 */
    "    sd: 1\n"                                                               /* 22 */
    "    quantiles: [0, 0, 0, 0, 0, 0, 0]\n"                                    /* 23 */
    "  baseline:\n"                                                             /* 24 */
    "    time_days: [10, 20, 30]\n"                                             /* 25 */
    "    cumulative_hazard: [0, 0.1, 0.1]\n"                                    /* 26 */
    "training:\n"                                                               /* 27 */
    "  patients: 100\n"                                                         /* 28 */
    "  events: 40\n"                                                            /* 29 */
    "  c_index: 0.6\n"                                                          /* 30 */
    "  c_index_se: 0.05\n"                                                      /* 31 */
    "  kaplan_meier:\n"                                                         /* 32 */
    "  - {group: low, patients: 50, events: 10, time_days: [5, 9], survival: [0.9, 0.8],"
    " at_risk: [50, 40]}\n"                                                     /* 33 */
    "  - {group: high, patients: 50, events: 30, time_days: [], survival: [], at_risk: []}\n";

static int parse(cfg_model *m, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_model_parse(m, text, strlen(text), "m.yaml", err);
}

static void test_model__defaults(void **state)
{
    (void)state;
    cfg_model m;
    cfg_error err;
    CHECK_OK(parse(&m, good, &err), err);
    assert_string_equal(m.version, "1.0");
    assert_string_equal(m.description, "");
    assert_true(m.research_use_only);                /* unless the file says otherwise */
    assert_int_equal(m.n_modality, 1);
    CHECK_NEAR(m.slice_spacing_mm.low, 0.5, 0, 0);
    assert_true(m.slice_spacing_mm.high == HUGE_VAL);
    assert_true(m.pixel_spacing_mm.low == -HUGE_VAL && m.pixel_spacing_mm.high == HUGE_VAL);
    assert_int_equal(m.min_roi_voxels, 0);
    assert_int_equal(m.n_contours, 0);
    assert_int_equal(m.n_segment_codes, 0);
    assert_int_equal(m.n_features, 2);
    assert_int_equal(m.n_km, 2);
    assert_int_equal(m.km[0].n, 2);
    assert_int_equal(m.km[1].n, 0);
    assert_string_equal(m.table_sha256, "");
    /* what schema 2 added: nothing is asked, nothing is known */
    assert_int_equal(m.schema, 1);
    assert_string_equal(m.contrast, "any");
    assert_true(m.slice_thickness_mm.low == -HUGE_VAL && m.slice_thickness_mm.high == HUGE_VAL);
    assert_true(m.max_missing_slices == HUGE_VAL && m.max_mahalanobis == HUGE_VAL);
    assert_int_equal(cfg_model_replicates(&m), 0);
    assert_int_equal(m.n_correlation, 0);
    assert_int_equal(m.n_distance_quantile, 0);
    assert_int_equal(strlen(m.file_sha256), 64);
    cfg_model_free(&m);
}

typedef struct rule {
    const char *line, *instead;    /* the text in `good`, and what replaces it */
    const char *message;
} rule;

static const rule rules[] = {
    {"schema: 1\n", "", "1:1: schema: missing, expected 1 or 2: is this a model file?"},
    {"schema: 1\n", "schema: 3\nnew_key: 1\n",
     "1:9: schema: got \"3\", expected 1 or 2; a later one needs a later prognode"},
    {"schema: 1\n", "schema: 0\n",
     "1:9: schema: got \"0\", expected 1 or 2; a later one needs a later prognode"},
    {"schema: 1\n", "schema: [1]\n",
     "1:9: schema: got a list, expected 1 or 2; a later one needs a later prognode"},
    {"  modality: [CT]\n", "  modality: [CT]\n  contrast: some\n",
     "5:13: intended_use.contrast: got \"some\", expected any, with or without"},
    {"  modality: [CT]\n", "  modality: [CT]\n  slice_thickness_mm: [5, 1]\n",
     "5:23: intended_use.slice_thickness_mm: got 5 to 1, expected the lower end first"},
    {"  modality: [CT]\n", "  modality: [CT]\n  max_missing_slices: -1\n",
     "5:23: intended_use.max_missing_slices: got \"-1\", expected a number of at least 0"},
    {"  modality: [CT]\n", "  modality: [CT]\n  max_mahalanobis: 0\n",
     "5:20: intended_use.max_mahalanobis: got \"0\", expected a number above 0"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2, 3]}\n  baseline:\n",
     "24:39: risk.bootstrap.coefficients: got 3 items, expected 2 for each sample"},
    {"  baseline:\n", "  bootstrap: {drawn: 1, coefficients: [1, 2, 3, 4]}\n  baseline:\n",
     "24:22: risk.bootstrap.drawn: got 1, expected at least the 2 samples that are listed"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2], cumulative_hazard: [0.1]}\n"
     "  baseline:\n", "24:66: risk.bootstrap.cumulative_hazard: got 1 items, expected 2: 1 samples "
     "of 2 horizons"},
    {"  baseline:\n", "  bootstrap: {drawn: 2, coefficients: [1, 2], cumulative_hazard: [0.2, 0.1]}\n"
     "  baseline:\n", "24:72: risk.bootstrap.cumulative_hazard[1]: got \"0.1\", expected a number not "
     "below that of the horizon before, 0.2"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0, 0]\n",
     "32:16: training.correlation: got 3 items, expected 4 for 2 features"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0, 0, 1]\n",
     "28:3: training.mahalanobis_quantiles: got 0 items, expected 7"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.4, 1]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 7]\n", "32:25: training.correlation[2]: got \"0.4\", "
     "expected 0.5 as on the other side of the diagonal"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.5, 0.9]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 7]\n", "32:30: training.correlation[3]: got \"0.9\", "
     "expected 1, on the diagonal"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 1.5, 1.5, 1]\n",
     "32:20: training.correlation[1]: got \"1.5\", expected a number -1 to 1"},
    {"  c_index_se: 0.05\n", "  c_index_se: 0.05\n  correlation: [1, 0.5, 0.5, 1]\n"
     "  mahalanobis_quantiles: [1, 2, 3, 4, 5, 6, 5]\n", "33:45: training.mahalanobis_quantiles[6]: got "
     "\"5\", expected a number of at least 6, the one before"},
    {"id: m,", "id: My Model,",
     "2:13: model.id: got \"My Model\", expected 1 to 64 of a-z, 0-9 and -"},
    {"title: T, ", "", "2:8: model.title: missing, expected text of 1 to 128 bytes"},
    {"title: T, ", "title: \"a\\nb\", ",
     "2:37: model.title: got \"a?b\", expected text of 1 to 128 bytes"},
    {"  modality: [CT]\n", "",
     "4:3: intended_use.modality: missing, expected a list of 1 to 8 texts"},
    {"modality: [CT]", "modality: [ABCDEFGHIJKLMNOPQ]",
     "4:14: intended_use.modality[0]: got \"ABCDEFGHIJKLMNOPQ\", expected text of 1 to 16 bytes"},
    {"[0.5, .inf]", "[5, 0.5]",
     "5:21: intended_use.slice_spacing_mm: got 5 to 0.5, expected the lower end first"},
    {"[0.5, .inf]", "[.inf, .inf]",
     "5:21: intended_use.slice_spacing_mm: got inf to inf, expected the lower end first"},
    {"[0.5, .inf]", "[0.5]",
     "5:21: intended_use.slice_spacing_mm: got 1 items, expected a list of 2 numbers"},
    {"[0.5, .inf]", "[0.5, x]",
     "5:27: intended_use.slice_spacing_mm[1]: got \"x\", expected a number or .inf"},
    {"extraction:\n  setting: {binWidth: 25}\n"
     "  featureClass: {shape: [Sphericity, Elongation], glcm: [Idn]}\n", "",
     "1:1: extraction: missing, expected a mapping"},
    {"{binWidth: 25}", "{binWidht: 25}",
     "7:13: extraction.setting.binWidht: unknown key, did you mean \"binWidth\"?"},
    {"glcm: [Idn]", "glcm: [Id]",
     "19:11: risk.features[1].name: got \"original_glcm_Idn\", expected a feature that "
     "extraction.imageType and featureClass give"},
    {"method: cox_cutpoint", "method: elm",
     "10:11: risk.method: got \"elm\", expected cox_cutpoint"},
    {"  cutpoint: 0.25\n", "  cutpoint: .nan\n",
     "11:13: risk.cutpoint: got \".nan\", expected a number"},
    {"horizon_years: [1, 2]", "horizon_years: [2, 2]",
     "12:22: risk.horizon_years[1]: got \"2\", expected a number above 2, the one before"},
    {"horizon_years: [1, 2]", "horizon_years: [0]",
     "12:19: risk.horizon_years[0]: got \"0\", expected a number above 0, at most 100"},
    {"horizon_years: [1, 2]", "horizon_years: [1,2,3,4,5,6,7,8,9]",
     "12:18: risk.horizon_years: got 9 items, expected a list of 0 to 8 numbers"},
    {"name: original_shape_Sphericity", "name: original_shape_Roundness",
     "14:11: risk.features[0].name: got \"original_shape_Roundness\", expected a feature's full "
     "name, like \"original_shape_Elongation\""},
    {"name: original_glcm_Idn", "name: original_shape_Sphericity",
     "19:11: risk.features[1].name: got \"original_shape_Sphericity\", expected each feature once"},
    {"coefficient: -0.5", "coefficient: .inf",
     "15:18: risk.features[0].coefficient: got \".inf\", expected a number"},
    {"sd: 0.1", "sd: 0", "17:9: risk.features[0].sd: got \"0\", expected a number above 0"},
    {"sd: 0.1", "sd: -1", "17:9: risk.features[0].sd: got \"-1\", expected a number above 0"},
    {"    sd: 0.1\n", "", "14:5: risk.features[0].sd: missing, expected a number above 0"},
    {"[0, 1, 2, 2, 4, 5, 6]", "[0, 1, 2, 1.5, 4, 5, 6]",
     "18:26: risk.features[0].quantiles[3]: got \"1.5\", expected a number of at least 2, the one "
     "before"},
    {"[0, 1, 2, 2, 4, 5, 6]", "[0, 1, 2, 2, 4, 5]",
     "18:16: risk.features[0].quantiles: got 6 items, expected a list of 7 numbers"},
    {"time_days: [10, 20, 30]", "time_days: [10, 20, 20]",
     "25:25: risk.baseline.time_days[2]: got \"20\", expected a number above 20, the one before"},
    {"time_days: [10, 20, 30]", "time_days: [-1, 20, 30]",
     "25:17: risk.baseline.time_days[0]: got \"-1\", expected a number of at least 0"},
    {"[0, 0.1, 0.1]", "[0, 0.1, 0.05]",
     "26:33: risk.baseline.cumulative_hazard[2]: got \"0.05\", expected a number of at least 0.1, "
     "the one before"},
    {"[0, 0.1, 0.1]", "[0, 0.1]",
     "26:24: risk.baseline.cumulative_hazard: got 2 items, expected 3 as in time_days"},
    {"[0, 0.1, 0.1]", "[]",
     "26:24: risk.baseline.cumulative_hazard: got 0 items, expected a list of 1 to 100000 "
     "numbers"},
    {"  events: 40\n", "  events: 101\n",
     "29:11: training.events: got 101, expected at most the 100 patients"},
    {"c_index: 0.6", "c_index: 1.1",
     "30:12: training.c_index: got \"1.1\", expected a number 0 to 1"},
    {"c_index_se: 0.05\n", "c_index_se: 0.05\n  table_sha256: abc\n",
     "32:17: training.table_sha256: got \"abc\", expected 64 hexadecimal digits"},
    {"survival: [0.9, 0.8]", "survival: [0.8, 0.9]",
     "33:79: training.kaplan_meier[0].survival[1]: got \"0.9\", expected a number of at most "
     "0.8, the one before"},
    {"survival: [0.9, 0.8]", "survival: [1.9, 0.8]",
     "33:74: training.kaplan_meier[0].survival[0]: got \"1.9\", expected a number 0 to 1"},
    {"survival: [0.9, 0.8]", "survival: [0.9]",
     "33:73: training.kaplan_meier[0].survival: got 1 items, expected 2 as in time_days"},
    {"at_risk: [50, 40]", "at_risk: [50, 40, 30]",
     "33:94: training.kaplan_meier[0].at_risk: got 3 items, expected 2 as in time_days"},
    {"time_days: [5, 9]", "time_days: [9, 5]",
     "33:59: training.kaplan_meier[0].time_days[1]: got \"5\", expected a number above 9, the one "
     "before"},
    {"at_risk: [50, 40]", "at_risk: [40, 50]",
     "33:99: training.kaplan_meier[0].at_risk[1]: got \"50\", expected a number of at most 40, "
     "the one before"},
    {"patients: 50, events: 10", "patients: 9, events: 10",
     "33:39: training.kaplan_meier[0].events: got 10, expected at most the 9 patients"},
    {"group: high", "group: low",
     "34:13: training.kaplan_meier[1].group: got \"low\", expected each group once"},
};

static void replace(char *out, size_t size, const rule *r)
{
    const char *at = strstr(good, r->line);
    if (!at) { fail_msg("the good model has no \"%s\"", r->line); }
    int n = snprintf(out, size, "%.*s%s%s", (int)(at - good), good, r->instead,
                     at + strlen(r->line));
    assert_true(n > 0 && (size_t)n < size);
}

static void test_model__each_rule_is_enforced_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char text[4096];
        cfg_model m, before;
        cfg_error err;
        char want[sizeof err.msg];
        memset(&m, 0x5a, sizeof m);
        memcpy(&before, &m, sizeof m);
        replace(text, sizeof text, &rules[i]);
        int rc = parse(&m, text, &err);
        if (rc == CFG_OK) { fail_msg("loads with \"%s\"", rules[i].instead); }
        assert_int_equal(rc, CFG_EVALUE);
        snprintf(want, sizeof want, "m.yaml:%s", rules[i].message);
        assert_string_equal(err.msg, want);
        assert_memory_equal(&m, &before, sizeof m);
    }
}

/* The file's order of the rest of the checks must not let other mistakes through: every line of
 * the good model taken out must be noticed, but for the optional ones. */
static void test_model__every_line_counts(void **state)
{
    (void)state;
    static const char *const optional[] = {"  slice_spacing_mm", "  setting:", "  featureClass:",
                                           "  horizon_years", "  - {group: "};
    for (const char *line = good; *line;) {
        const char *next = strchr(line, '\n') + 1;
        char text[4096];
        cfg_model m;
        cfg_error err;
        snprintf(text, sizeof text, "%.*s%s", (int)(line - good), good, next);
        bool may_go = false;
        for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
            may_go = may_go || strncmp(line, optional[i], strlen(optional[i])) == 0;
        }
        int rc = parse(&m, text, &err);
        if ((rc == CFG_OK) != may_go) {
            fail_msg("without \"%.*s\": %s", (int)(next - line - 1), line,
                     rc ? err.msg : "loads");
        }
        if (rc == CFG_OK) { cfg_model_free(&m); }
        line = next;
    }
}

/* The example in docs/MODEL.md stays true. */
static void test_model__documented_example_loads(void **state)
{
    (void)state;
    size_t n;
    char *doc = read_whole(PN_SOURCE_DIR "/docs/MODEL.md", &n);
    char *from = strstr(doc, "```yaml\n");
    assert_non_null(from);
    from += 8;
    char *end = strstr(from, "```\n");
    assert_non_null(end);
    *end = '\0';
    cfg_model m;
    cfg_error err;
    CHECK_OK(parse(&m, from, &err), err);
    assert_string_equal(m.id, "lung-demo");
    assert_int_equal(m.n_features, 2);
    assert_int_equal(m.n_segment_codes, 1);
    assert_string_equal(m.segment_codes[0].value, "108369006");
    assert_int_equal(m.n_baseline, 4);
    assert_int_equal(m.km[1].n, 2);
    CHECK_NEAR(m.km[1].survival[1], 0.71, 0, 0);
    cfg_model_free(&m);
    free(doc);
}

static void test_model__empty_file(void **state)
{
    (void)state;
    cfg_model m;
    cfg_error err;
    assert_int_equal(parse(&m, "", &err), CFG_EVALUE);
    assert_string_equal(err.msg, "m.yaml: empty, expected a model file of schema 1 or 2");
    assert_int_equal(parse(&m, "[1]", &err), CFG_EVALUE);
    assert_string_equal(err.msg, "m.yaml:1:1: got a list, expected a mapping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model__round_trip_number_for_number),
        cmocka_unit_test(test_model__whole_classes_are_written_as_such),
        cmocka_unit_test(test_model__digest_is_sha256_of_the_bytes),
        cmocka_unit_test(test_model__save_refuses_what_load_would_and_keeps_the_old_file),
        cmocka_unit_test(test_model__save_into_a_folder_that_is_not_there),
        cmocka_unit_test(test_model__free_takes_null_and_zero),
        cmocka_unit_test(test_model__defaults),
        cmocka_unit_test(test_model__each_rule_is_enforced_with_its_place),
        cmocka_unit_test(test_model__every_line_counts),
        cmocka_unit_test(test_model__documented_example_loads),
        cmocka_unit_test(test_model__empty_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
