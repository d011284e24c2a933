// Where samples go: exposition text, written straight into one kept buffer. In steady state nothing is allocated.
//
//   constexpr MetricDesc kReads{MetricType::counter, "node_disk_reads_completed_total", "…", "device"};
//   auto family = sink.family(kReads);
//   for (const Disk& disk : disks) family.add(disk.reads, disk.name);       // label values are escaped here
//   sink.add(kLoad1, load);                                                 // a family without labels
//
// A family is written in one piece: open it, add its samples, open the next one. A family without samples leaves no trace.
// Integers are written exactly; doubles with the fewest digits that read back as the same double.
//
// The text holds samples only. What differs between text 0.0.4 and OpenMetrics (HELP, TYPE, UNIT, exemplars) is kept beside
// it as marks and put in by `exposition.h`, so one run serves scrapers of both kinds. Long text that another sink keeps is lent by it
// and not copied.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "core/metric.h"

namespace finwatch {

/// What happened once, beside the bucket it fell into. Written in OpenMetrics only.
struct Exemplar {
  std::string_view label;
  std::string_view value;
  double observed = 0;
  double timestamp_seconds = 0;  // 0: left out
};

/// One bucket: how many observations were ≤ upper_bound. Counts are cumulative. The +Inf bucket is written from `count`.
struct HistogramBucket {
  double upper_bound = 0;
  std::uint64_t cumulative_count = 0;
  const Exemplar* exemplar = nullptr;
};

struct Histogram {
  std::span<const HistogramBucket> buckets;  // ascending, without +Inf
  std::uint64_t count = 0;
  double sum = 0;
};

template <std::size_t N>
class Family;

/// Label names and values that are known only while running (textfile, labels of a bridge). Names must be valid.
struct LabelPair {
  std::string_view name;
  std::string_view value;
};

/// The first K labels of many samples, escaped once. Made by first_labels().
template <std::size_t K>
struct FirstLabels {
  Buffer text;  // {target="a",engine="b"
};

class MetricSink {
 public:
  template <std::size_t N>
  Family<N> family(const MetricDesc<N>& desc) {
    return Family<N>(*this, desc, desc.name);
  }
  /// A family whose full name is found at run time; `name` must match desc.name's `*` and outlive the Family.
  template <std::size_t N>
  Family<N> family(const MetricDesc<N>& desc, std::string_view name) {
    return Family<N>(*this, desc, name);
  }
  template <class V>
  void add(const MetricDesc<0>& desc, V number);

  // The runtime-typed door, for bridges: open_family, then add_sample as often as needed.
  void open_family(MetricType type, std::string_view name, std::string_view help);
  /// `suffix` is "", "_bucket", "_sum" or "_count".
  void add_sample(std::string_view suffix, std::span<const LabelPair> labels, double number);

  /// Keeps a sink whose lines are borrowed until clear(). Nobody may write to it.
  void keep(std::shared_ptr<const MetricSink> lender) { lenders_.push_back(std::move(lender)); }
  /// Samples of the family that was opened last, as a kept sink has them: whole lines.
  void borrow_lines(std::string_view lines, std::size_t series);

  void clear();
  /// Gives back the memory that what was written does not need.
  void shrink();
  /// The same for one that is kept and not written again before clear(): names and helps that other kept sinks say too are kept once.
  void settle();
  bool empty() const { return text_.empty() && borrowed_.empty(); }
  std::size_t series() const { return series_; }
  /// What was written here; what was borrowed is not in it.
  std::string_view samples() const { return text_.view(); }

  /// What stands at `offset` of samples(): the beginning of a family; a stretch of `exemplar_length` that only OpenMetrics shows; lines
  /// of another sink.
  struct Mark {
    enum class Kind : unsigned char { family, exemplar, borrowed };
    std::uint32_t offset = 0;
    std::uint32_t place = 0;  // of a family: in meta(), the name, then the help; of what was borrowed: which one
    std::uint16_t name_length = 0;
    std::uint16_t help_length = 0;
    std::uint16_t exemplar_length = 0;
    MetricType type = MetricType::gauge;
    Kind kind = Kind::family;
  };
  std::span<const Mark> marks() const { return marks_; }
  std::string_view meta() const { return shared_meta_ ? shared_meta_->view() : meta_.view(); }
  std::string_view name_of(const Mark& mark) const { return meta().substr(mark.place, mark.name_length); }
  std::string_view help_of(const Mark& mark) const { return meta().substr(mark.place + mark.name_length, mark.help_length); }
  std::string_view borrowed(const Mark& mark) const { return borrowed_[mark.place]; }
  /// Copies everything of `other` behind what is here.
  void append(const MetricSink& other);

 private:
  template <std::size_t>
  friend class Family;

  void begin_line(std::string_view name, std::string_view suffix) {
    text_.append(name);
    if (!suffix.empty()) text_.append(suffix);
  }
  void label(char before, std::string_view name, std::string_view value);
  void begin_bucket(char before) {
    text_.append(before);
    text_.append("le=\"");
  }
  void end_bucket(double upper_bound);
  void end_labels() { text_.append('}'); }
  void value(double number);
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void exemplar(const Exemplar& what);
  void end_line() {
    text_.append('\n');
    ++series_;
  }

  Buffer text_;
  Buffer meta_;
  std::shared_ptr<const Buffer> shared_meta_;  // in its place, once settled
  std::vector<Mark> marks_;
  std::vector<std::string_view> borrowed_;
  std::vector<std::shared_ptr<const MetricSink>> lenders_;
  std::size_t series_ = 0;
};

template <std::size_t N>
class Family {
 public:
  Family(MetricSink& sink, const MetricDesc<N>& desc, std::string_view name) : sink_(sink), desc_(desc), name_(name) {}

  /// One sample. `values` are the label values, in the order of the description.
  template <class V, std::convertible_to<std::string_view>... L>
  Family& add(V number, const L&... values) {
    static_assert(sizeof...(L) == N, "one value for each label of the metric");
    begin({});
    begin_labels(std::array<std::string_view, N>{std::string_view(values)...});
    if (N > 0) sink_.end_labels();
    finish(number);
    return *this;
  }

  /// The same where the first K labels stand ready.
  template <std::size_t K, class V, std::convertible_to<std::string_view>... L>
  Family& add_after(const FirstLabels<K>& first, V number, const L&... values) {
    static_assert(K > 0 && K + sizeof...(L) == N, "one value for each label of the metric that does not stand ready");
    begin({});
    sink_.text_.append(first.text.view());
    [[maybe_unused]] std::size_t i = K;
    (sink_.label(',', desc_.labels[i++], std::string_view(values)), ...);
    sink_.end_labels();
    finish(number);
    return *this;
  }

  /// One sample for each value of the last label: number(i) is that of last[i]. The labels before it are escaped once, then copied.
  template <class Number, std::convertible_to<std::string_view>... L>
  Family& add_each(std::span<const std::string_view> last, Number&& number, const L&... values) {
    static_assert(sizeof...(L) + 1 == N, "one value for each label but the last");
    const std::array<std::string_view, N - 1> labels{std::string_view(values)...};
    const std::size_t first_line = sink_.text_.size();
    std::size_t length = 0;
    for (std::size_t i = 0; i < last.size(); ++i) {
      if (i == 0) {
        begin({});
        begin_labels(labels);
        length = sink_.text_.size() - first_line;
      } else {
        sink_.text_.append_own(first_line, length);
      }
      sink_.label(N == 1 ? '{' : ',', desc_.labels[N - 1], last[i]);
      sink_.end_labels();
      finish(number(i));
    }
    return *this;
  }

  /// A classic histogram: its buckets, sum and count.
  template <std::convertible_to<std::string_view>... L>
  Family& add_histogram(const Histogram& histogram, const L&... values) {
    static_assert(sizeof...(L) == N, "one value for each label of the metric");
    const std::array<std::string_view, N> labels{std::string_view(values)...};
    const std::size_t first_line = sink_.text_.size();  // what all lines begin with: written and escaped once, then copied
    begin("_bucket");
    const std::size_t first_label = sink_.text_.size();
    begin_labels(labels);
    const std::size_t labels_end = sink_.text_.size();
    sink_.begin_bucket(N == 0 ? '{' : ',');
    const std::size_t bucket_begins = sink_.text_.size() - first_line;
    bool written = false;
    const auto bucket = [&](double bound, std::uint64_t count, const Exemplar* exemplar) {
      if (std::exchange(written, true)) sink_.text_.append_own(first_line, bucket_begins);
      sink_.end_bucket(bound);
      sink_.value(count);
      if (exemplar != nullptr) sink_.exemplar(*exemplar);
      sink_.end_line();
    };
    for (const HistogramBucket& each : histogram.buckets) bucket(each.upper_bound, each.cumulative_count, each.exemplar);
    bucket(kInfinity, histogram.count, nullptr);
    const auto total = [&](std::string_view suffix, auto number) {
      begin(suffix);
      sink_.text_.append_own(first_label, labels_end - first_label);
      if (N > 0) sink_.end_labels();
      finish(number);
    };
    total("_sum", histogram.sum);
    total("_count", histogram.count);
    return *this;
  }

  /// One sample a state, 1 for the one that holds. `state_label` must be the last label of the description.
  template <std::convertible_to<std::string_view>... L>
  Family& add_states(std::span<const std::string_view> states, std::string_view current, const L&... values) {
    static_assert(sizeof...(L) + 1 == N, "one value for each label but the last, which is the state");
    return add_each(
        states, [&](std::size_t i) { return states[i] == current; }, values...);
  }

 private:
  static constexpr double kInfinity = __builtin_huge_val();

  void begin(std::string_view suffix) {
    if (!open_) {
      sink_.open_family(desc_.type, name_, desc_.help);
      open_ = true;
    }
    sink_.begin_line(name_, suffix);
  }
  template <std::size_t K>
  void begin_labels(const std::array<std::string_view, K>& values) {
    for (std::size_t i = 0; i < K; ++i) sink_.label(i == 0 ? '{' : ',', desc_.labels[i], values[i]);
  }
  template <class V>
  void finish(V number) {
    if constexpr (std::same_as<V, bool> || std::signed_integral<V>)
      sink_.value(std::int64_t{number});
    else if constexpr (std::unsigned_integral<V>)
      sink_.value(std::uint64_t{number});
    else
      sink_.value(static_cast<double>(number));
    sink_.end_line();
  }
  MetricSink& sink_;
  const MetricDesc<N>& desc_;
  std::string_view name_;
  bool open_ = false;
};

template <class V>
void MetricSink::add(const MetricDesc<0>& desc, V number) {
  family(desc).add(number);
}

/// Appends `value` as Prometheus spells it: shortest digits that read back the same, NaN, +Inf, -Inf.
void append_number(Buffer& out, double value);

/// Appends `text` with \ " and newline escaped and every byte that is not valid UTF-8 replaced by U+FFFD.
void append_label_value(Buffer& out, std::string_view text);

template <std::size_t K>
FirstLabels<K> first_labels(const LabelPair (&labels)[K]) {
  FirstLabels<K> first;
  char before = '{';
  for (const LabelPair& label : labels) {
    first.text.append(before);
    first.text.append(label.name);
    first.text.append("=\"");
    append_label_value(first.text, label.value);
    first.text.append('"');
    before = ',';
  }
  return first;
}

}  // namespace finwatch
