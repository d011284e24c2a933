// The parts of gather(), a file each; every one adds to the figures what it asked for.
#pragma once

#include "rules/tool/report/figures.h"

namespace finwatch::rules {

struct Gathering {
  const Contract& contract;
  const Period& period;
  Prometheus& prometheus;
};

Status gather_availability(const Gathering& gathering, Figures& figures);
Status gather_outages(const Gathering& gathering, Figures& figures);  // after the availability
Status gather_closes(const Gathering& gathering, Figures& figures);
Status gather_incidents(const Gathering& gathering, Figures& figures);
Status gather_firings(const Gathering& gathering, Figures& figures);
void reckon_costs(const Gathering& gathering, Figures& figures);  // after all the others

/// The length of a stretch as PromQL writes it. A millisecond short, so that a sample on its first moment, which tells of the time
/// before, is not taken in.
std::string window_of(const Stretch& stretch);

/// A text as it stands between the quotes of a PromQL matcher.
std::string escaped_label(std::string_view text);

}  // namespace finwatch::rules
