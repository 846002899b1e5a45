/* tests/bench/bench_peer.h - the same region computed by PyRadiomics, where it is installed. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H
#include <stdbool.h>
#include "bench_case.h"

/* Can `python3` import PyRadiomics? Asked once. */
bool bench_peer_there(void);
/* Write image and mask to a temporary folder, let PyRadiomics compute its 107 original features
 * `repeats` times, print its least CPU time and the ratio to our_ms. */
void bench_peer_run(const bench_volume *v, double our_ms, int repeats);

#endif
