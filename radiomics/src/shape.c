/* Shape features (IBSI 3.1) in millimetres; only the mask and the grid matter. */
#include <math.h>
#include "classes.h"
#include "eigen.h"
#include "hull.h"

static const double pi = 3.14159265358979323846;

/* Covariance (divided by N) of the voxel centres. The sums are exact integers. */
static void covariance(double c[9], const rx_roi *roi)
{
    int64_t s[3] = { 0, 0, 0 }, ss[3][3] = { { 0 } };
    int64_t centre[3];
    for (int a = 0; a < 3; a++) { centre[a] = (int64_t)(roi->n[a] + 2) / 2; }
    for (size_t k = 1; k <= roi->n[2]; k++) {
        for (size_t j = 1; j <= roi->n[1]; j++) {
            const uint64_t *row = rx_roi_row(roi, j, k);
            int64_t n = 0, sx = 0, sxx = 0;
            for (size_t w = 0; w < roi->words; w++) {
                for (uint64_t rest = row[w]; rest; rest &= rest - 1) {
                    int64_t x = (int64_t)(w * 64 + rx_lowest_bit(rest)) - centre[0];
                    n++;
                    sx += x;
                    sxx += x * x;
                }
            }
            int64_t y = (int64_t)j - centre[1], z = (int64_t)k - centre[2];
            s[0] += sx;
            s[1] += n * y;
            s[2] += n * z;
            ss[0][0] += sxx;
            ss[0][1] += sx * y;
            ss[0][2] += sx * z;
            ss[1][1] += n * y * y;
            ss[1][2] += n * y * z;
            ss[2][2] += n * z * z;
        }
    }
    double n = (double)roi->voxels;
    for (int a = 0; a < 3; a++) {
        for (int b = a; b < 3; b++) {
            double v = (double)ss[a][b] / n - (double)s[a] / n * ((double)s[b] / n);
            if (roi->n[a] == 1 || roi->n[b] == 1) { v = 0; }   /* exactly flat */
            c[3 * a + b] = c[3 * b + a] = v * roi->spacing_mm[a] * roi->spacing_mm[b];
        }
    }
}

int rx_shape(double out[N_SHAPE], const rx_roi *roi, rx_workspace *ws, rx_error *err)
{
    rx_diameters d;
    int rc = rx_diameters_find(&d, roi, ws, err);
    if (rc != RX_OK) { return rc; }

    double area, volume;
    rx_mesh_measure(&area, &volume, roi, &ws->mesh);

    double cov[9], lambda[3];
    covariance(cov, roi);
    rx_eigen3(lambda, cov);
    for (int a = 0; a < 3; a++) {
        if (lambda[a] < 0 && lambda[a] > -1e-10) { lambda[a] = 0; }   /* rounding */
    }

    const double *mm = roi->spacing_mm;
    out[shape_MeshVolume] = volume;
    out[shape_VoxelVolume] = (double)roi->voxels * (mm[2] * mm[0] * mm[1]);
    out[shape_SurfaceArea] = area;
    out[shape_SurfaceVolumeRatio] = area / volume;
    out[shape_Sphericity] = cbrt(36 * pi * volume * volume) / area;
    out[shape_Maximum3DDiameter] = d.overall_mm;
    out[shape_Maximum2DDiameterSlice] = d.plane_mm[2];
    out[shape_Maximum2DDiameterColumn] = d.plane_mm[1];
    out[shape_Maximum2DDiameterRow] = d.plane_mm[0];
    out[shape_MajorAxisLength] = 4 * sqrt(lambda[2]);
    out[shape_MinorAxisLength] = 4 * sqrt(lambda[1]);
    out[shape_LeastAxisLength] = 4 * sqrt(lambda[0]);
    out[shape_Elongation] = sqrt(lambda[1] / lambda[2]);
    out[shape_Flatness] = sqrt(lambda[0] / lambda[2]);
    return RX_OK;
}
