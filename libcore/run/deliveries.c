/* SPDX-License-Identifier: ISC */
#include "run/deliveries.h"

#include "base/time.h"
#include "store/outbox.h"
#include "team/message.h"

enum { CHUNK = 200, COUNTED_MAX = 500 };
#define SPREAD_NS (600 * SV_SECOND_NS) /* rows lie in the order in which tries were written down, which is nearly that of their ends */

/* Part of the manual: new ones go to the end. */
enum { C_TIME, C_OUTCOME, C_RECEIVER, C_REASON, C_GROUP, C_ATTEMPT, C_TOOK_MS, C_ANSWER, C_STATUS, C_KEY, C_NEXT, C_LEVEL, C_COUNT };

const struct sv_list_column sv_deliveries_columns[] = {
    [C_TIME] = {"time", 11, 11, false, false, false},
    [C_OUTCOME] = {"outcome", 8, 8, false, false, false},
    [C_RECEIVER] = {"receiver", 8, 16, false, false, false},
    [C_REASON] = {"reason", 9, 9, false, false, false},
    [C_GROUP] = {"group", 13, 13, false, false, false},
    [C_ATTEMPT] = {"attempt", 7, 7, false, false, true},
    [C_TOOK_MS] = {"took_ms", 7, 8, false, false, true},
    [C_ANSWER] = {"answer", 12, 0, true, false, false},
    [C_STATUS] = {"status", 0, 6, false, false, true},
    [C_KEY] = {"key", 0, 24, false, false, false},
    [C_NEXT] = {"next", 0, 11, false, false, false},
    [C_LEVEL] = {"level", 0, 5, false, false, true},
};
const size_t sv_deliveries_column_count = C_COUNT;

struct listing {
    struct sv_answer answer;
    const struct sv_ask *ask;
    const struct sv_deliveries *what;
    struct sv_store *store;
    struct sv_buf out, cursor;
    uint64_t shown, more;
    bool ended;
};

static bool is_receiver(const struct listing *listing, struct sv_slice name)
{
    return listing->what->receiver == NULL || sv_slice_glob(sv_slice_str(listing->what->receiver), name);
}

static struct sv_list_cell group_cell(int64_t group, char id[SV_MESSAGE_ID_LEN + 1])
{
    if (group == 0)
        return sv_ask_text(SV_SLICE(""));
    sv_message_put_id(group, id);
    return sv_ask_text(sv_slice_str(id));
}

/* --- tries --- */

static void put_try(struct listing *listing, const struct sv_store_delivery *delivery)
{
    static const char *const outcomes[] = {"sent", "failed", "given up"};
    static const enum sv_color colors[] = {SV_COLOR_GREEN, SV_COLOR_YELLOW, SV_COLOR_RED};
    char id[SV_MESSAGE_ID_LEN + 1];
    struct sv_list_cell cells[C_COUNT] = {
        [C_TIME] = sv_ask_time(delivery->ended_ns),
        [C_OUTCOME] = sv_ask_text(sv_slice_str(outcomes[delivery->outcome])),
        [C_RECEIVER] = sv_ask_text(delivery->receiver),
        [C_REASON] = sv_ask_text(sv_slice_str(sv_notice_kind_name(delivery->kind))),
        [C_GROUP] = group_cell(delivery->group, id),
        [C_ATTEMPT] = sv_ask_number(true, (int64_t)delivery->attempt),
        [C_TOOK_MS] = sv_ask_number(delivery->ended_ns >= delivery->started_ns, (delivery->ended_ns - delivery->started_ns) / 1000000),
        [C_ANSWER] = sv_ask_text(delivery->answer),
        [C_STATUS] = sv_ask_number(delivery->status >= 0, delivery->status),
        [C_KEY] = sv_ask_text(delivery->notification),
        [C_LEVEL] = sv_ask_number(true, delivery->level),
    };
    cells[C_OUTCOME].color = colors[delivery->outcome];
    sv_list_row(&listing->ask->list, &listing->out, cells);
}

static bool is_wanted(const struct listing *listing, const struct sv_store_delivery *delivery)
{
    const struct sv_ask *ask = listing->ask;
    return is_receiver(listing, delivery->receiver) && (!listing->what->failed || delivery->outcome != SV_DELIVERY_SENT) &&
           (!ask->has_since || delivery->ended_ns >= ask->since_ns) && (!ask->has_until || delivery->ended_ns < ask->until_ns);
}

static void take_try(struct listing *listing, const struct sv_store_delivery *delivery)
{
    if (!is_wanted(listing, delivery))
        return;
    if (listing->shown == listing->ask->number) {
        listing->more++;
        return;
    }
    put_try(listing, delivery);
    sv_buf_clear(&listing->cursor);
    sv_ask_put_cursor(&listing->cursor, delivery->ended_ns, delivery->id);
    listing->shown++;
}

static bool list_tries(struct listing *listing, struct sv_error *err)
{
    struct sv_store_deliveries chunk = {0};
    int64_t time_ns = INT64_MAX, before = INT64_MAX;
    bool fine = listing->ask->before == NULL || sv_ask_take_cursor(listing->ask->before, &time_ns, &before, err), again = fine;
    while (again) {
        sv_store_deliveries_free(&chunk);
        fine = sv_store_deliveries(listing->store, 0, before, CHUNK, &chunk, err);
        for (size_t i = 0; fine && i < chunk.count; i++)
            take_try(listing, &chunk.items[i]);
        again = fine && chunk.count == CHUNK && listing->more < COUNTED_MAX;
        if (again) {
            const struct sv_store_delivery *last = &chunk.items[CHUNK - 1];
            before = last->id;
            again = !listing->ask->has_since || last->ended_ns >= sv_time_plus(listing->ask->since_ns, -SPREAD_NS);
        }
    }
    sv_store_deliveries_free(&chunk);
    return fine;
}

/* --- what waits --- */

static void put_waiting(struct listing *listing, const struct sv_store_notice *notice)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    const struct sv_ask *ask = listing->ask;
    if ((listing->what->failed && notice->answer.len == 0) || (ask->has_since && notice->created_ns < ask->since_ns) ||
        (ask->has_until && notice->created_ns >= ask->until_ns))
        return;
    if (listing->shown == listing->ask->number) {
        listing->more++;
        return;
    }
    struct sv_list_cell cells[C_COUNT] = {
        [C_TIME] = sv_ask_time(notice->created_ns),
        [C_OUTCOME] = sv_ask_text(notice->lease.len > 0 ? SV_SLICE("on way") : SV_SLICE("waiting")),
        [C_RECEIVER] = sv_ask_text(notice->receiver),
        [C_REASON] = sv_ask_text(sv_slice_str(sv_notice_kind_name(notice->kind))),
        [C_GROUP] = group_cell(notice->group, id),
        [C_ATTEMPT] = sv_ask_number(true, (int64_t)notice->attempts),
        [C_ANSWER] = sv_ask_text(notice->answer),
        [C_KEY] = sv_ask_text(notice->notification),
        [C_NEXT] = sv_ask_time(notice->next_try_ns),
        [C_LEVEL] = sv_ask_number(true, notice->level),
    };
    sv_list_row(&listing->ask->list, &listing->out, cells);
    listing->shown++;
}

static bool list_waiting(struct listing *listing, struct sv_error *err)
{
    struct sv_buf name = {0}, after = {0};
    int64_t due_ns;
    bool fine;
    while ((fine = sv_store_outbox_receiver(listing->store, sv_buf_slice(&after), &name, &due_ns, err)) && name.len > 0 && listing->more < COUNTED_MAX) {
        struct sv_store_notices notices = {0};
        size_t most = listing->ask->number - listing->shown + COUNTED_MAX;
        fine = !is_receiver(listing, sv_buf_slice(&name)) || sv_store_outbox_waiting(listing->store, sv_buf_slice(&name), most, &notices, err);
        for (size_t i = 0; fine && i < notices.count; i++)
            put_waiting(listing, &notices.items[i]);
        sv_store_notices_free(&notices);
        sv_buf_set(&after, sv_buf_slice(&name));
        if (!fine)
            break;
    }
    listing->answer.go_on = "-n";
    sv_buf_uint(&listing->cursor, listing->shown + listing->more);
    sv_buf_free(&name);
    sv_buf_free(&after);
    return fine;
}

/* --- the answer --- */

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct listing *listing = (struct listing *)answer;
    (void)err;
    if (listing->ended)
        return false;
    listing->ended = true;
    *out = sv_buf_slice(&listing->out);
    return true;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct listing *listing = (const struct listing *)answer;
    sv_buf_add(cursor, sv_buf_slice(&listing->cursor));
    return listing->more;
}

static void close_listing(struct sv_answer *answer)
{
    struct listing *listing = (struct listing *)answer;
    sv_store_close(listing->store);
    sv_buf_free(&listing->out);
    sv_buf_free(&listing->cursor);
    sv_free(listing);
}

struct sv_answer *sv_deliveries_open(const struct sv_ask *ask, const struct sv_deliveries *deliveries, struct sv_error *err)
{
    static const struct sv_answer_kind kind = {next, more, close_listing, NULL};
    struct listing *listing = sv_calloc(1, sizeof *listing);
    struct sv_store_spec spec = ask->store;
    *listing = (struct listing){.answer = {.kind = &kind, .status = SV_DONE, .more_at_most = COUNTED_MAX}, .ask = ask, .what = deliveries};
    spec.read_only = true;
    listing->store = sv_store_open(&spec, err);
    if (listing->store != NULL)
        sv_list_head(&ask->list, &listing->out);
    if (listing->store != NULL && (deliveries->waiting ? list_waiting(listing, err) : list_tries(listing, err)))
        return &listing->answer;
    close_listing(&listing->answer);
    return NULL;
}
