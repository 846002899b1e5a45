/* One association as acceptor: the input is all that the peer ever sends. The handler keeps the
 * order that scp.h promises, and nothing is counted as stored that was not committed. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "dicom/runtime.h"
#include "dicom/scp.h"
#include "fuzz.h"

enum { MAX_INSTANCE = 4096 };

typedef struct sink {
    int peer;               /* the other end of the socket */
    bool open;
    uint64_t bytes;
    unsigned committed, begun, aborted;
} sink;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    return 0;
}

static bool is_text(const char *s, size_t max)
{
    size_t n = strnlen(s, max + 1);
    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x20 || s[i] > 0x7e) { return false; }
    }
    return n <= max;
}

static int begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    sink *s = payload;
    fz_require(!s->open);
    fz_require(is_text(instance->sop_uid, 64) && instance->sop_uid[0] != '\0');
    fz_require(is_text(instance->sop_class_uid, 64) && is_text(instance->transfer_syntax_uid, 64));
    fz_require(is_text(instance->calling_ae, 16));
    s->begun++;
    if (s->begun % 5 == 0) { return pn_fail(err, PN_ENOSPC, "no room"); }
    s->open = true;
    s->bytes = 0;
    return PN_OK;
}

static int take(void *payload, const void *bytes, size_t n, pn_error *err)
{
    sink *s = payload;
    volatile uint8_t any = 0;
    fz_require(s->open);
    for (size_t i = 0; i < n; i++) { any = any ^ ((const uint8_t *)bytes)[i]; }
    s->bytes += n;
    return s->bytes > MAX_INSTANCE ? pn_fail(err, PN_ELIMIT, "too large") : PN_OK;
}

static int commit(void *payload, pn_error *err)
{
    sink *s = payload;
    fz_require(s->open);
    if (s->begun % 7 == 0) { return pn_fail(err, PN_EIO, "disk failed"); }
    s->open = false;
    s->committed++;
    return PN_OK;
}

static void abort_instance(void *payload)
{
    sink *s = payload;
    s->open = false;
    s->aborted++;
}

/* Asked after each message: a place to read the answers, so that the socket never fills. */
static bool must_stop(void *payload)
{
    const sink *s = payload;
    char answers[65536];
    while (recv(s->peer, answers, sizeof answers, MSG_DONTWAIT) > 0) { }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int fds[2];
    fz_peer(fds, bytes, n);
    sink s = { .peer = fds[1] };
    pn_scp_opts opts = { .ae_title = "PROGNODE", .artim_s = 1, .idle_timeout_s = 1,
                         .max_instance_bytes = MAX_INSTANCE };
    pn_scp_handler handler = { .begin = begin, .write = take, .commit = commit,
                               .abort = abort_instance, .must_stop = must_stop, .payload = &s };
    pn_scp_result result;
    pn_error err = {0};
    int rc = pn_scp_serve(&result, fds[0], &opts, &handler, &err);
    (void)close(fds[0]);
    (void)close(fds[1]);

    fz_require(rc == PN_OK || (rc == (int)err.code && err.msg[0] != '\0'));
    fz_require(rc != PN_EINTERNAL && result.end != NULL);
    fz_require(!s.open && result.n_stored == s.committed);
    fz_require(strcmp(result.end, "timed out") != 0);    /* all had been sent */
    return 0;
}
