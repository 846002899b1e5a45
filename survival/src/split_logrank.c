/* split_logrank.c - splits by the log-rank statistic, each candidate in O(log deaths).
 *
 * At death time k of a node let d deaths be among Y at risk, y of them on the low side. With w = d (Y - d) / (Y - 1)
 *
 *     O - E = sum over rows i of the low side of (event_i - H_i),   H_i = sum of d / Y over k up to i's time,
 *     V     = sum over k of w (y / Y) (1 - y / Y) = sum over k of a y - b y^2,   a = w / Y, b = w / Y^2.
 *
 * y counts the rows of the low side that reach k, so the sums over k become sums over rows and pairs of rows:
 * sum of a y = sum_i A_i, sum of b y^2 = sum_ij B_min(i, j), where A_i and B_i sum a and b up to i's time. One more
 * row i adds A_i - B_i - 2 (sum of B_j over earlier-ending j + B_i x the number of the others). */
#include "split_logrank.h"

#include <string.h>

#include "mem.h"

int sv_logrank_rule_init(sv_logrank_rule *s, const uint32_t *rank, const int *event, size_t times, sv_error *err)
{
    *s = (sv_logrank_rule){ .rank = rank, .event = event, .times = times, .dead = SV_NEW(double, times),
                            .gone = SV_NEW(double, times), .hazard = SV_NEW(double, times),
                            .first = SV_NEW(double, times), .second = SV_NEW(double, times),
                            .upto = SV_NEW(uint32_t, times), .count = SV_NEW(double, times + 1),
                            .sum = SV_NEW(double, times + 1) };
    bool room = s->dead && s->gone && s->hazard && s->first && s->second && s->upto && s->count && s->sum;
    return room ? SV_OK : sv_no_memory(err, "a survival tree");
}

void sv_logrank_rule_free(sv_logrank_rule *s)
{
    free(s->dead);
    free(s->gone);
    free(s->hazard);
    free(s->first);
    free(s->second);
    free(s->upto);
    free(s->count);
    free(s->sum);
}

void sv_logrank_count(double *dead, double *gone, size_t times, const uint32_t *rank, const int *event,
                      const uint32_t *row, size_t n)
{
    memset(dead, 0, times * sizeof *dead);
    memset(gone, 0, times * sizeof *gone);
    for (size_t i = 0; i < n; i++) {
        gone[rank[row[i]]]++;
        dead[rank[row[i]]] += event[row[i]];
    }
}

static bool open_node(void *state, sv_tree_node *node, const uint32_t *row, size_t n)
{
    sv_logrank_rule *s = state;
    sv_logrank_count(s->dead, s->gone, s->times, s->rank, s->event, row, n);
    double at_risk = (double)n, events = 0, hazard = 0, first = 0, second = 0;
    uint32_t deaths = 0;
    for (size_t k = 0; k < s->times; k++) {
        double d = s->dead[k];
        if (d > 0) {
            double w = at_risk > 1 ? d * (at_risk - d) / (at_risk - 1) : 0;
            hazard += d / at_risk;
            first += w / at_risk;
            second += w / (at_risk * at_risk);
            events += d;
            deaths++;
        }
        s->hazard[k] = hazard;
        s->first[k] = first;
        s->second[k] = second;
        s->upto[k] = deaths;
        at_risk -= s->gone[k];
    }
    s->deaths = deaths;
    node->errors = (size_t)events;
    return deaths > 0;
}

/* What one more row, of time rank k, adds to V where `low` rows are on the low side already. */
static double add_row(sv_logrank_rule *s, uint32_t k, double low)
{
    double earlier = 0, how_many = 0, b = s->second[k];
    for (size_t at = s->upto[k] + 1; at > 0; at &= at - 1) {
        earlier += s->sum[at - 1];
        how_many += s->count[at - 1];
    }
    for (size_t at = s->upto[k] + 1; at <= s->deaths + 1; at += at & (~at + 1)) {
        s->sum[at - 1] += b;
        s->count[at - 1]++;
    }
    return s->first[k] - b - 2 * (earlier + b * (low - how_many));
}

static bool scan(void *state, size_t *after, double *gain, const sv_keyed *sorted, size_t n, size_t least)
{
    sv_logrank_rule *s = state;
    double excess = 0, variance = 0;
    bool found = false;
    memset(s->sum, 0, (s->deaths + 1) * sizeof *s->sum);
    memset(s->count, 0, (s->deaths + 1) * sizeof *s->count);
    for (size_t i = 0; i + least < n; i++) {
        uint32_t k = s->rank[sorted[i].row];
        excess += s->event[sorted[i].row] - s->hazard[k];
        variance += add_row(s, k, (double)i);
        if (i + 1 < least || !(sorted[i].key < sorted[i + 1].key) || !(variance > 1e-10)) { continue; }
        double here = excess * excess / variance;
        if (!(here > *gain * (1 + 1e-10) + 1e-10)) { continue; }
        *gain = here;
        *after = i;
        found = true;
    }
    return found;
}

sv_rule sv_logrank_rule_of(sv_logrank_rule *s)
{
    sv_rule r = { s, open_node, scan };
    return r;
}
