/* SPDX-License-Identifier: ISC */
#include "run/ahead.h"

#include <pthread.h>
#include <signal.h>

#include "cel/regex.h"

enum {
    BLOCK_BYTES = 192 << 10,
    BLOCKS_EACH = 3,          /* a thread: one at work, one before it, one behind it */
    WORTH_BYTES = 8 << 20     /* of less the threads would be made for nothing */
};

enum block_state { FREE, WAITING, TAKEN, JUDGED };

struct item {
    struct sv_record record; /* text.data: set once the block is full */
    size_t at;               /* of the text in the block */
    struct sv_ahead_seen seen;
};

struct block {
    char *text;
    size_t len, room;
    struct item *items;
    size_t count, capacity;
    enum block_state state;
};

/* All that a thread works with: nothing of it is another's. The run's own judge uses the run's policies, in the run's thread. */
struct judge {
    struct sv_ahead *ahead;
    pthread_t thread;
    bool is_started, is_own; /* the set is its own */
    struct sv_schema *schema;
    struct sv_policies *set;
    struct sv_reader_spec spec;
    struct sv_reader *reader;
    struct sv_event event;
    struct sv_arena record_arena, batch_arena;
    struct sv_matcher matcher;
    struct sv_hits hits;
    struct item *item;    /* in hand */
    struct sv_error why;  /* it was refused: nobody asks */
};

struct sv_ahead {
    struct sv_run *run;
    const struct sv_format *native;
    struct judge *judges;    /* [judge_count]; the first is the run's */
    size_t judge_count, block_bytes;
    pthread_mutex_t lock;    /* of the blocks' states and of `ends` */
    pthread_cond_t changed;
    bool ends;
    bool is_off;             /* other policies are in force: nothing is judged any more */
    struct block *blocks;    /* a ring: `first` is the oldest of `used`; the last of them may still be filled */
    size_t block_count, first, used;
    bool is_filling;
    size_t next;             /* item of the oldest block to hand out */
    bool has_input;          /* what the input gave last waits until the blocks are through */
    enum sv_input_state input;
    struct sv_record record;
    struct sv_error err;
};

/* ---- judging ---- */

static bool lies_in(struct sv_slice part, struct sv_slice text)
{
    return part.data >= text.data && part.data + part.len <= text.data + text.len;
}

/* A text that outlives the judge's arena: one of the record, or of --set. */
static bool is_lasting(const struct judge *judge, const struct sv_event *event, enum sv_field field)
{
    const struct sv_value *value = &event->slots[field], *preset = judge->spec.preset;
    return !(value->flags & SV_ESCAPED) &&
           (lies_in(sv_value_raw(*value), judge->item->record.text) || (preset != NULL && preset[field].type == SV_STRING && preset[field].s == value->s));
}

static int64_t count_of(const struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_INT && event->slots[field].i > 0 ? event->slots[field].i : 0;
}

static bool is_plain(struct judge *judge, struct sv_event *event)
{
    struct sv_ahead_seen *seen = &judge->item->seen;
    const struct sv_value *slots = event->slots;
    if (slots[SV_F_TYPE].type != SV_STRING || !lies_in(sv_value_raw(slots[SV_F_TYPE]), judge->item->record.text) ||
        slots[SV_F_PARENT_AGENT].type != SV_ABSENT || /* who is whose parent, the engine wants to know */
        (judge->schema->used[SV_F_ID] && event->has_made_id)) /* of the file, which the judge does not know */
        return false;
    seen->format = judge->ahead->native;
    seen->type = sv_value_raw(slots[SV_F_TYPE]);
    seen->has_time = event->has_time;
    seen->time_ns = event->time_ns;
    seen->is_outside = sv_run_is_outside(&judge->ahead->run->spec, event);
    if (seen->is_outside)
        return true;
    if (slots[SV_F_AGENT].type == SV_STRING) {
        if (!is_lasting(judge, event, SV_F_AGENT))
            return false;
        seen->agent = sv_value_raw(slots[SV_F_AGENT]);
        seen->agent.data = seen->agent.len > 0 ? seen->agent.data : "";
    }
    seen->input_tokens = count_of(event, SV_F_INPUT_TOKENS);
    seen->output_tokens = count_of(event, SV_F_OUTPUT_TOKENS);
    seen->has_cost = slots[SV_F_COST_USD].type == SV_DOUBLE;
    seen->cost_usd = seen->has_cost ? slots[SV_F_COST_USD].d : 0;
    if (!seen->has_cost && (seen->input_tokens > 0 || seen->output_tokens > 0)) /* tokens without a price have a line in the ledger */
        return false;
    uint64_t absent = judge->matcher.absent;
    judge->matcher.is_met = false;
    sv_policies_match(judge->set, event, &judge->matcher, &judge->hits);
    seen->absent = judge->matcher.absent - absent;
    return !judge->matcher.is_met;
}

static void on_event(void *context, struct sv_event *event)
{
    struct judge *judge = context;
    judge->item->seen.is_plain = is_plain(judge, event);
}

/* Records that are refused, of several events, or odd in any way are the run's. */
static void judge_item(struct judge *judge, struct item *item)
{
    struct sv_reader_counts *counts = &judge->spec.counts;
    judge->item = item;
    item->seen.is_plain = false;
    *counts = (struct sv_reader_counts){0};
    enum sv_record_result result =
        sv_reader_record(judge->reader, item->record.text, &(struct sv_place){.record = item->record.number}, &judge->why);
    if (result != SV_RECORD_USED || counts->events != 1 || counts->odd + counts->bad_time + counts->ahead > 0)
        item->seen.is_plain = false;
    sv_arena_reset(&judge->record_arena);
}

static void judge_block(struct judge *judge, struct block *block)
{
    for (size_t i = 0; i < block->count; i++)
        judge_item(judge, &block->items[i]);
}

/* ---- judges ---- */

static void open_judge(struct judge *judge, struct sv_schema *schema, struct sv_policies *set)
{
    struct sv_run *run = judge->ahead->run;
    judge->schema = schema;
    judge->set = set;
    judge->event.arena = &judge->record_arena;
    sv_event_clear(&judge->event, schema);
    judge->matcher = (struct sv_matcher){.batch = &judge->batch_arena, .only_asks = true};
    judge->spec = (struct sv_reader_spec){.schema = schema,
                                          .format = judge->ahead->native,
                                          .prices = run->prices,
                                          .event = &judge->event,
                                          .arena = &judge->record_arena,
                                          .preset = run->spec.preset,
                                          .latest_ns = run->reader_spec.latest_ns,
                                          .sink = on_event,
                                          .context = judge};
    judge->reader = sv_reader_new(&judge->spec, SV_SLICE(""), SV_SLICE(""));
}

static void close_judge(struct judge *judge)
{
    sv_reader_free(judge->reader);
    sv_matcher_free(&judge->matcher);
    sv_event_free(&judge->event);
    sv_arena_free(&judge->record_arena);
    sv_arena_free(&judge->batch_arena);
    sv_free(judge->hits.items);
    if (judge->is_own) {
        sv_policies_free(judge->set);
        sv_schema_free(judge->schema);
    }
}

/* The first block that waits becomes this judge's; NULL: none does. With the lock. */
static struct block *take_block(struct sv_ahead *ahead)
{
    for (size_t i = 0; i < ahead->used; i++) {
        struct block *block = &ahead->blocks[(ahead->first + i) % ahead->block_count];
        if (block->state == WAITING) {
            block->state = TAKEN;
            return block;
        }
    }
    return NULL;
}

static void put_back(struct sv_ahead *ahead, struct block *block)
{
    pthread_mutex_lock(&ahead->lock);
    block->state = JUDGED;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void *work(void *context)
{
    struct judge *judge = context;
    struct sv_ahead *ahead = judge->ahead;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->ends) {
        struct block *block = take_block(ahead);
        if (block == NULL) {
            pthread_cond_wait(&ahead->changed, &ahead->lock);
            continue;
        }
        pthread_mutex_unlock(&ahead->lock);
        judge_block(judge, block);
        put_back(ahead, block);
        pthread_mutex_lock(&ahead->lock);
    }
    pthread_mutex_unlock(&ahead->lock);
    sv_regex_forget();
    return NULL;
}

/* Policies of its own, if the files still say what the run has; all signals are the run's. */
static bool start_judge(struct judge *judge)
{
    struct sv_run *run = judge->ahead->run;
    struct sv_schema *schema;
    struct sv_policies *set = sv_run_load_more(run, &schema);
    if (set == NULL)
        return false;
    judge->is_own = true;
    open_judge(judge, schema, set);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    judge->is_started = pthread_create(&judge->thread, NULL, work, judge) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return judge->is_started;
}

/* ---- the ring ---- */

static struct block *oldest(struct sv_ahead *ahead)
{
    return &ahead->blocks[ahead->first];
}

static struct block *newest(struct sv_ahead *ahead)
{
    return &ahead->blocks[(ahead->first + ahead->used - 1) % ahead->block_count];
}

/* What is in the newest block is to be judged. */
static void close_block(struct sv_ahead *ahead)
{
    struct block *block = newest(ahead);
    ahead->is_filling = false;
    for (size_t i = 0; i < block->count; i++)
        block->items[i].record.text.data = block->text + block->items[i].at;
    pthread_mutex_lock(&ahead->lock);
    block->state = WAITING;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

/* False: there is no free block for it. */
static bool add_record(struct sv_ahead *ahead, const struct sv_record *record)
{
    struct block *block = ahead->is_filling ? newest(ahead) : NULL;
    if (block != NULL && block->len + record->text.len > ahead->block_bytes) {
        close_block(ahead);
        block = NULL;
    }
    if (block == NULL) {
        if (ahead->used == ahead->block_count)
            return false;
        pthread_mutex_lock(&ahead->lock); /* threads look at how many are used */
        ahead->used++;
        block = newest(ahead);
        block->state = FREE;
        pthread_mutex_unlock(&ahead->lock);
        block->len = block->count = 0;
        ahead->is_filling = true;
    }
    if (block->len + record->text.len > block->room) {
        block->room = record->text.len > ahead->block_bytes ? record->text.len : ahead->block_bytes;
        block->text = sv_realloc(block->text, block->room);
    }
    block->items = sv_grow(block->items, block->count, &block->capacity, sizeof *block->items);
    struct item *item = &block->items[block->count++];
    item->record = *record;
    item->at = block->len;
    item->seen = (struct sv_ahead_seen){0};
    memcpy(block->text + block->len, record->text.data, record->text.len);
    block->len += record->text.len;
    return true;
}

/* Native records of a file whose format is known. */
static bool may_be_judged(const struct sv_ahead *ahead, const struct sv_record *record)
{
    const struct sv_run *run = ahead->run;
    if (ahead->is_off || record->flaw != NULL || record->text.len == 0 || record->source >= run->source_count)
        return false;
    const struct sv_run_source *source = &run->sources[record->source];
    return source->reader != NULL && !source->is_live && sv_reader_format(source->reader) == ahead->native;
}

/* Reads until there is no room, or something that has to wait for the blocks before it. */
static void read_ahead(struct sv_ahead *ahead, int wait_ms)
{
    while (!ahead->has_input) {
        if (ahead->used == ahead->block_count && !ahead->is_filling)
            return;
        ahead->input = sv_input_next(ahead->run->input, &ahead->record, ahead->used > 0 ? 0 : wait_ms, &ahead->err);
        ahead->has_input = ahead->input != SV_INPUT_RECORD || !may_be_judged(ahead, &ahead->record) || !add_record(ahead, &ahead->record);
    }
    if (ahead->is_filling && ahead->used < ahead->block_count) /* else it waits for its turn, and may grow no more */
        close_block(ahead);
}

/* Until the oldest block is judged: by a thread, or by us. */
static void await_oldest(struct sv_ahead *ahead)
{
    struct block *block = oldest(ahead);
    if (ahead->is_filling && ahead->used == 1)
        close_block(ahead);
    pthread_mutex_lock(&ahead->lock);
    while (block->state != JUDGED) {
        struct block *ours = take_block(ahead);
        if (ours == NULL) {
            pthread_cond_wait(&ahead->changed, &ahead->lock);
            continue;
        }
        pthread_mutex_unlock(&ahead->lock);
        if (!ahead->is_off)
            judge_block(&ahead->judges[0], ours);
        put_back(ahead, ours);
        pthread_mutex_lock(&ahead->lock);
    }
    pthread_mutex_unlock(&ahead->lock);
}

/* The oldest block is through. */
static void drop_oldest(struct sv_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    oldest(ahead)->state = FREE;
    ahead->first = (ahead->first + 1) % ahead->block_count;
    ahead->used--;
    pthread_mutex_unlock(&ahead->lock);
    ahead->next = 0;
}

enum sv_input_state sv_ahead_next(struct sv_ahead *ahead, struct sv_record *record, const struct sv_ahead_seen **seen, int wait_ms,
                                  struct sv_error *err)
{
    *seen = NULL;
    if (ahead->used > 0 && ahead->next > 0 && ahead->next == oldest(ahead)->count)
        drop_oldest(ahead);
    if (ahead->next == 0) {
        if (ahead->has_input && ahead->input == SV_INPUT_RECORD && ahead->used < ahead->block_count && may_be_judged(ahead, &ahead->record))
            ahead->has_input = !add_record(ahead, &ahead->record); /* it waited for room only */
        read_ahead(ahead, wait_ms);
        if (ahead->used > 0)
            await_oldest(ahead);
    }
    if (ahead->used > 0) {
        struct item *item = &oldest(ahead)->items[ahead->next++];
        *record = item->record;
        *seen = ahead->is_off ? NULL : &item->seen;
        return SV_INPUT_RECORD;
    }
    ahead->has_input = false;
    *record = ahead->record;
    *err = ahead->err;
    ahead->err = (struct sv_error){0};
    return ahead->input;
}

void sv_ahead_forget(struct sv_ahead *ahead)
{
    if (ahead != NULL)
        ahead->is_off = true;
}

/* ---- life ---- */

/* What the run does beside matching, event by event, is the run's: with such work there is nothing to gain. */
static bool is_for_threads(const struct sv_run *run)
{
    const struct sv_run_spec *spec = &run->spec;
    int64_t done, total;
    if (spec->jobs < 2 || spec->convert || spec->collect || spec->record || spec->resume || spec->follow || spec->all || spec->probe != NULL ||
        spec->into != NULL || run->policies == NULL || sv_run_is_live(run))
        return false;
    sv_input_progress(run->input, &done, &total);
    return spec->block_bytes > 0 || total >= WORTH_BYTES;
}

struct sv_ahead *sv_ahead_new(struct sv_run *run)
{
    if (!is_for_threads(run))
        return NULL;
    struct sv_ahead *ahead = sv_calloc(1, sizeof *ahead);
    size_t jobs = run->spec.jobs < SV_RUN_JOBS_MAX ? run->spec.jobs : SV_RUN_JOBS_MAX;
    ahead->run = run;
    ahead->native = sv_format_find(SV_SLICE("sv"));
    ahead->block_bytes = run->spec.block_bytes > 0 ? run->spec.block_bytes : BLOCK_BYTES;
    ahead->block_count = jobs * BLOCKS_EACH;
    ahead->blocks = sv_calloc(ahead->block_count, sizeof *ahead->blocks);
    ahead->judges = sv_calloc(jobs, sizeof *ahead->judges);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    for (size_t i = 0; i < jobs; i++)
        ahead->judges[i].ahead = ahead;
    open_judge(&ahead->judges[0], run->schema, run->policies);
    ahead->judge_count = 1;
    while (ahead->judge_count < jobs && start_judge(&ahead->judges[ahead->judge_count]))
        ahead->judge_count++;
    return ahead;
}

void sv_ahead_free(struct sv_ahead *ahead)
{
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->ends = true;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    for (size_t i = 0; i < ahead->judge_count; i++)
        if (ahead->judges[i].is_started)
            pthread_join(ahead->judges[i].thread, NULL);
    for (size_t i = 0; i < ahead->judge_count; i++)
        close_judge(&ahead->judges[i]);
    if (ahead->judge_count < ahead->block_count / BLOCKS_EACH && ahead->judges[ahead->judge_count].is_own)
        close_judge(&ahead->judges[ahead->judge_count]); /* whose thread could not be made */
    for (size_t i = 0; i < ahead->block_count; i++) {
        sv_free(ahead->blocks[i].text);
        sv_free(ahead->blocks[i].items);
    }
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    sv_free(ahead->blocks);
    sv_free(ahead->judges);
    sv_free(ahead);
}
