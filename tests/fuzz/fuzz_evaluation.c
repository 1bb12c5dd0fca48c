/* SPDX-License-Identifier: ISC */
/* fuzz_evaluation.c - any bytes as a line of sv-alert's input: refused with a reason, or an evaluation that has an id, a policy that can be
 * read again, a route and a group; read twice it is the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "alert/config.h"
#include "json/reader.h"
#include "run/alert_intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_policy(const struct sv_alert_line *line, struct sv_arena *arena)
{
    struct sv_value policy, id;
    struct sv_error err = {0};
    require(sv_json_read(line->policy.text, &policy, &err) && sv_value_is_object(policy));
    id = sv_json_get(policy, SV_SLICE("id"));
    require(id.type == SV_STRING && sv_slice_equal(sv_value_string(&id, arena), line->policy.id));
}

static void check_route(struct sv_alert_config *config, struct sv_slice text)
{
    struct sv_alert_subject subject = {0};
    struct sv_buf key = {0};
    struct sv_value members;
    struct sv_error err = {0};
    uint32_t route = 0;
    require(sv_alert_subject_read(config, &subject, text) && sv_alert_routes(config, &subject, &route, 1) == 1);
    sv_alert_group_key(config, route, &subject, &key);
    require(sv_json_read(sv_buf_slice(&key), &members, &err) && sv_value_is_array(members));
    sv_buf_free(&key);
    sv_alert_subject_free(&subject);
}

static void check_line(const struct sv_alert_line *line, const struct sv_alert_line *again)
{
    require(line->id.len > 0 && line->policy.id.len > 0 && line->hit.event.len > 0);
    require(sv_slice_equal(line->id, again->id) && line->policy.version == again->policy.version && line->hit.outcome == again->hit.outcome);
    require(line->time_ns == again->time_ns && sv_slice_equal(line->hit.keys, again->hit.keys));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_arena arena = {0};
    struct sv_slice text = sv_arena_dup(&arena, sv_slice((const char *)data, size));
    struct sv_redactor *redactor = sv_redactor_new();
    struct sv_findings findings = {0};
    struct sv_alert_config *config = sv_alert_config_load(NULL, &findings);
    struct sv_alert_line line, again;
    struct sv_error why = {0};
    require(config != NULL);
    if (!sv_alert_line_read(&line, text, 7, redactor, &arena, &why)) {
        require(why.text[0] != '\0');
    } else {
        require(sv_alert_line_read(&again, text, 7, redactor, &arena, &why));
        check_line(&line, &again);
        check_policy(&line, &arena);
        check_route(config, text);
    }
    sv_alert_config_free(config);
    sv_findings_free(&findings);
    sv_redactor_free(redactor);
    sv_arena_free(&arena);
    return 0;
}
