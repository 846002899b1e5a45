/* config/node.h - the administrator's one YAML file, as typed C. docs/ADMIN.md describes it. */
#ifndef CFG_NODE_H
#define CFG_NODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <config/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_PATH_SIZE = 1024, CFG_AE_SIZE = 17, CFG_NAME_SIZE = 65, CFG_HOST_SIZE = 256,
       CFG_FINGERPRINT_SIZE = 104 };

/* A destination for reports. */
typedef struct cfg_archive {
    char name[CFG_NAME_SIZE];      /* the administrator's word; unique             */
    char ae_title[CFG_AE_SIZE];
    char host[CFG_HOST_SIZE];
    uint16_t port;
    unsigned connect_timeout_s;    /* default 10                                   */
    unsigned dimse_timeout_s;      /* default 60                                   */
    char query[8];                 /* "none" (default), "move", "get": may it be asked for
                                      images that a case lacks, and how are they fetched? */
    char commitment[8];            /* "none" (default), "event", "find": how it is asked whether
                                      it keeps what it took                        */
    unsigned commitment_delay_s;   /* default 5: after sending                     */
    unsigned commitment_timeout_s; /* default 3600: for its answer                 */
    bool tls;                      /* default false                                */
    char tls_name[CFG_HOST_SIZE];  /* that its certificate must have; "": host      */
    char tls_fingerprint[CFG_FINGERPRINT_SIZE];    /* of its certificate, 64 lower-case digits;
                                      instead of the name                          */
} cfg_archive;

/* TLS for incoming and outgoing associations. The files are PEM, absolute after loading; "":
 * none. Where TLS is used at all, the first three are there. */
typedef struct cfg_tls {
    uint16_t port;                 /* to listen on; 0: incoming associations are plain  */
    char certificate[CFG_PATH_SIZE];   /* ours, and the CAs between it and the root     */
    char key[CFG_PATH_SIZE];
    char ca[CFG_PATH_SIZE];        /* who vouches for peers                        */
    char crl[CFG_PATH_SIZE];
    bool client_certificate;       /* default true: peers that connect must have one */
} cfg_tls;

/* Who may ask for an association. An empty list: whoever. */
typedef struct cfg_access {
    char **called_ae_titles; size_t n_called_ae_titles;    /* besides node.ae_title     */
    char **calling_ae_titles; size_t n_calling_ae_titles;
    char **addresses; size_t n_addresses;                  /* config/access.h           */
    char **certificates; size_t n_certificates;            /* subjects or fingerprints  */
} cfg_access;

/* A model that the node runs, and the contours that it is meant for. */
typedef struct cfg_model_ref {
    char file[CFG_PATH_SIZE];      /* absolute after loading                       */
    char **contours;               /* patterns for ROI names / segment labels, `*` and `?`,
                                      case-insensitive; empty: the model's own list */
    size_t n_contours;
    unsigned shadow;               /* reports of its first N cases are held, default 0 */
    char shadow_archive[CFG_NAME_SIZE]; /* or sent to this archive only; "": held  */
    char sha256[65];               /* not from the file: the bytes that a running node has
                                      checked and keeps to; "": any                */
} cfg_model_ref;

/* Whose models are run. */
typedef struct cfg_signatures {
    bool require;                  /* default false: models need no signature      */
    char **trusted_keys; size_t n_trusted_keys;    /* PEM files, absolute after loading; one at
                                      least where signatures are required, else none */
} cfg_signatures;

typedef struct cfg_node {
    /* node: */
    char ae_title[CFG_AE_SIZE];
    char listen[CFG_HOST_SIZE];    /* address to listen on, default 127.0.0.1      */
    uint16_t port;                 /* default 11112; 0: no plain associations      */
    unsigned max_associations;     /* default 64                                   */
    unsigned max_associations_per_address; /* default 16                           */
    unsigned artim_s;              /* from accept to A-ASSOCIATE-RQ, default 30    */
    unsigned idle_timeout_s;       /* between PDUs of an association, default 60   */
    unsigned workers;              /* compute processes at once, default 1         */
    char institution[CFG_NAME_SIZE];   /* into the report, may be empty            */
    char station_name[CFG_AE_SIZE];
    char host_name[CFG_NAME_SIZE]; /* of this node among those that share a database; "": the host's */
    /* spool: */
    char spool[CFG_PATH_SIZE];
    uint64_t reserve_bytes;        /* below this much free space: refuse with A700 */
    uint64_t max_instance_bytes;
    char database[CFG_PATH_SIZE];  /* a file, default <spool>/prognode.db, or a connection string
                                      of PostgreSQL, as it was written             */
    /* cases: */
    unsigned series_fallback_s;    /* default 600: see docs, "which images are a case's own" */
    unsigned give_up_s;            /* default 86400: waiting becomes failed        */
    unsigned pull_after_s;         /* default 300: ask the archives for what is missing; 0: never */
    unsigned compute_timeout_s;    /* default 600                                  */
    unsigned max_attempts;         /* default 3, of a compute process              */
    unsigned expire_days;          /* default 30: what nothing came for is expired */
    char **urgent_ae_titles;       /* senders whose contours go first              */
    size_t n_urgent_ae_titles;
    uint64_t compute_memory_bytes; /* address space of a compute process, default 8 GiB */
    char clinical_table[CFG_PATH_SIZE];    /* variables of patients that images do not tell, absolute
                                      after loading; "": none                      */
    /* report: */
    bool comprehensive_3d;         /* report.sop_class: comprehensive_3d | comprehensive */
    bool report_seg, report_picture, report_pdf;   /* report.seg, picture, pdf: default true */
    char report_language[9];       /* "en" (default), "de", "zh"                   */
    char report_messages[CFG_PATH_SIZE];   /* own sentences, absolute after loading; "": none */
    char several_contours[8];      /* "refuse" (default), "largest", "each"        */
    /* delivery: */
    unsigned retry_first_s;        /* default 5                                    */
    unsigned retry_max_s;          /* default 900                                  */
    unsigned segment_patience_s;   /* default 3600: how long a SEG may hold back its report */
    /* retention: */
    unsigned keep_images_days;     /* of delivered cases, default 7                */
    unsigned keep_unclaimed_days;  /* default 7: images of no case, and of cases that end otherwise */
    unsigned keep_results_days;    /* of finished cases, default 365               */
    uint64_t low_water_bytes;      /* with less free space, finished cases' images go early */
    unsigned keep_quarantine_days; /* default 30                                   */
    uint64_t quarantine_bytes;     /* default 1 GiB: the oldest objects go beyond it */
    cfg_tls tls;
    cfg_access access;
    cfg_signatures signatures;
    cfg_archive *archives; size_t n_archives;   /* at least one                    */
    cfg_model_ref *models; size_t n_models;     /* at least one                    */
} cfg_node;

/* Load and check. Relative paths are taken from the folder of `path`. Unknown keys are errors.
 * On failure *out is untouched. */
CFG_CHECKED int cfg_node_load(cfg_node *out, const char *path, cfg_error *err);
/* The same from memory; `name` stands in messages and gives the folder for relative paths. */
CFG_CHECKED int cfg_node_parse(cfg_node *out, const char *bytes, size_t n, const char *name,
                               cfg_error *err);
/* The file with every key, its meaning, range and default as comments; valid YAML. The caller
 * frees it; NULL: no memory. */
char *cfg_node_reference(void);
/* The same keys as a JSON Schema (draft-07), for editors that complete and check. What one value
 * alone can tell is in it: types, ranges, words, lengths, which keys must be there; what must hold
 * between keys, and the form of names and addresses, only cfg_node_parse knows. Two spellings that
 * are read are not in it: yes/no and on/off for booleans. The caller frees it; NULL: no memory. */
char *cfg_node_schema(void);
/* What a first configuration must be told, as it is typed: cfg_node_parse of the file says what is
 * wrong with it. Borrowed. */
typedef struct cfg_starter {
    const char *ae_title, *port, *spool;
    const char *archive_ae_title, *archive_host, *archive_port;
    const char *model;
    char *const *contours; size_t n_contours;   /* none: the model's own list                  */
    const char *clinical_table;                 /* NULL: none                                  */
} cfg_starter;
/* A configuration with these and with comments. The caller frees it; NULL: no memory. */
char *cfg_node_starter(const cfg_starter *s);
/* Incoming or outgoing: whether the files of `tls` are needed. */
bool cfg_node_uses_tls(const cfg_node *c);
void cfg_node_free(cfg_node *c);   /* NULL and a zeroed struct are fine            */

/* True if name matches the pattern (`*`, `?`, ASCII case-insensitive, blanks trimmed). */
bool cfg_pattern_match(const char *pattern, const char *name);

#ifdef __cplusplus
}
#endif
#endif
