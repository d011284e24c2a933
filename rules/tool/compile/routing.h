// What the contract means for Alertmanager: who gets its e-mail, how fast, how often again, when not. The routes, their tests, the
// notifier's configuration and `explain` say the same because they ask here.
//
//   Result<Routing> routing = routing_of(contract);           // config with the place of what is wrong
//   routing->mail_receiver("severe");                         // "mail-severe-to-team"
//   mail_pace(*routing, contract.classes.at("major"), urgent).repeat;
//
// The notifier gets everything that is not inhibited, at once and at all hours: it keeps the clocks, and withholds by itself in
// maintenance. An alert that Alertmanager withheld would also end unseen. Only its e-mail keeps to maintenance and business hours.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

inline constexpr std::string_view kNotifierReceiver = "notifier";
inline constexpr std::string_view kHeartbeatReceiver = "heartbeat";
inline constexpr std::string_view kUnclassified = "unclassified";  // of a severity that the contract does not know
inline constexpr std::string_view kBusinessHours = "business_hours";

/// group_wait, group_interval, repeat_interval: the last is a multiple of the middle one, for it is looked at only then.
struct Pace {
  nanoseconds wait{}, interval{}, repeat{};
};

struct Routing {
  bool notifier = false, mail = false;
  std::map<std::string, std::string> mail_duties;             // by severity, and kUnclassified: who gets the e-mail
  std::map<std::string, std::vector<std::string>> addresses;  // by duty

  std::string mail_receiver(const std::string& severity) const;
  /// The receivers of an alert in their order, as `amtool config routes test` prints them.
  std::vector<std::string> receivers(const std::string& severity, bool heartbeat = false) const;
};

/// A contract with channels.
Result<Routing> routing_of(const Contract& contract);

/// Its policy begins with more than e-mail: somebody is called.
bool is_urgent(const Contract& contract, const Severity& severity);

/// The step is the e-mail that Alertmanager sends itself: the notifier leaves that out.
bool alertmanager_mails(const Contract& contract, const EscalationStep& step);

Pace heartbeat_pace();
Pace notifier_pace(bool urgent);
/// Again when the first clock of an urgent class has run out, or the last of another: a mail that only repeats itself is not read.
Pace mail_pace(bool urgent, const FaultClass* fault_class);

/// What makes alerts one incident: the service, or the thing where no service is known.
std::vector<std::string> thing_labels();

/// A stretch of local time as Alertmanager writes it: the same hours of some days of one month.
struct DayPiece {
  Day first, last;
  minutes from, to;  // up to 24:00
};
std::vector<DayPiece> day_pieces(LocalTime from, LocalTime to);

/// "08:00", "24:00"
std::string clock_text(minutes time);

/// Announced work on a service; with an empty id on all of them.
std::vector<const Maintenance*> maintenance_of(const Contract& contract, std::string_view service);

}  // namespace finwatch::rules
