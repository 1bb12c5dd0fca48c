/* SPDX-License-Identifier: ISC */
/* Messages: ids, states, bounds. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "tap.h"
#include "team/message.h"

static void test_ids(void)
{
    static const int64_t ids[] = {0, 1, 31, 32, 1796062067010275671, INT64_MAX};
    char text[SV_MESSAGE_ID_LEN + 1], before[SV_MESSAGE_ID_LEN + 1] = "";
    int64_t first, last;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        sv_message_put_id(ids[i], text);
        ok(strcmp(before, text) < 0, "%s sorts as its number does", text);
        ok(sv_message_find_ids(sv_slice_str(text), &first, &last) && first == ids[i] && last == ids[i], "and is read back");
        memcpy(before, text, sizeof text);
    }
    ok(sv_message_find_ids(SV_SLICE("1h"), &first, &last) && first < 1796062067010275671 && last > 1796062067010275671, "a beginning is a range");
    sv_message_put_id(first, text);
    is_str(text, "1h00000000000", "from the first");
    sv_message_put_id(last, text);
    is_str(text, "1hzzzzzzzzzzz", "to the last");
    static const char *const bad[] = {"", "8", "z", "1i", "1H", "1hv74xwdb72aq0", "-1", "1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!sv_message_find_ids(sv_slice_str(bad[i]), &first, &last), "\"%s\" is no id", bad[i]);
    ok(!sv_message_find_ids(sv_slice("1\0", 2), &first, &last), "nor is one with a NUL");
}

static void test_states(void)
{
    enum sv_message_state state;
    for (int i = 0; i < SV_MESSAGE_STATES; i++)
        ok(sv_message_state(sv_slice_str(sv_message_word((enum sv_message_state)i)), &state) && state == (enum sv_message_state)i, "%s",
           sv_message_word((enum sv_message_state)i));
    ok(!sv_message_state(SV_SLICE("lost"), &state), "lost is no state");
    is_int(sv_message_now(SV_MESSAGE_QUEUED, 10, 9), SV_MESSAGE_QUEUED, "before its time");
    is_int(sv_message_now(SV_MESSAGE_QUEUED, 10, 10), SV_MESSAGE_EXPIRED, "at its time");
    is_int(sv_message_now(SV_MESSAGE_DELIVERED, 10, 11), SV_MESSAGE_EXPIRED, "shown, but not read");
    is_int(sv_message_now(SV_MESSAGE_READ, 10, 11), SV_MESSAGE_READ, "what was read does not expire");
    is_int(sv_message_now(SV_MESSAGE_QUEUED, 0, INT64_MAX), SV_MESSAGE_QUEUED, "nor what has no time");
    int priority = 9;
    ok(sv_message_priority(SV_SLICE("P0"), &priority) && priority == 0 && sv_message_priority(SV_SLICE("P3"), &priority) && priority == 3, "P0, P3");
    ok(!sv_message_priority(SV_SLICE("P4"), &priority) && !sv_message_priority(SV_SLICE("p1"), &priority) && !sv_message_priority(SV_SLICE("P"), &priority),
       "P4, p1, P are none");
}

static void test_bounds(void)
{
    struct sv_error err = {0};
    char *text = sv_alloc(SV_MESSAGE_BODY_MAX + 1);
    memset(text, 'x', SV_MESSAGE_BODY_MAX + 1);
    for (int more = -1; more <= 1; more++) {
        ok(sv_message_check(sv_slice(text, (size_t)((int)SV_MESSAGE_SUBJECT_MAX + more)), SV_SLICE(""), &err) == (more <= 0), "a subject of %d bytes",
           (int)SV_MESSAGE_SUBJECT_MAX + more);
        ok(sv_message_check(SV_SLICE("s"), sv_slice(text, (size_t)((int)SV_MESSAGE_BODY_MAX + more)), &err) == (more <= 0), "a text of %d bytes",
           (int)SV_MESSAGE_BODY_MAX + more);
    }
    ok(!sv_message_check(SV_SLICE("two\nlines"), SV_SLICE(""), &err), "a subject of two lines: %s", err.text);
    ok(!sv_message_check(SV_SLICE("\xe4"), SV_SLICE(""), &err) && !sv_message_check(SV_SLICE(""), SV_SLICE("\xe4"), &err), "no UTF-8: %s", err.text);
    ok(sv_message_check(SV_SLICE(""), SV_SLICE(""), &err), "nothing at all");
    ok(SV_MAILBOX_MAX == 10000, "as the manual has it");
    sv_free(text);
}

int main(void)
{
    test_ids();
    test_states();
    test_bounds();
    return done();
}
