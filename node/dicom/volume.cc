/* dicom/volume.cc - see volume.h. PS3.3 C.7.6.2 (image plane); pixels are read in pixels.cc,
 * functional groups in multiframe.cc. */
#include "dicom/volume.h"
#include "dicom/dataset.hh"
#include "dicom/multiframe.hh"
#include "dicom/pixels.hh"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

const double ORIENTATION_TOLERANCE = 1e-4;   /* of a cosine: 0.05 mm over 500 mm             */
const double PIXEL_SPACING_TOLERANCE = 1e-4; /* relative: a tenth of a pixel over 1000       */
const double GAP_RELATIVE = 0.01, GAP_MM = 0.01;
const double DRIFT_PIXELS = 0.1;             /* across the whole stack                       */

/* One file: a single image, or many frames. */
struct File {
    pn::PixelFile image;
    bool multiframe = false;
    double window[2] = {0, 0};               /* centre and width; 0: none                    */
    std::string number;                      /* Instance Number, for messages                */
    std::string patient_id, issuer;
    char frame_uid[PN_UID_SIZE] = "";
};

struct Slice {
    const File *file = nullptr;
    std::uint32_t frame = 0;                 /* from 0                                       */
    double position[3] = {0, 0, 0}, cosines[6] = {0, 0, 0, 0, 0, 0};
    double spacing[2] = {0, 0};              /* between rows, between columns                */
    double thickness = 0;
    double slope = 1, intercept = 0;
    double along = 0;                        /* position along the normal                    */
};

double dot(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

void cross(double *out, const double *a, const double *b)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

bool normalise(double *v)
{
    double n = std::sqrt(dot(v, v));
    if (!(std::fabs(n - 1) < 1e-2)) { return false; }
    for (int i = 0; i < 3; i++) { v[i] /= n; }
    return true;
}

/* "slice 12 (z = -31.5 mm)", or "frame 12 (...)" */
std::string name(const Slice &s)
{
    char text[96];
    const std::string &number = s.file->number;
    if (s.file->multiframe) {
        std::snprintf(text, sizeof text, "frame %lu (z = %.6g mm)", static_cast<unsigned long>(s.frame) + 1,
                      s.position[2]);
    } else {
        std::snprintf(text, sizeof text, "slice %.16s (z = %.6g mm)",
                      number.empty() ? "without number" : number.c_str(), s.position[2]);
    }
    return text;
}

int fail_pair(pn_error *err, pn_code code, const Slice &a, const Slice &b, const std::string &what)
{
    return pn_fail(err, code, "%s and %s %s", name(a).c_str(), name(b).c_str(), what.c_str());
}

std::string number_text(double v)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", v);
    return text;
}

/* ---- One file's slices ----------------------------------------------------------- */

int check_kind(File &f, DcmItem &dataset, pn_error *err)
{
    long frames = 1;
    int rc = pn::number_of_frames(frames, dataset, err);
    if (rc != 0) { return rc; }
    f.image.frames = static_cast<std::uint32_t>(frames);
    f.multiframe = pn::is_multiframe_class(f.image.scan.sop_class_uid);
    if (frames != 1 && !f.multiframe) {
        return pn_fail(err, PN_EUNSUPPORTED, "multi-frame image (%ld frames) of a class for single frames, %s", frames,
                       f.image.scan.sop_class_uid);
    }
    if (dataset.tagExists(DCM_ModalityLUTSequence)) {
        return pn_fail(err, PN_EUNSUPPORTED, "Modality LUT Sequence: only linear rescale is supported");
    }
    return 0;
}

/* Units that a CT's rescaled values may have instead of HU (PS3.3 C.11.1.1.2). */
bool is_not_hu(const std::string &type)
{
    for (const char *other : {"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"}) {
        if (type == other) { return true; }
    }
    return false;
}

/* `item`: null where a frame has no Pixel Value Transformation Sequence. */
int read_rescale(Slice &s, DcmItem *item, pn::Text &text, pn_error *err)
{
    bool stated = item != nullptr && !pn::raw(*item, DCM_RescaleSlope).empty() &&
                  !pn::raw(*item, DCM_RescaleIntercept).empty();
    if (pn::is_ct_class(s.file->image.scan.sop_class_uid)) {
        if (!stated) {
            return pn_fail(err, PN_EFORMAT, "CT image without Rescale Slope and Intercept: its values are not HU");
        }
        std::string type = text.get(*item, DCM_RescaleType);
        if (is_not_hu(type)) {
            return pn_fail(err, PN_EUNSUPPORTED, "Rescale Type of a CT image is %s, expected HU", pn::shown(type).c_str());
        }
    }
    if (item == nullptr) { return 0; }
    int rc = pn::optional_decimal(s.slope, *item, DCM_RescaleSlope, "Rescale Slope", err);
    if (rc == 0) { rc = pn::optional_decimal(s.intercept, *item, DCM_RescaleIntercept, "Rescale Intercept", err); }
    if (rc != 0) { return rc; }
    if (s.slope == 0 || std::fabs(s.slope) > 1e30 || std::fabs(s.intercept) > 1e30) {
        return pn_fail(err, PN_EFORMAT, "Rescale Slope is %g, Rescale Intercept %g", s.slope, s.intercept);
    }
    return 0;
}

int read_plane(Slice &s, const pn::FrameItems &in, pn_error *err)
{
    int rc = pn::decimals(s.position, 3, *in.position, DCM_ImagePositionPatient, "Image Position (Patient)", err);
    if (rc == 0) {
        rc = pn::decimals(s.cosines, 6, *in.orientation, DCM_ImageOrientationPatient,
                          "Image Orientation (Patient)", err);
    }
    if (rc == 0) { rc = pn::decimals(s.spacing, 2, *in.measures, DCM_PixelSpacing, "Pixel Spacing", err); }
    if (rc == 0) { rc = pn::optional_decimal(s.thickness, *in.measures, DCM_SliceThickness, "Slice Thickness", err); }
    if (rc != 0) { return rc; }
    for (double x : s.position) {
        if (std::fabs(x) > PN_MAX_COORDINATE_MM) {
            return pn_fail(err, PN_EFORMAT, "Image Position (Patient) holds %g mm, expected at most %g", x,
                           PN_MAX_COORDINATE_MM);
        }
    }
    for (double x : s.spacing) {
        if (!(x > 0 && x <= 1000)) {
            return pn_fail(err, PN_EFORMAT, "Pixel Spacing holds %g mm, expected more than 0 and at most 1000", x);
        }
    }
    double *row = s.cosines, *column = s.cosines + 3;
    if (!normalise(row) || !normalise(column) || std::fabs(dot(row, column)) > 1e-2) {
        return pn_fail(err, PN_EFORMAT, "Image Orientation (Patient) is not two perpendicular unit vectors");
    }
    /* What rounding left over, so that the axes are perpendicular exactly. */
    double lean = dot(row, column);
    for (int i = 0; i < 3; i++) { column[i] -= lean * row[i]; }
    normalise(column);
    return 0;
}

/* A report must not carry a name that was guessed. */
int check_name(DcmItem &dataset, const pn::Text &text, pn_error *err)
{
    if (text.is_readable(dataset, DCM_PatientName)) { return 0; }
    return pn_fail(err, PN_EUNSUPPORTED,
                   "Specific Character Set %s is not known; the patient's name cannot be read",
                   pn::shown(pn::characters(dataset, DCM_SpecificCharacterSet)).c_str());
}

void read_study(pn_study &st, const File &s, DcmItem &dataset, pn::Text &text)
{
    const struct { char *dst; size_t size; DcmTagKey tag; } fields[] = {
        {st.patient_name, sizeof st.patient_name, DCM_PatientName},
        {st.patient_id, sizeof st.patient_id, DCM_PatientID},
        {st.patient_id_issuer, sizeof st.patient_id_issuer, DCM_IssuerOfPatientID},
        {st.patient_birth_date, sizeof st.patient_birth_date, DCM_PatientBirthDate},
        {st.patient_sex, sizeof st.patient_sex, DCM_PatientSex},
        {st.patient_age, sizeof st.patient_age, DCM_PatientAge},
        {st.patient_weight_kg, sizeof st.patient_weight_kg, DCM_PatientWeight},
        {st.patient_size_m, sizeof st.patient_size_m, DCM_PatientSize},
        {st.study_date, sizeof st.study_date, DCM_StudyDate},
        {st.study_time, sizeof st.study_time, DCM_StudyTime},
        {st.study_id, sizeof st.study_id, DCM_StudyID},
        {st.accession, sizeof st.accession, DCM_AccessionNumber},
        {st.referring_physician, sizeof st.referring_physician, DCM_ReferringPhysicianName},
        {st.study_description, sizeof st.study_description, DCM_StudyDescription},
        {st.series_description, sizeof st.series_description, DCM_SeriesDescription},
        {st.series_number, sizeof st.series_number, DCM_SeriesNumber},
        {st.modality, sizeof st.modality, DCM_Modality},
        {st.body_part, sizeof st.body_part, DCM_BodyPartExamined},
        {st.manufacturer, sizeof st.manufacturer, DCM_Manufacturer},
        {st.model_name, sizeof st.model_name, DCM_ManufacturerModelName},
        {st.convolution_kernel, sizeof st.convolution_kernel, DCM_ConvolutionKernel},
        {st.slice_thickness_mm, sizeof st.slice_thickness_mm, DCM_SliceThickness},
        {st.contrast_agent, sizeof st.contrast_agent, DCM_ContrastBolusAgent},
    };
    for (const auto &f : fields) { pn::put(f.dst, f.size, text.get(dataset, f.tag)); }
    pn::put(st.study_uid, PN_UID_SIZE, s.image.scan.study_uid);
    pn::put(st.series_uid, PN_UID_SIZE, s.image.scan.series_uid);
    pn::put(st.frame_of_reference_uid, PN_UID_SIZE, s.frame_uid);
}

int read_slice(Slice &s, const pn::FrameItems &in, pn::Text &text, pn_error *err)
{
    int rc = read_rescale(s, in.values, text, err);
    return rc != 0 ? rc : read_plane(s, in, err);
}

/* The slices of one file go behind those that are there. `n_files`: of the series. `study`:
 * filled where not null. */
int read_slices(std::vector<Slice> &slices, const File &f, DcmItem &dataset, pn::Text &text, size_t n_files,
                pn_study *study, pn_error *err)
{
    pn::FrameItems in;
    in.position = in.orientation = in.measures = in.values = &dataset;
    pn::FrameGroups groups;
    int rc = 0;
    if (f.multiframe) { rc = groups.open(dataset, text, static_cast<long>(f.image.frames), n_files, err); }
    if (rc == 0 && slices.size() + f.image.frames > PN_MAX_SLICES) {
        rc = pn_fail(err, PN_ELIMIT, "more than %d frames in one series", PN_MAX_SLICES);
    }
    for (std::uint32_t k = 0; rc == 0 && k < f.image.frames; k++) {
        Slice s;
        s.file = &f;
        s.frame = k;
        if (f.multiframe) { rc = groups.items_of(in, k, err); }
        if (rc == 0) { rc = read_slice(s, in, text, err); }
        if (rc != 0) { return f.multiframe ? pn_wrap(err, "frame %lu", static_cast<unsigned long>(k) + 1) : rc; }
        slices.push_back(s);
    }
    if (rc == 0 && study != nullptr) { rc = check_name(dataset, text, err); }
    if (rc == 0 && study != nullptr) {
        read_study(*study, f, dataset, text);
        if (f.multiframe) { groups.complete(*study, text); }
    }
    return rc;
}

/* The first window that the image asks to be shown with. How it is shown decides nothing, so what
 * is no window is none. */
void read_window(double window[2], DcmItem &dataset)
{
    DcmItem *item = &dataset;
    for (const DcmTagKey &groups : {DCM_PerFrameFunctionalGroupsSequence, DCM_SharedFunctionalGroupsSequence}) {
        DcmItem *frame = pn::first_item(dataset, groups);
        DcmItem *voi = frame == nullptr ? nullptr : pn::first_item(*frame, DCM_FrameVOILUTSequence);
        if (voi != nullptr) { item = voi; }
    }
    double values[2] = {0, 0};
    const DcmTagKey tags[2] = {DCM_WindowCenter, DCM_WindowWidth};
    for (int i = 0; i < 2; i++) {
        std::string text = pn::raw(*item, tags[i]);
        text.resize(std::min(text.find('\\'), text.size()));
        if (!pn::parse_decimal(text.data(), text.data() + text.size(), values[i])) { return; }
    }
    if (values[1] >= 1e-9 && values[1] <= 1e9 && std::fabs(values[0]) <= 1e9) {
        std::copy(values, values + 2, window);
    }
}

int read_file(std::vector<Slice> &slices, File &f, size_t n_files, pn_study *study, pn_error *err)
{
    DcmFileFormat file;
    int rc = pn::load(file, f.image.scan, f.image.path, err);
    if (rc != 0) { return rc; }
    DcmItem &dataset = *file.getDataset();
    pn::Text text(dataset);
    f.number = text.get(dataset, DCM_InstanceNumber);
    read_window(f.window, dataset);
    f.patient_id = text.get(dataset, DCM_PatientID);
    f.issuer = text.get(dataset, DCM_IssuerOfPatientID);
    if (f.patient_id.size() >= PN_LO_SIZE || f.issuer.size() >= PN_LO_SIZE) {
        return pn_fail(err, PN_EFORMAT, "Patient ID or its issuer is longer than %d bytes", PN_LO_SIZE - 1);
    }
    if (f.image.scan.study_uid[0] == '\0' || f.image.scan.series_uid[0] == '\0') {
        return pn_fail(err, PN_EFORMAT, "no Study or Series Instance UID");
    }
    rc = pn::put_uid(f.frame_uid, dataset, DCM_FrameOfReferenceUID, err);
    if (rc == 0) { rc = check_kind(f, dataset, err); }
    if (rc == 0) { rc = pn::describe_pixels(f.image, dataset, text, err); }
    return rc != 0 ? rc : read_slices(slices, f, dataset, text, n_files, study, err);
}

/* ---- What the slices must share -------------------------------------------------- */

int check_identity(const Slice &a, const Slice &b, pn_error *err)
{
    const struct { const char *what, *a, *b; } same[] = {
        {"Patient ID", a.file->patient_id.c_str(), b.file->patient_id.c_str()},
        {"Issuer of Patient ID", a.file->issuer.c_str(), b.file->issuer.c_str()},
        {"Study Instance UID", a.file->image.scan.study_uid, b.file->image.scan.study_uid},
        {"Series Instance UID", a.file->image.scan.series_uid, b.file->image.scan.series_uid},
        {"Frame of Reference UID", a.file->frame_uid, b.file->frame_uid},
    };
    for (const auto &s : same) {
        if (std::strcmp(s.a, s.b) != 0) {
            return pn_fail(err, PN_EIDENTITY, "%s and %s differ in %s: \"%.64s\" and \"%.64s\"",
                           name(a).c_str(), name(b).c_str(), s.what, s.a, s.b);
        }
    }
    return 0;
}

int check_same_plane(const Slice &a, const Slice &b, pn_error *err)
{
    if (a.file->image.rows != b.file->image.rows || a.file->image.columns != b.file->image.columns) {
        return fail_pair(err, PN_EGEOMETRY, a, b,
                         "differ in size: " + std::to_string(a.file->image.columns) + " x " + std::to_string(a.file->image.rows) +
                             " and " + std::to_string(b.file->image.columns) + " x " + std::to_string(b.file->image.rows) + " pixels");
    }
    for (int i = 0; i < 6; i++) {
        if (std::fabs(a.cosines[i] - b.cosines[i]) > ORIENTATION_TOLERANCE) {
            return fail_pair(err, PN_EGEOMETRY, a, b, "differ in orientation");
        }
    }
    for (int i = 0; i < 2; i++) {
        if (std::fabs(a.spacing[i] - b.spacing[i]) > PIXEL_SPACING_TOLERANCE * a.spacing[i]) {
            return fail_pair(err, PN_EGEOMETRY, a, b,
                             "differ in pixel spacing: " + number_text(a.spacing[i]) + " and " +
                                 number_text(b.spacing[i]) + " mm");
        }
    }
    return 0;
}

/* ---- The stack ---------------------------------------------------------------------- */

int check_duplicates(const std::vector<Slice> &slices, pn_error *err)
{
    for (size_t k = 1; k < slices.size(); k++) {
        if (slices[k].along - slices[k - 1].along < GAP_MM) {
            const File &a = *slices[k - 1].file, &b = *slices[k].file;
            bool same = !(a.multiframe && &a == &b) && std::strcmp(a.image.scan.sop_uid, b.image.scan.sop_uid) == 0;
            return fail_pair(err, PN_EGEOMETRY, slices[k - 1], slices[k],
                             same ? "are the same image twice" : "lie at the same position");
        }
    }
    return 0;
}

/* Gantry tilt moves each slice sideways; so does a table that is not where it says. Reported
 * before uneven spacing, which it often brings along. */
int check_tilt(const std::vector<Slice> &slices, const double *normal, pn_error *err)
{
    const Slice &first = slices.front();
    double allowed = DRIFT_PIXELS * std::min(first.spacing[0], first.spacing[1]);
    for (size_t k = 1; k < slices.size(); k++) {
        double v[3], along = slices[k].along - first.along, side = 0;
        for (int i = 0; i < 3; i++) {
            v[i] = slices[k].position[i] - first.position[i] - along * normal[i];
        }
        side = std::sqrt(dot(v, v));
        if (side > allowed) {
            double degrees = std::atan2(side, along) * 180 / M_PI;
            return fail_pair(err, PN_EGEOMETRY, first, slices[k],
                             "are not stacked along the normal of their planes: shifted by " +
                                 number_text(side) + " mm (gantry tilt of " + number_text(degrees) + " degrees?)");
        }
    }
    return 0;
}

int check_gaps(const std::vector<Slice> &slices, pn_error *err)
{
    std::vector<double> gaps;
    for (size_t k = 1; k < slices.size(); k++) { gaps.push_back(slices[k].along - slices[k - 1].along); }
    std::vector<double> sorted = gaps;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    double usual = sorted[sorted.size() / 2], allowed = std::max(GAP_RELATIVE * usual, GAP_MM);
    for (size_t k = 0; k < gaps.size(); k++) {
        if (std::fabs(gaps[k] - usual) <= allowed) { continue; }
        double missing = std::round(gaps[k] / usual) - 1;
        std::string what = "are " + number_text(gaps[k]) + " mm apart, the others " + number_text(usual) + " mm";
        if (missing >= 1 && std::fabs(gaps[k] - (missing + 1) * usual) <= allowed * (missing + 1)) {
            what += ": " + number_text(missing) + (missing > 1 ? " slices are" : " slice is") + " missing between them";
        }
        return fail_pair(err, PN_EGEOMETRY, slices[k], slices[k + 1], what);
    }
    return 0;
}

int stack(rx_grid &grid, std::vector<Slice> &slices, pn_error *err)
{
    double normal[3];
    const double *row = slices[0].cosines, *column = slices[0].cosines + 3;
    cross(normal, row, column);
    for (Slice &s : slices) { s.along = dot(s.position, normal); }
    std::sort(slices.begin(), slices.end(), [](const Slice &a, const Slice &b) { return a.along < b.along; });
    const Slice &first = slices.front();
    row = first.cosines;
    column = first.cosines + 3;
    double spacing = first.thickness;
    if (slices.size() > 1) {
        int rc = check_duplicates(slices, err);
        if (rc == 0) { rc = check_tilt(slices, normal, err); }
        if (rc == 0) { rc = check_gaps(slices, err); }
        if (rc != 0) { return rc; }
        spacing = (slices.back().along - first.along) / static_cast<double>(slices.size() - 1);
    } else if (!(spacing > 0 && spacing <= 1000)) {
        return pn_fail(err, PN_EGEOMETRY, "a single slice with a Slice Thickness of %g mm: its extent is unknown", spacing);
    }
    grid.dim[0] = first.file->image.columns;
    grid.dim[1] = first.file->image.rows;
    grid.dim[2] = slices.size();
    grid.spacing_mm[0] = first.spacing[1];
    grid.spacing_mm[1] = first.spacing[0];
    grid.spacing_mm[2] = spacing;
    for (int i = 0; i < 3; i++) {
        grid.origin_mm[i] = first.position[i];
        grid.direction[3 * i] = row[i];
        grid.direction[3 * i + 1] = column[i];
        grid.direction[3 * i + 2] = normal[i];
    }
    return 0;
}

/* ---- Voxels ----------------------------------------------------------------------------- */

struct FreeDelete {
    void operator()(void *p) const { std::free(p); }
};

/* All slices as T. `exact` false: T cannot hold a value, try a wider one. */
template <class T>
int load_as(void **voxels, bool *exact, const std::vector<Slice> &slices, pn_error *err)
{
    size_t n = slices[0].file->image.pixels_per_frame();
    std::unique_ptr<T, FreeDelete> all(static_cast<T *>(std::malloc(n * slices.size() * sizeof(T))));
    if (all == nullptr) { throw std::bad_alloc(); }
    pn::FrameReader reader;
    *exact = true;
    for (size_t k = 0; k < slices.size() && *exact; k++) {
        const Slice &s = slices[k];
        int rc = k > 0 && s.file == slices[k - 1].file ? 0 : reader.open(s.file->image, err);
        if (rc == 0) { rc = reader.read(all.get() + k * n, exact, s.frame, s.slope, s.intercept, err); }
        if (rc != 0) { return pn_wrap(err, "%s", name(s).c_str()); }
    }
    if (*exact) { *voxels = all.release(); }
    return 0;
}

int load_voxels(pn_volume &v, const std::vector<Slice> &slices, pn_error *err)
{
    bool whole = std::all_of(slices.begin(), slices.end(), [](const Slice &s) {
        return s.slope == std::round(s.slope) && s.intercept == std::round(s.intercept);
    });
    bool exact = false;
    int rc = 0;
    v.image.type = RX_I16;
    if (whole) { rc = load_as<std::int16_t>(&v.voxels, &exact, slices, err); }
    if (rc == 0 && !exact) {
        v.image.type = RX_F32;
        rc = load_as<float>(&v.voxels, &exact, slices, err);
    }
    if (rc == 0 && !exact) {
        v.image.type = RX_F64;
        rc = load_as<double>(&v.voxels, &exact, slices, err);
    }
    if (rc == 0 && !exact) { rc = pn_fail(err, PN_EFORMAT, "a rescaled voxel value is not finite"); }
    v.image.voxels = v.voxels;
    return rc;
}

/* A property of the set of slices, whatever their order. */
void note_loss(pn_volume &v, const std::vector<Slice> &slices)
{
    bool lossy = false;
    double ratio = 0;
    for (const Slice &s : slices) {
        lossy = lossy || s.file->image.lossy;
        ratio = std::max(ratio, s.file->image.ratio);
    }
    if (lossy && ratio > 0) {
        std::snprintf(v.note, sizeof v.note, "Images are lossily compressed (ratio up to %.3g)", ratio);
    } else if (lossy) {
        std::snprintf(v.note, sizeof v.note, "Images are lossily compressed (ratio not stated)");
    }
}

/* ---- All together --------------------------------------------------------------------------- */

struct VolumeOwner {
    pn_volume v = {};
    ~VolumeOwner() { pn_volume_free(&v); }
    void release(pn_volume *out)
    {
        *out = v;
        v = pn_volume{};
    }
};

int read_files(std::vector<Slice> &slices, std::vector<File> &files, pn_study &study, const char *const *paths,
               pn_error *err)
{
    for (size_t k = 0; k < files.size(); k++) {
        File &f = files[k];
        size_t before = slices.size();
        if (paths[k] == nullptr) { return pn_fail(err, PN_EINVAL, "pn_volume_load: null path"); }
        f.image.path = paths[k];
        int rc = read_file(slices, f, files.size(), k == 0 ? &study : nullptr, err);
        if (rc != 0) { return pn_wrap(err, "image %s", f.number.empty() ? paths[k] : f.number.c_str()); }
        if (before > 0) { rc = check_identity(slices[0], slices[before], err); }
        for (size_t i = before; rc == 0 && i < slices.size(); i++) { rc = check_same_plane(slices[0], slices[i], err); }
        if (rc != 0) { return rc; }
    }
    return 0;
}

int load_volume(pn_volume &v, const char *const *paths, size_t n_files, pn_error *err)
{
    std::vector<File> files(n_files);        /* slices point into it                         */
    std::vector<Slice> slices;
    int rc = read_files(slices, files, v.study, paths, err);
    if (rc != 0) { return rc; }
    const size_t n = slices.size();
    std::uint64_t voxels = static_cast<std::uint64_t>(slices[0].file->image.pixels_per_frame()) * n;
    if (voxels > PN_MAX_VOXELS) {
        return pn_fail(err, PN_ELIMIT, "%llu voxels are more than the %llu allowed",
                       static_cast<unsigned long long>(voxels), PN_MAX_VOXELS);
    }
    rc = stack(v.image.grid, slices, err);
    if (rc == 0) { rc = load_voxels(v, slices, err); }
    if (rc != 0) { return rc; }
    note_loss(v, slices);
    v.window_centre = slices[0].file->window[0];
    v.window_width = slices[0].file->window[1];
    v.slices = static_cast<pn_slice *>(std::calloc(n, sizeof *v.slices));
    if (v.slices == nullptr) { throw std::bad_alloc(); }
    v.n_slices = n;
    for (size_t k = 0; k < n; k++) {
        pn::put(v.slices[k].sop_uid, PN_UID_SIZE, slices[k].file->image.scan.sop_uid);
        pn::put(v.slices[k].sop_class_uid, PN_UID_SIZE, slices[k].file->image.scan.sop_class_uid);
        v.slices[k].frame_number = slices[k].file->multiframe ? slices[k].frame + 1 : 0;
        std::copy(slices[k].position, slices[k].position + 3, v.slices[k].position_mm);
    }
    return 0;
}

} // namespace

int pn_volume_load(pn_volume *out, const char *const *paths, size_t n, pn_error *err)
{
    return guarded(err, [&] {
        if (out == nullptr || paths == nullptr) {
            return pn_fail(err, PN_EINVAL, "pn_volume_load: null argument");
        }
        if (n == 0) { return pn_fail(err, PN_EINVAL, "no images to load"); }
        if (n > PN_MAX_SLICES) {
            return pn_fail(err, PN_ELIMIT, "%zu images are more than the %d allowed", n, PN_MAX_SLICES);
        }
        VolumeOwner owner;
        int rc = load_volume(owner.v, paths, n, err);
        if (rc == 0) { owner.release(out); }
        return rc;
    });
}

void pn_volume_free(pn_volume *v)
{
    if (v == nullptr) { return; }
    std::free(v->voxels);
    std::free(v->slices);
    *v = pn_volume{};
}
