/* SPDX-License-Identifier: ISC */
#include "measure/shape.h"

#include <math.h>

#include "base/mem.h"

static double area(const struct sv_stage *stage, double s)
{
    return s * (stage->from + (stage->to - stage->from) * s / stage->for_s / 2);
}

void sv_shape_add(struct sv_shape *shape, double for_s, double from, double to)
{
    if (for_s <= 0)
        return;
    struct sv_stage stage = {.for_s = for_s, .from = from, .to = to};
    if (shape->count > 0) {
        const struct sv_stage *last = &shape->stages[shape->count - 1];
        stage.start_s = last->start_s + last->for_s;
        stage.before = last->before + area(last, last->for_s);
    }
    shape->stages = sv_realloc(shape->stages, (shape->count + 1) * sizeof *shape->stages);
    shape->stages[shape->count++] = stage;
}

double sv_shape_end(const struct sv_shape *shape)
{
    return shape->count > 0 ? shape->stages[shape->count - 1].start_s + shape->stages[shape->count - 1].for_s : 0;
}

static const struct sv_stage *stage_at(const struct sv_shape *shape, double at_s)
{
    for (size_t i = 0; i < shape->count; i++)
        if (at_s < shape->stages[i].start_s + shape->stages[i].for_s)
            return &shape->stages[i];
    return NULL;
}

double sv_shape_value(const struct sv_shape *shape, double at_s)
{
    const struct sv_stage *stage = at_s >= 0 ? stage_at(shape, at_s) : NULL;
    return stage != NULL ? stage->from + (stage->to - stage->from) * (at_s - stage->start_s) / stage->for_s : 0;
}

double sv_shape_sum(const struct sv_shape *shape, double at_s)
{
    if (at_s <= 0 || shape->count == 0)
        return 0;
    const struct sv_stage *stage = stage_at(shape, at_s);
    if (stage != NULL)
        return stage->before + area(stage, at_s - stage->start_s);
    stage = &shape->stages[shape->count - 1];
    return stage->before + area(stage, stage->for_s);
}

double sv_shape_when(const struct sv_shape *shape, double sum)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct sv_stage *stage = &shape->stages[i];
        double left = sum - stage->before, slope = (stage->to - stage->from) / stage->for_s;
        if (left > area(stage, stage->for_s))
            continue;
        if (left <= 0)
            return stage->start_s;
        if (fabs(slope) * stage->for_s < 1e-9 * (stage->from + stage->to))
            return stage->start_s + left / stage->from;
        /* slope / 2 * s^2 + from * s = left; in the form that loses nothing when the slope is small */
        double root = sqrt(fmax(0, stage->from * stage->from + 2 * slope * left));
        return stage->start_s + fmin(stage->for_s, 2 * left / (stage->from + root));
    }
    return INFINITY;
}

double sv_shape_peak(const struct sv_shape *shape)
{
    double peak = 0;
    for (size_t i = 0; i < shape->count; i++)
        peak = fmax(peak, fmax(shape->stages[i].from, shape->stages[i].to));
    return peak;
}

void sv_shape_free(struct sv_shape *shape)
{
    sv_free(shape->stages);
    *shape = (struct sv_shape){0};
}
