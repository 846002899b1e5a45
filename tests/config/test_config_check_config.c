/* prognode check-config: what it prints, and its exit codes. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <config/node.h>
#include "cmd/cmd.h"

static char folder[] = "/tmp/cfg_check_XXXXXX";

typedef struct run {
    int code;
    char out[16384], err[2048];
} run;

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void get(char *to, size_t size, const char *name)
{
    FILE *f = fopen(in_folder(name), "rb");
    assert_non_null(f);
    to[fread(to, 1, size - 1, f)] = '\0';
    fclose(f);
}

/* In a child, so that its output can be told from the test's own. */
static run check_config(const char *a, const char *b)
{
    run r = {0};
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char verb[] = "check-config", first[300] = "", second[300] = "";
        char *argv[] = {verb, a ? first : NULL, b ? second : NULL, NULL};
        if (a) { snprintf(first, sizeof first, "%s", a); }
        if (b) { snprintf(second, sizeof second, "%s", b); }
        if (!freopen(in_folder("out"), "wb", stdout) || !freopen(in_folder("err"), "wb", stderr)) {
            _exit(99);
        }
        int code = cmd_check_config(1 + (a != NULL) + (b != NULL), argv);
        fflush(NULL);
        _exit(code);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    r.code = WEXITSTATUS(status);
    get(r.out, sizeof r.out, "out");
    get(r.err, sizeof r.err, "err");
    return r;
}

#define NODE                                                                                \
    "node: {ae_title: PROGNODE, port: 11113}\nspool: {folder: spool}\n"                     \
    "archives:\n- {name: pacs, ae_title: ORTHANC, host: 10.0.0.1, port: 4242}\n"
#define MODEL(use)                                                                          \
    "schema: 1\nmodel: {id: demo, version: '3', title: T, endpoint: death}\n"               \
    "intended_use: {modality: [CT]" use "}\nextraction: {}\n"                               \
    "risk:\n  method: cox_cutpoint\n  cutpoint: 0\n  features:\n"                           \
    "  - {name: original_glcm_Idn, coefficient: 1, mean: 0, sd: 1,"                         \
    " quantiles: [0, 0, 0, 0, 0, 0, 1]}\n"                                                  \
    "  baseline: {time_days: [1], cumulative_hazard: [0.1]}\n"                              \
    "training: {patients: 9, events: 4, c_index: 0.5, c_index_se: 0}\n"

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"out", "err", "node.yaml", "m.yaml", "own.yaml", "own.csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) { unlink(in_folder(names[i])); }
    return rmdir(folder);
}

static void test_check_config__summary(void **state)
{
    (void)state;
    put("node.yaml", NODE "models:\n- {file: m.yaml, contours: [GTV*, Lesion?]}\n");
    put("m.yaml", MODEL(""));
    run r = check_config(in_folder("node.yaml"), NULL);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, PN_EXIT_OK);
    assert_non_null(strstr(r.out, "node     PROGNODE on 127.0.0.1 port 11113, 1 worker\n"));
    assert_non_null(strstr(r.out, "archive  pacs: ORTHANC at 10.0.0.1 port 4242\n"));
    assert_non_null(strstr(r.out, "model    demo 3 (research use only), contours \"GTV*\", "
                                  "\"Lesion?\"\n"));
    assert_non_null(strstr(r.out, "/m.yaml\n         sha256 "));
    assert_int_equal(access(in_folder("spool"), F_OK), -1);      /* touches nothing */
}

static void test_check_config__language_and_own_sentences(void **state)
{
    (void)state;
    put("m.yaml", MODEL(", contours: ['*tumour*']"));
    put("node.yaml", NODE "report: {language: de, messages: own.yaml}\nmodels:\n- file: m.yaml\n");
    put("own.yaml", "risk:\n  high: ROT\n");
    run r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_OK);
    assert_non_null(strstr(r.out, "report   in German, with /"));
    assert_non_null(strstr(r.out, "/own.yaml\n"));
    put("own.yaml", "risk:\n  hihg: ROT\n");
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "/own.yaml:2:9: there is no message \"risk.hihg\""));
}

static void test_check_config__the_table_of_a_model(void **state)
{
    (void)state;
    put("m.yaml", "schema: 3\nmodel: {id: demo, version: '3', title: T, endpoint: death}\n"
                  "intended_use: {modality: [CT], contours: [GTV]}\nextraction: {}\n"
                  "risk:\n  method: cox_cutpoint\n  cutpoint: 0\n  features:\n"
                  "  - {name: CEA, source: table, coefficient: 1, mean: 0, sd: 1, quantiles: [0, 0, 0, 0, 0, 0, 1]}\n"
                  "  baseline: {time_days: [1], cumulative_hazard: [0.1]}\n"
                  "training: {patients: 9, events: 4, c_index: 0.5, c_index_se: 0}\n");
    put("node.yaml", NODE "models:\n- file: m.yaml\n");
    run r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "demo needs a clinical table, and cases.clinical_table names none\n"));
    put("node.yaml", NODE "cases: {clinical_table: own.csv}\nmodels:\n- file: m.yaml\n");
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "/own.csv"));
    put("own.csv", "PatientID,cea\n1,2\n");
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "/own.csv has no column \"CEA\", which model \"demo\" needs\n"));
    put("own.csv", "PatientID,CEA\n1,2\n");
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_OK);
    assert_non_null(strstr(r.out, "/own.csv, 1 rows\n"));
}

static void test_check_config__contours_of_the_model_itself(void **state)
{
    (void)state;
    put("node.yaml", NODE "models:\n- file: m.yaml\n");
    put("m.yaml", MODEL(", contours: ['*tumour*']"));
    run r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_OK);
    assert_non_null(strstr(r.out, "contours \"*tumour*\" (the model's own)\n"));

    put("m.yaml", MODEL(", segment_codes: [{value: '1', scheme: SCT}]"));
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_OK);

    put("m.yaml", MODEL(""));
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "so it would never run"));
}

static void test_check_config__errors_say_where(void **state)
{
    (void)state;
    put("node.yaml", NODE "models:\n- fiel: m.yaml\n");
    run r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "/node.yaml:6:3: models[0].fiel: unknown key, did you mean "
                                  "\"file\"?\n"));

    put("node.yaml", NODE "models:\n- file: m.yaml\n");
    put("m.yaml", "schema: 9\n");
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "/m.yaml:1:9: schema: got \"9\", expected 1, 2 or 3; a later one needs a later prognode\n"));

    unlink(in_folder("m.yaml"));
    r = check_config(in_folder("node.yaml"), NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_non_null(strstr(r.err, "/m.yaml: No such file or directory\n"));
}

static void test_check_config__reference_is_a_file_that_loads(void **state)
{
    (void)state;
    run r = check_config("--reference", NULL);
    assert_int_equal(r.code, PN_EXIT_OK);
    cfg_node c;
    cfg_error err;
    CHECK_OK(cfg_node_parse(&c, r.out, strlen(r.out), "/x/node.yaml", &err), err);
    cfg_node_free(&c);
}

static void test_check_config__usage(void **state)
{
    (void)state;
    run r = check_config(NULL, NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_true(strncmp(r.err, "usage: prognode check-config FILE\n", 34) == 0);
    r = check_config("a", "b");
    assert_int_equal(r.code, PN_EXIT_USAGE);
    r = check_config("--reference", "a");
    assert_int_equal(r.code, PN_EXIT_USAGE);
    r = check_config("--schema", "a");
    assert_int_equal(r.code, PN_EXIT_USAGE);
    r = check_config("--schema", "--reference");
    assert_int_equal(r.code, PN_EXIT_USAGE);
    r = check_config("--nonsense", NULL);
    assert_int_equal(r.code, PN_EXIT_USAGE);
    assert_string_equal(r.out, "");
    r = check_config("--help", NULL);
    assert_int_equal(r.code, PN_EXIT_OK);
    assert_non_null(strstr(r.out, "--reference"));
    assert_string_equal(r.err, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_config__summary),
        cmocka_unit_test(test_check_config__language_and_own_sentences),
        cmocka_unit_test(test_check_config__the_table_of_a_model),
        cmocka_unit_test(test_check_config__contours_of_the_model_itself),
        cmocka_unit_test(test_check_config__errors_say_where),
        cmocka_unit_test(test_check_config__reference_is_a_file_that_loads),
        cmocka_unit_test(test_check_config__usage),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
