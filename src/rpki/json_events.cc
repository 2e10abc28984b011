/* JSON as events. Nothing here throws: RapidJSON is used without its documents.
 *
 * Places are counted while the text passes by: `line` and `line_begin` are those at `counted`, and
 * an event begins at the first byte after the one before it (`last`) that is no separator. Should
 * the piece end within a token, where that began is kept. */
#include "rpki/json_events.h"

#include <cstring>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace
{

constexpr size_t block_bytes = 65536;

bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

} // namespace

/* The stream that RapidJSON reads, and what hears of events. */
struct json_events {
    using Ch = char;

    explicit json_events(const json_events_user &its_user) : user(its_user)
    {
        refill();
    }

    /* --- stream --- */

    char Peek() const
    {
        return *at; /* the end of a block is a NUL, which Take leaves behind */
    }
    char Take()
    {
        char c = *at;
        if (at < end && ++at == end)
            refill();
        return c;
    }
    size_t Tell() const
    {
        return block_offset + static_cast<size_t>(at - block);
    }
    /* What a stream that is written to would have. */
    char *PutBegin()
    {
        return nullptr;
    }
    void Put(char)
    {
    }
    void Flush()
    {
    }
    size_t PutEnd(char *)
    {
        return 0;
    }

    /* --- handler --- */

    bool Null()
    {
        return tell({JSON_EVENT_OTHER, nullptr, 0, 0});
    }
    bool Bool(bool)
    {
        return Null();
    }
    bool Double(double)
    {
        return Null();
    }
    bool Int(int number)
    {
        return Int64(number);
    }
    bool Uint(unsigned number)
    {
        return Int64(number);
    }
    bool Int64(int64_t number)
    {
        return tell({JSON_EVENT_INTEGER, nullptr, 0, number});
    }
    bool Uint64(uint64_t number)
    {
        return number <= INT64_MAX ? Int64(static_cast<int64_t>(number)) : Null();
    }
    bool RawNumber(const char *, rapidjson::SizeType, bool)
    {
        return Null(); /* numbers are never asked for as text */
    }
    bool String(const char *text, rapidjson::SizeType len_bytes, bool)
    {
        return tell({JSON_EVENT_STRING, text, len_bytes, 0});
    }
    bool Key(const char *text, rapidjson::SizeType len_bytes, bool)
    {
        return tell({JSON_EVENT_KEY, text, len_bytes, 0});
    }
    bool StartObject()
    {
        return deeper() && tell({JSON_EVENT_OBJECT, nullptr, 0, 0});
    }
    bool EndObject(rapidjson::SizeType)
    {
        depth--;
        return tell({JSON_EVENT_OBJECT_END, nullptr, 0, 0});
    }
    bool StartArray()
    {
        return deeper() && tell({JSON_EVENT_ARRAY, nullptr, 0, 0});
    }
    bool EndArray(rapidjson::SizeType)
    {
        depth--;
        return tell({JSON_EVENT_ARRAY_END, nullptr, 0, 0});
    }

    /* --- places --- */

    json_place place_of(const char *p)
    {
        const void *found;
        while (counted < p &&
               (found = memchr(counted, '\n', static_cast<size_t>(p - counted))) != nullptr) {
            counted = static_cast<const char *>(found) + 1;
            line++;
            line_begin = offset_of(counted);
        }
        counted = p;
        return {line, offset_of(p) - line_begin + 1};
    }

    json_place event_place()
    {
        return in_token ? token_place : place_of(after_separators());
    }

    json_place current_place()
    {
        return place_of(at);
    }

    bool is_at_end() const
    {
        return at == end;
    }

    const char *refusal = nullptr; /* what was wrong besides the syntax */

  private:
    bool deeper()
    {
        if (depth < JSON_EVENTS_DEPTH_MAX) {
            depth++;
            return true;
        }
        refusal = "brackets are nested too deeply";
        return false;
    }

    bool tell(const json_event &event)
    {
        bool goes_on = user.take(user.ctx, this, &event);
        in_token = false;
        last = at;
        return goes_on;
    }

    size_t offset_of(const char *p) const
    {
        return block_offset + static_cast<size_t>(p - block);
    }

    const char *after_separators() const
    {
        const char *p = last;
        while (p < end && is_separator(*p))
            p++;
        return p;
    }

    void leave_block()
    {
        const char *token = in_token ? end : after_separators();
        if (token < end) {
            in_token = true;
            token_offset = offset_of(token);
            token_place = place_of(token);
        }
        place_of(end);
        block_offset += static_cast<size_t>(end - block);
    }

    void refill()
    {
        size_t got = 0;
        leave_block();
        bool too_long = in_token && block_offset - token_offset > JSON_EVENTS_TOKEN_MAX_BYTES;
        if (too_long)
            refusal = "a string or number is too long";
        else
            got = user.more(user.ctx, block, block_bytes);
        at = last = counted = block;
        end = block + got;
        block[got] = '\0';
    }

    const json_events_user &user;
    char block[block_bytes + 1] = {};
    const char *at = block;
    const char *end = block;
    const char *last = block;
    const char *counted = block;
    size_t block_offset = 0; /* of the block in the text */
    size_t line_begin = 0;   /* of the line in the text */
    uint64_t line = 1;
    bool in_token = false;
    size_t token_offset = 0;
    json_place token_place = {1, 1};
    unsigned depth = 0;
};

const char *json_events_read(const json_events_user *user, json_place *ret_place)
{
    json_events reading(*user);
    rapidjson::Reader reader;
    reader.Parse(reading, reading);
    *ret_place = reading.current_place();
    if (reading.refusal)
        return reading.refusal;
    if (reader.GetParseErrorCode() == rapidjson::kParseErrorTermination)
        return nullptr;
    if (reader.HasParseError())
        return rapidjson::GetParseError_En(reader.GetParseErrorCode());
    return reading.is_at_end() ? nullptr : "a NUL byte stands there";
}

json_place json_events_place(json_events *reading)
{
    return reading->event_place();
}
