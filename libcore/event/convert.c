/* SPDX-License-Identifier: ISC */
/* An event as one canonical line. */
#include "event/event.h"
#include "event/redact.h"
#include "json/writer.h"

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
        if (event->slots[f].type != SV_ABSENT)
            put_member(out, sv_slice_str(sv_field_name((enum sv_field)f)), event->slots[f], redactor);
    for (size_t i = 0; event->rest != NULL && i < event->rest->count; i++) {
        struct sv_json_member *member = &event->rest->items[i];
        put_member(out, sv_value_string(&member->key, event->arena), member->value, redactor);
    }
    sv_buf_str(out, "}\n");
}
