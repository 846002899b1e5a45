/* dicom/dataset.hh - reading attributes out of a DcmItem, checked, in our own types.
 *
 * Internal to the readers in dicom/. Nothing here trusts a value: numbers are finite and
 * within PN_MAX_COORDINATE_MM where they are positions, UIDs are UIDs, text is UTF-8 without
 * control characters. */
#ifndef PN_DICOM_DATASET_HH
#define PN_DICOM_DATASET_HH
#include "dicom/guard.hh"
#include "dicom/scan.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcspchrs.h"
#include <cstdint>
#include <string>
#include <vector>

namespace pn {

/* Scan, then parse. Values longer than 1 KB stay on disk until asked for. */
int load(DcmFileFormat &file, pn_scan &scan, const char *path, pn_error *err);

/* The value's bytes as they stand, of every VR whose value is characters; else "". */
std::string characters(DcmItem &item, const DcmTagKey &tag);
/* Control characters to spaces, spaces off both ends. */
void clean(std::string &s);

/* Text of one data set, in UTF-8 from whatever Specific Character Set says. */
class Text {
public:
    explicit Text(DcmItem &dataset);
    /* Trimmed; "" where absent or not text. Bytes that the stated set does not allow are taken
     * as UTF-8, else as Latin-1, so that two different values never become one. */
    std::string get(DcmItem &item, const DcmTagKey &tag);
    /* False where the value has characters beyond ASCII in a set that nobody knows. */
    bool is_readable(DcmItem &item, const DcmTagKey &tag) const;

private:
    std::string to_utf8(const std::string &bytes);
    enum { NONE, DCMTK, JAPANESE, LATIN_9, UNKNOWN } method;
    const char *undesignated;    /* iconv's name of what upper-half bytes are without an escape */
    DcmSpecificCharacterSet charset;
};

/* Fixed-size copies. put() cuts at a character's edge; put_whole() refuses to cut. */
void put(char *dst, std::size_t size, const std::string &text);
int put_whole(char *dst, std::size_t size, const std::string &text, const char *what, pn_error *err);
/* UID into dst, "" where absent; PN_EFORMAT where it is none. */
int put_uid(char dst[PN_UID_SIZE], DcmItem &item, const DcmTagKey &tag, pn_error *err);

/* Items of a sequence; empty where it is absent, or is no sequence. Borrowed. */
std::vector<DcmItem *> items(DcmItem &item, const DcmTagKey &tag);
/* First item, or null. */
DcmItem *first_item(DcmItem &item, const DcmTagKey &tag);

/* Raw characters of DS or IS: ASCII, backslashes between values. Absent or empty: "". */
std::string raw(DcmItem &item, const DcmTagKey &tag);
/* Decimal without regard to the locale; spaces around it are padding. Not NaN, not infinite. */
bool parse_decimal(const char *begin, const char *end, double &out);
bool parse_integer(const std::string &text, long &out);

/* Exactly n decimals. PN_EFORMAT where absent, of another count or no number; the message
 * begins with the attribute's name. */
int decimals(double *out, std::size_t n, DcmItem &item, const DcmTagKey &tag, const char *name,
             pn_error *err);
/* Leaves `out` where absent or empty. */
int optional_decimal(double &out, DcmItem &item, const DcmTagKey &tag, const char *name,
                     pn_error *err);
int integer(long &out, DcmItem &item, const DcmTagKey &tag, const char *name, pn_error *err);
int uint16(std::uint16_t &out, DcmItem &item, const DcmTagKey &tag, const char *name, pn_error *err);

/* A value as it may stand in a message: printable ASCII, at most 40 characters, in quotes. */
std::string shown(const std::string &text);

} // namespace pn
#endif
