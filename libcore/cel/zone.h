/* SPDX-License-Identifier: ISC */
/* zone.h - time zones: fixed offsets, and names of the tz database as the system has it (TZif files, RFC 8536).
 *
 *     struct sv_zone *zone = sv_zone_new(SV_SLICE("Europe/Berlin"));      // NULL: unknown, or no tz database here
 *     int32_t seconds_east = sv_zone_offset(zone, at);
 *     sv_zone_free(zone);
 *
 * The folder is /usr/share/zoneinfo, or $TZDIR. Floor: cel; uses base only. */
#ifndef SV_ZONE_H
#define SV_ZONE_H

#include <stdint.h>

#include "base/slice.h"

struct sv_zone;

/* "UTC", "+01:00", "-09:30", "02:00" or a name such as "Asia/Kathmandu". */
struct sv_zone *sv_zone_new(struct sv_slice name);
void sv_zone_free(struct sv_zone *zone);

/* What is to be added to UTC at this time (seconds since 1970, UTC), in seconds. */
int32_t sv_zone_offset(const struct sv_zone *zone, int64_t seconds);

#endif
