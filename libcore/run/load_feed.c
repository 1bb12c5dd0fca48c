/* SPDX-License-Identifier: ISC */
/* Events to supervisors, each at its time. */
#include <math.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "run/load_private.h"

enum { GIVEN_UP = 64 << 20 /* bytes that wait for one supervisor: more are not made for it until it reads again */ };

static void next_due(struct sv_load *load, struct sv_load_feed *feed)
{
    feed->waited += load->scenario->is_random ? sv_random_wait(&load->random, 1) : 1;
    feed->due_s = sv_shape_when(&load->scenario->rate, feed->waited);
}

void sv_load_feeds_open(struct sv_load *load)
{
    size_t count = load->scenario->supervisors;
    load->feeds = sv_calloc(count, sizeof *load->feeds);
    for (size_t i = 0; i < count; i++) {
        struct sv_load_feed *feed = &load->feeds[i];
        feed->fd = -1;
        feed->kept_from = 1;
        /* not all at once: the first one of each comes within the time of one */
        feed->waited = load->scenario->is_random ? 0 : (double)i / (double)count - 1;
        next_due(load, feed);
    }
}

static void keep(struct sv_load_feed *feed, size_t from)
{
    size_t len = feed->out.len - from;
    sv_buf_add(&feed->kept, sv_slice(feed->out.data + from, len));
    if (feed->length_count == feed->length_capacity) {
        feed->length_capacity = feed->length_capacity > 0 ? 2 * feed->length_capacity : 256;
        feed->lengths = sv_realloc(feed->lengths, feed->length_capacity * sizeof *feed->lengths);
    }
    feed->lengths[feed->length_count++] = (uint32_t)len;
}

/* Forgets what was answered. */
static void forget(struct sv_load *load, uint32_t supervisor)
{
    struct sv_load_feed *feed = &load->feeds[supervisor];
    uint64_t answered = load->supervisor_sums[supervisor].answer.total;
    size_t events = 0, bytes = 0;
    while (events < feed->length_count && feed->kept_from + events <= answered)
        bytes += feed->lengths[events++];
    if (events == 0)
        return;
    memmove(feed->kept.data, feed->kept.data + bytes, feed->kept.len - bytes);
    memmove(feed->lengths, feed->lengths + events, (feed->length_count - events) * sizeof *feed->lengths);
    feed->kept.len -= bytes;
    feed->length_count -= events;
    feed->kept_from += events;
}

static void make(struct sv_load *load, uint32_t supervisor)
{
    struct sv_load_feed *feed = &load->feeds[supervisor];
    uint32_t agents = (uint32_t)load->scenario->agents, agent = supervisor * agents + (uint32_t)(feed->made % agents);
    int64_t time_ns = load->shared->start_ns + load->shared->clock_ns + (int64_t)(feed->due_s * 1e9);
    size_t from = feed->out.len;
    sv_fleet_put_as(load->fleet, agent, time_ns, supervisor, ++feed->made, &feed->out);
    if (load->scenario->kill_every_ns > 0) {
        keep(feed, from);
        /* half at least, or being far behind would move all that is kept for each event */
        if (feed->length_count >= 4096 && load->supervisor_sums[supervisor].answer.total >= feed->kept_from + feed->length_count / 2)
            forget(load, supervisor);
    }
    next_due(load, feed);
}

static void write_some(struct sv_load_feed *feed)
{
    if (feed->fd < 0 || feed->sent == feed->out.len)
        return;
    ssize_t n = sv_os_write_some(feed->fd, sv_slice(feed->out.data + feed->sent, feed->out.len - feed->sent));
    if (n < 0) { /* it is gone: who waits for it sees why */
        sv_os_close(feed->fd);
        feed->fd = -1;
        return;
    }
    feed->sent += (size_t)n;
    if (feed->sent == feed->out.len) {
        sv_buf_clear(&feed->out);
        feed->sent = 0;
    } else if (feed->sent > 1 << 20) {
        memmove(feed->out.data, feed->out.data + feed->sent, feed->out.len - feed->sent);
        feed->out.len -= feed->sent;
        feed->sent = 0;
    }
}

double sv_load_feed(struct sv_load *load, double now_s)
{
    double next_s = INFINITY;
    for (uint32_t i = 0; i < load->scenario->supervisors; i++) {
        struct sv_load_feed *feed = &load->feeds[i];
        while (feed->due_s <= now_s && feed->out.len - feed->sent < GIVEN_UP)
            make(load, i);
        write_some(feed);
        if (feed->out.len > feed->sent && feed->fd >= 0)
            next_s = fmin(next_s, now_s + 0.001);
        next_s = fmin(next_s, feed->due_s);
    }
    return next_s;
}

void sv_load_feed_again(struct sv_load *load, uint32_t supervisor, int fd)
{
    struct sv_load_feed *feed = &load->feeds[supervisor];
    forget(load, supervisor);
    if (feed->fd >= 0)
        sv_os_close(feed->fd);
    feed->fd = fd;
    feed->sent = 0;
    sv_buf_set(&feed->out, sv_buf_slice(&feed->kept));
}

bool sv_load_feeds_are_empty(const struct sv_load *load)
{
    for (size_t i = 0; i < load->scenario->supervisors; i++)
        if (load->feeds[i].fd >= 0 && load->feeds[i].out.len > load->feeds[i].sent)
            return false;
    return true;
}

void sv_load_feeds_drop(struct sv_load *load)
{
    for (size_t i = 0; i < load->scenario->supervisors; i++) {
        struct sv_load_feed *feed = &load->feeds[i];
        const char *at = feed->out.data + feed->sent, *end = feed->out.data + feed->out.len, *line;
        while (feed->sent < feed->out.len && (line = memchr(at, '\n', (size_t)(end - at))) != NULL) {
            feed->dropped++;
            at = line + 1;
        }
        feed->out.len = feed->sent;
        for (; feed->due_s <= load->length_s; next_due(load, feed))
            feed->skipped++;
    }
}

void sv_load_feeds_close(struct sv_load *load)
{
    for (size_t i = 0; load->feeds != NULL && i < load->scenario->supervisors; i++) {
        if (load->feeds[i].fd >= 0)
            sv_os_close(load->feeds[i].fd);
        load->feeds[i].fd = -1;
    }
}

void sv_load_feeds_free(struct sv_load *load)
{
    for (size_t i = 0; load->feeds != NULL && i < load->scenario->supervisors; i++) {
        sv_buf_free(&load->feeds[i].out);
        sv_buf_free(&load->feeds[i].kept);
        sv_free(load->feeds[i].lengths);
    }
    sv_free(load->feeds);
}
