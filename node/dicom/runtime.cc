/* dicom/runtime.cc - one-time preparation of DCMTK. */
#include "dicom/guard.hh"
#include "dicom/runtime.h"
#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmdata/dcspchrs.h"
#include "dcmtk/dcmdata/dcuid.h"
#include "dcmtk/dcmnet/dul.h"
#include "dcmtk/oflog/oflog.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iconv.h>
#include <list>
#include <random>
#include <unistd.h>

/* In place of libc's, for every library of the process. DCMTK puts this number into the UIDs that
 * it makes (each new report has one until it gets ours), and libc asks the resolver for it,
 * which is the network, where /etc/hostid is missing. */
extern "C" long gethostid(void)
{
    static const long id = static_cast<long>(std::random_device{}() & 0x7fffffff);
    return id;
}

int pn_dicom_init(pn_error *err)
{
    return guarded(err, [&] {
        OFLog::configure(OFLogger::ERROR_LOG_LEVEL);
        /* Else DCMTK asks the resolver for each peer's name, and the peer waits for its answer. */
        dcmDisableGethostbyaddr.set(OFTrue);
        /* DCMTK writes a response in two small pieces; with Nagle's algorithm each waits for
         * the peer's delayed acknowledgement. */
        if (setenv("TCP_NODELAY", "1", 1) != 0) {
            return pn_fail(err, PN_EINTERNAL, "cannot set TCP_NODELAY: %s", std::strerror(errno));
        }
        if (!dcmDataDict.isDictionaryLoaded()) {
            return pn_fail(err, PN_ECONFIG,
                           "no DICOM data dictionary: install DCMTK's dicom.dic or set DCMDICTPATH");
        }
        return 0;
    });
}

int pn_dicom_preload_charsets(pn_error *err)
{
    static const char *const terms[] = {
        "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127",
        "ISO_IR 126", "ISO_IR 138", "ISO_IR 148", "ISO_IR 13",  "ISO_IR 166", "GB18030", "GBK",
        "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
    };
    return guarded(err, [&] {
        /* Kept open for the life of the process: a converter's module is unloaded with its
         * last descriptor, and cannot be opened again inside the sandbox. */
        static std::list<DcmSpecificCharacterSet> open_converters;
        if (!open_converters.empty()) { return 0; }
        for (const char *term : terms) {
            open_converters.emplace_back();
            if (open_converters.back().selectCharacterSet(term).bad()) {
                open_converters.pop_back();
            }
        }
        static iconv_t japanese = iconv_open("UTF-8", "EUC-JP");
        static iconv_t latin9 = iconv_open("UTF-8", "ISO-8859-15");
        static iconv_t chinese = iconv_open("UTF-8", "EUC-CN");
        static iconv_t korean = iconv_open("UTF-8", "EUC-KR");
        const iconv_t missing = reinterpret_cast<iconv_t>(-1);
        if (open_converters.empty() || japanese == missing || latin9 == missing ||
            chinese == missing || korean == missing) {
            open_converters.clear();
            return pn_fail(err, PN_ECONFIG, "character set converters are missing (glibc's gconv modules)");
        }
        return 0;
    });
}

const char *pn_dicom_version(void) { return "DCMTK " OFFIS_DCMTK_VERSION; }
