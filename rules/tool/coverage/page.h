// A page of metrics as a program serves it: the series that are there, without their values.
//
//   Result<Page> page = parse_page(text, "host.prom");
//   for (const PageSeries& series : page->series) series.name, series.labels
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace finwatch::rules {

struct PageSeries {
  std::string name;
  std::map<std::string, std::string, std::less<>> labels;
};

struct Page {
  std::string name;                                            // where it came from
  std::multimap<std::string, PageSeries, std::less<>> series;  // by the metric's name
};

/// Exposition text 0.0.4, OpenMetrics, and the quoted names of Prometheus 3; malformed with name:line.
Result<Page> parse_page(std::string_view text, const std::string& name);

/// The text of a file, of standard input for "-", or of what a URL (http://, https://) serves.
Result<std::string> fetch(const std::string& source);

}  // namespace finwatch::rules
