#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "host/sources/family_claims.h"
#include "run/own_metrics.h"
#include "run/runner.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/page_check.h"
#include "support/test_folder.h"

namespace finwatch::host {
extern const CollectorInfo textfile_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::textfile_collector;
namespace fs = std::filesystem;

namespace {

bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

/// A folder of textfiles, and the collector that reads it.
class Textfiles {
 public:
  explicit Textfiles(std::map<std::string, std::string> flags = {}, const Clock* clock = nullptr) : clock_(clock) {
    fs::create_directory(path());
    flags.emplace("collector.textfile.directory", path());
    collector_ = std::make_unique<KeptCollector>(textfile_collector, tree_.env(clock_), flags);
  }
  void write(const std::string& name, std::string_view text) const { tree_.write("metrics/" + name, text); }
  void remove(const std::string& name) const { tree_.remove("metrics/" + name); }
  std::string path(const std::string& name = {}) const { return tree_.path("metrics") + (name.empty() ? "" : "/" + name); }
  Collected collect() { return collector_->collect(); }

  /// What is wrong with the file: "malformed", "reserved duplicate" …
  std::string problems(const Collected& got, const std::string& name) const {
    std::string found;
    const CheckedPage page = check_page(got.page);
    CHECK(page.problem == "");
    CHECK(page.first_duplicate == "");
    const auto family = page.families.find("finwatch_textfile_problem");
    if (family == page.families.end()) return found;
    for (const auto& labels : family->second.labels)
      if (labels.at("file") == path(name)) found += (found.empty() ? "" : " ") + labels.at("reason");
    CHECK(has(got, "node_textfile_scrape_error 1"));
    return found;
  }

 private:
  TemporaryTree tree_;
  const Clock* clock_;
  std::unique_ptr<KeptCollector> collector_;
};

std::string reason_for(std::string_view text) {
  Textfiles files;
  files.write("x.prom", text);
  const Collected got = files.collect();
  REQUIRE(got.status);
  return files.problems(got, "x.prom");
}

}  // namespace

TEST_CASE("textfile: the fixture machine") {
  const TemporaryTree tree;
  const std::string folder = tree.path("textfile");
  fs::copy(test_folder("fixtures/host/textfile"), folder);
  const timespec times[] = {{1'700'000'000, 0}, {1'699'999'000, 500'000'000}};
  for (const auto& entry : fs::directory_iterator(folder)) REQUIRE(::utimensat(AT_FDCWD, entry.path().c_str(), times, 0) == 0);
  const ManualClock clock;
  Collected got = collect(textfile_collector, tree.env(&clock),
                          {{"collector.textfile.directory", folder}, {"collector.textfile.max-age", "1h"}});
  REQUIRE(got.status);
  CHECK(check_page(got.page).problem == "");
  for (std::size_t at = 0; (at = got.page.find(folder)) != std::string::npos;) got.page.replace(at, folder.size(), "/textfile");
  CHECK(compare_golden("host/textfile.prom", got.page) == "");
}

TEST_CASE("textfile: without a folder there is nothing, and nothing is wrong") {
  const TemporaryTree tree;
  CHECK(collect(textfile_collector, tree.env()).samples == "node_textfile_scrape_error 0\n");
}

TEST_CASE("textfile: a folder that is not there is named, and comes into use when it appears") {
  const TemporaryTree tree;
  KeptCollector collector(textfile_collector, tree.env(), {{"collector.textfile.directory", tree.path("later")}});
  CHECK(collector.collect().samples == "node_textfile_scrape_error 1\nfinwatch_textfile_problem{file=\"" + tree.path("later") +
                                           "\",reason=\"unreadable\"} 1\n");
  tree.write("later/a.prom", "a 1\n");
  const Collected got = collector.collect();
  CHECK(has(got, "node_textfile_scrape_error 0"));
  CHECK(has(got, "a 1"));
}

TEST_CASE("textfile: what the text must be") {
  for (const std::string_view good : {"",
                                      "\n\n",
                                      "# a comment\n",
                                      "a 1\n",
                                      "a{} 1\n",
                                      "a{b=\"c\",} 1\n",
                                      "a { b = \"c\" , d = \"e\" } 1 \n",
                                      "a{b=\"c\"}1\n",
                                      "\ta\t1e5\t\n",
                                      "a:b 0x\n",
                                      "# HELP\n# HELP a\n# TYPE\na 1\n",
                                      "# HELP a \\\\ and \\n\na 1\n",
                                      "# TYPE a gauge\n",
                                      "a{b=\"\\\\\\\"\\n\"} -Inf\n",
                                      "a{b=\"\xE4\xB8\xAD\"} +5\n",
                                      "# \xff\na 1\n",
                                      "# HELP a \xff\na 1\n",
                                      "# TYPE a summary\na_sum 1\n",
                                      "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\n",
                                      "a 1\nb 2\na{c=\"d\"} 3\n"}) {
    CAPTURE(good);
    CHECK(reason_for(good) == (good == "a:b 0x\n" ? "malformed" : ""));
  }
  for (const std::string_view bad : {"a",
                                     "a\n",
                                     "a 1",
                                     "a 1\r\n",
                                     "1a 1\n",
                                     "a-b 1\n",
                                     "a{ 1\n",
                                     "a{b} 1\n",
                                     "a{b=c} 1\n",
                                     "a{b=\"c} 1\n",
                                     "a{b=\"c\" d=\"e\"} 1\n",
                                     "a{1b=\"c\"} 1\n",
                                     "a{b:c=\"d\"} 1\n",
                                     "a{__name__=\"b\"} 1\n",
                                     "a{b=\"c\",b=\"d\"} 1\n",
                                     "a{b=\"\\t\"} 1\n",
                                     "a{b=\"\xff\"} 1\n",
                                     "a x\n",
                                     "a 1_000\n",
                                     "a 0x10\n",
                                     "a 1e999\n",
                                     "a nan(1)\n",
                                     "a +-1\n",
                                     "a 1 2 3\n",
                                     "a 1 x\n",
                                     "a 1 # {t=\"1\"} 1\n",
                                     "{\"a\"} 1\n",
                                     "# TYPE a unknown\n",
                                     "# TYPE a info\n",
                                     "# TYPE a counter\n# TYPE a counter\n",
                                     "a 1\n# TYPE a counter\n",
                                     "# HELP a b\n# HELP a b\n",
                                     "# HELP a \\t\n",
                                     "# HELP 1a b\n",
                                     "# TYPE a histogram\na 1\n",
                                     "# TYPE a histogram\na_bucket 1\n",
                                     "# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
                                     "# TYPE a histogram\na_bucket{le=\"NaN\"} 1\n",
                                     "# TYPE a histogram\na_bucket{le=\"1\"} 1\n",
                                     "# TYPE a histogram\na_sum 1\n",
                                     "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"1.0\"} 1\na_count 1\n",
                                     "# TYPE a histogram\na_count 1\na_count 1\n",
                                     "# TYPE a summary\na 1\n",
                                     "# TYPE a summary\na{quantile=\"x\"} 1\n",
                                     "good 1\nbad\n"}) {
    CAPTURE(bad);
    CHECK(reason_for(bad) == "malformed");
  }
  CHECK(reason_for(std::string_view("a 1\n\0\n", 6)) == "malformed");
  CHECK(reason_for("a 1 1700000000000\n") == "timestamp");
}

TEST_CASE("textfile: whatever stands in the files, the page is sound") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string whole = fixture_text("host/textfile/backup.prom") + fixture_text("host/textfile/erp.prom");
  const std::string_view pieces[] = {"{",      "}",       "\"",      ",",  "\\",   "\n",  " ", "_bucket",
                                     "_count", "# TYPE ", "# HELP ", "le", "\xff", "1e9", "=", "+Inf"};
  Textfiles files;
  for (int round = 0; round < 300; ++round) {
    for (const char* name : {"a.prom", "b.prom"}) {
      std::string text = whole;
      for (std::size_t changes = random() % 8; changes > 0; --changes) {
        const std::size_t at = random() % text.size();
        if (random() % 2 == 0)
          text.insert(at, pieces[random() % std::size(pieces)]);
        else
          text.erase(at, random() % 12);
      }
      files.write(name, text);
    }
    const Collected got = files.collect();
    files.problems(got, "a.prom");
  }
}

TEST_CASE("textfile: a bad file costs only itself") {
  Textfiles files;
  files.write("a.prom", "a 1\n");
  files.write("b.prom", "b 1\nb 2 3 4\n");
  files.write("c.txt", "not ours\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "a.prom") == "");
  CHECK(files.problems(got, "b.prom") == "malformed");
  CHECK(has(got, "a 1"));
  CHECK(got.samples.find("\nb ") == std::string::npos);
  CHECK(got.samples.find("mtime_seconds{file=\"" + files.path("a.prom")) != std::string::npos);
  CHECK(got.samples.find("mtime_seconds{file=\"" + files.path("b.prom")) == std::string::npos);
}

TEST_CASE("textfile: nobody can pass for the exporter itself") {
  for (const MetricRef& metric : OwnMetrics::info().metrics) {
    const std::string name(metric.name.starts_with('*') ? "node" + std::string(metric.name.substr(1)) : metric.name);
    CAPTURE(name);
    CHECK(host::is_reserved(MetricType::gauge, name));
  }
  for (const MetricRef& metric : Runner::metrics()) {
    const std::string name(metric.name.starts_with('*') ? "node" + std::string(metric.name.substr(1)) : metric.name);
    CAPTURE(name);
    CHECK(host::is_reserved(MetricType::gauge, name));
  }
  CHECK(host::is_reserved(MetricType::gauge, "node_load1"));
  CHECK(host::is_reserved(MetricType::counter, "node_load1_total"));    // is called node_load1 in OpenMetrics
  CHECK(host::is_reserved(MetricType::gauge, "node_disk_read_bytes"));  // so is node_disk_read_bytes_total, there
  CHECK(host::is_reserved(MetricType::gauge, "node_memory_Anything_bytes"));
  CHECK(host::is_reserved(MetricType::gauge, "node_textfile_mtime_seconds"));
  CHECK(host::is_reserved(MetricType::gauge, "up"));
  CHECK(host::is_reserved(MetricType::gauge, "scrape_duration_seconds"));
  for (const std::string_view free :
       {"upper", "node_reboot_required", "apt_upgrades_pending", "smartmon_device_active", "my_exporter_build_info"}) {
    CAPTURE(free);
    CHECK_FALSE(host::is_reserved(MetricType::gauge, free));
  }
}

TEST_CASE("textfile: a forged family is left out, what stands beside it stays") {
  Textfiles files;
  files.write("x.prom", "node_load1 0\nmine 1\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "x.prom") == "reserved");
  CHECK(got.samples.find("node_load1") == std::string::npos);
  CHECK(has(got, "mine 1"));
}

TEST_CASE("textfile: the first of two series is right, and the file of the other is named") {
  Textfiles files;
  files.write("a.prom", "x{a=\"1\"} 1\nx{a=\"2\"} 1\n");
  files.write("b.prom", "x{b=\"\",a=\"1\"} 2\nx{a=\"3\"} 2\n");  // an empty label is no label
  files.write("c.prom", "x{a=\"4\"} 3\nx{a=\"4\"} 4\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "a.prom") == "");
  CHECK(files.problems(got, "b.prom") == "duplicate");
  CHECK(files.problems(got, "c.prom") == "duplicate");
  CHECK(got.samples.ends_with("x{a=\"1\"} 1\nx{a=\"2\"} 1\nx{a=\"3\"} 2\nx{a=\"4\"} 3\n"));
}

TEST_CASE("textfile: a family has one type, and its samples belong to it alone") {
  Textfiles files;
  files.write("a.prom",
              "# TYPE x counter\nx 1\n# TYPE y_total counter\ny_total 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n");
  files.write("b.prom", "# TYPE x gauge\nx{b=\"1\"} 1\n");
  files.write("c.prom", "y 1\n");  // OpenMetrics calls y_total so
  files.write("d.prom", "h_count 1\n");
  files.write("e.prom", "# TYPE h histogram\nh_bucket{le=\"1\",e=\"1\"} 1\nh_count{e=\"1\"} 2\n");
  files.write("f.prom", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 2\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "a.prom") == "");
  for (const char* name : {"b.prom", "c.prom", "d.prom"}) CHECK(files.problems(got, name) == "conflict");
  CHECK(files.problems(got, "e.prom") == "");
  CHECK(files.problems(got, "f.prom") == "duplicate");
  CHECK(has(
      got,
      "h_bucket{le=\"+Inf\"} 1\nh_count 1\nh_bucket{e=\"1\",le=\"1\"} 1\nh_bucket{e=\"1\",le=\"+Inf\"} 2\nh_count{e=\"1\"} 2"));
}

TEST_CASE("textfile: pipes, folders and dangling links have the name of a textfile") {
  Textfiles files;
  REQUIRE(::mkfifo(files.path("pipe.prom").c_str(), 0600) == 0);
  fs::create_directory(files.path("folder.prom"));
  fs::create_symlink("/dev/zero", files.path("zero.prom"));
  fs::create_symlink("nowhere", files.path("dangling.prom"));
  fs::create_symlink("loop.prom", files.path("loop.prom"));
  files.write("good", "good 1\n");
  fs::create_symlink("good", files.path("link.prom"));
  const Collected got = files.collect();
  for (const char* name : {"pipe.prom", "folder.prom", "zero.prom"}) CHECK(files.problems(got, name) == "not_a_file");
  for (const char* name : {"dangling.prom", "loop.prom"}) CHECK(files.problems(got, name) == "unreadable");
  CHECK(files.problems(got, "link.prom") == "");
  CHECK(has(got, "good 1"));
  CHECK(files.collect().page == got.page);
}

TEST_CASE("textfile: size and number have bounds") {
  Textfiles files;
  std::string large(9 << 20, ' ');
  large += "\n";
  files.write("large.prom", large);
  files.write("small.prom", "small 1\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "large.prom") == "too_large");
  CHECK(has(got, "small 1"));
  files.write("large.prom", "large 1\n");
  CHECK(has(files.collect(), "large 1"));

  large.assign(7 << 20, ' ');
  for (const char* name : {"1.prom", "2.prom", "3.prom", "4.prom", "5.prom"}) files.write(name, large + "\n");
  const Collected many = files.collect();
  CHECK(files.problems(many, "4.prom") == "");
  CHECK(files.problems(many, "5.prom") == "too_large");
  CHECK(has(many, "small 1"));
}

TEST_CASE("textfile: a thousand files are read, and the folder says that there are more") {
  Textfiles files;
  for (int i = 1000; i < 2001; ++i) files.write(std::to_string(i) + ".prom", "x{i=\"" + std::to_string(i) + "\"} 1\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "") == "too_many");
  CHECK(has(got, "x{i=\"1999\"} 1"));
  CHECK_FALSE(has(got, "x{i=\"2000\"} 1"));
  files.remove("1000.prom");
  CHECK(has(files.collect(), "x{i=\"2000\"} 1"));
}

TEST_CASE("textfile: a name that is no UTF-8 cannot be a label") {
  Textfiles files;
  files.write("\xff.prom", "a 1\n");
  files.write("good.prom", "b 1\n");
  const Collected got = files.collect();
  CHECK(files.problems(got, "") == "bad_name");
  CHECK(has(got, "b 1"));
}

TEST_CASE("textfile: files change, come and go") {
  Textfiles files;
  files.write("b.prom", "b 1\n");
  CHECK(has(files.collect(), "b 1"));
  files.write("b.prom", "b 2\n");  // the same size, within the same tick of the clock
  CHECK(has(files.collect(), "b 2"));
  files.write("a.prom", "b 3\na 1\n");
  Collected got = files.collect();
  CHECK(has(got, "a 1"));
  CHECK(has(got, "b 3"));
  CHECK(files.problems(got, "b.prom") == "duplicate");
  files.remove("a.prom");
  got = files.collect();
  CHECK(has(got, "b 2"));
  CHECK(files.problems(got, "b.prom") == "");
  files.write("b.prom", "b\n");
  CHECK(files.problems(files.collect(), "b.prom") == "malformed");
  files.write("b.prom.tmp", "b 4\n");
  fs::rename(files.path("b.prom.tmp"), files.path("b.prom"));
  CHECK(has(files.collect(), "b 4"));
  files.remove("b.prom");
  CHECK(files.collect().samples == "node_textfile_scrape_error 0\n");
}

TEST_CASE("textfile: old files are marked and stay") {
  ManualClock clock(std::chrono::system_clock::now());
  Textfiles files({{"collector.textfile.max-age", "1h"}}, &clock);
  files.write("a.prom", "a 1\n");
  clock.advance(std::chrono::minutes{30});
  CHECK(has(files.collect(), "finwatch_textfile_stale{file=\"" + files.path("a.prom") + "\"} 0"));
  clock.advance(std::chrono::minutes{31});
  const Collected got = files.collect();
  CHECK(has(got, "finwatch_textfile_stale{file=\"" + files.path("a.prom") + "\"} 1"));
  CHECK(has(got, "a 1"));
  CHECK(has(got, "node_textfile_scrape_error 0"));
}

TEST_CASE("textfile: folders by pattern, each once") {
  const TemporaryTree tree;
  tree.write("teams/a/metrics/x.prom", "a 1\n");
  tree.write("teams/b/metrics/x.prom", "b 1\n");
  tree.write("teams/b/other/x.prom", "no 1\n");
  tree.write("teams/file", "");
  KeptCollector collector(
      textfile_collector, tree.env(),
      {{"collector.textfile.directory", tree.path("teams/*/metrics") + "," + tree.path("teams/[a]/metrics/")}});
  CHECK(collector.collect().samples.ends_with("a 1\nb 1\n"));
  tree.write("teams/c/metrics/x.prom", "c 1\n");
  CHECK(collector.collect().samples.ends_with("a 1\nb 1\nc 1\n"));
  tree.remove("teams/a");
  CHECK(has(collector.collect(),
            "finwatch_textfile_problem{file=\"" + tree.path("teams/[a]/metrics/") + "\",reason=\"unreadable\"} 1"));
  tree.remove("teams");
  CHECK(has(collector.collect(),
            "finwatch_textfile_problem{file=\"" + tree.path("teams/*/metrics") + "\",reason=\"unreadable\"} 1"));
}
