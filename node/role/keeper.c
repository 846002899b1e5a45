/* The keeper: prognode role keeper
 *
 * Purpose     keep the disk from filling with what is done (retention:).
 * Files       removes from instances/, quarantine/, results/ and tmp/ of the spool, and nowhere else.
 * Privileges  the database and the spool; no network, reads no object.
 *
 * A row is marked before its file goes (queue/store_sql_keep.c), so a case never counts on a file
 * that is about to vanish, and a killed keeper finds its work where it left it. */
#include "role/keeper.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/file.h"
#include "base/log.h"
#include "role/role.h"
#include "spool/clean.h"
#include "spool/quarantine.h"

enum {
    WALK = 500,                /* instances of one turn                                      */
    REMOVE = 64,               /* files of one transaction                                   */
    MOST_ROUNDS = 32,          /* of one turn                                                */
    TURN_MS = 500,
    PASS_MS = 10 * 1000,       /* between the beginnings of two walks                        */
    SWEEP_MS = 3600 * 1000,
    QUARANTINE_MS = 60 * 1000,
    WARN_MS = 3600 * 1000,
};
static const int64_t day_ms = 86400 * INT64_C(1000);

/* ---- Instances ---------------------------------------------------------------------------- */

static int remove_file(void *arg, const char *digest, const char *why, pn_error *err)
{
    pn_keeper *k = arg;
    int rc = pn_spool_remove_adopted(&k->spool, digest, err);
    if (rc == PN_OK) { pn_log(PN_LOG_INFO, "deleted", "digest=%s reason=%s", digest, why); }
    return rc;
}

static int remove_marked(pn_keeper *k, pn_error *err)
{
    int rc = PN_OK;
    size_t n = REMOVE;
    for (int i = 0; i < MOST_ROUNDS && rc == PN_OK && n == REMOVE; i++) {
        rc = pn_store_remove_marked(&n, k->store, REMOVE, remove_file, k, err);
    }
    return rc;
}

static int walk(pn_keeper *k, int64_t now_ms, pn_error *err)
{
    if (k->walked_to == 0) {
        if (now_ms < k->pass_due_ms) { return PN_OK; }
        k->pass_due_ms = now_ms + PASS_MS;
    }
    const pn_keep_rule rule = {.images_ms = k->cfg->keep_images_days * day_ms,
                               .unclaimed_ms = k->cfg->keep_unclaimed_days * day_ms};
    size_t n = 0;
    return pn_store_mark_due(&n, &k->walked_to, k->store, &rule, WALK, now_ms, err);
}

/* ---- quarantine/ -------------------------------------------------------------------------- */

static int remove_quarantined(pn_keeper *k, pn_quarantined *q, const char *why, pn_error *err)
{
    int rc = pn_quarantine_remove(&k->spool, q, err);
    if (rc != PN_OK) { return rc; }
    pn_log(PN_LOG_INFO, "quarantine_deleted", "digest=%s reason=%s bytes=%llu listed=%d", q->digest,
           why, (unsigned long long)q->n_bytes, q->listed);
    q->n_bytes = 0;
    return PN_OK;
}

/* By age; by size, the oldest first; and where the disk is low all of them. What was not listed
 * yet keeps its reason, so a removed object is come upon again and passed over. */
static int look_at_quarantine(pn_keeper *k, int64_t now_ms, bool low, pn_error *err)
{
    pn_quarantined *list = NULL;
    size_t n = 0;
    uint64_t bytes = 0;
    const int64_t old_ms = now_ms - k->cfg->keep_quarantine_days * day_ms;
    int rc = pn_quarantine_list(&list, &n, &k->spool, err);
    for (size_t i = 0; i < n; i++) { bytes += list[i].n_bytes; }
    for (size_t i = 0; i < n && rc == PN_OK && !pn_role_stop; i++) {
        pn_quarantined *q = &list[i];
        bool is_old = q->since_ms <= old_ms, too_much = bytes > k->cfg->quarantine_bytes;
        uint64_t size = q->n_bytes;
        if (size == 0 ? !(is_old && q->listed) : !(is_old || too_much || low)) { continue; }
        rc = remove_quarantined(k, q, is_old ? "age" : too_much ? "size" : "low_water", err);
        if (rc == PN_OK) { bytes -= size; }
    }
    free(list);
    return rc;
}

/* Once a minute, and as soon as the disk runs low. */
static int watch_quarantine(pn_keeper *k, int64_t now_ms, bool low, pn_error *err)
{
    bool at_once = low && !k->was_low;
    k->was_low = low;
    if (!at_once && now_ms < k->quarantine_due_ms && k->quarantine_due_ms <= now_ms + QUARANTINE_MS) {
        return PN_OK;
    }
    k->quarantine_due_ms = now_ms + QUARANTINE_MS;
    return look_at_quarantine(k, now_ms, low, err);
}

/* ---- Room --------------------------------------------------------------------------------- */

static bool is_low(const pn_keeper *k, uint64_t *free_bytes)
{
    pn_error ignored;
    return pn_spool_free_bytes(free_bytes, &k->spool, &ignored) == PN_OK &&
           *free_bytes < k->cfg->low_water_bytes;
}

static void warn(pn_keeper *k, uint64_t free_bytes, int64_t now_ms)
{
    if (now_ms < k->warn_due_ms) { return; }
    k->warn_due_ms = now_ms + WARN_MS;
    pn_log(PN_LOG_WARN, "disk_low", "free=%llu low_water=%llu reason=\"no finished case has images "
           "left\"", (unsigned long long)free_bytes, (unsigned long long)k->cfg->low_water_bytes);
}

/* The receiver refuses by itself (A700); that it begins to, and that it is over, is said once. */
static void watch_reserve(pn_keeper *k)
{
    uint64_t free_bytes = 0;
    pn_error ignored;
    if (pn_spool_free_bytes(&free_bytes, &k->spool, &ignored) != PN_OK) { return; }
    bool refusing = free_bytes < k->cfg->reserve_bytes;
    if (refusing == k->refusing) { return; }
    k->refusing = refusing;
    pn_log(refusing ? PN_LOG_WARN : PN_LOG_INFO, refusing ? "refusing_objects" : "taking_objects",
           "free=%llu reserve=%llu", (unsigned long long)free_bytes,
           (unsigned long long)k->cfg->reserve_bytes);
}

/* Quarantined objects go before the images of finished cases. */
static int make_room(pn_keeper *k, int64_t now_ms, pn_error *err)
{
    uint64_t free_bytes = 0;
    int rc = watch_quarantine(k, now_ms, is_low(k, &free_bytes), err);
    for (int i = 0; i < MOST_ROUNDS && rc == PN_OK && is_low(k, &free_bytes); i++) {
        size_t n = 0;
        bool found = false;
        rc = pn_store_mark_oldest(&n, &found, &k->oldest, k->store, now_ms, err);
        if (rc == PN_OK && !found) {
            k->oldest = (pn_keep_cursor){0};       /* the next turn begins anew */
            warn(k, free_bytes, now_ms);
            break;
        }
        if (rc == PN_OK && n > 0) { rc = remove_marked(k, err); }
    }
    return rc;
}

/* ---- results/ ----------------------------------------------------------------------------- */

static int remove_results(pn_keeper *k, const char *name, const char *why, pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = pn_path(path, sizeof path, err, "%s/results/%s", k->spool.root, name);
    if (rc == PN_OK) { rc = pn_remove_tree(path, err); }
    if (rc == PN_OK) {
        char quoted[300];
        pn_log(PN_LOG_INFO, "results_deleted", "folder=%s reason=%s",
               pn_log_quote(quoted, sizeof quoted, name), why);
    }
    return rc;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int sweep_old_results(pn_keeper *k, pn_case *c, int64_t now_ms, pn_error *err)
{
    int64_t before_ms = now_ms - k->cfg->keep_results_days * day_ms, id = 0;
    bool found = true;
    int rc = PN_OK;
    while (rc == PN_OK && found && !pn_role_stop) {
        rc = pn_store_next_results(&id, &found, k->store, before_ms, err);
        if (rc != PN_OK || !found) { break; }
        rc = pn_store_get_case(c, k->store, id, err);
        const char *name = last_part(c->result_dir);
        if (rc == PN_OK && name[0] != '\0' && name[0] != '.') {
            rc = remove_results(k, name, "finished", err);
        }
        if (rc == PN_OK) { rc = pn_store_results_removed(k->store, id, now_ms, err); }
    }
    return rc;
}

/* "CASE.ATTEMPT", as the worker names its folders. */
static bool case_of(int64_t *id, const char *name)
{
    char *end = NULL, again[64];
    long long number = strtoll(name, &end, 10);
    if (number <= 0 || *end != '.') { return false; }
    long long attempt = strtoll(end + 1, &end, 10);
    (void)snprintf(again, sizeof again, "%lld.%lld", number, attempt);
    *id = number;
    return strcmp(name, again) == 0;
}

/* How long a folder or file of this name stays that no case names as its result. INT64_MAX: as
 * long as the case wants it. A folder of a case that the database does not know may be all that
 * is left of it. */
static int stays_ms(int64_t *out, pn_keeper *k, pn_case *c, const char *name, pn_error *err)
{
    int64_t id = 0;
    *out = day_ms;
    if (!case_of(&id, name)) { return PN_OK; }
    int rc = pn_store_get_case(c, k->store, id, err);
    if (rc == PN_ENOTFOUND) {
        *out = k->cfg->keep_results_days * day_ms;
        return PN_OK;
    }
    if (rc == PN_OK && (c->state == PN_CASE_RUNNING || strcmp(last_part(c->result_dir), name) == 0)) {
        *out = INT64_MAX;
    }
    return rc;
}

static int sweep_strangers(pn_keeper *k, pn_case *c, int64_t now_ms, pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = pn_path(path, sizeof path, err, "%s/results", k->spool.root);
    DIR *dir = rc == PN_OK ? opendir(path) : NULL;
    if (dir == NULL) {
        return rc != PN_OK ? rc : pn_fail_transient(err, PN_EIO, "%s: %s", path, strerror(errno));
    }
    const struct dirent *e;
    while (rc == PN_OK && !pn_role_stop && (e = readdir(dir)) != NULL) {
        struct stat st;
        int64_t stays = 0;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        rc = stays_ms(&stays, k, c, e->d_name, err);
        if (rc == PN_OK && stays < now_ms - (int64_t)st.st_mtim.tv_sec * 1000) {
            rc = remove_results(k, e->d_name, "no_case", err);
        }
    }
    (void)closedir(dir);
    return rc;
}

/* Not before the catalogue is whole: a lost one is built again from what lies in results/. */
static int sweep(pn_keeper *k, int64_t now_ms, pn_error *err)
{
    bool complete = false;
    size_t n_removed = 0;
    int rc = pn_store_catalogue_complete(&complete, k->store, err);
    if (rc != PN_OK || !complete || now_ms < k->sweep_due_ms) { return rc; }
    k->sweep_due_ms = now_ms + SWEEP_MS;
    rc = pn_spool_clean_old(&n_removed, &k->spool, now_ms - day_ms, err);
    if (rc == PN_OK && n_removed > 0) { pn_log(PN_LOG_INFO, "tmp_cleaned", "files=%zu", n_removed); }
    pn_case *c = rc == PN_OK ? malloc(sizeof *c) : NULL;
    if (rc == PN_OK && c == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    if (rc == PN_OK) { rc = sweep_old_results(k, c, now_ms, err); }
    if (rc == PN_OK) { rc = sweep_strangers(k, c, now_ms, err); }
    free(c);
    return rc;
}

/* ---- The loop ------------------------------------------------------------------------------ */

int pn_keeper_open(pn_keeper *out, const cfg_node *cfg, pn_error *err)
{
    const pn_spool_opts opts = {.max_instance_bytes = cfg->max_instance_bytes,
                                .host_name = cfg->host_name};
    *out = (pn_keeper){.cfg = cfg};
    int rc = pn_spool_open(&out->spool, cfg->spool, &opts, err);
    if (rc != PN_OK) { return rc; }
    out->spool_open = true;
    return pn_store_open(&out->store, cfg->database, NULL, err);
}

void pn_keeper_close(pn_keeper *k)
{
    pn_store_close(k->store);
    if (k->spool_open) { pn_spool_close(&k->spool); }
    k->store = NULL;
    k->spool_open = false;
}

int pn_keeper_turn(pn_keeper *k, int64_t now_ms, pn_error *err)
{
    int rc = make_room(k, now_ms, err);
    watch_reserve(k);
    if (rc == PN_OK) { rc = walk(k, now_ms, err); }
    if (rc == PN_OK) { rc = remove_marked(k, err); }
    if (rc == PN_OK) { rc = sweep(k, now_ms, err); }
    return rc;
}

static int turn(void *role, unsigned *nap_ms, pn_error *err)
{
    *nap_ms = TURN_MS;
    return pn_keeper_turn(role, pn_now_ms(), err);
}

int pn_keeper_run(const cfg_node *cfg, pn_error *err)
{
    pn_keeper k;
    int rc = pn_keeper_open(&k, cfg, err);
    if (rc == PN_OK) { rc = pn_role_loop(turn, &k, "keep_later", err); }
    pn_keeper_close(&k);
    return rc;
}
