/* dicom/folder.c - see folder.h. */
#include "dicom/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scan {
    pn_folder found;
    size_t room;
    size_t n_files;
    pn_folder_progress *progress;
    void *user;
} scan;

static bool has_magic(const char *path)
{
    char magic[4];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) { return false; }
    ssize_t n = pread(fd, magic, sizeof magic, 128);
    close(fd);
    return n == (ssize_t)sizeof magic && memcmp(magic, "DICM", sizeof magic) == 0;
}

static int keep(scan *s, const char *path, pn_header *h, pn_error *err)
{
    if (s->found.n == s->room) {
        size_t room = s->room == 0 ? 64 : 2 * s->room;
        pn_folder_entry *e = realloc(s->found.entries, room * sizeof *e);
        if (e == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
        s->found.entries = e;
        s->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    s->found.entries[s->found.n++] = (pn_folder_entry){.path = copy, .header = *h};
    return 0;
}

static int take_file(scan *s, const char *path, pn_error *err)
{
    if (++s->n_files > PN_MAX_FOLDER_FILES) {
        return pn_fail(err, PN_ELIMIT, "more than %d files", PN_MAX_FOLDER_FILES);
    }
    pn_error problem = {.code = PN_OK};
    if (!has_magic(path)) {
        s->found.n_not_dicom++;
    } else {
        pn_header h;
        int rc = pn_header_read(&h, path, &problem);
        if (rc == PN_ENOMEM) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
        if (rc != 0) { s->found.n_refused++; }
        if (rc == 0 && keep(s, path, &h, err) != 0) {
            pn_header_free(&h);
            return PN_ENOMEM;
        }
    }
    if (s->progress != NULL) { s->progress(s->user, path, problem.code != PN_OK ? &problem : NULL); }
    return 0;
}

static int take_path(scan *s, const char *path, bool given, unsigned depth, pn_error *err);

static int skip_dots(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* alphasort follows the locale; the order of a table's rows must not. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int take_folder(scan *s, const char *path, unsigned depth, pn_error *err)
{
    struct dirent **names = NULL;
    if (depth > PN_MAX_FOLDER_DEPTH) {
        return pn_fail(err, PN_ELIMIT, "%s: folders nested deeper than %d", path, PN_MAX_FOLDER_DEPTH);
    }
    int n = scandir(path, &names, skip_dots, by_bytes);
    if (n < 0) { return pn_fail(err, PN_EIO, "%s: %s", path, strerror(errno)); }
    int rc = 0;
    for (int i = 0; i < n; i++) {
        char child[PN_PATH_SIZE];
        if (rc == 0) {
            int len = snprintf(child, sizeof child, "%s/%s", path, names[i]->d_name);
            rc = len < 0 || (size_t)len >= sizeof child
                     ? pn_fail(err, PN_ELIMIT, "%s: a path is longer than %d bytes", path, PN_PATH_SIZE - 1)
                     : take_path(s, child, false, depth + 1, err);
        }
        free(names[i]);
    }
    free(names);
    return rc;
}

/* What vanishes or cannot be looked at below a given path counts as no DICOM file. */
static int take_path(scan *s, const char *path, bool given, unsigned depth, pn_error *err)
{
    struct stat own, target;
    if (lstat(path, &own) != 0 || stat(path, &target) != 0) {
        if (given) {
            return pn_fail(err, errno == ENOENT ? PN_ENOTFOUND : PN_EIO, "%s: %s", path, strerror(errno));
        }
        s->found.n_not_dicom++;
        return 0;
    }
    if (S_ISDIR(target.st_mode)) {
        return S_ISLNK(own.st_mode) && !given ? 0 : take_folder(s, path, depth, err);
    }
    if (S_ISREG(target.st_mode)) { return take_file(s, path, err); }
    s->found.n_not_dicom++;
    return 0;
}

int pn_folder_scan(pn_folder *out, const char *const *paths, size_t n, pn_folder_progress *progress,
                   void *user, pn_error *err)
{
    if (out == NULL || (paths == NULL && n > 0)) {
        return pn_fail(err, PN_EINVAL, "pn_folder_scan: null argument");
    }
    scan s = {.progress = progress, .user = user};
    for (size_t i = 0; i < n; i++) {
        int rc = take_path(&s, paths[i], true, 0, err);
        if (rc != 0) {
            pn_folder_free(&s.found);
            return rc;
        }
    }
    *out = s.found;
    return 0;
}

void pn_folder_free(pn_folder *f)
{
    if (f == NULL) { return; }
    for (size_t i = 0; i < f->n; i++) {
        free(f->entries[i].path);
        pn_header_free(&f->entries[i].header);
    }
    free(f->entries);
    *f = (pn_folder){.n = 0};
}
