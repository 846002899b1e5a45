/* Features of a grey level co-occurrence matrix: IBSI 3.6.
 *
 * Ng in the formulas is the highest level. p(i,j) is the share of pairs, px and py its row and
 * column sums, ux and uy their means. */
#include "cooccurrence.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bounds.h"

static int make_matrix(rx_pair_matrix *m, rx_cells cells, const rx_levels *l, const rx_glcm_form *form,
                       rx_workspace *ws, rx_error *err)
{
    size_t n = l->present, ng = l->highest, all = 4 * n + 3 * ng + 1;
    *m = (rx_pair_matrix){ .n = n, .cells = cells, .level = l->level, .highest = ng, .form = form };
    m->row = rx_buf_need(&ws->margins, all, sizeof *m->row, err);
    if (!m->row) { return RX_ENOMEM; }
    memset(m->row, 0, all * sizeof *m->row);
    m->column = form->symmetric ? m->row : m->row + n;
    m->px = m->row + 2 * n;
    m->py = form->symmetric ? m->px : m->px + n;
    m->sum = m->row + 4 * n;
    m->difference = m->sum + 2 * ng + 1;
    return RX_OK;
}

/* End of the row that starts at cell `at`. */
static size_t row_end(const rx_pair_matrix *m, size_t at)
{
    size_t end = at + 1;
    while (end < m->cells.n && m->cells.v[end].i == m->cells.v[at].i) { end++; }
    return end;
}

static void sum_up(rx_pair_matrix *m)
{
    m->total = 0;
    for (size_t at = 0; at < m->cells.n; at++) {
        const rx_cell *c = &m->cells.v[at];
        unsigned gi = m->level[c->i], gj = m->level[c->j];
        m->row[c->i] += c->count;
        if (!m->form->symmetric) { m->column[c->j] += c->count; }
        m->sum[gi + gj] += c->count;
        m->difference[gi > gj ? gi - gj : gj - gi] += c->count;
    }
    for (size_t i = 0; i < m->n; i++) { m->total += m->row[i]; }
    for (size_t i = 0; i < m->n && m->total > 0; i++) {
        m->px[i] = m->row[i] / m->total;
        m->py[i] = m->column[i] / m->total;
    }
}

/* log2(1 + t) for small t >= 0, which is what remains of log2(p + eps) - log2(p). */
static double log2_of_1_plus(double t)
{
    static const double per_ln2 = 1.44269504088896340736;
    return per_ln2 * (t < 1e-4 ? t * (1 - t * (0.5 - t / 3)) : log1p(t));
}

/* With q = px py, which can be too small for a number where directions are weighted. */
static double rest_of(const rx_pair_matrix *m, double px, double py)
{
    double q = px * py;
    return q > 1e-290 ? log2_of_1_plus(m->form->eps / q) : log2(m->form->eps) - log2(px) - log2(py);
}

/* The sum over all i, j of q log2(1 + eps/q) with q = px(i) py(j). */
static double rest_of_all(const rx_pair_matrix *m)
{
    double rest = 0;
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = m->form->symmetric ? i : 0; j < m->n; j++) {
            double q = m->px[i] * m->py[j], twice = m->form->symmetric && j > i ? 2 : 1;
            if (q == 0) { continue; }
            rest += q * (rest_of(m, m->px[i], m->py[j]) * twice);
        }
    }
    return rest;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct value { double v, times; } value;

static size_t distinct(value *out, double *sorted, const double *p, size_t n)
{
    size_t k = 0;
    memcpy(sorted, p, n * sizeof *p);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t i = 0; i < n; i++) {
        if (sorted[i] == 0) { continue; }
        if (k == 0 || out[k - 1].v != sorted[i]) { out[k++] = (value){ sorted[i], 0 }; }
        out[k - 1].times++;
    }
    return k;
}

/* The same where levels are many: marginals are counts, of which few are distinct. */
static int rest_of_many(double *rest, const rx_pair_matrix *m, rx_workspace *ws, rx_error *err)
{
    double *sorted = rx_buf_need(&ws->reals, m->n, sizeof *sorted + 2 * sizeof(value), err);
    if (!sorted) { return RX_ENOMEM; }
    value *x = (value *)(void *)(sorted + m->n), *y = x + m->n;
    size_t nx = distinct(x, sorted, m->px, m->n), ny = distinct(y, sorted, m->py, m->n);
    *rest = 0;
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) {
            double q = x[i].v * y[j].v;
            *rest += x[i].times * y[j].times * q * rest_of(m, x[i].v, y[j].v);
        }
    }
    return RX_OK;
}

/* Logarithms only of cells and marginals that are not 0:
 * log2(px py + eps) = log2 px + log2 py + log2(1 + eps/(px py)). Without eps both joint entropies
 * HXY1 and HXY2 (IBSI 3.6.24, 3.6.25) are HX + HY. */
static int information(double f[N_GLCM], const rx_pair_matrix *m, rx_workspace *ws, rx_error *err)
{
    double hx = 0, hy = 0, hxy = 0, bare_x = 0, bare_y = 0, rest1 = 0, rest2 = 0;
    double eps = m->form->eps;
    for (size_t i = 0; i < m->n; i++) {
        double px = m->px[i], py = m->py[i];
        if (px > 0) {
            bare_x -= px * log2(px);
            hx -= px * log2(px + eps);
        }
        if (py > 0) {
            bare_y -= py * log2(py);
            hy -= py * log2(py + eps);
        }
    }
    for (size_t at = 0; at < m->cells.n; at++) {
        const rx_cell *c = &m->cells.v[at];
        if (m->form->symmetric && c->j < c->i) { continue; }
        double p = c->count / m->total, twice = m->form->symmetric && c->j > c->i ? 2 : 1;
        if (eps > 0) { rest1 += p * (rest_of(m, m->px[c->i], m->py[c->j]) * twice); }
        hxy -= twice * p * log2(p + eps);
    }
    if (eps > 0 && m->n > RX_MAX_TABLE_LEVELS) {
        int rc = rest_of_many(&rest2, m, ws, err);
        if (rc != RX_OK) { return rc; }
    } else if (eps > 0) {
        rest2 = rest_of_all(m);
    }
    double hxy1 = bare_x + bare_y - rest1, hxy2 = bare_x + bare_y - rest2, largest = fmax(hx, hy);
    f[glcm_JointEntropy] = hxy;
    f[glcm_Imc1] = largest != 0 ? (hxy - hxy1) / largest : 0;
    /* rounding can put hxy above hxy2 where they are equal */
    f[glcm_Imc2] = hxy2 > hxy ? sqrt(1 - exp(-2 * (hxy2 - hxy))) : 0;
    return RX_OK;
}

static size_t value_at(const rx_spread *s, size_t i) { return s->which ? s->which[i] : i; }

void rx_level_sum_features(double f[N_GLCM], const rx_spread *sums, double ux, double uy, double eps)
{
    double tendency = 0, shade = 0, prominence = 0, average = 0, entropy = 0;
    for (size_t i = 0; i < sums->n; i++) {
        size_t k = value_at(sums, i);
        if (sums->weight[k] == 0) { continue; }
        double p = sums->weight[k] / sums->total, d = (double)k - ux - uy;
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

void rx_level_difference_features(double f[N_GLCM], const rx_spread *differences, size_t highest, double eps)
{
    double average = 0, entropy = 0, contrast = 0, variance = 0;
    double id = 0, idm = 0, idn = 0, idmn = 0, inverse = 0, ng = (double)highest;
    for (size_t i = 0; i < differences->n; i++) {
        size_t k = value_at(differences, i);
        if (differences->weight[k] == 0) { continue; }
        double p = differences->weight[k] / differences->total, d = (double)k;
        average += p * d;
        contrast += p * d * d;
        entropy -= p * log2(p + eps);
        id += p / (1 + d);
        idm += p / (1 + d * d);
        idn += p / (1 + d / ng);
        idmn += p / (1 + d * d / (ng * ng));
        if (k > 0) { inverse += p / (d * d); }
    }
    for (size_t i = 0; i < differences->n; i++) {
        size_t k = value_at(differences, i);
        double d = (double)k - average;
        variance += differences->weight[k] / differences->total * d * d;
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

static void cell_features(double f[N_GLCM], const rx_pair_matrix *m)
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
    double autocorrelation = 0, covariance = 0, energy = 0, most = 0;
    for (size_t at = 0, end; at < m->cells.n; at = end) {
        double products = 0, deviations = 0, squares = 0, gi = m->level[m->cells.v[at].i];
        end = row_end(m, at);
        for (size_t k = at; k < end; k++) {
            double c = m->cells.v[k].count, gj = m->level[m->cells.v[k].j];
            products += c * gj;
            deviations += c * (gj - uy);
            squares += c * c;
            most = c > most ? c : most;
        }
        autocorrelation += gi * products;
        covariance += (gi - ux) * deviations;
        energy += squares;
    }
    double sx_sy = sqrt(vx) * sqrt(vy);
    f[glcm_Autocorrelation] = autocorrelation / m->total;
    f[glcm_Correlation] = sx_sy > 0 ? covariance / m->total / (sx_sy + m->form->eps) : 1;
    f[glcm_JointAverage] = ux;
    f[glcm_JointEnergy] = energy / (m->total * m->total);
    f[glcm_MaximumProbability] = most / m->total;
    f[glcm_SumSquares] = vx;

    rx_spread sums = { m->sum, m->total, NULL, 2 * m->highest + 1 };
    rx_level_sum_features(f, &sums, ux, uy, m->form->eps);
}

int rx_cooccurrence_features(double f[N_GLCM], bool *any, rx_cells cells, const rx_levels *l,
                             const rx_glcm_form *form, rx_workspace *ws, rx_error *err)
{
    rx_pair_matrix m;
    *any = cells.n > 0;
    if (!*any) { return RX_OK; }
    int rc = make_matrix(&m, cells, l, form, ws, err);
    if (rc != RX_OK) { return rc; }
    sum_up(&m);
    cell_features(f, &m);
    rx_spread differences = { m.difference, m.total, NULL, m.highest };
    rx_level_difference_features(f, &differences, m.highest, form->eps);
    f[glcm_MCC] = NAN;
    rc = information(f, &m, ws, err);
    if (rc == RX_OK && form->mcc) { rc = rx_maximal_correlation(&f[glcm_MCC], &m, ws, err); }
    return rc;
}
