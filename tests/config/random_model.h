/* random_model.h - a model file's content at random, and whether two are the same number for number. */
#ifndef TEST_RANDOM_MODEL_H
#define TEST_RANDOM_MODEL_H
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <config/model.h>

/* ---- A model in memory --------------------------------------------------- */

static uint64_t random_state = 88172645463325252ULL;

static inline uint64_t random_bits(void)                    /* xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Any finite double: the bits themselves, so that all exponents and subnormals occur. */
static inline double random_double(void)
{
    double v;
    do {
        uint64_t bits = random_bits();
        memcpy(&v, &bits, sizeof v);
    } while (!isfinite(v));
    return v;
}

static inline double random_unit(void)
{
    return (double)(random_bits() >> 11) * 0x1p-53;
}

static inline size_t random_below(size_t n)
{
    return (size_t)(random_bits() % n);
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline void *array(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

/* n strictly increasing numbers from 0 up. */
static inline double *random_times(size_t n)
{
    double *t = array(n, sizeof *t), at = 0;
    for (size_t i = 0; i < n; i++) { t[i] = at += random_unit() * 100 + 1e-3; }
    return t;
}

static inline char *copy(const char *text)
{
    char *p = array(strlen(text) + 1, 1);
    return strcpy(p, text);
}

static inline void random_features(cfg_model *m)
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

/* Some features come from elsewhere. */
static inline void random_sources(cfg_model *m)
{
    size_t patient = random_below(CFG_NPATIENT_VARIABLES), at = random_below(m->n_features);
    m->features[at].source = CFG_SOURCE_PATIENT;
    snprintf(m->features[at].name, sizeof m->features[at].name, "%s",
             cfg_patient_variable_name((cfg_patient_variable)patient));
    for (size_t i = 0; i < m->n_features; i++) {
        cfg_model_feature *f = &m->features[i];
        if (i == at || random_below(4) > 0) { continue; }
        f->source = CFG_SOURCE_TABLE;
        snprintf(f->name, sizeof f->name, "deep: \"%zu\" #", i);
    }
}

static inline void random_networks(cfg_model *m)
{
    m->method = CFG_RISK_ELM;
    m->c_index = m->c_index_se = (double)NAN;
    m->elm.hidden = 1 + random_below(30);
    m->elm.cost = random_below(2) ? HUGE_VAL : fabs(random_double()) + 1e-300;
    m->elm.n_networks = 1 + random_below(6);
    m->elm.networks = array(m->elm.n_networks, sizeof *m->elm.networks);
    for (size_t k = 0; k < m->elm.n_networks; k++) {
        cfg_elm_network *to = &m->elm.networks[k];
        to->seed = (unsigned)(k == 0 ? 2147483646 : k);
        to->n_beta = m->elm.hidden;
        to->beta = array(to->n_beta, sizeof(double));
        for (size_t i = 0; i < to->n_beta; i++) { to->beta[i] = random_double(); }
    }
    for (size_t i = 0; i < m->n_features; i++) { m->features[i].coefficient = 0; }
}

static inline void random_card(cfg_model *m)
{
    if (random_below(3) == 0) { return; }
    cfg_card *c = &m->card;
    strcpy(c->authors, "A. \xc3\x84rztin, B: \"C\" #1");
    strcpy(c->date, random_below(2) ? "2026-11-21" : "");
    strcpy(c->cohort, "1.10");
    strcpy(c->ethics, "yes");
    memset(c->limitations, '~', sizeof c->limitations - 1);
    strcpy(c->recipe_name, "null");
    memset(c->recipe_sha256, 'f', 64);
    c->n_performance = random_below(4);
    c->performance = array(c->n_performance, sizeof *c->performance);
    for (size_t i = 0; i < c->n_performance; i++) {
        cfg_figure *f = &c->performance[i];
        snprintf(f->name, sizeof f->name, "C-index %zu", i);
        strcpy(f->how, "10-fold: 20 times");
        f->estimate = random_double();
        f->low = random_below(2) ? -HUGE_VAL : f->estimate;
        f->high = random_below(2) ? HUGE_VAL : f->estimate;
    }
}

static inline void random_curves(cfg_model *m)
{
    m->n_km = m->method == CFG_RISK_ELM ? 2 + random_below(2) : random_below(4);
    m->km = array(m->n_km, sizeof *m->km);
    for (size_t g = 0; g < m->n_km; g++) {
        cfg_km_curve *c = &m->km[g];
        const char *names[] = {"low", "high"};
        if (g < 2) { strcpy(c->group, names[g]); } else { snprintf(c->group, sizeof c->group, "group %zu", g); }
        c->n = m->method == CFG_RISK_ELM ? 1 + random_below(40) : random_below(40);
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

static inline void random_use(cfg_model *m)
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
static inline void random_bootstrap(cfg_model *m)
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

static inline void random_distances(cfg_model *m)
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
static inline void random_images(rx_pyradiomics *s)
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

static inline cfg_model random_model(void)
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
    if (random_below(2)) { random_sources(&m); }
    m.n_events = (unsigned)random_below(1000);
    m.n_patients = m.n_events + 1;
    m.c_index = random_unit();
    m.c_index_se = random_unit();
    if (random_below(3) == 0) {
        random_networks(&m);
    } else {
        m.n_baseline = 1 + random_below(60);
        m.baseline_time_days = random_times(m.n_baseline);
        m.baseline_cumhaz = random_times(m.n_baseline);
        random_bootstrap(&m);
    }
    if (random_below(2)) { memset(m.table_sha256, 'a', 64); }
    random_curves(&m);
    random_distances(&m);
    random_card(&m);
    return m;
}

/* ---- Round trip ---------------------------------------------------------- */

static inline void same_numbers(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])))) { fail_msg("number %zu: %.17g became %.17g", i, a[i], b[i]); }
    }
}

static inline void same_risk(const cfg_model *a, const cfg_model *b)
{
    assert_int_equal(a->n_features, b->n_features);
    for (size_t i = 0; i < a->n_features; i++) {
        const cfg_model_feature *f = &a->features[i], *g = &b->features[i];
        assert_string_equal(f->name, g->name);
        assert_int_equal(f->source, g->source);
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

static inline void same_networks(const cfg_elm *a, const cfg_elm *b)
{
    assert_int_equal(a->hidden, b->hidden);
    same_numbers(&a->cost, &b->cost, 1);
    assert_int_equal(a->n_networks, b->n_networks);
    for (size_t k = 0; k < a->n_networks; k++) {
        assert_int_equal(a->networks[k].seed, b->networks[k].seed);
        assert_int_equal(a->networks[k].n_beta, b->networks[k].n_beta);
        same_numbers(a->networks[k].beta, b->networks[k].beta, a->networks[k].n_beta);
    }
}

static inline void same_card(const cfg_card *a, const cfg_card *b)
{
    assert_string_equal(a->authors, b->authors);
    assert_string_equal(a->date, b->date);
    assert_string_equal(a->cohort, b->cohort);
    assert_string_equal(a->ethics, b->ethics);
    assert_string_equal(a->limitations, b->limitations);
    assert_string_equal(a->recipe_name, b->recipe_name);
    assert_string_equal(a->recipe_sha256, b->recipe_sha256);
    assert_int_equal(a->n_performance, b->n_performance);
    for (size_t i = 0; i < a->n_performance; i++) {
        const cfg_figure *f = &a->performance[i], *g = &b->performance[i];
        assert_string_equal(f->name, g->name);
        assert_string_equal(f->how, g->how);
        same_numbers(&f->estimate, &g->estimate, 1);
        same_numbers(&f->low, &g->low, 1);
        same_numbers(&f->high, &g->high, 1);
    }
}

static inline void same_use(const cfg_model *a, const cfg_model *b)
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

static inline void same_extraction(const rx_settings *a, const rx_settings *b)
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

static inline void same_images(const rx_pyradiomics *a, const rx_pyradiomics *b)
{
    enum { ROOM = 65536 };
    char *ta = array(2 * ROOM, 1), *tb = ta + ROOM;
    assert_true(rx_pyradiomics_describe(ta, ROOM, a) < ROOM);
    (void)rx_pyradiomics_describe(tb, ROOM, b);
    assert_string_equal(ta, tb);
    free(ta);
}

static inline void same_training(const cfg_model *a, const cfg_model *b)
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

static inline void same_model(const cfg_model *a, const cfg_model *b)
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
    assert_int_equal(a->method, b->method);
    same_risk(a, b);
    same_networks(&a->elm, &b->elm);
    same_training(a, b);
    same_card(&a->card, &b->card);
}

#endif
