/* role/clock.c - see clock.h. */
#include "role/clock.h"
#include <stdlib.h>
#include "base/file.h"
#include "base/log.h"

enum { DIFFERS_MS = 60000 };           /* what NTP mends by steps is less */

static int set_back(pn_clock *x, pn_store *s, int64_t by_ms, pn_error *err)
{
    size_t n_since = 0, n_before = 0;
    int64_t rest_ms = by_ms - x->ahead_ms;
    int rc = pn_store_move_clock(&n_since, s, -by_ms, x->ahead_since_ms, INT64_MAX, err);
    if (rc == PN_OK && rest_ms > 0) {
        rc = pn_store_move_clock(&n_before, s, -rest_ms, INT64_MIN, x->ahead_since_ms, err);
    }
    if (rc != PN_OK) { return rc; }
    x->ahead_ms = rest_ms < 0 ? -rest_ms : 0;
    if (x->ahead_ms == 0) { x->ahead_since_ms = INT64_MIN; }
    pn_log(PN_LOG_WARN, "clock_set_back", "by_ms=%lld cases=%zu", (long long)by_ms, n_since + n_before);
    return PN_OK;
}

int pn_clock_follow(pn_clock *x, pn_store *s, pn_error *err)
{
    int64_t now_ms = pn_now_ms(), clock_ms = now_ms - pn_boot_ms(), newest_ms = 0, back_ms = 0;
    int rc = PN_OK;
    if (x->known) {
        back_ms = x->clock_ms - clock_ms;
    } else {
        x->ahead_ms = 0;
        x->ahead_since_ms = INT64_MIN;
        rc = pn_store_newest_change(&newest_ms, s, err);
        back_ms = newest_ms - now_ms;
    }
    if (rc == PN_OK && back_ms > DIFFERS_MS) { rc = set_back(x, s, back_ms, err); }
    if (rc != PN_OK) { return rc; }
    if (x->known && -back_ms > DIFFERS_MS) {
        pn_log(PN_LOG_WARN, "clock_set_forwards", "by_ms=%lld", (long long)-back_ms);
        if (x->ahead_ms == 0) { x->ahead_since_ms = now_ms; }
        x->ahead_ms -= back_ms;
    }
    if (!x->known || llabs(back_ms) > DIFFERS_MS) { x->clock_ms = clock_ms; }
    x->known = true;
    return PN_OK;
}
