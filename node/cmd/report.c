/* cmd/report.c - `prognode report`: the objects of a case as the node makes them, in a folder.
 *
 * Of a case of a node's spool its own job is run again; of DICOM folders a job is made as the
 * worker would. Both go through pn_job_run, so that the same inputs, settings and time give the
 * node's bytes. Exit codes: 0 done, 1 failed, 2 wrong use, 3 some of several failed. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <config/node.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/report_folder.h"
#include "dicom/runtime.h"
#include "queue/store.h"

static const char usage[] =
    "usage: prognode report CASE -o OUT [--config FILE]\n"
    "       prognode report FILE-OR-FOLDER... -o OUT [--config FILE | --model FILE] [options]\n"
    "\n"
    "Make the objects of a report (SR, segmentation, picture, document) without sending them: of\n"
    "a case of the running node, by its number, or of DICOM images and contours. The same inputs,\n"
    "settings and time give the same bytes as the node. Several reports go to OUT/1, OUT/2, ...\n"
    "\n"
    "  -o, --output OUT     folder that receives the objects; required\n"
    "  -c, --config FILE    the node's configuration (of a case: default prognode.yaml): models,\n"
    "                       which objects, language, institution\n"
    "  -m, --model FILE     a model file instead\n"
    "      --clinical-table FILE  with --model: the table of the features that the model takes from one\n"
    "      --time TIME      YYYYMMDDHHMMSS, date and time of the report (default now)\n"
    "  -q, --quiet          no progress\n"
    "  -h, --help           print this\n";

typedef struct request {
    const char *output, *config, *model, *time, *clinical_table;
    bool quiet;
} request;

static int misuse(const char *message, const char *value)
{
    fprintf(stderr, "prognode report: %s%s%s%s (--help tells more)\n", message, value[0] ? " \"" : "", value,
            value[0] ? "\"" : "");
    return PN_EXIT_USAGE;
}

static bool is_time(const char *text)
{
    return strlen(text) == 14 && strspn(text, "0123456789") == 14;
}

/* Exit code, or -1: go on. */
static int parse(request *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"config", required_argument, NULL, 'c'},
        {"model", required_argument, NULL, 'm'},  {"time", required_argument, NULL, 't'},
        {"clinical-table", required_argument, NULL, 'T'},
        {"quiet", no_argument, NULL, 'q'},        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:c:m:qh", options, NULL)) != -1;) {
        switch (c) {
        case 'o': r->output = optarg; break;
        case 'c': r->config = optarg; break;
        case 'm': r->model = optarg; break;
        case 't': r->time = optarg; break;
        case 'T': r->clinical_table = optarg; break;
        case 'q': r->quiet = true; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    if (optind == argc) { return misuse("a case number or a folder is needed", ""); }
    if (r->output == NULL) { return misuse("--output is missing", ""); }
    if (r->time != NULL && !is_time(r->time)) { return misuse("--time needs YYYYMMDDHHMMSS, not", r->time); }
    if (r->clinical_table != NULL && r->model == NULL) {
        return misuse("--clinical-table goes with --model; a configuration names its own (cases.clinical_table)", "");
    }
    if (r->model != NULL && r->config != NULL) { return misuse("--config or --model, not both", ""); }
    return -1;
}

/* ---- What was made ------------------------------------------------------------------------------ */

static int make(const pn_job *job, const char *folder, pn_error *err)
{
    pn_outcome o = {0};
    int rc = pn_mkdir_p(folder, err);
    if (rc == PN_OK) { rc = pn_job_save(job, folder, err); }
    if (rc == PN_OK) { rc = pn_job_run(folder, err); }
    if (rc == PN_OK) { rc = pn_outcome_load(&o, folder, err); }
    if (rc == PN_OK && !o.reported) {
        if (err) { *err = o.failure; }
        return (int)o.failure.code;
    }
    for (size_t i = 0; rc == PN_OK && i < o.n_objects; i++) {
        printf("%-4s %s/%s\n", pn_object_kind_word(o.objects[i].kind), folder, o.objects[i].file);
    }
    return rc;
}

/* ---- A case ----------------------------------------------------------------------------------------- */

static int load_case_job(pn_job *job, const cfg_node *cfg, int64_t id, pn_error *err)
{
    pn_store *s = NULL;
    pn_store_opts opts = PN_STORE_OPTS_INIT;
    opts.read_only = true;
    pn_case *c = calloc(1, sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int rc = pn_store_open(&s, cfg->database, &opts, err);
    if (rc == PN_OK) { rc = pn_store_get_case(c, s, id, err); }
    if (rc == PN_OK && c->result_dir[0] == '\0') {
        rc = pn_fail(err, PN_EINVAL, "case %" PRId64 " is %s and has no report", id,
                     pn_case_state_word(c->state));
    }
    if (rc == PN_OK && pn_job_load(job, c->result_dir, err) != PN_OK) {
        rc = pn_fail(err, PN_ENOTFOUND, "the results of case %" PRId64 " are gone (retention: "
                     "keep_results_days)", id);
    }
    pn_store_close(s);
    free(c);
    return rc;
}

static int check_files(const pn_job *job, pn_error *err)
{
    size_t missing = access(job->contour.path, R_OK) != 0;
    for (size_t i = 0; i < job->n_images; i++) { missing += access(job->images[i].path, R_OK) != 0; }
    if (missing == 0) { return PN_OK; }
    return pn_fail(err, PN_ENOTFOUND, "%zu of the %zu objects of case %" PRId64 " are no longer in the spool",
                   missing, job->n_images + 1, job->case_id);
}

static int report_case(const request *r, int64_t id)
{
    cfg_node cfg = {0};
    cfg_error cfg_err = {0};
    pn_error err = {0};
    pn_job job = {0};
    if (r->model != NULL || r->time != NULL) {
        return misuse("a case has its own model and time; not for it:", r->model != NULL ? "--model" : "--time");
    }
    if (cfg_node_load(&cfg, r->config != NULL ? r->config : "prognode.yaml", &cfg_err) != CFG_OK) {
        fprintf(stderr, "prognode report: %s\n", cfg_err.msg);
        return PN_EXIT_USAGE;
    }
    int rc = load_case_job(&job, &cfg, id, &err);
    if (rc == PN_OK) { rc = check_files(&job, &err); }
    if (rc == PN_OK) { rc = make(&job, r->output, &err); }
    pn_job_free(&job);
    cfg_node_free(&cfg);
    if (rc == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode report: %s\n", err.msg);
    return PN_EXIT_FAILED;
}

/* ---- Folders ------------------------------------------------------------------------------------------ */

static int report_jobs(const request *r, report_jobs_list *jobs)
{
    size_t failed = 0;
    for (size_t i = 0; i < jobs->n; i++) {
        char folder[PN_PATH_SIZE];
        pn_error err = {0};
        int rc = jobs->n == 1 ? pn_path(folder, sizeof folder, &err, "%s", r->output)
                              : pn_path(folder, sizeof folder, &err, "%s/%zu", r->output, i + 1);
        if (!r->quiet && isatty(STDERR_FILENO)) {
            fprintf(stderr, "report %zu of %zu: %zu images\n", i + 1, jobs->n, jobs->item[i].n_images);
        }
        if (rc == PN_OK) { rc = make(&jobs->item[i], folder, &err); }
        if (rc == PN_OK) { continue; }
        fprintf(stderr, "prognode report: contour %s: %s\n", jobs->item[i].contour.path, err.msg);
        failed++;
    }
    failed += jobs->n_failed;
    return failed == 0 ? PN_EXIT_OK : failed == jobs->n + jobs->n_failed ? PN_EXIT_FAILED : PN_EXIT_PARTIAL;
}

static int report_folders(const request *r, char **paths, size_t n)
{
    pn_error err = {0};
    report_jobs_list jobs = {0};
    report_settings settings = {.config = r->config, .model = r->model, .time = r->time,
                                .clinical_table = r->clinical_table};
    if (r->config == NULL && r->model == NULL) { return misuse("--config or --model is missing", ""); }
    int rc = report_jobs_of(&jobs, &settings, (const char *const *)paths, n, &err);
    int code = rc == PN_OK ? report_jobs(r, &jobs) : rc == PN_ECONFIG ? PN_EXIT_USAGE : PN_EXIT_FAILED;
    if (rc != PN_OK) { fprintf(stderr, "prognode report: %s\n", err.msg); }
    report_jobs_free(&jobs);
    return code;
}

static bool is_case_number(int64_t *id, const char *text)
{
    struct stat st;
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) || stat(text, &st) == 0) { return false; }
    errno = 0;
    *id = strtoll(text, NULL, 10);
    return errno == 0;
}

int cmd_report(int argc, char **argv)
{
    request r = {0};
    pn_error err = {0};
    int64_t id = 0;
    int code = parse(&r, argc, argv);
    if (code >= 0) { return code; }
    if (pn_dicom_init(&err) != PN_OK) {
        fprintf(stderr, "prognode report: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    if (!is_case_number(&id, argv[optind])) {
        return report_folders(&r, argv + optind, (size_t)(argc - optind));
    }
    if (argc - optind > 1) { return misuse("one case number, not also", argv[optind + 1]); }
    return report_case(&r, id);
}
