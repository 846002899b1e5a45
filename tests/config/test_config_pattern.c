/* Patterns for names of contours. */
#include "check.h"
#include <string.h>
#include <time.h>
#include <config/node.h>

typedef struct pattern_case {
    const char *pattern, *name;
    bool match;
} pattern_case;

static const pattern_case cases[] = {
    {"GTV*", "GTV-1", true},
    {"GTV*", "GTV", true},
    {"GTV*", "gtv_nodes", true},
    {"gtv*", "GTVp", true},
    {"GTV*", "PTV GTV", false},
    {"*tumour*", "Left Tumour 2", true},
    {"*tumour*", "tumour", true},
    {"*tumour*", "tumor", false},
    {"Lesion?", "Lesion1", true},
    {"Lesion?", "Lesion", false},
    {"Lesion?", "Lesion12", false},
    {"?", "\xc3\xa4", true},                 /* one character, two bytes      */
    {"T?mor", "T\xc3\xbcmor", true},
    {"??", "\xc3\xa4", false},
    {"  GTV ", "GTV", true},
    {"GTV", "\t GTV  ", true},
    {"GTV", "G T V", false},
    {"", "", true},
    {"", "  ", true},
    {"", "x", false},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "x", true},
    {"*a*b*c", "xxaxxbxxc", true},
    {"*a*b*c", "xxaxxbxxcd", false},
    {"a*a", "a", false},
    {"a*a", "aa", true},
    {"*aab", "aaaaab", true},
    {"[GTV]", "G", false},                   /* no character classes          */
    {"[GTV]", "[gtv]", true},
    {"\xc3\x84", "\xc3\xa4", false},         /* only ASCII letters fold       */
};

static void test_pattern__table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cfg_pattern_match(cases[i].pattern, cases[i].name) != cases[i].match) {
            fail_msg("pattern \"%s\", name \"%s\": expected %s", cases[i].pattern, cases[i].name,
                     cases[i].match ? "a match" : "none");
        }
    }
}

/* Many stars against a name that nearly matches: exponential where one backtracks naively. */
static void test_pattern__hostile_stars_are_quick(void **state)
{
    (void)state;
    char pattern[65], name[4001];
    for (size_t i = 0; i < 62; i += 2) { memcpy(pattern + i, "*a", 2); }
    strcpy(pattern + 62, "*b");
    memset(name, 'a', 4000);
    name[4000] = '\0';
    clock_t start = clock();
    assert_false(cfg_pattern_match(pattern, name));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 0.1);
    name[3999] = 'b';
    assert_true(cfg_pattern_match(pattern, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern__table),
        cmocka_unit_test(test_pattern__hostile_stars_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
