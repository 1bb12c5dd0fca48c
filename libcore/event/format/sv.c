/* SPDX-License-Identifier: ISC */
/* The native format: canonical events as NDJSON, straight into the slots (sv-event(5)). */
#include "event/reader.h"
#include "event/reader_private.h"

static bool detect(struct sv_value record)
{
    return sv_json_get(record, SV_SLICE("type")).type == SV_STRING;
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    (void)state;
    struct sv_event *event = sv_reader_event(reader);
    const struct sv_schema *schema = reader->spec->schema;
    if (!sv_json_project_present(schema->paths, SV_PATHS_ROOT, text, event->slots, event->rest, &reader->present, err))
        return false;
    if (text.data[0] != '{' && sv_slice_trim(text).data[0] != '{')
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    if (event->slots[SV_F_TYPE].type == SV_ABSENT)
        sv_event_set_str(event, SV_F_TYPE, "note"), reader->present |= UINT64_C(1) << SV_F_TYPE;
    reader->projected = true;
    sv_reader_emit(reader, 0);
    return true;
}

const struct sv_format sv_format_sv = {
    .name = "sv", .title = "canonical events as JSON lines", .detect = detect, .record = record, .time = sv_reader_top_time};
