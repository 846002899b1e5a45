/* surv.c - checking the data that callers hand over. */
#include <survival/surv.h>

#include <math.h>

static int check_row(const sv_surv *s, size_t i, sv_error *err)
{
    if (!isfinite(s->time[i]) || s->time[i] < 0) {
        return sv_fail(err, SV_EDATA, "time[%zu] is %g, expected a finite number >= 0", i,
                       s->time[i]);
    }
    if (s->event[i] != 0 && s->event[i] != 1) {
        return sv_fail(err, SV_EDATA, "event[%zu] is %d, expected 0 (censored) or 1 (event)", i,
                       s->event[i]);
    }
    if (s->start != NULL && !(isfinite(s->start[i]) && s->start[i] < s->time[i])) {
        return sv_fail(err, SV_EDATA, "start[%zu] is %g, expected a finite number below time %g", i,
                       s->start[i], s->time[i]);
    }
    if (s->weight != NULL && !(isfinite(s->weight[i]) && s->weight[i] > 0)) {
        return sv_fail(err, SV_EDATA, "weight[%zu] is %g, expected a finite number > 0", i,
                       s->weight[i]);
    }
    return SV_OK;
}

int sv_surv_check(const sv_surv *s, size_t min_rows, sv_error *err)
{
    if (s->n < min_rows) {
        return sv_fail(err, SV_ETOOSMALL, "%zu rows, at least %zu are needed", s->n, min_rows);
    }
    if (s->n > SV_MAX_ROWS) {
        return sv_fail(err, SV_ELIMIT, "%zu rows, at most %zu are accepted", s->n, SV_MAX_ROWS);
    }
    if (s->time == NULL || s->event == NULL) {
        return sv_fail(err, SV_EINVAL, "time and event are both required");
    }
    for (size_t i = 0; i < s->n; i++) {
        int rc = check_row(s, i, err);
        if (rc != SV_OK) { return rc; }
    }
    return SV_OK;
}

size_t sv_surv_events(const sv_surv *s)
{
    size_t events = 0;
    for (size_t i = 0; i < s->n; i++) { events += s->event[i] == 1; }
    return events;
}

int sv_matrix_check(const sv_matrix *x, size_t rows, const char *const *names, sv_error *err)
{
    if (x->v == NULL || x->rows != rows || x->cols == 0) {
        return sv_fail(err, SV_EINVAL, "covariates have %zu rows and %zu columns, expected %zu rows "
                       "and at least 1 column", x->v == NULL ? (size_t)0 : x->rows, x->cols, rows);
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < x->cols; j++) {
            double v = sv_at(x, i, j);
            if (isfinite(v)) { continue; }
            return sv_fail(err, SV_EDATA, "covariate in row %zu, column %zu%s%.80s%s is %g, expected "
                           "a finite number", i, j, names != NULL ? " (" : "",
                           names != NULL ? names[j] : "", names != NULL ? ")" : "", v);
        }
    }
    return SV_OK;
}
