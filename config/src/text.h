/* text.h - numbers from and to text, and text that grows. Nothing here follows the locale. */
#ifndef CFG_TEXT_H
#define CFG_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <config/error.h>

/* Run the block between the two with the "C" locale in this thread. enter returns false
 * where there is no memory for it. */
typedef struct txt_locale { void *mine, *before; } txt_locale;
bool txt_locale_enter(txt_locale *l);
void txt_locale_leave(txt_locale *l);

/* Whole text only; no leading zeros (YAML 1.1 reads 010 as 8), no blanks, no hexadecimal. */
bool txt_uint(uint64_t *out, const char *text);
/* Also .inf and -.inf; not .nan. A number too large for a double is refused.
 * Needs the "C" locale. */
bool txt_real(double *out, const char *text);
/* true/yes/on and false/no/off as YAML 1.1 spells them. */
bool txt_bool(bool *out, const char *text);

enum { TXT_REAL_SIZE = 32 };
/* The shortest of 15 to 17 digits that reads back as v; .inf, -.inf. Needs the "C" locale. */
void txt_put_real(char buf[TXT_REAL_SIZE], double v);

/* Printable copy of outside text for a message: control characters as `?`, cut at 60 bytes. */
enum { TXT_SHOWN_SIZE = 68 };
void txt_show(char buf[TXT_SHOWN_SIZE], const char *text);

/* Which of the words is nearest to `text` in edits, case aside; NULL where none is near. */
const char *txt_nearest(const char *text, const char *(*word)(const void *list, size_t i),
                        const void *list, size_t n);

/* ---- A text that grows; after a failed allocation it stays failed. */
typedef struct txt_buf {
    char *text;
    size_t n, room;
    bool failed;
} txt_buf;
void txt_add(txt_buf *b, const char *fmt, ...) CFG_PRINTF(2, 3);
/* A YAML double-quoted scalar. */
void txt_add_quoted(txt_buf *b, const char *text);
void txt_buf_free(txt_buf *b);

#endif
