/* prognode role NAME: the processes that `serve` and the worker start. Not for people. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "base/hash.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "dicom/runtime.h"
#include "pipeline/job.h"
#include "report/page.h"
#include "role/fetcher.h"
#include "role/header_child.h"
#include "role/indexer.h"
#include "role/keeper.h"
#include "role/receiver.h"
#include "role/role.h"
#include "role/sandbox.h"

enum { COMPUTE_FILES = 64, YIELDING_NICE = 5 };
static const uint64_t compute_file_bytes = 1ULL << 30;

/* Fonts. Where there are none the picture page is left out later, which is told then: the report
 * itself needs none. */
static int preload_page(pn_error *err)
{
    int rc = pn_page_preload(err);
    return rc != PN_OK && err->cls == PN_PERMANENT ? PN_OK : rc;
}

/* What is read late elsewhere and cannot be read in the sandbox. */
static int preload(pn_error *err)
{
    uint8_t digest[PN_SHA256_SIZE];
    int rc = pn_dicom_init(err);
    if (rc == PN_OK) { rc = pn_dicom_preload_charsets(err); }
    if (rc == PN_OK) { rc = preload_page(err); }
    return rc == PN_OK ? pn_sha256_of(digest, "", 0, err) : rc;   /* OpenSSL's configuration */
}

/* To read: the files that the job names. To write: its folder. */
static int lock_up(const char *folder, pn_error *err)
{
    pn_job job = {0};
    int rc = pn_job_load(&job, folder, err);
    if (rc != PN_OK) { return rc; }
    const char **paths = calloc(job.n_images + 3, sizeof *paths);
    if (paths == NULL) {
        pn_job_free(&job);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu paths", job.n_images);
    }
    size_t n = 0;
    paths[n++] = job.model_path;
    paths[n++] = job.contour.path;
    if (job.messages[0] != '\0') { paths[n++] = job.messages; }
    for (size_t i = 0; i < job.n_images; i++) { paths[n++] = job.images[i].path; }
    const pn_sandbox_opts opts = {.readable = paths, .n_readable = n, .writable_folder = folder,
                                  .max_files = COMPUTE_FILES, .max_file_bytes = compute_file_bytes};
    rc = pn_sandbox_enter(&opts, err);
    free(paths);
    pn_job_free(&job);
    return rc;
}

static int run_compute(const char *folder, pn_error *err)
{
    pn_log_role("compute");
    (void)prctl(PR_SET_NAME, "pn-compute");
    pn_outcome outcome = {0};
    int rc = preload(&outcome.failure);
    if (rc == PN_OK) { rc = lock_up(folder, &outcome.failure); }
    /* That it cannot be locked up is this process's trouble, not the case's. */
    if (rc != PN_OK) { outcome.failure.cls = PN_TRANSIENT; }
    /* Whoever looks at the case shall read why, and not only that a process ended. */
    return rc == PN_OK ? pn_job_run(folder, err) : pn_outcome_save(&outcome, folder, err);
}

/* Who stores an image waits for the answer, and a C-ECHO is a question about us; what becomes of the
 * image afterwards yields the processor to both. The header child inherits it from the indexer. */
static void give_way(const char *role)
{
    static const char *const later[] = {"indexer", "keeper", "compute"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(role, later[i]) == 0) { (void)setpriority(PRIO_PROCESS, 0, YIELDING_NICE); }
    }
}

static int run_role(const char *role, const cfg_node *cfg, const char *which, pn_error *err)
{
    if (strcmp(role, "receiver") == 0) {
        const pn_receiver_fds fds = {PN_FD_LISTEN, PN_FD_LISTEN_TLS, PN_FD_TLS};
        return pn_receiver_run(cfg, &fds, err);
    }
    if (strcmp(role, "indexer") == 0) { return pn_indexer_run(cfg, err); }
    if (strcmp(role, "worker") == 0) { return pn_worker_run(cfg, which, err); }
    if (strcmp(role, "sender") == 0) { return pn_sender_run(cfg, which, err); }
    if (strcmp(role, "fetcher") == 0) { return pn_fetcher_run(cfg, err); }
    if (strcmp(role, "keeper") == 0) { return pn_keeper_run(cfg, err); }
    return pn_fail(err, PN_EINVAL, "there is no role \"%s\"", role);
}

int cmd_role(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"archive", required_argument, NULL, 'a'},
        {"slot", required_argument, NULL, 's'}, {0}};
    const char *config = "prognode.yaml", *which = "";
    int opt;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'a':
        case 's': which = optarg; break;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind >= argc) {
        fputs("prognode role: the processes of `prognode serve`; not for use by hand\n", stderr);
        return PN_EXIT_USAGE;
    }
    const char *role = argv[optind];
    give_way(role);
    pn_error err = {0};
    int rc;
    if (strcmp(role, "compute") == 0 && optind + 1 < argc) {
        rc = run_compute(argv[optind + 1], &err);
    } else if (strcmp(role, "header") == 0) {
        pn_header_child_run(optind + 1 < argc ? argv[optind + 1] : "");
        rc = PN_OK;
    } else {
        cfg_node cfg = {0};
        rc = pn_role_start(&cfg, role, config, &err);
        if (rc == PN_OK) { rc = run_role(role, &cfg, which, &err); }
        cfg_node_free(&cfg);
    }
    if (rc == PN_OK) { return PN_EXIT_OK; }
    char quoted[512];
    pn_log(PN_LOG_ERROR, "role_failed", "reason=%s", pn_log_quote(quoted, sizeof quoted, err.msg));
    return PN_EXIT_FAILED;
}
