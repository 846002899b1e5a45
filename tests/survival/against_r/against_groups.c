/* against_groups - tasks of against_r without follow-up: tests, correlations, labels, components. */
#include <math.h>

#include "against_r.h"

#include <survival/correlation.h>
#include <survival/logistic.h>
#include <survival/pca.h>
#include <survival/roc.h>
#include <survival/tests.h>

static void tell_test(const char *name, int rc, const sv_test *t)
{
    if (rc == SV_OK) { tell(name, (const double[]){ t->statistic, t->p }, 2); }
}

int against_groups(input *in)
{
    size_t n = in->t.rows, nx = 0, ny = 0;
    const double *v = rtable_column(&in->t, "x1");
    int *group = rtable_ints(&in->t, "group");
    double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
    for (size_t i = 0; i < n; i++) {
        if (group[i] == 1) { x[nx++] = v[i]; }
        if (group[i] == 2) { y[ny++] = v[i]; }
    }
    sv_test t;
    tell_test("welch", sv_t_welch(&t, x, nx, y, ny, 0.95, &in->err), &t);
    tell_test("pooled", sv_t_pooled(&t, x, nx, y, ny, 0.95, &in->err), &t);
    tell_test("var", sv_variance_test(&t, x, nx, y, ny, 0.95, &in->err), &t);
    tell_test("wilcoxon", sv_wilcoxon(&t, x, nx, y, ny, SV_TEST_AUTO, &in->err), &t);
    tell_test("ks", sv_ks(&t, x, nx, y, ny, SV_TEST_AUTO, &in->err), &t);
    tell_test("kruskal", sv_kruskal(&t, v, group, n, &in->err), &t);
    tell_test("anova", sv_anova(&t, v, group, n, &in->err), &t);
    tell_test("shapiro", sv_shapiro(&t, v, n, &in->err), &t);
    free(x);
    free(y);
    free(group);
    return 0;
}

int against_pairs(input *in)
{
    size_t n = in->t.rows;
    const double *x = rtable_column(&in->t, "x1"), *y = rtable_column(&in->t, "x2");
    sv_test t;
    static const char *const name[] = { "bonferroni", "holm", "hochberg", "hommel", "BH", "BY" };
    tell_test("pearson", sv_pearson(&t, x, y, n, 0.95, &in->err), &t);
    tell_test("spearman", sv_spearman(&t, x, y, n, SV_TEST_AUTO, &in->err), &t);
    tell_test("kendall", sv_kendall(&t, NULL, x, y, n, SV_TEST_AUTO, &in->err), &t);
    tell_test("paired", sv_t_paired(&t, x, y, n, 0.95, &in->err), &t);
    tell_test("signed", sv_wilcoxon_signed(&t, x, y, n, SV_TEST_AUTO, &in->err), &t);
    double *p = calloc(n, sizeof *p);
    for (int k = 0; k < SV_ADJUSTMENTS; k++) {
        if (sv_p_adjust(p, rtable_column(&in->t, "p"), n, (sv_adjust)k, &in->err) == SV_OK) { tell(name[k], p, n); }
    }
    free(p);
    return 0;
}

int against_labels(input *in)
{
    size_t n = in->t.rows;
    int *y = rtable_ints(&in->t, "y");
    sv_roc_area a;
    sv_roc_difference d;
    if (sv_roc_auc(&a, rtable_column(&in->t, "x1"), y, n, 0.95, &in->err) == SV_OK) {
        tell("auc", (const double[]){ a.auc, a.variance }, 2);
    }
    if (sv_roc_compare(&d, rtable_column(&in->t, "x1"), rtable_column(&in->t, "x2"), y, n, &in->err) == SV_OK) {
        tell("roc.test", (const double[]){ d.z, d.p }, 2);
    }
    sv_logistic f;
    if (sv_logistic_fit(&f, &in->x, y, NULL, &in->err) == SV_OK) {
        tell_one("end", f.end);
        tell("glm", f.coef, 1 + f.p);
        tell("glm.se", f.se, 1 + f.p);
        tell("glm.deviance", (const double[]){ f.deviance, f.null_deviance, f.aic }, 3);
        sv_logistic_free(&f);
    }
    free(y);
    sv_pca p;
    sv_pca_opts o = SV_PCA_OPTS_INIT;
    if (sv_pca_fit(&p, &in->x, &o, &in->err) == SV_OK) {
        tell("pca.sdev", p.sdev, p.components);
        tell("pca.rotation", p.rotation, p.components * p.p);
        sv_pca_free(&p);
    }
    return 0;
}
