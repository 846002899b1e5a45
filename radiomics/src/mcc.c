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

enum { ABSENT = UINT16_MAX };

/* Rows and columns that cells are in, and their numbers 0, 1, ... in order. */
typedef struct numbers {
    uint16_t *row, *column;   /* by dense level; ABSENT                                       */
    size_t rows, columns;
} numbers;

static size_t count_up(uint16_t *number, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (number[i] != ABSENT) { number[i] = (uint16_t)k++; }
    }
    return k;
}

static void number(numbers *at, rx_cells cells, size_t n)
{
    for (size_t i = 0; i < n; i++) { at->row[i] = at->column[i] = ABSENT; }
    for (size_t c = 0; c < cells.n; c++) { at->row[cells.v[c].i] = at->column[cells.v[c].j] = 0; }
    at->rows = count_up(at->row, n);
    at->columns = count_up(at->column, n);
}

/* Of Q with eps added to its divisor, as PyRadiomics has it: Q is similar to
 * T(i,j) = sum_k S(i,k) S(j,k) / (1 + eps / (px(i) py(k))), not symmetric, but next to S S'. With x
 * the unit eigenvector of S S' for its second eigenvalue, x' T x is T's up to the square of the
 * change, which matters where levels are so rare that px py comes near eps. y: [width] scratch. */
static double with_eps(const rx_pair_matrix *m, const double *x, double *y, const numbers *at)
{
    double sum = 0;
    memset(y, 0, at->columns * sizeof *y);
    for (int adding = 0; adding < 2; adding++) {
        for (size_t k = 0; k < m->cells.n; k++) {
            const rx_cell *c = &m->cells.v[k];
            double pp = m->px[c->i] * m->py[c->j], s = c->count / m->total / sqrt(pp);
            double xs = x[at->row[c->i]] * s, *yk = &y[at->column[c->j]];
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
 *     sum of p(i,k) / (1 + eps / (px(i) py(k)))  over  sum of p(i,k).
 * The second largest eigenvalue of Q is the second largest of these or the second of the part that
 * has the largest, whose cells are put into *largest. Returns the number of parts; *second is 0 if
 * it is 1. parent: [rows + columns], sums: [2 * (rows + columns)] scratch, kept: [cells]. */
static size_t find_parts(double *second, rx_cells *largest, const rx_pair_matrix *m, const numbers *at,
                         uint16_t *parent, double *sums, rx_cell *kept)
{
    size_t nodes = at->rows + at->columns, parts = at->rows, first = 0;
    double *with = sums, *without = sums + nodes, most[2] = { 0, 0 };
    *second = 0;
    for (size_t i = 0; i < nodes; i++) {
        parent[i] = (uint16_t)i;
        with[i] = without[i] = 0;
    }
    for (size_t c = 0; c < m->cells.n; c++) {
        const rx_cell *cell = &m->cells.v[c];
        uint16_t a = root_of(parent, at->row[cell->i]);
        uint16_t b = root_of(parent, (uint16_t)(at->rows + at->column[cell->j]));
        if (a == b) { continue; }
        parts -= b < at->rows;                  /* the roots of parts with rows are rows */
        parent[a > b ? a : b] = a > b ? b : a;
    }
    if (parts < 2) { return parts; }
    for (size_t c = 0; c < m->cells.n; c++) {
        const rx_cell *cell = &m->cells.v[c];
        uint16_t part = root_of(parent, at->row[cell->i]);
        with[part] += cell->count / (1 + m->form->eps / (m->px[cell->i] * m->py[cell->j]));
        without[part] += cell->count;
    }
    for (size_t i = 0; i < at->rows; i++) {
        if (parent[i] != i) { continue; }
        double v = with[i] / without[i];
        if (v > most[0]) {
            most[1] = most[0];
            most[0] = v;
            first = i;
        } else if (v > most[1]) {
            most[1] = v;
        }
    }
    *second = most[1];
    *largest = (rx_cells){ kept, 0 };
    for (size_t c = 0; c < m->cells.n; c++) {
        if (root_of(parent, at->row[m->cells.v[c].i]) == first) { kept[largest->n++] = m->cells.v[c]; }
    }
    return parts;
}

/* S, of one part, as its cells that are not 0. */
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
    double length = sqrt(dot(basis, basis, n));
    for (size_t i = 0; i < n; i++) { basis[i] /= length; }
    length = straighten(basis + n, basis, 1, n);
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

/* The second eigenvalue of a matrix of one part. */
static int second_within(double *second, const rx_pair_matrix *m, const numbers *at, rx_workspace *ws,
                         rx_error *err)
{
    size_t n = at->rows, width = at->columns;
    *second = 0;
    if (n < 2) { return RX_OK; }
    double *x = rx_buf_need(&ws->reals, 2 * n + width + m->cells.n, sizeof *x, err);
    if (!x) { return RX_ENOMEM; }
    double *px = x + n, *y = px + n, *s = y + width;
    for (size_t i = 0; i < m->n; i++) {
        if (at->row[i] != ABSENT) { px[at->row[i]] = m->px[i]; }
    }
    for (size_t c = 0; c < m->cells.n; c++) {
        const rx_cell *cell = &m->cells.v[c];
        s[c] = cell->count / m->total / sqrt(m->px[cell->i] * m->py[cell->j]);
    }
    sparse a = { m->cells.v, m->cells.n, n, width, at->row, at->column, s, y };
    int rc = find_second(x, &a, m, px, ws, err);
    if (rc == RX_OK) { *second = with_eps(m, x, y, at); }
    return rc;
}

int rx_maximal_correlation(double *mcc, const rx_pair_matrix *m, rx_workspace *ws, rx_error *err)
{
    numbers at = { .row = rx_buf_need(&ws->dense, m->n, 4 * sizeof *at.row, err) };
    if (!at.row) { return RX_ENOMEM; }
    at.column = at.row + m->n;
    number(&at, m->cells, m->n);
    *mcc = NAN;
    if (at.rows > RX_MAX_MCC_LEVELS || at.columns > RX_MAX_MCC_LEVELS) { return RX_OK; }
    *mcc = m->n < 2 ? 1 : 0;
    if (at.rows < 2) { return RX_OK; }

    double *sums = rx_buf_need(&ws->reals, 2 * (at.rows + at.columns), sizeof *sums, err);
    rx_cell *kept = rx_buf_need(&ws->list, m->cells.n, sizeof *kept, err);
    if (!sums || !kept) { return RX_ENOMEM; }
    rx_pair_matrix part = *m;
    double of_parts, within;
    if (find_parts(&of_parts, &part.cells, m, &at, at.column + m->n, sums, kept) > 1) {
        number(&at, part.cells, m->n);
    }
    int rc = second_within(&within, &part, &at, ws, err);
    if (rc == RX_OK) { *mcc = sqrt(fmax(of_parts, fmax(within, 0))); }
    return rc;
}
