/* SPDX-License-Identifier: ISC */
#include "run/doubles.h"

#include "base/hash.h"
#include "base/os.h"
#include "base/time.h"

enum { HOURS_KEPT = 7 * 24, IDS_MAX = 1 << 20 /* held at a time, where a store can be asked again */ };

static int64_t this_hour(void)
{
    return sv_os_now_ns() / (3600 * SV_SECOND_NS);
}

/* One format's hour. */
struct hour {
    struct sv_slice format; /* in the map's key; behind it " plain", the name of those that plain runs have stored */
    struct sv_slice plain;
    int64_t hour;
    struct sv_set counted; /* by earlier runs */
    struct sv_set stored;  /* by plain ones */
    struct sv_set met;     /* by this one */
    struct sv_buf added;   /* of those, uint64_t each: not stored yet */
};

static struct hour *hour_at(struct sv_doubles *doubles, struct sv_slice format, int64_t number, struct sv_error *err)
{
    static const char plain[] = " plain";
    char key[64];
    size_t most = sizeof key - 8 - (sizeof plain - 1), len = format.len < most ? format.len : most;
    memcpy(key, &number, 8);
    memcpy(key + 8, format.data, len);
    memcpy(key + 8 + len, plain, sizeof plain - 1);
    struct sv_map_item *item = sv_map_at(&doubles->hours, sv_slice(key, 8 + len + sizeof plain - 1));
    if (item->pointer != NULL)
        return item->pointer;
    struct hour *hour = sv_calloc(1, sizeof *hour);
    hour->format = sv_slice(item->key.data + 8, len);
    hour->hour = number;
    item->pointer = hour;
    int64_t since = this_hour() - HOURS_KEPT;
    hour->plain = sv_slice(hour->format.data, len + sizeof plain - 1);
    if (doubles->store != NULL && (!sv_store_doubles_load(doubles->store, hour->format, number, since, &hour->counted, err) ||
                                   !sv_store_doubles_load(doubles->store, hour->plain, number, since, &hour->stored, err)))
        return NULL;
    return hour;
}

enum sv_double sv_doubles_meet(struct sv_doubles *doubles, struct sv_slice format, int64_t number, struct sv_slice id,
                               struct sv_error *err)
{
    struct hour *hour = hour_at(doubles, format, number, err);
    if (hour == NULL)
        return SV_DOUBLE_FAILED;
    uint64_t fingerprint = sv_hash(id);
    if (!sv_set_add(&hour->met, fingerprint))
        return SV_DOUBLE_IN_RUN;
    if (sv_set_has(&hour->counted, fingerprint))
        return SV_DOUBLE_COUNTED;
    bool is_stored = sv_set_has(&hour->stored, fingerprint);
    if (doubles->store != NULL && (doubles->counts || !is_stored)) {
        sv_buf_add(&hour->added, sv_slice((const char *)&fingerprint, sizeof fingerprint));
        doubles->added++;
    }
    return is_stored ? SV_DOUBLE_STORED : SV_DOUBLE_NEW;
}

bool sv_doubles_keep(struct sv_doubles *doubles, struct sv_error *err)
{
    if (doubles->store == NULL || doubles->added == 0)
        return true;
    int64_t now = this_hour();
    if (!sv_store_doubles_expire(doubles->store, now - HOURS_KEPT, err)) /* before a row of old ids is added to */
        return false;
    for (size_t i = 0; i < doubles->hours.count; i++) {
        const struct hour *hour = doubles->hours.items[i].pointer;
        const uint64_t *ids = (const uint64_t *)(const void *)hour->added.data;
        struct sv_slice format = doubles->counts ? hour->format : hour->plain;
        if (hour->added.len > 0 &&
            !sv_store_doubles_add(doubles->store, format, hour->hour, now, ids, hour->added.len / sizeof *ids, err))
            return false;
    }
    return true;
}

static void hour_free(struct hour *hour)
{
    sv_set_free(&hour->counted);
    sv_set_free(&hour->stored);
    sv_set_free(&hour->met);
    sv_buf_free(&hour->added);
    sv_free(hour);
}

void sv_doubles_kept(struct sv_doubles *doubles)
{
    size_t held = 0;
    doubles->added = 0;
    for (size_t i = 0; i < doubles->hours.count; i++) {
        struct hour *hour = doubles->hours.items[i].pointer;
        sv_buf_clear(&hour->added);
        held += hour->met.count + hour->counted.count + hour->stored.count;
    }
    if (doubles->store != NULL && held > IDS_MAX) /* what is still needed is loaded again */
        sv_doubles_free(doubles);
}

void sv_doubles_free(struct sv_doubles *doubles)
{
    for (size_t i = 0; i < doubles->hours.count; i++)
        hour_free(doubles->hours.items[i].pointer);
    sv_map_free(&doubles->hours);
}
