// Textfiles: whatever stands in two of them, what they make together is a page without a series twice.
#include "core/exposition.h"
#include "fuzz/fuzz.h"
#include "host/sources/prom_merge.h"
#include "support/page_check.h"

using namespace finwatch;
using namespace finwatch::host;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ReservedNames reserved;
  fuzz::Bytes bytes(data, size);
  PromText texts[2];
  PromMerge merge(reserved, [](std::size_t file, TextfileProblem, const std::string& what) {
    require(file < 2 && !what.empty(), "a complaint has a file and words");
  });
  for (std::size_t i = 0; i < 2; ++i) {
    const auto problem = texts[i].parse(bytes.text());
    require(!problem || (texts[i].families().empty() && problem->line > 0), "a text with a problem has a line and no families");
    merge.add(i, texts[i]);
  }
  MetricSink sink;
  merge.write(sink);
  Buffer page;
  write_page(sink, Format::text, page);
  const test::CheckedPage checked = test::check_page(page.view());
  require(checked.problem.empty(), checked.problem);
  require(checked.first_duplicate.empty(), checked.first_duplicate);
  return 0;
}
