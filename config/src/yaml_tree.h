/* yaml_tree.h - YAML text as a small tree that remembers where everything stood.
 *
 * A strict subset: one document, UTF-8, no anchors, aliases or tags, text keys, each key once
 * in its mapping. Size, depth and number of nodes are bounded before or while libyaml reads. */
#ifndef CFG_YAML_TREE_H
#define CFG_YAML_TREE_H
#include <stdbool.h>
#include <stddef.h>
#include <config/error.h>

enum {
    YT_MAX_DEPTH = 32,        /* lists and mappings inside each other      */
    YT_MAX_NODES = 1000000,   /* of one file                               */
    YT_MAX_KEYS = 128,        /* of one mapping                            */
    YT_PATH_SIZE = 160,
};

typedef enum yt_kind { YT_SCALAR, YT_LIST, YT_MAP } yt_kind;

typedef struct yt_node {
    yt_kind kind;
    bool plain;                     /* a scalar without quotes: may be a number, null ...  */
    unsigned line, column;          /* from 1, in characters                               */
    const char *text;               /* of a scalar                                         */
    const char *key;                /* of a value in a mapping, else NULL                  */
    unsigned key_line, key_column;
    size_t index;                   /* of an item in a list, from 0                        */
    size_t n;                       /* children                                            */
    struct yt_node *parent, *first, *last, *next;
} yt_node;

typedef struct yt_tree {
    yt_node *root;                  /* NULL: the file holds nothing but comments           */
    struct yt_chunk *chunks;
    size_t n_nodes;
} yt_tree;

/* `name` stands in messages. On failure there is nothing to free. */
CFG_CHECKED int yt_parse(yt_tree *out, const char *bytes, size_t n, size_t max_bytes,
                         const char *name, cfg_error *err);
void yt_free(yt_tree *t);

/* The value of a key, or NULL. */
const yt_node *yt_get(const yt_node *map, const char *key);
/* Nothing written, `~` or `null`, without quotes. */
bool yt_is_null(const yt_node *n);
/* "archives[0].port"; for the root "". */
void yt_path(char buf[YT_PATH_SIZE], const yt_node *n);

/* "name:line:column: message" into err (may be NULL); line 0 leaves the place out. Returns code. */
int cfg_fail(cfg_error *err, cfg_code code, const char *name, unsigned line, unsigned column,
             const char *fmt, ...) CFG_PRINTF(6, 7);
/* "name:line:column: path: message", CFG_EVALUE. `key`: of a key that is not there, or NULL. */
int cfg_fail_at(cfg_error *err, const char *name, const yt_node *n, const char *key,
                const char *fmt, ...) CFG_PRINTF(5, 6);

#endif
