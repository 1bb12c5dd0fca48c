/* SPDX-License-Identifier: ISC */
/* What is there, against what must be. */
#include "base/num.h"
#include "run/load_private.h"

/* A bit for each event of one source of them, from 1 on. */
struct seen {
    uint8_t *bits;
    uint64_t count;       /* that must be there */
    uint64_t twice, found;
};

static struct seen seen_of(uint64_t count)
{
    return (struct seen){.bits = sv_calloc(count / 8 + 1, 1), .count = count};
}

static void see(struct seen *seen, uint64_t number)
{
    if (number == 0 || number > seen->count)
        return; /* fed, and not answered when a process was killed: that it is there does no harm */
    uint8_t bit = (uint8_t)(1u << number % 8);
    if (seen->bits[number / 8] & bit) {
        seen->twice++;
        return;
    }
    seen->bits[number / 8] |= bit;
    seen->found++;
}

static void add_up(struct seen *seen, struct sv_load_outcome *outcome)
{
    outcome->lost += seen->count - seen->found;
    outcome->doubled += seen->twice;
    sv_free(seen->bits);
}

struct counting {
    struct seen *all;
    uint64_t count;
};

static void on_evaluation(void *context, struct sv_slice event)
{
    struct counting *counting = context;
    uint32_t mark;
    uint64_t number;
    if (sv_fleet_read_id(event, &mark, &number) && mark < counting->count)
        see(&counting->all[mark], number);
}

/* Each event that was sent has one row of the policy that finds them all. Those that were not sent, as it was too late, are not
 * lost; but they were not answered. */
static bool count_fleet(struct sv_load *load, struct sv_store *store, struct sv_load_outcome *outcome, struct sv_error *err)
{
    struct counting counting = {.count = load->scenario->supervisors};
    counting.all = sv_calloc(counting.count, sizeof *counting.all);
    for (uint64_t i = 0; i < counting.count; i++) {
        const struct sv_load_feed *feed = &load->feeds[i];
        uint64_t answered = load->supervisor_sums[i].answer.total, asked = feed->made + feed->skipped;
        counting.all[i] = seen_of(feed->made - feed->dropped);
        outcome->unanswered += asked > answered ? asked - answered : 0;
    }
    bool fine = sv_store_told_by_policy(store, SV_LOAD_POLICY, on_evaluation, &counting, err);
    for (uint64_t i = 0; i < counting.count; i++)
        add_up(&counting.all[i], outcome);
    sv_free(counting.all);
    return fine;
}

static void on_event(void *context, struct sv_slice event)
{
    const char *dash = event.len > 0 ? memchr(event.data, '-', event.len) : NULL;
    uint64_t number;
    if (dash != NULL && sv_num_uint(sv_slice(dash + 1, (size_t)(sv_slice_end(event) - dash) - 1), &number))
        see(context, number);
}

typedef bool teller(struct sv_store *store, const char *name, void (*take)(void *context, struct sv_slice id), void *context, struct sv_error *err);

/* What a user said to have stored so many of. */
static bool count_made(struct sv_store *store, uint32_t user, uint64_t made, teller *tell, struct sv_load_outcome *outcome, struct sv_error *err)
{
    struct seen seen = seen_of(made);
    struct sv_buf name = {0};
    sv_load_put_session(&name, user);
    bool fine = made == 0 || tell(store, sv_buf_cstr(&name), on_event, &seen, err);
    sv_buf_free(&name);
    add_up(&seen, outcome);
    return fine;
}

static bool count_user(struct sv_load *load, struct sv_store *store, uint32_t user, struct sv_load_outcome *outcome, struct sv_error *err)
{
    const struct sv_load_user_sum *sum = &load->user_sums[user];
    return count_made(store, user, sum->emitted, sv_store_told_by_session, outcome, err) &&
           count_made(store, user, sum->sent, sv_store_told_by_sender, outcome, err);
}

static void on_row(void *context, struct sv_slice event)
{
    (void)event;
    ++*(uint64_t *)context;
}

static bool count_rows(struct sv_load *load, struct sv_store *store, struct sv_load_outcome *outcome, struct sv_error *err)
{
    uint64_t wanted = 0, found = 0;
    for (size_t i = 0; i < load->user_count; i++)
        wanted += load->user_sums[i].rows;
    if (wanted == 0)
        return true;
    if (!sv_store_told_by_policy(store, "bench-rows", on_row, &found, err))
        return false;
    outcome->lost += found < wanted ? wanted - found : 0;
    outcome->doubled += found > wanted ? found - wanted : 0;
    return true;
}

bool sv_load_count(struct sv_load *load, struct sv_load_outcome *outcome, struct sv_error *err)
{
    struct sv_store_spec spec = load->store;
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL && (!load->scenario->has_fleet || count_fleet(load, store, outcome, err)) && count_rows(load, store, outcome, err);
    for (uint32_t i = 0; fine && i < load->user_count; i++)
        fine = count_user(load, store, i, outcome, err);
    sv_store_close(store);
    return fine;
}
