/* The indexer on a real spool with a phantom's files; it runs as a process and is killed like
 * one. This program is also its header child: /proc/self/exe role header. */
#include "check.h"
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "dicom/runtime.h"
#include "dicom/scan.h"
#include "pipeline/phantom.h"
#include "queue/store.h"
#include "role/header_child.h"
#include "role/indexer.h"
#include "role/role.h"
#include "spool/spool.h"

enum { SLICES = 20, KILLS = 12 };

static const char model[] =
    "schema: 1\n"
    "model: {id: demo, version: '3', title: T, endpoint: death}\n"
    "intended_use: {modality: [CT], contours: ['GTV*']}\n"
    "extraction: {}\n"
    "risk:\n"
    "  method: cox_cutpoint\n"
    "  cutpoint: 0\n"
    "  features:\n"
    "  - {name: original_glcm_Idn, coefficient: 1, mean: 0, sd: 1,"
    " quantiles: [0, 0, 0, 0, 0, 0, 1]}\n"
    "  baseline: {time_days: [1], cumulative_hazard: [0.1]}\n"
    "training: {patients: 9, events: 4, c_index: 0.5, c_index_se: 0}\n";

static const char config[] =
    "node: {ae_title: PROGNODE}\n"
    "spool: {folder: spool}\n"
    "archives:\n"
    "- {name: pacs, ae_title: ORTHANC, host: 127.0.0.1, port: 4242}\n"
    "models:\n"
    "- {file: m.yaml}\n";

typedef struct node {
    char folder[64], phantom[96];
    cfg_node cfg;
    pn_spool spool;
    pid_t indexer;
    pn_error err;
} node;

static void write_text(const node *n, const char *name, const char *text)
{
    char path[128];
    pn_error err = { 0 };
    snprintf(path, sizeof path, "%s/%s", n->folder, name);
    CHECK_OK(pn_write_file(path, text, strlen(text), false, &err), err);
}

static int setup(void **state)
{
    node *n = calloc(1, sizeof *n);
    if (!n) { return -1; }
    strcpy(n->folder, "/tmp/pn-index-XXXXXX");
    if (!mkdtemp(n->folder)) { return -1; }
    write_text(n, "m.yaml", model);
    char path[128];
    snprintf(path, sizeof path, "%s/node.yaml", n->folder);
    cfg_error cfg_err = { 0 };
    CHECK_OK((int)cfg_node_parse(&n->cfg, config, strlen(config), path, &cfg_err), cfg_err);
    pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    CHECK_OK(pn_spool_open(&n->spool, n->cfg.spool, &opts, &n->err), n->err);

    snprintf(n->phantom, sizeof n->phantom, "%s/phantom", n->folder);
    pn_phantom_params p = { .seed = 5, .dim = { 64, 64, SLICES }, .spacing_mm = { 5, 5, 5 },
                            .tumour_semiaxis_mm = { 15, 15, 15 }, .tumour_hu = 40,
                            .correlation_mm = 5, .noise_hu = 5 };
    pn_phantom made;
    CHECK_OK(pn_phantom_make(&made, &p, &n->err), n->err);
    CHECK_OK(pn_phantom_save(&made, n->phantom, 1, true, true, &n->err), n->err);
    pn_phantom_free(&made);
    *state = n;
    return 0;
}

static void stop(node *n, int signal_number)
{
    if (n->indexer == 0) { return; }
    int status = 0;
    kill(n->indexer, signal_number);
    waitpid(n->indexer, &status, 0);
    n->indexer = 0;
    if (signal_number == SIGTERM) { assert_int_equal(status, 0); }
}

static int teardown(void **state)
{
    node *n = *state;
    stop(n, SIGKILL);
    pn_spool_close(&n->spool);
    cfg_node_free(&n->cfg);
    int rc = pn_remove_tree(n->folder, &n->err);
    free(n);
    return rc;
}

static void on_term(int s)
{
    (void)s;
    pn_role_stop = 1;
}

static void start(node *n)
{
    n->indexer = fork();
    assert_true(n->indexer >= 0);
    if (n->indexer > 0) { return; }
    signal(SIGTERM, on_term);
    pn_error err = { 0 };
    int rc = pn_indexer_run(&n->cfg, &err);
    if (rc) { fprintf(stderr, "indexer: %s\n", err.msg); }
    _exit(rc != 0);
}

/* What the receiver does with one object. */
static void receive_file(node *n, const char *path)
{
    char *bytes = NULL, digest[PN_DIGEST_HEX_SIZE];
    size_t size = 0;
    pn_scan scan;
    CHECK_OK(pn_scan_file(&scan, path, &n->err), n->err);
    CHECK_OK(pn_read_file(&bytes, &size, path, 1 << 24, &n->err), n->err);
    pn_spool_meta meta = { scan.sop_class_uid, scan.sop_uid, scan.transfer_syntax_uid, "SENDER" };
    pn_spool_writer w;
    CHECK_OK(pn_spool_begin(&w, &n->spool, &meta, &n->err), n->err);
    CHECK_OK(pn_spool_write(&w, bytes + scan.dataset_offset, size - scan.dataset_offset, &n->err),
             n->err);
    CHECK_OK(pn_spool_commit(&w, digest, &n->err), n->err);
    free(bytes);
}

static void receive(node *n, const char *name)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", n->phantom, name);
    receive_file(n, path);
}

static void receive_slice(node *n, int i)
{
    char name[32];
    snprintf(name, sizeof name, "ct-%04d.dcm", i);
    receive(n, name);
}

static size_t files_in(const node *n, const char *sub)
{
    char path[PN_PATH_SIZE];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", n->cfg.spool, sub);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) { count += e->d_name[0] != '.'; }
    closedir(d);
    return count;
}

static pn_store_counts counts(node *n)
{
    pn_store *s = NULL;
    pn_store_counts c = { 0 };
    CHECK_OK(pn_store_open(&s, n->cfg.database, NULL, &n->err), n->err);
    CHECK_OK(pn_store_count(&c, s, &n->err), n->err);
    pn_store_close(s);
    return c;
}

/* Milliseconds until so many cases are ready. */
static int64_t await_ready(node *n, size_t cases)
{
    int64_t began = pn_mono_ms();
    while (counts(n).cases[PN_CASE_READY] < cases) {
        if (pn_mono_ms() - began > 60000) { fail_msg("not ready after a minute"); }
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    }
    return pn_mono_ms() - began;
}

typedef struct wanted { const char *kind; pn_case found; } wanted;

static int take_kind(void *arg, const pn_case *c, pn_error *err)
{
    (void)err;
    wanted *w = arg;
    if (strcmp(c->contour_kind, w->kind) == 0) { w->found = *c; }
    return 0;
}

/* The case of the contour of this kind; the two may be numbered either way. */
static pn_case *case_of(node *n, const char *kind)
{
    static wanted w;
    pn_store *s = NULL;
    w = (wanted){ .kind = kind };
    CHECK_OK(pn_store_open(&s, n->cfg.database, NULL, &n->err), n->err);
    CHECK_OK(pn_store_list_cases(s, PN_CASE_NSTATES, 0, take_kind, &w, &n->err), n->err);
    pn_store_close(s);
    assert_true(w.found.id > 0);
    return &w.found;
}

static void indexer__completes_with_the_last_image(void **state)
{
    node *n = *state;
    n->cfg.series_fallback_s = 5;
    start(n);
    receive(n, "rtstruct.dcm");
    receive(n, "seg.dcm");
    for (int i = 1; i < SLICES; i++) { receive_slice(n, i); }
    while (files_in(n, "incoming") > 0) { nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL); }
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    pn_case *c = case_of(n, "rtstruct");
    assert_int_equal(c->state, PN_CASE_WAITING);
    assert_string_equal(c->reason, "19 of 20 images");
    /* The segmentation names the slices with its segment only, which are all there. */
    assert_int_equal(case_of(n, "seg")->state, PN_CASE_WAITING);
    receive_slice(n, SLICES);
    int64_t took = await_ready(n, 1);
    print_message("ready %lld ms after the last image\n", (long long)took);
    assert_int_equal(case_of(n, "rtstruct")->state, PN_CASE_READY);
    (void)await_ready(n, 2);                     /* once the series is quiet */
    assert_true(case_of(n, "seg")->by_series);
    pn_store_counts k = counts(n);
    assert_int_equal(k.instances, SLICES + 2);
    assert_int_equal(files_in(n, "incoming"), 0);
    c = case_of(n, "rtstruct");
    assert_int_equal(c->n_expected, SLICES);
    assert_string_equal(c->model_id, "demo");
    assert_int_equal(c->n_rois, 1);
    pn_instance in = { 0 };
    pn_store *s = NULL;
    CHECK_OK(pn_store_open(&s, n->cfg.database, NULL, &n->err), n->err);
    CHECK_OK(pn_store_get_instance(&in, s, c->contour_uid, NULL, &n->err), n->err);
    assert_non_null(in.header_json);
    assert_string_equal(in.source_ae, "SENDER");
    pn_instance_free(&in);
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_case_images(&l, s, c->id, &n->err), n->err);
    assert_int_equal(l.n, SLICES);
    for (size_t i = 0; i < l.n; i++) {
        char path[PN_PATH_SIZE];
        CHECK_OK(pn_spool_path(path, &n->spool, l.item[i].digest, &n->err), n->err);
        assert_non_null(strstr(path, "/instances/"));
    }
    pn_file_list_free(&l);
    pn_store_close(s);
    stop(n, SIGTERM);
}

static void indexer__killed_anywhere_loses_and_doubles_nothing(void **state)
{
    node *n = *state;
    int sent = 0;
    for (int round = 0; round < KILLS; round++) {
        start(n);
        for (int k = 0; k < 2 && sent < SLICES; k++) { receive_slice(n, ++sent); }
        if (round == 4) { receive(n, "rtstruct.dcm"); }
        nanosleep(&(struct timespec){ .tv_nsec = 3000000L + 41000000L * round }, NULL);
        stop(n, SIGKILL);
    }
    start(n);
    await_ready(n, 1);
    stop(n, SIGTERM);
    pn_store_counts k = counts(n);
    assert_int_equal(k.instances, SLICES + 1);
    assert_int_equal(k.cases[PN_CASE_READY], 1);
    size_t cases = 0;
    for (int i = 0; i < PN_CASE_NSTATES; i++) { cases += k.cases[i]; }
    assert_int_equal(cases, 1);
    assert_int_equal(files_in(n, "incoming"), 0);
    assert_int_equal(files_in(n, "quarantine"), 0);
}

static void indexer__rebuilds_a_lost_database(void **state)
{
    node *n = *state;
    start(n);
    receive(n, "rtstruct.dcm");
    for (int i = 1; i <= SLICES; i++) { receive_slice(n, i); }
    await_ready(n, 1);
    stop(n, SIGTERM);
    static const char *const tail[] = { "", "-wal", "-shm" };
    for (int i = 0; i < 3; i++) {
        char path[PN_PATH_SIZE + 8];
        snprintf(path, sizeof path, "%s%s", n->cfg.database, tail[i]);
        unlink(path);
    }
    start(n);
    await_ready(n, 1);
    assert_int_equal(counts(n).instances, SLICES + 1);
    stop(n, SIGTERM);
}

static void remove_stored(node *n, const char *digest)
{
    char path[PN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/instances/%.2s/%s.dcm", n->cfg.spool, digest, digest);
    assert_int_equal(unlink(path), 0);
}

/* Rows whose file is gone are told, and only then marked; the object again makes all good. */
static void indexer__reconcile_marks_what_is_gone(void **state)
{
    node *n = *state;
    pn_reconciled r;
    start(n);
    receive(n, "rtstruct.dcm");
    for (int i = 1; i <= SLICES; i++) { receive_slice(n, i); }
    await_ready(n, 1);
    stop(n, SIGTERM);
    CHECK_OK(pn_indexer_reconcile(&r, &n->cfg, false, &n->err), n->err);
    assert_int_equal(r.gone.n_gone, 0);
    assert_int_equal(r.gone.n_unknown, 0);
    pn_store *s = NULL;
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_open(&s, n->cfg.database, NULL, &n->err), n->err);
    CHECK_OK(pn_store_case_images(&l, s, 1, &n->err), n->err);
    pn_store_close(s);
    assert_int_equal(l.n, SLICES);
    remove_stored(n, l.item[0].digest);
    pn_file_list_free(&l);
    for (int dry_run = 1; dry_run >= 0; dry_run--) {
        CHECK_OK(pn_indexer_reconcile(&r, &n->cfg, dry_run, &n->err), n->err);
        assert_int_equal(r.gone.n_rows, SLICES + 1);
        assert_int_equal(r.gone.n_gone, 1);
        assert_int_equal(counts(n).cases[PN_CASE_READY], dry_run);     /* it looks, it changes nothing */
    }
    assert_int_equal(counts(n).instances, SLICES + 1);                 /* the row stays */
    CHECK_OK(pn_indexer_reconcile(&r, &n->cfg, false, &n->err), n->err);
    assert_int_equal(r.gone.n_gone, 0);
    start(n);
    nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
    assert_int_equal(counts(n).cases[PN_CASE_WAITING], 1);
    for (int i = 1; i <= SLICES; i++) { receive_slice(n, i); }
    await_ready(n, 1);
    stop(n, SIGTERM);
    assert_int_equal(counts(n).instances, SLICES + 1);
}

static void indexer__puts_broken_files_away_and_goes_on(void **state)
{
    node *n = *state;
    pn_spool_meta meta = { "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1", "EVIL" };
    pn_spool_writer w;
    char digest[PN_DIGEST_HEX_SIZE], path[PN_PATH_SIZE];
    CHECK_OK(pn_spool_begin(&w, &n->spool, &meta, &n->err), n->err);
    CHECK_OK(pn_spool_write(&w, "\x08\x00\x18\x00UI\xff\x7f" "1.2.3", 13, &n->err), n->err);
    CHECK_OK(pn_spool_commit(&w, digest, &n->err), n->err);
    start(n);
    receive(n, "rtstruct.dcm");
    for (int i = 1; i <= SLICES; i++) { receive_slice(n, i); }
    await_ready(n, 1);
    stop(n, SIGTERM);
    assert_int_equal(files_in(n, "quarantine"), 2);      /* the file and its reason */
    snprintf(path, sizeof path, "%s/quarantine/%s.reason", n->cfg.spool, digest);
    char *reason = NULL;
    size_t size = 0;
    CHECK_OK(pn_read_file(&reason, &size, path, 4096, &n->err), n->err);
    assert_true(size > 10);
    free(reason);
}

static void receive_folder(node *n, const char *folder)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[PN_PATH_SIZE];
        if (strstr(e->d_name, ".dcm") == NULL) { continue; }
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        receive_file(n, path);
    }
    closedir(d);
}

/* STS_001 of the IBSI validation set: its structure set names 267 images, none of the 59 sent,
 * and the right series. */
static void indexer__takes_a_real_series_whose_images_were_renamed(void **state)
{
    node *n = *state;
    SKIP_WITHOUT(SHARED("data/radiomics/ibsi_validation_sts/STS_001/dicom/CT"));
    n->cfg.series_fallback_s = 3;
    start(n);
    receive_folder(n, SHARED("data/radiomics/ibsi_validation_sts/STS_001/dicom/CT/mask"));
    receive_folder(n, SHARED("data/radiomics/ibsi_validation_sts/STS_001/dicom/CT/image"));
    assert_int_equal(counts(n).cases[PN_CASE_READY], 0);
    await_ready(n, 1);
    stop(n, SIGTERM);
    pn_case *c = case_of(n, "rtstruct");
    assert_true(c->by_series);
    assert_int_equal(c->n_expected, 267);
    assert_int_equal(c->n_present, 0);
    pn_store *s = NULL;
    pn_file_list l = { 0 };
    CHECK_OK(pn_store_open(&s, n->cfg.database, NULL, &n->err), n->err);
    CHECK_OK(pn_store_case_images(&l, s, c->id, &n->err), n->err);
    assert_int_equal(l.n, 59);
    pn_file_list_free(&l);
    pn_store_close(s);
}

int main(int argc, char **argv)
{
    pn_error err = { 0 };
    if (argc == 4 && strcmp(argv[1], "role") == 0) {
        pn_header_child_run(argv[3]);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    if (pn_dicom_init(&err)) { fail_msg("%s", err.msg); }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(indexer__completes_with_the_last_image, setup, teardown),
        cmocka_unit_test_setup_teardown(indexer__killed_anywhere_loses_and_doubles_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(indexer__rebuilds_a_lost_database, setup, teardown),
        cmocka_unit_test_setup_teardown(indexer__reconcile_marks_what_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(indexer__puts_broken_files_away_and_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(indexer__takes_a_real_series_whose_images_were_renamed,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
