/* SPDX-License-Identifier: ISC */
/* Secrets that can be told by the name before them: `password=...`, `"api_key": "..."`, `--token ...`, `user:...@host`. */
#include "event/redact_private.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- names --- */

/* A constant text with its length. */
struct text {
    const char *data;
    uint8_t len;
};

#define TEXT(literal) {literal, sizeof literal - 1}

static bool ends(struct sv_slice s, struct text suffix)
{
    return s.len >= suffix.len && s.data[s.len - 1] == suffix.data[suffix.len - 1] &&
           memcmp(s.data + (s.len - suffix.len), suffix.data, suffix.len) == 0;
}

static bool ends_any(struct sv_slice s, const struct text *suffixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends(s, suffixes[i]))
            return true;
    return false;
}

/* Tokens that are no secrets: of pages, of models, of counts. */
static bool is_harmless_token(struct sv_slice folded)
{
    static const struct text names[] = {
        TEXT("nexttoken"), TEXT("pagetoken"), TEXT("continuationtoken"), TEXT("synctoken"), TEXT("stoptoken"), TEXT("eostoken"),
        TEXT("bostoken"), TEXT("padtoken"), TEXT("unktoken"), TEXT("septoken"), TEXT("clstoken"), TEXT("masktoken"),
        TEXT("pertoken"), TEXT("cancellationtoken"), TEXT("canceltoken"), TEXT("lasttoken"), TEXT("firsttoken"), TEXT("maxtoken"),
        TEXT("mintoken"), TEXT("starttoken"), TEXT("endtoken"), TEXT("specialtoken"), TEXT("inputtoken"), TEXT("outputtoken"),
        TEXT("cursortoken"), TEXT("toptoken"), TEXT("currenttoken")};
    return ends_any(folded, names, COUNT(names));
}

/* `api` with a little between it and `key` at the end: apikey, apisecretkey, api_access_key; not capitalkey. */
static bool is_api_key(struct sv_slice folded)
{
    const char *api = ends(folded, (struct text)TEXT("key")) ? sv_slice_find(folded, SV_SLICE("api")) : NULL;
    if (api == NULL)
        return false;
    size_t between = folded.len - (size_t)(api - folded.data);
    return between >= 6 && between <= 14 && (api == folded.data || api[-1] != 'c') &&
           sv_slice_find(folded, SV_SLICE("public")) == NULL;
}

#define LETTERS(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* The last three letters of all names that sv_secret_kind and sv_secret_named know, those of tails included. */
static bool is_ending(uint32_t letters)
{
    switch (letters) {
    case LETTERS('a', 's', 'e'): /* passphrase, secretkeybase */
    case LETTERS('a', 's', 's'):
    case LETTERS('d', 'e', 'v'):
    case LETTERS('e', 's', 't'):
    case LETTERS('i', 'n', 'g'): /* staging */
    case LETTERS('i', 'o', 'n'): /* authorization, production */
    case LETTERS('i', 'v', 'e'): /* live */
    case LETTERS('k', 'e', 'n'):
    case LETTERS('k', 'e', 'y'):
    case LETTERS('k', 'i', 'e'):
    case LETTERS('l', 'u', 'e'): /* value */
    case LETTERS('n', 'e', 'w'):
    case LETTERS('o', 'd', 'e'): /* passcode */
    case LETTERS('o', 'l', 'd'):
    case LETTERS('o', 'r', 'd'):
    case LETTERS('o', 'r', 't'): /* passwort */
    case LETTERS('p', 'w', 'd'):
    case LETTERS('r', 'e', 't'):
    case LETTERS('r', 'o', 'd'):
    case LETTERS('s', 'i', 'g'):
    case LETTERS('s', 'w', 'd'):
    case LETTERS('u', 'r', 'e'): /* signature */
    case LETTERS('u', 't', 'h'):
        return true;
    default:
        return false;
    }
}

static bool is_joint(char c)
{
    return c == '-' || c == '_' || c == '.' || c == ' ';
}

/* Are the upper three bytes of this all lower case letters? */
static bool are_letters(uint32_t word)
{
    uint32_t plain = word & 0x7F7F7F00; /* adding carries into the highest bits only */
    return (((plain + 0x1F1F1F00) & ~(plain + 0x05050500)) & ~word & 0x80808000) == 0x80808000;
}

/* Can the name that ends here be one of a secret? Most cannot, and their last letters tell. Digits behind do not count, joints
 * nowhere. */
static bool may_be_key(const char *start, const char *end)
{
    uint32_t letters = end - start >= 4 ? sv_redact_word(end - 4) | 0x20202020 : 0;
    if (are_letters(letters)) /* the usual case at once */
        return is_ending((letters >> 8 & 0xFF) << 16 | (letters >> 16 & 0xFF) << 8 | letters >> 24);
    if (end - start >= 4 && end[-1] == '4' && end[-2] == '6') /* a tail, _b64 */
        return true;
    letters = 0;
    while (end > start && ((end[-1] >= '0' && end[-1] <= '9') || is_joint(end[-1])))
        end--;
    for (unsigned at = 0; at < 24; end--) {
        if (end == start)
            return false;
        char c = end[-1], lower = (char)(c | 32);
        if (lower >= 'a' && lower <= 'z') {
            letters |= (uint32_t)lower << at;
            at += 8;
        } else if (!is_joint(c)) {
            return false;
        }
    }
    return is_ending(letters);
}

/* The name in lower case without joints into text, which has room for all of it. A name inside other text: what stands behind
 * the odd character counts. */
static struct sv_slice fold(struct sv_slice key, char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i], lower = (char)(c | 32);
        if (lower >= 'a' && lower <= 'z')
            text[n++] = lower;
        else if (c >= '0' && c <= '9')
            text[n++] = c;
        else if (!is_joint(c))
            n = 0;
    }
    return sv_slice(text, n);
}

/* Without digits and words behind that tell which one it is: API_KEY_2, TOKEN_PROD. */
static struct sv_slice without_tails(struct sv_slice folded)
{
    static const struct text tails[] = {TEXT("prod"), TEXT("production"), TEXT("dev"), TEXT("test"), TEXT("staging"), TEXT("live"),
                                        TEXT("old"), TEXT("new"), TEXT("value"), TEXT("base64"), TEXT("b64")};
    for (;;) {
        size_t before = folded.len;
        for (size_t i = 0; i < COUNT(tails) && folded.len == before; i++) /* before digits: one of them ends in some */
            if (folded.len > tails[i].len + 4u && ends(folded, tails[i]))
                folded.len -= tails[i].len;
        while (folded.len > 0 && folded.data[folded.len - 1] >= '0' && folded.data[folded.len - 1] <= '9')
            folded.len--;
        if (folded.len == before)
            return folded;
    }
}

const char *sv_secret_kind(struct sv_slice key)
{
    static const struct {
        struct text suffix;
        const char *kind;
    } suffixes[] = {
        {TEXT("authorization"), "authorization"}, {TEXT("cookie"), "cookie"}, {TEXT("password"), "password"},
        {TEXT("passwd"), "password"}, {TEXT("passphrase"), "password"}, {TEXT("passcode"), "password"},
        {TEXT("passwort"), "password"}, {TEXT("secret"), "secret"}, {TEXT("secretkey"), "secret"},
        {TEXT("secretkeybase"), "secret"}, {TEXT("privatekey"), "private-key"}, {TEXT("accesskey"), "access-key"},
        {TEXT("accountkey"), "access-key"}, {TEXT("signingkey"), "secret"}, {TEXT("encryptionkey"), "secret"},
        {TEXT("masterkey"), "secret"}, {TEXT("authkey"), "secret"}, {TEXT("subscriptionkey"), "api-key"},
        {TEXT("functionskey"), "api-key"}, {TEXT("servicekey"), "api-key"}, {TEXT("servicerolekey"), "api-key"},
        {TEXT("licensekey"), "secret"}, {TEXT("sessionkey"), "secret"}};
    enum { NAME_MAX_ = 64 };
    char text[NAME_MAX_] SV_UNCLEARED;
    if (key.len > NAME_MAX_)
        key = sv_slice(key.data + key.len - NAME_MAX_, NAME_MAX_);
    if (key.len == 0 || !may_be_key(key.data, key.data + key.len))
        return NULL;
    struct sv_slice folded = fold(key, text);
    if (key.len > 5 && folded.len > 5 && ends(folded, (struct text)TEXT("pass")) &&
        (key.data[key.len - 5] == '_' || key.data[key.len - 5] == '-'))
        return "password"; /* DB_PASS, smtp-pass; not bypass */
    folded = without_tails(folded);
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (ends(folded, suffixes[i].suffix))
            return suffixes[i].kind;
    if (ends(folded, (struct text)TEXT("token")))
        return is_harmless_token(folded) ? NULL : "token";
    return is_api_key(folded) ? "api-key" : NULL;
}

bool sv_redact_key(struct sv_slice key)
{
    return sv_secret_kind(key) != NULL;
}

/* --- values --- */

static bool is_alpha(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_digit(struct sv_slice s)
{
    for (size_t i = 0; i < s.len && i < 64; i++)
        if (is_digit(s.data[i]))
            return true;
    return false;
}

/* Is this the text (which is in lower case), in whatever case? */
static bool fold_is(struct sv_slice s, struct text lower)
{
    if (s.len != lower.len)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((is_alpha(s.data[i]) && s.data[i] != '_' ? s.data[i] | 32 : s.data[i]) != lower.data[i])
            return false;
    return true;
}

#define FOLD_IS(slice, literal) fold_is(slice, (struct text)TEXT(literal))

/* $NAME, ${...}, $(...), %NAME%, {{...}}, <...>, ***, and words that stand for a value or its type. */
bool sv_secret_is_blank(struct sv_slice value, const char *kind)
{
    static const struct text words[] = {
        TEXT("null"), TEXT("none"), TEXT("nil"), TEXT("undefined"), TEXT("true"), TEXT("false"), TEXT("yes"), TEXT("no"),
        TEXT("string"), TEXT("str"), TEXT("bytes"), TEXT("int"), TEXT("integer"), TEXT("number"), TEXT("bool"), TEXT("boolean"),
        TEXT("any"), TEXT("object"), TEXT("optional"), TEXT("required"), TEXT("text"), TEXT("secret"), TEXT("token"),
        TEXT("password"), TEXT("passwd"), TEXT("apikey"), TEXT("api_key"), TEXT("api-key"), TEXT("redacted"), TEXT("removed"),
        TEXT("hidden"), TEXT("masked"), TEXT("env"), TEXT("vault"), TEXT("input"), TEXT("prompt"), TEXT("default"), TEXT("empty"),
        TEXT("unset"), TEXT("missing"), TEXT("invalid"), TEXT("valid"), TEXT("bearer"), TEXT("basic"), TEXT("the"), TEXT("is"),
        TEXT("was"), TEXT("are"), TEXT("and"), TEXT("or"), TEXT("for"), TEXT("of"), TEXT("to"), TEXT("in"), TEXT("set"),
        TEXT("not"), TEXT("stdin"), TEXT("inherit"), TEXT("include"), TEXT("omit"), TEXT("same-origin")};
    value = sv_slice_trim(value);
    if (value.len == 0)
        return true;
    char c = value.data[0];
    if (c == '<' || c == '*' || c == '[' || (c == '{' && value.len > 1) || (c == '%' && value.len > 1 && !is_digit(value.data[1])))
        return true;
    if (c == '$') {
        if (value.len == 1 || value.data[1] == '{' || value.data[1] == '(')
            return true;
        size_t i = 1;
        while (i < value.len && (is_alpha(value.data[i]) || (is_digit(value.data[i]) && i > 1)))
            i++;
        return i == value.len && !(has_digit(value) && value.len > 1 && value.data[1] >= 'a');
    }
    size_t same = 1;
    while (same < value.len && value.data[same] == c)
        same++;
    if (same == value.len || (value.len > 3 && memcmp(value.data, "...", 3) == 0))
        return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (fold_is(value, words[i]))
            return true;
    if (value.len >= 4 && (FOLD_IS(sv_slice(value.data, 4), "your") || FOLD_IS(sv_slice(value.data, 4), "xxxx")))
        return true;
    size_t count = 0;
    while (count < value.len && is_digit(value.data[count]))
        count++;
    bool digits = count == value.len;
    if (digits && value.len < 4)
        return true;
    /* a token is long; "token": "the" is what a model said next */
    return (strcmp(kind, "token") == 0 || strcmp(kind, "access-key") == 0) &&
           (value.len < 8 || (digits && value.len < 10) || memchr(value.data, ' ', value.len) != NULL);
}

/* args.password, self.token, user_password, getToken(): a name in a program, not the thing itself. */
static bool is_code(struct sv_slice value, const char *behind, const char *end)
{
    static const struct text owners[] = {
        TEXT("self"), TEXT("this"), TEXT("args"), TEXT("opts"), TEXT("options"), TEXT("config"), TEXT("cfg"), TEXT("settings"),
        TEXT("process"), TEXT("os"), TEXT("req"), TEXT("props"), TEXT("ctx"), TEXT("request"), TEXT("response"), TEXT("env"),
        TEXT("context"), TEXT("params"), TEXT("state"), TEXT("data"), TEXT("secrets"), TEXT("body"), TEXT("var"), TEXT("local"),
        TEXT("user"), TEXT("creds"), TEXT("credentials")};
    size_t dots = 0, last = 0;
    if (value.len == 0 || !is_alpha(value.data[0]))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '(' || c == '[')
            return true;
        if (c == '.')
            dots++, last = i + 1;
        else if (!is_alpha(c) && !is_digit(c) && c != '?' && c != '!')
            return false;
    }
    if (behind < end && (*behind == '(' || *behind == '['))
        return true;
    struct sv_slice tail = sv_slice(value.data + last, value.len - last);
    bool several_words = dots > 0; /* user_password, accessToken */
    for (size_t i = 1; i < tail.len; i++)
        several_words |= tail.data[i] == '_' || (tail.data[i] >= 'A' && tail.data[i] <= 'Z' && tail.data[i - 1] >= 'a');
    if (several_words && sv_secret_kind(tail) != NULL)
        return true;
    const char *dot = memchr(value.data, '.', value.len);
    if (dots == 0)
        return false;
    for (size_t i = 0; i < COUNT(owners); i++)
        if (sv_slice_equal(sv_slice(value.data, (size_t)(dot - value.data)), sv_slice(owners[i].data, owners[i].len)))
            return true;
    return false;
}

/* --- what stands around a ':' or '=' --- */

enum { NAME_FAR = 96 }; /* how far before its sign a name is looked for */

static size_t low_end(size_t i)
{
    return i > NAME_FAR ? i - NAME_FAR : 0;
}

/* Where the name before the sign at i ends. */
static size_t name_end(const struct sv_scan *scan, size_t i)
{
    size_t end = i, low = low_end(i);
    for (int blanks = 0; blanks < 3 && end > low && scan->data[end - 1] == ' '; blanks++)
        end--;
    while (end > low && sv_redact_classes[(unsigned char)scan->data[end - 1]] & SV_BEHIND_NAME)
        end--;
    return end;
}

static struct sv_slice key_before(const struct sv_scan *scan, size_t i)
{
    size_t end = name_end(scan, i), low = low_end(i), start = end;
    while (start > low && end - start < 64 && sv_redact_is(scan->data[start - 1], SV_RUN_DOTTED))
        start--;
    /* \npassword: the n belongs to an escape */
    if (start > 0 && start < end && scan->data[start - 1] == '\\' && strchr("nrt", scan->data[start]) != NULL)
        start++;
    while (start < end && scan->data[start] == '-')
        start++;
    return sv_slice(scan->data + start, end - start);
}

bool sv_secret_may_be_named(const struct sv_scan *scan, size_t i)
{
    const char *data = scan->data;
    if (data[i] == ':' && scan->len - i > 3 && data[i + 1] == '/' && data[i + 2] == '/')
        return true;
    if (i > 0 && is_digit(data[i - 1]) && data[i] == ':') {
        size_t digits = 1;
        while (digits < 8 && digits < i && is_digit(data[i - digits - 1]))
            digits++;
        if (digits == 8)
            return true; /* a bot's token */
    }
    return may_be_key(data + low_end(i), data + name_end(scan, i));
}

static bool is_line_end(const struct sv_scan *scan, size_t i)
{
    while (i < scan->len && (scan->data[i] == ' ' || scan->data[i] == '\t' || scan->data[i] == '\r'))
        i++;
    if (i >= scan->len || scan->data[i] == '\n')
        return true;
    size_t letter = i;
    while (letter < scan->len && letter - i < 8 && scan->data[letter] == '\\')
        letter++;
    return letter > i && letter < scan->len && (scan->data[letter] == 'n' || scan->data[letter] == 'r');
}

/* The close of a quotation that was opened behind `slashes` backslashes: the same again. len: none on this line. */
static size_t find_close(const struct sv_scan *scan, size_t i, char quote, size_t slashes)
{
    enum { QUOTED_MAX = 8192 };
    size_t run = 0;
    for (size_t stop = scan->len - i > QUOTED_MAX ? i + QUOTED_MAX : scan->len; i < stop; i++) {
        char c = scan->data[i];
        if (c == '\n')
            break;
        if (c == quote && (slashes == 0 ? run % 2 == 0 : run <= slashes))
            return i - (slashes < run ? slashes : run);
        run = c == '\\' ? run + 1 : 0;
    }
    return scan->len;
}

/* Is this, inside an unquoted value, its end? Looks at the bytes from i on only, so an end once found serves all before it. */
static bool ends_bare(const struct sv_scan *scan, size_t i, bool colon)
{
    char c = scan->data[i], next = i + 1 < scan->len ? scan->data[i + 1] : ' ';
    if (!(sv_redact_classes[(unsigned char)c] & SV_ENDS_BARE))
        return false;
    if (c == '\\')
        return i + 1 < scan->len && strchr("nrt\"'\\", next) != NULL;
    if (c != ',' && c != ')' && c != '}' && c != ']')
        return true;
    return colon || strchr(" \n\r\t,;)}]\\\"'", next) != NULL;
}

static size_t bare_end(struct sv_scan *scan, size_t i, bool colon)
{
    if (i >= scan->seen.bare[colon].start && i < scan->seen.bare[colon].end)
        return scan->seen.bare[colon].end;
    size_t end = i;
    while (end < scan->len && !ends_bare(scan, end, colon))
        end++;
    scan->seen.bare[colon].start = i;
    scan->seen.bare[colon].end = end;
    return end;
}

static bool ends_header(const struct sv_scan *scan, size_t i)
{
    char c = scan->data[i];
    if (!(sv_redact_classes[(unsigned char)c] & SV_ENDS_HEADER))
        return false;
    return c != '\\' || (i + 1 < scan->len && strchr("nr\"'", scan->data[i + 1]) != NULL);
}

static size_t header_end(struct sv_scan *scan, size_t i)
{
    if (i >= scan->seen.header.start && i < scan->seen.header.end)
        return scan->seen.header.end;
    size_t end = i;
    while (end < scan->len && !ends_header(scan, end))
        end++;
    scan->seen.header.start = i;
    scan->seen.header.end = end;
    return end;
}

/* Cookie and Authorization run to the end of their line or quotation; of the latter the scheme stays. */
static bool header_value(struct sv_scan *scan, size_t i, const char *kind, struct sv_secret *out)
{
    enum { HEADER_MAX = 8192 };
    size_t start = i;
    while (start < scan->len && start - i < 16 && strchr(" \"'\\", scan->data[start]) != NULL)
        start++;
    size_t end = header_end(scan, start);
    end = end - start > HEADER_MAX ? start + HEADER_MAX : end;
    struct sv_slice value = sv_slice(scan->data + start, end - start);
    if (strcmp(kind, "cookie") == 0) {
        if (memchr(value.data, '=', value.len) == NULL || sv_secret_is_blank(value, kind))
            return false;
    } else {
        static const struct text schemes[] = {
        TEXT("bearer "), TEXT("basic "), TEXT("token "), TEXT("digest "), TEXT("apikey "), TEXT("negotiate "),
        TEXT("aws4-hmac-sha256 ")};
        size_t skip = 0;
        for (size_t s = 0; s < COUNT(schemes) && skip == 0; s++)
            if (value.len > schemes[s].len && fold_is(sv_slice(value.data, schemes[s].len), schemes[s]))
                skip = schemes[s].len;
        struct sv_slice token = sv_slice(value.data + skip, value.len - skip);
        const char *blank = memchr(token.data, ' ', token.len);
        if (skip > 0 && blank != NULL && strchr("bt", value.data[0] | 32) != NULL) /* the token is one word */
            token.len = (size_t)(blank - token.data);
        if (sv_secret_is_blank(token, kind) || (skip == 0 && (blank != NULL || token.len < 8 || !has_digit(token))) ||
            (skip > 0 && !has_digit(token) && token.len < 12))
            return false;
        start += skip;
        end = start + token.len;
    }
    *out = (struct sv_secret){start, end, kind};
    return end > start;
}

/* The value behind the sign at i, whose key is of this kind. */
static bool assigned(struct sv_scan *scan, size_t i, const char *kind, struct sv_secret *out)
{
    bool colon = scan->data[i] == ':', spaced = i > 0 && scan->data[i - 1] == ' ';
    size_t v = i + 1;
    while (v < scan->len && v - i < 3 && (scan->data[v] == '=' || scan->data[v] == '>' || scan->data[v] == '~'))
        colon |= scan->data[v++] == '>';
    if (strcmp(kind, "cookie") == 0 || strcmp(kind, "authorization") == 0)
        return header_value(scan, v, kind, out);
    size_t blanks = 0;
    while (v < scan->len && blanks < 16 && (scan->data[v] == ' ' || scan->data[v] == '\t'))
        v++, blanks++;
    size_t q = v, slashes = 0;
    char letter = q + 1 < scan->len ? (char)(scan->data[q] | 32) : ' ', behind = q + 1 < scan->len ? scan->data[q + 1] : ' ';
    if ((letter == 'f' || letter == 'b' || letter == 'r' || letter == 'u') && (behind == '"' || behind == '\''))
        q++; /* f"..." */
    while (q < scan->len && slashes < 8 && scan->data[q] == '\\')
        q++, slashes++;
    if (q < scan->len && (scan->data[q] == '"' || scan->data[q] == '\'' || scan->data[q] == '`')) {
        size_t close = find_close(scan, q + 1, scan->data[q], slashes);
        if (close < scan->len) {
            *out = (struct sv_secret){q + 1, close, kind};
            return close > q + 1 && !sv_secret_is_blank(sv_slice(scan->data + q + 1, close - q - 1), kind);
        }
        v = q + 1;
    } else if (slashes > 0) {
        return false;
    }
    size_t end = bare_end(scan, v, colon);
    struct sv_slice value = sv_slice(scan->data + v, end - v);
    if (value.len < 3 || sv_secret_is_blank(value, kind) || is_code(value, scan->data + end, scan->data + scan->len))
        return false;
    /* behind ": " or " = " may stand prose or a program: then the value must look like one, or be alone on its line */
    if ((blanks > 0 || spaced) && !(has_digit(value) && value.len >= 6) && !(is_line_end(scan, end) && v - i < 4))
        return false;
    *out = (struct sv_secret){v, end, kind};
    return true;
}

/* scheme://user:password@host; a user alone when it is as long as a token. */
static bool in_url(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    enum { AUTHORITY_MAX = 512 };
    size_t start = i + 3, at = 0, colon = 0, end = start;
    for (; end < scan->len && end - start < AUTHORITY_MAX; end++) {
        char c = scan->data[end];
        if (sv_redact_classes[(unsigned char)c] & SV_ENDS_AUTHORITY)
            break;
        if (c == '@')
            at = end;
        else if (c == ':' && colon == 0)
            colon = end;
    }
    if (at == 0 || scan->data[start] == '[') /* nobody there, or gone already */
        return false;
    if (colon == 0 || colon > at) {
        struct sv_slice user = sv_slice(scan->data + start, at - start);
        if (user.len < 20 || !has_digit(user) || sv_secret_at(scan, start, out))
            return false; /* one with a name of its own is found by that */
        *out = (struct sv_secret){start, at, "url-token"};
        return true;
    }
    struct sv_slice password = sv_slice(scan->data + colon + 1, at - colon - 1);
    *out = (struct sv_secret){colon + 1, at, "url-password"};
    return !sv_secret_is_blank(password, "password") || FOLD_IS(password, "password") || FOLD_IS(password, "secret");
}

/* 123456789:AA... with 35 characters: a Telegram bot. */
static bool is_bot_token(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    size_t start = i;
    while (start > 0 && i - start < 11 && is_digit(scan->data[start - 1]))
        start--;
    if (i - start < 8 || i - start > 10 || i + 1 >= scan->len)
        return false;
    size_t end = sv_scan_run(scan, SV_RUN_TOKEN, i + 1);
    *out = (struct sv_secret){start, end, "bot-token"};
    return end - i - 1 == 35;
}

bool sv_secret_named(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    char c = scan->data[i];
    if (c == ':' && scan->len - i > 3 && scan->data[i + 1] == '/' && scan->data[i + 2] == '/')
        return in_url(scan, i, out);
    if (c == ':' && is_bot_token(scan, i, out))
        return true;
    struct sv_slice key = key_before(scan, i);
    if (key.len < 3)
        return false;
    const char *kind = sv_secret_kind(key);
    if (kind != NULL)
        return assigned(scan, i, kind, out);
    char before = key.data > scan->data ? key.data[-1] : ' ';
    char next = i + 1 < scan->len ? scan->data[i + 1] : ' ';
    /* pwd is a password in connection strings, a folder in shells */
    if (c == '=' && FOLD_IS(key, "pwd") && strchr("/~.$\\", next) == NULL && !(i + 2 < scan->len && scan->data[i + 2] == ':'))
        return assigned(scan, i, "password", out);
    /* signed URLs */
    if (c == '=' && (before == '?' || before == '&') &&
        (FOLD_IS(key, "sig") || FOLD_IS(key, "signature") || FOLD_IS(key, "x-amz-signature")))
        return assigned(scan, i, "signature", out) && out->end - out->start >= 16;
    if (FOLD_IS(key, "_auth") && assigned(scan, i, "authorization", out))
        return true;
    /* of a registry's configuration: base64 of user:password */
    if (c == ':' && FOLD_IS(key, "auth") && assigned(scan, i, "token", out)) {
        struct sv_buf *text = &scan->redactor->unpacked[SV_REDACT_DEPTH];
        return out->end - out->start < 1024 && sv_base64_text(sv_slice(scan->data + out->start, out->end - out->start), text) &&
               memchr(text->data, ':', text->len) != NULL;
    }
    return false;
}

/* --- command lines --- */

static bool names_before(const struct sv_scan *scan, size_t i, const char *program)
{
    size_t low = i > 200 ? i - 200 : 0;
    struct sv_slice before = sv_slice(scan->data + low, i - low);
    for (size_t k = before.len; k-- > 0;)
        if (before.data[k] == '\n')
            return sv_slice_find(sv_slice(before.data + k, before.len - k), sv_slice_str(program)) != NULL;
    return sv_slice_find(before, sv_slice_str(program)) != NULL;
}

static size_t unquote(struct sv_scan *scan, size_t v, size_t *end)
{
    if (v < scan->len && (scan->data[v] == '"' || scan->data[v] == '\'')) {
        size_t close = find_close(scan, v + 1, scan->data[v], 0);
        if (close < scan->len) {
            *end = close;
            return v + 1;
        }
    }
    *end = bare_end(scan, v, false);
    return v;
}

bool sv_secret_flagged(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    if (i > 0 && strchr(" \t\n\"'([", scan->data[i - 1]) == NULL)
        return false;
    size_t name = i + 1, v;
    bool is_long = name < scan->len && scan->data[name] == '-';
    name += is_long;
    size_t stop = name;
    while (stop < scan->len && stop - name < 40 && sv_redact_is(scan->data[stop], SV_RUN_TOKEN))
        stop++;
    for (v = stop; v < scan->len && v - stop < 4 && (scan->data[v] == ' ' || scan->data[v] == '=');)
        v++;
    struct sv_slice flag = sv_slice(scan->data + name, stop - name);
    bool is_user = sv_slice_is(flag, is_long ? "user" : "u") || (is_long && sv_slice_is(flag, "proxy-user"));
    const char *kind = is_long && v > stop && scan->data[stop] == ' ' ? sv_secret_kind(flag) : NULL;
    if (is_long ? !is_user && kind == NULL : flag.len == 0 || (flag.data[0] != 'u' && flag.data[0] != 'p'))
        return false;
    size_t end, start = unquote(scan, v, &end);
    struct sv_slice value = sv_slice(scan->data + start, end - start);
    if (is_user && v > stop && names_before(scan, i, "curl")) {
        const char *colon = memchr(value.data, ':', value.len);
        if (colon == NULL)
            return false;
        struct sv_slice password = sv_slice(colon + 1, (size_t)(value.data + value.len - colon) - 1);
        *out = (struct sv_secret){(size_t)(password.data - scan->data), end, "password"};
        return !sv_secret_is_blank(password, "password");
    }
    if (!is_long && sv_slice_is(flag, "p") && v > stop && names_before(scan, i, "sshpass")) {
        *out = (struct sv_secret){start, end, "password"};
        return !sv_secret_is_blank(value, "password");
    }
    if (!is_long && scan->len - name > 4 && scan->data[name] == 'p' && scan->data[name + 1] != ' ' &&
        names_before(scan, i, "mysql")) {
        start = unquote(scan, name + 1, &end);
        *out = (struct sv_secret){start, end, "password"};
        return end - start >= 4 && !sv_secret_is_blank(sv_slice(scan->data + start, end - start), "password");
    }
    if (kind == NULL || value.len < 3 || value.data[0] == '-' || sv_secret_is_blank(value, kind))
        return false;
    /* "the flag --password is required" is prose; a value has a digit or a sign, or ends the command or stands before a flag */
    bool plain = start == v;
    for (size_t k = 0; k < value.len && k < 64; k++)
        plain &= is_alpha(value.data[k]);
    size_t next = end;
    while (next < scan->len && scan->data[next] == ' ')
        next++;
    if (plain && !is_line_end(scan, end) && !(next < scan->len && scan->data[next] == '-'))
        return false;
    *out = (struct sv_secret){start, end, kind};
    return true;
}
