/* What is refused before any key is looked at: size, depth, bytes, YAML beyond our subset. */
#include "check.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <config/pyradiomics.h>
#include <config/model.h>
#include <config/node.h>

static int node(const char *bytes, size_t n, cfg_error *err)
{
    cfg_node c;
    *err = (cfg_error){0};
    int rc = cfg_node_parse(&c, bytes, n, "f.yaml", err);
    assert_int_not_equal(rc, CFG_OK);
    assert_int_equal(rc, err->code);
    assert_null(strchr(err->msg, '\n'));
    return rc;
}

static int model(const char *bytes, size_t n, cfg_error *err)
{
    cfg_model m;
    *err = (cfg_error){0};
    int rc = cfg_model_parse(&m, bytes, n, "m.yaml", err);
    assert_int_not_equal(rc, CFG_OK);
    assert_int_equal(rc, err->code);
    return rc;
}

static double seconds_since(clock_t start)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* `unit` over and over, to `size` bytes; the caller frees it. */
static char *repeat(const char *unit, size_t size)
{
    size_t n = strlen(unit);
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) { text[i] = unit[i % n]; }
    text[size] = '\0';
    return text;
}

/* ---- Size and depth ------------------------------------------------------ */

static void test_strict__size_limits(void **state)
{
    (void)state;
    cfg_error err;
    cfg_pyradiomics s;
    char *text = repeat("# x\n", (8 << 20) + 1);
    assert_int_equal(node(text, 65537, &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "f.yaml: 65537 bytes, expected at most 65536");
    assert_int_equal(node(text, 65536, &err), CFG_EVALUE);
    assert_string_equal(err.msg, "f.yaml: empty, expected a mapping with node, spool, archives "
                                 "and models");
    assert_int_equal(cfg_pyradiomics_parse(&s, text, 65537, "p.yaml", &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "p.yaml: 65537 bytes, expected at most 65536");
    assert_int_equal(model(text, (8 << 20) + 1, &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "m.yaml: 8388609 bytes, expected at most 8388608");
    assert_int_equal(model(text, 8 << 20, &err), CFG_EVALUE);
    free(text);
}

/* Lists and mappings in brackets are stopped before libyaml, the others on their events. */
static void test_strict__hostile_nesting_is_refused_quickly(void **state)
{
    (void)state;
    static const char *const units[] = {"[", "{", "[\n", "{a: ", "[[{", "- ", "? ", "a: [",
                                        "'[", "x[ ", "[]", "{}", "\"", "- - [", "? [", "[?"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        cfg_error err;
        char *text = repeat(units[i], 1 << 20);
        clock_t start = clock();
        model(text, 1 << 20, &err);
        double took = seconds_since(start);
        if (strlen(units[i]) == 1 && strchr("[{", units[i][0])) {
            assert_int_equal(err.code, CFG_ELIMIT);
            assert_true(took < 0.1);
        }
        if (took >= 2.0) { fail_msg("%s: %.2f s (%s)", units[i], took, err.msg); }
        free(text);
    }
}

static void test_strict__flow_depth_is_named_with_its_place(void **state)
{
    (void)state;
    cfg_error err;
    char text[80];
    snprintf(text, sizeof text, "node:\n  %.33s%.33s", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(node(text, strlen(text), &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "f.yaml:2:35: lists and mappings nested deeper than 32");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 35);
    /* 32 lists pass the scan, but the mapping around them is one more */
    snprintf(text, sizeof text, "node:\n  %.32s%.32s", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(node(text, strlen(text), &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "f.yaml:2:34: lists and mappings nested deeper than 32");
    snprintf(text, sizeof text, "node:\n  %.31s%.31s", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(node(text, strlen(text), &err), CFG_EVALUE);
    assert_string_equal(err.msg, "f.yaml:2:3: node: got a list, expected a mapping");
}

static void test_strict__brackets_in_comments_and_quotes_do_not_count(void **state)
{
    (void)state;
    cfg_error err;
    char text[400];
    snprintf(text, sizeof text, "# %s\na: '%s'\nb: \"\\\"%s\"\n",
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    assert_int_equal(node(text, strlen(text), &err), CFG_EVALUE);
    assert_non_null(strstr(err.msg, "2:1: a: unknown key"));
}

static void test_strict__block_depth(void **state)
{
    (void)state;
    cfg_error err;
    char text[4096];
    for (size_t depth = 32; depth <= 33; depth++) {
        size_t at = 0;
        for (size_t i = 0; i < depth; i++) {
            at += (size_t)snprintf(text + at, sizeof text - at, "%*sa:\n", (int)i, "");
        }
        int rc = node(text, at, &err);
        assert_int_equal(rc, depth == 32 ? CFG_EVALUE : CFG_ELIMIT);
    }
    assert_string_equal(err.msg, "f.yaml:33:33: lists and mappings nested deeper than 32");
}

static void test_strict__number_of_keys(void **state)
{
    (void)state;
    cfg_error err;
    char text[2048];
    size_t at = 0;
    for (unsigned i = 0; i < 129; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "k%u: 1\n", i);
    }
    assert_int_equal(node(text, at, &err), CFG_ELIMIT);
    assert_string_equal(err.msg, "f.yaml:129:1: more than 128 keys in one mapping");
}

static void test_strict__number_of_values(void **state)
{
    (void)state;
    cfg_error err;
    char *text = repeat("1,", 3 << 20);
    text[0] = '[';
    text[1] = ' ';
    assert_int_equal(model(text, 3 << 20, &err), CFG_ELIMIT);
    assert_non_null(strstr(err.msg, "more than 1000000 values"));
    free(text);
}

/* ---- Bytes and syntax ---------------------------------------------------- */

typedef struct bytes_case {
    const char *bytes;
    size_t n;
    int code;
    const char *message;
} bytes_case;
#define TEXT(s) s, sizeof(s) - 1

static const bytes_case cases[] = {
    /* nothing */
    {TEXT(""), CFG_EVALUE,
     "f.yaml: empty, expected a mapping with node, spool, archives and models"},
    {TEXT("\n\n# only this\n"), CFG_EVALUE,
     "f.yaml: empty, expected a mapping with node, spool, archives and models"},
    {TEXT("---\n"), CFG_EVALUE,
     "f.yaml:2:1: node: missing, expected a mapping"},
    /* bytes */
    {TEXT("a: 1\0\n"), CFG_ESYNTAX, "f.yaml:1:5: control character 0x00, expected text"},
    {TEXT("a: 1\nb: \x07\n"), CFG_ESYNTAX,
     "f.yaml:2:4: control character 0x07, expected text"},
    {TEXT("a: \x7f\n"), CFG_ESYNTAX, "f.yaml:1:4: control character 0x7f, expected text"},
    {TEXT("a: \"\\0\"\n"), CFG_ESYNTAX, "f.yaml:1:4: NUL character in a text"},
    {TEXT("\xc3\xa4: \xff\n"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xff, expected UTF-8 text"},
    {TEXT("a: \xc0\xaf\n"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xc0, expected UTF-8 text"},
    {TEXT("a: \xed\xa0\x80\n"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xed, expected UTF-8 text"},
    {TEXT("a: \xf4\x90\x80\x80\n"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xf4, expected UTF-8 text"},
    {TEXT("a: \xe0\x80\xaf\n"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xe0, expected UTF-8 text"},
    {TEXT("a: \xc3"), CFG_ESYNTAX, "f.yaml:1:4: byte 0xc3, expected UTF-8 text"},
    {TEXT("\xff\xfe" "a\0:\0"), CFG_ESYNTAX, "f.yaml:1:1: byte 0xff, expected UTF-8 text"},
    {TEXT("a: 1\r\nb: 1\r\nc: \x01\r\n"), CFG_ESYNTAX,
     "f.yaml:3:4: control character 0x01, expected text"},
    /* keys */
    {TEXT("node:\n  port: 1\n  ae_title: N\n  port: 2\n"), CFG_EVALUE,
     "f.yaml:4:3: node.port: key given twice, first on line 2"},
    {TEXT("node: {}\n\"node\": {}\n"), CFG_EVALUE,
     "f.yaml:2:1: node: key given twice, first on line 1"},
    {TEXT("archives:\n- {name: a}\n- {name: a, name: b}\n"), CFG_EVALUE,
     "f.yaml:3:13: archives[1].name: key given twice, first on line 3"},
    {TEXT("[a, b]: 1\n"), CFG_ESYNTAX, "f.yaml:1:1: a key must be a plain word"},
    {TEXT("? {a: 1}\n: 1\n"), CFG_ESYNTAX, "f.yaml:1:3: a key must be a plain word"},
    /* YAML that we do not take */
    {TEXT("a: &x 1\nb: *x\n"), CFG_ESYNTAX, "f.yaml:1:4: anchors (&name) are not allowed"},
    {TEXT("a: &x [1]\n"), CFG_ESYNTAX, "f.yaml:1:4: anchors (&name) are not allowed"},
    {TEXT("a: &x {}\n"), CFG_ESYNTAX, "f.yaml:1:4: anchors (&name) are not allowed"},
    {TEXT("a: *x\n"), CFG_ESYNTAX, "f.yaml:1:4: aliases (*name) are not allowed"},
    {TEXT("a: 1\n*x : 1\n"), CFG_ESYNTAX, "f.yaml:2:1: aliases (*name) are not allowed"},
    {TEXT("a: !!str 1\n"), CFG_ESYNTAX, "f.yaml:1:4: tags (!name) are not allowed"},
    {TEXT("a: !x [1]\n"), CFG_ESYNTAX, "f.yaml:1:4: tags (!name) are not allowed"},
    {TEXT("a: !!python/object {}\n"), CFG_ESYNTAX, "f.yaml:1:4: tags (!name) are not allowed"},
    {TEXT("node: {}\n---\nnode: {}\n"), CFG_ESYNTAX,
     "f.yaml:2:1: a second document, expected one"},
    /* not YAML */
    {TEXT("node: [1, 2\n"), CFG_ESYNTAX,
     "f.yaml:2:1: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"},
    {TEXT("node:\n\tport: 1\n"), CFG_ESYNTAX,
     "f.yaml:2:1: not YAML: while scanning for the next token, found character that cannot "
     "start any token"},
    {TEXT("node: a: b\n"), CFG_ESYNTAX,
     "f.yaml:1:8: not YAML: mapping values are not allowed in this context"},
    {TEXT("node: 'abc\n"), CFG_ESYNTAX,
     "f.yaml:2:1: not YAML: while scanning a quoted scalar, found unexpected end of stream"},
};

static void test_strict__bytes_and_syntax(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cfg_error err;
        int rc = node(cases[i].bytes, cases[i].n, &err);
        assert_string_equal(err.msg, cases[i].message);
        assert_int_equal(rc, cases[i].code);
    }
}

static void test_strict__byte_order_mark_is_taken(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbfsetting:\n  binWidth: 10\n";
    cfg_pyradiomics s;
    cfg_error err;
    CHECK_OK(cfg_pyradiomics_parse(&s, text, sizeof text - 1, "p.yaml", &err), err);
    CHECK_NEAR(s.settings.base.features.bin_width, 10, 0, 0);
}

/* Cut anywhere, or with any one byte changed, a good file gives a file or a message. */
static void test_strict__damaged_files_give_a_message(void **state)
{
    (void)state;
    FILE *f = fopen(PN_SOURCE_DIR "/config/prognode.example.yaml", "rb");
    assert_non_null(f);
    static char good[65536], bad[65536];
    size_t n = fread(good, 1, sizeof good, f);
    fclose(f);
    assert_true(n > 500);
    unsigned long seed = 12345;
    size_t refused = 0;
    for (size_t i = 0; i < 3000; i++) {
        cfg_node c;
        cfg_error err = {0};
        memcpy(bad, good, n);
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        size_t at = (seed >> 20) % n;
        if (i % 3) { bad[at] = (char)(seed >> 50); }
        int rc = cfg_node_parse(&c, bad, i % 3 ? n : at, "f.yaml", &err);
        if (rc) {
            refused++;
            assert_true(strncmp(err.msg, "f.yaml:", 7) == 0);
            assert_null(strchr(err.msg, '\n'));
        } else {
            cfg_node_free(&c);
        }
    }
    assert_true(refused > 1000);
}

/* A comma for the decimal point must not change what a file says. */
static void test_strict__locale_changes_nothing(void **state)
{
    (void)state;
    static const char text[] = "setting: {binWidth: 2.5, voxelArrayShift: -1.5e2}\n";
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !set; i++) {
        set = setlocale(LC_ALL, names[i]);
    }
    if (!set) {
        fprintf(stderr, "SKIPPED: no locale with a decimal comma is installed\n");
        skip();
    }
    char digits[16], shown[CFG_PYRADIOMICS_TEXT_SIZE];
    snprintf(digits, sizeof digits, "%.1f", 2.5);
    assert_string_equal(digits, "2,5");
    cfg_pyradiomics s;
    cfg_error err;
    CHECK_OK(cfg_pyradiomics_parse(&s, text, sizeof text - 1, "p.yaml", &err), err);
    (void)cfg_pyradiomics_text(shown, sizeof shown, &s.settings);
    snprintf(digits, sizeof digits, "%.1f", 2.5);
    setlocale(LC_ALL, "C");
    CHECK_NEAR(s.settings.base.features.bin_width, 2.5, 0, 0);
    CHECK_NEAR(s.settings.base.features.voxel_array_shift, -150, 0, 0);
    assert_non_null(strstr(shown, "binWidth=2.5 "));
    assert_string_equal(digits, "2,5");              /* the caller's own locale is back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strict__size_limits),
        cmocka_unit_test(test_strict__hostile_nesting_is_refused_quickly),
        cmocka_unit_test(test_strict__flow_depth_is_named_with_its_place),
        cmocka_unit_test(test_strict__brackets_in_comments_and_quotes_do_not_count),
        cmocka_unit_test(test_strict__block_depth),
        cmocka_unit_test(test_strict__number_of_keys),
        cmocka_unit_test(test_strict__number_of_values),
        cmocka_unit_test(test_strict__bytes_and_syntax),
        cmocka_unit_test(test_strict__byte_order_mark_is_taken),
        cmocka_unit_test(test_strict__damaged_files_give_a_message),
        cmocka_unit_test(test_strict__locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
