// alertmanager.yml: which alerts go where, how fast, together with which, and when they keep quiet.
#include <algorithm>
#include <cstdio>
#include <set>

#include "rules/tool/compile/inhibition.h"
#include "rules/tool/compile/mail.h"
#include "rules/tool/compile/routing.h"
#include "rules/tool/compile/yaml_text.h"

namespace finwatch::rules {
namespace {

// What newer releases can do, and older ones refuse.
constexpr Release kWebhookTimeout{0, 28}, kMailThreads{0, 30}, kNamedInhibition{0, 30};

// The text of a matcher that is one of these. Ids have no other sign that a regular expression would take for its own.
std::string one_of(std::string_view label, const std::vector<std::string>& values) {
  std::string out = std::string(label) + (values.size() == 1 ? "=\"" : "=~\"");
  for (const std::string& value : values) {
    if (&value != &values.front()) out += '|';
    for (const char c : value) out.append(c == '.' && values.size() > 1 ? "[.]" : std::string(1, c));
  }
  return out + '"';
}

std::string in_quotes(const std::string& text) { return "['" + text + "']"; }  // ids only: no ' in them

std::vector<std::string> names_of(const std::vector<const Maintenance*>& all) {
  std::vector<std::string> names;
  for (const Maintenance* planned : all) names.push_back("maintenance-" + planned->id);
  return names;
}

class Writer {
 public:
  Writer(const Contract& contract, const Routing& routing, const std::vector<Area>& areas)
      : contract_(contract), routing_(routing) {
    for (const Area& area : areas)
      for (const Alert& alert : area.alerts)
        if (alert.heartbeat) heartbeats_.push_back(alert.id);
    for (const Service& service : contract.services) services_.push_back(service.id);
    for (const auto& [id, severity] : contract.severities)
      if (is_urgent(contract, severity))
        urgent_.push_back(id);
      else
        quiet_.push_back(id);
  }

  File file(const std::vector<InhibitionRule>& inhibition) {
    globals();
    intervals();
    route();
    inhibitions(inhibition);
    receivers();
    return {"alertmanager.yml", yaml_.made()};
  }

 private:
  void globals() {
    if (!routing_.mail) return;
    const EmailChannel& email = *contract_.channels->email;
    yaml_.line(0, "global:").text(1, "smtp_smarthost", email.smarthost).text(1, "smtp_from", email.from);
    yaml_.plain(1, "smtp_require_tls", email.require_tls ? "true" : "false");
    yaml_.text_if(1, "smtp_auth_username", email.user).text_if(1, "smtp_auth_password_file", email.password_file);
    yaml_.list(0, "templates", {"templates/*.tmpl"});
  }

  void intervals() {
    yaml_.line(0, "time_intervals:").line(1, "- name: " + std::string(kBusinessHours)).line(2, "time_intervals:");
    std::vector<std::string> days;
    for (std::size_t i = 0; i < kWeekdays.size(); ++i)
      if (contract_.business_hours.days[i]) days.emplace_back(weekday_name(static_cast<unsigned>(i + 1) % 7));
    for (std::string& day : days) day[0] = static_cast<char>(day[0] - 'A' + 'a');
    yaml_.list(3, "- weekdays", days);
    hours(contract_.business_hours.hours.from, contract_.business_hours.hours.to);
    for (const Maintenance& planned : contract_.maintenance) {
      yaml_.text(1, "- name", "maintenance-" + planned.id).line(2, "time_intervals:");
      for (const DayPiece& piece : day_pieces(planned.from, planned.to)) {
        const std::chrono::year_month_day first{piece.first}, last{piece.last};
        yaml_.list(3, "- years", {std::to_string(static_cast<int>(first.year()))});
        yaml_.list(4, "months", {std::to_string(static_cast<unsigned>(first.month()))});
        yaml_.list(
            4, "days_of_month",
            {std::to_string(static_cast<unsigned>(first.day())) + ":" + std::to_string(static_cast<unsigned>(last.day()))});
        hours(piece.from, piece.to);
      }
    }
  }

  void hours(minutes from, minutes to) {
    yaml_.plain(4, "times", "[{start_time: \"" + clock_text(from) + "\", end_time: \"" + clock_text(to) + "\"}]");
    yaml_.text(4, "location", contract_.time_zone);
  }

  void pace(int depth, const Pace& pace) {
    yaml_.length(depth, "group_wait", pace.wait).length(depth, "group_interval", pace.interval);
    yaml_.length(depth, "repeat_interval", pace.repeat);
  }

  void matchers(int depth, const std::string& text) { yaml_.plain(depth, "- matchers", in_quotes(text)); }

  void route() {
    const std::string last = routing_.mail ? routing_.mail_receiver("") : std::string(kNotifierReceiver);
    yaml_.line(0, "route:").text(1, "receiver", last).list(1, "group_by", thing_labels()).line(1, "routes:");
    if (!heartbeats_.empty()) {
      yaml_.line(2, "# It must come again and again: that it stops is what tells.");
      matchers(2, one_of("alertname", heartbeats_));
      yaml_.text(3, "receiver", kHeartbeatReceiver).list(3, "group_by", {"alertname"});
      pace(3, heartbeat_pace());
    }
    if (routing_.notifier) notifier_route();
    if (routing_.mail) mail_route();
  }

  // Everything, at all hours: it keeps the clocks and knows the calendar itself.
  void notifier_route() {
    yaml_.text(2, "- receiver", kNotifierReceiver);
    if (routing_.mail) yaml_.plain(3, "continue", "true");
    pace(3, notifier_pace(false));
    const bool any = !urgent_.empty() || !services_.empty();
    if (any) yaml_.line(3, "routes:");
    if (!urgent_.empty()) {
      matchers(4, one_of("severity", urgent_));
      pace(5, notifier_pace(true));
      if (!services_.empty()) yaml_.line(5, "routes:");
      together_by_service(6);
    }
    together_by_service(4);
  }

  void together_by_service(int depth) {
    if (services_.empty()) return;
    matchers(depth, one_of("service", services_));
    yaml_.list(depth + 1, "group_by", {"service"});
  }

  void mail_route() {
    yaml_.text(2, "- receiver", routing_.mail_receiver(""));
    pace(3, mail_pace(true, nullptr));
    when(3, {}, false);
    yaml_.line(3, "routes:");
    for (const std::string& id : urgent_) severity_route(contract_.severities.at(id), true);
    for (const std::string& id : quiet_) severity_route(contract_.severities.at(id), false);
  }

  void severity_route(const Severity& severity, bool urgent) {
    matchers(4, one_of("severity", {severity.id}));
    yaml_.text(5, "receiver", routing_.mail_receiver(severity.id));
    // What calls nobody comes as one letter for an area.
    if (!urgent) yaml_.list(5, "group_by", {"area"});
    pace(5, mail_pace(urgent, nullptr));
    when(5, {}, severity.business_hours_only);
    if (!contract_.classes.empty()) yaml_.line(5, "routes:");
    for (const auto& [id, fault_class] : contract_.classes) {
      matchers(6, one_of("fault_class", {id}));
      yaml_.length(7, "repeat_interval", mail_pace(urgent, &fault_class).repeat);
      when(7, {}, severity.business_hours_only);
      if (!services_.empty()) service_routes(severity);
    }
  }

  // A service whose own maintenance is announced needs a route of its own: routes do not hand their intervals down.
  void service_routes(const Severity& severity) {
    yaml_.line(7, "routes:");
    const std::size_t common = maintenance_of(contract_, {}).size();
    std::vector<std::string> rest;
    for (const std::string& service : services_)
      if (maintenance_of(contract_, service).size() == common)
        rest.push_back(service);
      else
        mail_leaf(severity, {service}, service);
    if (!rest.empty()) mail_leaf(severity, rest, {});
  }

  void mail_leaf(const Severity& severity, const std::vector<std::string>& services, std::string_view maintained) {
    matchers(8, one_of("service", services));
    yaml_.list(9, "group_by", {"service"});
    when(9, maintained, severity.business_hours_only);
  }

  void when(int depth, std::string_view service, bool business_hours_only) {
    const std::vector<std::string> quiet = names_of(maintenance_of(contract_, service));
    if (!quiet.empty()) yaml_.list(depth, "mute_time_intervals", quiet);
    if (business_hours_only) yaml_.list(depth, "active_time_intervals", {std::string(kBusinessHours)});
  }

  void inhibitions(const std::vector<InhibitionRule>& rules) {
    yaml_.line(0, "inhibit_rules:");
    if (!urgent_.empty() && !quiet_.empty()) {
      yaml_.line(1, "# The same alert of the same thing, in a graver form.");
      inhibition(
          "graver", one_of("severity", urgent_), one_of("severity", quiet_),
          {"alertname", "area", "book", "device", "flow", "instance", "job", "mountpoint", "service", "system", "target"});
    }
    std::string_view before;
    int number = 0;
    for (const InhibitionRule& rule : rules) {
      number = before == rule.source->id ? number + 1 : 1;
      before = rule.source->id;
      std::vector<std::string> targets;
      for (const Alert* target : rule.targets) targets.push_back(target->id);
      inhibition(rule.source->id + "-" + std::to_string(number), one_of("alertname", {rule.source->id}),
                 one_of("alertname", targets), rule.same);
    }
  }

  void inhibition(const std::string& name, const std::string& source, const std::string& target,
                  const std::vector<std::string>& same) {
    const bool named = contract_.targets.alertmanager >= kNamedInhibition;
    if (named) yaml_.text(1, "- name", name);
    yaml_.plain(named ? 2 : 1, named ? "source_matchers" : "- source_matchers", in_quotes(source));
    yaml_.plain(2, "target_matchers", in_quotes(target)).list(2, "equal", same);
  }

  void receivers() {
    yaml_.line(0, "receivers:");
    if (routing_.notifier) webhook(kNotifierReceiver);
    if (!heartbeats_.empty()) {
      if (routing_.notifier)
        webhook(kHeartbeatReceiver);
      else
        yaml_.text(1, "- name", kHeartbeatReceiver);  // nobody waits for it
    }
    std::set<std::string> done;
    for (const auto& [severity, duty] : routing_.mail_duties)
      if (done.insert(routing_.mail_receiver(severity)).second) mail(routing_.mail_receiver(severity), duty);
  }

  void webhook(std::string_view name) {
    const NotifierChannel& notifier = *contract_.channels->notifier;
    yaml_.text(1, "- name", name).line(2, "webhook_configs:").text(3, "- url", notifier.url);
    yaml_.plain(4, "send_resolved", "true").plain(4, "max_alerts", "0");
    if (contract_.targets.alertmanager >= kWebhookTimeout) yaml_.plain(4, "timeout", "10s");
    yaml_.line(4, "http_config:").plain(5, "follow_redirects", "false");
    if (!notifier.token_file.empty()) yaml_.line(5, "authorization:").text(6, "credentials_file", notifier.token_file);
  }

  void mail(const std::string& name, const std::string& duty) {
    std::string to;
    for (const std::string& address : routing_.addresses.at(duty)) to.append(to.empty() ? "" : ", ").append(address);
    yaml_.text(1, "- name", name).line(2, "email_configs:").text(3, "- to", to).plain(4, "send_resolved", "true");
    yaml_.plain(4, "headers", "{Subject: '{{ template \"finwatch.subject\" . }}'}");
    yaml_.text(4, "html", "").plain(4, "text", "'{{ template \"finwatch.text\" . }}'");
    if (contract_.targets.alertmanager >= kMailThreads) yaml_.plain(4, "threading", "{enabled: true, thread_by_date: none}");
  }

  const Contract& contract_;
  const Routing& routing_;
  std::vector<std::string> heartbeats_, services_, urgent_, quiet_;
  YamlText yaml_;
};

Status check_maintenance(const Contract& contract) {
  std::set<std::string_view> seen;
  for (const Maintenance& planned : contract.maintenance)
    if (!seen.insert(planned.id).second)
      return {Errc::config, planned.where.text() + ": calendar.maintenance.planned: a second '" + planned.id + "'"};
  return ok();
}

std::string with(const std::vector<std::string>& receivers) {
  std::string out = " ->";
  for (const std::string& receiver : receivers) out.append(&receiver == &receivers.front() ? " " : ",").append(receiver);
  return out;
}

// A line a case: labels -> receivers. Those of the tree are asked for with amtool, these come from the contract alone.
File tests_file(const Contract& contract, const Routing& routing, const std::vector<Area>& areas) {
  std::string out(kMade);
  const auto add = [&](const std::string& labels, const std::vector<std::string>& receivers) {
    out.append(labels).append(with(receivers)).append("\n");
  };
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts) {
      const std::string labels = "alertname=" + alert.id + " area=" + area.id + " fault_class=" + alert.fault_class;
      add(labels + " severity=" + alert.severity, routing.receivers(alert.severity, alert.heartbeat));
    }
  for (const auto& [severity, unused] : contract.severities)
    for (const auto& [fault_class, unused_too] : contract.classes) {
      const std::string labels = "alertname=Any fault_class=" + fault_class + " severity=" + severity;
      for (const Service& service : contract.services) add(labels + " service=" + service.id, routing.receivers(severity));
      add(labels + " service=foreign", routing.receivers(severity));
    }
  for (const auto& [severity, unused] : contract.severities)
    add("alertname=Any fault_class=foreign severity=" + severity, routing.receivers(severity));
  add("alertname=Any severity=foreign", routing.receivers("foreign"));
  add("alertname=Any", routing.receivers(""));
  return {"tests/routes.tests", std::move(out)};
}

}  // namespace

std::string clock_text(minutes time) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(time.count() / 60), static_cast<int>(time.count() % 60));
  return text;
}

std::vector<DayPiece> day_pieces(LocalTime from, LocalTime to) {
  std::vector<DayPiece> pieces;
  const auto time_of = [](LocalTime at) { return std::chrono::duration_cast<minutes>(at - day_of(at)); };
  for (LocalTime at = from; at < to;) {
    const Day day = day_of(at);
    const Day end = std::min(last_day(month_of(day)) + std::chrono::days{1}, day_of(to));
    if (at == day && end > day) {  // whole days, as many as a month has
      pieces.push_back({day, end - std::chrono::days{1}, minutes{0}, minutes{24 * 60}});
      at = end;
    } else {
      const LocalTime until = std::min<LocalTime>(day + std::chrono::days{1}, to);
      pieces.push_back({day, day, time_of(at), std::chrono::duration_cast<minutes>(until - day)});
      at = until;
    }
  }
  return pieces;
}

Result<std::vector<File>> compile_routes(const Contract& contract, const std::vector<Area>& areas) {
  const Result<std::vector<InhibitionRule>> inhibition = inhibition_rules(contract, areas);
  if (!inhibition) return inhibition.error();
  if (!contract.channels) return std::vector<File>{};
  const Result<Routing> routing = routing_of(contract);
  if (!routing) return routing.error();
  if (Status status = check_maintenance(contract); !status) return status.error();
  std::vector<File> files{Writer(contract, *routing, areas).file(*inhibition), tests_file(contract, *routing, areas)};
  if (routing->mail) files.push_back(mail_template(contract));
  return files;
}

}  // namespace finwatch::rules
