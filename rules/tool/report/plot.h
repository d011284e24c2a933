// Plots as SVG of our own. Colours and fonts come from the page's styles by class, so that they follow light, dark and paper.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/tool/report/document.h"

namespace finwatch::rules {

/// What every plot says to those who do not see it. The id is unique in the page.
struct PlotWords {
  std::string id, title, description;
};

/// Bars that hang from the top, where nothing was lost, down to the share of each slot.
struct HangingBars {
  PlotWords words;
  std::vector<std::string> slots;             // below the axis
  std::size_t label_every = 1;                // and which of them are written
  std::vector<std::optional<double>> shares;  // 0 to 1; nothing: not measured. Fewer than slots: still to come
  double objective = 0;                       // 0 to 1
  std::string objective_label;
};
Plot draw(const HangingBars& bars);

struct Curve {
  std::string name;
  std::vector<double> values;  // at the beginning and after each slot; fewer than slots + 1: still to come
};

/// What is left of something that was whole (1) at the beginning; below 0 it is overdrawn.
struct BurnDown {
  PlotWords words;
  std::vector<std::string> slots;
  std::size_t label_every = 1;
  std::vector<Curve> curves;
  std::string even_label;  // of the line from all to nothing
};
Plot draw(const BurnDown& burn);

/// Standing bars, a number above each.
struct Distribution {
  PlotWords words;
  struct Bar {
    std::string label;
    double count = 0;
    Tone tone = Tone::plain;
  };
  std::vector<Bar> bars;
  std::string axis;  // what is counted
};
Plot draw(const Distribution& distribution);

}  // namespace finwatch::rules
