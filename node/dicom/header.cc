/* dicom/header.cc - see header.h. */
#include "dicom/header.h"
#include "dicom/classes.hh"
#include "dicom/dataset.hh"
#include "dicom/multiframe.hh"
#include "dicom/header_digests.hh"
#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_set>

namespace {

/* UIDs in the order met, each once. */
class UidList {
public:
    int add(DcmItem &item, const DcmTagKey &tag, pn_error *err)
    {
        char uid[PN_UID_SIZE];
        int rc = pn::put_uid(uid, item, tag, err);
        if (rc != 0 || uid[0] == '\0' || !seen.insert(uid).second) { return rc; }
        if (order.size() == PN_MAX_SLICES) {
            return pn_fail(err, PN_ELIMIT, "more than %d images named", PN_MAX_SLICES);
        }
        order.emplace_back(uid);
        return 0;
    }
    int add_all(DcmItem &parent, const DcmTagKey &sequence, pn_error *err)
    {
        for (DcmItem *item : pn::items(parent, sequence)) {
            int rc = add(*item, DCM_ReferencedSOPInstanceUID, err);
            if (rc != 0) { return rc; }
        }
        return 0;
    }
    size_t size() const { return order.size(); }
    void give(char **&uids, size_t &n) const
    {
        if (order.empty()) { return; }
        uids = static_cast<char **>(std::calloc(order.size(), sizeof *uids));
        if (uids == nullptr) { throw std::bad_alloc(); }
        for (const std::string &uid : order) {
            uids[n] = strdup(uid.c_str());
            if (uids[n] == nullptr) { throw std::bad_alloc(); }
            n++;
        }
    }

private:
    std::unordered_set<std::string> seen;
    std::vector<std::string> order;
};

struct Region {
    pn_roi roi = {};
    UidList images;
};

struct Series {
    char uid[PN_UID_SIZE] = "";
    UidList images;
};

struct Contours {
    std::vector<Region> regions;
    std::map<long, size_t> by_number;
    std::vector<Series> series;

    Region *find(long number)
    {
        auto at = by_number.find(number);
        return at == by_number.end() ? nullptr : &regions[at->second];
    }
    int add(long number, const std::string &name, pn_error *err)
    {
        if (regions.size() == PN_MAX_ROIS) {
            return pn_fail(err, PN_ELIMIT, "more than %d regions", PN_MAX_ROIS);
        }
        if (!by_number.emplace(number, regions.size()).second) {
            return pn_fail(err, PN_EFORMAT, "region number %ld appears twice", number);
        }
        regions.emplace_back();
        regions.back().roi.number = static_cast<int>(number);
        pn::put(regions.back().roi.name, PN_LO_SIZE, name);
        return 0;
    }
    /* Series by UID, made where it is new. */
    Series &of_series(const char *uid)
    {
        for (Series &s : series) {
            if (std::strcmp(s.uid, uid) == 0) { return s; }
        }
        series.emplace_back();
        pn::put(series.back().uid, PN_UID_SIZE, uid);
        return series.back();
    }
    void give(pn_header &h) const
    {
        if (!regions.empty()) {
            h.rois = static_cast<pn_roi *>(std::calloc(regions.size(), sizeof *h.rois));
            if (h.rois == nullptr) { throw std::bad_alloc(); }
        }
        for (const Region &r : regions) {
            pn_roi &roi = h.rois[h.n_rois++];
            roi = r.roi;
            r.images.give(roi.image_uids, roi.n_image_uids);
        }
        if (!series.empty()) {
            h.series = static_cast<pn_ref_series *>(std::calloc(series.size(), sizeof *h.series));
            if (h.series == nullptr) { throw std::bad_alloc(); }
        }
        for (const Series &s : series) {
            pn_ref_series &ref = h.series[h.n_series++];
            pn::put(ref.series_uid, PN_UID_SIZE, s.uid);
            s.images.give(ref.image_uids, ref.n_image_uids);
        }
    }
};

/* Frees the header unless it was released. */
struct HeaderOwner {
    pn_header h = {};
    ~HeaderOwner() { pn_header_free(&h); }
    void release(pn_header *out)
    {
        *out = h;
        h = pn_header{};
    }
};

void take_code(pn_roi &roi, DcmItem &parent, const DcmTagKey &sequence, pn::Text &text)
{
    DcmItem *code = pn::first_item(parent, sequence);
    if (code == nullptr) { return; }
    pn::put(roi.code_value, sizeof roi.code_value, text.get(*code, DCM_CodeValue));
    pn::put(roi.code_scheme, sizeof roi.code_scheme, text.get(*code, DCM_CodingSchemeDesignator));
    pn::put(roi.code_meaning, sizeof roi.code_meaning, text.get(*code, DCM_CodeMeaning));
}

/* ---- RTSTRUCT --------------------------------------------------------------- */

/* A contour of a region that the structure set does not declare belongs to nobody and is
 * passed over. */
int take_contours(Contours &all, DcmItem &dataset, pn_error *err)
{
    for (DcmItem *item : pn::items(dataset, DCM_ROIContourSequence)) {
        long number = 0;
        int rc = pn::integer(number, *item, DCM_ReferencedROINumber, "Referenced ROI Number", err);
        if (rc != 0) { return rc; }
        Region *region = all.find(number);
        if (region == nullptr) { continue; }
        std::vector<DcmItem *> contours = pn::items(*item, DCM_ContourSequence);
        region->roi.n_contours += contours.size();
        if (region->roi.n_contours > PN_MAX_CONTOURS) {
            return pn_fail(err, PN_ELIMIT, "region %ld: more than %d contours", number, PN_MAX_CONTOURS);
        }
        for (DcmItem *contour : contours) {
            rc = region->images.add_all(*contour, DCM_ContourImageSequence, err);
            if (rc != 0) { return pn_wrap(err, "region %ld", number); }
        }
    }
    return 0;
}

int take_rt_series(Contours &all, pn_header &h, DcmItem &dataset, pn_error *err)
{
    for (DcmItem *frame : pn::items(dataset, DCM_ReferencedFrameOfReferenceSequence)) {
        if (h.frame_of_reference_uid[0] == '\0') {
            int rc = pn::put_uid(h.frame_of_reference_uid, *frame, DCM_FrameOfReferenceUID, err);
            if (rc != 0) { return rc; }
        }
        for (DcmItem *study : pn::items(*frame, DCM_RTReferencedStudySequence)) {
            for (DcmItem *item : pn::items(*study, DCM_RTReferencedSeriesSequence)) {
                char uid[PN_UID_SIZE];
                int rc = pn::put_uid(uid, *item, DCM_SeriesInstanceUID, err);
                if (rc == 0 && uid[0] != '\0') {
                    rc = all.of_series(uid).images.add_all(*item, DCM_ContourImageSequence, err);
                }
                if (rc != 0) { return rc; }
            }
        }
    }
    return 0;
}

int take_rtstruct(Contours &all, pn_header &h, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    /* The object's own frame, if any, is not what its contours refer to. */
    h.frame_of_reference_uid[0] = '\0';
    int rc = take_rt_series(all, h, dataset, err);
    if (rc != 0) { return rc; }
    for (DcmItem *item : pn::items(dataset, DCM_StructureSetROISequence)) {
        long number = 0;
        rc = pn::integer(number, *item, DCM_ROINumber, "ROI Number", err);
        if (rc == 0) { rc = all.add(number, text.get(*item, DCM_ROIName), err); }
        if (rc == 0 && h.frame_of_reference_uid[0] == '\0') {
            rc = pn::put_uid(h.frame_of_reference_uid, *item, DCM_ReferencedFrameOfReferenceUID, err);
        }
        if (rc != 0) { return rc; }
    }
    if (h.frame_of_reference_uid[0] == '\0') {
        rc = pn::put_uid(h.frame_of_reference_uid, dataset, DCM_FrameOfReferenceUID, err);
        if (rc != 0) { return rc; }
    }
    for (DcmItem *item : pn::items(dataset, DCM_RTROIObservationsSequence)) {
        long number = 0;
        if (!pn::parse_integer(pn::raw(*item, DCM_ReferencedROINumber), number)) { continue; }
        if (Region *region = all.find(number)) {
            take_code(region->roi, *item, DCM_RTROIIdentificationCodeSequence, text);
        }
    }
    return take_contours(all, dataset, err);
}

/* ---- SEG ---------------------------------------------------------------------- */

bool is_label_map(DcmItem &dataset, pn::Text &text)
{
    return text.get(dataset, DCM_SegmentationType) == "LABELMAP";
}

/* A label map may declare its background as a segment too: 0, or the Pixel Padding Value. */
bool is_background(std::uint16_t number, DcmItem &dataset)
{
    std::uint16_t padding = 0;
    return number == 0 || (pn::uint16(padding, dataset, DCM_PixelPaddingValue, "", nullptr) == 0 && number == padding);
}

int take_segments(Contours &all, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    const bool label_map = is_label_map(dataset, text);
    for (DcmItem *item : pn::items(dataset, DCM_SegmentSequence)) {
        std::uint16_t number = 0;
        int rc = pn::uint16(number, *item, DCM_SegmentNumber, "Segment Number", err);
        if (rc == 0 && label_map && is_background(number, dataset)) { continue; }
        if (rc == 0) { rc = all.add(number, text.get(*item, DCM_SegmentLabel), err); }
        if (rc != 0) { return rc; }
        take_code(all.regions.back().roi, *item, DCM_SegmentedPropertyTypeCodeSequence, text);
    }
    return 0;
}

int take_seg_series(Contours &all, DcmItem &dataset, pn_error *err)
{
    for (DcmItem *item : pn::items(dataset, DCM_ReferencedSeriesSequence)) {
        char uid[PN_UID_SIZE];
        int rc = pn::put_uid(uid, *item, DCM_SeriesInstanceUID, err);
        if (rc == 0 && uid[0] != '\0') {
            rc = all.of_series(uid).images.add_all(*item, DCM_ReferencedInstanceSequence, err);
        }
        if (rc != 0) { return rc; }
    }
    return 0;
}

/* One frame: its segment, and the images that it was drawn on. `shared` stands in for what
 * the frame does not say itself. */
int take_frame(Contours &all, DcmItem &frame, DcmItem *shared, pn_error *err)
{
    DcmItem *segment = pn::first_item(frame, DCM_SegmentIdentificationSequence);
    if (segment == nullptr && shared != nullptr) {
        segment = pn::first_item(*shared, DCM_SegmentIdentificationSequence);
    }
    if (segment == nullptr) { return 0; }
    std::uint16_t number = 0;
    int rc = pn::uint16(number, *segment, DCM_ReferencedSegmentNumber, "Referenced Segment Number", err);
    if (rc != 0) { return rc; }
    Region *region = all.find(number);
    if (region == nullptr) { return 0; }
    region->roi.n_contours++;
    for (DcmItem *derivation : pn::items(frame, DCM_DerivationImageSequence)) {
        rc = region->images.add_all(*derivation, DCM_SourceImageSequence, err);
        if (rc != 0) { return pn_wrap(err, "segment %u", static_cast<unsigned>(number)); }
    }
    return 0;
}

/* A frame of a label map belongs to every segment. */
int take_label_frames(Contours &all, DcmItem &dataset, pn_error *err)
{
    UidList images;
    std::vector<DcmItem *> frames = pn::items(dataset, DCM_PerFrameFunctionalGroupsSequence);
    for (DcmItem *frame : frames) {
        for (DcmItem *derivation : pn::items(*frame, DCM_DerivationImageSequence)) {
            int rc = images.add_all(*derivation, DCM_SourceImageSequence, err);
            if (rc != 0) { return rc; }
        }
    }
    if (images.size() * all.regions.size() > PN_MAX_LABEL_IMAGES) {
        return pn_fail(err, PN_ELIMIT, "label map of %zu segments on %zu images, more than %d together",
                       all.regions.size(), images.size(), PN_MAX_LABEL_IMAGES);
    }
    for (Region &region : all.regions) {
        region.images = images;
        region.roi.n_contours = frames.size();
    }
    return 0;
}

int take_seg(Contours &all, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    int rc = take_segments(all, dataset, text, err);
    if (rc == 0) { rc = take_seg_series(all, dataset, err); }
    if (rc != 0) { return rc; }
    if (is_label_map(dataset, text)) { return take_label_frames(all, dataset, err); }
    DcmItem *shared = pn::first_item(dataset, DCM_SharedFunctionalGroupsSequence);
    for (DcmItem *frame : pn::items(dataset, DCM_PerFrameFunctionalGroupsSequence)) {
        rc = take_frame(all, *frame, shared, err);
        if (rc != 0) { return rc; }
    }
    return 0;
}

/* ---- An archive's answer ----------------------------------------------------------- */

int take_kept(std::vector<pn_kept> &all, DcmItem &dataset, const DcmTagKey &sequence, bool kept, pn_error *err)
{
    for (DcmItem *item : pn::items(dataset, sequence)) {
        pn_kept k = {};
        std::uint16_t reason = 0;
        int rc = pn::put_uid(k.sop_uid, *item, DCM_ReferencedSOPInstanceUID, err);
        if (rc == 0 && !kept) { rc = pn::uint16(reason, *item, DCM_FailureReason, "Failure Reason", err); }
        if (rc != 0) { return rc; }
        if (all.size() == PN_MAX_COMMITMENTS) {
            return pn_fail(err, PN_ELIMIT, "more than %d objects", PN_MAX_COMMITMENTS);
        }
        k.reason = kept ? static_cast<int>(PN_KEPT) : reason;
        all.push_back(k);
    }
    return 0;
}

int take_commitment(pn_header &h, DcmItem &dataset, pn_error *err)
{
    std::vector<pn_kept> all;
    int rc = pn::put_uid(h.transaction_uid, dataset, DCM_TransactionUID, err);
    if (rc == 0 && h.transaction_uid[0] == '\0') { rc = pn_fail(err, PN_EFORMAT, "no Transaction UID"); }
    if (rc == 0) { rc = take_kept(all, dataset, DCM_ReferencedSOPSequence, true, err); }
    if (rc == 0) { rc = take_kept(all, dataset, DCM_FailedSOPSequence, false, err); }
    if (rc != 0 || all.empty()) { return rc; }
    h.kept = static_cast<pn_kept *>(std::calloc(all.size(), sizeof *h.kept));
    if (h.kept == nullptr) { throw std::bad_alloc(); }
    std::copy(all.begin(), all.end(), h.kept);
    h.n_kept = all.size();
    return 0;
}

/* ---- Every object ----------------------------------------------------------------- */

/* Who edits an object of ours names itself as its manufacturer, and keeps what contributed before:
 * that is a contour like any other. */
bool made_by_us(DcmItem &dataset, pn::Text &text)
{
    if (text.get(dataset, DCM_Manufacturer) != "prognode") { return false; }
    for (DcmItem *item : pn::items(dataset, DCM_ContributingEquipmentSequence)) {
        if (text.get(*item, DCM_Manufacturer) == "prognode") { return true; }
    }
    return false;
}

pn_kind kind_of(const pn_scan &scan, DcmItem &dataset, pn::Text &text)
{
    static const struct { const char *uid; pn_kind kind; } classes[] = {
        {UID_CTImageStorage, PN_KIND_IMAGE},
        {UID_MRImageStorage, PN_KIND_IMAGE},
        {UID_PositronEmissionTomographyImageStorage, PN_KIND_IMAGE},
        {UID_RTStructureSetStorage, PN_KIND_RTSTRUCT},
        {UID_SegmentationStorage, PN_KIND_SEG},
        {PN_UID_LABEL_MAP_SEGMENTATION, PN_KIND_SEG},
    };
    if (std::strcmp(scan.sop_class_uid, UID_StorageCommitmentPushModelSOPClass) == 0) { return PN_KIND_COMMITMENT; }
    if (made_by_us(dataset, text)) { return PN_KIND_OWN; }
    if (pn::is_multiframe_class(scan.sop_class_uid)) { return PN_KIND_IMAGE; }
    for (const auto &c : classes) {
        if (std::strcmp(scan.sop_class_uid, c.uid) == 0) { return c.kind; }
    }
    return PN_KIND_OTHER;
}

/* Date and time as one run of digits (and the fraction's point). */
void put_datetime(char *dst, size_t size, DcmItem &dataset, const DcmTagKey &date,
                  const DcmTagKey &time)
{
    std::string s;
    for (char c : pn::raw(dataset, date) + pn::raw(dataset, time)) {
        if ((c >= '0' && c <= '9') || c == '.') { s.push_back(c); }
    }
    pn::put(dst, size, s);
}

int take_common(pn_header &h, DcmItem &meta, DcmItem &dataset, pn::Text &text, pn_error *err)
{
    int rc = pn::put_whole(h.patient_id, sizeof h.patient_id, text.get(dataset, DCM_PatientID),
                           "Patient ID", err);
    if (rc == 0) {
        rc = pn::put_whole(h.patient_id_issuer, sizeof h.patient_id_issuer,
                           text.get(dataset, DCM_IssuerOfPatientID), "Issuer of Patient ID", err);
    }
    if (rc == 0) {
        rc = pn::put_uid(h.frame_of_reference_uid, dataset, DCM_FrameOfReferenceUID, err);
    }
    if (rc != 0) { return rc; }
    pn::put(h.modality, sizeof h.modality, text.get(dataset, DCM_Modality));
    pn::put(h.accession, sizeof h.accession, text.get(dataset, DCM_AccessionNumber));
    pn::put(h.source_ae, sizeof h.source_ae, text.get(meta, DCM_SourceApplicationEntityTitle));
    pn::put(h.instance_number, sizeof h.instance_number, text.get(dataset, DCM_InstanceNumber));
    return 0;
}

/* Only for show here; who reads the pixels checks it. */
unsigned frames_of(DcmItem &dataset)
{
    long frames = 0;
    bool stated = pn::parse_integer(pn::raw(dataset, DCM_NumberOfFrames), frames) && frames > 0;
    return stated ? static_cast<unsigned>(std::min(frames, static_cast<long>(INT_MAX))) : 1;
}

int read_header(pn_header &h, const char *path, pn_error *err)
{
    DcmFileFormat file;
    pn_scan scan;
    int rc = pn::load(file, scan, path, err);
    if (rc != 0) { return rc; }
    DcmItem &dataset = *file.getDataset();
    pn::Text text(dataset);
    pn::put(h.sop_class_uid, PN_UID_SIZE, scan.sop_class_uid);
    pn::put(h.sop_uid, PN_UID_SIZE, scan.sop_uid);
    pn::put(h.study_uid, PN_UID_SIZE, scan.study_uid);
    pn::put(h.series_uid, PN_UID_SIZE, scan.series_uid);
    pn::put(h.transfer_syntax_uid, PN_UID_SIZE, scan.transfer_syntax_uid);
    h.kind = kind_of(scan, dataset, text);
    if (h.kind == PN_KIND_COMMITMENT) { return take_commitment(h, dataset, err); }
    rc = take_common(h, *file.getMetaInfo(), dataset, text, err);
    if (rc != 0 || h.kind == PN_KIND_OTHER || h.kind == PN_KIND_OWN) { return rc; }
    if (h.study_uid[0] == '\0') { return pn_fail(err, PN_EFORMAT, "no Study Instance UID"); }
    if (h.series_uid[0] == '\0') { return pn_fail(err, PN_EFORMAT, "no Series Instance UID"); }
    if (h.kind != PN_KIND_RTSTRUCT) { h.n_frames = frames_of(dataset); }
    if (h.kind == PN_KIND_IMAGE) { return pn::put_digests(h, scan, dataset, text, path, err); }

    Contours all;
    if (h.kind == PN_KIND_RTSTRUCT) {
        pn::put(h.structure_label, sizeof h.structure_label, text.get(dataset, DCM_StructureSetLabel));
        put_datetime(h.structure_datetime, sizeof h.structure_datetime, dataset,
                     DCM_StructureSetDate, DCM_StructureSetTime);
        rc = take_rtstruct(all, h, dataset, text, err);
    } else {
        pn::put(h.structure_label, sizeof h.structure_label, text.get(dataset, DCM_ContentLabel));
        put_datetime(h.structure_datetime, sizeof h.structure_datetime, dataset, DCM_ContentDate,
                     DCM_ContentTime);
        rc = take_seg(all, dataset, text, err);
    }
    if (rc == 0) { all.give(h); }
    return rc;
}

} // namespace

int pn_header_read(pn_header *out, const char *path, pn_error *err)
{
    return guarded(err, [&] {
        if (out == nullptr || path == nullptr) {
            return pn_fail(err, PN_EINVAL, "pn_header_read: null argument");
        }
        HeaderOwner owner;
        int rc = read_header(owner.h, path, err);
        if (rc == 0) { owner.release(out); }
        return rc;
    });
}

bool pn_is_multiframe_class(const char *sop_class_uid)
{
    return pn::is_multiframe_class(sop_class_uid);
}
