#include "contour_fixture.h"

int mask_of(pn_mask *m, const pn_volume *v, const contour_spec *contours, size_t n, pn_error *err)
{
    rtstruct_spec s = rtstruct_default();
    s.contours = contours;
    s.n_contours = n;
    const char *path = tmp_path("rs.dcm");
    rtstruct_write(&s, path);
    return pn_mask_from_rtstruct(m, path, 1, v, err);
}

size_t count_slice(const pn_mask *m, size_t k)
{
    const size_t *d = m->mask.grid.dim;
    size_t n = 0;
    for (size_t i = 0; i < d[0] * d[1]; i++) { n += m->voxels[k * d[0] * d[1] + i]; }
    return n;
}
