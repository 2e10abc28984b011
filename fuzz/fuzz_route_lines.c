/* Fuzz target: lines of files with routes and flows. What is read is an object in a list; what is
 * not says why. */
#include "check.h"
#include "cli/route_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned is_flow = 0; is_flow < 2; is_flow++) {
        struct strbuf error = {0};
        struct route_items items = {json_array(), json_array()};
        int rc = route_items_read(&items, is_flow, (const char *)data, size, &error);
        size_t count = json_array_size(items.routes) + json_array_size(items.flows);
        CHECK((rc != 0) == (error.len_bytes > 0));
        CHECK(rc == 0 || count == 0);
        for (size_t i = 0; i < json_array_size(items.routes); i++) {
            CHECK(json_is_object(json_array_get(items.routes, i)));
            route_item_strip(json_array_get(items.routes, i));
        }
        json_decref(items.routes);
        json_decref(items.flows);
        strbuf_release(&error);
    }
    return 0;
}
