/* cmd/cases_steer.c - see cases_steer.h. */
#include "cmd/cases_steer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "cmd/cases_withdraw.h"
#include "cmd/cmd.h"
#include "dicom/runtime.h"
#include "pipeline/model_file.h"
#include "role/intake.h"

typedef struct request {
    pn_store *store;
    const cfg_node *cfg;
    const cases_steer_opts *opts;
    pn_intake *intake;         /* loaded for rerun only */
} request;

/* Does it, and says what came of it in `result`. */
struct cases_verb {
    const char *word;
    int (*run)(char result[128], const request *r, int64_t id, pn_error *err);
};

static void say_state(char result[128], int64_t id, pn_case_state state)
{
    snprintf(result, 128, "case %" PRId64 " is %s", id, pn_case_state_word(state));
}

static int64_t give_up_ms(const request *r) { return (int64_t)r->cfg->give_up_s * 1000; }

static int retry(char result[128], const request *r, int64_t id, pn_error *err)
{
    pn_case_state state;
    int rc = pn_store_retry_case(&state, r->store, id, give_up_ms(r), pn_now_ms(), err);
    if (rc == PN_OK) { say_state(result, id, state); }
    return rc;
}

static int steer(char result[128], const request *r, int64_t id, pn_steer what, pn_error *err)
{
    pn_case_state state;
    char reason[64] = "";
    if (what != PN_STEER_RELEASE) {
        snprintf(reason, sizeof reason, "%s by the operator (user %u)",
                 what == PN_STEER_HOLD ? "held" : "dropped", (unsigned)getuid());
    }
    int rc = pn_store_steer_case(&state, r->store, id, what, reason, give_up_ms(r), pn_now_ms(), err);
    if (rc == PN_OK) { say_state(result, id, state); }
    return rc;
}

static int hold(char result[128], const request *r, int64_t id, pn_error *err)
{
    return steer(result, r, id, PN_STEER_HOLD, err);
}

static int release(char result[128], const request *r, int64_t id, pn_error *err)
{
    return steer(result, r, id, PN_STEER_RELEASE, err);
}

static int drop(char result[128], const request *r, int64_t id, pn_error *err)
{
    return steer(result, r, id, PN_STEER_DROP, err);
}

/* A case that goes on by itself is not run a second time beside it. */
static bool has_ended(pn_case_state state)
{
    return state != PN_CASE_RECEIVED && state != PN_CASE_WAITING && state != PN_CASE_READY &&
           state != PN_CASE_RUNNING && state != PN_CASE_HELD;
}

/* A running node keeps to the models that it was started with. */
static int check_taken_up(const request *r, const char *model, pn_error *err)
{
    for (size_t i = 0; i < r->cfg->n_models; i++) {
        const cfg_model *m = &r->intake->models[i];
        if (strcmp(m->id, model) == 0 && !pn_model_is_kept(r->cfg->spool, m->file_sha256)) {
            return pn_fail(err, PN_ECONFIG, "no node was started with %s as it is now (SHA-256 %.12s...): restart it "
                           "first", r->cfg->models[i].file, m->file_sha256);
        }
    }
    return PN_OK;
}

static int rerun(char result[128], const request *r, int64_t id, pn_error *err)
{
    pn_case *c = malloc(sizeof *c);
    if (c == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    int64_t new_id = 0;
    int rc = pn_store_begin(r->store, err);
    if (rc == PN_OK) { rc = pn_store_get_case(c, r->store, id, err); }
    const char *model = r->opts->model != NULL ? r->opts->model : rc == PN_OK ? c->model_id : "";
    if (rc == PN_OK && !has_ended(c->state)) {
        rc = pn_fail(err, PN_EINVAL, "case %" PRId64 " is %s and not at its end", id,
                     pn_case_state_word(c->state));
    } else if (rc == PN_OK && model[0] == '\0') {
        rc = pn_fail(err, PN_EINVAL, "case %" PRId64 " has no model: name one with --model", id);
    }
    if (rc == PN_OK) { rc = check_taken_up(r, model, err); }
    if (rc == PN_OK) { rc = pn_intake_again(&new_id, r->intake, r->store, c, model, pn_now_ms(), err); }
    if (rc == PN_OK) { rc = pn_store_commit(r->store, err); }
    if (rc != PN_OK) { pn_store_rollback(r->store); }
    if (rc == PN_OK) {
        snprintf(result, 128, "case %" PRId64 " is run again as case %" PRId64, id, new_id);
    }
    free(c);
    return rc;
}

static int withdraw(char result[128], const request *r, int64_t id, pn_error *err)
{
    pn_case_state state;
    size_t n = 0;
    int rc = cases_withdraw(&state, &n, r->store, r->cfg, id, r->opts->reason, err);
    if (rc == PN_OK) {
        snprintf(result, 128, "case %" PRId64 " is withdrawn: %zu rejection note%s to send", id, n,
                 n == 1 ? "" : "s");
    }
    return rc;
}

static const cases_verb verbs[] = {
    {"hold", hold}, {"release", release}, {"drop", drop}, {"retry", retry}, {"rerun", rerun},
    {"withdraw", withdraw},
};

bool cases_verb_is_for_many(const cases_verb *verb)
{
    return verb->run == rerun || verb->run == withdraw;
}

const cases_verb *cases_verb_of(const char *word)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].word, word) == 0) { return &verbs[i]; }
    }
    return NULL;
}

static int apply(const request *r, const cases_verb *verb, const int64_t *ids, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        pn_error err = {0};
        char result[128] = "", quoted[512] = "\"\"";
        if (r->opts->reason != NULL) { pn_log_quote(quoted, sizeof quoted, r->opts->reason); }
        int rc = verb->run(result, r, ids[i], &err);
        pn_log(rc == PN_OK ? PN_LOG_INFO : PN_LOG_WARN, "operator",
               "verb=%s case=%" PRId64 " uid=%u done=%d reason=%s", verb->word, ids[i],
               (unsigned)getuid(), rc == PN_OK, quoted);
        if (rc == PN_OK) {
            puts(result);
        } else {
            fprintf(stderr, "prognode cases: %s\n", err.msg);
            failed++;
        }
    }
    return failed == 0 ? PN_EXIT_OK : failed == n ? PN_EXIT_FAILED : PN_EXIT_PARTIAL;
}

int cases_steer(pn_store *s, const cases_verb *verb, const cfg_node *cfg, const cases_steer_opts *opts,
                const int64_t *ids, size_t n_ids)
{
    pn_intake intake = {0};
    pn_error err = {0};
    request r = {.store = s, .cfg = cfg, .opts = opts, .intake = &intake};
    pn_log_role("operator");
    if (verb->run == withdraw && pn_dicom_init(&err) != PN_OK) {
        fprintf(stderr, "prognode cases: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    if (verb->run == rerun && pn_intake_open(&intake, cfg, &err) != PN_OK) {
        fprintf(stderr, "prognode cases: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    int code = apply(&r, verb, ids, n_ids);
    pn_intake_close(&intake);
    return code;
}
