/* SPDX-License-Identifier: ISC */
#include "base/cpu.h"

#if defined __x86_64__ && defined __has_include
#if __has_include(<sys/platform/x86.h>) /* glibc 2.33 */
#include <sys/platform/x86.h>
#endif
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
