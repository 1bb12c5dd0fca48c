/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

void sv_buf_grow(struct sv_buf *buf, size_t room)
{
    size_t want = buf->len + room;
    size_t capacity = buf->capacity > 0 ? buf->capacity : 64;
    while (capacity < want)
        capacity = capacity > (size_t)-1 / 2 ? want : capacity * 2;
    buf->data = sv_realloc(buf->data, capacity);
    buf->capacity = capacity;
}

void sv_buf_uint(struct sv_buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    sv_buf_add(buf, sv_slice(digits + at, sizeof digits - at));
}

void sv_buf_int(struct sv_buf *buf, int64_t value)
{
    if (value < 0)
        sv_buf_char(buf, '-');
    sv_buf_uint(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void sv_buf_printf(struct sv_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        vsnprintf(sv_buf_room(buf, (size_t)len + 1), (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

const char *sv_buf_cstr(struct sv_buf *buf)
{
    *sv_buf_room(buf, 1) = '\0';
    return buf->data;
}

void sv_buf_free(struct sv_buf *buf)
{
    sv_free(buf->data);
    *buf = (struct sv_buf){0};
}
