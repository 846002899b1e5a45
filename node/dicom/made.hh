/* dicom/made.hh - writing a data set attribute by attribute, and a finished one to disk.
 * Private to dicom/: what the writers of our own objects share. */
#ifndef PN_DICOM_MADE_HH
#define PN_DICOM_MADE_HH
#include "dicom/guard.hh"
#include "dcmtk/dcmdata/dctk.h"
#include <stdexcept>
#include <string>
#include <vector>
#include "dicom/made.h"

namespace pn {

/* At most n characters (not bytes) of UTF-8: 64 for LO, 16 for SH. */
OFString clipped(const char *text, std::size_t n = 64);
/* The same for one value of LO, SH or CS: a backslash would part it in two. */
OFString one_value(const char *text, std::size_t n = 64);

/* A data set whose attributes can be listed plainly; what fails throws, to the guard. */
class Fields {
public:
    explicit Fields(DcmItem *item) : item_(item) {}
    Fields &put(const DcmTagKey &tag, const OFString &value)
    {
        return keep(item_->putAndInsertOFStringArray(tag, value));
    }
    /* Not where the text is "". */
    Fields &put_known(const DcmTagKey &tag, const OFString &value)
    {
        return value.empty() ? *this : put(tag, value);
    }
    Fields &put16(const DcmTagKey &tag, unsigned value)
    {
        return keep(item_->putAndInsertUint16(tag, static_cast<Uint16>(value)));
    }
    Fields &put32(const DcmTagKey &tag, const std::vector<Uint32> &v)
    {
        return keep(item_->putAndInsertUint32Array(tag, v.data(), static_cast<unsigned long>(v.size())));
    }
    Fields &real(const DcmTagKey &tag, double value)          /* FD */
    {
        return keep(item_->putAndInsertFloat64(tag, value));
    }
    Fields &floats(const DcmTagKey &tag, const std::vector<Float32> &v)      /* FL, OF */
    {
        return keep(item_->putAndInsertFloat32Array(tag, v.data(), static_cast<unsigned long>(v.size())));
    }
    Fields &bytes(const DcmTagKey &tag, const std::vector<Uint8> &v)
    {
        return keep(item_->putAndInsertUint8Array(tag, v.data(), static_cast<unsigned long>(v.size())));
    }
    Fields &tag(const DcmTagKey &at, const DcmTagKey &value)
    {
        return keep(item_->putAndInsertTagKey(at, value));
    }
    /* Without a value, or a sequence without an item. */
    Fields &nothing(const DcmTagKey &tag) { return keep(item_->insertEmptyElement(tag)); }
    /* A new item at the end of the sequence. */
    Fields item(const DcmTagKey &sequence)
    {
        DcmItem *made = nullptr;
        keep(item_->findOrCreateSequenceItem(sequence, made, -2));
        if (made == nullptr) { throw std::bad_alloc(); }
        return Fields(made);
    }
    Fields &code(const DcmTagKey &sequence, const char *value, const char *scheme, const char *meaning)
    {
        item(sequence).put(DCM_CodeValue, value).put(DCM_CodingSchemeDesignator, scheme)
            .put(DCM_CodeMeaning, one_value(meaning));
        return *this;
    }
    Fields &keep(const OFCondition &c)
    {
        if (c.bad()) { throw std::runtime_error(c.text()); }
        return *this;
    }

private:
    DcmItem *item_;
};

/* PN_EINVAL where a UID or the time is none. */
PN_CHECKED int check_made(const pn_made &m, pn_error *err);
/* Patient, study, series, equipment, SOP common, and the Contributing Equipment item by which
 * prognode knows its own objects again (header.h). Character set: ISO_IR 192. */
void put_made(Fields &d, const pn_made &m);
/* The frames of a segmentation stand by segment and position (Multi-frame Dimension module). */
void put_segment_dimensions(Fields &d, const OFString &organisation_uid);
/* Decimal String: the shortest that reads back exactly, else the nearest (sr.h). */
OFString decimal(double v);

/* Part 10, Explicit VR Little Endian, durable, whole or not at all. Nothing is made up: the same
 * data set gives the same bytes. */
PN_CHECKED int save_part10(DcmFileFormat &file, const char *path, pn_error *err);

} // namespace pn
#endif
