/* Morphology (IBSI 3.1), of the morphological mask but for what says otherwise. */
#include <math.h>
#include "classes.h"
#include "ibsi_correlation.h"
#include "ibsi_families.h"
#include "ibsi_solid.h"

static const double pi = 3.14159265358979323846;

/* 3.1.10: distance between the centre of the morphological mask and that of the intensity mask,
 * weighted by intensity. */
typedef struct centre { double sum[3], weight; } centre;

static void add_to_centre(centre *c, double weight, size_t i, size_t j, size_t k)
{
    c->sum[0] += weight * (double)i;
    c->sum[1] += weight * (double)j;
    c->sum[2] += weight * (double)k;
    c->weight += weight;
}

static double centre_shift(const rx_ibsi_case *c)
{
    centre shape = { { 0, 0, 0 }, 0 }, mass = shape;
    for (size_t k = 0; k < c->roi.n[2]; k++) {
        for (size_t j = 0; j < c->roi.n[1]; j++) {
            const uint64_t *row = rx_roi_row(&c->roi, j + 1, k + 1);
            const uint8_t *in = rx_ibsi_mask_row(c, j, k);
            const double *v = rx_ibsi_value_row(c, j, k);
            centre s = { { 0, 0, 0 }, 0 }, m = s;     /* a row's sums are small */
            for (size_t i = 0; i < c->roi.n[0]; i++) {
                if (row[(i + 1) / 64] >> ((i + 1) % 64) & 1) { add_to_centre(&s, 1, i, j, k); }
                if (in[i]) { add_to_centre(&m, v[i], i, j, k); }
            }
            for (int a = 0; a < 3; a++) {
                shape.sum[a] += s.sum[a];
                mass.sum[a] += m.sum[a];
            }
            shape.weight += s.weight;
            mass.weight += m.weight;
        }
    }
    double d = 0;
    for (int a = 0; a < 3; a++) {
        double t = (shape.sum[a] / shape.weight - mass.sum[a] / mass.weight) * c->roi.spacing_mm[a];
        d += t * t;
    }
    return sqrt(d);
}

static rx_size box_of(const rx_roi *roi)
{
    double e[3];
    for (int a = 0; a < 3; a++) { e[a] = (double)roi->n[a] * roi->spacing_mm[a]; }
    return (rx_size){ e[0] * e[1] * e[2], 2 * (e[0] * e[1] + e[1] * e[2] + e[2] * e[0]) };
}

/* What a body around the mesh gives for comparison. A body without volume gives no density. */
typedef struct density { double volume, area; } density;

static density density_in(double volume, double area, rx_size body)
{
    if (!(body.volume_mm3 > 0)) { return (density){ (double)NAN, (double)NAN }; }
    return (density){ volume / body.volume_mm3, area / body.area_mm2 };
}

int rx_ibsi_morphology(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_workspace *ws, rx_error *err)
{
    static const rx_ibsi_feature f[] = {
        { "morph_volume", "RNU0" }, { "morph_vol_approx", "YEKZ" }, { "morph_area_mesh", "C0JK" },
        { "morph_av", "2PR5" }, { "morph_comp_1", "SKGS" }, { "morph_comp_2", "BQWJ" },
        { "morph_sph_dispr", "KRCK" }, { "morph_sphericity", "QCFX" }, { "morph_asphericity", "25C7" },
        { "morph_com", "KLMA" }, { "morph_diam", "L0JK" }, { "morph_pca_maj_axis", "TDIC" },
        { "morph_pca_min_axis", "P9VJ" }, { "morph_pca_least_axis", "7J51" },
        { "morph_pca_elongation", "Q3CK" }, { "morph_pca_flatness", "N17B" },
        { "morph_vol_dens_aabb", "PBX1" }, { "morph_area_dens_aabb", "R59B" },
        { "morph_vol_dens_ombb", "ZH1A" }, { "morph_area_dens_ombb", "IQYR" },
        { "morph_vol_dens_aee", "6BDE" }, { "morph_area_dens_aee", "RDD2" },
        { "morph_vol_dens_mvee", "SWZ1" }, { "morph_area_dens_mvee", "BRI8" },
        { "morph_vol_dens_conv_hull", "R3ER" }, { "morph_area_dens_conv_hull", "7T7F" },
        { "morph_integ_int", "99N0" }, { "morph_moran_i", "N365" }, { "morph_geary_c", "NPT7" },
    };
    double s[N_SHAPE];
    rx_hull hull = { 0 };
    rx_size ombb = { 0 }, mvee = { 0 };
    rx_correlation pairs = { 0 };
    int rc;
    if ((rc = rx_shape(s, &c->roi, ws, err)) != RX_OK || (rc = rx_hull_make(&hull, &c->roi, ws, err)) != RX_OK
        || (rc = rx_hull_box(&ombb, &hull, err)) != RX_OK
        || (rc = rx_hull_ellipsoid(&mvee, &hull, err)) != RX_OK
        || (rc = rx_correlate(&pairs, c, err)) != RX_OK) {
        rx_hull_free(&hull);
        return rc;
    }
    double volume = s[shape_MeshVolume], area = s[shape_SurfaceArea];
    double round = 36 * pi * volume * volume;             /* cubed surface of the equal sphere */
    double ratio = area * area * area / round;
    /* rx_shape divides the covariance by N; the axes here are of the sample covariance, which is
     * what the reference values follow */
    double n = (double)c->roi.voxels, sample = n > 1 ? sqrt(n / (n - 1)) : (double)NAN;
    double major = s[shape_MajorAxisLength] * sample, minor = s[shape_MinorAxisLength] * sample;
    double least = s[shape_LeastAxisLength] * sample;
    density aabb = density_in(volume, area, box_of(&c->roi));
    density aee = density_in(volume, area, rx_ellipsoid_size(major / 2, minor / 2, least / 2));
    density convex = density_in(volume, area, rx_hull_size(&hull));
    density oriented = density_in(volume, area, ombb), around = density_in(volume, area, mvee);
    rx_hull_free(&hull);
    const double v[] = {
        volume,                                           /* 3.1.1                           */
        s[shape_VoxelVolume],                             /* 3.1.2                           */
        area,                                             /* 3.1.3                           */
        area / volume,                                    /* 3.1.4                           */
        volume / (sqrt(pi) * area * sqrt(area)),          /* 3.1.5                           */
        1 / ratio,                                        /* 3.1.6                           */
        cbrt(ratio),                                      /* 3.1.7                           */
        cbrt(1 / ratio),                                  /* 3.1.8                           */
        cbrt(ratio) - 1,                                  /* 3.1.9                           */
        centre_shift(c),                                  /* 3.1.10                          */
        s[shape_Maximum3DDiameter],                       /* 3.1.11                          */
        major, minor, least,                              /* 3.1.12 to 3.1.14                */
        minor / major, least / major,                     /* 3.1.15, 3.1.16                  */
        aabb.volume, aabb.area,                           /* 3.1.17, 3.1.18                  */
        oriented.volume, oriented.area,                   /* 3.1.19, 3.1.20                  */
        aee.volume, aee.area,                             /* 3.1.21, 3.1.22                  */
        around.volume, around.area,                       /* 3.1.23, 3.1.24                  */
        convex.volume, convex.area,                       /* 3.1.25, 3.1.26                  */
        volume * c->mean,                                 /* 3.1.27: of the intensity mask   */
        pairs.moran_i, pairs.geary_c,                     /* 3.1.28, 3.1.29                  */
    };
    _Static_assert(sizeof v / sizeof *v == sizeof f / sizeof *f, "a value for every name");
    return rx_ibsi_add(out, f, v, sizeof v / sizeof *v, err);
}
