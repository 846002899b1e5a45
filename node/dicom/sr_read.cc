/* dicom/sr_read.cc - any Structured Report as a flat list of its content items.
 *
 * Walks the data set itself and not DCMTK's document class, which refuses a whole report for
 * one relationship that its tables do not allow: a reader should still see the rest. */
#include "dicom/sr.h"

#include "dicom/dataset.hh"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace
{
struct Reader {
    explicit Reader(DcmDataset &dataset) : text(dataset) {}
    pn::Text text;
    std::vector<pn_sr_item> items;
    ~Reader() { discard(); }
    void discard()
    {
        for (pn_sr_item &item : items) { free(item.value); }
        items.clear();
    }
};

struct Code {
    std::string value, scheme, meaning;
};

/* The first code of a sequence; all empty where there is none. */
Code read_code(Reader &r, DcmItem &item, const DcmTagKey &sequence)
{
    Code c;
    DcmItem *code = pn::first_item(item, sequence);
    if (code == nullptr) { return c; }
    c.value = r.text.get(*code, DCM_CodeValue);
    if (c.value.empty()) { c.value = r.text.get(*code, DCM_LongCodeValue); }
    if (c.value.empty()) { c.value = r.text.get(*code, DCM_URNCodeValue); }
    c.scheme = r.text.get(*code, DCM_CodingSchemeDesignator);
    c.meaning = r.text.get(*code, DCM_CodeMeaning);
    return c;
}

template <size_t N> void put(char (&dst)[N], const std::string &s) { pn::put(dst, N, s); }

std::string read_reference(Reader &r, DcmItem &item)
{
    DcmItem *ref = pn::first_item(item, DCM_ReferencedSOPSequence);
    if (ref == nullptr) { return ""; }
    std::string sop_class = r.text.get(*ref, DCM_ReferencedSOPClassUID);
    const char *name = dcmFindNameOfUID(sop_class.c_str());
    std::string s = name != nullptr ? name : sop_class;
    s += " " + r.text.get(*ref, DCM_ReferencedSOPInstanceUID);
    Uint16 segment = 0;
    if (ref->findAndGetUint16(DCM_ReferencedSegmentNumber, segment).good()) {
        s += " segment " + std::to_string(segment);
    }
    std::string frame = pn::raw(*ref, DCM_ReferencedFrameNumber);
    if (!frame.empty()) { s += " frame " + frame; }
    return s;
}

std::string read_number(Reader &r, DcmItem &item, pn_sr_item &out)
{
    Code qualifier = read_code(r, item, DCM_NumericValueQualifierCodeSequence);
    put(out.value_code, qualifier.value);
    put(out.value_scheme, qualifier.scheme);
    DcmItem *measured = pn::first_item(item, DCM_MeasuredValueSequence);
    if (measured == nullptr) { return qualifier.meaning; }
    Code unit = read_code(r, *measured, DCM_MeasurementUnitsCodeSequence);
    put(out.unit, unit.value);
    put(out.unit_meaning, unit.meaning);
    std::string decimal = pn::raw(*measured, DCM_NumericValue);
    Float64 full = 0;
    if (measured->findAndGetFloat64(DCM_FloatingPointValue, full).good() && std::isfinite(full)) {
        out.number = full;
        out.has_number = true;
    } else {
        const char *p = decimal.c_str();
        out.has_number = pn::parse_decimal(p, p + decimal.size(), out.number);
    }
    return decimal;
}

std::string read_value(Reader &r, DcmItem &item, pn_sr_item &out)
{
    const std::string type = out.type;
    if (type == "TEXT") { return r.text.get(item, DCM_TextValue); }
    if (type == "UIDREF") { return r.text.get(item, DCM_UID); }
    if (type == "DATE") { return r.text.get(item, DCM_Date); }
    if (type == "TIME") { return r.text.get(item, DCM_Time); }
    if (type == "DATETIME") { return r.text.get(item, DCM_DateTime); }
    if (type == "PNAME") { return r.text.get(item, DCM_PersonName); }
    if (type == "NUM") { return read_number(r, item, out); }
    if (type == "IMAGE" || type == "COMPOSITE" || type == "WAVEFORM") {
        return read_reference(r, item);
    }
    if (type == "SCOORD" || type == "SCOORD3D") { return r.text.get(item, DCM_GraphicType); }
    if (type == "CODE") {
        Code c = read_code(r, item, DCM_ConceptCodeSequence);
        put(out.value_code, c.value);
        put(out.value_scheme, c.scheme);
        return c.meaning;
    }
    return "";
}

int read_item(Reader &r, DcmItem &item, unsigned depth, pn_error *err)
{
    if (depth >= PN_MAX_SQ_DEPTH) {
        return pn_fail(err, PN_ELIMIT, "report is nested more than %d deep", PN_MAX_SQ_DEPTH);
    }
    if (r.items.size() >= PN_SR_MAX_ITEMS) {
        return pn_fail(err, PN_ELIMIT, "report has more than %d content items", PN_SR_MAX_ITEMS);
    }
    pn_sr_item out = {};
    out.depth = depth;
    put(out.type, r.text.get(item, DCM_ValueType));
    put(out.relation, r.text.get(item, DCM_RelationshipType));
    Code name = read_code(r, item, DCM_ConceptNameCodeSequence);
    put(out.name_code, name.value);
    put(out.name_scheme, name.scheme);
    put(out.name, name.meaning);
    out.value = strdup(read_value(r, item, out).c_str());
    if (out.value == nullptr) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
    r.items.push_back(out);
    for (DcmItem *child : pn::items(item, DCM_ContentSequence)) {
        if (int rc = read_item(r, *child, depth + 1, err)) { return rc; }
    }
    return PN_OK;
}

void read_header(pn_sr_document *out, Reader &r, DcmDataset &d)
{
    put(out->sop_class_uid, r.text.get(d, DCM_SOPClassUID));
    put(out->sop_uid, r.text.get(d, DCM_SOPInstanceUID));
    put(out->study_uid, r.text.get(d, DCM_StudyInstanceUID));
    put(out->manufacturer, r.text.get(d, DCM_Manufacturer));
    put(out->software_version, r.text.get(d, DCM_SoftwareVersions));
    put(out->series_description, r.text.get(d, DCM_SeriesDescription));
    put(out->content_date, r.text.get(d, DCM_ContentDate));
    put(out->content_time, r.text.get(d, DCM_ContentTime));
    if (DcmItem *t = pn::first_item(d, DCM_ContentTemplateSequence)) {
        put(out->template_id, r.text.get(*t, DCM_TemplateIdentifier));
    }
    DcmItem *item = pn::first_item(d, DCM_PredecessorDocumentsSequence);
    if (item != nullptr) { item = pn::first_item(*item, DCM_ReferencedSeriesSequence); }
    if (item != nullptr) { item = pn::first_item(*item, DCM_ReferencedSOPSequence); }
    if (item != nullptr) {
        put(out->predecessor_sop_uid, r.text.get(*item, DCM_ReferencedSOPInstanceUID));
    }
}
} // namespace

int pn_sr_read(pn_sr_document *out, const char *path, pn_error *err)
{
    return guarded(err, [&] {
        DcmFileFormat file;
        pn_scan scan;
        if (int rc = pn::load(file, scan, path, err)) { return rc; }
        DcmDataset &dataset = *file.getDataset();
        Reader r(dataset);
        if (!dataset.tagExists(DCM_ValueType)) {
            return pn_fail(err, PN_EUNSUPPORTED, "%s: no Structured Report (SOP class %s)", path,
                           scan.sop_class_uid);
        }
        if (int rc = read_item(r, dataset, 0, err)) { return rc; }
        pn_sr_document d = {};
        read_header(&d, r, dataset);
        d.items = static_cast<pn_sr_item *>(calloc(r.items.size(), sizeof *d.items));
        if (d.items == nullptr) { return pn_fail_transient(err, PN_ENOMEM, "out of memory"); }
        memcpy(d.items, r.items.data(), r.items.size() * sizeof *d.items);
        d.n_items = r.items.size();
        r.items.clear(); /* the values now belong to d */
        *out = d;
        return static_cast<int>(PN_OK);
    });
}

void pn_sr_document_free(pn_sr_document *d)
{
    if (d == nullptr) { return; }
    for (size_t i = 0; i < d->n_items; i++) { free(d->items[i].value); }
    free(d->items);
    memset(d, 0, sizeof *d);
}
