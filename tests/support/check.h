/* tests/support/check.h - cmocka with the checks that numeric tests need. */
#ifndef PN_TEST_CHECK_H
#define PN_TEST_CHECK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <cmocka.h>

/* |got - want| <= max(atol, rtol * |want|); two NaNs agree. */
static inline bool near_enough(double got, double want, double rtol, double atol)
{
    if (isnan(want) || isnan(got)) { return isnan(want) && isnan(got); }
    if (got == want) { return true; }          /* equal infinities */
    double allowed = fmax(atol, rtol * fabs(want));
    return fabs(got - want) <= allowed;
}

#define CHECK_NEAR(got, want, rtol, atol)                                              \
    do {                                                                               \
        double g_ = (got), w_ = (want);                                                \
        if (!near_enough(g_, w_, (rtol), (atol))) {                                    \
            fail_msg("%s = %.17g, expected %.17g (off by %.3g, relative %.3g)", #got,  \
                     g_, w_, g_ - w_, (g_ - w_) / w_);                                 \
        }                                                                              \
    } while (0)

/* Succeeds, or prints the error's message. Works with every *_error of the project. */
#define CHECK_OK(call, err)                                                            \
    do {                                                                               \
        int rc_ = (call);                                                              \
        if (rc_ != 0) { fail_msg("%s failed with %d: %s", #call, rc_, (err).msg); }    \
    } while (0)

/* True where the shared test data lies; else says so once, for the caller to skip(). */
static inline bool have_shared(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0) { return true; }
    fprintf(stderr, "SKIPPED: test data not found at %s\n", path);
    return false;
}
#define SHARED(path) PN_SHARED_DIR "/" path
#define SKIP_WITHOUT(path)                                                             \
    do { if (!have_shared(path)) { skip(); } } while (0)

#endif
