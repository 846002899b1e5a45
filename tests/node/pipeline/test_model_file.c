/* Models that a node keeps to: from bytes read once, by digest. Signatures: tests/node/base, tests/cli/model.sh. */
#include "pipeline/model_file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "check.h"

#define EXAMPLE PN_SOURCE_DIR "/config/models/example-phantom.yaml"

static char folder[] = "/tmp/prognode-model-XXXXXX";

static void copy_example(cfg_model_ref *ref, const char *name, const char *more)
{
    char *bytes = NULL;
    size_t n = 0;
    pn_error err = {0};
    CHECK_OK(pn_read_file(&bytes, &n, EXAMPLE, CFG_MAX_MODEL_BYTES, &err), err);
    bytes = realloc(bytes, n + strlen(more) + 1);
    assert_non_null(bytes);
    memcpy(bytes + n, more, strlen(more) + 1);
    *ref = (cfg_model_ref){0};
    (void)snprintf(ref->file, sizeof ref->file, "%s/%s", folder, name);
    CHECK_OK(pn_write_file(ref->file, bytes, n + strlen(more), false, &err), err);
    free(bytes);
}

static void open__gives_the_model_and_the_bytes_it_was_read_from(void **state)
{
    (void)state;
    cfg_model_ref ref;
    pn_model_file f = {0};
    pn_error err = {0};
    char hex[PN_DIGEST_HEX_SIZE];
    copy_example(&ref, "m.yaml", "# one\n");
    CHECK_OK(pn_model_file_open(&f, &ref, NULL, &err), err);
    CHECK_OK(pn_sha256_file(hex, ref.file, &err), err);
    assert_string_equal(f.model.file_sha256, hex);
    assert_string_equal(f.signer, "");
    assert_memory_equal(f.bytes + f.n - 6, "# one\n", 6);
    pn_model_file_free(&f);
}

static void pin__keeps_the_bytes_whatever_becomes_of_the_file(void **state)
{
    (void)state;
    cfg_model_ref ref, again;
    cfg_node there = {0}, here = {0};
    pn_model_file f = {0};
    pn_error err = {0};
    cfg_model m = {0};
    copy_example(&ref, "m.yaml", "# one\n");
    CHECK_OK(pn_model_file_open(&f, &ref, NULL, &err), err);
    assert_false(pn_model_is_kept(folder, f.model.file_sha256));
    CHECK_OK(pn_model_pin(&ref, folder, &f, &err), err);
    assert_true(pn_model_is_kept(folder, f.model.file_sha256));

    /* Another file takes its place; another process is told the digests alone. */
    copy_example(&again, "m.yaml", "# two\n");
    here.models = &ref;
    here.n_models = 1;
    there.models = &again;
    there.n_models = 1;
    (void)snprintf(there.spool, sizeof there.spool, "%s", folder);
    char *pins = NULL;
    CHECK_OK(pn_model_pins_write(&pins, &here, &err), err);
    CHECK_OK(pn_model_pins_read(&there, pins, &err), err);
    assert_string_equal(again.file, ref.file);
    CHECK_OK(pn_model_open(&m, &again, NULL, &err), err);
    assert_string_equal(m.file_sha256, f.model.file_sha256);
    cfg_model_free(&m);

    /* Digests of another number of models than the configuration has. */
    assert_int_equal(pn_model_pins_read(&there, "", &err), PN_EINTERNAL);
    free(pins);

    /* The copy itself is changed: found out, and mended at the next start. */
    FILE *copy = fopen(ref.file, "ab");
    assert_non_null(copy);
    fputc('\n', copy);
    assert_int_equal(fclose(copy), 0);
    assert_int_equal(pn_model_open(&m, &again, NULL, &err), PN_ECONFIG);
    assert_non_null(strstr(err.msg, "is not the one that was checked"));
    assert_false(pn_model_is_kept(folder, f.model.file_sha256));
    CHECK_OK(pn_model_pin(&ref, folder, &f, &err), err);
    CHECK_OK(pn_model_open(&m, &again, NULL, &err), err);
    cfg_model_free(&m);
    pn_model_file_free(&f);
}

/* A digest stands for a signature: who started the node has looked at it. */
static void open__looks_at_the_signature_unless_the_digest_is_known(void **state)
{
    (void)state;
    char key[128], *keys[] = {key};
    (void)snprintf(key, sizeof key, "%s/public.pem", folder);
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                              "-----END PUBLIC KEY-----\n";
    const cfg_signatures trust = {.require = true, .trusted_keys = keys, .n_trusted_keys = 1};
    cfg_model_ref ref;
    cfg_model m = {0};
    pn_error err = {0};
    copy_example(&ref, "m.yaml", "");
    assert_int_equal(pn_model_open(&m, &ref, &trust, &err), PN_ECONFIG);      /* no key yet */
    assert_non_null(strstr(err.msg, "public.pem"));
    CHECK_OK(pn_write_file(key, pem, sizeof pem - 1, false, &err), err);
    assert_int_equal(pn_model_open(&m, &ref, &trust, &err), PN_ECONFIG);
    assert_non_null(strstr(err.msg, "m.yaml is not signed"));
    CHECK_OK(pn_sha256_file(ref.sha256, ref.file, &err), err);
    CHECK_OK(pn_model_open(&m, &ref, &trust, &err), err);
    cfg_model_free(&m);
    ref.sha256[0] = (char)(ref.sha256[0] == '0' ? '1' : '0');
    assert_int_equal(pn_model_open(&m, &ref, NULL, &err), PN_ECONFIG);
}

static void open__fails_for_good_where_there_is_no_file(void **state)
{
    (void)state;
    cfg_model_ref ref = {0};
    cfg_model m = {0};
    pn_error err = {0};
    (void)snprintf(ref.file, sizeof ref.file, "%s/none.yaml", folder);
    assert_int_equal(pn_model_open(&m, &ref, NULL, &err), PN_ECONFIG);
    assert_int_equal(err.cls, PN_PERMANENT);
    assert_int_equal(mkfifo(ref.file, 0600), 0);
    assert_int_equal(pn_model_open(&m, &ref, NULL, &err), PN_ECONFIG);
    assert_non_null(strstr(err.msg, "expected a file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open__gives_the_model_and_the_bytes_it_was_read_from),
        cmocka_unit_test(pin__keeps_the_bytes_whatever_becomes_of_the_file),
        cmocka_unit_test(open__looks_at_the_signature_unless_the_digest_is_known),
        cmocka_unit_test(open__fails_for_good_where_there_is_no_file),
    };
    if (mkdtemp(folder) == NULL) { return 99; }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pn_error err;
    (void)!pn_remove_tree(folder, &err);
    return failed;
}
