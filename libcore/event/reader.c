/* SPDX-License-Identifier: ISC */
#include "event/reader.h"

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "event/derive.h"
#include "event/format/state.h"
#include "event/reader_private.h"
#include "json/writer.h"

enum { DECIDE_WITHIN = 20 }; /* records after which `auto` stops asking */

/* Which JSON types a field may have as they come; all others make it absent. */
static uint16_t allowed_types(enum sv_field field)
{
    switch (sv_field_type(field)) {
    case SV_CEL_STRING:
        return 1u << SV_STRING | (field == SV_F_TIME ? 1u << SV_INT | 1u << SV_DOUBLE : 0);
    case SV_CEL_INT:
        return 1u << SV_INT;
    case SV_CEL_DOUBLE:
        return 1u << SV_DOUBLE;
    case SV_CEL_MAP:
        return 1u << SV_JSON;
    default:
        return 0xFFFF & ~(1u << SV_NULL);
    }
}

static uint16_t allowed[SV_F_COUNT];
static uint64_t may_be_strings; /* bits of fields */

struct sv_reader *sv_reader_new(struct sv_reader_spec *spec, struct sv_slice path, struct sv_slice origin)
{
    if (allowed[0] == 0)
        for (int f = 0; f < SV_F_COUNT; f++) {
            allowed[f] = (uint16_t)(allowed_types((enum sv_field)f) | 1u << SV_ABSENT);
            may_be_strings |= (uint64_t)(allowed[f] >> SV_STRING & 1) << f;
        }
    struct sv_reader *reader = sv_calloc(1, sizeof *reader);
    reader->spec = spec;
    reader->path = path;
    reader->origin = origin;
    reader->source = sv_value_str(SV_SLICE("sv"));
    return reader;
}

static void set_format(struct sv_reader *reader, const struct sv_format *format)
{
    reader->format = format;
    reader->source = sv_value_str(sv_slice_str(format->name));
    for (size_t i = 0; i < reader->known_count; i++)
        if (reader->known[i].format == format) {
            reader->state = reader->known[i].state;
            return;
        }
    reader->state = format->state_size > 0 ? sv_arena_calloc(&reader->file_arena, 1, format->state_size) : NULL;
    reader->known[reader->known_count++] = (struct sv_reader_known){format, reader->state};
    if (format->open != NULL)
        format->open(reader, reader->state);
}

/* As before the first record. */
static void clear_formats(struct sv_reader *reader)
{
    for (size_t i = 0; i < reader->known_count; i++)
        if (reader->known[i].format->close != NULL)
            reader->known[i].format->close(reader->known[i].state);
    sv_arena_free(&reader->file_arena);
    reader->known_count = 0;
    reader->format = NULL;
    reader->source = sv_value_str(SV_SLICE("sv"));
    reader->state = NULL;
    reader->undecided = 0;
    reader->seen_object = reader->is_settled = reader->given_up = false;
}

void sv_reader_free(struct sv_reader *reader)
{
    if (reader == NULL)
        return;
    clear_formats(reader);
    sv_free(reader);
}

const struct sv_format *sv_reader_format(const struct sv_reader *reader)
{
    return reader->format;
}

bool sv_reader_asks(struct sv_reader *reader, struct sv_slice type)
{
    return reader->spec->format == NULL && !reader->is_settled && sv_format_sv_asks(reader->state, type);
}

struct sv_arena *sv_reader_arena(struct sv_reader *reader)
{
    return reader->spec->arena;
}

struct sv_arena *sv_reader_file_arena(struct sv_reader *reader)
{
    return &reader->file_arena;
}

struct sv_place sv_reader_place(const struct sv_reader *reader)
{
    return reader->place;
}

struct sv_slice sv_reader_path(const struct sv_reader *reader)
{
    return reader->path;
}

struct sv_event *sv_reader_event(struct sv_reader *reader)
{
    return reader->spec->event;
}

void sv_reader_no_estimate(struct sv_reader *reader)
{
    reader->no_estimate = true;
}

bool sv_reader_time_of(struct sv_value value, struct sv_arena *arena, int64_t *ns)
{
    switch (value.type) {
    case SV_STRING:
        return sv_time_parse(sv_value_string(&value, arena), ns);
    case SV_INT:
        return sv_time_from_epoch_int(value.i, ns);
    case SV_DOUBLE:
        return sv_time_from_epoch(value.d, ns);
    default:
        return false;
    }
}

bool sv_reader_top_time(struct sv_slice text, int64_t *ns)
{
    static struct sv_paths *paths;
    if (paths == NULL) {
        static const char *const names[] = {"time", "timestamp", "ts", "@timestamp", "startTime"};
        paths = sv_paths_new();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            sv_paths_bind(paths, sv_paths_key(paths, SV_PATHS_ROOT, sv_slice_str(names[i])), 0);
    }
    struct sv_value time = {0};
    struct sv_arena none = {0};
    /* a time with escapes in it is none; so nothing is ever unescaped here */
    return sv_json_project(paths, SV_PATHS_ROOT, text, &time, NULL, NULL) && !(time.flags & SV_ESCAPED) &&
           sv_reader_time_of(time, &none, ns);
}

bool sv_reader_peek_time(const struct sv_format *format, size_t key, struct sv_slice text, int64_t *ns)
{
    if (format != NULL && format->time_at != NULL)
        return key > 0 && format->time_at(key, text, ns);
    return format != NULL && format->time != NULL ? format->time(text, ns) : sv_reader_top_time(text, ns);
}

_Static_assert(SV_F_COUNT <= 64, "canonical slots are bits of one word");

/* A slot as its field must have it; what has another type is absent and counted. */
static void fix_type(struct sv_reader *reader, struct sv_value *slot, enum sv_cel_type type)
{
    if (slot->type == SV_INT && type == SV_CEL_DOUBLE) {
        *slot = sv_value_double((double)slot->i);
    } else if (slot->type == SV_UINT && type == SV_CEL_DOUBLE) {
        *slot = sv_value_double((double)slot->u);
    } else {
        reader->spec->counts.odd += slot->type != SV_NULL;
        *slot = sv_value_of(SV_ABSENT);
    }
}

static uint64_t present_slots(const struct sv_event *event)
{
    uint64_t present = 0;
    for (int f = 0; f < SV_F_COUNT; f++)
        present |= (uint64_t)(event->slots[f].type != SV_ABSENT) << f;
    return present;
}

static void check_types(struct sv_reader *reader, struct sv_event *event)
{
    uint64_t present = reader->projected ? reader->filled.any & ~(reader->filled.strings & may_be_strings) : present_slots(event);
    for (; present != 0; present &= present - 1) {
        int f = __builtin_ctzll(present);
        struct sv_value *slot = &event->slots[f];
        if (f < SV_F_COUNT && (!(allowed[f] >> slot->type & 1) ||
                               (slot->type == SV_JSON && !sv_value_is_object(*slot) && sv_field_type((enum sv_field)f) == SV_CEL_MAP)))
            fix_type(reader, slot, sv_field_type((enum sv_field)f));
    }
    const struct sv_schema *schema = reader->spec->schema;
    for (size_t i = 0; i < schema->key_count; i++) {
        static const uint8_t json_type[] = {[SV_CEL_BOOL] = SV_BOOL,     [SV_CEL_INT] = SV_INT,   [SV_CEL_UINT] = SV_UINT,
                                            [SV_CEL_DOUBLE] = SV_DOUBLE, [SV_CEL_STRING] = SV_STRING, [SV_CEL_LIST] = SV_JSON,
                                            [SV_CEL_MAP] = SV_JSON};
        struct sv_value *slot = &event->slots[schema->keys[i].slot];
        enum sv_cel_type type = schema->keys[i].type;
        if (slot->type == SV_ABSENT)
            continue;
        if (type == SV_CEL_DOUBLE && (slot->type == SV_INT || slot->type == SV_UINT))
            *slot = sv_value_double(slot->type == SV_INT ? (double)slot->i : (double)slot->u);
        else if (type == SV_CEL_UINT && slot->type == SV_INT && slot->i >= 0)
            *slot = (struct sv_value){.type = SV_UINT, .u = (uint64_t)slot->i};
        else if (slot->type == SV_NULL || (type != SV_CEL_DYN && slot->type != json_type[type]) ||
                 (type == SV_CEL_LIST && !sv_value_is_array(*slot)) || (type == SV_CEL_MAP && !sv_value_is_object(*slot))) {
            reader->spec->counts.odd += slot->type != SV_NULL;
            *slot = sv_value_of(SV_ABSENT);
        }
    }
}

/* A time that is none: its text stays in ext.time. */
static void keep_bad_time(struct sv_reader *reader, struct sv_event *event)
{
    struct sv_value *ext = &event->slots[SV_F_EXT];
    struct sv_buf text = {0};
    sv_buf_str(&text, "{\"time\":");
    sv_json_put_value(&text, event->slots[SV_F_TIME]);
    if (ext->type == SV_JSON) {
        struct sv_slice members = sv_slice_trim(sv_slice(ext->s + 1, ext->len - 2));
        sv_buf_add(&text, members.len > 0 ? SV_SLICE(",") : SV_SLICE(""));
        sv_buf_add(&text, members);
    }
    sv_buf_char(&text, '}');
    struct sv_slice copy = sv_arena_dup(event->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    *ext = (struct sv_value){.type = SV_JSON, .len = (uint32_t)copy.len, .s = copy.data};
    event->slots[SV_F_TIME] = sv_value_of(SV_ABSENT);
    reader->spec->counts.bad_time++;
}

static struct sv_value time_text(struct sv_arena *arena, int64_t ns)
{
    struct sv_buf text = {0};
    sv_time_format(&text, ns);
    struct sv_value value = sv_value_str(sv_arena_dup(arena, sv_buf_slice(&text)));
    sv_buf_free(&text);
    return value;
}

static void set_time(struct sv_reader *reader, struct sv_event *event)
{
    struct sv_reader_spec *spec = reader->spec;
    struct sv_value *time = &event->slots[SV_F_TIME];
    if (time->type != SV_ABSENT) {
        bool is_time = time->type == SV_STRING ? sv_time_parse_near(&reader->times, sv_value_string(time, event->arena), &event->time_ns)
                                               : sv_reader_time_of(*time, event->arena, &event->time_ns);
        if (!is_time) {
            keep_bad_time(reader, event);
        } else if (event->time_ns > spec->latest_ns) {
            *time = sv_value_of(SV_ABSENT);
            spec->counts.ahead++;
        } else {
            event->has_time = true;
            if (time->type != SV_STRING)
                *time = time_text(event->arena, event->time_ns);
            if (event->slots[SV_F_TIME_FROM].type == SV_ABSENT)
                sv_event_set_str(event, SV_F_TIME_FROM, "event");
        }
    } else if (spec->live) {
        event->has_time = true;
        event->time_ns = sv_os_now_ns();
        *time = time_text(event->arena, event->time_ns);
        sv_event_set_str(event, SV_F_TIME_FROM, "arrival");
    } else {
        spec->counts.no_clock++;
    }
    if (event->has_time && spec->schema->used[SV_SLOT_TIMESTAMP]) {
        int64_t seconds = event->time_ns / SV_SECOND_NS, nanos = event->time_ns % SV_SECOND_NS;
        if (nanos < 0)
            seconds--, nanos += SV_SECOND_NS;
        event->slots[SV_SLOT_TIMESTAMP] = (struct sv_value){.type = SV_TIMESTAMP, .i = seconds, .len = (uint32_t)nanos};
    }
}

static int64_t tokens(const struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_INT ? event->slots[field].i : 0;
}

static void set_cost(struct sv_reader *reader, struct sv_event *event)
{
    double usd;
    if (event->slots[SV_F_COST_USD].type != SV_ABSENT) {
        if (event->slots[SV_F_COST_FROM].type == SV_ABSENT)
            sv_event_set_str(event, SV_F_COST_FROM, "reported");
        return;
    }
    if (reader->no_estimate)
        sv_event_set_str(event, SV_F_COST_FROM, "reported");
    if (reader->no_estimate || reader->spec->prices == NULL || event->slots[SV_F_MODEL].type == SV_ABSENT)
        return;
    struct sv_tokens used = {tokens(event, SV_F_INPUT_TOKENS), tokens(event, SV_F_OUTPUT_TOKENS),
                             tokens(event, SV_F_CACHE_READ_TOKENS), tokens(event, SV_F_CACHE_WRITE_TOKENS)};
    if ((used.input > 0 || used.output > 0) &&
        sv_prices_cost(reader->spec->prices, sv_event_text(event, SV_F_MODEL), event->has_time, event->time_ns, used, &usd)) {
        event->slots[SV_F_COST_USD] = sv_value_double(usd);
        sv_event_set_str(event, SV_F_COST_FROM, "estimated");
    }
}

/* Fills the registered paths into containers that a format has put there as a whole. */
static void project_containers(struct sv_reader *reader, struct sv_event *event)
{
    static const enum sv_field containers[] = {SV_F_ARGS, SV_F_RESULT, SV_F_LABELS, SV_F_EXT};
    const struct sv_paths *paths = reader->spec->schema->paths;
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
        struct sv_value value = event->slots[containers[i]];
        if (!sv_value_is_object(value))
            continue;
        uint32_t node = sv_paths_find(paths, SV_PATHS_ROOT, sv_slice_str(sv_field_name(containers[i])));
        if (sv_paths_has_children(paths, node))
            sv_json_project(paths, node, sv_value_raw(value), event->slots, NULL, NULL);
    }
}

/* The event stands at its place. */
static void emit(struct sv_reader *reader)
{
    struct sv_reader_spec *spec = reader->spec;
    struct sv_event *event = spec->event;
    const bool *used = spec->schema->used;
    event->arena = spec->arena;
    event->origin = reader->origin;
    event->number++;
    check_types(reader, event);
    if (event->slots[SV_F_TYPE].type == SV_ABSENT) /* it was no string */
        sv_event_set_str(event, SV_F_TYPE, "note");
    if (spec->preset != NULL)
        for (int f = 0; f < SV_F_COUNT; f++)
            if (spec->preset[f].type != SV_ABSENT && event->slots[f].type == SV_ABSENT)
                event->slots[f] = spec->preset[f];
    set_time(reader, event);
    if (event->slots[SV_F_SOURCE].type == SV_ABSENT)
        event->slots[SV_F_SOURCE] = reader->source;
    if (!reader->projected)
        project_containers(reader, event);
    reader->projected = false;
    if ((used[SV_F_TOOL_KIND] || used[SV_F_COMMAND] || used[SV_F_PATH] || used[SV_F_URL]) && event->slots[SV_F_TOOL].type != SV_ABSENT)
        sv_derive_tool_fields(event, used);
    set_cost(reader, event);
    reader->no_estimate = false;
    if (event->slots[SV_F_ID].type == SV_STRING && event->slots[SV_F_ID].len > SV_EVENT_ID_MAX)
        event->slots[SV_F_ID] = sv_value_of(SV_ABSENT);
    if (used[SV_F_ID])
        sv_event_id(event);
    spec->counts.events++;
    spec->sink(spec->context, event);
    sv_event_clear(event, spec->schema);
}

void sv_reader_emit(struct sv_reader *reader, uint32_t part)
{
    struct sv_place *place = &reader->spec->event->place;
    *place = reader->place;
    place->part = part;
    emit(reader);
}

void sv_reader_emit_at(struct sv_reader *reader, uint64_t record, int64_t offset, uint32_t part)
{
    reader->spec->event->place = (struct sv_place){.source = reader->place.source, .record = record, .offset = offset, .part = part};
    emit(reader);
}

/* Is it what only native events are: of a type that no other format has, or of a dotted one beside the one who acts? */
static bool is_native(struct sv_value record)
{
    static const char *const types[] = {"session.start", "session.end", "turn.start", "turn.end", "message.user", "message.agent",
                                        "message.think", "llm.call", "tool.call", "tool.result", "agent.start", "agent.stop",
                                        "message.sent", "evaluation"};
    struct sv_value type = sv_json_get(record, SV_SLICE("type"));
    if (type.type != SV_STRING)
        return false;
    struct sv_slice name = sv_value_raw(type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_slice_is(name, types[i]))
            return true;
    return name.len > 0 && memchr(name.data, '.', name.len) != NULL &&
           (sv_json_get(record, SV_SLICE("agent")).type == SV_STRING || sv_json_get(record, SV_SLICE("session")).type == SV_STRING);
}

/* Whose record is this JSON object? NULL: nobody's. */
static const struct sv_format *format_of(struct sv_value record)
{
    const struct sv_format *format = sv_format_find(SV_SLICE("sv"));
    if (is_native(record))
        return format;
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        if (format->detect != NULL && format->detect(record))
            break;
    return format;
}

/* Whose record is this? Leaves the question open for a while where nobody but the native format would take it. */
static const struct sv_format *decide(struct sv_reader *reader, struct sv_slice text)
{
    struct sv_value value;
    if (reader->spec->format != NULL) {
        set_format(reader, reader->spec->format);
        return reader->format;
    }
    const struct sv_format *format = NULL, *native = sv_format_find(SV_SLICE("sv"));
    if (sv_json_read(text, &value, NULL) && sv_value_is_object(value)) {
        reader->seen_object = true;
        format = format_of(value);
    } else if (!reader->seen_object) {
        format = sv_format_of_line(text, reader->undecided == 0);
    }
    if (format == NULL && ++reader->undecided < DECIDE_WITHIN)
        return native;
    set_format(reader, format != NULL ? format : native);
    return reader->format;
}

bool sv_reader_is_other(struct sv_reader *reader)
{
    const struct sv_format *format = NULL, *native = sv_format_find(SV_SLICE("sv"));
    struct sv_value value;
    if (reader->spec->format != NULL || reader->format == NULL || reader->is_settled ||
        !sv_json_read(reader->text, &value, NULL) || !sv_value_is_object(value))
        return false;
    bool is_own = reader->format != native && reader->format->detect != NULL && reader->format->detect(value);
    if (is_native(value))
        format = native;
    else
        for (size_t i = 0; !is_own && (format = sv_format_at(i)) != NULL; i++)
            if (format != native && format != reader->format && format->detect != NULL && format->detect(value))
                break;
    reader->other = format != reader->format ? format : NULL;
    return reader->other != NULL;
}

static bool read_as_other(struct sv_reader *reader, struct sv_slice text, struct sv_error *err)
{
    struct sv_reader_spec *spec = reader->spec;
    sv_event_clear(spec->event, spec->schema);
    reader->projected = false;
    if (reader->known_count == 1 && spec->notice != NULL) {
        struct sv_error told = {0};
        sv_error_set(&told, SV_DONE, "the format changes from %s to %s here; each record is read as what it is",
                     reader->format->name, reader->other->name);
        sv_error_at(&told, NULL, (uint32_t)reader->place.line, 0);
        spec->notice(spec->context, &told);
    }
    set_format(reader, reader->other);
    reader->is_settled = true;
    bool is_used = reader->format->record(reader, reader->state, text, err);
    reader->is_settled = false;
    return is_used;
}

enum sv_record_result sv_reader_record(struct sv_reader *reader, struct sv_slice text, const struct sv_place *place,
                                       struct sv_error *err)
{
    if (text.len == 0 || ((unsigned char)text.data[0] <= ' ' && sv_slice_trim(text).len == 0))
        return SV_RECORD_BLANK;
    /* one by one: a copy of them all would wait for those that were just written */
    reader->place.source = place->source;
    reader->place.part = place->part;
    reader->place.record = place->record;
    reader->place.line = place->line;
    reader->place.offset = place->offset;
    reader->text = text;
    reader->other = NULL;
    const struct sv_format *format = reader->format != NULL ? reader->format : decide(reader, text);
    bool is_used = format->record(reader, reader->state, text, err);
    if (reader->other != NULL)
        is_used = read_as_other(reader, text, err);
    if (is_used)
        return SV_RECORD_USED;
    sv_event_clear(reader->spec->event, reader->spec->schema);
    reader->projected = false;
    if (!reader->given_up)
        return SV_RECORD_REJECTED;
    reader->given_up = false;
    return SV_RECORD_UNUSABLE;
}

bool sv_reader_give_up(struct sv_reader *reader)
{
    reader->given_up = true;
    return false;
}

enum { STATE_VERSION = 1 }; /* of the bytes; another one when a format changes what it saves */

/* Of a file with several formats the one in use comes first; what there is no room for begins anew when it is met again. */
static void put_states(const struct sv_reader *reader, struct sv_buf *out)
{
    struct sv_buf states[SV_READER_FORMATS_MAX] = {{0}};
    size_t room = SV_FORMAT_STATE_MAX;
    for (size_t i = 0; i < reader->known_count; i++) {
        const struct sv_reader_known *known = &reader->known[i];
        if (known->format->save != NULL)
            known->format->save(known->state, &states[i]);
        if (known->format == reader->format)
            room -= states[i].len < room ? states[i].len : room;
    }
    for (size_t i = 0; i < reader->known_count; i++) {
        const struct sv_format *format = reader->known[i].format;
        if (format == reader->format || states[i].len <= room) {
            room -= format == reader->format ? 0 : states[i].len;
            sv_state_put_text(out, sv_slice_str(format->name));
            sv_pack_text(out, sv_buf_slice(&states[i]));
        }
        sv_buf_free(&states[i]);
    }
}

void sv_reader_set_source(struct sv_reader *reader, uint32_t source)
{
    reader->place.source = source;
}

void sv_reader_save(const struct sv_reader *reader, struct sv_buf *out)
{
    sv_pack_uint(out, STATE_VERSION);
    sv_pack_uint(out, reader->undecided);
    sv_pack_uint(out, (uint64_t)reader->seen_object | (uint64_t)reader->is_settled << 1 | (uint64_t)reader->given_up << 2);
    sv_state_put_text(out, reader->format != NULL ? sv_slice_str(reader->format->name) : SV_SLICE(""));
    put_states(reader, out);
}

static bool restore_formats(struct sv_reader *reader, struct sv_unpack *in)
{
    while (in->at < in->end && !in->failed) {
        const struct sv_format *format = sv_format_find(sv_state_get_slice(in));
        struct sv_slice state = sv_unpack_text(in);
        if (format == NULL || in->failed || reader->known_count == SV_READER_FORMATS_MAX)
            return false;
        set_format(reader, format);
        if (format->restore != NULL && !format->restore(reader, reader->state, state))
            return false;
    }
    return !in->failed;
}

bool sv_reader_restore(struct sv_reader *reader, struct sv_slice bytes)
{
    struct sv_unpack in = sv_unpack(bytes);
    if (sv_unpack_uint(&in) != STATE_VERSION || in.failed)
        return false;
    uint64_t undecided = sv_unpack_uint(&in), flags = sv_unpack_uint(&in);
    struct sv_slice name = sv_state_get_slice(&in);
    const struct sv_format *format = name.len > 0 ? sv_format_find(name) : NULL;
    bool is_fine = !in.failed && (name.len == 0) == (format == NULL) &&
                   (reader->spec->format == NULL || format == NULL || format == reader->spec->format) && restore_formats(reader, &in);
    if (!is_fine) {
        clear_formats(reader);
        return false;
    }
    reader->undecided = undecided;
    reader->seen_object = (flags & 1) != 0;
    reader->is_settled = (flags & 2) != 0;
    reader->given_up = (flags & 4) != 0;
    if (format != NULL)
        set_format(reader, format);
    return true;
}

void sv_reader_schema(struct sv_reader *reader)
{
    for (size_t i = 0; i < reader->known_count; i++)
        if (reader->known[i].format->schema != NULL)
            reader->known[i].format->schema(reader, reader->known[i].state);
}

void sv_reader_end(struct sv_reader *reader)
{
    for (size_t i = 0; i < reader->known_count; i++) {
        reader->format = reader->known[i].format;
        reader->source = sv_value_str(sv_slice_str(reader->format->name));
        reader->state = reader->known[i].state;
        if (reader->format->end != NULL)
            reader->format->end(reader, reader->state);
    }
}
