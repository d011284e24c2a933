// The configuration of finwatch-notifier, read and checked as a whole: what this machine adds to the contract.
//
//   contract: /etc/finwatch/compiled/notifier.yml   # what `finwatch compile` wrote
//   store: {sqlite: /var/lib/finwatch/notifier/journal.db}   # or postgresql: {host: …, user: …, password_file: …, database: …}
//   intake: {token_file: /etc/finwatch/notifier.token}       # or user and password_file; or open: true behind a closed door
//   page:
//     address: https://notify.example.com           # what links in messages begin with
//     users_file: users.yml                         # who may log in; without it the page only shows, and only from this machine
//     key_file: /var/lib/finwatch/notifier/page.key # signs links and sessions; made where it is not there
//     session: 12h
//     link_valid: 48h
//   alertmanager: {url: "http://127.0.0.1:9093"}    # for silences; user, password_file, ca_file
//   links: {runbooks: "https://…/runbooks/{lang}/{alert}", panels: "https://grafana/d/…?var-service={service}"}
//   incidents: {hold_down: 10m, reopen_within: 24h, close_after: 24h, verify: automatic}    # or by_hand
//   retention: {keep: 180d, archive: /var/lib/finwatch/notifier/archive}
//   delivery: {attempts: 8, timeout: 10s, fallback: {dingtalk: [sms], sms: [voice, dingtalk]}, instead: console}
//   providers: {aliyun_sms: …, ca_file: …}           # other addresses; of tests and of gateways
//
//   Result<std::shared_ptr<const Setup>> setup = read_setup(file, env);
//
// docs/guides/notifier-configuration.md has every key; a test holds it beside the reader.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/secret.h"
#include "core/tree.h"
#include "notifier/channel/channel.h"
#include "notifier/contract/contract.h"
#include "notifier/incident/casebook.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

inline constexpr std::string_view kSetupSections[] = {"alertmanager", "contract", "delivery",  "incidents", "intake",
                                                      "links",        "page",     "providers", "retention", "store"};

enum class Role : unsigned char { viewer, responder, admin };  // each may do what the one before may

struct User {
  std::string name;      // a person's id of the contract, or any other
  std::string password;  // bcrypt
  Role role = Role::viewer;
};

struct IntakeSetup {
  Secret token;      // Authorization: Bearer …
  std::string user;  // with the password: basic authentication
  Secret password;
  bool open = false;  // nothing is asked for: only behind a door that is closed otherwise (loopback, client certificates)
};

struct PageSetup {
  std::string address;  // without a / at the end; empty: messages have no links
  std::vector<User> users;
  std::map<std::string, Role> certificates;  // by a name in a client certificate that web-config.yml had verified
  Secret key;                                // 32 bytes or more; empty only without an address and users
  std::chrono::seconds session{std::chrono::hours{12}};
  std::chrono::seconds link_valid{std::chrono::hours{48}};
};

struct AlertmanagerSetup {
  std::string url;  // empty: no silences from the page
  std::string user, ca_file;
  Secret password;
};

/// Addresses with {alert}, {lang}, {service}, {instance}, {target} in them; empty: no link.
struct LinkSetup {
  std::string runbooks, panels;
};

struct RetentionSetup {
  nanoseconds keep{std::chrono::hours{24 * 180}};  // at least 180 days
  std::string archive;  // the folder into which incidents go before they are removed; empty: nothing is
};

struct DeliverySetup {
  int attempts = 8;
  std::chrono::milliseconds timeout{10'000};
  /// Who tells when a channel said no for good: one entry for each channel that is set up, of such channels alone; may be empty.
  std::map<ChannelKind, std::vector<ChannelKind>> fallback;
  std::optional<ChannelKind> instead;  // console or command: all messages go there, nobody is called
};

struct Setup {
  std::shared_ptr<const Contract> contract;
  StoreOptions store;
  IntakeSetup intake;
  PageSetup page;
  AlertmanagerSetup alertmanager;
  LinkSetup links;
  IncidentSetup incidents;
  RetentionSetup retention;
  DeliverySetup delivery;
  ChannelWorld channels;
};

/// config with file:line:column and the next step. Paths are relative to the file; secrets are read now. Makes the page's key where
/// it is not there, last of all. `env` must outlive the setup: channels.env points to it. The key `collectors` is left to others.
Result<std::shared_ptr<const Setup>> read_setup(const Tree& file, const Env& env);

}  // namespace finwatch::notifier
