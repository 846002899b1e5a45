/* cmd/check_config.h - what `check-config` does with a configuration that has been read. */
#ifndef PN_CMD_CHECK_CONFIG_H
#define PN_CMD_CHECK_CONFIG_H
#include <config/node.h>

/* Prints what the node would do, and checks what the configuration names: sentences, fonts, TLS files,
 * models. An exit code; what is wrong is told on stderr, as check-config's. */
int check_config_report(const cfg_node *c);

#endif
