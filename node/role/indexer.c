/* role/indexer.c - see indexer.h.
 *
 * Order of effects for each file: rows (one transaction for a batch of files) before the
 * adopting rename. A crash between leaves the file in incoming/, and the next start finds its
 * row there already: every step is idempotent. */
#include "role/indexer.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "queue/store.h"
#include "role/clock.h"
#include "role/commitment.h"
#include "role/header_child.h"
#include "role/intake.h"
#include "role/matching.h"
#include "role/restore.h"
#include "role/revise.h"
#include "role/role.h"
#include "role/sandbox.h"
#include "spool/spool.h"

/* POLL_MS bounds how late a timer or an operator's retry is seen. New files wake at once, and those
 * that come within GATHER_MS go with them: each batch is one sync of the database, on the disk for
 * whose syncs the senders wait. */
enum { BATCH = 64, POLL_MS = 200, GATHER_MS = 50, EXPIRE_EVERY_MS = 60000, DAY_MS = 86400000 };

typedef struct item {
    pn_spool_entry entry;
    pn_header header;
    char *json;
    bool read;                 /* header and json are filled */
} item;

typedef struct indexer {
    const cfg_node *cfg;
    pn_store *store;
    pn_spool spool;
    bool spool_open;
    pn_intake intake;
    pn_header_reader reader;
    int watch;                 /* inotify, -1: none */
    item *items;               /* BATCH */
    size_t n_items;
    bool rebuilding;           /* cases are made when all is catalogued */
    int64_t expire_at;         /* monotonic: when to look for expired cases next */
    pn_clock clock;
    bool settled;              /* what a new leader looks at has been looked at */
    unsigned long n_own;       /* objects of our own making that routing sent back */
} indexer;

/* ---- Opening ------------------------------------------------------------------------------------ */

/* Without inotify (its instances are limited per user) polling does. */
static int watch_incoming(const indexer *x)
{
    char path[PN_PATH_SIZE];
    pn_error ignored;
    if (pn_path(path, sizeof path, &ignored, "%s/incoming", x->spool.root) != PN_OK) { return -1; }
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd >= 0 && inotify_add_watch(fd, path, IN_MOVED_TO | IN_CREATE) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int open_indexer(indexer *x, const cfg_node *cfg, pn_error *err)
{
    const pn_spool_opts opts = {.reserve_bytes = 0, .max_instance_bytes = cfg->max_instance_bytes,
                                .host_name = cfg->host_name};
    x->cfg = cfg;
    x->watch = -1;
    x->items = calloc(BATCH, sizeof *x->items);
    if (x->items == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a batch"); }
    int rc = pn_intake_open(&x->intake, cfg, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_spool_open(&x->spool, cfg->spool, &opts, err);
    if (rc != PN_OK) { return rc; }
    x->spool_open = true;
    x->reader.spool = x->spool.root;
    x->watch = watch_incoming(x);
    return pn_store_open(&x->store, cfg->database, NULL, err);
}

static void close_indexer(indexer *x)
{
    pn_header_reader_close(&x->reader);
    pn_intake_close(&x->intake);
    pn_store_close(x->store);
    if (x->watch >= 0) { close(x->watch); }
    if (x->spool_open) { pn_spool_close(&x->spool); }
    free(x->items);
}

/* ---- One batch ------------------------------------------------------------------------------------ */

static void clear_items(indexer *x)
{
    for (size_t i = 0; i < x->n_items; i++) {
        pn_header_free(&x->items[i].header);
        free(x->items[i].json);
    }
    memset(x->items, 0, BATCH * sizeof *x->items);
    x->n_items = 0;
}

/* Permanent troubles of a file end in quarantine; others leave it for the next turn. */
static int refuse(indexer *x, const item *it, const pn_error *why, pn_error *err)
{
    char quoted[512];
    bool bad = why->cls == PN_PERMANENT;
    pn_log(PN_LOG_WARN, bad ? "quarantined" : "header_later", "digest=%s reason=%s",
           it->entry.digest, pn_log_quote(quoted, sizeof quoted, why->msg));
    if (!bad) { return PN_OK; }
    int rc = pn_spool_quarantine(&x->spool, it->entry.digest, why->msg, err);
    return rc == PN_ENOTFOUND ? PN_OK : rc;      /* removed meanwhile: out of the way as well */
}

static int read_headers(indexer *x, pn_error *err)
{
    for (size_t i = 0; i < x->n_items && !pn_role_stop; i++) {
        item *it = &x->items[i];
        char path[PN_PATH_SIZE];
        pn_error why = {0};
        int rc = pn_spool_path(path, &x->spool, it->entry.digest, &why);
        if (rc == PN_ENOTFOUND) { continue; }
        if (rc == PN_OK) {
            rc = pn_header_reader_read(&it->header, &it->json, &x->reader, path, &why);
        }
        it->read = rc == PN_OK;
        if (rc != PN_OK && (rc = refuse(x, it, &why, err)) != PN_OK) { return rc; }
    }
    return PN_OK;
}

static bool is_contour(const pn_header *h)
{
    return h->kind == PN_KIND_RTSTRUCT || h->kind == PN_KIND_SEG;
}

static int hold_users(indexer *x, const char *sop_uid, int64_t now_ms, pn_error *err)
{
    char reason[PN_REASON_SIZE];
    size_t n = 0;
    (void)snprintf(reason, sizeof reason, "conflict: %s was received with two different contents",
                   sop_uid);
    int rc = pn_store_hold_users_of(&n, x->store, sop_uid, reason, now_ms, err);
    if (rc == PN_OK) {
        pn_log(PN_LOG_WARN, "content_conflict", "sop=%s cases_held=%zu", sop_uid, n);
    }
    return rc;
}

/* A segmentation that an archive has stripped of its equipment is known by what was sent. */
static int is_own(bool *own, indexer *x, const pn_header *h, pn_error *err)
{
    *own = h->kind == PN_KIND_OWN;
    if (h->kind != PN_KIND_SEG) { return PN_OK; }
    return pn_store_is_own_object(own, x->store, h->sop_uid, err);
}

static int catalogue(indexer *x, item *it, int64_t now_ms, pn_error *err)
{
    if (it->header.kind == PN_KIND_COMMITMENT) {
        return pn_commitment_take(x->store, x->cfg, &it->header, now_ms, err);
    }
    pn_instance in;
    pn_added added;
    pn_intake_instance(&in, &it->header, it->entry.digest, it->entry.n_bytes, it->entry.mtime_ms);
    bool own = false;
    int rc = is_own(&own, x, &it->header, err);
    const bool contour = is_contour(&it->header) && !own;
    in.header_json = contour ? it->json : NULL;
    if (rc == PN_OK) { rc = pn_store_add_instance(&added, x->store, &in, err); }
    if (rc == PN_OK && added == PN_ADDED_CONFLICT) {
        rc = hold_users(x, in.sop_uid, now_ms, err);
    }
    if (rc == PN_OK && added == PN_ADDED_CORRECTED && !own) {
        pn_log(PN_LOG_INFO, "object_replaced", "sop=%s kind=%s", in.sop_uid, in.kind);
    }
    if (rc == PN_OK && own && added != PN_ADDED_SAME) {
        pn_log(PN_LOG_INFO, "own_object_returned", "sop=%s count=%lu", in.sop_uid, ++x->n_own);
    }
    size_t n_made = 0;
    if (rc == PN_OK && contour && !x->rebuilding) {
        rc = pn_intake_contour(&n_made, &x->intake, x->store, &it->header, it->entry.digest,
                               now_ms, err);
    }
    if (rc == PN_OK && n_made > 0) {
        pn_log(PN_LOG_INFO, "cases_made", "contour=%s cases=%zu", in.sop_uid, n_made);
    }
    return rc;
}

/* The rows of the batch, in one transaction. *at: the item that it stopped at. */
static int catalogue_all(size_t *at, indexer *x, pn_error *err)
{
    int rc = pn_store_begin(x->store, err);
    if (rc != PN_OK) { return rc; }
    int64_t now_ms = pn_now_ms();
    for (*at = 0; *at < x->n_items; ++*at) {
        if (x->items[*at].read) { rc = catalogue(x, &x->items[*at], now_ms, err); }
        if (rc != PN_OK) { break; }
    }
    if (rc == PN_OK) { rc = pn_store_commit(x->store, err); }
    if (rc != PN_OK) { pn_store_rollback(x->store); }
    return rc;
}

/* An object that can never be catalogued would stop the indexer at every start: it is put away
 * and left out. The database's own troubles are not the object's. */
static int blame_item(indexer *x, size_t at, int rc, pn_error *err)
{
    if (err->cls != PN_PERMANENT || rc == PN_ESTORE || rc == PN_ENOMEM || at >= x->n_items) {
        return rc;
    }
    pn_error why = *err;
    x->items[at].read = false;
    return refuse(x, &x->items[at], &why, err);
}

static int adopt_all(indexer *x, pn_error *err)
{
    for (size_t i = 0; i < x->n_items; i++) {
        if (!x->items[i].read) { continue; }
        const bool report = x->items[i].header.kind == PN_KIND_COMMITMENT;      /* taken, and done */
        int rc = report ? pn_spool_remove(&x->spool, x->items[i].entry.digest, err)
                        : pn_spool_adopt(&x->spool, x->items[i].entry.digest, err);
        if (rc == PN_ENOTFOUND) {
            pn_log(PN_LOG_ERROR, "file_vanished", "digest=%s", x->items[i].entry.digest);
        } else if (rc != PN_OK) {
            return rc;
        }
    }
    return PN_OK;
}

static int index_items(indexer *x, pn_error *err)
{
    int rc = read_headers(x, err);
    for (bool done = false; rc == PN_OK && !done;) {
        size_t at = 0;
        rc = catalogue_all(&at, x, err);
        done = rc == PN_OK;
        if (!done) { rc = blame_item(x, at, rc, err); }   /* each turn leaves one out */
    }
    if (rc == PN_OK) { rc = adopt_all(x, err); }
    clear_items(x);
    return rc;
}

/* *more: the batch was full, there may be others. */
static int index_batch(bool *more, indexer *x, pn_error *err)
{
    pn_spool_entry entries[BATCH];
    size_t n = 0;
    *more = false;
    int rc = pn_spool_incoming(entries, BATCH, &n, &x->spool, err);
    if (rc != PN_OK || n == 0) { return rc; }
    for (size_t i = 0; i < n; i++) { x->items[i].entry = entries[i]; }
    x->n_items = n;
    *more = n == BATCH;
    return index_items(x, err);
}

/* ---- Cases ------------------------------------------------------------------------------------------ */

static int decide_cases(indexer *x, pn_error *err)
{
    pn_case *c = malloc(sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int rc = PN_OK;
    while (rc == PN_OK && !pn_role_stop) {
        bool found = false;
        int64_t now_ms = pn_now_ms();
        pn_match_decision d;
        rc = pn_store_next_to_match(c, &found, x->store, now_ms, err);
        if (rc != PN_OK || !found) { break; }
        rc = pn_match_case(&d, x->store, c, now_ms, err);
        if (rc == PN_OK && d.state != c->state) {
            /* The reason may name a Patient ID: it stays in the database. */
            pn_log(PN_LOG_INFO, "case_decided", "case=%lld state=%s present=%zu expected=%zu",
                   (long long)c->id, pn_case_state_word(d.state), d.n_present, c->n_expected);
        }
    }
    free(c);
    return rc;
}

/* Finished cases whose images changed. */
static int revise_cases(indexer *x, pn_error *err)
{
    pn_case *c = malloc(sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int rc = PN_OK;
    while (rc == PN_OK && !pn_role_stop) {
        bool found = false;
        int64_t new_id = 0;
        const char *why = "";
        rc = pn_store_next_to_revise(c, &found, x->store, err);
        if (rc != PN_OK || !found) { break; }
        rc = pn_revise_case(&new_id, &why, &x->intake, x->store, c, pn_now_ms(), err);
        if (rc == PN_OK && new_id != 0) {
            pn_log(PN_LOG_INFO, "case_revised", "case=%lld new=%lld why=\"%s\"", (long long)c->id,
                   (long long)new_id, why);
        }
    }
    free(c);
    return rc;
}

static int expire_cases(indexer *x, pn_error *err)
{
    int64_t now_ms = pn_now_ms(), mono = pn_mono_ms();
    if (mono < x->expire_at) { return PN_OK; }
    size_t n = 0;
    x->expire_at = mono + EXPIRE_EVERY_MS;
    int rc = pn_store_expire_cases(&n, x->store, now_ms - (int64_t)x->cfg->expire_days * DAY_MS,
                                   now_ms, err);
    if (rc == PN_OK && n > 0) { pn_log(PN_LOG_INFO, "cases_expired", "cases=%zu", n); }
    return rc;
}

/* ---- Rebuilding ---------------------------------------------------------------------------------------- */

static int take_stored(void *ctx, const pn_spool_entry *entry, pn_error *err)
{
    indexer *x = ctx;
    x->items[x->n_items++].entry = *entry;
    return x->n_items == BATCH ? index_items(x, err) : PN_OK;
}

static int make_missing_case(void *arg, const pn_instance *in, pn_error *err)
{
    indexer *x = arg;
    pn_header h = {0};
    size_t n_made = 0;
    bool own = false;
    int rc = pn_header_from_json(&h, in->header_json, err);
    if (rc == PN_OK) { rc = is_own(&own, x, &h, err); }
    if (rc == PN_OK && !own) {
        rc = pn_intake_contour(&n_made, &x->intake, x->store, &h, in->digest, pn_now_ms(), err);
    }
    pn_header_free(&h);
    return rc;
}

/* What the folders hold and the store does not: first the instances, then the reports that were
 * made from them, then the cases of the contours that are left, in the order in which they came.
 * Doing it again, or beside a running node, changes nothing. */
static int rebuild(pn_reconciled *out, indexer *x, pn_error *err)
{
    pn_reconciled r = {0};
    size_t before = 0;
    int rc = pn_store_count_instances(&before, x->store, err);
    x->rebuilding = true;
    if (rc == PN_OK) { rc = pn_spool_each_instance(&x->spool, take_stored, x, err); }
    if (rc == PN_OK && x->n_items > 0) { rc = index_items(x, err); }
    x->rebuilding = false;
    if (rc != PN_OK || pn_role_stop) { return rc; }
    rc = pn_store_count_instances(&r.n_instances, x->store, err);
    r.n_added = r.n_instances - before;
    if (rc == PN_OK) {
        rc = pn_restore_reports(&r.n_restored, &x->intake, x->store, &x->spool, &x->reader,
                                pn_now_ms(), err);
    }
    if (rc == PN_OK) { rc = pn_store_contours_without_case(x->store, make_missing_case, x, err); }
    *out = r;
    return rc;
}

/* A new database beside a spool with files: the old one was lost. The mark is set at the end,
 * so that a rebuilding that was cut short begins again. */
static int rebuild_if_new(indexer *x, pn_error *err)
{
    bool complete = false;
    pn_reconciled r;
    int rc = pn_store_catalogue_complete(&complete, x->store, err);
    if (rc != PN_OK || complete) { return rc; }
    rc = rebuild(&r, x, err);
    if (rc != PN_OK || pn_role_stop) { return rc; }
    if (r.n_instances > 0) {
        pn_log(PN_LOG_WARN, "catalogue_rebuilt", "instances=%zu reports=%zu", r.n_instances,
               r.n_restored);
    }
    return pn_store_set_catalogue_complete(x->store, err);
}

int pn_indexer_reconcile(pn_reconciled *out, const cfg_node *cfg, bool dry_run, pn_error *err)
{
    pn_error local = {0};
    if (err == NULL) { err = &local; }
    indexer x = {.watch = -1};
    int rc = open_indexer(&x, cfg, err);
    *out = (pn_reconciled){0};
    if (rc == PN_OK && !dry_run) { rc = rebuild(out, &x, err); }
    if (rc == PN_OK && !pn_role_stop) {
        rc = pn_look_for_gone(&out->gone, x.store, &x.spool, !dry_run, pn_now_ms(), err);
    }
    close_indexer(&x);
    return rc;
}

/* ---- The loop -------------------------------------------------------------------------------------------- */

static void sleep_until_woken(indexer *x)
{
    struct pollfd p = {.fd = x->watch, .events = POLLIN};
    if (poll(&p, x->watch >= 0 ? 1 : 0, POLL_MS) > 0) {
        char events[4096];
        (void)poll(NULL, 0, GATHER_MS);
        while (read(x->watch, events, sizeof events) > 0) {}
    }
}

/* What another, or nobody, had begun before. */
static int settle(indexer *x, pn_error *err)
{
    int rc = rebuild_if_new(x, err);
    if (rc == PN_OK) { rc = pn_store_contours_without_case(x->store, make_missing_case, x, err); }
    x->settled = rc == PN_OK;
    return rc;
}

/* Of the nodes that share the spool one indexes at a time; the others are ready to. */
static int lead(bool *leading, indexer *x, pn_error *err)
{
    pn_lead answer = PN_LEAD_NO;
    int rc = pn_store_lead(&answer, x->store, err);
    *leading = rc == PN_OK && answer != PN_LEAD_NO;
    if (answer == PN_LEAD_NEW) {
        x->settled = false;
        if (pn_store_is_server(x->cfg->database)) { pn_log(PN_LOG_INFO, "leading", "%s", ""); }
    }
    return *leading && !x->settled ? settle(x, err) : rc;
}

static int turn(indexer *x, pn_error *err)
{
    bool more = false, leading = false;
    int rc = lead(&leading, x, err);
    if (rc == PN_OK && !leading) {
        x->clock.known = false;        /* another looks on */
        sleep_until_woken(x);
        return PN_OK;
    }
    if (rc == PN_OK) { rc = pn_clock_follow(&x->clock, x->store, err); }
    if (rc == PN_OK) { rc = index_batch(&more, x, err); }
    /* A revised case is matched in the same turn. */
    if (rc == PN_OK) { rc = revise_cases(x, err); }
    if (rc == PN_OK) { rc = decide_cases(x, err); }
    if (rc == PN_OK) { rc = expire_cases(x, err); }
    if (rc != PN_OK) {
        clear_items(x);
        if (err->cls != PN_TRANSIENT) { return rc; }
        pn_log_store_trouble("index_later", err);
        more = false;
    }
    if (!more) { sleep_until_woken(x); }
    return PN_OK;
}

int pn_indexer_run(const cfg_node *cfg, pn_error *err)
{
    pn_error local = {0};
    if (err == NULL) { err = &local; }
    indexer x = {.watch = -1};
    int rc = pn_sandbox_announce("header", err);
    if (rc == PN_OK) { rc = open_indexer(&x, cfg, err); }
    while (rc == PN_OK && !pn_role_stop) { rc = turn(&x, err); }
    close_indexer(&x);
    return rc;
}
