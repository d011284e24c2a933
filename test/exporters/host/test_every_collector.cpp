// What must hold for every collector, in one loop and without code of their own.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "core/files.h"
#include "host/collectors.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/page_check.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::test;
namespace fs = std::filesystem;

namespace {

const MetricRef* declared(const CollectorInfo& info, std::string_view family) {
  for (const MetricRef& metric : info.metrics)
    if (name_matches(metric.name, family)) return &metric;
  return nullptr;
}

std::string text_type(MetricType type) {
  if (type == MetricType::unknown) return "untyped";
  if (type == MetricType::info || type == MetricType::stateset) return "gauge";
  return std::string(to_string(type));
}

// What the page holds that the catalogue does not, in words; empty when all is declared. Foreign metrics of textfiles are
// declared nowhere: that is what the textfile collector is for.
std::string undeclared(const CollectorInfo& info, const CheckedPage& page) {
  for (const auto& [name, family] : page.families) {
    const MetricRef* metric = declared(info, name);
    if (metric == nullptr) {
      if (info.name == "textfile" && !name.starts_with("node_textfile") && !name.starts_with("finwatch_textfile")) continue;
      return name + " is not declared";
    }
    if (text_type(metric->type) != family.type) return name + " is declared " + text_type(metric->type);
    for (const auto& labels : family.labels)
      for (const auto& [label, value] : labels) {
        bool known = label == "le" || label == "quantile";
        for (const std::string_view expected : metric->labels) known = known || expected == label;
        if (!known && metric->type != MetricType::info) return name + " has the undeclared label " + label;
      }
  }
  return {};
}

// A copy of the fixture machine in which every file may be damaged.
class DamagedTree {
 public:
  using Damage = void (*)(const fs::path& file, std::mt19937& random);

  DamagedTree(Damage damage, unsigned seed) {
    std::mt19937 random(seed);
    fs::copy(fixture_folder(), tree_.path(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing);
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(tree_.path()))
      if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) damage(file, random);
  }
  Env env() const { return tree_.env(); }

 private:
  static std::string fixture_folder() { return test_folder("fixtures/host"); }
  TemporaryTree tree_;
};

std::string slurp(const fs::path& file) { return read_file(file.string()).value_or(""); }
void spew(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::binary | std::ios::trunc) << text; }

void missing(const fs::path& file, std::mt19937&) { fs::remove(file); }
void empty(const fs::path& file, std::mt19937&) { spew(file, ""); }
void unreadable(const fs::path& file, std::mt19937&) {  // root reads everything, but not a folder as a file
  fs::remove(file);
  fs::create_directory(file);
}
void link_loop(const fs::path& file, std::mt19937&) {
  fs::remove(file);
  fs::create_symlink(file.filename(), file);
}
void truncated(const fs::path& file, std::mt19937& random) {
  const std::string text = slurp(file);
  spew(file, text.substr(0, text.empty() ? 0 : random() % text.size()));
}
void one_field_more(const fs::path& file, std::mt19937&) {
  std::string text;
  for (const char c : slurp(file)) text += c == '\n' ? std::string(" 7 extra\n") : std::string(1, c);
  spew(file, text);
}
void one_field_less(const fs::path& file, std::mt19937&) {
  std::string text;
  const std::string whole = slurp(file);
  for (std::size_t start = 0; start < whole.size();) {
    const std::size_t end = std::min(whole.find('\n', start), whole.size());
    const std::string line = whole.substr(start, end - start);
    text += line.substr(0, line.find_last_of(" \t:") == std::string::npos ? 0 : line.find_last_of(" \t:")) + "\n";
    start = end + 1;
  }
  spew(file, text);
}
void not_utf8(const fs::path& file, std::mt19937& random) {
  std::string text = slurp(file);
  for (char& c : text)
    if (random() % 8 == 0 && c != '\n') c = static_cast<char>(0x80 + random() % 0x80);
  spew(file, text);
}
void huge_numbers(const fs::path& file, std::mt19937&) {
  std::string text;
  for (const char c : slurp(file)) text += c >= '1' && c <= '9' ? std::string("99999999999999999999") : std::string(1, c);
  spew(file, text);
}
void negative(const fs::path& file, std::mt19937&) {
  std::string text;
  bool in_number = false;
  for (const char c : slurp(file)) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !in_number) text += '-';
    in_number = digit;
    text += c;
  }
  spew(file, text);
}
void ten_megabytes(const fs::path& file, std::mt19937&) {
  static const TemporaryTree shared;
  static const bool written = [] {
    std::string text;
    while (text.size() < (std::size_t{10} << 20)) text += "garbage: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
    shared.write("ten", text);
    return true;
  }();
  if (!written) return;
  fs::remove(file);
  fs::create_symlink(shared.path("ten"), file);
}
void some_of_each(const fs::path& file, std::mt19937& random) {
  constexpr DamagedTree::Damage kAll[] = {missing,        empty,    unreadable, truncated,   one_field_more,
                                          one_field_less, not_utf8, negative,   huge_numbers};
  if (random() % 3 == 0) kAll[random() % std::size(kAll)](file, random);
}

void survive(const Env& env, std::string_view damage, int runs = 2) {
  for (const CollectorInfo* info : host::collectors()) {
    CAPTURE(damage, info->name);
    FakeSettings settings(*info);
    MadeCollector made = info->make(env, settings);
    if (!made) {
      CHECK(made.error().code == Errc::config);
      continue;
    }
    KeptCollector collector(*info, env);
    for (int run = 0; run < runs; ++run) {
      const Collected got = collector.collect();
      const CheckedPage page = check_page(got.page);
      CHECK(page.problem == "");
      CHECK(undeclared(*info, page) == "");
    }
  }
}

}  // namespace

TEST_CASE("every collector: names, help and flags keep the rules of the house") {
  std::set<std::string_view> names;
  std::map<std::string_view, std::string_view> families;
  std::set<std::string_view> flags;
  for (const CollectorInfo* info : host::collectors()) {
    CAPTURE(info->name);
    CHECK(names.insert(info->name).second);
    CHECK(info->summary.ends_with('.'));
    CHECK(info->make != nullptr);
    CHECK_FALSE(info->metrics.empty());
    for (const MetricRef& metric : info->metrics) {
      CAPTURE(metric.name);
      const auto [family, first] = families.emplace(metric.name, info->name);
      CHECK((first ? "" : family->second) == "");
    }
    for (const FlagSpec& flag : info->flags) {
      CAPTURE(flag.name);
      CHECK(flags.insert(flag.name).second);
      CHECK(flag.name.starts_with("collector."));
      CHECK(flag.help.ends_with('.'));
    }
  }
}

TEST_CASE("every collector: on the fixture machine it emits only what it declares, in a sound page without duplicates") {
  for (const CollectorInfo* info : host::collectors()) {
    CAPTURE(info->name);
    const Collected got = collect(*info, fixture_host());
    const CheckedPage page = check_page(got.page);
    CHECK(page.problem == "");
    CHECK(page.first_duplicate == "");
    CHECK(undeclared(*info, page) == "");
    if (!got.status) CHECK(to_string(got.status.error().code) == "no_data");
  }
}

TEST_CASE("every collector: on this very machine, too") {
  for (const CollectorInfo* info : host::collectors()) {
    CAPTURE(info->name);
    const Collected got = collect(*info, Env{});
    const CheckedPage page = check_page(got.page);
    CHECK(page.problem == "");
    CHECK(page.first_duplicate == "");
    CHECK(undeclared(*info, page) == "");
  }
}

TEST_CASE("every collector survives an empty tree") {
  const TemporaryTree tree;
  survive(tree.env(), "empty tree");
}

// A test each, so that they share the processors.
TEST_CASE("every collector survives missing files") { survive(DamagedTree(missing, 1).env(), "missing"); }
TEST_CASE("every collector survives empty files") { survive(DamagedTree(empty, 1).env(), "empty"); }
TEST_CASE("every collector survives unreadable files") { survive(DamagedTree(unreadable, 1).env(), "unreadable"); }
TEST_CASE("every collector survives links in a loop") { survive(DamagedTree(link_loop, 1).env(), "link loop"); }
TEST_CASE("every collector survives truncated files") { survive(DamagedTree(truncated, 1).env(), "truncated"); }
TEST_CASE("every collector survives one field more") { survive(DamagedTree(one_field_more, 1).env(), "one field more"); }
TEST_CASE("every collector survives one field less") { survive(DamagedTree(one_field_less, 1).env(), "one field less"); }
TEST_CASE("every collector survives files that are not UTF-8") { survive(DamagedTree(not_utf8, 1).env(), "not UTF-8"); }
TEST_CASE("every collector survives negative numbers") { survive(DamagedTree(negative, 1).env(), "negative"); }
TEST_CASE("every collector survives huge numbers") { survive(DamagedTree(huge_numbers, 1).env(), "huge numbers"); }
TEST_CASE("every collector survives files of ten megabytes") {
  survive(DamagedTree(ten_megabytes, 1).env(), "ten megabytes", 1);
}

TEST_CASE("every collector survives a few damaged files among sound ones") {
  unsigned seed = std::random_device{}();
  for (int round = 0; round < 5; ++round, ++seed) {
    CAPTURE(seed);
    survive(DamagedTree(some_of_each, seed).env(), "some of each");
  }
}
