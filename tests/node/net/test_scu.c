/* pn_scu_store and pn_scu_echo against peers of every temper. */
#include "check.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>
#include "base/file.h"
#include "dicom/scu.h"
#include "raw.h"

static char root[64];

static pn_scu_peer peer_at(uint16_t port)
{
    return (pn_scu_peer){ .host = "127.0.0.1", .port = port, .called_ae = "PEER",
                          .calling_ae = "PROGNODE", .connect_timeout_s = 2, .dimse_timeout_s = 2 };
}

static char *ct_path(char path[128], unsigned index, size_t pixel_bytes)
{
    (void)snprintf(path, 128, "%s/%04u.dcm", root, index);
    assert_int_equal(raw_write_ct(path, index, pixel_bytes), 0);
    return path;
}

static int store_to_raw(pn_scu_result *result, int status, const char *comment, pn_error *err)
{
    uint16_t port = 0;
    int listener = raw_listen(&port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        raw_serve(listener, status, comment);
        _exit(0);
    }
    close(listener);
    char path[128];
    const char *paths[] = { ct_path(path, 1, 300000) };
    pn_scu_peer peer = peer_at(port);
    int rc = pn_scu_store(&peer, paths, 1, result, err);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return rc;
}

static void test_scu__status_decides(void **state)
{
    (void)state;
    static const struct { int status; bool stored; pn_class cls; } cases[] = {
        { 0x0000, true, PN_PERMANENT },  { 0xb000, true, PN_PERMANENT },
        { 0xb007, true, PN_PERMANENT },  { 0x0111, true, PN_PERMANENT },
        { 0xa700, false, PN_TRANSIENT }, { 0xa701, false, PN_TRANSIENT },
        { 0xa900, false, PN_TRANSIENT }, { 0xc000, false, PN_PERMANENT },
        { 0x0110, false, PN_PERMANENT }, { 0x0122, false, PN_PERMANENT },
        { 0x0124, false, PN_PERMANENT }, { 0xff00, false, PN_PERMANENT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_scu_result r;
        pn_error err = {0};
        CHECK_OK(store_to_raw(&r, cases[i].status, "the peer's own words", &err), err);
        assert_int_equal(r.status, cases[i].status);
        assert_string_equal(r.comment, "the peer's own words");
        if (r.stored != cases[i].stored || (!r.stored && r.cls != cases[i].cls)) {
            fail_msg("%04x: stored %d, class %d", (unsigned)cases[i].status, r.stored, r.cls);
        }
    }
}

static void test_scu__no_answer_is_transient(void **state)
{
    (void)state;
    static const int tempers[] = { RAW_CLOSED, RAW_TIMED_OUT };
    for (size_t i = 0; i < 2; i++) {
        pn_scu_result r;
        pn_error err = {0};
        long long begun = now_ms();
        assert_int_equal(store_to_raw(&r, tempers[i], "", &err), PN_ENET);
        assert_int_equal(err.cls, PN_TRANSIENT);
        assert_true(now_ms() - begun < 4500);
        assert_false(r.stored);
        assert_int_equal(r.status, PN_SCU_NO_STATUS);
        assert_int_equal(r.cls, PN_TRANSIENT);
    }
    /* Nobody listens. */
    pn_scu_peer peer = peer_at(raw_free_port());
    pn_error err = {0};
    assert_int_equal(pn_scu_echo(&peer, &err), PN_ENET);
    assert_int_equal(err.cls, PN_TRANSIENT);
    peer.host = "no-such-host.invalid";
    assert_int_equal(pn_scu_echo(&peer, &err), PN_ENET);
}

static pid_t start_receiver(uint16_t *port)
{
    *port = raw_free_port();
    char text[8], spool[96];
    (void)snprintf(text, sizeof text, "%u", (unsigned)*port);
    (void)snprintf(spool, sizeof spool, "%s/spool", root);
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL) { _exit(126); }
        execl(NET_RECEIVER, "net_receiver", text, spool, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 100; i++) {
        int fd = raw_connect(*port);
        if (fd >= 0) { close(fd); return pid; }
        (void)poll(NULL, 0, 50);
    }
    return -1;
}

static void test_scu__many_files_one_association(void **state)
{
    (void)state;
    enum { N = 6 };
    uint16_t port = 0;
    pid_t pid = start_receiver(&port);
    assert_true(pid > 0);
    pn_scu_peer peer = peer_at(port);
    pn_error err = {0};
    pn_scu_result results[N + 3];
    char names[N][128], broken[128], cut[128];
    const char *paths[N + 3];
    for (unsigned i = 0; i < N; i++) { paths[i] = ct_path(names[i], i, 100000 + 20000 * i); }
    (void)snprintf(broken, sizeof broken, "%s/broken.dcm", root);
    (void)snprintf(cut, sizeof cut, "%s/cut.dcm", root);
    CHECK_OK(pn_write_file(broken, "no DICOM at all", 15, false, &err), err);
    assert_int_equal(sh("head -c 150 %s > %s", names[0], cut), 0);
    paths[N] = broken;
    paths[N + 1] = cut;
    paths[N + 2] = "/nonexistent.dcm";

    /* The called title is wrong: permanent, and every file says so. */
    assert_int_equal(pn_scu_store(&peer, paths, N, results, &err), PN_ENET);
    assert_int_equal(err.cls, PN_PERMANENT);
    assert_non_null(strstr(err.msg, "called AE title"));
    for (size_t i = 0; i < N; i++) { assert_int_equal(results[i].cls, PN_PERMANENT); }

    peer.called_ae = "PROGNODE";
    CHECK_OK(pn_scu_echo(&peer, &err), err);
    CHECK_OK(pn_scu_store(&peer, paths, N + 3, results, &err), err);
    for (unsigned i = 0; i < N; i++) {
        assert_true(results[i].stored);
        assert_int_equal(results[i].status, 0);
        /* Byte for byte. */
        size_t n = 0;
        char digest[65], path[256];
        uint8_t *data = raw_ct(&n, i, 100000 + 20000 * i);
        raw_digest(digest, EXPLICIT_LE, data, n);
        free(data);
        (void)snprintf(path, sizeof path, "%s/spool/incoming/%s.dcm", root, digest);
        assert_int_equal(access(path, R_OK), 0);
    }
    for (size_t i = N; i < N + 3; i++) {
        assert_false(results[i].stored);
        assert_int_equal(results[i].status, PN_SCU_NO_STATUS);
        assert_true(results[i].comment[0] != '\0');
    }
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
}

static void test_scu__context_refused_is_permanent(void **state)
{
    (void)state;
    uint16_t port = 0;
    pid_t pid = start_receiver(&port);
    assert_true(pid > 0);
    pn_scu_peer peer = peer_at(port);
    peer.called_ae = "PROGNODE";
    char good[128], other[128];
    const char *paths[] = { other, ct_path(good, 1, 1000) };
    /* The same object as an ultrasound image, which the receiver does not take. */
    (void)snprintf(other, sizeof other, "%s/us.dcm", root);
    assert_int_equal(sh("sed 's/1\\.2\\.840\\.10008\\.5\\.1\\.4\\.1\\.1\\.2/1.2.840.10008.5.1.4.1.1.6/' %s > %s",
                        good, other), 0);
    pn_scu_result results[2];
    pn_error err = {0};
    CHECK_OK(pn_scu_store(&peer, paths, 2, results, &err), err);
    assert_false(results[0].stored);
    assert_int_equal(results[0].cls, PN_PERMANENT);
    assert_true(results[1].stored);
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
}

static void test_scu__dcmtk_as_peer(void **state)
{
    (void)state;
    uint16_t port = raw_free_port();
    char text[8], folder[96];
    (void)snprintf(text, sizeof text, "%u", (unsigned)port);
    (void)snprintf(folder, sizeof folder, "%s/peer", root);
    assert_int_equal(mkdir(folder, 0700), 0);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("storescp", "storescp", "-q", "-od", folder, text, (char *)NULL);
        _exit(127);
    }
    pn_scu_peer peer = peer_at(port);
    pn_error err = {0};
    int rc = -1;
    for (int i = 0; i < 50 && rc != 0; i++) {
        rc = pn_scu_echo(&peer, &err);
        if (rc != 0) { (void)poll(NULL, 0, 100); }
    }
    CHECK_OK(rc, err);
    char path[128];
    const char *paths[] = { ct_path(path, 1, 300000) };
    pn_scu_result result;
    CHECK_OK(pn_scu_store(&peer, paths, 1, &result, &err), err);
    assert_true(result.stored);
    assert_int_equal(count_files(folder, "."), 1);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

int main(void)
{
    (void)snprintf(root, sizeof root, "/tmp/pn-scu-XXXXXX");
    if (mkdtemp(root) == NULL) { return 1; }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scu__status_decides),
        cmocka_unit_test(test_scu__no_answer_is_transient),
        cmocka_unit_test(test_scu__many_files_one_association),
        cmocka_unit_test(test_scu__context_refused_is_permanent),
        cmocka_unit_test(test_scu__dcmtk_as_peer),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pn_error err = {0};
    return pn_remove_tree(root, &err) == PN_OK ? failed : 1;
}
