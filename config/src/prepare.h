/* prepare.h - the block's place in the files of others. */
#ifndef CFG_PREPARE_PRIVATE_H
#define CFG_PREPARE_PRIVATE_H
#include <config/prepare.h>
#include "yaml_tree.h"

/* Take `prepare` out of a file's mapping, so that its reader does not meet a key of ours; NULL
 * where there is none. The node lives as long as the tree. */
yt_node *cfg_prepare_detach(yt_node *root);

#endif
