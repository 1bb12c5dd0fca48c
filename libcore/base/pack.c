/* SPDX-License-Identifier: ISC */
#include "base/pack.h"

void sv_pack_uint(struct sv_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        sv_buf_char(out, (char)(unsigned char)(value | 0x80));
        value >>= 7;
    }
    sv_buf_char(out, (char)value);
}

void sv_pack_int(struct sv_buf *out, int64_t value)
{
    sv_pack_uint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void sv_pack_fixed(struct sv_buf *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        sv_buf_char(out, (char)(unsigned char)(value >> 8 * i));
}

void sv_pack_text(struct sv_buf *out, struct sv_slice text)
{
    sv_pack_uint(out, text.len);
    sv_buf_add(out, text);
}

struct sv_unpack sv_unpack(struct sv_slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    return (struct sv_unpack){.at = at, .end = bytes.len > 0 ? at + bytes.len : at};
}

uint64_t sv_unpack_uint(struct sv_unpack *in)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    in->failed = true;
    return 0;
}

int64_t sv_unpack_int(struct sv_unpack *in)
{
    uint64_t value = sv_unpack_uint(in);
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

uint64_t sv_unpack_fixed(struct sv_unpack *in)
{
    uint64_t value = 0;
    if (in->end - in->at < 8) {
        in->failed = true;
        return 0;
    }
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)in->at[i] << 8 * i;
    in->at += 8;
    return value;
}

struct sv_slice sv_unpack_text(struct sv_unpack *in)
{
    uint64_t len = sv_unpack_uint(in);
    if (in->failed || len > (uint64_t)(in->end - in->at)) {
        in->failed = true;
        return SV_SLICE("");
    }
    struct sv_slice text = sv_slice((const char *)in->at, (size_t)len);
    in->at += len;
    return text;
}

bool sv_unpack_is_over(const struct sv_unpack *in)
{
    return !in->failed && in->at == in->end;
}
