/* SPDX-License-Identifier: ISC */
/* group.h - what is told together, and when: the life of a group of alerts, as those who use Prometheus' Alertmanager know it
 * (https://prometheus.io/docs/alerting/latest/configuration/, group_wait, group_interval, repeat_interval), as plain logic in virtual
 * time.
 *
 * A group begins with its first alert and is told of `wait` later: alerts that come meanwhile are told with it, and one that is over by
 * then is never told. From then on it is looked at every `interval`: when an alert has begun to fire, or is over, since it was told
 * last, it is told again; else when `repeat` has gone by since then. When all of its alerts are over and that was told, the group is
 * over, too.
 *
 * What keeps it quiet: each alert may be silenced or inhibited (not told while it is), the whole group muted for a time of day;
 * acknowledged, it is not repeated and not escalated until the deadline or the group's end. Not acknowledged, it is told to others, level
 * by level.
 *
 * Time is the caller's: the machine's clock at the moment of the call. A clock that goes back makes nothing happen twice; what is due
 * is due when the clock is there again.
 *
 *     struct sv_group group = {0};
 *     sv_group_load(&group, bytes);                                  // what sv_group_save gave, or nothing
 *     sv_group_fire(&group, &timing, id, body, false, now_ns);
 *     if (sv_group_due(&group, &timing) <= now_ns)
 *         sv_group_flush(&group, &timing, now_ns, is_muted, hides, context, &notice);
 *     ... tell those of group.alerts that sv_group_tells ...
 *     sv_group_settle(&group, &timing, &notice);
 *     sv_group_save(&group, &out);
 *     sv_group_free(&group);
 *
 * Floor: alert; knows no store. */
#ifndef SV_GROUP_H
#define SV_GROUP_H

#include "base/buf.h"
#include "base/mem.h"

enum { SV_GROUP_ALERTS_MAX = 1000 /* of a group; more are counted, not kept apart */, SV_GROUP_LEVELS_MAX = 8 };

/* What a route says of its groups. Durations in nanoseconds. */
struct sv_group_timing {
    int64_t wait_ns, interval_ns, repeat_ns;
    int64_t resolve_after_ns;                   /* an alert that does not come again for so long is over */
    int64_t escalate_ns[SV_GROUP_LEVELS_MAX];   /* behind the first notice, ascending */
    size_t levels;
    bool tells_resolved;
};

/* One alert of a group: a policy's findings for one key. */
struct sv_group_alert {
    struct sv_slice id;        /* of the alert: policy and key */
    struct sv_slice body;      /* the last evaluation, as JSON */
    int64_t started_ns, last_ns, ended_ns; /* ended: 0 while it fires */
    uint64_t count;            /* evaluations */
    uint64_t number;           /* the caller's own, kept with it */
    bool was_told, was_told_ended;
    bool is_anew;              /* somebody said that it was over: if it fires on, that is told, though it was told before */
    bool is_old;               /* all that is known of it was old when it came: nobody is told, neither now nor when it is over */
};

struct sv_group {
    struct sv_group_alert *alerts; /* [count], in the order of their coming; texts are the group's own */
    size_t count, room;
    uint64_t more;             /* alerts beyond SV_GROUP_ALERTS_MAX */
    int64_t begun_ns;          /* 0: it is empty */
    int64_t flush_ns;          /* when it is looked at next */
    int64_t told_ns, first_told_ns; /* 0: never */
    int64_t acked_until_ns;    /* 0: not acknowledged; INT64_MAX: to its end */
    uint32_t level;            /* escalations so far */
    int64_t level_wait_ns;     /* the next one was held back: not before this time */
    uint64_t notices;          /* told so often */
    enum sv_group_why {        /* why it was told, or not, when it was looked at last */
        SV_GROUP_NEVER,
        SV_GROUP_NEW, SV_GROUP_MORE, SV_GROUP_OVER, SV_GROUP_REPEAT, SV_GROUP_ESCALATED,
        SV_GROUP_NOTHING_NEW, SV_GROUP_MUTED, SV_GROUP_HIDDEN, SV_GROUP_ACKED
    } why;
};

/* Suppressed: it would have been told of when it was looked at last, but for a mute time, silences or inhibitions. */
enum sv_group_state { SV_GROUP_PENDING, SV_GROUP_FIRING, SV_GROUP_ACKNOWLEDGED, SV_GROUP_RESOLVED, SV_GROUP_SUPPRESSED };
enum { SV_GROUP_STATES = SV_GROUP_SUPPRESSED + 1 };

/* A violation: the alert fires, begun or going on. is_old: of so long ago that nobody is to be told for its sake. Lent until the
 * group changes; NULL: it is one too many, and only counted. */
struct sv_group_alert *sv_group_fire(struct sv_group *group, const struct sv_group_timing *timing, struct sv_slice id, struct sv_slice body,
                                     bool is_old, int64_t now_ns);

/* It is over, by an evaluation `resolved`; one that never fired is nothing: NULL. Or all of them are, for somebody says so. */
struct sv_group_alert *sv_group_resolve(struct sv_group *group, struct sv_slice id, struct sv_slice body, int64_t now_ns);
void sv_group_resolve_all(struct sv_group *group, int64_t now_ns);

/* When it has to be looked at next: its turn, an alert that is over for want of news, a level; INT64_MAX: never. */
int64_t sv_group_due(const struct sv_group *group, const struct sv_group_timing *timing);

/* When the next level is told; INT64_MAX: there is none, or nobody was told yet. */
int64_t sv_group_level_due(const struct sv_group *group, const struct sv_group_timing *timing);

/* What is to be told. */
struct sv_group_notice {
    bool is_due;               /* to the route's receiver */
    uint32_t level;            /* to that level's receiver, from 1; 0: none */
    enum sv_group_why why;
    size_t firing, resolved;   /* alerts in it */
    bool is_turn;              /* the group had its turn, and was not muted */
};

/* Looks at a group that is due. hides: is this alert silenced or inhibited now? is_muted: the whole route is. Alerts that are in the
 * notice are marked as told; they are all there until sv_group_settle. */
void sv_group_flush(struct sv_group *group, const struct sv_group_timing *timing, int64_t now_ns, bool is_muted,
                    bool (*hides)(void *context, const struct sv_group_alert *alert), void *context, struct sv_group_notice *notice);

/* Is this alert, which nothing hides, in the notice of the flush just done? In that of a level are only those that fire. */
bool sv_group_tells(const struct sv_group_timing *timing, const struct sv_group_alert *alert, bool of_level);

/* Behind that: those over and told leave. A group of which nothing is left is empty then, but for why and notices. */
void sv_group_settle(struct sv_group *group, const struct sv_group_timing *timing, const struct sv_group_notice *notice);

/* Somebody takes it on, to a time or (INT64_MAX) to its end. */
void sv_group_ack(struct sv_group *group, int64_t until_ns);

/* How it stands now; whether anybody was told and whether it was taken on included. And in a word: "pending", ... */
enum sv_group_state sv_group_state(const struct sv_group *group, int64_t now_ns);
const char *sv_group_state_name(enum sv_group_state state);

/* Nothing of it is left: all over, and told as far as it was to be told. */
bool sv_group_is_over(const struct sv_group *group);

/* As bytes behind what out holds, and back into an empty group; false: they are none. */
void sv_group_save(const struct sv_group *group, struct sv_buf *out);
bool sv_group_load(struct sv_group *group, struct sv_slice bytes);
void sv_group_free(struct sv_group *group);

#endif
