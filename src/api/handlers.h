/* The functions behind the rows of the method table (methods.c), by the file they are in. Each
 * carries out one call as `struct method` says. */
#ifndef BGPD_API_HANDLERS_H
#define BGPD_API_HANDLERS_H

struct method_call;

/* methods_peers.c */
int handle_show_peers(struct method_call *call);
int handle_show_peer_detail(struct method_call *call);
int handle_enable_peer(struct method_call *call);
int handle_disable_peer(struct method_call *call);
int handle_reset_peer(struct method_call *call);
int handle_refresh_peer(struct method_call *call);

/* methods_lists.c */
int handle_show_routes_learned(struct method_call *call);
int handle_show_routes_advertised(struct method_call *call);
int handle_show_routes(struct method_call *call);
int handle_count_routes(struct method_call *call);

/* methods_originated.c */
int handle_advertise_route(struct method_call *call);
int handle_advertise_flow(struct method_call *call);
int handle_withdraw_route(struct method_call *call);
int handle_withdraw_flow(struct method_call *call);
int handle_advertise_routes(struct method_call *call);
int handle_withdraw_routes(struct method_call *call);
int handle_show_originated(struct method_call *call);
int handle_withdraw_originated(struct method_call *call);

/* methods_policy.c */
int handle_policy_test(struct method_call *call);
int handle_show_policies(struct method_call *call);
int handle_explain(struct method_call *call);
int handle_policy_diff(struct method_call *call);

/* methods_rpki.c */
int handle_show_rpki(struct method_call *call);

/* methods_config.c */
int handle_show_config(struct method_call *call);

/* methods_audit.c */
int handle_show_audit(struct method_call *call);

/* methods_control.c */
int handle_reload(struct method_call *call);
int handle_confirm(struct method_call *call);
int handle_rollback(struct method_call *call);
int handle_show_info(struct method_call *call);
int handle_version(struct method_call *call);

/* discover.c */
int handle_discover(struct method_call *call);

#endif
