// Runs collectors of finwatch-host once over a tree and prints the page: for comparing with another exporter, or for looking.
//
//   finwatch_collect [--procfs DIR] [--sysfs DIR] [--rootfs DIR] [--udev DIR] [--runs N] NAME… [--flag=value …]
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "host/collectors.h"
#include "support/collector_test.h"

using namespace finwatch;

int main(int argc, char** argv) {
  Env env;
  std::map<std::string, std::string> flags;
  std::vector<std::string> names;
  int runs = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--procfs" && has_value)
      env.procfs = argv[++i];
    else if (word == "--sysfs" && has_value)
      env.sysfs = argv[++i];
    else if (word == "--rootfs" && has_value)
      env.rootfs = argv[++i];
    else if (word == "--udev" && has_value)
      env.udev_data = argv[++i];
    else if (word == "--runs" && has_value)
      runs = std::atoi(argv[++i]);
    else if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      const bool no = word.starts_with("--no-");
      const std::string name = word.substr(no ? 5 : 2, equals == std::string::npos ? std::string::npos : equals - (no ? 5 : 2));
      flags[name] = equals == std::string::npos ? (no ? "false" : "true") : word.substr(equals + 1);
    } else
      names.push_back(word);
  }
  int failed = 0;
  for (const CollectorInfo* info : host::collectors()) {
    bool wanted = names.empty();
    for (const std::string& name : names) wanted = wanted || name == info->name;
    if (!wanted) continue;
    std::map<std::string, std::string> own;
    for (const FlagSpec& spec : info->flags)
      if (const auto flag = flags.find(std::string(spec.name)); flag != flags.end()) own.insert(*flag);
    test::KeptCollector collector(*info, env, own);
    test::Collected got;
    for (int run = 0; run < runs; ++run) got = collector.collect();
    std::fputs(got.page.c_str(), stdout);
    if (!got.status) {
      std::fprintf(stderr, "%s: %s: %s\n", std::string(info->name).c_str(),
                   std::string(to_string(got.status.error().code)).c_str(), got.status.error().message.c_str());
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}
