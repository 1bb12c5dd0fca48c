/* SPDX-License-Identifier: ISC */
/* prom.h - metrics as Prometheus reads them: its text format, version 0.0.4.
 *
 *     sv_prom_family(&out, "sv_events_total", "counter", "Events counted.");
 *     sv_prom_sample(&out, "sv_events_total", (struct sv_prom_label[]){{"type", type}}, 1, 42);
 *
 * All samples of a family stand behind its head. Label values are escaped; bytes that are no UTF-8 become U+FFFD. Floor: report. */
#ifndef SV_PROM_H
#define SV_PROM_H

#include "base/buf.h"

struct sv_prom_label {
    const char *name;
    struct sv_slice value;
};

/* kind: counter, gauge or histogram. help: one line, ends with a full stop. */
void sv_prom_family(struct sv_buf *out, const char *name, const char *kind, const char *help);

/* One sample; of a histogram the name ends in _bucket, _sum or _count. */
void sv_prom_sample(struct sv_buf *out, const char *name, const struct sv_prom_label *labels, size_t label_count, double value);

#endif
