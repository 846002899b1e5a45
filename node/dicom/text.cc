/* dicom/text.cc - text of a data set in UTF-8 (pn::Text of dataset.hh). PS3.3 C.12.1.1.2,
 * PS3.5 6.1 and annex H (Japanese). */
#include "dicom/dataset.hh"
#include <cstring>
#include <iconv.h>

namespace pn {

static bool is_utf8(const std::string &s)
{
    for (std::size_t i = 0; i < s.size();) {
        unsigned char c = static_cast<unsigned char>(s[i]);
        std::size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2
                           : c >= 0xF0 && c < 0xF5 ? 3 : 4;
        if (more == 4 || i + more >= s.size()) { return false; }
        for (std::size_t k = 1; k <= more; k++) {
            if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) { return false; }
        }
        /* Overlong forms, surrogates and what lies beyond U+10FFFF. */
        unsigned char next = more > 0 ? static_cast<unsigned char>(s[i + 1]) : 0;
        if ((c == 0xE0 && next < 0xA0) || (c == 0xED && next > 0x9F) || (c == 0xF0 && next < 0x90) ||
            (c == 0xF4 && next > 0x8F)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

static bool is_plain(const std::string &bytes)
{
    for (char c : bytes) {
        if (static_cast<unsigned char>(c) >= 0x80 || c == 0x1B) { return false; }
    }
    return true;
}

static std::string from_latin1(const std::string &s)
{
    std::string out;
    for (char ch : s) {
        unsigned c = static_cast<unsigned char>(ch);
        if (c < 0x80) {
            out.push_back(ch);
        } else {
            out.push_back(static_cast<char>(0xC0 | c >> 6));
            out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
        }
    }
    return out;
}

/* ---- Japanese: DCMTK over glibc's iconv cannot do JIS X 0208 and 0212 -------------- */

/* ISO 2022 with DICOM's sets to EUC-JP: two-byte sets move to the upper half, half-width
 * katakana (0xA1-0xDF of JIS X 0201) and JIS X 0212 get their single shifts, escape sequences
 * go. JIS X 0201's Latin half differs from ASCII in two signs and is taken as ASCII. */
static std::string japanese_to_euc(const std::string &bytes)
{
    enum { SINGLE, JIS_X_0208, JIS_X_0212 } set = SINGLE;
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        auto starts = [&](const char *escape) { return bytes.compare(i, std::strlen(escape), escape) == 0; };
        unsigned char c = static_cast<unsigned char>(bytes[i]);
        if (starts("\x1B$(D")) {
            set = JIS_X_0212;
            i += 4;
        } else if (starts("\x1B$B") || starts("\x1B$@")) {
            set = JIS_X_0208;
            i += 3;
        } else if (starts("\x1B(B") || starts("\x1B(J")) {
            set = SINGLE;
            i += 3;
        } else if (starts("\x1B)I")) {
            i += 3;
        } else if (set != SINGLE && c > 0x20 && c < 0x7F && i + 1 < bytes.size()) {
            if (set == JIS_X_0212) { out.push_back('\x8F'); }
            out.push_back(static_cast<char>(c | 0x80));
            out.push_back(static_cast<char>(bytes[i + 1] | 0x80));
            i += 2;
        } else {
            if (c >= 0xA1 && c <= 0xDF) { out.push_back('\x8E'); }
            out.push_back(bytes[i++]);
        }
    }
    return out;
}

static bool iconv_all(std::string &out, const std::string &bytes, const char *from)
{
    iconv_t cd = iconv_open("UTF-8", from);
    if (cd == reinterpret_cast<iconv_t>(-1)) { return false; }
    std::vector<char> in(bytes.begin(), bytes.end()), room(bytes.size() * 4 + 4);
    char *src = in.data(), *dst = room.data();
    std::size_t left = in.size(), space = room.size();
    bool good = iconv(cd, &src, &left, &dst, &space) != static_cast<std::size_t>(-1) && left == 0;
    iconv_close(cd);
    if (good) { out.assign(room.data(), room.size() - space); }
    return good;
}

/* ---- Latin alphabet No. 9, which DCMTK 3.6.7 does not know -------------------------- */

/* Without the escape sequences to it (G1) and to ASCII (G0). */
static std::string without_latin9_escapes(const std::string &bytes)
{
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        if (bytes.compare(i, 3, "\x1B-b") == 0 || bytes.compare(i, 3, "\x1B(B") == 0) {
            i += 3;
        } else {
            out.push_back(bytes[i++]);
        }
    }
    return out;
}

/* ---- Which set -------------------------------------------------------------------- */

/* Spellings that are met: ISO-IR 100, ISO_IR_100. A single term of code extensions extends
 * nothing, and means the plain set. */
static std::string normalised(std::string set)
{
    clean(set);
    if (set.compare(0, 6, "ISO-IR") == 0 || set.compare(0, 6, "ISO IR") == 0) { set[3] = '_'; }
    if (set.compare(0, 7, "ISO_IR_") == 0 || set.compare(0, 7, "ISO_IR-") == 0) { set[6] = ' '; }
    const std::string extended = "ISO 2022 IR ";
    if (set.find('\\') == std::string::npos && set.compare(0, extended.size(), extended) == 0) {
        std::string number = set.substr(extended.size());
        bool multi_byte = number == "87" || number == "159" || number == "149" || number == "58";
        if (!multi_byte) { set = "ISO_IR " + number; }
    }
    return set;
}

Text::Text(DcmItem &dataset) : method(NONE), undesignated(nullptr)
{
    std::string set = normalised(characters(dataset, DCM_SpecificCharacterSet));
    if (set.empty() || set == "ISO_IR 6") { return; }
    if (set.find("ISO 2022 IR 87") != std::string::npos || set.find("ISO 2022 IR 159") != std::string::npos) {
        method = JAPANESE;
    } else if (set == "ISO_IR 203" || set == "\\ISO 2022 IR 203" || set == "ISO 2022 IR 6\\ISO 2022 IR 203") {
        method = LATIN_9;
    } else if (charset.selectCharacterSet(OFString(set.c_str())).good()) {
        method = DCMTK;
        /* Writers are met that leave the escape sequence out where there is but one extension. */
        if (set == "\\ISO 2022 IR 58") { undesignated = "EUC-CN"; }
        if (set == "\\ISO 2022 IR 149") { undesignated = "EUC-KR"; }
    } else {
        method = UNKNOWN;
    }
}

bool Text::is_readable(DcmItem &item, const DcmTagKey &tag) const
{
    return method != UNKNOWN || is_plain(characters(item, tag));
}

std::string Text::to_utf8(const std::string &bytes)
{
    if (is_plain(bytes)) { return bytes; }
    std::string out;
    if (method == JAPANESE && iconv_all(out, japanese_to_euc(bytes), "EUC-JP")) { return out; }
    if (method == LATIN_9 && iconv_all(out, without_latin9_escapes(bytes), "ISO-8859-15")) { return out; }
    OFString converted;
    if (method == DCMTK &&
        charset.convertString(OFString(bytes.data(), bytes.size()), converted, "\\^=").good()) {
        return std::string(converted.c_str(), converted.length());
    }
    if (undesignated != nullptr && iconv_all(out, bytes, undesignated)) { return out; }
    return is_utf8(bytes) ? bytes : from_latin1(bytes);
}

std::string Text::get(DcmItem &item, const DcmTagKey &tag)
{
    std::string s = to_utf8(characters(item, tag));
    clean(s);
    return s;
}

} // namespace pn
