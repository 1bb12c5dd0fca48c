/* SPDX-License-Identifier: ISC */
#include "run/act.h"

#include "base/os.h"
#include "base/time.h"
#include "base/uuid.h"
#include "json/writer.h"

void sv_act_put_arguments(struct sv_buf *out, struct sv_redactor *redactor, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            sv_buf_char(out, ' ');
        sv_redact_text(redactor, out, sv_slice_str(argv[i]));
    }
}

static bool begin(struct sv_acts *acts, struct sv_error *err)
{
    if (acts->run != 0)
        return true;
    struct sv_redactor *redactor = sv_redactor_new();
    struct sv_buf arguments = {0};
    sv_os_user(&acts->user);
    sv_os_host(&acts->host);
    sv_redact_text(redactor, &acts->reason, sv_slice_str(acts->by.reason));
    sv_act_put_arguments(&arguments, redactor, acts->by.argc, acts->by.argv);
    acts->run = sv_store_run_start(acts->store, sv_buf_slice(&arguments), acts->now_ns, err);
    sv_buf_free(&arguments);
    sv_redactor_free(redactor);
    return acts->run != 0;
}

void sv_act_put_member(struct sv_buf *out, const char *key, struct sv_slice text)
{
    sv_json_put_key(out, key);
    sv_json_put_string(out, text);
}

static void put(struct sv_buf *out, const char *key, struct sv_slice text)
{
    if (text.len > 0)
        sv_act_put_member(out, key, text);
}

static struct sv_slice body_of(struct sv_acts *acts, const struct sv_act *act, struct sv_slice id)
{
    struct sv_buf time = {0}, *out = &acts->text;
    sv_buf_clear(out);
    sv_time_format(&time, acts->now_ns);
    sv_buf_char(out, '{');
    put(out, "id", id);
    put(out, "time", sv_buf_slice(&time));
    put(out, "source", SV_SLICE("sv"));
    put(out, "type", sv_slice_str(act->type));
    put(out, "agent", act->agent);
    put(out, "host", sv_buf_slice(&acts->host));
    put(out, "team", act->team);
    put(out, "supervisor", act->supervisor);
    put(out, "entity_type", sv_slice_str(act->entity_type));
    put(out, "entity_id", act->entity_id);
    put(out, "text", sv_buf_slice(&acts->reason));
    put(out, "user", sv_buf_slice(&acts->user));
    if (act->more.len > 0)
        sv_buf_char(out, ',');
    sv_buf_add(out, act->more);
    sv_buf_char(out, '}');
    sv_buf_free(&time);
    return sv_buf_slice(out);
}

bool sv_act_put(struct sv_acts *acts, const struct sv_act *act, struct sv_error *err)
{
    char id[SV_UUID_SIZE];
    if (!begin(acts, err))
        return false;
    sv_uuid7(acts->now_ns, id);
    struct sv_store_event event = {.event = sv_slice_str(id),
                                   .time_ns = acts->now_ns,
                                   .type = sv_slice_str(act->type),
                                   .agent = act->agent,
                                   .team = act->team,
                                   .host = sv_buf_slice(&acts->host),
                                   .priority = -1,
                                   .entity_type = sv_slice_str(act->entity_type),
                                   .entity_id = act->entity_id,
                                   .body = body_of(acts, act, sv_slice_str(id))};
    return sv_store_put_own_event(acts->store, acts->run, &event, err);
}

bool sv_acts_end(struct sv_acts *acts, struct sv_error *err)
{
    return acts->run == 0 || sv_store_run_update(acts->store, acts->run, SV_SLICE("{}"), sv_os_now_ns(), err);
}

void sv_acts_free(struct sv_acts *acts)
{
    sv_buf_free(&acts->user);
    sv_buf_free(&acts->host);
    sv_buf_free(&acts->text);
    sv_buf_free(&acts->reason);
}
