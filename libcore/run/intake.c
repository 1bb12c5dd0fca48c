/* SPDX-License-Identifier: ISC */
#include "run/intake.h"

#include "base/hash.h"
#include "base/os.h"
#include "event/reader.h"
#include "run/counters.h"
#include "run/fold.h"
#include "run/ledger.h"
#include "run/record.h"

enum { HASH_BITS = 21, PARTS_MAX = 1000 };

struct sv_intake {
    struct sv_intake_spec spec;
    struct sv_intake_counts counts, batch; /* committed; and not yet */
    struct sv_store *store;
    struct sv_schema *schema;
    struct sv_redactor *redactor;
    struct sv_prices *prices;
    struct sv_event event;
    struct sv_json_rest rest;
    struct sv_arena arena;
    struct sv_reader_spec reader_spec;
    struct sv_reader *reader;
    struct sv_counters counters;
    struct sv_fold fold;
    struct sv_map sources;     /* name -> struct source, of this batch */
    struct sv_buf name, id;
    struct sv_ledger ledger;
    int64_t run;
    struct sv_error *why, fault; /* of the line in hand */
};

struct source {
    int64_t id;
    uint64_t added;
};

static struct source *source_of(struct sv_intake *intake, struct sv_slice host)
{
    sv_buf_clear(&intake->name);
    if (intake->spec.source != NULL)
        sv_buf_str(&intake->name, intake->spec.source);
    else
        sv_buf_printf(&intake->name, "import %.*s", SV_ARG(host));
    struct sv_map_item *item = sv_map_at(&intake->sources, sv_buf_slice(&intake->name));
    if (item->pointer == NULL)
        item->pointer = sv_calloc(1, sizeof(struct source));
    struct source *source = item->pointer;
    bool is_known = source->id != 0 || sv_store_intake(intake->store, sv_buf_slice(&intake->name), &source->id, &intake->fault);
    return is_known ? source : NULL;
}

static void forget_sources(struct sv_intake *intake)
{
    for (size_t i = 0; i < intake->sources.count; i++)
        sv_free(intake->sources.items[i].pointer);
    sv_map_free(&intake->sources);
}

/* 42 bits of milliseconds, until the year 2109; what lies before 1970 or behind stands by its hash alone. */
static uint64_t record_of(const struct sv_intake *intake, const struct sv_event *event, struct sv_slice id)
{
    uint64_t hash = sv_hash(id), ms = event->has_time && event->time_ns > 0 ? (uint64_t)event->time_ns / 1000000 : 0;
    if (intake->spec.by_id || ms == 0 || ms >> (63 - HASH_BITS) != 0)
        return hash >> 1;
    return ms << HASH_BITS | hash >> (64 - HASH_BITS);
}

/* The first free part, or the one where this event stands already. */
static bool find_place(struct sv_intake *intake, int64_t source, struct sv_store_event *row, bool *is_known)
{
    for (*is_known = false; row->part < PARTS_MAX; row->part++) {
        bool found;
        if (!sv_store_event_at(intake->store, source, row->record, row->part, &found, &intake->id, &intake->fault))
            return false;
        *is_known = found && sv_slice_equal(sv_buf_slice(&intake->id), row->event);
        if (!found || *is_known)
            return true;
    }
    return sv_error_set(&intake->fault, SV_INPUT, "more than %d ids of one hash at one time", PARTS_MAX);
}

static void on_event(void *context, struct sv_event *event)
{
    struct sv_intake *intake = context;
    const struct sv_record_spec spec = {.arena = &intake->arena, .redactor = intake->redactor, .body_max = intake->spec.body_max};
    struct sv_store_event row;
    int64_t now_ns = sv_os_now_ns();
    bool is_known;
    if (event->slots[SV_F_ID].type != SV_STRING || event->has_made_id) {
        sv_error_set(intake->why, SV_INPUT, "an event without an id could not be told from a copy of it");
        return;
    }
    sv_record_event(&spec, event, now_ns, &row);
    row.record = record_of(intake, event, sv_event_text(event, SV_F_ID));
    row.part = 0;
    struct source *source = source_of(intake, row.host);
    if (source == NULL || !find_place(intake, source->id, &row, &is_known))
        return;
    if (is_known) {
        intake->batch.known++;
        return;
    }
    if (!sv_store_put_event(intake->store, intake->run, source->id, &row, &intake->fault))
        return;
    intake->batch.added++;
    source->added++;
    sv_counters_event(&intake->counters, event, now_ns);
    sv_fold_event(&intake->fold, event, now_ns);
}

struct sv_intake *sv_intake_open(const struct sv_intake_spec *spec, struct sv_error *err)
{
    struct sv_intake *intake = sv_calloc(1, sizeof *intake);
    intake->spec = *spec;
    intake->schema = sv_record_schema();
    intake->redactor = spec->no_redact ? NULL : sv_redactor_new();
    intake->counters.redactor = intake->fold.redactor = intake->ledger.redactor = intake->redactor;
    intake->ledger.started_ns = sv_os_now_ns();
    intake->event = sv_event_new(intake->schema);
    intake->event.arena = &intake->arena;
    intake->event.rest = &intake->rest;
    if ((spec->prices != NULL && (intake->prices = sv_prices_load(spec->prices, err)) == NULL) ||
        (intake->store = sv_store_open(&spec->store, err)) == NULL) {
        sv_intake_close(intake);
        return NULL;
    }
    intake->reader_spec = (struct sv_reader_spec){.schema = intake->schema,
                                                  .format = sv_format_find(SV_SLICE("sv")),
                                                  .prices = intake->prices,
                                                  .event = &intake->event,
                                                  .arena = &intake->arena,
                                                  .preset = spec->preset,
                                                  .latest_ns = INT64_MAX,
                                                  .sink = on_event,
                                                  .context = intake};
    intake->reader = sv_reader_new(&intake->reader_spec, SV_SLICE(""), SV_SLICE("-"));
    return intake;
}

bool sv_intake_begin(struct sv_intake *intake, struct sv_error *err)
{
    if (!sv_store_begin(intake->store, err))
        return false;
    intake->batch = (struct sv_intake_counts){0};
    if (intake->run == 0 && intake->spec.arguments.len > 0 &&
        (intake->run = sv_store_run_start(intake->store, intake->spec.arguments, intake->ledger.started_ns, err)) == 0)
        return false;
    return true;
}

bool sv_intake_line(struct sv_intake *intake, struct sv_slice line, struct sv_error *why, struct sv_error *err)
{
    *why = intake->fault = (struct sv_error){0};
    intake->why = why;
    intake->batch.lines++;
    intake->batch.bytes += line.len + 1;
    struct sv_place place = {.record = intake->counts.lines + intake->batch.lines};
    enum sv_record_result result = sv_reader_record(intake->reader, line, &place, why);
    intake->batch.blank += result == SV_RECORD_BLANK;
    intake->batch.rejected += why->code != SV_DONE;
    sv_arena_reset(&intake->arena);
    if (intake->fault.code == SV_DONE)
        return true;
    *err = intake->fault;
    return false;
}

static bool keep_sources(struct sv_intake *intake, struct sv_error *err)
{
    for (size_t i = 0; i < intake->sources.count; i++) {
        const struct source *source = intake->sources.items[i].pointer;
        if (!sv_store_intake_read(intake->store, source->id, source->added, err))
            return false;
    }
    return true;
}

static bool keep_ledger(struct sv_intake *intake, struct sv_error *err)
{
    const struct sv_intake_counts *counts = &intake->counts, *batch = &intake->batch;
    struct sv_ledger *ledger = &intake->ledger;
    struct sv_buf text = {0};
    ledger->records = counts->lines + batch->lines;
    ledger->blank = counts->blank + batch->blank;
    ledger->rejected = counts->rejected + batch->rejected;
    ledger->used = ledger->records - ledger->blank - ledger->rejected;
    ledger->events = ledger->used;
    ledger->duplicate = counts->known + batch->known;
    ledger->judged = ledger->recorded = counts->added + batch->added;
    ledger->bytes = counts->bytes + batch->bytes;
    ledger->ended_ns = sv_os_now_ns();
    ledger->elapsed_ns = ledger->ended_ns - ledger->started_ns;
    sv_ledger_put_json(&text, ledger, NULL);
    bool fine = sv_store_run_update(intake->store, intake->run, sv_buf_slice(&text), ledger->ended_ns, err);
    sv_buf_free(&text);
    return fine;
}

bool sv_intake_commit(struct sv_intake *intake, struct sv_error *err)
{
    struct sv_intake_counts *counts = &intake->counts, *batch = &intake->batch;
    if (!sv_counters_keep(&intake->counters, intake->store, err) || !sv_fold_keep(&intake->fold, intake->store, err) ||
        (intake->spec.source == NULL && !keep_sources(intake, err)) ||
        (intake->run != 0 && !keep_ledger(intake, err)) || !sv_store_commit(intake->store, err))
        return false;
    sv_counters_clear(&intake->counters);
    sv_fold_clear(&intake->fold);
    forget_sources(intake);
    counts->lines += batch->lines;
    counts->blank += batch->blank;
    counts->rejected += batch->rejected;
    counts->known += batch->known;
    counts->added += batch->added;
    counts->bytes += batch->bytes;
    return true;
}

bool sv_intake_sync(struct sv_intake *intake, struct sv_error *err)
{
    return sv_store_sync(intake->store, err);
}

const struct sv_intake_counts *sv_intake_counts(const struct sv_intake *intake)
{
    return &intake->counts;
}

void sv_intake_close(struct sv_intake *intake)
{
    if (intake == NULL)
        return;
    sv_reader_free(intake->reader);
    sv_store_close(intake->store); /* rolls back what was begun */
    sv_prices_free(intake->prices);
    sv_redactor_free(intake->redactor);
    sv_counters_free(&intake->counters);
    sv_fold_free(&intake->fold);
    sv_ledger_free(&intake->ledger);
    sv_event_free(&intake->event);
    sv_json_rest_free(&intake->rest);
    sv_schema_free(intake->schema);
    sv_arena_free(&intake->arena);
    forget_sources(intake);
    sv_buf_free(&intake->name);
    sv_buf_free(&intake->id);
    sv_free(intake);
}
