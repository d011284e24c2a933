// One attribute in /sys that is read at every scrape, and rows that are kept from one scrape to the next.
//
//   Attribute state(folder + "/state");          // looked for once; a missing one costs nothing later
//   state.text()                                 // trimmed, empty when it cannot be read
//   state.number()                               // decimal, or hexadecimal after 0x
#pragma once

#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"
#include "host/sources/sensor_file.h"

namespace finwatch::host {

inline std::optional<std::uint64_t> decimal_or_hex(std::string_view text) {
  return text.starts_with("0x") ? to_number<std::uint64_t>(text.substr(2), 16) : to_number<std::uint64_t>(text);
}

class Attribute {
 public:
  explicit Attribute(const std::string& path) {
    if (::access(path.c_str(), R_OK) == 0) file_.emplace(path);
  }
  /// Valid until the next call.
  std::string_view text() {
    static thread_local Buffer room;  // all attributes share it; each keeps its own few bytes
    if (file_) text_.assign(file_->text(room));
    return text_;
  }
  std::optional<std::uint64_t> number() { return decimal_or_hex(text()); }

 private:
  std::optional<SensorFile> file_;
  std::string text_;
};

/// The row that is to stand at `index` of `rows`: the one that `is` it, moved there if need be, else a new one from `make`.
/// In steady state it already stands there. Afterwards cut `rows` to the count of rows placed.
template <class Row, class Is, class Make>
Row& kept_row(std::vector<Row>& rows, std::size_t index, Is is, Make make) {
  for (std::size_t i = index; i < rows.size(); ++i)
    if (is(rows[i])) {
      if (i != index) std::swap(rows[i], rows[index]);
      return rows[index];
    }
  return *rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(index), make());
}

}  // namespace finwatch::host
