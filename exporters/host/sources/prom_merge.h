// Many exposition texts into one part of a page: each family once, in one piece, no series twice, nothing of ours among it.
//
//   PromMerge merge([&](std::size_t file, TextfileProblem problem, std::string_view what) { … });
//   for (std::size_t i = 0; i < files.size(); ++i) merge.add(i, files[i].text);
//   merge.write(sink);
//
// Who comes first is right: the family or series of a later file that does not fit is left out and complained about.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/sink.h"
#include "host/sources/prom_text.h"

namespace finwatch::host {

enum class TextfileProblem : unsigned char {
  unreadable,  // a file or a folder
  not_a_file,  // a folder, a pipe or a device with the name of a textfile
  too_large,   // the file, or all together
  too_many,    // files, of a folder
  bad_name,    // files of a folder whose names are not UTF-8
  malformed,   // the text
  timestamp,   // a sample has one
  reserved,    // a family has a name of finwatch-host
  conflict,    // a family has another type in a file before, or its samples are called as those of another family
  duplicate,   // a series stands in a file before, or twice in this one
};
inline constexpr std::size_t kTextfileProblems = 10;

std::string_view to_string(TextfileProblem problem);

class PromMerge {
 public:
  using Complain = std::function<void(std::size_t file, TextfileProblem problem, const std::string& what)>;

  explicit PromMerge(Complain complain) : complain_(std::move(complain)) {}

  /// `text` must stay until write().
  void add(std::size_t file, const PromText& text);
  /// Families and series come sorted.
  void write(MetricSink& sink);

 private:
  struct Part {
    std::size_t file;
    const PromText* text;
    const PromFamily* family;
  };
  struct Row {
    const Part* part;
    const PromSeries* series;
    std::span<const LabelPair> labels() const { return part->text->labels(*series); }
  };

  bool claim(const PromFamily& family);
  void write_family(MetricSink& sink, std::span<const Part> parts);
  void write_series(MetricSink& sink, const Row& row);
  void write_point(MetricSink& sink, std::string_view suffix, std::string_view name, std::string_view bound, double value);

  Complain complain_;
  std::vector<Part> parts_;
  std::unordered_map<std::string, const PromFamily*> claims_;
  std::vector<Row> rows_;
  std::vector<LabelPair> labels_;  // of a bucket or quantile: those of its series and its bound
};

}  // namespace finwatch::host
