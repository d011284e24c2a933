#include "core/sink.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <mutex>
#include <unordered_map>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::size_t kLongestNumber = 32;
constexpr std::size_t kWorthBorrowing = 256;  // less is copied for what a mark would cost

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80 || c == '\\' || c == '"' || c == '\n') return false;
  return true;
}

// Names and helps of the sinks that are kept: those of fifty targets are the same.
class KeptMeta {
 public:
  std::shared_ptr<const Buffer> one_of(Buffer&& meta) {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(meta.view());
    if (found != all_.end()) {
      if (auto shared = found->second.lock()) return shared;
      all_.erase(found);  // the last who had it is about to forget it
    }
    const std::shared_ptr<const Buffer> kept(new Buffer(std::move(meta)), [this](const Buffer* last) { forget(last); });
    all_.emplace(kept->view(), kept);
    return kept;
  }

 private:
  void forget(const Buffer* last) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = all_.find(last->view());
      if (found != all_.end() && found->second.expired()) all_.erase(found);
    }
    delete last;
  }

  std::mutex mutex_;
  std::unordered_map<std::string_view, std::weak_ptr<const Buffer>> all_;
};

KeptMeta& kept_meta() {
  static auto* const kept = new KeptMeta;  // never ended: threads that hang may outlive main
  return *kept;
}

}  // namespace

void append_number(Buffer& out, double value) {
  if (std::isnan(value)) return out.append("NaN");
  if (std::isinf(value)) return out.append(value > 0 ? "+Inf" : "-Inf");
  char* begin = out.room(kLongestNumber);
  // An integer is the common case, and printing it as one is four times as fast as the shortest-digits search.
  if (std::fabs(value) < 1e15) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value && (whole != 0 || !std::signbit(value)))
      return out.commit(static_cast<std::size_t>(std::to_chars(begin, begin + kLongestNumber, whole).ptr - begin));
  }
  out.commit(static_cast<std::size_t>(std::to_chars(begin, begin + kLongestNumber, value).ptr - begin));
}

void append_label_value(Buffer& out, std::string_view text) {
  if (is_plain(text)) return out.append(text);
  while (!text.empty()) {
    const std::size_t valid = utf8_prefix(text);
    for (const char c : text.substr(0, valid)) {
      if (c == '\\')
        out.append("\\\\");
      else if (c == '"')
        out.append("\\\"");
      else if (c == '\n')
        out.append("\\n");
      else
        out.append(c);
    }
    text.remove_prefix(valid);
    if (text.empty()) return;
    out.append("\xEF\xBF\xBD");  // U+FFFD
    text.remove_prefix(1);
  }
}

void MetricSink::open_family(MetricType type, std::string_view name, std::string_view help) {
  constexpr std::size_t kLongest = 0xFFFF;
  assert(name.size() <= kLongest);
  // A help that came from outside may not be UTF-8, and being cut may have split its last character.
  std::string mended;
  std::string_view short_help = help.substr(0, kLongest);
  if (const std::size_t valid = utf8_prefix(short_help); valid != short_help.size()) {
    mended = valid_utf8(short_help);
    short_help = std::string_view(mended).substr(0, kLongest);
    short_help = short_help.substr(0, utf8_prefix(short_help));
  }
  Mark mark;
  mark.offset = static_cast<std::uint32_t>(text_.size());
  mark.place = static_cast<std::uint32_t>(meta_.size());
  mark.name_length = static_cast<std::uint16_t>(name.size());
  mark.help_length = static_cast<std::uint16_t>(short_help.size());
  mark.type = type;
  meta_.append(name);
  meta_.append(short_help);
  marks_.push_back(mark);
}

void MetricSink::add_sample(std::string_view suffix, std::span<const LabelPair> labels, double number) {
  assert(!marks_.empty());
  std::size_t family = marks_.size() - 1;
  while (marks_[family].kind != Mark::Kind::family) --family;
  begin_line(name_of(marks_[family]), suffix);
  char before = '{';
  for (const LabelPair& pair : labels) {
    label(before, pair.name, pair.value);
    before = ',';
  }
  if (!labels.empty()) end_labels();
  value(number);
  end_line();
}

void MetricSink::clear() {
  text_.clear();
  meta_.clear();
  shared_meta_.reset();
  marks_.clear();
  borrowed_.clear();
  lenders_.clear();
  series_ = 0;
}

void MetricSink::shrink() {
  text_.shrink();
  meta_.shrink();
  marks_.shrink_to_fit();
  borrowed_.shrink_to_fit();
  lenders_.shrink_to_fit();
}

void MetricSink::settle() {
  shrink();
  if (!shared_meta_ && !meta_.empty()) shared_meta_ = kept_meta().one_of(std::move(meta_));
  meta_ = {};
}

void MetricSink::borrow_lines(std::string_view lines, std::size_t series) {
  series_ += series;
  if (lines.size() < kWorthBorrowing) return text_.append(lines);
  Mark mark;
  mark.kind = Mark::Kind::borrowed;
  mark.offset = static_cast<std::uint32_t>(text_.size());
  mark.place = static_cast<std::uint32_t>(borrowed_.size());
  marks_.push_back(mark);
  borrowed_.push_back(lines);
}

void MetricSink::append(const MetricSink& other) {
  const auto text_base = static_cast<std::uint32_t>(text_.size());
  const auto meta_base = static_cast<std::uint32_t>(meta_.size());
  const auto borrowed_base = static_cast<std::uint32_t>(borrowed_.size());
  text_.append(other.text_.view());
  meta_.append(other.meta());
  marks_.reserve(marks_.size() + other.marks_.size());
  for (Mark mark : other.marks_) {
    mark.offset += text_base;
    mark.place += mark.kind == Mark::Kind::borrowed ? borrowed_base : meta_base;
    marks_.push_back(mark);
  }
  borrowed_.insert(borrowed_.end(), other.borrowed_.begin(), other.borrowed_.end());
  lenders_.insert(lenders_.end(), other.lenders_.begin(), other.lenders_.end());
  series_ += other.series_;
}

void MetricSink::label(char before, std::string_view name, std::string_view value) {
  char* out = text_.room(name.size() + 3);
  *out++ = before;
  std::memcpy(out, name.data(), name.size());
  out += name.size();
  *out++ = '=';
  *out = '"';
  text_.commit(name.size() + 3);
  append_label_value(text_, value);
  text_.append('"');
}

void MetricSink::end_bucket(double upper_bound) {
  const std::size_t start = text_.size();
  append_number(text_, upper_bound);
  // OpenMetrics wants floats to look like floats, and both formats must agree or the series would change its name.
  const std::string_view written = text_.view().substr(start);
  if (written.find_first_not_of("-0123456789") == std::string_view::npos) text_.append(".0");
  text_.append("\"}");
}

void MetricSink::value(double number) {
  text_.append(' ');
  append_number(text_, number);
}

void MetricSink::value(std::int64_t number) {
  char* out = text_.room(kLongestNumber);
  *out = ' ';
  text_.commit(static_cast<std::size_t>(std::to_chars(out + 1, out + kLongestNumber, number).ptr - out));
}

void MetricSink::value(std::uint64_t number) {
  char* out = text_.room(kLongestNumber);
  *out = ' ';
  text_.commit(static_cast<std::size_t>(std::to_chars(out + 1, out + kLongestNumber, number).ptr - out));
}

void MetricSink::exemplar(const Exemplar& what) {
  Mark mark;
  mark.offset = static_cast<std::uint32_t>(text_.size());
  mark.kind = Mark::Kind::exemplar;
  text_.append(" # ");
  label('{', what.label, what.value);
  end_labels();
  value(what.observed);
  if (what.timestamp_seconds != 0) value(what.timestamp_seconds);
  mark.exemplar_length = static_cast<std::uint16_t>(text_.size() - mark.offset);
  marks_.push_back(mark);
}

}  // namespace finwatch
