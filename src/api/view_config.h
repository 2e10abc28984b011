/* What there is to say of a configuration, as JSON; and the parameters by which one is sent. */
#ifndef BGPD_API_VIEW_CONFIG_H
#define BGPD_API_VIEW_CONFIG_H

#include "api/methods.h"
#include "config/report.h"

/* Writes the lines of one kind as further elements of a list. */
void view_config_put_lines(struct jsonw *w, const struct config_report *report, bool warnings);
/* Ends a call with the errors of a file; `message` says what that means. */
int view_config_fail(struct method_call *call, const struct config_report *report,
                     const char *message);

/* Writes which configuration is in force, and since when, as the member `in_force`. */
void view_config_put_in_force(struct jsonw *w, const struct method_env *env,
                              const struct time_now *now);
/* Writes until when that must be confirmed, and what comes back else, as `confirmation`; null: it
 * stays. */
void view_config_put_confirmation(struct jsonw *w, const struct method_env *env,
                                  const struct time_now *now);

/* Of a method with the parameters `config` and `name`: refuses a name without a configuration. 0,
 * or the code of the call's error. */
int view_config_check_sent(struct method_call *call);
/* What places in it are called. */
const char *view_config_sent_name(const struct method_call *call);

#endif
