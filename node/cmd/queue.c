/* prognode queue: the spool, as an operator looks at it.
 *
 *   prognode queue reconcile [--dry-run] --config FILE     the database in line with the spool
 *   prognode queue quarantine --config FILE                what could not be read, and why
 *   prognode queue status --config FILE                    how much of what there is, for scripts
 *
 * A running node is not disturbed. Exit codes: 0 done, 1 failed, 2 wrong use or configuration. */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/node.h>
#include "base/file.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "queue/store.h"
#include "role/indexer.h"
#include "spool/quarantine.h"

static const char usage[] =
    "usage: prognode queue reconcile [--dry-run] --config FILE\n"
    "       prognode queue quarantine --config FILE\n"
    "       prognode queue status --config FILE\n"
    "\n"
    "  -c, --config FILE  the node's configuration (default prognode.yaml)\n"
    "  -n, --dry-run      say what would be done, and change nothing\n"
    "  -h, --help\n"
    "\n"
    "reconcile reads the spool again: objects in instances/ that the database does not know are\n"
    "added, contours among them get their cases, and reports in results/ that it does not know come\n"
    "back under their case numbers and are sent again. Objects that the database knows and the\n"
    "spool has not are marked as gone: cases that need them wait for them again. No case and no\n"
    "file is removed. The node may be running.\n"
    "\n"
    "quarantine lists the objects that could not be read, the oldest first. What has been listed\n"
    "may be removed whole when its time has come (retention: keep_quarantine_days).\n"
    "\n"
    "status prints figures in the text format of Prometheus, and ends with 3 where something asks\n"
    "for an operator: less room than spool.reserve, failed cases or deliveries, held cases, or an\n"
    "unlisted object in quarantine.\n";

static void say(const pn_reconciled *r, bool dry_run)
{
    if (dry_run) {
        printf("%zu instances in the catalogue; would add %zu, would mark %zu as gone\n",
               r->gone.n_rows, r->gone.n_unknown, r->gone.n_gone);
    } else {
        printf("%zu instances in the catalogue, %zu of them added; %zu reports restored; "
               "%zu marked as gone\n", r->n_instances, r->n_added, r->n_restored, r->gone.n_gone);
    }
    if (r->gone.n_reports > 0) {
        printf("%zu reports that are to be sent are gone from results/: rerun their cases\n",
               r->gone.n_reports);
    }
}

static int reconcile(const cfg_node *cfg, bool dry_run)
{
    pn_error err = {0};
    pn_reconciled r = {0};
    (void)signal(SIGPIPE, SIG_IGN);     /* the header child may die of a file */
    int rc = pn_indexer_reconcile(&r, cfg, dry_run, &err);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode queue: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    pn_log(PN_LOG_INFO, "operator", "verb=reconcile dry_run=%d added=%zu restored=%zu gone=%zu uid=%u",
           dry_run, r.n_added, r.n_restored, r.gone.n_gone, (unsigned)getuid());
    say(&r, dry_run);
    return PN_EXIT_OK;
}

/* Texts of senders go to a terminal. */
static void print_clean(const char *text)
{
    for (; *text != '\0'; text++) { putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text); }
}

static int show_one(const pn_spool *spool, const pn_quarantined *q, pn_error *err)
{
    pn_quarantine_facts f;
    char when[15];
    int rc = pn_quarantine_facts_of(&f, spool, q->digest, err);
    if (rc != PN_OK) { return rc == PN_ENOTFOUND ? PN_OK : rc; }      /* removed meanwhile */
    pn_datetime_local(when, q->since_ms);
    printf("%.4s-%.2s-%.2s %.2s:%.2s  %.12s  ", when, when + 4, when + 6, when + 8, when + 10, q->digest);
    if (q->n_bytes > 0) { printf("%llu bytes  ", (unsigned long long)q->n_bytes); }
    else { printf("removed  "); }
    printf("%s from %s: ", f.sop_uid[0] ? f.sop_uid : "-", f.calling_ae[0] ? f.calling_ae : "-");
    print_clean(f.reason);
    putchar('\n');
    /* Shown once the line is out. */
    if (fflush(stdout) != 0) { return pn_fail(err, PN_EIO, "cannot write the list"); }
    return q->listed ? PN_OK : pn_quarantine_set_listed(spool, q->digest, err);
}

static int list_quarantine(const cfg_node *cfg)
{
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    pn_error err = {0};
    pn_spool spool;
    pn_quarantined *list = NULL;
    size_t n = 0;
    int rc = pn_spool_open(&spool, cfg->spool, &opts, &err);
    if (rc == PN_OK) {
        rc = pn_quarantine_list(&list, &n, &spool, &err);
        for (size_t i = 0; i < n && rc == PN_OK; i++) { rc = show_one(&spool, &list[i], &err); }
        if (rc == PN_OK && n == 0) { puts("nothing is in quarantine"); }
        pn_spool_close(&spool);
    }
    free(list);
    if (rc != PN_OK) { fprintf(stderr, "prognode queue: %s\n", err.msg); }
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}

/* ---- status ------------------------------------------------------------------------------- */

static void gauge(const char *name, const char *help, unsigned long long value)
{
    printf("# HELP prognode_%s %s\n# TYPE prognode_%s gauge\nprognode_%s %llu\n", name, help, name, name,
           value);
}

static void print_cases(const pn_store_counts *c, int64_t now_ms)
{
    printf("# HELP prognode_cases Cases by state.\n# TYPE prognode_cases gauge\n");
    for (int i = 0; i < PN_CASE_NSTATES; i++) {
        printf("prognode_cases{state=\"%s\"} %zu\n", pn_case_state_word((pn_case_state)i), c->cases[i]);
    }
    printf("# HELP prognode_deliveries Deliveries by state.\n# TYPE prognode_deliveries gauge\n"
           "prognode_deliveries{state=\"pending\"} %zu\nprognode_deliveries{state=\"failed\"} %zu\n"
           "prognode_deliveries{state=\"sent\"} %zu\nprognode_deliveries{state=\"held\"} %zu\n",
           c->deliveries_pending, c->deliveries_failed, c->deliveries_sent, c->deliveries_held);
    gauge("commitments_open", "Objects sent that an archive has not said that it keeps.", c->commitments_open);
    int64_t age_ms = c->oldest_waiting_ms > 0 ? now_ms - c->oldest_waiting_ms : 0;
    gauge("oldest_waiting_seconds", "Age of the oldest waiting case.",
          (unsigned long long)(age_ms > 0 ? age_ms / 1000 : 0));
    gauge("instances", "Instances in the catalogue.", c->instances);
    gauge("content_conflicts", "SOP UIDs that came with two different contents.", c->conflicts);
    gauge("own_objects_returned", "Objects of this node's own making that were sent back.",
          c->own_returned);
}

static int look_at_spool(bool *fine, const cfg_node *cfg, pn_error *err)
{
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    pn_spool spool;
    pn_quarantined *list = NULL;
    uint64_t free_bytes = 0;
    size_t n = 0, unlisted = 0;
    int rc = pn_spool_open(&spool, cfg->spool, &opts, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_spool_free_bytes(&free_bytes, &spool, err);
    if (rc == PN_OK) { rc = pn_quarantine_list(&list, &n, &spool, err); }
    for (size_t i = 0; i < n; i++) { unlisted += !list[i].listed; }
    free(list);
    pn_spool_close(&spool);
    if (rc != PN_OK) { return rc; }
    gauge("spool_free_bytes", "Free bytes on the spool's file system.", free_bytes);
    gauge("spool_reserve_bytes", "With less, new objects are refused.", cfg->reserve_bytes);
    gauge("spool_refusing", "1: new objects are refused for want of room.", free_bytes < cfg->reserve_bytes);
    gauge("quarantine_objects", "Objects in quarantine, removed ones whose reason is kept included.", n);
    gauge("quarantine_unlisted", "Those that no operator has been shown.", unlisted);
    *fine = free_bytes >= cfg->reserve_bytes && unlisted == 0;
    return PN_OK;
}

static int show_status(const cfg_node *cfg)
{
    const pn_store_opts opts = {.read_only = true, .busy_timeout_ms = 5000};
    pn_error err = {0};
    pn_store_counts c = {0};
    pn_store *store = NULL;
    bool fine = false;
    int rc = pn_store_open(&store, cfg->database, &opts, &err);
    if (rc == PN_OK) { rc = pn_store_count(&c, store, &err); }
    if (rc == PN_OK) { print_cases(&c, pn_now_ms()); }
    if (rc == PN_OK) { rc = look_at_spool(&fine, cfg, &err); }
    pn_store_close(store);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode queue: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    fine = fine && c.cases[PN_CASE_FAILED] == 0 && c.cases[PN_CASE_HELD] == 0 && c.deliveries_failed == 0;
    return fine ? PN_EXIT_OK : PN_EXIT_PARTIAL;
}

int cmd_queue(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"dry-run", no_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'}, {0}};
    const char *config = "prognode.yaml";
    bool dry_run = false;
    int opt;
    while ((opt = getopt_long(argc, argv, "c:nh", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'n': dry_run = true; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    const char *verb = argc - optind == 1 ? argv[optind] : "";
    bool quarantine = strcmp(verb, "quarantine") == 0, status = strcmp(verb, "status") == 0;
    bool looks = quarantine || status;
    if ((!looks && strcmp(verb, "reconcile") != 0) || (looks && dry_run)) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    cfg_node cfg = {0};
    cfg_error cfg_err = {0};
    if (cfg_node_load(&cfg, config, &cfg_err) != CFG_OK) {
        fprintf(stderr, "prognode queue: %s\n", cfg_err.msg);
        return PN_EXIT_USAGE;
    }
    pn_log_role("queue");
    int rc = status ? show_status(&cfg) : quarantine ? list_quarantine(&cfg) : reconcile(&cfg, dry_run);
    cfg_node_free(&cfg);
    return rc;
}
