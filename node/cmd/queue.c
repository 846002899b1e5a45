/* prognode queue reconcile: bring the database in line with the spool.
 *
 *   prognode queue reconcile --config FILE
 *
 * Adds what instances/ and results/ hold and the database does not know; a running node is not
 * disturbed. Exit codes: 0 done, 1 failed, 2 wrong use or configuration. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <config/node.h>
#include "base/log.h"
#include "cmd/cmd.h"
#include "role/indexer.h"

static const char usage[] =
    "usage: prognode queue reconcile --config FILE\n"
    "\n"
    "  -c, --config FILE  the node's configuration (default prognode.yaml)\n"
    "  -h, --help\n"
    "\n"
    "Reads the spool again: objects in instances/ that the database does not know are added,\n"
    "contours among them get their cases, and reports in results/ that it does not know come back\n"
    "under their case numbers and are sent again. Nothing is removed. The node may be running.\n";

static int reconcile(const char *config)
{
    cfg_node cfg = {0};
    cfg_error cfg_err = {0};
    if (cfg_node_load(&cfg, config, &cfg_err) != CFG_OK) {
        fprintf(stderr, "prognode queue: %s\n", cfg_err.msg);
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    pn_reconciled r = {0};
    (void)signal(SIGPIPE, SIG_IGN);     /* the header child may die of a file */
    pn_log_role("queue");
    int rc = pn_indexer_reconcile(&r, &cfg, &err);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode queue: %s\n", err.msg);
    } else {
        pn_log(PN_LOG_INFO, "operator", "verb=reconcile added=%zu restored=%zu uid=%u", r.n_added,
               r.n_restored, (unsigned)getuid());
        printf("%zu instances in the catalogue, %zu of them added; %zu reports restored\n",
               r.n_instances, r.n_added, r.n_restored);
    }
    cfg_node_free(&cfg);
    return rc == PN_OK ? PN_EXIT_OK : PN_EXIT_FAILED;
}

int cmd_queue(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *config = "prognode.yaml";
    int opt;
    while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    if (argc - optind != 1 || strcmp(argv[optind], "reconcile") != 0) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    return reconcile(config);
}
