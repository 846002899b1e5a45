/* dicom/suv.cc - see suv.h. The formula and the choice of times are those of QIBA's vendor-neutral
 * description (FDG-PET/CT profile); attributes are those of PS3.3 C.8.9.1 and C.8.9.2. */
#include "dicom/suv.h"
#include "dicom/dataset.hh"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

/* Seconds since 1970 of a date and time that both stand in the same zone; NaN where there is none. */
double seconds_of(const std::string &date, const std::string &time)
{
    struct tm t = {};
    double second = 0;
    int hour = 0, minute = 0;
    if (date.size() < 8 || time.size() < 4 ||
        std::sscanf(date.c_str(), "%4d%2d%2d", &t.tm_year, &t.tm_mon, &t.tm_mday) != 3 ||
        std::sscanf(time.c_str(), "%2d%2d", &hour, &minute) != 2) {
        return NAN;
    }
    if (time.size() > 4 && !pn::parse_decimal(time.data() + 4, time.data() + time.size(), second)) { return NAN; }
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    if (t.tm_mon < 0 || t.tm_mon > 11 || t.tm_mday < 1 || t.tm_mday > 31 || hour > 23 || minute > 59 || !(second >= 0 && second < 61)) {
        return NAN;
    }
    return static_cast<double>(timegm(&t)) + hour * 3600 + minute * 60 + second;
}

/* What the images of one series say. */
struct Scan {
    std::string units, type, decay, corrected;
    double weight_kg = NAN, dose_bq = NAN, half_life_s = NAN, philips = NAN;
    double series = NAN, first_acquisition = NAN, injection = NAN;
};

int read_number(double &out, DcmItem &item, const DcmTagKey &tag, const char *name, pn_error *err)
{
    double v = NAN;
    int rc = pn::optional_decimal(v, item, tag, name, err);
    if (rc == 0) { out = v; }
    return rc;
}

/* The injection's time has a date of its own in newer objects; else it is the last one of that
 * clock time before the scan. */
double injection_time(DcmItem &item, const std::string &scan_date, double scan)
{
    std::string whole = pn::raw(item, DCM_RadiopharmaceuticalStartDateTime);
    if (whole.size() >= 12) {
        std::size_t zone = whole.find_first_of("+-");
        return seconds_of(whole.substr(0, 8), whole.substr(8, zone == std::string::npos ? zone : zone - 8));
    }
    double at = seconds_of(scan_date, pn::raw(item, DCM_RadiopharmaceuticalStartTime));
    return at > scan ? at - 86400 : at;
}

int read_series(Scan &s, DcmItem &dataset, pn_error *err)
{
    pn::Text text(dataset);
    s.units = text.get(dataset, DCM_Units);
    s.type = text.get(dataset, DcmTagKey(0x0054, 0x1006));
    s.decay = text.get(dataset, DCM_DecayCorrection);
    s.corrected = pn::characters(dataset, DCM_CorrectedImage);
    std::string date = pn::raw(dataset, DCM_SeriesDate);
    s.series = seconds_of(date, pn::raw(dataset, DCM_SeriesTime));
    int rc = read_number(s.weight_kg, dataset, DCM_PatientWeight, "Patient's Weight", err);
    if (rc == 0) { rc = read_number(s.philips, dataset, DcmTagKey(0x7053, 0x1000), "Philips SUV scale factor", err); }
    DcmItem *dose = pn::first_item(dataset, DCM_RadiopharmaceuticalInformationSequence);
    if (rc != 0 || dose == nullptr) { return rc; }
    rc = read_number(s.dose_bq, *dose, DCM_RadionuclideTotalDose, "Radionuclide Total Dose", err);
    if (rc == 0) { rc = read_number(s.half_life_s, *dose, DCM_RadionuclideHalfLife, "Radionuclide Half Life", err); }
    s.injection = injection_time(*dose, date, s.series);
    return rc;
}

int read_scan(Scan &s, const char *const *paths, size_t n, pn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        DcmFileFormat file;
        pn_scan scan;
        int rc = pn::load(file, scan, paths[i], err);
        if (rc != 0) { return rc; }
        DcmItem &dataset = *file.getDataset();
        pn::Text text(dataset);
        if (i == 0) { rc = read_series(s, dataset, err); }
        if (rc != 0) { return rc; }
        if (text.get(dataset, DCM_Modality) != "PT") {
            return pn_fail(err, PN_EUNSUPPORTED, "SUV of modality %s: only PET has one",
                           pn::shown(text.get(dataset, DCM_Modality)).c_str());
        }
        if (text.get(dataset, DCM_Units) != s.units) {
            return pn_fail(err, PN_EFORMAT, "images of one series have Units %s and %s", pn::shown(s.units).c_str(),
                           pn::shown(text.get(dataset, DCM_Units)).c_str());
        }
        double at = seconds_of(pn::raw(dataset, DCM_AcquisitionDate), pn::raw(dataset, DCM_AcquisitionTime));
        if (!(at >= s.first_acquisition)) { s.first_acquisition = std::isnan(at) ? s.first_acquisition : at; }
    }
    return 0;
}

int need(double v, const char *name, double least, double most, pn_error *err)
{
    if (std::isnan(v)) { return pn_fail(err, PN_EFORMAT, "no %s: SUV cannot be computed", name); }
    return v > least && v <= most ? 0 : pn_fail(err, PN_EFORMAT, "%s is %g: SUV cannot be computed", name, v);
}

int factor_of_activity(double &factor, char text[PN_SUV_TEXT_SIZE], const Scan &s, pn_error *err)
{
    if (s.corrected.find("DECY") == std::string::npos || (s.decay != "START" && s.decay != "ADMIN")) {
        return pn_fail(err, PN_EUNSUPPORTED, "SUV of images with Decay Correction %s and Corrected Image %s: expected "
                       "START or ADMIN, and DECY", pn::shown(s.decay).c_str(), pn::shown(s.corrected).c_str());
    }
    int rc = need(s.weight_kg, "Patient's Weight", 0, 1000, err);
    if (rc == 0) { rc = need(s.dose_bq, "Radionuclide Total Dose", 0, 1e12, err); }
    if (rc != 0) { return rc; }
    double waited = 0;
    bool later = !(s.series <= s.first_acquisition);
    if (s.decay == "START") {
        waited = (later ? s.first_acquisition : s.series) - s.injection;
        rc = need(s.half_life_s, "Radionuclide Half Life", 0, 1e9, err);
        if (rc == 0) { rc = need(waited, "time from injection to scan (Series, Acquisition, Radiopharmaceutical Start Time)", -1, 86400, err); }
        if (rc != 0) { return rc; }
    }
    factor = s.weight_kg * 1000 / (s.dose_bq * std::exp2(-waited / s.half_life_s));
    if (s.decay == "ADMIN") { factor = s.weight_kg * 1000 / s.dose_bq; }
    std::snprintf(text, PN_SUV_TEXT_SIZE, "SUVbw in g/ml from BQML: factor %.9g, decay of %.6g s%s", factor, waited,
                  s.decay == "START" && later ? " to the first acquisition" : "");
    return 0;
}

int find_factor(double &factor, char text[PN_SUV_TEXT_SIZE], const Scan &s, pn_error *err)
{
    factor = 1;
    if (s.units == "BQML") { return factor_of_activity(factor, text, s, err); }
    if (s.units == "GML") {
        if (!s.type.empty() && s.type != "BW") {
            return pn_fail(err, PN_EUNSUPPORTED, "the images are SUV of type %s, expected BW", pn::shown(s.type).c_str());
        }
        std::snprintf(text, PN_SUV_TEXT_SIZE, "SUVbw in g/ml as stored (GML)");
        return 0;
    }
    if (s.units == "CNTS") {
        int rc = need(s.philips, "Philips SUV scale factor (7053,1000)", 0, 1e12, err);
        factor = s.philips;
        std::snprintf(text, PN_SUV_TEXT_SIZE, "SUVbw in g/ml from counts: factor %.9g", factor);
        return rc;
    }
    return pn_fail(err, PN_EUNSUPPORTED, "SUV of images in Units %s: expected BQML, GML or CNTS", pn::shown(s.units).c_str());
}

int scale(pn_volume &v, double factor)
{
    const rx_grid &g = v.image.grid;
    size_t n = g.dim[0] * g.dim[1] * g.dim[2];
    double *to = static_cast<double *>(std::malloc(n * sizeof *to));
    if (to == nullptr) { throw std::bad_alloc(); }
    for (size_t i = 0; i < n; i++) {
        switch (v.image.type) {
        case RX_I16: to[i] = factor * static_cast<const std::int16_t *>(v.image.voxels)[i]; break;
        case RX_F32: to[i] = factor * static_cast<double>(static_cast<const float *>(v.image.voxels)[i]); break;
        case RX_F64: to[i] = factor * static_cast<const double *>(v.image.voxels)[i]; break;
        }
    }
    std::free(v.voxels);
    v.voxels = to;
    v.image.voxels = to;
    v.image.type = RX_F64;
    return 0;
}

} // namespace

int pn_volume_to_suv(char text[PN_SUV_TEXT_SIZE], pn_volume *v, const char *const *paths, size_t n, pn_error *err)
{
    return guarded(err, [&] {
        Scan s;
        double factor = 1;
        if (text == nullptr || v == nullptr || paths == nullptr || n == 0) {
            return pn_fail(err, PN_EINVAL, "pn_volume_to_suv: null argument");
        }
        for (size_t k = 0; k < v->n_slices; k++) {
            if (v->slices[k].frame_number > 0) {
                return pn_fail(err, PN_EUNSUPPORTED, "SUV of multi-frame images is not supported");
            }
        }
        int rc = read_scan(s, paths, n, err);
        if (rc == 0) { rc = find_factor(factor, text, s, err); }
        return rc == 0 ? scale(*v, factor) : rc;
    });
}
