/* SPDX-License-Identifier: ISC */
#include "event/format/state.h"

#include "base/utf8.h"

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
void sv_state_put_uint(struct sv_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        sv_buf_char(out, (char)(unsigned char)(value | 0x80));
    sv_buf_char(out, (char)value);
}

/* Small negative numbers are short, too. */
void sv_state_put_int(struct sv_buf *out, int64_t value)
{
    sv_state_put_uint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

struct sv_slice sv_state_cut(struct sv_slice text)
{
    if (text.len > SV_STATE_TEXT_MAX)
        for (text.len = SV_STATE_TEXT_MAX; text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80;)
            text.len--;
    return text;
}

void sv_state_keep(struct sv_buf *kept, struct sv_slice text)
{
    sv_buf_set(kept, sv_state_cut(text));
}

void sv_state_put_bytes(struct sv_buf *out, struct sv_slice text)
{
    sv_state_put_uint(out, text.len);
    sv_buf_add(out, text);
}

void sv_state_put_text(struct sv_buf *out, struct sv_slice text)
{
    sv_state_put_bytes(out, sv_state_cut(text));
}

void sv_state_put_word(struct sv_buf *out, const struct sv_piece_word *word)
{
    sv_state_put_bytes(out, sv_piece_kept(word));
}

void sv_state_put_counts(struct sv_buf *out, const int64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sv_state_put_uint(out, (uint64_t)counts[i]);
}

void sv_state_put_number(struct sv_buf *out, struct sv_value value)
{
    uint64_t bits = 0;
    bool is_number = value.type == SV_INT || value.type == SV_DOUBLE;
    sv_buf_char(out, is_number ? (char)value.type : 0);
    if (value.type == SV_INT)
        sv_state_put_int(out, value.i);
    if (value.type == SV_DOUBLE) {
        memcpy(&bits, &value.d, sizeof bits);
        sv_state_put_uint(out, bits);
    }
}

void sv_state_put_calls(struct sv_buf *out, const struct sv_piece_calls *calls, size_t room)
{
    size_t count = 0, bytes = 0;
    /* the newest lies before `next` */
    for (; count < SV_PIECE_CALLS; count++) {
        uint32_t at = (calls->next - 1 - (uint32_t)count) % SV_PIECE_CALLS;
        bytes += calls->len[at] + 12u;
        if (calls->hash[at] == 0 || bytes > room)
            break;
    }
    sv_state_put_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (calls->next - (uint32_t)count) % SV_PIECE_CALLS;
        sv_state_put_uint(out, calls->hash[at]);
        sv_state_put_text(out, sv_slice(calls->tool[at], calls->len[at]));
    }
}

uint64_t sv_state_get_uint(struct sv_state_in *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; in->rest.len > 0 && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)in->rest.data[0];
        in->rest = sv_slice(in->rest.data + 1, in->rest.len - 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    in->is_broken = true;
    return 0;
}

int64_t sv_state_get_int(struct sv_state_in *in)
{
    uint64_t value = sv_state_get_uint(in);
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

struct sv_slice sv_state_get_bytes(struct sv_state_in *in)
{
    uint64_t len = sv_state_get_uint(in);
    if (len > in->rest.len)
        in->is_broken = true;
    if (in->is_broken)
        return SV_SLICE("");
    struct sv_slice bytes = sv_slice(in->rest.data, (size_t)len);
    in->rest = sv_slice(in->rest.data + len, in->rest.len - (size_t)len);
    return bytes;
}

struct sv_slice sv_state_get_long(struct sv_state_in *in, size_t max)
{
    struct sv_slice text = sv_state_get_bytes(in);
    if (in->is_broken || text.len == 0)
        return SV_SLICE("");
    in->is_broken = text.len > max || !sv_utf8_valid(text);
    return in->is_broken ? SV_SLICE("") : text;
}

struct sv_slice sv_state_get_slice(struct sv_state_in *in)
{
    return sv_state_get_long(in, SV_STATE_TEXT_MAX);
}

void sv_state_get_text(struct sv_state_in *in, struct sv_buf *text)
{
    sv_buf_set(text, sv_state_get_slice(in));
}

void sv_state_get_word(struct sv_state_in *in, struct sv_piece_word *word)
{
    sv_piece_keep(word, sv_state_get_long(in, SV_PIECE_WORD_MAX));
}

void sv_state_get_counts(struct sv_state_in *in, int64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = sv_state_get_uint(in);
        in->is_broken |= value > (uint64_t)SV_STATE_COUNT_MAX;
        counts[i] = in->is_broken ? 0 : (int64_t)value;
    }
}

struct sv_value sv_state_get_number(struct sv_state_in *in)
{
    double number;
    if (in->rest.len == 0) {
        in->is_broken = true;
        return sv_value_of(SV_ABSENT);
    }
    char type = in->rest.data[0];
    in->rest = sv_slice(in->rest.data + 1, in->rest.len - 1);
    if (type == SV_INT)
        return sv_value_int(sv_state_get_int(in));
    if (type != SV_DOUBLE)
        return sv_value_of(SV_ABSENT);
    uint64_t bits = sv_state_get_uint(in);
    memcpy(&number, &bits, sizeof number);
    if (number - number == 0)
        return sv_value_double(number);
    in->is_broken = true; /* no JSON has it */
    return sv_value_of(SV_ABSENT);
}

void sv_state_get_calls(struct sv_state_in *in, struct sv_piece_calls *calls)
{
    uint64_t count = sv_state_get_uint(in);
    if (count > SV_PIECE_CALLS)
        in->is_broken = true;
    for (; count > 0 && !in->is_broken; count--) {
        uint64_t hash = sv_state_get_uint(in);
        struct sv_slice tool = sv_state_get_slice(in);
        in->is_broken |= hash == 0 || tool.len > SV_PIECE_TOOL_MAX;
        if (!in->is_broken)
            sv_piece_call_put(calls, hash, tool);
    }
}

bool sv_state_is_over(const struct sv_state_in *in)
{
    return !in->is_broken && in->rest.len == 0;
}
