/* radiomics/src/filt_wavelet_passes.h - the convolutions of filt_wavelet.c in one precision.
 * Included once with REAL and NAMED(x) for float and once for double: PyWavelets adds up in the
 * image's own precision, so the sums are to be formed there too. */

/* out[x] = sum over taps of f[t] * row[t][x]: eight outputs stay in registers. */
RX_WIDE
static void NAMED(combine)(REAL *restrict out, const REAL *const *row, const REAL *f, size_t taps, size_t n)
{
    enum { AT_ONCE = 8 };
    size_t x = 0;
    for (; x + AT_ONCE <= n; x += AT_ONCE) {
        REAL sum[AT_ONCE] = { 0 };
        for (size_t t = 0; t < taps; t++) {
            const REAL *from = row[t] + x;
            for (size_t l = 0; l < AT_ONCE; l++) { sum[l] += f[t] * from[l]; }
        }
        for (size_t l = 0; l < AT_ONCE; l++) { out[x + l] = sum[l]; }
    }
    for (; x < n; x++) {
        REAL sum = 0;
        for (size_t t = 0; t < taps; t++) { sum += f[t] * row[t][x]; }
        out[x] = sum;
    }
}

static void NAMED(read_row)(REAL *out, const source *s, size_t row, double *scratch)
{
    if (s->image) {
        rx_copy_voxels(scratch, s->image, row * s->n[0], s->n[0]);
        for (size_t i = 0; i < s->n[0]; i++) { out[i] = (REAL)scratch[i]; }
    } else {
        memcpy(out, (const REAL *)s->voxels + row * s->n[0], s->n[0] * sizeof *out);
    }
}

/* Along x, of the rows that later passes need: y and z are listed in w->needed. */
static void NAMED(along_x)(REAL *out, const rx_wavelet_work *w, const source *s, bool high)
{
    const axis_plan *x = &w->axis[0], *y = &w->axis[1], *z = &w->axis[2];
    REAL *row = w->row, *extended = row + s->n[0];
    REAL f[RX_MAX_WAVELET], g[RX_MAX_WAVELET];
    const REAL *shifted[RX_MAX_WAVELET];
    NAMED(copy_taps)(f, w, high);
    for (size_t c = 0; c < z->n_needed; c++) {
        for (size_t b = 0; b < y->n_needed; b++, out += x->n) {
            NAMED(read_row)(row, s, z->needed[c] * s->n[1] + y->needed[b], w->scratch);
            if (!x->filtered) {
                memcpy(out, row + x->first, x->n * sizeof *out);
                continue;
            }
            for (size_t i = 0; i < x->n_needed; i++) { extended[i] = row[x->needed[i]]; }
            for (size_t t = 0; t < w->taps; t++) { shifted[t] = extended + (w->taps - 1 - t); }
            NAMED(combine)(out, shifted, f, w->taps, x->plain);
            for (size_t i = x->plain; i < x->n; i++) {
                const REAL *at[RX_MAX_WAVELET];
                for (size_t t = 0; t < w->taps; t++) {
                    size_t tap = tap_at(x, w->taps, i, t);
                    at[t] = shifted[tap] + i;
                    g[t] = f[tap];
                }
                NAMED(combine)(out + i, at, g, w->taps, 1);
            }
        }
    }
}

/* Across rows: `lines` of them of `width` values follow each other for each of `groups`. */
static void NAMED(across)(REAL *out, const REAL *in, const rx_wavelet_work *w, const axis_plan *a,
                          size_t width, size_t groups, bool high)
{
    REAL f[RX_MAX_WAVELET], g[RX_MAX_WAVELET];
    const REAL *row[RX_MAX_WAVELET];
    if (!a->filtered) {
        memcpy(out, in, width * a->n * groups * sizeof *out);
        return;
    }
    NAMED(copy_taps)(f, w, high);
    for (size_t c = 0; c < groups; c++) {
        for (size_t i = 0; i < a->n; i++) {
            for (size_t t = 0; t < w->taps; t++) {
                size_t tap = tap_at(a, w->taps, i, t);
                row[t] = in + (c * a->n_needed + i + w->taps - 1 - tap) * width;
                g[t] = f[tap];
            }
            NAMED(combine)(out + (c * a->n + i) * width, row, g, w->taps, width);
        }
    }
}
