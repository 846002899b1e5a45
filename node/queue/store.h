/* queue/store.h - the node's memory: catalogue of instances, cases, work queue, outbox.
 *
 * One interface over two backends, `sqlite` and `postgresql`. Every change is one transaction, durable when
 * the call returns. Times are milliseconds since the Unix epoch, UTC, handed in by the caller:
 * the store has no clock. Strings handed in are copied; structs given back own what they hold.
 *
 * A pn_store belongs to one thread of one process; open it after fork, never before. Several
 * processes may have the same database open. Errors: PN_ESTORE (transient where the database
 * was busy), PN_EINVAL, PN_ENOMEM, and what each function names. */
#ifndef PN_STORE_H
#define PN_STORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"

enum { PN_REASON_SIZE = 512, PN_NAME_SIZE = 65, PN_OWNER_SIZE = 144, PN_KIND_SIZE = 12 };

typedef struct pn_store pn_store;

typedef struct pn_store_opts {
    bool read_only;            /* for `cases list` and `show`; the database must exist       */
    unsigned busy_timeout_ms;  /* how long to wait for another process's transaction         */
} pn_store_opts;
#define PN_STORE_OPTS_INIT { .read_only = false, .busy_timeout_ms = 10000 }

/* Whether the text names a server (postgresql://… or key=value …, as libpq reads them) and not a
 * file. A file whose name looks like that can be written ./name. */
bool pn_store_is_server(const char *database);
/* Open, create where absent, and bring the schema up to date: a file is an sqlite database, a
 * connection string one of PostgreSQL. Refuses a file on a network file system, and a schema
 * that is newer than this program. opts NULL: defaults. */
PN_CHECKED int pn_store_open(pn_store **out, const char *database, const pn_store_opts *opts,
                             pn_error *err);
void pn_store_close(pn_store *s);          /* NULL is fine */
/* The backend's own check of the whole database; PN_ESTORE with the first finding. */
PN_CHECKED int pn_store_check(pn_store *s, pn_error *err);

/* ---- Catalogue ------------------------------------------------------------------------- */

/* The kinds, as pn_kind_word of dicom/header.h says them. */
#define PN_INSTANCE_IMAGE "image"

typedef struct pn_instance {
    char sop_uid[PN_UID_SIZE], digest[PN_DIGEST_HEX_SIZE]; /* the pair is the key            */
    char kind[PN_KIND_SIZE];
    char sop_class_uid[PN_UID_SIZE], study_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    char frame_of_reference_uid[PN_UID_SIZE];
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];
    char modality[17], source_ae[PN_AE_SIZE];
    /* as in dicom/header.h; images only, "" for others */
    char pixel_digest[PN_DIGEST_HEX_SIZE], identity_digest[PN_DIGEST_HEX_SIZE];
    int64_t received_ms;
    uint64_t size;             /* bytes of the file                                           */
    bool conflict;             /* another pixel digest of this SOP UID is known               */
    bool current;              /* of the copies of this SOP UID, the one that cases use       */
    char *header_json;         /* contour objects: pn_header_to_json; else NULL               */
} pn_instance;
void pn_instance_free(pn_instance *i);     /* frees header_json, zeroes */

typedef enum pn_added {
    PN_ADDED_NEW = 0,
    PN_ADDED_SAME,             /* this SOP UID with this digest is known: nothing changed, but
                                  that a removed one is there again                            */
    PN_ADDED_CONFLICT,         /* SOP UID known with other pixels: both kept, both marked      */
    PN_ADDED_CORRECTED,        /* SOP UID known with the same pixels and another header, or a
                                  contour object with other bytes: both kept                   */
} pn_added;

/* Add one instance (header_json, conflict and current are not read but for header_json, which
 * is borrowed), and wake the cases that may change by it: the open ones that want it, the ready
 * ones that use a copy of it (waiting again), the finished ones that used a copy of it, or its
 * series as a whole (pn_store_next_to_revise).
 *
 * Of the copies of a SOP UID one is current. The first one received (received_ms, then order of
 * arrival) says what its pixels are; of those with the same pixel_digest the last one received
 * is current. Copies with another pixel_digest conflict and are never current. The rule knows
 * no order of adding, so that a catalogue that is rebuilt comes out the same. */
PN_CHECKED int pn_store_add_instance(pn_added *out, pn_store *s, const pn_instance *in,
                                     pn_error *err);
/* The current copy of a SOP UID (digest NULL) or the very one. PN_ENOTFOUND. */
PN_CHECKED int pn_store_get_instance(pn_instance *out, pn_store *s, const char *sop_uid,
                                     const char *digest, pn_error *err);
PN_CHECKED int pn_store_count_instances(size_t *out, pn_store *s, pn_error *err);
/* Whether the catalogue of this database once held all that the spool held: false for a new
 * database until it is said. */
PN_CHECKED int pn_store_catalogue_complete(bool *out, pn_store *s, pn_error *err);
PN_CHECKED int pn_store_set_catalogue_complete(pn_store *s, pn_error *err);
/* Contour objects (header_json present) that have no case: a crash came between the two. Calls
 * back in order of received_ms; a callback that returns non-zero ends the walk with that value. */
typedef int (*pn_instance_fn)(void *arg, const pn_instance *i, pn_error *err);
PN_CHECKED int pn_store_contours_without_case(pn_store *s, pn_instance_fn fn, void *arg,
                                              pn_error *err);

/* A batch: the calls between begin and commit become durable together. Not nested. After
 * any failure call rollback (harmless without begin). */
PN_CHECKED int pn_store_begin(pn_store *s, pn_error *err);
PN_CHECKED int pn_store_commit(pn_store *s, pn_error *err);
void pn_store_rollback(pn_store *s);

/* ---- Cases ------------------------------------------------------------------------------ */

typedef enum pn_case_state {
    PN_CASE_RECEIVED = 0, PN_CASE_WAITING, PN_CASE_READY, PN_CASE_RUNNING, PN_CASE_REPORTED,
    PN_CASE_DELIVERED, PN_CASE_COMMITTED, PN_CASE_HELD, PN_CASE_FAILED, PN_CASE_NOT_APPLICABLE,
    PN_CASE_EXPIRED, PN_CASE_DROPPED, PN_CASE_NSTATES
} pn_case_state;
const char *pn_case_state_word(pn_case_state state);     /* "received", "waiting", …          */
bool pn_case_state_parse(pn_case_state *out, const char *word);

typedef struct pn_case {
    int64_t id;
    pn_case_state state;
    char reason[PN_REASON_SIZE];           /* why it waits, failed, is held; may be ""        */
    /* the contour object */
    char contour_uid[PN_UID_SIZE], contour_digest[PN_DIGEST_HEX_SIZE];
    char contour_kind[PN_KIND_SIZE];       /* "rtstruct" or "seg"                             */
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];
    char study_uid[PN_UID_SIZE];
    char frame_of_reference_uid[PN_UID_SIZE];
    /* the image series: named by the contour, or found by matching; "" while not known       */
    char series_uid[PN_UID_SIZE];
    /* the model; "" and -1 where no model wants this contour */
    int model_index;                       /* into cfg_node.models when the case was made     */
    char model_id[PN_NAME_SIZE], model_version[PN_NAME_SIZE], model_sha256[PN_DIGEST_HEX_SIZE];
    /* What cases that replace each other have in common (role/lineage.h), "" where none: the
     * later contour's report is the next version of the earlier one's. The order of a lineage
     * is that of the ids. */
    char lineage[PN_DIGEST_HEX_SIZE];
    char contour_datetime[33];             /* YYYYMMDD[HH[MM[SS[.F]]]] of the contour, or ""  */
    bool again;                            /* add_case: make it though contour and model are known */
    bool drawn_only;                       /* the images named are those drawn on, and no others:
                                              the whole of their series is the case's          */
    char source_ae[PN_AE_SIZE];            /* that the contour came from                      */
    unsigned priority;                     /* 0 routine; higher ones are claimed first        */
    /* the regions or segments that the model wants, by number, in the object's order */
    int roi_numbers[PN_MAX_ROIS];
    size_t n_rois;
    /* images */
    size_t n_expected, n_present;          /* of the SOP UIDs that the contour names          */
    bool by_series;                        /* the whole series is used: none of those was there
                                              (n_present 0), or drawn_only                    */
    int64_t fallback_at_ms, give_up_at_ms;
    bool conflict_accepted;                /* the operator has said: the first copies are right */
    char images_identity[PN_DIGEST_HEX_SIZE]; /* of the images when it became ready; "": they differ */
    /* queue */
    int64_t ready_ms;                      /* when it became ready: the order of the queue    */
    int64_t created_ms, updated_ms, not_before_ms;
    unsigned attempts;                     /* claims since creation or the operator's retry   */
    int64_t fence;                         /* claims ever: the token of the running attempt   */
    char lease_owner[PN_OWNER_SIZE];
    int64_t lease_until_ms;
    /* report */
    char content_datetime[15];             /* YYYYMMDDHHMMSS local, fixed at the first claim  */
    unsigned version;                      /* 1, 2, …                                         */
    char predecessor_sop_uid[PN_UID_SIZE];
    char predecessor_series_uid[PN_UID_SIZE];
    char report_sop_uid[PN_UID_SIZE], report_series_uid[PN_UID_SIZE];
    char result_dir[PN_PATH_SIZE];
    char withdrawn[PN_REASON_SIZE];        /* why its reports were withdrawn, "": they were not */
} pn_case;

/* Make a case from `in` (id, present, queue and report fields are ignored; version 0 means 1)
 * with the SOP UIDs of its images. The state is received, or not_applicable, failed or held
 * where `in` says so. The same contour digest and model id again makes nothing, unless
 * in->again: *made false and *id the first such case. */
PN_CHECKED int pn_store_add_case(int64_t *id, bool *made, pn_store *s, const pn_case *in,
                                 const char *const *image_uids, size_t n_image_uids,
                                 int64_t now_ms, pn_error *err);
PN_CHECKED int pn_store_get_case(pn_case *out, pn_store *s, int64_t id, pn_error *err);

/* A report that a lost database knew: its folder was found in results/. Inserts the case with
 * the id, version, predecessor, content_datetime, report and result_dir of `in`, state
 * `reported`, all of `out` pending (withdrawn, and nothing of `out` to be sent: `dropped`).
 * Later ids are higher. *made false, and nothing is done,
 * where the id, or this contour digest with this model id and version, is there already. */
struct pn_outgoing;
PN_CHECKED int pn_store_restore_case(bool *made, pn_store *s, const pn_case *in,
                                     const char *const *image_uids, size_t n_image_uids,
                                     const struct pn_outgoing *out, size_t n_out, int64_t now_ms,
                                     pn_error *err);

/* Cases by falling id; state PN_CASE_NSTATES: every one; limit 0: no limit. */
typedef int (*pn_case_fn)(void *arg, const pn_case *c, pn_error *err);
PN_CHECKED int pn_store_list_cases(pn_store *s, pn_case_state state, size_t limit,
                                   pn_case_fn fn, void *arg, pn_error *err);

typedef struct pn_store_counts {
    size_t cases[PN_CASE_NSTATES];
    size_t deliveries_pending, deliveries_failed, deliveries_sent, deliveries_held;
    size_t commitments_open;               /* objects sent that the archive is to be asked about
                                              or has not answered for                       */
    size_t instances;
    size_t conflicts;                      /* SOP UIDs that came with two different contents  */
    size_t own_returned;                   /* objects of our own making that came back        */
    int64_t oldest_waiting_ms;             /* created_ms of the oldest waiting case, 0: none  */
} pn_store_counts;
PN_CHECKED int pn_store_count(pn_store_counts *out, pn_store *s, pn_error *err);

/* SOP UIDs with the digest of the file that holds each ("" where it is missing). */
typedef struct pn_file_ref {
    char sop_uid[PN_UID_SIZE], digest[PN_DIGEST_HEX_SIZE];
} pn_file_ref;
typedef struct pn_file_list {
    pn_file_ref *item;
    size_t n;
} pn_file_list;
void pn_file_list_free(pn_file_list *l);

/* The images that a case computes on: those named, or the whole series where by_series. The
 * contour object itself is pn_case.contour_digest. Current copy of each UID. A named image that
 * is not there is left out: compare with n_expected. At most PN_MAX_SLICES (PN_ELIMIT). */
PN_CHECKED int pn_store_case_images(pn_file_list *out, pn_store *s, int64_t id, pn_error *err);
/* Whatever is there of a series (also what is no image). */
PN_CHECKED int pn_store_series_images(pn_file_list *out, pn_store *s, const char *series_uid,
                                      pn_error *err);
/* The named images that are not there; digest "". limit 0: all. */
PN_CHECKED int pn_store_case_missing(pn_file_list *out, pn_store *s, int64_t id, size_t limit,
                                     pn_error *err);

/* ---- Matching (role/matching.c decides on these facts) ----------------------------------- */

enum { PN_NOTE_SIZE = 300 };

typedef struct pn_match_facts {
    size_t n_expected, n_present;          /* of the named SOP UIDs, now                      */
    size_t n_multiframe;                   /* of n_present: each a volume by itself; drawn_only */
    /* the case's series_uid; of a drawn_only case that has none, when all named images are
     * there, the one series that they are of, "" where they are of several */
    char series_uid[PN_UID_SIZE];
    size_t n_series;                       /* its images                                      */
    int64_t series_last_ms;                /* when the last of them came                      */
    size_t series_count;                   /* its instances, as the archives say; 0: not asked */
    size_t n_series_all;                   /* its instances that are there                    */
    /* image series of the case's study and frame of reference; at most two are named         */
    size_t n_candidates;
    char candidate[2][PN_UID_SIZE];
    int64_t candidate_last_ms;             /* when the last image of candidate[0] came        */
    char conflict_uid[PN_UID_SIZE];        /* a named UID with two contents                   */
    char series_conflict_uid[PN_UID_SIZE]; /* the same among the images of series_uid         */
    /* identity_digest of the named images' current copies, of the series' ones; "" where they
     * differ or there are none */
    char identity[PN_DIGEST_HEX_SIZE], series_identity[PN_DIGEST_HEX_SIZE];
    /* while images are missing: how many of them retention has removed, and when last */
    size_t n_removed;
    int64_t removed_ms;
    char pull_note[PN_NOTE_SIZE];          /* what the archives said, "" where not asked      */
} pn_match_facts;
PN_CHECKED int pn_store_match_facts(pn_match_facts *out, pn_store *s, const pn_case *c,
                                    pn_error *err);

/* The first image (current copies of the named UIDs, or of series_uid where by_series) whose Patient ID or
 * Study UID is not the contour's, or whose issuer or frame of reference differs where both
 * state one. *found false: they agree. */
typedef struct pn_identity_conflict {
    char what[32];                         /* "Patient ID", "Study Instance UID", …           */
    char contour_value[PN_LO_SIZE], image_value[PN_LO_SIZE];
    char image_uid[PN_UID_SIZE];
    bool correcting;                       /* the contour, or this image, came with more than one
                                              header: a correction may be under way           */
} pn_identity_conflict;
PN_CHECKED int pn_store_identity_conflict(pn_identity_conflict *out, bool *found, pn_store *s,
                                          const pn_case *c, const char *series_uid,
                                          bool by_series, pn_error *err);

/* An open (received or waiting) case that may have changed: an instance came that it may want,
 * or its time has come. *found false: none. Call again until then; decide each one found. */
PN_CHECKED int pn_store_next_to_match(pn_case *out, bool *found, pn_store *s, int64_t now_ms,
                                      pn_error *err);
/* Record the decision: state received/waiting/ready/held/failed/dropped, reason, n_present,
 * series_uid, by_series, images_identity; where ready, also version and predecessor (version 0:
 * as they are), and ready_ms is now_ms where it was 0. Look again at next_look_ms (INT64_MAX: only when an instance comes). Refused with
 * PN_EINVAL where the case is no longer open. */
typedef struct pn_match_decision {
    pn_case_state state;
    char reason[PN_REASON_SIZE];
    char series_uid[PN_UID_SIZE];
    bool by_series;
    size_t n_present;
    int64_t next_look_ms;
    char images_identity[PN_DIGEST_HEX_SIZE];
    unsigned version;
    char predecessor_sop_uid[PN_UID_SIZE], predecessor_series_uid[PN_UID_SIZE];
} pn_match_decision;
PN_CHECKED int pn_store_decide_case(pn_store *s, int64_t id, const pn_match_decision *d,
                                    int64_t now_ms, pn_error *err);
/* Hold the ready, waiting and received cases that use this SOP UID (contour or image), because
 * its contents disagree. *n: how many. */
PN_CHECKED int pn_store_hold_users_of(size_t *n, pn_store *s, const char *sop_uid,
                                      const char *reason, int64_t now_ms, pn_error *err);

/* ---- Versions ------------------------------------------------------------------------------ */

typedef struct pn_lineage_facts {
    /* the newest case of the lineage (not counting this one) that is not dropped, expired or
     * not_applicable; 0: none */
    int64_t newest_id;
    char newest_datetime[33];
    int64_t running_id;        /* an earlier one that is being computed, 0: none              */
    int64_t later_id;          /* a later one that is ready, running, reported, delivered or
                                  committed, 0: none                                          */
    /* the newest earlier one that has a report; 0: none */
    int64_t predecessor_id;
    unsigned version;          /* its version, 0: none                                        */
    char sop_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];    /* its report's                    */
} pn_lineage_facts;
/* id: the case that asks; 0: one that is yet to be made, and comes after all. "Earlier" and
 * "later" are by id. lineage "": none of all this. */
PN_CHECKED int pn_store_lineage(pn_lineage_facts *out, pn_store *s, const char *lineage,
                                int64_t id, pn_error *err);
/* The received, waiting, ready and held cases of the lineage that are earlier than by_id:
 * dropped, with the reason "superseded by case <by_id>". *n: how many. */
PN_CHECKED int pn_store_supersede(size_t *n, pn_store *s, const char *lineage, int64_t by_id,
                                  int64_t now_ms, pn_error *err);
/* A reported, delivered or committed case that pn_store_add_instance has woken. *found false:
 * none. Look at each found, then say pn_store_revised, or it is found again. */
PN_CHECKED int pn_store_next_to_revise(pn_case *out, bool *found, pn_store *s, pn_error *err);
PN_CHECKED int pn_store_revised(pn_store *s, int64_t id, pn_error *err);
/* The clock was set: move the times that open cases wait for, and that they count from, by as
 * much. Of the cases made at from_ms or later and before before_ms. *n: how many. Leases and
 * pauses need no such help: claims see that they are of the future. */
PN_CHECKED int pn_store_move_clock(size_t *n, pn_store *s, int64_t by_ms, int64_t from_ms,
                                   int64_t before_ms, pn_error *err);
/* When an open case was last changed, 0: there is none. Later than now: the clock was set back
 * while nobody looked. */
PN_CHECKED int pn_store_newest_change(int64_t *out_ms, pn_store *s, pn_error *err);
/* Waiting and received cases made before before_ms, and failed ones made before it that were
 * never claimed (their images never came): expired. *n: how many. */
PN_CHECKED int pn_store_expire_cases(size_t *n, pn_store *s, int64_t before_ms, int64_t now_ms,
                                     pn_error *err);

/* ---- Several nodes ------------------------------------------------------------------------
 * Nodes on several hosts may share one PostgreSQL database and one spool. Indexing is the work
 * of one of them at a time, the leader; cases and deliveries go to whoever claims them. */

typedef enum pn_lead {
    PN_LEAD_NO = 0,            /* another leads                                               */
    PN_LEAD_NEW,               /* from now on this store leads: look at everything afresh     */
    PN_LEAD_HELD,              /* it led already                                              */
} pn_lead;
/* Lead, where nobody does. Ask before each turn of work: leadership ends with the connection to
 * the database, and so do the transactions of who held it. With sqlite every store leads (the
 * supervisor sees to it that a spool has one node). */
PN_CHECKED int pn_store_lead(pn_lead *out, pn_store *s, pn_error *err);
/* End the leases of this owner: what it had claimed is due at once, for anyone. For a role that
 * starts and knows that nobody else has its name. *n: how many. */
PN_CHECKED int pn_store_release_owner(size_t *n, pn_store *s, const char *owner, int64_t now_ms,
                                      pn_error *err);

/* ---- Work queue ---------------------------------------------------------------------------
 * A claim is a lease: who does not finish or renew by lease_until loses the case to the next
 * claim. fence is the token of the attempt: a call with another than the last one given is
 * refused with PN_EINVAL, changes nothing, and means "not yours any more: drop it". */

/* Of the ready cases with not_before <= now and the running ones whose lease has expired, the
 * one of the highest priority; among equals the senders (source_ae) take turns, and of one
 * sender the case that has been ready longest (ready_ms, id) goes first.
 * *got false: nothing to do. attempts already counts this claim. */
PN_CHECKED int pn_store_claim_case(pn_case *out, bool *got, pn_store *s, int64_t now_ms,
                                   const char *owner, int64_t lease_ms, pn_error *err);
PN_CHECKED int pn_store_renew_case(pn_store *s, int64_t id, int64_t fence,
                                   int64_t lease_until_ms, pn_error *err);
/* Give back unfinished (shutdown): ready again, and the attempt is not counted. */
PN_CHECKED int pn_store_release_case(pn_store *s, int64_t id, int64_t fence, int64_t now_ms,
                                     pn_error *err);

/* One object for one archive. */
typedef struct pn_outgoing {
    const char *archive;       /* cfg_archive.name                                            */
    const char *path;          /* of the Part 10 file, absolute                               */
    const char *sop_class_uid, *sop_uid;
    const char *hold;          /* why it is not to be sent until the operator releases it, NULL:
                                  send it. The first one's becomes the case's reason           */
    const char *kind;          /* "seg", "sr", "sc", "pdf", "note"; NULL: "sr"                */
    unsigned place;            /* an archive gets a case's objects by rising place, each when
                                  the one before it is settled                                */
    unsigned choice;           /* 0: the one to send; the alternatives for the same place, in
                                  order: 1, 2, …                                              */
    bool names_segment;        /* an SR that refers to a segment of the case's SEG            */
} pn_outgoing;
/* running -> reported, with one delivery for each outgoing (at least one), atomically: of each
 * archive what comes first is pending, the rest queued, alternatives spare; or held.
 * report_series_uid: of the report, the next version names it. */
PN_CHECKED int pn_store_case_reported(pn_store *s, int64_t id, int64_t fence,
                                      const char *report_sop_uid, const char *report_series_uid,
                                      const char *result_dir,
                                      const pn_outgoing *out, size_t n_out, int64_t now_ms,
                                      pn_error *err);
/* How many cases of a model, known by the digest of its file, have a report. */
PN_CHECKED int pn_store_count_reports(size_t *out, pn_store *s, const char *model_sha256,
                                      pn_error *err);
/* running -> failed (permanent), or -> ready not before not_before_ms. */
PN_CHECKED int pn_store_case_failed(pn_store *s, int64_t id, int64_t fence, bool permanent,
                                    const char *reason, int64_t not_before_ms, int64_t now_ms,
                                    pn_error *err);
/* running -> not_applicable. */
PN_CHECKED int pn_store_case_not_applicable(pn_store *s, int64_t id, int64_t fence,
                                            const char *reason, int64_t now_ms, pn_error *err);

/* ---- Outbox -------------------------------------------------------------------------------- */

typedef enum pn_delivery_state {
    PN_DELIVERY_PENDING = 0, PN_DELIVERY_SENT, PN_DELIVERY_FAILED,
    PN_DELIVERY_HELD,          /* until the operator releases it; "held"                      */
    PN_DELIVERY_QUEUED,        /* when what comes before it is settled                        */
    PN_DELIVERY_SPARE,         /* an alternative that is not needed, or is out of question    */
    PN_DELIVERY_REFUSED        /* not taken; the case goes on without it, or with another     */
} pn_delivery_state;
const char *pn_delivery_state_word(pn_delivery_state state);

/* Storage commitment (PS3.4 J): whether the archive has said that it keeps what it took. */
typedef enum pn_commitment {
    PN_COMMITMENT_NONE = 0,    /* it is not asked; ""                                         */
    PN_COMMITMENT_DUE,         /* to be asked                                                 */
    PN_COMMITMENT_ASKED,       /* its answer is waited for                                    */
    PN_COMMITMENT_COMMITTED,   /* it keeps it                                                 */
} pn_commitment;
const char *pn_commitment_word(pn_commitment c);

typedef struct pn_delivery {
    int64_t id, case_id;
    char archive[PN_NAME_SIZE];
    char path[PN_PATH_SIZE];
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];
    pn_delivery_state state;
    unsigned attempts;         /* since creation or the operator's retry; counts this claim   */
    int64_t fence;             /* token of the claim                                          */
    int64_t next_at_ms, lease_until_ms, updated_ms;
    int last_status;           /* DIMSE status, or PN_NO_ANSWER, PN_CUT_SHORT                 */
    char last_comment[PN_REASON_SIZE];  /* Error Comment, or what went wrong on the way       */
    char kind[PN_KIND_SIZE];
    unsigned place, choice;
    bool names_segment;
    int64_t tried_ms;          /* since when the archive has had it and not taken it, 0: not  */
    /* Of a sent object: does the archive keep it? */
    pn_commitment commitment;
    unsigned commit_requests;  /* how often it was asked                                      */
    int64_t commit_at_ms;      /* due: when to ask; asked: until when to wait for the answer  */
} pn_delivery;

enum { PN_NO_ANSWER = -1,      /* the archive was not reached, or refused the association     */
       PN_CUT_SHORT = -2 };    /* the association ended while the object was on its way       */

/* The pending delivery (for one archive, or NULL for any) that is due longest and not leased.
 * *got false: none. */
PN_CHECKED int pn_store_claim_delivery(pn_delivery *out, bool *got, pn_store *s, int64_t now_ms,
                                       const char *owner, const char *archive, int64_t lease_ms,
                                       pn_error *err);
/* Stored by the peer. When it was the last of its case: the case is delivered, and
 * *case_done (may be NULL) true. commit_at_ms: when to ask the archive whether it keeps the object,
 * 0: it is not asked. */
PN_CHECKED int pn_store_delivery_sent(bool *case_done, pn_store *s, int64_t id, int64_t fence,
                                      int status, const char *comment, int64_t commit_at_ms,
                                      int64_t now_ms, pn_error *err);
/* Try again at next_at_ms. */
PN_CHECKED int pn_store_delivery_retry(pn_store *s, int64_t id, int64_t fence,
                                       int64_t next_at_ms, int status, const char *comment,
                                       int64_t now_ms, pn_error *err);
/* The archive does not take this object, for good. An SR gives way to its next alternative; a
 * SEG to the SRs that do without it; an SC or PDF is left out. Where there is no alternative, as
 * pn_store_delivery_failed. *case_done as above. The case's reason says what was refused. */
PN_CHECKED int pn_store_delivery_refused(bool *case_done, pn_store *s, int64_t id, int64_t fence,
                                         int status, const char *comment, int64_t now_ms,
                                         pn_error *err);
/* Give up; what comes after it is not sent. The case stays `reported` with the reason;
 * pn_store_retry_case sends again. */
PN_CHECKED int pn_store_delivery_failed(pn_store *s, int64_t id, int64_t fence, int status,
                                        const char *comment, int64_t now_ms, pn_error *err);

typedef int (*pn_delivery_fn)(void *arg, const pn_delivery *d, pn_error *err);
PN_CHECKED int pn_store_case_deliveries(pn_store *s, int64_t case_id, pn_delivery_fn fn,
                                        void *arg, pn_error *err);

/* Whether some archive was ever to get an object of this SOP Instance UID from here. */
PN_CHECKED int pn_store_is_own_object(bool *own, pn_store *s, const char *sop_uid, pn_error *err);
/* Withdraw what a reported, delivered or committed case has sent: `notes` (rejection notes, for
 * the archives that hold something; may be none) are to be sent, what was not sent yet is not.
 * The case is `reported` until the notes are sent, then `dropped`, with the reason. PN_EINVAL:
 * another state, withdrawn already, or one of its objects is on its way just now. */
PN_CHECKED int pn_store_withdraw_case(pn_case_state *state, pn_store *s, int64_t id,
                                      const char *reason, const pn_outgoing *notes,
                                      size_t n_notes, int64_t now_ms, pn_error *err);

/* ---- Storage commitment ----------------------------------------------------------------------
 * A delivered case is committed once each archive that is asked has said that it keeps what it
 * took. What it does not keep is sent again: the case is reported again until then. */

enum { PN_COMMIT_MAX_OBJECTS = 100,    /* of one request */
       PN_COMMIT_MAX_FAILURES = 5 };   /* of an object; then its delivery has failed */

typedef struct pn_commit_object {
    int64_t id, case_id;
    char path[PN_PATH_SIZE];
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];
} pn_commit_object;
typedef struct pn_commit_request {
    pn_commit_object *object; size_t n;    /* owned */
    unsigned attempts;         /* the most of any of them; counts this one                    */
} pn_commit_request;
void pn_commit_request_free(pn_commit_request *r);

/* Of the objects that the archive has taken and is to be asked about, those whose time has come,
 * or for which no answer came until answer_by_ms, become asked under this Transaction UID. *got
 * false: there are none. */
PN_CHECKED int pn_store_claim_commitment(pn_commit_request *out, bool *got, pn_store *s,
                                         const char *archive, const char *transaction_uid,
                                         int64_t answer_by_ms, int64_t now_ms, pn_error *err);
/* The request did not reach the archive, or was refused: ask again at next_at_ms. The comment is
 * kept with the objects. */
PN_CHECKED int pn_store_commitment_later(pn_store *s, const char *transaction_uid,
                                         const char *comment, int64_t next_at_ms, int64_t now_ms,
                                         pn_error *err);

/* What it said of one object. */
typedef struct pn_commit_answer {
    char sop_uid[PN_UID_SIZE];
    int reason;                /* Failure Reason (0008,1197); PN_COMMIT_KEPT: it keeps it        */
} pn_commit_answer;
enum { PN_COMMIT_KEPT = -1, PN_COMMIT_DUPLICATE_TRANSACTION = 0x0131 };

typedef struct pn_commit_outcome {
    size_t n_committed, n_failed;
    size_t n_unknown;          /* answers that are waited for no more, or never were             */
    size_t n_cases;            /* that are committed by it                                       */
} pn_commit_outcome;
/* Take the answer to a request. What is not kept is sent again after again_ms, doubled with each
 * failure; after PN_COMMIT_MAX_FAILURES of them as pn_store_delivery_failed. Of objects that the
 * answer does not name the answer is still waited for. The same answer again changes nothing. */
PN_CHECKED int pn_store_commitment_answer(pn_commit_outcome *out, pn_store *s,
                                          const char *transaction_uid,
                                          const pn_commit_answer *answers, size_t n,
                                          int64_t again_ms, int64_t now_ms, pn_error *err);

/* ---- Pulling -------------------------------------------------------------------------------
 * Who asks the archives for what a case lacks holds a lease, as with the work queue. */

typedef struct pn_pull {
    int64_t case_id, fence;
    unsigned attempts;         /* counts this one                                             */
} pn_pull;
/* Of the waiting cases made before created_before_ms that name images which are not there, or
 * that wait for the rest of a series, one that was not asked for yet or is due again. An owner's
 * own lease does not keep it: give each fetcher a name of its own. What was put off or leased
 * before the clock was set back is due. *got false: none. */
PN_CHECKED int pn_store_claim_pull(pn_pull *out, bool *got, pn_store *s, int64_t now_ms,
                                   const char *owner, int64_t created_before_ms,
                                   int64_t lease_ms, pn_error *err);
PN_CHECKED int pn_store_renew_pull(pn_store *s, int64_t case_id, int64_t fence,
                                   int64_t lease_until_ms, int64_t now_ms, pn_error *err);
/* What came of it: the note becomes part of the case's reason, the next request is due at
 * next_at_ms. series_count: how many instances an archive has of the case's series, 0: unknown
 * (what was known stays). */
PN_CHECKED int pn_store_pull_done(pn_store *s, int64_t case_id, int64_t fence, const char *note,
                                  size_t series_count, int64_t next_at_ms, int64_t now_ms,
                                  pn_error *err);

/* ---- Retention -----------------------------------------------------------------------------
 * Finished is what is delivered, committed, not_applicable, expired or dropped. The row of a
 * removed instance stays, so that the same object again makes nothing; it is no current copy any
 * more. Nothing is marked that an unfinished case names, or that lies in its series or study. */

typedef struct pn_keep_rule {
    int64_t images_ms;         /* after a delivered or committed case has ended               */
    int64_t unclaimed_ms;      /* after another end; after its coming, where no case uses it  */
} pn_keep_rule;
/* Look at up to `limit` instances after *after_id (0: from the first) and mark those whose time
 * has come. *after_id: where to go on, 0 when all have been looked at. */
PN_CHECKED int pn_store_mark_due(size_t *n_marked, int64_t *after_id, pn_store *s,
                                 const pn_keep_rule *rule, size_t limit, int64_t now_ms,
                                 pn_error *err);
/* Mark what the next finished case after *at (zeroed: the one that ended first) alone uses,
 * whatever its age, and move *at to it. *found false: there is no such case. */
typedef struct pn_keep_cursor { int64_t updated_ms, id; } pn_keep_cursor;
PN_CHECKED int pn_store_mark_oldest(size_t *n_marked, bool *found, pn_keep_cursor *at,
                                    pn_store *s, int64_t now_ms, pn_error *err);
/* Have the files of up to `limit` marked instances removed by fn, which gets the digest and why
 * ("finished", "unclaimed", "low_water"), inside one transaction: no such object can come back
 * meanwhile. A file that is gone already must be fine for fn. *n: how many. */
typedef int (*pn_remove_fn)(void *arg, const char *digest, const char *why, pn_error *err);
PN_CHECKED int pn_store_remove_marked(size_t *n, pn_store *s, size_t limit, pn_remove_fn fn,
                                      void *arg, pn_error *err);
/* A finished case that ended before before_ms and still has a results folder. */
PN_CHECKED int pn_store_next_results(int64_t *case_id, bool *found, pn_store *s,
                                     int64_t before_ms, pn_error *err);
PN_CHECKED int pn_store_results_removed(pn_store *s, int64_t case_id, int64_t now_ms,
                                        pn_error *err);

/* The instances whose files should lie in the spool, by rising id: up to `limit` of those after
 * after_id. */
typedef struct pn_file_row { int64_t id; char digest[PN_DIGEST_HEX_SIZE]; } pn_file_row;
PN_CHECKED int pn_store_next_files(pn_file_row *out, size_t *n, pn_store *s, int64_t after_id,
                                   size_t limit, pn_error *err);
/* The file of this instance is gone: as if retention had taken it (removed_why "gone"), but that
 * cases which count on it are looked at again. The same object again brings it back. */
PN_CHECKED int pn_store_file_gone(pn_store *s, int64_t id, int64_t now_ms, pn_error *err);

/* ---- Operator -------------------------------------------------------------------------------- */

/* failed -> ready where it had been claimed before, else waiting (to be matched again) with a
 * new give-up time (now + give_up_ms); held -> as PN_STEER_RELEASE; reported -> its failed
 * deliveries pending, due now. PN_ENOTFOUND: no such case; PN_EINVAL: nothing of it has failed,
 * or a later case of its lineage (pn_lineage_facts.later_id) has taken its place. *state: the
 * case's state afterwards. */
PN_CHECKED int pn_store_retry_case(pn_case_state *state, pn_store *s, int64_t id,
                                   int64_t give_up_ms, int64_t now_ms, pn_error *err);

/* What an operator does to one case, with the reason that it carries from then on ("" for
 * release).
 *   hold     received, waiting, ready, running -> held (the running attempt's fence is void);
 *            reported: its pending and queued deliveries held
 *   release  held -> waiting, to be matched again, with the first copy of what conflicts
 *            accepted until yet another content comes, and a new give-up time;
 *            reported: its held deliveries pending, due now
 *   drop     received, waiting, ready, running, held, failed, reported -> dropped; deliveries
 *            that were not sent are removed
 * Anything else is PN_EINVAL, no such case PN_ENOTFOUND. *state: the state afterwards. */
typedef enum pn_steer { PN_STEER_HOLD, PN_STEER_RELEASE, PN_STEER_DROP } pn_steer;
PN_CHECKED int pn_store_steer_case(pn_case_state *state, pn_store *s, int64_t id, pn_steer what,
                                   const char *reason, int64_t give_up_ms, int64_t now_ms,
                                   pn_error *err);

#endif
