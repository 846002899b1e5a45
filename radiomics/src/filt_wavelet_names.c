/* From a wavelet's name to its decomposition filters.
 *
 * Orthogonal wavelets have one low-pass h (as synthesis filter): the decomposition filters are h
 * reversed, and h with alternating signs (the last tap keeps its own). Biorthogonal ones have two, a
 * spline s and its dual d: `bior` decomposes by d reversed and s with alternating signs, `rbio` has
 * the parts of s and d swapped. The figures are PyWavelets' (see filt_figures_db.c). */
#include <ctype.h>
#include <string.h>
#include "filt.h"


static const double spline1[] = {
    0, 0, 0, 0,
    0.7071067811865476, 0.7071067811865476, 0, 0,
    0, 0,
};
static const double dual1_1[] = {
    0.7071067811865476, 0.7071067811865476,
};
static const double dual1_3[] = {
    -0.08838834764831845, 0.08838834764831845, 0.7071067811865476, 0.7071067811865476,
    0.08838834764831845, -0.08838834764831845,
};
static const double dual1_5[] = {
    0.016572815184059706, -0.016572815184059706, -0.12153397801643785, 0.12153397801643785,
    0.7071067811865476, 0.7071067811865476, 0.12153397801643785, -0.12153397801643785,
    -0.016572815184059706, 0.016572815184059706,
};

static const double spline2[] = {
    0, 0, 0, 0,
    0, 0, 0, 0.3535533905932738,
    0.7071067811865476, 0.3535533905932738, 0, 0,
    0, 0, 0, 0,
    0, 0,
};
static const double dual2_2[] = {
    -0.1767766952966369, 0.3535533905932738, 1.0606601717798212, 0.3535533905932738,
    -0.1767766952966369, 0,
};
static const double dual2_4[] = {
    0.03314563036811941, -0.06629126073623882, -0.1767766952966369, 0.4198446513295126,
    0.9943689110435825, 0.4198446513295126, -0.1767766952966369, -0.06629126073623882,
    0.03314563036811941, 0,
};
static const double dual2_6[] = {
    -0.006905339660024878, 0.013810679320049757, 0.04695630968816917, -0.1077232986963881,
    -0.16987135563661201, 0.4474660099696121, 0.966747552403483, 0.4474660099696121,
    -0.16987135563661201, -0.1077232986963881, 0.04695630968816917, 0.013810679320049757,
    -0.006905339660024878, 0,
};
static const double dual2_8[] = {
    0.0015105430506304422, -0.0030210861012608843, -0.012947511862546647, 0.02891610982635418,
    0.05299848189069094, -0.13491307360773605, -0.16382918343409023, 0.46257144047591653,
    0.9516421218971786, 0.46257144047591653, -0.16382918343409023, -0.13491307360773605,
    0.05299848189069094, 0.02891610982635418, -0.012947511862546647, -0.0030210861012608843,
    0.0015105430506304422, 0,
};

static const double spline3[] = {
    0, 0, 0, 0,
    0, 0, 0, 0,
    0.1767766952966369, 0.5303300858899106, 0.5303300858899106, 0.1767766952966369,
    0, 0, 0, 0,
    0, 0, 0, 0,
};
static const double dual3_1[] = {
    -0.3535533905932738, 1.0606601717798212, 1.0606601717798212, -0.3535533905932738,
};
static const double dual3_3[] = {
    0.06629126073623882, -0.1988737822087165, -0.15467960838455727, 0.9943689110435825,
    0.9943689110435825, -0.15467960838455727, -0.1988737822087165, 0.06629126073623882,
};
static const double dual3_5[] = {
    -0.013810679320049757, 0.04143203796014927, 0.052480581416189075, -0.26792717880896527,
    -0.07181553246425873, 0.966747552403483, 0.966747552403483, -0.07181553246425873,
    -0.26792717880896527, 0.052480581416189075, 0.04143203796014927, -0.013810679320049757,
};
static const double dual3_7[] = {
    0.0030210861012608843, -0.009063258303782653, -0.01683176542131064, 0.074663985074019,
    0.03133297870736289, -0.301159125922835, -0.02649924094534547, 0.9516421218971786,
    0.9516421218971786, -0.02649924094534547, -0.301159125922835, 0.03133297870736289,
    0.074663985074019, -0.01683176542131064, -0.009063258303782653, 0.0030210861012608843,
};
static const double dual3_9[] = {
    -0.0006797443727836989, 0.002039233118351097, 0.005060319219611981, -0.020618912641105536,
    -0.014112787930175844, 0.09913478249423216, 0.012300136269419315, -0.32019196836077857,
    0.0020500227115698858, 0.9421257006782068, 0.9421257006782068, 0.0020500227115698858,
    -0.32019196836077857, 0.012300136269419315, 0.09913478249423216, -0.014112787930175844,
    -0.020618912641105536, 0.005060319219611981, 0.002039233118351097, -0.0006797443727836989,
};

static const double spline4[] = {
    0, -0.06453888262869706, -0.04068941760916406, 0.41809227322161724,
    0.7884856164055829, 0.41809227322161724, -0.04068941760916406, -0.06453888262869706,
    0, 0,
};
static const double dual4_4[] = {
    0.03782845550726404, -0.023849465019556843, -0.11062440441843718, 0.37740285561283066,
    0.8526986790088938, 0.37740285561283066, -0.11062440441843718, -0.023849465019556843,
    0.03782845550726404, 0,
};

static const double spline5[] = {
    0.013456709459118716, -0.002694966880111507, -0.13670658466432914, -0.09350469740093886,
    0.47680326579848425, 0.8995061097486484, 0.47680326579848425, -0.09350469740093886,
    -0.13670658466432914, -0.002694966880111507, 0.013456709459118716, 0,
};
static const double dual5_5[] = {
    0, 0.03968708834740544, 0.007948108637240322, -0.05446378846823691,
    0.34560528195603346, 0.7366601814282105, 0.34560528195603346, -0.05446378846823691,
    0.007948108637240322, 0.03968708834740544, 0, 0,
};

static const double spline6[] = {
    0, 0, 0, 0.014426282505624435,
    0.014467504896790148, -0.07872200106262882, -0.04036797903033992, 0.41784910915027457,
    0.7589077294536541, 0.41784910915027457, -0.04036797903033992, -0.07872200106262882,
    0.014467504896790148, 0.014426282505624435, 0, 0,
    0, 0,
};
static const double dual6_8[] = {
    0.0019088317364812906, -0.0019142861290887667, -0.016990639867602342, 0.01193456527972926,
    0.04973290349094079, -0.07726317316720414, -0.09405920349573646, 0.4207962846098268,
    0.8259229974584023, 0.4207962846098268, -0.09405920349573646, -0.07726317316720414,
    0.04973290349094079, 0.01193456527972926, -0.016990639867602342, -0.0019142861290887667,
    0.0019088317364812906, 0,
};

/* spline and dual of every pair, both of `taps` from where `from` says. */
static const struct biorthogonal {
    const char *order;
    const double *spline, *dual;
    unsigned from, taps;           /* first tap of the spline that counts; taps of both       */
} pairs[] = {
    { "1.1", spline1, dual1_1, 4, 2 },   { "1.3", spline1, dual1_3, 2, 6 },
    { "1.5", spline1, dual1_5, 0, 10 },  { "2.2", spline2, dual2_2, 6, 6 },
    { "2.4", spline2, dual2_4, 4, 10 },  { "2.6", spline2, dual2_6, 2, 14 },
    { "2.8", spline2, dual2_8, 0, 18 },  { "3.1", spline3, dual3_1, 8, 4 },
    { "3.3", spline3, dual3_3, 6, 8 },   { "3.5", spline3, dual3_5, 4, 12 },
    { "3.7", spline3, dual3_7, 2, 16 },  { "3.9", spline3, dual3_9, 0, 20 },
    { "4.4", spline4, dual4_4, 0, 10 },  { "5.5", spline5, dual5_5, 0, 12 },
    { "6.8", spline6, dual6_8, 0, 18 },
};
enum { NPAIRS = sizeof pairs / sizeof pairs[0] };

static const char *const names[] = {
    "haar", "db1", "db2", "db3", "db4", "db5", "db6", "db7", "db8", "db9", "db10", "db11", "db12",
    "db13", "db14", "db15", "db16", "db17", "db18", "db19", "db20", "db21", "db22", "db23", "db24",
    "db25", "db26", "db27", "db28", "db29", "db30", "db31", "db32", "db33", "db34", "db35", "db36",
    "db37", "db38", "sym2", "sym3", "sym4", "sym5", "sym6", "sym7", "sym8", "sym9", "sym10",
    "sym11", "sym12", "sym13", "sym14", "sym15", "sym16", "sym17", "sym18", "sym19", "sym20",
    "coif1", "coif2", "coif3", "coif4", "coif5", "coif6", "coif7", "coif8", "coif9", "coif10",
    "coif11", "coif12", "coif13", "coif14", "coif15", "coif16", "coif17", "bior1.1", "bior1.3",
    "bior1.5", "bior2.2", "bior2.4", "bior2.6", "bior2.8", "bior3.1", "bior3.3", "bior3.5",
    "bior3.7", "bior3.9", "bior4.4", "bior5.5", "bior6.8", "rbio1.1", "rbio1.3", "rbio1.5",
    "rbio2.2", "rbio2.4", "rbio2.6", "rbio2.8", "rbio3.1", "rbio3.3", "rbio3.5", "rbio3.7",
    "rbio3.9", "rbio4.4", "rbio5.5", "rbio6.8", "dmey",
};

const char *rx_wavelet_name(unsigned n)
{
    return n < sizeof names / sizeof names[0] ? names[n] : NULL;
}

/* The low-pass filters of a wavelet: that whose reverse decomposes, and the other. Both are one
 * for orthogonal wavelets. scale: of both. */
typedef struct lowpass {
    const double *analysis, *other;
    unsigned taps;
    double scale;
} lowpass;

static lowpass orthogonal(rx_wavelet_figures f, double scale)
{
    return (lowpass){ f.low, f.low, f.taps, scale };
}

/* "sym7" and "sym": 7. 0 if the rest of the name is no plain number. */
static unsigned order_after(const char *name, const char *family)
{
    size_t n = strlen(family);
    unsigned order = 0;
    if (strncmp(name, family, n) != 0 || name[n] < '1' || name[n] > '9') { return 0; }
    for (const char *p = name + n; *p; p++) {
        if (!isdigit((unsigned char)*p) || order > 99) { return 0; }
        order = order * 10 + (unsigned)(*p - '0');
    }
    return order;
}

static const struct biorthogonal *pair_after(const char *name, const char *family)
{
    size_t n = strlen(family);
    if (strncmp(name, family, n) != 0) { return NULL; }
    for (size_t i = 0; i < NPAIRS; i++) {
        if (strcmp(name + n, pairs[i].order) == 0) { return &pairs[i]; }
    }
    return NULL;
}

/* taps 0 if there is none of that name. */
static lowpass look_up(const char *name)
{
    const double sqrt2 = 1.4142135623730951;   /* the nearest double */
    const struct biorthogonal *pair = NULL;
    unsigned order = 0;
    if (strcmp(name, "haar") == 0) { return orthogonal(rx_wavelet_db(1), 1); }
    if (strcmp(name, "dmey") == 0) { return orthogonal(rx_wavelet_dmey(), 1); }
    if ((order = order_after(name, "db")) >= 1 && order <= RX_WAVELET_DB) {
        return orthogonal(rx_wavelet_db(order), 1);
    }
    if ((order = order_after(name, "sym")) >= 2 && order <= RX_WAVELET_SYM) {
        return orthogonal(rx_wavelet_sym(order), 1);
    }
    if ((order = order_after(name, "coif")) >= 1 && order <= RX_WAVELET_COIF) {
        return orthogonal(rx_wavelet_coif(order), sqrt2);
    }
    if ((pair = pair_after(name, "bior"))) {
        return (lowpass){ pair->dual, pair->spline + pair->from, pair->taps, 1 };
    }
    if ((pair = pair_after(name, "rbio"))) {
        return (lowpass){ pair->spline + pair->from, pair->dual, pair->taps, 1 };
    }
    return (lowpass){ NULL, NULL, 0, 1 };
}

/* The product as PyWavelets forms it, in the precision of the filter. */
static double scaled(double tap, double scale, bool single)
{
    return single ? (double)((float)tap * (float)scale) : tap * scale;
}

int rx_filt_wavelet_taps(double lo[RX_MAX_WAVELET], double hi[RX_MAX_WAVELET], unsigned *n,
                         const char *name, bool single, rx_error *err)
{
    char lower[RX_WAVELET_NAME];
    size_t length = 0;
    while (name[length] && length < sizeof lower - 1) {
        lower[length] = (char)tolower((unsigned char)name[length]);
        length++;
    }
    lower[length] = 0;
    lowpass low = look_up(lower);
    if (low.taps == 0 || name[length]) {
        return rx_fail(err, RX_EINVAL, "there is no wavelet '%.40s', but haar, db1 to db%d, sym2 to "
                       "sym%d, coif1 to coif%d, bior1.1 to bior6.8, rbio1.1 to rbio6.8, dmey", name,
                       RX_WAVELET_DB, RX_WAVELET_SYM, RX_WAVELET_COIF);
    }
    *n = low.taps;
    for (unsigned i = 0, last = low.taps - 1; i <= last; i++) {
        lo[i] = scaled(low.analysis[last - i], low.scale, single);
        hi[i] = scaled(low.other[i], (last - i) % 2 ? -low.scale : low.scale, single);
    }
    return RX_OK;
}

int rx_wavelet_filters(double lo[RX_MAX_WAVELET], double hi[RX_MAX_WAVELET], unsigned *n,
                       const char *name, rx_error *err)
{
    return rx_filt_wavelet_taps(lo, hi, n, name, false, err);
}
