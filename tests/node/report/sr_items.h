/* tests/node/report/sr_items.h - finding content items of a report that was read back. */
#ifndef PN_TEST_SR_ITEMS_H
#define PN_TEST_SR_ITEMS_H
#include "check.h"

#include <string.h>

#include "dicom/sr.h"
#include "report/feature_codes.h"
#include "report/sr_codes.h"

static inline bool is(const pn_sr_item *item, pn_code_triple code)
{
    return strcmp(item->name_code, code.value) == 0 && strcmp(item->name_scheme, code.scheme) == 0;
}

static inline size_t count(const pn_sr_document *d, pn_code_triple code)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_items; i++) { n += is(&d->items[i], code); }
    return n;
}

/* Index of the nth (from 0) item of that name. */
static inline size_t nth(const pn_sr_document *d, pn_code_triple code, size_t n)
{
    for (size_t i = 0; i < d->n_items; i++) {
        if (is(&d->items[i], code) && n-- == 0) { return i; }
    }
    fail_msg("no item %s", code.meaning);
    return 0;
}

static inline const pn_sr_item *only(const pn_sr_document *d, pn_code_triple code)
{
    assert_int_equal(count(d, code), 1);
    return &d->items[nth(d, code, 0)];
}

/* One past the last descendant of item i. */
static inline size_t end_of(const pn_sr_document *d, size_t i)
{
    size_t end = i + 1;
    while (end < d->n_items && d->items[end].depth > d->items[i].depth) { end++; }
    return end;
}

/* The first item of that name below `root`. */
static inline const pn_sr_item *below(const pn_sr_document *d, size_t root, pn_code_triple code)
{
    for (size_t i = root + 1; i < end_of(d, root); i++) {
        if (is(&d->items[i], code)) { return &d->items[i]; }
    }
    fail_msg("no item %s below %s", code.meaning, d->items[root].name);
    return NULL;
}

static inline bool is_feature(const pn_sr_item *item)
{
    return pn_feature_code_of(item->name_code, item->name_scheme) != NULL;
}

#endif
