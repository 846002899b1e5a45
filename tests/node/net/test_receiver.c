/* The receiver as a process: what it keeps, what it refuses, whom it survives. */
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "raw.h"

typedef struct fixture {
    char root[64], spool[96];
    uint16_t port;
    pid_t pid;                 /* of the receiver, leader of its process group */
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->root, sizeof f->root, "/tmp/pn-net-XXXXXX");
    if (mkdtemp(f->root) == NULL) { return -1; }
    (void)snprintf(f->spool, sizeof f->spool, "%s/spool", f->root);
    *state = f;
    return 0;
}

static void stop(fixture *f, int signal_number)
{
    if (f->pid > 0) {
        (void)kill(-f->pid, signal_number);
        (void)waitpid(f->pid, NULL, 0);
    }
    f->pid = 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    stop(f, SIGKILL);
    int rc = pn_remove_tree(f->root, NULL);
    free(f);
    return rc;
}

/* Start the receiver on a free port; `options` are net_receiver's, `before` goes in front. */
static void start(fixture *f, const char *before, const char *options)
{
    f->port = raw_free_port();
    char command[1024];
    (void)snprintf(command, sizeof command, "exec %s %s %u %s %s 2>>%s/log", before, NET_RECEIVER,
                   (unsigned)f->port, f->spool, options, f->root);
    f->pid = fork();
    assert_true(f->pid >= 0);
    if (f->pid == 0) {
        (void)setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200; i++) {
        int fd = raw_connect(f->port);
        if (fd >= 0) {
            close(fd);
            return;
        }
        (void)poll(NULL, 0, 50);
    }
    fail_msg("receiver does not listen, see %s/log", f->root);
}

static bool eventually_files(const fixture *f, const char *sub, size_t want)
{
    for (int i = 0; i < 100; i++) {
        if (count_files(f->spool, sub) == want) { return true; }
        (void)poll(NULL, 0, 20);
    }
    return false;
}

static bool echo_answers(const fixture *f)
{
    return sh("timeout 5 echoscu -aec PROGNODE 127.0.0.1 %u >/dev/null 2>&1", (unsigned)f->port) == 0;
}

/* ---- Keeping ------------------------------------------------------------------------------ */

static void write_series(const fixture *f, unsigned n, size_t pixel_bytes)
{
    assert_int_equal(sh("mkdir -p %s/ct", f->root), 0);
    for (unsigned i = 0; i < n; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/ct/%04u.dcm", f->root, i);
        assert_int_equal(raw_write_ct(path, i, pixel_bytes), 0);
    }
}

static bool is_in_incoming(const fixture *f, const char *digest)
{
    char path[256];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/incoming/%s.dcm", f->spool, digest);
    return stat(path, &st) == 0;
}

/* The data set of the file is what its name says. */
static bool is_whole(const char *path, const char *digest)
{
    char *bytes = NULL, hex[65];
    size_t n = 0;
    if (pn_read_file(&bytes, &n, path, 1 << 24, NULL) != 0 || n < 144) {
        free(bytes);
        return false;
    }
    size_t at = 144 + ((size_t)(uint8_t)bytes[140] | (size_t)(uint8_t)bytes[141] << 8);
    bool whole = at <= n;
    if (whole) {
        raw_digest(hex, EXPLICIT_LE, bytes + at, n - at);
        whole = strncmp(hex, digest, 64) == 0;
    }
    free(bytes);
    return whole;
}

static void test_receiver__keeps_what_dcmtk_sends(void **state)
{
    fixture *f = *state;
    write_series(f, 5, 300000);
    start(f, "", "");
    assert_int_equal(sh("dcmsend -aec PROGNODE 127.0.0.1 %u --scan-directories %s/ct", (unsigned)f->port, f->root), 0);
    assert_int_equal(sh("storescu -aec PROGNODE 127.0.0.1 %u +sd %s/ct", (unsigned)f->port, f->root), 0);
    assert_int_equal(count_files(f->spool, "incoming"), 5);     /* sent twice, kept once */
    assert_int_equal(count_files(f->spool, "tmp"), 0);
    for (unsigned i = 0; i < 5; i++) {
        size_t n = 0;
        char digest[65], path[256];
        uint8_t *data = raw_ct(&n, i, 300000);
        raw_digest(digest, EXPLICIT_LE, data, n);
        free(data);
        assert_true(is_in_incoming(f, digest));
        (void)snprintf(path, sizeof path, "%s/incoming/%s.dcm", f->spool, digest);
        assert_true(is_whole(path, digest));
        assert_int_equal(sh("dcmdump -q %s | grep -q 'SourceApplicationEntityTitle' ", path), 0);
    }
}

/* Where one sync of the renamed file is enough (spool/journal.h). */
static bool has_ordered_journal(const fixture *f)
{
    return sh("findmnt -n -o FSTYPE -T %s | grep -qxE 'ext4|xfs'", f->root) == 0;
}

static void test_receiver__syncs_before_success(void **state)
{
    fixture *f = *state;
    if (sh("command -v strace >/dev/null") != 0) {
        fprintf(stderr, "SKIPPED: no strace\n");
        skip();
    }
    write_series(f, 1, 300000);
    char before[256];
    (void)snprintf(before, sizeof before, "env ASAN_OPTIONS=detect_leaks=0 strace -f -o %s/trace "
                   "-e trace=write,sync_file_range,fdatasync,fsync,rename,renameat,renameat2,sendto", f->root);
    start(f, before, "");
    assert_int_equal(sh("storescu -aec PROGNODE 127.0.0.1 %u %s/ct/0000.dcm", (unsigned)f->port, f->root), 0);
    stop(f, SIGTERM);
    /* What the association's process did, repetitions as one; descriptor 2 is the log. */
    (void)sh("pid=$(grep -m1 renameat %s/trace | cut -d' ' -f1); grep \"^$pid \" %s/trace | "
             "grep -v -e 'write(2,' -e resumed | sed -nE 's/^[0-9]+ +([a-z_]+)2?\\(.*/\\1/p' | "
             "uniq | tr '\\n' ' ' > %s/order", f->root, f->root, f->root);
    char path[128], *order = NULL;
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/order", f->root);
    assert_int_equal(pn_read_file(&order, &n, path, 10000, NULL), 0);
    /* A-ASSOCIATE-AC, the file, its way to the disk, its name, the sync (of the file, or where the
     * data were synced before, of the folder), C-STORE-RSP. (Before and after stand writes of the
     * sanitizer into a pipe of its own.) */
    if (strstr(order, has_ordered_journal(f) ? "sendto write sync_file_range renameat fsync sendto "
                                             : "fdatasync renameat fsync sendto ") == NULL) {
        fail_msg("order was: %s", order);
    }
    free(order);
}

/* Four objects over a node whose call fails from the third object on. */
static void check_failing_sync(fixture *f, const char *call, const char *when, size_t n_visible)
{
    char before[256];
    (void)snprintf(before, sizeof before, "env ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null "
                   "-e trace=%s -e inject=%s:error=EIO:when=%s", call, call, when);
    start(f, before, "");
    int fd = raw_associate(f->port), statuses[4];
    assert_true(fd >= 0);
    size_t n = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *data = raw_ct(&n, i, 5000);
        statuses[i] = raw_store(fd, CT_IMAGE, "1.2.3", data, n);
        free(data);
    }
    close(fd);
    assert_int_equal(statuses[0], 0);
    assert_int_equal(statuses[1], 0);
    assert_int_equal(statuses[2], 0x0110);
    assert_int_equal(statuses[3], RAW_CLOSED);
    assert_int_equal(count_files(f->spool, "incoming"), n_visible);
    assert_int_equal(count_files(f->spool, "tmp"), 0);
    int status = 0;
    assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
    f->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), PN_EIO);
}

static void test_receiver__failed_sync_ends_acknowledging(void **state)
{
    fixture *f = *state;
    if (sh("command -v strace >/dev/null") != 0) {
        fprintf(stderr, "SKIPPED: no strace\n");
        skip();
    }
    if (has_ordered_journal(f)) { check_failing_sync(f, "sync_file_range", "6+", 2); }  /* two each */
    else { check_failing_sync(f, "fdatasync", "3+", 2); }
}

static void test_receiver__failed_sync_of_the_name_ends_acknowledging(void **state)
{
    fixture *f = *state;
    if (sh("command -v strace >/dev/null") != 0) {
        fprintf(stderr, "SKIPPED: no strace\n");
        skip();
    }
    check_failing_sync(f, "fsync", "3+", 3);       /* visible, but never acknowledged */
}

static void test_receiver__full_disk_is_never_success(void **state)
{
    fixture *f = *state;
    assert_int_equal(mkdir(f->spool, 0700), 0);
    if (mount("tmpfs", f->spool, "tmpfs", 0, "size=3m") != 0) {
        fprintf(stderr, "SKIPPED: cannot mount a small tmpfs: %s\n", strerror(errno));
        skip();
    }
    start(f, "", "");
    int fd = raw_associate(f->port);
    assert_true(fd >= 0);
    char first[65] = "", path[256];
    int status = 0;
    unsigned n_stored = 0;
    for (unsigned i = 0; i < 10 && status == 0; i++) {
        size_t n = 0;
        uint8_t *data = raw_ct(&n, i, 525090);
        if (i == 0) { raw_digest(first, EXPLICIT_LE, data, n); }
        status = raw_store(fd, CT_IMAGE, "1.2.3", data, n);
        if (status == 0) { n_stored++; }
        free(data);
    }
    assert_int_equal(status, 0xa700);
    assert_true(n_stored >= 3);
    assert_true(echo_answers(f));
    /* Fill the rest page by page, then a small object and the first one again. */
    (void)sh("dd if=/dev/zero of=%s/filler bs=4096 2>/dev/null", f->spool);
    size_t n = 0;
    uint8_t *data = raw_ct(&n, 0, 1300);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, n), 0xa700);
    free(data);
    data = raw_ct(&n, 0, 525090);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, n), 0xa700);
    assert_true(is_in_incoming(f, first));
    (void)snprintf(path, sizeof path, "%s/incoming/%s.dcm", f->spool, first);
    assert_true(is_whole(path, first));
    assert_int_equal(count_files(f->spool, "incoming"), n_stored);
    assert_int_equal(count_files(f->spool, "tmp"), 0);
    /* Room again: the same association goes on. */
    assert_int_equal(sh("rm %s/filler", f->spool), 0);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, 1300), 0);
    free(data);
    close(fd);
    stop(f, SIGKILL);
    /* The association's process dies with its parent, a moment later. */
    int mounted = umount(f->spool);
    for (int i = 0; i < 100 && mounted != 0; i++) {
        (void)usleep(50000);
        mounted = umount(f->spool);
    }
    assert_int_equal(mounted, 0);
}

static void test_receiver__reserve_and_size_limit_keep_the_association(void **state)
{
    fixture *f = *state;
    start(f, "", "max=100000");
    int fd = raw_associate(f->port);
    size_t n = 0;
    uint8_t *data = raw_ct(&n, 0, 150000);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, n), 0xa700);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, 100000), 0);
    free(data);
    /* Beyond twice the limit the peer is not listened to any longer. */
    data = raw_ct(&n, 0, 400000);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", data, n), RAW_CLOSED);
    free(data);
    close(fd);
    assert_int_equal(count_files(f->spool, "incoming"), 1);
    stop(f, SIGTERM);

    start(f, "", "reserve=1000000000000000");
    fd = raw_associate(f->port);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.3", "abcd", 4), 0xa700);
    assert_true(echo_answers(f));
    close(fd);
}

/* Kill everything at random times while a sender stores: what was acknowledged is there. */
static void test_receiver__kill_loses_nothing_acknowledged(void **state)
{
    enum { ROUNDS = 6, MOST = 4000, BYTES = 200000 };
    fixture *f = *state;
    char (*acknowledged)[65] = calloc(MOST, sizeof *acknowledged);
    size_t n_acknowledged = 0;
    unsigned index = 0;
    for (int round = 0; round < ROUNDS; round++) {
        start(f, "", "");
        pid_t killer = fork();
        assert_true(killer >= 0);
        if (killer == 0) {
            (void)poll(NULL, 0, 150 + round * 97);
            (void)kill(-f->pid, SIGKILL);
            _exit(0);
        }
        int fd = raw_associate(f->port);
        while (fd >= 0 && n_acknowledged < MOST) {
            size_t n = 0;
            char uid[65], digest[65];
            raw_ct_uid(uid, ++index);
            uint8_t *data = raw_ct(&n, index, BYTES);
            raw_digest(digest, EXPLICIT_LE, data, n);
            int status = raw_store(fd, CT_IMAGE, uid, data, n);
            free(data);
            if (status != 0) { break; }
            memcpy(acknowledged[n_acknowledged++], digest, 65);
        }
        if (fd >= 0) { close(fd); }
        (void)waitpid(killer, NULL, 0);
        stop(f, SIGKILL);
    }
    start(f, "", "");      /* cleans up */
    fprintf(stderr, "%zu acknowledged, %zu kept\n", n_acknowledged, count_files(f->spool, "incoming"));
    assert_true(n_acknowledged > 0);
    for (size_t i = 0; i < n_acknowledged; i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/incoming/%s.dcm", f->spool, acknowledged[i]);
        assert_true(is_whole(path, acknowledged[i]));
    }
    /* At most the one under way in each round was kept without having been acknowledged. */
    size_t n_kept = count_files(f->spool, "incoming");
    assert_true(n_kept >= n_acknowledged && n_kept <= n_acknowledged + ROUNDS);
    assert_true(eventually_files(f, "tmp", 0));
    free(acknowledged);
}

/* ---- Refusing ----------------------------------------------------------------------------- */

static void check_rejected(const fixture *f, const raw_request *rq, int result, int source, int reason)
{
    static raw_pdu pdu;
    int fd = raw_connect(f->port);
    assert_true(raw_request_association(fd, rq));
    assert_int_equal(raw_read_pdu(&pdu, fd, 5000), PDU_RJ);
    assert_int_equal(pdu.body[1], result);
    assert_int_equal(pdu.body[2], source);
    assert_int_equal(pdu.body[3], reason);
    close(fd);
}

static void test_receiver__rejects_for_the_right_reason(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    raw_request rq = RAW_REQUEST;
    rq.called = "SOMEONE";
    check_rejected(f, &rq, 1, 1, 7);
    rq = (raw_request)RAW_REQUEST;
    rq.called = "PROGNODE2";
    check_rejected(f, &rq, 1, 1, 7);
    rq = (raw_request)RAW_REQUEST;
    rq.application_context = "1.2.3";
    check_rejected(f, &rq, 1, 1, 2);
    rq = (raw_request)RAW_REQUEST;
    rq.calling = "A\x1b[31m";
    check_rejected(f, &rq, 1, 1, 3);
    assert_true(echo_answers(f));
}

static void test_receiver__negotiates_what_it_decodes(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    static const struct { const char *sop_class, *transfer[3]; int result; } cases[] = {
        { CT_IMAGE, { EXPLICIT_LE }, 0 },
        { CT_IMAGE, { IMPLICIT_LE }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.2" }, 0 },
        { CT_IMAGE, { DEFLATED_LE }, 4 },
        { CT_IMAGE, { DEFLATED_LE, IMPLICIT_LE }, 0 },
        { CT_IMAGE, { RLE_LOSSLESS }, 0 },
        { CT_IMAGE, { JPEG_BASELINE }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.51" }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.57" }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.70" }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.80" }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.81" }, 0 },
        { CT_IMAGE, { JPEG_2000 }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.91" }, 0 },
        { CT_IMAGE, { "1.2.840.10008.1.2.4.55" }, 4 },                /* progressive */
        { CT_IMAGE, { "1.2.840.10008.1.2.4.92" }, 4 },                /* JPEG 2000, part 2 */
        { CT_IMAGE, { "1.2.840.10008.1.2.4.100" }, 4 },               /* MPEG-2    */
        { CT_IMAGE, { "1.2.840.10008.1.2.4.201" }, 4 },               /* HTJ2K     */
        { "1.2.840.10008.5.1.4.1.1.481.3", { RLE_LOSSLESS }, 4 },     /* no pixels */
        { "1.2.840.10008.5.1.4.1.1.66.4", { RLE_LOSSLESS }, 4 },
        { VERIFICATION, { IMPLICIT_LE }, 0 },
        { "1.2.840.10008.5.1.4.1.1.481.3", { EXPLICIT_LE }, 0 },      /* RTSTRUCT  */
        { "1.2.840.10008.5.1.4.1.1.66.4", { EXPLICIT_LE }, 0 },       /* SEG       */
        { "1.2.840.10008.5.1.4.1.1.88.34", { EXPLICIT_LE }, 0 },      /* our own   */
        { US_IMAGE, { EXPLICIT_LE }, 3 },
        { "1.2.840.10008.5.1.4.1.2.2.1", { IMPLICIT_LE }, 3 },        /* C-FIND    */
    };
    static raw_pdu pdu;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        raw_request rq = RAW_REQUEST;
        rq.abstract_syntax = cases[i].sop_class;
        memcpy(rq.transfer_syntaxes, cases[i].transfer, sizeof cases[i].transfer);
        int fd = raw_connect(f->port);
        assert_true(raw_request_association(fd, &rq));
        assert_int_equal(raw_read_pdu(&pdu, fd, 5000), PDU_AC);
        if (raw_context_result(&pdu) != cases[i].result) {
            fail_msg("%s %s: result %d, expected %d", cases[i].sop_class, cases[i].transfer[0],
                     raw_context_result(&pdu), cases[i].result);
        }
        close(fd);
    }
}

/* Uncompressed wherever it is offered; else the proposer's own order. */
static void test_receiver__prefers_uncompressed_then_the_proposers_order(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    static const struct { const char *transfer[4], *accepted; } cases[] = {
        { { JPEG_2000, RLE_LOSSLESS, IMPLICIT_LE, EXPLICIT_LE }, EXPLICIT_LE },
        { { JPEG_2000, IMPLICIT_LE, RLE_LOSSLESS }, IMPLICIT_LE },
        { { JPEG_2000, RLE_LOSSLESS, JPEG_BASELINE }, JPEG_2000 },
        { { RLE_LOSSLESS, JPEG_2000, JPEG_BASELINE }, RLE_LOSSLESS },
        { { DEFLATED_LE, JPEG_BASELINE, RLE_LOSSLESS }, JPEG_BASELINE },
    };
    static raw_pdu pdu;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        raw_request rq = RAW_REQUEST;
        memcpy(rq.transfer_syntaxes, cases[i].transfer, sizeof cases[i].transfer);
        int fd = raw_connect(f->port);
        assert_true(raw_request_association(fd, &rq));
        assert_int_equal(raw_read_pdu(&pdu, fd, 5000), PDU_AC);
        assert_int_equal(raw_context_result(&pdu), 0);
        if (strcmp(raw_context_syntax(&pdu), cases[i].accepted) != 0) {
            fail_msg("row %zu: %s, expected %s", i, raw_context_syntax(&pdu), cases[i].accepted);
        }
        close(fd);
    }
}

static void test_receiver__bad_uids_get_a_status(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    char sixty_five[66];
    memset(sixty_five, '1', 65);
    sixty_five[65] = '\0';
    const struct { const char *sop_class, *uid; int status; } cases[] = {
        { CT_IMAGE, "../../x", 0x0117 }, { CT_IMAGE, "/tmp/x", 0x0117 }, { CT_IMAGE, "..", 0x0117 },
        { CT_IMAGE, sixty_five, 0x0117 }, { CT_IMAGE, "1.02.3", 0x0117 }, { CT_IMAGE, "1..2", 0x0117 },
        { CT_IMAGE, "1.2.", 0x0117 }, { CT_IMAGE, ".1", 0x0117 }, { CT_IMAGE, "1.a", 0x0117 },
        { CT_IMAGE, "", 0x0120 }, { US_IMAGE, "1.2", 0x0122 }, { CT_IMAGE, "1.0.3", 0 },
    };
    int fd = raw_associate(f->port);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = raw_store(fd, cases[i].sop_class, cases[i].uid, "abcd", 4);
        if (status != cases[i].status) {
            fail_msg("\"%s\": status %04x, expected %04x", cases[i].uid, (unsigned)status,
                     (unsigned)cases[i].status);
        }
    }
    close(fd);
    assert_int_equal(count_files(f->spool, "incoming"), 1);
    assert_int_equal(count_files(f->root, "."), 2);       /* spool and log: nothing outside */
}

/* ---- Surviving ---------------------------------------------------------------------------- */

/* Send and wait for the end of the connection; the receiver and others are unharmed. */
static void check_ends(const fixture *f, int fd, const char *what)
{
    static raw_pdu pdu;
    int type;
    while ((type = raw_read_pdu(&pdu, fd, 5000)) > 0) {}
    if (type == RAW_TIMED_OUT) { fail_msg("%s: the connection stays open", what); }
    close(fd);
    if (!echo_answers(f)) { fail_msg("%s: no C-ECHO afterwards", what); }
}

static void test_receiver__hostile_peers_hurt_themselves(void **state)
{
    fixture *f = *state;
    start(f, "", "artim=2 idle=2");
    static uint8_t bytes[200000];
    uint8_t command[512];
    size_t n = raw_store_command(command, CT_IMAGE, "1.2.3", 1);

    int fd = raw_connect(f->port);
    (void)raw_send(fd, "GET / HTTP/1.0\r\n\r\n", 18);
    check_ends(f, fd, "HTTP");
    fd = raw_connect(f->port);
    (void)raw_send(fd, "\x01\x00\xff\xff\xff\xff", 6);
    check_ends(f, fd, "A-ASSOCIATE-RQ of 4 GB");
    fd = raw_connect(f->port);
    (void)raw_fragment(fd, true, true, command, n);
    check_ends(f, fd, "P-DATA first");

    /* A command set of nested sequences, as deep as one PDU has room for. */
    for (size_t at = 0; at + 16 <= 64000; at += 16) {
        memcpy(bytes + at, "\x08\x00\x15\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff", 16);
    }
    fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, bytes, 64000);
    check_ends(f, fd, "nested command set");
    /* A command set without end. */
    fd = raw_associate(f->port);
    for (int i = 0; i < 50 && raw_fragment(fd, true, false, bytes, 16000); i++) {}
    check_ends(f, fd, "endless command set");

    fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, false, bytes, 1001);
    check_ends(f, fd, "odd fragment");
    fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, false, bytes, 1000);
    (void)raw_send_pdu(fd, PDU_RELEASE_RQ, "\0\0\0\0", 4);
    check_ends(f, fd, "release inside a data set");
    fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, true, true, command, n);
    check_ends(f, fd, "command inside a data set");
    /* DCMTK answers these itself and reports success. */
    for (int type = PDU_RQ; type <= PDU_RELEASE_RP; type++) {
        if (type == PDU_DATA || type == PDU_RELEASE_RQ) { continue; }
        fd = raw_associate(f->port);
        (void)raw_send_pdu(fd, type, bytes, 100);
        check_ends(f, fd, "PDU out of turn");
        fd = raw_associate(f->port);
        (void)raw_fragment(fd, true, true, command, n);
        (void)raw_send_pdu(fd, type, bytes, 100);
        check_ends(f, fd, "PDU out of turn inside a data set");
    }
    fd = raw_associate(f->port);
    (void)raw_send_pdu(fd, PDU_DATA, "\x00\x00\x00\x01\x01\x03", 6);
    check_ends(f, fd, "fragment of length 1");
    fd = raw_associate(f->port);
    (void)raw_send_pdu(fd, PDU_DATA, "\xff\xff\xff\xff\x01\x03", 6);
    check_ends(f, fd, "fragment beyond its PDU");
    fd = raw_associate(f->port);
    (void)raw_send(fd, "\x04\x00\x7f\xff\xff\xff", 6);
    (void)raw_send(fd, bytes, sizeof bytes);
    check_ends(f, fd, "PDU of 2 GB");
    fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, "\0\0\0\1\2\0\0\0\x20\0\0\0\x10\1\2\0\0\0\1\0\0\0\0\x8\2\0\0\0\1\0", 30);
    check_ends(f, fd, "C-FIND");

    assert_int_equal(count_files(f->spool, "incoming"), 0);
    assert_true(eventually_files(f, "tmp", 0));
    /* No child died by a signal, or ended by a sanitizer's report. */
    assert_int_not_equal(sh("grep -qE 'association_died|runtime error|AddressSanitizer' %s/log", f->root), 0);
}

static void test_receiver__broken_off_transfer_leaves_nothing(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    static uint8_t bytes[60000];
    uint8_t command[512];
    size_t n = raw_store_command(command, CT_IMAGE, "1.2.3", 1);
    for (int i = 0; i < 5; i++) {
        int fd = raw_associate(f->port);
        (void)raw_fragment(fd, true, true, command, n);
        for (int k = 0; k < 10; k++) { (void)raw_fragment(fd, false, false, bytes, sizeof bytes); }
        assert_true(eventually_files(f, "tmp", 1));
        if (i == 1) { (void)raw_send_pdu(fd, PDU_ABORT, "\0\0\0\0", 4); }
        if (i == 2) {
            const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        close(fd);
        assert_true(eventually_files(f, "tmp", 0));
    }
    assert_int_equal(count_files(f->spool, "incoming"), 0);
}

static void test_receiver__mute_and_slow_peers_delay_nobody(void **state)
{
    enum { MUTE = 40 };
    fixture *f = *state;
    start(f, "", "artim=2 idle=2");
    int mute[MUTE];
    for (int i = 0; i < MUTE; i++) {
        mute[i] = i % 2 == 0 ? raw_connect(f->port) : raw_associate(f->port);
        assert_true(mute[i] >= 0);
    }
    int slow = raw_connect(f->port);
    long long begun = now_ms(), slowest = 0;
    while (now_ms() - begun < 6000) {
        long long before = now_ms();
        assert_true(echo_answers(f));
        if (now_ms() - before > slowest) { slowest = now_ms() - before; }
        /* One byte a time of a request that would be long enough. */
        (void)raw_send(slow, "\x01", 1);
        (void)poll(NULL, 0, 200);
    }
    fprintf(stderr, "slowest C-ECHO: %lld ms\n", slowest);
    assert_true(slowest < 1000);
    static raw_pdu pdu;
    for (int i = 0; i < MUTE; i++) {
        int type;
        while ((type = raw_read_pdu(&pdu, mute[i], 100)) > 0) {}
        assert_int_equal(type, RAW_CLOSED);
        close(mute[i]);
    }
    assert_int_equal(raw_read_pdu(&pdu, slow, 100), RAW_CLOSED);
    close(slow);
}

static void test_receiver__limits_reject_politely(void **state)
{
    fixture *f = *state;
    start(f, "", "address=3");
    (void)poll(NULL, 0, 300);      /* the probe of start() is reaped */
    int open[3];
    for (int i = 0; i < 3; i++) {
        open[i] = raw_associate(f->port);
        assert_true(open[i] >= 0);
    }
    raw_request rq = RAW_REQUEST;
    check_rejected(f, &rq, 2, 3, 2);
    close(open[0]);
    (void)poll(NULL, 0, 500);
    open[0] = raw_associate(f->port);
    assert_true(open[0] >= 0);
    check_rejected(f, &rq, 2, 3, 2);
    for (int i = 0; i < 3; i++) { close(open[i]); }
    stop(f, SIGTERM);
    start(f, "", "total=2");
    (void)poll(NULL, 0, 300);
    open[0] = raw_associate(f->port);
    open[1] = raw_associate(f->port);
    check_rejected(f, &rq, 2, 3, 2);
    close(open[0]);
    close(open[1]);
}

static void test_receiver__stop_lets_stores_finish(void **state)
{
    fixture *f = *state;
    start(f, "", "");
    static uint8_t bytes[60000];
    uint8_t command[512];
    size_t n = raw_store_command(command, CT_IMAGE, "1.2.3", 1);
    int fd = raw_associate(f->port);
    (void)raw_fragment(fd, true, true, command, n);
    (void)raw_fragment(fd, false, false, bytes, sizeof bytes);
    long long begun = now_ms();
    assert_int_equal(kill(f->pid, SIGTERM), 0);
    (void)poll(NULL, 0, 500);
    raw_request rq = RAW_REQUEST;
    check_rejected(f, &rq, 2, 3, 1);
    (void)poll(NULL, 0, 2500);     /* longer than a pause between messages may be */
    (void)raw_fragment(fd, false, true, bytes, sizeof bytes);
    assert_int_equal(raw_status(fd, 5000), 0);
    assert_int_equal(raw_store(fd, CT_IMAGE, "1.2.4", bytes, 100), 0);
    int status = 0;
    assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
    f->pid = 0;
    assert_true(now_ms() - begun < 9000);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(count_files(f->spool, "incoming"), 2);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_receiver__keeps_what_dcmtk_sends),
        TEST(test_receiver__syncs_before_success),
        TEST(test_receiver__failed_sync_ends_acknowledging),
        TEST(test_receiver__failed_sync_of_the_name_ends_acknowledging),
        TEST(test_receiver__full_disk_is_never_success),
        TEST(test_receiver__reserve_and_size_limit_keep_the_association),
        TEST(test_receiver__kill_loses_nothing_acknowledged),
        TEST(test_receiver__rejects_for_the_right_reason),
        TEST(test_receiver__negotiates_what_it_decodes),
        TEST(test_receiver__prefers_uncompressed_then_the_proposers_order),
        TEST(test_receiver__bad_uids_get_a_status),
        TEST(test_receiver__hostile_peers_hurt_themselves),
        TEST(test_receiver__broken_off_transfer_leaves_nothing),
        TEST(test_receiver__mute_and_slow_peers_delay_nobody),
        TEST(test_receiver__limits_reject_politely),
        TEST(test_receiver__stop_lets_stores_finish),
    };
    if (argc > 1) { cmocka_set_test_filter(argv[1]); }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
