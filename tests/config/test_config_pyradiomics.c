/* PyRadiomics' parameter files whole: what loads and what it means, what is refused and where.
 * The settings of the files that PyRadiomics 3.1 brings as examples stand here key by key. */
#include "check.h"
#include <string.h>
#include <config/pyradiomics.h>

static int parse(cfg_pyradiomics *s, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_pyradiomics_parse(s, text, strlen(text), "p.yaml", err);
}

static cfg_pyradiomics loaded(const char *text)
{
    cfg_pyradiomics s;
    cfg_error err;
    CHECK_OK(parse(&s, text, &err), err);
    return s;
}

static void describe(char *buf, size_t size, const rx_pyradiomics *s)
{
    assert_true(rx_pyradiomics_describe(buf, size, s) < size);
}

static size_t enabled(const cfg_pyradiomics *s, rx_class cls)
{
    size_t n = 0;
    for (size_t i = 0; i < RX_NFEATURES; i++) { n += rx_features()[i].cls == cls && s->settings.base.features.enabled[i]; }
    return n;
}

static bool on(const cfg_pyradiomics *s, const char *full_name)
{
    return s->settings.base.features.enabled[rx_feature_index(full_name)];
}

#define GLCM_22 \
    "  glcm:\n    - 'Autocorrelation'\n    - 'JointAverage'\n    - 'ClusterProminence'\n    - 'ClusterShade'\n" \
    "    - 'ClusterTendency'\n    - 'Contrast'\n    - 'Correlation'\n    - 'DifferenceAverage'\n" \
    "    - 'DifferenceEntropy'\n    - 'DifferenceVariance'\n    - 'JointEnergy'\n    - 'JointEntropy'\n" \
    "    - 'Imc1'\n    - 'Imc2'\n    - 'Idm'\n    - 'Idmn'\n    - 'Id'\n    - 'Idn'\n    - 'InverseVariance'\n" \
    "    - 'MaximumProbability'\n    - 'SumEntropy'\n    - 'SumSquares'\n"

/* ---- What the examples say ----------------------------------------------- */

static void test_pyradiomics__defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "# nothing\n", "{}\n", "setting:\nimageType:\nfeatureClass:\nvoxelSetting:\n",
                                        "imageType:\n  Original: {}\n", "imageType: {Original: }\n"};
    static char want[8192], got[8192];
    rx_pyradiomics fresh;
    rx_pyradiomics_default(&fresh);
    describe(want, sizeof want, &fresh);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cfg_pyradiomics s = loaded(texts[i]);
        describe(got, sizeof got, &s.settings);
        assert_string_equal(got, want);
        assert_true(cfg_pyradiomics_is_plain(&s.settings));
        assert_int_equal(s.label, 1);
        assert_int_equal(s.label_channel, 0);
        assert_true(s.additional_info);
    }
}

static void test_pyradiomics__example_params(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "setting:\n  binWidth: 25\n  label: 1\n  interpolator: 'sitkBSpline' # word\n"
        "  resampledPixelSpacing: # none\n  weightingNorm: # none\n\n"
        "imageType:\n  Original: {} # no own settings\n\nfeatureClass:\n  shape:\n  firstorder: [] # all\n" GLCM_22
        "  glrlm: # all\n  glszm:\n  gldm:  # all\n");
    assert_int_equal(enabled(&s, RX_GLCM), 22);
    assert_false(on(&s, "original_glcm_SumAverage"));
    assert_int_equal(enabled(&s, RX_SHAPE), 14);
    assert_int_equal(enabled(&s, RX_NGTDM), 0);
    assert_false(s.settings.resample);
    assert_int_equal(s.settings.interpolator, RX_SITK_BSPLINE);
    assert_int_equal(s.settings.base.features.weighting_norm, RX_NORM_NONE);
    assert_true(cfg_pyradiomics_is_plain(&s.settings));
}

static void test_pyradiomics__example_ct(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "imageType:\n  Original: {}\n  LoG:\n    sigma: [1.0, 2.0, 3.0, 4.0, 5.0]  # widths\n  Wavelet: {}\n\n"
        "featureClass:\n  shape:\n  firstorder:\n" GLCM_22 "  glrlm:\n  glszm:\n  gldm:\n\n"
        "setting:\n  interpolator: 'sitkBSpline'\n  resampledPixelSpacing: [1, 1, 1]\n  padDistance: 10  # more\n"
        "  #minimumROISize: 50\n  binWidth: 25\n  voxelArrayShift: 1000  # HU\n  label: 1\n");
    assert_int_equal(s.settings.n_images, 3);
    assert_int_equal(s.settings.images[0].type, RX_IMAGE_ORIGINAL);
    assert_int_equal(s.settings.images[1].type, RX_IMAGE_LOG);
    assert_int_equal(s.settings.images[2].type, RX_IMAGE_WAVELET);
    assert_int_equal(s.settings.images[1].own.filter.n_sigma, 5);
    CHECK_NEAR(s.settings.images[1].own.filter.sigma[4].mm, 5, 0, 0);
    assert_false(s.settings.images[1].own.filter.sigma[4].integer);
    assert_int_equal(s.settings.images[0].own.filter.n_sigma, 0);
    assert_true(s.settings.resample);
    for (int a = 0; a < 3; a++) { CHECK_NEAR(s.settings.spacing_mm[a], 1, 0, 0); }
    assert_int_equal(s.settings.pad_distance, 10);
    /* The base of every image type, though `setting` stands last. */
    CHECK_NEAR(s.settings.images[2].own.features.voxel_array_shift, 1000, 0, 0);
    assert_false(cfg_pyradiomics_is_plain(&s.settings));
}

/* exampleMR_3mm, _5mm (other numbers) and _NoResampling */
static void test_pyradiomics__example_mr(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "imageType:\n  Original: {}\n  LoG:\n    sigma: [2.0, 3.0, 4.0, 5.0]\n  Wavelet: {}\n\n"
        "featureClass:\n  shape:\n  firstorder:\n" GLCM_22 "  glrlm:\n  glszm:\n  gldm:\n\n"
        "setting:\n  normalize: true\n  normalizeScale: 100  # bins\n  interpolator: 'sitkBSpline'\n"
        "  resampledPixelSpacing: [2, 2, 2]\n  binWidth: 5\n  voxelArrayShift: 300\n  label: 1\n");
    assert_true(s.settings.normalize);
    CHECK_NEAR(s.settings.normalize_scale, 100, 0, 0);
    CHECK_NEAR(s.settings.base.features.bin_width, 5, 0, 0);
    s = loaded("imageType:\n  Original: {}\n  LoG:\n    sigma: [1.0, 3.0, 5.0]\n  Wavelet: {}\n\n"
               "featureClass:\n  shape:\n  firstorder:\n" GLCM_22 "  glrlm:\n  glszm:\n  gldm:\n\n"
               "setting:\n  normalize: true\n  normalizeScale: 100\n  preCrop: true\n  force2D: true\n"
               "  force2Ddimension: 0  # axial\n  binWidth: 5\n  voxelArrayShift: 300\n  label: 1\n");
    assert_true(s.settings.pre_crop);
    assert_true(s.settings.images[1].own.features.force_2d);
    assert_int_equal(s.settings.base.features.force_2d_dimension, 0);
    assert_false(s.settings.shape2d[RX_SHAPE2D_PERIMETER]);
}

/* MR_2D_extraction */
static void test_pyradiomics__example_mr_2d(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "imageType:\n  Original: {}\n  LoG:\n    sigma: [2.0, 3.0, 4.0, 5.0]\n  Wavelet: {}\n\n"
        "featureClass:\n  shape2D:\n  firstorder:\n" GLCM_22 "  glrlm:\n  glszm:\n  gldm:\n  ngtdm:\n\n"
        "setting:\n  normalize: true\n  normalizeScale: 100\n  interpolator: 'sitkBSpline'\n"
        "  resampledPixelSpacing: [2, 2, 0]\n  padDistance: 10\n  preCrop: true\n  force2D: true\n"
        "  force2Ddimension: 0\n  binWidth: 5\n  voxelArrayShift: 300\n  label: 1\n");
    CHECK_NEAR(s.settings.spacing_mm[2], 0, 0, 0);
    assert_true(s.settings.shape2d[RX_SHAPE2D_PERIMETER]);
    assert_false(s.settings.shape2d[RX_SHAPE2D_SPHERICAL_DISPROPORTION]);
    assert_int_equal(enabled(&s, RX_SHAPE), 0);
}

static void test_pyradiomics__example_all_shape(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "setting:\n  label: 1\n  interpolator: 'sitkBSpline'\n  resampledPixelSpacing: # none\n"
        "featureClass:\n  shape:\n    - VoxelVolume\n    - MeshVolume\n    - SurfaceArea\n    - SurfaceVolumeRatio\n"
        "    - Compactness1\n    - Compactness2\n    - Sphericity\n    - SphericalDisproportion\n    - Maximum3DDiameter\n"
        "    - Maximum2DDiameterSlice\n    - Maximum2DDiameterColumn\n    - Maximum2DDiameterRow\n    - MajorAxisLength\n"
        "    - MinorAxisLength\n    - LeastAxisLength\n    - Elongation\n    - Flatness\n");
    assert_int_equal(enabled(&s, RX_SHAPE), 14);
    for (int i = 0; i < RX_DEPRECATED_STANDARD_DEVIATION; i++) { assert_true(s.settings.deprecated[i]); }
    assert_false(s.settings.deprecated[RX_DEPRECATED_STANDARD_DEVIATION]);
    assert_int_equal(enabled(&s, RX_FIRSTORDER), 0);
}

static void test_pyradiomics__example_voxel(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "imageType:\n  Original: {}\n\nfeatureClass:\n  glcm:\n    - JointEntropy\n\nsetting:\n  binWidth: 25\n"
        "  force2D: true\n  label: 1\n\nvoxelSetting:\n  kernelRadius: 2\n  maskedKernel: true\n  initValue: nan\n"
        "  voxelBatch: 10000\n");
    assert_int_equal(s.kernel_radius, 2);
    assert_true(s.masked_kernel);
    assert_true(isnan(s.init_value));
    assert_int_equal(enabled(&s, RX_GLCM), 1);
}

/* ---- Each setting -------------------------------------------------------- */

static void test_pyradiomics__each_setting_is_taken(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded(
        "setting:\n  binWidth: 12.5\n  binCount: 32\n  voxelArrayShift: 7\n  symmetricalGLCM: no\n  distances: [1, 3]\n"
        "  gldm_a: 2\n  weightingNorm: euclidean\n  force2D: yes\n  force2Ddimension: 2\n  minimumROIDimensions: 3\n"
        "  minimumROISize: 50\n  geometryTolerance: 1.0e-3\n  correctMask: true\n  additionalInfo: false\n  label: 300\n"
        "  label_channel: 4\n  normalize: on\n  normalizeScale: 10\n  removeOutliers: 3\n"
        "  resampledPixelSpacing: [1, 2.5, 0]\n  interpolator: 2\n  padDistance: 0\n  preCrop: true\n"
        "  resegmentRange: [-3, 3]\n  resegmentMode: sigma\n  resegmentShape: true\n  sigma: [3, 3.0]\n"
        "  start_level: 1\n  level: 2\n  wavelet: db4\n  gradientUseSpacing: false\n  lbp2DRadius: 2\n  lbp2DSamples: 9\n"
        "  lbp2DMethod: ror\n  lbp3DLevels: 3\n  lbp3DIcosphereRadius: 1.5\n  lbp3DIcosphereSubdivision: 2\n"
        "  shapeInResegmentedBox: false\n  shape2DMustBeFlat: true\n");
    const rx_pyradiomics *p = &s.settings;
    const rx_settings *f = &p->base.features;
    const rx_filter_settings *x = &p->base.filter;
    CHECK_NEAR(f->bin_width, 12.5, 0, 0);
    assert_int_equal(f->bin_count, 32);
    CHECK_NEAR(f->voxel_array_shift, 7, 0, 0);
    assert_false(f->symmetrical_glcm);
    assert_int_equal(f->n_distances, 2);
    assert_int_equal(f->distances[1], 3);
    CHECK_NEAR(f->gldm_alpha, 2, 0, 0);
    assert_int_equal(f->weighting_norm, RX_NORM_EUCLIDEAN);
    assert_true(f->force_2d);
    assert_int_equal(f->force_2d_dimension, 2);
    assert_int_equal(f->minimum_roi_dimensions, 3);
    assert_int_equal(f->minimum_roi_size, 50);
    CHECK_NEAR(p->geometry_tolerance, 1e-3, 0, 0);
    assert_true(p->correct_mask && p->normalize && p->pre_crop && p->resegment_shape && p->resample);
    assert_false(s.additional_info);
    assert_int_equal(s.label, 300);
    assert_int_equal(s.label_channel, 4);
    CHECK_NEAR(p->normalize_scale, 10, 0, 0);
    CHECK_NEAR(p->remove_outliers, 3, 0, 0);
    CHECK_NEAR(p->spacing_mm[1], 2.5, 0, 0);
    assert_int_equal(p->interpolator, RX_SITK_LINEAR);
    assert_int_equal(p->pad_distance, 0);
    assert_int_equal(p->n_resegment, 2);
    CHECK_NEAR(p->resegment_range[0], -3, 0, 0);
    assert_int_equal(p->resegment_mode, RX_RESEGMENT_SIGMA);
    assert_int_equal(x->n_sigma, 2);
    assert_true(x->sigma[0].integer && !x->sigma[1].integer);
    assert_int_equal(x->start_level, 1);
    assert_int_equal(x->level, 2);
    assert_string_equal(x->wavelet, "db4");
    assert_false(x->gradient_use_spacing);
    CHECK_NEAR(x->lbp2d_radius, 2, 0, 0);
    assert_int_equal(x->lbp2d_samples, 9);
    assert_int_equal(x->lbp2d_method, RX_LBP_ROR);
    assert_int_equal(x->lbp3d_levels, 3);
    CHECK_NEAR(x->lbp3d_icosphere_radius, 1.5, 0, 0);
    assert_int_equal(x->lbp3d_icosphere_subdivision, 2);
    assert_false(p->shape_in_resegmented_box);
    assert_true(p->shape2d_must_be_flat);
}

/* Every setting changes the text that digests are made of, and none is mistaken for another. */
static void test_pyradiomics__settings_are_told_apart(void **state)
{
    (void)state;
    static const char *const files[] = {
        "", "setting: {binWidth: 24}", "setting: {binCount: 8}", "setting: {voxelArrayShift: 1}",
        "setting: {symmetricalGLCM: false}", "setting: {distances: [2]}", "setting: {gldm_a: 1}",
        "setting: {weightingNorm: manhattan}", "setting: {weightingNorm: infinity}", "setting: {force2D: true}",
        "setting: {force2D: true, force2Ddimension: 1}", "setting: {minimumROIDimensions: 1}",
        "setting: {minimumROISize: 9}", "setting: {correctMask: true}", "setting: {normalize: true}",
        "setting: {normalize: true, normalizeScale: 2}", "setting: {normalize: true, removeOutliers: 2}",
        "setting: {resampledPixelSpacing: [1, 1, 1]}", "setting: {resampledPixelSpacing: [1, 1, 2]}",
        "setting: {resampledPixelSpacing: [1, 1, 1], interpolator: sitkLinear}",
        "setting: {resampledPixelSpacing: [1, 1, 1], padDistance: 8}", "setting: {preCrop: true}",
        "setting: {resegmentRange: [0]}", "setting: {resegmentRange: [0, 9]}",
        "setting: {resegmentRange: [0, 9], resegmentMode: relative}",
        "setting: {resegmentRange: [0, 9], resegmentShape: true}", "imageType: {Wavelet: {}}",
        "imageType: {Original: {}, Wavelet: {}}", "imageType: {Wavelet: {}, Original: {}}",
        "imageType: {Wavelet: {level: 2}}", "imageType: {Wavelet: {wavelet: haar}}", "imageType: {Wavelet: {binWidth: 5}}",
        "imageType: {LoG: {sigma: [3]}}", "imageType: {LoG: {sigma: [3.0]}}", "imageType: {Gradient: {}}",
        "imageType: {Gradient: {gradientUseSpacing: false}}", "imageType: {LBP2D: {lbp2DMethod: var}}",
        "imageType: {LBP3D: {lbp3DLevels: 1}}", "featureClass: {glcm: [Id]}", "featureClass: {shape: [Compactness1]}"};
    enum { N = sizeof files / sizeof files[0] };
    static char texts[N][8192];
    for (size_t i = 0; i < N; i++) {
        cfg_pyradiomics s = loaded(files[i]);
        describe(texts[i], sizeof texts[i], &s.settings);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(texts[i], texts[j]) == 0) { fail_msg("%s and %s give the same text", files[i], files[j]); }
        }
    }
}

/* An image type's own settings over those of `setting`, and only there. */
static void test_pyradiomics__own_settings_of_image_types(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded("imageType:\n  Original: {}\n  Wavelet: {binWidth: 10, wavelet: haar}\n"
                               "  LoG: {sigma: [2], binCount: 16}\nsetting: {binWidth: 50, sigma: [9], distances: [2]}\n");
    CHECK_NEAR(s.settings.images[0].own.features.bin_width, 50, 0, 0);
    CHECK_NEAR(s.settings.images[1].own.features.bin_width, 10, 0, 0);
    assert_string_equal(s.settings.images[1].own.filter.wavelet, "haar");
    assert_string_equal(s.settings.images[0].own.filter.wavelet, "coif1");
    CHECK_NEAR(s.settings.images[2].own.filter.sigma[0].mm, 2, 0, 0);
    assert_int_equal(s.settings.images[2].own.filter.n_sigma, 1);
    assert_int_equal(s.settings.images[2].own.features.bin_count, 16);
    assert_int_equal(s.settings.images[2].own.features.distances[0], 2);
    assert_int_equal(s.settings.images[1].own.features.bin_count, 0);
}

/* Nothing named is everything, shape2D with force2D only. */
static void test_pyradiomics__no_class_is_every_class(void **state)
{
    (void)state;
    cfg_pyradiomics s = loaded("setting: {force2D: true}");
    assert_true(s.settings.shape2d[RX_SHAPE2D_PERIMETER]);
    s = loaded("featureClass: {}\n");
    assert_false(s.settings.shape2d[RX_SHAPE2D_PERIMETER]);
    for (size_t i = 0; i < RX_NFEATURES; i++) { assert_true(s.settings.base.features.enabled[i]); }
}

/* ---- What is refused ----------------------------------------------------- */

typedef struct bad_case { const char *text, *message; } bad_case;

static const bad_case bad[] = {
    {"settings: {binWidth: 25}\n", "1:1: settings: unknown key, did you mean \"setting\"?"},
    {"setting: {binwidth: 25}\n", "1:11: setting.binwidth: unknown key, did you mean \"binWidth\"?"},
    {"setting: {resampledPixelSpaceing: [1,1,1]}\n",
     "1:11: setting.resampledPixelSpaceing: unknown key, did you mean \"resampledPixelSpacing\"?"},
    {"imageType:\n  Original: {}\n  Log: {sigma: [1]}\n", "3:3: imageType.Log: unknown key, did you mean \"LoG\"?"},
    {"imageType: {LBP2: {}}\n", "1:13: imageType.LBP2: unknown key, did you mean \"LBP2D\"?"},
    {"imageType: {Wavelet: {padDistance: 3}}\n",
     "1:23: imageType.Wavelet.padDistance: has no effect on one image type, write it under `setting`"},
    {"imageType: {Wavelet: {wavlet: haar}}\n",
     "1:23: imageType.Wavelet.wavlet: unknown key, did you mean \"wavelet\"?"},
    {"imageType: {Wavelet: {wavelet: coiff1}}\n",
     "1:32: imageType.Wavelet.wavelet: unknown wavelet \"coiff1\", did you mean \"coif1\"?"},
    {"imageType: {LoG: {sigma: 3}}\n",
     "1:26: imageType.LoG.sigma: got \"3\", expected a list of at most 32 widths in mm"},
    {"imageType: {LoG: {sigma: [3, -1]}}\n", "1:30: imageType.LoG.sigma[1]: got \"-1\", expected a number above 0, in mm"},
    {"imageType: {LoG: 3}\n", "1:18: imageType.LoG: got \"3\", expected a mapping of settings, or {}"},
    {"inputImage:\n  Original: {}\n", "1:1: inputImage: the name before PyRadiomics 1.3, write imageType instead"},
    {"featureClass: {gclm: }\n", "1:16: featureClass.gclm: unknown key, did you mean \"glcm\"?"},
    {"featureClass: {shape2d: }\n", "1:16: featureClass.shape2d: unknown key, did you mean \"shape2D\"?"},
    {"featureClass: {glcm: [Jointentropy]}\n",
     "1:23: featureClass.glcm[0]: unknown feature \"Jointentropy\" of class glcm, did you mean \"JointEntropy\"?"},
    {"featureClass: {shape2D: [Perimetre]}\n",
     "1:26: featureClass.shape2D[0]: unknown feature \"Perimetre\" of class shape2D, did you mean \"Perimeter\"?"},
    {"featureClass: {shape: [Xyz]}\n", "1:24: featureClass.shape[0]: unknown feature \"Xyz\" of class shape"},
    {"featureClass: {shape: Sphericity}\n",
     "1:23: featureClass.shape: got \"Sphericity\", expected a list of features, or nothing for all"},
    {"featureClass:\n  shape:\n  shape:\n", "3:3: featureClass.shape: key given twice, first on line 2"},
    {"voxelSetting: {kernelradius: 2}\n", "1:16: voxelSetting.kernelradius: unknown key, did you mean \"kernelRadius\"?"},
    {"voxelSetting: {kernelRadius: 0}\n", "1:30: voxelSetting.kernelRadius: got \"0\", expected an integer 1 to 100"},
    {"setting: {binWidth: 0}\n", "1:21: setting.binWidth: got \"0\", expected a number above 0"},
    {"setting: {binCount: 65536}\n", "1:21: setting.binCount: got \"65536\", expected an integer 1 to 65535"},
    {"setting: {binCount: 1e9}\n", "1:21: setting.binCount: got \"1e9\", expected an integer 1 to 65535"},
    {"setting: {label: 0}\n", "1:18: setting.label: got \"0\", expected an integer 1 to 4294967295"},
    {"setting: {resampledPixelSpacing: [1, 1]}\n",
     "1:34: setting.resampledPixelSpacing: got a list, expected a list of 3 spacings in mm (x, y, z), or nothing"},
    {"setting: {resampledPixelSpacing: [1, 1, -1]}\n",
     "1:41: setting.resampledPixelSpacing[2]: got \"-1\", expected a number of at least 0, in mm (0: as it is)"},
    {"setting: {interpolator: sitkBspline}\n",
     "1:25: setting.interpolator: unknown interpolator \"sitkBspline\", did you mean \"sitkBSpline\"?"},
    {"setting: {interpolator: 11}\n", "1:25: setting.interpolator: got \"11\", expected an integer 1 to 10, or a name"},
    {"setting: {weightingNorm: Euclidean}\n",
     "1:26: setting.weightingNorm: got \"Euclidean\", expected nothing, no_weighting, manhattan, euclidean or infinity"},
    {"setting: {resegmentRange: []}\n", "1:27: setting.resegmentRange: got a list, expected a list of 1 or 2 bounds, or nothing"},
    {"setting: {resegmentMode: std}\n", "1:26: setting.resegmentMode: got \"std\", expected absolute, relative or sigma"},
    {"setting: {lbp2DMethod: nri_uniform}\n",
     "1:24: setting.lbp2DMethod: got \"nri_uniform\", expected default, ror, uniform or var"},
    {"setting: {force2Ddimension: 3}\n", "1:29: setting.force2Ddimension: got \"3\", expected an integer 0 to 2"},
    {"setting: {distances: [9]}\n", "1:23: setting.distances[0]: got \"9\", expected an integer 1 to 8"},
    {"setting: {normalize: 1}\n", "1:22: setting.normalize: got \"1\", expected true or false"},
    {"setting: [binWidth]\n", "1:10: setting: got a list, expected a mapping"},
    {"[]\n", "1:1: got a list, expected a mapping with setting, imageType and featureClass"},
};

static void test_pyradiomics__refusals_name_the_place_and_the_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cfg_pyradiomics s, before;
        cfg_error err;
        char want[sizeof err.msg];
        cfg_pyradiomics_default(&s);
        s.label = 77;
        before = s;
        if (parse(&s, bad[i].text, &err) != CFG_EVALUE) { fail_msg("not refused (%s):\n%s", err.msg, bad[i].text); }
        snprintf(want, sizeof want, "p.yaml:%s", bad[i].message);
        assert_string_equal(err.msg, want);
        assert_memory_equal(&s, &before, sizeof s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pyradiomics__defaults),
        cmocka_unit_test(test_pyradiomics__example_params),
        cmocka_unit_test(test_pyradiomics__example_ct),
        cmocka_unit_test(test_pyradiomics__example_mr),
        cmocka_unit_test(test_pyradiomics__example_mr_2d),
        cmocka_unit_test(test_pyradiomics__example_all_shape),
        cmocka_unit_test(test_pyradiomics__example_voxel),
        cmocka_unit_test(test_pyradiomics__each_setting_is_taken),
        cmocka_unit_test(test_pyradiomics__settings_are_told_apart),
        cmocka_unit_test(test_pyradiomics__own_settings_of_image_types),
        cmocka_unit_test(test_pyradiomics__no_class_is_every_class),
        cmocka_unit_test(test_pyradiomics__refusals_name_the_place_and_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
