#include "role/backoff.h"

int64_t pn_backoff_ms(const cfg_node *cfg, int64_t id, unsigned attempts)
{
    int64_t pause = (int64_t)cfg->retry_first_s * 1000, most = (int64_t)cfg->retry_max_s * 1000;
    for (unsigned i = 1; i < attempts && pause < most; i++) { pause *= 2; }
    if (pause > most) { pause = most; }
    uint64_t mixed = ((uint64_t)id * 2654435761u + attempts) * 0x9E3779B97F4A7C15u;
    double share = (double)(mixed >> 40) / (double)(1 << 24);
    return pause + (int64_t)(share * 0.25 * (double)pause);
}
