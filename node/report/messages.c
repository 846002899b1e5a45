/* report/messages.c - see messages.h. */
#include "report/messages.h"

#include <config/texts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { MAX_OVERRIDE_BYTES = 65536 };

struct pn_messages {
    char language[9];
    char *texts[PN_NMESSAGES];
};

#define PN_MESSAGE_KEY(id, key) key,
static const char *const keys[] = {PN_MESSAGES(PN_MESSAGE_KEY)};
#undef PN_MESSAGE_KEY

static const struct { const char *language, *name; } languages[] = {
    {"en", "English"}, {"de", "German"}, {"zh", "Chinese"}};

/* ---- Placeholders --------------------------------------------------------------------------- */

typedef struct placeholder { const char *name; size_t n; } placeholder;

/* "{name}" at p: its name, and the characters of all of it; 0 where there is none. */
static size_t placeholder_at(placeholder *out, const char *p)
{
    if (*p != '{') { return 0; }
    size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
    if (n == 0 || p[1 + n] != '}') { return 0; }
    *out = (placeholder){p + 1, n};
    return n + 2;
}

static bool holds(const char *text, placeholder wanted)
{
    placeholder got;
    for (; *text != '\0'; text++) {
        if (placeholder_at(&got, text) != 0 && got.n == wanted.n &&
            memcmp(got.name, wanted.name, got.n) == 0) {
            return true;
        }
    }
    return false;
}

/* The first placeholder of `text` that `other` does not have. */
static bool find_stranger(placeholder *out, const char *text, const char *other)
{
    for (; *text != '\0'; text++) {
        if (placeholder_at(out, text) != 0 && !holds(other, *out)) { return true; }
    }
    return false;
}

/* ---- Loading -------------------------------------------------------------------------------- */

static bool find_id(size_t *id, const char *key)
{
    for (*id = 0; *id < PN_NMESSAGES; ++*id) {
        if (strcmp(keys[*id], key) == 0) { return true; }
    }
    return false;
}

static void take_text(pn_messages *m, size_t id, cfg_named_text *t)
{
    free(m->texts[id]);
    m->texts[id] = t->text;      /* ours from here on */
    t->text = NULL;
}

static int check_placeholders(const char *text, const char *ours, const char *name,
                              const cfg_named_text *t, pn_error *err)
{
    placeholder p;
    if (find_stranger(&p, text, ours)) {
        return pn_fail(err, PN_ECONFIG, "%s:%u:%u: %s: {%.*s} is not one of its placeholders", name,
                       t->line, t->column, t->key, (int)p.n, p.name);
    }
    if (find_stranger(&p, ours, text)) {
        return pn_fail(err, PN_ECONFIG, "%s:%u:%u: %s: {%.*s} is missing", name, t->line, t->column,
                       t->key, (int)p.n, p.name);
    }
    return PN_OK;
}

/* Texts over what is there; where nothing is there yet, anything goes. */
static int lay_over(pn_messages *m, const char *bytes, size_t n, const char *name, pn_error *err)
{
    cfg_texts texts = {0};
    cfg_error cfg = {0};
    if (cfg_texts_parse(&texts, bytes, n, name, &cfg) != CFG_OK) {
        return cfg.code == CFG_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "out of memory")
                                      : pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
    }
    int rc = PN_OK;
    for (size_t i = 0; i < texts.n && rc == PN_OK; i++) {
        cfg_named_text *t = &texts.items[i];
        size_t id;
        if (!find_id(&id, t->key)) {
            rc = pn_fail(err, PN_ECONFIG, "%s:%u:%u: there is no message \"%s\"", name, t->line,
                         t->column, t->key);
            break;
        }
        if (m->texts[id] != NULL) { rc = check_placeholders(t->text, m->texts[id], name, t, err); }
        if (rc == PN_OK) { take_text(m, id, t); }
    }
    cfg_texts_free(&texts);
    return rc;
}

static const pn_embedded_text *embedded(const char *language)
{
    for (size_t i = 0; i < pn_n_embedded_messages; i++) {
        if (strcmp(pn_embedded_messages[i].language, language) == 0) {
            return &pn_embedded_messages[i];
        }
    }
    return NULL;
}

static int lay_over_embedded(pn_messages *m, const char *language, pn_error *err)
{
    const pn_embedded_text *e = embedded(language);
    if (e == NULL) {
        return pn_fail(err, PN_EUNSUPPORTED, "there are no messages in \"%.20s\", expected en, de or zh",
                       language);
    }
    return lay_over(m, (const char *)e->bytes, e->n, language, err);
}

static int check_complete(const pn_messages *m, pn_error *err)
{
    for (size_t i = 0; i < PN_NMESSAGES; i++) {
        if (m->texts[i] == NULL) {
            return pn_fail(err, PN_EINTERNAL, "there is no text for message \"%s\"", keys[i]);
        }
    }
    return PN_OK;
}

int pn_messages_parse(pn_messages **out, const char *language, const char *bytes, size_t n,
                      const char *name, pn_error *err)
{
    pn_messages *m = calloc(1, sizeof *m);
    if (m == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    if (language[0] == '\0') { language = "en"; }
    int rc = lay_over_embedded(m, "en", err);   /* which says what placeholders there are */
    if (rc == PN_OK) { rc = check_complete(m, err); }
    if (rc == PN_OK && strcmp(language, "en") != 0) { rc = lay_over_embedded(m, language, err); }
    if (rc == PN_OK && bytes != NULL) { rc = lay_over(m, bytes, n, name, err); }
    if (rc != PN_OK) {
        pn_messages_free(m);
        return rc;
    }
    (void)snprintf(m->language, sizeof m->language, "%s", language);
    *out = m;
    return PN_OK;
}

int pn_messages_load(pn_messages **out, const char *language, const char *override_path,
                     pn_error *err)
{
    if (override_path == NULL || override_path[0] == '\0') {
        return pn_messages_parse(out, language, NULL, 0, "", err);
    }
    char *bytes = NULL;
    size_t n = 0;
    int rc = pn_read_file(&bytes, &n, override_path, MAX_OVERRIDE_BYTES, err);
    if (rc != PN_OK) { return rc; }
    rc = pn_messages_parse(out, language, bytes, n, override_path, err);
    free(bytes);
    return rc;
}

void pn_messages_free(pn_messages *m)
{
    if (m == NULL) { return; }
    for (size_t i = 0; i < PN_NMESSAGES; i++) { free(m->texts[i]); }
    free(m);
}

/* ---- Use ------------------------------------------------------------------------------------ */

const char *pn_msg(const pn_messages *m, pn_msg_id id) { return m->texts[id]; }

const char *pn_msg_key(pn_msg_id id) { return keys[id]; }

const char *pn_messages_language(const pn_messages *m) { return m->language; }

const char *pn_messages_language_name(const pn_messages *m)
{
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        if (strcmp(languages[i].language, m->language) == 0) { return languages[i].name; }
    }
    return m->language;
}

static const char *value_of(placeholder p, const pn_msg_arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(args[i].name) == p.n && memcmp(args[i].name, p.name, p.n) == 0) {
            return args[i].value;
        }
    }
    return NULL;
}

/* Appends as much as fits. */
static void append(char *out, size_t size, size_t *used, const char *text, size_t n)
{
    size_t room = size - 1 - *used;
    size_t take = n < room ? n : room;
    memcpy(out + *used, text, take);
    *used += take;
}

/* Bytes of a character that was cut in two go. */
static void trim_cut(char *out, size_t used)
{
    size_t start = used;
    while (start > 0 && ((unsigned char)out[start - 1] & 0xc0) == 0x80) { start--; }
    if (start == 0) { return; }
    unsigned char lead = (unsigned char)out[start - 1];
    size_t needs = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (used - (start - 1) < needs) { out[start - 1] = '\0'; }
}

void pn_msg_fill(char *out, size_t size, const pn_messages *m, pn_msg_id id,
                 const pn_msg_arg *args, size_t n)
{
    if (size == 0) { return; }
    size_t used = 0;
    for (const char *p = m->texts[id]; *p != '\0';) {
        placeholder name;
        size_t skip = placeholder_at(&name, p);
        const char *value = skip != 0 ? value_of(name, args, n) : NULL;
        if (value != NULL) {
            append(out, size, &used, value, strlen(value));
            p += skip;
        } else {
            append(out, size, &used, p++, 1);
        }
    }
    out[used] = '\0';
    trim_cut(out, used);
}
