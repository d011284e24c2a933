// Where Prometheus finds what it asks: the section `scrape` of the contract.
//
//   for (const auto& [id, job] : contract.scrape->jobs) …
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/tree.h"

namespace finwatch::rules {

struct ScrapeJob {
  std::string id;
  std::vector<std::string> targets;  // host:port; with `through`, whatever that exporter takes
  std::vector<std::string> files;    // lists of targets that others keep: targets/*.yml
  std::map<std::string, std::string> labels;
  std::string path, scheme;  // empty: Prometheus' own, /metrics and http
  std::map<std::string, std::vector<std::string>> params;
  std::string through;  // the address of an exporter that asks the target, such as blackbox_exporter
  std::optional<std::chrono::nanoseconds> interval, timeout;
  std::string user, password_file, ca_file, cert_file, key_file, server_name;
  Position where;
};

struct Scrape {
  std::chrono::nanoseconds interval{}, timeout{};
  std::vector<std::string> alertmanagers;  // host:port
  std::map<std::string, ScrapeJob> jobs;
  Position where;
};

}  // namespace finwatch::rules
