/* SPDX-License-Identifier: ISC */
#include "team/message.h"

#include "base/limits.h"
#include "base/utf8.h"

static const char *const words[SV_MESSAGE_STATES] = {"queued", "delivered", "read", "acked", "expired", "dropped"};

/* Crockford's: no i, l, o, u, which look like others. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

const char *sv_message_word(enum sv_message_state state)
{
    return words[state];
}

bool sv_message_state(struct sv_slice word, enum sv_message_state *state)
{
    for (int i = 0; i < SV_MESSAGE_STATES; i++)
        if (sv_slice_is(word, words[i])) {
            *state = (enum sv_message_state)i;
            return true;
        }
    return false;
}

enum sv_message_state sv_message_now(enum sv_message_state stored, int64_t expires_ns, int64_t now_ns)
{
    return stored <= SV_MESSAGE_DELIVERED && expires_ns != 0 && expires_ns <= now_ns ? SV_MESSAGE_EXPIRED : stored;
}

bool sv_message_priority(struct sv_slice text, int *priority)
{
    if (text.len != 2 || text.data[0] != 'P' || text.data[1] < '0' || text.data[1] >= '0' + SV_MESSAGE_PRIORITIES)
        return false;
    *priority = text.data[1] - '0';
    return true;
}

void sv_message_put_id(int64_t id, char out[SV_MESSAGE_ID_LEN + 1])
{
    uint64_t rest = (uint64_t)id;
    for (int i = SV_MESSAGE_ID_LEN; i-- > 0; rest >>= 5)
        out[i] = digits[rest & 31];
    out[SV_MESSAGE_ID_LEN] = '\0';
}

bool sv_message_find_ids(struct sv_slice prefix, int64_t *first, int64_t *last)
{
    uint64_t low = 0;
    if (prefix.len == 0 || prefix.len > SV_MESSAGE_ID_LEN)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        const char *digit = prefix.data[i] != '\0' ? strchr(digits, prefix.data[i]) : NULL;
        if (digit == NULL || (i == 0 && digit - digits > 7)) /* 63 bits */
            return false;
        low = low << 5 | (uint64_t)(digit - digits);
    }
    unsigned open = 5 * (unsigned)(SV_MESSAGE_ID_LEN - prefix.len);
    *first = (int64_t)(low << open);
    *last = (int64_t)(low << open | ((UINT64_C(1) << open) - 1));
    return true;
}

bool sv_message_check(struct sv_slice subject, struct sv_slice body, struct sv_error *err)
{
    if (subject.len > SV_MESSAGE_SUBJECT_MAX)
        return sv_error_set(err, SV_INPUT, "a subject of %zu bytes; at most %u", subject.len, SV_MESSAGE_SUBJECT_MAX);
    if (body.len > SV_MESSAGE_BODY_MAX)
        return sv_error_set(err, SV_INPUT, "a text of %zu bytes; at most %u: put it into a file, and send where it lies", body.len,
                            SV_MESSAGE_BODY_MAX);
    if (subject.len > 0 && (memchr(subject.data, '\n', subject.len) != NULL || memchr(subject.data, '\r', subject.len) != NULL))
        return sv_error_set(err, SV_INPUT, "a subject of more than one line");
    if (!sv_utf8_valid(subject) || !sv_utf8_valid(body))
        return sv_error_set(err, SV_INPUT, "%s is not valid UTF-8", sv_utf8_valid(subject) ? "the text" : "the subject");
    return true;
}
