/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* _SC_NPROCESSORS_ONLN, major, minor */
#include "base/machine.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/sysmacros.h>
#endif

#include "base/num.h"
#include "base/os.h"
#include "base/time.h"

enum { FILE_MAX = 4 << 20 };

static bool next_line(struct sv_slice *rest, struct sv_slice *line)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->data, '\n', rest->len);
    size_t n = end != NULL ? (size_t)(end - rest->data) : rest->len;
    *line = sv_slice(rest->data, n);
    n += end != NULL;
    *rest = sv_slice(rest->data + n, rest->len - n);
    return true;
}

static struct sv_slice behind(struct sv_slice line, struct sv_slice mark)
{
    const char *at = sv_slice_find(line, mark);
    return at != NULL ? sv_slice(at + mark.len, (size_t)(sv_slice_end(line) - at) - mark.len) : SV_SLICE("");
}

/* What stands in a file of /proc behind `mark`, in the first line that begins so. */
static struct sv_slice find_value(const char *path, struct sv_slice begin, struct sv_slice mark, struct sv_arena *arena)
{
    struct sv_buf text = {0};
    struct sv_slice rest, line, found = SV_SLICE("");
    sv_os_slurp(path, FILE_MAX, &text, NULL);
    rest = sv_buf_slice(&text);
    while (found.len == 0 && next_line(&rest, &line))
        if (sv_slice_starts(line, begin))
            found = sv_arena_dup(arena, behind(line, mark));
    sv_buf_free(&text);
    return found;
}

#ifdef __linux__
/* /proc/self/mountinfo: id, parent, major:minor, ... - type, ... */
static struct sv_slice file_system_of(const char *folder, struct sv_arena *arena)
{
    struct sv_os_stat st;
    struct sv_buf text = {0};
    struct sv_slice rest, line, found = SV_SLICE("");
    char device[64];
    if (!sv_os_stat_path(folder, true, &st))
        return found;
    snprintf(device, sizeof device, " %u:%u ", major((dev_t)st.device), minor((dev_t)st.device));
    sv_os_slurp("/proc/self/mountinfo", FILE_MAX, &text, NULL);
    rest = sv_buf_slice(&text);
    while (found.len == 0 && next_line(&rest, &line)) {
        if (sv_slice_find(line, sv_slice_str(device)) == NULL)
            continue;
        struct sv_slice type = behind(line, SV_SLICE(" - "));
        const char *end = type.len > 0 ? memchr(type.data, ' ', type.len) : NULL;
        found = sv_arena_dup(arena, sv_slice(type.data, end != NULL ? (size_t)(end - type.data) : type.len));
    }
    sv_buf_free(&text);
    return found;
}
#else
static struct sv_slice file_system_of(const char *folder, struct sv_arena *arena)
{
    (void)folder;
    (void)arena;
    return SV_SLICE("");
}
#endif

int64_t sv_machine_cores(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN);
}

void sv_machine_look(struct sv_machine *machine, struct sv_arena *arena, const char *folder)
{
    struct utsname name;
    *machine = (struct sv_machine){.cpu = find_value("/proc/cpuinfo", SV_SLICE("model name"), SV_SLICE(": "), arena),
                                   .file_system = file_system_of(folder, arena),
                                   .cores = sv_machine_cores(),
                                   .memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)};
    if (uname(&name) == 0)
        machine->kernel = sv_arena_printf(arena, "%s %s %s", name.sysname, name.release, name.machine);
}

bool sv_machine_same(const struct sv_machine *a, const struct sv_machine *b)
{
    return sv_slice_equal(a->cpu, b->cpu) && sv_slice_equal(a->kernel, b->kernel) && sv_slice_equal(a->file_system, b->file_system) &&
           a->cores == b->cores && a->memory_bytes == b->memory_bytes;
}

/* proc(5): user nice system idle iowait irq softirq steal ..., in ticks. */
static int64_t busy_ns(void)
{
    enum { IDLE = 3, IOWAIT = 4, STEAL = 7 };
    struct sv_arena arena = {0};
    struct sv_slice rest = find_value("/proc/stat", SV_SLICE("cpu "), SV_SLICE("cpu "), &arena);
    int64_t sum = 0, ticks;
    rest = sv_slice_trim(rest);
    bool known = rest.len > 0;
    for (int i = 0; i <= STEAL && rest.len > 0; i++) {
        const char *end = memchr(rest.data, ' ', rest.len);
        size_t n = end != NULL ? (size_t)(end - rest.data) : rest.len;
        if (sv_num_int(sv_slice(rest.data, n), &ticks) && i != IDLE && i != IOWAIT)
            sum += ticks;
        n += end != NULL;
        rest = sv_slice(rest.data + n, rest.len - n);
    }
    sv_arena_free(&arena);
    return known ? sum * (SV_SECOND_NS / sysconf(_SC_CLK_TCK)) : -1;
}

struct sv_machine_moment sv_machine_now(void)
{
    return (struct sv_machine_moment){sv_os_monotonic_ns(), busy_ns()};
}

double sv_machine_others(const struct sv_machine_moment *start, int64_t ours_ns)
{
    struct sv_machine_moment end = sv_machine_now();
    double all = (double)(end.at_ns - start->at_ns) * (double)sv_machine_cores();
    double share = start->busy_ns >= 0 && end.busy_ns >= 0 && all > 0 ? (double)(end.busy_ns - start->busy_ns - ours_ns) / all : 0;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}
