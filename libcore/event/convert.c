/* SPDX-License-Identifier: ISC */
/* An event as one canonical line, or as a row. */
#include "event/event.h"
#include "event/redact.h"
#include "json/writer.h"
#include "report/csv.h"

static void put_member(struct sv_buf *out, struct sv_slice key, struct sv_value value, struct sv_redactor *redactor)
{
    if (out->data[out->len - 1] != '{')
        sv_buf_char(out, ',');
    sv_redact_value(redactor, out, SV_SLICE(""), sv_value_str(key));
    sv_buf_char(out, ':');
    sv_redact_value(redactor, out, key, value);
}

void sv_event_put_json(struct sv_buf *out, struct sv_event *event, struct sv_redactor *redactor)
{
    sv_event_id(event);
    sv_buf_char(out, '{');
    for (int f = 0; f < SV_F_COUNT; f++)
        if (event->slots[f].type != SV_ABSENT) {
            const char *name = sv_field_name((enum sv_field)f);
            sv_json_put_key(out, name);
            sv_redact_value(redactor, out, sv_slice_str(name), event->slots[f]);
        }
    for (size_t i = 0; event->rest != NULL && i < event->rest->count; i++) {
        struct sv_json_member *member = &event->rest->items[i];
        put_member(out, sv_value_string(&member->key, event->arena), member->value, redactor);
    }
    sv_buf_str(out, "}\n");
}

void sv_event_put_csv_head(struct sv_csv *csv)
{
    for (int f = 0; f < SV_F_COUNT; f++)
        sv_csv_text(csv, sv_slice_str(sv_field_name((enum sv_field)f)));
    sv_csv_text(csv, SV_SLICE("more"));
    sv_csv_end(csv);
}

/* Strings and containers go through the redactor as JSON, which knows what a key says about its value; a string comes back. */
static void put_cell(struct sv_csv *csv, struct sv_event *event, enum sv_field field, struct sv_redactor *redactor)
{
    struct sv_value value = event->slots[field];
    struct sv_buf json = {0};
    switch (value.type) {
    case SV_ABSENT: sv_csv_none(csv); return;
    case SV_INT: sv_csv_int(csv, value.i); return;
    case SV_UINT: sv_csv_uint(csv, value.u); return;
    case SV_DOUBLE: sv_csv_double(csv, value.d); return;
    default: break;
    }
    sv_redact_value(redactor, &json, sv_slice_str(sv_field_name(field)), value);
    if (value.type == SV_STRING && sv_json_read(sv_buf_slice(&json), &value, NULL) && value.type == SV_STRING)
        sv_csv_text(csv, sv_value_string(&value, event->arena));
    else
        sv_csv_text(csv, sv_buf_slice(&json));
    sv_buf_free(&json);
}

void sv_event_put_csv(struct sv_csv *csv, struct sv_event *event, struct sv_redactor *redactor)
{
    struct sv_buf more = {0};
    sv_event_id(event);
    for (int f = 0; f < SV_F_COUNT; f++)
        put_cell(csv, event, (enum sv_field)f, redactor);
    sv_buf_char(&more, '{');
    for (size_t i = 0; event->rest != NULL && i < event->rest->count; i++) {
        struct sv_json_member *member = &event->rest->items[i];
        put_member(&more, sv_value_string(&member->key, event->arena), member->value, redactor);
    }
    sv_buf_char(&more, '}');
    sv_csv_text(csv, more.len > 2 ? sv_buf_slice(&more) : SV_SLICE(""));
    sv_csv_end(csv);
    sv_buf_free(&more);
}
