/* role/withdrawn.c - see withdrawn.h. */
#include "role/withdrawn.h"
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "base/file.h"

enum { MAX_NOTES = 1000, MAX_BYTES = 1 << 20 };
#define KEY_OBJECT_SELECTION "1.2.840.10008.5.1.4.1.1.88.59"

struct pn_withdrawn_note {
    char archive[PN_NAME_SIZE], path[PN_PATH_SIZE], sop_uid[PN_UID_SIZE];
};

int pn_withdrawn_save(const char *folder, const char *reason, const pn_outgoing *notes, size_t n_notes,
                      pn_error *err)
{
    char path[PN_PATH_SIZE];
    int rc = pn_path(path, sizeof path, err, "%s/%s", folder, PN_WITHDRAWN_FILE);
    if (rc != PN_OK) { return rc; }
    cJSON *json = cJSON_CreateObject();
    bool whole = cJSON_AddStringToObject(json, "reason", reason) != NULL;
    cJSON *list = cJSON_AddArrayToObject(json, "notes");
    whole = whole && list != NULL;
    for (size_t i = 0; whole && i < n_notes; i++) {
        cJSON *note = cJSON_CreateObject();
        const char *slash = strrchr(notes[i].path, '/');
        whole = cJSON_AddStringToObject(note, "archive", notes[i].archive) != NULL &&
                cJSON_AddStringToObject(note, "file", slash != NULL ? slash + 1 : notes[i].path) != NULL &&
                cJSON_AddStringToObject(note, "sop_uid", notes[i].sop_uid) != NULL &&
                cJSON_AddItemToArray(list, note);
        if (!whole) { cJSON_Delete(note); }
    }
    char *text = whole ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    if (text == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %s", PN_WITHDRAWN_FILE); }
    rc = pn_write_file(path, text, strlen(text), true, err);
    cJSON_free(text);
    return rc;
}

static bool take(char *out, size_t size, const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    if (text == NULL || text[0] == '\0' || strlen(text) >= size) { return false; }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool take_note(pn_outgoing *out, struct pn_withdrawn_note *n, const cJSON *json, const char *folder)
{
    char file[128];
    if (!take(n->archive, sizeof n->archive, json, "archive") || !take(file, sizeof file, json, "file") ||
        !take(n->sop_uid, sizeof n->sop_uid, json, "sop_uid") || strchr(file, '/') != NULL ||
        pn_path(n->path, sizeof n->path, NULL, "%s/%s", folder, file) != PN_OK) {
        return false;
    }
    *out = (pn_outgoing){.archive = n->archive, .path = n->path, .sop_class_uid = KEY_OBJECT_SELECTION,
                         .sop_uid = n->sop_uid, .kind = "note", .place = 9};
    return true;
}

static bool take_all(pn_withdrawn *w, const cJSON *json, const char *folder)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "notes"), *item;
    int n = cJSON_GetArraySize(list);
    if (!take(w->reason, sizeof w->reason, json, "reason") || !cJSON_IsArray(list) || n > MAX_NOTES) {
        return false;
    }
    w->notes = calloc((size_t)n + 1, sizeof *w->notes);
    w->texts = calloc((size_t)n + 1, sizeof *w->texts);
    if (w->notes == NULL || w->texts == NULL) { return false; }
    cJSON_ArrayForEach(item, list)
    {
        if (!take_note(&w->notes[w->n_notes], &w->texts[w->n_notes], item, folder)) { return false; }
        w->n_notes++;
    }
    return true;
}

int pn_withdrawn_load(pn_withdrawn *out, const char *folder, pn_error *err)
{
    char path[PN_PATH_SIZE], *text = NULL;
    size_t n = 0;
    pn_withdrawn w = {0};
    int rc = pn_path(path, sizeof path, err, "%s/%s", folder, PN_WITHDRAWN_FILE);
    if (rc == PN_OK) { rc = pn_read_file(&text, &n, path, MAX_BYTES, err); }
    if (rc != PN_OK) { return rc; }
    cJSON *json = cJSON_ParseWithLength(text, n);
    bool good = take_all(&w, json, folder);
    cJSON_Delete(json);
    free(text);
    if (!good) {
        pn_withdrawn_free(&w);
        return pn_fail(err, PN_EFORMAT, "%s is broken", path);
    }
    *out = w;
    return PN_OK;
}

void pn_withdrawn_free(pn_withdrawn *w)
{
    free(w->notes);
    free(w->texts);
    *w = (pn_withdrawn){0};
}
