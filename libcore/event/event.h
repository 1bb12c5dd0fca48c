/* SPDX-License-Identifier: ISC */
/* event.h - the canonical event: fixed slots for its fields, more for the paths that conditions read.
 *
 * Every log format becomes this; policies, store and reports know nothing else (sv-event(5) describes the fields). A slot holds
 * a borrowed value: from the record, from the record's arena, or constant; it is gone when the record is. After the reader is
 * done with an event each canonical slot has the type its field must have, or is SV_ABSENT; `number` fields are SV_DOUBLE.
 *
 *     struct sv_schema *schema = sv_schema_new();
 *     sv_schema_declare(schema, env);                 // every name that an expression may use
 *     ... compile conditions: their paths are registered ...
 *     struct sv_event event = sv_event_new(schema);
 *
 * Floor: event; uses cel, json, base. */
#ifndef SV_EVENT_H
#define SV_EVENT_H

#include "base/buf.h"
#include "cel/cel.h"
#include "json/reader.h"

/* The fields, in the order in which --convert prints them. X(name in C, name in the event, type of its value) */
#define SV_FIELDS(X)                                                                                                               \
    X(ID, "id", STRING)                                                                                                            \
    X(TIME, "time", STRING)                                                                                                        \
    X(TIME_FROM, "time_from", STRING)                                                                                              \
    X(SOURCE, "source", STRING)                                                                                                    \
    X(TYPE, "type", STRING)                                                                                                        \
    X(SESSION, "session", STRING)                                                                                                  \
    X(AGENT, "agent", STRING)                                                                                                      \
    X(AGENT_NAME, "agent_name", STRING)                                                                                            \
    X(PARENT_AGENT, "parent_agent", STRING)                                                                                        \
    X(HOST, "host", STRING)                                                                                                        \
    X(TEAM, "team", STRING)                                                                                                        \
    X(SUPERVISOR, "supervisor", STRING)                                                                                            \
    X(PARENT_ID, "parent_id", STRING)                                                                                              \
    X(TRACE_ID, "trace_id", STRING)                                                                                                \
    X(CORRELATION_ID, "correlation_id", STRING)                                                                                    \
    X(TURN, "turn", STRING)                                                                                                        \
    X(ENTITY_TYPE, "entity_type", STRING)                                                                                          \
    X(ENTITY_ID, "entity_id", STRING)                                                                                              \
    X(PRIORITY, "priority", STRING)                                                                                                \
    X(CALL_ID, "call_id", STRING)                                                                                                  \
    X(TOOL, "tool", STRING)                                                                                                        \
    X(TOOL_KIND, "tool_kind", STRING)                                                                                              \
    X(ARGS, "args", DYN) /* object or string */                                                                                    \
    X(COMMAND, "command", STRING)                                                                                                  \
    X(PATH, "path", STRING)                                                                                                        \
    X(URL, "url", STRING)                                                                                                          \
    X(STATUS, "status", STRING)                                                                                                    \
    X(ERROR, "error", STRING)                                                                                                      \
    X(EXIT_CODE, "exit_code", INT)                                                                                                 \
    X(RESULT, "result", DYN)                                                                                                       \
    X(RESULT_BYTES, "result_bytes", INT)                                                                                           \
    X(MODEL, "model", STRING)                                                                                                      \
    X(INPUT_TOKENS, "input_tokens", INT)                                                                                           \
    X(OUTPUT_TOKENS, "output_tokens", INT)                                                                                         \
    X(CACHE_READ_TOKENS, "cache_read_tokens", INT)                                                                                 \
    X(CACHE_WRITE_TOKENS, "cache_write_tokens", INT)                                                                               \
    X(REASONING_TOKENS, "reasoning_tokens", INT)                                                                                   \
    X(COST_USD, "cost_usd", DOUBLE)                                                                                                \
    X(COST_FROM, "cost_from", STRING)                                                                                              \
    X(DURATION_MS, "duration_ms", DOUBLE)                                                                                          \
    X(FROM, "from", STRING)                                                                                                        \
    X(TO, "to", STRING)                                                                                                            \
    X(SUBJECT, "subject", STRING)                                                                                                  \
    X(TEXT, "text", STRING)                                                                                                        \
    X(NAME, "name", STRING)                                                                                                        \
    X(VALUE, "value", DOUBLE)                                                                                                      \
    X(LABELS, "labels", MAP)                                                                                                       \
    X(MODE, "mode", STRING)                                                                                                        \
    X(CWD, "cwd", STRING)                                                                                                          \
    X(DECISION, "decision", STRING)                                                                                                \
    X(EXT, "ext", MAP)

enum sv_field {
#define X(c, name, type) SV_F_##c,
    SV_FIELDS(X)
#undef X
        SV_F_COUNT,
    SV_SLOT_TIMESTAMP = SV_F_COUNT, /* the bare name `time`: SV_TIMESTAMP; event.time is the text */
    SV_SLOT_FIRST                   /* slots of registered paths begin here */
};

/* Pieces of a record that are no ordinal: usage, start, end. Others count from 0. */
enum { SV_PART_USAGE = 1 << 24, SV_PART_START, SV_PART_END };

/* Where an event stands: final, everything stored is keyed by it. */
struct sv_place {
    uint32_t source; /* number of the input in this run (input.h) */
    uint32_t part;
    uint64_t record; /* ordinal of the record in its origin, from 1 */
    uint64_t line;   /* in which it begins, for people; 0: the same number, records being lines */
    int64_t offset;  /* of the record's first byte */
};

struct sv_event {
    struct sv_value *slots; /* [slot_count] >= sv_paths_slots(schema->paths) */
    uint32_t slot_count;
    struct sv_json_rest *rest; /* other top-level members of a native event, NULL unless the schema keeps them */
    struct sv_arena *arena; /* the record's */
    struct sv_place place;
    struct sv_slice origin; /* text before the ':' of an address */
    uint64_t number;        /* of the event in this run; changes with every event */
    int64_t time_ns;        /* only with has_time */
    const struct sv_slice *above; /* [above_count] supervisors of its supervisor, the nearest first, where a roster knows them */
    size_t above_count;
    bool has_time;
    bool has_made_id;       /* the id is the address, put there because something asked for it */
};

/* Names, types, paths. One a run; conditions compiled against it register what they read. */
struct sv_schema {
    struct sv_paths *paths;
    bool used[SV_SLOT_FIRST];      /* an expression reads this slot, so it must be derived where the event lacks it */
    struct sv_schema_key {         /* keys named under `fields:` */
        uint32_t slot;
        enum sv_cel_type type;
    } *keys;
    size_t key_count;
    bool keep_rest;                /* collect members that no field or path wants (--convert) */
};

struct sv_schema *sv_schema_new(void);
void sv_schema_free(struct sv_schema *schema);

/* Puts every field into env, bare and as event.<name>, and `event` for all other keys. */
void sv_schema_declare(struct sv_schema *schema, struct sv_cel_env *env);

/* `fields: {key: type}` of a policy file: a bare, typed name for an extra top-level key. Types: bool int uint double string
 * list map. False when it is a canonical field, or declared before with another type. */
bool sv_schema_declare_key(struct sv_schema *schema, struct sv_cel_env *env, struct sv_slice key, struct sv_slice type,
                           struct sv_error *err);

/* SV_F_COUNT when it is none. */
enum sv_field sv_field_find(struct sv_slice name);
const char *sv_field_name(enum sv_field field);
enum sv_cel_type sv_field_type(enum sv_field field);

struct sv_event sv_event_new(const struct sv_schema *schema);
void sv_event_free(struct sv_event *event);

/* Grows the slots after paths were added; clears all. */
void sv_event_clear(struct sv_event *event, const struct sv_schema *schema);

/* The plain bytes of a string slot, empty if absent. */
struct sv_slice sv_event_text(struct sv_event *event, enum sv_field field);

/* Own id, or the address; in the arena. */
struct sv_slice sv_event_id(struct sv_event *event);

/* `<origin>:<record>.<part>` */
void sv_event_address(struct sv_buf *out, struct sv_slice origin, uint64_t record, uint32_t part);

/* One canonical line, newline included (--convert). The redactor, when not NULL, sees every string. The same as a row of CSV, a
 * column a field, objects as JSON, the members that are no fields as an object in the last column, `more`; and that row's head. */
struct sv_redactor;
struct sv_csv;
void sv_event_put_csv_head(struct sv_csv *csv);
void sv_event_put_csv(struct sv_csv *csv, struct sv_event *event, struct sv_redactor *redactor);
void sv_event_put_json(struct sv_buf *out, struct sv_event *event, struct sv_redactor *redactor);

#endif
