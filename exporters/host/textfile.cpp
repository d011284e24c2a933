#include <algorithm>
#include <bitset>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/folder_reader.h"
#include "host/sources/prom_merge.h"
#include "host/sources/text_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kScrapeError{MetricType::gauge, "node_textfile_scrape_error",
                                  "Whether anything is wrong with a textfile; finwatch_textfile_problem says what."};
constexpr MetricDesc kModified{MetricType::gauge, "node_textfile_mtime_seconds",
                               "When the textfile was last written, in seconds since 1970, from stat; of files that were read.",
                               "file"};
constexpr MetricDesc kStale{
    MetricType::gauge, "finwatch_textfile_stale",
    "Whether the textfile is older than --collector.textfile.max-age; its samples are shown all the same.", "file"};
constexpr MetricDesc kProblem{
    MetricType::gauge, "finwatch_textfile_problem",
    "1 for each thing that is wrong with a textfile or its folder; what is wrong is not on this page.", "file", "reason"};
constexpr MetricRef kMetrics[] = {kScrapeError, kModified, kStale, kProblem};

constexpr std::string_view kDirectory = "collector.textfile.directory";
constexpr std::string_view kMaxAge = "collector.textfile.max-age";
constexpr FlagSpec kFlags[] = {
    {FlagKind::list, kDirectory, "", "Folder to read *.prom files from; may hold * ? [ and may be given again."},
    {FlagKind::duration, kMaxAge, "0s", "Age in seconds from which a textfile is marked as stale; 0s marks none."},
};

constexpr std::size_t kMostFiles = 1000;
constexpr std::size_t kMostBytes = std::size_t{8} << 20;  // of one file
constexpr std::size_t kMostBytesOfAll = std::size_t{32} << 20;

using Problems = std::bitset<kTextfileProblems>;
constexpr std::size_t place_of(TextfileProblem problem) { return static_cast<std::size_t>(problem); }

struct File {
  explicit File(std::string path) : text(std::move(path)) {}
  TextFile text;
  Problems problems;
  Problems said;  // what the log knows
};

struct Folder {
  std::string path;
  KeptNames names = {};
  std::vector<File> files = {};
  std::size_t shown = 0;  // of the files: the rest is too many
  int error = 0;
  Problems problems = {};

  std::span<File> shown_files() { return {files.data(), shown}; }
  std::span<const File> shown_files() const { return {files.data(), shown}; }
};

class Textfiles final : public Collector {
 public:
  Textfiles(const Env& env, const Settings& settings)
      : clock_(*env.clock), log_(*env.log), max_age_(settings.duration(kMaxAge)) {
    for (const std::string& pattern : settings.list(kDirectory))
      if (!pattern.empty()) patterns_.emplace_back(pattern);
  }

  Status collect(const Scrape&, MetricSink& sink) override {
    if (look()) merge();
    write(sink);
    return ok();
  }

 private:
  /// True when the part of the page that the files make has to be made again.
  bool look() {
    bool changed = false;
    std::size_t placed = 0;
    for (FolderPattern& pattern : patterns_)
      for (const std::string& path : pattern.folders()) {
        const auto known = [&](const Folder& folder) { return folder.path == path; };
        if (std::any_of(folders_.begin(), folders_.begin() + static_cast<std::ptrdiff_t>(placed), known)) continue;
        const std::size_t before = folders_.size();
        list(kept_row(folders_, placed++, known, [&] { return Folder{.path = path}; }), changed);
        changed = changed || folders_.size() != before;
      }
    changed = changed || placed != folders_.size();
    folders_.erase(folders_.begin() + static_cast<std::ptrdiff_t>(placed), folders_.end());
    return look_at_files() || changed;
  }

  void list(Folder& folder, bool& changed) {
    bool bad_names = false;
    folder.problems.reset();
    const bool differs = folder.names.update([&](auto visit) {
      FolderReader reader(folder.path.c_str());
      while (const auto entry = reader.next()) {
        if (!entry->name.ends_with(".prom")) continue;
        const bool good = utf8_prefix(entry->name) == entry->name.size();  // it becomes a label
        bad_names = bad_names || !good;
        if (good) visit(entry->name);
      }
      if (reader.error() != 0 && reader.error() != folder.error)
        log_.warn("textfile folder cannot be read", {{"error", error_from_errno(reader.error(), folder.path).message}});
      folder.error = reader.error();
    });
    folder.problems.set(place_of(TextfileProblem::unreadable), folder.error != 0);
    folder.problems.set(place_of(TextfileProblem::bad_name), bad_names);
    if (!differs) return;
    changed = true;
    std::size_t placed = 0;
    for (const std::string& name : folder.names.get()) {
      if (placed == kMostFiles) break;
      const std::string path = Env::join(folder.path, name);
      kept_row(
          folder.files, placed++, [&](const File& file) { return file.text.path() == path; }, [&] { return File(path); });
    }
    folder.files.erase(folder.files.begin() + static_cast<std::ptrdiff_t>(placed), folder.files.end());
  }

  bool look_at_files() {
    const WallTime now = clock_.wall();
    bool changed = false;
    std::size_t files = 0;
    std::size_t bytes = 0;
    for (Folder& folder : folders_) {
      folder.shown = std::min(folder.files.size(), kMostFiles - files);
      folder.problems.set(place_of(TextfileProblem::too_many), folder.names.get().size() > folder.shown);
      files += folder.shown;
      for (File& file : folder.shown_files()) {
        changed = file.text.look(now, std::min(kMostBytes, kMostBytesOfAll - bytes)) || changed;
        bytes += file.text.size();
      }
    }
    return changed;
  }

  void merge() {
    merged_.clear();
    std::vector<File*> files;
    for (Folder& folder : folders_)
      for (File& file : folder.shown_files()) files.push_back(&file);
    PromMerge merging([&](std::size_t index, TextfileProblem problem, const std::string& what) {
      blame(*files[index], problem, files[index]->text.path() + ": " + what);
    });
    for (std::size_t i = 0; i < files.size(); ++i) {
      File& file = *files[i];
      file.said = file.problems;
      file.problems.reset();
      if (const auto problem = file.text.problem())
        blame(file, *problem, file.text.message());
      else
        merging.add(i, file.text.text());
    }
    merging.write(merged_);
  }

  void blame(File& file, TextfileProblem problem, const std::string& message) {
    const std::size_t place = place_of(problem);
    if (!file.problems.test(place) && !file.said.test(place))
      log_.warn("textfile not taken over as it is", {{"reason", to_string(problem)}, {"error", message}});
    file.problems.set(place);
  }

  void write(MetricSink& sink) {
    bool error = false;
    for (const Folder& folder : folders_) {
      error = error || folder.problems.any();
      for (const File& file : folder.shown_files()) error = error || file.problems.any();
    }
    sink.add(kScrapeError, error);
    each_read(sink.family(kModified), [](const TextFile& file) { return file.modified(); });
    if (max_age_.count() > 0) {
      const double oldest = to_seconds(clock_.wall()) - std::chrono::duration<double>(max_age_).count();
      each_read(sink.family(kStale), [&](const TextFile& file) { return static_cast<double>(file.modified()) < oldest; });
    }
    auto problems = sink.family(kProblem);
    for (const Folder& folder : folders_) {
      write_problems(problems, folder.path, folder.problems);
      for (const File& file : folder.shown_files()) write_problems(problems, file.text.path(), file.problems);
    }
    sink.append(merged_);
  }
  template <class Value>
  void each_read(Family<1> family, Value value) {
    for (const Folder& folder : folders_)
      for (const File& file : folder.shown_files())
        if (!file.text.problem() && !file.text.gone()) family.add(value(file.text), file.text.path());
  }
  static void write_problems(Family<2>& family, std::string_view path, const Problems& problems) {
    for (std::size_t i = 0; i < problems.size(); ++i)
      if (problems.test(i)) family.add(true, path, to_string(static_cast<TextfileProblem>(i)));
  }

  const Clock& clock_;
  Log& log_;
  const std::chrono::nanoseconds max_age_;
  std::vector<FolderPattern> patterns_;
  std::vector<Folder> folders_;
  MetricSink merged_;
};

}  // namespace

extern const CollectorInfo textfile_collector{
    .name = "textfile",
    .summary = "Metrics that scripts leave in *.prom files, and what is wrong with these files.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_collector<Textfiles>,
};

}  // namespace finwatch::host
