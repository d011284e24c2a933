#include "rules/tool/alerts/readable.h"

#include "support/catch.h"

using finwatch::rules::readable;

TEST_CASE("readable: templates become names in angles") {
  CHECK(readable("{{ $labels.target }} is full") == "<target> is full");
  CHECK(readable("数据库 {{$labels.target}} 已用 {{ $value | humanizePercentage }}") == "数据库 <target> 已用 <value>");
  CHECK(readable("{{ if $labels.x }}a{{ end }}") == "<x>a");
  CHECK(readable("{{ printf \"%s\" ($labels.job) }}") == "<job>");
  CHECK(readable("nothing to fill in") == "nothing to fill in");
  CHECK(readable("open {{ only") == "open {{ only");
  CHECK(readable("") == "");
}
