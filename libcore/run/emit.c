/* SPDX-License-Identifier: ISC */
#include "run/emit.h"

#include "base/os.h"
#include "base/time.h"
#include "base/uuid.h"
#include "json/writer.h"

/* What no preset gives, and the type, without which a line is a note. */
static void put_line(struct sv_buf *line, const struct sv_value *preset, struct sv_slice id, const char *parent, int64_t now_ns)
{
    sv_buf_char(line, '{');
    sv_json_put_key(line, "id");
    sv_json_put_string(line, id);
    if (preset[SV_F_TIME].type == SV_ABSENT) {
        sv_json_put_key(line, "time");
        sv_buf_char(line, '"');
        sv_time_format(line, now_ns);
        sv_buf_char(line, '"');
    }
    if (preset[SV_F_TYPE].type == SV_STRING) {
        sv_json_put_key(line, "type");
        sv_json_put_string(line, sv_value_raw(preset[SV_F_TYPE]));
    }
    if (parent != NULL) {
        sv_json_put_key(line, "parent_entity");
        sv_json_put_string(line, sv_slice_str(parent));
    }
    sv_buf_char(line, '}');
}

static bool store_line(struct sv_intake *intake, struct sv_slice line, struct sv_error *err)
{
    struct sv_error why;
    if (!sv_intake_begin(intake, err) || !sv_intake_line(intake, line, &why, err))
        return false;
    if (why.code == SV_DONE)
        return sv_intake_commit(intake, err);
    *err = why;
    return false;
}

bool sv_emit(const struct sv_intake_spec *spec, const char *key, const char *parent, struct sv_buf *id, bool *was_there, struct sv_error *err)
{
    struct sv_intake_spec own = *spec;
    struct sv_buf line = {0};
    char made[SV_UUID_SIZE];
    int64_t now_ns = sv_os_now_ns();
    if (key == NULL)
        sv_uuid7(now_ns, made);
    sv_buf_str(id, key != NULL ? key : made);
    put_line(&line, spec->preset, sv_buf_slice(id), parent, now_ns);
    own.source = "emit";
    own.by_id = key != NULL;
    own.store.sync_normal = true; /* and synced once the next one has his turn */
    struct sv_intake *intake = sv_intake_open(&own, err);
    bool fine = intake != NULL && store_line(intake, sv_buf_slice(&line), err) &&
                (spec->store.sync_normal || sv_intake_sync(intake, err));
    *was_there = fine && sv_intake_counts(intake)->known > 0;
    sv_intake_close(intake);
    sv_buf_free(&line);
    return fine;
}
