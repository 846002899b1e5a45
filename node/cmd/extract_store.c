#include "cmd/extract_store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/file.h"

static int failed(const ex_store *s, const char *what, pn_error *err)
{
    int e = errno;
    return pn_fail_transient(err, e == ENOSPC ? PN_ENOSPC : PN_EIO, "cannot %s %s: %s", what,
                             s->path[0] != '\0' ? s->path : "a temporary file", strerror(e));
}

static bool was_measured(const ex_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->v[i].failure.code != PN_OK) { return false; }
    }
    return rows->n > 0;
}

static size_t find_key(char (*keys)[PN_DIGEST_HEX_SIZE], const bool *done, size_t n, const char *key, size_t likely)
{
    /* Two rows of a batch may be the same in every respect: each takes one line. */
    if (likely < n && !done[likely] && strcmp(keys[likely], key) == 0) { return likely; }
    for (size_t i = 0; i < n; i++) {
        if (!done[i] && strcmp(keys[i], key) == 0) { return i; }
    }
    return n;
}

/* The lines of the journal that are still good. */
static int take_over(ex_store *s, char (*keys)[PN_DIGEST_HEX_SIZE], pn_error *err)
{
    char *line = NULL;
    size_t room = 0;
    long begin = 0, whole = 0;
    ssize_t n;
    rewind(s->file);
    while ((n = getline(&line, &room, s->file)) > 0 && line[n - 1] == '\n') {
        ex_rows rows = {0};
        char *key = NULL;
        size_t number = 0;
        pn_error none;
        if (ex_rows_from_json(&number, &key, &rows, line, (size_t)n, &none) == PN_OK && was_measured(&rows)) {
            size_t i = find_key(keys, s->done, s->n, key, number);
            if (i < s->n) {
                s->done[i] = true;
                s->place[i] = begin;
                s->n_done++;
                s->n_kept++;
            }
        }
        free(key);
        ex_rows_free(&rows);
        begin += n;
        whole = begin;
    }
    free(line);
    if (ftruncate(fileno(s->file), whole) != 0) { return failed(s, "shorten", err); }
    return fseek(s->file, 0, SEEK_END) == 0 ? PN_OK : failed(s, "read", err);
}

static int open_journal(ex_store *s, const char *output, bool resume, pn_error *err)
{
    int rc = pn_path(s->path, sizeof s->path, err, "%s.partial", output);
    if (rc != PN_OK) { return rc; }
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) { return failed(s, "open", err); }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        s->path[0] = '\0';
        return pn_fail(err, PN_EIO, "another extract is at work on %s", output);
    }
    if ((!resume && ftruncate(fd, 0) != 0) || (s->file = fdopen(fd, "r+")) == NULL) {
        rc = failed(s, "open", err);
        close(fd);
    }
    return rc;
}

int ex_store_open(ex_store *out, const char *output, bool resume, char (*keys)[PN_DIGEST_HEX_SIZE], size_t n,
                  pn_error *err)
{
    ex_store s = {.n = n};
    int rc = PN_OK;
    s.place = malloc((n > 0 ? n : 1) * sizeof *s.place);
    s.done = calloc(n > 0 ? n : 1, sizeof *s.done);
    if (s.place == NULL || s.done == NULL) { rc = pn_fail_transient(err, PN_ENOMEM, "no memory for %zu cases", n); }
    for (size_t i = 0; rc == PN_OK && i < n; i++) { s.place[i] = -1; }
    if (rc == PN_OK && output != NULL) {
        rc = open_journal(&s, output, resume, err);
    } else if (rc == PN_OK && (s.file = tmpfile()) == NULL) {
        rc = failed(&s, "make", err);
    }
    if (rc == PN_OK && resume && output != NULL) { rc = take_over(&s, keys, err); }
    if (rc != PN_OK) {
        ex_store_close(&s, false);
        return rc;
    }
    *out = s;
    return PN_OK;
}

int ex_store_add(ex_store *s, size_t number, const char *line, size_t n, pn_error *err)
{
    if (fseek(s->file, 0, SEEK_END) != 0) { return failed(s, "write", err); }
    long begin = ftell(s->file);
    if (fwrite(line, 1, n, s->file) != n || fflush(s->file) != 0) { return failed(s, "write", err); }
    s->place[number] = begin;
    s->done[number] = true;
    s->n_done++;
    return PN_OK;
}

int ex_store_rows(ex_rows *rows, ex_store *s, size_t number, pn_error *err)
{
    char *line = NULL;
    size_t room = 0;
    if (fseek(s->file, s->place[number], SEEK_SET) != 0) { return failed(s, "read", err); }
    ssize_t n = getline(&line, &room, s->file);
    int rc = n > 0 ? ex_rows_from_json(NULL, NULL, rows, line, (size_t)n, err) : failed(s, "read", err);
    free(line);
    return rc;
}

void ex_store_close(ex_store *s, bool remove)
{
    if (remove && s->path[0] != '\0') { (void)unlink(s->path); }
    if (s->file != NULL) { (void)fclose(s->file); }
    free(s->place);
    free(s->done);
    *s = (ex_store){0};
}
