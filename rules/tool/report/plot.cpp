#include "rules/tool/report/plot.h"

#include <algorithm>
#include <cmath>

#include "rules/tool/report/text.h"

namespace finwatch::rules {
namespace {

constexpr double kWidth = 760;
constexpr double kLeft = 62, kRight = 14, kTop = 12, kBottom = 24;

std::string n(double value) { return fixed(value, 1); }

// An SVG in the making: every element in its own line, so that a change of one figure is a change of one line.
class Drawing {
 public:
  Drawing(const PlotWords& words, double height, double right = kRight)
      : caption_(words.title), height_(height), right_(kWidth - right) {
    out_ = "<svg class=\"plot\" viewBox=\"0 0 " + fixed(kWidth, 0) + " " + fixed(height, 0) +
           "\" role=\"img\" aria-labelledby=\"" + words.id + "-t " + words.id + "-d\">\n<title id=\"" + words.id + "-t\">" +
           html_text(words.title) + "</title>\n<desc id=\"" + words.id + "-d\">" + html_text(words.description) + "</desc>\n";
  }

  double right() const { return right_; }
  double bottom() const { return height_ - kBottom; }
  double width() const { return right_ - kLeft; }
  double tall() const { return bottom() - kTop; }

  void line(double x1, double y1, double x2, double y2, std::string_view style) {
    out_ += "<line class=\"" + std::string(style) + "\" x1=\"" + n(x1) + "\" y1=\"" + n(y1) + "\" x2=\"" + n(x2) + "\" y2=\"" +
            n(y2) + "\"/>\n";
  }
  void box(double x, double y, double wide, double high, std::string_view style, const std::string& tip = {}) {
    out_ += "<rect class=\"" + std::string(style) + "\" x=\"" + n(x) + "\" y=\"" + n(y) + "\" width=\"" + n(wide) +
            "\" height=\"" + n(high) + "\"";
    out_ += tip.empty() ? "/>\n" : "><title>" + html_text(tip) + "</title></rect>\n";
  }
  void text(double x, double y, std::string_view style, const std::string& what) {
    out_ += "<text class=\"" + std::string(style) + "\" x=\"" + n(x) + "\" y=\"" + n(y) + "\">" + html_text(what) + "</text>\n";
  }
  void path(const std::string& points, std::string_view style) {
    out_ += "<polyline class=\"" + std::string(style) + "\" points=\"" + points + "\"/>\n";
  }
  void tick(double y, const std::string& what, std::string_view style = "grid") {
    line(kLeft, y, right(), y, style);
    text(kLeft - 6, y + 4, "y", what);
  }
  void slots(const std::vector<std::string>& names, std::size_t every, bool centred) {
    const double each = width() / static_cast<double>(std::max<std::size_t>(1, names.size()));
    for (std::size_t i = 0; i < names.size(); i += every)
      text(kLeft + each * (static_cast<double>(i) + (centred ? 0.5 : 0.0)), height_ - 7, centred ? "x" : "x0", names[i]);
  }
  Plot end() { return {caption_, std::move(out_) + "</svg>\n"}; }

 private:
  std::string caption_;
  double height_, right_;
  std::string out_;
};

// The bottom of the scale: the highest that has every share above it.
double floor_of(const HangingBars& bars) {
  double least = bars.objective;
  for (const auto& share : bars.shares)
    if (share) least = std::min(least, *share);
  for (const double floor : {0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5})
    if (least >= floor) return floor;
  return 0;
}

}  // namespace

Plot draw(const HangingBars& bars) {
  Drawing drawing(bars.words, 132);
  const double floor = floor_of(bars);
  const auto y = [&](double share) { return kTop + (1 - share) / (1 - floor) * drawing.tall(); };
  const int decimals = floor >= 0.99 ? 2 : 1;
  for (const double share : {1.0, (1 + floor) / 2, floor}) drawing.tick(y(share), percent(share, decimals));
  const double each = drawing.width() / static_cast<double>(std::max<std::size_t>(1, bars.slots.size()));
  const double wide = std::max(1.0, each * 0.72);
  for (std::size_t i = 0; i < bars.shares.size(); ++i) {
    const double x = kLeft + each * static_cast<double>(i) + (each - wide) / 2;
    const auto& share = bars.shares[i];
    if (!share) {
      drawing.box(x, kTop, wide, drawing.tall(), "unmeasured", bars.slots[i]);
      continue;
    }
    // A slot in which nothing was lost keeps a mark, or it could not be told from one that is still to come.
    const double high = std::max(2.5, y(*share) - kTop);
    drawing.box(x, kTop, wide, high, *share >= bars.objective ? "good" : "bad", bars.slots[i] + ": " + percent(*share));
  }
  drawing.line(kLeft, y(bars.objective), drawing.right(), y(bars.objective), "promise");
  drawing.text(drawing.right(), y(bars.objective) + 13, "promise", bars.objective_label);
  drawing.slots(bars.slots, bars.label_every, true);
  return drawing.end();
}

Plot draw(const BurnDown& burn) {
  constexpr double kNames = 150;  // for the names at the ends of the curves
  Drawing drawing(burn.words, 250, kNames);
  double least = 0;
  for (const Curve& curve : burn.curves)
    for (const double value : curve.values) least = std::min(least, value);
  const double floor = least < 0 ? std::max(-1.0, std::floor(least * 4) / 4) : 0;
  const auto y = [&](double left) { return kTop + (1 - std::clamp(left, floor, 1.0)) / (1 - floor) * drawing.tall(); };
  if (floor < 0) drawing.box(kLeft, y(0), drawing.width(), drawing.bottom() - y(0), "overdrawn");
  for (const double share : {1.0, 0.75, 0.5, 0.25}) drawing.tick(y(share), percent(share, 0));
  drawing.tick(y(0), "0%", "zero");
  if (floor < 0) drawing.tick(y(floor), percent(floor, 0));
  drawing.line(kLeft, y(1), drawing.right(), y(0), "even");
  const double each = drawing.width() / static_cast<double>(std::max<std::size_t>(1, burn.slots.size()));
  std::vector<double> taken;  // heights of the names that are written
  for (std::size_t k = 0; k < burn.curves.size(); ++k) {
    const Curve& curve = burn.curves[k];
    if (curve.values.empty()) continue;
    const std::string style = "curve c" + std::to_string(k % 6);
    std::string points;
    for (std::size_t i = 0; i < curve.values.size(); ++i)
      points.append(points.empty() ? "" : " ")
          .append(n(kLeft + each * static_cast<double>(i)))
          .append(",")
          .append(n(y(curve.values[i])));
    drawing.path(points, style);
    double at = y(curve.values.back()) + 4;
    while (std::any_of(taken.begin(), taken.end(), [&](double other) { return std::abs(other - at) < 13; })) at += 13;
    if (at > drawing.bottom() + 20)  // no room below: above all the others
      at = *std::min_element(taken.begin(), taken.end()) - 13;
    taken.push_back(at);
    const double end = kLeft + each * static_cast<double>(curve.values.size() - 1);
    drawing.text(end + 6, at, "name t" + std::to_string(k % 6), curve.name + " " + percent(curve.values.back(), 0));
  }
  // Last, so that no curve crosses its letters.
  drawing.text(kLeft + drawing.width() * 0.82, y(0.18) - 7, "even", burn.even_label);
  drawing.slots(burn.slots, burn.label_every, false);
  return drawing.end();
}

Plot draw(const Distribution& distribution) {
  Drawing drawing(distribution.words, 190);
  double most = 1;
  for (const auto& bar : distribution.bars) most = std::max(most, bar.count);
  const double step = most <= 5 ? 1 : std::ceil(most / 5);
  const double high = std::ceil(most / step) * step;
  const auto y = [&](double count) { return drawing.bottom() - count / (high * 1.12) * drawing.tall(); };
  for (int i = 0; i * step <= high; ++i) drawing.tick(y(i * step), fixed(i * step, 0));
  drawing.text(kLeft + 4, kTop + 2, "axis", distribution.axis);
  std::vector<std::string> labels;
  const double each = drawing.width() / static_cast<double>(std::max<std::size_t>(1, distribution.bars.size()));
  for (std::size_t i = 0; i < distribution.bars.size(); ++i) {
    const auto& bar = distribution.bars[i];
    const double middle = kLeft + each * (static_cast<double>(i) + 0.5), wide = std::min(each * 0.64, 84.0);
    drawing.box(middle - wide / 2, y(bar.count), wide, drawing.bottom() - y(bar.count), bar.tone == Tone::bad ? "bad" : "good",
                bar.label + ": " + fixed(bar.count, 0));
    if (bar.count > 0) drawing.text(middle, y(bar.count) - 4, "x", fixed(bar.count, 0));
    labels.push_back(bar.label);
  }
  drawing.slots(labels, 1, true);
  return drawing.end();
}

}  // namespace finwatch::rules
