/* SPDX-License-Identifier: ISC */
#include "run/alert_figures.h"

#include <stdlib.h>

#include "base/time.h"
#include "run/alert_ask.h"

enum { PAGE = 500 };
#define SPREAD_NS (600 * SV_SECOND_NS) /* tries lie in the order in which they were written down, which is nearly that of their ends */

struct sv_alert_figure *sv_alert_figures_at(struct sv_alert_figures *figures, struct sv_slice name)
{
    struct sv_map_item *item = sv_map_at(&figures->by_name, name.len > 0 ? name : SV_SLICE("-"));
    if (item->pointer == NULL) {
        struct sv_alert_figure *figure = sv_arena_calloc(&figures->arena, 1, sizeof *figure);
        figure->name = item->key;
        item->pointer = figure;
    }
    return item->pointer;
}

static int by_size(const void *a, const void *b)
{
    const struct sv_alert_figure *x = *(struct sv_alert_figure *const *)a, *y = *(struct sv_alert_figure *const *)b;
    if (x->groups != y->groups)
        return x->groups < y->groups ? 1 : -1;
    if (x->sent != y->sent)
        return x->sent < y->sent ? 1 : -1;
    return sv_slice_compare(x->name, y->name);
}

void sv_alert_figures_sort(struct sv_alert_figures *figures)
{
    figures->order = sv_arena_calloc(&figures->arena, figures->by_name.count + 1, sizeof(struct sv_alert_figure *));
    for (size_t i = 0; i < figures->by_name.count; i++)
        figures->order[i] = figures->by_name.items[i].pointer;
    if (figures->by_name.count > 0)
        qsort(figures->order, figures->by_name.count, sizeof *figures->order, by_size);
}

void sv_alert_figure_free(struct sv_alert_figure *figure)
{
    sv_histogram_free(&figure->to_ack);
    sv_histogram_free(&figure->to_resolve);
    sv_histogram_free(&figure->took);
}

void sv_alert_figures_free(struct sv_alert_figures *figures)
{
    for (size_t i = 0; i < figures->by_name.count; i++)
        sv_alert_figure_free(figures->by_name.items[i].pointer);
    sv_map_free(&figures->by_name);
    sv_arena_free(&figures->arena);
}

static void add_time(struct sv_histogram *times, int64_t from_ns, int64_t to_ns)
{
    if (to_ns != 0 && to_ns >= from_ns)
        sv_histogram_add(times, (uint64_t)(to_ns - from_ns) / 1000, 1);
}

void sv_alert_figure_add(struct sv_alert_figure *figure, const struct sv_store_group *group, int64_t now_ns)
{
    figure->groups++;
    figure->evaluations += group->evaluations;
    figure->acked += group->acked_ns != 0;
    figure->states[sv_alert_state(group, now_ns)]++;
    if (group->evaluations == group->old)
        return;
    add_time(&figure->to_ack, group->begun_ns, group->acked_ns);
    add_time(&figure->to_resolve, group->begun_ns, group->resolved_ns);
}

void sv_alert_figure_deliver(struct sv_alert_figure *figure, const struct sv_store_delivery *delivery)
{
    figure->sent += delivery->outcome == SV_DELIVERY_SENT;
    figure->failed += delivery->outcome != SV_DELIVERY_SENT;
    figure->given_up += delivery->outcome == SV_DELIVERY_GIVEN_UP;
    if (delivery->outcome == SV_DELIVERY_SENT && delivery->ended_ns >= delivery->started_ns)
        sv_histogram_add(&figure->took, (uint64_t)(delivery->ended_ns - delivery->started_ns) / 1000, 1);
}

uint64_t sv_alert_figure_unacked(const struct sv_alert_figure *figure)
{
    return figure->states[SV_GROUP_PENDING] + figure->states[SV_GROUP_FIRING];
}

uint64_t sv_alert_figure_open(const struct sv_alert_figure *figure)
{
    return figure->groups - figure->states[SV_GROUP_RESOLVED];
}

/* --- walks --- */

bool sv_alert_each_group(struct sv_store *store, const struct sv_ask *ask, struct sv_body *body, int64_t since_ns, int64_t until_ns, int64_t now_ns,
                         bool (*take)(void *context, const struct sv_store_group *group, struct sv_error *err), void *context, struct sv_error *err)
{
    int64_t begun_ns = until_ns, id = INT64_MAX;
    bool fine = true, again = true;
    while (fine && again) {
        struct sv_store_groups page = {0};
        fine = sv_store_groups(store, since_ns, begun_ns, id, PAGE, &page, err);
        for (size_t i = 0; fine && i < page.count; i++)
            fine = !sv_alert_is_wanted(ask, body, &page.items[i], now_ns) || take(context, &page.items[i], err);
        again = page.count == PAGE;
        if (again) {
            begun_ns = page.items[PAGE - 1].begun_ns;
            id = page.items[PAGE - 1].id;
        }
        sv_store_groups_free(&page);
    }
    return fine;
}

bool sv_alert_each_delivery(struct sv_store *store, int64_t since_ns, int64_t until_ns,
                            bool (*take)(void *context, const struct sv_store_delivery *delivery, struct sv_error *err), void *context,
                            struct sv_error *err)
{
    int64_t before = INT64_MAX;
    bool fine = true, again = true;
    while (fine && again) {
        struct sv_store_deliveries page = {0};
        fine = sv_store_deliveries(store, 0, before, PAGE, &page, err);
        for (size_t i = 0; fine && i < page.count; i++) {
            const struct sv_store_delivery *delivery = &page.items[i];
            fine = delivery->ended_ns < since_ns || delivery->ended_ns >= until_ns || take(context, delivery, err);
        }
        again = page.count == PAGE && page.items[PAGE - 1].ended_ns >= sv_time_plus(since_ns, -SPREAD_NS);
        if (again)
            before = page.items[PAGE - 1].id;
        sv_store_deliveries_free(&page);
    }
    return fine;
}
