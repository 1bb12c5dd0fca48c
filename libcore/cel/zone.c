/* SPDX-License-Identifier: ISC */
#include "cel/zone.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"

/* The day of a year on which a rule of a POSIX TZ text changes the clock. */
struct rule {
    char kind; /* 'M' month, week, weekday; 'J' day 1 to 365 without 29 February; '0' day 0 to 365 */
    int month, week, day;
    int32_t at; /* seconds after midnight, local */
};

struct sv_zone {
    size_t count;
    int64_t *times;   /* when the offset changes, ascending */
    int32_t *offsets; /* from times[i] on */
    int32_t first;    /* before times[0] */
    bool has_rest;    /* what holds behind the last change: the TZ text at the end of the file */
    bool has_summer;
    int32_t winter, summer;
    struct rule begin, end;
};

/* ---- POSIX TZ texts: std offset dst [offset], begin[/time], end[/time] ---- */

struct text {
    const char *at, *end;
};

static bool skip_name(struct text *t)
{
    const char *start = t->at;
    if (t->at < t->end && *t->at == '<') {
        while (t->at < t->end && *t->at != '>')
            t->at++;
        if (t->at == t->end)
            return false;
        t->at++;
        return true;
    }
    while (t->at < t->end && ((*t->at >= 'A' && *t->at <= 'Z') || (*t->at >= 'a' && *t->at <= 'z')))
        t->at++;
    return t->at - start >= 3;
}

static bool number(struct text *t, int *out)
{
    const char *start = t->at;
    int value = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9' && t->at - start < 4; t->at++)
        value = value * 10 + (*t->at - '0');
    *out = value;
    return t->at > start;
}

/* [+-]hh[:mm[:ss]] as seconds. */
static bool clock_time(struct text *t, int32_t *out)
{
    int parts[3] = {0}, sign = 1;
    if (t->at < t->end && (*t->at == '+' || *t->at == '-'))
        sign = *t->at++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        if (!number(t, &parts[i]))
            return false;
        if (t->at == t->end || *t->at != ':')
            break;
        t->at++;
    }
    *out = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return true;
}

static bool take(struct text *t, char c)
{
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool parse_rule(struct text *t, struct rule *rule)
{
    *rule = (struct rule){.kind = '0', .at = 2 * 3600};
    if (!take(t, ','))
        return false;
    if (take(t, 'M')) {
        rule->kind = 'M';
        if (!number(t, &rule->month) || !take(t, '.') || !number(t, &rule->week) || !take(t, '.') || !number(t, &rule->day))
            return false;
        if (rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 || rule->day > 6)
            return false;
    } else {
        if (take(t, 'J'))
            rule->kind = 'J';
        if (!number(t, &rule->day) || rule->day > 365)
            return false;
    }
    return !take(t, '/') || clock_time(t, &rule->at);
}

static bool parse_rest(struct sv_zone *zone, struct text t)
{
    int32_t west;
    if (!skip_name(&t) || !clock_time(&t, &west))
        return false;
    zone->winter = -west;
    if (t.at == t.end)
        return true;
    zone->summer = zone->winter + 3600;
    if (!skip_name(&t))
        return false;
    if (t.at < t.end && *t.at != ',') {
        if (!clock_time(&t, &west))
            return false;
        zone->summer = -west;
    }
    zone->has_summer = parse_rule(&t, &zone->begin) && parse_rule(&t, &zone->end);
    return zone->has_summer;
}

/* Seconds since 1970, as if local time were UTC. */
static int64_t rule_time(const struct rule *rule, int64_t year)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t day;
    if (rule->kind == 'M') {
        int64_t first = sv_time_days(year, rule->month, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7;
        day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
        int64_t next = rule->month == 12 ? sv_time_days(year + 1, 1, 1) : sv_time_days(year, rule->month + 1, 1);
        while (day >= next)
            day -= 7;
    } else {
        day = sv_time_days(year, 1, 1) + rule->day;
        if (rule->kind == 'J')
            day += leap && rule->day >= 60 ? 0 : -1;
    }
    return day * 86400 + rule->at;
}

static int32_t rest_offset(const struct sv_zone *zone, int64_t seconds)
{
    if (!zone->has_summer)
        return zone->winter;
    int64_t local = seconds + zone->winter, year;
    int64_t days = local / 86400 - (local % 86400 < 0);
    int month, day;
    sv_time_civil(days, &year, &month, &day);
    int64_t begin = rule_time(&zone->begin, year) - zone->winter, end = rule_time(&zone->end, year) - zone->summer;
    bool is_summer = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
    return is_summer ? zone->summer : zone->winter;
}

/* ---- TZif ---- */

static int64_t big_endian(const char *p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)p[i];
    return bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
};

enum { HEADER = 44 };

static bool read_header(struct sv_slice data, struct counts *c, int *version)
{
    if (data.len < HEADER || memcmp(data.data, "TZif", 4) != 0)
        return false;
    *version = data.data[4] == '\0' ? 1 : data.data[4] - '0';
    uint32_t *to[] = {&c->isut, &c->isstd, &c->leap, &c->time, &c->type, &c->chars};
    for (int i = 0; i < 6; i++) {
        *to[i] = (uint32_t)big_endian(data.data + 20 + 4 * i, 4);
        if (*to[i] > 100000)
            return false;
    }
    return c->type > 0;
}

static size_t body_size(const struct counts *c, size_t width)
{
    return c->time * (width + 1) + c->type * 6 + c->chars + c->leap * (width + 4) + c->isstd + c->isut;
}

static bool read_body(struct sv_zone *zone, struct sv_slice data, const struct counts *c, int width)
{
    const char *times = data.data, *kinds = times + (size_t)width * c->time, *types = kinds + c->time;
    zone->count = c->time;
    zone->times = sv_calloc(c->time + 1, sizeof *zone->times);
    zone->offsets = sv_calloc(c->time + 1, sizeof *zone->offsets);
    zone->first = (int32_t)big_endian(types, 4);
    for (uint32_t i = 0; i < c->time; i++) {
        unsigned kind = (unsigned char)kinds[i];
        if (kind >= c->type)
            return false;
        zone->times[i] = big_endian(times + (size_t)width * i, width);
        zone->offsets[i] = (int32_t)big_endian(types + (size_t)6 * kind, 4);
    }
    return true;
}

static bool read_file(struct sv_zone *zone, struct sv_slice data)
{
    struct counts c;
    int version, width = 4;
    if (!read_header(data, &c, &version) || data.len < HEADER + body_size(&c, 4))
        return false;
    if (version >= 2) { /* the same again with 64-bit times, then the text */
        size_t skip = HEADER + body_size(&c, 4);
        data = sv_slice(data.data + skip, data.len - skip);
        width = 8;
        if (!read_header(data, &c, &version) || data.len < HEADER + body_size(&c, 8))
            return false;
    }
    size_t end = HEADER + body_size(&c, (size_t)width);
    if (!read_body(zone, sv_slice(data.data + HEADER, data.len - HEADER), &c, width))
        return false;
    if (width == 8 && data.len > end + 2 && data.data[end] == '\n') {
        const char *text = data.data + end + 1, *newline = memchr(text, '\n', data.len - end - 1);
        zone->has_rest = newline != NULL && newline > text && parse_rest(zone, (struct text){text, newline});
    }
    return true;
}

/* A name that stays inside the folder. */
static bool is_name(struct sv_slice name)
{
    if (name.len == 0 || name.len > 64 || name.data[0] == '/' || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
              c == '/'))
            return false;
    }
    return true;
}

/* [+-]hh:mm */
static bool fixed(struct sv_slice name, int32_t *out)
{
    struct text t = {name.data, name.data + name.len};
    int hours, minutes, sign = 1;
    if (take(&t, '-'))
        sign = -1;
    else
        take(&t, '+');
    if (!number(&t, &hours) || !take(&t, ':') || !number(&t, &minutes) || t.at != t.end || hours > 23 || minutes > 59)
        return false;
    *out = sign * (hours * 3600 + minutes * 60);
    return true;
}

struct sv_zone *sv_zone_new(struct sv_slice name)
{
    struct sv_zone *zone = sv_calloc(1, sizeof *zone);
    if (sv_slice_is(name, "UTC") || sv_slice_is(name, "Z") || fixed(name, &zone->first))
        return zone;
    struct sv_buf path = {0}, data = {0};
    const char *folder = getenv("TZDIR");
    sv_buf_str(&path, folder != NULL && *folder != '\0' ? folder : "/usr/share/zoneinfo");
    sv_buf_char(&path, '/');
    sv_buf_add(&path, name);
    bool is_read = is_name(name) && sv_os_slurp(sv_buf_cstr(&path), 1 << 20, &data, NULL) && read_file(zone, sv_buf_slice(&data));
    sv_buf_free(&path);
    sv_buf_free(&data);
    if (!is_read) {
        sv_zone_free(zone);
        return NULL;
    }
    return zone;
}

void sv_zone_free(struct sv_zone *zone)
{
    if (zone == NULL)
        return;
    sv_free(zone->times);
    sv_free(zone->offsets);
    sv_free(zone);
}

int32_t sv_zone_offset(const struct sv_zone *zone, int64_t seconds)
{
    size_t low = 0, high = zone->count; /* how many changes lie at or before the time */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->times[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_rest)
        return rest_offset(zone, seconds);
    return low == 0 ? zone->first : zone->offsets[low - 1];
}
