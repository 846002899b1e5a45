/* base/log.h - one logfmt line an event, on stderr (journald's or the terminal's).
 *
 *   time=2026-01-31T12:00:00.123Z level=info role=receiver event=stored sop=1.2.3 bytes=525090
 *
 * UIDs may be logged, patient attributes never. Only roles and commands log; everything else
 * returns its error. A function logs or returns an error, not both. */
#ifndef PN_LOG_H
#define PN_LOG_H
#include <stddef.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pn_log_level { PN_LOG_DEBUG, PN_LOG_INFO, PN_LOG_WARN, PN_LOG_ERROR } pn_log_level;

void pn_log_role(const char *role);              /* static string; once a process        */
void pn_log_threshold(pn_log_level least);       /* default PN_LOG_INFO                  */
/* fmt gives `key=value` pairs; outside text goes through pn_log_quote first. */
void pn_log(pn_log_level level, const char *event, const char *fmt, ...) PN_PRINTF(3, 4);
/* Text as a logfmt value: quoted where needed, control bytes as \xNN, cut to fit. Returns buf. */
const char *pn_log_quote(char *buf, size_t size, const char *text);

#ifdef __cplusplus
}
#endif
#endif
