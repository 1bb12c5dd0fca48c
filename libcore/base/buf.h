/* SPDX-License-Identifier: ISC */
/* buf.h - growing bytes.
 *
 *     struct sv_buf out = {0};                // empty and valid
 *     sv_buf_add(&out, slice);
 *     write(fd, out.data, out.len);
 *     sv_buf_clear(&out);                     // keeps the memory
 *     sv_buf_free(&out);
 *
 * Floor: base. */
#ifndef SV_BUF_H
#define SV_BUF_H

#include <stdint.h>

#include "base/slice.h"

struct sv_buf {
    char *data; /* not terminated; NULL while nothing was added */
    size_t len, capacity;
};

/* Makes room for at least `room` more bytes; amortized O(1) a byte. sv_buf_room is the way to call it. */
void sv_buf_grow(struct sv_buf *buf, size_t room);

/* Makes room for n more bytes and returns where they go; the caller raises len itself. */
static inline char *sv_buf_room(struct sv_buf *buf, size_t n)
{
    if (buf->capacity - buf->len < n)
        sv_buf_grow(buf, n);
    return buf->data + buf->len;
}

static inline void sv_buf_add(struct sv_buf *buf, struct sv_slice s)
{
    if (s.len > 0) {
        memcpy(sv_buf_room(buf, s.len), s.data, s.len);
        buf->len += s.len;
    }
}

static inline void sv_buf_char(struct sv_buf *buf, char c)
{
    *sv_buf_room(buf, 1) = c;
    buf->len++;
}

static inline void sv_buf_str(struct sv_buf *buf, const char *text)
{
    sv_buf_add(buf, sv_slice_str(text));
}

/* Decimal digits; text as by printf. */
void sv_buf_int(struct sv_buf *buf, int64_t value);
void sv_buf_uint(struct sv_buf *buf, uint64_t value);
void sv_buf_printf(struct sv_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A NUL behind the bytes, not counted in len; for calls that want a C string. */
const char *sv_buf_cstr(struct sv_buf *buf);

static inline struct sv_slice sv_buf_slice(const struct sv_buf *buf)
{
    return sv_slice(buf->data, buf->len);
}

static inline void sv_buf_clear(struct sv_buf *buf)
{
    buf->len = 0;
}

/* Holds just these bytes from now on; s must not lie in buf. */
static inline void sv_buf_set(struct sv_buf *buf, struct sv_slice s)
{
    sv_buf_clear(buf);
    sv_buf_add(buf, s);
}

void sv_buf_free(struct sv_buf *buf);

#endif
