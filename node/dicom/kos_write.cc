/* dicom/kos_write.cc - see kos_write.h. PS3.3 A.35.4, C.17.6; PS3.16 TID 2010. */
#include "dicom/kos_write.h"
#include "dicom/dataset.hh"
#include "dicom/made.hh"
#include <map>
#include <vector>

using pn::Fields;

namespace {

/* As our own objects state them: they were copied from the images. */
void read_study(pn_study &s, DcmItem &d)
{
    pn::Text text(d);
    const struct { char *to; size_t size; DcmTagKey tag; } fields[] = {
        {s.patient_name, sizeof s.patient_name, DCM_PatientName},
        {s.patient_id, sizeof s.patient_id, DCM_PatientID},
        {s.patient_id_issuer, sizeof s.patient_id_issuer, DCM_IssuerOfPatientID},
        {s.patient_birth_date, sizeof s.patient_birth_date, DCM_PatientBirthDate},
        {s.patient_sex, sizeof s.patient_sex, DCM_PatientSex},
        {s.patient_age, sizeof s.patient_age, DCM_PatientAge},
        {s.study_uid, sizeof s.study_uid, DCM_StudyInstanceUID},
        {s.study_date, sizeof s.study_date, DCM_StudyDate},
        {s.study_time, sizeof s.study_time, DCM_StudyTime},
        {s.study_id, sizeof s.study_id, DCM_StudyID},
        {s.accession, sizeof s.accession, DCM_AccessionNumber},
        {s.referring_physician, sizeof s.referring_physician, DCM_ReferringPhysicianName},
        {s.study_description, sizeof s.study_description, DCM_StudyDescription},
    };
    for (const auto &f : fields) { pn::put(f.to, f.size, text.get(d, f.tag)); }
}

void reference(Fields &d, const pn_rejected &o)
{
    d.item(DCM_ReferencedSOPSequence).put(DCM_ReferencedSOPClassUID, o.sop_class_uid)
        .put(DCM_ReferencedSOPInstanceUID, o.sop_uid);
}

void evidence(Fields &d, const pn_rejection &r, const pn_study &study)
{
    std::map<std::string, std::vector<const pn_rejected *>> by_series;
    for (size_t i = 0; i < r.n_objects; i++) { by_series[r.objects[i].series_uid].push_back(&r.objects[i]); }
    Fields item = d.item(DCM_CurrentRequestedProcedureEvidenceSequence);
    item.put(DCM_StudyInstanceUID, study.study_uid);
    for (const auto &series : by_series) {
        Fields s = item.item(DCM_ReferencedSeriesSequence);
        s.put(DCM_SeriesInstanceUID, series.first.c_str());
        for (const pn_rejected *o : series.second) { reference(s, *o); }
    }
}

Fields content(Fields &d, const char *relation, const char *type)
{
    Fields item = d.item(DCM_ContentSequence);
    item.put(DCM_RelationshipType, relation).put(DCM_ValueType, type);
    return item;
}

void named(Fields item, const char *value, const char *meaning)
{
    item.code(DCM_ConceptNameCodeSequence, value, "DCM", meaning);
}

/* What has pixels is selected as an image, all else as a composite object. */
bool is_image(const pn_rejected &o)
{
    const OFString sop_class = o.sop_class_uid;
    return sop_class == UID_SegmentationStorage || sop_class == UID_SecondaryCaptureImageStorage;
}

void document(Fields &d, const pn_rejection &r)
{
    d.item(DCM_ContentTemplateSequence).put(DCM_MappingResource, "DCMR").put(DCM_TemplateIdentifier, "2010");
    d.put(DCM_ValueType, "CONTAINER").put(DCM_ContinuityOfContent, "SEPARATE");
    named(d, "113001", "Rejected for Quality Reasons");
    Fields modifier = content(d, "HAS CONCEPT MOD", "CODE");
    named(modifier, "113011", "Document Title Modifier");
    modifier.code(DCM_ConceptCodeSequence, "111219", "DCM", "Inappropriate image processing");
    Fields type = content(d, "HAS OBS CONTEXT", "CODE");
    named(type, "121005", "Observer Type");
    type.code(DCM_ConceptCodeSequence, "121007", "DCM", "Device");
    Fields device = content(d, "HAS OBS CONTEXT", "UIDREF");
    named(device, "121012", "Device Observer UID");
    device.put(DCM_UID, r.device_uid);
    Fields why = content(d, "CONTAINS", "TEXT");
    named(why, "113012", "Key Object Description");
    why.put(DCM_TextValue, r.reason);
    for (size_t i = 0; i < r.n_objects; i++) {
        Fields item = content(d, "CONTAINS", is_image(r.objects[i]) ? "IMAGE" : "COMPOSITE");
        reference(item, r.objects[i]);
    }
}

int write(const pn_rejection &r, const char *path, pn_error *err)
{
    if (r.n_objects == 0) { return pn_fail(err, PN_EINVAL, "rejection note: nothing to reject"); }
    pn_scan scan;
    DcmFileFormat like, file;
    int rc = pn::load(like, scan, r.like, err);
    if (rc != PN_OK) { return rc; }
    pn_study study = {};
    read_study(study, *like.getDataset());
    const pn_made made = {&study, PN_UID_KEY_OBJECT_SELECTION, r.sop_uid, r.series_uid, "KO", r.datetime,
                          909, "prognode: withdrawn", r.institution, r.station_name, "prognode",
                          r.device_uid};
    if ((rc = pn::check_made(made, err)) != PN_OK) { return rc; }
    Fields d(file.getDataset());
    pn::put_made(d, made);
    OFCondition cond = file.getDataset()->insertEmptyElement(DCM_ReferencedPerformedProcedureStepSequence);
    if (cond.bad()) { return fail_condition(err, PN_EINTERNAL, cond, "rejection note"); }
    evidence(d, r, study);
    document(d, r);
    return pn::save_part10(file, path, err);
}

} // namespace

int pn_rejection_write(const pn_rejection *r, const char *path, pn_error *err)
{
    return guarded(err, [&] { return write(*r, path, err); });
}
