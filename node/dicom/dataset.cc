/* dicom/dataset.cc - see dataset.hh. */
#include "dicom/dataset.hh"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace pn {

static const Uint32 KEEP_ON_DISK_ABOVE = 1024;

int load(DcmFileFormat &file, pn_scan &scan, const char *path, pn_error *err)
{
    int rc = pn_scan_file(&scan, path, err);
    if (rc != 0) { return rc; }
    OFCondition cond = file.loadFile(OFFilename(path), EXS_Unknown, EGL_noChange, KEEP_ON_DISK_ABOVE,
                                     ERM_fileOnly);
    if (cond.bad()) { return fail_condition(err, PN_EFORMAT, cond, "cannot parse"); }
    return 0;
}

/* ---- Text ------------------------------------------------------------------ */

void clean(std::string &s)
{
    for (char &c : s) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) { c = ' '; }
    }
    std::size_t from = s.find_first_not_of(' ');
    if (from == std::string::npos) {
        s.clear();
        return;
    }
    s = s.substr(from, s.find_last_not_of(' ') - from + 1);
}

std::string characters(DcmItem &item, const DcmTagKey &tag)
{
    DcmElement *element = nullptr;
    if (item.findAndGetElement(tag, element).bad() || element == nullptr) { return ""; }
    OFString value;
    switch (element->ident()) {
    case EVR_SQ: case EVR_OB: case EVR_OW: case EVR_UN: case EVR_pixelSQ: case EVR_PixelData:
        return "";
    default:
        if (element->getOFStringArray(value, OFFalse).bad()) { return ""; }
        return std::string(value.c_str(), std::strlen(value.c_str()));
    }
}

void put(char *dst, std::size_t size, const std::string &text)
{
    std::size_t n = text.size();
    if (n >= size) {
        n = size - 1;
        while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) { n--; }
    }
    std::memcpy(dst, text.data(), n);
    dst[n] = '\0';
}

int put_whole(char *dst, std::size_t size, const std::string &text, const char *what, pn_error *err)
{
    if (text.size() >= size) {
        return pn_fail(err, PN_EFORMAT, "%s: longer than %zu bytes", what, size - 1);
    }
    put(dst, size, text);
    return 0;
}

int put_uid(char dst[PN_UID_SIZE], DcmItem &item, const DcmTagKey &tag, pn_error *err)
{
    std::string s = characters(item, tag);
    clean(s);
    if (!s.empty() && !pn_uid_is_valid(s.c_str())) {
        return pn_fail(err, PN_EFORMAT, "(%04x,%04x): %s is not a UID", tag.getGroup(),
                       tag.getElement(), shown(s).c_str());
    }
    put(dst, PN_UID_SIZE, s);
    return 0;
}

/* ---- Sequences --------------------------------------------------------------- */

std::vector<DcmItem *> items(DcmItem &item, const DcmTagKey &tag)
{
    std::vector<DcmItem *> out;
    DcmSequenceOfItems *sequence = nullptr;
    if (item.findAndGetSequence(tag, sequence).bad() || sequence == nullptr) { return out; }
    out.reserve(sequence->card());
    /* Walked as a list: getItem(i) would search from the front each time. */
    for (DcmObject *o = sequence->nextInContainer(nullptr); o != nullptr;
         o = sequence->nextInContainer(o)) {
        if (DcmItem *i = dynamic_cast<DcmItem *>(o)) { out.push_back(i); }
    }
    return out;
}

DcmItem *first_item(DcmItem &item, const DcmTagKey &tag)
{
    std::vector<DcmItem *> all = items(item, tag);
    return all.empty() ? nullptr : all.front();
}

/* ---- Numbers ------------------------------------------------------------------- */

std::string raw(DcmItem &item, const DcmTagKey &tag)
{
    std::string s = characters(item, tag);
    clean(s);
    return s;
}

static void strip(const char *&begin, const char *&end)
{
    while (begin < end && (*begin == ' ' || *begin == '\0')) { begin++; }
    while (end > begin && (end[-1] == ' ' || end[-1] == '\0')) { end--; }
}

/* Tells a number too small for a double, 0 to within rounding, from one too large. */
static bool has_negative_exponent(const char *begin, const char *end)
{
    const char *e = std::find_if(begin, end, [](char c) { return c == 'e' || c == 'E'; });
    return e != end && e + 1 != end && e[1] == '-';
}

bool parse_decimal(const char *begin, const char *end, double &out)
{
    strip(begin, end);
    if (begin < end && *begin == '+') {        /* allowed by DS, not by from_chars */
        begin++;
        if (begin < end && *begin == '-') { return false; }
    }
    double value = 0;
    std::from_chars_result r = std::from_chars(begin, end, value, std::chars_format::general);
    bool tiny = r.ec == std::errc::result_out_of_range && has_negative_exponent(begin, end);
    if ((r.ec != std::errc() && !tiny) || r.ptr != end || !std::isfinite(value)) { return false; }
    out = value;
    return true;
}

bool parse_integer(const std::string &text, long &out)
{
    const char *begin = text.data(), *end = begin + text.size();
    strip(begin, end);
    if (begin < end && *begin == '+') {
        begin++;
        if (begin < end && *begin == '-') { return false; }
    }
    long value = 0;
    std::from_chars_result r = std::from_chars(begin, end, value);
    if (r.ec != std::errc() || r.ptr != end) { return false; }
    out = value;
    return true;
}

int decimals(double *out, std::size_t n, DcmItem &item, const DcmTagKey &tag, const char *name,
             pn_error *err)
{
    std::string s = raw(item, tag);
    if (s.empty()) { return pn_fail(err, PN_EFORMAT, "%s is missing", name); }
    const char *p = s.data(), *end = p + s.size();
    for (std::size_t i = 0; i < n; i++) {
        const void *found = i + 1 < n ? std::memchr(p, '\\', static_cast<std::size_t>(end - p)) : end;
        const char *stop = static_cast<const char *>(found);
        if (stop == nullptr || !parse_decimal(p, stop, out[i])) {
            return pn_fail(err, PN_EFORMAT, "%s is %s, expected %zu decimal number%s", name,
                           shown(s).c_str(), n, n == 1 ? "" : "s");
        }
        p = stop + 1;
    }
    return 0;
}

int optional_decimal(double &out, DcmItem &item, const DcmTagKey &tag, const char *name,
                     pn_error *err)
{
    return raw(item, tag).empty() ? 0 : decimals(&out, 1, item, tag, name, err);
}

int integer(long &out, DcmItem &item, const DcmTagKey &tag, const char *name, pn_error *err)
{
    std::string s = raw(item, tag);
    if (!parse_integer(s, out) || out < INT32_MIN || out > INT32_MAX) {
        return pn_fail(err, PN_EFORMAT, "%s is %s, expected a whole number", name, shown(s).c_str());
    }
    return 0;
}

int uint16(std::uint16_t &out, DcmItem &item, const DcmTagKey &tag, const char *name, pn_error *err)
{
    Uint16 value = 0;
    if (item.findAndGetUint16(tag, value).bad()) {
        return pn_fail(err, PN_EFORMAT, "%s is missing", name);
    }
    out = value;
    return 0;
}

std::string shown(const std::string &text)
{
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size(); i++) {
        if (i == 40) {
            out += "...";
            break;
        }
        char c = text[i];
        out.push_back(c >= 0x20 && c < 0x7F ? c : '?');
    }
    return out + "\"";
}

} // namespace pn
