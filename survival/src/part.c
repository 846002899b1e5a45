/* part.c - the rows of one side of a fold. */
#include "part.h"

#include "mem.h"

void sv_part_free(sv_part *t)
{
    free(t->x);
    free(t->time);
    free(t->start);
    free(t->weight);
    free(t->event);
    free(t->stratum);
    *t = (sv_part){ 0 };
}

static bool takes(const int *fold, size_t i, size_t k, bool inside) { return ((size_t)fold[i] == k) == inside; }

int sv_part_make(sv_part *t, const sv_matrix *x, const sv_surv *s, const int *label, const double *weight,
                 const int *fold, size_t k, bool inside, sv_error *err)
{
    *t = (sv_part){ .p = x->cols };
    for (size_t i = 0; i < x->rows; i++) { t->n += takes(fold, i, k, inside); }
    t->x = SV_NEW(double, t->n * t->p);
    t->time = SV_NEW(double, t->n);
    t->start = SV_NEW(double, t->n);
    t->weight = SV_NEW(double, t->n);
    t->event = SV_NEW(int, t->n);
    t->stratum = SV_NEW(int, t->n);
    if (!(t->x && t->time && t->start && t->weight && t->event && t->stratum)) {
        sv_part_free(t);
        return sv_no_memory(err, "a fold's rows");
    }
    size_t at = 0;
    for (size_t i = 0; i < x->rows; i++) {
        if (!takes(fold, i, k, inside)) { continue; }
        for (size_t j = 0; j < t->p; j++) { t->x[at * t->p + j] = sv_at(x, i, j); }
        t->weight[at] = weight != NULL ? weight[i] : 1;
        t->event[at] = s != NULL ? s->event[i] : label[i];
        if (s != NULL) {
            t->time[at] = s->time[i];
            if (s->start != NULL) { t->start[at] = s->start[i]; }
            if (s->stratum != NULL) { t->stratum[at] = s->stratum[i]; }
        }
        at++;
    }
    return SV_OK;
}

sv_surv sv_part_surv(const sv_part *t, const sv_surv *like)
{
    return (sv_surv){ .n = t->n, .time = t->time, .event = t->event,
                      .weight = like->weight != NULL ? t->weight : NULL,
                      .start = like->start != NULL ? t->start : NULL,
                      .stratum = like->stratum != NULL ? t->stratum : NULL };
}

sv_matrix sv_part_matrix(const sv_part *t) { return sv_matrix_rowmajor(t->x, t->n, t->p); }
