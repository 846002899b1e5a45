/* Storage commitment on the network: reports that are taken, and requests with what comes of them. */
#include "check.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "dicom/commit.h"
#include "raw.h"

typedef struct sink {
    pn_buf bytes;
    char sop_class[65], sop_uid[65], syntax[65], calling[17];
    unsigned n_begun, n_committed, n_aborted;
    pn_code fail_commit;
} sink;

static int begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    sink *s = payload;
    (void)err;
    s->n_begun++;
    s->bytes.n = 0;
    (void)snprintf(s->sop_class, sizeof s->sop_class, "%s", instance->sop_class_uid);
    (void)snprintf(s->sop_uid, sizeof s->sop_uid, "%s", instance->sop_uid);
    (void)snprintf(s->syntax, sizeof s->syntax, "%s", instance->transfer_syntax_uid);
    (void)snprintf(s->calling, sizeof s->calling, "%s", instance->calling_ae);
    return PN_OK;
}

static int take(void *payload, const void *bytes, size_t n, pn_error *err)
{
    return pn_buf_add(&((sink *)payload)->bytes, bytes, n, err);
}

static int commit(void *payload, pn_error *err)
{
    sink *s = payload;
    if (s->fail_commit != PN_OK) { return pn_fail(err, s->fail_commit, "planned"); }
    s->n_committed++;
    return PN_OK;
}

static void abandon(void *payload) { ((sink *)payload)->n_aborted++; }

static pn_scp_handler handler_of(sink *s)
{
    return (pn_scp_handler){.begin = begin, .write = take, .commit = commit, .abort = abandon, .payload = s};
}

/* ---- Reports over an association of the archive's -------------------------------------------- */

/* What a peer sends over one association: the statuses of the answers come back by a pipe. */
typedef struct message { bool event; const char *sop_class, *sop_uid; size_t n_bytes; } message;

static int call(uint16_t port, const message *m, size_t n, int to)
{
    static raw_pdu pdu;
    static uint8_t data[2 << 20];
    int fd = raw_connect(port);
    const raw_request rq = {"PROGNODE", "ARCHIVE", APPLICATION_CONTEXT, COMMITMENT, {IMPLICIT_LE}};
    if (fd < 0 || !raw_request_association(fd, &rq) || raw_read_pdu(&pdu, fd, 5000) != PDU_AC ||
        raw_context_result(&pdu) != 0) {
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t command[512];
        size_t length = m[i].event ? raw_event_command(command, m[i].sop_class, m[i].sop_uid, (unsigned)i + 1)
                                   : raw_store_command(command, m[i].sop_class, m[i].sop_uid, (unsigned)i + 1);
        (void)raw_fragment(fd, true, true, command, length);
        for (size_t at = 0; at < m[i].n_bytes; at += 60000) {
            size_t part = m[i].n_bytes - at < 60000 ? m[i].n_bytes - at : 60000;
            if (!raw_fragment(fd, false, at + part == m[i].n_bytes, data + at, part)) { break; }
        }
        int status = raw_status(fd, 5000);
        if (write(to, &status, sizeof status) != (ssize_t)sizeof status) { return 2; }
    }
    (void)raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4);
    close(fd);
    return 0;
}

static int serve(pn_scp_result *result, sink *s, const message *m, size_t n, int *statuses, pn_error *err)
{
    uint16_t port = 0;
    int listener = raw_listen(&port), from[2], status = 0;
    assert_int_equal(pipe(from), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { _exit(call(port, m, n, from[1])); }
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    const pn_scp_opts opts = {.ae_title = "PROGNODE", .artim_s = 5, .idle_timeout_s = 5,
                              .max_instance_bytes = 1 << 24};
    const pn_scp_handler handler = handler_of(s);
    int rc = pn_scp_serve(result, fd, &opts, &handler, err);
    close(fd);
    close(listener);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(read(from[0], statuses, n * sizeof *statuses), (ssize_t)(n * sizeof *statuses));
    close(from[0]);
    close(from[1]);
    return rc;
}

static void test_commit__a_report_becomes_an_object_of_its_class(void **state)
{
    (void)state;
    const message m[] = {{true, COMMITMENT, COMMITMENT_INSTANCE, 500}, {true, COMMITMENT, COMMITMENT_INSTANCE, 300}};
    sink s = {0};
    pn_scp_result r;
    pn_error err = {0};
    int statuses[2];
    CHECK_OK(serve(&r, &s, m, 2, statuses, &err), err);
    assert_int_equal(statuses[0], 0);
    assert_int_equal(statuses[1], 0);
    assert_int_equal(r.n_events, 2);
    assert_int_equal(r.n_stored, 0);
    assert_int_equal(s.n_committed, 2);
    assert_int_equal(s.bytes.n, 300);
    assert_string_equal(s.sop_class, COMMITMENT);
    assert_string_equal(s.sop_uid, COMMITMENT_INSTANCE);
    assert_string_equal(s.syntax, IMPLICIT_LE);
    assert_string_equal(s.calling, "ARCHIVE");
    pn_buf_free(&s.bytes);
}

static void test_commit__what_is_no_report_is_refused(void **state)
{
    (void)state;
    const message m[] = {
        {true, COMMITMENT, "1.2.3", 100},                      /* of another instance              */
        {true, CT_IMAGE, COMMITMENT_INSTANCE, 100},            /* of another class                 */
        {false, COMMITMENT, COMMITMENT_INSTANCE, 100},         /* stored                           */
        {true, COMMITMENT, COMMITMENT_INSTANCE, 100},          /* and the association goes on      */
    };
    sink s = {0};
    pn_scp_result r;
    pn_error err = {0};
    int statuses[4];
    CHECK_OK(serve(&r, &s, m, 4, statuses, &err), err);
    assert_int_equal(statuses[0], 0x0112);
    assert_int_equal(statuses[1], 0x0118);
    assert_int_equal(statuses[2], 0x0122);
    assert_int_equal(statuses[3], 0);
    assert_int_equal(s.n_begun, 1);
    assert_int_equal(r.n_events, 1);
    pn_buf_free(&s.bytes);
}

static void test_commit__a_report_that_is_not_kept_is_not_acknowledged(void **state)
{
    (void)state;
    const message m[] = {{true, COMMITMENT, COMMITMENT_INSTANCE, 100}};
    sink s = {.fail_commit = PN_ENOSPC};
    pn_scp_result r;
    pn_error err = {0};
    int status = 0;
    CHECK_OK(serve(&r, &s, m, 1, &status, &err), err);
    assert_int_equal(status, 0x0110);
    assert_int_equal(r.n_events, 0);
    pn_buf_free(&s.bytes);
}

static void test_commit__a_report_without_end_ends_the_association(void **state)
{
    (void)state;
    const message m[] = {{true, COMMITMENT, COMMITMENT_INSTANCE, (1 << 20) + 70000}};
    sink s = {0};
    pn_scp_result r;
    pn_error err = {0};
    int status = 0;
    assert_int_equal(serve(&r, &s, m, 1, &status, &err), PN_ELIMIT);
    assert_string_equal(r.end, "violation");
    assert_int_equal(status, RAW_CLOSED);
    assert_int_equal(s.n_aborted, 1);
    pn_buf_free(&s.bytes);
}

/* ---- Requests ------------------------------------------------------------------------------- */

static const pn_commit_ref refs[] = {{CT_IMAGE, "1.2.3"}, {CT_IMAGE, "1.2.4.55"}};

static int request(sink *s, unsigned *n_reports, uint16_t port, unsigned wait_s, pn_error *err)
{
    const pn_scu_peer peer = {.host = "127.0.0.1", .port = port, .called_ae = "ARCHIVE",
                              .calling_ae = "PROGNODE", .connect_timeout_s = 2, .dimse_timeout_s = 2};
    const pn_scp_handler handler = handler_of(s);
    return pn_commit_request_send(n_reports, &peer, "2.25.77", refs, 2, &handler, wait_s, err);
}

static void test_commit__the_answer_to_the_request_decides(void **state)
{
    (void)state;
    static const struct { int status; pn_code code; const char *words; } rows[] = {
        {0x0000, PN_OK, ""},
        {0x0110, PN_EPEER, "status 0110: my words"},
        {0x0122, PN_EPEER, "status 0122"},
        {RAW_CLOSED, PN_ENET, "ended the association"},
        {RAW_TIMED_OUT, PN_ENET, "timed out"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t port = 0;
        int listener = raw_listen(&port);
        pid_t pid = fork();
        if (pid == 0) {
            raw_serve(listener, rows[i].status, "my words");
            _exit(0);
        }
        close(listener);
        sink s = {0};
        unsigned n_reports = 9;
        pn_error err = {0};
        int rc = request(&s, &n_reports, port, 0, &err);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        if (rc != (int)rows[i].code || strstr(err.msg, rows[i].words) == NULL || n_reports != 0) {
            fail_msg("%04x: code %d, \"%s\", %u reports", (unsigned)rows[i].status, rc, err.msg, n_reports);
        }
        if (rc != PN_OK) { assert_int_equal(err.cls, PN_TRANSIENT); }
    }
}

/* An archive that takes the request and reports at once; 0: all was as it should be. */
static int archive(int listener)
{
    static raw_pdu command, data;
    /* Transaction UID; a sequence of two items: class and instance of each. */
    static const char uid[] = "2.25.77", second[] = "1.2.4.55";
    int fd = raw_accept(listener);
    if (fd < 0 || raw_read_pdu(&command, fd, 5000) != PDU_DATA || raw_read_pdu(&data, fd, 5000) != PDU_DATA) {
        return 1;
    }
    const uint8_t *p = data.body + 6;
    const uint8_t transaction[] = {0x08, 0, 0x95, 0x11, 8, 0, 0, 0}, sequence[] = {0x08, 0, 0x99, 0x11};
    if (memcmp(p, transaction, 8) != 0 || memcmp(p + 8, uid, 8) != 0 || memcmp(p + 16, sequence, 4) != 0 ||
        (size_t)p[20] + 24 + 6 != data.n || memcmp(data.body + data.n - 8, second, 8) != 0) {
        return 2;
    }
    /* Action Type 1; no Priority, which N-ACTION does not have. */
    const uint8_t action[] = {0, 0, 0x08, 0x10, 2, 0, 0, 0, 1, 0}, priority[] = {0, 0, 0, 0x07};
    bool has_action = false, has_priority = false;
    for (size_t i = 6; i + 10 <= command.n; i += 2) {
        has_action = has_action || memcmp(command.body + i, action, 10) == 0;
        has_priority = has_priority || memcmp(command.body + i, priority, 4) == 0;
    }
    if (!has_action || has_priority) { return 3; }
    uint8_t event[512];
    size_t n = raw_event_command(event, COMMITMENT, COMMITMENT_INSTANCE, 1);
    if (!raw_answer(fd, &command, 0, "") || !raw_fragment(fd, true, true, event, n) ||
        !raw_fragment(fd, false, true, p, 16)) {
        return 4;
    }
    if (raw_status(fd, 5000) != 0) { return 5; }
    return raw_read_pdu(&data, fd, 5000) == PDU_RELEASE_RQ ? 0 : 6;
}

static void test_commit__a_report_on_the_same_association_is_taken(void **state)
{
    (void)state;
    uint16_t port = 0;
    int listener = raw_listen(&port), status = 0;
    pid_t pid = fork();
    if (pid == 0) { _exit(archive(listener)); }
    close(listener);
    sink s = {0};
    unsigned n_reports = 0;
    pn_error err = {0};
    int rc = request(&s, &n_reports, port, 5, &err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    CHECK_OK(rc, err);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(n_reports, 1);
    assert_int_equal(s.n_committed, 1);
    assert_int_equal(s.bytes.n, 16);
    assert_string_equal(s.sop_class, COMMITMENT);
    pn_buf_free(&s.bytes);
}

static void test_commit__an_archive_that_does_not_offer_it_is_named(void **state)
{
    (void)state;
    uint16_t port = raw_free_port();
    char text[8];
    (void)snprintf(text, sizeof text, "%u", (unsigned)port);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("storescp", "storescp", "-od", "/tmp", text, (char *)NULL);
        _exit(127);
    }
    sink s = {0};
    unsigned n_reports = 0;
    pn_error err = {0};
    int rc = PN_ENET;
    for (int i = 0; i < 100 && rc == PN_ENET; i++) {
        rc = request(&s, &n_reports, port, 0, &err);
        if (rc == PN_ENET) { (void)poll(NULL, 0, 100); }
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(rc, PN_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "does not offer Storage Commitment"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commit__a_report_becomes_an_object_of_its_class),
        cmocka_unit_test(test_commit__what_is_no_report_is_refused),
        cmocka_unit_test(test_commit__a_report_that_is_not_kept_is_not_acknowledged),
        cmocka_unit_test(test_commit__a_report_without_end_ends_the_association),
        cmocka_unit_test(test_commit__the_answer_to_the_request_decides),
        cmocka_unit_test(test_commit__a_report_on_the_same_association_is_taken),
        cmocka_unit_test(test_commit__an_archive_that_does_not_offer_it_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
