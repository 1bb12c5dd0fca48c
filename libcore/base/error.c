/* SPDX-License-Identifier: ISC */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FINDINGS_MAX = 1000 };

bool sv_error_set(struct sv_error *err, enum sv_code code, const char *format, ...)
{
    if (err == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
    return false;
}

bool sv_error_errno(struct sv_error *err, const char *format, ...)
{
    int number = errno;
    if (err == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(number));
    err->code = SV_SYSTEM;
    return false;
}

bool sv_error_at(struct sv_error *err, const char *file, uint32_t line, uint32_t column)
{
    if (err == NULL)
        return false;
    if (file != NULL)
        snprintf(err->file, sizeof err->file, "%s", file);
    err->line = line;
    err->column = column;
    return false;
}

bool sv_error_prefix(struct sv_error *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    char whole[sizeof err->text];
    va_list args;
    va_start(args, format);
    int used = vsnprintf(whole, sizeof whole, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof whole)
        snprintf(whole + used, sizeof whole - (size_t)used, "%s", err->text);
    memcpy(err->text, whole, sizeof whole);
    return false;
}

void sv_findings_add(struct sv_findings *list, const struct sv_error *err)
{
    if (list->count < FINDINGS_MAX) {
        if (list->count == list->capacity) {
            list->capacity = list->capacity > 0 ? list->capacity * 2 : 8;
            list->items = sv_realloc(list->items, list->capacity * sizeof *list->items);
        }
        list->items[list->count] = *err;
    }
    list->count += list->count < FINDINGS_MAX;
}

void sv_findings_free(struct sv_findings *list)
{
    sv_free(list->items);
    *list = (struct sv_findings){0};
}

bool sv_findings_fail(struct sv_findings *list, const char *outcome, struct sv_error *err)
{
    if (list->count != 1)
        return sv_error_set(err, SV_INPUT, "%zu errors; %s", list->count, outcome);
    if (err != NULL)
        *err = list->items[0];
    sv_findings_free(list);
    return false;
}
