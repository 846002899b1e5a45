/* cmd/option.h - values of options on the command line. A value that is not what was expected is told
 * on stderr, with the verb, the option and the value, and the call returns false. */
#ifndef PN_CMD_OPTION_H
#define PN_CMD_OPTION_H
#include <stdbool.h>
#include <stddef.h>

/* Tells it, and is false always. */
bool opt_wrong(const char *verb, const char *option, const char *text, const char *expected);
/* A number, `lo` and `hi` included. */
bool opt_number(double *out, const char *verb, const char *option, const char *text, double lo, double hi);
/* A whole number; hi at most 2^53. */
bool opt_whole(size_t *out, const char *verb, const char *option, const char *text, double lo, double hi);
/* The position of the text among names parted by '|'. */
bool opt_one_of(int *out, const char *verb, const char *option, const char *text, const char *names);

/* Items of a list with commas between; owned. */
typedef struct opt_list { char **v; size_t n; } opt_list;
/* What was in *out is freed first. False for an empty item or no memory: nothing is told. */
bool opt_list_split(opt_list *out, const char *text);
void opt_list_free(opt_list *l);

/* days | months (30.4375 days) | years (365.25 days). */
bool opt_time_unit(double *days, const char *verb, const char *option, const char *text);

#endif
