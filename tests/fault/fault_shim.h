/* The control block that fault_tool writes and every process under the shim maps. */
#ifndef FAULT_SHIM_H
#define FAULT_SHIM_H
#include <stdint.h>

enum {
    FAULT_WRITE = 1, FAULT_SYNC = 2, FAULT_RENAME = 4, FAULT_OPEN = 8, FAULT_CLOSE = 16,
    FAULT_UNLINK = 32, FAULT_TRUNCATE = 64, FAULT_MKDIR = 128, FAULT_READ = 256,
    FAULT_LIE = 100000,            /* as error: say that it was done, and do not do it        */
    FAULT_SHORT = 100001,          /* as error: of a write, half; every third one EINTR       */
};

typedef struct fault_control {
    uint64_t first;                /* the call that fails, counted from 1; 0: none, count only */
    uint32_t always;               /* and all after it                                        */
    uint32_t ops;                  /* which calls count                                       */
    int32_t error;                 /* errno, or one of the above                              */
    char role[20];                 /* of prctl(PR_GET_NAME); empty: every role                */
    char prefix[256];              /* of the file's path                                      */
    uint64_t n_calls, n_failed;    /* by all processes, atomically                            */
} fault_control;

#endif
