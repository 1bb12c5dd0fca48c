/* SPDX-License-Identifier: ISC */
#include "event/typed.h"

#include <ctype.h>
#include <math.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"

#define INT_OF_DOUBLE_MAX 9007199254740992.0 /* up to here every whole double is one int */

struct sv_typed_key sv_typed_key(const struct sv_schema *schema, struct sv_slice name)
{
    struct sv_typed_key key = {.name = name, .slot = SV_NO_SLOT, .type = SV_CEL_STRING};
    key.node = sv_paths_find(schema->paths, SV_PATHS_ROOT, name);
    if (key.node != SV_NO_NODE)
        key.slot = sv_paths_slot(schema->paths, key.node);
    if (key.slot < SV_F_COUNT)
        key.type = sv_field_type((enum sv_field)key.slot);
    for (size_t i = 0; i < schema->key_count; i++)
        if (schema->keys[i].slot == key.slot)
            key.type = schema->keys[i].type != SV_CEL_DYN ? schema->keys[i].type : SV_CEL_STRING;
    return key;
}

bool sv_typed_is_canonical(struct sv_slice name)
{
    return sv_field_find(name) != SV_F_COUNT || sv_slice_is(name, "timestamp") || sv_slice_is(name, "ts") ||
           sv_slice_is(name, "@timestamp");
}

static bool decimal(struct sv_slice text, double *out)
{
    return text.len <= SV_NUMBER_MAX && sv_num_double(text, false, out) && isfinite(*out);
}

/* A whole number; also one that a spreadsheet or pandas wrote as 12.0. */
static bool whole(struct sv_slice text, struct sv_value *out)
{
    double d;
    *out = sv_value_of(SV_INT);
    if (sv_num_int(text, &out->i))
        return true;
    if (!decimal(text, &d) || !(d >= -INT_OF_DOUBLE_MAX && d <= INT_OF_DOUBLE_MAX) || d != (double)(int64_t)d)
        return false;
    out->i = (int64_t)d;
    return true;
}

static bool is_word(struct sv_slice text, const char *word)
{
    size_t i = 0;
    while (i < text.len && word[i] != '\0' && tolower((unsigned char)text.data[i]) == word[i])
        i++;
    return i == text.len && word[i] == '\0';
}

static bool boolean(struct sv_slice text, struct sv_value *out)
{
    *out = sv_value_bool(is_word(text, "true"));
    return out->b || is_word(text, "false");
}

/* JSON may have line ends between its tokens; an event is one line. Inside its strings there are none. */
static struct sv_slice one_line(struct sv_arena *arena, struct sv_slice json)
{
    char *out = sv_arena_alloc(arena, json.len);
    size_t len = 0;
    for (size_t i = 0; i < json.len; i++)
        if ((unsigned char)json.data[i] >= ' ')
            out[len++] = json.data[i];
    return sv_slice(out, len);
}

static bool container(struct sv_arena *arena, struct sv_slice text, struct sv_value *out)
{
    text = sv_slice_trim(text);
    if (text.len == 0 || (text.data[0] != '{' && text.data[0] != '[') || !sv_json_read(text, out, NULL))
        return false;
    text = one_line(arena, text);
    *out = (struct sv_value){.type = SV_JSON, .len = (uint32_t)text.len, .s = text.data};
    return true;
}

static bool convert(struct sv_arena *arena, const struct sv_typed_key *key, struct sv_slice text, struct sv_value *out)
{
    struct sv_slice bare = sv_slice_trim(text);
    *out = sv_value_str(text);
    switch (key->type) {
    case SV_CEL_INT:
        return whole(bare, out);
    case SV_CEL_UINT:
        *out = sv_value_of(SV_UINT);
        return sv_num_uint(bare, &out->u);
    case SV_CEL_DOUBLE:
        *out = sv_value_of(SV_DOUBLE);
        return decimal(bare, &out->d);
    case SV_CEL_BOOL:
        return boolean(bare, out);
    case SV_CEL_LIST:
        return container(arena, text, out) && sv_value_is_array(*out);
    case SV_CEL_MAP:
        return container(arena, text, out) && sv_value_is_object(*out);
    default:
        break;
    }
    if (key->slot == SV_F_ARGS || key->slot == SV_F_RESULT) {
        if (!container(arena, text, out))
            *out = sv_value_str(text);
    } else if (key->slot == SV_F_TIME && !whole(bare, out)) {
        *out = sv_value_of(SV_DOUBLE);
        if (!decimal(bare, &out->d))
            *out = sv_value_str(bare);
    }
    return true;
}

static void keep(struct sv_json_rest *rest, struct sv_slice name, struct sv_slice text)
{
    if (rest->count == rest->capacity) {
        rest->capacity = rest->capacity > 0 ? rest->capacity * 2 : 16;
        rest->items = sv_realloc(rest->items, rest->capacity * sizeof *rest->items);
    }
    rest->items[rest->count++] = (struct sv_json_member){sv_value_str(name), sv_value_str(text)};
}

bool sv_typed_put(const struct sv_schema *schema, struct sv_event *event, const struct sv_typed_key *key, struct sv_slice text)
{
    struct sv_value value;
    if (text.len == 0)
        return true;
    if (key->slot == SV_NO_SLOT) {
        if (event->rest != NULL)
            keep(event->rest, key->name, text);
        return true;
    }
    if (!convert(event->arena, key, text, &value))
        return false;
    event->slots[key->slot] = value;
    if (key->slot >= SV_SLOT_FIRST && value.type == SV_JSON && sv_paths_has_children(schema->paths, key->node))
        sv_json_project(schema->paths, key->node, sv_value_raw(value), event->slots, NULL, NULL);
    return true;
}

bool sv_typed_time(struct sv_slice text, int64_t *ns)
{
    struct sv_value number;
    double d;
    text = sv_slice_trim(text);
    if (whole(text, &number))
        return sv_time_from_epoch_int(number.i, ns);
    if (decimal(text, &d))
        return sv_time_from_epoch(d, ns);
    return sv_time_parse(text, ns);
}
