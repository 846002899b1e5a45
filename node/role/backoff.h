/* role/backoff.h - how long to wait before something that failed is tried again. */
#ifndef PN_BACKOFF_H
#define PN_BACKOFF_H
#include <stdint.h>
#include <config/node.h>

/* delivery.retry_first_s, doubled at every attempt up to retry_max_s, and up to a quarter more.
 * The spread follows from the id and the attempt, so that what failed in one outage does not come
 * back in step. */
int64_t pn_backoff_ms(const cfg_node *cfg, int64_t id, unsigned attempts);

#endif
