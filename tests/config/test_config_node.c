/* The node's file: what it gives, and each message word for word with its place. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/node.h>

#define ARCHIVES "archives:\n  - {name: a, ae_title: A, host: h, port: 104}\n"
#define MODELS   "models:\n  - file: m.yaml\n"
#define NODE     "node: {ae_title: N}\n"
#define SPOOL    "spool: {folder: /s}\n"

static int parse(cfg_node *c, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_node_parse(c, text, strlen(text), "/etc/pn/node.yaml", err);
}

/* ---- What loads ---------------------------------------------------------- */

static void test_node__smallest_file_gets_the_defaults(void **state)
{
    (void)state;
    cfg_node c;
    cfg_error err;
    CHECK_OK(parse(&c, NODE SPOOL ARCHIVES MODELS, &err), err);
    assert_string_equal(c.ae_title, "N");
    assert_string_equal(c.listen, "127.0.0.1");
    assert_int_equal(c.port, 11112);
    assert_int_equal(c.max_associations, 64);
    assert_int_equal(c.max_associations_per_address, 16);
    assert_int_equal(c.artim_s, 30);
    assert_int_equal(c.idle_timeout_s, 60);
    assert_int_equal(c.workers, 1);
    assert_string_equal(c.institution, "");
    assert_string_equal(c.station_name, "");
    assert_string_equal(c.spool, "/s");
    assert_string_equal(c.database, "/s/prognode.db");
    assert_true(c.reserve_bytes == 5ULL << 30);
    assert_true(c.max_instance_bytes == 2ULL << 30);
    assert_int_equal(c.series_fallback_s, 600);
    assert_int_equal(c.give_up_s, 86400);
    assert_int_equal(c.compute_timeout_s, 600);
    assert_int_equal(c.max_attempts, 3);
    assert_int_equal(c.expire_days, 30);
    assert_int_equal(c.n_urgent_ae_titles, 0);
    assert_int_equal(c.models[0].shadow, 0);
    assert_string_equal(c.models[0].shadow_archive, "");
    assert_string_equal(c.models[0].sha256, "");
    assert_false(c.signatures.require);
    assert_true(c.compute_memory_bytes == 8ULL << 30);
    assert_string_equal(c.clinical_table, "");
    assert_int_equal(c.pull_after_s, 300);
    assert_int_equal(c.keep_images_days, 7);
    assert_int_equal(c.keep_unclaimed_days, 7);
    assert_int_equal(c.keep_results_days, 365);
    assert_true(c.low_water_bytes == 10ULL << 30);
    assert_int_equal(c.keep_quarantine_days, 30);
    assert_true(c.quarantine_bytes == 1ULL << 30);
    assert_true(c.comprehensive_3d);
    assert_string_equal(c.report_language, "en");
    assert_string_equal(c.report_messages, "");
    assert_string_equal(c.several_contours, "refuse");
    assert_int_equal(c.retry_first_s, 5);
    assert_int_equal(c.retry_max_s, 900);
    assert_int_equal(c.n_archives, 1);
    assert_string_equal(c.archives[0].name, "a");
    assert_int_equal(c.archives[0].port, 104);
    assert_int_equal(c.archives[0].connect_timeout_s, 10);
    assert_int_equal(c.archives[0].dimse_timeout_s, 60);
    assert_string_equal(c.archives[0].query, "none");
    assert_string_equal(c.archives[0].commitment, "none");
    assert_int_equal(c.archives[0].commitment_delay_s, 5);
    assert_int_equal(c.archives[0].commitment_timeout_s, 3600);
    assert_int_equal(c.n_models, 1);
    assert_int_equal(c.models[0].n_contours, 0);
    cfg_node_free(&c);
}

static void test_node__every_value_is_taken(void **state)
{
    (void)state;
    static const char text[] =
        "node:\n  ae_title: 'MY NODE'\n  listen: \"::1\"\n  port: 104\n  max_associations: 8\n"
        "  max_associations_per_address: 8\n  artim_s: 7\n  idle_timeout_s: 9\n  workers: 3\n"
        "  institution: \"Universit\xc3\xa4tsklinik\"\n  station_name: 42\n"
        "spool:\n  folder: /data\n  reserve: 100 MiB\n  max_instance: 1048576\n"
        "  database: /db/jobs.db\n"
        "cases: {series_fallback_s: 1, give_up_s: 2, compute_timeout_s: 3, max_attempts: 4, compute_memory: 1 GiB,"
        " pull_after_s: 5, clinical_table: ./t.csv}\n"
        "retention: {keep_images_days: 0, keep_unclaimed_days: 2, keep_results_days: 30,"
        " low_water: 1 MiB, keep_quarantine_days: 4, quarantine_size: 2 MiB}\n"
        "report: {sop_class: comprehensive, language: de, messages: own.yaml, several_contours: each}\n"
        "delivery: {retry_first_s: 1, retry_max_s: 1}\n"
        "signatures: {require: true, trusted_keys: [/k/a.pem, keys/b.pem]}\n"
        "archives:\n"
        "  - {name: one, ae_title: A1, host: pacs.example.org, port: 1, connect_timeout_s: 2,"
        " dimse_timeout_s: 3, query: move, commitment: event, commitment_delay_s: 0,"
        " commitment_timeout_s: 60}\n"
        "  - {name: two, ae_title: A2, host: 10.0.0.1, port: 65535}\n"
        "models:\n  - {file: /m/1.yaml, contours: [GTV*, \"*x?\"]}\n  - file: /m/2.yaml\n";
    cfg_node c;
    cfg_error err;
    CHECK_OK(parse(&c, text, &err), err);
    assert_string_equal(c.ae_title, "MY NODE");
    assert_string_equal(c.listen, "::1");
    assert_int_equal(c.port, 104);
    assert_int_equal(c.max_associations, 8);
    assert_int_equal(c.max_associations_per_address, 8);
    assert_int_equal(c.artim_s, 7);
    assert_int_equal(c.idle_timeout_s, 9);
    assert_int_equal(c.workers, 3);
    assert_string_equal(c.institution, "Universit\xc3\xa4tsklinik");
    assert_string_equal(c.station_name, "42");
    assert_string_equal(c.database, "/db/jobs.db");
    assert_true(c.reserve_bytes == 100ULL << 20);
    assert_true(c.max_instance_bytes == 1048576);
    assert_int_equal(c.series_fallback_s, 1);
    assert_int_equal(c.give_up_s, 2);
    assert_int_equal(c.compute_timeout_s, 3);
    assert_int_equal(c.max_attempts, 4);
    assert_true(c.compute_memory_bytes == 1ULL << 30);
    assert_string_equal(c.clinical_table + strlen(c.clinical_table) - 6, "/t.csv");
    assert_int_equal(c.pull_after_s, 5);
    assert_int_equal(c.keep_images_days, 0);
    assert_int_equal(c.keep_unclaimed_days, 2);
    assert_int_equal(c.keep_results_days, 30);
    assert_true(c.low_water_bytes == 1 << 20);
    assert_int_equal(c.keep_quarantine_days, 4);
    assert_true(c.quarantine_bytes == 2 << 20);
    assert_false(c.comprehensive_3d);
    assert_string_equal(c.report_language, "de");
    assert_string_equal(c.report_messages + strlen(c.report_messages) - 9, "/own.yaml");
    assert_string_equal(c.several_contours, "each");
    assert_int_equal(c.retry_max_s, 1);
    assert_true(c.signatures.require);
    assert_int_equal(c.signatures.n_trusted_keys, 2);
    assert_string_equal(c.signatures.trusted_keys[0], "/k/a.pem");
    assert_string_equal(c.signatures.trusted_keys[1] + strlen(c.signatures.trusted_keys[1]) - 11, "/keys/b.pem");
    assert_true(c.signatures.trusted_keys[1][0] == '/');
    assert_int_equal(c.n_archives, 2);
    assert_string_equal(c.archives[0].host, "pacs.example.org");
    assert_int_equal(c.archives[0].connect_timeout_s, 2);
    assert_int_equal(c.archives[0].dimse_timeout_s, 3);
    assert_string_equal(c.archives[0].query, "move");
    assert_string_equal(c.archives[0].commitment, "event");
    assert_int_equal(c.archives[0].commitment_delay_s, 0);
    assert_int_equal(c.archives[0].commitment_timeout_s, 60);
    assert_string_equal(c.archives[1].query, "none");
    assert_int_equal(c.archives[1].port, 65535);
    assert_int_equal(c.n_models, 2);
    assert_int_equal(c.models[0].n_contours, 2);
    assert_string_equal(c.models[0].contours[0], "GTV*");
    assert_string_equal(c.models[0].contours[1], "*x?");
    cfg_node_free(&c);
}

static void test_node__relative_paths_start_at_the_file(void **state)
{
    (void)state;
    static const char text[] = NODE "spool: {folder: var/spool}\n" ARCHIVES
                                    "models:\n  - file: ./models/a.yaml\n  - file: /abs/b.yaml\n";
    cfg_node c;
    cfg_error err;
    char cwd[1000], want[CFG_PATH_SIZE];
    assert_non_null(getcwd(cwd, sizeof cwd));

    CHECK_OK(parse(&c, text, &err), err);
    assert_string_equal(c.spool, "/etc/pn/var/spool");
    assert_string_equal(c.database, "/etc/pn/var/spool/prognode.db");
    assert_string_equal(c.models[0].file, "/etc/pn/models/a.yaml");
    assert_string_equal(c.models[1].file, "/abs/b.yaml");
    cfg_node_free(&c);

    CHECK_OK(cfg_node_parse(&c, text, strlen(text), "node.yaml", &err), err);
    snprintf(want, sizeof want, "%s/var/spool", cwd);
    assert_string_equal(c.spool, want);
    cfg_node_free(&c);

    CHECK_OK(cfg_node_parse(&c, text, strlen(text), "conf/node.yaml", &err), err);
    snprintf(want, sizeof want, "%s/conf/models/a.yaml", cwd);
    assert_string_equal(c.models[0].file, want);
    cfg_node_free(&c);

    CHECK_OK(cfg_node_parse(&c, text, strlen(text), "/node.yaml", &err), err);
    assert_string_equal(c.spool, "/var/spool");
    cfg_node_free(&c);
}

static void test_node__connection_string_is_no_path(void **state)
{
    (void)state;
    static const char *const strings[] = {
        "host=db.example dbname=prognode sslmode=verify-full", "service=prognode",
        "postgresql://prognode@db.example:5433/prognode?sslmode=require",
        "postgres:///prognode?passfile=/etc/prognode/pgpass",
    };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        char text[512];
        cfg_node c;
        cfg_error err;
        snprintf(text, sizeof text, NODE "spool:\n  folder: /s\n  database: \"%s\"\n"
                 ARCHIVES MODELS, strings[i]);
        CHECK_OK(parse(&c, text, &err), err);
        assert_string_equal(c.database, strings[i]);
        cfg_node_free(&c);
    }
}

static void test_node__shipped_example_loads(void **state)
{
    (void)state;
    cfg_node c;
    cfg_error err;
    CHECK_OK(cfg_node_load(&c, PN_SOURCE_DIR "/config/prognode.example.yaml", &err), err);
    assert_string_equal(c.ae_title, "PROGNODE");
    assert_string_equal(c.listen, "127.0.0.1");
    assert_int_equal(c.port, 11112);
    assert_int_equal(c.n_archives, 1);
    assert_string_equal(c.archives[0].ae_title, "ORTHANC");
    assert_string_equal(c.archives[0].host, "127.0.0.1");
    assert_int_equal(c.archives[0].port, 4242);
    assert_int_equal(c.n_models, 1);
    assert_string_equal(c.models[0].file, PN_SOURCE_DIR "/config/models/example-phantom.yaml");
    static const char *const contours[] = {"GTV*", "*tumour*", "*tumor*", "Lesion*"};
    assert_int_equal(c.models[0].n_contours, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(c.models[0].contours[i], contours[i]);
    }
    cfg_node_free(&c);
}

/* The reference is itself a file; its values are the defaults. */
static void test_node__reference_reads_back_as_the_defaults(void **state)
{
    (void)state;
    cfg_node c, plain;
    cfg_error err;
    char *text = cfg_node_reference();
    assert_non_null(text);
    CHECK_OK(parse(&c, text, &err), err);
    CHECK_OK(parse(&plain, NODE SPOOL ARCHIVES MODELS, &err), err);
    assert_int_equal(c.port, plain.port);
    assert_true(c.reserve_bytes == plain.reserve_bytes);
    assert_true(c.max_instance_bytes == plain.max_instance_bytes);
    assert_int_equal(c.series_fallback_s, plain.series_fallback_s);
    assert_int_equal(c.retry_max_s, plain.retry_max_s);
    assert_int_equal(c.archives[0].dimse_timeout_s, plain.archives[0].dimse_timeout_s);
    assert_non_null(strstr(text, "# TCP port for associations without TLS; 0: none. Expects an integer 0 to 65535; "
                                 "default\n  # 11112.\n  port: 11112\n"));
    cfg_node_free(&c);
    cfg_node_free(&plain);
    free(text);
}

/* What was typed is what is read, whatever characters are in it; a port that is no number is named. */
static void test_node__starter_reads_back_as_typed(void **state)
{
    (void)state;
    char gtv[] = "GTV \"p\"", *contours[] = {gtv};
    cfg_starter s = {.ae_title = "ON", .port = "104", .spool = "/a\\b: # \xc2\x85\xe2\x80\xa8'\"",
                     .archive_ae_title = "7", .archive_host = "::1", .archive_port = "4242", .model = "/m .yaml",
                     .contours = contours, .n_contours = 1, .clinical_table = "/t.csv"};
    cfg_node c;
    cfg_error err;
    char *text = cfg_node_starter(&s);
    assert_non_null(text);
    CHECK_OK(parse(&c, text, &err), err);
    assert_string_equal(c.ae_title, s.ae_title);
    assert_int_equal(c.port, 104);
    assert_string_equal(c.spool, s.spool);
    assert_string_equal(c.archives[0].ae_title, s.archive_ae_title);
    assert_string_equal(c.archives[0].host, s.archive_host);
    assert_int_equal(c.archives[0].port, 4242);
    assert_string_equal(c.models[0].file, s.model);
    assert_int_equal(c.models[0].n_contours, 1);
    assert_string_equal(c.models[0].contours[0], gtv);
    assert_string_equal(c.clinical_table, s.clinical_table);
    cfg_node_free(&c);
    free(text);
    static const char *const no_ports[] = {"", "1 # x", "{}", "1\n  workers: 2", "-1", "1e3", "0x10"};
    for (size_t i = 0; i < sizeof no_ports / sizeof no_ports[0]; i++) {
        s.port = no_ports[i];
        text = cfg_node_starter(&s);
        assert_non_null(text);
        assert_int_equal(parse(&c, text, &err), CFG_EVALUE);
        assert_non_null(strstr(err.msg, "node.port: got "));
        free(text);
    }
}

static void test_node__free_takes_null_and_zero(void **state)
{
    (void)state;
    cfg_node c = {0};
    cfg_node_free(NULL);
    cfg_node_free(&c);
    cfg_node_free(&c);
}

/* ---- What is refused ----------------------------------------------------- */

typedef struct bad_case {
    const char *text, *message;    /* after "/etc/pn/node.yaml:" */
} bad_case;

static const bad_case bad[] = {
    /* no password in the configuration */
    {NODE "spool:\n  folder: /s\n  database: \"host=db password=x\"\n" ARCHIVES MODELS,
     "4:13: spool.database: got a password in it, expected a connection string without one (use a "
     "password file or a service)"},
    {NODE "spool:\n  folder: /s\n  database: \"postgresql://u:x@db/p\"\n" ARCHIVES MODELS,
     "4:13: spool.database: got a password in it, expected a connection string without one (use a "
     "password file or a service)"},
    {"node:\n  ae_title: N\n  host_name: \"a b\"\n" SPOOL ARCHIVES MODELS,
     "3:14: node.host_name: got \"a b\", expected a word of at most 64 letters, digits or -_."},
    /* keys */
    {"node:\n  ae_title: N\n  prot: 104\n" SPOOL ARCHIVES MODELS,
     "3:3: node.prot: unknown key, did you mean \"port\"?"},
    {"node:\n  AE_Titel: N\n" SPOOL ARCHIVES MODELS,
     "2:3: node.AE_Titel: unknown key, did you mean \"ae_title\"?"},
    {NODE SPOOL ARCHIVES MODELS "archive: []\n",
     "7:1: archive: unknown key, did you mean \"archives\"?"},
    {NODE "report:\n  zzzzzzzzzzzzzzzz: 1\n" SPOOL ARCHIVES MODELS,
     "3:3: report.zzzzzzzzzzzzzzzz: unknown key, expected one of sop_class, seg, picture, pdf, language, messages, several_contours"},
    {NODE SPOOL MODELS "archives:\n- name: a\n  ae_title: A\n  host: h\n  port: 1\n  hots: x\n",
     "10:3: archives[0].hots: unknown key, did you mean \"host\"?"},
    {"node:\n  port: 104\n" SPOOL ARCHIVES MODELS,
     "2:3: node.ae_title: missing, expected an AE title of 1 to 16 ASCII characters, without "
     "backslash or blanks at the ends"},
    {SPOOL ARCHIVES MODELS, "1:1: node: missing, expected a mapping"},
    {"node:\n" SPOOL ARCHIVES MODELS,
     "1:6: node.ae_title: missing, expected an AE title of 1 to 16 ASCII characters, without "
     "backslash or blanks at the ends"},
    {NODE SPOOL MODELS, "1:1: archives: missing, expected a list of 1 to 32 mappings"},
    {NODE SPOOL ARCHIVES, "1:1: models: missing, expected a list of 1 to 64 mappings"},
    {NODE SPOOL ARCHIVES "models:\n  - contours: []\n",
     "6:5: models[0].file: missing, expected a file"},
    /* integers */
    {"node: {ae_title: N, port: 0}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got 0 here and in tls, expected a port to listen on"},
    {"node: {ae_title: N, port: 65536}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"65536\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: -1}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"-1\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: 104.0}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"104.0\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: 0104}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"0104\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: 0x68}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"0x68\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: '104'}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"104\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: 18446744073709551617}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"18446744073709551617\", expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: abc}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got \"abc\", expected an integer 0 to 65535"},
    {"node:\n  ae_title: N\n  port:\n" SPOOL ARCHIVES MODELS,
     "3:8: node.port: got nothing, expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: [1]}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got a list, expected an integer 0 to 65535"},
    {"node: {ae_title: N, port: {a: 1}}\n" SPOOL ARCHIVES MODELS,
     "1:27: node.port: got a mapping, expected an integer 0 to 65535"},
    /* texts */
    {"node: {ae_title: ABCDEFGHIJKLMNOPQ}\n" SPOOL ARCHIVES MODELS,
     "1:18: node.ae_title: got \"ABCDEFGHIJKLMNOPQ\", expected an AE title of 1 to 16 ASCII "
     "characters, without backslash or blanks at the ends"},
    {"node: {ae_title: 'A\\B'}\n" SPOOL ARCHIVES MODELS,
     "1:18: node.ae_title: got \"A\\B\", expected an AE title of 1 to 16 ASCII characters, "
     "without backslash or blanks at the ends"},
    {"node: {ae_title: 'A '}\n" SPOOL ARCHIVES MODELS,
     "1:18: node.ae_title: got \"A \", expected an AE title of 1 to 16 ASCII characters, "
     "without backslash or blanks at the ends"},
    {"node: {ae_title: ''}\n" SPOOL ARCHIVES MODELS,
     "1:18: node.ae_title: got \"\", expected an AE title of 1 to 16 ASCII characters, "
     "without backslash or blanks at the ends"},
    {"node: {ae_title: \"A\\x01\"}\n" SPOOL ARCHIVES MODELS,
     "1:18: node.ae_title: got \"A?\", expected an AE title of 1 to 16 ASCII characters, "
     "without backslash or blanks at the ends"},
    {"node: {ae_title: N, station_name: abcdefghijklmnopq}\n" SPOOL ARCHIVES MODELS,
     "1:35: node.station_name: got \"abcdefghijklmnopq\", expected text of 0 to 16 bytes"},
    {"node: {ae_title: N, institution: \"a\\x1bb\"}\n" SPOOL ARCHIVES MODELS,
     "1:34: node.institution: got \"a?b\", expected text of 0 to 64 bytes"},
    {"node: {ae_title: N, institution: 'a\\b'}\n" SPOOL ARCHIVES MODELS,
     "1:34: node.institution: got \"a\\b\", expected text of 0 to 64 bytes"},
    {"node: {ae_title: N, listen: 'a b'}\n" SPOOL ARCHIVES MODELS,
     "1:29: node.listen: got \"a b\", expected a host name or an IP address"},
    {"node: {ae_title: N, listen: "
     "'" "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
     "x\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4'}\n",
     "1:29: node.listen: got \"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
     "\xc3\xa4x\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4...\", "
     "expected a host name or an IP address"},
    {NODE SPOOL "archives:\n- {name: a, ae_title: A, host: h, port: 1, query: find}\n" MODELS,
     "4:51: archives[0].query: got \"find\", expected none, move or get"},
    {NODE SPOOL "archives:\n- {name: a, ae_title: A, host: h, port: 1, commitment: yes}\n" MODELS,
     "4:56: archives[0].commitment: got \"yes\", expected none, event or find"},
    {NODE SPOOL ARCHIVES "models:\n  - {file: m, contours: GTV}\n",
     "6:25: models[0].contours: got \"GTV\", expected a list of 0 to 64 texts"},
    {NODE SPOOL ARCHIVES "models:\n  - {file: m, contours: [a, '']}\n",
     "6:29: models[0].contours[1]: got \"\", expected text of 1 to 64 bytes"},
    {NODE SPOOL ARCHIVES "models:\n  - {file: m, contours: [[a]]}\n",
     "6:26: models[0].contours[0]: got a list, expected text of 1 to 64 bytes"},
    /* sizes */
    {NODE "spool: {folder: /s, reserve: 5 GB}\n" ARCHIVES MODELS,
     "2:30: spool.reserve: got \"5 GB\", expected a number of bytes (512, 64 MiB, 5 GiB) 0 to "
     "1e+15"},
    {NODE "spool: {folder: /s, reserve: 16777216 TiB}\n" ARCHIVES MODELS,
     "2:30: spool.reserve: got \"16777216 TiB\", expected a number of bytes (512, 64 MiB, 5 GiB) "
     "0 to 1e+15"},
    {NODE "spool: {folder: /s, max_instance: 3 GiB}\n" ARCHIVES MODELS,
     "2:35: spool.max_instance: got \"3 GiB\", expected a number of bytes (512, 64 MiB, 5 GiB) "
     "1048576 to 2147483648"},
    /* one of two words */
    {NODE SPOOL "report:\n  sop_class: enhanced\n" ARCHIVES MODELS,
     "4:14: report.sop_class: got \"enhanced\", expected comprehensive_3d or comprehensive"},
    {NODE SPOOL "report:\n  language: fr\n" ARCHIVES MODELS,
     "4:13: report.language: got \"fr\", expected en, de or zh"},
    {NODE SPOOL "report:\n  several_contours: all\n" ARCHIVES MODELS,
     "4:21: report.several_contours: got \"all\", expected refuse, largest or each"},
    /* lists and sections */
    {NODE SPOOL MODELS "archives: []\n",
     "5:11: archives: got 0 items, expected a list of 1 to 32 mappings"},
    {NODE SPOOL MODELS "archives: pacs\n",
     "5:11: archives: got \"pacs\", expected a list of 1 to 32 mappings"},
    {NODE SPOOL MODELS "archives: [pacs]\n", "5:12: archives[0]: got \"pacs\", expected a mapping"},
    {"node: [1]\n" SPOOL ARCHIVES MODELS, "1:7: node: got a list, expected a mapping"},
    {"- 1\n", "1:1: got a list, expected a mapping"},
    {"hello\n", "1:1: got \"hello\", expected a mapping"},
    /* between keys */
    {"node: {ae_title: N, max_associations: 4}\n" SPOOL ARCHIVES MODELS,
     "1:7: node.max_associations_per_address: got 16, expected at most max_associations (4)"},
    {NODE SPOOL "cases:\n  give_up_s: 60\n  series_fallback_s: 61\n" ARCHIVES MODELS,
     "5:22: cases.series_fallback_s: got 61, expected at most give_up_s (60)"},
    {NODE SPOOL "delivery: {retry_first_s: 10, retry_max_s: 9}\n" ARCHIVES MODELS,
     "3:27: delivery.retry_first_s: got 10, expected at most retry_max_s (9)"},
    {NODE SPOOL ARCHIVES "  - {name: a, ae_title: B, host: i, port: 1}\n" MODELS,
     "5:12: archives[1].name: got \"a\" a second time, expected a name of its own"},
    {NODE SPOOL ARCHIVES MODELS "  - file: m.yaml\n",
     "7:11: models[1].file: got the same file a second time, expected each model once"},
    {NODE SPOOL ARCHIVES "models:\n  - {file: m.yaml, shadow: 5, shadow_archive: b}\n",
     "6:47: models[0].shadow_archive: got \"b\", expected the name of one of the archives"},
    {NODE SPOOL ARCHIVES "models:\n  - {file: m.yaml, shadow: 5, shadow_archive: a}\n",
     "6:47: models[0].shadow_archive: leaves no archive for the reports, expected another one "
     "besides"},
    {NODE SPOOL "signatures: {require: true}\n" ARCHIVES MODELS,
     "3:13: signatures.trusted_keys: missing, expected the public keys whose signatures are good"},
    {NODE SPOOL "signatures: {trusted_keys: [a.pem]}\n" ARCHIVES MODELS,
     "3:28: signatures.trusted_keys: has no meaning without require: true"},
    {NODE SPOOL "signatures: {require: true, trusted_keys: ['']}\n" ARCHIVES MODELS,
     "3:44: signatures.trusted_keys[0]: got \"\", expected text of 1 to 1023 bytes"},
    {NODE SPOOL "cases: {expire_days: 0}\n" ARCHIVES MODELS,
     "3:22: cases.expire_days: got \"0\", expected an integer 1 to 3650"},
};

static void test_node__each_message_names_place_key_and_expectation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cfg_node c;
        cfg_error err;
        char want[sizeof err.msg];
        memset(&c, 0x5a, sizeof c);
        cfg_node before = c;
        if (parse(&c, bad[i].text, &err) != CFG_EVALUE || err.code != CFG_EVALUE) {
            fail_msg("case %zu: not refused as a wrong value:\n%s", i, bad[i].text);
        }
        snprintf(want, sizeof want, "/etc/pn/node.yaml:%s", bad[i].message);
        assert_string_equal(err.msg, want);
        unsigned line, column;
        assert_int_equal(sscanf(bad[i].message, "%u:%u", &line, &column), 2);
        assert_int_equal(err.line, line);
        assert_int_equal(err.column, column);
        assert_memory_equal(&c, &before, sizeof c);
    }
}

static void test_node__relative_path_that_becomes_too_long(void **state)
{
    (void)state;
    char text[4096], name[1200];
    cfg_node c;
    cfg_error err;
    memset(name, 'd', sizeof name);
    snprintf(text, sizeof text, NODE "spool: {folder: %.1020s}\n" ARCHIVES MODELS, name);
    assert_int_equal(parse(&c, text, &err), CFG_EVALUE);
    assert_string_equal(err.msg, "/etc/pn/node.yaml:2:17: spool.folder: longer than 1023 bytes "
                                 "together with the folder of this file");
}

static void test_node__error_may_be_null(void **state)
{
    (void)state;
    cfg_node c;
    assert_int_equal(cfg_node_parse(&c, "a: 1\n", 5, "x", NULL), CFG_EVALUE);
    assert_int_equal(cfg_node_load(&c, "/nonexistent/node.yaml", NULL), CFG_EIO);
}

static void test_node__file_that_is_not_there_or_no_file(void **state)
{
    (void)state;
    cfg_node c;
    cfg_error err;
    assert_int_equal(cfg_node_load(&c, "/nonexistent/node.yaml", &err), CFG_EIO);
    assert_string_equal(err.msg, "/nonexistent/node.yaml: cannot open: No such file or directory");
    assert_int_equal(cfg_node_load(&c, "/", &err), CFG_EIO);
    assert_string_equal(err.msg, "/: not a regular file");
    assert_int_equal(cfg_node_load(&c, "/dev/zero", &err), CFG_EIO);
    assert_string_equal(err.msg, "/dev/zero: not a regular file");
}

static void test_node__huge_file_is_refused_by_its_size(void **state)
{
    (void)state;
    char path[] = "/tmp/cfg_huge_XXXXXX", want[200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);      /* sparse */
    close(fd);
    cfg_node c;
    cfg_error err;
    int rc = cfg_node_load(&c, path, &err);
    unlink(path);
    assert_int_equal(rc, CFG_ELIMIT);
    snprintf(want, sizeof want, "%s: 1099511627776 bytes, expected at most 65536", path);
    assert_string_equal(err.msg, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node__smallest_file_gets_the_defaults),
        cmocka_unit_test(test_node__every_value_is_taken),
        cmocka_unit_test(test_node__relative_paths_start_at_the_file),
        cmocka_unit_test(test_node__connection_string_is_no_path),
        cmocka_unit_test(test_node__shipped_example_loads),
        cmocka_unit_test(test_node__reference_reads_back_as_the_defaults),
        cmocka_unit_test(test_node__starter_reads_back_as_typed),
        cmocka_unit_test(test_node__free_takes_null_and_zero),
        cmocka_unit_test(test_node__each_message_names_place_key_and_expectation),
        cmocka_unit_test(test_node__relative_path_that_becomes_too_long),
        cmocka_unit_test(test_node__error_may_be_null),
        cmocka_unit_test(test_node__file_that_is_not_there_or_no_file),
        cmocka_unit_test(test_node__huge_file_is_refused_by_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
