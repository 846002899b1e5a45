/* Parameter files value by value: how YAML's words and numbers are read, and the line that settings are
 * told as. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <config/pyradiomics.h>

/* What holds for the unfiltered image. */
static int parse(rx_settings *s, const char *text, cfg_error *err)
{
    cfg_pyradiomics file;
    *err = (cfg_error){0};
    int rc = cfg_pyradiomics_parse(&file, text, strlen(text), "p.yaml", err);
    if (rc == CFG_OK) {
        const rx_settings *base = &file.settings.base.features;
        *s = file.settings.images[0].own.features;
        memcpy(s->enabled, base->enabled, sizeof s->enabled);
        s->minimum_roi_dimensions = base->minimum_roi_dimensions;
        s->minimum_roi_size = base->minimum_roi_size;
    }
    return rc;
}

static void text_of(char *buf, size_t size, const char *file)
{
    cfg_pyradiomics s;
    cfg_error err;
    CHECK_OK(cfg_pyradiomics_parse(&s, file, strlen(file), "p.yaml", &err), err);
    size_t n = cfg_pyradiomics_text(buf, size, &s.settings);
    assert_int_equal(n, strlen(buf));
    assert_int_equal(cfg_pyradiomics_text(NULL, 0, &s.settings), n);
}

static bool on(const rx_settings *s, const char *full_name)
{
    int i = rx_feature_index(full_name);
    assert_true(i >= 0);
    return s->enabled[i];
}

static size_t count_class(const rx_settings *s, rx_class cls)
{
    size_t n = 0;
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        n += rx_features()[i].cls == cls && s->enabled[i];
    }
    return n;
}

static void assert_same(const rx_settings *a, const rx_settings *b)
{
    assert_true(a->bin_width == b->bin_width);
    assert_int_equal(a->bin_count, b->bin_count);
    assert_true(a->voxel_array_shift == b->voxel_array_shift);
    assert_int_equal(a->symmetrical_glcm, b->symmetrical_glcm);
    assert_int_equal(a->n_distances, b->n_distances);
    assert_memory_equal(a->distances, b->distances, a->n_distances * sizeof a->distances[0]);
    assert_true(a->gldm_alpha == b->gldm_alpha);
    assert_int_equal(a->minimum_roi_dimensions, b->minimum_roi_dimensions);
    assert_int_equal(a->minimum_roi_size, b->minimum_roi_size);
    assert_memory_equal(a->enabled, b->enabled, sizeof a->enabled);
}

static void test_values__files_that_say_nothing_give_the_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "# nothing\n", "{}\n", "setting:\nimageType:\nfeatureClass:\n",
        "setting: {}\nimageType: {}\nfeatureClass: {}\n", "imageType:\n  Original: {}\n",
        "imageType: {Original: }\n",
        "setting:\n  binCount:\n  minimumROISize: null\n  weightingNorm: ~\n"};
    rx_settings want, s;
    rx_settings_default(&want);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cfg_error err;
        CHECK_OK(parse(&s, texts[i], &err), err);
        assert_same(&s, &want);
    }
    for (size_t i = 0; i < RX_NFEATURES; i++) { assert_true(s.enabled[i]); }
}

static void test_values__settings_of_the_image_type_win(void **state)
{
    (void)state;
    rx_settings s;
    cfg_error err;
    CHECK_OK(parse(&s, "imageType:\n  Original: {binWidth: 10}\n"
                       "setting: {binWidth: 25, voxelArrayShift: 5}\n", &err), err);
    CHECK_NEAR(s.bin_width, 10, 0, 0);
    CHECK_NEAR(s.voxel_array_shift, 5, 0, 0);
}

static void test_values__booleans_as_yaml_1_1_spells_them(void **state)
{
    (void)state;
    static const char *const words[2][9] = {
        {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"},
        {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}};
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < 9; i++) {
            char text[64];
            rx_settings s;
            cfg_error err;
            snprintf(text, sizeof text, "setting: {symmetricalGLCM: %s}\n", words[v][i]);
            CHECK_OK(parse(&s, text, &err), err);
            assert_int_equal(s.symmetrical_glcm, v);
        }
    }
}

static void test_values__numbers_as_pyyaml_reads_them(void **state)
{
    (void)state;
    static const struct { const char *text; double value; } numbers[] = {
        {"25", 25}, {"25.", 25}, {".5", 0.5}, {"+2.5", 2.5}, {"1.0e3", 1000}, {"2.5E-1", 0.25},
        {"0.1", 0.1}, {"4.9406564584124654e-324", 4.9406564584124654e-324}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[80];
        rx_settings s;
        cfg_error err;
        snprintf(text, sizeof text, "setting: {binWidth: %s}\n", numbers[i].text);
        CHECK_OK(parse(&s, text, &err), err);
        CHECK_NEAR(s.bin_width, numbers[i].value, 0, 0);
    }
}

static void test_values__classes_and_names(void **state)
{
    (void)state;
    rx_settings s;
    cfg_error err;
    CHECK_OK(parse(&s, "featureClass:\n  shape:\n  firstorder: []\n"
                       "  glcm:\n    - 'JointEntropy'\n    - Idn\n  ngtdm: [Busyness]\n", &err),
             err);
    assert_int_equal(count_class(&s, RX_SHAPE), 14);
    assert_int_equal(count_class(&s, RX_FIRSTORDER), 18);
    assert_int_equal(count_class(&s, RX_GLCM), 2);
    assert_true(on(&s, "original_glcm_JointEntropy"));
    assert_true(on(&s, "original_glcm_Idn"));
    assert_false(on(&s, "original_glcm_Idm"));
    assert_int_equal(count_class(&s, RX_NGTDM), 1);
    assert_true(on(&s, "original_ngtdm_Busyness"));
    assert_int_equal(count_class(&s, RX_GLDM) + count_class(&s, RX_GLRLM) +
                     count_class(&s, RX_GLSZM), 0);
}

static void test_values__limits_of_the_library_hold(void **state)
{
    (void)state;
    rx_settings s;
    rx_error rx;
    for (unsigned v = 1; v < 70000; v = v * 2 + 1) {
        char text[64];
        cfg_error err;
        rx_settings_default(&s);
        s.bin_count = v;
        bool allowed = rx_settings_check(&s, &rx) == RX_OK;
        snprintf(text, sizeof text, "setting: {binCount: %u}\n", v);
        assert_int_equal(parse(&s, text, &err) == CFG_OK, allowed);
    }
}

static void test_values__text_tells_settings_apart_and_only_them(void **state)
{
    (void)state;
    static const char *const files[] = {
        "", "setting: {binWidth: 24.9}\n", "setting: {binCount: 32}\n",
        "setting: {voxelArrayShift: 1}\n", "setting: {symmetricalGLCM: false}\n",
        "setting: {distances: [1, 2]}\n", "setting: {distances: [2]}\n", "setting: {gldm_a: 1}\n",
        "setting: {minimumROIDimensions: 1}\n", "setting: {minimumROISize: 9}\n",
        "featureClass: {shape: }\n", "featureClass: {shape: [Sphericity]}\n",
        "featureClass: {glcm: [Id, Idn]}\n",
        "imageType: {Original: , LoG: {sigma: [2]}}\n", "imageType: {Original: , LoG: {sigma: [2.0]}}\n",
        "setting: {resampledPixelSpacing: [1, 1, 1]}\n", "setting: {normalize: true}\n"};
    enum { N = sizeof files / sizeof files[0] };
    static char texts[N][CFG_PYRADIOMICS_TEXT_SIZE];
    for (size_t i = 0; i < N; i++) {
        text_of(texts[i], sizeof texts[i], files[i]);
        assert_null(strchr(texts[i], '\n'));
        for (size_t j = 0; j < i; j++) { assert_string_not_equal(texts[i], texts[j]); }
    }
    assert_string_equal(texts[0],
                        "binWidth=25 voxelArrayShift=0 symmetricalGLCM=true distances=1 gldm_a=0 "
                        "minimumROIDimensions=2 minimumROISize=0 shape=all firstorder=all glcm=all "
                        "gldm=all glrlm=all glszm=all ngtdm=all");
    assert_non_null(strstr(texts[12], " shape=none firstorder=none glcm=Id,Idn gldm=none "));

    char ta[CFG_PYRADIOMICS_TEXT_SIZE], tb[CFG_PYRADIOMICS_TEXT_SIZE];
    text_of(ta, sizeof ta, "featureClass: {glcm: [Idn, Id]}\nsetting: {binWidth: 25.0}\n");
    text_of(tb, sizeof tb, "setting: {gldm_a: 0}\nfeatureClass:\n  glcm:\n  - Id\n  - Idn\n");
    assert_string_equal(ta, tb);
}

static void test_values__short_room_cuts_the_text(void **state)
{
    (void)state;
    static const char *const files[] = {"", "imageType: {Square: }\n"};
    for (size_t i = 0; i < 2; i++) {
        cfg_pyradiomics s;
        cfg_error err;
        char whole[CFG_PYRADIOMICS_TEXT_SIZE], cut[16];
        CHECK_OK(cfg_pyradiomics_parse(&s, files[i], strlen(files[i]), "p.yaml", &err), err);
        size_t n = cfg_pyradiomics_text(whole, sizeof whole, &s.settings);
        assert_int_equal(cfg_pyradiomics_text(cut, sizeof cut, &s.settings), n);
        assert_int_equal(strlen(cut), sizeof cut - 1);
        assert_memory_equal(cut, whole, sizeof cut - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values__files_that_say_nothing_give_the_defaults),
        cmocka_unit_test(test_values__settings_of_the_image_type_win),
        cmocka_unit_test(test_values__booleans_as_yaml_1_1_spells_them),
        cmocka_unit_test(test_values__numbers_as_pyyaml_reads_them),
        cmocka_unit_test(test_values__classes_and_names),
        cmocka_unit_test(test_values__limits_of_the_library_hold),
        cmocka_unit_test(test_values__text_tells_settings_apart_and_only_them),
        cmocka_unit_test(test_values__short_room_cuts_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
