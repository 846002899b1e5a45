#include <config/node.h>
#include <config/access.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "file.h"

enum { MAX_BYTES = 65536, MAX_ARCHIVES = 32, MAX_MODELS = 64, MAX_PATTERNS = 64, MAX_PATTERN = 65, MAX_URGENT = 64,
       MAX_ACCESS = 256, MAX_TRUSTED_KEYS = 32, SUBJECT_SIZE = 512, RANGE_SIZE = 64 };

/* ---- Single values ------------------------------------------------------- */

/* PS3.5, VR AE: 16 characters, no backslash, no control character; blanks at the ends do not
 * count, so they are refused here where they can only be a slip. */
static bool is_ae_title(const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || text[0] == ' ' || text[n - 1] == ' ') { return false; }
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e || *text == '\\') { return false; }
    }
    return true;
}

static bool is_host(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%");
    return n > 0 && text[n] == '\0';
}

static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n > 0 && text[n] == '\0';
}

static bool is_host_or_empty(const char *text)
{
    return text[0] == '\0' || is_host(text);
}

static bool is_fingerprint_or_empty(const char *text)
{
    return text[0] == '\0' || cfg_is_fingerprint(text);
}

static bool is_name_or_empty(const char *text)
{
    return text[0] == '\0' || is_name(text);
}

/* As libpq tells a connection string from a name: an URI, or keyword=value. */
static bool is_connection_string(const char *text)
{
    size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0 ||
           (word > 0 && text[word] == '=');
}

/* This file is readable to those who administer, and is shown when it is checked: a password
 * has a file of its own (libpq's passfile or service). */
static bool holds_password(const char *text)
{
    if (strstr(text, "password")) { return true; }
    const char *user = strstr(text, "://");
    size_t n = user ? strcspn(user + 3, "/?") : 0;
    const char *at = n ? memchr(user + 3, '@', n) : NULL;
    return at && memchr(user + 3, ':', (size_t)(at - user - 3));
}

/* Institution and station go into DICOM attributes, where a backslash separates values. */
static bool is_one_value(const char *text)
{
    return !strpbrk(text, "\\\n\t");
}

#define AE_WORDS \
    "an AE title of 1 to 16 ASCII characters, without backslash or blanks at the ends"
#define HOST_WORDS "a host name or an IP address"
#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)

/* ---- The keys ------------------------------------------------------------ */

#define AT(m) .offset = offsetof(cfg_node, m)
#define TEXT_AT(m) AT(m), .size = sizeof(((cfg_node *)0)->m)

static const fd_field node_fields[] = {
    {"ae_title", FD_TEXT, TEXT_AT(ae_title), .ok = is_ae_title, .min_items = 1,
     .expected = AE_WORDS, .example = "PROGNODE",
     .doc = "Application entity title of this node; associations called otherwise are rejected."},
    {"listen", FD_TEXT, TEXT_AT(listen), .ok = is_host, .min_items = 1, .expected = HOST_WORDS,
     .def = "127.0.0.1",
     .doc = "Address to listen on; 0.0.0.0 is every IPv4 address of this host."},
    {"port", FD_U16, AT(port), RANGE(0, 65535), .def = "11112",
     .doc = "TCP port for associations without TLS; 0: none."},
    {"max_associations", FD_UINT, AT(max_associations), RANGE(1, 1024), .def = "64",
     .doc = "Associations open at once; further ones are rejected."},
    {"max_associations_per_address", FD_UINT, AT(max_associations_per_address), RANGE(1, 1024),
     .def = "16", .doc = "The same, of one sender's address."},
    {"artim_s", FD_UINT, AT(artim_s), RANGE(1, 3600), .def = "30",
     .doc = "Seconds that a connection may take to ask for an association, TLS included."},
    {"idle_timeout_s", FD_UINT, AT(idle_timeout_s), RANGE(1, 86400), .def = "60",
     .doc = "Seconds that an association may be silent."},
    {"workers", FD_UINT, AT(workers), RANGE(1, 64), .def = "1",
     .doc = "Cases computed at the same time."},
    {"institution", FD_TEXT, TEXT_AT(institution), .ok = is_one_value, .def = "\"\"",
     .doc = "Institution name in the reports."},
    {"station_name", FD_TEXT, TEXT_AT(station_name), .ok = is_one_value, .def = "\"\"",
     .doc = "Station name in the reports."},
    {"host_name", FD_TEXT, TEXT_AT(host_name), .ok = is_name_or_empty, .def = "\"\"",
     .expected = "a word of at most 64 letters, digits or -_.",
     .doc = "Name of this node among those that share one PostgreSQL database, each its own; "
            "empty: the name of the host."},
};

static const fd_field spool_fields[] = {
    {"folder", FD_TEXT, TEXT_AT(spool), .min_items = 1, .expected = "a folder",
     .example = "/var/lib/prognode",
     .doc = "Where received objects, results and reports are kept; relative to this file."},
    {"reserve", FD_BYTES, AT(reserve_bytes), RANGE(0, 1e15), .def = "5 GiB",
     .doc = "With less free space than this, new objects are refused (A700)."},
    {"max_instance", FD_BYTES, AT(max_instance_bytes), RANGE(1048576, 2147483648.0),
     .def = "2 GiB", .doc = "Largest object that is taken."},
    {"database", FD_TEXT, TEXT_AT(database), .def = "\"\"",
     .expected = "a file or a PostgreSQL connection string",
     .doc = "Job database: a file, relative to this one (empty: prognode.db in the spool folder), "
            "or a PostgreSQL connection string such as \"host=db.example dbname=prognode\"."},
};

static const fd_field case_fields[] = {
    {"series_fallback_s", FD_UINT, AT(series_fallback_s), RANGE(0, 604800), .def = "600",
     .doc = "Seconds without a further image of a series after which it is taken as a whole: for a "
            "contour whose named images are all absent. A minute at most for one that names only "
            "those it is drawn on, and has them."},
    {"give_up_s", FD_UINT, AT(give_up_s), RANGE(1, 31536000), .def = "86400",
     .doc = "Seconds after which a case that still lacks images fails."},
    {"pull_after_s", FD_UINT, AT(pull_after_s), RANGE(0, 31536000), .def = "300",
     .doc = "Seconds after which the archives that allow it (archives: query) are asked for the "
            "named images that a case lacks; 0: never."},
    {"compute_timeout_s", FD_UINT, AT(compute_timeout_s), RANGE(1, 86400), .def = "600",
     .doc = "Seconds that computing one case may take."},
    {"max_attempts", FD_UINT, AT(max_attempts), RANGE(1, 100), .def = "3",
     .doc = "Tries of one case before it fails."},
    {"expire_days", FD_UINT, AT(expire_days), RANGE(1, 3650), .def = "30",
     .doc = "Days after which a contour whose images never came is expired, and may be deleted."},
    {"urgent_ae_titles", FD_TEXTS, AT(urgent_ae_titles), .size = CFG_AE_SIZE,
     .count_offset = offsetof(cfg_node, n_urgent_ae_titles), .max_items = MAX_URGENT,
     .min_items = 0, .def = "[]", .example = "[\"ER_TPS\"]",
     .doc = "Calling AE titles whose contours are computed before all others."},
    {"compute_memory", FD_BYTES, AT(compute_memory_bytes), RANGE(134217728, 1e15), .def = "8 GiB",
     .doc = "Memory (address space) that computing one case may take."},
    {"clinical_table", FD_TEXT, AT(clinical_table), .size = CFG_PATH_SIZE, .def = "\"\"",
     .expected = "a file",
     .doc = "CSV file with the column PatientID and the columns that models take from it (features "
            "with source: table); read anew for each case that needs it; relative to this file."},
};

static const fd_field report_fields[] = {
    {"sop_class", FD_EITHER, AT(comprehensive_3d), .word = {"comprehensive_3d", "comprehensive"},
     .def = "comprehensive_3d",
     .doc = "SR object: Comprehensive 3D SR (an archive that refuses it gets Comprehensive SR), or "
            "Comprehensive SR for all."},
    {"seg", FD_BOOL, AT(report_seg), .def = "true",
     .doc = "Send the measured regions as a segmentation, where the contours came as RTSTRUCT."},
    {"picture", FD_BOOL, AT(report_picture), .def = "true",
     .doc = "Send the page as a picture (Secondary Capture)."},
    {"pdf", FD_BOOL, AT(report_pdf), .def = "true",
     .doc = "Send the page as a document (Encapsulated PDF)."},
    {"language", FD_TEXT, TEXT_AT(report_language), .words = "en|de|zh", .def = "en",
     .doc = "Language of sentences and titles; codes and their meanings stay English."},
    {"messages", FD_TEXT, TEXT_AT(report_messages), .def = "\"\"", .expected = "a file",
     .doc = "YAML file with own sentences for some of the messages, relative to this file; empty: "
            "none."},
    {"several_contours", FD_TEXT, TEXT_AT(several_contours), .words = "refuse|largest|each",
     .def = "refuse",
     .doc = "Where several contours of a case fit a model: score none, the largest, or each as a "
            "tumour of its own."},
};

static const fd_field delivery_fields[] = {
    {"retry_first_s", FD_UINT, AT(retry_first_s), RANGE(1, 86400), .def = "5",
     .doc = "Seconds until the second try of a delivery; doubled at every further one."},
    {"retry_max_s", FD_UINT, AT(retry_max_s), RANGE(1, 604800), .def = "900",
     .doc = "Longest pause between two tries."},
    {"segment_patience_s", FD_UINT, AT(segment_patience_s), RANGE(0, 31536000), .def = "3600",
     .doc = "Seconds for which an archive may put off a segmentation that it was sent (an archive "
            "that is away does not count); then the report goes without it."},
};

static const fd_field retention_fields[] = {
    {"keep_images_days", FD_UINT, AT(keep_images_days), RANGE(0, 36500), .def = "7",
     .doc = "Days that the images and contours of a delivered case are kept."},
    {"keep_unclaimed_days", FD_UINT, AT(keep_unclaimed_days), RANGE(0, 36500), .def = "7",
     .doc = "The same of cases that are not_applicable, expired or dropped, and of objects that "
            "no case uses."},
    {"keep_results_days", FD_UINT, AT(keep_results_days), RANGE(1, 36500), .def = "365",
     .doc = "Days that the results folder of a finished case is kept."},
    {"low_water", FD_BYTES, AT(low_water_bytes), RANGE(0, 1e15), .def = "10 GiB",
     .doc = "With less free space than this, the images of finished cases are removed early, "
            "the oldest case first. Should be more than spool.reserve; 0: never."},
    {"keep_quarantine_days", FD_UINT, AT(keep_quarantine_days), RANGE(1, 36500), .def = "30",
     .doc = "Days that an object which could not be read is kept in quarantine."},
    {"quarantine_size", FD_BYTES, AT(quarantine_bytes), RANGE(0, 1e15), .def = "1 GiB",
     .doc = "Most that quarantined objects may take together; beyond it the oldest are removed."},
};

static const fd_field tls_fields[] = {
    {"port", FD_U16, AT(tls.port), RANGE(0, 65535), .def = "0",
     .doc = "TCP port for associations over TLS (DICOM's own is 2762); 0: none. For TLS alone, set "
            "node.port to 0."},
    {"certificate", FD_TEXT, TEXT_AT(tls.certificate), .def = "\"\"", .expected = "a file",
     .doc = "This node's certificate, PEM, with the CAs between it and the root after it; for "
            "incoming and outgoing associations. This and the other files relative to this one."},
    {"key", FD_TEXT, TEXT_AT(tls.key), .def = "\"\"", .expected = "a file",
     .doc = "Its private key, PEM without a passphrase, readable by its owner alone."},
    {"ca", FD_TEXT, TEXT_AT(tls.ca), .def = "\"\"", .expected = "a file",
     .doc = "The certificates of those who vouch for peers, PEM."},
    {"crl", FD_TEXT, TEXT_AT(tls.crl), .def = "\"\"", .expected = "a file",
     .doc = "Revocation lists, PEM: one of each CA in the chain of a peer's certificate. Empty: "
            "revocation is not looked at."},
    {"client_certificate", FD_EITHER, AT(tls.client_certificate), .word = {"required", "not_asked"},
     .def = "required",
     .doc = "Whether a peer that connects must show a certificate of its own."},
};

static const fd_field access_fields[] = {
    {"called_ae_titles", FD_TEXTS, AT(access.called_ae_titles), .size = CFG_AE_SIZE,
     .count_offset = offsetof(cfg_node, access.n_called_ae_titles), .max_items = MAX_ACCESS,
     .def = "[]", .ok = is_ae_title, .expected = AE_WORDS,
     .doc = "AE titles that this node answers to besides node.ae_title."},
    {"calling_ae_titles", FD_TEXTS, AT(access.calling_ae_titles), .size = CFG_AE_SIZE,
     .count_offset = offsetof(cfg_node, access.n_calling_ae_titles), .max_items = MAX_ACCESS,
     .def = "[]", .ok = is_ae_title, .expected = AE_WORDS,
     .doc = "AE titles that may call; empty: any."},
    {"addresses", FD_TEXTS, AT(access.addresses), .size = RANGE_SIZE,
     .count_offset = offsetof(cfg_node, access.n_addresses), .max_items = MAX_ACCESS,
     .def = "[]", .ok = cfg_is_address_range,
     .expected = "an IP address, or a range such as 10.7.0.0/16",
     .doc = "Addresses that may connect; empty: any."},
    {"certificates", FD_TEXTS, AT(access.certificates), .size = SUBJECT_SIZE,
     .count_offset = offsetof(cfg_node, access.n_certificates), .max_items = MAX_ACCESS,
     .def = "[]", .ok = cfg_is_certificate_name,
     .expected = "a subject such as CN=pacs,O=Hospital, or a SHA-256 fingerprint",
     .doc = "Certificates that may connect over TLS, of those that tls.ca vouches for, by subject "
            "(as `openssl x509 -subject -nameopt RFC2253` prints it) or fingerprint; empty: any."},
};

static const fd_field signature_fields[] = {
    {"require", FD_BOOL, AT(signatures.require), .def = "false",
     .doc = "Run a model only with a good signature of a trusted key beside it: FILE.sig of "
            "`prognode model sign`."},
    {"trusted_keys", FD_TEXTS, AT(signatures.trusted_keys), .size = CFG_PATH_SIZE,
     .count_offset = offsetof(cfg_node, signatures.n_trusted_keys), .max_items = MAX_TRUSTED_KEYS,
     .def = "[]",
     .doc = "Public keys whose signatures are good, a PEM file each (openssl pkey -pubout), relative to "
            "this file."},
};
#undef AT
#undef TEXT_AT

#define AT(m) .offset = offsetof(cfg_archive, m)
#define TEXT_AT(m) AT(m), .size = sizeof(((cfg_archive *)0)->m)
static const fd_field archive_fields[] = {
    {"name", FD_TEXT, TEXT_AT(name), .ok = is_name, .min_items = 1, .example = "pacs",
     .expected = "a word of 1 to 64 letters, digits or -_.",
     .doc = "Your own word for this archive, used in lists and logs."},
    {"ae_title", FD_TEXT, TEXT_AT(ae_title), .ok = is_ae_title, .min_items = 1,
     .expected = AE_WORDS, .example = "ORTHANC", .doc = "Its application entity title."},
    {"host", FD_TEXT, TEXT_AT(host), .ok = is_host, .min_items = 1, .expected = HOST_WORDS,
     .example = "127.0.0.1", .doc = "Its address."},
    {"port", FD_U16, AT(port), RANGE(1, 65535), .example = "4242", .doc = "Its TCP port."},
    {"connect_timeout_s", FD_UINT, AT(connect_timeout_s), RANGE(1, 3600), .def = "10",
     .doc = "Seconds to wait for the connection and the association."},
    {"dimse_timeout_s", FD_UINT, AT(dimse_timeout_s), RANGE(1, 3600), .def = "60",
     .doc = "Seconds to wait for an answer."},
    {"query", FD_TEXT, TEXT_AT(query), .words = "none|move|get", .def = "none",
     .doc = "Whether missing images are asked for here (C-FIND), and how they are fetched: move "
            "(C-MOVE to this node, which the archive must know by AE title, address and port; "
            "where it refuses, C-GET) or get (C-GET)."},
    {"commitment", FD_TEXT, TEXT_AT(commitment), .words = "none|event|find", .def = "none",
     .doc = "How the archive is asked whether it keeps what it took: event (Storage Commitment; the archive "
            "must know this node by AE title, address and port, since its answer may come later), find (it "
            "is looked up with C-FIND), or not at all. Where it is asked, a case is done when it has said so; "
            "what it does not keep is sent again."},
    {"commitment_delay_s", FD_UINT, AT(commitment_delay_s), RANGE(0, 86400), .def = "5",
     .doc = "Seconds after sending at which it is asked."},
    {"commitment_timeout_s", FD_UINT, AT(commitment_timeout_s), RANGE(5, 604800), .def = "3600",
     .doc = "Seconds to wait for its answer before it is asked again."},
    {"tls", FD_BOOL, AT(tls), .def = "false", .doc = "Connect over TLS, with the files of tls:."},
    {"tls_name", FD_TEXT, TEXT_AT(tls_name), .ok = is_host_or_empty, .def = "\"\"",
     .expected = HOST_WORDS,
     .doc = "Name or address that its certificate must be made out to; empty: host."},
    {"tls_fingerprint", FD_TEXT, TEXT_AT(tls_fingerprint), .ok = is_fingerprint_or_empty,
     .def = "\"\"", .expected = "a SHA-256 fingerprint (64 hexadecimal digits)",
     .doc = "Fingerprint of its certificate, instead of a name: no other will do. A CA of tls.ca must "
            "vouch for it all the same, or tls.ca must hold the certificate itself."},
};
#undef AT
#undef TEXT_AT

static const fd_field model_fields[] = {
    {"file", FD_TEXT, .offset = offsetof(cfg_model_ref, file), .size = CFG_PATH_SIZE,
     .min_items = 1, .expected = "a file", .example = "models/example-phantom.yaml",
     .doc = "Model file; relative to this file."},
    {"contours", FD_TEXTS, .offset = offsetof(cfg_model_ref, contours), .size = MAX_PATTERN,
     .count_offset = offsetof(cfg_model_ref, n_contours), .max_items = MAX_PATTERNS,
     .min_items = 0, .def = "[]", .example = "[\"GTV*\", \"*tumour*\"]",
     .doc = "Names of the contours or segments to run it on; * stands for any text, ? for one "
            "character, case does not matter. Empty: the model's own list."},
    {"shadow", FD_UINT, .offset = offsetof(cfg_model_ref, shadow), RANGE(0, 1000000),
     .def = "0", .doc = "The reports of the model's first so many cases are made but not sent, "
                        "until `prognode cases release`."},
    {"shadow_archive", FD_TEXT, .offset = offsetof(cfg_model_ref, shadow_archive),
     .size = CFG_NAME_SIZE, .def = "\"\"", .expected = "the name of an archive",
     .doc = "Send those reports to this archive instead of holding them; it gets no others."},
};

static const fd_table node_table = {FD_TABLE(node_fields)};
static const fd_table spool_table = {FD_TABLE(spool_fields)};
static const fd_table case_table = {FD_TABLE(case_fields)};
static const fd_table report_table = {FD_TABLE(report_fields)};
static const fd_table delivery_table = {FD_TABLE(delivery_fields)};
static const fd_table retention_table = {FD_TABLE(retention_fields)};
static const fd_table tls_table = {FD_TABLE(tls_fields)};
static const fd_table access_table = {FD_TABLE(access_fields)};
static const fd_table signature_table = {FD_TABLE(signature_fields)};
static const fd_table archive_table = {FD_TABLE(archive_fields)};
static const fd_table model_table = {FD_TABLE(model_fields)};

static const fd_field root_fields[] = {
    {"node", FD_MAP, .sub = &node_table, .doc = "This node on the network."},
    {"spool", FD_MAP, .sub = &spool_table, .doc = "Storage."},
    {"cases", FD_MAP, .sub = &case_table, .doc = "Assembling and computing cases."},
    {"report", FD_MAP, .sub = &report_table, .doc = "Reports."},
    {"delivery", FD_MAP, .sub = &delivery_table, .doc = "Sending reports."},
    {"retention", FD_MAP, .sub = &retention_table, .doc = "What is removed, and when."},
    {"tls", FD_MAP, .sub = &tls_table, .doc = "TLS 1.2 and 1.3."},
    {"access", FD_MAP, .sub = &access_table, .doc = "Who may ask this node for an association."},
    {"signatures", FD_MAP, .sub = &signature_table, .doc = "Whose models are run."},
    {"archives", FD_MAPS, .offset = offsetof(cfg_node, archives), .size = sizeof(cfg_archive),
     .count_offset = offsetof(cfg_node, n_archives), .min_items = 1, .max_items = MAX_ARCHIVES,
     .sub = &archive_table, .doc = "Where reports go; each report is sent to all of them."},
    {"models", FD_MAPS, .offset = offsetof(cfg_node, models), .size = sizeof(cfg_model_ref),
     .count_offset = offsetof(cfg_node, n_models), .min_items = 1, .max_items = MAX_MODELS,
     .sub = &model_table, .doc = "What is run, and on which contours."},
};

/* ---- Between keys -------------------------------------------------------- */

static const yt_node *item_at(const yt_node *list, size_t i)
{
    const yt_node *n = list ? list->first : NULL;
    while (n && i-- > 0) { n = n->next; }
    return n;
}

static int check_timers(const fd_reader *r, const cfg_node *c, const yt_node *root)
{
    const yt_node *node = yt_get(root, "node"), *cases = yt_get(root, "cases");
    const yt_node *delivery = yt_get(root, "delivery");
    if (c->max_associations_per_address > c->max_associations) {
        return fd_fail(r, node, "max_associations_per_address",
                       "got %u, expected at most max_associations (%u)",
                       c->max_associations_per_address, c->max_associations);
    }
    if (c->series_fallback_s > c->give_up_s) {
        return fd_fail(r, cases, "series_fallback_s", "got %u, expected at most give_up_s (%u)",
                       c->series_fallback_s, c->give_up_s);
    }
    if (c->retry_first_s > c->retry_max_s) {
        return fd_fail(r, delivery, "retry_first_s", "got %u, expected at most retry_max_s (%u)",
                       c->retry_first_s, c->retry_max_s);
    }
    return CFG_OK;
}

static int check_names(const fd_reader *r, const cfg_node *c, const yt_node *root)
{
    for (size_t i = 0; i < c->n_archives; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(c->archives[i].name, c->archives[j].name) == 0) {
                return fd_fail(r, item_at(yt_get(root, "archives"), i), "name",
                               "got \"%s\" a second time, expected a name of its own",
                               c->archives[i].name);
            }
        }
    }
    for (size_t i = 0; i < c->n_models; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(c->models[i].file, c->models[j].file) == 0) {
                return fd_fail(r, item_at(yt_get(root, "models"), i), "file",
                               "got the same file a second time, expected each model once");
            }
        }
    }
    return CFG_OK;
}

/* An archive that is a model's shadow gets no other reports: one must be left for those. */
static int check_shadows(const fd_reader *r, const cfg_node *c, const yt_node *root)
{
    size_t n_others = c->n_archives;
    for (size_t j = 0; j < c->n_archives; j++) {
        bool shadow = false;
        for (size_t i = 0; i < c->n_models; i++) {
            shadow = shadow || strcmp(c->models[i].shadow_archive, c->archives[j].name) == 0;
        }
        n_others -= shadow;
    }
    for (size_t i = 0; i < c->n_models; i++) {
        const char *name = c->models[i].shadow_archive;
        bool found = name[0] == '\0';
        for (size_t j = 0; j < c->n_archives; j++) {
            found = found || strcmp(c->archives[j].name, name) == 0;
        }
        if (!found) {
            return fd_fail(r, item_at(yt_get(root, "models"), i), "shadow_archive",
                           "got \"%s\", expected the name of one of the archives", name);
        }
        if (name[0] && n_others == 0) {
            return fd_fail(r, item_at(yt_get(root, "models"), i), "shadow_archive",
                           "leaves no archive for the reports, expected another one besides");
        }
    }
    return CFG_OK;
}

bool cfg_node_uses_tls(const cfg_node *c)
{
    bool uses = c->tls.port != 0;
    for (size_t i = 0; i < c->n_archives; i++) { uses = uses || c->archives[i].tls; }
    return uses;
}

static int check_tls(const fd_reader *r, const cfg_node *c, const yt_node *root)
{
    const yt_node *tls = yt_get(root, "tls"), *node = yt_get(root, "node");
    if (c->port == 0 && c->tls.port == 0) {
        return fd_fail(r, node, "port", "got 0 here and in tls, expected a port to listen on");
    }
    if (c->port == c->tls.port) {
        return fd_fail(r, tls, "port", "got node.port (%u), expected another one", (unsigned)c->port);
    }
    for (size_t i = 0; i < c->n_archives; i++) {
        const cfg_archive *a = &c->archives[i];
        if (!a->tls && (a->tls_name[0] || a->tls_fingerprint[0])) {
            return fd_fail(r, item_at(yt_get(root, "archives"), i),
                           a->tls_name[0] ? "tls_name" : "tls_fingerprint",
                           "has no meaning without tls: true");
        }
    }
    if (!c->tls.client_certificate && c->access.n_certificates) {
        return fd_fail(r, yt_get(root, "access"), "certificates",
                       "has no meaning with tls.client_certificate not_asked");
    }
    const char *const needed[][2] = {
        {"certificate", c->tls.certificate}, {"key", c->tls.key}, {"ca", c->tls.ca}};
    for (size_t i = 0; i < 3 && cfg_node_uses_tls(c); i++) {
        if (needed[i][1][0]) { continue; }
        return tls ? fd_fail(r, tls, needed[i][0], "missing, expected a file")
                   : fd_fail(r, root, "tls", "missing, expected certificate, key and ca");
    }
    return CFG_OK;
}

static int check_signatures(const fd_reader *r, const cfg_node *c, const yt_node *root)
{
    const yt_node *at = yt_get(root, "signatures");
    if (c->signatures.require == (c->signatures.n_trusted_keys > 0)) { return CFG_OK; }
    return c->signatures.require
               ? fd_fail(r, at, "trusted_keys", "missing, expected the public keys whose signatures are good")
               : fd_fail(r, at, "trusted_keys", "has no meaning without require: true");
}

static int check_node(const fd_reader *r, const void *obj, const yt_node *map)
{
    int rc = check_timers(r, obj, map);
    if (!rc) { rc = check_names(r, obj, map); }
    if (!rc) { rc = check_tls(r, obj, map); }
    if (!rc) { rc = check_signatures(r, obj, map); }
    return rc ? rc : check_shadows(r, obj, map);
}

static const fd_table root_table = {FD_TABLE(root_fields), .check = check_node};

/* ---- Paths --------------------------------------------------------------- */

/* `path` taken from the folder of `file`; an absolute path stays. */
static int resolve(const fd_reader *r, char path[CFG_PATH_SIZE], const char *folder,
                   const yt_node *at, const char *key)
{
    if (path[0] == '/') { return CFG_OK; }
    const char *from = strncmp(path, "./", 2) == 0 ? path + 2 : path;
    char full[2 * CFG_PATH_SIZE];
    int used = snprintf(full, sizeof full, "%s/%s", folder, from);
    if (used < 0 || used >= CFG_PATH_SIZE) {
        return fd_fail(r, at, key, "longer than %d bytes together with the folder of this file",
                       CFG_PATH_SIZE - 1);
    }
    memcpy(path, full, (size_t)used + 1);
    return CFG_OK;
}

/* The folder of `name`, absolute, so that a daemon may change its own. */
static int folder_of(const fd_reader *r, char folder[CFG_PATH_SIZE])
{
    const char *slash = strrchr(r->name, '/');
    int n = slash ? (int)(slash - r->name) : 0, used = -1;
    if (r->name[0] == '/') {
        used = snprintf(folder, CFG_PATH_SIZE, "%.*s", n, r->name);
    } else if (getcwd(folder, CFG_PATH_SIZE)) {
        size_t at = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
        used = snprintf(folder + at, CFG_PATH_SIZE - at, n ? "/%.*s" : "%.*s", n, r->name);
        used += (int)at;
    }
    if (used < 0 || used >= CFG_PATH_SIZE) {
        return cfg_fail(r->err, CFG_ELIMIT, r->name, 0, 0, "path longer than %d bytes",
                        CFG_PATH_SIZE - 1);
    }
    return CFG_OK;
}

static int resolve_tls(const fd_reader *r, cfg_tls *tls, const char *folder, const yt_node *at)
{
    struct { const char *key; char *path; } files[] = {
        {"certificate", tls->certificate}, {"key", tls->key}, {"ca", tls->ca}, {"crl", tls->crl}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int rc = files[i].path[0] ? resolve(r, files[i].path, folder, at, files[i].key) : CFG_OK;
        if (rc) { return rc; }
    }
    return CFG_OK;
}

static int resolve_keys(const fd_reader *r, cfg_signatures *s, const char *folder, const yt_node *at)
{
    for (size_t i = 0; i < s->n_trusted_keys; i++) {
        char path[CFG_PATH_SIZE];
        memcpy(path, s->trusted_keys[i], strlen(s->trusted_keys[i]) + 1);
        int rc = resolve(r, path, folder, at, "trusted_keys");
        if (rc) { return rc; }
        char *whole = strdup(path);
        if (!whole) { return cfg_fail(r->err, CFG_ENOMEM, r->name, 0, 0, "not enough memory"); }
        free(s->trusted_keys[i]);
        s->trusted_keys[i] = whole;
    }
    return CFG_OK;
}

static int resolve_all(const fd_reader *r, cfg_node *c, const yt_node *root)
{
    char folder[CFG_PATH_SIZE];
    const yt_node *spool = yt_get(root, "spool");
    int rc = folder_of(r, folder);
    if (!rc) { rc = resolve(r, c->spool, folder, spool, "folder"); }
    if (!rc && c->database[0] == '\0') {
        int used = snprintf(c->database, sizeof c->database, "%s/prognode.db", c->spool);
        if (used < 0 || (size_t)used >= sizeof c->database) {
            rc = fd_fail(r, spool, "folder", "too long for the name of the database in it");
        }
    }
    if (!rc && !is_connection_string(c->database)) {
        rc = resolve(r, c->database, folder, spool, "database");
    } else if (!rc && holds_password(c->database)) {
        rc = fd_fail(r, spool, "database", "got a password in it, expected a connection string "
                     "without one (use a password file or a service)");
    }
    if (!rc) { rc = resolve_tls(r, &c->tls, folder, yt_get(root, "tls")); }
    if (!rc) { rc = resolve_keys(r, &c->signatures, folder, yt_get(root, "signatures")); }
    for (size_t i = 0; i < c->n_archives; i++) {
        char *fingerprint = c->archives[i].tls_fingerprint;
        (void)cfg_fingerprint_read(fingerprint, fingerprint);      /* "" stays */
    }
    if (!rc && c->clinical_table[0]) {
        rc = resolve(r, c->clinical_table, folder, yt_get(root, "cases"), "clinical_table");
    }
    if (!rc && c->report_messages[0]) {
        rc = resolve(r, c->report_messages, folder, yt_get(root, "report"), "messages");
    }
    for (size_t i = 0; i < c->n_models && !rc; i++) {
        rc = resolve(r, c->models[i].file, folder, item_at(yt_get(root, "models"), i), "file");
    }
    return rc;
}

/* ---- Entry points -------------------------------------------------------- */

static int read_root(const fd_reader *r, cfg_node *c, const yt_node *root)
{
    if (!root) {
        return cfg_fail(r->err, CFG_EVALUE, r->name, 0, 0,
                        "empty, expected a mapping with node, spool, archives and models");
    }
    int rc = fd_read(r, c, &root_table, root);
    return rc ? rc : resolve_all(r, c, root);
}

int cfg_node_parse(cfg_node *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) {
        return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory");
    }
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    cfg_node c = {0};
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (!rc) {
        rc = read_root(&r, &c, tree.root);
        yt_free(&tree);
    }
    txt_locale_leave(&locale);
    if (rc) { cfg_node_free(&c); }
    else { *out = c; }
    return rc;
}

int cfg_node_load(cfg_node *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_node_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

char *cfg_node_reference(void)
{
    txt_buf b = {0};
    fd_reference(&b, &root_table, 0);
    if (b.failed) { txt_buf_free(&b); }
    return b.text;
}

char *cfg_node_schema(void)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return NULL; }
    txt_buf b = {0};
    fd_schema(&b, &root_table, "Configuration of a prognode node");
    txt_locale_leave(&locale);
    if (b.failed) { txt_buf_free(&b); }
    return b.text;
}

void cfg_node_free(cfg_node *c)
{
    if (!c) { return; }
    fd_free(c, &root_table);
    *c = (cfg_node){0};
}
