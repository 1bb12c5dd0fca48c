/* SPDX-License-Identifier: ISC */
/* A value as JSON text. Lists and maps may share their parts, so that the text is far longer than what is in memory: it ends early,
 * in valid JSON, when it has outgrown a line. */
#include "base/time.h"
#include "cel/fn.h"
#include "json/writer.h"

static void put(struct sv_buf *out, struct sv_value v, struct sv_arena *arena);

/* A key of a map, which JSON wants as a string. */
static void put_key(struct sv_buf *out, struct sv_value key)
{
    struct sv_buf text = {0};
    if (key.type == SV_STRING)
        sv_buf_add(&text, sv_value_raw(key));
    else if (key.type == SV_BOOL)
        sv_buf_str(&text, key.b ? "true" : "false");
    else if (key.type == SV_INT)
        sv_buf_int(&text, key.i);
    else
        sv_buf_uint(&text, key.u);
    sv_json_put_string(out, sv_buf_slice(&text));
    sv_buf_free(&text);
}

static void put_list(struct sv_buf *out, const struct sv_list *list, struct sv_arena *arena)
{
    sv_buf_char(out, '[');
    for (size_t i = 0; i < list->count && out->len <= SV_LINE_MAX; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        put(out, list->items[i], arena);
    }
    sv_buf_char(out, ']');
}

static void put_map(struct sv_buf *out, const struct sv_map_value *map, struct sv_arena *arena)
{
    sv_buf_char(out, '{');
    for (size_t i = 0; i < map->count && out->len <= SV_LINE_MAX; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        put_key(out, map->entries[i].key);
        sv_buf_char(out, ':');
        put(out, map->entries[i].value, arena);
    }
    sv_buf_char(out, '}');
}

static void put_text(struct sv_buf *out, struct sv_value v, void (*write)(struct sv_buf *, struct sv_value))
{
    sv_buf_char(out, '"');
    write(out, v);
    sv_buf_char(out, '"');
}

/* Recursion: see sv_val_equal. */
static void put(struct sv_buf *out, struct sv_value v, struct sv_arena *arena)
{
    switch ((enum sv_type)v.type) {
    case SV_UINT:
        sv_buf_uint(out, v.u);
        break;
    case SV_BYTES:
        sv_buf_char(out, '"');
        sv_fn_put_base64(out, sv_value_raw(v));
        sv_buf_char(out, '"');
        break;
    case SV_LIST:
        put_list(out, v.list, arena);
        break;
    case SV_MAP:
        put_map(out, v.map, arena);
        break;
    case SV_TIMESTAMP:
        put_text(out, v, sv_fn_put_timestamp);
        break;
    case SV_DURATION:
        put_text(out, v, sv_fn_put_duration);
        break;
    case SV_TYPE:
        sv_json_put_string(out, sv_value_raw(v));
        break;
    case SV_OPTIONAL:
        if (v.optional != NULL)
            put(out, *v.optional, arena);
        else
            sv_buf_str(out, "null");
        break;
    case SV_ABSENT:
    case SV_ERROR:
        sv_buf_str(out, "null");
        break;
    case SV_STRING:
        if (!(v.flags & SV_ESCAPED)) {
            sv_json_put_string(out, sv_value_raw(v));
            break;
        }
        sv_json_put_value(out, v);
        break;
    default:
        sv_json_put_value(out, v);
    }
}

void sv_cel_put_json(struct sv_buf *out, struct sv_value value, struct sv_arena *arena)
{
    put(out, value, arena);
}
