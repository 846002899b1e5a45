/* fields.h - each key of a file described once: read, checked, written and documented from it. */
#ifndef CFG_FIELDS_H
#define CFG_FIELDS_H
#include <stdbool.h>
#include <stddef.h>
#include <config/error.h>
#include "text.h"
#include "yaml_tree.h"

typedef enum fd_type {
    FD_BOOL,
    FD_EITHER,        /* bool, written as one of two words; word[0] is true              */
    FD_U16,
    FD_UINT,
    FD_SIZE,          /* size_t                                                          */
    FD_BYTES,         /* uint64_t; a number with an optional KiB, MiB, GiB or TiB        */
    FD_REAL,
    FD_TEXT,          /* char[size]                                                      */
    FD_WORD,          /* int, the place of the word in `words`                           */
    FD_CONST,         /* must be there and read exactly as `def`; nothing is stored      */
    FD_REALS_FIXED,   /* double[max_items]                                               */
    FD_REALS,         /* double *                                                        */
    FD_TEXTS_FIXED,   /* char[max_items][size]                                           */
    FD_TEXTS,         /* char **                                                         */
    FD_MAP,           /* members of the same object at `offset`, in a section            */
    FD_MAPS,          /* a list of objects of `size` bytes                               */
    FD_HOOK,
} fd_type;

enum { FD_NO_COUNT = 0 };   /* a list whose length is not stored has max_items == min_items */

typedef struct fd_reader {
    const char *name;        /* of the file                                            */
    cfg_error *err;
} fd_reader;

struct fd_field;

/* For what a table cannot say. `obj` is the whole object of the table. */
typedef struct fd_hook {
    int (*read)(const fd_reader *r, void *obj, const struct fd_field *f, const yt_node *n);
    void (*write)(txt_buf *b, const void *obj, const struct fd_field *f, unsigned indent);
} fd_hook;

typedef struct fd_field {
    const char *key;
    fd_type type;
    size_t offset, size, count_offset;     /* count: a size_t of the object               */
    size_t min_items, max_items;           /* of a list; FD_TEXT: min_items is in bytes   */
    double min, max;                       /* both allowed, unless above_min              */
    bool above_min;                        /* min itself is not allowed                   */
    bool bounded;                          /* min and max are to be looked at             */
    bool infinite;                         /* .inf and -.inf are allowed                  */
    const char *word[2];
    const char *words;                     /* parted by '|': of FD_WORD; FD_TEXT: no other text */
    const char *def;                       /* as it would stand in the file; NULL: required */
    const char *example;                   /* for the reference, where def is NULL         */
    const char *doc;
    const char *expected;                  /* instead of what the type says                */
    bool (*ok)(const char *text);          /* FD_TEXT, FD_TEXTS: further condition         */
    /* Whether the key has a meaning in this object, by what stands before it in the table; NULL:
     * always. Where it has none it is not read, not written and refused: "only <when_text>". */
    bool (*when)(const void *obj);
    const char *when_text;
    /* True: the object has the default here, and the key is not written; NULL: always written. */
    bool (*unsaid)(const void *obj);
    const struct fd_table *sub;
    const fd_hook *hook;
} fd_field;

typedef struct fd_table {
    const fd_field *fields;
    size_t n;
    /* After all keys: what must hold between them. `map` may be NULL (section left out). */
    int (*check)(const fd_reader *r, const void *obj, const yt_node *map);
    const char *(*explain_unknown)(const char *key);   /* own words for a known stranger  */
} fd_table;

#define FD_TABLE(fields_) .fields = (fields_), .n = sizeof(fields_) / sizeof((fields_)[0])

/* Fill obj (zeroed by the caller) from a mapping. Needs the "C" locale. On failure the
 * object is half filled and must go through fd_free. */
CFG_CHECKED int fd_read(const fd_reader *r, void *obj, const fd_table *t, const yt_node *map);
/* That every key of a mapping is one of the table; nothing is read. */
CFG_CHECKED int fd_check_keys(const fd_reader *r, const fd_table *t, const yt_node *map);
/* One value into its field, as fd_read does. */
CFG_CHECKED int fd_read_value(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n);
void fd_free(void *obj, const fd_table *t);

/* `path: got "x", expected <what>`, at the node. */
int fd_expected(const fd_reader *r, const yt_node *n, const char *fmt, ...) CFG_PRINTF(3, 4);
/* `path: message`, at the node, or at its key where there is such a key. */
int fd_fail(const fd_reader *r, const yt_node *n, const char *key, const char *fmt, ...)
    CFG_PRINTF(4, 5);
/* What the field takes, in words: "an integer 1 to 65535". */
enum { FD_WHAT_SIZE = 200 };
void fd_what(char buf[FD_WHAT_SIZE], const fd_field *f);
/* Whether the key may be left out: it, or all that is in its section, has a default. */
bool fd_may_be_absent(const fd_field *f);

void fd_write(txt_buf *b, const void *obj, const fd_table *t, unsigned indent);
void fd_write_reals(txt_buf *b, const double *v, size_t n, unsigned indent);
/* A commented file with every key, its range and its default. */
void fd_reference(txt_buf *b, const fd_table *t, unsigned indent);
/* The table as a JSON Schema, draft-07. Not for tables with hooks, or with keys that have a meaning in
 * some objects only. Needs the "C" locale. */
void fd_schema(txt_buf *b, const fd_table *t, const char *title);

#endif
