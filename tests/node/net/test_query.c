/* pn_query_find, _move and _get against a scripted peer and DCMTK's dcmqrscp. */
#include "check.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "dicom/query.h"
#include "raw.h"

enum { N = 4 };
static char root[64];

static pn_scu_peer peer_at(uint16_t port)
{
    return (pn_scu_peer){ .host = "127.0.0.1", .port = port, .called_ae = "QR",
                          .calling_ae = "PROGNODE", .connect_timeout_s = 2, .dimse_timeout_s = 2 };
}

static const pn_query_opts opts = { .total_timeout_s = 20 };

/* ---- A peer that answers what it likes ---- */

static int ask_raw(pn_found_list *found, int status, const char *comment, const pn_query_opts *how,
                   pn_error *err)
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
    pn_scu_peer peer = peer_at(port);
    int rc = pn_query_find(found, &peer, "1.2.3.4", "1.2.3.4.5", how, err);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return rc;
}

static void test_query__final_status_decides(void **state)
{
    (void)state;
    static const struct { int status; pn_code code; pn_class cls; const char *words; } rows[] = {
        { 0x0000, PN_OK, PN_PERMANENT, "" },
        { 0xb000, PN_OK, PN_PERMANENT, "" },
        { 0xa700, PN_EPEER, PN_TRANSIENT, "A700" },
        { 0xa900, PN_EPEER, PN_PERMANENT, "A900 (identifier does not match): my words" },
        { 0xa801, PN_EPEER, PN_PERMANENT, "move destination unknown" },
        { 0xc001, PN_EPEER, PN_PERMANENT, "C001 (unable to process)" },
        { RAW_CLOSED, PN_ENET, PN_TRANSIENT, "ended the association" },
        { RAW_TIMED_OUT, PN_ENET, PN_TRANSIENT, "timed out" },
        { 0xff00, PN_ENET, PN_TRANSIENT, "timed out" },      /* and then nothing more */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pn_found_list found = {0};
        pn_error err = {0};
        int rc = ask_raw(&found, rows[i].status, "my words", &opts, &err);
        if (rc != (int)rows[i].code || strstr(err.msg, rows[i].words) == NULL ||
            (rc != PN_OK && err.cls != rows[i].cls)) {
            fail_msg("%04x: code %d, class %d, \"%s\"", (unsigned)rows[i].status, rc, err.cls, err.msg);
        }
        assert_int_equal(found.n, 0);
        pn_found_list_free(&found);
    }
}

static bool at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void test_query__gives_up_when_asked_to(void **state)
{
    (void)state;
    const pn_query_opts how = { .total_timeout_s = 20, .give_up = at_once };
    pn_found_list found = {0};
    pn_error err = {0};
    long long begun = now_ms();
    assert_int_equal(ask_raw(&found, RAW_TIMED_OUT, "", &how, &err), PN_ENET);
    assert_true(now_ms() - begun < 1500);
}

/* ---- dcmqrscp ---- */

static pid_t start_qr(uint16_t *port, uint16_t destination)
{
    char config[160], text[8];
    *port = raw_free_port();
    (void)snprintf(text, sizeof text, "%u", (unsigned)*port);
    (void)snprintf(config, sizeof config, "%s/dcmqrscp.cfg", root);
    FILE *f = fopen(config, "w");
    assert_non_null(f);
    fprintf(f, "MaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
               "us = (PROGNODE, localhost, %u)\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
               "AETable BEGIN\nQR %s/qr RW (9, 64mb) ANY\nAETable END\n", (unsigned)destination, root);
    assert_int_equal(fclose(f), 0);
    char folder[96];
    (void)snprintf(folder, sizeof folder, "%s/qr", root);
    assert_int_equal(mkdir(folder, 0700), 0);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("dcmqrscp", "dcmqrscp", "-q", "-c", config, text, (char *)NULL);
        _exit(127);
    }
    pn_scu_peer peer = peer_at(*port);
    pn_error err = {0};
    int rc = -1;
    for (int i = 0; i < 100 && rc != 0; i++) {
        rc = pn_scu_echo(&peer, &err);
        if (rc != 0) { (void)poll(NULL, 0, 100); }
    }
    CHECK_OK(rc, err);
    return pid;
}

static void fill(const pn_scu_peer *peer)
{
    char names[N][128];
    const char *paths[N];
    pn_scu_result results[N];
    pn_error err = {0};
    for (unsigned i = 0; i < N; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s/%u.dcm", root, i);
        assert_int_equal(raw_write_ct(names[i], i, 20000), 0);
        paths[i] = names[i];
    }
    CHECK_OK(pn_scu_store(peer, paths, N, results, &err), err);
    for (unsigned i = 0; i < N; i++) { assert_true(results[i].stored); }
}

typedef struct taken { unsigned n_begun, n_committed, n_aborted; size_t n_bytes; bool full; } taken;

static int take_begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    taken *t = payload;
    t->n_begun++;
    assert_string_equal(instance->sop_class_uid, CT_IMAGE);
    return t->full ? pn_fail_transient(err, PN_ENOSPC, "no room") : PN_OK;
}

static int take_write(void *payload, const void *bytes, size_t n, pn_error *err)
{
    (void)bytes, (void)err;
    ((taken *)payload)->n_bytes += n;
    return PN_OK;
}

static int take_commit(void *payload, pn_error *err)
{
    (void)err;
    ((taken *)payload)->n_committed++;
    return PN_OK;
}

static void take_abort(void *payload) { ((taken *)payload)->n_aborted++; }

static void test_query__dcmqrscp_finds_gets_and_moves(void **state)
{
    (void)state;
    if (sh("command -v dcmqrscp > /dev/null") != 0) {
        fprintf(stderr, "SKIPPED: dcmqrscp is not installed\n");
        skip();
    }
    uint16_t port = 0, ours = raw_free_port();
    pid_t pid = start_qr(&port, ours);
    pn_scu_peer peer = peer_at(port);
    fill(&peer);
    pn_error err = {0};
    pn_found_list found = {0};
    CHECK_OK(pn_query_find(&found, &peer, "1.2.3.4", "1.2.3.4.5", &opts, &err), err);
    assert_int_equal(found.n, N);
    assert_string_equal(found.item[0].series_uid, "1.2.3.4.5");
    pn_found_list_free(&found);
    CHECK_OK(pn_query_find(&found, &peer, "1.2.3.4", "", &opts, &err), err);     /* by its series */
    assert_int_equal(found.n, N);
    pn_found_list_free(&found);
    CHECK_OK(pn_query_find(&found, &peer, "1.2.3.9", "1.2.3.9.1", &opts, &err), err);
    assert_int_equal(found.n, 0);
    pn_found_list_free(&found);

    char uid[65];
    raw_ct_uid(uid, 2);
    const char *uids[] = { uid };
    pn_query_what what = { "1.2.3.4", "1.2.3.4.5", uids, 1 };
    taken t = {0};
    const pn_scp_handler handler = { .begin = take_begin, .write = take_write,
                                     .commit = take_commit, .abort = take_abort, .payload = &t };
    pn_query_result r;
    CHECK_OK(pn_query_get(&r, &peer, &what, &handler, 1 << 24, &opts, &err), err);
    assert_int_equal(r.n_stored, 1);
    assert_int_equal(t.n_committed, 1);
    size_t n = 0;
    free(raw_ct(&n, 2, 20000));
    assert_int_equal(t.n_bytes, n);

    what.n_uids = 0;                               /* the series, on a full disk */
    t = (taken){ .full = true };
    int rc = pn_query_get(&r, &peer, &what, &handler, 1 << 24, &opts, &err);
    assert_true(rc == PN_OK || rc == PN_EPEER);    /* a failure, or a warning, says the standard */
    assert_int_equal(r.n_stored, 0);
    assert_true(t.n_begun > 0);
    assert_int_equal(t.n_committed + t.n_aborted, 0);

    what.n_uids = 1;
    rc = pn_query_move(&r, &peer, "NOBODY", &what, &opts, &err);
    assert_int_equal(rc, PN_EPEER);
    assert_non_null(strstr(err.msg, "A801"));

    /* Into a receiver of ours. */
    char text[8], spool[96], digest[65], path[256];
    (void)snprintf(text, sizeof text, "%u", (unsigned)ours);
    (void)snprintf(spool, sizeof spool, "%s/spool", root);
    pid_t receiver = fork();
    if (receiver == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL) { _exit(126); }
        execl(NET_RECEIVER, "net_receiver", text, spool, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 100; i++) {
        int fd = raw_connect(ours);
        if (fd >= 0) { close(fd); break; }
        (void)poll(NULL, 0, 50);
    }
    CHECK_OK(pn_query_move(&r, &peer, "PROGNODE", &what, &opts, &err), err);
    assert_int_equal(r.n_completed, 1);
    uint8_t *data = raw_ct(&n, 2, 20000);
    raw_digest(digest, EXPLICIT_LE, data, n);
    free(data);
    (void)snprintf(path, sizeof path, "%s/incoming/%s.dcm", spool, digest);
    assert_int_equal(access(path, R_OK), 0);
    (void)kill(receiver, SIGKILL);
    (void)kill(pid, SIGKILL);
    (void)waitpid(receiver, NULL, 0);
    (void)waitpid(pid, NULL, 0);
}

int main(void)
{
    (void)snprintf(root, sizeof root, "/tmp/pn-query-XXXXXX");
    if (mkdtemp(root) == NULL) { return 1; }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query__final_status_decides),
        cmocka_unit_test(test_query__gives_up_when_asked_to),
        cmocka_unit_test(test_query__dcmqrscp_finds_gets_and_moves),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pn_error err = {0};
    return pn_remove_tree(root, &err) == PN_OK ? failed : 1;
}
