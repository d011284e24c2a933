// Textfiles: whatever scripts leave in files, what is taken of them stands on the page as Prometheus reads it, each series once.
#include <array>
#include <string>

#include "core/buffer.h"
#include "core/exposition.h"
#include "fuzz/fuzz.h"
#include "host/sources/prom_merge.h"
#include "host/sources/prom_text.h"
#include "support/page_check.h"

using namespace finwatch;
using fuzz::require;

// The files stand behind one another, each ended by a zero byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  std::array<host::PromText, 3> files;
  host::PromMerge merge([](std::size_t file, host::TextfileProblem, const std::string& what) {
    require(file < 3 && !what.empty(), "a complaint names its file and says what is wrong");
  });
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (const auto problem = files[i].parse(bytes.text())) {
      require(problem->line >= 1 && !problem->message.empty(), "a problem has a line and a sentence");
      require(files[i].families().empty(), "a file is read whole or not at all");
    }
    merge.add(i, files[i]);
  }
  MetricSink sink;
  merge.write(sink);
  Buffer text;
  write_page(sink, Format::text, text);
  const test::CheckedPage page = test::check_page(text.view());
  require(page.problem.empty(), page.problem);
  require(page.first_duplicate.empty(), page.first_duplicate);
  for (const auto& [name, family] : page.families)
    require(!name.starts_with("finwatch_collector_"), "no family passes for ours");
  return 0;
}
