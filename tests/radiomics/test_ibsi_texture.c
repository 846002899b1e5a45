/* Textures of the IBSI digital phantom: every family, every aggregation, against the consensus. */
#include "csv.h"
#include "textured.h"

#define PHANTOM "data/radiomics/ibsi_1_digital_phantom/nifti/"
#define CONSENSUS "reference/radiomics/ibsi1_reference.csv"

static void read_phantom(region *r)
{
    testimage image, mask;
    assert_int_equal(volume_read(&image, SHARED(PHANTOM "image/phantom.nii.gz")), 0);
    assert_int_equal(volume_read(&mask, SHARED(PHANTOM "mask/mask.nii.gz")), 0);
    *r = region_new(image.grid);
    for (size_t i = 0; i < region_size(r); i++) {
        r->image[i] = image.v[i];
        r->mask[i] = mask.v[i] == 1;
    }
    volume_free(&image);
    volume_free(&mask);
}

static double three_digits(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.3g", x);
    return strtod(text, NULL);
}

/* Every texture row of the table for the phantom, and nothing else. */
static void test_ibsi_texture__phantom(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED(PHANTOM));
    SKIP_WITHOUT(SHARED(CONSENSUS));
    csv ref;
    region r;
    rx_results got = { 0 };
    rx_ibsi_texture_settings s = all_textures();
    assert_true(csv_read(&ref, SHARED(CONSENSUS)));
    read_phantom(&r);
    texture_of(&got, &r, &s);
    size_t checked = 0, off = 0;
    for (size_t row = 0; row < ref.rows; row++) {
        const char *agg = csv_text(&ref, row, "aggregation_code");
        if (strcmp(csv_text(&ref, row, "config"), "digital") != 0 || agg[0] == '\0') { continue; }
        const rx_result *v = rx_results_find(&got, csv_text(&ref, row, "tag"));
        if (!v) { fail_msg("no value %s", csv_text(&ref, row, "tag")); }
        assert_string_equal(v->ibsi_code, csv_text(&ref, row, "ibsi_code"));
        assert_string_equal(v->ibsi_aggregation, agg);
        double want = csv_num(&ref, row, "value"), tolerance = csv_num(&ref, row, "tolerance");
        if (!near_enough(three_digits(v->value.v), want, 1e-9, tolerance)) {
            fprintf(stderr, "%s = %.6g, consensus %.6g +- %.6g\n", v->name, v->value.v, want, tolerance);
            off++;
        }
        checked++;
    }
    printf("%zu consensus values\n", checked);
    assert_int_equal(off, 0);
    assert_int_equal(checked, 6 * (25 + 16) + 3 * (16 + 16 + 5 + 17));
    assert_int_equal(got.n, checked);
    rx_results_free(&got);
    region_free(&r);
    csv_free(&ref);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ibsi_texture__phantom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
