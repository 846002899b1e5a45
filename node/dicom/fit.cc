/* dicom/fit.cc - pixels of another object's planes as voxels of the volume, see placement.hh. */
#include "dicom/placement.hh"
#include <algorithm>
#include <cmath>

namespace pn {

static const double COSINE_TOLERANCE = 1e-3;
static const double EDGE_PIXELS = 0.1;         /* how far spacings may drift apart over the volume */

std::ptrdiff_t Fit::start(const rx_grid &g) const
{
    return static_cast<std::ptrdiff_t>((first[2] * g.dim[1] + first[1]) * g.dim[0] + first[0]);
}

static std::ptrdiff_t stride(const rx_grid &g, int axis, bool back)
{
    std::size_t n = axis == 0 ? 1 : axis == 1 ? g.dim[0] : g.dim[0] * g.dim[1];
    return back ? -static_cast<std::ptrdiff_t>(n) : static_cast<std::ptrdiff_t>(n);
}

std::ptrdiff_t Fit::column_step(const rx_grid &g) const { return stride(g, along_row, row_back); }
std::ptrdiff_t Fit::row_step(const rx_grid &g) const { return stride(g, along_column, column_back); }

/* ---- Messages ------------------------------------------------------------------------ */

static std::string number(double v)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", v + 0.0);
    return text;
}

static std::string vector(double x, double y, double z)
{
    return "(" + number(x) + ", " + number(y) + ", " + number(z) + ")";
}

static std::string axis_text(const rx_grid &g, int axis)
{
    return vector(g.direction[axis], g.direction[3 + axis], g.direction[6 + axis]);
}

std::string both_grids(const Plane &p, const rx_grid &g)
{
    const double *c = p.cosines;
    return std::to_string(p.columns) + " x " + std::to_string(p.rows) + " pixels of " + number(p.spacing[1]) +
           " x " + number(p.spacing[0]) + " mm along " + vector(c[0], c[1], c[2]) + " and " +
           vector(c[3], c[4], c[5]) + "; the images have " + std::to_string(g.dim[0]) + " x " +
           std::to_string(g.dim[1]) + " x " + std::to_string(g.dim[2]) + " voxels of " +
           number(g.spacing_mm[0]) + " x " + number(g.spacing_mm[1]) + " x " + number(g.spacing_mm[2]) +
           " mm along " + axis_text(g, 0) + ", " + axis_text(g, 1) + " and " + axis_text(g, 2);
}

/* ---- Orientation and spacing ----------------------------------------------------------- */

/* The axis of the volume that the direction follows, or -1. */
static int axis_of(bool &back, const double *direction, const rx_grid &g)
{
    for (int axis = 0; axis < 3; axis++) {
        for (int sign = 1; sign >= -1; sign -= 2) {
            bool same = true;
            for (int r = 0; r < 3; r++) {
                same = same && std::fabs(direction[r] - sign * g.direction[3 * r + axis]) <= COSINE_TOLERANCE;
            }
            if (same) {
                back = sign < 0;
                return axis;
            }
        }
    }
    return -1;
}

static bool same_spacing(double own, int axis, const rx_grid &g)
{
    double ours = g.spacing_mm[axis];
    return std::fabs(own - ours) * static_cast<double>(g.dim[axis]) <= EDGE_PIXELS * ours;
}

static int fit_axes(Fit &f, const Plane &p, const rx_grid &g, pn_error *err)
{
    f.along_row = axis_of(f.row_back, p.cosines, g);
    f.along_column = axis_of(f.column_back, p.cosines + 3, g);
    if (f.along_row < 0 || f.along_column < 0 || f.along_row == f.along_column) {
        return pn_fail(err, PN_EGEOMETRY, "other orientation than the images: %s", both_grids(p, g).c_str());
    }
    f.normal = 3 - f.along_row - f.along_column;
    if (!same_spacing(p.spacing[1], f.along_row, g) || !same_spacing(p.spacing[0], f.along_column, g)) {
        return pn_fail(err, PN_EGEOMETRY, "other pixel spacing than the images: %s", both_grids(p, g).c_str());
    }
    return 0;
}

/* ---- Position -------------------------------------------------------------------------- */

static bool within(double first, bool back, std::size_t n, std::size_t dim)
{
    double last = back ? first - static_cast<double>(n - 1) : first + static_cast<double>(n - 1);
    return first >= 0 && last >= 0 && first < static_cast<double>(dim) && last < static_cast<double>(dim);
}

static int fit_position(Fit &f, const Plane &p, const Placement &placement, const rx_grid &g, pn_error *err)
{
    double at[3], along;
    placement.locate(p.position, at[0], at[1], along);
    std::size_t slice = placement.nearest(along);
    double off_plane = std::fabs(along - placement.position_of(slice));
    double off_i = std::fabs(at[0] - std::round(at[0])) * g.spacing_mm[0];
    double off_j = std::fabs(at[1] - std::round(at[1])) * g.spacing_mm[1];
    bool on_pixels = off_i <= placement.in_plane_tolerance_mm && off_j <= placement.in_plane_tolerance_mm;
    at[0] = std::round(at[0]);
    at[1] = std::round(at[1]);
    at[2] = static_cast<double>(slice);
    bool inside = at[0] >= 0 && at[1] >= 0 && at[0] < static_cast<double>(g.dim[0]) &&
                  at[1] < static_cast<double>(g.dim[1]) &&
                  within(at[f.along_row], f.row_back, p.columns, g.dim[f.along_row]) &&
                  within(at[f.along_column], f.column_back, p.rows, g.dim[f.along_column]);
    if (!on_pixels || !inside) {
        return pn_fail(err, PN_EGEOMETRY,
                       "%zu x %zu pixels at (%.6g, %.6g, %.6g mm) are not on the images' grid: %s", p.columns,
                       p.rows, p.position[0], p.position[1], p.position[2],
                       on_pixels ? "they reach beyond it"
                                 : (number(off_i) + " and " + number(off_j) + " mm beside it").c_str());
    }
    if (!(off_plane <= placement.plane_tolerance_mm)) {
        return pn_fail(err, PN_EGEOMETRY, "lies %.4g mm from the nearest plane, %s", off_plane,
                       placement.name(slice).c_str());
    }
    for (int a = 0; a < 3; a++) { f.first[a] = static_cast<std::size_t>(at[a]); }
    return 0;
}

int fit_plane(Fit &f, const Plane &p, const Placement &placement, const rx_grid &g, pn_error *err)
{
    int rc = fit_axes(f, p, g, err);
    return rc != 0 ? rc : fit_position(f, p, placement, g, err);
}

} // namespace pn
