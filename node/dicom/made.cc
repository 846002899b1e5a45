/* dicom/made.cc - see made.hh. */
#include "dicom/made.hh"
#include "dicom/scan.h"
#include "dicom/sr.h"
#include "dcmtk/dcmdata/dcostrmb.h"
#include <cstring>
#include "base/file.h"
#include "base/implementation.h"

namespace pn {

OFString clipped(const char *text, std::size_t n)
{
    std::size_t i = 0;
    for (std::size_t characters = 0; text[i] != '\0'; i++) {
        bool starts = (static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u;
        if (starts && characters++ == n) { break; }
    }
    return OFString(text, i);
}

OFString one_value(const char *text, std::size_t n)
{
    OFString s = clipped(text, n);
    for (std::size_t i = 0; i < s.size(); i++) {
        if (s[i] == '\\' || static_cast<unsigned char>(s[i]) < 0x20u) { s[i] = ' '; }
    }
    return s;
}

void put_segment_dimensions(Fields &d, const OFString &organisation_uid)
{
    d.item(DCM_DimensionOrganizationSequence).put(DCM_DimensionOrganizationUID, organisation_uid);
    const struct { DcmTagKey index, group; const char *label; } of[] = {
        {DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment"},
        {DCM_ImagePositionPatient, DCM_PlanePositionSequence, "Position"},
    };
    for (const auto &one : of) {
        d.item(DCM_DimensionIndexSequence).put(DCM_DimensionOrganizationUID, organisation_uid)
            .put(DCM_DimensionDescriptionLabel, one.label)
            .tag(DCM_DimensionIndexPointer, one.index).tag(DCM_FunctionalGroupPointer, one.group);
    }
}

OFString decimal(double v)
{
    char text[PN_DS_SIZE] = "";
    pn_sr_decimal(text, v);
    return text;
}

int check_made(const pn_made &m, pn_error *err)
{
    const char *const uids[] = {m.study->study_uid, m.sop_class_uid, m.sop_uid, m.series_uid, m.device_uid};
    for (const char *uid : uids) {
        if (!pn_uid_is_valid(uid)) { return pn_fail(err, PN_EINVAL, "result object: '%s' is not a UID", uid); }
    }
    if (std::strlen(m.datetime) != 14) {
        return pn_fail(err, PN_EINVAL, "result object: time '%s', expected YYYYMMDDHHMMSS", m.datetime);
    }
    return PN_OK;
}

static void put_equipment(Fields &d, const pn_made &m)
{
    Fields e = d.item(DCM_ContributingEquipmentSequence);
    e.put(DCM_Manufacturer, "prognode").put(DCM_ManufacturerModelName, one_value(m.model))
        .put(DCM_SoftwareVersions, PN_VERSION).put(DCM_DeviceUID, m.device_uid)
        .put(DCM_ContributionDescription, "Radiomic features and prognostic model")
        .code(DCM_PurposeOfReferenceCodeSequence, "109102", "DCM", "Processing Equipment");
}

void put_made(Fields &d, const pn_made &m)
{
    const pn_study &s = *m.study;
    const OFString date(m.datetime, 8), time(m.datetime + 8);
    d.put(DCM_SpecificCharacterSet, "ISO_IR 192")
        .put(DCM_InstanceCreationDate, date).put(DCM_InstanceCreationTime, time)
        .put(DCM_SOPClassUID, m.sop_class_uid).put(DCM_SOPInstanceUID, m.sop_uid)
        .put(DCM_StudyDate, s.study_date).put(DCM_SeriesDate, date).put(DCM_ContentDate, date)
        .put(DCM_StudyTime, s.study_time).put(DCM_SeriesTime, time).put(DCM_ContentTime, time)
        .put(DCM_AccessionNumber, s.accession).put(DCM_Modality, m.modality)
        .put(DCM_Manufacturer, "prognode").put_known(DCM_InstitutionName, one_value(m.institution))
        .put(DCM_ReferringPhysicianName, s.referring_physician)
        .put_known(DCM_StationName, one_value(m.station_name, 16))
        .put_known(DCM_StudyDescription, clipped(s.study_description))
        .put(DCM_SeriesDescription, one_value(m.series_description))
        .put(DCM_ManufacturerModelName, "prognode")
        .put(DCM_PatientName, s.patient_name).put(DCM_PatientID, s.patient_id)
        .put_known(DCM_IssuerOfPatientID, s.patient_id_issuer)
        .put(DCM_PatientBirthDate, s.patient_birth_date).put(DCM_PatientSex, s.patient_sex)
        .put_known(DCM_PatientAge, s.patient_age)
        .put(DCM_DeviceSerialNumber, m.station_name[0] != '\0' ? one_value(m.station_name) : OFString("prognode"))
        .put(DCM_SoftwareVersions, PN_VERSION)
        .put(DCM_StudyInstanceUID, s.study_uid).put(DCM_SeriesInstanceUID, m.series_uid)
        .put(DCM_StudyID, clipped(s.study_id, 16))
        .put(DCM_SeriesNumber, std::to_string(m.series_number).c_str()).put(DCM_InstanceNumber, "1");
    put_equipment(d, m);
}

/* To memory first: DCMTK's own file writer does not notice a full disk at the end. */
static int encode(std::vector<char> &bytes, DcmFileFormat &file, pn_error *err)
{
    const E_TransferSyntax syntax = EXS_LittleEndianExplicit;
    std::vector<char> chunk(1u << 18);
    DcmOutputBufferStream stream(chunk.data(), static_cast<offile_off_t>(chunk.size()));
    OFCondition cond = file.validateMetaInfo(syntax);
    DcmMetaInfo &meta = *file.getMetaInfo();
    if (cond.good()) {
        cond = meta.putAndInsertString(DCM_ImplementationClassUID, PN_IMPLEMENTATION_CLASS_UID);
    }
    if (cond.good()) {
        cond = meta.putAndInsertString(DCM_ImplementationVersionName, PN_IMPLEMENTATION_VERSION);
    }
    if (cond.good()) {
        cond = meta.computeGroupLengthAndPadding(EGL_withGL, EPD_noChange, META_HEADER_DEFAULT_TRANSFERSYNTAX,
                                                 EET_UndefinedLength);
    }
    file.transferInit();
    while (cond.good() || cond == EC_StreamNotifyClient) {
        cond = file.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_noChange,
                          0, 0, 0, EWM_dontUpdateMeta);
        void *p = nullptr;
        offile_off_t n = 0;
        stream.flushBuffer(p, n);
        const char *from = static_cast<const char *>(p);
        bytes.insert(bytes.end(), from, from + n);
        if (cond != EC_StreamNotifyClient) { break; }
    }
    file.transferEnd();
    return cond.good() ? static_cast<int>(PN_OK)
                       : fail_condition(err, PN_EINTERNAL, cond, "encoding the object");
}

int save_part10(DcmFileFormat &file, const char *path, pn_error *err)
{
    std::vector<char> bytes;
    int rc = encode(bytes, file, err);
    return rc != PN_OK ? rc : pn_write_file(path, bytes.data(), bytes.size(), true, err);
}

} // namespace pn
