/* toml++ behind a C interface: parses, and hands out a tree of plain structs.
 *
 * The document keeps the toml++ table alive, so that strings and keys are borrowed from it. toml++
 * builds and destroys nested tables recursively and does not limit the length of dotted keys:
 * find_deep_key() refuses those before it sees them. No exception leaves this file. */
#include "config/toml.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "config/toml_join.h"
#include "config/toml_text.h"

struct toml_doc {
    toml::table table;
    toml_node root;
    std::deque<std::vector<toml_node>> lists; /* deque: what the nodes point to does not move */
};

namespace
{

constexpr size_t max_key_parts = 16;
constexpr unsigned max_depth = 16;

struct refused {
    toml_place place;
    const char *text;
};

/* The text of one file. */
struct source {
    uint32_t file;
    const toml_join &join;
};

toml_place place_of(const source &source, const toml::source_region &region)
{
    toml_place place = {region.begin.line, region.begin.column, source.file};
    toml_join_place(&source.join, &place.line, &place.column);
    return place;
}

void set_error(toml_error *error, toml_place place, const std::string &text)
{
    error->place = place;
    snprintf(error->text, sizeof(error->text), "%s", text.c_str());
}

/* Looks for a dotted key of too many parts. Errs on the side of refusing: whatever a dot stands for
 * outside of strings and comments, a configuration has no run of so many. */
bool find_deep_key(std::string_view text, toml_place *place)
{
    size_t dots = 0;
    size_t line_start = 0;
    uint32_t line = 1;
    for (size_t pos = 0; pos < text.size();) {
        const char c = text[pos];
        if (c == '"' || c == '\'') {
            bool is_closed;
            const size_t end = toml_skip_string(text.data(), text.size(), pos, &is_closed);
            line += static_cast<uint32_t>(std::count(&text[pos], text.data() + end, '\n'));
            pos = end;
            continue;
        }
        if (c == '#')
            pos = std::min(text.find('\n', pos), text.size() - 1);
        if (text[pos] == '\n') {
            line++;
            line_start = pos + 1;
        }
        if (text[pos] == '\n' || c == '=' || c == ',' || c == '[' || c == '{')
            dots = 0;
        else if (c == '.' && ++dots >= max_key_parts) {
            *place = {line, static_cast<uint32_t>(pos - line_start + 1), 0};
            return true;
        }
        pos++;
    }
    return false;
}

/* toml++ cites what it stumbled over, which may be part of a password: what is quoted goes, save in
 * errors about keys and tables. */
std::string without_values(std::string_view description)
{
    std::string text(description.substr(0, description.find(", saw ")));
    if (text.find("key") != std::string::npos || text.find("redefine") != std::string::npos)
        return text;
    size_t open = text.find('\'');
    while (open != std::string::npos) {
        const size_t close = text.find('\'', open + 1);
        if (close == std::string::npos)
            return text.substr(0, open) + "…";
        text.replace(open, close - open + 1, "…");
        open = text.find('\'', open);
    }
    return text;
}

class tree_builder
{
  public:
    tree_builder(toml_doc &for_doc, const source &of, const toml_place *places, size_t count)
        : doc(for_doc), from_source(of), broken(places), broken_count(count)
    {
    }

    toml_node node(const toml::node &from, unsigned depth)
    {
        toml_node to = {};
        to.place = to.key_place = place_of(from_source, from.source());
        if (depth > max_depth)
            throw refused{to.place, "values are nested too deeply"};
        if (const auto *string = from.as_string()) {
            to.type = TOML_STRING;
            to.as.string = c_string(string->get(), to.place);
        } else if (const auto *integer = from.as_integer()) {
            to.type = is_broken(to.place) ? TOML_BROKEN : TOML_INTEGER;
            to.as.integer = integer->get();
        } else if (const auto *real = from.as_floating_point()) {
            to.type = TOML_FLOAT;
            to.as.real = real->get();
        } else if (const auto *boolean = from.as_boolean()) {
            to.type = TOML_BOOLEAN;
            to.as.boolean = boolean->get();
        } else if (const auto *array = from.as_array()) {
            to.type = TOML_ARRAY;
            to.as.list = items(*array, depth);
        } else if (const auto *table = from.as_table()) {
            to.type = TOML_TABLE;
            to.as.list = entries(*table, depth);
        } else {
            to.type = TOML_DATE_TIME;
        }
        return to;
    }

  private:
    bool is_broken(toml_place place) const
    {
        return std::any_of(broken, broken + broken_count, [place](const toml_place &other) {
            return place.line == other.line && place.column == other.column;
        });
    }

    toml_list keep(std::vector<toml_node> &&nodes)
    {
        doc.lists.push_back(std::move(nodes));
        return {doc.lists.back().data(), doc.lists.back().size()};
    }

    toml_list items(const toml::array &array, unsigned depth)
    {
        std::vector<toml_node> nodes;
        nodes.reserve(array.size());
        for (const toml::node &item : array)
            nodes.push_back(node(item, depth + 1));
        return keep(std::move(nodes));
    }

    toml_list entries(const toml::table &table, unsigned depth)
    {
        std::vector<toml_node> nodes;
        nodes.reserve(table.size());
        for (auto it = table.cbegin(); it != table.cend(); ++it) {
            nodes.push_back(node(it->second, depth + 1));
            nodes.back().key_place = place_of(from_source, it->first.source());
            nodes.back().key = c_string(it->first.str(), nodes.back().key_place);
        }
        return keep(std::move(nodes));
    }

    static const char *c_string(std::string_view string, toml_place place)
    {
        if (string.find('\0') != std::string_view::npos)
            throw refused{place, "a NUL character cannot be part of a key or string"};
        return string.data(); /* of a std::string: NUL-terminated */
    }

    toml_doc &doc;
    const source &from_source;
    const toml_place *broken;
    size_t broken_count;
};

toml_doc *parse(const source &source, const toml_place *broken, size_t broken_count,
                toml_error *ret_error)
{
    const toml_join &join = source.join;
    const std::string_view text(join.text, join.len_bytes);
    toml_place place;
    if (find_deep_key(text, &place)) {
        toml_join_place(&join, &place.line, &place.column);
        place.file = source.file;
        set_error(ret_error, place, "a key has too many parts");
        return nullptr;
    }
    try {
        auto doc = std::make_unique<toml_doc>();
        doc->table = toml::parse(text);
        doc->root = tree_builder(*doc, source, broken, broken_count).node(doc->table, 0);
        return doc.release();
    } catch (const toml::parse_error &error) {
        set_error(ret_error, place_of(source, error.source()), without_values(error.description()));
    } catch (const refused &error) {
        set_error(ret_error, error.place, error.text);
    } catch (const std::exception &error) {
        set_error(ret_error, {0, 0, source.file}, error.what());
    }
    return nullptr;
}

} // namespace

toml_doc *toml_doc_parse(uint32_t file, const char *text, size_t len_bytes,
                         const toml_place *broken, size_t broken_count, toml_error *ret_error)
{
    toml_join join;
    toml_join_init(&join, text, len_bytes);
    toml_doc *doc = parse({file, join}, broken, broken_count, ret_error);
    toml_join_release(&join);
    return doc;
}

void toml_doc_free(toml_doc *doc)
{
    delete doc;
}

const toml_node *toml_doc_root(const toml_doc *doc)
{
    return &doc->root;
}
