/* SPDX-License-Identifier: ISC */
#include "base/cpu.h"

#include <limits.h> /* __GLIBC__, if it is that */

#if defined __x86_64__ && defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <sys/platform/x86.h>
#endif

bool sv_cpu_has_avx2(void)
{
#ifdef CPU_FEATURE_ACTIVE
    return CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(BMI1);
#elif defined __x86_64__ && defined __GNUC__
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#else
    return false;
#endif
}
