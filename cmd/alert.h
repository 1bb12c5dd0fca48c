/* SPDX-License-Identifier: ISC */
/* alert.h - the verbs of sv-alert: a row each, in files of what belongs together (cmd/alert_*.c). What a verb does lives in
 * libcore/run/; here are its options, and the way of the answer to stdout. */
#ifndef ALERT_H
#define ALERT_H

#include "cli_ask.h"
#include "run/deliver.h"

enum { ALERT_CONFIG = 'c' };

#define ALERT_ROW_CONFIG {ALERT_CONFIG, "config", "FILE", "use this file (default: $SV_ALERTS, alerts.yaml)", "file"}

extern const struct cli_program alert_fold, alert_tick;
extern const struct cli_program alert_list, alert_show, alert_explain;
extern const struct cli_program alert_check, alert_test;
extern const struct cli_program alert_stats, alert_report;
extern const struct cli_program alert_deliveries;
extern const struct cli_program alert_ack, alert_resolve, alert_silence;

/* alerts.yaml: the file named, else the one that is found; NULL: there is none, and the default holds. In path. */
const char *alert_config(const char *named, struct sv_buf *path);

/* What stands in the outbox is told: beside a program that goes on, or now. `= {.cli = cli}`; open before a store is
 * opened. The configuration is used until it is closed. */
struct alert_telling {
    struct cli *cli;
    struct sv_deliver_spec spec;
    bool tells;                     /* there is somebody to tell */
    struct sv_beside beside;
    uint64_t notices;               /* that it was rung for */
};
void alert_telling_open(struct alert_telling *telling, const struct sv_store_spec *store, struct sv_alert_config *config, bool is_beside);

/* So many notices there are by now. And: tells what is due, waits for it, says who could not be told; returns a status. */
void alert_telling_ring(struct alert_telling *telling, uint64_t notices);
int alert_telling_now(struct alert_telling *telling);
void alert_telling_close(struct alert_telling *telling);

/* Sends this receiver of a configuration (NULL: the default) one marked notice, prints its answer; frees all, returns the status. */
int alert_send_test(struct cli_ask *asked, const char *config, const char *receiver);

#endif
