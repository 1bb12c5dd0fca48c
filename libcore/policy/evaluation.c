/* SPDX-License-Identifier: ISC */
#include "policy/evaluation.h"

#include "base/time.h"
#include "json/writer.h"
#include "policy/policy.h"

static const char *const severities[] = {"info", "warning", "error", "critical"};

const char *sv_severity_name(enum sv_severity severity)
{
    return severities[severity];
}

bool sv_severity_find(struct sv_slice name, enum sv_severity *out)
{
    for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
        if (sv_slice_is(name, severities[i])) {
            *out = (enum sv_severity)i;
            return true;
        }
    return false;
}

const char *sv_action_name(enum sv_action action)
{
    static const char *const names[] = {"observe", "warn", "ask", "deny"};
    return names[action];
}

const char *sv_outcome_name(enum sv_outcome outcome)
{
    static const char *const names[] = {"violation", "resolved", "error", "pass"};
    return names[outcome];
}

/* The id inside a JSON string or plain: ids of policies and addresses need no escapes, keys are JSON themselves. */
void sv_evaluation_put_id(struct sv_buf *out, const struct sv_hit *hit, const struct sv_policy *policy)
{
    sv_buf_add(out, policy->id);
    sv_buf_add(out, hit->keys);
    sv_buf_char(out, '@');
    if (sv_hit_is_timed(hit))
        sv_time_format(out, hit->time_ns);
    else
        sv_event_address(out, hit->origin, hit->place.record, hit->place.part);
}

static void put_text(struct sv_buf *out, const char *key, struct sv_slice text)
{
    if (text.len == 0)
        return;
    sv_json_put_key(out, key);
    sv_json_put_string(out, text);
}

static void put_json(struct sv_buf *out, const char *key, struct sv_slice json)
{
    if (json.len == 0)
        return;
    sv_json_put_key(out, key);
    sv_buf_add(out, json);
}

void sv_evaluation_put_json(struct sv_buf *out, const struct sv_hit *hit, const struct sv_policy *policy,
                            struct sv_slice at)
{
    sv_buf_str(out, "{\"type\":\"evaluation\",\"id\":");
    if (hit->keys.len == 0) { /* nothing to escape: straight into the line */
        sv_buf_char(out, '"');
        sv_evaluation_put_id(out, hit, policy);
        sv_buf_char(out, '"');
    } else {
        struct sv_buf id = {0};
        sv_evaluation_put_id(&id, hit, policy);
        sv_json_put_string(out, sv_buf_slice(&id));
        sv_buf_free(&id);
    }
    if (hit->has_time) {
        sv_buf_str(out, ",\"time\":\"");
        sv_time_format(out, hit->time_ns);
        sv_buf_char(out, '"');
    }
    put_text(out, "policy", policy->id);
    put_text(out, "outcome", sv_slice_str(sv_outcome_name(hit->outcome)));
    put_text(out, "severity", sv_slice_str(sv_severity_name(policy->severity)));
    put_text(out, "action", sv_slice_str(sv_action_name(policy->action)));
    put_text(out, "agent", hit->agent);
    put_text(out, "team", hit->team);
    put_text(out, "supervisor", hit->supervisor);
    put_text(out, "session", hit->session);
    put_text(out, "event", hit->event);
    put_text(out, "at", at);
    put_json(out, "key", hit->keys);
    put_json(out, "values", hit->values);
    put_text(out, "message", hit->message);
    sv_buf_str(out, "}\n");
}
