/* SPDX-License-Identifier: ISC */
#include "run/export.h"

#include <stdlib.h>

#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/body.h"
#include "run/events.h"
#include "store/exports.h"

#define DAY_NS (86400 * SV_SECOND_NS)

enum { CHUNK = 500, STEP = 1 << 16 /* bytes between two places where the next export may begin */ };

struct exporting {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_export_spec spec;
    struct sv_store *store;
    struct sv_filter filter;
    struct sv_events_spec events_spec;
    struct sv_events *events;       /* by time; NULL: in the order of their storing */
    struct sv_body *body;           /* NULL: there is no condition */
    struct sv_store_rows rows;
    struct sv_store_export was;     /* as it was found */
    int64_t at, last;               /* rows seen; and to be seen */
    struct step {
        int64_t event;              /* the last one before it */
        uint64_t bytes;             /* given before it */
    } *steps;                       /* [step_count], of the last spec.repeat bytes and one before */
    size_t step_first, step_count, step_capacity;
    uint64_t bytes;
    uint64_t damaged;               /* events that could not be given: */
    int64_t first_damaged;          /* their first row */
    struct sv_buf host, line, out;
};

/* The end of the id, which comes first in a canonical line; 0: this is none. */
static size_t behind_id(struct sv_slice line)
{
    static const char begin[] = "{\"id\":\"";
    if (!sv_slice_starts(line, sv_slice_str(begin)))
        return 0;
    for (size_t i = sizeof begin - 1; i + 1 < line.len; i++) {
        if (line.data[i] == '"')
            return i + 1;
        i += line.data[i] == '\\';
    }
    return 0;
}

static void leave_out(struct exporting *exporting, const struct sv_store_row *row)
{
    if (exporting->damaged++ == 0)
        exporting->first_damaged = row->id;
    exporting->answer.status = SV_INPUT;
}

static void put_line(struct exporting *exporting, const struct sv_store_row *row)
{
    struct sv_buf *out = &exporting->out;
    struct sv_slice line = sv_buf_slice(&exporting->line);
    size_t at = behind_id(line);
    struct sv_value read;
    if (at == 0 || !sv_json_read(line, &read, NULL)) {
        leave_out(exporting, row);
        return;
    }
    size_t before = out->len;
    sv_buf_add(out, sv_slice(line.data, at));
    line = sv_slice(line.data + at, line.len - at - 1);
    if (!sv_slice_starts(line, SV_SLICE(",\"time\":"))) {
        sv_buf_str(out, ",\"time\":\"");
        sv_time_format(out, row->time_ns);
        sv_buf_str(out, "\",\"time_from\":\"arrival\"");
    }
    sv_buf_add(out, line);
    if (row->names[SV_NAME_HOST] == 0) {
        sv_buf_str(out, ",\"host\":");
        sv_json_put_string(out, sv_buf_slice(&exporting->host));
    }
    sv_buf_str(out, "}\n");
    exporting->bytes += out->len - before;
}

/* Remembers this place, and forgets those that lie more than enough behind. */
static void take_step(struct exporting *exporting)
{
    struct step *steps = exporting->steps;
    size_t end = exporting->step_first + exporting->step_count;
    if (exporting->step_count > 0 && exporting->bytes - steps[end - 1].bytes < STEP)
        return;
    if (end == exporting->step_capacity) {
        if (exporting->step_first > exporting->step_count) {
            memmove(steps, steps + exporting->step_first, exporting->step_count * sizeof *steps);
            end = exporting->step_count;
            exporting->step_first = 0;
        } else {
            exporting->step_capacity = exporting->step_capacity > 0 ? 2 * exporting->step_capacity : 64;
            exporting->steps = steps = sv_realloc(steps, exporting->step_capacity * sizeof *steps);
        }
    }
    steps[end] = (struct step){exporting->at, exporting->bytes};
    exporting->step_count++;
    while (exporting->step_count > 1 && exporting->bytes - steps[exporting->step_first + 1].bytes >= exporting->spec.repeat) {
        exporting->step_first++;
        exporting->step_count--;
    }
}

/* Behind which event the last spec.repeat bytes begin. */
static int64_t repeat_from(const struct exporting *exporting)
{
    const struct step *steps = exporting->steps + exporting->step_first;
    int64_t from = exporting->spec.repeat == 0 ? exporting->last : exporting->was.repeat;
    for (size_t i = 0; i < exporting->step_count && exporting->bytes - steps[i].bytes >= exporting->spec.repeat; i++)
        from = steps[i].event > from ? steps[i].event : from;
    return from;
}

static bool give(struct exporting *exporting, const struct sv_store_row *row, struct sv_error *err)
{
    struct sv_ask *ask = &exporting->ask;
    if ((ask->has_since && row->time_ns < ask->since_ns) || (ask->has_until && row->time_ns >= ask->until_ns))
        return true;
    if (!sv_store_event_body(exporting->store, row->id, &exporting->line, err))
        return false;
    if (exporting->body != NULL && !sv_body_read(exporting->body, sv_buf_slice(&exporting->line)))
        leave_out(exporting, row);
    else if (exporting->body == NULL || exporting->body->holds)
        put_line(exporting, row);
    return true;
}

static bool give_by_time(struct exporting *exporting, bool *ended, struct sv_error *err)
{
    for (int i = 0; i < CHUNK; i++) {
        const struct sv_store_row *row = sv_events_next(exporting->events, err);
        *ended = row == NULL;
        if (row == NULL)
            return err->code == SV_DONE;
        if (!give(exporting, row, err))
            return false;
    }
    return true;
}

static bool give_new(struct exporting *exporting, bool *ended, struct sv_error *err)
{
    struct sv_find find = {.by = SV_FIND_NEW, .id = exporting->at, .limit = CHUNK};
    if (!sv_store_find(exporting->store, &find, &exporting->rows, err))
        return false;
    for (size_t i = 0; i < exporting->rows.count && exporting->rows.items[i].id <= exporting->last; i++) {
        const struct sv_store_row *row = &exporting->rows.items[i];
        take_step(exporting);
        if (sv_events_wants(&exporting->events_spec, row) && !give(exporting, row, err))
            return false;
        exporting->at = row->id;
    }
    *ended = exporting->rows.count < CHUNK || exporting->at >= exporting->last;
    return true;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct exporting *exporting = (struct exporting *)answer;
    bool ended = exporting->filter.finds_nothing;
    sv_buf_clear(&exporting->out);
    while (!ended && exporting->out.len == 0)
        if (!(exporting->events != NULL ? give_by_time(exporting, &ended, err) : give_new(exporting, &ended, err)))
            return false;
    *out = sv_buf_slice(&exporting->out);
    return out->len > 0;
}

static void remark(const struct sv_answer *answer, struct sv_buf *lines)
{
    const struct exporting *exporting = (const struct exporting *)answer;
    if (exporting->damaged > 0)
        sv_buf_printf(lines, "%llu event%s left out, the first in row %lld of events: the text is missing or damaged; see sv-index check\n",
                      (unsigned long long)exporting->damaged, exporting->damaged == 1 ? " was" : "s were", (long long)exporting->first_damaged);
}

static void close_export(struct sv_answer *answer)
{
    struct exporting *exporting = (struct exporting *)answer;
    sv_events_close(exporting->events);
    sv_body_close(exporting->body);
    sv_filter_free(&exporting->filter);
    sv_store_rows_free(&exporting->rows);
    sv_store_close(exporting->store);
    sv_buf_free(&exporting->host);
    sv_buf_free(&exporting->line);
    sv_buf_free(&exporting->out);
    sv_free(exporting->steps);
    sv_free(exporting);
}

static const struct sv_answer_kind kind = {.next = next, .close = close_export, .remarks = remark};

static bool open_all(struct exporting *exporting, struct sv_error *err)
{
    struct sv_ask *ask = &exporting->ask;
    struct sv_events_spec *spec = &exporting->events_spec;
    const char *name = exporting->spec.name;
    ask->store.read_only = name == NULL;
    ask->store.must_exist = true;
    if ((ask->where != NULL && (exporting->body = sv_body_open(ask->where, err)) == NULL) ||
        (exporting->store = sv_store_open(&ask->store, err)) == NULL ||
        !sv_store_event_last(exporting->store, &exporting->last, err) || /* before names are looked up: who comes later is not asked for */
        !sv_filter_open(&exporting->filter, ask, exporting->store, err) ||
        (name != NULL && !sv_store_export(exporting->store, sv_slice_str(name), &exporting->was, err)))
        return false;
    sv_os_host(&exporting->host);
    exporting->at = exporting->was.repeat;
    *spec = (struct sv_events_spec){.filter = &exporting->filter,
                                    .up = true,
                                    .time_ns = ask->has_since ? ask->since_ns : INT64_MIN,
                                    .id = INT64_MIN,
                                    .bound_ns = ask->has_until ? ask->until_ns : INT64_MAX,
                                    .page = CHUNK};
    if (name == NULL)
        exporting->events = sv_events_open(exporting->store, spec);
    return true;
}

struct sv_answer *sv_export_open(const struct sv_ask *ask, const struct sv_export_spec *spec, struct sv_error *err)
{
    struct exporting *exporting = sv_calloc(1, sizeof *exporting);
    exporting->answer.kind = &kind;
    exporting->ask = *ask;
    exporting->spec = *spec;
    if (open_all(exporting, err))
        return &exporting->answer;
    close_export(&exporting->answer);
    return NULL;
}

static bool is_old(const struct sv_store_export *was)
{
    return sv_os_now_ns() - was->marked_ns >= DAY_NS;
}

bool sv_export_is_due(const struct sv_answer *answer)
{
    const struct exporting *exporting = (const struct exporting *)answer;
    const struct sv_store_export *was = &exporting->was;
    return exporting->last > was->event || (was->repeat < was->event && is_old(was));
}

bool sv_export_taken(struct sv_answer *answer, struct sv_error *err)
{
    struct exporting *exporting = (struct exporting *)answer;
    struct sv_slice name = sv_slice_str(exporting->spec.name);
    const struct sv_store_export *was = &exporting->was;
    struct sv_store_export now = {.event = exporting->last,
                                  .repeat = repeat_from(exporting),
                                  .exported_ns = sv_os_now_ns(),
                                  .mark = was->mark,
                                  .marked_ns = was->marked_ns};
    if (is_old(was)) {
        now.repeat = was->mark > now.repeat ? was->mark : now.repeat;
        now.mark = now.event;
        now.marked_ns = now.exported_ns;
    }
    return sv_store_begin(exporting->store, err) && sv_store_export_put(exporting->store, name, &now, err) &&
           sv_store_commit(exporting->store, err);
}

bool sv_export_forget(const struct sv_ask *ask, const char *name, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    bool found;
    spec.must_exist = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL && sv_store_begin(store, err) && sv_store_export_drop(store, sv_slice_str(name), &found, err) &&
                (found || sv_error_set(err, SV_USAGE, "--forget %.100s: nothing was exported under this name", name)) &&
                sv_store_commit(store, err);
    sv_store_close(store);
    return fine;
}
