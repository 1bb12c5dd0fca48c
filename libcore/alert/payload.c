/* SPDX-License-Identifier: ISC */
#include "alert/payload.h"

#include "json/reader.h"
#include "json/writer.h"

enum { SLOT_SECRET, SLOTS };

void sv_payload_env_open(struct sv_payload_env *env, struct sv_arena *arena)
{
    static const struct {
        const char *name;
        enum sv_cel_type type;
    } fields[] = {{"version", SV_CEL_INT},   {"key", SV_CEL_STRING},  {"group", SV_CEL_STRING},    {"receiver", SV_CEL_STRING},
                  {"status", SV_CEL_STRING}, {"reason", SV_CEL_STRING}, {"level", SV_CEL_INT},     {"test", SV_CEL_BOOL},
                  {"time", SV_CEL_STRING},   {"severity", SV_CEL_STRING}, {"title", SV_CEL_STRING}, {"text", SV_CEL_STRING},
                  {"by", SV_CEL_DYN},        {"firing", SV_CEL_INT},  {"resolved", SV_CEL_INT},    {"more", SV_CEL_INT},
                  {"alerts", SV_CEL_DYN}};
    env->paths = sv_paths_new();
    sv_paths_reserve(env->paths, SLOTS);
    env->env = sv_cel_env_new(NULL, env->paths, arena);
    env->uses_secret = false;
    sv_cel_env_root(env->env, SV_SLICE("notice"), SV_PATHS_ROOT);
    sv_cel_env_slot(env->env, SV_SLICE("secret"), SLOT_SECRET, SV_CEL_STRING, &env->uses_secret);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint32_t node = sv_paths_key(env->paths, SV_PATHS_ROOT, sv_slice_str(fields[i].name));
        sv_paths_want(env->paths, node);
        sv_cel_env_path(env->env, sv_slice_str(fields[i].name), node, fields[i].type, NULL);
    }
}

void sv_payload_env_close(struct sv_payload_env *env)
{
    sv_cel_env_free(env->env);
    sv_paths_free(env->paths);
    *env = (struct sv_payload_env){0};
}

struct sv_payload {
    const struct sv_payload_env *env;
    struct sv_value *slots;
    struct sv_arena arena;
    struct sv_cel_run run;
};

struct sv_payload *sv_payload_new(const struct sv_payload_env *env)
{
    struct sv_payload *payload = sv_calloc(1, sizeof *payload);
    payload->env = env;
    return payload;
}

void sv_payload_free(struct sv_payload *payload)
{
    if (payload == NULL)
        return;
    sv_free(payload->slots);
    sv_cel_run_free(&payload->run);
    sv_arena_free(&payload->arena);
    sv_free(payload);
}

static bool read_notice(struct sv_payload *payload, struct sv_slice notice, struct sv_slice secret, struct sv_error *err)
{
    size_t slots = sv_paths_slots(payload->env->paths);
    sv_arena_reset(&payload->arena);
    payload->slots = sv_realloc(payload->slots, (slots + 1) * sizeof *payload->slots);
    memset(payload->slots, 0, (slots + 1) * sizeof *payload->slots);
    payload->run.slots = payload->slots;
    payload->run.arena = &payload->arena;
    payload->run.event++;
    if (!sv_json_project(payload->env->paths, SV_PATHS_ROOT, notice, payload->slots, NULL, err))
        return sv_error_prefix(err, "the notice: ");
    payload->slots[SLOT_SECRET] = sv_value_str(secret);
    return true;
}

bool sv_payload_make(struct sv_payload *payload, const struct sv_cel *expr, struct sv_slice notice, struct sv_slice secret,
                     struct sv_buf *out, struct sv_error *err)
{
    if (expr == NULL) {
        sv_buf_add(out, notice);
        sv_buf_char(out, '\n');
        return true;
    }
    if (!read_notice(payload, notice, secret, err))
        return false;
    struct sv_value value = sv_cel_eval(expr, &payload->run);
    switch (value.type) {
    case SV_STRING:
        sv_buf_add(out, sv_value_string(&value, &payload->arena));
        return true;
    case SV_JSON:
    case SV_LIST:
    case SV_MAP:
        sv_cel_put_json(out, value, &payload->arena);
        return true;
    case SV_ERROR:
        return sv_error_set(err, SV_INPUT, "the payload failed: %.*s", SV_ARG(sv_value_raw(value)));
    case SV_ABSENT:
        return sv_error_set(err, SV_INPUT, "the payload reads what the notice has not");
    default:
        return sv_error_set(err, SV_INPUT, "the payload is no text, list or mapping");
    }
}
