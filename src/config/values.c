/* Setters for the schema. Those for secrets never put the value into a problem. */
#include "config/values.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json_text.h"
#include "base/mem.h"
#include "config/file.h"
#include "wire/aspath.h"
#include "wire/open.h"

enum { SECRET_FILE_MAX = 4096 };

static void *place_in(void *target, const struct schema_key *key)
{
    return (char *)target + key->offset;
}

bool value_in_range(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    int64_t min, int64_t max)
{
    if (value->as.integer >= min && value->as.integer <= max)
        return true;
    loader_problem(l, value->place, "%s must be from %" PRId64 " to %" PRId64 ", not %" PRId64,
                   key->name, min, max, value->as.integer);
    return false;
}

void value_set_later(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    (void)l;
    (void)key;
    (void)value;
    (void)target;
}

void value_set_bool(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    (void)l;
    *(bool *)place_in(target, key) = value->as.boolean;
}

void value_set_u16(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target)
{
    if (value_in_range(l, key, value, key->min, key->max))
        *(uint16_t *)place_in(target, key) = (uint16_t)value->as.integer;
}

void value_set_u32(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target)
{
    if (value_in_range(l, key, value, key->min, key->max))
        *(uint32_t *)place_in(target, key) = (uint32_t)value->as.integer;
}

void value_set_as(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                  void *target)
{
    uint32_t as;
    if (value->type == TOML_STRING) {
        if (aspath_parse_as(value->as.string, &as)) {
            loader_problem(l, value->place, "%s '%.64s' is not an AS number (65001 or \"1.10\")",
                           key->name, value->as.string);
            return;
        }
    } else {
        if (!value_in_range(l, key, value, 1, UINT32_MAX))
            return;
        as = (uint32_t)value->as.integer;
    }
    if (as == 0 || as == AS_TRANS)
        loader_problem(l, value->place, "%s %" PRIu32 " is reserved: no speaker can have it (%s)",
                       key->name, as, as == 0 ? "RFC 7607" : "AS_TRANS, RFC 6793");
    else
        *(uint32_t *)place_in(target, key) = as;
}

void value_set_id(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                  void *target)
{
    struct ip_addr addr;
    if (ip_parse_id(value->as.string, &addr))
        loader_problem(l, value->place,
                       "%s '%.64s' is not an identifier like \"192.0.2.1\" (other than 0.0.0.0)",
                       key->name, value->as.string);
    else
        *(uint32_t *)place_in(target, key) = ip_to_v4(&addr);
}

static void replace_text(void *target, const struct schema_key *key, char *text)
{
    char **place = place_in(target, key);
    free(*place);
    *place = text;
}

void value_set_text(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    (void)l;
    replace_text(target, key, mem_strdup(value->as.string));
}

static bool secret_length_ok(struct loader *l, const struct schema_key *key,
                             const struct toml_node *value, size_t len_bytes)
{
    if (len_bytes >= (size_t)key->min && len_bytes <= (size_t)key->max)
        return true;
    loader_problem(l, value->place, "%s must hold from %" PRId64 " to %" PRId64 " bytes, not %zu",
                   key->name, key->min, key->max, len_bytes);
    return false;
}

void value_set_secret(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    if (secret_length_ok(l, key, value, strlen(value->as.string)))
        replace_text(target, key, mem_strdup(value->as.string));
}

/* Reads up to SECRET_FILE_MAX bytes of a regular file into `buf`; the count, or -1 with errno. Does
 * not wait for the other end of a pipe. */
static ssize_t read_small_file(const char *name, char *buf)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    struct stat st;
    ssize_t len = -1;
    if (fstat(fd, &st) == 0) {
        errno = EINVAL;
        if (S_ISREG(st.st_mode))
            len = read(fd, buf, SECRET_FILE_MAX);
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return len;
}

/* A line that would make a shorter secret than it looks, or none, is refused. */
static bool secret_line_ok(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, const char *file, size_t len_bytes)
{
    size_t line_bytes = strcspn(file, "\r\n");
    if (line_bytes < len_bytes && file[line_bytes] == '\0') {
        loader_problem(l, value->place, "%s: a NUL byte cannot be part of the first line",
                       key->name);
        return false;
    }
    if (line_bytes > 0 && strspn(file, " \t") >= line_bytes) {
        loader_problem(l, value->place, "%s: the first line holds nothing but blanks", key->name);
        return false;
    }
    return secret_length_ok(l, key, value, line_bytes);
}

void value_set_secret_file(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    char buf[SECRET_FILE_MAX + 1];
    char *name = config_file_beside(loader_file(l, value->place), value->as.string);
    loader_note_file(l, name);
    ssize_t len = read_small_file(name, buf);
    if (len < 0) {
        loader_problem(l, value->place, "%s '%.256s' cannot be read: %s", key->name, name,
                       errno == EINVAL ? "it is not a regular file" : strerror(errno));
    } else {
        buf[len] = '\0';
        bool ok = secret_line_ok(l, key, value, buf, (size_t)len);
        buf[strcspn(buf, "\r\n")] = '\0';
        if (ok)
            replace_text(target, key, mem_strdup(buf));
    }
    explicit_bzero(buf, sizeof(buf));
    free(name);
}

void value_warn_interface(struct loader *l, const char *name, const struct toml_node *value,
                          const struct ip_addr *addr)
{
    if (addr->interface[0] != '\0' && ip_interface_index(addr->interface) == 0)
        loader_warning(l, value->place, "%s '%.64s': interface %s does not exist; it is waited for",
                       name, value->as.string, addr->interface);
}

/* Reports an item of a list that is none of those that it must hold; with a hint, or "". */
static void report_item(struct loader *l, const char *key, const struct toml_node *item,
                        const char *expected, const char *hint)
{
    if (item->type == TOML_BROKEN)
        l->stumbled = true; /* reported */
    else
        loader_problem(l, item->place, "%s must hold %s, not %s%s", key, expected,
                       schema_type_text(item->type), hint);
}

void value_each_text(struct loader *l, const struct toml_node *array, bool integers,
                     void (*each)(struct loader *l, const struct toml_node *item, const char *text,
                                  void *ctx),
                     void *ctx)
{
    for (size_t i = 0; i < array->as.list.count; i++) {
        const struct toml_node *item = &array->as.list.items[i];
        if (item->type == TOML_STRING) {
            each(l, item, item->as.string, ctx);
        } else if (integers && item->type == TOML_INTEGER) {
            char text[24];
            snprintf(text, sizeof(text), "%" PRId64, item->as.integer);
            each(l, item, text, ctx);
        } else {
            report_item(l, array->key, item, integers ? "strings or integers" : "strings",
                        schema_quotes_hint(item->type));
        }
    }
}

bool value_check_name(struct loader *l, const char *what, struct toml_place place, const char *name)
{
    enum { NAME_MAX_BYTES = 64 };
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(name);
    if (len > 0 && len <= NAME_MAX_BYTES && strspn(name, chars) == len)
        return true;
    loader_problem(l, place,
                   "'%.64s' cannot be the name of %s: it takes 1 to %d letters, digits, '-', '_' "
                   "and '.'",
                   name, what, NAME_MAX_BYTES);
    return false;
}

void value_report_word(struct loader *l, struct toml_place place, const char *what,
                       const char *word, const char *const *names, size_t count)
{
    struct schema_choices choices = {
        .names = names, .count = count, .lead = " (valid: ", .quote = "\""};
    struct strbuf hint = {0};
    schema_hint(&hint, word, &choices);
    loader_problem(l, place, "unknown %s '%.64s'%s", what, word, strbuf_text(&hint));
    strbuf_release(&hint);
}

enum family value_family(struct loader *l, struct toml_place place, const char *name)
{
    enum family family = family_from_name(name);
    const char *names[FAMILY_COUNT];
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        names[f] = family_info(f)->name;
    if (family == FAMILY_NONE)
        value_report_word(l, place, "family", name, names, FAMILY_COUNT);
    return family;
}

size_t value_numbers(struct loader *l, const struct schema_key *key, const struct toml_node *array,
                     uint32_t *ret_numbers)
{
    size_t count = 0;
    for (size_t i = 0; i < array->as.list.count; i++) {
        const struct toml_node *item = &array->as.list.items[i];
        if (item->type != TOML_INTEGER)
            report_item(l, key->name, item, "integers", "");
        else if (value_in_range(l, key, item, key->min, key->max))
            ret_numbers[count++] = (uint32_t)item->as.integer;
    }
    return count;
}

void value_put_text(struct strbuf *out, const char *text)
{
    json_text_add(out, text, strlen(text));
}

void value_get_bool(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    strbuf_add(out, *(const bool *)kept ? "true" : "false");
}

void value_get_u16(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    strbuf_add_u32(out, *(const uint16_t *)kept);
}

void value_get_u32(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    (void)key;
    strbuf_add_u32(out, *(const uint32_t *)kept);
}

void value_get_id(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    char text[IP_TEXT_MAX];
    struct ip_addr id = ip_from_v4(*(const uint32_t *)kept);
    (void)key;
    if (!ip_is_unspecified(&id))
        value_put_text(out, ip_format(&id, text));
}

void value_get_text(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    const char *text = *(char *const *)kept;
    (void)key;
    if (text)
        value_put_text(out, text);
}

void value_get_address(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    char text[IP_TEXT_MAX];
    const struct ip_addr *addr = kept;
    (void)key;
    if (addr->version != IP_NONE)
        value_put_text(out, ip_format(addr, text));
}

bool value_same_bytes(const void *a, const void *b, size_t len_bytes)
{
    return memcmp(a, b, len_bytes) == 0;
}

bool value_same_text(const void *a, const void *b, size_t len_bytes)
{
    const char *text_a = *(char *const *)a;
    const char *text_b = *(char *const *)b;
    (void)len_bytes;
    return text_a && text_b ? strcmp(text_a, text_b) == 0 : text_a == text_b;
}

bool value_same_address(const void *a, const void *b, size_t len_bytes)
{
    (void)len_bytes;
    return ip_equal(a, b);
}

bool value_read_endpoint(struct loader *l, const char *name, const struct toml_node *value,
                         const char *text, struct endpoint *endpoint)
{
    char ip[IP_TEXT_MAX];
    struct strbuf full = {0};
    if (text[0] == ':' && text[1] != ':')
        strbuf_printf(&full, "[%s]", ip_format(&endpoint->addr, ip));
    strbuf_add(&full, text);
    struct endpoint parsed;
    int err = ip_parse_endpoint(strbuf_text(&full), endpoint->port, &parsed.addr, &parsed.port);
    strbuf_release(&full);
    if (!err) {
        *endpoint = parsed;
        return true;
    }
    if (err == ERR_RANGE)
        loader_problem(l, value->place, "%s '%.64s': a port must be from 1 to 65535", name, text);
    else
        loader_problem(l, value->place,
                       "%s '%.64s' is not an address and port (\"192.0.2.1:1179\", "
                       "\"[2001:db8::1]:1179\"), address, or port (\":1179\")",
                       name, text);
    return false;
}

bool value_endpoints_overlap(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && (ip_equal(&a->addr, &b->addr) || ip_takes_in(&a->addr, &b->addr) ||
                                  ip_takes_in(&b->addr, &a->addr));
}

bool value_same_endpoint(const void *endpoint_a, const void *endpoint_b, size_t len_bytes)
{
    const struct endpoint *a = endpoint_a;
    const struct endpoint *b = endpoint_b;
    (void)len_bytes;
    return ip_equal(&a->addr, &b->addr) && a->port == b->port;
}
