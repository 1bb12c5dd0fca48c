/* SPDX-License-Identifier: ISC */
/* Sending: letters are posted into a batch, a batch is one transaction. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "run/mail.h"
#include "run/mail_private.h"
#include "store/team.h"
#include "team/change.h"

enum { BATCH_LETTERS = 50000, BATCH_BYTES = 32 << 20, KNOWN_NAMES = 65536, TOLD = 10, BULK_MIB = 64 };
#define FAMILIAR_NS (30 * 24 * 3600 * SV_SECOND_NS) /* agents seen since then are meant by a team's globs */

enum outcome { OUTCOME_SENT, OUTCOME_TWICE, OUTCOME_REFUSED };

/* A letter on its way to one recipient. */
struct delivery {
    uint32_t letter;
    enum outcome outcome;
    int64_t to, id;
    struct sv_slice name;
};

struct letter {
    struct sv_mail_letter letter;
    int64_t reply_to; /* found */
};

struct sv_mail {
    struct sv_store *store;
    bool is_lent;                   /* the store: it is not closed */
    struct sv_redactor *redactor;
    struct sv_map names;            /* that were looked at: they are names, and no secrets */
    struct letter *letters;         /* [letter_count] of the batch */
    size_t letter_count, letter_capacity, bytes;
    struct delivery *deliveries;
    size_t delivery_count, delivery_capacity;
    struct sv_arena arena;          /* texts of the batch */
    struct sv_paths *paths;         /* of a line of JSON */
    struct sv_arena line_arena;
    struct sv_roster *roster;       /* loaded when a team was written to */
    struct sv_buf scratch;
    struct sv_map strangers;
    struct sv_mail_counts counts;
    int64_t now_ns;                 /* of the batch */
    bool is_sent;                   /* the batch is over: the next post begins another */
};

struct sv_mail *sv_mail_over(struct sv_store *store)
{
    struct sv_mail *mail = sv_calloc(1, sizeof *mail);
    mail->store = store;
    mail->is_lent = true;
    mail->redactor = sv_redactor_new();
    return mail;
}

struct sv_mail *sv_mail_open(const struct sv_store_spec *spec, struct sv_error *err)
{
    struct sv_store *store = sv_store_open(spec, err);
    if (store == NULL)
        return NULL;
    struct sv_mail *mail = sv_mail_over(store);
    mail->is_lent = false;
    return mail;
}

void sv_mail_close(struct sv_mail *mail)
{
    if (mail == NULL)
        return;
    if (!mail->is_lent)
        sv_store_close(mail->store);
    sv_redactor_free(mail->redactor);
    sv_map_free(&mail->names);
    sv_map_free(&mail->strangers);
    sv_free(mail->letters);
    sv_free(mail->deliveries);
    sv_arena_free(&mail->arena);
    sv_arena_free(&mail->line_arena);
    sv_paths_free(mail->paths);
    sv_roster_free(mail->roster);
    sv_buf_free(&mail->scratch);
    sv_free(mail);
}

bool sv_mail_bulk(struct sv_mail *mail, struct sv_error *err)
{
    return sv_store_bulk(mail->store, BULK_MIB, err);
}

const struct sv_mail_counts *sv_mail_counts(const struct sv_mail *mail)
{
    return &mail->counts;
}

size_t sv_mail_posted(const struct sv_mail *mail)
{
    return mail->is_sent ? 0 : mail->letter_count;
}

bool sv_mail_is_full(const struct sv_mail *mail)
{
    return !mail->is_sent && (mail->letter_count >= BATCH_LETTERS || mail->bytes >= BATCH_BYTES);
}

/* --- posting --- */

static void begin_batch(struct sv_mail *mail)
{
    mail->letter_count = mail->delivery_count = mail->bytes = 0;
    mail->is_sent = false;
    sv_arena_reset(&mail->arena);
    sv_map_free(&mail->strangers);
}

static bool check_name(struct sv_mail *mail, struct sv_slice name, const char *which, struct sv_error *err)
{
    if (sv_map_find(&mail->names, name) != NULL)
        return true;
    if (name.len == 0)
        return sv_error_set(err, SV_INPUT, "nobody to send it %s", which);
    if (!sv_roster_name_check(name, err) || !sv_redact_name(mail->redactor, name, err))
        return false;
    if (mail->names.count >= KNOWN_NAMES)
        sv_map_free(&mail->names);
    sv_map_at(&mail->names, name);
    return true;
}

static struct sv_slice keep(struct sv_mail *mail, struct sv_slice text)
{
    sv_buf_clear(&mail->scratch);
    if (text.len == 0 || sv_redact_text(mail->redactor, &mail->scratch, text) == 0)
        return text.len > 0 ? sv_arena_dup(&mail->arena, text) : SV_SLICE("");
    return sv_arena_dup(&mail->arena, sv_buf_slice(&mail->scratch));
}

static bool is_team(struct sv_slice to)
{
    return sv_slice_starts(to, SV_SLICE("team:"));
}

/* What a reply takes from the message that it replies to. */
static bool complete_reply(struct sv_mail *mail, struct letter *kept, struct sv_error *err)
{
    struct sv_mail_letter *letter = &kept->letter;
    struct sv_store_messages found = {0};
    int64_t first, last;
    char id[SV_MESSAGE_ID_LEN + 1];
    bool fine = sv_message_find_ids(letter->reply_to, &first, &last) ||
                sv_error_set(err, SV_INPUT, "\"%.*s\" is the id of no message", SV_ARG(letter->reply_to));
    fine = fine && sv_store_messages_by_id(mail->store, first, last, &found, err);
    if (fine && found.count != 1)
        fine = sv_error_set(err, SV_INPUT, found.count == 0 ? "there is no message %.*s to reply to" : "more than one message begins with %.*s",
                            SV_ARG(letter->reply_to));
    if (fine) {
        const struct sv_store_message *message = &found.items[0];
        sv_message_put_id(message->id, id);
        kept->reply_to = message->id;
        if (letter->to.len == 0)
            letter->to = sv_arena_dup(&mail->arena, message->from);
        if (letter->correlation.len == 0)
            letter->correlation = sv_arena_dup(&mail->arena, message->correlation.len > 0 ? message->correlation : sv_slice(id, SV_MESSAGE_ID_LEN));
        if (letter->subject.len == 0 && message->subject.len > 0 && message->subject.len <= SV_MESSAGE_SUBJECT_MAX - 4)
            letter->subject = sv_arena_printf(&mail->arena, "%s%.*s", sv_slice_starts(message->subject, SV_SLICE("Re: ")) ? "" : "Re: ",
                                              SV_ARG(message->subject));
        if (letter->priority < 0)
            letter->priority = message->priority;
    }
    sv_store_messages_free(&found);
    return fine;
}

static bool check_letter(struct sv_mail *mail, const struct sv_mail_letter *letter, struct sv_error *err)
{
    struct sv_slice to = letter->to;
    if (is_team(to))
        to = sv_slice(to.data + 5, to.len - 5);
    if (!check_name(mail, letter->from, "from", err) || !check_name(mail, to, "to", err))
        return false;
    if (letter->own.len > SV_EVENT_ID_MAX || letter->correlation.len > SV_EVENT_ID_MAX)
        return sv_error_set(err, SV_INPUT, "an id of more than %d bytes", SV_EVENT_ID_MAX);
    return sv_message_check(letter->subject, letter->text, err);
}

bool sv_mail_post(struct sv_mail *mail, const struct sv_mail_letter *letter, struct sv_error *err)
{
    if (mail->is_sent)
        begin_batch(mail);
    struct letter kept = {.letter = *letter};
    if ((letter->reply_to.len > 0 && !complete_reply(mail, &kept, err)) || !check_letter(mail, &kept.letter, err))
        return false;
    struct sv_mail_letter *copy = &kept.letter;
    copy->from = sv_arena_dup(&mail->arena, copy->from);
    copy->to = sv_arena_dup(&mail->arena, copy->to);
    copy->subject = keep(mail, copy->subject);
    copy->text = keep(mail, copy->text);
    copy->own = keep(mail, copy->own);
    copy->correlation = keep(mail, copy->correlation);
    if (copy->priority < 0)
        copy->priority = SV_MESSAGE_PRIORITY;
    if (mail->letter_count == mail->letter_capacity) {
        mail->letter_capacity = mail->letter_capacity > 0 ? 2 * mail->letter_capacity : 64;
        mail->letters = sv_realloc(mail->letters, mail->letter_capacity * sizeof *mail->letters);
    }
    mail->letters[mail->letter_count++] = kept;
    mail->bytes += copy->subject.len + copy->text.len + 100;
    return true;
}

/* --- a line of JSON --- */

enum { K_FROM, K_TO, K_SUBJECT, K_TEXT, K_BODY, K_ID, K_CORRELATION, K_REPLY_TO, K_PARENT, K_PRIORITY, K_EXPIRES, K_COUNT };

static const char *const keys[K_COUNT] = {"from",           "to",       "subject",   "text",     "body",   "id",
                                          "correlation_id", "reply_to", "parent_id", "priority", "expires"};

static struct sv_paths *paths_of(struct sv_mail *mail)
{
    if (mail->paths == NULL) {
        mail->paths = sv_paths_new();
        for (int i = 0; i < K_COUNT; i++)
            sv_paths_want(mail->paths, sv_paths_key(mail->paths, SV_PATHS_ROOT, sv_slice_str(keys[i])));
    }
    return mail->paths;
}

/* A key that is there and no string would be lost without a word. */
static bool are_texts(const struct sv_value slots[K_COUNT], struct sv_error *err)
{
    for (int i = 0; i < K_COUNT; i++)
        if (slots[i].type > SV_NULL && slots[i].type != SV_STRING)
            return sv_error_set(err, SV_INPUT, "\"%s\" is no text", keys[i]);
    return true;
}

static bool expires_at(struct sv_mail_letter *letter, struct sv_slice text, struct sv_error *err)
{
    int64_t span;
    if (sv_time_parse(text, &letter->expires_ns))
        return true;
    if (!sv_duration_parse(text, &span) || __builtin_add_overflow(sv_os_now_ns(), span, &letter->expires_ns))
        return sv_error_set(err, SV_INPUT, "expires \"%.*s\": a time or a duration such as 1h is expected", SV_ARG(text));
    return true;
}

bool sv_mail_post_json(struct sv_mail *mail, const struct sv_mail_letter *otherwise, struct sv_slice line, struct sv_error *err)
{
    struct sv_value slots[K_COUNT] = {{0}};
    struct sv_slice texts[K_COUNT] = {{0}};
    struct sv_mail_letter letter = *otherwise;
    struct sv_slice *const places[K_COUNT] = {
        [K_FROM] = &letter.from,   [K_TO] = &letter.to,     [K_SUBJECT] = &letter.subject,         [K_BODY] = &letter.text,
        [K_TEXT] = &letter.text,   [K_ID] = &letter.own,    [K_CORRELATION] = &letter.correlation, [K_PARENT] = &letter.reply_to,
        [K_REPLY_TO] = &letter.reply_to};
    if (sv_slice_trim(line).data[0] != '{')
        return sv_error_set(err, SV_INPUT, "not a JSON object");
    if (!sv_json_project(paths_of(mail), SV_PATHS_ROOT, line, slots, NULL, err) || !are_texts(slots, err))
        return false;
    for (int i = 0; i < K_COUNT; i++) {
        if (slots[i].type != SV_STRING)
            continue;
        texts[i] = sv_value_string(&slots[i], &mail->line_arena);
        if (places[i] != NULL)
            *places[i] = texts[i];
    }
    bool fine = texts[K_PRIORITY].len == 0 || sv_message_priority(texts[K_PRIORITY], &letter.priority) ||
                sv_error_set(err, SV_INPUT, "priority \"%.*s\": P0, P1, P2 or P3 is expected", SV_ARG(texts[K_PRIORITY]));
    fine = fine && (texts[K_EXPIRES].len == 0 || expires_at(&letter, texts[K_EXPIRES], err)) && sv_mail_post(mail, &letter, err);
    sv_arena_reset(&mail->line_arena);
    return fine;
}

/* --- who gets it --- */

static bool deliver_to(struct sv_mail *mail, size_t letter, struct sv_slice name, struct sv_error *err)
{
    if (mail->delivery_count == mail->delivery_capacity) {
        mail->delivery_capacity = mail->delivery_capacity > 0 ? 2 * mail->delivery_capacity : 64;
        mail->deliveries = sv_realloc(mail->deliveries, mail->delivery_capacity * sizeof *mail->deliveries);
    }
    struct delivery *delivery = &mail->deliveries[mail->delivery_count++];
    *delivery = (struct delivery){.letter = (uint32_t)letter, .name = name};
    return sv_store_agent_id(mail->store, name, &delivery->to, err);
}

/* Agents that a team's globs mean. */
struct familiar {
    struct sv_mail *mail;
    struct sv_slice team;
    struct sv_map names; /* of the team's members, each once */
};

static void take_familiar(void *context, struct sv_slice name)
{
    struct familiar *familiar = context;
    const struct sv_roster_place *place = sv_roster_find(familiar->mail->roster, name, familiar->mail->now_ns);
    if (place != NULL && sv_slice_equal(place->team, familiar->team) && memchr(name.data, '/', name.len) == NULL)
        sv_map_at(&familiar->names, name);
}

static bool load_roster(struct sv_mail *mail, struct sv_error *err)
{
    if (mail->roster != NULL)
        return true;
    mail->roster = sv_roster_new();
    return sv_store_roster_load(mail->store, mail->roster, err);
}

static bool deliver_to_team(struct sv_mail *mail, size_t letter, struct sv_slice team, struct sv_error *err)
{
    struct familiar familiar = {.mail = mail, .team = team};
    if (!load_roster(mail, err))
        return false;
    const struct sv_roster_row *row = sv_roster_named(mail->roster, SV_ROSTER_TEAM, team, mail->now_ns), *member = NULL;
    if (row == NULL)
        return sv_error_set(err, SV_INPUT, "team \"%.*s\" does not exist", SV_ARG(team));
    bool has_globs = false;
    while ((member = sv_roster_below(mail->roster, SV_ROSTER_MEMBER, row->number, member)) != NULL)
        if (sv_roster_holds(member, mail->now_ns) && !sv_roster_is_glob(member->name))
            sv_map_at(&familiar.names, member->name);
        else
            has_globs |= sv_roster_holds(member, mail->now_ns);
    bool fine = !has_globs || sv_store_agents_seen(mail->store, mail->now_ns - FAMILIAR_NS, take_familiar, &familiar, err);
    if (fine && familiar.names.count == 0)
        fine = sv_error_set(err, SV_INPUT, "team \"%.*s\" has no members%s: nobody to send it to", SV_ARG(team),
                            has_globs ? " that were seen lately" : "");
    for (size_t i = 0; fine && i < familiar.names.count; i++)
        fine = deliver_to(mail, letter, sv_arena_dup(&mail->arena, familiar.names.items[i].key), err);
    sv_map_free(&familiar.names);
    return fine;
}

static bool address(struct sv_mail *mail, struct sv_error *err)
{
    mail->delivery_count = 0;
    sv_roster_free(mail->roster); /* it may have changed */
    mail->roster = NULL;
    for (size_t i = 0; i < mail->letter_count; i++) {
        struct sv_slice to = mail->letters[i].letter.to;
        if (!(is_team(to) ? deliver_to_team(mail, i, sv_slice(to.data + 5, to.len - 5), err) : deliver_to(mail, i, to, err)))
            return false;
    }
    return true;
}

/* --- a recipient's part --- */

int64_t sv_mail_queued(const struct sv_store_mailbox *box)
{
    int64_t sum = 0;
    for (int i = 0; i < SV_MESSAGE_PRIORITIES; i++)
        sum += box->queued[i];
    return sum;
}

static bool move_all(struct sv_store *store, struct sv_slice ids, enum sv_message_state state, int64_t now_ns, struct sv_error *err)
{
    for (size_t at = 0; at < ids.len; at += sizeof(int64_t)) {
        int64_t id;
        bool moved;
        memcpy(&id, ids.data + at, sizeof id);
        if (!sv_store_message_move(store, id, state, now_ns, &moved, err))
            return false;
    }
    return true;
}

bool sv_mail_expire(struct sv_store *store, int64_t to, struct sv_store_mailbox *box, int64_t now_ns, struct sv_error *err)
{
    struct sv_buf ids = {0};
    int64_t count[SV_MESSAGE_PRIORITIES] = {0};
    if (box->expires_ns == 0 || box->expires_ns > now_ns)
        return true;
    bool fine = sv_store_messages_expired(store, to, box->since_ns, now_ns, &ids, count, &box->expires_ns, err) &&
                move_all(store, sv_buf_slice(&ids), SV_MESSAGE_EXPIRED, now_ns, err);
    for (int i = 0; i < SV_MESSAGE_PRIORITIES; i++) {
        box->queued[i] -= count[i];
        box->expired += count[i];
    }
    sv_buf_free(&ids);
    return fine;
}

/* The oldest of the least urgent makes room. */
static bool drop(struct sv_mail *mail, int64_t to, struct sv_store_mailbox *box, struct sv_error *err)
{
    struct sv_store_messages oldest = {0};
    bool moved = false, fine = true;
    for (int priority = SV_MESSAGE_PRIORITIES; priority-- > 0 && fine && !moved;) {
        if (box->queued[priority] == 0)
            continue;
        fine = sv_store_messages_queued(mail->store, to, box->since_ns, priority, 1, &oldest, err);
        if (fine && oldest.count == 1)
            fine = sv_store_message_move(mail->store, oldest.items[0].id, SV_MESSAGE_DROPPED, mail->now_ns, &moved, err);
        box->queued[priority] -= moved;
        box->dropped += moved;
        mail->counts.dropped += moved;
        if (moved && sv_mail_queued(box) == box->queued[priority]) /* all others that wait came later */
            box->since_ns = oldest.items[0].id + 1;
    }
    sv_store_messages_free(&oldest);
    return fine;
}

static bool has_room(struct sv_mail *mail, int64_t to, struct sv_store_mailbox *box, bool *has, struct sv_error *err)
{
    int64_t bound = box->bound > 0 ? box->bound : SV_MAILBOX_MAX;
    *has = true;
    if (sv_mail_queued(box) < bound)
        return true;
    if (!sv_mail_expire(mail->store, to, box, mail->now_ns, err))
        return false;
    if (sv_mail_queued(box) >= bound && box->drop_oldest && !drop(mail, to, box, err))
        return false;
    *has = sv_mail_queued(box) < bound;
    return true;
}

/* One that is refused may be there already: then that is what is said. */
static bool refuse(struct sv_mail *mail, struct delivery *delivery, struct sv_store_mailbox *box, struct sv_error *err)
{
    const struct sv_mail_letter *letter = &mail->letters[delivery->letter].letter;
    int64_t from;
    if (letter->own.len > 0 && (!sv_store_agent_id(mail->store, letter->from, &from, err) ||
                                !sv_store_message_own(mail->store, letter->own, from, delivery->to, &delivery->id, err)))
        return false;
    delivery->outcome = delivery->id != 0 ? OUTCOME_TWICE : OUTCOME_REFUSED;
    box->rejected += delivery->id == 0;
    return true;
}

static bool put_one(struct sv_mail *mail, struct delivery *delivery, struct sv_store_mailbox *box, int64_t *next_id, struct sv_error *err)
{
    const struct letter *kept = &mail->letters[delivery->letter];
    const struct sv_mail_letter *letter = &kept->letter;
    struct sv_store_message message = {.id = *next_id,
                                       .own = letter->own,
                                       .subject = letter->subject,
                                       .body = letter->text,
                                       .correlation = letter->correlation,
                                       .reply_to = kept->reply_to,
                                       .priority = letter->priority,
                                       .expires_ns = letter->expires_ns};
    int64_t from;
    bool added;
    if (!sv_store_agent_id(mail->store, letter->from, &from, err) ||
        !sv_store_message_add(mail->store, &message, from, delivery->to, &added, err))
        return false;
    delivery->id = message.id;
    delivery->outcome = added ? OUTCOME_SENT : OUTCOME_TWICE;
    if (!added)
        return true;
    if (sv_mail_queued(box) == 0)
        box->since_ns = message.id;
    box->queued[letter->priority]++;
    box->received++;
    if (letter->expires_ns != 0 && (box->expires_ns == 0 || letter->expires_ns < box->expires_ns))
        box->expires_ns = letter->expires_ns;
    ++*next_id;
    return true;
}

/* Has anybody heard of this one: was it seen, has it sent something, or is it in the roster? */
static bool note_stranger(struct sv_mail *mail, const struct delivery *delivery, struct sv_error *err)
{
    struct sv_store_messages sent = {0};
    int64_t seen_ns;
    bool fine = sv_store_agent_last_seen(mail->store, delivery->to, &seen_ns, err) &&
                sv_store_messages(mail->store, SV_MAIL_FROM, delivery->to, INT64_MAX, 1, &sent, err) && load_roster(mail, err);
    bool is_known = seen_ns != 0 || sent.count > 0;
    sv_store_messages_free(&sent);
    if (!fine)
        return false;
    if (!is_known && sv_roster_find(mail->roster, delivery->name, mail->now_ns) == NULL &&
        sv_roster_named(mail->roster, SV_ROSTER_SUPERVISOR, delivery->name, mail->now_ns) == NULL)
        sv_map_at(&mail->strangers, delivery->name);
    return true;
}

/* All that goes to one recipient. */
static bool put_group(struct sv_mail *mail, struct delivery *group, size_t count, int64_t *next_id, struct sv_error *err)
{
    struct sv_store_mailbox box;
    if (!sv_store_mailbox_get(mail->store, group->to, &box, err) || (!box.is_there && !note_stranger(mail, group, err)))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool has;
        if (!has_room(mail, group->to, &box, &has, err))
            return false;
        if (!(has ? put_one(mail, &group[i], &box, next_id, err) : refuse(mail, &group[i], &box, err)))
            return false;
    }
    return sv_store_mailbox_put(mail->store, group->to, &box, err);
}

/* By recipient, so that a mailbox is looked at once and its messages lie together; else in their order. */
static int by_recipient(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;
    if (x->to != y->to)
        return (x->to > y->to) - (x->to < y->to);
    return (x->letter > y->letter) - (x->letter < y->letter);
}

static size_t group_at(const struct sv_mail *mail, size_t start)
{
    size_t end = start + 1;
    while (end < mail->delivery_count && mail->deliveries[end].to == mail->deliveries[start].to)
        end++;
    return end;
}

static bool put_all(struct sv_mail *mail, struct sv_error *err)
{
    int64_t last;
    if (!sv_store_message_last(mail->store, &last, err))
        return false;
    int64_t next_id = mail->now_ns > last ? mail->now_ns : last + 1;
    qsort(mail->deliveries, mail->delivery_count, sizeof *mail->deliveries, by_recipient);
    for (size_t start = 0, end; start < mail->delivery_count; start = end) {
        end = group_at(mail, start);
        if (!put_group(mail, &mail->deliveries[start], end - start, &next_id, err))
            return false;
    }
    return true;
}

/* --- what was refused --- */

static void tell_refused(struct sv_mail *mail, struct sv_findings *findings)
{
    const struct delivery *last = NULL; /* that was told: those to one stand together */
    size_t told = 0;
    for (size_t i = 0; i < mail->delivery_count && told < TOLD; i++) {
        const struct delivery *delivery = &mail->deliveries[i];
        if (delivery->outcome != OUTCOME_REFUSED || (last != NULL && last->to == delivery->to))
            continue;
        last = delivery;
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "the mailbox of \"%.*s\" is full: it has to read, or its bound to be raised (inbox --bound)", SV_ARG(delivery->name));
        sv_findings_add(findings, &err);
        told++;
    }
}

/* Only that it was refused is kept. */
static bool count_refused(struct sv_mail *mail, struct sv_error *err)
{
    if (!sv_store_begin(mail->store, err))
        return false;
    for (size_t i = 0; i < mail->delivery_count; i++) {
        struct sv_store_mailbox box;
        int64_t to;
        if (mail->deliveries[i].outcome != OUTCOME_REFUSED)
            continue;
        if (!sv_store_agent_id(mail->store, mail->deliveries[i].name, &to, err) || !sv_store_mailbox_get(mail->store, to, &box, err))
            return false;
        box.rejected++;
        if (!sv_store_mailbox_put(mail->store, to, &box, err))
            return false;
    }
    return sv_store_commit(mail->store, err);
}

static uint64_t count_of(const struct sv_mail *mail, enum outcome outcome)
{
    uint64_t count = 0;
    for (size_t i = 0; i < mail->delivery_count; i++)
        count += mail->deliveries[i].outcome == outcome;
    return count;
}

static void ring_all(struct sv_mail *mail)
{
    for (size_t start = 0; start < mail->delivery_count; start = group_at(mail, start))
        sv_store_ring(mail->store, mail->deliveries[start].name);
}

bool sv_mail_send(struct sv_mail *mail, bool whole, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_mail_counts before = mail->counts;
    if (mail->is_sent)
        begin_batch(mail);
    mail->is_sent = true;
    mail->now_ns = sv_os_now_ns();
    mail->delivery_count = 0;
    if (mail->letter_count == 0)
        return true;
    bool fine = sv_store_begin(mail->store, err) && address(mail, err) && put_all(mail, err);
    uint64_t refused = fine ? count_of(mail, OUTCOME_REFUSED) : 0;
    /* Who is woken takes it with a commit of his own, which brings both to the disk: he need not wait until this one has done so. */
    if (fine && !(whole && refused > 0) && sv_store_commit_later(mail->store, err)) {
        ring_all(mail);
        if (sv_store_commit_rest(mail->store, err)) {
            mail->counts.sent += count_of(mail, OUTCOME_SENT);
            mail->counts.twice += count_of(mail, OUTCOME_TWICE);
            mail->counts.refused += refused;
            tell_refused(mail, findings);
            return true;
        }
        fine = false;
    }
    sv_store_rollback(mail->store);
    mail->counts = before;
    if (fine && whole && refused > 0) {
        tell_refused(mail, findings);
        mail->counts.refused += refused;
        if (count_refused(mail, err))
            sv_findings_fail(findings, "nothing was sent", err);
        sv_store_rollback(mail->store);
    }
    mail->delivery_count = 0;
    return false;
}

/* --- what was sent --- */

static int by_letter(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;
    return x->letter != y->letter ? (x->letter > y->letter) - (x->letter < y->letter) : (x->id > y->id) - (x->id < y->id);
}

void sv_mail_put_sent(struct sv_mail *mail, const struct sv_list *list, struct sv_buf *out)
{
    if (mail->delivery_count > 0)
        qsort(mail->deliveries, mail->delivery_count, sizeof *mail->deliveries, by_letter);
    for (size_t i = 0; i < mail->delivery_count; i++) {
        const struct delivery *delivery = &mail->deliveries[i];
        const struct letter *kept = &mail->letters[delivery->letter];
        const struct sv_mail_letter *letter = &kept->letter;
        char id[SV_MESSAGE_ID_LEN + 1];
        if (delivery->outcome == OUTCOME_REFUSED)
            continue;
        sv_message_put_id(delivery->id, id);
        if (list->form == SV_LIST_TEXT) {
            sv_buf_printf(out, "%s\n", id);
            continue;
        }
        struct sv_store_message message = {.id = delivery->id,
                                           .own = letter->own,
                                           .from = letter->from,
                                           .to = delivery->name,
                                           .subject = letter->subject,
                                           .body = letter->text,
                                           .correlation = letter->correlation,
                                           .reply_to = kept->reply_to,
                                           .priority = letter->priority,
                                           .expires_ns = letter->expires_ns};
        sv_mail_put_row(list, out, &message, mail->now_ns);
    }
}

void sv_mail_put_strangers(struct sv_mail *mail, struct sv_buf *out)
{
    enum { NAMED = 5 };
    for (size_t i = 0; i < mail->strangers.count && i < NAMED; i++)
        sv_buf_printf(out, "%s\"%.*s\"", i > 0 ? ", " : "", SV_ARG(mail->strangers.items[i].key));
    if (mail->strangers.count > NAMED)
        sv_buf_printf(out, " and %zu more", mail->strangers.count - NAMED);
}
