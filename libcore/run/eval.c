/* SPDX-License-Identifier: ISC */
/* Records to hits. */
#include <stdio.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "run/ahead.h"
#include "run/private.h"

enum {
    COLLECT_MIB = 16,      /* pages in memory of who stores all events: each goes into all indexes */
    SILENCE_MS = 20,
    BATCH_HITS = 10000,
    BATCH_BYTES = 1 << 20, /* to be shown */
    HELD_BYTES = 1 << 20,  /* to be stored, where others write; */
    ALONE_BYTES = 4 << 20, /* else: a page that several batches add to is written with each of them */
    STATE_BYTES = 16 << 20, /* of what states met in a batch */
    TICK_MS = 60000,     /* the longest sleep while a timer waits: the clock may be set meanwhile */
    CLOCK_EVERY = 8,     /* records between looks at the clock: on a pipe they come at least every SILENCE_MS */
    REJECTED_SHOWN = 10, /* a file */
};
#define BATCH_NS SV_SECOND_NS
#define FOUND_NS (SV_SECOND_NS / 20) /* that is how long what was found waits behind records that keep coming */
#define HOUR_NS (3600 * SV_SECOND_NS)
#define QUIET_NS HOUR_NS

static void hide(struct sv_run *run, char *text, size_t size)
{
    struct sv_buf clean = {0};
    if (sv_redact_text(run->redactor, &clean, sv_slice_str(text)) > 0)
        snprintf(text, size, "%s", sv_buf_cstr(&clean));
    sv_buf_free(&clean);
}

/* The names of files may hold secrets, too. */
static void hide_secrets(struct sv_run *run, struct sv_error *err)
{
    if (err == NULL)
        return;
    hide(run, err->file, sizeof err->file);
    hide(run, err->text, sizeof err->text);
}

void sv_run_notice(struct sv_run *run, const struct sv_error *err)
{
    struct sv_error shown = *err;
    hide_secrets(run, &shown);
    if (run->spec.notice != NULL)
        run->spec.notice(run->spec.context, &shown);
}

static void on_input_notice(void *context, const struct sv_error *err)
{
    struct sv_run *run = context;
    run->ledger.unreadable += err->code != SV_DONE; /* an empty file is told, and is no failure */
    run->failed |= err->code == SV_SYSTEM;
    sv_run_notice(run, err);
}

static void on_reader_notice(void *context, const struct sv_error *err)
{
    struct sv_run *run = context;
    struct sv_error told = *err;
    sv_error_at(&told, sv_input_source(run->input, run->reading)->path, told.line, 0);
    sv_run_notice(run, &told);
}

static struct sv_run_first *first_of(struct sv_run *run, uint32_t source)
{
    if (source >= run->first_count) {
        run->firsts = sv_realloc(run->firsts, (source + 1) * sizeof *run->firsts);
        memset(run->firsts + run->first_count, 0, (source + 1 - run->first_count) * sizeof *run->firsts);
        run->first_count = source + 1;
    }
    return &run->firsts[source];
}

/* The first record tells the format, and where that has to be told, where the others have their time. */
static enum sv_framing on_input_framing(void *context, uint32_t source, struct sv_slice first)
{
    struct sv_run *run = context;
    struct sv_run_first *known = first_of(run, source);
    known->format = run->spec.format;
    if (first.data != NULL && known->format == NULL)
        known->format = sv_format_of_line(first, true);
    known->time_key = 0;
    if (known->format == NULL)
        return SV_FRAMING_LINES;
    if (first.data != NULL && known->format->time_key != NULL)
        known->time_key = known->format->time_key(first);
    return known->format->framing;
}

static bool on_input_time(void *context, uint32_t source, struct sv_slice text, int64_t *ns)
{
    struct sv_run *run = context;
    const struct sv_run_first *first = first_of(run, source);
    const struct sv_format *format = first->format;
    if (format == NULL && source < run->source_count && run->sources[source].reader != NULL)
        format = sv_reader_format(run->sources[source].reader);
    return sv_reader_peek_time(format, first->time_key, text, ns);
}

bool sv_run_is_outside(const struct sv_run_spec *spec, const struct sv_event *event)
{
    if (!spec->has_since && !spec->has_until)
        return false;
    return !event->has_time || (spec->has_since && event->time_ns < spec->since_ns) || (spec->has_until && event->time_ns >= spec->until_ns);
}

/* May the same event come again? See doubles.h. */
static bool can_repeat(const struct sv_run *run, const struct sv_event *event)
{
    const struct sv_run_source *source = &run->sources[event->place.source];
    const struct sv_format *format = sv_reader_format(source->reader);
    return event->slots[SV_F_ID].type == SV_STRING && !event->has_made_id &&
           ((source->is_live && run->store != NULL) || (format != NULL && format->repeats));
}

/* One that an earlier run has counted is left out by a resumed run; a plain one shows it again, but does not store it twice. */
static bool is_double(struct sv_run *run, struct sv_event *event, bool *is_stored)
{
    *is_stored = false;
    if (!can_repeat(run, event))
        return false;
    int64_t time_ns = event->has_time ? event->time_ns : run->ledger.started_ns;
    switch (sv_doubles_meet(&run->doubles, sv_event_text(event, SV_F_SOURCE), time_ns / HOUR_NS, sv_event_text(event, SV_F_ID),
                            &run->fault)) {
    case SV_DOUBLE_NEW:
        return false;
    case SV_DOUBLE_STORED:
        *is_stored = true;
        return false;
    case SV_DOUBLE_COUNTED:
        *is_stored = true;
        return run->spec.resume;
    default:
        return true;
    }
}

static void convert(struct sv_run *run, struct sv_event *event)
{
    if (run->spec.no_notes && sv_slice_is(sv_event_text(event, SV_F_TYPE), "note"))
        return;
    sv_run_view_event(run, event);
}

/* What the new hits will take as output, roughly: a batch of them is held until it is committed. */
static void hold(struct sv_run *run, bool is_stored)
{
    if (run->found_ns == 0)
        run->found_ns = sv_os_monotonic_ns();
    for (; run->held_hits < run->hits.count; run->held_hits++) {
        struct sv_hit *hit = &run->hits.items[run->held_hits];
        hit->is_stored = is_stored;
        run->held_bytes += hit->event.len + hit->agent.len + hit->team.len + hit->supervisor.len + hit->session.len + hit->tool.len +
                           hit->message.len + hit->summary.len + hit->keys.len + hit->values.len;
    }
}

static void on_event(void *context, struct sv_event *event)
{
    struct sv_run *run = context;
    run->ledger.events++;
    if (sv_run_is_outside(&run->spec, event)) {
        run->ledger.outside++;
        return;
    }
    bool is_stored;
    if (is_double(run, event, &is_stored)) {
        run->ledger.duplicate++;
        return;
    }
    run->ledger.judged++;
    if (run->roster.roster != NULL)
        sv_run_roster_fill(&run->roster, event, run->ledger.started_ns);
    if (run->stopped_slot != SV_NO_SLOT && run->roster.stops != NULL)
        sv_run_roster_stop(&run->roster, event, run->stopped_slot, run->ledger.started_ns);
    sv_ledger_event(&run->ledger, event);
    if (run->spec.resume || run->spec.into != NULL)
        sv_counters_event(&run->counters, event, run->ledger.started_ns);
    if (run->spec.probe != NULL)
        sv_run_probe_event(run->spec.probe, event);
    if (run->spec.record)
        sv_run_keep_event(run, event);
    if (run->spec.convert)
        convert(run, event);
    else if (run->policies != NULL && sv_policies_match(run->policies, event, &run->matcher, &run->hits) > 0)
        hold(run, is_stored);
}

/* Counts a record that is left out and tells the first of a file; err becomes empty again. */
static void reject(struct sv_run *run, const struct sv_record *record, const char *prefix, struct sv_error *err)
{
    struct sv_run_source *source = &run->sources[record->source];
    run->ledger.rejected++;
    source->rejected++;
    if (source->told < REJECTED_SHOWN && err->text[0] != '\0') {
        source->told++;
        uint64_t line = record->line + (err->line > 0 ? err->line - 1 : 0);
        sv_error_at(err, sv_input_source(run->input, record->source)->path, (uint32_t)line, err->column);
        sv_error_prefix(err, "%s", prefix);
        sv_run_notice(run, err);
    }
    *err = (struct sv_error){0};
}

static void tell_forgotten(struct sv_run *run, uint32_t source)
{
    struct sv_error err = {0};
    sv_error_at(&err, sv_input_source(run->input, source)->path, 0, 0);
    sv_error_set(&err, SV_INPUT, "what was known where it was left (session, usage) cannot be used: another version, or another -i; "
                                 "it is read on as if it began there");
    sv_run_notice(run, &err);
}

/* Goes on with what its format knew where an earlier run stopped. */
static bool restore(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    struct sv_run_source *known = &run->sources[source];
    bool fine = known->state.len > 0 || !known->had_position ||
                sv_store_source_format_state(run->store, known->row.id, &known->state, err);
    if (fine && known->state.len > 0 && !sv_reader_restore(known->reader, sv_buf_slice(&known->state)))
        tell_forgotten(run, source);
    sv_buf_free(&known->state);
    return fine;
}

static bool open_reader(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    if (!sv_run_know_source(run, source, err))
        return false;
    struct sv_run_source *known = &run->sources[source];
    known->is_live = input->is_pipe;
    known->reader = sv_reader_new(&run->reader_spec, input->is_pipe ? SV_SLICE("") : sv_slice_str(input->path), sv_slice_str(known->origin));
    sv_reader_set_source(known->reader, source);
    return !run->spec.resume || restore(run, source, err);
}

/* A log that will be read on is not over: what its format waits for is kept with its position. */
static bool is_over(const struct sv_run *run, uint32_t source)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    return !run->spec.resume || input->is_pipe || input->is_final;
}

/* But one that nobody has written to for so long is told whole. If it goes on after all, only what was added is told then. */
static bool is_quiet(const struct sv_run *run, uint32_t source)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    int64_t now_ns = run->spec.follow ? sv_os_now_ns() : run->ledger.started_ns;
    return input->modified_ns != 0 && now_ns - input->modified_ns >= QUIET_NS;
}

/* Nothing was added since it was left, but now it is over, or quiet: does its format still wait for something? */
static bool was_left_waiting(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    struct sv_run_source *known = &run->sources[source];
    if (!known->had_position || known->is_left_out || known->row.format.len == 0)
        return false;
    if (!is_over(run, source) && (!is_quiet(run, source) || known->row.read_ns - known->row.modified_ns >= QUIET_NS))
        return false;
    return known->state.len > 0 || (sv_store_source_format_state(run->store, known->row.id, &known->state, err) && known->state.len > 0);
}

static void close_reader(struct sv_run *run, uint32_t source)
{
    struct sv_run_source *known = sv_run_source_at(run, source);
    if (known->rejected > known->told) {
        struct sv_error err = {0};
        unsigned long long more = known->rejected - known->told;
        sv_error_at(&err, sv_input_source(run->input, source)->path, 0, 0);
        sv_error_set(&err, SV_INPUT, "%llu more record%s rejected", more, more == 1 ? "" : "s");
        sv_run_notice(run, &err);
        known->told = known->rejected;
    }
    if (known->reader == NULL && was_left_waiting(run, source, &run->fault) && open_reader(run, source, &run->fault)) {
        known = &run->sources[source];
        known->is_touched = true;
    }
    if (known->reader == NULL)
        return;
    const struct sv_format *format = sv_reader_format(known->reader);
    if (format != NULL) {
        sv_map_at(&run->ledger.formats, sv_slice_str(format->name))->number += !known->is_counted;
        known->is_counted = true;
        known->row.format = sv_slice_str(format->name);
    }
    known->is_ended = is_over(run, source);
    if (known->is_ended || is_quiet(run, source))
        sv_reader_end(known->reader);
    if (!known->is_ended)
        sv_reader_save(known->reader, &known->state);
    sv_reader_free(known->reader);
    known->reader = NULL;
    sv_arena_reset(&run->record_arena);
}

static bool take_record(struct sv_run *run, const struct sv_record *record, struct sv_error *err)
{
    struct sv_run_source *source = sv_run_source_at(run, record->source);
    if (source->reader == NULL && !open_reader(run, record->source, err))
        return false;
    source = &run->sources[record->source];
    source->is_touched = true;
    struct sv_ledger *ledger = &run->ledger;
    struct sv_error *why = &run->why;
    run->reader_spec.live = source->is_live;
    run->reading = record->source;
    ledger->records++;
    run->batch_records++;
    if (record->flaw != NULL) {
        why->column = record->flaw_column;
        sv_error_set(why, SV_INPUT, "%s", record->flaw);
        reject(run, record, "record rejected: ", why);
        return true;
    }
    switch (sv_reader_record(source->reader, record->text,
                             &(struct sv_place){.source = record->source, .record = record->number, .line = record->line, .offset = record->offset}, why)) {
    case SV_RECORD_USED:
        ledger->used++;
        break;
    case SV_RECORD_BLANK:
        ledger->blank++;
        break;
    case SV_RECORD_UNUSABLE:
        ledger->unreadable++;
        reject(run, record, "file not read: ", why);
        break;
    case SV_RECORD_REJECTED:
        reject(run, record, "record rejected: ", why);
    }
    sv_arena_reset(&run->record_arena);
    sv_run_states_good(run, &run->fault);
    if (run->fault.code != SV_DONE)
        *err = run->fault;
    return run->fault.code == SV_DONE;
}

/* Was all that can come of this record found out ahead? Not what depends on records before it, or on what is known by now. */
static bool is_plain(const struct sv_run *run, const struct sv_record *record, const struct sv_ahead_seen *seen)
{
    if (seen == NULL || !seen->is_plain || run->roster.roster != NULL || run->stopped_slot != SV_NO_SLOT)
        return false;
    struct sv_reader *reader = run->sources[record->source].reader; /* its format may have changed since */
    return reader != NULL && sv_reader_format(reader) == seen->format && !sv_reader_asks(reader, seen->type);
}

/* What reading it would come to. */
static bool take_seen(struct sv_run *run, const struct sv_record *record, const struct sv_ahead_seen *seen, struct sv_error *err)
{
    run->sources[record->source].is_touched = true;
    run->ledger.records++;
    run->batch_records++;
    run->ledger.used++;
    run->ledger.events++;
    run->reader_spec.counts.events++;
    run->reader_spec.counts.no_clock += !seen->has_time;
    if (seen->is_outside) {
        run->ledger.outside++;
        return true;
    }
    run->ledger.judged++;
    sv_ledger_sums(&run->ledger, seen->agent, seen->input_tokens, seen->output_tokens, seen->cost_usd);
    run->matcher.absent += seen->absent;
    if (run->matcher.engine == NULL)
        return true;
    size_t before = run->hits.count;
    if (seen->has_time)
        sv_engine_time(run->matcher.engine, seen->time_ns, &run->matcher, &run->hits);
    if (run->hits.count > before)
        hold(run, false);
    sv_run_states_good(run, &run->fault);
    if (run->fault.code != SV_DONE)
        *err = run->fault;
    return run->fault.code == SV_DONE;
}

static bool read_record(struct sv_run *run, const struct sv_record *record, const struct sv_ahead_seen *seen, struct sv_error *err)
{
    if (is_plain(run, record, seen))
        return take_seen(run, record, seen, err);
    struct sv_run_probe *probe = run->spec.probe;
    if (probe == NULL || probe->evaluate == NULL)
        return take_record(run, record, err);
    int64_t start_ns = sv_os_monotonic_ns();
    bool fine = take_record(run, record, err);
    sv_tally_add(probe->evaluate, (uint64_t)(sv_os_monotonic_ns() - start_ns));
    return fine;
}

static bool is_enough(const struct sv_run *run)
{
    bool is_alone = run->store != NULL && !sv_store_is_shared(run->store);
    return run->hits.count >= BATCH_HITS || run->out.len >= BATCH_BYTES || run->held_bytes >= (is_alone ? ALONE_BYTES : HELD_BYTES);
}

static bool batch_is_full(struct sv_run *run)
{
    if (is_enough(run) || sv_counters_full(&run->counters))
        return true;
    if (run->matcher.engine != NULL && sv_engine_held(run->matcher.engine) >= STATE_BYTES)
        return true;
    bool is_urgent = run->is_live && run->found_ns != 0;
    if (run->batch_records % CLOCK_EVERY != 0 && !is_urgent)
        return false;
    int64_t now_ns = sv_os_monotonic_ns();
    return now_ns - run->batch_start_ns >= BATCH_NS || (is_urgent && now_ns - run->found_ns >= FOUND_NS);
}

/* Of a run that follows: how long until a timer is due, by the machine's clock; -1: none is. */
static int timer_ms(struct sv_run *run)
{
    int64_t next_ns = run->spec.follow ? sv_run_states_next(run) : INT64_MAX, now_ns = sv_os_now_ns();
    if (next_ns == INT64_MAX)
        return -1;
    return next_ns < now_ns ? 0 : next_ns - now_ns < TICK_MS * INT64_C(1000000) ? (int)((next_ns - now_ns) / 1000000) + 1 : TICK_MS;
}

/* How long the batch may wait for the next record: what is to be shown, or stored because it was found, shortly; what only moves
 * a position, until a second is over; -1: nothing waits. */
static int patience_ms(struct sv_run *run)
{
    if (run->hits.count > 0 || run->out.len > 0 || (run->batch_records > 0 && !run->spec.resume))
        return SILENCE_MS;
    if (run->batch_records == 0 && run->lost_count == 0)
        return timer_ms(run);
    int64_t left = run->batch_start_ns + BATCH_NS - sv_os_monotonic_ns();
    return left <= 0 ? 0 : (int)(left / 1000000) + 1;
}

static bool stopped(const struct sv_run *run)
{
    return run->spec.stop != NULL && *run->spec.stop != 0;
}

/* Its first record is there. */
static bool begin_batch(struct sv_run *run, struct sv_error *err)
{
    run->batch_start_ns = sv_os_monotonic_ns();
    run->found_ns = 0;
    run->is_live = sv_run_is_live(run);
    if (run->is_live) /* the clock goes on while it does */
        sv_run_bound(run);
    if (!sv_run_roster_look(&run->roster, err))
        return false;
    sv_run_heed_stops(run);
    return sv_run_states_begin(run, err);
}

/* Nothing comes, but the time does: what is due by the machine's clock. True: there is something to tell or to keep, were it only
 * that a state is gone. */
static bool let_time_pass(struct sv_run *run)
{
    sv_run_states_tick(run);
    hold(run, false);
    return run->hits.count > 0 || sv_run_states_are_dirty(run);
}

/* A log that is followed may become quiet: it is told as if it were read again from there. */
static bool tell_quiet(struct sv_run *run, struct sv_error *err)
{
    int64_t now_ns = sv_os_monotonic_ns();
    if (!run->spec.follow || now_ns - run->quiet_looked_ns < SV_SECOND_NS)
        return true;
    run->quiet_looked_ns = now_ns;
    for (uint32_t i = 0; i < run->source_count && run->fault.code == SV_DONE; i++) {
        struct sv_run_source *known = &run->sources[i];
        if (!sv_input_source(run->input, i)->is_resting || !is_quiet(run, i) ||
            (known->reader == NULL && !was_left_waiting(run, i, &run->fault)))
            continue;
        if (run->batch_records++ == 0 && !begin_batch(run, err))
            return false;
        known->is_touched = true;
        close_reader(run, i);
    }
    if (run->fault.code != SV_DONE)
        *err = run->fault;
    return run->fault.code == SV_DONE;
}

static void tell_failed(struct sv_run *run, uint32_t source, const struct sv_error *err)
{
    sv_run_source_at(run, source);
    if (sv_input_source(run->input, source)->is_gone && run->spec.resume) {
        sv_run_lose(run, source);
        return;
    }
    run->failed |= err->code == SV_SYSTEM;
    on_input_notice(run, err);
}

static bool is_empty(const struct sv_run *run)
{
    return run->batch_records == 0 && run->hits.count == 0 && run->out.len == 0;
}

static enum sv_input_state next_record(struct sv_run *run, struct sv_record *record, const struct sv_ahead_seen **seen, int wait_ms,
                                       struct sv_error *err)
{
    if (run->ahead != NULL)
        return sv_ahead_next(run->ahead, record, seen, wait_ms, err);
    *seen = NULL;
    return sv_input_next(run->input, record, wait_ms, err);
}

/* Reads until a batch ends. */
static bool fill_batch(struct sv_run *run, struct sv_error *err)
{
    struct sv_record record;
    const struct sv_ahead_seen *seen;
    run->batch_records = 0;
    while (!stopped(run)) {
        if (is_empty(run)) {
            sv_run_reload(run);
            if (!tell_quiet(run, err))
                return false;
        }
        int wait = patience_ms(run);
        switch (next_record(run, &record, &seen, wait, err)) {
        case SV_INPUT_RECORD:
            if (run->batch_records == 0 && !begin_batch(run, err))
                return false;
            if (!read_record(run, &record, seen, err))
                return false;
            if (batch_is_full(run))
                return true;
            break;
        case SV_INPUT_ENDED:
            close_reader(run, record.source);
            break;
        case SV_INPUT_IDLE:
            if (is_empty(run) && run->spec.follow && let_time_pass(run))
                return true;
            if (wait >= 0 && (run->hits.count > 0 || run->out.len > 0 || !run->spec.resume || patience_ms(run) == 0))
                return true;
            break;
        case SV_INPUT_CHANGED:
            run->has_changed = true;
            return true;
        case SV_INPUT_SIGNAL:
            if (!is_empty(run) && sv_run_reload_wanted(run))
                return true;
            break;
        case SV_INPUT_FAILED:
            tell_failed(run, record.source, err);
            *err = (struct sv_error){0};
            close_reader(run, record.source);
            break;
        case SV_INPUT_END:
            if (run->spec.tick)
                let_time_pass(run);
            run->ended = true;
            return true;
        }
    }
    run->ended = true;
    return true;
}

static void count_up(struct sv_run *run)
{
    struct sv_ledger *ledger = &run->ledger;
    const struct sv_reader_counts *counts = &run->reader_spec.counts;
    int64_t done, total;
    ledger->odd = counts->odd;
    ledger->bad_time = counts->bad_time;
    ledger->ahead = counts->ahead;
    ledger->no_clock = counts->no_clock;
    ledger->absent = run->matcher.absent;
    ledger->errors = run->matcher.errors;
    if (run->policies != NULL)
        sv_ledger_policies(ledger, run->policies);
    ledger->files = run->source_count;
    sv_input_progress(run->input, &done, &total);
    ledger->bytes = (uint64_t)done;
    ledger->elapsed_ns = sv_os_monotonic_ns() - run->started_mono_ns;
}

/* The paths of new sources, as they may be seen. */
static void name_sources(struct sv_run *run)
{
    struct sv_buf path = {0};
    for (uint32_t i = 0; i < sv_input_sources(run->input); i++) {
        struct sv_run_source *known = sv_run_source_at(run, i);
        if (known->shown != NULL)
            continue;
        sv_buf_clear(&path);
        sv_redact_text(run->redactor, &path, sv_slice_str(sv_input_source(run->input, i)->path));
        known->shown = sv_str_dup(sv_buf_slice(&path));
    }
    sv_buf_free(&path);
}

bool sv_run_next(struct sv_run *run, struct sv_slice *out, struct sv_error *err)
{
    *out = SV_SLICE("");
    sv_buf_clear(&run->out);
    if (run->finished)
        return false;
    if (run->has_changed) {
        run->has_changed = false;
        sv_input_look(run->input);
        name_sources(run);
    }
    if (!fill_batch(run, err)) {
        run->finished = true;
        hide_secrets(run, err);
        return false;
    }
    /* inputs that a signal cut off: what their formats waited for belongs to this run */
    for (uint32_t i = 0; run->ended && i < run->source_count; i++)
        if (run->sources[i].reader != NULL)
            close_reader(run, i);
    if (run->fault.code != SV_DONE) {
        *err = run->fault;
        run->finished = true;
        return false;
    }
    count_up(run);
    if (!sv_run_commit(run, err)) {
        run->finished = true;
        return false;
    }
    if (run->ended) {
        run->finished = true;
        sv_run_view_end(run);
    }
    *out = sv_buf_slice(&run->out);
    return true;
}

static bool open_input(struct sv_run *run, struct sv_error *err)
{
    struct sv_input_spec spec = {.operands = run->spec.operands,
                                 .count = run->spec.operand_count,
                                 .not_before_ns = run->spec.files_since && run->spec.has_since ? run->spec.since_ns : INT64_MIN,
                                 .time = on_input_time,
                                 .framing = on_input_framing,
                                 .notice = on_input_notice,
                                 .resume = run->spec.resume,
                                 .follow = run->spec.follow,
                                 .resolve = run->spec.resume ? sv_run_resolve : NULL,
                                 .context = run};
    run->input = sv_input_open(&spec, err);
    if (run->input == NULL)
        return false;
    name_sources(run);
    return !run->spec.resume || sv_run_find_lost(run, err);
}

static bool open_store(struct sv_run *run, struct sv_error *err)
{
    run->store = run->roster.store = run->spec.into != NULL ? run->spec.into : sv_store_open(&run->spec.store, err);
    if (run->store == NULL || (run->spec.collect && !sv_store_bulk(run->store, COLLECT_MIB, err)))
        return false;
    return sv_run_roster_look(&run->roster, err);
}

struct sv_run *sv_run_open(const struct sv_run_spec *spec, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_run *run = sv_calloc(1, sizeof *run);
    run->spec = *spec;
    run->started_mono_ns = sv_os_monotonic_ns();
    run->ledger.started_ns = sv_os_now_ns();
    run->spec.record |= spec->collect && !spec->count_only;
    run->spec.resume |= spec->follow || ((spec->collect || run->spec.record) && spec->into == NULL);
    run->ledger.redactor = run->redactor = spec->no_redact ? NULL : sv_redactor_new();
    run->matcher = (struct sv_matcher){.batch = &run->batch_arena, .redactor = run->redactor, .passes = spec->all,
                                       .timed = spec->probe != NULL && spec->probe->policies};
    run->reader_spec = (struct sv_reader_spec){.format = spec->format,
                                               .event = &run->event,
                                               .arena = &run->record_arena,
                                               .preset = spec->preset,
                                               .sink = on_event,
                                               .notice = on_reader_notice,
                                               .context = run};
    bool ok = sv_run_load(run, findings, err) &&
              (spec->prices == NULL || (run->prices = sv_prices_load(spec->prices, err)) != NULL) &&
              (spec->no_store || spec->convert || open_store(run, err)) && open_input(run, err);
    if (ok)
        sv_run_states_open(run);
    run->reader_spec.prices = run->prices;
    run->doubles.store = run->store;
    run->doubles.counts = run->spec.resume;
    run->counters.redactor = run->fold.redactor = run->redactor;
    run->event.arena = &run->record_arena;
    sv_event_clear(&run->event, run->schema);
    if (!ok) {
        run->finished = true;
        hide_secrets(run, err);
        sv_run_close(run, NULL);
        return NULL;
    }
    sv_run_view_open(run);
    run->ahead = sv_ahead_new(run);
    return run;
}

const struct sv_ledger *sv_run_ledger(const struct sv_run *run)
{
    return &run->ledger;
}

struct sv_policies *sv_run_policies(const struct sv_run *run)
{
    return run->policies;
}

bool sv_run_is_live(const struct sv_run *run)
{
    bool is_live = run->spec.follow;
    for (uint32_t i = 0; i < sv_input_sources(run->input) && !is_live; i++)
        is_live = sv_input_source(run->input, i)->is_pipe;
    return is_live;
}

void sv_run_progress(const struct sv_run *run, int64_t *done, int64_t *total)
{
    sv_input_progress(run->input, done, total);
}

static int status_of(const struct sv_run *run, const struct sv_error *err)
{
    int status = SV_DONE;
    if (run->ledger.violations > 0 && !run->spec.exit_zero && !stopped(run))
        status = SV_FOUND;
    if (run->ledger.unreadable > 0 || run->ledger.gaps > 0 || (run->spec.strict && run->ledger.rejected > 0))
        status = SV_INPUT;
    if (run->failed)
        status = SV_SYSTEM;
    return err != NULL && (int)err->code > status ? (int)err->code : status;
}

/* Nobody takes the output any more: what was committed is counted, the rest stays unread. */
static void end_early(struct sv_run *run, struct sv_error *err)
{
    if (run->ended || run->finished)
        return;
    run->ended = true;
    count_up(run);
    sv_run_commit(run, err);
}

int sv_run_close(struct sv_run *run, struct sv_error *err)
{
    if (run == NULL)
        return err != NULL ? (int)err->code : SV_DONE;
    end_early(run, err != NULL && err->code == SV_DONE ? err : NULL);
    int status = status_of(run, err);
    sv_ahead_free(run->ahead);
    for (size_t i = 0; i < run->source_count; i++) {
        sv_reader_free(run->sources[i].reader);
        sv_free(run->sources[i].shown);
        sv_buf_free(&run->sources[i].state);
    }
    sv_input_close(run->input);
    if (run->spec.into == NULL)
        sv_store_close(run->store);
    sv_free(run->sources);
    sv_free(run->firsts);
    sv_engine_free(run->matcher.engine);
    sv_policies_free(run->policies);
    sv_prices_free(run->prices);
    sv_redactor_free(run->redactor);
    sv_matcher_free(&run->matcher);
    sv_event_free(&run->event);
    sv_json_rest_free(&run->rest);
    sv_schema_free(run->schema);
    sv_arena_free(&run->record_arena);
    sv_arena_free(&run->batch_arena);
    sv_doubles_free(&run->doubles);
    sv_counters_free(&run->counters);
    sv_fold_free(&run->fold);
    sv_run_roster_free(&run->roster);
    sv_arena_free(&run->source_arena);
    sv_free(run->lost);
    sv_free(run->kept);
    sv_map_free(&run->heads);
    sv_ledger_free(&run->ledger);
    sv_free(run->hits.items);
    sv_run_view_free(run);
    sv_buf_free(&run->out);
    sv_free(run);
    return status;
}
