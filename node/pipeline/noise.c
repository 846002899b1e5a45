#include "pipeline/noise.h"
#include <math.h>

uint64_t pn_noise_hash(uint64_t key)
{
    uint64_t z = key + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint64_t pn_noise_key(uint64_t seed, int64_t i, int64_t j, int64_t k)
{
    uint64_t h = pn_noise_hash(seed ^ (uint64_t)i);
    h = pn_noise_hash(h ^ (uint64_t)j);
    return pn_noise_hash(h ^ (uint64_t)k);
}

double pn_noise_uniform(uint64_t key)
{
    return (double)(pn_noise_hash(key) >> 11) * 0x1p-53;
}

double pn_noise_normal(uint64_t key)
{
    uint64_t h = pn_noise_hash(key);
    uint64_t sum = (h & 0xffff) + ((h >> 16) & 0xffff) + ((h >> 32) & 0xffff) + (h >> 48);
    /* Four uniform numbers: mean 2, variance 1/3. */
    return ((double)sum + 2.0) / 65536.0 * sqrt(3.0) - 2.0 * sqrt(3.0);
}

double pn_noise_field(uint64_t seed, double x, double y, double z)
{
    const double at[3] = {x, y, z};
    int64_t cell[3];
    double w[3][2];
    for (int a = 0; a < 3; a++) {
        double low = floor(at[a]), t = at[a] - low;
        cell[a] = (int64_t)low;
        w[a][1] = t * t * (3.0 - 2.0 * t);
        w[a][0] = 1.0 - w[a][1];
    }
    double sum = 0, squares = 0;
    for (int c = 0; c < 8; c++) {
        int i = c & 1, j = (c >> 1) & 1, k = c >> 2;
        double weight = w[0][i] * w[1][j] * w[2][k];
        sum += weight * pn_noise_normal(pn_noise_key(seed, cell[0] + i, cell[1] + j, cell[2] + k));
        squares += weight * weight;
    }
    return sum / sqrt(squares);
}
