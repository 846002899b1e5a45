/* `prognode cases` as an operator uses it: the program itself, on a database made for it. */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "queue/store.h"

typedef struct place {
    char folder[64], config[96], database[96];
    char out[16384], errors[4096];
    pn_error err;
} place;

static const char config[] =
    "node: {ae_title: PROGNODE}\n"
    "spool: {folder: spool}\n"
    "archives:\n"
    "- {name: pacs, ae_title: ORTHANC, host: 127.0.0.1, port: 4242}\n"
    "models:\n"
    "- {file: m.yaml}\n";

static int setup(void **state)
{
    place *p = calloc(1, sizeof *p);
    if (!p) { return -1; }
    strcpy(p->folder, "/tmp/pn-cases-XXXXXX");
    if (!mkdtemp(p->folder)) { return -1; }
    snprintf(p->config, sizeof p->config, "%s/node.yaml", p->folder);
    CHECK_OK(pn_write_file(p->config, config, strlen(config), false, &p->err), p->err);
    char spool[96];
    snprintf(spool, sizeof spool, "%s/spool", p->folder);
    CHECK_OK(pn_mkdir_p(spool, &p->err), p->err);
    snprintf(p->database, sizeof p->database, "%s/prognode.db", spool);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    place *p = *state;
    int rc = pn_remove_tree(p->folder, &p->err);
    free(p);
    return rc;
}

static void slurp(char *dst, size_t size, const place *p, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(dst, 1, size - 1, f);
    dst[n] = '\0';
    fclose(f);
}

static void redirect(const place *p, const char *name, int fd)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0) { _exit(99); }
}

/* Exit code of `prognode cases <words> --config FILE`. */
static int cases(place *p, const char *words)
{
    char command[512];
    snprintf(command, sizeof command, "exec %s cases %s --config %s", PN_BINARY, words, p->config);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        redirect(p, "out", STDOUT_FILENO);
        redirect(p, "err", STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(99);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    slurp(p->out, sizeof p->out, p, "out");
    slurp(p->errors, sizeof p->errors, p, "err");
    return WEXITSTATUS(status);
}

#define SAYS(text, part)                                                                   \
    do {                                                                                   \
        if (!strstr((text), (part))) { fail_msg("\"%s\" is not in:\n%s", (part), (text)); }\
    } while (0)

/* Case 1 waits for one of three images; case 2 was refused by an archive; case 3 ran and failed. */
static void fill(place *p)
{
    static pn_case c;
    static const char *const uids[] = { "1.2.img.1", "1.2.img.2", "1.2.img.3" };
    pn_store *s = NULL;
    int64_t id;
    bool made, got;
    CHECK_OK(pn_store_open(&s, p->database, NULL, &p->err), p->err);
    for (int i = 1; i <= 3; i++) {
        memset(&c, 0, sizeof c);
        snprintf(c.contour_uid, sizeof c.contour_uid, "1.2.rs.%d", i);
        snprintf(c.contour_digest, sizeof c.contour_digest, "d%d", i);
        strcpy(c.contour_kind, "rtstruct");
        strcpy(c.model_id, i == 3 ? "other" : "demo");
        snprintf(c.model_version, sizeof c.model_version, "1.%d", i);
        strcpy(c.patient_id, "P\x1b[2J1");
        c.roi_numbers[0] = 7;
        c.n_rois = 1;
        CHECK_OK(pn_store_add_case(&id, &made, s, &c, uids, 3, 1000, &p->err), p->err);
        assert_int_equal(id, i);
        pn_match_decision d = { .state = i == 1 ? PN_CASE_WAITING : PN_CASE_READY, .n_present = 2,
                                .next_look_ms = INT64_MAX };
        if (i == 1) { strcpy(d.reason, "2 of 3 images"); }
        CHECK_OK(pn_store_decide_case(s, id, &d, 1000, &p->err), p->err);
    }
    char header[] = "{}";
    pn_instance in = { .sop_uid = "1.2.img.1", .digest = "i1", .kind = "image" };
    pn_instance in3 = { .sop_uid = "1.2.img.3", .digest = "i3", .kind = "image" };
    pn_instance rs = { .sop_uid = "1.2.rs.1", .digest = "d1", .kind = "rtstruct",
                       .header_json = header };
    pn_added added;
    CHECK_OK(pn_store_add_instance(&added, s, &in, &p->err), p->err);
    CHECK_OK(pn_store_add_instance(&added, s, &in3, &p->err), p->err);
    CHECK_OK(pn_store_add_instance(&added, s, &rs, &p->err), p->err);
    CHECK_OK(pn_store_claim_case(&c, &got, s, 2000, "w", 9000, &p->err), p->err);
    pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = "2.25.77" };
    CHECK_OK(pn_store_case_reported(s, c.id, c.fence, "2.25.77", "2.25.9", "/r", &o, 1, 2100, &p->err),
             p->err);
    pn_delivery d;
    CHECK_OK(pn_store_claim_delivery(&d, &got, s, 2200, "w", NULL, 9000, &p->err), p->err);
    CHECK_OK(pn_store_delivery_failed(s, d.id, d.fence, 0xA900, "not for me", 2300, &p->err),
             p->err);
    CHECK_OK(pn_store_claim_case(&c, &got, s, 2400, "w", 9000, &p->err), p->err);
    CHECK_OK(pn_store_case_failed(s, c.id, c.fence, true, "compute died: signal 11", 0, 2500,
                                  &p->err), p->err);
    pn_store_close(s);
}

static void list__filters_and_speaks_json(void **state)
{
    place *p = *state;
    fill(p);
    assert_int_equal(cases(p, "list"), 0);
    SAYS(p->out, "CASE");
    SAYS(p->out, "2 of 3 images");
    SAYS(p->out, "compute died: signal 11");
    assert_int_equal(cases(p, "list --state failed"), 0);
    SAYS(p->out, "     3  failed");
    assert_null(strstr(p->out, "waiting"));
    assert_int_equal(cases(p, "list --json --state waiting"), 0);
    SAYS(p->out, "\"state\":\t\"waiting\"");
    SAYS(p->out, "\"images_expected\":\t3");
    assert_int_equal(cases(p, "list --state dropped"), 0);
    assert_string_equal(p->out, "no cases\n");
    assert_int_equal(cases(p, "list --model demo"), 0);
    SAYS(p->out, "     1  waiting");
    SAYS(p->out, "     2  reported");
    assert_null(strstr(p->out, "     3  "));
    assert_int_equal(cases(p, "list --model demo --version 1.2"), 0);
    SAYS(p->out, "     2  reported");
    assert_null(strstr(p->out, "     1  "));
    assert_int_equal(cases(p, "list --model demo --limit 1"), 0);
    SAYS(p->out, "     2  reported");
    SAYS(p->out, "(the newest 1; --limit 0 shows all)");
}

static void show__tells_what_is_missing_and_what_was_answered(void **state)
{
    place *p = *state;
    fill(p);
    assert_int_equal(cases(p, "show 1"), 0);
    SAYS(p->out, "waiting: 2 of 3 images");
    SAYS(p->out, "missing      1.2.img.2\n");
    SAYS(p->out, "P?[2J1");                       /* no escape sequence reaches the terminal */
    assert_int_equal(cases(p, "show 1 --json"), 0);
    SAYS(p->out, "\"missing\":\t[\"1.2.img.2\"]");
    assert_int_equal(cases(p, "show 2"), 0);
    SAYS(p->out, "reported: delivery to pacs failed: status A900: not for me");
    SAYS(p->out, "attempts 1, last status A900: not for me");
    SAYS(p->out, "2.25.77");
    assert_int_equal(cases(p, "show 99"), 1);
    SAYS(p->errors, "prognode cases: no case 99\n");
}

static void retry__says_each_cases_state(void **state)
{
    place *p = *state;
    fill(p);
    assert_int_equal(cases(p, "retry 1"), 1);
    SAYS(p->errors, "case 1 is waiting and nothing of it has failed");
    assert_int_equal(cases(p, "retry 1 2 3"), 3);
    SAYS(p->out, "case 2 is reported\ncase 3 is ready\n");
    assert_int_equal(cases(p, "retry 2"), 1);      /* its delivery is pending again */
}

static void steer__says_and_logs_what_it_did(void **state)
{
    place *p = *state;
    fill(p);
    assert_int_equal(cases(p, "hold 1"), 0);
    assert_string_equal(p->out, "case 1 is held\n");
    SAYS(p->errors, "event=operator verb=hold case=1 uid=");
    assert_int_equal(cases(p, "show 1"), 0);
    SAYS(p->out, "held: held by the operator (user ");
    assert_int_equal(cases(p, "release 1 3"), 3);
    assert_string_equal(p->out, "case 1 is waiting\n");
    SAYS(p->errors, "case 3 is failed: there is nothing to release");
    assert_int_equal(cases(p, "drop 1 2 3"), 0);
    assert_string_equal(p->out, "case 1 is dropped\ncase 2 is dropped\ncase 3 is dropped\n");
    assert_int_equal(cases(p, "drop 1"), 1);
    assert_int_equal(cases(p, "hold 99"), 1);
    SAYS(p->errors, "no case 99");
}

static void recall__asks_before_it_takes_a_model(void **state)
{
    place *p = *state;
    fill(p);
    assert_int_equal(cases(p, "withdraw --model demo --reason late"), 2);
    SAYS(p->errors, "withdraw would take 1 cases; nothing was done");
    assert_int_equal(cases(p, "rerun --model demo --version 1.2"), 2);
    SAYS(p->errors, "rerun would take 1 cases");
    assert_int_equal(cases(p, "withdraw --model demo --version 1.1 --reason late --yes"), 0);
    SAYS(p->out, "no cases with a report of this model and version");
    assert_int_equal(cases(p, "withdraw 1 --reason late"), 1);
    SAYS(p->errors, "case 1 is waiting and has no report");
    assert_int_equal(cases(p, "withdraw 2 --reason late"), 1);
    SAYS(p->errors, "the results of case 2 are gone");
    SAYS(p->errors, "event=operator verb=withdraw case=2 uid=");
    SAYS(p->errors, "done=0 reason=\"late\"");
    assert_int_equal(cases(p, "list --state reported"), 0);
    SAYS(p->out, "     2  reported");
}

static void use__is_checked(void **state)
{
    place *p = *state;
    static const char *const wrong[] = { "", "liste", "show", "show x", "show 1 2", "retry",
                                         "list 1", "list --state done", "list --limit x",
                                         "list --nonsense", "hold", "drop x", "rerun",
                                         "hold 1 --model demo", "show 1 --version 2", "withdraw 1",
                                         "withdraw --reason x", "withdraw 1 --reason ''", "rerun",
                                         "rerun 1 --version 2", "drop 1 --reason x", "list --yes",
                                         "rerun 1 --yes", "hold --model demo" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (cases(p, wrong[i]) != 2) { fail_msg("cases %s did not exit with 2", wrong[i]); }
        assert_true(p->errors[0] != '\0');
    }
    assert_int_equal(cases(p, "--help"), 0);
    SAYS(p->out, "usage: prognode cases list");
    assert_int_equal(cases(p, "list"), 1);         /* no database yet, and none is made */
    SAYS(p->errors, "has the node run?");
    assert_int_equal(cases(p, "retry 1"), 1);
    assert_int_equal(access(p->database, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list__filters_and_speaks_json, setup, teardown),
        cmocka_unit_test_setup_teardown(show__tells_what_is_missing_and_what_was_answered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(retry__says_each_cases_state, setup, teardown),
        cmocka_unit_test_setup_teardown(steer__says_and_logs_what_it_did, setup, teardown),
        cmocka_unit_test_setup_teardown(recall__asks_before_it_takes_a_model, setup, teardown),
        cmocka_unit_test_setup_teardown(use__is_checked, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
