/* SPDX-License-Identifier: ISC */
#include "event/derive.h"

#include "events.h"

static void test_kinds(void)
{
    static const char *const cases[][2] = {
        {"Bash", "shell"},
        {"shell", "shell"},
        {"exec_command", "shell"},
        {"functions.exec_command", "shell"},
        {"run_shell_command", "shell"},
        {"execute_bash", "shell"},
        {"run", "shell"},
        {"write_stdin", "shell"},
        {"BashOutput", "shell"},
        {"local_shell", "shell"},
        {"Read", "read"},
        {"read_file", "read"},
        {"Grep", "read"},
        {"Glob", "read"},
        {"LS", "read"},
        {"view", "read"},
        {"Write", "write"},
        {"Edit", "write"},
        {"MultiEdit", "write"},
        {"NotebookEdit", "write"},
        {"apply_patch", "write"},
        {"write_file", "write"},
        {"replace", "write"},
        {"str_replace_editor", "write"},
        {"write_to_file", "write"},
        {"WebFetch", "net"},
        {"WebSearch", "net"},
        {"web_fetch", "net"},
        {"google_web_search", "net"},
        {"browse", "net"},
        {"Task", "agent"},
        {"Agent", "agent"},
        {"agent", "agent"},
        {"spawn_agent", "agent"},
        {"delegate", "agent"},
        {"SendMessage", "agent"},
        {"mcp__linear__create", "mcp"},
        {"mcp_files_read", "mcp"},
        {"TodoWrite", "other"},
        {"", "other"},
        {"a_very_long_name_of_a_tool_that_nobody_knows_at_all", "other"},
        {"zzz", "other"},
        {"\xFF\x00", "other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_slice(sv_derive_tool_kind(sv_slice_str(cases[i][0])), sv_slice_str(cases[i][1]), "kind of %s", cases[i][0]);
}

static void check(const char *tool, const char *args, const char *name, const char *want)
{
    char line[2048];
    snprintf(line, sizeof line, "{\"type\":\"tool.call\",\"tool\":\"%s\",\"args\":%s}\n", tool, args);
    read_log("sv", line);
    is_str(field(0, name), want, "%s of %s %s", name, tool, args);
}

static void test_fields(void)
{
    check("Bash", "{\"command\":\"ls -l\",\"description\":\"x\"}", "command", "ls -l");
    check("Bash", "{\"c\\u006fmmand\":\"ls -l\"}", "command", "ls -l");
    check("exec_command", "{\"cmd\":\"ls\"}", "command", "ls");
    check("shell", "{\"command\":[\"bash\",\"-lc\",\"ls \\\"x\\\"\"]}", "command", "ls \"x\"");
    check("shell", "{\"command\":[\"/bin/zsh\",\"-c\",\"ls\",\"arg\"]}", "command", "ls");
    check("shell", "{\"command\":[\"bash\",\"script.sh\",\"-c\"]}", "command", "bash script.sh -c");
    check("shell", "{\"command\":[\"git\",\"commit\",\"-m\",\"a\\tb\"]}", "command", "git commit -m a\tb");
    check("shell", "{\"command\":[]}", "command", "");
    check("shell", "{\"command\":[1]}", "command", "");
    check("shell", "\"rm -rf /\"", "command", "rm -rf /");
    check("mcp__ssh__exec", "{\"command\":\"id\"}", "command", "id");
    check("str_replace_editor", "{\"command\":\"view\",\"path\":\"/etc/x\"}", "command", "");
    check("str_replace_editor", "{\"command\":\"view\",\"path\":\"/etc/x\"}", "path", "/etc/x");
    check("Read", "{\"file_path\":\"/a/b\"}", "path", "/a/b");
    check("NotebookEdit", "{\"notebook_path\":\"n.ipynb\"}", "path", "n.ipynb");
    check("Grep", "{\"path\":\"src\",\"pattern\":\"x\"}", "path", "src");
    check("Write", "{\"path\":\"second\",\"file_path\":\"first\"}", "path", "first");
    check("Bash", "{\"command\":\"x\",\"path\":\"y\"}", "path", "");
    check("apply_patch", "\"*** Begin Patch\\n*** Add File: new/a.txt\\n+x\\n\"", "path", "new/a.txt");
    check("apply_patch", "{\"input\":\"*** Begin Patch\\n*** Delete File: b\\n\"}", "path", "b");
    check("apply_patch", "\"text *** Add File: no\"", "path", "");
    check("WebFetch", "{\"url\":\"https://x.test/\",\"prompt\":\"p\"}", "url", "https://x.test/");
    check("Bash", "{\"url\":\"https://x.test/\",\"command\":\"c\"}", "url", "");
    check("Read", "[1]", "path", "");
    check("Read", "7", "path", "");
    check("Read", "{\"file_path\":7}", "path", "");
    read_log(
        "sv",
        "{\"type\":\"tool.call\",\"tool\":\"Bash\",\"command\":\"own\",\"tool_kind\":\"mine\",\"args\":{\"command\":\"other\"}}\n");
    is_str(field(0, "command"), "own", "what an event says itself stays");
    is_str(field(0, "tool_kind"), "mine", "its kind too");
    read_log("sv", "{\"type\":\"note\",\"args\":{\"command\":\"other\"}}\n");
    is_str(field(0, "command"), "", "without a tool nothing is derived");
}

static void test_agent(void)
{
    struct sv_arena arena = {0};
    static const char *const cases[][3] = {
        {"/home/ada/shop", "5e55104a-1", "t:shop"},
        {"/home/ada/shop/", "s", "t:shop"},
        {"C:\\work\\shop", "s", "t:shop"},
        {"shop", "s", "t:shop"},
        {"", "5e55104a-1", "t:5e55104a"},
        {"/", "abc", "t:abc"},
        {"", "", "t"},
        {"", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
         "t:\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_slice(sv_derive_agent(&arena, "t", sv_slice_str(cases[i][0]), sv_slice_str(cases[i][1])), sv_slice_str(cases[i][2]),
                 "agent of cwd %s, session %s", cases[i][0], cases[i][1]);
    sv_arena_free(&arena);
}

int main(void)
{
    test_kinds();
    test_fields();
    test_agent();
    return done();
}
