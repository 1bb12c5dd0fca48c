/* SPDX-License-Identifier: ISC */
/* Bytes as text and back: base64 (RFC 4648, section 4). */
#include "cel/fn.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes the four characters for up to three bytes. */
static void encode_group(char *out, const char *bytes, size_t n)
{
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++)
        group = group << 8 | (k < n ? (unsigned char)bytes[k] : 0);
    for (size_t k = 0; k < 4; k++)
        out[k] = k <= n ? digits[group >> (18 - 6 * k) & 63] : '=';
}

static void encode(char *out, struct sv_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3, out += 4)
        encode_group(out, bytes.data + i, bytes.len - i < 3 ? bytes.len - i : 3);
}

void sv_fn_put_base64(struct sv_buf *out, struct sv_slice bytes)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    encode(sv_buf_room(out, len), bytes);
    out->len += len;
}

static struct sv_value text_limit(const struct sv_cel_run *run)
{
    return sv_val_over(run) ? sv_val_limit() : sv_val_error("a string would be longer than 16 MiB");
}

struct sv_value sv_fn_base64_encode(struct sv_cel_run *run, const struct sv_value *args)
{
    size_t len = ((size_t)args[0].len + 2) / 3 * 4;
    char *out = sv_val_room(run, len);
    if (out == NULL)
        return text_limit(run);
    encode(out, sv_value_raw(args[0]));
    return sv_value_str(sv_slice(out, len));
}

/* 0 to 63, or -1. */
static int digit_of(char c)
{
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* With padding or without; anything but digits is an error. */
struct sv_value sv_fn_base64_decode(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = sv_value_raw(args[0]);
    size_t padding = 0, len = 0;
    while (padding < 2 && padding < s.len && s.data[s.len - 1 - padding] == '=')
        padding++;
    bool is_good = padding == 0 || s.len % 4 == 0;
    s.len -= padding;
    is_good &= s.len % 4 != 1;
    char *out = sv_val_room(run, s.len / 4 * 3 + 2);
    if (out == NULL || !sv_val_charge(run, s.len / 64))
        return text_limit(run);
    uint32_t bits = 0;
    for (size_t i = 0; is_good && i < s.len; i++) {
        int digit = digit_of(s.data[i]);
        is_good = digit >= 0;
        bits = bits << 6 | (uint32_t)(digit & 63);
        if (i % 4 != 0)
            out[len++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    return is_good ? (struct sv_value){.type = SV_BYTES, .len = (uint32_t)len, .s = out} : sv_val_error("the text is not base64");
}
