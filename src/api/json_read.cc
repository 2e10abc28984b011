/* RapidJSON's reader makes jansson's values. Nothing here throws: RapidJSON is used without its
 * documents, and names of members have a buffer of fixed size. */
#include "api/json_read.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace
{

constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag;

constexpr const char *too_deep = "brackets are nested too deeply";

/* Counts brackets alone. */
struct checker : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, checker> {
    bool StartObject()
    {
        return deeper();
    }
    bool EndObject(rapidjson::SizeType)
    {
        depth--;
        return true;
    }
    bool StartArray()
    {
        return deeper();
    }
    bool EndArray(rapidjson::SizeType)
    {
        depth--;
        return true;
    }

    const char *refusal = nullptr;

  private:
    bool deeper()
    {
        if (depth == JSON_READ_DEPTH_MAX)
            refusal = too_deep;
        else
            depth++;
        return refusal == nullptr;
    }

    unsigned depth = 0;
};

/* Each value is put into the one around it as soon as it begins. */
struct builder {
    bool Null()
    {
        return put(json_null());
    }
    bool Bool(bool value)
    {
        return put(json_boolean(value));
    }
    bool Int(int value)
    {
        return put(json_integer(value));
    }
    bool Uint(unsigned value)
    {
        return put(json_integer(value));
    }
    bool Int64(int64_t value)
    {
        return put(json_integer(value));
    }
    bool Uint64(uint64_t value)
    {
        return value <= INT64_MAX ? put(json_integer(static_cast<int64_t>(value)))
                                  : refuse("the number is too large");
    }
    bool Double(double)
    {
        return refuse("a number came as what it is not"); /* RawNumber is asked */
    }
    bool RawNumber(const char *text, rapidjson::SizeType len_bytes, bool)
    {
        bool is_real = std::memchr(text, '.', len_bytes) != nullptr ||
                       std::memchr(text, 'e', len_bytes) != nullptr ||
                       std::memchr(text, 'E', len_bytes) != nullptr;
        errno = 0;
        if (!is_real) {
            long long value = std::strtoll(text, nullptr, 10);
            return errno == 0 ? put(json_integer(value)) : refuse("the number is too large");
        }
        double value = std::strtod(text, nullptr);
        return std::isfinite(value) ? put(json_real(value)) : refuse("the number is too large");
    }
    bool String(const char *text, rapidjson::SizeType len_bytes, bool)
    {
        return has_nul(text, len_bytes) ? refuse("a string with U+0000")
                                        : put(json_stringn_nocheck(text, len_bytes));
    }
    bool Key(const char *text, rapidjson::SizeType len_bytes, bool)
    {
        if (has_nul(text, len_bytes))
            return refuse("a name with U+0000");
        if (len_bytes >= sizeof(name))
            return refuse("the name of a member is too long");
        std::memcpy(name, text, len_bytes);
        name[len_bytes] = '\0';
        return true;
    }
    bool StartObject()
    {
        return open(json_object());
    }
    bool EndObject(rapidjson::SizeType)
    {
        depth--;
        return true;
    }
    bool StartArray()
    {
        return open(json_array());
    }
    bool EndArray(rapidjson::SizeType)
    {
        depth--;
        return true;
    }

    json_t *root = nullptr;
    const char *refusal = nullptr;

  private:
    static bool has_nul(const char *text, size_t len_bytes)
    {
        return std::memchr(text, '\0', len_bytes) != nullptr;
    }

    bool refuse(const char *why)
    {
        refusal = why;
        return false;
    }

    /* Takes over `value`. */
    bool put(json_t *value)
    {
        json_t *around = depth > 0 ? open_values[depth - 1] : nullptr;
        if (around == nullptr) {
            root = value;
            return true;
        }
        if (json_is_array(around)) {
            json_array_append_new(around, value);
            return true;
        }
        size_t before = json_object_size(around);
        json_object_set_new_nocheck(around, name, value);
        return json_object_size(around) > before || refuse("a member is there twice");
    }

    bool open(json_t *value)
    {
        if (depth == JSON_READ_DEPTH_MAX) {
            json_decref(value);
            return refuse(too_deep);
        }
        if (!put(value))
            return false;
        open_values[depth++] = value;
        return true;
    }

    json_t *open_values[JSON_READ_DEPTH_MAX]; /* borrowed from the one around each */
    unsigned depth = 0;
    char name[JSON_READ_NAME_MAX_BYTES + 1]; /* of the member whose value comes next */
};

template <unsigned parse_flags, typename Handler>
bool parse(const char *text, size_t len_bytes, Handler &handler, json_read_problem *ret_problem)
{
    rapidjson::MemoryStream stream(text, len_bytes);
    rapidjson::Reader reader;
    rapidjson::ParseResult result = reader.Parse<parse_flags>(stream, handler);
    if (result && stream.Tell() == len_bytes)
        return true;
    *ret_problem = {"a NUL byte stands there", stream.Tell()};
    if (!result)
        *ret_problem = {rapidjson::GetParseError_En(result.Code()), result.Offset()};
    if (handler.refusal != nullptr)
        ret_problem->text = handler.refusal;
    return false;
}

} // namespace

json_t *json_read(const char *text, size_t len_bytes, json_read_problem *ret_problem)
{
    builder values;
    if (parse<flags | rapidjson::kParseNumbersAsStringsFlag>(text, len_bytes, values, ret_problem))
        return values.root;
    json_decref(values.root);
    return nullptr;
}

bool json_check(const char *text, size_t len_bytes, json_read_problem *ret_problem)
{
    checker brackets;
    return parse<flags>(text, len_bytes, brackets, ret_problem);
}
