/* dicom/rtstruct.cc - a region of an RTSTRUCT as a mask (mask.h). PS3.3 C.8.8.5, C.8.8.6. */
#include "base/hash.h"
#include "dicom/placement.hh"
#include "dicom/raster.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace {

/* Longest text of one point: three numbers of 16 characters, each with its separator. */
const std::uint64_t MAX_POINT_CHARACTERS = 51;

/* A contour narrower than this (mm) has no area: its points lie on one line, but for rounding. */
const double NO_WIDTH_MM = 1e-3;

struct Ignored {
    size_t open = 0, degenerate = 0, repeated = 0;
};

struct Region {
    const pn::Placement &place;
    pn_mask &mask;
    size_t nx, ny;
    std::uint64_t points = 0, characters = 0;
    Ignored ignored;
    std::vector<bool> drawn;                 /* by slice: has a contour                      */
    std::set<std::string> seen;              /* digests of the contours drawn                */
};

int check_points(std::uint64_t points, pn_error *err)
{
    if (points <= PN_MAX_CONTOUR_POINTS) { return 0; }
    return pn_fail(err, PN_ELIMIT, "more than %d points in one region", PN_MAX_CONTOUR_POINTS);
}

/* Characters of Contour Data, still on disk until their length is known to be sane. Written
 * as UN by those who could not express its length in 16 bits. */
int contour_text(const char *&begin, const char *&end, DcmElement &data, Region &r, pn_error *err)
{
    r.characters += data.getLengthField();
    if (r.characters > PN_MAX_CONTOUR_POINTS * MAX_POINT_CHARACTERS) {
        return pn_fail(err, PN_ELIMIT, "Contour Data of %llu characters in one region",
                       static_cast<unsigned long long>(r.characters));
    }
    char *text = nullptr;
    Uint8 *bytes = nullptr;
    begin = end = "";
    if (data.getLengthField() == 0) { return 0; }
    if (data.ident() == EVR_DS && data.getString(text).good() && text != nullptr) {
        begin = text;
        end = text + std::strlen(text);
    } else if (data.ident() == EVR_UN && data.getUint8Array(bytes).good() && bytes != nullptr) {
        begin = reinterpret_cast<const char *>(bytes);
        end = begin + data.getLengthField();
    } else {
        return pn_fail(err, PN_EFORMAT, "Contour Data cannot be read");
    }
    return 0;
}

int parse_points(std::vector<double> &xyz, const char *p, const char *end, Region &r, pn_error *err)
{
    while (end > p && (end[-1] == ' ' || end[-1] == '\0')) { end--; }
    size_t values = p == end ? 0 : static_cast<size_t>(std::count(p, end, '\\')) + 1;
    int rc = check_points(r.points += values / 3, err);
    if (rc != 0) { return rc; }
    if (values % 3 != 0) {
        return pn_fail(err, PN_EFORMAT, "Contour Data holds %zu numbers, not a multiple of 3", values);
    }
    xyz.resize(values);
    for (size_t i = 0; i < values; i++) {
        const void *found = i + 1 < values ? std::memchr(p, '\\', static_cast<size_t>(end - p)) : end;
        const char *stop = static_cast<const char *>(found);
        if (!pn::parse_decimal(p, stop, xyz[i]) || std::fabs(xyz[i]) > PN_MAX_COORDINATE_MM) {
            return pn_fail(err, PN_EFORMAT, "point %zu: %s is not a coordinate within %g mm", i / 3 + 1,
                           pn::shown(std::string(p, stop)).c_str(), PN_MAX_COORDINATE_MM);
        }
        p = stop + 1;
    }
    return 0;
}

int read_points(std::vector<double> &xyz, DcmItem &contour, Region &r, pn_error *err)
{
    long stated = -1;
    if (!pn::raw(contour, DCM_NumberOfContourPoints).empty()) {
        int rc = pn::integer(stated, contour, DCM_NumberOfContourPoints, "Number of Contour Points", err);
        if (rc != 0) { return rc; }
        if (stated < 0) { return pn_fail(err, PN_EFORMAT, "Number of Contour Points is %ld", stated); }
        rc = check_points(r.points + static_cast<std::uint64_t>(stated), err);
        if (rc != 0) { return rc; }
    }
    DcmElement *data = nullptr;
    if (contour.findAndGetElement(DCM_ContourData, data).bad() || data == nullptr) {
        return pn_fail(err, PN_EFORMAT, "Contour Data is missing");
    }
    const char *begin, *end;
    int rc = contour_text(begin, end, *data, r, err);
    if (rc == 0) { rc = parse_points(xyz, begin, end, r, err); }
    data->compact();                         /* back to disk: one contour in memory at a time */
    if (rc != 0) { return rc; }
    if (stated >= 0 && xyz.size() != 3 * static_cast<size_t>(stated)) {
        return pn_fail(err, PN_EFORMAT, "Number of Contour Points is %ld, Contour Data holds %zu", stated,
                       xyz.size() / 3);
    }
    return 0;
}

/* The slice that the contour lies in, and its points in pixels (xyz is overwritten: 2 values
 * a point). */
int place(size_t &slice, std::vector<double> &xyz, const Region &r, pn_error *err)
{
    size_t n = xyz.size() / 3;
    double low = 0, high = 0;
    for (size_t p = 0; p < n; p++) {
        double i, j, along;
        r.place.locate(&xyz[3 * p], i, j, along);
        low = p == 0 ? along : std::min(low, along);
        high = p == 0 ? along : std::max(high, along);
        bool outside = i < -1.5 || j < -1.5 || i > static_cast<double>(r.nx) + 0.5 ||
                       j > static_cast<double>(r.ny) + 0.5;
        if (outside) {
            return pn_fail(err, PN_EGEOMETRY, "point %zu (%.6g, %.6g, %.6g mm) lies outside the images", p + 1,
                           xyz[3 * p], xyz[3 * p + 1], xyz[3 * p + 2]);
        }
        xyz[2 * p] = i;
        xyz[2 * p + 1] = j;
    }
    double tolerance = r.place.plane_tolerance_mm;
    if (high - low > 2 * tolerance) {
        return pn_fail(err, PN_EGEOMETRY, "not parallel to the slices: its points lie %.4g mm apart along their normal",
                       high - low);
    }
    slice = r.place.nearest((low + high) / 2);
    double off = std::max(std::fabs(low - r.place.position_of(slice)), std::fabs(high - r.place.position_of(slice)));
    if (off > tolerance) {
        return pn_fail(err, PN_EGEOMETRY, "lies %.4g mm from the nearest plane, %s", off,
                       r.place.name(slice).c_str());
    }
    return 0;
}

double distance(const double *a, const double *b)
{
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/* Three points at least that differ and do not lie on one line. */
bool has_area(const std::vector<double> &xyz)
{
    const double *from = xyz.data(), *to = from;
    for (size_t p = 0; p < xyz.size(); p += 3) {
        if (distance(from, &xyz[p]) > distance(from, to)) { to = &xyz[p]; }
    }
    double length = xyz.empty() ? 0 : distance(from, to), width = 0;
    if (length < NO_WIDTH_MM) { return false; }
    for (size_t p = 0; p < xyz.size(); p += 3) {
        double u[3], v[3];
        for (int i = 0; i < 3; i++) {
            u[i] = (to[i] - from[i]) / length;
            v[i] = xyz[p + static_cast<size_t>(i)] - from[i];
        }
        width = std::max(width, std::hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                                           u[0] * v[1] - u[1] * v[0]));
    }
    return width >= NO_WIDTH_MM;
}

/* Whether the same outline was drawn on the same slice before: again it would erase itself.
 * `xy` has room for one number more than its points. */
int look_for_repetition(bool &repeated, Region &r, size_t slice, std::vector<double> &xy, size_t n, pn_error *err)
{
    std::uint8_t digest[PN_SHA256_SIZE];
    xy[2 * n] = static_cast<double>(slice);
    int rc = pn_sha256_of(digest, xy.data(), (2 * n + 1) * sizeof xy[0], err);
    if (rc == 0) { repeated = !r.seen.emplace(reinterpret_cast<const char *>(digest), sizeof digest).second; }
    return rc;
}

int draw(DcmItem &contour, Region &r, pn::Text &text, pn_error *err)
{
    std::string type = text.get(contour, DCM_ContourGeometricType);
    if (type != "CLOSED_PLANAR" && type != "CLOSEDPLANAR_XOR") {
        bool open = type == "OPEN_PLANAR" || type == "OPEN_NONPLANAR" || type == "POINT";
        if (!open) { return pn_fail(err, PN_EFORMAT, "Contour Geometric Type is %s", pn::shown(type).c_str()); }
        r.ignored.open++;
        return 0;
    }
    std::vector<double> points;
    int rc = read_points(points, contour, r, err);
    if (rc != 0) { return rc; }
    size_t n = points.size() / 3, slice = 0;
    if (!has_area(points)) {
        r.ignored.degenerate++;
        return 0;
    }
    bool repeated = false;
    rc = place(slice, points, r, err);
    if (rc == 0) { rc = look_for_repetition(repeated, r, slice, points, n, err); }
    if (rc != 0) { return rc; }
    /* Between contours of the type made for it, erasing is what is meant. */
    if (repeated && type == "CLOSED_PLANAR") {
        r.ignored.repeated++;
        return 0;
    }
    r.drawn[slice] = true;
    pn_raster_edges(r.mask.voxels + slice * r.nx * r.ny, r.nx, r.ny, points.data(), n);
    r.mask.n_contours++;
    return 0;
}

/* Slices without a contour between the first and the last that have one. */
size_t slices_missing(const std::vector<bool> &drawn)
{
    auto first = std::find(drawn.begin(), drawn.end(), true);
    auto last = std::find(drawn.rbegin(), drawn.rend(), true).base();
    return first < last ? static_cast<size_t>(std::count(first, last, false)) : 0;
}

void add_note(std::string &note, size_t count, const std::string &before, const std::string &after)
{
    if (count == 0) { return; }
    note += (note.empty() ? "" : "; ") + before + std::to_string(count) + after;
}

std::string note_of(const Region &r)
{
    std::string note;
    add_note(note, r.ignored.open, "", " open contours or points ignored");
    add_note(note, r.ignored.degenerate, "", " contours without area ignored");
    add_note(note, r.ignored.repeated, "", " contours that repeat another ignored");
    add_note(note, slices_missing(r.drawn), "no contour on ", " slices between the first and the last");
    return note;
}

/* ---- The region in its object -------------------------------------------------------- */

DcmItem *find_region(DcmItem &dataset, const DcmTagKey &sequence, const DcmTagKey &tag, int number)
{
    for (DcmItem *item : pn::items(dataset, sequence)) {
        long n = 0;
        if (pn::parse_integer(pn::raw(*item, tag), n) && n == number) { return item; }
    }
    return nullptr;
}

/* The frame that this region's points are in. */
int frame_of(char uid[PN_UID_SIZE], DcmItem &dataset, DcmItem &roi, pn_error *err)
{
    int rc = pn::put_uid(uid, roi, DCM_ReferencedFrameOfReferenceUID, err);
    if (rc == 0 && uid[0] == '\0') {
        DcmItem *frame = pn::first_item(dataset, DCM_ReferencedFrameOfReferenceSequence);
        rc = pn::put_uid(uid, frame != nullptr ? *frame : dataset, DCM_FrameOfReferenceUID, err);
    }
    return rc;
}

bool names_our_image(const std::vector<DcmItem *> &contours, const pn_volume &volume)
{
    for (DcmItem *contour : contours) {
        for (DcmItem *image : pn::items(*contour, DCM_ContourImageSequence)) {
            char uid[PN_UID_SIZE];
            if (pn::put_uid(uid, *image, DCM_ReferencedSOPInstanceUID, nullptr) == 0 &&
                pn::is_image_of(volume, uid)) {
                return true;
            }
        }
    }
    return false;
}

/* One region may be spread over several items. */
std::vector<DcmItem *> contours_of(DcmItem &dataset, int number)
{
    std::vector<DcmItem *> all;
    for (DcmItem *item : pn::items(dataset, DCM_ROIContourSequence)) {
        long n = 0;
        if (!pn::parse_integer(pn::raw(*item, DCM_ReferencedROINumber), n) || n != number) { continue; }
        std::vector<DcmItem *> contours = pn::items(*item, DCM_ContourSequence);
        all.insert(all.end(), contours.begin(), contours.end());
    }
    return all;
}

int draw_region(pn_mask &mask, const std::vector<DcmItem *> &contours, const pn_volume &volume,
                pn::Text &text, pn_error *err)
{
    const rx_grid &g = volume.image.grid;
    pn::Placement placement(volume);
    Region r = {placement, mask, g.dim[0], g.dim[1], 0, 0, {}, std::vector<bool>(g.dim[2]), {}};
    for (size_t c = 0; c < contours.size(); c++) {
        int rc = draw(*contours[c], r, text, err);
        if (rc != 0) { return pn_wrap(err, "contour %zu of %zu", c + 1, contours.size()); }
    }
    for (size_t k = 0; k < g.dim[2]; k++) {
        mask.n_voxels += pn_raster_fill(mask.voxels + k * r.nx * r.ny, r.nx, r.ny);
    }
    const std::string note = note_of(r);
    pn::put(mask.note, sizeof mask.note, note);
    if (mask.n_contours == 0) { return pn_fail(err, PN_EEMPTY, "no closed contour with an area: %s", note.c_str()); }
    if (mask.n_voxels == 0) { return pn_fail(err, PN_EEMPTY, "no voxel centre lies inside its contours"); }
    return 0;
}

int make_mask(pn_mask *out, const char *path, int roi_number, const pn_volume &volume, pn_error *err)
{
    DcmFileFormat file;
    pn_scan scan;
    int rc = pn::load(file, scan, path, err);
    if (rc != 0) { return rc; }
    if (std::strcmp(scan.sop_class_uid, UID_RTStructureSetStorage) != 0) {
        return pn_fail(err, PN_EFORMAT, "not an RT Structure Set (SOP class %s)", scan.sop_class_uid);
    }
    DcmItem &dataset = *file.getDataset();
    pn::Text text(dataset);
    rc = pn::check_same_patient(volume, dataset, text, scan, err);
    if (rc != 0) { return rc; }
    DcmItem *roi = find_region(dataset, DCM_StructureSetROISequence, DCM_ROINumber, roi_number);
    if (roi == nullptr) { return pn_fail(err, PN_ENOTFOUND, "no region has the number %d", roi_number); }
    std::vector<DcmItem *> contours = contours_of(dataset, roi_number);
    if (contours.empty()) { return pn_fail(err, PN_EEMPTY, "region %d has no contours", roi_number); }
    if (contours.size() > PN_MAX_CONTOURS) {
        return pn_fail(err, PN_ELIMIT, "region %d has %zu contours, more than the %d allowed", roi_number,
                       contours.size(), PN_MAX_CONTOURS);
    }
    char frame_uid[PN_UID_SIZE];
    rc = frame_of(frame_uid, dataset, *roi, err);
    if (rc == 0) { rc = pn::check_same_frame(volume, frame_uid, names_our_image(contours, volume), err); }
    if (rc != 0) { return rc; }
    pn::MaskOwner owner(volume);
    rc = draw_region(owner.m, contours, volume, text, err);
    if (rc != 0) { return pn_wrap(err, "region %d", roi_number); }
    owner.release(out);
    return 0;
}

} // namespace

int pn_mask_from_rtstruct(pn_mask *out, const char *path, int roi_number, const pn_volume *volume,
                          pn_error *err)
{
    return guarded(err, [&] {
        if (out == nullptr || path == nullptr || volume == nullptr || volume->n_slices == 0) {
            return pn_fail(err, PN_EINVAL, "pn_mask_from_rtstruct: null argument or empty volume");
        }
        return make_mask(out, path, roi_number, *volume, err);
    });
}
