/* radiomics/src/wide.h - loops that gain from wider registers than every processor has. */
#ifndef RX_WIDE_H
#define RX_WIDE_H

/* Before a function: compiled twice, the fitting version chosen when the program starts. Both do the
 * same operations in the same order (the build forbids contracting a product and a sum into one
 * rounding), so that a result never hangs on the processor. Sanitizers do not stand such functions. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__) \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RX_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define RX_WIDE
#endif

#endif
