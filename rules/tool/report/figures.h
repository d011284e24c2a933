// The figures of a report, before anything is said about them.
//
//   Result<Figures> figures = gather(contract, period, prometheus);
//   figures->services[0].counted.share()                  // 0.99952
//
// Seconds are seconds of service time; where a text says "counted" an hour of the close window counts by its weight and announced
// work, up to the most that the contract allows, does not count. What was not measured is absent, not zero.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/tool/report/period.h"

namespace finwatch::rules {

/// Good seconds among those that are counted.
struct Tally {
  double good = 0, total = 0;
  double bad() const { return std::max(0.0, total - good); }
  double share() const { return total > 0 ? good / total : 0; }  // 0 to 1
  Tally& operator+=(const Tally& other) {
    good += other.good;
    total += other.total;
    return *this;
  }
};

struct DayFigures {
  Tally all, counted;  // counted: with the work beyond the cap as downtime
};

/// Of a service that promises an availability.
struct ServiceFigures {
  const Service* service = nullptr;
  Tally all, counted;
  std::vector<DayFigures> days;  // one for each day of the period
  double planned = 0;            // seconds of announced work, of them
  double beyond_cap = 0;         // those over the most that a month may have
  double down_planned = 0;       // seconds it was down inside announced work
  double budget = 0;             // counted seconds it may be down in the whole period
  std::optional<Tally> latency;  // runs within the promised time; absent when nothing recorded them

  bool measured() const { return all.total > 0; }
  double measured_share(const Period& period) const { return std::min(1.0, all.total / period.reported().seconds()); }
  double left() const { return budget - counted.bad(); }
  /// A second of the reckoning is forgiven.
  bool kept() const { return counted.bad() <= budget + 0.5; }
  double down_unplanned() const { return std::max(0.0, all.bad() - down_planned); }
};

struct Outage {
  const Service* service = nullptr;
  Stretch when;
  double planned = 0;  // seconds of it inside announced work
  bool lasts = false;  // it had not ended when the report does
};

enum class CloseState : unsigned char { kept, late, still_open, not_due, unknown };

/// The books of a month, due in the next one.
struct CloseFigures {
  const Service* service = nullptr;
  Month books;
  Moment due;
  CloseState state = CloseState::unknown;
  std::optional<Moment> closed;  // when nothing was left open
  bool days_off_known = false;   // whether the working days came from the calendar; else Monday to Friday
};

/// One of the clocks of an incident: answer, diagnose, solve.
struct ClockFigures {
  double count = 0, sum = 0;                       // incidents, seconds
  std::vector<std::pair<double, double>> buckets;  // up to that many seconds: so many incidents, rising
  double breaches = 0;
  /// How many needed no more than `seconds`; nothing when no bucket ends there.
  std::optional<double> within(double seconds) const;
};

inline constexpr std::array<std::string_view, 3> kClocks = {"answer", "diagnose", "solve"};

struct ClassFigures {
  double incidents = 0, closed = 0, reopened = 0;
  std::map<std::string, double> outcomes;
  std::array<ClockFigures, 3> clocks;  // by kClocks
};

struct Incidents {
  std::map<std::string, ClassFigures> classes;  // by fault class
  std::map<std::string, double> services;       // incidents by service
  std::map<std::string, double> messages;       // accepted by the providers, by channel
};

/// How often an alert fired, where no incidents are kept.
struct Firing {
  std::string alert, fault_class, severity, service;
  double episodes = 0, seconds = 0, longest = 0;
};

struct CostLine {
  Words name;
  std::optional<double> quantity;  // absent: not measured
  Words unit;
  double price = 0;
  double amount() const { return quantity.value_or(0) * price; }
};

struct Figures {
  Period period;
  std::vector<ServiceFigures> services;
  std::vector<Outage> outages;  // the longest ones, longest first
  double outages_seen = 0;      // how many there were
  bool outages_measured = false;
  std::vector<CloseFigures> closes;
  std::optional<Incidents> incidents;  // absent: finwatch-notifier does not run
  std::vector<Firing> firings;         // asked for only then
  std::vector<CostLine> costs;
  std::vector<std::string> warnings;  // of Prometheus
};

inline constexpr std::size_t kMostOutages = 15;  // shown

/// Asks all of it. Any error of Prometheus'; a metric that nobody recorded is no error.
Result<Figures> gather(const Contract& contract, const Period& period, Prometheus& prometheus);

}  // namespace finwatch::rules
