/* The maximal correlation coefficient, PyRadiomics' MCC: square root of the second largest
 * eigenvalue of Q(i,j) = sum_k p(i,k) p(j,k) / (px(i) py(k)). With S = p(i,j) / sqrt(px(i) py(j)),
 * Q is similar to S S'. If p is symmetric so is S, and the eigenvalue is the square of S's second
 * largest |eigenvalue|; the largest is 1. */
#include <math.h>
#include <string.h>
#include "bounds.h"
#include "cooccurrence.h"
#include "eigen.h"

/* Rows from which on S S' is better multiplied by vectors than taken apart. */
enum { MANY_ROWS = 160, MOST_STEPS = 320, CHECK_EVERY = 16 };

/* Numbers 0, 1, ... for the marginals that are not 0; returns how many. */
static size_t number(uint16_t *out, const double *marginal, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (marginal[i] > 0) { out[i] = (uint16_t)k++; }
    }
    return k;
}

/* Of Q with eps added to its divisor, as PyRadiomics has it: Q is similar to
 * T(i,j) = sum_k S(i,k) S(j,k) / (1 + eps / (px(i) py(k))), not symmetric, but next to S S'. With x
 * the unit eigenvector of S S' for its second eigenvalue, x' T x is T's up to the square of the
 * change, which matters where levels are so rare that px py comes near eps. y: [width] scratch. */
static double with_eps(const rx_pair_matrix *m, const double *x, double *y, const uint16_t *at_row,
                       const uint16_t *at_column, size_t width)
{
    double sum = 0;
    memset(y, 0, width * sizeof *y);
    for (int adding = 0; adding < 2; adding++) {
        for (size_t at = 0; at < m->cells.n; at++) {
            const rx_cell *c = &m->cells.v[at];
            double pp = m->px[c->i] * m->py[c->j], s = c->count / m->total / sqrt(pp);
            double xs = x[at_row[c->i]] * s, *yk = &y[at_column[c->j]];
            if (adding) {
                sum += xs * *yk / (1 + m->form->eps / pp);
            } else {
                *yk += xs;
            }
        }
    }
    return sum;
}

static uint16_t root_of(uint16_t *parent, uint16_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Rows and columns fall into parts that no cell connects, if levels are so rare that they meet only
 * each other. Each part has its own eigenvalue 1 of Q, or with eps in the divisor
 *     sum of p(i,k) / (1 + eps / (px(i) py(k)))  over  sum of p(i,k),
 * and the second largest of Q is the second largest of these. False if there is but one part.
 * parent: [rows + columns], sums: [2 * (rows + columns)] scratch. */
static bool second_of_parts(double *second, const rx_pair_matrix *m, const uint16_t *at_row, size_t n,
                            const uint16_t *at_column, size_t width, uint16_t *parent, double *sums)
{
    size_t nodes = n + width, parts = n;
    double *with = sums, *without = sums + nodes, most[2] = { 0, 0 };
    for (size_t i = 0; i < nodes; i++) {
        parent[i] = (uint16_t)i;
        with[i] = without[i] = 0;
    }
    for (size_t at = 0; at < m->cells.n; at++) {
        const rx_cell *c = &m->cells.v[at];
        uint16_t a = root_of(parent, at_row[c->i]), b = root_of(parent, (uint16_t)(n + at_column[c->j]));
        if (a == b) { continue; }
        parts -= b < n;                         /* the roots of parts with rows are rows */
        parent[a > b ? a : b] = a > b ? b : a;
    }
    if (parts < 2) { return false; }
    for (size_t at = 0; at < m->cells.n; at++) {
        const rx_cell *c = &m->cells.v[at];
        uint16_t part = root_of(parent, at_row[c->i]);
        with[part] += c->count / (1 + m->form->eps / (m->px[c->i] * m->py[c->j]));
        without[part] += c->count;
    }
    for (size_t i = 0; i < n; i++) {
        if (parent[i] != i) { continue; }
        double v = with[i] / without[i];
        if (v > most[0]) {
            most[1] = most[0];
            most[0] = v;
        } else if (v > most[1]) {
            most[1] = v;
        }
    }
    *second = most[1];
    return true;
}

/* S as its cells that are not 0. */
typedef struct sparse {
    const rx_cell *cell;
    size_t n_cells, n, width;
    const uint16_t *at_row, *at_column;
    double *s;                /* [n_cells]                                                    */
    double *y;                /* [width] scratch                                              */
} sparse;

/* out = S S' x */
static void multiply(double *out, const sparse *a, const double *x)
{
    memset(a->y, 0, a->width * sizeof *a->y);
    memset(out, 0, a->n * sizeof *out);
    for (size_t c = 0; c < a->n_cells; c++) {
        a->y[a->at_column[a->cell[c].j]] += a->s[c] * x[a->at_row[a->cell[c].i]];
    }
    for (size_t c = 0; c < a->n_cells; c++) {
        out[a->at_row[a->cell[c].i]] += a->s[c] * a->y[a->at_column[a->cell[c].j]];
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double s[4] = { 0, 0, 0, 0 };
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++) { s[k] += a[i + k] * b[i + k]; }
    }
    for (; i < n; i++) { s[0] += a[i] * b[i]; }
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Take from w what lies along the first k vectors of the basis, twice: once is not enough where
 * little remains. Returns the length of the rest. */
static double straighten(double *w, const double *basis, size_t k, size_t n)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t v = 0; v < k; v++) {
            const double *b = basis + v * n;
            double share = dot(w, b, n);
            for (size_t i = 0; i < n; i++) { w[i] -= share * b[i]; }
        }
    }
    return sqrt(dot(w, w, n));
}

/* The eigenvector x of S S' for its second eigenvalue by Lanczos' method with full
 * orthogonalisation, beside the known one of the first: sqrt(px). false if so many steps do not
 * bring it near enough (an error e in x is one of e^2 in x' S S' x). basis: [MOST_STEPS + 2][n],
 * work: [6 * MOST_STEPS]. */
static bool second_vector(double *x, const sparse *a, const double *px, double *basis, double *work)
{
    double *d = work, *e = d + MOST_STEPS, *t = e + MOST_STEPS, *band = t + MOST_STEPS;
    size_t n = a->n, steps = n - 1 < MOST_STEPS ? n - 1 : MOST_STEPS;
    uint32_t random = 1;
    for (size_t i = 0; i < n; i++) {
        random = random * 1664525u + 1013904223u;
        basis[i] = sqrt(px[i]);
        basis[n + i] = 1 + (double)(random >> 16) / 65536;
    }
    double length = straighten(basis + n, basis, 1, n);
    for (size_t k = 1; k <= steps && length > 0; k++) {
        double *v = basis + k * n, *w = v + n;
        for (size_t i = 0; i < n; i++) { v[i] /= length; }
        multiply(w, a, v);
        d[k - 1] = dot(w, v, n);
        e[k - 1] = k > 1 ? length : 0;
        length = straighten(w, basis, k + 1, n);
        bool last = k == steps || length < 1e-14;
        if (k % CHECK_EVERY != 0 && !last) { continue; }
        double value = rx_tridiagonal_eigenvalue(d, e, k, k - 1);
        rx_tridiagonal_vector(t, d, e, k, value, band);
        if (!(length * fabs(t[k - 1]) < 1e-8 * value)) { continue; }
        memset(x, 0, n * sizeof *x);
        for (size_t s = 0; s < k; s++) {
            for (size_t i = 0; i < n; i++) { x[i] += t[s] * basis[(s + 1) * n + i]; }
        }
        return true;
    }
    return false;
}

/* The same by reflections to a tridiagonal matrix, of S itself if it is symmetric. room: [n][width]
 * and, if not symmetric, [n][n]; work: [5 n]. */
static void second_vector_directly(double *x, const sparse *a, bool symmetric, double *room, double *work)
{
    size_t n = a->n, width = a->width;
    double *d = work, *e = d + n, *band = e + n, *square = room;
    memset(room, 0, n * width * sizeof *room);
    for (size_t c = 0; c < a->n_cells; c++) {
        room[a->at_row[a->cell[c].i] * width + a->at_column[a->cell[c].j]] = a->s[c];
    }
    if (!symmetric) {
        square = room + n * width;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;
                for (size_t k = 0; k < width; k++) { sum += room[i * width + k] * room[j * width + k]; }
                square[i * n + j] = sum;
            }
        }
    }
    rx_tridiagonal(square, n, d, e, band);
    double second = rx_tridiagonal_eigenvalue(d, e, n, n - 2);
    if (symmetric) {
        double lowest = rx_tridiagonal_eigenvalue(d, e, n, 0);
        second = fabs(lowest) > fabs(second) ? lowest : second;
    }
    rx_tridiagonal_vector(x, d, e, n, second, band);
    rx_tridiagonal_undo(x, square, n);
}

static int find_second(double *x, const sparse *a, const rx_pair_matrix *m, const double *px,
                       rx_workspace *ws, rx_error *err)
{
    bool symmetric = m->form->symmetric;
    if (a->n >= MANY_ROWS) {
        size_t steps = a->n - 1 < MOST_STEPS ? a->n - 1 : MOST_STEPS;
        double *basis = rx_buf_need(&ws->basis, (steps + 2) * a->n + 6 * MOST_STEPS, sizeof *basis, err);
        if (!basis) { return RX_ENOMEM; }
        if (second_vector(x, a, px, basis, basis + (steps + 2) * a->n)) { return RX_OK; }
    }
    size_t room = a->n * a->width + (symmetric ? 0 : a->n * a->n);
    double *square = rx_buf_need(&ws->basis, room + 5 * a->n, sizeof *square, err);
    if (!square) { return RX_ENOMEM; }
    second_vector_directly(x, a, symmetric, square, square + room);
    return RX_OK;
}

int rx_maximal_correlation(double *mcc, const rx_pair_matrix *m, rx_workspace *ws, rx_error *err)
{
    uint16_t *at_row = rx_buf_need(&ws->dense, m->n, 4 * sizeof *at_row, err), *at_column;
    if (!at_row) { return RX_ENOMEM; }
    at_column = at_row + m->n;
    size_t n = number(at_row, m->row, m->n), width = number(at_column, m->column, m->n);
    *mcc = NAN;
    if (n > RX_MAX_MCC_LEVELS || width > RX_MAX_MCC_LEVELS) { return RX_OK; }
    *mcc = m->n < 2 ? 1 : 0;
    if (n < 2) { return RX_OK; }

    double *x = rx_buf_need(&ws->reals, 4 * n + 3 * width + m->cells.n, sizeof *x, err);
    if (!x) { return RX_ENOMEM; }
    double *px = x + n, *y = px + n, *s = y + width, *sums = s + m->cells.n;
    if (second_of_parts(mcc, m, at_row, n, at_column, width, at_column + m->n, sums)) {
        *mcc = sqrt(*mcc);
        return RX_OK;
    }
    for (size_t i = 0; i < m->n; i++) {
        if (m->row[i] > 0) { px[at_row[i]] = m->px[i]; }
    }
    for (size_t at = 0; at < m->cells.n; at++) {
        const rx_cell *c = &m->cells.v[at];
        s[at] = c->count / m->total / sqrt(m->px[c->i] * m->py[c->j]);
    }
    sparse a = { m->cells.v, m->cells.n, n, width, at_row, at_column, s, y };
    int rc = find_second(x, &a, m, px, ws, err);
    if (rc == RX_OK) { *mcc = sqrt(fmax(with_eps(m, x, y, at_row, at_column, width), 0)); }
    return rc;
}
