/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>

#include "canaries.h"
#include "event/redact.h"
#include "event/redact_marks.h"
#include "json/reader.h"
#include "json/writer.h"
#include "measure/random.h"
#include "tap.h"

static struct sv_redactor *redactor;

static const char *clean(struct sv_buf *out, const char *text)
{
    sv_buf_clear(out);
    sv_redact_text(redactor, out, sv_slice_str(text));
    return sv_buf_cstr(out);
}

static struct sv_slice whole(struct sv_buf *out, const struct canary *canary)
{
    sv_buf_clear(out);
    sv_buf_str(out, canary->before);
    sv_buf_str(out, canary->secret);
    sv_buf_str(out, canary->after);
    return sv_buf_slice(out);
}

/* One a line, for tests of programs. */
static int print_canaries(bool secrets_only)
{
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        struct sv_buf text = {0};
        if (secrets_only)
            sv_buf_str(&text, canaries[i].secret);
        else
            whole(&text, &canaries[i]);
        for (size_t k = 0; k < text.len; k++)
            if (text.data[k] == '\n')
                fputs("\\n", stdout);
            else
                putchar(text.data[k]);
        putchar('\n');
        sv_buf_free(&text);
    }
    return 0;
}

/* No eight bytes in a row of the secret may be left, not only not the whole. */
static bool leaks(const struct sv_buf *text, const char *secret)
{
    size_t len = strlen(secret), piece = len < 8 ? len : 8;
    for (size_t i = 0; i + piece <= len; i++)
        if (strncmp(secret + i, "-----", 5) != 0 && sv_slice_find(sv_buf_slice(text), sv_slice(secret + i, piece)) != NULL)
            return true;
    return false;
}

static void test_canaries(void)
{
    struct sv_buf text = {0}, out = {0}, json = {0}, again = {0};
    is_int(CANARY_COUNT, 60, "sixty canaries");
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        const struct canary *c = &canaries[i];
        sv_buf_clear(&out);
        struct sv_slice plain = whole(&text, c);
        size_t count = sv_redact_text(redactor, &out, plain);
        bool good = ok(count >= 1 && !leaks(&out, c->secret), "text: %s is gone", c->name);
        good &= ok(sv_slice_starts(sv_buf_slice(&out), sv_slice_str(c->before)) &&
                   sv_slice_ends(sv_buf_slice(&out), sv_slice_str(c->after)), "text: what stands around %s stays", c->name);
        sv_buf_clear(&again);
        sv_redact_text(redactor, &again, sv_buf_slice(&out));
        good &= ok(sv_slice_equal(sv_buf_slice(&again), sv_buf_slice(&out)), "text: %s: a second time changes nothing", c->name);
        if (!good)
            printf("# %s\n", sv_buf_cstr(&out));

        /* as a string of JSON, and as a string in the JSON of a string */
        struct sv_value value;
        sv_buf_clear(&json);
        sv_buf_str(&json, "{\"a\":[{\"command\":");
        sv_json_put_string(&json, plain);
        sv_buf_str(&json, "}]}");
        sv_buf_clear(&out);
        bool read = sv_json_read(sv_buf_slice(&json), &value, NULL);
        sv_redact_value(redactor, &out, SV_SLICE(""), value);
        if (!ok(read && !leaks(&out, c->secret) && sv_json_read(sv_buf_slice(&out), &value, NULL), "json: %s is gone", c->name))
            printf("# %s\n", sv_buf_cstr(&out));
        sv_buf_clear(&again);
        sv_json_put_string(&again, sv_buf_slice(&json));
        sv_buf_clear(&out);
        sv_redact_text(redactor, &out, sv_buf_slice(&again));
        if (!ok(!leaks(&out, c->secret), "json in json: %s is gone", c->name))
            printf("# %s\n", sv_buf_cstr(&out));
    }
    sv_buf_free(&text);
    sv_buf_free(&out);
    sv_buf_free(&json);
    sv_buf_free(&again);
}

/* Text is looked at 64 bytes at a time: where in it a secret stands must not matter. */
static void test_places(void)
{
    struct sv_buf alone = {0}, text = {0}, out = {0};
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        size_t good = 0, places = 0;
        sv_buf_clear(&alone);
        sv_redact_text(redactor, &alone, whole(&text, &canaries[i]));
        for (size_t before = 0; before <= 70; before++)
            for (size_t behind = 0; behind <= 40; behind += 8) {
                struct sv_slice middle = whole(&out, &canaries[i]);
                sv_buf_clear(&text);
                sv_buf_printf(&text, "%*s", (int)before, "");
                sv_buf_add(&text, middle);
                sv_buf_printf(&text, "%*s", (int)behind, "");
                sv_buf_clear(&out);
                sv_redact_text(redactor, &out, sv_buf_slice(&text));
                good += out.len == before + alone.len + behind && memcmp(out.data + before, alone.data, alone.len) == 0;
                places++;
            }
        is_int((int64_t)good, (int64_t)places, "wherever it stands: %s", canaries[i].name);
    }
    sv_buf_free(&alone);
    sv_buf_free(&text);
    sv_buf_free(&out);
}

/* Many bytes at a time and one at a time say the same. */
static void test_marks(void)
{
    char text[200];
    struct sv_random dice;
    size_t wrong = 0;
    sv_random_seed(&dice, 1);
    for (size_t round = 0; round < 20000; round++) {
        size_t len = SV_MARKS_SHORTEST + round % (sizeof text - SV_MARKS_SHORTEST), from = round / 7 % len;
        for (size_t i = 0; i < len; i++) {
            text[i] = sv_random_below(&dice, 2) == 0 ? "-.:=~bB_+/azAZ09\0\x7f\x80\xe1\xff,;@[`{"[sv_random_below(&dice, 28)]
                                                     : (char)sv_random_below(&dice, 256);
        }
        struct sv_marks marks = sv_marks_at(text, len, from);
        for (size_t i = 0; i < 64; i++) {
            char c = from + i < len ? text[from + i] : ' ';
            bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
            bool joint = c == '-' || c == '.', run = letter || digit || joint || c == '_' || c == '/' || c == '+';
            bool event = c == ':' || c == '=' || c == '~' || c == 'b' || c == 'B';
            wrong += run != (marks.run >> i & 1) || event != (marks.event >> i & 1) || joint != (marks.joint >> i & 1);
        }
    }
    is_int((int64_t)wrong, 0, "the marks of bytes are right at every length and place");
#ifdef __SSE2__ /* elsewhere it never says so */
    ok(sv_marks_nothing("nothing is here at all", 22), "nothing begins in plain words");
#endif
    ok(!sv_marks_nothing("://:ab@", 7) && !sv_marks_nothing("pwd=abc", 7), "the shortest secrets are not passed over");
}

static void test_harmless(void)
{
    static const char *const texts[] = {
        "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 on main",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "session 550e8400-e29b-41d4-a716-446655440000 resumed",
        "/usr/lib/python3/dist-packages/requests/sessions.py:700",
        "src/components/Button/index.tsx and docs/api/v1/tokens.md",
        "cd /home/user/projects/sk-fading-circle && npm run build",
        ".sk-cube-grid-animation-delay-long-name { color: red }",
        "max_tokens: 4096, input_tokens=123456, \"output_tokens\":987654321",
        "{\"next_token\":\"AAAABBBBCCCC1234\",\"page_token\":\"xyz12345678\"}",
        "The password field is required. Enter your password: it is checked.",
        "use --token to authenticate, or --password if there is none of it",
        "const token = getToken(request); return token",
        "password = args.password or os.environ['DB_PASSWORD']",
        "def login(user: str, password: str, token: Optional[str] = None):",
        "API_KEY=$API_KEY ./run.sh && TOKEN=${TOKEN} PASSWORD=$(pass show db)",
        "Authorization: Bearer $TOKEN and Authorization: Bearer <token>",
        "authorization: required for every call",
        "PWD=/home/user/shop OLDPWD=/tmp",
        "basic understanding of bearer authentication is needed",
        "integrity sha512-9Q3c1d0S0vWlJpFYcUCbSFdtZ4pRjqvYhG7mU1Zb8Xw5Kq2LrT6nEoAyBdHsVfPgMxNiCjOuWzRtYkQeDlGhSA==",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBwbGFpbiB0ZXh0",
        "\"logprobs\":[{\"token\":\"the\",\"logprob\":-0.1},{\"token\":\" cat\",\"logprob\":-0.2}]",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        "if key.startswith(\"-----BEGIN RSA PRIVATE KEY-----\"): reject()",
        "https://example.com:8443/a?b=c@d and user@example.com",
        "docker run -u 1000:1000 -p 8080:80 nginx",
        "mkdir -p build/out && cp -p a b",
        "Secret: true, secrets: inherit, token: null, password: ********",
        "password: your-password-here",
        "tokenizer=cl100k_base tokens=42 token_count: 17",
        "keyboard: qwerty, monkey=banana, primary_key=id, foreign_key: user_id",
        "time 12:34:56 ratio 3:4 map[string]int{\"a\":1}",
        "toolu_01A09q90qw90lq917835lq9 and msg_01XFDUDYJgAACzvnptvVoYEL and call_9pw1qnYPWuHxbGyJ",
        "2024-05-01T10:00:00Z INFO https://user.example/path?x=1&sig=short",
        "git push origin HEAD:refs/heads/feature/secret-santa",
        "grep -rn 'password' src/ | head; vim passwd_policy.md",
        "",
    };
    struct sv_buf out = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_str(clean(&out, texts[i]), texts[i], "stays: %.80s", texts[i]);
    sv_buf_free(&out);
}

static void test_exact(void)
{
    struct sv_buf out = {0};
    is_str(clean(&out, "git push https://u:" "pa55word@h/x && curl -H 'Authorization: Bearer " "abcdefgh12345678' y"),
           "git push https://u:[redacted:url-password]@h/x && curl -H 'Authorization: Bearer [redacted:authorization]' y",
           "a secret in a command leaves the rest of it readable");
    is_str(clean(&out, "a " "AK" "IA" "ABCDEFGHIJKLMNOP b " "AK" "IA" "ABCDEFGHIJKLMNOP"),
           "a [redacted:aws-key] b [redacted:aws-key]", "the same secret gives the same bytes");
    is_str(clean(&out, "AK" "IA" "ABCDEFGHIJKLMNOPQ"), "AK" "IA" "ABCDEFGHIJKLMNOPQ", "one character more is another thing");
    is_str(clean(&out, "password=[redacted:password]"), "password=[redacted:password]", "what is gone stays gone");
    sv_buf_clear(&out);
    is_int(sv_redact_text(NULL, &out, SV_SLICE("password=hunter22")), 0, "no redactor: nothing is replaced");
    is_slice(sv_buf_slice(&out), SV_SLICE("password=hunter22"), "no redactor: the text as it is");
    sv_buf_free(&out);
}

static void test_keys(void)
{
    static const char *const yes[] = {
        "authorization", "Authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "token", "access_token", "accessToken",
        "X-Auth-Token", "client_secret", "clientSecret", "password", "DB_PASSWORD", "PGPASSWORD", "passwd", "api_key", "apiKey",
        "X-API-KEY", "OPENAI_API_KEY", "private_key", "privateKey", "aws_secret_access_key", "SECRET_KEY_BASE", "secret",
        "passphrase", "AccountKey", "DB_PASS", "API_KEY_2", "TOKEN_PROD", "TOKEN_B64", "apiKeyBase64", "SIGNING_KEY_2_DEV"};
    static const char *const no[] = {
        "", "key", "tokens", "max_tokens", "input_tokens", "token_count", "next_page_token", "session", "session_id", "author",
        "public_key", "primary_key", "keyboard", "passed", "bypass", "compass", "secretary", "cookies_enabled", "tool", "command",
        "aws_access_key_id", "eos_token", "capital_key", "image_base64", "b64"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ok(sv_redact_key(sv_slice_str(yes[i])), "\"%s\" names a secret", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ok(!sv_redact_key(sv_slice_str(no[i])), "\"%s\" names none", no[i]);
}

static void test_json(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"password\":\"x1\",\"user\":\"u\"}", "{\"password\":\"[redacted:password]\",\"user\":\"u\"}"},
        {"{\"a\":{\"API-Key\":\"0123456789\"}}", "{\"a\":{\"API-Key\":\"[redacted:api-key]\"}}"},
        {"{\"token\":null,\"secret\":false,\"password\":\"\"}", "{\"token\":null,\"secret\":false,\"password\":\"\"}"},
        {"{\"passwd\":12345,\"token\":512}", "{\"passwd\":\"[redacted:password]\",\"token\":512}"},
        {"{\"cookie\":[\"a=b\"],\"x\":1}", "{\"cookie\":\"[redacted:cookie]\",\"x\":1}"},
        {"{\"pass\\u0077ord\":\"hunter22\"}", "{\"password\":\"[redacted:password]\"}"},
        {"{\"name\":\"Authorization\",\"value\":\"abc\"}", "{\"name\":\"Authorization\",\"value\":\"[redacted:authorization]\"}"},
        {"{\"a\":\"x\\ny\",\"b\":[1,2.5,true]}", "{\"a\":\"x\\ny\",\"b\":[1,2.5,true]}"},
        {"[]", "[]"},
        {"{\"t\":\"export A_TOKEN=abcd\\u0031\\u0032345 \\u00e9\"}", "{\"t\":\"export A_TOKEN=[redacted:token] \xc3\xa9\"}"},
    };
    struct sv_buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_value value = {0};
        sv_json_read(sv_slice_str(cases[i].in), &value, NULL);
        sv_buf_clear(&out);
        sv_redact_value(redactor, &out, SV_SLICE(""), value);
        is_slice(sv_buf_slice(&out), sv_slice_str(cases[i].out), "json: %s", cases[i].in);
    }
    sv_buf_clear(&out);
    sv_redact_value(redactor, &out, SV_SLICE("secret"), sv_value_str(SV_SLICE("s3cr3t")));
    is_slice(sv_buf_slice(&out), SV_SLICE("\"[redacted:secret]\""), "json: the key a value stands under");
    sv_buf_clear(&out);
    sv_redact_value(NULL, &out, SV_SLICE("secret"), sv_value_str(SV_SLICE("s3cr3t")));
    is_slice(sv_buf_slice(&out), SV_SLICE("\"s3cr3t\""), "json: no redactor, as it is");
    sv_buf_free(&out);
}

static double seconds(const char *piece, size_t size)
{
    struct sv_buf text = {0}, out = {0};
    size_t len = strlen(piece);
    while (text.len < size)
        sv_buf_add(&text, sv_slice(piece, len));
    clock_t start = clock();
    sv_redact_text(redactor, &out, sv_buf_slice(&text));
    double spent = (double)(clock() - start) / CLOCKS_PER_SEC;
    sv_buf_free(&text);
    sv_buf_free(&out);
    return spent;
}

/* What could make a scanner go back again and again: time must stay far from growing with the square. 1 MiB is enough to tell:
 * its square is 10^12. */
static void test_linear(void)
{
    static const char *const pieces[] = {
        "sk-", "eyJ-", "eyJabcdefghi.", "eyJ", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----", "password=", "password=*",
        "token='<", "token=\"\\", "cookie:", "authorization:x", "://", "://a:", "a", "bearer ", "basic YWFhYTph", "--password ",
        "curl -u a:", "aGVsbG8gd29ybGQ", "QUtJ\n", "\\n", "ghp_", "=", ":", "password: ", "-", "mysql -pa ", "xoxb-", "Q~",
        "1Q~a"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        double spent = seconds(pieces[i], 1 << 20);
        ok(spent < 1, "1 MiB of \"%s\" in time", pieces[i]);
        if (spent > 0.1)
            printf("# %.2f s\n", spent);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--canaries") == 0 || strcmp(argv[1], "--secrets") == 0))
        return print_canaries(argv[1][2] == 's');
    redactor = sv_redactor_new();
    test_canaries();
    test_places();
    test_marks();
    test_harmless();
    test_exact();
    test_keys();
    test_json();
    test_linear();
    sv_redactor_free(redactor);
    return done();
}
