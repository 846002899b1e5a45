/* What the store's calls take in an empty database, and in one with a million instances and ten
 * thousand cases (or other numbers).
 *
 *   bench_store sqlite|postgresql [INSTANCES CASES [FOLDER]]
 *
 * sqlite: a new file in FOLDER (default /tmp); postgresql: a server of its own in /tmp. Exit
 * code 1 where a call takes more than 1.5 times as long in the full database. */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "pg_server.h"
#include "queue/store.h"

enum { IMAGES = 100, BATCH = 64, CALLS = 300, ROUNDS = 5 };
enum { ADD_IN_BATCH, ADD_ALONE, NEW_CASE, MATCH, CLAIM, REPORT, DELIVER, IDLE_POLL, N_WHAT };
static const char *const what_words[N_WHAT] = {
    "add an instance, 64 a transaction", "add an instance alone", "make a case of 100 images",
    "match a case", "claim a case", "report a case", "claim and settle a delivery",
    "poll where nothing is due",
};

static pn_error err;
static const double allowed_ratio = 1.5;

#define MUST(call)                                                                         \
    do {                                                                                   \
        if ((call) != 0) {                                                                 \
            fprintf(stderr, "%s: %s\n", #call, err.msg);                                   \
            exit(2);                                                                       \
        }                                                                                  \
    } while (0)

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void uid_of(char uid[PN_UID_SIZE], const char *kind, long series, long i)
{
    snprintf(uid, PN_UID_SIZE, "1.2.826.0.1.3680043.10.543.%s.%09ld.%09ld", kind, series, i);
}

static pn_instance image_of(long series, long i)
{
    pn_instance in = { .kind = "image", .sop_class_uid = "1.2.840.10008.5.1.4.1.1.2",
                       .patient_id = "PATIENT", .modality = "CT", .source_ae = "SCANNER",
                       .received_ms = 1000, .size = 525090 };
    uid_of(in.sop_uid, "1", series, i);
    uid_of(in.series_uid, "2", series, 0);
    uid_of(in.study_uid, "3", series, 0);
    uid_of(in.frame_of_reference_uid, "4", series, 0);
    snprintf(in.digest, sizeof in.digest, "%032ld%032ld", series, i);
    snprintf(in.pixel_digest, sizeof in.pixel_digest, "%032ld%032ld", i, series);
    snprintf(in.identity_digest, sizeof in.identity_digest, "%064ld", series);
    return in;
}

static void add_images(pn_store *s, long series, long first, long n)
{
    pn_added added;
    for (long i = first; i < first + n; i++) {
        pn_instance in = image_of(series, i);
        MUST(pn_store_add_instance(&added, s, &in, &err));
    }
}

static int64_t add_case(pn_store *s, long series)
{
    static pn_case c;
    static char uid[IMAGES][PN_UID_SIZE];
    const char *uids[IMAGES];
    memset(&c, 0, sizeof c);
    uid_of(c.contour_uid, "5", series, 0);
    uid_of(c.series_uid, "2", series, 0);
    uid_of(c.study_uid, "3", series, 0);
    uid_of(c.frame_of_reference_uid, "4", series, 0);
    snprintf(c.contour_digest, sizeof c.contour_digest, "%064ld", series);
    snprintf(c.lineage, sizeof c.lineage, "%064ld", series);
    strcpy(c.contour_kind, "rtstruct");
    strcpy(c.patient_id, "PATIENT");
    strcpy(c.model_id, "model");
    c.fallback_at_ms = c.give_up_at_ms = INT64_MAX / 2;
    for (long i = 0; i < IMAGES; i++) {
        uid_of(uid[i], "1", series, i);
        uids[i] = uid[i];
    }
    int64_t id = 0;
    bool made = false;
    MUST(pn_store_add_case(&id, &made, s, &c, uids, IMAGES, 1000, &err));
    return id;
}

static void match(pn_store *s, int64_t id)
{
    static pn_case c;
    pn_match_facts f;
    pn_match_decision d = { .state = PN_CASE_READY, .n_present = IMAGES,
                            .next_look_ms = INT64_MAX };
    MUST(pn_store_get_case(&c, s, id, &err));
    MUST(pn_store_match_facts(&f, s, &c, &err));
    if (f.n_present != IMAGES) {
        fprintf(stderr, "%zu of %d images\n", f.n_present, IMAGES);
        exit(2);
    }
    memcpy(d.series_uid, c.series_uid, sizeof d.series_uid);
    MUST(pn_store_decide_case(s, id, &d, 2000, &err));
}

static double timed(double *sum, double began)
{
    double now = now_us();
    *sum += now - began;
    return now;
}

/* Series from `base` on. us[]: one call. */
static void measure(double us[N_WHAT], pn_store *s, long base)
{
    double sum[N_WHAT] = { 0 }, t;
    static pn_case c;
    bool got;
    long series = base;
    for (int i = 0; i < ROUNDS * 4; i++, series++) {
        t = now_us();
        MUST(pn_store_begin(s, &err));
        add_images(s, series, 0, BATCH);
        MUST(pn_store_commit(s, &err));
        t = timed(&sum[ADD_IN_BATCH], t);
    }
    t = now_us();
    add_images(s, series++, 0, CALLS);
    timed(&sum[ADD_ALONE], t);
    for (int i = 0; i < CALLS; i++) {
        t = now_us();
        MUST(pn_store_claim_case(&c, &got, s, 3000, "host:worker:0", 1000, &err));
        timed(&sum[IDLE_POLL], t);
        if (got) { exit(2); }
    }
    for (int i = 0; i < ROUNDS * 4; i++, series++) {
        MUST(pn_store_begin(s, &err));
        add_images(s, series, 0, IMAGES);
        MUST(pn_store_commit(s, &err));
        t = now_us();
        int64_t id = add_case(s, series);
        t = timed(&sum[NEW_CASE], t);
        match(s, id);
        t = timed(&sum[MATCH], t);
        MUST(pn_store_claim_case(&c, &got, s, 3000, "host:worker:0", 1000, &err));
        t = timed(&sum[CLAIM], t);
        if (!got || c.id != id) { exit(2); }
        pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                          .sop_uid = "2.25.1" };
        MUST(pn_store_case_reported(s, id, c.fence, "2.25.1", "2.25.2", "/r", &o, 1, 3000, &err));
        t = timed(&sum[REPORT], t);
        pn_delivery d;
        MUST(pn_store_claim_delivery(&d, &got, s, 4000, "host:sender:pacs", "pacs", 1000, &err));
        if (!got) { exit(2); }
        MUST(pn_store_delivery_sent(NULL, s, d.id, d.fence, 0, "", 4001, &err));
        timed(&sum[DELIVER], t);
    }
    const double calls[N_WHAT] = { ROUNDS * 4 * BATCH, CALLS, ROUNDS * 4, ROUNDS * 4, ROUNDS * 4,
                                   ROUNDS * 4, ROUNDS * 4, CALLS };
    for (int i = 0; i < N_WHAT; i++) { us[i] = sum[i] / calls[i]; }
}

/* ---- filling, in SQL that both databases read ---- */

static void run_sql(const char *database, const char *sql)
{
    if (!pn_store_is_server(database)) {
        sqlite3 *db = NULL;
        char *why = NULL;
        if (sqlite3_open(database, &db) != SQLITE_OK ||
            sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
            fprintf(stderr, "%s\n", why ? why : "cannot open");
            exit(2);
        }
        sqlite3_close(db);
        return;
    }
    PGconn *c = PQconnectdb(database);
    PGresult *res = PQexec(c, sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s\n", PQerrorMessage(c));
        exit(2);
    }
    PQclear(res);
    PQfinish(c);
}

#define ROOT "1.2.826.0.1.3680043.10.543."
#define UID(kind, series) "'" ROOT kind ".' || (100000000+" series ") || '.000000000'"
#define IMAGE_UID(series, i) "'" ROOT "1.' || (100000000+" series ") || '.' || (100000000+" i ")"
#define COUNT "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<%ld)"

/* One series of 100 images for each case and on; one case in twenty waits, the others are done. */
static void fill(const char *database, long instances, long cases)
{
    char sql[2048];
    snprintf(sql, sizeof sql,
             "INSERT INTO instance(sop_uid, digest, kind, sop_class_uid, study_uid, series_uid,"
             " frame_uid, patient_id, issuer, modality, source_ae, received_ms, size, conflict,"
             " pixel_digest, identity_digest, current) " COUNT
             " SELECT " IMAGE_UID("i/100", "i%%100") ", 'f' || (100000000000+i) ||"
             " '00000000000000000000000000000000000000000000000000000', 'image',"
             " '1.2.840.10008.5.1.4.1.1.2', " UID("3", "i/100") ", " UID("2", "i/100") ","
             " " UID("4", "i/100") ", 'PATIENT', '', 'CT', 'SCANNER', 500, 525090, 0,"
             " 'p' || i, 'same', 1 FROM n", instances - 1);
    run_sql(database, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO cases(state, contour_uid, contour_digest, contour_kind, patient_id,"
             " issuer, study_uid, frame_uid, series_uid, model_index, model_id, model_sha256,"
             " rois, n_expected, n_present, fallback_at_ms, give_up_at_ms, match_at_ms,"
             " created_ms, updated_ms, model_version, lineage, contour_datetime, run, priority,"
             " report_sop_uid) " COUNT
             " SELECT CASE WHEN i%%20=0 THEN 'waiting' ELSE 'delivered' END, " UID("5", "i") ","
             " 'c' || i, 'rtstruct', 'PATIENT', '', " UID("3", "i") ", " UID("4", "i") ","
             " " UID("2", "i") ", 0, 'model', 'sha', '1', 100, 100, 600000, 86400000,"
             " 4611686018427387904, 500, 500, '1', 'l' || i, '', 0, 0,"
             " CASE WHEN i%%20=0 THEN '' ELSE '2.25.' || i END FROM n", cases - 1);
    run_sql(database, sql);
    run_sql(database,
            "INSERT INTO case_image(case_id, sop_uid) SELECT c.id, i.sop_uid FROM cases c"
            " JOIN instance i ON i.series_uid=c.series_uid WHERE c.contour_digest LIKE 'c%'");
    run_sql(database,
            "INSERT INTO outbox(case_id, archive, path, sop_class_uid, sop_uid, state,"
            " next_at_ms, updated_ms) SELECT id, 'pacs', '/r', '1.2.88', report_sop_uid, 'sent',"
            " 500, 500 FROM cases WHERE state='delivered' AND contour_digest LIKE 'c%'");
}

static double report(const double empty[N_WHAT], const double full[N_WHAT])
{
    double worst = 0;
    printf("%-36s %10s %10s %7s\n", "", "empty, us", "full, us", "ratio");
    for (int i = 0; i < N_WHAT; i++) {
        double ratio = full[i] / empty[i];
        if (ratio > worst) { worst = ratio; }
        printf("%-36s %10.0f %10.0f %7.2f\n", what_words[i], empty[i], full[i], ratio);
    }
    return worst;
}

int main(int argc, char **argv)
{
    long instances = argc > 3 ? atol(argv[2]) : 1000000, cases = argc > 3 ? atol(argv[3]) : 10000;
    bool server = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    if (argc < 2 || (!server && strcmp(argv[1], "sqlite") != 0) || instances < 1 || cases < 1) {
        fputs("usage: bench_store sqlite|postgresql [INSTANCES CASES [FOLDER]]\n", stderr);
        return 2;
    }
    char folder[512], database[640];
    snprintf(folder, sizeof folder, "%.400s/pn-bench-XXXXXX", argc > 4 ? argv[4] : "/tmp");
    if (!mkdtemp(folder)) { return 2; }
    snprintf(database, sizeof database, "%s/bench.db", folder);
    if (server && !pg_server_start()) { return 77; }
    if (server) { pg_server_new_database(database, sizeof database); }

    double empty[N_WHAT], full[N_WHAT];
    pn_store *s = NULL;
    MUST(pn_store_open(&s, database, NULL, &err));
    measure(empty, s, 500000);          /* the first time to warm up */
    measure(empty, s, 510000);
    double began = now_us();
    fill(database, instances, cases);
    printf("%s: %ld instances and %ld cases filled in %.0f s\n", argv[1], instances, cases,
           (now_us() - began) / 1e6);
    measure(full, s, 520000);
    measure(full, s, 530000);
    double worst = report(empty, full);
    pn_store_close(s);
    if (server) { pg_server_stop(); }
    MUST(pn_remove_tree(folder, &err));
    return worst <= allowed_ratio ? 0 : 1;
}
