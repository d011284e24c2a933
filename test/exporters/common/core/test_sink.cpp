#include "core/sink.h"

#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "core/exposition.h"
#include "core/text.h"
#include "support/catch.h"

using namespace finwatch;

namespace {

constexpr MetricDesc kPlain{MetricType::gauge, "test_temperature_celsius", "How warm it is, in degrees Celsius."};
constexpr MetricDesc kCounted{MetricType::counter, "test_jobs_total", "Jobs by \"kind\" and\nresult \\ outcome.", "kind",
                              "result"};
constexpr MetricDesc kBuild{MetricType::info, "test_build_info", "What was built.", "version"};
constexpr MetricDesc kState{MetricType::stateset, "test_state", "The state it is in.", "state"};
constexpr MetricDesc kTook{MetricType::histogram, "test_took_seconds", "How long it took, in seconds.", "flow"};
constexpr MetricDesc kField{MetricType::unknown, "test_field_*", "A field the kernel named."};

std::string page(const MetricSink& sink, Format format) { return std::string(whole_page(sink, format).view()); }
std::string number(double value) {
  Buffer out;
  append_number(out, value);
  return std::string(out.view());
}
std::string label(std::string_view value) {
  Buffer out;
  append_label_value(out, value);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("sink: the whole page in text 0.0.4") {
  MetricSink sink;
  sink.add(kPlain, 36.6);
  sink.family(kCounted).add(std::uint64_t{18446744073709551615U}, "voucher", "posted").add(-0.5, "voucher", "lost");
  sink.family(kBuild).add(true, "0.1.0");
  sink.family(kField, "test_field_TcpExt").add(std::int64_t{-7});
  CHECK(page(sink, Format::text) ==
        "# HELP test_temperature_celsius How warm it is, in degrees Celsius.\n"
        "# TYPE test_temperature_celsius gauge\n"
        "test_temperature_celsius 36.6\n"
        "# HELP test_jobs_total Jobs by \"kind\" and\\nresult \\\\ outcome.\n"
        "# TYPE test_jobs_total counter\n"
        "test_jobs_total{kind=\"voucher\",result=\"posted\"} 18446744073709551615\n"
        "test_jobs_total{kind=\"voucher\",result=\"lost\"} -0.5\n"
        "# HELP test_build_info What was built.\n"
        "# TYPE test_build_info gauge\n"
        "test_build_info{version=\"0.1.0\"} 1\n"
        "# HELP test_field_TcpExt A field the kernel named.\n"
        "# TYPE test_field_TcpExt untyped\n"
        "test_field_TcpExt -7\n");
  CHECK(sink.series() == 5);
}

TEST_CASE("sink: the whole page in OpenMetrics, with units, states and exemplars") {
  MetricSink sink;
  sink.add(kPlain, 36.6);
  sink.family(kCounted).add(3, "voucher", "posted");
  sink.family(kBuild).add(true, "0.1.0");
  constexpr std::string_view kStates[] = {"open", "closed"};
  sink.family(kState).add_states(kStates, "closed");
  const Exemplar slow{.label = "trace", .value = "月末", .observed = 0.7, .timestamp_seconds = 1700000000.5};
  const HistogramBucket buckets[] = {{.upper_bound = 0.5, .cumulative_count = 1},
                                     {.upper_bound = 1, .cumulative_count = 2, .exemplar = &slow}};
  sink.family(kTook).add_histogram({.buckets = buckets, .count = 3, .sum = 9.25}, "close");
  CHECK(page(sink, Format::open_metrics) ==
        "# HELP test_temperature_celsius How warm it is, in degrees Celsius.\n"
        "# TYPE test_temperature_celsius gauge\n"
        "# UNIT test_temperature_celsius celsius\n"
        "test_temperature_celsius 36.6\n"
        "# HELP test_jobs Jobs by \\\"kind\\\" and\\nresult \\\\ outcome.\n"
        "# TYPE test_jobs counter\n"
        "test_jobs_total{kind=\"voucher\",result=\"posted\"} 3\n"
        "# HELP test_build What was built.\n"
        "# TYPE test_build info\n"
        "test_build_info{version=\"0.1.0\"} 1\n"
        "# HELP test_state The state it is in.\n"
        "# TYPE test_state stateset\n"
        "test_state{state=\"open\"} 0\n"
        "test_state{state=\"closed\"} 1\n"
        "# HELP test_took_seconds How long it took, in seconds.\n"
        "# TYPE test_took_seconds histogram\n"
        "# UNIT test_took_seconds seconds\n"
        "test_took_seconds_bucket{flow=\"close\",le=\"0.5\"} 1\n"
        "test_took_seconds_bucket{flow=\"close\",le=\"1.0\"} 2 # {trace=\"月末\"} 0.7 1700000000.5\n"
        "test_took_seconds_bucket{flow=\"close\",le=\"+Inf\"} 3\n"
        "test_took_seconds_sum{flow=\"close\"} 9.25\n"
        "test_took_seconds_count{flow=\"close\"} 3\n"
        "# EOF\n");
  CHECK(page(sink, Format::text).find("trace") == std::string::npos);
  CHECK(page(sink, Format::text).find("test_took_seconds_bucket{flow=\"close\",le=\"1.0\"} 2\n") != std::string::npos);
}

TEST_CASE("sink: a family without samples leaves no trace") {
  MetricSink sink;
  sink.family(kCounted);
  CHECK(page(sink, Format::text).empty());
  CHECK(page(sink, Format::open_metrics) == "# EOF\n");
}

TEST_CASE("sink: the door for names known only while running") {
  MetricSink sink;
  sink.open_family(MetricType::counter, "made_elsewhere", "A counter without _total.");
  const LabelPair labels[] = {{"path", "C:\\账套\n\"2026\""}};
  sink.add_sample("", labels, 1e300);
  sink.add_sample("", {}, 2);
  CHECK(page(sink, Format::text) ==
        "# HELP made_elsewhere A counter without _total.\n"
        "# TYPE made_elsewhere counter\n"
        "made_elsewhere{path=\"C:\\\\账套\\n\\\"2026\\\"\"} 1e+300\n"
        "made_elsewhere 2\n");
  CHECK(page(sink, Format::open_metrics).find("# TYPE made_elsewhere unknown\n") != std::string::npos);
}

TEST_CASE("sink: append() keeps marks where they belong") {
  MetricSink first;
  MetricSink second;
  first.add(kPlain, 1);
  second.family(kBuild).add(true, "x");
  second.add(kPlain, 2);
  const std::string expected = page(first, Format::text) + page(second, Format::text);
  first.append(second);
  CHECK(page(first, Format::text) == expected);
  CHECK(first.series() == 3);
}

TEST_CASE("sink: borrowed lines stand where they were put, short or long, and go back with clear()") {
  auto lender = std::make_shared<MetricSink>();
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lender->family(kCounted).add(i, "posting", std::to_string(i));
    lines += "test_jobs_total{kind=\"posting\",result=\"" + std::to_string(i) + "\"} " + std::to_string(i) + "\n";
  }
  lender->shrink();
  REQUIRE(lender->samples() == lines);
  const std::string_view all = lender->samples();
  const std::string_view one = all.substr(0, all.find('\n') + 1);
  const std::weak_ptr<const MetricSink> kept = lender;
  MetricSink sink;
  sink.keep(std::move(lender));
  sink.add(kPlain, 1);
  sink.open_family(MetricType::counter, "test_jobs_total", "Jobs.");
  sink.borrow_lines(one, 1);
  sink.borrow_lines(all, 40);
  sink.borrow_lines(all, 40);
  sink.family(kBuild).add(1, "0.1");
  CHECK(sink.series() == 83);
  CHECK(sink.samples().size() < all.size());
  const std::string expected =
      "# HELP test_temperature_celsius How warm it is, in degrees Celsius.\n# TYPE test_temperature_celsius gauge\n"
      "test_temperature_celsius 1\n# HELP test_jobs_total Jobs.\n# TYPE test_jobs_total counter\n" +
      std::string(one) + lines + lines +
      "# HELP test_build_info What was built.\n# TYPE test_build_info gauge\ntest_build_info{version=\"0.1\"} 1\n";
  CHECK(page(sink, Format::text) == expected);
  CHECK(page(sink, Format::open_metrics)
            .find("# TYPE test_jobs counter\n" + std::string(one) + lines + lines + "# HELP test_build ") != std::string::npos);
  MetricSink copy;
  copy.append(sink);
  sink.clear();
  CHECK(sink.empty());
  CHECK(page(copy, Format::text) == expected);
  copy.clear();
  CHECK(kept.expired());
}

TEST_CASE("sink: numbers are spelt as Prometheus reads them") {
  CHECK(number(0) == "0");
  CHECK(number(-0.0) == "-0");
  CHECK(number(1e14) == "100000000000000");
  CHECK(number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(number(std::nan("")) == "NaN");
  CHECK(number(-std::nan("")) == "NaN");
  CHECK(number(INFINITY) == "+Inf");
  CHECK(number(-INFINITY) == "-Inf");
  CHECK(number(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(number(std::numeric_limits<double>::denorm_min()) == "5e-324");
}

TEST_CASE("sink: every double reads back as itself") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::optional<double> back = to_number<double>(std::string_view(number(value)));
    REQUIRE(back);
    REQUIRE(std::bit_cast<std::uint64_t>(*back) == std::bit_cast<std::uint64_t>(value));
  }
}

TEST_CASE("sink: label values are escaped, and every bad byte becomes U+FFFD") {
  CHECK(label("总账 GL") == "总账 GL");
  CHECK(label("a\\b\"c\nd\te") == "a\\\\b\\\"c\\nd\te");
  CHECK(label("\xFF") == "\xEF\xBF\xBD");
  CHECK(label("a\xC0\x80z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");              // an overlong NUL
  CHECK(label("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(label("\xE6\x9C") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut short
  CHECK(label("\xF4\x90\x80\x80").find('\xF4') == std::string::npos);      // above U+10FFFF
  CHECK(label("\U0001F4B0") == "\U0001F4B0");
}

TEST_CASE("exposition: negotiation by q-values") {
  CHECK(negotiate_format("") == Format::text);
  CHECK(negotiate_format("*/*") == Format::text);
  CHECK(negotiate_format("text/html") == Format::text);
  CHECK(negotiate_format("application/openmetrics-text") == Format::open_metrics);
  CHECK(negotiate_format("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5") == Format::open_metrics);
  CHECK(negotiate_format("application/openmetrics-text;version=1.0.0;q=0.3, text/plain;version=0.0.4;q=0.5") == Format::text);
  CHECK(negotiate_format("application/openmetrics-text; version=0.0.1; q=0") == Format::text);
  CHECK(negotiate_format("application/openmetrics-text;version=2.0.0") == Format::text);
  // What Prometheus 3 sends.
  CHECK(negotiate_format("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                         "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                         "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,"
                         "text/plain;version=0.0.4;q=0.2,*/*;q=0.1") == Format::open_metrics);
  CHECK(negotiate_format(";;;,,q=,version=;q=x") == Format::text);
  CHECK(negotiate_format(std::string(100'000, ',')) == Format::text);
  // Capitals, blanks and quotes, as HTTP allows them.
  CHECK(negotiate_format("Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q=0.9 , TEXT/PLAIN;q=0.8") ==
        Format::open_metrics);
  CHECK(negotiate_format("application/openmetrics-text;q=0.7, Text/Plain;Q=0.8") == Format::text);
  // What is not named is measured by the nearest wildcard.
  CHECK(negotiate_format("application/openmetrics-text;q=0.1, */*") == Format::text);
  CHECK(negotiate_format("application/openmetrics-text;q=0.5, text/*;q=0.2, */*") == Format::open_metrics);
  CHECK(negotiate_format("application/openmetrics-text;q=0.5, text/plain;q=0.4, */*") == Format::open_metrics);
  CHECK(negotiate_format("application/openmetrics-text;q=0.5, text/plain;q=0, */*") == Format::open_metrics);
}

TEST_CASE("exposition: gzip only when it is wanted") {
  CHECK(accepts_gzip("gzip"));
  CHECK(accepts_gzip("br, gzip;q=0.1"));
  CHECK(accepts_gzip("*"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK_FALSE(accepts_gzip("gzip;q=0"));
  CHECK_FALSE(accepts_gzip("gzip;q=0, *"));
  CHECK_FALSE(accepts_gzip("identity, br"));
  CHECK_FALSE(accepts_gzip("xgzip"));
  CHECK(accepts_gzip("GZip"));
  CHECK(accepts_gzip("deflate, x-gzip"));
  CHECK(accepts_gzip("gzip ; q = 0.001"));
  CHECK_FALSE(accepts_gzip("gzip;q=0.000"));
  CHECK_FALSE(accepts_gzip("gzip;Q=0"));
  CHECK_FALSE(accepts_gzip("*;q=0"));
  CHECK_FALSE(accepts_gzip("gzip;q=much"));
}

TEST_CASE("sink: help that is not UTF-8, or too long, comes out as UTF-8") {
  const auto help_of = [](std::string_view help) {
    MetricSink sink;
    sink.open_family(MetricType::gauge, "foreign", help);
    sink.add_sample("", {}, 1);
    return std::string(sink.help_of(sink.marks()[0]));
  };
  CHECK(help_of("Caf\xE9.") == "Caf\xEF\xBF\xBD.");
  const std::string full(0xFFFE, 'x');
  CHECK(help_of(full + "\xE8\xB4\xA2") == full);                 // one byte of three fits
  CHECK(help_of(std::string(0xFFFF, '\xFF')).size() == 0xFFFF);  // each becomes three, and only so many are kept
}

TEST_CASE("metric: units come from the name") {
  CHECK(unit_of("node_cpu_seconds_total") == "seconds");
  CHECK(unit_of("node_memory_MemFree_bytes") == "bytes");
  CHECK(unit_of("node_load1").empty());
  CHECK(unit_of("bytes").empty());
  CHECK(name_matches("node_memory_*_bytes", "node_memory_MemFree_bytes"));
  CHECK_FALSE(name_matches("node_memory_*_bytes", "node_memory__bytes"));
  CHECK_FALSE(name_matches("node_load1", "node_load15"));
}

TEST_CASE("sink: those that are kept say the same as before, and share names and helps") {
  const auto written = [](double value) {
    auto sink = std::make_unique<MetricSink>();
    sink->add(kPlain, value);
    sink->family(kBuild).add(true, "0.1.0");
    return sink;
  };
  auto first = written(1);
  const std::string before = page(*first, Format::open_metrics);
  first->settle();
  first->settle();
  CHECK(page(*first, Format::open_metrics) == before);
  auto second = written(2);
  second->settle();
  CHECK(first->meta().data() == second->meta().data());
  CHECK(page(*second, Format::text) == page(*written(2), Format::text));
  // The others keep it when one goes, or is written again.
  first.reset();
  second->clear();
  CHECK(second->meta().empty());
  auto third = written(2);
  third->settle();
  second->add(kPlain, 3.5);
  CHECK(page(*second, Format::text).ends_with("test_temperature_celsius 3.5\n"));
  CHECK(page(*third, Format::text) == page(*written(2), Format::text));

  MetricSink all;
  all.append(*third);
  CHECK(page(all, Format::text) == page(*third, Format::text));
}

TEST_CASE("exposition: a page taken in pieces is the same page") {
  struct Joined final : PageTaker {
    std::string text;
    void append(std::string_view piece) override { text += piece; }
  };
  MetricSink sink;
  sink.add(kPlain, 36.6);
  sink.family(kCounted).add(7, "voucher", "a \"b\" \\");
  for (const Format format : {Format::text, Format::open_metrics}) {
    Joined joined;
    write_page(sink, format, joined);
    joined.append(end_of_page(format));
    CHECK(joined.text == page(sink, format));
  }
}
