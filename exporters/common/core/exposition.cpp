#include "core/exposition.h"

#include <algorithm>
#include <optional>

#include "core/text.h"

namespace finwatch {
namespace {

template <class Out>
void append_help(Out& out, std::string_view help, Format format) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < help.size(); ++i) {
    const char c = help[i];
    const bool quote = c == '"' && format == Format::open_metrics;
    if (c != '\\' && c != '\n' && !quote) continue;
    out.append(help.substr(start, i - start));
    out.append(c == '\n' ? "\\n" : c == '"' ? "\\\"" : "\\\\");
    start = i + 1;
  }
  out.append(help.substr(start));
}

std::string_view type_word(MetricType type, Format format) {
  if (format == Format::open_metrics) return to_string(type);
  if (type == MetricType::unknown) return "untyped";
  if (type == MetricType::info || type == MetricType::stateset) return "gauge";
  return to_string(type);
}

// OpenMetrics names the family without the suffix that its samples carry.
std::string_view family_name(std::string_view name, MetricType type, Format format) {
  if (format == Format::text) return name;
  if (type == MetricType::counter && name.ends_with("_total")) name.remove_suffix(6);
  if (type == MetricType::info && name.ends_with("_info")) name.remove_suffix(5);
  return name;
}

template <class Out>
void append_line(Out& out, std::string_view keyword, std::string_view name, std::string_view rest) {
  out.append(keyword);
  out.append(name);
  out.append(" ");
  out.append(rest);
  out.append("\n");
}

template <class Out>
void write_header(const MetricSink& sink, const MetricSink::Mark& mark, Format format, Out& out) {
  // A counter whose name lacks _total is one that the kernel or a textfile named: OpenMetrics can only call it unknown.
  const std::string_view full_name = sink.name_of(mark);
  MetricType type = mark.type;
  if (format == Format::open_metrics && type == MetricType::counter && !full_name.ends_with("_total"))
    type = MetricType::unknown;
  const std::string_view name = family_name(full_name, type, format);
  out.append("# HELP ");
  out.append(name);
  out.append(" ");
  append_help(out, sink.help_of(mark), format);
  out.append("\n");
  append_line(out, "# TYPE ", name, type_word(type, format));
  if (format == Format::open_metrics && type != MetricType::info && type != MetricType::stateset)
    if (const std::string_view unit = unit_of(name); !unit.empty()) append_line(out, "# UNIT ", name, unit);
}

template <class Out>
void write(const MetricSink& sink, Format format, Out& out) {
  const std::string_view samples = sink.samples();
  std::size_t written = 0;
  for (const MetricSink::Mark& mark : sink.marks()) {
    out.append(samples.substr(written, mark.offset - written));
    written = mark.offset;
    switch (mark.kind) {
      case MetricSink::Mark::Kind::family: write_header(sink, mark, format, out); break;
      case MetricSink::Mark::Kind::borrowed: out.append(sink.borrowed(mark)); break;
      case MetricSink::Mark::Kind::exemplar:
        if (format == Format::text) written += mark.exemplar_length;
        break;
    }
  }
  out.append(samples.substr(written));
}

struct MediaRange {
  std::string_view type;
  std::string_view version;
  double quality = 1;
};

std::string_view without_quotes(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

// Types, codings and parameter names are the same in capitals (RFC 9110).
MediaRange parse_media_range(std::string_view text) {
  FieldReader parts(text, ';');
  MediaRange range{.type = trim(parts.next())};
  while (!parts.done()) {
    FieldReader part(trim(parts.next()), '=');
    const std::string_view name = trim(part.next());
    const std::string_view value = without_quotes(trim(part.rest()));
    if (same_word(name, "version")) range.version = value;
    if (same_word(name, "q")) range.quality = to_number<double>(value).value_or(0);
  }
  return range;
}

}  // namespace

std::string_view content_type(Format format) {
  return format == Format::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                        : "text/plain; version=0.0.4; charset=utf-8";
}

Format negotiate_format(std::string_view accept) {
  double open_metrics = 0;
  double text = -1;      // -1: not named
  double any_text = -1;  // text/*
  double anything = 0;   // */*
  for (FieldReader ranges(accept, ','); !ranges.done();) {
    const MediaRange range = parse_media_range(ranges.next());
    if (same_word(range.type, "application/openmetrics-text")) {
      if (range.version.empty() || range.version == "1.0.0" || range.version == "0.0.1")
        open_metrics = std::max(open_metrics, range.quality);
    } else if (same_word(range.type, "text/plain")) {
      if (range.version.empty() || range.version == "0.0.4") text = std::max(text, range.quality);
    } else if (same_word(range.type, "text/*")) {
      any_text = std::max(any_text, range.quality);
    } else if (range.type == "*/*") {
      anything = std::max(anything, range.quality);
    }
  }
  const double for_text = text >= 0 ? text : any_text >= 0 ? any_text : anything;
  return open_metrics > 0 && open_metrics >= for_text ? Format::open_metrics : Format::text;
}

bool accepts_gzip(std::string_view accept_encoding) {
  double any = 0;
  for (FieldReader codings(accept_encoding, ','); !codings.done();) {
    const MediaRange coding = parse_media_range(codings.next());
    if (same_word(coding.type, "gzip") || same_word(coding.type, "x-gzip")) return coding.quality > 0;
    if (coding.type == "*") any = coding.quality;
  }
  return any > 0;
}

void write_page(const MetricSink& sink, Format format, Buffer& out) { write(sink, format, out); }
void write_page(const MetricSink& sink, Format format, PageTaker& out) { write(sink, format, out); }

std::string_view end_of_page(Format format) { return format == Format::open_metrics ? "# EOF\n" : ""; }

Buffer whole_page(const MetricSink& sink, Format format) {
  Buffer page;
  write_page(sink, format, page);
  page.append(end_of_page(format));
  return page;
}

}  // namespace finwatch
