/* PyRadiomics parameter files: what loads, what is refused, and by which name.
 * The settings of the files that PyRadiomics 3.1 brings as examples stand here key by key. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <config/extraction.h>

static int parse(rx_settings *s, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_extraction_parse(s, text, strlen(text), "p.yaml", err);
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

/* ---- What loads ---------------------------------------------------------- */

static void test_extraction__files_that_say_nothing_give_the_defaults(void **state)
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

static void test_extraction__each_setting_is_taken(void **state)
{
    (void)state;
    rx_settings s;
    cfg_error err;
    CHECK_OK(parse(&s,
                   "setting:\n  binWidth: 12.5\n  binCount: 32\n  voxelArrayShift: 1000\n"
                   "  symmetricalGLCM: no\n  distances: [1, 3]\n  gldm_a: 2\n"
                   "  minimumROIDimensions: 3\n  minimumROISize: 50\n", &err), err);
    CHECK_NEAR(s.bin_width, 12.5, 0, 0);
    assert_int_equal(s.bin_count, 32);
    CHECK_NEAR(s.voxel_array_shift, 1000, 0, 0);
    assert_false(s.symmetrical_glcm);
    assert_int_equal(s.n_distances, 2);
    assert_int_equal(s.distances[0], 1);
    assert_int_equal(s.distances[1], 3);
    CHECK_NEAR(s.gldm_alpha, 2, 0, 0);
    assert_int_equal(s.minimum_roi_dimensions, 3);
    assert_int_equal(s.minimum_roi_size, 50);
}

static void test_extraction__settings_of_the_image_type_win(void **state)
{
    (void)state;
    rx_settings s;
    cfg_error err;
    CHECK_OK(parse(&s, "imageType:\n  Original: {binWidth: 10}\n"
                       "setting: {binWidth: 25, voxelArrayShift: 5}\n", &err), err);
    CHECK_NEAR(s.bin_width, 10, 0, 0);
    CHECK_NEAR(s.voxel_array_shift, 5, 0, 0);
}

static void test_extraction__booleans_as_yaml_1_1_spells_them(void **state)
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

static void test_extraction__numbers_as_pyyaml_reads_them(void **state)
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

static void test_extraction__classes_and_names(void **state)
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

/* The keys of examples/exampleSettings/Params.yaml; older versions give `shape` twice, which is
 * refused here. */
static void test_extraction__pyradiomics_params(void **state)
{
    (void)state;
    rx_settings s;
    cfg_error err;
    CHECK_OK(parse(&s,
                   "setting:\n  binWidth: 25\n  label: 1\n  interpolator: 'sitkBSpline' # word\n"
                   "  resampledPixelSpacing: # none\n  weightingNorm: # none\n\n"
                   "imageType:\n  Original: {} # no own settings\n\n"
                   "featureClass:\n  # a comment first\n  shape:\n  firstorder: [] # all\n"
                   "  glcm:  # but for SumAverage\n"
                   "    - 'Autocorrelation'\n    - 'JointAverage'\n    - 'ClusterProminence'\n"
                   "    - 'ClusterShade'\n    - 'ClusterTendency'\n    - 'Contrast'\n"
                   "    - 'Correlation'\n    - 'DifferenceAverage'\n    - 'DifferenceEntropy'\n"
                   "    - 'DifferenceVariance'\n    - 'JointEnergy'\n    - 'JointEntropy'\n"
                   "    - 'Imc1'\n    - 'Imc2'\n    - 'Idm'\n    - 'Idmn'\n    - 'Id'\n"
                   "    - 'Idn'\n    - 'InverseVariance'\n    - 'MaximumProbability'\n"
                   "    - 'SumEntropy'\n    - 'SumSquares'\n"
                   "  glrlm: # all\n  glszm:\n  gldm:  # all\n", &err), err);
    assert_int_equal(count_class(&s, RX_GLCM), 22);      /* 24 without SumAverage and MCC */
    assert_false(on(&s, "original_glcm_SumAverage"));
    assert_false(on(&s, "original_glcm_MCC"));
    assert_int_equal(count_class(&s, RX_SHAPE), 14);
    assert_int_equal(count_class(&s, RX_GLDM), 14);
    assert_int_equal(count_class(&s, RX_NGTDM), 0);
}

static void test_extraction__settings_without_effect_are_taken(void **state)
{
    (void)state;
    static const char text[] =
        "setting:\n  additionalInfo: false\n  enableCExtensions: true\n"
        "  geometryTolerance: 1e-6\n  correctMask: false\n  label: 1\n  label_channel: 0\n"
        "  interpolator: 3\n  padDistance: 10\n  preCrop: true\n  normalize: off\n"
        "  normalizeScale: 100\n  removeOutliers: 3\n  force2D: false\n  force2Ddimension: 0\n"
        "  resampledPixelSpacing: null\n  resegmentRange: ~\n  resegmentMode: absolute\n"
        "  resegmentShape: false\n  weightingNorm:\n  sigma: [1, 2]\n  wavelet: coif1\n";
    rx_settings s, want;
    cfg_error err;
    rx_settings_default(&want);
    CHECK_OK(parse(&s, text, &err), err);
    assert_same(&s, &want);
}

/* ---- What is refused ----------------------------------------------------- */

typedef struct bad_case {
    const char *text, *message;
} bad_case;

static const bad_case bad[] = {
    /* exampleCT.yaml, exampleMR_*.yaml, exampleVoxel.yaml, MR_2D_extraction.yaml, all shape */
    {"imageType:\n  Original: {}\n  LoG:\n    sigma: [1.0, 2.0]\n  Wavelet: {}\n",
     "3:3: imageType.LoG: this image type is not supported yet, expected Original only"},
    {"imageType:\n  Wavelet: {}\n",
     "2:3: imageType.Wavelet: this image type is not supported yet, expected Original only"},
    {"inputImage:\n  Original: {}\n",
     "1:1: inputImage: the name before PyRadiomics 1.3, write imageType instead"},
    {"setting:\n  interpolator: 'sitkBSpline'\n  resampledPixelSpacing: [1, 1, 1]\n",
     "3:26: setting.resampledPixelSpacing: a value is given, but resampledPixelSpacing is not "
     "supported yet"},
    {"setting:\n  normalize: true\n",
     "2:14: setting.normalize: got true, but normalize is not supported yet"},
    {"setting:\n  binWidth: 25\n  force2D: true\n",
     "3:12: setting.force2D: got true, but force2D is not supported yet"},
    {"setting:\n  correctMask: yes\n",
     "2:16: setting.correctMask: got true, but correctMask is not supported yet"},
    {"setting: {binWidth: 25}\nvoxelSetting:\n  kernelRadius: 2\n",
     "2:1: voxelSetting: voxel-based extraction is not supported"},
    {"featureClass:\n  shape2D:\n  firstorder:\n",
     "2:3: featureClass.shape2D: shape2D features are not supported yet"},
    {"featureClass:\n  shape:\n    - Sphericity\n    - Compactness1\n",
     "4:7: featureClass.shape[1]: the deprecated feature \"Compactness1\" is not supported"},
    {"featureClass:\n  shape: ['SurfaceArea',\n          'MajorAxis']\n",
     "3:11: featureClass.shape[1]: unknown feature \"MajorAxis\" of class shape, did you mean "
     "\"MajorAxisLength\"?"},
    {"featureClass:\n  shape:\n  firstorder:\n  shape:\n",
     "4:3: featureClass.shape: key given twice, first on line 2"},
    {"setting: {resegmentRange: [-3, 3]}\n",
     "1:27: setting.resegmentRange: a value is given, but resegmentRange is not supported yet"},
    {"setting: {weightingNorm: euclidean}\n",
     "1:26: setting.weightingNorm: a value is given, but weightingNorm is not supported yet"},
    {"setting: {weightingNorm: no_weighting}\n",
     "1:26: setting.weightingNorm: a value is given, but weightingNorm is not supported yet"},
    {"setting: {label: 2}\n",
     "1:18: setting.label: got \"2\", expected 1, the label of the only region in a mask"},
    /* spelling */
    {"settings: {binWidth: 25}\n", "1:1: settings: unknown key, did you mean \"setting\"?"},
    {"setting: {binwidth: 25}\n",
     "1:11: setting.binwidth: unknown key, did you mean \"binWidth\"?"},
    {"featureClass: {gclm: }\n",
     "1:16: featureClass.gclm: unknown key, did you mean \"glcm\"?"},
    {"featureClass: {glcm: [Jointentropy]}\n",
     "1:23: featureClass.glcm[0]: unknown feature \"Jointentropy\" of class glcm, did you mean "
     "\"JointEntropy\"?"},
    {"featureClass: {shape: [Xyz]}\n",
     "1:24: featureClass.shape[0]: unknown feature \"Xyz\" of class shape"},
    {"imageType: {original: {}}\n",
     "1:13: imageType.original: unknown key, did you mean \"Original\"?"},
    /* values */
    {"setting: {binWidth: 0}\n",
     "1:21: setting.binWidth: got \"0\", expected a number above 0"},
    {"setting: {binWidth: -25}\n",
     "1:21: setting.binWidth: got \"-25\", expected a number above 0"},
    {"setting: {binWidth: .inf}\n",
     "1:21: setting.binWidth: got \".inf\", expected a number above 0"},
    {"setting: {binWidth: .nan}\n",
     "1:21: setting.binWidth: got \".nan\", expected a number above 0"},
    {"setting: {binWidth: 1e999}\n",
     "1:21: setting.binWidth: got \"1e999\", expected a number above 0"},
    {"setting: {binWidth: '25'}\n",
     "1:21: setting.binWidth: got \"25\", expected a number above 0"},
    {"setting: {binWidth: 2,5}\n", "1:23: setting.5: unknown key, expected one of "},
    {"setting: {binWidth: }\n",
     "1:21: setting.binWidth: got nothing, expected a number above 0"},
    {"setting: {binWidth: 0x19}\n",
     "1:21: setting.binWidth: got \"0x19\", expected a number above 0"},
    {"setting: {binWidth: 025}\n",
     "1:21: setting.binWidth: got \"025\", expected a number above 0"},
    {"setting: {binWidth: 25 mm}\n",
     "1:21: setting.binWidth: got \"25 mm\", expected a number above 0"},
    {"setting: {voxelArrayShift: nan}\n",
     "1:28: setting.voxelArrayShift: got \"nan\", expected a number"},
    {"setting: {symmetricalGLCM: 1}\n",
     "1:28: setting.symmetricalGLCM: got \"1\", expected true or false"},
    {"setting: {symmetricalGLCM: 'true'}\n",
     "1:28: setting.symmetricalGLCM: got \"true\", expected true or false"},
    {"setting: {normalize: maybe}\n",
     "1:22: setting.normalize: got \"maybe\", expected true or false"},
    {"setting: {minimumROIDimensions: 4}\n",
     "1:33: setting.minimumROIDimensions: got \"4\", expected an integer 1 to 3"},
    {"setting: {distances: 1}\n",
     "1:22: setting.distances: got \"1\", expected a list of 1 to 8 distances"},
    {"setting: {distances: []}\n",
     "1:22: setting.distances: got a list, expected a list of 1 to 8 distances"},
    {"setting: {distances: [1, 0]}\n",
     "1:26: setting.distances[1]: got \"0\", expected an integer 1 to "},
    {"setting: {distances: [2, 2]}\n",
     "1:26: setting.distances[1]: got \"2\", expected each distance once"},
    {"setting: {gldm_a: -1}\n",
     "1:19: setting.gldm_a: got \"-1\", expected a number of at least 0"},
    {"setting: 25\n", "1:10: setting: got \"25\", expected a mapping"},
    {"imageType: Original\n", "1:12: imageType: got \"Original\", expected a mapping"},
    {"imageType: {Original: {binWidth: x}}\n",
     "1:34: imageType.Original.binWidth: got \"x\", expected a number above 0"},
    {"featureClass: [shape]\n", "1:15: featureClass: got a list, expected a mapping"},
    {"featureClass: {shape: Sphericity}\n",
     "1:23: featureClass.shape: got \"Sphericity\", expected a list of features, or nothing for "
     "all"},
    {"[]\n",
     "1:1: got a list, expected a mapping with setting, imageType and featureClass"},
};

static void test_extraction__refusals_name_the_place_and_the_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rx_settings s, before;
        cfg_error err;
        char want[sizeof err.msg];
        memset(&s, 0, sizeof s);
        s.bin_width = -7;
        before = s;
        if (parse(&s, bad[i].text, &err) != CFG_EVALUE) {
            fail_msg("not refused as a wrong value (%s):\n%s", err.msg, bad[i].text);
        }
        snprintf(want, sizeof want, "p.yaml:%s", bad[i].message);
        size_t n = strlen(want);
        if (want[n - 1] == ' ') { err.msg[n] = '\0'; }   /* the end is a list of its own */
        assert_string_equal(err.msg, want);
        assert_memory_equal(&s, &before, sizeof s);
    }
}

/* Whatever rx_settings_check refuses must not load, though the table here lets it through. */
static void test_extraction__limits_of_the_library_hold(void **state)
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

/* ---- The canonical text -------------------------------------------------- */

static void test_extraction__text_tells_settings_apart_and_only_them(void **state)
{
    (void)state;
    static const char *const files[] = {
        "", "setting: {binWidth: 24.9}\n", "setting: {binCount: 32}\n",
        "setting: {voxelArrayShift: 1}\n", "setting: {symmetricalGLCM: false}\n",
        "setting: {distances: [1, 2]}\n", "setting: {distances: [2]}\n", "setting: {gldm_a: 1}\n",
        "setting: {minimumROIDimensions: 1}\n", "setting: {minimumROISize: 9}\n",
        "featureClass: {shape: }\n", "featureClass: {shape: [Sphericity]}\n",
        "featureClass: {glcm: [Id, Idn]}\n"};
    enum { N = sizeof files / sizeof files[0] };
    static char texts[N][CFG_EXTRACTION_TEXT_SIZE];
    for (size_t i = 0; i < N; i++) {
        rx_settings s;
        cfg_error err;
        CHECK_OK(parse(&s, files[i], &err), err);
        cfg_extraction_text(texts[i], sizeof texts[i], &s);
        assert_null(strchr(texts[i], '\n'));
        for (size_t j = 0; j < i; j++) { assert_string_not_equal(texts[i], texts[j]); }
    }
    assert_string_equal(texts[0],
                        "binWidth=25 voxelArrayShift=0 symmetricalGLCM=true distances=1 gldm_a=0 "
                        "minimumROIDimensions=2 minimumROISize=0 shape=all firstorder=all glcm=all "
                        "gldm=all glrlm=all glszm=all ngtdm=all");
    assert_non_null(strstr(texts[12], " shape=none firstorder=none glcm=Id,Idn gldm=none "));

    rx_settings a, b;
    cfg_error err;
    char ta[CFG_EXTRACTION_TEXT_SIZE], tb[CFG_EXTRACTION_TEXT_SIZE];
    CHECK_OK(parse(&a, "featureClass: {glcm: [Idn, Id]}\nsetting: {binWidth: 25.0}\n", &err), err);
    CHECK_OK(parse(&b, "setting: {gldm_a: 0}\nfeatureClass:\n  glcm:\n  - Id\n  - Idn\n", &err),
             err);
    cfg_extraction_text(ta, sizeof ta, &a);
    cfg_extraction_text(tb, sizeof tb, &b);
    assert_string_equal(ta, tb);
}

static void test_extraction__longest_text_fits_and_short_room_cuts(void **state)
{
    (void)state;
    rx_settings s;
    char text[2 * CFG_EXTRACTION_TEXT_SIZE], cut[16];
    rx_settings_default(&s);
    rx_class last = RX_NCLASSES;
    for (size_t i = 0; i < RX_NFEATURES; i++) {          /* all but the first of each class */
        s.enabled[i] = rx_features()[i].cls == last;
        last = rx_features()[i].cls;
    }
    s.n_distances = 8;
    for (unsigned i = 0; i < 8; i++) { s.distances[i] = 4000000000U + i; }
    s.bin_width = -1.2345678901234567e-300;
    s.voxel_array_shift = s.gldm_alpha = s.bin_width;
    s.minimum_roi_size = SIZE_MAX;
    cfg_extraction_text(text, sizeof text, &s);
    assert_true(strlen(text) < CFG_EXTRACTION_TEXT_SIZE);
    cfg_extraction_text(cut, sizeof cut, &s);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    assert_memory_equal(cut, text, sizeof cut - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extraction__files_that_say_nothing_give_the_defaults),
        cmocka_unit_test(test_extraction__each_setting_is_taken),
        cmocka_unit_test(test_extraction__settings_of_the_image_type_win),
        cmocka_unit_test(test_extraction__booleans_as_yaml_1_1_spells_them),
        cmocka_unit_test(test_extraction__numbers_as_pyyaml_reads_them),
        cmocka_unit_test(test_extraction__classes_and_names),
        cmocka_unit_test(test_extraction__pyradiomics_params),
        cmocka_unit_test(test_extraction__settings_without_effect_are_taken),
        cmocka_unit_test(test_extraction__refusals_name_the_place_and_the_setting),
        cmocka_unit_test(test_extraction__limits_of_the_library_hold),
        cmocka_unit_test(test_extraction__text_tells_settings_apart_and_only_them),
        cmocka_unit_test(test_extraction__longest_text_fits_and_short_room_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
