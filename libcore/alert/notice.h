/* SPDX-License-Identifier: ISC */
/* notice.h - what a receiver is told of a group: one JSON object. sv-alerts(5) is its manual.
 *
 *     {"version":1,"key":...,"group":...,"receiver":...,"status":"firing","reason":"new","level":0,"test":false,"time":...,
 *      "severity":"error","title":...,"text":...,"by":{"policy":...},"firing":1,"resolved":0,"more":0,"alerts":[
 *        {"id":...,"status":"firing","started_at":...,"last_at":...,"ended_at":null,"count":1,"policy":...,"severity":...,"action":...,
 *         "agent":...,"team":...,"supervisor":...,"session":...,"tool":...,"event":...,"at":...,"message":...,"runbook":...,
 *         "by":{...},"values":{...}}]}
 *
 * Every member stands in every notice, texts that are not known as "", so that templates need not ask. `key` is the notice's own,
 * the same however often it is sent. `title` is one line, `text` a few, without control characters: what is written for people.
 *
 * Floor: alert; uses json, policy, report; knows no store. */
#ifndef SV_NOTICE_H
#define SV_NOTICE_H

#include "alert/group.h"

struct sv_notice {
    struct sv_slice key;         /* [A-Za-z0-9._:-]+ */
    struct sv_slice group;       /* its id */
    struct sv_slice receiver;
    const struct sv_slice *by;   /* [by_count]: names of what the group goes by, */
    const struct sv_slice *values; /* and what they are for it */
    size_t by_count;
    enum sv_group_why why;
    uint32_t level;              /* of escalation; 0: none */
    uint64_t more;               /* alerts of the group beyond those that are kept apart */
    int64_t now_ns;
    bool is_test;
};

/* Appends the notice of these alerts, in their order; one line without its end. */
void sv_notice_put(struct sv_buf *out, const struct sv_notice *notice, const struct sv_group_alert *const *alerts, size_t count);

/* The word for why: "new", "more", "over", "repeat", "escalated"; of what keeps quiet, too: for lists. */
const char *sv_group_why_name(enum sv_group_why why);

#endif
