/* prognode doctor - will the archives take what the node sends, and say so?
 *
 *   prognode doctor [--config FILE] [--archive NAME] [--send]
 *
 * For each configured archive: C-ECHO, which of the node's objects and services it accepts, and with
 * --send a tiny report of an artificial patient, stored, and asked about where commitment is asked for.
 * Prints what it found, one line a check, and what to do where one fails. The node may be running.
 * Exit codes: 0 all as it should be, 1 something is not, 2 wrong use or configuration. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "cmd/cmd.h"
#include "cmd/peer_tls.h"
#include "dicom/commit.h"
#include "dicom/kos_write.h"
#include "dicom/scan.h"
#include "dicom/scu.h"
#include "dicom/sr.h"

static const char usage[] =
    "usage: prognode doctor [--config FILE] [--archive NAME] [--send]\n"
    "Ask the configured archives whether they would take what the node sends.\n\n"
    "  --config FILE   the node's configuration (default prognode.yaml)\n"
    "  --archive NAME  of its archives this one only\n"
    "  --send          also store a tiny report, of a patient with the ID PROGNODE-TEST, and ask for its\n"
    "                  commitment where the configuration says so: somebody has to delete it there\n"
    "  -h, --help      print this\n\n"
    "exit: 0 all as it should be, 1 something is not, 2 wrong use or configuration\n";

#define EXPLICIT_LE "1.2.840.10008.1.2.1"
enum { SEG, SR_3D, SR_PLAIN, SC, PDF, NOTE, COMMITMENT, FIND, MOVE, GET, N_OFFERS };
static const struct { const char *uid, *name; } classes[N_OFFERS] = {
    [SEG] = {"1.2.840.10008.5.1.4.1.1.66.4", "Segmentation"},
    [SR_3D] = {"1.2.840.10008.5.1.4.1.1.88.34", "Comprehensive 3D SR"},
    [SR_PLAIN] = {"1.2.840.10008.5.1.4.1.1.88.33", "Comprehensive SR"},
    [SC] = {"1.2.840.10008.5.1.4.1.1.7", "Secondary Capture"},
    [PDF] = {"1.2.840.10008.5.1.4.1.1.104.1", "Encapsulated PDF"},
    [NOTE] = {PN_UID_KEY_OBJECT_SELECTION, "Key Object Selection (notes of withdrawal)"},
    [COMMITMENT] = {PN_UID_STORAGE_COMMITMENT, "Storage Commitment"},
    [FIND] = {"1.2.840.10008.5.1.4.1.2.2.1", "C-FIND"},
    [MOVE] = {"1.2.840.10008.5.1.4.1.2.2.2", "C-MOVE"},
    [GET] = {"1.2.840.10008.5.1.4.1.2.2.3", "C-GET"},
};

typedef struct doctor {
    const cfg_node *cfg;
    const cfg_archive *archive;
    pn_scu_peer peer;
    unsigned n_wrong;              /* that the administrator must look at                     */
} doctor;

static void good(const char *what, const char *words) { printf("  ok     %-18s %s\n", what, words); }
static void note(const char *what, const char *words) { printf("  note   %-18s %s\n", what, words); }
static void wrong(doctor *d, const char *what, const char *words)
{
    printf("  WRONG  %-18s %s\n", what, words);
    d->n_wrong++;
}

/* ---- Reaching it --------------------------------------------------------------------------- */

static bool reach(doctor *d)
{
    char words[96];
    pn_error err = {0};
    int64_t begun = pn_mono_ms();
    if (pn_scu_echo(&d->peer, &err) != PN_OK) {
        wrong(d, "C-ECHO", err.msg);
        return false;
    }
    (void)snprintf(words, sizeof words, "answered in %lld ms%s", (long long)(pn_mono_ms() - begun),
                   d->archive->tls ? ", over TLS" : "");
    good("C-ECHO", words);
    return true;
}

/* ---- What it takes ------------------------------------------------------------------------- */

/* A service that the configuration counts on. */
static void need(doctor *d, const pn_scu_offer *o, int which, bool wanted, const char *key)
{
    char words[160];
    if (!wanted) { return; }
    if (o[which].accepted) {
        good(classes[which].name, "offered");
        return;
    }
    (void)snprintf(words, sizeof words, "not offered: change %s, or have the archive offer it", key);
    wrong(d, classes[which].name, words);
}

static void judge(doctor *d, const pn_scu_offer *o)
{
    const cfg_node *c = d->cfg;
    const cfg_archive *a = d->archive;
    const bool wanted[] = {[SEG] = c->report_seg, [SR_3D] = c->comprehensive_3d,
                           [SR_PLAIN] = !c->comprehensive_3d, [SC] = c->report_picture,
                           [PDF] = c->report_pdf, [NOTE] = true};
    for (int i = 0; i <= NOTE; i++) {
        if (!wanted[i]) { continue; }
        if (o[i].accepted) { good(classes[i].name, "accepted"); continue; }
        switch (i) {
        case SR_3D:
            if (o[SR_PLAIN].accepted) { note(classes[i].name, "not accepted: it gets Comprehensive SR"); continue; }
            /* fall through */
        case SR_PLAIN: wrong(d, classes[i].name, "not accepted: it can take no report"); break;
        case SEG: note(classes[i].name, "not accepted: its reports describe the region without it"); break;
        case NOTE: note(classes[i].name, "not accepted: reports cannot be withdrawn there"); break;
        default: note(classes[i].name, "not accepted: it gets none"); break;
        }
    }
    const bool find = strcmp(a->commitment, "find") == 0, query = strcmp(a->query, "none") != 0;
    need(d, o, COMMITMENT, strcmp(a->commitment, "event") == 0, "commitment: event");
    need(d, o, FIND, find || query, find ? "commitment: find" : "query");
    need(d, o, MOVE, strcmp(a->query, "move") == 0, "query: move");
    need(d, o, GET, strcmp(a->query, "get") == 0, "query: get");
}

static void negotiate(doctor *d)
{
    pn_scu_offer offers[N_OFFERS];
    pn_error err = {0};
    for (int i = 0; i < N_OFFERS; i++) {
        offers[i] = (pn_scu_offer){classes[i].uid, i <= NOTE ? EXPLICIT_LE : NULL, false};
    }
    if (pn_scu_negotiate(offers, N_OFFERS, &d->peer, &err) == PN_OK) { judge(d, offers); }
    else { wrong(d, "association", err.msg); }
}

/* ---- A report ------------------------------------------------------------------------------ */

typedef struct tiny { char folder[PN_PATH_SIZE], path[PN_PATH_SIZE]; char uid[4][PN_UID_SIZE]; } tiny;
enum { OBJECT, SERIES, STUDY, TRANSACTION };

static int new_uids(tiny *t, pn_error *err)
{
    for (int i = 0; i < 4; i++) {
        uint8_t random[PN_SHA256_SIZE];
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
            return pn_fail(err, PN_EIO, "no random numbers");
        }
        pn_uid_from_digest(t->uid[i], random);
    }
    return PN_OK;
}

static int write_report(const doctor *d, tiny *t, pn_error *err)
{
    char date[16], clock[16];
    struct tm now;
    time_t at = time(NULL);
    (void)localtime_r(&at, &now);
    (void)strftime(date, sizeof date, "%Y%m%d", &now);
    (void)strftime(clock, sizeof clock, "%H%M%S", &now);
    pn_study study = {.patient_name = "prognode^test", .patient_id = "PROGNODE-TEST"};
    (void)snprintf(study.study_uid, sizeof study.study_uid, "%s", t->uid[STUDY]);
    (void)snprintf(study.study_date, sizeof study.study_date, "%s", date);
    (void)snprintf(study.study_time, sizeof study.study_time, "%s", clock);
    const pn_sr_header header = {
        .comprehensive_3d = d->cfg->comprehensive_3d, .study = &study, .sop_uid = t->uid[OBJECT],
        .series_uid = t->uid[SERIES], .date = date, .time = clock, .series_number = 1, .instance_number = 1,
        .series_description = "connection test", .institution = d->cfg->institution,
        .station_name = d->cfg->station_name, .manufacturer = "prognode", .model_name = "prognode doctor",
        .serial_number = "", .software_version = PN_VERSION};
    const pn_code_triple title = {"connection-test", "99PROGNODE", "Connection test"};
    const pn_code_triple comment = {"121106", "DCM", "Comment"};
    pn_sr *sr = NULL;
    int rc = pn_sr_new(&sr, &header, title, NULL, err);
    if (rc != PN_OK) { return rc; }
    pn_sr_text(sr, PN_SR_CONTAINS, comment, "Made by prognode doctor to test a connection. There is no such "
                                            "patient; this can be deleted.");
    rc = pn_sr_save(sr, t->path, err);
    pn_sr_free(sr);
    return rc;
}

/* Its report comes to the node, which knows nothing of this one and says so in its log. */
static void ask_commitment(doctor *d, const tiny *t)
{
    const pn_commit_ref ref = {classes[d->cfg->comprehensive_3d ? SR_3D : SR_PLAIN].uid, t->uid[OBJECT]};
    unsigned n_reports = 0;
    char words[160];
    pn_error err = {0};
    if (pn_commit_request_send(&n_reports, &d->peer, t->uid[TRANSACTION], &ref, 1, NULL, 0, &err) != PN_OK) {
        wrong(d, "commitment", err.msg);
        return;
    }
    (void)snprintf(words, sizeof words, "request taken; its report comes to the node: event=commitment "
                   "transaction=%.64s", t->uid[TRANSACTION]);
    good("commitment", words);
}

/* Nobody else's: its name cannot be known before. */
static int make_folder(tiny *t, pn_error *err)
{
    const char *tmp = getenv("TMPDIR");
    int rc = pn_path(t->folder, sizeof t->folder, err, "%s/prognode-doctor.%s", tmp != NULL && tmp[0] ? tmp : "/tmp",
                     t->uid[OBJECT]);
    if (rc == PN_OK) { rc = pn_path(t->path, sizeof t->path, err, "%s/report.dcm", t->folder); }
    if (rc == PN_OK && mkdir(t->folder, 0700) != 0) {
        return pn_fail(err, PN_EIO, "cannot make %s: %s", t->folder, strerror(errno));
    }
    return rc;
}

static void send_report(doctor *d)
{
    tiny t = {0};
    char words[PN_SCU_COMMENT_SIZE + 96];
    pn_scu_result result = {0};
    pn_error err = {0};
    const char *path = t.path;
    int rc = new_uids(&t, &err);
    if (rc == PN_OK) { rc = make_folder(&t, &err); }
    if (rc == PN_OK) { rc = write_report(d, &t, &err); }
    if (rc == PN_OK) { rc = pn_scu_store(&d->peer, &path, 1, &result, &err); }
    (void)unlink(t.path);
    (void)rmdir(t.folder);
    if (rc != PN_OK) {
        wrong(d, "test report", err.msg);
        return;
    }
    (void)snprintf(words, sizeof words, "%s, status %04X%s%s", result.stored ? "taken" : "not taken",
                   (unsigned)(result.status < 0 ? 0 : result.status), result.comment[0] ? ": " : "", result.comment);
    if (!result.stored) {
        wrong(d, "test report", words);
        return;
    }
    good("test report", words);
    printf("         %-18s study %s of patient PROGNODE-TEST can be deleted\n", "", t.uid[STUDY]);
    if (strcmp(d->archive->commitment, "event") == 0) { ask_commitment(d, &t); }
}

static int examine(const cfg_node *cfg, const pn_tls *tls, const char *name, bool send)
{
    unsigned n_wrong = 0, n_seen = 0;
    for (size_t i = 0; i < cfg->n_archives; i++) {
        doctor d = {.cfg = cfg, .archive = &cfg->archives[i]};
        if (name != NULL && strcmp(d.archive->name, name) != 0) { continue; }
        d.peer = pn_scu_peer_of(cfg, d.archive, tls);
        printf("%s: %s at %s port %u\n", d.archive->name, d.peer.called_ae, d.peer.host, (unsigned)d.peer.port);
        if (reach(&d)) {
            negotiate(&d);
            if (send) { send_report(&d); }
        }
        n_wrong += d.n_wrong;
        n_seen++;
    }
    if (n_seen == 0) {
        fprintf(stderr, "prognode doctor: no archive is called \"%s\"\n", name == NULL ? "" : name);
        return PN_EXIT_USAGE;
    }
    return n_wrong > 0 ? PN_EXIT_FAILED : PN_EXIT_OK;
}

int cmd_doctor(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"archive", required_argument, NULL, 'a'},
                                            {"send", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *config = "prognode.yaml", *archive = NULL;
    bool send = false;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (o) {
        case 'c': config = optarg; break;
        case 'a': archive = optarg; break;
        case 's': send = true; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: fputs(usage, stderr); return PN_EXIT_USAGE;
        }
    }
    if (optind != argc) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    cfg_node cfg = {0};
    pn_tls *tls = NULL;
    int code = peer_config_load(&cfg, "doctor", config);
    if (code == PN_EXIT_OK) { code = peer_tls_open(&tls, "doctor", &cfg); }
    if (code == PN_EXIT_OK) { code = examine(&cfg, tls, archive, send); }
    pn_tls_close(tls);
    cfg_node_free(&cfg);
    return code;
}
