// Every collector of finwatch-host, one damaged file at a time.
//
// An input is the path of a file of test/fixtures/host, a newline, and what stands in it instead: "proc/meminfo\nMemFree: …".
// The collectors that read that file run on it, one that was running before and one that is new, and must make a sound page.
// The tree stands in the folder for temporary files, so give it TMPDIR=/dev/shm. FINWATCH_FUZZ_SEEDS=<folder> in the environment
// writes every fixture as an input there and ends.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "conf/yaml.h"
#include "core/files.h"
#include "fuzz/fuzz.h"
#include "host/collectors.h"
#include "support/collector_test.h"
#include "support/page_check.h"
#include "support/test_folder.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

namespace fs = std::filesystem;
using namespace finwatch;
using fuzz::require;

// What a collector needs beside its defaults to read all it can; "{tree}" in a flag is the tree. `section` is its part of a configuration file.
struct Configured {
  std::map<std::string, std::string> flags;
  const char* section = nullptr;
};
const Configured& configured(std::string_view collector) {
  static const Configured kNothing;
  static const std::map<std::string_view, Configured> kConfigured = {
      {"cpu",
       {{{"collector.cpu.info", "true"},
         {"collector.cpu.info.flags-include", ".*"},
         {"collector.cpu.info.bugs-include", ".*"}}}},
      {"netstat", {{{"collector.netstat.fields", ".*"}}}},
      {"ports", {{{"collector.ports.local", "22,1521,8080"}, {"collector.ports.remote", "3306"}}}},
      {"process_groups", {{}, "groups:\n- name: '{{.Comm}}:{{.ExeBase}}:{{.Matches.word}}'\n  cmdline: ['(?P<word>\\S+)$']\n"}},
      {"sysctl",
       {{{"collector.sysctl.include", "kernel.threads-max,kernel.random.entropy_avail"},
         {"collector.sysctl.include-info", "kernel.seccomp.actions_avail"}}}},
      {"textfile", {{{"collector.textfile.directory", "{tree}/textfile"}, {"collector.textfile.max-age", "1h"}}}},
      {"units", {{{"collector.units.include", ".*"}}, "names: [oracle.service, nc.service]\n"}},
      {"vmstat", {{{"collector.vmstat.fields", ".*"}}}},
  };
  const auto found = kConfigured.find(collector);
  return found == kConfigured.end() ? kNothing : found->second;
}

class Machine {
 public:
  Machine() {
    fs::copy(test::test_folder("fixtures/host"), tree_.path(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing);
    for (const auto& entry : fs::recursive_directory_iterator(tree_.path())) {
      if (!entry.is_regular_file() || entry.is_symlink()) continue;
      std::string path = entry.path().lexically_relative(tree_.path()).string();
      files_[path].content = *read_file(entry.path().string());
    }
    for (const CollectorInfo* info : host::collectors()) add_collector(*info);
    std::erase_if(files_, [](const auto& file) { return file.second.readers.empty(); });
    for (const auto& [path, file] : files_) names_.push_back(path);
    std::fprintf(stderr, "host: %zu collectors read %zu files\n", readers_.size(), names_.size());
  }

  bool knows(std::string_view path) const { return files_.contains(path); }
  const std::string& any_path(std::mt19937& random) const { return names_[random() % names_.size()]; }
  const std::string& content(std::string_view path) const { return files_.find(path)->second.content; }
  const std::vector<std::string>& paths() const { return names_; }

  void run(std::string_view path, std::string_view content) {
    const File& file = files_.find(path)->second;
    write(path, content);
    for (Reader* reader : file.readers) {
      check(*reader, *reader->kept);
      if (const auto fresh = make(*reader)) check(*reader, *fresh);
    }
    write(path, file.content);
  }

 private:
  struct Reader {
    const CollectorInfo* info = nullptr;
    Tree section;
    std::unique_ptr<test::KeptCollector> kept;
  };
  struct File {
    std::string content;
    std::vector<Reader*> readers;
  };

  // A collector may refuse to be made, when what it needs for that is damaged.
  std::unique_ptr<test::KeptCollector> make(const Reader& reader) const {
    const Configured& extra = configured(reader.info->name);
    std::map<std::string, std::string> flags = extra.flags;
    for (auto& [name, value] : flags)
      if (const std::size_t at = value.find("{tree}"); at != std::string::npos) value.replace(at, 6, tree_.path());
    try {
      return std::make_unique<test::KeptCollector>(*reader.info, tree_.env(&clock_), flags,
                                                   extra.section == nullptr ? nullptr : &reader.section);
    } catch (const std::runtime_error&) {
      return nullptr;
    }
  }

  // Which files it reads is seen from when they were last read.
  void add_collector(const CollectorInfo& info) {
    auto reader = std::make_unique<Reader>();
    reader->info = &info;
    if (const char* section = configured(info.name).section) reader->section = *parse_yaml(section, "fuzz.yml");
    const timespec times[2] = {{0, 0}, {0, UTIME_OMIT}};
    for (const auto& [path, file] : files_) ::utimensat(AT_FDCWD, tree_.path(path).c_str(), times, 0);
    reader->kept = make(*reader);
    require(reader->kept != nullptr, info.name);
    check(*reader, *reader->kept);
    bool reads = false;
    for (auto& [path, file] : files_) {
      struct stat status {};
      if (::stat(tree_.path(path).c_str(), &status) != 0 || status.st_atim.tv_sec == 0) continue;
      file.readers.push_back(reader.get());
      reads = true;
    }
    if (reads) readers_.push_back(std::move(reader));
  }

  static void check(const Reader& reader, test::KeptCollector& collector) {
    const test::Collected got = collector.collect();
    const test::CheckedPage page = test::check_page(got.page);
    if (!page.problem.empty()) std::fprintf(stderr, "%s\n", got.page.c_str());
    require(page.problem.empty(), std::string(reader.info->name) + ": " + page.problem);
  }

  // In place, so that descriptors which stayed open see it.
  void write(std::string_view path, std::string_view content) const {
    const Descriptor file(::open(tree_.path(path).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    require(file && ::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "the tree can be written");
  }

  test::TemporaryTree tree_;
  ManualClock clock_;
  std::map<std::string, File, std::less<>> files_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

Machine& machine() {
  static Machine instance;
  return instance;
}

// The length of "path\n" at the beginning of an input, 0 when it names no file.
std::size_t head_of(std::string_view input) {
  const std::size_t end = input.find('\n');
  return end != std::string_view::npos && machine().knows(input.substr(0, end)) ? end + 1 : 0;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* seeds = std::getenv("FINWATCH_FUZZ_SEEDS");
  if (seeds == nullptr) return 0;
  for (const std::string& path : machine().paths()) {
    std::string name = path;
    for (char& c : name)
      if (c == '/') c = '_';
    std::ofstream(fs::path(seeds) / name, std::ios::binary) << path << '\n' << machine().content(path);
  }
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t head = head_of(input);
  if (head != 0) machine().run(input.substr(0, head - 1), input.substr(head));
  return 0;
}

// Leaves the path whole, and sometimes takes another file as it is.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  constexpr unsigned kAnotherFile = 200;  // once in so many times
  std::mt19937 random(seed);
  const std::size_t head = head_of({reinterpret_cast<const char*>(data), size});
  if (head != 0 && head < most && random() % kAnotherFile != 0)
    return head + LLVMFuzzerMutate(data + head, size - head, most - head);
  const std::string& path = machine().any_path(random);
  const std::string input = (path + "\n" + machine().content(path)).substr(0, most);
  input.copy(reinterpret_cast<char*>(data), input.size());
  return input.size();
}
