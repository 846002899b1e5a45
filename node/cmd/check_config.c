/* prognode check-config - is the configuration fit to serve?
 *
 *   prognode check-config FILE
 *   prognode check-config --reference | --schema
 *
 * Reads the node's YAML file, every model file and the TLS files that it names, as `serve` does on
 * start, and prints what the node would do. Opens no socket, spool or database.
 * --reference prints every key with its meaning, range and default instead, as YAML; --schema as a
 * JSON Schema, for editors.
 * Exit codes: 0 fit, 2 not (the place and reason on stderr) or wrong use. */
#include "cmd/check_config.h"
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <config/model.h>
#include <config/node.h>

#include "pipeline/clinical.h"
#include "report/messages.h"
#include "report/page.h"
#include "base/file.h"
#include "pipeline/model_file.h"
#include "role/keys.h"

static void print_usage(FILE *to)
{
    fprintf(to, "usage: prognode check-config FILE\n"
                "       prognode check-config --reference | --schema\n"
                "Check the node's configuration and the models that it names.\n\n"
                "  --reference  print every key with its meaning, range and default\n"
                "  --schema     print the same as a JSON Schema (draft-07), for editors\n"
                "  -h, --help   print this\n");
}

/* text: owned; NULL: no memory for it. */
static int print_text(char *text)
{
    if (!text) {
        fprintf(stderr, "prognode check-config: not enough memory\n");
        return PN_EXIT_FAILED;
    }
    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? PN_EXIT_OK : PN_EXIT_FAILED;
}

static void print_node(const cfg_node *c)
{
    printf("node     %s on %s", c->ae_title, c->listen);
    if (c->port != 0) { printf(" port %u,", (unsigned)c->port); }
    if (c->tls.port != 0) { printf(" port %u with TLS,", (unsigned)c->tls.port); }
    printf(" %u worker%s\n", c->workers, c->workers == 1 ? "" : "s");
    printf("spool    %s\n", c->spool);
    for (size_t i = 0; i < c->n_archives; i++) {
        const cfg_archive *a = &c->archives[i];
        printf("archive  %s: %s at %s port %u%s\n", a->name, a->ae_title, a->host,
               (unsigned)a->port, a->tls ? " with TLS" : "");
    }
}

static void print_model(const cfg_model_ref *ref, const cfg_model *m)
{
    bool own = ref->n_contours == 0;
    char **contours = own ? m->contours : ref->contours;
    size_t n = own ? m->n_contours : ref->n_contours;
    printf("model    %s %s%s, contours", m->id, m->version,
           m->research_use_only ? " (research use only)" : "");
    for (size_t i = 0; i < n; i++) { printf("%s \"%s\"", i ? "," : "", contours[i]); }
    printf("%s%s\n", n ? "" : " none by name", own ? " (the model's own)" : "");
    printf("         %s\n         sha256 %s\n", ref->file, m->file_sha256);
}

/* A model that no contour can ever reach would be silently useless. */
static int check_reach(const cfg_model_ref *ref, const cfg_model *m)
{
    if (ref->n_contours || m->n_contours || m->n_segment_codes) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode check-config: %s: neither the configuration nor the model names "
                    "contours or segment codes, so it would never run\n", ref->file);
    return PN_EXIT_USAGE;
}

/* The sentences of the reports, own ones among them. */
static int check_messages(const cfg_node *c)
{
    pn_messages *m = NULL;
    pn_error err = {0};
    if (pn_messages_load(&m, c->report_language, c->report_messages, &err) != PN_OK) {
        fprintf(stderr, "prognode check-config: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    printf("report   in %s%s%s\n", pn_messages_language_name(m), c->report_messages[0] ? ", with " : "",
           c->report_messages);
    pn_messages_free(m);
    return PN_EXIT_OK;
}

/* The fonts that the picture page is drawn with. */
static int check_page(const cfg_node *c)
{
    pn_error err = {0};
    if (!(c->report_picture || c->report_pdf)) { return PN_EXIT_OK; }
    if (pn_page_check(c->report_language, &err) == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode check-config: %s\n", err.msg);
    return PN_EXIT_USAGE;
}

/* The files of tls:. What ends soon is worth a warning, what has ended a refusal. */
static int check_tls(const cfg_node *c)
{
    if (!cfg_node_uses_tls(c)) { return PN_EXIT_OK; }
    pn_tls_material m = {0};
    pn_tls_facts f = {0};
    pn_error err = {0};
    int64_t now = pn_now_ms();
    int rc = pn_keys_read(&m, &f, c, now, &err);
    pn_tls_material_free(&m);
    if (rc != PN_OK) {
        fprintf(stderr, "prognode check-config: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    printf("tls      %s, sha256 %s\n         %u CA certificate%s, %u revocation list%s, client "
           "certificate %s\n", f.subject, f.fingerprint, f.n_ca, f.n_ca == 1 ? "" : "s", f.n_crl,
           f.n_crl == 1 ? "" : "s", c->tls.client_certificate ? "required" : "not asked for");
    char warnings[PN_KEYS_MAX_WARNINGS][PN_KEYS_WARNING_SIZE];
    size_t n = pn_keys_warnings(warnings, &f, now);
    for (size_t i = 0; i < n; i++) { fprintf(stderr, "prognode check-config: warning: %s\n", warnings[i]); }
    return PN_EXIT_OK;
}

/* The columns that the model takes from the table. */
static int check_table(const cfg_node *c, const cfg_model *m)
{
    pn_csv t = {0};
    pn_error err = {0};
    if (!cfg_model_uses(m, CFG_SOURCE_TABLE)) { return PN_EXIT_OK; }
    int rc = c->clinical_table[0] == '\0'
                 ? pn_fail(&err, PN_ECONFIG, "%s needs a clinical table, and cases.clinical_table names none", m->id)
                 : pn_clinical_read(&t, c->clinical_table, &err);
    if (rc == PN_OK) { rc = pn_clinical_check(&t, m, &err); }
    if (rc == PN_OK) { printf("         with %s, %zu rows\n", c->clinical_table, t.n_rows); }
    pn_csv_free(&t);
    if (rc == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode check-config: %s\n", err.msg);
    return PN_EXIT_USAGE;
}

static int check_models(const cfg_node *c)
{
    for (size_t i = 0; i < c->n_models; i++) {
        pn_model_file f = {0};
        pn_error err = {0};
        if (pn_model_file_open(&f, &c->models[i], &c->signatures, &err) != PN_OK) {
            fprintf(stderr, "prognode check-config: %s\n", err.msg);
            return PN_EXIT_USAGE;
        }
        print_model(&c->models[i], &f.model);
        if (f.signer[0] != '\0') { printf("         signed by the key %s\n", f.signer); }
        int rc = check_reach(&c->models[i], &f.model);
        if (rc == PN_EXIT_OK) { rc = check_table(c, &f.model); }
        pn_model_file_free(&f);
        if (rc) { return rc; }
    }
    return PN_EXIT_OK;
}

int check_config_report(const cfg_node *c)
{
    print_node(c);
    int rc = check_messages(c);
    if (rc == PN_EXIT_OK) { rc = check_page(c); }
    if (rc == PN_EXIT_OK) { rc = check_tls(c); }
    return rc == PN_EXIT_OK ? check_models(c) : rc;
}

static int check_file(const char *path)
{
    cfg_node c = {0};
    cfg_error err;
    if (cfg_node_load(&c, path, &err) != CFG_OK) {
        fprintf(stderr, "prognode check-config: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    int rc = check_config_report(&c);
    cfg_node_free(&c);
    return rc;
}

int cmd_check_config(int argc, char **argv)
{
    static const struct option options[] = {{"reference", no_argument, NULL, 'r'},
                                            {"schema", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    bool reference = false, schema = false;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'r': reference = true; break;
        case 's': schema = true; break;
        case 'h': print_usage(stdout); return PN_EXIT_OK;
        default: print_usage(stderr); return PN_EXIT_USAGE;
        }
    }
    if ((reference && schema) || argc - optind != (reference || schema ? 0 : 1)) {
        print_usage(stderr);
        return PN_EXIT_USAGE;
    }
    if (schema) { return print_text(cfg_node_schema()); }
    return reference ? print_text(cfg_node_reference()) : check_file(argv[optind]);
}
