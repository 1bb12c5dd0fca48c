/* SPDX-License-Identifier: ISC */
/* cpu.h - what this processor can do beyond what the compiler may take for granted.
 *
 * The C library is asked, which has found out already. What the compiler brings for that asks the processor anew whenever a program
 * starts, and in a virtual machine each such question is answered by the host: a tenth of what a short program takes.
 *
 * Floor: base. */
#ifndef SV_CPU_H
#define SV_CPU_H

#include <stdbool.h>

/* AVX2, and BMI, which came with it. */
bool sv_cpu_has_avx2(void);

#endif
