/* A synthetic report, and the means to look at the file that it becomes. */
#ifndef PN_TEST_REPORT_FIXTURE_H
#define PN_TEST_REPORT_FIXTURE_H
#include "report/report.h"

enum { FIXTURE_IMAGES = 12 };

/* Applicable, high risk, one RTSTRUCT region; every field that a report can have is set. Free
 * with pn_report_free. */
void fixture_report(pn_report *r);
/* The same from a SEG, with finding and site. */
void fixture_seg_report(pn_report *r);
/* Adds a second region; the main one stays the first in the array, or becomes the second. */
void fixture_add_region(pn_report *r, bool main_is_second);
/* Scores the other region of two as well: low risk. */
void fixture_assess_second(pn_report *r);
/* Takes away what a case outside the intended use does not have. */
void fixture_not_applicable(pn_report *r);

/* The value that the fixture gives to feature i: many digits, both signs, many magnitudes. */
double fixture_value(size_t i);

/* A path in the test's own folder under the working directory; valid until the next call with
 * the same name. */
const char *fixture_path(const char *name);
/* A cmocka group teardown: removes that folder. */
int fixture_cleanup(void **state);
/* Writes, or fails the test with the message. */
void fixture_write(const pn_report *r, const char *path);

/* True where the program is installed; says so otherwise. */
bool have_tool(const char *tool);
/* Runs a command with stderr in its output; returns the exit status, output in out (cut). */
int run_tool(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
