/* config/texts.h - a YAML file of texts: words by name, such as a message catalogue. */
#ifndef CFG_TEXTS_H
#define CFG_TEXTS_H
#include <stddef.h>
#include <config/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_TEXT_KEY_SIZE = 96, CFG_TEXT_MAX_BYTES = 600 };   /* of one text, without its end */

typedef struct cfg_named_text {
    char key[CFG_TEXT_KEY_SIZE];   /* keys of nested mappings joined by points: "gate.score"   */
    char *text;                    /* UTF-8, no control characters, not empty                  */
    unsigned line, column;         /* of the text, from 1                                      */
} cfg_named_text;

typedef struct cfg_texts { cfg_named_text *items; size_t n; } cfg_texts;   /* in the file's order */

/* Mappings of texts, nested as the writer likes; anything else is refused with its place. */
CFG_CHECKED int cfg_texts_load(cfg_texts *out, const char *path, cfg_error *err);
/* The same from memory; `name` stands in messages. */
CFG_CHECKED int cfg_texts_parse(cfg_texts *out, const char *bytes, size_t n, const char *name,
                                cfg_error *err);
void cfg_texts_free(cfg_texts *t);     /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
