/* SPDX-License-Identifier: ISC */
#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool sv_num_uint(struct sv_slice s, uint64_t *out)
{
    uint64_t value = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool sv_num_int(struct sv_slice s, int64_t *out)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    uint64_t value;
    if (s.len > 0 && (negative || s.data[0] == '+'))
        s.data++, s.len--;
    if (!sv_num_uint(s, &value) || value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Powers of ten that a double holds exactly: with a mantissa under 2^53 one multiplication or division rounds correctly
 * (Clinger, "How to read floating point numbers accurately", 1990). */
static const double exact_power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool by_strtod(struct sv_slice s, double *out)
{
    char small[128], *text = small;
    if (s.len >= sizeof small && (text = malloc(s.len + 1)) == NULL)
        return false;
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    char *end; /* no program here calls setlocale, so the point is a point */
    *out = strtod(text, &end);
    bool whole = end == text + s.len;
    if (text != small)
        free(text);
    return whole;
}

static bool special(struct sv_slice s, double *out)
{
    double sign = 1;
    if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+')) {
        sign = s.data[0] == '-' ? -1 : 1;
        s.data++, s.len--;
    }
    if ((s.len == 3 && strncasecmp(s.data, "inf", 3) == 0) || (s.len == 8 && strncasecmp(s.data, "infinity", 8) == 0))
        *out = sign * (double)INFINITY;
    else if (s.len == 3 && strncasecmp(s.data, "nan", 3) == 0)
        *out = (double)NAN;
    else
        return false;
    return true;
}

bool sv_num_double(struct sv_slice s, bool loose, double *out)
{
    const char *p = s.data, *end = sv_slice_end(s);
    bool negative = false;
    if (p < end && (*p == '-' || (loose && *p == '+')))
        negative = *p++ == '-';
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0;
    const char *whole = p;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if (digits < 19)
            digits += (mantissa = mantissa * 10 + (uint64_t)(*p - '0')) != 0;
        else
            exponent = 1000; /* too long for the fast way */
    size_t before = (size_t)(p - whole), behind = 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        for (; p < end && *p >= '0' && *p <= '9'; p++) {
            if (digits < 19)
                digits += (mantissa = mantissa * 10 + (uint64_t)(*p - '0')) != 0, exponent--;
            else
                exponent = 1000;
        }
        behind = (size_t)(p - fraction);
        if (!loose && behind == 0)
            return false;
    }
    if (before + behind == 0)
        return loose && special(s, out);
    if (!loose && before == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool minus = false;
        int value = 0;
        if (++p < end && (*p == '+' || *p == '-'))
            minus = *p++ == '-';
        if (p == end)
            return false;
        for (; p < end && *p >= '0' && *p <= '9'; p++)
            value = value < 10000 ? value * 10 + (*p - '0') : value;
        exponent += minus ? -value : value;
    }
    if (p != end)
        return false;
    if (mantissa <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
        double d = (double)mantissa;
        d = exponent < 0 ? d / exact_power[-exponent] : d * exact_power[exponent];
        *out = negative ? -d : d;
        return true;
    }
    return by_strtod(s, out);
}

size_t sv_num_format(double value, char out[32])
{
    if (isnan(value))
        return (size_t)snprintf(out, 32, "NaN");
    if (isinf(value))
        return (size_t)snprintf(out, 32, value > 0 ? "Infinity" : "-Infinity");
    /* most are counts: as below, and much faster */
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && !(value == 0 && signbit(value)))
        return (size_t)snprintf(out, 32, "%lld", (long long)value);
    /* every decimal of 15 digits comes back from a double, except where a double has fewer digits itself: near zero */
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15;; precision++) {
        int len = snprintf(out, 32, "%.*g", precision, value);
        if (precision >= 17 || strtod(out, NULL) == value)
            return (size_t)len;
    }
}
