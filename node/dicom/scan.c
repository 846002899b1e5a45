/* dicom/scan.c - see scan.h. PS3.5 section 7 (data set), PS3.10 section 7 (file). */
#include "dicom/scan.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 16384, PREAMBLE = 128, MAX_FRAMES = 2 * PN_MAX_SQ_DEPTH + 1 };
#define UNDEFINED 0xFFFFFFFFu

#define TAG(g, e) ((uint32_t)(g) << 16 | (uint32_t)(e))
enum {
    TAG_META_LENGTH = TAG(0x0002, 0x0000),
    TAG_META_CLASS = TAG(0x0002, 0x0002),
    TAG_META_SOP = TAG(0x0002, 0x0003),
    TAG_META_SYNTAX = TAG(0x0002, 0x0010),
    TAG_CLASS = TAG(0x0008, 0x0016),
    TAG_SOP = TAG(0x0008, 0x0018),
    TAG_STUDY = TAG(0x0020, 0x000D),
    TAG_SERIES = TAG(0x0020, 0x000E),
};
static const uint32_t TAG_PIXELS = TAG(0x7FE0, 0x0010);
static const uint32_t TAG_ITEM = TAG(0xFFFE, 0xE000);
static const uint32_t TAG_ITEM_END = TAG(0xFFFE, 0xE00D);
static const uint32_t TAG_SEQUENCE_END = TAG(0xFFFE, 0xE0DD);

/* ---- Bytes: a file through a small window, or memory ------------------- */

typedef struct source {
    int fd;                            /* -1: memory                                         */
    const uint8_t *memory;
    uint64_t size;
    uint64_t window_at;
    size_t window_n;
    uint8_t window[WINDOW];
} source;

static int fill_window(source *s, uint64_t at, pn_error *err)
{
    size_t n = 0;
    while (n < WINDOW && at + n < s->size) {
        ssize_t got = pread(s->fd, s->window + n, WINDOW - n, (off_t)(at + n));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return pn_fail_transient(err, PN_EIO, "read: %s", strerror(errno)); }
        if (got == 0) { break; }
        n += (size_t)got;
    }
    s->window_at = at;
    s->window_n = n;
    return 0;
}

/* n bytes at `at`, which the caller has checked against size; n <= WINDOW. */
static int fetch(source *s, uint64_t at, size_t n, const uint8_t **out, pn_error *err)
{
    if (s->fd < 0) {
        *out = s->memory + at;
        return 0;
    }
    if (at < s->window_at || at + n > s->window_at + s->window_n) {
        int rc = fill_window(s, at, err);
        if (rc != 0) { return rc; }
        if (s->window_n < n) {
            return pn_fail_transient(err, PN_EIO, "offset %llu: file became shorter while being read",
                                     (unsigned long long)at);
        }
    }
    *out = s->window + (at - s->window_at);
    return 0;
}

/* ---- Walk --------------------------------------------------------------- */

typedef enum frame_kind { ROOT, SEQUENCE, ITEM, FRAGMENTS } frame_kind;

typedef struct frame {
    uint64_t end;                      /* no byte of it at or after this                     */
    frame_kind kind;
    bool open;                         /* undefined length: ends with a delimiter            */
    bool implicit_vr, big_endian;
} frame;

typedef struct walk {
    source *in;
    pn_scan *out;
    uint64_t at;
    size_t n_frames;
    unsigned depth;                    /* sequences                                          */
    unsigned seen;                     /* bits of the UIDs already taken                     */
    frame frames[MAX_FRAMES];
} walk;

typedef struct element {
    uint32_t tag, length;
    uint64_t at;                       /* of the tag                                         */
    char vr[3];                        /* "" where implicit                                  */
} element;

static uint16_t get16(const uint8_t *p, bool big)
{
    return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static uint32_t get32(const uint8_t *p, bool big)
{
    uint32_t a = get16(p, big), b = get16(p + 2, big);
    return big ? a << 16 | b : b << 16 | a;
}

static uint32_t get_tag(const uint8_t *p, bool big) { return TAG(get16(p, big), get16(p + 2, big)); }

static int fail_at(pn_error *err, pn_code code, const element *e, const char *what)
{
    return pn_fail(err, code, "offset %llu, (%04X,%04X): %s", (unsigned long long)e->at,
                   (unsigned)(e->tag >> 16), (unsigned)(e->tag & 0xFFFF), what);
}

static int fail_length(pn_error *err, const element *e, uint64_t left)
{
    return pn_fail(err, PN_EFORMAT,
                   "offset %llu, (%04X,%04X): length %lu is more than the %llu bytes left",
                   (unsigned long long)e->at, (unsigned)(e->tag >> 16),
                   (unsigned)(e->tag & 0xFFFF), (unsigned long)e->length,
                   (unsigned long long)left);
}

static bool vr_is(const char *vr, const char *list)
{
    for (; *list != '\0'; list += 2) {
        if (vr[0] == list[0] && vr[1] == list[1]) { return true; }
    }
    return false;
}

static bool vr_is_long(const char *vr) { return vr_is(vr, "OBODOFOLOVOWSQSVUCUNURUTUV"); }
static bool vr_is_short(const char *vr)
{
    return vr_is(vr, "AEASATCSDADSDTFDFLISLOLTPNSHSLSSSTTMUIULUS");
}

/* Tag, VR and length at w->at; on success w->at is at the value. `limit`: end of the parent. */
static int read_element(walk *w, const frame *f, element *e, pn_error *err)
{
    const uint8_t *p;
    *e = (element){.at = w->at};
    uint64_t left = f->end - w->at;
    if (left < 8) {
        return pn_fail(err, PN_EFORMAT, "offset %llu: %llu stray bytes where a data element should be",
                       (unsigned long long)w->at, (unsigned long long)left);
    }
    int rc = fetch(w->in, w->at, left < 12 ? 8 : 12, &p, err);
    if (rc != 0) { return rc; }
    e->tag = get_tag(p, f->big_endian);
    bool delimiter = e->tag >> 16 == 0xFFFE;
    if (f->implicit_vr || delimiter) {
        e->length = get32(p + 4, f->big_endian);
        w->at += 8;
        return 0;
    }
    e->vr[0] = (char)p[4];
    e->vr[1] = (char)p[5];
    if (vr_is_short(e->vr)) {
        e->length = get16(p + 6, f->big_endian);
        w->at += 8;
        return 0;
    }
    if (!vr_is_long(e->vr)) { return fail_at(err, PN_EFORMAT, e, "unknown value representation"); }
    if (left < 12) { return fail_at(err, PN_EFORMAT, e, "cut off in its length"); }
    e->length = get32(p + 8, f->big_endian);
    w->at += 12;
    return 0;
}

static int push(walk *w, const element *e, frame_kind kind, bool implicit_vr, pn_error *err)
{
    const frame *parent = &w->frames[w->n_frames - 1];
    if (kind == SEQUENCE) {
        if (w->depth >= PN_MAX_SQ_DEPTH) {
            return pn_fail(err, PN_ELIMIT,
                           "offset %llu, (%04X,%04X): sequences nested deeper than %d",
                           (unsigned long long)e->at, (unsigned)(e->tag >> 16),
                           (unsigned)(e->tag & 0xFFFF), PN_MAX_SQ_DEPTH);
        }
        w->depth++;
        if (w->depth > w->out->max_depth) { w->out->max_depth = w->depth; }
    }
    frame f = {.kind = kind, .open = e->length == UNDEFINED, .implicit_vr = implicit_vr,
               .big_endian = implicit_vr ? false : parent->big_endian, .end = parent->end};
    if (!f.open) {
        if (e->length > parent->end - w->at) { return fail_length(err, e, parent->end - w->at); }
        f.end = w->at + e->length;
    }
    w->frames[w->n_frames++] = f;
    return 0;
}

static void pop(walk *w)
{
    const frame *f = &w->frames[--w->n_frames];
    if (f->kind == SEQUENCE) { w->depth--; }
    if (f->kind == FRAGMENTS && w->n_frames == 1) {
        w->out->pixel_length = w->at - w->out->pixel_offset;
    }
}

/* UI value into dst: padding removed, characters checked. */
static int take_uid(walk *w, const element *e, char dst[PN_UID_SIZE], pn_error *err)
{
    const uint8_t *p;
    if (e->length > PN_UID_SIZE + 1) { return fail_at(err, PN_EFORMAT, e, "UID of more than 64 characters"); }
    int rc = fetch(w->in, w->at, e->length, &p, err);
    if (rc != 0) { return rc; }
    size_t n = e->length;
    while (n > 0 && (p[n - 1] == 0 || p[n - 1] == ' ')) { n--; }
    if (n >= PN_UID_SIZE) { return fail_at(err, PN_EFORMAT, e, "UID of more than 64 characters"); }
    char uid[PN_UID_SIZE] = "";
    memcpy(uid, p, n);
    if (n > 0 && !pn_uid_is_valid(uid)) { return fail_at(err, PN_EFORMAT, e, "not a UID"); }
    memcpy(dst, uid, sizeof uid);
    return 0;
}

/* The identifiers of the data set itself. Two of one kind would let two readers of the file
 * see two different objects. */
static int take_identifier(walk *w, const element *e, pn_error *err)
{
    char *dst;
    unsigned bit;
    switch (e->tag) {
    case TAG_CLASS: dst = w->out->sop_class_uid; bit = 1; break;
    case TAG_SOP: dst = w->out->sop_uid; bit = 2; break;
    case TAG_STUDY: dst = w->out->study_uid; bit = 4; break;
    case TAG_SERIES: dst = w->out->series_uid; bit = 8; break;
    default: return 0;
    }
    if (w->seen & bit) { return fail_at(err, PN_EFORMAT, e, "appears twice"); }
    w->seen |= bit;
    return take_uid(w, e, dst, err);
}

static int open_pixels(walk *w, const element *e, pn_error *err)
{
    if (w->n_frames > 1) { return 0; }
    if (w->out->has_pixels) { return fail_at(err, PN_EFORMAT, e, "appears twice"); }
    w->out->has_pixels = true;
    memcpy(w->out->pixel_vr, e->vr[0] != '\0' ? e->vr : "OW", 3);
    w->out->pixel_fragments = e->length == UNDEFINED;
    w->out->pixel_offset = w->at;
    w->out->pixel_length = e->length == UNDEFINED ? 0 : e->length;
    return 0;
}

/* Implicit VR does not say which values are sequences. One that begins with an item tag is
 * walked as one: whoever knows its VR would do the same, and where the VR is another the
 * walk is harmless. Bulk data is exempt, since its bytes may be anything. */
static int looks_like_sequence(walk *w, const frame *f, const element *e, bool *yes, pn_error *err)
{
    const uint8_t *p;
    *yes = false;
    unsigned group = e->tag >> 16;
    if (e->length < 8 || group == 0x7FE0 || (group & 0xFF00) == 0x6000) { return 0; }
    int rc = fetch(w->in, w->at, 4, &p, err);
    if (rc != 0) { return rc; }
    *yes = get_tag(p, f->big_endian) == TAG_ITEM;
    return 0;
}

static int walk_value(walk *w, const frame *f, const element *e, pn_error *err)
{
    bool sequence = e->vr[0] == 'S' && e->vr[1] == 'Q';
    if (e->tag == TAG_PIXELS) {
        int rc = open_pixels(w, e, err);
        if (rc != 0) { return rc; }
        if (e->length == UNDEFINED) {
            if (!w->out->encapsulated) {
                return fail_at(err, PN_EFORMAT, e, "undefined length in an uncompressed transfer syntax");
            }
            return push(w, e, FRAGMENTS, false, err);
        }
    }
    if (e->length == UNDEFINED) {
        /* PS3.5 6.2.2: UN of undefined length holds a sequence in implicit little endian. */
        bool un = e->vr[0] == 'U' && e->vr[1] == 'N';
        if (!f->implicit_vr && !sequence && !un) {
            return fail_at(err, PN_EFORMAT, e, "undefined length in other than a sequence");
        }
        return push(w, e, SEQUENCE, f->implicit_vr || un, err);
    }
    if (e->length > f->end - w->at) { return fail_length(err, e, f->end - w->at); }
    if (f->implicit_vr) {
        int rc = looks_like_sequence(w, f, e, &sequence, err);
        if (rc != 0) { return rc; }
    }
    if (sequence) { return push(w, e, SEQUENCE, f->implicit_vr, err); }
    if (f->kind == ROOT) {
        int rc = take_identifier(w, e, err);
        if (rc != 0) { return rc; }
    }
    w->at += e->length;
    return 0;
}

/* A delimiter, item or fragment (group FFFE). */
static int walk_delimiter(walk *w, const frame *f, const element *e, pn_error *err)
{
    bool in_sequence = f->kind == SEQUENCE || f->kind == FRAGMENTS;
    if (e->tag == TAG_ITEM && f->kind == SEQUENCE) { return push(w, e, ITEM, f->implicit_vr, err); }
    if (e->tag == TAG_ITEM && f->kind == FRAGMENTS) {
        if (e->length == UNDEFINED || e->length > f->end - w->at) {
            return fail_length(err, e, f->end - w->at);
        }
        if (++w->out->n_fragments > PN_MAX_FRAGMENTS) { return fail_at(err, PN_ELIMIT, e, "too many fragments"); }
        w->at += e->length;
        return 0;
    }
    bool ends = f->open && e->tag == (in_sequence ? TAG_SEQUENCE_END : TAG_ITEM_END);
    if (!ends || f->kind == ROOT) { return fail_at(err, PN_EFORMAT, e, "delimiter out of place"); }
    if (e->length != 0) { return fail_at(err, PN_EFORMAT, e, "delimiter with a length"); }
    pop(w);
    return 0;
}

static int walk_dataset(walk *w, pn_error *err)
{
    while (w->n_frames > 0) {
        frame *f = &w->frames[w->n_frames - 1];
        if (w->at == f->end) {
            if (f->open && f->kind != ROOT) {
                return pn_fail(err, PN_EFORMAT, "offset %llu: a sequence or item is not closed",
                               (unsigned long long)w->at);
            }
            pop(w);
            continue;
        }
        element e;
        int rc = read_element(w, f, &e, err);
        if (rc != 0) { return rc; }
        if (++w->out->n_elements > PN_MAX_ELEMENTS) {
            return fail_at(err, PN_ELIMIT, &e, "too many data elements");
        }
        if (e.tag >> 16 == 0xFFFE) {
            rc = walk_delimiter(w, f, &e, err);
        } else if (f->kind == SEQUENCE || f->kind == FRAGMENTS) {
            rc = fail_at(err, PN_EFORMAT, &e, "a data element where an item should be");
        } else {
            rc = walk_value(w, f, &e, err);
        }
        if (rc != 0) { return rc; }
    }
    return 0;
}

/* ---- Transfer syntax and file meta information --------------------------- */

static int set_syntax(pn_scan *out, pn_error *err)
{
    static const char *const encapsulated[] = {
        "1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    };
    const char *uid = out->transfer_syntax_uid;
    if (strcmp(uid, "1.2.840.10008.1.2") == 0) { out->implicit_vr = true; return 0; }
    if (strcmp(uid, "1.2.840.10008.1.2.1") == 0) { return 0; }
    if (strcmp(uid, "1.2.840.10008.1.2.2") == 0) { out->big_endian = true; return 0; }
    for (size_t i = 0; i < sizeof encapsulated / sizeof *encapsulated; i++) {
        if (strcmp(uid, encapsulated[i]) == 0) { out->encapsulated = true; return 0; }
    }
    if (strcmp(uid, "1.2.840.10008.1.2.1.99") == 0) {
        return pn_fail(err, PN_EUNSUPPORTED, "deflated transfer syntax (%s) is not accepted", uid);
    }
    return pn_fail(err, PN_EUNSUPPORTED, "transfer syntax %s is not accepted", uid);
}

static int check_magic(walk *w, pn_error *err)
{
    const uint8_t *p;
    if (w->in->size < PREAMBLE + 4) { return pn_fail(err, PN_EFORMAT, "not a DICOM file: too short"); }
    int rc = fetch(w->in, PREAMBLE, 4, &p, err);
    if (rc != 0) { return rc; }
    if (memcmp(p, "DICM", 4) != 0) {
        return pn_fail(err, PN_EFORMAT, "not a DICOM file: no DICM after the preamble");
    }
    w->at = PREAMBLE + 4;
    return 0;
}

typedef struct meta {
    char class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];
    uint64_t stated_end;               /* from the group length; 0: none                     */
} meta;

static int take_meta(walk *w, const element *e, meta *m, pn_error *err)
{
    const uint8_t *p;
    switch (e->tag) {
    case TAG_META_CLASS: return take_uid(w, e, m->class_uid, err);
    case TAG_META_SOP: return take_uid(w, e, m->sop_uid, err);
    case TAG_META_SYNTAX: return take_uid(w, e, w->out->transfer_syntax_uid, err);
    case TAG_META_LENGTH: {
        if (e->length != 4) { return fail_at(err, PN_EFORMAT, e, "group length of other than 4 bytes"); }
        int rc = fetch(w->in, w->at, 4, &p, err);
        if (rc != 0) { return rc; }
        m->stated_end = w->at + 4 + get32(p, false);
        return 0;
    }
    default: return 0;
    }
}

static int walk_meta(walk *w, meta *m, pn_error *err)
{
    frame whole = {.kind = ROOT, .end = w->in->size};
    uint32_t last = 0;
    while (w->at < w->in->size) {
        element e;
        const uint8_t *p;
        if (w->in->size - w->at < 8) { break; }
        int rc = fetch(w->in, w->at, 2, &p, err);
        if (rc != 0) { return rc; }
        if (get16(p, false) != 0x0002) { break; }
        rc = read_element(w, &whole, &e, err);
        if (rc != 0) { return rc; }
        if (e.tag <= last) { return fail_at(err, PN_EFORMAT, &e, "out of order in the file meta information"); }
        last = e.tag;
        if (e.length > w->in->size - w->at) { return fail_length(err, &e, w->in->size - w->at); }
        rc = take_meta(w, &e, m, err);
        if (rc != 0) { return rc; }
        w->at += e.length;
    }
    if (m->stated_end != 0 && m->stated_end != w->at) {
        return pn_fail(err, PN_EFORMAT,
                       "file meta information ends at offset %llu, its group length says %llu",
                       (unsigned long long)w->at, (unsigned long long)m->stated_end);
    }
    if (w->out->transfer_syntax_uid[0] == '\0') {
        return pn_fail(err, PN_EFORMAT, "file meta information without a transfer syntax");
    }
    return 0;
}

/* The data set of an N-EVENT-REPORT names no object of its own; the meta information says what it is. */
static void name_event(pn_scan *out, const meta *m)
{
    if (strcmp(m->class_uid, PN_UID_STORAGE_COMMITMENT) != 0 || out->sop_class_uid[0] != '\0') { return; }
    memcpy(out->sop_class_uid, m->class_uid, sizeof out->sop_class_uid);
    memcpy(out->sop_uid, m->sop_uid, sizeof out->sop_uid);
}

static int check_identity(const pn_scan *out, const meta *m, pn_error *err)
{
    if (out->sop_class_uid[0] == '\0') { return pn_fail(err, PN_EFORMAT, "no SOP Class UID (0008,0016)"); }
    if (out->sop_uid[0] == '\0') { return pn_fail(err, PN_EFORMAT, "no SOP Instance UID (0008,0018)"); }
    if (m->class_uid[0] != '\0' && strcmp(m->class_uid, out->sop_class_uid) != 0) {
        return pn_fail(err, PN_EFORMAT, "SOP Class UID is %s in the file meta information, %s in the data set",
                       m->class_uid, out->sop_class_uid);
    }
    if (m->sop_uid[0] != '\0' && strcmp(m->sop_uid, out->sop_uid) != 0) {
        return pn_fail(err, PN_EFORMAT, "SOP Instance UID is %s in the file meta information, %s in the data set",
                       m->sop_uid, out->sop_uid);
    }
    return 0;
}

static int scan_source(pn_scan *out, source *in, const char *bare_syntax, bool is_object,
                       pn_error *err)
{
    pn_scan scan = {.size = in->size};
    walk w = {.in = in, .out = &scan};
    meta m = {.stated_end = 0};
    if (in->size > PN_MAX_INSTANCE_BYTES) {
        return pn_fail(err, PN_ELIMIT, "%llu bytes are more than the %llu allowed for one object",
                       (unsigned long long)in->size, PN_MAX_INSTANCE_BYTES);
    }
    int rc = 0;
    if (bare_syntax != NULL) {
        size_t n = strlen(bare_syntax);
        if (n >= PN_UID_SIZE) { return pn_fail(err, PN_EINVAL, "transfer syntax UID is too long"); }
        memcpy(scan.transfer_syntax_uid, bare_syntax, n + 1);
    } else {
        rc = check_magic(&w, err);
        if (rc == 0) { rc = walk_meta(&w, &m, err); }
    }
    if (rc == 0) { rc = set_syntax(&scan, err); }
    if (rc != 0) { return rc; }
    scan.dataset_offset = w.at;
    w.frames[w.n_frames++] = (frame){.kind = ROOT, .end = in->size, .implicit_vr = scan.implicit_vr,
                                     .big_endian = scan.big_endian};
    rc = walk_dataset(&w, err);
    if (rc == 0 && is_object) {
        name_event(&scan, &m);
        rc = check_identity(&scan, &m, err);
    }
    if (rc == 0) { *out = scan; }
    return rc;
}

/* ---- Entry points ---------------------------------------------------------- */

int pn_scan_file(pn_scan *out, const char *path, pn_error *err)
{
    if (out == NULL || path == NULL) { return pn_fail(err, PN_EINVAL, "pn_scan_file: null argument"); }
    /* O_NONBLOCK: a FIFO in a folder must not stop the walk. */
    source in = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (in.fd < 0) {
        if (errno == ENOENT) { return pn_fail(err, PN_ENOTFOUND, "%s: %s", path, strerror(errno)); }
        return pn_fail_transient(err, PN_EIO, "%s: %s", path, strerror(errno));
    }
    struct stat st;
    int rc;
    if (fstat(in.fd, &st) != 0) {
        rc = pn_fail_transient(err, PN_EIO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        rc = pn_fail(err, PN_EFORMAT, "%s: not a regular file", path);
    } else {
        in.size = (uint64_t)st.st_size;
        rc = scan_source(out, &in, NULL, true, err);
    }
    close(in.fd);
    return rc;
}

int pn_scan_bytes(pn_scan *out, const void *data, size_t size, pn_error *err)
{
    if (out == NULL || data == NULL) { return pn_fail(err, PN_EINVAL, "pn_scan_bytes: null argument"); }
    source in = {.fd = -1, .memory = data, .size = size};
    return scan_source(out, &in, NULL, true, err);
}

int pn_scan_dataset(pn_scan *out, const void *data, size_t size, const char *transfer_syntax_uid,
                    pn_error *err)
{
    if (out == NULL || data == NULL || transfer_syntax_uid == NULL) {
        return pn_fail(err, PN_EINVAL, "pn_scan_dataset: null argument");
    }
    source in = {.fd = -1, .memory = data, .size = size};
    return scan_source(out, &in, transfer_syntax_uid, true, err);
}

int pn_scan_identifier(pn_scan *out, const void *data, size_t size, pn_error *err)
{
    if (out == NULL || data == NULL) { return pn_fail(err, PN_EINVAL, "pn_scan_identifier: null argument"); }
    source in = {.fd = -1, .memory = data, .size = size};
    return scan_source(out, &in, "1.2.840.10008.1.2", false, err);
}

bool pn_uid_is_valid(const char *uid)
{
    size_t n = 0;
    char before = '.';
    for (; uid[n] != '\0'; before = uid[n++]) {
        bool digit = uid[n] >= '0' && uid[n] <= '9';
        if (n >= PN_UID_SIZE - 1 || (!digit && (uid[n] != '.' || before == '.'))) { return false; }
    }
    return n > 0 && before != '.';
}
