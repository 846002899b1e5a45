#include "base/file.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "check.h"

static char root[] = "/tmp/prognode-file-XXXXXX";
static char path[PN_PATH_SIZE];

static const char *in_root(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(root) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    pn_error err;
    return pn_remove_tree(root, &err);
}

static size_t entries_of(const char *folder)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) { n += e->d_name[0] != '.'; }
    if (dir != NULL) { closedir(dir); }
    return n;
}

static void write_then_read__gives_the_bytes_and_leaves_no_temporary(void **state)
{
    (void)state;
    pn_error err = {0};
    CHECK_OK(pn_mkdir_p(in_root("w"), &err), err);
    char file[PN_PATH_SIZE];
    (void)snprintf(file, sizeof file, "%s/w/data", root);
    for (int round = 0; round < 2; round++) {
        CHECK_OK(pn_write_file(file, "ab\0cd", 5, round == 0, &err), err);
        char *bytes = NULL;
        size_t n = 0;
        CHECK_OK(pn_read_file(&bytes, &n, file, 5, &err), err);
        assert_int_equal(n, 5);
        assert_memory_equal(bytes, "ab\0cd", 6);
        free(bytes);
    }
    assert_int_equal(entries_of(in_root("w")), 1);
}

static void write_file__keeps_the_old_file_where_it_fails(void **state)
{
    (void)state;
    pn_error err = {0};
    assert_int_equal(pn_write_file(in_root("absent/data"), "x", 1, true, &err), PN_ENOTFOUND);
    assert_non_null(strstr(err.msg, "absent/data"));
}

static void read_file__refuses_what_is_larger_than_the_limit(void **state)
{
    (void)state;
    pn_error err = {0};
    char *bytes = NULL;
    size_t n = 0;
    CHECK_OK(pn_write_file(in_root("big"), "0123456789", 10, false, &err), err);
    assert_int_equal(pn_read_file(&bytes, &n, in_root("big"), 9, &err), PN_ELIMIT);
    /* A file that tells no size is read to its end, and no further than the limit. */
    assert_int_equal(pn_read_file(&bytes, &n, "/dev/zero", 100000, &err), PN_ELIMIT);
    CHECK_OK(pn_read_file(&bytes, &n, "/proc/self/status", 100000, &err), err);
    assert_true(n > 0);
    free(bytes);
    assert_int_equal(pn_read_file(&bytes, &n, root, 100, &err), PN_EIO);
    assert_int_equal(pn_read_file(&bytes, &n, in_root("absent"), 100, &err), PN_ENOTFOUND);
}

static void mkdir_p__makes_parents_and_refuses_files_in_the_way(void **state)
{
    (void)state;
    pn_error err = {0};
    CHECK_OK(pn_mkdir_p(in_root("a/b/c"), &err), err);
    CHECK_OK(pn_mkdir_p(in_root("a/b/c"), &err), err);
    CHECK_OK(pn_write_file(in_root("a/file"), "x", 1, false, &err), err);
    assert_int_not_equal(pn_mkdir_p(in_root("a/file"), &err), PN_OK);
    assert_int_not_equal(pn_mkdir_p(in_root("a/file/below"), &err), PN_OK);
}

static void remove_tree__removes_links_not_what_they_point_to(void **state)
{
    (void)state;
    pn_error err = {0};
    char outside[PN_PATH_SIZE];
    CHECK_OK(pn_mkdir_p(in_root("kept"), &err), err);
    CHECK_OK(pn_write_file(in_root("kept/file"), "x", 1, false, &err), err);
    (void)snprintf(outside, sizeof outside, "%s/kept", root);
    CHECK_OK(pn_mkdir_p(in_root("gone/deep/er"), &err), err);
    assert_int_equal(symlink(outside, in_root("gone/deep/link")), 0);
    CHECK_OK(pn_remove_tree(in_root("gone"), &err), err);
    assert_int_equal(access(in_root("gone"), F_OK), -1);
    assert_int_equal(access(in_root("kept/file"), F_OK), 0);
    CHECK_OK(pn_remove_tree(in_root("gone"), &err), err);
}

static void path__fails_where_it_would_be_cut(void **state)
{
    (void)state;
    char small[8];
    pn_error err = {0};
    CHECK_OK(pn_path(small, sizeof small, &err, "%s", "1234567"), err);
    assert_int_equal(pn_path(small, sizeof small, &err, "%s", "12345678"), PN_ELIMIT);
}

static void datetime__has_the_dicom_form(void **state)
{
    (void)state;
    char text[15];
    setenv("TZ", "UTC", 1);
    pn_datetime_local(text, 1769860800123);
    assert_string_equal(text, "20260131120000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_then_read__gives_the_bytes_and_leaves_no_temporary),
        cmocka_unit_test(write_file__keeps_the_old_file_where_it_fails),
        cmocka_unit_test(read_file__refuses_what_is_larger_than_the_limit),
        cmocka_unit_test(mkdir_p__makes_parents_and_refuses_files_in_the_way),
        cmocka_unit_test(remove_tree__removes_links_not_what_they_point_to),
        cmocka_unit_test(path__fails_where_it_would_be_cut),
        cmocka_unit_test(datetime__has_the_dicom_form),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
