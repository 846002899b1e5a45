/* prognode cases: what became of each contour object, and the operator's word on it.
 *
 *   prognode cases list [--state STATE] [--model ID] [--version V] [--limit N] [--json]
 *   prognode cases show ID [--json]
 *   prognode cases hold|release|drop|retry ID...
 *   prognode cases rerun ID... [--model ID]         each with --config FILE
 *   prognode cases withdraw ID... --reason TEXT
 *   prognode cases rerun|withdraw --model ID [--version V] [--reason TEXT] [--yes]
 *
 * list and show open the database read-only, beside the running node. Exit codes: 0 done,
 * 1 failed (no such case, database), 2 wrong use or configuration, 3 some of several failed. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include <config/node.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "dicom/header.h"
#include "cmd/cases_steer.h"
#include "queue/store.h"

enum { DEFAULT_LIMIT = 50, MISSING_SHOWN = 20 };

typedef struct request {
    const char *config;
    pn_case_state state;       /* PN_CASE_NSTATES: every one */
    size_t limit;
    const char *model, *version;   /* NULL: any */
    const char *reason;        /* withdraw */
    bool json, yes;
    char **words; int n_words; /* after the options: verb and ids */
} request;

static const char usage[] =
    "usage: prognode cases list [--state STATE] [--model ID] [--version V] [--limit N] [--json]\n"
    "       prognode cases show ID [--json]\n"
    "       prognode cases hold|release|drop|retry ID...\n"
    "       prognode cases rerun ID... [--model ID]\n"
    "       prognode cases withdraw ID... --reason TEXT\n"
    "       prognode cases rerun|withdraw --model ID [--version V] [--reason TEXT] [--yes]\n"
    "\n"
    "  -c, --config FILE  the node's configuration (default prognode.yaml)\n"
    "  -s, --state STATE  only cases in this state: received waiting ready running reported\n"
    "                     delivered committed held failed not_applicable expired dropped\n"
    "  -m, --model ID     only cases of this model; rerun: with this model instead\n"
    "  -V, --version V    only cases of this version of the model\n"
    "  -r, --reason TEXT  why reports are withdrawn; stands in the rejection note and the log\n"
    "  -y, --yes          do it to all cases with a report of --model and --version; without it\n"
    "                     rerun and withdraw tell only how many there are\n"
    "  -n, --limit N      the N newest (default 50, 0: all)\n"
    "  -j, --json         one JSON value instead of text\n"
    "  -h, --help\n"
    "\n"
    "hold     stops a case, also one that is being computed, and what it has still to send\n"
    "release  lets it go on; a case held for a conflict goes on with the first copy received\n"
    "drop     ends it without a report; what was not sent yet is not sent\n"
    "retry    makes a failed case ready or waiting again, sends again what an archive refused\n"
    "rerun    makes the next version of a case that has ended, with the model as configured now\n"
    "withdraw sends a rejection note to each archive that holds objects of the case, and ends it\n";

static int complain(const char *message)
{
    fprintf(stderr, "prognode cases: %s\n", message);
    return PN_EXIT_FAILED;
}

static int misuse(const char *message, const char *value)
{
    fprintf(stderr, "prognode cases: %s \"%s\" (--help tells more)\n", message, value);
    return PN_EXIT_USAGE;
}

/* ---- Text forms --------------------------------------------------------------------------------- */

static const char *when(char buf[24], int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    if (ms <= 0 || ms == INT64_MAX || localtime_r(&t, &tm) == NULL ||
        strftime(buf, 24, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        strcpy(buf, "-");
    }
    return buf;
}

/* Outside text on a terminal: control bytes could move the cursor or hide text. */
static const char *plain(char *buf, size_t size, const char *text)
{
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++) {
        unsigned char c = (unsigned char)text[i];
        buf[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    buf[i] = '\0';
    return buf;
}

static const char *kind_of_delivery(char buf[16], int status)
{
    if (status < 0) { return "-"; }
    snprintf(buf, 16, "%04X", (unsigned)status);
    return buf;
}

/* ---- JSON ------------------------------------------------------------------------------------------ */

static void add_text(cJSON *o, const char *name, const char *text)
{
    cJSON_AddStringToObject(o, name, text);
}

static void add_number(cJSON *o, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(o, name, (double)value);
}

static cJSON *case_to_json(const pn_case *c)
{
    cJSON *o = cJSON_CreateObject();
    add_number(o, "id", c->id);
    add_text(o, "state", pn_case_state_word(c->state));
    add_text(o, "reason", c->reason);
    add_text(o, "contour_uid", c->contour_uid);
    add_text(o, "contour_kind", c->contour_kind);
    add_text(o, "patient_id", c->patient_id);
    add_text(o, "study_uid", c->study_uid);
    add_text(o, "series_uid", c->series_uid);
    add_text(o, "model_id", c->model_id);
    add_text(o, "model_version", c->model_version);
    add_text(o, "model_sha256", c->model_sha256);
    cJSON *rois = cJSON_AddArrayToObject(o, "roi_numbers");
    for (size_t i = 0; i < c->n_rois; i++) {
        cJSON_AddItemToArray(rois, cJSON_CreateNumber(c->roi_numbers[i]));
    }
    add_number(o, "images_expected", (int64_t)c->n_expected);
    add_number(o, "images_present", (int64_t)c->n_present);
    cJSON_AddBoolToObject(o, "by_series", c->by_series);
    add_number(o, "created_ms", c->created_ms);
    add_number(o, "updated_ms", c->updated_ms);
    add_number(o, "fallback_at_ms", c->fallback_at_ms);
    add_number(o, "give_up_at_ms", c->give_up_at_ms);
    add_number(o, "attempts", c->attempts);
    add_number(o, "version", c->version);
    add_text(o, "lineage", c->lineage);
    add_text(o, "contour_datetime", c->contour_datetime);
    add_number(o, "priority", c->priority);
    add_text(o, "predecessor_sop_uid", c->predecessor_sop_uid);
    add_text(o, "report_sop_uid", c->report_sop_uid);
    add_text(o, "withdrawn", c->withdrawn);
    add_text(o, "result_dir", c->result_dir);
    return o;
}

static int print_json(cJSON *o)
{
    char *text = cJSON_Print(o);
    cJSON_Delete(o);
    if (text == NULL) { return complain("no memory for the answer"); }
    puts(text);
    free(text);
    return PN_EXIT_OK;
}

/* ---- list --------------------------------------------------------------------------------------------- */

typedef struct listing {
    cJSON *array;              /* --json */
    const request *request;
    size_t n;
    bool cut;                  /* there are more than the limit */
} listing;

/* Ends the walk; no error of the store has this number. */
enum { ENOUGH = -1 };

static bool is_listed(const request *r, const pn_case *c)
{
    return (r->model == NULL || strcmp(r->model, c->model_id) == 0) &&
           (r->version == NULL || strcmp(r->version, c->model_version) == 0);
}

static void print_row(const pn_case *c)
{
    char date[24], reason[PN_REASON_SIZE], images[32];
    snprintf(images, sizeof images, "%zu/%zu", c->n_present, c->n_expected);
    printf("%6" PRId64 "  %-14s  %-19s  %-9s  %-20.20s  %11s  %s\n", c->id,
           pn_case_state_word(c->state), when(date, c->created_ms), c->contour_kind,
           c->model_id[0] ? c->model_id : "-", c->by_series ? "by series" : images,
           plain(reason, sizeof reason, c->reason));
}

static int list_one(void *arg, const pn_case *c, pn_error *err)
{
    listing *l = arg;
    (void)err;
    if (!is_listed(l->request, c)) { return 0; }
    if (l->request->limit > 0 && l->n == l->request->limit) {
        l->cut = true;
        return ENOUGH;
    }
    if (l->array) {
        cJSON_AddItemToArray(l->array, case_to_json(c));
    } else {
        if (l->n == 0) {
            printf("%6s  %-14s  %-19s  %-9s  %-20s  %11s  %s\n", "CASE", "STATE", "CREATED",
                   "CONTOUR", "MODEL", "IMAGES", "REASON");
        }
        print_row(c);
    }
    l->n++;
    return 0;
}

static int list_cases(pn_store *s, const request *r)
{
    pn_error err = {0};
    listing l = {.array = r->json ? cJSON_CreateArray() : NULL, .request = r};
    int rc = pn_store_list_cases(s, r->state, 0, list_one, &l, &err);
    if (rc != PN_OK && rc != ENOUGH) {
        cJSON_Delete(l.array);
        return complain(err.msg);
    }
    if (r->json) { return print_json(l.array); }
    if (l.n == 0) { puts("no cases"); }
    if (l.cut) {
        printf("(the newest %zu; --limit 0 shows all)\n", r->limit);
    }
    return PN_EXIT_OK;
}

/* ---- show --------------------------------------------------------------------------------------------- */

typedef struct case_view {
    pn_case c;
    pn_header contour; bool have_contour;
    pn_file_list missing;
    cJSON *deliveries;         /* --json */
    size_t n_deliveries;
} case_view;

static const char *roi_name(const case_view *v, int number)
{
    for (size_t i = 0; v->have_contour && i < v->contour.n_rois; i++) {
        if (v->contour.rois[i].number == number) { return v->contour.rois[i].name; }
    }
    return "";
}

/* A case without its contour's row (or with one that cannot be read) is shown without names. */
static void load_contour(case_view *v, pn_store *s)
{
    pn_error ignored = {0};
    pn_instance in = {0};
    if (pn_store_get_instance(&in, s, v->c.contour_uid, v->c.contour_digest, &ignored) == PN_OK &&
        in.header_json != NULL) {
        v->have_contour = pn_header_from_json(&v->contour, in.header_json, &ignored) == PN_OK;
    }
    pn_instance_free(&in);
}

/* Whether the archive keeps it, where it is asked. */
static void print_commitment(const pn_delivery *d)
{
    char at[24];
    if (d->state != PN_DELIVERY_SENT) { return; }
    switch (d->commitment) {
    case PN_COMMITMENT_NONE: break;
    case PN_COMMITMENT_DUE: printf(", to be asked for commitment %s", when(at, d->commit_at_ms)); break;
    case PN_COMMITMENT_ASKED:
        printf(", asked for commitment %u time%s, waiting until %s", d->commit_requests,
               d->commit_requests == 1 ? "" : "s", when(at, d->commit_at_ms));
        break;
    case PN_COMMITMENT_COMMITTED: printf(", committed"); break;
    }
}

static int print_delivery(void *arg, const pn_delivery *d, pn_error *err)
{
    case_view *v = arg;
    (void)err;
    char status[16], next[24], comment[PN_REASON_SIZE];
    if (v->n_deliveries++ == 0) { puts("deliveries"); }
    printf("  %-16s %-4s %-8s attempts %u, last status %s", d->archive, d->kind,
           pn_delivery_state_word(d->state), d->attempts, kind_of_delivery(status, d->last_status));
    if (d->state == PN_DELIVERY_PENDING) { printf(", next try %s", when(next, d->next_at_ms)); }
    print_commitment(d);
    printf("%s%s\n", d->last_comment[0] ? ": " : "",
           plain(comment, sizeof comment, d->last_comment));
    return 0;
}

static int delivery_to_json(void *arg, const pn_delivery *d, pn_error *err)
{
    case_view *v = arg;
    (void)err;
    cJSON *o = cJSON_CreateObject();
    add_text(o, "archive", d->archive);
    add_text(o, "kind", d->kind);
    cJSON_AddBoolToObject(o, "names_segment", d->names_segment);
    add_text(o, "state", pn_delivery_state_word(d->state));
    add_number(o, "attempts", d->attempts);
    add_text(o, "sop_class_uid", d->sop_class_uid);
    add_text(o, "sop_uid", d->sop_uid);
    add_text(o, "path", d->path);
    add_number(o, "next_at_ms", d->next_at_ms);
    add_number(o, "last_status", d->last_status);
    add_text(o, "commitment", pn_commitment_word(d->commitment));
    add_number(o, "commit_requests", d->commit_requests);
    add_number(o, "commit_at_ms", d->commit_at_ms);
    add_text(o, "last_comment", d->last_comment);
    cJSON_AddItemToArray(v->deliveries, o);
    return 0;
}

static void print_field(const char *name, const char *value)
{
    char buf[PN_REASON_SIZE + PN_PATH_SIZE];
    if (value[0]) { printf("%-12s %s\n", name, plain(buf, sizeof buf, value)); }
}

static void print_regions(const case_view *v)
{
    char name[PN_LO_SIZE];
    for (size_t i = 0; i < v->c.n_rois; i++) {
        printf("%-12s %d %s\n", i ? "" : "regions", v->c.roi_numbers[i],
               plain(name, sizeof name, roi_name(v, v->c.roi_numbers[i])));
    }
}

static void print_images(const case_view *v)
{
    const pn_case *c = &v->c;
    bool open = c->state == PN_CASE_WAITING || c->state == PN_CASE_RECEIVED;
    printf("%-12s %zu of %zu named%s\n", "images", c->n_expected - v->missing.n, c->n_expected,
           c->by_series ? "; the whole series is used" : "");
    for (size_t i = 0; i < v->missing.n && i < MISSING_SHOWN; i++) {
        printf("%-12s %s\n", i ? "" : "missing", v->missing.item[i].sop_uid);
    }
    if (v->missing.n > MISSING_SHOWN) {
        printf("%-12s and %zu more (--json lists all)\n", "", v->missing.n - MISSING_SHOWN);
    }
    char date[24];
    if (open) { printf("%-12s %s\n", "fallback at", when(date, c->fallback_at_ms)); }
    if (open) { printf("%-12s %s\n", "gives up at", when(date, c->give_up_at_ms)); }
}

static int print_case(case_view *v, pn_store *s, pn_error *err)
{
    const pn_case *c = &v->c;
    char reason[PN_REASON_SIZE], date[24];
    printf("%-12s %" PRId64 "\n", "case", c->id);
    printf("%-12s %s%s%s\n", "state", pn_case_state_word(c->state), c->reason[0] ? ": " : "",
           plain(reason, sizeof reason, c->reason));
    printf("%-12s %s %s\n", "contour", c->contour_kind, c->contour_uid);
    print_field("patient", c->patient_id);
    print_field("study", c->study_uid);
    print_field("series", c->series_uid);
    if (c->model_id[0]) { printf("%-12s %s %s\n", "model", c->model_id, c->model_version); }
    print_regions(v);
    print_images(v);
    printf("%-12s %s\n", "created", when(date, c->created_ms));
    printf("%-12s %s\n", "changed", when(date, c->updated_ms));
    printf("%-12s %u\n", "attempts", c->attempts);
    if (c->state == PN_CASE_RUNNING) { print_field("worker", c->lease_owner); }
    if (c->version > 1) { printf("%-12s %u\n", "version", c->version); }
    print_field("replaces", c->predecessor_sop_uid);
    print_field("report", c->report_sop_uid);
    print_field("results", c->result_dir);
    return pn_store_case_deliveries(s, c->id, print_delivery, v, err);
}

static int print_case_json(case_view *v, pn_store *s, pn_error *err)
{
    cJSON *o = case_to_json(&v->c);
    cJSON *regions = cJSON_AddArrayToObject(o, "regions");
    for (size_t i = 0; i < v->c.n_rois; i++) {
        cJSON *roi = cJSON_CreateObject();
        add_number(roi, "number", v->c.roi_numbers[i]);
        add_text(roi, "name", roi_name(v, v->c.roi_numbers[i]));
        cJSON_AddItemToArray(regions, roi);
    }
    cJSON *missing = cJSON_AddArrayToObject(o, "missing");
    for (size_t i = 0; i < v->missing.n; i++) {
        cJSON_AddItemToArray(missing, cJSON_CreateString(v->missing.item[i].sop_uid));
    }
    v->deliveries = cJSON_AddArrayToObject(o, "deliveries");
    int rc = pn_store_case_deliveries(s, v->c.id, delivery_to_json, v, err);
    if (rc != PN_OK) {
        cJSON_Delete(o);
        return rc;
    }
    return print_json(o) == PN_EXIT_OK ? PN_OK : pn_fail(err, PN_ENOMEM, "no memory");
}

static int show_case(pn_store *s, int64_t id, bool json)
{
    pn_error err = {0};
    case_view *v = calloc(1, sizeof *v);
    if (v == NULL) { return complain("no memory"); }
    int rc = pn_store_get_case(&v->c, s, id, &err);
    if (rc == PN_OK) { rc = pn_store_case_missing(&v->missing, s, id, 0, &err); }
    if (rc == PN_OK) {
        load_contour(v, s);
        rc = json ? print_case_json(v, s, &err) : print_case(v, s, &err);
    }
    pn_header_free(&v->contour);
    pn_file_list_free(&v->missing);
    free(v);
    return rc == PN_OK ? PN_EXIT_OK : complain(err.msg);
}

/* ---- The command line ------------------------------------------------------------------------------------- */

static bool parse_number(int64_t *out, const char *text)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < 0) { return false; }
    *out = v;
    return true;
}

/* Exit code, or -1: go on. */
static int parse(request *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"state", required_argument, NULL, 's'},
        {"limit", required_argument, NULL, 'n'},  {"json", no_argument, NULL, 'j'},
        {"model", required_argument, NULL, 'm'},  {"version", required_argument, NULL, 'V'},
        {"reason", required_argument, NULL, 'r'}, {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},         {0}};
    int opt;
    int64_t limit = 0;
    while ((opt = getopt_long(argc, argv, "c:s:n:m:V:r:yjh", options, NULL)) != -1) {
        switch (opt) {
        case 'c': r->config = optarg; break;
        case 's':
            if (!pn_case_state_parse(&r->state, optarg)) { return misuse("no such state", optarg); }
            break;
        case 'n':
            if (!parse_number(&limit, optarg)) { return misuse("--limit needs a number, not", optarg); }
            r->limit = (size_t)limit;
            break;
        case 'm': r->model = optarg; break;
        case 'V': r->version = optarg; break;
        case 'r': r->reason = optarg; break;
        case 'y': r->yes = true; break;
        case 'j': r->json = true; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    r->words = argv + optind;
    r->n_words = argc - optind;
    if (r->n_words == 0) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    return -1;
}

/* ---- All reports of a model ------------------------------------------------------------------------------- */

typedef struct selection {
    pn_store *store;
    const request *request;
    bool rerun;                /* else withdraw */
    int64_t *ids; size_t n, room;
} selection;

/* Those with a report. Rerun: that no later case has taken the place of; withdraw: that is not
 * withdrawn yet, also of earlier versions. */
static int select_one(void *arg, const pn_case *c, pn_error *err)
{
    selection *sel = arg;
    bool open = c->state < PN_CASE_REPORTED || c->state == PN_CASE_HELD;
    bool ended = c->state == PN_CASE_DROPPED || c->withdrawn[0];
    if (!is_listed(sel->request, c) || c->report_sop_uid[0] == '\0' || open || (!sel->rerun && ended)) {
        return 0;
    }
    pn_lineage_facts f = {0};
    if (sel->rerun) {
        int rc = pn_store_lineage(&f, sel->store, c->lineage, c->id, err);
        if (rc != PN_OK || f.later_id != 0) { return rc; }
    }
    if (sel->n == sel->room) {
        sel->room = sel->room ? 2 * sel->room : 64;
        int64_t *more = realloc(sel->ids, sel->room * sizeof *more);
        if (more == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu cases", sel->room); }
        sel->ids = more;
    }
    sel->ids[sel->n++] = c->id;
    return 0;
}

static int steer_model(pn_store *s, const request *r, const cases_verb *verb, const cfg_node *cfg)
{
    pn_error err = {0};
    selection sel = {.store = s, .request = r, .rerun = strcmp(r->words[0], "rerun") == 0};
    const cases_steer_opts opts = {.reason = r->reason};
    int code = PN_EXIT_OK;
    int rc = pn_store_list_cases(s, PN_CASE_NSTATES, 0, select_one, &sel, &err);
    if (rc != PN_OK) {
        code = complain(err.msg);
    } else if (sel.n == 0) {
        puts("no cases with a report of this model and version");
    } else if (!r->yes) {
        fprintf(stderr, "prognode cases: %s would take %zu cases; nothing was done (--yes does it)\n",
                r->words[0], sel.n);
        code = PN_EXIT_USAGE;
    } else {
        code = cases_steer(s, verb, cfg, &opts, sel.ids, sel.n);
    }
    free(sel.ids);
    return code;
}

static int run(const request *r, const cfg_node *cfg, const int64_t *ids, size_t n_ids)
{
    pn_error err = {0};
    pn_store *s = NULL;
    pn_store_opts opts = PN_STORE_OPTS_INIT;
    const cases_verb *steer = cases_verb_of(r->words[0]);
    opts.read_only = steer == NULL;
    bool is_file = !pn_store_is_server(cfg->database);
    if (is_file && access(cfg->database, F_OK) != 0) {   /* a verb must not make an empty one */
        fprintf(stderr, "prognode cases: no database at %s: has the node run?\n", cfg->database);
        return PN_EXIT_FAILED;
    }
    if (pn_store_open(&s, cfg->database, &opts, &err) != PN_OK) { return complain(err.msg); }
    const cases_steer_opts how = {.model = r->model, .reason = r->reason};
    int code = steer != NULL && n_ids == 0 ? steer_model(s, r, steer, cfg)
               : steer != NULL             ? cases_steer(s, steer, cfg, &how, ids, n_ids)
               : n_ids > 0   ? show_case(s, ids[0], r->json)
                             : list_cases(s, r);
    pn_store_close(s);
    return code;
}

static int check_words(const request *r)
{
    const char *verb = r->words[0];
    int n = r->n_words - 1;
    bool list = strcmp(verb, "list") == 0, withdraw = strcmp(verb, "withdraw") == 0;
    const cases_verb *steer = cases_verb_of(verb);
    bool many = steer != NULL && cases_verb_is_for_many(steer) && n == 0;
    if (many && r->model == NULL) { return misuse("case numbers or --model needed after", verb); }
    if (r->version != NULL && !list && !many) { return misuse("--version is not for", verb); }
    if (r->model != NULL && !list && !many && strcmp(verb, "rerun") != 0) {
        return misuse("--model is not for", verb);
    }
    if (withdraw && (r->reason == NULL || r->reason[0] == '\0')) {
        return misuse("--reason needed for", verb);
    }
    if (!withdraw && r->reason != NULL) { return misuse("--reason is not for", verb); }
    if (r->yes && !many) { return misuse("--yes is for rerun and withdraw with --model, not", verb); }
    if (many) { return -1; }
    if (list) { return n == 0 ? -1 : misuse("list takes no", r->words[1]); }
    if (strcmp(verb, "show") == 0) { return n == 1 ? -1 : misuse("one case number after", verb); }
    if (steer != NULL) { return n > 0 ? -1 : misuse("case numbers needed after", verb); }
    return misuse("no such verb", verb);
}

int cmd_cases(int argc, char **argv)
{
    request r = {.config = "prognode.yaml", .state = PN_CASE_NSTATES, .limit = DEFAULT_LIMIT};
    int code = parse(&r, argc, argv);
    if (code < 0) { code = check_words(&r); }
    if (code >= 0) { return code; }
    size_t n = (size_t)r.n_words - 1;
    int64_t *ids = calloc(n + 1, sizeof *ids);
    if (ids == NULL) { return complain("no memory"); }
    for (size_t i = 0; i < n; i++) {
        if (!parse_number(&ids[i], r.words[i + 1])) {
            free(ids);
            return misuse("not a case number:", r.words[i + 1]);
        }
    }
    cfg_node cfg = {0};
    cfg_error cfg_err = {0};
    if (cfg_node_load(&cfg, r.config, &cfg_err) != CFG_OK) {
        free(ids);
        fprintf(stderr, "prognode cases: %s\n", cfg_err.msg);
        return PN_EXIT_USAGE;
    }
    code = run(&r, &cfg, ids, n);
    cfg_node_free(&cfg);
    free(ids);
    return code;
}
