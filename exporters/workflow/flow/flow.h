// What a flow is: the steps of a business transaction, what each must answer, and how what it created is removed again.
//
//   FlowFile file{.path = "packs/tryton.yml", .parameters = …};
//   Result<std::vector<std::shared_ptr<const Flow>>> flows = read_flows(file, almanac);   // flow_read.cpp
//   for (const Step& step : flows->front()->steps) …
//
// A flow is read once and then only looked at; what a run knows stands in its Variables.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "conf/both_languages.h"
#include "workflow/net/dns.h"
#include "workflow/net/http.h"
#include "workflow/net/icmp.h"
#include "workflow/net/tcp.h"
#include "workflow/value/expect.h"
#include "workflow/value/extract.h"
#include "workflow/value/template.h"
#include "workflow/when/schedule.h"

namespace finwatch::workflow {

/// What a flow may do to the books. The operator grants a mode; a flow that needs a higher one is not run.
enum class Mode : unsigned char {
  read_only,
  simulate,  // the product checks everything and keeps nothing
  write,     // records are made and removed again
};
inline constexpr std::string_view kModeNames[] = {"read_only", "simulate", "write"};
constexpr std::string_view to_string(Mode mode) { return kModeNames[static_cast<unsigned char>(mode)]; }

/// What one step does to the system under probe.
enum class Effect : unsigned char {
  read,
  login,  // makes a session and nothing else
  simulate,
  create,  // makes a record that a later step must remove
  change,  // of such a record: posting, reversing
  remove,
};
inline constexpr std::string_view kEffectNames[] = {"read", "login", "simulate", "create", "change", "remove"};
constexpr std::string_view to_string(Effect effect) { return kEffectNames[static_cast<unsigned char>(effect)]; }

struct NamedTemplate {
  std::string name;
  Template text;
};

struct HttpStep {
  enum class Body : unsigned char { none, json, form, xml, text, multipart };

  std::string method = "GET";
  Template url;
  std::vector<NamedTemplate> query;
  std::vector<NamedTemplate> headers;
  Body body = Body::none;
  Template content;                   // of json, xml and text
  std::vector<NamedTemplate> fields;  // of form and multipart
  std::string content_type;
  std::optional<Template> user, password, bearer;
  // The rest of the request is the same in every run: version, TLS, proxy, redirects, bounds.
  HttpRequest fixed;
};

struct SqlStep {
  std::string connection;  // a name under `connections` of the configuration
  Template statement;      // rendered with Escape::sql
};

/// Whom a step calls.
struct Remote {
  Template host;
  std::optional<Template> port;  // nothing for the usual one of that kind of step
};

/// Of TCP, TLS, DNS and ping alike: `fixed` is what is the same in every run.
struct TcpStep {
  struct Turn {
    std::string expect;            // as it stands in the file; empty for none
    std::optional<Template> send;  // a line without its end, rendered with Escape::line
    TcpExchange fixed;
  };

  Remote remote;
  std::vector<Turn> talk;
  TcpRequest fixed;

  bool sends() const {
    return std::any_of(talk.begin(), talk.end(), [](const Turn& turn) { return turn.send.has_value(); });
  }
};

/// A handshake and nothing more.
struct TlsStep {
  Remote remote;
  TcpRequest fixed;
};

struct DnsStep {
  std::optional<Remote> server;  // nothing for the one that the system asks
  Template name;
  std::vector<std::string> rcodes;  // that are no failure
  DnsRequest fixed;
};

struct IcmpStep {
  Template host;
  IcmpRequest fixed;
};

struct WaitStep {
  std::chrono::nanoseconds length{};
};

/// A number that a step shows as a metric.
struct Export {
  std::string name;
  std::string help;
  Source source;
};

struct Step {
  std::string id;
  Position where;
  std::optional<Template> when;  // runs only where this is neither unset, empty, 0 nor false
  std::vector<Setting> set;      // before each attempt
  std::variant<HttpStep, SqlStep, TcpStep, TlsStep, DnsStep, IcmpStep, WaitStep> action;
  Effect effect = Effect::read;
  std::string record;  // of create and remove: "voucher"
  std::chrono::nanoseconds timeout{};
  bool idempotent = false;
  int retries = 0;  // of an idempotent step that failed
  std::chrono::nanoseconds retry_pause{};
  std::chrono::nanoseconds repeat_every{};  // > 0: until the expectations hold
  int repeat_most = 0;
  bool self_test = false;  // an answer that fails it comes from another product: not supported, which is no failure
  std::vector<Extraction> extract;
  Checks checks;
  std::vector<Export> exports;
};

/// What the operator allows and gives to the flows of one file.
struct Grant {
  Mode mode = Mode::read_only;
  std::vector<std::string> hosts;    // host or host:port; nothing is sent anywhere else
  std::vector<std::string> ledgers;  // that may be written to
  int writes_per_day = 0;            // of each flow; 0: none
  bool allows(Mode needed) const { return needed <= mode; }
};

/// The parts of a flow, in the order in which they run.
enum class Section : unsigned char { login, sweep, steps, finally, logout };
inline constexpr Section kSections[] = {Section::login, Section::sweep, Section::steps, Section::finally, Section::logout};
constexpr std::string_view to_string(Section section) {
  constexpr std::string_view kNames[] = {"login", "sweep", "steps", "finally", "logout"};
  return kNames[static_cast<unsigned char>(section)];
}

struct Flow {
  std::string name;
  std::string account;  // flows of one file log in with the same secrets, and wait together after a refusal
  Words title;
  Position where;
  Mode mode = Mode::read_only;
  bool only_by_name = false;  // not run unless the configuration names it
  Grant grant;
  std::optional<SchedulePlan> schedule;               // always there
  std::chrono::nanoseconds total{}, cleanup{};        // budgets of time: of steps, and of `finally`
  std::vector<double> buckets;                        // of the duration, in seconds
  double target_seconds = 0;                          // the budget of the flow's SLO; 0: none
  std::chrono::nanoseconds keep_session{};            // 0: a login in each run
  std::vector<std::pair<std::size_t, Value>> givens;  // parameters and secrets
  std::shared_ptr<const Calendar> calendar;           // of the scope's context
  std::unique_ptr<Scope> scope;
  std::size_t run_id = 0, tag = 0, trace_id = 0;  // where a run puts them
  std::size_t leftover = 0;                       // and a sweep what it found in the journal
  std::optional<Template> ledger;                 // that the flow writes to
  std::optional<Template> release;                // of the system under probe, for canaries
  // In the order in which they run.
  std::vector<Step> login;    // left out while a kept session serves
  std::vector<Step> sweep;    // removes what earlier runs left behind
  std::vector<Step> steps;    // what is measured
  std::vector<Step> finally;  // always, also after a failure
  std::vector<Step> logout;   // always, unless the session is kept

  const std::vector<Step>& part(Section section) const {
    const std::vector<Step>* const parts[] = {&login, &sweep, &steps, &finally, &logout};
    return *parts[static_cast<unsigned char>(section)];
  }
  std::vector<Step>& part(Section section) { return const_cast<std::vector<Step>&>(std::as_const(*this).part(section)); }

  /// Why the flow is not run at all; empty when it is.
  std::string refusal() const;
};

}  // namespace finwatch::workflow
