/* The prepare block and landmark files: what loads, what it becomes, and what is refused where. */
#include "check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/ibsi.h>
#include <config/prepare.h>
#include <config/pyradiomics.h>

static int parse(rx_prepare *p, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_prepare_parse(p, text, strlen(text), "p.yaml", NULL, err);
}

static char *in_folder(const char *folder, const char *name)
{
    static char path[4][512];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void nothing_is_done_unless_asked_for(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{}\n", "setting: {binWidth: 25}\n", "prepare:\n", "prepare: {}\n",
                                        "prepare: {threshold: }\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rx_prepare p;
        cfg_error err;
        char text[CFG_PREPARE_TEXT_SIZE];
        CHECK_OK(parse(&p, texts[i], &err), err);
        assert_true(rx_prepare_is_none(&p));
        cfg_prepare_text(text, sizeof text, &p);
        assert_string_equal(text, "");
    }
}

static void every_key_reaches_its_setting(void **state)
{
    (void)state;
    static const char text[] =
        "prepare:\n"
        "  threshold: [-1000, .inf]\n"
        "  bias_field: {iterations: [40, 30], convergence: 0.002, mesh: [1, 2, 3], shrink: 2, bins: 100,\n"
        "               fwhm: 0.2, noise: 0.02, otsu: false}\n"
        "  denoise: {method: nlm, patch: 2, search: 4, noise: 7.5, beta: 0.5, radius: 3, sigma_mm: 2.5}\n"
        "  normalise: {method: percentile, of: roi, from: [2, 98], to: [-1, 1], clip: false, scale: 100}\n";
    rx_prepare p;
    cfg_error err;
    CHECK_OK(parse(&p, text, &err), err);
    assert_true(p.threshold && p.threshold_hu[0] == -1000 && isinf(p.threshold_hu[1]));
    assert_true(p.bias_correct && p.bias.levels == 2 && p.bias.iterations[0] == 40 && p.bias.iterations[1] == 30);
    assert_true(p.bias.convergence == 0.002 && p.bias.mesh[2] == 3 && p.bias.shrink == 2);
    assert_true(p.bias.histogram_bins == 100 && p.bias.fwhm == 0.2 && p.bias.wiener_noise == 0.02 && !p.bias.otsu);
    assert_true(p.denoise == RX_DENOISE_NLM && p.nlm.patch_radius == 2 && p.nlm.search_radius == 4);
    assert_true(p.nlm.sigma == 7.5 && p.nlm.beta == 0.5 && p.median_radius == 3 && p.gaussian_sigma_mm == 2.5);
    assert_true(p.normalise == RX_NORMALISE_PERCENTILE && p.normalise_of == RX_OF_REGION && !p.percentile_clip);
    assert_true(p.percentile_from[0] == 2 && p.percentile_to[1] == 1 && p.z_scale == 100);
    char line[CFG_PREPARE_TEXT_SIZE];
    cfg_prepare_text(line, sizeof line, &p);
    assert_string_equal(line,
        "prepare threshold=-1000,.inf bias_field=n4:iterations=40,30:convergence=0.002:mesh=1,2,3:shrink=2:bins=100"
        ":fwhm=0.2:noise=0.02:otsu=false denoise=nlm:patch=2:search=4:noise=7.5:beta=0.5"
        " normalise=percentile:of=roi:from=2,98:to=-1,1:clip=false");
    CHECK_OK(parse(&p, "prepare: {bias_field: , denoise: {method: median}, normalise: {method: z}}\n", &err), err);
    assert_true(p.bias_correct && p.bias.levels == 4 && p.denoise == RX_DENOISE_MEDIAN && p.median_radius == 1);
    assert_true(p.normalise == RX_NORMALISE_Z && p.normalise_of == RX_OF_IMAGE && p.z_scale == 1);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct { const char *text, *message; } wrong[] = {
        {"prepare: 3\n", "p.yaml:1:10: "},
        {"prepare:\n  thresh: [1, 2]\n", "threshold"},
        {"prepare:\n  threshold: [1]\n", "p.yaml:2:"},
        {"prepare:\n  threshold: [400, -400]\n", "from 400 to -400"},
        {"prepare:\n  denoise: {method: medain}\n", "did you mean median"},
        {"prepare:\n  denoise: {method: median, radius: 6}\n", "p.yaml:2:"},
        {"prepare:\n  normalise: {method: histogram}\n", "needs a landmark file"},
        {"prepare:\n  normalise: {from: [90, 10]}\n", "percentiles must ascend"},
        {"prepare:\n  normalise: {landmarks: a.yaml}\n", "cannot be named here"},
        {"prepare:\n  bias_field: {iterations: []}\n", "1 to 8 levels"},
        {"prepare:\n  bias_field: {iterations: [10, 0]}\n", "an integer 1 to 1000"},
        {"prepare:\n  bias_field: {mesh: [1, 1]}\n", "3 numbers"},
        {"prepare:\n  bias_field: {fwhm: 0}\n", "p.yaml:2:"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rx_prepare p;
        cfg_error err;
        assert_int_not_equal(parse(&p, wrong[i].text, &err), CFG_OK);
        if (strstr(err.msg, wrong[i].message) == NULL) { fail_msg("'%s' has no '%s'", err.msg, wrong[i].message); }
    }
}

/* Beside the parameter file, whatever the working directory. */
static void landmarks_come_back_and_are_found_beside_the_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/prognode-prepare-XXXXXX";
    assert_non_null(mkdtemp(folder));
    rx_landmarks l, got;
    cfg_error err = {0};
    rx_landmarks_default(&l);
    l.images = 7;
    for (size_t i = 1; i + 1 < l.n; i++) { l.standard[i] = 100.0 / 3 * (double)i / 4 + 0.1; }
    l.standard[10] = 1000.0 / 7;
    char *path = in_folder(folder, "standard.yaml"), *params = in_folder(folder, "p.yaml");
    CHECK_OK(cfg_landmarks_save(&l, path, &err), err);
    CHECK_OK(cfg_landmarks_load(&got, path, &err), err);
    assert_int_equal(got.n, l.n);
    assert_int_equal(got.images, 7);
    for (size_t i = 0; i < l.n; i++) {
        assert_true(got.percentile[i] == l.percentile[i] && got.standard[i] == l.standard[i]);
    }
    rx_prepare p;
    write_text(params, "setting: {binWidth: 10}\nprepare:\n  normalise: {method: histogram, landmarks: standard.yaml}\n");
    CHECK_OK(cfg_prepare_load(&p, params, &err), err);
    assert_true(p.normalise == RX_NORMALISE_HISTOGRAM && p.landmarks.standard[10] == l.standard[10]);
    write_text(path, "landmarks: 1\npercentiles: [1, 50, 99]\nstandard: [0, 60, 50]\nimages: 2\n");
    assert_int_not_equal(cfg_prepare_load(&p, params, &err), CFG_OK);
    assert_non_null(strstr(err.msg, "landmark 3 lies at 50"));
    write_text(path, "landmarks: 1\npercentiles: [1, 50, 99]\nstandard: [0, 60]\nimages: 2\n");
    assert_int_not_equal(cfg_landmarks_load(&got, path, &err), CFG_OK);
    assert_non_null(strstr(err.msg, "2 values for 3 percentiles"));
    write_text(path, "landmarks: 2\npercentiles: [1, 99]\nstandard: [0, 60]\nimages: 2\n");
    assert_int_not_equal(cfg_landmarks_load(&got, path, &err), CFG_OK);
    unlink(path);
    unlink(params);
    rmdir(folder);
}

/* Both profiles' files may hold the block; their own readers pass over it. */
static void the_block_stands_beside_the_settings_of_either_profile(void **state)
{
    (void)state;
    static const char pyr[] = "prepare: {denoise: {method: median}}\nsetting: {binWidth: 7}\n";
    static const char ibsi[] = "label: 3\nprepare: {denoise: {method: median}}\n";
    cfg_pyradiomics a;
    cfg_ibsi b;
    rx_prepare p;
    cfg_error err = {0};
    CHECK_OK(cfg_pyradiomics_parse(&a, pyr, strlen(pyr), "p.yaml", &err), err);
    assert_true(a.settings.base.features.bin_width == 7);
    CHECK_OK(parse(&p, pyr, &err), err);
    assert_int_equal(p.denoise, RX_DENOISE_MEDIAN);
    CHECK_OK(cfg_ibsi_parse(&b, ibsi, strlen(ibsi), "p.yaml", &err), err);
    assert_int_equal(b.label, 3);
    CHECK_OK(parse(&p, ibsi, &err), err);
    assert_int_equal(p.denoise, RX_DENOISE_MEDIAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_done_unless_asked_for),
        cmocka_unit_test(every_key_reaches_its_setting),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(landmarks_come_back_and_are_found_beside_the_file),
        cmocka_unit_test(the_block_stands_beside_the_settings_of_either_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
