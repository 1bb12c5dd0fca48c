/* SPDX-License-Identifier: ISC */
/* config.h - alerts.yaml: which alerts go together, to whom, when, and what keeps them quiet. sv-alerts(5) is its manual.
 *
 * A file with a finding is not usable; all findings are told, each at its place. Without a file there is one route for all:
 * grouped by policy and agent, 30s/5m/4h, to a receiver that sends nothing.
 *
 *     struct sv_alert_config *config = sv_alert_config_load("alerts.yaml", &findings);      // NULL: the default
 *     struct sv_alert_subject subject = {0};
 *     sv_alert_subject_read(config, &subject, json);
 *     size_t n = sv_alert_routes(config, &subject, routes, SV_ALERT_ROUTES_MAX);
 *     sv_alert_config_free(config);
 *
 * Floor: alert; uses policy (YAML), cel, json. */
#ifndef SV_ALERT_CONFIG_H
#define SV_ALERT_CONFIG_H

#include "alert/group.h"
#include "alert/payload.h"
#include "base/error.h"
#include "cel/cel.h"
#include "cel/zone.h"

enum { SV_ALERT_ROUTES_MAX = 256, SV_ALERT_BY_MAX = 8, SV_ALERT_MUTES_MAX = 8, SV_RECEIVER_RETRIES = 20 };

enum sv_receiver_kind { SV_RECEIVER_NONE, SV_RECEIVER_FILE, SV_RECEIVER_EXEC, SV_RECEIVER_MAILBOX };

struct sv_receiver {
    struct sv_slice name;
    enum sv_receiver_kind kind;
    struct sv_slice to;              /* of a file its path, of a mailbox whose it is */
    struct sv_slice *arguments;      /* of a program: [argument_count], the program first */
    size_t argument_count;
    const struct sv_cel *payload;    /* what it is told, of config->payloads; NULL: the notice as it is (a mailbox: its text) */
    struct sv_slice secret_file;     /* path; empty: it has no secret */
    int64_t timeout_ns;
    uint64_t retries;
    bool tells_resolved;
    uint32_t line;                   /* where it stands; 0: nowhere */
};

/* A time of day on some days, in a zone: nobody is told then. */
struct sv_mute_time {
    struct sv_slice name;
    struct sv_zone *zone;            /* NULL: UTC */
    uint8_t days;                    /* bit 0: Monday; of the day on which it begins */
    int32_t from_s, to_s;            /* of the day; to_s <= from_s: on the next day */
};

struct sv_alert_route {
    uint32_t parent;                 /* its number; the root's is its own */
    const struct sv_cel *when;       /* NULL: all */
    bool goes_on;                    /* `continue` */
    uint32_t receiver;
    struct sv_slice by[SV_ALERT_BY_MAX];
    size_t by_count;
    struct sv_group_timing timing;
    uint32_t level_receivers[SV_GROUP_LEVELS_MAX];
    uint32_t mutes[SV_ALERT_MUTES_MAX];
    size_t mute_count;
    uint32_t line;                   /* where it stands */
    struct sv_slice path;            /* what it is known by while the file is edited: `/`, then the conditions down to it */
};

struct sv_inhibition {
    const struct sv_cel *source, *target;
    struct sv_slice equal[SV_ALERT_BY_MAX];
    size_t equal_count;
};

struct sv_alert_config {
    struct sv_arena arena;
    struct sv_paths *paths;
    struct sv_cel_env *env;
    struct sv_payload_env payloads;
    struct sv_alert_route *routes;   /* [route_count], depth first; 0 is the root */
    size_t route_count, route_room;
    struct sv_receiver *receivers;
    size_t receiver_count;
    struct sv_mute_time *mutes;
    size_t mute_count;
    struct sv_inhibition *inhibitions;
    size_t inhibition_count;
    int64_t max_age_ns;              /* of what older events say nobody is told */
};

/* path NULL: the default. NULL with findings when it is not usable. */
struct sv_alert_config *sv_alert_config_load(const char *path, struct sv_findings *findings);
void sv_alert_config_free(struct sv_alert_config *config);

/* An evaluation as routes see it. Slots are the config's paths' */
struct sv_alert_subject {
    struct sv_slice json;            /* borrowed */
    struct sv_value *slots;
    struct sv_arena arena;
    struct sv_cel_run run;
};

/* Reads an evaluation's JSON; false: it is none. Again with the next; free at the end. */
bool sv_alert_subject_read(const struct sv_alert_config *config, struct sv_alert_subject *subject, struct sv_slice json);
void sv_alert_subject_free(struct sv_alert_subject *subject);

/* A top-level member as text: strings plain, all else as JSON; empty where there is none. In the subject's arena. */
struct sv_slice sv_alert_text(struct sv_alert_subject *subject, struct sv_slice name);

/* Is a program named so one that comes with sv-tools, in share/receivers? */
bool sv_receiver_is_shipped(struct sv_slice program);

/* The receiver of this name, or NULL. */
const struct sv_receiver *sv_alert_receiver(const struct sv_alert_config *config, struct sv_slice name);

/* The routes that it takes: depth first, the first that matches unless it says `continue`. Returns how many. */
size_t sv_alert_routes(const struct sv_alert_config *config, struct sv_alert_subject *subject, uint32_t *routes, size_t room);

/* What its group is called in a route: the route's path and the values of `group_by`, as JSON. */
void sv_alert_group_key(const struct sv_alert_config *config, uint32_t route, struct sv_alert_subject *subject, struct sv_buf *out);

/* The route of a path; the first one where there is none of it any more. */
uint32_t sv_alert_route_find(const struct sv_alert_config *config, struct sv_slice path);

/* Is this route muted now? */
bool sv_alert_is_muted(const struct sv_alert_config *config, uint32_t route, int64_t now_ns);

/* May it keep others quiet: is it a source of any rule? */
bool sv_alert_is_source(const struct sv_alert_config *config, struct sv_alert_subject *subject);

/* Does a condition of this config, such as a silence's, hold of it? What fails or is absent does not. */
bool sv_alert_matches(const struct sv_cel *when, struct sv_alert_subject *subject);

/* Does a source keep this target quiet? A target that is a source itself by the same rule is not inhibited by one that is a target, too. */
bool sv_alert_inhibits(const struct sv_alert_config *config, struct sv_alert_subject *source, struct sv_alert_subject *target);

#endif
