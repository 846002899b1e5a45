/* Grey level co-occurrence matrix: IBSI 3.6, features averaged over directions (ITBB).
 *
 * Matrices are integers over the levels that occur; Ng in the formulas is the highest level.
 * p(i,j) is the share of pairs, px and py its row and column sums, ux and uy their means. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "eigen.h"
#include "classes.h"
#include "bounds.h"
#include "offsets.h"

/* Matrices counted in one pass over the voxels: as many directions as fit here, so that
 * equal neighbours in a row do not wait for one another's counter. */
static const size_t PASS_BYTES = (size_t)1 << 20;

typedef struct matrix {
    size_t n;                 /* rows                                                       */
    bool symmetric;
    uint32_t *count;          /* [n][n]                                                     */
    const uint16_t *level;    /* [n]                                                        */
    size_t highest;           /* Ng                                                         */
    double total;
    uint64_t *row, *column;   /* [n]: sums; the same array if symmetric                     */
    uint64_t *sum;            /* [2 Ng + 1]: pairs with i + j = k                           */
    uint64_t *difference;     /* [Ng]: pairs with |i - j| = k                               */
    double *px, *py;          /* [n]                                                        */
    double *a, *d, *e, *work; /* for the eigenvalues: [n][n], [n] each                      */
} matrix;

static void count_pairs(uint32_t *count, size_t n, const rx_levels *l, const size_t *step, size_t steps)
{
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) {
                const uint16_t *at = row.voxels + i;
                if (*at == 0) { continue; }
                uint32_t *from = count + l->dense[*at] * n;
                for (size_t o = 0; o < steps; o++) {
                    uint16_t other = at[step[o]];
                    if (other) { from[o * n * n + l->dense[other]]++; }
                }
            }
        }
    }
}

static void make_symmetric(uint32_t *count, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {      /* the diagonal doubles */
            uint32_t both = count[i * n + j] + count[j * n + i];
            count[i * n + j] = count[j * n + i] = both;
        }
    }
}

/* Marginals; false if there is no pair. */
static bool sum_up(matrix *m)
{
    memset(m->row, 0, m->n * sizeof *m->row);
    memset(m->column, 0, m->n * sizeof *m->column);
    memset(m->sum, 0, (2 * m->highest + 1) * sizeof *m->sum);
    memset(m->difference, 0, m->highest * sizeof *m->difference);
    uint64_t total = 0;
    for (size_t i = 0; i < m->n; i++) {
        uint64_t row = 0;
        for (size_t j = 0; j < m->n; j++) {
            uint32_t c = m->count[i * m->n + j];
            if (c == 0) { continue; }
            unsigned gi = m->level[i], gj = m->level[j];
            row += c;
            if (!m->symmetric) { m->column[j] += c; }
            m->sum[gi + gj] += c;
            m->difference[gi > gj ? gi - gj : gj - gi] += c;
        }
        m->row[i] = row;
        total += row;
    }
    m->total = (double)total;
    for (size_t i = 0; i < m->n && total; i++) {
        m->px[i] = (double)m->row[i] / m->total;
        m->py[i] = (double)m->column[i] / m->total;
    }
    return total > 0;
}

static const double eps = DBL_EPSILON;         /* PyRadiomics adds it to what it takes logs of */

/* log2(1 + t) for small t >= 0, which is what remains of log2(p + eps) - log2(p). */
static double log2_of_1_plus(double t)
{
    static const double per_ln2 = 1.44269504088896340736;
    return per_ln2 * (t < 1e-4 ? t * (1 - t * (0.5 - t / 3)) : log1p(t));
}

typedef struct entropies { double hx, hy, hxy, hxy1, hxy2; } entropies;

/* Logarithms only of cells and marginals that are not 0:
 * log2(px py + eps) = log2 px + log2 py + log2(1 + eps/(px py)). */
static entropies find_entropies(const matrix *m)
{
    entropies h = { 0, 0, 0, 0, 0 };
    double bare_x = 0, bare_y = 0, rest1 = 0, rest2 = 0;
    for (size_t i = 0; i < m->n; i++) {
        double px = m->px[i], py = m->py[i];
        if (px > 0) {
            bare_x -= px * log2(px);
            h.hx -= px * log2(px + eps);
        }
        if (py > 0) {
            bare_y -= py * log2(py);
            h.hy -= py * log2(py + eps);
        }
    }
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = m->symmetric ? i : 0; j < m->n; j++) {
            double q = m->px[i] * m->py[j], twice = m->symmetric && j > i ? 2 : 1;
            if (q == 0) { continue; }
            double rest = log2_of_1_plus(eps / q) * twice;
            rest2 += q * rest;
            uint32_t c = m->count[i * m->n + j];
            if (c == 0) { continue; }
            double p = c / m->total;
            rest1 += p * rest;
            h.hxy -= twice * p * log2(p + eps);
        }
    }
    h.hxy1 = bare_x + bare_y - rest1;
    h.hxy2 = bare_x + bare_y - rest2;
    return h;
}

static void cell_features(double f[N_GLCM], const matrix *m)
{
    double ux = 0, uy = 0, vx = 0, vy = 0;
    for (size_t i = 0; i < m->n; i++) {
        ux += m->px[i] * m->level[i];
        uy += m->py[i] * m->level[i];
    }
    for (size_t i = 0; i < m->n; i++) {
        double dx = m->level[i] - ux, dy = m->level[i] - uy;
        vx += m->px[i] * dx * dx;
        vy += m->py[i] * dy * dy;
    }
    double autocorrelation = 0, covariance = 0, energy = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < m->n; i++) {
        double products = 0, deviations = 0, squares = 0;
        for (size_t j = 0; j < m->n; j++) {
            uint32_t c = m->count[i * m->n + j];
            products += (double)c * m->level[j];
            deviations += c * (m->level[j] - uy);
            squares += (double)c * c;
            most = c > most ? c : most;
        }
        autocorrelation += m->level[i] * products;
        covariance += (m->level[i] - ux) * deviations;
        energy += squares;
    }
    double sx_sy = sqrt(vx) * sqrt(vy);
    f[glcm_Autocorrelation] = autocorrelation / m->total;
    f[glcm_Correlation] = sx_sy > 0 ? covariance / m->total / (sx_sy + eps) : 1;
    f[glcm_JointAverage] = ux;
    f[glcm_JointEnergy] = energy / (m->total * m->total);
    f[glcm_MaximumProbability] = most / m->total;
    f[glcm_SumSquares] = vx;

    double tendency = 0, shade = 0, prominence = 0, average = 0, entropy = 0;
    for (size_t k = 2; k <= 2 * m->highest; k++) {
        if (m->sum[k] == 0) { continue; }
        double p = (double)m->sum[k] / m->total, d = (double)k - ux - uy;
        average += p * (double)k;
        entropy -= p * log2(p + eps);
        tendency += p * d * d;
        shade += p * d * d * d;
        prominence += p * d * d * d * d;
    }
    f[glcm_ClusterTendency] = tendency;
    f[glcm_ClusterShade] = shade;
    f[glcm_ClusterProminence] = prominence;
    f[glcm_SumAverage] = average;
    f[glcm_SumEntropy] = entropy;
}

static void difference_features(double f[N_GLCM], const matrix *m)
{
    double average = 0, entropy = 0, contrast = 0, variance = 0;
    double id = 0, idm = 0, idn = 0, idmn = 0, inverse = 0, ng = (double)m->highest;
    for (size_t k = 0; k < m->highest; k++) {
        if (m->difference[k] == 0) { continue; }
        double p = (double)m->difference[k] / m->total, d = (double)k;
        average += p * d;
        contrast += p * d * d;
        entropy -= p * log2(p + eps);
        id += p / (1 + d);
        idm += p / (1 + d * d);
        idn += p / (1 + d / ng);
        idmn += p / (1 + d * d / (ng * ng));
        if (k > 0) { inverse += p / (d * d); }
    }
    for (size_t k = 0; k < m->highest; k++) {
        double d = (double)k - average;
        variance += (double)m->difference[k] / m->total * d * d;
    }
    f[glcm_DifferenceAverage] = average;
    f[glcm_DifferenceEntropy] = entropy;
    f[glcm_DifferenceVariance] = variance;
    f[glcm_Contrast] = contrast;
    f[glcm_Id] = id;
    f[glcm_Idm] = idm;
    f[glcm_Idn] = idn;
    f[glcm_Idmn] = idmn;
    f[glcm_InverseVariance] = inverse;
}

/* Square root of the second largest eigenvalue of Q(i,j) = sum_k p(i,k) p(j,k) / (px(i) py(k)).
 * With S = p(i,j) / sqrt(px(i) py(j)), Q is similar to S S'. If p is symmetric so is S, and
 * the root is the second largest |eigenvalue| of S; the largest is 1. */
static double maximal_correlation(const matrix *m)
{
    size_t n = 0;                               /* rows that are not empty */
    if (m->n < 2) { return 1; }
    for (size_t i = 0; i < m->n; i++) {
        if (m->row[i] == 0) { continue; }
        double *out = m->a + n * m->n;
        for (size_t j = 0, at = 0; j < m->n; j++) {
            if (m->symmetric && m->row[j] == 0) { continue; }
            double q = sqrt(m->px[i] * m->py[j]);
            out[at++] = q > 0 ? m->count[i * m->n + j] / m->total / q : 0;
        }
        n++;
    }
    if (n < 2) { return 0; }
    size_t width = m->symmetric ? n : m->n;
    for (size_t i = 1; i < n; i++) {            /* close up to rows of `width` */
        memmove(m->a + i * width, m->a + i * m->n, width * sizeof *m->a);
    }
    if (!m->symmetric) {
        double *ss = m->a + n * width;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j <= i; j++) {
                double s = 0;
                for (size_t k = 0; k < width; k++) { s += m->a[i * width + k] * m->a[j * width + k]; }
                ss[i * n + j] = s;
            }
        }
        rx_tridiagonal(ss, n, m->d, m->e, m->work);
        return sqrt(fmax(rx_tridiagonal_eigenvalue(m->d, m->e, n, n - 2), 0));
    }
    rx_tridiagonal(m->a, n, m->d, m->e, m->work);
    double second = rx_tridiagonal_eigenvalue(m->d, m->e, n, n - 2);
    double lowest = rx_tridiagonal_eigenvalue(m->d, m->e, n, 0);
    return fmax(fabs(second), fabs(lowest));
}

static void one_direction(double f[N_GLCM], const matrix *m, bool with_mcc)
{
    cell_features(f, m);
    difference_features(f, m);
    entropies h = find_entropies(m);
    double largest = fmax(h.hx, h.hy);
    f[glcm_JointEntropy] = h.hxy;
    f[glcm_Imc1] = largest != 0 ? (h.hxy - h.hxy1) / largest : 0;
    /* rounding can put hxy above hxy2 where they are equal */
    f[glcm_Imc2] = h.hxy2 > h.hxy ? sqrt(1 - exp(-2 * (h.hxy2 - h.hxy))) : 0;
    f[glcm_MCC] = with_mcc ? maximal_correlation(m) : (double)NAN;
}

static int make_matrix(matrix *m, const rx_levels *l, const rx_settings *s, rx_workspace *ws,
                       rx_error *err)
{
    size_t n = l->present, ng = l->highest, cells = n * n * (s->symmetrical_glcm ? 1 : 2);
    m->n = n;
    m->symmetric = s->symmetrical_glcm;
    m->level = l->level;
    m->highest = ng;
    m->row = rx_buf_need(&ws->margins, 2 * n + 3 * ng + 1, sizeof *m->row, err);
    m->px = rx_buf_need(&ws->reals, cells + 5 * n, sizeof *m->px, err);
    if (!m->row || !m->px) { return RX_ENOMEM; }
    m->column = m->symmetric ? m->row : m->row + n;
    m->sum = m->row + 2 * n;
    m->difference = m->sum + 2 * ng + 1;
    m->py = m->symmetric ? m->px : m->px + n;
    m->d = m->px + 2 * n;
    m->e = m->d + n;
    m->work = m->e + n;
    m->a = m->work + n;
    return RX_OK;
}

int rx_glcm(double out[N_GLCM], const rx_levels *l, const rx_settings *s, rx_workspace *ws,
            rx_error *err)
{
    size_t step[RX_MAX_OFFSETS], steps = rx_half_offsets(step, l, s->distances, s->n_distances);
    size_t n = l->present, cells = n * n;
    size_t at_once = PASS_BYTES / (cells * sizeof(uint32_t));
    at_once = at_once < 1 ? 1 : at_once > steps ? steps : at_once;
    bool with_mcc = s->enabled[rx_class_first(RX_GLCM) + glcm_MCC];
    matrix m;
    int rc = make_matrix(&m, l, s, ws, err);
    if (rc != RX_OK) { return rc; }
    uint32_t *count = rx_buf_need(&ws->counts, at_once * cells, sizeof *count, err);
    if (!count) { return RX_ENOMEM; }

    double sum[N_GLCM] = { 0 }, f[N_GLCM];
    size_t directions = 0;
    for (size_t first = 0; first < steps; first += at_once) {
        size_t some = steps - first < at_once ? steps - first : at_once;
        memset(count, 0, some * cells * sizeof *count);
        count_pairs(count, n, l, step + first, some);
        for (size_t d = 0; d < some; d++) {
            m.count = count + d * cells;
            if (m.symmetric) { make_symmetric(m.count, n); }
            if (!sum_up(&m)) { continue; }          /* no pair in this direction: left out */
            one_direction(f, &m, with_mcc);
            for (int x = 0; x < N_GLCM; x++) { sum[x] += f[x]; }
            directions++;
        }
    }
    for (int x = 0; x < N_GLCM; x++) { out[x] = directions ? sum[x] / (double)directions : (double)NAN; }
    if (n == 1) { out[glcm_MCC] = 1; }
    return RX_OK;
}
