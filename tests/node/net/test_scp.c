/* pn_scp_serve inside the test's process: what the handler sees, and that nothing leaks. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "dicom/scp.h"
#include "raw.h"

typedef struct sink {
    pn_buf bytes;
    pn_scp_instance last;
    char sop_uid[65], transfer_syntax[65], calling[17];
    pn_code fail_begin, fail_write, fail_commit;
    unsigned n_begun, n_committed, n_aborted, n_accepted;
    bool open, stop;
} sink;

static int failure(pn_code code, pn_error *err)
{
    return code == PN_OK ? PN_OK : pn_fail(err, code, "planned failure\nof the test");
}

static int begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    sink *s = payload;
    assert_false(s->open);
    s->n_begun++;
    s->bytes.n = 0;
    (void)snprintf(s->sop_uid, sizeof s->sop_uid, "%s", instance->sop_uid);
    (void)snprintf(s->transfer_syntax, sizeof s->transfer_syntax, "%s", instance->transfer_syntax_uid);
    (void)snprintf(s->calling, sizeof s->calling, "%s", instance->calling_ae);
    s->open = s->fail_begin == PN_OK;
    return failure(s->fail_begin, err);
}

static int take(void *payload, const void *bytes, size_t n, pn_error *err)
{
    sink *s = payload;
    assert_true(s->open);
    if (s->fail_write != PN_OK) { return failure(s->fail_write, err); }
    return pn_buf_add(&s->bytes, bytes, n, err);
}

static int commit(void *payload, pn_error *err)
{
    sink *s = payload;
    assert_true(s->open);
    s->open = false;
    s->n_committed++;
    return failure(s->fail_commit, err);
}

static void abandon(void *payload)
{
    sink *s = payload;
    assert_true(s->open);
    s->open = false;
    s->n_aborted++;
}

static void accepted(void *payload, const char *calling_ae, unsigned n_contexts)
{
    sink *s = payload;
    assert_string_equal(calling_ae, "RAW");
    assert_int_equal(n_contexts, 1);
    s->n_accepted++;
}

static bool must_stop(void *payload) { return ((sink *)payload)->stop; }

/* Serve one association with the client's part in a child; the client's exit code. */
static int serve(pn_scp_result *result, sink *s, int (*client)(uint16_t port), int *rc, pn_error *err)
{
    uint16_t port = 0;
    int listener = raw_listen(&port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(listener);
        _exit(client(port));
    }
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    const pn_scp_opts opts = { .ae_title = "PROGNODE", .artim_s = 2, .idle_timeout_s = 2,
                               .max_instance_bytes = 1 << 20 };
    const pn_scp_handler handler = { begin, take, commit, abandon, NULL, accepted, NULL, must_stop, s };
    *rc = pn_scp_serve(result, fd, &opts, &handler, err);
    close(fd);
    close(listener);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(s->open);
    pn_buf_free(&s->bytes);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int release(int fd)
{
    static raw_pdu pdu;
    bool released = raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4) &&
                    raw_read_pdu(&pdu, fd, 2000) == PDU_RELEASE_RP;
    close(fd);
    return released ? 0 : 1;
}

static int store_two(uint16_t port)
{
    int fd = raw_associate(port);
    size_t n = 0;
    uint8_t *data = raw_ct(&n, 1, 200000);
    int status = raw_store(fd, CT_IMAGE, "1.2.3", data, n);
    if (status == 0) { status = raw_store(fd, CT_IMAGE, "1.2.4", data, 100); }
    free(data);
    int rc = release(fd);
    return rc != 0 ? rc : status >> 8 | (status & 0xff);
}

static void test_scp__bytes_arrive_as_sent(void **state)
{
    (void)state;
    sink s = {0};
    pn_scp_result r;
    pn_error err = {0};
    int rc = 0;
    assert_int_equal(serve(&r, &s, store_two, &rc, &err), 0);
    CHECK_OK(rc, err);
    assert_string_equal(r.end, "released");
    assert_string_equal(r.calling_ae, "RAW");
    assert_int_equal(r.n_stored, 2);
    assert_int_equal(r.n_failed, 0);
    assert_string_equal(s.sop_uid, "1.2.4");
    assert_string_equal(s.transfer_syntax, EXPLICIT_LE);
    assert_string_equal(s.calling, "RAW");
    assert_int_equal(s.n_accepted, 1);
    assert_int_equal(s.n_aborted, 0);
}

static int store_one_and_echo(uint16_t port)
{
    int fd = raw_associate(port);
    size_t n = 0;
    uint8_t *data = raw_ct(&n, 1, 200000);
    int status = raw_store(fd, CT_IMAGE, "1.2.3", data, n);
    /* The association lives: a second one is answered the same way. */
    int again = raw_store(fd, CT_IMAGE, "1.2.3", data, 1000);
    free(data);
    if (status != again || release(fd) != 0) { return 99; }
    switch (status) {
    case 0x0000: return 0;
    case 0xa700: return 1;
    case 0x0110: return 2;
    case 0xc000: return 3;
    default: return 98;
    }
}

static void test_scp__failures_become_statuses(void **state)
{
    (void)state;
    static const struct { pn_code code; int want; } cases[] = {
        { PN_OK, 0 }, { PN_ENOSPC, 1 }, { PN_ELIMIT, 1 }, { PN_EIO, 2 }, { PN_EINVAL, 3 },
        { PN_ENOMEM, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int where = 0; where < 3; where++) {
            sink s = {0};
            *(where == 0 ? &s.fail_begin : where == 1 ? &s.fail_write : &s.fail_commit) = cases[i].code;
            pn_scp_result r;
            pn_error err = {0};
            int rc = 0;
            assert_int_equal(serve(&r, &s, store_one_and_echo, &rc, &err), cases[i].want);
            CHECK_OK(rc, err);
            assert_int_equal(r.n_stored, cases[i].code == PN_OK ? 2 : 0);
            assert_int_equal(r.n_failed, cases[i].code == PN_OK ? 0 : 2);
            assert_int_equal(s.n_begun, 2);
            assert_int_equal(s.n_aborted, cases[i].code != PN_OK && where == 1 ? 2 : 0);
        }
    }
}

static int break_off(uint16_t port)
{
    int fd = raw_associate(port);
    uint8_t command[512], bytes[1000] = {0};
    (void)raw_fragment(fd, true, true, command, raw_store_command(command, CT_IMAGE, "1.2.3", 1));
    (void)raw_fragment(fd, false, false, bytes, sizeof bytes);
    close(fd);
    return 0;
}

static int stay_mute(uint16_t port)
{
    static raw_pdu pdu;
    int fd = raw_connect(port);
    int type = raw_read_pdu(&pdu, fd, 5000);
    close(fd);
    return type == RAW_CLOSED ? 0 : 1;
}

static int fall_silent(uint16_t port)
{
    static raw_pdu pdu;
    int fd = raw_associate(port);
    uint8_t command[512];
    (void)raw_fragment(fd, true, true, command, raw_store_command(command, CT_IMAGE, "1.2.3", 1));
    (void)raw_send(fd, "\x04\x00\x00", 3);
    int type = raw_read_pdu(&pdu, fd, 5000);
    close(fd);
    return type == PDU_ABORT ? 0 : 1;
}

static int ask_someone_else(uint16_t port)
{
    static raw_pdu pdu;
    raw_request rq = RAW_REQUEST;
    rq.called = "OTHER";
    int fd = raw_connect(port);
    (void)raw_request_association(fd, &rq);
    int type = raw_read_pdu(&pdu, fd, 5000);
    close(fd);
    return type == PDU_RJ ? 0 : 1;
}

static int begin_with(uint16_t port, const char *bytes, size_t n)
{
    int fd = raw_connect(port);
    (void)raw_send(fd, bytes, n);
    static raw_pdu pdu;
    while (raw_read_pdu(&pdu, fd, 5000) > 0) {}
    close(fd);
    return 0;
}

static int send_garbage(uint16_t port) { return begin_with(port, "GET / HTTP/1.1\r\n\r\n", 18); }

static int speak_tls(uint16_t port)
{
    return begin_with(port, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
}

static void test_scp__every_end_has_its_name(void **state)
{
    (void)state;
    static const struct { int (*client)(uint16_t); int rc; const char *end; unsigned n_aborted; } cases[] = {
        { break_off, PN_ENET, "closed by peer", 1 },
        { stay_mute, PN_ENET, "timed out", 0 },
        { fall_silent, PN_ENET, "timed out", 1 },
        { ask_someone_else, PN_OK, "rejected", 0 },
        { send_garbage, PN_EFORMAT, "violation", 0 },
        { speak_tls, PN_ENET, "refused", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sink s = {0};
        pn_scp_result r;
        pn_error err = {0};
        int rc = 0;
        int client = serve(&r, &s, cases[i].client, &rc, &err);
        if (client != 0 || rc != cases[i].rc || strcmp(r.end, cases[i].end) != 0) {
            fail_msg("case %zu: client %d, code %d, end \"%s\": %s", i, client, rc, r.end, err.msg);
        }
        assert_int_equal(s.n_aborted, cases[i].n_aborted);
        assert_int_equal(s.n_committed, 0);
    }
}

static int expect_abort_after_failure(uint16_t port)
{
    static raw_pdu pdu;
    int fd = raw_associate(port);
    int status = raw_store(fd, CT_IMAGE, "1.2.3", "abcd", 4);
    int type = raw_read_pdu(&pdu, fd, 5000);
    close(fd);
    return status == 0x0110 && type == PDU_ABORT ? 0 : 1;
}

static void test_scp__must_stop_aborts(void **state)
{
    (void)state;
    sink s = { .fail_commit = PN_EIO, .stop = true };
    pn_scp_result r;
    pn_error err = {0};
    int rc = 0;
    assert_int_equal(serve(&r, &s, expect_abort_after_failure, &rc, &err), 0);
    assert_int_equal(rc, PN_EIO);
    assert_string_equal(r.end, "stopped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scp__bytes_arrive_as_sent),
        cmocka_unit_test(test_scp__failures_become_statuses),
        cmocka_unit_test(test_scp__every_end_has_its_name),
        cmocka_unit_test(test_scp__must_stop_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
