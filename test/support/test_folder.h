// Where the files of the tests stand: test_folder("fixtures/host/proc/stat").
#pragma once

#include <string>
#include <string_view>

namespace finwatch::test {

std::string test_folder(std::string_view below);

}  // namespace finwatch::test
