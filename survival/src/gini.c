/* gini.c - splits by Gini's index. */
#include "gini.h"

#include <math.h>
#include <string.h>

#include "mem.h"

int sv_gini_init(sv_gini *s, const uint32_t *class_of, size_t classes, sv_error *err)
{
    *s = (sv_gini){ class_of, classes, SV_NEW(double, classes), SV_NEW(double, classes) };
    return s->count && s->left ? SV_OK : sv_no_memory(err, "classes of a node");
}

void sv_gini_free(sv_gini *s)
{
    free(s->count);
    free(s->left);
}

static bool open_node(void *state, sv_tree_node *node, const uint32_t *row, size_t n)
{
    sv_gini *s = state;
    double most = 0;
    memset(s->count, 0, s->classes * sizeof *s->count);
    for (size_t i = 0; i < n; i++) { s->count[s->class_of[row[i]]]++; }
    for (size_t c = 0; c < s->classes; c++) { most = fmax(most, s->count[c]); }
    node->errors = n - (size_t)most;
    return node->errors > 0;
}

/* Gain: sums of squared counts over the rows, of both sides less the whole: the larger, the purer. */
static bool scan(void *state, size_t *after, double *gain, const sv_keyed *sorted, size_t n, size_t least)
{
    sv_gini *s = state;
    double left_squares = 0, right_squares = 0;
    for (size_t c = 0; c < s->classes; c++) { right_squares += s->count[c] * s->count[c]; }
    double whole = right_squares / (double)n;
    bool found = false;
    memset(s->left, 0, s->classes * sizeof *s->left);
    for (size_t i = 0; i + least < n; i++) {
        size_t c = s->class_of[sorted[i].row];
        double right = s->count[c] - s->left[c];
        left_squares += 2 * s->left[c] + 1;
        right_squares -= 2 * right - 1;
        s->left[c]++;
        if (i + 1 < least || !(sorted[i].key < sorted[i + 1].key)) { continue; }
        double here = left_squares / (double)(i + 1) + right_squares / (double)(n - i - 1) - whole;
        if (!(here > *gain + 1e-10 * (double)n)) { continue; }
        *gain = here;
        *after = i;
        found = true;
    }
    return found;
}

sv_rule sv_gini_rule(sv_gini *s)
{
    sv_rule r = { s, open_node, scan };
    return r;
}

void sv_class_shares(double *share, const uint32_t *class_of, size_t classes, const uint32_t *row, size_t n)
{
    memset(share, 0, classes * sizeof *share);
    for (size_t i = 0; i < n; i++) { share[class_of[row[i]]]++; }
    for (size_t c = 0; c < classes; c++) { share[c] /= (double)n; }
}
