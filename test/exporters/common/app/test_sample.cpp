// The files that people copy from are good: deploy/finwatch-host.yml, as it is and with its examples switched on.
#include "core/files.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::test;

namespace {

const std::string kSample = test_folder("../deploy/finwatch-host.yml");

std::string error_of(const std::string& path) {
  return run_program_once("finwatch-host", {"--config.check", "--config.file=" + path}).error;
}

// Each "#:" line becomes a real one; the plain line above that has the same key makes way for it.
std::string with_examples(const std::string& text) {
  std::vector<std::string> lines;
  for (LineReader reader(text); const auto line = reader.next();) {
    const std::size_t mark = line->find("#: ");
    if (mark == std::string_view::npos || line->substr(0, mark).find_first_not_of(' ') != std::string_view::npos) {
      lines.emplace_back(*line);
      continue;
    }
    std::string example = std::string(line->substr(0, mark)) + std::string(line->substr(mark + 3));
    const std::string key = example.substr(0, example.find(':') + 1);
    const std::size_t indent = key.find_first_not_of(' ');
    for (std::size_t i = lines.size(); key[indent] != '-' && i-- > 0 && lines[i].find_first_not_of(' ') >= indent;)
      if (lines[i].starts_with(key)) lines[i].clear();
    lines.push_back(std::move(example));
  }
  std::string joined;
  for (const std::string& line : lines) joined += line + "\n";
  return joined;
}

}  // namespace

TEST_CASE("sample configuration: it is good, and so are its examples") {
  CHECK(error_of(kSample) == "");
  const std::string examples = with_examples(read_file(kSample).value_or(""));
  CHECK(examples.find("#: ") == std::string::npos);
  CHECK(examples.find("\n      - name: oracle\n") != std::string::npos);
  const TemporaryTree tree;
  tree.write("host.yml", examples);
  CHECK(error_of(tree.path("host.yml")) == "");
}

TEST_CASE("configuration guide: its examples are good, in both languages") {
  for (const char* page : {"../docs/guides/configuration.md", "../docs/guides/configuration.zh-CN.md"}) {
    const std::string text = read_file(test_folder(page)).value_or("");
    const std::size_t begin = text.find("```yaml\ncollectors:");
    REQUIRE(begin != std::string::npos);
    const std::string example = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
    const TemporaryTree tree;
    tree.write("host.yml", example);
    CHECK(error_of(tree.path("host.yml")) == "");
  }
}
