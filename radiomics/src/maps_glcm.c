/* Co-occurrence features of a kernel (definitions: glcm.c): the matrix as a list of the cells
 * that are not 0, and no look at the others.
 *
 * A symmetric matrix is kept as its upper triangle: the cell (i, j), i < j, stands for two.
 *
 * The maximal correlation coefficient needs eigenvalues only where they are not known: it is 1
 * where rows and columns, joined by the cells that are not 0, fall into two parts or more, since
 * each part has its own eigenvalue 1. With a few pairs among many levels that is the rule. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cooccurrence.h"
#include "eigen.h"
#include "maps_kernel.h"

typedef struct cell { uint16_t i, j; double p; } cell;

struct rx_map_glcm {
    bool symmetric, with_mcc;
    unsigned n;                 /* rows of the kernel at work                               */
    double *weight;             /* [n][n]: pairs; all 0 between kernels                     */
    cell *cell;                 /* those that are not 0                                     */
    size_t cells;
    double *px, *py;            /* [n]; the same array if symmetric                         */
    double *log_x, *log_y;      /* [n]: log2 of them                                        */
    double *sum, *difference;   /* [2 Ng + 1], [Ng]: all 0 between directions               */
    uint32_t *sums, *differences;   /* which of them are not 0                              */
    size_t n_sums, n_differences;
    uint16_t *part;             /* [2 n]                                                    */
    uint16_t *row;              /* [n]                                                      */
    double *a, *d, *e, *work;   /* for the eigenvalues                                      */
    rx_cell *both;              /* [2 cells]: the whole matrix, where weights can be tiny     */
    rx_workspace *ws;
};

static const double eps = DBL_EPSILON;
static const double per_ln2 = 1.44269504088896340736;

int rx_map_glcm_new(rx_map_glcm **out, const rx_kernel *k, bool with_mcc, rx_workspace *ws, rx_error *err)
{
    size_t n = k->most_levels, squares = n * n, ng = k->highest;
    size_t cells = k->most * (k->pairs ? k->pairs : 1);
    cells = cells < squares ? cells : squares;
    bool symmetric = k->s->symmetrical_glcm;
    size_t eigen = with_mcc ? squares * (symmetric ? 1 : 2) + 3 * n : 0;
    rx_map_glcm *m = calloc(1, sizeof *m);
    double *reals = calloc(squares + 4 * n + 3 * ng + 1 + eigen, sizeof *reals);
    uint16_t *shorts = calloc(3 * n, sizeof *shorts);
    uint32_t *longs = calloc(3 * ng + 1, sizeof *longs);
    cell *list = calloc(cells, sizeof *list);
    rx_cell *both = calloc(2 * cells, sizeof *both);
    if (!m || !reals || !shorts || !longs || !list || !both) {
        free(m);
        free(reals);
        free(shorts);
        free(longs);
        free(list);
        free(both);
        return rx_fail(err, RX_ENOMEM, "no memory for a co-occurrence matrix of %zu levels", n);
    }
    m->symmetric = symmetric;
    m->with_mcc = with_mcc;
    m->weight = reals;
    m->px = m->weight + squares;
    m->py = symmetric ? m->px : m->px + n;
    m->log_x = m->px + 2 * n;
    m->log_y = symmetric ? m->log_x : m->log_x + n;
    m->sum = m->px + 4 * n;
    m->difference = m->sum + 2 * ng + 1;
    if (with_mcc) {
        m->d = m->difference + ng;
        m->e = m->d + n;
        m->work = m->e + n;
        m->a = m->work + n;
    }
    m->part = shorts;
    m->row = m->part + 2 * n;
    m->sums = longs;
    m->differences = m->sums + 2 * ng + 1;
    m->cell = list;
    m->both = both;
    m->ws = ws;
    *out = m;
    return RX_OK;
}

void rx_map_glcm_free(rx_map_glcm *m)
{
    if (!m) { return; }
    free(m->weight);
    free(m->part);
    free(m->sums);
    free(m->cell);
    free(m->both);
    free(m);
}

static void count_pairs(rx_map_glcm *m, const rx_kernel *k, const rx_step *step, double weight)
{
    for (size_t v = 0; v < k->voxels; v++) {
        const uint16_t *at = k->cube + k->at[v];
        unsigned other = at[step->step];
        if (other == 0) { continue; }
        unsigned i = *at - 1u, j = other - 1u;
        if (m->symmetric && j < i) {
            unsigned t = i;
            i = j;
            j = t;
        }
        double *w = m->weight + (size_t)i * m->n + j;
        if (*w == 0 && weight > 0) { m->cell[m->cells++] = (cell){ (uint16_t)i, (uint16_t)j, 0 }; }
        *w += weight;
    }
}

/* Pairs to probabilities, and the matrix empty again; false if there is no pair. */
static bool take_cells(rx_map_glcm *m)
{
    double total = 0;
    for (size_t c = 0; c < m->cells; c++) {
        cell *x = &m->cell[c];
        double *w = m->weight + (size_t)x->i * m->n + x->j;
        x->p = m->symmetric && x->i == x->j ? 2 * *w : *w;
        total += m->symmetric && x->i != x->j ? 2 * x->p : x->p;
        *w = 0;
    }
    for (size_t c = 0; c < m->cells; c++) { m->cell[c].p /= total; }
    return total > 0;
}

/* log2(1 + t): what eps adds to a logarithm. */
static double log2_of_1_plus(double t) { return per_ln2 * (t < 1e-8 ? t : log1p(t)); }

static double times(const rx_map_glcm *m, const cell *x) { return m->symmetric && x->i != x->j ? 2 : 1; }

static void sum_up(rx_map_glcm *m, const rx_kernel *k)
{
    memset(m->px, 0, m->n * sizeof *m->px);
    memset(m->py, 0, m->n * sizeof *m->py);
    m->n_sums = m->n_differences = 0;
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        unsigned gi = k->grey[x->i], gj = k->grey[x->j];
        unsigned sum = gi + gj, difference = gi > gj ? gi - gj : gj - gi;
        double p = times(m, x) * x->p;
        m->px[x->i] += x->p;
        if (!m->symmetric || x->i != x->j) { m->py[x->j] += x->p; }
        if (m->sum[sum] == 0) { m->sums[m->n_sums++] = sum; }
        if (m->difference[difference] == 0) { m->differences[m->n_differences++] = difference; }
        m->sum[sum] += p;
        m->difference[difference] += p;
    }
}

static void cell_features(double f[N_GLCM], const rx_map_glcm *m, const rx_kernel *k)
{
    double ux = 0, uy = 0, vx = 0, vy = 0;
    for (unsigned i = 0; i < m->n; i++) {
        ux += m->px[i] * k->grey[i];
        uy += m->py[i] * k->grey[i];
    }
    for (unsigned i = 0; i < m->n; i++) {
        double dx = k->grey[i] - ux, dy = k->grey[i] - uy;
        vx += m->px[i] * dx * dx;
        vy += m->py[i] * dy * dy;
    }
    double products = 0, covariance = 0, energy = 0, most = 0;
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        double p = times(m, x) * x->p, gi = k->grey[x->i], gj = k->grey[x->j];
        products += p * gi * gj;
        covariance += p * (gi - ux) * (gj - uy);
        energy += p * x->p;
        most = x->p > most ? x->p : most;
    }
    double sx_sy = sqrt(vx) * sqrt(vy);
    f[glcm_Autocorrelation] = products;
    f[glcm_Correlation] = sx_sy > 0 ? covariance / (sx_sy + eps) : 1;
    f[glcm_JointAverage] = ux;
    f[glcm_JointEnergy] = energy;
    f[glcm_MaximumProbability] = most;
    f[glcm_SumSquares] = vx;

    rx_spread sums = { m->sum, 1, m->sums, m->n_sums };
    rx_level_sum_features(f, &sums, ux, uy, eps);
    for (size_t s = 0; s < m->n_sums; s++) { m->sum[m->sums[s]] = 0; }
}

static void difference_features(double f[N_GLCM], rx_map_glcm *m, unsigned highest)
{
    rx_spread differences = { m->difference, 1, m->differences, m->n_differences };
    rx_level_difference_features(f, &differences, highest, eps);
    for (size_t s = 0; s < m->n_differences; s++) { m->difference[m->differences[s]] = 0; }
}

/* sum of q log2(1 + eps/q) over all products q = px py that are not 0. While eps/q is below
 * 1e-8 each term is eps / ln 2 to 16 digits and more, and they need only be counted. */
static double sum_of_rests(const rx_map_glcm *m)
{
    double lowest_x = 1, lowest_y = 1;
    size_t rows = 0, columns = 0;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->px[i] > 0) {
            rows++;
            lowest_x = fmin(lowest_x, m->px[i]);
        }
        if (m->py[i] > 0) {
            columns++;
            lowest_y = fmin(lowest_y, m->py[i]);
        }
    }
    if (eps < 1e-8 * lowest_x * lowest_y) { return (double)(rows * columns) * eps * per_ln2; }
    double rest = 0;
    for (unsigned i = 0; i < m->n; i++) {
        for (unsigned j = 0; j < m->n; j++) {
            double q = m->px[i] * m->py[j];
            if (q > 0) { rest += q * log2_of_1_plus(eps / q); }
        }
    }
    return rest;
}

static void information_features(double f[N_GLCM], const rx_map_glcm *m)
{
    double hx = 0, hy = 0, hxy = 0, hxy1 = 0, bare = 0;
    for (unsigned i = 0; i < m->n; i++) {
        double px = m->px[i], py = m->py[i];
        m->log_x[i] = px > 0 ? log2(px) : 0;
        if (!m->symmetric) { m->log_y[i] = py > 0 ? log2(py) : 0; }
        hx -= px > 0 ? px * (m->log_x[i] + log2_of_1_plus(eps / px)) : 0;
        hy -= py > 0 ? py * (m->log_y[i] + log2_of_1_plus(eps / py)) : 0;
        bare -= px * m->log_x[i] + py * m->log_y[i];
    }
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        double p = times(m, x) * x->p, q = m->px[x->i] * m->py[x->j];
        hxy -= p * log2(x->p + eps);
        hxy1 -= p * (m->log_x[x->i] + m->log_y[x->j] + log2_of_1_plus(eps / q));
    }
    double hxy2 = bare - sum_of_rests(m), largest = fmax(hx, hy);
    f[glcm_JointEntropy] = hxy;
    f[glcm_Imc1] = largest != 0 ? (hxy - hxy1) / largest : 0;
    /* rounding can put hxy above hxy2 where they are equal */
    f[glcm_Imc2] = hxy2 > hxy ? sqrt(1 - exp(-2 * (hxy2 - hxy))) : 0;
}

static uint16_t part_of(uint16_t *part, unsigned x)
{
    while (part[x] != x) { x = part[x] = part[part[x]]; }
    return (uint16_t)x;
}

/* Rows are 0 to n - 1 and columns n to 2 n - 1; a cell joins its row and its column. */
static bool falls_apart(rx_map_glcm *m)
{
    for (unsigned i = 0; i < 2 * m->n; i++) { m->part[i] = (uint16_t)i; }
    for (size_t c = 0; c < m->cells; c++) {
        unsigned i = m->cell[c].i, j = m->cell[c].j;
        m->part[part_of(m->part, i)] = part_of(m->part, m->n + j);
        if (m->symmetric) { m->part[part_of(m->part, j)] = part_of(m->part, m->n + i); }
    }
    unsigned whole = part_of(m->part, m->cell[0].i);
    for (size_t c = 1; c < m->cells; c++) {
        if (part_of(m->part, m->cell[c].i) != whole) { return true; }
        if (m->symmetric && part_of(m->part, m->cell[c].j) != whole) { return true; }
    }
    return m->symmetric && part_of(m->part, m->cell[0].j) != whole;
}

/* Places of the rows that are not empty; returns how many. */
static size_t number_rows(rx_map_glcm *m)
{
    size_t rows = 0;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->px[i] > 0) { m->row[i] = (uint16_t)rows++; }
    }
    return rows;
}

static double symmetric_second(rx_map_glcm *m, size_t rows)
{
    memset(m->a, 0, rows * rows * sizeof *m->a);
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        size_t i = m->row[x->i], j = m->row[x->j];
        m->a[i * rows + j] = m->a[j * rows + i] = x->p / sqrt(m->px[x->i] * m->px[x->j]);
    }
    rx_tridiagonal(m->a, rows, m->d, m->e, m->work);
    double second = rx_tridiagonal_eigenvalue(m->d, m->e, rows, rows - 2);
    double lowest = rx_tridiagonal_eigenvalue(m->d, m->e, rows, 0);
    return fmax(fabs(second), fabs(lowest));
}

static double general_second(rx_map_glcm *m, size_t rows)
{
    double *s = m->a, *ss = m->a + rows * m->n;
    memset(s, 0, rows * m->n * sizeof *s);
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        s[m->row[x->i] * (size_t)m->n + x->j] = x->p / sqrt(m->px[x->i] * m->py[x->j]);
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t x = 0; x < m->n; x++) { dot += s[i * m->n + x] * s[j * m->n + x]; }
            ss[i * rows + j] = dot;
        }
    }
    rx_tridiagonal(ss, rows, m->d, m->e, m->work);
    return sqrt(fmax(rx_tridiagonal_eigenvalue(m->d, m->e, rows, rows - 2), 0));
}

/* With directions weighted by their length a marginal may come near eps, which PyRadiomics adds to
 * the divisor: then what is computed for a whole region is computed here. */
static int correlation_with_eps(double *mcc, rx_map_glcm *m, rx_error *err)
{
    const rx_glcm_form form = { .symmetric = m->symmetric, .mcc = true, .eps = eps };
    rx_pair_matrix whole = { .n = m->n, .cells.v = m->both, .form = &form, .total = 1, .row = m->px,
                             .column = m->py, .px = m->px, .py = m->py };
    for (size_t c = 0; c < m->cells; c++) {
        const cell *x = &m->cell[c];
        m->both[whole.cells.n++] = (rx_cell){ x->p, x->i, x->j };
        if (m->symmetric && x->i != x->j) { m->both[whole.cells.n++] = (rx_cell){ x->p, x->j, x->i }; }
    }
    return rx_maximal_correlation(mcc, &whole, m->ws, err);
}

static int maximal_correlation(double *mcc, rx_map_glcm *m, const rx_kernel *k, rx_error *err)
{
    size_t rows = number_rows(m);
    if (k->one_level || rows < 2) {
        *mcc = k->one_level;
        return RX_OK;
    }
    if (k->s->weighting_norm > RX_NORM_NO_WEIGHTING) { return correlation_with_eps(mcc, m, err); }
    *mcc = falls_apart(m) ? 1 : m->symmetric ? symmetric_second(m, rows) : general_second(m, rows);
    return RX_OK;
}

/* Of the pairs counted since the last time; *any: there are some. */
static int one_matrix(double f[N_GLCM], bool *any, rx_map_glcm *m, const rx_kernel *k, rx_error *err)
{
    int rc = RX_OK;
    *any = m->cells > 0 && take_cells(m);
    if (*any) {
        sum_up(m, k);
        cell_features(f, m, k);
        difference_features(f, m, k->highest);
        information_features(f, m);
        f[glcm_MCC] = NAN;
        if (m->with_mcc) { rc = maximal_correlation(&f[glcm_MCC], m, k, err); }
    }
    m->cells = 0;
    return rc;
}

int rx_map_glcm_features(double out[N_GLCM], const rx_kernel *k, rx_map_glcm *m, rx_error *err)
{
    double sum[N_GLCM] = { 0 }, f[N_GLCM];
    bool merge = k->s->weighting_norm != RX_NORM_NONE;
    size_t matrices = 0;
    m->n = k->levels;
    for (size_t d = 0; d < k->pairs; d++) {
        count_pairs(m, k, &k->pair[d], merge ? k->pair[d].pair_weight : 1);
        if (merge && d + 1 < k->pairs) { continue; }
        bool any;
        int rc = one_matrix(f, &any, m, k, err);
        if (rc != RX_OK) { return rc; }
        if (!any) { continue; }
        for (int x = 0; x < N_GLCM; x++) { sum[x] += f[x]; }
        matrices++;
    }
    for (int x = 0; x < N_GLCM; x++) { out[x] = matrices ? sum[x] / (double)matrices : (double)NAN; }
    return RX_OK;
}
