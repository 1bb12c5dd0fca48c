/* SPDX-License-Identifier: ISC */
#include "event/event.h"

static const struct {
    struct sv_slice name;
    enum sv_cel_type type;
} fields[SV_F_COUNT] = {
#define X(c, text, kind) {{text, sizeof(text) - 1}, SV_CEL_##kind},
    SV_FIELDS(X)
#undef X
};

const char *sv_field_name(enum sv_field field)
{
    return fields[field].name.data;
}

enum sv_cel_type sv_field_type(enum sv_field field)
{
    return fields[field].type;
}

enum sv_field sv_field_find(struct sv_slice name)
{
    int field = 0;
    while (field < SV_F_COUNT && !sv_slice_equal(fields[field].name, name))
        field++;
    return (enum sv_field)field;
}

struct sv_schema *sv_schema_new(void)
{
    static const char *const other_names_of_time[] = {"timestamp", "ts", "@timestamp"};
    struct sv_schema *schema = sv_calloc(1, sizeof *schema);
    schema->paths = sv_paths_new();
    sv_paths_reserve(schema->paths, SV_SLOT_FIRST);
    for (uint32_t f = 0; f < SV_F_COUNT; f++)
        sv_paths_bind(schema->paths, sv_paths_key(schema->paths, SV_PATHS_ROOT, fields[f].name), f);
    for (size_t i = 0; i < sizeof other_names_of_time / sizeof *other_names_of_time; i++)
        sv_paths_bind(schema->paths, sv_paths_key(schema->paths, SV_PATHS_ROOT, sv_slice_str(other_names_of_time[i])), SV_F_TIME);
    return schema;
}

void sv_schema_free(struct sv_schema *schema)
{
    if (schema == NULL)
        return;
    sv_paths_free(schema->paths);
    sv_free(schema->keys);
    sv_free(schema);
}

void sv_schema_declare(struct sv_schema *schema, struct sv_cel_env *env)
{
    struct sv_buf dotted = {0};
    sv_cel_env_root(env, SV_SLICE("event"), SV_PATHS_ROOT);
    for (int f = 0; f < SV_F_COUNT; f++) {
        uint32_t node = sv_paths_key(schema->paths, SV_PATHS_ROOT, fields[f].name);
        sv_buf_clear(&dotted);
        sv_buf_str(&dotted, "event.");
        sv_buf_add(&dotted, fields[f].name);
        sv_cel_env_path(env, sv_buf_slice(&dotted), node, fields[f].type, &schema->used[f]);
        if (f == SV_F_TIME)
            sv_cel_env_slot(env, fields[f].name, SV_SLOT_TIMESTAMP, SV_CEL_TIMESTAMP, &schema->used[SV_SLOT_TIMESTAMP]);
        else
            sv_cel_env_path(env, fields[f].name, node, fields[f].type, &schema->used[f]);
    }
    sv_buf_free(&dotted);
}

bool sv_schema_declare_key(struct sv_schema *schema, struct sv_cel_env *env, struct sv_slice key, struct sv_slice type,
                           struct sv_error *err)
{
    static const struct {
        const char *name;
        enum sv_cel_type type;
    } types[] = {{"bool", SV_CEL_BOOL},     {"int", SV_CEL_INT},   {"uint", SV_CEL_UINT}, {"double", SV_CEL_DOUBLE},
                 {"string", SV_CEL_STRING}, {"list", SV_CEL_LIST}, {"map", SV_CEL_MAP},   {"dyn", SV_CEL_DYN}};
    size_t t = 0, count = sizeof types / sizeof *types;
    while (t < count && !sv_slice_is(type, types[t].name))
        t++;
    if (t == count)
        return sv_error_set(err, SV_INPUT, "unknown type \"%.*s\" (bool, int, uint, double, string, list, map or dyn)", SV_ARG(type));
    if (sv_field_find(key) != SV_F_COUNT)
        return sv_error_set(err, SV_INPUT, "\"%.*s\" is a field of every event already", SV_ARG(key));
    uint32_t node = sv_paths_key(schema->paths, SV_PATHS_ROOT, key);
    uint32_t slot = sv_paths_want(schema->paths, node);
    size_t i = 0;
    while (i < schema->key_count && schema->keys[i].slot != slot)
        i++;
    if (i < schema->key_count && schema->keys[i].type != types[t].type)
        return sv_error_set(err, SV_INPUT, "\"%.*s\" has another type elsewhere", SV_ARG(key));
    if (i == schema->key_count) {
        schema->keys = sv_realloc(schema->keys, (schema->key_count + 1) * sizeof *schema->keys);
        schema->keys[schema->key_count++] = (struct sv_schema_key){slot, types[t].type};
    }
    struct sv_buf dotted = {0};
    sv_buf_str(&dotted, "event.");
    sv_buf_add(&dotted, key);
    sv_cel_env_path(env, key, node, types[t].type, NULL);
    sv_cel_env_path(env, sv_buf_slice(&dotted), node, types[t].type, NULL);
    sv_buf_free(&dotted);
    return true;
}

struct sv_event sv_event_new(const struct sv_schema *schema)
{
    struct sv_event event = {0};
    sv_event_clear(&event, schema);
    return event;
}

void sv_event_free(struct sv_event *event)
{
    sv_free(event->slots);
    *event = (struct sv_event){0};
}

void sv_event_clear(struct sv_event *event, const struct sv_schema *schema)
{
    uint32_t count = sv_paths_slots(schema->paths);
    if (event->slot_count < count) {
        event->slots = sv_realloc(event->slots, count * sizeof *event->slots);
        event->slot_count = count;
    }
    memset(event->slots, 0, event->slot_count * sizeof *event->slots);
    event->has_time = false;
    event->has_made_id = false;
    if (event->rest != NULL)
        event->rest->count = 0;
}

struct sv_slice sv_event_text(struct sv_event *event, enum sv_field field)
{
    struct sv_value *value = &event->slots[field];
    return value->type == SV_STRING ? sv_value_string(value, event->arena) : SV_SLICE("");
}

void sv_event_address(struct sv_buf *out, struct sv_slice origin, uint64_t record, uint32_t part)
{
    sv_buf_add(out, origin);
    sv_buf_char(out, ':');
    sv_buf_uint(out, record);
    sv_buf_char(out, '.');
    if (part >= SV_PART_USAGE)
        sv_buf_char(out, "use"[part - SV_PART_USAGE]);
    else
        sv_buf_uint(out, part);
}

struct sv_slice sv_event_id(struct sv_event *event)
{
    struct sv_value *id = &event->slots[SV_F_ID];
    if (id->type == SV_STRING)
        return sv_value_string(id, event->arena);
    struct sv_buf text = {0};
    event->has_made_id = true;
    sv_event_address(&text, event->origin, event->place.record, event->place.part);
    *id = sv_value_str(sv_arena_dup(event->arena, sv_buf_slice(&text)));
    sv_buf_free(&text);
    return sv_value_raw(*id);
}
