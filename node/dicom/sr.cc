/* dicom/sr.cc - the builder of sr.h over DCMTK's document tree.
 *
 * DCMTK makes up UIDs and times when a document is finished; the ones that matter are set on
 * the data set afterwards, together with what its document class has no setter for. */
#include "dicom/sr.h"

#include "dicom/made.hh"
#include "dicom/scan.h"
#include "dcmtk/dcmsr/dsrdoc.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace
{
using pn::clipped;
using pn::one_value;

const size_t SH_CHARACTERS = 16;

struct Equipment {
    std::string purpose_value, purpose_scheme, purpose_meaning;
    std::string manufacturer, model_name, software_version, device_uid, description;
};

DSRCodedEntryValue coded(const pn_code_triple &c)
{
    return DSRCodedEntryValue(c.value, c.scheme, one_value(c.meaning),
                              DSRTypes::CVT_auto, OFFalse);
}

DSRTypes::E_RelationshipType relationship(pn_sr_relation rel)
{
    switch (rel) {
    case PN_SR_CONTAINS: return DSRTypes::RT_contains;
    case PN_SR_HAS_OBS_CONTEXT: return DSRTypes::RT_hasObsContext;
    case PN_SR_HAS_CONCEPT_MOD: return DSRTypes::RT_hasConceptMod;
    case PN_SR_HAS_ACQ_CONTEXT: return DSRTypes::RT_hasAcqContext;
    case PN_SR_HAS_PROPERTIES: return DSRTypes::RT_hasProperties;
    case PN_SR_INFERRED_FROM: return DSRTypes::RT_inferredFrom;
    }
    return DSRTypes::RT_invalid;
}

OFString sop_class_of(bool comprehensive_3d)
{
    return comprehensive_3d ? UID_Comprehensive3DSRStorage : UID_ComprehensiveSRStorage;
}
} // namespace

struct pn_sr {
    explicit pn_sr(bool comprehensive_3d)
        : document(comprehensive_3d ? DSRTypes::DT_Comprehensive3DSR
                                    : DSRTypes::DT_ComprehensiveSR),
          sop_class(sop_class_of(comprehensive_3d))
    {
    }
    DSRDocument document;
    OFString sop_class, study_uid, sop_uid, series_uid, date, time;
    OFString patient_age, institution, station_name;
    std::vector<Equipment> equipment;
    unsigned depth = 0;      /* of the open item */
    bool last_added = false; /* the cursor is on a child of the open item */
    pn_error failure = {};
};

namespace
{
/* Runs body unless something failed before; keeps its failure. */
template <class Body> void step(pn_sr *sr, Body &&body)
{
    if (sr->failure.code != PN_OK) { return; }
    (void)guarded(&sr->failure, body);
}

int refuse(pn_sr *sr, const pn_code_triple &name, const char *why)
{
    return pn_fail(&sr->failure, PN_EINVAL, "report item (%s,%s,%s): %s", name.value,
                   name.scheme, name.meaning, why);
}

/* Adds a child to the open item and leaves the cursor on it. */
int add(pn_sr *sr, pn_sr_relation rel, DSRTypes::E_ValueType type, const pn_code_triple &name)
{
    DSRDocumentTree &tree = sr->document.getTree();
    if (sr->last_added && tree.goUp() == 0) { return refuse(sr, name, "no open item"); }
    sr->last_added = false;
    if (tree.addContentItem(relationship(rel), type, DSRTypes::AM_belowCurrent) == 0) {
        return refuse(sr, name, "this relationship is not allowed here");
    }
    sr->last_added = true;
    OFCondition cond = tree.getCurrentContentItem().setConceptName(coded(name));
    return cond.good() ? static_cast<int>(PN_OK) : refuse(sr, name, cond.text());
}

int check(pn_sr *sr, const pn_code_triple &name, const OFCondition &cond)
{
    return cond.good() ? static_cast<int>(PN_OK) : refuse(sr, name, cond.text());
}

/* An item with a value: fill() gets the content item and answers with a condition. */
template <class Fill>
void add_item(pn_sr *sr, pn_sr_relation rel, DSRTypes::E_ValueType type,
              const pn_code_triple &name, Fill &&fill)
{
    step(sr, [&] {
        if (int rc = add(sr, rel, type, name)) { return rc; }
        return check(sr, name, fill(sr->document.getTree().getCurrentContentItem()));
    });
}

/* Collects conditions of many setters; the first bad one with its name. */
struct Setters {
    OFCondition cond = EC_Normal;
    const char *name = "";
    void operator()(const char *what, const OFCondition &c)
    {
        if (cond.good() && c.bad()) {
            cond = c;
            name = what;
        }
    }
};

/* Values are checked for what matters here by their readers; DCMTK 3.6.7 cannot check UTF-8. */
int set_header(pn_sr *sr, const pn_sr_header &h, pn_error *err)
{
    DSRDocument &d = sr->document;
    const pn_study &s = *h.study;
    Setters set;
    set("character set", d.setSpecificCharacterSet("ISO_IR 192", OFFalse));
    set("study", d.createNewSeriesInStudy(s.study_uid));
    set("patient name", d.setPatientName(s.patient_name, OFFalse));
    set("patient ID", d.setPatientID(s.patient_id, OFFalse));
    set("issuer", d.setIssuerOfPatientID(s.patient_id_issuer, OFFalse));
    set("birth date", d.setPatientBirthDate(s.patient_birth_date, OFFalse));
    set("sex", d.setPatientSex(s.patient_sex, OFFalse));
    set("study date", d.setStudyDate(s.study_date, OFFalse));
    set("study time", d.setStudyTime(s.study_time, OFFalse));
    /* Words about the study are cut where the images break their length, since strict archives
     * refuse the object; what identifies (UIDs, Patient ID, accession) is never touched. */
    set("study ID", d.setStudyID(clipped(s.study_id, SH_CHARACTERS), OFFalse));
    set("accession", d.setAccessionNumber(s.accession, OFFalse));
    set("referring physician", d.setReferringPhysicianName(s.referring_physician, OFFalse));
    set("study description", d.setStudyDescription(clipped(s.study_description), OFFalse));
    set("content date", d.setContentDate(h.date));
    set("content time", d.setContentTime(h.time));
    set("series date", d.setSeriesDate(h.date));
    set("series time", d.setSeriesTime(h.time));
    set("series number", d.setSeriesNumber(std::to_string(h.series_number).c_str()));
    set("instance number", d.setInstanceNumber(std::to_string(h.instance_number).c_str()));
    set("series description", d.setSeriesDescription(one_value(h.series_description), OFFalse));
    set("manufacturer", d.setManufacturer(one_value(h.manufacturer), OFFalse));
    set("model name", d.setManufacturerModelName(one_value(h.model_name), OFFalse));
    set("serial number", d.setDeviceSerialNumber(one_value(h.serial_number), OFFalse));
    set("software version", d.setSoftwareVersions(one_value(h.software_version), OFFalse));
    if (set.cond.bad()) {
        return pn_fail(err, PN_EINVAL, "report header, %s: %s", set.name, set.cond.text());
    }
    sr->study_uid = s.study_uid;
    sr->patient_age = s.patient_age;
    sr->sop_uid = h.sop_uid;
    sr->series_uid = h.series_uid;
    sr->date = h.date;
    sr->time = h.time;
    sr->institution = one_value(h.institution);
    sr->station_name = one_value(h.station_name, SH_CHARACTERS);
    return PN_OK;
}

int add_root(pn_sr *sr, const pn_code_triple &title, const char *template_id, pn_error *err)
{
    DSRDocumentTree &tree = sr->document.getTree();
    if (tree.addContentItem(DSRTypes::RT_isRoot, DSRTypes::VT_Container) == 0) {
        return pn_fail(err, PN_EINTERNAL, "report: no root container");
    }
    DSRContentItem &root = tree.getCurrentContentItem();
    OFCondition cond = root.setConceptName(coded(title));
    if (cond.good() && template_id != nullptr) { cond = root.setTemplateIdentification(template_id, "DCMR"); }
    return cond.good() ? static_cast<int>(PN_OK) : fail_condition(err, PN_EINVAL, cond, "report title");
}
} // namespace

int pn_sr_new(pn_sr **out, const pn_sr_header *header, pn_code_triple title,
              const char *template_id, pn_error *err)
{
    return guarded(err, [&] {
        const char *needed[] = {header->study->study_uid, header->sop_uid, header->series_uid};
        for (const char *uid : needed) {
            if (!pn_uid_is_valid(uid)) {
                return pn_fail(err, PN_EINVAL, "report header: '%s' is not a UID", uid);
            }
        }
        pn_sr *sr = new pn_sr(header->comprehensive_3d);
        int rc = set_header(sr, *header, err);
        if (rc == PN_OK) { rc = add_root(sr, title, template_id, err); }
        if (rc != PN_OK) {
            delete sr;
            return rc;
        }
        *out = sr;
        return static_cast<int>(PN_OK);
    });
}

void pn_sr_free(pn_sr *sr) { delete sr; }

void pn_sr_container(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                     const char *template_id)
{
    add_item(sr, rel, DSRTypes::VT_Container, name, [&](DSRContentItem &item) {
        if (template_id == nullptr) { return OFCondition(EC_Normal); }
        return item.setTemplateIdentification(template_id, "DCMR");
    });
    pn_sr_open_last(sr);
}

void pn_sr_open_last(pn_sr *sr)
{
    step(sr, [&] {
        if (!sr->last_added) {
            return pn_fail(&sr->failure, PN_EINTERNAL, "report: no item to open");
        }
        sr->last_added = false;
        sr->depth++;
        return static_cast<int>(PN_OK);
    });
}

void pn_sr_close(pn_sr *sr)
{
    step(sr, [&] {
        DSRDocumentTree &tree = sr->document.getTree();
        bool up = sr->depth > 0 && (!sr->last_added || tree.goUp() != 0);
        if (!up) { return pn_fail(&sr->failure, PN_EINTERNAL, "report: no item to close"); }
        sr->depth--;
        sr->last_added = true; /* the cursor stays on the item that was closed */
        return static_cast<int>(PN_OK);
    });
}

void pn_sr_code(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, pn_code_triple value)
{
    add_item(sr, rel, DSRTypes::VT_Code, name,
             [&](DSRContentItem &item) { return item.setCodeValue(coded(value)); });
}

void pn_sr_text(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, const char *text)
{
    add_item(sr, rel, DSRTypes::VT_Text, name,
             [&](DSRContentItem &item) { return item.setStringValue(text, OFFalse); });
}

void pn_sr_uidref(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, const char *uid)
{
    add_item(sr, rel, DSRTypes::VT_UIDRef, name,
             [&](DSRContentItem &item) { return item.setStringValue(uid); });
}

void pn_sr_decimal(char out[PN_DS_SIZE], double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        size_t n = strlen(text);
        if (n >= PN_DS_SIZE) { return; } /* more digits only get longer */
        memcpy(out, text, n + 1);
        if (strtod(text, nullptr) == value) { return; }
    }
}

void pn_sr_num(pn_sr *sr, pn_sr_relation rel, pn_code_triple name, double value,
               pn_code_triple unit)
{
    char decimal[PN_DS_SIZE] = "";
    step(sr, [&] {
        return std::isfinite(value) ? static_cast<int>(PN_OK) : refuse(sr, name, "not finite");
    });
    pn_sr_decimal(decimal, value);
    add_item(sr, rel, DSRTypes::VT_Num, name, [&](DSRContentItem &item) {
        DSRNumericMeasurementValue number;
        OFCondition cond = number.setValue(decimal, coded(unit));
        if (cond.good()) { cond = number.setFloatingPointRepresentation(value); }
        return cond.good() ? item.setNumericValue(number) : cond;
    });
}

void pn_sr_num_absent(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                      pn_code_triple qualifier)
{
    add_item(sr, rel, DSRTypes::VT_Num, name, [&](DSRContentItem &item) {
        return item.setNumericValue(DSRNumericMeasurementValue(coded(qualifier)));
    });
}

void pn_sr_image(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                 const char *sop_class_uid, const char *sop_uid, unsigned segment)
{
    add_item(sr, rel, DSRTypes::VT_Image, name, [&](DSRContentItem &item) {
        DSRImageReferenceValue image(sop_class_uid, sop_uid);
        if (segment > 65535) { return OFCondition(EC_IllegalParameter); }
        if (segment > 0) { image.getSegmentList().addItem(static_cast<Uint16>(segment)); }
        return item.setImageReference(image);
    });
}

void pn_sr_composite(pn_sr *sr, pn_sr_relation rel, pn_code_triple name,
                     const char *sop_class_uid, const char *sop_uid)
{
    add_item(sr, rel, DSRTypes::VT_Composite, name, [&](DSRContentItem &item) {
        return item.setCompositeReference(DSRCompositeReferenceValue(sop_class_uid, sop_uid));
    });
}

void pn_sr_evidence(pn_sr *sr, const char *series_uid, const char *sop_class_uid,
                    const char *sop_uid)
{
    step(sr, [&] {
        OFCondition cond = sr->document.getCurrentRequestedProcedureEvidence().addItem(
            sr->study_uid, series_uid, sop_class_uid, sop_uid);
        if (cond.good()) { return static_cast<int>(PN_OK); }
        return pn_fail(&sr->failure, PN_EINVAL, "report evidence '%s': %s", sop_uid, cond.text());
    });
}

void pn_sr_predecessor(pn_sr *sr, const char *series_uid, const char *sop_uid)
{
    step(sr, [&] {
        OFCondition cond = sr->document.getPredecessorDocuments().addItem(
            sr->study_uid, series_uid, sr->sop_class, sop_uid);
        if (cond.good()) { return static_cast<int>(PN_OK); }
        return pn_fail(&sr->failure, PN_EINVAL, "report predecessor '%s': %s", sop_uid,
                       cond.text());
    });
}

void pn_sr_coding_scheme(pn_sr *sr, const char *designator, const char *uid, const char *name,
                         const char *organisation)
{
    step(sr, [&] {
        OFCondition cond = sr->document.getCodingSchemeIdentification().addItem(
            designator, uid == nullptr ? "" : uid, name, organisation, OFFalse);
        if (cond.good()) { return static_cast<int>(PN_OK); }
        return fail_condition(&sr->failure, PN_EINVAL, cond, "report coding scheme");
    });
}

void pn_sr_equipment(pn_sr *sr, pn_code_triple purpose, const char *manufacturer,
                     const char *model_name, const char *software_version,
                     const char *device_uid, const char *description)
{
    step(sr, [&] {
        Equipment e;
        e.purpose_value = purpose.value;
        e.purpose_scheme = purpose.scheme;
        e.purpose_meaning = purpose.meaning;
        e.manufacturer = one_value(manufacturer).c_str();
        e.model_name = one_value(model_name).c_str();
        e.software_version = one_value(software_version).c_str();
        e.device_uid = device_uid;
        e.description = clipped(description, 1024).c_str();
        sr->equipment.push_back(e);
        return static_cast<int>(PN_OK);
    });
}

namespace
{
OFCondition put_equipment(DcmDataset &dataset, const Equipment &e)
{
    DcmItem *item = nullptr;
    OFCondition cond =
        dataset.findOrCreateSequenceItem(DCM_ContributingEquipmentSequence, item, -2);
    if (cond.bad()) { return cond; }
    Setters set;
    auto put = [&](const DcmTagKey &tag, const std::string &value) {
        set("", item->putAndInsertString(tag, value.c_str()));
    };
    put(DCM_Manufacturer, e.manufacturer);
    put(DCM_ManufacturerModelName, e.model_name);
    put(DCM_SoftwareVersions, e.software_version);
    put(DCM_DeviceUID, e.device_uid);
    if (!e.description.empty()) { put(DCM_ContributionDescription, e.description); }
    pn_code_triple purpose = {e.purpose_value.c_str(), e.purpose_scheme.c_str(),
                              e.purpose_meaning.c_str()};
    set("", coded(purpose).writeSequence(*item, DCM_PurposeOfReferenceCodeSequence));
    return set.cond;
}

/* What DCMTK made up gives way to the caller's values; what it cannot carry is added. */
OFCondition finish_dataset(DcmDataset &dataset, const pn_sr &sr)
{
    Setters set;
    auto put = [&](const DcmTagKey &tag, const OFString &value) {
        set("", dataset.putAndInsertOFStringArray(tag, value));
    };
    put(DCM_SOPInstanceUID, sr.sop_uid);
    put(DCM_SeriesInstanceUID, sr.series_uid);
    put(DCM_InstanceCreationDate, sr.date);
    put(DCM_InstanceCreationTime, sr.time);
    (void)dataset.findAndDeleteElement(DCM_InstanceCreatorUID);
    (void)dataset.findAndDeleteElement(DCM_TimezoneOffsetFromUTC);
    if (!sr.patient_age.empty()) { put(DCM_PatientAge, sr.patient_age); }
    if (!sr.institution.empty()) { put(DCM_InstitutionName, sr.institution); }
    if (!sr.station_name.empty()) { put(DCM_StationName, sr.station_name); }
    for (const Equipment &e : sr.equipment) { set("", put_equipment(dataset, e)); }
    return set.cond;
}
} // namespace

int pn_sr_save(pn_sr *sr, const char *path, pn_error *err)
{
    return guarded(err, [&] {
        if (sr->failure.code != PN_OK) {
            if (err != nullptr) { *err = sr->failure; }
            return static_cast<int>(sr->failure.code);
        }
        OFCondition cond = sr->document.completeDocument();
        if (cond.bad()) { return fail_condition(err, PN_EINVAL, cond, "completing the report"); }
        DcmFileFormat file;
        DcmDataset &dataset = *file.getDataset();
        cond = sr->document.write(dataset);
        if (cond.good()) { cond = finish_dataset(dataset, *sr); }
        if (cond.bad()) { return fail_condition(err, PN_EINVAL, cond, "writing the report"); }
        return pn::save_part10(file, path, err);
    });
}
