/* GMT files, and sets that meet the genes of a table. */
#include "pipeline/gene_sets.h"
#include <stdlib.h>
#include <string.h>
#include "check.h"

static int parse(pn_gene_sets *s, const char *text, pn_error *err)
{
    return pn_gene_sets_parse(s, text, strlen(text), "s.gmt", err);
}

static void parse__takes_names_and_genes_line_by_line(void **state)
{
    (void)state;
    pn_gene_sets s = {0};
    pn_error err = {0};
    CHECK_OK(parse(&s, "\xef\xbb\xbf" "A B\tsome words\tg1\tg2\n\nC\t\tg2\t\tg3\tg2\t\r\nD\thttp://x\tg9", &err), err);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.name[0], "A B");
    assert_string_equal(s.name[2], "D");
    const size_t start[] = {0, 2, 5, 6};
    assert_memory_equal(s.start, start, sizeof start);
    const char *const genes[] = {"g1", "g2", "g2", "g3", "g2", "g9"};
    for (size_t i = 0; i < 6; i++) { assert_string_equal(s.gene[i], genes[i]); }
    pn_gene_sets_free(&s);
    pn_gene_sets_free(&s);
}

static void parse__tells_file_and_line_of_what_is_wrong(void **state)
{
    (void)state;
    static const struct { const char *text, *message; } wrong[] = {
        {"", "s.gmt holds no gene set"},
        {"\n\r\n", "s.gmt holds no gene set"},
        {"A\tb\tg\nB\n", "s.gmt:2: \"B\" has no genes"},
        {"A\tb\n", "s.gmt:1: \"A\" has no genes"},
        {"A\tb\t\t\n", "s.gmt:1: \"A\" has no genes"},
        {"A\tb\tg\n\n\tb\tg\n", "s.gmt:3: a gene set without a name"},
        {"A\tb\tg\nB\tb\tg\nA\tc\th\n", "s.gmt: the gene set \"A\" is there twice"},
        {"A\tb\tg\nB\tb\t\x1b[31m\n", "s.gmt:2: control character 0x1b"},
        {"A\tb\tg\x7f\n", "s.gmt:1: control character 0x7f"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pn_gene_sets s = {.n = 77};
        pn_error err = {0};
        assert_int_equal(parse(&s, wrong[i].text, &err), PN_EFORMAT);
        if (strncmp(err.msg, wrong[i].message, strlen(wrong[i].message)) != 0) {
            fail_msg("\"%s\", expected \"%s\"", err.msg, wrong[i].message);
        }
        assert_int_equal(s.n, 77);
    }
    pn_gene_sets s = {0};
    pn_error err = {0};
    assert_int_equal(pn_gene_sets_parse(&s, "A\tb\tg\0h\n", 8, "s.gmt", &err), PN_EFORMAT);
    assert_int_equal(pn_gene_sets_read(&s, "/nowhere.gmt", &err), PN_ENOTFOUND);
}

static void meet__keeps_sets_of_the_asked_sizes_each_gene_once(void **state)
{
    (void)state;
    pn_gene_sets s = {0};
    pn_met_sets m = {0};
    pn_error err = {0};
    const char *const names[] = {"g3", "g1", "G2", "g2"};
    CHECK_OK(parse(&s, "one\t\tg1\nthree\t\tg1\tg2\tx\tg3\tg1\nnone\t\tx\ty\ntwo\t\tg3\tg3\tG2\nfour\t\tg1\tG2\tg2\tg3\n", &err), err);
    CHECK_OK(pn_gene_sets_meet(&m, &s, names, 4, 2, 3, &err), err);
    assert_int_equal(m.n, 2);
    const size_t set[] = {1, 3}, start[] = {0, 3, 5};
    const uint32_t gene[] = {1, 3, 0, 0, 2};
    assert_memory_equal(m.set, set, sizeof set);
    assert_memory_equal(m.start, start, sizeof start);
    assert_memory_equal(m.gene, gene, sizeof gene);
    const sv_gene_sets v = pn_met_sets_view(&m);
    assert_int_equal(v.n, 2);
    pn_met_sets_free(&m);
    CHECK_OK(pn_gene_sets_meet(&m, &s, names, 0, 1, 9, &err), err);
    assert_int_equal(m.n, 0);
    pn_met_sets_free(&m);
    pn_gene_sets_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__takes_names_and_genes_line_by_line),
        cmocka_unit_test(parse__tells_file_and_line_of_what_is_wrong),
        cmocka_unit_test(meet__keeps_sets_of_the_asked_sizes_each_gene_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
