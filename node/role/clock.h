/* role/clock.h - timers of cases are times of day: what becomes of them when the clock is set.
 *
 * Forwards, they are due. Back, they go along, so that nothing waits for the old time to come
 * again; but where that undoes an earlier move forwards, the cases of before it are left as they
 * were. */
#ifndef PN_CLOCK_H
#define PN_CLOCK_H
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "queue/store.h"

typedef struct pn_clock {              /* zeroed: nothing is known yet */
    bool known;
    int64_t clock_ms;                  /* time of day less the time since the machine's start */
    int64_t ahead_ms, ahead_since_ms;  /* how far it was set forwards, and when, by the new time */
} pn_clock;

/* Compare the time of day with the time that has passed since the last call and, by more than a
 * minute, move what open cases wait for (pn_store_move_clock). The first call compares with the
 * newest change of an open case instead: the clock may have been set while nobody looked. Fails
 * as the store does. */
PN_CHECKED int pn_clock_follow(pn_clock *x, pn_store *s, pn_error *err);

#endif
