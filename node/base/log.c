#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_role = "prognode";
static pn_log_level log_least = PN_LOG_INFO;

void pn_log_role(const char *role) { log_role = role; }
void pn_log_threshold(pn_log_level least) { log_least = least; }

void pn_log(pn_log_level level, const char *event, const char *fmt, ...)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    if (level < log_least) { return; }

    char line[2048];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    int n = snprintf(line, sizeof line,
                     "time=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ level=%s role=%s pid=%d event=%s",
                     utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec, now.tv_nsec / 1000000, words[level], log_role, (int)getpid(),
                     event);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (fmt[0] != '\0' && used + 2 < sizeof line) {
        line[used++] = ' ';
        va_list ap;
        va_start(ap, fmt);
        int m = vsnprintf(line + used, sizeof line - used - 1, fmt, ap);
        va_end(ap);
        if (m > 0) { used += (size_t)m < sizeof line - used - 1 ? (size_t)m : sizeof line - used - 2; }
    }
    line[used++] = '\n';
    /* One write a line keeps the lines of several processes whole. */
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
}

const char *pn_log_quote(char *buf, size_t size, const char *text)
{
    size_t n = 0;
    if (size < 4) {
        if (size > 0) { buf[0] = '\0'; }
        return buf;
    }
    buf[n++] = '"';
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && n + 6 < size; p++) {
        if (*p == '"' || *p == '\\') {
            buf[n++] = '\\';
            buf[n++] = (char)*p;
        } else if (*p < 0x20 || *p == 0x7f) {
            n += (size_t)snprintf(buf + n, size - n, "\\x%02x", *p);
        } else {
            buf[n++] = (char)*p;
        }
    }
    buf[n++] = '"';
    buf[n] = '\0';
    return buf;
}
