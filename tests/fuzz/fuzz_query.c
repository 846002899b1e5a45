/* C-FIND, C-MOVE and C-GET: the input is all that the archive answers; its length modulo 3 chooses
 * the service. What the archive sends over a C-GET keeps to the handler's order. */
#include <string.h>
#include "dicom/query.h"
#include "dicom/runtime.h"
#include "fuzz.h"

typedef struct sink { bool open; unsigned committed; } sink;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    return 0;
}

static int begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    sink *s = payload;
    (void)err;
    fz_require(!s->open && instance->sop_uid[0] != '\0');
    s->open = true;
    return PN_OK;
}

static int take(void *payload, const void *bytes, size_t n, pn_error *err)
{
    const sink *s = payload;
    volatile uint8_t any = 0;
    (void)err;
    fz_require(s->open);
    for (size_t i = 0; i < n; i++) { any = any ^ ((const uint8_t *)bytes)[i]; }
    return PN_OK;
}

static int commit(void *payload, pn_error *err)
{
    sink *s = payload;
    (void)err;
    fz_require(s->open);
    s->open = false;
    s->committed++;
    return PN_OK;
}

static void abort_instance(void *payload)
{
    sink *s = payload;
    s->open = false;
}

static int find(const pn_scu_peer *peer, const pn_query_opts *opts, pn_error *err)
{
    pn_found_list found = {0};
    int rc = pn_query_find(&found, peer, "1.2.3.1", "1.2.3.2", opts, err);
    for (size_t i = 0; rc == PN_OK && i < found.n; i++) {
        fz_require(strnlen(found.item[i].sop_uid, PN_UID_SIZE) < PN_UID_SIZE);
    }
    if (rc == PN_OK) { pn_found_list_free(&found); }
    return rc;
}

static int get(const pn_scu_peer *peer, const pn_query_what *what, const pn_query_opts *opts,
               pn_error *err)
{
    sink s = {0};
    const pn_scp_handler handler = { .begin = begin, .write = take, .commit = commit,
                                     .abort = abort_instance, .payload = &s };
    pn_query_result result;
    int rc = pn_query_get(&result, peer, what, &handler, 4096, opts, err);
    fz_require(!s.open && result.n_stored <= s.committed);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const uids[] = { "1.2.3.4.1", "1.2.3.4.2" };
    pn_scu_peer to = { .host = "127.0.0.1", .port = 104, .called_ae = "ARCHIVE",
                       .calling_ae = "PROGNODE", .connect_timeout_s = 1, .dimse_timeout_s = 1 };
    pn_query_what what = { "1.2.3.1", "1.2.3.2", uids, 2 };
    pn_query_opts opts = { .total_timeout_s = 2 };
    pn_query_result result;
    pn_error err = {0};
    fz_answers(bytes, n);
    int rc = n % 3 == 0   ? find(&to, &opts, &err)
             : n % 3 == 1 ? pn_query_move(&result, &to, "PROGNODE", &what, &opts, &err)
                          : get(&to, &what, &opts, &err);
    fz_hang_up();
    fz_require(rc == PN_OK || (rc == (int)err.code && err.msg[0] != '\0'));
    fz_require(rc != PN_EINTERNAL);
    return 0;
}
