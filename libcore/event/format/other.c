/* SPDX-License-Identifier: ISC */
/* Logs that are recognised but not understood: each record is a note, whole in ext, so that they pass without being taken for
 * native events whose `type` means something else. */
#include "event/reader.h"
#include "event/reader_private.h"

static bool has(struct sv_value record, const char *key)
{
    return sv_json_get(record, sv_slice_str(key)).type != SV_ABSENT;
}

static bool detect(struct sv_value record)
{
    struct sv_value type = sv_json_get(record, SV_SLICE("type"));
    if (type.type != SV_STRING)
        return has(record, "resourceSpans") || has(record, "resourceLogs") || has(record, "resourceMetrics"); /* OTLP */
    struct sv_slice name = sv_value_raw(type); /* the journal of a Claude Code workflow */
    return (sv_slice_is(name, "started") || sv_slice_is(name, "result")) && has(record, "key") && has(record, "agentId");
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    (void)state;
    struct sv_value value;
    if (!sv_json_read(text, &value, err))
        return false;
    if (!detect(value) && sv_reader_is_other(reader))
        return true;
    struct sv_event *event = sv_reader_event(reader);
    sv_event_set_str(event, SV_F_TYPE, "note");
    struct sv_value time = sv_json_get(value, SV_SLICE("timestamp"));
    if (time.type == SV_STRING)
        sv_event_set(event, SV_F_TIME, time);
    if (sv_value_is_object(value))
        sv_event_set(event, SV_F_EXT, value);
    sv_reader_emit(reader, 0);
    return true;
}

const struct sv_format sv_format_other = {.name = "other",
                                          .title = "recognised, not read yet: every record is a note",
                                          .detect = detect,
                                          .record = record,
                                          .time = sv_reader_top_time};
