/* report/report.c - ownership, and the words that both forms of a report share. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/words.h"

void pn_report_free(pn_report *r)
{
    if (r == NULL) { return; }
    free(r->images);
    free(r->regions);
    free(r->drivers);
    memset(r, 0, sizeof *r);
}

const char *pn_report_risk_word(const pn_report *r)
{
    if (!r->applicable) { return "Not assessed"; }
    return r->high_risk ? "High risk" : "Low risk";
}

bool pn_report_plain_survival(const pn_report *r)
{
    return r->endpoint[0] == '\0' || strcmp(r->endpoint, "overall survival") == 0;
}

void pn_report_survival_name(char *buf, size_t size, const pn_report *r, double years)
{
    (void)snprintf(buf, size,
                   pn_report_plain_survival(r) ? "Predicted %g-year survival"
                                               : "Predicted %g-year event-free probability",
                   years);
}
