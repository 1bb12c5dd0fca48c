/* SPDX-License-Identifier: ISC */
/* Mailboxes: what is in them, what is opened and dealt with, waiting for more. */
#include "base/os.h"
#include "base/time.h"
#include "report/table.h"
#include "run/mail.h"
#include "run/mail_private.h"
#include "run/private.h"

/* Part of the manual: new ones go to the end. */
enum {
    C_ID, C_STATE, C_PRIORITY, C_TIME, C_FROM, C_TO, C_SUBJECT, C_TYPE, C_AGENT, C_TEXT, C_CORRELATION, C_PARENT, C_OWN, C_DELIVERED, C_READ,
    C_ACKED, C_EXPIRES, C_AGE, C_COUNT
};

const struct sv_list_column sv_mail_columns[] = {
    [C_ID] = {"id", 13, 13, false, false, false},
    [C_STATE] = {"state", 9, 9, false, false, false},
    [C_PRIORITY] = {"priority", 8, 8, false, false, false},
    [C_TIME] = {"time", 11, 11, false, false, false},
    [C_FROM] = {"from", 8, 24, false, false, false},
    [C_TO] = {"to", 8, 24, false, false, false},
    [C_SUBJECT] = {"subject", 10, 0, true, false, false},
    [C_TYPE] = {"type", 0, 12, false, false, false},
    [C_AGENT] = {"agent", 0, 24, false, false, false},
    [C_TEXT] = {"text", 0, 40, false, false, false},
    [C_CORRELATION] = {"correlation_id", 0, 24, false, false, false},
    [C_PARENT] = {"parent_id", 0, 13, false, false, false},
    [C_OWN] = {"own_id", 0, 24, false, false, false},
    [C_DELIVERED] = {"delivered", 0, 11, false, false, false},
    [C_READ] = {"read", 0, 11, false, false, false},
    [C_ACKED] = {"acked", 0, 11, false, false, false},
    [C_EXPIRES] = {"expires", 0, 11, false, false, false},
    [C_AGE] = {"age_s", 0, 8, false, false, true},
};
const size_t sv_mail_column_count = C_COUNT;

static enum sv_color state_color(enum sv_message_state state, int priority)
{
    if (state == SV_MESSAGE_QUEUED)
        return priority == 0 ? SV_COLOR_RED : SV_COLOR_YELLOW;
    return state >= SV_MESSAGE_EXPIRED ? SV_COLOR_DIM : SV_COLOR_NONE;
}

void sv_mail_put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_store_message *message, int64_t now_ns)
{
    char id[SV_MESSAGE_ID_LEN + 1], parent[SV_MESSAGE_ID_LEN + 1];
    enum sv_message_state state = sv_message_now(message->state, message->expires_ns, now_ns);
    sv_message_put_id(message->id, id);
    sv_message_put_id(message->reply_to, parent);
    struct sv_list_cell cells[C_COUNT] = {
        [C_ID] = sv_ask_text(sv_slice(id, SV_MESSAGE_ID_LEN)),
        [C_STATE] = sv_ask_text(sv_slice_str(sv_message_word(state))),
        [C_PRIORITY] = sv_ask_text(sv_ask_priority(message->priority)),
        [C_TIME] = sv_ask_time(message->id),
        [C_FROM] = sv_ask_text(message->from),
        [C_TO] = sv_ask_text(message->to),
        [C_SUBJECT] = sv_ask_text(message->subject),
        [C_TYPE] = sv_ask_text(SV_SLICE("message.sent")),
        [C_AGENT] = sv_ask_text(message->from),
        [C_TEXT] = sv_ask_text(message->body),
        [C_CORRELATION] = sv_ask_text(message->correlation),
        [C_PARENT] = sv_ask_text(sv_slice(parent, message->reply_to != 0 ? SV_MESSAGE_ID_LEN : 0)),
        [C_OWN] = sv_ask_text(message->own),
        [C_DELIVERED] = sv_ask_time(message->delivered_ns),
        [C_READ] = sv_ask_time(message->read_ns),
        [C_ACKED] = sv_ask_time(message->acked_ns),
        [C_EXPIRES] = sv_ask_time(message->expires_ns),
        [C_AGE] = sv_ask_number(true, now_ns > message->id ? (now_ns - message->id) / SV_SECOND_NS : 0),
    };
    cells[C_STATE].color = state_color(state, message->priority);
    sv_list_row(list, out, cells);
}

static void put_head(struct sv_buf *out, const char *name, struct sv_slice text)
{
    if (text.len == 0)
        return;
    sv_buf_printf(out, "%s: ", name);
    sv_text_safe(out, text);
    sv_buf_char(out, '\n');
}

void sv_mail_put_text(struct sv_buf *out, const struct sv_store_message *message, int64_t now_ns, bool utc)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    struct sv_buf time = {0};
    sv_message_put_id(message->id, id);
    sv_run_summary_put_time(&time, message->id, utc);
    put_head(out, "id", sv_slice(id, SV_MESSAGE_ID_LEN));
    put_head(out, "from", message->from);
    put_head(out, "to", message->to);
    put_head(out, "subject", message->subject);
    put_head(out, "time", sv_buf_slice(&time));
    put_head(out, "state", sv_slice_str(sv_message_word(sv_message_now(message->state, message->expires_ns, now_ns))));
    put_head(out, "correlation", message->correlation);
    if (message->reply_to != 0) {
        sv_message_put_id(message->reply_to, id);
        put_head(out, "reply to", sv_slice(id, SV_MESSAGE_ID_LEN));
    }
    sv_buf_char(out, '\n');
    for (struct sv_slice rest = message->body; rest.len > 0;) { /* a line end is one, all else is made safe */
        const char *stop = memchr(rest.data, '\n', rest.len);
        size_t len = stop != NULL ? (size_t)(stop - rest.data) : rest.len;
        sv_text_safe(out, sv_slice(rest.data, len));
        sv_buf_char(out, '\n');
        len += stop != NULL;
        rest = sv_slice(rest.data + len, rest.len - len);
    }
    sv_buf_char(out, '\n');
    sv_buf_free(&time);
}

/* --- on to another state --- */

/* Mailboxes as messages leave them: the one in hand is written when another comes, and at the end. */
struct leaving {
    struct sv_store *store;
    struct sv_slice name; /* whose it is; empty: none is in hand */
    int64_t to;
    struct sv_store_mailbox box;
};

static bool put_back(struct leaving *leaving, struct sv_error *err)
{
    return leaving->name.len == 0 || sv_store_mailbox_put(leaving->store, leaving->to, &leaving->box, err);
}

/* What a mailbox has less to wait for. */
static bool take_from_queue(struct leaving *leaving, const struct sv_store_message *message, struct sv_error *err)
{
    if (!sv_slice_equal(leaving->name, message->to)) {
        if (!put_back(leaving, err) || !sv_store_agent_id(leaving->store, message->to, &leaving->to, err) ||
            !sv_store_mailbox_get(leaving->store, leaving->to, &leaving->box, err))
            return false;
        leaving->name = message->to;
    }
    int64_t *queued = &leaving->box.queued[message->priority & 3];
    *queued -= *queued > 0;
    if (sv_mail_queued(&leaving->box) == 0)
        leaving->box.since_ns = message->id + 1;
    return true;
}

static bool move(struct leaving *leaving, struct sv_store_message *message, enum sv_message_state state, int64_t now_ns, struct sv_error *err)
{
    bool moved;
    if (!sv_store_message_move(leaving->store, message->id, state, now_ns, &moved, err))
        return false;
    if (moved && message->state == SV_MESSAGE_QUEUED && !take_from_queue(leaving, message, err))
        return false;
    if (!moved)
        return true;
    message->state = state;
    message->delivered_ns = message->delivered_ns != 0 ? message->delivered_ns : now_ns;
    if (state >= SV_MESSAGE_READ)
        message->read_ns = message->read_ns != 0 ? message->read_ns : now_ns;
    if (state >= SV_MESSAGE_ACKED)
        message->acked_ns = now_ns;
    return true;
}

/* In one transaction: those that are before this state. What expired stays so. */
static bool move_all(struct sv_store *store, struct sv_store_messages *messages, enum sv_message_state state, int64_t now_ns, struct sv_error *err)
{
    struct leaving leaving = {.store = store};
    for (size_t i = 0; i < messages->count; i++)
        if (messages->items[i].state < state &&
            (state == SV_MESSAGE_ACKED || sv_message_now(messages->items[i].state, messages->items[i].expires_ns, now_ns) < state) &&
            !move(&leaving, &messages->items[i], state, now_ns, err))
            return false;
    return put_back(&leaving, err);
}

/* --- answers --- */

struct box {
    struct sv_answer answer;
    const struct sv_ask *ask;
    struct sv_store *store;
    struct sv_mail_inbox inbox;
    int64_t agent, from, before, now_ns;
    int64_t shown_id;
    size_t shown;
    uint64_t more;
    struct sv_store_messages page;
    struct sv_buf out;
    bool headed, ended;
};

static void close_box(struct sv_answer *answer)
{
    struct box *box = (struct box *)answer;
    sv_store_close(box->store);
    sv_store_messages_free(&box->page);
    sv_buf_free(&box->out);
    sv_free(box);
}

/* The marks of who was shown what need not be on the disk: after a power cut it is shown again. */
static struct box *open_box(const struct sv_ask *ask, bool read_only, struct sv_error *err)
{
    struct box *box = sv_calloc(1, sizeof *box);
    struct sv_store_spec store = ask->store;
    store.read_only = read_only;
    store.sync_normal = true;
    box->ask = ask;
    box->now_ns = sv_os_now_ns();
    box->before = INT64_MAX;
    box->store = sv_store_open(&store, err);
    if (box->store != NULL)
        return box;
    close_box(&box->answer);
    return NULL;
}

static bool is_wanted(const struct box *box, const struct sv_store_message *message)
{
    if (box->inbox.has_state && sv_message_now(message->state, message->expires_ns, box->now_ns) != box->inbox.state)
        return false;
    return box->inbox.from == NULL || sv_slice_is(message->from, box->inbox.from);
}

/* What is shown to its recipient is delivered. */
static bool mark_shown(struct box *box, struct sv_store_messages *shown, struct sv_error *err)
{
    bool any = false;
    for (size_t i = 0; i < shown->count; i++)
        any |= sv_message_now(shown->items[i].state, shown->items[i].expires_ns, box->now_ns) == SV_MESSAGE_QUEUED;
    if (!any || box->inbox.peek || box->inbox.agent == NULL)
        return true;
    if (sv_store_begin(box->store, err) && move_all(box->store, shown, SV_MESSAGE_DELIVERED, box->now_ns, err) && sv_store_commit(box->store, err))
        return true;
    sv_store_rollback(box->store);
    return false;
}

enum { PAGE = 500, COUNTED_MAX = 1000 };

/* Moves those wanted to the front; counts what is over the number asked for. */
static void choose(struct box *box)
{
    size_t kept = 0, count = box->page.count;
    for (size_t i = 0; i < count; i++) {
        struct sv_store_message *message = &box->page.items[i];
        box->before = message->id;
        if (box->ask->has_since && message->id < box->ask->since_ns) {
            box->ended = true;
            break;
        }
        if (!is_wanted(box, message))
            continue;
        if (box->shown < box->ask->number) {
            box->shown++;
            box->shown_id = message->id;
            box->page.items[kept++] = *message;
        } else if (++box->more >= COUNTED_MAX) {
            box->ended = true;
            break;
        }
    }
    box->ended |= count == 0;
    box->page.count = kept;
}

/* Where nothing but the way and times choose, those that are left out need not be read. */
static bool count_more(struct box *box, enum sv_store_mail_way way, int64_t whose, struct sv_error *err)
{
    bool is_plain = !box->inbox.has_state && (box->inbox.from == NULL || way == SV_MAIL_FROM);
    if (!is_plain || box->ended || box->shown < box->ask->number)
        return true;
    box->ended = true;
    return sv_store_messages_count(box->store, way, whose, box->before, box->ask->has_since ? box->ask->since_ns : INT64_MIN, COUNTED_MAX, &box->more, err);
}

static bool next_inbox(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct box *box = (struct box *)answer;
    sv_buf_clear(&box->out);
    if (box->ended)
        return false;
    enum sv_store_mail_way way = box->inbox.agent != NULL ? SV_MAIL_TO : box->inbox.from != NULL ? SV_MAIL_FROM : SV_MAIL_ALL;
    int64_t whose = way == SV_MAIL_TO ? box->agent : way == SV_MAIL_FROM ? box->from : 0;
    size_t most = box->shown < box->ask->number && box->ask->number - box->shown < PAGE ? box->ask->number - box->shown : PAGE;
    if (!box->headed)
        sv_list_head(&box->ask->list, &box->out);
    box->headed = true;
    sv_store_messages_free(&box->page);
    if (!sv_store_messages(box->store, way, whose, box->before, most, &box->page, err))
        return false;
    choose(box);
    if (!count_more(box, way, whose, err) || !mark_shown(box, &box->page, err))
        return false;
    for (size_t i = 0; i < box->page.count; i++)
        sv_mail_put_row(&box->ask->list, &box->out, &box->page.items[i], box->now_ns);
    *out = sv_buf_slice(&box->out);
    return true;
}

static uint64_t more_inbox(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct box *box = (const struct box *)answer;
    sv_ask_put_cursor(cursor, box->shown_id, 0);
    return box->more;
}

static const struct sv_answer_kind inbox_kind = {.next = next_inbox, .more = more_inbox, .close = close_box};

/* How much a mailbox takes, and what then: its owner says so. */
static bool settle(struct box *box, struct sv_error *err)
{
    struct sv_store_mailbox mailbox;
    int64_t agent;
    bool fine = sv_store_begin(box->store, err) && sv_store_agent_id(box->store, sv_slice_str(box->inbox.agent), &agent, err) &&
                sv_store_mailbox_get(box->store, agent, &mailbox, err);
    if (fine) {
        mailbox.bound = box->inbox.bound > 0 ? box->inbox.bound : mailbox.bound;
        mailbox.drop_oldest = box->inbox.has_full ? box->inbox.drop_oldest : mailbox.drop_oldest;
        fine = sv_store_mailbox_put(box->store, agent, &mailbox, err) && sv_store_commit(box->store, err);
    }
    if (!fine)
        sv_store_rollback(box->store);
    box->ended = true;
    return fine;
}

static bool find_agents(struct box *box, struct sv_error *err)
{
    if (box->inbox.agent != NULL && !sv_store_agent_id(box->store, sv_slice_str(box->inbox.agent), &box->agent, err))
        return false;
    return box->inbox.from == NULL || sv_store_agent_id(box->store, sv_slice_str(box->inbox.from), &box->from, err);
}

struct sv_answer *sv_mail_inbox_open(const struct sv_ask *ask, const struct sv_mail_inbox *inbox, struct sv_error *err)
{
    struct box *box = open_box(ask, inbox->agent == NULL || (inbox->peek && !inbox->settle), err);
    if (box == NULL)
        return NULL;
    box->answer.kind = &inbox_kind;
    box->inbox = *inbox;
    box->answer.more_at_most = COUNTED_MAX;
    if (ask->has_until)
        box->before = ask->until_ns;
    int64_t time_ns, number;
    bool fine = inbox->settle ? settle(box, err) : find_agents(box, err);
    if (fine && ask->before != NULL && (fine = sv_ask_take_cursor(ask->before, &time_ns, &number, err)))
        box->before = time_ns < box->before ? time_ns : box->before;
    if (fine)
        return &box->answer;
    close_box(&box->answer);
    return NULL;
}

/* --- read, ack --- */

static void put_all(struct box *box)
{
    sv_buf_clear(&box->out);
    if (box->ask->list.form == SV_LIST_TEXT) {
        for (size_t i = 0; i < box->page.count; i++)
            sv_mail_put_text(&box->out, &box->page.items[i], box->now_ns, box->ask->list.utc);
        return;
    }
    sv_list_head(&box->ask->list, &box->out);
    for (size_t i = 0; i < box->page.count; i++)
        sv_mail_put_row(&box->ask->list, &box->out, &box->page.items[i], box->now_ns);
}

/* What was put, or NULL; ends it. */
static struct sv_answer *answer_of(struct box *box, bool fine, enum sv_code status)
{
    struct sv_answer *answer = fine ? sv_answer_ready(&box->out, status) : NULL;
    close_box(&box->answer);
    return answer;
}

static bool find_one(struct box *box, struct sv_slice id, struct sv_error *wrong, struct sv_error *err)
{
    int64_t first, last;
    size_t before = box->page.count;
    if (!sv_message_find_ids(id, &first, &last)) {
        sv_error_set(wrong, SV_INPUT, "\"%.*s\" is the id of no message", SV_ARG(id));
        return true;
    }
    if (!sv_store_messages_by_id(box->store, first, last, &box->page, err))
        return false;
    if (box->page.count == before)
        sv_error_set(wrong, SV_INPUT, "there is no message %.*s", SV_ARG(id));
    else if (box->page.count > before + 1)
        sv_error_set(wrong, SV_INPUT, "more than one message begins with %.*s", SV_ARG(id));
    return true;
}

static bool find_all(struct box *box, struct sv_findings *findings, struct sv_error *err)
{
    for (size_t i = 0; i < box->ask->operand_count; i++) {
        struct sv_error wrong = {0};
        if (!find_one(box, sv_slice_str(box->ask->operands[i]), &wrong, err))
            return false;
        if (wrong.code != SV_DONE)
            sv_findings_add(findings, &wrong);
    }
    return findings->count == 0 || sv_findings_fail(findings, "nothing was changed", err);
}

struct sv_answer *sv_mail_open_messages(const struct sv_ask *ask, bool ack, struct sv_findings *findings, struct sv_error *err)
{
    struct box *box = open_box(ask, false, err);
    if (box == NULL)
        return NULL;
    bool fine = sv_store_begin(box->store, err) && find_all(box, findings, err) &&
                move_all(box->store, &box->page, ack ? SV_MESSAGE_ACKED : SV_MESSAGE_READ, box->now_ns, err) && sv_store_commit(box->store, err);
    if (fine && !ack)
        put_all(box);
    if (!fine)
        sv_store_rollback(box->store);
    return answer_of(box, fine, SV_DONE);
}

/* --- wait --- */

enum { LOOK_MS = 1000 }; /* who waits also looks by himself so often: a bell may have been missed */

static bool anything_waits(struct box *box, bool *waits, struct sv_error *err)
{
    struct sv_store_mailbox mailbox;
    *waits = false;
    if (box->agent == 0 && !sv_store_agent_id(box->store, sv_slice_str(box->inbox.agent), &box->agent, err))
        return false;
    if (box->agent == 0)
        return true;
    if (!sv_store_mailbox_get(box->store, box->agent, &mailbox, err))
        return false;
    *waits = sv_mail_queued(&mailbox) > 0;
    return true;
}

static bool take_waiting(struct box *box, const struct sv_store_mailbox *mailbox, struct sv_error *err)
{
    for (int priority = 0; priority < SV_MESSAGE_PRIORITIES && box->page.count < box->ask->number; priority++)
        if (mailbox->queued[priority] > 0 && !sv_store_messages_queued(box->store, box->agent, mailbox->since_ns, priority,
                                                                       box->ask->number - box->page.count, &box->page, err))
            return false;
    return true;
}

/* Where all that still waits is of one priority, it came later than what was just taken of that. */
static void move_since(struct box *box, struct sv_store_mailbox *mailbox)
{
    const struct sv_store_message *last = box->page.count > 0 ? &box->page.items[box->page.count - 1] : NULL;
    if (last != NULL && mailbox->queued[last->priority & 3] == sv_mail_queued(mailbox))
        mailbox->since_ns = last->id + 1;
}

static bool deliver_inside(struct box *box, struct sv_error *err)
{
    struct sv_store_mailbox mailbox;
    if (!sv_store_mailbox_get(box->store, box->agent, &mailbox, err) ||
        !sv_mail_expire(box->store, box->agent, &mailbox, box->now_ns, err) || !take_waiting(box, &mailbox, err))
        return false;
    for (size_t i = 0; i < box->page.count; i++) {
        struct sv_store_message *message = &box->page.items[i];
        bool moved;
        if (!sv_store_message_move(box->store, message->id, SV_MESSAGE_DELIVERED, box->now_ns, &moved, err))
            return false;
        mailbox.queued[message->priority & 3] -= moved;
        message->state = SV_MESSAGE_DELIVERED;
        message->delivered_ns = box->now_ns;
    }
    move_since(box, &mailbox);
    return sv_store_mailbox_put(box->store, box->agent, &mailbox, err);
}

static bool deliver(struct box *box, struct sv_error *err)
{
    box->now_ns = sv_os_now_ns();
    sv_store_messages_free(&box->page);
    if (sv_store_begin(box->store, err) && deliver_inside(box, err) && sv_store_commit(box->store, err))
        return true;
    sv_store_rollback(box->store);
    return false;
}

static bool wait_for(struct box *box, const struct sv_mail_wait *wait, struct sv_error *err)
{
    struct sv_slice name = sv_slice_str(wait->agent);
    int64_t start = sv_os_monotonic_ns();
    for (;;) {
        uint32_t bell = sv_store_bell(box->store, name);
        bool waits;
        if (!anything_waits(box, &waits, err) || (waits && !deliver(box, err)))
            return false;
        if (box->page.count > 0 || (wait->stop != NULL && *wait->stop != 0))
            return true;
        int64_t left_ns = wait->timeout_ns < 0 ? INT64_MAX : start + wait->timeout_ns - sv_os_monotonic_ns();
        if (left_ns <= 0)
            return true;
        sv_store_listen(box->store, name, bell, left_ns < LOOK_MS * INT64_C(1000000) ? (int)(left_ns / 1000000) + 1 : LOOK_MS);
    }
}

struct sv_answer *sv_mail_wait_open(const struct sv_ask *ask, const struct sv_mail_wait *wait, struct sv_error *err)
{
    struct box *box = open_box(ask, false, err);
    if (box == NULL)
        return NULL;
    box->inbox.agent = wait->agent;
    bool fine = wait_for(box, wait, err), any = box->page.count > 0;
    if (fine && any)
        put_all(box);
    return answer_of(box, fine, any ? SV_DONE : SV_FOUND);
}
