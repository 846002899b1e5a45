/* TLS between two ends in this process, with certificates made by openssl for this run. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/tls.h"

static char folder[] = "/tmp/pn_test_tls_XXXXXX";

static const char *in(const char *name)
{
    static char path[8][128];
    static unsigned next;
    char *p = path[next++ % 8];
    (void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static int make(void **state)
{
    (void)state;
    char command[2048];
    if (!mkdtemp(folder) || system("command -v openssl > /dev/null") != 0) { return -1; }
    (void)snprintf(command, sizeof command,
                   "set -e; pki=%s; . " PN_SOURCE_DIR "/tests/support/certs.sh; make_ca ca; make_ca other; "
                   "make_certificate ca node DNS:node.example,IP:127.0.0.1; "
                   "make_certificate ca pacs DNS:pacs.example; make_certificate other far DNS:far; "
                   "make_crl ca $pki/ca.crl pacs", folder);
    return system(command);
}

static int clean(void **state)
{
    (void)state;
    return pn_remove_tree(folder, NULL);
}

static pn_tls_material material(const char *name, const char *crl)
{
    char certificate[64], key[64];
    (void)snprintf(certificate, sizeof certificate, "%s.crt", name);
    (void)snprintf(key, sizeof key, "%s.key", name);
    const char *const paths[PN_TLS_N_FILES] = {in(certificate), in(key), in("ca.crt"), crl ? in(crl) : NULL};
    pn_tls_material m = {0};
    pn_error err = {0};
    CHECK_OK(pn_tls_material_read(&m, paths, &err), err);
    return m;
}

static pn_tls *open_tls(const char *name, const char *crl, const pn_tls_opts *opts)
{
    pn_tls_material m = material(name, crl);
    pn_tls *t = NULL;
    pn_error err = {0};
    CHECK_OK(pn_tls_open(&t, &m, opts, &err), err);
    pn_tls_material_free(&m);
    return t;
}

/* ---- Both ends ------------------------------------------------------------------------------ */

typedef struct ends {
    int fds[2];
    pn_tls *tls[2];
    pn_tls_stream *stream[2];      /* server, client                                          */
    int result[2];
} ends;

static const pn_tls_opts as_server = {.server = true, .client_certificate = true};
static const pn_tls_opts as_client = {.server = false};

/* Both handshakes as far as they go. */
static void shake(ends *e, const char *server, const char *client, const char *crl,
                  const pn_tls_opts *opts, const pn_tls_expected *expected)
{
    pn_error err = {0};
    memset(e, 0, sizeof *e);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, e->fds), 0);
    e->tls[0] = open_tls(server, crl, opts);
    e->tls[1] = open_tls(client, NULL, &as_client);
    CHECK_OK(pn_tls_start(&e->stream[0], e->tls[0], e->fds[0], NULL, &err), err);
    CHECK_OK(pn_tls_start(&e->stream[1], e->tls[1], e->fds[1], expected, &err), err);
    e->result[0] = e->result[1] = PN_TLS_WANT_READ;
    for (int turn = 0; turn < 20; turn++) {
        int i = turn % 2 ? 0 : 1;
        if (e->result[i] < PN_TLS_FAILED) { e->result[i] = pn_tls_handshake(e->stream[i]); }
    }
}

static void part(ends *e)
{
    for (int i = 0; i < 2; i++) {
        pn_tls_end(e->stream[i]);
        pn_tls_close(e->tls[i]);
        close(e->fds[i]);
    }
}

static const pn_tls_expected node_example = {.name = "node.example"};

static void test_tls__carries_bytes_both_ways(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    ends e;
    shake(&e, "node", "pacs", NULL, &as_server, &node_example);
    assert_int_equal(e.result[0], 0);
    assert_int_equal(e.result[1], 0);
    assert_string_equal(pn_tls_peer_of(e.stream[0])->subject, "CN=pacs,O=Test");
    assert_string_equal(pn_tls_peer_of(e.stream[1])->subject, "CN=node,O=Test");
    assert_string_equal(pn_tls_peer_of(e.stream[0])->version, "TLSv1.3");
    assert_string_equal(pn_tls_peer_of(e.stream[0])->cipher, "TLS_AES_256_GCM_SHA384");
    assert_int_equal(strlen(pn_tls_peer_of(e.stream[0])->fingerprint), 64);

    uint8_t *sent = malloc(N), *got = malloc(N);
    assert_non_null(sent);
    assert_non_null(got);
    for (size_t i = 0; i < N; i++) { sent[i] = (uint8_t)(i * 2654435761u >> 13); }
    for (int from = 0; from < 2; from++) {
        size_t n_sent = 0, n_got = 0;
        while (n_got < N) {
            ssize_t n = n_sent < N ? pn_tls_write(e.stream[from], sent + n_sent, N - n_sent) : 0;
            assert_true(n >= 0 || n == PN_TLS_WANT_WRITE);
            n_sent += n > 0 ? (size_t)n : 0;
            n = pn_tls_read(e.stream[1 - from], got + n_got, N - n_got);
            assert_true(n > 0 || n == PN_TLS_WANT_READ);
            n_got += n > 0 ? (size_t)n : 0;
        }
        assert_memory_equal(sent, got, N);
        assert_int_equal(pn_tls_read(e.stream[1 - from], got, N), PN_TLS_WANT_READ);
        assert_false(pn_tls_buffered(e.stream[1 - from]));
    }
    free(sent);
    free(got);

    char byte;
    pn_tls_end(e.stream[1]);
    e.stream[1] = NULL;
    assert_int_equal(pn_tls_read(e.stream[0], &byte, 1), 0);
    part(&e);
}

static void test_tls__an_end_without_goodbye_is_an_end(void **state)
{
    (void)state;
    ends e;
    char byte;
    shake(&e, "node", "pacs", NULL, &as_server, &node_example);
    (void)shutdown(e.fds[1], SHUT_RDWR);
    assert_int_equal(pn_tls_read(e.stream[0], &byte, 1), 0);
    assert_int_equal(pn_tls_write(e.stream[0], &byte, 1), PN_TLS_FAILED);
    part(&e);
}

/* ---- Who is refused ------------------------------------------------------------------------- */

static bool only_far(void *ctx, const char *subject, const char *fingerprint)
{
    assert_ptr_equal(ctx, folder);
    assert_int_equal(strlen(fingerprint), 64);
    return strcmp(subject, "CN=far,O=Test") == 0;
}

static void expect_refusal(int end, const char *why, const char *server, const char *client,
                           const char *crl, const pn_tls_opts *opts, const pn_tls_expected *expected)
{
    ends e;
    shake(&e, server, client, crl, opts, expected);
    assert_int_equal(e.result[end], PN_TLS_FAILED);
    assert_string_equal(pn_tls_why(e.stream[end]), why);
    char byte;
    assert_int_equal(pn_tls_read(e.stream[end], &byte, 1), PN_TLS_FAILED);
    part(&e);
}

static void test_tls__each_refusal_has_its_words(void **state)
{
    (void)state;
    pn_tls_facts facts;
    pn_error err = {0};
    pn_tls_material m = material("node", NULL);
    CHECK_OK(pn_tls_facts_of(&facts, &m, &err), err);
    pn_tls_material_free(&m);
    expect_refusal(0, "certificate of \"CN=far,O=Test\" refused: no CA of tls.ca vouches for it", "node", "far",
                   NULL, &as_server, &node_example);
    expect_refusal(1, "certificate of \"CN=far,O=Test\" refused: no CA of tls.ca vouches for it", "far", "pacs",
                   NULL, &as_server, &node_example);
    expect_refusal(0, "certificate of \"CN=pacs,O=Test\" refused: it is revoked", "node", "pacs", "ca.crl",
                   &as_server, &node_example);
    const pn_tls_expected wrong = {.name = "wrong.example"}, address = {.name = "127.0.0.2"};
    expect_refusal(1, "certificate of \"CN=node,O=Test\" refused: it is not made out to wrong.example", "node",
                   "pacs", NULL, &as_server, &wrong);
    expect_refusal(1, "certificate of \"CN=node,O=Test\" refused: it is not made out to 127.0.0.2", "node",
                   "pacs", NULL, &as_server, &address);
    const pn_tls_opts listed = {.server = true, .client_certificate = true, .allowed = only_far, .ctx = folder};
    expect_refusal(0, "certificate of \"CN=pacs,O=Test\" refused: it is not on the list access.certificates",
                   "node", "pacs", NULL, &listed, &node_example);
    const pn_tls_expected pinned = {.name = "wrong.example",
        .fingerprint = "0000000000000000000000000000000000000000000000000000000000000000"};
    char why[256];
    (void)snprintf(why, sizeof why, "certificate of \"CN=node,O=Test\" refused: its fingerprint is %s, not "
                   "tls_fingerprint", facts.fingerprint);
    expect_refusal(1, why, "node", "pacs", NULL, &as_server, &pinned);
}

static void test_tls__a_fingerprint_takes_the_place_of_the_name(void **state)
{
    (void)state;
    ends e;
    pn_tls_facts facts;
    pn_error err = {0};
    pn_tls_material m = material("node", "ca.crl");
    CHECK_OK(pn_tls_facts_of(&facts, &m, &err), err);
    pn_tls_material_free(&m);
    assert_string_equal(facts.subject, "CN=node,O=Test");
    assert_int_equal(facts.n_ca, 1);
    assert_int_equal(facts.n_crl, 1);
    assert_true(facts.not_before_ms < facts.not_after_ms);
    assert_true(facts.crl_next_update_ms > pn_now_ms());
    const pn_tls_expected pinned = {.name = "wrong.example", .fingerprint = facts.fingerprint};
    shake(&e, "node", "pacs", NULL, &as_server, &pinned);
    assert_int_equal(e.result[0], 0);
    assert_int_equal(e.result[1], 0);
    part(&e);
}

static void test_tls__garbage_ends_the_handshake(void **state)
{
    (void)state;
    enum { LENGTH = 15 };
    static const char garbage[][LENGTH + 1] = {"GET / HTTP/1.1\r", "\x16\x03\x01\xff\xff ..........",
                                               "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00 ...."};
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        int fds[2];
        pn_error err = {0};
        pn_tls_stream *s = NULL;
        pn_tls *t = open_tls("node", NULL, &as_server);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        assert_true(write(fds[1], garbage[i], LENGTH) == LENGTH);
        (void)shutdown(fds[1], SHUT_WR);
        CHECK_OK(pn_tls_start(&s, t, fds[0], NULL, &err), err);
        assert_int_equal(pn_tls_handshake(s), PN_TLS_FAILED);
        assert_true(pn_tls_why(s)[0] != '\0');
        pn_tls_end(s);
        pn_tls_close(t);
        close(fds[0]);
        close(fds[1]);
    }
}

/* ---- Files ---------------------------------------------------------------------------------- */

static void expect_unfit(const char *certificate, const char *key, const char *ca, const char *why)
{
    const char *const paths[PN_TLS_N_FILES] = {in(certificate), in(key), in(ca), NULL};
    pn_tls_material m = {0};
    pn_tls_facts facts;
    pn_error err = {0};
    int rc = pn_tls_material_read(&m, paths, &err);
    if (rc == PN_OK) { rc = pn_tls_facts_of(&facts, &m, &err); }
    pn_tls_material_free(&m);
    assert_int_equal(rc, PN_ECONFIG);
    if (!strstr(err.msg, why)) { fail_msg("%s: expected %s", err.msg, why); }
}

static void test_tls__unfit_files_are_named(void **state)
{
    (void)state;
    pn_error err = {0};
    expect_unfit("node.crt", "pacs.key", "ca.crt", "not the key of the certificate of CN=node,O=Test");
    expect_unfit("node.key", "node.key", "ca.crt", "TLS certificate: no certificate in PEM format");
    expect_unfit("node.crt", "node.crt", "ca.crt", "has mode 0");
    expect_unfit("node.crt", "node.key", "nowhere", "TLS CA");
    CHECK_OK(pn_write_file(in("empty"), "", 0, false, &err), err);
    expect_unfit("node.crt", "empty", "ca.crt", "0 bytes");
    assert_int_equal(chmod(in("node.key"), 0604), 0);
    expect_unfit("node.crt", "node.key", "ca.crt", "has mode 0604: others than its owner may open it");
    assert_int_equal(chmod(in("node.key"), 0400), 0);
    char command[512];
    (void)snprintf(command, sizeof command, "openssl ec -aes128 -passout pass:x -in %s -out %s 2>/dev/null && chmod 600 %s",
                   in("node.key"), in("locked.key"), in("locked.key"));
    assert_int_equal(system(command), 0);
    expect_unfit("node.crt", "locked.key", "ca.crt", "one under a passphrase");
    /* A second certificate that is cut off is no end of the file. */
    (void)snprintf(command, sizeof command, "{ cat %s; head -5 %s; } > %s", in("ca.crt"), in("other.crt"), in("cut.crt"));
    assert_int_equal(system(command), 0);
    expect_unfit("node.crt", "node.key", "cut.crt", "TLS CA: a certificate after the first is broken");
}

static void test_tls__material_goes_through_memory(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_tls_material m = material("node", "ca.crl"), small = material("pacs", NULL), got = {0};
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pn_tls_material_get(&got, fd, &err), PN_EIO);     /* nothing there yet */
    CHECK_OK(pn_tls_material_put(fd, &m, &err), err);
    CHECK_OK(pn_tls_material_get(&got, fd, &err), err);
    for (int i = 0; i < PN_TLS_N_FILES; i++) {
        assert_int_equal(got.n[i], m.n[i]);
        assert_memory_equal(got.pem[i], m.pem[i], m.n[i]);
    }
    pn_tls_material_free(&got);
    CHECK_OK(pn_tls_material_put(fd, &small, &err), err);              /* shorter than what was there */
    CHECK_OK(pn_tls_material_get(&got, fd, &err), err);
    assert_null(got.pem[PN_TLS_CRL]);
    assert_string_equal(got.pem[PN_TLS_KEY], small.pem[PN_TLS_KEY]);
    pn_tls_material_free(&got);
    /* One changed byte is not taken for a key. */
    char byte;
    assert_true(pread(fd, &byte, 1, 200) == 1);
    byte ^= 1;
    assert_true(pwrite(fd, &byte, 1, 200) == 1);
    assert_int_equal(pn_tls_material_get(&got, fd, &err), PN_EIO);
    pn_tls_material_free(&m);
    pn_tls_material_free(&small);
    close(fd);
}

int main(void)
{
    if (system("command -v openssl > /dev/null") != 0) {
        printf("SKIPPED: openssl is not installed\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls__carries_bytes_both_ways),
        cmocka_unit_test(test_tls__an_end_without_goodbye_is_an_end),
        cmocka_unit_test(test_tls__each_refusal_has_its_words),
        cmocka_unit_test(test_tls__a_fingerprint_takes_the_place_of_the_name),
        cmocka_unit_test(test_tls__garbage_ends_the_handshake),
        cmocka_unit_test(test_tls__unfit_files_are_named),
        cmocka_unit_test(test_tls__material_goes_through_memory),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
