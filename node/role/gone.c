/* role/gone.c - see gone.h. */
#include "role/gone.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"

enum { BATCH = 500 };

typedef struct looker {
    pn_gone found;
    pn_store *store;
    pn_spool *spool;
    bool mark;
    int64_t now_ms;
    char (*digests)[PN_DIGEST_HEX_SIZE];       /* of all rows, for the files that have none   */
    size_t room;
} looker;

static int remember(looker *l, const char *digest, pn_error *err)
{
    if (l->found.n_rows == l->room) {
        size_t room = l->room > 0 ? 2 * l->room : 1024;
        void *more = realloc(l->digests, room * sizeof *l->digests);
        if (more == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu rows", room); }
        l->digests = more;
        l->room = room;
    }
    memcpy(l->digests[l->found.n_rows++], digest, PN_DIGEST_HEX_SIZE);
    return PN_OK;
}

/* Twice: the indexer may have moved it from one folder to the other between the two looks. */
static bool has_file(const looker *l, const char *digest)
{
    char path[PN_PATH_SIZE];
    pn_error why = {0};
    for (int i = 0; i < 2; i++) {
        if (pn_spool_path(path, l->spool, digest, &why) != PN_ENOTFOUND) { return true; }
    }
    return false;
}

static int look_at_row(looker *l, const pn_file_row *row, pn_error *err)
{
    int rc = remember(l, row->digest, err);
    if (rc != PN_OK || has_file(l, row->digest)) { return rc; }
    l->found.n_gone++;
    pn_log(PN_LOG_WARN, "file_gone", "digest=%s marked=%d", row->digest, l->mark);
    return l->mark ? pn_store_file_gone(l->store, row->id, l->now_ms, err) : PN_OK;
}

static int look_at_rows(looker *l, pn_error *err)
{
    pn_file_row *rows = malloc(BATCH * sizeof *rows);
    if (rows == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for rows"); }
    int64_t after = 0;
    int rc = PN_OK;
    for (size_t n = BATCH; rc == PN_OK && n == BATCH;) {
        rc = pn_store_next_files(rows, &n, l->store, after, BATCH, err);
        for (size_t i = 0; rc == PN_OK && i < n; i++) {
            after = rows[i].id;
            rc = look_at_row(l, &rows[i], err);
        }
    }
    free(rows);
    return rc;
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static int look_at_file(void *ctx, const pn_spool_entry *entry, pn_error *err)
{
    (void)err;
    looker *l = ctx;
    bool known = l->found.n_rows > 0 && bsearch(entry->digest, l->digests, l->found.n_rows,
                                                sizeof *l->digests, by_text) != NULL;
    l->found.n_unknown += !known;
    return PN_OK;
}

static int look_at_report(void *arg, const pn_case *c, pn_error *err)
{
    (void)err;
    looker *l = arg;
    if (c->result_dir[0] != '\0' && access(c->result_dir, F_OK) != 0) {
        l->found.n_reports++;
        pn_log(PN_LOG_WARN, "report_gone", "case=%lld", (long long)c->id);
    }
    return PN_OK;
}

int pn_look_for_gone(pn_gone *out, pn_store *s, pn_spool *spool, bool mark, int64_t now_ms,
                     pn_error *err)
{
    looker l = {.store = s, .spool = spool, .mark = mark, .now_ms = now_ms};
    int rc = look_at_rows(&l, err);
    if (rc == PN_OK && l.found.n_rows > 0) { qsort(l.digests, l.found.n_rows, sizeof *l.digests, by_text); }
    if (rc == PN_OK) { rc = pn_spool_each_instance(spool, look_at_file, &l, err); }
    if (rc == PN_OK) { rc = pn_store_list_cases(s, PN_CASE_REPORTED, 0, look_at_report, &l, err); }
    free(l.digests);
    *out = l.found;
    return rc;
}
