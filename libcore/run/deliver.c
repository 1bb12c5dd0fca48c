/* SPDX-License-Identifier: ISC */
#include "run/deliver.h"

#include <unistd.h>

#include "alert/notice.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/os.h"
#include "base/process.h"
#include "base/time.h"
#include "policy/kind.h"
#include "run/tell.h"
#include "store/outbox.h"

#define FIRST_PAUSE_NS (15 * SV_SECOND_NS)
#define LONGEST_PAUSE_NS (600 * SV_SECOND_NS)
#define LEASE_NS (60 * SV_SECOND_NS) /* beyond a receiver's time: to be claimed, started, and written down */
enum { REMARKS = 10, FAILURES = 2 /* of a receiver in a row, then it is left alone for a while */, AT_A_TIME = 256 /* claimed in one transaction */ };

/* A receiver's name, as long as this runs. */
struct way {
    const struct sv_receiver *receiver; /* NULL: alerts.yaml has none of this name */
    size_t running;
    uint64_t failures;       /* in a row */
    int64_t closed_until_ns; /* 0: open */
};

/* One that was claimed. */
struct job {
    struct job *next;              /* spare, or ended */
    struct job *older;             /* of all that there are */
    struct sv_telling telling;
    struct sv_store_notice notice; /* its texts are its own */
    struct sv_arena arena;
    struct way *way;
    int64_t started_ns, ended_ns;
};

struct delivering {
    const struct sv_deliver_spec *spec;
    struct sv_store *store;
    struct sv_children *children;
    struct sv_teller *teller;
    struct sv_map ways;
    struct sv_arena arena;       /* of ways */
    struct job *spare, *ended;   /* ended: to be written down */
    struct job *newest;          /* of all: those whose programs run, too */
    struct sv_buf after, owner;  /* where the next look at receivers begins; who we are */
    int64_t until_ns;            /* what is due later is left to others, so that this ends; INT64_MAX while somebody may ring */
    struct sv_deliver_counts *counts;
    struct sv_buf *remarks;
    size_t remark_count;
};

int64_t sv_deliver_pause_ns(uint64_t attempt, struct sv_slice key)
{
    int64_t pause_ns = FIRST_PAUSE_NS;
    for (uint64_t i = 1; i < attempt && pause_ns < LONGEST_PAUSE_NS; i++)
        pause_ns *= 2;
    pause_ns = pause_ns < LONGEST_PAUSE_NS ? pause_ns : LONGEST_PAUSE_NS;
    return pause_ns + (int64_t)(sv_hash(key) % (uint64_t)(pause_ns / 4));
}

static struct way *way_of(struct delivering *d, struct sv_slice name)
{
    struct sv_map_item *item = sv_map_at(&d->ways, name);
    if (item->pointer == NULL) {
        struct way *way = sv_arena_calloc(&d->arena, 1, sizeof *way);
        way->receiver = sv_alert_receiver(d->spec->config, name);
        item->pointer = way;
    }
    return item->pointer;
}

static bool is_stopped(const struct delivering *d)
{
    return d->spec->stop != NULL && *d->spec->stop;
}

/* --- jobs --- */

static struct job *new_job(struct delivering *d)
{
    struct job *job = d->spare;
    if (job == NULL) {
        job = sv_calloc(1, sizeof *job);
        job->older = d->newest;
        return d->newest = job;
    }
    d->spare = job->next;
    sv_arena_reset(&job->arena);
    return job;
}

static void free_jobs(struct job *job)
{
    while (job != NULL) {
        struct job *next = job->older;
        sv_telling_free(&job->telling);
        sv_arena_free(&job->arena);
        sv_free(job);
        job = next;
    }
}

static void end_job(struct delivering *d, struct job *job)
{
    job->ended_ns = sv_os_now_ns();
    job->way->running--;
    if (job->telling.fate != SV_FATE_AGAIN)
        job->way->failures = 0;
    else if (++job->way->failures >= FAILURES)
        job->way->closed_until_ns = sv_time_plus(job->ended_ns, sv_deliver_pause_ns(job->way->failures - FAILURES + 1, job->notice.receiver));
    job->next = d->ended;
    d->ended = job;
}

static void begin_job(struct delivering *d, const struct sv_store_notice *notice, struct way *way)
{
    static const struct sv_receiver nobody = {.kind = SV_RECEIVER_NONE};
    struct job *job = new_job(d);
    job->notice = *notice;
    job->notice.notification = sv_arena_dup(&job->arena, notice->notification);
    job->notice.receiver = sv_arena_dup(&job->arena, notice->receiver);
    job->notice.payload = sv_arena_dup(&job->arena, notice->payload);
    job->way = way;
    job->started_ns = sv_os_now_ns();
    way->running++;
    bool runs = sv_tell_begin(d->teller, &job->telling, way->receiver != NULL ? way->receiver : &nobody, job->notice.payload,
                              job->notice.notification, job->notice.attempts);
    if (way->receiver == NULL) {
        job->telling.fate = SV_FATE_AGAIN;
        sv_buf_str(&job->telling.answer, "alerts.yaml has no receiver of this name");
    }
    if (!runs)
        end_job(d, job);
}

/* --- what came of it --- */

static void put_remark(struct delivering *d, const struct job *job, bool given_up, int64_t next_ns)
{
    if (d->remarks == NULL || d->remark_count++ >= REMARKS)
        return;
    struct sv_slice answer = sv_buf_slice(&job->telling.answer);
    sv_buf_printf(d->remarks, "receiver %.*s: %.*s; ", SV_ARG(job->notice.receiver), SV_ARG(answer));
    if (given_up) {
        sv_buf_printf(d->remarks, "given up after %llu tries (sv-alert deliveries)\n", (unsigned long long)job->notice.attempts);
        return;
    }
    sv_buf_str(d->remarks, "tried again at ");
    sv_time_format(d->remarks, next_ns / SV_SECOND_NS * SV_SECOND_NS);
    sv_buf_char(d->remarks, '\n');
}

/* Is it not tried again? */
static bool is_given_up(const struct job *job)
{
    uint64_t retries = job->way->receiver != NULL ? job->way->receiver->retries : SV_RECEIVER_RETRIES;
    return job->telling.fate == SV_FATE_REFUSED || (job->telling.fate == SV_FATE_AGAIN && job->notice.attempts > retries);
}

static int64_t next_try_ns(const struct job *job)
{
    return sv_time_plus(job->ended_ns, sv_deliver_pause_ns(job->notice.attempts, job->notice.notification));
}

static bool record_job(struct delivering *d, struct job *job, struct sv_error *err)
{
    const struct sv_telling *telling = &job->telling;
    struct sv_slice answer = sv_buf_slice(&telling->answer), owner = sv_buf_slice(&d->owner);
    bool given_up = is_given_up(job), was_ours;
    struct sv_store_delivery delivery = {.notice = job->notice.id,
                                         .attempt = job->notice.attempts,
                                         .receiver = job->notice.receiver,
                                         .started_ns = job->started_ns,
                                         .ended_ns = job->ended_ns,
                                         .status = telling->status,
                                         .answer = answer};
    delivery.outcome = given_up ? SV_DELIVERY_GIVEN_UP : telling->fate == SV_FATE_TOLD ? SV_DELIVERY_SENT : SV_DELIVERY_FAILED;
    if (!sv_store_delivery_add(d->store, &delivery, err))
        return false;
    if (delivery.outcome == SV_DELIVERY_FAILED)
        return sv_store_outbox_retry(d->store, job->notice.id, owner, next_try_ns(job), answer, &was_ours, err);
    return sv_store_outbox_finish(d->store, job->notice.id, owner, given_up ? SV_OUTBOX_GIVEN_UP : SV_OUTBOX_SENT, job->ended_ns, answer, &was_ours,
                                  err);
}

static void count_job(struct delivering *d, const struct job *job)
{
    bool given_up = is_given_up(job);
    if (job->telling.fate == SV_FATE_TOLD) {
        d->counts->told++;
        return;
    }
    d->counts->failed += !given_up;
    d->counts->given_up += given_up;
    put_remark(d, job, given_up, next_try_ns(job));
}

static bool record(struct delivering *d, struct sv_error *err)
{
    if (d->ended == NULL)
        return true;
    bool fine = sv_store_begin(d->store, err);
    for (struct job *job = d->ended; job != NULL && fine; job = job->next)
        fine = record_job(d, job, err);
    if (!fine || !sv_store_commit(d->store, err)) {
        sv_store_rollback(d->store);
        return false;
    }
    while (d->ended != NULL) {
        struct job *job = d->ended;
        count_job(d, job);
        d->ended = job->next;
        job->next = d->spare;
        d->spare = job;
    }
    return true;
}

/* --- what is due --- */

/* How many of this receiver may be begun now; 0 with *next_ns lowered to when it may. */
static size_t room_of(const struct way *way, int64_t now_ns, int64_t due_ns, int64_t *next_ns)
{
    int64_t open_ns = due_ns > way->closed_until_ns ? due_ns : way->closed_until_ns;
    size_t most = way->failures >= FAILURES ? 1 : SV_DELIVER_PER_RECEIVER;
    if (open_ns > now_ns) {
        *next_ns = open_ns < *next_ns ? open_ns : *next_ns;
        return 0;
    }
    return way->running < most ? most - way->running : 0;
}

/* Receivers with something due, from where the last look ended, once around; as long as there is room. */
struct look {
    struct way *ways[AT_A_TIME];
    struct sv_slice names[AT_A_TIME];
    size_t most[AT_A_TIME], count;
    size_t room;
    int64_t next_ns; /* when something is due that is not yet, or a receiver is open again */
};

static bool look_at(struct delivering *d, struct look *look, int64_t now_ns, bool *again, struct sv_error *err)
{
    struct sv_buf name = {0};
    int64_t due_ns;
    bool fine = sv_store_outbox_receiver(d->store, sv_buf_slice(&d->after), &name, &due_ns, err);
    *again = fine && name.len > 0;
    if (*again) {
        struct way *way = way_of(d, sv_buf_slice(&name));
        size_t most = room_of(way, now_ns, due_ns, &look->next_ns);
        most = most < look->room ? most : look->room;
        if (most > 0) {
            look->ways[look->count] = way;
            look->names[look->count] = sv_map_find(&d->ways, sv_buf_slice(&name))->key;
            look->most[look->count++] = most;
            look->room -= most;
        }
    }
    sv_buf_set(&d->after, sv_buf_slice(&name));
    sv_buf_free(&name);
    return fine;
}

static int64_t due_by(const struct delivering *d)
{
    int64_t now_ns = sv_os_now_ns();
    return now_ns < d->until_ns ? now_ns : d->until_ns;
}

static bool look_around(struct delivering *d, struct look *look, struct sv_error *err)
{
    int64_t now_ns = due_by(d);
    bool again = true, from_start = d->after.len == 0, fine = true;
    struct sv_buf start = {0};
    sv_buf_set(&start, sv_buf_slice(&d->after));
    look->room = SV_DELIVER_AT_ONCE - sv_children_running(d->children);
    look->next_ns = INT64_MAX;
    while (fine && again && look->room > 0 && look->count < AT_A_TIME) {
        fine = look_at(d, look, now_ns, &again, err);
        if (!again && !from_start) { /* behind the last: from the first on, to where we began */
            from_start = again = true;
            continue;
        }
        if (from_start && start.len > 0 && again && sv_slice_compare(sv_buf_slice(&d->after), sv_buf_slice(&start)) >= 0)
            break;
    }
    sv_buf_free(&start);
    return fine;
}

static bool claim(struct delivering *d, const struct look *look, struct sv_store_notices *claimed, struct sv_error *err)
{
    int64_t now_ns = sv_os_now_ns(), due_ns = due_by(d);
    bool fine = sv_store_begin(d->store, err);
    for (size_t i = 0; i < look->count && fine; i++) {
        int64_t limit_ns = look->ways[i]->receiver != NULL ? look->ways[i]->receiver->timeout_ns : 0;
        fine = sv_store_outbox_claim(d->store, look->names[i], due_ns, sv_time_plus(now_ns, sv_time_plus(LEASE_NS, limit_ns)),
                                     sv_buf_slice(&d->owner), look->most[i], claimed, err);
    }
    if (fine && sv_store_commit(d->store, err))
        return true;
    sv_store_rollback(d->store);
    return false;
}

/* Begins what is due as far as there is room. *begun: how many; *next_ns: when to look again. */
static bool begin_due(struct delivering *d, size_t *begun, int64_t *next_ns, struct sv_error *err)
{
    struct look look = {0};
    struct sv_store_notices claimed = {0};
    bool fine = look_around(d, &look, err) && (look.count == 0 || claim(d, &look, &claimed, err));
    *begun = fine ? claimed.count : 0;
    *next_ns = look.next_ns;
    for (size_t i = 0; i < *begun; i++)
        begin_job(d, &claimed.items[i], way_of(d, claimed.items[i].receiver));
    sv_store_notices_free(&claimed);
    return fine;
}

/* --- the loop --- */

/* Reads the bell; false: nobody is left to ring it. */
static bool hear(int wake)
{
    char rings[256];
    return sv_os_read(wake, rings, sizeof rings) > 0;
}

/* Until one has ended (then all that have), the bell rings, or it is time to look. */
static void wait_for(struct delivering *d, int *wake, int64_t next_ns)
{
    const int64_t longest_ns = 60 * SV_SECOND_NS;
    struct sv_child_end end;
    int64_t left_ns = next_ns == INT64_MAX ? longest_ns : next_ns - sv_os_now_ns();
    left_ns = left_ns < 1000000 ? 1000000 : left_ns < longest_ns ? left_ns : longest_ns;
    int64_t until_ns = sv_os_monotonic_ns() + left_ns;
    enum sv_children_what what;
    while ((what = sv_children_next(d->children, *wake, until_ns, &end)) == SV_CHILDREN_ENDED) {
        struct job *job = (struct job *)(void *)((char *)end.owner - offsetof(struct job, telling));
        sv_tell_end(d->teller, &job->telling, &end);
        end_job(d, job);
        until_ns = 0; /* no more waiting */
    }
    if (what == SV_CHILDREN_WAKE && !hear(*wake))
        *wake = -1;
}

static bool deliver_all(struct delivering *d, struct sv_error *err)
{
    int wake = d->spec->wake;
    d->until_ns = INT64_MAX;
    while (!is_stopped(d)) {
        size_t begun = 0;
        int64_t next_ns = INT64_MAX;
        if (wake < 0 && d->until_ns == INT64_MAX)
            d->until_ns = sv_os_now_ns();
        if (sv_children_running(d->children) < SV_DELIVER_AT_ONCE && !begin_due(d, &begun, &next_ns, err))
            return false;
        if (d->ended == NULL && (sv_children_running(d->children) > 0 || (begun == 0 && wake >= 0)))
            wait_for(d, &wake, next_ns);
        bool idle = begun == 0 && d->ended == NULL && sv_children_running(d->children) == 0 && wake < 0;
        if (!record(d, err))
            return false;
        if (idle)
            return true;
    }
    return true;
}

bool sv_deliver(const struct sv_deliver_spec *spec, struct sv_deliver_counts *counts, struct sv_buf *remarks, struct sv_error *err)
{
    struct delivering d = {.spec = spec, .counts = counts, .remarks = remarks};
    *counts = (struct sv_deliver_counts){0};
    d.store = sv_store_open(&spec->store, err);
    if (d.store == NULL)
        return false;
    sv_os_host(&d.owner);
    sv_buf_printf(&d.owner, ":%ld:%llx", (long)getpid(), (unsigned long long)sv_os_monotonic_ns());
    d.children = sv_children_new(SV_DELIVER_AT_ONCE);
    d.teller = sv_teller_new(spec->config, d.store, d.children);
    bool fine = deliver_all(&d, err);
    sv_children_free(d.children);
    sv_teller_free(d.teller);
    free_jobs(d.newest);
    sv_map_free(&d.ways);
    sv_arena_free(&d.arena);
    sv_buf_free(&d.after);
    sv_buf_free(&d.owner);
    sv_store_close(d.store);
    return fine;
}

/* --- a test --- */

static void put_test_notice(struct sv_buf *out, struct sv_slice receiver, struct sv_slice key, int64_t now_ns)
{
    static const struct sv_slice by[] = {{"policy", 6}, {"agent", 5}}, values[] = {{"test", 4}, {"sv-alert", 8}};
    struct sv_group_alert alert = {.id = SV_SLICE("test"),
                                   .body = SV_SLICE("{\"type\":\"evaluation\",\"policy\":\"test\",\"severity\":\"info\",\"agent\":\"sv-alert\","
                                                    "\"message\":\"this is a test, nothing has happened\"}"),
                                   .started_ns = now_ns,
                                   .last_ns = now_ns,
                                   .count = 1};
    const struct sv_group_alert *alerts[] = {&alert};
    struct sv_notice notice = {.key = key, .group = key, .receiver = receiver, .by = by, .values = values, .by_count = 2, .why = SV_GROUP_NEW,
                               .now_ns = now_ns, .is_test = true};
    sv_notice_put(out, &notice, alerts, 1);
}

static void tell_once(const struct sv_alert_config *config, struct sv_store *store, const struct sv_receiver *receiver, struct sv_telling *telling)
{
    struct sv_children *children = sv_children_new(1);
    struct sv_teller *teller = sv_teller_new(config, store, children);
    struct sv_buf notice = {0}, key = {0};
    struct sv_child_end end;
    int64_t now_ns = sv_os_now_ns();
    sv_buf_printf(&key, "test-%llx", (unsigned long long)now_ns);
    put_test_notice(&notice, receiver->name, sv_buf_slice(&key), now_ns);
    if (sv_tell_begin(teller, telling, receiver, sv_buf_slice(&notice), sv_buf_slice(&key), 1)) {
        while (sv_children_next(children, -1, INT64_MAX, &end) != SV_CHILDREN_ENDED)
            ;
        sv_tell_end(teller, telling, &end);
    }
    sv_teller_free(teller);
    sv_children_free(children);
    sv_buf_free(&notice);
    sv_buf_free(&key);
}

bool sv_deliver_test(const struct sv_deliver_spec *spec, struct sv_slice receiver, bool *told, struct sv_buf *answer, struct sv_error *err)
{
    const struct sv_receiver *to = sv_alert_receiver(spec->config, receiver);
    struct sv_telling telling = {0};
    struct sv_store *store = NULL;
    if (to == NULL)
        return sv_error_set(err, SV_USAGE, "no receiver is called \"%.*s\"", SV_ARG(receiver));
    if (to->kind == SV_RECEIVER_NONE)
        return sv_error_set(err, SV_USAGE, "receiver \"%.*s\" tells nobody", SV_ARG(receiver));
    if (to->kind == SV_RECEIVER_MAILBOX && (store = sv_store_open(&spec->store, err)) == NULL)
        return false;
    tell_once(spec->config, store, to, &telling);
    *told = telling.fate == SV_FATE_TOLD;
    sv_buf_add(answer, sv_buf_slice(&telling.answer));
    sv_telling_free(&telling);
    sv_store_close(store);
    return true;
}

/* --- beside --- */

struct start {
    const struct sv_deliver_spec *spec;
    int wake, bell;
};

static int body(void *context)
{
    const struct start *start = context;
    struct sv_deliver_spec spec = *start->spec;
    struct sv_deliver_counts counts;
    struct sv_error err = {0};
    sv_os_close(start->bell);
    spec.wake = start->wake;
    while (hear(spec.wake)) { /* no store before there is something in it */
        if (sv_deliver(&spec, &counts, NULL, &err))
            return SV_DONE;
        err = (struct sv_error){0}; /* what it claimed is told when its lease is over; with the next ring it tries again */
    }
    return SV_DONE;
}

bool sv_deliver_beside(const struct sv_deliver_spec *spec, struct sv_beside *beside, struct sv_error *err)
{
    struct start start = {.spec = spec};
    *beside = (struct sv_beside){.bell = -1};
    if (!sv_process_pipe(&start.wake, &start.bell, err))
        return false;
    beside->pid = sv_process_leave(body, &start, err);
    sv_os_close(start.wake);
    if (beside->pid < 0) {
        sv_os_close(start.bell);
        return false;
    }
    beside->bell = start.bell;
    return true;
}

void sv_deliver_ring(const struct sv_beside *beside)
{
    if (beside->bell >= 0)
        sv_os_write_some(beside->bell, sv_slice("", 1)); /* full: it rings already */
}

void sv_deliver_leave(struct sv_beside *beside)
{
    sv_os_close(beside->bell);
    beside->bell = -1;
}
