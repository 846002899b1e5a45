/* dicom/header_digests.cc - see header_digests.hh. */
#include "dicom/header_digests.hh"
#include "base/hash.h"
#include "dicom/multiframe.hh"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace {

class Digest {
public:
    ~Digest() { pn_sha256_discard(&sha); }
    int begin(pn_error *err) { return pn_sha256_init(&sha, err); }
    void add(const std::string &text) { pn_sha256_update(&sha, text.c_str(), text.size() + 1); }
    void add(const void *p, std::size_t n) { pn_sha256_update(&sha, p, n); }
    void put(char hex[PN_DIGEST_HEX_SIZE])
    {
        std::uint8_t digest[PN_SHA256_SIZE];
        pn_sha256_final(&sha, digest);
        pn_hex(hex, digest, sizeof digest);
    }

private:
    pn_sha256 sha = {};
};

/* The numbers that give the pixels their place and their meaning. Two copies that differ in
 * one of them are two images, whatever their pixels. */
const DcmTagKey meaning[] = {
    DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing, DCM_RescaleSlope,
    DCM_RescaleIntercept, DCM_NumberOfFrames, DCM_Units,
};
const DcmTagKey layout[] = {
    DCM_Rows, DCM_Columns, DCM_BitsAllocated, DCM_BitsStored, DCM_HighBit,
    DCM_PixelRepresentation, DCM_SamplesPerPixel,
};
/* What a correction of the patient or the order changes. */
const DcmTagKey identity[] = {
    DCM_PatientName, DCM_PatientID, DCM_IssuerOfPatientID, DCM_PatientBirthDate, DCM_PatientSex,
    DCM_AccessionNumber, DCM_StudyInstanceUID, DCM_StudyID,
};

/* The same of a multi-frame image, where they stand in groups of each frame. */
void add_groups(Digest &digest, DcmItem &dataset)
{
    const struct { DcmTagKey group, tag; } of[] = {
        {DCM_PlanePositionSequence, DCM_ImagePositionPatient},
        {DCM_PlaneOrientationSequence, DCM_ImageOrientationPatient},
        {DCM_PixelMeasuresSequence, DCM_PixelSpacing},
        {DCM_PixelValueTransformationSequence, DCM_RescaleSlope},
        {DCM_PixelValueTransformationSequence, DCM_RescaleIntercept},
    };
    DcmItem *shared = pn::first_item(dataset, DCM_SharedFunctionalGroupsSequence);
    for (DcmItem *frame : pn::items(dataset, DCM_PerFrameFunctionalGroupsSequence)) {
        for (const auto &one : of) {
            DcmItem *group = pn::functional_group(*frame, shared, one.group);
            digest.add(group == nullptr ? std::string() : pn::raw(*group, one.tag));
        }
    }
}

int add_file_part(Digest &digest, const char *path, std::uint64_t offset, std::uint64_t length,
                  pn_error *err)
{
    int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return pn_fail_transient(err, PN_EIO, "cannot open: %s", std::strerror(errno)); }
    std::vector<char> buffer(length < 262144 ? static_cast<std::size_t>(length) : 262144);
    int rc = 0;
    while (rc == 0 && length > 0) {
        std::size_t want = length < buffer.size() ? static_cast<std::size_t>(length) : buffer.size();
        ssize_t got = ::pread(fd, buffer.data(), want, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) {
            rc = pn_fail_transient(err, PN_EIO, "cannot read the pixels: %s",
                                   got < 0 ? std::strerror(errno) : "the file has become shorter");
            break;
        }
        digest.add(buffer.data(), static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
        length -= static_cast<std::uint64_t>(got);
    }
    ::close(fd);
    return rc;
}

} // namespace

int pn::put_digests(pn_header &h, const pn_scan &scan, DcmItem &dataset, Text &text,
                    const char *path, pn_error *err)
{
    Digest pixels, person;
    int rc = pixels.begin(err);
    if (rc == 0) { rc = person.begin(err); }
    if (rc != 0) { return rc; }
    for (const DcmTagKey &tag : identity) { person.add(text.get(dataset, tag)); }
    person.put(h.identity_digest);

    pixels.add(std::string(scan.transfer_syntax_uid));
    for (const DcmTagKey &tag : meaning) { pixels.add(raw(dataset, tag)); }
    if (is_multiframe_class(scan.sop_class_uid)) { add_groups(pixels, dataset); }
    for (const DcmTagKey &tag : layout) {
        Uint16 value = 0;
        (void)dataset.findAndGetUint16(tag, value);
        pixels.add(std::to_string(value));
    }
    if (scan.has_pixels) {
        rc = add_file_part(pixels, path, scan.pixel_offset, scan.pixel_length, err);
    }
    pixels.put(h.pixel_digest);
    return rc;
}
