/* SPDX-License-Identifier: ISC */
#include "base/time.h"

#include <math.h>

/* Both by Howard Hinnant's "chrono-compatible low-level date algorithms": eras of 400 years that start in March. */
int64_t sv_time_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void sv_time_civil(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (int)((5 * of_year + 2) / 153);
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = m + (m < 10 ? 3 : -9);
    *year = y + era * 400 + (*month <= 2);
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Two digits at p; what is none goes into *bad. */
static inline int two(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned char)p[0] - '0', ones = (unsigned char)p[1] - '0';
    *bad |= (tens > 9) | (ones > 9);
    return (int)(tens * 10 + ones);
}

bool sv_time_parse_wide(struct sv_slice s, int64_t *seconds, int32_t *nanos)
{
    const char *p = s.data, *end = s.data + s.len;
    unsigned bad = 0;
    if (s.len < 20)
        return false;
    int year = two(p, &bad) * 100 + two(p + 2, &bad), month = two(p + 5, &bad), day = two(p + 8, &bad);
    int hour = two(p + 11, &bad), minute = two(p + 14, &bad), second = two(p + 17, &bad);
    bad |= (p[4] != '-') | (p[7] != '-') | (p[13] != ':') | (p[16] != ':') | ((p[10] | 0x20) != 't' && p[10] != ' ');
    if (bad || year < 1 || month < 1 || month > 12 || day < 1 || (day > 28 && day > month_days(year, month)) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    p += 19;
    int32_t fraction = 0;
    if (*p == '.' || *p == ',') {
        static const int32_t scale[] = {0, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
        const char *first = ++p;
        for (; p < end && p - first < 9 && *p >= '0' && *p <= '9'; p++)
            fraction = fraction * 10 + (*p - '0');
        if (p == first)
            return false;
        fraction *= scale[p - first];
        while (p < end && *p >= '0' && *p <= '9')
            p++;
    }
    int offset = 0;
    if (p < end && (*p | 0x20) == 'z') {
        p++;
    } else {
        if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':')
            return false;
        int oh = two(p + 1, &bad), om = two(p + 4, &bad);
        if (bad || oh > 23 || om > 59)
            return false;
        offset = (oh * 60 + om) * (*p == '-' ? -60 : 60);
        p += 6;
    }
    if (p != end)
        return false;
    int64_t at = sv_time_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + (second == 60 ? 59 : second) - offset;
    if (at < SV_TIME_SECONDS_MIN || at > SV_TIME_SECONDS_MAX)
        return false;
    *seconds = at;
    *nanos = fraction;
    return true;
}

bool sv_time_parse(struct sv_slice s, int64_t *ns)
{
    int64_t seconds, value;
    int32_t nanos;
    if (!sv_time_parse_wide(s, &seconds, &nanos) || __builtin_mul_overflow(seconds, SV_SECOND_NS, &value) ||
        __builtin_add_overflow(value, (int64_t)nanos, &value))
        return false;
    *ns = value;
    return true;
}

static bool same_minute(const struct sv_time_memo *memo, const char *p)
{
    uint64_t a[2], b[2];
    memcpy(a, memo->minute, 16);
    memcpy(b, p, 16);
    return memo->is_known && a[0] == b[0] && a[1] == b[1] && memo->minute[16] == p[16];
}

/* Seconds and fraction, with a Z behind them, at s + 17; false for all that is not as simple as that. */
static bool parse_seconds(struct sv_slice s, int64_t *ns)
{
    static const int32_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    const char *p = s.data + 19, *end = s.data + s.len - 1;
    unsigned bad = 0;
    int second = two(s.data + 17, &bad);
    int32_t fraction = 0;
    if (bad || second > 59 || *end != 'Z')
        return false;
    if (p < end && (*p++ != '.' || p == end || end - p > 9))
        return false;
    const char *first = p;
    for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
        fraction = fraction * 10 + (*p - '0');
    if (p < end)
        return false;
    *ns = second * SV_SECOND_NS + (int64_t)fraction * scale[end - first];
    return true;
}

bool sv_time_parse_near(struct sv_time_memo *memo, struct sv_slice s, int64_t *ns)
{
    int64_t behind;
    bool is_simple = s.len >= 20 && parse_seconds(s, &behind);
    if (is_simple && same_minute(memo, s.data)) {
        *ns = memo->ns + behind;
        return true;
    }
    if (!sv_time_parse(s, ns))
        return false;
    if (is_simple && *ns < INT64_MAX - 60 * SV_SECOND_NS && *ns > INT64_MIN + 60 * SV_SECOND_NS) {
        memcpy(memo->minute, s.data, sizeof memo->minute);
        memo->ns = *ns - behind;
        memo->is_known = true;
    }
    return true;
}

bool sv_time_from_epoch_int(int64_t value, int64_t *ns)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int64_t unit = size < UINT64_C(100000000000)          ? SV_SECOND_NS
                   : size < UINT64_C(100000000000000)     ? 1000000
                   : size < UINT64_C(100000000000000000)  ? 1000
                                                          : 1;
    return !__builtin_mul_overflow(value, unit, ns);
}

bool sv_time_from_epoch(double value, int64_t *ns)
{
    double size = fabs(value);
    double unit = size < 1e11 ? 1e9 : size < 1e14 ? 1e6 : size < 1e17 ? 1e3 : 1;
    double whole = floor(value);
    if (!(size * unit < 9.2e18))
        return false;
    /* whole and fraction apart: a double of seconds has no room for nanoseconds */
    *ns = (int64_t)whole * (int64_t)unit + (int64_t)round((value - whole) * unit);
    return true;
}

void sv_time_format_wide(struct sv_buf *out, int64_t seconds, int32_t nanos)
{
    int64_t days = seconds / 86400, rest = seconds % 86400, year;
    int month, day;
    if (rest < 0)
        rest += 86400, days--;
    sv_time_civil(days, &year, &month, &day);
    char *p = sv_buf_room(out, 32);
    const int parts[] = {(int)(year / 100), (int)(year % 100), month, day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60)};
    static const char behind[] = "\0--T::";
    size_t n = 0;
    for (int i = 0; i < 7; i++) {
        p[n++] = (char)('0' + parts[i] / 10);
        p[n++] = (char)('0' + parts[i] % 10);
        if (i > 0 && i < 6)
            p[n++] = behind[i];
    }
    if (nanos > 0) {
        int places = nanos % 1000000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
        int32_t value = places == 3 ? nanos / 1000000 : places == 6 ? nanos / 1000 : nanos;
        p[n++] = '.';
        for (int i = places - 1; i >= 0; i--, value /= 10)
            p[n + (size_t)i] = (char)('0' + value % 10);
        n += (size_t)places;
    }
    p[n++] = 'Z';
    out->len += n;
}

void sv_time_format(struct sv_buf *out, int64_t ns)
{
    int64_t seconds = ns / SV_SECOND_NS, nanos = ns % SV_SECOND_NS;
    if (nanos < 0)
        nanos += SV_SECOND_NS, seconds--;
    sv_time_format_wide(out, seconds, (int32_t)nanos);
}

bool sv_duration_parse(struct sv_slice s, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"\xC2\xB5s", 1000},
                 {"ms", 1000000},
                 {"s", SV_SECOND_NS},
                 {"m", 60 * SV_SECOND_NS},
                 {"h", 3600 * SV_SECOND_NS},
                 {"d", 86400 * SV_SECOND_NS},
                 {"w", 7 * 86400 * SV_SECOND_NS}};
    const char *p = s.data, *end = sv_slice_end(s);
    bool negative = false;
    if (p < end && (*p == '-' || *p == '+'))
        negative = *p++ == '-';
    if (end - p == 1 && *p == '0') {
        *ns = 0;
        return true;
    }
    if (p == end)
        return false;
    int64_t total = 0;
    while (p < end) {
        int64_t whole = 0, fraction = 0, scale = 1;
        const char *first = p;
        for (; p < end && *p >= '0' && *p <= '9'; p++)
            if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *p - '0', &whole))
                return false;
        int64_t seen = p - first;
        if (p < end && *p == '.') {
            for (p++; p < end && *p >= '0' && *p <= '9'; p++, seen++)
                if (scale < INT64_C(1000000000000000000) / 10)
                    fraction = fraction * 10 + (*p - '0'), scale *= 10;
        }
        const char *name = p;
        while (p < end && (*p < '0' || *p > '9') && *p != '.')
            p++;
        struct sv_slice unit = sv_slice(name, (size_t)(p - name));
        int64_t each = 0, part;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (sv_slice_is(unit, units[i].name))
                each = units[i].ns;
        if (seen == 0 || each == 0 || __builtin_mul_overflow(whole, each, &part) || __builtin_add_overflow(total, part, &total) ||
            __builtin_add_overflow(total, (int64_t)((long double)fraction * (long double)each / (long double)scale), &total))
            return false;
    }
    *ns = negative ? -total : total;
    return true;
}
