/* prognode init - a configuration to start from, from a few questions.
 *
 *   prognode init [-o FILE] [--ae-title TITLE] ... [--yes]
 *
 * Every answer is put into the file that would be written and judged by the reader of configurations;
 * a wrong one is asked for again. The file is written only if check-config would pass it.
 * Exit codes: 0 written, 1 failed, 2 wrong use or answer, or no answer. */
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "cmd/check_config.h"
#include "cmd/cmd.h"
#include "cmd/hold.h"
#include "cmd/option.h"
#include "pipeline/model_file.h"

static const char usage[] =
    "usage: prognode init [-o FILE] [options]\n"
    "Ask what a node must know, and write a configuration with comments to start from. The answer in\n"
    "brackets is taken where a line is left empty. What an option answers is not asked.\n\n"
    "  -o, --output FILE           the file to write (default prognode.yaml), mode 0600\n"
    "      --ae-title TITLE        AE title of this node\n"
    "      --port N                TCP port of this node\n"
    "      --archive-ae-title TITLE, --archive-host HOST, --archive-port N\n"
    "                              the archive that gets the reports\n"
    "      --model FILE            model file; a relative path is taken from the folder of the file written\n"
    "                              (default: the example model, where it lies there or is installed)\n"
    "      --spool FOLDER          where received objects and reports are kept; relative as the model\n"
    "      --contours NAMES        patterns of contour names, as GTV*,*tumor* (default: the model's own list)\n"
    "      --clinical-table FILE   CSV with the columns that the model takes from a table\n"
    "      --yes                   ask nothing: what no option answers has its default\n"
    "      --force                 replace an existing file\n"
    "  -h, --help                  print this\n\n"
    "exit: 0 written, 1 failed, 2 wrong use, a wrong answer given by an option, or no answer; then nothing is\n"
    "written\n";

enum { ANSWER_SIZE = CFG_PATH_SIZE };

typedef enum question { AE_TITLE, PORT, ARCHIVE_AE_TITLE, ARCHIVE_HOST, ARCHIVE_PORT, MODEL, SPOOL, N_QUESTIONS } question;

static const struct { const char *option, *words; } questions[N_QUESTIONS] = {
    [AE_TITLE] = {"ae-title", "AE title of this node"},
    [PORT] = {"port", "TCP port to listen on"},
    [ARCHIVE_AE_TITLE] = {"archive-ae-title", "AE title of the archive that gets the reports"},
    [ARCHIVE_HOST] = {"archive-host", "its host name or IP address"},
    [ARCHIVE_PORT] = {"archive-port", "its TCP port"},
    [MODEL] = {"model", "model file"},
    [SPOOL] = {"spool", "folder for received objects and reports"},
};

typedef struct options {
    const char *output;
    const char *given[N_QUESTIONS];         /* NULL: is asked                                   */
    opt_list contours;
    const char *clinical_table;
    bool yes, force;
} options;

typedef struct draft {
    const options *o;
    char answer[N_QUESTIONS][ANSWER_SIZE];
    bool model_known;                       /* answer[MODEL] is more than a place holder         */
} draft;

/* ---- Answers ------------------------------------------------------------- */

/* The file that the answers make; NULL: no memory. free(). */
static char *compose(const draft *d)
{
    const cfg_starter s = {.ae_title = d->answer[AE_TITLE], .port = d->answer[PORT], .spool = d->answer[SPOOL],
                           .archive_ae_title = d->answer[ARCHIVE_AE_TITLE], .archive_host = d->answer[ARCHIVE_HOST],
                           .archive_port = d->answer[ARCHIVE_PORT], .model = d->answer[MODEL],
                           .contours = d->o->contours.v, .n_contours = d->o->contours.n,
                           .clinical_table = d->o->clinical_table};
    return cfg_node_starter(&s);
}

/* What it says. The message is without a place in a file that is not there. */
static int parse(cfg_node *out, const draft *d, const char *text, pn_error *err)
{
    cfg_error wrong;
    if (text == NULL) { return pn_fail(err, PN_ENOMEM, "not enough memory"); }
    if (cfg_node_parse(out, text, strlen(text), d->o->output, &wrong) == CFG_OK) { return PN_OK; }
    size_t n = strlen(d->o->output);
    const char *msg = strlen(wrong.msg) > n ? strstr(wrong.msg + n, ": ") : NULL;
    return pn_fail(err, PN_ECONFIG, "%s", msg != NULL ? msg + 2 : wrong.msg);
}

/* The model is opened with the configuration that holds it. */
static int check_answer(const draft *d, question q, pn_error *err)
{
    cfg_node c = {0};
    char *text = compose(d);
    int rc = parse(&c, d, text, err);
    free(text);
    if (rc == PN_OK && q == MODEL) {
        pn_model_file m = {0};
        rc = pn_model_file_open(&m, &c.models[0], &c.signatures, err);
        pn_model_file_free(&m);
    }
    cfg_node_free(&c);
    return rc;
}

/* Takes the answer where it is right; else the one before stays. */
static int answer(draft *d, question q, const char *text, pn_error *err)
{
    char before[ANSWER_SIZE];
    memcpy(before, d->answer[q], ANSWER_SIZE);
    int rc = pn_path(d->answer[q], ANSWER_SIZE, err, "%s", text);
    if (rc == PN_OK) { rc = check_answer(d, q, err); }
    if (rc != PN_OK) { memcpy(d->answer[q], before, ANSWER_SIZE); }
    else if (q == MODEL) { d->model_known = true; }
    return rc;
}

/* A line without its end. False: no more lines. *cut: it was longer than any answer. */
static bool read_line(char buf[ANSWER_SIZE + 1], bool *cut)
{
    if (fgets(buf, ANSWER_SIZE + 1, stdin) == NULL) { return false; }
    size_t n = strcspn(buf, "\n");
    *cut = buf[n] == '\0' && !feof(stdin);
    if (*cut) { for (int c; (c = getchar()) != EOF && c != '\n';) { } }
    buf[n] = '\0';
    if (n > 0 && buf[n - 1] == '\r') { buf[n - 1] = '\0'; }
    return true;
}

/* Until the answer is right. False: no more lines. */
static bool ask(draft *d, question q)
{
    char line[ANSWER_SIZE + 1];
    bool has_default = q != MODEL || d->model_known, cut = false;
    for (;;) {
        pn_error err = {0};
        printf(has_default ? "%s [%s]: " : "%s: ", questions[q].words, d->answer[q]);
        (void)fflush(stdout);
        if (!read_line(line, &cut)) { return false; }
        if (line[0] == '\0' && has_default) { return true; }
        int rc = cut ? pn_fail(&err, PN_ELIMIT, "longer than %d bytes", ANSWER_SIZE - 1) : answer(d, q, line, &err);
        if (rc == PN_OK) { return true; }
        fprintf(stderr, "  %s\n", err.msg);
    }
}

/* ---- Defaults ------------------------------------------------------------ */

/* The example model, as the file would name it: beside the file, or where it was installed with the
 * program. */
static void find_model(draft *d)
{
    static const char name[] = "models/example-phantom.yaml";
    char program[PATH_MAX], path[PATH_MAX + sizeof name + 32];
    pn_error err;
    if (answer(d, MODEL, name, &err) == PN_OK) { return; }
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL) { return; }
        *slash = '\0';
    }
    (void)snprintf(path, sizeof path, "%s/share/prognode/%s", program, name);
    (void)answer(d, MODEL, path, &err);
}

/* Those of the reference. */
static int set_defaults(draft *d, pn_error *err)
{
    cfg_node c = {0};
    cfg_error wrong;
    char *reference = cfg_node_reference();
    if (reference == NULL) { return pn_fail(err, PN_ENOMEM, "not enough memory"); }
    int rc = cfg_node_parse(&c, reference, strlen(reference), "/reference", &wrong);
    free(reference);
    if (rc != CFG_OK) { return pn_fail(err, PN_EINTERNAL, "%s", wrong.msg); }
    const cfg_archive *a = &c.archives[0];
    (void)snprintf(d->answer[AE_TITLE], ANSWER_SIZE, "%s", c.ae_title);
    (void)snprintf(d->answer[PORT], ANSWER_SIZE, "%u", (unsigned)c.port);
    (void)snprintf(d->answer[ARCHIVE_AE_TITLE], ANSWER_SIZE, "%s", a->ae_title);
    (void)snprintf(d->answer[ARCHIVE_HOST], ANSWER_SIZE, "%s", a->host);
    (void)snprintf(d->answer[ARCHIVE_PORT], ANSWER_SIZE, "%u", (unsigned)a->port);
    (void)snprintf(d->answer[SPOOL], ANSWER_SIZE, "%s", c.spool);
    (void)snprintf(d->answer[MODEL], ANSWER_SIZE, "none");
    cfg_node_free(&c);
    return PN_OK;
}

/* ---- The verb ------------------------------------------------------------ */

static int failed(const pn_error *err)
{
    fprintf(stderr, "prognode init: %s\n", err->msg);
    return err->code == PN_ENOMEM || err->code == PN_EINTERNAL ? PN_EXIT_FAILED : PN_EXIT_USAGE;
}

static int misuse(const char *message, const char *value)
{
    fprintf(stderr, "prognode init: %s%s (--help tells more)\n", message, value);
    return PN_EXIT_USAGE;
}

/* Also a link to nowhere is there. */
static int refuse_existing(const options *o)
{
    struct stat st;
    if (o->force || lstat(o->output, &st) != 0) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode init: %s exists; --force replaces it\n", o->output);
    return PN_EXIT_USAGE;
}

static int take_options(draft *d)
{
    for (question q = 0; q < N_QUESTIONS; q++) {
        pn_error err = {0};
        if (d->o->given[q] == NULL || answer(d, q, d->o->given[q], &err) == PN_OK) { continue; }
        (void)pn_wrap(&err, "--%s", questions[q].option);
        fprintf(stderr, "prognode init: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    return PN_EXIT_OK;
}

static int take_answers(draft *d)
{
    for (question q = 0; q < N_QUESTIONS && !d->o->yes; q++) {
        if (d->o->given[q] != NULL || ask(d, q)) { continue; }
        printf("\n");
        return misuse("no more answers; nothing is written", "");
    }
    return d->model_known ? PN_EXIT_OK : misuse("--model is missing: no example model is installed", "");
}

static int write_file(const char *file, const char *text)
{
    pn_error err = {0};
    if (hold_and_write(file, text, strlen(text), &err) != PN_OK) {
        (void)failed(&err);
        return PN_EXIT_FAILED;
    }
    printf("\n%s is written. The node listens on this host only: node.listen, 0.0.0.0, lets others reach it. Next:\n"
           "  prognode check-config %s           # after each change\n"
           "  prognode doctor --config %s        # would the archive take what the node sends?\n"
           "  prognode serve --config %s\n", file, file, file, file);
    return fflush(stdout) == 0 ? PN_EXIT_OK : PN_EXIT_FAILED;
}

static int finish(const draft *d)
{
    cfg_node c = {0};
    pn_error err = {0};
    char *text = compose(d);
    int rc = parse(&c, d, text, &err) == PN_OK ? check_config_report(&c) : failed(&err);
    cfg_node_free(&c);
    if (rc == PN_EXIT_OK) { rc = refuse_existing(d->o); }       /* it may have come while we asked */
    if (rc == PN_EXIT_OK) { rc = write_file(d->o->output, text); }
    else { fprintf(stderr, "prognode init: nothing is written\n"); }
    free(text);
    return rc;
}

static int run(const options *o)
{
    pn_error err = {0};
    int rc = refuse_existing(o);
    if (rc != PN_EXIT_OK) { return rc; }
    draft *d = calloc(1, sizeof *d);
    if (d == NULL) {
        (void)pn_fail(&err, PN_ENOMEM, "not enough memory");
        return failed(&err);
    }
    d->o = o;
    if (set_defaults(d, &err) != PN_OK) { rc = failed(&err); }
    if (rc == PN_EXIT_OK) { find_model(d); }
    if (rc == PN_EXIT_OK) { rc = take_options(d); }
    if (rc == PN_EXIT_OK) { rc = take_answers(d); }
    if (rc == PN_EXIT_OK) { rc = finish(d); }
    free(d);
    return rc;
}

/* Exit code, or -1: go on. */
static int read_options(options *o, int argc, char **argv)
{
    enum { CONTOURS = 256, TABLE, YES, FORCE, ANSWERS };
    static const struct option longs[] = {
        {"ae-title", required_argument, NULL, ANSWERS + AE_TITLE}, {"port", required_argument, NULL, ANSWERS + PORT},
        {"archive-ae-title", required_argument, NULL, ANSWERS + ARCHIVE_AE_TITLE},
        {"archive-host", required_argument, NULL, ANSWERS + ARCHIVE_HOST},
        {"archive-port", required_argument, NULL, ANSWERS + ARCHIVE_PORT},
        {"model", required_argument, NULL, ANSWERS + MODEL}, {"spool", required_argument, NULL, ANSWERS + SPOOL},
        {"contours", required_argument, NULL, CONTOURS}, {"clinical-table", required_argument, NULL, TABLE},
        {"yes", no_argument, NULL, YES}, {"force", no_argument, NULL, FORCE},
        {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
        switch (c) {
        case 'o': o->output = optarg; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        case TABLE: o->clinical_table = optarg; break;
        case YES: o->yes = true; break;
        case FORCE: o->force = true; break;
        case CONTOURS:
            if (opt_list_split(&o->contours, optarg)) { break; }
            (void)opt_wrong("init", "contours", optarg, "patterns with commas between, none empty");
            return PN_EXIT_USAGE;
        default:
            if (c < ANSWERS) { return misuse("wrong option", ""); }
            o->given[c - ANSWERS] = optarg;
        }
    }
    if (optind < argc) { return misuse("no argument expected, got ", argv[optind]); }
    return o->output[0] == '\0' ? misuse("--output is empty", "") : -1;
}

int cmd_init(int argc, char **argv)
{
    options o = {.output = "prognode.yaml"};
    int rc = read_options(&o, argc, argv);
    if (rc < 0) { rc = run(&o); }
    opt_list_free(&o.contours);
    return rc;
}
