/* SPDX-License-Identifier: ISC */
#include "event/format/state.h"

#include "base/utf8.h"

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

void sv_state_put_text(struct sv_buf *out, struct sv_slice text)
{
    sv_pack_text(out, sv_state_cut(text));
}

void sv_state_put_word(struct sv_buf *out, const struct sv_piece_word *word)
{
    sv_pack_text(out, sv_piece_kept(word));
}

void sv_state_put_counts(struct sv_buf *out, const int64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sv_pack_uint(out, (uint64_t)counts[i]);
}

void sv_state_put_number(struct sv_buf *out, struct sv_value value)
{
    uint64_t bits = 0;
    bool is_number = value.type == SV_INT || value.type == SV_DOUBLE;
    sv_buf_char(out, is_number ? (char)value.type : 0);
    if (value.type == SV_INT)
        sv_pack_int(out, value.i);
    if (value.type == SV_DOUBLE) {
        memcpy(&bits, &value.d, sizeof bits);
        sv_pack_uint(out, bits);
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
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (calls->next - (uint32_t)count) % SV_PIECE_CALLS;
        sv_pack_uint(out, calls->hash[at]);
        sv_state_put_text(out, sv_slice(calls->tool[at], calls->len[at]));
    }
}

struct sv_slice sv_state_get_long(struct sv_unpack *in, size_t max)
{
    struct sv_slice text = sv_unpack_text(in);
    if (in->failed || text.len == 0)
        return SV_SLICE("");
    in->failed = text.len > max || !sv_utf8_valid(text);
    return in->failed ? SV_SLICE("") : text;
}

struct sv_slice sv_state_get_slice(struct sv_unpack *in)
{
    return sv_state_get_long(in, SV_STATE_TEXT_MAX);
}

void sv_state_get_text(struct sv_unpack *in, struct sv_buf *text)
{
    sv_buf_set(text, sv_state_get_slice(in));
}

void sv_state_get_word(struct sv_unpack *in, struct sv_piece_word *word)
{
    sv_piece_keep(word, sv_state_get_long(in, SV_PIECE_WORD_MAX));
}

void sv_state_get_counts(struct sv_unpack *in, int64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = sv_unpack_uint(in);
        in->failed |= value > (uint64_t)SV_STATE_COUNT_MAX;
        counts[i] = in->failed ? 0 : (int64_t)value;
    }
}

struct sv_value sv_state_get_number(struct sv_unpack *in)
{
    double number;
    if (in->at == in->end) {
        in->failed = true;
        return sv_value_of(SV_ABSENT);
    }
    char type = (char)*in->at++;
    if (type == SV_INT)
        return sv_value_int(sv_unpack_int(in));
    if (type != SV_DOUBLE)
        return sv_value_of(SV_ABSENT);
    uint64_t bits = sv_unpack_uint(in);
    memcpy(&number, &bits, sizeof number);
    if (number - number == 0)
        return sv_value_double(number);
    in->failed = true; /* no JSON has it */
    return sv_value_of(SV_ABSENT);
}

void sv_state_get_calls(struct sv_unpack *in, struct sv_piece_calls *calls)
{
    uint64_t count = sv_unpack_uint(in);
    if (count > SV_PIECE_CALLS)
        in->failed = true;
    for (; count > 0 && !in->failed; count--) {
        uint64_t hash = sv_unpack_uint(in);
        struct sv_slice tool = sv_state_get_slice(in);
        in->failed |= hash == 0 || tool.len > SV_PIECE_TOOL_MAX;
        if (!in->failed)
            sv_piece_call_put(calls, hash, tool);
    }
}
