/* What the store's calls take in an empty database, and in one with a million instances and ten
 * thousand cases (or other numbers).
 *
 *   bench_store sqlite|postgresql [INSTANCES CASES [FOLDER]]
 *
 * sqlite: new files in FOLDER (default /tmp); postgresql: a server of its own in /tmp. The two
 * databases are measured in turns, so that whatever else the machine does meets both. Exit code 1
 * where the median of a call is more than 1.5 times as long in the full database. */
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

enum { IMAGES = 100, BATCH = 64, CALLS = 20, CASES = 4, TURNS = 40, MOST_SAMPLES = TURNS * CALLS };
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

typedef struct samples {
    double us[N_WHAT][MOST_SAMPLES];
    size_t n[N_WHAT];
} samples;

/* Since `began`, over n calls; now. */
static double timed(samples *out, int what, double began, double n)
{
    double now = now_us();
    out->us[what][out->n[what]++] = (now - began) / n;
    return now_us();
}

/* One turn, with series from `series` on. */
static void measure(samples *out, pn_store *s, long series)
{
    static pn_case c;
    bool got;
    double t = now_us();
    for (int i = 0; i < CASES; i++, series++) {
        MUST(pn_store_begin(s, &err));
        add_images(s, series, 0, BATCH);
        MUST(pn_store_commit(s, &err));
        t = timed(out, ADD_IN_BATCH, t, BATCH);
    }
    for (int i = 0; i < CALLS; i++) {
        add_images(s, series, i, 1);
        t = timed(out, ADD_ALONE, t, 1);
    }
    series++;
    for (int i = 0; i < CALLS; i++) {
        MUST(pn_store_claim_case(&c, &got, s, 3000, "host:worker:0", 1000, &err));
        t = timed(out, IDLE_POLL, t, 1);
        if (got) { exit(2); }
    }
    for (int i = 0; i < CASES; i++, series++) {
        MUST(pn_store_begin(s, &err));
        add_images(s, series, 0, IMAGES);
        MUST(pn_store_commit(s, &err));
        t = now_us();
        int64_t id = add_case(s, series);
        t = timed(out, NEW_CASE, t, 1);
        match(s, id);
        t = timed(out, MATCH, t, 1);
        MUST(pn_store_claim_case(&c, &got, s, 3000, "host:worker:0", 1000, &err));
        t = timed(out, CLAIM, t, 1);
        if (!got || c.id != id) { exit(2); }
        pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                          .sop_uid = "2.25.1" };
        MUST(pn_store_case_reported(s, id, c.fence, "2.25.1", "2.25.2", "/r", &o, 1, 3000, &err));
        t = timed(out, REPORT, t, 1);
        pn_delivery d;
        MUST(pn_store_claim_delivery(&d, &got, s, 4000, "host:sender:pacs", "pacs", 1000, &err));
        if (!got) { exit(2); }
        MUST(pn_store_delivery_sent(NULL, s, d.id, d.fence, 0, "", 0, 4001, &err));
        t = timed(out, DELIVER, t, 1);
    }
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

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double mean(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) { sum += v[i]; }
    return sum / (double)n;
}

/* The largest ratio of two medians. */
static double report(samples *empty, samples *full)
{
    double worst = 0;
    printf("%-36s %10s %10s %7s %14s\n", "medians", "empty, us", "full, us", "ratio", "(of the means)");
    for (int i = 0; i < N_WHAT; i++) {
        double e = median(empty->us[i], empty->n[i]), f = median(full->us[i], full->n[i]);
        if (f / e > worst) { worst = f / e; }
        printf("%-36s %10.0f %10.0f %7.2f %14.2f\n", what_words[i], e, f, f / e,
               mean(full->us[i], full->n[i]) / mean(empty->us[i], empty->n[i]));
    }
    return worst;
}

static void name_database(char *out, size_t size, bool server, const char *folder, const char *name)
{
    if (server) { pg_server_new_database(out, size); }
    else { snprintf(out, size, "%s/%s.db", folder, name); }
}

int main(int argc, char **argv)
{
    static samples empty, full, warm;
    long instances = argc > 3 ? atol(argv[2]) : 1000000, cases = argc > 3 ? atol(argv[3]) : 10000;
    bool server = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    if (argc < 2 || (!server && strcmp(argv[1], "sqlite") != 0) || instances < 1 || cases < 1) {
        fputs("usage: bench_store sqlite|postgresql [INSTANCES CASES [FOLDER]]\n", stderr);
        return 2;
    }
    char folder[512], small[640], large[640];
    snprintf(folder, sizeof folder, "%.400s/pn-bench-XXXXXX", argc > 4 ? argv[4] : "/tmp");
    if (!mkdtemp(folder)) { return 2; }
    if (server && !pg_server_start()) { return 77; }
    name_database(small, sizeof small, server, folder, "empty");
    name_database(large, sizeof large, server, folder, "full");

    pn_store *a = NULL, *b = NULL;
    MUST(pn_store_open(&a, small, NULL, &err));
    MUST(pn_store_open(&b, large, NULL, &err));
    double began = now_us();
    fill(large, instances, cases);
    printf("%s: %ld instances and %ld cases filled in %.0f s\n", argv[1], instances, cases,
           (now_us() - began) / 1e6);
    (void)fflush(stdout);
    measure(&warm, a, 500000);
    measure(&warm, b, 500000);
    for (long i = 1; i <= TURNS; i++) {
        measure(&empty, a, 500000 + 100 * i);
        measure(&full, b, 500000 + 100 * i);
    }
    double worst = report(&empty, &full);
    pn_store_close(a);
    pn_store_close(b);
    if (server) { pg_server_stop(); }
    MUST(pn_remove_tree(folder, &err));
    return worst <= allowed_ratio ? 0 : 1;
}
