/* prognode role NAME: the processes that `serve` and the worker start. Not for people. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "base/log.h"
#include "cmd/cmd.h"
#include "dicom/runtime.h"
#include "pipeline/job.h"
#include "role/header_child.h"
#include "role/indexer.h"
#include "role/receiver.h"
#include "role/role.h"

static int run_compute(const char *folder, pn_error *err)
{
    pn_log_role("compute");
    (void)prctl(PR_SET_NAME, "pn-compute");
    int rc = pn_dicom_init(err);
    return rc == PN_OK ? pn_job_run(folder, err) : rc;
}

static int run_role(const char *role, const cfg_node *cfg, const char *archive, pn_error *err)
{
    if (strcmp(role, "receiver") == 0) { return pn_receiver_run(cfg, PN_FD_LISTEN, err); }
    if (strcmp(role, "indexer") == 0) { return pn_indexer_run(cfg, err); }
    if (strcmp(role, "worker") == 0) { return pn_worker_run(cfg, err); }
    if (strcmp(role, "sender") == 0) { return pn_sender_run(cfg, archive, err); }
    return pn_fail(err, PN_EINVAL, "there is no role \"%s\"", role);
}

int cmd_role(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"archive", required_argument, NULL, 'a'}, {0}};
    const char *config = "prognode.yaml", *archive = "";
    int opt;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'a': archive = optarg; break;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind >= argc) {
        fputs("prognode role: the processes of `prognode serve`; not for use by hand\n", stderr);
        return PN_EXIT_USAGE;
    }
    const char *role = argv[optind];
    pn_error err = {0};
    int rc;
    if (strcmp(role, "compute") == 0 && optind + 1 < argc) {
        rc = run_compute(argv[optind + 1], &err);
    } else if (strcmp(role, "header") == 0) {
        rc = pn_header_child_run(&err);
    } else {
        cfg_node cfg = {0};
        rc = pn_role_start(&cfg, role, config, &err);
        if (rc == PN_OK) { rc = run_role(role, &cfg, archive, &err); }
        cfg_node_free(&cfg);
    }
    if (rc == PN_OK) { return PN_EXIT_OK; }
    char quoted[512];
    pn_log(PN_LOG_ERROR, "role_failed", "reason=%s", pn_log_quote(quoted, sizeof quoted, err.msg));
    return PN_EXIT_FAILED;
}
