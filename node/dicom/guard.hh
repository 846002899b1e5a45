/* dicom/guard.hh - the one place where C++ exceptions and OFCondition become pn_error.
 *
 * Every function that dicom/ exports runs its whole body, null checks included, inside
 * guarded(err, [&] { ... return int; }); nothing may throw into C. */
#ifndef PN_DICOM_GUARD_HH
#define PN_DICOM_GUARD_HH
#include "dcmtk/config/osconfig.h"
#include "dcmtk/ofstd/ofcond.h"
#include <exception>
#include <new>
#include "base/error.h"

template <class Body> int guarded(pn_error *err, Body &&body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return pn_fail_transient(err, PN_ENOMEM, "out of memory");
    } catch (const std::exception &e) {
        return pn_fail(err, PN_EINTERNAL, "unexpected exception: %s", e.what());
    } catch (...) {
        return pn_fail(err, PN_EINTERNAL, "unexpected exception");
    }
}

/* OFCondition -> pn_error with a context of our own words. */
inline int fail_condition(pn_error *err, pn_code code, const OFCondition &cond, const char *what)
{
    return pn_fail(err, code, "%s: %s", what, cond.text());
}
#endif
