// What the parts of compose() share: the contract, the figures, and one language to say them in.
#pragma once

#include "rules/tool/report/text.h"

namespace finwatch::rules {

struct Writer {
  const Contract& contract;
  const Figures& figures;
  Language language;

  std::string say(std::string_view zh, std::string_view en) const { return std::string(language == Language::zh ? zh : en); }
  std::string say(const Words& words) const { return say(words.zh, words.en); }
  std::string length(double seconds) const { return length_text(seconds, language); }
  std::string moment(Moment when) const { return moment_text(figures.period.zone, when); }
  /// "zh：a、b" or "en: a, b"
  std::string join(const std::vector<std::string>& items) const;
  /// Of a fault class or a service, by its id; the id itself where the contract does not know it.
  std::string class_name(const std::string& id) const;
  std::string service_name(const std::string& id) const;
  std::string clock_name(std::size_t clock) const;  // of kClocks
  std::optional<double> promised(const std::string& fault_class, std::size_t clock) const;
};

/// The days of a month, the months of a year: what a plot shows side by side.
struct Slot {
  std::string label;                // "05", "2026-05"
  std::size_t first = 0, last = 0;  // days of the period, without the last; equal when it is still to come
};
std::vector<Slot> slots_of(const Period& period);

std::vector<Fact> write_facts(const Writer& writer);
Section write_summary(const Writer& writer);
Section write_days(const Writer& writer);
Section write_outages(const Writer& writer);
Section write_speed(const Writer& writer);   // no blocks when no service promises a latency
Section write_closes(const Writer& writer);  // no blocks when no book has a deadline
Section write_incidents(const Writer& writer);
Section write_costs(const Writer& writer);  // no blocks when the contract has no prices
Section write_method(const Writer& writer);

}  // namespace finwatch::rules
