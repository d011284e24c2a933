// Reads expressions from its input, each ended by a zero byte, and writes for each, ended by one too: "3" when only Prometheus 3 knows
// what is in it, else "2", and the expression as we print it; or "!" and why it is none.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

using namespace finwatch::rules;

int main() {
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  std::string output;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t end = std::min(input.find('\0', at), input.size());
    const std::string text = input.substr(at, end - at);
    at = end + 1;
    const auto tree = parse_promql(text);
    output += !tree ? "!" + tree.error().message : (needs_prometheus_3(*tree) ? "3" : "2") + print_promql(*tree);
    output += '\0';
  }
  std::fwrite(output.data(), 1, output.size(), stdout);
}
