/* dicom/identifier.hh - small data sets that we write ourselves: queries, requests (implicit little endian).
 *
 * Elements are added in rising order of their tags. Private to dicom/. */
#ifndef PN_IDENTIFIER_HH
#define PN_IDENTIFIER_HH
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

class Identifier {
public:
    void text(uint16_t group, uint16_t element, const std::string &value, char pad)
    {
        std::string padded = value;
        if (padded.size() % 2 != 0) { padded += pad; }
        head(group, element, padded.size());
        bytes.insert(bytes.end(), padded.begin(), padded.end());
    }
    void sequence(uint16_t group, uint16_t element, const std::vector<Identifier> &items)
    {
        size_t n = 0;
        for (const Identifier &item : items) { n += 8 + item.bytes.size(); }
        head(group, element, n);
        for (const Identifier &item : items) {
            head(0xfffe, 0xe000, item.bytes.size());
            bytes.insert(bytes.end(), item.bytes.begin(), item.bytes.end());
        }
    }
    std::vector<uint8_t> bytes;

private:
    void head(uint16_t group, uint16_t element, size_t length)
    {
        put(group, 2);
        put(element, 2);
        put(length, 4);
    }
    void put(size_t v, int n)
    {
        for (int i = 0; i < n; i++) { bytes.push_back(static_cast<uint8_t>(v >> 8 * i & 0xff)); }
    }
};

#endif
