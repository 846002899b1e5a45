/* The code table against the feature list, against itself and against the reference table. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "report/feature_codes.h"

static void test_feature_codes__every_feature_has_one_in_order(void **state)
{
    (void)state;
    const rx_feature_def *features = rx_features();
    const pn_feature_code *codes = pn_feature_codes();
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        assert_string_equal(codes[i].feature, features[i].full_name);
        assert_ptr_equal(pn_feature_code_find(features[i].full_name), &codes[i]);
        assert_ptr_equal(pn_feature_code_of(codes[i].value, codes[i].scheme), &codes[i]);
    }
    assert_null(pn_feature_code_find("original_shape_Nothing"));
    assert_null(pn_feature_code_of("Q3CK", "99PYRADIOMICS"));
}

static void test_feature_codes__codes_and_meanings_are_unique(void **state)
{
    (void)state;
    const pn_feature_code *codes = pn_feature_codes();
    size_t ibsi = 0, private_codes = 0;
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(codes[i].value, codes[k].value);
            assert_string_not_equal(codes[i].meaning, codes[k].meaning);
        }
        if (strcmp(codes[i].scheme, "IBSI") == 0) { ibsi++; }
        if (strcmp(codes[i].scheme, "99PYRADIOMICS") == 0) { private_codes++; }
        assert_in_range(strlen(codes[i].value), 1, 16);
        assert_in_range(strlen(codes[i].ucum), 1, 16);
        assert_in_range(strlen(codes[i].meaning), 1, 64);
        for (const char *p = codes[i].meaning; *p != '\0'; p++) { assert_in_range(*p, 0x20, 0x7e); }
    }
    assert_int_equal(ibsi, 101);
    assert_int_equal(private_codes, 6);
}

/* IBSI's IPH6 is kurtosis minus 3; ours is not. */
static void test_feature_codes__kurtosis_is_not_excess_kurtosis(void **state)
{
    (void)state;
    const pn_feature_code *code = pn_feature_code_find("original_firstorder_Kurtosis");
    assert_non_null(code);
    assert_string_equal(code->scheme, "99PYRADIOMICS");
    assert_null(pn_feature_code_of("IPH6", "IBSI"));
}

static void test_feature_codes__hounsfield_units_only_for_ct(void **state)
{
    (void)state;
    const pn_feature_code *mean = pn_feature_code_find("original_firstorder_Mean");
    assert_string_equal(pn_feature_unit(mean, "CT").ucum, "[hnsf'U]");
    assert_string_equal(pn_feature_unit(mean, "MR").ucum, "[arb'U]");
    const pn_feature_code *codes = pn_feature_codes();
    for (size_t i = 0; i < RX_NFEATURES; i++) {
        pn_unit pet = pn_feature_unit(&codes[i], "PT");
        assert_null(strstr(pet.ucum, "hnsf"));
        assert_null(strstr(pet.meaning, "Hounsfield"));
        bool squared = strchr(codes[i].ucum, '2') != NULL;
        assert_int_equal(strchr(pet.ucum, '2') != NULL, squared);
    }
}

/* The next comma-separated field of *line, quotes taken off; none of the first six has a comma. */
static char *field(char **line)
{
    char *start = *line;
    char *end = start + strcspn(start, ",\r\n");
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return start;
}

static void test_feature_codes__agree_with_the_reference_table(void **state)
{
    (void)state;
    SKIP_WITHOUT(SHARED("codes/feature_codes.csv"));
    FILE *csv = fopen(SHARED("codes/feature_codes.csv"), "r");
    assert_non_null(csv);
    char text[1024];
    size_t found = 0;
    while (fgets(text, sizeof text, csv) != NULL) {
        char *rest = text;
        const pn_feature_code *code = pn_feature_code_find(field(&rest));
        if (code == NULL) { continue; }
        found++;
        assert_string_equal(code->value, field(&rest));
        assert_string_equal(code->scheme, field(&rest));
        assert_string_equal(code->meaning, field(&rest));
        assert_string_equal(code->ucum, field(&rest));
        assert_string_equal(code->unit_meaning, field(&rest));
    }
    (void)fclose(csv);
    assert_int_equal(found, RX_NFEATURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feature_codes__every_feature_has_one_in_order),
        cmocka_unit_test(test_feature_codes__codes_and_meanings_are_unique),
        cmocka_unit_test(test_feature_codes__kurtosis_is_not_excess_kurtosis),
        cmocka_unit_test(test_feature_codes__hounsfield_units_only_for_ct),
        cmocka_unit_test(test_feature_codes__agree_with_the_reference_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
