/* cmd/cmd.h - the verbs of the command line. argv[0] is the verb itself.
 * Each returns an exit code of docs/FORMATS.md: 0 done, 1 failed, 2 wrong use or configuration. */
#ifndef PN_CMD_H
#define PN_CMD_H

enum { PN_EXIT_OK = 0, PN_EXIT_FAILED = 1, PN_EXIT_USAGE = 2, PN_EXIT_PARTIAL = 3 };

int cmd_serve(int argc, char **argv);
int cmd_extract(int argc, char **argv);
int cmd_cluster(int argc, char **argv);
int cmd_correlate(int argc, char **argv);
int cmd_deconvolve(int argc, char **argv);
int cmd_enrich(int argc, char **argv);
int cmd_tune(int argc, char **argv);
int cmd_train(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_reliability(int argc, char **argv);
int cmd_cases(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_echo(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_phantom(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_landmarks(int argc, char **argv);
int cmd_model(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_version(int argc, char **argv);
/* Not for people: the processes that `serve` and the worker start. */
int cmd_role(int argc, char **argv);

#endif
