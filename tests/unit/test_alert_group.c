/* SPDX-License-Identifier: ISC */
/* When a group is told of, in virtual time: each row is a moment, what happens then, and what is told. Each table runs a second time
 * with the group saved and loaded between any two rows, which must make no difference. */
#include "alert/group.h"
#include "base/time.h"
#include "tap.h"

#define S SV_SECOND_NS

static const struct sv_group_timing usual = {.wait_ns = 30 * S, .interval_ns = 300 * S, .repeat_ns = 14400 * S, .tells_resolved = true};
static const struct sv_group_timing quiet = {.wait_ns = 30 * S, .interval_ns = 300 * S, .repeat_ns = 14400 * S};
static const struct sv_group_timing times_out = {
    .wait_ns = 30 * S, .interval_ns = 300 * S, .repeat_ns = 14400 * S, .tells_resolved = true, .resolve_after_ns = 3600 * S};
static const struct sv_group_timing escalates = {.wait_ns = 30 * S, .interval_ns = 300 * S, .repeat_ns = 14400 * S, .tells_resolved = true,
                                                 .escalate_ns = {900 * S, 3600 * S}, .levels = 2};

/* fire X, old X, end X, resolve, ack SECONDS, hide X, show X, mute, unmute, look */
struct row {
    int64_t at_s;
    const char *what, *told; /* told: "why firing/resolved", "level N"; "": nothing */
};

struct scene {
    struct sv_group group;
    char hidden[8];
    bool muted;
};

static bool hides(void *context, const struct sv_group_alert *alert)
{
    return strchr(context, alert->id.data[0]) != NULL;
}

static void put_told(struct sv_buf *out, const struct sv_group_notice *notice)
{
    static const char *const whys[] = {"never", "new", "more", "over", "repeat", "escalated", "nothing", "muted", "hidden", "acked"};
    if (notice->is_due)
        sv_buf_printf(out, "%s%s %zu/%zu", out->len > 0 ? ", " : "", whys[notice->why], notice->firing, notice->resolved);
    if (notice->level > 0)
        sv_buf_printf(out, "%slevel %u", out->len > 0 ? ", " : "", (unsigned)notice->level);
}

static void act(struct scene *scene, const struct sv_group_timing *timing, const char *what, int64_t now_ns)
{
    char name[8], verb[16];
    long number = 0;
    if (sscanf(what, "%15s %7s", verb, name) < 2)
        name[0] = '\0';
    sscanf(name, "%ld", &number);
    if (strcmp(verb, "fire") == 0)
        sv_group_fire(&scene->group, timing, sv_slice_str(name), SV_SLICE("{}"), false, now_ns);
    else if (strcmp(verb, "old") == 0)
        sv_group_fire(&scene->group, timing, sv_slice_str(name), SV_SLICE("{}"), true, now_ns);
    else if (strcmp(verb, "resolve") == 0)
        sv_group_resolve_all(&scene->group, now_ns);
    else if (strcmp(verb, "end") == 0)
        sv_group_resolve(&scene->group, sv_slice_str(name), SV_SLICE("{}"), now_ns);
    else if (strcmp(verb, "ack") == 0)
        sv_group_ack(&scene->group, number > 0 ? now_ns + number * S : INT64_MAX);
    else if (strcmp(verb, "hide") == 0)
        strcat(scene->hidden, name);
    else if (strcmp(verb, "show") == 0)
        scene->hidden[0] = '\0';
    else if (strcmp(verb, "mute") == 0)
        scene->muted = true;
    else if (strcmp(verb, "unmute") == 0)
        scene->muted = false;
}

static void save_and_load(struct sv_group *group)
{
    struct sv_buf bytes = {0};
    sv_group_save(group, &bytes);
    sv_group_free(group);
    if (!sv_group_load(group, sv_buf_slice(&bytes)))
        ok(false, "a saved group loads");
    sv_buf_free(&bytes);
}

static void run_table(const char *name, const struct sv_group_timing *timing, const struct row *rows, size_t count, bool restarts)
{
    struct scene scene = {0};
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct sv_buf told = {0};
        int64_t now_ns = (1000000 + rows[i].at_s) * S;
        act(&scene, timing, rows[i].what, now_ns);
        for (int turn = 0; turn < 5 && sv_group_due(&scene.group, timing) <= now_ns; turn++) {
            struct sv_group_notice notice;
            sv_group_flush(&scene.group, timing, now_ns, scene.muted, hides, scene.hidden, &notice);
            sv_group_settle(&scene.group, timing, &notice);
            put_told(&told, &notice);
        }
        if (sv_group_due(&scene.group, timing) <= now_ns) {
            printf("# %s, row %zu (%ld s, %s): it is due for ever\n", name, i + 1, (long)rows[i].at_s, rows[i].what);
            wrong++;
        }
        if (!sv_slice_is(sv_buf_slice(&told), rows[i].told)) {
            printf("# %s, row %zu (%ld s, %s): told \"%.*s\", not \"%s\"\n", name, i + 1, (long)rows[i].at_s, rows[i].what,
                   SV_ARG(sv_buf_slice(&told)), rows[i].told);
            wrong++;
        }
        sv_buf_free(&told);
        if (restarts)
            save_and_load(&scene.group);
    }
    is_int(wrong, 0, "%s%s", name, restarts ? ", stopped and started between all rows" : "");
    sv_group_free(&scene.group);
}

#define TABLE(name, timing, ...)                                                                                                   \
    do {                                                                                                                           \
        static const struct row rows_[] = {__VA_ARGS__};                                                                           \
        run_table(name, timing, rows_, sizeof rows_ / sizeof *rows_, false);                                                       \
        run_table(name, timing, rows_, sizeof rows_ / sizeof *rows_, true);                                                        \
    } while (0)

static void test_timing(void)
{
    TABLE("one alert: told after the wait, repeated, told to be over", &usual, {0, "fire a", ""}, {29, "look", ""}, {30, "look", "new 1/0"},
          {31, "look", ""}, {330, "look", ""}, {3630, "look", ""}, {14429, "look", ""}, {14430, "look", "repeat 1/0"}, {14500, "end a", ""},
          {14730, "look", "over 0/1"}, {20000, "look", ""});
    TABLE("those that come within the wait are told together", &usual, {0, "fire a", ""}, {10, "fire b", ""}, {30, "look", "new 2/0"},
          {40, "fire c", ""}, {329, "look", ""}, {330, "look", "more 3/0"});
    TABLE("over before the wait is: never told", &usual, {0, "fire a", ""}, {20, "end a", ""}, {30, "look", ""}, {5000, "look", ""});
    TABLE("over and back within one interval: who was told knows", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {100, "end a", ""},
          {200, "fire a", ""}, {330, "look", ""}, {400, "end a", ""}, {630, "look", "over 0/1"});
    TABLE("one of two is over", &usual, {0, "fire a", ""}, {0, "fire b", ""}, {30, "look", "new 2/0"}, {60, "end a", ""},
          {330, "look", "over 1/1"}, {630, "look", ""}, {700, "end b", ""}, {930, "look", "over 0/1"});
    TABLE("over is not told where nobody wants to know", &quiet, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "end a", ""},
          {330, "look", ""}, {400, "fire a", ""}, {430, "look", "new 1/0"});
    TABLE("repeats keep to the beat of the interval", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {14400, "look", ""},
          {14430, "look", "repeat 1/0"}, {28829, "look", ""}, {28830, "look", "repeat 1/0"});
    TABLE("a machine that slept tells once", &usual, {0, "fire a", ""}, {100000, "look", "new 1/0"}, {100001, "look", ""},
          {300000, "look", "repeat 1/0"}, {300001, "look", ""});
    TABLE("a clock that goes back tells nothing twice", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {-5000, "look", ""},
          {-4000, "fire a", ""}, {30, "look", ""}, {330, "look", ""}, {14430, "look", "repeat 1/0"});
    TABLE("no news is the end, where that is said", &times_out, {0, "fire a", ""}, {30, "look", "new 1/0"}, {3000, "fire a", ""},
          {3600, "look", ""}, {6330, "look", ""}, {6600, "look", ""}, {6630, "look", "over 0/1"});
    TABLE("begun and timed out before the next turn", &times_out, {0, "fire a", ""}, {30, "look", "new 1/0"}, {3599, "look", ""},
          {3600, "look", ""}, {3630, "look", "over 0/1"}, {3640, "fire a", ""}, {3670, "look", "new 1/0"});
}

static void test_quiet(void)
{
    TABLE("silenced: not told; told when the silence is over", &usual, {0, "hide a", ""}, {0, "fire a", ""}, {30, "look", ""}, {330, "look", ""},
          {400, "show a", ""}, {630, "look", "new 1/0"});
    TABLE("one of two silenced", &usual, {0, "hide a", ""}, {0, "fire a", ""}, {1, "fire b", ""}, {30, "look", "new 1/0"}, {100, "show a", ""},
          {330, "look", "more 2/0"});
    TABLE("silenced after it was told: not repeated", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {100, "hide a", ""},
          {14430, "look", ""}, {14500, "show a", ""}, {14730, "look", "repeat 1/0"});
    TABLE("muted: told when the time is over", &usual, {0, "mute", ""}, {0, "fire a", ""}, {30, "look", ""}, {330, "look", ""},
          {600, "unmute", ""}, {630, "look", "new 1/0"});
    TABLE("begun and over while muted: nothing is told", &usual, {0, "mute", ""}, {0, "fire a", ""}, {100, "end a", ""}, {330, "look", ""},
          {400, "unmute", ""}, {630, "look", ""}, {5000, "look", ""});
    TABLE("over while muted: told behind it", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {40, "mute", ""}, {100, "end a", ""},
          {330, "look", ""}, {600, "unmute", ""}, {630, "look", "over 0/1"});
    TABLE("acknowledged to its end: not repeated, but told to be over", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack", ""},
          {14430, "look", ""}, {28830, "look", ""}, {28900, "end a", ""}, {29130, "look", "over 0/1"});
    TABLE("acknowledged for a time: then repeated", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack 20000", ""},
          {14430, "look", ""}, {19830, "look", ""}, {20060, "look", ""}, {20130, "look", "repeat 1/0"});
    TABLE("acknowledged: what is new is told all the same", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack", ""},
          {100, "fire b", ""}, {330, "look", "more 2/0"});
    TABLE("an acknowledgement ends with its group", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack", ""}, {100, "end a", ""},
          {330, "look", "over 0/1"}, {400, "fire a", ""}, {430, "look", "new 1/0"}, {14830, "look", "repeat 1/0"});
}

static void test_levels(void)
{
    TABLE("nobody takes it on: level by level", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {929, "look", ""}, {930, "look", "level 1"},
          {931, "look", ""}, {3629, "look", ""}, {3630, "look", "level 2"}, {14430, "look", "repeat 1/0"}, {14431, "look", ""});
    TABLE("acknowledged in time: nobody else is told", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {800, "ack", ""},
          {930, "look", ""}, {3630, "look", ""});
    TABLE("acknowledged for a time: the next level waits for its end", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"},
          {800, "ack 600", ""}, {930, "look", ""}, {1399, "look", ""}, {1400, "look", "level 1"}, {3630, "look", "level 2"});
    TABLE("over: nobody else is told", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {100, "end a", ""}, {330, "look", "over 0/1"},
          {930, "look", ""}, {3630, "look", ""});
    TABLE("a machine that slept tells each level once", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"},
          {5000, "look", "level 1, level 2"}, {5001, "look", ""});
    TABLE("silenced: no level is told", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {40, "hide a", ""}, {930, "look", ""},
          {1000, "show a", ""}, {1229, "look", ""}, {1230, "look", "level 1"}, {1231, "look", ""});
    TABLE("muted: no level is told before its end", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {40, "mute", ""}, {930, "look", ""},
          {1230, "look", ""}, {1300, "unmute", ""}, {1529, "look", ""}, {1530, "look", "level 1"}, {3630, "look", "level 2"});
    TABLE("an acknowledgement that ends while it is muted", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack 1000", ""},
          {100, "mute", ""}, {1060, "look", ""}, {1100, "unmute", ""}, {1229, "look", ""}, {1230, "look", "level 1"});
    TABLE("levels and a clock that goes back: each once", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {930, "look", "level 1"},
          {-100, "look", ""}, {900, "look", ""}, {931, "look", ""}, {3630, "look", "level 2"});
    TABLE("a group that begins again begins its levels again", &escalates, {0, "fire a", ""}, {30, "look", "new 1/0"}, {930, "look", "level 1"},
          {1000, "end a", ""}, {1230, "look", "over 0/1"}, {1300, "fire a", ""}, {1330, "look", "new 1/0"}, {2230, "look", "level 1"});
}

static void test_old(void)
{
    TABLE("what was over long ago is nobody told of", &usual, {0, "old a", ""}, {30, "look", ""}, {14430, "look", ""}, {14500, "end a", ""},
          {14730, "look", ""});
    TABLE("what is old and fires now is told", &usual, {0, "old a", ""}, {30, "look", ""}, {100, "fire a", ""}, {330, "look", "new 1/0"},
          {400, "end a", ""}, {630, "look", "over 0/1"});
    TABLE("old news of what fires changes nothing", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {40, "old a", ""}, {330, "look", ""},
          {14430, "look", "repeat 1/0"});
    TABLE("the old is not told along with the new", &usual, {0, "old a", ""}, {10, "fire b", ""}, {30, "look", "new 1/0"}, {100, "end b", ""},
          {330, "look", "over 0/1"}, {700, "end a", ""}, {930, "look", ""});
    TABLE("the old does not escalate", &escalates, {0, "old a", ""}, {30, "look", ""}, {5000, "look", ""});
    TABLE("nor does it keep others' levels going", &escalates, {0, "old a", ""}, {0, "fire b", ""}, {30, "look", "new 1/0"}, {100, "end b", ""},
          {330, "look", "over 0/1"}, {5000, "look", ""});
}

static void test_by_hand(void)
{
    TABLE("resolved by hand: told as any other end", &usual, {0, "fire a", ""}, {0, "fire b", ""}, {30, "look", "new 2/0"}, {60, "resolve", ""},
          {330, "look", "over 0/2"}, {14430, "look", ""});
    TABLE("resolved by hand before anybody was told: nobody is", &usual, {0, "fire a", ""}, {10, "resolve", ""}, {30, "look", ""},
          {5000, "look", ""});
    TABLE("resolved by hand, and it fires on: told as new", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "resolve", ""},
          {100, "fire a", ""}, {330, "look", "more 1/0"});
    TABLE("resolved by hand ends the acknowledgement", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {60, "ack", ""}, {70, "resolve", ""},
          {330, "look", "over 0/1"}, {400, "fire a", ""}, {430, "look", "new 1/0"}, {14830, "look", "repeat 1/0"});
    TABLE("over, back and over within one interval", &usual, {0, "fire a", ""}, {30, "look", "new 1/0"}, {100, "end a", ""}, {200, "fire a", ""},
          {250, "end a", ""}, {330, "look", "over 0/1"}, {630, "look", ""});
}

static void test_states(void)
{
    struct sv_group group = {0};
    struct sv_group_notice notice;
    sv_group_fire(&group, &usual, SV_SLICE("a"), SV_SLICE("{}"), false, 1000 * S);
    sv_group_flush(&group, &usual, 1030 * S, true, NULL, NULL, &notice);
    is_int(sv_group_state(&group, 1030 * S), SV_GROUP_SUPPRESSED, "what a mute time keeps quiet is suppressed");
    sv_group_flush(&group, &usual, 1330 * S, false, NULL, NULL, &notice);
    ok(sv_group_tells(&usual, &group.alerts[0], false) && sv_group_tells(&usual, &group.alerts[0], true), "what fires is told to all");
    is_int(sv_group_state(&group, 1330 * S), SV_GROUP_FIRING, "until it is told");
    sv_group_ack(&group, 2000 * S);
    is_int(sv_group_state(&group, 1999 * S), SV_GROUP_ACKNOWLEDGED, "taken on");
    is_int(sv_group_state(&group, 2000 * S), SV_GROUP_FIRING, "until the deadline");
    sv_group_resolve_all(&group, 2100 * S);
    is_int(sv_group_state(&group, 2100 * S), SV_GROUP_RESOLVED, "over");
    ok(sv_group_tells(&usual, &group.alerts[0], false) && !sv_group_tells(&usual, &group.alerts[0], true) &&
           !sv_group_tells(&quiet, &group.alerts[0], false),
       "what is over to who wants to know, and to no level");
    is_slice(sv_slice_str(sv_group_state_name(SV_GROUP_SUPPRESSED)), SV_SLICE("suppressed"), "each has a word");
    sv_group_free(&group);
}

static void test_bounds(void)
{
    struct sv_group group = {0};
    char id[16];
    for (int i = 0; i < SV_GROUP_ALERTS_MAX + 5; i++) {
        snprintf(id, sizeof id, "a%d", i);
        sv_group_fire(&group, &usual, sv_slice_str(id), SV_SLICE("{}"), false, S);
    }
    is_int(group.count, SV_GROUP_ALERTS_MAX, "a group keeps so many alerts apart");
    is_int(group.more, 5, "and counts the others");
    struct sv_buf bytes = {0};
    struct sv_group other = {0};
    sv_group_save(&group, &bytes);
    ok(sv_group_load(&other, sv_buf_slice(&bytes)), "it is saved and loaded");
    size_t taken = 0;
    for (size_t len = 0; len < bytes.len; len += 37) {
        struct sv_group part = {0};
        taken += sv_group_load(&part, sv_slice(bytes.data, len));
        sv_group_free(&part);
    }
    is_int(taken, 0, "what is cut off is no group");
    is_int(sv_group_state(&other, S), SV_GROUP_PENDING, "before it is told it is pending");
    sv_buf_free(&bytes);
    sv_group_free(&other);
    sv_group_free(&group);
}

int main(void)
{
    test_timing();
    test_quiet();
    test_levels();
    test_old();
    test_by_hand();
    test_states();
    test_bounds();
    return done();
}
